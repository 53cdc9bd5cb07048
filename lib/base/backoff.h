/* base/backoff - exponential back-off with full jitter.  Pure.
 *
 * wait = r * min(base * 2^attempt, cap), r uniform in [0,1); attempt 0 is the first retry.
 */
#ifndef KIN_BASE_BACKOFF_H
#define KIN_BASE_BACKOFF_H
#include "base/rng.h"

uint64_t kin__backoff_cap(uint64_t base, uint64_t cap, uint32_t attempt); /* the limit without jitter */
uint64_t kin__backoff(struct kin__rng *rng, uint64_t base, uint64_t cap, uint32_t attempt);
#endif
