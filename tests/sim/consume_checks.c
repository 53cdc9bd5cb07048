/* What must hold in the world of sim_consume: the promises of kin_consumer(3), checked where they show. */
#include <inttypes.h>
#include <string.h>
#include "consume_world.h"

static uint64_t dropped_in_all(const struct consume_world *w)
{
	struct kin_consumer_health health = { .size = sizeof health };

	if (w->consumer)
		kin__consumer_health(w->consumer, &health);
	return w->dropped_before + health.dropped;
}

static bool gap_named(struct consume_world *w, const struct consume_record *record)
{
	if (w->shards[record->shard].gap || w->blind)
		return true;
	if (consume_store_find(w, record->stream, w->shards[record->shard].id) ||
	    w->shards[record->shard].removed)
		return false;
	for (uint32_t i = 0; i < w->shards_n; i++) /* it came and went unseen: its children tell of it */
		if (w->shards[i].stream == record->stream && w->shards[i].gap)
			return true;
	return false;
}

static bool may_be_dropped(const struct consume_world *w, const struct consume_record *record)
{
	return (w->set.maximum_retry_attempts >= 0 &&
	        record->fails > (uint32_t)w->set.maximum_retry_attempts) ||
	       (w->set.maximum_record_age_ms >= 0 &&
	        consume_service_ms(w) + 1000 - record->arrival_ms > w->set.maximum_record_age_ms);
}

/* Trimmed, and older than the first start: what the horizon had left behind when reading began is nobody's loss. */
static bool before_start(struct consume_world *w, const struct consume_record *record)
{
	const struct consume_item *origin = consume_store_find(w, record->stream, "-");

	if (!w->set.leases)
		return record->put_ms < w->began_ms + 1000;
	/* 0: the first start did not know the time; then nothing can be known before the first page. */
	return origin && (origin->covered_ms == 0 || record->put_ms < origin->covered_ms + 1000);
}

/* Settled, or left out for a reason the user was told. */
bool consume_excused(struct consume_world *w, struct consume_record *record)
{
	bool latest = w->set.starting_position == KIN_LATEST && record->stream == 1;

	if (record->settled || record->left_out || record->other_shard || record->optional || record->lost ||
	    record->slack)
		return true;
	if (record->stream < w->stream || (latest && w->ever_running_us == UINT64_MAX))
		return true;
	if (w->set.starting_position == KIN_AT_TIMESTAMP && record->stream == 1 &&
	    record->arrival_ms < w->set.starting_timestamp_ms)
		return true;
	if (record->arrival_ms + w->retention_ms < consume_service_ms(w) &&
	    (before_start(w, record) || gap_named(w, record))) {
		record->lost = true;
		consume_met(w, CONSUME_TRIMMED);
		return true;
	}
	if (record->dropped || (w->set.drop && may_be_dropped(w, record))) {
		if (!record->dropped)
			consume_met(w, CONSUME_DROPPED);
		record->dropped = true;
		return true;
	}
	return false;
}

static void check_record(struct consume_world *w, struct consume_record *record)
{
	const char *id = w->shards[record->shard].id;
	const struct consume_item *item = consume_store_find(w, record->stream, id);

	if (record->left_out)
		consume_fail(w, "r%u is handed out, and the filter leaves it out", record->id);
	if (record->other_shard)
		consume_fail(w, "r%u is handed out, and belongs to another shard", record->id);
	if (record->settled_in == w->process)
		consume_fail(w, "r%u is handed out again after it was settled", record->id);
	if (record->settled)
		consume_met(w, CONSUME_REDELIVERED);
	if (w->shards[record->shard].removed)
		consume_fail(w, "r%u is handed out, and %s was done with for good", record->id, id);
	if (w->set.leases && item &&
	    consume_store_covers(item->checkpoint, item->sub, record->sequence, record->sub))
		consume_fail(w, "r%u is handed out, and the checkpoint %s %llu covers it", record->id,
		             item->checkpoint, (unsigned long long)item->sub);
	if (item && item->kept.there &&
	    consume_store_covers(item->kept.at, item->kept.kept.at.sub, record->sequence, record->sub))
		consume_fail(w, "r%u is handed out, and the state that is kept knows of it", record->id);
	if (w->set.until == KIN_UNTIL_TIMESTAMP && record->arrival_ms > w->set.until_timestamp_ms)
		consume_fail(w, "r%u is handed out, and arrived after `until`", record->id);
	if (record->stream == 1 && record->put_ms < w->latest_ms)
		consume_fail(w, "r%u is handed out, and was put before the start", record->id);
	if (record->stream == w->stream && !w->mixed && record->id < w->handled_max[record->key])
		consume_fail(w, "r%u is handed out after r%u of its key", record->id,
		             w->handled_max[record->key] - 1);
}

