/* Part of check_model: iterators, retention, lists, limits. */

START_TEST(children_told)
{
	char token[KIN__MODEL_TOKEN];
	struct kin__model_page page;
	struct kin__shard_info child;

	create("s", 2);
	put("s", "a", "1");
	kin__model_merge(model, now, S("s"), S("shardId-000000000001"), S("shardId-000000000000"), &answer);
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", token);
	page = get(token, 0);
	ck_assert(page.n == 1 && !page.next[0] && page.children_n == 1 && page.behind_ms == 0);
	kin__model_page_child(&page, 0, &child);
	ck_assert_str_eq(child.id, "shardId-000000000002");
	ck_assert_str_eq(child.parent, "shardId-000000000001");
	ck_assert_str_eq(child.adjacent_parent, "shardId-000000000000");
	ck_assert(kin__hashkey_compare(child.last_hash, KIN__HASHKEY_MAX) == 0 && child.first_hash.high == 0);
	kin__model_split(model, now, S("s"), S(child.id), (struct kin__hashkey){ 9, 9 }, &answer);
	iterator("s", "shardId-000000000002", KIN__ITERATOR_LATEST, "", token);
	ck_assert_uint_eq(get(token, 0).children_n, 2);
}
END_TEST

/* --- iterators ----------------------------------------------------------------------- */

START_TEST(iterator_positions)
{
	static const char id[] = "shardId-000000000000";
	struct kin__model_put number[5];
	char token[KIN__MODEL_TOKEN];
	struct kin__model_record record;
	struct kin__model_page page;
	struct kin__model_position at = { .type = KIN__ITERATOR_AT_TIMESTAMP, .has_timestamp = true };

	create("s", 1);
	for (int i = 0; i < 5; i++, now += 1000)
		number[i] = put("s", "a", "x");
	for (int i = 0; i < 5; i++) {
		iterator("s", id, KIN__AT_SEQUENCE_NUMBER, number[i].sequence, token);
		ck_assert_uint_eq(get(token, 0).n, 5 - (size_t)i);
		iterator("s", id, KIN__AFTER_SEQUENCE_NUMBER, number[i].sequence, token);
		ck_assert_uint_eq(get(token, 0).n, 4 - (size_t)i);
		at.timestamp_ms = EPOCH + i * 1000;
		kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
		page = get(token, 1);
		kin__model_page_record(&page, 0, &record);
		ck_assert_str_eq(record.sequence, number[i].sequence);
		ck_assert_int_eq(record.arrival_ms, EPOCH + i * 1000);
		ck_assert_int_eq(page.behind_ms, i == 4 ? 0 : now - (EPOCH + (i + 1) * 1000));
	}
	iterator("s", id, KIN__ITERATOR_LATEST, "", token);
	page = get(token, 0);
	ck_assert(page.n == 0 && page.behind_ms == 0 && page.next[0]);
	put("s", "a", "y");
	ck_assert_uint_eq(get(page.next, 0).n, 1);
	at.timestamp_ms = now;
	kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
	ck_assert_uint_eq(get(token, 0).n, 1);
	at.timestamp_ms = 1;
	kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
	ck_assert_uint_eq(get(token, 0).n, 6);
	get(token, 10001);
	ck_refused("InvalidArgumentException");
}
END_TEST

START_TEST(iterator_refused)
{
	static const char id[] = "shardId-000000000000";
	char token[KIN__MODEL_TOKEN], other[KIN__MODEL_TOKEN];
	struct kin__model_put number;
	struct kin__model_position at = { .type = KIN__ITERATOR_AT_TIMESTAMP };
	struct kin__model_options options = defaults();

	create("s", 2);
	number = put("s", "a", "x"); /* in shard 0 */
	iterator("s", "shardId-000000000001", KIN__AT_SEQUENCE_NUMBER, number.sequence, token);
	ck_refused("InvalidArgumentException");
	iterator("s", id, KIN__AT_SEQUENCE_NUMBER, "", token);
	ck_refused("InvalidArgumentException");
	iterator("s", id, KIN__AT_SEQUENCE_NUMBER, "12345", token);
	ck_refused("InvalidArgumentException");
	iterator("s", id, KIN__ITERATOR_LATEST, number.sequence, token);
	ck_refused("InvalidArgumentException");
	kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
	ck_refused("InvalidArgumentException");
	at.has_timestamp = true;
	at.timestamp_ms = now + 1;
	kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
	ck_refused("InvalidArgumentException");
	at.type = KIN__ITERATOR_LATEST;
	kin__model_get_iterator(model, now, S("s"), S(id), &at, token, &answer);
	ck_refused("InvalidArgumentException");
	iterator("s", "shardId-000000000007", KIN__ITERATOR_LATEST, "", token);
	ck_refused("ResourceNotFoundException");
	iterator("t", id, KIN__ITERATOR_LATEST, "", token);
	ck_refused("ResourceNotFoundException");
	iterator("s", id, KIN__ITERATOR_TRIM_HORIZON, "", token);
	now += 300000;
	ck_assert_uint_eq(get(token, 0).n, 1);
	now += 1;
	get(token, 0);
	ck_refused("ExpiredIteratorException");
	get("AAAA", 0);
	ck_refused("InvalidArgumentException");
	iterator("s", id, KIN__ITERATOR_TRIM_HORIZON, "", other);
	options.seed = 8;
	open_model(&options);
	create("s", 2);
	get(other, 0);
	ck_refused("InvalidArgumentException");
}
END_TEST

