/* The containers' part of check_base.c: arena, list, heap, map, machine and check. */
#ifndef KIN_TESTS_BASE_CONTAINERS_H
#define KIN_TESTS_BASE_CONTAINERS_H

/* --- arena ---------------------------------------------------------------------------- */

START_TEST(arena_blocks)
{
	static const size_t sizes[] = {
		0, 1, 15, 16, 17, 900, 1024, 1025, 20000, 70000, 3, 1, 200000, 5, 64
	};
	struct kin__arena arena;
	unsigned char *blocks[KIN__ARRAY_LEN(sizes)];
	size_t kept;

	kin__arena_init(&arena);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < KIN__ARRAY_LEN(sizes); i++) {
			blocks[i] = kin__arena_alloc(&arena, sizes[i]);
			ck_assert_ptr_nonnull(blocks[i]);
			ck_assert_uint_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
			memset(blocks[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < KIN__ARRAY_LEN(sizes); i++) /* none lies over another */
			for (size_t j = 0; j < sizes[i]; j++)
				if (blocks[i][j] != i + 1)
					ck_abort_msg("block %d was overwritten", (int)i);
		kept = arena.total;
		kin__arena_clear(&arena);
		ck_assert_uint_lt(arena.total, kept);
	}
	ck_assert_ptr_null(kin__arena_alloc(&arena, SIZE_MAX));
	ck_assert_ptr_null(kin__arena_alloc(&arena, SIZE_MAX - _Alignof(max_align_t)));
	ck_assert_str_eq(kin__arena_text(&arena, "abcdef", 3), "abc");
	ck_assert_str_eq(kin__arena_text(&arena, NULL, 0), "");
	kin__arena_fini(&arena);
}
END_TEST

START_TEST(arena_clear_keeps)
{
	struct kin__arena arena;

	kin__arena_init(&arena);
	kin__arena_clear(&arena);
	kin__arena_alloc(&arena, 100);
	kin__mem_fail_at(0);
	for (int i = 0; i < 100; i++) {
		kin__arena_clear(&arena);
		ck_assert_ptr_nonnull(kin__arena_alloc(&arena, 500));
	}
	ck_assert_uint_eq(kin__mem_count(), 0);
	kin__arena_fini(&arena);
}
END_TEST

static bool arena_scene(void)
{
	struct kin__arena arena;
	bool fine = true;

	kin__arena_init(&arena);
	for (size_t i = 0; i < 40; i++)
		fine = kin__arena_alloc(&arena, i * i * 30) && fine;
	fine = kin__arena_text(&arena, "text", 4) && fine;
	kin__arena_fini(&arena);
	return fine;
}

/* --- list ----------------------------------------------------------------------------- */

struct item {
	int value;
	struct kin__list node;
	struct kin__heap_node timer;
};

START_TEST(list_order)
{
	struct kin__list list;
	struct item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };

	kin__list_init(&list);
	ck_assert(kin__list_empty(&list));
	kin__list_append(&list, &items[1].node);
	kin__list_append(&list, &items[2].node);
	kin__list_prepend(&list, &items[0].node);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kin__container(list.next, struct item, node)->value, i + 1);
		kin__list_remove(list.next);
	}
	ck_assert(kin__list_empty(&list) && kin__list_empty(&items[0].node));
	kin__list_remove(&items[0].node); /* not in a list: nothing */
}
END_TEST

/* --- heap ----------------------------------------------------------------------------- */

enum { TIMERS = 500 };

/* The naive answer: the earliest due, of equals the one that came first. */
static struct item *naive_first(struct item *items)
{
	struct item *first = NULL;

	for (int i = 0; i < TIMERS; i++)
		if (items[i].timer.index != 0 &&
		    (!first || items[i].timer.due < first->timer.due ||
		     (items[i].timer.due == first->timer.due && items[i].value < first->value)))
			first = &items[i];
	return first;
}

START_TEST(heap_against_search)
{
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__heap heap;
	struct item *items = calloc(TIMERS, sizeof *items);
	int came = 0;

	kin__heap_init(&heap);
	ck_assert_ptr_null(kin__heap_first(&heap));
	for (int round = 0; round < 4000; round++) {
		struct item *item = &items[kin__rng_below(&rng, TIMERS)], *first = naive_first(items);
		uint64_t due = kin__rng_below(&rng, 50);

		if ((first ? &first->timer : NULL) != kin__heap_first(&heap))
			ck_abort_msg("a wrong first at round %d", round);
		if (kin__rng_chance(&rng, 600)) {
			if (item->timer.index == 0 || item->timer.due != due)
				item->value = came++;
			ck_assert_int_eq(kin__heap_set(&heap, &item->timer, due), 0);
		} else {
			kin__heap_remove(&heap,
			                 kin__rng_chance(&rng, 500) && first ? &first->timer : &item->timer);
		}
	}
	kin__heap_fini(&heap);
	for (int i = 0; i < TIMERS; i++)
		ck_assert_uint_eq(items[i].timer.index, 0);
	free(items);
}
END_TEST

