/* Scenes of check_consumer: what the user is told, in health, in the log, in errors; how long pauses are. */
#ifndef CONSUMER_SCENES_TOLD_H
#define CONSUMER_SCENES_TOLD_H
#include "consumer_scenes_stream.h"

START_TEST(behind_is_that_of_the_furthest_shard)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.set.behind_interval_us = 1000000;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	scene_put(a, 2, -3000);
	scene_put(b, 2, -9000);
	a->page_max = b->page_max = 1;
	scene_start(&s);
	ck_assert_int_eq(scene_health(&s).behind_ms, -1);
	scene_run(&s, 10);
	ck_assert_int_ge(scene_health(&s).behind_ms, 9000);
	scene_run(&s, 2100);
	ck_assert_int_eq(scene_health(&s).behind_ms, 0);
	scene_end(&s);
}
END_TEST

START_TEST(refusals_say_what_was_refused_and_why)
{
	static const struct kin_error denied = { .code = KIN_DENIED, .message = "not for you" },
				      bare = { .message = "" };
	static const struct {
		uint8_t at; /* the request that is refused: describe, list, iterator, fetch */
		const struct kin_error *why;
		int code;
		const char *words;
	} rows[] = {
		{ 0, NULL, KIN_REFUSED, "describing the stream was refused: no reason was given" },
		{ 1, NULL, KIN_REFUSED,
		  "listing its shards arn:aws:kinesis:x:1:stream/s was refused: no reason was given" },
		{ 2, NULL, KIN_REFUSED, "a: the service refused a shard iterator: no reason was given" },
		{ 1, &bare, KIN_REFUSED, "listing its shards" },
		{ 0, &denied, KIN_DENIED, "not for you" },
		{ 1, &denied, KIN_DENIED, "not for you" },
		{ 2, &denied, KIN_DENIED, "not for you" },
		{ 3, &denied, KIN_DENIED, "not for you" },
		{ 0, &bare, KIN_REFUSED, "describing the stream was refused: no reason was given" },
		{ 3, &bare, KIN_REFUSED, "a: the service refused its records: no reason was given" },
	};

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		struct scene s;

		scene_init(&s);
		scene_shard(&s, "a", NULL, NULL);
		s.verdicts[rows[i].at] = KIN__REFUSED;
		s.why = rows[i].why;
		scene_start(&s);
		scene_run(&s, 5000);
		fatal_is(&s, rows[i].code, rows[i].words);
		scene_end(&s);
	}
}
END_TEST

START_TEST(a_stream_that_is_not_found_keeps_its_code)
{
	static const struct kin_error why = { .code = KIN_REFUSED, .message = "no such stream" };
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	s.verdicts[0] = KIN__NOT_FOUND;
	s.why = &why;
	scene_start(&s);
	scene_run(&s, 5000);
	fatal_is(&s, KIN_NOT_FOUND, "no such stream");
	scene_end(&s);
	/* gone between its description and the list: looked at again */
	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	s.verdicts[1] = s.verdicts[2] = KIN__NOT_FOUND;
	scene_start(&s);
	scene_run(&s, 5000);
	fatal_is(&s, KIN_NOT_FOUND, "describing the stream");
	scene_end(&s);
}
END_TEST

START_TEST(the_store_says_why_it_cannot_be_used)
{
	static const struct kin_error why = { .code = KIN_DENIED, .message = "the table is not yours" };
	struct scene s;

	for (int at = 0; at < 2; at++) { /* the list, the origin */
		scene_init(&s);
		scene_shard(&s, "a", NULL, NULL);
		s.store_codes[at] = KIN_DENIED;
		scene_start(&s);
		scene_run(&s, 5000);
		fatal_is(&s, KIN_DENIED, "the store cannot be used: no reason was given");
		scene_end(&s);
		scene_init(&s);
		scene_shard(&s, "a", NULL, NULL);
		s.store_codes[at] = KIN_DENIED;
		s.why = &why;
		scene_start(&s);
		scene_run(&s, 5000);
		fatal_is(&s, KIN_DENIED, "the table is not yours");
		scene_end(&s);
	}
}
END_TEST

