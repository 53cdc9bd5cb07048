/* Links wire and base alone: an undefined symbol here is a breach of the floors. */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "wire/aggregate_write.h"
#include "wire/aggregate.h"
#include "wire/base64.h"
#include "wire/base64_ways.h"
#include "wire/cbor.h"
#include "wire/cborjson.h"
#include "wire/crc32c.h"
#include "wire/ini.h"
#include "wire/json.h"
#include "wire/jsonscan.h"
#include "wire/jsonskip.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define T(text)                                                                                              \
	{                                                                                                    \
		(text), sizeof(text) - 1                                                                     \
	}
#define SPAN(text) kin__span((text), sizeof(text) - 1)

/* A copy exactly as large as the text: the sanitizers see a byte too much.  Free with free(). */
static char *exact_copy(struct kin__span text)
{
	char *copy = malloc(text.n ? text.n : 1);

	memcpy(copy, text.at, text.n);
	return copy;
}

static void check_same(struct kin__span found, struct kin__span expect)
{
	ck_assert_msg(kin__span_same(found, expect), "'%.*s', not '%.*s'", (int)found.n, found.at,
	              (int)expect.n, expect.at);
}

/* --- base64 ------------------------------------------------------------------------ */

static const struct {
	const char *plain, *text;
} coded[] = {
	/* RFC 4648, section 10; then both odd characters */
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+" },
};

START_TEST(base64_vectors)
{
	struct kin__span plain = kin__span_text(coded[_i].plain), text = kin__span_text(coded[_i].text);
	char out[16] = { 0 };
	size_t n;

	ck_assert_uint_eq(kin__base64_room(plain.n), text.n);
	check_same(kin__span(out, kin__base64_encode(NULL, out, plain.at, plain.n)), text);
	ck_assert(kin__base64_decode(NULL, out, text.at, text.n, &n));
	check_same(kin__span(out, n), plain);
}
END_TEST

/* A byte at a time, as the RFC tells it. */
static size_t naive_encode(char *out, const unsigned char *data, size_t n)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bits = 0, put = 0, held = 0;

	for (size_t i = 0; i < n; i++) {
		held = (held << 8 | data[i]) & 0xffffff;
		for (bits += 8; bits >= 6; bits -= 6)
			out[put++] = alphabet[held >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[put++] = alphabet[held << (6 - bits) & 63];
	while (put % 4 != 0)
		out[put++] = '=';
	return put;
}

START_TEST(base64_all_lengths)
{
	struct kin__rng rng = { 1 };
	unsigned char data[300];
	char expect[404], text[404];
	size_t n, out_n, used;

	for (size_t size = 0; size <= sizeof data; size++) {
		char *place;

		for (size_t i = 0; i < size; i++)
			data[i] = (unsigned char)kin__rng_next(&rng);
		n = naive_encode(expect, data, size);
		check_same(kin__span(text, kin__base64_encode(NULL, text, data, size)), kin__span(expect, n));
		place = exact_copy(kin__span(text, n));
		ck_assert(kin__base64_decode(NULL, place, place, n, &out_n)); /* in place */
		ck_assert(out_n == size && memcmp(place, data, size) == 0);
		free(place);
		text[n] = '"';
		place = exact_copy(kin__span(text, n + 1));
		ck_assert(!kin__base64_decode_quoted(NULL, place, place, n, &out_n,
		                                     &used)); /* the quote is out of reach */
		memcpy(place, text, n);
		ck_assert(kin__base64_decode_quoted(NULL, place, place, n + 1, &out_n, &used));
		ck_assert(out_n == size && used == n && memcmp(place, data, size) == 0);
		free(place);
	}
}
END_TEST

/* Each byte value at each place of a padded text: fine exactly when the alphabet holds it. */
START_TEST(base64_strict)
{
	static const char good[] = "QUJDREVGR0hJSktMTU5PUA==";
	static const char *const bad[] = { "Q",          "QU",    "QUJ",   "QQ=",  "QQ=",      "=",
		                           "==",         "===",   "====",  "Q===", "QQ==QUJD", "QQ==QQ==",
		                           "QUJDQQ==\n", " QUJD", "QUJD ", "QU=D", "QUJD=",    "QUI=\"" };
	char text[sizeof good], out[64];
	size_t n;

	for (size_t i = 0; i + 1 < sizeof good; i++)
		for (int c = 0; c < 256; c++) {
			bool letter = c < 128 && c > 0 &&
			              strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
			                     "/",
			                     c);
			bool fine = i == 23 ? c == '=' : i == 22 ? letter || c == '=' : letter;

			memcpy(text, good, sizeof good);
			text[i] = (char)c;
			if (kin__base64_decode(NULL, out, text, sizeof good - 1, &n) != fine)
				ck_abort_msg("byte %d at %d", c, (int)i);
		}
	for (size_t i = 0; i < KIN__ARRAY_LEN(bad); i++)
		ck_assert_msg(!kin__base64_decode(NULL, out, bad[i], strlen(bad[i]), &n), "'%s'", bad[i]);
	ck_assert(kin__base64_decode(NULL, out, "QR==", 4, &n) &&
	          n == 1); /* the unused bits are not looked at */
}
END_TEST