START_TEST(numbers_of_shards)
{
	struct kin__model_list list = { .stream = S("s") };
	struct kin__shard_info info[3];
	char token[KIN__MODEL_TOKEN];
	struct kin__model_page page;

	create("s", 1);
	put("s", "a", "x");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 5, 5 },
	                 &answer);
	ck_assert_uint_eq(shards(&list, info, 3), 3);
	iterator("s", info[0].id, KIN__AT_SEQUENCE_NUMBER, info[0].first_sequence, token);
	ck_assert_uint_eq(get(token, 0).n, 1);
	iterator("s", info[0].id, KIN__AFTER_SEQUENCE_NUMBER, info[0].last_sequence, token);
	page = get(token, 0);
	ck_assert(page.n == 0 && !page.next[0] && page.children_n == 2);
	ck_assert_ptr_null(info[1].last_sequence);
	iterator("s", info[1].id, KIN__AT_SEQUENCE_NUMBER, info[0].first_sequence, token);
	ck_refused("InvalidArgumentException");
}
END_TEST

/* --- retention ------------------------------------------------------------------------- */

START_TEST(retention_and_trim)
{
	static const char id[] = "shardId-000000000000";
	struct kin__model_options options = defaults();
	struct kin__model_put first;
	char token[KIN__MODEL_TOKEN];

	options.retention_ms = 5000;
	open_model(&options);
	create("s", 1);
	first = put("s", "a", "0");
	for (int i = 1; i < 10; i++) {
		now += 1000;
		put("s", "a", "x");
	}
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S(id)), 5);
	iterator("s", id, KIN__AFTER_SEQUENCE_NUMBER, first.sequence, token);
	ck_done(); /* a trimmed number goes on at the horizon */
	ck_assert_uint_eq(get(token, 0).n, 5);
	ck_assert_uint_eq(kin__model_trim(model, now, S("s"), S(id), 3), 3);
	ck_assert_uint_eq(get(token, 0).n, 2);
	ck_assert_uint_eq(kin__model_trim(model, now, S("s"), S(id), 9), 2);
	put("s", "a", "y");
	ck_assert_uint_eq(get(token, 0).n, 1);
	ck_assert(kin__model_set_retention(model, now, S("s"), 100));
	now += 100;
	ck_assert_uint_eq(get(token, 0).n, 0);
	ck_assert(!kin__model_set_retention(model, now, S("t"), 100));
}
END_TEST

START_TEST(closed_shards_leave)
{
	struct kin__model_options options = defaults();
	struct kin__model_list list = { .stream = S("s") };
	struct kin__shard_info info[4];
	char token[KIN__MODEL_TOKEN], early[KIN__MODEL_TOKEN];
	struct kin__model_page page;

	options.retention_ms = 5000;
	open_model(&options);
	create("s", 1);
	now += 1000;
	put("s", "a", "x");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 5, 5 },
	                 &answer);
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", early);
	now += 4999;
	ck_assert_uint_eq(shards(&list, info, 4), 3);
	now += 1;
	ck_assert_uint_eq(shards(&list, info, 4), 2);
	ck_assert_str_eq(info[0].id, "shardId-000000000001");
	ck_assert_str_eq(info[0].parent, "shardId-000000000000");
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", token);
	ck_refused("ResourceNotFoundException");
	page = get(early, 0);
	ck_done();
	ck_assert(page.n == 0 && !page.next[0] && page.children_n == 2);
}
END_TEST

/* --- lists of shards ----------------------------------------------------------------------- */

static const struct {
	enum kin__model_filter filter;
	int64_t at_ms;
	const char *shard;
	const char *want; /* last digits of the ids */
} filters[] = {
	{ KIN__FILTER_NONE, 0, NULL, "01234" },
	{ KIN__FILTER_AT_LATEST, 0, NULL, "134" },
	{ KIN__FILTER_AT_TRIM_HORIZON, 0, NULL, "0" },
	{ KIN__FILTER_FROM_TRIM_HORIZON, 0, NULL, "01234" },
	{ KIN__FILTER_AT_TIMESTAMP, EPOCH + 1000, NULL, "12" },
	{ KIN__FILTER_AT_TIMESTAMP, EPOCH + 2500, NULL, "134" },
	{ KIN__FILTER_FROM_TIMESTAMP, EPOCH + 1500, NULL, "1234" },
	{ KIN__FILTER_FROM_TIMESTAMP, 0, NULL, "01234" },
	{ KIN__FILTER_AFTER_SHARD_ID, 0, "shardId-000000000002", "34" },
};

