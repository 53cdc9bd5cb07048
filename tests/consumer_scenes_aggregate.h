/* Scenes of check_consumer: records that were taken out of aggregates.  They share a sequence number; a=1000.2: a
 * checkpoint behind the third record of the aggregate 1000. */
#ifndef CONSUMER_SCENES_AGGREGATE_H
#define CONSUMER_SCENES_AGGREGATE_H
#include "consumer_scene.h"

/* One shard whose first record is an aggregate of n. */
static struct shard *scene_aggregate(struct scene *s, uint32_t n, uint32_t batch_size)
{
	struct shard *a;

	scene_init(s);
	s->set.deaggregate = true;
	s->set.batch_size = batch_size;
	a = scene_shard(s, "a", NULL, NULL);
	scene_put_aggregate(a, n, 0);
	return a;
}

/* A first process that is gone, with its checkpoint behind part `sub` of the aggregate. */
static struct shard *scene_began(struct scene *s, uint32_t n, uint64_t sub)
{
	struct shard *a = scene_aggregate(s, n, n);

	s->poison = UINT64_MAX << (sub + 1);
	s->report = true;
	scene_start(s);
	scene_run(s, 500);
	ck_assert_str_eq(scene_checkpoint(s, "a"), "1000");
	ck_assert_uint_eq(scene_item(s, "a")->sub, sub);
	scene_crash(s);
	s->poison = 0;
	s->log_reads = true;
	s->words_n = 0;
	return a;
}

START_TEST(a_checkpoint_names_the_record_within_its_aggregate)
{
	struct scene s;
	struct shard *a = scene_aggregate(&s, 5, 2);

	scene_put(a, 1, 0);
	s.log_store = true;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "-=TRIM_HORIZON a=TRIM_HORIZON [0,1] a=1000.1 [2,3] a=1000.3 [4,5] a=1005");
	scene_end(&s);
}
END_TEST

/* After a crash too: nothing of it is missing, nothing comes twice. */
START_TEST(a_start_inside_an_aggregate_delivers_exactly_the_rest)
{
	struct scene s;

	for (uint64_t sub = 0; sub < 4; sub++) {
		scene_put(scene_began(&s, 5, sub), 1, 0);
		scene_start(&s);
		scene_run(&s, 900);
		scene_told(&s, sub == 0   ? "a@at a? [1,2,3,4,5]"
		               : sub == 1 ? "a@at a? [2,3,4,5]"
		               : sub == 2 ? "a@at a? [3,4,5]"
		                          : "a@at a? [4,5]");
		ck_assert_uint_eq(scene_health(&s).polled, 5 - sub);
		ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
		ck_assert_uint_eq(scene_item(&s, "a")->sub, 0);
		scene_end(&s);
	}
}
END_TEST

/* A page of nothing but what was done is given back at once, and the next one is not judged by it. */
START_TEST(a_start_behind_an_aggregate_delivers_none_of_it)
{
	struct scene s;
	struct shard *a = scene_began(&s, 5, 4);

	a->page_max = 1;
	scene_put_aggregate(a, 2, 0);
	s.call_us = 10000000;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@at a? a? [5,6]");
	ck_assert_uint_eq(s.pages_held, 1);
	ck_assert_uint_eq(scene_health(&s).polled, 2);
	scene_end(&s);
}
END_TEST

START_TEST(a_start_behind_a_plain_record_does_not_deliver_it_again)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.deaggregate = s.log_reads = true;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 2, 0);
	scene_start(&s);
	scene_run(&s, 500);
	scene_crash(&s);
	s.words_n = 0;
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@at a? [2]");
	scene_end(&s);
}
END_TEST

/* What comes first then is another record, whatever its place in its own aggregate. */
START_TEST(nothing_is_skipped_when_the_aggregate_is_gone)
{
	struct scene s;
	struct shard *a = scene_began(&s, 5, 2);

	scene_put_aggregate(a, 3, 0);
	a->horizon = 5;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@at a? [5,6,7]");
	scene_end(&s);
}
END_TEST

