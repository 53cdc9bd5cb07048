/* Scenes of check_consumer: streams, shards, leases, starts and ends.
 * a@horizon: an iterator of shard a, from there; a?: a fetch; a=1000: its checkpoint goes to the store. */
#ifndef CONSUMER_SCENES_STREAM_H
#define CONSUMER_SCENES_STREAM_H
#include "consumer_scene.h"

static void fatal_is(const struct scene *s, int code, const char *words)
{
	struct kin_consumer_health health = scene_health(s);

	ck_assert_int_eq(health.state, KIN_CONSUMER_FATAL);
	ck_assert_int_eq(health.code, code);
	ck_assert_msg(strstr(health.error.message, words) != NULL, "\"%s\" lacks \"%s\"",
	              health.error.message, words);
	ck_assert(kin__consumer_idle(s->consumer));
	ck_assert_uint_eq(s->pages_held, 0);
}

static void item_of_another(struct scene *s, const char *shard, const char *checkpoint, int64_t covered_ms)
{
	struct item *item = &s->items[s->items_n++];

	*item = (struct item){ .counter = 5, .created_ms = s->created_ms, .covered_ms = covered_ms };
	snprintf(item->shard, sizeof item->shard, "%s", shard);
	snprintf(item->owner, sizeof item->owner, "other");
	snprintf(item->checkpoint, sizeof item->checkpoint, "%s", checkpoint);
}

/* --- lineage -------------------------------------------------------------------- */

START_TEST(parents_before_children)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.many = s.log_store = true;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	a->closed = b->closed = true;
	scene_put(a, 1, 0);
	scene_put(b, 1, 0);
	scene_put(scene_shard(&s, "c", "a", "b"), 1, 0);
	s.poison = 1;
	scene_start(&s);
	scene_run(&s, 100);
	s.words_n = 0;
	scene_run(&s, 5000);
	ck_assert_ptr_null(strstr(s.words, "c"));
	s.poison = 0;
	scene_run(&s, 20000);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "SHARD_END");
	ck_assert_str_eq(scene_checkpoint(&s, "c"), "1000");
	ck_assert_str_eq(scene_item(&s, "c")->parents, "a,b");
	ck_assert_uint_eq(scene_health(&s).shards_ended, 2);
	scene_end(&s);
}
END_TEST

/* No service tells such a thing; if one did, no shard may stay unread. */
START_TEST(parents_in_a_circle)
{
	struct scene s;
	struct shard *of[4];

	scene_init(&s);
	s.many = true;
	s.set.until = KIN_UNTIL_LATEST;
	of[0] = scene_shard(&s, "a", "c", NULL);
	of[1] = scene_shard(&s, "b", "a", "b");
	of[2] = scene_shard(&s, "c", "b", NULL);
	of[3] = scene_shard(&s, "d", "c", "gone");
	for (int i = 0; i < 4; i++) {
		of[i]->closed = true;
		scene_put(of[i], 1, 0);
	}
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "a: [0] b: [0] c: [0] d: [0] stopping ended");
	ck_assert_str_eq(scene_item(&s, "a")->parents, "");
	ck_assert_str_eq(scene_item(&s, "b")->parents, "a");
	ck_assert_str_eq(scene_item(&s, "d")->parents, "c,gone");
	scene_end(&s);
}
END_TEST

START_TEST(a_child_waits_for_the_stored_end)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.log_reads = true;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_shard(&s, "c", "a", NULL);
	scene_start(&s);
	scene_run(&s, 0);
	scene_told(&s, "a@horizon a? c@horizon c?");
	scene_crash(&s);
	s.items_n = 0;
	s.stores = 0;
	memset(s.store_codes, 0, sizeof s.store_codes);
	/* list, origin and lease go well, SHARD_END does not */
	for (int i = 3; i < 20; i++)
		s.store_codes[i] = KIN_NETWORK;
	scene_start(&s);
	while (s.stores < 8)
		scene_run(&s, s.now_us / 1000 + 10);
	scene_told(&s, "a@horizon a?");
	scene_end(&s);
}
END_TEST

