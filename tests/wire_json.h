/* The JSON readers' part of check_wire.c: the scanner, the tree, and each against the other. */
#ifndef KIN_TESTS_WIRE_JSON_H
#define KIN_TESTS_WIRE_JSON_H

/* Reads a whole document through the pull functions, strings unescaped: is it one? */
static void read_value(struct kin__jsonscan *scan)
{
	struct kin__span span;
	bool flag;

	switch (kin__jsonscan_type(scan)) {
	case KIN__JSONSCAN_OBJECT:
		for (kin__jsonscan_object(scan); kin__jsonscan_name(scan, &span);)
			read_value(scan);
		break;
	case KIN__JSONSCAN_ARRAY:
		for (kin__jsonscan_array(scan); kin__jsonscan_item(scan);)
			read_value(scan);
		break;
	case KIN__JSONSCAN_STRING:
		kin__jsonscan_string(scan, &span);
		break;
	case KIN__JSONSCAN_NUMBER:
		kin__jsonscan_number(scan, &span);
		break;
	case KIN__JSONSCAN_BOOL:
		kin__jsonscan_bool(scan, &flag);
		break;
	case KIN__JSONSCAN_NULL:
		kin__jsonscan_null(scan);
		break;
	case KIN__JSONSCAN_NONE:
		kin__jsonscan_skip(scan); /* sets the error */
		break;
	}
}

/* The names of the objects alone, in a buffer that is not written. */
static void read_names(struct kin__jsonscan *scan)
{
	struct kin__span name;
	bool escaped;

	if (kin__jsonscan_type(scan) != KIN__JSONSCAN_OBJECT)
		return;
	for (kin__jsonscan_object(scan); kin__jsonscan_name_quoted(scan, &name, &escaped);) {
		ck_assert_int_eq(escaped, memchr(name.at, '\\', name.n) != NULL);
		read_names(scan);
	}
}

/* Of these only the names that begin with one of a few letters. */
static void read_some_names(struct kin__jsonscan *scan)
{
	struct kin__span name;
	bool escaped;

	if (kin__jsonscan_type(scan) != KIN__JSONSCAN_OBJECT)
		return;
	kin__jsonscan_object(scan);
	while (kin__jsonscan_name_among(scan, kin__jsonskip_initial('R') | kin__jsonskip_initial('S'), &name,
	                                &escaped))
		read_some_names(scan);
}

enum { READ, SKIP, SKIP_READONLY, NAMES, SOME_NAMES, WAYS };

/* All ways of reading it must agree. */
static bool scan_takes(struct kin__span text)
{
	bool fine[WAYS];

	for (int way = 0; way < WAYS; way++) {
		struct kin__jsonscan scan;
		char *copy = exact_copy(text);

		if (way == SKIP_READONLY || way == NAMES || way == SOME_NAMES)
			kin__jsonscan_init_readonly(&scan, copy, text.n);
		else
			kin__jsonscan_init(&scan, copy, text.n);
		if (way == READ)
			read_value(&scan);
		if (way == NAMES)
			read_names(&scan);
		if (way == SOME_NAMES)
			read_some_names(&scan);
		fine[way] = kin__jsonscan_finish(&scan);
		if (fine[way] != !scan.error || scan.error_at > text.n ||
		    (way != READ && memcmp(copy, text.at, text.n) != 0))
			ck_abort_msg("error %s at %d", scan.error ? scan.error : "none", (int)scan.error_at);
		free(copy);
	}
	for (int way = SKIP; way < WAYS; way++)
		if (fine[READ] != fine[way])
			ck_abort_msg("'%.*s': reading and skipping do not agree", (int)text.n, text.at);
	return fine[READ];
}

static bool tree_takes(struct kin__span text, char error[KIN__JSON_ERROR])
{
	char *copy = exact_copy(text);
	struct kin__json *json;
	int code = kin__json_parse(copy, text.n, &json, error);

	ck_assert((code == 0) == (json != NULL));
	kin__json_free(json);
	free(copy);
	return code == 0;
}

