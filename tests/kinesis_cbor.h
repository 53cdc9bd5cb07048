/* The CBOR forms of requests and answers, part of check_kinesis.c: each must say what the JSON form says. */
#ifndef KIN_TESTS_KINESIS_CBOR_H
#define KIN_TESTS_KINESIS_CBOR_H

/* --- JSON to CBOR as it stands: names twice, order, and all lengths up to a break, as streaming writers have them --- */

static bool stream_number(struct kin__jsonscan *scan, struct kin__bytes *out, bool time)
{
	struct kin__span number;
	char text[64];
	int64_t whole;

	if (!kin__jsonscan_number(scan, &number))
		return false;
	snprintf(text, sizeof text, "%.*s", (int)number.n, number.at);
	if (time && kin__time_from_epoch(number, &whole))
		kin__cbor_put_time_ms(out, whole);
	else if (kin__span_i64(number, &whole))
		kin__cbor_put_i64(out, whole);
	else
		kin__cbor_put_real(out, strtod(text, NULL));
	return true;
}

static bool stream_string(struct kin__jsonscan *scan, struct kin__bytes *out, bool data)
{
	struct kin__span text;

	if (data ? !kin__jsonscan_base64(scan, &text) : !kin__jsonscan_string(scan, &text))
		return false;
	if (data)
		kin__cbor_put_bytes(out, text);
	else
		kin__cbor_put_text(out, text);
	return true;
}

static bool stream_value(struct kin__jsonscan *scan, struct kin__bytes *out, struct kin__span name)
{
	bool map = false, yes = false;

	switch (kin__jsonscan_type(scan)) {
	case KIN__JSONSCAN_OBJECT:
		map = true; /* fall through */
	case KIN__JSONSCAN_ARRAY:
		kin__bytes_char(out, map ? '\xbf' : '\x9f');
		if (map ? kin__jsonscan_object(scan) : kin__jsonscan_array(scan))
			while (map ? kin__jsonscan_name(scan, &name) : kin__jsonscan_item(scan)) {
				if (map)
					kin__cbor_put_text(out, name);
				if (!stream_value(scan, out, name))
					return false;
			}
		kin__bytes_char(out, '\xff');
		return !scan->error;
	case KIN__JSONSCAN_STRING:
		return stream_string(scan, out, kin__span_is(name, "Data"));
	case KIN__JSONSCAN_NUMBER:
		return stream_number(scan, out, kin__span_is(name, "ApproximateArrivalTimestamp"));
	case KIN__JSONSCAN_BOOL:
		kin__jsonscan_bool(scan, &yes);
		kin__cbor_put_bool(out, yes);
		return true;
	case KIN__JSONSCAN_NULL:
		kin__cbor_put_null(out);
		return kin__jsonscan_null(scan);
	case KIN__JSONSCAN_NONE:
		break;
	}
	return false;
}

/* false: it has no such form. */
static bool stream(const char *json, struct kin__bytes *out)
{
	size_t n = strlen(json);
	char *copy = copy_of(json, n);
	struct kin__jsonscan scan;
	bool fine;

	kin__bytes_init(out);
	kin__jsonscan_init(&scan, copy, n);
	fine = stream_value(&scan, out, T("")) && kin__jsonscan_finish(&scan) &&
	       kin__cbor_is_map(kin__bytes_view(out));
	kin__mem_free(copy);
	return fine;
}

/* --- requests ---------------------------------------------------------------------------------- */

static void ck_form(struct kin__bytes *cbor, const char *json)
{
	struct kin__reason reason = { "" };
	struct kin__bytes text;

	kin__bytes_init(&text);
	ck_assert_str_eq(kin__form_type(kin__bytes_view(cbor)), "application/x-amz-cbor-1.1");
	ck_assert_msg(kin__form_to_json(&text, cbor->at, cbor->n, "", &reason) == KIN_OK, "%s", reason.text);
	ck_assert_str_eq(text.at, json);
	kin__bytes_fini(&text);
	kin__bytes_clear(cbor);
}

