#include "drive/consume.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/thread.h"
#include "stores/store.h"
#include <stdio.h>

static const char room[] = "consumer";

enum { LEFT_NAMED = 3, LEFT_TEXT = 320 };

/* ---- steps (loop thread) ---- */

static bool over(const struct kin__consume *consumer)
{
	if (consumer->own.in_flight > 0)
		return false;
	if (consumer->own.frozen)
		return true;
	int state = kin__consumer_state(consumer->own.machine);
	/* After a fatal error the machine still writes the checkpoints of what was handled. */
	return (state == KIN_CONSUMER_ENDED || state == KIN_CONSUMER_FATAL) &&
	       kin__consumer_idle(consumer->own.machine);
}

/* The pipe is readable while kin_consumer_next() has something to say. */
static void update_pipe_locked(struct kin__consume *consumer)
{
	bool something = !kin__list_empty(&consumer->inbox.ready) ||
	                 consumer->inbox.health.state >= KIN_CONSUMER_ENDED;

	kin__pipe_set(&consumer->inbox.pipe, something);
}

static void publish(struct kin__consume *consumer)
{
	struct kin_consumer_health health = { .size = sizeof health };

	kin__consumer_health(consumer->own.machine, &health);
	health.decompressed = consumer->own.decompress.done;
	health.not_decompressed = consumer->own.decompress.left;
	pthread_mutex_lock(&consumer->inbox.lock);
	if (consumer->own.frozen) {
		health.state = KIN_CONSUMER_FATAL;
		health.code = consumer->inbox.health.code;
		health.error = consumer->inbox.health.error;
	}
	health.size = sizeof health;
	bool changed = health.state != consumer->inbox.health.state;
	consumer->inbox.health = health;
	if (over(consumer) && !consumer->inbox.idle)
		changed = consumer->inbox.idle = true;
	update_pipe_locked(consumer);
	if (changed)
		pthread_cond_broadcast(&consumer->inbox.change);
	pthread_mutex_unlock(&consumer->inbox.lock);
}

struct state_call {
	struct kin__pool_job job;
	struct kin__consume *consumer;
	int state;
	struct kin_error error;
};

static void run_state_call(struct kin__pool_job *job)
{
	struct state_call *call = kin__container(job, struct state_call, job);
	struct kin__consume *consumer = call->consumer;

	consumer->set.on_state(consumer->set.user, call->state,
	                       call->state == KIN_CONSUMER_FATAL ? &call->error : NULL);
	kin__mem_free(call);
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.callbacks--;
	pthread_cond_broadcast(&consumer->inbox.change);
	pthread_mutex_unlock(&consumer->inbox.lock);
}

static void tell_state(struct kin__consume *consumer, int state, const struct kin_error *error)
{
	struct kin__log_about about = kin__consume_about(consumer, NULL);

	if (state == KIN_CONSUMER_FATAL)
		KIN__LOG_ABOUT(consumer->set.core, KIN_LOG_ERROR, room, &about, "cannot go on: %s",
		               error ? error->message : "unknown cause");
	if (!consumer->set.on_state)
		return;
	struct state_call *call = kin__mem_zalloc(sizeof *call);
	if (!call)
		return; /* the state itself is in the health and in wait: only the call is lost */
	call->consumer = consumer;
	call->state = state;
	if (error)
		call->error = *error;
	kin__pool_job_init(&call->job, run_state_call);
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.callbacks++;
	pthread_mutex_unlock(&consumer->inbox.lock);
	kin__pool_post(kin__core_callbacks(consumer->set.core), &call->job);
}

void kin__consume_freeze(struct kin__consume *consumer, int code, const char *what)
{
	if (consumer->own.frozen)
		return;
	consumer->own.frozen = true;
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.health.code = code;
	kin__error(&consumer->inbox.health.error, code, "%s", what);
	struct kin_error error = consumer->inbox.health.error;
	pthread_mutex_unlock(&consumer->inbox.lock);
	tell_state(consumer, KIN_CONSUMER_FATAL, &error);
	kin__consume_busy_ready(consumer);
}

struct kin__log_about kin__consume_about(const struct kin__consume *consumer, const char *shard_id)
{
	return (struct kin__log_about){ .stream = consumer->set.stream,
		                        .application = consumer->set.application,
		                        .shard_id = shard_id };
}

