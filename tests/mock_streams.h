/* Scenes of check_mock.c: streams, shards, records, iterators, pages, dry runs, rate limits. */
#ifndef KIN_TEST_MOCK_STREAMS_H
#define KIN_TEST_MOCK_STREAMS_H
#include "mock_asker.h"

#define HALF "170141183460469231731687303715884105728"

static void list(const char *body, struct answer *answer)
{
	ask("ListShards", body, answer);
	ck_status(answer, 200);
}

/* ---- streams and shards ---- */

START_TEST(described)
{
	struct answer answer;
	double created;

	ask("DescribeStreamSummary", "{\"StreamName\":\"s\"}", &answer);
	ck_status(&answer, 200);
#define AT(member) "StreamDescriptionSummary." member
	ck_assert_str_eq(text_at(&answer, AT("StreamName")), "s");
	ck_assert_str_eq(text_at(&answer, AT("StreamARN")),
	                 "arn:aws:kinesis:us-east-1:000000000000:stream/s");
	ck_assert_str_eq(text_at(&answer, AT("StreamStatus")), "ACTIVE");
	ck_assert_str_eq(text_at(&answer, AT("StreamModeDetails.StreamMode")), "PROVISIONED");
	ck_assert_str_eq(text_at(&answer, AT("EncryptionType")), "NONE");
	ck_assert_int_eq(number_at(&answer, AT("OpenShardCount")), 2);
	ck_assert_int_eq(number_at(&answer, AT("RetentionPeriodHours")), 24);
	ck_assert_int_eq(number_at(&answer, AT("ConsumerCount")), 0);
	ck_assert_int_eq(number_at(&answer, AT("MaxRecordSizeInKiB")), 1024);
	ck_assert(kin__json_real(kin__json_path(answer.json, AT("StreamCreationTimestamp")), &created));
	ck_assert(created * 1000 > (double)kin__clock_wall_ms() - 60000);
	answer_free(&answer);
}
END_TEST

START_TEST(on_demand)
{
	char mode[600];

	done("CreateStream", "{\"StreamName\":\"d\",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}");
	fetch("DescribeStreamSummary", "{\"StreamName\":\"d\"}", AT("StreamModeDetails.StreamMode"), mode);
	ck_assert_str_eq(mode, "ON_DEMAND");
	fetch("ListStreams", "{}", "StreamSummaries[0].StreamModeDetails.StreamMode", mode);
	ck_assert_str_eq(mode, "ON_DEMAND");
	fetch("ListStreams", "{}", "StreamSummaries[1].StreamModeDetails.StreamMode", mode);
	ck_assert_str_eq(mode, "PROVISIONED");
	ck_assert_int_eq(count("ListShards", "{\"StreamName\":\"d\"}", "Shards"), 4);
}
END_TEST

START_TEST(shards_of_three)
{
	struct answer answer;

	done("CreateStream", "{\"StreamName\":\"three\",\"ShardCount\":3}");
	list("{\"StreamName\":\"three\"}", &answer);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Shards")), 3);
	ck_assert_str_eq(text_at(&answer, "Shards[1].HashKeyRange.StartingHashKey"),
	                 "113427455640312821154458202477256070485");
	ck_assert_str_eq(text_at(&answer, "Shards[2].HashKeyRange.EndingHashKey"),
	                 "340282366920938463463374607431768211455");
	ck_assert_uint_eq(strlen(text_at(&answer, "Shards[0].SequenceNumberRange.StartingSequenceNumber")),
	                  56);
	ck_assert(kin__json_is_null(
			kin__json_path(answer.json, "Shards[0].SequenceNumberRange.EndingSequenceNumber")));
	ck_assert(kin__json_is_null(kin__json_path(answer.json, "Shards[0].ParentShardId")));
	ck_assert(kin__json_is_null(kin__json_path(answer.json, "NextToken")));
	answer_free(&answer);
}
END_TEST

