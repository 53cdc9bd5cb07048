#include "api/codec.h"
#include "api/consumer.h"
#include "api/options.h"
#include "base/mem.h"
#include "event/state.h"
#include "filter/filter.h"
#include "io/clock.h"
#include "io/error.h"
#include "kinesis/limits.h"
#include "sinks/sink.h"
#include "stores/store.h"
#include <kinstream/consumer.h>
#include <stdio.h>
#include <unistd.h>

static int missing(struct kin_error *error, const char *option, const char *what)
{
	return kin__error(error, KIN_INVALID, "kin_consumer_open(): option %s is required: %s", option, what);
}

static int check_windows(const struct kin_consumer_options *o, struct kin_error *error)
{
	if (o->tumbling_window_ms % 1000 != 0)
		return kin__error(
				error, KIN_INVALID,
				"kin_consumer_open(): option tumbling_window_ms is %u: windows are of whole "
				"seconds, 1000 to 900000 ms; 0: none",
				(unsigned)o->tumbling_window_ms);
	if (o->tumbling_window_ms > 0 && o->parallelization_factor > 1)
		return kin__error(
				error, KIN_INVALID,
				"kin_consumer_open(): options tumbling_window_ms = %u and "
				"parallelization_factor = %u exclude each other: what a shard's state would "
				"mean in several batches at once is not known of Lambda",
				(unsigned)o->tumbling_window_ms, (unsigned)o->parallelization_factor);
	return KIN_OK;
}

/* Members that belong together, and may change while it runs. */
static int check_live(const struct kin_consumer_options *o, const char *call, struct kin_error *error)
{
	if ((o->maximum_retry_attempts >= 0 || o->maximum_record_age_ms >= 0) && !o->on_failure &&
	    !o->sink_interface)
		return kin__error(error, KIN_INVALID,
		                  "%s: with maximum_retry_attempts or maximum_record_age_ms "
		                  "set, records may be given up: "
		                  "say where they go by on_failure = \"file:PATH\" or sink_interface, or "
		                  "accept their loss by on_failure = \"drop\"",
		                  call);
	if (o->handler_timeout_ms > 0 && !o->handler)
		return kin__error(error, KIN_INVALID,
		                  "%s: option handler_timeout_ms is %u, and there is no "
		                  "handler to "
		                  "watch: batches of kin_consumer_next() are the program's own",
		                  call, (unsigned)o->handler_timeout_ms);
	if (o->poll_interval_max_ms > 0 && o->poll_interval_max_ms < o->poll_interval_ms)
		return kin__error(error, KIN_INVALID,
		                  "%s: option poll_interval_max_ms is %u, less than poll_interval_ms = %u",
		                  call, (unsigned)o->poll_interval_max_ms, (unsigned)o->poll_interval_ms);
	if (o->retry_max_ms < o->retry_base_ms)
		return kin__error(error, KIN_INVALID,
		                  "%s: option retry_max_ms is %u, less than retry_base_ms = "
		                  "%u",
		                  call, (unsigned)o->retry_max_ms, (unsigned)o->retry_base_ms);
	return KIN_OK;
}

/* What the table of options cannot say: members that belong together. */
static int check_together(const struct kin_consumer_options *o, struct kin_error *error)
{
	struct kin__reason reason;

	if (!o->stream)
		return missing(error, "stream", "the name or ARN of a stream");
	if (!o->application)
		return missing(error, "application", "a name of your choice; it names the checkpoints");
	if (!kin__limits_stream(kin__span_text(o->stream), &reason) ||
	    !kin__limits_application(kin__span_text(o->application), &reason))
		return kin__error(error, KIN_INVALID, "kin_consumer_open(): %s", reason.text);
	if (!o->store && !o->store_interface)
		return missing(error, "store", "\"memory:\" or \"file:PATH\", or store_interface");
	if (o->store && o->store_interface)
		return kin__error(
				error, KIN_INVALID,
				"kin_consumer_open(): options store and store_interface exclude each other");
	if (o->on_failure && o->sink_interface)
		return kin__error(error, KIN_INVALID,
		                  "kin_consumer_open(): options on_failure and sink_interface exclude each "
		                  "other");
	if (check_windows(o, error) != KIN_OK)
		return KIN_INVALID;
	if (o->starting_position == KIN_AT_TIMESTAMP && o->starting_position_timestamp_ms <= 0)
		return missing(error, "starting_position_timestamp_ms",
		               "with starting_position = at_timestamp; Unix ms");
	if (o->until == KIN_UNTIL_TIMESTAMP && o->until_timestamp_ms <= 0)
		return missing(error, "until_timestamp_ms", "with until = timestamp; Unix ms");
	return check_live(o, "kin_consumer_open()", error);
}

