/* filter/tree - see tree.h */
#include "filter/tree.h"

static struct kin__tree *value(struct kin__arena *arena, struct kin__jsonscan *scan, bool *nomem);

static void members(struct kin__arena *arena, struct kin__jsonscan *scan, struct kin__tree *tree, bool *nomem)
{
	struct kin__tree **last = &tree->first;
	bool object = tree->type == KIN__JSONSCAN_OBJECT;
	struct kin__span name = { NULL, 0 };

	if (object ? !kin__jsonscan_object(scan) : !kin__jsonscan_array(scan))
		return;
	while (object ? kin__jsonscan_name(scan, &name) : kin__jsonscan_item(scan)) {
		*last = value(arena, scan, nomem);
		if (!*last)
			return;
		(*last)->name = name;
		last = &(*last)->next;
		tree->count++;
	}
}

/* The depth is the scanner's to bound. */
static struct kin__tree *value(struct kin__arena *arena, struct kin__jsonscan *scan, bool *nomem)
{
	struct kin__tree *tree = kin__arena_alloc(arena, sizeof *tree);

	if (!tree) {
		*nomem = true;
		return NULL;
	}
	*tree = (struct kin__tree){ .type = kin__jsonscan_type(scan) };
	switch (tree->type) {
	case KIN__JSONSCAN_OBJECT:
	case KIN__JSONSCAN_ARRAY:
		members(arena, scan, tree, nomem);
		break;
	case KIN__JSONSCAN_STRING:
		kin__jsonscan_string(scan, &tree->text);
		break;
	case KIN__JSONSCAN_NUMBER:
		kin__jsonscan_number(scan, &tree->text);
		break;
	case KIN__JSONSCAN_BOOL:
		kin__jsonscan_bool(scan, &tree->truth);
		break;
	default:
		kin__jsonscan_null(scan);
		if (!scan->error && tree->type != KIN__JSONSCAN_NULL)
			kin__jsonscan_fail(scan, "a value is due");
		break;
	}
	return scan->error || *nomem ? NULL : tree;
}

struct kin__tree *kin__tree_read(struct kin__arena *arena, char *text, size_t n, const char **reason,
                                 size_t *at)
{
	struct kin__jsonscan scan;
	struct kin__tree *tree;
	bool nomem = false;

	kin__jsonscan_init(&scan, text, n);
	tree = value(arena, &scan, &nomem);
	if (tree && kin__jsonscan_finish(&scan))
		return tree;
	*reason = nomem ? NULL : scan.error ? scan.error : "a value is due";
	*at = scan.error_at;
	return NULL;
}
