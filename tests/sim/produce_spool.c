/* A producer's spool in sim_produce: its books and its files, as a disk has them; what is put goes there first, and what a
 * process that was killed left is read by the next one. */
#include <string.h>
#include "base/mem.h"
#include "produce_world.h"

enum { HEAD = 56, KEEP_US = 60000 };

static struct produce_file *file_of(struct produce_world *w, uint64_t number)
{
	for (size_t i = 0; i < KIN__ARRAY_LEN(w->spool.files); i++)
		if (w->spool.files[i].number == number)
			return &w->spool.files[i];
	produce_fail(w, "segment %llu has no file", (unsigned long long)number);
}

static void file_fini(struct produce_file *file)
{
	kin__bytes_fini(&file->spool);
	kin__bytes_fini(&file->done);
	*file = (struct produce_file){ .number = 0 };
}

static void begin_segment(struct produce_world *w)
{
	struct kin__spool_head head = { .life = w->spool.life,
		                        .number = w->spool.books.next_number,
		                        .made_ms = produce_host_ms(w),
		                        .stream = { "orders", 6 } };
	struct produce_file *file = file_of(w, 0); /* one that is free */

	file->number = head.number;
	kin__bytes_init(&file->spool);
	kin__bytes_init(&file->done);
	kin__spool_write_head(&w->spool.crc, &file->spool, &head);
	PRODUCE_CHECK(w, file->spool.n == HEAD, "a head of %zu bytes", file->spool.n);
	PRODUCE_CHECK(w, kin__spool_began(&w->spool.books, head.life, HEAD), "out of memory");
}

static void append(struct produce_world *w, struct produce_file *file, const struct kin__spool_entry *entry)
{
	size_t end = file->spool.n + kin__spool_entry_size(entry);
	char head[KIN__SPOOL_ENTRY];

	kin__spool_write_entry(&w->spool.crc, w->spool.life, entry, head);
	kin__bytes_add(&file->spool, head, sizeof head);
	kin__bytes_span(&file->spool, entry->hash);
	kin__bytes_span(&file->spool, entry->key);
	kin__bytes_span(&file->spool, entry->data);
	while (file->spool.n < end)
		kin__bytes_char(&file->spool, 0);
	PRODUCE_CHECK(w, !file->spool.failed, "out of memory");
}

static struct kin__spool_entry entry_of(const struct produce_world *w, const struct produce_item *item)
{
	return (struct kin__spool_entry){
		.hash = kin__span(item->hash_text, item->placed.hash_n),
		.key = produce_key(item),
		.data = produce_data(w, item),
		.token = (uint64_t)(item - w->items),
		.accepted_ms = produce_host_ms(w),
		.ttl_ms = (item->own_ttl_us ? item->own_ttl_us : w->settings.record_ttl_us) / 1000
	};
}

static void keep_soon(struct produce_world *w)
{
	if (!w->keep.index &&
	    kin__heap_set(&w->due, &w->keep, w->now_us + kin__rng_below(&w->rng, KEEP_US)) < 0)
		produce_fail(w, "out of memory");
}

/* It goes to the machine. */
static void hand_over(struct produce_world *w, struct produce_item *item, uint64_t ttl_us,
                      struct kin__spool_segment *segment, struct kin__spool_range range,
                      struct kin__list *list)
{
	PRODUCE_CHECK(w, item->life != w->life, "item %u is handed over twice in one life",
	              (unsigned)(item - w->items));
	PRODUCE_CHECK(w, !item->noted, "item %u is sent again though it was noted as reported",
	              (unsigned)(item - w->items));
	PRODUCE_CHECK(w, (int64_t)(item - w->items) > w->spool.last, "item %u is handed over behind item %d",
	              (unsigned)(item - w->items), (int)w->spool.last);
	PRODUCE_CHECK(w, w->now_us + ttl_us <= item->over_us + 1000 || ttl_us == 0,
	              "item %u lives longer than it may", (unsigned)(item - w->items));
	w->spool.last = item - w->items;
	produce_met[PRODUCE_COPY] += item->final;
	item->segment = segment;
	item->range = range;
	item->final = false;
	produce_enter(w, item, ttl_us, segment->earlier, list);
}

