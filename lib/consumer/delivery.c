/* consumer/delivery - see delivery.h */
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gather.h"
#include "consumer/lane.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "consumer/overdue.h"
#include "consumer/pages.h"
#include "consumer/pieces.h"
#include "consumer/reread.h"
#include "consumer/window.h"

static void set_blocked(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint32_t tries = lane->stack_n > 0 ? lane->stack[lane->stack_n - 1].tries : 0;
	bool blocked = tries >= BLOCKED_TRIES || lane->sink_tries >= BLOCKED_TRIES ||
	               lane->shard->window.tries >= BLOCKED_TRIES,
	     was = lane->shard->blocked_n > 0;

	if (blocked != lane->blocked)
		lane->shard->blocked_n += blocked ? 1 : UINT32_MAX;
	lane->blocked = blocked;
	if (was == (lane->shard->blocked_n > 0))
		return;
	consumer->health.shards_blocked += was ? UINT64_MAX : 1;
	lane->shard->blocked_us = consumer->now_us;
}

/* Passes on what was settled: the pages, the checkpoint, the end of the shard. */
static void settled(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__fetch_settled(consumer, shard);
	kin__lease_consider(consumer, shard);
	kin__descent_settled(consumer, shard);
}

static void wait_for_piece(struct kin__consumer *consumer, struct kin__lane *lane)
{
	kin__lane_move(consumer, lane, WORK_WAITING);
	kin__emit_timer(consumer, &lane->work_timer, kin__lane_due_us(consumer, lane));
	if (!kin__lane_any(lane->shard, KIN__CALLING))
		kin__pages_thin(consumer, lane->shard);
	kin__reread_offer(consumer, lane->shard);
	if (lane->shard->lanes_n > 1) /* others may have nothing to do */
		kin__fetch_consider(consumer, lane->shard);
}

/* Records were given back: they are read again when the first batch among them may be tried. */
static void wait_for_records(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint64_t due;

	if (lane->stack_n == 0) {
		kin__lane_move(consumer, lane, WORK_REST);
		return;
	}
	due = kin__lane_due_us(consumer, lane);
	kin__lane_move(consumer, lane, WORK_WAITING);
	if (due > consumer->now_us)
		kin__emit_timer(consumer, &lane->work_timer, due);
	kin__reread_offer(consumer, lane->shard);
	kin__fetch_consider(consumer, lane->shard);
}

/* So many batches were finished since the checkpoint in the store was made up that the next one waits for it. */
static bool is_ahead(const struct kin__shard *shard)
{
	return shard->settled.low > shard->stored_low &&
	       shard->finished - shard->stored_finished >= (uint64_t)MARKS_MAX * shard->lanes_n;
}

/* A batch is under way: where does its top piece stand?  False: it is over. */
static bool consider_piece(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__shard *shard = lane->shard;
	uint64_t low = shard->settled.low;
	enum kin__next next = kin__pieces_next(consumer, lane);

	shard->finished += next == NEXT_NONE;
	if (shard->settled.low != low)
		settled(consumer, shard);
	set_blocked(consumer, lane);
	if (next == NEXT_NONE)
		return false;
	if (next == NEXT_WAIT)
		wait_for_piece(consumer, lane);
	else
		kin__lane_move(consumer, lane, WORK_READY);
	return true;
}

/* The batch as it stands is taken.  False: out of memory. */
static bool take(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__range range;

	kin__gather_take(consumer, lane, &range);
	KIN__CHECK(&consumer->bug, range.end > range.first);
	return kin__pieces_push(consumer, lane, range);
}

/* Pieces that are done do not wait for the final call of a window that ended early. */
static void drop_done(struct kin__lane *lane)
{
	struct kin__range open;

	if (lane->stack_n == 0)
		return;
	while (lane->stack_n > 0 &&
	       !kin__settled_open(&lane->shard->settled, lane->stack[lane->stack_n - 1].first,
	                          lane->stack[lane->stack_n - 1].end, &open))
		lane->stack_n--;
	lane->shard->finished += lane->stack_n == 0;
}

