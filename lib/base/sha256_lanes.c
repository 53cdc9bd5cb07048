/* base/sha256_lanes - see sha256_lanes.h; FIPS 180-4 by x86's SHA instructions */
#include "base/cpu.h"
#include "base/sha256_lanes.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>
#include <string.h>

/* Two take the time of 1.3, three that of 1.7; a fourth finds no registers, and its place is taken. */
enum { LANES = 3, BLOCK = 64, STATE = 32 };

#define SHA __attribute__((target("sha,sse4.1")))

struct lane {
	const unsigned char *at; /* what is left of the message */
	size_t blocks;           /* whole ones of that */
	unsigned char end[2 * BLOCK];
	size_t end_blocks;                /* 0: they are at `at` already */
	unsigned char own[STATE], *state; /* words a b e f and c d g h, as the instructions want them */
	struct kin__sha256 *out;
};

static const uint32_t rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

SHA static inline __m128i load(const void *at)
{
	return _mm_loadu_si128(at);
}

SHA static inline void store(void *to, __m128i value)
{
	_mm_storeu_si128(to, value);
}

/* Words are big-endian in a message. */
SHA static inline __m128i load_words(const unsigned char *at)
{
	return _mm_shuffle_epi8(load(at), _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

/* Four words of the schedule, from the sixteen before them. */
SHA static inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
	return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)),
	                            w3);
}

/* n is a constant where it is inlined: no loop over the lanes is left, and all of them are in registers. */
SHA static inline __attribute__((always_inline)) void take_blocks(struct lane *const *lanes, const size_t n,
                                                                  size_t blocks)
{
	__m128i a[LANES], c[LANES], w[LANES][4];

	for (size_t i = 0; i < n; i++) {
		a[i] = load(lanes[i]->state);
		c[i] = load(lanes[i]->state + 16);
	}
	for (size_t block = 0; block < blocks; block++) {
#pragma GCC unroll 3
		for (size_t i = 0; i < n; i++)
#pragma GCC unroll 4
			for (size_t k = 0; k < 4; k++)
				w[i][k] = load_words(lanes[i]->at + block * BLOCK + k * 16);
#pragma GCC unroll 16
		for (size_t four = 0; four < 16; four++)
#pragma GCC unroll 3
			for (size_t i = 0; i < n; i++) {
				__m128i now = w[i][four % 4];
				__m128i sum = _mm_add_epi32(now, load(&rounds[four * 4]));

				c[i] = _mm_sha256rnds2_epu32(c[i], a[i], sum);
				a[i] = _mm_sha256rnds2_epu32(a[i], c[i], _mm_shuffle_epi32(sum, 0x0e));
				if (four < 12)
					w[i][four % 4] = next_words(now, w[i][(four + 1) % 4],
					                            w[i][(four + 2) % 4],
					                            w[i][(four + 3) % 4]);
			}
#pragma GCC unroll 3
		for (size_t i = 0; i < n; i++) {
			a[i] = _mm_add_epi32(a[i], load(lanes[i]->state));
			c[i] = _mm_add_epi32(c[i], load(lanes[i]->state + 16));
			store(lanes[i]->state, a[i]);
			store(lanes[i]->state + 16, c[i]);
		}
	}
}

SHA static void take_one(struct lane *const *lanes, size_t blocks)
{
	take_blocks(lanes, 1, blocks);
}

SHA static void take_two(struct lane *const *lanes, size_t blocks)
{
	take_blocks(lanes, 2, blocks);
}

SHA static void take_three(struct lane *const *lanes, size_t blocks)
{
	take_blocks(lanes, 3, blocks);
}

SHA static void begin_state(unsigned char *state)
{
	store(state, _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c));
	store(state + 16, _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19));
}