static bool interface_whole(const struct kin_consumer_options *o, struct kin_error *error)
{
	const struct kin_store *store = o->store_interface;
	const struct kin_sink *sink = o->sink_interface;

	if (store && (store->size < offsetof(struct kin_store, put_state) || !store->list || !store->create ||
	              !store->update || !store->remove))
		kin__error(error, KIN_INVALID,
		           "kin_consumer_open(): store_interface needs its size and the functions list, "
		           "create, update, remove");
	else if (sink && (sink->size < sizeof *sink || !sink->send))
		kin__error(error, KIN_INVALID,
		           "kin_consumer_open(): sink_interface needs its size and the function send");
	else
		return true;
	return false;
}

static void machine_settings(struct kin__consumer_settings *m, const struct kin_consumer_options *o)
{
	*m = (struct kin__consumer_settings){
		.starting_position = o->starting_position,
		.starting_timestamp_ms = o->starting_position_timestamp_ms,
		.until = o->until,
		.until_timestamp_ms = o->until_timestamp_ms,
		.on_gap = o->on_gap,
		.batch_size = o->batch_size,
		.batch_bytes_max = 6291456,
		.batching_window_us = (uint64_t)o->maximum_batching_window_ms * 1000,
		.tumbling_window_ms = o->tumbling_window_ms,
		.state_bytes_max = KIN__STATE_BYTES_MAX,
		.maximum_retry_attempts = o->maximum_retry_attempts,
		.maximum_record_age_ms = o->maximum_record_age_ms,
		.bisect = o->bisect_batch_on_function_error,
		.deaggregate = o->deaggregate,
		.drop = o->on_failure && strcmp(o->on_failure, "drop") == 0,
		.handlers_max = o->handlers_max,
		.parallelization_factor = o->parallelization_factor,
		.handler_timeout_us = (uint64_t)o->handler_timeout_ms * 1000,
		.overdue_max = KIN__OVERDUE_MAX,
		.sink_timeout_us = (uint64_t)o->on_failure_timeout_ms * 1000,
		.fetches_max = o->fetches_max,
		.stores_max = 8,
		.buffer_bytes_max = o->buffer_bytes_max,
		.poll_interval_us = (uint64_t)o->poll_interval_ms * 1000,
		.poll_interval_max_us = (uint64_t)o->poll_interval_max_ms * 1000,
		.shard_bytes_per_s = o->shard_bytes_per_second_max,
		.behind_interval_us = (uint64_t)o->behind_interval_ms * 1000,
		.shard_sync_interval_us = (uint64_t)o->shard_sync_interval_ms * 1000,
		.retry_base_us = (uint64_t)o->retry_base_ms * 1000,
		.retry_max_us = (uint64_t)o->retry_max_ms * 1000,
	};
}

/* "host:pid:random": differs for each consumer, tells an operator where to look. */
static void name_worker(char out[300])
{
	char host[200] = "unknown";
	gethostname(host, sizeof host - 1);
	host[sizeof host - 1] = 0;
	snprintf(out, 300, "%s:%ld:%08x", host, (long)getpid(), (unsigned)kin__clock_seed());
}

/* *out stays NULL without criteria. */
static int compile_filter(struct kin__filter **out, const struct kin_consumer_options *o,
                          struct kin_error *error)
{
	struct kin__reason reason = { "" };
	int code = KIN_OK;

