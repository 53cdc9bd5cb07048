/* drive/produce - see produce.h */
#include <string.h>
#include "base/mem.h"
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"

/* --- the loop's side ------------------------------------------------------------------ */

static void take_effects(struct kin__produce *produce)
{
	struct kin__producer_effect effect;

	do {
		kin__produce_send_failed(produce);
		while (kin__producer_take(produce->own.machine, &effect)) {
			if (effect.type == KIN__PRODUCER_SEND) {
				kin__produce_send(produce, &effect);
			} else if (effect.type == KIN__PRODUCER_LIST_SHARDS) {
				kin__produce_list(produce, effect.list.id);
			} else {
				struct kin__produce_record *record =
						(struct kin__produce_record *)(void *)effect.deliver.record;

				record->status = effect.deliver.status;
				kin__list_append(&produce->own.reports, &record->machine.queue);
				produce->own.reports_n++;
			}
		}
	} while (!kin__list_empty(&produce->own.unsent));
}

/* Records that wait for their key or their shard's pace may wait for long. */
static bool wakes_soon(const struct kin__produce *produce)
{
	uint64_t now_us = kin__loop_now_us(kin__core_loop(produce->set.core));

	return kin__producer_wake_us(produce->own.machine) <= now_us + produce->set.machine.linger_us;
}

