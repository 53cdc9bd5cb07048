/* Part of check_model: what is not there, what is at the edge, and that each operation is struck by faults. */

static const char *const shard0 = "shardId-000000000000", *const shard1 = "shardId-000000000001";

static const struct {
	const char *name;
	bool fine;
} names[] = {
	{ "", false },   { "azAZ09_.-", true }, { "a@", false },       { "a[", false },
	{ "a`", false }, { "a{", false },       { "a/", false },       { "a:", false },
	{ "a,", false }, { "a ", false },       { "\xc3\xa4", false },
};

START_TEST(stream_names)
{
	kin__model_create_stream(model, now, S(names[_i].name), 1, 0, &answer);
	if (names[_i].fine)
		ck_done();
	else
		ck_refused("ValidationException");
}
END_TEST

static void ask_tags(enum kin__operation operation)
{
	struct kin__model_tagging tag = { S("k"), S("v") };
	size_t n;
	bool more;

	if (operation == KIN__ADD_TAGS_TO_STREAM || operation == KIN__TAG_RESOURCE)
		kin__model_tag(model, now, operation, S("s"), &tag, 1, &answer);
	else if (operation == KIN__REMOVE_TAGS_FROM_STREAM || operation == KIN__UNTAG_RESOURCE)
		kin__model_untag(model, now, operation, S("s"), &tag, 1, &answer);
	else
		kin__model_list_tags(model, now, operation, S("s"), S(""), &tag, 1, &n, &more, &answer);
}

static void ask_settings(enum kin__operation operation)
{
	struct kin__stream_summary summary;
	struct kin__model_list list = { .stream = S("s"), .describe = &summary };
	struct kin__shard_info info[4];

	switch (operation) {
	case KIN__DESCRIBE_STREAM:
		shards(&list, info, 4);
		return;
	case KIN__DESCRIBE_LIMITS:
		kin__model_describe_limits(model, now, &(struct kin__model_limits){ 0 }, &answer);
		return;
	case KIN__UPDATE_STREAM_MODE:
		kin__model_update_mode(model, now, S("s"), true, &answer);
		return;
	case KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY:
		kin__model_update_distribution(model, now, S("s"), false, &answer);
		return;
	case KIN__UPDATE_SHARD_COUNT:
		kin__model_scale(model, now, S("s"), 3, &summary, &answer);
		return;
	case KIN__INCREASE_STREAM_RETENTION_PERIOD:
	case KIN__DECREASE_STREAM_RETENTION_PERIOD:
		kin__model_change_retention(model, now, S("s"),
		                            operation == KIN__INCREASE_STREAM_RETENTION_PERIOD, 86400000,
		                            &answer);
		return;
	case KIN__START_STREAM_ENCRYPTION:
	case KIN__STOP_STREAM_ENCRYPTION:
		kin__model_encrypt(model, now, S("s"), operation == KIN__START_STREAM_ENCRYPTION, S("k"),
		                   &answer);
		return;
	default:
		ask_tags(operation);
	}
}

/* One request of each operation, of a stream with two shards, all of which would be done. */
static void ask(enum kin__operation operation)
{
	struct kin__model_position horizon = { .type = KIN__ITERATOR_TRIM_HORIZON };
	struct kin__model_list list = { .stream = S("s") };
	struct kin__stream_summary summaries[2];
	struct kin__model_put out;
	char token[KIN__MODEL_TOKEN];
	struct kin__shard_info info[4];
	size_t n;
	bool more;

	switch (operation) {
	case KIN__CREATE_STREAM:
		kin__model_create_stream(model, now, S("t"), 1, 0, &answer);
		return;
	case KIN__DELETE_STREAM:
		kin__model_delete_stream(model, now, S("s"), &answer);
		return;
	case KIN__DESCRIBE_STREAM_SUMMARY:
		kin__model_describe(model, now, S("s"), summaries, &answer);
		return;
	case KIN__LIST_STREAMS:
		kin__model_list_streams(model, now, S(""), summaries, 2, &n, &more, &answer);
		return;
	case KIN__LIST_SHARDS:
		shards(&list, info, 4);
		return;
	case KIN__SPLIT_SHARD:
		kin__model_split(model, now, S("s"), S(shard0), (struct kin__hashkey){ 5, 0 }, &answer);
		return;
	case KIN__MERGE_SHARDS:
		kin__model_merge(model, now, S("s"), S(shard0), S(shard1), &answer);
		return;
	case KIN__UPDATE_MAX_RECORD_SIZE:
		kin__model_set_record_max(model, now, S("s"), 2097152, &answer);
		return;
	case KIN__PUT_RECORD:
		put("s", "a", "x");
		return;
	case KIN__PUT_RECORDS:
		kin__model_put_records(model, now, S("s"),
		                       &(struct kin__model_entry){ .key = S("a"), .data = S("x") }, 1, &out,
		                       &n, &answer);
		return;
	case KIN__GET_SHARD_ITERATOR:
		kin__model_get_iterator(model, now, S("s"), S(shard0), &horizon, token, &answer);
		return;
	default:
		if (operation > KIN__GET_RECORDS) {
			ask_settings(operation);
			return;
		}
		iterator("s", shard0, KIN__ITERATOR_TRIM_HORIZON, "", token);
		get(token, 0);
	}
}