/* n timers of few different dues leave by due, and within one in the order they came. */
START_TEST(heap_sorts)
{
	struct kin__rng rng = { 99 };
	struct kin__heap heap;
	struct item *items = calloc(10000, sizeof *items);
	uint64_t due = 0;
	int last = -1;

	kin__heap_init(&heap);
	for (int i = 0; i < 10000; i++) {
		items[i].value = i;
		ck_assert_int_eq(kin__heap_set(&heap, &items[i].timer, kin__rng_below(&rng, 100)), 0);
	}
	for (int i = 0; i < 10000; i++) {
		struct item *item = kin__container(kin__heap_first(&heap), struct item, timer);

		if (item->timer.due < due || (item->timer.due == due && item->value < last))
			ck_abort_msg("timer %d out of order", item->value);
		due = item->timer.due;
		last = item->value;
		kin__heap_remove(&heap, &item->timer);
	}
	ck_assert_ptr_null(kin__heap_first(&heap));
	kin__heap_remove(&heap, &items[0].timer);
	kin__heap_fini(&heap);
	free(items);
}
END_TEST

static bool heap_scene(void)
{
	struct kin__heap heap;
	struct item items[40] = { 0 };
	bool fine = true;

	kin__heap_init(&heap);
	for (uint64_t i = 0; i < 40; i++)
		if (kin__heap_set(&heap, &items[i].timer, 40 - i) < 0) {
			fine = false;
			ck_assert_uint_eq(items[i].timer.index, 0);
		}
	kin__heap_set(&heap, &items[0].timer, 0); /* a move needs no memory */
	ck_assert(!fine || kin__heap_first(&heap) == &items[0].timer);
	kin__heap_fini(&heap);
	return fine;
}

/* --- map ------------------------------------------------------------------------------- */

enum { KEYS = 10000 };

static struct kin__span key_of(char room[32], uint64_t i)
{
	return kin__span(room, (size_t)snprintf(room, 32, "shardId-%012d", (int)i));
}

/* Walk, count and every look-up agree with a plain array of values; the walk goes by the time of insertion. */
static void check_map(const struct kin__map *map, void *const values[], const int came[])
{
	struct kin__map_entry *entry;
	size_t live = 0, walked = 0, at = 0;
	char room[32];
	int last = -1;

	for (uint64_t i = 0; i < KEYS; i++) {
		live += values[i] != NULL;
		if (kin__map_get(map, key_of(room, i)) != values[i])
			ck_abort_msg("a wrong value of %s", room);
	}
	while ((entry = kin__map_next(map, &at))) {
		int i = atoi(entry->key + 8);

		if (entry->value != values[i] || entry->key[entry->key_n] != 0 || came[i] <= last)
			ck_abort_msg("%s walked wrongly", entry->key);
		last = came[i];
		walked++;
	}
	ck_assert_uint_eq(walked, live);
	ck_assert_uint_eq(map->live, live);
}

START_TEST(map_against_array)
{
	struct kin__rng rng = { 5 };
	struct kin__map map;
	void **values = calloc(KEYS, sizeof *values);
	int *came = calloc(KEYS, sizeof *came);
	char room[32];

	kin__map_init(&map);
	ck_assert_ptr_null(kin__map_get(&map, T("x")));
	ck_assert_ptr_null(kin__map_remove(&map, T("x")));
	for (int round = 0; round < 100000; round++) {
		uint64_t i = kin__rng_below(&rng, round < 50000 ? KEYS : KEYS / 100);
		void *value = &came[kin__rng_below(&rng, KEYS)];

		if (kin__rng_chance(&rng, round < 30000 ? 900 : 400)) {
			if (!values[i])
				came[i] = round;
			values[i] = value;
			ck_assert_int_eq(kin__map_set(&map, key_of(room, i), value), 0);
		} else {
			if (kin__map_remove(&map, key_of(room, i)) != values[i])
				ck_abort_msg("%s removed wrongly", room);
			values[i] = NULL;
		}
		if (round % 10000 == 9999)
			check_map(&map, values, came);
	}
	kin__map_fini(&map);
	free(values);
	free(came);
}
END_TEST

