/* Scenes of check_mock.c: requests that are refused for what they hold, one row each. */
#ifndef KIN_TEST_MOCK_SHAPES_H
#define KIN_TEST_MOCK_SHAPES_H
#include "mock_asker.h"

#define ARN_S "\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\""
#define S "\"StreamName\":\"s\""
#define ONE "\"StreamName\":\"one\""
#define NAME_129                                                                                             \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"                                                                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FISH_64                                                                                              \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f"                                                                       \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f"                                                                       \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f"                                                                       \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f\\ud83d\\udc1f" \
	"\\ud83d\\udc1f\\ud83d\\udc1f"
#define MAX_PLUS_1 "340282366920938463463374607431768211456"
#define OTHER_NUMBER "49590338271490256608559692538361571095921575989136588898"
#define SER "SerializationException"
#define VAL "ValidationException"
#define ARG "InvalidArgumentException"
#define NOT "ResourceNotFoundException"
#define USE "ResourceInUseException"

static const struct {
	const char *operation, *body, *code, *piece;
} shapes[] = {
	/* JSON, types */
	{ "ListStreams", "", SER, "" },
	{ "ListStreams", "{", SER, "" },
	{ "ListStreams", "hello", SER, "" },
	{ "ListStreams", "[]", SER, "" },
	{ "ListStreams", "null", SER, "" },
	{ "ListStreams", "{}x", SER, "" },
	{ "ListStreams", "{\"Limit\":\"1\"}", SER, "Limit must be a number, not a string" },
	{ "ListStreams", "{\"Limit\":true}", SER, "not a boolean" },
	{ "ListShards", "{\"StreamName\":1}", SER, "StreamName must be a string, not a number" },
	{ "ListShards", "{\"StreamName\":[]}", SER, "not a list" },
	{ "ListShards", "{" S ",\"ShardFilter\":\"AT_LATEST\"}", SER, "ShardFilter must be a structure" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":7}}", SER, "ShardFilter.Type" },
	{ "PutRecord", "{" S ",\"PartitionKey\":{},\"Data\":\"\"}", SER, "PartitionKey" },
	{ "PutRecord", "{" S ",\"PartitionKey\":\"k\",\"Data\":7}", SER, "Data" },
	{ "PutRecord", "{" S ",\"PartitionKey\":\"k\",\"Data\":\"YQ\"}", SER, "Data is not base64" },
	{ "PutRecord", "{" S ",\"PartitionKey\":\"k\",\"Data\":\"\",\"DryRun\":\"yes\"}", SER, "DryRun" },
	{ "PutRecords", "", SER, "" },
	{ "PutRecords", "[]", SER, "" },
	{ "PutRecords", "{" S ",\"Records\":7}", SER, "" },
	{ "PutRecords", "{" S ",\"Records\":[7]}", SER, "" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"?\",\"PartitionKey\":\"k\"}]}", SER, "base64" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":7}]}", SER, "" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"}]", SER, "" },
	{ "PutRecords", "{" S ",\"DryRun\":1,\"Records\":[]}", SER, "" },
	{ "GetRecords", "{\"ShardIterator\":7}", SER, "ShardIterator" },
	{ "GetRecords", "{\"ShardIterator\":\"x\",\"Limit\":\"7\"}", SER, "Limit" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"x\",\"ShardIteratorType\":\"LATEST\",\"Timestamp\":\"now\"}", SER,
	  "Timestamp must be a number" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"StreamModeDetails\":\"ON_DEMAND\"}", SER,
	  "StreamModeDetails" },
	/* lengths, ranges, patterns */
	{ "CreateStream", "{\"ShardCount\":1}", VAL,
	  "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must "
	  "not "
	  "be null" },
	{ "CreateStream", "{\"StreamName\":null,\"ShardCount\":1}", VAL, "Value null at 'streamName'" },
	{ "CreateStream", "{\"StreamName\":\"\",\"ShardCount\":1}", VAL, "Value '' at 'streamName'" },
	{ "CreateStream", "{\"StreamName\":\"a b\",\"ShardCount\":1}", VAL, "pattern: [a-zA-Z0-9_.-]+" },
	{ "CreateStream", "{\"StreamName\":\"" NAME_129 "\",\"ShardCount\":1}", VAL,
	  "less than or equal to 128" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":0}", VAL,
	  "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or "
	  "equal "
	  "to 1" },
	{ "CreateStream", "{\"StreamName\":\"n\"}", VAL, "ShardCount is required" },
	{ "CreateStream",
	  "{\"StreamName\":\"n\",\"ShardCount\":1,\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}", VAL,
	  "ShardCount must not" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"StreamModeDetails\":{\"StreamMode\":\"SOME\"}}", VAL,
	  "Value 'SOME' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy "
	  "enum "
	  "value set: [PROVISIONED, ON_DEMAND]" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"StreamModeDetails\":{}}", VAL,
	  "streamModeDetails.streamMode" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":1023}", VAL,
	  "1024" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":10241}", VAL,
	  "10240" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":1,\"RecordDistributionStrategy\":\"AUTO\"}",
	  VAL, "ON_DEMAND mode" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":1,\"RecordDistributionStrategy\":\"auto\"}",
	  VAL, "[AUTO, USER_PARTITION_KEY]" },
	{ "UpdateMaxRecordSize", "{\"MaxRecordSizeInKiB\":2048}", VAL, "Value null at 'streamARN'" },
	{ "UpdateMaxRecordSize", "{" ARN_S "}", VAL, "Value null at 'maxRecordSizeInKiB'" },
	{ "UpdateMaxRecordSize", "{" ARN_S ",\"MaxRecordSizeInKiB\":1023}", VAL, "1024" },
	{ "UpdateMaxRecordSize", "{" ARN_S ",\"MaxRecordSizeInKiB\":10241}", VAL, "10240" },
	{ "UpdateMaxRecordSize",
	  "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/no\",\"MaxRecordSizeInKiB\":2048}",
	  "ResourceNotFoundException", "no" },
	{ "ListStreams", "{\"Limit\":0}", VAL, "'limit'" },
	{ "ListStreams", "{\"Limit\":10001}", VAL, "less than or equal to 10000" },
	{ "ListStreams", "{\"Limit\":1e300}", VAL, "less than or equal to 10000" },
	{ "ListStreams", "{\"ExclusiveStartStreamName\":\"?\"}", VAL, "'exclusiveStartStreamName'" },
	{ "ListStreams", "{\"NextToken\":\"\"}", VAL, "'nextToken'" },
	{ "DescribeStreamSummary", "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:1:stream/s\"}", VAL,
	  "'streamARN'" },
	{ "DescribeStreamSummary", "{\"StreamARN\":\"arn:aws:sqs:us-east-1:000000000000:stream/s\"}", VAL,
	  "arn" },
	{ "DeleteStream", "{\"StreamName\":\"/\"}", VAL, "'streamName'" },
	{ "ListShards", "{" S ",\"MaxResults\":0}", VAL, "'maxResults'" },
	{ "ListShards", "{" S ",\"ExclusiveStartShardId\":\"\"}", VAL, "'exclusiveStartShardId'" },
	{ "ListShards", "{" S ",\"ShardFilter\":{}}", VAL, "'shardFilter.type'" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"NEAR\"}}", VAL, "AFTER_SHARD_ID, " },
	{ "SplitShard", "{" S ",\"NewStartingHashKey\":\"9\"}", VAL, "'shardToSplit'" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"" SHARD_0 "\"}", VAL, "'newStartingHashKey'" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"007\"}", VAL,
	  "0|([1-9]" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"-1\"}", VAL,
	  "0|([1-9]" },
	{ "MergeShards", "{" S ",\"ShardToMerge\":\"" SHARD_0 "\"}", VAL, "'adjacentShardToMerge'" },
	{ "PutRecord", "{" S ",\"PartitionKey\":\"k\"}", VAL, "Value null at 'data'" },
	{ "PutRecord", "{" S ",\"Data\":\"\"}", VAL, "Value null at 'partitionKey'" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"\"}", VAL, "greater than or equal to 1" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"" FISH_64 FISH_64 "x\"}", VAL,
	  "less than or equal to 256" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"0x1\"}", VAL,
	  "'explicitHashKey'" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"k\",\"SequenceNumberForOrdering\":\"first\"}",
	  VAL, "'sequenceNumberForOrdering'" },
	{ "PutRecords", "{" S "}", VAL, "Value null at 'records'" },
	{ "PutRecords", "{" S ",\"Records\":null}", VAL, "Value null at 'records'" },
	{ "PutRecords", "{" S ",\"Records\":[]}", VAL,
	  "'records' failed to satisfy constraint: Member must have length "
	  "greater than or equal to 1" },
	{ "PutRecords", "{\"StreamName\":\"\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"}]}", VAL,
	  "'streamName'" },
	{ "PutRecords", "{\"StreamARN\":\"s\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"}]}", VAL,
	  "'streamARN'" },
	{ "PutRecords",
	  "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"},{\"PartitionKey\":\"k\"}]}", VAL,
	  "Value null at 'records.2.member.data'" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"\"}]}", VAL,
	  "Value null at 'records.1.member.partitionKey'" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"\"}]}", VAL,
	  "Value '' at 'records.1.member.partitionKey'" },
	{ "PutRecords", "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"" FISH_64 FISH_64 "x\"}]}",
	  VAL, "less than or equal to 256" },
	{ "PutRecords",
	  "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"01\"}]}", VAL,
	  "'records.1.member.explicitHashKey'" },
	{ "GetShardIterator", "{" S ",\"ShardIteratorType\":\"LATEST\"}", VAL, "'shardId'" },
	{ "GetShardIterator", "{" S ",\"ShardId\":\"" SHARD_0 "\"}", VAL, "'shardIteratorType'" },
	{ "GetShardIterator", "{" S ",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"NEWEST\"}", VAL,
	  "enum" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"AT_SEQUENCE_NUMBER\","
	  "\"StartingSequenceNumber\":\"x\"}",
	  VAL, "'startingSequenceNumber'" },
	{ "GetRecords", "{}", VAL, "Value null at 'shardIterator'" },
	{ "GetRecords", "{\"ShardIterator\":\"\"}", VAL, "'shardIterator'" },
	{ "GetRecords", "{\"ShardIterator\":\"x\",\"Limit\":0}", VAL, "'limit'" },
	{ "GetRecords", "{\"ShardIterator\":\"x\",\"Limit\":10001}", VAL, "less than or equal to 10000" },
	/* what the operations say */
	{ "CreateStream", "{\"StreamName\":\"s\",\"ShardCount\":1}", USE, "already exists" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"ShardCount\":10001}", "LimitExceededException", "10001" },
	{ "DescribeStreamSummary", "{}", ARG, "Either StreamName or StreamARN" },
	{ "DescribeStreamSummary", "{\"StreamName\":\"none\"}", NOT,
	  "Stream none under account 000000000000" },
	{ "DescribeStreamSummary", "{\"StreamARN\":\"arn:aws:kinesis:eu-west-1:000000000000:stream/s\"}", NOT,
	  "" },
	{ "DescribeStreamSummary", "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/s\"}", NOT,
	  "" },
	{ "DeleteStream", "{\"StreamName\":\"none\"}", NOT, "none" },
	{ "ListStreams", "{\"NextToken\":\"a b\"}", ARG, "NextToken" },
	{ "ListShards", "{}", ARG, "Either" },
	{ "ListShards", "{\"StreamName\":\"none\"}", NOT, "none" },
	{ "ListShards", "{\"NextToken\":\"garbage\"}", ARG, "NextToken" },
	{ "ListShards", "{" S ",\"StreamCreationTimestamp\":1}", NOT, "s" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"AT_TIMESTAMP\"}}", ARG,
	  "Timestamp must be provided" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"FROM_TIMESTAMP\"}}", ARG,
	  "Timestamp must be provided" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"AFTER_SHARD_ID\"}}", ARG,
	  "ShardId must be provided" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":32503680000}}", ARG,
	  "behind the present" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"" MAX_PLUS_1 "\"}",
	  ARG, "[0, 2^128-1]" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"1\"}", ARG,
	  "plus one" },
	{ "SplitShard", "{" S ",\"ShardToSplit\":\"shardId-000000000009\",\"NewStartingHashKey\":\"9\"}", NOT,
	  "9" },
	{ "SplitShard", "{\"StreamName\":\"none\",\"ShardToSplit\":\"x\",\"NewStartingHashKey\":\"9\"}", NOT,
	  "none" },
	{ "MergeShards", "{" S ",\"ShardToMerge\":\"" SHARD_0 "\",\"AdjacentShardToMerge\":\"" SHARD_0 "\"}",
	  ARG, "not adjacent" },
	{ "MergeShards", "{" S ",\"ShardToMerge\":\"x\",\"AdjacentShardToMerge\":\"" SHARD_0 "\"}", NOT,
	  "x" },
	{ "PutRecord", "{\"Data\":\"\",\"PartitionKey\":\"k\"}", ARG, "Either" },
	{ "PutRecord", "{\"StreamName\":\"none\",\"Data\":\"\",\"PartitionKey\":\"k\"}", NOT, "none" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"" MAX_PLUS_1 "\"}",
	  ARG, "Invalid ExplicitHashKey" },
	{ "PutRecord",
	  "{" S ",\"Data\":\"\",\"PartitionKey\":\"k\",\"SequenceNumberForOrdering\":\"" OTHER_NUMBER "\"}",
	  ARG, "did not come from" },
	{ "PutRecords", "{\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"}]}", ARG, "Either" },
	{ "PutRecords", "{\"StreamName\":\"none\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"}]}", NOT,
	  "none" },
	{ "PutRecords",
	  "{" S ",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"" MAX_PLUS_1
	  "\"}]}",
	  ARG, "Invalid ExplicitHashKey" },
	{ "GetShardIterator", "{\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"LATEST\"}", ARG,
	  "Either" },
	{ "GetShardIterator", "{" S ",\"ShardId\":\"shardId-000000000009\",\"ShardIteratorType\":\"LATEST\"}",
	  NOT, "does not exist" },
	{ "GetShardIterator", "{\"StreamName\":\"none\",\"ShardId\":\"x\",\"ShardIteratorType\":\"LATEST\"}",
	  NOT, "" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"AT_SEQUENCE_NUMBER\"}", ARG,
	  "StartingSequenceNumber" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"" SHARD_0
	  "\",\"ShardIteratorType\":\"LATEST\",\"StartingSequenceNumber\":\"1\"}",
	  ARG, "StartingSequenceNumber" },
	{ "GetShardIterator", "{" S ",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"AT_TIMESTAMP\"}",
	  ARG, "needs a Timestamp" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"LATEST\",\"Timestamp\":1}", ARG,
	  "Timestamp goes with" },
	{ "GetShardIterator",
	  "{" S ",\"ShardId\":\"" SHARD_0
	  "\",\"ShardIteratorType\":\"AT_TIMESTAMP\",\"Timestamp\":32503680000}",
	  ARG, "behind the present" },
	{ "GetRecords", "{\"ShardIterator\":\"AAAAAAAAAAE\"}", ARG, "Invalid ShardIterator" },
};

