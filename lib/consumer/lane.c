/* consumer/lane - see lane.h */
#include <string.h>
#include "consumer/emit.h"
#include "consumer/lane.h"
#include "consumer/pages.h"
#include "consumer/reread.h"

bool kin__lane_make(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint32_t n = consumer->set.parallelization_factor;

	if (shard->lanes_n > 0)
		return true;
	/* Room for every timer that may be set: setting one never fails later. */
	if (kin__mem_room(&consumer->timers.at, &consumer->timers.room,
	                  2 * consumer->shards_n + consumer->lanes_n + n + 2,
	                  sizeof(struct kin__heap_node *)) < 0)
		return false;
	shard->lanes = kin__mem_array(n, sizeof *shard->lanes);
	if (!shard->lanes)
		return false;
	shard->lanes_n = n;
	consumer->lanes_n += n;
	for (uint32_t i = 0; i < n; i++) {
		struct kin__lane *lane = &shard->lanes[i];

		lane->shard = shard;
		lane->number = (uint8_t)i;
		lane->assigned = lane->gather_end = shard->held;
		kin__list_init(&lane->work_queue);
		kin__list_init(&lane->gatherers);
		lane->work_timer.kind = TIMER_WORK;
	}
	return true;
}

void kin__lane_free(struct kin__shard *shard)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++) {
		kin__mem_free(shard->lanes[i].stack);
		kin__mem_free(shard->lanes[i].sunk);
	}
	kin__mem_free(shard->lanes);
}

void kin__lane_move(struct kin__consumer *consumer, struct kin__lane *lane, uint8_t next)
{
	if (lane->working == next)
		return;
	if (lane->working == WORK_READY)
		kin__list_remove(&lane->work_queue);
	if (lane->working == WORK_GATHERING)
		kin__list_remove(&lane->gatherers);
	if (lane->working == WORK_GATHERING || lane->working == WORK_WAITING)
		kin__heap_remove(&consumer->timers, &lane->work_timer.node);
	kin__machine_move(&consumer->bug, kin__lane_workings, &lane->working, next, consumer->seen_workings);
	if (next == WORK_READY)
		kin__list_append(&consumer->work_queue, &lane->work_queue);
	if (next == WORK_GATHERING)
		kin__list_append(&consumer->gatherers, &lane->gatherers);
	kin__reread_offer(consumer, lane->shard);
}

struct kin__lane *kin__lane_of(const struct kin__shard *shard, uint64_t id)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		if (shard->lanes[i].work_id == id && id != 0)
			return &shard->lanes[i];
	return NULL;
}

struct kin__lane *kin__lane_at(const struct kin__shard *shard, uint64_t ordinal)
{
	const struct kin__page *page = kin__pages_find(shard, ordinal);

	return &shard->lanes[page->lanes ? page->lanes[ordinal - page->first] : 0];
}

/* The first run of its records in [from, end), all of one page. */
static bool run_in(const struct kin__page *page, uint8_t number, uint64_t from, uint64_t end,
                   struct kin__range *out)
{
	const uint8_t *at;
	uint64_t last;

	if (!page->lanes) {
		*out = (struct kin__range){ from, end };
		return number == 0;
	}
	at = memchr(page->lanes + (from - page->first), number, (size_t)(end - from));
	if (!at)
		return false;
	from = last = page->first + (uint64_t)(at - page->lanes);
	while (++last < end && page->lanes[last - page->first] == number)
		;
	*out = (struct kin__range){ from, last };
	return true;
}

bool kin__lane_run(const struct kin__lane *lane, uint64_t from, uint64_t end, struct kin__range *out)
{
	const struct kin__shard *shard = lane->shard;
	const struct kin__page *page = NULL;
	struct kin__range open;

	if (shard->lanes_n == 1)
		return kin__settled_open(&shard->settled, from, end, out);
	while (kin__settled_open(&shard->settled, from, end, &open)) {
		if (!page || open.first >= page->first + page->count)
			page = kin__pages_find(shard, open.first);
		from = page->first + page->count < open.end ? page->first + page->count : open.end;
		if (run_in(page, lane->number, open.first, from, out))
			return true;
	}
	return false;
}

uint64_t kin__lane_due_us(const struct kin__consumer *consumer, const struct kin__lane *lane)
{
	uint64_t due = lane->stack[lane->stack_n - 1].due_us;

	return lane->sunk_n > 0 && lane->sink_due_us > consumer->now_us ? lane->sink_due_us : due;
}

uint64_t kin__lane_first_due_us(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < shard->lanes_n; i++) {
		const struct kin__lane *lane = &shard->lanes[i];
		uint64_t due = lane->stack_n > 0 ? kin__lane_due_us(consumer, lane) : UINT64_MAX;

		if (due < first)
			first = due;
	}
	return first;
}

bool kin__lane_any(const struct kin__shard *shard, uint32_t workings)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		if (workings & KIN__TO(shard->lanes[i].working))
			return true;
	return false;
}
