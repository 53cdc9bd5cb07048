/* Part of check_producer: the map of the shards, when it is wrong or old. */

/* The list was young, and wrong all the same: what came back, and what comes then, waits for the next one and goes together
 * by it; not one by one. */
START_TEST(what_went_astray_waits_for_a_better_map)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "0174");
	map(s, "aaaabbbb");
	at(s, 100);
	answer_at(s, 1, "S", "cb");
	tells(s, "list; send ( 1 2 ) ( 3 4 ); 3 stored after 1; 4 stored after 1");
	put_parts(s, "01");
	at(s, 999);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 1000);
	at(s, 1000);
	tells(s, "list");
	at(s, 1100);
	map(s, "ccccbbbb");
	tells(s, "send ( 1 2 5 6 )");
	answer_at(s, 2, "S", "c");
	tells(s, "1 stored after 2; 2 stored after 2; 5 stored after 1; 6 stored after 1");
	end(s);
}
END_TEST

/* It cannot be had: then nothing waits any longer. */
START_TEST(what_went_astray_does_not_wait_for_ever)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaabbbb");
	at(s, 100);
	answer_at(s, 1, "S", "c");
	at(s, 1000);
	tells(s, "list; send ( 1 2 ); list");
	ck_assert_uint_eq(wake_ms(s), 2000);
	at(s, 1999);
	tells(s, "");
	at(s, 2000);
	tells(s, "send 1 2");
	end(s);
}
END_TEST

/* In ten seconds without a put another stream of this name may have come: shards of the same names, with other ranges. */
START_TEST(a_map_that_nobody_tried_for_long_is_not_believed)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "07");
	map(s, "aaaaaaaa");
	at(s, 100);
	answer_at(s, 1, "S", "a");
	tells(s, "list; send ( 1 2 ); 1 stored after 1; 2 stored after 1");
	at(s, 10000);
	put_parts(s, "07"); /* it was right at 100 */
	at(s, 10099);
	tells(s, "");
	at(s, 10100); /* it is too old, and they must leave */
	tells(s, "list");
	map(s, "aaaabbbb");
	tells(s, "send 3 4");
	answer_at(s, 2, "S", "ab");
	tells(s, "3 stored after 1; 4 stored after 1");
	at(s, 20099);
	put_parts(s, "02");
	at(s, 20199);
	tells(s, "list"); /* the answer bore out what left at 10100 */
	end(s);
}
END_TEST

/* What is under way will tell. */
START_TEST(a_map_is_tried_by_what_is_under_way)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "01");
	map(s, "aaaaaaaa");
	at(s, 100);
	at(s, 15000);
	put_parts(s, "01");
	at(s, 15100);
	tells(s, "list; send ( 1 2 ); send ( 3 4 )");
	answer_at(s, 2, "S", "a");
	answer_at(s, 1, "S", "a");
	tells(s, "3 stored after 1; 4 stored after 1; 1 stored after 1; 2 stored after 1");
	at(s, 25000);
	put_parts(s, "0"); /* it was right at 15100, though the older answer came later */
	tells(s, "");
	end(s);
}
END_TEST

/* A pace alone puts nothing together: a wrong map does no harm. */
START_TEST(a_pace_alone_believes_an_old_map)
{
	struct story *s = begin_placed(false, false, 100);

	put_parts(s, "0");
	map(s, "aaaaaaaa");
	at(s, 100);
	answer_at(s, 1, "S", "a");
	at(s, 60000);
	put_parts(s, "0");
	at(s, 60100);
	tells(s, "list; send 1; 1 stored after 1; send 2");
	end(s);
}
END_TEST

/* The first shard's fills the request; the other one's goes with the next, and not a step later. */
START_TEST(what_is_due_at_once_leaves_at_once)
{
	struct story *s = begin_placed(true, false, 0);

	s->settings.request_records_max = 1;
	begin_again(s);
	put_parts(s, "0");
	map(s, "aaaabbbb");
	put_parts(s, "7");
	at(s, 100);
	tells(s, "list; send 1; send 2");
	ck_assert_uint_gt(wake_ms(s), 100);
	end(s);
}
END_TEST

static void maps_case(Suite *suite)
{
	TCase *tcase = tcase_create("maps");

	tcase_add_test(tcase, what_is_due_at_once_leaves_at_once);
	tcase_add_test(tcase, what_went_astray_waits_for_a_better_map);
	tcase_add_test(tcase, what_went_astray_does_not_wait_for_ever);
	tcase_add_test(tcase, a_map_that_nobody_tried_for_long_is_not_believed);
	tcase_add_test(tcase, a_map_is_tried_by_what_is_under_way);
	tcase_add_test(tcase, a_pace_alone_believes_an_old_map);
	suite_add_tcase(suite, tcase);
}
