/* kinesis/deaggregate - see deaggregate.h */
#include "base/mem.h"
#include "kinesis/deaggregate.h"
#include "wire/aggregate.h"

enum side { SIDE_UNKNOWN, SIDE_INSIDE, SIDE_OUTSIDE };

struct work {
	struct kin__hash *hash;
	const struct kin__hash_range *range;
	struct kin__outside *outside;
	struct kin__aggregate aggregate;
	uint32_t *counts; /* of each record of the answer; 0: it is a plain one */
	size_t total, aggregates;
	uint8_t *sides; /* enum side, of the keys, then of the hash keys of the aggregate: each is asked for once */
	size_t sides_room;
};

static struct kin__span span_of(const struct kin_record *record)
{
	return kin__span(record->data, record->data_size);
}

static bool any_marked(const struct kin__get_page *page)
{
	for (size_t i = 0; i < page->n; i++)
		if (kin__aggregate_marked(page->records[i].data, page->records[i].data_size))
			return true;
	return false;
}

/* How many records there will be, and what each record of the answer becomes. */
static int count(struct work *work, const struct kin__get_page *page)
{
	for (size_t i = 0; i < page->n; i++) {
		struct kin__span record = span_of(&page->records[i]);
		int code = kin__aggregate_sealed(work->hash, record);

		if (code == 1)
			code = kin__aggregate_open(&work->aggregate, record);
		if (code < 0)
			return KIN_NOMEM;
		work->counts[i] = code == 1 ? (uint32_t)work->aggregate.n : 0;
		work->total += code == 1 ? work->aggregate.n : 1;
		work->aggregates += code == 1;
	}
	return work->total <= UINT32_MAX ? KIN_OK : KIN_NOMEM;
}

/* A hash key that is none: nobody can say where it belongs, so it stays. */
static int side_of(struct work *work, const struct kin__aggregate_record *record, uint8_t *out)
{
	const struct kin__aggregate *aggregate = &work->aggregate;
	bool explicit_key = record->hash_key != KIN__AGGREGATE_NONE;
	size_t at = explicit_key ? aggregate->keys_n + record->hash_key : record->key;
	struct kin__hashkey key;

	if (work->sides[at] == SIDE_UNKNOWN) {
		work->sides[at] = SIDE_INSIDE;
		if (!explicit_key && !kin__hashkey_of(work->hash, aggregate->keys[record->key], &key))
			return KIN_NOMEM;
		if ((!explicit_key || kin__hashkey_parse(aggregate->hash_keys[record->hash_key], &key)) &&
		    (kin__hashkey_compare(key, work->range->first) < 0 ||
		     kin__hashkey_compare(key, work->range->last) > 0))
			work->sides[at] = SIDE_OUTSIDE;
	}
	*out = work->sides[at] == SIDE_OUTSIDE;
	return KIN_OK;
}

static int ready_sides(struct work *work)
{
	size_t n = work->aggregate.keys_n + work->aggregate.hash_keys_n;

	if (!work->range)
		return KIN_OK;
	if (kin__mem_room(&work->sides, &work->sides_room, n, 1) < 0)
		return KIN_NOMEM;
	memset(work->sides, SIDE_UNKNOWN, n);
	return KIN_OK;
}

/* The parts of one record, from to[0] on; `first`: where they stand in the page. */
static int expand(struct work *work, const struct kin_record *outer, struct kin_record *to, size_t first)
{
	struct kin__aggregate_record part;

	/* It opened before. */
	if (kin__aggregate_open(&work->aggregate, span_of(outer)) != 1 || ready_sides(work) != KIN_OK)
		return KIN_NOMEM;
	for (size_t i = 0; kin__aggregate_next(&work->aggregate, &part); i++) {
		struct kin__span key = work->aggregate.keys[part.key];

		to[i] = *outer;
		to[i].partition_key = key.at;
		to[i].partition_key_size = key.n;
		to[i].data = part.data.at;
		to[i].data_size = part.data.n;
		to[i].sub_sequence = i;
		if (work->range && side_of(work, &part, &work->outside->at[first + i]) != KIN_OK)
			return KIN_NOMEM;
	}
	/* Nobody reads the message again. */
	kin__aggregate_end_keys(&work->aggregate, (char *)outer->data);
	return KIN_OK;
}

static int fill(struct work *work, const struct kin__get_page *page, struct kin_record *to)
{
	size_t at = 0;

	for (size_t i = 0; i < page->n; i++) {
		if (work->counts[i] == 0)
			to[at++] = page->records[i];
		else if (expand(work, &page->records[i], &to[at], at) != KIN_OK)
			return KIN_NOMEM;
		else
			at += work->counts[i];
	}
	return KIN_OK;
}

static int replace(struct work *work, struct kin__get_page *page)
{
	struct kin_record *records = kin__mem_alloc(work->total * sizeof *records);

	if (!records)
		return KIN_NOMEM;
	if (work->range) {
		if (kin__mem_room(&work->outside->at, &work->outside->room, work->total, 1) < 0) {
			kin__mem_free(records);
			return KIN_NOMEM;
		}
		memset(work->outside->at, 0, work->total);
	}
	if (fill(work, page, records) != KIN_OK) {
		kin__mem_free(records);
		return KIN_NOMEM;
	}
	kin__mem_free(page->records);
	page->records = records;
	page->n = page->room = work->total;
	for (size_t i = 0; work->range && i < page->n; i++)
		work->outside->n += work->outside->at[i];
	return KIN_OK;
}

int kin__deaggregate_page(struct kin__get_page *page, struct kin__hash *hash,
                          const struct kin__hash_range *range, struct kin__outside *outside)
{
	struct work work = { .hash = hash, .range = range, .outside = outside };
	int code = KIN_OK;

	if (outside)
		outside->n = 0;
	if (!any_marked(page))
		return KIN_OK;
	kin__aggregate_init(&work.aggregate);
	work.counts = kin__mem_array(page->n, sizeof *work.counts);
	code = work.counts ? count(&work, page) : KIN_NOMEM;
	if (code == KIN_OK && work.aggregates > 0)
		code = replace(&work, page);
	kin__aggregate_fini(&work.aggregate);
	kin__mem_free(work.counts);
	kin__mem_free(work.sides);
	return code;
}
