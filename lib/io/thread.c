/* io/thread - see thread.h */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include "base/mem.h"
#include "io/error.h"
#include "io/thread.h"

struct start {
	void *(*run)(void *user);
	void *user;
	char name[KIN__THREAD_NAME];
};

static void *begin(void *user)
{
	struct start start = *(struct start *)user;

	kin__mem_free(user);
#ifdef __linux__
	prctl(PR_SET_NAME, start.name, 0, 0, 0);
#endif
	return start.run(start.user);
}

int kin__thread_start(pthread_t *thread, const char *name, void *(*run)(void *user), void *user,
                      struct kin_error *error)
{
	struct start *start = kin__mem_zalloc(sizeof *start);
	sigset_t all, before;
	int failed;

	if (!start)
		return kin__error_nomem(error);
	start->run = run;
	start->user = user;
	strncpy(start->name, name, sizeof start->name - 1);
	/* The new thread inherits the mask: no signal can reach it, not even before its first line. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(thread, NULL, begin, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed == 0)
		return KIN_OK;
	kin__mem_free(start);
	return kin__error_errno(error, failed == EAGAIN ? KIN_NOMEM : KIN_IO, failed,
	                        "cannot start the thread %s", name);
}

int kin__thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;
	int failed = pthread_condattr_init(&attributes);

	if (failed != 0)
		return failed;
	failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (failed == 0)
		failed = pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
	return failed;
}

bool kin__thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_us)
{
	struct timespec until = { .tv_sec = (time_t)(until_us / 1000000),
		                  .tv_nsec = (long)(until_us % 1000000) * 1000 };

	int cancel, result;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (until_us == UINT64_MAX)
		result = pthread_cond_wait(cond, lock);
	else
		result = pthread_cond_timedwait(cond, lock, &until);
	pthread_setcancelstate(cancel, &(int){ 0 });
	return result != ETIMEDOUT;
}

/* A signal that was not blocked cannot have been pending: what is pending later came in between. */
void kin__thread_guest_begin(struct kin__thread_guest *guest)
{
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGPIPE);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guest->cancel);
	guest->changed = pthread_sigmask(SIG_BLOCK, &one, &guest->before) == 0 &&
	                 sigismember(&guest->before, SIGPIPE) == 0;
}

void kin__thread_guest_end(struct kin__thread_guest *guest)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t one;

	if (guest->changed) {
		sigemptyset(&one);
		sigaddset(&one, SIGPIPE);
		while (sigtimedwait(&one, NULL, &at_once) < 0 && errno == EINTR)
			;
		pthread_sigmask(SIG_SETMASK, &guest->before, NULL);
	}
	pthread_setcancelstate(guest->cancel, &(int){ 0 });
}
