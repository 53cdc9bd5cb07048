/* Scenes of check_consumer: tumbling windows.  Those here are of ten seconds; @10 is the one from the tenth second on, {3} a
 * state that counted three records, {} none yet; N: the handler left no state.
 * a+{3}: the state is kept in the store, a+closed: that none is open; a?: it is read. */
#ifndef CONSUMER_SCENES_WINDOW_H
#define CONSUMER_SCENES_WINDOW_H
#include "consumer_scene.h"
#include "event/window.h"

static struct shard *scene_windows(struct scene *s)
{
	scene_init(s);
	s->set.tumbling_window_ms = 10000;
	s->set.state_bytes_max = 1000;
	s->set.retry_base_us = s->set.retry_max_us = 1000;
	return scene_shard(s, "a", NULL, NULL);
}

/* One record for each of these times. */
#define PUTS(shard, ...)                                                                                     \
	for (const int64_t *at_ = (const int64_t[]){ __VA_ARGS__, -1 }; *at_ >= 0; at_++)                    \
	scene_put(shard, 1, *at_)
#define SCRIPT(s, ...)                                                                                       \
	((s)->script = (const struct verdict[]){ __VA_ARGS__ },                                              \
	 (s)->script_n = KIN__ARRAY_LEN(((const struct verdict[]){ __VA_ARGS__ })))

START_TEST(a_window_chains_its_state_and_ends_with_a_final_call)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.batch_size = 2;
	PUTS(a, 0, 1000, 2000, 12000);
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[0 @0 {}] [1 @0 {1}] [2 @0 {2}] [final @0 {3}] [3 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).windows_opened, 2);
	ck_assert_uint_eq(scene_health(&s).windows_closed, 1);
	scene_end(&s);
}
END_TEST

START_TEST(windows_are_aligned_to_the_epoch)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	ck_assert_int_eq(NOW_MS / 1000 % 60, 20);
	s.set.tumbling_window_ms = 60000;
	PUTS(a, 0, 39999, 40000);
	scene_start(&s);
	scene_run(&s, 45000);
	scene_told(&s, "[0 @-20 {}] [1 @-20 {1}] [final @-20 {2}] [2 @40 {}]");
	scene_end(&s);
}
END_TEST

/* All of them are there at once, and would fit into one batch. */
START_TEST(a_batch_never_spans_two_windows)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 9998, 9999, 10000, 10001, 30000);
	s.now_us = 31000000;
	scene_start(&s);
	scene_run(&s, 31500);
	scene_told(&s, "[0,1 @0 {}] [final @0 {2}] [2,3 @10 {}] [final @10 {2}] [4 @30 {}]");
	scene_end(&s);
}
END_TEST

START_TEST(a_late_record_goes_into_the_open_window)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 10500, 9900, 10600, 9800);
	s.set.batch_size = 2;
	s.now_us = 11000000;
	scene_start(&s);
	scene_run(&s, 11500);
	scene_told(&s, "[0,1 @10 {}] [2,3 @10 {2}]");
	scene_end(&s);
}
END_TEST

START_TEST(a_late_record_does_not_open_a_window_again)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 1000);
	scene_start(&s);
	scene_run(&s, 14000);
	scene_put(a, 1, 14500);
	a->records[1].arrival_ms = NOW_MS + 9000;
	scene_run(&s, 16000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}] [1 @10 {}]");
	scene_end(&s);
}
END_TEST

/* Some time after its end, when an answer says that nothing is left of it. */
START_TEST(a_window_closes_when_its_time_has_passed)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 1000);
	scene_start(&s);
	scene_run(&s, 11900);
	scene_told(&s, "[0 @0 {}]");
	scene_run(&s, 13100);
	scene_told(&s, "[final @0 {1}]");
	scene_run(&s, 60000);
	scene_told(&s, "");
	scene_end(&s);
}
END_TEST

START_TEST(without_a_clock_the_next_record_closes_a_window)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.no_clock = true;
	PUTS(a, 1000, 31000);
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[0 @0 {}]");
	scene_run(&s, 32500);
	scene_told(&s, "[final @0 {1}] [1 @30 {}]");
	scene_end(&s);
}
END_TEST

