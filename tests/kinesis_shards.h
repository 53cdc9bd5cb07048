/* The part of check_kinesis.c about shards: the map by hash range, and the lineage. */
#ifndef KIN_TESTS_KINESIS_SHARDS_H
#define KIN_TESTS_KINESIS_SHARDS_H

/* --- the shard map ------------------------------------------------------------------------ */

struct range {
	const char *id, *first, *last, *closed;
};

static struct kin__shard_info info_of(const struct range *range)
{
	return (struct kin__shard_info){ .id = range->id,
		                         .first_sequence = "1",
		                         .last_sequence = range->closed,
		                         .first_hash = key_of(range->first),
		                         .last_hash = key_of(range->last) };
}

static const struct {
	struct range ranges[5];
	enum kin__shard_map_state state;
	struct {
		const char *key, *id;
	} finds[4];
} maps[] = {
	{ { { "a", "0", MAX_TEXT, NULL } },
	  KIN__SHARD_MAP_WHOLE,
	  { { "0", "a" }, { MAX_TEXT, "a" }, { "77", "a" } } },
	{ { { "b", "100", MAX_TEXT, NULL }, { "a", "0", "99", NULL }, { "old", "0", MAX_TEXT, "9" } },
	  KIN__SHARD_MAP_WHOLE,
	  { { "0", "a" }, { "99", "a" }, { "100", "b" }, { MAX_TEXT, "b" } } },
	{ { { NULL } }, KIN__SHARD_MAP_HOLE, { { "0", NULL }, { MAX_TEXT, NULL } } },
	{ { { "b", "101", MAX_TEXT, NULL }, { "a", "0", "99", NULL } },
	  KIN__SHARD_MAP_HOLE,
	  { { "99", "a" }, { "100", NULL }, { "101", "b" } } },
	{ { { "a", "1", MAX_TEXT, NULL } }, KIN__SHARD_MAP_HOLE, { { "0", NULL }, { "1", "a" } } },
	{ { { "a", "0", "99", NULL }, { "b", "100", "200", NULL } },
	  KIN__SHARD_MAP_HOLE,
	  { { "200", "b" }, { "201", NULL }, { MAX_TEXT, NULL } } },
	{ { { "a", "0", "100", NULL }, { "b", "100", MAX_TEXT, NULL } },
	  KIN__SHARD_MAP_OVERLAP,
	  { { "99", "a" }, { "101", "b" } } },
	{ { { "a", "0", MAX_TEXT, NULL }, { "b", "100", MAX_TEXT, NULL } },
	  KIN__SHARD_MAP_OVERLAP,
	  { { "1", "a" } } },
	{ { { "a", "0", MAX_TEXT, NULL }, { "b", "0", "99", NULL } },
	  KIN__SHARD_MAP_OVERLAP,
	  { { "100", "a" } } },
	{ { { "c", "300", MAX_TEXT, NULL },
	    { "a", "0", "99", NULL },
	    { "d", "200", "299", NULL },
	    { "b", "100", "199", NULL } },
	  KIN__SHARD_MAP_WHOLE,
	  { { "150", "b" }, { "299", "d" }, { "300", "c" }, { "0", "a" } } },
};

START_TEST(shard_map_table)
{
	struct kin__shard_info infos[5];
	struct kin__shard_map map;
	size_t n = 0;

	for (; n < 5 && maps[_i].ranges[n].id; n++)
		infos[n] = info_of(&maps[_i].ranges[n]);
	kin__shard_map_init(&map);
	ck_assert_int_eq(map.state, KIN__SHARD_MAP_HOLE);
	ck_assert_ptr_null(kin__shard_map_find(&map, key_of("5")));
	ck_assert_int_eq(kin__shard_map_build(&map, infos, n), 0);
	ck_assert_int_eq(kin__shard_map_build(&map, infos, n), 0);
	ck_assert_int_eq(map.state, maps[_i].state);
	for (size_t i = 0; i < 4 && maps[_i].finds[i].key; i++) {
		const struct kin__shard_map_row *row =
				kin__shard_map_find(&map, key_of(maps[_i].finds[i].key));

		if (maps[_i].finds[i].id)
			ck_assert_str_eq(row->id, maps[_i].finds[i].id);
		else
			ck_assert_ptr_null(row);
	}
	kin__shard_map_fini(&map);
	ck_assert_uint_eq(map.n, 0);
}
END_TEST

