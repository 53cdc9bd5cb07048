/* io/pool - see pool.h */
#include <pthread.h>
#include <string.h>
#include "base/list.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/pool.h"
#include "io/thread.h"

struct kin__pool {
	struct { /* under lock */
		struct kin__list jobs;
		uint32_t threads_n, threads_max, idle, waiting; /* waiting: jobs in the list */
		pthread_t *threads;                             /* threads_n of them, room for threads_max */
		bool closing;
	} inbox;
	struct {           /* read-only after open */
		bool here; /* there are no threads: each job runs where it is posted */
		char name[KIN__THREAD_NAME];
	} set;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

static _Thread_local const struct kin__pool *mine; /* the pool this thread works for */

static void *work(void *user)
{
	struct kin__pool *pool = user;
	struct kin__pool_job *job;

	mine = pool;
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		if (kin__list_empty(&pool->inbox.jobs)) {
			if (pool->inbox.closing)
				break;
			pool->inbox.idle++;
			pthread_cond_wait(&pool->wake, &pool->lock);
			pool->inbox.idle--;
			continue;
		}
		job = kin__container(pool->inbox.jobs.next, struct kin__pool_job, node);
		kin__list_remove(&job->node);
		job->queued = false;
		pool->inbox.waiting--;
		pthread_mutex_unlock(&pool->lock);
		job->run(job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Under lock, so that no two posts start the same thread. */
static int add_thread(struct kin__pool *pool, struct kin_error *error)
{
	uint32_t n = pool->inbox.threads_n;
	int code = kin__thread_start(&pool->inbox.threads[n], pool->set.name, work, pool, error);

	if (code == KIN_OK)
		pool->inbox.threads_n++;
	return code;
}

static void destroy(struct kin__pool *pool)
{
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	kin__mem_free(pool->inbox.threads);
	kin__mem_free(pool);
}

int kin__pool_open(struct kin__pool **out, const char *name, uint32_t threads_max, struct kin_error *error)
{
	struct kin__pool *pool = kin__mem_zalloc(sizeof *pool);
	int code;

	*out = NULL;
	if (!pool)
		return kin__error_nomem(error);
	pool->set.here = threads_max == 0;
	pool->inbox.threads_max = threads_max;
	strncpy(pool->set.name, name, sizeof pool->set.name - 1);
	kin__list_init(&pool->inbox.jobs);
	pool->inbox.threads = kin__mem_array(threads_max, sizeof *pool->inbox.threads);
	if (!pool->inbox.threads || pthread_mutex_init(&pool->lock, NULL) != 0) {
		kin__mem_free(pool->inbox.threads);
		kin__mem_free(pool);
		return kin__error_nomem(error);
	}
	if (kin__thread_cond_init(&pool->wake) != 0) {
		pthread_mutex_destroy(&pool->lock);
		kin__mem_free(pool->inbox.threads);
		kin__mem_free(pool);
		return kin__error_nomem(error);
	}
	pthread_mutex_lock(&pool->lock);
	code = threads_max > 0 ? add_thread(pool, error) : KIN_OK;
	pthread_mutex_unlock(&pool->lock);
	if (code != KIN_OK) {
		destroy(pool);
		return code;
	}
	*out = pool;
	return KIN_OK;
}

void kin__pool_close(struct kin__pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->inbox.closing = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	/* The last jobs may post more, and a post may still add a thread: look again after each join. */
	for (uint32_t i = 0;; i++) {
		pthread_t thread;
		bool more;

		pthread_mutex_lock(&pool->lock);
		more = i < pool->inbox.threads_n;
		if (more)
			thread = pool->inbox.threads[i];
		pthread_mutex_unlock(&pool->lock);
		if (!more)
			break;
		pthread_join(thread, NULL);
	}
	destroy(pool);
}

void kin__pool_job_init(struct kin__pool_job *job, void (*run)(struct kin__pool_job *job))
{
	kin__list_init(&job->node);
	job->run = run;
	job->queued = false;
}

void kin__pool_post(struct kin__pool *pool, struct kin__pool_job *job)
{
	if (pool->set.here) {
		job->run(job);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	if (!job->queued) {
		job->queued = true;
		kin__list_append(&pool->inbox.jobs, &job->node);
		pool->inbox.waiting++;
		if (pool->inbox.waiting > pool->inbox.idle && pool->inbox.threads_n < pool->inbox.threads_max)
			add_thread(pool, NULL); /* if it fails the threads there are do it, later */
		pthread_cond_signal(&pool->wake);
	}
	pthread_mutex_unlock(&pool->lock);
}

int kin__pool_raise(struct kin__pool *pool, uint32_t threads_max, struct kin_error *error)
{
	pthread_t *more = NULL;

	pthread_mutex_lock(&pool->lock);
	if (threads_max > pool->inbox.threads_max) {
		more = kin__mem_grow(pool->inbox.threads, threads_max * sizeof *more);
		if (more) {
			pool->inbox.threads = more;
			pool->inbox.threads_max = threads_max;
		}
	}
	threads_max = pool->inbox.threads_max < threads_max ? 0 : threads_max;
	pthread_mutex_unlock(&pool->lock);
	return threads_max > 0 ? KIN_OK : kin__error_nomem(error);
}

bool kin__pool_unpost(struct kin__pool *pool, struct kin__pool_job *job)
{
	bool was;

	pthread_mutex_lock(&pool->lock);
	was = job->queued;
	if (was) {
		kin__list_remove(&job->node);
		job->queued = false;
		pool->inbox.waiting--;
	}
	pthread_mutex_unlock(&pool->lock);
	return was;
}

bool kin__pool_is_mine(const struct kin__pool *pool)
{
	return mine == pool;
}
