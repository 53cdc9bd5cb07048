/* Part of check_filter: addresses and numbers at their edges, and memory that ends anywhere in a compilation. */
#include "filter/address.h"
#include "filter/wildcard.h"

static const struct {
	const char *block, *address; /* address NULL: the block is none */
	bool holds;
} blocks[] = {
	{ "10.0.0.0", NULL, false },
	{ "10.0.0.0/", NULL, false },
	{ "10.0.0.0/0000", NULL, false },
	{ "10.0.0.0/x", NULL, false },
	{ "10.0.0.0/32", NULL, false },
	{ "/8", NULL, false },
	{ "10.0.0./8", NULL, false },
	{ "10..0.0/8", NULL, false },
	{ "10.0.0.0.0/8", NULL, false },
	{ "10.0.0.1000/8", NULL, false },
	{ "10.0.0.0x/8", NULL, false },
	{ "10.0.0.-/8", NULL, false },
	{ "00.0.0.0/8", NULL, false },
	{ "::/128", NULL, false },
	{ "fe80:/8", NULL, false },
	{ "1:2:3:4:5:6:7:8:9/8", NULL, false },
	{ "1:2:3:4:5:6:7/8", NULL, false },
	{ "1:2:3:4::5:6:7:8/8", NULL, false },
	{ "12345::/8", NULL, false },
	{ "g::/8", NULL, false },
	{ "G::/8", NULL, false },
	{ "@::/8", NULL, false },
	{ "`::/8", NULL, false },
	{ "/::/8", NULL, false },
	{ "!::/8", NULL, false },
	{ "1::!/8", NULL, false },
	{ "::1.2.3/8", NULL, false },
	{ "1:2:3:4:5:6:7:1.2.3.4/8", NULL, false },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0/8", NULL, false },
	{ "10.0.0.0/31", "10.0.0.1", true },
	{ "10.0.0.0/31", "10.0.0.2", false },
	{ "10.0.0.0/31", "", false },
	{ "255.255.255.254/31", "255.255.255.255", true },
	{ "::/127", "::1", true },
	{ "::/127", "::2", false },
	{ "azAZ::/8", NULL, false },
	{ "09af:09AF::/32", "9AF:9af:ffff::", true },
	{ "1:2:3:4:5:6:7:0/112", "1:2:3:4:5:6:7:8", true },
	{ "1:2:3:4:5:6:1.2.0.0/112", "1:2:3:4:5:6:102:304", true },
};

START_TEST(address_corners)
{
	struct kin__block block;
	bool is = kin__block_read(&block, kin__span_text(blocks[_i].block));

	ck_assert_int_eq(is, blocks[_i].address != NULL);
	if (is)
		ck_assert_int_eq(kin__block_holds(&block, kin__span_text(blocks[_i].address)),
		                 blocks[_i].holds);
}
END_TEST

/* Equal by value as far as a double surely holds them; beyond that by their text alone. */
static const struct {
	const char *a, *b;
	bool same;
} equals[] = {
	{ "1e+2", "100", true },
	{ "1e-2", "0.01", true },
	{ "1e0", "1", true },
	{ "1E00002", "100", true },
	{ "1e307", "10e306", true },
	{ "1e309", "10e308", false },
	{ "1e-307", "0.1e-306", true },
	{ "1e-400", "10e-401", false },
	{ "1e99999999999", "10e99999999998", false },
	{ "1e-99999999999", "1e-99999999999", true },
	{ "123456789012345", "123456789012345.0", true },
	{ "1234567890123456", "1234567890123456.0", true },
	{ "9007199254740992", "9007199254740992.0", true },
	{ "9007199254740993", "9007199254740993.0", false },
	{ "0.1234567890123456", "0.12345678901234560", false },
	{ "12345678901234567000", "12345678901234567e3", false },
	{ "100000000000000000000", "1e20", true },
};

START_TEST(number_corners)
{
	char criteria[256];

	snprintf(criteria, sizeof criteria, OF_FIELD("[%s]"), equals[_i].a);
	expect(criteria, "{\"d\":0}", 0);
	for (int k = 0; k < 2; k++) {
		char data[128];

		snprintf(data, sizeof data, "{\"d\":%s}", k ? equals[_i].b : equals[_i].a);
		expect(criteria, data, k ? equals[_i].same : 1);
	}
}
END_TEST

