/* The model of the service: numbers, tokens, faults, streams, reshards, reading, limits. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "model/model.h"
#include "model/sequence.h"
#include "model/token.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define S(text) kin__span_text(text)
#define EPOCH INT64_C(1700000000000)

static struct kin__model *model;
static struct kin__model_answer answer;
static int64_t now;

static void open_model(const struct kin__model_options *options)
{
	kin__model_free(model);
	model = kin__model_new(options);
	ck_assert_ptr_nonnull(model);
}

static struct kin__model_options defaults(void)
{
	struct kin__model_options options;

	kin__model_options_init(&options);
	options.seed = 7;
	return options;
}

static void setup(void)
{
	struct kin__model_options options;

	options = defaults();
	now = EPOCH;
	open_model(&options);
}

static void teardown(void)
{
	kin__model_free(model);
	model = NULL;
}

#define ck_done() ck_assert_msg(!answer.code, "%s: %s", answer.code, answer.message)
#define ck_refused(want)                                                                                     \
	ck_assert_msg(answer.code &&strcmp(answer.code, (want)) == 0, "%s, not %s",                          \
	              answer.code ? answer.code : "done", (want))

static void create(const char *name, uint32_t shards)
{
	kin__model_create_stream(model, now, S(name), shards, 0, &answer);
	ck_done();
}

static struct kin__model_put put(const char *stream, const char *key, const char *data)
{
	struct kin__model_entry entry = { .key = S(key), .data = S(data) };
	struct kin__model_put out = { 0 };

	kin__model_put_record(model, now, S(stream), &entry, kin__span("", 0), &out, &answer);
	return out;
}

static void iterator(const char *stream, const char *shard, enum kin__iterator_type type,
                     const char *sequence, char out[static KIN__MODEL_TOKEN])
{
	struct kin__model_position position = { .type = type, .sequence = S(sequence) };

	kin__model_get_iterator(model, now, S(stream), S(shard), &position, out, &answer);
}

static struct kin__model_page get(const char *token, uint32_t limit)
{
	struct kin__model_page page;

	kin__model_get_records(model, now, S(token), limit, &page, &answer);
	return page;
}

static void fault(const char *text)
{
	struct kin__fault parsed;
	char error[KIN__FAULT_ERROR] = "";

	ck_assert_msg(kin__fault_parse(S(text), &parsed, error) == 0, "%s", error);
	ck_assert_int_eq(kin__faults_add(kin__model_faults(model), &parsed), 0);
}

static size_t shards(const struct kin__model_list *list, struct kin__shard_info *out, size_t room)
{
	char next[KIN__MODEL_TOKEN];
	size_t n;

	kin__model_list_shards(model, now, list, out, room, &n, next, &answer);
	return n;
}

/* --- numbers and tokens ---------------------------------------------------------- */

START_TEST(sequence_layout)
{
	/* A number of the service's documentation, taken apart. */
	static const char text[] = "49590338271490256608559692538361571095921575989136588898";
	struct kin__sequence number;
	char back[57];

	ck_assert(kin__sequence_parse(S(text), &number));
	ck_assert_int_eq(number.created_s, 1542776258);
	ck_assert_uint_eq(number.shard, 6);
	ck_assert_uint_eq(number.counter, 0x67648a17);
	ck_assert_int_eq(number.time_s, 1545084650);
	kin__sequence_text(&number, back);
	ck_assert_str_eq(back, text);
}
END_TEST

START_TEST(sequence_round_trip)
{
	struct kin__rng rng = { 1 };

	for (int i = 0; i < 2000; i++) {
		struct kin__sequence a = { (int64_t)(kin__rng_next(&rng) >> 28),
			                   (int64_t)(kin__rng_next(&rng) >> 28), kin__rng_next(&rng),
			                   (uint32_t)kin__rng_next(&rng) };
		struct kin__sequence b, c = a;
		char text[57], later[57];

		kin__sequence_text(&a, text);
		ck_assert(kin__sequence_parse(S(text), &b));
		ck_assert(a.created_s == b.created_s && a.time_s == b.time_s && a.counter == b.counter &&
		          a.shard == b.shard);
		c.counter += c.counter < UINT64_MAX;
		kin__sequence_text(&c, later);
		ck_assert_int_le(strcmp(text, later), 0);
	}
}
END_TEST