/* Left out by the filter: nobody sees it, but time goes on. */
START_TEST(a_record_left_out_does_not_open_a_window)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 1000, 14000);
	a->left_out[1] = 1;
	s.no_clock = true;
	scene_start(&s);
	scene_run(&s, 16000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}]");
	ck_assert_uint_eq(scene_health(&s).windows_opened, 1);
	scene_end(&s);
}
END_TEST

START_TEST(the_end_of_a_shard_closes_its_window_and_children_begin_anew)
{
	struct scene s;
	struct shard *a = scene_windows(&s), *b;

	s.many = s.log_store = true;
	a->closed = true;
	PUTS(a, 1000, 1100);
	b = scene_shard(&s, "b", "a", NULL);
	PUTS(b, 1200);
	s.now_us = 2000000;
	scene_start(&s);
	scene_run(&s, 3000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, " a: [0,1 @0 {}] "));
	ck_assert_ptr_nonnull(strstr(s.words, " a: [final @0 {2}] a+closed a=SHARD_END "));
	ck_assert_ptr_nonnull(strstr(s.words, " b: [0 @0 {}] "));
	ck_assert_ptr_null(strstr(strstr(s.words, "SHARD_END"), " a: "));
	scene_end(&s);
}
END_TEST

START_TEST(a_call_without_a_state_has_failed)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 0);
	SCRIPT(&s, { .no_state = true }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,1 @0 {}]N [0,1 @0 {}]");
	ck_assert_uint_eq(scene_health(&s).errors, 1);
	ck_assert_uint_eq(scene_health(&s).handled, 2);
	scene_end(&s);
}
END_TEST

/* It did answer: on failure that is told as functionError null. */
START_TEST(records_without_a_state_are_given_up_as_answered)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.maximum_retry_attempts = 1;
	PUTS(a, 0);
	SCRIPT(&s, { .no_state = true });
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0 @0 {}]N [0 @0 {}]N {0 failed 2}");
	scene_end(&s);
}
END_TEST

START_TEST(a_state_is_taken_with_the_records_before_a_partial_failure)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 0, 0);
	SCRIPT(&s, { .fail_at = 2 }, { .fail_at = 999 }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,1,2 @0 {}]P2 [2 @0 {2}]P0 [2 @0 {2}]");
	scene_end(&s);
}
END_TEST

START_TEST(halves_of_a_batch_chain_the_state)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.bisect = true;
	PUTS(a, 0, 0, 0, 0, 12000);
	SCRIPT(&s, { .code = KIN_FAILED }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 12500);
	scene_told(&s, "[0,1,2,3 @0 {}]E [0,1 @0 {}] [2,3 @0 {2}] [final @0 {4}] [4 @10 {}]");
	scene_end(&s);
}
END_TEST

START_TEST(a_final_call_is_tried_until_it_succeeds)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 12000);
	SCRIPT(&s, { .code = KIN_OK }, { .code = KIN_FAILED }, { .code = KIN_BUSY }, { .fail_at = 999 },
	       { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}]E [final @0 {1}]B [final @0 {1}] [final @0 {1}] [1 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).errors, 2);
	ck_assert_uint_eq(scene_health(&s).retried, 3);
	ck_assert_uint_eq(scene_health(&s).windows_closed, 1);
	scene_end(&s);
}
END_TEST

/* As a batch's: the first one within retry_base_ms, later ones within twice as much each, up to retry_max_ms. */
START_TEST(the_pauses_of_a_final_call_are_those_of_a_batch)
{
	uint64_t longest = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		uint64_t bound = 1000, last;
		struct scene s;
		struct shard *a = scene_windows(&s);

		s.set.seed = seed;
		s.call_us = 0;
		s.set.retry_base_us = 1000000;
		s.set.retry_max_us = 4000000;
		PUTS(a, 0, 12000);
		SCRIPT(&s, { .code = KIN_OK }, { .code = _i ? KIN_BUSY : KIN_FAILED });
		scene_start(&s);
		while (s.calls < 2)
			scene_run(&s, s.now_us / 1000 + 10);
		for (uint32_t call = 3; call < 8; call++) {
			for (last = s.now_us / 1000; s.calls < call;)
				scene_run(&s, s.now_us / 1000 + 10);
			ck_assert_uint_le(s.now_us / 1000 - last, bound + 20);
			longest = s.now_us / 1000 - last > longest ? s.now_us / 1000 - last : longest;
			bound = bound < 4000 ? 2 * bound : bound;
		}
		scene_end(&s);
	}
	ck_assert_uint_gt(longest, 3500);
}
END_TEST

