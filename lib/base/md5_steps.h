/* base/md5_steps - the 64 steps that RFC 1321 makes of a block.  Pure.
 *
 * a, b, c, d and the 16 words m[] are of a type that +, &, ^, |, ~ and shifts work on: a uint32_t, or a vector of
 * them, one a lane.  Written out, so that the words stay in registers.
 */
#ifndef KIN_BASE_MD5_STEPS_H
#define KIN_BASE_MD5_STEPS_H

/* (b & c) | (~b & d); (b & d) | (c & ~d): b, which is known last, comes in as late as can be. */
#define KIN__MD5_F(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define KIN__MD5_G(b, c, d) (((c) & ~(d)) + ((b) & (d)))
#define KIN__MD5_H(b, c, d) (((c) ^ (d)) ^ (b))
#define KIN__MD5_I(b, c, d) ((c) ^ ((b) | ~(d)))

/* One state; one in a[0], and so on; and two side by side, which wait for themselves but not for each other. */
#define KIN__MD5_STEP(f, a, b, c, d, word, constant, by)                                                     \
	(a) += (word) + UINT32_C(constant);                                                                  \
	(a) += f(b, c, d);                                                                                   \
	(a) = ((a) << (by) | (a) >> (32 - (by))) + (b)

#define KIN__MD5_STEP_ONE(f, a, b, c, d, word, constant, by)                                                 \
	KIN__MD5_STEP(f, (a)[0], (b)[0], (c)[0], (d)[0], (word)[0], constant, by)

#define KIN__MD5_STEP_TWO(f, a, b, c, d, word, constant, by)                                                 \
	KIN__MD5_STEP_ONE(f, a, b, c, d, word, constant, by);                                                \
	KIN__MD5_STEP(f, (a)[1], (b)[1], (c)[1], (d)[1], (word)[1], constant, by)

#define KIN__MD5_FOUR(step, f, a, b, c, d, m, i, j, k, l, ki, kj, kk, kl, si, sj, sk, sl)                    \
	step(f, a, b, c, d, m[i], ki, si);                                                                   \
	step(f, d, a, b, c, m[j], kj, sj);                                                                   \
	step(f, c, d, a, b, m[k], kk, sk);                                                                   \
	step(f, b, c, d, a, m[l], kl, sl)

#define KIN__MD5_F4(step, ...) KIN__MD5_FOUR(step, KIN__MD5_F, __VA_ARGS__, 7, 12, 17, 22)
#define KIN__MD5_G4(step, ...) KIN__MD5_FOUR(step, KIN__MD5_G, __VA_ARGS__, 5, 9, 14, 20)
#define KIN__MD5_H4(step, ...) KIN__MD5_FOUR(step, KIN__MD5_H, __VA_ARGS__, 4, 11, 16, 23)
#define KIN__MD5_I4(step, ...) KIN__MD5_FOUR(step, KIN__MD5_I, __VA_ARGS__, 6, 10, 15, 21)

#define KIN__MD5_STEPS(step, a, b, c, d, m)                                                                  \
	KIN__MD5_F4(step, a, b, c, d, m, 0, 1, 2, 3, 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee);        \
	KIN__MD5_F4(step, a, b, c, d, m, 4, 5, 6, 7, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501);        \
	KIN__MD5_F4(step, a, b, c, d, m, 8, 9, 10, 11, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be);      \
	KIN__MD5_F4(step, a, b, c, d, m, 12, 13, 14, 15, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821);    \
	KIN__MD5_G4(step, a, b, c, d, m, 1, 6, 11, 0, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa);       \
	KIN__MD5_G4(step, a, b, c, d, m, 5, 10, 15, 4, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8);      \
	KIN__MD5_G4(step, a, b, c, d, m, 9, 14, 3, 8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed);       \
	KIN__MD5_G4(step, a, b, c, d, m, 13, 2, 7, 12, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a);      \
	KIN__MD5_H4(step, a, b, c, d, m, 5, 8, 11, 14, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c);      \
	KIN__MD5_H4(step, a, b, c, d, m, 1, 4, 7, 10, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70);       \
	KIN__MD5_H4(step, a, b, c, d, m, 13, 0, 3, 6, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05);       \
	KIN__MD5_H4(step, a, b, c, d, m, 9, 12, 15, 2, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665);      \
	KIN__MD5_I4(step, a, b, c, d, m, 0, 7, 14, 5, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039);       \
	KIN__MD5_I4(step, a, b, c, d, m, 12, 3, 10, 1, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1);      \
	KIN__MD5_I4(step, a, b, c, d, m, 8, 15, 6, 13, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1);      \
	KIN__MD5_I4(step, a, b, c, d, m, 4, 11, 2, 9, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391)

#endif