/* What does not fill a block, a bit that is set, zeros, and the length in bits. */
SHA static void begin(struct lane *lane, struct kin__span message, struct kin__sha256 *out)
{
	size_t left = message.n % BLOCK;
	uint64_t bits = (uint64_t)message.n * 8;

	lane->at = (const unsigned char *)message.at;
	lane->blocks = message.n / BLOCK;
	lane->end_blocks = left + 9 <= BLOCK ? 1 : 2;
	lane->state = lane->own;
	begin_state(lane->state);
	lane->out = out;
	memset(lane->end, 0, sizeof lane->end);
	if (left > 0)
		memcpy(lane->end, lane->at + message.n - left, left);
	lane->end[left] = 0x80;
	for (size_t i = 0; i < 8; i++)
		lane->end[lane->end_blocks * BLOCK - 1 - i] = (unsigned char)(bits >> (8 * i));
}

SHA static void tell(const struct lane *lane)
{
	uint32_t abef[4], cdgh[4]; /* the last word first */
	uint32_t words[8];

	memcpy(abef, lane->state, sizeof abef);
	memcpy(cdgh, lane->state + sizeof abef, sizeof cdgh);
	for (size_t i = 0; i < 2; i++) {
		words[i] = abef[3 - i];
		words[i + 2] = cdgh[3 - i];
		words[i + 4] = abef[1 - i];
		words[i + 6] = cdgh[1 - i];
	}
	for (size_t i = 0; i < 32; i++)
		lane->out->at[i] = (uint8_t)(words[i / 4] >> (24 - i % 4 * 8));
}

/* Goes on from the message to its end.  false: that is over, too. */
static bool goes_on(struct lane *lane)
{
	if (lane->blocks > 0)
		return true;
	if (lane->end_blocks == 0)
		return false;
	lane->at = lane->end;
	lane->blocks = lane->end_blocks;
	lane->end_blocks = 0;
	return true;
}

/* Those that are over tell, and leave; how many are left. */
SHA static size_t leave(struct lane **lanes, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (goes_on(lanes[i]))
			lanes[left++] = lanes[i];
		else
			tell(lanes[i]);
	}
	return left;
}

SHA static void run(struct lane **active, size_t n)
{
	static void (*const take[LANES])(struct lane *const *lanes, size_t blocks) = { take_one, take_two,
		                                                                       take_three };

	while ((n = leave(active, n)) > 0) {
		size_t blocks = active[0]->blocks;

		for (size_t i = 1; i < n; i++)
			if (active[i]->blocks < blocks)
				blocks = active[i]->blocks;
		take[n - 1](active, blocks);
		for (size_t i = 0; i < n; i++) {
			active[i]->at += blocks * BLOCK;
			active[i]->blocks -= blocks;
		}
	}
}

SHA static void hash(const struct kin__span *messages, struct kin__sha256 *out, size_t n)
{
	struct lane lanes[LANES], *active[LANES];

	for (size_t i = 0; i < n; i++) {
		begin(&lanes[i], messages[i], &out[i]);
		active[i] = &lanes[i];
	}
	run(active, n);
}

/* --- one that grows ---------------------------------------------------------------- */

/* In its own memory: each copy of the state would be waited for by the next block. */
SHA static void take_part(struct kin__sha256_part *part, const char *message, size_t n)
{
	size_t blocks = n > part->taken ? (n - part->taken) / BLOCK : 0;
	struct lane lane, *active = &lane;

	if (blocks == 0)
		return;
	if (part->taken == 0)
		begin_state(part->state);
	lane.state = part->state;
	lane.at = (const unsigned char *)message + part->taken;
	take_one(&active, blocks);
	part->taken += blocks * BLOCK;
}

SHA static void end_part(const struct kin__sha256_part *part, struct kin__span message,
                         struct kin__sha256 *out)
{
	struct lane lane, *active = &lane;

	begin(&lane, message, out);
	if (part->taken > 0)
		memcpy(lane.own, part->state, sizeof lane.own);
	lane.at += part->taken;
	lane.blocks -= part->taken / BLOCK;
	run(&active, 1);
}

static const struct kin__sha256_lanes x86 = { "SHA-NI", LANES, hash, take_part, end_part };

const struct kin__sha256_lanes *kin__sha256_lanes_fastest(void)
{
	return kin__cpu_has() & KIN__CPU_SHA ? &x86 : NULL;
}

#else

const struct kin__sha256_lanes *kin__sha256_lanes_fastest(void)
{
	return NULL;
}
#endif