START_TEST(shape)
{
	refused(shapes[_i].operation, shapes[_i].body, 400, shapes[_i].code, shapes[_i].piece);
	ck_assert_uint_eq(stats().records_stored, 0);
	ck_assert_int_eq(count("ListStreams", "{}", "StreamNames"), 2);
}
END_TEST

static const struct {
	const char *operation, *body;
} lenient[] = {
	{ "ListStreams", "{\"Limit\":1.0,\"Unknown\":{\"a\":[1,{}]}}" },
	{ "ListStreams", "{\"Limit\":1e1,\"NextToken\":null}" },
	{ "ListStreams", " \n{ }\t" },
	{ "ListShards", "{" S ",\"ShardFilter\":null,\"MaxResults\":10000}" },
	{ "ListShards", "{" S ",\"ShardFilter\":{\"Type\":\"AT_LATEST\",\"ShardId\":null}}" },
	{ "PutRecord", "{" S ",\"Data\":\"\",\"PartitionKey\":\"" FISH_64 FISH_64 "\"}" }, /* 256 units */
	{ "PutRecord",
	  "{" S ",\"Data\":\"\\u0059Q==\",\"PartitionKey\":\"\\u0000\",\"ExplicitHashKey\":null}" },
	{ "PutRecords",
	  "{\"Unknown\":[[]]," S ",\"Records\":[{\"Data\":\"YQ==\",\"PartitionKey\":\"" FISH_64 FISH_64
	  "\",\"x\":{}}]}" },
	{ "PutRecords",
	  "{" S ",\"DryRun\":false,\"Records\":[{\"Data\":\"\\u0059Q==\",\"PartitionKey\":\"k\"}]}" },
	{ "CreateStream", "{\"StreamName\":\"n\",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}" },
	{ "CreateStream",
	  "{\"StreamName\":\"n\",\"ShardCount\":2,\"StreamModeDetails\":{\"StreamMode\":\"PROVISIONED\"}}" },
	{ "DeleteStream", "{" S ",\"EnforceConsumerDeletion\":true}" },
	{ "DescribeStreamSummary", "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}" },
	{ "DescribeStreamSummary",
	  "{\"StreamName\":\"none\",\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}" },
};