START_TEST(list_filters)
{
	struct kin__shard_info info[5];
	struct kin__model_list list = { .stream = S("s"),
		                        .filter = filters[_i].filter,
		                        .filter_ms = filters[_i].at_ms,
		                        .filter_shard = S(filters[_i].shard) };
	struct kin__model_list more = { .stream = S("") };
	char seen[6] = "", paged[6] = "", next[KIN__MODEL_TOKEN];
	size_t n, at = 0;

	create("s", 1);
	now += 1000;
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 8, 0 },
	                 &answer);
	now += 1000;
	kin__model_split(model, now, S("s"), S("shardId-000000000002"), (struct kin__hashkey){ 80, 0 },
	                 &answer);
	now += 1000;
	n = shards(&list, info, 5);
	ck_done();
	for (size_t i = 0; i < n; i++)
		seen[i] = info[i].id[19];
	ck_assert_str_eq(seen, filters[_i].want);
	kin__model_list_shards(model, now, &list, info, 1, &n, next, &answer);
	while (n) {
		paged[at++] = info[0].id[19];
		if (!next[0])
			break;
		more.next_token = S(next);
		kin__model_list_shards(model, now, &more, info, 1, &n, next, &answer);
		ck_done();
	}
	ck_assert_str_eq(paged, filters[_i].want);
}
END_TEST

START_TEST(list_refused)
{
	struct kin__shard_info info[1];
	struct kin__model_list list = { .stream = S("s") }, more = { .stream = S("") };
	char next[KIN__MODEL_TOKEN], unused[KIN__MODEL_TOKEN];
	size_t n;

	create("s", 3);
	list.filter = KIN__FILTER_AT_TIMESTAMP;
	list.filter_ms = now + 1;
	shards(&list, info, 1);
	ck_refused("InvalidArgumentException");
	list.filter = KIN__FILTER_NONE;
	list.exclusive_start = S("shardId-000000000000");
	kin__model_list_shards(model, now, &list, info, 1, &n, next, &answer);
	ck_assert_str_eq(info[0].id, "shardId-000000000001");
	list.next_token = S(next);
	shards(&list, info, 1);
	ck_refused("InvalidArgumentException");
	more.next_token = S("nonsense");
	shards(&more, info, 1);
	ck_refused("InvalidArgumentException");
	more.next_token = S(next);
	now += 300000;
	ck_assert_uint_eq(shards(&more, info, 1), 1);
	now += 1;
	kin__model_list_shards(model, now, &more, info, 1, &n, unused, &answer);
	ck_refused("ExpiredNextTokenException");
	get(next, 0); /* not an iterator */
	ck_refused("InvalidArgumentException");
}
END_TEST

/* --- limits ------------------------------------------------------------------------------------ */

