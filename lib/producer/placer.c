/* producer/placer - see placer.h */
#include "base/mem.h"
#include "kinesis/limits.h"
#include "producer/placer.h"
#include "wire/aggregate_write.h"

enum {
	MAP_WAIT_US = 1000000, /* so long nothing leaves without a map, while one is on its way */
	RECORD_EXTRA = 128,    /* what an outer record may take more than those in it, for each */
	OUTER_EXTRA = 21       /* around an aggregate: magic, MD5 and a key of one byte */
};

/* --- new and free ------------------------------------------------------------------------- */

static struct kin__producer *new_requests(const struct kin__producer *producer)
{
	struct kin__producer_settings settings = producer->settings;

	settings.aggregate = settings.order_by_key = false;
	settings.rate_percent = 0;
	settings.apart = true;
	settings.buffer_bytes_max += settings.buffer_records_max * RECORD_EXTRA;
	return kin__producer_new(&settings);
}

static uint64_t group_max(const struct kin__producer_settings *settings)
{
	uint64_t most = settings->aggregate_bytes_max;

	if (settings->record_bytes_max < most)
		most = settings->record_bytes_max;
	if (settings->request_bytes_max < most)
		most = settings->request_bytes_max;
	return most > OUTER_EXTRA ? most - OUTER_EXTRA : 0;
}

struct kin__placer *kin__placer_new(struct kin__producer *producer)
{
	struct kin__placer *placer = kin__mem_zalloc(sizeof *placer);

	if (!placer)
		return NULL;
	placer->producer = producer;
	placer->leave_us = UINT64_MAX;
	placer->wants_map = producer->settings.aggregate || producer->settings.rate_percent > 0;
	placer->group_bytes_max = group_max(&producer->settings);
	kin__list_init(&placer->lanes);
	kin__heap_init(&placer->due);
	kin__keys_init(&placer->keys);
	kin__slab_init(&placer->outers, sizeof(struct kin__outer));
	kin__ids_init(&placer->key_ids);
	kin__ids_init(&placer->hash_ids);
	kin__shard_map_init(&placer->map);
	kin__map_init(&placer->by_id);
	placer->requests = new_requests(producer);
	placer->unplaced = kin__lane_new("", 0, 1, 0);
	if (placer->unplaced)
		kin__list_append(&placer->lanes, &placer->unplaced->node);
	if (placer->requests && placer->unplaced &&
	    kin__heap_set(&placer->due, &placer->unplaced->due, UINT64_MAX) == 0)
		return placer;
	kin__placer_free(placer);
	return NULL;
}

void kin__placer_free(struct kin__placer *placer)
{
	if (!placer)
		return;
	kin__producer_free(placer->requests); /* the heaps let go of what is in them before that is freed */
	kin__heap_fini(&placer->due);
	while (!kin__list_empty(&placer->lanes)) {
		struct kin__list *node = placer->lanes.next;

		kin__list_remove(node);
		kin__mem_free(kin__container(node, struct kin__lane, node));
	}
	kin__keys_fini(&placer->keys);
	kin__ids_fini(&placer->key_ids);
	kin__ids_fini(&placer->hash_ids);
	kin__shard_map_fini(&placer->map);
	kin__mem_free(placer->rows);
	kin__map_fini(&placer->by_id);
	kin__slab_fini(&placer->outers);
	kin__mem_free(placer);
}

/* --- into lanes --------------------------------------------------------------------------- */

static struct kin__lane *lane_of(struct kin__placer *placer, struct kin__hashkey hash)
{
	const struct kin__shard_map_row *row = placer->known ? kin__shard_map_find(&placer->map, hash) : NULL;

	return row ? placer->rows[row - placer->map.rows] : placer->unplaced;
}

void kin__placer_place(struct kin__placer *placer, struct kin__producer_record *record)
{
	kin__lane_append(lane_of(placer, record->placed->hash), record);
}

