/* kinesis/operation - see operation.h */
#include "base/check.h"
#include "kinesis/limits.h"
#include "kinesis/operation.h"

/* Rows of members: name, required, range, form. */
#define TEXT(name, required, max, check)                                                                     \
	{                                                                                                    \
		name, KIN__MEMBER_TEXT, required, 1, max, check                                              \
	}
#define INTEGER(name, required, min, max)                                                                    \
	{                                                                                                    \
		name, KIN__MEMBER_INTEGER, required, min, max, NULL                                          \
	}
#define BOOLEAN(name)                                                                                        \
	{                                                                                                    \
		name, KIN__MEMBER_BOOLEAN, false, 0, 1, NULL                                                 \
	}
#define TIME(name)                                                                                           \
	{                                                                                                    \
		name, KIN__MEMBER_TIME, false, 0, INT64_MAX, NULL                                            \
	}
#define JSON(name, required)                                                                                 \
	{                                                                                                    \
		name, KIN__MEMBER_JSON, required, 0, 0, NULL                                                 \
	}
#define DATA(name)                                                                                           \
	{                                                                                                    \
		name, KIN__MEMBER_DATA, true, 0, KIN__RECORD_BYTES_MAX, NULL                                 \
	}
#define STREAM_NAME(required) TEXT("StreamName", required, KIN__NAME_MAX, kin__limits_stream_name)
#define STREAM                                                                                               \
	STREAM_NAME(false), TEXT("StreamARN", false, KIN__STREAM_ARN_MAX, kin__limits_stream_arn),           \
			TEXT("StreamId", false, 24, NULL)

static const struct kin__member create_stream[] = {
	STREAM_NAME(true),
	INTEGER("ShardCount", false, 1, INT32_MAX),
	JSON("StreamModeDetails", false),
	JSON("Tags", false),
	INTEGER("WarmThroughputMiBps", false, 0, INT32_MAX),
	INTEGER("MaxRecordSizeInKiB", false, KIN__RECORD_KIB_MIN, KIN__RECORD_KIB_MAX),
	TEXT("RecordDistributionStrategy", false, KIN__NAME_MAX, NULL),
};
static const struct kin__member delete_stream[] = { STREAM, BOOLEAN("EnforceConsumerDeletion") };
static const struct kin__member describe_stream_summary[] = { STREAM };
static const struct kin__member list_streams[] = {
	INTEGER("Limit", false, 1, 10000),
	TEXT("ExclusiveStartStreamName", false, KIN__NAME_MAX, kin__limits_stream_name),
	TEXT("NextToken", false, KIN__TOKEN_MAX, NULL),
};
static const struct kin__member list_shards[] = {
	STREAM,
	TEXT("NextToken", false, KIN__TOKEN_MAX, NULL),
	TEXT("ExclusiveStartShardId", false, KIN__NAME_MAX, kin__limits_shard_id),
	INTEGER("MaxResults", false, 1, 10000),
	TIME("StreamCreationTimestamp"),
	JSON("ShardFilter", false),
};
static const struct kin__member split_shard[] = {
	STREAM,
	TEXT("ShardToSplit", true, KIN__NAME_MAX, kin__limits_shard_id),
	TEXT("NewStartingHashKey", true, KIN__HASHKEY_TEXT - 1, kin__limits_hash_key),
};
static const struct kin__member merge_shards[] = {
	STREAM,
	TEXT("ShardToMerge", true, KIN__NAME_MAX, kin__limits_shard_id),
	TEXT("AdjacentShardToMerge", true, KIN__NAME_MAX, kin__limits_shard_id),
};
static const struct kin__member update_max_record_size[] = {
	TEXT("StreamARN", true, KIN__STREAM_ARN_MAX, kin__limits_stream_arn),
	TEXT("StreamId", false, 24, NULL),
	INTEGER("MaxRecordSizeInKiB", true, KIN__RECORD_KIB_MIN, KIN__RECORD_KIB_MAX),
};
static const struct kin__member put_record[] = {
	STREAM,
	DATA("Data"),
	TEXT("PartitionKey", false, KIN__KEY_CHARACTERS_MAX, kin__limits_partition_key),
	TEXT("ExplicitHashKey", false, KIN__HASHKEY_TEXT - 1, kin__limits_hash_key),
	TEXT("SequenceNumberForOrdering", false, KIN__SEQUENCE_DIGITS_MAX, kin__limits_sequence),
	BOOLEAN("DryRun"),
};
static const struct kin__member put_records[] = { STREAM, JSON("Records", true), BOOLEAN("DryRun") };
static const struct kin__member get_shard_iterator[] = {
	STREAM,
	TEXT("ShardId", true, KIN__NAME_MAX, kin__limits_shard_id),
	TEXT("ShardIteratorType", true, KIN__NAME_MAX, NULL),
	TEXT("StartingSequenceNumber", false, KIN__SEQUENCE_DIGITS_MAX, kin__limits_sequence),
	TIME("Timestamp"),
	BOOLEAN("DryRun"),
};
static const struct kin__member get_records[] = {
	TEXT("StreamARN", false, KIN__STREAM_ARN_MAX, kin__limits_stream_arn),
	TEXT("StreamId", false, 24, NULL),
	TEXT("ShardIterator", true, KIN__ITERATOR_TEXT - 1, NULL),
	INTEGER("Limit", false, 1, KIN__GET_RECORDS_MAX),
	BOOLEAN("DryRun"),
};

