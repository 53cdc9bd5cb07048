/* Scenes of check_consumer: batches with holes in them, where some records are too old and the others are not. */
#ifndef CONSUMER_SCENES_PIECES_H
#define CONSUMER_SCENES_PIECES_H
#include "consumer_scene.h"

/* A letter a record: o too old, f fresh. */
static void mixed_shard(struct scene *s, const char *ages)
{
	struct shard *a;

	scene_init(s);
	s->set.maximum_record_age_ms = 60000;
	a = scene_shard(s, "a", NULL, NULL);
	for (; *ages; ages++)
		scene_put(a, 1, *ages == 'o' ? -61000 : -1000);
}

static const struct {
	const char *ages, *told;
} mixtures[] = {
	{ "ooo", "{0,1,2 old 1}" },
	{ "ooof", "{0,1,2 old 1} [3]" },
	{ "fooo", "{1,2,3 old 1} [0]" },
	{ "ofofo", "{0,2,4 old 1} [1,3]" },
	{ "foofoof", "{1,2,4,5 old 1} [0,3,6]" },
};

START_TEST(old_ones_go_together)
{
	struct scene s;

	mixed_shard(&s, mixtures[_i].ages);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, mixtures[_i].told);
	ck_assert_uint_eq(scene_health(&s).buffered, 0);
	scene_end(&s);
}
END_TEST

START_TEST(old_ones_of_many_pages)
{
	struct scene s;

	mixed_shard(&s, "foofoof");
	s.shards[0].page_max = 1;
	s.set.batching_window_us = 0;
	scene_start(&s);
	scene_run(&s, 10000);
	/* each page is a batch of its own, for they come one after the other */
	scene_told(&s, "[0] {1 old 1} {2 old 1} [3] {4 old 1} {5 old 1} [6]");
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

/* A report counts the records of the call, holes left out. */
static const struct {
	uint32_t fail_at;
	const char *told;
} reports[] = {
	{ 1, "{0,3,4,7 old 1} [1,2,5,6,8]P1 [2,5,6,8]" },
	{ 2, "{0,3,4,7 old 1} [1,2,5,6,8]P2 [5,6,8]" },
	{ 3, "{0,3,4,7 old 1} [1,2,5,6,8]P3 [6,8]" },
	{ 4, "{0,3,4,7 old 1} [1,2,5,6,8]P4 [8]" },
	{ 5, "{0,3,4,7 old 1} [1,2,5,6,8]" /* none of them */ },
};

START_TEST(a_report_counts_what_was_handed_out)
{
	struct verdict script[] = { { .code = KIN_OK, .fail_at = reports[_i].fail_at }, { .code = KIN_OK } };
	struct scene s;

	mixed_shard(&s, "offooffof");
	s.script = script;
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, reports[_i].told);
	ck_assert_uint_eq(scene_health(&s).handled, 5);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1008");
	scene_end(&s);
}
END_TEST

START_TEST(bisect_counts_what_was_handed_out)
{
	struct scene s;

	mixed_shard(&s, "offooffof");
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 0;
	s.poison = 1 << 6;
	scene_start(&s);
	scene_run(&s, 20000);
	/* five records: two to the left, three to the right */
	scene_told(&s,
	           "{0,3,4,7 old 1} [1,2,5,6,8]E [1,2] [5,6,8]E [5] [6,8]E [6]E {6 failed 1 unhandled} [8]");
	scene_end(&s);
}
END_TEST

START_TEST(all_of_a_batch_with_holes_is_given_up)
{
	struct scene s;

	mixed_shard(&s, "offof");
	s.set.maximum_retry_attempts = 1;
	s.poison = 1 << 2;
	scene_start(&s);
	scene_run(&s, 20000);
	scene_told(&s, "{0,3 old 1} [1,2,4]E [1,2,4]E {1,2,4 failed 2 unhandled}");
	ck_assert_uint_eq(scene_health(&s).on_failure, 5);
	scene_end(&s);
}
END_TEST

START_TEST(all_of_a_batch_with_holes_is_dropped)
{
	struct scene s;

	mixed_shard(&s, "offof");
	s.set.drop = true;
	s.set.maximum_retry_attempts = 0;
	s.poison = 1 << 2;
	scene_start(&s);
	scene_run(&s, 20000);
	scene_told(&s, "[1,2,4]E");
	ck_assert_uint_eq(scene_health(&s).dropped, 5);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 2);
	ck_assert_str_eq(s.note, "a: 3 records dropped (RetryAttemptsExhausted), as on_failure = drop says");
	scene_end(&s);
}
END_TEST

/* What grows too old while the shard waits for a handler is dropped at its turn; that batch, too, is one of the two
 * that may stand behind the stored checkpoint. */
START_TEST(a_batch_dropped_at_its_turn_is_a_batch)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.many = true;
	s.set.drop = true;
	s.set.maximum_record_age_ms = 60000;
	s.set.handlers_max = 1;
	s.set.batch_size = 1;
	s.call_us = 3000000;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	scene_put(a, 1, 0);
	scene_put(b, 1, -58000); /* has two seconds left, and waits for three */
	scene_put(b, 3, -1000);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "a: [0]");
	s.stores = 0;
	for (int i = 0; i < 32; i++)
		s.store_codes[i] = KIN_IO;
	scene_run(&s, 30000);
	scene_told(&s, "b: [1]"); /* no third one before the store works again */
	ck_assert_uint_eq(scene_health(&s).dropped, 1);
	scene_end(&s);
}
END_TEST

START_TEST(a_record_as_old_as_it_may_be_is_handed_out)
{
	struct scene s;

	for (int64_t ms = 60000; ms <= 60001; ms++) {
		scene_init(&s);
		s.set.maximum_record_age_ms = 60000;
		scene_put(scene_shard(&s, "a", NULL, NULL), 1, -ms);
		scene_start(&s);
		scene_run(&s, 0);
		scene_told(&s, ms == 60000 ? "[0]" : "{0 old 1}");
		scene_end(&s);
	}
}
END_TEST

static TCase *pieces_case(void)
{
	TCase *tcase = tcase_create("pieces");

	tcase_add_loop_test(tcase, old_ones_go_together, 0, (int)KIN__ARRAY_LEN(mixtures));
	tcase_add_test(tcase, old_ones_of_many_pages);
	tcase_add_loop_test(tcase, a_report_counts_what_was_handed_out, 0, (int)KIN__ARRAY_LEN(reports));
	tcase_add_test(tcase, bisect_counts_what_was_handed_out);
	tcase_add_test(tcase, all_of_a_batch_with_holes_is_given_up);
	tcase_add_test(tcase, all_of_a_batch_with_holes_is_dropped);
	tcase_add_test(tcase, a_batch_dropped_at_its_turn_is_a_batch);
	tcase_add_test(tcase, a_record_as_old_as_it_may_be_is_handed_out);
	return tcase;
}
#endif