static const struct {
	struct kin__span text;
	bool scanned, parsed;
} documents[] = {
#include "data/json.inc"
};

START_TEST(json_documents)
{
	struct kin__span text = documents[_i].text;
	char error[KIN__JSON_ERROR] = "";

	ck_assert_msg(scan_takes(text) == documents[_i].scanned, "scanner: '%.*s'", (int)text.n, text.at);
	ck_assert_msg(tree_takes(text, error) == documents[_i].parsed, "tree: '%.*s'", (int)text.n, text.at);
	ck_assert_int_eq(error[0] == 0, documents[_i].parsed);
}
END_TEST

static const char sample[] =
		"{\"Records\": [ {\"Data\":\"Zm9vYg==\",\"PartitionKey\":\"k\\u00e9\\ud83d\\ude00\\n\", "
		"\"T\":1.768480496789E9 },\n"
		"{\"Data\":\"\",\"n\":[-1,0.5,true,false,null,[[]],{}],\"SequenceNumber\":"
		"\"49590338271490256608559692538361571095\"}],"
		"\"MillisBehindLatest\":0 , \"Skipped\":{\"a\":[1,{\"b\":\"]}\\\"\"}]}}";

/* The same without escapes: most texts have none, and are skipped faster. */
static const char plain_sample[] =
		"{\"Records\":[{\"Data\":\"Zm9vYg==\",\"PartitionKey\":\"a key that is longer than sixteen\","
		"\"T\":1.768480496789E9},\n"
		"{\"Data\":\"\",\"n\":[-1,0.5,true,false,null,[[]],{}], \"SequenceNumber\":"
		"\"49590338271490256608559692538361571095\"}],"
		"\"MillisBehindLatest\":0 , \"Skipped\":{\"a\":[1,{\"b\":\"]}\"}],\"e\" : 1e+7}}";

START_TEST(json_truncated)
{
	char error[KIN__JSON_ERROR];

	for (size_t n = 0; n < sizeof sample - 1; n++)
		if (scan_takes(kin__span(sample, n)))
			ck_abort_msg("the first %d bytes were taken", (int)n);
	for (size_t n = 0; n < sizeof plain_sample - 1; n++)
		if (scan_takes(kin__span(plain_sample, n)))
			ck_abort_msg("the first %d bytes of the plain one were taken", (int)n);
	ck_assert(scan_takes(SPAN(sample)) && tree_takes(SPAN(sample), error));
	ck_assert(scan_takes(SPAN(plain_sample)) && tree_takes(SPAN(plain_sample), error));
}
END_TEST

/* The scanner and jansson agree on damaged texts, but for what only a tree minds. */
START_TEST(json_damaged)
{
	static const char letters[] = "{}[],:\"\\ \n0123456789-+.eEtrufalsn/bdD\x01\x7f\xc3\xa9\xff";
	struct kin__rng rng = { (uint64_t)_i };
	char text[sizeof sample + sizeof plain_sample], error[KIN__JSON_ERROR];

	for (int round = 0; round < 8000; round++) {
		bool plain = round % 2, scanned, parsed;
		size_t n = plain ? sizeof plain_sample - 1 : sizeof sample - 1;

		memcpy(text, plain ? plain_sample : sample, n);
		for (uint64_t i = kin__rng_between(&rng, 1, 4); i > 0; i--) {
			size_t at = kin__rng_below(&rng, n);

			if (kin__rng_chance(&rng, 300))
				memmove(text + at, text + at + 1, --n - at);
			else
				text[at] = letters[kin__rng_below(&rng, sizeof letters - 1)];
		}
		scanned = scan_takes(kin__span(text, n));
		parsed = tree_takes(kin__span(text, n), error);
		if (scanned == parsed || (scanned && (strstr(error, "UTF-8") || strstr(error, "too large"))))
			continue;
		if (scanned &&
		    (strstr(text, "\\ud") || strstr(text, "\\u0000"))) /* lone surrogates and NUL in names */
			continue;
		ck_abort_msg("scanner %d, tree %d (%s): %.*s", scanned, parsed, error, (int)n, text);
	}
}
END_TEST

