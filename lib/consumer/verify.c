/* consumer/verify - see verify.h */
#include "consumer/lane.h"
#include "consumer/verify.h"

#define HOLDS(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			return #condition;                                                                   \
	} while (0)

static const char *pages(const struct kin__shard *shard, uint64_t *bytes)
{
	const struct kin__page *page;
	uint64_t n = 0, at = shard->first_page ? shard->first_page->first : shard->held;

	HOLDS(at <= shard->settled.low || shard->life == LIFE_LOST);
	for (page = shard->first_page; page; page = page->next, n++) {
		HOLDS(page->first == at && page->count > 0);
		HOLDS(page->next || page == shard->last_page);
		at += page->count;
		HOLDS(at > shard->settled.low || shard->life >= LIFE_LOST); /* a call may hold it still */
		*bytes += page->bytes;
	}
	HOLDS(n == shard->pages_n);
	HOLDS(at == shard->held && shard->held <= shard->fetched);
	if (shard->life == LIFE_ACTIVE) {
		HOLDS(shard->held >= shard->settled.low);
		HOLDS(shard->held == shard->fetched ||
		      (kin__shard_lacks(shard) && shard->fetched == shard->back));
		HOLDS(!kin__position_there(&shard->again) || (!shard->first_page && kin__shard_lacks(shard)));
	}
	return NULL;
}

/* How many of its records in [from, end) are not settled. */
static uint64_t open(const struct kin__lane *lane, uint64_t from, uint64_t end)
{
	struct kin__range run;
	uint64_t n = 0;

	for (; kin__lane_run(lane, from, end, &run); from = run.end)
		n += run.end - run.first;
	return n;
}

static const char *pieces(const struct kin__lane *lane, bool works)
{
	const struct kin__shard *shard = lane->shard;
	uint64_t at = lane->taken, n = 0;

	for (uint32_t i = 0; i < lane->stack_n; i++) { /* from the highest records down */
		HOLDS(lane->stack[i].end <= at && lane->stack[i].first < lane->stack[i].end);
		at = lane->stack[i].first;
		n += works ? open(lane, lane->stack[i].first, lane->stack[i].end) : 0;
	}
	/* A piece that is done stays while no work may begin; what the filter left out may be done behind it. */
	HOLDS(lane->stack_n == 0 || at >= shard->settled.low || !works || shard->lanes_n > 1 ||
	      lane->stack[lane->stack_n - 1].end >= shard->settled.low);
	HOLDS(lane->taken <= lane->assigned && lane->assigned <= lane->gather_end);
	HOLDS(lane->gather_end <= shard->fetched);
	HOLDS(lane->gather_end <= shard->held || lane->gather_end == lane->assigned);
	if (works) { /* each of its records is in one place */
		HOLDS(n == open(lane, 0, lane->assigned));
		HOLDS(lane->gather_n == open(lane, lane->assigned, lane->gather_end));
		HOLDS(lane->gather_n > 0 || lane->gather_end == shard->held);
	}
	return NULL;
}

static const char *place(const struct kin__lane *lane)
{
	bool calling = KIN__TO(lane->working) & KIN__CALLING;

	HOLDS((lane->work_id != 0) == calling);
	HOLDS((lane->working == WORK_READY) == !kin__list_empty(&lane->work_queue));
	HOLDS((lane->working == WORK_GATHERING) == !kin__list_empty(&lane->gatherers));
	HOLDS(lane->working != WORK_WAITING || lane->work_timer.node.index != 0 ||
	      lane->shard->life != LIFE_ACTIVE || kin__shard_lacks(lane->shard));
	HOLDS(lane->work_timer.node.index == 0 || lane->working == WORK_WAITING ||
	      lane->working == WORK_GATHERING || lane->working == WORK_INVOKING);
	HOLDS(lane->lends <= lane->overdue && (!lane->overdue || lane->working == WORK_INVOKING));
	return NULL;
}

static const char *lanes(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	bool works = kin__consumer_lives(consumer) && shard->life == LIFE_ACTIVE &&
	             shard->writing != WRITE_DOUBT && !kin__shard_lacks(shard);
	uint32_t blocked = 0;

	HOLDS(shard->lanes_n == 0 || shard->lanes_n == consumer->set.parallelization_factor);
	HOLDS(shard->lanes_n > 0 || !shard->first_page);
	for (uint32_t i = 0; i < shard->lanes_n; i++) {
		const struct kin__lane *lane = &shard->lanes[i];
		const char *broken = pieces(lane, works);

		HOLDS(lane->shard == shard && lane->number == i);
		if (!broken)
			broken = place(lane);
		if (broken)
			return broken;
		blocked += lane->blocked;
	}
	HOLDS(blocked == shard->blocked_n);
	HOLDS(shard->stored_finished <= shard->writing_finished || !consumer->set.leases);
	HOLDS(shard->writing_finished <= shard->finished);
	HOLDS(shard->lanes_n != 1 || shard->settled.low == shard->stored_low ||
	      shard->finished - shard->stored_finished <= MARKS_MAX);
	return NULL;
}

