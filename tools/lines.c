#include "lines.h"
#include "tool.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096, PATIENCE_MS = 5000, GRACE_MS = 1000, END_MS = 100 };

struct worker {
	struct worker *next;
	struct tool_child child;
};

struct tool_lines {
	const char *command;
	int64_t timeout_ms, grace_ms;
	pthread_mutex_t lock;
	struct worker *idle;
};

struct tool_lines *tool_lines_new(const char *command, int64_t timeout_ms, int64_t grace_ms)
{
	struct tool_lines *lines = calloc(1, sizeof *lines);

	if (lines) {
		lines->command = command;
		lines->timeout_ms = timeout_ms;
		lines->grace_ms = grace_ms;
		pthread_mutex_init(&lines->lock, NULL);
	}
	return lines;
}

/* Nothing of its group stays: it is asked to end, and after the grace made to.  why: how it ended goes there, if it
 * did not end well; NULL: nobody asks. */
static void end(struct worker *worker, int64_t grace_ms, char *why)
{
	char how[TOOL_WHY];

	tool_child_signal(&worker->child, SIGTERM);
	tool_child_sweep(&worker->child, grace_ms);
	tool_child_why(&worker->child, how);
	if (why && how[0])
		snprintf(why, TOOL_WHY, "%s", how);
	free(worker);
}

/* An idle one that is silent.  One that spoke unasked, or ended, would answer the next batch with old words. */
static struct worker *take_idle(struct tool_lines *lines)
{
	for (;;) {
		struct worker *worker;
		struct pollfd spoke[2] = { { .events = POLLIN }, { .events = POLLIN } };

		pthread_mutex_lock(&lines->lock);
		worker = lines->idle;
		if (worker)
			lines->idle = worker->next;
		pthread_mutex_unlock(&lines->lock);
		if (!worker)
			return NULL;
		spoke[0].fd = worker->child.out;
		spoke[1].fd = worker->child.ended;
		if (poll(spoke, 2, 0) == 0)
			return worker;
		end(worker, GRACE_MS, NULL);
	}
}

static struct worker *take(struct tool_lines *lines, char why[TOOL_WHY])
{
	struct worker *worker = take_idle(lines);
	const char *what = "memory";
	int number = ENOMEM;

	if (worker)
		return worker;
	worker = calloc(1, sizeof *worker);
	if (worker)
		number = tool_child_start(&worker->child, lines->command, TOOL_CHILD_OUT, &what);
	if (number) {
		snprintf(why, TOOL_WHY, "cannot run the command: %s: %s", what, strerror(number));
		free(worker);
		return NULL;
	}
	return worker;
}

static void give_back(struct tool_lines *lines, struct worker *worker)
{
	pthread_mutex_lock(&lines->lock);
	worker->next = lines->idle;
	lines->idle = worker;
	pthread_mutex_unlock(&lines->lock);
}

/* Their standard inputs are closed: they are to end by themselves, else they are made to. */
void tool_lines_free(struct tool_lines *lines)
{
	int64_t until_ms = tool_now_ms() + PATIENCE_MS;

	if (!lines)
		return;
	for (struct worker *worker = lines->idle; worker; worker = worker->next) {
		close(worker->child.in);
		worker->child.in = -1;
	}
	for (struct worker *worker = lines->idle, *next; worker; worker = next) {
		next = worker->next;
		if (tool_child_wait(&worker->child, until_ms - tool_now_ms())) {
			tool_child_sweep(&worker->child, 0);
			free(worker);
		} else {
			end(worker, GRACE_MS, NULL);
		}
	}
	pthread_mutex_destroy(&lines->lock);
	free(lines);
}

/* ---- one exchange ---- */

struct exchange {
	const char *input;
	size_t size, sent; /* size: the newline behind it is one more */
	char *answer;
	size_t n, room;
	bool whole; /* the answer's newline came */
};

/* false: it reads no more. */
static bool feed(struct exchange *x, int in)
{
	ssize_t n = x->sent < x->size ? write(in, x->input + x->sent, x->size - x->sent) : write(in, "\n", 1);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	x->sent += (size_t)n;
	return true;
}

