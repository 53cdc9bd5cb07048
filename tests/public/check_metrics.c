/* Snapshots, statistics and Prometheus' text of live handles, against the embedded endpoint. */
#include <check.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct kin_mock *mock;
static struct kin_client *client;
static struct kin_error error;

#define OK(call)                                                                                             \
	do {                                                                                                 \
		int code_ = (call);                                                                          \
		ck_assert_msg(code_ == KIN_OK, "%s: %s", kin_code_name(code_), error.message);               \
	} while (0)

static void client_options(struct kin_client_options *o)
{
	kin_client_options_init(o);
	o->endpoint_url = kin_mock_url(mock);
	o->region = "us-east-1";
	o->access_key_id = "AKIDMOCK";
	o->secret_access_key = "mock-secret";
}

static void setup(void)
{
	struct kin_mock_options m;
	struct kin_client_options o;

	kin_mock_options_init(&m);
	m.streams = "s:2";
	OK(kin_mock_open(&mock, &m, &error));
	client_options(&o);
	OK(kin_client_open(&client, &o, &error));
}

static void teardown(void)
{
	kin_client_close(client);
	kin_mock_close(mock);
}

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* n records to one shard: they have one key. */
static void put(const char *key, int n)
{
	for (int i = 0; i < n; i++) {
		struct kin_call *call;

		OK(kin_call_new(&call, client, "PutRecord", &error));
		OK(kin_call_set_text(call, "StreamName", "s", &error));
		OK(kin_call_set_text(call, "PartitionKey", key, &error));
		OK(kin_call_set_data(call, "Data", "{\"n\":1}", 7, &error));
		OK(kin_call_wait(call, -1, &error));
		kin_call_free(call);
	}
}

static void consumer_options(struct kin_consumer_options *o, kin_handler_fn *handler)
{
	kin_consumer_options_init(o);
	o->stream = "s";
	o->application = "billing";
	o->store = "memory:";
	o->handler = handler;
	o->poll_interval_ms = 200;
	o->behind_interval_ms = 0;
	o->retry_base_ms = 1;
	o->retry_max_ms = 2;
}

static struct kin_consumer_snapshot *snapshot_of(struct kin_consumer *consumer)
{
	struct kin_consumer_snapshot *snapshot;

	OK(kin_consumer_snapshot(consumer, &snapshot, &error));
	return snapshot;
}

static void adds_up(const struct kin_consumer_snapshot *snapshot)
{
	const struct kin_consumer_health *h = snapshot->health;
	uint64_t buffered = 0, blocked = 0;
	const struct kin_shard_snapshot *shard;

	ck_assert_uint_eq(h->polled, h->filtered + h->other_shard + h->handled + h->on_failure + h->dropped +
	                                             h->buffered + h->given_back);
	for (size_t i = 0; (shard = kin_consumer_snapshot_shard(snapshot, i)); i++) {
		buffered += shard->buffered;
		blocked += shard->blocked;
	}
	ck_assert_uint_eq(buffered, h->buffered);
	ck_assert_uint_eq(blocked, h->shards_blocked);
}

/* Waits until `done` says so of a snapshot, which is then yours. */
static struct kin_consumer_snapshot *wait_for(struct kin_consumer *consumer,
                                              bool (*done)(const struct kin_consumer_snapshot *snapshot))
{
	for (int i = 0; i < 8000; i++) {
		struct kin_consumer_snapshot *snapshot = snapshot_of(consumer);

		adds_up(snapshot);
		if (done(snapshot))
			return snapshot;
		kin_consumer_snapshot_free(snapshot);
		nap_ms(5);
	}
	ck_abort_msg("what the test waits for does not come");
	return NULL;
}

/* --- counts ------------------------------------------------------------------------------- */

/* Of each batch the first call fails, the second is busy, the third does all but the last record, the fourth that one. */
static int in_four(void *user, struct kin_batch *batch)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int *calls = user, call;

	pthread_mutex_lock(&lock);
	call = (*calls)++;
	pthread_mutex_unlock(&lock);
	nap_ms(3);
	if (call == 0)
		return KIN_FAILED;
	if (call == 1)
		return KIN_BUSY;
	if (call == 2)
		return kin_batch_fail(batch, kin_batch_record(batch, kin_batch_count(batch) - 1),
		                      "the last one");
	return KIN_OK;
}

