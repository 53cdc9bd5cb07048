/* filter/walk - one pass over a record's JSON, setting the bits of the conditions it meets; see parts.h
 *
 * Conditions on the fields of objects in an array must be met by one of these objects: an element has a frame of
 * its own, and what it met counts for a rule only when it met all that the rule asks for below that array.
 */
#include "filter/parts.h"

struct walk {
	struct kin__filter *filter;
	struct kin__jsonscan scan;
};

static uint64_t *frame_at(struct kin__filter *filter, size_t frame)
{
	return filter->frames + frame * filter->words;
}

static void set(struct kin__filter *filter, size_t frame, const uint64_t *bits)
{
	uint64_t *mask = frame_at(filter, frame);

	for (size_t i = 0; i < filter->words; i++)
		mask[i] |= bits[i];
}

void kin__walk_value(struct kin__filter *filter, const struct kin__node *node,
                     const struct kin__scalar *scalar, size_t frame)
{
	if (node->absent)
		set(filter, frame, node->absent);
	for (const struct kin__matcher *matcher = node->matchers; matcher; matcher = matcher->next)
		if (kin__leaf_met(matcher->alternatives, scalar))
			set(filter, frame, matcher->bits);
}

/* --- arrays --------------------------------------------------------------------------------- */

/* Does the element fulfil all that this rule asks for below the array? */
static bool fulfils(const struct kin__filter *filter, const struct kin__rule *rule,
                    const struct kin__node *node, const uint64_t *met)
{
	for (size_t i = 0; i < filter->words; i++) {
		uint64_t need = rule->need[i] & node->below[i];

		if ((met[i] & need) != need || (met[i] & rule->absent[i] & node->within[i]))
			return false;
	}
	return true;
}

static void element_over(struct kin__filter *filter, const struct kin__node *node, size_t outer)
{
	uint64_t *to = frame_at(filter, outer), *met = frame_at(filter, outer + 1);

	for (size_t i = 0; i < filter->words; i++)
		to[i] |= met[i] & ~node->below[i]; /* of values in an array within the array */
	for (size_t r = 0; r < filter->rules_n; r++) {
		const struct kin__rule *rule = &filter->rules[r];

		if (fulfils(filter, rule, node, met))
			for (size_t i = 0; i < filter->words; i++)
				to[i] |= rule->need[i] & node->below[i];
		for (size_t i = 0; i < filter->words; i++)
			to[i] |= met[i] & rule->absent[i] & node->below[i] & ~node->within[i];
	}
}

/* --- values ------------------------------------------------------------------------------------ */

static void walk_object(struct walk *walk, const struct kin__node *node, size_t frame);
static void walk_value(struct walk *walk, const struct kin__node *node, size_t frame);

/* A quoted text as it reads; escapes are undone in the filter's scratch. */
static bool unescaped(struct walk *walk, struct kin__span *text, bool escaped)
{
	struct kin__bytes *bytes = &walk->filter->unescaped;

	if (!escaped)
		return true;
	kin__bytes_clear(bytes);
	if (!kin__bytes_reserve(bytes, text->n)) {
		walk->filter->nomem = true;
		return false;
	}
	text->n = kin__jsonscan_unescape(bytes->at, *text);
	text->at = bytes->at;
	return true;
}

static void walk_array(struct walk *walk, const struct kin__node *node, size_t frame)
{
	struct kin__filter *filter = walk->filter;

	if (!kin__jsonscan_array(&walk->scan))
		return;
	while (kin__jsonscan_item(&walk->scan)) {
		enum kin__jsonscan_type type = kin__jsonscan_type(&walk->scan);

		if (type != KIN__JSONSCAN_ARRAY && type != KIN__JSONSCAN_OBJECT) {
			walk_value(walk, node, frame);
		} else if (type == KIN__JSONSCAN_ARRAY || node->first) {
			memset(frame_at(filter, frame + 1), 0, filter->words * sizeof(uint64_t));
			walk_value(walk, node, frame + 1);
			element_over(filter, node, frame);
		}
	}
}

static bool read_scalar(struct walk *walk, struct kin__scalar *scalar)
{
	struct kin__jsonscan *scan = &walk->scan;
	bool escaped;

	switch (scalar->type) {
	case KIN__JSONSCAN_STRING:
		return kin__jsonscan_quoted(scan, &scalar->text, &escaped) &&
		       unescaped(walk, &scalar->text, escaped);
	case KIN__JSONSCAN_NUMBER:
		if (!kin__jsonscan_number(scan, &scalar->text))
			return false;
		kin__number_read(&scalar->number, scalar->text);
		return true;
	case KIN__JSONSCAN_BOOL:
		return kin__jsonscan_bool(scan, &scalar->truth);
	default:
		return kin__jsonscan_null(scan);
	}
}

static void walk_value(struct walk *walk, const struct kin__node *node, size_t frame)
{
	struct kin__scalar scalar = { .type = kin__jsonscan_type(&walk->scan) };

	if (scalar.type == KIN__JSONSCAN_OBJECT) {
		if (node->first)
			walk_object(walk, node, frame);
	} else if (scalar.type == KIN__JSONSCAN_ARRAY) {
		walk_array(walk, node, frame);
	} else if ((node->matchers || node->absent) && read_scalar(walk, &scalar)) {
		kin__walk_value(walk->filter, node, &scalar, frame);
	}
}

/* A member left unread is skipped, and checked, by the scanner. */
static void walk_object(struct walk *walk, const struct kin__node *node, size_t frame)
{
	struct kin__span name;
	bool escaped;

	if (!kin__jsonscan_object(&walk->scan))
		return;
	while (kin__jsonscan_name_among(&walk->scan, node->initials, &name, &escaped) &&
	       unescaped(walk, &name, escaped)) {
		const struct kin__node *child = kin__node_find(node, name);

		if (child)
			walk_value(walk, child, frame);
	}
}

bool kin__walk_data(struct kin__filter *filter, struct kin__span data)
{
	struct walk walk = { .filter = filter };

	kin__jsonscan_init_readonly(&walk.scan, data.at, data.n);
	walk_object(&walk, filter->data, 0);
	return !walk.scan.error && walk.scan.depth == 0;
}