static const enum kin__operation asked[] = { KIN__CREATE_STREAM,
	                                     KIN__DELETE_STREAM,
	                                     KIN__DESCRIBE_STREAM_SUMMARY,
	                                     KIN__LIST_STREAMS,
	                                     KIN__LIST_SHARDS,
	                                     KIN__SPLIT_SHARD,
	                                     KIN__MERGE_SHARDS,
	                                     KIN__PUT_RECORD,
	                                     KIN__PUT_RECORDS,
	                                     KIN__GET_SHARD_ITERATOR,
	                                     KIN__GET_RECORDS,
	                                     KIN__UPDATE_MAX_RECORD_SIZE,
	                                     KIN__DESCRIBE_STREAM,
	                                     KIN__DESCRIBE_LIMITS,
	                                     KIN__UPDATE_STREAM_MODE,
	                                     KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY,
	                                     KIN__UPDATE_SHARD_COUNT,
	                                     KIN__INCREASE_STREAM_RETENTION_PERIOD,
	                                     KIN__DECREASE_STREAM_RETENTION_PERIOD,
	                                     KIN__START_STREAM_ENCRYPTION,
	                                     KIN__STOP_STREAM_ENCRYPTION,
	                                     KIN__ADD_TAGS_TO_STREAM,
	                                     KIN__REMOVE_TAGS_FROM_STREAM,
	                                     KIN__LIST_TAGS_FOR_STREAM,
	                                     KIN__TAG_RESOURCE,
	                                     KIN__UNTAG_RESOURCE,
	                                     KIN__LIST_TAGS_FOR_RESOURCE };

START_TEST(faults_strike_each_operation)
{
	struct kin__stream_summary summary;

	create("s", 2);
	fault("*:error503");
	ask(asked[_i]);
	ck_refused("ServiceUnavailable");
	kin__faults_clear(kin__model_faults(model));
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_uint_eq(summary.open_shards, 2); /* nothing came of it */
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S(shard0)), 0);
	ask(asked[_i]);
	ck_done();
}
END_TEST

