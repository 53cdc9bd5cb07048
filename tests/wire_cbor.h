/* The CBOR part of check_wire.c: what is read, what is refused, and that reading, skipping and writing agree. */
#ifndef KIN_TESTS_WIRE_CBOR_H
#define KIN_TESTS_WIRE_CBOR_H

static size_t from_hex(const char *hex, char *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (char)byte;
	}
	return n;
}

static void print_number(struct kin__cbor *cbor, struct kin__bytes *out, const char *mark)
{
	double real;
	struct kin__cbor again = *cbor;
	int64_t whole;

	if (!*mark && kin__cbor_i64(&again, &whole)) {
		kin__bytes_i64(out, whole);
		*cbor = again;
	} else if (kin__cbor_real(cbor, &real)) {
		kin__bytes_format(out, "%.17g%s", real, mark);
	}
}

static void print_item(struct kin__cbor *cbor, struct kin__bytes *out);

static void print_level(struct kin__cbor *cbor, struct kin__bytes *out, bool map)
{
	struct kin__span name;

	kin__bytes_char(out, map ? '{' : '[');
	if (map ? !kin__cbor_map(cbor) : !kin__cbor_array(cbor))
		return;
	while (map ? kin__cbor_name(cbor, &name) : kin__cbor_item(cbor)) {
		if (map) {
			kin__bytes_span(out, name);
			kin__bytes_char(out, ':');
		}
		print_item(cbor, out);
		kin__bytes_char(out, ',');
	}
	kin__bytes_char(out, map ? '}' : ']');
}

static void print_string(struct kin__cbor *cbor, struct kin__bytes *out, bool text)
{
	struct kin__span span;

	if (text ? !kin__cbor_text(cbor, &span) : !kin__cbor_bytes(cbor, &span))
		return;
	kin__bytes_text(out, text ? "'" : "h'");
	if (text)
		kin__bytes_span(out, span);
	else
		kin__bytes_hex(out, span.at, span.n);
	kin__bytes_char(out, '\'');
}

/* Any item through the pull functions, in a notation like that of RFC 8949, section 8. */
static void print_item(struct kin__cbor *cbor, struct kin__bytes *out)
{
	enum kin__cbor_type type = kin__cbor_type(cbor);
	bool tagged = type != KIN__CBOR_NONE && cbor->tag != KIN__CBOR_NO_TAG, yes = false;

	if (tagged) {
		kin__bytes_u64(out, cbor->tag);
		kin__bytes_char(out, '(');
	}
	switch (type) {
	case KIN__CBOR_INTEGER:
	case KIN__CBOR_FLOAT:
		print_number(cbor, out, type == KIN__CBOR_FLOAT ? "f" : "");
		break;
	case KIN__CBOR_BYTES:
	case KIN__CBOR_TEXT:
		print_string(cbor, out, type == KIN__CBOR_TEXT);
		break;
	case KIN__CBOR_ARRAY:
	case KIN__CBOR_MAP:
		print_level(cbor, out, type == KIN__CBOR_MAP);
		break;
	case KIN__CBOR_BOOL:
		kin__cbor_bool(cbor, &yes);
		kin__bytes_text(out, yes ? "true" : "false");
		break;
	case KIN__CBOR_NULL:
		ck_assert(kin__cbor_null(cbor));
		kin__bytes_text(out, "null");
		break;
	case KIN__CBOR_SIMPLE:
		ck_assert(!kin__cbor_null(cbor));
		kin__cbor_skip(cbor);
		kin__bytes_text(out, "simple");
		break;
	case KIN__CBOR_NONE:
		ck_assert(!kin__cbor_skip(cbor));
		break;
	}
	if (tagged)
		kin__bytes_char(out, ')');
}

