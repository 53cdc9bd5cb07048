#include "entry.h"
#include <string.h>

static bool read_keyed(char *line, size_t n, struct kin_put_entry *entry, const char **why)
{
	char *tab = memchr(line, '\t', n);

	*why = "no tab: a line must be KEY<TAB>DATA";
	if (!tab)
		return false;
	entry->key = line;
	entry->key_size = (size_t)(tab - line);
	entry->data = tab + 1;
	entry->data_size = n - entry->key_size - 1;
	return true;
}

static bool read_json(char *line, size_t n, struct kin_put_entry *entry, const char **why)
{
	static const char *const names[] = { "partitionKey", "data", "explicitHashKey", NULL };
	char *values[3];
	size_t sizes[3] = { 0, 0, 0 }, size;

	if (!tool_json_members(line, n, names, values, sizes, why))
		return false;
	*why = values[1] ? "\"data\" is not base64" : "\"data\" is missing";
	if (!values[1] || !tool_base64_decode(values[1], sizes[1], &size))
		return false;
	entry->data = values[1];
	entry->data_size = size;
	if (values[0]) {
		entry->key = values[0];
		entry->key_size = sizes[0];
	}
	entry->hash_key = values[2];
	*why = "\"explicitHashKey\" holds a NUL; a decimal number is allowed";
	return !values[2] || strlen(values[2]) == sizes[2];
}

bool tool_entry_read(int format, const char *key, char *line, size_t n, struct kin_put_entry *entry,
                     const char **why)
{
	kin_put_entry_init(entry);
	entry->key = key;
	entry->key_size = key ? strlen(key) : 0;
	entry->data = line;
	entry->data_size = n;
	if (format == TOOL_ENTRY_RAW)
		return true;
	return format == TOOL_ENTRY_KEYED ? read_keyed(line, n, entry, why) : read_json(line, n, entry, why);
}