/* In a process whole aggregates are fetched: it never reads one again, however far its batches have come. */
START_TEST(reading_goes_on_behind_the_whole_aggregate)
{
	struct scene s;
	struct shard *a = scene_aggregate(&s, 5, 2);

	s.poison = 1 << 2;
	s.log_reads = true;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	s.verdicts[4] = KIN__ITERATOR_EXPIRED; /* after describe, list, iterator, fetch */
	scene_put(a, 1, 2000);
	scene_start(&s);
	scene_run(&s, 10000);
	scene_told(&s, "a@horizon a? [0,1] [2,3]E a? a@after a? a?");
	scene_end(&s);
}
END_TEST

/* Off and on again is the operator's doing; then a part is not taken for the whole. */
START_TEST(an_aggregate_begun_is_delivered_whole_when_they_are_not_taken_apart)
{
	for (uint64_t sub = 1; sub < 3; sub++) {
		struct scene s;
		struct shard *a = scene_began(&s, 5, sub);

		s.set.deaggregate = false;
		a->n = 1;
		scene_put(a, 1, 0);
		scene_start(&s);
		scene_run(&s, 900);
		scene_told(&s, "a@at a? [0,1]");
		scene_crash(&s);
		s.words_n = 0;
		scene_start(&s);
		scene_run(&s, 900);
		scene_told(&s, "a@after a?");
		scene_end(&s);
	}
}
END_TEST

START_TEST(records_of_another_shard_are_left_out_one_by_one)
{
	struct scene s;
	struct shard *a = scene_aggregate(&s, 6, 10);

	a->left_out[0] = a->left_out[1] = a->left_out[4] = KIN__LEFT_OUT_OTHER_SHARD;
	a->left_out[2] = KIN__LEFT_OUT_FILTER;
	s.log_store = true;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "-=TRIM_HORIZON a=TRIM_HORIZON a=1000.2 [3,5] a=1000.5");
	ck_assert_uint_eq(scene_health(&s).other_shard, 3);
	ck_assert_uint_eq(scene_health(&s).filtered, 1);
	ck_assert_uint_eq(scene_health(&s).handled, 2);
	ck_assert_uint_eq(scene_health(&s).polled, 6);
	scene_end(&s);
}
END_TEST

/* The bytes of the rules belong to the page, not to what is kept of it. */
START_TEST(what_is_left_out_is_found_behind_what_is_skipped)
{
	struct scene s;
	struct shard *a = scene_began(&s, 6, 2);

	a->left_out[1] = KIN__LEFT_OUT_FILTER; /* it was let in then; it is done */
	a->left_out[4] = KIN__LEFT_OUT_OTHER_SHARD;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@at a? [3,5]");
	ck_assert_uint_eq(scene_health(&s).other_shard, 1);
	ck_assert_uint_eq(scene_health(&s).filtered, 0);
	scene_end(&s);
}
END_TEST

/* The range of each shard, once a list told it. */
START_TEST(a_shard_knows_its_hash_keys)
{
	struct scene s;
	struct kin__hash_range range = { { 7, 7 }, { 7, 7 } };

	scene_aggregate(&s, 1, 1);
	scene_start(&s);
	ck_assert(!kin__consumer_shard_range(s.consumer, 0, &range));
	scene_run(&s, 900);
	ck_assert(kin__consumer_shard_range(s.consumer, 0, &range));
	ck_assert_uint_eq(range.first.low, 0);
	ck_assert_uint_eq(range.last.low, 100);
	ck_assert(!kin__consumer_shard_range(s.consumer, 1, &range));
	scene_end(&s);
}
END_TEST

/* Its batch begins and ends inside an aggregate; the service is asked for as many records as it spans. */
START_TEST(a_batch_inside_an_aggregate_is_given_back_and_read_again)
{
	struct scene s;
	struct shard *a = scene_aggregate(&s, 5, 3);
	struct waiting *w;

	s.set.buffer_bytes_max = 600;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	s.poison = 1 << 3;
	scene_put_aggregate(a, 3, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 2000);
	s.many = true;
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "a: [0,1,2] a: [3,4,5]E b: [0]");
	ck_assert_uint_eq(scene_health(&s).given_back, 5);
	s.poison = 0;
	s.log_reads = true;
	while ((w = scene_wait(&s, KIN__CONSUMER_FETCH)) && w->shard != 0)
		scene_turn(&s, UINT64_MAX - 1);
	ck_assert_uint_eq(w->limit, 2);
	scene_run(&s, s.now_us / 1000 + 100);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "a@at a? a: [3,4,5]"));
	ck_assert_ptr_nonnull(strstr(s.words, " a: [6,7]"));
	ck_assert_uint_eq(scene_health(&s).gaps, 0);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1005");
	ck_assert_uint_eq(scene_item(&s, "a")->sub, 2);
	scene_end(&s);
}
END_TEST

