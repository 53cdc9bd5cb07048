/* wire/base64_vbmi - 48 bytes, or 64 characters, at a time; see base64_ways.h
 *
 * AVX-512 VBMI finds a byte in a table of 64 or 128 in one instruction, and masks let the ends be done like
 * the middle.  (After W. Mula and D. Lemire, Base64 encoding and decoding at almost the speed of a memory
 * copy, 2019.)  _mm256_zeroupper(): see base64_avx2.c.
 */
#include <stdint.h>
#include "wire/base64_ways.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>

#define VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))
#define ALWAYS __attribute__((always_inline)) /* wide registers are never handed from function to function */

static const unsigned char signs[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* For each 24 bits, which bytes come into which place: 1, 0, 2, 1. */
#define SPREAD(i) (i) + 1, (i), (i) + 2, (i) + 1
static const unsigned char spread[64] = { SPREAD(0),  SPREAD(3),  SPREAD(6),  SPREAD(9),
	                                  SPREAD(12), SPREAD(15), SPREAD(18), SPREAD(21),
	                                  SPREAD(24), SPREAD(27), SPREAD(30), SPREAD(33),
	                                  SPREAD(36), SPREAD(39), SPREAD(42), SPREAD(45) };

/* And back: the three bytes of each 32 bits, highest first. */
#define GATHER(i) (i) + 2, (i) + 1, (i)
static const unsigned char gather[64] = { GATHER(0),  GATHER(4),  GATHER(8),  GATHER(12),
	                                  GATHER(16), GATHER(20), GATHER(24), GATHER(28),
	                                  GATHER(32), GATHER(36), GATHER(40), GATHER(44),
	                                  GATHER(48), GATHER(52), GATHER(56), GATHER(60) };

/* A character's value, or a byte with its highest bit set. */
#define NO 0x80
#define NO_8 NO, NO, NO, NO, NO, NO, NO, NO
static const unsigned char values[128] = {
	NO_8, NO_8, NO_8, NO_8, NO_8, NO, NO, NO, 62, NO, NO, NO, 63,             /* '+' '/' */
	52,   53,   54,   55,   56,   57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, /* digits */
	NO,   0,    1,    2,    3,    4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, /* capitals */
	15,   16,   17,   18,   19,   20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
	NO,   26,   27,   28,   29,   30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* small ones */
	41,   42,   43,   44,   45,   46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO
};

static inline uint64_t first(size_t n) /* a mask of the first n bytes, n < 64 */
{
	return (UINT64_C(1) << n) - 1;
}

VBMI static inline ALWAYS __m512i load(const unsigned char *at)
{
	return _mm512_loadu_si512((const void *)at);
}

VBMI static inline ALWAYS __m512i signs_of(__m512i bytes)
{
	const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
	__m512i six = _mm512_multishift_epi64_epi8(shifts, _mm512_permutexvar_epi8(load(spread), bytes));

	return _mm512_permutexvar_epi8(six, load(signs)); /* it looks at six bits alone */
}

VBMI static size_t encode(char *out, const unsigned char *data, size_t n)
{
	size_t i = 0, last;

	for (; n - i >= 64; i += 48, out += 64) /* reads 16 bytes more than it takes */
		_mm512_storeu_si512((void *)out, signs_of(load(data + i)));
	for (; (last = n - i < 48 ? (n - i) / 3 * 3 : 48) > 0; i += last, out += last / 3 * 4) {
		__m512i text = signs_of(_mm512_maskz_loadu_epi8(first(last), data + i));

		_mm512_mask_storeu_epi8(out, last == 48 ? ~UINT64_C(0) : first(last / 3 * 4), text);
	}
	_mm256_zeroupper();
	return i;
}

VBMI static inline ALWAYS __m512i values_of(__m512i text)
{
	return _mm512_permutex2var_epi8(load(values), text, load(values + 64));
}

/* One bit a character that is none of the alphabet. */
VBMI static inline ALWAYS uint64_t wrong(__m512i text, __m512i six)
{
	return _mm512_movepi8_mask(_mm512_or_si512(text, six));
}

VBMI static inline ALWAYS __m512i bytes_of(__m512i six)
{
	__m512i twelve = _mm512_maddubs_epi16(six, _mm512_set1_epi32(0x01400140));

	return _mm512_permutexvar_epi8(load(gather),
	                               _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000)));
}

/* Of the 64 characters those before the first bad one, in whole fours: how many. */
VBMI static inline ALWAYS size_t put_good(unsigned char *out, __m512i six, uint64_t bad)
{
	size_t fours = (bad ? (size_t)__builtin_ctzll(bad) : 64) / 4;
	__m512i bytes = bytes_of(six);

	/* No wider than need be: what stands behind is read next, and waits for a store that might have met it. */
	if (fours * 3 <= 16)
		_mm_mask_storeu_epi8(out, (__mmask16)first(fours * 3), _mm512_castsi512_si128(bytes));
	else if (fours * 3 <= 32)
		_mm256_mask_storeu_epi8(out, (__mmask32)first(fours * 3), _mm512_castsi512_si256(bytes));
	else
		_mm512_mask_storeu_epi8(out, first(fours * 3), bytes);
	return fours * 4;
}

VBMI static size_t decode(unsigned char *out, const unsigned char *text, size_t n)
{
	size_t i = 0, last;
	uint64_t bad = 0, there;

	for (; n - i >= 88; i += 64, out += 48) { /* writes 16 bytes more than it gives */
		__m512i in = load(text + i), six = values_of(in);

		bad = wrong(in, six);
		if (bad) {
			i += put_good(out, six, bad);
			break;
		}
		_mm512_storeu_si512((void *)out, bytes_of(six));
	}
	for (last = 64; !bad && last == 64; i += last, out += last / 4 * 3) { /* the end, once or twice */
		__m512i in, six;

		there = n - i < 64 ? first(n - i) : ~UINT64_C(0);
		in = _mm512_maskz_loadu_epi8(there, text + i);
		six = values_of(in);
		last = put_good(out, six, wrong(in, six) | ~there);
	}
	_mm256_zeroupper();
	return i;
}

const struct kin__base64 kin__base64_vbmi = { "vbmi", encode, decode };
#endif
