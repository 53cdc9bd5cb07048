/* Scenes of check_consumer: told while it runs to pause and go on, and given other settings. */
#ifndef CONSUMER_SCENES_FLOW_H
#define CONSUMER_SCENES_FLOW_H
#include "consumer_scene.h"

static void scene_pause(struct scene *s, bool pause)
{
	struct kin__consumer_event event = { .type = pause ? KIN__CONSUMER_PAUSE : KIN__CONSUMER_RESUME };

	scene_step(s, &event);
}

/* Disabled while records arrive, then enabled: goes on after the last processed record. */
START_TEST(lambda_goes_on_when_it_is_enabled_again)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.batching_window_us = 1000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 3000);
	scene_told(&s, "[0]");
	s.log_reads = true;
	scene_pause(&s, true);
	ck_assert(scene_health(&s).paused);
	scene_put(a, 2, 4000);
	scene_run(&s, 60000);
	scene_told(&s, "");
	scene_pause(&s, false);
	ck_assert(!scene_health(&s).paused);
	scene_run(&s, 63000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "[1]"));
	ck_assert_ptr_nonnull(strstr(s.words, "[2]"));
	ck_assert_ptr_null(strstr(s.words, "[0]"));
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1002");
	scene_end(&s);
}
END_TEST

START_TEST(a_pause_lets_what_runs_finish)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.call_us = 5000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_pause(&s, true);
	ck_assert_uint_eq(scene_health(&s).batches_out, 1);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_run(&s, 20000);
	scene_told(&s, "[0]");
	ck_assert_uint_eq(scene_health(&s).batches_out, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000"); /* written during the pause */
	scene_pause(&s, false);
	scene_run(&s, 30000);
	scene_told(&s, "[1]");
	scene_end(&s);
}
END_TEST

/* Retries, windows and deliveries whose time comes meanwhile wait for its end, and then not any longer. */
START_TEST(what_falls_due_in_a_pause_waits_for_its_end)
{
	static const struct verdict script[] = { { .code = KIN_FAILED }, { .code = KIN_OK } };

	for (int what = 0; what < 3; what++) {
		struct scene s;

		scene_init(&s);
		s.set.retry_base_us = s.set.retry_max_us = 1000;
		scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
		if (what == 1)
			s.set.batching_window_us = 2000000;
		if (what == 2) {
			s.set.maximum_retry_attempts = 0;
			s.poison = 1;
			s.sink_codes[0] = KIN_IO;
		}
		s.script = script;
		s.script_n = what == 0 ? 2 : 0;
		scene_start(&s);
		scene_wait(&s, what == 0   ? KIN__CONSUMER_INVOKE
		               : what == 1 ? KIN__CONSUMER_FETCH
		                           : KIN__CONSUMER_SINK);
		if (what == 1)
			scene_run(&s, 500);
		scene_pause(&s, true);
		scene_run(&s, 50000);
		scene_told(&s, what == 0 ? "[0]E" : what == 1 ? "" : "[0]E {0 failed 1 unhandled}!");
		scene_pause(&s, false);
		scene_run(&s, 50002);
		scene_told(&s, what == 2 ? "{0 failed 1 unhandled}" : "[0]");
		scene_end(&s);
	}
}
END_TEST

START_TEST(a_pause_from_the_start_reads_nothing)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_pause(&s, true);
	scene_run(&s, 5000);
	scene_told(&s, "");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON"); /* the lease is taken */
	scene_pause(&s, false);
	scene_run(&s, 5000);
	scene_told(&s, "a@horizon a? [0]");
	scene_end(&s);
}
END_TEST

