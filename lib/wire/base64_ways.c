/* wire/base64_ways - see base64_ways.h */
#include <stdbool.h>
#include <string.h>
#include "wire/base64.h"
#include "wire/base64_ways.h"

#ifdef KIN__BASE64_X86
#include <cpuid.h>

enum { XMM_YMM = 0x06, XMM_YMM_ZMM = 0xe6 }; /* in XCR0: what the system saves when it switches threads */

static unsigned saved_state(void)
{
	unsigned low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

/* The compiler's own __builtin_cpu_supports() reads a table in writable memory, which no pure room may. */
static size_t add_x86(const struct kin__base64 *ways[], size_t n)
{
	unsigned a, b, c, d, wide, state;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3))
		return n;
	ways[n++] = &kin__base64_ssse3;
	state = c & bit_OSXSAVE ? saved_state() : 0;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2) || (state & XMM_YMM) != XMM_YMM)
		return n;
	ways[n++] = &kin__base64_avx2;
	wide = bit_AVX512F | bit_AVX512BW | bit_AVX512VL;
	if ((b & wide) == wide && (c & bit_AVX512VBMI) && (state & XMM_YMM_ZMM) == XMM_YMM_ZMM)
		ways[n++] = &kin__base64_vbmi;
	return n;
}
#endif

void kin__base64_ways(const struct kin__base64 *ways[static KIN__BASE64_WAYS])
{
	size_t n = 0;

	ways[n++] = &kin__base64_portable;
#ifdef KIN__BASE64_X86
	n = add_x86(ways, n);
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
