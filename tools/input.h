/* tools/input - the lines of a file or of standard input, whatever their size, in bounded memory.  One thread. */
#ifndef KINSTREAM_INPUT_H
#define KINSTREAM_INPUT_H
#include <stdbool.h>
#include <stddef.h>

enum { TOOL_INPUT_LINE_MAX = 16777216 }; /* a record of 10 MiB in base64, its key and its names */

enum tool_input_found {
	TOOL_INPUT_LINE,
	TOOL_INPUT_END,    /* also when a signal came while it waited */
	TOOL_INPUT_FAILED, /* errno says why */
	TOOL_INPUT_TOO_LONG
};

struct tool_input {
	int fd;
	char *at;
	size_t begin, end, room; /* what was read and not yet given out stands between the two */
	bool ended;
};

int tool_input_open(struct tool_input *input,
                    const char *path); /* "-": standard input; 0, or -1 with errno */
void tool_input_close(struct tool_input *input);
/* Without its newline, and a 0 behind it; yours to change, until the next call.  The last one may lack its newline. */
enum tool_input_found tool_input_line(struct tool_input *input, char **line, size_t *size);
#endif