START_TEST(size_limits)
{
	static struct kin__model_put out[501];
	static char big[1048577];
	struct kin__model_entry entry = { .key = S("k"), .data = kin__span(big, 1048575) };
	struct kin__model_entry six[6];
	size_t failed;

	create("s", 1);
	put_many(501, out);
	ck_refused("ValidationException");
	put_many(0, out);
	ck_refused("ValidationException");
	kin__model_put_record(model, now, S("s"), &entry, S(""), out, &answer);
	ck_done();
	entry.data.n++;
	kin__model_put_record(model, now, S("s"), &entry, S(""), out, &answer);
	ck_refused("InvalidArgumentException");
	entry.data.n = 1000000;
	for (int i = 0; i < 6; i++)
		six[i] = entry;
	kin__model_put_records(model, now, S("s"), six, 5, out, &failed, &answer);
	ck_done();
	kin__model_put_records(model, now, S("s"), six, 6, out, &failed, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_create_stream(model, now, S("large"), 1, 10485760, &answer);
	entry.data = kin__span(big, 1048577);
	kin__model_put_record(model, now, S("large"), &entry, S(""), out, &answer);
	ck_done();
	kin__model_put_record(model, now, S("s"), &entry, S("12"), out, &answer);
	ck_refused("InvalidArgumentException");
}
END_TEST

/* A check answers what the put would, stores nothing and spends no rate. */
START_TEST(checked_puts)
{
	struct kin__model_options options = defaults();
	struct kin__model_entry entries[3] = { { .key = S("k"), .data = S("x") },
		                               { .key = S("l"), .data = S("x") },
		                               { .key = S("m"), .data = S("x") } };
	struct kin__span none = { NULL, 0 };

	options.rate_limits = true;
	open_model(&options);
	create("s", 1);
	for (int i = 0; i < 2000; i++) {
		kin__model_check_put(model, now, KIN__PUT_RECORDS, S("s"), entries, 3, none, &answer);
		ck_done();
	}
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S("shardId-000000000000")), 0);
	put("s", "k", "x");
	ck_done();
	kin__model_check_put(model, now, KIN__PUT_RECORD, S("s"), entries, 1, S("7"), &answer);
	ck_refused("InvalidArgumentException");
	kin__model_check_put(model, now, KIN__PUT_RECORDS, S("none"), entries, 3, none, &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_check_put(model, now, KIN__PUT_RECORDS, S("s"), entries, 0, none, &answer);
	ck_refused("ValidationException");
	entries[2].data.n = 1048576;
	kin__model_check_put(model, now, KIN__PUT_RECORDS, S("s"), entries, 3, none, &answer);
	ck_refused("InvalidArgumentException");
	entries[2].data.n = 1;
	fault("PutRecord:throttle");
	kin__model_check_put(model, now, KIN__PUT_RECORDS, S("s"), entries, 3, none, &answer);
	ck_done();
	kin__model_check_put(model, now, KIN__PUT_RECORD, S("s"), entries, 1, none, &answer);
	ck_refused("ProvisionedThroughputExceededException");
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S("shardId-000000000000")), 1);
}
END_TEST

START_TEST(write_rates)
{
	struct kin__model_options options = defaults();
	static struct kin__model_put out[500];
	static char data[600000];
	struct kin__model_entry entry = { .key = S("k"), .data = kin__span(data, sizeof data) };

	options.rate_limits = true;
	open_model(&options);
	create("s", 1);
	ck_assert_uint_eq(put_many(500, out), 0);
	ck_assert_uint_eq(put_many(400, out), 0);
	ck_assert_uint_eq(put_many(200, out), 100); /* 1000 at once */
	ck_assert_int_eq(out[100].outcome, KIN__MODEL_THROTTLED);
	now += 100;
	ck_assert_uint_eq(put_many(200, out), 100);
	now += 2000;
	kin__model_put_record(model, now, S("s"), &entry, S(""), out, &answer);
	ck_done();
	kin__model_put_record(model, now, S("s"), &entry, S(""), out, &answer);
	ck_refused("ProvisionedThroughputExceededException");
	now += 200;
	kin__model_put_record(model, now, S("s"), &entry, S(""), out, &answer);
	ck_done();
}
END_TEST

START_TEST(read_rates)
{
	struct kin__model_options options = defaults();
	static char data[1000000];
	struct kin__model_entry entry = { .key = S("k"), .data = kin__span(data, sizeof data) };
	struct kin__model_put out;
	char token[KIN__MODEL_TOKEN];

	options.rate_limits = true;
	open_model(&options);
	create("s", 1);
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", token);
	for (int i = 0; i < 5; i++)
		get(token, 0);
	ck_done();
	get(token, 0);
	ck_refused("ProvisionedThroughputExceededException");
	now += 200;
	get(token, 0);
	ck_done();
	for (int i = 0; i < 12; i++, now += 1000) {
		kin__model_put_record(model, now, S("s"), &entry, S(""), &out, &answer);
		ck_done();
	}
	ck_assert_uint_eq(get(token, 0).n, 10); /* 10 MiB at most */
	now += 3000;
	get(token, 0);
	ck_refused("ProvisionedThroughputExceededException");
	now += 2000;
	get(token, 1);
	ck_done();
}
END_TEST

/* --- memory ---------------------------------------------------------------------------------------- */

/* true: everything went well, no answer was an error. */
static bool memory_scene(void)
{
	struct kin__model_options options = defaults();
	struct kin__model *own = kin__model_new(&options);
	struct kin__model_entry entry = { .key = S("k"), .data = S("data"), .has_hash = true };
	struct kin__model_put out;
	bool fine;

	if (!own)
		return false;
	kin__model_create_stream(own, now, S("s"), 9, 0, &answer);
	fine = !answer.code;
	for (int i = 0; i < 20 && fine; i++) {
		kin__model_put_record(own, now, S("s"), &entry, S(""), &out, &answer);
		fine = !answer.code;
	}
	if (fine)
		kin__model_split(own, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 8, 8 },
		                 &answer);
	fine = fine && !answer.code;
	kin__model_free(own);
	return fine;
}

START_TEST(memory_fails)
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(memory_scene());
	total = kin__mem_count();
	ck_assert_uint_gt(total, 20);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!memory_scene(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}
END_TEST
