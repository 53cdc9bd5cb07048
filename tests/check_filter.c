/* check_filter - Lambda's filter criteria: rows of patterns and records, and a slow evaluator beside the fast one */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "base/mem.h"
#include "base/rng.h"
#include "filter/filter.h"
#include "filter/fold.h"
#include "filter/number.h"
#include "filter_rows.h"
#include "filter_slow.h"

static struct kin__filter *filter_of(const char *criteria)
{
	struct kin__reason reason = { "" };
	struct kin__filter *filter = NULL;
	int code = kin__filter_new(&filter, kin__span_text(criteria), &reason);

	ck_assert_msg(code == KIN_OK, "%s\nrefused: %s", criteria, reason.text);
	return filter;
}

static struct kin_record record_of(const char *data)
{
	return (struct kin_record){ .partition_key = "key-1",
		                    .partition_key_size = 5,
		                    .sequence_number = "495",
		                    .sequence_number_size = 3,
		                    .arrival_ms = INT64_C(1545084650987),
		                    .data = data,
		                    .data_size = strlen(data) };
}

static void expect(const char *criteria, const char *data, int passes)
{
	struct kin__filter *filter = filter_of(criteria);
	struct kin_record record = record_of(data);
	int found = kin__filter_passes(filter, &record);

	ck_assert_msg(found == passes, "%s\nagainst %s: %d, expected %d", criteria, data, found, passes);
	kin__filter_free(filter);
}

START_TEST(leaves)
{
	const struct leaf_row *row = &leaf_rows[_i];
	char criteria[512], data[256];

	snprintf(criteria, sizeof criteria, OF_FIELD("%s"), row->leaf);
	if (row->value)
		snprintf(data, sizeof data, "{\"a\":0,\"d\":%s,\"z\":{\"d\":1}}", row->value);
	else
		snprintf(data, sizeof data, "{\"e\":1}");
	expect(criteria, data, row->passes);
}
END_TEST

START_TEST(records)
{
	char criteria[512];

	snprintf(criteria, sizeof criteria, OF_DATA("%s"), data_rows[_i].leaf);
	expect(criteria, data_rows[_i].value, data_rows[_i].passes);
}
END_TEST

START_TEST(refusals)
{
	const struct refused_row *row = &refused_rows[_i];
	struct kin__reason reason = { "" };
	struct kin__filter *filter = NULL;

	ck_assert_int_eq(kin__filter_new(&filter, kin__span_text(row->criteria), &reason), KIN_INVALID);
	ck_assert_ptr_null(filter);
	ck_assert_msg(strstr(reason.text, row->words) != NULL, "%s\nsaid '%s', expected '%s'", row->criteria,
	              reason.text, row->words);
}
END_TEST

