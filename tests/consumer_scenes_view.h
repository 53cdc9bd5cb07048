/* Scenes of check_consumer: what a snapshot tells of a shard. */
#ifndef CONSUMER_SCENES_VIEW_H
#define CONSUMER_SCENES_VIEW_H
#include "consumer_scene.h"

static struct kin__view_texts view_texts; /* of the shard looked at last */

static struct kin_shard_snapshot scene_view(const struct scene *s, const char *id)
{
	struct kin_shard_snapshot shard;

	for (uint32_t i = 0; i < kin__view_shards(s->consumer); i++)
		if (kin__view_shard(s->consumer, i, s->now_us, scene_service_ms(s), &view_texts, &shard) &&
		    strcmp(shard.shard_id, id) == 0)
			return shard;
	ck_abort_msg("no shard %s in the view", id);
	return shard;
}

START_TEST(the_age_of_a_shard_is_that_of_its_oldest_record_not_done)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 1;
	s.call_us = 2000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -3000);
	scene_put(a, 1, -1000);
	scene_start(&s);
	ck_assert_uint_eq(kin__view_shards(s.consumer), 0);
	scene_run(&s, 1000); /* the first call runs until 2000, the second one until 4000 */
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 4000);
	ck_assert_uint_eq(scene_view(&s, "a").buffered, 2);
	ck_assert_uint_eq(scene_view(&s, "a").lanes_busy, 1);
	ck_assert_uint_eq(scene_view(&s, "a").done, 0);
	ck_assert_str_eq(scene_view(&s, "a").sequence_number, "");
	scene_run(&s, 3000);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 4000);
	ck_assert_uint_eq(scene_view(&s, "a").buffered, 1);
	ck_assert_uint_eq(scene_view(&s, "a").done, 1);
	ck_assert_str_eq(scene_view(&s, "a").sequence_number, "1000");
	ck_assert_str_eq(scene_view(&s, "a").checkpoint, "1000");
	scene_run(&s, 4500);
	ck_assert_uint_eq(scene_view(&s, "a").lanes_busy, 0);
	ck_assert_str_eq(scene_view(&s, "a").sequence_number, "1001");
	scene_put(a, 1, 5000);
	scene_run(&s, 6000);
	s.now_us -= 2000000; /* the clock was corrected: the record is of a time to come */
	ck_assert_uint_eq(scene_view(&s, "a").buffered, 1);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 0);
	s.no_clock = true;
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, -1);
	scene_end(&s);
}
END_TEST

/* An answer is asked for each second; when none comes any more, the age grows. */
START_TEST(at_the_tip_the_age_is_the_time_since_the_last_look)
{
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 700);
	ck_assert_int_eq(scene_view(&s, "a").state, KIN_SHARD_ACTIVE);
	ck_assert_int_eq(scene_view(&s, "a").behind_ms, 0);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 700);
	scene_run(&s, 10100);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 100);
	memset(s.verdicts, KIN__TRANSIENT, sizeof s.verdicts);
	s.requests = 0;
	scene_run(&s, 14500);
	ck_assert_int_eq(scene_view(&s, "a").behind_ms, 0); /* by the last answer there was */
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 4500);
	scene_end(&s);
}
END_TEST

START_TEST(a_blocked_shard_tells_how_often_and_since_when)
{
	struct scene s;
	struct shard *a;
	int64_t since;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 1000;
	s.call_us = 1000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->sick = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 9500); /* nine calls of a second have failed, the tenth runs */
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 9);
	ck_assert_uint_eq(scene_view(&s, "a").blocked, 0);
	scene_run(&s, 15500);
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 15);
	ck_assert_uint_eq(scene_view(&s, "a").blocked, 1);
	ck_assert_int_gt(scene_view(&s, "a").blocked_ms, 5400);
	ck_assert_int_le(scene_view(&s, "a").blocked_ms, 5500);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 15500);
	since = scene_view(&s, "a").blocked_ms;
	ck_assert_uint_eq(scene_view(&s, "b").attempts, 0);
	scene_run(&s, 35500);
	ck_assert_int_eq(scene_view(&s, "a").blocked_ms, since + 20000);
	a->sick = false;
	scene_run(&s, 38500);
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 0);
	ck_assert_uint_eq(scene_view(&s, "a").blocked, 0);
	ck_assert_int_eq(scene_view(&s, "a").blocked_ms, 0);
	scene_end(&s);
}
END_TEST

/* Its last batch was blocked; nothing is when it is done, and so the shard. */
START_TEST(a_shard_that_has_ended_is_not_blocked)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.retry_base_us = s.set.retry_max_us = 1000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = a->sick = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	while (scene_health(&s).shards_blocked == 0)
		ck_assert(scene_turn(&s, 60000000));
	a->sick = false;
	scene_run(&s, 60000);
	ck_assert_uint_eq(scene_health(&s).shards_ended, 1);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 0);
	scene_end(&s);
}
END_TEST