START_TEST(a_paused_consumer_stops)
{
	struct scene s;

	scene_init(&s);
	s.call_us = 5000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_pause(&s, true);
	scene_stop(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_end(&s);
}
END_TEST

START_TEST(what_grows_too_old_in_a_pause_is_not_shown)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.maximum_record_age_ms = 60000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 1500);
	scene_pause(&s, true);
	scene_put(a, 1, 2000);
	scene_put(a, 1, 100000);
	scene_run(&s, 110000);
	scene_pause(&s, false);
	scene_run(&s, 112000);
	scene_told(&s, "{0 old 1} [1]");
	scene_end(&s);
}
END_TEST

START_TEST(what_is_trimmed_in_a_pause_is_a_gap)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.retention_ms = 60000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 1500);
	scene_pause(&s, true);
	scene_put(a, 2, 2000);
	scene_run(&s, 100000);
	a->horizon = 2;
	scene_pause(&s, false);
	scene_run(&s, 102000);
	ck_assert_int_eq(scene_health(&s).code, KIN_GAP);
	scene_end(&s);
}
END_TEST

static void scene_set(struct scene *s)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_SET, .settings = &s->set };

	scene_step(s, &event);
}

/* The list of shards is all that is waited for. */
START_TEST(a_shorter_interval_holds_for_the_list_of_shards)
{
	struct scene s;

	scene_init(&s);
	s.set.shard_sync_interval_us = 3600000000;
	s.set.poll_interval_us = 7200000000;
	scene_shard(&s, "a", NULL, NULL);
	s.shards[0].page_max = 1;
	scene_start(&s);
	scene_run(&s, 1000);
	ck_assert_uint_le(kin__consumer_wake_us(s.consumer), 3601000000);
	s.set.shard_sync_interval_us = 5000000;
	scene_set(&s);
	ck_assert_uint_eq(kin__consumer_wake_us(s.consumer), 6000000);
	scene_end(&s);
}
END_TEST

/* Each of them: another value is what it is from then on. */
START_TEST(all_that_may_change_is_taken)
{
	struct scene s;
	const struct kin__consumer_settings *now;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	now = &s.consumer->set;
	s.set.batch_size = 2;
	s.set.batching_window_us = 3;
	s.set.maximum_retry_attempts = 4;
	s.set.maximum_record_age_ms = 60005;
	s.set.bisect = true;
	s.set.sink_timeout_us = 6;
	s.set.handler_timeout_us = 7;
	s.set.handlers_max = 8;
	s.set.fetches_max = 9;
	s.set.buffer_bytes_max = 10;
	s.set.poll_interval_us = 11;
	s.set.poll_interval_max_us = 12;
	s.set.shard_bytes_per_s = 13;
	s.set.behind_interval_us = 14;
	s.set.shard_sync_interval_us = 15;
	s.set.retry_base_us = 16;
	s.set.retry_max_us = 17;
	s.set.leases = false; /* this may not */
	scene_set(&s);
	ck_assert(now->batch_size == 2 && now->batching_window_us == 3);
	ck_assert(now->maximum_retry_attempts == 4 && now->maximum_record_age_ms == 60005 && now->bisect);
	ck_assert(now->sink_timeout_us == 6 && now->handler_timeout_us == 7);
	ck_assert(now->handlers_max == 8 && now->fetches_max == 9 && now->buffer_bytes_max == 10);
	ck_assert(now->poll_interval_us == 11 && now->poll_interval_max_us == 12);
	ck_assert(now->shard_bytes_per_s == 13 && now->behind_interval_us == 14);
	ck_assert(now->shard_sync_interval_us == 15);
	ck_assert(now->retry_base_us == 16 && now->retry_max_us == 17);
	ck_assert(now->leases);
	scene_end(&s);
}
END_TEST

