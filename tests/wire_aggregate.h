/* The KPL aggregates' part of check_wire.c. */
#ifndef KIN_TESTS_WIRE_AGGREGATE_H
#define KIN_TESTS_WIRE_AGGREGATE_H

enum { AGGREGATE_TEXT = 2048 };

/* Bytes from hex digits; spaces and bars between them are for the reader. */
static size_t from_spaced_hex(const char *hex, char *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex++) {
		if (*hex == ' ' || *hex == '|')
			continue;
		ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
		out[n++] = (char)byte;
		hex++;
	}
	return n;
}

/* The message with its magic and its MD5. */
static size_t seal(const char *hex, char *out)
{
	struct kin__md5 digest;
	size_t n = from_spaced_hex(hex, out + 4);

	memcpy(out, KIN__AGGREGATE_MAGIC, 4);
	kin__md5_many(NULL, &(struct kin__span){ out + 4, n }, 1, &digest);
	memcpy(out + 4 + n, &digest, sizeof digest);
	return n + KIN__AGGREGATE_AROUND;
}

/* Each record as key:hash key:data;  or "plain". */
static void tell(const char *data, size_t n, struct kin__bytes *out)
{
	struct kin__aggregate aggregate;
	struct kin__aggregate_record record;
	char *copy = exact_copy(kin__span(data, n));
	size_t told = 0;

	kin__bytes_clear(out);
	kin__aggregate_init(&aggregate);
	if (!is_sealed(kin__span(copy, n)) || kin__aggregate_open(&aggregate, kin__span(copy, n)) != 1) {
		ck_assert_uint_eq(aggregate.n, 0);
		ck_assert(!kin__aggregate_next(&aggregate, &record));
		kin__bytes_text(out, "plain");
	}
	for (; kin__aggregate_next(&aggregate, &record); told++) {
		kin__bytes_span(out, aggregate.keys[record.key]);
		kin__bytes_char(out, ':');
		if (record.hash_key != KIN__AGGREGATE_NONE)
			kin__bytes_span(out, aggregate.hash_keys[record.hash_key]);
		kin__bytes_char(out, ':');
		kin__bytes_span(out, record.data);
		kin__bytes_char(out, ';');
	}
	ck_assert_uint_eq(told, aggregate.n);
	kin__aggregate_end_keys(&aggregate, copy);
	for (size_t i = 0; i < aggregate.keys_n && told > 0; i++)
		ck_assert_int_eq(aggregate.keys[i].at[aggregate.keys[i].n], 0);
	kin__aggregate_fini(&aggregate);
	free(copy);
}

#define VECTOR_A                                                                                             \
	"f3899ac20a03706b310a03706b321a0908001a0568656c6c6f1a0a08011a06776f726c64211a0808001a04"             \
	"000102ff7cbeb044463ffcb82b0340330dbc6d77"
#define A_200                                                                                                \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"                                                                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aa"
#define HEX_10 "61616161616161616161"
#define HEX_200                                                                                              \
	HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10    \
			HEX_10 HEX_10 HEX_10 HEX_10 HEX_10 HEX_10

/* Whole records.  A to C were made by the npm package aws-kinesis-agg, D in the form of the KPL. */
static const struct {
	const char *hex, *expect;
	size_t expect_n;
} aggregated[] = {
#define AGGREGATE(hex, expect)                                                                               \
	{                                                                                                    \
		hex, expect, sizeof(expect) - 1                                                              \
	}
	AGGREGATE(VECTOR_A, "pk1::hello;pk2::world!;pk1::\0\x01\x02\xff;"),
	AGGREGATE("f3899ac20a05616c7068610a04626574610a02c3a912013012273137303134313138333436303436393233"
	          "313733313638373330333731353838343130353732381a0d080010001a077b226e223a317d1a0d08011001"
	          "1a077b226e223a327d1a0b08001a077b226e223a337d1acf01080210001ac801" HEX_200
	          "78bc383a867e49dee968c8378a398974",
	          "alpha:0:{\"n\":1};beta:170141183460469231731687303715884105728:{\"n\":2};alpha::{\"n\":3};"
	          "\xc3\xa9:0:" A_200 ";"),
	AGGREGATE("f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf4283", "a::x;"),
	AGGREGATE("f3899ac20a05616c7068611a0508001a01781a0508001a0179912228fc1f66c6bf62bbc52a98ca9a1d",
	          "alpha::x;alpha::y;"),
	/* one bit of the data, of the magic, of the MD5 */
	AGGREGATE("f3899ac20a03706b310a03706b321a0908001a0568656c6c6e1a0a08011a06776f726c64211a0808001a0400"
	          "0102ff7cbeb044463ffcb82b0340330dbc6d77",
	          "plain"),
	AGGREGATE("f3899ac30a03706b310a03706b321a0908001a0568656c6c6f1a0a08011a06776f726c64211a0808001a0400"
	          "0102ff7cbeb044463ffcb82b0340330dbc6d77",
	          "plain"),
	AGGREGATE("f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf4282", "plain"),
	/* cut by a byte, or with one more */
	AGGREGATE("f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf42", "plain"),
	AGGREGATE("f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf428300", "plain"),
	/* the magic and 16 bytes; an empty message */
	AGGREGATE("f3899ac200000000000000000000000000000000", "plain"),
	AGGREGATE("f3899ac2d41d8cd98f00b204e9800998ecf8427e", "plain"),
	AGGREGATE("f3899ac2", "plain"),
	AGGREGATE("", "plain"),
};

