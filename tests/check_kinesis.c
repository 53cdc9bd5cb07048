/* The Kinesis room: hash keys, limits, operations, verdicts, shard map, lineage; requests and answers beside it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/timetext.h"
#include "kinesis/form.h"
#include "kinesis/get_early.h"
#include "kinesis/limits.h"
#include "kinesis/lineage.h"
#include "kinesis/list_shards.h"
#include "kinesis/operation.h"
#include "kinesis/put_records.h"
#include "kinesis/shard_iterator.h"
#include "kinesis/shard_map.h"
#include "kinesis/streams.h"
#include "kinesis/verdict.h"
#include "wire/json.h"
#include "wire/jsonscan.h"
#include "wire/jsontext.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define T(text) kin__span((text), sizeof(text) - 1)
#define NONE_SPAN kin__span(NULL, 0)

/* Runs `scene` once to count its allocations, then once for each of them failing: then it answers false. */
static void fail_each(bool (*scene)(void))
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(scene());
	total = kin__mem_count();
	ck_assert_uint_gt(total, 0);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!scene(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}

static struct kin__hashkey key_of(const char *text)
{
	struct kin__hashkey key = { 7, 7 };

	ck_assert_msg(kin__hashkey_parse(kin__span_text(text), &key), "%s", text);
	return key;
}

static void ck_key(struct kin__hashkey key, const char *text)
{
	char found[KIN__HASHKEY_TEXT];

	kin__hashkey_text(key, found);
	ck_assert_str_eq(found, text);
}

#define MAX_TEXT "340282366920938463463374607431768211455"

/* --- hash keys ------------------------------------------------------------------------- */

static const struct {
	const char *key, *hash;
} digests[] = {
	{ "a", "16955237001963240173058271559858726497" },
	{ "pk1", "329398341438914906102347661116985167824" },
	{ "pk2", "122875064651314509700510597659732835739" },
	{ "alpha", "58606826522850340945736240254012750329" },
	{ "beta", "202685418872336884493770735918403116178" },
	{ "\xc3\xa9", "136732923097551493579404309126273812335" },
};

START_TEST(hashkey_digests)
{
	struct kin__hashkey key = kin__hashkey_of(kin__span_text(digests[_i].key));

	ck_key(key, digests[_i].hash);
	ck_assert_int_eq(kin__hashkey_compare(key, key_of(digests[_i].hash)), 0);
}
END_TEST

START_TEST(hashkey_texts)
{
	static const char *const wrong[] = {
		"",
		"00",
		"01",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1.0",
		"x",
		"340282366920938463463374607431768211456",
		"999999999999999999999999999999999999999",
		"1000000000000000000000000000000000000000",
	};
	struct kin__hashkey key = { 1, 2 };

	ck_key((struct kin__hashkey){ 0, 0 }, "0");
	ck_key(KIN__HASHKEY_MAX, MAX_TEXT);
	ck_key((struct kin__hashkey){ 1, 0 }, "18446744073709551616");
	ck_key((struct kin__hashkey){ 0, UINT64_MAX }, "18446744073709551615");
	ck_assert_int_eq(kin__hashkey_compare(key_of(MAX_TEXT), KIN__HASHKEY_MAX), 0);
	for (size_t i = 0; i < KIN__ARRAY_LEN(wrong); i++)
		ck_assert_msg(!kin__hashkey_parse(kin__span_text(wrong[i]), &key), "'%s'", wrong[i]);
	ck_assert(key.high == 1 && key.low == 2);
}
END_TEST

START_TEST(hashkey_random)
{
	struct kin__rng rng = { 42 };

	for (int i = 0; i < 2000; i++) {
		struct kin__hashkey key = { kin__rng_next(&rng) >> kin__rng_below(&rng, 64),
			                    kin__rng_next(&rng) >> kin__rng_below(&rng, 64) };
		struct kin__hashkey next = kin__hashkey_next(key), back;
		char text[KIN__HASHKEY_TEXT];

		kin__hashkey_text(key, text);
		ck_assert(kin__hashkey_parse(kin__span_text(text), &back));
		ck_assert_int_eq(kin__hashkey_compare(key, back), 0);
		ck_assert_int_lt(kin__hashkey_compare(key, next), 0);
		ck_assert_int_gt(kin__hashkey_compare(next, key), 0);
		ck_assert_int_eq(kin__hashkey_compare(kin__hashkey_prior(next), key), 0);
	}
}
END_TEST

