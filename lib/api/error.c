/* api/error - names of the result codes; the version */
#include <kinstream/error.h>
#include "base/check.h"
#include "config.h"

#define NAME(code)                                                                                           \
	{                                                                                                    \
		code, #code                                                                                  \
	}
static const struct {
	int code;
	const char *name;
} names[] = {
	NAME(KIN_OK),          NAME(KIN_NOMEM),       NAME(KIN_INVALID),        NAME(KIN_TOO_NEW),
	NAME(KIN_UNSUPPORTED), NAME(KIN_FULL),        NAME(KIN_CLOSED),         NAME(KIN_TIMEOUT),
	NAME(KIN_NETWORK),     NAME(KIN_CREDENTIALS), NAME(KIN_DENIED),         NAME(KIN_THROTTLED),
	NAME(KIN_REFUSED),     NAME(KIN_NOT_FOUND),   NAME(KIN_EXISTS),         NAME(KIN_PROTOCOL),
	NAME(KIN_EXPIRED),     NAME(KIN_IN_USE),      NAME(KIN_CORRUPT),        NAME(KIN_IO),
	NAME(KIN_LOST),        NAME(KIN_GAP),         NAME(KIN_WOULD_DEADLOCK), NAME(KIN_FORKED),
	NAME(KIN_BUG),         NAME(KIN_END),         NAME(KIN_FAILED),         NAME(KIN_BUSY),
	NAME(KIN_LATER),
};

const char *kin_code_name(int code)
{
	for (unsigned i = 0; i < KIN__ARRAY_LEN(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "KIN_?";
}

const char *kin_version(void)
{
	return PACKAGE_VERSION;
}
