/* The part of check_kinesis.c about requests and answers. */
#ifndef KIN_TESTS_KINESIS_CODECS_H
#define KIN_TESTS_KINESIS_CODECS_H

/* A copy of exactly that size, so that a sanitizer sees the first byte read too far. */
static char *copy_of(const char *text, size_t n)
{
	char *copy = kin__mem_alloc(n);

	if (n != 0)
		memcpy(copy, text, n);
	return copy;
}

typedef int decode_fn(char *answer, size_t n); /* KIN_OK, KIN_PROTOCOL; looks at all that came out */

/* No beginning of an answer passes, and no damage to it breaks anything. */
static void damage_n(decode_fn *decode, const char *sample, size_t n)
{
	struct kin__rng rng = { n };
	char *text = copy_of(sample, n);

	ck_assert_int_eq(decode(text, n), KIN_OK);
	kin__mem_free(text);
	for (size_t cut = 0; cut < n; cut++) {
		text = copy_of(sample, cut);
		ck_assert_int_eq(decode(text, cut), KIN_PROTOCOL);
		kin__mem_free(text);
	}
	for (int i = 0; i < 5000; i++) {
		static const char likely[] = "\"\\{}[]:,0e.-ntu\0\x80";

		text = copy_of(sample, n);
		for (uint64_t flips = 1 + kin__rng_below(&rng, 3); flips > 0; flips--)
			text[kin__rng_below(&rng, n)] =
					kin__rng_chance(&rng, 500)
							? likely[kin__rng_below(&rng, sizeof likely)]
							: (char)kin__rng_next(&rng);
		decode(text, n);
		kin__mem_free(text);
	}
}

static void damage(decode_fn *decode, const char *sample)
{
	damage_n(decode, sample, strlen(sample));
}

/* --- PutRecords -------------------------------------------------------------------------------- */

START_TEST(put_records_request)
{
	struct kin__put_records put;
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__put_records_begin(&put, &out, T("orders"));
	kin__put_records_add(&put, T("k\"1\n"), NONE_SPAN, T("hello"));
	kin__put_records_add(&put, NONE_SPAN, T("17"), T(""));
	kin__put_records_end(&put);
	ck_assert_uint_eq(put.entries, 2);
	ck_assert_uint_eq(put.payload_bytes, 9);
	ck_assert_str_eq(out.at,
	                 "{\"StreamName\":\"orders\",\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":"
	                 "\"k\\\"1\\n\"},{\"Data\":\"\",\"ExplicitHashKey\":\"17\"}]}");
	kin__bytes_clear(&out);
	kin__put_records_begin(&put, &out, T("arn:aws:kinesis:us-east-1:123456789012:stream/s"));
	kin__put_records_end(&put);
	ck_assert_str_eq(
			out.at,
			"{\"StreamARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/s\",\"Records\":[]}");
	kin__bytes_fini(&out);
}
END_TEST

struct random_entry {
	char key[12 * 4], data[300];
	size_t key_n, data_n;
};

/* Characters of one to four bytes, NUL and control characters among them. */
static void draw_entry(struct kin__rng *rng, struct random_entry *entry)
{
	static const char *const others[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		                              "\xef\xbf\xbf" };

	entry->key_n = 0;
	for (uint64_t n = 1 + kin__rng_below(rng, 12); n > 0; n--) {
		const char *other = others[kin__rng_below(rng, 4)];

		if (kin__rng_chance(rng, 700)) {
			entry->key[entry->key_n++] = (char)kin__rng_below(rng, 128);
		} else {
			memcpy(entry->key + entry->key_n, other, strlen(other));
			entry->key_n += strlen(other);
		}
	}
	entry->data_n = (size_t)kin__rng_below(rng, sizeof entry->data + 1);
	for (size_t i = 0; i < entry->data_n; i++)
		entry->data[i] = (char)kin__rng_next(rng);
}

/* The tree reader is of another make than the encoder. */
static void ck_request(struct kin__span request, const struct random_entry *entries, size_t n)
{
	char error[KIN__JSON_ERROR];
	struct kin__json *root;
	const struct kin__json *records;

	ck_assert_int_eq(kin__json_parse(request.at, request.n, &root, error), 0);
	records = kin__json_member(root, "Records");
	ck_assert_uint_eq(kin__json_count(records), n);
	for (size_t i = 0; i < n; i++) {
		struct kin__span key;

		ck_assert(kin__json_text(kin__json_member(kin__json_at(records, i), "PartitionKey"), &key));
		ck_assert(kin__span_same(key, kin__span(entries[i].key, entries[i].key_n)));
	}
	kin__json_free(root);
}

