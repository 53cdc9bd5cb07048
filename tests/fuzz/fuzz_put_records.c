/* Answers of PutRecords for as many entries as the first byte says. */
#include "fuzz.h"
#include "kinesis/put_records.h"
#include "kinstream.h"

static void look(const struct kin__put_result *result)
{
	FUZZ_CHECK(result->error_code ? result->error_code[0] != 0
	                              : result->shard_id && result->sequence_number && result->shard_id[0]);
	if (result->error_message)
		FUZZ_CHECK(strlen(result->error_message) < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kin__put_result results[64] = { { 0 } };
	struct kin__reason reason = { "" };
	size_t entries = size > 0 ? data[0] % 64 : 0;
	char *answer;

	if (size == 0)
		return 0;
	answer = fuzz_copy(data + 1, size - 1);
	if (kin__put_records_decode(answer, size - 1, results, entries, &reason) == KIN_OK)
		for (size_t i = 0; i < entries; i++)
			look(&results[i]);
	else
		FUZZ_CHECK(reason.text[0]);
	free(answer);
	return 0;
}
