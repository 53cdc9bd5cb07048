/* filter/leaf - does a value meet an alternative?  See leaf.h */
#include "filter/fold.h"
#include "filter/leaf.h"

static bool text_met(const struct kin__leaf *leaf, struct kin__span text)
{
	struct kin__span want = leaf->text;

	switch (leaf->test) {
	case KIN__LEAF_TEXT:
		return kin__span_same(want, text);
	case KIN__LEAF_PREFIX:
		return text.n >= want.n && kin__span_same(want, kin__span(text.at, want.n));
	case KIN__LEAF_SUFFIX:
		return text.n >= want.n && kin__span_same(want, kin__span(text.at + text.n - want.n, want.n));
	case KIN__LEAF_FOLDED:
		return kin__fold_is(want, text, KIN__FOLD_WHOLE);
	case KIN__LEAF_FOLDED_PREFIX:
		return kin__fold_is(want, text, KIN__FOLD_PREFIX);
	case KIN__LEAF_FOLDED_SUFFIX:
		return kin__fold_is(want, text, KIN__FOLD_SUFFIX);
	case KIN__LEAF_WILDCARD:
		return kin__wildcard_met(leaf->wildcard, text);
	case KIN__LEAF_BLOCK:
		return kin__block_holds(&leaf->block, text);
	default:
		return false;
	}
}

static bool number_met(const struct kin__leaf *leaf, const struct kin__scalar *scalar)
{
	int low, high;

	if (leaf->test == KIN__LEAF_NUMBER)
		return kin__span_same(leaf->text, scalar->text) ||
		       (leaf->low.exact && scalar->number.exact &&
		        kin__number_compare(&leaf->low, &scalar->number) == 0);
	if (leaf->test != KIN__LEAF_RANGE || !scalar->number.exact)
		return false;
	low = leaf->has_low ? kin__number_compare(&scalar->number, &leaf->low) : 1;
	high = leaf->has_high ? kin__number_compare(&scalar->number, &leaf->high) : -1;
	return (low > 0 || (low == 0 && leaf->with_low)) && (high < 0 || (high == 0 && leaf->with_high));
}

static bool one_met(const struct kin__leaf *leaf, const struct kin__scalar *scalar)
{
	if (leaf->test == KIN__LEAF_THERE)
		return true;
	switch (scalar->type) {
	case KIN__JSONSCAN_STRING:
		return text_met(leaf, scalar->text);
	case KIN__JSONSCAN_NUMBER:
		return number_met(leaf, scalar);
	case KIN__JSONSCAN_BOOL:
		return leaf->test == (scalar->truth ? KIN__LEAF_TRUE : KIN__LEAF_FALSE);
	default:
		return leaf->test == KIN__LEAF_NULL;
	}
}

static bool none_met(const struct kin__leaf *leaf, const struct kin__scalar *scalar)
{
	for (; leaf; leaf = leaf->next)
		if (one_met(leaf, scalar))
			return false;
	return true;
}

bool kin__leaf_met(const struct kin__leaf *leaf, const struct kin__scalar *scalar)
{
	for (; leaf; leaf = leaf->next)
		if (leaf->test == KIN__LEAF_NONE_OF ? none_met(leaf->none_of, scalar) : one_met(leaf, scalar))
			return true;
	return false;
}
