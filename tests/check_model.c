/* The model of the service: numbers, tokens, faults, streams, reshards, reading, limits. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "model/model.h"
#include "model/sequence.h"
#include "model/token.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define S(text) kin__span_text(text)
#define EPOCH INT64_C(1700000000000)

static struct kin__model *model;
static struct kin__model_answer answer;
static int64_t now;

static void open_model(const struct kin__model_options *options)
{
	kin__model_free(model);
	model = kin__model_new(options);
	ck_assert_ptr_nonnull(model);
}

static struct kin__model_options defaults(void)
{
	struct kin__model_options options;

	kin__model_options_init(&options);
	options.seed = 7;
	return options;
}

static void setup(void)
{
	struct kin__model_options options;

	options = defaults();
	now = EPOCH;
	open_model(&options);
}

static void teardown(void)
{
	kin__model_free(model);
	model = NULL;
}

#define ck_done() ck_assert_msg(!answer.code, "%s: %s", answer.code, answer.message)
#define ck_refused(want)                                                                                     \
	ck_assert_msg(answer.code &&strcmp(answer.code, (want)) == 0, "%s, not %s",                          \
	              answer.code ? answer.code : "done", (want))

static void create(const char *name, uint32_t shards)
{
	kin__model_create_stream(model, now, S(name), shards, 0, &answer);
	ck_done();
}

static struct kin__model_put put(const char *stream, const char *key, const char *data)
{
	struct kin__model_entry entry = { .key = S(key), .data = S(data) };
	struct kin__model_put out = { 0 };

	kin__model_put_record(model, now, S(stream), &entry, kin__span("", 0), &out, &answer);
	return out;
}

static void iterator(const char *stream, const char *shard, enum kin__iterator_type type,
                     const char *sequence, char out[static KIN__MODEL_TOKEN])
{
	struct kin__model_position position = { .type = type, .sequence = S(sequence) };

	kin__model_get_iterator(model, now, S(stream), S(shard), &position, out, &answer);
}

static struct kin__model_page get(const char *token, uint32_t limit)
{
	struct kin__model_page page;

	kin__model_get_records(model, now, S(token), limit, &page, &answer);
	return page;
}

static void fault(const char *text)
{
	struct kin__fault parsed;
	char error[KIN__FAULT_ERROR] = "";

	ck_assert_msg(kin__fault_parse(S(text), &parsed, error) == 0, "%s", error);
	ck_assert_int_eq(kin__faults_add(kin__model_faults(model), &parsed), 0);
}

static size_t shards(const struct kin__model_list *list, struct kin__shard_info *out, size_t room)
{
	char next[KIN__MODEL_TOKEN];
	size_t n;

	kin__model_list_shards(model, now, list, out, room, &n, next, &answer);
	return n;
}

/* --- numbers and tokens ---------------------------------------------------------- */

START_TEST(sequence_layout)
{
	/* A number of the service's documentation, taken apart. */
	static const char text[] = "49590338271490256608559692538361571095921575989136588898";
	struct kin__sequence number;
	char back[57];

	ck_assert(kin__sequence_parse(S(text), &number));
	ck_assert_int_eq(number.created_s, 1542776258);
	ck_assert_uint_eq(number.shard, 6);
	ck_assert_uint_eq(number.counter, 0x67648a17);
	ck_assert_int_eq(number.time_s, 1545084650);
	kin__sequence_text(&number, back);
	ck_assert_str_eq(back, text);
}
END_TEST

START_TEST(sequence_round_trip)
{
	struct kin__rng rng = { 1 };

	for (int i = 0; i < 2000; i++) {
		struct kin__sequence a = { (int64_t)(kin__rng_next(&rng) >> 28),
			                   (int64_t)(kin__rng_next(&rng) >> 28), kin__rng_next(&rng),
			                   (uint32_t)kin__rng_next(&rng) };
		struct kin__sequence b, c = a;
		char text[57], later[57];

		kin__sequence_text(&a, text);
		ck_assert(kin__sequence_parse(S(text), &b));
		ck_assert(a.created_s == b.created_s && a.time_s == b.time_s && a.counter == b.counter &&
		          a.shard == b.shard);
		c.counter += c.counter < UINT64_MAX;
		kin__sequence_text(&c, later);
		ck_assert_int_le(strcmp(text, later), 0);
	}
}
END_TEST

