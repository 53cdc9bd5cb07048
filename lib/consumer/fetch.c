/* consumer/fetch - see fetch.h */
#include <string.h>
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gap.h"
#include "consumer/lane.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "consumer/pages.h"
#include "consumer/reread.h"
#include "consumer/until.h"

static void move(struct kin__consumer *consumer, struct kin__shard *shard, uint8_t next)
{
	kin__machine_move(&consumer->bug, kin__shard_readings, &shard->reading, next,
	                  consumer->seen_readings);
}

static void done(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->reading == READ_QUEUED || shard->reading == READ_MISSING)
		kin__list_remove(&shard->read_queue);
	kin__heap_remove(&consumer->timers, &shard->read_timer.node);
	if (shard->reading != READ_DONE)
		move(consumer, shard, READ_DONE);
}

/* It gave its pages back, and the time to read them again has not come. */
static bool sleeps(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	return kin__position_there(&shard->again) && kin__shard_lacks(shard) &&
	       kin__lane_first_due_us(consumer, shard) > consumer->now_us;
}

/* It can do nothing before more is read; or it waits, but for lanes that have nothing to do. */
static bool is_hungry(const struct kin__shard *shard)
{
	return !shard->first_page || kin__shard_lacks(shard) ||
	       (shard->sleeper.index > 0 && kin__lane_any(shard, KIN__TO(WORK_REST)));
}

static void enqueue(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->ahead = !is_hungry(shard);
	kin__list_append(shard->ahead ? &consumer->ahead_queue : &consumer->read_queue, &shard->read_queue);
}

/* Ahead of a lane that lags only as long as another one has nothing to do; but what the lowest record waits for in a
 * batching window may be anywhere. */
static bool is_far(const struct kin__shard *shard)
{
	bool starves = false;

	for (uint32_t i = 0; i < shard->lanes_n; i++)
		starves = starves || kin__lane_lacks_records(&shard->lanes[i]);
	return !starves || (shard->pages_n >= PAGES_AHEAD &&
	                    kin__lane_at(shard, shard->settled.low)->working != WORK_GATHERING);
}

/* Does it hold enough? */
static bool is_full(const struct kin__shard *shard)
{
	if (shard->pages_n < PAGES_MAX || kin__shard_lacks(shard))
		return false;
	return shard->lanes_n > 1 ? is_far(shard) : shard->lanes[0].working != WORK_GATHERING;
}

void kin__fetch_away(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->iterator = false;
	if (shard->reading == READ_MISSING || shard->reading == READ_AWAY ||
	    (shard->reading != READ_DONE && !sleeps(consumer, shard)))
		return; /* the service's turn, or its own already */
	if (shard->reading == READ_QUEUED)
		kin__list_remove(&shard->read_queue);
	kin__heap_remove(&consumer->timers, &shard->read_timer.node);
	move(consumer, shard, READ_AWAY);
}

/* It waits for its turn: it may have become hungry. */
static void reconsider(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (!shard->ahead || !is_hungry(shard))
		return;
	kin__list_remove(&shard->read_queue);
	enqueue(consumer, shard);
}

void kin__fetch_consider(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->life != LIFE_ACTIVE || !kin__consumer_lives(consumer))
		return;
	if (shard->reading == READ_QUEUED)
		reconsider(consumer, shard);
	if (shard->reading >= READ_QUEUED && shard->reading != READ_FLYING)
		return;
	if (shard->reading == READ_FLYING && shard->read_id != 0)
		return;
	if (sleeps(consumer, shard)) {
		kin__fetch_away(consumer, shard);
	} else if (shard->held == shard->fetched && (shard->ended || shard->reached)) {
		done(consumer, shard);
	} else if (is_full(shard)) {
		if (shard->reading == READ_FLYING)
			move(consumer, shard, READ_FULL);
	} else if (shard->read_due_us > consumer->now_us) {
		if (shard->reading != READ_WAITING)
			move(consumer, shard, READ_WAITING);
		kin__emit_timer(consumer, &shard->read_timer, shard->read_due_us);
	} else {
		kin__heap_remove(&consumer->timers, &shard->read_timer.node);
		move(consumer, shard, READ_QUEUED);
		shard->read_turn = ++consumer->read_turns;
		enqueue(consumer, shard);
	}
}