static void ck_record(const struct kin_record *record, const struct random_entry *entry)
{
	ck_assert(kin__span_same(kin__span(record->partition_key, record->partition_key_size),
	                         kin__span(entry->key, entry->key_n)));
	ck_assert_int_eq(record->partition_key[entry->key_n], 0);
	ck_assert(kin__span_same(kin__span(record->data, record->data_size),
	                         kin__span(entry->data, entry->data_n)));
}

/* What the encoders write is read back the same. */
START_TEST(round_trips)
{
	enum { N = 40 };
	static struct random_entry entries[N];
	struct kin__rng rng = { 1000 + (uint64_t)_i };
	struct kin__bytes request, answer;
	struct kin__put_records put;
	struct kin__get_page page;
	const char *entry;
	size_t before;

	kin__bytes_init(&request);
	kin__bytes_init(&answer);
	kin__put_records_begin(&put, &request, T("s"));
	for (int i = 0; i < N; i++) {
		struct kin__span key, data;

		draw_entry(&rng, &entries[i]);
		key = kin__span(entries[i].key, entries[i].key_n);
		data = kin__span(entries[i].data, entries[i].data_n);
		before = request.n; /* a record of an answer: an entry of a request and its number */
		kin__put_records_add(&put, key, NONE_SPAN, data);
		kin__bytes_text(&answer, i ? ",{\"SequenceNumber\":\"1\","
		                           : "{\"Records\":[{\"SequenceNumber\":\"1\",");
		entry = strchr(request.at + before, '{') + 1;
		kin__bytes_add(&answer, entry, (size_t)(request.at + request.n - entry));
	}
	kin__put_records_end(&put);
	kin__bytes_text(&answer, "]}");
	ck_request(kin__bytes_view(&request), entries, N);
	kin__get_page_init(&page);
	ck_assert_int_eq(kin__get_records_decode(&page, answer.at, answer.n, "shard", NULL), KIN_OK);
	ck_assert_uint_eq(page.n, N);
	ck_assert_uint_eq(page.payload_bytes, put.payload_bytes);
	for (int i = 0; i < N; i++)
		ck_record(&page.records[i], &entries[i]);
	kin__get_page_fini(&page);
	kin__bytes_fini(&request);
	kin__bytes_fini(&answer);
}
END_TEST

static const char put_answer[] = "{\"FailedRecordCount\":1,\"Unknown\":{\"a\":[1,{\"b\":null}]},\"Records\":["
				 "{\"SequenceNumber\":\"495\","
				 "\"ShardId\":\"shardId-000000000000\"},{\"ErrorMessage\":\"Rate "
				 "\\u0065xceeded\",\"New\":[],\"ErrorCode\":"
				 "\"ProvisionedThroughputExceededException\"},{\"ErrorCode\":null,"
				 "\"ErrorMessage\":null,\"ShardId\":\"s-1\","
				 "\"SequenceNumber\":\"7\"}],\"EncryptionType\":\"NONE\"}";

static int decode_put(char *answer, size_t n)
{
	struct kin__put_result results[3];
	struct kin__reason reason = { "" };
	int code = kin__put_records_decode(answer, n, results, 3, &reason);

	ck_assert_int_eq(code == KIN_OK, reason.text[0] == 0);
	for (int i = 0; code == KIN_OK && i < 3; i++)
		ck_assert(results[i].error_code ? strlen(results[i].error_code) > 0
		                                : results[i].shard_id && results[i].sequence_number);
	return code;
}

START_TEST(put_records_answer)
{
	char *answer = copy_of(put_answer, sizeof put_answer - 1);
	struct kin__put_result results[3];

	ck_assert_int_eq(kin__put_records_decode(answer, sizeof put_answer - 1, results, 3, NULL), KIN_OK);
	ck_assert_str_eq(results[0].shard_id, "shardId-000000000000");
	ck_assert_str_eq(results[0].sequence_number, "495");
	ck_assert_ptr_null(results[0].error_code);
	ck_assert_str_eq(results[1].error_code, "ProvisionedThroughputExceededException");
	ck_assert_str_eq(results[1].error_message, "Rate exceeded");
	ck_assert_ptr_null(results[1].shard_id);
	ck_assert_ptr_null(results[2].error_code);
	ck_assert_ptr_null(results[2].error_message);
	ck_assert_str_eq(results[2].shard_id, "s-1");
	kin__mem_free(answer);
	damage(decode_put, put_answer);
}
END_TEST