static bool handled_ten(const struct kin_consumer_snapshot *snapshot)
{
	return snapshot->health->handled == 10;
}

START_TEST(counts_are_those_of_lambda)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_consumer_snapshot *snapshot;
	const struct kin_shard_snapshot *shard;
	int calls = 0;
	size_t active = 0, size;

	put("k", 10);
	consumer_options(&o, in_four);
	o.user = &calls;
	o.maximum_batching_window_ms = 100;
	OK(kin_consumer_open(&consumer, client, &o, &error));
	snapshot = wait_for(consumer, handled_ten);
	ck_assert_uint_eq(snapshot->size, sizeof *snapshot);
	ck_assert_uint_eq(snapshot->health->size, sizeof *snapshot->health);
	ck_assert_str_eq(snapshot->stream, "s");
	ck_assert_str_eq(snapshot->application, "billing");
	ck_assert_str_eq(snapshot->stream_arn, "arn:aws:kinesis:us-east-1:000000000000:stream/s");
	ck_assert_str_ne(snapshot->worker, "");
	ck_assert_uint_eq(snapshot->health->invocations, 4);
	ck_assert_uint_eq(snapshot->health->errors, 2);
	ck_assert_uint_eq(snapshot->partial, 1);
	ck_assert_uint_eq(snapshot->busy, 1);
	ck_assert_uint_eq(snapshot->invoked, 10 + 10 + 10 + 1);
	ck_assert_uint_eq(snapshot->invoke_failed, 10 + 10 + 1);
	ck_assert_uint_eq(snapshot->sink_failures, 0);
	ck_assert_uint_eq(snapshot->handler_calls, 0);
	ck_assert_uint_eq(snapshot->durations.count, 4);
	ck_assert_uint_ge(snapshot->durations.p50_us, 3000);
	ck_assert_uint_ge(snapshot->durations.p99_us, snapshot->durations.p50_us);
	ck_assert_uint_eq(snapshot->durations.p99_us, snapshot->durations.max_us);
	ck_assert_uint_ge(snapshot->durations.sum_us, 12000);
	ck_assert_uint_eq(snapshot->ages.count, 4);
	ck_assert_uint_eq(snapshot->shards_n, 2);
	for (size_t i = 0; (shard = kin_consumer_snapshot_shard(snapshot, i)); i++) {
		ck_assert_uint_eq(shard->size, sizeof *shard);
		ck_assert_int_eq(shard->state, KIN_SHARD_ACTIVE);
		ck_assert_int_ge(shard->iterator_age_ms, 0);
		ck_assert_int_lt(shard->iterator_age_ms, 60000);
		ck_assert_uint_eq(shard->attempts, 0);
		active += shard->done == 10 && shard->sequence_number[0];
	}
	ck_assert_uint_eq(active, 1);
	OK(kin_consumer_close(consumer, -1, &error));
	ck_assert_ptr_nonnull(strstr(kin_consumer_snapshot_json(snapshot, &size),
	                             "\"handledEvents\":10,")); /* it outlives the consumer */
	ck_assert_uint_eq(size, strlen(kin_consumer_snapshot_json(snapshot, NULL)));
	kin_consumer_snapshot_free(snapshot);
	kin_consumer_snapshot_free(NULL);
}
END_TEST

/* --- blocked, and the destination ---------------------------------------------------------- */

static int never(void *user, struct kin_batch *batch)
{
	(void)user;
	(void)batch;
	return KIN_FAILED;
}

static bool is_blocked(const struct kin_consumer_snapshot *snapshot)
{
	return snapshot->health->shards_blocked > 0;
}

static int refuse(void *user, const struct kin_failure *failure, struct kin_error *why)
{
	(void)user;
	(void)failure;
	memset(why, 0, sizeof *why);
	return why->code = KIN_IO;
}

