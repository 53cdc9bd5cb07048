/* base/check - see check.h */
#ifdef KIN_ABORT_ON_BUG
#include <stdlib.h>
#endif
#include <stddef.h>
#include "base/check.h"

void kin__bug_found(struct kin__bug *bug, const char *what, int line)
{
	if (bug && !bug->what)
		*bug = (struct kin__bug){ what, line };
#ifdef KIN_ABORT_ON_BUG
	abort();
#endif
}
