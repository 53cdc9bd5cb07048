/* Part of check_model: what may not be split and merged, and a long walk of it. */

START_TEST(split_and_merge_refused)
{
	struct kin__hashkey zero = { 0, 0 }, one = { 0, 1 }, two = { 0, 2 },
			    last = { UINT64_MAX / 2, UINT64_MAX };

	create("s", 2);
	kin__model_split(model, now, S("s"), S("shardId-000000000009"), two, &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), zero, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), one, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), last, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), two, &answer);
	ck_done();
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), two, &answer);
	ck_refused("ResourceInUseException");
	kin__model_merge(model, now, S("s"), S("shardId-000000000001"), S("shardId-000000000002"), &answer);
	ck_refused("InvalidArgumentException");
	kin__model_merge(model, now, S("s"), S("shardId-000000000001"), S("shardId-000000000001"), &answer);
	ck_refused("InvalidArgumentException");
	kin__model_merge(model, now, S("s"), S("shardId-000000000001"), S("shardId-000000000003"), &answer);
	ck_done();
}
END_TEST

static void check_tiling(const struct kin__shard_info *info, size_t n)
{
	struct kin__hashkey at = { 0, 0 };
	bool is_whole = false;

	for (bool found = true; found && !is_whole;) {
		found = false;
		for (size_t i = 0; i < n; i++) {
			if (info[i].last_sequence || kin__hashkey_compare(info[i].first_hash, at) != 0)
				continue;
			ck_assert(!found);
			found = true;
			is_whole = kin__hashkey_compare(info[i].last_hash, KIN__HASHKEY_MAX) == 0;
			at = kin__hashkey_next(info[i].last_hash);
			break;
		}
	}
	ck_assert(is_whole);
}

static void random_reshard(struct kin__rng *rng, const struct kin__shard_info *info, size_t n)
{
	const struct kin__shard_info *one = &info[kin__rng_below(rng, n)];
	struct kin__stream_summary summary;

	kin__model_describe(model, now, S("s"), &summary, &answer);
	if (one->last_sequence || summary.status == KIN__STREAM_UPDATING)
		return;
	if (kin__rng_chance(rng, 550)) {
		kin__model_split(model, now, S("s"), S(one->id),
		                 kin__hashkey_middle(one->first_hash, one->last_hash), &answer);
		ck_done();
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!info[i].last_sequence &&
		    kin__hashkey_compare(info[i].first_hash, kin__hashkey_next(one->last_hash)) == 0 &&
		    &info[i] != one) {
			kin__model_merge(model, now, S("s"),
			                 S(kin__rng_chance(rng, 500) ? one->id : info[i].id),
			                 S(kin__rng_chance(rng, 500) ? info[i].id : one->id), &answer);
			return;
		}
}

enum { WALK_SHARDS = 200, WALK_RECORDS = 4000 };

/* Reads a shard to its end; the numbers must grow.  Marks what it saw; false: the shard is open. */
static bool read_shard(const char *id, uint8_t *seen, size_t *read)
{
	char token[KIN__MODEL_TOKEN], last[KIN__MODEL_SEQUENCE] = "";
	struct kin__model_page page;
	struct kin__model_record record;
	uint64_t number;

	iterator("s", id, KIN__ITERATOR_TRIM_HORIZON, "", token);
	ck_done();
	for (int guard = 0; guard < 10000; guard++) {
		page = get(token, 7);
		ck_done();
		for (size_t i = 0; i < page.n; i++) {
			kin__model_page_record(&page, i, &record);
			ck_assert_int_gt(strcmp(record.sequence, last), 0);
			strcpy(last, record.sequence);
			ck_assert(kin__span_u64(record.data, &number) && number < WALK_RECORDS);
			seen[number]++;
			++*read;
		}
		if (!page.next[0]) {
			ck_assert_uint_ge(page.children_n, 1);
			return true;
		}
		if (page.behind_ms == 0 && page.n == 0)
			return false;
		strcpy(token, page.next);
	}
	ck_abort_msg("shard %s has no end", id);
	return false;
}

START_TEST(walk_tiles_and_reads_once)
{
	struct kin__model_options options = defaults();
	struct kin__rng rng = { (uint64_t)_i };
	static struct kin__shard_info info[WALK_SHARDS];
	static char data[WALK_RECORDS][8];
	static uint8_t seen[WALK_RECORDS];
	struct kin__model_list list = { .stream = S("s") };
	size_t n, written = 0, read = 0;

	memset(seen, 0, sizeof seen);
	options.seed = (uint64_t)_i;
	options.borrow_records = _i % 2;
	options.sparse_per_mille = 300;
	options.arrival_jitter_ms = 500;
	options.transition_ms = _i % 3 ? 0 : 50;
	open_model(&options);
	create("s", 1 + (uint32_t)kin__rng_below(&rng, 4));
	now += 50;
	for (int step = 0; step < 60; step++) {
		n = shards(&list, info, WALK_SHARDS);
		ck_done();
		check_tiling(info, n);
		for (uint64_t i = kin__rng_below(&rng, 40); i > 0; i--, written++) {
			char key[24];
			snprintf(key, sizeof key, "k%d", (int)kin__rng_below(&rng, 1000));
			snprintf(data[written], sizeof data[written], "%zu", written);
			put("s", key, data[written]);
			ck_done();
		}
		random_reshard(&rng, info, n);
		now += (int64_t)kin__rng_below(&rng, 200);
	}
	now += 100;
	n = shards(&list, info, WALK_SHARDS);
	check_tiling(info, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(read_shard(info[i].id, seen, &read), info[i].last_sequence != NULL);
	ck_assert_uint_eq(read, written);
	for (size_t i = 0; i < written; i++)
		ck_assert_uint_eq(seen[i], 1);
}
END_TEST
