/* Scenes of check_consumer: what the items of some shards say about others. */
#ifndef CONSUMER_SCENES_LINEAGE_H
#define CONSUMER_SCENES_LINEAGE_H
#include "consumer_scene.h"

/* A shard that has an item was begun when all above it were over: their items were removed by hand since, or never needed.
 * They hold what is older than the time asked for, and stay unread: the parent, and the parent's parent. */
START_TEST(nothing_above_a_begun_shard_is_read)
{
	struct scene s;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS - 10000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_put(scene_shard(&s, "c", "b", NULL), 2, 0);
	s.shards[0].closed = s.shards[1].closed = true;
	item_of_another(&s, "-", "AT_TIMESTAMP", 0);
	s.items[0].timestamp_ms = NOW_MS - 10000;
	item_of_another(&s, "c", "1000", 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "c@after c? c: [1]");
	scene_end(&s);
}
END_TEST

/* The gap is what the service held of it: what was read of it before is handled. */
START_TEST(what_was_read_of_a_shard_that_is_gone_is_handled)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.batch_size = 1;
	s.call_us = 3000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 3, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 500);
	a->gone = a->closed = true;
	scene_run(&s, 2000);
	scene_told(&s, "a: [0]");
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_run(&s, 30000);
	scene_told(&s, "a: [1] a: [2] b: [0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	ck_assert_uint_eq(scene_health(&s).dropped, 0);
	scene_end(&s);
}
END_TEST

/* Up to the record that is done, and not to the next one, which may be trimmed before it is. */
START_TEST(what_is_covered_ends_with_what_is_done)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 1;
	s.call_us = 3000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -900);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 3500);
	scene_told(&s, "[0] [1]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_int_eq(scene_item(&s, "a")->covered_ms, NOW_MS - 900);
	scene_end(&s);
}
END_TEST

static TCase *lineage_case(void)
{
	TCase *tcase = tcase_create("lineage");

	tcase_add_test(tcase, nothing_above_a_begun_shard_is_read);
	tcase_add_test(tcase, what_was_read_of_a_shard_that_is_gone_is_handled);
	tcase_add_test(tcase, what_is_covered_ends_with_what_is_done);
	return tcase;
}
#endif