START_TEST(aggregate_vectors)
{
	struct kin__bytes told;
	char data[AGGREGATE_TEXT];
	size_t n = from_spaced_hex(aggregated[_i].hex, data);

	kin__bytes_init(&told);
	tell(data, n, &told);
	check_same(kin__bytes_view(&told), kin__span(aggregated[_i].expect, aggregated[_i].expect_n));
	kin__bytes_fini(&told);
}
END_TEST

#define KEY_A "0a0161 "        /* key 0 is "a" */
#define ONE "1a05 0800 1a0178" /* key 0, "x" */
#define GROUPS_10 "23232323232323232323"
#define ENDS_10 "24242424242424242424"

/* Messages alone: what they lack to be records is put around them. */
static const struct {
	const char *hex, *expect;
} messages[] = {
	{ KEY_A ONE, "a::x;" },
	/* any order: tables behind the records, and between them */
	{ ONE KEY_A, "a::x;" },
	{ ONE "1a050801 1a0179" KEY_A "0a0162", "a::x;b::y;" },
	{ KEY_A "1207 31323334353637" ONE "1a0708001000 1a0179", "a::x;a:1234567:y;" },
	{ KEY_A "1a071000 0800 1a0179 120137", "a:7:y;" },
	{ KEY_A "1a071a01790800 1000 120137", "a:7:y;" },
	/* the last of a field that comes twice counts; a later string is another row of the table */
	{ KEY_A "0a0162 1a0a 0801 0800 1a0178 1a0179", "a::y;" },
	/* empty data, an empty key, a table nobody uses, an empty hash key */
	{ KEY_A "1a040800 1a00", "a::;" },
	{ "0a00" ONE, "::x;" },
	{ KEY_A "0a0162 120139" ONE, "a::x;" },
	{ KEY_A "1200 1a070800 1000 1a0178", "a::x;" },
	/* varints longer than they need be, to the tenth byte; bits above the 64th are dropped */
	{ KEY_A "1a06 088000 1a0178", "a::x;" },
	{ KEY_A "1a0e 0880808080808080808000 1a0178", "a::x;" },
	{ KEY_A "1a0e 088080808080808080807e 1a0178", "a::x;" },
	{ KEY_A "1a07 08 00 1a 818000 78", "a::x;" },
	{ "0a 818080808000 61" ONE, "a::x;" },
	{ "8a8000 01 61" ONE, "a::x;" },
	{ KEY_A "1a0f 088080808080808080808000 1a0178", "plain" },
	{ KEY_A "1a0f 08ffffffffffffffffffff01 1a0178", "plain" },
	/* fields nobody knows, of each wire type: 4 and above, and known numbers of another type */
	{ "2005 2901020304050607 08 3203616263 3501020304 " KEY_A ONE "f8ffffff0f00", "a::x;" },
	{ KEY_A "1a1c 0800 1a0178 2203616263 2a00 3001 3901020304050607 08 4501020304", "a::x;" },
	{ "08051005 1805 0d01020304" KEY_A ONE, "a::x;" },
	{ KEY_A "1a08 0800 1a0178 0a0162", "a::x;" },
	{ KEY_A "1a09 0800 1a0178 1801 1001 120137", "plain" }, /* cut: a length of 9 holds no more */
	/* groups: empty, filled, one in the other, as deep as 100; not deeper, not closed, closed by another, closed
	 * without having begun */
	{ "2324" KEY_A ONE, "a::x;" },
	{ "23 0805 1203616263 2b 2d01020304 2c 24" KEY_A ONE, "a::x;" },
	{ KEY_A "1a0a 0800 2305100724 1a0178", "plain" },
	{ KEY_A "1a0a 0800 23100724 1a0178 3001", "plain" },
	{ KEY_A "1a0b 0800 2310072b2c24 1a0178", "a::x;" },
	{ GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10
	                  ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10
	                                  KEY_A ONE,
	  "a::x;" },
	{ "23" GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10 GROUPS_10
	                  GROUPS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10 ENDS_10
	                                  ENDS_10 "24" KEY_A ONE,
	  "plain" },
	{ KEY_A ONE "23", "plain" },
	{ KEY_A ONE "232c", "plain" },
	{ KEY_A ONE "24", "plain" },
	/* an index past its table */
	{ KEY_A "1a050801 1a0178", "plain" },
	{ ONE, "plain" },
	{ KEY_A "1a070800 1000 1a0178", "plain" },
	{ KEY_A "120137 1a070800 1001 1a0178", "plain" },
	{ KEY_A "1a0e 08ffffffffffffffffff01 1a0178", "plain" },
	{ KEY_A "120137 1a10 0800 10ffffffffffffffffff01 1a0178", "plain" },
	{ KEY_A "1a09 088080808010 1a0178", "plain" }, /* 2^32: not 0 */
	/* a required field that is not there, or of another type */
	{ KEY_A "1a020800", "plain" },
	{ KEY_A "1a031a0178", "plain" },
	{ KEY_A "1a00", "plain" },
	{ KEY_A "1a050801 1a0178" ONE "1a020800", "plain" },
	{ KEY_A "1a0a 0d00000000 1a0178 1000", "plain" },
	{ KEY_A ONE "1a020800", "plain" },
	/* no record at all: who would be told of it? */
	{ KEY_A, "plain" },
	{ "0800", "plain" },
	/* lengths past the end, tags past their range or of no field, wire types 6 and 7 */
	{ KEY_A ONE "0a05", "plain" },
	{ KEY_A ONE "0affffffffffffffffff01", "plain" },
	{ KEY_A "1a06 0800 1a0278", "plain" },
	{ KEY_A ONE "80", "plain" },
	{ KEY_A ONE "20", "plain" },
	{ KEY_A ONE "35010203", "plain" },
	{ KEY_A ONE "3901020304050607", "plain" },
	{ KEY_A ONE "8080808010 00", "plain" },
	{ KEY_A ONE "0000", "plain" },
	{ KEY_A ONE "0500000000", "plain" },
	{ KEY_A ONE "26", "plain" },
	{ KEY_A ONE "27", "plain" },
	/* keys that are not UTF-8: they would not be what a record's key is said to be */
	{ "0a01ff" ONE, "plain" },
	{ KEY_A "1201ff" ONE, "plain" },
};

