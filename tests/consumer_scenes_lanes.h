/* Scenes of check_consumer: a shard's records in several lanes.  Which lane a record goes through is written as a digit
 * for each: "0011". */
#ifndef CONSUMER_SCENES_LANES_H
#define CONSUMER_SCENES_LANES_H
#include "consumer/route.h"
#include "consumer_scene.h"

/* Puts a record through each of the lanes named. */
static void scene_lanes(struct shard *shard, const char *lanes, int64_t arrival_ms)
{
	for (; *lanes; lanes++) {
		shard->lanes[shard->n] = (uint8_t)(*lanes - '0');
		scene_put(shard, 1, arrival_ms);
	}
}

static struct shard *scene_init_lanes(struct scene *s, uint32_t factor, const char *lanes)
{
	struct shard *shard;

	scene_init(s);
	s->set.parallelization_factor = factor;
	shard = scene_shard(s, "a", NULL, NULL);
	scene_lanes(shard, lanes, 0);
	return shard;
}

START_TEST(keys_of_two_lanes_run_at_once)
{
	struct scene s;

	scene_init_lanes(&s, 2, "010");
	s.call_us = 10000000;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,2] [1]");
	scene_run(&s, 11000);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1002");
	scene_end(&s);
}
END_TEST

START_TEST(one_key_never_runs_at_once)
{
	struct scene s;

	scene_init_lanes(&s, 10, "777");
	s.set.batch_size = 1;
	s.call_us = 10000000;
	scene_start(&s);
	scene_run(&s, 9000);
	scene_told(&s, "[0]");
	scene_run(&s, 19000);
	scene_told(&s, "[1]");
	scene_run(&s, 29000);
	scene_told(&s, "[2]");
	scene_end(&s);
}
END_TEST

START_TEST(the_checkpoint_is_the_lowest_of_the_lanes)
{
	struct scene s;

	scene_init_lanes(&s, 3, "1021");
	s.set.batch_size = 1;
	s.set.retry_base_us = s.set.retry_max_us = 5000000;
	s.poison = 1 << 1;
	scene_start(&s);
	scene_run(&s, 10); /* lanes run in their order: 0, 1, 2 */
	scene_told(&s, "[1] [0] [2]E [3]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_uint_eq(scene_health(&s).handled, 3);
	s.poison = 0;
	scene_run(&s, 5000);
	scene_told(&s, "[1]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

/* After a crash what lies behind the lowest is repeated. */
START_TEST(a_crash_repeats_what_other_lanes_did)
{
	struct scene s;

	scene_init_lanes(&s, 2, "0111");
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0] [1,2,3]E");
	scene_crash(&s);
	s.poison = 0;
	s.now_us += 1000;
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0] [1,2,3]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(reading_ahead_of_a_lane_is_bounded)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "01111111111111");

	a->page_max = 1;
	s.set.retry_base_us = s.set.retry_max_us = 20000000;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 15000);
	/* PAGES_AHEAD pages from the one that lags on, and no more */
	scene_told(&s, "[0] [1]E [2] [3] [4] [5] [6] [7] [0]E");
	ck_assert_uint_eq(s.pages_held, PAGES_AHEAD);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	s.poison = 0;
	scene_run(&s, 45000);
	scene_told(&s, "[0] [8] [9,10,11,12,13]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1013");
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

/* Ahead of lanes that work only for one that has nothing to do. */
START_TEST(two_pages_are_held_while_all_lanes_work)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "010101010101");

	a->page_max = 2;
	s.call_us = 3000000;
	scene_start(&s);
	scene_run(&s, 2000);
	scene_told(&s, "[0] [1]");
	ck_assert_uint_eq(s.pages_held, PAGES_MAX);
	scene_end(&s);
	/* ... and a lane that gathers has nothing yet, however many pages that takes */
	a = scene_init_lanes(&s, 2, "0101010101010101010101");
	a->page_max = 2;
	s.set.batching_window_us = 300000000;
	s.set.batch_size = 11;
	scene_start(&s);
	scene_run(&s, 2000);
	scene_told(&s, "[0,2,4,6,8,10,12,14,16,18,20] [1,3,5,7,9,11,13,15,17,19,21]");
	scene_end(&s);
}
END_TEST