START_TEST(json_depth)
{
	char text[2 * (KIN__JSONSCAN_DEPTH + 1)], error[KIN__JSON_ERROR], *deep = malloc(100000);

	for (size_t depth = KIN__JSONSCAN_DEPTH; depth <= KIN__JSONSCAN_DEPTH + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		ck_assert_int_eq(scan_takes(kin__span(text, depth * 2)), depth == KIN__JSONSCAN_DEPTH);
		ck_assert(tree_takes(kin__span(text, depth * 2), error));
	}
	memset(deep, '[', 100000);
	ck_assert(!scan_takes(kin__span(deep, 100000)) && !tree_takes(kin__span(deep, 100000), error));
	ck_assert_ptr_nonnull(strstr(error, "nested too deep"));
	free(deep);
}
END_TEST

/* --- scanner: values ------------------------------------------------------------------- */

static const struct {
	struct kin__span text, expect; /* between the quotes, as JSON; unescaped */
} strings[] = {
	{ T(""), T("") },
	{ T("plain"), T("plain") },
	{ T("\\\"\\\\\\/\\b\\f\\n\\r\\t"), T("\"\\/\b\f\n\r\t") },
	{ T("a\\u0041\\u00e9\\u20aC\\u0000z"), T("aA\xc3\xa9\xe2\x82\xac\0z") },
	{ T("\\ud83d\\ude00\\uDBFF\\uDFFF"), T("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf") },
	{ T("\\ud83d"), T("\xef\xbf\xbd") },
	{ T("\\ud83dx"), T("\xef\xbf\xbdx") },
	{ T("\\ude00\\ud83d"), T("\xef\xbf\xbd\xef\xbf\xbd") },
	{ T("\\ud83d\\ud83d\\ude00"), T("\xef\xbf\xbd\xf0\x9f\x98\x80") },
	{ T("\\ud83d\\u0041"), T("\xef\xbf\xbd"
	                         "A") },
	{ T("\\ud83d\\n"), T("\xef\xbf\xbd\n") },
	{ T("long enough for eight at a time, and then \\n some"),
	  T("long enough for eight at a time, and then \n some") },
	{ T("bytes as they are: \xff\xc3"), T("bytes as they are: \xff\xc3") },
};

START_TEST(scan_strings)
{
	struct kin__bytes text;
	struct kin__jsonscan scan;
	struct kin__span found;
	char out[128];
	bool escaped, plain = !memchr(strings[_i].text.at, '\\', strings[_i].text.n);

	kin__bytes_init(&text);
	for (int as_name = 0; as_name < 2; as_name++) {
		kin__bytes_clear(&text);
		kin__bytes_text(&text, as_name ? "{\"" : "\"");
		kin__bytes_span(&text, strings[_i].text);
		kin__bytes_text(&text, as_name ? "\":1}" : "\"");
		kin__jsonscan_init_readonly(&scan, text.at, text.n);
		if (as_name)
			ck_assert(kin__jsonscan_object(&scan) && kin__jsonscan_name(&scan, &found) == plain);
		else
			ck_assert_int_eq(kin__jsonscan_string(&scan, &found), plain);
		kin__jsonscan_init(&scan, text.at, text.n);
		if (!as_name) {
			ck_assert(kin__jsonscan_quoted(&scan, &found, &escaped) && escaped == !plain);
			check_same(found, strings[_i].text);
			check_same(kin__span(out, kin__jsonscan_unescape(out, found)), strings[_i].expect);
			kin__jsonscan_init(&scan, text.at, text.n);
		}
		ck_assert(as_name ? kin__jsonscan_object(&scan) && kin__jsonscan_name(&scan, &found)
		                  : kin__jsonscan_string(&scan, &found));
		check_same(found, strings[_i].expect);
		while (as_name && kin__jsonscan_name(&scan, &found))
			ck_abort_msg("a second name");
		ck_assert(kin__jsonscan_finish(&scan));
	}
	kin__bytes_fini(&text);
}
END_TEST

