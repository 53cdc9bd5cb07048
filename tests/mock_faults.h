/* Scenes of check_mock.c: each kind of fault, whom it strikes, and that it is told of. */
#ifndef KIN_TEST_MOCK_FAULTS_H
#define KIN_TEST_MOCK_FAULTS_H
#include "mock_asker.h"

#define PUT_ONE "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}"

/* What the first request is answered; then the fault is over, and the second one is fine. */
static const struct {
	const char *fault, *operation, *body;
	int status; /* 0: no answer */
	const char *code;
	int64_t stored; /* after both */
} kinds[] = {
	{ "PutRecord:throttle:nth=1", "PutRecord", PUT_ONE, 400, "ProvisionedThroughputExceededException",
	  1 },
	{ "PutRecords:throttle:nth=1", "PutRecords",
	  "{\"StreamName\":\"one\",\"Records\":[{\"PartitionKey\":\"k\",\"Data\":\"\"}]}", 400,
	  "ProvisionedThroughputExceededException", 1 },
	{ "*:throttle:nth=1", "ListStreams", "{}", 400, "LimitExceededException", 0 },
	{ "DescribeStreamSummary:throttle:nth=1", "DescribeStreamSummary", "{\"StreamName\":\"one\"}", 400,
	  "LimitExceededException", 0 },
	{ "PutRecord:error500:nth=1", "PutRecord", PUT_ONE, 500, "InternalFailureException", 1 },
	{ "*:error503:count=1", "PutRecord", PUT_ONE, 503, "ServiceUnavailable", 1 },
	{ "PutRecord:drop:count=1", "PutRecord", PUT_ONE, 0, NULL, 1 },
	{ "PutRecord:drop_after:count=1", "PutRecord", PUT_ONE, 0, NULL, 2 },
	{ "PutRecord:truncate:count=1", "PutRecord", PUT_ONE, 200, NULL, 2 },
	{ "PutRecord:throttle:nth=1:shard=" SHARD_0, "PutRecord", PUT_ONE, 400,
	  "ProvisionedThroughputExceededException", 1 },
};

START_TEST(kind)
{
	struct answer answer;

	fault(kinds[_i].fault);
	ask(kinds[_i].operation, kinds[_i].body, &answer);
	if (kinds[_i].code)
		expect_error(&answer, kinds[_i].status, kinds[_i].code, "");
	else
		ck_assert_int_eq(answer.status, kinds[_i].status);
	ck_assert_int_eq(answer.cut, strstr(kinds[_i].fault, "truncate") != NULL);
	answer_free(&answer);
	ck_assert_uint_eq(stats().faults, 1);
	done(kinds[_i].operation, kinds[_i].body);
	ck_assert_uint_eq(stats().faults, 1);
	ck_assert_uint_eq(stats().requests, 2);
	ck_assert_int_eq((int64_t)stats().records_stored, kinds[_i].stored);
	kin_mock_heal(mock);
	ck_assert_int_eq(stored_in_one(), kinds[_i].stored);
}
END_TEST

/* An answer without a body cannot be cut: it does not come. */
START_TEST(nothing_to_cut)
{
	struct answer answer;

	fault("CreateStream:truncate");
	ask("CreateStream", "{\"StreamName\":\"new\",\"ShardCount\":1}", &answer);
	ck_assert_int_eq(answer.status, 0);
	answer_free(&answer);
	done("DescribeStreamSummary", "{\"StreamName\":\"new\"}");
	ck_assert_uint_eq(stats().faults, 1);
}
END_TEST

START_TEST(late_answers)
{
	uint64_t began_us = kin__clock_us();

	fault("ListStreams:latency:ms=300:nth=1");
	done("ListStreams", "{}");
	ck_assert_int_ge(since_ms(began_us), 300);
	fault("ListStreams:latency:ms=200"); /* they add up, and the first is over */
	began_us = kin__clock_us();
	done("ListStreams", "{}");
	ck_assert_int_ge(since_ms(began_us), 200);
	ck_assert_uint_eq(stats().faults, 2);
}
END_TEST