START_TEST(hashkey_arithmetic)
{
	struct kin__hashkey zero = { 0, 0 };

	ck_key(kin__hashkey_next(KIN__HASHKEY_MAX), "0");
	ck_key(kin__hashkey_prior(zero), MAX_TEXT);
	ck_key(kin__hashkey_next((struct kin__hashkey){ 0, UINT64_MAX }), "18446744073709551616");
	ck_key(kin__hashkey_prior((struct kin__hashkey){ 1, 0 }), "18446744073709551615");
	ck_key(kin__hashkey_middle(zero, KIN__HASHKEY_MAX), "170141183460469231731687303715884105728");
	ck_key(kin__hashkey_middle(zero, zero), "0");
	ck_key(kin__hashkey_middle(key_of("4"), key_of("7")), "6");
	ck_key(kin__hashkey_middle(key_of("4"), key_of("8")), "6");
	ck_key(kin__hashkey_middle(key_of("18446744073709551615"), key_of("18446744073709551616")),
	       "18446744073709551616");
	ck_key(kin__hashkey_middle(kin__hashkey_prior(KIN__HASHKEY_MAX), KIN__HASHKEY_MAX), MAX_TEXT);
	ck_key(kin__hashkey_even(3, 0), "0");
	ck_key(kin__hashkey_even(3, 1), "113427455640312821154458202477256070485");
	ck_key(kin__hashkey_even(3, 2), "226854911280625642308916404954512140970");
	ck_key(kin__hashkey_even(2, 1), "170141183460469231731687303715884105728");
	ck_key(kin__hashkey_even(1, 0), "0");
	ck_key(kin__hashkey_even(0, 0), "0");
	ck_key(kin__hashkey_even(4, 4), "0");
}
END_TEST

/* --- limits ------------------------------------------------------------------------------- */

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10
#define A128 A50 A50 A10 A10 "aaaaaaaa"
#define A256 A128 A128

static const struct {
	bool (*check)(struct kin__span text, struct kin__reason *reason);
	const char *text;
	bool good;
	const char *why; /* part of it */
} checks[] = {
	{ kin__limits_stream_name, "orders-1.x_Y", true, NULL },
	{ kin__limits_stream_name, A128, true, NULL },
	{ kin__limits_stream_name, A128 "a", false, "stream name 'aaa" },
	{ kin__limits_stream_name, "", false, "must be 1 to 128 letters" },
	{ kin__limits_stream_name, "a b", false, "stream name 'a b'" },
	{ kin__limits_stream_name, "a/b", false, "'a/b'" },
	{ kin__limits_application, "billing", true, NULL },
	{ kin__limits_application, "\xc3\xa9", false, "application" },
	{ kin__limits_shard_id, "shardId-000000000000", true, NULL },
	{ kin__limits_shard_id, "shard:1", false, "shard id 'shard:1'" },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/s", true, NULL },
	{ kin__limits_stream_arn, "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s.t", true, NULL },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/", false,
	  "stream ARN 'arn:aws" },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1", false,
	  "stream/NAME" },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:123456789012:table/s", false, "" },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:12345678901:stream/s", false, "12 digits" },
	{ kin__limits_stream_arn, "arn:aws:kinesis:us-east-1:12345678901x:stream/s", false, "" },
	{ kin__limits_stream_arn, "arn:aws:kinesis::123456789012:stream/s", false, "" },
	{ kin__limits_stream_arn, "arn:aws:sqs:us-east-1:123456789012:stream/s", false, "" },
	{ kin__limits_stream_arn, "arn:gcp:kinesis:us-east-1:123456789012:stream/s", false, "" },
	{ kin__limits_stream_arn, "arn:aw:kinesis:us-east-1:123456789012:stream/s", false, "" },
	{ kin__limits_stream_arn, "orders", false, "" },
	{ kin__limits_stream, "orders", true, NULL },
	{ kin__limits_stream, "arn", true, NULL },
	{ kin__limits_stream, "arn:", false, "stream ARN 'arn:'" },
	{ kin__limits_stream, "arn:aws:kinesis:us-east-1:123456789012:stream/s", true, NULL },
	{ kin__limits_stream, "or ders", false, "stream name" },
	{ kin__limits_partition_key, "k", true, NULL },
	{ kin__limits_partition_key, A256, true, NULL },
	{ kin__limits_partition_key, A256 "a", false, "257 characters" },
	{ kin__limits_partition_key, "", false, "0 characters, must be 1 to 256" },
	{ kin__limits_partition_key, "\xc3\xa9\xf0\x9f\x98\x80", true, NULL },
	{ kin__limits_partition_key, "a\xff", false, "UTF-8" },
	{ kin__limits_partition_key, "\xed\xa0\x80", false, "UTF-8" },
	{ kin__limits_hash_key, "0", true, NULL },
	{ kin__limits_hash_key, MAX_TEXT, true, NULL },
	{ kin__limits_hash_key, "01", false, "hash key '01'" },
	{ kin__limits_sequence, "0", true, NULL },
	{ kin__limits_sequence, "49590338271490256608559692538361571095921575989136588898", true, NULL },
	{ kin__limits_sequence, "00", false, "sequence number '00'" },
	{ kin__limits_sequence, "", false, "" },
	{ kin__limits_sequence, "12a", false, "129 digits" },
	{ kin__limits_sequence, "1 ", false, "" },
};

