/* filter/compile - from criteria to rules, nodes and bits; see parts.h */
#include "filter/parts.h"
#include "base/mem.h"

/* A rule while it is being made: at most one condition a field, the last one written counts. */
struct condition {
	struct kin__node *node;
	const struct kin__leaf *alternatives; /* NULL: no value may be there */
};

struct draft {
	struct condition *at;
	size_t n, room;
};

struct drafts {
	struct draft *at;
	size_t n, room;
};

struct compile {
	struct kin__filter *filter;
	struct kin__arena trees; /* what is needed until the bits are given out */
	struct kin__reason *reason;
	size_t number; /* of the filter, from 1 */
	int code;
};

/* --- words for what is wrong ------------------------------------------------------------------- */

static void fail_nomem(struct compile *c)
{
	c->code = KIN_NOMEM;
	kin__reason_text(c->reason, "out of memory");
}

/* "filter 1: data.temperature: <what>"; in `what`, %3 stands for the value. */
static void fail(struct compile *c, const struct kin__node *node, const char *what, struct kin__span value)
{
	struct kin__span path = node ? node->path : kin__span(NULL, 0);
	const char *where = path.n > 0 ? "filter %1: %2: " : "filter %1: ";
	char text[320] = "", number[8];
	size_t at = strlen(where), length = strlen(what), n = c->number;

	memcpy(text, where, at);
	memcpy(text + at, what, length < sizeof text - at ? length : sizeof text - at - 1);
	at = sizeof number;
	for (; n > 0 || at == sizeof number; n /= 10)
		number[--at] = (char)('0' + n % 10);
	if (path.n > 64)
		path = kin__span(path.at + path.n - 64, 64);
	c->code = KIN_INVALID;
	kin__reason_say(c->reason, text, kin__span(number + at, sizeof number - at), path, value);
}

/* --- nodes ------------------------------------------------------------------------------------- */

static struct kin__node *add_step(struct compile *c, struct kin__node *parent, struct kin__span name)
{
	struct kin__node *node = kin__arena_alloc(&c->filter->arena, sizeof *node), **last = &parent->first;
	char *path = kin__arena_alloc(&c->filter->arena, parent->path.n + name.n + 1);

	if (!node || !path) {
		fail_nomem(c);
		return NULL;
	}
	*node = (struct kin__node){ .name = name, .parent = parent };
	memcpy(path, parent->path.at, parent->path.n);
	node->path = kin__span(path, parent->path.n);
	if (parent->parent)
		path[node->path.n++] = '.';
	memcpy(path + node->path.n, name.at, name.n);
	node->path.n += name.n;
	while (*last)
		last = &(*last)->next;
	*last = node;
	parent->initials |= name.n > 0 ? kin__node_initial(name) : UINT64_MAX;
	return node;
}

static struct kin__node *step(struct compile *c, struct kin__node *parent, struct kin__span name)
{
	struct kin__node *child = parent->first;

	while (child && !kin__span_same(child->name, name))
		child = child->next;
	return child ? child : add_step(c, parent, name);
}

static struct kin__node *field(struct compile *c, struct kin__node *parent, struct kin__span name)
{
	while (parent && memchr(name.at, '.', name.n)) {
		struct kin__span head;

		name = kin__span_cut(name, '.', &head);
		parent = step(c, parent, head);
	}
	return parent ? step(c, parent, name) : NULL;
}

/* Only the data has fields of its own, and only these stand beside it. */
static bool known(struct compile *c, const struct kin__node *node)
{
	static const char *const beside[] = { "partitionKey", "sequenceNumber", "kinesisSchemaVersion",
		                              "approximateArrivalTimestamp" };
	const struct kin__node *top = node;

	while (top->parent != &c->filter->root)
		top = top->parent;
	if (kin__span_is(top->name, "data")) {
		if (top == node)
			fail(c, node, "what is asked of the data must be an object of its fields",
			     node->name);
		return top != node;
	}
	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
		if (top == node && kin__span_is(node->name, beside[i]))
			return true;
	fail(c, NULL,
	     "there is no \"%3\"; a record has data, and beside it partitionKey, sequenceNumber, "
	     "approximateArrivalTimestamp and kinesisSchemaVersion",
	     node->path);
	return false;
}

/* --- drafts ------------------------------------------------------------------------------------ */

static void *grow(struct compile *c, void *old, size_t n, size_t *room, size_t size)
{
	void *wider;

	if (n < *room)
		return old;
	wider = kin__arena_alloc(&c->trees, (*room * 2 + 4) * size);
	if (!wider) {
		fail_nomem(c);
		return NULL;
	}
	if (n > 0)
		memcpy(wider, old, n * size);
	*room = *room * 2 + 4;
	return wider;
}

