#include "model/fault.h"
#include "base/mem.h"

static const char *const operations[KIN__OPERATIONS] = {
	/* those that the mock answers */
	[KIN__CREATE_STREAM] = "CreateStream",
	[KIN__DELETE_STREAM] = "DeleteStream",
	[KIN__DESCRIBE_STREAM_SUMMARY] = "DescribeStreamSummary",
	[KIN__LIST_STREAMS] = "ListStreams",
	[KIN__LIST_SHARDS] = "ListShards",
	[KIN__SPLIT_SHARD] = "SplitShard",
	[KIN__MERGE_SHARDS] = "MergeShards",
	[KIN__UPDATE_MAX_RECORD_SIZE] = "UpdateMaxRecordSize",
	[KIN__PUT_RECORD] = "PutRecord",
	[KIN__PUT_RECORDS] = "PutRecords",
	[KIN__GET_SHARD_ITERATOR] = "GetShardIterator",
	[KIN__GET_RECORDS] = "GetRecords",
	[KIN__DESCRIBE_STREAM] = "DescribeStream",
	[KIN__DESCRIBE_LIMITS] = "DescribeLimits",
	[KIN__UPDATE_STREAM_MODE] = "UpdateStreamMode",
	[KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY] = "UpdateStreamRecordDistributionStrategy",
	[KIN__UPDATE_SHARD_COUNT] = "UpdateShardCount",
	[KIN__INCREASE_STREAM_RETENTION_PERIOD] = "IncreaseStreamRetentionPeriod",
	[KIN__DECREASE_STREAM_RETENTION_PERIOD] = "DecreaseStreamRetentionPeriod",
	[KIN__START_STREAM_ENCRYPTION] = "StartStreamEncryption",
	[KIN__STOP_STREAM_ENCRYPTION] = "StopStreamEncryption",
	[KIN__ADD_TAGS_TO_STREAM] = "AddTagsToStream",
	[KIN__REMOVE_TAGS_FROM_STREAM] = "RemoveTagsFromStream",
	[KIN__LIST_TAGS_FOR_STREAM] = "ListTagsForStream",
	[KIN__TAG_RESOURCE] = "TagResource",
	[KIN__UNTAG_RESOURCE] = "UntagResource",
	[KIN__LIST_TAGS_FOR_RESOURCE] = "ListTagsForResource",
};

static const char *const kinds[KIN__FAULT_KINDS] = { "throttle",         "error500", "error503",   "partial",
	                                             "latency",          "drop",     "drop_after", "truncate",
	                                             "expired_iterator", "skew" };

#define KIND_LIST                                                                                            \
	"throttle, error500, error503, partial, latency, drop, drop_after, truncate, expired_iterator or "   \
	"skew"

/* error := before "value" after, cut to fit. */
static int refuse(char *error, const char *before, struct kin__span value, const char *after)
{
	struct kin__span parts[] = { kin__span_text(before), kin__span_text(" \""), value,
		                     kin__span_text("\" "), kin__span_text(after) };
	size_t n = 0, room;

	if (parts[2].n > 60)
		parts[2].n = 60;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		room = KIN__FAULT_ERROR - 1 - n;
		if (parts[i].n > room)
			parts[i].n = room;
		if (parts[i].n)
			memcpy(error + n, parts[i].at, parts[i].n);
		n += parts[i].n;
	}
	error[n] = 0;
	return -1;
}

/* 0, 1, 0.5, .25, 0.125: to the per mille; false: anything else. */
static bool parse_share(struct kin__span text, uint32_t *per_mille)
{
	struct kin__span whole, fraction = kin__span_cut(text, '.', &whole);
	uint64_t high = 0, low = 0;

	if (text.n == 0 || fraction.n > 3 || (whole.n == text.n ? whole.n == 0 : fraction.n == 0))
		return false;
	if ((whole.n && !kin__span_u64(whole, &high)) || (fraction.n && !kin__span_u64(fraction, &low)) ||
	    high > 1)
		return false;
	for (size_t i = fraction.n; i < 3; i++)
		low *= 10;
	*per_mille = (uint32_t)(high * 1000 + low);
	return *per_mille >= 1 && *per_mille <= 1000;
}

static int parse_number(struct kin__fault *fault, struct kin__span name, struct kin__span value, char *error)
{
	uint64_t number;

	if (!kin__span_u64(value, &number) || number == 0 || number > UINT32_MAX)
		return refuse(error,
		              "in a fault, nth, every and count are whole numbers from 1 to 4294967295, not",
		              value, "");
	if (kin__span_is(name, "nth"))
		fault->nth = (uint32_t)number;
	else if (kin__span_is(name, "every"))
		fault->every = (uint32_t)number;
	else
		fault->count = number;
	return 0;
}

