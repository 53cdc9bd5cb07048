/* tools/entry - a line of `kinstream put`, in one of its formats, as a record to be put.  Any thread. */
#ifndef KINSTREAM_ENTRY_H
#define KINSTREAM_ENTRY_H
#include "tool.h"

enum tool_entry_format {
	TOOL_ENTRY_RAW,   /* the line is the data */
	TOOL_ENTRY_KEYED, /* KEY<TAB>DATA */
	TOOL_ENTRY_JSONL  /* {"partitionKey","data"(base64),"explicitHashKey"} */
};

/* The line has a 0 behind it, and is changed; what the entry shows stands in it.  key: of lines that name none; NULL: they
 * have none then.  false: *why says what is wrong with it. */
bool tool_entry_read(int format, const char *key, char *line, size_t n, struct kin_put_entry *entry,
                     const char **why);
#endif
