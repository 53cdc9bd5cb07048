/* An answer that is read while it comes in must be read as if it had come at once. */

/* As a server would send it: pieces of any size. */
static int read_in_pieces(struct kin__get_page *page, struct kin__bytes *body, const char *text, size_t n,
                          struct kin__rng *rng, size_t piece_max, struct kin__reason *reason)
{
	size_t room;

	kin__bytes_clear(body);
	ck_assert(kin__bytes_reserve(body, n));
	room = body->room;
	kin__get_page_clear(page);
	for (size_t at = 0, piece; at < n; at += piece) {
		piece = 1 + kin__rng_below(rng, piece_max);
		if (piece > n - at)
			piece = n - at;
		kin__bytes_add(body, text + at, piece);
		kin__get_early_read(page, body, "s");
		ck_assert(body->at[body->n] == 0);
	}
	ck_assert_uint_eq(body->room, room);
	return kin__get_records_decode(page, body->at, body->n, "s", reason);
}

/* Gives how many records were read early. */
static size_t check_in_pieces(const char *text, size_t n, struct kin__rng *rng, size_t piece_max)
{
	struct kin__get_page one, two;
	struct kin__reason why_one = { "" }, why_two = { "" };
	struct kin__bytes body;
	char *whole = copy_of(text, n);
	size_t early;
	int code;

	kin__bytes_init(&body);
	kin__get_page_init(&one);
	kin__get_page_init(&two);
	one.base64 = two.base64 = kin__base64_fastest();
	code = kin__get_records_decode(&one, whole, n, "s", &why_one);
	ck_assert_int_eq(read_in_pieces(&two, &body, text, n, rng, piece_max, &why_two), code);
	ck_assert_msg(strcmp(why_one.text, why_two.text) == 0, "'%s' in pieces, '%s' at once: %.*s",
	              why_two.text, why_one.text, (int)n, text);
	ck_assert_msg(one.n == two.n && one.payload_bytes == two.payload_bytes &&
	                              one.behind_ms == two.behind_ms && one.children_n == two.children_n,
	              "in pieces it is another answer: %.*s", (int)n, text);
	ck_assert(same_text(one.next_iterator, one.next_iterator ? strlen(one.next_iterator) : 0,
	                    two.next_iterator, two.next_iterator ? strlen(two.next_iterator) : 0));
	for (size_t i = 0; i < one.n; i++) {
		struct kin__span key =
				kin__span(two.records[i].partition_key, two.records[i].partition_key_size);

		check_same_record(&one.records[i], &two.records[i], text);
		ck_assert(!two.plain || kin__jsontext_plain(key)); /* a word that is trusted for sizes */
	}
	ck_assert(!one.plain);
	early = n - body.n;
	kin__get_page_fini(&one);
	kin__get_page_fini(&two);
	kin__bytes_fini(&body);
	kin__mem_free(whole);
	return early;
}

/* As a service writes them nearly always: all numbers as long as each other. */
static const char likely_get[] =
		"{\"Records\":[{\"SequenceNumber\":"
		"\"49590338271490256608559692538361571095921575989136588898\","
		"\"ApproximateArrivalTimestamp\":1616161616.161,\"Data\":\"aGVsbG8gd29ybGQ=\","
		"\"PartitionKey\":\"key-000001\"},"
		"{\"SequenceNumber\":\"49590338271490256608559692538361571095921575989136588899\","
		"\"ApproximateArrivalTimestamp\":1616161616.999,\"Data\":\"aGVsbG8gd29ybGRzIG9m\","
		"\"PartitionKey\":\"key-000002\"},"
		"{\"SequenceNumber\":\"49590338271490256608559692538361571095921575989136588900\","
		"\"ApproximateArrivalTimestamp\":9999999999.000,\"Data\":\"\",\"PartitionKey\":\"k\"}],"
		"\"NextShardIterator\":\"AAA\",\"MillisBehindLatest\":5}";

/* Damage of all kinds at all places, also where it was read before the rest came. */
static void check_damaged(const char *good, size_t n)
{
	enum { TRIES = 40 };
	struct kin__rng rng = { 9 };
	char *text = kin__mem_zalloc(n + 1);
	size_t early = 0;

	for (size_t i = 0; i < (TRIES + 1) * n; i++) {
		size_t left = spoil(text, good, n, i, kin__rng_next(&rng));

		memset(text + left, 0, n - left);
		early += check_in_pieces(text, left, &rng, i % 2 ? 7 : n) > 0;
	}
	ck_assert_uint_ge(early, 10 * n);
	kin__mem_free(text);
}

START_TEST(early_damaged)
{
	check_damaged(usual_get, sizeof usual_get - 1);
}
END_TEST

START_TEST(early_likely_damaged)
{
	check_damaged(likely_get, sizeof likely_get - 1);
}
END_TEST