/* The machine names the shard first in a line about one: here it becomes a part of its own. */
static void note(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	const char *text = effect->note.text,
		   *id = kin__consumer_shard_id(consumer->own.machine, effect->shard);
	size_t n = strlen(id);
	bool named = n > 0 && strncmp(text, id, n) == 0 && text[n] == ':' && text[n + 1] == ' ';
	struct kin__log_about about = kin__consume_about(consumer, named ? id : NULL);
	const char *reason =
			effect->note.quotes ? kin__consume_reason(consumer, effect->shard, effect->lane) : "";

	KIN__LOG_ABOUT(consumer->set.core, effect->note.level, room, &about, "%s%s%s",
	               named ? text + n + 2 : text, reason[0] ? "; the handler said: " : "", reason);
	if (effect->note.loss)
		kin__consume_forget_reason(consumer, effect->shard, effect->lane);
}

static void carry_out(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	switch ((enum kin__consumer_effect_type)effect->type) {
	case KIN__CONSUMER_DESCRIBE:
	case KIN__CONSUMER_LIST_SHARDS:
	case KIN__CONSUMER_GET_ITERATOR:
	case KIN__CONSUMER_FETCH:
		consumer->own.in_flight++;
		kin__consume_service(consumer, effect);
		break;
	case KIN__CONSUMER_STORE_LIST:
	case KIN__CONSUMER_STORE_CREATE:
	case KIN__CONSUMER_STORE_UPDATE:
	case KIN__CONSUMER_STORE_REMOVE:
	case KIN__CONSUMER_STORE_STATE:
		consumer->own.in_flight++;
		kin__consume_store(consumer, effect);
		break;
	case KIN__CONSUMER_SINK:
		consumer->own.in_flight++;
		kin__consume_sink(consumer, effect);
		break;
	case KIN__CONSUMER_INVOKE:
		consumer->own.in_flight++;
		kin__consume_invoke(consumer, effect);
		break;
	case KIN__CONSUMER_RELEASE:
		kin__consume_page_free(consumer, effect->release.page);
		break;
	case KIN__CONSUMER_COPY:
		kin__consume_page_copy(consumer, &effect->copy.slice);
		break;
	case KIN__CONSUMER_STATE:
		tell_state(consumer, effect->state.state, effect->state.error);
		break;
	case KIN__CONSUMER_NOTE:
		note(consumer, effect);
		break;
	}
}

/* One step and its effects. */
static void feed(struct kin__consume *consumer, struct kin__consumer_event *event)
{
	struct kin__loop *loop = kin__core_loop(consumer->set.core);

	if (!consumer->own.frozen) {
		event->now_us = kin__loop_now_us(loop);
		event->service_ms = kin__core_service_ms(consumer->set.core);
		consumer->own.effects.n = 0;
		kin__consumer_step(consumer->own.machine, event, &consumer->own.effects);
		for (size_t i = 0; i < consumer->own.effects.n && !consumer->own.frozen; i++)
			carry_out(consumer, &consumer->own.effects.at[i]);
		if (kin__consumer_state(consumer->own.machine) >= KIN_CONSUMER_STOPPING) {
			kin__consume_busy_ready(consumer);
			kin__loop_post(loop, &consumer->hurry);
		}
	}
	uint64_t wake = consumer->own.frozen ? UINT64_MAX : kin__consumer_wake_us(consumer->own.machine);
	if (wake == UINT64_MAX)
		kin__loop_timer_clear(loop, &consumer->own.timer);
	else
		kin__loop_timer_set(loop, &consumer->own.timer, wake);
	publish(consumer);
}

void kin__consume_answer(struct kin__consume *consumer, struct kin__consumer_event *event)
{
	consumer->own.in_flight--;
	feed(consumer, event);
}

static void fire(struct kin__loop_timer *timer)
{
	struct kin__consume *consumer = kin__container(timer, struct kin__consume, own.timer);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_TIMER };
	feed(consumer, &event);
}

static void run_start(struct kin__loop_task *task)
{
	struct kin__consume *consumer = kin__container(task, struct kin__consume, start);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_START };
	feed(consumer, &event);
}

static void run_stop(struct kin__loop_task *task)
{
	struct kin__consume *consumer = kin__container(task, struct kin__consume, stop);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_STOP };
	feed(consumer, &event);
}

