/* filter/leaf - the reading of alternatives; see leaf.h */
#include "filter/leaf.h"
#include "base/check.h"
#include "filter/fold.h"

struct reader {
	struct kin__arena *arena;
	const char *reason;
	struct kin__span value;
	bool nomem;
};

static struct kin__leaf *refuse(struct reader *reader, const char *reason, struct kin__span value)
{
	reader->reason = reason;
	reader->value = value;
	return NULL;
}

static struct kin__leaf *make(struct reader *reader, enum kin__leaf_test test, struct kin__span text)
{
	struct kin__leaf *leaf = kin__arena_alloc(reader->arena, sizeof *leaf);

	if (leaf)
		*leaf = (struct kin__leaf){ .test = test, .text = text };
	else
		reader->nomem = true;
	return leaf;
}

static struct kin__leaf *make_number(struct reader *reader, struct kin__span text)
{
	struct kin__leaf *leaf = make(reader, KIN__LEAF_NUMBER, text);

	if (leaf)
		kin__number_read(&leaf->low, text);
	return leaf;
}

static struct kin__leaf *make_folded(struct reader *reader, enum kin__leaf_test test, struct kin__span text)
{
	struct kin__bytes folded;
	struct kin__leaf *leaf = NULL;
	char *kept = NULL;

	kin__bytes_init(&folded);
	kin__fold_text(&folded, text);
	if (!folded.failed)
		kept = kin__arena_text(reader->arena, folded.at ? folded.at : "", folded.n);
	if (kept)
		leaf = make(reader, test, kin__span(kept, folded.n));
	else
		reader->nomem = true;
	kin__bytes_fini(&folded);
	return leaf;
}

static bool is(const struct kin__tree *tree, enum kin__jsonscan_type type)
{
	return tree->type == type;
}

/* --- operators -------------------------------------------------------------------------- */

/* {"prefix": "x"} or {"prefix": {"equals-ignore-case": "x"}}; suffix likewise. */
static struct kin__leaf *read_affix(struct reader *reader, const struct kin__tree *argument)
{
	bool prefix = kin__span_is(argument->name, "prefix");

	if (is(argument, KIN__JSONSCAN_STRING))
		return make(reader, prefix ? KIN__LEAF_PREFIX : KIN__LEAF_SUFFIX, argument->text);
	if (is(argument, KIN__JSONSCAN_OBJECT) && argument->count == 1 &&
	    kin__span_is(argument->first->name, "equals-ignore-case") &&
	    is(argument->first, KIN__JSONSCAN_STRING))
		return make_folded(reader, prefix ? KIN__LEAF_FOLDED_PREFIX : KIN__LEAF_FOLDED_SUFFIX,
		                   argument->first->text);
	return refuse(reader, "\"%3\" takes a string or {\"equals-ignore-case\": string}", argument->name);
}

static struct kin__leaf *read_folded(struct reader *reader, const struct kin__tree *argument)
{
	if (!is(argument, KIN__JSONSCAN_STRING))
		return refuse(reader, "\"%3\" takes a string", argument->name);
	return make_folded(reader, KIN__LEAF_FOLDED, argument->text);
}

static struct kin__leaf *read_exactly(struct reader *reader, const struct kin__tree *argument)
{
	if (!is(argument, KIN__JSONSCAN_STRING))
		return refuse(reader, "\"%3\" takes a string", argument->name);
	return make(reader, KIN__LEAF_TEXT, argument->text);
}

static struct kin__leaf *make_wildcard(struct reader *reader, const struct kin__tree *text)
{
	struct kin__span span = text->text;
	struct kin__leaf *leaf;

	for (size_t i = 0; i < span.n; i++) {
		if (span.at[i] == '*' && i + 1 < span.n && span.at[i + 1] == '*')
			return refuse(reader, "\"wildcard\" takes no two * in a row, as in \"%3\"", span);
		if (span.at[i] != '\\')
			continue;
		if (++i == span.n || (span.at[i] != '*' && span.at[i] != '\\'))
			return refuse(reader,
			              "in \"wildcard\" a \\ stands before * or \\ only, not as in \"%3\"",
			              span);
	}
	leaf = make(reader, KIN__LEAF_WILDCARD, span);
	if (leaf && !(leaf->wildcard = kin__wildcard_read(reader->arena, span))) {
		reader->nomem = true;
		return NULL;
	}
	return leaf;
}

