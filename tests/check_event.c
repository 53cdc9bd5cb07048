/* The event room: the Lambda event and its size, responses, on-failure JSON. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "event/failure.h"
#include "event/lambda_event.h"
#include "event/response.h"
#include "wire/base64.h"
#include "wire/json.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define T(text) kin__span((text), sizeof(text) - 1)
#define ARN "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"
#define SEQUENCE "49590338271490256608559692538361571095921575989136588898"

static struct kin_record record_of(const char *sequence)
{
	return (struct kin_record){ .partition_key = "1",
		                    .partition_key_size = 1,
		                    .sequence_number = sequence,
		                    .sequence_number_size = (uint32_t)strlen(sequence),
		                    .shard_id = "shardId-000000000006",
		                    .data = "Hello, this is a test.",
		                    .data_size = 22,
		                    .arrival_ms = 1545084650987 };
}

/* --- the event ---------------------------------------------------------------------------- */

/* The sample of AWS's own documentation, without blanks. */
#define EVENT_RECORD(key)                                                                                    \
	"{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\"," key "\"sequenceNumber\":\"" SEQUENCE               \
	"\",\"data\":"                                                                                       \
	"\"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==\",\"approximateArrivalTimestamp\":1545084650.987},"              \
	"\"eventSource\":"                                                                                   \
	"\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"shardId-000000000006:" SEQUENCE              \
	"\",\"eventName\":"                                                                                  \
	"\"aws:kinesis:record\",\"invokeIdentityArn\":\"arn:aws:iam::123456789012:role/"                     \
	"lambda-role\",\"awsRegion\":"                                                                       \
	"\"us-east-2\",\"eventSourceARN\":\"" ARN "\"}"

START_TEST(event_text)
{
	struct kin_record with_key = record_of(SEQUENCE), without = with_key;
	const struct kin_record *records[] = { &with_key, &without };
	struct kin__event_source source;
	struct kin__bytes out;

	without.partition_key = NULL;
	without.partition_key_size = 0;
	kin__event_source_init(&source, ARN, "lambda-role");
	kin__bytes_init(&out);
	kin__event_write(&out, &source, records, 0);
	ck_assert_str_eq(out.at, "{\"Records\":[]}");
	ck_assert_uint_eq(out.n, KIN__EVENT_ENVELOPE_BYTES);
	kin__bytes_clear(&out);
	kin__event_write(&out, &source, records, 2);
	ck_assert_str_eq(out.at,
	                 "{\"Records\":[" EVENT_RECORD("\"partitionKey\":\"1\",") "," EVENT_RECORD("") "]}");
	ck_assert_uint_eq(kin__event_bytes(&source, records, 2), out.n);
	kin__bytes_fini(&out);
}
END_TEST

START_TEST(event_sources)
{
	struct kin_record record = record_of("1");
	const struct kin_record *records[] = { &record };
	struct kin__event_source source;
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__event_source_init(&source, "arn:aws-cn:kinesis:cn-north-1:000000000000:stream/s", "app\"\\");
	kin__event_write(&out, &source, records, 1);
	ck_assert_uint_eq(kin__event_bytes(&source, records, 1), out.n);
	ck_assert(strstr(out.at, "\"arn:aws-cn:iam::000000000000:role/app\\\"\\\\\"") != NULL);
	ck_assert(strstr(out.at, "\"awsRegion\":\"cn-north-1\"") != NULL);
	kin__bytes_clear(&out);
	kin__event_source_init(&source, "no ARN", NULL);
	kin__event_write(&out, &source, records, 1);
	ck_assert_uint_eq(kin__event_bytes(&source, records, 1), out.n);
	ck_assert(strstr(out.at,
	                 "\"arn:aws:iam:::role/\",\"awsRegion\":\"\",\"eventSourceARN\":\"no ARN\"") != NULL);
	kin__bytes_fini(&out);
}
END_TEST

static const int64_t arrivals[] = { 0,         1,  999,   1000, 9999, 10000, 1545084650987, 253402300799999,
	                            INT64_MAX, -1, -12345 };

