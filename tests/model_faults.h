/* Part of check_model: the text of a fault, whom it meets and what it does. */

static const struct {
	const char *text, *error; /* error NULL: fine */
} faults[] = {
	{ "PutRecords:throttle", NULL },
	{ "*:drop:share=0.25", NULL },
	{ "GetRecords:latency:ms=200:every=3:count=2:shard=shardId-000000000001", NULL },
	{ "*:skew:ms=-600000", NULL },
	{ "*:partial", NULL },
	{ "PutRecords:partial:share=1:nth=2", NULL },
	{ "PutRecords", "is not of the form" },
	{ "Put:throttle", "\"Put\" is unknown" },
	{ "*:boom", "\"boom\" is unknown: write throttle" },
	{ "PutRecord:partial", "strikes only PutRecords" },
	{ "PutRecord:expired_iterator", "strikes only GetRecords" },
	{ "*:drop:nth", "\"nth\" lacks its value" },
	{ "*:drop:nth=0", "not \"0\"" },
	{ "*:drop:nth=x", "not \"x\"" },
	{ "*:drop:colour=red", "\"colour\" is unknown" },
	{ "*:drop:share=1.5", "not \"1.5\"" },
	{ "*:drop:share=0", "not \"0\"" },
	{ "*:drop:share=.0001", "not \".0001\"" },
	{ "*:drop:share=.", "not \".\"" },
	{ "*:drop:ms=5", "does not take it" },
	{ "*:latency", "lacks ms=N" },
	{ "*:latency:ms=-1", "not \"-1\"" },
	{ "*:skew:ms=1:shard=a", "does not go with skew" },
	{ "DescribeStreamSummary:drop:shard=a", "touches no shard" },
	{ "ListShards:latency:ms=1:shard=a", "touches no shard" },
	{ "DescribeStream:drop:shard=a", "touches no shard" },
	{ "UpdateShardCount:drop:shard=a", "touches no shard" },
	{ "GetRecords:drop:shard=a", NULL },
	{ "PutRecord:drop:shard=a", NULL },
	{ "*:drop:shard=", "not \"\"" },
	{ "*:drop:nth=1:every=2", "both nth and every" },
	{ "*:drop:nth=1:share=0.5", "has share besides" },
};

START_TEST(fault_grammar)
{
	struct kin__fault parsed;
	char error[KIN__FAULT_ERROR] = "";
	int code = kin__fault_parse(S(faults[_i].text), &parsed, error);

	ck_assert_msg((code == 0) == !faults[_i].error, "%s: %s", faults[_i].text, error);
	if (faults[_i].error)
		ck_assert_msg(strstr(error, faults[_i].error), "%s: %s", faults[_i].text, error);
}
END_TEST

START_TEST(fault_values)
{
	struct kin__fault f;
	char error[KIN__FAULT_ERROR];

	ck_assert_int_eq(kin__fault_parse(S("GetRecords:latency:ms=200:every=3:count=2:shard=s1"), &f, error),
	                 0);
	ck_assert(f.operation == KIN__GET_RECORDS && f.kind == KIN__FAULT_LATENCY && f.ms == 200 &&
	          f.every == 3 && f.count == 2 && f.nth == 0 && strcmp(f.shard, "s1") == 0);
	ck_assert_int_eq(kin__fault_parse(S("*:drop:share=.05"), &f, error), 0);
	ck_assert(f.operation == KIN__FAULT_ANY && f.per_mille == 50);
	ck_assert_int_eq(kin__fault_parse(S("*:partial"), &f, error), 0);
	ck_assert(f.operation == KIN__PUT_RECORDS && f.per_mille == 500);
}
END_TEST

static const struct {
	const char *fault, *pattern; /* of ten puts: x struck */
} selections[] = {
	{ "PutRecord:error500", "xxxxxxxxxx" },
	{ "PutRecord:error500:nth=3", "--x-------" },
	{ "PutRecord:error500:every=4", "---x---x--" },
	{ "*:error503:every=2:count=2", "-x-x------" },
	{ "PutRecord:throttle:count=1", "x---------" },
	{ "PutRecords:throttle", "----------" },
	{ "PutRecord:throttle:shard=shardId-000000000000", "xxxxxxxxxx" },
	{ "PutRecord:throttle:shard=shardId-000000000001", "----------" },
	{ "PutRecord:drop:share=1", "xxxxxxxxxx" },
};