START_TEST(limits_checks)
{
	struct kin__reason reason = { "untouched" };

	ck_assert_msg(checks[_i].check(kin__span_text(checks[_i].text), &reason) == checks[_i].good, "%s",
	              checks[_i].text);
	ck_assert(checks[_i].check(kin__span_text(checks[_i].text), NULL) == checks[_i].good);
	if (checks[_i].good)
		ck_assert_str_eq(reason.text, "untouched");
	else
		ck_assert_msg(strstr(reason.text, checks[_i].why) != NULL, "%s", reason.text);
}
END_TEST

START_TEST(limits_sizes)
{
	struct kin__reason reason = { "" };
	char digits[KIN__SEQUENCE_DIGITS_MAX + 1], key[4 * 256], *arn = kin__mem_zalloc(4000);

	memset(digits, '9', sizeof digits);
	ck_assert(kin__limits_sequence(kin__span(digits, 129), NULL));
	ck_assert(!kin__limits_sequence(kin__span(digits, 130), NULL));
	for (size_t i = 0; i < sizeof key; i += 4)
		memcpy(key + i, "\xf0\x9f\x98\x80", 4);
	/* 128 characters of 4 bytes are 256 as the service counts them */
	ck_assert(kin__limits_partition_key(kin__span(key, 128 * 4), NULL));
	ck_assert(!kin__limits_partition_key(kin__span(key, 129 * 4), &reason));
	ck_assert_ptr_nonnull(strstr(reason.text, "258 characters"));
	for (size_t i = 0; i < 256 * 3; i += 3)
		memcpy(key + i, "\xe2\x82\xac", 3);
	ck_assert(kin__limits_partition_key(kin__span(key, 256 * 3), NULL));
	ck_assert(kin__limits_partition_key(T("a\0b"), NULL));
	strcpy(arn, "arn:aws:kinesis:");
	memset(arn + 16, 'r', 2000);
	strcpy(arn + 2016, ":123456789012:stream/s");
	ck_assert(kin__limits_stream_arn(kin__span(arn, 2016 + 22), NULL));
	memset(arn + 16, 'r', 2020);
	strcpy(arn + 2036, ":123456789012:stream/s");
	ck_assert(!kin__limits_stream_arn(kin__span(arn, 2036 + 22), NULL)); /* over 2048 */
	kin__mem_free(arn);
	ck_assert(kin__limits_record_bytes(1048570, 6, 1048576, &reason));
	ck_assert(!kin__limits_record_bytes(1048570, 7, 1048576, &reason));
	ck_assert_str_eq(reason.text, "record of 1048570 bytes of data and 7 of partition key: the stream "
	                              "takes 1048576 together");
	ck_assert(!kin__limits_record_bytes(1048577, 0, 1048576, NULL));
	ck_assert(!kin__limits_record_bytes(0, SIZE_MAX, 1048576, &reason));
	ck_assert(kin__limits_record_bytes(0, 0, 0, &reason));
}
END_TEST

/* --- operations ------------------------------------------------------------------------------- */

