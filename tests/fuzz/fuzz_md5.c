/* Messages of any lengths: each way of MD5 says what one after another says.  A byte is the length of the next message,
 * 255 one as long as there is; all begin with the same bytes. */
#include "base/md5.h"
#include "base/md5_ways.h"
#include "fuzz.h"

enum { MOST = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS];
	struct kin__span messages[MOST];
	struct kin__md5 right[MOST], out[MOST];
	size_t lengths = size < MOST ? size : MOST;
	char *text = fuzz_copy(data, size);

	kin__md5_ways(ways);
	for (size_t i = 0; i < lengths; i++) {
		size_t n = data[i] < 255 ? data[i] : size;

		messages[i] = kin__span(text, n < size ? n : size);
		kin__md5_many(NULL, &messages[i], 1, &right[i]);
	}
	for (size_t w = 0; ways[w]; w++) {
		kin__md5_many(ways[w], messages, lengths, out);
		for (size_t i = 0; i < lengths; i++)
			FUZZ_CHECK(memcmp(&out[i], &right[i], sizeof *out) == 0);
	}
	free(text);
	return 0;
}
