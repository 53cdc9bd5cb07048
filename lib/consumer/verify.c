/* consumer/verify - see verify.h */
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
		HOLDS(at > shard->settled.low);
		*bytes += page->bytes;
	}
	HOLDS(n == shard->pages_n);
	HOLDS(at == shard->held && shard->held <= shard->fetched);
	if (shard->life == LIFE_ACTIVE) {
		HOLDS(shard->held >= shard->settled.low);
		HOLDS(shard->held == shard->fetched ||
		      (kin__shard_lacks(shard) && shard->fetched == shard->assigned));
		HOLDS(!shard->again.number[0] || (!shard->first_page && kin__shard_lacks(shard)));
	}
	return NULL;
}

static const char *pieces(const struct kin__shard *shard, bool works)
{
	uint64_t at = shard->assigned;

	for (uint32_t i = 0; i < shard->stack_n; i++) { /* from the highest records down */
		HOLDS(shard->stack[i].end <= at && shard->stack[i].first < shard->stack[i].end);
		at = shard->stack[i].first;
	}
	/* A piece that is done stays while no work may begin; what the filter left out may be done behind it. */
	HOLDS(shard->stack_n == 0 || at >= shard->settled.low || !works ||
	      shard->stack[shard->stack_n - 1].end >= shard->settled.low);
	HOLDS(shard->assigned <= shard->gather_end && shard->gather_end <= shard->fetched);
	HOLDS(shard->gather_end <= shard->held || shard->gather_end == shard->assigned);
	HOLDS(shard->marks_n <= MARKS_MAX);
	for (uint32_t i = 0; i < shard->marks_n; i++)
		HOLDS(shard->marks[i] > (i > 0 ? shard->marks[i - 1] : shard->stored_low) &&
		      shard->marks[i] <= shard->settled.low);
	return NULL;
}

static const char *places(const struct kin__shard *shard)
{
	bool calling = shard->working == WORK_INVOKING || shard->working == WORK_SINKING;

	HOLDS((shard->work_id != 0) == calling);
	HOLDS((shard->read_id != 0) == (shard->reading == READ_FLYING) || shard->life >= LIFE_LOST ||
	      shard->reading == READ_FLYING || shard->reading == READ_DONE);
	HOLDS((shard->write_id != 0) == (shard->writing == WRITE_FLYING));
	HOLDS((shard->working == WORK_READY) == !kin__list_empty(&shard->work_queue));
	HOLDS((shard->working == WORK_GATHERING) == !kin__list_empty(&shard->gatherers));
	HOLDS(shard->working != WORK_WAITING || shard->work_timer.node.index != 0 ||
	      shard->life != LIFE_ACTIVE || kin__shard_lacks(shard));
	HOLDS(shard->sleeper.index == 0 || (shard->working == WORK_WAITING && shard->first_page));
	HOLDS(shard->reading != READ_AWAY || kin__shard_lacks(shard));
	HOLDS(shard->work_timer.node.index == 0 || shard->working == WORK_WAITING ||
	      shard->working == WORK_GATHERING);
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
		broken = pieces(shard, kin__consumer_lives(consumer) && shard->life == LIFE_ACTIVE &&
		                                       shard->writing != WRITE_DOUBT);
	return broken ? broken : places(shard);
}

const char *kin__consumer_verify(const struct kin__consumer *consumer)
{
	uint64_t bytes = 0, buffered = 0, unfinished = 0, fresh = 0, blocked = 0, pending = 0;
	uint32_t reads = 0, works = 0, writes = 0;
	int64_t behind_ms = -1;
	struct kin_consumer_health told = { .size = sizeof told };
	const struct kin_consumer_health *health = &consumer->health;

	if (consumer->bug.what || consumer->nomem)
		return consumer->bug.what;
	for (size_t i = 0; i < consumer->shards_n; i++) {
		const struct kin__shard *shard = consumer->shards[i];
		const char *broken = consumer->cleared ? NULL : shard_holds(consumer, shard, &bytes);

		if (broken)
			return broken;
		reads += shard->read_id != 0;
		works += shard->work_id != 0;
		writes += shard->write_id != 0;
		pending += shard->writing != WRITE_REST;
		unfinished += shard->counted;
		fresh += shard->fresh;
		blocked += shard->blocked;
		if (shard->life == LIFE_ACTIVE && shard->behind_ms > behind_ms)
			behind_ms = shard->behind_ms;
		buffered += kin__settled_missing(&shard->settled, shard->settled.low, shard->held);
	}
	HOLDS(bytes == consumer->held_bytes);
	HOLDS(reads == consumer->reads_flying && reads <= consumer->set.fetches_max);
	HOLDS(works == consumer->works_flying && works <= consumer->set.handlers_max);
	HOLDS(writes <= consumer->writes_flying && consumer->writes_flying <= consumer->set.stores_max);
	HOLDS(pending == consumer->writes_pending);
	HOLDS(unfinished == consumer->unfinished && fresh == consumer->fresh_n);
	HOLDS(blocked == health->shards_blocked);
	kin__consumer_health(consumer, &told);
	HOLDS(told.behind_ms == behind_ms);
	HOLDS(buffered == health->buffered);
	HOLDS(health->polled == health->handled + health->filtered + health->on_failure + health->dropped +
	                                        health->buffered + health->given_back);
	HOLDS(consumer->flying == reads + works + consumer->writes_flying +
	                                          (consumer->job_id != 0 && consumer->job != JOB_ITEMS &&
	                                           consumer->job != JOB_ORIGIN));
	return NULL;
}