/* Reading and skipping must agree, but for what reading alone minds; out: the notation of what was read. */
static bool cbor_takes(struct kin__span data, struct kin__bytes *out)
{
	struct kin__cbor read, skip;
	char *copy = exact_copy(data);
	bool fine, skipped;

	kin__cbor_init_readonly(&skip, copy, data.n);
	skipped = kin__cbor_finish(&skip);
	ck_assert(skipped ? !skip.error : skip.error && skip.error_at <= data.n);
	if (memcmp(copy, data.at, data.n) != 0)
		ck_abort_msg("a read-only buffer was written to");
	kin__cbor_init(&read, copy, data.n);
	print_item(&read, out);
	fine = kin__cbor_finish(&read);
	ck_assert(fine ? !read.error : read.error && read.error_at <= data.n);
	if (fine ? !skipped : skipped && strcmp(read.error, "a text is due") != 0)
		ck_abort_msg("reading says '%s' at %d, skipping '%s' at %d", read.error ? read.error : "well",
		             (int)read.error_at, skip.error ? skip.error : "well", (int)skip.error_at);
	free(copy);
	return fine;
}

static const struct {
	const char *hex, *expect;
} cbor_items[] = {
#include "data/cbor.inc"
};

START_TEST(cbor_examples)
{
	char data[64];
	size_t n = from_hex(cbor_items[_i].hex, data);
	struct kin__bytes out;
	struct kin__cbor cbor;

	kin__bytes_init(&out);
	ck_assert_int_eq(cbor_takes(kin__span(data, n), &out), cbor_items[_i].expect != NULL);
	if (cbor_items[_i].expect)
		ck_assert_str_eq(out.at, cbor_items[_i].expect);
	for (size_t less = 0; less < n; less++) {
		kin__cbor_init_readonly(&cbor, data, less);
		ck_assert_msg(!kin__cbor_finish(&cbor), "%d bytes of %s", (int)less, cbor_items[_i].hex);
		kin__bytes_clear(&out);
		ck_assert(!cbor_takes(kin__span(data, less), &out));
	}
	kin__bytes_fini(&out);
}
END_TEST

/* What is not well-formed, after the examples of RFC 8949, appendix F. */
static const struct {
	const char *reason;
	const char *const *hexes;
} cbor_refused[] = {
#define SUCH(...)                                                                                            \
	(const char *const[])                                                                                \
	{                                                                                                    \
		__VA_ARGS__, NULL                                                                            \
	}
	{ "the data ends where an item is due",
	  SUCH("", "9f", "9f0102", "bf", "bf01020102", "819f", "9f8000", "9f9f9f9f9fffffffff",
	       "9f819f819f9fffffff", "5f4100", "7f6100", "c1", "d9d9f7", "bf6161") },
	{ "the data ends within the head of an item",
	  SUCH("18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58", "78", "98",
	       "9a01ff00", "b8", "d8", "f8", "f900", "fa0000", "fb000000") },
	{ "a string longer than the data",
	  SUCH("41", "61", "5affffffff00", "5bffffffffffffffff010203", "7affffffff00",
	       "7b7fffffffffffffff010203", "5f4300ff", "7bffffffffffffffff") },
	{ "more items than the data can hold",
	  SUCH("81", "818181818181818181", "a100", "8200", "a1", "a20102", "a2000000", "9bffffffffffffffff00",
	       "bbffffffffffffffff0000", "bb80000000000000000000", "a101", "8281") },
	{ "an item with a reserved length",
	  SUCH("1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e", "9c", "9d", "9e", "bc",
	       "bd", "be", "dc", "dd", "de", "fc", "fd", "fe", "1f", "3f", "df", "5f1cff") },
	{ "a simple value in two bytes that needs one", SUCH("f800", "f801", "f818", "f81f") },
	{ "a chunk of a string that is of another kind",
	  SUCH("5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff",
	       "5f5f4100ffff", "7f7f6100ffff") },
	{ "a break where an item is due",
	  SUCH("ff", "81ff", "8200ff", "a1ff00", "a16161ff", "a2616100ffff", "9f81ff", "bf6161ff",
	       "bf61610000ff", "c1ff", "a2616100ff00") },
	{ "something stands behind the end of the item",
	  SUCH("0000", "8000", "a000", "80ff", "6000", "5fffff") },
};

