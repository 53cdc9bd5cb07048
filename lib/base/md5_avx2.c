/* base/md5_avx2 - sixteen messages at a time; see md5_walk.h, and wire/base64_avx2.c for _mm256_zeroupper()
 *
 * In two groups: what a step of one waits for, the other does meanwhile.
 */
#include "base/cpu.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>

#define VECTOR __m256i
#define V(name) _mm256_##name
#define GROUPS 2
#define STEP KIN__MD5_STEP_TWO
#define TARGET __attribute__((target("avx2")))
#define LEAVE _mm256_zeroupper()
#define PART(lane, i) _mm_loadu_si128((const __m128i *)(const void *)(at[lane] + from + 16 * (i)))
#define ROW(lane, i) _mm256_inserti128_si256(_mm256_castsi128_si256(PART(lane, i)), PART((lane) + 4, i), 1)
#include "base/md5_walk.h"

const struct kin__md5_way kin__md5_avx2 = { "avx2", LANES, blocks };
#endif
