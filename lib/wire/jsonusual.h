/* wire/jsonusual - JSON as a service that is known usually writes it, taken letter by letter or not at all.
 *
 * Pure, and all inline: it stands in the hottest loops.  A cursor moves over what is expected; the first thing
 * that is not clears `fits` for good, and the general scanner reads the same text from its start.  It writes
 * nothing, so that this is always possible.
 */
#ifndef KIN_WIRE_JSONUSUAL_H
#define KIN_WIRE_JSONUSUAL_H
#include "base/span.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct kin__jsonusual {
	const char *at, *end;
	bool fits;
};

#define KIN__JSONUSUAL_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* literal: a string constant. */
#define kin__jsonusual_take(usual, literal) kin__jsonusual_take_n((usual), (literal), sizeof(literal) - 1)
static inline bool kin__jsonusual_take_n(struct kin__jsonusual *usual, const char *text, size_t n)
{
	usual->fits = usual->fits && (size_t)(usual->end - usual->at) >= n && memcmp(usual->at, text, n) == 0;
	usual->at += usual->fits ? n : 0;
	return usual->fits;
}

/* Eight characters at once: 0 when all are digits.  A digit is 0x30 and 0 to 9: 6 more stay below 16. */
static inline uint64_t kin__jsonusual_no_digits(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	word ^= KIN__JSONUSUAL_EACH(0x30);
	return (word | (word + KIN__JSONUSUAL_EACH(6))) & KIN__JSONUSUAL_EACH(0xf0);
}

/* 1 to max digits, up to what is none. */
static inline struct kin__span kin__jsonusual_digits(struct kin__jsonusual *usual, size_t max)
{
	const char *begin = usual->at, *at = begin;

	while (usual->end - at >= 16 &&
	       (kin__jsonusual_no_digits(at) | kin__jsonusual_no_digits(at + 8)) == 0)
		at += 16;
	if (usual->end - at >= 8 && kin__jsonusual_no_digits(at) == 0)
		at += 8;
	while (at < usual->end && *at >= '0' && *at <= '9')
		at++;
	usual->fits = usual->fits && at > begin && (size_t)(at - begin) <= max;
	usual->at = at;
	return kin__span(begin, (size_t)(at - begin));
}

/* What digits are worth; at most 19 of them. */
static inline uint64_t kin__jsonusual_value(struct kin__span digits)
{
	uint64_t value = 0;
	size_t i = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (; digits.n - i >= 8; i += 8) { /* eight become four pairs, two fours, one eight */
		uint64_t word;

		memcpy(&word, digits.at + i, sizeof word);
		word ^= KIN__JSONUSUAL_EACH(0x30);
		word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
		word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
		word = (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
		value = value * 100000000 + word;
	}
#endif
	for (; i < digits.n; i++)
		value = value * 10 + (uint64_t)(digits.at[i] - '0');
	return value;
}

#ifdef __SSE2__
/* Of sixteen characters those that end a run of plain ones: one bit each. */
static inline unsigned kin__jsonusual_not_plain(const char *at)
{
	__m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i quote = _mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
		backslash = _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')),
		control = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
}
#endif

#define KIN__JSONUSUAL_BELOW(word, limit) (((word)-KIN__JSONUSUAL_EACH(limit)) & ~(word))

/* To the first character that ends a run of plain ones: a quote, a backslash, a control character, the end. */
static inline const char *kin__jsonusual_plain_end(const char *at, const char *end)
{
	uint64_t word, found;

#ifdef __SSE2__
	for (; end - at >= 16; at += 16) {
		unsigned bits = kin__jsonusual_not_plain(at);

		if (bits)
			return at + __builtin_ctz(bits);
	}
#endif
	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof word);
		found = (KIN__JSONUSUAL_BELOW(word ^ KIN__JSONUSUAL_EACH('"'), 1) |
		         KIN__JSONUSUAL_BELOW(word ^ KIN__JSONUSUAL_EACH('\\'), 1) |
		         KIN__JSONUSUAL_BELOW(word, 0x20)) &
		        KIN__JSONUSUAL_EACH(0x80);
		if (!found)
			continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		return at + __builtin_ctzll(found) / 8; /* the lowest one is sure, others may be its borrow */
#else
		break;
#endif
	}
	while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* The text of a string without escapes, before its closing '"', which is left. */
static inline struct kin__span kin__jsonusual_plain(struct kin__jsonusual *usual)
{
	const char *begin = usual->at;

	usual->at = kin__jsonusual_plain_end(begin, usual->end);
	usual->fits = usual->fits && usual->at < usual->end && *usual->at == '"';
	return kin__span(begin, (size_t)(usual->at - begin));
}
#endif