START_TEST(map_walk_removes)
{
	struct kin__map map;
	struct kin__map_entry *entry;
	size_t at = 0, seen = 0;
	char room[32], value;

	kin__map_init(&map);
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_int_eq(kin__map_set(&map, key_of(room, i), &value), 0);
	while ((entry = kin__map_next(&map, &at)))
		if (seen++ % 2 == 0)
			ck_assert_ptr_eq(kin__map_remove(&map, kin__span(entry->key, entry->key_n)), &value);
	ck_assert_uint_eq(seen, 1000);
	ck_assert_uint_eq(map.live, 500);
	ck_assert_ptr_null(kin__map_get(&map, key_of(room, 0)));
	ck_assert_ptr_eq(kin__map_get(&map, key_of(room, 1)), &value);
	kin__map_fini(&map);
}
END_TEST

START_TEST(map_keys)
{
	struct kin__map map;
	int values[4];

	kin__map_init(&map);
	kin__map_set(&map, kin__span(NULL, 0), &values[0]);
	kin__map_set(&map, T("\0"), &values[1]);
	kin__map_set(&map, T("\0\0"), &values[2]);
	kin__map_set(&map, T("a"), &values[0]);
	kin__map_set(&map, T("a"), &values[3]);
	ck_assert_ptr_eq(kin__map_get(&map, T("")), &values[0]);
	ck_assert_ptr_eq(kin__map_get(&map, T("\0")), &values[1]);
	ck_assert_ptr_eq(kin__map_get(&map, T("\0\0")), &values[2]);
	ck_assert_ptr_eq(kin__map_get(&map, T("a")), &values[3]);
	ck_assert_uint_eq(map.live, 4);
	/* In and out for ever: the slots are cleaned, not grown. */
	for (int i = 0; i < 100000; i++) {
		char room[32];
		struct kin__span key = key_of(room, (uint64_t)i);

		if (kin__map_set(&map, key, values) < 0 || kin__map_remove(&map, key) != values)
			ck_abort_msg("%s", room);
	}
	ck_assert_uint_le(map.slots_n, 64);
	ck_assert_uint_le(map.entries_room, 64);
	kin__map_fini(&map);
}
END_TEST

static bool map_scene(void)
{
	struct kin__map map;
	char room[32], value;
	bool fine = true;
	size_t set = 0;

	kin__map_init(&map);
	for (uint64_t i = 0; i < 100; i++) {
		if (kin__map_set(&map, key_of(room, i), &value) == 0) {
			set++;
			ck_assert_ptr_eq(kin__map_get(&map, key_of(room, i)), &value);
		} else {
			fine = false;
			ck_assert_ptr_null(kin__map_get(&map, key_of(room, i)));
		}
	}
	ck_assert_uint_eq(map.live, set);
	kin__map_fini(&map);
	return fine;
}

START_TEST(out_of_memory)
{
	bool (*const scenes[])(void) = { bytes_scene, arena_scene, heap_scene, map_scene };

	fail_each(scenes[_i]);
}
END_TEST

/* --- machine and check ------------------------------------------------------------------- */

enum { CLOSED, OPEN, BROKEN };
static const struct kin__state_row doors[] = {
	[CLOSED] = { "closed", KIN__TO(OPEN) | KIN__TO(BROKEN) },
	[OPEN] = { "open", KIN__TO(CLOSED) },
	[BROKEN] = { "broken", 0 },
};

START_TEST(machine_moves)
{
	struct kin__bug bug = { 0 };
	uint32_t seen[3] = { 0 };
	uint8_t state = CLOSED;

	kin__machine_move(&bug, doors, &state, OPEN, seen);
	kin__machine_move(&bug, doors, &state, CLOSED, NULL);
	kin__machine_move(&bug, doors, &state, BROKEN, seen);
	ck_assert_ptr_null(bug.what);
	ck_assert_uint_eq(state, BROKEN);
	ck_assert(seen[CLOSED] == (KIN__TO(OPEN) | KIN__TO(BROKEN)) && seen[OPEN] == 0 && seen[BROKEN] == 0);
#ifndef KIN_ABORT_ON_BUG
	kin__machine_move(&bug, doors, &state, OPEN, seen);
	ck_assert_ptr_nonnull(bug.what);
	ck_assert_int_eq(bug.line, BROKEN * 100 + OPEN);
	ck_assert(state == BROKEN && seen[BROKEN] == 0);
	kin__machine_move(&bug, doors, &state, 32, seen);
	ck_assert_int_eq(bug.line, BROKEN * 100 + OPEN); /* the first bug stays */
	bug.what = NULL;
	KIN__CHECK(&bug, state == BROKEN);
	ck_assert_ptr_null(bug.what);
	KIN__CHECK(&bug, state == OPEN);
	ck_assert_ptr_nonnull(strstr(bug.what, "state == OPEN"));
#endif
}
END_TEST