/* Deliveries on failure that fail block a shard, too. */
START_TEST(tries_of_the_destination_are_told_as_attempts)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.maximum_retry_attempts = 0;
	s.set.retry_base_us = s.set.retry_max_us = 1000;
	for (size_t i = 0; i < KIN__ARRAY_LEN(s.sink_codes); i++)
		s.sink_codes[i] = i < 12 ? KIN_IO : KIN_OK;
	a = scene_shard(&s, "a", NULL, NULL);
	a->sick = true;
	scene_put(a, 1, 0);
	scene_start(&s);
	while (s.sinks < 12)
		ck_assert(scene_turn(&s, 60000000));
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 12);
	ck_assert_uint_eq(scene_view(&s, "a").blocked, 1);
	scene_run(&s, 60000);
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 0);
	ck_assert_uint_eq(scene_view(&s, "a").done, 1);
	scene_end(&s);
}
END_TEST

/* Two sick shards fill the buffer; the first page that is given back is a's, whose batch waits longest. */
START_TEST(records_given_back_keep_their_age)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.buffer_bytes_max = 1;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->sick = true;
	scene_put(a, 1, -5000);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 1000);
	scene_start(&s);
	scene_run(&s, 1500);
	ck_assert_uint_eq(scene_health(&s).given_back, 1);
	ck_assert_uint_eq(scene_view(&s, "a").buffered, 0);
	ck_assert_uint_eq(scene_view(&s, "a").buffered_bytes, 0);
	ck_assert_int_eq(scene_view(&s, "a").iterator_age_ms, 6500);
	ck_assert_uint_eq(scene_view(&s, "a").attempts, 1);
	scene_end(&s);
}
END_TEST

/* One record of each fate: filtered, handled, dropped by age, dropped after its retries, and one in memory. */
START_TEST(every_record_polled_is_accounted_for)
{
	struct scene s;
	struct shard *a;
	struct kin_consumer_health health;

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.drop = true;
	s.set.maximum_retry_attempts = 0;
	s.set.maximum_record_age_ms = 60000;
	s.call_us = 100000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -70000);
	scene_put(a, 5, -1000);
	a->left_out[1] = 1;
	s.poison = 1 << 3;
	scene_start(&s);
	while (scene_health(&s).handled < 2)
		ck_assert(scene_turn(&s, 60000000));
	health = scene_health(&s);
	ck_assert_uint_eq(health.polled, 6);
	ck_assert_uint_eq(health.filtered, 1);
	ck_assert_uint_eq(health.dropped, 2);
	ck_assert_uint_eq(health.buffered, 1);
	ck_assert_uint_eq(scene_view(&s, "a").buffered, 1);
	scene_end(&s);
}
END_TEST

START_TEST(a_shard_is_waiting_active_ended_or_not_shown)
{
	struct scene s;
	struct shard *a, *b;
	struct kin_shard_snapshot shard;

	scene_init(&s);
	s.call_us = 5000000;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", "a", NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_put(b, 1, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	ck_assert_int_eq(scene_view(&s, "a").state, KIN_SHARD_ACTIVE);
	ck_assert_int_eq(scene_view(&s, "b").state, KIN_SHARD_WAITING);
	ck_assert_int_eq(scene_view(&s, "b").iterator_age_ms, -1);
	ck_assert_int_eq(scene_view(&s, "b").behind_ms, -1);
	scene_run(&s, 7000);
	ck_assert_int_eq(scene_view(&s, "a").state, KIN_SHARD_ENDED);
	ck_assert_str_eq(scene_view(&s, "a").checkpoint, "SHARD_END");
	ck_assert_int_eq(scene_view(&s, "b").state, KIN_SHARD_ACTIVE);
	scene_end(&s);
	scene_init(&s); /* closed before a start at LATEST: not to be read */
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_shard(&s, "b", "a", NULL);
	scene_start(&s);
	scene_run(&s, 1000);
	ck_assert_uint_eq(kin__view_shards(s.consumer), 2);
	ck_assert(!kin__view_shard(s.consumer, 0, s.now_us, scene_service_ms(&s), &view_texts, &shard));
	ck_assert_int_eq(scene_view(&s, "b").state, KIN_SHARD_ACTIVE);
	scene_end(&s);
}
END_TEST

static TCase *view_case(void)
{
	TCase *tcase = tcase_create("view");

	tcase_add_test(tcase, the_age_of_a_shard_is_that_of_its_oldest_record_not_done);
	tcase_add_test(tcase, at_the_tip_the_age_is_the_time_since_the_last_look);
	tcase_add_test(tcase, a_blocked_shard_tells_how_often_and_since_when);
	tcase_add_test(tcase, a_shard_that_has_ended_is_not_blocked);
	tcase_add_test(tcase, tries_of_the_destination_are_told_as_attempts);
	tcase_add_test(tcase, records_given_back_keep_their_age);
	tcase_add_test(tcase, every_record_polled_is_accounted_for);
	tcase_add_test(tcase, a_shard_is_waiting_active_ended_or_not_shown);
	return tcase;
}
#endif
