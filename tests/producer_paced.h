/* Part of check_producer: the pace of each shard. */

static uint32_t sent_records(const struct story *s)
{
	uint32_t n = 0;

	for (uint32_t turn = 1; turn <= s->sent_n; turn++)
		n += s->sent[turn].n;
	return n;
}

/* Of ten records a second the eleventh waits, and the other shard goes on. */
START_TEST(a_hot_shard_does_not_stop_the_others)
{
	struct story *s = begin_placed(false, false, 1);

	s->settings.rate_percent = 1; /* ten records a second, 10,485 bytes */
	s->settings.linger_us = 0;
	s->settings.record_bytes_max = 4000;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "00000000000000");
	tells(s, "list; send 1; send 2; send 3; send 4; send 5; send 6; send 7; send 8");
	for (uint32_t turn = 1; turn <= 8; turn++)
		answer_at(s, turn, "S", "a");
	ck_assert_uint_eq(sent_records(s), 10);
	put_parts(s, "7");
	ck_assert_uint_eq(sent_records(s), 11);
	ck_assert_uint_eq(wake_ms(s), 100);
	at(s, 1000); /* ten more came in that time: the rest */
	ck_assert_uint_eq(sent_records(s), 16);
	end(s);
}
END_TEST

START_TEST(bytes_have_a_pace_too)
{
	struct story *s = begin_placed(false, false, 1);

	s->settings.linger_us = 0;
	s->settings.record_bytes_max = 4000;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	put_at(s, "0000", 4000, 0);
	ck_assert_uint_eq(sent_records(s), 3); /* of 10,485 bytes 2,381 are left */
	ck_assert_uint_eq(wake_ms(s), (4000 - 2381) * 1000 / 10485 + 1);
	at(s, wake_ms(s));
	ck_assert_uint_eq(sent_records(s), 4);
	end(s);
}
END_TEST

/* An aggregate counts as one record, and with all its bytes: of 10,485 a second the first takes nearly all, and the second
 * goes when what it may take at most is there. */
START_TEST(aggregates_have_the_pace_of_their_bytes)
{
	struct story *s = begin_placed(true, false, 1);
	uint64_t group = 21 + 6 + 90 * 106, most = 21 + 90 * (6 + 108), left;

	s->settings.record_bytes_max = 10485;
	s->settings.aggregate_records_max = 90;
	s->settings.aggregate_bytes_max = 20000;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaaaaaa");
	for (int i = 0; i < 179; i++)
		put_parts(s, "0");
	happen(s, KIN__PRODUCER_FLUSH);
	ck_assert_uint_eq(sent_records(s), 1);
	ck_assert_uint_eq(s->sent[1].bytes, group);
	left = 10485 - group;
	ck_assert_uint_ge(wake_ms(s), (most - left - 20) * 1000 / 10485);
	ck_assert_uint_le(wake_ms(s), (most - left + 20) * 1000 / 10485);
	at(s, wake_ms(s));
	ck_assert_uint_eq(sent_records(s), 2);
	ck_assert_uint_eq(s->sent[2].bytes, group);
	end(s);
}
END_TEST

/* Also when its first record is nearly all of it: of 10,485 bytes 2,485 are left, enough for that one alone. */
START_TEST(what_joins_a_large_record_is_paid_for_with_it)
{
	struct story *s = begin_placed(true, false, 1);

	s->settings.record_bytes_max = 10485;
	s->settings.aggregate_bytes_max = 20000;
	begin_again(s);
	put_at(s, "0", 8000, 0);
	map(s, "aaaaaaaa");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send 1");
	put_at(s, "0", 2400, 0);
	put_at(s, "0", 104, 0);
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "");
	ck_assert_uint_ge(wake_ms(s), (2400 + 104 - 2485) * 1000 / 10485);
	at(s, wake_ms(s));
	tells(s, "send ( 2 3 )");
	end(s);
}
END_TEST

