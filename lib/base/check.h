/* base/check - broken invariants of a machine.  Pure.
 *
 * A machine embeds a kin__bug; a failed KIN__CHECK records the first one and the owner freezes the
 * handle (KIN_BUG).  Test builds (-DKIN_ABORT_ON_BUG, as check-asan's) stop the program on the spot.
 */
#ifndef KIN_BASE_CHECK_H
#define KIN_BASE_CHECK_H
#include <stdbool.h>

struct kin__bug {
	const char *what;
	int line;
}; /* what: NULL while all is well; static text */

void kin__bug_found(struct kin__bug *bug, const char *what, int line);

#define KIN__CHECK(bug, condition)                                                                           \
	((condition) ? (void)0 : kin__bug_found((bug), __FILE__ ": " #condition, __LINE__))
#define KIN__ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#endif