bool produce_spool_put(struct produce_world *w, struct produce_item *item, struct kin__list *list)
{
	struct kin__spool_entry entry = entry_of(w, item);
	size_t size = kin__spool_entry_size(&entry), end;
	struct produce_file *file;
	enum kin__spool_next next;

	while ((next = kin__spool_next(&w->spool.books, size, HEAD)) == KIN__SPOOL_BEGIN)
		begin_segment(w);
	if (next == KIN__SPOOL_FULL) {
		PRODUCE_CHECK(w, w->spool.books.bytes > 0, "an empty spool is full");
		produce_met[PRODUCE_SPOOL_FULL]++;
		keep_soon(w);
		return false;
	}
	file = file_of(w, w->spool.books.open->number);
	end = file->spool.n;
	append(w, file, &entry);
	if (kin__rng_chance(&w->rng, w->disk_per_mille)) { /* and what is there is not cut off again */
		file->spool.n = end + (size_t)kin__rng_below(&w->rng, size - 8);
		kin__spool_complete(&w->spool.books);
		produce_met[PRODUCE_SPOOL_FAILED]++;
		produce_note(w, "disk fails", (uint64_t)(item - w->items), file->spool.n - end, "");
		return false;
	}
	item->accepted = true;
	item->over_us = w->now_us + (item->own_ttl_us ? item->own_ttl_us : w->settings.record_ttl_us);
	if (kin__spool_wrote(&w->spool.books, size, kin__room_has(&w->room, item->record.bytes)))
		hand_over(w, item, item->own_ttl_us, w->spool.books.open,
		          (struct kin__spool_range){ (uint32_t)end, (uint32_t)(end + size) }, list);
	else
		produce_met[PRODUCE_SPOOL_WAITED]++;
	w->next_item++;
	return true;
}

/* --- reading ------------------------------------------------------------------------------ */

/* Never sent: its report is made at once. */
static void refuse(struct produce_world *w, struct produce_item *item, struct kin__spool_segment *segment,
                   const struct kin__spool_seen *seen)
{
	PRODUCE_CHECK(w, item->life != w->life && !item->noted, "item %u is refused, and had its report",
	              (unsigned)seen->entry.token);
	PRODUCE_CHECK(w, w->now_us + 2000 >= item->over_us, "item %u is over too early",
	              (unsigned)seen->entry.token);
	w->spool.last = item - w->items;
	produce_note(w, "over", seen->entry.token, segment->earlier, "");
	produce_met[PRODUCE_SPOOL_OVER]++;
	produce_met[PRODUCE_COPY] += item->final;
	item->life = w->life;
	item->order = 0; /* the machine never sees it */
	item->held = item->acked = item->sending = item->reporting = false;
	item->doubt = segment->earlier;
	item->reported = item->reported_once = item->final = true;
	item->record.code = item->code = KIN_EXPIRED;
	item->deadline_us = item->accepted_us = w->now_us;
	item->segment = segment;
	item->range = (struct kin__spool_range){ (uint32_t)seen->from, (uint32_t)seen->to };
	kin__spool_final(&w->spool.books, segment, item->range);
	keep_soon(w);
}

static struct produce_item *found_item(struct produce_world *w, const struct kin__spool_entry *found)
{
	const struct produce_item *item = &w->items[found->token];
	struct kin__spool_entry wanted;

	PRODUCE_CHECK(w, found->token < w->next_item && item->accepted, "a record is read that nobody put");
	wanted = entry_of(w, item);
	PRODUCE_CHECK(w,
	              kin__span_same(found->hash, wanted.hash) && kin__span_same(found->key, wanted.key) &&
	                              kin__span_same(found->data, wanted.data) &&
	                              found->ttl_ms == wanted.ttl_ms,
	              "a record is not what was put");
	return &w->items[found->token];
}