	*out = NULL;
	if (o->filter_criteria)
		code = kin__filter_new(out, kin__span_text(o->filter_criteria), &reason);
	if (code != KIN_OK)
		kin__error(error, code, "kin_consumer_open(): option filter_criteria: %s", reason.text);
	return code;
}

/* A program of an earlier version knows fewer members. */
static void take_interface(struct kin_store *to, const struct kin_store *from)
{
	*to = (struct kin_store){ .size = 0 };
	memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
}

static int no_states(const struct kin_consumer_options *o, struct kin_error *error)
{
	return kin__error(error, KIN_INVALID,
	                  "kin_consumer_open(): option tumbling_window_ms is %u, but %s%s keeps no states "
	                  "of windows: it needs the functions put_state and get_state, see kin_store(3)",
	                  (unsigned)o->tumbling_window_ms, o->store ? "store " : "store_interface",
	                  o->store ? o->store : "");
}

/* The store and the sink, opened unless they are the program's own; both are the options' then. */
static int open_ends(struct kin__consume_options *options, struct kin_store *store, struct kin_sink *sink,
                     const struct kin_consumer_options *o, struct kin_error *error)
{
	options->own_store = o->store_interface != NULL;
	options->own_sink = o->sink_interface != NULL;
	if (options->own_store)
		take_interface(store, o->store_interface);
	else if (kin__store_open(store, o->store, o->application, error) != KIN_OK)
		return error->code;
	if (o->tumbling_window_ms > 0 && (!store->put_state || !store->get_state)) {
		if (store->close && !options->own_store)
			store->close(store->user);
		return no_states(o, error);
	}
	options->store = store;
	if (options->own_sink) {
		*sink = *o->sink_interface;
		options->sink = sink;
	} else if (o->on_failure && !options->machine.drop) {
		if (kin__sink_open(sink, o->on_failure, error) != KIN_OK) {
			if (store->close && !options->own_store)
				store->close(store->user);
			return error->code;
		}
		options->sink = sink;
	}
	return KIN_OK;
}

static int open_parts(struct kin_consumer *consumer, struct kin__core *core,
                      const struct kin_consumer_options *o, struct kin_error *error)
{
	struct kin__consume_options options = { .stream = o->stream,
		                                .application = o->application,
		                                .handler = o->handler,
		                                .on_state = o->on_state,
		                                .user = o->user,
		                                .failure_payload = o->on_failure_payload,
		                                .failure_reason = o->on_failure_reason,
		                                .decompress = o->decompress,
		                                .decompressed_bytes_max = o->decompressed_bytes_max };
	struct kin_store store;
	struct kin_sink sink;
	char worker[300];

	machine_settings(&options.machine, o);
	name_worker(worker);
	options.worker = o->worker ? o->worker : worker;
	if (kin__codec_check_list(o->decompress, "decompress", error) != KIN_OK ||
	    compile_filter(&options.filter, o, error) != KIN_OK)
		return error->code;
	if (open_ends(&options, &store, &sink, o, error) != KIN_OK) {
		kin__filter_free(options.filter);
		return error->code;
	}
	return kin__consume_open(&consumer->consume, core, &options, error);
}

/* For kin_consumer_set(): the program's texts may be gone by then. */
static void keep_live(struct kin_consumer *consumer, const struct kin_consumer_options *o)
{
	bool drop = o->on_failure && strcmp(o->on_failure, "drop") == 0;

	pthread_mutex_init(&consumer->live.lock, NULL);
	consumer->live.options = *o;
	if (o->on_failure)
		consumer->live.options.on_failure = drop ? "drop" : "given";
}