/* The window's final call comes next.  What comes behind it is taken now, so that it is given back when there is no room
 * while the call is tried again and again. */
static void consider_final(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint64_t due = lane->shard->window.due_us;

	drop_done(lane);
	if (lane->stack_n == 0)
		kin__gather_more(consumer, lane);
	if (lane->stack_n == 0 && lane->gather_n > 0 && !is_ahead(lane->shard) && !take(consumer, lane))
		return;
	if (lane->stack_n > 0 && lane->stack[lane->stack_n - 1].due_us < due)
		lane->stack[lane->stack_n - 1].due_us = due;
	set_blocked(consumer, lane);
	if (due <= consumer->now_us) {
		kin__lane_move(consumer, lane, WORK_READY);
	} else if (lane->stack_n > 0) {
		wait_for_piece(consumer, lane);
	} else {
		kin__lane_move(consumer, lane, WORK_WAITING);
		kin__emit_timer(consumer, &lane->work_timer, due);
		kin__fetch_consider(consumer, lane->shard);
	}
}

static void consider_batch(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint64_t due;

	kin__gather_more(consumer, lane);
	if (lane->gather_n == 0) {
		lane->assigned = lane->gather_end; /* left out, or not its own, all of it */
		if (kin__window_closes(consumer, lane)) {
			consider_final(consumer, lane);
			return;
		}
		kin__lane_move(consumer, lane, WORK_REST);
		if (lane->shard->lanes_n >
		    1) /* it has nothing: that may be a reason to read ahead of the others */
			kin__fetch_consider(consumer, lane->shard);
		return;
	}
	if (is_ahead(lane->shard)) {
		kin__lane_move(consumer, lane, WORK_HELD);
		return;
	}
	due = kin__gather_due_us(consumer, lane);
	if (due <= consumer->now_us) {
		kin__lane_move(consumer, lane, WORK_READY);
		return;
	}
	kin__lane_move(consumer, lane, WORK_GATHERING);
	kin__emit_timer(consumer, &lane->work_timer, due);
	kin__fetch_consider(consumer, lane->shard);
}

static bool calling(const struct kin__lane *lane)
{
	return KIN__TO(lane->working) & KIN__CALLING;
}

static void consider(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__shard *shard = lane->shard;

	if (calling(lane) && lane->work_id != 0)
		return;
	if (!kin__consumer_lives(consumer) || shard->life != LIFE_ACTIVE) {
		kin__lane_move(consumer, lane, WORK_REST);
		return;
	}
	if (shard->writing == WRITE_DOUBT) {
		if (lane->working != WORK_REST || lane->gather_end > lane->assigned || shard->window.open)
			kin__lane_move(consumer, lane, WORK_HELD);
		return;
	}
	if (lane->working == WORK_READY)
		return;
	if (kin__shard_lacks(shard)) {
		wait_for_records(consumer, lane);
		return;
	}
	if (kin__window_closes(consumer, lane)) {
		consider_final(consumer, lane);
		return;
	}
	if (lane->stack_n > 0 && consider_piece(consumer, lane))
		return;
	/* Settling may have ended the shard or the consumer. */
	if (shard->life != LIFE_ACTIVE || !kin__consumer_lives(consumer))
		kin__lane_move(consumer, lane, WORK_REST);
	else
		consider_batch(consumer, lane);
}

void kin__delivery_consider(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		consider(consumer, &shard->lanes[i]);
}

void kin__delivery_stored(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		if (shard->lanes[i].working == WORK_HELD)
			consider(consumer, &shard->lanes[i]);
}

void kin__delivery_more(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		kin__gather_more(consumer, &shard->lanes[i]);
}

void kin__delivery_due(struct kin__consumer *consumer, struct kin__lane *lane)
{
	if (lane->working == WORK_INVOKING)
		kin__overdue_due(consumer, lane);
	if (lane->working == WORK_WAITING || lane->working == WORK_GATHERING)
		consider(consumer, lane);
}