START_TEST(sequence_refused)
{
	static const char *const texts[] = { "",
		                             "0",
		                             "4959033827149025660855969253836157109592157598913658889",
		                             "49590338271490256608559692538361571095921575989136588899",
		                             "4959033827149025660855969253836157109592157598913658889x",
		                             "99999999999999999999999999999999999999999999999999999999" };
	struct kin__sequence number;

	ck_assert(!kin__sequence_parse(S(texts[_i]), &number));
}
END_TEST

START_TEST(token_any_change_is_found)
{
	struct kin__token token = { KIN__TOKEN_ITERATOR, 3, 8, 9, 10, EPOCH, -5 }, back;
	char text[KIN__MODEL_TOKEN];

	kin__token_text(&token, 99, text);
	ck_assert(kin__token_parse(S(text), 99, &back));
	ck_assert(back.kind == token.kind && back.filter == 3 && back.stream == 8 && back.shard == 9 &&
	          back.position == 10 && back.issued_ms == EPOCH && back.filter_ms == -5);
	ck_assert(!kin__token_parse(S(text), 98, &back));
	for (size_t i = 0; text[i]; i++) {
		char kept = text[i];
		text[i] = kept == 'A' ? 'B' : 'A';
		ck_assert(!kin__token_parse(S(text), 99, &back));
		text[i] = kept;
	}
}
END_TEST

/* --- streams ------------------------------------------------------------------------ */

START_TEST(stream_life)
{
	struct kin__model_options options = defaults();
	struct kin__stream_summary summary;
	struct kin__model_list list = { .stream = S("s") };
	struct kin__shard_info info[4];

	options.transition_ms = 100;
	open_model(&options);
	create("s", 2);
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_CREATING);
	put("s", "a", "x");
	ck_refused("ResourceNotFoundException");
	shards(&list, info, 4);
	ck_refused("ResourceInUseException");
	kin__model_create_stream(model, now, S("s"), 1, 0, &answer);
	ck_refused("ResourceInUseException");
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_refused("ResourceInUseException");
	now += 100;
	kin__model_describe(model, now, S("arn:aws:kinesis:us-east-1:000000000000:stream/s"), &summary,
	                    &answer);
	ck_done();
	ck_assert_int_eq(summary.status, KIN__STREAM_ACTIVE);
	ck_assert_uint_eq(summary.open_shards, 2);
	ck_assert_str_eq(summary.arn, "arn:aws:kinesis:us-east-1:000000000000:stream/s");
	kin__model_describe(model, now, S("arn:aws:kinesis:eu-west-1:000000000000:stream/s"), &summary,
	                    &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 5, 0 },
	                 &answer);
	ck_done();
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_UPDATING);
	kin__model_split(model, now, S("s"), S("shardId-000000000001"), (struct kin__hashkey){ 5, 0 },
	                 &answer);
	ck_refused("ResourceInUseException");
	put("s", "a", "x");
	ck_done();
	ck_assert_uint_eq(shards(&list, info, 4), 2);
	now += 100;
	ck_assert_uint_eq(shards(&list, info, 4), 4);
	ck_assert_ptr_nonnull(info[0].last_sequence);
	ck_assert_str_eq(info[2].parent, "shardId-000000000000");
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_done();
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_DELETING);
	now += 100;
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_refused("ResourceNotFoundException");
}
END_TEST

START_TEST(stream_refused)
{
	char name[130];

	memset(name, 'a', sizeof name);
	kin__model_create_stream(model, now, kin__span(name, 129), 1, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, kin__span(name, 128), 1, 0, &answer);
	ck_done();
	kin__model_create_stream(model, now, S("a b"), 1, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, S("b"), 0, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, S("b"), 10001, 0, &answer);
	ck_refused("LimitExceededException");
	kin__model_delete_stream(model, now, S("b"), &answer);
	ck_refused("ResourceNotFoundException");
}
END_TEST

