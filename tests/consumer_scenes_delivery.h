/* Scenes of check_consumer: what becomes of one shard's records.
 * [0,1]: a call with records 0 and 1; E failed, A answered that all failed, Pn answered that n and later failed, B busy.
 * {0 failed 2 unhandled}: to the on-failure destination, after 2 calls; old: too old; ! the destination failed. */
#ifndef CONSUMER_SCENES_DELIVERY_H
#define CONSUMER_SCENES_DELIVERY_H
#include "consumer_scene.h"

static const struct verdict fails[] = { { .code = KIN_FAILED } };

/* The recorded behaviour of Lambda's event source mapping, row by row. */
START_TEST(lambda_retries_then_gives_up)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.batching_window_us = 1000000;
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = fails;
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]E [0]E {0 failed 2 unhandled}");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_uint_eq(scene_health(&s).on_failure, 1);
	ck_assert_uint_eq(scene_health(&s).retried, 1);
	scene_end(&s);
}
END_TEST

START_TEST(lambda_bad_report_is_a_failure_without_function_error)
{
	static const struct verdict bad[] = { { .code = KIN_FAILED, .answered = true } };
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.maximum_retry_attempts = 2;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = bad;
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]A [0]A [0]A {0 failed 3}");
	scene_end(&s);
	/* ... and unhandled when it raised */
	scene_init(&s);
	s.set.maximum_retry_attempts = 2;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = fails;
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]E [0]E [0]E {0 failed 3 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(lambda_success_is_one_call)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0]");
	ck_assert_uint_eq(scene_health(&s).handled, 1);
	scene_end(&s);
}
END_TEST

START_TEST(lambda_tail_of_a_partial_failure_has_a_full_budget)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 3;
	s.set.maximum_retry_attempts = 3;
	scene_put(scene_shard(&s, "a", NULL, NULL), 6, 0);
	s.poison = 1 << 5;
	s.report = true;
	scene_start(&s);
	scene_run(&s, 120000);
	scene_told(&s, "[0,1,2] [3,4,5]P2 [5]P0 [5]P0 [5]P0 [5]P0 {5 failed 4}");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	scene_end(&s);
}
END_TEST

START_TEST(lambda_age_ends_retries)
{
	struct scene s;
	char words[WORDS];

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.maximum_record_age_ms = 60000;
	s.set.retry_max_us = 8000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = fails;
	s.script_n = 1;
	scene_start(&s);
	scene_run(&s, 59000);
	ck_assert_uint_ge(s.calls, 8); /* with growing pauses until it is 60 s old */
	ck_assert_ptr_null(strstr(s.words, "{"));
	scene_run(&s, 120000);
	snprintf(words, sizeof words, "{0 old %u unhandled}", s.calls);
	ck_assert_ptr_nonnull(strstr(s.words, words));
	ck_assert_uint_eq(scene_health(&s).on_failure, 1);
	scene_end(&s);
}
END_TEST

START_TEST(lambda_old_record_is_never_shown)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.set.maximum_record_age_ms = 60000;
	s.set.maximum_retry_attempts = 0;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, -61000);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "{0 old 1}");
	scene_end(&s);
}
END_TEST

START_TEST(lambda_old_one_of_six_goes_alone)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 10;
	s.set.maximum_record_age_ms = 60000;
	s.set.maximum_retry_attempts = 0;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -61000);
	scene_put(a, 5, -1000);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "{0 old 1} [1,2,3,4,5]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	scene_end(&s);
}
END_TEST

START_TEST(lambda_goes_on_after_a_pause)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 2, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_stop(&s);
	scene_run(&s, 6000);
	scene_told(&s, "[0,1] stopping ended");
	scene_crash(&s);
	scene_put(a, 2, 7000);
	s.now_us = 20000000;
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[2,3]");
	scene_end(&s);
}
END_TEST

START_TEST(no_ageing_without_a_clock)
{
	struct scene s;

	scene_init(&s);
	s.no_clock = true;
	s.set.maximum_record_age_ms = 60000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, -90000);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0]");
	scene_end(&s);
}
END_TEST

START_TEST(old_ones_between_fresh_ones_leave_the_batch)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.maximum_record_age_ms = 60000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -1000);
	scene_put(a, 1, -61000);
	scene_put(a, 2, -1000);
	scene_put(a, 1, -62000);
	scene_put(a, 1, -1000);
	s.script = (const struct verdict[]){ { .code = KIN_OK, .fail_at = 2 }, { .code = KIN_OK } };
	s.script_n = 2;
	scene_start(&s);
	scene_run(&s, 10000);
	/* the call's third record is record 3 */
	scene_told(&s, "{1,4 old 1} [0,2,3,5]P2 [3,5]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	scene_end(&s);
}
END_TEST

