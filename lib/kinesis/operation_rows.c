/* kinesis/operation_rows - the table of the operations; see operation.h */
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
#define CONSUMER_NAME(required) TEXT("ConsumerName", required, KIN__NAME_MAX, kin__limits_consumer_name)
#define WORD(name, required)                                                                                 \
	TEXT(name, required, KIN__NAME_MAX, NULL) /* of a list that the service extends */
#define OTHER_ARN(name, required) TEXT(name, required, KIN__STREAM_ARN_MAX, kin__limits_kinesis_arn)
#define STREAM_ARN                                                                                           \
	TEXT("StreamARN", true, KIN__STREAM_ARN_MAX, kin__limits_stream_arn),                                \
			TEXT("StreamId", false, 24, NULL)

static const struct kin__member create_stream[] = {
	STREAM_NAME(true),
	INTEGER("ShardCount", false, 1, INT32_MAX),
	JSON("StreamModeDetails", false),
	JSON("Tags", false),
	INTEGER("WarmThroughputMiBps", false, 0, INT32_MAX),
	INTEGER("MaxRecordSizeInKiB", false, KIN__RECORD_KIB_MIN, KIN__RECORD_KIB_MAX),
	WORD("RecordDistributionStrategy", false),
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
	STREAM_ARN,
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
	WORD("ShardIteratorType", true),
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

static const struct kin__member describe_stream[] = {
	STREAM,
	INTEGER("Limit", false, 1, 10000),
	TEXT("ExclusiveStartShardId", false, KIN__NAME_MAX, kin__limits_shard_id),
};
static const struct kin__member update_stream_mode[] = {
	STREAM_ARN,
	JSON("StreamModeDetails", true),
	INTEGER("WarmThroughputMiBps", false, 0, INT32_MAX),
};
static const struct kin__member update_distribution[] = {
	STREAM_ARN,
	WORD("RecordDistributionStrategy", true),
};
static const struct kin__member update_shard_count[] = {
	STREAM,
	INTEGER("TargetShardCount", true, 1, INT32_MAX),
	WORD("ScalingType", true),
};
static const struct kin__member retention[] = {
	STREAM,
	INTEGER("RetentionPeriodHours", true, KIN__RETENTION_HOURS_MIN, KIN__RETENTION_HOURS_MAX),
};
static const struct kin__member encryption[] = {
	STREAM,
	WORD("EncryptionType", true),
	TEXT("KeyId", true, 2048, NULL),
};
static const struct kin__member add_tags[] = { STREAM, JSON("Tags", true) };
static const struct kin__member remove_tags[] = { STREAM, JSON("TagKeys", true) };
static const struct kin__member list_tags_for_stream[] = {
	STREAM,
	TEXT("ExclusiveStartTagKey", false, KIN__NAME_MAX, NULL),
	INTEGER("Limit", false, 1, 50),
};
static const struct kin__member monitoring[] = { STREAM, JSON("ShardLevelMetrics", true) };
static const struct kin__member update_warm_throughput[] = {
	STREAM,
	INTEGER("WarmThroughputMiBps", true, 0, INT32_MAX),
};
static const struct kin__member resource[] = { OTHER_ARN("ResourceARN", true),
	                                       TEXT("StreamId", false, 24, NULL) };
static const struct kin__member put_resource_policy[] = {
	OTHER_ARN("ResourceARN", true),
	TEXT("StreamId", false, 24, NULL),
	TEXT("Policy", true, KIN__TOKEN_MAX, NULL),
};
static const struct kin__member tag_resource[] = {
	OTHER_ARN("ResourceARN", true),
	TEXT("StreamId", false, 24, NULL),
	JSON("Tags", true),
};
static const struct kin__member untag_resource[] = {
	OTHER_ARN("ResourceARN", true),
	TEXT("StreamId", false, 24, NULL),
	JSON("TagKeys", true),
};
static const struct kin__member register_consumer[] = {
	STREAM_ARN,
	CONSUMER_NAME(true),
	JSON("Tags", false),
};
/* By StreamARN and ConsumerName, or by ConsumerARN. */
static const struct kin__member one_consumer[] = {
	TEXT("StreamARN", false, KIN__STREAM_ARN_MAX, kin__limits_stream_arn),
	TEXT("StreamId", false, 24, NULL),
	CONSUMER_NAME(false),
	OTHER_ARN("ConsumerARN", false),
};
static const struct kin__member list_consumers[] = {
	STREAM_ARN,
	TEXT("NextToken", false, KIN__TOKEN_MAX, NULL),
	INTEGER("MaxResults", false, 1, 10000),
	TIME("StreamCreationTimestamp"),
};
static const struct kin__member update_account_settings[] = {
	JSON("MinimumThroughputBillingCommitment", true),
};
static const struct kin__member create_channel[] = {
	TEXT("ChannelName", true, KIN__NAME_MAX, NULL),
	TEXT("ServiceExecutionRoleARN", true, KIN__STREAM_ARN_MAX, NULL),
	JSON("StreamConfigurationList", true),
	JSON("S3DestinationConfiguration", false),
	JSON("S3TablesDestinationConfiguration", false),
	JSON("EncryptionConfiguration", false),
	JSON("Tags", false),
	JSON("LoggingConfiguration", false),
};
static const struct kin__member channel[] = { OTHER_ARN("ChannelARN", true) };
static const struct kin__member list_channels[] = {
	JSON("StreamFilter", false),
	INTEGER("MaxResults", false, 1, 10000),
	TEXT("NextToken", false, KIN__TOKEN_MAX, NULL),
};
static const struct kin__member update_channel[] = {
	OTHER_ARN("ChannelARN", true),
	JSON("S3DestinationConfiguration", false),
	JSON("S3TablesDestinationConfiguration", false),
	JSON("LoggingConfiguration", false),
};

/* control, by_stream, empty_answer */
#define ROW(name, members, ...)                                                                              \
	{                                                                                                    \
		name, "Kinesis_20131202." name, __VA_ARGS__, members, KIN__ARRAY_LEN(members)                \
	}
static const struct kin__operation_row rows[KIN__OPERATIONS] = {
	[KIN__CREATE_STREAM] = ROW("CreateStream", create_stream, true, false, true),
	[KIN__DELETE_STREAM] = ROW("DeleteStream", delete_stream, true, true, true),
	[KIN__DESCRIBE_STREAM_SUMMARY] =
			ROW("DescribeStreamSummary", describe_stream_summary, true, true, false),
	[KIN__LIST_STREAMS] = ROW("ListStreams", list_streams, true, false, false),
	[KIN__LIST_SHARDS] = ROW("ListShards", list_shards, true, false, false), /* NextToken stands alone */
	[KIN__SPLIT_SHARD] = ROW("SplitShard", split_shard, true, true, true),
	[KIN__MERGE_SHARDS] = ROW("MergeShards", merge_shards, true, true, true),
	[KIN__UPDATE_MAX_RECORD_SIZE] = ROW("UpdateMaxRecordSize", update_max_record_size, true, false, true),
	[KIN__PUT_RECORD] = ROW("PutRecord", put_record, false, true, false),
	[KIN__PUT_RECORDS] = ROW("PutRecords", put_records, false, true, false),
	[KIN__GET_SHARD_ITERATOR] = ROW("GetShardIterator", get_shard_iterator, false, true, false),
	[KIN__GET_RECORDS] = ROW("GetRecords", get_records, false, false, false),
	[KIN__DESCRIBE_STREAM] = ROW("DescribeStream", describe_stream, true, true, false),
	[KIN__DESCRIBE_LIMITS] = { "DescribeLimits", "Kinesis_20131202.DescribeLimits", true, false, false,
	                           NULL, 0 },
	[KIN__UPDATE_STREAM_MODE] = ROW("UpdateStreamMode", update_stream_mode, true, false, true),
	[KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY] =
			ROW("UpdateStreamRecordDistributionStrategy", update_distribution, true, false, true),
	[KIN__UPDATE_SHARD_COUNT] = ROW("UpdateShardCount", update_shard_count, true, true, false),
	[KIN__INCREASE_STREAM_RETENTION_PERIOD] =
			ROW("IncreaseStreamRetentionPeriod", retention, true, true, true),
	[KIN__DECREASE_STREAM_RETENTION_PERIOD] =
			ROW("DecreaseStreamRetentionPeriod", retention, true, true, true),
	[KIN__START_STREAM_ENCRYPTION] = ROW("StartStreamEncryption", encryption, true, true, true),
	[KIN__STOP_STREAM_ENCRYPTION] = ROW("StopStreamEncryption", encryption, true, true, true),
	[KIN__ADD_TAGS_TO_STREAM] = ROW("AddTagsToStream", add_tags, true, true, true),
	[KIN__REMOVE_TAGS_FROM_STREAM] = ROW("RemoveTagsFromStream", remove_tags, true, true, true),
	[KIN__LIST_TAGS_FOR_STREAM] = ROW("ListTagsForStream", list_tags_for_stream, true, true, false),
	[KIN__ENABLE_ENHANCED_MONITORING] = ROW("EnableEnhancedMonitoring", monitoring, true, true, false),
	[KIN__DISABLE_ENHANCED_MONITORING] = ROW("DisableEnhancedMonitoring", monitoring, true, true, false),
	[KIN__UPDATE_STREAM_WARM_THROUGHPUT] =
			ROW("UpdateStreamWarmThroughput", update_warm_throughput, true, true, false),
	[KIN__TAG_RESOURCE] = ROW("TagResource", tag_resource, true, false, true),
	[KIN__UNTAG_RESOURCE] = ROW("UntagResource", untag_resource, true, false, true),
	[KIN__LIST_TAGS_FOR_RESOURCE] = ROW("ListTagsForResource", resource, true, false, false),
	[KIN__GET_RESOURCE_POLICY] = ROW("GetResourcePolicy", resource, true, false, false),
	[KIN__PUT_RESOURCE_POLICY] = ROW("PutResourcePolicy", put_resource_policy, true, false, true),
	[KIN__DELETE_RESOURCE_POLICY] = ROW("DeleteResourcePolicy", resource, true, false, true),
	[KIN__REGISTER_STREAM_CONSUMER] =
			ROW("RegisterStreamConsumer", register_consumer, true, false, false),
	[KIN__DEREGISTER_STREAM_CONSUMER] = ROW("DeregisterStreamConsumer", one_consumer, true, false, true),
	[KIN__DESCRIBE_STREAM_CONSUMER] = ROW("DescribeStreamConsumer", one_consumer, true, false, false),
	[KIN__LIST_STREAM_CONSUMERS] = ROW("ListStreamConsumers", list_consumers, true, false, false),
	[KIN__DESCRIBE_ACCOUNT_SETTINGS] = { "DescribeAccountSettings",
	                                     "Kinesis_20131202.DescribeAccountSettings", true, false, false,
	                                     NULL, 0 },
	[KIN__UPDATE_ACCOUNT_SETTINGS] =
			ROW("UpdateAccountSettings", update_account_settings, true, false, false),
	[KIN__CREATE_CHANNEL] = ROW("CreateChannel", create_channel, true, false, false),
	[KIN__DELETE_CHANNEL] = ROW("DeleteChannel", channel, true, false, true),
	[KIN__DESCRIBE_CHANNEL] = ROW("DescribeChannel", channel, true, false, false),
	[KIN__LIST_CHANNELS] = ROW("ListChannels", list_channels, true, false, false),
	[KIN__UPDATE_CHANNEL] = ROW("UpdateChannel", update_channel, true, false, false),
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