static bool was_dropped(struct consume_record *record)
{
	record->dropped = record->dropped || record->given_up;
	return record->dropped;
}

/* A state that is kept may be ahead of the checkpoint. */
static bool kept_passes(struct consume_world *w, const struct consume_record *record)
{
	const struct consume_item *item = consume_store_find(w, record->stream, w->shards[record->shard].id);

	return item && item->kept.there &&
	       consume_store_covers(item->kept.at, item->kept.kept.at.sub, record->sequence, record->sub);
}

/* Everything of its key before it is settled, or stands before it in the batch. */
static void check_order(struct consume_world *w, const uint32_t *ids, uint32_t i)
{
	struct consume_record *record = &w->records[ids[i]];

	for (uint32_t k = 0; k < record->id; k++) {
		struct consume_record *earlier = &w->records[k];
		bool before = false;

		if (earlier->key != record->key || earlier->stream != record->stream || earlier->settled)
			continue;
		for (uint32_t j = 0; j < i; j++)
			before = before || ids[j] == k;
		if (earlier->arrival_ms + w->retention_ms < consume_service_ms(w) &&
		    w->shards[record->shard].gap)
			continue; /* its shard is gone, which is named when its turn comes */
		if (!before && !consume_excused(w, earlier) &&
		    !(kept_passes(w, earlier) && was_dropped(earlier)))
			consume_fail(w, "r%u is handed out before r%u of its key is settled", record->id, k);
	}
}

static void check_size(struct consume_world *w, const struct consume_call *call, uint32_t n)
{
	struct kin__event_source source;
	size_t bytes = KIN__EVENT_ENVELOPE_BYTES + n - 1;

	if (call->window.there)
		bytes += consume_windows_bytes(w, call);
	if (n > w->batch_most)
		consume_fail(w, "%u records in a batch of at most %u", n, w->batch_most);
	kin__event_source_init(&source, w->arn, w->set.application);
	for (size_t i = 0; i < call->slices_n; i++)
		for (uint32_t k = 0; k < call->slices[i].count; k++)
			bytes += kin__event_record_bytes(
					&source, &consume_page_find(w, call->slices[i].page)
								  ->records[call->slices[i].first + k]);
	if (bytes > w->set.batch_bytes_max && n > 1)
		consume_fail(w, "a batch of %u records has %zu bytes, at most %llu are allowed", n, bytes,
		             (unsigned long long)w->set.batch_bytes_max);
	if (bytes > w->set.batch_bytes_max)
		consume_met(w, CONSUME_BIG_RECORD);
}

void consume_check_handed(struct consume_world *w, const struct consume_call *call, uint32_t *ids, uint32_t n)
{
	if (call->type == KIN__CONSUMER_INVOKE) {
		w->told.calls++;
		check_size(w, call, n);
		consume_windows_handed(w, call, ids, n);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0 && ids[i] <= ids[i - 1])
			consume_fail(w, "r%u stands before r%u", ids[i - 1], ids[i]);
		if (call->type != KIN__CONSUMER_INVOKE)
			continue;
		check_record(w, &w->records[ids[i]]);
		if (!w->mixed)
			check_order(w, ids, i);
	}
	if (call->type == KIN__CONSUMER_INVOKE && w->set.batching_window_us > 0 && n == w->set.batch_size &&
	    n > 1)
		consume_met(w, CONSUME_WINDOW_FULL);
}

static bool backwards(const struct consume_item *old, const struct consume_item *now)
{
	bool number = old->checkpoint[0] >= '0' && old->checkpoint[0] <= '9';

	if (strcmp(old->checkpoint, "SHARD_END") == 0)
		return strcmp(now->checkpoint, "SHARD_END") != 0;
	return number && !consume_store_covers(now->checkpoint, now->sub, old->checkpoint, old->sub);
}

/* A process that is over may have dropped it, and have kept that in the state of a window alone. */
void consume_note_given_up(struct consume_world *w, struct consume_record *record)
{
	record->given_up = record->given_up || (w->set.drop && may_be_dropped(w, record));
}

