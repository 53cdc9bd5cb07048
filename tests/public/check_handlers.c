/* How handlers behave, and what is told of them: answers that may be a mistake, reasons, on-failure JSON, time limits;
 * several consumers on one client. */
#include <check.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct kin_mock *mock;
static struct kin_client *client;
static struct kin_error error;

/* The lines of the log, from INFO on. */
static struct {
	pthread_mutex_t lock;
	char text[1 << 16];
	size_t n;
} journal = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void keep_line(void *user, int level, const char *room, const char *line)
{
	(void)user;
	pthread_mutex_lock(&journal.lock);
	if (journal.n + strlen(line) + 40 < sizeof journal.text)
		journal.n += (size_t)snprintf(journal.text + journal.n, 1200, "%s %s %s\n",
		                              kin_log_level_name(level), room, line);
	pthread_mutex_unlock(&journal.lock);
}

static int lines_with(const char *part)
{
	int n = 0;

	pthread_mutex_lock(&journal.lock);
	for (const char *at = journal.text; (at = strstr(at, part)); at++)
		n++;
	pthread_mutex_unlock(&journal.lock);
	return n;
}

static void setup(void)
{
	struct kin_mock_options m;
	struct kin_client_options o;

	journal.n = 0;
	journal.text[0] = 0;
	kin_mock_options_init(&m);
	m.streams = "one:1,four:4";
	ck_assert_msg(kin_mock_open(&mock, &m, &error) == KIN_OK, "%s", error.message);
	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	o.log = keep_line;
	o.log_level = KIN_LOG_INFO;
	ck_assert_msg(kin_client_open(&client, &o, &error) == KIN_OK, "%s", error.message);
}