static const char too_much[] = "the command answered with more than 6291456 bytes";

static bool make_room(struct exchange *x)
{
	size_t room = x->room ? x->room * 2 : FIRST_ROOM;
	char *grown;

	if (x->n + 1 < x->room)
		return true;
	if (room > TOOL_RESPONSE_MAX + 2)
		room = TOOL_RESPONSE_MAX + 2; /* a newline and a 0 */
	grown = room > x->room ? realloc(x->answer, room) : NULL;
	if (!grown)
		return false;
	x->answer = grown;
	x->room = room;
	return true;
}

/* NULL, or what is wrong.  *nothing: there is nothing to hear now. */
static const char *listen_to(struct exchange *x, int out, bool *nothing)
{
	char *newline;
	ssize_t n;

	if (!make_room(x))
		return too_much;
	n = read(out, x->answer + x->n, x->room - 1 - x->n);
	*nothing = n < 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	if (n == 0)
		return "the command ended without an answer";
	newline = memchr(x->answer + x->n, '\n', (size_t)n);
	x->n += (size_t)n;
	if (!newline)
		return x->n > TOOL_RESPONSE_MAX ? too_much : NULL;
	if (newline + 1 != x->answer + x->n)
		return "the command answered with more than one line";
	if (x->sent <= x->size)
		return "the command answered before it had read the batch";
	x->n--;
	x->answer[x->n] = 0;
	x->whole = true;
	return NULL;
}

/* It has ended: what it said before that is all there will be, though others may hold the pipe. */
static const char *listen_to_the_rest(struct exchange *x, int out)
{
	const char *wrong = NULL;
	bool nothing = false;

	while (!wrong && !x->whole && !nothing)
		wrong = listen_to(x, out, &nothing);
	return wrong || x->whole ? wrong : "the command ended without an answer";
}

static int left_ms(int64_t until_ms)
{
	int64_t left = until_ms - tool_now_ms();

	return until_ms == INT64_MAX ? -1 : left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* NULL, or what is wrong; late: its time is over. */
static const char *exchange(struct exchange *x, const struct tool_child *child, int64_t until_ms,
                            const char *late)
{
	const char *wrong = NULL;
	bool nothing;

	while (!wrong && !x->whole) {
		struct pollfd ends[3] = { { .fd = child->out, .events = POLLIN },
			                  { .fd = x->sent <= x->size ? child->in : -1, .events = POLLOUT },
			                  { .fd = child->ended, .events = POLLIN } };
		int wait_ms = left_ms(until_ms);

		if (wait_ms == 0)
			return late;
		if (poll(ends, 3, wait_ms) < 0)
			continue; /* EINTR, or a moment without memory */
		if (ends[1].revents && !feed(x, child->in))
			wrong = "the command reads no more";
		if (ends[0].revents)
			wrong = listen_to(x, child->out, &nothing);
		if (ends[2].revents && !wrong && !x->whole)
			wrong = listen_to_the_rest(x, child->out);
	}
	return wrong;
}

char *tool_lines_call(struct tool_lines *lines, const char *input, size_t size, size_t *answer_size,
                      char why[TOOL_WHY])
{
	int64_t until_ms = lines->timeout_ms > 0 ? tool_now_ms() + lines->timeout_ms : INT64_MAX;
	struct exchange x = { .input = input, .size = size };
	struct worker *worker = take(lines, why);
	char late[TOOL_WHY];
	const char *wrong;

	if (!worker)
		return NULL;
	tool_why_late(lines->timeout_ms, late);
	wrong = exchange(&x, &worker->child, until_ms, late);
	if (wrong) {
		bool over = wrong != late && tool_child_wait(&worker->child, END_MS);
		snprintf(why, TOOL_WHY, "%s", wrong);
		end(worker, wrong == late ? lines->grace_ms : GRACE_MS, over ? why : NULL);
		free(x.answer);
		return NULL;
	}
	give_back(lines, worker);
	*answer_size = x.n;
	return x.answer;
}
