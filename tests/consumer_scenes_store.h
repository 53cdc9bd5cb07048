/* Scenes of check_consumer: what stands in the store, who writes it, what a second look at it says. */
#ifndef CONSUMER_SCENES_STORE_H
#define CONSUMER_SCENES_STORE_H
#include "consumer_scenes_stream.h"

START_TEST(an_origin_made_by_another_counts)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	s.set.starting_position = KIN_LATEST;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, -5000);
	scene_start(&s);
	scene_wait(&s, KIN__CONSUMER_STORE_CREATE);
	item_of_another(&s, "-", "TRIM_HORIZON", 0); /* just before ours */
	scene_run(&s, 900);
	scene_told(&s, "a@horizon a? [0,1]");
	scene_end(&s);
}
END_TEST

/* A shard that had ended before this start is counted as ended; items begin with counter 1. */
START_TEST(what_had_ended_is_counted)
{
	struct scene s;
	struct shard *parent;

	scene_init(&s);
	s.many = true;
	parent = scene_shard(&s, "a", NULL, NULL);
	parent->closed = true;
	scene_put(parent, 1, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 900);
	ck_assert_uint_eq(scene_item(&s, "-")->counter, 1);
	ck_assert_uint_eq(scene_health(&s).shards_ended, 1);
	scene_told(&s, "a: [0] b: [0]");
	scene_crash(&s);
	scene_start(&s);
	scene_run(&s, 2000);
	ck_assert_uint_eq(scene_health(&s).shards_ended, 1);
	ck_assert_uint_eq(scene_health(&s).polled, 0);
	scene_end(&s);
}
END_TEST

/* Texts and slices of a step are gone with the next one: memory does not grow with the steps. */
START_TEST(steps_leave_nothing_behind)
{
	struct scene s;

	scene_init(&s);
	s.set.batch_size = 1;
	scene_put(scene_shard(&s, "a", NULL, NULL), 40, 0);
	scene_start(&s);
	scene_run(&s, 2000000);
	ck_assert_uint_eq(scene_health(&s).handled, 40);
	ck_assert_uint_le(s.consumer->arena.total, 1024); /* its first chunk */
	scene_end(&s);
}
END_TEST

START_TEST(an_item_made_by_another_is_taken_as_it_is)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 3, 0);
	s.store_codes[2] = KIN_NETWORK; /* list, origin, and the first try to make it */
	scene_start(&s);
	while (s.stores < 3)
		scene_run(&s, s.now_us / 1000);
	item_of_another(&s, "a", "1000", NOW_MS);
	scene_run(&s, 900);
	scene_told(&s, "a@after a? [1,2]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1002");
	ck_assert_str_eq(scene_item(&s, "a")->owner, "me");
	scene_end(&s);
}
END_TEST

START_TEST(each_call_names_the_lease_it_runs_under)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
	item_of_another(&s, "a", "TRIM_HORIZON", NOW_MS);
	scene_start(&s);
	ck_assert_uint_eq(scene_wait(&s, KIN__CONSUMER_INVOKE)->lease_counter, 6);
	scene_run(&s, 500);
	ck_assert_uint_eq(scene_item(&s, "a")->counter, 7);
	scene_put(a, 1, 600);
	scene_run(&s, 999);
	ck_assert_uint_eq(scene_wait(&s, KIN__CONSUMER_INVOKE)->lease_counter, 7);
	scene_end(&s);
}
END_TEST

START_TEST(what_comes_while_a_lease_is_in_doubt_goes_out_when_it_is_cleared)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.store_after = true;
	s.set.poll_interval_us = 300000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_wait(&s, KIN__CONSUMER_INVOKE);
	/* the checkpoint is written and its answer lost; the second try is refused; then the list fails for a while */
	s.stores = 0;
	s.store_codes[0] = KIN_NETWORK;
	for (int i = 2; i < 9; i++)
		s.store_codes[i] = KIN_IO;
	while (s.stores < 2)
		scene_run(&s, s.now_us / 1000 + 1);
	scene_told(&s, "[0]");
	scene_put(a, 1, (int64_t)(s.now_us / 1000));
	while (s.stores < 9)
		scene_run(&s, s.now_us / 1000 + 1);
	ck_assert_uint_ge(s.now_us, 400000); /* it was read long ago */
	ck_assert_uint_eq(scene_health(&s).buffered, 1);
	scene_told(&s, "");
	while (s.stores < 10)
		scene_run(&s, s.now_us / 1000 + 1);
	scene_told(&s, "[1]");
	scene_end(&s);
}
END_TEST

