/* consumer/delivery - see delivery.h */
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gather.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "consumer/pieces.h"
#include "consumer/reread.h"

static void move(struct kin__consumer *consumer, struct kin__shard *shard, uint8_t next)
{
	if (shard->working == next)
		return;
	if (shard->working == WORK_READY)
		kin__list_remove(&shard->work_queue);
	if (shard->working == WORK_GATHERING)
		kin__list_remove(&shard->gatherers);
	if (shard->working == WORK_GATHERING || shard->working == WORK_WAITING)
		kin__heap_remove(&consumer->timers, &shard->work_timer.node);
	kin__heap_remove(&consumer->sleepers, &shard->sleeper);
	kin__machine_move(&consumer->bug, kin__shard_workings, &shard->working, next,
	                  consumer->seen_workings);
	if (next == WORK_READY)
		kin__list_append(&consumer->work_queue, &shard->work_queue);
	if (next == WORK_GATHERING)
		kin__list_append(&consumer->gatherers, &shard->gatherers);
}

static void set_blocked(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint32_t tries = shard->stack_n > 0 ? shard->stack[shard->stack_n - 1].tries : 0;
	bool blocked = tries >= BLOCKED_TRIES || shard->sink_tries >= BLOCKED_TRIES;

	if (blocked != shard->blocked)
		consumer->health.shards_blocked += blocked ? 1 : UINT64_MAX;
	shard->blocked = blocked;
}

uint64_t kin__delivery_due_us(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	uint64_t due = shard->stack[shard->stack_n - 1].due_us;

	return shard->sunk_n > 0 && shard->sink_due_us > consumer->now_us ? shard->sink_due_us : due;
}

/* Passes on what was settled: the pages, the checkpoint, the end of the shard. */
static void settled(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__fetch_settled(consumer, shard);
	kin__lease_consider(consumer, shard);
	kin__descent_settled(consumer, shard);
}

static void wait_for_piece(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t due = kin__delivery_due_us(consumer, shard);

	move(consumer, shard, WORK_WAITING);
	kin__emit_timer(consumer, &shard->work_timer, due);
	kin__pages_thin(consumer, shard);
	kin__reread_offer(consumer, shard, due);
}

/* Its records were given back: they are read again when its time has come. */
static void wait_for_records(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t due = kin__delivery_due_us(consumer, shard);

	move(consumer, shard, WORK_WAITING);
	if (due > consumer->now_us)
		kin__emit_timer(consumer, &shard->work_timer, due);
	kin__reread_offer(consumer, shard, due > consumer->now_us ? due : consumer->now_us);
	kin__fetch_consider(consumer, shard);
}

/* The batch is over: behind the stored checkpoint until a write covers it. */
static void batch_over(struct kin__consumer *consumer, struct kin__shard *shard)
{
	KIN__CHECK(&consumer->bug, shard->settled.low >= shard->assigned);
	if (shard->stored_low >= shard->assigned || shard->assigned == 0 ||
	    (shard->marks_n > 0 && shard->marks[shard->marks_n - 1] == shard->assigned))
		return;
	KIN__CHECK(&consumer->bug, shard->marks_n < MARKS_MAX);
	if (shard->marks_n < MARKS_MAX)
		shard->marks[shard->marks_n++] = shard->assigned;
}

/* A batch is under way: where does its top piece stand?  False: it is over. */
static bool consider_piece(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t low = shard->settled.low;
	enum kin__next next = kin__pieces_next(consumer, shard);

	if (next == NEXT_NONE)
		batch_over(consumer, shard);
	if (shard->settled.low != low)
		settled(consumer, shard);
	set_blocked(consumer, shard);
	if (next == NEXT_NONE)
		return false;
	if (next == NEXT_WAIT)
		wait_for_piece(consumer, shard);
	else
		move(consumer, shard, WORK_READY);
	return true;
}

static void consider_batch(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t due;

	kin__gather_more(consumer, shard);
	if (shard->gather_n == 0) {
		shard->assigned = shard->gather_end; /* left out, all of it */
		move(consumer, shard, WORK_REST);
		return;
	}
	if (shard->marks_n >= MARKS_MAX) {
		move(consumer, shard, WORK_HELD);
		return;
	}
	due = kin__gather_due_us(consumer, shard);
	if (due <= consumer->now_us) {
		move(consumer, shard, WORK_READY);
		return;
	}
	move(consumer, shard, WORK_GATHERING);
	kin__emit_timer(consumer, &shard->work_timer, due);
	kin__fetch_consider(consumer, shard);
}