static const struct {
	const char *answer;
	size_t entries;
	const char *why; /* NULL: it passes */
} put_answers[] = {
	{ "{\"Records\":[]}", 0, NULL },
	{ "{\"Records\":null}", 0, NULL },
	{ "{}", 0, NULL },
	{ "{}", 1, "answer of PutRecords: fewer entries than were sent (at byte 2)" },
	{ "", 1, "answer of PutRecords: " },
	{ "[]", 1, "an object is due" },
	{ "{\"Records\":7}", 1, "an array is due" },
	{ "{\"Records\":[7]}", 1, "an object is due" },
	{ "{\"Records\":[{\"ErrorCode\":\"X\"},{\"ErrorCode\":\"X\"}]}", 1, "more entries than were sent" },
	{ "{\"Records\":[{\"ErrorCode\":\"X\"}]}", 2, "fewer entries than were sent" },
	{ "{\"Records\":[{\"ErrorCode\":\"X\",\"ShardId\":\"s\",\"SequenceNumber\":\"1\"}]}", 1, NULL },
	{ "{\"Records\":[{\"ErrorCode\":\"\",\"ShardId\":\"s\",\"SequenceNumber\":\"1\"}]}", 1, NULL },
	{ "{\"Records\":[{\"ShardId\":\"s\"}]}", 1, "neither ErrorCode nor ShardId and SequenceNumber" },
	{ "{\"Records\":[{\"SequenceNumber\":\"1\"}]}", 1, "neither ErrorCode" },
	{ "{\"Records\":[{}]}", 1, "neither ErrorCode" },
	{ "{\"Records\":[{\"ErrorCode\":5}]}", 1, "answer of PutRecords: " },
	{ "{\"Records\":[{\"ErrorCode\":\"X\"}]} x", 1, "behind the end" },
	{ "{\"Records\":[{\"ErrorCode\":\"X\"}],\"Records\":[{\"ErrorCode\":\"Y\"}]}", 1,
	  "two lists of Records" },
	{ "{\"Records\":[{\"ShardId\":\"s\",\"SequenceNumber\":\"\"}]}", 1, "neither ErrorCode" },
	{ "{\"Records\":[{\"ShardId\":\"\",\"SequenceNumber\":\"1\"}]}", 1, "neither ErrorCode" },
};

START_TEST(put_records_answers)
{
	size_t n = strlen(put_answers[_i].answer);
	char *answer = copy_of(put_answers[_i].answer, n);
	struct kin__put_result results[3];
	struct kin__reason reason = { "" };
	int code = kin__put_records_decode(answer, n, results, put_answers[_i].entries, &reason);

	ck_assert_int_eq(code, put_answers[_i].why ? KIN_PROTOCOL : KIN_OK);
	ck_assert_msg(strstr(reason.text, put_answers[_i].why ? put_answers[_i].why : "") != NULL, "%s",
	              reason.text);
	kin__mem_free(answer);
}
END_TEST

/* --- GetRecords --------------------------------------------------------------------------------- */

static const char get_answer[] =
		"{\"MillisBehindLatest\":1500.0,\"Records\":[{\"PartitionKey\":\"pk-"
		"\\u00e9\\ud83d\\ude00\\n\",\"Data\":"
		"\"aGVsbG8=\",\"SequenceNumber\":"
		"\"49590338271490256608559692538361571095921575989136588898\","
		"\"ApproximateArrivalTimestamp\":1768480496.789,\"EncryptionType\":\"NONE\"},{\"Extra\":{"
		"\"Data\":[1,2]},"
		"\"ApproximateArrivalTimestamp\":1.7E9,\"SequenceNumber\":\"2\",\"Data\":\"\","
		"\"PartitionKey\":null}],"
		"\"ChildShards\":[{\"ShardId\":\"c1\",\"ParentShards\":[\"p\"]},{\"ShardId\":\"c2\"}],"
		"\"NextShardIterator\":\"AAA\\/BBB==\"}";

