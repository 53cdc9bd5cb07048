/* Part of check_producer: the records of a key in order. */

START_TEST(one_record_of_a_key_at_a_time)
{
	struct story *s = begin_placed(false, true, 0);

	put_parts(s, "001");
	put_parts(s, "0");
	at(s, 100);
	tells(s, "send 1 3");
	answer_at(s, 1, "tS", "a");
	put_parts(s, "1");
	at(s, 1000);
	tells(s, "3 stored after 1; send 1 5"); /* the other key is not held up */
	refuse(s, 2, KIN__TRANSIENT, KIN_NETWORK, true);
	at(s, 2000);
	answer_at(s, 3, "S", "a");
	tells(s, "send 1 5; 1 stored after 3; 5 stored after 2; send 2");
	answer_at(s, 4, "S", "a");
	tells(s, "2 stored after 1; send 4");
	end(s);
}
END_TEST

START_TEST(records_of_a_key_share_an_aggregate_or_wait)
{
	struct story *s = begin_placed(true, true, 0);

	put_parts(s, "010");
	map(s, "aaaaaaaa");
	at(s, 100);
	tells(s, "list; send ( 1 2 3 )");
	put_parts(s, "0201");
	at(s, 200);
	tells(s, "send 5");
	answer_at(s, 1, "i", "a");
	at(s, 1000);
	answer_at(s, 3, "S", "a");
	tells(s, "send ( 1 2 3 ); 1 stored after 2; 2 stored after 2; 3 stored after 2; send ( 4 6 7 )");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->retried, 3);
	end(s);
}
END_TEST

/* The aggregate went astray, and younger records wait: the older go first, alone or not. */
START_TEST(order_is_kept_when_an_aggregate_goes_astray)
{
	struct story *s = begin_placed(true, true, 0);

	put_parts(s, "0101");
	map(s, "aaaabbbb");
	at(s, 2000);
	put_parts(s, "01");
	at(s, 2100);
	answer_at(s, 1, "S", "c");
	tells(s, "list; send ( 1-4 ); list");
	map(s, "cdddbbbb");
	tells(s, "send ( 1 3 ) ( 2 4 )");
	answer_at(s, 2, "S", "cd");
	tells(s, "1 stored after 2; 3 stored after 2; 2 stored after 2; 4 stored after 2; send 5 6");
	end(s);
}
END_TEST

/* The record that came back unsent does not wait for the time of one that was behind its neighbour. */
START_TEST(what_came_back_goes_before_those_that_waited_for_a_key)
{
	struct story *s = begin_placed(true, true, 0);

	s->settings.aggregate_bytes_max = 21 + 2 * 6 + 108 + 308; /* a small record and a large one */
	begin_again(s);
	put_parts(s, "7");
	map(s, "aaaaaaaa");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send 1");
	at(s, 10);
	put_at(s, "0", 104, 0);
	put_at(s, "1", 304, 50);
	at(s, 30);
	put_at(s, "1", 104, 0); /* it waits for its key */
	put_at(s, "2", 304, 20);
	at(s, 60);
	tells(s, "5 not sent -16 after 0; 3 not sent -16 after 0");
	at(s, 109);
	tells(s, "");
	at(s, 110); /* a hundred after the second record was put */
	tells(s, "send ( 2 4 )");
	end(s);
}
END_TEST

/* Of two that waited for their keys the younger is put back last, and stands first: the older has its own time. */
START_TEST(what_waited_for_its_key_has_its_own_time)
{
	struct story *s = begin_placed(true, true, 0);

	put_parts(s, "10");
	map(s, "aaaaaaaa");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send ( 1 2 )");
	at(s, 10);
	put_parts(s, "0");
	at(s, 60);
	put_parts(s, "1");
	at(s, 110); /* the older is due, and both wait for their keys */
	tells(s, "");
	at(s, 120);
	answer_at(s, 1, "S", "a");
	tells(s, "1 stored after 1; 2 stored after 1; send ( 4 3 )");
	end(s);
}
END_TEST

/* Nor is anything early because an older one that waited for its key has gone before it. */
START_TEST(an_older_one_that_left_takes_its_time_along)
{
	struct story *s = begin_placed(true, true, 0);

	s->settings.aggregate_records_max = 2;
	begin_again(s);
	put_parts(s, "10");
	map(s, "aaaaaaaa");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send ( 1 2 )");
	at(s, 10);
	put_parts(s, "0");
	at(s, 60);
	put_parts(s, "1");
	at(s, 120);
	put_parts(s, "2");
	answer_at(s, 1, "S", "a");
	tells(s, "1 stored after 1; 2 stored after 1; send ( 4 3 )");
	ck_assert_uint_eq(wake_ms(s), 220);
	at(s, 219);
	tells(s, "");
	at(s, 220);
	tells(s, "send 5");
	end(s);
}
END_TEST

/* Order alone asks for no list of shards. */
START_TEST(order_needs_no_map)
{
	struct story *s = begin_placed(false, true, 0);

	put_parts(s, "000");
	at(s, 100);
	answer_at(s, 1, "S", "a");
	answer_at(s, 2, "S", "a");
	tells(s, "send 1; 1 stored after 1; send 2; 2 stored after 1; send 3");
	end(s);
}
END_TEST

/* What ends before it could go does not hold up what is behind it. */
START_TEST(an_expired_record_makes_way)
{
	struct story *s = begin_placed(false, true, 0);

	put_parts(s, "0");
	at(s, 100);
	put_at(s, "0", 104, 200);
	put_parts(s, "0");
	at(s, 300);
	tells(s, "send 1; 2 not sent -16 after 0");
	answer_at(s, 1, "S", "a");
	tells(s, "1 stored after 1; send 3");
	put_parts(s, "00");
	happen(s, KIN__PRODUCER_ABANDON);
	tells(s, "4 not sent -6 after 0; 5 not sent -6 after 0");
	answer_at(s, 2, "S", "a");
	tells(s, "3 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

/* Three of three keys, where three are a request: nothing waits for company. */
START_TEST(ordered_records_fill_a_request)
{
	struct story *s = begin_placed(false, true, 0);

	s->settings.request_records_max = 3;
	begin_again(s);
	put_parts(s, "01");
	tells(s, "");
	put_parts(s, "2");
	tells(s, "send 1 2 3");
	end(s);
}
END_TEST

static void ordered_case(Suite *suite)
{
	TCase *tcase = tcase_create("ordered");

	tcase_add_test(tcase, one_record_of_a_key_at_a_time);
	tcase_add_test(tcase, records_of_a_key_share_an_aggregate_or_wait);
	tcase_add_test(tcase, order_is_kept_when_an_aggregate_goes_astray);
	tcase_add_test(tcase, what_came_back_goes_before_those_that_waited_for_a_key);
	tcase_add_test(tcase, what_waited_for_its_key_has_its_own_time);
	tcase_add_test(tcase, an_older_one_that_left_takes_its_time_along);
	tcase_add_test(tcase, ordered_records_fill_a_request);
	tcase_add_test(tcase, order_needs_no_map);
	tcase_add_test(tcase, an_expired_record_makes_way);
	suite_add_tcase(suite, tcase);
}
