/* Answers of DescribeStreamSummary. */
#include "fuzz.h"
#include "kinesis/streams.h"
#include "kinstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *answer = fuzz_copy(data, size);
	struct kin__stream_summary summary;
	struct kin__reason reason = { "" };
	struct kin__arena arena;

	kin__arena_init(&arena);
	if (kin__describe_stream_summary_decode(&summary, &arena, answer, size, &reason) != KIN_OK)
		FUZZ_CHECK(reason.text[0]);
	kin__arena_fini(&arena);
	free(answer);
	return 0;
}
