/* base/check - see check.h */
#include <stddef.h>
#include "base/check.h"

void kin__bug_found(struct kin__bug *bug, const char *what, int line)
{
	if (bug && !bug->what)
		*bug = (struct kin__bug){ what, line };
#ifdef KIN_ABORT_ON_BUG
	__builtin_trap(); /* gcc's and clang's: no function of the C library, which a pure room may not call */
#endif
}