START_TEST(cbor_malformed)
{
	for (const char *const *hex = cbor_refused[_i].hexes; *hex; hex++) {
		char data[64];
		size_t n = from_hex(*hex, data);
		struct kin__bytes out;
		struct kin__cbor cbor;

		kin__bytes_init(&out);
		ck_assert_msg(!cbor_takes(kin__span(data, n), &out), "%s was taken", *hex);
		kin__cbor_init_readonly(&cbor, data, n);
		ck_assert(!kin__cbor_finish(&cbor));
		ck_assert_msg(strcmp(cbor.error, cbor_refused[_i].reason) == 0, "%s: '%s' at byte %d", *hex,
		              cbor.error, (int)cbor.error_at);
		kin__bytes_fini(&out);
	}
}
END_TEST

/* 64 levels and not one more, whatever they are made of. */
START_TEST(cbor_depth)
{
	static const char *const levels[] = { "\x81", "\x9f", "\xa1\x61\x61", "\xbf\x61\x61", "\xc1\x81" };
	size_t step = strlen(levels[_i]);
	bool open = levels[_i][0] == '\x9f' || levels[_i][0] == '\xbf';
	char data[512];

	for (int depth = KIN__CBOR_DEPTH; depth <= KIN__CBOR_DEPTH + 1; depth++) {
		struct kin__bytes out;
		size_t n = 0;

		for (int i = 0; i < depth; i++, n += step)
			memcpy(data + n, levels[_i], step);
		data[n++] = 0;
		for (int i = 0; open && i < depth; i++)
			data[n++] = '\xff';
		kin__bytes_init(&out);
		ck_assert_int_eq(cbor_takes(kin__span(data, n), &out), depth == KIN__CBOR_DEPTH);
		kin__bytes_fini(&out);
	}
}
END_TEST

/* Damaged data: reading and skipping agree on each. */
START_TEST(cbor_damaged)
{
	static const char healthy[] = "\xbf\x67Records\x9f\xa4\x64"
				      "Data\x45hello\x6cPartitionKey\x62pk\x69"
				      "TimeStamp\xc1\x1b\x00\x00\x01\x9b\xc1\xa6\xdc\x95\x61"
				      "f\xfb\x41\xda\x5a\x3d\x2c\x1b\x0a\x00\xbf\x61"
				      "x\x7f\x61y\x62zz\xff\x61w\xf6\xff\xff\x72MillisBehindLatest\x00\x61q"
				      "\x98\x03\x01\x02\x20\xff";
	struct kin__rng rng = { (uint64_t)_i };
	char data[sizeof healthy];
	struct kin__bytes out;
	int taken = 0;

	kin__bytes_init(&out);
	for (int round = 0; round < 20000; round++) {
		size_t n = sizeof healthy - 1 - (size_t)kin__rng_below(&rng, 3);

		memcpy(data, healthy, n);
		for (uint64_t i = kin__rng_below(&rng, 3); i > 0; i--)
			data[kin__rng_below(&rng, n)] = (char)kin__rng_next(&rng);
		kin__bytes_clear(&out);
		taken += cbor_takes(kin__span(data, n), &out);
	}
	ck_assert_int_gt(taken, 1000);
	kin__bytes_fini(&out);
}
END_TEST

START_TEST(cbor_left_and_chosen)
{
	/* {"a": [1, {"b": h'00'}], "skip": {_ 1: [_ ]}, "n": 7, "last": "z"} */
	char data[64];
	size_t n = from_hex("a461618201a16162410064736b6970bf019fffff616e07646c617374617a", data);
	struct kin__span name, item, text = { NULL, 0 };
	struct kin__cbor cbor;
	int64_t number = 0;

	kin__cbor_init(&cbor, data, n);
	ck_assert(kin__cbor_map(&cbor));
	ck_assert(kin__cbor_name(&cbor, &name) && kin__span_is(name, "a"));
	ck_assert(kin__cbor_raw(&cbor, &item));
	ck_assert_uint_eq(item.n, 7);
	ck_assert(kin__cbor_name(&cbor, &name) && kin__span_is(name, "skip"));
	ck_assert(kin__cbor_name(&cbor, &name) && kin__span_is(name, "n"));
	ck_assert(kin__cbor_i64(&cbor, &number) && number == 7);
	ck_assert(kin__cbor_name(&cbor, &name) && kin__span_is(name, "last"));
	ck_assert(kin__cbor_text(&cbor, &text));
	text = kin__cbor_end_text(&cbor, text);
	ck_assert_str_eq(text.at, "z");
	ck_assert(!kin__cbor_name(&cbor, &name) && !cbor.error);
	ck_assert(kin__cbor_finish(&cbor));
	ck_assert(!kin__cbor_skip(&cbor));
	ck_assert_str_eq(cbor.error, "no item is due here");
}
END_TEST

