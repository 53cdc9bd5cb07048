#include "exec.h"
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* From a pipe's making until it is marked close-on-exec no other thread may spawn: its child would hold our end. */
static pthread_mutex_t spawning = PTHREAD_MUTEX_INITIALIZER;

static void close_pipe(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
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

static int spawn(const char *command, int in, int out, pid_t *pid)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, usual;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
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
	int number = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return number;
}

static bool keep(struct tool_exec *run, size_t *room, const char *bytes, size_t n)
{
	if (run->output_size + n + 1 > *room) {
		size_t more = (*room + n + 1) * 2;
		char *grown = more > 2 * (size_t)TOOL_RESPONSE_MAX ? NULL : realloc(run->output, more);
		if (!grown)
			return false;
		run->output = grown;
		*room = more;
	}
	memcpy(run->output + run->output_size, bytes, n);
	run->output_size += n;
	return true;
}

/* Feeds and reads at once: neither side may wait for the other. */
static void exchange(struct tool_exec *run, int in, int out)
{
	size_t written = 0, room = 0;
	char bytes[65536];
	bool whole = true;

	fcntl(in, F_SETFL, O_NONBLOCK);
	while (in >= 0 || out >= 0) {
		struct pollfd ends[2] = { { .fd = in, .events = POLLOUT }, { .fd = out, .events = POLLIN } };
		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			break;
		if (in >= 0 && ends[0].revents) {
			ssize_t n = run->input_size > written ? write(in, run->input + written,
			                                              run->input_size - written)
			                                      : 0;
			written += n > 0 ? (size_t)n : 0;
			bool ended = n < 0 && errno != EAGAIN &&
			             errno != EINTR; /* it does not want to read on: its right */
			if (written == run->input_size || ended) {
				close(in);
				in = -1;
			}
		}
		if (out >= 0 && ends[1].revents) {
			ssize_t n = read(out, bytes, sizeof bytes);
			if (n == 0 || (n < 0 && errno != EINTR)) {
				close(out);
				out = -1;
			} else if (n > 0) {
				whole = whole && keep(run, &room, bytes, (size_t)n);
			}
		}
	}
	if (!whole) { /* more than a response may have: no response */
		run->output_size = 0;
		keep(run, &room, "response over 6 MB", 18);
	}
}

int tool_spawn(struct tool_child *child, const char *command, bool capture, const char **what)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, number = 0;

	pthread_mutex_lock(&spawning);
	*what = "pipe";
	if (!make_pipe(in) || (capture && !make_pipe(out)))
		number = errno;
	if (!number) {
		*what = "/bin/sh";
		number = spawn(command, in[0], out[1], &child->pid);
	}
	pthread_mutex_unlock(&spawning);
	if (number) {
		close_pipe(in);
		close_pipe(out);
		return number;
	}
	close(in[0]);
	if (out[1] >= 0)
		close(out[1]);
	child->in = in[1];
	child->out = out[0];
	tool_child_began(child->pid);
	return 0;
}

int tool_reap(const struct tool_child *child, char why[TOOL_WHY])
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	tool_child_ended(child->pid);
	why[0] = 0;
	if (WIFSIGNALED(status))
		snprintf(why, TOOL_WHY, "the command was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(why, TOOL_WHY, "the command exited with status %d", WEXITSTATUS(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool tool_exec(struct tool_exec *run)
{
	struct tool_child child;
	const char *what;
	int number = tool_spawn(&child, run->command, run->capture, &what);

	if (number) {
		snprintf(run->why, sizeof run->why, "cannot run the command: %s: %s", what, strerror(number));
		return false;
	}
	exchange(run, child.in, child.out);
	run->status = tool_reap(&child, run->why);
	return true;
}
