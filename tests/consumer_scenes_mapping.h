/* Scenes of check_consumer: rules of Lambda's event source mapping that its documentation states, and no recorded run
 * shows.  kinstream-delivery(7) names them. */
#ifndef CONSUMER_SCENES_MAPPING_H
#define CONSUMER_SCENES_MAPPING_H
#include "consumer_scene.h"

START_TEST(a_batch_blocks_what_comes_after_it)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	s.script = (const struct verdict[]){ { .code = KIN_FAILED },
		                             { .code = KIN_BUSY },
		                             { .code = KIN_OK } };
	s.script_n = 3;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]E [0]B [0] [1]");
	scene_end(&s);
}
END_TEST

START_TEST(a_failing_shard_does_not_block_another)
{
	struct scene s;

	scene_init(&s);
	s.many = true;
	s.set.handlers_max = 1;
	s.set.batch_size = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 3, 0);
	s.shards[0].sick = true;
	scene_start(&s);
	scene_run(&s, 100); /* before the first retry of a */
	scene_told(&s, "a: [0]E b: [0] b: [1] b: [2]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "1002");
	scene_end(&s);
}
END_TEST

START_TEST(age_is_looked_at_before_attempts)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.maximum_record_age_ms = 60000;
	s.set.maximum_retry_attempts = 0;
	s.call_us = 2000000; /* meanwhile the first one grows too old */
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -59000);
	scene_put(a, 1, 0);
	s.script = (const struct verdict[]){ { .code = KIN_FAILED } };
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0,1]E {0 old 1 unhandled} {1 failed 1 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(age_is_looked_at_before_bisect)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.maximum_record_age_ms = 60000;
	s.set.bisect = true;
	s.call_us = 2000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -59000);
	scene_put(a, 4, 0);
	s.script = (const struct verdict[]){ { .code = KIN_FAILED }, { .code = KIN_OK } };
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 20000); /* the halves are those of the four that are left */
	scene_told(&s, "[0,1,2,3,4]E {0 old 1 unhandled} [1,2] [3,4]");
	scene_end(&s);
}
END_TEST

START_TEST(a_record_that_is_shown_may_be_too_old_at_its_retry)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_record_age_ms = 60000;
	s.set.retry_base_us = s.set.retry_max_us = 4000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, -59900);
	s.script = (const struct verdict[]){ { .code = KIN_FAILED } };
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 10000); /* judged after the pause, not before it only */
	scene_told(&s, "[0]E {0 old 1 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(a_single_record_uses_its_retries_though_bisect_is_set)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 2;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]E [0]E [0]E {0 failed 3 unhandled}");
	ck_assert_uint_eq(scene_health(&s).bisected, 0);
	scene_end(&s);
}
END_TEST

START_TEST(the_left_half_is_worked_off_before_the_right_one)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 4, 0);
	s.poison = 1 << 1;
	scene_start(&s);
	scene_run(&s, 60000); /* the retry of 1 and what becomes of it, then 2 and 3 */
	scene_told(&s, "[0,1,2,3]E [0,1]E [0] [1]E [1]E {1 failed 2 unhandled} [2,3]");
	scene_end(&s);
}
END_TEST

START_TEST(the_rest_of_a_partial_failure_is_not_filled_up)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 3;
	scene_put(scene_shard(&s, "a", NULL, NULL), 6, 0);
	s.script = (const struct verdict[]){ { .code = KIN_OK, .fail_at = 2 }, { .code = KIN_OK } };
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0,1,2]P2 [2] [3,4,5]");
	scene_end(&s);
}
END_TEST

START_TEST(a_partial_failure_moves_the_checkpoint)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 4, 0);
	s.script = (const struct verdict[]){ { .code = KIN_OK, .fail_at = 3 }, { .code = KIN_OK } };
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,1,2,3]P3");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1002"); /* a crash now repeats the last one only */
	scene_crash(&s);
	scene_start(&s);
	scene_run(&s, 200);
	scene_told(&s, "[3]");
	scene_end(&s);
}
END_TEST

START_TEST(a_partial_failure_at_the_first_record_uses_an_attempt)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 1;
	s.report = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0,1]P0 [0,1]P0 {0,1 failed 2}");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	scene_end(&s);
}
END_TEST

START_TEST(what_is_given_up_moves_the_checkpoint_when_the_destination_has_it)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 0;
	s.set.retry_base_us = s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	s.sink_codes[0] = KIN_IO;
	scene_start(&s);
	while (s.sinks < 1)
		scene_run(&s, s.now_us / 1000 + 1);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_run(&s, 10000);
	scene_told(&s, "[0]E {0 failed 1 unhandled}! {0 failed 1 unhandled}");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_end(&s);
}
END_TEST

START_TEST(retries_without_limit_have_none)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 1000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = (const struct verdict[]){ { .code = KIN_FAILED } };
	s.script_n = 1;
	scene_start(&s);
	while (s.calls < 300) {
		scene_run(&s, s.now_us / 1000 + 10);
		s.words_n = 0;
	}
	ck_assert_uint_eq(s.sinks, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_end(&s);
}
END_TEST

START_TEST(an_expired_iterator_is_renewed_at_the_last_position)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.call_us = 100;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 2, 0);
	scene_put(a, 2, 500);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "a@horizon a? [0,1]");
	s.verdicts[s.requests = 0] = KIN__ITERATOR_EXPIRED;
	scene_run(&s, 1900);
	scene_told(&s, "a? a@after a? [2,3]");
	scene_end(&s);
}
END_TEST

static TCase *mapping_case(void)
{
	TCase *tc = tcase_create("mapping");

	tcase_add_test(tc, a_batch_blocks_what_comes_after_it);
	tcase_add_test(tc, a_failing_shard_does_not_block_another);
	tcase_add_test(tc, age_is_looked_at_before_attempts);
	tcase_add_test(tc, age_is_looked_at_before_bisect);
	tcase_add_test(tc, a_record_that_is_shown_may_be_too_old_at_its_retry);
	tcase_add_test(tc, a_single_record_uses_its_retries_though_bisect_is_set);
	tcase_add_test(tc, the_left_half_is_worked_off_before_the_right_one);
	tcase_add_test(tc, the_rest_of_a_partial_failure_is_not_filled_up);
	tcase_add_test(tc, a_partial_failure_moves_the_checkpoint);
	tcase_add_test(tc, a_partial_failure_at_the_first_record_uses_an_attempt);
	tcase_add_test(tc, what_is_given_up_moves_the_checkpoint_when_the_destination_has_it);
	tcase_add_test(tc, retries_without_limit_have_none);
	tcase_add_test(tc, an_expired_iterator_is_renewed_at_the_last_position);
	return tc;
}
#endif