static const struct {
	const char *text;
	bool fine;
	struct kin__span data;
} encoded[] = {
	{ "\"\"", true, T("") },
	{ "\"Zm9v\"", true, T("foo") },
	{ "\"Zm9vYg==\"", true, T("foob") },
	{ "\"Zm9vYmFyZm9vYmFyZm8=\"", true, T("foobarfoobarfo") },
	{ "\"+\\/\\/+\"", true, T("\xfb\xff\xfe") },
	{ "\"Zm9v\\u002b//+Zg\\u003d=\"", true,
	  T("foo\xfb\xff\xfe"
	    "f") },
	{ "\"Zm9vYg\"", false, T("") },
	{ "\"Zm9vYg=\"", false, T("") },
	{ "\"Zm9v Yg==\"", false, T("") },
	{ "\"Zm9v\\nYg==\"", false, T("") },
	{ "\"Zm9v!g==\"", false, T("") },
	{ "\"Zm9vY!==\"", false, T("") },
	{ "\"Zm9vYg=!\"", false, T("") },
	{ "\"Zm9v\\", false, T("") },
	{ "\"Zm9v", false, T("") },
	{ "\"", false, T("") },
	{ "7", false, T("") },
	{ "null", false, T("") },
};

START_TEST(scan_base64)
{
	size_t n = strlen(encoded[_i].text);
	char *copy = exact_copy(kin__span(encoded[_i].text, n));
	struct kin__jsonscan scan;
	struct kin__span data;

	kin__jsonscan_init_readonly(&scan, copy, n);
	ck_assert(!kin__jsonscan_base64(&scan, &data));
	kin__jsonscan_init(&scan, copy, n);
	ck_assert_int_eq(kin__jsonscan_base64(&scan, &data), encoded[_i].fine);
	if (encoded[_i].fine)
		check_same(data, encoded[_i].data);
	ck_assert_int_eq(kin__jsonscan_finish(&scan), encoded[_i].fine);
	free(copy);
}
END_TEST

START_TEST(scan_members)
{
	char text[] = "{\"skip\":[{\"x\":\"\\n\"}],\"data\":\"Zm9v\", "
		      "\"n\":-12,\"null\":null,\"t\":true,\"list\":[\"a\",2,[]],\"r\": [1, {}] ,"
		      "\"real\":1.50}";
	struct kin__jsonscan scan;
	struct kin__span name, span = { 0 };
	int64_t n = 0;
	int items = 0, members = 0;
	bool flag = false;

	kin__jsonscan_init(&scan, text, sizeof text - 1);
	ck_assert(kin__jsonscan_object(&scan));
	for (; kin__jsonscan_name(&scan, &name); members++) {
		if (kin__span_is(name, "data"))
			ck_assert(kin__jsonscan_base64(&scan, &span) && kin__span_is(span, "foo"));
		else if (kin__span_is(name, "n"))
			ck_assert(!kin__jsonscan_null(&scan) && kin__jsonscan_i64(&scan, &n) && n == -12);
		else if (kin__span_is(name, "null"))
			ck_assert(kin__jsonscan_null(&scan));
		else if (kin__span_is(name, "t"))
			ck_assert(kin__jsonscan_bool(&scan, &flag) && flag);
		else if (kin__span_is(name, "list"))
			for (kin__jsonscan_array(&scan);
			     kin__jsonscan_item(&scan);) /* the items are left unread */
				items++;
		else if (kin__span_is(name, "r"))
			ck_assert(kin__jsonscan_raw(&scan, &span) && kin__span_is(span, "[1, {}]"));
		else if (kin__span_is(name, "real"))
			ck_assert(kin__jsonscan_number(&scan, &span) && kin__span_is(span, "1.50"));
	}
	ck_assert(kin__jsonscan_finish(&scan));
	ck_assert_int_eq(members, 8);
	ck_assert_int_eq(items, 3);
}
END_TEST