static bool put(struct compile *c, struct draft *draft, struct condition condition)
{
	struct condition *at;

	for (size_t i = 0; i < draft->n; i++)
		if (draft->at[i].node == condition.node) {
			draft->at[i] = condition;
			return true;
		}
	at = grow(c, draft->at, draft->n, &draft->room, sizeof *draft->at);
	if (!at)
		return false;
	draft->at = at;
	draft->at[draft->n++] = condition;
	return true;
}

static bool add_copy(struct compile *c, struct drafts *drafts, const struct draft *from)
{
	struct draft *at, copy = { .n = from->n, .room = from->n };

	if (drafts->n >= KIN__FILTER_RULES_MAX) {
		fail(c, NULL, "too complex: more than 1000 combinations of its alternatives",
		     kin__span(NULL, 0));
		return false;
	}
	at = grow(c, drafts->at, drafts->n, &drafts->room, sizeof *drafts->at);
	if (!at)
		return false;
	drafts->at = at;
	if (from->n > 0) {
		copy.at = kin__arena_alloc(&c->trees, from->n * sizeof *copy.at);
		if (!copy.at) {
			fail_nomem(c);
			return false;
		}
		memcpy(copy.at, from->at, from->n * sizeof *copy.at);
	}
	drafts->at[drafts->n++] = copy;
	return true;
}

/* --- patterns ---------------------------------------------------------------------------------- */

/* The alternatives without "exists": false, which become a rule of their own. */
static struct kin__leaf *split(struct kin__leaf *leaf, bool *absent)
{
	struct kin__leaf *first = NULL, **last = &first;

	*absent = false;
	for (; leaf; leaf = leaf->next) {
		if (leaf->test == KIN__LEAF_ABSENT) {
			*absent = true;
			continue;
		}
		*last = leaf;
		last = &leaf->next;
	}
	*last = NULL;
	return first;
}

static void add_leaf(struct compile *c, struct drafts *drafts, struct kin__node *node,
                     const struct kin__tree *array)
{
	struct kin__span value = { NULL, 0 };
	const char *reason = NULL;
	struct kin__leaf *leaf;
	size_t n = drafts->n;
	bool absent;

	if (!known(c, node))
		return;
	leaf = kin__leaf_read(&c->filter->arena, array, &reason, &value);
	if (!leaf) {
		if (reason)
			fail(c, node, reason, value);
		else
			fail_nomem(c);
		return;
	}
	leaf = split(leaf, &absent);
	for (size_t i = 0; absent && leaf && i < n; i++) {
		struct draft draft = drafts->at[i];

		if (!add_copy(c, drafts, &draft) ||
		    !put(c, &drafts->at[drafts->n - 1], (struct condition){ node, NULL }))
			return;
	}
	for (size_t i = 0; i < n; i++)
		if (!put(c, &drafts->at[i], (struct condition){ node, leaf }))
			return;
}

static void add_object(struct compile *c, struct drafts *drafts, struct kin__node *node,
                       const struct kin__tree *object);

/* "$or" is one when its array holds two objects or more, none of them an operator; else a field of that name. */
static bool is_or(const struct kin__tree *member)
{
	if (!kin__span_is(member->name, "$or") || member->type != KIN__JSONSCAN_ARRAY || member->count < 2)
		return false;
	for (const struct kin__tree *item = member->first; item; item = item->next)
		if (item->type != KIN__JSONSCAN_OBJECT ||
		    (item->count == 1 && kin__leaf_is_operator(item->first->name)))
			return false;
	return true;
}

static void add_or(struct compile *c, struct drafts *drafts, struct kin__node *node,
                   const struct kin__tree *array)
{
	struct drafts all = { 0 };

	for (const struct kin__tree *item = array->first; item; item = item->next) {
		struct drafts branch = { 0 };

		for (size_t i = 0; i < drafts->n; i++)
			if (!add_copy(c, &branch, &drafts->at[i]))
				return;
		add_object(c, &branch, node, item);
		for (size_t i = 0; c->code == KIN_OK && i < branch.n; i++)
			if (!add_copy(c, &all, &branch.at[i]))
				return;
		if (c->code != KIN_OK)
			return;
	}
	*drafts = all;
}

static void add_object(struct compile *c, struct drafts *drafts, struct kin__node *node,
                       const struct kin__tree *object)
{
	if (object->count == 0)
		fail(c, node, "an object without fields asks for nothing", kin__span(NULL, 0));
	for (const struct kin__tree *member = object->first; member && c->code == KIN_OK;
	     member = member->next) {
		struct kin__node *child;

		if (is_or(member)) {
			add_or(c, drafts, node, member);
			continue;
		}
		child = field(c, node, member->name);
		if (!child)
			return;
		if (member->type == KIN__JSONSCAN_OBJECT)
			add_object(c, drafts, child, member);
		else if (member->type == KIN__JSONSCAN_ARRAY)
			add_leaf(c, drafts, child, member);
		else
			fail(c, child, "a field takes an array of alternatives, as [\"x\"], or an object",
			     kin__span(NULL, 0));
	}
}