static int parse_ms(struct kin__fault *fault, struct kin__span value, char *error)
{
	bool skew = fault->kind == KIN__FAULT_SKEW;

	if (!skew && fault->kind != KIN__FAULT_LATENCY)
		return refuse(error, "ms= belongs to latency and skew; the kind",
		              kin__span_text(kinds[fault->kind]), "does not take it");
	if (!kin__span_i64(value, &fault->ms) || fault->ms > 86400000 || fault->ms < (skew ? -86400000 : 0))
		return refuse(error,
		              skew ? "the ms of a skew is a whole number from -86400000 to 86400000, not"
		                   : "the ms of a latency is a whole number from 0 to 86400000, not",
		              value, "");
	return 0;
}

static int parse_shard(struct kin__fault *fault, struct kin__span value, char *error)
{
	if (fault->kind == KIN__FAULT_SKEW)
		return refuse(error, "shard=", value,
		              "does not go with skew: the clock is the whole service's");
	if (value.n == 0 || value.n >= sizeof fault->shard)
		return refuse(error, "the shard of a fault is an id like shardId-000000000000, not", value,
		              "");
	memcpy(fault->shard, value.at, value.n);
	return 0;
}

static int parse_setting(struct kin__fault *fault, struct kin__span part, char *error)
{
	struct kin__span name, value = kin__span_cut(part, '=', &name);

	if (name.n == part.n)
		return refuse(error, "the fault's setting", part, "lacks its value: write name=value");
	if (kin__span_is(name, "nth") || kin__span_is(name, "every") || kin__span_is(name, "count"))
		return parse_number(fault, name, value, error);
	if (kin__span_is(name, "ms"))
		return parse_ms(fault, value, error);
	if (kin__span_is(name, "shard"))
		return parse_shard(fault, value, error);
	if (!kin__span_is(name, "share"))
		return refuse(error, "the fault's setting", name,
		              "is unknown: nth=N, every=N, share=0..1, count=N, ms=N and shard=ID are known");
	if (!parse_share(value, &fault->per_mille))
		return refuse(error,
		              "the share of a fault is from 0.001 to 1 with at most three decimals, not",
		              value, "");
	return 0;
}

static int parse_subject(struct kin__fault *fault, struct kin__span operation, struct kin__span kind,
                         char *error)
{
	fault->operation = KIN__FAULT_ANY;
	if (!kin__span_is(operation, "*")) {
		for (fault->operation = 0; fault->operation < KIN__OPERATIONS; fault->operation++)
			if (operations[fault->operation] &&
			    kin__span_is(operation, operations[fault->operation]))
				break;
		if (fault->operation == KIN__OPERATIONS)
			return refuse(error, "the fault's operation", operation,
			              "is unknown: write * or one that the mock answers, such as PutRecords");
	}
	for (fault->kind = 0; fault->kind < KIN__FAULT_KINDS; fault->kind++)
		if (kin__span_is(kind, kinds[fault->kind]))
			break;
	if (fault->kind == KIN__FAULT_KINDS)
		return refuse(error, "the fault's kind", kind, "is unknown: write " KIND_LIST);
	if (fault->kind == KIN__FAULT_PARTIAL && fault->operation != KIN__FAULT_ANY &&
	    fault->operation != KIN__PUT_RECORDS)
		return refuse(error, "the kind partial strikes only PutRecords, not", operation, "");
	if (fault->kind == KIN__FAULT_EXPIRED_ITERATOR && fault->operation != KIN__FAULT_ANY &&
	    fault->operation != KIN__GET_RECORDS)
		return refuse(error, "the kind expired_iterator strikes only GetRecords, not", operation, "");
	/* With * they mean the only operation that they can strike: nth and every count that one alone. */
	if (fault->kind == KIN__FAULT_PARTIAL)
		fault->operation = KIN__PUT_RECORDS;
	if (fault->kind == KIN__FAULT_EXPIRED_ITERATOR)
		fault->operation = KIN__GET_RECORDS;
	return 0;
}

static bool touches_shards(uint8_t operation)
{
	return operation == KIN__FAULT_ANY || operation == KIN__SPLIT_SHARD ||
	       operation == KIN__MERGE_SHARDS ||
	       (operation >= KIN__PUT_RECORD && operation <= KIN__GET_RECORDS);
}

