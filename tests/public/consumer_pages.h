/* Part of check_consumer: lists of shards in pages, from a server with a script; how often shards are read;
 * a handler that answers in JSON. */
#include "drive_server.h"

#define SHARD(id, begin, end)                                                                                \
	"{\"ShardId\":\"" id "\",\"HashKeyRange\":{\"StartingHashKey\":\"" begin                             \
	"\",\"EndingHashKey\":\"" end "\"},\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}"

START_TEST(shards_come_in_pages)
{
	static const struct line script[SCRIPT_MAX] = {
		{ 200, "",
		  "{\"StreamDescriptionSummary\":{\"StreamName\":\"s\",\"StreamARN\":\"arn:aws:kinesis:us-"
		  "east-1:"
		  "123456789012:stream/s\",\"StreamStatus\":\"ACTIVE\",\"RetentionPeriodHours\":24,"
		  "\"StreamCreationTimestamp\":1700000000.0,\"EnhancedMonitoring\":[],\"OpenShardCount\":3}"
		  "}" },
		{ 200, "", "{\"Shards\":[" SHARD("shardId-0", "0", "9") "],\"NextToken\":\"first\"}" },
		{ 200, "", "{\"Shards\":[" SHARD("shardId-1", "10", "19") "],\"NextToken\":\"second\"}" },
		{ 200, "",
		  "{\"Shards\":[" SHARD("shardId-2", "20", "340282366920938463463374607431768211455") "]}" },
		{ -1, "", "" }, /* whatever else it asks */
	};
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer_options o;
	struct kin_client_options c;
	struct kin_consumer *consumer;
	struct kin_client *asker;
	struct kin_error e;
	char url[64];

	service_start();
	service.script = script;
	snprintf(url, sizeof url, "http://127.0.0.1:%d", service.port);
	kin_client_options_init(&c);
	c.endpoint_url = url;
	c.region = "us-east-1";
	c.access_key_id = "AKIDMOCK";
	c.secret_access_key = "mock-secret";
	ck_assert_msg(kin_client_open(&asker, &c, &e) == KIN_OK, "%s", e.message);
	options(&o);
	o.store = "memory:";
	o.until = KIN_UNTIL_NEVER;
	ck_assert_msg(kin_consumer_open(&consumer, asker, &o, &e) == KIN_OK, "%s", e.message);
	for (int i = 0; i < 8000 && health.shards < 3; i++) {
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
		ck_assert_int_eq(kin_consumer_health(consumer, &health, &e), KIN_OK);
	}
	ck_assert_msg(health.shards == 3, "3 shards in 3 pages, %d were seen", (int)health.shards);
	ck_assert_ptr_nonnull(strstr(service.requests[1], "\"StreamName\":\"s\""));
	ck_assert_ptr_nonnull(strstr(service.requests[2], "\"NextToken\":\"first\""));
	ck_assert_ptr_nonnull(strstr(service.requests[3], "\"NextToken\":\"second\""));
	ck_assert_ptr_null(strstr(service.requests[3], "StreamName"));
	service_stop();
	ck_assert_int_ne(kin_consumer_close(consumer, 50000, &e), KIN_TIMEOUT);
	kin_client_close(asker);
}
END_TEST

/* One of the two intervals is a minute, and the other one must be what counts. */
static uint64_t ms_until_handled(struct kin_consumer_options *o, int n)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *consumer;
	struct kin_error e;
	uint64_t ms = 0;

	ck_assert_msg(kin_consumer_open(&consumer, client, o, &e) == KIN_OK, "%s", e.message);
	do {
		if (ms == 500) /* by now it has read all there was */
			put("a", n - 1, 1);
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		ms += 10;
		ck_assert_int_eq(kin_consumer_health(consumer, &health, &e), KIN_OK);
	} while (health.handled < (uint64_t)n && ms < 20000);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
	return ms;
}

START_TEST(the_tip_is_polled_at_its_own_interval)
{
	struct kin_consumer_options o;

	forget();
	options(&o);
	o.until = KIN_UNTIL_NEVER;
	o.handler = handle;
	o.poll_interval_ms = 200;
	o.behind_interval_ms = 60000;
	ck_assert_uint_lt(ms_until_handled(&o, 1), 20000);
}
END_TEST

static int answer_all_failed(void *user, struct kin_batch *batch)
{
	static const char all[] = "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}";

	(void)user;
	return kin_batch_respond(batch, all, sizeof all - 1);
}

static int raise_error(void *user, struct kin_batch *batch)
{
	(void)user;
	(void)batch;
	return KIN_FAILED;
}

/* A function that answers, and be it that all failed, had no function error. */
START_TEST(an_answer_is_no_function_error)
{
	struct kin_consumer_options o;
	struct kin_error e;
	char uri[100], line[65536];
	FILE *file;

	put("a", 0, 2);
	for (int raises = 0; raises < 2; raises++) {
		options(&o);
		o.application = raises ? "raises" : "answers";
		snprintf(uri, sizeof uri, "file:%s/failed-%d", folder, raises);
		o.on_failure = uri;
		o.maximum_retry_attempts = 0;
		o.handler = raises ? raise_error : answer_all_failed;
		ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
		file = fopen(uri + 5, "r");
		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
		ck_assert_ptr_nonnull(strstr(line, raises ? "\"functionError\":\"Unhandled\""
		                                          : "\"functionError\":null"));
		fclose(file);
	}
}
END_TEST
