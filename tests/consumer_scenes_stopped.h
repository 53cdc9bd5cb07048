/* Scenes of check_consumer: what is answered behind a stop, and what an error of the store leaves. */
#ifndef CONSUMER_SCENES_STOPPED_H
#define CONSUMER_SCENES_STOPPED_H
#include "consumer_scene.h"

/* Stops while the first effect of this type is under way; it is answered then. */
static void stop_during(struct scene *s, uint8_t type)
{
	scene_shard(s, "a", NULL, NULL);
	scene_start(s);
	scene_wait(s, type);
	scene_stop(s);
	scene_told(s, "stopping");
	scene_run(s, s->now_us / 1000 + 1000);
}

/* Nobody needs the stream, the list or the store any more: whatever is said of them, it ends. */
START_TEST(a_stop_does_not_mind_what_is_answered)
{
	for (int refused = 0; refused < 2; refused++) {
		struct scene s;

		scene_init(&s);
		s.status = refused ? KIN__STREAM_DELETING : KIN__STREAM_ACTIVE;
		stop_during(&s, KIN__CONSUMER_DESCRIBE);
		scene_told(&s, "ended");
		scene_end(&s);
		scene_init(&s);
		s.verdicts[1] = refused ? KIN__REFUSED : KIN__DONE;
		stop_during(&s, KIN__CONSUMER_LIST_SHARDS);
		scene_told(&s, "ended");
		scene_end(&s);
		scene_init(&s);
		s.store_codes[0] = refused ? KIN_DENIED : KIN_OK;
		stop_during(&s, KIN__CONSUMER_STORE_LIST);
		scene_told(&s, "ended");
		scene_end(&s);
		scene_init(&s);
		s.store_codes[1] = refused ? KIN_DENIED : KIN_OK;
		stop_during(&s, KIN__CONSUMER_STORE_CREATE);
		scene_told(&s, "ended");
		scene_end(&s);
	}
}
END_TEST

/* While a call of b runs, that of a fails: it is not tried again, and nothing has to be woken for. */
START_TEST(a_stop_waits_for_calls_alone)
{
	struct scene s;
	struct shard *a, *b;

	scene_init(&s);
	s.many = true;
	a = scene_shard(&s, "a", NULL, NULL);
	b = scene_shard(&s, "b", NULL, NULL);
	a->sick = true;
	a->call_us = 500000;
	b->call_us = 50000000;
	scene_put(a, 1, 0);
	scene_put(b, 1, 0);
	scene_start(&s);
	scene_run(&s, 100);
	scene_stop(&s);
	scene_run(&s, 5000); /* what was set before is over */
	scene_told(&s, "a: [0] b: [0] stoppingE");
	ck_assert_uint_ge(kin__consumer_wake_us(s.consumer), 60000000); /* set before the stop: the list */
	ck_assert_uint_eq(scene_health(&s).shards_blocked, 0);
	scene_run(&s, 60000);
	scene_told(&s, "ended");
	ck_assert_str_eq(scene_checkpoint(&s, "b"), "1000");
	scene_end(&s);
}
END_TEST

/* The list is answered behind the stop: the next one is not waited for. */
START_TEST(a_stop_waits_for_no_list)
{
	struct scene s;
	struct shard *a;

	scene_init(&s);
	a = scene_shard(&s, "a", NULL, NULL);
	a->call_us = 500000000;
	scene_put(a, 1, 59000);
	scene_start(&s);
	scene_run(&s, 59900);
	scene_told(&s, "[0]");
	scene_wait(&s, KIN__CONSUMER_LIST_SHARDS);
	scene_stop(&s);
	scene_run(&s, 62000);
	scene_told(&s, "stopping");
	ck_assert_uint_eq(kin__consumer_wake_us(s.consumer), UINT64_MAX);
	scene_end(&s);
}
END_TEST

/* The checkpoint of a was refused, and its item cannot be read back: the error is final, and nothing is waited for. */
START_TEST(a_store_that_cannot_be_read_back_is_given_up)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.store_codes[3] = KIN_LOST; /* list, origin, lease, checkpoint */
	s.store_codes[4] = KIN_DENIED;
	scene_start(&s);
	scene_run(&s, 900);
	fatal_is(&s, KIN_DENIED, "the store cannot be used");
	scene_end(&s);
}
END_TEST

/* So it is when the store stays away behind the stop: after as many tries as a checkpoint gets. */
START_TEST(reading_back_behind_a_stop_is_tried_ten_times)
{
	struct scene s;

	scene_init(&s);
	scene_put(scene_shard(&s, "a", NULL, NULL), 1, 0);
	s.store_codes[3] = KIN_LOST;
	for (int i = 4; i < 32; i++)
		s.store_codes[i] = KIN_IO;
	scene_start(&s);
	while (s.stores < 4)
		scene_run(&s, s.now_us / 1000 + 1);
	scene_stop(&s);
	scene_run(&s, 600000);
	fatal_is(&s, KIN_IO, "the store cannot be used");
	ck_assert_uint_eq(s.stores, 4 + 1 + WRITE_TRIES_MAX);
	scene_end(&s);
}
END_TEST

static TCase *stopped_case(void)
{
	TCase *tcase = tcase_create("stopped");

	tcase_add_test(tcase, a_stop_does_not_mind_what_is_answered);
	tcase_add_test(tcase, a_stop_waits_for_calls_alone);
	tcase_add_test(tcase, a_stop_waits_for_no_list);
	tcase_add_test(tcase, a_store_that_cannot_be_read_back_is_given_up);
	tcase_add_test(tcase, reading_back_behind_a_stop_is_tried_ten_times);
	return tcase;
}
#endif
