/* Any bytes are undone, damaged, or too large: never more than the room; what is undone can be made again. */
#include "fuzz.h"
#include "codecs/codecs.h"
#include "drive/decompress.h"

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

/* A page of three: what a consumer makes of it. */
static void in_a_page(const char *data, size_t size)
{
	struct kin_record records[3] = { { .data = data, .data_size = size },
		                         { .data = "plain", .data_size = 5 },
		                         { .data = data, .data_size = size } };
	struct kin__get_page page = { .records = records, .n = 3 };
	struct kin__decompress decompress;
	char *out = NULL;
	size_t room = 0;

	kin__decompress_init(&decompress, kin_codecs_all(), MOST);
	if (kin__decompress_page(&decompress, &page, NULL, &out, &room) == KIN_OK) {
		FUZZ_CHECK(records[1].flags == 0 && records[1].data_size == 5);
		FUZZ_CHECK(records[0].data_size == records[2].data_size);
		FUZZ_CHECK(records[0].data_size == 0 ||
		           memcmp(records[0].data, records[2].data, records[0].data_size) == 0);
		FUZZ_CHECK(records[0].data_size <= MOST || records[0].data == data);
		FUZZ_CHECK((records[0].flags == KIN_RECORD_DECOMPRESSED) == (out != NULL));
		FUZZ_CHECK(decompress.done + decompress.left <= 2 && decompress.done != 1 &&
		           decompress.left != 1);
	} else {
		FUZZ_CHECK(false);
	}
	kin__mem_free(out);
	kin__decompress_fini(&decompress);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);

	for (const struct kin_codec *const *codec = kin_codecs_all(); *codec; codec++)
		both_ways(*codec, copy, size);
	in_a_page(copy, size);
	free(copy);
	return 0;
}
