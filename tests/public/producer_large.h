/* Scenes of check_producer.c: records larger than every stream takes, and streams that spread records by themselves. */
#ifndef KIN_TEST_PRODUCER_LARGE_H
#define KIN_TEST_PRODUCER_LARGE_H
#include "drive_server.h"

enum { MIB = 1048576 };
static char bulk[10 * MIB + 1];

static int put_sized(const char *key, size_t size, int64_t timeout_ms)
{
	return kin_producer_put(producer, key, strlen(key), bulk, size, timeout_ms, &error);
}

static void call_with(const char *operation, const char *stream, int64_t kib, const char *strategy)
{
	struct kin_call *call;
	const char *arn = "arn:aws:kinesis:us-east-1:000000000000:stream/large";

	ck_assert_int_eq(kin_call_new(&call, client, operation, &error), KIN_OK);
	if (stream)
		ck_assert_int_eq(kin_call_set_text(call, "StreamName", stream, &error), KIN_OK);
	else
		ck_assert_int_eq(kin_call_set_text(call, "StreamARN", arn, &error), KIN_OK);
	if (kib)
		ck_assert_int_eq(kin_call_set_integer(call, "MaxRecordSizeInKiB", kib, &error), KIN_OK);
	if (strategy)
		ck_assert_int_eq(kin_call_set_text(call, "RecordDistributionStrategy", strategy, &error),
		                 KIN_OK);
	if (strategy)
		ck_assert_int_eq(kin_call_set_json(call, "StreamModeDetails",
		                                   "{\"StreamMode\":\"ON_DEMAND\"}", &error),
		                 KIN_OK);
	else if (stream)
		ck_assert_int_eq(kin_call_set_integer(call, "ShardCount", 1, &error), KIN_OK);
	ck_assert_msg(kin_call_wait(call, 40000, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
}

static uint64_t requests_of_mock(void)
{
	struct kin_mock_stats stats = { .size = sizeof stats };

	ck_assert_int_eq(kin_mock_stats(mock, &stats, &error), KIN_OK);
	return stats.requests;
}

static void refused(int code, const char *piece)
{
	ck_assert_msg(code == KIN_INVALID, "%s: %s", kin_code_name(code), error.message);
	ck_assert_msg(strstr(error.message, piece) != NULL, "'%s' is not in: %s", piece, error.message);
}

/* Up to the stream's own size, each alone in a request where it is larger than one should be. */
START_TEST(as_large_as_the_stream_takes)
{
	call_with("CreateStream", "large", 10240, NULL);
	options.stream = "large";
	options.on_delivery = NULL;
	options.linger_ms = 60000;
	open_it();
	ck_assert_int_eq(put_sized("k", 10 * MIB - 1, -1), KIN_OK);
	ck_assert_int_eq(put_sized("k", 3 * MIB, -1), KIN_OK);
	ck_assert_int_eq(put_sized("k", 100, -1), KIN_OK);
	refused(put_sized("k", 10 * MIB, -1), "larger than what any stream takes, 10485760");
	flush_all();
	ck_assert_uint_eq(stats_now().stored, 3);
	ck_assert_uint_eq(stats_now().requests, 2);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 3);
}
END_TEST

/* 1 MiB with its key is what every stream takes: nothing is asked before one more byte. */
START_TEST(the_limit_is_asked_only_when_it_matters)
{
	uint64_t before = requests_of_mock();

	options.on_delivery = NULL;
	open_it();
	ck_assert_uint_eq(requests_of_mock(), before);
	ck_assert_int_eq(put_sized("k", MIB - 1, 0), KIN_OK);
	flush_all();
	ck_assert_uint_eq(requests_of_mock(), before + 1);
	refused(put_sized("k", MIB, -1),
	        "larger than the 1048576 that stream s takes (its MaxRecordSizeInKiB is 1024)");
	refused(put_sized("k", MIB, 0), "1048576"); /* it is known by now */
	ck_assert_uint_eq(requests_of_mock(), before + 2);
	close_it(KIN_OK);
}
END_TEST

/* While the answer is late by so much; false: it may have come before all was tried. */
static bool refused_while_asked(int late_ms)
{
	int64_t began = now_ms();
	bool names_it, in_time;
	int codes[3];
	char text[64];

	snprintf(text, sizeof text, "DescribeStreamSummary:latency:ms=%d:count=1", late_ms);
	fault(text);
	open_it();
	codes[0] = put_sized("k", MIB, 0);
	names_it = strstr(error.message, "is being asked") != NULL;
	codes[1] = put_sized("k", MIB, 50);
	codes[2] = put_sized("k", 10, 0); /* small ones do not wait */
	in_time = now_ms() - began < late_ms;
	if (in_time) {
		ck_assert_int_eq(codes[0], KIN_FULL);
		ck_assert(names_it);
		ck_assert_int_eq(codes[1], KIN_TIMEOUT);
	}
	ck_assert_int_eq(codes[2], KIN_OK);
	return in_time;
}

/* Who does not wait is told to come again; who waits is told in time. */
START_TEST(while_the_limit_is_asked)
{
	int code, late_ms = 700;

	options.on_delivery = NULL;
	for (; !refused_while_asked(late_ms);
	     late_ms *= 3) { /* a machine slower than the answer has another try */
		close_it(KIN_OK);
		ck_assert_msg(late_ms < 20000, "three puts waited for an answer that was late by %d ms",
		              late_ms);
	}
	while ((code = put_sized("k", MIB, 0)) == KIN_FULL)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	refused(code, "MaxRecordSizeInKiB is 1024");
	close_it(KIN_OK);
}
END_TEST

/* The service is asked until it answers, as long as the put may wait. */
START_TEST(a_failing_service_is_asked_again_for_the_limit)
{
	call_with("CreateStream", "large", 2048, NULL);
	fault("DescribeStreamSummary:error500:count=4");
	options.stream = "large";
	options.on_delivery = NULL;
	open_it();
	ck_assert_msg(put_sized("k", 2 * MIB - 1, -1) == KIN_OK, "%s", error.message);
	flush_all();
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 1);
}
END_TEST

