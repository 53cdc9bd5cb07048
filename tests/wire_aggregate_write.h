/* The part of check_wire.c about writing aggregated records.
 *
 * The first three vectors are those of other writers: two made with the npm package aws-kinesis-agg (Apache-2.0), whose
 * bytes are facts of the format, one by hand after the format's description. */
#ifndef KIN_TESTS_WIRE_AGGREGATE_WRITE_H
#define KIN_TESTS_WIRE_AGGREGATE_WRITE_H

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10
#define X10 "61616161616161616161"
#define X50 X10 X10 X10 X10 X10

struct written {
	const char *key, *hash_key;
	struct kin__span data;
};

static const struct {
	struct written records[5];
	const char *hex;
} aggregates[] = {
	{ { { "pk1", NULL, T("hello") },
	    { "pk2", NULL, T("world!") },
	    { "pk1", NULL, T("\x00\x01\x02\xff") } },
	  "f3899ac20a03706b310a03706b321a0908001a0568656c6c6f1a0a08011a06776f726c64211a0808001a04000102ff"
	  "7cbeb044463ffcb82b0340330dbc6d77" },
	{ { { "alpha", "0", T("{\"n\":1}") },
	    { "beta", "170141183460469231731687303715884105728", T("{\"n\":2}") },
	    { "alpha", NULL, T("{\"n\":3}") },
	    { "\xc3\xa9", "0", T(A50 A50 A50 A50) } },
	  "f3899ac20a05616c7068610a04626574610a02c3a912013012273137303134313138333436303436393233313733313638"
	  "373330333731353838343130353732381a0d080010001a077b226e223a317d1a0d080110011a077b226e223a327d1a0b08"
	  "001a077b226e223a337d1acf01080210001ac801" X50 X50 X50 X50 "78bc383a867e49dee968c8378a398974" },
	{ { { "alpha", NULL, T("x") }, { "alpha", NULL, T("y") } },
	  "f3899ac20a05616c7068611a0508001a01781a0508001a0179912228fc1f66c6bf62bbc52a98ca9a1d" },
	{ { { "a", NULL, T("x") } }, "f3899ac20a01611a0508001a0178274fa4a221609241966b02c7afbf4283" },
};

