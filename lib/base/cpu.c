/* base/cpu - see cpu.h */
#include <stdbool.h>
#include "base/cpu.h"

#ifdef KIN__CPU_X86
#include <cpuid.h>

enum { XMM_YMM = 0x06, XMM_YMM_ZMM = 0xe6 }; /* in XCR0: what the system saves when it switches threads */

static unsigned saved_state(void)
{
	unsigned low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static unsigned wide(unsigned b, unsigned c, unsigned state)
{
	const unsigned avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512VL;
	unsigned has = 0;

	if ((b & bit_AVX2) && (state & XMM_YMM) == XMM_YMM)
		has |= KIN__CPU_AVX2;
	if (has && (b & avx512) == avx512 && (state & XMM_YMM_ZMM) == XMM_YMM_ZMM)
		has |= KIN__CPU_AVX512;
	if ((has & KIN__CPU_AVX512) && (c & bit_AVX512VBMI))
		has |= KIN__CPU_VBMI;
	return has;
}

/* The compiler's own __builtin_cpu_supports() reads a table in writable memory, which no pure room may. */
unsigned kin__cpu_has(void)
{
	unsigned a, b, c, d, state, has = 0;
	bool sse4;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return 0;
	if (c & bit_SSSE3)
		has |= KIN__CPU_SSSE3;
	sse4 = (c & bit_SSSE3) && (c & bit_SSE4_1);
	state = c & bit_OSXSAVE ? saved_state() : 0;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
		has |= wide(b, c, state) | (sse4 && (b & bit_SHA) ? KIN__CPU_SHA : 0);
	return has;
}
#else
unsigned kin__cpu_has(void)
{
	return 0;
}
#endif