int kin_consumer_open(struct kin_consumer **out, struct kin_client *client,
                      const struct kin_consumer_options *options, struct kin_error *error)
{
	struct kin_consumer_options own;
	struct kin_error local = { 0 };
	struct kin__core *core = NULL;
	int code;

	error = error ? error : &local;
	if (!out || !options)
		return kin__error(error, KIN_INVALID, "kin_consumer_open(): %s must not be NULL",
		                  out ? "options" : "out");
	*out = NULL;
	code = kin__options_read(&kin__options_consumer, &own, options, error);
	if (code == KIN_OK)
		code = check_together(&own, error);
	if (code == KIN_OK && !interface_whole(&own, error))
		code = KIN_INVALID;
	if (code == KIN_OK)
		code = kin__handle_core(client, "kin_consumer_open()", &core, error);
	if (code != KIN_OK)
		return code;
	struct kin_consumer *consumer = kin__mem_zalloc(sizeof *consumer);
	code = consumer ? open_parts(consumer, core, &own, error) : kin__error_nomem(error);
	kin__core_unref(core);
	if (code != KIN_OK) {
		kin__mem_free(consumer);
		return code;
	}
	keep_live(consumer, &own);
	kin__handle_init(&consumer->handle, KIN__HANDLE_CONSUMER);
	*out = consumer;
	return KIN_OK;
}

static int check(struct kin_consumer *consumer, const char *call, struct kin_error *error)
{
	return kin__handle_check(consumer ? &consumer->handle : NULL, KIN__HANDLE_CONSUMER, call, error);
}

/* The option's row, or why it cannot be set now. */
static const struct kin__options_row *live_row(const char *name, struct kin_error *error)
{
	const struct kin__options_table *table;
	const struct kin__options_row *row = kin__options_find(kin__span_text(name), &table);
	const char *nearest = row ? NULL : kin__options_nearest(kin__span_text(name));

	if (!row)
		kin__error(error, KIN_INVALID, "kin_consumer_set(): there is no option '%.100s'%s%s", name,
		           nearest ? "; perhaps you meant " : "", nearest ? nearest : "");
	else if (table != &kin__options_consumer)
		kin__error(error, KIN_INVALID,
		           "kin_consumer_set(): %s is an option of the %s, not of a consumer", row->show.name,
		           table->object);
	else if (!row->show.live)
		kin__error(error, KIN_INVALID,
		           "kin_consumer_set(): option %s cannot change while the consumer runs; close it "
		           "and open "
		           "another one",
		           row->show.name);
	return row && table == &kin__options_consumer && row->show.live ? row : NULL;
}

static int set_live(struct kin_consumer *consumer, const struct kin__options_row *row, const char *name,
                    const char *value, struct kin_error *error)
{
	struct kin_consumer_options next = consumer->live.options;
	uint32_t scale = row->alias && strcmp(name, row->alias) == 0 ? row->alias_scale : 1;
	struct kin__consumer_settings settings;
	int code = kin__options_parse(row, value, scale, (char *)&next + row->at, error);

	if (code == KIN_OK)
		code = check_live(&next, "kin_consumer_set()", error);
	if (code != KIN_OK)
		return code;
	machine_settings(&settings, &next);
	code = kin__consume_set(consumer->consume, &settings, error);
	if (code == KIN_OK)
		consumer->live.options = next;
	return code;
}

int kin_consumer_set(struct kin_consumer *consumer, const char *name, const char *value,
                     struct kin_error *error)
{
	const struct kin__options_row *row;
	int code = check(consumer, "kin_consumer_set()", error);

	if (code != KIN_OK)
		return code;
	if (!name || !value)
		return kin__error(error, KIN_INVALID, "kin_consumer_set(): %s must not be NULL",
		                  name ? "value" : "name");
	row = live_row(name, error);
	if (!row)
		return KIN_INVALID;
	pthread_mutex_lock(&consumer->live.lock);
	code = set_live(consumer, row, name, value, error);
	pthread_mutex_unlock(&consumer->live.lock);
	return code;
}

void kin_consumer_pause(struct kin_consumer *consumer)
{
	if (check(consumer, "kin_consumer_pause()", NULL) == KIN_OK)
		kin__consume_pause(consumer->consume, true);
}

void kin_consumer_resume(struct kin_consumer *consumer)
{
	if (check(consumer, "kin_consumer_resume()", NULL) == KIN_OK)
		kin__consume_pause(consumer->consume, false);
}