/* --- ids --------------------------------------------------------------------------------- */

/* Against an array that is looked through; used again and again, with few and with many. */
START_TEST(ids_in_the_order_of_first_use)
{
	static const size_t rounds[] = { 3, 16, 17, 2000, 5, 700, 1 };
	uint64_t seen[2000];
	struct kin__rng rng = { 5 };
	struct kin__ids ids;

	kin__ids_init(&ids);
	ck_assert_uint_eq(kin__ids_find(&ids, 0), KIN__IDS_NONE);
	kin__ids_clear(&ids);
	for (size_t round = 0; round < KIN__ARRAY_LEN(rounds); round++) {
		size_t n = 0;

		for (size_t i = 0; i < rounds[round] * 2; i++) {
			/* close together, or only in their high half */
			uint64_t id = kin__rng_below(&rng, rounds[round]) << (round % 2 ? 40 : 0);
			size_t at = 0;

			while (at < n && seen[at] != id)
				at++;
			ck_assert_uint_eq(kin__ids_find(&ids, id), at < n ? at : KIN__IDS_NONE);
			ck_assert_uint_eq(kin__ids_add(&ids, id), at);
			if (at == n)
				seen[n++] = id;
			ck_assert_uint_eq(ids.n, n);
			ck_assert_uint_eq(kin__ids_find(&ids, id), at);
		}
		kin__ids_clear(&ids);
		ck_assert_uint_eq(kin__ids_find(&ids, seen[0]), KIN__IDS_NONE);
	}
	kin__ids_fini(&ids);
}
END_TEST

static bool fill_ids(void)
{
	struct kin__ids ids;
	bool fine = true;

	kin__ids_init(&ids);
	for (uint64_t i = 0; i < 100 && fine; i++)
		fine = kin__ids_add(&ids, i) == i;
	for (uint64_t i = 0; i < ids.n; i++)
		ck_assert_uint_eq(kin__ids_find(&ids, i), i); /* those that are in stay in */
	kin__ids_fini(&ids);
	return fine;
}

START_TEST(ids_without_memory)
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(fill_ids());
	total = kin__mem_count();
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!fill_ids(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}
END_TEST

/* --- slab ------------------------------------------------------------------------------- */

enum { SLAB_MOST = 2000 };

/* Things are taken and given as it happens, first more and more, then fewer and fewer: each keeps what was written into
 * it, and what is not in use is given back. */
START_TEST(slab_takes_and_gives)
{
	struct kin__rng rng = { (uint64_t)_i };
	size_t size = (size_t)kin__rng_between(&rng, 1, 200), n = 0;
	unsigned char *things[SLAB_MOST], marks[SLAB_MOST];
	struct kin__slab slab;

	kin__slab_init(&slab, size);
	for (int round = 0; round < 20000; round++) {
		bool take = n == 0 || (n < SLAB_MOST && kin__rng_chance(&rng, round < 8000 ? 700 : 400));
		size_t i = take ? n : (size_t)kin__rng_below(&rng, n);

		if (take) {
			things[n] = kin__slab_take(&slab);
			ck_assert_ptr_nonnull(things[n]);
			ck_assert_uint_eq((uintptr_t)things[n] % _Alignof(max_align_t), 0);
			marks[n] = (unsigned char)kin__rng_next(&rng);
			memset(things[n], marks[n], size);
			n++;
		} else {
			for (size_t k = 0; k < size; k++)
				ck_assert_uint_eq(things[i][k], marks[i]);
			kin__slab_give(&slab, things[i]);
			n--;
			things[i] = things[n];
			marks[i] = marks[n];
		}
		ck_assert_uint_eq(slab.n, n);
		ck_assert_uint_le(n, slab.blocks_n * KIN__SLAB_BLOCK);
		ck_assert(n > 0 || slab.blocks_n <= 1);
	}
	while (n > 0)
		kin__slab_give(&slab, things[--n]);
	ck_assert_uint_eq(slab.blocks_n, 1);
	kin__slab_fini(&slab);
	ck_assert_uint_eq(slab.blocks_n, 0);
}
END_TEST

