/* Scenes of check_consumer: ends, refusals, memory, many shards. */
#ifndef CONSUMER_SCENES_END_H
#define CONSUMER_SCENES_END_H
#include "consumer_scenes_stream.h"

/* --- ends ------------------------------------------------------------------------ */

START_TEST(until_latest_reads_what_is_there)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.many = true;
	s.late_end = _i == 1;
	s.set.until = KIN_UNTIL_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, -1000);
	b = scene_shard(&s, "b", "a", NULL); /* children too */
	b->page_max = 1;
	scene_put(b, 2, -500);
	scene_shard(&s, "c", NULL, NULL); /* empty */
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "a: [0] b: [0] b: [1] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "1001");
	scene_end(&s);
}
END_TEST

/* The last call before the end is the one too many. */
START_TEST(a_stop_shows_what_is_blocked)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.script = fails;
	s.script_n = 1;
	scene_start(&s);
	while (s.calls < 9)
		ck_assert(scene_turn(&s, UINT64_MAX - 1));
	scene_wait(&s, KIN__CONSUMER_INVOKE);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	scene_stop(&s);
	scene_run(&s, 3600000);
	ck_assert_uint_eq(s.calls, 10);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	scene_end(&s);
}
END_TEST

/* The time of the service is known within a second only: what was there may seem to have come after the start. */
START_TEST(until_latest_reads_what_is_there_by_a_clock_that_is_off)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.clock_error_ms = _i == 0 ? -500 : 500;
	s.set.until = KIN_UNTIL_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 1;
	scene_put(a, 1, -400);
	scene_put(a, 1, -200);
	scene_put(a, 1, -1);
	scene_put(a, 1, 30000); /* it goes on, but not for ever */
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0] [1] [2] stopping ended");
	scene_end(&s);
}
END_TEST

START_TEST(until_a_time_hands_out_nothing_later)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.until = KIN_UNTIL_TIMESTAMP;
	s.set.until_timestamp_ms = NOW_MS + 3000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_put(a, 1, 3000);
	scene_put(a, 1, 3001);
	scene_start(&s);
	scene_run(&s, 2900);
	scene_told(&s, "[0]");
	scene_run(&s, 9000);
	scene_told(&s, "[1] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	scene_end(&s);
}
END_TEST

/* The end of a shard in the page that passes the time is not reached: a later run goes on before it. */
START_TEST(until_a_time_leaves_the_end_of_a_shard_for_later)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.until = KIN_UNTIL_TIMESTAMP;
	s.set.until_timestamp_ms = NOW_MS + 100;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -200);
	scene_put(a, 1, 200);
	a->closed = true;
	s.now_us = 300000;
	scene_start(&s);
	scene_run(&s, 9000);
	scene_told(&s, "[0] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_end(&s);
}
END_TEST

/* A shard that never comes to its tip, as more arrives than is read: what came a second after the start ends it. */
START_TEST(until_latest_ends_in_a_shard_that_never_rests)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.until = KIN_UNTIL_LATEST;
	s.set.behind_interval_us = 300000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 1;
	for (int i = 0; i < 60; i++)
		scene_put(a, 1, -400 + i * 200);
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[0] [1] [2] [3] [4] [5] [6] [7] stopping ended"); /* the last arrived at 1,000 */
	scene_end(&s);
}
END_TEST

/* Split after it was listed: the child has records from before that time, too. */
START_TEST(until_a_time_reads_what_was_split_before)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.late_end = _i == 1;
	s.set.until = KIN_UNTIL_TIMESTAMP;
	s.set.until_timestamp_ms = NOW_MS + 4000;
	s.set.poll_interval_us = 5000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "a: [0]");
	scene_put(a, 1, 2000);
	a->closed = true;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 3000);
	scene_run(&s, 30000);
	scene_told(&s, "a: [1] b: [0] stopping ended");
	scene_end(&s);
}
END_TEST

START_TEST(until_waits_for_the_last_batch)
{
	struct scene s;

	scene_init(&s);
	s.set.until = KIN_UNTIL_LATEST;
	s.call_us = 30000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 29000);
	scene_told(&s, "[0]");
	scene_run(&s, 31000);
	scene_told(&s, "stopping ended");
	scene_end(&s);
}
END_TEST

