/* consumer/descent - see descent.h */
#include <string.h>
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/lane.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "consumer/window.h"

static void live(struct kin__consumer *consumer, struct kin__shard *shard, uint8_t next)
{
	kin__machine_move(&consumer->bug, kin__shard_lives, &shard->life, next, consumer->seen_lives);
	if (shard->life != LIFE_ACTIVE)
		kin__heap_remove(&consumer->furthest, &shard->furthest);
}

static void init(struct kin__shard *shard, uint32_t index)
{
	shard->index = index;
	shard->behind_ms = -1;
	kin__list_init(&shard->read_queue);
	kin__list_init(&shard->write_queue);
	kin__list_init(&shard->children);
	for (size_t i = 0; i < 2; i++) {
		kin__list_init(&shard->as_child[i].list);
		shard->as_child[i].child = shard;
	}
	kin__settled_init(&shard->settled);
	kin__window_init(shard);
	shard->read_timer.kind = TIMER_READ;
	shard->write_timer.kind = TIMER_WRITE;
}

void kin__descent_free(struct kin__consumer *consumer, struct kin__shard *shard)
{
	(void)consumer;
	while (shard->first_page) {
		struct kin__page *page = shard->first_page;

		shard->first_page = page->next;
		kin__mem_free(page);
	}
	kin__settled_fini(&shard->settled);
	kin__lane_free(shard);
	kin__mem_free(shard->id);
	kin__mem_free(shard->parents);
	kin__mem_free(shard);
}

static int keep(struct kin__consumer *consumer, struct kin__shard *shard)
{
	size_t n = consumer->shards_n;

	/* Room for every timer that may be set: setting one never fails later. */
	if (!shard->id || !shard->parents ||
	    kin__mem_room(&consumer->shards, &consumer->shards_room, n + 1, sizeof(struct kin__shard *)) <
	                    0 ||
	    kin__mem_room(&consumer->timers.at, &consumer->timers.room, 2 * (n + 1) + consumer->lanes_n + 2,
	                  sizeof(struct kin__heap_node *)) < 0 ||
	    kin__mem_room(&consumer->sleepers.at, &consumer->sleepers.room, n + 1,
	                  sizeof(struct kin__heap_node *)) < 0 ||
	    kin__mem_room(&consumer->furthest.at, &consumer->furthest.room, n + 1,
	                  sizeof(struct kin__heap_node *)) < 0 ||
	    kin__map_set(&consumer->by_id, kin__span_text(shard->id), shard) < 0)
		return -1;
	consumer->shards[consumer->shards_n++] = shard;
	return 0;
}

struct kin__shard *kin__descent_add(struct kin__consumer *consumer, const char *id)
{
	struct kin__shard *shard = kin__map_get(&consumer->by_id, kin__span_text(id));

	if (shard)
		return shard;
	shard = kin__mem_zalloc(sizeof *shard);
	if (!shard)
		return NULL;
	init(shard, (uint32_t)consumer->shards_n);
	shard->id = kin__mem_text(id);
	shard->parents = kin__mem_text("");
	if (keep(consumer, shard) < 0) {
		kin__descent_free(consumer, shard);
		return NULL;
	}
	consumer->health.shards++;
	if (consumer->set.only_shards_n > 0 && !kin__map_get(&consumer->only, kin__span_text(id)))
		live(consumer, shard, LIFE_IGNORED);
	return shard;
}

void kin__descent_parents(struct kin__consumer *consumer, struct kin__shard *shard, const char *first,
                          const char *second)
{
	struct kin__bytes *text = kin__emit_text(consumer);
	char *copy;

	if (first)
		kin__bytes_text(text, first);
	if (first && second)
		kin__bytes_char(text, ',');
	if (second)
		kin__bytes_text(text, second);
	copy = text->failed ? NULL : kin__mem_text_n(text->at ? text->at : "", text->n);
	if (!copy) {
		kin__emit_nomem(consumer);
		return;
	}
	kin__mem_free(shard->parents);
	shard->parents = copy;
}

