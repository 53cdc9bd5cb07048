/* Scenes of check_consumer: handlers that take too long, and an on-failure destination that has its time.
 * a: [0,1]: a call with records 0 and 1 of shard a; E failed; {0 failed 2 unhandled}: to the destination; ! it failed. */
#ifndef CONSUMER_SCENES_OVERDUE_H
#define CONSUMER_SCENES_OVERDUE_H
#include "consumer_scene.h"

/* One place for calls, n shards with 2 records each; a call of the first `slow` ones takes 100 seconds. */
static void scene_overdue(struct scene *s, uint32_t n, uint32_t slow)
{
	static const char *const ids[] = { "a", "b", "c", "d" };

	scene_init(s);
	s->many = true;
	s->set.handlers_max = 1;
	s->set.batch_size = 1;
	s->set.handler_timeout_us = 10000000;
	s->set.overdue_max = 4;
	for (uint32_t i = 0; i < n; i++) {
		struct shard *shard = scene_shard(s, ids[i], NULL, NULL);

		scene_put(shard, 2, 0);
		shard->call_us = i < slow ? 100000000 : 0;
	}
}

START_TEST(an_overdue_call_gives_its_place_away)
{
	struct scene s;

	scene_overdue(&s, 2, 1);
	scene_start(&s);
	scene_run(&s, 9999);
	scene_told(&s, "a: [0]");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 0);
	scene_run(&s, 10500); /* and its lane waits for it */
	scene_told(&s, "b: [0] b: [1]");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 1);
	ck_assert_uint_eq(scene_health(&s).handlers_overdue_total, 1);
	ck_assert_uint_eq(scene_health(&s).handled, 2);
	scene_end(&s);
}
END_TEST

/* With what it had when it came back, whatever was said of it meanwhile. */
START_TEST(an_overdue_call_counts_as_usual_when_it_comes_back)
{
	static const struct verdict script[] = { { .fail_at = 1 } };
	struct scene s;

	scene_overdue(&s, 1, 1);
	s.set.batch_size = 2;
	s.script = script;
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 100000);
	scene_told(&s, "a: [0,1]P1");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 0);
	ck_assert_uint_eq(scene_health(&s).handlers_overdue_total, 1);
	ck_assert_uint_eq(scene_health(&s).handled, 1);
	ck_assert_str_eq(s.note, "a: the handler came back after 100000 ms");
	ck_assert_uint_eq(s.notes[KIN_LOG_INFO], 1);
	scene_end(&s);
}
END_TEST

/* At 10, 20, 40 and 80 seconds, then no more often than each hour. */
START_TEST(an_overdue_call_is_told_of_at_growing_intervals)
{
	static const uint32_t rows[][2] = { { 9999, 0 },     { 10000, 1 },     { 19999, 1 },
		                            { 20000, 2 },    { 40000, 3 },     { 79999, 3 },
		                            { 80000, 4 },    { 5120000, 10 },  { 8720000 - 1, 10 },
		                            { 8720000, 11 }, { 12319999, 11 }, { 12320000, 12 } };
	struct scene s;

	scene_overdue(&s, 1, 1);
	s.shards[0].call_us = UINT64_C(100000000000);
	s.set.poll_interval_us = 20000000;
	scene_start(&s);
	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		scene_run(&s, rows[i][0]);
		ck_assert_msg(s.notes[KIN_LOG_WARN] == rows[i][1], "after %u ms: %u lines, not %u",
		              rows[i][0], s.notes[KIN_LOG_WARN], rows[i][1]);
	}
	ck_assert_str_eq(s.note,
	                 "a: the handler has 1 records for 12320000 ms, handler_timeout_ms is 10000; its "
	                 "lane waits, another call may run in its place");
	scene_end(&s);
}
END_TEST

START_TEST(overdue_calls_give_away_so_many_places_and_no_more)
{
	struct scene s;

	scene_overdue(&s, 4, 3);
	s.set.overdue_max = 2;
	scene_start(&s);
	scene_run(&s, 20001);
	ck_assert_ptr_nonnull(strstr(s.note, "; its lane waits, another call may run in its place"));
	scene_run(&s, 30000);
	scene_told(&s, "a: [0] b: [0] c: [0]");
	ck_assert_ptr_nonnull(strstr(
			s.note, "; its lane waits, and too many are overdue for another call in its place"));
	scene_run(&s, 99999); /* the third keeps its place */
	scene_told(&s, "");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 3);
	scene_run(&s, 100500); /* a came back: when c is told of again it gives its own away */
	scene_told(&s, "d: [0] a: [1]");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 2);
	ck_assert_uint_eq(scene_health(&s).handlers_overdue_total, 3);
	scene_end(&s);
}
END_TEST

START_TEST(without_a_limit_no_call_is_overdue)
{
	struct scene s;

	scene_overdue(&s, 2, 1);
	s.set.handler_timeout_us = 0;
	scene_start(&s);
	scene_run(&s, 99999);
	scene_told(&s, "a: [0]");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue_total, 0);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 0);
	scene_end(&s);
}
END_TEST