static void teardown(void)
{
	kin_client_close(client);
	kin_mock_close(mock);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void put(const char *stream, const char *key, const char *text)
{
	struct kin_call *call;

	ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", stream, &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", key, &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_data(call, "Data", text, strlen(text), &error), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
}

static void options(struct kin_consumer_options *o, const char *stream, kin_handler_fn *handler)
{
	kin_consumer_options_init(o);
	o->stream = stream;
	o->application = "test";
	o->store = "memory:";
	o->until = KIN_UNTIL_LATEST;
	o->poll_interval_ms = 200;
	o->behind_interval_ms = 0;
	o->retry_base_ms = 1;
	o->retry_max_ms = 10;
	o->handler = handler;
}

/* ---- answers ---- */

static int answer_misspelt(void *user, struct kin_batch *batch)
{
	static const char text[] = "{\"batchItemFailure\":[{\"itemIdentifier\":\"1\"}],\"more\":1}";

	++*(int *)user;
	return kin_batch_respond(batch, text, sizeof text - 1);
}

START_TEST(a_misspelt_answer_is_warned_of_once)
{
	struct kin_consumer_options o;
	int calls = 0;

	for (int i = 0; i < 20; i++)
		put("one", "k", "x");
	options(&o, "one", answer_misspelt);
	o.user = &calls;
	o.batch_size = 1;
	ck_assert_msg(kin_consumer_run(client, &o, &error) == KIN_OK, "%s", error.message);
	ck_assert_msg(calls == 20, "each of 20 batches is done at once, there were %d calls", calls);
	ck_assert_msg(lines_with(" response: ") == 1, "one line of 20:\n%s", journal.text);
	ck_assert_msg(lines_with("warn consumer one: shardId-000000000000: response: an object with "
	                         "'batchItemFailure' but without batchItemFailures counts as success") == 1,
	              "the line names the shard and the key:\n%s", journal.text);
}
END_TEST

static int answer_too_much(void *user, struct kin_batch *batch)
{
	size_t n = 6291457;
	char *text = malloc(n);
	int code;

	(void)user;
	ck_assert_ptr_nonnull(text);
	memset(text, ' ', n);
	code = kin_batch_respond(batch, text, n);
	free(text);
	return code;
}

static int keep_failure(void *user, const struct kin_failure *failure, struct kin_error *why)
{
	char *kept = user;

	(void)why;
	snprintf(kept, 2000, "%s %s", failure->reason, failure->json);
	return KIN_OK;
}

/* Unlike an answer that says that all failed: it never came to Lambda. */
START_TEST(an_answer_too_large_is_a_function_error)
{
	struct kin_consumer_options o;
	char kept[2000] = "";
	struct kin_sink sink = { sizeof sink, kept, keep_failure, NULL };

	put("one", "k", "x");
	options(&o, "one", answer_too_much);
	o.sink_interface = &sink;
	o.maximum_retry_attempts = 0;
	ck_assert_msg(kin_consumer_run(client, &o, &error) == KIN_OK, "%s", error.message);
	ck_assert_msg(strstr(kept, "response: more than 6291456 bytes") == kept, "%s", kept);
	ck_assert_msg(strstr(kept, "\"functionError\":\"Unhandled\"") != NULL, "%s", kept);
}
END_TEST

/* ---- a gate ---- */

/* A handler is stuck with a record "stuck" until it is let go; of the others it counts. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int stuck, handled;
	bool let_go;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };

static int pass_gate(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;

	(void)user;
	pthread_mutex_lock(&gate.lock);
	while ((r = kin_batch_next(batch))) {
		if (r->data_size == 5 && memcmp(r->data, "stuck", 5) == 0) {
			gate.stuck++;
			pthread_cond_broadcast(&gate.change);
			while (!gate.let_go)
				pthread_cond_wait(&gate.change, &gate.lock);
			gate.stuck--;
		}
		gate.handled++;
	}
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.lock);
	return KIN_OK;
}

static void let_go(bool go)
{
	pthread_mutex_lock(&gate.lock);
	gate.let_go = go;
	pthread_cond_broadcast(&gate.change);
	pthread_mutex_unlock(&gate.lock);
}

static void wait_stuck(int n)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.stuck < n)
		pthread_cond_wait(&gate.change, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void wait_handled(int n)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.handled < n)
		pthread_cond_wait(&gate.change, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

/* ---- reasons, and what the on-failure JSON has ---- */

/* Fails "a" for a reason, is done with all else. */
static int fail_a(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;

	(void)user;
	while ((r = kin_batch_next(batch)))
		if (r->data_size == 1 && *(const char *)r->data == 'a')
			return kin_batch_fail(batch, r, "no room for \"%.*s\"", (int)r->data_size,
			                      (const char *)r->data);
	return KIN_OK;
}

struct told {
	int n;
	char reason[100], json[2000], payload[4000];
	size_t json_size, payload_size;
	bool has_payload;
};

static int keep_told(void *user, const struct kin_failure *failure, struct kin_error *why)
{
	struct told *told = user;

	(void)why;
	told->n++;
	snprintf(told->reason, sizeof told->reason, "%s", failure->reason);
	snprintf(told->json, sizeof told->json, "%s", failure->json);
	told->json_size = failure->json_size;
	told->has_payload = failure->json_payload != NULL;
	told->payload_size = failure->json_payload_size;
	snprintf(told->payload, sizeof told->payload, "%s",
	         failure->json_payload ? failure->json_payload : "");
	return KIN_OK;
}

static void tell_failure(struct told *told, bool payload, bool reason)
{
	struct kin_consumer_options o;
	struct kin_sink sink = { sizeof sink, told, keep_told, NULL };

	memset(told, 0, sizeof *told);
	options(&o, "one", fail_a);
	o.sink_interface = &sink;
	o.maximum_retry_attempts = 1;
	o.batch_size = 1;
	o.on_failure_payload = payload;
	o.on_failure_reason = reason;
	ck_assert_msg(kin_consumer_run(client, &o, &error) == KIN_OK, "%s", error.message);
}

START_TEST(a_reason_goes_to_the_log_and_the_sink)
{
	struct told told;

	put("one", "k", "a");
	put("one", "k", "b");
	tell_failure(&told, true, false);
	ck_assert_int_eq(told.n, 1);
	ck_assert_str_eq(told.reason, "no room for \"a\"");
	ck_assert_uint_eq(told.json_size, strlen(told.json));
	ck_assert_uint_eq(told.payload_size, strlen(told.payload));
	/* Lambda's own JSON, and nothing else. */
	ck_assert_ptr_null(strstr(told.json, "reason"));
	ck_assert_ptr_null(strstr(told.payload, "reason"));
	ck_assert_ptr_nonnull(strstr(told.payload, ",\"payload\":\"{\\\"Records\\\":[{"));
	ck_assert_msg(lines_with("info consumer one: shardId-000000000000: attempt 1 of 1 records: failed in "
	                         "part: no room for \"a\"\n") == 1 &&
	                              lines_with("attempt 2 of 1 records") == 1,
	              "each try that fails is told of at INFO:\n%s", journal.text);
	ck_assert_msg(lines_with("warn consumer one: shardId-000000000000: 1 record given up after 2 "
	                         "attempts "
	                         "(RetryAttemptsExhausted) and sent on failure: no room for \"a\"\n") == 1,
	              "what is given up is told of at WARN:\n%s", journal.text);
}
END_TEST

START_TEST(the_json_has_what_was_asked_for)
{
	static const char reason[] = ",\"reason\":\"no room for \\\"a\\\"\"";
	struct told told;

	put("one", "k", "a");
	for (int payload = 0; payload < 2; payload++)
		for (int with = 0; with < 2; with++) {
			tell_failure(&told, payload, with);
			ck_assert_int_eq(told.n, 1);
			ck_assert_int_eq(told.has_payload, payload);
			ck_assert_int_eq(strstr(told.json, reason) != NULL, with);
			ck_assert_int_eq(strstr(told.payload, reason) != NULL, payload && with);
			ck_assert_ptr_null(strstr(told.json, "payload"));
		}
}
END_TEST

/* Fails for a reason, is busy, then waits at the gate, and is done. */
static int fail_once(void *user, struct kin_batch *batch)
{
	switch (++*(int *)user) {
	case 1:
		return kin_batch_fail(batch, kin_batch_record(batch, 0), "the first time");
	case 2:
		return KIN_BUSY;
	default:
		return pass_gate(NULL, batch);
	}
}

static const char *reason_now(struct kin_consumer *consumer, char text[100])
{
	struct kin_consumer_snapshot *snapshot;

	ck_assert_msg(kin_consumer_snapshot(consumer, &snapshot, &error) == KIN_OK, "%s", error.message);
	snprintf(text, 100, "%s", kin_consumer_snapshot_shard(snapshot, 0)->reason);
	kin_consumer_snapshot_free(snapshot);
	return text;
}

START_TEST(a_reason_is_shown_until_it_is_made_good)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	char text[100] = "?";
	int calls = 0;

	let_go(false);
	gate.stuck = gate.handled = 0;
	put("one", "k", "stuck");
	options(&o, "one", fail_once);
	o.until = KIN_UNTIL_NEVER;
	o.user = &calls;
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &error) == KIN_OK, "%s", error.message);
	wait_stuck(1);
	ck_assert_str_eq(reason_now(consumer, text), "the first time");
	let_go(true);
	for (int i = 0; i < 8000 && reason_now(consumer, text)[0]; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	ck_assert_str_eq(text, "");
	ck_assert_msg(kin_consumer_close(consumer, 50000, &error) == KIN_OK, "%s", error.message);
}
END_TEST