/* Even splits in any order of the list: every start and every key before it finds its shard. */
START_TEST(shard_map_even)
{
	static const uint32_t counts[] = { 1, 2, 3, 7, 64, 1000 };
	uint32_t n = counts[_i];
	struct kin__shard_info *infos = kin__mem_array(n, sizeof *infos);
	char(*ids)[16] = kin__mem_array(n, sizeof *ids);
	struct kin__rng rng = { n };
	struct kin__shard_map map;

	for (uint32_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof ids[i], "%u", (unsigned)i);
		infos[i].id = ids[i];
		infos[i].first_hash = kin__hashkey_even(n, i);
		infos[i].last_hash = i + 1 < n ? kin__hashkey_prior(kin__hashkey_even(n, i + 1))
		                               : KIN__HASHKEY_MAX;
	}
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = (uint32_t)kin__rng_below(&rng, i);
		struct kin__shard_info held = infos[i - 1];

		infos[i - 1] = infos[other];
		infos[other] = held;
	}
	kin__shard_map_init(&map);
	ck_assert_int_eq(kin__shard_map_build(&map, infos, n), 0);
	ck_assert_int_eq(map.state, KIN__SHARD_MAP_WHOLE);
	ck_assert_uint_eq(map.n, n);
	for (uint32_t i = 0; i < n; i++) {
		struct kin__hashkey first = kin__hashkey_even(n, i);

		ck_assert_str_eq(kin__shard_map_find(&map, first)->id, ids[i]);
		ck_assert_str_eq(kin__shard_map_find(&map, kin__hashkey_prior(first))->id,
		                 ids[(i + n - 1) % n]);
	}
	kin__shard_map_fini(&map);
	kin__mem_free(infos);
	kin__mem_free(ids);
}
END_TEST

/* The answer of one who looks at every row. */
static const char *linear(const struct kin__shard_info *infos, size_t n, struct kin__hashkey key)
{
	for (size_t i = 0; i < n; i++)
		if (kin__hashkey_compare(infos[i].first_hash, key) <= 0 &&
		    kin__hashkey_compare(key, infos[i].last_hash) <= 0)
			return infos[i].id;
	return NULL;
}

/* Ranges cut anywhere, also many within a few keys, some of them left out: the index finds what a linear search does,
 * for each end, its neighbours, and keys from anywhere. */
START_TEST(shard_map_finds_as_a_linear_search)
{
	enum { MOST = 300 };
	struct kin__shard_info infos[MOST];
	char ids[MOST][16];
	struct kin__rng rng = { (uint64_t)_i };
	uint64_t narrow = _i % 3 ? UINT64_MAX : UINT64_C(0xffff);
	struct kin__hashkey due = { 0, 0 };
	struct kin__shard_map map;
	size_t n = 0, most = (size_t)kin__rng_between(&rng, 1, MOST);

	for (size_t i = 0; i < most; i++) {
		uint64_t step = narrow / most / 2 + kin__rng_below(&rng, narrow / most);
		struct kin__hashkey last = { due.high + step, kin__rng_next(&rng) };

		if (last.high < due.high || i + 1 == most)
			last = KIN__HASHKEY_MAX;
		snprintf(ids[n], sizeof ids[n], "%u", (unsigned)n);
		infos[n] = (struct kin__shard_info){
			.id = ids[n], .first_sequence = "1", .first_hash = due, .last_hash = last
		};
		n += _i % 4 || kin__rng_chance(&rng, 900);
		if (last.high == UINT64_MAX && last.low == UINT64_MAX)
			break;
		due = kin__hashkey_next(last);
	}
	kin__shard_map_init(&map);
	ck_assert_int_eq(kin__shard_map_build(&map, infos, n), 0);
	for (size_t i = 0; i < n * 12; i++) {
		const struct kin__shard_info *info = &infos[i % n];
		struct kin__hashkey keys[] = { info->first_hash,
			                       kin__hashkey_prior(info->first_hash),
			                       info->last_hash,
			                       kin__hashkey_next(info->last_hash),
			                       { kin__rng_next(&rng), kin__rng_next(&rng) },
			                       { kin__rng_below(&rng, narrow), 0 } };
		struct kin__hashkey key = keys[i / n % KIN__ARRAY_LEN(keys)];
		const struct kin__shard_map_row *row = kin__shard_map_find(&map, key);
		const char *id = linear(infos, n, key);

		ck_assert_msg((row != NULL) == (id != NULL) && (!row || strcmp(row->id, id) == 0),
		              "%016llx...: the index finds %s, a linear search %s",
		              (unsigned long long)key.high, row ? row->id : "nothing", id ? id : "nothing");
	}
	kin__shard_map_fini(&map);
}
END_TEST

static bool build_map(void)
{
	static const struct range range = { "a", "0", MAX_TEXT, NULL };
	struct kin__shard_info info = info_of(&range);
	struct kin__shard_map map;
	bool done;

	kin__shard_map_init(&map);
	done = kin__shard_map_build(&map, &info, 1) == 0;
	ck_assert_uint_eq(map.n, done ? 1 : 0);
	kin__shard_map_fini(&map);
	return done;
}