START_TEST(a_stop_waits_for_an_overdue_call)
{
	struct scene s;

	scene_overdue(&s, 1, 1);
	scene_start(&s);
	scene_run(&s, 15000);
	scene_stop(&s);
	scene_run(&s, 99999);
	scene_told(&s, "a: [0] stopping");
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 4);
	scene_run(&s, 100500);
	scene_told(&s, "ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 0);
	scene_end(&s);
}
END_TEST

/* --- the destination's time -------------------------------------------------------- */

static void scene_sink_down(struct scene *s, uint64_t timeout_us)
{
	scene_init(s);
	s->set.batch_size = 2;
	s->set.maximum_retry_attempts = 0;
	s->set.sink_timeout_us = timeout_us;
	s->set.retry_base_us = s->set.retry_max_us = 1000000;
	scene_put(scene_shard(s, "a", NULL, NULL), 3, 0);
	s->script = fails;
	s->script_n = 1;
	for (uint32_t i = 0; i < KIN__ARRAY_LEN(s->sink_codes); i++)
		s->sink_codes[i] = KIN_IO;
}

START_TEST(a_destination_that_fails_for_its_time_loses_the_records)
{
	static const struct kin_error why = { .message = "disk full" };
	struct scene s;

	scene_sink_down(&s, 2500000);
	s.why = &why;
	s.sinks = KIN__ARRAY_LEN(s.sink_codes) - 2; /* it fails twice */
	s.set.retry_base_us = s.set.retry_max_us = 60000000;
	scene_start(&s);
	scene_run(&s, 2400);
	ck_assert_uint_eq(scene_health(&s).dropped, 0);
	scene_run(&s, 2700);
	scene_told(&s,
	           "[0,1]E {0,1 failed 1 unhandled}! {0,1 failed 1 unhandled}! [2]E {2 failed 1 unhandled}");
	ck_assert_uint_eq(scene_health(&s).dropped, 2);
	ck_assert_uint_eq(scene_health(&s).on_failure, 1);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1002");
	ck_assert_uint_eq(s.notes[KIN_LOG_ERROR], 1);
	ck_assert_str_eq(s.note,
	                 "a: 2 records dropped, 1000 to 1001: the on-failure destination failed for 2500 ms, "
	                 "on_failure_timeout_ms is 2500: disk full");
	ck_assert(s.quotes && s.loss);
	scene_end(&s);
}
END_TEST

/* Each delivery has the whole time. */
START_TEST(the_time_of_a_destination_begins_with_each_delivery)
{
	struct scene s;

	scene_sink_down(&s, 5000000);
	scene_start(&s);
	scene_run(&s, 9900);
	ck_assert_uint_eq(scene_health(&s).dropped, 2);
	scene_run(&s, 10200);
	ck_assert_uint_eq(scene_health(&s).dropped, 3);
	ck_assert_uint_eq(s.notes[KIN_LOG_ERROR], 2);
	scene_end(&s);
}
END_TEST

START_TEST(without_a_time_a_destination_is_waited_for)
{
	struct scene s;

	scene_sink_down(&s, 0);
	scene_start(&s);
	scene_run(&s, 15000);
	ck_assert_uint_eq(scene_health(&s).dropped, 0);
	ck_assert_uint_eq(scene_health(&s).on_failure, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_end(&s);
}
END_TEST

/* What is stopped is not lost: the next run reads it again. */
START_TEST(a_stop_loses_no_records_to_a_destination_that_fails)
{
	struct scene s;
	struct waiting *w;

	scene_sink_down(&s, 1000000);
	scene_start(&s);
	w = scene_wait(&s, KIN__CONSUMER_SINK);
	w->due_us += 2000000; /* its time is over when it fails */
	scene_stop(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0,1]E {0,1 failed 1 unhandled} stopping! ended");
	ck_assert_uint_eq(scene_health(&s).dropped, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_end(&s);
}
END_TEST

static TCase *overdue_case(void)
{
	TCase *tcase = tcase_create("overdue");

	tcase_add_test(tcase, an_overdue_call_gives_its_place_away);
	tcase_add_test(tcase, an_overdue_call_counts_as_usual_when_it_comes_back);
	tcase_add_test(tcase, an_overdue_call_is_told_of_at_growing_intervals);
	tcase_add_test(tcase, overdue_calls_give_away_so_many_places_and_no_more);
	tcase_add_test(tcase, without_a_limit_no_call_is_overdue);
	tcase_add_test(tcase, a_stop_waits_for_an_overdue_call);
	tcase_add_test(tcase, a_destination_that_fails_for_its_time_loses_the_records);
	tcase_add_test(tcase, the_time_of_a_destination_begins_with_each_delivery);
	tcase_add_test(tcase, without_a_time_a_destination_is_waited_for);
	tcase_add_test(tcase, a_stop_loses_no_records_to_a_destination_that_fails);
	return tcase;
}
#endif