START_TEST(a_file_without_payload)
{
	struct kin_consumer_options o;
	char folder[] = "/tmp/kin-check-XXXXXX", uri[64], line[4000] = "";
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(uri, sizeof uri, "file:%s/failed", folder);
	put("one", "k", "a");
	options(&o, "one", fail_a);
	o.on_failure = uri;
	o.maximum_retry_attempts = 0;
	o.on_failure_payload = false;
	ck_assert_msg(kin_consumer_run(client, &o, &error) == KIN_OK, "%s", error.message);
	file = fopen(uri + 5, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	fclose(file);
	remove(uri + 5);
	remove(folder);
	ck_assert_ptr_null(strstr(line, "payload"));
	ck_assert_ptr_nonnull(strstr(line, "\"KinesisBatchInfo\":{\"shardId\":\"shardId-000000000000\""));
	ck_assert_str_eq(line + strlen(line) - 3, "}}\n");
}
END_TEST

/* ---- handlers that take too long ---- */

static void open_gate_consumer(struct kin_consumer **consumer, uint32_t timeout_ms)
{
	struct kin_consumer_options o;

	gate.stuck = gate.handled = 0;
	let_go(false);
	options(&o, "four", pass_gate);
	o.until = KIN_UNTIL_NEVER;
	o.handlers_max = 1;
	o.batch_size = 1;
	o.handler_timeout_ms = timeout_ms;
	ck_assert_msg(kin_consumer_open(consumer, client, &o, &error) == KIN_OK, "%s", error.message);
}

static struct kin_consumer_health health_of(struct kin_consumer *consumer)
{
	struct kin_consumer_health health = { .size = sizeof health };

	ck_assert_int_eq(kin_consumer_health(consumer, &health, &error), KIN_OK);
	return health;
}

/* Keys of four shards: "0" to "3" in turn. */
static void put_at(int shard, const char *text)
{
	static const char *const starts[] = { "0", "85070591730234615865843651857942052864",
		                              "170141183460469231731687303715884105728",
		                              "255211775190703847597530955573826158592" };
	struct kin_call *call;

	ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "four", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", "k", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "ExplicitHashKey", starts[shard], &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_data(call, "Data", text, strlen(text), &error), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
}

/* Two handlers are stuck, three that are not come after them.  false: on a busy machine those, too, took so long that
 * they may have been overdue. */
static bool stuck_pass(uint32_t timeout_ms)
{
	struct kin_consumer *consumer;
	struct kin_consumer_health health;
	uint64_t began_ms;
	char text[80];
	bool in_time;

	put_at(0, "stuck");
	put_at(0, "behind it");
	put_at(1, "stuck");
	open_gate_consumer(&consumer, timeout_ms);
	wait_stuck(2); /* one place, and both have it: the first one is overdue */
	while (health_of(consumer).handlers_overdue < 2)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	began_ms = now_ms();
	put_at(2, "free");
	put_at(3, "free");
	put_at(3, "free");
	wait_handled(3); /* both are */
	for (int i = 0; i < 8000 && health_of(consumer).batches_out > 2; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	health = health_of(consumer);
	in_time = now_ms() - began_ms < timeout_ms;
	ck_assert_uint_eq(health.handlers_overdue, 2);
	ck_assert_msg(!in_time || health.handlers_overdue_total == 2,
	              "%d handlers were overdue, two took too long", (int)health.handlers_overdue_total);
	ck_assert_int_ge(lines_with("warn consumer four: shardId-000000000000: the handler has 1 records "
	                            "for "),
	                 1);
	snprintf(text, sizeof text, " ms, handler_timeout_ms is %u; its lane waits, another call may run",
	         timeout_ms);
	ck_assert_int_ge(lines_with(text), 2);
	ck_assert_int_eq(kin_consumer_close(consumer, 50, &error), KIN_TIMEOUT);
	ck_assert_msg(strstr(error.message, "2 batches are not finished: shardId-00000000000") &&
	                              strstr(error.message, " (1 records for "),
	              "%s", error.message);
	let_go(true);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &error) == KIN_OK, "%s", error.message);
	ck_assert_int_eq(gate.handled, 5); /* what stood behind was not begun any more */
	ck_assert_msg(!in_time || lines_with("the handler came back after ") == 2, "%s", journal.text);
	return in_time;
}

