/* consumer/kept in check_consumer: what the store keeps of a shard's windows, as text and back. */
#ifndef CONSUMER_KEPT_H
#define CONSUMER_KEPT_H
#include "consumer_scene.h"

static const struct {
	const char *number;
	uint64_t sub;
	bool open;
	int64_t start_ms, end_ms, closed_ms;
	const char *state, *text;
} kepts[] = {
	{ "123", 0, false, 0, 0, INT64_MIN, "",
	  "{\"version\":1,\"sequenceNumber\":\"123\",\"subSequenceNumber\":0}" },
	{ "4959", 7, false, 0, 0, 1700000010000, "",
	  "{\"version\":1,\"sequenceNumber\":\"4959\",\"subSequenceNumber\":7,\"closedMs\":1700000010000}" },
	{ "1", 0, true, 1000, 2000, 1000, "{\"n\":1.0}",
	  "{\"version\":1,\"sequenceNumber\":\"1\",\"subSequenceNumber\":0,\"closedMs\":1000,\"startMs\":"
	  "1000,"
	  "\"endMs\":2000,\"state\":{\"n\":1.0}}" },
	{ "TRIM_HORIZON", 0, true, -1000, 0, INT64_MIN, "{}",
	  "{\"version\":1,\"sequenceNumber\":\"TRIM_HORIZON\",\"subSequenceNumber\":0,\"startMs\":-1000,"
	  "\"endMs\":0,\"state\":{}}" },
	{ "", 0, false, 0, 0, INT64_MIN, "",
	  "{\"version\":1,\"sequenceNumber\":\"\",\"subSequenceNumber\":0}" },
};

START_TEST(what_is_kept_is_read_again)
{
	struct kin__kept kept = { .open = kepts[_i].open,
		                  .start_ms = kepts[_i].start_ms,
		                  .end_ms = kepts[_i].end_ms,
		                  .closed_ms = kepts[_i].closed_ms,
		                  .state = kin__span_text(kepts[_i].state) },
			 back;
	struct kin__bytes text;

	kin__position_set(&kept.at, kepts[_i].number, kepts[_i].sub);
	kin__bytes_init(&text);
	kin__kept_write(&text, &kept);
	ck_assert_str_eq(text.at, kepts[_i].text);
	ck_assert_pstr_eq(kin__kept_read(&back, text.at, text.n), NULL);
	ck_assert(kin__position_is_text(&back.at, kepts[_i].number));
	ck_assert_uint_eq(back.at.sub, kepts[_i].sub);
	ck_assert_int_eq(back.open, kepts[_i].open);
	ck_assert_int_eq(back.closed_ms, kepts[_i].closed_ms);
	ck_assert_int_eq(back.start_ms, kepts[_i].start_ms);
	ck_assert_int_eq(back.end_ms, kepts[_i].end_ms);
	ck_assert_uint_eq(back.state.n, kept.open ? kept.state.n : 0);
	for (size_t n = 1; n < text.n; n++) /* and no part of it */
		ck_assert_ptr_nonnull(kin__kept_read(&back, text.at, n));
	kin__bytes_fini(&text);
}
END_TEST

#define NUMBER "\"sequenceNumber\":\"1\","
static const struct {
	const char *text, *says;
} strange[] = {
	{ "[]", "object" },
	{ "{}", "version" },
	{ "{\"version\":2," NUMBER "\"subSequenceNumber\":0}", "version" },
	{ "{\"version\":1}", "position" },
	{ "{\"version\":1,\"sequenceNumber\":5}", "" },
	{ "{\"version\":1,\"sequenceNumber\":\"12x\"}", "position" },
	{ "{\"version\":1,\"sequenceNumber\":\"x12\"}", "position" },
	{ "{\"version\":1,\"sequenceNumber\":\"{TRIM_HORIZON\"}", "position" },
	{ "{\"version\":1,\"sequenceNumber\":\"\\u0031\"}", "escape" },
	{ "{\"version\":1," NUMBER "\"subSequenceNumber\":-1}", "position" },
	{ "{\"version\":1," NUMBER "\"state\":{}}", "without its start" },
	{ "{\"version\":1," NUMBER "\"startMs\":0,\"endMs\":1000}", "without its start" },
	{ "{\"version\":1," NUMBER "\"startMs\":1000,\"endMs\":1000,\"state\":{}}", "cannot be" },
	{ "{\"version\":1," NUMBER "\"startMs\":0,\"endMs\":1000,\"state\":[]}", "cannot be" },
	{ "{\"version\":1," NUMBER "\"closedMs\":1.5}", "" },
	{ "{\"version\":1,\"sequenceNumber\":"
	  "\"111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
	  "11"
	  "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
	  "11\"}",
	  "position" },
};

START_TEST(what_cannot_be_kept_is_refused)
{
	struct kin__kept kept;
	const char *wrong = kin__kept_read(&kept, strange[_i].text, strlen(strange[_i].text));

	ck_assert_msg(wrong && strstr(wrong, strange[_i].says), "%s: %s", strange[_i].text,
	              wrong ? wrong : "taken");
}
END_TEST

/* No bytes: what a tool puts that moves a checkpoint.  Members of later versions are skipped. */
START_TEST(what_is_kept_may_be_nothing_or_more)
{
	static const char more[] = "{ \"later\" : [ 1 ], \"version\":1, " NUMBER "\"later\":{\"state\":{}}}";
	struct kin__kept kept;

	ck_assert_pstr_eq(kin__kept_read(&kept, "", 0), NULL);
	ck_assert(!kept.open && !kin__position_there(&kept.at) && kept.closed_ms == INT64_MIN);
	ck_assert_pstr_eq(kin__kept_read(&kept, more, sizeof more - 1), NULL);
	ck_assert(!kept.open);
	ck_assert(kin__position_is_text(&kept.at, "1"));
}
END_TEST

START_TEST(positions_are_compared)
{
	static const struct {
		const char *a;
		uint64_t a_sub;
		const char *b;
		uint64_t b_sub;
		int order;
	} rows[] = { { "9", 0, "10", 0, -1 }, { "21", 0, "12", 0, 1 }, { "5", 1, "5", 1, 0 },
		     { "5", 1, "5", 2, -1 },  { "5", 3, "5", 2, 1 },   { "6", 0, "5", 9, 1 } };

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		struct kin__position a, b;
		int order;

		kin__position_set(&a, rows[i].a, rows[i].a_sub);
		kin__position_set(&b, rows[i].b, rows[i].b_sub);
		order = kin__position_compare(&a, &b);
		ck_assert_int_eq((order > 0) - (order < 0), rows[i].order);
	}
}
END_TEST

static TCase *kept_case(void)
{
	TCase *tcase = tcase_create("kept");

	tcase_add_loop_test(tcase, what_is_kept_is_read_again, 0, (int)KIN__ARRAY_LEN(kepts));
	tcase_add_loop_test(tcase, what_cannot_be_kept_is_refused, 0, (int)KIN__ARRAY_LEN(strange));
	tcase_add_test(tcase, what_is_kept_may_be_nothing_or_more);
	tcase_add_test(tcase, positions_are_compared);
	return tcase;
}
#endif
