/* Part of check_producer: what is placed, when memory is short. */

/* Whatever allocation fails: each record is reported once, and nothing is left. */
START_TEST(placed_without_memory)
{
	for (uint64_t i = 1; i < 60; i++) {
		struct story *s = begin(500, 1000000, 8);

		s->settings.aggregate = s->settings.order_by_key = true;
		s->settings.rate_percent = 100;
		kin__producer_free(s->producer);
		kin__mem_fail_run(i, i % 3 + 1);
		s->producer = kin__producer_new(&s->settings);
		if (!s->producer) {
			kin__mem_fail_at(0);
			end(s);
			continue;
		}
		put_at(s, "0101", 104, _i ? 20000 : 0);
		map(s, "aaaabbbb");
		at(s, 1000);
		put_parts(s, "0107");
		for (uint32_t turn = 1, steps = 0; steps < 400 && wake_ms(s) != UINT64_MAX; steps++) {
			if (turn <= s->sent_n)
				answer_at(s, turn++, "S", "a");
			else if (steps == 5)
				kin__mem_fail_at(0);
			else if (s->list && steps % 7 == 6 && strstr(s->words, "list"))
				s->words_n = 0;
			else
				at(s, wake_ms(s));
		}
		kin__mem_fail_at(0);
		for (uint32_t record = 0; record < s->put_n; record++)
			ck_assert_uint_eq(s->reported[record], 1);
		end(s);
	}
}
END_TEST

/* No outer record can be made: the lane is looked at again a little later, and nothing is lost. */
START_TEST(without_memory_for_an_outer_record_a_lane_waits)
{
	struct story *s = begin_placed(true, false, 0);

	put_parts(s, "00");
	map(s, "aaaaaaaa");
	tells(s, "list");
	kin__mem_fail_run(1, 100000);
	at(s, 100);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 150);
	put_parts(s, "0"); /* nobody looks before */
	tells(s, "");
	kin__mem_fail_at(0);
	at(s, 149);
	tells(s, "");
	at(s, 150);
	tells(s, "send ( 1 2 3 )");
	ck_assert_uint_eq(wake_ms(s), 300000);
	end(s);
}
END_TEST

/* The outer record is there, and not the key that is to be kept in order. */
START_TEST(without_memory_for_a_key_a_lane_waits)
{
	struct story *s = begin_placed(true, true, 0);

	put_parts(s, "0");
	map(s, "aaaaaaaa");
	tells(s, "list");
	kin__mem_fail_at(2);
	at(s, 100);
	tells(s, "");
	ck_assert_uint_eq(wake_ms(s), 150);
	kin__mem_fail_at(0);
	at(s, 150);
	tells(s, "send 1");
	answer_at(s, 1, "S", "a");
	tells(s, "1 stored after 1");
	ck_assert_uint_eq(wake_ms(s), UINT64_MAX);
	end(s);
}
END_TEST

/* A place or more for each key, and not many more: so a look-up is short, and the table small. */
static void check_slots(const struct kin__keys *keys)
{
	ck_assert_uint_ge(keys->slots_n, keys->n);
	ck_assert(keys->slots_n == 64 || keys->slots_n <= keys->n * 8);
	ck_assert_uint_eq(keys->slots_n & (keys->slots_n - 1), 0);
}

/* When it cannot grow it is as full as it must be, and knows all keys still. */
START_TEST(a_table_that_cannot_grow_takes_keys_all_the_same)
{
	enum { MANY = 200 };
	struct kin__keys keys;

	kin__keys_init(&keys);
	for (uint64_t id = 0; id < 64; id++)
		ck_assert_ptr_nonnull(kin__keys_take(&keys, id));
	ck_assert_uint_eq(keys.slots_n, 64);
	for (uint64_t id = 64; id < MANY; id++) {
		kin__mem_fail_at(1);
		ck_assert_ptr_nonnull(kin__keys_take(&keys, id));
	}
	kin__mem_fail_at(0);
	ck_assert_uint_eq(keys.slots_n, 64);
	for (uint64_t id = 0; id < MANY; id++)
		ck_assert_uint_eq(kin__keys_find(&keys, id)->id, id);
	kin__keys_fini(&keys);
	kin__keys_init(&keys);
	kin__mem_fail_at(1);
	ck_assert_ptr_null(kin__keys_take(&keys, 1)); /* there is no table at all */
	kin__mem_fail_at(0);
	kin__keys_fini(&keys);
}
END_TEST

