/* producer/placer_map - the map of the shards: asked for, doubted, and what answers say of it; see placer.h */
#include <string.h>
#include "base/backoff.h"
#include "base/mem.h"
#include "producer/placer.h"

enum {
	ASK_LEAST_US = 1000000, /* from one map to the next */
	ASK_MOST_US = 30000000, /* a failure's pause */
	SURE_US = 10000000,     /* a stream is not deleted and another made within */
	FAILURES_MOST = 20      /* that a pause grows with */
};

/* Only while there is something to place: an idle producer asks nobody.  Order alone needs no map. */
void kin__placer_ask(struct kin__placer *placer, uint64_t now_us)
{
	if (!placer->wants_map || placer->known || placer->asking || placer->ask_due_us > now_us ||
	    kin__list_empty(&placer->producer->all))
		return;
	placer->asking = placer->ask = true;
	placer->ask_id++;
	placer->asked_us = now_us;
}

/* All that waits in a lane is placed anew, in the order of acceptance.  Those parked stay where they are. */
static void place_again(struct kin__placer *placer)
{
	struct kin__list *all = &placer->producer->all;

	for (struct kin__list *node = all->next; node != all; node = node->next) {
		struct kin__producer_record *record = kin__container(node, struct kin__producer_record, all);

		if (!record->placed->lane)
			continue;
		kin__lane_remove(record);
		kin__placer_place(placer, record);
	}
}

static void all_due(struct kin__placer *placer, uint64_t now_us)
{
	for (struct kin__list *node = placer->lanes.next; node != &placer->lanes; node = node->next)
		kin__placer_due(placer, kin__container(node, struct kin__lane, node), now_us);
}

/* The map is not believed any more. */
static void doubt_map(struct kin__placer *placer, uint64_t now_us)
{
	if (!placer->known)
		return;
	placer->known = false;
	placer->ask_due_us = kin__state_later(placer->asked_us, ASK_LEAST_US);
	place_again(placer);
	all_due(placer, now_us);
}

/* What is under way will tell of it.  But another stream of the same name may have shards of the same names with other
 * ranges: records of an aggregate that landed there as foretold would be dropped by their readers. */
void kin__placer_age(struct kin__placer *placer, uint64_t now_us)
{
	if (placer->producer->settings.aggregate && placer->known && placer->outers.n == 0 &&
	    !kin__list_empty(&placer->producer->all) && now_us - placer->sure_us >= SURE_US)
		doubt_map(placer, now_us);
}

void kin__placer_lane_drop(struct kin__placer *placer, struct kin__lane *lane)
{
	if (lane->open || lane->outers > 0 || lane->n > 0 || lane == placer->unplaced)
		return;
	kin__heap_remove(&placer->due, &lane->due);
	kin__list_remove(&lane->node);
	kin__mem_free(lane);
}

/* --- a new map -------------------------------------------------------------------------- */

static bool same(struct kin__hashkey a, struct kin__hashkey b)
{
	return kin__hashkey_compare(a, b) == 0;
}

/* The lane of the row: the one it has, or a new one; NULL: out of memory. */
static struct kin__lane *lane_for(struct kin__placer *placer, const struct kin__shard_map_row *row,
                                  uint64_t now_us)
{
	const struct kin__producer_settings *settings = &placer->producer->settings;
	struct kin__lane *lane = kin__map_get(&placer->by_id, kin__span_text(row->id));

	if (lane && same(lane->first, row->first) && same(lane->last, row->last))
		return lane;
	lane = kin__lane_new(row->id, settings->rate_percent, settings->record_bytes_max, now_us);
	if (!lane)
		return NULL;
	lane->first = row->first;
	lane->last = row->last;
	if (kin__heap_set(&placer->due, &lane->due, UINT64_MAX) < 0) {
		kin__mem_free(lane);
		return NULL;
	}
	kin__list_append(&placer->lanes, &lane->node);
	return lane;
}

struct fresh_map {
	struct kin__shard_map map;
	struct kin__lane **rows;
	struct kin__map by_id;
};

static bool make_map(struct kin__placer *placer, struct fresh_map *fresh,
                     const struct kin__producer_shards *shards, uint64_t now_us)
{
	if (kin__shard_map_build(&fresh->map, shards->at, shards->n) < 0 || fresh->map.n == 0 ||
	    fresh->map.state == KIN__SHARD_MAP_OVERLAP)
		return false;
	fresh->rows = kin__mem_array(fresh->map.n, sizeof(struct kin__lane *));
	for (size_t i = 0; fresh->rows && i < fresh->map.n; i++) {
		fresh->rows[i] = lane_for(placer, &fresh->map.rows[i], now_us);
		if (!fresh->rows[i] ||
		    kin__map_set(&fresh->by_id, kin__span_text(fresh->rows[i]->id), fresh->rows[i]) < 0)
			return false;
	}
	return fresh->rows != NULL;
}

