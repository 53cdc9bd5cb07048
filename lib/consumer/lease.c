/* consumer/lease - see lease.h */
#include <string.h>
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "consumer/lane.h"
#include "consumer/window.h"

static void move(struct kin__consumer *consumer, struct kin__shard *shard, uint8_t next)
{
	if (shard->writing == WRITE_REST)
		consumer->writes_pending++;
	else if (next == WRITE_REST)
		consumer->writes_pending--;
	kin__machine_move(&consumer->bug, kin__shard_writings, &shard->writing, next,
	                  consumer->seen_writings);
}

bool kin__lease_is_ours(const struct kin__consumer *consumer, const struct kin_lease *item)
{
	return item->stream_created_ms == consumer->created_ms &&
	       strcmp(item->stream_arn, consumer->arn) == 0;
}

void kin__lease_load(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin_lease *item)
{
	(void)consumer;
	shard->item = true;
	shard->counter = item->counter;
	shard->timestamp_ms = item->timestamp_ms;
	shard->covered_ms = item->covered_ms;
	kin__position_set(&shard->checkpoint, item->checkpoint, item->sub_sequence);
}

/* Up to when nothing is outstanding, by what is settled now. */
static int64_t covered_ms(const struct kin__shard *shard)
{
	int64_t covered = shard->covered_ms;

	if (shard->settled_ms > covered)
		covered = shard->settled_ms;
	if (shard->settled.low == shard->fetched && shard->caught_up_ms > covered)
		covered = shard->caught_up_ms;
	return covered;
}

/* An idle shard moves covered_ms on now and then, so that a restart after a quiet time sees no gap. */
static bool refresh_is_due(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	int64_t every = consumer->retention_ms / 4;
	int64_t since = shard->covered_ms ? shard->covered_ms : consumer->origin.covered_ms;

	if (every > COVERED_REFRESH_MS || every <= 0)
		every = COVERED_REFRESH_MS;
	return kin__consumer_lives(consumer) && shard->settled.low == shard->fetched &&
	       covered_ms(shard) - since >= every;
}

static bool wanted(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	if (consumer->given_up || kin__shard_is_old(consumer, shard))
		return false;
	if (shard->life == LIFE_LEASING)
		return kin__consumer_lives(consumer);
	if (shard->life == LIFE_ENDING)
		return true;
	if (shard->life == LIFE_ENDED)
		return shard->obsolete && kin__consumer_lives(consumer);
	return shard->life == LIFE_ACTIVE &&
	       (shard->settled.low > shard->stored_low || refresh_is_due(consumer, shard) ||
	        shard->window.changes != shard->window.stored_changes);
}

static void queue(struct kin__consumer *consumer, struct kin__shard *shard)
{
	move(consumer, shard, WRITE_QUEUED);
	kin__list_append(&consumer->write_queue, &shard->write_queue);
}

/* What is settled up to `low` is stored, and with it so many finished batches. */
static void stored(struct kin__consumer *consumer, struct kin__shard *shard, uint64_t low, uint64_t finished)
{
	shard->stored_low = low;
	shard->stored_finished = finished;
	kin__delivery_stored(consumer, shard);
}

void kin__lease_consider(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (consumer->set.leases) {
		if (shard->writing == WRITE_REST && wanted(consumer, shard))
			queue(consumer, shard);
		return;
	}
	/* A reader: nothing is stored, so it counts as stored at once. */
	shard->covered_ms = covered_ms(shard);
	if (shard->settled.low > 0)
		shard->timestamp_ms = 0;
	if (shard->life == LIFE_LEASING && kin__consumer_lives(consumer)) {
		shard->item = true;
		kin__descent_begin(consumer, shard);
	} else if (shard->life == LIFE_ENDING) {
		kin__descent_ended(consumer, shard);
	} else if (shard->life == LIFE_ACTIVE && shard->settled.low > shard->stored_low) {
		stored(consumer, shard, shard->settled.low, shard->finished);
	}
}