/* One block is kept, so that a thing that comes and goes needs no memory; the others go when nothing is left of them. */
START_TEST(slab_keeps_one_block)
{
	void *things[3 * KIN__SLAB_BLOCK], *one;
	struct kin__slab slab;

	kin__slab_init(&slab, 24);
	kin__mem_fail_at(1);
	ck_assert_ptr_null(kin__slab_take(&slab));
	kin__mem_fail_at(0);
	for (size_t i = 0; i < KIN__ARRAY_LEN(things); i++)
		things[i] = kin__slab_take(&slab);
	ck_assert_uint_eq(slab.blocks_n, 3);
	for (size_t i = 0; i < KIN__ARRAY_LEN(things); i++) {
		kin__slab_give(&slab, things[i]);
		ck_assert_uint_eq(slab.blocks_n, i + 1 < 2 * KIN__SLAB_BLOCK   ? 3
		                                 : i + 1 < 3 * KIN__SLAB_BLOCK ? 2
		                                                               : 1);
	}
	kin__mem_fail_at(1);
	for (int i = 0; i < 100; i++) {
		one = kin__slab_take(&slab);
		ck_assert_ptr_nonnull(one);
		kin__slab_give(&slab, one);
	}
	kin__mem_fail_at(0);
	kin__slab_fini(&slab);
}
END_TEST

/* After many the heap's own memory is given back, and the order stays. */
START_TEST(heap_gives_memory_back)
{
	enum { MANY = 20000 };
	static struct kin__heap_node nodes[MANY];
	struct kin__heap heap;
	struct kin__rng rng = { 3 };
	uint64_t due = 0;

	kin__heap_init(&heap);
	for (size_t i = 0; i < MANY; i++) {
		nodes[i] = (struct kin__heap_node){ 0 };
		ck_assert_int_eq(kin__heap_set(&heap, &nodes[i], kin__rng_below(&rng, 1000000)), 0);
	}
	ck_assert_uint_ge(heap.room, MANY);
	while (heap.n > 0) {
		struct kin__heap_node *first = kin__heap_first(&heap);

		ck_assert_uint_ge(first->due, due);
		due = first->due;
		if (heap.n == 7000)
			kin__mem_fail_run(1, 1000); /* then it stays as it is for a while */
		if (heap.n == 3000)
			kin__mem_fail_at(0);
		kin__heap_remove(&heap, first);
		ck_assert(heap.n >= 3000 || heap.room <= 1024 || heap.room <= heap.n * 8);
	}
	ck_assert_uint_le(heap.room, 1024);
	kin__heap_fini(&heap);
}
END_TEST

START_TEST(ids_give_memory_back)
{
	struct kin__ids ids;

	kin__ids_init(&ids);
	for (uint64_t i = 0; i < 10000; i++)
		ck_assert_uint_eq(kin__ids_add(&ids, i * 7), i);
	kin__ids_trim(&ids);
	ck_assert_uint_eq(ids.n, 0);
	ck_assert_uint_eq(ids.room + ids.slots_room, 0);
	for (uint64_t i = 0; i < 100; i++)
		ck_assert_uint_eq(kin__ids_add(&ids, i * 9), i);
	kin__ids_trim(&ids);
	ck_assert_uint_eq(ids.n, 0);
	ck_assert_uint_ge(ids.room, 100);
	ck_assert_uint_eq(kin__ids_find(&ids, 9), KIN__IDS_NONE);
	kin__ids_fini(&ids);
}
END_TEST

static void add_containers(TCase *tcase)
{
	tcase_add_test(tcase, ids_in_the_order_of_first_use);
	tcase_add_test(tcase, ids_without_memory);
	tcase_add_test(tcase, ids_give_memory_back);
	tcase_add_loop_test(tcase, slab_takes_and_gives, 0, 5);
	tcase_add_test(tcase, slab_keeps_one_block);
	tcase_add_test(tcase, heap_gives_memory_back);
	tcase_add_test(tcase, arena_blocks);
	tcase_add_test(tcase, arena_clear_keeps);
	tcase_add_test(tcase, list_order);
	tcase_add_loop_test(tcase, heap_against_search, 0, 5);
	tcase_add_test(tcase, heap_sorts);
	tcase_add_test(tcase, map_against_array);
	tcase_add_test(tcase, map_walk_removes);
	tcase_add_test(tcase, map_keys);
	tcase_add_loop_test(tcase, out_of_memory, 0, 4);
	tcase_add_test(tcase, machine_moves);
}
#endif
