/* wire/base64_ssse3 - 12 bytes, or 16 characters, at a time; see base64_ways.h
 *
 * The arithmetic is W. Mula's and D. Lemire's (Faster Base64 Encoding and Decoding using AVX2 Instructions,
 * 2018): two multiplications move the bits of three bytes to four; a character's value is itself plus what
 * a table says of its range, and two more tables, by its upper and its lower half, tell that it is none.
 */
#include "wire/base64_ways.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>

#define SSSE3 __attribute__((target("ssse3")))

SSSE3 static inline __m128i signs_of(__m128i bytes)
{
	const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	const __m128i offsets =
			_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                              '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	__m128i in = _mm_shuffle_epi8(bytes, spread), ac, bd, six, range;

	ac = _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
	bd = _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
	six = _mm_or_si128(ac, bd);
	range = _mm_subs_epu8(six, _mm_set1_epi8(51));
	range = _mm_or_si128(range, _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), six), _mm_set1_epi8(13)));
	return _mm_add_epi8(six, _mm_shuffle_epi8(offsets, range));
}

SSSE3 static size_t encode(char *out, const unsigned char *data, size_t n)
{
	size_t i = 0;

	for (; n - i >= 16; i += 12, out += 16) /* reads 4 bytes more than it takes */
		_mm_storeu_si128((__m128i *)(void *)out,
		                 signs_of(_mm_loadu_si128((const __m128i *)(const void *)(data + i))));
	return i;
}

/* false: a character among them is none of the alphabet. */
SSSE3 static inline int values_of(__m128i in, __m128i *six)
{
	const __m128i low = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13,
	                                  0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m128i high = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10,
	                                   0x10, 0x10, 0x10, 0x10, 0x10);
	const __m128i offsets = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i half = _mm_set1_epi8(0x0f);
	__m128i upper = _mm_and_si128(_mm_srli_epi32(in, 4), half), lower = _mm_and_si128(in, half);
	__m128i slash = _mm_cmpeq_epi8(in, _mm_set1_epi8('/'));
	__m128i wrong = _mm_and_si128(_mm_shuffle_epi8(low, lower), _mm_shuffle_epi8(high, upper));

	*six = _mm_add_epi8(in, _mm_shuffle_epi8(offsets, _mm_add_epi8(slash, upper)));
	return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xffff;
}

SSSE3 static inline __m128i bytes_of(__m128i six)
{
	const __m128i gather = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	__m128i twelve = _mm_maddubs_epi16(six, _mm_set1_epi32(0x01400140));

	return _mm_shuffle_epi8(_mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000)), gather);
}

SSSE3 static size_t decode(unsigned char *out, const unsigned char *text, size_t n)
{
	size_t i = 0;
	__m128i six;

	for (; n - i >= 24; i += 16, out += 12) { /* writes 4 bytes more than it gives */
		if (!values_of(_mm_loadu_si128((const __m128i *)(const void *)(text + i)), &six))
			break;
		_mm_storeu_si128((__m128i *)(void *)out, bytes_of(six));
	}
	return i;
}

const struct kin__base64 kin__base64_ssse3 = { "ssse3", encode, decode };
#endif
