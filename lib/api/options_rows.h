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
		OBJECT, name, type, unit, fallback, range, meaning, false                                    \
	}
/* One that may change while its object runs. */
#define ROW_SHOW_LIVE(name, type, unit, fallback, range, meaning)                                            \
	{                                                                                                    \
		OBJECT, name, type, unit, fallback, range, meaning, true                                     \
	}

#define ROW_TEXT(member_, name, alias_, meaning)                                                             \
	{                                                                                                    \
		.show = ROW_SHOW(name, "text", "", "", "", meaning), .type = KIN__OPTIONS_TEXT,              \
		.at = offsetof(STRUCT, member_), .alias = alias_                                             \
	}
#define ROW_NUMBER_AS(show_, type_, member_, name, unit, fallback, least_, most_, alias_, scale, meaning)    \
	{                                                                                                    \
		.show = show_(name, "integer", unit, #fallback, #least_ ".." #most_, meaning),               \
		.type = KIN__OPTIONS_##type_, .at = offsetof(STRUCT, member_), .least = least_,              \
		.most = most_, .alias = alias_, .alias_scale = scale                                         \
	}
#define ROW_NUMBER(...) ROW_NUMBER_AS(ROW_SHOW, __VA_ARGS__)
#define ROW_LIVE(...) ROW_NUMBER_AS(ROW_SHOW_LIVE, __VA_ARGS__)
#define ROW_BOOL_AS(show_, member_, name, fallback, alias_, meaning)                                         \
	{                                                                                                    \
		.show = show_(name, "boolean", "", fallback, "true|false", meaning),                         \
		.type = KIN__OPTIONS_BOOL, .at = offsetof(STRUCT, member_), .alias = alias_                  \
	}
#define ROW_BOOL(member_, name, fallback, alias_, meaning)                                                   \
	ROW_BOOL_AS(ROW_SHOW, member_, name, #fallback, alias_, meaning)
#define ROW_BOOL_LIVE(member_, name, fallback, alias_, meaning)                                              \
	ROW_BOOL_AS(ROW_SHOW_LIVE, member_, name, #fallback, alias_, meaning)
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
/* The table of `rows` and `defaults`; first: the last member of the struct's first form. */
#define ROWS_TABLE(init_, first)                                                                             \
	{                                                                                                    \
		.object = OBJECT, .init = init_, .rows = rows, .rows_n = KIN__ARRAY_LEN(rows),               \
		.defaults = &defaults, .size = sizeof defaults,                                              \
		.size_first = offsetof(STRUCT, first) + sizeof defaults.first,                               \
		.reserved_at = offsetof(STRUCT, reserved), .reserved_n = sizeof defaults.reserved            \
	}
#endif
