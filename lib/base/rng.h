/* base/rng - splitmix64.  Pure: all randomness comes from the seed; not for secrets. */
#ifndef KIN_BASE_RNG_H
#define KIN_BASE_RNG_H
#include <stdbool.h>
#include <stdint.h>

struct kin__rng {
	uint64_t state;
};

uint64_t kin__rng_next(struct kin__rng *rng);
uint64_t kin__rng_below(struct kin__rng *rng, uint64_t n);                    /* 0 .. n-1; n = 0 gives 0 */
uint64_t kin__rng_between(struct kin__rng *rng, uint64_t low, uint64_t high); /* both inclusive */
bool kin__rng_chance(struct kin__rng *rng, uint32_t per_mille);
enum { KIN__RNG_UUID = 37 }; /* 36 characters and the end */
void kin__rng_uuid(struct kin__rng *rng,
                   char out[KIN__RNG_UUID]); /* RFC 9562, version 4: a name, no secret */
#endif