static bool calling(const struct kin__shard *shard)
{
	return shard->working == WORK_INVOKING || shard->working == WORK_SINKING;
}

void kin__delivery_consider(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (calling(shard) && shard->work_id != 0)
		return;
	if (!kin__consumer_lives(consumer) || shard->life != LIFE_ACTIVE) {
		move(consumer, shard, WORK_REST);
		return;
	}
	if (shard->writing == WRITE_DOUBT) {
		if (shard->working != WORK_REST || shard->stack_n > 0 || shard->gather_end > shard->assigned)
			move(consumer, shard, WORK_HELD);
		return;
	}
	if (shard->working == WORK_READY)
		return;
	if (kin__shard_lacks(shard)) {
		wait_for_records(consumer, shard);
		return;
	}
	if (shard->stack_n > 0 && consider_piece(consumer, shard))
		return;
	/* Settling may have ended the shard or the consumer. */
	if (shard->life != LIFE_ACTIVE || !kin__consumer_lives(consumer))
		move(consumer, shard, WORK_REST);
	else
		consider_batch(consumer, shard);
}

void kin__delivery_more(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__gather_more(consumer, shard);
}

void kin__delivery_due(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->working == WORK_WAITING || shard->working == WORK_GATHERING)
		kin__delivery_consider(consumer, shard);
}

void kin__delivery_flush(struct kin__consumer *consumer)
{
	while (!kin__list_empty(&consumer->gatherers))
		move(consumer, kin__container(consumer->gatherers.next, struct kin__shard, gatherers),
		     WORK_READY);
}

static void invoke(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__work *work = &shard->stack[shard->stack_n - 1];
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_INVOKE };
	struct kin__slices slices;
	struct kin__range *ranges;
	uint64_t count;
	size_t n = kin__pieces_members(consumer, shard, work->first, work->end, &ranges, &count);

	if (n == 0 || !kin__pages_slices(consumer, shard, ranges, n, &slices)) {
		kin__emit_nomem(consumer);
		return;
	}
	effect.invoke.slices = slices.at;
	effect.invoke.slices_n = slices.n;
	effect.invoke.count = slices.count;
	effect.invoke.attempt = work->attempts < UINT32_MAX ? work->attempts + 1 : UINT32_MAX;
	effect.invoke.lease_counter = shard->counter;
	move(consumer, shard, WORK_INVOKING);
	consumer->health.invocations++;
	consumer->health.retried += work->tries > 0;
	shard->work_id = kin__emit_request(consumer, shard, &effect);
	consumer->works_flying += shard->work_id != 0;
}

static void sink(struct kin__consumer *consumer, struct kin__shard *shard, bool old)
{
	const struct kin__work *work = &shard->stack[shard->stack_n - 1];
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_SINK };
	struct kin__slices slices;

	if (!kin__pages_slices(consumer, shard, shard->sunk, shard->sunk_n, &slices)) {
		kin__emit_nomem(consumer);
		return;
	}
	effect.sink.slices = slices.at;
	effect.sink.slices_n = slices.n;
	effect.sink.count = slices.count;
	effect.sink.condition = old ? "RecordAgeExceeded" : "RetryAttemptsExhausted";
	effect.sink.attempts = work->attempts > 0 ? work->attempts : 1;
	effect.sink.handler_failed = work->unhandled;
	move(consumer, shard, WORK_SINKING);
	shard->work_id = kin__emit_request(consumer, shard, &effect);
	consumer->works_flying += shard->work_id != 0;
}

/* The shard's turn: one call. */
static void run(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t low = shard->settled.low;
	struct kin__range range;
	enum kin__next next;

	if (shard->stack_n == 0) {
		kin__gather_take(consumer, shard, &range);
		KIN__CHECK(&consumer->bug, range.end > range.first && shard->marks_n < MARKS_MAX);
		if (!kin__pieces_push(consumer, shard, range))
			return;
	}
	next = kin__pieces_next(consumer, shard);
	if (consumer->nomem)
		return;
	if (next == NEXT_INVOKE)
		invoke(consumer, shard);
	else if (next == NEXT_SINK_OLD || next == NEXT_SINK_FAILED)
		sink(consumer, shard, next == NEXT_SINK_OLD);
	else
		move(consumer, shard, WORK_REST);
	if (next == NEXT_NONE)
		batch_over(consumer, shard);
	if (shard->settled.low != low) /* some were dropped */
		settled(consumer, shard);
	kin__delivery_consider(consumer, shard);
}