START_TEST(shard_map_no_memory)
{
	fail_each(build_map);
}
END_TEST

/* --- lineage ---------------------------------------------------------------------------------- */

struct family {
	const char *id, *parent, *adjacent;
};

static const struct {
	struct family shards[8];
	const char *order; /* the ids, one letter each */
	uint32_t cut;
	const char *roots;
} families[] = {
	{ { { NULL } }, "", 0, "" },
	{ { { "a", NULL, NULL }, { "b", NULL, NULL } }, "ab", 0, "ab" },
	{ { { "b", "a", NULL }, { "c", "a", NULL }, { "a", NULL, NULL } }, "abc", 0, "a" },
	{ { { "m", "a", "b" }, { "b", NULL, NULL }, { "a", NULL, NULL } }, "bam", 0, "ab" },
	{ { { "m", "gone", "b" }, { "b", NULL, NULL } }, "bm", 0, "b" },
	{ { { "m", "gone", "lost" } }, "m", 0, "m" },
	{ { { "m", NULL, "b" }, { "b", NULL, NULL } }, "bm", 0, "b" },
	{ { { "m", "b", "b" }, { "b", NULL, NULL } }, "bm", 0, "b" },
	{ { { "a", "a", NULL } }, "a", 1, "a" },
	{ { { "a", "a", "a" } }, "a", 1, "a" },
	{ { { "a", "b", "a" }, { "b", NULL, NULL } }, "ba", 1, "b" },
	{ { { "a", "a", "b" }, { "b", NULL, NULL } }, "ba", 1, "b" },
	{ { { "a", "b", NULL }, { "b", "a", NULL } }, "ab", 1, "a" },
	{ { { "a", "c", NULL }, { "b", "a", NULL }, { "c", "b", NULL } }, "abc", 1, "a" },
	{ { { "t", "a", NULL }, { "a", "b", NULL }, { "b", "a", NULL } },
	  "atb",
	  1,
	  "a" }, /* a tail on a circle */
	{ { { "t", "a", "c" },
	    { "a", "b", NULL },
	    { "b", "a", NULL },
	    { "c", "d", NULL },
	    { "d", "c", NULL } },
	  "abctd",
	  2,
	  "ac" }, /* a tail on two */
	{ { { "a", "b", "r" }, { "b", "a", "r" }, { "r", NULL, NULL } }, "rab", 1, "r" },
	{ { { "a", "b", "c" }, { "b", "a", "c" }, { "c", "a", "b" } },
	  "abc",
	  3,
	  "a" }, /* circles through one another */
	{ { { "d", "b", "c" }, { "c", "a", NULL }, { "b", "a", NULL }, { "a", NULL, NULL } },
	  "acbd",
	  0,
	  "a" },
};

static size_t infos_of(const struct family *family, struct kin__shard_info *infos)
{
	size_t n = 0;

	for (; n < 8 && family[n].id; n++)
		infos[n] = (struct kin__shard_info){ .id = family[n].id,
			                             .parent = family[n].parent,
			                             .adjacent_parent = family[n].adjacent };
	return n;
}

/* Every shard once, every kept parent before its child. */
static void ck_order(const struct kin__lineage *lineage)
{
	uint32_t *place = kin__mem_array(lineage->n, sizeof *place);

	for (uint32_t i = 0; i < lineage->n; i++)
		place[i] = KIN__LINEAGE_NONE;
	for (uint32_t i = 0; i < lineage->n; i++) {
		ck_assert_uint_eq(place[lineage->order[i]], KIN__LINEAGE_NONE);
		place[lineage->order[i]] = i;
	}
	for (uint32_t i = 0; i < lineage->n; i++)
		for (int which = 0; which < 2; which++) {
			uint32_t parent = lineage->nodes[i].parents[which];

			ck_assert(parent == KIN__LINEAGE_NONE || place[parent] < place[i]);
			ck_assert(parent == KIN__LINEAGE_NONE || which == 0 ||
			          lineage->nodes[i].parents[0] != KIN__LINEAGE_NONE);
		}
	kin__mem_free(place);
}