START_TEST(operation_rows)
{
	for (int i = 0; i < KIN__OPERATIONS; i++) {
		const struct kin__operation_row *row = kin__operation_row((enum kin__operation)i);
		enum kin__operation found = KIN__OPERATIONS;

		ck_assert(strncmp(row->target, "Kinesis_20131202.", 17) == 0);
		ck_assert_str_eq(row->target + 17, row->name);
		ck_assert(kin__operation_find(kin__span_text(row->name), &found));
		ck_assert_int_eq(found, i);
		ck_assert_ptr_eq(kin__operation_named(kin__span_text(row->name), NULL), row);
		for (size_t m = 0; m < row->members_n; m++) {
			ck_assert_ptr_eq(kin__operation_member(row, kin__span_text(row->members[m].name),
			                                       NULL),
			                 &row->members[m]);
			ck_assert_int_le(row->members[m].min, row->members[m].max);
		}
		if (row->by_stream)
			ck_assert_ptr_nonnull(kin__operation_member(row, T("StreamName"), NULL));
	}
	ck_assert_ptr_null(kin__operation_row(KIN__OPERATIONS));
}
END_TEST

static const struct {
	const char *name, *why;
} misspelt[] = {
	{ "putrecords", "operation 'putrecords': unknown; is it 'PutRecords'?" },
	{ "ListShard", "operation 'ListShard': unknown; is it 'ListShards'?" },
	{ "DescribeStreamSumary",
	  "operation 'DescribeStreamSumary': unknown; is it 'DescribeStreamSummary'?" },
	{ "zzz", "operation 'zzz': unknown; names are written as in the Kinesis API, such as 'ListShards'" },
	{ "SubscribeToShard",
	  "operation 'SubscribeToShard': its answer is a stream of events, which no call reads; "
	  "poll with 'GetRecords'" },
	{ "", "operation '': unknown; names are written as in the Kinesis API, such as 'ListShards'" },
	{ A50,
	  "operation '" A50 "': unknown; names are written as in the Kinesis API, such as 'ListShards'" },
};

START_TEST(operation_misspelt)
{
	struct kin__reason reason;

	ck_assert_ptr_null(kin__operation_named(kin__span_text(misspelt[_i].name), &reason));
	ck_assert_str_eq(reason.text, misspelt[_i].why);
	ck_assert_ptr_null(kin__operation_named(kin__span_text(misspelt[_i].name), NULL));
}
END_TEST

START_TEST(operation_members)
{
	const struct kin__operation_row *row = kin__operation_row(KIN__PUT_RECORD);
	const struct kin__member *key, *data;
	struct kin__reason reason;

	ck_assert_ptr_null(kin__operation_member(row, T("PartitonKey"), &reason));
	ck_assert_str_eq(reason.text,
	                 "member 'PartitonKey': PutRecord has none of that name; is it 'PartitionKey'?");
	ck_assert_ptr_null(kin__operation_member(row, T("qqqqqqqqqqqq"), &reason));
	ck_assert_str_eq(reason.text, "member 'qqqqqqqqqqqq': PutRecord has none of that name");
	key = kin__operation_member(row, T("PartitionKey"), &reason);
	ck_assert(kin__member_check_type(key, KIN__MEMBER_TEXT, &reason));
	ck_assert(!kin__member_check_type(key, KIN__MEMBER_DATA, &reason));
	ck_assert_str_eq(reason.text, "member 'PartitionKey': set as data, but it is of type text");
	ck_assert(!kin__member_check_text(key, T(""), &reason));
	ck_assert(strstr(reason.text, "partition key ''") != NULL);
	data = kin__operation_member(row, T("Data"), &reason);
	ck_assert(data->required);
	ck_assert(kin__member_check_data(data, KIN__RECORD_BYTES_MAX, &reason));
	ck_assert(!kin__member_check_data(data, KIN__RECORD_BYTES_MAX + 1, &reason));
	ck_assert_str_eq(reason.text, "member 'Data': data of 10485761 bytes, at most 10485760 are allowed");
	ck_assert(!kin__member_check_data(data, SIZE_MAX, NULL));
	ck_assert_str_eq(kin__member_type_name(KIN__MEMBER_JSON), "json");
	ck_assert_str_eq(kin__member_type_name((enum kin__member_type)99), "unknown");
}
END_TEST

/* The operations as the service's model lists them, transcribed apart from the table: c control or d data host, S when
 * StreamName or StreamARN must be given, 0 when a success has no body; then the members: * required, t text, i integer,
 * b boolean, T time, d data, j structure, list or map.  ST stands for the three that name a stream. */
