/* Scenes of check_consumer: what is held in memory, and whose place it is.
 * a@at: an iterator of shard a, at a record given back; a?: a fetch; copy 2 of 26 bytes: a page was copied out. */
#ifndef CONSUMER_SCENES_MEMORY_H
#define CONSUMER_SCENES_MEMORY_H
#include "consumer_scene.h"

/* Two sick shards, whose first pages fill the buffer. */
static void scene_sick(struct scene *s, struct shard **a, struct shard **b)
{
	scene_init(s);
	s->many = true;
	s->set.buffer_bytes_max = 400;
	s->set.fetches_max = 1;
	s->set.retry_base_us = s->set.retry_max_us = 30000000;
	*a = scene_shard(s, "a", NULL, NULL);
	*b = scene_shard(s, "b", NULL, NULL);
	(*a)->sick = (*b)->sick = true;
	(*a)->page_max = (*b)->page_max = 1;
	scene_put(*a, 2, 0);
	scene_put(*b, 2, 0);
}

START_TEST(blocked_shards_make_room)
{
	struct scene s;
	struct shard *a, *b, *c;

	scene_sick(&s, &a, &b);
	c = scene_shard(&s, "c", NULL, NULL);
	scene_put(c, 1, 2000);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "a: [0] b: [0]EE");
	ck_assert_uint_eq(s.pages_held, 2); /* neither reads ahead: the buffer is full */
	scene_run(&s, 4000);
	scene_told(&s, "c: [0]");
	ck_assert_uint_eq(scene_health(&s).given_back, 3);
	scene_end(&s);
}
END_TEST

/* What was given back is read again for its retry, and is the same batch still: attempts go on. */
START_TEST(what_was_given_back_is_read_again)
{
	struct scene s;
	struct shard *a, *b;

	scene_sick(&s, &a, &b);
	s.set.maximum_retry_attempts = 1;
	scene_put(scene_shard(&s, "c", NULL, NULL), 1, 2000);
	scene_start(&s);
	scene_run(&s, 4000);
	s.words_n = 0;
	s.log_reads = true;
	scene_run(&s, 62000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "a@at a? a: [0]"));
	ck_assert_ptr_nonnull(strstr(s.words, "a: {0 failed 2 unhandled}"));
	ck_assert_ptr_nonnull(strstr(s.words, "b: {0 failed 2 unhandled}"));
	ck_assert_uint_eq(scene_health(&s).on_failure, 4);
	scene_end(&s);
}
END_TEST

/* A shard that can do nothing else comes before those that would read ahead. */
START_TEST(reading_ahead_waits_for_room)
{
	struct scene s;
	struct shard *a, *b;

	scene_sick(&s, &a, &b);
	a->sick = b->sick = false;
	s.call_us = 1000000;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a: [0] b: [0]");
	ck_assert_uint_eq(s.pages_held, 2);
	scene_run(&s, 1900);
	scene_told(&s, "a: [1] b: [1]");
	ck_assert_uint_eq(scene_health(&s).given_back, 0);
	scene_end(&s);
}
END_TEST

/* A page read ahead of a blocked batch counts as never read. */
START_TEST(what_was_read_ahead_is_given_back_too)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.batch_size = 1;
	s.set.buffer_bytes_max = 600;
	s.set.retry_base_us = s.set.retry_max_us = 10000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 2;
	a->closed = true;
	scene_put(a, 4, 0);
	s.poison = 1;
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 2000);
	scene_find(&s, "b")->sick = true;
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "a: [0]E");
	ck_assert_uint_eq(s.pages_held, 0); /* b asked whether there is anything */
	ck_assert_uint_eq(scene_health(&s).given_back, 4);
	s.poison = 0;
	scene_run(&s, 15000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "a: [0] a: [1] a: [2] a: [3]"));
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	scene_end(&s);
}
END_TEST