START_TEST(event_arrivals)
{
	struct kin_record record = record_of("1");
	const struct kin_record *records[] = { &record };
	struct kin__event_source source;
	struct kin__bytes out;

	record.arrival_ms = arrivals[_i];
	kin__event_source_init(&source, ARN, "a");
	kin__bytes_init(&out);
	kin__event_write(&out, &source, records, 1);
	ck_assert_uint_eq(kin__event_bytes(&source, records, 1), out.n);
	kin__bytes_fini(&out);
}
END_TEST

/* Any bytes in key, number and shard: the size is the one told, the text is JSON, the data comes back. */
START_TEST(event_random)
{
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__event_source source;
	struct kin_record record = record_of("1");
	const struct kin_record *records[] = { &record };
	const struct kin__json *kinesis;
	char key[40], data[200], back[300], number[20], shard[8], error[KIN__JSON_ERROR];
	struct kin__json *root;
	struct kin__span text;
	struct kin__bytes out;
	size_t n;

	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (char)(kin__rng_chance(&rng, 500) ? kin__rng_below(&rng, 128) : kin__rng_next(&rng));
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)kin__rng_next(&rng);
	for (size_t i = 0; i < sizeof number; i++)
		number[i] = (char)kin__rng_next(&rng);
	for (size_t i = 0; i + 1 < sizeof shard; i++)
		shard[i] = (char)(1 + kin__rng_below(&rng, 255));
	shard[sizeof shard - 1] = 0;
	record.partition_key = key;
	record.partition_key_size = (size_t)kin__rng_below(&rng, sizeof key + 1);
	record.sequence_number = number;
	record.sequence_number_size = (uint32_t)kin__rng_below(&rng, sizeof number + 1);
	record.shard_id = shard;
	record.data = data;
	record.data_size = (size_t)kin__rng_below(&rng, sizeof data + 1);
	kin__event_source_init(&source, ARN, "app\t\x01\xff");
	kin__bytes_init(&out);
	kin__event_write(&out, &source, records, 1);
	ck_assert_uint_eq(kin__event_bytes(&source, records, 1), out.n);
	ck_assert_uint_eq(kin__event_record_bytes(&source, &record) + KIN__EVENT_ENVELOPE_BYTES, out.n);
	record.partition_key = "a plain key", record.partition_key_size = 11;
	record.sequence_number = "4959", record.sequence_number_size = 4;
	ck_assert_uint_eq(kin__event_own_bytes(&source, &record, true),
	                  kin__event_own_bytes(&source, &record, false));
	ck_assert_msg(kin__json_parse(out.at, out.n, &root, error) == 0, "%s", error);
	kinesis = kin__json_path(root, "Records[0].kinesis");
	ck_assert(kin__json_text(kin__json_member(kinesis, "data"), &text));
	ck_assert(kin__base64_decode(NULL, back, text.at, text.n, &n));
	ck_assert(kin__span_same(kin__span(back, n), kin__span(data, record.data_size)));
	kin__json_free(root);
	kin__bytes_fini(&out);
}
END_TEST

START_TEST(event_no_memory)
{
	struct kin_record record = record_of(SEQUENCE);
	const struct kin_record *records[] = { &record, &record, &record };
	struct kin__event_source source;
	struct kin__bytes out;

	kin__event_source_init(&source, ARN, "a");
	kin__bytes_init(&out);
	kin__mem_fail_at(1);
	kin__event_write(&out, &source, records, 3);
	kin__mem_fail_at(0);
	ck_assert(out.failed);
	kin__bytes_fini(&out);
}
END_TEST

/* --- responses -------------------------------------------------------------------------------- */

#define ITEMS(items) "{\"batchItemFailures\":[" items "]}"
#define ITEM(id) "{\"itemIdentifier\":\"" id "\"}"
enum { ALL = -1 };