START_TEST(a_parent_is_known_from_the_item)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.on_gap = KIN_GAP_CONTINUE;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_shard(&s, "c", NULL, NULL)->gone = true; /* the list does not show it any more */
	item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
	item_of_another(&s, "c", "1000", NOW_MS);
	snprintf(scene_item(&s, "c")->parents, sizeof s.items[0].parents, "a");
	scene_start(&s);
	scene_run(&s, 1500);
	scene_told(&s, "a@horizon a? [0] a?");
	a->closed = true;
	scene_run(&s, 2500);
	scene_told(&s, "a? c@after");
	scene_end(&s);
}
END_TEST

START_TEST(a_child_of_a_read_and_an_unread_parent_begins_at_the_horizon)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.log_reads = true;
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS - 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	scene_put(a, 1, 0);
	scene_put(b, 1, -20000);
	a->closed = b->closed = true;
	scene_shard(&s, "c", "a", "b");
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "a@time b@time a? b? [0] c@horizon c?");
	scene_end(&s);
	/* the other way round */
	scene_init(&s);
	s.log_reads = true;
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS - 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	scene_put(a, 1, -20000);
	scene_put(b, 1, 0);
	a->closed = b->closed = true;
	scene_shard(&s, "c", "a", "b");
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "a@time b@time a? b? [0] c@horizon c?");
	scene_end(&s);
}
END_TEST

START_TEST(a_reader_hands_positions_on_like_leases_do)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.leases = false;
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS - 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 500);
	scene_told(&s, "a@time a? a: [0] b@horizon b? b: [0]");
	scene_end(&s);
}
END_TEST

START_TEST(a_reader_at_latest_begins_again_where_it_began)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	s.set.leases = false;
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -500);
	scene_start(&s);
	scene_run(&s, 100);
	scene_told(&s, "a@latest a?");
	s.requests = 0;
	s.verdicts[0] = KIN__ITERATOR_EXPIRED; /* of the next fetch */
	ck_assert_int_eq(scene_wait(&s, KIN__CONSUMER_GET_ITERATOR)->timestamp_ms, NOW_MS - 1000);
	scene_told(&s, "a? a@time");
	scene_end(&s);
}
END_TEST

START_TEST(an_idle_shard_says_so_each_hour)
{
	struct scene s;

	scene_init(&s);
	s.set.poll_interval_us = 60000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 3500000);
	ck_assert_int_lt(scene_item(&s, "a")->covered_ms, NOW_MS + 60000);
	scene_run(&s, 3800000); /* of a day that is kept, not a quarter: an hour */
	ck_assert_int_ge(scene_item(&s, "a")->covered_ms, NOW_MS + 3500000);
	scene_end(&s);
}
END_TEST

START_TEST(covered_is_as_far_as_is_settled)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 2;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -9000);
	scene_put(a, 1, -7000);
	scene_put(a, 1, -5000);
	s.poison = 1 << 2;
	scene_start(&s);
	scene_run(&s, 100);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	ck_assert_int_eq(scene_item(&s, "a")->covered_ms, NOW_MS - 7000);
	scene_end(&s);
}
END_TEST

START_TEST(a_start_without_a_clock_stores_no_time)
{
	struct scene s;

	scene_init(&s);
	s.no_clock = true;
	s.now_us = 5000000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 6000);
	scene_told(&s, "[0]");
	ck_assert_int_eq(scene_item(&s, "-")->covered_ms, 0);
	ck_assert_int_eq(scene_item(&s, "-")->timestamp_ms, 0);
	scene_end(&s);
}
END_TEST

