/* base/histogram - see histogram.h */
#include "base/histogram.h"

enum { EACH = 1 << KIN__HISTOGRAM_BITS }; /* buckets of one power of two */

/* The place of the highest bit that is set; value > 0. */
static uint32_t highest_bit(uint64_t value)
{
	uint32_t bit = 0;

	for (uint32_t half = 32; half > 0; half /= 2)
		if (value >> half) {
			value >>= half;
			bit += half;
		}
	return bit;
}

static uint32_t bucket_of(uint64_t value)
{
	uint32_t shift;

	if (value >> KIN__HISTOGRAM_TOP)
		return KIN__HISTOGRAM_BUCKETS - 1;
	if (value < 2 * EACH)
		return (uint32_t)value;
	shift = highest_bit(value) - KIN__HISTOGRAM_BITS;
	return shift * EACH + (uint32_t)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t end_of(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * EACH ? 0 : bucket / EACH - 1;

	return ((bucket - (uint64_t)shift * EACH + 1) << shift) - 1;
}

static uint64_t add_up(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void kin__histogram_add(struct kin__histogram *histogram, uint64_t value)
{
	histogram->at[bucket_of(value)]++;
	histogram->count++;
	histogram->sum = add_up(histogram->sum, value);
	if (value > histogram->max)
		histogram->max = value;
}

uint64_t kin__histogram_quantile(const struct kin__histogram *histogram, uint32_t parts)
{
	/* The rank that is asked for, from 1: rounded up, without a product that could overflow. */
	uint64_t whole = histogram->count / KIN__HISTOGRAM_WHOLE,
		 rest = histogram->count % KIN__HISTOGRAM_WHOLE;
	uint64_t rank = whole * parts + (rest * parts + KIN__HISTOGRAM_WHOLE - 1) / KIN__HISTOGRAM_WHOLE;
	uint64_t seen = 0, end;

	if (rank == 0)
		rank = 1;
	for (uint32_t i = 0; i < KIN__HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->at[i];
		end = end_of(i);
		if (seen >= rank)
			return end < histogram->max ? end : histogram->max;
	}
	return histogram->max; /* the last bucket has no end of its own; and none at all: 0 */
}

uint64_t kin__histogram_at_most(const struct kin__histogram *histogram, uint64_t value)
{
	uint64_t n = 0;

	if (value >= histogram->max)
		return histogram->count;
	for (uint32_t i = 0; i < KIN__HISTOGRAM_BUCKETS - 1 && end_of(i) <= value; i++)
		n += histogram->at[i];
	return n;
}
