/* The store: jobs on a thread of their own, one at a time. */
#include "drive/consume.h"
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

/* Loop thread. */
static void store_done(struct kin__loop_task *task)
{
	struct store_job *job = kin__container(task, struct store_job, task);
	struct kin__consumer_event event = { .id = job->id,
		                             .store_code = job->code,
		                             .error = job->code ? &job->error : NULL };

	event.type = job->type == KIN__CONSUMER_STORE_LIST ? KIN__CONSUMER_LEASES : KIN__CONSUMER_WRITTEN;
	event.verdict = job->code == KIN_OK ? KIN__DONE : KIN__REFUSED;
	if (event.type == KIN__CONSUMER_LEASES) {
		event.leases.at = job->leases;
		event.leases.n = job->leases_n;
	}
	kin__consume_answer(job->consumer, &event);
	kin__arena_fini(&job->arena);
	kin__mem_free(job->leases);
	kin__mem_free(job);
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
	else
		job->code = store->update(store->user, application, &job->lease, job->expected, &job->error);
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
		job->expected = effect->store.expected;
		kin__pool_job_init(&job->job, run_store);
		kin__loop_task_init(&job->task, store_done);
		if (effect->type == KIN__CONSUMER_STORE_LIST ||
		    copy_lease(&job->arena, &job->lease, &effect->store.lease)) {
			kin__pool_post(consumer->set.storage, &job->job);
			return;
		}
		kin__arena_fini(&job->arena);
		kin__mem_free(job);
	}
	consumer->own.in_flight--;
	kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for a call of the store");
}
