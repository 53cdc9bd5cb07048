/* base/coarse - see coarse.h */
#include "base/coarse.h"

enum {
	UNIT_BITS = 6, /* 64 us */
	EACH_BITS = 2, /* 4 buckets a power of two */
	EACH = 1 << EACH_BITS,
	WHOLE = 10000
};

static uint32_t bucket_of(uint64_t us)
{
	uint64_t units = us >> UNIT_BITS;
	uint32_t shift = 0;

	while (units >> shift >= 2 * EACH)
		shift++;
	if (shift * EACH + (units >> shift) >= KIN__COARSE_BUCKETS)
		return KIN__COARSE_BUCKETS - 1;
	return shift * EACH + (uint32_t)(units >> shift);
}

/* The largest value of a bucket. */
static uint64_t end_of(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * EACH ? 0 : bucket / EACH - 1;

	return ((bucket - (uint64_t)shift * EACH + 1) << shift << UNIT_BITS) - 1;
}

void kin__coarse_add(struct kin__coarse *coarse, uint64_t us)
{
	uint32_t *bucket = &coarse->at[bucket_of(us)];

	coarse->count++;
	coarse->sum_us = us < UINT64_MAX - coarse->sum_us ? coarse->sum_us + us : UINT64_MAX;
	if (us > coarse->max_us)
		coarse->max_us = us;
	if (*bucket < UINT32_MAX)
		++*bucket;
}

uint64_t kin__coarse_quantile(const struct kin__coarse *coarse, uint32_t parts)
{
	uint64_t all = 0, seen = 0, wanted;

	for (uint32_t i = 0; i < KIN__COARSE_BUCKETS; i++)
		all += coarse->at[i];
	wanted = (all * parts + WHOLE - 1) / WHOLE;
	for (uint32_t i = 0; i < KIN__COARSE_BUCKETS - 1; i++) {
		seen += coarse->at[i];
		if (seen >= wanted && seen > 0)
			return end_of(i) < coarse->max_us ? end_of(i) : coarse->max_us;
	}
	return coarse->max_us;
}
