/* consumer/pieces - see pieces.h */
#include <string.h>
#include "consumer/emit.h"
#include "consumer/lane.h"
#include "consumer/pieces.h"

static struct kin__work *top(const struct kin__lane *lane)
{
	return &lane->stack[lane->stack_n - 1];
}

static bool push(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__work *work)
{
	if (kin__mem_room(&lane->stack, &lane->stack_room, lane->stack_n + 1, sizeof *lane->stack) < 0) {
		kin__emit_nomem(consumer);
		return false;
	}
	lane->stack[lane->stack_n++] = *work;
	return true;
}

bool kin__pieces_push(struct kin__consumer *consumer, struct kin__lane *lane, struct kin__range range)
{
	struct kin__work work = { .first = range.first, .end = range.end };

	return push(consumer, lane, &work);
}

size_t kin__pieces_members(struct kin__consumer *consumer, const struct kin__lane *lane, uint64_t first,
                           uint64_t end, struct kin__range **out, uint64_t *count)
{
	size_t n = 0;
	struct kin__range range;

	*count = 0;
	while (kin__lane_run(lane, first, end, &range)) {
		if (kin__mem_room(&consumer->members, &consumer->members_room, n + 1, sizeof range) < 0) {
			kin__emit_nomem(consumer);
			return 0;
		}
		consumer->members[n++] = range;
		*count += range.end - range.first;
		first = range.end;
	}
	*out = consumer->members;
	return n;
}

bool kin__pieces_settle(struct kin__consumer *consumer, struct kin__shard *shard, uint64_t first,
                        uint64_t end, uint64_t *counter)
{
	uint64_t open = kin__settled_missing(&shard->settled, first, end);

	if (kin__settled_add(&shard->settled, first, end) < 0) {
		kin__emit_nomem(consumer);
		return false;
	}
	*counter += open;
	consumer->health.buffered -= open;
	return true;
}

static void settle_all(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__range *ranges, size_t n, uint64_t *counter)
{
	for (size_t i = 0; i < n; i++)
		if (!kin__pieces_settle(consumer, shard, ranges[i].first, ranges[i].end, counter))
			return;
}

static bool sunk_add(struct kin__consumer *consumer, struct kin__lane *lane, uint64_t first, uint64_t end)
{
	if (lane->sunk_n > 0 && lane->sunk[lane->sunk_n - 1].end == first) {
		lane->sunk[lane->sunk_n - 1].end = end;
		return true;
	}
	if (kin__mem_room(&lane->sunk, &lane->sunk_room, lane->sunk_n + 1, sizeof *lane->sunk) < 0) {
		kin__emit_nomem(consumer);
		return false;
	}
	lane->sunk[lane->sunk_n++] = (struct kin__range){ first, end };
	return true;
}

static bool too_old(const struct kin__consumer *consumer, const struct kin_record *record)
{
	return consumer->service_ms - record->arrival_ms > consumer->set.maximum_record_age_ms;
}

/* Collects the members that are too old into lane->sunk; no ageing before service time is known. */
static void collect_old(struct kin__consumer *consumer, struct kin__lane *lane,
                        const struct kin__range *ranges, size_t n)
{
	const struct kin__page *page = NULL;

	if (consumer->set.maximum_record_age_ms < 0 || consumer->service_ms <= 0)
		return;
	if (n > 0)
		page = kin__pages_find(lane->shard, ranges[0].first);
	for (size_t i = 0; i < n; i++) {
		for (uint64_t at = ranges[i].first; at < ranges[i].end; at++) {
			while (at >= page->first + page->count)
				page = page->next;
			if (too_old(consumer, &page->records[at - page->first]) &&
			    !sunk_add(consumer, lane, at, at + 1))
				return;
		}
	}
}

/* The ordinal of the i-th member. */
static uint64_t member(const struct kin__range *ranges, size_t n, uint64_t i)
{
	size_t at = 0;

	while (at + 1 < n && i >= ranges[at].end - ranges[at].first) {
		i -= ranges[at].end - ranges[at].first;
		at++;
	}
	return ranges[at].first + i;
}

/* Cuts the top piece: its first half, rounded down, comes first; both halves start anew. */
static void bisect(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__range *ranges,
                   size_t n, uint64_t count)
{
	uint64_t cut = member(ranges, n, count / 2);
	struct kin__work left = { .first = top(lane)->first, .end = cut };

	*top(lane) = (struct kin__work){ .first = cut, .end = top(lane)->end };
	consumer->health.bisected++;
	push(consumer, lane, &left);
}

static uint64_t retry_us(struct kin__consumer *consumer, uint32_t tries)
{
	return kin__emit_backoff(consumer, consumer->set.retry_base_us, consumer->set.retry_max_us, tries);
}