START_TEST(expired_iterator)
{
	char iterator[600], body[700];

	iterate("LATEST", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	fault("GetRecords:expired_iterator:nth=2");
	done("GetRecords", body);
	refused("GetRecords", body, 400, "ExpiredIteratorException", "fault");
	done("GetRecords", body);
}
END_TEST

/* The service's clock is off: its Date says so, and right signatures are too early or too late for it. */
START_TEST(skewed_clock)
{
	struct answer answer;
	char date[128];
	int64_t at_ms;

	fault("*:skew:ms=3600000:count=2");
	ask("ListStreams", "{}", &answer);
	expect_error(&answer, 400, "InvalidSignatureException", "Signature expired");
	ck_assert_ptr_nonnull(header(&answer, "Date", date));
	ck_assert(kin__time_from_http(kin__span_text(date), &at_ms));
	ck_assert_int_lt(llabs(at_ms - kin__clock_wall_ms() - 3600000), 60000);
	answer_free(&answer);
	ask_as(&(struct how){ .off_ms = 3600000 }, "ListStreams", "{}",
	       &answer); /* as one that corrects itself */
	ck_status(&answer, 200);
	answer_free(&answer);
	done("ListStreams", "{}");
	fault("*:skew:ms=-3600000");
	refused("ListStreams", "{}", 400, "InvalidSignatureException", "not yet current");
	ck_assert_uint_eq(stats().faults, 3);
	ck_assert_uint_eq(stats().refused, 2);
}
END_TEST

static void many(struct kin__bytes *body, int n, const char *stream)
{
	kin__bytes_init(body);
	kin__bytes_format(body, "{\"StreamName\":\"%s\",\"Records\":[", stream);
	for (int i = 0; i < n; i++)
		kin__bytes_format(body, "%s{\"PartitionKey\":\"k%d\",\"Data\":\"\"}", i ? "," : "", i);
	kin__bytes_text(body, "]}");
}

/* About half of 400 entries fail; the count agrees with them; what is not stored has no number. */
START_TEST(partial)
{
	struct kin__bytes body;
	struct answer answer;
	int64_t failed = 0, throttled = 0, internal = 0;
	char path[64];

	fault("PutRecords:partial:share=0.5:nth=1");
	many(&body, 400, "one");
	ask("PutRecords", body.at, &answer);
	ck_status(&answer, 200);
	for (int i = 0; i < 400; i++) {
		snprintf(path, sizeof path, "Records[%d].ErrorCode", i);
		const char *code = text_at(&answer, path);

		throttled += strcmp(code, "ProvisionedThroughputExceededException") == 0;
		internal += strcmp(code, "InternalFailure") == 0;
		failed += code[0] != 0;
		snprintf(path, sizeof path, "Records[%d].SequenceNumber", i);
		ck_assert_int_eq(code[0] == 0, text_at(&answer, path)[0] != 0);
	}
	ck_assert_int_eq(failed, number_at(&answer, "FailedRecordCount"));
	ck_assert_int_eq(failed, throttled + internal);
	ck_assert_int_gt(failed, 140);
	ck_assert_int_lt(failed, 260);
	ck_assert_int_gt(internal, 0);
	answer_free(&answer);
	/* some that failed inside have been stored all the same */
	ck_assert_int_eq(stored_in_one(), (int64_t)stats().records_stored);
	ck_assert_int_gt(stored_in_one(), 400 - failed);
	kin_mock_heal(mock);
	ask("PutRecords", body.at, &answer);
	ck_assert_int_eq(number_at(&answer, "FailedRecordCount"), 0);
	answer_free(&answer);
	kin__bytes_fini(&body);
}
END_TEST

/* A throttle that names a shard strikes the entries of that shard. */
START_TEST(shard_of_a_batch)
{
	struct kin__bytes body;
	struct answer answer;
	char path[64];

	fault("PutRecords:throttle:shard=shardId-000000000001");
	many(&body, 100, "s");
	ask("PutRecords", body.at, &answer);
	ck_status(&answer, 200);
	ck_assert_int_gt(number_at(&answer, "FailedRecordCount"), 0);
	ck_assert_int_lt(number_at(&answer, "FailedRecordCount"), 100);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof path, "Records[%d].ShardId", i);
		ck_assert_str_ne(text_at(&answer, path), "shardId-000000000001");
	}
	answer_free(&answer);
	kin__bytes_fini(&body);
}
END_TEST

/* Which of 24 requests are struck: x, or . when not. */
static const struct {
	const char *fault, *strikes;
} choices[] = {
	{ "ListStreams:error500:nth=3", "..x....................." },
	{ "ListStreams:error500:every=5", "....x....x....x....x...." },
	{ "ListStreams:error500:every=5:count=2", "....x....x.............." },
	{ "ListStreams:error500:count=3", "xxx....................." },
	{ "ListStreams:error500", "xxxxxxxxxxxxxxxxxxxxxxxx" },
	{ "ListShards:error500", "........................" },
	{ "*:error500:nth=24", ".......................x" },
	{ "*:error500:shard=" SHARD_0, "........................" }, /* this operation touches no shard */
	{ "ListStreams:error500:share=1", "xxxxxxxxxxxxxxxxxxxxxxxx" },
};