START_TEST(split_and_merge)
{
	struct answer answer;

	done("SplitShard",
	     "{\"StreamName\":\"one\",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"" HALF "\"}");
	refused("SplitShard",
	        "{\"StreamName\":\"one\",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"9\"}", 400,
	        "ResourceInUseException", "already been split");
	done("MergeShards", "{\"StreamName\":\"one\",\"ShardToMerge\":\"shardId-000000000002\","
	                    "\"AdjacentShardToMerge\":\"shardId-000000000001\"}");
	list("{\"StreamName\":\"one\"}", &answer);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Shards")), 4);
	ck_assert_uint_eq(strlen(text_at(&answer, "Shards[0].SequenceNumberRange.EndingSequenceNumber")), 56);
	ck_assert_str_eq(text_at(&answer, "Shards[1].ParentShardId"), SHARD_0);
	ck_assert_str_eq(text_at(&answer, "Shards[2].HashKeyRange.StartingHashKey"), HALF);
	ck_assert_str_eq(text_at(&answer, "Shards[3].ParentShardId"), "shardId-000000000002");
	ck_assert_str_eq(text_at(&answer, "Shards[3].AdjacentParentShardId"), "shardId-000000000001");
	answer_free(&answer);
	ck_assert_int_eq(count("ListShards",
	                       "{\"StreamName\":\"one\",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}}", "Shards"),
	                 1);
	ck_assert_int_eq(count("ListShards",
	                       "{\"StreamName\":\"one\",\"ShardFilter\":{\"Type\":\"AFTER_SHARD_ID\","
	                       "\"ShardId\":\"" SHARD_0 "\"}}",
	                       "Shards"),
	                 3);
}
END_TEST