/* A window that waits does not lead reading on without a bound while another lane lags. */
START_TEST(a_window_does_not_lead_on_past_a_lane_that_lags)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "0");

	scene_lanes(a, "1111111111111", 2000);
	a->page_max = 1;
	s.set.batching_window_us = 1000000;
	s.set.retry_base_us = s.set.retry_max_us = 60000000;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 15000);
	scene_told(&s, "[0]E [1,2,3,4,5,6,7] [0]E");
	ck_assert_uint_eq(s.pages_held, PAGES_AHEAD);
	scene_end(&s);
}
END_TEST

START_TEST(a_retry_holds_up_its_own_lane_alone)
{
	struct scene s;

	scene_init_lanes(&s, 2, "01010");
	s.set.batch_size = 1;
	s.set.retry_base_us = s.set.retry_max_us = 1000000;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 200);
	scene_told(&s, "[0] [1]E [3]");
	s.poison = 0;
	scene_run(&s, 2000);
	scene_told(&s, "[0] [2] [4]");
	ck_assert_uint_eq(scene_health(&s).retried, 1);
	scene_end(&s);
}
END_TEST

START_TEST(bisect_stays_in_its_lane)
{
	struct scene s;

	scene_init_lanes(&s, 2, "01010101");
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 0;
	s.poison = 1 << 4;
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0,2,4,6] [1,3,5,7]E [0,2] [4,6]E [4]E {4 failed 1 unhandled} [6]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	ck_assert_uint_eq(scene_health(&s).bisected, 2);
	scene_end(&s);
}
END_TEST

START_TEST(a_partial_failure_stays_in_its_lane)
{
	struct scene s;

	scene_init_lanes(&s, 2, "00110110");
	s.report = true;
	s.poison = 1 << 4;
	scene_start(&s);
	scene_run(&s, 10);
	scene_told(&s, "[0,1,4,7] [2,3,5,6]P2");
	ck_assert_uint_eq(scene_health(&s).handled, 6);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	s.poison = 0;
	scene_run(&s, 5000);
	scene_told(&s, "[4,7]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	scene_end(&s);
}
END_TEST

START_TEST(old_records_leave_their_lane_s_batch)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "");

	s.set.maximum_record_age_ms = 60000;
	scene_lanes(a, "01", -61000);
	scene_lanes(a, "01", -1000);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "{0 old 1} {1 old 1} [2] [3]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(a_failing_destination_holds_its_lane)
{
	struct scene s;

	scene_init_lanes(&s, 2, "0101");
	s.set.batch_size = 1;
	s.set.maximum_retry_attempts = 0;
	s.set.retry_base_us = s.set.retry_max_us = 1000000;
	s.poison = 1;
	s.sink_codes[0] = KIN_IO;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0] [1]E {0 failed 1 unhandled} [3]!");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_run(&s, 3000);
	scene_told(&s, "{0 failed 1 unhandled} [2]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(drop_in_one_lane)
{
	struct scene s;

	scene_init_lanes(&s, 2, "0101");
	s.set.drop = true;
	s.set.maximum_retry_attempts = 0;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,2] [1,3]E");
	ck_assert_uint_eq(scene_health(&s).dropped, 2);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(what_is_left_out_goes_through_no_lane)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "000000");

	a->left_out[1] = a->left_out[2] = a->left_out[5] = 1;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,3,4]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	ck_assert_uint_eq(scene_health(&s).filtered, 3);
	scene_end(&s);
}
END_TEST

START_TEST(stop_waits_for_all_lanes)
{
	struct scene s;
	struct waiting *first;

	scene_init_lanes(&s, 2, "0101");
	s.set.batch_size = 1;
	s.call_us = 10000000;
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0] [1]");
	scene_stop(&s);
	first = scene_wait(&s, KIN__CONSUMER_INVOKE);
	scene_answer(&s, first);
	scene_told(&s, "stopping");
	scene_run(&s, 20000);
	scene_told(&s, "ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

START_TEST(lanes_of_all_shards_take_turns)
{
	struct scene s;

	scene_init_lanes(&s, 4, "01230123");
	s.many = true;
	s.set.handlers_max = 2;
	s.set.batch_size = 1;
	s.call_us = 10000000;
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 25000); /* the one of b has waited longer than any second batch of a */
	scene_told(&s, "a: [0] a: [1] a: [2] a: [3] b: [0] a: [4]");
	scene_end(&s);
}
END_TEST