/* The batch: 9, 10, 10 (of one aggregate), 11, 100. */
static const struct {
	const char *json;
	enum kin__response_outcome outcome;
	int first_failed;
	const char *why;
} responses[] = {
	/* success, as recorded on the real service */
	{ "\"\"", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "[]", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "null", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "{}", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "{\"batchItemFailures\":[]}", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "{\"batchItemFailures\":null}", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ " {\"state\":{}, \"batchItemFailures\" : [ ] } ", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ "", KIN__RESPONSE_SUCCESS, ALL, "" },
	{ " \n\t", KIN__RESPONSE_SUCCESS, ALL, "" },
	/* success, but it looks like a mistake */
	{ "{\"batchItemFailure\":[]}", KIN__RESPONSE_WARNING, ALL,
	  "an object with 'batchItemFailure' but without" },
	{ "{\"statusCode\":200}", KIN__RESPONSE_WARNING, ALL, "counts as success" },
	/* the lowest is the checkpoint */
	{ ITEMS(ITEM("9")), KIN__RESPONSE_PARTIAL, 0, "" },
	{ ITEMS(ITEM("10")), KIN__RESPONSE_PARTIAL, 1, "" },
	{ ITEMS(ITEM("11")), KIN__RESPONSE_PARTIAL, 3, "" },
	{ ITEMS(ITEM("100")), KIN__RESPONSE_PARTIAL, 4, "" },
	{ ITEMS(ITEM("100") "," ITEM("11")), KIN__RESPONSE_PARTIAL, 3, "" },
	{ ITEMS(ITEM("11") "," ITEM("100")), KIN__RESPONSE_PARTIAL, 3, "" },
	{ ITEMS(ITEM("11") "," ITEM("100") "," ITEM("11")), KIN__RESPONSE_PARTIAL, 3, "" },
	{ ITEMS("{\"itemIdentifier\":\"1\\u0031\",\"more\":1}"), KIN__RESPONSE_PARTIAL, 3, "" },
	{ ITEMS(ITEM("77")), KIN__RESPONSE_FAILED, ALL, "itemIdentifier '77' is not the sequence number" },
	/* one bad entry fails them all, as recorded */
	{ ITEMS(ITEM("11") "," ITEM("012")), KIN__RESPONSE_FAILED, ALL, "'012'" },
	{ ITEMS(ITEM("")), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("{\"itemIdentifier\":null}"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("{\"foo\":\"11\"}"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("{\"foo\":null}"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("{\"itemIdentifier\":11}"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS(ITEM("11") ",{}"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("\"11\""), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	{ ITEMS("null"), KIN__RESPONSE_FAILED, ALL, "has no itemIdentifier" },
	/* what cannot be understood */
	{ "{\"batchItemFailures\":{}}", KIN__RESPONSE_FAILED, ALL, "batchItemFailures must be a list" },
	{ "{\"batchItemFailures\":\"\"}", KIN__RESPONSE_FAILED, ALL, "batchItemFailures must be a list" },
	{ "{\"batchItemFailures\":false}", KIN__RESPONSE_FAILED, ALL, "batchItemFailures must be a list" },
	{ "{\"batchItemFailures\":[", KIN__RESPONSE_FAILED, ALL, "no JSON" },
	{ "{\"batchItemFailures\":[]} x", KIN__RESPONSE_FAILED, ALL, "no JSON" },
	{ "done", KIN__RESPONSE_FAILED, ALL, "no JSON" },
	{ "\"done\"", KIN__RESPONSE_FAILED, ALL, "must be an object with batchItemFailures" },
	{ "[1]", KIN__RESPONSE_FAILED, ALL, "must be an object" },
	{ "7", KIN__RESPONSE_FAILED, ALL, "must be an object" },
	{ "true", KIN__RESPONSE_FAILED, ALL, "must be an object" },
	{ "false", KIN__RESPONSE_FAILED, ALL, "must be an object" },
};

START_TEST(response_table)
{
	static const char *const numbers[] = { "9", "10", "10", "11", "100" };
	struct kin_record batch[5];
	const struct kin_record *records[5];
	struct kin__response response;

	for (int i = 0; i < 5; i++) {
		batch[i] = record_of(numbers[i]);
		records[i] = &batch[i];
	}
	kin__response_read(&response, responses[_i].json, strlen(responses[_i].json), records, 5);
	ck_assert_msg(response.outcome == responses[_i].outcome, "%s: %d", responses[_i].json,
	              response.outcome);
	if (response.outcome == KIN__RESPONSE_PARTIAL)
		ck_assert_uint_eq(response.first_failed, (size_t)responses[_i].first_failed);
	if (responses[_i].why[0])
		ck_assert_msg(strstr(response.why, responses[_i].why) != NULL, "%s", response.why);
	else
		ck_assert_str_eq(response.why, "");
}
END_TEST

/* An order that no shard has: the number is found all the same. */
START_TEST(response_unsorted)
{
	struct kin_record batch[3] = { record_of("30"), record_of("20"), record_of("10") };
	const struct kin_record *records[3] = { &batch[0], &batch[1], &batch[2] };
	struct kin__response response;

	for (size_t i = 0; i < 3; i++) {
		const char *json[] = { ITEMS(ITEM("30")), ITEMS(ITEM("20")), ITEMS(ITEM("10")) };

		kin__response_read(&response, json[i], strlen(json[i]), records, 3);
		ck_assert_uint_eq(response.outcome, KIN__RESPONSE_PARTIAL);
		ck_assert_uint_eq(response.first_failed, i);
	}
	kin__response_read(&response, ITEMS(ITEM("30")), strlen(ITEMS(ITEM("30"))), records, 0);
	ck_assert_uint_eq(response.outcome, KIN__RESPONSE_FAILED);
}
END_TEST

/* As large as Lambda lets it be, and one byte larger: that is no answer any more. */
START_TEST(response_size)
{
	struct kin_record record = record_of("10");
	const struct kin_record *records[1] = { &record };
	size_t most = 6291456;
	char *text = kin__mem_alloc(most + 1);
	struct kin__response response;

	memset(text, ' ', most + 1);
	memcpy(text, ITEMS(ITEM("10")), sizeof ITEMS(ITEM("10")) - 1);
	kin__response_read(&response, text, most, records, 1);
	ck_assert_uint_eq(response.outcome, KIN__RESPONSE_PARTIAL);
	kin__response_read(&response, text, most + 1, records, 1);
	ck_assert_uint_eq(response.outcome, KIN__RESPONSE_TOO_LARGE);
	ck_assert_ptr_nonnull(strstr(response.why, "more than 6291456 bytes"));
	kin__mem_free(text);
}
END_TEST

START_TEST(response_damaged)
{
	static const char sample[] = ITEMS(ITEM("10") "," ITEM("11"));
	struct kin_record batch[2] = { record_of("10"), record_of("11") };
	const struct kin_record *records[2] = { &batch[0], &batch[1] };
	struct kin__rng rng = { 5 };
	struct kin__response response;

	for (size_t cut = 1; cut < sizeof sample - 1; cut++) {
		kin__response_read(&response, sample, cut, records, 2);
		ck_assert_uint_eq(response.outcome, KIN__RESPONSE_FAILED);
	}
	for (int i = 0; i < 3000; i++) {
		char *text = kin__mem_text_n(sample, sizeof sample - 1);

		text[kin__rng_below(&rng, sizeof sample - 1)] = (char)kin__rng_next(&rng);
		kin__response_read(&response, text, sizeof sample - 1, records, 2);
		ck_assert(response.outcome != KIN__RESPONSE_PARTIAL || response.first_failed < 2);
		kin__mem_free(text);
	}
}
END_TEST

/* --- on-failure JSON ------------------------------------------------------------------------------ */

#define BATCH_INFO                                                                                           \
	"\"KinesisBatchInfo\":{\"shardId\":\"shardId-000000000006\",\"startSequenceNumber\":\"495\","        \
	"\"endSequenceNumber\":\"" SEQUENCE                                                                  \
	"\",\"approximateArrivalOfFirstRecord\":\"2018-12-17T22:10:50.987Z\","                               \
	"\"approximateArrivalOfLastRecord\":\"2018-12-17T22:10:51.000Z\",\"batchSize\":2,\"streamArn\":"     \
	"\"" ARN "\"}"
#define REQUEST(condition, count)                                                                            \
	"{\"requestContext\":{\"requestId\":\"c9b8fa9f\",\"functionArn\":\"arn:aws:lambda:us-east-2:"        \
	"123456789012:"                                                                                      \
	"function:billing\",\"condition\":\"" condition "\",\"approximateInvokeCount\":" count "},"
#define RESPONSE(error)                                                                                      \
	"\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\",\"functionError\":" error   \
	"},"
#define TAIL "\"version\":\"1.0\",\"timestamp\":\"2026-01-15T12:34:56.789Z\"," BATCH_INFO

static const struct {
	const char *condition;
	uint32_t attempts;
	bool handler_failed;
	const char *event, *json, *reason;
} failures[] = {
	{ KIN__CONDITION_ATTEMPTS, 2, true, NULL,
	  REQUEST("RetryAttemptsExhausted", "2") RESPONSE("\"Unhandled\"") TAIL "}" },
	{ KIN__CONDITION_ATTEMPTS, 3, false, NULL,
	  REQUEST("RetryAttemptsExhausted", "3") RESPONSE("null") TAIL "}" },
	{ KIN__CONDITION_AGE, 8, true, NULL, REQUEST("RecordAgeExceeded", "8") TAIL "}" },
	{ KIN__CONDITION_AGE, 0, false, NULL, REQUEST("RecordAgeExceeded", "1") TAIL "}" },
	{ KIN__CONDITION_ATTEMPTS, 1, true, "{\"Records\":[\"\xc3\xa9\\\"\"]}",
	  REQUEST("RetryAttemptsExhausted", "1") RESPONSE("\"Unhandled\"") TAIL
	  ",\"payload\":\"{\\\"Records\\\":[\\\"\xc3\xa9\\\\\\\"\\\"]}\"}" },
	{ KIN__CONDITION_ATTEMPTS, 1, true, NULL,
	  REQUEST("RetryAttemptsExhausted", "1") RESPONSE("\"Unhandled\"") TAIL
	  ",\"reason\":\"disk \\\"a\\\": full\"}",
	  "disk \"a\": full" },
	{ KIN__CONDITION_AGE, 1, true, "{}",
	  REQUEST("RecordAgeExceeded", "1") TAIL ",\"reason\":\"\",\"payload\":\"{}\"}", "" },
};

static void write_failure(struct kin__bytes *out, int row)
{
	struct kin_record first = record_of("495"), last = record_of(SEQUENCE);
	const struct kin_record *records[] = { &first, &last };
	struct kin__event_source source;
	struct kin__failure failure = { .source = &source,
		                        .request_id = "c9b8fa9f",
		                        .condition = failures[row].condition,
		                        .shard_id = "shardId-000000000006",
		                        .attempts = failures[row].attempts,
		                        .handler_failed = failures[row].handler_failed,
		                        .now_ms = 1768480496789,
		                        .records = records,
		                        .records_n = 2,
		                        .reason = failures[row].reason };

	last.arrival_ms = 1545084651000;
	kin__event_source_init(&source, ARN, "billing");
	kin__failure_write(out, &failure, kin__span_text(failures[row].event));
}

START_TEST(failure_table)
{
	struct kin__bytes out;
	struct kin__json *root;
	char error[KIN__JSON_ERROR];

	kin__bytes_init(&out);
	write_failure(&out, _i);
	ck_assert_str_eq(out.at, failures[_i].json);
	ck_assert_int_eq(kin__json_parse(out.at, out.n, &root, error), 0);
	kin__json_free(root);
	kin__bytes_fini(&out);
}
END_TEST

/* Also the text that is only a step on the way: the buffer says so at the end. */
START_TEST(failure_no_memory)
{
	struct kin__bytes out;
	uint64_t total;

	kin__bytes_init(&out);
	kin__mem_fail_at(0);
	write_failure(&out, 0);
	total = kin__mem_count();
	kin__bytes_fini(&out);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		write_failure(&out, 0);
		ck_assert(out.failed);
		kin__bytes_fini(&out);
	}
	kin__mem_fail_at(0);
}
END_TEST

#include "event_windows.h"

static Suite *suite(void)
{
	Suite *all = suite_create("event");
	TCase *tcase = tcase_create("event");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, event_text);
	tcase_add_test(tcase, event_sources);
	tcase_add_loop_test(tcase, event_arrivals, 0, COUNT(arrivals));
	tcase_add_loop_test(tcase, event_random, 0, 300);
	tcase_add_test(tcase, event_no_memory);
	tcase_add_loop_test(tcase, response_table, 0, COUNT(responses));
	tcase_add_test(tcase, response_unsorted);
	tcase_add_test(tcase, response_size);
	tcase_add_test(tcase, response_damaged);
	tcase_add_loop_test(tcase, failure_table, 0, COUNT(failures));
	tcase_add_test(tcase, failure_no_memory);
	suite_add_tcase(all, tcase);
	suite_add_tcase(all, windows_case());
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
