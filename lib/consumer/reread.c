/* consumer/reread - see reread.h */
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gap.h"
#include "consumer/gather.h"
#include "consumer/lane.h"
#include "consumer/overdue.h"
#include "consumer/pages.h"
#include "consumer/reread.h"

/* All its lanes wait, or have nothing to do: no call holds a page, nor is about to. */
static bool sleeps(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	return shard->first_page && kin__lane_any(shard, KIN__TO(WORK_WAITING)) &&
	       kin__lane_first_due_us(consumer, shard) < UINT64_MAX &&
	       !kin__lane_any(shard, (uint32_t) ~(KIN__TO(WORK_WAITING) | KIN__TO(WORK_REST)));
}

void kin__reread_offer(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (!sleeps(consumer, shard))
		kin__heap_remove(&consumer->sleepers, &shard->sleeper);
	else if (kin__heap_set(&consumer->sleepers, &shard->sleeper,
	                       UINT64_MAX - kin__lane_first_due_us(consumer, shard)) < 0)
		kin__emit_nomem(consumer);
}

/* What is in memory and not settled leaves it. */
static void put_back(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t n = kin__settled_missing(&shard->settled, shard->settled.low, shard->held);

	consumer->health.buffered -= n;
	consumer->health.given_back += n;
	kin__pages_release_all(consumer, shard);
	shard->held = shard->settled.low;
}

static const struct kin_record *record_at(const struct kin__shard *shard, uint64_t ordinal)
{
	const struct kin__page *page = kin__pages_find(shard, ordinal);

	return &page->records[ordinal - page->first];
}

/* Behind the last record of any batch. */
static uint64_t last_taken(const struct kin__shard *shard)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < shard->lanes_n; i++)
		if (shard->lanes[i].taken > last)
			last = shard->lanes[i].taken;
	return last;
}

static uint32_t count_numbers(const struct kin__shard *shard)
{
	uint32_t n = 1;

	for (uint64_t at = shard->settled.low + 1; at < shard->back; at++)
		n += record_at(shard, at)->sub_sequence == 0;
	return n;
}

/* Batches keep their ordinals; what was read ahead of them counts as never read. */
static void give_back(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__heap_remove(&consumer->sleepers, &shard->sleeper);
	kin__position_of(&shard->again, record_at(shard, shard->settled.low));
	shard->again_ms = record_at(shard, shard->settled.low)->arrival_ms;
	if (!kin__shard_lacks(shard)) {
		const struct kin_record *last;

		shard->back = last_taken(shard);
		last = record_at(shard, shard->back - 1);
		kin__position_of(&shard->again_last, last);
		shard->again_n = count_numbers(shard);
		shard->fetched_ms =
				shard->covered_ms > shard->settled_ms ? shard->covered_ms : shard->settled_ms;
		if (last->arrival_ms > shard->fetched_ms)
			shard->fetched_ms = last->arrival_ms;
	}
	put_back(consumer, shard);
	kin__settled_cut(&shard->settled, shard->back); /* left out by the filter: so it will be again */
	shard->fetched = shard->back;
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		kin__gather_forget(&shard->lanes[i], shard->back);
	shard->ended = shard->reached = false;
	shard->caught_up_ms = shard->seen_ms = 0;
	kin__fetch_away(consumer, shard);
}

/* Nothing is under way that would free memory: a batch that needs more than the buffer gets it. */
static bool is_alone(const struct kin__consumer *consumer)
{
	return consumer->reads_flying == 0 && consumer->works_flying == consumer->lent_n &&
	       consumer->writes_pending == 0;
}

bool kin__reread_must_wait(const struct kin__consumer *consumer)
{
	return kin__overdue_full(consumer) || !kin__list_empty(&consumer->gatherers);
}

bool kin__reread_make_room(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__heap_node *node;

	kin__heap_remove(&consumer->sleepers, &shard->sleeper);
	while (consumer->held_bytes >= consumer->set.buffer_bytes_max &&
	       (node = kin__heap_first(&consumer->sleepers))) {
		struct kin__shard *sleeper = kin__container(node, struct kin__shard, sleeper);

		if (sleeper->reading == READ_FLYING)
			break; /* its answer comes first */
		give_back(consumer, sleeper);
	}
	kin__reread_offer(consumer, shard);
	return consumer->held_bytes < consumer->set.buffer_bytes_max ||
	       (is_alone(consumer) && (!shard->first_page || kin__shard_lacks(shard)));
}

void kin__reread_forget(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (!kin__shard_lacks(shard))
		return;
	put_back(consumer, shard);
	if (kin__settled_add(&shard->settled, shard->settled.low, shard->back) < 0)
		kin__emit_nomem(consumer);
	shard->held = shard->fetched;
	kin__position_clear(&shard->again);
	shard->iterator = false;
	kin__delivery_forget(consumer, shard);
}

/* Trimming takes the oldest first: while the first and the last record stand where they stood, all between them
 * is there. */
static bool is_there(const struct kin__shard *shard, const struct kin__consumer_event *event,
                     uint32_t skipped)
{
	uint64_t left = shard->back - shard->held, n = event->page.count - skipped;
	const struct kin_record *records = event->page.records + skipped;
	bool over = event->page.ended || (event->page.count == 0 && event->page.behind_ms <= 0);

	if (event->page.count > 0 && kin__position_there(&shard->again) &&
	    (n == 0 || !kin__position_is(&shard->again, &records[0])))
		return false;
	if (n < left)
		return !over;
	return kin__position_is(&shard->again_last, &records[left - 1]);
}

bool kin__reread_check(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__consumer_event *event, uint32_t skipped)
{
	char text[KIN__SEQUENCE_TEXT];

	if (is_there(shard, event, skipped)) {
		if (event->page.count > 0)
			kin__position_clear(&shard->again);
		return true;
	}
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: records up to %s were trimmed while their batch waited to be tried again",
	                  shard->id, kin__position_text(&shard->again_last, text));
	if (kin__gap_raise(consumer, shard)) {
		shard->horizon = true; /* what is left comes behind them */
		kin__reread_forget(consumer, shard);
	}
	return false;
}