void kin__lease_due(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->writing == WRITE_WAITING)
		queue(consumer, shard);
}

static void prepare(struct kin__shard *shard)
{
	bool begun = kin__position_there(&shard->settled_at);

	shard->writing_low = shard->settled.low;
	shard->window.writing_changes = shard->window.changes;
	shard->writing_finished = shard->finished;
	shard->writing_covered_ms = covered_ms(shard);
	shard->writing_timestamp_ms = begun ? 0 : shard->timestamp_ms;
	if (shard->life == LIFE_ENDING)
		kin__position_set(&shard->writing_checkpoint, "SHARD_END", 0);
	else
		shard->writing_checkpoint = begun ? shard->settled_at : shard->checkpoint;
}

static void send(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__consumer_effect effect = { .type = KIN__CONSUMER_STORE_UPDATE };

	if (shard->obsolete)
		effect.type = KIN__CONSUMER_STORE_REMOVE;
	else if (shard->unread)
		effect.type = KIN__CONSUMER_STORE_STATE;
	else if (!shard->item)
		effect.type = KIN__CONSUMER_STORE_CREATE;
	if (shard->write_tries == 0)
		prepare(shard);
	effect.store.expected = shard->counter;
	effect.store.lease = (struct kin_lease){ .size = sizeof effect.store.lease,
		                                 .stream_arn = consumer->arn,
		                                 .stream_created_ms = consumer->created_ms,
		                                 .shard_id = shard->id,
		                                 .owner = consumer->worker,
		                                 .counter = shard->counter + 1,
		                                 .checkpoint = kin__emit_position(consumer,
		                                                                  &shard->writing_checkpoint),
		                                 .sub_sequence = shard->writing_checkpoint.sub,
		                                 .timestamp_ms = shard->writing_timestamp_ms,
		                                 .covered_ms = shard->writing_covered_ms,
		                                 .parents = shard->parents };
	/* The newest of both, also when the write itself is an earlier one: a state may be ahead of a checkpoint. */
	if (effect.type == KIN__CONSUMER_STORE_UPDATE &&
	    !kin__window_keep(consumer, shard, &effect.store.kept))
		return;
	effect.store.fresh = shard->window.state_bytes == 0;
	move(consumer, shard, WRITE_FLYING);
	shard->write_id = kin__emit_request(consumer, shard, &effect);
	consumer->writes_flying += shard->write_id != 0;
}

void kin__lease_pump(struct kin__consumer *consumer)
{
	while (consumer->writes_flying < consumer->set.stores_max &&
	       !kin__list_empty(&consumer->write_queue)) {
		struct kin__shard *shard =
				kin__container(consumer->write_queue.next, struct kin__shard, write_queue);

		kin__list_remove(&shard->write_queue);
		if (wanted(consumer, shard))
			send(consumer, shard);
		else
			move(consumer, shard, WRITE_REST);
	}
}

static void accept(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->item = true;
	shard->counter++;
	shard->write_tries = 0;
	shard->checkpoint = shard->writing_checkpoint;
	shard->timestamp_ms = shard->writing_timestamp_ms;
	shard->covered_ms = shard->writing_covered_ms;
	move(consumer, shard, WRITE_REST);
	if (kin__shard_is_old(consumer, shard))
		return;
	if (shard->life == LIFE_LEASING && kin__window_on(consumer)) {
		shard->unread = true;
		queue(consumer, shard);
		return;
	}
	if (shard->life == LIFE_LEASING) {
		kin__descent_begin(consumer, shard);
		return;
	}
	shard->window.stored_changes = shard->window.writing_changes;
	if (shard->writing_low > shard->stored_low)
		consumer->health.checkpoints++;
	if (kin__position_is_text(&shard->checkpoint, "SHARD_END")) {
		shard->stored_low = shard->writing_low;
		shard->stored_finished = shard->writing_finished;
		kin__descent_ended(consumer, shard);
		return;
	}
	stored(consumer, shard, shard->writing_low, shard->writing_finished);
	kin__descent_settled(consumer, shard);
	kin__lease_consider(consumer, shard);
}