/* Its answer is of no use: a state need not be in it. */
START_TEST(a_final_call_needs_no_state)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 12000);
	SCRIPT(&s, { .code = KIN_OK }, { .no_state = true }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}] [1 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).errors, 0);
	scene_end(&s);
}
END_TEST

/* It has none. */
START_TEST(an_overdue_final_call_is_told_of_by_its_records)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.handler_timeout_us = 10000000;
	PUTS(a, 0, 12000);
	scene_start(&s);
	scene_run(&s, 11000);
	a->call_us = 100000000;
	scene_run(&s, 30000);
	ck_assert_uint_eq(scene_health(&s).handlers_overdue, 1);
	ck_assert_ptr_nonnull(strstr(s.note, "a: the handler has 0 records for 10000 ms"));
	scene_end(&s);
}
END_TEST

/* The state was of what the old stream held. */
START_TEST(a_stream_created_anew_begins_its_windows_anew)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.on_gap = KIN_GAP_CONTINUE;
	PUTS(a, 0);
	scene_start(&s);
	scene_run(&s, 1500);
	scene_told(&s, "[0 @0 {}]");
	s.created_ms = NOW_MS + 1500;
	a->n = 0;
	PUTS(a, 1600);
	a->gone = true;
	scene_run(&s, 2100); /* a fetch says not found */
	a->gone = false;
	scene_run(&s, 70000); /* the next list */
	scene_told(&s, "[0 @0 {}] [final @0 {1}]");
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_end(&s);
}
END_TEST

START_TEST(a_window_is_given_up_when_its_retries_are_used)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.maximum_retry_attempts = 1;
	PUTS(a, 0, 12000);
	SCRIPT(&s, { .code = KIN_OK }, { .code = KIN_FAILED }, { .code = KIN_BUSY }, { .code = KIN_FAILED },
	       { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}]E [final @0 {1}]B [final @0 {1}]E [1 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).windows_given_up, 1);
	ck_assert_uint_eq(scene_health(&s).windows_closed, 0);
	ck_assert_uint_eq(scene_health(&s).on_failure, 0);
	ck_assert_ptr_nonnull(strstr(s.note, "is given up"));
	ck_assert_ptr_nonnull(strstr(s.note, "from 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:30.000Z"));
	scene_end(&s);
}
END_TEST

/* But it is tried once, however old its records are. */
START_TEST(a_window_is_given_up_when_it_is_too_old)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.maximum_record_age_ms = 60000;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	s.call_us = 5000000;
	PUTS(a, 9000, 68000);
	s.now_us = 68000000;
	SCRIPT(&s, { .code = KIN_OK }, { .code = KIN_FAILED }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 120000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}]E [1 @60 {}] [final @60 {1}]");
	ck_assert_uint_eq(scene_health(&s).windows_given_up, 1);
	scene_end(&s);
}
END_TEST

START_TEST(a_final_call_that_fails_blocks_its_shard)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.retry_base_us = s.set.retry_max_us = 100000;
	PUTS(a, 0, 12000);
	SCRIPT(&s, { .code = KIN_OK }, { .code = KIN_FAILED });
	scene_start(&s);
	scene_run(&s, 14000);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	ck_assert_ptr_nonnull(strstr(s.note, "blocked: the final call of its window was tried"));
	s.script_n = 0;
	scene_run(&s, 15000);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	scene_end(&s);
}
END_TEST

