/* tools/exec - one run of a shell command with bytes on its standard input.  Any thread; the command has a process
 * group of its own, and the signal state that a fresh program expects. */
#ifndef KINSTREAM_TOOL_EXEC_H
#define KINSTREAM_TOOL_EXEC_H
#include <stdbool.h>
#include <stddef.h>

struct tool_exec {
	const char *command, *input;
	size_t input_size;
	bool capture; /* its output goes to `output`; else to our standard output */
	int status;   /* exit status; 128 + n: ended by signal n */
	char *output; /* yours, free with free() */
	size_t output_size;
	char why[200]; /* when it could not be run, or status is not 0 */
};

bool tool_exec(struct tool_exec *run); /* false: it could not be run at all */
#endif
