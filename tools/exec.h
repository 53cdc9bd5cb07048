/* tools/exec - runs a shell command once, with bytes on its standard input.  Any thread. */
#ifndef KINSTREAM_TOOL_EXEC_H
#define KINSTREAM_TOOL_EXEC_H
#include "child.h"
#include <stddef.h>

struct tool_exec {
	const char *command, *input;
	size_t input_size;
	bool capture;       /* its output goes to `output`; else to our standard output */
	int64_t timeout_ms; /* 0: none; after it SIGTERM to its group, and SIGKILL grace_ms later */
	int64_t grace_ms;
	char *output; /* yours, free with free() */
	size_t output_size;
	char why[TOOL_WHY]; /* when it failed: could not be run, ended badly or too late, said too much */
};

bool tool_exec(struct tool_exec *run); /* whether it did all well */
#endif