/* Trimmed, or gone with its shard, while it was given back: a gap, never a silent one. */
START_TEST(what_was_given_back_may_be_trimmed)
{
	struct scene s;
	struct shard *a, *b;

	for (int gone = 0; gone < 2; gone++) {
		scene_sick(&s, &a, &b);
		s.set.on_gap = KIN_GAP_CONTINUE;
		scene_put(scene_shard(&s, "c", NULL, NULL), 1, 2000);
		scene_start(&s);
		scene_run(&s, 4000);
		s.words_n = 0;
		a->sick = b->sick = false;
		a->horizon = b->horizon = 1;
		a->gone = b->gone = gone;
		scene_run(&s, 35000);
		ck_assert_uint_eq(scene_health(&s).gaps, 2);
		s.words[s.words_n] = 0;
		ck_assert_int_eq(strstr(s.words, "a: [1]") && strstr(s.words, "b: [1]"), !gone);
		ck_assert_uint_eq(scene_health(&s).handled, gone ? 1 : 3);
		scene_end(&s);
	}
}
END_TEST

/* What was left of it was trimmed behind a part that was read again already, and that part said that the shard is read as
 * far as `until` asks: nothing is left to do, and the end comes. */
START_TEST(what_was_given_back_and_trimmed_lets_it_end)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.until = KIN_UNTIL_LATEST;
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.buffer_bytes_max = 150;
	s.set.fetches_max = 1;
	s.set.behind_interval_us = 100000;
	s.set.retry_base_us = s.set.retry_max_us = 20000000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->sick = true;
	a->page_max = 2;
	scene_put(a, 2, 1); /* after the start */
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_start(&s);
	s.now_us = 2000;
	scene_run(&s, 1500);
	ck_assert_uint_eq(scene_health(&s).given_back, 2);
	a->sick = false;
	a->page_max = 1;
	while (s.pages_held == 0 && s.now_us < 40000000)
		scene_run(&s, s.now_us / 1000 + 10);
	a->horizon = 2;
	scene_run(&s, 60000);
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_ENDED);
	scene_end(&s);
}
END_TEST

/* It is named once: though it is older than the retention, too, and when nobody tells the time until later. */
START_TEST(what_was_given_back_is_named_once)
{
	struct scene s;
	struct shard *a, *b;

	scene_sick(&s, &a, &b);
	s.no_clock = _i == 1;
	s.date_us = 40000000;
	s.retention_ms = 5000;
	s.set.on_gap = KIN_GAP_CONTINUE;
	scene_put(scene_shard(&s, "c", NULL, NULL), 1, 2000);
	scene_start(&s);
	scene_run(&s, 4000);
	a->sick = b->sick = false;
	a->horizon = b->horizon = 1;
	scene_run(&s, 35000);
	ck_assert_uint_eq(scene_health(&s).gaps, 2);
	scene_run(&s, 45000);
	ck_assert(!s.no_clock);
	ck_assert_uint_eq(scene_health(&s).gaps, 2);
	ck_assert_uint_eq(scene_health(&s).handled, 3);
	scene_end(&s);
}
END_TEST

/* A batch of two, given back: trimmed to the last record of the shard, or between the answers that bring it
 * again; or in answers so small that it needs more than the buffer, which it gets. */
START_TEST(a_batch_is_read_again_whole)
{
	for (int what = 0; what < 4; what++) {
		struct scene s;
		struct shard *a;

		scene_init(&s);
		s.many = true;
		s.set.buffer_bytes_max = 150;
		s.set.behind_interval_us = 100000;
		s.set.retry_base_us = s.set.retry_max_us = 20000000;
		s.set.on_gap = KIN_GAP_CONTINUE;
		a = scene_shard(&s, "a", NULL, NULL);
		scene_shard(&s, "b", NULL, NULL);
		a->closed = what == 1;
		a->page_max = 2;
		a->sick = true;
		scene_put(a, what < 2 ? 2 : 3, 0);
		scene_start(&s);
		scene_run(&s, 1500);
		scene_told(&s, "a: [0,1]E");
		ck_assert_uint_eq(s.pages_held, 0);
		a->sick = false;
		a->page_max = 1;
		if (what < 2)
			a->horizon = 2;
		while (s.pages_held == 0 && s.now_us < 20000000)
			scene_run(&s, s.now_us / 1000 + 10);
		if (what == 2)
			a->horizon = 2;
		scene_run(&s, 30000);
		scene_told(&s, what < 2 ? "" : what == 2 ? "a: [2]" : "a: [0,1] a: [2]");
		ck_assert_uint_eq(scene_health(&s).gaps, what < 3);
		ck_assert_str_eq(scene_checkpoint(&s, "a"), what == 1   ? "SHARD_END"
		                                            : what == 0 ? "TRIM_HORIZON"
		                                                        : "1002");
		scene_end(&s);
	}
}
END_TEST