/* A batch as it stands is made up anew, its window goes on; one that is out, or waits for its retry, stays. */
START_TEST(other_settings_hold_for_batches_not_yet_taken)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batching_window_us = 3000000;
	s.set.retry_base_us = s.set.retry_max_us = 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 5, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "");
	s.set.batch_size = 2; /* five are gathered already */
	s.poison = 1;
	scene_set(&s);
	scene_run(&s, 1001);
	scene_told(&s, "[0,1]E");
	s.set.batch_size = 1;
	s.poison = 0;
	scene_set(&s);
	scene_run(&s, 1100);
	scene_told(&s, "[0,1] [2] [3] [4]");
	scene_end(&s);
	/* a window that is shorter now, since its first record; then one without */
	scene_init(&s);
	s.set.batching_window_us = 300000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_put(a, 1, 2500);
	scene_start(&s);
	scene_run(&s, 1000);
	s.set.batching_window_us = 2000000;
	scene_set(&s);
	scene_run(&s, 1900);
	scene_told(&s, "");
	scene_run(&s, 2100);
	scene_told(&s, "[0]");
	scene_run(&s, 3100);
	s.set.batching_window_us = 0;
	scene_set(&s);
	scene_run(&s, 3101);
	scene_told(&s, "[1]");
	scene_end(&s);
}
END_TEST

START_TEST(fewer_attempts_hold_for_the_next_failure)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 10000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	scene_start(&s);
	while (s.calls < 3)
		scene_run(&s, s.now_us / 1000 + 1);
	s.set.maximum_retry_attempts = 0;
	scene_set(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0]E [0]E [0]E [0]E {0 failed 4 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(an_age_holds_at_once_for_what_waits)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 3600000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, -61000);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 1000);
	s.set.maximum_record_age_ms = 60000;
	scene_set(&s);
	scene_run(&s, 1001);
	scene_told(&s, "[0]E {0 old 1 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(more_handlers_are_used_at_once_and_fewer_when_they_come_back)
{
	struct scene s;

	scene_init(&s);
	s.many = true;
	s.set.handlers_max = 1;
	s.set.batch_size = 1;
	s.call_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 3, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 3, 0);
	scene_start(&s);
	scene_run(&s, 500);
	scene_told(&s, "a: [0]");
	s.set.handlers_max = 2;
	scene_set(&s);
	scene_told(&s, "b: [0]");
	scene_run(&s, 1200);
	scene_told(&s, "a: [1]");
	s.set.handlers_max = 1;
	scene_set(&s);
	scene_run(&s, 1900); /* b's call is over, a's is out */
	scene_told(&s, "");
	scene_run(&s, 2100);
	scene_told(&s, "b: [1]");
	scene_end(&s);
}
END_TEST

START_TEST(a_shorter_interval_holds_for_the_pause_under_way)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	s.set.poll_interval_us = 60000000;
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "a@horizon a?");
	s.set.poll_interval_us = 500000;
	scene_set(&s);
	scene_run(&s, 1400);
	scene_told(&s, "");
	scene_run(&s, 2100);
	scene_told(&s, "a? a?");
	scene_end(&s);
}
END_TEST

START_TEST(a_shorter_interval_holds_for_all_shards)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	s.set.poll_interval_us = 60000000;
	scene_shard(&s, "a", NULL, NULL);
	scene_shard(&s, "b", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 1000);
	s.words_n = 0;
	s.set.poll_interval_us = 500000;
	scene_set(&s);
	scene_run(&s, 1600);
	scene_told(&s, "a? b?");
	scene_end(&s);
}
END_TEST

/* One that is short enough goes on, and one behind a failure: the service is not asked again before. */
START_TEST(other_pauses_are_left_alone)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 500);
	s.set.poll_interval_us = 20000000;
	scene_set(&s);
	scene_told(&s, "a@horizon a?");
	scene_run(&s, 1100);
	scene_told(&s, "a?");
	scene_end(&s);
	scene_init(&s);
	s.log_reads = true;
	s.set.seed = 1;
	for (int i = 3; i < 12; i++) /* describe, list, iterator */
		s.verdicts[i] = KIN__THROTTLED;
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 3000);
	s.words_n = 0;
	uint64_t due_us = kin__consumer_wake_us(s.consumer);
	ck_assert_uint_gt(due_us, s.now_us + 100000);
	s.set.poll_interval_us = 100000;
	scene_set(&s);
	ck_assert_uint_eq(kin__consumer_wake_us(s.consumer), due_us);
	scene_end(&s);
}
END_TEST

