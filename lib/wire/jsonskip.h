/* wire/jsonskip - steps over a value of no interest, where it stands as nearly all do.
 *
 * Pure; hot.  What it takes is strict JSON without escapes; of anything else it says nothing, and the scanner, which
 * can tell what is wrong and where, looks at the same text again.
 */
#ifndef KIN_WIRE_JSONSKIP_H
#define KIN_WIRE_JSONSKIP_H

/* Behind the value that begins at `at`, or behind blanks there; NULL: not taken.  levels_max: at most 64. */
const char *kin__jsonskip_plain(const char *at, const char *end, unsigned levels_max);
#endif
