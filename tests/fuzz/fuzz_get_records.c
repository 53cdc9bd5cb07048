/* An answer of GetRecords: records inside the answer, or a reason; the same when it is read while it comes in. */
#include "fuzz.h"
#include "kinesis/get_early.h"

static bool same(const char *a, size_t a_n, const char *b, size_t b_n)
{
	return a_n == b_n && !a == !b && (a_n == 0 || memcmp(a, b, a_n) == 0);
}

/* In pieces whose sizes the input's own bytes say. */
static void read_early(const uint8_t *data, size_t size, const struct kin__get_page *whole, int code,
                       const struct kin__reason *reason)
{
	struct kin__reason why = { "" };
	struct kin__get_page page;
	struct kin__bytes body;

	kin__bytes_init(&body);
	kin__get_page_init(&page);
	page.base64 = kin__base64_fastest();
	FUZZ_CHECK(kin__bytes_reserve(&body, size));
	for (size_t at = 0, piece; at < size; at += piece) {
		piece = 1 + data[size - 1 - at] * (size_t)(size % 7 + 1);
		if (piece > size - at)
			piece = size - at;
		kin__bytes_add(&body, data + at, piece);
		kin__get_early_read(&page, &body, "shardId-000000000000");
	}
	FUZZ_CHECK(kin__get_records_decode(&page, body.at, body.n, "shardId-000000000000", &why) == code);
	FUZZ_CHECK(strcmp(why.text, reason->text) == 0);
	FUZZ_CHECK(page.n == whole->n && page.payload_bytes == whole->payload_bytes);
	for (size_t i = 0; i < page.n && i < whole->n; i++) { /* one may have had no memory */
		const struct kin_record *a = &page.records[i], *b = &whole->records[i];

		FUZZ_CHECK(same(a->data, a->data_size, b->data, b->data_size));
		FUZZ_CHECK(same(a->partition_key, a->partition_key_size, b->partition_key,
		                b->partition_key_size));
		FUZZ_CHECK(strcmp(a->sequence_number, b->sequence_number) == 0);
		FUZZ_CHECK(a->arrival_ms == b->arrival_ms);
	}
	kin__get_page_fini(&page);
	kin__bytes_fini(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *answer = fuzz_copy(data, size);
	struct kin__reason reason = { "" };
	struct kin__get_page page;
	struct kin__bytes rest;
	uint64_t payload = 0;

	kin__get_page_init(&page);
	page.base64 = kin__base64_fastest();
	int code = kin__get_records_decode(&page, answer, size, "shardId-000000000000", &reason);
	FUZZ_CHECK(code == KIN_OK || (code == KIN_PROTOCOL && reason.text[0] && page.n == 0));
	for (size_t i = 0; i < page.n; i++) {
		const struct kin_record *record = &page.records[i];
		size_t ones = 0; /* each byte is read, so that a wrong place or size is seen */

		payload += record->data_size + record->partition_key_size;
		for (size_t k = 0; k < record->data_size; k++)
			ones += ((const char *)record->data)[k] & 1;
		for (size_t k = 0; k < record->partition_key_size; k++)
			ones += record->partition_key[k] & 1;
		FUZZ_CHECK(ones <= record->data_size + record->partition_key_size);
		FUZZ_CHECK(strlen(record->sequence_number) == record->sequence_number_size);
	}
	FUZZ_CHECK(code != KIN_OK || payload == page.payload_bytes);
	read_early(data, size, &page, code, &reason);
	if (code == KIN_OK && page.next_iterator)
		FUZZ_CHECK(strlen(page.next_iterator) > 0);
	kin__bytes_init(&rest);
	if (code == KIN_OK)
		kin__get_page_rest(&page, &rest);
	kin__bytes_fini(&rest);
	kin__get_page_fini(&page);
	free(answer);
	return 0;
}