void consume_check_checkpoint(struct consume_world *w, const struct consume_item *old,
                              const struct consume_item *now)
{
	if (old && backwards(old, now))
		consume_fail(w, "%s: the checkpoint goes back from %s %llu to %s %llu", now->shard_id,
		             old->checkpoint, (unsigned long long)old->sub, now->checkpoint,
		             (unsigned long long)now->sub);
	if (old && old->covered_ms > now->covered_ms)
		consume_fail(w, "%s: covered goes back", now->shard_id);
	if (now->stream != w->stream)
		return;
	for (uint32_t i = 0; i < w->records_n; i++) {
		struct consume_record *record = &w->records[i];

		if (record->settled || record->stream != now->stream ||
		    strcmp(w->shards[record->shard].id, now->shard_id) != 0)
			continue;
		if (consume_store_covers(now->checkpoint, now->sub, record->sequence, record->sub) &&
		    !consume_excused(w, record) && !was_dropped(record))
			consume_fail(w, "%s: the checkpoint passes r%u, which is not settled", now->shard_id,
			             i);
		if (now->shard_id[0] != '-' && record->put_ms + 1000 < now->covered_ms &&
		    !consume_excused(w, record))
			consume_fail(w, "%s: says that all is covered up to after r%u, which is not settled",
			             now->shard_id, i);
	}
}

/* The process is over: what it settled and did not store will be repeated. */
void consume_check_repeats(struct consume_world *w, bool clean)
{
	uint32_t most = clean ? 0 : 2 * w->batch_most;

	/* With several lanes: what lies between the lowest and the highest record that was handed out. */
	if (!w->set.leases || (!clean && w->set.parallelization_factor > 1) ||
	    w->consumer->created_ms != w->created_ms[w->stream])
		return;
	for (uint32_t s = 0; s < w->shards_n; s++) {
		const struct consume_item *item = consume_store_find(w, w->shards[s].stream, w->shards[s].id);
		uint32_t n = 0;

		if (w->shards[s].stream != w->stream || w->shards[s].removed)
			continue;
		for (uint32_t i = 0; i < w->records_n; i++) {
			struct consume_record *record = &w->records[i];
			bool covered = item && consume_store_covers(item->checkpoint, item->sub,
			                                            record->sequence, record->sub);
			bool here = record->settled_in == w->process || record->left_out ||
			            record->other_shard;

			if (record->shard != s)
				continue;
			if (clean && !covered &&
			    (w->set.parallelization_factor > 1 ? !here : !consume_excused(w, record)))
				break; /* what is settled behind an open record has to wait for it */
			n += record->settled_in == w->process && !covered;
		}
		if (n > most)
			consume_fail(w, "%s: %u records will be repeated, at most %u may be", w->shards[s].id,
			             n, most);
	}
}

void consume_check_lease(struct consume_world *w, const struct kin__consumer_effect *effect)
{
	const struct kin__shard *shard = w->consumer->shards[effect->shard];
	const struct consume_item *item = consume_store_find(w, w->stream, shard->id);
	uint64_t counter = effect->invoke.lease_counter;

	if (!w->set.leases || !item || w->consumer->created_ms != w->created_ms[w->stream])
		return;
	/* A write whose answer was lost may have been recognised when the items were read back. */
	if (counter != item->told_counter && (counter < item->told_counter || counter > item->counter))
		consume_fail(w, "%s: a call under lease counter %llu, it stands at %llu", shard->id,
		             (unsigned long long)counter, (unsigned long long)item->told_counter);
}

void consume_check_told(struct consume_world *w, const struct consume_call *call)
{
	const struct kin__consumer_event *answer = &call->answer;
	bool fine = answer->handled.code == KIN_OK;
	uint32_t done = answer->handled.fail_at < call->count ? answer->handled.fail_at : call->count;

	if (call->window.final) {
		w->told.errors += answer->handled.code != KIN_BUSY && (!fine || answer->handled.fail_at == 0);
		return;
	}
	if (call->window.there && fine && answer->handled.state_bytes == 0) {
		w->told.errors++;
		return;
	}
	if (call->type == KIN__CONSUMER_INVOKE) {
		w->told.handled += fine ? done : 0;
		w->told.errors += fine ? done < call->count : answer->handled.code != KIN_BUSY;
	} else if (call->type == KIN__CONSUMER_SINK && answer->store_code == KIN_OK) {
		w->told.sunk += call->count;
	} else if (call->type == KIN__CONSUMER_STORE_UPDATE || call->type == KIN__CONSUMER_STORE_CREATE) {
		w->told.writes++;
	}
}