static void put_bytes(size_t data_n, struct answer *answer)
{
	char *body = malloc(data_n * 2 + 200), *at = body;

	at += sprintf(at, "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"");
	memset(at, 'A', data_n / 3 * 4);
	strcpy(at + data_n / 3 * 4, "\"}");
	ask("PutRecord", body, answer);
	free(body);
}

/* 1 MiB with the key, until more is allowed; then less again. */
START_TEST(record_size_updated)
{
	static const char update[] = "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/one\","
				     "\"MaxRecordSizeInKiB\":";
	struct answer answer;
	char body[200];

	put_bytes(1048577, &answer); /* 1048575 bytes: a multiple of three */
	ck_status(&answer, 200);
	answer_free(&answer);
	put_bytes(1048578, &answer);
	expect_error(&answer, 400, "InvalidArgumentException", "exceeds the 1048576 bytes of stream one");
	answer_free(&answer);
	snprintf(body, sizeof body, "%s10240}", update);
	done("UpdateMaxRecordSize", body);
	ask("DescribeStreamSummary", "{\"StreamName\":\"one\"}", &answer);
	ck_assert_int_eq(number_at(&answer, AT("MaxRecordSizeInKiB")), 10240);
	answer_free(&answer);
	put_bytes(10485756, &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
	snprintf(body, sizeof body, "%s1024}", update);
	done("UpdateMaxRecordSize", body);
	put_bytes(1048578, &answer);
	expect_error(&answer, 400, "InvalidArgumentException", "exceeds the 1048576 bytes");
	answer_free(&answer);
}
END_TEST

/* The service spreads what brings no hash key; a key may be left out, and then none is read. */
START_TEST(records_spread_by_the_service)
{
	struct answer answer;
	char iterator[600], body[700], text[600];
	int shards = 0;

	done("CreateStream", "{\"StreamName\":\"auto\",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"},"
	                     "\"RecordDistributionStrategy\":\"AUTO\"}");
	fetch("DescribeStreamSummary", "{\"StreamName\":\"auto\"}", AT("RecordDistributionStrategy"), text);
	ck_assert_str_eq(text, "AUTO");
	fetch("DescribeStreamSummary", "{\"StreamName\":\"s\"}", AT("RecordDistributionStrategy"), text);
	ck_assert_str_eq(text, "USER_PARTITION_KEY");
	for (int i = 0; i < 60; i++)
		done("PutRecords",
		     "{\"StreamName\":\"auto\",\"Records\":[{\"Data\":\"eA==\"},{\"Data\":\"eQ==\","
		     "\"PartitionKey\":\"k\"}]}");
	done("PutRecord", "{\"StreamName\":\"auto\",\"Data\":\"eg==\",\"ExplicitHashKey\":\"0\"}");
	for (int shard = 0; shard < 4; shard++) {
		snprintf(body, sizeof body,
		         "{\"StreamName\":\"auto\",\"ShardId\":\"shardId-%012d\",\"ShardIteratorType\":"
		         "\"TRIM_HORIZON\"}",
		         shard);
		fetch("GetShardIterator", body, "ShardIterator", iterator);
		snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
		ask("GetRecords", body, &answer);
		size_t n = kin__json_count(kin__json_path(answer.json, "Records"));
		shards += n > 0;
		for (size_t i = 0; i < n; i++) {
			const struct kin__json *record =
					kin__json_at(kin__json_path(answer.json, "Records"), i);
			bool keyed = !kin__json_is_null(kin__json_member(record, "PartitionKey"));
			struct kin__span data = { NULL, 0 };

			kin__json_text(kin__json_member(record, "Data"), &data);
			ck_assert_int_eq(keyed, kin__span_is(data, "eQ=="));
			ck_assert_int_ge(shard == 0, kin__span_is(data, "eg=="));
		}
		answer_free(&answer);
	}
	ck_assert_int_ge(shards, 2);
	refused("PutRecords",
	        "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"\",\"PartitionKey\":\"k\"},"
	        "{\"Data\":\"\"}]}",
	        400, "ValidationException", "Value null at 'records.2.member.partitionKey'");
}
END_TEST

/* CREATING, UPDATING and DELETING last; meanwhile the stream is not there to be used. */
START_TEST(transitions)
{
	struct kin_mock_options options = usual();
	char status[600];

	options.transition_ms = 3000;
	open_with(&options);
	fetch("DescribeStreamSummary", "{\"StreamName\":\"s\"}", "StreamDescriptionSummary.StreamStatus",
	      status);
	ck_assert_str_eq(status, "ACTIVE"); /* those of the option, at once */
	done("CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":1}");
	fetch("DescribeStreamSummary", "{\"StreamName\":\"t\"}", "StreamDescriptionSummary.StreamStatus",
	      status);
	ck_assert_str_eq(status, "CREATING");
	refused("PutRecord", "{\"StreamName\":\"t\",\"PartitionKey\":\"k\",\"Data\":\"\"}", 400,
	        "ResourceNotFoundException", "t");
	refused("ListShards", "{\"StreamName\":\"t\"}", 400, "ResourceInUseException", "created");
	refused("DeleteStream", "{\"StreamName\":\"t\"}", 400, "ResourceInUseException", "CREATING");
	done("SplitShard",
	     "{\"StreamName\":\"one\",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"" HALF "\"}");
	refused("MergeShards",
	        "{\"StreamName\":\"one\",\"ShardToMerge\":\"" SHARD_0 "\",\"AdjacentShardToMerge\":\"x\"}",
	        400, "ResourceInUseException", "UPDATING");
	put_one(); /* an UPDATING stream works on */
	nap_ms(3050);
	fetch("DescribeStreamSummary", "{\"StreamName\":\"t\"}", "StreamDescriptionSummary.StreamStatus",
	      status);
	ck_assert_str_eq(status, "ACTIVE");
	ck_assert_int_eq(count("ListShards", "{\"StreamName\":\"one\"}", "Shards"), 3);
	done("DeleteStream", "{\"StreamName\":\"t\"}");
	fetch("DescribeStreamSummary", "{\"StreamName\":\"t\"}", "StreamDescriptionSummary.StreamStatus",
	      status);
	ck_assert_str_eq(status, "DELETING");
	nap_ms(3050);
	refused("DescribeStreamSummary", "{\"StreamName\":\"t\"}", 400, "ResourceNotFoundException", "t");
}
END_TEST

/* ---- pages ---- */

START_TEST(streams_in_pages)
{
	struct answer answer;
	char body[640], token[600] = "";
	size_t seen = 0;
	bool more = true;

	for (int i = 0; i < 103; i++) {
		snprintf(body, sizeof body, "{\"StreamName\":\"n%03d\",\"ShardCount\":1}", i);
		done("CreateStream", body);
	}
	ck_assert_int_eq(count("ListStreams", "{\"Limit\":10000}", "StreamNames"), 100); /* never more */
	ck_assert_int_eq(count("ListStreams", "{}", "StreamNames"), 100);
	ck_assert_int_eq(count("ListStreams", "{\"ExclusiveStartStreamName\":\"n100\"}", "StreamNames"), 4);
	while (more) {
		if (token[0])
			snprintf(body, sizeof body, "{\"Limit\":50,\"NextToken\":\"%s\"}", token);
		ask("ListStreams", token[0] ? body : "{\"Limit\":50}", &answer);
		ck_status(&answer, 200);
		ck_assert_str_eq(text_at(&answer, "StreamNames[0]"),
		                 text_at(&answer, "StreamSummaries[0].StreamName"));
		ck_assert_str_eq(text_at(&answer, "StreamSummaries[0].StreamStatus"), "ACTIVE");
		seen += kin__json_count(kin__json_path(answer.json, "StreamNames"));
		ck_assert(kin__json_bool(kin__json_path(answer.json, "HasMoreStreams"), &more));
		ck_assert_int_eq(kin__json_is_null(kin__json_path(answer.json, "NextToken")), !more);
		snprintf(token, sizeof token, "%s", text_at(&answer, "NextToken"));
		answer_free(&answer);
	}
	ck_assert_uint_eq(seen, 105);
}
END_TEST

START_TEST(shards_in_pages)
{
	char token[600], body[1400];

	done("CreateStream", "{\"StreamName\":\"wide\",\"ShardCount\":1200}");
	ck_assert_int_eq(count("ListShards", "{\"StreamName\":\"wide\",\"MaxResults\":10000}", "Shards"),
	                 1000);
	fetch("ListShards", "{\"StreamName\":\"wide\",\"MaxResults\":700}", "NextToken", token);
	snprintf(body, sizeof body, "{\"NextToken\":\"%s\",\"MaxResults\":700}", token);
	ck_assert_int_eq(count("ListShards", body, "Shards"), 500);
	/* a token goes alone, but for the ARN that names the host */
	snprintf(body, sizeof body,
	         "{\"NextToken\":\"%s\",\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/"
	         "wide\"}",
	         token);
	ck_assert_int_eq(count("ListShards", body, "Shards"), 500);
	snprintf(body, sizeof body, "{\"NextToken\":\"%s\",\"StreamName\":\"wide\"}", token);
	refused("ListShards", body, 400, "InvalidArgumentException", "NextToken");
	snprintf(body, sizeof body, "{\"NextToken\":\"%s\",\"ExclusiveStartShardId\":\"" SHARD_0 "\"}",
	         token);
	refused("ListShards", body, 400, "InvalidArgumentException", "NextToken");
	snprintf(body, sizeof body, "{\"NextToken\":\"%s\",\"ShardFilter\":{\"Type\":\"AT_LATEST\"}}", token);
	refused("ListShards", body, 400, "InvalidArgumentException", "NextToken");
	token[9] = token[9] == 'A' ? 'B' : 'A';
	snprintf(body, sizeof body, "{\"NextToken\":\"%s\"}", token);
	refused("ListShards", body, 400, "InvalidArgumentException", "NextToken");
}
END_TEST

/* ---- records ---- */

START_TEST(put_then_get)
{
	char iterator[600], body[700], sequence[600], other[600];
	struct answer answer;

	fetch("PutRecord", "{\"StreamName\":\"one\",\"PartitionKey\":\"\\u00e9\",\"Data\":\"AAEC/w==\"}",
	      "SequenceNumber", sequence);
	snprintf(body, sizeof body,
	         "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"\",\"SequenceNumberForOrdering\":"
	         "\"%s\"}",
	         sequence);
	fetch("PutRecord", body, "SequenceNumber", other);
	ck_assert_int_gt(strcmp(other, sequence), 0);
	iterate("TRIM_HORIZON", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\",\"Limit\":1}", iterator);
	ask("GetRecords", body, &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Records")), 1);
	ck_assert_str_eq(text_at(&answer, "Records[0].SequenceNumber"), sequence);
	ck_assert_str_eq(text_at(&answer, "Records[0].PartitionKey"), "\xc3\xa9");
	ck_assert_str_eq(text_at(&answer, "Records[0].Data"), "AAEC/w==");
	ck_assert_int_gt(number_at(&answer, "MillisBehindLatest"), 0);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", text_at(&answer, "NextShardIterator"));
	answer_free(&answer);
	ask("GetRecords", body, &answer);
	ck_assert_str_eq(text_at(&answer, "Records[0].SequenceNumber"), other);
	ck_assert_str_eq(text_at(&answer, "Records[0].Data"), "");
	ck_assert_int_eq(number_at(&answer, "MillisBehindLatest"), 0);
	answer_free(&answer);
	ck_assert_uint_eq(stats().records_stored, 2);
	ck_assert_uint_eq(stats().records_read, 2);
}
END_TEST

START_TEST(closed_shard_ends)
{
	char iterator[600], body[700];
	struct answer answer;

	put_one();
	iterate("TRIM_HORIZON", iterator);
	done("SplitShard",
	     "{\"StreamName\":\"one\",\"ShardToSplit\":\"" SHARD_0 "\",\"NewStartingHashKey\":\"" HALF "\"}");
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	ask("GetRecords", body, &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Records")), 1);
	ck_assert(kin__json_is_null(kin__json_path(answer.json, "NextShardIterator")));
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "ChildShards")), 2);
	ck_assert_str_eq(text_at(&answer, "ChildShards[1].ShardId"), "shardId-000000000002");
	ck_assert_str_eq(text_at(&answer, "ChildShards[1].ParentShards[0]"), SHARD_0);
	ck_assert_str_eq(text_at(&answer, "ChildShards[1].HashKeyRange.StartingHashKey"), HALF);
	answer_free(&answer);
}
END_TEST

