/* Links base alone: an undefined symbol here is a breach of the floors. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/backoff.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/coarse.h"
#include "base/histogram.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/machine.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/pacer.h"
#include "base/rng.h"
#include "base/slab.h"
#include "base/timetext.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define T(text) kin__span((text), sizeof(text) - 1)

/* Runs `scene` once to count its allocations, then once for each of them failing.  The scene answers false
 * when it ran out of memory, and must neither leak nor break: the sanitizers watch. */
static void fail_each(bool (*scene)(void))
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(scene());
	total = kin__mem_count();
	ck_assert_uint_gt(total, 0);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!scene(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}

/* --- mem ---------------------------------------------------------------------- */

START_TEST(mem_basics)
{
	char *text = kin__mem_text_n("abcdef", 3), *zeroed = kin__mem_zalloc(100), *wiped = kin__mem_alloc(0);
	uint32_t *array = NULL;
	size_t room = 0;

	ck_assert_str_eq(text, "abc");
	ck_assert_ptr_null(kin__mem_text(NULL));
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(zeroed[i], 0);
	ck_assert_ptr_nonnull(wiped);
	ck_assert_ptr_null(kin__mem_array(SIZE_MAX / 2, 3));
	ck_assert_int_eq(kin__mem_room(&array, &room, 9, sizeof *array), 0);
	ck_assert_uint_ge(room, 9);
	array[8] = 5;
	ck_assert_int_eq(kin__mem_room(&array, &room, 5000, sizeof *array), 0);
	ck_assert_uint_eq(array[8], 5);
	ck_assert_int_eq(kin__mem_room(&array, &room, SIZE_MAX / 2, sizeof *array), -1);
	ck_assert_uint_eq(array[8], 5);
	kin__mem_free(array);
	kin__mem_free(text);
	kin__mem_free(zeroed);
	kin__mem_wipe_free(wiped, 1);
	kin__mem_wipe_free(NULL, 10);
}
END_TEST

START_TEST(mem_pages)
{
	char *at = kin__mem_pages(300000);

	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < 300000; i++)
		ck_assert_int_eq(at[i], 0);
	memset(at, 1, 300000);
	kin__mem_pages_free(at, 300000);
	kin__mem_pages_free(NULL, 300000);
	kin__mem_fail_at(1);
	ck_assert_ptr_null(kin__mem_pages(1));
	kin__mem_fail_at(0);
}
END_TEST

START_TEST(mem_hook)
{
	void *first, *third;

	kin__mem_fail_at(2);
	first = kin__mem_alloc(1);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(kin__mem_grow(first, 100)); /* the old block stays */
	third = kin__mem_zalloc(1);
	ck_assert_ptr_nonnull(third);
	ck_assert_uint_eq(kin__mem_count(), 3);
	kin__mem_fail_at(0);
	ck_assert_uint_eq(kin__mem_count(), 0);
	kin__mem_free(first);
	kin__mem_free(third);
}
END_TEST

/* --- span ---------------------------------------------------------------------- */

