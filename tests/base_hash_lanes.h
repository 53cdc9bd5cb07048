/* SHA-256 of several messages side by side: the vectors of FIPS 180, and beside OpenSSL's one after the other.
 * Part of check_base.c. */
#include "base/sha256_lanes.h"

enum { LANES_MAX = 8, LANES_BYTES = 5000 };

/* "" repeats nothing; the last one is a million of its letter. */
static const struct {
	const char *text;
	size_t times;
	const char *sha256;
} lane_vectors[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
	  "mnopqrstnopqrstu",
	  1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static struct kin__span repeated(const char *text, size_t times)
{
	size_t n = strlen(text);
	char *at = kin__mem_alloc(n * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(at + i * n, text, n);
	return kin__span(at, n * times);
}

/* Each vector beside each other one, in each lane; with OpenSSL alone where the processor has no lanes. */
START_TEST(lanes_vectors)
{
	struct kin__hash *hash = kin__hash_new();
	struct kin__span messages[COUNT(lane_vectors)];
	struct kin__span turned[COUNT(lane_vectors)];
	struct kin__sha256 out[COUNT(lane_vectors)];
	size_t n = KIN__ARRAY_LEN(lane_vectors);

	for (size_t i = 0; i < n; i++)
		messages[i] = repeated(lane_vectors[i].text, lane_vectors[i].times);
	for (size_t turn = 0; turn < n; turn++)
		for (size_t many = 1; many <= n; many++) {
			for (size_t i = 0; i < many; i++)
				turned[i] = messages[(i + turn) % n];
			ck_assert(kin__hash_sha256_each(hash, turned, out, many));
			for (size_t i = 0; i < many; i++)
				check_hex(out[i].at, sizeof out[i].at, lane_vectors[(i + turn) % n].sha256);
		}
	for (size_t i = 0; i < n; i++)
		kin__mem_free((char *)(uintptr_t)messages[i].at);
	kin__hash_free(hash);
}
END_TEST

static void check_lanes(struct kin__hash *hash, const struct kin__span *messages, size_t n)
{
	struct kin__sha256 out[LANES_MAX], alone;

	memset(out, 0, sizeof out);
	ck_assert(kin__hash_sha256_each(hash, messages, out, n));
	for (size_t i = 0; i < n; i++) {
		ck_assert(kin__hash_sha256(hash, messages[i].at, messages[i].n, &alone));
		ck_assert_msg(memcmp(alone.at, out[i].at, sizeof alone.at) == 0,
		              "the digest of message %d of %d, %d bytes, is not OpenSSL's; the first one has "
		              "%d bytes",
		              (int)i, (int)n, (int)messages[i].n, (int)messages[0].n);
	}
}

/* All lengths about the borders of four blocks, each beside shorter, equal and longer ones. */
static void check_borders(struct kin__hash *hash, const char *bytes)
{
	static const size_t others[] = { 0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1000 };

	for (size_t length = 0; length <= 260; length++)
		for (size_t i = 0; i < KIN__ARRAY_LEN(others); i++) {
			size_t third = others[(i * 5 + length) % KIN__ARRAY_LEN(others)];
			struct kin__span messages[] = { { bytes + length % 17, length },
				                        { bytes + 1001 + i, others[i] },
				                        { bytes + 3000, third } };

			check_lanes(hash, messages, 2);
			check_lanes(hash, messages + 1, 2);
			check_lanes(hash, messages, 3);
		}
}

static void check_random(struct kin__hash *hash, const char *bytes, struct kin__rng *rng)
{
	for (int round = 0; round < 3000; round++) {
		struct kin__span messages[LANES_MAX];
		size_t n = 1 + (size_t)kin__rng_below(rng, LANES_MAX);

		for (size_t i = 0; i < n; i++) {
			size_t start = (size_t)kin__rng_below(rng, LANES_BYTES);
			size_t most = kin__rng_below(rng, 2) ? 200 : LANES_BYTES;
			size_t length = (size_t)kin__rng_below(rng, most);

			messages[i].at = bytes + start;
			messages[i].n = length < LANES_BYTES - start ? length : LANES_BYTES - start;
		}
		check_lanes(hash, messages, n);
	}
}

/* Round 0: this processor's way; round 1: without lanes, as everywhere else. */
START_TEST(lanes_beside_openssl)
{
	struct kin__hash *hash = kin__hash_new();
	char bytes[LANES_BYTES];
	struct kin__rng rng = { 20261126 };

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)kin__rng_below(&rng, 256);
	if (_i == 0) {
		const struct kin__sha256_lanes *lanes = kin__sha256_lanes_fastest();

		ck_assert_uint_eq(kin__hash_lanes(hash), lanes ? lanes->most : 1);
	} else {
		kin__hash_set_lanes(hash, NULL);
		ck_assert_uint_eq(kin__hash_lanes(hash), 1);
	}
	check_borders(hash, bytes);
	check_random(hash, bytes, &rng);
	kin__hash_free(hash);
}
END_TEST

/* A message that grows by such a step, hashed up to what stood there so long ago; its digest is asked for on the way. */
static void check_growing(struct kin__hash *hash, const struct kin__sha256_lanes *lanes, const char *bytes,
                          size_t step, size_t behind)
{
	struct kin__sha256_part part = { .taken = 0 };
	struct kin__sha256 whole, grown;

	for (size_t n = 0; n < LANES_BYTES; n += step) {
		lanes->take(&part, bytes, n > behind ? n - behind : 0);
		ck_assert_uint_le(part.taken, n);
		lanes->end(&part, kin__span(bytes, n), &grown);
		ck_assert(kin__hash_sha256(hash, bytes, n, &whole));
		ck_assert_msg(memcmp(whole.at, grown.at, sizeof whole.at) == 0,
		              "the digest of the first %d bytes, grown by %d at a time and hashed to %d, is "
		              "not "
		              "OpenSSL's",
		              (int)n, (int)step, (int)part.taken);
	}
}

/* Without lanes there is nothing that a message could be hashed by while it grows. */
START_TEST(lanes_growing)
{
	static const size_t steps[] = { 1, 7, 63, 64, 65, 128, 1000, 4999 };
	const struct kin__sha256_lanes *lanes = kin__sha256_lanes_fastest();
	struct kin__hash *hash = kin__hash_new();
	struct kin__rng rng = { 20261126 };
	char bytes[LANES_BYTES];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)kin__rng_below(&rng, 256);
	for (size_t i = 0; lanes && i < KIN__ARRAY_LEN(steps); i++) {
		check_growing(hash, lanes, bytes, steps[i], 0);
		check_growing(hash, lanes, bytes, steps[i], steps[i]);
	}
	ck_assert_uint_eq(kin__hash_lanes(hash) > 1, lanes != NULL);
	kin__hash_free(hash);
}
END_TEST

static void add_hash_lanes(TCase *tcase)
{
	tcase_add_test(tcase, lanes_vectors);
	tcase_add_loop_test(tcase, lanes_beside_openssl, 0, 2);
	tcase_add_test(tcase, lanes_growing);
}