static struct kin__leaf *read_wildcard(struct reader *reader, const struct kin__tree *argument)
{
	if (!is(argument, KIN__JSONSCAN_STRING))
		return refuse(reader, "\"%3\" takes a string", argument->name);
	return make_wildcard(reader, argument);
}

static struct kin__leaf *read_block(struct reader *reader, const struct kin__tree *argument)
{
	struct kin__leaf *leaf = make(reader, KIN__LEAF_BLOCK, argument->text);

	if (leaf && (!is(argument, KIN__JSONSCAN_STRING) || !kin__block_read(&leaf->block, argument->text)))
		return refuse(reader,
		              "\"cidr\" takes ADDRESS/BITS with 0 to 31 bits (IPv6: 0 to 127), not \"%3\"",
		              argument->text);
	return leaf;
}

static struct kin__leaf *read_exists(struct reader *reader, const struct kin__tree *argument)
{
	if (!is(argument, KIN__JSONSCAN_BOOL))
		return refuse(reader, "\"%3\" takes true or false", argument->name);
	return make(reader, argument->truth ? KIN__LEAF_THERE : KIN__LEAF_ABSENT, argument->name);
}

/* --- numeric ------------------------------------------------------------------------------ */

static const char numeric_rule[] =
		"\"numeric\" takes [\"=\", number], one of < <= > >= with a number, or a lower then an upper "
		"bound, as [\">\", 0, \"<=\", 5]";

/* One operator and its number.  false: none. */
static bool read_bound(struct kin__leaf *leaf, const struct kin__tree *op, bool only)
{
	struct kin__number number;

	if (!op->next || !is(op, KIN__JSONSCAN_STRING) || !is(op->next, KIN__JSONSCAN_NUMBER))
		return false;
	kin__number_read(&number, op->next->text);
	if (!number.exact)
		return false;
	if (only && kin__span_is(op->text, "=")) {
		leaf->has_low = leaf->has_high = leaf->with_low = leaf->with_high = true;
		leaf->low = leaf->high = number;
	} else if (!leaf->has_low && (kin__span_is(op->text, ">") || kin__span_is(op->text, ">="))) {
		leaf->has_low = true;
		leaf->with_low = op->text.n == 2;
		leaf->low = number;
	} else if (kin__span_is(op->text, "<") || kin__span_is(op->text, "<=")) {
		leaf->has_high = true;
		leaf->with_high = op->text.n == 2;
		leaf->high = number;
	} else {
		return false;
	}
	return true;
}

static struct kin__leaf *read_numeric(struct reader *reader, const struct kin__tree *argument)
{
	struct kin__leaf *leaf = make(reader, KIN__LEAF_RANGE, argument->name);
	bool two = argument->count == 4;

	if (!leaf)
		return NULL;
	if (!is(argument, KIN__JSONSCAN_ARRAY) || (argument->count != 2 && !two) ||
	    !read_bound(leaf, argument->first, !two))
		return refuse(reader, numeric_rule, argument->name);
	if (two &&
	    (!leaf->has_low || !read_bound(leaf, argument->first->next->next, false) || !leaf->has_high))
		return refuse(reader, numeric_rule, argument->name);
	if (two && kin__number_compare(&leaf->low, &leaf->high) >= 0)
		return refuse(reader, "the lower bound of \"%3\" must be below the upper one",
		              argument->name);
	return leaf;
}

/* --- anything-but --------------------------------------------------------------------------- */

static const char none_of_rule[] = "\"anything-but\" takes a string, a number, an array of one of these, or "
				   "{\"prefix\" | \"suffix\" | "
				   "\"wildcard\" | \"equals-ignore-case\": string or array of strings}";

/* A string that anything-but excludes, by `op`: none is its own text. */
static struct kin__leaf *read_excluded(struct reader *reader, const struct kin__tree *value,
                                       struct kin__span op)
{
	bool affix = kin__span_is(op, "prefix") || kin__span_is(op, "suffix");