START_TEST(stop_lets_calls_finish)
{
	static const struct verdict script[] = { { .code = KIN_OK, .fail_at = 2 } };
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 3;
	s.call_us = 10000000;
	s.script = script;
	s.script_n = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 6, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_stop(&s);
	scene_run(&s, 9000);
	scene_told(&s, "[0,1,2] stopping");
	scene_run(&s, 11000);
	scene_told(&s, "P2 ended"); /* what failed stays open, nothing new begins */
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

START_TEST(stop_gives_a_broken_store_up)
{
	struct scene s;

	scene_init(&s);
	s.call_us = 5000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_stop(&s);
	for (int i = 0; i < 32; i++)
		s.store_codes[i] = KIN_IO;
	s.stores = 0;
	scene_run(&s, 600000);
	ck_assert_uint_eq(s.stores, 10);
	fatal_is(&s, KIN_IO, "last checkpoints");
	scene_end(&s);
}
END_TEST

START_TEST(stop_does_not_wait_for_leases)
{
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	for (int i = 2; i < 32; i++)
		s.store_codes[i] = KIN_IO; /* the origin is stored, the lease never */
	scene_start(&s);
	while (s.stores < 14)
		scene_run(&s, s.now_us / 1000 + 10);
	scene_stop(&s);
	scene_run(&s, s.now_us / 1000 + 60000);
	scene_told(&s, "stopping ended");
	scene_end(&s);
}
END_TEST

START_TEST(the_handler_stops)
{
	static const struct verdict script[] = { { .code = KIN_OK }, { .code = KIN_OK, .stop = true } };
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	s.script = script;
	s.script_n = 2;
	scene_put(scene_shard(&s, "a", NULL, NULL), 5, 0);
	scene_start(&s);
	scene_run(&s, 1000);
	scene_told(&s, "[0] [1] stopping ended");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	scene_end(&s);
}
END_TEST

/* --- the service says no ---------------------------------------------------------- */

static void refusal(const uint8_t *verdicts, size_t n, int code, const char *words)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	memcpy(s.verdicts, verdicts, n);
	scene_start(&s);
	scene_run(&s, 5000);
	fatal_is(&s, code, words);
	scene_end(&s);
}

START_TEST(refusals_are_fatal)
{
	refusal((const uint8_t[]){ KIN__NOT_FOUND }, 1, KIN_NOT_FOUND, "describing the stream");
	refusal((const uint8_t[]){ KIN__REFUSED }, 1, KIN_REFUSED, "describing the stream");
	refusal((const uint8_t[]){ KIN__DONE, KIN__REFUSED }, 2, KIN_REFUSED, "listing its shards");
	refusal((const uint8_t[]){ KIN__DONE, KIN__DONE, KIN__REFUSED }, 3, KIN_REFUSED,
	        "a: the service refused a shard iterator");
	refusal((const uint8_t[]){ KIN__DONE, KIN__DONE, KIN__DONE, KIN__REFUSED }, 4, KIN_REFUSED,
	        "a: the service refused its records");
	/* not found in the middle: the stream is gone */
	refusal((const uint8_t[]){ KIN__DONE, KIN__DONE, KIN__DONE, KIN__NOT_FOUND, KIN__NOT_FOUND }, 5,
	        KIN_NOT_FOUND, "describing the stream");
}
END_TEST

START_TEST(troubles_pass)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	memcpy(s.verdicts,
	       (const uint8_t[]){ KIN__TRANSIENT, KIN__THROTTLED, KIN__DONE, KIN__TRANSIENT, KIN__DONE,
	                          KIN__THROTTLED, KIN__DONE, KIN__TRANSIENT, KIN__THROTTLED,
	                          KIN__ITERATOR_EXPIRED },
	       10);
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[0]");
	ck_assert_uint_eq(scene_health(&s).throttled, 3);
	ck_assert_uint_eq(scene_health(&s).requests_failed, 3);
	scene_end(&s);
}
END_TEST

START_TEST(a_stream_being_made_is_waited_for)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.status = KIN__STREAM_CREATING;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "");
	s.status = KIN__STREAM_ACTIVE;
	scene_run(&s, 7000);
	scene_told(&s, "[0]");
	scene_crash(&s);
	s.status = KIN__STREAM_DELETING;
	scene_start(&s);
	scene_run(&s, 8000);
	fatal_is(&s, KIN_NOT_FOUND, "being deleted");
	scene_end(&s);
}
END_TEST

START_TEST(the_tip_is_polled_at_its_pace)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.behind_interval_us = 200000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 1;
	scene_put(a, 2, 0);
	scene_start(&s);
	scene_run(&s, 150);
	scene_told(&s, "a@horizon a? [0]");
	scene_run(&s, 900);
	scene_told(&s, "a? [1]"); /* behind: after 200 ms */
	scene_run(&s, 3500);
	scene_told(&s, "a? a? a?"); /* at the tip: each second */
	scene_end(&s);
}
END_TEST

