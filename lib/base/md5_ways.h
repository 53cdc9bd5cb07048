/* base/md5_ways - blocks of MD5, so many messages at a time: one way a kind of processor.  Pure. */
#ifndef KIN_BASE_MD5_WAYS_H
#define KIN_BASE_MD5_WAYS_H
#include <stddef.h>
#include <stdint.h>
#include "base/cpu.h"

enum { KIN__MD5_BLOCK = 64, KIN__MD5_LANES = 16 /* the most of a way */ };

/* The four words of each lane: word[i][lane]. */
struct kin__md5_state {
	_Alignas(64) uint32_t word[4][KIN__MD5_LANES];
};

struct kin__md5_way {
	const char *name;
	uint32_t lanes;
	/* n blocks of each lane, one behind the other from at[lane] on. */
	void (*blocks)(struct kin__md5_state *state, const uint8_t *const at[], size_t n);
};

/* All that this processor can do, the portable one first and the fastest last; NULL behind the last. */
enum { KIN__MD5_WAYS = 5 };
void kin__md5_ways(const struct kin__md5_way *ways[static KIN__MD5_WAYS]);

extern const struct kin__md5_way kin__md5_portable;
#ifdef KIN__CPU_X86
extern const struct kin__md5_way kin__md5_sse2, kin__md5_avx2, kin__md5_avx512;
#endif
#endif