/* A rest between its answers would let others take their room, and it would begin anew. */
START_TEST(what_is_read_again_rests_after_no_answer)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.buffer_bytes_max = 150;
	s.set.behind_interval_us = 100000;
	s.set.shard_bytes_per_s = 1000; /* a second a record */
	s.set.retry_base_us = s.set.retry_max_us = 20000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_shard(&s, "b", NULL, NULL);
	a->page_max = 3;
	a->sick = true;
	scene_put(a, 3, 0);
	scene_start(&s);
	scene_run(&s, 1500);
	scene_told(&s, "a: [0,1,2]E");
	ck_assert_uint_eq(s.pages_held, 0);
	a->sick = false;
	a->page_max = 1;
	while (s.pages_held == 0 && s.now_us < 20000000)
		scene_run(&s, s.now_us / 1000 + 10);
	scene_run(&s, s.now_us / 1000 + 1000);
	scene_told(&s, "a: [0,1,2]");
	scene_end(&s);
}
END_TEST

/* What was read ahead and given back was never seen: trimmed later, it is a gap. */
START_TEST(what_was_read_ahead_may_be_trimmed)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.retention_ms = 60000;
	s.set.batch_size = 1;
	s.set.buffer_bytes_max = 150;
	s.set.retry_base_us = s.set.retry_max_us = 20000000;
	s.set.on_gap = KIN_GAP_CONTINUE;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_shard(&s, "b", NULL, NULL);
	a->page_max = 2;
	a->sick = true;
	scene_put(a, 2, 0);
	scene_put(a, 1, 90000);
	scene_start(&s);
	scene_run(&s, 1500);
	ck_assert_uint_eq(scene_health(&s).given_back, 2);
	a->sick = false;
	s.call_us = 100000000;
	scene_run(&s, 25000);
	s.call_us = 1000;
	a->horizon = 2; /* while [0] is at the handler */
	scene_run(&s, 250000);
	scene_told(&s, "a: [0]E a: [0] a: [2]");
	ck_assert_uint_eq(scene_health(&s).gaps, 2); /* of b too: there was no room to look at it */
	scene_end(&s);
}
END_TEST

/* A page that was copied out does not tell again what was settled before. */
START_TEST(a_copy_keeps_the_checkpoint)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.report = true;
	s.set.copy_bytes_min = 400;
	s.set.batch_size = 4;
	s.set.retry_base_us = s.set.retry_max_us = 100000;
	for (int i = 3; i < 12; i++) /* after the list, the origin and the lease */
		s.store_codes[i] = KIN_IO;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 8, 0);
	s.poison = 1 << 6;
	scene_start(&s);
	while (scene_health(&s).checkpoints == 0)
		scene_run(&s, s.now_us / 1000 + 1);
	ck_assert_ptr_nonnull(strstr(s.words, "[4,5,6,7]P2 copy 2"));
	ck_assert_uint_gt(scene_health(&s).retried, 0);
	scene_run(&s, s.now_us / 1000 + 100);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	scene_end(&s);
}
END_TEST

START_TEST(what_was_given_back_and_trimmed_stops)
{
	struct scene s;
	struct shard *a, *b;

	scene_sick(&s, &a, &b);
	scene_put(scene_shard(&s, "c", NULL, NULL), 1, 2000);
	scene_start(&s);
	scene_run(&s, 4000);
	a->horizon = b->horizon = 1;
	scene_run(&s, 35000);
	fatal_is(&s, KIN_GAP, "trimmed while their batch waited");
	scene_end(&s);
}
END_TEST