void kin__delivery_flush(struct kin__consumer *consumer)
{
	while (!kin__list_empty(&consumer->gatherers))
		kin__lane_move(consumer,
		               kin__container(consumer->gatherers.next, struct kin__lane, gatherers),
		               WORK_READY);
}

static void call(struct kin__consumer *consumer, struct kin__lane *lane,
                 const struct kin__consumer_effect *effect, bool again)
{
	kin__lane_move(consumer, lane, WORK_INVOKING);
	consumer->health.invocations++;
	consumer->health.retried += again;
	lane->work_id = kin__emit_request(consumer, lane->shard, effect);
	consumer->works_flying += lane->work_id != 0;
	kin__overdue_called(consumer, lane, effect->invoke.count);
}

static void invoke(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__work *work = &lane->stack[lane->stack_n - 1];
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_INVOKE, .lane = lane->number };
	struct kin__slices slices;
	struct kin__range *ranges;
	uint64_t count;
	size_t n = kin__pieces_members(consumer, lane, work->first, work->end, &ranges, &count);

	if (n == 0 || !kin__pages_slices(consumer, lane->shard, ranges, n, &slices)) {
		kin__emit_nomem(consumer);
		return;
	}
	effect.invoke.slices = slices.at;
	effect.invoke.slices_n = slices.n;
	effect.invoke.count = slices.count;
	effect.invoke.attempt = work->attempts < UINT32_MAX ? work->attempts + 1 : UINT32_MAX;
	effect.invoke.lease_counter = lane->shard->counter;
	kin__window_enter(consumer, lane->shard);
	if (kin__window_on(consumer))
		kin__window_show(lane->shard, &effect.invoke.window);
	call(consumer, lane, &effect, work->tries > 0);
}

static void invoke_final(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_INVOKE, .lane = lane->number };
	struct kin__window *window = &lane->shard->window;

	effect.invoke.attempt = window->attempts < UINT32_MAX ? window->attempts + 1 : UINT32_MAX;
	effect.invoke.lease_counter = lane->shard->counter;
	kin__window_show(lane->shard, &effect.invoke.window);
	effect.invoke.window.final = true;
	effect.invoke.window.terminated_early = window->early;
	window->calling = true;
	call(consumer, lane, &effect, window->tries > 0);
}

static void sink(struct kin__consumer *consumer, struct kin__lane *lane, bool old)
{
	const struct kin__work *work = &lane->stack[lane->stack_n - 1];
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_SINK, .lane = lane->number };
	struct kin__slices slices;

	if (!kin__pages_slices(consumer, lane->shard, lane->sunk, lane->sunk_n, &slices)) {
		kin__emit_nomem(consumer);
		return;
	}
	effect.sink.slices = slices.at;
	effect.sink.slices_n = slices.n;
	effect.sink.count = slices.count;
	effect.sink.condition = old ? "RecordAgeExceeded" : "RetryAttemptsExhausted";
	effect.sink.attempts = work->attempts > 0 ? work->attempts : 1;
	effect.sink.handler_failed = work->unhandled;
	if (lane->sink_tries == 0)
		lane->sink_since_us = consumer->now_us;
	if (kin__window_on(consumer))
		kin__window_show(lane->shard, &effect.sink.window);
	kin__lane_move(consumer, lane, WORK_SINKING);
	lane->work_id = kin__emit_request(consumer, lane->shard, &effect);
	consumer->works_flying += lane->work_id != 0;
}

