/* tools/exec - shell commands with bytes on their standard input: one run each, or kept alive.  Any thread; a command
 * has a process group of its own, and the signal state that a fresh program expects. */
#ifndef KINSTREAM_TOOL_EXEC_H
#define KINSTREAM_TOOL_EXEC_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TOOL_WHY = 200, TOOL_RESPONSE_MAX = 6291456 }; /* a Lambda response may have 6 MB */

struct tool_exec {
	const char *command, *input;
	size_t input_size;
	bool capture; /* its output goes to `output`; else to our standard output */
	int status;   /* exit status; 128 + n: ended by signal n */
	char *output; /* yours, free with free() */
	size_t output_size;
	char why[TOOL_WHY]; /* when it could not be run, or status is not 0 */
};

bool tool_exec(struct tool_exec *run); /* false: it could not be run at all */

/* A command under way, with pipes to it and, when wanted, from it. */
struct tool_child {
	pid_t pid;
	int in, out; /* our ends; -1: none */
};
/* 0, or an errno and *what (static) says of what. */
int tool_spawn(struct tool_child *child, const char *command, bool capture, const char **what);
int tool_reap(const struct tool_child *child,
              char why[TOOL_WHY]); /* waits; the status as above; why: "" when 0 */
#endif
