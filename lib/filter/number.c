/* filter/number - see number.h */
#include "filter/number.h"

enum { SURE_DIGITS = 15, POINT_MIN = -306, POINT_MAX = 308, EXPONENT_MAX = 100000 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The exponent behind an 'e', cut at EXPONENT_MAX: beyond it no double reaches. */
static int32_t exponent(const char *at, const char *end)
{
	bool negative = at < end && *at == '-';
	int32_t value = 0;

	for (at += at < end && (*at == '-' || *at == '+'); at < end && is_digit(*at); at++)
		if (value < EXPONENT_MAX)
			value = value * 10 + (*at - '0');
	return negative ? -value : value;
}

/* 2^53 and below, digits being those of a whole number of 16 places. */
static bool fits_53_bits(const char *digits)
{
	return memcmp(digits, "9007199254740992", KIN__NUMBER_DIGITS) <= 0;
}

void kin__number_read(struct kin__number *number, struct kin__span json)
{
	const char *at = json.at, *end = json.at + json.n;
	int64_t point = 0, more = 0; /* more: digits that found no place */
	bool fraction = false;

	*number = (struct kin__number){ .negative = json.n > 0 && *at == '-' };
	for (at += number->negative; at < end && (is_digit(*at) || *at == '.'); at++) {
		if (*at == '.') {
			fraction = true;
		} else if (*at == '0' && number->n == 0) {
			point -= fraction;
		} else {
			if (number->n < KIN__NUMBER_DIGITS)
				number->digits[number->n++] = *at;
			else
				more = *at == '0' ? more : more + 1;
			point += !fraction;
		}
	}
	if (at < end)
		point += exponent(at + 1, end);
	while (more == 0 && number->n > 0 && number->digits[number->n - 1] == '0')
		number->n--;
	if (number->n == 0) {
		*number = (struct kin__number){ .exact = true };
		return;
	}
	number->exact = more == 0 && point >= POINT_MIN && point <= POINT_MAX &&
	                (number->n <= SURE_DIGITS || (point == number->n && fits_53_bits(number->digits)));
	number->point = number->exact ? (int32_t)point : 0;
}

static int compare_sizes(const struct kin__number *a, const struct kin__number *b)
{
	uint8_t n = a->n < b->n ? a->n : b->n;
	int order;

	if (a->n == 0 || b->n == 0)
		return a->n - b->n;
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	order = memcmp(a->digits, b->digits, n);
	return order != 0 ? order : a->n - b->n;
}

int kin__number_compare(const struct kin__number *a, const struct kin__number *b)
{
	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}