static int decode_get(char *answer, size_t n)
{
	struct kin__get_page page;
	struct kin__reason reason = { "" };
	struct kin__bytes rest;
	uint64_t payload = 0;
	int code;

	kin__get_page_init(&page);
	kin__bytes_init(&rest);
	code = kin__get_records_decode(&page, answer, n, "shard", &reason);
	ck_assert_int_eq(code == KIN_OK, reason.text[0] == 0);
	for (size_t i = 0; i < page.n; i++) {
		const struct kin_record *record = &page.records[i];

		ck_assert_uint_eq(strlen(record->sequence_number), record->sequence_number_size);
		ck_assert(!record->partition_key || record->partition_key[record->partition_key_size] == 0);
		ck_assert((const char *)record->data >= answer &&
		          (const char *)record->data + record->data_size <= answer + n);
		payload += record->data_size + record->partition_key_size;
	}
	ck_assert_uint_eq(payload, page.payload_bytes);
	kin__get_page_rest(&page, &rest);
	ck_assert(!rest.failed);
	kin__bytes_fini(&rest);
	kin__get_page_fini(&page);
	return code;
}

START_TEST(get_records_answer)
{
	char *answer = copy_of(get_answer, sizeof get_answer - 1);
	struct kin__get_page page;
	struct kin__bytes rest;

	kin__get_page_init(&page);
	ck_assert_int_eq(page.behind_ms, -1);
	ck_assert_int_eq(kin__get_records_decode(&page, answer, sizeof get_answer - 1, "shardId-9", NULL),
	                 KIN_OK);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_str_eq(page.records[0].partition_key, "pk-\xc3\xa9\xf0\x9f\x98\x80\n");
	ck_assert_uint_eq(page.records[0].partition_key_size, 10);
	ck_assert_uint_eq(page.records[0].data_size, 5);
	ck_assert_mem_eq(page.records[0].data, "hello", 5);
	ck_assert_str_eq(page.records[0].sequence_number,
	                 "49590338271490256608559692538361571095921575989136588898");
	ck_assert_uint_eq(page.records[0].sequence_number_size, 56);
	ck_assert_int_eq(page.records[0].arrival_ms, 1768480496789);
	ck_assert_str_eq(page.records[0].shard_id, "shardId-9");
	ck_assert_uint_eq(page.records[0].sub_sequence, 0);
	ck_assert_ptr_null(page.records[1].partition_key);
	ck_assert_ptr_nonnull(page.records[1].data);
	ck_assert_uint_eq(page.records[1].data_size, 0);
	ck_assert_int_eq(page.records[1].arrival_ms, 1700000000000);
	ck_assert_int_eq(page.behind_ms, 1500);
	ck_assert_str_eq(page.next_iterator, "AAA/BBB==");
	ck_assert_uint_eq(page.children_n, 2);
	ck_assert_uint_eq(page.payload_bytes, 15);
	kin__bytes_init(&rest);
	kin__get_page_rest(&page, &rest);
	ck_assert_str_eq(rest.at,
	                 "{\"NextShardIterator\":\"AAA/BBB==\",\"MillisBehindLatest\":1500,\"ChildShards\":"
	                 "[{\"ShardId\":\"c1\",\"ParentShards\":[\"p\"]},{\"ShardId\":\"c2\"}]}");
	kin__bytes_fini(&rest);
	kin__get_page_fini(&page);
	kin__mem_free(answer);
	damage(decode_get, get_answer);
}
END_TEST

#define RECORD(members) "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"\"" members "}]}"

