/* Filter criteria and the data of a record, divided by a byte 0. */
#include "filter/filter.h"
#include "fuzz.h"
#include <kinstream.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size }, criteria = fuzz_part(&rest);
	char *content = fuzz_copy(rest.at ? rest.at : "", rest.n);
	struct kin_record record = { .partition_key = "k",
		                     .partition_key_size = 1,
		                     .sequence_number = "123",
		                     .sequence_number_size = 3,
		                     .shard_id = "shardId-000000000000",
		                     .data = content,
		                     .data_size = rest.n };
	struct kin__reason reason = { "" };
	struct kin__filter *filter = NULL;
	int code = kin__filter_new(&filter, criteria, &reason);

	FUZZ_CHECK(code == KIN_OK ? filter != NULL : reason.text[0] && !filter);
	if (code == KIN_OK) {
		int passes = kin__filter_passes(filter, &record);

		FUZZ_CHECK(passes == 0 || passes == 1);
		FUZZ_CHECK(kin__filter_passes(filter, &record) == passes);
	}
	kin__filter_free(filter);
	free(content);
	free(copy);
	return 0;
}