void kin__fetch_due(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__fetch_consider(consumer, shard);
}

/* The service does not know the shard, or not its position: is it still the same stream, is the shard there? */
static void ask(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->iterator = false;
	move(consumer, shard, READ_MISSING);
	kin__list_append(&consumer->missing, &shard->read_queue);
	consumer->wanted |= KIN__TO(JOB_DESCRIBE) | KIN__TO(JOB_SHARDS);
}

static const struct kin__position *position(const struct kin__shard *shard)
{
	if (kin__position_there(&shard->again))
		return &shard->again;
	return kin__position_there(&shard->after) ? &shard->after : &shard->checkpoint;
}

/* A stored position may stand inside an aggregate, and nobody knows how many records that has: it is read again, and
 * its records up to there are skipped.  What was fetched here was fetched as a whole. */
static bool from_within(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	if (kin__position_there(&shard->again))
		return true;
	return !kin__position_there(&shard->after) &&
	       (consumer->set.deaggregate || shard->checkpoint.sub > 0);
}

static uint32_t skipped(const struct kin__consumer *consumer, const struct kin__shard *shard,
                        const struct kin__consumer_event *event)
{
	if (!consumer->set.deaggregate || !from_within(consumer, shard))
		return 0;
	return kin__position_skip(position(shard), event->page.records, event->page.count,
	                          !kin__position_there(&shard->again));
}

static uint64_t ask_iterator(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_GET_ITERATOR };
	const struct kin__position *at = position(shard);

	shard->asked_latest = shard->fresh;
	effect.iterator.type = KIN__ITERATOR_TRIM_HORIZON;
	if (shard->horizon) {
		effect.iterator.sequence = NULL;
	} else if (shard->fresh) {
		effect.iterator.type = KIN__ITERATOR_LATEST;
	} else if (kin__position_is_number(at)) {
		effect.iterator.type = from_within(consumer, shard) ? KIN__AT_SEQUENCE_NUMBER
		                                                    : KIN__AFTER_SEQUENCE_NUMBER;
		effect.iterator.sequence = kin__emit_position(consumer, at);
	} else if (kin__position_is_text(at, "AT_TIMESTAMP")) {
		effect.iterator.type = KIN__ITERATOR_AT_TIMESTAMP;
		effect.iterator.timestamp_ms = shard->timestamp_ms;
	} else if (kin__position_is_text(at, "LATEST") && consumer->start_ms > 0) {
		/* A reader's, again: by now the time it began is known. */
		effect.iterator.type = KIN__ITERATOR_AT_TIMESTAMP;
		effect.iterator.timestamp_ms = consumer->start_ms - LATEST_SLACK_MS;
	} else if (kin__position_is_text(at, "LATEST")) {
		effect.iterator.type = KIN__ITERATOR_LATEST;
	}
	return kin__emit_request(consumer, shard, &effect);
}

static void send(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_FETCH,
		                               .fetch = { .limit = FETCH_LIMIT } };

	if (kin__shard_lacks(shard) && shard->back - shard->held < FETCH_LIMIT)
		effect.fetch.limit = (uint32_t)(shard->back - shard->held);
	if (kin__shard_lacks(shard) && shard->again_n < effect.fetch.limit)
		effect.fetch.limit = shard->again_n;
	kin__list_remove(&shard->read_queue);
	move(consumer, shard, READ_FLYING);
	shard->sent_us = consumer->now_us;
	shard->read_id = shard->iterator ? kin__emit_request(consumer, shard, &effect)
	                                 : ask_iterator(consumer, shard);
	consumer->reads_flying += shard->read_id != 0;
}

