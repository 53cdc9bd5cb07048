/* Part of check_producer: bounds, and answers that cannot be. */

/* A service that asks for less than our own pause does not shorten it. */
START_TEST(a_short_hint_changes_nothing)
{
	uint64_t wake[2] = { 0, 0 };

	for (uint64_t seed = 0; seed < 10; seed++)
		for (uint64_t hint_us = 0; hint_us < 2; hint_us++) {
			struct story *s = begin(1, 1000, 1);

			s->settings.seed = seed;
			begin_again(s);
			put(s, 1, 10);
			step(s, &(struct kin__producer_event){ .type = KIN__PRODUCER_ANSWERED,
			                                       .answer = { .id = s->sent[1].id,
			                                                   .verdict = KIN__THROTTLED,
			                                                   .code = KIN_THROTTLED,
			                                                   .hint_us = hint_us } });
			wake[hint_us] += wake_ms(s);
			end(s);
		}
	ck_assert_uint_gt(wake[0], 1000); /* ten pauses of up to a second */
	ck_assert_uint_eq(wake[1], wake[0]);
}
END_TEST

START_TEST(room_is_bounded)
{
	struct kin__room room = { .bytes_max = 100, .records_max = 3 };

	ck_assert(!kin__room_has(&room, 101));
	ck_assert(kin__room_has(&room, 100));
	kin__room_take(&room, 60);
	ck_assert(!kin__room_has(&room, 41));
	ck_assert(kin__room_has(&room, 40));
	kin__room_take(&room, 0);
	kin__room_take(&room, 0);
	ck_assert(!kin__room_has(&room, 0));
	kin__room_give(&room, 60, 2);
	ck_assert(kin__room_has(&room, 100));
	ck_assert_uint_eq(room.records, 1);
}
END_TEST

/* The limits of kin_producer_options(3), and the back-offs: whole requests as any request of the client, entries
 * faster, for only their shard is full. */
START_TEST(defaults_are_those_of_the_manual)
{
	struct kin__producer_settings is;

	kin__producer_settings_init(&is);
	ck_assert_uint_eq(is.request_records_max, 500);
	ck_assert_uint_eq(is.request_bytes_max, 5 * 1024 * 1024);
	ck_assert_uint_eq(is.requests_max, 8);
	ck_assert_uint_eq(is.linger_us, 100 * 1000);
	ck_assert_uint_eq(is.record_ttl_us, 300 * 1000 * 1000);
	ck_assert_uint_eq(is.buffer_bytes_max, 32 * 1024 * 1024);
	ck_assert_uint_eq(is.buffer_records_max, 100000);
	ck_assert_uint_eq(is.transient_base_us, 50 * 1000);
	ck_assert_uint_eq(is.throttle_base_us, 1000 * 1000);
	ck_assert_uint_eq(is.entry_base_us, 100 * 1000);
	ck_assert_uint_eq(is.backoff_max_us, 20 * 1000 * 1000);
	ck_assert_uint_eq(is.pressure_max_us, 1000 * 1000);
	ck_assert_uint_eq(is.seed, 0);
	ck_assert_ptr_null(is.seen);
}
END_TEST

START_TEST(throttled_counts_records)
{
	struct story *s = begin(3, 1000, 1);

	put(s, 3, 10);
	refuse(s, 1, KIN__THROTTLED, KIN_THROTTLED, false);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 3);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests_failed, 1);
	at(s, 2000);
	answer(s, 2, "tSt");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 5);
	at(s, 4000);
	refuse(s, 3, KIN__TRANSIENT, KIN_NETWORK, true);
	at(s, 6000);
	refuse(s, 4, KIN__REFUSED, KIN_DENIED, false);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 5);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests, 4);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->stored, 1);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->failed, 2);
	end(s);
}
END_TEST

/* Entries of one answer wait together: as long as the one that failed most often. */
START_TEST(the_pause_is_that_of_the_most_tried)
{
	uint64_t longest = 0;

	for (uint64_t seed = 0; seed < 60; seed++) {
		struct story *s = begin(4, 1000, 1);
		uint64_t wake;

		s->settings.seed = seed;
		begin_again(s);
		put(s, 4, 10);
		for (uint32_t i = 1; i <= 3; i++) {
			answer(s, i, i == 1 ? "tSSS" : "t");
			at(s, s->now_ms + 1000);
		}
		put(s, 3, 10); /* linger; record 1 takes them along at its fourth try */
		answer(s, 4, "t");
		at(s, s->now_ms + 2000);
		ck_assert_uint_eq(s->sent[5].n, 4);
		answer(s, 5, "tSSt"); /* the fifth of one, the first of the other */
		wake = wake_ms(s) - s->now_ms;
		longest = wake > longest ? wake : longest;
		end(s);
	}
	ck_assert_uint_gt(longest, 1200);
	ck_assert_uint_le(longest, 1600);
}
END_TEST

START_TEST(a_pause_of_all_is_short)
{
	uint64_t longest = 0;

	for (uint64_t seed = 0; seed < 60; seed++) {
		struct story *s = begin(2, 1000, 1);

		s->settings.seed = seed;
		s->settings.record_ttl_us = UINT64_C(1000000000000);
		begin_again(s);
		put(s, 40, 10);
		for (uint32_t i = 1; i < 12; i++) {
			uint64_t wake;

			answer(s, i, "t");
			wake = wake_ms(s) - s->now_ms;
			longest = wake > longest ? wake : longest;
			at(s, s->now_ms + wake);
		}
		end(s);
	}
	ck_assert_uint_gt(longest, 900);
	ck_assert_uint_le(longest, 1000); /* however often: other shards may have room */
}
END_TEST