void kin__placer_return(struct kin__placer *placer, struct kin__producer_record *record)
{
	struct kin__lane *lane = lane_of(placer, record->placed->hash);

	kin__lane_prepend(lane, record);
	kin__heap_set(&placer->due, &lane->due, 0); /* looked at next, at the latest */
}

/* When it has waited long enough for company.  What need not wait is as old as it is: so no lane is always first. */
static uint64_t wanted_us(const struct kin__placer *placer, const struct kin__lane *lane)
{
	const struct kin__producer *producer = placer->producer;
	const struct kin__producer_record *first = kin__state_of_queue(lane->records.next);
	uint64_t order = first->order, accepted_us = first->accepted_us;

	if (lane->eldest < order) { /* it stands behind younger ones */
		order = lane->eldest;
		accepted_us = lane->eldest_us;
	}
	if (lane == placer->unplaced && placer->asking)
		return kin__state_later(placer->asked_us, MAP_WAIT_US);
	if (lane == placer->unplaced && placer->wants_map && !placer->known && placer->failures == 0)
		return kin__state_later(placer->ask_due_us, MAP_WAIT_US);
	if (lane == placer->unplaced || !producer->settings.aggregate || order <= producer->flushed ||
	    first->state == KIN__RECORD_AGAIN || /* it was due before */
	    lane->n >= producer->settings.aggregate_records_max || lane->bytes >= placer->group_bytes_max)
		return accepted_us;
	return kin__state_later(accepted_us, producer->settings.linger_us);
}

/* When its pace lets go of what would leave now: all that one aggregate takes, or its first record alone. */
static uint64_t ready_us(const struct kin__placer *placer, struct kin__lane *lane, uint64_t now_us)
{
	uint64_t first = kin__state_of_queue(lane->records.next)->bytes, bytes = 0;

	if (placer->producer->settings.aggregate && lane->n > 1)
		bytes = OUTER_EXTRA +
		        (lane->bytes < placer->group_bytes_max ? lane->bytes : placer->group_bytes_max);
	if (bytes < first)
		bytes = first;
	return kin__lane_ready_us(lane, bytes, now_us);
}

void kin__placer_due(struct kin__placer *placer, struct kin__lane *lane, uint64_t now_us)
{
	uint64_t due = UINT64_MAX, ready;

	if (lane->n > 0) {
		due = wanted_us(placer, lane);
		ready = ready_us(placer, lane, now_us);
		if (ready > now_us && ready > due)
			due = ready;
		if (lane->hold_us > now_us && lane->hold_us > due)
			due = lane->hold_us;
	}
	kin__heap_set(&placer->due, &lane->due, due);
}

/* With its last record it should or may leave at another time than before. */
static bool has_news(const struct kin__placer *placer, const struct kin__lane *lane,
                     const struct kin__producer_record *record)
{
	const struct kin__producer_settings *settings = &placer->producer->settings;

	return lane->n == 1 || lane->n == settings->aggregate_records_max || lane->percent > 0 ||
	       (lane->bytes >= placer->group_bytes_max &&
	        lane->bytes - record->placed->cost < placer->group_bytes_max);
}

static void put(struct kin__placer *placer, uint64_t now_us, struct kin__list *records)
{
	struct kin__producer *producer = placer->producer;

	KIN__CHECK(&producer->bug, !producer->closing);
	while (!kin__list_empty(records)) {
		struct kin__producer_record *record = kin__state_of_queue(records->next);
		struct kin__lane *lane;

		kin__list_remove(&record->queue);
		KIN__CHECK(&producer->bug,
		           record->bytes <= KIN__RECORD_BYTES_MAX &&
		                           record->bytes == record->placed->key_n + record->placed->data_n);
		record->placed->alone = false;
		record->placed->released = 0;
		record->placed->cost = (uint32_t)kin__lane_cost(record->placed);
		record->placed->lane = NULL;
		record->placed->key = NULL;
		kin__state_fresh(producer, record, now_us);
		if (record->state != KIN__RECORD_FRESH)
			continue;
		kin__list_remove(&record->queue);
		lane = lane_of(placer, record->placed->hash);
		kin__lane_append(lane, record);
		if (has_news(placer, lane, record))
			kin__placer_due(placer, lane, now_us);
	}
}

