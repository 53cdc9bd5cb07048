/* Consumer and reader against the embedded endpoint: push, pull, partial failure, on-failure, stop, faults. */
#include <check.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct kin_mock *mock;
static struct kin_client *client;
static char folder[64], store_uri[80];
static int32_t wire;

static void setup(void)
{
	struct kin_mock_options m;
	struct kin_client_options o;
	struct kin_error e;

	kin_mock_options_init(&m);
	m.streams = "s:2,big:4,one:1,wide:40";
	ck_assert_msg(kin_mock_open(&mock, &m, &e) == KIN_OK, "%s", e.message);
	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	o.wire = wire;
	ck_assert_msg(kin_client_open(&client, &o, &e) == KIN_OK, "%s", e.message);
	snprintf(folder, sizeof folder, "/tmp/kin-check-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(store_uri, sizeof store_uri, "file:%s", folder);
}

static void setup_cbor(void)
{
	wire = KIN_WIRE_CBOR;
	setup();
}

static void teardown(void)
{
	char command[100];
	kin_client_close(client);
	kin_mock_close(mock);
	wire = KIN_WIRE_JSON;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void fault(const char *text)
{
	struct kin_error e;
	ck_assert_msg(kin_mock_fault(mock, text, &e) == KIN_OK, "%s", e.message);
}

/* Puts "0".."n-1" under the key, in order: one call each. */
static void put_to(const char *stream, const char *key, int first, int n)
{
	struct kin_error e;
	for (int i = first; i < first + n; i++) {
		struct kin_call *call;
		char text[16];
		int size = snprintf(text, sizeof text, "%d", i);
		ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &e), KIN_OK);
		ck_assert_int_eq(kin_call_set_text(call, "StreamName", stream, &e), KIN_OK);
		ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", key, &e), KIN_OK);
		ck_assert_int_eq(kin_call_set_data(call, "Data", text, (size_t)size, &e), KIN_OK);
		ck_assert_msg(kin_call_wait(call, -1, &e) == KIN_OK, "%s", e.message);
		kin_call_free(call);
	}
}

static void put(const char *key, int first, int n)
{
	put_to("s", key, first, n);
}

static void options(struct kin_consumer_options *o)
{
	kin_consumer_options_init(o);
	o->stream = "s";
	o->application = "test";
	o->store = store_uri;
	o->until = KIN_UNTIL_LATEST;
	o->poll_interval_ms = 200;
	o->behind_interval_ms = 0;
	o->retry_base_ms = 1;
	o->retry_max_ms = 10;
}

/* ---- what the handlers note ---- */

static struct {
	pthread_mutex_t lock;
	int seen[1000], calls, order_broken, last, poison, busy, stop_at;
} note = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int value(const struct kin_record *r)
{
	char text[16];
	snprintf(text, sizeof text, "%.*s", (int)r->data_size, (const char *)r->data);
	return atoi(text);
}

static int handle(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int code = KIN_OK;

	(void)user;
	pthread_mutex_lock(&note.lock);
	note.calls++;
	if (note.busy > 0) {
		note.busy--;
		code = KIN_BUSY;
	}
	while (code == KIN_OK && (r = kin_batch_next(batch))) {
		int v = value(r);
		if (v == note.poison) {
			code = kin_batch_fail(batch, r, "poison %d", v);
			break;
		}
		note.order_broken += v <= note.last;
		note.last = v;
		note.seen[v]++;
		if (v == note.stop_at)
			kin_batch_stop(batch);
	}
	pthread_mutex_unlock(&note.lock);
	return code;
}

#include "consumer_first.h"

static void expect_seen(int first, int n, int times)
{
	for (int i = first; i < first + n; i++)
		ck_assert_msg(note.seen[i] == times, "record %d was handled %d times, not %d", i,
		              note.seen[i], times);
}

