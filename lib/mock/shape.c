#include "mock/shape.h"
#include <stdio.h>
#include "mock/gate.h"
#include "wire/utf8.h"

enum { PATH = 80, SHOWN = 60 };

/* A name with a dot is a member of a member, asked for only where that one is. */
struct member {
	const char *name;
	enum kin__shape shape;
	bool required;
	int64_t least, most;
	const char *const *words;
};

#define STREAM                                                                                               \
	{ "StreamName", KIN__SHAPE_NAME, .most = 128 },                                                      \
	{                                                                                                    \
		"StreamARN", KIN__SHAPE_ARN, .most = 2048                                                    \
	}
#define ARN                                                                                                  \
	{                                                                                                    \
		"StreamARN", KIN__SHAPE_ARN, .required = true, .most = 2048                                  \
	}
#define RESOURCE                                                                                             \
	{                                                                                                    \
		"ResourceARN", KIN__SHAPE_ARN, .required = true, .most = 2048                                \
	}
#define SHARD(name)                                                                                          \
	{                                                                                                    \
		name, KIN__SHAPE_NAME, .required = true, .most = 128                                         \
	}
#define DRY_RUN                                                                                              \
	{                                                                                                    \
		"DryRun", KIN__SHAPE_BOOLEAN                                                                 \
	}

static const char *const modes[] = { "PROVISIONED", "ON_DEMAND", NULL };
static const char *const strategies[] = { "AUTO", "USER_PARTITION_KEY", NULL };
static const char *const encryptions[] = { "NONE", "KMS", NULL };
static const char *const scalings[] = { "UNIFORM_SCALING", NULL };
static const char *const filters[] = { "AFTER_SHARD_ID",
	                               "AT_TRIM_HORIZON",
	                               "FROM_TRIM_HORIZON",
	                               "AT_LATEST",
	                               "AT_TIMESTAMP",
	                               "FROM_TIMESTAMP",
	                               NULL };
static const char *const positions[] = { "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
	                                 "TRIM_HORIZON",       "LATEST",
	                                 "AT_TIMESTAMP",       NULL };

static const struct member create_stream[] = {
	SHARD("StreamName"),
	{ "ShardCount", KIN__SHAPE_NUMBER, .least = 1, .most = INT32_MAX },
	{ "StreamModeDetails", KIN__SHAPE_OBJECT },
	{ "StreamModeDetails.StreamMode", KIN__SHAPE_WORD, .required = true, .words = modes },
	{ "Tags", KIN__SHAPE_OBJECT },
	{ "MaxRecordSizeInKiB", KIN__SHAPE_NUMBER, .least = 1024, .most = 10240 },
	{ "RecordDistributionStrategy", KIN__SHAPE_WORD, .words = strategies },
	{ 0 }
};
static const struct member delete_stream[] = { STREAM,
	                                       { "EnforceConsumerDeletion", KIN__SHAPE_BOOLEAN },
	                                       { 0 } };
static const struct member describe[] = { STREAM, { 0 } };
static const struct member describe_stream[] = { STREAM,
	                                         { "Limit", KIN__SHAPE_NUMBER, .least = 1, .most = 10000 },
	                                         { "ExclusiveStartShardId", KIN__SHAPE_NAME, .most = 128 },
	                                         { 0 } };
static const struct member nothing[] = { { 0 } };
static const struct member list_streams[] = { { "Limit", KIN__SHAPE_NUMBER, .least = 1, .most = 10000 },
	                                      { "ExclusiveStartStreamName", KIN__SHAPE_NAME, .most = 128 },
	                                      { "NextToken", KIN__SHAPE_TEXT, .most = 1048576 },
	                                      { 0 } };
static const struct member list_shards[] = { STREAM,
	                                     { "NextToken", KIN__SHAPE_TEXT, .most = 1048576 },
	                                     { "ExclusiveStartShardId", KIN__SHAPE_NAME, .most = 128 },
	                                     { "MaxResults", KIN__SHAPE_NUMBER, .least = 1, .most = 10000 },
	                                     { "StreamCreationTimestamp", KIN__SHAPE_TIME },
	                                     { "ShardFilter", KIN__SHAPE_OBJECT },
	                                     { "ShardFilter.Type", KIN__SHAPE_WORD, .required = true,
	                                       .words = filters },
	                                     { "ShardFilter.ShardId", KIN__SHAPE_NAME, .most = 128 },
	                                     { "ShardFilter.Timestamp", KIN__SHAPE_TIME },
	                                     { 0 } };
