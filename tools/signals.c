#include "tool.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN_MAX = 2048, BEGIN_STEPS = 1000, BEGIN_STEP_NS = 1000000 };

static atomic_int signals_seen;
static int wake[2] = { -1, -1 };
static void (*first_fn)(void *user);
static void *first_user;
/* Process groups of running children, 0 where none is.  Lock-free, so the signal handler may read what other threads write. */
static atomic_int children[CHILDREN_MAX];
static atomic_int beginning; /* children that may be there already and are not among these yet */
static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER;

/* Of a signal handler. */
static void kill_children(void)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		pid_t child = atomic_load(&children[i]);
		if (child)
			kill(-child, SIGKILL);
	}
}

static void on_signal(int number)
{
	char byte = 0;
	int before = errno; /* of the code that is interrupted */
	(void)number;
	if (atomic_fetch_add(&signals_seen, 1) > 0) {
		const struct timespec step = { .tv_nsec = BEGIN_STEP_NS };

		kill_children();
		for (int i = 0; i < BEGIN_STEPS && atomic_load(&beginning) > 0; i++)
			nanosleep(&step, NULL);
		kill_children();
		_exit(TOOL_INTERRUPTED);
	}
	if (write(wake[1], &byte, 1) != 1)
		_exit(TOOL_INTERRUPTED);
	errno = before;
}

static void *wait_for_first(void *unused)
{
	char byte;
	while (read(wake[0], &byte, 1) < 0)
		;
	first_fn(first_user);
	return unused;
}

void tool_signals(void (*on_first)(void *user), void *user)
{
	struct sigaction action = {
		.sa_handler = on_signal
	}; /* without SA_RESTART: a read that waits is to end */
	sigset_t both, before;
	pthread_t thread;

	first_fn = on_first;
	first_user = user;
	if (pipe(wake) < 0)
		return; /* signals then end the program as they always do */
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &both, &before); /* of the new thread: the main one is to be interrupted */
	int failed = pthread_create(&thread, NULL, wait_for_first, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return;
	pthread_detach(thread);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool tool_stopping(void)
{
	return atomic_load(&signals_seen) > 0;
}

static void replace_child(pid_t from, pid_t to)
{
	pthread_mutex_lock(&children_lock);
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (atomic_load(&children[i]) == from) {
			atomic_store(&children[i], to);
			break;
		}
	pthread_mutex_unlock(&children_lock);
}

void tool_child_begins(void)
{
	atomic_fetch_add(&beginning, 1);
}

void tool_child_began(pid_t pid)
{
	if (pid)
		replace_child(0, pid);
	atomic_fetch_sub(&beginning, 1);
}

void tool_child_ended(pid_t pid)
{
	replace_child(pid, 0);
}
