/* The store of the world: conditional writes that fail before or after they took effect, and a thief. */
#include <stdio.h>
#include <string.h>
#include "consume_world.h"

struct consume_item *consume_store_find(struct consume_world *w, uint32_t stream, const char *shard_id)
{
	for (uint32_t i = 0; i < w->items_n; i++)
		if (w->items[i].stream == stream && strcmp(w->items[i].shard_id, shard_id) == 0)
			return &w->items[i];
	return NULL;
}

static bool is_number(const char *checkpoint)
{
	return checkpoint[0] >= '0' && checkpoint[0] <= '9';
}

/* Does a checkpoint say that this record is done? */
bool consume_store_covers(const char *checkpoint, uint64_t checkpoint_sub, const char *sequence, uint64_t sub)
{
	size_t a = strlen(checkpoint), b = strlen(sequence);
	int order = a != b ? (a > b) - (a < b) : strcmp(checkpoint, sequence);

	if (strcmp(checkpoint, "SHARD_END") == 0)
		return true;
	return is_number(checkpoint) && (order != 0 ? order > 0 : checkpoint_sub >= sub);
}

/* Nothing of it could be read again, and no child asks where it ended. */
static void remove_item(struct consume_world *w, struct consume_item *item)
{
	int64_t horizon_ms = consume_service_ms(w) - w->retention_ms;

	consume_met(w, CONSUME_ITEM_REMOVED);
	if (strcmp(item->checkpoint, "SHARD_END") != 0)
		consume_fail(w, "%s: its item is removed, which stands at %s", item->shard_id,
		             item->checkpoint);
	for (uint32_t i = 0; i < w->records_n; i++) {
		const struct consume_record *record = &w->records[i];

		if (record->stream == item->stream &&
		    strcmp(w->shards[record->shard].id, item->shard_id) == 0 &&
		    record->arrival_ms >= horizon_ms)
			consume_fail(w, "%s: its item is removed, and record %u could be read again",
			             item->shard_id, record->id);
	}
	for (uint32_t i = 0; i < w->shards_n; i++)
		if (w->shards[i].stream == item->stream && strcmp(w->shards[i].id, item->shard_id) == 0)
			w->shards[i].removed = true;
	*item = w->items[--w->items_n];
}

/* half: only what is to be kept beside the item. */
static int apply(struct consume_world *w, struct consume_call *call, bool half)
{
	struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id),
			    old = { 0 };

	if (call->type == KIN__CONSUMER_STORE_CREATE) {
		if (item)
			return KIN_EXISTS;
		if (w->items_n == CONSUME_ITEMS)
			consume_fail(w, "the world's store is full");
		item = &w->items[w->items_n++];
		item->kept.there = false; /* what was kept there went with its item */
	} else {
		if (!item || item->counter != call->expected) {
			snprintf(call->error.message, sizeof call->error.message, "held by %s",
			         item ? item->owner : "nobody");
			call->answer.error = &call->error;
			return KIN_LOST;
		}
		old = *item;
	}
	if (call->type == KIN__CONSUMER_STORE_REMOVE) {
		remove_item(w, item);
		return KIN_OK;
	}
	if (old.thief && old.thief_process == w->process)
		consume_fail(w, "%s: written after its lease was taken", call->item.shard_id);
	if (old.used && call->item.counter != old.counter + 1)
		consume_fail(w, "%s: counter %llu after %llu", call->item.shard_id,
		             (unsigned long long)call->item.counter, (unsigned long long)old.counter);
	consume_check_checkpoint(w, old.used ? &old : NULL, &call->item);
	consume_windows_put(w, call);
	if (half)
		return KIN_IO;
	old.kept = item->kept;
	*item = call->item;
	item->kept = old.kept;
	item->told = old.told;
	item->told_counter = old.told_counter;
	consume_windows_check_store(w, item);
	return KIN_OK;
}

void consume_store_perform(struct consume_world *w, struct consume_call *call)
{
	bool list = call->type == KIN__CONSUMER_STORE_LIST;

	call->answer.store_code = KIN_OK;
	if (consume_chance(w, w->store_fail_per_mille)) {
		call->answer.store_code = kin__rng_chance(&w->rng, 500) ? KIN_IO : KIN_NETWORK;
		if (list || kin__rng_chance(&w->rng, 500)) {
			consume_met(w, CONSUME_STORE_BEFORE);
			return;
		}
		consume_met(w, CONSUME_STORE_AFTER);
		apply(w, call, call->kept.there && kin__rng_chance(&w->rng, 500));
		return;
	}
	if (!list)
		call->answer.store_code = apply(w, call, false);
	if (call->answer.store_code == KIN_LOST) {
		struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id);

		consume_met(w, item && item->thief ? CONSUME_LOST : CONSUME_REFUSED_OWN);
	}
}

/* The process learns that its write was taken. */
void consume_store_told(struct consume_world *w, const struct consume_call *call)
{
	struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id);

	item->told = w->process;
	item->told_counter = call->item.counter;
}

void consume_store_list(struct consume_world *w, struct kin_lease *out, size_t *n)
{
	for (uint32_t i = 0; i < w->items_n; i++) {
		const struct consume_item *item = &w->items[i];

		out[i] = (struct kin_lease){ .size = sizeof out[i],
			                     .stream_arn = w->arn,
			                     .stream_created_ms = item->created_ms,
			                     .shard_id = item->shard_id,
			                     .owner = item->owner,
			                     .counter = item->counter,
			                     .checkpoint = item->checkpoint,
			                     .sub_sequence = item->sub,
			                     .timestamp_ms = item->timestamp_ms,
			                     .covered_ms = item->covered_ms,
			                     .parents = item->parents };
	}
	*n = w->items_n;
}

/* A write on its way is the best moment to come before it. */
static struct consume_item *overtake(struct consume_world *w)
{
	for (size_t i = 0; i < CONSUME_CALLS; i++) {
		const struct consume_call *call = &w->calls[i];
		struct consume_item *item;

		if (!call->used || call->performed || call->type != KIN__CONSUMER_STORE_UPDATE)
			continue;
		item = consume_store_find(w, call->item.stream, call->item.shard_id);
		if (item && item->counter == call->expected)
			return item;
	}
	return NULL;
}

static struct consume_item *any_held(struct consume_world *w)
{
	struct consume_item *item;

	if (w->items_n == 0)
		return NULL;
	item = &w->items[kin__rng_below(&w->rng, w->items_n)];
	return item->shard_id[0] != '-' && item->told == w->process ? item : NULL;
}

void consume_store_steal(struct consume_world *w)
{
	struct consume_item *item = overtake(w);

	if (!item)
		item = any_held(w);
	if (!item || item->stream != w->stream || !w->consumer)
		return;
	item->thief = true;
	item->thief_process = w->process;
	item->counter++;
	snprintf(item->owner, sizeof item->owner, "thief");
	consume_met(w, CONSUME_THEFT);
	CONSUME_SAY(w, "a thief takes the lease of %s", item->shard_id);
}