static void give_up(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	consumer->given_up = true;
	kin__bytes_format(kin__emit_text(consumer),
	                  "the last checkpoints could not be written in %d tries: %s; records since then "
	                  "will be "
	                  "delivered again",
	                  WRITE_TRIES_MAX, kin__emit_why(event->error));
	kin__emit_fatal(consumer, event->store_code, NULL);
}

static void again(struct kin__consumer *consumer, struct kin__shard *shard,
                  const struct kin__consumer_event *event)
{
	if (!kin__consumer_lives(consumer) && !wanted(consumer, shard)) {
		move(consumer, shard, WRITE_REST); /* taking a lease, or a refresh: of no use any more */
		return;
	}
	move(consumer, shard, WRITE_WAITING);
	kin__emit_timer(consumer, &shard->write_timer,
	                kin__emit_backoff(consumer, TRANSIENT_BASE_US, REQUEST_CAP_US, shard->write_tries));
	if (shard->write_tries < UINT32_MAX)
		shard->write_tries++;
	kin__bytes_format(kin__emit_text(consumer), "%s: %s failed (try %lu): %s; trying again", shard->id,
	                  shard->obsolete ? "removing its item"
	                  : shard->unread ? "reading the state of its window"
	                                  : "writing its checkpoint",
	                  (unsigned long)shard->write_tries, kin__emit_why(event->error));
	kin__emit_line(consumer, shard, shard->write_tries < BLOCKED_TRIES ? KIN_LOG_INFO : KIN_LOG_WARN);
	if (!kin__consumer_lives(consumer) && shard->write_tries >= WRITE_TRIES_MAX)
		give_up(consumer, event);
}

static bool is_temporary(int32_t code)
{
	return code == KIN_IO || code == KIN_NETWORK || code == KIN_NOMEM;
}

/* Gone, or changed by somebody: nothing depends on it any more. */
static void removed(struct kin__consumer *consumer, struct kin__shard *shard,
                    const struct kin__consumer_event *event)
{
	bool done = event->store_code == KIN_OK;

	shard->obsolete = shard->item = false;
	shard->write_tries = 0;
	move(consumer, shard, WRITE_REST);
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: the service has forgotten it, and its item in the store %s%s", shard->id,
	                  done ? "was removed" : "stays: ", done ? "" : kin__emit_why(event->error));
	kin__emit_line(consumer, shard, done ? KIN_LOG_INFO : KIN_LOG_WARN);
}

/* What the store keeps of its windows is known: now it may be read. */
static void loaded(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin__kept *kept)
{
	shard->unread = false;
	shard->write_tries = 0;
	move(consumer, shard, WRITE_REST);
	if (kin__shard_is_old(consumer, shard) || shard->life != LIFE_LEASING)
		return;
	if (kept)
		kin__window_load(consumer, shard, kept);
	if (shard->window.open && !kin__lane_make(consumer, shard)) {
		kin__emit_nomem(consumer);
		return;
	}
	kin__descent_begin(consumer, shard);
	kin__lease_consider(consumer, shard);
}

void kin__lease_on_state(struct kin__consumer *consumer, struct kin__shard *shard,
                         const struct kin__consumer_event *event)
{
	KIN__CHECK(&consumer->bug,
	           shard->writing == WRITE_FLYING && event->id == shard->write_id && shard->unread);
	if (consumer->bug.what)
		return;
	consumer->writes_flying--;
	shard->write_id = 0;
	switch (event->store_code) {
	case KIN_OK:
		loaded(consumer, shard, event->kept.at);
		return;
	case KIN_NOT_FOUND:
		loaded(consumer, shard, NULL);
		return;
	case KIN_IO:
	case KIN_NETWORK:
	case KIN_NOMEM:
		again(consumer, shard, event);
		return;
	default:
		move(consumer, shard, WRITE_REST);
		kin__bytes_format(kin__emit_text(consumer), "%s: the state of its window cannot be read: %s",
		                  shard->id, kin__emit_why(event->error));
		kin__emit_fatal(consumer, event->store_code, event->error);
	}
}

