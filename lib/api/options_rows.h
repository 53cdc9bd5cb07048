/* api/options_rows - how a row of an options table is written; for the three tables only.
 *
 * OBJECT (text) and STRUCT (the options struct) are defined by the file that includes this.  The defaults are
 * written twice, in the struct of defaults and as text here; a test compares them.
 */
#ifndef KIN_API_OPTIONS_ROWS_H
#define KIN_API_OPTIONS_ROWS_H
#include "api/options.h"
#include "base/check.h"
#include <stddef.h>

#define ROW_SHOW(name, type, unit, fallback, range, meaning)                                                 \
	{                                                                                                    \
		OBJECT, name, type, unit, fallback, range, meaning                                           \
	}

#define ROW_TEXT(member_, name, alias_, meaning)                                                             \
	{                                                                                                    \
		.show = ROW_SHOW(name, "text", "", "", "", meaning), .type = KIN__OPTIONS_TEXT,              \
		.at = offsetof(STRUCT, member_), .alias = alias_                                             \
	}
#define ROW_NUMBER(type_, member_, name, unit, fallback, least_, most_, alias_, scale, meaning)              \
	{                                                                                                    \
		.show = ROW_SHOW(name, "integer", unit, #fallback, #least_ ".." #most_, meaning),            \
		.type = KIN__OPTIONS_##type_, .at = offsetof(STRUCT, member_), .least = least_,              \
		.most = most_, .alias = alias_, .alias_scale = scale                                         \
	}
#define ROW_BOOL(member_, name, fallback, alias_, meaning)                                                   \
	{                                                                                                    \
		.show = ROW_SHOW(name, "boolean", "", #fallback, "true|false", meaning),                     \
		.type = KIN__OPTIONS_BOOL, .at = offsetof(STRUCT, member_), .alias = alias_                  \
	}
#define ROW_CHOICE(member_, name, fallback, range, list, alias_, meaning)                                    \
	{                                                                                                    \
		.show = ROW_SHOW(name, "choice", "", fallback, range, meaning), .type = KIN__OPTIONS_CHOICE, \
		.at = offsetof(STRUCT, member_), .choices = list, .alias = alias_                            \
	}
#define ROW_TIME(member_, name, alias_, meaning)                                                             \
	{                                                                                                    \
		.show = ROW_SHOW(name, "time", "", "", "ISO 8601 or Unix seconds", meaning),                 \
		.type = KIN__OPTIONS_TIME, .at = offsetof(STRUCT, member_), .least = 0,                      \
		.most = INT64_C(253402300799999), .alias = alias_                                            \
	}
#endif
