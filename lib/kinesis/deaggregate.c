/* kinesis/deaggregate - see deaggregate.h */
#include "base/mem.h"
#include "kinesis/deaggregate.h"
#include "wire/aggregate.h"

enum { AT_ONCE = 64 /* MD5s */ };

struct work {
	const struct kin__md5_way *md5;
	const struct kin__hash_range *range;
	struct kin__outside *outside;
	struct kin__aggregate *opened; /* of each record that is marked, in order; n 0: a plain one */
	size_t marked, total, aggregates;
	uint8_t *outlying; /* of the keys, then of the hash keys of an aggregate: 1, it lies outside the range */
	size_t outlying_room;
};

static struct kin__span span_of(const struct kin_record *record)
{
	return kin__span(record->data, record->data_size);
}

static bool is_marked(const struct kin_record *record)
{
	return kin__aggregate_marked(record->data, record->data_size);
}

static size_t count_marked(const struct kin__get_page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++)
		n += is_marked(&page->records[i]);
	return n;
}

/* Takes what stands in some records that are marked. */
static int open_some(struct work *work, struct kin__aggregate *next, const struct kin__span *records,
                     size_t n)
{
	bool sealed[AT_ONCE];

	kin__aggregate_sealed(work->md5, records, n, sealed);
	for (size_t i = 0; i < n; i++, next++) {
		int code = sealed[i] ? kin__aggregate_open(next, records[i]) : 0;

		if (code < 0)
			return KIN_NOMEM;
		work->aggregates += code == 1;
		work->total += code == 1 ? next->n - 1 : 0;
	}
	return KIN_OK;
}

/* How many records there will be. */
static int open_all(struct work *work, const struct kin__get_page *page)
{
	struct kin__aggregate *next = work->opened;
	struct kin__span some[AT_ONCE];
	size_t n = 0;
	int code = KIN_OK;

	work->total = page->n;
	for (size_t i = 0; i < page->n && code == KIN_OK; i++) {
		if (is_marked(&page->records[i]))
			some[n++] = span_of(&page->records[i]);
		if (n < AT_ONCE && i + 1 < page->n)
			continue;
		code = open_some(work, next, some, n);
		next += n;
		n = 0;
	}
	return work->total <= UINT32_MAX ? code : KIN_NOMEM;
}

static bool is_outside(const struct work *work, struct kin__hashkey key)
{
	return kin__hashkey_compare(key, work->range->first) < 0 ||
	       kin__hashkey_compare(key, work->range->last) > 0;
}

static void look_at_keys(const struct work *work, const struct kin__span *keys, size_t n, uint8_t *out)
{
	struct kin__md5 digests[AT_ONCE];

	for (size_t i = 0; i < n; i += AT_ONCE) {
		size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;

		kin__md5_many(work->md5, keys + i, some, digests);
		for (size_t k = 0; k < some; k++)
			out[i + k] = is_outside(work, kin__hashkey_of_md5(&digests[k]));
	}
}

/* A hash key that is none: nobody can say where it belongs, so it stays. */
static int look_at_all_keys(struct work *work, const struct kin__aggregate *aggregate)
{
	size_t n = aggregate->keys_n + aggregate->hash_keys_n;
	struct kin__hashkey key;

	if (!work->range)
		return KIN_OK;
	if (kin__mem_room(&work->outlying, &work->outlying_room, n, 1) < 0)
		return KIN_NOMEM;
	look_at_keys(work, aggregate->keys, aggregate->keys_n, work->outlying);
	for (size_t i = 0; i < aggregate->hash_keys_n; i++)
		work->outlying[aggregate->keys_n + i] =
				kin__hashkey_parse(aggregate->hash_keys[i], &key) && is_outside(work, key);
	return KIN_OK;
}

static uint8_t outlies(const struct work *work, const struct kin__aggregate *aggregate,
                       const struct kin__aggregate_record *record)
{
	bool explicit_key = record->hash_key != KIN__AGGREGATE_NONE;

	return work->outlying[explicit_key ? aggregate->keys_n + record->hash_key : record->key];
}

/* The parts of one record, from to[0] on; outside: their bytes. */
static int expand(struct work *work, struct kin__aggregate *aggregate, const struct kin_record *outer,
                  struct kin_record *to, uint8_t *outside)
{
	struct kin__aggregate_record part;

	if (look_at_all_keys(work, aggregate) != KIN_OK)
		return KIN_NOMEM;
	for (size_t i = 0; kin__aggregate_next(aggregate, &part); i++) {
		struct kin__span key = aggregate->keys[part.key];

		to[i] = *outer;
		to[i].partition_key = key.at;
		to[i].partition_key_size = key.n;
		to[i].data = part.data.at;
		to[i].data_size = part.data.n;
		to[i].sub_sequence = i;
		if (work->range)
			outside[i] = outlies(work, aggregate, &part);
	}
	/* Nobody reads the message again. */
	kin__aggregate_end_keys(aggregate, (char *)outer->data);
	return KIN_OK;
}

static int fill(struct work *work, const struct kin__get_page *page, struct kin_record *to)
{
	struct kin__aggregate *next = work->opened;
	uint8_t *outside = work->range ? work->outside->at : NULL;

	for (size_t i = 0; i < page->n; i++) {
		const struct kin_record *record = &page->records[i];
		bool marked = is_marked(record);
		size_t n = marked ? next->n : 0;

		if (n == 0)
			*to = *record;
		else if (expand(work, next, record, to, outside) != KIN_OK)
			return KIN_NOMEM;
		next += marked;
		n += n == 0;
		to += n;
		if (outside)
			outside += n;
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
	page->plain = false;
	page->n = page->room = work->total;
	for (size_t i = 0; work->range && i < page->n; i++)
		work->outside->n += work->outside->at[i];
	return KIN_OK;
}

int kin__deaggregate_page(struct kin__get_page *page, const struct kin__md5_way *md5,
                          const struct kin__hash_range *range, struct kin__outside *outside)
{
	struct work work = { .md5 = md5, .range = range, .outside = outside, .marked = count_marked(page) };
	int code;

	if (outside)
		outside->n = 0;
	if (work.marked == 0)
		return KIN_OK;
	work.opened = kin__mem_array(work.marked, sizeof *work.opened);
	code = work.opened ? open_all(&work, page) : KIN_NOMEM;
	if (code == KIN_OK && work.aggregates > 0)
		code = replace(&work, page);
	for (size_t i = 0; work.opened && i < work.marked; i++)
		kin__aggregate_fini(&work.opened[i]);
	kin__mem_free(work.opened);
	kin__mem_free(work.outlying);
	return code;
}