START_TEST(children_are_found_at_the_end)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	a->closed = true;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_run(&s, 7000); /* long before the next list is due */
	scene_told(&s, "a: [0] b: [0]");
	scene_end(&s);
}
END_TEST

START_TEST(new_shards_are_found_now_and_then)
{
	struct scene s;

	scene_init(&s);
	s.many = true;
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_put(scene_shard(&s, "b", NULL, NULL), 1, 0);
	scene_run(&s, 59000);
	scene_told(&s, "");
	scene_run(&s, 61000);
	scene_told(&s, "b: [0]");
	scene_end(&s);
}
END_TEST

START_TEST(only_some_shards)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.only_shards = (const char *const[]){ "b" };
	s.set.only_shards_n = 1;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_put(scene_shard(&s, "c", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "b: [0]");
	scene_end(&s);
}
END_TEST

/* --- where it begins ------------------------------------------------------------- */

START_TEST(latest_stores_where_it_began)
{
	struct scene s;
	struct shard *a, *old;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.starting_position = KIN_LATEST;
	s.now_us = 5000000;
	old = scene_shard(&s, "old", NULL, NULL);
	old->closed = true;
	scene_put(old, 1, -100000);
	a = scene_shard(&s, "a", "old", NULL);
	scene_put(a, 1, 4500); /* half a second before the start: not shown */
	scene_start(&s);
	scene_run(&s, 5100);
	scene_told(&s, "a@latest a?");
	ck_assert_str_eq(scene_checkpoint(&s, "-"), "AT_TIMESTAMP");
	ck_assert_int_eq(scene_item(&s, "-")->timestamp_ms, NOW_MS + 4000);
	ck_assert_int_eq(scene_item(&s, "a")->timestamp_ms, NOW_MS + 4000);
	ck_assert_str_eq(scene_checkpoint(&s, "old"), "none");
	scene_crash(&s);
	/* A restart begins there, however late it is, and at no later time. */
	scene_put(a, 1, 6000);
	s.now_us = 90000000;
	scene_start(&s);
	scene_run(&s, 90100);
	scene_told(&s, "a@time a? a: [0,1]");
	scene_end(&s);
}
END_TEST

START_TEST(latest_survives_a_crash_before_its_leases)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.starting_position = KIN_LATEST;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, -5000);
	for (int i = 2; i < 32; i++)
		s.store_codes[i] = KIN_IO;
	scene_start(&s);
	scene_run(&s, 100); /* the origin is stored, the lease is not */
	ck_assert_uint_eq(s.items_n, 1);
	scene_crash(&s);
	memset(s.store_codes, 0, sizeof s.store_codes);
	scene_put(a, 1, 200);
	/* ... and meanwhile the shard was split */
	a->closed = true;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 300);
	s.now_us = 20000000;
	scene_start(&s);
	scene_run(&s, 20100);
	scene_told(&s, "a@time a? a: [1] b@horizon b? b: [0]");
	scene_end(&s);
}
END_TEST

START_TEST(older_children_are_not_shown)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.starting_position = KIN_AT_TIMESTAMP;
	s.set.starting_timestamp_ms = NOW_MS - 10000;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 1, -60000); /* split long before the time asked for */
	scene_put(scene_shard(&s, "b", "a", NULL), 1, -50000);
	scene_put(&s.shards[1], 1, -5000);
	scene_start(&s);
	scene_run(&s, 500);
	scene_told(&s, "a@time a? b@time b? b: [1]");
	scene_end(&s);
}
END_TEST

START_TEST(a_failed_latest_iterator_is_not_asked_for_later)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.starting_position = KIN_LATEST;
	s.verdicts[2] = KIN__THROTTLED; /* after describe and list */
	a = scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 0);
	scene_put(a, 1, 1); /* put after the start */
	scene_run(&s, 2500);
	scene_told(&s, "a@latest a@time a? a: [0] a? a?");
	scene_end(&s);
}
END_TEST

