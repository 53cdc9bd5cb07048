/* Tumbling windows in the event room: what they add to the event, and the state that a handler gives back. */
#include "event/state.h"
#include "event/window.h"

#define NINE INT64_C(1768467600000) /* 2026-01-15T09:00:00Z */

static const struct {
	int64_t start_ms, end_ms;
	const char *state;
	bool final, early;
	const char *members;
} windows[] = {
	{ NINE, NINE + 120000, "{}", false, false,
	  ",\"window\":{\"start\":\"2026-01-15T09:00:00Z\",\"end\":\"2026-01-15T09:02:00Z\"},\"state\":{},"
	  "\"shardId\":\"shardId-000000000006\",\"eventSourceARN\":\"" ARN
	  "\",\"isFinalInvokeForWindow\":false,\"isWindowTerminatedEarly\":false}" },
	{ NINE, NINE + 900000, "{\"count\":3}", true, false,
	  ",\"window\":{\"start\":\"2026-01-15T09:00:00Z\",\"end\":\"2026-01-15T09:15:00Z\"},"
	  "\"state\":{\"count\":3},\"shardId\":\"shardId-000000000006\",\"eventSourceARN\":\"" ARN
	  "\",\"isFinalInvokeForWindow\":true,\"isWindowTerminatedEarly\":false}" },
	{ 0, 1000, "{\"a\":[1,\"x y\"]}", true, true,
	  ",\"window\":{\"start\":\"1970-01-01T00:00:00Z\",\"end\":\"1970-01-01T00:00:01Z\"},"
	  "\"state\":{\"a\":[1,\"x y\"]},\"shardId\":\"shardId-000000000006\",\"eventSourceARN\":\"" ARN
	  "\",\"isFinalInvokeForWindow\":true,\"isWindowTerminatedEarly\":true}" },
};

/* With one record and with none, as in a final invocation. */
START_TEST(window_text)
{
	struct kin_record record = record_of(SEQUENCE);
	const struct kin_record *records[] = { &record };
	struct kin__event_window window = {
		windows[_i].start_ms,   windows[_i].end_ms, kin__span_text(windows[_i].state),
		"shardId-000000000006", windows[_i].final,  windows[_i].early
	};
	struct kin__event_source source;
	struct kin__bytes out, wanted;

	kin__event_source_init(&source, ARN, "lambda-role");
	for (size_t n = 0; n < 2; n++) {
		kin__bytes_init(&out);
		kin__bytes_init(&wanted);
		kin__event_window_write(&out, &source, records, n, &window);
		kin__bytes_text(&wanted, "{\"Records\":[");
		kin__bytes_text(&wanted, n > 0 ? EVENT_RECORD("\"partitionKey\":\"1\",") "]" : "]");
		kin__bytes_text(&wanted, windows[_i].members);
		ck_assert_str_eq(out.at, wanted.at);
		ck_assert_uint_eq(out.n, kin__event_bytes(&source, records, n) +
		                                         kin__event_window_bytes(&source, &window));
		kin__bytes_fini(&out);
		kin__bytes_fini(&wanted);
	}
}
END_TEST

START_TEST(window_no_memory)
{
	struct kin_record record = record_of(SEQUENCE);
	const struct kin_record *records[] = { &record };
	struct kin__event_window window = { NINE, NINE + 1000, T("{}"), "s", false, false };
	struct kin__event_source source;
	struct kin__bytes out;
	uint64_t total;

	kin__event_source_init(&source, ARN, "a");
	kin__bytes_init(&out);
	kin__mem_fail_at(0);
	kin__event_window_write(&out, &source, records, 1, &window);
	total = kin__mem_count();
	kin__bytes_fini(&out);
	ck_assert_uint_gt(total, 0);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		kin__event_window_write(&out, &source, records, 1, &window);
		ck_assert(out.failed);
		kin__bytes_fini(&out);
	}
	kin__mem_fail_at(0);
}
END_TEST

/* kept: NULL: none is found; wrong: `why` holds the text. */
static const struct {
	const char *json, *kept, *wrong;
} states[] = {
	{ "{}", "{}", NULL },
	{ " { \"a\" : [ 1 , 2.50 ] ,\n\t\"b c\" : \" x \\\" y \" }\r\n",
	  "{\"a\":[1,2.50],\"b c\":\" x \\\" y \"}", NULL },
	{ "{\"n\":123456789012345678901234567890,\"e\":1.0E+02}",
	  "{\"n\":123456789012345678901234567890,\"e\":1.0E+02}", NULL },
	{ "{\"\\\\\": \"\\\\\" , \"k\":1}", "{\"\\\\\":\"\\\\\",\"k\":1}", NULL },
	{ "[]", NULL, "must be a JSON object" },
	{ "null", NULL, "must be a JSON object" },
	{ "\"{}\"", NULL, "must be a JSON object" },
	{ "{} {}", NULL, "" },
	{ "{\"a\":}", NULL, "" },
	{ "", NULL, "" },
	{ "{\"a\":\"\xff\"}", NULL, "UTF-8" },
};

