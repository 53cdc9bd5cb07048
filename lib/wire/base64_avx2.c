/* wire/base64_avx2 - 24 bytes, or 32 characters, at a time; see base64_ssse3.c for how, base64_ways.h for what
 *
 * _mm256_zeroupper() at each end: where upper halves of registers are left in use, what comes next in the
 * older instructions (SHA-256 of what was encoded) runs slower, and compilers do not see to it for functions
 * with a target of their own.
 */
#include "wire/base64_ways.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define ALWAYS __attribute__((always_inline)) /* wide registers are never handed from function to function */
#define TWICE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

AVX2 static inline ALWAYS __m128i load(const unsigned char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

AVX2 static inline ALWAYS __m256i signs_of(__m256i bytes)
{
	const __m256i spread = TWICE(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	const __m256i offsets = TWICE('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
	                              '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	__m256i in = _mm256_shuffle_epi8(bytes, spread), ac, bd, six, range, capital;

	ac = _mm256_mulhi_epu16(_mm256_and_si256(in, _mm256_set1_epi32(0x0fc0fc00)),
	                        _mm256_set1_epi32(0x04000040));
	bd = _mm256_mullo_epi16(_mm256_and_si256(in, _mm256_set1_epi32(0x003f03f0)),
	                        _mm256_set1_epi32(0x01000010));
	six = _mm256_or_si256(ac, bd);
	capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), six);
	range = _mm256_or_si256(_mm256_subs_epu8(six, _mm256_set1_epi8(51)),
	                        _mm256_and_si256(capital, _mm256_set1_epi8(13)));
	return _mm256_add_epi8(six, _mm256_shuffle_epi8(offsets, range));
}

AVX2 static size_t encode(char *out, const unsigned char *data, size_t n)
{
	size_t i = 0;

	for (; n - i >= 28; i += 24, out += 32) { /* reads 4 bytes more than it takes */
		__m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(load(data + i)),
		                                        load(data + i + 12), 1);

		_mm256_storeu_si256((__m256i *)(void *)out, signs_of(bytes));
	}
	_mm256_zeroupper();
	return i;
}

/* false: a character among them is none of the alphabet. */
AVX2 static inline ALWAYS int values_of(__m256i in, __m256i *six)
{
	const __m256i low = TWICE(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a,
	                          0x1b, 0x1b, 0x1b, 0x1a);
	const __m256i high = TWICE(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10,
	                           0x10, 0x10, 0x10, 0x10);
	const __m256i offsets = TWICE(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i half = _mm256_set1_epi8(0x0f);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi32(in, 4), half), lower = _mm256_and_si256(in, half);
	__m256i slash = _mm256_cmpeq_epi8(in, _mm256_set1_epi8('/'));

	*six = _mm256_add_epi8(in, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(slash, upper)));
	return _mm256_testz_si256(_mm256_shuffle_epi8(low, lower), _mm256_shuffle_epi8(high, upper));
}

AVX2 static inline ALWAYS __m256i bytes_of(__m256i six)
{
	const __m256i gather = TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m256i close_up = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
	__m256i twelve = _mm256_maddubs_epi16(six, _mm256_set1_epi32(0x01400140));

	twelve = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(twelve, gather), close_up);
}

AVX2 static size_t decode(unsigned char *out, const unsigned char *text, size_t n)
{
	size_t i = 0;
	__m256i six;

	for (; n - i >= 44; i += 32, out += 24) { /* writes 8 bytes more than it gives */
		if (!values_of(_mm256_loadu_si256((const __m256i *)(const void *)(text + i)), &six))
			break;
		_mm256_storeu_si256((__m256i *)(void *)out, bytes_of(six));
	}
	_mm256_zeroupper();
	return i;
}

const struct kin__base64 kin__base64_avx2 = { "avx2", encode, decode };
#endif