START_TEST(sequence_refused)
{
	static const char *const texts[] = { "",
		                             "0",
		                             "4959033827149025660855969253836157109592157598913658889",
		                             "49590338271490256608559692538361571095921575989136588899",
		                             "4959033827149025660855969253836157109592157598913658889x",
		                             "99999999999999999999999999999999999999999999999999999999" };
	struct kin__sequence number;

	ck_assert(!kin__sequence_parse(S(texts[_i]), &number));
}
END_TEST

START_TEST(token_any_change_is_found)
{
	struct kin__token token = { KIN__TOKEN_ITERATOR, 3, 8, 9, 10, EPOCH, -5 }, back;
	char text[KIN__MODEL_TOKEN];

	kin__token_text(&token, 99, text);
	ck_assert(kin__token_parse(S(text), 99, &back));
	ck_assert(back.kind == token.kind && back.filter == 3 && back.stream == 8 && back.shard == 9 &&
	          back.position == 10 && back.issued_ms == EPOCH && back.filter_ms == -5);
	ck_assert(!kin__token_parse(S(text), 98, &back));
	for (size_t i = 0; text[i]; i++) {
		char kept = text[i];
		text[i] = kept == 'A' ? 'B' : 'A';
		ck_assert(!kin__token_parse(S(text), 99, &back));
		text[i] = kept;
	}
}
END_TEST

/* --- faults ------------------------------------------------------------------------ */

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

/* --- streams ------------------------------------------------------------------------ */

START_TEST(stream_life)
{
	struct kin__model_options options = defaults();
	struct kin__stream_summary summary;
	struct kin__model_list list = { .stream = S("s") };
	struct kin__shard_info info[4];

	options.transition_ms = 100;
	open_model(&options);
	create("s", 2);
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_CREATING);
	put("s", "a", "x");
	ck_refused("ResourceNotFoundException");
	shards(&list, info, 4);
	ck_refused("ResourceInUseException");
	kin__model_create_stream(model, now, S("s"), 1, 0, &answer);
	ck_refused("ResourceInUseException");
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_refused("ResourceInUseException");
	now += 100;
	kin__model_describe(model, now, S("arn:aws:kinesis:us-east-1:000000000000:stream/s"), &summary,
	                    &answer);
	ck_done();
	ck_assert_int_eq(summary.status, KIN__STREAM_ACTIVE);
	ck_assert_uint_eq(summary.open_shards, 2);
	ck_assert_str_eq(summary.arn, "arn:aws:kinesis:us-east-1:000000000000:stream/s");
	kin__model_describe(model, now, S("arn:aws:kinesis:eu-west-1:000000000000:stream/s"), &summary,
	                    &answer);
	ck_refused("ResourceNotFoundException");
	kin__model_split(model, now, S("s"), S("shardId-000000000000"), (struct kin__hashkey){ 5, 0 },
	                 &answer);
	ck_done();
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_UPDATING);
	kin__model_split(model, now, S("s"), S("shardId-000000000001"), (struct kin__hashkey){ 5, 0 },
	                 &answer);
	ck_refused("ResourceInUseException");
	put("s", "a", "x");
	ck_done();
	ck_assert_uint_eq(shards(&list, info, 4), 2);
	now += 100;
	ck_assert_uint_eq(shards(&list, info, 4), 4);
	ck_assert_ptr_nonnull(info[0].last_sequence);
	ck_assert_str_eq(info[2].parent, "shardId-000000000000");
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_done();
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_assert_int_eq(summary.status, KIN__STREAM_DELETING);
	now += 100;
	kin__model_describe(model, now, S("s"), &summary, &answer);
	ck_refused("ResourceNotFoundException");
}
END_TEST

START_TEST(stream_refused)
{
	char name[130];

	memset(name, 'a', sizeof name);
	kin__model_create_stream(model, now, kin__span(name, 129), 1, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, kin__span(name, 128), 1, 0, &answer);
	ck_done();
	kin__model_create_stream(model, now, S("a b"), 1, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, S("b"), 0, 0, &answer);
	ck_refused("ValidationException");
	kin__model_create_stream(model, now, S("b"), 10001, 0, &answer);
	ck_refused("LimitExceededException");
	kin__model_delete_stream(model, now, S("b"), &answer);
	ck_refused("ResourceNotFoundException");
}
END_TEST