/* Each reader refuses what is of another kind, and says where. */
START_TEST(cbor_kinds)
{
	static const struct {
		const char *hex, *takes; /* the letters of those who take it */
	} rows[] = {
		{ "01", "irt" },
		{ "21", "irt" },
		{ "1bffffffffffffffff", "r" },
		{ "f93c00", "irt" },
		{ "f93e00", "rt" },
		{ "f97e00", "r" },
		{ "fb43e0000000000000", "r" },
		{ "fbc3e0000000000000", "ir" },
		{ "4101", "d" },
		{ "6161", "s" },
		{ "80", "a" },
		{ "a0", "m" },
		{ "f4", "b" },
		{ "f6", "n" },
		{ "f7", "n" },
		{ "f0", "" },
		{ "c16161", "s" },
	};
	char data[16];
	size_t n = from_hex(rows[_i].hex, data);

	for (const char *kind = "irtdsambn"; *kind; kind++) {
		bool expect = strchr(rows[_i].takes, *kind), took = false, yes;
		struct kin__span span;
		struct kin__cbor cbor;
		int64_t whole;
		double real;

		kin__cbor_init(&cbor, data, n);
		switch (*kind) {
		case 'i':
			took = kin__cbor_i64(&cbor, &whole);
			break;
		case 'r':
			took = kin__cbor_real(&cbor, &real);
			break;
		case 't':
			took = kin__cbor_time_ms(&cbor, &whole);
			break;
		case 'd':
			took = kin__cbor_bytes(&cbor, &span);
			break;
		case 's':
			took = kin__cbor_text(&cbor, &span);
			break;
		case 'a':
			took = kin__cbor_array(&cbor);
			break;
		case 'm':
			took = kin__cbor_map(&cbor);
			break;
		case 'b':
			took = kin__cbor_bool(&cbor, &yes);
			break;
		case 'n':
			took = kin__cbor_null(&cbor);
			break;
		}
		ck_assert_msg(took == expect, "%s by '%c'", rows[_i].hex, *kind);
		ck_assert(took || *kind == 'n' || (cbor.error && cbor.error_at == 0));
	}
}
END_TEST

START_TEST(cbor_times)
{
	static const struct {
		const char *hex;
		int64_t ms;
	} rows[] = {
		{ "c11b0000019bc1a6dc95", 1768480496789 }, /* as the Java client writes it */
		{ "1b0000019bc1a6dc95", 1768480496789 },   /* without the tag */
		{ "c1fb41da5a3d2c327efa", 1768486064789 }, /* seconds, as the tag is meant */
		{ "fbc0b2b800c49ba5e3", -4792003 },
		{ "fb0000000000000000", 0 },
		{ "c10a", 10000 },
		{ "c11b000000174876e800", 100000000000 },
		{ "1b000000174876e7ff", 99999999999000 },
		{ "3b000000174876e7fe", -99999999999000 },
		{ "3b000000174876e7ff", -100000000000 },
		{ "fb4279bbdb15f950f0", INT64_MIN },
		{ "20", -1000 },
	};
	char data[16];
	size_t n = from_hex(rows[_i].hex, data);
	struct kin__cbor cbor;
	int64_t ms = 0;
	double real = 0;

	kin__cbor_init(&cbor, data, n);
	ck_assert(kin__cbor_real(&cbor, &real));
	kin__cbor_init(&cbor, data, n);
	ck_assert(kin__cbor_time_ms(&cbor, &ms));
	if (rows[_i].ms == INT64_MIN) /* a float too large for seconds */
		ck_assert(ms == (int64_t)real);
	else
		ck_assert_msg(ms == rows[_i].ms, "%lld", (long long)ms);
}
END_TEST