START_TEST(a_store_short_of_memory_is_tried_again)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.store_codes[0] = s.store_codes[2] = s.store_codes[4] = s.store_codes[6] = KIN_NOMEM;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_uint_eq(s.notes[KIN_LOG_INFO], 4);
	scene_end(&s);
}
END_TEST

/* The first nine tries of whatever fails are worth a line; from the tenth on it is a warning; before anything worked
 * the third, too. */
START_TEST(the_tenth_try_is_a_warning)
{
	static const char *const words[] = {
		"describing the stream failed (try 12): no reason was given; trying again",
		"listing its shards failed (try 12)", "the store failed (try 12)",
		"a: writing its checkpoint failed (try 12)"
	};

	for (size_t what = 0; what < KIN__ARRAY_LEN(words); what++) {
		struct scene s;

		scene_init(&s);
		scene_shard(&s, "a", NULL, NULL);
		for (size_t i = 0; i < 12; i++)
			if (what < 2)
				s.verdicts[what + i] = KIN__TRANSIENT;
			else
				s.store_codes[what == 2 ? i : i + 2] = KIN_IO;
		scene_start(&s);
		scene_run(&s, 3000000);
		ck_assert_uint_eq(s.notes[KIN_LOG_INFO], what == 0 ? 8 : 9);
		ck_assert_uint_eq(s.notes[KIN_LOG_WARN], what == 0 ? 4 : 3);
		ck_assert_msg(strncmp(s.note, words[what], strlen(words[what])) == 0, "%s", s.note);
		ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
		scene_end(&s);
	}
}
END_TEST

/* One line an outage and shard: a stream may have thousands. */
START_TEST(the_tenth_read_in_vain_is_a_warning)
{
	static const enum kin__verdict verdicts[] = { KIN__TRANSIENT, KIN__THROTTLED };
	static const char *const notes[] = {
		"a: asking for a shard iterator failed (try 10): no reason was given; trying again",
		"a: asking for its records failed (try 10): no reason was given; trying again"
	};

	for (size_t row = 0; row < 4; row++) {
		struct scene s;

		scene_init(&s);
		scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
		for (size_t i = 0; i < 12;
		     i++) /* after the description and the list, and for the records the iterator */
			s.verdicts[2 + row / 2 + i] = verdicts[row % 2];
		scene_start(&s);
		scene_run(&s, 3000000);
		ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 1);
		ck_assert_str_eq(s.note, notes[row / 2]);
		scene_told(&s, "[0]");
		scene_end(&s);
	}
}
END_TEST

START_TEST(a_blocked_shard_is_warned_of)
{
	struct scene s;

	scene_init(&s);
	s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	scene_start(&s);
	while (s.calls < 9)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 0);
	while (s.calls < 10)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 1);
	ck_assert_str_eq(s.note, "a: blocked: its batch was tried 10 times");
	ck_assert(s.quotes && !s.loss); /* why is said, and kept until it is given up or done */
	scene_end(&s);
}
END_TEST

START_TEST(a_failing_sink_is_counted_anew_after_it_took_something)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 0;
	s.set.batch_size = 1;
	s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	s.poison = 3;
	s.sink_codes[0] = KIN_IO;
	for (int i = 2; i < 12; i++)
		s.sink_codes[i] = KIN_IO;
	scene_start(&s);
	while (s.sinks < 11)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(scene_health(&s).on_failure, 1);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0); /* nine failures in a row */
	ck_assert_str_eq(
			s.note,
			"a: the on-failure destination failed (try 9): no reason was given; the shard waits");
	while (s.sinks < 12)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	scene_end(&s);
}
END_TEST

START_TEST(dropped_records_are_told)
{
	struct scene s;

	scene_init(&s);
	s.set.drop = true;
	s.set.maximum_retry_attempts = 0;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 1000);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 1);
	ck_assert_str_eq(s.note, "a: 2 records dropped (RetryAttemptsExhausted), as on_failure = drop says");
	scene_end(&s);
}
END_TEST

START_TEST(a_long_message_is_cut)
{
	static char id[600];
	struct scene s;

	scene_init(&s);
	s.set.leases = false;
	memset(id, 'x', sizeof id - 1);
	scene_shard(&s, id, NULL, NULL);
	s.verdicts[2] = KIN__REFUSED;
	scene_start(&s);
	scene_run(&s, 1000);
	fatal_is(&s, KIN_REFUSED, "xxx");
	ck_assert_uint_eq(strlen(scene_health(&s).error.message), sizeof s.consumer->error.message - 1);
	scene_end(&s);
}
END_TEST