/* The settings, and paused or not, as was asked for last.  Batches that nobody took go back: they come again. */
static void run_flow(struct kin__loop_task *task)
{
	struct kin__consume *consumer = kin__container(task, struct kin__consume, flow);
	struct kin__consumer_event event = { .type = KIN__CONSUMER_RESUME };
	struct kin__consumer_event set = { .type = KIN__CONSUMER_SET };
	struct kin__consumer_settings settings;
	bool changed;

	pthread_mutex_lock(&consumer->inbox.lock);
	if (consumer->inbox.pause)
		event.type = KIN__CONSUMER_PAUSE;
	settings = consumer->inbox.settings;
	changed = consumer->inbox.changed;
	consumer->inbox.changed = false;
	pthread_mutex_unlock(&consumer->inbox.lock);
	set.settings = &settings;
	if (changed)
		feed(consumer, &set);
	feed(consumer, &event);
	if (event.type == KIN__CONSUMER_PAUSE)
		kin__consume_busy_ready(consumer);
}

/* Nothing that is being read is wanted any more once it stops: a slow answer must not hold it up. */
static void run_hurry(struct kin__loop_task *task)
{
	kin__consume_cancel(kin__container(task, struct kin__consume, hurry));
}

/* ---- open and close ---- */

static void run_detach(struct kin__loop_task *task)
{
	struct kin__consume *consumer = kin__container(task, struct kin__consume, detach);

	kin__loop_timer_fini(kin__core_loop(consumer->set.core), &consumer->own.timer);
	kin__loop_unpost(kin__core_loop(consumer->set.core), &consumer->hurry);
	kin__loop_unpost(kin__core_loop(consumer->set.core), &consumer->flow);
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.detached = true;
	pthread_cond_broadcast(&consumer->inbox.change);
	pthread_mutex_unlock(&consumer->inbox.lock);
}

static void free_own(struct kin__consume *consumer)
{
	while (!kin__list_empty(&consumer->own.idle)) {
		struct kin__consume_request *request =
				kin__container(consumer->own.idle.next, struct kin__consume_request, node);
		kin__list_remove(&request->node);
		kin__attempt_fini(&request->attempt);
		kin__bytes_fini(&request->body);
		kin__get_page_fini(&request->page);
		kin__mem_free(request);
	}
	for (size_t i = 0; i < consumer->own.pages_room; i++)
		if (consumer->own.pages[i])
			kin__consume_page_free(consumer, consumer->own.pages[i]->id);
	for (size_t i = 0; i < consumer->own.shards_room; i++) {
		kin__mem_free(consumer->own.shards[i].iterator);
		kin__consume_free_reasons(&consumer->own.shards[i]);
		kin__bytes_fini(&consumer->own.shards[i].state);
	}
	kin__consume_page_tidy(consumer);
	kin__mem_free(consumer->own.pages);
	kin__filter_free(consumer->own.filter);
	kin__decompress_fini(&consumer->own.decompress);
	kin__mem_free(consumer->own.outside.at);
	kin__mem_free(consumer->own.shards);
	kin__mem_free(consumer->own.effects.at);
	kin__arena_fini(&consumer->own.listing);
	kin__consumer_free(consumer->own.machine);
}

/* Nothing of it is on the loop any more, or never was. */
static void destroy(struct kin__consume *consumer)
{
	kin__pool_close(consumer->set.handlers);
	kin__pool_close(consumer->set.storage);
	kin__pool_close(consumer->set.sinking);
	if (consumer->set.leases && consumer->set.store.close)
		consumer->set.store.close(consumer->set.store.user);
	if (consumer->set.has_sink && consumer->set.sink.close)
		consumer->set.sink.close(consumer->set.sink.user);
	free_own(consumer);
	for (size_t i = 0; i < consumer->set.only_shards_n; i++)
		kin__mem_free(consumer->set.only_shards[i]);
	kin__mem_free(consumer->set.only_shards);
	kin__mem_free(consumer->set.stream);
	kin__mem_free(consumer->set.application);
	kin__mem_free(consumer->set.worker);
	kin__pipe_fini(&consumer->inbox.pipe);
	pthread_cond_destroy(&consumer->inbox.change);
	pthread_mutex_destroy(&consumer->inbox.lock);
	kin__core_unref(consumer->set.core);
	kin__mem_free(consumer);
}