/* What is written is what RFC 8949, appendix A, and the same items of an AWS client say, and is read again. */
START_TEST(cbor_written)
{
	struct kin__bytes out, hex;

	kin__bytes_init(&out);
	kin__bytes_init(&hex);
	kin__cbor_put_map(&out, 3);
	kin__cbor_put_name(&out, "StreamName");
	kin__cbor_put_text(&out, kin__span_text("s"));
	kin__cbor_put_name(&out, "Data");
	kin__cbor_put_bytes(&out, kin__span_text("hello"));
	kin__cbor_put_name(&out, "PartitionKey");
	kin__cbor_put_text(&out, kin__span_text("pk"));
	kin__bytes_hex(&hex, out.at, out.n);
	ck_assert_str_eq(
			hex.at,
			"a36a53747265616d4e616d65617364446174614568656c6c6f6c506172746974696f6e4b657962706b");
	kin__bytes_clear(&out);
	kin__bytes_clear(&hex);
	kin__cbor_put_array(&out, 11);
	kin__cbor_put_u64(&out, 0);
	kin__cbor_put_u64(&out, 24);
	kin__cbor_put_u64(&out, 1000);
	kin__cbor_put_u64(&out, 1000000);
	kin__cbor_put_u64(&out, UINT64_MAX);
	kin__cbor_put_i64(&out, -1000);
	kin__cbor_put_i64(&out, INT64_MIN);
	kin__cbor_put_real(&out, -4.1);
	kin__cbor_put_bool(&out, true);
	kin__cbor_put_null(&out);
	kin__cbor_put_time_ms(&out, 1768480496789);
	kin__bytes_hex(&hex, out.at, out.n);
	ck_assert_str_eq(hex.at, "8b0018181903e81a000f42401bffffffffffffffff3903e73b7fffffffffffffff"
	                         "fbc010666666666666f5f6c11b0000019bc1a6dc95");
	kin__bytes_clear(&out);
	kin__bytes_clear(&hex);
	kin__cbor_put_text(&out, SPAN("a\xff\xc3\xbc\xe6\xb0"));
	kin__bytes_hex(&hex, out.at, out.n);
	ck_assert_str_eq(hex.at, "6961efbfbdc3bcefbfbd");
	kin__bytes_fini(&out);
	kin__bytes_fini(&hex);
}
END_TEST

START_TEST(cbor_heads)
{
	static const uint64_t numbers[] = {
		0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, UINT32_MAX + UINT64_C(1), INT64_MAX
	};
	char head[KIN__CBOR_HEAD];

	for (size_t i = 0; i < KIN__ARRAY_LEN(numbers); i++) {
		static const size_t sizes[] = { 1, 1, 2, 2, 3, 3, 5, 5, 9, 9 };
		char *end = kin__cbor_put_head(head, KIN__CBOR_MAJOR_UNSIGNED, numbers[i]);
		struct kin__cbor cbor;
		int64_t value = -1;

		ck_assert_uint_eq((size_t)(end - head), sizes[i]);
		kin__cbor_init(&cbor, head, (size_t)(end - head));
		ck_assert(kin__cbor_i64(&cbor, &value) && kin__cbor_finish(&cbor));
		ck_assert(value == (int64_t)numbers[i]);
	}
}
END_TEST

START_TEST(cbor_told_apart)
{
	ck_assert(kin__cbor_is_map(SPAN("\xa0")) && kin__cbor_is_map(SPAN("\xbf\xff")) &&
	          kin__cbor_is_map(SPAN("\xd9\xd9\xf7\xa0")));
	ck_assert(!kin__cbor_is_map(SPAN("")) && !kin__cbor_is_map(SPAN("{}")) &&
	          !kin__cbor_is_map(SPAN(" {}")) && !kin__cbor_is_map(SPAN("<html>")) &&
	          !kin__cbor_is_map(SPAN("\xef\xbb\xbf{}")) && !kin__cbor_is_map(SPAN("\x80")) &&
	          !kin__cbor_is_map(SPAN("\xd9\xd9\xf7")));
}
END_TEST

