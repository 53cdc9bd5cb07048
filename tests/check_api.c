/* The api room, where its own parts are needed: a log line as JSON, read back by another reader. */
#include <check.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kinstream.h"
#include "wire/json.h"
#include "wire/utf8.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))

static const struct {
	struct kin_log_line line;
	const char *json;
} lines[] = {
	{ { sizeof(struct kin_log_line), 1545084650987, KIN_LOG_WARN, "consumer", "blocked", "orders",
	    "billing", "shardId-000000000006", NULL, NULL },
	  "{\"time\":\"2018-12-17T22:10:50.987Z\",\"level\":\"warn\",\"room\":\"consumer\",\"message\":"
	  "\"blocked\","
	  "\"stream\":\"orders\",\"application\":\"billing\",\"shardId\":\"shardId-000000000006\"}" },
	{ { sizeof(struct kin_log_line), 0, KIN_LOG_TRACE, "http", "200", NULL, NULL, NULL, "GetRecords",
	    "a-1" },
	  "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"trace\",\"room\":\"http\",\"message\":\"200\","
	  "\"operation\":\"GetRecords\",\"requestId\":\"a-1\"}" },
	/* Any bytes: quotes, control characters, what is no UTF-8. */
	{ { .size = sizeof(struct kin_log_line),
	    .level = 77,
	    .room = "r\"",
	    .message = "a\"b\\c\n\x01\x1f\x7f\xc3\xa9\xff\xf0\x9f\x90\x9f\xed\xa0\x80.",
	    .stream = "\x80" },
	  "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"?\",\"room\":\"r\\\"\",\"message\":"
	  "\"a\\\"b\\\\c\\n\\u0001\\u001f\x7f\xc3\xa9\xef\xbf\xbd\xf0\x9f\x90\x9f\xef\xbf\xbd\xef\xbf\xbd\xef"
	  "\xbf\xbd.\","
	  "\"stream\":\"\xef\xbf\xbd\"}" },
	/* Made by a program that knows fewer members: what lies behind its struct is not read. */
	{ { offsetof(struct kin_log_line, stream), 0, KIN_LOG_INFO, "app", NULL, "no", "no", "no", "no",
	    "no" },
	  "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"room\":\"app\",\"message\":\"\"}" },
};

START_TEST(log_table)
{
	char out[1024];

	ck_assert_uint_eq(kin_log_json(&lines[_i].line, out, sizeof out), strlen(lines[_i].json));
	ck_assert_str_eq(out, lines[_i].json);
}
END_TEST

/* What is no character counts as one. */
static size_t characters(struct kin__span text)
{
	size_t count = 0, bad, n;

	for (; text.n > 0; count++) {
		n = kin__utf8_step(text, &bad);
		n = n > 0 ? n : bad;
		text = kin__span(text.at + n, text.n - n);
	}
	return count;
}

/* Random bytes in each text, in every room for it: one line of valid UTF-8, JSON, never longer than the room; where
 * it fits, the message comes back. */
START_TEST(log_random)
{
	struct kin__rng rng = { (uint64_t)_i };
	char message[600], stream[60], out[5000], error[KIN__JSON_ERROR];
	struct kin_log_line line = { .size = sizeof line, .level = 2, .room = "r", .message = message };
	size_t n = (size_t)kin__rng_below(&rng, sizeof message), room, made;
	struct kin__json *json;
	struct kin__span text;

	for (size_t i = 0; i < n; i++)
		message[i] = (char)(_i % 3 ? kin__rng_between(&rng, 1, 255) : kin__rng_between(&rng, 1, 31));
	message[n] = 0;
	for (size_t i = 0; i < sizeof stream; i++)
		stream[i] = (char)(i + 1 < sizeof stream ? kin__rng_between(&rng, 1, 255) : 0);
	line.stream = _i % 2 ? stream : NULL;
	room = (size_t)kin__rng_between(&rng, 600, sizeof out); /* the stream alone may take 360 */
	bool fits = kin_log_json(&line, out, sizeof out) < room;
	memset(out, 'x', sizeof out);
	made = kin_log_json(&line, out, room);
	ck_assert_uint_lt(made, room);
	ck_assert_uint_eq(strlen(out), made);
	for (size_t i = made + 1; i < sizeof out; i++)
		ck_assert_int_eq(out[i], 'x');
	for (size_t i = 0; i < made; i++)
		ck_assert_uint_ge((unsigned char)out[i], ' ');
	ck_assert(kin__utf8_valid(kin__span(out, made)));
	ck_assert_msg(kin__json_parse(out, made, &json, error) == 0, "%s: %s", error, out);
	ck_assert(kin__json_text(kin__json_member(json, "message"), &text));
	if (fits)
		ck_assert_uint_eq(characters(text), characters(kin__span(message, n)));
	kin__json_free(json);
}
END_TEST

START_TEST(log_too_long)
{
	static char shard[300];
	struct kin_log_line line = { .size = sizeof line, .room = "r", .message = "m" };
	char out[256];

	memset(shard, 's', sizeof shard - 1);
	line.shard_id = shard;
	kin_log_json(&line, out, sizeof out);
	ck_assert_ptr_nonnull(strstr(out, "a line is left out"));
	ck_assert_uint_eq(kin_log_json(&line, out, 10), 0);
	ck_assert_str_eq(out, "");
	line.shard_id = NULL;
	kin__mem_fail_at(1);
	kin_log_json(&line, out, sizeof out);
	kin__mem_fail_at(0);
	ck_assert_ptr_nonnull(strstr(out, "a line is left out"));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("api");
	TCase *tcase = tcase_create("api");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, log_table, 0, COUNT(lines));
	tcase_add_loop_test(tcase, log_random, 0, 600);
	tcase_add_test(tcase, log_too_long);
	suite_add_tcase(all, tcase);
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
