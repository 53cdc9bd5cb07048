/* base/coarse - how durations are spread, in 400 bytes: for things of which there are many.  Pure.
 *
 * As base/histogram, with buckets 16 times as wide: 4 each power of two, of 64 us at least.  What is told of a value is
 * never less than it, at most a quarter and 64 us more.  Count, sum and maximum are exact.  Values of an hour
 * and more are told as the maximum.  All 0 is an empty one.
 */
#ifndef KIN_BASE_COARSE_H
#define KIN_BASE_COARSE_H
#include <stdint.h>

enum { KIN__COARSE_BUCKETS = 100 };

struct kin__coarse {
	uint64_t count, sum_us, max_us;
	uint32_t at[KIN__COARSE_BUCKETS]; /* stay at UINT32_MAX once they are there */
};

void kin__coarse_add(struct kin__coarse *coarse, uint64_t us);
/* As kin__histogram_quantile(). */
uint64_t kin__coarse_quantile(const struct kin__coarse *coarse, uint32_t parts);
#endif