/* --- bits -------------------------------------------------------------------------------------- */

static uint64_t *mask(struct compile *c)
{
	size_t n = c->filter->words * sizeof(uint64_t);
	uint64_t *bits = kin__arena_alloc(&c->filter->arena, n);

	if (bits)
		memset(bits, 0, n);
	else
		fail_nomem(c);
	return bits;
}

static bool mark(struct compile *c, uint64_t **bits, size_t bit)
{
	if (!*bits)
		*bits = mask(c);
	if (!*bits)
		return false;
	(*bits)[bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}

static bool add_matcher(struct compile *c, struct kin__node *node, const struct kin__leaf *alternatives,
                        size_t bit)
{
	struct kin__matcher *matcher = node->matchers;

	while (matcher && matcher->alternatives != alternatives)
		matcher = matcher->next;
	if (!matcher) {
		matcher = kin__arena_alloc(&c->filter->arena, sizeof *matcher);
		if (!matcher) {
			fail_nomem(c);
			return false;
		}
		*matcher = (struct kin__matcher){ .next = node->matchers, .alternatives = alternatives };
		node->matchers = matcher;
	}
	return mark(c, &matcher->bits, bit);
}

static int compare(struct kin__span a, struct kin__span b)
{
	int order = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);

	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

static bool below(const struct kin__node *node, const struct kin__node *above)
{
	do
		node = node->parent;
	while (node && node != above);
	return node != NULL;
}

/* Has the rule a condition on a value, before `absent` in the order of paths, below `node`? */
static bool chosen_before(const struct draft *draft, const struct condition *absent,
                          const struct kin__node *node)
{
	for (size_t i = 0; i < draft->n; i++)
		if (draft->at[i].alternatives && below(draft->at[i].node, node) &&
		    compare(draft->at[i].node->path, absent->node->path) < 0)
			return true;
	return false;
}

static bool place(struct compile *c, const struct draft *draft, const struct condition *condition,
                  struct kin__rule *rule, size_t bit)
{
	if (condition->alternatives) {
		if (!mark(c, &rule->need, bit) ||
		    !add_matcher(c, condition->node, condition->alternatives, bit))
			return false;
	} else if (!mark(c, &rule->absent, bit) || !mark(c, &condition->node->absent, bit)) {
		return false;
	}
	for (struct kin__node *node = condition->node->parent; node; node = node->parent) {
		if (!mark(c, &node->below, bit))
			return false;
		if (!condition->alternatives && chosen_before(draft, condition, node) &&
		    !mark(c, &node->within, bit))
			return false;
		rule->data |= node == c->filter->data;
	}
	return true;
}

/* Nodes that no condition stands below need masks too. */
static bool complete(struct compile *c, struct kin__node *node)
{
	if ((!node->below && !(node->below = mask(c))) || (!node->within && !(node->within = mask(c))))
		return false;
	for (struct kin__node *child = node->first; child; child = child->next)
		if (!complete(c, child))
			return false;
	return true;
}

static bool give_bits(struct compile *c, const struct drafts *drafts)
{
	struct kin__filter *filter = c->filter;
	size_t bits = 0, bit = 0;

	for (size_t i = 0; i < drafts->n; i++)
		bits += drafts->at[i].n;
	if (bits > KIN__FILTER_CONDITIONS_MAX) {
		fail(c, NULL, "too complex: more than 10000 conditions in all combinations",
		     kin__span(NULL, 0));
		return false;
	}
	filter->words = bits / 64 + 1;
	filter->rules = kin__arena_alloc(&filter->arena, (drafts->n + 1) * sizeof *filter->rules);
	filter->frames = kin__arena_alloc(&filter->arena,
	                                  (KIN__JSONSCAN_DEPTH + 2) * filter->words * sizeof(uint64_t));
	if (!filter->rules || !filter->frames) {
		fail_nomem(c);
		return false;
	}
	for (size_t i = 0; i < drafts->n; i++) {
		struct kin__rule *rule = &filter->rules[filter->rules_n++];

		*rule = (struct kin__rule){ .need = mask(c), .absent = mask(c) };
		if (!rule->need || !rule->absent)
			return false;
		for (size_t k = 0; k < drafts->at[i].n; k++)
			if (!place(c, &drafts->at[i], &drafts->at[i].at[k], rule, bit++))
				return false;
	}
	return complete(c, &filter->root);
}

/* --- criteria ---------------------------------------------------------------------------------- */

static const char shape[] =
		"must be an object {\"Filters\": [{\"Pattern\": \"...\"}, ...]} with 1 to 10 filters";

/* The pattern's tree: Pattern is its text, or the object itself. */
static const struct kin__tree *pattern_of(struct compile *c, const struct kin__tree *item)
{
	const struct kin__tree *pattern = item->type == KIN__JSONSCAN_OBJECT ? item->first : NULL;
	const char *reason = NULL;
	size_t at = 0;

	if (!pattern || item->count != 1 || !kin__span_is(pattern->name, "Pattern") ||
	    (pattern->type != KIN__JSONSCAN_STRING && pattern->type != KIN__JSONSCAN_OBJECT)) {
		fail(c, NULL, "must be an object with one member, \"Pattern\"", kin__span(NULL, 0));
		return NULL;
	}
	if (pattern->type == KIN__JSONSCAN_OBJECT)
		return pattern;
	if (pattern->text.n > KIN__FILTER_PATTERN_MAX) {
		fail(c, NULL, "a Pattern has at most 4096 bytes", kin__span(NULL, 0));
		return NULL;
	}
	pattern = kin__tree_read(&c->trees, c->filter->text + (pattern->text.at - c->filter->text),
	                         pattern->text.n, &reason, &at);
	if (!pattern && !reason)
		fail_nomem(c);
	else if (!pattern)
		fail(c, NULL, "its Pattern is no JSON: %3", kin__span_text(reason));
	else if (pattern->type != KIN__JSONSCAN_OBJECT)
		fail(c, NULL, "its Pattern must be an object", kin__span(NULL, 0));
	return c->code == KIN_OK ? pattern : NULL;
}

static void compile_all(struct compile *c, size_t n)
{
	struct drafts drafts = { 0 };
	const char *reason = NULL;
	size_t at = 0;
	struct kin__tree *tree = kin__tree_read(&c->trees, c->filter->text, n, &reason, &at);
	const struct kin__tree *list = tree && tree->type == KIN__JSONSCAN_OBJECT ? tree->first : NULL;

	if (!tree && !reason) {
		fail_nomem(c);
		return;
	}
	if (!list || tree->count != 1 || !kin__span_is(list->name, "Filters") ||
	    list->type != KIN__JSONSCAN_ARRAY || list->count == 0 || list->count > KIN__FILTERS_MAX) {
		c->code = KIN_INVALID;
		kin__reason_say(c->reason, reason ? "no JSON: %1" : shape, kin__span_text(reason),
		                kin__span(NULL, 0), kin__span(NULL, 0));
		return;
	}
	for (const struct kin__tree *item = list->first; item && c->code == KIN_OK; item = item->next) {
		struct drafts one = { 0 };
		const struct kin__tree *pattern;

		c->number++;
		pattern = pattern_of(c, item);
		if (pattern && add_copy(c, &one, &(struct draft){ 0 }))
			add_object(c, &one, &c->filter->root, pattern);
		for (size_t i = 0; c->code == KIN_OK && i < one.n; i++)
			add_copy(c, &drafts, &one.at[i]);
	}
	if (c->code != KIN_OK)
		return;
	c->filter->data = kin__node_step(&c->filter->root, kin__span_text("data"));
	c->filter->key = kin__node_step(&c->filter->root, kin__span_text("partitionKey"));
	c->filter->sequence = kin__node_step(&c->filter->root, kin__span_text("sequenceNumber"));
	c->filter->version = kin__node_step(&c->filter->root, kin__span_text("kinesisSchemaVersion"));
	c->filter->arrival = kin__node_step(&c->filter->root, kin__span_text("approximateArrivalTimestamp"));
	give_bits(c, &drafts);
}

int kin__filter_new(struct kin__filter **out, struct kin__span criteria, struct kin__reason *reason)
{
	struct compile c = { .reason = reason };

	*out = NULL;
	kin__arena_init(&c.trees);
	c.filter = kin__mem_zalloc(sizeof *c.filter);
	if (c.filter) {
		kin__arena_init(&c.filter->arena);
		kin__bytes_init(&c.filter->unescaped);
		c.filter->root.path = kin__span("", 0);
		c.filter->text = kin__mem_text_n(criteria.at, criteria.n);
	}
	if (!c.filter || !c.filter->text)
		fail_nomem(&c);
	else
		compile_all(&c, criteria.n);
	kin__arena_fini(&c.trees);
	if (c.code != KIN_OK) {
		kin__filter_free(c.filter);
		return c.code;
	}
	*out = c.filter;
	return KIN_OK;
}
