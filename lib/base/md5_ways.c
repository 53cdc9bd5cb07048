/* base/md5_ways - see md5_ways.h */
#include "base/md5.h"
#include "base/md5_ways.h"

void kin__md5_ways(const struct kin__md5_way *ways[static KIN__MD5_WAYS])
{
	size_t n = 0;

	ways[n++] = &kin__md5_portable;
#ifdef KIN__CPU_X86
	unsigned has = kin__cpu_has();

	ways[n++] = &kin__md5_sse2;
	if (has & KIN__CPU_AVX2)
		ways[n++] = &kin__md5_avx2;
	if (has & KIN__CPU_AVX512)
		ways[n++] = &kin__md5_avx512;
#endif
	while (n < KIN__MD5_WAYS)
		ways[n++] = NULL;
}

const struct kin__md5_way *kin__md5_fastest(void)
{
	const struct kin__md5_way *ways[KIN__MD5_WAYS];
	size_t n = 0;

	kin__md5_ways(ways);
	while (ways[n + 1])
		n++;
	return ways[n];
}
