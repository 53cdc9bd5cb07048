/* filter/wildcard - a text with * for any run of bytes, made ready to be looked for in time that grows with the text alone.
 *
 * Pure.  A \ takes a following * or \ as it is.  Lives in the arena it was made in; matching allocates nothing.
 */
#ifndef KIN_FILTER_WILDCARD_H
#define KIN_FILTER_WILDCARD_H
#include "base/arena.h"
#include "base/span.h"

struct kin__wildcard_part { /* between two *, or an end and a * */
	const char *text;
	/* fallback[i]: of text[0..i], how long the longest proper prefix is that it ends with */
	const uint32_t *fallback;
	uint32_t n;
};

struct kin__wildcard {
	const struct kin__wildcard_part *parts; /* one more than there are * */
	uint32_t parts_n;
};

/* pattern: a \ stands before * or \ only.  NULL: out of memory. */
struct kin__wildcard *kin__wildcard_read(struct kin__arena *arena, struct kin__span pattern);
bool kin__wildcard_met(const struct kin__wildcard *wildcard, struct kin__span text);
#endif