/* What can never be told is told at once, and closing waits for nothing. */
START_TEST(the_limit_of_no_stream)
{
	options.stream = "nowhere";
	options.on_delivery = NULL;
	open_it();
	ck_assert_int_eq(put_sized("k", MIB, -1), KIN_NOT_FOUND);
	close_it(KIN_OK);
	fault("DescribeStreamSummary:latency:ms=600000");
	open_it();
	ck_assert_int_eq(put_sized("k", MIB, 0), KIN_FULL);
	close_it(KIN_OK);
}
END_TEST

static atomic_int warnings;

static void count_warnings(void *user, int level, const char *room, const char *line)
{
	(void)user, (void)room;
	if (level == KIN_LOG_WARN && strstr(line, "kinesis:DescribeStreamSummary"))
		warnings++;
}

static void open_scripted(const struct line *script)
{
	struct kin_client_options o;
	char url[64];

	service_start();
	service.script = script;
	snprintf(url, sizeof url, "http://127.0.0.1:%d", service.port);
	kin_client_close(client);
	kin_client_options_init(&o);
	o.endpoint_url = url;
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "secret";
	o.log = count_warnings;
	warnings = 0;
	ck_assert_int_eq(kin_client_open(&client, &o, &error), KIN_OK);
	options.on_delivery = NULL;
	open_it();
}

#define SUMMARY(more)                                                                                        \
	"{\"StreamDescriptionSummary\":{\"StreamName\":\"s\",\"StreamARN\":"                                 \
	"\"arn:aws:kinesis:us-east-1:000000000000:stream/s\",\"StreamStatus\":\"ACTIVE\"" more "}}"

