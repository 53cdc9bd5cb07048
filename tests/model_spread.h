/* Part of check_model: streams whose records the service spreads, and their keys, which may be left out. */

static void create_spread(uint32_t shards_n)
{
	create("auto", shards_n);
	ck_assert(kin__model_set_on_demand(model, now, S("auto")));
	ck_assert(kin__model_set_distributed(model, now, S("auto")));
}

START_TEST(described_as_spread)
{
	struct kin__stream_summary summary;

	ck_assert(!kin__model_set_on_demand(model, now, S("nowhere")));
	ck_assert(!kin__model_set_distributed(model, now, S("nowhere")));
	create("plain", 1);
	kin__model_describe(model, now, S("plain"), &summary, &answer);
	ck_done();
	ck_assert(!summary.on_demand && !summary.distributed);
	create_spread(1);
	kin__model_describe(model, now, S("auto"), &summary, &answer);
	ck_done();
	ck_assert(summary.on_demand && summary.distributed);
}
END_TEST

/* Elsewhere a record without a key is refused, by its place. */
START_TEST(a_key_is_needed_elsewhere)
{
	const struct kin__model_entry entries[] = { { .key = S("k"), .data = S("one") },
		                                    { .data = S("two") } };
	struct kin__model_put out[2];
	size_t failed;

	create("plain", 1);
	kin__model_put_record(model, now, S("plain"), &entries[1], S(""), out, &answer);
	ck_refused("ValidationException");
	ck_assert_ptr_nonnull(strstr(answer.message, "null at 'partitionKey'"));
	kin__model_put_records(model, now, S("plain"), entries, 2, out, &failed, &answer);
	ck_refused("ValidationException");
	ck_assert_ptr_nonnull(strstr(answer.message, "null at 'records.2.member.partitionKey'"));
	ck_assert_uint_eq(kin__model_count(model, now, S("plain"), S(shard0)), 0);
}
END_TEST

/* One key lands everywhere, no key too; an explicit hash key where it belongs. */
START_TEST(records_are_spread)
{
	enum { N = 400 };
	static const struct kin__model_entry kinds[] = { { .data = { "none", 4 } },
		                                         { .key = { "k", 1 }, .data = { "one", 3 } },
		                                         { .key = { "k", 1 }, .has_hash = true } };
	static struct kin__model_entry entries[N];
	static struct kin__model_put out[N];
	size_t failed, there;

	create_spread(4);
	for (size_t i = 0; i < N; i++)
		entries[i] = kinds[_i];
	kin__model_put_records(model, now, S("auto"), entries, N, out, &failed, &answer);
	ck_done();
	ck_assert_uint_eq(failed, 0);
	there = kin__model_count(model, now, S("auto"), S(shard0));
	if (_i == 2) {
		ck_assert_uint_eq(there, N); /* the lowest hash key of all */
	} else {
		ck_assert_uint_gt(there, N / 8);
		ck_assert_uint_lt(there, N / 2);
	}
}
END_TEST

START_TEST(read_without_a_key)
{
	const struct kin__model_entry entry = { .data = S("text") };
	struct kin__model_put out;
	struct kin__model_record record;
	struct kin__model_page page;
	char token[KIN__MODEL_TOKEN];

	create_spread(1);
	kin__model_put_record(model, now, S("auto"), &entry, S(""), &out, &answer);
	ck_done();
	iterator("auto", shard0, KIN__ITERATOR_TRIM_HORIZON, "", token);
	page = get(token, 0);
	ck_done();
	ck_assert_uint_eq(page.n, 1);
	kin__model_page_record(&page, 0, &record);
	ck_assert_ptr_null(record.key.at);
	ck_assert_uint_eq(record.data.n, 4);
}
END_TEST

START_TEST(the_largest_record_may_change)
{
	static char data[1500000];
	const struct kin__model_entry entry = { .key = S("k"), .data = { data, sizeof data } };
	struct kin__model_put out;

	kin__model_set_record_max(model, now, S("nowhere"), 2097152, &answer);
	ck_refused("ResourceNotFoundException");
	create("s", 1);
	kin__model_put_record(model, now, S("s"), &entry, S(""), &out, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_set_record_max(model, now, S("s"), 2097152, &answer);
	ck_done();
	kin__model_put_record(model, now, S("s"), &entry, S(""), &out, &answer);
	ck_done();
}
END_TEST

static TCase *spread_case(void)
{
	TCase *cases = tcase_create("spread");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, described_as_spread);
	tcase_add_test(cases, a_key_is_needed_elsewhere);
	tcase_add_loop_test(cases, records_are_spread, 0, 3);
	tcase_add_test(cases, read_without_a_key);
	tcase_add_test(cases, the_largest_record_may_change);
	return cases;
}