START_TEST(iterators_expire)
{
	struct kin_mock_options options = usual();
	char iterator[600], body[700];

	options.iterator_ttl_ms = 2000;
	open_with(&options);
	iterate("LATEST", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	done("GetRecords", body);
	done("GetRecords", body); /* it may be used again */
	nap_ms(2100);
	refused("GetRecords", body, 400, "ExpiredIteratorException", "Iterator expired");
	iterator[20] = iterator[20] == 'A' ? 'B' : 'A';
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	refused("GetRecords", body, 400, "InvalidArgumentException", "Invalid ShardIterator");
}
END_TEST

START_TEST(records_leave)
{
	struct kin_mock_options options = usual();

	options.retention_ms = 2000;
	open_with(&options);
	put_one();
	ck_assert_int_eq(stored_in_one(), 1);
	nap_ms(2100);
	ck_assert_int_eq(stored_in_one(), 0);
}
END_TEST

START_TEST(iterator_of_a_deleted_stream)
{
	char iterator[600], body[700];

	iterate("LATEST", iterator);
	done("DeleteStream", "{\"StreamName\":\"one\"}");
	done("CreateStream", "{\"StreamName\":\"one\",\"ShardCount\":1}"); /* another one of that name */
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	refused("GetRecords", body, 400, "ResourceNotFoundException", "iterator");
}
END_TEST

/* ---- dry runs ---- */

#define DRY ",\"DryRun\":true}"

START_TEST(dry_runs)
{
	char iterator[600], body[700];

	refused("PutRecord", "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YQ==\"" DRY, 400,
	        "DryRunOperationException", "would have succeeded");
	refused("PutRecords",
	        "{\"StreamName\":\"one\",\"Records\":[{\"PartitionKey\":\"k\",\"Data\":\"YQ==\"}]" DRY, 400,
	        "DryRunOperationException", "would have succeeded");
	refused("GetShardIterator",
	        "{\"StreamName\":\"one\",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"LATEST\"" DRY,
	        400, "DryRunOperationException", "would have succeeded");
	iterate("LATEST", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"" DRY, iterator);
	refused("GetRecords", body, 400, "DryRunOperationException", "would have succeeded");
	/* what would have failed says why */
	refused("PutRecord", "{\"StreamName\":\"none\",\"PartitionKey\":\"k\",\"Data\":\"\"" DRY, 400,
	        "ResourceNotFoundException", "none");
	refused("PutRecord",
	        "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"\",\"SequenceNumberForOrdering\":"
	        "\"7\"" DRY,
	        400, "InvalidArgumentException", "SequenceNumberForOrdering 7");
	refused("PutRecords",
	        "{\"StreamName\":\"none\",\"Records\":[{\"PartitionKey\":\"k\",\"Data\":\"\"}]" DRY, 400,
	        "ResourceNotFoundException", "none");
	refused("GetRecords", "{\"ShardIterator\":\"x\"" DRY, 400, "InvalidArgumentException", "Invalid");
	ck_assert_int_eq(stored_in_one(), 0);
	ck_assert_uint_eq(stats().records_stored, 0);
}
END_TEST

/* ---- rate limits: the answers of one second, however long the test's own requests took ---- */

static void open_limited(void)
{
	struct kin_mock_options options = usual();

	options.rate_limits = true;
	open_with(&options);
}

START_TEST(reads_are_limited)
{
	char iterator[600], body[700];
	struct answer answer;
	int refusals = 0;

	open_limited();
	iterate("LATEST", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	for (int i = 0; i < 40; i++) {
		ask("GetRecords", body, &answer);
		if (answer.status != 200)
			expect_error(&answer, 400, "ProvisionedThroughputExceededException",
			             "Rate exceeded for shard " SHARD_0);
		refusals += answer.status != 200;
		answer_free(&answer);
	}
	ck_assert_int_gt(refusals, 0);
	ck_assert_int_le(refusals, 35); /* 5 pass at once */
	nap_ms(400);
	done("GetRecords", body);
}
END_TEST

START_TEST(iterators_are_limited)
{
	int refusals = 0;
	struct answer answer;

	open_limited();
	for (int i = 0; i < 40; i++) {
		ask("GetShardIterator",
		    "{\"StreamName\":\"one\",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"LATEST\"}",
		    &answer);
		refusals += answer.status != 200;
		answer_free(&answer);
	}
	ck_assert_int_gt(refusals, 0);
	ck_assert_int_le(refusals, 35);
}
END_TEST

/* Entries of a PutRecords are refused one by one; a PutRecord is refused whole. */
START_TEST(writes_are_limited)
{
	struct kin__bytes body;
	struct answer answer;
	int64_t failed = 0;

	open_limited();
	kin__bytes_init(&body);
	kin__bytes_text(&body, "{\"StreamName\":\"one\",\"Records\":[");
	for (int i = 0; i < 500; i++)
		kin__bytes_format(&body, "%s{\"PartitionKey\":\"k\",\"Data\":\"\"}", i ? "," : "");
	kin__bytes_text(&body, "]}");
	for (int i = 0; i < 8 && failed == 0; i++) {
		ask("PutRecords", body.at, &answer);
		ck_status(&answer, 200);
		failed = number_at(&answer, "FailedRecordCount");
		if (i < 2)
			ck_assert_int_eq(failed, 0); /* the first 1000 */
		if (failed > 0) {
			ck_assert_str_eq(text_at(&answer, "Records[499].ErrorCode"),
			                 "ProvisionedThroughputExceededException");
			ck_assert_str_ne(text_at(&answer, "Records[499].ErrorMessage"), "");
			ck_assert_str_eq(text_at(&answer, "Records[499].SequenceNumber"), "");
		}
		answer_free(&answer);
	}
	ck_assert_int_gt(failed, 0);
	kin__bytes_fini(&body);
}
END_TEST

START_TEST(bytes_are_limited)
{
	struct kin__bytes body;
	struct answer answer;
	int refusals = 0;

	open_limited();
	kin__bytes_init(&body);
	kin__bytes_text(&body, "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"");
	memset(kin__bytes_extend(&body, 1200000), 'A', 1200000);
	kin__bytes_text(&body, "\"}");
	for (int i = 0; i < 8; i++) {
		ask("PutRecord", body.at, &answer);
		if (answer.status != 200)
			expect_error(&answer, 400, "ProvisionedThroughputExceededException",
			             "Rate exceeded for shard " SHARD_0);
		refusals += answer.status != 200;
		answer_free(&answer);
	}
	ck_assert_int_gt(refusals, 0);
	ck_assert_int_lt(refusals, 8);
	kin__bytes_fini(&body);
}
END_TEST

static void stream_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("streams, records");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_test(scenes, described);
	tcase_add_test(scenes, on_demand);
	tcase_add_test(scenes, shards_of_three);
	tcase_add_test(scenes, split_and_merge);
	tcase_add_test(scenes, record_size_updated);
	tcase_add_test(scenes, records_spread_by_the_service);
	tcase_add_test(scenes, transitions);
	tcase_add_test(scenes, streams_in_pages);
	tcase_add_test(scenes, shards_in_pages);
	tcase_add_test(scenes, put_then_get);
	tcase_add_test(scenes, closed_shard_ends);
	tcase_add_test(scenes, iterators_expire);
	tcase_add_test(scenes, records_leave);
	tcase_add_test(scenes, iterator_of_a_deleted_stream);
	tcase_add_test(scenes, dry_runs);
	tcase_add_test(scenes, reads_are_limited);
	tcase_add_test(scenes, iterators_are_limited);
	tcase_add_test(scenes, writes_are_limited);
	tcase_add_test(scenes, bytes_are_limited);
	suite_add_tcase(suite, scenes);
}
#endif