START_TEST(memory_runs_out_anywhere)
{
	static const struct verdict script[] = { { .code = KIN_FAILED },
		                                 { .code = KIN_OK, .fail_at = 1 },
		                                 { .code = KIN_OK } };
	uint64_t n = 0;
	bool failed = true;

	while (failed) { /* the n-th allocation fails */
		struct kin__consumer_event event = { .type = KIN__CONSUMER_START };
		struct scene s;

		scene_init(&s);
		s.set.bisect = true;
		s.set.maximum_retry_attempts = 1;
		s.set.maximum_record_age_ms = 60000;
		s.script = script;
		s.script_n = 3;
		scene_put(scene_shard(&s, "a", NULL, NULL), 3, 0);
		scene_put(scene_shard(&s, "b", "a", NULL), 2, -70000);
		s.shards[0].closed = true;
		s.short_of_memory = true;
		kin__mem_fail_at(++n);
		s.consumer = kin__consumer_new(&s.set);
		if (s.consumer) {
			scene_step(&s, &event);
			scene_run(&s, 20000);
			failed = kin__consumer_state(s.consumer) == KIN_CONSUMER_FATAL;
			ck_assert_int_eq(scene_health(&s).code, failed ? KIN_NOMEM : KIN_OK);
			ck_assert_ptr_nonnull(kin__consumer_stream_arn(s.consumer));
			if (!failed)
				ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
		}
		kin__mem_fail_at(0);
		ck_assert(!s.consumer || kin__consumer_idle(s.consumer) || !failed);
		scene_end(&s);
		ck_assert_uint_lt(n, 1000);
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

/* Ten thousand shards: a step costs no walk over them. */
START_TEST(many_shards)
{
	enum { MANY = 10000 };
	static struct kin__shard_info infos[MANY];
	static char ids[MANY][16];
	static uint32_t fetched[MANY];
	struct kin__consumer_settings set;
	struct kin__consumer_effects out = { 0 };
	struct kin__consumer *consumer;
	struct scene s;
	uint64_t queue[64], steps = 0, now_us = 0, least = UINT64_MAX, most = 0;
	uint8_t types[64];
	uint32_t shards[64], n = 0;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_START };

	scene_init(&s);
	set = s.set;
	set.leases = false;
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof ids[i], "shard-%u", i);
		infos[i] = (struct kin__shard_info){ .id = ids[i], .first_sequence = "1" };
	}
	ck_assert_uint_le(sizeof(struct kin__shard), 2048);
	consumer = kin__consumer_new(&set);
	for (;;) {
		event.now_us = now_us;
		event.service_ms = NOW_MS + (int64_t)(now_us / 1000);
		out.n = 0;
		kin__consumer_step(consumer, &event, &out);
		for (size_t i = 0; i < out.n; i++)
			if (out.at[i].type < KIN__CONSUMER_RELEASE) {
				MUST(n < 64, "too many requests at once");
				queue[n] = out.at[i].id;
				types[n] = out.at[i].type;
				shards[n++] = out.at[i].shard;
			}
		if (++steps == 300000)
			break;
		event = (struct kin__consumer_event){ .type = KIN__CONSUMER_TIMER };
		if (n == 0) {
			MUST(kin__consumer_wake_us(consumer) != UINT64_MAX, "nothing happens any more");
			now_us = kin__consumer_wake_us(consumer);
			continue;
		}
		n--;
		now_us += 10;
		event.id = queue[n];
		if (types[n] == KIN__CONSUMER_DESCRIBE) {
			event.type = KIN__CONSUMER_DESCRIBED;
			event.summary = (struct kin__stream_summary){ .arn = "arn",
				                                      .status = KIN__STREAM_ACTIVE };
		} else if (types[n] == KIN__CONSUMER_LIST_SHARDS) {
			event.type = KIN__CONSUMER_SHARDS;
			event.shards.at = infos;
			event.shards.n = MANY;
		} else if (types[n] == KIN__CONSUMER_GET_ITERATOR) {
			event.type = KIN__CONSUMER_ITERATOR;
		} else {
			event.type = KIN__CONSUMER_PAGE;
			event.page.id = steps;
			fetched[shards[n]]++;
		}
	}
	ck_assert_pstr_eq(kin__consumer_verify(consumer), NULL);
	for (uint32_t i = 0; i < MANY; i++) {
		least = fetched[i] < least ? fetched[i] : least;
		most = fetched[i] > most ? fetched[i] : most;
	}
	ck_assert_uint_ge(least, 10); /* in turn: nobody starves */
	ck_assert_uint_le(most, least + 2);
	kin__consumer_free(consumer);
	kin__mem_free(out.at);
}
END_TEST

static TCase *end_case(void)
{
	TCase *tcase = tcase_create("end");

	tcase_add_test(tcase, a_stop_shows_what_is_blocked);
	tcase_add_loop_test(tcase, until_latest_reads_what_is_there, 0, 2);
	tcase_add_loop_test(tcase, until_latest_reads_what_is_there_by_a_clock_that_is_off, 0, 2);
	tcase_add_loop_test(tcase, until_a_time_reads_what_was_split_before, 0, 2);
	tcase_add_test(tcase, until_a_time_hands_out_nothing_later);
	tcase_add_test(tcase, until_a_time_leaves_the_end_of_a_shard_for_later);
	tcase_add_test(tcase, until_latest_ends_in_a_shard_that_never_rests);
	tcase_add_test(tcase, until_waits_for_the_last_batch);
	tcase_add_test(tcase, stop_lets_calls_finish);
	tcase_add_test(tcase, stop_gives_a_broken_store_up);
	tcase_add_test(tcase, stop_does_not_wait_for_leases);
	tcase_add_test(tcase, the_handler_stops);
	tcase_add_test(tcase, refusals_are_fatal);
	tcase_add_test(tcase, troubles_pass);
	tcase_add_test(tcase, a_stream_being_made_is_waited_for);
	tcase_add_test(tcase, the_tip_is_polled_at_its_pace);
	tcase_add_test(tcase, memory_runs_out_anywhere);
	tcase_add_test(tcase, many_shards);
	return tcase;
}
#endif