static const struct {
	const char *answer, *why; /* NULL: it passes */
	size_t n, children_n;
	int64_t behind_ms, arrival_ms;
	const char *next;
} get_answers[] = {
	{ "{}", "no Records", 0, 0, -1, 0, NULL }, /* else it would say that the shard has ended */
	{ " { \"Records\" : [ ] } ", NULL, 0, 0, -1, 0, NULL },
	{ "{\"Records\":[],\"NextShardIterator\":null,\"MillisBehindLatest\":null,\"ChildShards\":null}",
	  NULL, 0, 0, -1, 0, NULL },
	{ "{\"Records\":null,\"NextShardIterator\":\"x\"}", "an array is due", 0, 0, -1, 0, NULL },
	{ "{\"Records\":[],\"NextShardIterator\":\"x\",\"MillisBehindLatest\":0}", NULL, 0, 0, 0, 0, "x" },
	{ "{\"MillisBehindLatest\":1E3,\"ChildShards\":[],\"Records\":[]}", NULL, 0, 0, 1000, 0, NULL },
	{ "{\"MillisBehindLatest\":-7,\"Records\":[]}", NULL, 0, 0, -1, 0, NULL },
	{ "{\"MillisBehindLatest\":1.5}", "a whole number is due", 0, 0, -1, 0, NULL },
	{ "{\"MillisBehindLatest\":1e99}", "a whole number is due", 0, 0, -1, 0, NULL },
	{ "{\"MillisBehindLatest\":\"0\"}", "answer of GetRecords: ", 0, 0, -1, 0, NULL },
	{ "{\"Records\":[],\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"QQ==\"}],\"ChildShards\":[{}],"
	  "\"ChildShards\":null}",
	  "two lists of Records", 0, 0, -1, 0, NULL },
	{ "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"QQ==\"}],\"Records\":[]}",
	  "two lists of Records", 0, 0, -1, 0, NULL },
	{ "{\"ChildShards\":{}}", "ChildShards that are no array", 0, 0, -1, 0, NULL },
	{ "{\"NextShardIterator\":\"\"}", "NextShardIterator", 0, 0, -1, 0, NULL },
	{ "{\"NextShardIterator\":5}", "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ "", "answer of GetRecords: ", 0, 0, -1, 0, NULL },
	{ "<html>", "an object is due", 0, 0, -1, 0, NULL },
	{ "{\"Records\":{}}", "an array is due", 0, 0, -1, 0, NULL },
	{ "{\"Records\":[[]]}", "an object is due", 0, 0, -1, 0, NULL },
	{ RECORD(""), NULL, 1, 0, -1, 0, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":null"), NULL, 1, 0, -1, 0, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":1768480496"), NULL, 1, 0, -1, 1768480496000, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":1.768480496789E9"), NULL, 1, 0, -1, 1768480496789, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":253402300799.999"), NULL, 1, 0, -1, 253402300799999,
	  NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":253402300800"), "outside 1970 to 9999", 0, 0, -1, 0,
	  NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":-1"), "outside 1970 to 9999", 0, 0, -1, 0, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":1e300"), "outside 1970 to 9999", 0, 0, -1, 0, NULL },
	{ RECORD(",\"ApproximateArrivalTimestamp\":\"1\""), "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ RECORD(",\"Data\":null"), NULL, 1, 0, -1, 0, NULL },
	{ RECORD(",\"Data\":5"), "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ RECORD(",\"Data\":\"Q\""), "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ RECORD(",\"PartitionKey\":5"), "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ RECORD(",\"SequenceNumber\":\"12x\""), "no decimal number", 0, 0, -1, 0, NULL },
	{ RECORD(",\"SequenceNumber\":\"1/2\""), "no decimal number", 0, 0, -1, 0, NULL },
	{ RECORD(",\"SequenceNumber\":\"\""), "no decimal number", 0, 0, -1, 0, NULL },
	{ RECORD(",\"SequenceNumber\":null"), "without Data or SequenceNumber", 0, 0, -1, 0, NULL },
	{ RECORD(",\"SequenceNumber\":12"), "answer of GetRecords", 0, 0, -1, 0, NULL },
	{ "{\"Records\":[{\"SequenceNumber\":\"1\"}]}", "without Data or SequenceNumber", 0, 0, -1, 0, NULL },
};

START_TEST(get_records_answers)
{
	size_t n = strlen(get_answers[_i].answer);
	char *answer = copy_of(get_answers[_i].answer, n);
	struct kin__reason reason = { "" };
	struct kin__get_page page;
	int code;

	kin__get_page_init(&page);
	code = kin__get_records_decode(&page, answer, n, "s", &reason);
	ck_assert_msg(code == (get_answers[_i].why ? KIN_PROTOCOL : KIN_OK), "%s: %s", get_answers[_i].answer,
	              reason.text);
	ck_assert_msg(strstr(reason.text, get_answers[_i].why ? get_answers[_i].why : "") != NULL, "%s",
	              reason.text);
	ck_assert_uint_eq(page.n, get_answers[_i].n);
	ck_assert_uint_eq(page.children_n, get_answers[_i].children_n);
	ck_assert_uint_eq(page.payload_bytes, page.n > 0 ? page.records[0].data_size : 0);
	ck_assert_int_eq(page.behind_ms, get_answers[_i].behind_ms);
	if (page.n > 0)
		ck_assert_int_eq(page.records[0].arrival_ms, get_answers[_i].arrival_ms);
	if (get_answers[_i].next)
		ck_assert_str_eq(page.next_iterator, get_answers[_i].next);
	else
		ck_assert_ptr_null(page.next_iterator);
	kin__get_page_fini(&page);
	kin__mem_free(answer);
}
END_TEST