int kin__fault_parse(struct kin__span text, struct kin__fault *out, char error[static KIN__FAULT_ERROR])
{
	struct kin__span operation, kind, part, rest = kin__span_cut(text, ':', &operation);

	memset(out, 0, sizeof *out);
	out->ms = INT64_MIN;
	if (operation.n == text.n)
		return refuse(error, "the fault", text, "is not of the form OPERATION:KIND[:name=value]...");
	rest = kin__span_cut(rest, ':', &kind);
	if (parse_subject(out, operation, kind, error) < 0)
		return -1;
	while (rest.n) {
		rest = kin__span_cut(rest, ':', &part);
		if (parse_setting(out, part, error) < 0)
			return -1;
	}
	if (out->nth && out->every)
		return refuse(error, "the fault", text, "has both nth and every: give one");
	if (out->per_mille && (out->nth || out->every) && out->kind != KIN__FAULT_PARTIAL)
		return refuse(error, "the fault", text, "has share besides nth or every: give one");
	if (out->shard[0] && !touches_shards(out->operation))
		return refuse(error, "the fault", text, "has shard=, and its operation touches no shard");
	if (out->ms == INT64_MIN && (out->kind == KIN__FAULT_LATENCY || out->kind == KIN__FAULT_SKEW))
		return refuse(error, "the fault", text, "lacks ms=N");
	if (out->ms == INT64_MIN)
		out->ms = 0;
	if (out->kind == KIN__FAULT_PARTIAL && out->per_mille == 0)
		out->per_mille = 500;
	return 0;
}

void kin__faults_init(struct kin__faults *faults)
{
	memset(faults, 0, sizeof *faults);
}

void kin__faults_fini(struct kin__faults *faults)
{
	kin__mem_free(faults->at);
	kin__faults_init(faults);
}

int kin__faults_add(struct kin__faults *faults, const struct kin__fault *fault)
{
	if (faults->n == KIN__FAULTS_MAX ||
	    kin__mem_room(&faults->at, &faults->room, faults->n + 1, sizeof *fault) < 0)
		return -1;
	faults->at[faults->n++] = *fault;
	return 0;
}

void kin__faults_clear(struct kin__faults *faults)
{
	faults->n = 0;
}

bool kin__fault_strikes(struct kin__fault *fault, struct kin__rng *rng)
{
	fault->seen++;
	if (fault->count && fault->struck >= fault->count)
		return false;
	if (fault->nth && fault->seen != fault->nth)
		return false;
	if (fault->every && fault->seen % fault->every != 0)
		return false;
	if (fault->per_mille && fault->kind != KIN__FAULT_PARTIAL && !kin__rng_chance(rng, fault->per_mille))
		return false;
	fault->struck++;
	return true;
}

void kin__fault_join(struct kin__fault_strike *strike, const struct kin__fault *fault)
{
	strike->any = true;
	switch ((enum kin__fault_kind)fault->kind) {
	case KIN__FAULT_THROTTLE:
		strike->throttle = true;
		break;
	case KIN__FAULT_ERROR500:
		strike->error500 = true;
		break;
	case KIN__FAULT_ERROR503:
		strike->error503 = true;
		break;
	case KIN__FAULT_PARTIAL:
		if (fault->per_mille > strike->partial_per_mille)
			strike->partial_per_mille = fault->per_mille;
		break;
	case KIN__FAULT_LATENCY:
		strike->latency_ms += fault->ms;
		break;
	case KIN__FAULT_DROP:
		strike->drop = true;
		break;
	case KIN__FAULT_DROP_AFTER:
		strike->drop_after = true;
		break;
	case KIN__FAULT_TRUNCATE:
		strike->truncate = true;
		break;
	case KIN__FAULT_EXPIRED_ITERATOR:
		strike->expired_iterator = true;
		break;
	case KIN__FAULT_SKEW:
	case KIN__FAULT_KINDS:
		break;
	}
}

int64_t kin__faults_skew_ms(struct kin__faults *faults, enum kin__operation operation, struct kin__rng *rng)
{
	int64_t skew = 0;

	for (size_t i = 0; i < faults->n; i++) {
		struct kin__fault *fault = &faults->at[i];
		if (fault->kind != KIN__FAULT_SKEW ||
		    (fault->operation != KIN__FAULT_ANY && fault->operation != operation))
			continue;
		if (kin__fault_strikes(fault, rng))
			skew += fault->ms;
	}
	return skew;
}
