/* wire/base64_ways - how the bulk of a text is encoded and decoded: one way a kind of processor.  Pure.
 *
 * A way takes as many whole groups as suit it, none is fine; wire/base64 does the rest.  It reads nothing
 * behind data[n] or text[n]; it writes within out[0..room of n), and where out is text, never behind what
 * it has read.
 */
#ifndef KIN_WIRE_BASE64_WAYS_H
#define KIN_WIRE_BASE64_WAYS_H
#include <stddef.h>
#include "base/cpu.h"

struct kin__base64 {
	const char *name;
	size_t (*encode)(char *out, const unsigned char *data, size_t n); /* bytes taken, whole threes */
	/* Characters taken: whole fours, all of the alphabet. */
	size_t (*decode)(unsigned char *out, const unsigned char *text, size_t n);
};

/* All that this processor can do, the portable one first and the fastest last; NULL behind the last. */
enum { KIN__BASE64_WAYS = 5 };
void kin__base64_ways(const struct kin__base64 *ways[static KIN__BASE64_WAYS]);

extern const struct kin__base64 kin__base64_portable;
#ifdef KIN__CPU_X86
extern const struct kin__base64 kin__base64_ssse3, kin__base64_avx2, kin__base64_vbmi;
#endif
#endif