void kin__lease_on_written(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event)
{
	KIN__CHECK(&consumer->bug, shard->writing == WRITE_FLYING && event->id == shard->write_id);
	if (consumer->bug.what)
		return;
	consumer->writes_flying--;
	shard->write_id = 0;
	if (is_temporary(event->store_code)) {
		again(consumer, shard, event);
		return;
	}
	if (shard->obsolete) {
		removed(consumer, shard, event);
		return;
	}
	switch (event->store_code) {
	case KIN_OK:
		accept(consumer, shard);
		return;
	case KIN_LOST:
	case KIN_EXISTS:
		move(consumer, shard, WRITE_DOUBT);
		kin__list_append(&consumer->doubting, &shard->write_queue);
		consumer->wanted |= KIN__TO(JOB_ITEMS);
		kin__delivery_consider(consumer, shard);
		return;
	default:
		move(consumer, shard, WRITE_REST);
		kin__bytes_format(kin__emit_text(consumer), "%s: the store refused its checkpoint: %s",
		                  shard->id, kin__emit_why(event->error));
		kin__emit_fatal(consumer, event->store_code, event->error);
	}
}

static void lose(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin_lease *item)
{
	move(consumer, shard, WRITE_REST);
	if (kin__shard_is_old(consumer, shard))
		return;
	kin__descent_lost(consumer, shard);
	if (item)
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s: its lease was taken by %s (counter %llu, ours was %llu); run one "
		                  "worker an application",
		                  shard->id, item->owner[0] ? item->owner : "an unnamed worker",
		                  (unsigned long long)item->counter, (unsigned long long)shard->counter);
	else
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s: its lease was removed from the store while we held it; do not change "
		                  "a store in use",
		                  shard->id);
	kin__emit_fatal(consumer, KIN_LOST, NULL);
}

/* The item as it is: is it what our own write made of it? */
static void judge(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin_lease *item)
{
	kin__list_remove(&shard->write_queue);
	shard->judged = false;
	if (item && item->counter == shard->counter + 1 && strcmp(item->owner, consumer->worker) == 0 &&
	    kin__position_is_text(&shard->writing_checkpoint, item->checkpoint) &&
	    item->sub_sequence == shard->writing_checkpoint.sub &&
	    item->covered_ms == shard->writing_covered_ms) {
		/* Which of our writes it was, and so whether a state was kept with it, it does not say: once more. */
		shard->window.writing_changes = shard->window.stored_changes;
		accept(consumer, shard);
	} else if (item && !shard->item && shard->life == LIFE_LEASING) {
		kin__lease_load(consumer, shard, item); /* somebody made it before us: take it */
		shard->write_tries = 0;
		move(consumer, shard, WRITE_REST);
		kin__lease_consider(consumer, shard);
	} else {
		lose(consumer, shard, item);
	}
}

void kin__lease_on_items(struct kin__consumer *consumer, const struct kin_lease *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct kin__shard *shard = kin__lease_is_ours(consumer, &at[i])
		                                           ? kin__map_get(&consumer->by_id,
		                                                          kin__span_text(at[i].shard_id))
		                                           : NULL;

		if (shard && shard->writing == WRITE_DOUBT && shard->judged)
			judge(consumer, shard, &at[i]);
	}
	while (!kin__list_empty(&consumer->doubted))
		judge(consumer, kin__container(consumer->doubted.next, struct kin__shard, write_queue), NULL);
}

void kin__lease_drop(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->writing == WRITE_REST || shard->writing == WRITE_FLYING)
		return;
	kin__list_remove(&shard->write_queue);
	shard->judged = false;
	kin__heap_remove(&consumer->timers, &shard->write_timer.node);
	move(consumer, shard, WRITE_REST);
}