/* Of each member the letter its name begins with; 0: it has none. */
static size_t random_members(struct kin__rng *rng, struct kin__bytes *out, char *initials)
{
	static const char *const values[] = { "{\"i\":[\"\",-1.5e3,{}]}", "\"\\u0041\"", "[]", "0",
		                              " null " };
	size_t n = (size_t)kin__rng_below(rng, 12);

	kin__bytes_char(out, '{');
	for (size_t i = 0; i < n; i++) {
		uint64_t letters = kin__rng_below(rng, 80), others = kin__rng_below(rng, 200);

		initials[i] = letters > 0 ? (char)('a' + kin__rng_below(rng, 6)) : 0;
		kin__bytes_text(out, i == 0 ? "\"" : kin__rng_chance(rng, 100) ? " , \"" : ",\"");
		for (uint64_t k = 0; k < letters; k++)
			kin__bytes_char(out, k == 0 ? initials[i] : 'x');
		kin__bytes_text(out, letters > 0 && kin__rng_chance(rng, 100) ? "\\n\" :" : "\":");
		if (kin__rng_chance(rng, 500)) {
			kin__bytes_text(out, values[kin__rng_below(rng, 5)]);
			continue;
		}
		kin__bytes_char(out, '"');
		while (others-- > 0)
			kin__bytes_char(out, 'y');
		kin__bytes_char(out, '"');
	}
	kin__bytes_char(out, '}');
	return n;
}

/* Every name that may be of interest comes, in turn; wherever strings end, and whatever stands between. */
START_TEST(scan_names_among)
{
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__bytes text;
	char initials[12];

	kin__bytes_init(&text);
	for (int round = 0; round < 500; round++) {
		struct kin__jsonscan scan;
		struct kin__span name;
		size_t n, next = 0;
		uint64_t wanted = kin__jsonskip_initial((char)('a' + kin__rng_below(&rng, 6)));
		bool escaped;
		char *copy;

		kin__bytes_clear(&text);
		n = random_members(&rng, &text, initials);
		copy = exact_copy(kin__bytes_view(&text));
		kin__jsonscan_init_readonly(&scan, copy, text.n);
		ck_assert(kin__jsonscan_object(&scan));
		while (kin__jsonscan_name_among(&scan, wanted, &name, &escaped)) {
			char initial = name.n > 0 ? name.at[0] : 0;

			for (; next < n && initials[next] != initial; next++)
				if (initials[next] && wanted & kin__jsonskip_initial(initials[next]))
					ck_abort_msg("member %d was left out: %s", (int)next, text.at);
			ck_assert_msg(next++ < n, "'%.*s' is not due: %s", (int)name.n, name.at, text.at);
		}
		for (; next < n; next++)
			ck_assert_msg(!initials[next] || !(wanted & kin__jsonskip_initial(initials[next])),
			              "member %d was left out: %s", (int)next, text.at);
		ck_assert_msg(kin__jsonscan_finish(&scan), "%s: %s", scan.error, text.at);
		free(copy);
	}
	kin__bytes_fini(&text);
}
END_TEST

enum {
	AS_OBJECT,
	AS_ARRAY,
	AS_STRING,
	AS_NUMBER,
	AS_I64,
	AS_BOOL,
	AS_SECOND_VALUE,
	AS_NAME,
	AS_ITEM,
	AS_NAME_AT_TOP,
	AS_ITEM_AT_TOP
};
static const struct {
	const char *text;
	int as;
	size_t error_at;
} misreadings[] = {
	{ " []", AS_OBJECT, 1 },     { " {}", AS_ARRAY, 1 },      { "  7", AS_STRING, 2 },
	{ "\"7\"", AS_NUMBER, 0 },   { "1.5", AS_I64, 0 },        { "9223372036854775808", AS_I64, 0 },
	{ "1e3", AS_I64, 0 },        { "null", AS_BOOL, 0 },      { "1", AS_SECOND_VALUE, 1 },
	{ "[\"a\",1]", AS_NAME, 1 }, { "{\"a\":1}", AS_ITEM, 1 }, { "", AS_STRING, 0 },
	{ "1", AS_NAME_AT_TOP, 1 },  { "1", AS_ITEM_AT_TOP, 1 },
};