START_TEST(a_lease_of_a_dead_worker_is_taken)
{
	struct scene s;

	scene_init(&s);
	s.log_reads = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 3, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", 0);
	item_of_another(&s, "a", "1000", 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a@after a? [1,2]");
	ck_assert_str_eq(scene_item(&s, "a")->owner, "me");
	ck_assert_uint_eq(scene_item(&s, "a")->counter, 7);
	scene_end(&s);
}
END_TEST

START_TEST(a_reader_stores_nothing)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.leases = false;
	s.set.batch_size = 1;
	s.many = s.log_store = true;
	a = scene_shard(&s, "a", NULL, NULL);
	a->closed = true;
	scene_put(a, 3, 0);
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "a: [0] a: [1] a: [2] b: [0]");
	ck_assert_uint_eq(s.stores + s.items_n, 0);
	scene_stop(&s);
	scene_told(&s, "stopping ended");
	scene_end(&s);
}
END_TEST

/* --- leases ---------------------------------------------------------------------- */

START_TEST(a_lost_lease_is_fatal_and_names_the_owner)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.batch_size = 1;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 4, 0);
	scene_start(&s);
	scene_run(&s, 0);
	scene_item(&s, "a")->counter += 1;
	snprintf(scene_item(&s, "a")->owner, 32, "thief");
	scene_run(&s, 900);
	scene_told(&s, "[0] [1] FATAL"); /* 1 was under way when the write of 0 was refused */
	fatal_is(&s, KIN_LOST, "thief");
	fatal_is(&s, KIN_LOST, "a: its lease was taken");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "TRIM_HORIZON");
	scene_end(&s);
}
END_TEST

START_TEST(a_lease_lost_while_taking_it)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", 0);
	item_of_another(&s, "a", "TRIM_HORIZON", 0);
	s.store_codes[1] = KIN_LOST; /* list, then the take */
	scene_start(&s);
	scene_run(&s, 900);
	scene_told(&s, "FATAL");
	fatal_is(&s, KIN_LOST, "other");
	scene_end(&s);
}
END_TEST