/* Texts of the longest size that passes, and one more. */
START_TEST(get_records_long_texts)
{
	struct kin__get_page page;

	kin__get_page_init(&page);
	for (size_t extra = 0; extra < 2; extra++) {
		struct kin__bytes out;
		char digits[KIN__ITERATOR_TEXT + 1];

		memset(digits, '7', sizeof digits);
		kin__bytes_init(&out);
		kin__bytes_text(&out, "{\"Records\":[{\"Data\":\"\",\"SequenceNumber\":\"");
		kin__bytes_add(&out, digits, KIN__SEQUENCE_TEXT - 1 + extra);
		kin__bytes_text(&out, "\"}]}");
		ck_assert_int_eq(kin__get_records_decode(&page, out.at, out.n, "s", NULL),
		                 extra ? KIN_PROTOCOL : KIN_OK);
		kin__bytes_clear(&out);
		kin__bytes_text(&out, "{\"Records\":[],\"NextShardIterator\":\"");
		kin__bytes_add(&out, digits, KIN__ITERATOR_TEXT - 1 + extra);
		kin__bytes_text(&out, "\"}");
		ck_assert_int_eq(kin__get_records_decode(&page, out.at, out.n, "s", NULL),
		                 extra ? KIN_PROTOCOL : KIN_OK);
		kin__bytes_fini(&out);
	}
	kin__get_page_fini(&page);
}
END_TEST

/* A page is used again without a new array, and forgets what was. */
START_TEST(get_records_reuse)
{
	struct kin__get_page page;
	const struct kin_record *array;
	char *answer = copy_of(get_answer, sizeof get_answer - 1), empty[] = "{\"Records\":[]}";

	kin__get_page_init(&page);
	ck_assert_int_eq(kin__get_records_decode(&page, answer, sizeof get_answer - 1, "s", NULL), KIN_OK);
	array = page.records;
	ck_assert_int_eq(kin__get_records_decode(&page, empty, sizeof empty - 1, "s", NULL), KIN_OK);
	ck_assert_uint_eq(page.n, 0);
	ck_assert_ptr_null(page.next_iterator);
	ck_assert_ptr_null(page.children.at);
	ck_assert_uint_eq(page.payload_bytes, 0);
	ck_assert_ptr_eq(page.records, array);
	kin__get_page_fini(&page);
	ck_assert_ptr_null(page.records);
	kin__mem_free(answer);
}
END_TEST

START_TEST(get_records_no_memory)
{
	struct kin__get_page page;
	struct kin__reason reason = { "" };
	char *answer = copy_of(get_answer, sizeof get_answer - 1);

	kin__get_page_init(&page);
	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__get_records_decode(&page, answer, sizeof get_answer - 1, "s", &reason),
	                 KIN_NOMEM);
	kin__mem_fail_at(0);
	ck_assert_uint_eq(page.n, 0);
	ck_assert(strstr(reason.text, "out of memory") != NULL);
	kin__get_page_fini(&page);
	kin__mem_free(answer);
}
END_TEST

#include "kinesis_calls.h"
#include "kinesis_usual.h"
#include "kinesis_early.h"

static void add_codecs(TCase *tcase)
{
	tcase_add_test(tcase, put_records_request);
	tcase_add_loop_test(tcase, round_trips, 0, 20);
	tcase_add_test(tcase, put_records_answer);
	tcase_add_loop_test(tcase, put_records_answers, 0, COUNT(put_answers));
	tcase_add_test(tcase, get_records_answer);
	tcase_add_loop_test(tcase, get_records_answers, 0, COUNT(get_answers));
	tcase_add_test(tcase, get_records_long_texts);
	tcase_add_test(tcase, get_records_reuse);
	tcase_add_test(tcase, get_records_no_memory);
	add_usual(tcase);
	add_early(tcase);
	add_calls(tcase);
}
#endif