START_TEST(a_state_too_large_ends_the_window_early)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.batch_size = 1;
	PUTS(a, 0, 0, 0, 12000);
	SCRIPT(&s, { .state_bytes = 1000 }, { .state_bytes = 1001 }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 13000);
	scene_told(&s, "[0 @0 {}] [1 @0 {1}] [early @0 {2}] [2 @0 {}] [final @0 {1}] [3 @10 {}]");
	ck_assert_uint_eq(scene_health(&s).windows_terminated_early, 1);
	ck_assert_uint_eq(scene_health(&s).windows_opened, 3);
	ck_assert_uint_eq(scene_health(&s).windows_closed, 1);
	scene_end(&s);
}
END_TEST

/* What is left of the batch comes behind it. */
START_TEST(a_state_too_large_ends_the_window_within_a_batch)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	PUTS(a, 0, 0, 0);
	SCRIPT(&s, { .fail_at = 2, .state_bytes = 2000 }, { .code = KIN_FAILED }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,1,2 @0 {}]P2 [early @0 {2}]E [early @0 {2}] [2 @0 {}]");
	scene_end(&s);
}
END_TEST

/* Room for the largest state is left: two records fill the batch to its last byte. */
START_TEST(a_batch_leaves_room_for_the_state)
{
	struct scene s;
	struct shard *a = scene_windows(&s);
	struct kin__event_window window = { .start_ms = NOW_MS, .end_ms = NOW_MS + 10000, .shard_id = "a" };
	struct kin__event_source source;

	PUTS(a, 0, 0, 0);
	kin__event_source_init(&source, "arn:aws:kinesis:x:1:stream/s", "app");
	s.set.batch_bytes_max = KIN__EVENT_ENVELOPE_BYTES + 1000 + kin__event_window_bytes(&source, &window) +
	                        2 * kin__event_record_bytes(&source, &a->records[0]) + 1 - (uint64_t)_i;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, _i ? "[0 @0 {}] [1 @0 {1}] [2 @0 {2}]" : "[0,1 @0 {}] [2 @0 {2}]");
	scene_end(&s);
}
END_TEST

/* --- until -------------------------------------------------------------------------------------- */

START_TEST(until_leaves_a_window_open_that_goes_on)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.until = KIN_UNTIL_LATEST;
	PUTS(a, 0, 1000);
	s.now_us = 2000000;
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[0,1 @0 {}] stopping ended");
	ck_assert(scene_item(&s, "a")->kept.at.open);
	scene_end(&s);
}
END_TEST

START_TEST(until_the_tip_closes_a_window_whose_time_has_passed)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.until = KIN_UNTIL_LATEST;
	PUTS(a, 0, 1000);
	s.now_us = 20000000;
	scene_start(&s);
	scene_run(&s, 50000);
	scene_told(&s, "[0,1 @0 {}] [final @0 {2}] stopping ended");
	ck_assert(!scene_item(&s, "a")->kept.at.open);
	scene_end(&s);
}
END_TEST

/* The rest of the window was read, and may not be handed out. */
START_TEST(until_a_time_leaves_its_window_open)
{
	struct scene s;
	struct shard *a = scene_windows(&s);

	s.set.until = KIN_UNTIL_TIMESTAMP;
	s.set.until_timestamp_ms = NOW_MS + 15000;
	PUTS(a, 1000, 11000, 18000);
	s.now_us = 40000000;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0 @0 {}] [final @0 {1}] [1 @10 {}] stopping ended");
	ck_assert(scene_item(&s, "a")->kept.at.open);
	scene_end(&s);
}
END_TEST

/* What comes behind a final call that fails is given back, as a batch is. */
START_TEST(a_final_call_that_waits_makes_room)
{
	struct scene s;
	struct shard *a = scene_windows(&s), *c;

	s.many = true;
	s.set.buffer_bytes_max = 200;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	PUTS(a, 0, 12000);
	a->page_max = 1;
	c = scene_shard(&s, "c", NULL, NULL);
	scene_put(c, 1, 14000);
	s.now_us = 12500000;
	SCRIPT(&s, { .code = KIN_OK }, { .code = KIN_FAILED }, { .code = KIN_OK });
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "a: [0 @0 {}] a: [final @0 {1}]E c: [0 @10 {}] c: [final @10 {1}] a: [final @0 {1}] "
	               "a: [1 @10 {}] a: [final @10 {1}]");
	ck_assert_uint_ge(scene_health(&s).given_back, 1);
	scene_end(&s);
}
END_TEST

