/* The part of check_kinesis.c about the calls that are not hot. */
#ifndef KIN_TESTS_KINESIS_CALLS_H
#define KIN_TESTS_KINESIS_CALLS_H

static void ck_text(struct kin__bytes *out, const char *text)
{
	ck_assert_str_eq(out->at, text);
	ck_assert(!out->failed);
	kin__bytes_clear(out);
}

#define ARN "arn:aws:kinesis:us-east-1:123456789012:stream/s"

START_TEST(requests)
{
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__get_records_encode(&out, T("it\"er"), 0, NONE_SPAN);
	ck_text(&out, "{\"ShardIterator\":\"it\\\"er\"}");
	kin__get_records_encode(&out, T("iter"), 500, T(ARN));
	ck_text(&out, "{\"ShardIterator\":\"iter\",\"Limit\":500,\"StreamARN\":\"" ARN "\"}");
	kin__shard_iterator_encode(&out, T("s"), T("sh-0"), KIN__ITERATOR_TRIM_HORIZON, T("9"), 5);
	ck_text(&out, "{\"StreamName\":\"s\",\"ShardId\":\"sh-0\",\"ShardIteratorType\":\"TRIM_HORIZON\"}");
	kin__shard_iterator_encode(&out, T(ARN), T("sh-0"), KIN__AFTER_SEQUENCE_NUMBER, T("9"), 5);
	ck_text(&out, "{\"StreamARN\":\"" ARN "\",\"ShardId\":\"sh-0\",\"ShardIteratorType\":"
	              "\"AFTER_SEQUENCE_NUMBER\",\"StartingSequenceNumber\":\"9\"}");
	kin__shard_iterator_encode(&out, T("s"), T("sh-0"), KIN__AT_SEQUENCE_NUMBER, T("9"), 5);
	ck_text(&out,
	        "{\"StreamName\":\"s\",\"ShardId\":\"sh-0\",\"ShardIteratorType\":\"AT_SEQUENCE_NUMBER\","
	        "\"StartingSequenceNumber\":\"9\"}");
	kin__shard_iterator_encode(&out, T("s"), T("sh-0"), KIN__ITERATOR_AT_TIMESTAMP, NONE_SPAN,
	                           1768480496789);
	ck_text(&out, "{\"StreamName\":\"s\",\"ShardId\":\"sh-0\",\"ShardIteratorType\":\"AT_TIMESTAMP\","
	              "\"Timestamp\":1768480496.789}");
	ck_assert_str_eq(kin__iterator_type_name(KIN__ITERATOR_LATEST), "LATEST");
	ck_assert_str_eq(kin__iterator_type_name((enum kin__iterator_type)99), "UNKNOWN");
	kin__list_shards_encode(&out, T("s"), NONE_SPAN, 0, false);
	ck_text(&out, "{\"StreamName\":\"s\"}");
	kin__list_shards_encode(&out, T("s"), NONE_SPAN, 1000, true);
	ck_text(&out, "{\"StreamName\":\"s\",\"ShardFilter\":{\"Type\":\"AT_LATEST\"},\"MaxResults\":1000}");
	kin__list_shards_encode(&out, T("s"), T("tok"), 7, true);
	ck_text(&out, "{\"NextToken\":\"tok\",\"MaxResults\":7}");
	kin__describe_stream_summary_encode(&out, T(ARN));
	ck_text(&out, "{\"StreamARN\":\"" ARN "\"}");
	kin__bytes_fini(&out);
}
END_TEST

/* --- answers: one row passes or says why, whatever the call --------------------------------------- */

static struct kin__arena arena; /* fresh for each of them */

static int decode_iterator(char *answer, size_t n)
{
	const char *iterator;
	int code = kin__shard_iterator_decode(answer, n, &iterator, NULL);

	ck_assert_int_eq(code == KIN_OK, iterator != NULL);
	if (iterator)
		ck_assert_uint_le(strlen(iterator), 512);
	return code;
}

