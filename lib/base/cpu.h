/* base/cpu - which of the instructions that we have ways for this processor has, and its system keeps the registers of.
 *
 * Pure.  It asks the processor, which is slow: once at open.  0 where nothing is known.
 */
#ifndef KIN_BASE_CPU_H
#define KIN_BASE_CPU_H

#if defined __x86_64__ && defined __GNUC__
#define KIN__CPU_X86 1
#endif

enum {
	KIN__CPU_SSSE3 = 1,
	KIN__CPU_AVX2 = 2,
	KIN__CPU_AVX512 = 4, /* F, BW and VL */
	KIN__CPU_VBMI = 8,   /* of AVX-512 */
	KIN__CPU_SHA = 16,   /* and SSE4.1, which its users need as well */
};

unsigned kin__cpu_has(void);
#endif