#define ST "StreamName:t StreamARN:t StreamId:t "
static const struct {
	const char *name, *traits, *members;
} sheet[] = {
	{ "AddTagsToStream", "cS0", ST "Tags:j*" },
	{ "CreateChannel", "c",
	  "ChannelName:t* ServiceExecutionRoleARN:t* StreamConfigurationList:j* S3DestinationConfiguration:j "
	  "S3TablesDestinationConfiguration:j EncryptionConfiguration:j Tags:j LoggingConfiguration:j" },
	{ "CreateStream", "c0",
	  "StreamName:t* ShardCount:i StreamModeDetails:j Tags:j WarmThroughputMiBps:i MaxRecordSizeInKiB:i "
	  "RecordDistributionStrategy:t" },
	{ "DecreaseStreamRetentionPeriod", "cS0", ST "RetentionPeriodHours:i*" },
	{ "DeleteChannel", "c0", "ChannelARN:t*" },
	{ "DeleteResourcePolicy", "c0", "ResourceARN:t* StreamId:t" },
	{ "DeleteStream", "cS0", ST "EnforceConsumerDeletion:b" },
	{ "DeregisterStreamConsumer", "c0", "StreamARN:t StreamId:t ConsumerName:t ConsumerARN:t" },
	{ "DescribeAccountSettings", "c", "" },
	{ "DescribeChannel", "c", "ChannelARN:t*" },
	{ "DescribeLimits", "c", "" },
	{ "DescribeStream", "cS", ST "Limit:i ExclusiveStartShardId:t" },
	{ "DescribeStreamConsumer", "c", "StreamARN:t StreamId:t ConsumerName:t ConsumerARN:t" },
	{ "DescribeStreamSummary", "cS", ST },
	{ "DisableEnhancedMonitoring", "cS", ST "ShardLevelMetrics:j*" },
	{ "EnableEnhancedMonitoring", "cS", ST "ShardLevelMetrics:j*" },
	{ "GetRecords", "d", "StreamARN:t StreamId:t ShardIterator:t* Limit:i DryRun:b" },
	{ "GetResourcePolicy", "c", "ResourceARN:t* StreamId:t" },
	{ "GetShardIterator", "dS",
	  ST "ShardId:t* ShardIteratorType:t* StartingSequenceNumber:t Timestamp:T DryRun:b" },
	{ "IncreaseStreamRetentionPeriod", "cS0", ST "RetentionPeriodHours:i*" },
	{ "ListChannels", "c", "StreamFilter:j MaxResults:i NextToken:t" },
	{ "ListShards", "c",
	  ST "NextToken:t ExclusiveStartShardId:t MaxResults:i StreamCreationTimestamp:T ShardFilter:j" },
	{ "ListStreamConsumers", "c",
	  "StreamARN:t* StreamId:t NextToken:t MaxResults:i StreamCreationTimestamp:T" },
	{ "ListStreams", "c", "Limit:i ExclusiveStartStreamName:t NextToken:t" },
	{ "ListTagsForResource", "c", "ResourceARN:t* StreamId:t" },
	{ "ListTagsForStream", "cS", ST "ExclusiveStartTagKey:t Limit:i" },
	{ "MergeShards", "cS0", ST "ShardToMerge:t* AdjacentShardToMerge:t*" },
	{ "PutRecord", "dS",
	  ST "Data:d* PartitionKey:t ExplicitHashKey:t SequenceNumberForOrdering:t DryRun:b" },
	{ "PutRecords", "dS", ST "Records:j* DryRun:b" },
	{ "PutResourcePolicy", "c0", "ResourceARN:t* StreamId:t Policy:t*" },
	{ "RegisterStreamConsumer", "c", "StreamARN:t* StreamId:t ConsumerName:t* Tags:j" },
	{ "RemoveTagsFromStream", "cS0", ST "TagKeys:j*" },
	{ "SplitShard", "cS0", ST "ShardToSplit:t* NewStartingHashKey:t*" },
	{ "StartStreamEncryption", "cS0", ST "EncryptionType:t* KeyId:t*" },
	{ "StopStreamEncryption", "cS0", ST "EncryptionType:t* KeyId:t*" },
	{ "TagResource", "c0", "ResourceARN:t* StreamId:t Tags:j*" },
	{ "UntagResource", "c0", "ResourceARN:t* StreamId:t TagKeys:j*" },
	{ "UpdateAccountSettings", "c", "MinimumThroughputBillingCommitment:j*" },
	{ "UpdateChannel", "c",
	  "ChannelARN:t* S3DestinationConfiguration:j S3TablesDestinationConfiguration:j "
	  "LoggingConfiguration:j" },
	{ "UpdateMaxRecordSize", "c0", "StreamARN:t* StreamId:t MaxRecordSizeInKiB:i*" },
	{ "UpdateShardCount", "cS", ST "TargetShardCount:i* ScalingType:t*" },
	{ "UpdateStreamMode", "c0", "StreamARN:t* StreamId:t StreamModeDetails:j* WarmThroughputMiBps:i" },
	{ "UpdateStreamRecordDistributionStrategy", "c0",
	  "StreamARN:t* StreamId:t RecordDistributionStrategy:t*" },
	{ "UpdateStreamWarmThroughput", "cS", ST "WarmThroughputMiBps:i*" },
};