/* false: there is no room for it. */
static bool take_found(struct produce_world *w, struct kin__spool_segment *segment,
                       const struct kin__spool_seen *seen, struct kin__list *list)
{
	struct produce_item *item = found_item(w, &seen->entry);
	uint64_t left_us = kin__spool_left_us(&seen->entry, produce_host_ms(w));

	if (left_us > 0 && !kin__room_has(&w->room, item->record.bytes))
		return false;
	kin__spool_passed(&w->spool.books, segment, seen->to, true);
	produce_met[PRODUCE_RECOVERED] += segment->earlier;
	if (left_us == 0)
		refuse(w, item, segment, seen);
	else
		hand_over(w, item, left_us, segment,
		          (struct kin__spool_range){ (uint32_t)seen->from, (uint32_t)seen->to }, list);
	return true;
}

/* One step of it; false: nothing more for now. */
static bool read_one(struct produce_world *w, struct kin__list *list)
{
	struct kin__spool_segment *segment = kin__spool_reading(&w->spool.books);
	struct kin__spool_scan scan;
	struct kin__spool_seen seen;
	enum kin__spool_step step;

	if (!segment)
		return false;
	kin__spool_scan_init(&scan, &w->spool.crc, segment->life, segment->read, segment->size);
	step = kin__spool_read(segment, &scan, 0, kin__bytes_view(&file_of(w, segment->number)->spool),
	                       &seen);
	if (step == KIN__SPOOL_RECORD)
		return take_found(w, segment, &seen, list);
	PRODUCE_CHECK(w, segment->earlier && (step == KIN__SPOOL_DONE || step == KIN__SPOOL_TORN),
	              "the reader is told %d", step);
	if (step == KIN__SPOOL_DONE)
		PRODUCE_CHECK(w, w->items[seen.entry.token].final,
		              "item %u is passed over, and was never reported", (unsigned)seen.entry.token);
	produce_met[PRODUCE_SPOOL_TORN] += step == KIN__SPOOL_TORN;
	kin__spool_passed(&w->spool.books, segment, seen.to, false);
	return true;
}

bool produce_spool_read(struct produce_world *w, struct kin__list *list)
{
	uint64_t before = w->spool.books.unread;

	kin__list_init(list);
	while (read_one(w, list))
		;
	if (w->spool.books.unread < before)
		produce_note(w, "read", before, w->spool.books.unread, "");
	PRODUCE_CHECK(w, kin__spool_sound(&w->spool.books), "the books do not add up");
	return !kin__list_empty(list);
}

/* --- ends ----------------------------------------------------------------------------------- */

void produce_spool_reported(struct produce_world *w, struct produce_item *item)
{
	item->final = true;
	kin__spool_final(&w->spool.books, item->segment, item->range);
	keep_soon(w);
}

/* Those of a segment whose end is on disk, now. */
static void note_items(struct produce_world *w, const struct kin__spool_segment *segment,
                       const struct kin__spool_ranges *ranges)
{
	for (uint32_t i = 0; i < w->next_item; i++) {
		struct produce_item *item = &w->items[i];

		if (item->life != w->life || item->segment != segment)
			continue;
		PRODUCE_CHECK(w, ranges || item->final, "a file is removed with item %u, not reported", i);
		for (size_t k = 0; !ranges || k < ranges->n; k++) {
			item->noted |= !ranges || (ranges->at[k].from <= item->range.from &&
			                           item->range.from < ranges->at[k].to);
			if (!ranges)
				break;
		}
	}
}

static void mark(struct produce_world *w, struct kin__spool_segment *segment)
{
	struct produce_file *file = file_of(w, segment->number);
	struct kin__spool_ranges ranges = segment->fresh;

	segment->fresh = (struct kin__spool_ranges){ NULL, 0, 0 };
	note_items(w, segment, &ranges);
	file->done.n = (size_t)segment->journal; /* what a torn one left is written over */
	for (size_t i = 0; i < ranges.n; i++) {
		char *at = kin__bytes_extend(&file->done, KIN__SPOOL_MARK);

		PRODUCE_CHECK(w, at, "out of memory");
		kin__spool_write_mark(&w->spool.crc, segment->life, ranges.at[i], at);
	}
	kin__spool_marked(&w->spool.books, segment, ranges.n * KIN__SPOOL_MARK);
	kin__mem_free(ranges.at);
	produce_met[PRODUCE_SPOOL_MARKED]++;
}