START_TEST(scan_misread)
{
	char text[32], *at = strcpy(text, misreadings[_i].text);
	struct kin__jsonscan scan;
	struct kin__span span;
	int64_t n = 0;
	bool flag, fine = true;

	kin__jsonscan_init(&scan, at, strlen(at));
	switch (misreadings[_i].as) {
	case AS_OBJECT:
		fine = kin__jsonscan_object(&scan);
		break;
	case AS_ARRAY:
		fine = kin__jsonscan_array(&scan);
		break;
	case AS_STRING:
		fine = kin__jsonscan_string(&scan, &span);
		break;
	case AS_NUMBER:
		fine = kin__jsonscan_number(&scan, &span);
		break;
	case AS_I64:
		fine = kin__jsonscan_i64(&scan, &n);
		break;
	case AS_BOOL:
		fine = kin__jsonscan_bool(&scan, &flag);
		break;
	case AS_SECOND_VALUE:
		fine = !kin__jsonscan_i64(&scan, &n) || kin__jsonscan_i64(&scan, &n);
		break;
	case AS_NAME:
		fine = !kin__jsonscan_array(&scan) || kin__jsonscan_name(&scan, &span);
		break;
	case AS_ITEM:
		fine = !kin__jsonscan_object(&scan) || kin__jsonscan_item(&scan);
		break;
	case AS_NAME_AT_TOP:
		fine = !kin__jsonscan_i64(&scan, &n) || kin__jsonscan_name(&scan, &span);
		break;
	case AS_ITEM_AT_TOP:
		fine = !kin__jsonscan_i64(&scan, &n) || kin__jsonscan_item(&scan);
		break;
	}
	ck_assert(!fine && scan.error);
	ck_assert_uint_eq(scan.error_at, misreadings[_i].error_at);
	ck_assert(!kin__jsonscan_skip(&scan) && !kin__jsonscan_finish(&scan)); /* it sticks */
	kin__jsonscan_fail(&scan, "another");
	ck_assert_str_ne(scan.error, "another");
	ck_assert_int_eq(kin__jsonscan_type(&scan), KIN__JSONSCAN_NONE);
}
END_TEST

/* Any text written is read back, by both readers; bytes that are no text come back as valid UTF-8. */
START_TEST(json_round_trip)
{
	struct kin__rng rng = { (uint64_t)_i };
	struct kin__bytes out, text;

	kin__bytes_init(&out);
	kin__bytes_init(&text);
	for (int round = 0; round < 300; round++) {
		struct kin__jsonscan scan;
		struct kin__span found, again;
		struct kin__json *tree;
		char code[4], error[KIN__JSON_ERROR];
		bool broken = kin__rng_chance(&rng, 300);

		kin__bytes_clear(&out);
		kin__bytes_clear(&text);
		for (uint64_t i = kin__rng_below(&rng, 60); i > 0; i--)
			kin__bytes_add(&text, code,
			               kin__utf8_put(code,
			                             (uint32_t)kin__rng_below(&rng,
			                                                      kin__rng_chance(&rng, 800)
			                                                                      ? 0x90
			                                                                      : 0x110000)));
		if (broken)
			kin__bytes_char(&text, (char)(0x80 | kin__rng_next(&rng)));
		kin__jsontext_quote(&out, kin__bytes_view(&text));
		ck_assert(kin__utf8_valid(kin__bytes_view(&out)));
		ck_assert_msg(kin__json_parse(out.at, out.n, &tree, error) == 0, "%s", error);
		ck_assert(kin__json_text(tree, &again));
		kin__jsonscan_init(&scan, out.at, out.n);
		ck_assert(kin__jsonscan_string(&scan, &found) && kin__jsonscan_finish(&scan));
		check_same(found, again);
		ck_assert_int_eq(kin__span_same(found, kin__bytes_view(&text)),
		                 kin__utf8_valid(kin__bytes_view(&text)));
		kin__json_free(tree);
	}
	kin__bytes_fini(&out);
	kin__bytes_fini(&text);
}
END_TEST

/* --- tree -------------------------------------------------------------------------------- */

static struct kin__json *parsed(const char *text)
{
	char error[KIN__JSON_ERROR];
	struct kin__json *json;