/* Three records of a batch, and one of the service. */
START_TEST(an_aggregate_given_back_is_one_record_of_a_request)
{
	struct scene s;
	struct waiting *w;

	scene_aggregate(&s, 5, 3);
	s.set.buffer_bytes_max = 600;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	s.poison = 1 << 1;
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 2000);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "[0,1,2]E [0]");
	while ((w = scene_wait(&s, KIN__CONSUMER_FETCH)) && w->shard != 0)
		scene_turn(&s, UINT64_MAX - 1);
	ck_assert_uint_eq(w->limit, 1);
	scene_end(&s);
}
END_TEST

/* Its aggregate is gone: the same number at another place, or another number at the same, is not the batch. */
START_TEST(a_batch_whose_aggregate_was_trimmed_is_a_gap)
{
	struct scene s;
	struct shard *a;

	for (int what = 0; what < 2; what++) {
		a = scene_aggregate(&s, 5, 4);
		s.set.on_gap = KIN_GAP_CONTINUE;
		s.set.buffer_bytes_max = 400;
		s.set.retry_base_us = s.set.retry_max_us = 30000000;
		s.poison = 1 << 4;
		scene_put_aggregate(a, 5, 0);
		scene_put(scene_shard(&s, "b", NULL, NULL), 1, 2000);
		scene_start(&s);
		scene_run(&s, 5000);
		s.poison = 0;
		if (what == 0)
			a->horizon = 5;
		else
			a->records[7].sub_sequence = 9; /* what no service does: the batch ends elsewhere */
		scene_run(&s, 30000);
		ck_assert_uint_eq(scene_health(&s).gaps, 1);
		ck_assert_ptr_nonnull(strstr(s.note, "records up to 1005 were trimmed") ? s.note : NULL);
		scene_end(&s);
	}
}
END_TEST

/* The first page of them brings a part, and the last record is not in it: the first one tells. */
START_TEST(a_batch_of_which_the_first_aggregate_was_trimmed_is_a_gap)
{
	struct scene s;
	struct shard *a = scene_aggregate(&s, 3, 9);

	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.buffer_bytes_max = 600;
	s.set.retry_base_us = s.set.retry_max_us = 30000000;
	s.set.batching_window_us = 500000;
	s.poison = 1 << 1;
	scene_put_aggregate(a, 3, 0);
	scene_put_aggregate(a, 3, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 2000);
	scene_start(&s);
	scene_run(&s, 5000);
	a->horizon = 3;
	a->page_max = 1;
	s.poison = 0;
	scene_run(&s, 60000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "[0,1,2,3,4,5,6,7,8]E"));
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	ck_assert_ptr_nonnull(strstr(s.note, "records up to 1006 were trimmed"));
	scene_end(&s);
}
END_TEST

START_TEST(memory_runs_out_over_an_aggregate)
{
	uint64_t n = 0;
	bool failed = true;

	while (failed) { /* the n-th allocation fails */
		struct kin__consumer_event event = { .type = KIN__CONSUMER_START };
		struct scene s;
		struct shard *a = scene_aggregate(&s, 6, 2);

		a->closed = true;
		a->left_out[2] = KIN__LEFT_OUT_OTHER_SHARD;
		a->left_out[4] = KIN__LEFT_OUT_FILTER;
		kin__mem_fail_at(++n);
		s.consumer = kin__consumer_new(&s.set);
		if (s.consumer) {
			scene_step(&s, &event);
			scene_run(&s, 20000);
			failed = kin__consumer_state(s.consumer) == KIN_CONSUMER_FATAL;
			ck_assert_int_eq(scene_health(&s).code, failed ? KIN_NOMEM : KIN_OK);
		}
		kin__mem_fail_at(0);
		ck_assert(!s.consumer || kin__consumer_idle(s.consumer) || !failed);
		if (!failed) {
			scene_told(&s, "[0,1] [3,5]");
			ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
			ck_assert_uint_eq(scene_item(&s, "a")->sub,
			                  0); /* the end has no place in an aggregate */
		}
		scene_end(&s);
		ck_assert_uint_lt(n, 1000);
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

/* Most of the aggregate was skipped when its page came: what is copied out is named by its place in the page. */
START_TEST(a_copy_counts_what_was_skipped)
{
	struct scene s;

	scene_began(&s, 12, 3);
	s.set.copy_bytes_min = 400;
	s.set.batch_size = 100;
	s.poison = 1 << 10;
	s.report = true;
	scene_start(&s);
	scene_run(&s, 600);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, "[4,5,6,7,8,9,10,11]P6 copy 2 of"));
	s.poison = 0;
	scene_run(&s, 5000);
	s.words[s.words_n] = 0;
	ck_assert_ptr_nonnull(strstr(s.words, " [10,11]"));
	ck_assert_uint_eq(scene_item(&s, "a")->sub, 11);
	scene_end(&s);
}
END_TEST

