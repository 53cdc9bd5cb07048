/* The store and the sink: jobs on their own threads, one at a time each. */
#include "drive/consume.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "event/failure.h"
#include "event/lambda_event.h"
#include "io/clock.h"
#include <stdio.h>

/* ---- store ---- */

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

/* ---- sink ---- */

struct sink_job {
	struct kin__pool_job job;
	struct kin__loop_task task;
	struct kin__consume *consumer;
	uint64_t id;
	int code;
	struct kin_error error;
	const char *condition, *shard_id;
	char *reason;
	uint32_t attempts;
	bool handler_failed;
	int64_t now_ms;
	size_t count;
	const struct kin_record *records[];
};

/* Loop thread. */
static void sink_done(struct kin__loop_task *task)
{
	struct sink_job *job = kin__container(task, struct sink_job, task);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_SUNK,
		                             .id = job->id,
		                             .store_code = job->code };

	event.verdict = job->code == KIN_OK ? KIN__DONE : KIN__TRANSIENT;
	event.error = job->code ? &job->error : NULL;
	kin__consume_answer(job->consumer, &event);
	kin__mem_free(job->reason);
	kin__mem_free(job);
}

/* Builds the two texts and calls the sink; KIN_NOMEM: not called. */
static int send_failure(struct sink_job *job)
{
	struct kin__consume *consumer = job->consumer;
	struct kin__event_source source;
	struct kin__bytes event, plain, whole;
	struct kin__rng names = { kin__clock_seed() };
	char request_id[KIN__RNG_UUID];
	int code = KIN_NOMEM;

	kin__bytes_init(&event);
	kin__bytes_init(&plain);
	kin__bytes_init(&whole);
	kin__rng_uuid(&names, request_id);
	kin__event_source_init(&source, consumer->own.arn, consumer->set.application);
	struct kin__failure failure = { &source,       request_id,    job->condition,
		                        job->shard_id, job->attempts, job->handler_failed,
		                        job->now_ms,   job->records,  job->count };
	kin__event_write(&event, &source, job->records, job->count);
	kin__failure_write(&plain, &failure, kin__span(NULL, 0));
	if (!event.failed)
		kin__failure_write(&whole, &failure, kin__bytes_view(&event));
	if (event.failed || plain.failed || whole.failed) {
		kin__error_nomem(&job->error);
	} else {
		struct kin_failure told = { .condition = job->condition,
			                    .reason = job->reason ? job->reason : "",
			                    .application = consumer->set.application,
			                    .stream_arn = consumer->own.arn,
			                    .shard_id = job->shard_id,
			                    .attempts = job->attempts ? job->attempts : 1,
			                    .count = job->count,
			                    .records = job->records,
			                    .json = plain.at,
			                    .json_size = plain.n,
			                    .json_payload = whole.at,
			                    .json_payload_size = whole.n };
		code = consumer->set.sink.send(consumer->set.sink.user, &told, &job->error);
	}
	kin__bytes_fini(&event);
	kin__bytes_fini(&plain);
	kin__bytes_fini(&whole);
	return code;
}

/* Sink thread. */
static void run_sink(struct kin__pool_job *pool_job)
{
	struct sink_job *job = kin__container(pool_job, struct sink_job, job);

	job->code = send_failure(job);
	if (job->code != KIN_OK && job->error.message[0] == 0)
		kin__error(&job->error, job->code, "the on-failure destination answered %s and no message",
		           kin_code_name(job->code));
	kin__loop_post(kin__core_loop(job->consumer->set.core), &job->task);
}

void kin__consume_sink(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	struct sink_job *job = kin__mem_zalloc(sizeof *job + effect->sink.count * sizeof *job->records);
	if (!job) {
		consumer->own.in_flight--;
		kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for an on-failure delivery");
		return;
	}
	struct kin__consume_shard *shard = kin__consume_shard(consumer, effect->shard);
	job->consumer = consumer;
	job->id = effect->id;
	job->condition = effect->sink.condition;
	job->shard_id = kin__consumer_shard_id(consumer->own.machine, effect->shard);
	job->reason = shard && shard->reason ? kin__mem_text(shard->reason) : NULL;
	job->attempts = effect->sink.attempts;
	job->handler_failed = effect->sink.handler_failed;
	job->now_ms = kin__core_service_ms(consumer->set.core);
	if (job->now_ms == 0)
		job->now_ms = kin__clock_wall_ms();
	job->count = kin__consume_gather(consumer, effect->sink.slices, effect->sink.slices_n, job->records);
	kin__pool_job_init(&job->job, run_sink);
	kin__loop_task_init(&job->task, sink_done);
	kin__pool_post(consumer->set.sinking, &job->job);
}