/* It needs nothing of what is around an aggregate. */
START_TEST(what_goes_alone_pays_for_itself)
{
	struct story *s = begin_placed(true, false, 1);

	s->settings.record_bytes_max = 10485;
	s->settings.aggregate_bytes_max = 20000;
	begin_again(s);
	put_at(s, "0", 8000, 0);
	map(s, "aaaaaaaa");
	happen(s, KIN__PRODUCER_FLUSH);
	put_at(s, "0", 2485, 0); /* all that is left of 10,485 */
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "list; send 1; send 2");
	end(s);
}
END_TEST

/* It is the first that may go whose bytes must be there, not one that waits for its key. */
START_TEST(the_pace_is_asked_for_what_may_go)
{
	struct story *s = begin_placed(false, true, 1);

	s->settings.linger_us = 0;
	s->settings.record_bytes_max = 9000;
	begin_again(s);
	put_at(s, "0", 9000, 0);
	map(s, "aaaaaaaa");
	tells(s, "list; send 1"); /* 1,485 are left */
	put_at(s, "0", 100, 0);   /* of the same key */
	put_at(s, "1", 2000, 0);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), (2000 - 1485) * 1000 / 10485 + 1);
	at(s, wake_ms(s));
	tells(s, "send 3");
	end(s);
}
END_TEST

/* So it is when one that waits for its key comes first in its lane: those behind it do not go at its pace. */
START_TEST(the_pace_is_asked_behind_what_waits_for_its_key)
{
	struct story *s = begin_placed(false, true, 1);

	s->settings.linger_us = 0;
	s->settings.record_bytes_max = 10400;
	begin_again(s);
	put_at(s, "0", 10400, 0);
	map(s, "aaaaaaaa");
	tells(s, "list; send 1"); /* 85 are left */
	put_at(s, "0", 100, 0);   /* of the same key */
	put_at(s, "1", 2000, 0);
	ck_assert_uint_eq(wake_ms(s), 2);
	at(s, 2);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), (2000 - 85) * 1000 / 10485 + 1);
	at(s, wake_ms(s));
	tells(s, "send 3");
	end(s);
}
END_TEST

/* More than a shard takes in a second is saved up for, and paid for to the byte. */
START_TEST(a_record_larger_than_a_seconds_worth_is_paid_for)
{
	struct story *s = begin_placed(false, false, 1);

	s->settings.linger_us = 0;
	s->settings.record_bytes_max = 4000;
	begin_again(s);
	put_at(s, "0", 100, 0);
	map(s, "aaaaaaaa");
	tells(s, "list; send 1"); /* 10,385 are left */
	put_at(s, "0", 31455, 0); /* three seconds' worth */
	put_at(s, "0", 100, 0);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), (31455 - 10385) * 1000 / 10485 + 1);
	at(s, wake_ms(s));
	tells(s, "send 2");
	ck_assert_uint_ge(wake_ms(s), s->now_ms + 100 * 1000 / 10485 - 1);
	at(s, wake_ms(s));
	tells(s, "send 3");
	end(s);
}
END_TEST

/* After a throttled entry half of the pace is kept, and a hundredth part of the whole comes back each tenth of a second. */
START_TEST(throttling_lowers_the_pace_for_a_time)
{
	struct story *s = begin_placed(false, false, 100);
	uint32_t before;

	s->settings.linger_us = 0;
	s->settings.requests_max = 200;
	s->settings.request_records_max = 1;
	begin_again(s);
	put_at(s, "0", 4, 0);
	map(s, "aaaaaaaa");
	answer_at(s, 1, "t", "a");
	for (int i = 0; i < 190; i++)
		put_at(s, "0", 4, 0);
	before = sent_records(s);
	ck_assert_uint_eq(before, 1); /* what was saved up is gone */
	at(s, 20);
	ck_assert_uint_ge(sent_records(s) - before, 10); /* 500 a second */
	ck_assert_uint_le(sent_records(s) - before, 11);
	end(s);
}
END_TEST