/* --- out of lanes ------------------------------------------------------------------------- */

/* More than the requests can take now is better left in the lanes, where company comes to it. */
static bool has_enough(const struct kin__placer *placer)
{
	const struct kin__producer *requests = placer->requests;

	return requests->fresh_n >= requests->settings.request_records_max ||
	       requests->fresh_bytes >= requests->settings.request_bytes_max;
}

/* Among the requests an outer record waits for company as long as its oldest record may. */
static void hand_over(struct kin__placer *placer, struct kin__outer *outer, uint64_t now_us)
{
	const struct kin__producer *producer = placer->producer;
	const struct kin__producer_record *first = kin__state_of_queue(outer->members.next);
	struct kin__producer_event event = { .now_us = now_us, .type = KIN__PRODUCER_PUT };
	uint64_t until_us = kin__state_later(outer->oldest_us, producer->settings.linger_us);
	struct kin__list list;

	kin__list_init(&list);
	kin__list_append(&list, &outer->record.queue);
	event.records = &list;
	if (outer->oldest <= producer->flushed || first->attempts > 1)
		until_us = now_us;
	if (until_us < placer->leave_us)
		placer->leave_us = until_us;
	kin__producer_step(placer->requests, &event);
}

static void flush_requests(struct kin__placer *placer, uint64_t now_us)
{
	struct kin__producer_event event = { .now_us = now_us, .type = KIN__PRODUCER_FLUSH };

	if (placer->leave_us > now_us)
		event.type = KIN__PRODUCER_TIMER;
	kin__producer_step(placer->requests, &event);
	if (placer->leave_us <= now_us || placer->requests->fresh_n == 0)
		placer->leave_us = UINT64_MAX;
}

/* All that is due, as far as the requests take it. */
static void offer(struct kin__placer *placer, uint64_t now_us)
{
	struct kin__heap_node *first;

	while (!has_enough(placer) && (first = kin__heap_first(&placer->due)) && first->due <= now_us &&
	       !placer->requests->bug.what) {
		struct kin__lane *lane = kin__container(first, struct kin__lane, due);
		struct kin__outer *outer;

		kin__placer_clear_way(placer, lane);
		kin__placer_due(placer, lane, now_us);
		if (lane->due.due > now_us)
			continue;
		outer = kin__placer_cut(placer, lane, now_us);
		kin__placer_due(placer, lane, now_us);
		if (outer)
			hand_over(placer, outer, now_us);
	}
}

/* What the requests are done with; true: some of it goes again. */
static void take_back(struct kin__placer *placer, uint64_t now_us)
{
	struct kin__producer *requests = placer->requests;
	struct kin__producer_effect effect;

	while (!requests->bug.what && !kin__list_empty(&requests->done) &&
	       kin__producer_take(requests, &effect)) {
		struct kin__outer *outer = (struct kin__outer *)(void *)effect.deliver.record;

		kin__placer_settle(placer, outer, effect.deliver.code, now_us);
	}
}

static void all_due(struct kin__placer *placer, uint64_t now_us)
{
	for (struct kin__list *node = placer->lanes.next; node != &placer->lanes; node = node->next)
		kin__placer_due(placer, kin__container(node, struct kin__lane, node), now_us);
}

/* Those that were reported while they waited, since the list of them ended with `last`.  Their lanes are looked at when
 * all of them are out. */