static const struct member split[] = {
	STREAM, SHARD("ShardToSplit"), { "NewStartingHashKey", KIN__SHAPE_HASH, .required = true }, { 0 }
};
static const struct member merge[] = { STREAM, SHARD("ShardToMerge"), SHARD("AdjacentShardToMerge"), { 0 } };
static const struct member update_max_record_size[] = { ARN,
	                                                { "MaxRecordSizeInKiB", KIN__SHAPE_NUMBER,
	                                                  .required = true, .least = 1024, .most = 10240 },
	                                                { 0 } };
static const struct member update_mode[] = { ARN,
	                                     { "StreamModeDetails", KIN__SHAPE_OBJECT, .required = true },
	                                     { "StreamModeDetails.StreamMode", KIN__SHAPE_WORD,
	                                       .required = true, .words = modes },
	                                     { 0 } };
static const struct member update_distribution[] = {
	ARN, { "RecordDistributionStrategy", KIN__SHAPE_WORD, .required = true, .words = strategies }, { 0 }
};
static const struct member scale[] = {
	STREAM,
	{ "TargetShardCount", KIN__SHAPE_NUMBER, .required = true, .least = 1, .most = INT32_MAX },
	{ "ScalingType", KIN__SHAPE_WORD, .required = true, .words = scalings },
	{ 0 }
};
static const struct member retention[] = { STREAM,
	                                   { "RetentionPeriodHours", KIN__SHAPE_NUMBER, .required = true,
	                                     .least = INT32_MIN, .most = INT32_MAX },
	                                   { 0 } };
static const struct member encryption[] = { STREAM,
	                                    { "EncryptionType", KIN__SHAPE_WORD, .required = true,
	                                      .words = encryptions },
	                                    { "KeyId", KIN__SHAPE_TEXT, .required = true, .most = 2048 },
	                                    { 0 } };
static const struct member add_tags[] = { STREAM, { "Tags", KIN__SHAPE_OBJECT, .required = true }, { 0 } };
static const struct member remove_tags[] = { STREAM,
	                                     { "TagKeys", KIN__SHAPE_LIST, .required = true },
	                                     { 0 } };
static const struct member list_tags[] = { STREAM,
	                                   { "ExclusiveStartTagKey", KIN__SHAPE_TEXT, .most = 128 },
	                                   { "Limit", KIN__SHAPE_NUMBER, .least = 1, .most = 50 },
	                                   { 0 } };
static const struct member tag_resource[] = { RESOURCE,
	                                      { "Tags", KIN__SHAPE_OBJECT, .required = true },
	                                      { 0 } };
static const struct member untag_resource[] = { RESOURCE,
	                                        { "TagKeys", KIN__SHAPE_LIST, .required = true },
	                                        { 0 } };
static const struct member list_resource_tags[] = { RESOURCE, { 0 } };
static const struct member put_record[] = { STREAM,
	                                    { "Data", KIN__SHAPE_BLOB, .required = true },
	                                    { "PartitionKey", KIN__SHAPE_TEXT, .most = KIN__SHAPE_KEY_MAX },
	                                    { "ExplicitHashKey", KIN__SHAPE_HASH },
	                                    { "SequenceNumberForOrdering", KIN__SHAPE_SEQUENCE },
	                                    DRY_RUN,
	                                    { 0 } };
static const struct member get_iterator[] = { STREAM,
	                                      SHARD("ShardId"),
	                                      { "ShardIteratorType", KIN__SHAPE_WORD, .required = true,
	                                        .words = positions },
	                                      { "StartingSequenceNumber", KIN__SHAPE_SEQUENCE },
	                                      { "Timestamp", KIN__SHAPE_TIME },
	                                      DRY_RUN,
	                                      { 0 } };
static const struct member get_records[] = { { "ShardIterator", KIN__SHAPE_TEXT, .required = true,
	                                       .most = 512 },
	                                     { "Limit", KIN__SHAPE_NUMBER, .least = 1, .most = 10000 },
	                                     { "StreamARN", KIN__SHAPE_ARN, .most = 2048 },
	                                     DRY_RUN,
	                                     { 0 } };