START_TEST(memory_runs_out_in_windows)
{
	uint64_t n = 0;
	bool failed = true;

	while (failed) { /* the n-th allocation fails */
		struct kin__consumer_event event = { .type = KIN__CONSUMER_START };
		struct scene s;
		struct shard *a = scene_windows(&s);

		PUTS(a, 0, 0, 0, 12000);
		SCRIPT(&s, { .fail_at = 2, .state_bytes = 2000 }, { .code = KIN_FAILED }, { .code = KIN_OK });
		s.short_of_memory = true;
		kin__mem_fail_at(++n);
		s.consumer = kin__consumer_new(&s.set);
		if (s.consumer) {
			scene_step(&s, &event);
			scene_run(&s, 20000);
			failed = kin__consumer_state(s.consumer) == KIN_CONSUMER_FATAL;
			ck_assert_int_eq(scene_health(&s).code, failed ? KIN_NOMEM : KIN_OK);
		}
		kin__mem_fail_at(0);
		ck_assert(!s.consumer || kin__consumer_idle(s.consumer) || !failed);
		scene_end(&s);
		ck_assert_uint_lt(n, 1000);
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

static TCase *window_case(void)
{
	TCase *tcase = tcase_create("window");

	tcase_add_test(tcase, a_window_chains_its_state_and_ends_with_a_final_call);
	tcase_add_test(tcase, windows_are_aligned_to_the_epoch);
	tcase_add_test(tcase, a_batch_never_spans_two_windows);
	tcase_add_test(tcase, a_late_record_goes_into_the_open_window);
	tcase_add_test(tcase, a_late_record_does_not_open_a_window_again);
	tcase_add_test(tcase, a_window_closes_when_its_time_has_passed);
	tcase_add_test(tcase, without_a_clock_the_next_record_closes_a_window);
	tcase_add_test(tcase, a_record_left_out_does_not_open_a_window);
	tcase_add_test(tcase, the_end_of_a_shard_closes_its_window_and_children_begin_anew);
	tcase_add_test(tcase, a_call_without_a_state_has_failed);
	tcase_add_test(tcase, records_without_a_state_are_given_up_as_answered);
	tcase_add_test(tcase, a_state_is_taken_with_the_records_before_a_partial_failure);
	tcase_add_test(tcase, halves_of_a_batch_chain_the_state);
	tcase_add_test(tcase, a_final_call_is_tried_until_it_succeeds);
	tcase_add_loop_test(tcase, the_pauses_of_a_final_call_are_those_of_a_batch, 0, 2);
	tcase_add_test(tcase, a_final_call_needs_no_state);
	tcase_add_test(tcase, an_overdue_final_call_is_told_of_by_its_records);
	tcase_add_test(tcase, a_stream_created_anew_begins_its_windows_anew);
	tcase_add_test(tcase, a_window_is_given_up_when_its_retries_are_used);
	tcase_add_test(tcase, a_window_is_given_up_when_it_is_too_old);
	tcase_add_test(tcase, a_final_call_that_fails_blocks_its_shard);
	tcase_add_test(tcase, a_state_too_large_ends_the_window_early);
	tcase_add_test(tcase, a_state_too_large_ends_the_window_within_a_batch);
	tcase_add_loop_test(tcase, a_batch_leaves_room_for_the_state, 0, 2);
	tcase_add_test(tcase, until_leaves_a_window_open_that_goes_on);
	tcase_add_test(tcase, until_the_tip_closes_a_window_whose_time_has_passed);
	tcase_add_test(tcase, until_a_time_leaves_its_window_open);
	tcase_add_test(tcase, a_final_call_that_waits_makes_room);
	tcase_add_test(tcase, memory_runs_out_in_windows);
	return tcase;
}
#endif
