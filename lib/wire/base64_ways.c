/* wire/base64_ways - see base64_ways.h */
#include "wire/base64.h"
#include "wire/base64_ways.h"

void kin__base64_ways(const struct kin__base64 *ways[static KIN__BASE64_WAYS])
{
	size_t n = 0;

	ways[n++] = &kin__base64_portable;
#ifdef KIN__CPU_X86
	unsigned has = kin__cpu_has();

	if (has & KIN__CPU_SSSE3)
		ways[n++] = &kin__base64_ssse3;
	if (has & KIN__CPU_AVX2)
		ways[n++] = &kin__base64_avx2;
	if (has & KIN__CPU_VBMI)
		ways[n++] = &kin__base64_vbmi;
#endif
	while (n < KIN__BASE64_WAYS)
		ways[n++] = NULL;
}

const struct kin__base64 *kin__base64_fastest(void)
{
	const struct kin__base64 *ways[KIN__BASE64_WAYS];
	size_t n = 0;

	kin__base64_ways(ways);
	while (ways[n + 1])
		n++;
	return ways[n];
}
