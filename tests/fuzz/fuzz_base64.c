/* Every way of this processor gives and takes the same; what is decoded encodes to what it was, but for bits that
 * stand behind the last byte: they are not looked at. */
#include "fuzz.h"
#include "wire/base64.h"
#include "wire/base64_ways.h"

static void way_and_back(const struct kin__base64 *way, const char *text, size_t n)
{
	char *data = malloc(n / 4 * 3), *plain = malloc(n / 4 * 3),
	     *again = malloc(kin__base64_room(n / 4 * 3));
	size_t data_n = 0, plain_n = 0;
	bool fine = kin__base64_decode(way, data, text, n, &data_n);

	FUZZ_CHECK(fine == kin__base64_decode(&kin__base64_portable, plain, text, n, &plain_n));
	if (fine) {
		FUZZ_CHECK(data_n == plain_n && (data_n == 0 || memcmp(data, plain, data_n) == 0));
		FUZZ_CHECK(kin__base64_encode(way, again, data, data_n) == n);
		FUZZ_CHECK(n < 4 || memcmp(again, text, n - 4) == 0);
	}
	free(data);
	free(plain);
	free(again);
}

/* In place, up to a quote that is always there. */
static void quoted(const struct kin__base64 *way, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *other = malloc(size + 1);
	size_t n, used, other_n, other_used;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '"';
	memcpy(other, text, size + 1);
	bool fine = kin__base64_decode_quoted(way, text, text, size + 1, &n, &used);
	FUZZ_CHECK(kin__base64_decode_quoted(&kin__base64_portable, other, other, size + 1, &other_n,
	                                     &other_used) == fine);
	FUZZ_CHECK(n == other_n && used == other_used && used <= size && n <= used);
	FUZZ_CHECK(n == 0 || memcmp(text, other, n) == 0);
	free(text);
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	char *text = fuzz_copy(data, size);

	kin__base64_ways(ways);
	for (size_t i = 0; i < KIN__BASE64_WAYS && ways[i]; i++) {
		way_and_back(ways[i], text, size);
		quoted(ways[i], data, size);
	}
	free(text);
	return 0;
}