void produce_spool_keep(struct produce_world *w, bool last)
{
	struct kin__spool_segment *segment;

	while ((segment = kin__spool_removable(&w->spool.books, last)) != NULL) {
		note_items(w, segment, NULL);
		file_fini(file_of(w, segment->number));
		kin__spool_removed(&w->spool.books, segment);
		produce_met[PRODUCE_SPOOL_REMOVED]++;
	}
	while ((segment = kin__spool_to_mark(&w->spool.books)) != NULL)
		mark(w, segment);
	produce_note(w, "keep", w->spool.books.segments_n, w->spool.books.bytes, "");
}

/* Records are synced before they count as accepted; what says that they are final is not, and a loss of power takes some. */
static void lose_power(struct produce_world *w)
{
	produce_met[PRODUCE_POWER]++;
	for (size_t i = 0; i < KIN__ARRAY_LEN(w->spool.files); i++) {
		struct produce_file *file = &w->spool.files[i];

		if (file->number && file->done.n > 0)
			file->done.n = (size_t)kin__rng_below(&w->rng, file->done.n + 1);
	}
	for (uint32_t i = 0; i < w->next_item; i++)
		w->items[i].noted = false;
}

/* A process begins; the one before is gone with all that it had in memory. */
void produce_spool_start(struct produce_world *w, bool again)
{
	uint64_t below = 0;

	kin__heap_remove(&w->due, &w->keep);
	if (again)
		kin__spool_fini(&w->spool.books);
	if (again && kin__rng_chance(&w->rng, 200))
		lose_power(w);
	kin__spool_init(&w->spool.books, w->spool.bytes_max);
	w->spool.life = kin__rng_next(&w->rng);
	w->spool.last = -1;
	for (;;) { /* in the order of their numbers */
		struct produce_file *file = NULL;
		struct kin__spool_segment *segment;
		struct kin__spool_head head;
		size_t head_n;

		for (size_t i = 0; i < KIN__ARRAY_LEN(w->spool.files); i++) {
			struct produce_file *next = &w->spool.files[i];

			if (next->number > below && (!file || next->number < file->number))
				file = next;
		}
		if (!file)
			break;
		below = file->number;
		PRODUCE_CHECK(w,
		              kin__spool_look(&w->spool.crc, file->number, kin__bytes_view(&file->spool),
		                              file->spool.n, HEAD, &head, &head_n) == KIN__SPOOL_SOUND,
		              "segment %llu is lost", (unsigned long long)below);
		segment = kin__spool_found(&w->spool.books, below, head.life, head_n, file->spool.n);
		PRODUCE_CHECK(w,
		              segment && kin__spool_found_journal(&w->spool.books, segment, &w->spool.crc,
		                                                  kin__bytes_view(&file->done)),
		              "out of memory");
	}
	PRODUCE_CHECK(w, kin__spool_sound(&w->spool.books), "what was found does not add up");
}

/* --- the end ---------------------------------------------------------------------------------- */

void produce_spool_check_end(struct produce_world *w)
{
	PRODUCE_CHECK(w, w->spool.books.unread == 0, "%llu bytes wait on disk for ever",
	              (unsigned long long)w->spool.books.unread);
	for (uint32_t i = 0; i < w->next_item; i++)
		PRODUCE_CHECK(w, w->items[i].reported_once, "item %u was accepted, and is lost", i);
	produce_spool_keep(w, true);
	PRODUCE_CHECK(w, w->spool.books.segments_n == 0 && w->spool.books.bytes == 0, "files stay behind");
}

void produce_spool_free(struct produce_world *w)
{
	if (!w->spooled)
		return;
	kin__spool_fini(&w->spool.books);
	for (size_t i = 0; i < KIN__ARRAY_LEN(w->spool.files); i++)
		file_fini(&w->spool.files[i]);
}

void produce_draw_spool(struct produce_world *w)
{
	w->spooled = kin__rng_chance(&w->rng, 300);
	if (!w->spooled)
		return;
	kin__crc32c_init(&w->spool.crc);
	w->spool.bytes_max =
			kin__rng_between(&w->rng, 70000, kin__rng_chance(&w->rng, 500) ? 100000 : 4000000);
	w->disk_per_mille = kin__rng_chance(&w->rng, 300) ? 50 : 0;
	w->abandon_at = UINT32_MAX;
}