START_TEST(fault_selection)
{
	char seen[11] = "";

	create("s", 1);
	fault(selections[_i].fault);
	for (int i = 0; i < 10; i++) {
		put("s", "a", "x");
		seen[i] = answer.code ? 'x' : '-';
		ck_assert_int_eq(answer.code != NULL, answer.strike.any);
	}
	ck_assert_str_eq(seen, selections[_i].pattern);
	kin__faults_clear(kin__model_faults(model));
	put("s", "a", "x");
	ck_done();
}
END_TEST

START_TEST(fault_effects)
{
	static const char shard[] = "shardId-000000000000";
	char token[KIN__MODEL_TOKEN];

	create("s", 1);
	fault("PutRecord:drop:nth=1");
	fault("PutRecord:drop_after:nth=2");
	fault("PutRecord:truncate:nth=3");
	fault("PutRecord:latency:ms=30:nth=4");
	fault("PutRecord:latency:ms=12");
	put("s", "a", "1");
	ck_assert(answer.strike.drop && kin__model_count(model, now, S("s"), S(shard)) == 0);
	put("s", "a", "2");
	ck_assert(answer.strike.drop_after && kin__model_count(model, now, S("s"), S(shard)) == 1);
	put("s", "a", "3");
	ck_assert(answer.strike.truncate && kin__model_count(model, now, S("s"), S(shard)) == 2);
	put("s", "a", "4");
	ck_assert_int_eq(answer.strike.latency_ms, 42);
	put("s", "a", "5");
	ck_assert_int_eq(answer.strike.latency_ms, 12);
	iterator("s", shard, KIN__ITERATOR_TRIM_HORIZON, "", token);
	fault("GetRecords:expired_iterator:nth=1");
	get(token, 0);
	ck_refused("ExpiredIteratorException");
	ck_assert_uint_eq(get(token, 0).n, 4);
	fault("CreateStream:throttle");
	kin__model_create_stream(model, now, S("t"), 1, 0, &answer);
	ck_refused("LimitExceededException");
	fault("*:skew:ms=500:nth=2");
	ck_assert_int_eq(kin__faults_skew_ms(kin__model_faults(model), KIN__LIST_STREAMS,
	                                     kin__model_rng(model)),
	                 0);
	ck_assert_int_eq(kin__faults_skew_ms(kin__model_faults(model), KIN__LIST_STREAMS,
	                                     kin__model_rng(model)),
	                 500);
}
END_TEST

static size_t put_many(size_t n, struct kin__model_put *out)
{
	static char keys[500][8];
	static struct kin__model_entry entries[501];
	size_t failed;

	for (size_t i = 0; i < n && i < 500; i++) {
		snprintf(keys[i], sizeof keys[i], "k%zu", i);
		entries[i] = (struct kin__model_entry){ .key = S(keys[i]), .data = S("0123456789") };
	}
	kin__model_put_records(model, now, S("s"), entries, n, out, &failed, &answer);
	return failed;
}

START_TEST(fault_entries)
{
	static struct kin__model_put out[500];
	size_t throttled = 0, internal = 0, stored, failed;

	create("s", 2);
	fault("PutRecords:throttle:shard=shardId-000000000001:count=1");
	failed = put_many(500, out);
	ck_done();
	for (int i = 0; i < 500; i++)
		throttled += out[i].outcome == KIN__MODEL_THROTTLED;
	ck_assert(throttled == failed && failed > 150 && failed < 350);
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(out[i].outcome == KIN__MODEL_THROTTLED,
		                 strcmp(out[i].shard, "shardId-000000000001") == 0);
	stored = 500 - failed;
	ck_assert_uint_eq(kin__model_count(model, now, S("s"), S("shardId-000000000000")), stored);
	ck_assert_uint_eq(put_many(500, out), 0);
	kin__faults_clear(kin__model_faults(model));
	fault("PutRecords:partial:share=0.4");
	failed = put_many(500, out);
	throttled = 0;
	for (int i = 0; i < 500; i++) {
		throttled += out[i].outcome == KIN__MODEL_THROTTLED;
		internal += out[i].outcome == KIN__MODEL_INTERNAL;
	}
	ck_assert(failed > 120 && failed < 280 && throttled + internal == failed && internal > 10 &&
	          throttled > internal);
}
END_TEST
