/* filter/tree - a pattern's JSON as a small tree that keeps the text of its numbers and the order of its members.
 *
 * Pure.  Everything lives in the arena; texts point into the buffer that was read (strings are unescaped there).
 */
#ifndef KIN_FILTER_TREE_H
#define KIN_FILTER_TREE_H
#include "base/arena.h"
#include "wire/jsonscan.h"

struct kin__tree {
	enum kin__jsonscan_type type;
	bool truth;
	struct kin__span name;   /* of a member */
	struct kin__span text;   /* of a string or a number */
	struct kin__tree *first; /* items or members */
	struct kin__tree *next;
	uint32_t count; /* items or members */
};

/* NULL: no JSON, *reason (static) says why and *at where; or out of memory, then *reason is NULL. */
struct kin__tree *kin__tree_read(struct kin__arena *arena, char *text, size_t n, const char **reason,
                                 size_t *at);
#endif