/* Each of another key, each a record of the stream: of what they needed nothing is left when one of them is. */
START_TEST(memory_is_given_back_after_a_burst)
{
	enum { MANY = 1900 };
	struct story *s = begin_placed(false, true, 0);
	const struct kin__placer *placer = s->producer->placer;
	struct kin__producer_event event = { .type = KIN__PRODUCER_PUT };
	struct kin__list list;
	char results[501] = "";

	kin__list_init(&list);
	for (uint64_t i = 0; i < MANY; i++) {
		s->placed[i] = (struct kin__placed){
			.hash = { i, 1 }, .key_id = i, .key_n = 4, .data_n = 96
		};
		s->records[i].bytes = 100;
		s->records[i].placed = &s->placed[i];
		kin__list_append(&list, &s->records[s->put_n++].queue);
	}
	event.records = &list;
	step(s, &event);
	at(s, 100);
	s->words_n = 0;
	ck_assert_uint_eq(s->sent_n, 4);
	ck_assert_uint_ge(placer->outers.blocks_n, MANY / KIN__SLAB_BLOCK);
	ck_assert_uint_ge(placer->keys.slab.blocks_n, MANY / KIN__SLAB_BLOCK);
	check_slots(&placer->keys);
	memset(results, 'S', s->sent[1].n);
	results[7] = 't'; /* this one waits */
	answer_at(s, 1, results, "a");
	for (uint32_t turn = 2; turn <= 4; turn++) {
		check_slots(&placer->keys);
		s->words_n = 0;
		answer_at(s, turn, "S", "a");
	}
	ck_assert_uint_eq(placer->outers.n, 1);
	ck_assert_uint_le(placer->outers.blocks_n, 2);
	ck_assert_uint_eq(placer->keys.n, 1);
	ck_assert_uint_le(placer->keys.slab.blocks_n, 2);
	ck_assert_uint_le(placer->keys.slots_n, 64);
	at(s, 60000);
	answer_at(s, 5, "S", "a");
	ck_assert_uint_eq(s->reported[7], 1);
	ck_assert_uint_le(placer->outers.blocks_n, 1);
	end(s);
}
END_TEST

/* What it takes to put many keys together goes when no aggregate is under way; not before. */
START_TEST(tables_of_keys_are_given_back)
{
	enum { MANY = 1900 };
	struct story *s = begin_placed(true, false, 0);
	const struct kin__placer *placer = s->producer->placer;
	struct kin__producer_event event = { .type = KIN__PRODUCER_PUT };
	struct kin__list list;

	put_parts(s, "7");
	map(s, "aaaabbbb");
	at(s, 100);
	kin__list_init(&list);
	for (uint64_t i = 0; i < MANY; i++) {
		struct kin__placed *placed = &s->placed[s->put_n];

		*placed = (struct kin__placed){
			.hash = { i, 1 }, .key_id = i, .key_n = 4, .data_n = 4, .hash_n = 5
		};
		s->records[s->put_n].bytes = 8;
		s->records[s->put_n].placed = placed;
		kin__list_append(&list, &s->records[s->put_n++].queue);
	}
	event.records = &list;
	step(s, &event);
	at(s, 200);
	ck_assert_uint_eq(s->sent_n, 2);
	ck_assert_uint_eq(s->sent[2].n, 1);
	ck_assert_uint_ge(placer->key_ids.room, MANY);
	ck_assert_uint_ge(placer->hash_ids.room, MANY);
	s->words_n = 0;
	answer_at(s, 2, "S", "a");
	ck_assert_uint_eq(placer->outers.n, 1);
	ck_assert_uint_ge(placer->key_ids.room, MANY);
	s->words_n = 0;
	answer_at(s, 1, "S", "b");
	ck_assert_uint_eq(placer->key_ids.room, 0);
	ck_assert_uint_eq(placer->hash_ids.room, 0);
	end(s);
}
END_TEST

/* Four times all shards are others than before: of each map but the last no lane is left. */
START_TEST(lanes_go_with_their_shards)
{
	static const char *const maps[] = { "aaaabbbb", "ccccdddd", "eeeeffff", "gggghhhh" };
	struct story *s = begin_placed(true, false, 0);
	const struct kin__placer *placer = s->producer->placer;
	uint32_t answered = 0;

	for (uint32_t i = 0; i < KIN__ARRAY_LEN(maps); i++) {
		size_t lanes = 0;

		put_parts(s, "04");
		ck_assert_uint_eq(s->list, i + 1);
		map(s, maps[i]);
		at(s, s->now_ms + 2000);
		while (answered < s->sent_n)
			answer_at(s, ++answered, "S", "z"); /* nobody knows it: another map is wanted */
		for (const struct kin__list *node = placer->lanes.next; node != &placer->lanes;
		     node = node->next)
			lanes++;
		ck_assert_msg(lanes <= 3, "%zu lanes after %u maps of two shards", lanes, i + 1);
	}
	end(s);
}
END_TEST

static void memory_case(Suite *suite)
{
	TCase *tcase = tcase_create("memory");

	tcase_add_loop_test(tcase, placed_without_memory, 0, 2);
	tcase_add_test(tcase, without_memory_for_an_outer_record_a_lane_waits);
	tcase_add_test(tcase, without_memory_for_a_key_a_lane_waits);
	tcase_add_test(tcase, a_table_that_cannot_grow_takes_keys_all_the_same);
	tcase_add_test(tcase, memory_is_given_back_after_a_burst);
	tcase_add_test(tcase, tables_of_keys_are_given_back);
	tcase_add_test(tcase, lanes_go_with_their_shards);
	suite_add_tcase(suite, tcase);
}