#ifndef KIN_ABORT_ON_BUG
START_TEST(a_wrong_answer_freezes)
{
	struct story *s = begin(2, 1000, 1);
	struct kin__producer_effect effect;
	struct kin__producer_event event = { .type = KIN__PRODUCER_ANSWERED,
		                             .answer = { .id = 77, .verdict = KIN__DONE } };

	put(s, 3, 10);
	kin__producer_step(s->producer, &event);
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	ck_assert(!kin__producer_take(s->producer, &effect));
	ck_assert_uint_eq(kin__producer_wake_us(s->producer), UINT64_MAX);
	/* nothing moves any more */
	kin__producer_step(s->producer, &(struct kin__producer_event){ .type = KIN__PRODUCER_FLUSH });
	ck_assert(!kin__producer_take(s->producer, &effect));
	end(s);
}
END_TEST

/* The first said all of its request, though others are under way. */
START_TEST(a_second_answer_freezes)
{
	struct story *s = begin(1, 1000, 3);
	struct kin__producer_event event = { .type = KIN__PRODUCER_ANSWERED,
		                             .answer = { .verdict = KIN__REFUSED } };

	put(s, 3, 10);
	event.answer.id = s->sent[1].id;
	refuse(s, 1, KIN__REFUSED, KIN_DENIED, false);
	ck_assert_ptr_null(kin__producer_bug(s->producer)->what);
	kin__producer_step(s->producer, &event);
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	end(s);
}
END_TEST

static const struct {
	uint64_t id;
	bool again;
} wrong[] = { { 0, false }, { 2, false }, { 1, true } };

START_TEST(an_answer_before_its_request_freezes)
{
	struct story *s = begin(1, 1000, 1);
	struct kin__producer_event event = { .type = KIN__PRODUCER_ANSWERED,
		                             .answer = { .id = wrong[_i].id, .verdict = KIN__REFUSED } };
	struct kin__producer_event timer = { .type = KIN__PRODUCER_TIMER, .now_us = 200000 };

	put(s, 2, 10);
	if (wrong[_i].again) { /* answered already: the id of the next request, which nobody took yet */
		event.answer.id = s->sent[1].id;
		refuse(s, 1, KIN__TRANSIENT, KIN_NETWORK, false);
		kin__producer_step(s->producer, &timer);
		event.answer.id += 1;
	}
	ck_assert_ptr_null(kin__producer_bug(s->producer)->what);
	kin__producer_step(s->producer, &event);
	ck_assert_ptr_nonnull(kin__producer_bug(s->producer)->what);
	end(s);
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("producer");
	TCase *stories = tcase_create("stories");

	tcase_add_test(stories, lingers_for_company);
	tcase_add_test(stories, leaves_when_full_of_records);
	tcase_add_test(stories, leaves_when_full_of_bytes);
	tcase_add_test(stories, one_larger_than_a_request_goes_alone);
	tcase_add_test(stories, flush_does_not_linger);
	tcase_add_test(stories, flush_outlives_a_full_line);
	tcase_add_test(stories, requests_in_flight_are_bounded);
	tcase_add_test(stories, only_failed_entries_go_again);
	tcase_add_test(stories, a_failed_request_goes_again_whole);
	tcase_add_loop_test(stories, failed_requests_make_a_pause, 0, (int)KIN__ARRAY_LEN(pauses));
	tcase_add_test(stories, a_good_answer_ends_the_growth);
	tcase_add_loop_test(stories, a_hint_lengthens_the_pause, 0, 3);
	tcase_add_test(stories, a_short_hint_changes_nothing);
	tcase_add_test(stories, throttled_entries_wait_longer_each_time);
	tcase_add_test(stories, a_mostly_throttled_answer_slows_all);
	tcase_add_test(stories, ttl_ends_records_that_wait);
	tcase_add_test(stories, ttl_ends_records_when_their_answer_fails);
	tcase_add_test(stories, ttl_ends_records_never_sent);
	tcase_add_test(stories, a_ttl_of_its_own_under_way);
	tcase_add_loop_test(stories, refusals_are_reported_at_once, 0, (int)KIN__ARRAY_LEN(refusals));
	tcase_add_test(stories, an_entry_may_be_refused);
	tcase_add_test(stories, doubt_is_remembered);
	tcase_add_test(stories, close_drains);
	tcase_add_test(stories, abandon_gives_up_what_is_not_under_way);
	tcase_add_test(stories, without_memory);
	tcase_add_test(stories, room_is_bounded);
	tcase_add_test(stories, defaults_are_those_of_the_manual);
	tcase_add_test(stories, throttled_counts_records);
	tcase_add_test(stories, the_pause_is_that_of_the_most_tried);
	tcase_add_test(stories, a_pause_of_all_is_short);
#ifndef KIN_ABORT_ON_BUG
	tcase_add_test(stories, a_wrong_answer_freezes);
	tcase_add_test(stories, a_second_answer_freezes);
	tcase_add_loop_test(stories, an_answer_before_its_request_freezes, 0, (int)KIN__ARRAY_LEN(wrong));
#endif
	suite_add_tcase(all, stories);
	refused_case(all);
	placed_case(all);
	maps_case(all);
	ordered_case(all);
	paced_case(all);
	counted_case(all);
	memory_case(all);
	outage_case(all);
	suite_add_tcase(all, spool_tests());
	return all;
}
