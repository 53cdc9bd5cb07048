/* What is told of failures: the handlers' reasons, which are kept, and on-failure deliveries, jobs on a thread of
 * their own, one at a time. */
#include "base/mem.h"
#include "drive/consume_window.h"
#include "event/failure.h"
#include "event/window.h"
#include "io/clock.h"

/* ---- reasons ---- */

/* A failure of this lane that is not made good yet; NULL when it has none, or without memory: then the reason is left
 * out, the record is not. */
static char **reason_at(struct kin__consume *consumer, uint32_t index, uint8_t lane, bool make)
{
	struct kin__consume_shard *shard = kin__consume_shard(consumer, index);

	if (shard && !shard->reasons && make)
		shard->reasons = kin__mem_zalloc(KIN__LANES_MAX * sizeof *shard->reasons);
	return shard && shard->reasons && lane < KIN__LANES_MAX ? &shard->reasons[lane] : NULL;
}

void kin__consume_forget_reason(struct kin__consume *consumer, uint32_t shard, uint8_t lane)
{
	char **reason = reason_at(consumer, shard, lane, false);

	if (reason) {
		kin__mem_free(*reason);
		*reason = NULL;
	}
}

void kin__consume_keep_reason(struct kin__consume *consumer, uint32_t shard, uint8_t lane, const char *text)
{
	char **reason;

	kin__consume_forget_reason(consumer, shard, lane);
	reason = text[0] ? reason_at(consumer, shard, lane, true) : NULL;
	if (reason)
		*reason = kin__mem_text(text);
}

const char *kin__consume_reason(const struct kin__consume *consumer, uint32_t shard, uint8_t lane)
{
	char **reasons = shard < consumer->own.shards_room ? consumer->own.shards[shard].reasons : NULL;

	return reasons && lane < KIN__LANES_MAX && reasons[lane] ? reasons[lane] : "";
}

const char *kin__consume_shard_reason(const struct kin__consume *consumer, uint32_t shard)
{
	for (uint8_t lane = 0; lane < KIN__LANES_MAX; lane++)
		if (kin__consume_reason(consumer, shard, lane)[0])
			return kin__consume_reason(consumer, shard, lane);
	return "";
}

void kin__consume_free_reasons(struct kin__consume_shard *shard)
{
	for (int i = 0; shard->reasons && i < KIN__LANES_MAX; i++)
		kin__mem_free(shard->reasons[i]);
	kin__mem_free(shard->reasons);
}

/* ---- deliveries ---- */

struct sink_job {
	struct kin__pool_job job;
	struct kin__loop_task task;
	struct kin__consume *consumer;
	uint64_t id;
	int code;
	struct kin_error error;
	uint32_t shard, attempts;
	uint8_t lane;
	const char *condition, *shard_id;
	char *reason;
	bool handler_failed;
	struct kin__call_window window;
	struct kin__bytes state; /* of the window */
	int64_t now_ms;
	size_t count;
	const struct kin_record *records[];
};

static const char *reason_of(const struct sink_job *job)
{
	return job->reason ? job->reason : "";
}

/* They are safe now, and done. */
static void given_up(const struct sink_job *job)
{
	struct kin__consume *consumer = job->consumer;
	struct kin__log_about about = kin__consume_about(consumer, job->shard_id);

	KIN__LOG_ABOUT(consumer->set.core, KIN_LOG_WARN, "consumer", &about,
	               "%zu record%s given up after %u attempt%s (%s) and sent on failure: %s", job->count,
	               job->count == 1 ? "" : "s", (unsigned)job->attempts, job->attempts == 1 ? "" : "s",
	               job->condition, job->reason ? job->reason : "no reason given");
	kin__consume_forget_reason(consumer, job->shard, job->lane);
}

/* Loop thread. */
static void sink_done(struct kin__loop_task *task)
{
	struct sink_job *job = kin__container(task, struct sink_job, task);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_SUNK,
		                             .id = job->id,
		                             .store_code = job->code };

	job->consumer->own.tally.sink_calls--;
	job->consumer->own.tally.sink_failures += job->code != KIN_OK;
	event.verdict = job->code == KIN_OK ? KIN__DONE : KIN__TRANSIENT;
	event.error = job->code ? &job->error : NULL;
	if (job->code == KIN_OK)
		given_up(job);
	kin__consume_answer(job->consumer, &event);
	kin__mem_free(job->reason);
	kin__bytes_fini(&job->state);
	kin__mem_free(job);
}

/* As the handler would see it now. */
static void write_event(const struct sink_job *job, struct kin__bytes *out,
                        const struct kin__event_source *source)
{
	struct kin__event_window window = { .start_ms = job->window.start_ms,
		                            .end_ms = job->window.end_ms,
		                            .state = kin__bytes_view(&job->state),
		                            .shard_id = job->shard_id };

	if (job->window.there)
		kin__event_window_write(out, source, job->records, job->count, &window);
	else
		kin__event_write(out, source, job->records, job->count);
}

/* Builds the texts and calls the sink; KIN_NOMEM: not called. */
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
	struct kin__failure failure = { .source = &source,
		                        .request_id = request_id,
		                        .condition = job->condition,
		                        .shard_id = job->shard_id,
		                        .attempts = job->attempts,
		                        .handler_failed = job->handler_failed,
		                        .now_ms = job->now_ms,
		                        .records = job->records,
		                        .records_n = job->count,
		                        .reason = consumer->set.failure_reason ? reason_of(job) : NULL };
	kin__failure_write(&plain, &failure, kin__span(NULL, 0));
	if (consumer->set.failure_payload) {
		write_event(job, &event, &source);
		if (!event.failed)
			kin__failure_write(&whole, &failure, kin__bytes_view(&event));
	}
	if (job->state.failed || event.failed || plain.failed || whole.failed) {
		kin__error_nomem(&job->error);
	} else {
		struct kin_failure told = { .condition = job->condition,
			                    .reason = reason_of(job),
			                    .application = consumer->set.application,
			                    .stream_arn = consumer->own.arn,
			                    .shard_id = job->shard_id,
			                    .attempts = job->attempts,
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
	const char *reason = kin__consume_reason(consumer, effect->shard, effect->lane);

	job->consumer = consumer;
	job->id = effect->id;
	job->shard = effect->shard;
	job->lane = effect->lane;
	job->condition = effect->sink.condition;
	job->shard_id = kin__consumer_shard_id(consumer->own.machine, effect->shard);
	job->reason = reason[0] ? kin__mem_text(reason) : NULL;
	job->attempts = effect->sink.attempts ? effect->sink.attempts : 1;
	job->handler_failed = effect->sink.handler_failed;
	job->window = effect->sink.window;
	kin__bytes_init(&job->state);
	if (job->window.there)
		kin__bytes_span(&job->state,
		                kin__consume_window_state(consumer, effect->shard, &job->window));
	job->now_ms = kin__core_service_ms(consumer->set.core);
	if (job->now_ms == 0)
		job->now_ms = kin__clock_wall_ms();
	job->count = kin__consume_gather(consumer, effect->sink.slices, effect->sink.slices_n, job->records);
	consumer->own.tally.sink_calls++;
	kin__pool_job_init(&job->job, run_sink);
	kin__loop_task_init(&job->task, sink_done);
	kin__pool_post(consumer->set.sinking, &job->job);
}