/* false: out of memory, and told. */
static bool cbor_scene(void)
{
	struct kin__bytes out;
	bool fine;

	kin__bytes_init(&out);
	kin__cbor_put_map(&out, 1);
	kin__cbor_put_text(&out, SPAN("name \xff"));
	kin__cbor_put_bytes(&out, SPAN("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
	fine = !out.failed;
	kin__bytes_fini(&out);
	return fine;
}

/* What is asked for and not there is an error that stays. */
START_TEST(cbor_asked_in_vain)
{
	static const struct {
		const char *data, *says;
		char ask;
	} rows[] = { { "\x81\x01", "a name is asked for outside a map", 'n' },
		     { "\xa1\x61k\x01", "an item is asked for outside an array", 'i' },
		     { "\x81\x01", "still open", 'f' },
		     { "\x01", "a name is asked for outside a map", 'N' },
		     { "\x01", "an item is asked for outside an array", 'I' } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kin__span span;
		struct kin__cbor cbor;
		char data[8];

		strcpy(data, rows[i].data);
		kin__cbor_init(&cbor, data, strlen(data));
		if (rows[i].ask == 'n' || rows[i].ask == 'f')
			ck_assert(kin__cbor_array(&cbor));
		if (rows[i].ask == 'i')
			ck_assert(kin__cbor_map(&cbor));
		if (rows[i].ask == 'n' || rows[i].ask == 'N')
			ck_assert(!kin__cbor_name(&cbor, &span));
		else if (rows[i].ask == 'f')
			ck_assert(kin__cbor_item(&cbor) && kin__cbor_skip(&cbor) && !kin__cbor_finish(&cbor));
		else
			ck_assert(!kin__cbor_item(&cbor));
		ck_assert_msg(cbor.error && strstr(cbor.error, rows[i].says), "row %zu: %s", i,
		              cbor.error ? cbor.error : "no error");
		ck_assert(!kin__cbor_name(&cbor, &span) && !kin__cbor_item(&cbor) &&
		          !kin__cbor_over(&cbor, data) && !kin__cbor_map(&cbor) && !kin__cbor_finish(&cbor));
	}
}
END_TEST

START_TEST(cbor_times_written)
{
	static const struct {
		int64_t ms;
		const char *text;
		size_t n;
	} rows[] = { { -INT64_C(100000000000), "\xc1\x3b\x00\x00\x00\x17\x48\x76\xe7\xff", 10 },
		     { INT64_C(100000000000), "\xc1\x1b\x00\x00\x00\x17\x48\x76\xe8\x00", 10 },
		     { -1000, "\xc1\xfb\xbf\xf0\x00\x00\x00\x00\x00\x00", 10 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kin__bytes out;

		kin__bytes_init(&out);
		kin__cbor_put_time_ms(&out, rows[i].ms);
		ck_assert_uint_eq(out.n, rows[i].n);
		ck_assert_mem_eq(out.at, rows[i].text, rows[i].n);
		kin__bytes_fini(&out);
	}
}
END_TEST

static void add_cbor(TCase *tcase)
{
	tcase_add_loop_test(tcase, cbor_examples, 0, COUNT(cbor_items));
	tcase_add_loop_test(tcase, cbor_malformed, 0, COUNT(cbor_refused));
	tcase_add_loop_test(tcase, cbor_depth, 0, 5);
	tcase_add_loop_test(tcase, cbor_damaged, 1, 5);
	tcase_add_test(tcase, cbor_left_and_chosen);
	tcase_add_loop_test(tcase, cbor_kinds, 0, 17);
	tcase_add_loop_test(tcase, cbor_times, 0, 12);
	tcase_add_test(tcase, cbor_written);
	tcase_add_test(tcase, cbor_heads);
	tcase_add_test(tcase, cbor_told_apart);
	tcase_add_test(tcase, cbor_asked_in_vain);
	tcase_add_test(tcase, cbor_times_written);
}
#endif