static void swap_map(struct kin__placer *placer, struct fresh_map *fresh)
{
	struct fresh_map old = { placer->map, placer->rows, placer->by_id };

	placer->map = fresh->map;
	placer->rows = fresh->rows;
	placer->by_id = fresh->by_id;
	*fresh = old;
}

static void drop_lanes(struct kin__placer *placer)
{
	for (struct kin__list *node = placer->lanes.next, *next; node != &placer->lanes; node = next) {
		struct kin__lane *lane = kin__container(node, struct kin__lane, node);

		next = node->next;
		lane->open = false;
	}
	for (size_t i = 0; i < placer->map.n; i++)
		placer->rows[i]->open = true;
	for (struct kin__list *node = placer->lanes.next, *next; node != &placer->lanes; node = next) {
		next = node->next;
		kin__placer_lane_drop(placer, kin__container(node, struct kin__lane, node));
	}
}

void kin__placer_shards(struct kin__placer *placer, uint64_t now_us,
                        const struct kin__producer_shards *shards)
{
	struct fresh_map fresh = { .rows = NULL };
	struct kin__producer *producer = placer->producer;

	if (!placer->asking || placer->ask || shards->id != placer->ask_id) {
		KIN__CHECK(&producer->bug, !"a list of shards that nobody asked for");
		return;
	}
	placer->asking = false;
	kin__shard_map_init(&fresh.map);
	kin__map_init(&fresh.by_id);
	placer->known = shards->done && make_map(placer, &fresh, shards, now_us);
	if (placer->known) {
		swap_map(placer, &fresh);
		placer->failures = 0;
		placer->sure_us = placer->asked_us;
		place_again(placer);
	} else {
		uint32_t failures = placer->failures < FAILURES_MOST ? placer->failures++ : FAILURES_MOST;

		placer->ask_due_us = now_us + ASK_LEAST_US / 2 +
		                     kin__backoff(&producer->rng, ASK_LEAST_US, ASK_MOST_US, failures);
	}
	drop_lanes(placer);
	all_due(placer, now_us);
	kin__shard_map_fini(&fresh.map);
	kin__mem_free(fresh.rows);
	kin__map_fini(&fresh.by_id);
}

/* --- what answers say -------------------------------------------------------------------- */

static bool covers_all(const struct kin__lane *lane, const struct kin__outer *outer)
{
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next)
		if (!kin__lane_covers(lane, kin__state_of_queue(node)->placed->hash))
			return false;
	return true;
}

/* Where the outer record is stored, against where it was to land.  The name of a shard stands for one range as long as
 * the stream lives; one that is not known may have any.  true: the map is wrong. */
static bool look_at(struct kin__placer *placer, struct kin__outer *outer, const char *shard, uint64_t sent_us)
{
	const struct kin__lane *landed;
	bool as_foretold = shard && strcmp(shard, outer->lane->id) == 0;

	outer->astray = false;
	if (as_foretold && outer->lane->open && placer->sure_us < sent_us)
		placer->sure_us = sent_us;
	if (outer->lane == placer->unplaced || !shard || (as_foretold && outer->lane->open))
		return false;
	landed = kin__map_get(&placer->by_id, kin__span_text(shard));
	if (!landed && as_foretold)
		return false; /* it was closed meanwhile */
	outer->astray = outer->n > 1 && (!landed || !covers_all(landed, outer));
	return !landed || !kin__lane_covers(landed, kin__state_of_queue(outer->members.next)->placed->hash);
}

static void throttled(struct kin__placer *placer, struct kin__outer *outer, uint64_t now_us)
{
	placer->producer->counts.throttled += outer->n;
	kin__lane_throttled(outer->lane, now_us);
}

void kin__placer_landed(struct kin__placer *placer, uint64_t now_us,
                        const struct kin__producer_answer *answer)
{
	struct kin__producer *requests = placer->requests;
	const struct kin__producer_request *request;
	bool doubt = answer->verdict ==
	             KIN__NOT_FOUND; /* the next stream of this name has shards of its own */

	if (answer->id == 0)
		return;
	request = &requests->requests[(answer->id - 1) % requests->settings.requests_max];
	if (request->id != answer->id)
		return; /* the requests will say so */
	for (uint32_t i = 0; i < request->n; i++) {
		struct kin__outer *outer = (struct kin__outer *)(void *)request->records[i];
		bool done = answer->verdict == KIN__DONE;

		outer->refused = answer->verdict == KIN__INVALID_ARGUMENT;
		if (answer->verdict == KIN__THROTTLED)
			placer->producer->counts.throttled += outer->n;
		else if (done && answer->results[i] == KIN__THROTTLED)
			throttled(placer, outer, now_us);
		else if (done && answer->results[i] == KIN__DONE &&
		         look_at(placer, outer, answer->shards ? answer->shards[i] : NULL, request->at_us) &&
		         placer->asked_us <= request->at_us)
			doubt = true;
	}
	if (doubt)
		doubt_map(placer, now_us);
}
