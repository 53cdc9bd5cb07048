/* The filter's rules once more, slow and plain: a record is flattened into fields, a pattern multiplied out into
 * lists of conditions, and every choice of fields is tried.  Knows texts, whole numbers, true, false, null,
 * prefix, exists and anything-but with texts.  Included by check_filter.c
 */
#ifndef FILTER_SLOW_H
#define FILTER_SLOW_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filter/tree.h"

enum { SLOW_FIELDS = 256, SLOW_RULES = 512, SLOW_CONDITIONS = 64, SLOW_DEEP = 12, SLOW_PATH = 64 };

struct membership {
	int arrays[SLOW_DEEP], indexes[SLOW_DEEP], n;
};

struct slow_field {
	char path[SLOW_PATH];
	const struct kin__tree *value;
	struct membership in;
};

struct slow_rule {
	struct {
		char path[SLOW_PATH];
		const struct kin__tree *alternatives;
	} conditions[SLOW_CONDITIONS];
	int n;
};

static struct slow_field slow_fields[SLOW_FIELDS];
static struct slow_rule slow_rules[SLOW_RULES];
static int slow_fields_n, slow_rules_n, slow_arrays;

static void slow_join(char *to, const char *path, struct kin__span name)
{
	ck_assert_int_lt(snprintf(to, SLOW_PATH, "%s%s%.*s", path, *path ? "." : "", (int)name.n, name.at),
	                 SLOW_PATH);
}

/* --- the record ------------------------------------------------------------------------ */

static void slow_flatten(const struct kin__tree *tree, const char *path, const struct membership *in)
{
	char below[SLOW_PATH];

	if (tree->type == KIN__JSONSCAN_OBJECT) {
		for (const struct kin__tree *member = tree->first; member; member = member->next) {
			slow_join(below, path, member->name);
			slow_flatten(member, below, in);
		}
	} else if (tree->type == KIN__JSONSCAN_ARRAY) {
		int array = slow_arrays++, index = 0;

		for (const struct kin__tree *item = tree->first; item; item = item->next, index++) {
			struct membership inside = *in;

			if (item->type == KIN__JSONSCAN_OBJECT || item->type == KIN__JSONSCAN_ARRAY) {
				ck_assert_int_lt(inside.n, SLOW_DEEP);
				inside.arrays[inside.n] = array;
				inside.indexes[inside.n++] = index;
			}
			slow_flatten(item, path, &inside);
		}
	} else {
		struct slow_field *field = &slow_fields[slow_fields_n++];

		ck_assert_int_lt(slow_fields_n, SLOW_FIELDS);
		snprintf(field->path, sizeof field->path, "%s", path);
		field->value = tree;
		field->in = *in;
	}
}

static bool slow_consistent(const struct membership *a, const struct membership *b)
{
	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < b->n; k++)
			if (a->arrays[i] == b->arrays[k] && a->indexes[i] != b->indexes[k])
				return false;
	return true;
}

static struct membership slow_union(const struct membership *a, const struct membership *b)
{
	struct membership both = *a;

	for (int k = 0; k < b->n; k++) {
		int i = 0;

		while (i < a->n && a->arrays[i] != b->arrays[k])
			i++;
		if (i < a->n)
			continue;
		ck_assert_int_lt(both.n, SLOW_DEEP);
		both.arrays[both.n] = b->arrays[k];
		both.indexes[both.n++] = b->indexes[k];
	}
	return both;
}

/* --- the pattern ------------------------------------------------------------------------ */

static void slow_put(struct slow_rule *rule, const char *path, const struct kin__tree *alternatives)
{
	int i = 0;

	while (i < rule->n && strcmp(rule->conditions[i].path, path) != 0)
		i++;
	ck_assert_int_lt(i, SLOW_CONDITIONS);
	rule->n += i == rule->n;
	snprintf(rule->conditions[i].path, SLOW_PATH, "%s", path);
	rule->conditions[i].alternatives = alternatives;
}

