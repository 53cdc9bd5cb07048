/* tools/lines - a shell command kept alive, which answers each line on its standard input with a line of its own.
 * Any thread: each call under way has a child to itself; idle ones are used again. */
#ifndef KINSTREAM_TOOL_LINES_H
#define KINSTREAM_TOOL_LINES_H
#include "child.h"
#include <stddef.h>

struct tool_lines;

/* command: borrowed; timeout_ms of a call, 0: none; grace_ms between SIGTERM and SIGKILL.  NULL: out of memory. */
struct tool_lines *tool_lines_new(const char *command, int64_t timeout_ms, int64_t grace_ms);
void tool_lines_free(struct tool_lines *lines); /* no call is under way; ends the children */
/* Sends input (no newline in it) and waits for the answer: yours, 0-ended without its newline, free with free().
 * NULL: why says what went wrong; that child is gone then. */
char *tool_lines_call(struct tool_lines *lines, const char *input, size_t size, size_t *answer_size,
                      char why[TOOL_WHY]);
#endif
