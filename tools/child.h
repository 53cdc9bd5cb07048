/* tools/child - a shell command under way: its pipes, its end, and what it leaves of its process group.
 * Started by any thread, then one thread at a time.  A command has a process group of its own, and the signal state
 * that a fresh program expects. */
#ifndef KINSTREAM_TOOL_CHILD_H
#define KINSTREAM_TOOL_CHILD_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TOOL_WHY = 256,
	TOOL_RESPONSE_MAX = 6291456 /* bytes: what a Lambda response may have */
};

enum { TOOL_CHILD_OUT = 1, TOOL_CHILD_ERR = 2 }; /* which of its outputs come to us; the others are ours */

struct tool_child {
	pid_t pid;
	int in, out, err; /* our ends, none of which blocks; -1: none */
	int ended;        /* readable once the command itself has ended, whoever still holds the pipes */
	int notice;       /* the waiter's end of that */
	pthread_t waiter;
	bool reaped;
	int status, signal; /* once reaped: its exit status, or the signal that ended it */
};

int64_t tool_now_ms(void); /* monotonic */

/* 0, or an errno and *what (static) says of what.  Not with SIGINT or SIGTERM for this thread to hear. */
int tool_child_start(struct tool_child *child, const char *command, unsigned outputs, const char **what);
/* false: it has not ended within that time. */
bool tool_child_wait(const struct tool_child *child, int64_t timeout_ms);
void tool_child_signal(const struct tool_child *child, int number); /* to the group, before it is reaped */
/* Closes the pipes and waits for the end of the command; what it leaves behind is left alone. */
void tool_child_reap(struct tool_child *child);
/* The same, but nothing of the group stays: what has not ended after grace_ms is killed.  Signal it before. */
void tool_child_sweep(struct tool_child *child, int64_t grace_ms);
/* How it ended; "" when it exited with status 0. */
void tool_child_why(const struct tool_child *child, char why[TOOL_WHY]);
void tool_why_late(int64_t timeout_ms, char why[TOOL_WHY]);
#endif