static struct kin__shard *first_of(const struct kin__list *queue)
{
	return kin__list_empty(queue) ? NULL : kin__container(queue->next, struct kin__shard, read_queue);
}

/* While there is room, whoever came first. */
static struct kin__shard *next(const struct kin__consumer *consumer, bool full)
{
	struct kin__shard *hungry = first_of(&consumer->read_queue),
			  *ahead = first_of(&consumer->ahead_queue);

	if (hungry && (full || !ahead || hungry->read_turn < ahead->read_turn))
		return hungry;
	return ahead;
}

/* The buffer is full: may this shard fetch all the same?  An iterator takes no room. */
static bool gets_room(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->ahead)
		return false;
	return !shard->iterator ||
	       (!kin__reread_must_wait(consumer) && kin__reread_make_room(consumer, shard));
}

/* It may go on in some of its lanes, only not now: those that can do nothing at all come first. */
static void stand_back(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__list_remove(&shard->read_queue);
	shard->ahead = true;
	kin__list_append(&consumer->ahead_queue, &shard->read_queue);
}

void kin__fetch_pump(struct kin__consumer *consumer)
{
	while (kin__consumer_works(consumer) && consumer->reads_flying < consumer->set.fetches_max) {
		bool full = consumer->held_bytes >= consumer->set.buffer_bytes_max;
		struct kin__shard *shard = next(consumer, full);

		if (!shard)
			return;
		if (!full || gets_room(consumer, shard)) {
			send(consumer, shard);
			continue;
		}
		/* Batches that wait for more records would wait for nothing. */
		kin__delivery_flush(consumer);
		if (shard->ahead || !shard->first_page || kin__shard_lacks(shard) ||
		    kin__reread_must_wait(consumer))
			return;
		stand_back(consumer, shard);
	}
}

/* The next try after an answer of no use; the same request again. */
static void back_off(struct kin__consumer *consumer, struct kin__shard *shard, uint64_t base_us)
{
	shard->read_due_us = kin__emit_backoff(consumer, base_us, REQUEST_CAP_US, shard->read_tries);
	if (shard->read_tries < UINT32_MAX)
		shard->read_tries++;
	kin__fetch_consider(consumer, shard);
}

static void refused(struct kin__consumer *consumer, struct kin__shard *shard, const char *what,
                    const struct kin__consumer_event *event)
{
	kin__bytes_format(kin__emit_text(consumer), "%s: the service refused %s: %s", shard->id, what,
	                  kin__emit_why(event->error));
	kin__emit_fatal(consumer, event->error && event->error->code ? event->error->code : KIN_REFUSED,
	                event->error && event->error->message[0] ? event->error : NULL);
}

/* INVALID_ARGUMENT of a position: a number of another life of the stream, or a point in time that the
 * service's clock has not reached. */
static void bad_position(struct kin__consumer *consumer, struct kin__shard *shard,
                         const struct kin__consumer_event *event)
{
	if (!shard->horizon && kin__position_is_number(position(shard))) {
		shard->strange = true;
		ask(consumer, shard);
	} else if (shard->read_tries < ITERATOR_TRIES_MAX) {
		ask(consumer, shard);
	} else {
		refused(consumer, shard, "its starting position", event);
	}
}

/* What another try may mend.  One line a shard and outage: a stream may have thousands of shards. */
static void again(struct kin__consumer *consumer, struct kin__shard *shard, const char *what,
                  const struct kin__consumer_event *event, uint64_t base_us)
{
	back_off(consumer, shard, base_us);
	if (shard->read_tries != BLOCKED_TRIES)
		return;
	kin__bytes_format(kin__emit_text(consumer), "%s: asking for %s failed (try %lu): %s; trying again",
	                  shard->id, what, (unsigned long)shard->read_tries, kin__emit_why(event->error));
	kin__emit_line(consumer, shard, KIN_LOG_WARN);
}