	ck_assert_msg(kin__json_parse(text, strlen(text), &json, error) == 0, "%s: %s", text, error);
	return json;
}

START_TEST(tree_paths)
{
	struct kin__json *json = parsed("{\"z\":1,\"Stream\":{\"ARN\":\"arn\"},\"Shards\":[{\"Id\":\"a\"},{"
	                                "\"Id\":\"b\",\"L\":[[5]]}],\"z\":2}");
	struct kin__span text = { 0 }, name;
	int64_t n = 0;
	void *at = NULL;
	int members = 0;
	static const char *const order[] = { "z", "Stream", "Shards" };
	static const char *const absent[] = { "x",         "Stream.x",       "Shards.Id",
		                              "Shards[2]", "Shards[-1]",     "Shards[x]",
		                              "Shards[",   "Shards[]",       "Stream[0]",
		                              "z.x",       "Shards[0].Id.x", "Shards[99999999999999999999]",
		                              "." };

	ck_assert(kin__json_text(kin__json_path(json, "Stream.ARN"), &text) && kin__span_is(text, "arn"));
	ck_assert(kin__json_text(kin__json_path(json, "Shards[1].Id"), &text) && kin__span_is(text, "b"));
	ck_assert(kin__json_int(kin__json_path(json, "Shards[1].L[0][0]"), &n) && n == 5);
	ck_assert(kin__json_int(kin__json_member(json, "z"), &n) && n == 2); /* the last wins */
	ck_assert(kin__json_int(kin__json_member_span(json, SPAN("z")), &n) && n == 2);
	ck_assert_ptr_eq(kin__json_path(json, ""), json);
	for (size_t i = 0; i < KIN__ARRAY_LEN(absent); i++)
		ck_assert_msg(!kin__json_path(json, absent[i]), "%s", absent[i]);
	ck_assert_uint_eq(kin__json_count(json), 3);
	ck_assert_uint_eq(kin__json_count(kin__json_member(json, "Shards")), 2);
	ck_assert_uint_eq(kin__json_count(kin__json_member(json, "z")), 0);
	while (kin__json_each_member(json, &at, &name))
		ck_assert(members < 3 && kin__span_is(name, order[members++]));
	ck_assert_int_eq(members, 3);
	at = NULL;
	ck_assert_ptr_null(kin__json_each_member(kin__json_member(json, "Shards"), &at, &name));
	kin__json_free(json);
}
END_TEST

static const struct {
	const char *text;
	enum kin__json_type type;
	bool is_int, is_time;
	int64_t value, ms;
} values[] = {
	{ "0", KIN__JSON_INT, true, true, 0, 0 },
	{ "1.0", KIN__JSON_REAL, true, true, 1, 1000 },
	{ "1E3", KIN__JSON_REAL, true, true, 1000, 1000000 },
	{ "-2.5", KIN__JSON_REAL, false, true, 0, -2500 },
	{ "1768480496.789", KIN__JSON_REAL, false, true, 0, 1768480496789 },
	{ "1.768480496789E9", KIN__JSON_REAL, false, true, 0, 1768480496789 },
	{ "1768480496.7896", KIN__JSON_REAL, false, true, 0, 1768480496790 },
	{ "-0.0006", KIN__JSON_REAL, false, true, 0, -1 },
	{ "1768480496", KIN__JSON_INT, true, true, 1768480496, 1768480496000 },
	{ "9223372036854775807", KIN__JSON_INT, true, false, INT64_MAX, 0 },
	{ "-9223372036854775808", KIN__JSON_INT, true, false, INT64_MIN, 0 },
	{ "9223372036854775808", KIN__JSON_REAL, false, false, 0, 0 },
	{ "-9223372036854775808.0", KIN__JSON_REAL, true, false, INT64_MIN, 0 },
	{ "1e300", KIN__JSON_REAL, false, false, 0, 0 },
	{ "true", KIN__JSON_BOOL, false, false, 0, 0 },
	{ "null", KIN__JSON_NULL, false, false, 0, 0 },
	{ "\"1\"", KIN__JSON_TEXT, false, false, 0, 0 },
	{ "[1]", KIN__JSON_ARRAY, false, false, 0, 0 },
	{ "{}", KIN__JSON_OBJECT, false, false, 0, 0 },
};