/* control, idempotent, by_stream, empty_answer; a repeated reshard, create or delete meets its own first try. */
#define ROW(name, members, ...)                                                                              \
	{                                                                                                    \
		name, "Kinesis_20131202." name, __VA_ARGS__, members, KIN__ARRAY_LEN(members)                \
	}
static const struct kin__operation_row rows[KIN__OPERATIONS] = {
	[KIN__CREATE_STREAM] = ROW("CreateStream", create_stream, true, false, false, true),
	[KIN__DELETE_STREAM] = ROW("DeleteStream", delete_stream, true, false, true, true),
	[KIN__DESCRIBE_STREAM_SUMMARY] =
			ROW("DescribeStreamSummary", describe_stream_summary, true, true, true, false),
	[KIN__LIST_STREAMS] = ROW("ListStreams", list_streams, true, true, false, false),
	[KIN__LIST_SHARDS] =
			ROW("ListShards", list_shards, true, true, false, false), /* NextToken stands alone */
	[KIN__SPLIT_SHARD] = ROW("SplitShard", split_shard, true, false, true, true),
	[KIN__MERGE_SHARDS] = ROW("MergeShards", merge_shards, true, false, true, true),
	[KIN__UPDATE_MAX_RECORD_SIZE] =
			ROW("UpdateMaxRecordSize", update_max_record_size, true, false, false, true),
	[KIN__PUT_RECORD] = ROW("PutRecord", put_record, false, false, true, false),
	[KIN__PUT_RECORDS] = ROW("PutRecords", put_records, false, false, true, false),
	[KIN__GET_SHARD_ITERATOR] = ROW("GetShardIterator", get_shard_iterator, false, true, true, false),
	[KIN__GET_RECORDS] = ROW("GetRecords", get_records, false, true, false, false),
};

const struct kin__operation_row *kin__operation_row(enum kin__operation operation)
{
	return (unsigned)operation < KIN__OPERATIONS ? &rows[operation] : NULL;
}

bool kin__operation_find(struct kin__span name, enum kin__operation *out)
{
	for (unsigned i = 0; i < KIN__OPERATIONS; i++)
		if (kin__span_is(name, rows[i].name)) {
			*out = (enum kin__operation)i;
			return true;
		}
	return false;
}

/* --- the nearest name ------------------------------------------------------------- */

enum { NAME_MAX_COMPARED = 48 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters must be changed, added or left out; case does not count. */
static unsigned distance(struct kin__span a, struct kin__span b)
{
	unsigned row[NAME_MAX_COMPARED + 1];

	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < b.n; j++) {
			unsigned best = corner + (lower(a.at[i]) != lower(b.at[j]));

			corner = row[j + 1];
			if (corner + 1 < best)
				best = corner + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[b.n];
}

struct nearest {
	struct kin__span name;
	const char *found;
	unsigned distance;
};

static void compare(struct nearest *nearest, const char *name)
{
	unsigned found;

	if (nearest->name.n > NAME_MAX_COMPARED)
		return;
	found = distance(nearest->name, kin__span_text(name));
	if (!nearest->found || found < nearest->distance) {
		nearest->found = name;
		nearest->distance = found;
	}
}

/* More than half of its letters wrong: then it is no misspelling. */
static bool is_near(const struct nearest *nearest)
{
	return nearest->found && nearest->distance * 2 <= strlen(nearest->found);
}

static void say(struct kin__reason *reason, const char *pattern, struct kin__span one, const char *two,
                const char *three)
{
	if (reason)
		kin__reason_say(reason, pattern, one, kin__span_text(two), kin__span_text(three));
}

const struct kin__operation_row *kin__operation_named(struct kin__span name, struct kin__reason *reason)
{
	struct nearest nearest = { name };
	enum kin__operation operation;

	if (kin__operation_find(name, &operation))
		return &rows[operation];
	for (unsigned i = 0; i < KIN__OPERATIONS; i++)
		compare(&nearest, rows[i].name);
	if (is_near(&nearest))
		say(reason, "operation '%1': unknown; is it '%2'?", name, nearest.found, NULL);
	else
		say(reason, "operation '%1': unknown; names are written as in the Kinesis API, such as '%2'",
		    name, rows[KIN__LIST_SHARDS].name, NULL);
	return NULL;
}

const struct kin__member *kin__operation_member(const struct kin__operation_row *row, struct kin__span name,
                                                struct kin__reason *reason)
{
	struct nearest nearest = { name };

