/* filter/number - JSON numbers as decimals, compared by value: 5, 5.0 and 5e0 are the same.
 *
 * Pure.  Only what a double holds to its last digit counts as a value: up to 15 significant digits, or a whole
 * number up to 2^53, and a size a double can have.  Everything else is `exact == false` and only equals its own text.
 */
#ifndef KIN_FILTER_NUMBER_H
#define KIN_FILTER_NUMBER_H
#include "base/span.h"

enum { KIN__NUMBER_DIGITS = 16 };

/* 0.d1d2d3... times ten to the power of `point`; no zeros at either end; zero has no digits. */
struct kin__number {
	int32_t point;
	uint8_t n;
	bool negative, exact;
	char digits[KIN__NUMBER_DIGITS];
};

void kin__number_read(struct kin__number *number, struct kin__span json); /* json: a valid JSON number */
int kin__number_compare(const struct kin__number *a,
                        const struct kin__number *b); /* both exact; < 0, 0, > 0 */
#endif
