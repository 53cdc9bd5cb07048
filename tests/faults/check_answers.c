/* Answers with status 200 that are not what was asked for: each is taken for what it is, tried again, and harms nothing. */
#include "deeds.h"
#include "main.h"
#include "stage.h"
#include "traffic.h"

static void one_shard(void)
{
	stage_set("s:1");
}

/* The mock did it; the client is told the text of the deed instead. */
static int say_instead(struct visit *visit, const char *text)
{
	return ask_mock(visit) &&
	       sayf(visit,
	            "HTTP/1.1 200 OK\r\nx-amzn-RequestId: instead-1\r\nContent-Type: "
	            "application/x-amz-json-1.1\r\nContent-Length: %zu\r\n\r\n",
	            strlen(text)) &&
	       say(visit, text);
}

static int instead(struct visit *visit)
{
	return say_instead(visit, visit->deed->text);
}

/* 100,000 lists in each other, in a member that nobody knows. */
static int deep(struct visit *visit)
{
	enum { DEEP = 100000 };
	char *lists = malloc(DEEP);
	int on;

	if (!lists)
		give_up("out of memory");
	memset(lists, '[', DEEP);
	on = ask_mock(visit) && /* not when the test ends meanwhile */
	     sayf(visit, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{\"X\":", DEEP + 5) &&
	     say_n(visit, lists, DEEP);
	free(lists);
	return on;
}

/* The answer's own text, cut in the middle, and said to be whole. */
static int halved(struct visit *visit)
{
	return ask_mock(visit) &&
	       sayf(visit, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", visit->answer_n / 2) &&
	       say_n(visit, visit->answer, visit->answer_n / 2);
}

/* What is wrong for every operation. */
#define ANY_OPERATION                                                                                        \
	{ "deep nesting", deep, NULL }, { "halved", halved, NULL }, { "an empty object", instead, "{}" },    \
			{ "a list", instead, "[]" }, { "null", instead, "null" },                            \
			{ "a number", instead, "7" }, { "a text", instead, "\"{}\"" },                       \
			{ "blanks", instead, "  \r\n " }, { "a broken member", instead, "{\"" },             \
			{ "text behind the end", instead, "{} {}" },                                         \
			{ "bytes that are no UTF-8", instead, "{\"\xff\xfe\":\"\xc3\"}" },                   \
	{                                                                                                    \
		"a lone surrogate", instead, "{\"X\":\"\\ud800\"}"                                           \
	}

/* --- PutRecords ----------------------------------------------------------------------------- */

#define GOOD "{\"SequenceNumber\":\"1\",\"ShardId\":\"shardId-000000000000\"}"
#define PUT(entries) "{\"FailedRecordCount\":0,\"Records\":[" entries "]}"

/* Two records are sent in each request. */
static const struct deed put_answers[] = {
	ANY_OPERATION,
	{ "Records null", instead, "{\"FailedRecordCount\":0,\"Records\":null}" },
	{ "Records an object", instead, "{\"Records\":{\"0\":" GOOD "}}" },
	{ "Records empty", instead, PUT("") },
	{ "one entry for two", instead, PUT(GOOD) },
	{ "three entries for two", instead, PUT(GOOD "," GOOD "," GOOD) },
	{ "Records twice", instead, "{\"Records\":[" GOOD "," GOOD "],\"Records\":[" GOOD "," GOOD "]}" },
	{ "no SequenceNumber", instead, PUT(GOOD ",{\"ShardId\":\"shardId-000000000000\"}") },
	{ "no ShardId", instead, PUT(GOOD ",{\"SequenceNumber\":\"1\"}") },
	{ "SequenceNumber null", instead, PUT(GOOD ",{\"SequenceNumber\":null,\"ShardId\":\"s\"}") },
	{ "SequenceNumber a number", instead, PUT(GOOD ",{\"SequenceNumber\":1,\"ShardId\":\"s\"}") },
	{ "SequenceNumber empty", instead, PUT(GOOD ",{\"SequenceNumber\":\"\",\"ShardId\":\"s\"}") },
	{ "ErrorCode a number", instead, PUT(GOOD ",{\"ErrorCode\":5}") },
	{ "an entry null", instead, PUT(GOOD ",null") },
	{ "an entry a text", instead, PUT(GOOD ",\"ok\"") },
	{ "an entry without members", instead, PUT(GOOD ",{}") },
	{ "an entry that failed without a reason", instead,
	  PUT(GOOD ",{\"ErrorCode\":\"\",\"ErrorMessage\":\"x\"}") },
};

enum { PUT_ANSWERS = sizeof put_answers / sizeof put_answers[0] };

static struct kin_producer *producer_of_pairs(struct kin_client *client, uint32_t ttl_ms)
{
	struct kin_producer_options options = producer_options();

	options.linger_ms = 5000; /* the flush sends them, together */
	options.request_records_max = 2;
	options.requests_max = 1;
	options.record_ttl_ms = ttl_ms;
	return producer_with(client, &options);
}

START_TEST(put_answer)
{
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer *producer = producer_of_pairs(client, 60000);

	watch(30, "PutRecords answered with %s", put_answers[_i].name);
	plan(&put_answers[_i], "PutRecords", 2);
	put_all(producer, 0, 2);
	OK(kin_producer_flush(producer, 20000, &error));
	ck_assert_int_eq(hostile.struck, 2);
	expect_all_stored(0, 2);
	ck_assert_uint_ge(seats[1].attempts, 3);
	OK(kin_producer_close(producer, 20000, &error));

	plan(&put_answers[_i], "PutRecords", -1);
	for (uint32_t ttl_ms = 400; ttl_ms == 400 || seats[3].attempts == 0; ttl_ms *= 3) {
		ck_assert_msg(ttl_ms < 20000, "%s: no attempt within %u ms", watched, ttl_ms / 3);
		forget_seats();
		producer = producer_of_pairs(client, ttl_ms);
		put_all(producer, 2, 2);
		OK(kin_producer_flush(producer, 20000, &error));
		if (seats[3].attempts == 0) /* a busy machine did not come to it */
			OK(kin_producer_close(producer, 20000, &error));
	}
	expect_true_reports(2, 2);
	ck_assert_int_eq(seats[3].code, KIN_EXPIRED);
	ck_assert_int_eq(seats[3].status, KIN_POSSIBLY_STORED);
	expect_parts(last_failure.message, "PutRecords: the answer of 127.0.0.1:|makes no sense",
	             "the report");
	ck_assert_int_eq(last_failure.http_status, 200);
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_OK);
	kin_client_close(client);
}
END_TEST

/* FailedRecordCount says something else than the entries: they count. */
static int miscounted(struct visit *visit)
{
	char *count = ask_mock(visit) ? strstr(visit->answer, "\"FailedRecordCount\":") : NULL;

	if (!count)
		return 0;
	count[20] = count[20] == '0' ? '7' : '0';
	return say(visit, visit->answer_head) && say_n(visit, visit->answer, visit->answer_n);
}

START_TEST(wrong_count)
{
	static const struct deed deed = { "another FailedRecordCount", miscounted, NULL };
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer = producer_with(client, &options);

	watch(30, "%s", deed.name);
	plan(&deed, "PutRecords", -1);
	if (_i)
		fault("PutRecords:partial:share=0.5:count=3");
	put_all(producer, 0, 60);
	OK(kin_producer_close(producer, 20000, &error));
	kin_client_close(client);
	expect_all_stored(0, 60);
}
END_TEST

/* Record 0 is stored, by what is said; of all others the text of the deed is. */
static int by_entry(struct visit *visit)
{
	char entries[4096] = "";
	const char *text = visit->deed->text;
	size_t n = 0;

	for (const char *at = visit->body; (at = strstr(at, "\"Data\":\"")); at += 8)
		n += (size_t)snprintf(entries + n, sizeof entries - n, "%s%s", n ? "," : "",
		                      strncmp(at + 8, "MA==", 4) == 0 ? GOOD : text);
	return sayf(visit, "HTTP/1.1 200 OK\r\nx-amzn-RequestId: entry-1\r\nContent-Length: %zu\r\n\r\n",
	            n + 14) &&
	       sayf(visit, "{\"Records\":[%s]}", entries);
}

/* What the service says of one entry: throttled, failed inside, refused for good. */
static const struct {
	struct deed deed;
	int code, status;
	const char *says;
} entries[] = {
	{ { "throttled", by_entry,
	    "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"Rate exceeded\"}" },
	  KIN_EXPIRED,
	  KIN_NOT_SENT,
	  "PutRecords: ProvisionedThroughputExceededException: Rate exceeded" },
	{ { "failed inside", by_entry,
	    "{\"ErrorCode\":\"InternalFailure\",\"ErrorMessage\":\"Internal Service Failure\"}" },
	  KIN_EXPIRED,
	  KIN_POSSIBLY_STORED,
	  "PutRecords: InternalFailure: Internal Service Failure" },
	{ { "refused", by_entry, "{\"ErrorCode\":\"KMSAccessDeniedException\",\"ErrorMessage\":null}" },
	  KIN_REFUSED,
	  KIN_NOT_SENT,
	  "PutRecords: KMSAccessDeniedException" },
};

START_TEST(entry_errors)
{
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer *producer = producer_of_pairs(client, 900);

	watch(30, "an entry that is %s", entries[_i].deed.name);
	plan(&entries[_i].deed, "PutRecords", -1);
	put_all(producer, 0, 2);
	flush_in_vain(producer, 100, entries[_i].says);
	OK(kin_producer_flush(producer, 20000, &error));
	ck_assert_int_eq(seats[0].code, KIN_OK);
	ck_assert_int_eq(seats[1].reports, 1);
	ck_assert_int_eq(seats[1].code, entries[_i].code);
	ck_assert_int_eq(seats[1].status, entries[_i].status);
	expect_parts(last_failure.message, entries[_i].says, "the report");
	ck_assert_str_eq(last_failure.request_id, "entry-1");
	OK(kin_producer_close(producer, 20000, &error));
	kin_client_close(client);
}
END_TEST

/* --- what a consumer asks ------------------------------------------------------------------------- */

#define GET(records) "{\"Records\":[" records "],\"NextShardIterator\":\"AAAA\",\"MillisBehindLatest\":0}"
#define RECORD(members) GET("{\"ApproximateArrivalTimestamp\":1768480496,\"PartitionKey\":\"k\"," members "}")

static const struct deed get_answers[] = {
	ANY_OPERATION,
	{ "Records null", instead, "{\"Records\":null,\"NextShardIterator\":\"AAAA\"}" },
	{ "no Records, and so the end", instead, "{\"MillisBehindLatest\":0}" },
	{ "Records an object", instead, "{\"Records\":{}}" },
	{ "Records twice", instead, "{\"Records\":[],\"Records\":[]}" },
	{ "a record null", instead, GET("null") },
	{ "no Data", instead, RECORD("\"SequenceNumber\":\"1\"") },
	{ "Data null", instead, RECORD("\"SequenceNumber\":\"1\",\"Data\":null") },
	{ "Data no base64", instead, RECORD("\"SequenceNumber\":\"1\",\"Data\":\"MT=x\"") },
	{ "Data a number", instead, RECORD("\"SequenceNumber\":\"1\",\"Data\":1") },
	{ "no SequenceNumber", instead, RECORD("\"Data\":\"MQ==\"") },
	{ "SequenceNumber no number", instead, RECORD("\"SequenceNumber\":\"1e3\",\"Data\":\"MQ==\"") },
	{ "a time in the year 10000", instead,
	  GET("{\"ApproximateArrivalTimestamp\":1e300,\"SequenceNumber\":\"1\",\"Data\":\"MQ==\"}") },
	{ "NextShardIterator a number", instead, "{\"Records\":[],\"NextShardIterator\":7}" },
	{ "NextShardIterator empty", instead, "{\"Records\":[],\"NextShardIterator\":\"\"}" },
	{ "MillisBehindLatest a text", instead,
	  "{\"Records\":[],\"NextShardIterator\":\"A\",\"MillisBehindLatest\":\"0\"}" },
	{ "ChildShards a number", instead, "{\"Records\":[],\"ChildShards\":7}" },
};

#define SHARD(id, more)                                                                                      \
	"{\"ShardId\":" id ",\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":\"9\"},"          \
	"\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}" more "}"

static const struct deed list_answers[] = {
	ANY_OPERATION,
	{ "Shards null", instead, "{\"Shards\":null}" },
	{ "Shards an object", instead, "{\"Shards\":{}}" },
	{ "a shard null", instead, "{\"Shards\":[null]}" },
	{ "a ShardId that is a number", instead, "{\"Shards\":[" SHARD("7", "") "]}" },
	{ "an empty ShardId", instead, "{\"Shards\":[" SHARD("\"\"", "") "]}" },
	{ "a ParentShardId that is a list", instead,
	  "{\"Shards\":[" SHARD("\"a\"", ",\"ParentShardId\":[]") "]}" },
	{ "hash keys that are no numbers", instead,
	  "{\"Shards\":[{\"ShardId\":\"a\",\"HashKeyRange\":{\"StartingHashKey\":\"x\",\"EndingHashKey\":"
	  "\"9\"},"
	  "\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}]}" },
	{ "no HashKeyRange", instead,
	  "{\"Shards\":[{\"ShardId\":\"a\",\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}]}" },
	{ "no SequenceNumberRange", instead,
	  "{\"Shards\":[{\"ShardId\":\"a\",\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":"
	  "\"9\"}}]}" },
	{ "a page that leads to itself", instead,
	  "{\"Shards\":[" SHARD("\"a\"", "") "],\"NextToken\":\"more\"}" },
	{ "a NextToken that is a number", instead, "{\"Shards\":[],\"NextToken\":7}" },
};

#define PAGE(id, token) "{\"Shards\":[" SHARD("\"" id "\"", "") "],\"NextToken\":\"" token "\"}"

/* Three pages, the last of which leads to the first. */
static int circle(struct visit *visit)
{
	if (strstr(visit->body, "\"two\""))
		return say_instead(visit, PAGE("c", "three"));
	if (strstr(visit->body, "\"one\""))
		return say_instead(visit, PAGE("b", "two"));
	return say_instead(visit, PAGE("a", "one"));
}

static char kept_list[65536];

/* The first page has no shard, and the token of the second, which has them all. */
static int empty_first(struct visit *visit)
{
	if (strstr(visit->body, "\"more\""))
		return say_instead(visit, kept_list);
	if (!ask_mock(visit) || visit->answer_n >= sizeof kept_list)
		return 0;
	memcpy(kept_list, visit->answer, visit->answer_n);
	kept_list[visit->answer_n] = 0;
	return say_instead(visit, "{\"Shards\":[],\"NextToken\":\"more\"}");
}

static int empty_for_ever(struct visit *visit)
{
	static int pages;
	char page[64];

	snprintf(page, sizeof page, "{\"Shards\":[],\"NextToken\":\"%d\"}", ++pages);
	return say_instead(visit, page);
}

static const struct deed describe_answers[] = {
	ANY_OPERATION,
	{ "no summary", instead, "{\"StreamDescriptionSummary\":null}" },
	{ "a summary without members", instead, "{\"StreamDescriptionSummary\":{}}" },
	{ "a summary that is a list", instead, "{\"StreamDescriptionSummary\":[]}" },
	{ "an unknown status", instead,
	  "{\"StreamDescriptionSummary\":{\"StreamName\":\"s\",\"StreamARN\":\"arn:aws:kinesis:us-east-1:1:"
	  "stream/s\","
	  "\"StreamStatus\":\"SLEEPING\",\"OpenShardCount\":1,\"RetentionPeriodHours\":24,"
	  "\"StreamCreationTimestamp\":1768480496}}" },
};

static const struct deed iterator_answers[] = {
	ANY_OPERATION,
	{ "ShardIterator null", instead, "{\"ShardIterator\":null}" },
	{ "ShardIterator empty", instead, "{\"ShardIterator\":\"\"}" },
	{ "ShardIterator a list", instead, "{\"ShardIterator\":[\"AAAA\"]}" },
};

static const struct {
	const char *operation;
	const struct deed *at;
	int n;
} asked[] = {
#define ASKED(operation, answers)                                                                            \
	{                                                                                                    \
		operation, answers, sizeof answers / sizeof answers[0]                                       \
	}
	ASKED("GetRecords", get_answers),
	ASKED("ListShards", list_answers),
	ASKED("DescribeStreamSummary", describe_answers),
	ASKED("GetShardIterator", iterator_answers),
#undef ASKED
};

static void consume_through(const char *operation, const struct deed *deed)
{
	enum { N = 60 };
	struct kin_client *client = client_to(hostile.url);
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_consumer *consumer;
	int code;

	watch(30, "%s answered with %s", operation, deed->name);
	fill(0, N);
	plan(deed, operation, 2);
	code = kin_consumer_run(client, &options, &error);
	ck_assert_msg(code == KIN_OK, "%s: %s: %s", watched, kin_code_name(code), error.message);
	ck_assert_int_eq(hostile.struck, 2);
	expect_handled(0, N, 1);
	plan(deed, operation, -1); /* for ever: it waits, says why, and closes in time */
	options.handler = NULL;
	OK(kin_consumer_open(&consumer, client, &options, &error));
	code = wait_in_vain(consumer, 100,
	                    "no batch came within 100 ms|the answer of 127.0.0.1:|makes no sense");
	ck_assert_int_eq(code, KIN_TIMEOUT);
	IN_TIME(code, 2000, kin_consumer_close(consumer, 20000, &error));
	OK(code);
	kin_client_close(client);
}

START_TEST(get_answer)
{
	consume_through(asked[0].operation, &asked[0].at[_i]);
}
END_TEST

START_TEST(list_answer)
{
	consume_through(asked[1].operation, &asked[1].at[_i]);
}
END_TEST

START_TEST(list_with_an_empty_page)
{
	enum { N = 40 };
	static const struct deed deed = { "a first page without a shard", empty_first, NULL };
	struct kin_client *client = client_to(hostile.url);
	struct kin_consumer_options options = consumer_options("memory:");

	watch(30, "ListShards answered with %s", deed.name);
	fill(0, N);
	plan(&deed, "ListShards", -1);
	OK(kin_consumer_run(client, &options, &error));
	expect_handled(0, N, 1);
	kin_client_close(client);
}
END_TEST

START_TEST(list_without_an_end)
{
	static const struct {
		struct deed deed;
		const char *says;
	} rows[] = {
		{ { "pages in a circle", circle, NULL }, "NextToken leads to a page that was there" },
		{ { "pages without a shard", empty_for_ever, NULL },
		  "100 pages in a row have a NextToken and no shard" },
	};
	const struct deed deed = rows[_i].deed;
	char says[128];
	struct kin_client *client = client_to(hostile.url);
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_consumer *consumer;
	int code;

	watch(30, "ListShards answered with %s", deed.name);
	plan(&deed, "ListShards", -1);
	options.handler = NULL;
	OK(kin_consumer_open(&consumer, client, &options, &error));
	snprintf(says, sizeof says, "no batch came within 1500 ms|%s", rows[_i].says);
	code = wait_in_vain(consumer, 1500, says);
	ck_assert_int_eq(code, KIN_TIMEOUT);
	IN_TIME(code, 2000, kin_consumer_close(consumer, 20000, &error));
	OK(code);
	kin_client_close(client);
}
END_TEST

START_TEST(describe_answer)
{
	consume_through(asked[2].operation, &asked[2].at[_i]);
}
END_TEST

START_TEST(iterator_answer)
{
	consume_through(asked[3].operation, &asked[3].at[_i]);
}
END_TEST

/* Well-formed lists that cannot be: nobody can know better, but it must neither spin nor crash nor hang. */
START_TEST(absurd_list)
{
	static const struct deed lists[] = {
		{ "a shard that is its own parent", instead,
		  "{\"Shards\":[" SHARD("\"a\"", ",\"ParentShardId\":\"a\"") "]}" },
		{ "two that are each other's parents", instead,
		  "{\"Shards\":[" SHARD("\"a\"", ",\"ParentShardId\":\"b\"") "," SHARD(
				  "\"b\"", ",\"ParentShardId\":\"a\"") "]}" },
		{ "the same shard twice", instead,
		  "{\"Shards\":[" SHARD("\"a\"", "") "," SHARD("\"a\"", "") "]}" },
		{ "no shards", instead, "{\"Shards\":[]}" },
	};
	struct kin_client *client = client_to(hostile.url);
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_consumer *consumer;
	long before = rss_kib();
	int code;

	watch(30, "ListShards answered with %s", lists[_i].name);
	options.shard_sync_interval_ms = 100;
	options.until = KIN_UNTIL_NEVER;
	plan(&lists[_i], "ListShards", -1);
	OK(kin_consumer_open(&consumer, client, &options, &error));
	IN_TIME(code, 1000, kin_consumer_wait(consumer, 1000, &error));
	ck_assert_msg(code != KIN_OK && code != KIN_BUG, "%s: %s: %s", watched, kin_code_name(code),
	              code ? error.message : "");
	IN_TIME(code, 3000, kin_consumer_close(consumer, 20000, &error));
	ck_assert_msg(code != KIN_TIMEOUT && code != KIN_BUG, "%s: %s: %s", watched, kin_code_name(code),
	              code ? error.message : "");
	ck_assert_msg(rss_kib() - before < 32768, "%s: %ld KiB more in a second", watched,
	              rss_kib() - before);
	kin_client_close(client);
}
END_TEST

/* --- groups ----------------------------------------------------------------------------------------- */

static void add_put(TCase *cases)
{
	tcase_add_loop_test(cases, put_answer, 0, PUT_ANSWERS);
	tcase_add_loop_test(cases, wrong_count, 0, 2);
	tcase_add_loop_test(cases, entry_errors, 0, 3);
}

static void add_get(TCase *cases)
{
	tcase_add_loop_test(cases, get_answer, 0, asked[0].n);
	tcase_add_loop_test(cases, absurd_list, 0, 4);
}

static void add_ask(TCase *cases)
{
	tcase_add_loop_test(cases, list_answer, 0, asked[1].n);
	tcase_add_test(cases, list_with_an_empty_page);
	tcase_add_loop_test(cases, list_without_an_end, 0, 2);
	tcase_add_loop_test(cases, describe_answer, 0, asked[2].n);
	tcase_add_loop_test(cases, iterator_answer, 0, asked[3].n);
}

int main(int argc, char **argv)
{
	static const struct group groups[] = { { "put", add_put, one_shard, teardown },
		                               { "get", add_get, one_shard, teardown },
		                               { "ask", add_ask, one_shard, teardown } };

	return run_groups(argc, argv, "faults: answers", groups, sizeof groups / sizeof groups[0]);
}