START_TEST(stream_recreated)
{
	struct kin__stream_summary first, second;
	struct kin__model_list list = { .stream = S("s"), .has_created = true };
	struct kin__shard_info info[2];
	char old[KIN__MODEL_TOKEN], token[KIN__MODEL_TOKEN];
	struct kin__model_put number;

	create("s", 1);
	kin__model_describe(model, now, S("s"), &first, &answer);
	number = put("s", "a", "x");
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", old);
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_done();
	create("s", 1); /* in the same millisecond */
	kin__model_describe(model, now, S("s"), &second, &answer);
	ck_assert_int_gt(second.created_ms, first.created_ms);
	get(old, 0);
	ck_refused("ResourceNotFoundException");
	iterator("s", "shardId-000000000000", KIN__AFTER_SEQUENCE_NUMBER, number.sequence, token);
	ck_refused("InvalidArgumentException");
	ck_assert_int_gt(strcmp(put("s", "a", "y").sequence, number.sequence), 0);
	list.created_ms = first.created_ms;
	shards(&list, info, 2);
	ck_refused("ResourceNotFoundException");
	list.created_ms = second.created_ms;
	ck_assert_uint_eq(shards(&list, info, 2), 1);
}
END_TEST

START_TEST(streams_listed)
{
	static const char *const names[] = { "m", "b", "z", "a", "q" };
	struct kin__stream_summary out[5];
	size_t n;
	bool more;

	for (int i = 0; i < COUNT(names); i++)
		create(names[i], 1);
	kin__model_list_streams(model, now, S(""), out, 3, &n, &more, &answer);
	ck_assert(n == 3 && more);
	ck_assert_str_eq(out[0].name, "a");
	ck_assert_str_eq(out[2].name, "m");
	kin__model_list_streams(model, now, S("m"), out, 3, &n, &more, &answer);
	ck_assert(n == 2 && !more);
	ck_assert_str_eq(out[1].name, "z");
}
END_TEST

#include "model_faults.h"
#include "model_reshards.h"
#include "model_reads.h"
#include "model_corners.h"
#include "model_spread.h"
#include "model_settings.h"

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *rules = tcase_create("rules");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(rules, setup, teardown);
	tcase_set_timeout(rules, 60);
	tcase_add_test(rules, sequence_layout);
	tcase_add_test(rules, sequence_round_trip);
	tcase_add_loop_test(rules, sequence_refused, 0, 6);
	tcase_add_test(rules, token_any_change_is_found);
	tcase_add_loop_test(rules, fault_grammar, 0, COUNT(faults));
	tcase_add_test(rules, fault_values);
	tcase_add_loop_test(rules, fault_selection, 0, COUNT(selections));
	tcase_add_test(rules, fault_effects);
	tcase_add_test(rules, fault_entries);
	tcase_add_test(rules, stream_life);
	tcase_add_test(rules, stream_refused);
	tcase_add_test(rules, stream_recreated);
	tcase_add_test(rules, streams_listed);
	tcase_add_test(rules, split_and_merge_refused);
	tcase_add_loop_test(rules, walk_tiles_and_reads_once, 0, 40);
	tcase_add_test(rules, children_told);
	tcase_add_test(rules, iterator_positions);
	tcase_add_test(rules, iterator_refused);
	tcase_add_test(rules, numbers_of_shards);
	tcase_add_test(rules, retention_and_trim);
	tcase_add_test(rules, closed_shards_leave);
	tcase_add_loop_test(rules, list_filters, 0, COUNT(filters));
	tcase_add_test(rules, list_refused);
	tcase_add_test(rules, size_limits);
	tcase_add_test(rules, checked_puts);
	tcase_add_test(rules, write_rates);
	tcase_add_test(rules, read_rates);
	tcase_add_test(rules, memory_fails);
	suite_add_tcase(suite, rules);
	suite_add_tcase(suite, corners_case());
	suite_add_tcase(suite, spread_case());
	suite_add_tcase(suite, settings_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
