/* Part of check_model: what is set of a stream once it is there, its tags, its number of shards. */

/* The open shards must tile all hash keys in even ranges. */
static void ck_even(const char *stream, uint32_t n)
{
	struct kin__model_list list = { .stream = S(stream), .filter = KIN__FILTER_AT_LATEST };
	struct kin__shard_info info[64];
	size_t found = shards(&list, info, 64);

	ck_done();
	ck_assert_uint_eq(found, n);
	for (uint32_t k = 0; k < n; k++) {
		size_t at = 0;

		while (at < found && kin__hashkey_compare(info[at].first_hash, kin__hashkey_even(n, k)) != 0)
			at++;
		ck_assert_uint_lt(at, found);
		ck_assert_int_eq(kin__hashkey_compare(
						 info[at].last_hash,
						 k + 1 < n ? kin__hashkey_prior(kin__hashkey_even(n, k + 1))
							   : KIN__HASHKEY_MAX),
		                 0);
	}
}

static void scale_to(uint32_t target)
{
	struct kin__stream_summary before;

	kin__model_scale(model, now, S("s"), target, &before, &answer);
}

static const struct {
	uint32_t from, to;
} scales[] = { { 1, 2 }, { 1, 1 }, { 2, 1 }, { 3, 4 }, { 4, 3 }, { 5, 10 }, { 10, 5 }, { 7, 9 }, { 9, 7 } };

/* No record is lost by it: what was put is read from the shards that it closed. */
START_TEST(scaled)
{
	struct kin__shard_info info[64];
	struct kin__model_list list = { .stream = S("s") };
	size_t stored = 0, n;

	create("s", scales[_i].from);
	for (int i = 0; i < 20; i++) {
		char key[8];
		snprintf(key, sizeof key, "%d", i);
		put("s", key, "x");
	}
	scale_to(scales[_i].to);
	ck_done();
	ck_even("s", scales[_i].to);
	n = shards(&list, info, 64);
	for (size_t i = 0; i < n; i++)
		stored += kin__model_count(model, now, S("s"), S(info[i].id));
	ck_assert_uint_eq(stored, 20);
	scale_to(scales[_i].from);
	ck_done();
	ck_even("s", scales[_i].from);
}
END_TEST

START_TEST(scaled_after_a_while)
{
	struct kin__model_options options = defaults();
	struct kin__stream_summary summary;

	options.transition_ms = 1000;
	open_model(&options);
	kin__model_create_stream(model, now, S("s"), 2, 0, &answer);
	now += 1000;
	kin__model_scale(model, now, S("s"), 3, &summary, &answer);
	ck_done();
	ck_assert_uint_eq(summary.open_shards, 2);
	scale_to(4);
	ck_refused("ResourceInUseException");
	now += 999;
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_UPDATING);
	ck_assert_uint_eq(summary.open_shards, 2);
	now += 1;
	ck_even("s", 3);
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_ACTIVE);
}
END_TEST

/* Memory that runs out in the middle delays it; then it goes on where it was. */
START_TEST(scaled_short_of_memory)
{
	struct kin__model_options options = defaults();
	struct kin__stream_summary summary;
	uint64_t at = 0;

	options.transition_ms = 1000;
	do {
		open_model(&options);
		now = EPOCH;
		kin__model_create_stream(model, now, S("s"), 3, 0, &answer);
		now += 1000;
		scale_to(5);
		ck_done();
		now += 1000;
		kin__mem_fail_at(++at);
		kin__model_describe(model, now, S("s"), &summary, &answer);
		kin__mem_fail_at(0);
		ck_even("s", 5);
	} while (summary.status != KIN__STREAM_ACTIVE);
	ck_assert_uint_gt(at, 4);
}
END_TEST

START_TEST(not_scaled)
{
	create("s", 3);
	scale_to(7);
	ck_refused("InvalidArgumentException");
	scale_to(1);
	ck_refused("InvalidArgumentException");
	ck_even("s", 3);
	scale_to(2);
	ck_done();
	kin__model_set_on_demand(model, now, S("s"));
	scale_to(4);
	ck_refused("ValidationException");
	create("big", KIN__MODEL_SHARDS_MAX / 2 + 1);
	kin__model_scale(model, now, S("big"), KIN__MODEL_SHARDS_MAX + 1, &(struct kin__stream_summary){ 0 },
	                 &answer);
	ck_refused("LimitExceededException");
}
END_TEST