/* The i-th parent if we know it: it is listed, or it has an item. */
struct kin__shard *kin__descent_parent(const struct kin__consumer *consumer, const struct kin__shard *shard,
                                       size_t i)
{
	struct kin__span rest = kin__span_text(shard->parents), id;

	do
		rest = kin__span_cut(rest, ',', &id);
	while (i-- > 0);
	return id.n > 0 ? kin__map_get(&consumer->by_id, id) : NULL;
}

static bool is_done(const struct kin__shard *shard)
{
	return shard->life == LIFE_ENDED || shard->life == LIFE_IGNORED;
}

static void link_parents(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (size_t i = 0; i < 2; i++) {
		struct kin__shard *parent = kin__descent_parent(consumer, shard, i);

		if (!parent || is_done(parent) || parent == shard)
			continue;
		shard->waits_for++;
		kin__list_append(&parent->children, &shard->as_child[i].list);
	}
}

/* Everything above a shard with an item: see position(). */
static void mark_ancestors(struct kin__consumer *consumer, struct kin__shard *shard)
{
	for (size_t i = 0; i < 2; i++) {
		struct kin__shard *parent = kin__descent_parent(consumer, shard, i);

		if (parent && !parent->descendant_leased) {
			parent->descendant_leased = true;
			mark_ancestors(consumer, parent);
		}
	}
}

/* Did a parent leave a position?  A parent that was read from a point in time and brought no record hands
 * that point on: it may have ended before it, and then its children hold older records too. */
static bool from_parents(struct kin__consumer *consumer, struct kin__shard *shard)
{
	bool found = false, untouched = true;

	for (size_t i = 0; i < 2; i++) {
		struct kin__shard *parent = kin__descent_parent(consumer, shard, i);

		if (!parent || !parent->item)
			continue;
		found = true;
		if (parent->covered_ms > shard->covered_ms)
			shard->covered_ms = parent->covered_ms;
		if (parent->timestamp_ms == 0)
			untouched = false;
		else if (shard->timestamp_ms == 0 || parent->timestamp_ms < shard->timestamp_ms)
			shard->timestamp_ms = parent->timestamp_ms;
	}
	if (!found || !untouched)
		shard->timestamp_ms = 0;
	if (found)
		kin__position_set(&shard->checkpoint, shard->timestamp_ms ? "AT_TIMESTAMP" : "TRIM_HORIZON",
		                  0);
	return found;
}

/* Where a shard without an item begins; false: it is not to be read at all. */
static bool position(struct kin__consumer *consumer, struct kin__shard *shard)
{
	bool latest = consumer->origin.here && consumer->origin.latest;

	if (from_parents(consumer, shard))
		return true;
	if (consumer->origin.type == KIN_AT_TIMESTAMP || latest) {
		/* A child with an item was begun when this one was seen to be over: nothing of it is wanted. */
		if (shard->closed && (shard->descendant_leased || (latest && shard->listed == 1)))
			return false;
		shard->timestamp_ms = consumer->origin.timestamp_ms;
		kin__position_set(&shard->checkpoint, shard->timestamp_ms ? "AT_TIMESTAMP" : "LATEST", 0);
		shard->fresh = latest && shard->listed == 1;
		consumer->fresh_n += shard->fresh;
		return true;
	}
	kin__position_set(&shard->checkpoint, "TRIM_HORIZON", 0);
	return true;
}

static void parent_done(struct kin__consumer *consumer, struct kin__shard *parent);

static void start(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (!kin__consumer_lives(consumer))
		return;
	if (!shard->item && !position(consumer, shard)) {
		live(consumer, shard, LIFE_IGNORED);
		parent_done(consumer, shard);
		return;
	}
	live(consumer, shard, LIFE_LEASING);
	shard->counted = true;
	consumer->unfinished++;
	kin__lease_consider(consumer, shard);
}