START_TEST(lineage_families)
{
	struct kin__shard_info infos[8];
	size_t n = infos_of(families[_i].shards, infos);
	struct kin__lineage lineage;
	char order[9] = "";

	ck_assert_int_eq(kin__lineage_build(&lineage, infos, n), 0);
	ck_assert_uint_eq(lineage.n, n);
	ck_order(&lineage);
	for (size_t i = 0; i < n; i++) {
		const char *id = families[_i].shards[i].id;

		order[i] = infos[lineage.order[i]].id[0];
		ck_assert_msg((lineage.nodes[i].parents[0] == KIN__LINEAGE_NONE) ==
		                              (strchr(families[_i].roots, id[0]) != NULL),
		              "root %s", id);
	}
	ck_assert_str_eq(order, families[_i].order);
	ck_assert_uint_eq(lineage.cut, families[_i].cut);
	kin__lineage_fini(&lineage);
}
END_TEST

START_TEST(lineage_equal_ids)
{
	static const struct family twins[] = {
		{ "a", NULL, NULL }, { "a", NULL, NULL }, { "b", "a", NULL }, { NULL }
	};
	struct kin__shard_info infos[8];
	struct kin__lineage lineage;

	ck_assert_int_eq(kin__lineage_build(&lineage, infos, infos_of(twins, infos)), 0);
	ck_order(&lineage);
	ck_assert_uint_eq(lineage.nodes[2].parents[0], 0);
	kin__lineage_fini(&lineage);
	if (SIZE_MAX > UINT32_MAX) {
		ck_assert_int_eq(kin__lineage_build(&lineage, infos, (size_t)UINT32_MAX), -1);
		ck_assert_uint_eq(lineage.n, 0);
	}
}
END_TEST

/* Parents at random, circles and all: an order comes out, and nothing is cut where no circle can be. */
START_TEST(lineage_random)
{
	enum { MOST = 60 };
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__shard_info infos[MOST] = { { NULL } };
	char ids[MOST][16];
	size_t n = 1 + (size_t)kin__rng_below(&rng, MOST);
	bool forest = _i % 2;
	struct kin__lineage lineage;

	for (size_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof ids[i], "s%d", (int)i);
		infos[i].id = ids[i];
		if (forest && i == 0)
			continue;
		if (kin__rng_chance(&rng, 800))
			infos[i].parent = ids[kin__rng_below(&rng, forest ? i : n)];
		if (kin__rng_chance(&rng, 400))
			infos[i].adjacent_parent = ids[kin__rng_below(&rng, forest ? i : n)];
	}
	for (size_t i = 0; i < n; i++) /* later ones may have been named before their text was written */
		snprintf(ids[i], sizeof ids[i], "s%d", (int)i);
	ck_assert_int_eq(kin__lineage_build(&lineage, infos, n), 0);
	ck_order(&lineage);
	if (forest)
		ck_assert_uint_eq(lineage.cut, 0);
	kin__lineage_fini(&lineage);
}
END_TEST

/* One long circle of many shards, and as many small ones: the work stays in proportion. */
START_TEST(lineage_large)
{
	enum { N = 50000 };
	struct kin__shard_info *infos = kin__mem_array(N, sizeof *infos);
	char(*ids)[8] = kin__mem_array(N, sizeof *ids);
	struct kin__lineage lineage;

	for (int i = 0; i < N; i++) {
		snprintf(ids[i], sizeof ids[i], "s%d", i);
		infos[i].id = ids[i];
		infos[i].parent = ids[_i ? i ^ 1 : (i + 1) % N];
	}
	ck_assert_int_eq(kin__lineage_build(&lineage, infos, N), 0);
	ck_order(&lineage);
	ck_assert_uint_eq(lineage.cut, _i ? N / 2 : 1);
	kin__lineage_fini(&lineage);
	kin__mem_free(infos);
	kin__mem_free(ids);
}
END_TEST

static bool build_lineage(void)
{
	struct kin__shard_info infos[8];
	struct kin__lineage lineage;
	bool done = kin__lineage_build(&lineage, infos, infos_of(families[2].shards, infos)) == 0;

	ck_assert_uint_eq(lineage.n, done ? 3 : 0);
	kin__lineage_fini(&lineage);
	return done;
}

START_TEST(lineage_no_memory)
{
	fail_each(build_lineage);
}
END_TEST

static void add_shards(TCase *tcase)
{
	tcase_add_loop_test(tcase, shard_map_table, 0, COUNT(maps));
	tcase_add_loop_test(tcase, shard_map_even, 0, 6);
	tcase_add_loop_test(tcase, shard_map_finds_as_a_linear_search, 0, 60);
	tcase_add_test(tcase, shard_map_no_memory);
	tcase_add_loop_test(tcase, lineage_families, 0, COUNT(families));
	tcase_add_test(tcase, lineage_equal_ids);
	tcase_add_loop_test(tcase, lineage_random, 0, 200);
	tcase_add_loop_test(tcase, lineage_large, 0, 2);
	tcase_add_test(tcase, lineage_no_memory);
}
#endif