/* A second refusal in the same half second is of the same overload. */
START_TEST(one_overload_counts_once)
{
	struct kin__lane *lane = kin__lane_new("a", 100, 1048576, 0);

	kin__lane_throttled(lane, 1000000);
	ck_assert_uint_eq(lane->share, 500);
	kin__lane_throttled(lane, 1400000);
	ck_assert_uint_ge(lane->share, 500);
	kin__lane_throttled(lane, 1500000);
	ck_assert_uint_eq(lane->share, 275); /* half of what had come back */
	for (uint64_t i = 0; i < 20; i++)
		kin__lane_throttled(lane, 2000000 + i * 500000);
	ck_assert_uint_ge(lane->share, KIN__LANE_SHARE_MIN);
	kin__lane_ready_us(lane, 1, 30000000);
	ck_assert_uint_eq(lane->share, KIN__LANE_SHARE);
	ck_assert_uint_eq(lane->records_pace.rate, 1000);
	ck_assert_uint_eq(lane->bytes_pace.rate, 1048576);
	kin__lane_throttled(lane, 40000000);
	for (uint64_t i = 0; i <= 1000;
	     i++) /* asked about all the time it recovers as fast, but for what is rounded */
		kin__lane_ready_us(lane, 1, 40000000 + i * 3000);
	ck_assert_uint_ge(lane->share, 500 + 240);
	ck_assert_uint_le(lane->share, 500 + 300);
	kin__mem_free(lane);
	lane = kin__lane_new("a", 1, 1048576, 0);
	for (uint64_t i = 1; i < 20; i++)
		kin__lane_throttled(lane, i * 500000);
	ck_assert_uint_eq(lane->records_pace.rate, 1); /* and not none at all */
	kin__mem_free(lane);
}
END_TEST

/* Entries of other shards in the same answer do not wait as long as the one that was throttled often, and nothing pauses. */
START_TEST(throttled_entries_wait_apart)
{
	struct story *s = begin_placed(false, false, 150);

	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "0007");
	at(s, 100);
	answer_at(s, 1, "ttttS", "aaaab");
	tells(s, "list; send 1 2 3 4 5; 5 stored after 1");
	put_parts(s, "7");
	happen(s, KIN__PRODUCER_FLUSH);
	tells(s, "send 6");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->throttled, 4);
	end(s);
}
END_TEST

/* A shard whose records come faster than they leave: those of others have their turn by their age. */
START_TEST(a_busy_shard_waits_its_turn)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.aggregate_records_max = 2;
	s->settings.request_records_max = 2;
	s->settings.requests_max = 1;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "0000000");
	put_parts(s, "7");
	tells(s, "list; send ( 1 2 ) ( 3 4 )"); /* and two more are ready */
	at(s, 150);
	put_parts(s, "000000");
	answer_at(s, 1, "S", "a");
	tells(s,
	      "1 stored after 1; 2 stored after 1; 3 stored after 1; 4 stored after 1; send ( 5 6 ) ( 7 8 )");
	answer_at(s, 2, "S", "a");
	tells(s, "5 stored after 1; 6 stored after 1; 7 stored after 1; 8 stored after 1; send 9 ( 10 11 )");
	end(s);
}
END_TEST

static void paced_case(Suite *suite)
{
	TCase *tcase = tcase_create("paced");

	tcase_add_test(tcase, a_hot_shard_does_not_stop_the_others);
	tcase_add_test(tcase, bytes_have_a_pace_too);
	tcase_add_test(tcase, aggregates_have_the_pace_of_their_bytes);
	tcase_add_test(tcase, what_joins_a_large_record_is_paid_for_with_it);
	tcase_add_test(tcase, what_goes_alone_pays_for_itself);
	tcase_add_test(tcase, the_pace_is_asked_for_what_may_go);
	tcase_add_test(tcase, the_pace_is_asked_behind_what_waits_for_its_key);
	tcase_add_test(tcase, a_record_larger_than_a_seconds_worth_is_paid_for);
	tcase_add_test(tcase, throttling_lowers_the_pace_for_a_time);
	tcase_add_test(tcase, one_overload_counts_once);
	tcase_add_test(tcase, throttled_entries_wait_apart);
	tcase_add_test(tcase, a_busy_shard_waits_its_turn);
	suite_add_tcase(suite, tcase);
}