static void parent_done(struct kin__consumer *consumer, struct kin__shard *parent)
{
	while (!kin__list_empty(&parent->children)) {
		struct kin__list *at = parent->children.next;
		struct kin__shard *child = kin__container(at, struct kin__kin, list)->child;

		kin__list_remove(at);
		KIN__CHECK(&consumer->bug, child->waits_for > 0);
		if (--child->waits_for == 0 && child->life == LIFE_NEW)
			start(consumer, child);
	}
}

void kin__descent_resolve(struct kin__consumer *consumer)
{
	size_t first = consumer->linked;

	for (size_t i = first; i < consumer->shards_n; i++) {
		struct kin__shard *shard = consumer->shards[i];

		if (shard->life == LIFE_NEW && shard->item &&
		    kin__position_is_text(&shard->checkpoint, "SHARD_END")) {
			live(consumer, shard, LIFE_ENDED);
			consumer->health.shards_ended++;
		}
		if (shard->item)
			mark_ancestors(consumer, shard);
	}
	for (size_t i = first; i < consumer->shards_n; i++)
		link_parents(consumer, consumer->shards[i]);
	consumer->linked = consumer->shards_n;
	for (size_t i = first; i < consumer->shards_n; i++) {
		struct kin__shard *shard = consumer->shards[i];

		if (shard->waits_for == 0 && shard->life == LIFE_NEW)
			start(consumer, shard);
	}
}

void kin__descent_begin(struct kin__consumer *consumer, struct kin__shard *shard)
{
	shard->fetched_ms = shard->covered_ms;
	live(consumer, shard, LIFE_ACTIVE);
	kin__fetch_consider(consumer, shard);
}

static void finish(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->counted) {
		shard->counted = false;
		consumer->unfinished--;
	}
	if (shard->fresh) {
		shard->fresh = false;
		consumer->fresh_n--;
	}
}

void kin__descent_settled(struct kin__consumer *consumer, struct kin__shard *shard)
{
	if (shard->life != LIFE_ACTIVE || shard->reading != READ_DONE || shard->settled.low != shard->fetched)
		return;
	if (kin__window_is_over(consumer, shard))
		return; /* its final call comes first */
	if (shard->ended && !shard->reached) {
		live(consumer, shard, LIFE_ENDING);
		kin__lease_consider(consumer, shard);
	} else if (shard->stored_low == shard->settled.low) {
		finish(consumer, shard);
	}
}

void kin__descent_ended(struct kin__consumer *consumer, struct kin__shard *shard)
{
	live(consumer, shard, LIFE_ENDED);
	consumer->health.shards_ended++;
	shard->behind_ms = -1;
	finish(consumer, shard);
	/* Its children may not be known yet. */
	if (consumer->set.only_shards_n == 0)
		consumer->wanted |= KIN__TO(JOB_SHARDS);
	parent_done(consumer, shard);
}

/* No more of this shard: its reading, its batches, its pages that no call holds. */
static void abandon(struct kin__consumer *consumer, struct kin__shard *shard, uint8_t life)
{
	finish(consumer, shard);
	kin__lease_drop(consumer, shard);
	kin__fetch_drop(consumer, shard);
	if (shard->life != LIFE_LOST)
		live(consumer, shard, life);
	kin__delivery_drop(consumer, shard);
}

void kin__descent_lost(struct kin__consumer *consumer, struct kin__shard *shard)
{
	abandon(consumer, shard, LIFE_LOST);
}

void kin__descent_restart(struct kin__consumer *consumer)
{
	size_t first = consumer->live_first;

	consumer->live_first = consumer->linked = consumer->shards_n;
	for (size_t i = first; i < consumer->shards_n; i++)
		abandon(consumer, consumer->shards[i], LIFE_DROPPED);
	kin__map_fini(&consumer->by_id);
	kin__map_init(&consumer->by_id);
	consumer->lists = 0;
	consumer->booted = false;
	consumer->recreated = true;
	consumer->origin.there = consumer->origin.here = false;
}