START_TEST(stream_recreated)
{
	struct kin__stream_summary first, second;
	struct kin__model_list list = { .stream = S("s"), .has_created = true };
	struct kin__shard_info info[2];
	char old[KIN__MODEL_TOKEN], token[KIN__MODEL_TOKEN];
	struct kin__model_put number;

	create("s", 1);
	kin__model_describe(model, now, S("s"), &first, &answer);
	number = put("s", "a", "x");
	iterator("s", "shardId-000000000000", KIN__ITERATOR_TRIM_HORIZON, "", old);
	kin__model_delete_stream(model, now, S("s"), &answer);
	ck_done();
	create("s", 1); /* in the same millisecond */
	kin__model_describe(model, now, S("s"), &second, &answer);
	ck_assert_int_gt(second.created_ms, first.created_ms);
	get(old, 0);
	ck_refused("ResourceNotFoundException");
	iterator("s", "shardId-000000000000", KIN__AFTER_SEQUENCE_NUMBER, number.sequence, token);
	ck_refused("InvalidArgumentException");
	ck_assert_int_gt(strcmp(put("s", "a", "y").sequence, number.sequence), 0);
	list.created_ms = first.created_ms;
	shards(&list, info, 2);
	ck_refused("ResourceNotFoundException");
	list.created_ms = second.created_ms;
	ck_assert_uint_eq(shards(&list, info, 2), 1);
}
END_TEST

START_TEST(streams_listed)
{
	static const char *const names[] = { "m", "b", "z", "a", "q" };
	struct kin__stream_summary out[5];
	size_t n;
	bool more;

	for (int i = 0; i < COUNT(names); i++)
		create(names[i], 1);
	kin__model_list_streams(model, now, S(""), out, 3, &n, &more, &answer);
	ck_assert(n == 3 && more);
	ck_assert_str_eq(out[0].name, "a");
	ck_assert_str_eq(out[2].name, "m");
	kin__model_list_streams(model, now, S("m"), out, 3, &n, &more, &answer);
	ck_assert(n == 2 && !more);
	ck_assert_str_eq(out[1].name, "z");
}
END_TEST

/* --- reshards ----------------------------------------------------------------------- */

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

#include "model_reads.h"
#include "model_corners.h"
#include "model_spread.h"
#include "model_settings.h"

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *rules = tcase_create("rules");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(rules, setup, teardown);
	tcase_set_timeout(rules, 60);
	tcase_add_test(rules, sequence_layout);
	tcase_add_test(rules, sequence_round_trip);
	tcase_add_loop_test(rules, sequence_refused, 0, 6);
	tcase_add_test(rules, token_any_change_is_found);
	tcase_add_loop_test(rules, fault_grammar, 0, COUNT(faults));
	tcase_add_test(rules, fault_values);
	tcase_add_loop_test(rules, fault_selection, 0, COUNT(selections));
	tcase_add_test(rules, fault_effects);
	tcase_add_test(rules, fault_entries);
	tcase_add_test(rules, stream_life);
	tcase_add_test(rules, stream_refused);
	tcase_add_test(rules, stream_recreated);
	tcase_add_test(rules, streams_listed);
	tcase_add_test(rules, split_and_merge_refused);
	tcase_add_loop_test(rules, walk_tiles_and_reads_once, 0, 40);
	tcase_add_test(rules, children_told);
	tcase_add_test(rules, iterator_positions);
	tcase_add_test(rules, iterator_refused);
	tcase_add_test(rules, numbers_of_shards);
	tcase_add_test(rules, retention_and_trim);
	tcase_add_test(rules, closed_shards_leave);
	tcase_add_loop_test(rules, list_filters, 0, COUNT(filters));
	tcase_add_test(rules, list_refused);
	tcase_add_test(rules, size_limits);
	tcase_add_test(rules, checked_puts);
	tcase_add_test(rules, write_rates);
	tcase_add_test(rules, read_rates);
	tcase_add_test(rules, memory_fails);
	suite_add_tcase(suite, rules);
	suite_add_tcase(suite, corners_case());
	suite_add_tcase(suite, spread_case());
	suite_add_tcase(suite, settings_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