START_TEST(cbor_requests)
{
	struct kin__put_records put;
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__put_records_begin_cbor(&put, &out, T("orders"));
	kin__put_records_add(&put, T("k\"1\n"), NONE_SPAN, T("hello"));
	kin__put_records_add(&put, NONE_SPAN, T("17"), T(""));
	kin__put_records_end(&put);
	ck_assert_uint_eq(put.entries, 2);
	ck_assert_uint_eq(put.payload_bytes, 9);
	ck_form(&out, "{\"StreamName\":\"orders\",\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":"
	              "\"k\\\"1\\n\"},{\"Data\":\"\",\"ExplicitHashKey\":\"17\"}]}");
	kin__put_records_begin_cbor(&put, &out, T("arn:aws:kinesis:us-east-1:123456789012:stream/s"));
	kin__put_records_end(&put);
	ck_form(&out, "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/s\",\"Records\":[]}");
	kin__put_records_begin_cbor(&put, &out, NONE_SPAN); /* the stream comes behind */
	kin__put_records_add(&put, T("a"), NONE_SPAN, T("x"));
	kin__put_records_add(&put, T("b"), NONE_SPAN, T("y"));
	kin__put_records_end_list(&put);
	kin__cbor_put_name(&out, "StreamName");
	kin__cbor_put_text(&out, T("s"));
	kin__cbor_put_name(&out, "DryRun");
	kin__cbor_put_bool(&out, true);
	kin__cbor_put_break(&out);
	ck_form(&out, "{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"a\"},{\"Data\":\"eQ==\","
	              "\"PartitionKey\":\"b\"}],\"StreamName\":\"s\",\"DryRun\":true}");
	kin__get_records_encode_cbor(&out, T("AAA"), 0, NONE_SPAN);
	ck_form(&out, "{\"ShardIterator\":\"AAA\"}");
	kin__get_records_encode_cbor(&out, T("AAA"), 10000, T("arn:x"));
	ck_form(&out, "{\"ShardIterator\":\"AAA\",\"Limit\":10000,\"StreamARN\":\"arn:x\"}");
	kin__bytes_fini(&out);
}
END_TEST

/* Behind something that stands there already, as many as a request may have. */
START_TEST(cbor_requests_random)
{
	struct kin__rng rng = { 2000 + (uint64_t)_i };
	struct kin__bytes json, cbor;
	struct kin__put_records both[2];
	struct random_entry entry;

	kin__bytes_init(&json);
	kin__bytes_init(&cbor);
	kin__bytes_text(&cbor, "before");
	kin__put_records_begin(&both[0], &json, T("s"));
	kin__put_records_begin_cbor(&both[1], &cbor, T("s"));
	for (int i = _i == 0 ? 500 : (int)kin__rng_below(&rng, 60); i > 0; i--) {
		struct kin__span hash = kin__rng_chance(&rng, 100) ? T("12345678901234567890") : NONE_SPAN;

		draw_entry(&rng, &entry);
		for (int k = 0; k < 2; k++)
			kin__put_records_add(&both[k], kin__span(entry.key, entry.key_n), hash,
			                     kin__span(entry.data, entry.data_n));
	}
	kin__put_records_end(&both[0]);
	kin__put_records_end(&both[1]);
	ck_assert_mem_eq(cbor.at, "before", 6);
	memmove(cbor.at, cbor.at + 6, cbor.n - 6);
	cbor.n -= 6;
	ck_form(&cbor, json.at);
	kin__bytes_fini(&json);
	kin__bytes_fini(&cbor);
}
END_TEST

/* --- answers ------------------------------------------------------------------------------------- */