static bool sink_failed(const struct kin_consumer_snapshot *snapshot)
{
	return snapshot->sink_failures >= 3;
}

START_TEST(what_is_blocked_is_told)
{
	struct kin_sink sink = { .size = sizeof sink, .send = refuse };
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_consumer_snapshot *snapshot;
	uint32_t attempts = 0;

	put("k", 3);
	consumer_options(&o, never);
	OK(kin_consumer_open(&consumer, client, &o, &error));
	snapshot = wait_for(consumer, is_blocked);
	for (size_t i = 0; i < snapshot->shards_n; i++)
		if (kin_consumer_snapshot_shard(snapshot, i)->blocked)
			attempts = kin_consumer_snapshot_shard(snapshot, i)->attempts;
	ck_assert_uint_ge(attempts, 10);
	ck_assert_uint_eq(snapshot->health->buffered, 3);
	ck_assert_ptr_nonnull(strstr(kin_consumer_snapshot_json(snapshot, NULL), "\"blockedSince\":\"20"));
	kin_consumer_snapshot_free(snapshot);
	OK(kin_consumer_close(consumer, -1, &error));
	o.maximum_retry_attempts = 0;
	o.sink_interface = &sink;
	OK(kin_consumer_open(&consumer, client, &o, &error));
	snapshot = wait_for(consumer, sink_failed);
	ck_assert_uint_eq(snapshot->health->on_failure, 0);
	ck_assert_uint_eq(snapshot->health->invocations, 1);
	kin_consumer_snapshot_free(snapshot);
	OK(kin_consumer_close(consumer, -1, &error));
}
END_TEST

/* --- pull form ----------------------------------------------------------------------------- */

START_TEST(a_batch_taken_is_a_call)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_consumer_snapshot *snapshot;
	struct kin_batch *batch;

	put("k", 2);
	consumer_options(&o, NULL);
	o.maximum_batching_window_ms = 100;
	OK(kin_consumer_open(&consumer, client, &o, &error));
	OK(kin_consumer_next(consumer, &batch, 50000, &error));
	snapshot = snapshot_of(consumer);
	ck_assert_uint_eq(snapshot->handler_calls, 1);
	ck_assert_uint_eq(snapshot->durations.count, 0);
	kin_consumer_snapshot_free(snapshot);
	nap_ms(20);
	kin_batch_finish(batch, KIN_OK);
	snapshot = snapshot_of(consumer); /* the answer went to the same thread before */
	ck_assert_uint_eq(snapshot->handler_calls, 0);
	ck_assert_uint_eq(snapshot->durations.count, 1);
	ck_assert_uint_ge(snapshot->durations.max_us, 20000);
	ck_assert_uint_eq(snapshot->health->handled, 2);
	kin_consumer_snapshot_free(snapshot);
	OK(kin_consumer_close(consumer, -1, &error));
}
END_TEST

/* --- Prometheus ----------------------------------------------------------------------------- */

struct text {
	char at[1 << 17];
	size_t n;
	int calls, answer;
};

static int keep(void *user, const char *text, size_t size)
{
	struct text *kept = user;

	ck_assert_uint_lt(kept->n + size, sizeof kept->at);
	memcpy(kept->at + kept->n, text, size);
	kept->n += size;
	kept->at[kept->n] = 0;
	kept->calls++;
	return kept->answer;
}

static int do_nothing(void *user, struct kin_batch *batch)
{
	(void)user;
	(void)batch;
	return KIN_OK;
}

