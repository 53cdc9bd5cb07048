/* A line of `kinstream put --format jsonl`, read in place by the command's own reader. */
#include "../../tools/tool.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "partitionKey", "data", "explicitHashKey", NULL };
	char *line = malloc(size + 1), *values[3];
	size_t sizes[3] = { 0 }, n;
	const char *why = NULL;

	if (size > 0)
		memcpy(line, data, size);
	line[size] = 0; /* as getline() leaves it */
	if (tool_json_members(line, size, names, values, sizes, &why)) {
		for (int i = 0; i < 3; i++) {
			FUZZ_CHECK(!values[i] || (values[i] >= line && values[i] + sizes[i] < line + size));
			FUZZ_CHECK(!values[i] || values[i][sizes[i]] == 0);
		}
		if (values[1] && tool_base64_decode(values[1], sizes[1], &n))
			FUZZ_CHECK(n <= sizes[1] / 4 * 3);
	} else {
		FUZZ_CHECK(why && why[0]);
	}
	free(line);
	return 0;
}