START_TEST(a_shard_ends_when_all_its_lanes_have)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "011");

	a->closed = true;
	s.poison = 1;
	s.set.retry_base_us = s.set.retry_max_us = 5000000;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0] [1,2]E");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	s.poison = 0;
	scene_run(&s, 6000);
	scene_told(&s, "[0] [0]"); /* the second one is b's */
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	scene_end(&s);
}
END_TEST

START_TEST(each_lane_has_its_window)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "0");

	s.set.batching_window_us = 3000000;
	s.call_us = 5000000;
	scene_lanes(a, "1", 900);
	scene_lanes(a, "01", 4500);
	scene_start(&s);
	scene_run(&s, 2900);
	scene_told(&s, "");
	scene_run(&s, 3100); /* since 0 s */
	scene_told(&s, "[0]");
	scene_run(&s, 4100); /* since 1 s, when it was read */
	scene_told(&s, "[1]");
	scene_run(&s, 10900); /* the calls were over at 8 s and at 9 s */
	scene_told(&s, "");
	scene_run(&s, 11100);
	scene_told(&s, "[2]");
	scene_run(&s, 12100);
	scene_told(&s, "[3]");
	scene_end(&s);
}
END_TEST

START_TEST(bytes_end_a_lane_s_batch)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "01010101");
	struct kin__event_source source;

	kin__event_source_init(&source, "arn:aws:kinesis:x:1:stream/s", "app");
	s.set.batch_bytes_max =
			KIN__EVENT_ENVELOPE_BYTES + 2 * kin__event_record_bytes(&source, &a->records[0]) + 1;
	s.call_us = 10000000;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,2] [1,3]");
	scene_run(&s, 11000);
	scene_told(&s, "[4,6] [5,7]");
	scene_end(&s);
}
END_TEST

/* A slow store: MARKS_MAX batches a lane may be finished, then they wait. */
START_TEST(lanes_wait_for_the_checkpoint)
{
	struct scene s;

	scene_init_lanes(&s, 2, "010101010101");
	s.set.batch_size = 1;
	scene_start(&s);
	scene_run(&s, 0);
	scene_told(&s, "[0] [1]");
	for (int i = 0; i < 12; i++)
		s.store_codes[i] = KIN_IO;
	s.stores = 0;
	while (s.stores < 5)
		scene_run(&s, s.now_us / 1000 + 5);
	scene_told(&s, "[2] [3] [4]"); /* 4 was begun before 3 was over */
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_run(&s, 120000);
	scene_told(&s, "[6] [5] [8] [7] [10] [9] [11]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1011");
	scene_end(&s);
}
END_TEST

/* What cannot be in a checkpoint does not wait for one. */
START_TEST(batches_behind_a_lane_that_lags_wait_for_no_checkpoint)
{
	struct scene s;

	scene_init_lanes(&s, 2, "0111111111");
	s.set.batch_size = 1;
	s.set.retry_base_us = s.set.retry_max_us = 60000000;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0] [1]E [2] [3] [4] [5] [6] [7] [8] [9]");
	ck_assert_uint_eq(scene_health(&s).checkpoints, 0);
	scene_end(&s);
}
END_TEST

/* Two lanes fail ten times: it is one blocked shard, until both go on. */
START_TEST(a_shard_is_blocked_once)
{
	struct scene s;

	scene_init_lanes(&s, 2, "01");
	s.set.retry_base_us = s.set.retry_max_us = 100000;
	s.poison = 3;
	scene_start(&s);
	while (s.calls < 40)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	s.poison = 1;
	scene_run(&s, s.now_us / 1000 + 1000);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	s.poison = 0;
	scene_run(&s, s.now_us / 1000 + 1000);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	scene_end(&s);
}
END_TEST

/* All lanes wait or rest, and another shard needs the place: read again are the batches that wait, and what lies
 * between them; what no batch was made of yet, too. */