/* The documented example: 8 records, the sixth is poison, no retries. */
START_TEST(bisect_finds_the_poison)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 0;
	scene_put(scene_shard(&s, "a", NULL, NULL), 8, 0);
	s.poison = 1 << 5;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s,
	           "[0,1,2,3,4,5,6,7]E [0,1,2,3] [4,5,6,7]E [4,5]E [4] [5]E {5 failed 1 unhandled} [6,7]");
	ck_assert_uint_eq(scene_health(&s).bisected, 3);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	scene_end(&s);
}
END_TEST

START_TEST(bisect_rounds_the_left_half_down_and_spares_retries)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 3, 0);
	s.poison = 1 << 0;
	scene_start(&s);
	scene_run(&s, 60000);
	scene_told(&s, "[0,1,2]E [0]E [0]E {0 failed 2 unhandled} [1,2]");
	scene_end(&s);
}
END_TEST

START_TEST(bisect_does_not_halve_a_partial_failure)
{
	struct scene s;

	scene_init(&s);
	s.set.bisect = true;
	s.report = true;
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 6, 0);
	s.poison = 1 << 2;
	scene_start(&s);
	scene_run(&s, 60000);
	/* cut where it was reported; at the first record nothing is settled and an attempt is used */
	scene_told(&s, "[0,1,2,3,4,5]P2 [2,3,4,5]P0 [2,3,4,5]P0 {2,3,4,5 failed 2}");
	scene_end(&s);
}
END_TEST

START_TEST(busy_uses_no_attempt)
{
	static const struct verdict script[] = { { .code = KIN_BUSY },   { .code = KIN_BUSY },
		                                 { .code = KIN_FAILED }, { .code = KIN_BUSY },
		                                 { .code = KIN_FAILED }, { .code = KIN_OK } };
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = script;
	s.script_n = 6;
	scene_start(&s);
	scene_run(&s, 120000);
	scene_told(&s, "[0]B [0]B [0]E [0]B [0]E {0 failed 2 unhandled}");
	ck_assert_uint_eq(scene_health(&s).errors, 2);
	scene_end(&s);
}
END_TEST

START_TEST(attempts_are_told_to_the_handler)
{
	struct scene s;
	uint32_t attempts[3], n = 0;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = fails;
	s.script_n = 1;
	s.call_us = 3600000000; /* each call is looked at before it is answered */
	scene_start(&s);
	scene_run(&s, 1000);
	while (n < 3) {
		struct waiting *w = scene_next(&s);

		for (w = s.waiting; !w->used || w->type != KIN__CONSUMER_INVOKE;)
			ck_assert(++w < s.waiting + WAITING);
		attempts[n++] = w->attempt;
		scene_answer(&s, w);
		scene_run(&s, s.now_us / 1000 + 120000);
	}
	ck_assert_uint_eq(attempts[0], 1);
	ck_assert_uint_eq(attempts[1], 2);
	ck_assert_uint_eq(attempts[2], 3);
	scene_end(&s);
}
END_TEST

START_TEST(drop_settles_and_counts)
{
	struct scene s;

	scene_init(&s);
	s.set.drop = true;
	s.set.batch_size = 2;
	s.set.maximum_retry_attempts = 0;
	scene_put(scene_shard(&s, "a", NULL, NULL), 4, 0);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0,1]E [2,3]");
	ck_assert_uint_eq(scene_health(&s).dropped, 2);
	ck_assert_uint_eq(scene_health(&s).handled, 2);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(a_failing_sink_holds_the_shard)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 0;
	s.set.batch_size = 1;
	s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	s.poison = 1;
	for (int i = 0; i < 11; i++)
		s.sink_codes[i] = KIN_REFUSED;
	scene_start(&s);
	while (s.sinks < 10)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	scene_run(&s, 60000);
	ck_assert_ptr_nonnull(strstr(s.words, "unhandled}! {0 failed 1 unhandled} [1]"));
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	scene_end(&s);
}
END_TEST

START_TEST(ten_failures_block_a_shard)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	scene_start(&s);
	while (s.calls < 9)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	while (s.calls < 10)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	s.poison = 0;
	scene_run(&s, 60000);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_end(&s);
}
END_TEST

/* --- batches -------------------------------------------------------------------- */

START_TEST(without_a_window_a_read_goes_at_once)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 4;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 3, 0);
	scene_put(a, 5, 1500);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "[0,1,2] [3,4,5,6] [7]");
	scene_end(&s);
}
END_TEST

