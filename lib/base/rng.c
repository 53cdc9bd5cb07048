/* base/rng - see rng.h */
#include "base/rng.h"

uint64_t kin__rng_next(struct kin__rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t kin__rng_below(struct kin__rng *rng, uint64_t n)
{
	uint64_t draw, unfair;

	if (n == 0)
		return 0;
	unfair = (0 - n) % n; /* 2^64 mod n: the lowest draws that would favour small results */
	do
		draw = kin__rng_next(rng);
	while (draw < unfair);
	return draw % n;
}

uint64_t kin__rng_between(struct kin__rng *rng, uint64_t low, uint64_t high)
{
	if (high <= low)
		return low;
	if (high - low == UINT64_MAX)
		return kin__rng_next(rng);
	return low + kin__rng_below(rng, high - low + 1);
}

bool kin__rng_chance(struct kin__rng *rng, uint32_t per_mille)
{
	return kin__rng_below(rng, 1000) < per_mille;
}

void kin__rng_uuid(struct kin__rng *rng, char out[KIN__RNG_UUID])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t bits = 0;

	for (int i = 0; i < KIN__RNG_UUID - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			out[i] = '-';
			continue;
		}
		if (i == 0 || i == 19) /* 16 digits each */
			bits = kin__rng_next(rng);
		out[i] = i == 14 ? '4' : i == 19 ? digits[8 | (bits & 3)] : digits[bits & 15];
		bits >>= 4;
	}
	out[KIN__RNG_UUID - 1] = 0;
}