static const struct {
	const char *text;
	bool is_u64, is_i64;
	uint64_t u64;
	int64_t i64;
} numbers[] = {
	{ "0", true, true, 0, 0 },
	{ "007", true, true, 7, 7 },
	{ "18446744073709551615", true, false, UINT64_MAX, 0 },
	{ "18446744073709551616", false, false, 0, 0 },
	{ "99999999999999999999", false, false, 0, 0 },
	{ "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
	{ "9223372036854775808", true, false, UINT64_C(9223372036854775808), 0 },
	{ "-9223372036854775808", false, true, 0, INT64_MIN },
	{ "-9223372036854775809", false, false, 0, 0 },
	{ "-1", false, true, 0, -1 },
	{ "", false, false, 0, 0 },
	{ "-", false, false, 0, 0 },
	{ "--1", false, false, 0, 0 },
	{ "+1", false, false, 0, 0 },
	{ " 1", false, false, 0, 0 },
	{ "1 ", false, false, 0, 0 },
	{ "1.0", false, false, 0, 0 },
	{ "0x1", false, false, 0, 0 },
};

START_TEST(span_numbers)
{
	struct kin__span span = kin__span_text(numbers[_i].text);
	uint64_t u64 = 77;
	int64_t i64 = 77;

	ck_assert_int_eq(kin__span_u64(span, &u64), numbers[_i].is_u64);
	ck_assert_uint_eq(u64, numbers[_i].is_u64 ? numbers[_i].u64 : 77);
	ck_assert_int_eq(kin__span_i64(span, &i64), numbers[_i].is_i64);
	ck_assert_int_eq(i64, numbers[_i].is_i64 ? numbers[_i].i64 : 77);
}
END_TEST

START_TEST(span_pieces)
{
	struct kin__span head, tail = kin__span_cut(T("a=b=c"), '=', &head);

	ck_assert(kin__span_is(head, "a") && kin__span_is(tail, "b=c"));
	tail = kin__span_cut(T("abc"), '=', &head);
	ck_assert(kin__span_is(head, "abc") && tail.n == 0);
	tail = kin__span_cut(T("="), '=', &head);
	ck_assert(head.n == 0 && tail.n == 0);
	tail = kin__span_cut(kin__span(NULL, 0), '=', &head);
	ck_assert(head.n == 0 && tail.n == 0);
	ck_assert(kin__span_is(kin__span_trim(T(" \t\r\n a b \r\n")), "a b"));
	ck_assert_uint_eq(kin__span_trim(T(" \t ")).n, 0);
	ck_assert(kin__span_same_nocase(T("Content-TYPE AZ"), T("cONTENT-type az")));
	ck_assert(!kin__span_same_nocase(T("a["), T("a{"))); /* 0x20 apart, but no letters */
	ck_assert(!kin__span_same_nocase(T("ab"), T("abc")));
	ck_assert(kin__span_same(T("a\0b"), T("a\0b")) && !kin__span_same(T("a\0b"), T("a\0c")));
}
END_TEST

/* --- bytes ---------------------------------------------------------------------- */

START_TEST(bytes_adds)
{
	struct kin__bytes bytes;
	char *block, big[300];
	size_t n;

	kin__bytes_init(&bytes);
	ck_assert_uint_eq(kin__bytes_view(&bytes).n, 0);
	kin__bytes_text(&bytes, "x");
	kin__bytes_char(&bytes, 0);
	kin__bytes_u64(&bytes, UINT64_MAX);
	kin__bytes_u64(&bytes, 0);
	kin__bytes_i64(&bytes, INT64_MIN);
	kin__bytes_hex(&bytes, "\x00\x9f\xff", 3);
	kin__bytes_span(&bytes, kin__span(NULL, 0));
	kin__bytes_format(&bytes, "%d-%s", 7, "y");
	ck_assert(kin__span_same(kin__bytes_view(&bytes),
	                         T("x\0"
	                           "184467440737095516150-9223372036854775808009fff7-y")));
	ck_assert_int_eq(bytes.at[bytes.n], 0);
	memset(big, 'z', sizeof big);
	big[299] = 0;
	kin__bytes_clear(&bytes);
	kin__bytes_format(&bytes, "%s%s", big, big);
	ck_assert_uint_eq(bytes.n, 598);
	block = kin__bytes_take(&bytes, &n);
	ck_assert(n == 598 && block[598] == 0 && block[597] == 'z' && !bytes.at);
	kin__mem_free(block);
	block = kin__bytes_take(&bytes, NULL); /* nothing added: an empty text */
	ck_assert_str_eq(block, "");
	kin__mem_free(block);
}
END_TEST

START_TEST(bytes_too_much)
{
	struct kin__bytes bytes;

	kin__bytes_init(&bytes);
	kin__bytes_text(&bytes, "abc");
	ck_assert(!kin__bytes_reserve(&bytes, SIZE_MAX - 3));
	ck_assert(bytes.failed);
	kin__bytes_text(&bytes, "def");
	ck_assert_uint_eq(bytes.n, 3);
	kin__bytes_clear(&bytes);
	kin__bytes_text(&bytes, "def");
	ck_assert_str_eq(bytes.at, "def");
	for (size_t n = 0; n < 300; n++) { /* each room boundary: the 0 always fits */
		kin__bytes_fini(&bytes);
		ck_assert_ptr_nonnull(kin__bytes_extend(&bytes, n));
		ck_assert_uint_lt(bytes.n, bytes.room);
	}
	kin__bytes_fini(&bytes);
}
END_TEST

static bool bytes_scene(void)
{
	struct kin__bytes bytes;
	char *text;

	kin__bytes_init(&bytes);
	for (int i = 0; i < 50; i++)
		kin__bytes_format(&bytes, "%d and more of it,", i);
	kin__bytes_extend(&bytes, 5000);
	text = kin__bytes_take(&bytes, NULL);
	kin__mem_free(text);
	return text != NULL;
}

/* --- hash ----------------------------------------------------------------------------- */

static void check_hex(const void *at, size_t n, const char *expect)
{
	struct kin__bytes hex;

	kin__bytes_init(&hex);
	kin__bytes_hex(&hex, at, n);
	ck_assert_str_eq(hex.at, expect);
	kin__bytes_fini(&hex);
}

static const struct {
	const char *text, *sha256;
} digests[] = {
	/* FIPS 180 */
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};

static const struct {
	int key_n, data_n; /* the key repeated: 0 = as it is */
	const char *key, *data, *mac;
} macs[] = {
	/* RFC 4231 cases 1-3, 6, 7; then keys about the block's size */
	{ 20, 0, "\x0b", "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ 0, 0, "Jefe", "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ 20, 50, "\xaa", "\xdd", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ 131, 0, "\xaa", "Test Using Larger Than Block-Size Key - Hash Key First",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ 131, 0, "\xaa",
	  "This is a test using a larger than block-size key and a larger than block-size data. The key "
	  "needs to be "
	  "hashed before being used by the HMAC algorithm.",
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	{ 0, 0, "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	{ 63, 63, "k", "d", "6e3ea09c8977783161893345d85d701f57d94e5c9d76caf7493c9825b88a2905" },
	{ 64, 64, "k", "d", "13bbaa94f99c1de7ad81bed07343f358530799c735d463fe5ec801fb0e5c48eb" },
	{ 65, 65, "k", "d", "95d614c4db87f404a10e535a8d2d2a994b6bcf79233b9c11c28256b7f5e6bfe5" },
	{ 128, 128, "k", "d", "9de58fd2dd7cb3b173ee288614e3a73178e6d80035fa9a58aa22ad3632d82cf2" },
};

static struct kin__span filled(char room[200], const char *text, int n)
{
	if (n == 0)
		return kin__span_text(text);
	memset(room, text[0], (size_t)n);
	return kin__span(room, (size_t)n);
}

START_TEST(hash_vectors)
{
	struct kin__hash *hash = kin__hash_new();
	struct kin__sha256 sha256;
	char key_room[200], data_room[200];

	ck_assert_ptr_nonnull(hash);
	for (int round = 0; round < 2; round++) { /* twice: a context forgets what it did before */
		for (size_t i = 0; i < KIN__ARRAY_LEN(digests); i++) {
			ck_assert(kin__hash_sha256(hash, digests[i].text, strlen(digests[i].text), &sha256));
			check_hex(sha256.at, sizeof sha256.at, digests[i].sha256);
		}
		for (size_t i = 0; i < KIN__ARRAY_LEN(macs); i++) {
			struct kin__span key = filled(key_room, macs[i].key, macs[i].key_n);
			struct kin__span data = filled(data_room, macs[i].data, macs[i].data_n);

			ck_assert(kin__hash_hmac(hash, key.at, key.n, data.at, data.n, &sha256));
			check_hex(sha256.at, sizeof sha256.at, macs[i].mac);
		}
	}
	ck_assert(kin__hash_sha256(hash, NULL, 0, &sha256));
	check_hex(sha256.at, sizeof sha256.at, digests[0].sha256);
	kin__hash_free(hash);
	kin__hash_free(NULL);
}
END_TEST

#include "base_containers.h"
#include "base_hash_lanes.h"
#include "base_histogram.h"
#include "base_md5.h"
#include "base_pace.h"
#include "base_time.h"

static Suite *suite(void)
{
	Suite *all = suite_create("base");
	TCase *tcase = tcase_create("base");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, mem_basics);
	tcase_add_test(tcase, mem_pages);
	tcase_add_test(tcase, mem_hook);
	tcase_add_loop_test(tcase, span_numbers, 0, COUNT(numbers));
	tcase_add_test(tcase, span_pieces);
	tcase_add_test(tcase, bytes_adds);
	tcase_add_test(tcase, bytes_too_much);
	tcase_add_test(tcase, rng_draws);
	tcase_add_test(tcase, rng_uuids);
	tcase_add_loop_test(tcase, backoff_caps, 0, COUNT(caps));
	tcase_add_loop_test(tcase, pacer_formula, 0, 40);
	tcase_add_test(tcase, pacer_changes_its_rate);
	tcase_add_test(tcase, pacer_edges);
	tcase_add_loop_test(tcase, time_texts, 0, COUNT(points));
	tcase_add_test(tcase, time_calendar);
	tcase_add_test(tcase, time_random);
	tcase_add_loop_test(tcase, time_readings, 0, COUNT(readings));
	tcase_add_test(tcase, time_truncated);
	tcase_add_test(tcase, hash_vectors);
	add_hash_lanes(tcase);
	add_containers(tcase);
	add_histogram(tcase);
	add_md5(tcase);
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
