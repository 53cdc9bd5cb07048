/* filter/leaf - one alternative of a field's array in a pattern, "x", 5, {"prefix":"ab"}, and whether a value meets it.
 *
 * Pure.  Alternatives live in the filter's arena and point into its text; matching allocates nothing.
 */
#ifndef KIN_FILTER_LEAF_H
#define KIN_FILTER_LEAF_H
#include "filter/address.h"
#include "filter/number.h"
#include "filter/tree.h"
#include "filter/wildcard.h"

enum kin__leaf_test {
	KIN__LEAF_TEXT,
	KIN__LEAF_NUMBER,
	KIN__LEAF_TRUE,
	KIN__LEAF_FALSE,
	KIN__LEAF_NULL,
	KIN__LEAF_PREFIX,
	KIN__LEAF_SUFFIX,
	KIN__LEAF_FOLDED, /* text is folded */
	KIN__LEAF_FOLDED_PREFIX,
	KIN__LEAF_FOLDED_SUFFIX,
	KIN__LEAF_RANGE,
	KIN__LEAF_WILDCARD,
	KIN__LEAF_BLOCK,
	KIN__LEAF_THERE,  /* exists: true */
	KIN__LEAF_ABSENT, /* exists: false: no value meets it; the compiler's business */
	KIN__LEAF_NONE_OF /* anything-but */
};

struct kin__leaf {
	struct kin__leaf *next;
	enum kin__leaf_test test;
	struct kin__span text;
	struct kin__number low, high; /* NUMBER: low */
	bool has_low, has_high, with_low, with_high;
	struct kin__block block;
	struct kin__wildcard *wildcard;
	struct kin__leaf *none_of;
};

/* A value of the record that is no object and no array. */
struct kin__scalar {
	enum kin__jsonscan_type type;
	bool truth;
	struct kin__span text;     /* of a string, unescaped, or a number */
	struct kin__number number; /* of a number */
};

bool kin__leaf_is_operator(struct kin__span name);
/* The alternatives of a field, in turn.  NULL: refused, *reason (static; %3 stands for *value) says why; or
 * out of memory, then *reason is NULL. */
struct kin__leaf *kin__leaf_read(struct kin__arena *arena, const struct kin__tree *array, const char **reason,
                                 struct kin__span *value);
bool kin__leaf_met(const struct kin__leaf *leaf, const struct kin__scalar *scalar); /* any of the list */
#endif