START_TEST(tree_values)
{
	struct kin__json *json = parsed(values[_i].text);
	enum kin__json_type type = values[_i].type;
	bool number = type == KIN__JSON_INT || type == KIN__JSON_REAL, flag = false;
	struct kin__span text;
	int64_t n = 77, ms = 77;
	double real = 0;

	ck_assert_int_eq(kin__json_type(json), type);
	ck_assert_int_eq(kin__json_int(json, &n), values[_i].is_int);
	ck_assert_int_eq(n, values[_i].is_int ? values[_i].value : 77);
	ck_assert_int_eq(kin__json_time_ms(json, &ms), values[_i].is_time);
	ck_assert_int_eq(ms, values[_i].is_time ? values[_i].ms : 77);
	ck_assert_int_eq(kin__json_real(json, &real), number);
	ck_assert(real == (number ? atof(values[_i].text) : 0));
	ck_assert_int_eq(kin__json_bool(json, &flag), type == KIN__JSON_BOOL);
	ck_assert_int_eq(flag, type == KIN__JSON_BOOL);
	ck_assert_int_eq(kin__json_text(json, &text), type == KIN__JSON_TEXT);
	ck_assert_int_eq(kin__json_is_null(json), type == KIN__JSON_NULL);
	kin__json_free(json);
}
END_TEST

START_TEST(tree_absent)
{
	struct kin__span text = SPAN("kept");
	int64_t n = 77;
	double real = 7;
	bool flag = true;
	void *at = NULL;

	ck_assert_int_eq(kin__json_type(NULL), KIN__JSON_ABSENT);
	ck_assert(kin__json_is_null(NULL) && kin__json_count(NULL) == 0);
	ck_assert(!kin__json_member(NULL, "a") && !kin__json_at(NULL, 0) && !kin__json_path(NULL, "a.b"));
	ck_assert(!kin__json_member_span(NULL, text) && !kin__json_each_member(NULL, &at, &text));
	ck_assert(!kin__json_text(NULL, &text) && !kin__json_int(NULL, &n) && !kin__json_real(NULL, &real));
	ck_assert(!kin__json_bool(NULL, &flag) && !kin__json_time_ms(NULL, &n));
	ck_assert(kin__span_is(text, "kept") && n == 77 && real == 7 && flag);
	kin__json_free(NULL);
}
END_TEST

START_TEST(tree_errors)
{
	struct kin__json *json;
	char error[KIN__JSON_ERROR];
	static const char secret[] = "{\"SecretAccessKey\":\n \"wJalr\" oops wJalr}";

	ck_assert_int_eq(kin__json_parse(secret, sizeof secret - 1, &json, error), -1);
	ck_assert_str_eq(error, "invalid syntax at line 2, column 13 (byte 33)");
	ck_assert_int_eq(kin__json_parse(NULL, 0, &json, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "ends too early"));
	ck_assert_ptr_null(json);
}
END_TEST

static void add_json(TCase *tcase)
{
	tcase_add_loop_test(tcase, json_documents, 0, COUNT(documents));
	tcase_add_test(tcase, json_truncated);
	tcase_add_loop_test(tcase, json_damaged, 0, 5);
	tcase_add_test(tcase, json_depth);
	tcase_add_loop_test(tcase, scan_strings, 0, COUNT(strings));
	tcase_add_loop_test(tcase, scan_base64, 0, COUNT(encoded));
	tcase_add_test(tcase, scan_members);
	tcase_add_loop_test(tcase, scan_names_among, 0, 10);
	tcase_add_loop_test(tcase, scan_misread, 0, COUNT(misreadings));
	tcase_add_loop_test(tcase, json_round_trip, 0, 5);
	tcase_add_test(tcase, tree_paths);
	tcase_add_loop_test(tcase, tree_values, 0, COUNT(values));
	tcase_add_test(tcase, tree_absent);
	tcase_add_test(tcase, tree_errors);
}
#endif
