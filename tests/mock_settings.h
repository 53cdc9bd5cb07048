/* Scenes of check_mock.c: what is set of a stream once it is there, its tags, its number of shards. */
#ifndef KIN_TEST_MOCK_SETTINGS_H
#define KIN_TEST_MOCK_SETTINGS_H
#include "mock_asker.h"

#define ARN_ONE "arn:aws:kinesis:us-east-1:000000000000:stream/one"
#define OF_ONE "{\"StreamName\":\"one\""

static void described_as(const char *member, const char *wanted)
{
	char path[120], text[600];

	snprintf(path, sizeof path, "StreamDescriptionSummary.%s", member);
	fetch("DescribeStreamSummary", OF_ONE "}", path, text);
	ck_assert_str_eq(text, wanted);
}

START_TEST(mode_switched)
{
	static const char mode[] = "{\"StreamARN\":\"" ARN_ONE "\",\"StreamModeDetails\":{\"StreamMode\":",
			  spread[] = "{\"StreamARN\":\"" ARN_ONE "\",\"RecordDistributionStrategy\":";
	char body[300];

	snprintf(body, sizeof body, "%s\"ON_DEMAND\"}}", mode);
	done("UpdateStreamMode", body);
	described_as("StreamModeDetails.StreamMode", "ON_DEMAND");
	snprintf(body, sizeof body, "%s\"AUTO\"}", spread);
	done("UpdateStreamRecordDistributionStrategy", body);
	described_as("RecordDistributionStrategy", "AUTO");
	snprintf(body, sizeof body, "%s\"PROVISIONED\"}}", mode);
	refused("UpdateStreamMode", body, 400, "ValidationException", "AUTO");
	snprintf(body, sizeof body, "%s\"USER_PARTITION_KEY\"}", spread);
	done("UpdateStreamRecordDistributionStrategy", body);
	described_as("RecordDistributionStrategy", "USER_PARTITION_KEY");
	snprintf(body, sizeof body, "%s\"PROVISIONED\"}}", mode);
	done("UpdateStreamMode", body);
	described_as("StreamModeDetails.StreamMode", "PROVISIONED");
}
END_TEST

START_TEST(retention_switched)
{
	done("IncreaseStreamRetentionPeriod", OF_ONE ",\"RetentionPeriodHours\":48}");
	ck_assert_int_eq(count("DescribeStreamSummary", OF_ONE "}",
	                       "StreamDescriptionSummary.RetentionPeriodHours"),
	                 48);
	refused("IncreaseStreamRetentionPeriod", OF_ONE ",\"RetentionPeriodHours\":47}", 400,
	        "InvalidArgumentException", "DecreaseStreamRetentionPeriod");
	refused("DecreaseStreamRetentionPeriod", OF_ONE ",\"RetentionPeriodHours\":23}", 400,
	        "InvalidArgumentException", "24 to 8760");
	done("DecreaseStreamRetentionPeriod", OF_ONE ",\"RetentionPeriodHours\":24}");
	ck_assert_int_eq(count("DescribeStreamSummary", OF_ONE "}",
	                       "StreamDescriptionSummary.RetentionPeriodHours"),
	                 24);
}
END_TEST

START_TEST(encryption_switched)
{
	static const char put[] = OF_ONE ",\"PartitionKey\":\"k\",\"Data\":\"\"}",
			  puts_[] = OF_ONE ",\"Records\":[{\"PartitionKey\":\"k\",\"Data\":\"\"}]}";
	char text[600];

	done("StartStreamEncryption", OF_ONE ",\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/k\"}");
	described_as("EncryptionType", "KMS");
	described_as("KeyId", "alias/k");
	fetch("PutRecord", put, "EncryptionType", text);
	ck_assert_str_eq(text, "KMS");
	fetch("PutRecords", puts_, "EncryptionType", text);
	ck_assert_str_eq(text, "KMS");
	refused("StopStreamEncryption", OF_ONE ",\"EncryptionType\":\"NONE\",\"KeyId\":\"alias/k\"}", 400,
	        "ValidationException", "KMS");
	done("StopStreamEncryption", OF_ONE ",\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/k\"}");
	described_as("EncryptionType", "NONE");
	fetch("PutRecord", put, "EncryptionType", text);
	ck_assert_str_eq(text, "NONE");
	fetch("PutRecords", puts_, "EncryptionType", text);
	ck_assert_str_eq(text, "NONE");
}
END_TEST