/* A store may hold anything where a word was expected. */
START_TEST(long_words_are_cut)
{
	char text[3 * KIN__SEQUENCE_TEXT], kept[KIN__SEQUENCE_TEXT];
	struct kin__position at;

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	kin__position_set(&at, text, 0);
	ck_assert_uint_eq(strlen(kin__position_text(&at, kept)), sizeof at.packed - 1);
	text[7] = 0;
	kin__position_set(&at, text, 0);
	ck_assert_str_eq(kin__position_text(&at, kept), "xxxxxxx");
}
END_TEST

START_TEST(long_numbers_are_cut)
{
	char text[KIN__SEQUENCE_TEXT + 2], kept_text[KIN__SEQUENCE_TEXT];
	struct kin_record record = { .sequence_number = text, .sub_sequence = 7 };
	struct kin__position at;

	memset(text, '7', sizeof text);
	text[sizeof text - 1] = 0;
	for (uint32_t n = KIN__SEQUENCE_TEXT - 2; n <= KIN__SEQUENCE_TEXT + 1; n++) {
		uint32_t kept = n < KIN__SEQUENCE_TEXT ? n : KIN__SEQUENCE_TEXT - 1;

		record.sequence_number_size = n;
		kin__position_of(&at, &record);
		ck_assert_uint_eq(strlen(kin__position_text(&at, kept_text)), kept);
		ck_assert_int_eq(memcmp(kept_text, text, kept), 0);
		ck_assert_uint_eq(at.sub, 7);
		ck_assert_int_eq(kin__position_is(&at, &record), n == kept);
		kin__position_set(&at, text + sizeof text - 1 - n, 8);
		ck_assert_uint_eq(strlen(kin__position_text(&at, kept_text)), kept);
		ck_assert_int_eq(memcmp(kept_text, text, kept), 0);
		ck_assert_uint_eq(at.sub, 8);
	}
}
END_TEST

/* The longest of many pauses after so many failed or busy calls, and that they are spread. */
static uint64_t longest_pause_ms(const struct verdict *script, uint32_t calls)
{
	uint64_t longest = 0, shortest = UINT64_MAX;

	for (uint64_t seed = 0; seed < 80; seed++) {
		struct scene s;
		uint64_t wake;

		scene_init(&s);
		s.set.seed = seed;
		s.set.retry_max_us = 10000000;
		s.set.poll_interval_us = UINT64_C(100000000000);
		s.set.shard_sync_interval_us = UINT64_C(100000000000);
		s.call_us = 0;
		scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
		s.script = script;
		s.script_n = 1;
		scene_start(&s);
		scene_run(&s, 0);
		while (s.calls < calls)
			scene_run(&s, kin__consumer_wake_us(s.consumer) / 1000 + 1);
		wake = kin__consumer_wake_us(s.consumer) - s.now_us;
		if (kin__consumer_wake_us(s.consumer) < s.now_us)
			wake = 0;
		longest = wake > longest ? wake : longest;
		shortest = wake < shortest ? wake : shortest;
		scene_end(&s);
	}
	ck_assert_uint_lt(shortest, longest / 4);
	return longest / 1000;
}

static const struct {
	int32_t code;
	uint32_t calls;
	uint64_t most_ms;
} waits[] = {
	{ KIN_FAILED, 1, 1000 },  { KIN_FAILED, 2, 2000 }, { KIN_FAILED, 3, 4000 },
	{ KIN_FAILED, 6, 10000 }, { KIN_BUSY, 1, 1000 },   { KIN_BUSY, 3, 4000 },
};

START_TEST(pauses_grow_up_to_their_limit)
{
	uint64_t longest = longest_pause_ms(&(struct verdict){ .code = waits[_i].code }, waits[_i].calls);

	ck_assert_uint_le(longest, waits[_i].most_ms);
	ck_assert_uint_ge(longest, waits[_i].most_ms * 8 / 10);
}
END_TEST