static const struct member *const members_of[KIN__OPERATIONS] = {
	[KIN__CREATE_STREAM] = create_stream,
	[KIN__DELETE_STREAM] = delete_stream,
	[KIN__DESCRIBE_STREAM_SUMMARY] = describe,
	[KIN__LIST_STREAMS] = list_streams,
	[KIN__LIST_SHARDS] = list_shards,
	[KIN__SPLIT_SHARD] = split,
	[KIN__MERGE_SHARDS] = merge,
	[KIN__UPDATE_MAX_RECORD_SIZE] = update_max_record_size,
	[KIN__PUT_RECORD] = put_record,
	[KIN__GET_SHARD_ITERATOR] = get_iterator,
	[KIN__GET_RECORDS] = get_records,
	[KIN__DESCRIBE_STREAM] = describe_stream,
	[KIN__DESCRIBE_LIMITS] = nothing,
	[KIN__UPDATE_STREAM_MODE] = update_mode,
	[KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY] = update_distribution,
	[KIN__UPDATE_SHARD_COUNT] = scale,
	[KIN__INCREASE_STREAM_RETENTION_PERIOD] = retention,
	[KIN__DECREASE_STREAM_RETENTION_PERIOD] = retention,
	[KIN__START_STREAM_ENCRYPTION] = encryption,
	[KIN__STOP_STREAM_ENCRYPTION] = encryption,
	[KIN__ADD_TAGS_TO_STREAM] = add_tags,
	[KIN__REMOVE_TAGS_FROM_STREAM] = remove_tags,
	[KIN__LIST_TAGS_FOR_STREAM] = list_tags,
	[KIN__TAG_RESOURCE] = tag_resource,
	[KIN__UNTAG_RESOURCE] = untag_resource,
	[KIN__LIST_TAGS_FOR_RESOURCE] = list_resource_tags,
};

/* ---- types ---- */

static const char *type_name(enum kin__json_type type)
{
	static const char *const names[] = {
		[KIN__JSON_ABSENT] = "nothing", [KIN__JSON_NULL] = "null",
		[KIN__JSON_BOOL] = "a boolean", [KIN__JSON_INT] = "a number",
		[KIN__JSON_REAL] = "a number",  [KIN__JSON_TEXT] = "a string",
		[KIN__JSON_ARRAY] = "a list",   [KIN__JSON_OBJECT] = "a structure"
	};

	return names[type];
}

static enum kin__json_type wanted_type(enum kin__shape shape)
{
	switch (shape) {
	case KIN__SHAPE_NUMBER:
	case KIN__SHAPE_TIME:
		return KIN__JSON_REAL;
	case KIN__SHAPE_BOOLEAN:
		return KIN__JSON_BOOL;
	case KIN__SHAPE_OBJECT:
		return KIN__JSON_OBJECT;
	case KIN__SHAPE_LIST:
		return KIN__JSON_ARRAY;
	default:
		return KIN__JSON_TEXT;
	}
}

static bool has_type(struct kin__mock_exchange *x, const struct member *member, const struct kin__json *value)
{
	enum kin__json_type is = kin__json_type(value), wanted = wanted_type(member->shape);

	if (is == wanted || kin__json_is_null(value) || (is == KIN__JSON_INT && wanted == KIN__JSON_REAL))
		return true;
	kin__gate_refuse(x, "SerializationException", "%s must be %s, not %s", member->name,
	                 type_name(wanted), type_name(is));
	return false;
}

/* ---- constraints ---- */

void kin__shape_refuse(struct kin__mock_exchange *x, const char *path, struct kin__span value,
                       const char *must)
{
	const char *quote = value.at ? "'" : "";

	if (!value.at)
		value = kin__span_text("null");
	kin__gate_refuse(x, "ValidationException",
	                 "1 validation error detected: Value %s%.*s%s at '%s' failed to satisfy constraint: "
	                 "Member must %s",
	                 quote, (int)(value.n < SHOWN ? value.n : SHOWN), value.at, quote, path, must);
}

static bool is_name(struct kin__span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.' || c == '-'))
			return false;
	}
	return text.n > 0;
}

static bool is_decimal(struct kin__span text, size_t digits_max)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.n >= 1 && text.n <= digits_max && (text.n == 1 || text.at[0] != '0');
}

/* arn:aws.*:kinesis:.*:\d{12}:stream/\S+ */
static bool is_arn(struct kin__span text)
{
	static const char *const parts[] = { "arn", "aws", "kinesis", "" };
	struct kin__span part, rest = text;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		rest = kin__span_cut(rest, ':', &part);
		size_t n = strlen(parts[i]);
		if (part.n < n || memcmp(part.at, parts[i], n) != 0 || (i != 1 && n && part.n != n))
			return false;
	}
	rest = kin__span_cut(rest, ':', &part);
	for (size_t i = 0; i < part.n; i++)
		if (part.at[i] < '0' || part.at[i] > '9')
			return false;
	if (part.n != 12 || rest.n < 8 || memcmp(rest.at, "stream/", 7) != 0)
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (strchr(" \t\r\n\v\f", rest.at[i]))
			return false;
	return true;
}