static struct kin__stream_summary describe(void)
{
	struct kin__stream_summary summary;
	struct kin__model_answer described;

	kin__model_describe(model, now, S("s"), &summary, &described);
	ck_assert(!described.code);
	return summary;
}

START_TEST(mode_and_distribution)
{
	create("s", 1);
	kin__model_update_distribution(model, now, S("s"), true, &answer);
	ck_refused("ValidationException");
	kin__model_update_mode(model, now, S("s"), true, &answer);
	ck_done();
	ck_assert(describe().on_demand && !describe().distributed);
	kin__model_update_distribution(model, now, S("s"), true, &answer);
	ck_done();
	ck_assert(describe().distributed);
	kin__model_update_mode(model, now, S("s"), false, &answer);
	ck_refused("ValidationException");
	ck_assert(describe().on_demand);
	kin__model_update_distribution(model, now, S("s"), false, &answer);
	ck_done();
	kin__model_update_mode(model, now, S("s"), false, &answer);
	ck_done();
	ck_assert(!describe().on_demand);
}
END_TEST

/* A shorter period takes the older records away; a longer one keeps those that are there. */
START_TEST(retention_changed)
{
	int64_t day = 86400000;

	create("s", 1);
	put("s", "a", "x");
	kin__model_change_retention(model, now, S("s"), true, 2 * day, &answer);
	ck_done();
	ck_assert_int_eq(describe().retention_ms, 2 * day);
	kin__model_change_retention(model, now, S("s"), true, 2 * day, &answer);
	ck_done(); /* the same again */
	kin__model_change_retention(model, now, S("s"), true, day, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_change_retention(model, now, S("s"), false, 3 * day, &answer);
	ck_refused("InvalidArgumentException");
	now += day + 1;
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S(shard0)), 1);
	kin__model_change_retention(model, now, S("s"), false, day, &answer);
	ck_done();
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S(shard0)), 0);
}
END_TEST

START_TEST(encrypted)
{
	create("s", 1);
	ck_assert(!put("s", "a", "x").encrypted);
	kin__model_encrypt(model, now, S("s"), true, S("alias/mine"), &answer);
	ck_done();
	ck_assert_str_eq(describe().key_id, "alias/mine");
	kin__model_encrypt(model, now, S("s"), true, S("alias/other"), &answer);
	ck_assert_str_eq(describe().key_id, "alias/other");
	ck_assert(put("s", "a", "x").encrypted);
	kin__model_encrypt(model, now, S("s"), false, S("alias/other"), &answer);
	ck_done();
	ck_assert_ptr_null(describe().key_id);
}
END_TEST

static size_t tags_after(const char *after, struct kin__model_tagging *out, size_t room, bool *more)
{
	size_t n;

	kin__model_list_tags(model, now, KIN__LIST_TAGS_FOR_STREAM, S("s"), S(after), out, room, &n, more,
	                     &answer);
	return n;
}

static void tag(const char *key, const char *value)
{
	struct kin__model_tagging one = { S(key), S(value) };

	kin__model_tag(model, now, KIN__ADD_TAGS_TO_STREAM, S("s"), &one, 1, &answer);
}

START_TEST(tagged)
{
	struct kin__model_tagging found[4], gone[2] = { { .key = S("b") }, { .key = S("none") } };
	bool more;

	create("s", 1);
	tag("b", "2");
	tag("a", "1");
	tag("bb", "");
	tag("b", "two");
	ck_done();
	ck_assert_uint_eq(tags_after("", found, 2, &more), 2);
	ck_assert(more);
	ck_assert(kin__span_is(found[0].key, "a") && kin__span_is(found[0].value, "1"));
	ck_assert(kin__span_is(found[1].key, "b") && kin__span_is(found[1].value, "two"));
	ck_assert_uint_eq(tags_after("b", found, 2, &more), 1);
	ck_assert(!more);
	ck_assert(kin__span_is(found[0].key, "bb") && found[0].value.n == 0);
	ck_assert_uint_eq(tags_after("aa", found, 4, &more), 2); /* a key that is not there */
	kin__model_untag(model, now, KIN__UNTAG_RESOURCE, S("s"), gone, 2, &answer);
	ck_done();
	ck_assert_uint_eq(tags_after("", found, 4, &more), 2);
	ck_assert(kin__span_is(found[1].key, "bb"));
	ck_assert_uint_eq(tags_after("zz", found, 4, &more), 0);
}
END_TEST