/* An answer that is not DONE, of either request. */
static void failed(struct kin__consumer *consumer, struct kin__shard *shard, const char *what,
                   const struct kin__consumer_event *event)
{
	switch (event->verdict) {
	case KIN__THROTTLED:
		consumer->health.throttled++;
		again(consumer, shard, what, event, THROTTLED_BASE_US);
		return;
	case KIN__INVALID_ARGUMENT: /* of an iterator: it is of no use either */
	case KIN__ITERATOR_EXPIRED:
		shard->iterator = false;
		/* A number is refused by another stream of this name; a word is not, so look first. */
		if (kin__position_is_number(position(shard)))
			back_off(consumer, shard, TRANSIENT_BASE_US);
		else
			ask(consumer, shard);
		return;
	case KIN__NOT_FOUND:
		consumer->health.requests_failed++;
		ask(consumer, shard);
		return;
	case KIN__REFUSED:
		consumer->health.requests_failed++;
		refused(consumer, shard, what, event);
		return;
	default:
		consumer->health.requests_failed++;
		again(consumer, shard, what, event, TRANSIENT_BASE_US);
	}
}

static bool answered(struct kin__consumer *consumer, struct kin__shard *shard,
                     const struct kin__consumer_event *event)
{
	KIN__CHECK(&consumer->bug, shard->read_id == event->id && event->id != 0);
	if (consumer->bug.what)
		return false;
	consumer->reads_flying--;
	shard->read_id = 0;
	return shard->life == LIFE_ACTIVE && shard->reading == READ_FLYING && kin__consumer_lives(consumer);
}

/* Before those that have no iterator yet: the first records shall not wait for the last shard's. */
static void go_first(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->reading != READ_QUEUED)
		return;
	kin__list_remove(&shard->read_queue);
	kin__list_prepend(shard->ahead ? &consumer->ahead_queue : &consumer->read_queue, &shard->read_queue);
	shard->read_turn = 0;
}

void kin__fetch_on_iterator(struct kin__consumer *consumer, struct kin__shard *shard,
                            const struct kin__consumer_event *event)
{
	bool wanted = answered(consumer, shard, event);

	/* Once: any later iterator begins at the time of the start, when that is known. */
	if (shard->asked_latest && shard->fresh && (event->verdict == KIN__DONE || consumer->start_ms > 0)) {
		shard->fresh = false;
		consumer->fresh_n--;
	}
	if (!wanted)
		return;
	if (event->verdict == KIN__DONE) {
		shard->iterator = true;
		shard->read_tries = 0;
		shard->read_due_us = 0;
		kin__fetch_consider(consumer, shard);
		go_first(consumer, shard);
	} else if (event->verdict == KIN__INVALID_ARGUMENT) {
		consumer->health.requests_failed++;
		bad_position(consumer, shard, event);
	} else {
		failed(consumer, shard, "a shard iterator", event);
	}
}

/* A shard that stays empty is asked less and less often. */
static uint64_t poll_us(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	uint64_t us = consumer->set.poll_interval_us, most = consumer->set.poll_interval_max_us;

	for (uint32_t n = POLLS_EMPTY; n < shard->empty_n && us < most; n++)
		us *= 2;
	return most > 0 && us > most ? most : us;
}

/* When the next fetch may go out: at the tip by the poll interval, behind it by the other one; and not before the
 * service would give more, which is so long after a large answer as the shard's rate takes for it. */
static void pace(struct kin__consumer *consumer, struct kin__shard *shard,
                 const struct kin__consumer_event *event)
{
	uint64_t rate = consumer->set.shard_bytes_per_s, us;
	bool tip = event->page.behind_ms == 0 || (event->page.behind_ms < 0 && event->page.count == 0);

	if (!tip || event->page.count > 0)
		shard->empty_n = 0;
	else if (shard->empty_n < UINT32_MAX)
		shard->empty_n++;
	shard->read_tries = 0;
	us = tip ? poll_us(consumer, shard) : consumer->set.behind_interval_us;
	/* What was given back is read again without a rest: others take its room meanwhile, and it would begin anew. */
	if (rate > 0 && !kin__shard_lacks(shard) && event->page.payload_bytes * 1000000 / rate > us)
		us = event->page.payload_bytes * 1000000 / rate;
	shard->read_due_us = consumer->now_us + us;
}

