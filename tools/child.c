#include "child.h"
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SWEEP_STEP_MS = 20 };

extern char **environ;

/* From a pipe's making until it is marked close-on-exec no other thread may spawn: its child would hold our end. */
static pthread_mutex_t spawning = PTHREAD_MUTEX_INITIALIZER;

int64_t tool_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- start ---- */

struct pipes {
	int in[2], out[2], err[2], ended[2];
};

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static bool make_pipe(int ends[2])
{
	if (pipe(ends) < 0) {
		ends[0] = ends[1] = -1;
		return false;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return true;
}

static bool make_pipes(struct pipes *pipes, unsigned outputs)
{
	return make_pipe(pipes->in) && make_pipe(pipes->ended) &&
	       (!(outputs & TOOL_CHILD_OUT) || make_pipe(pipes->out)) &&
	       (!(outputs & TOOL_CHILD_ERR) || make_pipe(pipes->err));
}

static void close_all(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		close_end(&pipes->in[i]);
		close_end(&pipes->out[i]);
		close_end(&pipes->err[i]);
		close_end(&pipes->ended[i]);
	}
}

static int spawn(pid_t *pid, const char *command, const struct pipes *pipes)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, usual;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, pipes->in[0], STDIN_FILENO);
	if (pipes->out[1] >= 0)
		posix_spawn_file_actions_adddup2(&files, pipes->out[1], STDOUT_FILENO);
	if (pipes->err[1] >= 0)
		posix_spawn_file_actions_adddup2(&files, pipes->err[1], STDERR_FILENO);
	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGTERM);
	sigaddset(&usual, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setpgroup(&attributes,
	                          0); /* a terminal's ^C asks us to drain, and leaves the batch alone */
	posix_spawnattr_setflags(&attributes,
	                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	tool_child_begins();
	int number = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ);
	tool_child_began(number ? 0 : *pid);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return number;
}

/* The command's end is known by a pipe of our own: one of its own may be held by what it left running. */
static void *wait_for_end(void *user)
{
	const struct tool_child *child = user;
	siginfo_t info;

	while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	close(child->notice);
	return NULL;
}

static int start_waiter(struct tool_child *child)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN + 65536);
	int number = pthread_create(&child->waiter, &attributes, wait_for_end, child);
	pthread_attr_destroy(&attributes);
	return number;
}

static void not_blocking(int end)
{
	if (end >= 0)
		fcntl(end, F_SETFL, O_NONBLOCK);
}

int tool_child_start(struct tool_child *child, const char *command, unsigned outputs, const char **what)
{
	struct pipes pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int number = 0;

	*child = (struct tool_child){ .in = -1, .out = -1, .err = -1, .ended = -1, .notice = -1 };
	pthread_mutex_lock(&spawning);
	*what = "pipe";
	if (!make_pipes(&pipes, outputs))
		number = errno;
	if (!number) {
		*what = "/bin/sh";
		number = spawn(&child->pid, command, &pipes);
	}
	pthread_mutex_unlock(&spawning);
	if (!number) {
		*what = "thread";
		child->notice = pipes.ended[1]; /* the waiter's now */
		number = start_waiter(child);
		if (number) {
			kill(-child->pid, SIGKILL);
			waitpid(child->pid, NULL, 0);
			tool_child_ended(child->pid);
		}
	}
	if (number) {
		close_all(&pipes);
		return number;
	}
	close_end(&pipes.in[0]);
	close_end(&pipes.out[1]);
	close_end(&pipes.err[1]);
	child->in = pipes.in[1];
	child->out = pipes.out[0];
	child->err = pipes.err[0];
	child->ended = pipes.ended[0];
	not_blocking(child->in);
	not_blocking(child->out);
	not_blocking(child->err);
	return 0;
}

/* ---- end ---- */

bool tool_child_wait(const struct tool_child *child, int64_t timeout_ms)
{
	struct pollfd ended = { .fd = child->ended, .events = POLLIN };
	int64_t until_ms = tool_now_ms() + timeout_ms, left;

	for (;;) {
		left = until_ms - tool_now_ms();
		int n = poll(&ended, 1, left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0 || (n == 0 && left <= 0))
			return n > 0;
	}
}

void tool_child_signal(const struct tool_child *child, int number)
{
	if (!child->reaped)
		kill(-child->pid, number);
}

static void reap(struct tool_child *child)
{
	int status = 0;

	close_end(&child->in);
	close_end(&child->out);
	close_end(&child->err);
	pthread_join(child->waiter, NULL); /* it has ended from here on, but its number is still its own */
	close_end(&child->ended);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	child->reaped = true;
}

void tool_child_reap(struct tool_child *child)
{
	siginfo_t info;

	/* Nobody is to signal the number once it may be another's. */
	while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	tool_child_ended(child->pid);
	reap(child);
}

/* The number of a group is not given to another process while one of the group is left.  Those of it whose parent is
 * gone are ours to wait for when we are the first process of a container. */
void tool_child_sweep(struct tool_child *child, int64_t grace_ms)
{
	const struct timespec step = { .tv_nsec = SWEEP_STEP_MS * 1000000L };
	int64_t until_ms = tool_now_ms() + grace_ms;

	if (!tool_child_wait(child, grace_ms))
		kill(-child->pid, SIGKILL);
	reap(child);
	while (waitpid(-child->pid, NULL, WNOHANG), kill(-child->pid, 0) == 0 && tool_now_ms() < until_ms)
		nanosleep(&step, NULL);
	kill(-child->pid, SIGKILL);
	waitpid(-child->pid, NULL, WNOHANG);
	tool_child_ended(child->pid);
}

void tool_child_why(const struct tool_child *child, char why[TOOL_WHY])
{
	why[0] = 0;
	if (child->signal)
		snprintf(why, TOOL_WHY, "the command was ended by signal %d", child->signal);
	else if (child->status)
		snprintf(why, TOOL_WHY, "the command exited with status %d", child->status);
}

void tool_why_late(int64_t timeout_ms, char why[TOOL_WHY])
{
	snprintf(why, TOOL_WHY, "the command timed out after %lld ms (handler_timeout_ms)",
	         (long long)timeout_ms);
}