/* The first record's number is so short that its Data would have room where the answer begins. */
START_TEST(early_short_damaged)
{
	static const char short_get[] =
			"{\"Records\":[{\"SequenceNumber\":\"7\",\"ApproximateArrivalTimestamp\":1.5,"
			"\"Data\":"
			"\"aGVs\",\"PartitionKey\":\"k\"},{\"SequenceNumber\":\"8\","
			"\"ApproximateArrivalTimestamp\":2.5,\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"k\"}],"
			"\"NextShardIterator\":\"AAA\",\"MillisBehindLatest\":5}";

	check_damaged(short_get, sizeof short_get - 1);
}
END_TEST

/* What is next to the digits, where each digit stands. */
START_TEST(early_likely_digits)
{
	static const char bytes[] = "/09:\xb0@p\x10";
	struct kin__rng rng = { 10 };
	char text[sizeof likely_get];

	for (size_t at = 0; at < sizeof likely_get - 1; at++)
		for (size_t i = 0; likely_get[at] >= '0' && likely_get[at] <= '9' && bytes[i]; i++) {
			memcpy(text, likely_get, sizeof text);
			text[at] = bytes[i];
			check_in_pieces(text, sizeof text - 1, &rng, sizeof text);
		}
}
END_TEST

static void add_random_record(struct kin__bytes *out, struct kin__rng *rng, bool unusual)
{
	static const char *const keys[] = { "k",      "",         "a-key-of-some-length",
		                            "}],[{",  "\xc3\xa9", "{\\\"},{\\\"",
		                            "\\u00e9" }; /* the last two are escaped */
	unsigned char data[3000];
	size_t n = kin__rng_chance(rng, 100) ? kin__rng_below(rng, sizeof data) : kin__rng_below(rng, 40);

	for (size_t i = 0; i < n; i++)
		data[i] = (unsigned char)kin__rng_next(rng);
	kin__bytes_format(out,
	                  kin__rng_chance(rng, 500) ? "{\"SequenceNumber\":\"4959%llu\",%"
	                                              "s\"ApproximateArrivalTimestamp\":"
	                                              "1616161616.%llu,"
	                                            : "{\"SequenceNumber\":\"4959%052llu\",%s"
	                                              "\"ApproximateArrivalTimestamp\":1616161616.%03llu,",
	                  (unsigned long long)kin__rng_next(rng), unusual ? " " : "",
	                  (unsigned long long)kin__rng_below(rng, 1000));
	kin__bytes_text(out, "\"Data\":");
	kin__jsontext_quote_base64(out, NULL, data, n);
	kin__bytes_format(out, ",\"PartitionKey\":\"%s\"}",
	                  keys[kin__rng_below(rng, COUNT(keys) - (unusual ? 0 : 2))]);
}

/* Many records; those behind one that does not stand as usual are read at the end. */
START_TEST(early_many)
{
	struct kin__rng rng = { 77 };
	struct kin__bytes text;
	size_t early = 0;

	kin__bytes_init(&text);
	for (int round = 0; round < 400; round++) {
		uint64_t n = kin__rng_below(&rng, 60);
		bool unusual = kin__rng_chance(&rng, 300);

		kin__bytes_clear(&text);
		kin__bytes_text(&text, "{\"Records\":[");
		for (uint64_t i = 0; i < n; i++) {
			kin__bytes_text(&text, i > 0 ? "," : "");
			add_random_record(&text, &rng, unusual && i + 5 > n);
		}
		kin__bytes_text(&text, "],\"NextShardIterator\":\"AAA\",\"MillisBehindLatest\":5}");
		early += check_in_pieces(text.at, text.n, &rng, round % 3 ? 500 : 20000) > 0;
	}
	ck_assert_uint_ge(early, 300);
	kin__bytes_fini(&text);
}
END_TEST

/* What is kept of an answer takes the room of its records: the rest moves up. */
START_TEST(early_room)
{
	struct kin__get_page page;
	struct kin__bytes body;
	struct kin__rng rng = { 3 };
	struct kin__reason reason;

	kin__get_page_init(&page);
	kin__bytes_init(&body);
	ck_assert_int_eq(read_in_pieces(&page, &body, usual_get, sizeof usual_get - 1, &rng, 30, &reason),
	                 KIN_OK);
	ck_assert_uint_eq(page.n, 2);
	ck_assert(page.plain);
	ck_assert_uint_lt(body.n, sizeof usual_get - 150);
	ck_assert_ptr_eq(page.records[0].sequence_number, body.at);
	ck_assert_ptr_eq(page.records[1].sequence_number,
	                 page.records[0].partition_key + page.records[0].partition_key_size + 1);
	kin__get_page_fini(&page);
	kin__bytes_fini(&body);
}
END_TEST

static void add_early(TCase *tcase)
{
	tcase_add_test(tcase, early_damaged);
	tcase_add_test(tcase, early_likely_damaged);
	tcase_add_test(tcase, early_likely_digits);
	tcase_add_test(tcase, early_short_damaged);
	tcase_add_test(tcase, early_many);
	tcase_add_test(tcase, early_room);
}