START_TEST(a_shard_of_lanes_gives_its_pages_back)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 3, "020100");

	a->page_max = 6;
	s.many = true;
	s.set.batch_size = 1;
	s.set.buffer_bytes_max = 600;
	s.set.retry_base_us = s.set.retry_max_us = 10000000;
	s.poison = 1 | 1 << 3; /* lanes 0 and 1 wait, 2 has nothing more */
	scene_put(scene_shard(&s, "b", NULL, NULL), 6, 2000);
	s.shards[1].horizon = 5; /* 5 is not poison */
	scene_start(&s);
	scene_run(&s, 1500);
	scene_told(&s, "a: [0] a: [3] a: [1]EE");
	ck_assert_uint_eq(s.pages_held, 0); /* b asked whether there is anything */
	ck_assert_uint_eq(scene_health(&s).given_back, 5);
	scene_run(&s, 2500);
	scene_told(&s, "b: [5] a: [0]E");
	s.poison = 0;
	scene_run(&s, 12000);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	scene_told(&s, "a: [3] a: [0] a: [2] a: [4] a: [5]");
	ck_assert_uint_eq(scene_health(&s).handled, 7);
	scene_end(&s);
}
END_TEST

/* ... but not while one of them works. */
START_TEST(a_lane_that_works_keeps_the_pages)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "01");

	s.many = true;
	s.set.buffer_bytes_max = 150;
	s.set.retry_base_us = s.set.retry_max_us = 60000000;
	s.poison = 1;
	scene_put(scene_shard(&s, "b", NULL, NULL), 2, 100);
	s.shards[1].horizon = 1;
	a->page_max = 2;
	scene_start(&s);
	scene_wait(&s, KIN__CONSUMER_INVOKE)->due_us = 0;
	for (struct waiting *w = s.waiting; w < s.waiting + WAITING; w++)
		if (w->used && w->type == KIN__CONSUMER_INVOKE && w->which[0] == 1)
			w->due_us = 5000000;
	scene_run(&s, 4000);
	scene_told(&s, "a: [0] a: [1]E");
	ck_assert_uint_eq(s.pages_held, 1);
	scene_run(&s, 7000);
	scene_told(&s, "b: [1]");
	scene_end(&s);
}
END_TEST

/* Two shards with a lane that fails each, in room for one: the other lanes of both are read on, in turn. */
START_TEST(lanes_with_nothing_to_do_make_room)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "01"), *b;

	s.many = true;
	s.set.fetches_max = 1;
	s.set.buffer_bytes_max = 700;
	s.set.retry_base_us = s.set.retry_max_us = 10000000;
	b = scene_shard(&s, "b", NULL, NULL);
	scene_lanes(b, "01", 0);
	a->page_max = b->page_max = 2;
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 500);
	scene_told(&s, "a: [0] a: [1] b: [0] b: [1]EE");
	ck_assert_uint_eq(s.pages_held, 2);
	scene_lanes(a, "11", 600);
	scene_lanes(b, "11", 600);
	scene_run(&s, 9000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "a: [2,3]"));
	scene_run(&s, 25000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "b: [2,3]"));
	scene_end(&s);
}
END_TEST

/* Its lease is lost while two lanes work: the last of them lets go of the pages. */
START_TEST(a_lost_shard_keeps_its_pages_for_its_calls)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 3, "0012");
	struct waiting *call;

	scene_start(&s);
	scene_run(&s, 0);
	scene_told(&s, "[0,1] [2] [3]");
	scene_item(&s, "a")->counter += 7;
	call = scene_wait(&s, KIN__CONSUMER_INVOKE);
	for (struct waiting *w = s.waiting; w < s.waiting + WAITING; w++)
		if (w->used && w->type == KIN__CONSUMER_INVOKE && w != call)
			w->due_us = 3000000;
	ck_assert_uint_eq(a->n, 4);
	scene_run(&s, 2000);
	ck_assert_int_eq(scene_health(&s).code, KIN_LOST);
	ck_assert_uint_eq(s.pages_held, 1);
	scene_run(&s, 4000);
	ck_assert_uint_eq(s.pages_held, 0);
	scene_told(&s, "FATAL");
	scene_end(&s);
}
END_TEST

/* The record behind a page may have any: it is not looked at. */
START_TEST(only_the_lanes_of_a_page_are_looked_at)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "0");

	scene_lanes(a, "9", 3600000); /* in an hour */
	scene_start(&s);
	scene_run(&s, 2000);
	scene_told(&s, "[0]");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