START_TEST(a_stuck_handler_holds_up_its_own_shard_only)
{
	for (uint32_t timeout_ms = 600; !stuck_pass(timeout_ms); timeout_ms *= 3) {
		ck_assert_msg(timeout_ms < 5000, "three small records were handled in more than %u ms",
		              timeout_ms);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_close_names_whom_it_waits_for)
{
	struct kin_consumer *consumer;

	put_at(2, "stuck");
	open_gate_consumer(&consumer, 0);
	wait_stuck(1);
	ck_assert_uint_eq(health_of(consumer).handlers_overdue_total, 0);
	ck_assert_int_eq(kin_consumer_close(consumer, 0, &error), KIN_TIMEOUT);
	ck_assert_msg(strstr(error.message,
	                     ": 1 batches are not finished: shardId-000000000002 (1 records for "),
	              "%s", error.message);
	let_go(true);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &error) == KIN_OK, "%s", error.message);
}
END_TEST

START_TEST(no_limit_without_a_handler)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;

	options(&o, "one", NULL);
	o.handler_timeout_ms = 1000;
	ck_assert_int_eq(kin_consumer_open(&consumer, client, &o, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(
			strstr(error.message, "option handler_timeout_ms is 1000, and there is no handler"));
}
END_TEST

/* ---- a destination that does not take them ---- */

static int refuse(void *user, const struct kin_failure *failure, struct kin_error *why)
{
	(void)failure;
	++*(int *)user;
	snprintf(why->message, sizeof why->message, "the house is gone");
	return why->code = KIN_IO;
}

START_TEST(a_destination_is_waited_for_so_long)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_consumer_health health;
	int calls = 0;
	struct kin_sink sink = { sizeof sink, &calls, refuse, NULL };

	put("one", "k", "a");
	put("one", "k", "b");
	options(&o, "one", fail_a);
	o.sink_interface = &sink;
	o.maximum_retry_attempts = 0;
	o.batch_size = 1;
	o.on_failure_timeout_ms = 1500; /* twice at least is to be tried, on a busy machine too */
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &error) == KIN_OK, "%s", error.message);
	ck_assert_msg(kin_consumer_wait(consumer, 50000, &error) == KIN_OK, "%s", error.message);
	health = health_of(consumer);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &error) == KIN_OK, "%s", error.message);
	ck_assert_uint_eq(health.dropped, 1);
	ck_assert_uint_eq(health.handled, 1);
	ck_assert_uint_eq(health.on_failure, 0);
	ck_assert_int_ge(calls, 2);
	ck_assert_msg(lines_with("error consumer one: shardId-000000000000: 1 records dropped, ") == 1 &&
	                              lines_with("on_failure_timeout_ms is 1500: the house is gone; the "
	                                         "handler said: no room "
	                                         "for \"a\"\n") == 1,
	              "%s", journal.text);
}
END_TEST

#include "handlers_several.h"

int main(void)
{
	Suite *suite = suite_create("handlers");
	TCase *tcase = tcase_create("handlers");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_misspelt_answer_is_warned_of_once);
	tcase_add_test(tcase, an_answer_too_large_is_a_function_error);
	tcase_add_test(tcase, a_reason_goes_to_the_log_and_the_sink);
	tcase_add_test(tcase, the_json_has_what_was_asked_for);
	tcase_add_test(tcase, a_file_without_payload);
	tcase_add_test(tcase, a_reason_is_shown_until_it_is_made_good);
	tcase_add_test(tcase, a_stuck_handler_holds_up_its_own_shard_only);
	tcase_add_test(tcase, a_close_names_whom_it_waits_for);
	tcase_add_test(tcase, no_limit_without_a_handler);
	tcase_add_test(tcase, a_destination_is_waited_for_so_long);
	tcase_add_loop_test(tcase, several_consumers_of_one_client, 0, 6);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
