/* Any bytes are undone, damaged, or too large: never more than the room; what is undone can be made again. */
#include "fuzz.h"
#include "codecs/codecs.h"

enum { MOST = 100000 };

static void both_ways(const struct kin_codec *codec, const char *data, size_t size)
{
	void *context = codec->open(0);
	size_t n = MOST, made_n = MOST + 1000, again_n;
	char *out = malloc(MOST), *made = malloc(made_n), *again;
	int code;

	FUZZ_CHECK(context);
	if (context) {
		code = codec->decompress(context, data, size, out, &n);
		FUZZ_CHECK(code == KIN_OK || code == KIN_FULL || code == KIN_CORRUPT);
		(void)codec->decompressed_size(data, size);
		if (code == KIN_OK) {
			again = malloc(n + 1);
			again_n = n;
			FUZZ_CHECK(n <= MOST);
			code = codec->compress(context, out, n, made, &made_n);
			FUZZ_CHECK(code == KIN_OK);
			if (code == KIN_OK)
				code = codec->decompress(context, made, made_n, again, &again_n);
			FUZZ_CHECK(code == KIN_OK && again_n == n && memcmp(again, out, n) == 0);
			free(again);
		}
	}
	codec->close(context);
	free(out);
	free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);

	for (const struct kin_codec *const *codec = kin_codecs_all(); *codec; codec++)
		both_ways(*codec, copy, size);
	free(copy);
	return 0;
}
