/* io/quit - see quit.h */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "io/clock.h"
#include "io/fork.h"
#include "io/quit.h"
#include "io/thread.h"

/* Longer than a turn of the loop.  A disk that hangs must not hold up exit(); a fork() too early makes a child that may
 * hang for ever, and on a busy machine a turn may take its time. */
enum { EXIT_WAIT_US_MAX = 2000000, FORK_WAIT_US_MAX = 20000000 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left;
static unsigned inside, forking; /* under lock: threads between enter and leave; those that want to fork */
static atomic_bool begun;
static _Thread_local bool in_here; /* a log function may call exit() */

/* Under the lock: nobody else is inside, or it took too long. */
static void wait_left(uint64_t most_us)
{
	uint64_t until_us = kin__clock_us() + most_us;
	bool in_time = true;

	while (in_time && inside > (in_here ? 1U : 0U))
		in_time = kin__thread_cond_wait(&left, &lock, until_us);
}

static void at_exit(void)
{
	pthread_mutex_lock(&lock);
	atomic_store(&begun, true);
	kin__fork_disown();
	wait_left(EXIT_WAIT_US_MAX);
	pthread_mutex_unlock(&lock);
}

/* A child has of all threads the one that called fork(): a lock of OpenSSL that another one held then would be
 * held there for ever. */
static void before_fork(void)
{
	pthread_mutex_lock(&lock);
	forking++;
	wait_left(FORK_WAIT_US_MAX);
}

static void in_parent(void)
{
	forking--;
	pthread_cond_broadcast(&left);
	pthread_mutex_unlock(&lock);
}

/* Those that waited are not there any more, and a condition that counts on them would wait for them one day. */
static void in_child(void)
{
	(void)kin__thread_cond_init(&left); /* its memory is the one that it has: cannot fail */
	forking = 0;
	inside = in_here ? 1 : 0;
	pthread_mutex_unlock(&lock);
}

static void watch(void)
{
	if (kin__thread_cond_init(&left) != 0)
		return;
	pthread_atfork(before_fork, in_parent, in_child);
	(void)atexit(at_exit); /* without memory for it: exit() is what it was */
}

void kin__quit_watch(void)
{
	pthread_once(&once, watch);
}

bool kin__quit_begun(void)
{
	return atomic_load_explicit(&begun, memory_order_relaxed);
}

void kin__quit_enter(void)
{
	pthread_mutex_lock(&lock);
	while (begun || forking > 0) /* once begun, for ever */
		kin__thread_cond_wait(&left, &lock, UINT64_MAX);
	inside++;
	in_here = true;
	pthread_mutex_unlock(&lock);
}

void kin__quit_leave(void)
{
	pthread_mutex_lock(&lock);
	inside--;
	in_here = false;
	if (begun || forking > 0)
		pthread_cond_broadcast(&left);
	pthread_mutex_unlock(&lock);
}
