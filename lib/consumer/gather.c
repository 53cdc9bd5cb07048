/* consumer/gather - see gather.h */
#include "consumer/gather.h"
#include "consumer/lane.h"
#include "consumer/pages.h"
#include "consumer/window.h"

enum { AHEAD = 8 }; /* records, between asking for the memory of one and its turn */

/* A page is larger than the processor's caches: its texts are on their way when they are looked at. */
static void look_ahead(const struct kin_record *record)
{
	__builtin_prefetch(record->sequence_number);
	__builtin_prefetch(record->partition_key);
}

/* Takes its records [gather_end, end) of one page into the batch until it is full. */
static void take(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__page *page,
                 uint64_t end)
{
	const size_t shard_bytes = kin__event_text_bytes(kin__span_text(page->records[0].shard_id));

	while (lane->gather_end < end && !lane->gather_full) {
		const struct kin_record *record = &page->records[lane->gather_end - page->first];
		uint64_t bytes = kin__event_own_bytes(&consumer->source, record, page->plain) + shard_bytes;
		bool first = lane->gather_n == 0;

		if (!page->plain && lane->gather_end + AHEAD < end)
			look_ahead(&page->records[lane->gather_end + AHEAD - page->first]);
		if (!kin__window_admits(consumer, lane, record)) {
			lane->gather_full = true;
			return;
		}
		if (!first && lane->gather_bytes + 1 + bytes > consumer->set.batch_bytes_max) {
			lane->gather_full = true;
			return;
		}
		if (first)
			lane->gather_since_us = consumer->now_us;
		lane->gather_bytes +=
				bytes +
				(first ? KIN__EVENT_ENVELOPE_BYTES + kin__window_room(consumer, lane->shard)
		                       : 1);
		lane->gather_last = ++lane->gather_end;
		if (++lane->gather_n >= consumer->set.batch_size)
			lane->gather_full = true;
	}
}

/* Those of one page that are the lane's, and that the filter did not leave out. */
static void scan(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__page *page)
{
	uint64_t end = page->first + page->count;
	struct kin__range run;

	while (lane->gather_end < end && !lane->gather_full) {
		if (!kin__lane_run(lane, lane->gather_end, end, &run)) {
			lane->gather_end = end;
			return;
		}
		lane->gather_end = run.first;
		take(consumer, lane, page, run.end);
	}
}

void kin__gather_more(struct kin__consumer *consumer, struct kin__lane *lane)
{
	const struct kin__page *page;

	if (lane->gather_end >= lane->shard->held || kin__shard_lacks(lane->shard))
		return;
	for (page = kin__pages_find(lane->shard, lane->gather_end); page && !lane->gather_full;
	     page = page->next)
		scan(consumer, lane, page);
	if (!lane->gather_full)
		lane->gather_end = lane->shard->held; /* what is not in memory was given up */
}

void kin__gather_take(struct kin__consumer *consumer, struct kin__lane *lane, struct kin__range *out)
{
	*out = (struct kin__range){ lane->assigned, lane->gather_last };
	lane->assigned = lane->gather_end;
	lane->taken = lane->gather_last;
	lane->gather_bytes = lane->gather_n = 0;
	lane->gather_full = false;
	kin__window_take(lane->shard);
	kin__gather_more(consumer, lane);
}

void kin__gather_forget(struct kin__lane *lane, uint64_t back)
{
	if (lane->assigned > back)
		lane->assigned = back;
	lane->gather_end = lane->assigned;
	lane->gather_bytes = lane->gather_n = 0;
	lane->gather_full = false;
}

uint64_t kin__gather_due_us(const struct kin__consumer *consumer, const struct kin__lane *lane)
{
	uint64_t since = lane->gather_since_us;

	if (consumer->set.batching_window_us == 0 || lane->gather_full || lane->shard->reading == READ_DONE)
		return 0;
	if (since < lane->over_us)
		since = lane->over_us;
	return since + consumer->set.batching_window_us;
}
