/* Part of check_producer: what is told of it while it works. */

/* They were in doubt where they landed, and their time was over before they were put again. */
START_TEST(what_was_not_put_again_is_not_counted_as_retried)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.requests_max = 1;
	begin_again(s);
	put_at(s, "01", 104, 3000);
	map(s, "aaaabbbb");
	at(s, 2000);
	put_parts(s, "7");
	happen(s, KIN__PRODUCER_FLUSH);
	answer_at(s, 1, "S", "c");
	tells(s, "list; send ( 1 2 ); list; send 3"); /* and nothing else before that is answered */
	map(s, "cdddbbbb");
	tells(s, "");
	at(s, 3000);
	tells(s, "1 possibly stored -16 after 1; 2 possibly stored -16 after 1");
	ck_assert_uint_eq(kin__producer_counts(s->producer)->retried, 0);
	end(s);
}
END_TEST

/* Whoever puts asks how far the next full request is. */
START_TEST(what_was_never_sent_is_told_in_records_and_bytes)
{
	struct story *s = begin(10, 1000, 1);
	uint64_t records, bytes;

	put(s, 3, 100);
	kin__producer_fresh(s->producer, &records, &bytes);
	ck_assert_uint_eq(records, 3);
	ck_assert_uint_eq(bytes, 300);
	at(s, 100);
	put(s, 2, 50);
	answer(s, 1, "t");
	kin__producer_fresh(s->producer, &records, &bytes);
	ck_assert_uint_eq(records, 2); /* not those that are to be put again */
	ck_assert_uint_eq(bytes, 100);
	end(s);
}
END_TEST

static void counted_case(Suite *suite)
{
	TCase *tcase = tcase_create("counted");

	tcase_add_test(tcase, what_was_not_put_again_is_not_counted_as_retried);
	tcase_add_test(tcase, what_was_never_sent_is_told_in_records_and_bytes);
	suite_add_tcase(suite, tcase);
}