START_TEST(given_back_then_stopped_or_lost)
{
	struct scene s;
	struct shard *a, *b;

	for (int lost = 0; lost < 2; lost++) {
		scene_sick(&s, &a, &b);
		a->page_max = 2; /* one that succeeds, so that there is a checkpoint to be refused */
		s.poison = 2;
		scene_find(&s, "a")->sick = false;
		scene_put(scene_shard(&s, "c", NULL, NULL), 1, 2000);
		s.report = true;
		scene_start(&s);
		scene_run(&s, 4000);
		ck_assert_uint_gt(scene_health(&s).given_back, 0);
		if (lost)
			scene_item(&s, "c")->counter += 7;
		s.poison = 0;
		scene_put(scene_find(&s, "c"), 1, 4500);
		scene_run(&s, 6000);
		if (!lost)
			scene_stop(&s);
		scene_run(&s, 7000);
		ck_assert_int_eq(scene_health(&s).state, lost ? KIN_CONSUMER_FATAL : KIN_CONSUMER_ENDED);
		ck_assert_uint_eq(s.pages_held, 0);
		ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
		scene_end(&s);
	}
}
END_TEST

/* Three quarters done and the rest has to wait: the answer is freed. */
START_TEST(a_page_mostly_done_is_copied_out)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.copy_bytes_min = 400;
	s.set.batch_size = 3;
	s.set.retry_base_us = s.set.retry_max_us = 20000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 8, 0);
	s.poison = 1 << 6;
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0,1,2] [3,4,5] [6,7]E copy 2 of 96 bytes");
	ck_assert_uint_eq(scene_health(&s).buffered_bytes, 96);
	s.poison = 0;
	scene_run(&s, 20000);
	scene_told(&s, "[6,7]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1007");
	ck_assert_uint_eq(scene_health(&s).buffered_bytes, 0);
	scene_end(&s);
	/* Not one of which more is needed, nor a small one. */
	for (int i = 0; i < 2; i++) {
		scene_init(&s);
		s.set.copy_bytes_min = i ? 401 : 400;
		s.set.batch_size = 3;
		s.set.retry_base_us = s.set.retry_max_us = 20000000;
		a = scene_shard(&s, "a", NULL, NULL);
		scene_put(a, i ? 3 : 8, 0);
		s.poison = i ? 1 : 1 << 3;
		scene_start(&s);
		scene_run(&s, 900);
		scene_told(&s, i ? "[0,1,2]E" : "[0,1,2] [3,4,5]E");
		scene_end(&s);
	}
}
END_TEST

/* Without a clock a second LATEST iterator may stand later than the first would have: the consumer does not
 * say before that it runs. */
START_TEST(a_reader_without_a_clock_runs_when_it_stands)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = s.no_clock = true;
	s.set.leases = false;
	s.set.starting_position = KIN_LATEST;
	scene_shard(&s, "a", NULL, NULL);
	s.verdicts[2] = KIN__TRANSIENT;
	scene_start(&s);
	scene_run(&s, 0);
	scene_told(&s, "a@latest");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_STARTING);
	scene_run(&s, 500);
	scene_told(&s, "a@latest a?");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

static TCase *memory_case(void)
{
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase, blocked_shards_make_room);
	tcase_add_test(tcase, what_was_given_back_is_read_again);
	tcase_add_test(tcase, reading_ahead_waits_for_room);
	tcase_add_test(tcase, what_was_read_ahead_is_given_back_too);
	tcase_add_test(tcase, what_was_given_back_may_be_trimmed);
	tcase_add_test(tcase, what_was_given_back_and_trimmed_lets_it_end);
	tcase_add_loop_test(tcase, what_was_given_back_is_named_once, 0, 2);
	tcase_add_test(tcase, a_batch_is_read_again_whole);
	tcase_add_test(tcase, what_is_read_again_rests_after_no_answer);
	tcase_add_test(tcase, what_was_read_ahead_may_be_trimmed);
	tcase_add_test(tcase, a_copy_keeps_the_checkpoint);
	tcase_add_test(tcase, what_was_given_back_and_trimmed_stops);
	tcase_add_test(tcase, given_back_then_stopped_or_lost);
	tcase_add_test(tcase, a_page_mostly_done_is_copied_out);
	tcase_add_test(tcase, a_reader_without_a_clock_runs_when_it_stands);
	return tcase;
}
#endif