#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
static const struct refused_row more_refused[] = {
	{ OF_DATA("{\"begin" X60 X60 "end\":[{\"numeric\":5}]}"),
	  "xxxend: \"numeric\" takes" }, /* a long path loses its head */
	{ OF_FIELD("[{\"numeric\":\"x\"}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\"=\"]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[5,\"=\"]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\"=\",\"5\"]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\">\",5,6,7]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\">\",5,\"<\",\"7\"]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\"<\",5,\">\",7]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\"=\",5,\"=\",7]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"numeric\":[\">\",5,\">\",7]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"prefix\":5}]"), "\"prefix\" takes" },
	{ OF_FIELD("[{\"prefix\":{\"equals-ignore-case\":\"a\",\"b\":1}}]"), "\"prefix\" takes" },
	{ OF_FIELD("[{\"prefix\":{\"exactly\":\"a\"}}]"), "\"prefix\" takes" },
	{ OF_FIELD("[{\"suffix\":{\"equals-ignore-case\":5}}]"), "\"suffix\" takes" },
	{ OF_FIELD("[{\"numeric\":[5,6]}]"), "\"numeric\" takes" },
	{ OF_FIELD("[{\"anything-but\":{\"\":\"x\"}}]"), "\"anything-but\" takes" },
	{ OF_FIELD("[{\"anything-but\":{\"prefix\":\"x\",\"suffix\":\"y\"}}]"), "\"anything-but\" takes" },
	{ "5", "Filters" },
	{ "{\"Filters\":5}", "Filters" },
	{ "{\"Filters\":[5]}", "one member" },
	{ "{\"Filters\":[{}]}", "one member" },
	{ "{\"Filters\":[{\"pattern\":\"{}\"}]}", "one member" },
	{ "{\"Filters\":[{\"Pattern\":5}]}", "one member" },
	{ "{\"Filters\":[{\"Pattern\":\"[]\"}]}", "must be an object" },
	{ "{\"Filters\":[{\"Pattern\":\"{}\"}],\"More\":1}", "Filters" },
	{ "{\"Filters\":[{\"Pattern\":\"{}\"}]} x", "no JSON" },
};

START_TEST(further_refusals)
{
	struct kin__reason reason = { "" };
	struct kin__filter *filter = NULL;

	ck_assert_int_eq(kin__filter_new(&filter, kin__span_text(more_refused[_i].criteria), &reason),
	                 KIN_INVALID);
	ck_assert_ptr_null(filter);
	ck_assert_msg(strstr(reason.text, more_refused[_i].words) != NULL, "%s\nsaid '%s'",
	              more_refused[_i].criteria, reason.text);
}
END_TEST

/* Without regard to case, also where bytes are no characters and characters have no other case. */
static const struct {
	const char *a, *b;
	bool same;
} folds[] = {
	{ "\xff", "\xff", true },
	{ "\xff", "\xfe", true }, /* neither is a character: both are U+FFFD */
	{ "\xff", "?", false },
	{ "\xe2\x82\xac", "\xe2\x82\xac", true }, /* the euro sign */
	{ "\xce\xa2", "\xcf\x82", false },        /* a hole between Greek capitals */
	{ "\xf3\xa0\x80\x81", "\xf3\xa0\x80\x81", true },
	{ "\xc4\x80", "\xc4\x81", true }, /* pairs of neighbours: A macron */
	{ "\xc4\x81", "\xc4\x82", false },
	{ "\xef\xac\x83", "FFI", true }, /* one character, three letters */
	{ "@[`{", "@[`{", true },
	{ "@", "`", false },
	{ "[", "{", false },
};

START_TEST(fold_corners)
{
	struct kin__bytes folded;
	struct kin__span b = kin__span_text(folds[_i].b);

	kin__bytes_init(&folded);
	kin__fold_text(&folded, kin__span_text(folds[_i].a));
	ck_assert_int_eq(kin__fold_is(kin__bytes_view(&folded), b, KIN__FOLD_WHOLE), folds[_i].same);
	ck_assert_int_eq(kin__fold_is(kin__bytes_view(&folded), b, KIN__FOLD_PREFIX), folds[_i].same);
	ck_assert_int_eq(kin__fold_is(kin__bytes_view(&folded), b, KIN__FOLD_SUFFIX), folds[_i].same);
	kin__bytes_fini(&folded);
}
END_TEST

