/* wire/base64 - see base64.h */
#include <stdint.h>
#include <string.h>
#include "wire/base64.h"
#include "wire/base64_ways.h"

/* Both tables are written by the preprocessor, so that they are constants and no code has to fill them. */
#define REPEAT4(m, i) m(i), m((i) + 1), m((i) + 2), m((i) + 3)
#define REPEAT16(m, i) REPEAT4(m, i), REPEAT4(m, (i) + 4), REPEAT4(m, (i) + 8), REPEAT4(m, (i) + 12)
#define REPEAT64(m, i) REPEAT16(m, i), REPEAT16(m, (i) + 16), REPEAT16(m, (i) + 32), REPEAT16(m, (i) + 48)
#define REPEAT256(m, i) REPEAT64(m, i), REPEAT64(m, (i) + 64), REPEAT64(m, (i) + 128), REPEAT64(m, (i) + 192)
#define REPEAT1024(m, i)                                                                                     \
	REPEAT256(m, i), REPEAT256(m, (i) + 256), REPEAT256(m, (i) + 512), REPEAT256(m, (i) + 768)

#define SIGN(v)                                                                                              \
	((v) < 26 ? 'A' + (v) : (v) < 52 ? 'a' + (v)-26 : (v) < 62 ? '0' + (v)-52 : (v) == 62 ? '+' : '/')
#define PAIR(v)                                                                                              \
	{                                                                                                    \
		SIGN((v) >> 6), SIGN((v)&63)                                                                 \
	}

/* Twelve bits to two characters. */
static const char pairs[4096][2] = { REPEAT1024(PAIR, 0), REPEAT1024(PAIR, 1024), REPEAT1024(PAIR, 2048),
	                             REPEAT1024(PAIR, 3072) };

#define BAD UINT32_C(0x80000000)
#define VALUE(c)                                                                                             \
	((c) >= 'A' && (c) <= 'Z'   ? (uint32_t)(c) - 'A'                                                    \
	 : (c) >= 'a' && (c) <= 'z' ? (uint32_t)(c) - 'a' + 26                                               \
	 : (c) >= '0' && (c) <= '9' ? (uint32_t)(c) - '0' + 52                                               \
	 : (c) == '+'               ? 62                                                                     \
	 : (c) == '/'               ? 63                                                                     \
	                            : BAD)
#define VALUE_0(c) (VALUE(c) & BAD) | VALUE(c) << 18
#define VALUE_1(c) (VALUE(c) & BAD) | VALUE(c) << 12
#define VALUE_2(c) (VALUE(c) & BAD) | VALUE(c) << 6
#define VALUE_3(c) VALUE(c)

/* A character's value where it stands within its four, or BAD. */
static const uint32_t values[4][256] = { { REPEAT256(VALUE_0, 0) },
	                                 { REPEAT256(VALUE_1, 0) },
	                                 { REPEAT256(VALUE_2, 0) },
	                                 { REPEAT256(VALUE_3, 0) } };

size_t kin__base64_room(size_t n)
{
	return n / 3 * 4 + (n % 3 != 0 ? 4 : 0);
}

static void put_pairs(char *out, uint32_t bits)
{
	memcpy(out, pairs[bits >> 12], 2);
	memcpy(out + 2, pairs[bits & 4095], 2);
}

static size_t encode_threes(char *out, const unsigned char *data, size_t n)
{
	size_t i = 0;

	for (; n - i >= 3; i += 3, out += 4)
		put_pairs(out, (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2]);
	return i;
}

size_t kin__base64_encode(const struct kin__base64 *way, char *out, const void *data, size_t n)
{
	const unsigned char *at = data;
	size_t used = way ? way->encode(out, at, n) : 0;
	char *to;

	used += encode_threes(out + used / 3 * 4, at + used, n - used);
	to = out + used / 3 * 4;
	at += used;
	n -= used;
	if (n == 0)
		return (size_t)(to - out);
	put_pairs(to, (uint32_t)at[0] << 16 | (n == 2 ? (uint32_t)at[1] << 8 : 0));
	to[3] = '=';
	if (n == 1)
		to[2] = '=';
	return (size_t)(to + 4 - out);
}

static uint32_t four(const unsigned char *at)
{
	return values[0][at[0]] | values[1][at[1]] | values[2][at[2]] | values[3][at[3]];
}

static void put_three(unsigned char *to, uint32_t bits)
{
	to[0] = (unsigned char)(bits >> 16);
	to[1] = (unsigned char)(bits >> 8);
	to[2] = (unsigned char)bits;
}

/* As many whole fours as there are, without padding: how many characters that was. */
static size_t decode_fours(unsigned char *to, const unsigned char *at, size_t n)
{
	const unsigned char *begin = at;

	for (; n >= 8; n -= 8, at += 8, to += 6) {
		uint32_t high = four(at), low = four(at + 4);

		if ((high | low) & BAD)
			break;
		put_three(to, high);
		put_three(to + 3, low);
	}
	for (; n >= 4; n -= 4, at += 4, to += 3) {
		uint32_t bits = four(at);

		if (bits & BAD)
			break;
		put_three(to, bits);
	}
	return (size_t)(at - begin);
}

/* The four that ends in '=' or '==': how many bytes it gave, 0 when it is none. */
static size_t decode_padded(unsigned char *to, const unsigned char *at)
{
	uint32_t bits = values[0][at[0]] | values[1][at[1]];

	if (at[3] != '=' || (bits & BAD))
		return 0;
	if (at[2] == '=') {
		to[0] = (unsigned char)(bits >> 16);
		return 1;
	}
	bits |= values[2][at[2]];
	if (bits & BAD)
		return 0;
	to[0] = (unsigned char)(bits >> 16);
	to[1] = (unsigned char)(bits >> 8);
	return 2;
}

const struct kin__base64 kin__base64_portable = { "portable", encode_threes, decode_fours };

/* All whole fours, by the way given and the last few by hand. */
static size_t decode_bulk(const struct kin__base64 *way, unsigned char *out, const unsigned char *text,
                          size_t n)
{
	size_t used = way ? way->decode(out, text, n) : 0;

	return used + decode_fours(out + used / 4 * 3, text + used, n - used);
}

bool kin__base64_decode(const struct kin__base64 *way, void *out, const char *text, size_t n, size_t *out_n)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t used = decode_bulk(way, out, at, n), more;

	*out_n = used / 4 * 3;
	if (used == n)
		return true;
	if (n - used != 4)
		return false;
	more = decode_padded((unsigned char *)out + *out_n, at + used);
	*out_n += more;
	return more > 0;
}

bool kin__base64_decode_quoted(const struct kin__base64 *way, void *out, const char *text, size_t limit,
                               size_t *out_n, size_t *used)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t n = decode_bulk(way, out, at, limit), more;

	*used = n;
	*out_n = n / 4 * 3;
	if (n < limit && at[n] == '"')
		return true;
	if (limit - n < 5 || at[n + 4] != '"')
		return false;
	more = decode_padded((unsigned char *)out + *out_n, at + n);
	if (more == 0)
		return false;
	*out_n += more;
	*used = n + 4;
	return true;
}