static int decode_shards(char *answer, size_t n)
{
	struct kin__shard_page page;
	int code;

	kin__arena_init(&arena);
	code = kin__list_shards_decode(&page, &arena, answer, n, NULL);
	ck_assert(code == KIN_OK || (page.n == 0 && !page.next_token));
	for (size_t i = 0; i < page.n; i++) {
		ck_assert(strlen(page.shards[i].id) > 0 && strlen(page.shards[i].first_sequence) > 0);
		ck_assert_int_le(kin__hashkey_compare(page.shards[i].first_hash, page.shards[i].last_hash),
		                 0);
	}
	kin__arena_fini(&arena);
	return code;
}

static int decode_summary(char *answer, size_t n)
{
	struct kin__stream_summary summary;
	int code;

	kin__arena_init(&arena);
	code = kin__describe_stream_summary_decode(&summary, &arena, answer, n, NULL);
	ck_assert_int_eq(code == KIN_OK, summary.name != NULL && summary.arn != NULL);
	kin__arena_fini(&arena);
	return code;
}

#define SHARD(more)                                                                                          \
	"{\"Shards\":[{\"ShardId\":\"sh-0\",\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":"  \
	"\"99\"},"                                                                                           \
	"\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"495\"}" more "}]}"
#define SUMMARY(more)                                                                                        \
	"{\"StreamDescriptionSummary\":{\"StreamName\":\"s\",\"StreamARN\":\"" ARN                           \
	"\",\"StreamStatus\":\"ACTIVE\"" more "}}"

static const struct {
	decode_fn *decode;
	const char *answer;
	bool good;
} answers[] = {
	{ decode_iterator, "{\"ShardIterator\":\"x\"}", true },
	{ decode_iterator, "{\"More\":[{}],\"ShardIterator\":\"\\u0041\"}", true },
	{ decode_iterator, "{\"ShardIterator\":\"\"}", false },
	{ decode_iterator, "{\"ShardIterator\":null}", false },
	{ decode_iterator, "{\"ShardIterator\":7}", false },
	{ decode_iterator, "{\"ShardIterator\":\"" A256 A256 "\"}", true },
	{ decode_iterator, "{\"ShardIterator\":\"" A256 A256 "a\"}", false },
	{ decode_iterator, "{}", false },
	{ decode_iterator, "", false },
	{ decode_iterator, "[]", false },
	{ decode_shards, "", false },
	{ decode_shards, "[]", false },
	{ decode_shards, "{}", false },
	{ decode_shards, "{\"Shards\":[]}", true },
	{ decode_shards, "{\"Shards\":[],\"NextToken\":null}", true },
	{ decode_shards, "{\"Shards\":{}}", false },
	{ decode_shards, "{\"Shards\":[7]}", false },
	{ decode_shards, "{\"Shards\":[{}]}", false },
	{ decode_shards, "{\"Shards\":[],\"NextToken\":7}", false },
	{ decode_shards, SHARD(""), true },
	{ decode_shards, SHARD(",\"ParentShardId\":\"\",\"AdjacentParentShardId\":null"), true },
	{ decode_shards, SHARD(",\"ParentShardId\":7"), false },
	{ decode_shards, SHARD(",\"ShardId\":\"" A128 "\""), true },
	{ decode_shards, SHARD(",\"ShardId\":\"" A128 "a\""), false },
	{ decode_shards, SHARD(",\"ShardId\":\"a\\u0000b\""), false },
	{ decode_shards, SHARD(",\"HashKeyRange\":{\"StartingHashKey\":\"9\",\"EndingHashKey\":\"8\"}"),
	  false },
	{ decode_shards, SHARD(",\"HashKeyRange\":{\"StartingHashKey\":\"9\"}"), false },
	{ decode_shards, SHARD(",\"HashKeyRange\":{\"StartingHashKey\":9,\"EndingHashKey\":\"9\"}"), false },
	{ decode_shards, SHARD(",\"HashKeyRange\":null"), false },
	{ decode_shards, SHARD(",\"SequenceNumberRange\":{}"), false },
	{ decode_summary, "", false },
	{ decode_summary, "{}", false },
	{ decode_summary, "{\"StreamDescriptionSummary\":[]}", false },
	{ decode_summary, SUMMARY(""), true },
	{ decode_summary, SUMMARY(",\"StreamStatus\":\"UPDATING\""), true },
	{ decode_summary, SUMMARY(",\"StreamStatus\":\"SLEEPING\""), false },
	{ decode_summary, SUMMARY(",\"StreamStatus\":null"), false },
	{ decode_summary, SUMMARY(",\"StreamName\":null"), false },
	{ decode_summary, SUMMARY(",\"StreamCreationTimestamp\":\"x\""), false },
	{ decode_summary, SUMMARY(",\"RetentionPeriodHours\":-1"), false },
	{ decode_summary, SUMMARY(",\"RetentionPeriodHours\":1e12"), false },
	{ decode_summary, SUMMARY(",\"OpenShardCount\":\"4\""), false },
	{ decode_summary, SUMMARY(",\"MaxRecordSizeInKiB\":10241"), false },
};