START_TEST(cbor_put_answers)
{
	const char *why = put_answers[_i].why;
	struct kin__put_result results[3];
	struct kin__reason reason = { "" };
	struct kin__bytes cbor;

	if (stream(put_answers[_i].answer, &cbor)) {
		int code = kin__put_records_decode(cbor.at, cbor.n, results, put_answers[_i].entries,
		                                   &reason);

		ck_assert_msg(code == (why ? KIN_PROTOCOL : KIN_OK), "%s: %s", put_answers[_i].answer,
		              reason.text);
		ck_assert(!why || strncmp(reason.text, "answer of PutRecords: ", 22) == 0);
	} else {
		ck_assert_ptr_nonnull(why); /* what is no JSON has no form in CBOR */
	}
	kin__bytes_fini(&cbor);
}
END_TEST

START_TEST(cbor_get_answers)
{
	const char *why = get_answers[_i].why;
	struct kin__reason reason = { "" };
	struct kin__get_page page;
	struct kin__bytes cbor;

	kin__get_page_init(&page);
	if (stream(get_answers[_i].answer, &cbor)) {
		int code = kin__get_records_decode(&page, cbor.at, cbor.n, "s", &reason);

		ck_assert_msg(code == (why ? KIN_PROTOCOL : KIN_OK), "%s: %s", get_answers[_i].answer,
		              reason.text);
		ck_assert(!why || strncmp(reason.text, "answer of GetRecords: ", 22) == 0);
		ck_assert_uint_eq(page.n, get_answers[_i].n);
		ck_assert_uint_eq(page.children_n, get_answers[_i].children_n);
		ck_assert_int_eq(page.behind_ms, get_answers[_i].behind_ms);
		if (page.n > 0)
			ck_assert_int_eq(page.records[0].arrival_ms, get_answers[_i].arrival_ms);
		ck_assert_str_eq(page.next_iterator ? page.next_iterator : "(none)",
		                 get_answers[_i].next ? get_answers[_i].next : "(none)");
	} else {
		ck_assert_ptr_nonnull(why);
	}
	kin__get_page_fini(&page);
	kin__bytes_fini(&cbor);
}
END_TEST

static int decode_get_cbor(char *answer, size_t n)
{
	if (n > 0 && !kin__cbor_is_map(kin__span(answer, n)))
		return KIN_PROTOCOL; /* damaged into JSON, or nothing */
	return decode_get(answer, n);
}

static void ck_same_page(struct kin__bytes *cbor)
{
	char *answer = copy_of(get_answer, sizeof get_answer - 1);
	struct kin__get_page one, other;
	struct kin__bytes rest[2];

	kin__get_page_init(&one);
	kin__get_page_init(&other);
	kin__bytes_init(&rest[0]);
	kin__bytes_init(&rest[1]);
	ck_assert_int_eq(kin__get_records_decode(&one, answer, sizeof get_answer - 1, "s", NULL), KIN_OK);
	ck_assert_int_eq(kin__get_records_decode(&other, cbor->at, cbor->n, "s", NULL), KIN_OK);
	ck_assert_uint_eq(one.n, other.n);
	for (size_t i = 0; i < one.n; i++) {
		const struct kin_record *a = &one.records[i], *b = &other.records[i];

		ck_assert(kin__span_same(kin__span(a->partition_key, a->partition_key_size),
		                         kin__span(b->partition_key, b->partition_key_size)));
		ck_assert(!a->partition_key == !b->partition_key);
		ck_assert_str_eq(a->sequence_number, b->sequence_number);
		ck_assert_uint_eq(a->sequence_number_size, b->sequence_number_size);
		ck_assert_uint_eq(a->data_size, b->data_size);
		ck_assert_mem_eq(a->data, b->data, a->data_size);
		ck_assert_int_eq(a->arrival_ms, b->arrival_ms);
	}
	kin__get_page_rest(&one, &rest[0]);
	kin__get_page_rest(&other, &rest[1]);
	ck_assert_str_eq(rest[0].at, rest[1].at);
	ck_assert_uint_eq(one.children_n, other.children_n);
	ck_assert_uint_eq(one.payload_bytes, other.payload_bytes);
	kin__bytes_fini(&rest[0]);
	kin__bytes_fini(&rest[1]);
	kin__get_page_fini(&one);
	kin__get_page_fini(&other);
	kin__mem_free(answer);
}

