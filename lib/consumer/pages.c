/* consumer/pages - see pages.h */
#include "consumer/emit.h"
#include "consumer/lane.h"
#include "consumer/pages.h"

/* A record of a lane that is not there would never be handed out. */
static void check_lanes(struct kin__consumer *consumer, const struct kin__consumer_event *event, uint32_t n)
{
	uint8_t most = 0;

	for (uint32_t i = 0; event->page.lanes && i < n; i++)
		most = event->page.lanes[i] > most ? event->page.lanes[i] : most;
	KIN__CHECK(&consumer->bug, most < consumer->set.parallelization_factor);
}

bool kin__pages_add(struct kin__consumer *consumer, struct kin__shard *shard,
                    const struct kin__consumer_event *event, uint32_t skipped, uint32_t n)
{
	struct kin__page *page;
	uint64_t open;

	check_lanes(consumer, event, n);
	if (!kin__lane_make(consumer, shard))
		return false;
	page = kin__mem_alloc(sizeof *page);
	if (!page)
		return false;
	*page = (struct kin__page){ .records = event->page.records + skipped,
		                    .skipped = skipped,
		                    .lanes = event->page.lanes ? event->page.lanes + skipped : NULL,
		                    .id = event->page.id,
		                    .first = shard->held,
		                    .bytes = event->page.bytes,
		                    .array_bytes = event->page.array_bytes,
		                    .plain = event->page.plain,
		                    .count = n };
	if (shard->last_page)
		shard->last_page->next = page;
	else
		shard->first_page = page;
	shard->last_page = page;
	shard->pages_n++;
	open = kin__settled_missing(&shard->settled, shard->held, shard->held + n);
	shard->held += n;
	if (shard->held > shard->fetched)
		shard->fetched = shard->held;
	consumer->held_bytes += page->bytes;
	consumer->health.polled += open;
	consumer->health.buffered += open;
	return true;
}

struct kin__page *kin__pages_find(const struct kin__shard *shard, uint64_t ordinal)
{
	struct kin__page *page = shard->last_page;

	if (page && ordinal >= page->first)
		return page;
	for (page = shard->first_page; page && ordinal >= page->first + page->count;)
		page = page->next;
	return page;
}

static void release(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__page *page = shard->first_page;

	shard->first_page = page->next;
	if (!shard->first_page)
		shard->last_page = NULL;
	shard->pages_n--;
	consumer->held_bytes -= page->bytes;
	kin__emit_release(consumer, shard, page->id);
	kin__mem_free(page);
}

void kin__pages_settle(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t low = shard->settled.low;
	struct kin__page *page = low > shard->noted ? kin__pages_find(shard, low - 1) : NULL;

	if (!page || low <= page->first)
		return;
	shard->noted = low;
	kin__position_of(&shard->settled_at, &page->records[low - 1 - page->first]);
	if (page->records[low - 1 - page->first].arrival_ms > shard->settled_ms)
		shard->settled_ms = page->records[low - 1 - page->first].arrival_ms;
	while (shard->first_page && shard->first_page->first + shard->first_page->count <= low)
		release(consumer, shard);
}

void kin__pages_thin(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_COPY, .shard = shard->index };
	struct kin__page *page = shard->first_page;
	uint64_t left = page->first + page->count - shard->settled.low, bytes = page->array_bytes;
	uint32_t first = page->count - (uint32_t)left;

	if (page->bytes < consumer->set.copy_bytes_min || left * COPY_PART > page->count)
		return;
	for (uint32_t i = first; i < page->count; i++)
		bytes += page->records[i].data_size + page->records[i].partition_key_size +
		         page->records[i].sequence_number_size + 3;
	if (bytes * 2 > page->bytes)
		return;
	effect.copy.slice = (struct kin__slice){ page->id, page->skipped + first, (uint32_t)left };
	effect.copy.bytes = bytes;
	kin__emit_notice(consumer, &effect);
	consumer->held_bytes -= page->bytes - bytes;
	page->bytes = bytes;
}

void kin__pages_release_all(struct kin__consumer *consumer, struct kin__shard *shard)
{
	while (shard->first_page)
		release(consumer, shard);
}

bool kin__pages_slices(struct kin__consumer *consumer, const struct kin__shard *shard,
                       const struct kin__range *ranges, size_t ranges_n, struct kin__slices *out)
{
	const struct kin__page *page = ranges_n > 0 ? kin__pages_find(shard, ranges[0].first) : NULL;
	size_t most = ranges_n + shard->pages_n;

	*out = (struct kin__slices){ 0 };
	out->at = kin__arena_alloc(&consumer->arena, most * sizeof *out->at);
	if (!out->at)
		return false;
	for (size_t i = 0; i < ranges_n; i++) {
		uint64_t at = ranges[i].first;

		while (at < ranges[i].end) {
			uint64_t end = page->first + page->count;

			if (at >= end) {
				page = page->next;
				continue;
			}
			if (end > ranges[i].end)
				end = ranges[i].end;
			out->at[out->n++] = (struct kin__slice){ page->id,
				                                 page->skipped + (uint32_t)(at - page->first),
				                                 (uint32_t)(end - at) };
			out->count += (uint32_t)(end - at);
			at = end;
		}
	}
	return true;
}