void consume_check_health(struct consume_world *w, const struct kin_consumer_health *health)
{
	if (health->handled != w->told.handled || health->on_failure != w->told.sunk ||
	    health->errors != w->told.errors || health->invocations != w->told.calls)
		consume_fail(w, "health says %llu handled, %llu sunk, %llu errors of %llu calls",
		             (unsigned long long)health->handled, (unsigned long long)health->on_failure,
		             (unsigned long long)health->errors, (unsigned long long)health->invocations);
	if (health->checkpoints > w->told.writes || health->retried > health->invocations)
		consume_fail(w, "health says %llu checkpoints, %llu retried calls",
		             (unsigned long long)health->checkpoints, (unsigned long long)health->retried);
}

/* Left out by a rule: that does not keep the checkpoint back. */
static bool passed(struct consume_world *w, const struct consume_record *record)
{
	const struct consume_item *item = consume_store_find(w, record->stream, w->shards[record->shard].id);
	struct consume_record other = *record;

	if (!w->set.leases)
		return true;
	if (w->shards[record->shard].removed ||
	    (item && consume_store_covers(item->checkpoint, item->sub, record->sequence, record->sub))) {
		consume_met(w, record->other_shard ? CONSUME_OTHER_SHARD : CONSUME_LEFT_OUT);
		return true;
	}
	other.left_out = other.other_shard = false;
	return consume_excused(w, &other);
}

/* It ended by itself: all that was there when this process began is done, however the shards were split since. */
void consume_check_until(struct consume_world *w)
{
	/* What was there is done however its arrival compares with a clock that is only known roughly. */
	int64_t until_ms = w->set.until == KIN_UNTIL_LATEST ? INT64_MAX : w->set.until_timestamp_ms - 1000;

	for (uint32_t i = 0; i < w->records_n; i++) {
		struct consume_record *record = &w->records[i];

		if (record->put_ms < w->began_ms && record->arrival_ms < until_ms &&
		    !consume_excused(w, record))
			consume_fail(w, "it ended by `until`, and r%u of %s is not settled", i,
			             w->shards[record->shard].id);
	}
}

bool consume_check_done(struct consume_world *w)
{
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < w->records_n; i++) {
		if (!consume_excused(w, &w->records[i]))
			return false;
		if ((w->records[i].left_out || w->records[i].other_shard) && !passed(w, &w->records[i]))
			return false;
		dropped += w->records[i].dropped && !w->records[i].settled && !w->records[i].lost &&
		           !w->records[i].slack && !w->records[i].optional &&
		           w->records[i].stream == w->stream;
	}
	return dropped <= dropped_in_all(w); /* each of them was counted */
}

void consume_check_drained(struct consume_world *w)
{
	for (uint32_t i = 0; i < w->records_n; i++)
		if (!consume_excused(w, &w->records[i]))
			consume_fail(w, "r%u of %s is never settled", i, w->shards[w->records[i].shard].id);
	for (uint32_t i = 0; i < w->records_n; i++)
		if ((w->records[i].left_out || w->records[i].other_shard) && !passed(w, &w->records[i]))
			consume_fail(w, "r%u of %s is left out, and no checkpoint ever passes it", i,
			             w->shards[w->records[i].shard].id);
	for (uint32_t i = 0; i < w->records_n; i++)
		if (w->records[i].dropped && !w->records[i].settled && !w->records[i].lost &&
		    !w->records[i].slack)
			CONSUME_SAY(w, "r%u of %s was dropped, it seems", i,
			            w->shards[w->records[i].shard].id);
	consume_windows_done(w, true);
	consume_fail(w, "it does not come to its end");
}

void consume_check_undelivered(struct consume_world *w, const struct kin__consumer_effect *note)
{
	uint64_t since_us = w->sink_us[note->shard][note->lane];

	if (w->set.sink_timeout_us == 0 || w->undelivered_n == 0 || since_us == 0 ||
	    w->now_us - since_us < w->set.sink_timeout_us)
		consume_fail(w, "%s: %u records are dropped, whose delivery began at %llu us",
		             w->consumer->shards[note->shard]->id, w->undelivered_n,
		             (unsigned long long)since_us);
	w->sink_us[note->shard][note->lane] = 0;
	for (uint32_t i = 0; i < w->undelivered_n; i++)
		w->records[w->undelivered[i]].dropped = true;
	consume_met(w, CONSUME_UNDELIVERED);
}