/* Counts of tries stop where they would begin anew: after four thousand million tries a shard is still blocked. */
START_TEST(tries_stop_at_their_end)
{
	struct kin__shard *shard;
	struct scene s;

	scene_init(&s);
	s.set.drop = false;
	s.set.maximum_retry_attempts = -1;
	s.set.retry_max_us = 1000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	scene_start(&s);
	scene_wait(&s, KIN__CONSUMER_INVOKE);
	shard = s.consumer->shards[0];
	shard->lanes[0].stack[0].tries = shard->lanes[0].stack[0].attempts = UINT32_MAX;
	scene_run(&s, 1);
	ck_assert_uint_eq(shard->lanes[0].stack[0].tries, UINT32_MAX);
	ck_assert_uint_eq(scene_wait(&s, KIN__CONSUMER_INVOKE)->attempt, UINT32_MAX);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	/* reading: two failures of a fetch; the shard's list; its checkpoint */
	shard->read_tries = s.consumer->job_tries = shard->write_tries = UINT32_MAX;
	s.requests = s.stores = 0;
	s.verdicts[0] = s.verdicts[1] = KIN__THROTTLED;
	s.store_codes[0] = s.store_codes[1] = KIN_IO;
	s.poison = 0;
	while (s.requests < 2 || s.stores < 2)
		scene_run(&s, s.now_us / 1000 + 100);
	ck_assert_uint_eq(shard->read_tries, UINT32_MAX);
	ck_assert_uint_eq(shard->write_tries, UINT32_MAX);
	s.requests = 0;
	memset(s.verdicts, 0, sizeof s.verdicts);
	s.verdicts[0] = KIN__NOT_FOUND; /* the shard is looked for, found, and waits */
	scene_wait(&s, KIN__CONSUMER_LIST_SHARDS);
	shard->read_tries = UINT32_MAX;
	scene_run(&s, s.now_us / 1000 + 1);
	ck_assert_uint_eq(shard->read_tries, UINT32_MAX);
	scene_end(&s);
}
END_TEST

START_TEST(a_list_fails_for_ever)
{
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	s.verdicts[0] = s.verdicts[1] = KIN__TRANSIENT;
	scene_start(&s);
	s.consumer->job_tries = UINT32_MAX;
	scene_run(&s, 1);
	ck_assert_uint_eq(s.consumer->job_tries, UINT32_MAX);
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 1);
	scene_run(&s, 60000);
	ck_assert_uint_eq(s.consumer->job_tries, 0);
	scene_end(&s);
}
END_TEST

START_TEST(a_sink_fails_for_ever)
{
	struct scene s;

	scene_init(&s);
	s.set.maximum_retry_attempts = 0;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.poison = 1;
	s.sink_codes[0] = KIN_IO;
	scene_start(&s);
	scene_wait(&s, KIN__CONSUMER_SINK);
	s.consumer->shards[0]->lanes[0].sink_tries = UINT32_MAX;
	scene_run(&s, 1);
	ck_assert_uint_eq(s.consumer->shards[0]->lanes[0].sink_tries, UINT32_MAX);
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 1);
	scene_run(&s, 100000);
	scene_told(&s, "[0]E {0 failed 1 unhandled}! {0 failed 1 unhandled}");
	scene_end(&s);
}
END_TEST

START_TEST(unsound_bits_are_seen)
{
	uint64_t words[4] = { 0x18 }; /* 3 and 4 */
	struct kin__settled settled = { .low = 2, .end = 5, .words = words, .room = 4 };

	ck_assert(kin__settled_sound(&settled));
	settled.low = 3; /* it is done */
	ck_assert(!kin__settled_sound(&settled));
	settled.low = 5; /* nothing is done above it, and bits are set */
	ck_assert(!kin__settled_sound(&settled));
	settled.low = 2;
	settled.end = 4; /* 4 is done, and not below the end */
	ck_assert(!kin__settled_sound(&settled));
	settled.end = 5;
	words[1] = 1; /* 64 */
	ck_assert(!kin__settled_sound(&settled));
	words[1] = 0;
	settled.room = 3; /* not a power of two */
	ck_assert(!kin__settled_sound(&settled));
	settled.room = 4;
	settled.words = NULL;
	ck_assert(!kin__settled_sound(&settled));
}
END_TEST

