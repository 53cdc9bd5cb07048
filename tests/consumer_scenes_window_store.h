/* Scenes of check_consumer: what the store keeps of tumbling windows, and what a restart makes of it.  The words are those
 * of consumer_scenes_window.h. */
#ifndef CONSUMER_SCENES_WINDOW_STORE_H
#define CONSUMER_SCENES_WINDOW_STORE_H
#include "consumer_scenes_window.h"

START_TEST(a_state_is_kept_before_its_checkpoint)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.log_store = true;
	PUTS(a, 0, 0, 12000);
	scene_start(&s);
	scene_run(&s, 12900);
	scene_told(&s, "-=TRIM_HORIZON a=TRIM_HORIZON a? [0,1 @0 {}] a+{2} a=1001 [final @0 {2}] a+closed "
	               "a=1001 [2 @10 {}] a+{1} a=1002");
	scene_end(&s);
}
END_TEST

START_TEST(a_restart_goes_on_with_the_window)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 0, 3000, 12000);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_stop(&s);
	scene_run(&s, 2000);
	scene_told(&s, "[0,1 @0 {}] stopping ended");
	scene_crash(&s);
	scene_start(&s);
	scene_run(&s, 12900);
	scene_told(&s, "[2 @0 {2}] [final @0 {3}] [3 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).windows_opened, 1); /* the other one was open already */
	scene_end(&s);
}
END_TEST

/* The open window keeps its end; what follows it is cut where it ends. */
START_TEST(a_restart_with_another_length_keeps_the_open_window)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 9000, 12000, 25000);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_crash(&s);
	s.set.tumbling_window_ms = 20000;
	scene_start(&s);
	scene_run(&s, 25900);
	scene_told(&s, "[0 @0 {}] [1 @0 {1}] [final @0 {2}] [2 @10 {}] [final @10 {1}] [3 @20 {}]");
	scene_end(&s);
}
END_TEST

/* Nothing comes any more: it is closed by what the store keeps alone. */
START_TEST(a_restart_closes_a_window_whose_time_has_passed)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_crash(&s);
	s.now_us = 100000000;
	scene_start(&s);
	scene_run(&s, 101000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}]");
	scene_end(&s);
}
END_TEST

START_TEST(a_closed_window_is_not_closed_again_after_a_restart)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.log_store = true;
	PUTS(a, 0);
	scene_start(&s);
	scene_run(&s, 14000);
	scene_told(&s,
	           "-=TRIM_HORIZON a=TRIM_HORIZON a? [0 @0 {}] a+{1} a=1000 [final @0 {1}] a+closed a=1000");
	scene_crash(&s);
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "a=1000 a?");
	scene_end(&s);
}
END_TEST

/* The process dies between the two writes: the restart goes on behind the state, and counts nothing twice. */
START_TEST(a_crash_between_state_and_checkpoint_repeats_nothing)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 0, 3000);
	s.store_codes[4] = s.store_codes[5] =
			KIN_IO; /* after the list, the stream's item, the shard's and its state */
	s.store_half = true;
	scene_start(&s);
	scene_run(&s, 20);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	ck_assert(scene_item(&s, "a")->kept.there);
	scene_crash(&s);
	scene_start(&s);
	scene_run(&s, 2000);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001"); /* both are written again */
	scene_run(&s, 5000);
	scene_told(&s, "[0,1 @0 {}] [2 @0 {2}]");
	scene_end(&s);
}
END_TEST

START_TEST(a_crash_before_the_state_repeats_with_the_state_before)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.batch_size = 1;
	PUTS(a, 0, 2000);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_run(&s, 2500);
	scene_told(&s, "[0 @0 {}] [1 @0 {1}]");
	struct item before = *scene_item(&s, "a");
	ck_assert_uint_eq(before.kept.counted, 2);
	before.kept.counted = 1; /* as it was before the last write */
	snprintf(before.checkpoint, sizeof before.checkpoint, "1000");
	kin__position_set(&before.kept.at.at, "1000", 0);
	scene_crash(&s);
	*scene_item(&s, "a") = before;
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[1 @0 {1}] [final @0 {2}]");
	scene_end(&s);
}
END_TEST

/* An earlier write is tried again: the state that goes with it is the newest. */
START_TEST(a_write_that_is_tried_again_keeps_the_newest_state)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.batch_size = 1;
	s.log_store = true;
	PUTS(a, 0, 0);
	s.store_codes[4] = KIN_IO;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s,
	           "-=TRIM_HORIZON a=TRIM_HORIZON a? [0 @0 {}] a+{1} a=1000 [1 @0 {1}] a+{2} a=1000 a+{2} "
	           "a=1001");
	scene_end(&s);
}
END_TEST

START_TEST(a_state_that_cannot_be_read_now_is_read_again)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.log_store = true;
	PUTS(a, 0);
	s.store_codes[3] = KIN_NETWORK;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "-=TRIM_HORIZON a=TRIM_HORIZON a? a? [0 @0 {}] a+{1} a=1000");
	ck_assert_ptr_nonnull(strstr(s.note, "reading the state of its window failed"));
	scene_end(&s);
}
END_TEST

START_TEST(a_damaged_state_ends_the_consumer)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0);
	s.store_codes[3] = KIN_CORRUPT;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "FATAL");
	ck_assert_int_eq(scene_health(&s).code, KIN_CORRUPT);
	ck_assert_uint_eq(scene_health(&s).polled, 0);
	scene_end(&s);
}
END_TEST

static TCase *window_store_case(void)
{
	TCase *tcase = tcase_create("window store");

	tcase_add_test(tcase, a_state_is_kept_before_its_checkpoint);
	tcase_add_test(tcase, a_restart_goes_on_with_the_window);
	tcase_add_test(tcase, a_restart_with_another_length_keeps_the_open_window);
	tcase_add_test(tcase, a_restart_closes_a_window_whose_time_has_passed);
	tcase_add_test(tcase, a_closed_window_is_not_closed_again_after_a_restart);
	tcase_add_test(tcase, a_crash_between_state_and_checkpoint_repeats_nothing);
	tcase_add_test(tcase, a_crash_before_the_state_repeats_with_the_state_before);
	tcase_add_test(tcase, a_write_that_is_tried_again_keeps_the_newest_state);
	tcase_add_test(tcase, a_state_that_cannot_be_read_now_is_read_again);
	tcase_add_test(tcase, a_damaged_state_ends_the_consumer);
	return tcase;
}
#endif
