#include "exec.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than a pipe can hold: what is behind it was not written by the command before its end. */
enum { LEFT_MAX = 1048576, LINE_MAX_SHOWN = 160 };

struct talk {
	struct tool_exec *run;
	struct tool_child child;
	size_t written, room;
	bool too_much, late;
	char line[LINE_MAX_SHOWN], last[LINE_MAX_SHOWN]; /* of its standard error: begun; whole */
	size_t line_n;
};

/* ---- its standard input ---- */

static void close_input(struct talk *talk)
{
	close(talk->child.in);
	talk->child.in = -1;
}

static void feed(struct talk *talk)
{
	const struct tool_exec *run = talk->run;
	ssize_t n = 0;

	if (talk->written < run->input_size)
		n = write(talk->child.in, run->input + talk->written, run->input_size - talk->written);
	if (n > 0)
		talk->written += (size_t)n;
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || talk->written == run->input_size)
		close_input(talk); /* it does not want to read on: its right */
}

/* ---- its standard output ---- */

static void keep(struct talk *talk, const char *bytes, size_t n)
{
	struct tool_exec *run = talk->run;

	if (talk->too_much || run->output_size + n > TOOL_RESPONSE_MAX) {
		talk->too_much = true;
		return;
	}
	if (run->output_size + n > talk->room) {
		size_t room = (talk->room + n) * 2;
		char *grown = realloc(run->output, room);
		if (!grown) {
			talk->too_much = true;
			return;
		}
		run->output = grown;
		talk->room = room;
	}
	memcpy(run->output + run->output_size, bytes, n);
	run->output_size += n;
}

/* ---- its standard error: passed on, and the last line kept ---- */

static void end_line(struct talk *talk)
{
	if (talk->line_n == 0)
		return;
	memcpy(talk->last, talk->line, talk->line_n);
	talk->last[talk->line_n] = 0;
	talk->line_n = 0;
}

static void pass_on(struct talk *talk, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c == '\n')
			end_line(talk);
		else if (talk->line_n < sizeof talk->line - 1)
			talk->line[talk->line_n++] = c < ' ' || c == 127 ? ' ' : (char)c;
	}
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, bytes, n);
		if (done < 0 && errno != EINTR)
			return;
		bytes += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
}

/* ---- both ---- */

/* Reads once; false: nothing is there now, or ever again.  Then the end is closed. */
static bool hear(struct talk *talk, int *end, void (*take)(struct talk *, const char *, size_t),
                 size_t *read_n)
{
	char bytes[65536];
	ssize_t n = *end < 0 ? -1 : read(*end, bytes, sizeof bytes);

	if (*end < 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	if (n <= 0) {
		close(*end);
		*end = -1;
		return false;
	}
	take(talk, bytes, (size_t)n);
	*read_n += (size_t)n;
	return true;
}

/* What it wrote before its end; others may hold the pipes and write on. */
static void hear_the_rest(struct talk *talk)
{
	size_t out = 0, err = 0;

	while (out < LEFT_MAX && hear(talk, &talk->child.out, keep, &out))
		;
	while (err < LEFT_MAX && hear(talk, &talk->child.err, pass_on, &err))
		;
	end_line(talk);
}

/* Its time is over: it is asked to end, then made to. */
static int64_t hasten(struct talk *talk)
{
	tool_child_signal(&talk->child, talk->late ? SIGKILL : SIGTERM);
	if (talk->late)
		return INT64_MAX;
	talk->late = true;
	return tool_now_ms() + talk->run->grace_ms;
}

static int left_ms(int64_t until_ms)
{
	int64_t left = until_ms == INT64_MAX ? -1 : until_ms - tool_now_ms();

	if (until_ms != INT64_MAX && left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Feeds and reads at once, neither side may wait for the other, until the command has ended. */
static void converse(struct talk *talk)
{
	int64_t until_ms = talk->run->timeout_ms > 0 ? tool_now_ms() + talk->run->timeout_ms : INT64_MAX;
	size_t heard = 0;

	for (;;) {
		struct pollfd ends[4] = { { .fd = talk->child.in, .events = POLLOUT },
			                  { .fd = talk->child.out, .events = POLLIN },
			                  { .fd = talk->child.err, .events = POLLIN },
			                  { .fd = talk->child.ended, .events = POLLIN } };
		int wait_ms = left_ms(until_ms);

		if (wait_ms == 0)
			until_ms = hasten(talk);
		if (poll(ends, 4, wait_ms) < 0)
			continue; /* EINTR, or a moment without memory */
		if (ends[0].revents)
			feed(talk);
		if (ends[1].revents)
			hear(talk, &talk->child.out, keep, &heard);
		if (ends[2].revents)
			hear(talk, &talk->child.err, pass_on, &heard);
		if (ends[3].revents)
			return;
	}
}

static void explain(struct talk *talk)
{
	struct tool_exec *run = talk->run;
	size_t n;

	if (talk->late) {
		tool_why_late(run->timeout_ms, run->why);
		return;
	}
	tool_child_why(&talk->child, run->why);
	n = strlen(run->why);
	if (n > 0 && talk->last[0])
		snprintf(run->why + n, sizeof run->why - n, ": %s", talk->last);
	if (n == 0 && talk->too_much)
		snprintf(run->why, sizeof run->why, "the command answered with more than %d bytes",
		         TOOL_RESPONSE_MAX);
}

bool tool_exec(struct tool_exec *run)
{
	struct talk talk = { .run = run };
	const char *what;
	int number = tool_child_start(&talk.child, run->command,
	                              TOOL_CHILD_ERR | (run->capture ? TOOL_CHILD_OUT : 0), &what);

	if (number) {
		snprintf(run->why, sizeof run->why, "cannot run the command: %s: %s", what, strerror(number));
		return false;
	}
	converse(&talk);
	hear_the_rest(&talk);
	if (talk.late)
		tool_child_sweep(&talk.child, run->grace_ms);
	else
		tool_child_reap(&talk.child);
	explain(&talk);
	return run->why[0] == 0;
}