bool kin__delivery_waits(const struct kin__consumer *consumer)
{
	return kin__consumer_lives(consumer) && consumer->works_flying < consumer->set.handlers_max &&
	       !kin__list_empty(&consumer->work_queue);
}

void kin__delivery_pump(struct kin__consumer *consumer)
{
	while (kin__delivery_waits(consumer) && !consumer->nomem && !consumer->bug.what)
		run(consumer, kin__container(consumer->work_queue.next, struct kin__shard, work_queue));
}

static bool answered(struct kin__consumer *consumer, struct kin__shard *shard,
                     const struct kin__consumer_event *event, uint8_t working)
{
	KIN__CHECK(&consumer->bug,
	           shard->working == working && shard->work_id == event->id && shard->stack_n > 0);
	if (consumer->bug.what)
		return false;
	consumer->works_flying--;
	shard->work_id = 0;
	shard->over_us = consumer->now_us;
	return true;
}

/* After a call: the next piece, the next batch, or the end of what was dropped meanwhile. */
static void go_on(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (consumer->bug.what || consumer->nomem)
		return;
	if (shard->life == LIFE_ACTIVE)
		settled(consumer, shard);
	kin__delivery_consider(consumer, shard);
	if (shard->life == LIFE_LOST || shard->life == LIFE_DROPPED)
		kin__delivery_drop(consumer, shard);
}

void kin__delivery_on_handled(struct kin__consumer *consumer, struct kin__shard *shard,
                              const struct kin__consumer_event *event)
{
	uint32_t tries, before;

	if (!answered(consumer, shard, event, WORK_INVOKING))
		return;
	before = shard->stack[shard->stack_n - 1].tries;
	kin__pieces_handled(consumer, shard, event);
	tries = shard->stack[shard->stack_n - 1].tries;
	if (tries > before && tries >= BLOCKED_TRIES) {
		kin__bytes_format(kin__emit_text(consumer), "%s: blocked: its batch was tried %lu times",
		                  shard->id, (unsigned long)tries);
		kin__emit_line(consumer, shard, KIN_LOG_WARN);
	}
	go_on(consumer, shard);
}

void kin__delivery_on_sunk(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event)
{
	if (!answered(consumer, shard, event, WORK_SINKING))
		return;
	if (event->store_code == KIN_OK) {
		shard->sink_tries = 0;
		shard->sink_due_us = 0;
		for (size_t i = 0; i < shard->sunk_n; i++)
			if (!kin__pieces_settle(consumer, shard, shard->sunk[i].first, shard->sunk[i].end,
			                        &consumer->health.on_failure))
				return;
		shard->sunk_n = 0;
	} else {
		shard->sink_due_us = kin__emit_backoff(consumer, consumer->set.retry_base_us,
		                                       consumer->set.retry_max_us, shard->sink_tries);
		if (shard->sink_tries < UINT32_MAX)
			shard->sink_tries++;
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s: the on-failure destination failed (try %lu): %s; the shard waits",
		                  shard->id, (unsigned long)shard->sink_tries, kin__emit_why(event->error));
		kin__emit_line(consumer, shard, KIN_LOG_WARN);
	}
	go_on(consumer, shard);
}

void kin__delivery_forget(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->stack_n = 0;
	shard->sunk_n = 0;
	shard->sink_tries = 0;
	shard->sink_due_us = 0;
	set_blocked(consumer, shard);
}

/* What was read and will not be handled any more, by the rule that let us go on. */
static bool drop_records(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__range range;

	while (kin__settled_open(&shard->settled, shard->settled.low, shard->held, &range))
		if (!kin__pieces_settle(consumer, shard, range.first, range.end, &consumer->health.dropped))
			return false;
	if (shard->held < shard->fetched &&
	    kin__settled_add(&shard->settled, shard->held, shard->fetched) < 0) {
		kin__emit_nomem(consumer);
		return false;
	}
	shard->held = shard->fetched;
	return true;
}

void kin__delivery_drop(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (calling(shard) && shard->work_id != 0)
		return;
	move(consumer, shard, WORK_REST);
	kin__delivery_forget(consumer, shard);
	if (shard->life == LIFE_DROPPED && !drop_records(consumer, shard))
		return;
	kin__pages_release_all(consumer, shard);
}