static void strike(const char *rule, char struck[static 25])
{
	struct answer answer;

	fault(rule);
	for (int i = 0; i < 24; i++) {
		ask("ListStreams", "{}", &answer);
		struck[i] = answer.status == 500 ? 'x' : '.';
		answer_free(&answer);
	}
	struck[24] = 0;
}

START_TEST(choice)
{
	char struck[25];

	strike(choices[_i].fault, struck);
	ck_assert_str_eq(struck, choices[_i].strikes);
}
END_TEST

/* A share depends on the seed alone. */
START_TEST(seeded_share)
{
	struct kin_mock_options options = usual();
	char first[25], again[25], other[25];

	options.seed = 11;
	open_with(&options);
	strike("ListStreams:error500:share=0.5", first);
	open_with(&options);
	strike("ListStreams:error500:share=0.5", again);
	options.seed = 12;
	open_with(&options);
	strike("ListStreams:error500:share=0.5", other);
	ck_assert_str_eq(first, again);
	ck_assert_str_ne(first, other);
	ck_assert(strchr(first, 'x') && strchr(first, '.'));
}
END_TEST

/* A request that is refused anyhow is not struck, and counts for no rule. */
START_TEST(only_good_requests)
{
	struct answer answer;

	fault("ListStreams:error500:nth=1");
	ask_as(&(struct how){ .secret = "wrong" }, "ListStreams", "{}", &answer);
	expect_error(&answer, 400, "InvalidSignatureException", "");
	answer_free(&answer);
	refused("ListStreams", "{\"Limit\":0}", 400, "ValidationException", "");
	refused("ListStreams", "{}", 500, "InternalFailureException", "");
}
END_TEST

static const struct {
	const char *fault, *piece;
} nonsense[] = {
	{ "", "OPERATION:KIND" },
	{ "PutRecords", "OPERATION:KIND" },
	{ "PutRecord:explode", "throttle, error500" },
	{ "Put:throttle", "operation \"Put\" is unknown" },
	{ "PutRecord:throttle:nth", "name=value" },
	{ "PutRecord:throttle:nth=0", "from 1" },
	{ "PutRecord:throttle:nth=1:every=2", "both nth and every" },
	{ "PutRecord:throttle:share=2", "0.001 to 1" },
	{ "PutRecord:throttle:share=0.5:nth=2", "share besides" },
	{ "PutRecord:throttle:ms=5", "latency and skew" },
	{ "PutRecord:throttle:when=5", "nth=N" },
	{ "PutRecord:latency", "lacks ms" },
	{ "PutRecord:latency:ms=-1", "from 0" },
	{ "PutRecord:partial", "only PutRecords" },
	{ "PutRecord:expired_iterator", "only GetRecords" },
	{ "*:skew:ms=5:shard=" SHARD_0, "the whole service's" },
	{ "ListStreams:throttle:shard=" SHARD_0, "touches no shard" },
	{ "CreateStream:drop:shard=" SHARD_0, "touches no shard" },
};

START_TEST(no_such_fault)
{
	ck_assert_int_eq(kin_mock_fault(mock, nonsense[_i].fault, &error), KIN_INVALID);
	ck_assert_msg(strstr(error.message, nonsense[_i].piece), "'%s' is not in: %s", nonsense[_i].piece,
	              error.message);
	done("ListStreams", "{}");
	ck_assert_uint_eq(stats().faults, 0);
}
END_TEST

START_TEST(too_many_faults)
{
	int code, n = 0;

	while ((code = kin_mock_fault(mock, "PutRecord:throttle", &error)) == KIN_OK && n < 10000)
		n++;
	ck_assert_int_eq(code, KIN_FULL);
	ck_assert_int_eq(n, 256);
	ck_assert_ptr_nonnull(strstr(error.message, "256"));
	kin_mock_heal(mock);
	fault("PutRecord:throttle");
	ck_assert_int_eq(kin_mock_fault(NULL, "x", &error), KIN_INVALID);
	ck_assert_int_eq(kin_mock_fault(mock, NULL, NULL), KIN_INVALID);
}
END_TEST

static void fault_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("faults");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_loop_test(scenes, kind, 0, COUNT(kinds));
	tcase_add_test(scenes, nothing_to_cut);
	tcase_add_test(scenes, late_answers);
	tcase_add_test(scenes, expired_iterator);
	tcase_add_test(scenes, skewed_clock);
	tcase_add_test(scenes, partial);
	tcase_add_test(scenes, shard_of_a_batch);
	tcase_add_loop_test(scenes, choice, 0, COUNT(choices));
	tcase_add_test(scenes, seeded_share);
	tcase_add_test(scenes, only_good_requests);
	tcase_add_loop_test(scenes, no_such_fault, 0, COUNT(nonsense));
	tcase_add_test(scenes, too_many_faults);
	suite_add_tcase(suite, scenes);
}
#endif