#ifndef KIN_ABORT_ON_BUG
/* An answer to nothing: the consumer is frozen as it is, and says so. */
START_TEST(an_answer_that_cannot_be_freezes)
{
	static const uint8_t types[] = { KIN__CONSUMER_DESCRIBED, KIN__CONSUMER_SHARDS,
		                         KIN__CONSUMER_LEASES,    KIN__CONSUMER_WRITTEN,
		                         KIN__CONSUMER_ITERATOR,  KIN__CONSUMER_PAGE,
		                         KIN__CONSUMER_HANDLED,   KIN__CONSUMER_SUNK };

	for (size_t i = 0; i < KIN__ARRAY_LEN(types); i++)
		for (uint64_t shard = 0; shard < 2; shard++) {
			struct kin__consumer_event event = { .type = types[i],
				                             .id = UINT64_C(99) << 32 | shard };
			struct scene s;

			scene_init(&s);
			scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
			scene_start(&s);
			scene_wait(&s, KIN__CONSUMER_INVOKE);
			event.now_us = s.now_us;
			s.effects.n = 0;
			kin__consumer_step(s.consumer, &event, &s.effects);
			ck_assert_int_eq(kin__consumer_state(s.consumer), KIN_CONSUMER_FATAL);
			ck_assert_int_eq(scene_health(&s).code, KIN_BUG);
			ck_assert_ptr_nonnull(strstr(scene_health(&s).error.message, "please report it"));
			ck_assert_uint_eq(kin__consumer_wake_us(s.consumer), UINT64_MAX);
			/* nothing moves any more, whatever comes */
			event = (struct kin__consumer_event){ .type = KIN__CONSUMER_TIMER,
				                              .now_us = s.now_us + 100000000 };
			s.effects.n = 0;
			kin__consumer_step(s.consumer, &event, &s.effects);
			ck_assert_uint_eq(s.effects.n, 0);
			ck_assert_ptr_nonnull(s.consumer->bug.what);
			scene_end(&s);
		}
}
END_TEST
#endif

START_TEST(shards_have_names_once_they_are_known)
{
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	ck_assert_str_eq(kin__consumer_shard_id(s.consumer, 0), "");
	ck_assert_str_eq(kin__consumer_stream_arn(s.consumer), "");
	scene_run(&s, 100);
	ck_assert_str_eq(kin__consumer_shard_id(s.consumer, 0), "a");
	ck_assert_str_eq(kin__consumer_shard_id(s.consumer, 1), "");
	ck_assert_str_eq(kin__consumer_stream_arn(s.consumer), "arn:aws:kinesis:x:1:stream/s");
	scene_end(&s);
}
END_TEST

static TCase *told_case(void)
{
	TCase *tcase = tcase_create("told");

	tcase_add_test(tcase, behind_is_that_of_the_furthest_shard);
	tcase_add_test(tcase, refusals_say_what_was_refused_and_why);
	tcase_add_test(tcase, a_stream_that_is_not_found_keeps_its_code);
	tcase_add_test(tcase, the_store_says_why_it_cannot_be_used);
	tcase_add_test(tcase, a_store_short_of_memory_is_tried_again);
	tcase_add_test(tcase, the_tenth_try_is_a_warning);
	tcase_add_test(tcase, the_tenth_read_in_vain_is_a_warning);
	tcase_add_test(tcase, a_blocked_shard_is_warned_of);
	tcase_add_test(tcase, a_failing_sink_is_counted_anew_after_it_took_something);
	tcase_add_test(tcase, dropped_records_are_told);
	tcase_add_test(tcase, shards_have_names_once_they_are_known);
	tcase_add_test(tcase, tries_stop_at_their_end);
	tcase_add_test(tcase, a_list_fails_for_ever);
	tcase_add_test(tcase, a_sink_fails_for_ever);
	tcase_add_test(tcase, unsound_bits_are_seen);
	tcase_add_test(tcase, a_long_message_is_cut);
	tcase_add_test(tcase, long_numbers_are_cut);
	tcase_add_test(tcase, long_words_are_cut);
	tcase_add_loop_test(tcase, pauses_grow_up_to_their_limit, 0, (int)KIN__ARRAY_LEN(waits));
#ifndef KIN_ABORT_ON_BUG
	tcase_add_test(tcase, an_answer_that_cannot_be_freezes);
#endif
	return tcase;
}
#endif
