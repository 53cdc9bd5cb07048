/* Part of check_producer: bounds, and answers that cannot be. */

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
	tcase_add_test(stories, flush_does_not_linger);
	tcase_add_test(stories, flush_outlives_a_full_line);
	tcase_add_test(stories, requests_in_flight_are_bounded);
	tcase_add_test(stories, only_failed_entries_go_again);
	tcase_add_test(stories, a_failed_request_goes_again_whole);
	tcase_add_loop_test(stories, failed_requests_make_a_pause, 0, (int)KIN__ARRAY_LEN(pauses));
	tcase_add_test(stories, a_good_answer_ends_the_growth);
	tcase_add_loop_test(stories, a_hint_lengthens_the_pause, 0, 3);
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
#ifndef KIN_ABORT_ON_BUG
	tcase_add_test(stories, a_wrong_answer_freezes);
#endif
	suite_add_tcase(all, stories);
	return all;
}