#ifndef KIN_ABORT_ON_BUG
/* Whoever names a lane that is not there is told so, before a record is lost in it. */
START_TEST(a_lane_that_is_not_there_freezes)
{
	struct scene s;
	struct waiting *fetch;
	struct shard *a = scene_init_lanes(&s, 2, "00200");
	struct kin__consumer_event event = { .type = KIN__CONSUMER_PAGE };

	scene_start(&s);
	fetch = scene_wait(&s, KIN__CONSUMER_FETCH);
	event.id = fetch->id;
	event.now_us = s.now_us;
	event.page.id = 1;
	event.page.records = a->records;
	event.page.lanes = a->lanes;
	event.page.count = a->n;
	s.effects.n = 0;
	kin__consumer_step(s.consumer, &event, &s.effects);
	ck_assert_int_eq(scene_health(&s).code, KIN_BUG);
	scene_end(&s);
}
END_TEST
#endif

START_TEST(without_lanes_in_a_page_all_goes_through_the_first)
{
	struct scene s;
	struct shard *a = scene_init_lanes(&s, 2, "0000");

	s.set.batch_size = 3;
	s.call_us = 10000000;
	ck_assert_uint_eq(a->n, 4);
	s.no_lanes = true;
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,1,2]");
	scene_run(&s, 11000);
	scene_told(&s, "[3]");
	scene_end(&s);
}
END_TEST

static TCase *lanes_case(void)
{
	TCase *tcase = tcase_create("lanes");

	tcase_add_test(tcase, keys_of_two_lanes_run_at_once);
	tcase_add_test(tcase, one_key_never_runs_at_once);
	tcase_add_test(tcase, the_checkpoint_is_the_lowest_of_the_lanes);
	tcase_add_test(tcase, a_crash_repeats_what_other_lanes_did);
	tcase_add_test(tcase, reading_ahead_of_a_lane_is_bounded);
	tcase_add_test(tcase, two_pages_are_held_while_all_lanes_work);
	tcase_add_test(tcase, a_window_does_not_lead_on_past_a_lane_that_lags);
	tcase_add_test(tcase, a_retry_holds_up_its_own_lane_alone);
	tcase_add_test(tcase, bisect_stays_in_its_lane);
	tcase_add_test(tcase, a_partial_failure_stays_in_its_lane);
	tcase_add_test(tcase, old_records_leave_their_lane_s_batch);
	tcase_add_test(tcase, a_failing_destination_holds_its_lane);
	tcase_add_test(tcase, drop_in_one_lane);
	tcase_add_test(tcase, only_the_lanes_of_a_page_are_looked_at);
	tcase_add_test(tcase, what_is_left_out_goes_through_no_lane);
	tcase_add_test(tcase, stop_waits_for_all_lanes);
	tcase_add_test(tcase, lanes_of_all_shards_take_turns);
	tcase_add_test(tcase, a_shard_ends_when_all_its_lanes_have);
	tcase_add_test(tcase, each_lane_has_its_window);
	tcase_add_test(tcase, bytes_end_a_lane_s_batch);
	tcase_add_test(tcase, lanes_wait_for_the_checkpoint);
	tcase_add_test(tcase, batches_behind_a_lane_that_lags_wait_for_no_checkpoint);
	tcase_add_test(tcase, a_shard_is_blocked_once);
	tcase_add_test(tcase, a_shard_of_lanes_gives_its_pages_back);
	tcase_add_test(tcase, a_lane_that_works_keeps_the_pages);
	tcase_add_test(tcase, lanes_with_nothing_to_do_make_room);
	tcase_add_test(tcase, a_lost_shard_keeps_its_pages_for_its_calls);
#ifndef KIN_ABORT_ON_BUG
	tcase_add_test(tcase, a_lane_that_is_not_there_freezes);
#endif
	tcase_add_test(tcase, without_lanes_in_a_page_all_goes_through_the_first);
	tcase_add_loop_test(tcase, a_key_has_its_lane, 0, (int)KIN__ARRAY_LEN(routes));
	tcase_add_test(tcase, keys_of_a_page_have_their_lanes);
	return tcase;
}
#endif