/* Rules [from, slow_rules_n) are those being made. */
static void slow_pattern(const struct kin__tree *object, const char *path, int from)
{
	char below[SLOW_PATH];

	for (const struct kin__tree *member = object->first; member; member = member->next) {
		if (kin__span_is(member->name, "$or")) {
			int n = slow_rules_n - from;
			struct slow_rule *kept = malloc(sizeof *kept * (size_t)n);

			memcpy(kept, slow_rules + from, sizeof *kept * (size_t)n);
			slow_rules_n = from;
			for (const struct kin__tree *item = member->first; item; item = item->next) {
				int begin = slow_rules_n;

				ck_assert_int_lt(begin + n, SLOW_RULES);
				memcpy(slow_rules + begin, kept, sizeof *kept * (size_t)n);
				slow_rules_n += n;
				slow_pattern(item, path, begin);
			}
			free(kept);
			continue;
		}
		slow_join(below, path, member->name);
		if (member->type == KIN__JSONSCAN_OBJECT)
			slow_pattern(member, below, from);
		else
			for (int i = from; i < slow_rules_n; i++)
				slow_put(&slow_rules[i], below, member);
	}
}

/* --- matching --------------------------------------------------------------------------- */

static bool slow_same(const struct kin__tree *a, const struct kin__tree *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == KIN__JSONSCAN_BOOL)
		return a->truth == b->truth;
	if (a->type == KIN__JSONSCAN_NUMBER)
		return strtod(a->text.at, NULL) == strtod(b->text.at, NULL);
	return a->type == KIN__JSONSCAN_NULL || kin__span_same(a->text, b->text);
}

static bool slow_excluded(const struct kin__tree *list, const struct kin__tree *value)
{
	if (list->type != KIN__JSONSCAN_ARRAY)
		return slow_same(list, value);
	for (const struct kin__tree *item = list->first; item; item = item->next)
		if (slow_same(item, value))
			return true;
	return false;
}

static bool slow_meets(const struct kin__tree *alternative, const struct kin__tree *value)
{
	const struct kin__tree *argument = alternative->first;

	if (alternative->type != KIN__JSONSCAN_OBJECT)
		return slow_same(alternative, value);
	if (kin__span_is(argument->name, "exists"))
		return argument->truth;
	if (kin__span_is(argument->name, "anything-but"))
		return !slow_excluded(argument, value);
	return value->type == KIN__JSONSCAN_STRING && value->text.n >= argument->text.n &&
	       memcmp(value->text.at, argument->text.at, argument->text.n) == 0;
}

static bool slow_is_absence(const struct kin__tree *alternative)
{
	return alternative->type == KIN__JSONSCAN_OBJECT &&
	       kin__span_is(alternative->first->name, "exists") && !alternative->first->truth;
}

static bool slow_there(const char *path, const struct membership *so_far)
{
	for (int f = 0; f < slow_fields_n; f++)
		if (strcmp(slow_fields[f].path, path) == 0 && slow_consistent(so_far, &slow_fields[f].in))
			return true;
	return false;
}

/* Conditions i, i + 1, ... in the order of paths, each by some field that fits those chosen before. */
static bool slow_rest(const struct slow_rule *rule, int i, const struct membership *so_far)
{
	if (i == rule->n)
		return true;
	for (const struct kin__tree *one = rule->conditions[i].alternatives->first; one; one = one->next) {
		if (slow_is_absence(one) && !slow_there(rule->conditions[i].path, so_far) &&
		    slow_rest(rule, i + 1, so_far))
			return true;
		for (int f = 0; !slow_is_absence(one) && f < slow_fields_n; f++) {
			struct membership both;

			if (strcmp(slow_fields[f].path, rule->conditions[i].path) != 0 ||
			    !slow_consistent(so_far, &slow_fields[f].in) ||
			    !slow_meets(one, slow_fields[f].value))
				continue;
			both = slow_union(so_far, &slow_fields[f].in);
			if (slow_rest(rule, i + 1, &both))
				return true;
		}
	}
	return false;
}

static int slow_order(const void *a, const void *b)
{
	return strcmp(a, b); /* a condition begins with its path */
}

static bool slow_passes(const struct kin__tree *pattern, const struct kin__tree *record)
{
	struct membership none = { .n = 0 };

	slow_fields_n = slow_arrays = 0;
	slow_flatten(record, "", &none);
	slow_rules_n = 1;
	slow_rules[0].n = 0;
	slow_pattern(pattern, "", 0);
	for (int r = 0; r < slow_rules_n; r++) {
		qsort(slow_rules[r].conditions, (size_t)slow_rules[r].n, sizeof slow_rules[r].conditions[0],
		      slow_order);
		if (slow_rest(&slow_rules[r], 0, &none))
			return true;
	}
	return false;
}
#endif
