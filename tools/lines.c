#include "lines.h"
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096, END_STEPS = 100, END_STEP_NS = 50000000 };

struct worker {
	struct worker *next;
	struct tool_child child;
};

struct tool_lines {
	const char *command;
	pthread_mutex_t lock;
	struct worker *idle;
};

struct tool_lines *tool_lines_new(const char *command)
{
	struct tool_lines *lines = calloc(1, sizeof *lines);

	if (lines) {
		lines->command = command;
		pthread_mutex_init(&lines->lock, NULL);
	}
	return lines;
}

static void end(struct worker *worker, bool patient);

/* An idle one that is silent.  One that spoke unasked, or ended, would answer the next batch with old words. */
static struct worker *take_idle(struct tool_lines *lines)
{
	for (;;) {
		struct worker *worker;
		struct pollfd spoke = { .events = POLLIN };

		pthread_mutex_lock(&lines->lock);
		worker = lines->idle;
		if (worker)
			lines->idle = worker->next;
		pthread_mutex_unlock(&lines->lock);
		if (!worker)
			return NULL;
		spoke.fd = worker->child.out;
		if (poll(&spoke, 1, 0) == 0)
			return worker;
		end(worker, false);
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
		number = tool_spawn(&worker->child, lines->command, true, &what);
	if (number) {
		snprintf(why, TOOL_WHY, "cannot run the command: %s: %s", what, strerror(number));
		free(worker);
		return NULL;
	}
	fcntl(worker->child.in, F_SETFL, O_NONBLOCK);
	fcntl(worker->child.out, F_SETFL, O_NONBLOCK);
	return worker;
}

static void give_back(struct tool_lines *lines, struct worker *worker)
{
	pthread_mutex_lock(&lines->lock);
	worker->next = lines->idle;
	lines->idle = worker;
	pthread_mutex_unlock(&lines->lock);
}

/* Its standard input is closed: it is to end by itself, else it is made to. */
static void end(struct worker *worker, bool patient)
{
	const struct timespec step = { .tv_nsec = END_STEP_NS };
	char why[TOOL_WHY];
	siginfo_t info = { 0 };

	close(worker->child.in);
	close(worker->child.out);
	for (int i = 0; i < END_STEPS + END_STEPS / 5; i++) {
		if (i == (patient ? END_STEPS : 0))
			kill(-worker->child.pid, SIGTERM);
		if (waitid(P_PID, (id_t)worker->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid != 0 || (!patient && i == END_STEPS / 5))
			break;
		nanosleep(&step, NULL);
	}
	kill(-worker->child.pid, SIGKILL);
	tool_reap(&worker->child, why);
	free(worker);
}

void tool_lines_free(struct tool_lines *lines)
{
	if (!lines)
		return;
	for (struct worker *worker = lines->idle, *next; worker; worker = next) {
		next = worker->next;
		end(worker, true);
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

/* NULL, or what is wrong. */
static const char *listen_to(struct exchange *x, int out)
{
	char *newline;
	ssize_t n;

	if (x->n + 1 >= x->room) {
		size_t room = x->room ? x->room * 2 : FIRST_ROOM;
		char *grown = room > 2 * (size_t)TOOL_RESPONSE_MAX ? NULL : realloc(x->answer, room);

		if (!grown)
			return "the command answered with more than 6 MB";
		x->answer = grown;
		x->room = room;
	}
	n = read(out, x->answer + x->n, x->room - 1 - x->n);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	if (n == 0)
		return "the command ended without an answer";
	newline = memchr(x->answer + x->n, '\n', (size_t)n);
	x->n += (size_t)n;
	if (!newline)
		return NULL;
	if (newline + 1 != x->answer + x->n)
		return "the command answered with more than one line";
	if (x->sent <= x->size)
		return "the command answered before it had read the batch";
	x->n--;
	x->answer[x->n] = 0;
	x->whole = true;
	return NULL;
}

static const char *exchange(struct exchange *x, const struct tool_child *child)
{
	const char *wrong = NULL;

	while (!wrong && !x->whole) {
		struct pollfd ends[2] = { { .fd = child->out, .events = POLLIN },
			                  { .fd = x->sent <= x->size ? child->in : -1, .events = POLLOUT } };

		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			return strerror(errno);
		if (ends[1].revents && !feed(x, child->in))
			wrong = "the command reads no more";
		if (ends[0].revents)
			wrong = listen_to(x, child->out);
	}
	return wrong;
}

char *tool_lines_call(struct tool_lines *lines, const char *input, size_t size, size_t *answer_size,
                      char why[TOOL_WHY])
{
	struct exchange x = { .input = input, .size = size };
	struct worker *worker = take(lines, why);
	const char *wrong;

	if (!worker)
		return NULL;
	wrong = exchange(&x, &worker->child);
	if (wrong) {
		snprintf(why, TOOL_WHY, "%s", wrong);
		end(worker, false);
		free(x.answer);
		return NULL;
	}
	give_back(lines, worker);
	*answer_size = x.n;
	return x.answer;
}
