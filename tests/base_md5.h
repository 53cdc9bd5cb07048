/* MD5 in each way that this processor has, against OpenSSL's. */
#include <openssl/evp.h>
#include "base/md5.h"
#include "base/md5_ways.h"

static const struct {
	const char *text, *md5;
} md5_vectors[] = {
	/* RFC 1321, A.5 */
	{ "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ "a", "0cc175b9c0f1b6a831c399e269772661" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	  "d174ab98d277d9f5a5611c2c9f419d9f" },
	{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	  "57edf4a22be3c955ac49da2e2107b67a" },
};

START_TEST(md5_of_the_rfc)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS];

	kin__md5_ways(ways);
	ck_assert_ptr_eq(ways[0], &kin__md5_portable);
	for (size_t w = 0; ways[w]; w++)
		for (size_t n = 1; n <= 2 * KIN__MD5_LANES; n++) { /* the same in as many lanes */
			struct kin__span texts[2 * KIN__MD5_LANES];
			struct kin__md5 out[2 * KIN__MD5_LANES];

			for (size_t i = 0; i < n; i++)
				texts[i] = kin__span_text(md5_vectors[_i].text);
			kin__md5_many(ways[w], texts, n, out);
			for (size_t i = 0; i < n; i++)
				check_hex(out[i].at, sizeof out[i].at, md5_vectors[_i].md5);
		}
}
END_TEST

enum { MD5_MOST = 1025 };

/* Messages with nothing allowed behind them: the sanitizers see each byte too much. */
struct md5_messages {
	size_t n;
	struct kin__span at[MD5_MOST];
	char *blocks[MD5_MOST];
	struct kin__md5 right[MD5_MOST];
};

static void md5_add(struct md5_messages *all, struct kin__rng *rng, size_t size)
{
	EVP_MD *md5 = EVP_MD_fetch(NULL, "MD5", "fips=no");
	size_t shift = (size_t)kin__rng_below(rng, 4);
	char *block = malloc(shift + size > 0 ? shift + size : 1);

	for (size_t i = 0; i < shift + size; i++)
		block[i] = (char)kin__rng_next(rng);
	ck_assert_msg(md5 && EVP_Digest(block + shift, size, all->right[all->n].at, NULL, md5, NULL) == 1,
	              "OpenSSL has no MD5 to compare with");
	all->blocks[all->n] = block;
	all->at[all->n++] = kin__span(block + shift, size);
	EVP_MD_free(md5);
}

static void md5_compare(const struct md5_messages *all)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS];
	static struct kin__md5 out[MD5_MOST + 1];

	kin__md5_ways(ways);
	for (size_t w = 0; ways[w]; w++) {
		memset(out, 'x', sizeof out);
		kin__md5_many(ways[w], all->at, all->n, out);
		for (size_t i = 0; i < all->n; i++)
			ck_assert_msg(memcmp(&out[i], &all->right[i], sizeof *out) == 0,
			              "%s: message %zu of %zu, %zu bytes: not what OpenSSL says",
			              ways[w]->name, i, all->n, all->at[i].n);
		for (size_t i = 0; i < sizeof *out; i++)
			ck_assert_msg(out[all->n].at[i] == 'x', "%s: wrote behind %zu digests", ways[w]->name,
			              all->n);
	}
}

static void md5_drop(struct md5_messages *all)
{
	while (all->n > 0)
		free(all->blocks[--all->n]);
}

/* Every length up to the longest key, in any order. */
START_TEST(md5_all_lengths)
{
	static struct md5_messages all;
	struct kin__rng rng = { 11 };
	size_t sizes[MD5_MOST];

	for (size_t i = 0; i < MD5_MOST; i++) {
		size_t k = (size_t)kin__rng_below(&rng, i + 1);

		sizes[i] = sizes[k];
		sizes[k] = i;
	}
	for (size_t i = 0; i < MD5_MOST; i++)
		md5_add(&all, &rng, sizes[i]);
	md5_compare(&all);
	md5_drop(&all);
}
END_TEST

/* Any number of messages, of any lengths; a few are long. */
START_TEST(md5_any_number)
{
	static struct md5_messages all;
	struct kin__rng rng = { (uint64_t)_i };

	for (size_t n = 0; n < 3 * KIN__MD5_LANES; n++) {
		for (size_t i = 0; i < n; i++)
			md5_add(&all, &rng,
			        (size_t)kin__rng_below(&rng, kin__rng_chance(&rng, 50) ? 9000 : 200));
		md5_compare(&all);
		md5_drop(&all);
	}
}
END_TEST

/* The fastest is the last of all; NULL is good, and so is no message. */
START_TEST(md5_fastest_way)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS];
	const struct kin__md5_way *fastest = kin__md5_fastest();
	struct kin__span nothing = { NULL, 0 };
	struct kin__md5 out;
	size_t n = 0;

	kin__md5_ways(ways);
	while (ways[n + 1]) {
		n++;
		ck_assert_uint_ge(ways[n]->lanes, ways[n - 1]->lanes);
		ck_assert_uint_le(ways[n]->lanes, KIN__MD5_LANES);
	}
	ck_assert_ptr_eq(ways[n], fastest);
	kin__md5_many(NULL, &nothing, 1, &out);
	check_hex(out.at, sizeof out.at, "d41d8cd98f00b204e9800998ecf8427e");
	kin__md5_many(fastest, NULL, 0, NULL);
}
END_TEST

static void add_md5(TCase *tcase)
{
	tcase_add_loop_test(tcase, md5_of_the_rfc, 0, COUNT(md5_vectors));
	tcase_add_test(tcase, md5_all_lengths);
	tcase_add_loop_test(tcase, md5_any_number, 0, 5);
	tcase_add_test(tcase, md5_fastest_way);
}