/* Lengths known, and up to a break; then damaged. */
START_TEST(cbor_get_answer)
{
	struct kin__bytes cbor;

	if (_i == 0)
		ck_assert(stream(get_answer, &cbor));
	else {
		kin__bytes_init(&cbor);
		ck_assert_int_eq(kin__form_to_cbor(&cbor, kin__span_text(get_answer), "", NULL), KIN_OK);
	}
	damage_n(decode_get_cbor, cbor.at, cbor.n);
	ck_same_page(&cbor);
	kin__bytes_fini(&cbor);
}
END_TEST

static int decode_put_cbor(char *answer, size_t n)
{
	return n > 0 && !kin__cbor_is_map(kin__span(answer, n)) ? KIN_PROTOCOL : decode_put(answer, n);
}

START_TEST(cbor_put_answer)
{
	struct kin__put_result results[3];
	struct kin__bytes cbor;

	ck_assert(stream(put_answer, &cbor));
	damage_n(decode_put_cbor, cbor.at, cbor.n);
	ck_assert_int_eq(kin__put_records_decode(cbor.at, cbor.n, results, 3, NULL), KIN_OK);
	ck_assert_str_eq(results[0].shard_id, "shardId-000000000000");
	ck_assert_str_eq(results[0].sequence_number, "495");
	ck_assert_ptr_null(results[0].error_code);
	ck_assert_str_eq(results[1].error_code, "ProvisionedThroughputExceededException");
	ck_assert_str_eq(results[1].error_message, "Rate exceeded");
	ck_assert_ptr_null(results[1].shard_id);
	ck_assert_ptr_null(results[2].error_code);
	ck_assert_str_eq(results[2].shard_id, "s-1");
	kin__bytes_fini(&cbor);
}
END_TEST

static void add_member(struct kin__bytes *out, const char *name, struct kin__span text, bool data)
{
	kin__cbor_put_name(out, name);
	if (data)
		kin__cbor_put_bytes(out, text);
	else
		kin__cbor_put_text(out, text);
}

/* As two emulators answer: base64 in a text; times without a tag, in milliseconds or in seconds. */
START_TEST(cbor_answers_of_others)
{
	static const char *const times[] = { "\x1b\x00\x00\x01\x9b\xc1\xa6\xdc\x95",
		                             "\xfb\x41\xda\x5a\x36\x1c\x32\x7e\xfa", "\x1a\x69\x68\xd8\xf0" };
	static const size_t sizes[] = { 9, 9, 5 };
	static const int64_t ms[] = { 1768480496789, 1768478832789, 1768478960000 };
	struct kin__get_page page;
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__get_page_init(&page);
	kin__cbor_put_map(&out, 1);
	kin__cbor_put_name(&out, "Records");
	kin__cbor_put_array(&out, 1);
	kin__cbor_put_map(&out, 3);
	add_member(&out, "SequenceNumber", T("7"), false);
	kin__cbor_put_name(&out, "ApproximateArrivalTimestamp");
	kin__bytes_add(&out, times[_i], sizes[_i]);
	add_member(&out, "Data", T("aGVsbG8="), false);
	ck_assert_int_eq(kin__get_records_decode(&page, out.at, out.n, "s", NULL), KIN_OK);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_uint_eq(page.records[0].data_size, 5);
	ck_assert_mem_eq(page.records[0].data, "hello", 5);
	ck_assert_msg(page.records[0].arrival_ms == ms[_i], "%lld", (long long)page.records[0].arrival_ms);
	kin__get_page_fini(&page);
	kin__bytes_fini(&out);
}
END_TEST

