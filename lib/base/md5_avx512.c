/* base/md5_avx512 - sixteen messages at a time; see md5_walk.h, and wire/base64_avx2.c for _mm256_zeroupper()
 *
 * It turns words by one instruction, and makes one of three of most functions.
 */
#include "base/cpu.h"

#ifdef KIN__CPU_X86
#include <immintrin.h>

#define VECTOR __m512i
#define V(name) _mm512_##name
#define GROUPS 1
#define STEP KIN__MD5_STEP_ONE
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx2")))
#define LEAVE _mm256_zeroupper()
#define PART(lane, i) _mm_loadu_si128((const __m128i *)(const void *)(at[lane] + from + 16 * (i)))
#define HALF(lane, i) _mm256_inserti128_si256(_mm256_castsi128_si256(PART(lane, i)), PART((lane) + 4, i), 1)
#define ROW(lane, i) _mm512_inserti64x4(_mm512_castsi256_si512(HALF(lane, i)), HALF((lane) + 8, i), 1)
#include "base/md5_walk.h"

const struct kin__md5_way kin__md5_avx512 = { "avx512", LANES, blocks };
#endif