#include "wire_base64.h"

/* --- utf8 ---------------------------------------------------------------------------- */

static const struct {
	struct kin__span text;
	bool valid;
	size_t units;
	const char *quoted;
} texts[] = {
	{ T(""), true, 0, "\"\"" },
	{ T(" !#[]"), true, 5, "\" !#[]\"" },
	{ T("abc\x7f"), true, 4, "\"abc\x7f\"" },
	{ T("\xc2\x80\xdf\xbf"), true, 2, "\"\xc2\x80\xdf\xbf\"" },
	{ T("\xe0\xa0\x80\xef\xbf\xbf"), true, 2, "\"\xe0\xa0\x80\xef\xbf\xbf\"" },
	{ T("\xed\x9f\xbf\xee\x80\x80"), true, 2, "\"\xed\x9f\xbf\xee\x80\x80\"" },
	{ T("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true, 4, "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
	{ T("\x80"), false, 1, "\"\xef\xbf\xbd\"" },
	{ T("\xc0\x80"), false, 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
	{ T("\xc1\xbf"), false, 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ T("\xe0\x9f\xbf"), false, 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ T("\xed\xa0\x80"), false, 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
	{ T("\xf4\x90\x80\x80"), false, 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ T("\xf5"), false, 1, "\"\xef\xbf\xbd\"" },
	{ T("\xe2\x82"), false, 1, "\"\xef\xbf\xbd\"" }, /* cut: one for all of it */
	{ T("\xf0\x9f\x98!"), false, 2, "\"\xef\xbf\xbd!\"" },
	{ T("a\xffz"), false, 3, "\"a\xef\xbf\xbdz\"" },
	{ T("\"\\/\b\f\n\r\t"), true, 8, "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ T("\0\x01\x1f"), true, 3, "\"\\u0000\\u0001\\u001f\"" },
	{ T("0123456\"01234567\\0123456\n"), true, 25, "\"0123456\\\"01234567\\\\0123456\\n\"" },
};

START_TEST(utf8_texts)
{
	char *copy = exact_copy(texts[_i].text);
	struct kin__span text = kin__span(copy, texts[_i].text.n);
	struct kin__bytes out;

	ck_assert_int_eq(kin__utf8_valid(text), texts[_i].valid);
	ck_assert_uint_eq(kin__utf8_units(text), texts[_i].units);
	kin__bytes_init(&out);
	kin__jsontext_quote(&out, text);
	ck_assert_str_eq(out.at, texts[_i].quoted);
	kin__bytes_fini(&out);
	free(copy);
}
END_TEST

START_TEST(utf8_each_code)
{
	for (uint32_t code = 0; code <= 0x110010; code++) {
		bool is = code < 0xd800 || (code > 0xdfff && code < 0x110000);
		char room[4];
		size_t n = kin__utf8_put(room, code), bad;
		size_t expect = !is ? 3 : code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

		if (n != expect || kin__utf8_step(kin__span(room, n), &bad) != n || bad != 0)
			ck_abort_msg("U+%04X", (unsigned)code);
		if (!is && memcmp(room, "\xef\xbf\xbd", 3) != 0)
			ck_abort_msg("U+%04X is written", (unsigned)code);
		for (size_t cut = 1; cut < n; cut++)
			if (kin__utf8_step(kin__span(room, cut), &bad) != 0 || bad != cut)
				ck_abort_msg("U+%04X cut to %d", (unsigned)code, (int)cut);
	}
}
END_TEST

/* --- jsontext -------------------------------------------------------------------------- */

static void write_document(struct kin__bytes *out)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "a\"");
	kin__jsontext_array(&json);
	kin__jsontext_i64(&json, INT64_MIN);
	kin__jsontext_u64(&json, UINT64_MAX);
	kin__jsontext_number(&json, "1.5E3");
	kin__jsontext_array(&json);
	kin__jsontext_array_end(&json);
	kin__jsontext_bool(&json, true);
	kin__jsontext_bool(&json, false);
	kin__jsontext_null(&json);
	kin__jsontext_text(&json, NULL);
	kin__jsontext_text(&json, "t");
	kin__jsontext_array_end(&json);
	kin__jsontext_name_span(&json, SPAN("b"));
	kin__jsontext_object(&json);
	kin__jsontext_object_end(&json);
	kin__jsontext_name(&json, "c");
	kin__jsontext_base64(&json, "foob", 4);
	kin__jsontext_name(&json, "d");
	kin__jsontext_raw(&json, SPAN("[1, 2]"));
	kin__jsontext_name(&json, "e");
	kin__jsontext_string(&json, SPAN("x\0y"));
	kin__jsontext_object_end(&json);
	ck_assert_uint_eq(json.depth, 0);
}

START_TEST(jsontext_document)
{
	struct kin__bytes out;

	kin__bytes_init(&out);
	write_document(&out);
	ck_assert_str_eq(out.at, "{\"a\\\"\":[-9223372036854775808,18446744073709551615,1.5E3,[],true,false,"
	                         "null,null,\"t\"],"
	                         "\"b\":{},\"c\":\"Zm9vYg==\",\"d\":[1, 2],\"e\":\"x\\u0000y\"}");
	kin__bytes_clear(&out);
	kin__jsontext_quote_base64(&out, NULL, NULL, SIZE_MAX - 8);
	ck_assert(out.failed);
	kin__bytes_fini(&out);
}
END_TEST

#include "wire_json.h"
#include "wire_cbor.h"
#include "wire_cborjson.h"
#include "wire_crc32c.h"
#include "wire_ini.h"
#include "wire_aggregate_write.h"
#include "wire_aggregate.h"

static Suite *suite(void)
{
	Suite *all = suite_create("wire");
	TCase *tcase = tcase_create("wire");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, base64_vectors, 0, COUNT(coded));
	tcase_add_test(tcase, base64_all_lengths);
	tcase_add_test(tcase, base64_strict);
	add_base64(tcase);
	tcase_add_loop_test(tcase, utf8_texts, 0, COUNT(texts));
	tcase_add_test(tcase, utf8_each_code);
	tcase_add_test(tcase, jsontext_document);
	add_json(tcase);
	add_ini(tcase);
	add_aggregate_write(tcase);
	add_cbor(tcase);
	add_cborjson(tcase);
	add_aggregate(tcase);
	suite_add_tcase(all, crc32c_tests());
	suite_add_tcase(all, tcase);
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