START_TEST(operation_sheet)
{
	static const char letters[] = {
		[KIN__MEMBER_TEXT] = 't', [KIN__MEMBER_INTEGER] = 'i', [KIN__MEMBER_BOOLEAN] = 'b',
		[KIN__MEMBER_TIME] = 'T', [KIN__MEMBER_DATA] = 'd',    [KIN__MEMBER_JSON] = 'j'
	};
	enum kin__operation operation = KIN__OPERATIONS;
	const struct kin__operation_row *row;
	struct kin__bytes out;

	ck_assert(kin__operation_find(kin__span_text(sheet[_i].name), &operation));
	row = kin__operation_row(operation);
	ck_assert_int_eq(row->control, strchr(sheet[_i].traits, 'c') != NULL);
	ck_assert_int_eq(row->by_stream, strchr(sheet[_i].traits, 'S') != NULL);
	ck_assert_int_eq(row->empty_answer, strchr(sheet[_i].traits, '0') != NULL);
	kin__bytes_init(&out);
	for (size_t m = 0; m < row->members_n; m++) {
		kin__bytes_text(&out, row->members[m].name);
		kin__bytes_char(&out, ':');
		kin__bytes_char(&out, letters[row->members[m].type]);
		kin__bytes_text(&out, row->members[m].required ? "* " : " ");
	}
	while (out.n > 0 && out.at[out.n - 1] == ' ')
		out.n--;
	kin__bytes_char(&out, 0);
	size_t n = strlen(sheet[_i].members);
	while (n > 0 && sheet[_i].members[n - 1] == ' ')
		n--;
	ck_assert_msg(out.n - 1 == n && memcmp(out.at, sheet[_i].members, n) == 0, "%s: %s, must be %s",
	              row->name, out.at, sheet[_i].members);
	kin__bytes_fini(&out);
}
END_TEST

/* Which hold the ARN of what is asked about: it decides about the host. */
START_TEST(operation_arns)
{
	size_t found = 0;

	ck_assert_int_eq(KIN__OPERATIONS, COUNT(sheet));
	for (int i = 0; i < KIN__OPERATIONS; i++) {
		const struct kin__operation_row *row = kin__operation_row((enum kin__operation)i);

		for (size_t m = 0; m < row->members_n; m++) {
			const char *name = row->members[m].name;
			bool is = strcmp(name, "StreamARN") == 0 || strcmp(name, "ConsumerARN") == 0 ||
			          strcmp(name, "ResourceARN") == 0 || strcmp(name, "ChannelARN") == 0;

			ck_assert_msg(kin__member_is_arn(&row->members[m]) == is, "%s of %s", name,
			              row->name);
			found += is;
		}
	}
	ck_assert_uint_gt(found, 30);
}
END_TEST

