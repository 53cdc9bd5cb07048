/* Part of check_producer: requests refused for what one of their records holds. */

static void blame(struct story *s, uint32_t turn)
{
	refuse(s, turn, KIN__INVALID_ARGUMENT, KIN_REFUSED, false);
}

START_TEST(the_one_to_blame_is_found)
{
	struct story *s = begin(5, 1000, 1);

	put(s, 5, 10);
	blame(s, 1);
	tells(s, "send 1-5; send 1 2");
	answer(s, 2, "S");
	tells(s, "1 stored after 2; 2 stored after 2; send 3 4 5");
	blame(s, 3);
	tells(s, "send 3");
	blame(s, 4); /* it stands alone */
	tells(s, "3 not sent -12 after 3; send 4 5");
	answer(s, 5, "S");
	tells(s, "4 stored after 3; 5 stored after 3");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests, 5);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->requests_failed, 3);
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

/* Parts are not mixed with each other, nor with records of other requests; they stay parts through failures
 * that pass, and go before what is new. */
START_TEST(parts_stay_apart)
{
	struct story *s = begin(4, 1000, 2);

	put(s, 8, 10);
	tells(s, "send 1-4; send 5-8");
	put(s, 4, 10);
	blame(s, 1);
	tells(s, "send 1 2");
	blame(s, 2);
	tells(s, "send 3 4");
	refuse(s, 3, KIN__TRANSIENT, KIN_NETWORK, true);
	refuse(s, 4, KIN__TRANSIENT, KIN_NETWORK, false);
	at(s, 60000);
	tells(s, "send 1 2; send 3 4");
	answer(s, 5, "St"); /* what failed alone is like any other again */
	tells(s, "1 stored after 3; send 5 6");
	answer(s, 6, "S");
	tells(s, "3 stored after 3; 4 stored after 3; send 7 8");
	at(s, 120000);
	answer(s, 7, "S");
	tells(s, "5 stored after 2; 6 stored after 2; send 2 9 10 11");
	end(s);
}
END_TEST

/* Only the content is cut: not for want of permission, nor of a stream. */
START_TEST(other_refusals_are_not_cut)
{
	static const uint8_t verdicts[] = { KIN__REFUSED, KIN__NOT_FOUND, KIN__ITERATOR_EXPIRED };
	struct story *s = begin(2, 1000, 1);

	put(s, 2, 10);
	refuse(s, 1, verdicts[_i], KIN_DENIED, false);
	tells(s, "send 1 2; 1 not sent -10 after 1; 2 not sent -10 after 1");
	end(s);
}
END_TEST

/* A hundred in a row without a good answer: it is none of the records.  One good answer, and it may be. */
START_TEST(cutting_in_vain_ends)
{
	struct story *s = begin(300, 100000, 1);
	uint32_t turn = 0;

	put(s, 300, 10);
	while (turn < s->sent_n) {
		s->words_n = 0;
		blame(s, ++turn);
	}
	ck_assert_uint_eq(turn, 1 + 2 * 100); /* each that was cut left two */
	for (uint32_t i = 0; i < 300; i++)
		ck_assert_uint_eq(s->reported[i], 1);
	put(s, 300, 10);
	s->words_n = 0;
	blame(s, ++turn);
	ck_assert_uint_eq(kin__producer_counts(s->producer)->failed, 600);
	ck_assert_uint_eq(s->sent_n, turn);
	s->words_n = 0;
	put(s, 300, 10);
	answer(s, ++turn, "S");
	s->words_n = 0;
	put(s, 300, 10);
	tells(s, "send 901-1200");
	blame(s, ++turn);
	tells(s, "send 901-1050");
	end(s);
}
END_TEST

/* It ends with its time, or with the producer; the cuts do not lengthen a back-off. */
START_TEST(parts_have_their_time)
{
	struct story *s = begin(4, 1000, 1);
	uint64_t wake;

	put_ttl(s, 4, 10, 100);
	at(s, 100);
	blame(s, 1);
	tells(s, "send 1-4; 1 not sent -16 after 1; 2 not sent -16 after 1; 3 not sent -16 after 1; "
	         "4 not sent -16 after 1");
	put(s, 4, 10);
	blame(s, 2);
	happen(s, KIN__PRODUCER_ABANDON);
	tells(s, "send 5-8; send 5 6; 7 not sent -6 after 1; 8 not sent -6 after 1");
	blame(s, 3);
	tells(s, "5 not sent -6 after 2; 6 not sent -6 after 2");
	begin_again(s);
	put(s, 4, 10);
	s->sent_n = 0;
	s->words_n = 0;
	end(s);
	for (uint64_t seed = 0; seed < 20; seed++) {
		s = begin(64, 10000, 1);
		s->settings.seed = seed;
		begin_again(s);
		put(s, 64, 10);
		for (uint32_t turn = 1; turn <= 6; turn++)
			blame(s, turn);
		answer(s, 7, "i");
		for (uint32_t turn = 8; turn <= s->sent_n; turn++)
			answer(s, turn, "S");
		ck_assert_uint_eq(kin__producer_counts(s->producer)->stored, 63);
		wake = wake_ms(s);
		ck_assert_uint_le(wake, 50); /* the back-off of a first failure */
		end(s);
	}
}
END_TEST

/* What is put again has waited for company once. */
START_TEST(those_of_a_refused_aggregate_do_not_linger)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_records_max = 2;
	s->settings.request_records_max = 3;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "07777");
	tells(s, "list; send ( 1 2 ) ( 3 4 ) ( 5 6 )");
	at(s, 10);
	blame(s, 1);
	tells(s, "send ( 1 2 ); send ( 3 4 ) ( 5 6 )");
	blame(s, 2);
	tells(s, "send 1 2");
	end(s);
}
END_TEST

/* Whoever puts a record uses its memory for another one afterwards, as it is. */
START_TEST(a_record_put_anew_has_no_past)
{
	struct story *s = begin_placed(true, true, 0);

	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "0");
	at(s, 100);
	blame(s, 1);
	tells(s, "list; send ( 1 2 ); send 1"); /* alone, and kept in order */
	answer_at(s, 2, "S", "a");
	answer_at(s, 3, "S", "a");
	tells(s, "1 stored after 2; send 2; 2 stored after 2");
	memset(s->reported, 0, sizeof s->reported);
	for (uint32_t i = 0; i < 2; i++) {
		struct kin__list list;

		kin__list_init(&list);
		kin__list_append(&list, &s->records[i].queue);
		step(s, &(struct kin__producer_event){ .type = KIN__PRODUCER_PUT, .records = &list });
	}
	at(s, 200);
	tells(s, "send ( 1 2 )");
	answer_at(s, 4, "S", "a");
	tells(s, "1 stored after 1; 2 stored after 1");
	end(s);
}
END_TEST

static void refused_case(Suite *suite)
{
	TCase *tcase = tcase_create("refused");

	tcase_add_test(tcase, the_one_to_blame_is_found);
	tcase_add_test(tcase, parts_stay_apart);
	tcase_add_loop_test(tcase, other_refusals_are_not_cut, 0, 3);
	tcase_add_test(tcase, cutting_in_vain_ends);
	tcase_add_test(tcase, those_of_a_refused_aggregate_do_not_linger);
	tcase_add_test(tcase, a_record_put_anew_has_no_past);
	tcase_add_test(tcase, parts_have_their_time);
	suite_add_tcase(suite, tcase);
}