/* Calls that take too long are told of, and hold nobody up. */
void consume_check_overdue(struct consume_world *w)
{
	uint32_t overdue = 0;

	if (w->consumer->cleared || w->consumer->nomem)
		return;
	for (size_t i = 0; i < CONSUME_CALLS; i++)
		overdue += w->calls[i].used && w->calls[i].type == KIN__CONSUMER_INVOKE &&
		           w->set.handler_timeout_us > 0 &&
		           w->now_us - w->calls[i].began_us >= w->set.handler_timeout_us;
	if (overdue != w->consumer->health.handlers_overdue)
		consume_fail(w, "%u calls are overdue, health says %llu", overdue,
		             (unsigned long long)w->consumer->health.handlers_overdue);
	if (w->works > w->set.handlers_max + overdue)
		consume_fail(w, "%u calls in flight, %u of them overdue", w->works, overdue);
	if (kin__consumer_works(w->consumer) && !kin__list_empty(&w->consumer->work_queue) &&
	    w->works < w->set.handlers_max)
		consume_fail(w, "a lane waits, and %u calls are in flight", w->works);
	if (overdue > 0)
		consume_met(w, CONSUME_OVERDUE);
	if (w->works > w->set.handlers_max)
		consume_met(w, CONSUME_OVERDUE_LENT);
}

/* Of a lane beside a sick one: is it within the bound up to which the others go on?  Everything that is held is. */
static bool is_near(const struct consume_world *w, const struct consume_record *record)
{
	const struct kin__shard *shard = NULL;
	char after[KIN__SEQUENCE_TEXT];

	for (size_t i = 0; i < w->consumer->shards_n; i++)
		if (strcmp(w->consumer->shards[i]->id, w->shards[record->shard].id) == 0)
			shard = w->consumer->shards[i];
	if (!shard || w->set.buffer_bytes_max < CONSUME_ROOM)
		return false; /* it may have to give all that back, again and again */
	return shard->pages_n < PAGES_AHEAD ||
	       consume_store_covers(kin__position_text(&shard->after, after), UINT64_MAX, record->sequence,
	                            record->sub);
}

void consume_check_starving(struct consume_world *w)
{
	for (uint32_t i = 0; i < w->records_n; i++) {
		const struct consume_record *record = &w->records[i];

		if (record->sick || record->left_out || record->other_shard ||
		    record->put_ms + CONSUME_PATIENCE_MS > consume_service_ms(w))
			continue;
		if (record->sick_shard && !record->settled && !is_near(w, record))
			continue;
		if (record->sick_shard)
			consume_met(w, CONSUME_LANE_STARVED_NOT);
		if (!record->settled)
			consume_fail(w, "r%u of %s waits since %lld ms, while shards beside it are blocked",
			             i, w->shards[record->shard].id, (long long)(record->put_ms - BASE_MS));
		consume_met(w, CONSUME_STARVED_NOT);
	}
}

/* What is read again for one shard may need more than the buffer: with one lane a batch, else what lies between the
 * lowest and the highest record of any batch; in the smallest pages. */
static uint64_t alone(const struct consume_world *w)
{
	uint64_t most = w->batch_most;

	for (size_t i = 0; i < w->consumer->shards_n && w->set.parallelization_factor > 1; i++) {
		const struct kin__shard *shard = w->consumer->shards[i];

		if (shard->back > shard->settled.low + most)
			most = shard->back - shard->settled.low;
	}
	/* Of an aggregate there is all or nothing. */
	return most * PAGE_BYTES(w->aggregate_per_mille ? CONSUME_PARTS : 1);
}

void consume_check_memory(struct consume_world *w)
{
	uint64_t room;

	room = w->set.buffer_bytes_max + w->set.fetches_max * w->page_bytes_max + alone(w);
	/* While overdue calls hold the buffer full, one answer more for each. */
	if (w->consumer->lent_n > w->lent_most)
		w->lent_most = w->consumer->lent_n;
	room += w->lent_most * w->page_bytes_max;
	if (w->held_bytes > room)
		consume_fail(w, "%" PRIu64 " bytes are held, at most %" PRIu64 " may be", w->held_bytes,
		             room);
	if (w->held_bytes >= w->set.buffer_bytes_max)
		consume_met(w, CONSUME_BUFFER_FULL);
}

void consume_check_end(struct consume_world *w)
{
	if (w->expect_gap && w->gaps_before == 0)
		consume_fail(w, "the stream was created anew, and no gap was counted");
	if (!w->short_retention && w->stream == 1 && w->gaps_before > 0)
		consume_fail(w, "a gap was counted, and nothing was ever trimmed");
}