/* What is wrong, and at which byte. */
START_TEST(cbor_answers_refused)
{
	static const struct {
		const char *answer;
		size_t n;
		const char *why;
	} rows[] = {
#define ANSWER(bytes) bytes, sizeof(bytes) - 1
		{ ANSWER("\xa1\x67Records\x81\xa1\x64"
		         "Data\x61x"),
		  "Data that is a text, and no base64 (at byte 18)" },
		{ ANSWER("\xa1\x67Records\x81\xa0"), "a record without Data or SequenceNumber (at byte 11)" },
		{ ANSWER("\xa1\x67Records\x81\xa1\x64"
		         "Data\x5a\xff\xff\xff\xff"),
		  "a string longer than the data (at byte 16)" },
		{ ANSWER("\xa1\x67Records\x9f"), "the data ends where an item is due (at byte 10)" },
		{ ANSWER("\xa1\x67Records\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
		  "more items than the data can hold (at byte 9)" },
		{ ANSWER("\xa1\x6b"
		         "ChildShards\x81\xf0"),
		  "ChildShards that make no sense" },
	};
	char *answer = copy_of(rows[_i].answer, rows[_i].n);
	struct kin__reason reason = { "" };
	struct kin__get_page page;

	kin__get_page_init(&page);
	ck_assert_int_eq(kin__get_records_decode(&page, answer, rows[_i].n, "s", &reason), KIN_PROTOCOL);
	ck_assert_msg(strstr(reason.text, rows[_i].why) != NULL, "%s", reason.text);
	ck_assert_uint_eq(page.n, 0);
	kin__get_page_fini(&page);
	kin__mem_free(answer);
}
END_TEST

/* --- as they usually look: a path of its own, which must say what the general one says ------------------ */

enum { LENGTHS, BREAKS, TURNED, TAGGED, LAYOUTS };

/* The key last, where its record ends, or in the middle. */
static void add_record(struct kin__bytes *out, int layout, const struct random_entry *entry, int i)
{
	struct kin__span key = kin__span(entry->key, entry->key_n),
			 data = kin__span(entry->data, entry->data_n);

	if (layout == TAGGED) /* no usual path takes it */
		kin__bytes_add(out, "\xd9\xd9\xf7", 3);
	kin__bytes_char(out, layout == BREAKS ? '\xbf' : '\xa4');
	if (layout == TURNED)
		add_member(out, "PartitionKey", key, false);
	add_member(out, "SequenceNumber", T("49590338271490256608559692538361571095921575989136588898"),
	           false);
	kin__cbor_put_name(out, "ApproximateArrivalTimestamp");
	kin__cbor_put_time_ms(out, 1768480496789 + i);
	add_member(out, "Data", data, true);
	if (layout != TURNED)
		add_member(out, "PartitionKey", key, false);
	if (layout == BREAKS)
		kin__bytes_char(out, '\xff');
}

START_TEST(cbor_usual_records)
{
	enum { N = 30 };
	static struct random_entry entries[N];
	struct kin__rng rng = { 3000 + (uint64_t)_i };
	struct kin__get_page page;
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__get_page_init(&page);
	kin__cbor_put_map(&out, 2);
	kin__cbor_put_name(&out, "Records");
	kin__cbor_put_array(&out, N);
	for (int i = 0; i < N; i++) {
		draw_entry(&rng, &entries[i]);
		add_record(&out, _i, &entries[i], i);
	}
	add_member(&out, "NextShardIterator", T("AAA"), false);
	if (_i != TAGGED)
		damage_n(decode_get_cbor, out.at, out.n);
	ck_assert_int_eq(kin__get_records_decode(&page, out.at, out.n, "shard", NULL), KIN_OK);
	ck_assert_uint_eq(page.n, N);
	ck_assert_str_eq(page.next_iterator, "AAA");
	for (int i = 0; i < N; i++) {
		ck_record(&page.records[i], &entries[i]);
		ck_assert_int_eq(page.records[i].arrival_ms, 1768480496789 + i);
		ck_assert_str_eq(page.records[i].sequence_number,
		                 "49590338271490256608559692538361571095921575989136588898");
	}
	kin__get_page_fini(&page);
	kin__bytes_fini(&out);
}
END_TEST

#define STORED                                                                                               \
	"\x6eSequenceNumber\x61"                                                                             \
	"7\x67ShardId\x61s"
#define TURNED_ROUND                                                                                         \
	"\x67ShardId\x61s\x6eSequenceNumber\x61"                                                             \
	"7"

START_TEST(cbor_all_stored)
{
	static const struct {
		const char *answer;
		size_t n;
		bool all;
	} rows[] = {
		{ ANSWER("\xa2\x71"
		         "FailedRecordCount\x00\x67Records\x81\xa2" STORED),
		  true },
		{ ANSWER("\xbf\x71"
		         "FailedRecordCount\x00\x67Records\x9f\xbf" STORED "\xff\xff\xff"),
		  true },
		{ ANSWER("\xa3\x67Records\x82\xa2" TURNED_ROUND "\xa2" STORED "\x6e"
		         "EncryptionType\x64NONE\x71"
		         "FailedRecordCount\x00"),
		  true },
		{ ANSWER("\xbf\x67Records\x99\x00\x01\xbf" TURNED_ROUND "\xff\xff"), true },
		{ ANSWER("\xa2\x71"
		         "FailedRecordCount\x01\x67Records\x81\xa2" STORED),
		  false },
		{ ANSWER("\xa1\x67Records\x81\xa1\x69"
		         "ErrorCode\x61X"),
		  false },
		{ ANSWER("\xa1\x67Records\x81\xa2\x69"
		         "ErrorCode\x61X\x67ShardId\x61s"),
		  false },
		{ ANSWER("\xa1\x67Records\x81\xa2\x67ShardId\x61s\x67ShardId\x61s"), false },
		{ ANSWER("\xa1\x67Records\x82\xa2" STORED), false },
		{ ANSWER("\xa1\x67Records\x81\xa2" STORED "\x00"), false },
		{ ANSWER("\xbf\x67Records\x9f\xbf" STORED "\xff\xff"), false },
		{ ANSWER("\xa1\x67Records\x81\xa3" STORED "\x61x\x00"), false },
	};
	struct kin__put_result results[2];
	char *answer = copy_of(rows[_i].answer, rows[_i].n);
	size_t n = _i == 2 ? 2 : 1;

	ck_assert(kin__put_records_all_stored_cbor(answer, rows[_i].n) == rows[_i].all);
	for (size_t less = 0; rows[_i].all && less < rows[_i].n; less++) {
		char *part = copy_of(rows[_i].answer, less);

		ck_assert(!kin__put_records_all_stored_cbor(part, less));
		kin__mem_free(part);
	}
	if (rows[_i].all) { /* and the decoder finds the same */
		ck_assert_int_eq(kin__put_records_decode(answer, rows[_i].n, results, n, NULL), KIN_OK);
		for (size_t i = 0; i < n; i++) {
			ck_assert_str_eq(results[i].sequence_number, "7");
			ck_assert_str_eq(results[i].shard_id, "s");
			ck_assert_ptr_null(results[i].error_code);
		}
	}
	kin__mem_free(answer);
}
END_TEST

/* --- forms ------------------------------------------------------------------------------------------ */

/* What the table of operations calls data or a time, the table of forms does, too. */
START_TEST(cbor_members)
{
	for (int i = 0; i < KIN__OPERATIONS; i++) {
		const struct kin__operation_row *row = kin__operation_row((enum kin__operation)i);

		for (size_t m = 0; m < row->members_n; m++) {
			enum kin__cborjson_kind found = KIN__CBORJSON_PLAIN, wanted = KIN__CBORJSON_PLAIN;

			if (row->members[m].type == KIN__MEMBER_DATA)
				wanted = KIN__CBORJSON_BYTES;
			if (row->members[m].type == KIN__MEMBER_TIME)
				wanted = KIN__CBORJSON_TIME;
			for (const struct kin__cborjson_member *form = kin__form_members; form->path; form++)
				if (strcmp(form->path, row->members[m].name) == 0)
					found = form->kind;
			ck_assert_msg(found == wanted, "%s of %s", row->members[m].name, row->name);
		}
	}
}
END_TEST

/* The others' documents, both ways; a tag's value that looks like data is none. */
START_TEST(cbor_documents)
{
	static const char *const rows[] = {
		"{\"StreamName\":\"s\",\"ShardCount\":2,\"Tags\":{\"Data\":\"plain "
		"text\",\"Timestamp\":\"noon\"}}",
		"{\"ShardFilter\":{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1768480496.789}}",
		"{\"StreamDescriptionSummary\":{\"StreamName\":\"s\",\"StreamCreationTimestamp\":1768480496."
		"789,"
		"\"EnhancedMonitoring\":[{\"ShardLevelMetrics\":[]}],\"OpenShardCount\":4}}",
		"{\"ShardId\":\"x\",\"ShardIteratorType\":\"AT_TIMESTAMP\",\"Timestamp\":0.001}",
		"{\"StreamNames\":[\"a\"],\"HasMoreStreams\":false,\"StreamSummaries\":[{\"StreamName\":"
		"\"a\","
		"\"StreamCreationTimestamp\":1768480496.000}],\"NextToken\":null}",
		"{\"Records\":[{\"Data\":\"AAH/\",\"PartitionKey\":\"k\"}],\"StreamName\":\"s\"}",
		"{}",
	};
	struct kin__bytes cbor;

	kin__bytes_init(&cbor);
	ck_assert_str_eq(kin__form_type(kin__span_text(rows[_i])), "application/x-amz-json-1.1");
	ck_assert_int_eq(kin__form_to_cbor(&cbor, kin__span_text(rows[_i]), "", NULL), KIN_OK);
	ck_form(&cbor, rows[_i]);
	kin__bytes_fini(&cbor);
}
END_TEST

START_TEST(cbor_forms_refused)
{
	struct kin__reason reason = { "" };
	struct kin__bytes out;
	char data[] = "\xa1\x61"
		      "a\xf8";

	kin__bytes_init(&out);
	ck_assert_int_eq(kin__form_to_cbor(&out, T("[{\"Data\":7}]"), "Records", &reason), KIN_INVALID);
	ck_assert_str_eq(reason.text, "Records.Data: base64 is due");
	ck_assert_int_eq(kin__form_to_json(&out, data, 4, "", &reason), KIN_PROTOCOL);
	ck_assert_str_eq(reason.text, "a: the data ends within the head of an item (byte 3 of the CBOR)");
	kin__bytes_fini(&out);
}
END_TEST

static void add_cbor_tests(TCase *tcase)
{
	tcase_add_test(tcase, cbor_requests);
	tcase_add_loop_test(tcase, cbor_requests_random, 0, 20);
	tcase_add_loop_test(tcase, cbor_put_answers, 0, COUNT(put_answers));
	tcase_add_loop_test(tcase, cbor_get_answers, 0, COUNT(get_answers));
	tcase_add_loop_test(tcase, cbor_get_answer, 0, 2);
	tcase_add_test(tcase, cbor_put_answer);
	tcase_add_loop_test(tcase, cbor_answers_of_others, 0, 3);
	tcase_add_loop_test(tcase, cbor_answers_refused, 0, 6);
	tcase_add_loop_test(tcase, cbor_usual_records, 0, LAYOUTS);
	tcase_add_loop_test(tcase, cbor_all_stored, 0, 12);
	tcase_add_test(tcase, cbor_members);
	tcase_add_loop_test(tcase, cbor_documents, 0, 7);
	tcase_add_test(tcase, cbor_forms_refused);
}
#endif
