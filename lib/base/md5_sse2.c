/* base/md5_sse2 - eight messages at a time; see md5_walk.h, and md5_avx2.c for the groups.  Every x86-64 processor has it. */
#include "base/cpu.h"

#ifdef KIN__CPU_X86
#include <emmintrin.h>

#define VECTOR __m128i
#define V(name) _mm_##name
#define GROUPS 2
#define STEP KIN__MD5_STEP_TWO
#define TARGET
#define LEAVE (void)0
#define ROW(lane, i) _mm_loadu_si128((const __m128i *)(const void *)(at[lane] + from + 16 * (i)))
#include "base/md5_walk.h"

const struct kin__md5_way kin__md5_sse2 = { "sse2", LANES, blocks };
#endif
