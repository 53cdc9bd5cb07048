/* Answers as the service usually writes them have a path of their own: it must say what the general one says. */

static const char usual_get[] =
		"{\"Records\":[{\"SequenceNumber\":"
		"\"49590338271490256608559692538361571095921575989136588898\","
		"\"ApproximateArrivalTimestamp\":1616161616.161,\"Data\":\"aGVsbG8gd29ybGQ=\","
		"\"PartitionKey\":\"key-000001\"},{\"SequenceNumber\":\"7\",\"ApproximateArrivalTimestamp\":"
		"1616161617.5,\"Data\":\"\",\"PartitionKey\":\"k\"}],\"NextShardIterator\":\"AAA\","
		"\"MillisBehindLatest\":5}";
static const char usual_put[] = "{\"FailedRecordCount\":0,\"Records\":[{\"SequenceNumber\":"
				"\"49590338271490256608559692538361571095921575989136588898\",\"ShardId\":"
				"\"shardId-000000000000\"},"
				"{\"SequenceNumber\":\"12\",\"ShardId\":\"shardId-000000000001\"}]}";

/* The same with a blank where the usual path wants none: only the general one takes it. */
static char *spread(const char *text, size_t n, size_t *out_n)
{
	struct kin__bytes out;
	bool inside = false; /* a string: a blank more there would be another string */

	kin__bytes_init(&out);
	for (size_t i = 0; i < n; i++) {
		kin__bytes_char(&out, text[i]);
		if (inside && text[i] == '\\' && i + 1 < n)
			kin__bytes_char(&out, text[++i]);
		else if (text[i] == '"')
			inside = !inside;
		else if (!inside && (text[i] == '{' || text[i] == ','))
			kin__bytes_char(&out, ' ');
	}
	return kin__bytes_take(&out, out_n);
}

/* One byte of the text at a time becomes another: the service's text, and much that is nearly it. */
static size_t spoil(char *text, const char *good, size_t n, size_t i, uint64_t number)
{
	static const char bytes[] = "\"\\{},:0a9 .-=+/\n\x01\x7f\xe9";
	size_t at = i % n;

	memcpy(text, good, n);
	if (i >= n)
		text[at] = bytes[number % (sizeof bytes - 1)];
	if (i >= n && number % 7 == 0) /* and sometimes it is cut off */
		return at;
	return n;
}

static bool same_text(const char *a, size_t a_n, const char *b, size_t b_n)
{
	return (!a && !b) || (a && b && kin__span_same(kin__span(a, a_n), kin__span(b, b_n)));
}

static void check_same_record(const struct kin_record *a, const struct kin_record *b, const char *text)
{
	ck_assert_msg(same_text(a->partition_key, a->partition_key_size, b->partition_key,
	                        b->partition_key_size) &&
	                              same_text(a->sequence_number, a->sequence_number_size,
	                                        b->sequence_number, b->sequence_number_size) &&
	                              same_text(a->data, a->data_size, b->data, b->data_size) &&
	                              a->arrival_ms == b->arrival_ms,
	              "the two paths read another record in %s", text);
	ck_assert(!a->partition_key || a->partition_key[a->partition_key_size] == 0);
	ck_assert_uint_eq(strlen(a->sequence_number), a->sequence_number_size);
}

START_TEST(usual_records)
{
	enum { N = sizeof usual_get - 1, TRIES = 40 };
	struct kin__rng rng = { 5 };
	size_t fine = 0;

	for (size_t i = 0; i < (TRIES + 1) * N; i++) {
		char text[N + 1] = { 0 };
		size_t n = spoil(text, usual_get, N, i, kin__rng_next(&rng)), spread_n;
		char *usual = copy_of(text, n), *general = spread(text, n, &spread_n);
		struct kin__get_page one, two;
		int code;

		kin__get_page_init(&one);
		kin__get_page_init(&two);
		one.base64 = kin__base64_fastest();
		code = kin__get_records_decode(&one, usual, n, "s", NULL);
		ck_assert_msg(kin__get_records_decode(&two, general, spread_n, "s", NULL) == code &&
		                              one.n == two.n && one.payload_bytes == two.payload_bytes &&
		                              one.behind_ms == two.behind_ms,
		              "the two paths differ (%d) on %.*s", code, (int)n, text);
		for (size_t k = 0; k < one.n; k++)
			check_same_record(&one.records[k], &two.records[k], text);
		fine += one.n == 2;
		kin__get_page_fini(&one);
		kin__get_page_fini(&two);
		kin__mem_free(usual);
		kin__mem_free(general);
	}
	ck_assert_uint_ge(fine, 2 * N); /* the undamaged ones, and where a byte of a text became another */
}
END_TEST