START_TEST(state_table)
{
	char why[KIN__STATE_WHY] = "";
	struct kin__bytes out;
	enum kin__state_found found;

	kin__bytes_init(&out);
	found = kin__state_read(&out, states[_i].json, strlen(states[_i].json), why);
	if (states[_i].kept) {
		ck_assert_int_eq(found, KIN__STATE_FOUND);
		ck_assert_str_eq(out.at, states[_i].kept);
	} else {
		ck_assert_int_eq(found, KIN__STATE_WRONG);
		ck_assert_msg(why[0] && strstr(why, states[_i].wrong), "%s", why);
		ck_assert_uint_eq(out.n, 0);
	}
	kin__bytes_fini(&out);
}
END_TEST

static const struct {
	const char *json, *kept;
	enum kin__state_found found;
} answers[] = {
	{ "{\"state\":{\"a\": 1}}", "{\"a\":1}", KIN__STATE_FOUND },
	{ "{\"batchItemFailures\":[{\"itemIdentifier\":\"1\"}],\"state\":{}}", "{}", KIN__STATE_FOUND },
	{ "{\"state\":{\"a\":1},\"state\":{\"b\":2}}", "{\"b\":2}", KIN__STATE_FOUND },
	{ "{\"\\u0073tate\":{\"a\":1}}", "{\"a\":1}", KIN__STATE_FOUND },
	{ "{\"State\":{},\"x\":{\"state\":{}},\"\\u0053tate\":1}", NULL, KIN__STATE_NONE },
	{ "{}", NULL, KIN__STATE_NONE },
	{ "", NULL, KIN__STATE_NONE },
	{ "null", NULL, KIN__STATE_NONE },
	{ "\"state\"", NULL, KIN__STATE_NONE },
	{ "[{\"state\":{}}]", NULL, KIN__STATE_NONE },
	{ "{\"state\":null}", NULL, KIN__STATE_WRONG },
	{ "{\"state\":[]}", NULL, KIN__STATE_WRONG },
	{ "{\"state\":{}", NULL, KIN__STATE_WRONG },
	{ "{\"state\":{},", NULL, KIN__STATE_WRONG },
};

START_TEST(state_of_response)
{
	char why[KIN__STATE_WHY] = "";
	struct kin__bytes out;

	kin__bytes_init(&out);
	ck_assert_int_eq(kin__state_of_response(&out, answers[_i].json, strlen(answers[_i].json), why),
	                 answers[_i].found);
	ck_assert_str_eq(out.n > 0 ? out.at : "", answers[_i].kept ? answers[_i].kept : "");
	ck_assert_int_eq(why[0] != 0, answers[_i].found == KIN__STATE_WRONG);
	kin__bytes_fini(&out);
}
END_TEST

/* One byte more than any response may have is not even looked at. */
START_TEST(state_too_large)
{
	char why[KIN__STATE_WHY] = "", *json = kin__mem_alloc(KIN__STATE_BYTES_REFUSED + 1);
	struct kin__bytes out;

	ck_assert_ptr_nonnull(json);
	memset(json, 'x', KIN__STATE_BYTES_REFUSED + 1);
	memcpy(json, "{\"a\":\"", 6);
	memcpy(json + KIN__STATE_BYTES_REFUSED - 2, "\"}", 2);
	kin__bytes_init(&out);
	ck_assert_int_eq(kin__state_read(&out, json, KIN__STATE_BYTES_REFUSED, why), KIN__STATE_FOUND);
	ck_assert_uint_eq(out.n, KIN__STATE_BYTES_REFUSED);
	ck_assert_int_eq(kin__state_read(&out, json, KIN__STATE_BYTES_REFUSED + 1, why), KIN__STATE_WRONG);
	kin__bytes_fini(&out);
	kin__mem_free(json);
}
END_TEST

static TCase *windows_case(void)
{
	TCase *tcase = tcase_create("windows");

	tcase_add_loop_test(tcase, window_text, 0, COUNT(windows));
	tcase_add_test(tcase, window_no_memory);
	tcase_add_loop_test(tcase, state_table, 0, COUNT(states));
	tcase_add_loop_test(tcase, state_of_response, 0, COUNT(answers));
	tcase_add_test(tcase, state_too_large);
	return tcase;
}
