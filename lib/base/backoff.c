/* base/backoff - see backoff.h */
#include "base/backoff.h"

uint64_t kin__backoff_cap(uint64_t base, uint64_t cap, uint32_t attempt)
{
	if (base == 0)
		return 0;
	if (attempt >= 64 || base > cap >> attempt)
		return cap;
	return base << attempt;
}

uint64_t kin__backoff(struct kin__rng *rng, uint64_t base, uint64_t cap, uint32_t attempt)
{
	return kin__rng_below(rng, kin__backoff_cap(base, cap, attempt));
}