START_TEST(a_new_stream_begins_at_its_horizon)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 900);
	ck_assert_int_eq(scene_item(&s, "-")->timestamp_ms, NOW_MS - 1000);
	recreate(&s, a);
	scene_run(&s, 70000);
	ck_assert_str_eq(scene_checkpoint(&s, "-"), "TRIM_HORIZON");
	ck_assert_int_eq(scene_item(&s, "-")->timestamp_ms, 0);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

START_TEST(a_new_stream_is_seen_before_the_first_iterator)
{
	struct scene s;
	struct waiting *w;
	struct shard *a;

	scene_init(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	w = scene_wait(&s, KIN__CONSUMER_GET_ITERATOR);
	w->due_us = 100000000; /* its answer stays away for long */
	scene_run(&s, 50000);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_STARTING);
	recreate(&s, a);
	scene_run(&s, 70000);
	ck_assert_int_eq(scene_health(&s).gaps, 1);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_run(&s, 110000);
	scene_told(&s, "[0,1]");
	scene_end(&s);
}
END_TEST

START_TEST(after_a_lost_position_reading_goes_on_by_number)
{
	struct scene s;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.on_gap = KIN_GAP_CONTINUE;
	scene_put(scene_shard(&s, "a", NULL, NULL), 2, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
	item_of_another(&s, "a", "77", NOW_MS);
	scene_start(&s);
	while (!strstr(s.words, "a: [0,1]"))
		scene_run(&s, s.now_us / 1000 + 10);
	s.words_n = 0;
	s.requests = 0;
	s.verdicts[0] = KIN__ITERATOR_EXPIRED; /* the very next fetch */
	scene_run(&s, s.now_us / 1000 + 1500);
	scene_told(&s, "a? a@after a?");
	scene_end(&s);
}
END_TEST

START_TEST(pages_that_do_not_tell_how_far_they_are_behind)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.no_behind = true;
	s.log_reads = true;
	a = scene_shard(&s, "a", NULL, NULL);
	a->page_max = 1;
	scene_put(a, 2, -5000);
	scene_start(&s);
	scene_run(&s, 900); /* records: behind; none: at the tip */
	scene_told(&s, "a@horizon a? [0] a? [1] a?");
	ck_assert_int_eq(scene_health(&s).behind_ms, -1);
	ck_assert_int_eq(scene_item(&s, "a")->covered_ms, NOW_MS - 5000); /* no more than what was seen */
	scene_end(&s);
}
END_TEST

START_TEST(an_item_removed_by_hand_is_a_lost_lease)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 100);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	s.items_n--; /* it was the last one made */
	scene_put(a, 1, 200);
	scene_run(&s, 5000);
	fatal_is(&s, KIN_LOST, "a: its lease was removed from the store");
	scene_end(&s);
}
END_TEST

START_TEST(a_position_that_is_refused_for_good)
{
	struct scene s;

	scene_init(&s);
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS;
	s.set.shard_sync_interval_us = UINT64_C(1000000000000);
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	for (uint32_t i = 2; i < 32; i++) /* describe, list; then iterator, describe, list, iterator ... */
		s.verdicts[i] = (i - 2) % 3 == 0 ? KIN__INVALID_ARGUMENT : KIN__DONE;
	scene_run(&s, 3000);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING); /* its time may only be to come */
	while (s.requests < 30)
		scene_run(&s, s.now_us / 1000 + 10);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	s.requests = 2; /* and the eleventh time */
	scene_run(&s, 600000);
	fatal_is(&s, KIN_REFUSED, "a: the service refused its starting position: no reason was given");
	scene_end(&s);
}
END_TEST

START_TEST(a_reader_at_latest_without_a_clock)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.no_clock = s.log_reads = true;
	s.set.leases = false;
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	s.verdicts[2] = KIN__TRANSIENT; /* the first iterator */
	scene_start(&s);
	scene_run(&s, 900); /* there is no time to begin at: the tip, once more */
	scene_told(&s, "a@latest a@latest a?");
	scene_put(a, 1, 1000);
	scene_run(&s, 2500);
	scene_told(&s, "a? [0] a?");
	scene_end(&s);
}
END_TEST

