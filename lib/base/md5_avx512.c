/* base/md5_avx512 - sixteen messages at a time; see md5_ways.h, and wire/base64_avx2.c for _mm256_zeroupper()
 *
 * It turns words by one instruction, and makes one of three of most functions.
 */
#include "base/md5_ways.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>
#include "base/md5_steps.h"

enum { LANES = 16 };

typedef uint32_t words __attribute__((vector_size(64), may_alias)); /* one a lane */

#define QUARTER(lane, i) _mm_loadu_si128((const __m128i *)(const void *)(at[lane] + from + 16 * (i)))
/* Four words of a lane, and four of each lane four, eight and twelve further on. */
#define ROW(lane, i)                                                                                         \
	_mm512_inserti64x4(_mm512_castsi256_si512(                                                           \
					   _mm256_inserti128_si256(_mm256_castsi128_si256(QUARTER(lane, i)), \
	                                                           QUARTER((lane) + 4, i), 1)),              \
	                   _mm256_inserti128_si256(_mm256_castsi128_si256(QUARTER((lane) + 8, i)),           \
	                                           QUARTER((lane) + 12, i), 1),                              \
	                   1)

/* Four words of each lane: rows to columns. */
#define TURN(m, i)                                                                                           \
	do {                                                                                                 \
		__m512i r0 = ROW(0, i), r1 = ROW(1, i), r2 = ROW(2, i), r3 = ROW(3, i);                      \
		__m512i low01 = _mm512_unpacklo_epi32(r0, r1), low23 = _mm512_unpacklo_epi32(r2, r3);        \
		__m512i high01 = _mm512_unpackhi_epi32(r0, r1), high23 = _mm512_unpackhi_epi32(r2, r3);      \
                                                                                                             \
		(m)[4 * (i)] = (words)_mm512_unpacklo_epi64(low01, low23);                                   \
		(m)[4 * (i) + 1] = (words)_mm512_unpackhi_epi64(low01, low23);                               \
		(m)[4 * (i) + 2] = (words)_mm512_unpacklo_epi64(high01, high23);                             \
		(m)[4 * (i) + 3] = (words)_mm512_unpackhi_epi64(high01, high23);                             \
	} while (0)

#define WORD(state, i) (*(words *)(void *)(state)->word[i])

__attribute__((target("avx512f,avx512bw,avx512vl,avx2"))) static void
blocks(struct kin__md5_state *state, const uint8_t *const at[], size_t n)
{
	words a = WORD(state, 0), b = WORD(state, 1), c = WORD(state, 2), d = WORD(state, 3), m[16];

	for (size_t from = 0; from < n * KIN__MD5_BLOCK; from += KIN__MD5_BLOCK) {
		const words a0 = a, b0 = b, c0 = c, d0 = d;

		TURN(m, 0);
		TURN(m, 1);
		TURN(m, 2);
		TURN(m, 3);
		KIN__MD5_STEPS(KIN__MD5_STEP, a, b, c, d, m);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	WORD(state, 0) = a;
	WORD(state, 1) = b;
	WORD(state, 2) = c;
	WORD(state, 3) = d;
	_mm256_zeroupper();
}

const struct kin__md5_way kin__md5_avx512 = { "avx512", LANES, blocks };
#endif