START_TEST(text_of_many_handles)
{
	static struct text text;
	struct kin_consumer_options o;
	struct kin_producer_options p;
	struct kin_consumer *consumers[2];
	struct kin_producer *producer;
	struct kin_metrics_handles handles = { .size = sizeof handles };

	memset(&text, 0, sizeof text);
	consumer_options(&o, do_nothing);
	OK(kin_consumer_open(&consumers[0], client, &o, &error));
	o.application = "shipping";
	OK(kin_consumer_open(&consumers[1], client, &o, &error));
	kin_producer_options_init(&p);
	p.stream = "s";
	OK(kin_producer_open(&producer, client, &p, &error));
	OK(kin_producer_put(producer, "k", 1, "abc", 3, -1, &error));
	OK(kin_producer_flush(producer, -1, &error));
	handles.consumers = consumers;
	handles.consumers_n = 2;
	handles.producers = &producer;
	handles.producers_n = 1;
	OK(kin_metrics_write(&handles, keep, &text, &error));
	ck_assert_ptr_nonnull(strstr(
			text.at,
			"\nkinstream_consumer_invocations_total{stream=\"s\",application=\"billing\"} "));
	ck_assert_ptr_nonnull(strstr(
			text.at,
			"\nkinstream_consumer_invocations_total{stream=\"s\",application=\"shipping\"} "));
	ck_assert_ptr_nonnull(strstr(text.at, "\nkinstream_producer_stored_bytes_total{stream=\"s\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(text.at, "# TYPE kinstream_consumer_duration_seconds histogram\n"));
	ck_assert_int_eq(text.at[text.n - 1], '\n');
	text.n = 0;
	text.answer = KIN_CLOSED;
	ck_assert_int_eq(kin_metrics_write(&handles, keep, &text, &error), KIN_CLOSED);
	ck_assert_ptr_nonnull(strstr(error.message, "KIN_CLOSED"));
	OK(kin_consumer_close(consumers[0], -1, &error));
	OK(kin_consumer_close(consumers[1], -1, &error));
	OK(kin_producer_close(producer, -1, &error));
}
END_TEST

static void fault(const char *text)
{
	ck_assert_msg(kin_mock_fault(mock, text, &error) == KIN_OK, "%s", error.message);
}

/* One record is stored by its second request; ten are refused for ever and expire. */
START_TEST(a_producer_tells_of_times_and_failures)
{
	static struct text text;
	struct kin_producer_options p;
	struct kin_producer *producer;
	struct kin_producer_snapshot *snapshot;
	struct kin_put_entry entry;
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .producers = &producer,
		                               .producers_n = 1 };

	memset(&text, 0, sizeof text);
	kin_producer_options_init(&p);
	p.stream = "s";
	p.linger_ms = 50;
	OK(kin_producer_open(&producer, client, &p, &error));
	fault("PutRecords:error500:count=1");
	OK(kin_producer_put(producer, "k", 1, "abc", 3, -1, &error));
	while (kin_producer_flush(producer, 1000, &error) == KIN_TIMEOUT)
		;
	OK(kin_producer_snapshot(producer, &snapshot, &error));
	ck_assert_uint_eq(snapshot->size, sizeof *snapshot);
	ck_assert_uint_eq(snapshot->stats->stored, 1);
	ck_assert_uint_eq(snapshot->stats->requests, 2);
	ck_assert_uint_eq(snapshot->waits.count, 1);
	ck_assert_uint_eq(snapshot->requests.count, 2);
	ck_assert_uint_eq(snapshot->deliveries.count, 1);
	ck_assert_uint_ge(snapshot->deliveries.max_us, snapshot->waits.max_us);
	ck_assert_uint_eq(snapshot->failed_n, 0);
	ck_assert_ptr_nonnull(strstr(kin_producer_snapshot_json(snapshot, NULL), "\"failedByCode\":{},"));
	kin_producer_snapshot_free(snapshot);
	fault("PutRecords:error500");
	kin_put_entry_init(&entry);
	entry.key = "k";
	entry.key_size = 1;
	entry.ttl_ms = 500;
	for (int i = 0; i < 10; i++)
		OK(kin_producer_put_entry(producer, &entry, NULL, -1, &error));
	while (kin_producer_flush(producer, 1000, &error) == KIN_TIMEOUT)
		;
	OK(kin_producer_snapshot(producer, &snapshot, &error));
	ck_assert_uint_eq(snapshot->failed_n, 1);
	ck_assert_int_eq(snapshot->failed[0].code, KIN_EXPIRED);
	ck_assert_uint_eq(snapshot->failed[0].count, 10);
	ck_assert_str_eq(snapshot->failed[0].name, "KIN_EXPIRED");
	ck_assert_uint_eq(snapshot->stats->failed, 10);
	ck_assert_uint_eq(snapshot->deliveries.count, 1);
	OK(kin_metrics_write(&handles, keep, &text, &error));
	ck_assert_ptr_nonnull(strstr(text.at, "\nkinstream_producer_failed_records_by_code_total{stream="
	                                      "\"s\",code=\"KIN_EXPIRED\"} 10\n"));
	OK(kin_producer_close(producer, -1, &error)); /* the flush told of them */
	ck_assert_ptr_nonnull(strstr(kin_producer_snapshot_json(snapshot, NULL),
	                             "\"failedByCode\":{\"KIN_EXPIRED\":10},"));
	kin_producer_snapshot_free(snapshot);
	kin_producer_snapshot_free(NULL);
	kin_mock_heal(mock);
}
END_TEST

/* The same, of records that are placed by their shard. */
START_TEST(a_producer_of_aggregates_tells_of_times)
{
	struct kin_producer_options p;
	struct kin_producer *producer;
	struct kin_producer_snapshot *snapshot;

	kin_producer_options_init(&p);
	p.stream = "s";
	p.linger_ms = 20;
	p.aggregate = true;
	OK(kin_producer_open(&producer, client, &p, &error));
	for (int i = 0; i < 100; i++)
		OK(kin_producer_put(producer, NULL, 0, "abc", 3, -1, &error));
	nap_ms(30);
	OK(kin_producer_flush(producer, -1, &error));
	OK(kin_producer_snapshot(producer, &snapshot, &error));
	ck_assert_uint_eq(snapshot->stats->stored, 100);
	ck_assert_uint_eq(snapshot->waits.count, snapshot->stats->requests);
	ck_assert_uint_eq(snapshot->requests.count, snapshot->stats->requests);
	ck_assert_uint_eq(snapshot->deliveries.count, snapshot->stats->requests);
	ck_assert_uint_lt(snapshot->deliveries.max_us, 20000000);
	kin_producer_snapshot_free(snapshot);
	OK(kin_producer_close(producer, -1, &error));
}
END_TEST

#include "metrics_produced.h"

START_TEST(arguments)
{
	static struct text text;
	struct kin_consumer *none = NULL;
	struct kin_producer *no_producer = NULL;
	struct kin_consumer_snapshot *snapshot = (void *)&text;
	struct kin_producer_snapshot *produced = (void *)&text;
	struct kin_metrics_handles handles = { .size = sizeof handles };

	memset(&text, 0, sizeof text);
	ck_assert_int_eq(kin_consumer_snapshot(NULL, &snapshot, &error), KIN_INVALID);
	ck_assert_ptr_null(snapshot);
	ck_assert_int_eq(kin_consumer_snapshot(NULL, NULL, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "out must not be NULL"));
	ck_assert_int_eq(kin_producer_snapshot(NULL, &produced, &error), KIN_INVALID);
	ck_assert_ptr_null(produced);
	ck_assert_int_eq(kin_producer_snapshot(NULL, NULL, &error), KIN_INVALID);
	ck_assert_int_eq(kin_metrics_write(NULL, keep, &text, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "handles must not be NULL"));
	ck_assert_int_eq(kin_metrics_write(&handles, NULL, &text, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "write must not be NULL"));
	OK(kin_metrics_write(&handles, keep, &text, &error)); /* of nothing: nothing */
	handles.consumers = &none;
	handles.consumers_n = 1;
	ck_assert_int_eq(kin_metrics_write(&handles, keep, &text, &error), KIN_INVALID);
	handles.consumers_n = 0;
	handles.producers = &no_producer;
	handles.producers_n = 1;
	ck_assert_int_eq(kin_metrics_write(&handles, keep, &text, NULL), KIN_INVALID);
	handles.size = 8;
	ck_assert_int_eq(kin_metrics_write(&handles, keep, &text, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "size"));
	ck_assert_int_eq(text.calls, 0);
}
END_TEST

/* --- threads -------------------------------------------------------------------------------- */

static struct kin_consumer *watched;
static int told_in_log, code_in_log;

/* The request lines come on the I/O thread: there it would wait for itself. */
static void look_in_log(void *user, int level, const char *room, const char *line)
{
	struct kin_consumer_snapshot *snapshot;

	(void)user;
	(void)level;
	(void)line;
	if (strcmp(room, "http") != 0 || !__atomic_load_n(&watched, __ATOMIC_ACQUIRE) || told_in_log)
		return;
	code_in_log = kin_consumer_snapshot(watched, &snapshot, NULL);
	__atomic_store_n(&told_in_log, 1, __ATOMIC_RELEASE);
}

static int look_in_handler(void *user, struct kin_batch *batch)
{
	struct kin_consumer_snapshot *snapshot;

	(void)batch;
	for (int i = 0; i < 20000 && !__atomic_load_n(&watched, __ATOMIC_ACQUIRE); i++)
		nap_ms(1);
	if (kin_consumer_snapshot(watched, &snapshot, NULL) == KIN_OK) {
		__atomic_store_n((int *)user, snapshot->handler_calls == 1 ? 1 : -1, __ATOMIC_RELEASE);
		kin_consumer_snapshot_free(snapshot);
	}
	return KIN_OK;
}

START_TEST(a_handler_may_look_a_log_function_may_not)
{
	struct kin_client_options c;
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_client *chatty;
	int looked = 0;

	put("k", 1);
	client_options(&c);
	c.log = look_in_log;
	c.log_level = KIN_LOG_TRACE;
	OK(kin_client_open(&chatty, &c, &error));
	consumer_options(&o, look_in_handler);
	o.user = &looked;
	OK(kin_consumer_open(&consumer, chatty, &o, &error));
	__atomic_store_n(&watched, consumer, __ATOMIC_RELEASE);
	for (int i = 0; i < 8000 && !(__atomic_load_n(&looked, __ATOMIC_ACQUIRE) &&
	                              __atomic_load_n(&told_in_log, __ATOMIC_ACQUIRE));
	     i++)
		nap_ms(5);
	ck_assert_int_eq(looked, 1);
	ck_assert_int_eq(code_in_log, KIN_WOULD_DEADLOCK);
	OK(kin_consumer_close(consumer, -1, &error));
	kin_client_close(chatty);
}
END_TEST

static bool is_fatal(const struct kin_consumer_snapshot *snapshot)
{
	return snapshot->health->state == KIN_CONSUMER_FATAL;
}

START_TEST(what_cannot_go_on_is_told_still)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_consumer_snapshot *snapshot;

	consumer_options(&o, do_nothing);
	o.stream = "nowhere";
	OK(kin_consumer_open(&consumer, client, &o, &error));
	snapshot = wait_for(consumer, is_fatal);
	ck_assert_int_eq(snapshot->health->code, KIN_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(kin_consumer_snapshot_json(snapshot, NULL),
	                             "\"state\":\"fatal\",\"error\":\""));
	ck_assert_uint_eq(snapshot->shards_n, 0);
	ck_assert_ptr_null(kin_consumer_snapshot_shard(snapshot, 0));
	kin_consumer_snapshot_free(snapshot);
	ck_assert_int_eq(kin_consumer_close(consumer, -1, &error), KIN_NOT_FOUND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics, public");
	TCase *tcase = tcase_create("metrics");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, counts_are_those_of_lambda);
	tcase_add_test(tcase, what_is_blocked_is_told);
	tcase_add_test(tcase, a_batch_taken_is_a_call);
	tcase_add_test(tcase, text_of_many_handles);
	tcase_add_test(tcase, a_producer_tells_of_times_and_failures);
	tcase_add_test(tcase, a_producer_of_aggregates_tells_of_times);
	tcase_add_test(tcase, a_producer_tells_of_costs_and_shards);
	tcase_add_test(tcase, a_producer_tells_of_a_throttled_shard);
	tcase_add_test(tcase, arguments);
	tcase_add_test(tcase, a_handler_may_look_a_log_function_may_not);
	tcase_add_test(tcase, what_cannot_go_on_is_told_still);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