	for (size_t i = 0; i < row->members_n; i++)
		if (kin__span_is(name, row->members[i].name))
			return &row->members[i];
	for (size_t i = 0; i < row->members_n; i++)
		compare(&nearest, row->members[i].name);
	if (is_near(&nearest))
		say(reason, "member '%1': %2 has none of that name; is it '%3'?", name, row->name,
		    nearest.found);
	else
		say(reason, "member '%1': %2 has none of that name", name, row->name, NULL);
	return NULL;
}

/* --- values ------------------------------------------------------------------------ */

const char *kin__member_type_name(enum kin__member_type type)
{
	static const char *const names[] = {
		[KIN__MEMBER_TEXT] = "text",       [KIN__MEMBER_INTEGER] = "integer",
		[KIN__MEMBER_BOOLEAN] = "boolean", [KIN__MEMBER_TIME] = "time",
		[KIN__MEMBER_DATA] = "data",       [KIN__MEMBER_JSON] = "json",
	};

	return (unsigned)type < KIN__ARRAY_LEN(names) ? names[type] : "unknown";
}

bool kin__member_check_type(const struct kin__member *member, enum kin__member_type type,
                            struct kin__reason *reason)
{
	if (member->type == type)
		return true;
	say(reason, "member '%1': set as %2, but it is of type %3", kin__span_text(member->name),
	    kin__member_type_name(type), kin__member_type_name((enum kin__member_type)member->type));
	return false;
}

struct number {
	char text[21];
};

/* Behind the sign there are at most 19 digits. */
static const char *number_text(int64_t value, struct number *number)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char *at = number->text + sizeof number->text - 1;

	*at = 0;
	do
		*--at = (char)('0' + size % 10);
	while ((size /= 10) != 0);
	if (value < 0)
		*--at = '-';
	return at;
}

static void say_range(const struct kin__member *member, struct kin__reason *reason, const char *below,
                      const char *above, int64_t value)
{
	struct number given, limit;

	say(reason, value < member->min ? below : above, kin__span_text(member->name),
	    number_text(value, &given), number_text(value < member->min ? member->min : member->max, &limit));
}

static bool in_range(const struct kin__member *member, int64_t value)
{
	return value >= member->min && value <= member->max;
}

bool kin__member_check_text(const struct kin__member *member, struct kin__span text,
                            struct kin__reason *reason)
{
	int64_t n = text.n > INT32_MAX ? INT32_MAX : (int64_t)text.n;

	if (member->check)
		return member->check(text, reason);
	if (in_range(member, n))
		return true;
	say_range(member, reason, "member '%1': text of %2 bytes, needs at least %3",
	          "member '%1': text of %2 bytes, at most %3 are allowed", n);
	return false;
}

bool kin__member_check_integer(const struct kin__member *member, int64_t value, struct kin__reason *reason)
{
	if (in_range(member, value))
		return true;
	say_range(member, reason, "member '%1': %2 is too small, must be at least %3",
	          "member '%1': %2 is too large, must be at most %3", value);
	return false;
}

bool kin__member_check_data(const struct kin__member *member, size_t n, struct kin__reason *reason)
{
	int64_t size = n > INT32_MAX ? INT32_MAX : (int64_t)n;

	if (in_range(member, size))
		return true;
	say_range(member, reason, "member '%1': data of %2 bytes, at least %3 are due",
	          "member '%1': data of %2 bytes, at most %3 are allowed", size);
	return false;
}
