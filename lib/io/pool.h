/* io/pool - worker threads for code that may block: handlers, callbacks, storage.
 *
 * Jobs are embedded in the caller's memory; posting never fails.  FIFO; with threads_max 1 one after the
 * other.  The first thread starts at open, the others when a job finds none idle.  A job may free itself.
 * With threads_max 0, for jobs that never block, there is no thread: each runs where it is posted, at once.
 */
#ifndef KIN_IO_POOL_H
#define KIN_IO_POOL_H
#include "base/list.h"
#include <kinstream/error.h>

struct kin__pool;

struct kin__pool_job {
	struct kin__list node;
	void (*run)(struct kin__pool_job *job);
	bool queued; /* under the pool's lock */
};

/* name: copied; at most 11 characters are shown.  On success *out is yours, close with kin__pool_close(). */
int kin__pool_open(struct kin__pool **out, const char *name, uint32_t threads_max, struct kin_error *error);
/* More threads at once, from now on; a smaller number changes nothing.  Not of a pool without threads. */
int kin__pool_raise(struct kin__pool *pool, uint32_t threads_max, struct kin_error *error);
/* Runs all that was posted, then joins.  Not on a thread of the pool.  NULL is fine. */
void kin__pool_close(struct kin__pool *pool);
void kin__pool_job_init(struct kin__pool_job *job, void (*run)(struct kin__pool_job *job));
void kin__pool_post(struct kin__pool *pool,
                    struct kin__pool_job *job); /* any thread; queued already: nothing */
bool kin__pool_unpost(struct kin__pool *pool,
                      struct kin__pool_job *job);     /* any thread; true: it was queued and will not run */
bool kin__pool_is_mine(const struct kin__pool *pool); /* is this one of its threads? */
#endif