START_TEST(what_stands_beside_the_data)
{
	static const struct leaf_row rows[] = {
		{ "{\"partitionKey\":[\"key-1\"]}", "no json", 1 },
		{ "{\"partitionKey\":[{\"prefix\":\"key\"}]}", "", 1 },
		{ "{\"partitionKey\":[\"key-2\"]}", "{}", 0 },
		{ "{\"sequenceNumber\":[\"495\"]}", "{}", 1 },
		{ "{\"sequenceNumber\":[495]}", "{}", 0 },
		{ "{\"kinesisSchemaVersion\":[\"1.0\"]}", "{}", 1 },
		{ "{\"approximateArrivalTimestamp\":[1545084650.987]}", "{}", 1 },
		{ "{\"approximateArrivalTimestamp\":[{\"numeric\":[\">\",1545084650.986]}]}", "{}", 1 },
		{ "{\"approximateArrivalTimestamp\":[{\"numeric\":[\"<\",1545084650.987]}]}", "{}", 0 },
		{ "{\"partitionKey\":[\"key-1\"],\"data\":{\"a\":[1]}}", "{\"a\":1}", 1 },
		{ "{\"partitionKey\":[\"key-1\"],\"data\":{\"a\":[1]}}", "{\"a\":2}", 0 },
		{ "{\"partitionKey\":[\"key-2\"],\"data\":{\"a\":[1]}}", "{\"a\":1}", 0 },
		{ "{\"partitionKey\":[\"key-1\"],\"data\":{\"a\":[1]}}", "no json", 0 },
		{ "{\"$or\":[{\"partitionKey\":[\"key-1\"]},{\"data\":{\"a\":[1]}}]}", "no json", 1 },
		{ "{\"$or\":[{\"partitionKey\":[\"key-2\"]},{\"data\":{\"a\":[1]}}]}", "no json", 0 },
		{ "{\"data.a\":[1]}", "{\"a\":1}", 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char criteria[256];

		snprintf(criteria, sizeof criteria, "{\"Filters\":[{\"Pattern\":%s}]}", rows[i].leaf);
		expect(criteria, rows[i].value, rows[i].passes);
	}
}
END_TEST

START_TEST(a_stream_without_keys)
{
	struct kin__filter *there =
			filter_of("{\"Filters\":[{\"Pattern\":{\"partitionKey\":[{\"exists\":true}]}}]}");
	struct kin__filter *absent =
			filter_of("{\"Filters\":[{\"Pattern\":{\"partitionKey\":[{\"exists\":false}]}}]}");
	struct kin_record record = record_of("{}");

	ck_assert_int_eq(kin__filter_passes(there, &record), 1);
	ck_assert_int_eq(kin__filter_passes(absent, &record), 0);
	record.partition_key = NULL;
	record.partition_key_size = 0;
	ck_assert_int_eq(kin__filter_passes(there, &record), 0);
	ck_assert_int_eq(kin__filter_passes(absent, &record), 1);
	kin__filter_free(there);
	kin__filter_free(absent);
}
END_TEST

/* As Lambda's API has it: patterns as text; any of them. */
START_TEST(several_filters)
{
	static const char criteria[] =
			"{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"event_type\\\":[\\\"function_1\\\"]}"
			"}\"},"
			"{\"Pattern\":\"{\\\"data\\\":{\\\"n\\\":[{\\\"numeric\\\":[\\\">\\\",5]}]}}\"}]}";

	expect(criteria, "{\"event_type\":\"function_1\"}", 1);
	expect(criteria, "{\"event_type\":\"function_2\"}", 0);
	expect(criteria, "{\"event_type\":\"function_2\",\"n\":6}", 1);
	expect(criteria, "{\"n\":5}", 0);
}
END_TEST

START_TEST(limits)
{
	struct kin__bytes text;
	struct kin__filter *filter;
	struct kin__reason reason;

	kin__bytes_init(&text);
	kin__bytes_text(&text, "{\"Filters\":[");
	for (int i = 0; i < 11; i++)
		kin__bytes_format(&text, "%s{\"Pattern\":{\"data\":{\"a\":[%d]}}}", i ? "," : "", i);
	kin__bytes_text(&text, "]}");
	ck_assert_int_eq(kin__filter_new(&filter, kin__bytes_view(&text), &reason), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(reason.text, "1 to 10"));

	/* 2^10 combinations are too many, 2^9 are not. */
	for (int n = 9; n <= 10; n++) {
		kin__bytes_clear(&text);
		kin__bytes_text(&text, "{\"Filters\":[{\"Pattern\":{\"data\":{");
		for (int i = 0; i < n; i++)
			kin__bytes_format(&text, "%s\"f%d\":[1,{\"exists\":false}]", i ? "," : "", i);
		kin__bytes_text(&text, "}}}]}");
		ck_assert_int_eq(kin__filter_new(&filter, kin__bytes_view(&text), &reason),
		                 n == 9 ? KIN_OK : KIN_INVALID);
		if (n == 9) {
			struct kin_record record = record_of("{\"f0\":1,\"f8\":1}");

			ck_assert_int_eq(kin__filter_passes(filter, &record), 1);
			record = record_of("{\"f0\":1,\"f8\":2}");
			ck_assert_int_eq(kin__filter_passes(filter, &record), 0);
		} else {
			ck_assert_ptr_nonnull(strstr(reason.text, "1000 combinations"));
		}
		kin__filter_free(filter);
	}

	kin__bytes_clear(&text);
	kin__bytes_text(&text, "{\"Filters\":[{\"Pattern\":\"");
	for (int i = 0; i <= KIN__FILTER_PATTERN_MAX; i++)
		kin__bytes_char(&text, ' ');
	kin__bytes_text(&text, "\"}]}");
	ck_assert_int_eq(kin__filter_new(&filter, kin__bytes_view(&text), &reason), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(reason.text, "4096"));
	kin__bytes_fini(&text);
}
END_TEST

/* 64 levels are read, deeper data counts as no JSON. */
START_TEST(deep_data)
{
	char data[512];

	for (int levels = 63; levels <= 64; levels++) {
		size_t n = 0;

		n += (size_t)sprintf(data + n, "{\"d\":1,\"x\":");
		for (int i = 0; i < levels; i++)
			data[n++] = '[';
		for (int i = 0; i < levels; i++)
			data[n++] = ']';
		data[n++] = '}';
		data[n] = 0;
		expect(OF_FIELD("[1]"), data, levels == 63);
	}
}
END_TEST

/* --- numbers ---------------------------------------------------------------------------------- */

static int sign(double x)
{
	return x < 0 ? -1 : x > 0;
}

START_TEST(numbers_compare_as_doubles_do)
{
	struct kin__rng rng;

	rng.state = 7;
	for (int i = 0; i < 200000; i++) {
		char text[2][64];
		struct kin__number number[2];

		for (int k = 0; k < 2; k++) {
			long long digits = (long long)kin__rng_below(&rng, 2000) - 1000;
			const char *zeros = &"000"[kin__rng_below(&rng, 4)];
			int power = (int)kin__rng_below(&rng, 7) - 3;

			snprintf(text[k], sizeof text[k], "%s%lld.%s%02llde%d", digits < 0 ? "-" : "",
			         llabs(digits) / 100, zeros, llabs(digits) % 100, power);
			kin__number_read(&number[k], kin__span_text(text[k]));
			ck_assert(number[k].exact);
		}
		ck_assert_msg(sign(kin__number_compare(&number[0], &number[1])) ==
		                              sign(strtod(text[0], NULL) - strtod(text[1], NULL)),
		              "%s against %s", text[0], text[1]);
	}
}
END_TEST

/* --- the slow one beside the fast one ------------------------------------------------------------- */

/* Arrays right inside arrays and "$or" are drawn apart: one field with a value and fields below it (which "$or"
 * makes) in such an array is where ours is simpler: it does not tie the value to the inner array. */
enum { NESTED, WITH_OR, DRAWS };

static void random_value(struct kin__rng *rng, struct kin__bytes *out, int depth, int draw);

static void random_object(struct kin__rng *rng, struct kin__bytes *out, int depth, int draw)
{
	bool comma = false;

	kin__bytes_char(out, '{');
	for (char name = 'a'; name <= 'd'; name++) {
		if (kin__rng_below(rng, 3) == 0)
			continue;
		kin__bytes_format(out, "%s\"%c\":", comma ? "," : "", name);
		random_value(rng, out, depth - 1, draw);
		comma = true;
	}
	kin__bytes_char(out, '}');
}

static void random_value(struct kin__rng *rng, struct kin__bytes *out, int depth, int draw)
{
	static const char *const scalars[] = { "1", "2", "\"x\"", "\"xy\"", "null", "true", "2.0" };
	uint64_t kind = depth <= 0 ? 0 : kin__rng_below(rng, 4);

	if (kind == 2) {
		random_object(rng, out, depth, draw);
	} else if (kind == 3) {
		uint64_t n = kin__rng_below(rng, 4);

		kin__bytes_char(out, '[');
		for (uint64_t i = 0; i < n; i++) {
			if (i > 0)
				kin__bytes_char(out, ',');
			if (kin__rng_below(rng, 3) == 0)
				random_value(rng, out, draw == NESTED ? depth - 1 : 0, draw);
			else
				random_object(rng, out, depth - 1, draw);
		}
		kin__bytes_char(out, ']');
	} else {
		kin__bytes_text(out, scalars[kin__rng_below(rng, sizeof scalars / sizeof scalars[0])]);
	}
}

static void random_leaf(struct kin__rng *rng, struct kin__bytes *out)
{
	static const char *const some[] = { "1",
		                            "2",
		                            "\"x\"",
		                            "null",
		                            "true",
		                            "{\"prefix\":\"x\"}",
		                            "{\"exists\":true}",
		                            "{\"exists\":false}",
		                            "{\"exists\":false}",
		                            "{\"anything-but\":\"x\"}",
		                            "{\"anything-but\":[1,2]}" };
	uint64_t n = 1 + kin__rng_below(rng, 2);

	kin__bytes_char(out, '[');
	for (uint64_t i = 0; i < n; i++)
		kin__bytes_format(out, "%s%s", i ? "," : "",
		                  some[kin__rng_below(rng, sizeof some / sizeof some[0])]);
	kin__bytes_char(out, ']');
}

static void random_pattern(struct kin__rng *rng, struct kin__bytes *out, int depth, int draw)
{
	bool comma = false;

	kin__bytes_char(out, '{');
	if (draw == WITH_OR && depth > 0 && kin__rng_below(rng, 4) == 0) {
		kin__bytes_text(out, "\"$or\":[");
		random_pattern(rng, out, depth - 1, draw);
		kin__bytes_char(out, ',');
		random_pattern(rng, out, depth - 1, draw);
		kin__bytes_char(out, ']');
		comma = true;
	}
	for (char name = 'a'; name <= 'd'; name++) {
		if (kin__rng_below(rng, 5) > 1 && (comma || name < 'd'))
			continue;
		kin__bytes_format(out, "%s\"%c\":", comma ? "," : "", name);
		comma = true;
		if (depth > 0 && kin__rng_below(rng, 2) == 0)
			random_pattern(rng, out, depth - 1, draw);
		else
			random_leaf(rng, out);
	}
	kin__bytes_char(out, '}');
}

static const struct kin__tree *tree_of(struct kin__arena *arena, const struct kin__bytes *text)
{
	const char *reason = NULL;
	size_t at = 0;
	char *copy = kin__arena_text(arena, text->at, text->n);
	const struct kin__tree *tree = kin__tree_read(arena, copy, text->n, &reason, &at);

	ck_assert_msg(tree != NULL, "%s: %s", text->at, reason);
	return tree;
}

START_TEST(as_the_slow_one_says)
{
	struct kin__rng rng;
	struct kin__arena arena;
	struct kin__bytes pattern, criteria, data;
	int passed = 0, all = 0;

	rng.state = (uint64_t)_i + 1;
	kin__arena_init(&arena);
	kin__bytes_init(&pattern);
	kin__bytes_init(&criteria);
	kin__bytes_init(&data);
	for (int p = 0; p < 150; p++) {
		struct kin__filter *filter;
		const struct kin__tree *tree;

		kin__bytes_clear(&pattern);
		random_pattern(&rng, &pattern, 2, _i % DRAWS);
		kin__bytes_clear(&criteria);
		kin__bytes_format(&criteria, OF_DATA("%s"), pattern.at);
		filter = filter_of(criteria.at);
		for (int d = 0; d < 60; d++, all++) {
			struct kin_record record;
			int found, slow;

			kin__arena_clear(&arena);
			tree = tree_of(&arena, &pattern);
			kin__bytes_clear(&data);
			random_object(&rng, &data, 4, _i % DRAWS);
			record = record_of(data.at);
			found = kin__filter_passes(filter, &record);
			slow = slow_passes(tree, tree_of(&arena, &data));
			passed += slow;
			ck_assert_msg(found == slow, "%s\nagainst %s: %d, the slow evaluator says %d",
			              pattern.at, data.at, found, slow);
		}
		kin__filter_free(filter);
	}
	ck_assert_msg(passed > all / 50 && passed < all - all / 50, "%d of %d pass: a poor draw", passed,
	              all);
	kin__bytes_fini(&pattern);
	kin__bytes_fini(&criteria);
	kin__bytes_fini(&data);
	kin__arena_fini(&arena);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------------ */

START_TEST(out_of_memory)
{
	static const char criteria[] = "{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"a\\\":[1,{"
				       "\\\"exists\\\":false}],\\\"b.c\\\":[{"
				       "\\\"prefix\\\":{\\\"equals-ignore-case\\\":\\\"x\\\"}}],\\\"$or\\\":["
				       "{\\\"d\\\":[2]},{\\\"e\\\":"
				       "[{\\\"anything-but\\\":[\\\"x\\\",\\\"y\\\"]}]}]}}\"}]}";
	struct kin__filter *filter = NULL;
	struct kin__reason reason;
	struct kin_record record = record_of("{\"\\u0061\":1,\"b\":{\"c\":\"X\"},\"d\":2}");
	int code, tries = 0;

	do {
		kin__mem_fail_at((uint64_t)++tries);
		code = kin__filter_new(&filter, kin__span_text(criteria), &reason);
		kin__mem_fail_at(0);
		ck_assert(code == KIN_NOMEM || code == KIN_OK);
	} while (code != KIN_OK && tries < 100);
	ck_assert_int_eq(code, KIN_OK);
	ck_assert_int_gt(tries, 3);
	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__filter_passes(filter, &record), KIN_NOMEM);
	kin__mem_fail_at(0);
	ck_assert_int_eq(kin__filter_passes(filter, &record), 1);
	kin__filter_free(filter);
}
END_TEST

#include "filter_corners.h"

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *rows = tcase_create("rows"), *others = tcase_create("others");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(rows, leaves, 0, (int)(sizeof leaf_rows / sizeof leaf_rows[0]));
	tcase_add_loop_test(rows, records, 0, (int)(sizeof data_rows / sizeof data_rows[0]));
	tcase_add_loop_test(rows, refusals, 0, (int)(sizeof refused_rows / sizeof refused_rows[0]));
	suite_add_tcase(suite, rows);
	tcase_add_test(others, what_stands_beside_the_data);
	tcase_add_test(others, a_stream_without_keys);
	tcase_add_test(others, several_filters);
	tcase_add_test(others, limits);
	tcase_add_test(others, deep_data);
	tcase_add_test(others, numbers_compare_as_doubles_do);
	tcase_add_loop_test(others, as_the_slow_one_says, 0, 20);
	tcase_add_test(others, out_of_memory);
	suite_add_tcase(suite, others);
	suite_add_tcase(suite, corners_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