static int open_pools(struct kin__consume *consumer, const struct kin__consume_options *options,
                      struct kin_error *error)
{
	int code = KIN_OK;

	/* A thread begins when a call finds none at rest: those beyond handlers_max, in place of overdue ones. */
	if (options->handler)
		code = kin__pool_open(&consumer->set.handlers, "kin-handler",
		                      options->machine.handlers_max +
		                                      (options->machine.handler_timeout_us > 0
		                                                       ? options->machine.overdue_max
		                                                       : 0),
		                      error);
	if (code == KIN_OK && options->store)
		code = kin__pool_open(&consumer->set.storage, "kin-store",
		                      kin__memory_is(options->store) ? 0 : 1, error);
	if (code == KIN_OK && options->sink)
		code = kin__pool_open(&consumer->set.sinking, "kin-sink", 1, error);
	return code;
}

/* What can be told without failing: from here on destroy() is right. */
static struct kin__consume *make(struct kin__core *core, const struct kin__consume_options *options)
{
	struct kin__consume *consumer = kin__mem_zalloc(sizeof *consumer);
	if (!consumer)
		return NULL;
	consumer->set.core = kin__core_ref(core);
	consumer->set.leases = options->store != NULL;
	consumer->set.deaggregate = options->machine.deaggregate;
	consumer->set.lanes = options->machine.parallelization_factor > 1
	                                      ? options->machine.parallelization_factor
	                                      : 1;
	consumer->set.has_sink = options->sink != NULL;
	if (options->store)
		consumer->set.store = *options->store;
	if (options->sink)
		consumer->set.sink = *options->sink;
	consumer->set.failure_payload = options->failure_payload;
	consumer->set.failure_reason = options->failure_reason;
	consumer->own.filter = options->filter;
	kin__decompress_init(&consumer->own.decompress, options->decompress, options->decompressed_bytes_max);
	consumer->set.handler = options->handler;
	consumer->set.on_state = options->on_state;
	consumer->set.user = options->user;
	consumer->own.troubled = KIN__OPERATIONS;
	kin__pipe_init(&consumer->inbox.pipe);
	consumer->inbox.health.size = sizeof consumer->inbox.health;
	kin__list_init(&consumer->own.idle);
	kin__list_init(&consumer->own.busy);
	kin__list_init(&consumer->inbox.ready);
	kin__list_init(&consumer->inbox.out);
	kin__arena_init(&consumer->own.listing);
	pthread_mutex_init(&consumer->inbox.lock, NULL);
	kin__thread_cond_init(&consumer->inbox.change);
	kin__loop_task_init(&consumer->start, run_start);
	kin__loop_task_init(&consumer->stop, run_stop);
	kin__loop_task_init(&consumer->flow, run_flow);
	kin__loop_task_init(&consumer->detach, run_detach);
	kin__loop_task_init(&consumer->hurry, run_hurry);
	return consumer;
}

/* A program that could not open a consumer still owns its store and its sink. */
static void give_back(struct kin__consume *consumer, const struct kin__consume_options *options)
{
	if (options->own_store)
		consumer->set.store.close = NULL;
	if (options->own_sink)
		consumer->set.sink.close = NULL;
}

int kin__consume_open(struct kin__consume **out, struct kin__core *core,
                      const struct kin__consume_options *options, struct kin_error *error)
{
	struct kin__consume *consumer = make(core, options);
	int code = KIN_NOMEM;

	*out = NULL;
	if (!consumer) {
		if (options->store && options->store->close && !options->own_store)
			options->store->close(options->store->user);
		if (options->sink && options->sink->close && !options->own_sink)
			options->sink->close(options->sink->user);
		kin__filter_free(options->filter);
		return kin__error_nomem(error);
	}
	struct kin__consumer_settings settings = options->machine;
	settings.worker = options->worker;
	settings.application = options->application;
	settings.leases = options->store != NULL;
	settings.seed = kin__core_seed(core);
	settings.copy_bytes_min = 65536;
	consumer->set.stream = kin__mem_text(options->stream);
	consumer->set.application = kin__mem_text(options->application ? options->application : "");
	consumer->set.worker = kin__mem_text(options->worker ? options->worker : "");
	consumer->own.machine = kin__consumer_new(&settings);
	if (!consumer->set.stream || !consumer->set.application || !consumer->set.worker ||
	    !consumer->own.machine)
		kin__error_nomem(error);
	else
		code = kin__pipe_open(&consumer->inbox.pipe, "kin_consumer_fd()", error);
	if (code == KIN_OK)
		code = open_pools(consumer, options, error);
	if (code == KIN_OK) {
		code = kin__loop_timer_init(kin__core_loop(core), &consumer->own.timer, fire);
		if (code != KIN_OK)
			kin__error_nomem(error);
	}
	if (code != KIN_OK) {
		give_back(consumer, options);
		destroy(consumer);
		return code;
	}
	*out = consumer;
	kin__loop_post(kin__core_loop(core), &consumer->start);
	return KIN_OK;
}