START_TEST(a_window_gathers_over_reads)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 5;
	s.set.batching_window_us = 3000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 2, 0);
	scene_put(a, 1, 500);
	scene_put(a, 1, 1500);
	scene_start(&s);
	scene_run(&s, 2900);
	scene_told(&s, "");
	scene_run(&s, 3100); /* the window began with the first record */
	scene_told(&s, "[0,1,2,3]");
	scene_put(a, 5, 5000);
	scene_run(&s, 6100); /* full: goes without waiting */
	scene_told(&s, "[4,5,6,7,8]");
	scene_end(&s);
}
END_TEST

START_TEST(a_window_begins_when_the_last_call_is_over)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batching_window_us = 3000000;
	s.call_us = 5000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_put(a, 1, 4500);
	scene_start(&s);
	scene_run(&s, 10900); /* called at 3 s, over at 8 s, the record came meanwhile */
	scene_told(&s, "[0]");
	scene_run(&s, 11100);
	scene_told(&s, "[1]");
	scene_end(&s);
}
END_TEST

START_TEST(the_end_of_a_shard_ends_the_window)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batching_window_us = 300000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 2, 0);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,1]");
	scene_end(&s);
}
END_TEST

START_TEST(bytes_end_a_batch)
{
	struct scene s;
	struct shard *a;
	struct kin__event_source source;
	size_t one;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 5, 0);
	kin__event_source_init(&source, "arn:aws:kinesis:x:1:stream/s", "app");
	one = kin__event_record_bytes(&source, &a->records[0]);
	s.set.batch_bytes_max = KIN__EVENT_ENVELOPE_BYTES + 2 * one + 1; /* two, and the comma */
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0,1] [2,3] [4]");
	scene_crash(&s);
	s.items_n = 0;
	s.set.batch_bytes_max--;
	scene_start(&s);
	scene_run(&s, 2000);
	scene_told(&s, "[0] [1] [2] [3] [4]");
	scene_crash(&s);
	s.items_n = 0;
	s.set.batch_bytes_max = 10; /* bigger than a batch may be: alone */
	scene_start(&s);
	scene_run(&s, 3000);
	scene_told(&s, "[0] [1] [2] [3] [4]");
	scene_end(&s);
}
END_TEST

START_TEST(one_call_of_a_shard_and_handlers_max_of_all)
{
	struct scene s;

	scene_init(&s);
	s.many = true;
	s.set.handlers_max = 2;
	s.set.batch_size = 1;
	s.call_us = 10000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_put(scene_shard(&s, "c", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "a: [0] b: [0]");
	scene_run(&s, 15000); /* c has waited longer than a's second batch */
	scene_told(&s, "c: [0] a: [1]");
	scene_end(&s);
}
END_TEST

START_TEST(two_batches_at_most_run_ahead_of_the_checkpoint)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 4, 0);
	scene_start(&s);
	scene_run(&s, 0);
	scene_told(&s, "[0]");
	for (int i = 0; i < 8; i++)
		s.store_codes[i] = KIN_IO;
	s.stores = 0;
	while (s.stores < 5)
		scene_run(&s, s.now_us / 1000 + 5);
	scene_told(&s, "[1]"); /* 0 is not stored: after 1 it waits */
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_run(&s, 60000);
	scene_told(&s, "[2] [3]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1003");
	scene_end(&s);
}
END_TEST

START_TEST(a_full_buffer_stops_reading)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.buffer_bytes_max = 150; /* one page with one record is more */
	s.call_us = 10000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 1;
	scene_put(a, 3, 0);
	scene_start(&s);
	scene_run(&s, 9000);
	scene_told(&s, "a@horizon a? [0]");
	ck_assert_uint_eq(s.pages_held, 1);
	scene_run(&s, 11000);
	scene_told(&s, "a? [1]");
	scene_end(&s);
}
END_TEST

START_TEST(two_pages_are_held_while_the_handler_works)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.call_us = 10000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 2;
	scene_put(a, 10, 0);
	scene_start(&s);
	scene_run(&s, 9000);
	ck_assert_uint_eq(s.pages_held, 2);
	scene_told(&s, "[0,1]");
	scene_run(&s, 35000);
	scene_told(&s, "[2,3] [4,5] [6,7]");
	ck_assert_uint_eq(s.pages_held, 2);
	scene_end(&s);
}
END_TEST