/* Its rate would let it be asked sooner, but the pause at the tip is as long as ever. */
START_TEST(a_small_answer_shortens_no_pause)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	s.set.shard_bytes_per_s = 2000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@horizon a? [0]");
	scene_run(&s, 1100);
	scene_told(&s, "a?");
	scene_end(&s);
}
END_TEST

START_TEST(a_shard_that_stays_empty_is_asked_less_often)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.poll_interval_max_us = 5000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 10500); /* ten in vain, a second apart; the pause behind the eleventh is two */
	scene_told(&s, "a@horizon a? a? a? a? a? a? a? a? a? a? a?");
	scene_run(&s, 11900);
	scene_told(&s, "");
	scene_run(&s, 12100);
	scene_told(&s, "a?");
	scene_run(&s, 16100); /* four */
	scene_told(&s, "a?");
	scene_run(&s, 21100); /* not eight: five */
	scene_told(&s, "a?");
	scene_put(a, 1, 22000);
	scene_run(&s, 26100);
	scene_told(&s, "a? [0]");
	scene_run(&s, 27100); /* back to a second */
	scene_told(&s, "a?");
	scene_end(&s);
	/* without the option it does not grow */
	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 100100);
	ck_assert_uint_eq(s.page_serial, 101);
	scene_end(&s);
}
END_TEST

START_TEST(a_large_answer_is_rested_after)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.shard_bytes_per_s = 2000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 10; /* of 1000 bytes each: five seconds */
	scene_put(a, 12, 0);
	scene_start(&s);
	scene_run(&s, 4900);
	scene_told(&s, "a@horizon a? [0,1,2,3,4,5,6,7,8,9]");
	scene_run(&s, 5100); /* the two that are left take no longer than the pause at the tip */
	scene_told(&s, "a? [10,11]");
	scene_run(&s, 5900);
	scene_told(&s, "");
	scene_run(&s, 6100);
	scene_told(&s, "a?");
	scene_end(&s);
}
END_TEST

static TCase *flow_case(void)
{
	TCase *tcase = tcase_create("flow");

	tcase_add_test(tcase, lambda_goes_on_when_it_is_enabled_again);
	tcase_add_test(tcase, a_pause_lets_what_runs_finish);
	tcase_add_test(tcase, what_falls_due_in_a_pause_waits_for_its_end);
	tcase_add_test(tcase, a_pause_from_the_start_reads_nothing);
	tcase_add_test(tcase, a_paused_consumer_stops);
	tcase_add_test(tcase, what_grows_too_old_in_a_pause_is_not_shown);
	tcase_add_test(tcase, what_is_trimmed_in_a_pause_is_a_gap);
	tcase_add_test(tcase, other_settings_hold_for_batches_not_yet_taken);
	tcase_add_test(tcase, a_shorter_interval_holds_for_the_list_of_shards);
	tcase_add_test(tcase, all_that_may_change_is_taken);
	tcase_add_test(tcase, fewer_attempts_hold_for_the_next_failure);
	tcase_add_test(tcase, an_age_holds_at_once_for_what_waits);
	tcase_add_test(tcase, more_handlers_are_used_at_once_and_fewer_when_they_come_back);
	tcase_add_test(tcase, a_shorter_interval_holds_for_the_pause_under_way);
	tcase_add_test(tcase, a_shard_that_stays_empty_is_asked_less_often);
	tcase_add_test(tcase, a_large_answer_is_rested_after);
	tcase_add_test(tcase, a_shorter_interval_holds_for_all_shards);
	tcase_add_test(tcase, other_pauses_are_left_alone);
	tcase_add_test(tcase, a_small_answer_shortens_no_pause);
	return tcase;
}
#endif
