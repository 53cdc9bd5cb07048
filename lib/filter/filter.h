/* filter/filter - Lambda's filter criteria: which records a handler is shown at all.
 *
 * Pure.  Compiled once; one thread at a time, since matching uses the filter's own scratch memory.  A record
 * passes when any of the filters matches it; a filter is a set of rules (its "$or" multiplied out), a rule a set
 * of conditions that must all hold.
 */
#ifndef KIN_FILTER_FILTER_H
#define KIN_FILTER_FILTER_H
#include "aws/reason.h"
#include <kinstream/record.h>

enum {
	KIN__FILTERS_MAX = 10,
	KIN__FILTER_PATTERN_MAX = 4096,
	KIN__FILTER_RULES_MAX =
			1000, /* combinations of all "$or" and exists-or-value, all filters together */
	KIN__FILTER_CONDITIONS_MAX = 10000 /* of all rules */
};

struct kin__filter;

/* criteria: {"Filters":[{"Pattern":"..."}]}, a Pattern being JSON as text, or that JSON itself.  KIN_OK and
 * *out is yours, free with kin__filter_free(); KIN_INVALID and the reason names the place; KIN_NOMEM. */
int kin__filter_new(struct kin__filter **out, struct kin__span criteria, struct kin__reason *reason);
void kin__filter_free(struct kin__filter *filter); /* NULL is fine */
/* 1: shown; 0: filtered out; KIN_NOMEM: an escaped text found no memory. */
int kin__filter_passes(struct kin__filter *filter, const struct kin_record *record);
#endif