/* An answer that makes no sense is none; one without the limit leaves that of every stream. */
START_TEST(answers_about_the_limit)
{
	static const struct line sizes[][3] = {
		{ { 200, "", "{}" }, { 200, "", SUMMARY(",\"MaxRecordSizeInKiB\":1024") } },
		{ { 200, "", "nonsense" }, { 503, "", "" }, { 200, "", SUMMARY("") } },
	};

	open_scripted(sizes[_i]);
	refused(put_sized("k", MIB, -1), "1048576 that stream s takes");
	refused(put_sized("k", MIB, 0), "1048576 that stream s takes");
	close_it(KIN_OK);
	service_stop();
	ck_assert_int_eq(service.asked, 2 + _i);
	ck_assert_int_eq(warnings, 0);
}
END_TEST

/* Then 1 MiB holds, which is said once. */
START_TEST(the_limit_may_not_be_asked)
{
	static const struct line script[] = {
		{ 400, "x-amzn-errortype: AccessDeniedException\r\n", "{\"message\":\"not authorized\"}" },
		{ 200, "", "{\"Records\":[{\"ShardId\":\"a\",\"SequenceNumber\":\"1\"}]}" }
	};

	open_scripted(script);
	refused(put_sized("k", MIB, -1), "permit kinesis:DescribeStreamSummary or set record_bytes_max");
	refused(put_sized("k", MIB, -1), "1048576 that every stream takes");
	ck_assert_int_eq(put_sized("k", 10, -1), KIN_OK);
	close_it(KIN_OK);
	service_stop();
	ck_assert_int_eq(service.asked, 2);
	ck_assert_int_eq(warnings, 1);
}
END_TEST

/* An option is not questioned; so the service refuses what it takes not. */
START_TEST(a_limit_of_ones_own)
{
	uint64_t before = requests_of_mock();

	options.on_delivery = NULL;
	options.record_bytes_max = 2 * MIB;
	open_it();
	refused(put_sized("k", 2 * MIB, -1), "larger than record_bytes_max = 2097152");
	ck_assert_int_eq(put_sized("k", 2 * MIB - 1, 0), KIN_OK);
	flush_all();
	ck_assert_uint_eq(requests_of_mock(), before + 1);
	ck_assert_uint_eq(stats_now().failed, 1);
	close_it(KIN_OK);
}
END_TEST

/* Two records larger than a second's worth, and many small ones, with aggregation, order and a pace. */
START_TEST(large_records_are_placed_too)
{
	call_with("CreateStream", "large", 10240, NULL);
	options.stream = "large";
	options.on_delivery = NULL;
	options.aggregate = true;
	options.order = KIN_ORDER_KEY;
	options.rate_percent = 1000;
	open_it();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(put_sized("small", 100, -1), KIN_OK);
	ck_assert_int_eq(put_sized("large", 10 * MIB - 5, -1), KIN_OK);
	ck_assert_int_eq(put_sized("large", 6 * MIB, -1), KIN_OK);
	flush_all();
	ck_assert_uint_eq(stats_now().stored, 102);
	close_it(KIN_OK);
}
END_TEST

/* --- streams that spread records by themselves ------------------------------------------------- */

/* All that the mock has of the stream "auto": how many, how many of them without a key, in how many shards. */
static void read_auto(int n, int *keyless, int *shards)
{
	struct kin_start start;
	struct kin_reader *reader;
	const struct kin_record *record;
	char seen[8][64] = { "" };

	*keyless = *shards = 0;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	ck_assert_msg(kin_reader_open(&reader, client, "auto", &start, &error) == KIN_OK, "%s",
	              error.message);
	for (int i = 0; i < n; i++) {
		int s = 0;

		ck_assert_msg(kin_reader_next(reader, &record, 40000, &error) == KIN_OK, "%s", error.message);
		*keyless += record->partition_key == NULL;
		while (s < *shards && strcmp(seen[s], record->shard_id) != 0)
			s++;
		if (s == *shards)
			snprintf(seen[(*shards)++], sizeof seen[0], "%s", record->shard_id);
	}
	kin_reader_close(reader);
}