static const char *pattern_broken(enum kin__shape shape, struct kin__span value)
{
#define PATTERN(text) "satisfy regular expression pattern: " text
	if (shape == KIN__SHAPE_NAME && !is_name(value))
		return PATTERN("[a-zA-Z0-9_.-]+");
	if (shape == KIN__SHAPE_ARN && !is_arn(value))
		return PATTERN("arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+");
	if (shape == KIN__SHAPE_HASH && !is_decimal(value, 39))
		return PATTERN("0|([1-9]\\d{0,38})");
	if (shape == KIN__SHAPE_SEQUENCE && !is_decimal(value, 129))
		return PATTERN("0|([1-9]\\d{0,128})");
	return NULL;
}

bool kin__shape_text(struct kin__mock_exchange *x, const char *path, enum kin__shape shape, int64_t most,
                     struct kin__span value)
{
	const char *broken = value.at ? pattern_broken(shape, value) : NULL;
	bool measured = shape == KIN__SHAPE_TEXT || shape == KIN__SHAPE_NAME || shape == KIN__SHAPE_ARN;
	size_t n = value.at && measured ? kin__utf8_units(value) : 0;
	char must[64];

	if (!value.at)
		broken = "not be null";
	if (!broken && measured && n == 0)
		broken = "have length greater than or equal to 1";
	if (!broken && measured && n > (uint64_t)most) {
		snprintf(must, sizeof must, "have length less than or equal to %lld", (long long)most);
		broken = must;
	}
	if (broken)
		kin__shape_refuse(x, path, value, broken);
	return !broken;
}

static bool fits_number(struct kin__mock_exchange *x, const char *path, const struct member *member,
                        const struct kin__json *value)
{
	char text[32], must[80];
	double number = 0;

	kin__json_real(value, &number);
	if (number >= (double)member->least && number < (double)member->most + 1)
		return true;
	snprintf(text, sizeof text, "%.0f", number);
	snprintf(must, sizeof must, "have value %s than or equal to %lld",
	         number < (double)member->least ? "greater" : "less",
	         (long long)(number < (double)member->least ? member->least : member->most));
	kin__shape_refuse(x, path, kin__span_text(text), must);
	return false;
}

static bool fits_word(struct kin__mock_exchange *x, const char *path, const char *const *words,
                      struct kin__span value)
{
	char must[160];
	size_t n;

	for (const char *const *word = words; *word; word++)
		if (kin__span_is(value, *word))
			return true;
	n = (size_t)snprintf(must, sizeof must, "satisfy enum value set: [");
	for (const char *const *word = words; *word && n < sizeof must; word++)
		n += (size_t)snprintf(must + n, sizeof must - n, "%s%s", *word, word[1] ? ", " : "]");
	kin__shape_refuse(x, path, value, must);
	return false;
}

/* "ShardFilter.Type" is shardFilter.type in the service's words. */
static void write_path(char path[static PATH], const char *name)
{
	bool first = true;
	size_t i = 0;

	for (; i < PATH - 1 && name[i]; i++) {
		path[i] = first && name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
		first = name[i] == '.';
	}
	path[i] = 0;
}

static bool is_asked_for(const struct member *member, const struct kin__json *request)
{
	const char *dot = strchr(member->name, '.');

	return !dot || !kin__json_is_null(kin__json_member_span(
				       request, kin__span(member->name, (size_t)(dot - member->name))));
}

static bool meets(struct kin__mock_exchange *x, const struct member *member, const struct kin__json *request)
{
	const struct kin__json *value = kin__json_path(request, member->name);
	struct kin__span text = { NULL, 0 };
	char path[PATH];

	if (!is_asked_for(member, request))
		return true;
	write_path(path, member->name);
	if (kin__json_is_null(value)) {
		if (member->required)
			kin__shape_refuse(x, path, text, "not be null");
		return !member->required;
	}
	switch (member->shape) {
	case KIN__SHAPE_NUMBER:
		return fits_number(x, path, member, value);
	case KIN__SHAPE_TIME:
	case KIN__SHAPE_BOOLEAN:
	case KIN__SHAPE_BLOB:
	case KIN__SHAPE_OBJECT:
	case KIN__SHAPE_LIST:
		return true;
	case KIN__SHAPE_WORD:
		kin__json_text(value, &text);
		return fits_word(x, path, member->words, text);
	default:
		kin__json_text(value, &text);
		return kin__shape_text(x, path, member->shape, member->most, text);
	}
}

bool kin__shape_fits(struct kin__mock_exchange *x, const struct kin__json *request)
{
	const struct member *members = members_of[x->operation];

	for (const struct member *member = members; member->name; member++)
		if (!has_type(x, member, kin__json_path(request, member->name)))
			return false;
	for (const struct member *member = members; member->name; member++)
		if (!meets(x, member, request))
			return false;
	return true;
}
