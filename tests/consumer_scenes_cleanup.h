/* Scenes of check_consumer: items of shards that the service has forgotten leave the store, and no others. */
#ifndef CONSUMER_SCENES_CLEANUP_H
#define CONSUMER_SCENES_CLEANUP_H
#include "consumer_scene.h"

/* a was split into b and c, long before the next list of shards. */
static void split(struct scene *s)
{
	struct shard *a;

	scene_init(s);
	s->many = true;
	s->retention_ms = 10000;
	a = scene_shard(s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(s, "b", "a", NULL), 1, 1000);
	scene_put(scene_shard(s, "c", "a", NULL), 1, 1000);
	scene_start(s);
	scene_run(s, 2000);
	scene_told(s, "a: [0] b: [0] c: [0]");
	ck_assert_str_eq(scene_checkpoint(s, "a"), "SHARD_END");
}

START_TEST(the_item_of_a_forgotten_shard_leaves_the_store)
{
	struct scene s;

	split(&s);
	scene_run(&s, 61000); /* it is listed still */
	scene_told(&s, "");
	scene_find(&s, "a")->gone = true;
	scene_run(&s, 121000);
	scene_told(&s, "remove a");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "none");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "1000");
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 0);
	ck_assert_str_eq(s.note, "a: the service has forgotten it, and its item in the store was removed");
	scene_run(&s, 300000); /* once */
	scene_told(&s, "");
	scene_crash(&s);
	s.retention_ms = 86400000; /* the last list may be older than 10 s */
	scene_start(&s);
	scene_run(&s, 400000);
	scene_told(&s, "");
	ck_assert_uint_eq(scene_health(&s).gaps, 0);
	scene_end(&s);
}
END_TEST

START_TEST(the_items_of_all_forgotten_shards_leave_the_store)
{
	struct scene s;

	scene_init(&s);
	s.many = true;
	s.retention_ms = 10000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_put(scene_shard(&s, "c", "a", NULL), 1, 1000);
	scene_put(scene_shard(&s, "d", "b", NULL), 1, 1000);
	s.shards[0].closed = s.shards[1].closed = true;
	scene_start(&s);
	scene_run(&s, 2000);
	s.words_n = 0;
	s.shards[0].gone = s.shards[1].gone = true;
	scene_run(&s, 121000);
	scene_told(&s, "remove a remove b");
	ck_assert_str_eq(scene_checkpoint(&s, "c"), "1000");
	ck_assert_str_eq(scene_checkpoint(&s, "d"), "1000");
	scene_end(&s);
}
END_TEST

START_TEST(an_item_stays_while_its_shard_might_hold_records)
{
	struct scene s;

	split(&s);
	scene_find(&s, "a")->gone = true; /* by an answer that is not true, perhaps */
	s.consumer->retention_ms = 52900; /* and an eighth: up to 59.5 s */
	scene_run(&s, 60500);
	scene_told(&s, "remove a");
	scene_end(&s);
	split(&s);
	scene_find(&s, "a")->gone = true;
	s.retention_ms = 54000; /* and an eighth: up to 60.7 s */
	scene_run(&s, 60500);
	scene_told(&s, "");
	scene_end(&s);
}
END_TEST

START_TEST(an_item_stays_while_the_retention_is_not_known)
{
	struct scene s;

	split(&s);
	scene_find(&s, "a")->gone = true;
	s.retention_ms = 0;
	scene_run(&s, 121000);
	scene_told(&s, "");
	scene_end(&s);
}
END_TEST

START_TEST(an_item_stays_while_a_child_asks_where_it_ended)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.retention_ms = 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_shard(&s, "c", "a", "b"); /* begins when b has ended */
	scene_start(&s);
	scene_run(&s, 2000);
	a->gone = true;
	scene_run(&s, 121000);
	scene_told(&s, "a: [0] b: [0]");
	scene_find(&s, "b")->closed = true;
	scene_run(&s, 181000);
	scene_told(&s, "remove a");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "SHARD_END");
	ck_assert_str_eq(scene_checkpoint(&s, "c"), "TRIM_HORIZON");
	scene_end(&s);
}
END_TEST

START_TEST(an_item_that_cannot_be_removed_harms_nobody)
{
	struct scene s;

	split(&s);
	scene_find(&s, "a")->gone = true;
	s.stores = 0;
	s.store_codes[0] = KIN_IO; /* tried again */
	s.store_codes[1] = KIN_REFUSED;
	scene_run(&s, 62000);
	scene_told(&s, "remove a remove a");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	ck_assert_uint_eq(s.notes[KIN_LOG_WARN], 1);
	scene_run(&s, 200000);
	scene_told(&s, "");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

START_TEST(an_item_changed_by_somebody_stays)
{
	struct scene s;

	split(&s);
	scene_find(&s, "a")->gone = true;
	scene_item(&s, "a")->counter += 7;
	scene_run(&s, 62000);
	scene_told(&s, "remove a");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

START_TEST(a_reader_has_nothing_to_remove)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.leases = false;
	s.retention_ms = 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_shard(&s, "b", "a", NULL);
	scene_start(&s);
	scene_run(&s, 2000);
	a->gone = true;
	scene_run(&s, 121000);
	scene_told(&s, "a: [0]");
	scene_end(&s);
}
END_TEST

static TCase *cleanup_case(void)
{
	TCase *tc = tcase_create("cleanup");

	tcase_add_test(tc, the_item_of_a_forgotten_shard_leaves_the_store);
	tcase_add_test(tc, the_items_of_all_forgotten_shards_leave_the_store);
	tcase_add_test(tc, an_item_stays_while_its_shard_might_hold_records);
	tcase_add_test(tc, an_item_stays_while_the_retention_is_not_known);
	tcase_add_test(tc, an_item_stays_while_a_child_asks_where_it_ended);
	tcase_add_test(tc, an_item_that_cannot_be_removed_harms_nobody);
	tcase_add_test(tc, an_item_changed_by_somebody_stays);
	tcase_add_test(tc, a_reader_has_nothing_to_remove);
	return tc;
}
#endif