/* Records without a key, with one, with a hash key: the first are read without one. */
START_TEST(records_without_keys)
{
	struct kin_put_entry entry;
	int keyless, shards;

	call_with("CreateStream", "auto", 0, "AUTO");
	options.stream = "auto";
	options.record_distribution_strategy = KIN_DISTRIBUTION_AUTO;
	options.on_delivery = NULL;
	open_it();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(kin_producer_put(producer, NULL, 0, i ? "x" : NULL, i > 0, -1, &error),
		                 KIN_OK);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(kin_producer_put(producer, "one key", 7, "x", 1, -1, &error), KIN_OK);
	kin_put_entry_init(&entry);
	entry.hash_key = "0";
	entry.data = "x";
	entry.data_size = 1;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, NULL, -1, &error), KIN_OK);
	flush_all();
	ck_assert_uint_eq(stats_now().stored, 150);
	close_it(KIN_OK);
	read_auto(150, &keyless, &shards);
	ck_assert_int_eq(keyless, 110);
	ck_assert_int_ge(shards, 2);
}
END_TEST

/* Where keys choose the shard, one is made for each record that has none. */
START_TEST(a_made_key_on_any_stream)
{
	int keyless, shards;

	call_with("CreateStream", "auto", 0, "AUTO");
	options.stream = "auto";
	options.on_delivery = NULL;
	open_it();
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(kin_producer_put(producer, NULL, 0, "x", 1, -1, &error), KIN_OK);
	flush_all();
	close_it(KIN_OK);
	read_auto(50, &keyless, &shards);
	ck_assert_int_eq(keyless, 0);
}
END_TEST

/* Told of a stream that wants keys, a producer without them is refused by the service, with the reason. */
START_TEST(a_stream_that_wants_keys)
{
	options.record_distribution_strategy = KIN_DISTRIBUTION_AUTO;
	options.on_delivery = NULL;
	open_it();
	ck_assert_int_eq(kin_producer_put(producer, NULL, 0, "x", 1, -1, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_REFUSED);
	ck_assert_msg(strstr(error.message, "partitionKey") != NULL, "%s", error.message);
}
END_TEST

/* Nobody knows a record's shard before: what needs it is refused by name. */
START_TEST(what_a_spread_stream_cannot_have)
{
	static const char *const named[] = { "option aggregate", "option order = key",
		                             "option rate_percent" };

	options.record_distribution_strategy = KIN_DISTRIBUTION_AUTO;
	for (int i = 0; i < 3; i++) {
		options.aggregate = i == 0;
		options.order = i == 1 ? KIN_ORDER_KEY : KIN_ORDER_NONE;
		options.rate_percent = i == 2;
		refused(kin_producer_open(&producer, client, &options, &error), named[i]);
	}
	options.rate_percent = 0;
	options.record_bytes_max = 1023;
	refused(kin_producer_open(&producer, client, &options, &error), "record_bytes_max is 1023");
}
END_TEST

static TCase *large_case(void)
{
	TCase *tcase = tcase_create("large, and spread");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, as_large_as_the_stream_takes);
	tcase_add_test(tcase, the_limit_is_asked_only_when_it_matters);
	tcase_add_test(tcase, while_the_limit_is_asked);
	tcase_add_test(tcase, a_failing_service_is_asked_again_for_the_limit);
	tcase_add_test(tcase, the_limit_of_no_stream);
	tcase_add_loop_test(tcase, answers_about_the_limit, 0, 2);
	tcase_add_test(tcase, the_limit_may_not_be_asked);
	tcase_add_test(tcase, a_limit_of_ones_own);
	tcase_add_test(tcase, large_records_are_placed_too);
	tcase_add_test(tcase, records_without_keys);
	tcase_add_test(tcase, a_made_key_on_any_stream);
	tcase_add_test(tcase, a_stream_that_wants_keys);
	tcase_add_test(tcase, what_a_spread_stream_cannot_have);
	return tcase;
}
#endif
