/* base/md5_walk - the walk over blocks in lanes, with the vectors of one kind of processor.  Pure.
 *
 * Makes blocks() of a way (md5_ways.h) for the file that includes it, once, after it has said
 *   VECTOR        the type of a vector, as the intrinsics have it, and V(name), the one of that name
 *   ROW(lane, i)  a vector: 16 bytes from 16 * i on of that lane's block, then of each lane four further on
 *   GROUPS, STEP  so many vectors of lanes side by side, and a step of them all (md5_steps.h)
 *   TARGET        the attribute of a function that has these instructions
 *   LEAVE         what is done behind the last of them
 */
#ifndef KIN_BASE_MD5_WALK_H
#define KIN_BASE_MD5_WALK_H
#include "base/md5_steps.h"
#include "base/md5_ways.h"

typedef uint32_t words __attribute__((vector_size(sizeof(VECTOR)), may_alias)); /* one a lane */

enum { WIDTH = sizeof(words) / sizeof(uint32_t), LANES = GROUPS * WIDTH };

/* Words 4 * i to 4 * i + 3 of each lane of group g: rows to columns. */
#define TURN(m, g, i)                                                                                        \
	do {                                                                                                 \
		VECTOR r0 = ROW((g)*WIDTH, i), r1 = ROW((g)*WIDTH + 1, i);                                   \
		VECTOR r2 = ROW((g)*WIDTH + 2, i), r3 = ROW((g)*WIDTH + 3, i);                               \
		VECTOR low01 = V(unpacklo_epi32)(r0, r1), low23 = V(unpacklo_epi32)(r2, r3);                 \
		VECTOR high01 = V(unpackhi_epi32)(r0, r1), high23 = V(unpackhi_epi32)(r2, r3);               \
                                                                                                             \
		(m)[4 * (i)][g] = (words)V(unpacklo_epi64)(low01, low23);                                    \
		(m)[4 * (i) + 1][g] = (words)V(unpackhi_epi64)(low01, low23);                                \
		(m)[4 * (i) + 2][g] = (words)V(unpacklo_epi64)(high01, high23);                              \
		(m)[4 * (i) + 3][g] = (words)V(unpackhi_epi64)(high01, high23);                              \
	} while (0)

#define WORDS(state, i, g) (*(words *)(void *)((state)->word[i] + (g)*WIDTH))

TARGET static void blocks(struct kin__md5_state *state, const uint8_t *const at[], size_t n)
{
	words a[GROUPS], b[GROUPS], c[GROUPS], d[GROUPS], m[16][GROUPS];

	for (size_t from = 0; from < n * KIN__MD5_BLOCK; from += KIN__MD5_BLOCK) {
		for (int g = 0; g < GROUPS; g++) {
			TURN(m, g, 0);
			TURN(m, g, 1);
			TURN(m, g, 2);
			TURN(m, g, 3);
			a[g] = WORDS(state, 0, g);
			b[g] = WORDS(state, 1, g);
			c[g] = WORDS(state, 2, g);
			d[g] = WORDS(state, 3, g);
		}
		KIN__MD5_STEPS(STEP, a, b, c, d, m);
		for (int g = 0; g < GROUPS; g++) {
			WORDS(state, 0, g) += a[g];
			WORDS(state, 1, g) += b[g];
			WORDS(state, 2, g) += c[g];
			WORDS(state, 3, g) += d[g];
		}
	}
	LEAVE;
}
#endif
