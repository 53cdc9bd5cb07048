/* Answers of DescribeStreamSummary and ListStreams. */
#include "fuzz.h"
#include "kinesis/streams.h"
#include "kinstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *answer = fuzz_copy(data, size);
	struct kin__stream_summary summary;
	struct kin__stream_names names;
	struct kin__reason reason = { "" };
	struct kin__arena arena;

	kin__arena_init(&arena);
	if (kin__describe_stream_summary_decode(&summary, &arena, answer, size, &reason) != KIN_OK)
		FUZZ_CHECK(reason.text[0]);
	reason.text[0] = 0;
	if (kin__list_streams_decode(&names, &arena, answer, size, &reason) == KIN_OK)
		for (size_t i = 0; i < names.n; i++)
			FUZZ_CHECK(names.names[i] && names.names[i][0]);
	else
		FUZZ_CHECK(reason.text[0]);
	kin__arena_fini(&arena);
	free(answer);
	return 0;
}
