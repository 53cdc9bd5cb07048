/* wire/jsonskip - steps over values and members of no interest, where they stand as nearly all do.
 *
 * Pure; hot.  What it takes is strict JSON without escapes; of anything else it says nothing, and the scanner, which
 * can tell what is wrong and where, looks at the same text again.
 */
#ifndef KIN_WIRE_JSONSKIP_H
#define KIN_WIRE_JSONSKIP_H
#include <stdbool.h>
#include <stdint.h>

/* Behind the value that begins at `at`, or behind blanks there; NULL: not taken.  levels_max: at most 64. */
const char *kin__jsonskip_plain(const char *at, const char *end, unsigned levels_max);

/* The bit of names that begin with c; it has others as well. */
static inline uint64_t kin__jsonskip_initial(char c)
{
	return UINT64_C(1) << (c & 63);
}
/* Behind the members that come next in an object, up to one whose name may begin as one of these, or that is not
 * taken.  `at` is behind a member, or first: behind the {. */
const char *kin__jsonskip_members(const char *at, const char *end, bool first, unsigned levels_max,
                                  uint64_t initials);
#endif