void kin__consume_stop(struct kin__consume *consumer)
{
	kin__loop_post(kin__core_loop(consumer->set.core), &consumer->stop);
}

void kin__consume_pause(struct kin__consume *consumer, bool pause)
{
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.pause = pause;
	pthread_mutex_unlock(&consumer->inbox.lock);
	kin__loop_post(kin__core_loop(consumer->set.core), &consumer->flow);
}

static bool is_mine(const struct kin__pool *pool)
{
	return pool && kin__pool_is_mine(pool);
}

static int check_thread(struct kin__consume *consumer, const char *what, struct kin_error *error)
{
	if (kin__core_on_callback(consumer->set.core) || is_mine(consumer->set.handlers) ||
	    is_mine(consumer->set.storage) || is_mine(consumer->set.sinking))
		return kin__error(error, KIN_WOULD_DEADLOCK,
		                  "%s from a handler, a callback, a store or a sink would wait for itself; "
		                  "call kin_consumer_stop() there and this from another thread",
		                  what);
	return KIN_OK;
}

/* A wait in vain tells what goes wrong, too. */
static int in_vain_locked(const struct kin__consume *consumer, struct kin_error *error)
{
	const struct kin_error *trouble = &consumer->inbox.trouble;

	if (error && trouble->code != KIN_OK) {
		kin__error(error, KIN_TIMEOUT, "%s; the last request failed: %s", error->message,
		           trouble->message);
		error->http_status = trouble->http_status;
		error->retryable = 1;
		memcpy(error->aws_code, trouble->aws_code, sizeof error->aws_code);
		memcpy(error->request_id, trouble->request_id, sizeof error->request_id);
	}
	return KIN_TIMEOUT;
}

/* Whose handlers, or takers, a wait in vain waits for: ": SHARD (100 records for 35000 ms), ... and 7 more". */
static void name_out_locked(const struct kin__consume *consumer, char text[static LEFT_TEXT])
{
	const struct kin__list *at;
	uint64_t now_us = kin__clock_us();
	size_t n = 0;
	uint32_t named = 0;

	text[0] = 0;
	for (at = consumer->inbox.out.next; at != &consumer->inbox.out && named < LEFT_NAMED; at = at->next) {
		const struct kin_batch *batch = kin__container(at, struct kin_batch, out);

		n += (size_t)snprintf(text + n, LEFT_TEXT - n, "%s %.30s (%zu records for %llu ms)",
		                      named++ ? "," : ":", batch->shard_id, batch->count,
		                      (unsigned long long)((now_us - batch->began_us) / 1000));
	}
	if (consumer->inbox.out_n > named)
		snprintf(text + n, LEFT_TEXT - n, " and %u more", (unsigned)(consumer->inbox.out_n - named));
}

static int left_locked(struct kin__consume *consumer, struct kin_error *error)
{
	const struct kin_consumer_health *health = &consumer->inbox.health;

	char out[LEFT_TEXT];

	name_out_locked(consumer, out);
	kin__error(error, KIN_TIMEOUT,
	           "the consumer of %.100s is still %s: %u batches are not finished%s; %llu records are in "
	           "memory; "
	           "call again",
	           consumer->set.stream, health->state == KIN_CONSUMER_STOPPING ? "stopping" : "running",
	           (unsigned)consumer->inbox.out_n, out, (unsigned long long)health->buffered);
	return in_vain_locked(consumer, error);
}