START_TEST(what_is_not_there)
{
	struct kin__model_record record;
	struct kin__shard_info info[4];
	struct kin__model_list list = { .stream = S("s"), .has_created = true, .created_ms = 1 };
	struct kin__hashkey middle = { UINT64_C(1) << 62, 0 };

	create("s", 2);
	kin__model_split(model, now, S("t"), S(shard0), middle, &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_split(model, now, S("s"), S("shardId-000000000009"), middle, &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_merge(model, now, S("t"), S(shard0), S(shard1), &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_merge(model, now, S("s"), S("x"), S(shard1), &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_merge(model, now, S("s"), S(shard0), S("x"), &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_delete_stream(model, now, S("t"), &answer);
	ck_refused("ResourceNotFoundException");
	shards(&list, info, 4);
	ck_refused("ResourceNotFoundException");
	put("arn:aws:kinesis", "a", "x");
	ck_refused("ResourceNotFoundException");
	ck_assert_uint_eq(kin__model_count(model, now, S("t"), S(shard0)), 0);
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S("x")), 0);
	ck_assert_uint_eq(kin__model_trim(model, now, S("t"), S(shard0), 1), 0);
	ck_assert(!kin__model_set_retention(model, now, S("t"), 1));
	put("s", "a", "x");
	ck_assert(!kin__model_peek(model, S("t"), S(shard0), 0, &record));
	ck_assert(!kin__model_peek(model, S("s"), S("x"), 0, &record));
	ck_assert(!kin__model_peek(model, S("s"), S(shard0), 1, &record));
	ck_assert_int_ne(kin__model_peek(model, S("s"), S(shard0), 0, &record),
	                 kin__model_peek(model, S("arn:aws:kinesis:us-east-1:000000000000:stream/s"),
	                                 S(shard1), 0, &record));
}
END_TEST

START_TEST(list_streams_edges)
{
	struct kin__stream_summary summaries[2];
	char after[130];
	size_t n;
	bool more;

	memset(after, 'z', sizeof after);
	create("s", 1);
	kin__model_list_streams(model, now, kin__span(after, 129), summaries, 2, &n, &more, &answer);
	ck_refused("ValidationException");
	kin__model_list_streams(model, now, kin__span(after, 128), summaries, 2, &n, &more, &answer);
	ck_done();
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* A NextToken goes alone, is of the right kind, not too old, and of a stream that is there. */
START_TEST(next_tokens)
{
	struct kin__model_list list = { .stream = S("s") }, more = { 0 }, with;
	struct kin__shard_info info[4];
	char next[KIN__MODEL_TOKEN], again[KIN__MODEL_TOKEN], token[KIN__MODEL_TOKEN];
	size_t n;

	create("s", 3);
	kin__model_list_shards(model, now, &list, info, 2, &n, next, &answer);
	ck_done();
	more.next_token = S(next);
	for (int i = 0; i < 5; i++) {
		with = more;
		if (i == 0)
			with.stream = S("s");
		else if (i == 1)
			with.exclusive_start = S(shard0);
		else if (i == 2)
			with.has_created = true;
		else if (i == 3)
			with.filter = KIN__FILTER_AT_LATEST;
		kin__model_list_shards(model, now, &with, info, 4, &n, again, &answer);
		if (i < 4)
			ck_refused("InvalidArgumentException");
	}
	ck_done();
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(again, "");
	iterator("s", shard0, KIN__ITERATOR_TRIM_HORIZON, "", token);
	with.next_token = S(token);
	kin__model_list_shards(model, now, &with, info, 4, &n, again, &answer);
	ck_refused("InvalidArgumentException"); /* an iterator is no list's token, */
	get(next, 0);
	ck_refused("InvalidArgumentException"); /* and a list's token no iterator */
	kin__model_list_shards(model, now + 300000, &more, info, 4, &n, again, &answer);
	ck_done();
	kin__model_list_shards(model, now + 300001, &more, info, 4, &n, again, &answer);
	ck_refused("ExpiredNextTokenException");
	kin__model_delete_stream(model, now, S("s"), &answer);
	kin__model_list_shards(model, now, &more, info, 4, &n, again, &answer);
	ck_refused("ResourceNotFoundException");
	get(token, 0);
	ck_refused("ResourceNotFoundException");
}
END_TEST

/* The first shard behind an id, which need not be there. */
static const struct {
	const char *id;
	size_t n;
} starts[] = {
	{ "shardId-000000000000", 2 },
	{ "shardId-00000000000", 3 },
	{ "shardId-0000000000000", 2 },
	{ "s", 3 },
	{ "shardId-000000000002", 0 },
	{ "t", 0 },
	{ "A", 3 },
};

START_TEST(lists_begin_behind_an_id)
{
	struct kin__model_list list = { .stream = S("s"), .exclusive_start = S(starts[_i].id) };
	struct kin__shard_info info[4];

	create("s", 3);
	ck_assert_uint_eq(shards(&list, info, 4), starts[_i].n);
	list = (struct kin__model_list){ .stream = S("s"),
		                         .filter = KIN__FILTER_AFTER_SHARD_ID,
		                         .filter_shard = S(starts[_i].id) };
	ck_assert_uint_eq(shards(&list, info, 4), starts[_i].n);
}
END_TEST

START_TEST(ordering_numbers)
{
	struct kin__model_entry entry = { .key = S("a"), .data = S("x") };
	struct kin__model_put first, out;
	struct kin__sequence number;
	char text[57];

	create("s", 1);
	first = put("s", "a", "x");
	kin__model_put_record(model, now, S("s"), &entry, S(first.sequence), &out, &answer);
	ck_done();
	for (int i = 0; i < 4; i++) {
		ck_assert(kin__sequence_parse(S(out.sequence), &number));
		if (i == 1)
			number.shard = 1; /* not there */
		else if (i == 2)
			number.created_s++; /* of another shard of this name */
		else if (i == 3)
			number.counter += 1000; /* not given out yet */
		kin__sequence_text(&number, text);
		kin__model_put_record(model, now, S("s"), &entry, i ? S(text) : S("no number"), &out,
		                      &answer);
		ck_refused("InvalidArgumentException");
	}
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S(shard0)), 2);
}
END_TEST

START_TEST(iterator_edges)
{
	char token[KIN__MODEL_TOKEN];
	struct kin__sequence number;
	struct kin__model_put first;
	char last[57];

	create("s", 2);
	first = put("s", "a", "x");
	iterator("s", shard0, (enum kin__iterator_type)99, "", token);
	ck_refused("InvalidArgumentException");
	ck_assert(kin__sequence_parse(S(first.sequence), &number));
	number.counter = KIN__SEQUENCE_LAST; /* the last number of a shard is one only once it is closed */
	kin__sequence_text(&number, last);
	iterator("s", first.shard, KIN__AT_SEQUENCE_NUMBER, last, token);
	ck_refused("InvalidArgumentException");
	kin__model_merge(model, now, S("s"), S(shard0), S(shard1), &answer);
	ck_done();
	iterator("s", first.shard, KIN__AT_SEQUENCE_NUMBER, last, token);
	ck_done();
	get("", 0);
	ck_refused("InvalidArgumentException");
	memset(token, '!', 64);
	get(token, 0);
	ck_refused("InvalidArgumentException");
}
END_TEST

/* At the beginning of time. */
START_TEST(strange_services)
{
	struct kin__model_options options = defaults();
	struct kin__model_entry entry = { .key = S("a"), .data = S(""), .has_hash = true };
	struct kin__model_put out;
	size_t failed;

	options.rate_limits = true;
	options.region = "eu-west-1";
	options.account = "123456789012";
	open_model(&options);
	create("s", 1);
	for (now = -5000; now < 5000; now += 5000) {
		kin__model_put_records(model, now, S("s"), &entry, 1, &out, &failed, &answer);
		ck_done();
		ck_assert_uint_eq(failed, 0);
	}
	put("arn:aws:kinesis:eu-west-1:123456789012:stream/s", "a", "x");
	ck_done(); /* it was found */
}
END_TEST

static const struct {
	const char *text;
	bool fine;
} corners[] = {
	{ "*:drop:nth=4294967295", true },
	{ "*:drop:nth=4294967296", false },
	{ "*:drop:share=1", true },
	{ "*:drop:share=1.000", true },
	{ "*:drop:share=1.001", false },
	{ "*:drop:share=2", false },
	{ "*:drop:share=x", false },
	{ "*:drop:share=0.x", false },
	{ "*:drop:share=", false },
	{ "*:drop:share=1.", false },
	{ "*:drop:share=0.1234", false },
	{ "*:latency:ms=86400000", true },
	{ "*:latency:ms=86400001", false },
	{ "*:latency:ms=x", false },
	{ "*:skew:ms=-86400000", true },
	{ "*:skew:ms=-86400001", false },
	{ "*:skew:ms=86400001", false },
	{ "*:drop:every=2:share=0.5", false },
	{ "*:partial:every=2:share=0.5", true },
	{ "PutRecord:partial", false },
	{ "PutRecord:expired_iterator", false },
	{ "SplitShard:drop:shard=a", true },
	{ "MergeShards:drop:shard=a", true },
	{ "PutRecord:drop:shard=a", true },
	{ "*:skew", false },
	{ "*:drop:shard=012345678901234567890123456789012345678901234567"
	  "89012345678901234567890123456789012345678901234567890123456"
	  "78901234567890123456789012345678901234567890",
	  false },
};

START_TEST(fault_corners)
{
	struct kin__fault parsed;
	char error[KIN__FAULT_ERROR] = "";

	ck_assert_int_eq(kin__fault_parse(S(corners[_i].text), &parsed, error) == 0, corners[_i].fine);
	ck_assert_int_eq(error[0] == 0, corners[_i].fine);
	ck_assert_uint_lt(strlen(error), KIN__FAULT_ERROR);
}
END_TEST

START_TEST(faults_have_a_limit)
{
	struct kin__fault one = { .operation = KIN__FAULT_ANY, .kind = KIN__FAULT_LATENCY, .ms = 1 };

	for (int i = 0; i < KIN__FAULTS_MAX; i++)
		ck_assert_int_eq(kin__faults_add(kin__model_faults(model), &one), 0);
	ck_assert_int_eq(kin__faults_add(kin__model_faults(model), &one), -1);
	create("s", 1);
	ck_assert_int_eq(answer.strike.latency_ms, KIN__FAULTS_MAX);
}
END_TEST

/* Partial failures of one shard's entries: the largest share counts, whether it names the shard or not. */
START_TEST(shares_of_a_shard)
{
	static struct kin__model_put out[500];

	create("s", 2);
	fault("PutRecords:partial:share=0.5:shard=shardId-000000000001");
	fault("PutRecords:partial:share=1:shard=shardId-000000000001");
	fault("PutRecords:partial:share=0.25:shard=shardId-000000000001");
	put_many(500, out);
	ck_done();
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(out[i].outcome != KIN__MODEL_STORED, strcmp(out[i].shard, shard1) == 0);
	kin__faults_clear(kin__model_faults(model));
	fault("PutRecords:partial:share=1");
	fault("PutRecords:partial:share=0.5");
	ck_assert_uint_eq(put_many(500, out), 500);
	kin__faults_clear(kin__model_faults(model));
	fault("PutRecords:error500:shard=shardId-000000000001");
	put_many(500, out);
	ck_refused("InternalFailureException"); /* that is no matter of entries */
	fault("PutRecord:skew:ms=1");
	ck_assert_int_eq(kin__faults_skew_ms(kin__model_faults(model), KIN__LIST_STREAMS,
	                                     kin__model_rng(model)),
	                 0);
}
END_TEST

START_TEST(children_by_number)
{
	struct kin__shard_info child;
	struct kin__model_page page;
	char token[KIN__MODEL_TOKEN];

	create("s", 1);
	kin__model_split(model, now, S("s"), S(shard0), (struct kin__hashkey){ 5, 0 }, &answer);
	iterator("s", shard0, KIN__ITERATOR_TRIM_HORIZON, "", token);
	page = get(token, 0);
	ck_assert_uint_eq(page.children_n, 2);
	kin__model_page_child(&page, 1, &child);
	ck_assert_str_eq(child.id, "shardId-000000000002");
	kin__model_page_child(&page, 2, &child);
	ck_assert_ptr_null(child.id);
}
END_TEST

static TCase *corners_case(void)
{
	TCase *edge = tcase_create("corners");

	tcase_add_checked_fixture(edge, setup, teardown);
	tcase_add_loop_test(edge, stream_names, 0, COUNT(names));
	tcase_add_loop_test(edge, faults_strike_each_operation, 0, COUNT(asked));
	tcase_add_test(edge, what_is_not_there);
	tcase_add_test(edge, list_streams_edges);
	tcase_add_test(edge, next_tokens);
	tcase_add_loop_test(edge, lists_begin_behind_an_id, 0, COUNT(starts));
	tcase_add_test(edge, ordering_numbers);
	tcase_add_test(edge, iterator_edges);
	tcase_add_test(edge, strange_services);
	tcase_add_loop_test(edge, fault_corners, 0, COUNT(corners));
	tcase_add_test(edge, faults_have_a_limit);
	tcase_add_test(edge, shares_of_a_shard);
	tcase_add_test(edge, children_by_number);
	return edge;
}
