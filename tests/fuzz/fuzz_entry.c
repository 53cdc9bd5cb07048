/* What `kinstream put` reads, line by line, as records: the first byte chooses the format. */
#include "../../tools/entry.h"
#include "../../tools/input.h"
#include "fuzz.h"

bool tool_stopping(void)
{
	return false;
}

static bool is_inside(const char *line, size_t n, const void *at, size_t size)
{
	return (const char *)at >= line && (const char *)at + size <= line + n;
}

static void read_line(int format, char *line, size_t n)
{
	struct kin_put_entry entry;
	const char *why = NULL;
	const char *key = format == TOOL_ENTRY_KEYED ? NULL : "k";

	FUZZ_CHECK(line[n] == 0 && !memchr(line, '\n', n));
	if (!tool_entry_read(format, key, line, n, &entry, &why)) {
		FUZZ_CHECK(why && why[0]);
		return;
	}
	FUZZ_CHECK(is_inside(line, n, entry.data, entry.data_size));
	FUZZ_CHECK(entry.key == key || is_inside(line, n, entry.key, entry.key_size));
	FUZZ_CHECK(!entry.hash_key || is_inside(line, n, entry.hash_key, strlen(entry.hash_key)));
	FUZZ_CHECK(format != TOOL_ENTRY_RAW || (entry.data == line && entry.data_size == n));
	FUZZ_CHECK(format != TOOL_ENTRY_KEYED || entry.key_size + 1 + entry.data_size == n);
}

/* Each byte is of one line, or ends one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tool_input input;
	size_t seen = 0, lines = 0, n;
	char *line;

	if (size == 0)
		return 0;
	if (tool_input_open(&input, fuzz_file(data + 1, size - 1)) < 0)
		abort();
	while (tool_input_line(&input, &line, &n) == TOOL_INPUT_LINE) {
		seen += n;
		lines++;
		read_line(data[0] % 3, line, n);
	}
	FUZZ_CHECK(seen + lines == size - 1 || (data[size - 1] != '\n' && seen + lines == size));
	tool_input_close(&input);
	fuzz_file_close();
	return 0;
}