START_TEST(the_time_it_began_may_become_known_later)
{
	struct scene s;

	scene_init(&s);
	s.no_clock = s.log_reads = true;
	s.set.leases = false;
	s.set.starting_position = KIN_LATEST;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, -500);
	s.now_us = 2000000;
	scene_start(&s);
	scene_run(&s, 7100);
	s.no_clock = false;
	scene_run(&s, 8500);
	s.words_n = 0;
	s.requests = 0;
	s.verdicts[0] = KIN__ITERATOR_EXPIRED; /* of the next fetch */
	ck_assert_int_eq(scene_wait(&s, KIN__CONSUMER_GET_ITERATOR)->timestamp_ms, NOW_MS + 2000 - 1000);
	scene_told(&s, "a? a@time");
	scene_end(&s);
}
END_TEST

START_TEST(a_child_takes_the_earlier_of_two_points_in_time)
{
	struct scene s;

	for (int earlier = 0; earlier < 2; earlier++) {
		scene_init(&s);
		scene_shard(&s, "a", NULL, NULL)->closed = true;
		scene_shard(&s, "b", NULL, NULL)->closed = true;
		scene_shard(&s, "c", "a", "b");
		item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
		item_of_another(&s, "a", "AT_TIMESTAMP", NOW_MS);
		item_of_another(&s, "b", "AT_TIMESTAMP", NOW_MS);
		scene_item(&s, "a")->timestamp_ms = NOW_MS - (earlier ? 5000 : 3000);
		scene_item(&s, "b")->timestamp_ms = NOW_MS - (earlier ? 3000 : 5000);
		scene_start(&s);
		scene_run(&s, 900);
		ck_assert_str_eq(scene_checkpoint(&s, "c"), "AT_TIMESTAMP");
		ck_assert_int_eq(scene_item(&s, "c")->timestamp_ms, NOW_MS - 5000);
		scene_end(&s);
	}
}
END_TEST

static TCase *store_case(void)
{
	TCase *tcase = tcase_create("store");

	tcase_add_test(tcase, an_origin_made_by_another_counts);
	tcase_add_test(tcase, what_had_ended_is_counted);
	tcase_add_test(tcase, steps_leave_nothing_behind);
	tcase_add_test(tcase, an_item_made_by_another_is_taken_as_it_is);
	tcase_add_test(tcase, each_call_names_the_lease_it_runs_under);
	tcase_add_test(tcase, what_comes_while_a_lease_is_in_doubt_goes_out_when_it_is_cleared);
	tcase_add_test(tcase, a_parent_is_known_from_the_item);
	tcase_add_test(tcase, a_child_of_a_read_and_an_unread_parent_begins_at_the_horizon);
	tcase_add_test(tcase, a_reader_hands_positions_on_like_leases_do);
	tcase_add_test(tcase, a_reader_at_latest_begins_again_where_it_began);
	tcase_add_test(tcase, an_idle_shard_says_so_each_hour);
	tcase_add_test(tcase, covered_is_as_far_as_is_settled);
	tcase_add_test(tcase, a_start_without_a_clock_stores_no_time);
	tcase_add_test(tcase, a_new_stream_begins_at_its_horizon);
	tcase_add_test(tcase, a_new_stream_is_seen_before_the_first_iterator);
	tcase_add_test(tcase, after_a_lost_position_reading_goes_on_by_number);
	tcase_add_test(tcase, pages_that_do_not_tell_how_far_they_are_behind);
	tcase_add_test(tcase, an_item_removed_by_hand_is_a_lost_lease);
	tcase_add_test(tcase, a_position_that_is_refused_for_good);
	tcase_add_test(tcase, a_reader_at_latest_without_a_clock);
	tcase_add_test(tcase, the_time_it_began_may_become_known_later);
	tcase_add_test(tcase, a_child_takes_the_earlier_of_two_points_in_time);
	return tcase;
}
#endif