START_TEST(shards_counted)
{
	static const char open_ones[] = OF_ONE ",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}}";
	struct answer answer;

	ask("UpdateShardCount", OF_ONE ",\"TargetShardCount\":2,\"ScalingType\":\"UNIFORM_SCALING\"}",
	    &answer);
	ck_status(&answer, 200);
	ck_assert_str_eq(text_at(&answer, "StreamName"), "one");
	ck_assert_str_eq(text_at(&answer, "StreamARN"), ARN_ONE);
	ck_assert_int_eq(number_at(&answer, "CurrentShardCount"), 1);
	ck_assert_int_eq(number_at(&answer, "TargetShardCount"), 2);
	answer_free(&answer);
	ck_assert_int_eq(count("ListShards", open_ones, "Shards"), 2);
	refused("UpdateShardCount", OF_ONE ",\"TargetShardCount\":5,\"ScalingType\":\"UNIFORM_SCALING\"}",
	        400, "InvalidArgumentException", "TargetShardCount 5");
	ask("DescribeLimits", "{}", &answer);
	ck_status(&answer, 200);
	ck_assert_int_eq(number_at(&answer, "OpenShardCount"), 4); /* and two of s */
	ck_assert_int_eq(number_at(&answer, "OnDemandStreamCount"), 0);
	ck_assert_int_gt(number_at(&answer, "ShardLimit"), 0);
	ck_assert_int_gt(number_at(&answer, "OnDemandStreamCountLimit"), 0);
	answer_free(&answer);
}
END_TEST

START_TEST(described_with_shards)
{
	struct answer answer;
	bool more = false;

	ask("DescribeStream", "{\"StreamName\":\"s\",\"Limit\":1}", &answer);
	ck_status(&answer, 200);
	ck_assert_str_eq(text_at(&answer, "StreamDescription.StreamName"), "s");
	ck_assert_str_eq(text_at(&answer, "StreamDescription.StreamStatus"), "ACTIVE");
	ck_assert_int_eq(number_at(&answer, "StreamDescription.RetentionPeriodHours"), 24);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "StreamDescription.Shards")), 1);
	ck_assert_str_eq(text_at(&answer, "StreamDescription.Shards[0].ShardId"), SHARD_0);
	ck_assert(kin__json_bool(kin__json_path(answer.json, "StreamDescription.HasMoreShards"), &more) &&
	          more);
	answer_free(&answer);
	ask("DescribeStream", "{\"StreamName\":\"s\",\"ExclusiveStartShardId\":\"" SHARD_0 "\"}", &answer);
	ck_assert_str_eq(text_at(&answer, "StreamDescription.Shards[0].ShardId"), "shardId-000000000001");
	ck_assert(kin__json_bool(kin__json_path(answer.json, "StreamDescription.HasMoreShards"), &more) &&
	          !more);
	answer_free(&answer);
	refused("DescribeStream", "{\"StreamName\":\"none\"}", 400, "ResourceNotFoundException", "none");
}
END_TEST