/* The call failed, its old records are gone: cut it in two, try it again, or give it up. */
static void decide(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__range *ranges,
                   size_t n, uint64_t count)
{
	struct kin__work *work = top(lane);
	int32_t retries = consumer->set.maximum_retry_attempts;

	work->undecided = false;
	if (work->halve && consumer->set.bisect && count > 1)
		bisect(consumer, lane, ranges, n, count);
	else if (retries >= 0 && work->attempts > (uint32_t)retries)
		work->given_up = true;
	else
		work->due_us = retry_us(consumer, work->tries - 1);
}

static void give_all(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin__range *ranges,
                     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!sunk_add(consumer, lane, ranges[i].first, ranges[i].end))
			return;
}

/* on_failure = drop: what would go to the sink is settled and counted. */
static bool dropped(struct kin__consumer *consumer, struct kin__lane *lane, const char *why)
{
	uint64_t before = consumer->health.dropped;

	if (!consumer->set.drop)
		return false;
	settle_all(consumer, lane->shard, lane->sunk, lane->sunk_n, &consumer->health.dropped);
	lane->sunk_n = 0;
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: %llu records dropped (%s), as on_failure = drop says", lane->shard->id,
	                  (unsigned long long)(consumer->health.dropped - before), why);
	kin__emit_quote(consumer, lane, true, KIN_LOG_WARN);
	return true;
}

enum kin__next kin__pieces_next(struct kin__consumer *consumer, struct kin__lane *lane)
{
	while (lane->stack_n > 0 && !consumer->nomem) {
		struct kin__work *work = top(lane);
		struct kin__range *ranges;
		uint64_t count;
		size_t n = kin__pieces_members(consumer, lane, work->first, work->end, &ranges, &count);

		lane->sunk_n = 0;
		if (count == 0) {
			lane->stack_n--;
			continue;
		}
		collect_old(consumer, lane, ranges, n);
		if (lane->sunk_n > 0) {
			if (dropped(consumer, lane, "RecordAgeExceeded"))
				continue;
			return lane->sink_due_us > consumer->now_us ? NEXT_WAIT : NEXT_SINK_OLD;
		}
		if (work->undecided) {
			decide(consumer, lane, ranges, n, count);
			continue;
		}
		if (!work->given_up)
			return work->due_us > consumer->now_us ? NEXT_WAIT : NEXT_INVOKE;
		give_all(consumer, lane, ranges, n);
		if (dropped(consumer, lane, "RetryAttemptsExhausted"))
			continue;
		return lane->sink_due_us > consumer->now_us ? NEXT_WAIT : NEXT_SINK_FAILED;
	}
	return NEXT_NONE;
}

/* The first `done` records are done, those behind them are a batch of their own. */
static void partial(struct kin__consumer *consumer, struct kin__lane *lane, struct kin__range *ranges,
                    size_t n, uint64_t done)
{
	struct kin__work *work = top(lane);
	uint64_t cut = member(ranges, n, done);
	size_t whole = 0;

	while (whole < n && ranges[whole].end <= cut)
		whole++;
	if (whole < n && ranges[whole].first < cut)
		ranges[whole++].end = cut;
	settle_all(consumer, lane->shard, ranges, whole, &consumer->health.handled);
	*work = (struct kin__work){ .first = cut, .end = work->end, .due_us = retry_us(consumer, 0) };
}

static void count_up(uint32_t *n)
{
	if (*n < UINT32_MAX)
		++*n;
}

void kin__pieces_handled(struct kin__consumer *consumer, struct kin__lane *lane,
                         const struct kin__consumer_event *event)
{
	struct kin__work *work = top(lane);
	bool whole = event->handled.code != KIN_OK;
	struct kin__range *ranges;
	uint64_t count;
	size_t n = kin__pieces_members(consumer, lane, work->first, work->end, &ranges, &count);

	KIN__CHECK(&consumer->bug, count > 0 || consumer->nomem);
	if (count == 0)
		return;
	if (!whole && event->handled.fail_at >= count) {
		settle_all(consumer, lane->shard, ranges, n, &consumer->health.handled);
		return;
	}
	if (event->handled.code == KIN_BUSY) {
		work->due_us = retry_us(consumer, work->tries);
		count_up(&work->tries);
		return;
	}
	consumer->health.errors++;
	if (!whole && event->handled.fail_at > 0) {
		partial(consumer, lane, ranges, n, event->handled.fail_at);
		return;
	}
	count_up(&work->attempts);
	count_up(&work->tries);
	work->undecided = true;
	work->halve = whole;
	work->unhandled = whole && !event->handled.answered;
}
