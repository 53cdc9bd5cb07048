/* base/histogram - how values are spread: counted in log-linear buckets, in memory of a fixed size.  Pure.
 *
 * Up to 63 a bucket holds one value, above that 32 buckets each power of two.  What is told of a value is
 * its bucket's upper end: never less than the value, at most 1/32 (3.2 %) more.  Count, sum and maximum are
 * exact.  Values of 2^42 and more (in microseconds, 50 days) are counted as that.  All 0 is an empty one.
 */
#ifndef KIN_BASE_HISTOGRAM_H
#define KIN_BASE_HISTOGRAM_H
#include <stdint.h>

enum {
	KIN__HISTOGRAM_BITS = 5, /* 2^5 buckets a power of two */
	KIN__HISTOGRAM_TOP = 42, /* bits of the largest value that is told apart */
	KIN__HISTOGRAM_BUCKETS = (KIN__HISTOGRAM_TOP - KIN__HISTOGRAM_BITS + 1) << KIN__HISTOGRAM_BITS,
	KIN__HISTOGRAM_WHOLE = 10000 /* parts of a quantile: 9900 is the 99th percentile */
};

struct kin__histogram {
	uint64_t count, sum, max; /* sum: stays at UINT64_MAX once it is there */
	uint64_t at[KIN__HISTOGRAM_BUCKETS];
};

void kin__histogram_add(struct kin__histogram *histogram, uint64_t value);
/* The least value that `parts` in 10000 of all values do not exceed; 10000: the maximum; 0 when empty. */
uint64_t kin__histogram_quantile(const struct kin__histogram *histogram, uint32_t parts);
/* How many are told to be at most `value`: those whose bucket ends there or before. */
uint64_t kin__histogram_at_most(const struct kin__histogram *histogram, uint64_t value);
#endif