START_TEST(a_full_buffer_ends_windows)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.buffer_bytes_max = 300;
	s.set.batching_window_us = 300000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 2;
	scene_put(a, 4, 0);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "[0,1]");
	scene_run(&s, 3000); /* at the tip: the next fetch is due a second later */
	scene_told(&s, "[2,3]");
	scene_end(&s);
}
END_TEST

/* Against a plain array: what is done, what is open, what was forgotten, over many words and around the ring. */
START_TEST(settled_records_are_those_that_were_added)
{
	enum { MOST = 1000, AHEAD = 300 };

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct kin__rng rng = { seed };
		struct kin__settled settled;
		bool model[MOST + 2 * AHEAD] = { false };
		uint64_t low = 0;

		kin__settled_init(&settled);
		while (low < MOST) {
			uint64_t first = low + kin__rng_below(&rng, AHEAD) * kin__rng_below(&rng, 2),
				 end = first + kin__rng_below(&rng, kin__rng_chance(&rng, 300) ? 200 : 4),
				 from = low + kin__rng_below(&rng, AHEAD),
				 to = from + kin__rng_below(&rng, 130);
			struct kin__range open;
			uint64_t at = from, missing = 0;

			if (kin__rng_chance(&rng, 20)) {
				kin__settled_cut(&settled, first);
				memset(model + first, 0, sizeof model - first);
			} else {
				MUST(kin__settled_add(&settled, first, end) == 0, "out of memory");
				for (uint64_t i = first; i < end; i++)
					model[i] = true;
			}
			while (model[low])
				low++;
			MUST(settled.low == low && kin__settled_sound(&settled), "%d: the lowest is not %d",
			     (int)seed, (int)low);
			for (uint64_t i = from; i < to; i++)
				missing += !model[i];
			MUST(kin__settled_missing(&settled, from, to) == missing, "%d: %d are missing",
			     (int)seed, (int)missing);
			while (at < to && model[at])
				at++;
			MUST(kin__settled_open(&settled, from, to, &open) == (at < to), "%d: is one missing?",
			     (int)seed);
			if (at < to) {
				MUST(open.first == at, "%d: %d is the first missing", (int)seed, (int)at);
				while (at < to && !model[at])
					at++;
				MUST(open.end == at, "%d: %d is behind those missing", (int)seed, (int)at);
			}
		}
		kin__settled_fini(&settled);
	}
}
END_TEST

static TCase *delivery_case(void)
{
	TCase *tcase = tcase_create("delivery");

	tcase_add_test(tcase, lambda_retries_then_gives_up);
	tcase_add_test(tcase, lambda_bad_report_is_a_failure_without_function_error);
	tcase_add_test(tcase, lambda_success_is_one_call);
	tcase_add_test(tcase, lambda_tail_of_a_partial_failure_has_a_full_budget);
	tcase_add_test(tcase, lambda_age_ends_retries);
	tcase_add_test(tcase, lambda_old_record_is_never_shown);
	tcase_add_test(tcase, lambda_old_one_of_six_goes_alone);
	tcase_add_test(tcase, lambda_goes_on_after_a_pause);
	tcase_add_test(tcase, no_ageing_without_a_clock);
	tcase_add_test(tcase, old_ones_between_fresh_ones_leave_the_batch);
	tcase_add_test(tcase, bisect_finds_the_poison);
	tcase_add_test(tcase, bisect_rounds_the_left_half_down_and_spares_retries);
	tcase_add_test(tcase, bisect_does_not_halve_a_partial_failure);
	tcase_add_test(tcase, busy_uses_no_attempt);
	tcase_add_test(tcase, attempts_are_told_to_the_handler);
	tcase_add_test(tcase, drop_settles_and_counts);
	tcase_add_test(tcase, a_failing_sink_holds_the_shard);
	tcase_add_test(tcase, ten_failures_block_a_shard);
	tcase_add_test(tcase, without_a_window_a_read_goes_at_once);
	tcase_add_test(tcase, a_window_gathers_over_reads);
	tcase_add_test(tcase, a_window_begins_when_the_last_call_is_over);
	tcase_add_test(tcase, the_end_of_a_shard_ends_the_window);
	tcase_add_test(tcase, bytes_end_a_batch);
	tcase_add_test(tcase, one_call_of_a_shard_and_handlers_max_of_all);
	tcase_add_test(tcase, two_batches_at_most_run_ahead_of_the_checkpoint);
	tcase_add_test(tcase, a_full_buffer_stops_reading);
	tcase_add_test(tcase, two_pages_are_held_while_the_handler_works);
	tcase_add_test(tcase, a_full_buffer_ends_windows);
	tcase_add_test(tcase, settled_records_are_those_that_were_added);
	return tcase;
}
#endif