void kin_consumer_stop(struct kin_consumer *consumer)
{
	if (check(consumer, "kin_consumer_stop()", NULL) == KIN_OK)
		kin__consume_stop(consumer->consume);
}

int kin_consumer_wait(struct kin_consumer *consumer, int64_t timeout_ms, struct kin_error *error)
{
	int code = check(consumer, "kin_consumer_wait()", error);
	return code != KIN_OK ? code : kin__consume_wait(consumer->consume, timeout_ms, error);
}

int kin_consumer_health(struct kin_consumer *consumer, struct kin_consumer_health *health,
                        struct kin_error *error)
{
	struct kin_consumer_health own;
	int code = check(consumer, "kin_consumer_health()", error);

	if (code != KIN_OK)
		return code;
	if (!health || health->size < offsetof(struct kin_consumer_health, shards))
		return kin__error(
				error, KIN_INVALID,
				"kin_consumer_health(): set health->size to sizeof *health before the call");
	kin__consume_health(consumer->consume, &own);
	size_t size = health->size < sizeof own ? health->size : sizeof own;
	size_t told = health->size;
	memcpy(health, &own, size);
	health->size = told;
	return KIN_OK;
}

int kin_consumer_close(struct kin_consumer *consumer, int64_t timeout_ms, struct kin_error *error)
{
	int code;

	if (!consumer)
		return KIN_OK;
	code = check(consumer, "kin_consumer_close()", error);
	if (code != KIN_OK)
		return code;
	code = kin__consume_close(consumer->consume, timeout_ms, error);
	if (code == KIN_TIMEOUT || code == KIN_WOULD_DEADLOCK)
		return code;
	kin__handle_fini(&consumer->handle);
	pthread_mutex_destroy(&consumer->live.lock);
	kin__mem_free(consumer);
	return code;
}

int kin_consumer_run(struct kin_client *client, const struct kin_consumer_options *options,
                     struct kin_error *error)
{
	struct kin_consumer *consumer;

	if (options &&
	    options->size >= offsetof(struct kin_consumer_options, handler) + sizeof options->handler &&
	    !options->handler)
		return kin__error(error, KIN_INVALID,
		                  "kin_consumer_run(): option handler is required; without one use "
		                  "kin_consumer_open() and kin_consumer_next()");
	/* Before anything runs: from the client's callback thread it could never be waited for, nor closed. */
	struct kin__core *core = NULL;
	int code = client ? kin__handle_core(client, "kin_consumer_run()", &core, error) : KIN_OK;
	if (code == KIN_OK && core && kin__core_on_callback(core))
		code = kin__error(
				error, KIN_WOULD_DEADLOCK,
				"kin_consumer_run() from a callback of its own client would wait for itself");
	kin__core_unref(core);
	if (code == KIN_OK)
		code = kin_consumer_open(&consumer, client, options, error);
	if (code != KIN_OK)
		return code;
	code = kin_consumer_wait(consumer, -1, error);
	int closed = kin_consumer_close(consumer, -1, code == KIN_OK ? error : NULL);
	return code == KIN_OK ? closed : code;
}

int kin_consumer_next(struct kin_consumer *consumer, struct kin_batch **batch, int64_t timeout_ms,
                      struct kin_error *error)
{
	int code = check(consumer, "kin_consumer_next()", error);
	if (code != KIN_OK)
		return code;
	if (!batch)
		return kin__error(error, KIN_INVALID, "kin_consumer_next(): batch must not be NULL");
	if (consumer->consume->set.handler)
		return kin__error(error, KIN_INVALID,
		                  "kin_consumer_next(): this consumer was opened with a handler, which gets "
		                  "the batches");
	return kin__consume_next(consumer->consume, batch, timeout_ms, error);
}

int kin_consumer_fd(struct kin_consumer *consumer)
{
	return check(consumer, "kin_consumer_fd()", NULL) == KIN_OK ? consumer->consume->inbox.pipe.ends[0]
	                                                            : -1;
}