int kin__consume_set(struct kin__consume *consumer, const struct kin__consumer_settings *settings,
                     struct kin_error *error)
{
	uint32_t calls = settings->handlers_max +
	                 (settings->handler_timeout_us > 0 ? settings->overdue_max : 0);
	int code = consumer->set.handlers ? kin__pool_raise(consumer->set.handlers, calls, error) : KIN_OK;

	if (code != KIN_OK)
		return code;
	pthread_mutex_lock(&consumer->inbox.lock);
	consumer->inbox.settings = *settings;
	consumer->inbox.changed = true;
	pthread_mutex_unlock(&consumer->inbox.lock);
	kin__loop_post(kin__core_loop(consumer->set.core), &consumer->flow);
	return KIN_OK;
}

int kin__consume_wait(struct kin__consume *consumer, int64_t timeout_ms, struct kin_error *error)
{
	uint64_t until_us = kin__clock_until_us(timeout_ms);
	int code = check_thread(consumer, "kin_consumer_wait()", error);

	if (code != KIN_OK)
		return code;
	pthread_mutex_lock(&consumer->inbox.lock);
	while (!consumer->inbox.idle || consumer->inbox.callbacks > 0)
		if (!kin__thread_cond_wait(&consumer->inbox.change, &consumer->inbox.lock, until_us))
			break;
	if (!consumer->inbox.idle || consumer->inbox.callbacks > 0)
		code = left_locked(consumer, error);
	else if (consumer->inbox.health.state == KIN_CONSUMER_FATAL)
		code = kin__error_copy(error, &consumer->inbox.health.error);
	pthread_mutex_unlock(&consumer->inbox.lock);
	return code;
}

int kin__consume_close(struct kin__consume *consumer, int64_t timeout_ms, struct kin_error *error)
{
	int code = check_thread(consumer, "kin_consumer_close()", error);

	if (code != KIN_OK)
		return code;
	kin__consume_stop(consumer);
	code = kin__consume_wait(consumer, timeout_ms, error);
	if (code == KIN_TIMEOUT)
		return code;
	kin__loop_post(kin__core_loop(consumer->set.core), &consumer->detach);
	pthread_mutex_lock(&consumer->inbox.lock);
	while (!consumer->inbox.detached)
		kin__thread_cond_wait(&consumer->inbox.change, &consumer->inbox.lock, UINT64_MAX);
	pthread_mutex_unlock(&consumer->inbox.lock);
	destroy(consumer);
	return code;
}

void kin__consume_health(struct kin__consume *consumer, struct kin_consumer_health *health)
{
	pthread_mutex_lock(&consumer->inbox.lock);
	*health = consumer->inbox.health;
	pthread_mutex_unlock(&consumer->inbox.lock);
}

int kin__consume_next(struct kin__consume *consumer, struct kin_batch **batch, int64_t timeout_ms,
                      struct kin_error *error)
{
	uint64_t until_us = kin__clock_until_us(timeout_ms);
	int code = KIN_TIMEOUT;

	*batch = NULL;
	pthread_mutex_lock(&consumer->inbox.lock);
	for (bool time_left = true;;
	     time_left = kin__thread_cond_wait(&consumer->inbox.change, &consumer->inbox.lock, until_us)) {
		if (!kin__list_empty(&consumer->inbox.ready)) {
			*batch = kin__container(consumer->inbox.ready.next, struct kin_batch, node);
			kin__list_remove(&(*batch)->node);
			kin__consume_out_locked(consumer, *batch);
			code = KIN_OK;
			break;
		}
		if (consumer->inbox.health.state >= KIN_CONSUMER_ENDED) {
			code = consumer->inbox.health.state == KIN_CONSUMER_FATAL
			                       ? kin__error_copy(error, &consumer->inbox.health.error)
			                       : kin__error(error, KIN_END, "the %s of %s has ended",
			                                    consumer->set.leases ? "consumer" : "reader",
			                                    consumer->set.stream);
			break;
		}
		if (!time_left || timeout_ms == 0) {
			kin__error(error, KIN_TIMEOUT, "no %s came within %lld ms",
			           consumer->set.leases ? "batch" : "record", (long long)timeout_ms);
			in_vain_locked(consumer, error);
			break;
		}
	}
	update_pipe_locked(consumer);
	pthread_mutex_unlock(&consumer->inbox.lock);
	return code;
}