START_TEST(aggregate_messages)
{
	struct kin__bytes told;
	char data[AGGREGATE_TEXT];
	size_t n = seal(messages[_i].hex, data);

	kin__bytes_init(&told);
	tell(data, n, &told);
	check_same(kin__bytes_view(&told), kin__span_text(messages[_i].expect));
	kin__bytes_fini(&told);
}
END_TEST

/* An aggregate in an aggregate is data. */
START_TEST(aggregate_nested)
{
	struct kin__bytes told;
	char data[AGGREGATE_TEXT], inner[AGGREGATE_TEXT], expect[AGGREGATE_TEXT] = "a::";
	size_t n, inner_n = from_spaced_hex(VECTOR_A, inner);

	n = seal(KEY_A "1a43 0800 1a3f" VECTOR_A, data);
	memcpy(expect + 3, inner, inner_n);
	expect[3 + inner_n] = ';';
	kin__bytes_init(&told);
	tell(data, n, &told);
	check_same(kin__bytes_view(&told), kin__span(expect, inner_n + 4));
	kin__bytes_fini(&told);
}
END_TEST

/* One struct for one record after another: nothing of the one before is left. */
START_TEST(aggregate_again)
{
	struct kin__aggregate aggregate;
	struct kin__aggregate_record record;
	char data[AGGREGATE_TEXT];
	size_t n = seal(KEY_A "120137" ONE ONE, data);

	kin__aggregate_init(&aggregate);
	ck_assert_int_eq(kin__aggregate_open(&aggregate, kin__span(data, n)), 1);
	ck_assert_uint_eq(aggregate.n, 2);
	ck_assert(kin__aggregate_next(&aggregate, &record));
	n = seal(KEY_A "1a070800 1000 1a0178", data);
	ck_assert_int_eq(kin__aggregate_open(&aggregate, kin__span(data, n)), 0);
	ck_assert(!kin__aggregate_next(&aggregate, &record));
	n = seal(ONE, data);
	ck_assert_int_eq(kin__aggregate_open(&aggregate, kin__span(data, n)), 0);
	ck_assert_int_eq(kin__aggregate_open(&aggregate, kin__span("", 0)), 0);
	ck_assert_uint_eq(aggregate.n, 0);
	kin__aggregate_fini(&aggregate);
}
END_TEST

