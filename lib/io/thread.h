/* io/thread - starts a thread of ours: all signals blocked, named where the system can.  Any thread. */
#ifndef KIN_IO_THREAD_H
#define KIN_IO_THREAD_H
#include <kinstream/error.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

enum { KIN__THREAD_NAME = 16 }; /* longer names are cut */

/* name: borrowed until return; shown by debuggers and top. */
int kin__thread_start(pthread_t *thread, const char *name, void *(*run)(void *user), void *user,
                      struct kin_error *error);

/* Between the two, a thread of the program does the library's work: a socket that is closed at the other end raises
 * no SIGPIPE there, and the thread cannot be cancelled with a loop in its hands. */
struct kin__thread_guest {
	sigset_t before;
	int cancel;
	bool changed;
};
void kin__thread_guest_begin(struct kin__thread_guest *guest);
void kin__thread_guest_end(struct kin__thread_guest *guest);

/* A condition that waits by the monotonic clock. */
int kin__thread_cond_init(pthread_cond_t *cond); /* 0, or an errno */
/* true: signalled or a spurious wake; false: until_us (kin__clock_us) passed.  UINT64_MAX: no limit.  A thread of the
 * program cannot be cancelled here: it would end with the lock in its hands. */
bool kin__thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_us);
#endif
