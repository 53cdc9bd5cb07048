/* filter/filter - see filter.h */
#include "filter/parts.h"
#include "base/mem.h"

void kin__filter_free(struct kin__filter *filter)
{
	if (!filter)
		return;
	kin__arena_fini(&filter->arena);
	kin__bytes_fini(&filter->unescaped);
	kin__mem_free(filter->text);
	kin__mem_free(filter);
}

const struct kin__node *kin__node_step(const struct kin__node *node, struct kin__span name)
{
	const struct kin__node *child = node->first;

	while (child && !kin__span_same(child->name, name))
		child = child->next;
	return child;
}

const struct kin__node *kin__node_find(const struct kin__node *node, struct kin__span name)
{
	if (name.n > 0 && !(node->initials & kin__node_initial(name)))
		return NULL; /* as nearly all names of a record */
	while (node && memchr(name.at, '.', name.n)) {
		struct kin__span step;

		name = kin__span_cut(name, '.', &step);
		node = kin__node_step(node, step);
	}
	return node ? kin__node_step(node, name) : NULL;
}

/* --- what is not in the data ------------------------------------------------------------- */

static void text_field(struct kin__filter *filter, const struct kin__node *node, const char *text, size_t n)
{
	struct kin__scalar scalar = { .type = KIN__JSONSCAN_STRING, .text = kin__span(text, n) };

	if (node && text)
		kin__walk_value(filter, node, &scalar, 0);
}

/* Seconds with three places behind the point, as the event JSON has it. */
static void arrival_field(struct kin__filter *filter, const struct kin__node *node, int64_t ms)
{
	struct kin__scalar scalar = { .type = KIN__JSONSCAN_NUMBER };
	char text[24];
	size_t at = sizeof text;
	uint64_t left = ms < 0 ? 0 : (uint64_t)ms;

	if (!node)
		return;
	for (int place = 0; place < 4 || left > 0; place++) {
		if (place == 3)
			text[--at] = '.';
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	}
	scalar.text = kin__span(text + at, sizeof text - at);
	kin__number_read(&scalar.number, scalar.text);
	kin__walk_value(filter, node, &scalar, 0);
}

/* --- the verdict ----------------------------------------------------------------------------- */

static bool holds(const struct kin__filter *filter, const struct kin__rule *rule)
{
	for (size_t i = 0; i < filter->words; i++)
		if ((filter->frames[i] & rule->need[i]) != rule->need[i] ||
		    (filter->frames[i] & rule->absent[i]))
			return false;
	return true;
}

int kin__filter_passes(struct kin__filter *filter, const struct kin_record *record)
{
	bool object = false;

	filter->nomem = false;
	memset(filter->frames, 0, filter->words * sizeof(uint64_t));
	text_field(filter, filter->key, record->partition_key, record->partition_key_size);
	text_field(filter, filter->sequence, record->sequence_number, record->sequence_number_size);
	text_field(filter, filter->version, "1.0", 3);
	arrival_field(filter, filter->arrival, record->arrival_ms);
	if (filter->data)
		object = kin__walk_data(filter, kin__span(record->data, record->data_size));
	if (filter->nomem)
		return KIN_NOMEM;
	for (size_t r = 0; r < filter->rules_n; r++)
		if ((object || !filter->rules[r].data) && holds(filter, &filter->rules[r]))
			return 1;
	return 0;
}