/* Each allocation fails in turn: then it says so, and takes nothing for a plain record. */
START_TEST(aggregate_no_memory)
{
	char data[AGGREGATE_TEXT];
	size_t n = seal(KEY_A "120137" ONE, data);
	int code = -1, tries;

	for (tries = 0; code < 0; tries++) {
		struct kin__aggregate aggregate;

		kin__aggregate_init(&aggregate);
		kin__mem_fail_at((uint64_t)tries + 1);
		code = kin__aggregate_open(&aggregate, kin__span(data, n));
		kin__mem_fail_at(0);
		ck_assert_uint_eq(aggregate.n, code == 1);
		kin__aggregate_fini(&aggregate);
	}
	ck_assert_int_eq(code, 1);
	ck_assert_int_eq(tries, 3); /* either table, then none */
}
END_TEST

/* What the writer makes of any records, the reader reads. */
START_TEST(aggregate_round_trip)
{
	enum { MOST = 400 };
	static struct kin__aggregate_part parts[MOST];
	static char data[3000];
	struct kin__rng rng = { (uint64_t)_i };
	size_t n = (size_t)kin__rng_between(&rng, 1, MOST), told = 0;
	struct kin__aggregate_write write;
	struct kin__aggregate aggregate;
	struct kin__aggregate_record record;
	struct kin__bytes out;
	char key[MOST][24];

	kin__bytes_init(&out);
	kin__aggregate_init(&aggregate);
	kin__aggregate_write_init(&write);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)kin__rng_next(&rng);
	for (size_t i = 0; i < MOST; i++)
		snprintf(key[i], sizeof key[i], "%zu", i * i * i);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = kin__rng_below(&rng, MOST), hash_at = kin__rng_below(&rng, MOST);

		parts[i] = (struct kin__aggregate_part){ .key = kin__span_text(key[at]), .key_id = at };
		parts[i].data = kin__span(data, (size_t)kin__rng_below(&rng, sizeof data));
		parts[i].hash_id = hash_at;
		if (kin__rng_chance(&rng, 300))
			parts[i].hash_key = kin__span_text(key[hash_at]);
		ck_assert_int_eq(kin__aggregate_write_add(&write, &parts[i]), 0);
	}
	ck_assert(finish(&write, &out));
	ck_assert(is_sealed(kin__bytes_view(&out)));
	ck_assert_int_eq(kin__aggregate_open(&aggregate, kin__bytes_view(&out)), 1);
	ck_assert_uint_eq(aggregate.n, n);
	for (; kin__aggregate_next(&aggregate, &record); told++) {
		check_same(aggregate.keys[record.key], parts[told].key);
		check_same(record.data, parts[told].data);
		ck_assert_int_eq(record.hash_key == KIN__AGGREGATE_NONE, parts[told].hash_key.at == NULL);
		if (record.hash_key != KIN__AGGREGATE_NONE)
			check_same(aggregate.hash_keys[record.hash_key], parts[told].hash_key);
	}
	ck_assert_uint_eq(told, n);
	kin__aggregate_write_fini(&write);
	kin__aggregate_fini(&aggregate);
	kin__bytes_fini(&out);
}
END_TEST

/* Many at once: each is judged by itself, those that are marked and those that are not. */
START_TEST(aggregates_sealed_together)
{
	enum { MOST = 150 };
	static char data[MOST][AGGREGATE_TEXT];
	struct kin__span records[MOST];
	bool sealed[MOST + 1];

	for (int i = 0; i < MOST; i++) {
		size_t n = seal(i % 2 ? KEY_A "120137" ONE ONE : KEY_A "120137" ONE, data[i]);

		records[i] = kin__span(data[i], n);
		if (i % 7 == 3)
			data[i][n - 1] ^= 1;
		if (i % 7 == 5)
			data[i][0] = 'x';
		if (i % 11 == 4)
			records[i] = kin__span(NULL, 0);
	}
	sealed[MOST] = true;
	kin__aggregate_sealed(kin__md5_fastest(), records, MOST, sealed);
	for (int i = 0; i < MOST; i++)
		ck_assert_msg(sealed[i] == (i % 7 != 3 && i % 7 != 5 && i % 11 != 4), "record %d", i);
	ck_assert(sealed[MOST]);
}
END_TEST

static void add_aggregate(TCase *tcase)
{
	tcase_add_test(tcase, aggregates_sealed_together);
	tcase_add_loop_test(tcase, aggregate_round_trip, 0, 40);
	tcase_add_loop_test(tcase, aggregate_vectors, 0, COUNT(aggregated));
	tcase_add_loop_test(tcase, aggregate_messages, 0, COUNT(messages));
	tcase_add_test(tcase, aggregate_nested);
	tcase_add_test(tcase, aggregate_again);
	tcase_add_test(tcase, aggregate_no_memory);
}
#endif
