/* How handlers behave, and what is told of them: answers that may be a mistake. */
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
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