START_TEST(other_arns)
{
	struct kin__reason reason;

	ck_assert(kin__limits_kinesis_arn(T("arn:aws:kinesis:us-east-1:123456789012:stream/s"), &reason));
	ck_assert(kin__limits_kinesis_arn(
			T("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s/consumer/c:17"), &reason));
	ck_assert(kin__limits_kinesis_arn(T("arn:aws:kinesis:us-east-1:123456789012:channel/c"), &reason));
	ck_assert(!kin__limits_kinesis_arn(T("arn:aws:kinesis:us-east-1:123456789012:"), &reason));
	ck_assert(!kin__limits_kinesis_arn(T("arn:aws:kinesis:us-east-1:12345678901:stream/s"), NULL));
	ck_assert(!kin__limits_kinesis_arn(T("arn:aws:kinesis::123456789012:stream/s"), NULL));
	ck_assert(!kin__limits_kinesis_arn(T("arn:aws:sqs:us-east-1:123456789012:q"), &reason));
	ck_assert_str_eq(reason.text, "ARN 'arn:aws:sqs:us-east-1:123456789012:q': must read "
	                              "arn:aws:kinesis:REGION:ACCOUNT:RESOURCE, ACCOUNT of 12 digits");
	ck_assert(!kin__limits_kinesis_arn(T("arn:aws:kinesis:us-east-1:123456789012:s\xff"), NULL));
	ck_assert(kin__limits_consumer_name(T("c-1"), &reason));
	ck_assert(!kin__limits_consumer_name(T("c 1"), &reason));
	ck_assert(strstr(reason.text, "consumer name 'c 1'") != NULL);
}
END_TEST

START_TEST(operation_values)
{
	const struct kin__operation_row *get = kin__operation_row(KIN__GET_RECORDS);
	const struct kin__member *limit = kin__operation_member(get, T("Limit"), NULL);
	const struct kin__member *iterator = kin__operation_member(get, T("ShardIterator"), NULL);
	struct kin__member low = { "Low", KIN__MEMBER_INTEGER, false, INT64_MIN + 1, -5, NULL };
	char text[600];
	struct kin__reason reason;

	memset(text, 'i', sizeof text);
	ck_assert(kin__member_check_integer(limit, 1, &reason) &&
	          kin__member_check_integer(limit, 10000, &reason));
	ck_assert(!kin__member_check_integer(limit, 0, &reason));
	ck_assert_str_eq(reason.text, "member 'Limit': 0 is too small, must be at least 1");
	ck_assert(!kin__member_check_integer(limit, 10001, &reason));
	ck_assert_str_eq(reason.text, "member 'Limit': 10001 is too large, must be at most 10000");
	ck_assert(!kin__member_check_integer(&low, INT64_MIN, &reason));
	ck_assert_str_eq(reason.text, "member 'Low': -9223372036854775808 is too small, must be at least "
	                              "-9223372036854775807");
	ck_assert(kin__member_check_text(iterator, kin__span(text, 512), &reason));
	ck_assert(!kin__member_check_text(iterator, kin__span(text, 513), &reason));
	ck_assert_str_eq(reason.text, "member 'ShardIterator': text of 513 bytes, at most 512 are allowed");
	ck_assert(!kin__member_check_text(iterator, T(""), &reason));
	ck_assert_str_eq(reason.text, "member 'ShardIterator': text of 0 bytes, needs at least 1");
}
END_TEST

/* --- verdicts ----------------------------------------------------------------------------------- */

static const struct {
	enum kin__transport transport;
	int status;
	const char *code;
	bool can_refresh;
	enum kin__verdict verdict;
} verdicts[] = {
	{ KIN__TRANSPORT_OK, 200, "", false, KIN__DONE },
	{ KIN__TRANSPORT_OK, 400, "ProvisionedThroughputExceededException", false, KIN__THROTTLED },
	{ KIN__TRANSPORT_OK, 400, "LimitExceededException", false, KIN__THROTTLED },
	{ KIN__TRANSPORT_OK, 400, "KMSThrottlingException", false, KIN__THROTTLED },
	{ KIN__TRANSPORT_OK, 400, "ThrottlingException", false, KIN__THROTTLED },
	{ KIN__TRANSPORT_OK, 429, "Whatever", false, KIN__THROTTLED },
	{ KIN__TRANSPORT_OK, 500, "InternalFailure", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_OK, 500, "InternalFailureException", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_OK, 503, "ServiceUnavailable", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_OK, 502, "", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_OK, 400, "ExpiredIteratorException", false, KIN__ITERATOR_EXPIRED },
	{ KIN__TRANSPORT_OK, 400, "ExpiredNextTokenException", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_OK, 400, "ResourceNotFoundException", false, KIN__NOT_FOUND },
	{ KIN__TRANSPORT_OK, 400, "InvalidArgumentException", false, KIN__INVALID_ARGUMENT },
	{ KIN__TRANSPORT_OK, 400, "ValidationException", false, KIN__INVALID_ARGUMENT },
	{ KIN__TRANSPORT_OK, 400, "ResourceInUseException", false, KIN__IN_USE },
	{ KIN__TRANSPORT_OK, 400, "AccessDeniedException", false, KIN__REFUSED },
	{ KIN__TRANSPORT_OK, 400, "KMSDisabledException", false, KIN__REFUSED },
	{ KIN__TRANSPORT_OK, 400, "UnrecognizedClientException", false, KIN__REFUSED },
	{ KIN__TRANSPORT_OK, 400, "ExpiredTokenException", false, KIN__REFUSED },
	{ KIN__TRANSPORT_OK, 400, "ExpiredTokenException", true, KIN__TRANSIENT },
	{ KIN__TRANSPORT_DNS, 0, "", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_RECEIVE, 0, "", false, KIN__TRANSIENT },
	{ KIN__TRANSPORT_TIMEOUT, 0, "ResourceNotFoundException", false, KIN__TRANSIENT }, /* a stale code */
	{ KIN__TRANSPORT_CERTIFICATE, 0, "", false, KIN__REFUSED },
	{ KIN__TRANSPORT_ABORTED, 0, "", false, KIN__REFUSED },
};

