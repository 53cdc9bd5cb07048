/* base/md5_sse2 - four messages at a time; see md5_ways.h.  Every x86-64 processor has it. */
#include "base/md5_ways.h"

#ifdef KIN__CPU_X86
#include <emmintrin.h>
#include "base/md5_steps.h"

enum { LANES = 4 };

typedef uint32_t words __attribute__((vector_size(16))); /* one a lane */

#define ROW(lane, i) _mm_loadu_si128((const __m128i *)(const void *)(at[lane] + from + 16 * (i)))

/* Four words of each lane: rows to columns. */
#define TURN(m, i)                                                                                           \
	do {                                                                                                 \
		__m128i r0 = ROW(0, i), r1 = ROW(1, i), r2 = ROW(2, i), r3 = ROW(3, i);                      \
		__m128i low01 = _mm_unpacklo_epi32(r0, r1), low23 = _mm_unpacklo_epi32(r2, r3);              \
		__m128i high01 = _mm_unpackhi_epi32(r0, r1), high23 = _mm_unpackhi_epi32(r2, r3);            \
                                                                                                             \
		(m)[4 * (i)] = (words)_mm_unpacklo_epi64(low01, low23);                                      \
		(m)[4 * (i) + 1] = (words)_mm_unpackhi_epi64(low01, low23);                                  \
		(m)[4 * (i) + 2] = (words)_mm_unpacklo_epi64(high01, high23);                                \
		(m)[4 * (i) + 3] = (words)_mm_unpackhi_epi64(high01, high23);                                \
	} while (0)

static words *word(struct kin__md5_state *state, int i)
{
	return (words *)(void *)state->word[i];
}

static void blocks(struct kin__md5_state *state, const uint8_t *const at[], size_t n)
{
	words a = *word(state, 0), b = *word(state, 1), c = *word(state, 2), d = *word(state, 3), m[16];

	for (size_t from = 0; from < n * KIN__MD5_BLOCK; from += KIN__MD5_BLOCK) {
		const words a0 = a, b0 = b, c0 = c, d0 = d;

		TURN(m, 0);
		TURN(m, 1);
		TURN(m, 2);
		TURN(m, 3);
		KIN__MD5_STEPS(a, b, c, d, m);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
	}
	*word(state, 0) = a;
	*word(state, 1) = b;
	*word(state, 2) = c;
	*word(state, 3) = d;
}

const struct kin__md5_way kin__md5_sse2 = { "sse2", LANES, blocks };
#endif
