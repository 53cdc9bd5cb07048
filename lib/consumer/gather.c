/* consumer/gather - see gather.h */
#include "consumer/gather.h"
#include "consumer/pages.h"

/* Takes records [gather_end, end) of one page into the batch until it is full. */
static void take(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin__page *page,
                 uint64_t end)
{
	while (shard->gather_end < end && !shard->gather_full) {
		uint64_t bytes = kin__event_record_bytes(&consumer->source,
		                                         &page->records[shard->gather_end - page->first]);
		bool first = shard->gather_n == 0;

		if (!first && shard->gather_bytes + 1 + bytes > consumer->set.batch_bytes_max) {
			shard->gather_full = true;
			return;
		}
		if (first)
			shard->gather_since_us = consumer->now_us;
		shard->gather_bytes += bytes + (first ? KIN__EVENT_ENVELOPE_BYTES : 1);
		shard->gather_end++;
		if (++shard->gather_n >= consumer->set.batch_size)
			shard->gather_full = true;
	}
}

/* Those of one page that the filter did not leave out. */
static void scan(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin__page *page)
{
	uint64_t end = page->first + page->count;
	struct kin__range open;

	while (shard->gather_end < end && !shard->gather_full) {
		if (!kin__settled_open(&shard->settled, shard->gather_end, end, &open)) {
			shard->gather_end = end;
			return;
		}
		shard->gather_end = open.first;
		take(consumer, shard, page, open.end);
	}
}

void kin__gather_more(struct kin__consumer *consumer, struct kin__shard *shard)
{
	const struct kin__page *page;

	if (shard->gather_end >= shard->held)
		return;
	for (page = kin__pages_find(shard, shard->gather_end); page && !shard->gather_full; page = page->next)
		scan(consumer, shard, page);
}

void kin__gather_take(struct kin__consumer *consumer, struct kin__shard *shard, struct kin__range *out)
{
	*out = (struct kin__range){ shard->assigned, shard->gather_end };
	shard->assigned = shard->gather_end;
	shard->gather_bytes = shard->gather_n = 0;
	shard->gather_full = false;
	kin__gather_more(consumer, shard);
}

uint64_t kin__gather_due_us(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	uint64_t since = shard->gather_since_us;

	if (consumer->set.batching_window_us == 0 || shard->gather_full || shard->reading == READ_DONE)
		return 0;
	if (since < shard->over_us)
		since = shard->over_us;
	return since + consumer->set.batching_window_us;
}