START_TEST(an_own_write_is_recognised)
{
	struct scene s;

	scene_init(&s);
	s.store_after = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	/* list, origin, lease, checkpoint: each of the writes took effect, and its answer was lost */
	s.store_codes[1] = s.store_codes[4] = s.store_codes[7] = KIN_NETWORK;
	scene_start(&s);
	scene_run(&s, 30000);
	scene_told(&s, "[0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

START_TEST(a_store_that_refuses_is_fatal)
{
	struct scene s;

	scene_init(&s);
	scene_shard(&s, "a", NULL, NULL);
	s.store_codes[2] = KIN_DENIED;
	scene_start(&s);
	scene_run(&s, 900);
	fatal_is(&s, KIN_DENIED, "a: the store refused");
	scene_end(&s);
}
END_TEST

/* --- gaps ------------------------------------------------------------------------ */

static void trimmed_scene(struct scene *s, int32_t on_gap)
{
	struct shard *a;

	scene_init(s);
	s->set.on_gap = on_gap;
	s->retention_ms = 60000;
	a = scene_shard(s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(s);
	scene_run(s, 900);
	scene_told(s, "[0]");
	scene_crash(s);
	scene_put(a, 2, 10000);
	a->horizon = 2; /* one of them is trimmed before anybody saw it */
	s->now_us = 80000000;
	scene_start(s);
	scene_run(s, 80900);
}

START_TEST(a_gap_stops)
{
	struct scene s;

	trimmed_scene(&s, KIN_GAP_STOP);
	scene_told(&s, "FATAL");
	fatal_is(&s, KIN_GAP,
	         "a: records that arrived from 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:40.000Z");
	fatal_is(&s, KIN_GAP, "; on_gap = continue would go on with what is there");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_end(&s);
}
END_TEST

START_TEST(a_gap_is_counted)
{
	struct scene s;

	trimmed_scene(&s, KIN_GAP_CONTINUE);
	scene_told(&s, "[2]");
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_end(&s);
}
END_TEST

START_TEST(an_idle_stream_raises_no_gap)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.retention_ms = 60000;
	s.set.shard_sync_interval_us = 5000000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 300000);
	/* nothing came for five minutes: the item says that nothing is outstanding up to a quarter of the retention ago */
	ck_assert_int_ge(scene_item(&s, "a")->covered_ms, NOW_MS + 300000 - 15000 - 8000);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1000");
	scene_crash(&s);
	s.now_us = 301000000;
	scene_start(&s);
	scene_run(&s, 310000);
	ck_assert_uint_eq(scene_health(&s).gaps, 0);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

/* For longer than the retention nobody tells the time, but answers come: all that there was has been read. */
START_TEST(a_late_clock_raises_no_gap)
{
	struct scene s;

	scene_init(&s);
	s.no_clock = true;
	s.date_us = 300000000;
	s.retention_ms = 60000;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 310000);
	ck_assert(!s.no_clock);
	scene_told(&s, "[0]");
	ck_assert_uint_eq(scene_health(&s).gaps, 0);
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

static void recreate(struct scene *s, struct shard *a)
{
	s->created_ms = NOW_MS + (int64_t)(s->now_us / 1000);
	a->n = 0;
	scene_put(a, 2, (int64_t)(s->now_us / 1000));
}

START_TEST(a_stream_created_anew_while_away)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 900);
	scene_crash(&s);
	recreate(&s, a);
	scene_start(&s);
	scene_run(&s, 1900);
	scene_told(&s, "[0] FATAL");
	fatal_is(&s, KIN_GAP, "created anew");
	scene_crash(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.set.starting_position = KIN_LATEST; /* no: what a new stream holds was not seen yet */
	scene_start(&s);
	scene_run(&s, 2900);
	scene_told(&s, "[0,1]");
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_crash(&s);
	s.set.on_gap = KIN_GAP_STOP; /* told once, and gone on with */
	scene_start(&s);
	scene_run(&s, 3900);
	scene_told(&s, "");
	ck_assert_int_eq(scene_health(&s).state, KIN_CONSUMER_RUNNING);
	scene_end(&s);
}
END_TEST

START_TEST(a_stream_created_anew_while_running)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 2, 0);
	s.poison = 1;
	s.call_us = 100000;
	scene_start(&s);
	scene_run(&s, 900);
	s.words_n = 0;
	recreate(&s, a);
	s.poison = 0;
	a->gone = true;
	s.words_n = 0;
	scene_run(&s, 1500); /* a fetch says not found */
	a->gone = false;
	scene_run(&s, 70000); /* the next list */
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "1001");
	ck_assert_uint_eq(scene_health(&s).dropped + scene_health(&s).handled, 4);
	ck_assert_uint_eq(s.pages_held, 0);
	scene_end(&s);
}
END_TEST

/* The new stream is as old as itself: what the first one's age would call trimmed is none of its records. */
START_TEST(a_young_stream_has_no_gap_of_its_own)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	s.retention_ms = 60000;
	a = scene_shard(&s, "a", NULL, NULL);
	scene_put(a, 1, 0);
	scene_start(&s);
	scene_run(&s, 100000);
	ck_assert_uint_eq(scene_health(&s).gaps, 0);
	recreate(&s, a);
	scene_run(&s, 200000);
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_end(&s);
}
END_TEST

/* LATEST is when the consumer began, also when the service's clock is learned of only later. */
START_TEST(latest_is_the_start_though_the_clock_comes_late)
{
	struct scene s;

	scene_init(&s);
	s.no_clock = true;
	s.set.starting_position = KIN_LATEST;
	scene_shard(&s, "a", NULL, NULL);
	scene_start(&s);
	scene_run(&s, 5000);
	ck_assert_ptr_null(scene_item(&s, "-"));
	s.no_clock = false;
	scene_run(&s, 8000);
	ck_assert_int_eq(scene_item(&s, "-")->timestamp_ms, NOW_MS - 1000);
	scene_end(&s);
}
END_TEST