START_TEST(verdict_attempts)
{
	struct kin__retry_outcome outcome = { .transport = verdicts[_i].transport,
		                              .status = verdicts[_i].status,
		                              .code = kin__span_text(verdicts[_i].code) };

	ck_assert_int_eq(kin__verdict_of(&outcome, verdicts[_i].can_refresh), verdicts[_i].verdict);
}
END_TEST

START_TEST(verdict_entries)
{
	struct kin__retry_outcome skewed = { .status = 400,
		                             .code = T("SignatureDoesNotMatch"),
		                             .skew_corrected = true };

	ck_assert_int_eq(kin__verdict_of(&skewed, false), KIN__TRANSIENT);
	ck_assert_int_eq(kin__verdict_of_entry(T("")), KIN__DONE);
	ck_assert_int_eq(kin__verdict_of_entry(T("ProvisionedThroughputExceededException")), KIN__THROTTLED);
	ck_assert_int_eq(kin__verdict_of_entry(T("KMSThrottlingException")), KIN__THROTTLED);
	ck_assert_int_eq(kin__verdict_of_entry(T("ThrottlingException")), KIN__THROTTLED);
	ck_assert_int_eq(kin__verdict_of_entry(T("InternalFailure")), KIN__TRANSIENT);
	ck_assert_int_eq(kin__verdict_of_entry(T("NeverHeardOf")), KIN__TRANSIENT);
	ck_assert_int_eq(kin__verdict_of_entry(T("KMSNotFoundException")), KIN__REFUSED);
	ck_assert_int_eq(kin__verdict_of_entry(T("AccessDeniedException")), KIN__REFUSED);
}
END_TEST

#include "kinesis_shards.h"
#include "kinesis_codecs.h"
#include "kinesis_cbor.h"
#include "kinesis_aggregate.h"

static Suite *suite(void)
{
	Suite *all = suite_create("kinesis");
	TCase *tcase = tcase_create("kinesis");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, hashkey_digests, 0, COUNT(digests));
	tcase_add_test(tcase, hashkey_texts);
	tcase_add_test(tcase, hashkey_random);
	tcase_add_test(tcase, hashkey_arithmetic);
	tcase_add_loop_test(tcase, limits_checks, 0, COUNT(checks));
	tcase_add_test(tcase, limits_sizes);
	tcase_add_test(tcase, operation_rows);
	tcase_add_loop_test(tcase, operation_misspelt, 0, COUNT(misspelt));
	tcase_add_loop_test(tcase, operation_sheet, 0, COUNT(sheet));
	tcase_add_test(tcase, operation_arns);
	tcase_add_test(tcase, other_arns);
	tcase_add_test(tcase, operation_members);
	tcase_add_test(tcase, operation_values);
	tcase_add_loop_test(tcase, verdict_attempts, 0, COUNT(verdicts));
	tcase_add_test(tcase, verdict_entries);
	add_shards(tcase);
	add_codecs(tcase);
	add_cbor_tests(tcase);
	add_aggregates(tcase);
	suite_add_tcase(all, tcase);
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