/* `until` cuts between aggregates, never inside one; the one begun is no reason to go on. */
START_TEST(until_cuts_before_what_is_skipped)
{
	struct scene s;

	scene_began(&s, 5, 2);
	s.set.until = KIN_UNTIL_TIMESTAMP;
	s.set.until_timestamp_ms = NOW_MS - 1;
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@at a? stopping ended");
	ck_assert_uint_eq(s.pages_held, 0);
	ck_assert_uint_eq(scene_item(&s, "a")->sub, 2);
	scene_end(&s);
}
END_TEST

/* A refused write is ours if the item says what it said, to the record within the aggregate. */
START_TEST(a_write_in_doubt_is_known_by_the_record_within_its_aggregate)
{
	struct scene s;

	for (int other = 0; other < 2; other++) {
		scene_aggregate(&s, 4, 2);
		s.call_us = 100000;
		scene_start(&s);
		scene_wait(&s, KIN__CONSUMER_STORE_UPDATE);
		s.store_after = true;
		s.store_codes[s.stores] = KIN_IO;
		scene_run(&s, s.now_us / 1000 + 1);
		ck_assert_uint_eq(scene_item(&s, "a")->sub, 1);
		scene_item(&s, "a")->sub += (uint64_t)other;
		scene_run(&s, 5000);
		if (other)
			fatal_is(&s, KIN_LOST, "its lease was taken");
		else
			ck_assert_uint_eq(scene_item(&s, "a")->sub, 3);
		scene_end(&s);
	}
}
END_TEST

static TCase *aggregate_case(void)
{
	TCase *tcase = tcase_create("aggregates");

	tcase_add_test(tcase, a_checkpoint_names_the_record_within_its_aggregate);
	tcase_add_test(tcase, a_start_inside_an_aggregate_delivers_exactly_the_rest);
	tcase_add_test(tcase, a_start_behind_an_aggregate_delivers_none_of_it);
	tcase_add_test(tcase, a_start_behind_a_plain_record_does_not_deliver_it_again);
	tcase_add_test(tcase, nothing_is_skipped_when_the_aggregate_is_gone);
	tcase_add_test(tcase, reading_goes_on_behind_the_whole_aggregate);
	tcase_add_test(tcase, an_aggregate_begun_is_delivered_whole_when_they_are_not_taken_apart);
	tcase_add_test(tcase, records_of_another_shard_are_left_out_one_by_one);
	tcase_add_test(tcase, what_is_left_out_is_found_behind_what_is_skipped);
	tcase_add_test(tcase, a_shard_knows_its_hash_keys);
	tcase_add_test(tcase, a_batch_inside_an_aggregate_is_given_back_and_read_again);
	tcase_add_test(tcase, an_aggregate_given_back_is_one_record_of_a_request);
	tcase_add_test(tcase, a_batch_whose_aggregate_was_trimmed_is_a_gap);
	tcase_add_test(tcase, a_batch_of_which_the_first_aggregate_was_trimmed_is_a_gap);
	tcase_add_test(tcase, memory_runs_out_over_an_aggregate);
	tcase_add_test(tcase, a_copy_counts_what_was_skipped);
	tcase_add_test(tcase, until_cuts_before_what_is_skipped);
	tcase_add_test(tcase, a_write_in_doubt_is_known_by_the_record_within_its_aggregate);
	return tcase;
}
#endif