/* Tells those who put what the machine is up to. */
static void publish(struct kin__produce *produce)
{
	const struct kin__producer_counts *counts = kin__producer_counts(produce->own.machine);
	const struct kin__bug *bug = kin__producer_bug(produce->own.machine);
	struct kin_producer_stats *stats = &produce->inbox.stats;
	bool frozen = bug->what && !produce->own.frozen, soon, wake;

	pthread_mutex_lock(&produce->inbox.lock);
	kin__produce_gather(produce);
	kin__producer_fresh(produce->own.machine, &produce->inbox.fresh_n, &produce->inbox.fresh_bytes);
	soon = produce->inbox.fresh_n > 0 && (!produce->set.places || wakes_soon(produce));
	produce->inbox.saturated = counts->in_flight >= produce->set.machine.requests_max;
	produce->inbox.attended = produce->inbox.saturated || soon;
	if (produce->set.places) /* those that wait for company of their own shard say nothing of a full request */
		produce->inbox.fresh_n = produce->inbox.fresh_bytes = 0;
	/* What was put since the step began was told that the loop would look anyway. */
	wake = kin__produce_unattended(produce);
	produce->inbox.woken |= wake;
	stats->in_flight = counts->in_flight;
	stats->requests = counts->requests;
	stats->requests_failed = counts->requests_failed;
	stats->retried = counts->retried;
	stats->throttled = counts->throttled;
	if (counts->in_flight == 0)
		kin__produce_trim_outers(produce);
	if (frozen) {
		produce->inbox.frozen = KIN_BUG;
		kin__pipe_set(&produce->inbox.pipe, true);
		pthread_cond_broadcast(&produce->inbox.change);
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	if (wake)
		kin__loop_post(kin__core_loop(produce->set.core), &produce->attend);
	if (!frozen)
		return;
	produce->own.frozen = true;
	struct kin__log_about about = { .stream = produce->set.stream };
	KIN__LOG_ABOUT(produce->set.core, KIN_LOG_ERROR, "producer", &about,
	               "a broken invariant, the producer is frozen: %s (%d)", bug->what, bug->line);
}

static void arm(struct kin__produce *produce)
{
	struct kin__loop *loop = kin__core_loop(produce->set.core);
	uint64_t wake = kin__producer_wake_us(produce->own.machine);

	if (produce->own.trim_us > 0 && produce->own.trim_us < wake)
		wake = produce->own.trim_us;
	if (wake == UINT64_MAX)
		kin__loop_timer_clear(loop, &produce->own.timer);
	else
		kin__loop_timer_set(loop, &produce->own.timer, wake);
}

/* What was put, asked or answered since, in the order that the machine wants it. */
static void feed(struct kin__produce *produce, struct kin__producer_event *event)
{
	struct kin__producer *machine = produce->own.machine;
	struct kin__producer_event other = { .now_us = event->now_us };
	struct kin__list records, lists[KIN__PRODUCE_SLOTS];
	bool flush, close;

	kin__list_init(&records);
	pthread_mutex_lock(&produce->inbox.lock);
	kin__produce_gather(produce);
	kin__produce_take_lists(produce, lists);
	produce->inbox.records_n = produce->inbox.records_bytes = 0;
	produce->inbox.woken = false;
	flush = produce->inbox.flush;
	produce->inbox.flush = false;
	close = produce->inbox.closing && !produce->own.closing && !kin__produce_spool_busy(produce);
	kin__list_move(&produce->own.reports, &produce->inbox.spooling.refused);
	produce->own.reports_n += produce->inbox.spooling.refused_n;
	produce->inbox.spooling.refused_n = 0;
	pthread_mutex_unlock(&produce->inbox.lock);
	kin__produce_merge(lists, &records);
	if (!kin__list_empty(&records)) {
		if (produce->set.places)
			kin__produce_place(produce, &records);
		other.type = KIN__PRODUCER_PUT;
		other.records = &records;
		kin__producer_step(machine, &other);
	}
	if (flush) {
		other.type = KIN__PRODUCER_FLUSH;
		kin__producer_step(machine, &other);
	}
	if (close) {
		produce->own.closing = true;
		other.type = KIN__PRODUCER_CLOSE;
		kin__producer_step(machine, &other);
	}
	kin__producer_step(machine, event);
}

void kin__produce_step(struct kin__produce *produce, struct kin__producer_event *event)
{
	event->now_us = kin__loop_now_us(kin__core_loop(produce->set.core));
	feed(produce, event);
	take_effects(produce);
	kin__produce_report(produce);
	publish(produce);
	kin__produce_trim(produce);
	arm(produce);
}

static void on_attend(struct kin__loop_task *task)
{
	struct kin__produce *produce = kin__container(task, struct kin__produce, attend);

	kin__produce_step(produce, &(struct kin__producer_event){ .type = KIN__PRODUCER_TIMER });
}

static void on_timer(struct kin__loop_timer *timer)
{
	struct kin__produce *produce = kin__container(timer, struct kin__produce, own.timer);

	kin__produce_step(produce, &(struct kin__producer_event){ .type = KIN__PRODUCER_TIMER });
}

/* The last thing that the loop does with it. */
static void on_detach(struct kin__loop_task *task)
{
	struct kin__produce *produce = kin__container(task, struct kin__produce, detach);

	produce->own.leaving = true;
	kin__core_cancel(produce->set.core, &produce->list.attempt);
	kin__produce_limit_detach(produce);
	while (!kin__list_empty(&produce->own.busy)) /* only of a frozen one */
		kin__core_cancel(produce->set.core,
		                 &kin__container(produce->own.busy.next, struct kin__produce_request, node)
		                                  ->attempt);
	kin__loop_timer_fini(kin__core_loop(produce->set.core), &produce->own.timer);
	pthread_mutex_lock(&produce->inbox.lock);
	produce->inbox.detached = true;
	pthread_cond_broadcast(&produce->inbox.change);
	pthread_mutex_unlock(&produce->inbox.lock);
}

/* --- open and free -------------------------------------------------------------------- */

static void init(struct kin__produce *produce, struct kin__core *core,
                 const struct kin__produce_options *options)
{
	const struct kin__producer_settings *machine = &options->machine;

	produce->set.core = core;
	produce->set.on_delivery = options->on_delivery;
	produce->set.user = options->user;
	if (options->polled)
		produce->set.reports = options->on_delivery ? KIN__PRODUCE_POLL : KIN__PRODUCE_NEXT;
	else
		produce->set.reports = options->on_delivery ? KIN__PRODUCE_CALL : KIN__PRODUCE_COUNT;
	produce->set.record_bytes_max = options->record_bytes_max;
	produce->set.keyless = options->keyless;
	kin__produce_compress_init(produce);
	produce->set.codec = options->codec;
	produce->set.compression_level = options->compression_level;
	produce->set.compression_min_bytes = options->compression_min_bytes;
	produce->set.machine = *machine;
	produce->set.wake_records = machine->request_records_max;
	produce->set.wake_bytes = machine->request_bytes_max;
	if (machine->aggregate) { /* a request takes many more, and those that wait too long wake the loop by themselves */
		if (machine->buffer_records_max / 8 > produce->set.wake_records)
			produce->set.wake_records = machine->buffer_records_max / 8;
		produce->set.wake_bytes /= 4;
	}
	produce->set.places = machine->aggregate || machine->order_by_key || machine->rate_percent > 0;
	produce->set.machine.seed = kin__core_seed(core);
	/* Twice what the records can need: the rest is ends of chunks, and what old records pin down. */
	produce->set.memory_max = 2 * (machine->buffer_bytes_max +
	                               machine->buffer_records_max * sizeof(struct kin__produce_record)) +
	                          16 * KIN__PRODUCE_CHUNK;
	produce->inbox.room = (struct kin__room){ .bytes_max = machine->buffer_bytes_max,
		                                  .records_max = machine->buffer_records_max };
	kin__produce_slots_seed(produce, kin__core_seed(core));
	produce->inbox.ended_below = 1;
	kin__pipe_init(&produce->inbox.pipe);
	kin__list_init(&produce->inbox.telling);
	kin__aggregate_write_init(&produce->own.write);
	kin__bytes_init(&produce->own.aggregates);
	kin__attempt_init(&produce->list.attempt);
	kin__bytes_init(&produce->list.body);
	kin__listing_init(&produce->list.listing);
	kin__list_init(&produce->own.reports);
	kin__list_init(&produce->own.busy);
	kin__list_init(&produce->own.unsent);
	kin__list_init(&produce->inbox.spooling.refused);
	kin__list_init(&produce->inbox.chunks);
	kin__list_init(&produce->inbox.spares);
	kin__list_init(&produce->inbox.reports);
	kin__list_init(&produce->inbox.answered);
	kin__list_init(&produce->inbox.idle);
	kin__loop_task_init(&produce->attend, on_attend);
	kin__loop_task_init(&produce->detach, on_detach);
	kin__pool_job_init(&produce->report, kin__produce_report_job);
}

/* Nobody else knows it. */
static void produce_free(struct kin__produce *produce)
{
	kin__spooler_close(produce->set.spool);
	kin__pool_close(produce->set.own_reporter);
	kin__pipe_fini(&produce->inbox.pipe);
	kin__producer_free(produce->own.machine);
	kin__mem_free(produce->own.results);
	kin__mem_free(produce->own.verdicts);
	kin__mem_free(produce->own.shards);
	kin__aggregate_write_fini(&produce->own.write);
	kin__bytes_fini(&produce->own.aggregates);
	kin__attempt_fini(&produce->list.attempt);
	kin__bytes_fini(&produce->list.body);
	kin__listing_fini(&produce->list.listing);
	kin__produce_limit_fini(produce);
	kin__produce_free_requests(&produce->inbox.answered);
	kin__produce_free_requests(&produce->inbox.idle);
	kin__produce_compress_fini(produce);
	kin__produce_chunks_fini(produce);
	kin__produce_shards_fini(&produce->shards);
	kin__produce_slots_fini(produce);
	kin__mem_free(produce->set.stream);
	pthread_cond_destroy(&produce->inbox.change);
	pthread_mutex_destroy(&produce->inbox.lock);
	kin__mem_free(produce);
}

static bool allocate(struct kin__produce *produce, const char *stream)
{
	uint32_t records_max = produce->set.machine.request_records_max;

	produce->set.stream = kin__mem_text(stream);
	produce->set.arn = strncmp(stream, "arn:", 4) == 0 ? produce->set.stream : NULL;
	produce->own.machine = kin__producer_new(&produce->set.machine);
	produce->own.results = kin__mem_array(records_max, sizeof *produce->own.results);
	produce->own.verdicts = kin__mem_array(records_max, 1);
	if (produce->set.places) {
		produce->own.shards = kin__mem_array(records_max, sizeof(const char *));
		if (!produce->own.shards)
			return false;
	}
	return produce->set.stream && produce->own.machine && produce->own.results && produce->own.verdicts;
}

/* What others do on the client's callback thread must not wait for these reports, nor these for them. */
static int open_reports(struct kin__produce *produce, bool own_client, struct kin_error *error)
{
	int code = KIN_OK;

	if (produce->set.reports == KIN__PRODUCE_POLL || produce->set.reports == KIN__PRODUCE_NEXT)
		return kin__pipe_open(&produce->inbox.pipe, "kin_producer_fd()", error);
	produce->set.reporter = kin__core_callbacks(produce->set.core);
	if (produce->set.reports == KIN__PRODUCE_CALL && !own_client) {
		code = kin__pool_open(&produce->set.own_reporter, "kin-report", 1, error);
		produce->set.reporter = produce->set.own_reporter;
	}
	return code;
}

/* All of them, or none. */
static bool init_locks(struct kin__produce *produce)
{
	if (pthread_mutex_init(&produce->inbox.lock, NULL) != 0)
		return false;
	if (kin__thread_cond_init(&produce->inbox.change) == 0) {
		if (kin__produce_shards_init(&produce->shards) == 0) {
			if (kin__produce_slots_init(produce))
				return true;
			kin__produce_shards_fini(&produce->shards);
		}
		pthread_cond_destroy(&produce->inbox.change);
	}
	pthread_mutex_destroy(&produce->inbox.lock);
	return false;
}

int kin__produce_open(struct kin__produce **out, struct kin__core *core,
                      const struct kin__produce_options *options, struct kin_error *error)
{
	struct kin__produce *produce = kin__mem_zalloc(sizeof *produce);
	int code;

	if (!produce)
		return kin__error_nomem(error);
	if (!init_locks(produce)) {
		kin__mem_free(produce);
		return kin__error_nomem(error);
	}
	init(produce, core, options);
	code = open_reports(produce, options->own_client, error);
	if (code == KIN_OK &&
	    (!allocate(produce, options->stream) || kin__produce_limit_init(produce) != KIN_OK ||
	     kin__loop_timer_init(kin__core_loop(core), &produce->own.timer, on_timer) != KIN_OK))
		code = kin__error_nomem(error);
	if (code == KIN_OK)
		code = kin__produce_spool_open(produce, options, error);
	if (code != KIN_OK) {
		produce_free(produce);
		return code;
	}
	kin__core_ref(core);
	*out = produce;
	return KIN_OK;
}

/* --- flush, close, stats ---------------------------------------------------------------- */

static int frozen_error(const struct kin__produce *produce, struct kin_error *error)
{
	return kin__error(error, KIN_BUG,
	                  "the producer of %s met a broken invariant and is frozen; the log says which, "
	                  "please report it",
	                  produce->set.stream);
}

int kin__produce_troubled(const struct kin__produce *produce, struct kin_error *error, int code)
{
	const struct kin_error *trouble = &produce->inbox.trouble;

	if (error && trouble->code != KIN_OK) {
		kin__error(error, code, "%s; the last request failed: %s", error->message, trouble->message);
		error->http_status = trouble->http_status;
		error->retryable = 1;
		memcpy(error->aws_code, trouble->aws_code, sizeof error->aws_code);
		memcpy(error->request_id, trouble->request_id, sizeof error->request_id);
	}
	return code;
}

/* Under the lock: until all up to `mark` is reported, and nobody is about to tell more of it. */
static int wait_reported(struct kin__produce *produce, uint64_t mark, uint64_t until_us, const char *call,
                         struct kin_error *error)
{
	const struct kin_producer_stats *stats = &produce->inbox.stats;
	uint64_t goal = UINT64_MAX;
	bool in_time = true;

	while (!produce->inbox.frozen && !kin__produce_reported(produce, mark, &goal)) {
		if (!in_time) {
			kin__produce_gather(produce);
			kin__error(error, KIN_TIMEOUT,
			           "%s: out of time, %llu records are left: %llu requests are under way",
			           call, (unsigned long long)produce->inbox.room.records,
			           (unsigned long long)stats->in_flight);
			return kin__produce_troubled(produce, error, KIN_TIMEOUT);
		}
		in_time = kin__produce_serve(produce) ? kin__clock_us() < until_us
		                                      : kin__thread_cond_wait(&produce->inbox.change,
		                                                              &produce->inbox.lock, until_us);
	}
	return produce->inbox.frozen ? frozen_error(produce, error) : KIN_OK;
}

/* Under the lock. */
static int would_deadlock(struct kin__produce *produce, const char *call, struct kin_error *error)
{
	kin__produce_gather(produce);
	return kin__error(error, KIN_WOULD_DEADLOCK,
	                  "%s: called by a report, it would wait for reports that this very thread makes; "
	                  "%llu records are on their way",
	                  call, (unsigned long long)produce->inbox.room.records);
}

int kin__produce_flush(struct kin__produce *produce, int64_t timeout_ms, struct kin_error *error)
{
	uint64_t until_us = kin__clock_until_us(timeout_ms), mark;
	static const char call[] = "kin_producer_flush()";
	uint64_t goal = UINT64_MAX;
	bool reported;
	int code;

	pthread_mutex_lock(&produce->inbox.lock);
	code = kin__produce_is_telling(produce) ? KIN_OK
	                                        : kin__produce_spool_drain(produce, until_us, call, error);
	kin__produce_gather(produce);
	mark = produce->inbox.entered;
	reported = kin__produce_reported(produce, mark, &goal) && !kin__produce_spool_busy(produce);
	produce->inbox.flush |= !reported;
	pthread_mutex_unlock(&produce->inbox.lock);
	if (!reported)
		kin__loop_post(kin__core_loop(produce->set.core), &produce->attend);
	pthread_mutex_lock(&produce->inbox.lock);
	if (!reported && kin__produce_is_telling(produce))
		code = would_deadlock(produce, call, error);
	else if (code == KIN_OK)
		code = wait_reported(produce, mark, until_us, call, error);
	if (code == KIN_OK) {
		produce->inbox.given_up = 0;
		kin__produce_spool_count_lost(produce); /* without a report: the close is to say so still */
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	return code;
}

static int last_word(struct kin__produce *produce, struct kin_error *error)
{
	const struct kin_error *last = &produce->inbox.last_error;
	int code = last->code;

	if (produce->inbox.given_up == 0)
		return KIN_OK;
	kin__error(error, code,
	           "kin_producer_close(): %llu records were given up since the last flush; the last: %s",
	           (unsigned long long)produce->inbox.given_up, last->message);
	if (error) {
		error->http_status = last->http_status;
		error->retryable = last->retryable;
		memcpy(error->aws_code, last->aws_code, sizeof error->aws_code);
		memcpy(error->request_id, last->request_id, sizeof error->request_id);
	}
	return code;
}

/* The loop lets go of it, and the last report was made. */
static void detach(struct kin__produce *produce)
{
	pthread_mutex_lock(&produce->inbox.lock);
	produce->inbox.spooling.over = true;
	pthread_mutex_unlock(&produce->inbox.lock);
	kin__loop_post(kin__core_loop(produce->set.core), &produce->detach);
	pthread_mutex_lock(&produce->inbox.lock);
	while (!produce->inbox.detached || produce->inbox.reporting)
		kin__thread_cond_wait(&produce->inbox.change, &produce->inbox.lock, UINT64_MAX);
	kin__produce_forget_unread(produce);
	pthread_mutex_unlock(&produce->inbox.lock);
}

int kin__produce_close(struct kin__produce *produce, int64_t timeout_ms, struct kin_error *error)
{
	uint64_t until_us = kin__clock_until_us(timeout_ms);
	struct kin__core *core = produce->set.core;
	int code;

	pthread_mutex_lock(&produce->inbox.lock);
	if (kin__produce_is_telling(produce)) {
		code = would_deadlock(produce, "kin_producer_close()", error);
		pthread_mutex_unlock(&produce->inbox.lock);
		return code;
	}
	kin__produce_gather(produce);
	produce->inbox.closing = true;
	pthread_cond_broadcast(&produce->inbox.change);
	pthread_mutex_unlock(&produce->inbox.lock);
	kin__loop_post(kin__core_loop(core), &produce->attend);
	pthread_mutex_lock(&produce->inbox.lock);
	code = kin__produce_spool_drain(produce, until_us, "kin_producer_close()", error);
	if (code == KIN_OK)
		code = wait_reported(produce, produce->inbox.entered, until_us, "kin_producer_close()",
		                     error);
	if (code == KIN_OK)
		kin__produce_spool_count_lost(produce);
	pthread_mutex_unlock(&produce->inbox.lock);
	if (code == KIN_TIMEOUT || code == KIN_WOULD_DEADLOCK)
		return code;
	detach(produce);
	if (code == KIN_OK)
		code = last_word(produce, error);
	produce_free(produce);
	kin__core_unref(core);
	return code;
}

void kin__produce_stats(struct kin__produce *produce, struct kin_producer_stats *stats)
{
	pthread_mutex_lock(&produce->inbox.lock);
	kin__produce_gather(produce);
	*stats = produce->inbox.stats;
	stats->compressed = atomic_load_explicit(&produce->squeeze.records, memory_order_relaxed);
	stats->compressed_away = atomic_load_explicit(&produce->squeeze.saved, memory_order_relaxed);
	kin__produce_spool_stats(produce, stats);
	stats->buffered = produce->inbox.room.records + produce->inbox.spooling.records_n;
	stats->buffered_bytes = produce->inbox.room.bytes + produce->inbox.spooling.bytes;
	pthread_mutex_unlock(&produce->inbox.lock);
}

int kin__produce_snapshot(struct kin__produce *produce, struct kin__produced **out, struct kin_error *error)
{
	int64_t service_ms = kin__core_service_ms(produce->set.core);
	struct kin__produced *made = kin__produced_new(produce->set.stream,
	                                               service_ms > 0 ? service_ms : kin__clock_wall_ms());

	*out = made;
	if (!made)
		return kin__error_nomem(error);
	kin__produce_stats(produce, &made->stats);
	pthread_mutex_lock(&produce->inbox.lock);
	made->tally = produce->inbox.tally;
	pthread_mutex_unlock(&produce->inbox.lock);
	if (kin__produce_shards_copy(&produce->shards, made) < 0) {
		kin__produced_free(made);
		*out = NULL;
		return kin__error_nomem(error);
	}
	kin__produced_end(made, kin_code_name);
	return KIN_OK;
}