START_TEST(usual_results)
{
	enum { N = sizeof usual_put - 1, TRIES = 40 };
	struct kin__rng rng = { 6 };
	size_t stored = 0;

	for (size_t i = 0; i < (TRIES + 1) * N; i++) {
		char text[N + 1] = { 0 };
		size_t n = spoil(text, usual_put, N, i, kin__rng_next(&rng)), spread_n;
		char *usual = copy_of(text, n), *general = spread(text, n, &spread_n);
		struct kin__put_result one[2] = { { NULL } }, two[2] = { { NULL } };
		bool all = kin__put_records_all_stored(usual, n);
		int code = kin__put_records_decode(usual, n, one, 2, NULL);

		ck_assert_msg(kin__put_records_decode(general, spread_n, two, 2, NULL) == code,
		              "the two paths differ (%d) on %.*s", code, (int)n, text);
		for (size_t k = 0; code == KIN_OK && k < 2; k++) {
			ck_assert_pstr_eq(one[k].sequence_number, two[k].sequence_number);
			ck_assert_pstr_eq(one[k].shard_id, two[k].shard_id);
			ck_assert_pstr_eq(one[k].error_code, two[k].error_code);
		}
		ck_assert_msg(!all || (code == KIN_OK && !one[0].error_code && !one[1].error_code),
		              "not all is stored, says the general path (%d), in %.*s", code, (int)n, text);
		stored += all;
		kin__mem_free(usual);
		kin__mem_free(general);
	}
	ck_assert_uint_ge(stored, 2 * N);
}
END_TEST

/* Keys that need escapes and keys that do not, with and without a hash key: one text, however it was written. */
START_TEST(usual_entries)
{
	static const struct {
		const char *key, *text;
	} keys[] = { { "k", "k" },
		     { "0123456789abcdef", "0123456789abcdef" },
		     { "01234567\"", "01234567\\\"" },
		     { "0123456\\", "0123456\\\\" },
		     { "tab\there", "tab\\there" },
		     { "\xc3\xa9", "\xc3\xa9" } };
	struct kin__put_records put;
	struct kin__bytes out, expect;

	kin__bytes_init(&out);
	kin__bytes_init(&expect);
	kin__put_records_begin(&put, &out, kin__span(NULL, 0));
	put.base64 = kin__base64_fastest();
	kin__bytes_text(&expect, "{\"Records\":[");
	for (size_t i = 0; i < COUNT(keys); i++) {
		kin__put_records_add(&put, kin__span_text(keys[i].key), kin__span(NULL, 0), T("hello"));
		kin__bytes_format(&expect, "%s{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"%s\"}", i ? "," : "",
		                  keys[i].text);
		ck_assert_uint_eq(put.entries, i + 1);
	}
	kin__put_records_end(&put);
	kin__bytes_text(&expect, "]}");
	ck_assert_msg(kin__span_same(kin__bytes_view(&out), kin__bytes_view(&expect)), "'%s', not '%s'",
	              out.at, expect.at);
	kin__bytes_fini(&out);
	kin__bytes_fini(&expect);
}
END_TEST

static void add_usual(TCase *tcase)
{
	tcase_add_test(tcase, usual_records);
	tcase_add_test(tcase, usual_results);
	tcase_add_test(tcase, usual_entries);
}