/* Whoever asks how far behind the consumer is gets its answer without a look at each shard. */
static void set_behind(struct kin__consumer *consumer, struct kin__shard *shard, int64_t behind_ms)
{
	shard->behind_ms = behind_ms;
	if (behind_ms < 0)
		kin__heap_remove(&consumer->furthest, &shard->furthest);
	else if (kin__heap_set(&consumer->furthest, &shard->furthest, UINT64_MAX - (uint64_t)behind_ms) < 0)
		kin__emit_nomem(consumer);
}

/* What the answer says of the shard as a whole. */
static void learn(struct kin__consumer *consumer, struct kin__shard *shard,
                  const struct kin__consumer_event *event, uint32_t cut)
{
	int64_t seen = 0,
		last = event->page.count ? event->page.records[event->page.count - 1].arrival_ms : 0;

	set_behind(consumer, shard, event->page.behind_ms);
	/* When we asked, by the clock that this answer may be the first to tell.  A last page says nothing about the
	 * time after its end. */
	if (!event->page.ended && event->page.behind_ms >= 0 && consumer->service_ms > 0)
		seen = consumer->service_ms - kin__consumer_ms_since(consumer, shard->sent_us) -
		       event->page.behind_ms;
	shard->reached = kin__until_reached(consumer, shard, event, seen, cut);
	shard->ended = event->page.ended && cut == event->page.count;
	shard->seen_ms = seen > last ? seen : last;
	if (seen > shard->fetched_ms || last > shard->fetched_ms)
		shard->fetched_ms = seen > last ? seen : last;
	/* What is covered here is taken for covered in its children too: not after it was closed. */
	if (seen > shard->open_ms)
		seen = shard->open_ms;
	if (last > seen)
		seen = last;
	if (cut < event->page.count && seen > consumer->until_ms)
		seen = consumer->until_ms;
	if (seen > shard->caught_up_ms)
		shard->caught_up_ms = seen;
	if (event->page.count > 0)
		kin__position_of(&shard->after, &event->page.records[event->page.count - 1]);
	if (event->page.count > 0)
		shard->horizon = false;
}

/* Of the page just added, what the filter leaves out, or belongs to another shard, is done.  False: out of memory. */
static bool leave_out(struct kin__consumer *consumer, struct kin__shard *shard, const uint8_t *left_out,
                      uint32_t n)
{
	uint64_t base = shard->held - n;

	for (uint32_t end, i = 0; i < n; i = end) {
		uint64_t open;

		for (end = i + 1; end < n && left_out[end] == left_out[i];)
			end++;
		if (left_out[i] == KIN__LEFT_IN)
			continue;
		open = kin__settled_missing(&shard->settled, base + i, base + end);
		if (kin__settled_add(&shard->settled, base + i, base + end) < 0) {
			kin__emit_nomem(consumer);
			return false;
		}
		if (left_out[i] == KIN__LEFT_OUT_FILTER)
			consumer->health.filtered += open;
		else
			consumer->health.other_shard += open;
		consumer->health.buffered -= open;
	}
	return true;
}

/* Keeps what the page holds for us; false: out of memory.  *kept: it was not nothing. */
static bool keep(struct kin__consumer *consumer, struct kin__shard *shard,
                 const struct kin__consumer_event *event, uint32_t skip, bool *kept)
{
	uint32_t cut = kin__until_cut(consumer, event), n = cut > skip ? cut - skip : 0;

	*kept = n > 0;
	learn(consumer, shard, event, cut);
	pace(consumer, shard, event);
	if (n > 0 && !kin__pages_add(consumer, shard, event, skip, n)) {
		kin__emit_nomem(consumer);
		return false;
	}
	return n == 0 || !event->page.left_out || leave_out(consumer, shard, event->page.left_out + skip, n);
}