static const char *places(const struct kin__shard *shard)
{
	uint32_t resting = KIN__TO(WORK_WAITING) | KIN__TO(WORK_REST), held = KIN__TO(WORK_HELD);

	HOLDS((shard->read_id != 0) == (shard->reading == READ_FLYING) || shard->life >= LIFE_LOST ||
	      shard->reading == READ_FLYING || shard->reading == READ_DONE);
	HOLDS((shard->write_id != 0) == (shard->writing == WRITE_FLYING));
	HOLDS(shard->sleeper.index == 0 || (shard->first_page && !kin__lane_any(shard, ~resting) &&
	                                    kin__lane_any(shard, KIN__TO(WORK_WAITING))));
	HOLDS(!kin__shard_lacks(shard) || !kin__lane_any(shard, ~(resting | held)));
	HOLDS(shard->reading != READ_AWAY || kin__shard_lacks(shard));
	HOLDS(shard->read_timer.node.index == 0 || shard->reading == READ_WAITING);
	HOLDS(shard->write_timer.node.index == 0 || shard->writing == WRITE_WAITING);
	HOLDS((shard->reading == READ_QUEUED) <= !kin__list_empty(&shard->read_queue));
	HOLDS((shard->writing == WRITE_QUEUED || shard->writing == WRITE_DOUBT) ==
	      !kin__list_empty(&shard->write_queue));
	return NULL;
}

static const char *shard_holds(const struct kin__consumer *consumer, const struct kin__shard *shard,
                               uint64_t *bytes)
{
	const char *broken;

	HOLDS(kin__settled_sound(&shard->settled));
	HOLDS(shard->settled.low <= shard->fetched);
	HOLDS(shard->stored_low <= shard->settled.low);
	HOLDS(shard->life == LIFE_ACTIVE || shard->life >= LIFE_LOST || shard->settled.low == shard->fetched);
	broken = pages(shard, bytes);
	if (!broken)
		broken = lanes(consumer, shard);
	return broken ? broken : places(shard);
}

/* Setting a timer never asks for memory: each shard has two, each lane one, the consumer two. */
static const char *room(const struct kin__consumer *consumer)
{
	HOLDS(consumer->timers.room >= 2 * consumer->shards_n + consumer->lanes_n + 2 ||
	      consumer->shards_n == 0);
	HOLDS(consumer->sleepers.room >= consumer->shards_n);
	HOLDS(consumer->furthest.room >= consumer->shards_n);
	return NULL;
}

const char *kin__consumer_verify(const struct kin__consumer *consumer)
{
	uint64_t bytes = 0, buffered = 0, unfinished = 0, fresh = 0, blocked = 0, pending = 0, lanes_n = 0;
	uint32_t reads = 0, works = 0, writes = 0, overdue = 0, lent = 0;
	int64_t behind_ms = -1;
	struct kin_consumer_health told = { .size = sizeof told };
	const struct kin_consumer_health *health = &consumer->health;

	if (consumer->bug.what || consumer->nomem)
		return consumer->bug.what;
	if (room(consumer))
		return room(consumer);
	for (size_t i = 0; i < consumer->shards_n; i++) {
		const struct kin__shard *shard = consumer->shards[i];
		const char *broken = consumer->cleared ? NULL : shard_holds(consumer, shard, &bytes);

		if (broken)
			return broken;
		lanes_n += shard->lanes_n;
		reads += shard->read_id != 0;
		for (uint32_t k = 0; k < shard->lanes_n; k++)
			works += shard->lanes[k].work_id != 0, overdue += shard->lanes[k].overdue,
					lent += shard->lanes[k].lends;
		writes += shard->write_id != 0;
		pending += shard->writing != WRITE_REST;
		unfinished += shard->counted;
		fresh += shard->fresh;
		blocked += shard->blocked_n > 0;
		if (shard->life == LIFE_ACTIVE && shard->behind_ms > behind_ms)
			behind_ms = shard->behind_ms;
		buffered += kin__settled_missing(&shard->settled, shard->settled.low, shard->held);
	}
	HOLDS(lanes_n == consumer->lanes_n);
	HOLDS(bytes == consumer->held_bytes);
	HOLDS(reads == consumer->reads_flying);
	HOLDS(works == consumer->works_flying);
	HOLDS(overdue == health->handlers_overdue && overdue <= health->handlers_overdue_total);
	HOLDS(lent == consumer->lent_n && lent <= overdue && lent <= consumer->set.overdue_max);
	HOLDS(writes <= consumer->writes_flying && consumer->writes_flying <= consumer->set.stores_max);
	HOLDS(pending == consumer->writes_pending);
	HOLDS(unfinished == consumer->unfinished && fresh == consumer->fresh_n);
	HOLDS(blocked == health->shards_blocked);
	kin__consumer_health(consumer, &told);
	HOLDS(told.behind_ms == behind_ms);
	HOLDS(buffered == health->buffered);
	HOLDS(health->polled == health->handled + health->filtered + health->other_shard +
	                                        health->on_failure + health->dropped + health->buffered +
	                                        health->given_back);
	HOLDS(consumer->flying == reads + works + consumer->writes_flying +
	                                          (consumer->job_id != 0 && consumer->job != JOB_ITEMS &&
	                                           consumer->job != JOB_ORIGIN));
	return NULL;
}