/* Patterns of growing size, so that each kind of thing is once the one that finds no memory. */
START_TEST(memory_ends_anywhere)
{
	static const char form[] =
			"{\"Filters\":[{\"Pattern\":{\"data\":{\"%0*d\":[1,{\"exists\":false}],\"b.c\":[{"
			"\"prefix\":{\"equals-ignore-case\":\"x\"}}],\"e\":[{\"anything-but\":[\"x\",\"y\"]},"
			"{"
			"\"numeric\":[\">\",1]},{\"cidr\":\"::/"
			"8\"},{\"suffix\":\"z\"},{\"wildcard\":\"*aab*c\"}],\"$or\":[{\"d\":[2]},{\"f\":{"
			"\"g\":[3],\"h\":[{\"exists\":true}]}},{\"i\":[\"%0*d\"]}]}}}]}";
	static char criteria[8192];
	uint32_t failures = 0;

	for (int filler = 1; filler < 2600; filler += 7) {
		struct kin__filter *filter = NULL;
		struct kin__reason reason;
		int code = KIN_NOMEM;

		snprintf(criteria, sizeof criteria, form, filler, 0, filler / 2 + 1, 0);
		for (uint64_t n = 1; code != KIN_OK; n++) {
			kin__mem_fail_at(n);
			code = kin__filter_new(&filter, kin__span_text(criteria), &reason);
			kin__mem_fail_at(0);
			ck_assert(code == KIN_NOMEM || code == KIN_OK);
			failures += code == KIN_NOMEM;
			ck_assert_uint_lt(n, 100);
		}
		kin__filter_free(filter);
	}
	ck_assert_uint_gt(failures, 500);
}
END_TEST

/* As the words say it: a * is nothing, or one byte and a *. */
static bool slow_wildcard(const char *pattern, size_t n, const char *text, size_t left)
{
	if (n == 0)
		return left == 0;
	if (pattern[0] == '*')
		return slow_wildcard(pattern + 1, n - 1, text, left) ||
		       (left > 0 && slow_wildcard(pattern, n, text + 1, left - 1));
	if (pattern[0] == '\\') {
		pattern++;
		n--;
	}
	return left > 0 && pattern[0] == text[0] && slow_wildcard(pattern + 1, n - 1, text + 1, left - 1);
}

START_TEST(wildcards_as_the_slow_one_says)
{
	struct kin__rng rng = { 11 };
	struct kin__arena arena;
	uint32_t met = 0;

	kin__arena_init(&arena);
	for (int turn = 0; turn < 200000; turn++) {
		char pattern[16], text[16];
		size_t n = 0, text_n = kin__rng_below(&rng, 9);
		bool is;

		for (uint64_t parts = kin__rng_below(&rng, 7); parts > 0; parts--)
			switch (kin__rng_below(&rng, 8)) {
			case 0:
				pattern[n++] = '\\';
				pattern[n++] = kin__rng_below(&rng, 2) ? '*' : '\\';
				break;
			case 1:
			case 2:
				pattern[n++] = '*';
				break;
			default:
				pattern[n++] = (char)('a' + kin__rng_below(&rng, 2));
			}
		for (size_t i = 0; i < text_n; i++)
			text[i] = "aaabb*\\"[kin__rng_below(&rng, 7)];
		is = slow_wildcard(pattern, n, text, text_n);
		met += is;
		kin__arena_clear(&arena);
		ck_assert_msg(kin__wildcard_met(kin__wildcard_read(&arena, kin__span(pattern, n)),
		                                kin__span(text, text_n)) == is,
		              "'%.*s' and '%.*s' %s", (int)n, pattern, (int)text_n, text,
		              is ? "match" : "do not match");
	}
	ck_assert_uint_gt(met, 10000);
	kin__arena_fini(&arena);
}
END_TEST

/* One that goes back in the text with each mismatch would take minutes. */
START_TEST(a_wildcard_takes_no_time_in_vain)
{
	enum { TEXT = 10485760, PATTERN = 4096 };
	static char pattern[PATTERN];
	char *text = malloc(TEXT);
	struct kin__wildcard *wildcard;
	struct kin__arena arena;

	kin__arena_init(&arena);
	memset(pattern, 'a', sizeof pattern);
	pattern[0] = pattern[PATTERN - 1] = '*';
	pattern[PATTERN - 2] = 'b';
	memset(text, 'a', TEXT);
	wildcard = kin__wildcard_read(&arena, kin__span(pattern, PATTERN));
	ck_assert(!kin__wildcard_met(wildcard, kin__span(text, TEXT)));
	text[TEXT - 1] = 'b';
	ck_assert(kin__wildcard_met(wildcard, kin__span(text, TEXT)));
	kin__arena_fini(&arena);
	free(text);
}
END_TEST

static TCase *corners_case(void)
{
	TCase *edge = tcase_create("corners");

	tcase_add_loop_test(edge, address_corners, 0, (int)(sizeof blocks / sizeof blocks[0]));
	tcase_add_loop_test(edge, number_corners, 0, (int)(sizeof equals / sizeof equals[0]));
	tcase_add_loop_test(edge, further_refusals, 0, (int)(sizeof more_refused / sizeof more_refused[0]));
	tcase_add_loop_test(edge, fold_corners, 0, (int)(sizeof folds / sizeof folds[0]));
	tcase_add_test(edge, memory_ends_anywhere);
	tcase_add_test(edge, wildcards_as_the_slow_one_says);
	tcase_add_test(edge, a_wildcard_takes_no_time_in_vain);
	return edge;
}