void kin__fetch_on_page(struct kin__consumer *consumer, struct kin__shard *shard,
                        const struct kin__consumer_event *event)
{
	bool useful = answered(consumer, shard, event) && event->verdict == KIN__DONE, kept = false;
	uint32_t skip = useful ? skipped(consumer, shard, event) : 0;

	/* Of what was given back more is known than the times: see kin__reread_check(). */
	if (useful && !kin__shard_lacks(shard) && kin__gap_found(consumer, shard))
		useful = kin__gap_raise(consumer, shard);
	if (useful && kin__shard_lacks(shard) && !kin__reread_check(consumer, shard, event, skip)) {
		kin__emit_release(consumer, shard, event->page.id);
		kin__fetch_consider(consumer, shard);
		kin__delivery_consider(consumer, shard);
		kin__lease_consider(consumer, shard); /* it may have been all that was left to do */
		kin__descent_settled(consumer, shard);
		return;
	}
	if (useful && !keep(consumer, shard, event, skip, &kept))
		return;
	if (!kept && event->verdict == KIN__DONE)
		kin__emit_release(consumer, shard, event->page.id);
	if (!useful) {
		if (event->verdict != KIN__DONE && shard->life == LIFE_ACTIVE &&
		    kin__consumer_lives(consumer))
			failed(consumer, shard, "its records", event);
		return;
	}
	kin__delivery_more(consumer, shard);
	kin__pages_settle(consumer, shard);
	kin__fetch_consider(consumer, shard);
	kin__delivery_consider(consumer, shard);
	kin__lease_consider(consumer, shard);
	kin__descent_settled(consumer, shard);
}

void kin__fetch_settled(struct kin__consumer *consumer, struct kin__shard *shard)
{
	kin__pages_settle(consumer, shard);
	kin__fetch_consider(consumer, shard);
}

/* The shard is there, its position is not: another number space, or trimmed beyond recognition. */
static bool forget_position(struct kin__consumer *consumer, struct kin__shard *shard)
{
	char text[KIN__SEQUENCE_TEXT];

	shard->strange = false;
	kin__bytes_format(kin__emit_text(consumer), "%s: the service does not know its position %s any more",
	                  shard->id, kin__position_text(position(shard), text));
	if (!kin__gap_raise(consumer, shard))
		return false;
	shard->horizon = true;
	kin__reread_forget(consumer, shard);
	return true;
}

void kin__fetch_missing(struct kin__consumer *consumer, struct kin__shard *shard, bool listed)
{
	char text[KIN__SEQUENCE_TEXT];

	kin__list_remove(&shard->read_queue);
	if (listed && shard->strange) {
		if (!forget_position(consumer, shard))
			return;
		kin__delivery_consider(consumer, shard);
	}
	if (!listed) {
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s: the shard is gone, with what it held behind position %s", shard->id,
		                  kin__position_text(position(shard), text));
		if (!kin__gap_raise(consumer, shard))
			return;
		shard->ended = true;
		kin__reread_forget(consumer, shard);
		done(consumer, shard);
		kin__delivery_consider(consumer, shard);
		kin__descent_settled(consumer, shard);
		return;
	}
	shard->read_due_us =
			kin__emit_backoff(consumer, THROTTLED_BASE_US, REQUEST_CAP_US, shard->read_tries);
	if (shard->read_tries < UINT32_MAX)
		shard->read_tries++;
	move(consumer, shard, READ_WAITING);
	kin__emit_timer(consumer, &shard->read_timer, shard->read_due_us);
}

void kin__fetch_drop(struct kin__consumer *consumer, struct kin__shard *shard)
{
	done(consumer, shard);
}
