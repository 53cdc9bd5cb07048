/* base/md5_sse2 - eight messages at a time; see md5_ways.h, and md5_avx2.c for the halves.  Every x86-64 processor has it. */
#include "base/md5_ways.h"

#ifdef KIN__CPU_X86
#include <emmintrin.h>
#include "base/md5_steps.h"

enum { LANES = 8, HALF = 4 };

typedef uint32_t words __attribute__((vector_size(16), may_alias)); /* one a lane */

#define ROW(h, lane, i)                                                                                      \
	_mm_loadu_si128((const __m128i *)(const void *)(at[(h)*HALF + (lane)] + from + 16 * (i)))

/* Four words of each lane: rows to columns. */
#define TURN(m, h, i)                                                                                        \
	do {                                                                                                 \
		__m128i r0 = ROW(h, 0, i), r1 = ROW(h, 1, i), r2 = ROW(h, 2, i), r3 = ROW(h, 3, i);          \
		__m128i low01 = _mm_unpacklo_epi32(r0, r1), low23 = _mm_unpacklo_epi32(r2, r3);              \
		__m128i high01 = _mm_unpackhi_epi32(r0, r1), high23 = _mm_unpackhi_epi32(r2, r3);            \
                                                                                                             \
		(m)[4 * (i)][h] = (words)_mm_unpacklo_epi64(low01, low23);                                   \
		(m)[4 * (i) + 1][h] = (words)_mm_unpackhi_epi64(low01, low23);                               \
		(m)[4 * (i) + 2][h] = (words)_mm_unpacklo_epi64(high01, high23);                             \
		(m)[4 * (i) + 3][h] = (words)_mm_unpackhi_epi64(high01, high23);                             \
	} while (0)

#define WORDS(state, i, h) (*(words *)(void *)((state)->word[i] + (h)*HALF))

static void blocks(struct kin__md5_state *state, const uint8_t *const at[], size_t n)
{
	words a[2], b[2], c[2], d[2], m[16][2];

	for (size_t from = 0; from < n * KIN__MD5_BLOCK; from += KIN__MD5_BLOCK) {
		for (int h = 0; h < 2; h++) {
			TURN(m, h, 0);
			TURN(m, h, 1);
			TURN(m, h, 2);
			TURN(m, h, 3);
			a[h] = WORDS(state, 0, h);
			b[h] = WORDS(state, 1, h);
			c[h] = WORDS(state, 2, h);
			d[h] = WORDS(state, 3, h);
		}
		KIN__MD5_STEPS(KIN__MD5_STEP_TWO, a, b, c, d, m);
		for (int h = 0; h < 2; h++) {
			WORDS(state, 0, h) += a[h];
			WORDS(state, 1, h) += b[h];
			WORDS(state, 2, h) += c[h];
			WORDS(state, 3, h) += d[h];
		}
	}
}

const struct kin__md5_way kin__md5_sse2 = { "sse2", LANES, blocks };
#endif