	if (op.n == 0 && is(value, KIN__JSONSCAN_NUMBER))
		return make_number(reader, value->text);
	if (!is(value, KIN__JSONSCAN_STRING) || (affix && value->text.n == 0))
		return refuse(reader, none_of_rule, op);
	if (op.n == 0)
		return make(reader, KIN__LEAF_TEXT, value->text);
	if (affix)
		return make(reader, kin__span_is(op, "prefix") ? KIN__LEAF_PREFIX : KIN__LEAF_SUFFIX,
		            value->text);
	if (kin__span_is(op, "wildcard"))
		return make_wildcard(reader, value);
	if (kin__span_is(op, "equals-ignore-case"))
		return make_folded(reader, KIN__LEAF_FOLDED, value->text);
	return refuse(reader, none_of_rule, op);
}

static struct kin__leaf *read_none_of(struct reader *reader, const struct kin__tree *argument)
{
	struct kin__leaf *leaf = make(reader, KIN__LEAF_NONE_OF, argument->name), **last;
	struct kin__span op = { NULL, 0 };
	const struct kin__tree *value = argument;
	bool list;

	if (!leaf)
		return NULL;
	if (is(argument, KIN__JSONSCAN_OBJECT)) {
		if (argument->count != 1)
			return refuse(reader, none_of_rule, op);
		value = argument->first;
		op = value->name;
		if (op.n == 0)
			return refuse(reader, none_of_rule, op);
	}
	list = is(value, KIN__JSONSCAN_ARRAY);
	last = &leaf->none_of;
	for (value = list ? value->first : value; value; value = list ? value->next : NULL) {
		*last = read_excluded(reader, value, op);
		if (!*last)
			return NULL;
		if (leaf->none_of->test != (*last)->test)
			return refuse(reader, none_of_rule, op);
		last = &(*last)->next;
	}
	return leaf->none_of ? leaf : refuse(reader, none_of_rule, op);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct operator
{
	const char *name;
	struct kin__leaf *(*read)(struct reader * reader, const struct kin__tree *argument);
}
operators[] = {
	{ "prefix", read_affix },      { "suffix", read_affix },  { "equals-ignore-case", read_folded },
	{ "numeric", read_numeric },   { "exists", read_exists }, { "anything-but", read_none_of },
	{ "wildcard", read_wildcard }, { "cidr", read_block },    { "exactly", read_exactly },
};

static const struct operator* operator_of(struct kin__span name)
{
	for (size_t i = 0; i < KIN__ARRAY_LEN(operators); i++)
		if (kin__span_is(name, operators[i].name))
			return &operators[i];
	return NULL;
}

bool kin__leaf_is_operator(struct kin__span name)
{
	return operator_of(name) != NULL;
}

static struct kin__leaf *read_operator(struct reader *reader, const struct kin__tree *object)
{
	const struct operator* operator;

	if (object->count != 1)
		return refuse(reader, "an alternative that is an object has one operator",
		              kin__span(NULL, 0));
	operator= operator_of(object->first->name);
	if (!operator)
		return refuse(reader, "there is no operator \"%3\"", object->first->name);
	return operator->read(reader, object->first);
}

static struct kin__leaf *read_one(struct reader *reader, const struct kin__tree *value)
{
	switch (value->type) {
	case KIN__JSONSCAN_STRING:
		return make(reader, KIN__LEAF_TEXT, value->text);
	case KIN__JSONSCAN_NUMBER:
		return make_number(reader, value->text);
	case KIN__JSONSCAN_BOOL:
		return make(reader, value->truth ? KIN__LEAF_TRUE : KIN__LEAF_FALSE, value->text);
	case KIN__JSONSCAN_NULL:
		return make(reader, KIN__LEAF_NULL, value->text);
	case KIN__JSONSCAN_OBJECT:
		return read_operator(reader, value);
	default:
		return refuse(reader,
		              "an alternative is a string, number, true, false, null or an operator's "
		              "object, no array",
		              kin__span(NULL, 0));
	}
}

struct kin__leaf *kin__leaf_read(struct kin__arena *arena, const struct kin__tree *array, const char **reason,
                                 struct kin__span *value)
{
	struct reader reader = { .arena = arena };
	struct kin__leaf *first = NULL, **last = &first;

	for (const struct kin__tree *item = array->first; item; item = item->next) {
		*last = read_one(&reader, item);
		if (!*last) {
			*reason = reader.nomem ? NULL : reader.reason;
			*value = reader.value;
			return NULL;
		}
		last = &(*last)->next;
	}
	if (!first) {
		*reason = "its array of alternatives is empty";
		*value = kin__span(NULL, 0);
	}
	return first;
}
