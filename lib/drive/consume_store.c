/* The store: jobs on a thread of their own, one at a time. */
#include "drive/consume_window.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "io/clock.h"
#include <stdio.h>

struct store_job {
	struct kin__pool_job job;
	struct kin__loop_task task;
	struct kin__consume *consumer;
	uint64_t id;
	uint8_t type; /* enum kin__consumer_effect_type */
	int code;
	struct kin_error error;
	uint64_t expected;
	struct kin_lease lease; /* text in the arena */
	struct kin__arena arena;
	struct kin_lease *leases; /* of STORE_LIST, in the arena too */
	size_t leases_n, leases_room;
	uint32_t shard;
	struct kin__bytes
			kept; /* of STORE_UPDATE: to be put first, n 0: nothing; of STORE_STATE: what was got */
};

static const char *copy(struct kin__arena *arena, const char *text)
{
	return kin__arena_text(arena, text ? text : "", text ? strlen(text) : 0);
}

static bool copy_lease(struct kin__arena *arena, struct kin_lease *to, const struct kin_lease *from)
{
	*to = *from;
	to->size = sizeof *to;
	to->stream_arn = copy(arena, from->stream_arn);
	to->shard_id = copy(arena, from->shard_id);
	to->owner = copy(arena, from->owner);
	to->checkpoint = copy(arena, from->checkpoint);
	to->parents = copy(arena, from->parents);
	return to->stream_arn && to->shard_id && to->owner && to->checkpoint && to->parents;
}

static void free_job(struct store_job *job)
{
	kin__arena_fini(&job->arena);
	kin__bytes_fini(&job->kept);
	kin__mem_free(job->leases);
	kin__mem_free(job);
}

/* Loop thread. */
static void store_done(struct kin__loop_task *task)
{
	struct store_job *job = kin__container(task, struct store_job, task);
	struct kin__kept kept;

	if (job->type == KIN__CONSUMER_STORE_STATE && job->code == KIN_OK)
		job->code = kin__consume_window_read(job->consumer, job->shard, &job->kept, &kept,
		                                     &job->error);
	struct kin__consumer_event event = { .id = job->id,
		                             .store_code = job->code,
		                             .error = job->code ? &job->error : NULL };

	event.type = job->type == KIN__CONSUMER_STORE_LIST    ? KIN__CONSUMER_LEASES
	             : job->type == KIN__CONSUMER_STORE_STATE ? KIN__CONSUMER_STATE_READ
	                                                      : KIN__CONSUMER_WRITTEN;
	event.verdict = job->code == KIN_OK ? KIN__DONE : KIN__REFUSED;
	if (event.type == KIN__CONSUMER_LEASES) {
		event.leases.at = job->leases;
		event.leases.n = job->leases_n;
	}
	if (event.type == KIN__CONSUMER_STATE_READ)
		event.kept.at = &kept;
	kin__consume_answer(job->consumer, &event);
	free_job(job);
}

/* Storage thread, inside list(). */
static int give(void *into, const struct kin_lease *lease)
{
	struct store_job *job = into;
	if (kin__mem_room(&job->leases, &job->leases_room, job->leases_n + 1, sizeof *job->leases) < 0 ||
	    !copy_lease(&job->arena, &job->leases[job->leases_n], lease))
		return KIN_NOMEM;
	job->leases_n++;
	return KIN_OK;
}

/* Storage thread, inside get_state(). */
static int give_state(void *into, const void *state, size_t size)
{
	struct store_job *job = into;

	kin__bytes_clear(&job->kept);
	kin__bytes_add(&job->kept, state, size);
	return job->kept.failed ? KIN_NOMEM : KIN_OK;
}

/* The state comes first: should the checkpoint not follow it, a later start goes on from where the state stands. */
static int update(struct store_job *job, const struct kin_store *store, const char *application)
{
	int code = KIN_OK;

	if (job->kept.n > 0)
		code = store->put_state(store->user, application, &job->lease, job->expected, job->kept.at,
		                        job->kept.n, &job->error);
	return code != KIN_OK ? code
	                      : store->update(store->user, application, &job->lease, job->expected,
	                                      &job->error);
}

/* Storage thread. */
static void run_store(struct kin__pool_job *pool_job)
{
	struct store_job *job = kin__container(pool_job, struct store_job, job);
	const struct kin_store *store = &job->consumer->set.store;
	const char *application = job->consumer->set.application;

	if (job->type == KIN__CONSUMER_STORE_LIST)
		job->code = store->list(store->user, application, give, job, &job->error);
	else if (job->type == KIN__CONSUMER_STORE_CREATE)
		job->code = store->create(store->user, application, &job->lease, &job->error);
	else if (job->type == KIN__CONSUMER_STORE_REMOVE)
		job->code = store->remove(store->user, application, &job->lease, job->expected, &job->error);
	else if (job->type == KIN__CONSUMER_STORE_STATE)
		job->code = store->get_state(store->user, application, &job->lease, give_state, job,
		                             &job->error);
	else
		job->code = update(job, store, application);
	if (job->code != KIN_OK && job->error.message[0] == 0)
		kin__error(&job->error, job->code, "the store failed with %s and no message",
		           kin_code_name(job->code));
	kin__loop_post(kin__core_loop(job->consumer->set.core), &job->task);
}

void kin__consume_store(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	struct store_job *job = kin__mem_zalloc(sizeof *job);
	if (job) {
		kin__arena_init(&job->arena);
		job->consumer = consumer;
		job->id = effect->id;
		job->type = effect->type;
		job->shard = effect->shard;
		kin__bytes_init(&job->kept);
		job->expected = effect->store.expected;
		kin__pool_job_init(&job->job, run_store);
		kin__loop_task_init(&job->task, store_done);
		if (effect->type == KIN__CONSUMER_STORE_LIST ||
		    (copy_lease(&job->arena, &job->lease, &effect->store.lease) &&
		     kin__consume_window_kept(consumer, effect, &job->kept))) {
			kin__pool_post(consumer->set.storage, &job->job);
			return;
		}
		free_job(job);
	}
	consumer->own.in_flight--;
	kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for a call of the store");
}