/* The lane's turn: one call. */
static void run(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__shard *shard = lane->shard;
	uint64_t low = shard->settled.low;
	enum kin__next next;

	if (kin__window_closes(consumer, lane)) {
		invoke_final(consumer, lane);
		return;
	}
	if (lane->stack_n == 0) {
		if (is_ahead(shard)) { /* by what other lanes did meanwhile */
			kin__lane_move(consumer, lane, WORK_HELD);
			return;
		}
		if (!take(consumer, lane))
			return;
		if (kin__window_closes(consumer, lane)) { /* the batch is of a later one */
			invoke_final(consumer, lane);
			return;
		}
	}
	next = kin__pieces_next(consumer, lane);
	if (consumer->nomem)
		return;
	set_blocked(consumer, lane); /* what was blocked may be gone */
	if (next == NEXT_INVOKE)
		invoke(consumer, lane);
	else if (next == NEXT_SINK_OLD || next == NEXT_SINK_FAILED)
		sink(consumer, lane, next == NEXT_SINK_OLD);
	else
		kin__lane_move(consumer, lane, WORK_REST);
	shard->finished += next == NEXT_NONE;
	if (shard->settled.low != low) /* some were dropped */
		settled(consumer, shard);
	consider(consumer, lane);
}

bool kin__delivery_waits(const struct kin__consumer *consumer)
{
	return kin__consumer_works(consumer) && !kin__overdue_full(consumer) &&
	       !kin__list_empty(&consumer->work_queue);
}

void kin__delivery_pump(struct kin__consumer *consumer)
{
	while (kin__delivery_waits(consumer) && !consumer->nomem && !consumer->bug.what)
		run(consumer, kin__container(consumer->work_queue.next, struct kin__lane, work_queue));
}

static bool answered(struct kin__consumer *consumer, struct kin__lane *lane, uint8_t working)
{
	KIN__CHECK(&consumer->bug,
	           lane && lane->working == working && (lane->stack_n > 0 || lane->shard->window.calling));
	if (consumer->bug.what)
		return false;
	consumer->works_flying--;
	lane->work_id = 0;
	lane->over_us = consumer->now_us;
	return true;
}

/* After a call: the next piece, the next batch, or the end of what was dropped meanwhile. */
static void go_on(struct kin__consumer *consumer, struct kin__lane *lane)
{
	struct kin__shard *shard = lane->shard;

	if (consumer->bug.what || consumer->nomem)
		return;
	set_blocked(consumer, lane); /* also when nothing is tried any more */
	if (shard->life == LIFE_ACTIVE)
		settled(consumer, shard);
	if (shard->life == LIFE_ENDING || shard->life == LIFE_ENDED) /* what was tried last is done */
		kin__delivery_forget(consumer, shard);
	consider(consumer, lane);
	if (shard->life == LIFE_LOST || shard->life == LIFE_DROPPED)
		kin__delivery_drop(consumer, shard);
}

static void handled(struct kin__consumer *consumer, struct kin__lane *lane,
                    const struct kin__consumer_event *event)
{
	struct kin__consumer_event told = *event;
	uint32_t before = lane->stack[lane->stack_n - 1].tries, tries;

	if (kin__window_lacks_state(consumer, event)) {
		told.handled.code = KIN_FAILED;
		told.handled.answered = true;
	}
	kin__pieces_handled(consumer, lane, &told);
	if (told.handled.code == KIN_OK && told.handled.fail_at > 0)
		kin__window_adopt(consumer, lane->shard, event);
	tries = lane->stack[lane->stack_n - 1].tries;
	if (tries <= before || tries < BLOCKED_TRIES)
		return;
	kin__bytes_format(kin__emit_text(consumer), "%s: blocked: its batch was tried %lu times",
	                  lane->shard->id, (unsigned long)tries);
	kin__emit_quote(consumer, lane, false, KIN_LOG_WARN);
}

void kin__delivery_on_handled(struct kin__consumer *consumer, struct kin__shard *shard,
                              const struct kin__consumer_event *event)
{
	struct kin__lane *lane = kin__lane_of(shard, event->id);

	if (!answered(consumer, lane, WORK_INVOKING))
		return;
	kin__overdue_answered(consumer, lane);
	if (shard->window.calling)
		kin__window_on_final(consumer, shard, event);
	else
		handled(consumer, lane, event);
	go_on(consumer, lane);
}