START_TEST(taken)
{
	done(lenient[_i].operation, lenient[_i].body);
}
END_TEST

/* ---- sizes ---- */

static void put_sized(size_t entries, size_t data_n, const char *stream, struct answer *answer)
{
	struct kin__bytes body;
	char key[32];

	kin__bytes_init(&body);
	kin__bytes_format(&body, "{\"StreamName\":\"%s\",\"Records\":[", stream);
	for (size_t i = 0; i < entries; i++) {
		snprintf(key, sizeof key, "%s{\"PartitionKey\":\"k\",\"Data\":\"", i ? "," : "");
		kin__bytes_text(&body, key);
		memset(kin__bytes_extend(&body, data_n / 3 * 4), 'A', data_n / 3 * 4);
		kin__bytes_text(&body, "\"}");
	}
	kin__bytes_text(&body, "]}");
	ck_assert(!body.failed);
	ask("PutRecords", body.at, answer);
	kin__bytes_fini(&body);
}

/* data_n in threes: whole base64 fours; the key counts 1. */
static const struct {
	size_t entries, data_n;
	const char *stream, *code, *piece;
} sizes[] = {
	{ 500, 3, "one", NULL, "" },
	{ 501, 3, "one", VAL, "less than or equal to 500" },
	{ 2000, 0, "one", VAL, "less than or equal to 500" },
	{ 1, 1048575, "one", NULL, "" }, /* with its key 1 MiB */
	{ 1, 1048578, "one", ARG, "1048579 bytes" },
	{ 9, 1048575, "one", NULL, "" },
	{ 10, 1048575, "one", NULL, "" }, /* 10 MiB exactly */
	{ 11, 1048575, "one", ARG, "bytes of a request" },
	{ 1, 5242878, "large", NULL, "" },
	{ 1, 10485758, "large", NULL, "" },
	{ 1, 10485762, "large", VAL, "'records.1.member.data'" },
};

START_TEST(size_limits)
{
	struct answer answer;

	done("CreateStream", "{\"StreamName\":\"large\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":10240}");
	put_sized(sizes[_i].entries, sizes[_i].data_n, sizes[_i].stream, &answer);
	if (sizes[_i].code) {
		expect_error(&answer, 400, sizes[_i].code, sizes[_i].piece);
	} else {
		ck_status(&answer, 200);
		ck_assert_int_eq(number_at(&answer, "FailedRecordCount"), 0);
		ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Records")), sizes[_i].entries);
	}
	ck_assert_uint_eq(stats().records_stored, sizes[_i].code ? 0 : sizes[_i].entries);
	answer_free(&answer);
}
END_TEST

static void shape_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("shapes");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_loop_test(scenes, shape, 0, COUNT(shapes));
	tcase_add_loop_test(scenes, taken, 0, COUNT(lenient));
	tcase_add_loop_test(scenes, size_limits, 0, COUNT(sizes));
	suite_add_tcase(suite, scenes);
}
#endif
