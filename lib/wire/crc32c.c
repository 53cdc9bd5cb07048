/* wire/crc32c - see crc32c.h */
#include <string.h>
#include "wire/crc32c.h"

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */

#if defined __x86_64__ && defined __GNUC__
#include <cpuid.h>
#include <nmmintrin.h>

static bool has_instruction(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) static uint32_t quick(uint32_t sum, const unsigned char *at, size_t n)
{
	uint64_t wide = sum, eight;

	for (; n >= 8; at += 8, n -= 8) {
		memcpy(&eight, at, 8);
		wide = _mm_crc32_u64(wide, eight);
	}
	sum = (uint32_t)wide;
	for (; n > 0; at++, n--)
		sum = _mm_crc32_u8(sum, *at);
	return sum;
}
#else
static bool has_instruction(void)
{
	return false;
}

static uint32_t quick(uint32_t sum, const unsigned char *at, size_t n)
{
	(void)at, (void)n;
	return sum;
}
#endif

void kin__crc32c_init(struct kin__crc32c *crc)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t sum = i;

		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
		crc->at[0][i] = sum;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			crc->at[k][i] = crc->at[k - 1][i] >> 8 ^ crc->at[0][crc->at[k - 1][i] & 255];
	crc->quick = has_instruction();
}

/* Eight bytes at a time, each through the table of its distance from the end. */
static uint32_t by_table(const struct kin__crc32c *crc, uint32_t sum, const unsigned char *at, size_t n)
{
	const uint32_t(*t)[256] = crc->at;

	for (; n >= 8; at += 8, n -= 8)
		sum = t[7][(sum ^ at[0]) & 255] ^ t[6][(sum >> 8 ^ at[1]) & 255] ^
		      t[5][(sum >> 16 ^ at[2]) & 255] ^ t[4][(sum >> 24 ^ at[3]) & 255] ^ t[3][at[4]] ^
		      t[2][at[5]] ^ t[1][at[6]] ^ t[0][at[7]];
	for (; n > 0; at++, n--)
		sum = sum >> 8 ^ t[0][(sum ^ *at) & 255];
	return sum;
}

uint32_t kin__crc32c(const struct kin__crc32c *crc, uint32_t before, const void *data, size_t n)
{
	const unsigned char *at = data;

	return ~(crc->quick ? quick(~before, at, n) : by_table(crc, ~before, at, n));
}