START_TEST(a_position_that_the_service_does_not_know)
{
	struct scene s;

	scene_init(&s);
	s.many = s.log_reads = true;
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
	item_of_another(&s, "a", "77", NOW_MS); /* a number of another stream */
	scene_start(&s);
	scene_run(&s, 900);
	fatal_is(&s, KIN_GAP, "position 77");
	s.words_n = 0;
	scene_crash(&s);
	s.set.on_gap = KIN_GAP_CONTINUE;
	scene_start(&s);
	scene_run(&s, 2500);
	ck_assert_ptr_nonnull(strstr(s.words, "a@horizon a? a: [0]"));
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_end(&s);
}
END_TEST

START_TEST(a_shard_that_is_gone)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	s.many = true;
	s.set.on_gap = KIN_GAP_CONTINUE;
	a = scene_shard(&s, "a", NULL, NULL);
	a->gone = a->closed = true;
	scene_put(scene_shard(&s, "b", "a", NULL), 1, 0);
	item_of_another(&s, "-", "TRIM_HORIZON", NOW_MS);
	item_of_another(&s, "a", "1000", NOW_MS);
	scene_start(&s);
	scene_run(&s, 5000);
	scene_told(&s, "b: [0]");
	ck_assert_str_eq(scene_checkpoint(&s, "a"), "SHARD_END");
	ck_assert_uint_eq(scene_health(&s).gaps, 1);
	scene_end(&s);
}
END_TEST

/* The first records do not wait until each shard has its iterator: two requests, and the handler has some. */
START_TEST(a_shard_whose_iterator_came_is_read_next)
{
	static const char *const ids[] = { "a", "b", "c" };
	struct scene s;

	scene_init(&s);
	s.many = s.log_reads = true;
	s.set.fetches_max = 1;
	for (size_t i = 0; i < 3; i++)
		scene_put(scene_shard(&s, ids[i], NULL, NULL), 1, 0);
	scene_start(&s);
	scene_run(&s, 100);
	s.words[s.words_n] = 0;
	ck_assert_msg(strncmp(s.words, " a@horizon a? a: [0] b@horizon b? b: [0] c@horizon c?", 53) == 0,
	              "%s", s.words);
	scene_end(&s);
}
END_TEST

static TCase *stream_case(void)
{
	TCase *tcase = tcase_create("stream");

	tcase_add_test(tcase, parents_before_children);
	tcase_add_test(tcase, parents_in_a_circle);
	tcase_add_test(tcase, a_child_waits_for_the_stored_end);
	tcase_add_test(tcase, children_are_found_at_the_end);
	tcase_add_test(tcase, new_shards_are_found_now_and_then);
	tcase_add_test(tcase, only_some_shards);
	tcase_add_test(tcase, latest_stores_where_it_began);
	tcase_add_test(tcase, latest_survives_a_crash_before_its_leases);
	tcase_add_test(tcase, older_children_are_not_shown);
	tcase_add_test(tcase, a_failed_latest_iterator_is_not_asked_for_later);
	tcase_add_test(tcase, a_lease_of_a_dead_worker_is_taken);
	tcase_add_test(tcase, a_reader_stores_nothing);
	tcase_add_test(tcase, a_lost_lease_is_fatal_and_names_the_owner);
	tcase_add_test(tcase, a_lease_lost_while_taking_it);
	tcase_add_test(tcase, an_own_write_is_recognised);
	tcase_add_test(tcase, a_store_that_refuses_is_fatal);
	tcase_add_test(tcase, a_gap_stops);
	tcase_add_test(tcase, a_gap_is_counted);
	tcase_add_test(tcase, an_idle_stream_raises_no_gap);
	tcase_add_test(tcase, a_late_clock_raises_no_gap);
	tcase_add_test(tcase, a_stream_created_anew_while_away);
	tcase_add_test(tcase, a_stream_created_anew_while_running);
	tcase_add_test(tcase, a_young_stream_has_no_gap_of_its_own);
	tcase_add_test(tcase, latest_is_the_start_though_the_clock_comes_late);
	tcase_add_test(tcase, a_position_that_the_service_does_not_know);
	tcase_add_test(tcase, a_shard_that_is_gone);
	tcase_add_test(tcase, a_shard_whose_iterator_came_is_read_next);
	return tcase;
}
#endif