START_TEST(fifty_tags)
{
	struct kin__model_tagging two[2] = { { S("k49"), S("new") }, { S("k50"), S("") } };
	char key[8];

	create("s", 1);
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof key, "k%d", i);
		tag(key, "");
		ck_done();
	}
	kin__model_tag(model, now, KIN__TAG_RESOURCE, S("s"), two, 2, &answer);
	ck_refused("InvalidArgumentException");
	kin__model_tag(model, now, KIN__TAG_RESOURCE, S("s"), two, 1, &answer);
	ck_done(); /* it was there */
	ck_assert(!kin__model_set_tags(model, now, S("none"), two, 1));
}
END_TEST

START_TEST(tagged_short_of_memory)
{
	struct kin__model_tagging found[4];
	uint64_t at = 0;
	size_t wanted;
	bool more;

	create("s", 1);
	tag("a", "1");
	do {
		kin__mem_fail_at(++at);
		tag("b", "2");
		kin__mem_fail_at(0);
		wanted = answer.code ? 1 : 2;
		ck_assert_uint_eq(tags_after("", found, 4, &more), wanted);
		kin__mem_fail_at(1);
		tag("a", "other");
		kin__mem_fail_at(0);
		ck_refused("InternalFailureException");
		tags_after("", found, 4, &more);
		ck_assert(kin__span_is(found[0].value, "1"));
	} while (wanted == 1);
	ck_assert_uint_gt(at, 2);
}
END_TEST

START_TEST(limits_of_the_account)
{
	struct kin__model_limits limits;

	create("s", 3);
	create("t", 2);
	create("d", 4);
	kin__model_set_on_demand(model, now, S("d"));
	kin__model_describe_limits(model, now, &limits, &answer);
	ck_done();
	ck_assert_uint_eq(limits.open_shards, 5);
	ck_assert_uint_eq(limits.on_demand_streams, 1);
}
END_TEST

/* DescribeStream tells both in pages; also of a stream that has no shards yet. */
START_TEST(described_with_its_shards)
{
	struct kin__model_options options = defaults();
	struct kin__stream_summary summary;
	struct kin__model_list list = { .stream = S("s"), .describe = &summary };
	struct kin__shard_info info[2];
	char next[KIN__MODEL_TOKEN];
	size_t n;

	options.transition_ms = 1000;
	open_model(&options);
	kin__model_create_stream(model, now, S("s"), 3, 0, &answer);
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_done();
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(summary.status, KIN__STREAM_CREATING);
	now += 1000;
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_done();
	ck_assert_uint_eq(n, 2);
	ck_assert_str_ne(next, "");
	list.exclusive_start = S(info[1].id);
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(next, "");
	ck_assert_uint_eq(summary.open_shards, 3);
	fault("ListShards:error500");
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_done(); /* that is another operation */
	fault("DescribeStream:error500");
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_refused("InternalFailureException");
}
END_TEST

static TCase *settings_case(void)
{
	TCase *cases = tcase_create("settings");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, scaled, 0, COUNT(scales));
	tcase_add_test(cases, scaled_after_a_while);
	tcase_add_test(cases, scaled_short_of_memory);
	tcase_add_test(cases, not_scaled);
	tcase_add_test(cases, mode_and_distribution);
	tcase_add_test(cases, retention_changed);
	tcase_add_test(cases, encrypted);
	tcase_add_test(cases, tagged);
	tcase_add_test(cases, fifty_tags);
	tcase_add_test(cases, tagged_short_of_memory);
	tcase_add_test(cases, limits_of_the_account);
	tcase_add_test(cases, described_with_its_shards);
	return cases;
}
