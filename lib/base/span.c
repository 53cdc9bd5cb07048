/* base/span - see span.h */
#include "base/span.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool kin__span_same_nocase(struct kin__span a, struct kin__span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

struct kin__span kin__span_trim(struct kin__span span)
{
	while (span.n > 0 && is_blank(span.at[0])) {
		span.at++;
		span.n--;
	}
	while (span.n > 0 && is_blank(span.at[span.n - 1]))
		span.n--;
	return span;
}

struct kin__span kin__span_cut(struct kin__span span, char c, struct kin__span *head)
{
	const char *found = span.n > 0 ? memchr(span.at, c, span.n) : NULL;
	size_t n = found ? (size_t)(found - span.at) : span.n;

	*head = kin__span(span.at, n);
	if (!found)
		return kin__span(span.n > 0 ? span.at + n : span.at, 0);
	return kin__span(found + 1, span.n - n - 1);
}

bool kin__span_u64(struct kin__span span, uint64_t *out)
{
	uint64_t value = 0;

	if (span.n == 0)
		return false;
	for (size_t i = 0; i < span.n; i++) {
		unsigned digit = (unsigned char)span.at[i] - (unsigned)'0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool kin__span_i64(struct kin__span span, int64_t *out)
{
	bool negative = span.n > 0 && span.at[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0), value;

	if (negative)
		span = kin__span(span.at + 1, span.n - 1);
	if (!kin__span_u64(span, &value) || value > limit)
		return false;
	if (!negative)
		*out = (int64_t)value;
	else
		*out = value == limit ? INT64_MIN : -(int64_t)value;
	return true;
}