START_TEST(answers_table)
{
	size_t n = strlen(answers[_i].answer);
	char *answer = copy_of(answers[_i].answer, n);

	ck_assert_msg(answers[_i].decode(answer, n) == (answers[_i].good ? KIN_OK : KIN_PROTOCOL), "%s",
	              answers[_i].answer);
	kin__mem_free(answer);
}
END_TEST

static const char shards_answer[] =
		"{\"NextToken\":\"more\",\"Shards\":[{\"ShardId\":\"shardId-000000000002\",\"ParentShardId\":"
		"\"shardId-000000000000\",\"AdjacentParentShardId\":\"shardId-000000000001\","
		"\"HashKeyRange\":"
		"{\"EndingHashKey\":\"340282366920938463463374607431768211455\",\"StartingHashKey\":\"0\"},"
		"\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"4\\u0039\"}},{\"ShardId\":"
		"\"shardId-000000000000\",\"HashKeyRange\":{\"StartingHashKey\":\"5\",\"EndingHashKey\":"
		"\"5\"},"
		"\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\",\"EndingSequenceNumber\":\"2\"}}]"
		"}";
static const char summary_answer[] =
		"{\"StreamDescriptionSummary\":{\"StreamName\":\"orders\",\"StreamARN\":\"" ARN
		"\",\"StreamStatus\":"
		"\"UPDATING\",\"RetentionPeriodHours\":48.0,\"StreamCreationTimestamp\":1.768480496789E9,"
		"\"EnhancedMonitoring\":[{\"ShardLevelMetrics\":[]}],\"OpenShardCount\":12,\"ConsumerCount\":"
		"0,"
		"\"MaxRecordSizeInKiB\":2048,\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}}";

START_TEST(list_shards_answer)
{
	struct kin__shard_page page;
	struct kin__reason reason = { "" };

	kin__arena_init(&arena);
	ck_assert_int_eq(kin__list_shards_decode(&page, &arena, shards_answer, sizeof shards_answer - 1,
	                                         &reason),
	                 KIN_OK);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_str_eq(page.next_token, "more");
	ck_assert_str_eq(page.shards[0].id, "shardId-000000000002");
	ck_assert_str_eq(page.shards[0].parent, "shardId-000000000000");
	ck_assert_str_eq(page.shards[0].adjacent_parent, "shardId-000000000001");
	ck_assert_str_eq(page.shards[0].first_sequence, "49");
	ck_assert_ptr_null(page.shards[0].last_sequence);
	ck_key(page.shards[0].first_hash, "0");
	ck_key(page.shards[0].last_hash, MAX_TEXT);
	ck_assert_ptr_null(page.shards[1].parent);
	ck_assert_str_eq(page.shards[1].last_sequence, "2");
	ck_assert_int_eq(kin__list_shards_decode(&page, &arena, "{\"Shards\":[{}]}", 15, &reason),
	                 KIN_PROTOCOL);
	ck_assert_str_eq(reason.text, "answer of ListShards: nothing in ShardId");
	ck_assert_int_eq(kin__list_shards_decode(&page, &arena, "[]", 2, &reason), KIN_PROTOCOL);
	ck_assert_str_eq(reason.text, "answer of ListShards: an object is due");
	kin__arena_fini(&arena);
	damage(decode_shards, shards_answer);
	damage(decode_iterator, "{\"New\":{\"a\":1},\"ShardIterator\":\"AAAA\\u002f==\"}");
}
END_TEST

