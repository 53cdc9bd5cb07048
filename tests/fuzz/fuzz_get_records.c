/* An answer of GetRecords: records inside the answer, or a reason. */
#include "fuzz.h"
#include "kinesis/get_records.h"

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
