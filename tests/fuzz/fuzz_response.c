/* What a handler of another program answers, to a batch of three records. */
#include "event/response.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct kin_record records[3] = { { .sequence_number = "11", .sequence_number_size = 2 },
		                                      { .sequence_number = "22", .sequence_number_size = 2 },
		                                      { .sequence_number = "33",
		                                        .sequence_number_size = 2 } };
	const struct kin_record *batch[] = { &records[0], &records[1], &records[2] };
	char *json = fuzz_copy(data, size);
	struct kin__response response;

	kin__response_read(&response, json, size, batch, 3);
	FUZZ_CHECK(response.outcome <= KIN__RESPONSE_FAILED);
	FUZZ_CHECK(response.outcome != KIN__RESPONSE_PARTIAL || response.first_failed < 3);
	FUZZ_CHECK((response.outcome == KIN__RESPONSE_WARNING || response.outcome == KIN__RESPONSE_FAILED) ==
	           (response.why[0] != 0));
	free(json);
	return 0;
}
