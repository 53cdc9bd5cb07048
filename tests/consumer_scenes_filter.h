/* Scenes of check_consumer: records that filter_criteria leave out.
 * [0,2]: a call with records 0 and 2; E failed, Pn answered that n and later failed; a=1002: the checkpoint of shard a. */
#ifndef CONSUMER_SCENES_FILTER_H
#define CONSUMER_SCENES_FILTER_H
#include "consumer_scene.h"

/* n records in shard "a", those of `left_out` (a bit each) not to be shown. */
static struct shard *scene_filtered(struct scene *s, uint32_t n, uint64_t left_out)
{
	struct shard *shard = scene_shard(s, "a", NULL, NULL);

	scene_put(shard, n, 0);
	for (uint32_t i = 0; i < n; i++)
		shard->left_out[i] = left_out >> i & 1;
	return shard;
}

/* Row 10 of the recorded behaviour: each handler sees its own records only. */
START_TEST(lambda_shows_what_matches)
{
	struct scene s;

	scene_init(&s);
	scene_filtered(&s, 2, 2);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	ck_assert_uint_eq(scene_health(&s).filtered, 1);
	ck_assert_uint_eq(scene_health(&s).handled, 1);
	ck_assert_uint_eq(scene_health(&s).polled, 2);
	scene_end(&s);
}
END_TEST

START_TEST(nothing_matches_and_the_checkpoint_moves)
{
	struct scene s;

	scene_init(&s);
	scene_filtered(&s, 5, 31);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1004");
	ck_assert_uint_eq(scene_health(&s).filtered, 5);
	ck_assert_uint_eq(scene_health(&s).invocations, 0);
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

/* batch_size counts what is shown. */
START_TEST(a_batch_is_filled_with_what_matches)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 2;
	scene_filtered(&s, 8, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 7);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,3] [5,6]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	scene_end(&s);
}
END_TEST

/* Neither before nor behind it does the checkpoint pass a record that is not done. */
START_TEST(what_is_left_out_waits_for_what_stands_before_it)
{
	static const struct verdict once[] = { { .code = KIN_FAILED }, { .code = KIN_OK } };
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.log_store = true;
	s.set.retry_base_us = s.set.retry_max_us = 8000000;
	scene_filtered(&s, 5, 1 << 0 | 1 << 2 | 1 << 4);
	s.script = once;
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "-=TRIM_HORIZON a=TRIM_HORIZON a=1000 [1]E [1] a=1002 [3] a=1004");
	scene_end(&s);
}
END_TEST

START_TEST(pieces_of_a_batch_pass_over_what_is_left_out)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 0;
	scene_filtered(&s, 8, 1 << 1 | 1 << 4 | 1 << 5);
	s.poison = 1 << 6;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0,2,3,6,7]E [0,2] [3,6,7]E [3] [6,7]E [6]E {6 failed 1 unhandled} [7]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	scene_end(&s);
	scene_init(&s);
	s.set.maximum_retry_attempts = 1;
	scene_filtered(&s, 8, 1 << 1 | 1 << 4 | 1 << 5);
	s.poison = 1 << 3;
	s.report = true;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0,2,3,6,7]P2 [3,6,7]P0 [3,6,7]P0 {3,6,7 failed 2}");
	ck_assert_uint_eq(scene_health(&s).handled, 2);
	ck_assert_uint_eq(scene_health(&s).filtered, 3);
	scene_end(&s);
}
END_TEST

/* The window opens with the first record that is shown. */
START_TEST(the_window_begins_with_a_match)
{
	struct scene s;
	struct shard *shard;

	scene_init(&s);
	s.set.batching_window_us = 3000000;
	shard = scene_filtered(&s, 2, 3);
	scene_put(shard, 2, 4500);
	scene_start(&s);
	scene_run(&s, 7900);
	scene_told(&s, "");
	scene_run(&s, 10000);
	scene_told(&s, "[2,3]");
	scene_end(&s);
}
END_TEST

START_TEST(a_shard_of_no_matches_ends)
{
	struct scene s;
	struct shard *shard;

	scene_init(&s);
	s.many = true;
	shard = scene_filtered(&s, 3, 7);
	shard->closed = true;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "b: [0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	scene_end(&s);
}
END_TEST

START_TEST(until_latest_ends_behind_what_is_left_out)
{
	struct scene s;

	scene_init(&s);
	s.set.until = KIN_UNTIL_LATEST;
	scene_filtered(&s, 4, 1 << 2 | 1 << 3);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,1] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

/* The window ends by its own time, when nothing else happens. */
START_TEST(a_window_ends_by_itself)
{
	struct scene s;

	scene_init(&s);
	s.set.batching_window_us = 3000000;
	s.set.poll_interval_us = 50000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 2900);
	scene_told(&s, "");
	scene_run(&s, 3500);
	scene_told(&s, "[0]");
	scene_end(&s);
}
END_TEST

static TCase *filter_case(void)
{
	TCase *tcase = tcase_create("filter");

	tcase_add_test(tcase, lambda_shows_what_matches);
	tcase_add_test(tcase, nothing_matches_and_the_checkpoint_moves);
	tcase_add_test(tcase, a_batch_is_filled_with_what_matches);
	tcase_add_test(tcase, what_is_left_out_waits_for_what_stands_before_it);
	tcase_add_test(tcase, pieces_of_a_batch_pass_over_what_is_left_out);
	tcase_add_test(tcase, the_window_begins_with_a_match);
	tcase_add_test(tcase, a_shard_of_no_matches_ends);
	tcase_add_test(tcase, until_latest_ends_behind_what_is_left_out);
	tcase_add_test(tcase, a_window_ends_by_itself);
	return tcase;
}
#endif