static void leave(struct kin__placer *placer, struct kin__list *last, uint64_t now_us)
{
	struct kin__list *done = &placer->producer->done;
	bool any = false;

	for (struct kin__list *node = last->next; node != done; node = node->next) {
		struct kin__producer_record *record = kin__state_of_queue(node);

		if (!record->placed->lane && !record->placed->key)
			continue;
		kin__placer_left(placer, record);
		any = true;
	}
	for (struct kin__list *node = placer->lanes.next; node != &placer->lanes && any; node = node->next)
		if (kin__container(node, struct kin__lane, node)->eldest != UINT64_MAX)
			kin__lane_reckon(kin__container(node, struct kin__lane, node));
	if (any)
		all_due(placer, now_us);
}

static void abandon(struct kin__placer *placer, const struct kin__producer_event *event)
{
	struct kin__list *last = placer->producer->done.prev;

	kin__state_abandon(placer->producer, event->code);
	leave(placer, last, event->now_us);
	kin__producer_step(placer->requests, event);
}

static void begin(struct kin__placer *placer, const struct kin__producer_event *event)
{
	struct kin__producer *producer = placer->producer;

	switch (event->type) {
	case KIN__PRODUCER_PUT:
		put(placer, event->now_us, event->records);
		break;
	case KIN__PRODUCER_FLUSH:
	case KIN__PRODUCER_CLOSE:
		producer->flushed = producer->counts.accepted;
		producer->closing |= event->type == KIN__PRODUCER_CLOSE;
		all_due(placer, event->now_us);
		placer->leave_us = event->now_us;
		break;
	case KIN__PRODUCER_ANSWERED:
		kin__placer_landed(placer, event->now_us, &event->answer);
		kin__producer_step(placer->requests, event);
		break;
	case KIN__PRODUCER_SHARDS:
		kin__placer_shards(placer, event->now_us, &event->shards);
		break;
	case KIN__PRODUCER_ABANDON:
		abandon(placer, event);
		break;
	default:
		break;
	}
}

static void copy_counts(struct kin__placer *placer)
{
	struct kin__producer_counts *to = &placer->producer->counts;
	const struct kin__producer_counts *from = &placer->requests->counts;

	to->requests = from->requests;
	to->requests_failed = from->requests_failed;
	to->in_flight = from->in_flight;
	if (placer->requests->bug.what)
		placer->producer->bug = placer->requests->bug;
}

static bool is_due(const struct kin__placer *placer, uint64_t now_us)
{
	const struct kin__heap_node *first = kin__heap_first(&placer->due);

	return first && first->due <= now_us && !has_enough(placer);
}

void kin__placer_step(struct kin__placer *placer, const struct kin__producer_event *event)
{
	struct kin__producer *producer = placer->producer;
	struct kin__list *last;

	begin(placer, event);
	do {
		take_back(placer, event->now_us);
		last = producer->done.prev;
		kin__state_expire(producer, event->now_us);
		leave(placer, last, event->now_us);
		kin__placer_age(placer, event->now_us);
		kin__placer_ask(placer, event->now_us);
		offer(placer, event->now_us);
		flush_requests(placer, event->now_us);
		copy_counts(placer);
	} while (!producer->bug.what &&
	         (!kin__list_empty(&placer->requests->done) || is_due(placer, event->now_us)));
}

bool kin__placer_take(struct kin__placer *placer, struct kin__producer_effect *out)
{
	if (placer->ask) {
		placer->ask = false;
		out->type = KIN__PRODUCER_LIST_SHARDS;
		out->list.id = placer->ask_id;
		return true;
	}
	if (!kin__producer_take(placer->requests, out))
		return false;
	out->send.outer = true;
	return true;
}

uint64_t kin__placer_wake_us(const struct kin__placer *placer)
{
	const struct kin__heap_node *first = kin__heap_first(&placer->due);
	uint64_t wake = kin__producer_wake_us(placer->requests);

	if (placer->leave_us < wake)
		wake = placer->leave_us;
	if (first && first->due < wake && !has_enough(placer))
		wake = first->due;
	if (placer->wants_map && !placer->known && !placer->asking &&
	    !kin__list_empty(&placer->producer->all) && placer->ask_due_us < wake)
		wake = placer->ask_due_us;
	return wake;
}