START_TEST(stream_summary_answer)
{
	struct kin__stream_summary summary;
	struct kin__reason reason = { "" };
	static const char unknown[] = SUMMARY(",\"StreamStatus\":\"SLEEPING\"");
	static const char bare[] = SUMMARY("");

	kin__arena_init(&arena);
	ck_assert_int_eq(kin__describe_stream_summary_decode(&summary, &arena, summary_answer,
	                                                     sizeof summary_answer - 1, &reason),
	                 KIN_OK);
	ck_assert_str_eq(summary.name, "orders");
	ck_assert_str_eq(summary.arn, ARN);
	ck_assert_int_eq(summary.status, KIN__STREAM_UPDATING);
	ck_assert_int_eq(summary.retention_ms, 48 * 3600000);
	ck_assert_int_eq(summary.created_ms, 1768480496789);
	ck_assert_uint_eq(summary.open_shards, 12);
	ck_assert_uint_eq(summary.record_bytes_max, 2097152);
	ck_assert(summary.on_demand);
	ck_assert_int_eq(
			kin__describe_stream_summary_decode(&summary, &arena, bare, sizeof bare - 1, &reason),
			KIN_OK);
	ck_assert_int_eq(summary.retention_ms, 24 * 3600000);
	ck_assert_uint_eq(summary.record_bytes_max, 0);
	ck_assert(!summary.on_demand);
	ck_assert_int_eq(kin__describe_stream_summary_decode(&summary, &arena, unknown, sizeof unknown - 1,
	                                                     &reason),
	                 KIN_PROTOCOL);
	ck_assert_str_eq(reason.text, "answer of DescribeStreamSummary: an unknown StreamStatus: SLEEPING");
	ck_assert_ptr_null(summary.name);
	kin__arena_fini(&arena);
	ck_assert_str_eq(kin__stream_status_name(KIN__STREAM_DELETING), "DELETING");
	ck_assert_str_eq(kin__stream_status_name((enum kin__stream_status)99), "UNKNOWN");
	damage(decode_summary, summary_answer);
}
END_TEST

/* Both answers into an arena: false, an allocation failed. */
static bool decode_all(void)
{
	struct kin__shard_page page;
	struct kin__stream_summary summary;
	bool done;

	kin__arena_init(&arena);
	done = kin__list_shards_decode(&page, &arena, shards_answer, sizeof shards_answer - 1, NULL) ==
	       KIN_OK;
	kin__arena_fini(&arena);
	done = kin__describe_stream_summary_decode(&summary, &arena, summary_answer,
	                                           sizeof summary_answer - 1, NULL) == KIN_OK &&
	       done;
	kin__arena_fini(&arena);
	return done;
}

/* More shards than a chunk holds: the array is the only allocation that is too large for what is there. */
START_TEST(list_shards_no_memory)
{
	static const char shard[] =
			"{\"ShardId\":\"s\",\"HashKeyRange\":{\"StartingHashKey\":\"0\",\"EndingHashKey\":"
			"\"9\"},\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"1\"}}";
	struct kin__shard_page page;
	struct kin__bytes out;
	uint64_t total;

	kin__bytes_init(&out);
	kin__bytes_text(&out, "{\"Shards\":[");
	for (int i = 0; i < 40; i++) {
		kin__bytes_text(&out, i ? "," : "");
		kin__bytes_text(&out, shard);
	}
	kin__bytes_text(&out, "]}");
	kin__arena_init(&arena);
	kin__mem_fail_at(0);
	ck_assert_int_eq(kin__list_shards_decode(&page, &arena, out.at, out.n, NULL), KIN_OK);
	ck_assert_uint_eq(page.n, 40);
	total = kin__mem_count();
	kin__arena_fini(&arena);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_int_ne(kin__list_shards_decode(&page, &arena, out.at, out.n, NULL), KIN_OK);
		ck_assert_uint_eq(page.n, 0);
		kin__arena_fini(&arena);
	}
	kin__mem_fail_at(0);
	kin__bytes_fini(&out);
}
END_TEST

START_TEST(answers_no_memory)
{
	fail_each(decode_all);
}
END_TEST

static void add_calls(TCase *tcase)
{
	tcase_add_test(tcase, requests);
	tcase_add_loop_test(tcase, answers_table, 0, COUNT(answers));
	tcase_add_test(tcase, list_shards_answer);
	tcase_add_test(tcase, stream_summary_answer);
	tcase_add_test(tcase, answers_no_memory);
	tcase_add_test(tcase, list_shards_no_memory);
}
#endif