START_TEST(tags)
{
	static const char resource[] = "{\"ResourceARN\":\"" ARN_ONE "\"";
	struct answer answer;
	bool more = true;
	char body[200];

	done("AddTagsToStream", OF_ONE ",\"Tags\":{\"b\":\"2\",\"a\":\"1\",\"c\":\"\"}}");
	ask("ListTagsForStream", OF_ONE ",\"ExclusiveStartTagKey\":\"a\",\"Limit\":1}", &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Tags")), 1);
	ck_assert_str_eq(text_at(&answer, "Tags[0].Key"), "b");
	ck_assert_str_eq(text_at(&answer, "Tags[0].Value"), "2");
	ck_assert(kin__json_bool(kin__json_path(answer.json, "HasMoreTags"), &more) && more);
	answer_free(&answer);
	done("RemoveTagsFromStream", OF_ONE ",\"TagKeys\":[\"a\",\"none\"]}");
	snprintf(body, sizeof body, "%s,\"Tags\":{\"d\":\"4\"}}", resource);
	done("TagResource", body);
	snprintf(body, sizeof body, "%s,\"TagKeys\":[\"b\"]}", resource);
	done("UntagResource", body);
	snprintf(body, sizeof body, "%s}", resource);
	ask("ListTagsForResource", body, &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Tags")), 2);
	ck_assert_str_eq(text_at(&answer, "Tags[0].Key"), "c");
	ck_assert_str_eq(text_at(&answer, "Tags[1].Key"), "d");
	answer_free(&answer);
	done("CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":1,\"Tags\":{\"x\":\"y\"}}");
	ck_assert_int_eq(count("ListTagsForStream", "{\"StreamName\":\"t\"}", "Tags"), 1);
}
END_TEST

static const struct {
	const char *operation, *body, *code, *piece;
} setting_shapes[] = {
	{ "AddTagsToStream", OF_ONE "}", "ValidationException", "'tags'" },
	{ "AddTagsToStream", OF_ONE ",\"Tags\":[]}", "SerializationException", "Tags must be a structure" },
	{ "AddTagsToStream", OF_ONE ",\"Tags\":{\"a\":7}}", "SerializationException", "string" },
	{ "AddTagsToStream", OF_ONE ",\"Tags\":{\"\":\"x\"}}", "ValidationException", "keys of length" },
	{ "AddTagsToStream", OF_ONE ",\"Tags\":{\"a\":\"\\u0000\"}}", "ValidationException", "U+0000" },
	{ "AddTagsToStream", "{\"Tags\":{}}", "InvalidArgumentException", "StreamName or StreamARN" },
	{ "CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":1,\"Tags\":{\"\":\"x\"}}",
	  "ValidationException", "keys of length" },
	{ "RemoveTagsFromStream", OF_ONE ",\"TagKeys\":{}}", "SerializationException",
	  "TagKeys must be a list" },
	{ "RemoveTagsFromStream", OF_ONE ",\"TagKeys\":[7]}", "SerializationException", "strings" },
	{ "RemoveTagsFromStream", OF_ONE ",\"TagKeys\":[\"\"]}", "ValidationException", "'tagKeys'" },
	{ "ListTagsForStream", OF_ONE ",\"Limit\":51}", "ValidationException", "50" },
	{ "TagResource", "{\"Tags\":{}}", "ValidationException", "'resourceARN'" },
	{ "UntagResource", "{\"ResourceARN\":\"" ARN_ONE "x\",\"TagKeys\":[]}", "ResourceNotFoundException",
	  "onex" },
	{ "ListTagsForResource", "{\"ResourceARN\":\"one\"}", "ValidationException", "pattern" },
	{ "UpdateStreamMode", "{\"StreamARN\":\"" ARN_ONE "\"}", "ValidationException",
	  "'streamModeDetails'" },
	{ "UpdateStreamMode", "{\"StreamARN\":\"" ARN_ONE "\",\"StreamModeDetails\":{}}",
	  "ValidationException", "streamMode'" },
	{ "UpdateStreamMode",
	  "{\"StreamARN\":\"" ARN_ONE "\",\"StreamModeDetails\":{\"StreamMode\":\"FAST\"}}",
	  "ValidationException", "[PROVISIONED, ON_DEMAND]" },
	{ "UpdateStreamRecordDistributionStrategy", "{\"StreamARN\":\"" ARN_ONE "\"}", "ValidationException",
	  "'recordDistributionStrategy'" },
	{ "UpdateStreamRecordDistributionStrategy",
	  "{\"StreamARN\":\"" ARN_ONE "\",\"RecordDistributionStrategy\":\"AUTO\"}", "ValidationException",
	  "ON_DEMAND" },
	{ "UpdateShardCount", OF_ONE ",\"TargetShardCount\":0,\"ScalingType\":\"UNIFORM_SCALING\"}",
	  "ValidationException", "greater than or equal to 1" },
	{ "UpdateShardCount", OF_ONE ",\"TargetShardCount\":2}", "ValidationException", "'scalingType'" },
	{ "UpdateShardCount", OF_ONE ",\"TargetShardCount\":2,\"ScalingType\":\"FAST\"}",
	  "ValidationException", "[UNIFORM_SCALING]" },
	{ "StartStreamEncryption", OF_ONE ",\"EncryptionType\":\"KMS\"}", "ValidationException", "'keyId'" },
	{ "StartStreamEncryption", OF_ONE ",\"EncryptionType\":\"AES\",\"KeyId\":\"k\"}",
	  "ValidationException", "[NONE, KMS]" },
	{ "IncreaseStreamRetentionPeriod", OF_ONE "}", "ValidationException", "'retentionPeriodHours'" },
	{ "IncreaseStreamRetentionPeriod", OF_ONE ",\"RetentionPeriodHours\":8761}",
	  "InvalidArgumentException", "24 to 8760" },
};

START_TEST(setting_shape)
{
	refused(setting_shapes[_i].operation, setting_shapes[_i].body, 400, setting_shapes[_i].code,
	        setting_shapes[_i].piece);
	ck_assert_int_eq(count("ListStreams", "{}", "StreamNames"), 2);
	ck_assert_int_eq(count("ListTagsForStream", OF_ONE "}", "Tags"), 0);
}
END_TEST

START_TEST(too_many_tags)
{
	struct kin__bytes body;

	kin__bytes_init(&body);
	kin__bytes_text(&body, "{\"StreamName\":\"t\",\"ShardCount\":1,\"Tags\":{");
	for (int i = 0; i < 201; i++) {
		kin__bytes_format(&body, "%s\"k%d\":\"\"", i ? "," : "", i);
		if (i == 50 || i == 200) {
			size_t n = body.n;

			kin__bytes_text(&body, "}}");
			kin__bytes_char(&body, 0);
			refused("CreateStream", body.at, 400,
			        i == 50 ? "InvalidArgumentException" : "ValidationException",
			        i == 50 ? "50 tags" : "equal to 200");
			body.n = n;
		}
	}
	kin__bytes_fini(&body);
	ck_assert_int_eq(count("ListStreams", "{}", "StreamNames"), 2);
}
END_TEST

/* A member that is another operation's is not looked at. */
START_TEST(tags_of_another_operation)
{
	struct kin__bytes body;
	struct answer answer;

	kin__bytes_init(&body);
	kin__bytes_text(&body, OF_ONE ",\"Tags\":{\"a\":\"1\"},\"TagKeys\":[\"a\"");
	for (int i = 0; i < 300; i++)
		kin__bytes_format(&body, ",\"k%d\"", i);
	kin__bytes_text(&body, "]}");
	kin__bytes_char(&body, 0);
	done("AddTagsToStream", body.at);
	ck_assert_int_eq(count("ListTagsForStream", OF_ONE "}", "Tags"), 1);
	kin__bytes_clear(&body);
	kin__bytes_text(&body, OF_ONE ",\"TagKeys\":[\"b\"],\"Tags\":{\"a\":\"1\"");
	for (int i = 0; i < 300; i++)
		kin__bytes_format(&body, ",\"k%d\":\"\"", i);
	kin__bytes_text(&body, "}}");
	kin__bytes_char(&body, 0);
	done("RemoveTagsFromStream", body.at);
	kin__bytes_fini(&body);
	ck_assert_int_eq(count("ListTagsForStream", OF_ONE "}", "Tags"), 1);
	ask("ListTagsForResource",
	    "{\"ResourceARN\":\"" ARN_ONE "\",\"ExclusiveStartTagKey\":\"z\",\"Limit\":0}", &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Tags")), 1);
	answer_free(&answer);
}
END_TEST

static void setting_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("settings, tags");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_test(scenes, mode_switched);
	tcase_add_test(scenes, retention_switched);
	tcase_add_test(scenes, encryption_switched);
	tcase_add_test(scenes, shards_counted);
	tcase_add_test(scenes, described_with_shards);
	tcase_add_test(scenes, tags);
	tcase_add_loop_test(scenes, setting_shape, 0, COUNT(setting_shapes));
	tcase_add_test(scenes, too_many_tags);
	tcase_add_test(scenes, tags_of_another_operation);
	suite_add_tcase(suite, scenes);
}
#endif