static void forget(void)
{
	memset(note.seen, 0, sizeof note.seen);
	note.calls = note.order_broken = note.busy = 0;
	note.last = note.poison = note.stop_at = -1;
}

START_TEST(push_and_go_on)
{
	struct kin_consumer_options o;
	struct kin_error e;

	forget();
	put("a", 0, 50);
	options(&o);
	o.handler = handle;
	o.batch_size = 7;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	expect_seen(0, 50, 1);
	ck_assert_int_eq(note.order_broken, 0);
	ck_assert_int_ge(note.calls, 8);
	put("a", 50, 10);
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	expect_seen(0, 60, 1); /* the second run began after the first one's checkpoint */
}
END_TEST

START_TEST(partial_failure_to_a_file)
{
	struct kin_consumer_options o;
	struct kin_error e;
	char uri[100], line[65536];

	forget();
	put("a", 0, 20);
	options(&o);
	snprintf(uri, sizeof uri, "file:%s/failed", folder);
	o.on_failure = uri;
	o.maximum_retry_attempts = 2;
	o.bisect_batch_on_function_error = true;
	o.handler = handle;
	note.poison = 11;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	/* Marked at its head, a batch is not halved: it used its attempts whole, so 11..19 went to the file. */
	expect_seen(0, 11, 1);
	FILE *file = fopen(uri + 5, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	ck_assert_ptr_nonnull(strstr(line, "\"condition\":\"RetryAttemptsExhausted\""));
	ck_assert_ptr_nonnull(strstr(line, "\"payload\":\"{"));
	ck_assert_ptr_nonnull(strstr(line, "\"functionError\":null"));
	fclose(file);
}
END_TEST

static int fail_whole(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	(void)user;
	while ((r = kin_batch_next(batch)))
		if (value(r) == note.poison)
			return KIN_FAILED;
	for (size_t i = 0; (r = kin_batch_record(batch, i)); i++)
		note.seen[value(r)]++;
	return KIN_OK;
}

static int bury(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	int *buried = user;
	if (buried[0]++ == 0) {
		error->code = KIN_IO;
		snprintf(error->message, sizeof error->message, "not yet");
		return KIN_IO; /* the first delivery fails: it comes again */
	}
	ck_assert_uint_eq(failure->count, 1);
	ck_assert_str_eq(failure->condition, "RetryAttemptsExhausted");
	ck_assert_uint_eq(failure->attempts, 2);
	buried[1] = value(failure->records[0]);
	return KIN_OK;
}

START_TEST(bisect_to_a_sink)
{
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_consumer_health h = { .size = sizeof h };
	struct kin_error e;
	int buried[2] = { 0, -1 };
	struct kin_sink sink = { sizeof sink, buried, bury, NULL };

	forget();
	put("a", 0, 16);
	options(&o);
	o.sink_interface = &sink;
	o.handler = fail_whole;
	o.maximum_retry_attempts = 1;
	o.bisect_batch_on_function_error = true;
	note.poison = 5;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	ck_assert_msg(kin_consumer_wait(c, INT64_MAX, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_health(c, &h, &e), KIN_OK);
	ck_assert_int_eq(kin_consumer_close(c, 50000, &e), KIN_OK);
	expect_seen(0, 5, 1);
	expect_seen(6, 10, 1);
	ck_assert_int_eq(note.seen[5], 0);
	ck_assert_int_eq(buried[1], 5);
	ck_assert_uint_eq(h.on_failure, 1);
	ck_assert_uint_eq(h.handled, 15);
	ck_assert_uint_eq(h.bisected, 4);
	ck_assert_int_eq(h.state, KIN_CONSUMER_ENDED);
}
END_TEST

START_TEST(pull_form)
{
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_batch *batch;
	struct kin_error e;
	int code, later = 0;

	forget();
	put("a", 0, 30);
	options(&o);
	o.batch_size = 10;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	struct pollfd ready = { .fd = kin_consumer_fd(c), .events = POLLIN };
	for (;;) {
		ck_assert_int_eq(poll(&ready, 1, 50000), 1);
		code = kin_consumer_next(c, &batch, 0, &e);
		if (code == KIN_TIMEOUT)
			continue;
		if (code != KIN_OK)
			break;
		ck_assert_str_eq(kin_batch_shard_id(batch), kin_batch_record(batch, 0)->shard_id);
		ck_assert_ptr_nonnull(
				strstr(kin_batch_event_json(batch, NULL), "\"eventSource\":\"aws:kinesis\""));
		if (!later++) {
			ck_assert_int_eq(kin_consumer_close(c, 10, &e), KIN_TIMEOUT); /* a batch is out */
			kin_batch_finish(batch, KIN_OK);
			ck_assert_int_eq(kin_consumer_close(c, 50000, &e), KIN_OK);
			ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
			ready.fd = kin_consumer_fd(c);
			continue;
		}
		ck_assert_uint_eq(kin_batch_attempt(batch), 1);
		for (const struct kin_record *r; (r = kin_batch_next(batch));)
			note.seen[value(r)]++;
		kin_batch_finish(batch, KIN_OK);
	}
	ck_assert_int_eq(code, KIN_END);
	ck_assert_int_eq(kin_consumer_close(c, 50000, &e), KIN_OK);
	expect_seen(10, 20, 1); /* 0..9 were done before the first close */
}
END_TEST

static int call_wrongly(void *user, struct kin_batch *batch)
{
	struct kin_consumer **c = user;
	struct kin_error e;
	ck_assert_int_eq(kin_consumer_wait(*c, 0, &e), KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(kin_consumer_close(*c, 0, &e), KIN_WOULD_DEADLOCK);
	kin_batch_stop(batch);
	note.calls++;
	return KIN_OK;
}

START_TEST(calls_from_a_handler)
{
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_error e;

	forget();
	put("a", 0, 1);
	options(&o);
	o.until = KIN_UNTIL_NEVER;
	o.handler = call_wrongly;
	o.user = &c;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	ck_assert_msg(kin_consumer_wait(c, 50000, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_close(c, 50000, &e), KIN_OK);
	ck_assert_int_eq(note.calls, 1);
}
END_TEST

START_TEST(busy_and_stop)
{
	struct kin_consumer_options o;
	struct kin_error e;

	forget();
	put("a", 0, 10);
	options(&o);
	o.until = KIN_UNTIL_NEVER;
	o.batch_size = 5;
	o.on_failure = "drop";
	o.maximum_retry_attempts = 0; /* busy uses no attempt: nothing is dropped */
	o.handler = handle;
	note.busy = 5;
	note.stop_at = 4;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	expect_seen(0, 5, 1);
	expect_seen(5, 5, 0); /* stopped after the first batch */
}
END_TEST

START_TEST(faults)
{
	static const char *const kinds[] = { "throttle", "error500", "error503",
		                             "drop",     "truncate", "latency:ms=50" };
	struct kin_consumer_options o;
	struct kin_error e;
	char text[80];

	forget();
	put("a", 0, 200);
	snprintf(text, sizeof text, "*:%s:every=3", kinds[_i]);
	fault(text);
	fault("GetRecords:expired_iterator:nth=4");
	options(&o);
	o.handler = handle;
	o.batch_size = 20;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s: %s", kinds[_i], e.message);
	expect_seen(0, 200, 1);
	ck_assert_int_eq(note.order_broken, 0);
}
END_TEST

#include "consumer_lanes.h"
#include "consumer_pause.h"
#include "consumer_memory.h"
#include "consumer_large.h"

START_TEST(read_all)
{
	struct kin_reader *reader;
	struct kin_start start;
	const struct kin_record *r;
	struct kin_error e;
	int n = 0, code;

	put("a", 0, 25);
	put("b", 25, 25);
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	ck_assert_int_eq(kin_reader_open(&reader, client, "s", &start, &e), KIN_OK);
	while ((code = kin_reader_next(reader, &r, 50000, &e)) == KIN_OK) {
		ck_assert_uint_eq(r->partition_key_size, 1);
		ck_assert_int_eq(value(r) >= 25, r->partition_key[0] == 'b');
		n++;
	}
	ck_assert_msg(code == KIN_END, "%s", e.message);
	ck_assert_str_eq(e.message, "the reader of s has ended");
	ck_assert_int_eq(n, 50);
	kin_reader_close(reader);
	ck_assert_int_eq(kin_reader_open(&reader, client, "nowhere", NULL, &e), KIN_OK);
	ck_assert_int_eq(kin_reader_next(reader, &r, 50000, &e), KIN_NOT_FOUND);
	kin_reader_close(reader);
}
END_TEST

#include "consumer_refused.h"
#include "consumer_filtered.h"
#include "consumer_ends.h"
#include "consumer_pages.h"
#include "consumer_aggregates.h"
#include "consumer_windows.h"

int main(void)
{
	Suite *suite = suite_create("consumer");
	TCase *tcase = tcase_create("consumer");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, the_first_record_comes_soon, 0, 2);
	tcase_add_test(tcase, push_and_go_on);
	tcase_add_test(tcase, partial_failure_to_a_file);
	tcase_add_test(tcase, bisect_to_a_sink);
	tcase_add_test(tcase, pull_form);
	tcase_add_test(tcase, calls_from_a_handler);
	tcase_add_test(tcase, busy_and_stop);
	tcase_add_loop_test(tcase, faults, 0, 6);
	tcase_add_test(tcase, blocked_shards_leave_room);
	tcase_add_test(tcase, the_largest_records_are_handled);
	tcase_add_loop_test(tcase, bad_options, 0, 9);
	tcase_add_test(tcase, no_such_stream);
	tcase_add_test(tcase, store_in_use);
	tcase_add_test(tcase, filtered);
	tcase_add_test(tcase, bad_filter);
	tcase_add_test(tcase, own_ends);
	tcase_add_test(tcase, read_all);
	tcase_add_test(tcase, lanes_of_a_shard_run_at_once);
	tcase_add_test(tcase, a_failing_lane_stops_no_other);
	tcase_add_test(tcase, paused_while_records_arrive);
	tcase_add_test(tcase, paused_in_pull_form);
	tcase_add_test(tcase, options_change_while_it_runs);
	tcase_add_test(tcase, more_handlers_while_it_runs);
	tcase_add_test(tcase, shards_come_in_pages);
	tcase_add_test(tcase, an_answer_is_no_function_error);
	tcase_add_test(tcase, the_tip_is_polled_at_its_own_interval);
	add_aggregates(tcase);
	tcase_add_test(tcase, windows_count_each_record_once);
	tcase_add_test(tcase, windows_survive_a_stop);
	tcase_add_test(tcase, damaged_windows_are_refused);
	tcase_add_test(tcase, windows_need_a_state);
	tcase_add_loop_test(tcase, answers_in_windows, 0, 2);
	tcase_add_loop_test(tcase, bad_windows, 0, 4);
	tcase_add_test(tcase, stores_without_states);
	suite_add_tcase(suite, tcase);
	TCase *cbor = tcase_create("CBOR");
	tcase_add_checked_fixture(cbor, setup_cbor, teardown);
	tcase_set_timeout(cbor, 60);
	tcase_add_test(cbor, push_and_go_on);
	tcase_add_test(cbor, partial_failure_to_a_file);
	tcase_add_test(cbor, calls_from_a_handler);
	tcase_add_loop_test(cbor, faults, 0, 6);
	tcase_add_test(cbor, no_such_stream);
	tcase_add_test(cbor, read_all);
	tcase_add_test(cbor, shards_come_in_pages);
	suite_add_tcase(suite, cbor);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