static bool settle_sunk(struct kin__consumer *consumer, struct kin__lane *lane, uint64_t *counter)
{
	lane->sink_tries = 0;
	for (size_t i = 0; i < lane->sunk_n; i++)
		if (!kin__pieces_settle(consumer, lane->shard, lane->sunk[i].first, lane->sunk[i].end,
		                        counter))
			return false;
	lane->sunk_n = 0;
	return true;
}

/* The destination had its time: what was to go there is lost, and named. */
static bool give_up(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin_error *why)
{
	const struct kin__shard *shard = lane->shard;
	uint64_t first = lane->sunk[0].first, last = lane->sunk[lane->sunk_n - 1].end - 1,
		 before = consumer->health.dropped;
	const struct kin__page *first_page = kin__pages_find(shard, first),
			       *last_page = kin__pages_find(shard, last);
	const char *from = first_page->records[first - first_page->first].sequence_number,
		   *to = last_page->records[last - last_page->first].sequence_number;

	if (!settle_sunk(consumer, lane, &consumer->health.dropped))
		return false;
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: %llu records dropped, %s to %s: the on-failure destination failed for %lu ms, "
	                  "on_failure_timeout_ms is %lu: %s",
	                  shard->id, (unsigned long long)(consumer->health.dropped - before), from, to,
	                  (unsigned long)((consumer->now_us - lane->sink_since_us) / 1000),
	                  (unsigned long)(consumer->set.sink_timeout_us / 1000), kin__emit_why(why));
	kin__emit_quote(consumer, lane, true, KIN_LOG_ERROR);
	return true;
}

static void sink_failed(struct kin__consumer *consumer, struct kin__lane *lane, const struct kin_error *why)
{
	uint64_t last_us = lane->sink_since_us + consumer->set.sink_timeout_us; /* one try is due then */

	lane->sink_due_us = kin__emit_backoff(consumer, consumer->set.retry_base_us,
	                                      consumer->set.retry_max_us, lane->sink_tries);
	if (consumer->set.sink_timeout_us > 0 && lane->sink_due_us > last_us)
		lane->sink_due_us = last_us;
	if (lane->sink_tries < UINT32_MAX)
		lane->sink_tries++;
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: the on-failure destination failed (try %lu): %s; the shard waits",
	                  lane->shard->id, (unsigned long)lane->sink_tries, kin__emit_why(why));
	kin__emit_line(consumer, lane->shard, KIN_LOG_WARN);
}

void kin__delivery_on_sunk(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event)
{
	struct kin__lane *lane = kin__lane_of(shard, event->id);

	if (!answered(consumer, lane, WORK_SINKING))
		return;
	if (event->store_code == KIN_OK) {
		if (!settle_sunk(consumer, lane, &consumer->health.on_failure))
			return;
	} else if (consumer->set.sink_timeout_us > 0 && kin__consumer_lives(consumer) &&
	           shard->life == LIFE_ACTIVE &&
	           consumer->now_us - lane->sink_since_us >= consumer->set.sink_timeout_us) {
		if (!give_up(consumer, lane, event->error))
			return;
	} else {
		sink_failed(consumer, lane, event->error);
	}
	go_on(consumer, lane);
}

static void forget(struct kin__consumer *consumer, struct kin__lane *lane)
{
	lane->stack_n = 0;
	lane->sunk_n = 0;
	lane->sink_tries = 0;
	lane->sink_due_us = 0;
	set_blocked(consumer, lane);
}

void kin__delivery_forget(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (uint32_t i = 0; i < shard->lanes_n; i++)
		forget(consumer, &shard->lanes[i]);
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
	bool calls = false;

	for (uint32_t i = 0; i < shard->lanes_n; i++) {
		struct kin__lane *lane = &shard->lanes[i];

		if (calling(lane) && lane->work_id != 0) {
			calls = true;
			continue;
		}
		kin__lane_move(consumer, lane, WORK_REST);
		forget(consumer, lane);
	}
	if (!calls)
		kin__window_forget(shard);
	if (calls || (shard->life == LIFE_DROPPED && !drop_records(consumer, shard)))
		return;
	kin__pages_release_all(consumer, shard);
}