/* FNV-1a: the same for the same text; `narrow`: the same for all. */
static uint64_t id_of(const char *text, bool narrow)
{
	uint64_t id = UINT64_C(0xcbf29ce484222325);

	for (; *text && !narrow; text++)
		id = (id ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return id;
}

static int write_one(struct kin__aggregate_write *write, const struct written *record, bool narrow)
{
	struct kin__aggregate_part part = { .key = kin__span_text(record->key),
		                            .data = record->data,
		                            .key_id = id_of(record->key, narrow) };

	if (record->hash_key) {
		part.hash_key = kin__span_text(record->hash_key);
		part.hash_id = id_of(record->hash_key, narrow);
	}
	return kin__aggregate_write_add(write, &part);
}

static bool is_sealed(struct kin__span record)
{
	bool sealed;

	kin__aggregate_sealed(NULL, &record, 1, &sealed);
	return sealed;
}

/* What was written, with its MD5, behind what is there. */
static bool finish(const struct kin__aggregate_write *write, struct kin__bytes *out)
{
	size_t before = out->n, n;

	if (kin__aggregate_write_end(write, out) < 0)
		return false;
	n = out->n - before;
	kin__aggregate_write_seal(NULL, out->at + before, &n, 1);
	return true;
}

START_TEST(aggregate_writes_the_vectors)
{
	struct kin__aggregate_write write;
	struct kin__bytes out, hex;

	kin__bytes_init(&out);
	kin__bytes_init(&hex);
	kin__aggregate_write_init(&write);
	for (size_t i = 0; i < KIN__ARRAY_LEN(aggregates);
	     i++) { /* one after the other with the same writer */
		kin__aggregate_write_clear(&write);
		kin__bytes_clear(&out);
		kin__bytes_clear(&hex);
		for (const struct written *record = aggregates[i].records; record->key; record++)
			ck_assert_int_eq(write_one(&write, record, false), 0);
		ck_assert(finish(&write, &out));
		ck_assert_uint_eq(out.n, kin__aggregate_write_size(&write));
		kin__bytes_hex(&hex, out.at, out.n);
		ck_assert_str_eq(hex.at, aggregates[i].hex);
	}
	kin__aggregate_write_fini(&write);
	kin__bytes_fini(&out);
	kin__bytes_fini(&hex);
}
END_TEST

/* Where a length or an index needs one byte more. */
static const struct {
	uint64_t value, bytes;
} varints[] = { { 0, 1 },       { 127, 1 },     { 128, 2 },       { 16383, 2 },     { 16384, 3 },
	        { 2097151, 3 }, { 2097152, 4 }, { 268435455, 4 }, { 268435456, 5 }, { UINT64_MAX, 10 } };

START_TEST(aggregate_sizes)
{
	for (size_t i = 0; i < KIN__ARRAY_LEN(varints); i++)
		ck_assert_uint_eq(kin__aggregate_varint(varints[i].value), varints[i].bytes);
	ck_assert_uint_eq(kin__aggregate_field(5), 7);
	ck_assert_uint_eq(kin__aggregate_field(200), 203);
	ck_assert_uint_eq(kin__aggregate_record(0, KIN__IDS_NONE, 5), 11);
	ck_assert_uint_eq(kin__aggregate_record(2, 0, 200), 210);
	ck_assert_uint_eq(kin__aggregate_record(128, 128, 0), 10);
}
END_TEST

/* What the reader finds in what was written: each record as it was put in. */
static void check_read(struct kin__span record, const struct kin__aggregate_write *write)
{
	struct kin__aggregate aggregate;
	struct kin__aggregate_record found;
	size_t n = 0;

	kin__aggregate_init(&aggregate);
	ck_assert_int_eq(kin__aggregate_open(&aggregate, record), 1);
	ck_assert_uint_eq(aggregate.n, write->n);
	for (; kin__aggregate_next(&aggregate, &found); n++) {
		const struct kin__aggregate_entry *put = &write->records[n];

		check_same(found.data, put->bytes);
		check_same(aggregate.keys[found.key], write->keys.entry[put->key].bytes);
		ck_assert_int_eq(found.hash_key == KIN__AGGREGATE_NONE, put->hash == KIN__IDS_NONE);
		if (put->hash != KIN__IDS_NONE)
			check_same(aggregate.hash_keys[found.hash_key],
			           write->hash_keys.entry[put->hash].bytes);
	}
	ck_assert_uint_eq(n, write->n);
	kin__aggregate_fini(&aggregate);
}

/* Any records: the size that was foretold; with ids that are all the same too, when keys may stand there twice. */
START_TEST(aggregate_is_as_large_as_foretold)
{
	static char data[70000];
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__aggregate_write write;
	struct kin__bytes out;
	uint64_t size = KIN__AGGREGATE_WRITE_AROUND, n = kin__rng_between(&rng, 1, 600);
	bool narrow = _i % 5 == 4;
	char key[300][40], hash_key[300][40];

	kin__bytes_init(&out);
	kin__aggregate_write_init(&write);
	for (int i = 0; i < 300; i++) {
		snprintf(key[i], sizeof key[i], "key-%d%.*s", i, i % 20, "--------------------");
		snprintf(hash_key[i], sizeof hash_key[i], "%d%.*s", i + 1, i % 30,
		         "000000000000000000000000000000");
	}
	for (uint64_t i = 0; i < n; i++) {
		struct written record = { .key = key[kin__rng_below(&rng, 300)] };

		record.data = kin__span(
				data, (size_t)kin__rng_below(&rng, kin__rng_chance(&rng, 20) ? 70000 : 300));
		record.hash_key = kin__rng_chance(&rng, 300) ? hash_key[kin__rng_below(&rng, 300)] : NULL;
		size_t keys = write.keys.n, hash_keys = write.hash_keys.n;
		ck_assert_int_eq(write_one(&write, &record, narrow), 0);
		if (write.keys.n > keys)
			size += kin__aggregate_field(strlen(record.key));
		if (write.hash_keys.n > hash_keys)
			size += kin__aggregate_field(strlen(record.hash_key));
		size += kin__aggregate_record(write.records[i].key, write.records[i].hash, record.data.n);
		check_same(write.keys.entry[write.records[i].key].bytes, kin__span_text(record.key));
		if (record.hash_key)
			check_same(write.hash_keys.entry[write.records[i].hash].bytes,
			           kin__span_text(record.hash_key));
	}
	ck_assert(narrow || (write.keys.n <= 300 && write.hash_keys.n <= 300));
	ck_assert(finish(&write, &out));
	ck_assert_uint_eq(out.n, size);
	ck_assert_uint_eq(out.n, kin__aggregate_write_size(&write));
	ck_assert(is_sealed(kin__bytes_view(&out)));
	check_read(kin__bytes_view(&out), &write);
	kin__aggregate_write_fini(&write);
	kin__bytes_fini(&out);
}
END_TEST

/* Many one behind the other get their MD5s at once. */
START_TEST(aggregates_get_their_md5s_together)
{
	enum { MOST = 150 };
	struct kin__aggregate_write write;
	struct kin__bytes all, one;
	size_t bytes[MOST], from = 0;
	char data[MOST];

	memset(data, 'd', sizeof data);
	kin__bytes_init(&all);
	kin__bytes_init(&one);
	kin__aggregate_write_init(&write);
	for (size_t i = 0; i < MOST; i++) {
		struct written record = { .key = "key", .data = kin__span(data, i) };

		kin__aggregate_write_clear(&write);
		ck_assert_int_eq(write_one(&write, &record, false), 0);
		ck_assert_int_eq(kin__aggregate_write_end(&write, &all), 0);
		bytes[i] = (size_t)kin__aggregate_write_size(&write);
		ck_assert(finish(&write, &one));
	}
	kin__aggregate_write_seal(kin__md5_fastest(), all.at, bytes, MOST);
	check_same(kin__bytes_view(&all), kin__bytes_view(&one));
	for (size_t i = 0; i < MOST; from += bytes[i++])
		ck_assert_msg(is_sealed(kin__span(all.at + from, bytes[i])), "aggregate %zu", i);
	ck_assert_uint_eq(from, all.n);
	kin__aggregate_write_fini(&write);
	kin__bytes_fini(&all);
	kin__bytes_fini(&one);
}
END_TEST

static bool aggregate_scene(void)
{
	struct kin__aggregate_write write;
	struct kin__bytes out;
	bool fine = true;

	kin__bytes_init(&out);
	kin__aggregate_write_init(&write);
	for (const struct written *record = aggregates[1].records; record->key && fine; record++)
		fine = write_one(&write, record, false) == 0;
	fine = fine && finish(&write, &out);
	ck_assert(!fine || out.n == 334);
	kin__aggregate_write_fini(&write);
	kin__bytes_fini(&out);
	return fine;
}

START_TEST(aggregate_without_memory)
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(aggregate_scene());
	total = kin__mem_count();
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!aggregate_scene(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}
END_TEST

static void add_aggregate_write(TCase *tcase)
{
	tcase_add_test(tcase, aggregate_writes_the_vectors);
	tcase_add_test(tcase, aggregate_sizes);
	tcase_add_loop_test(tcase, aggregate_is_as_large_as_foretold, 0, 40);
	tcase_add_test(tcase, aggregate_without_memory);
	tcase_add_test(tcase, aggregates_get_their_md5s_together);
}
#endif
