/* producer/verify - every invariant of the producer machine, for tests; see producer.h and placer.h */
#include "producer/placer.h"

static void check_all(struct kin__producer *producer)
{
	uint64_t states[KIN__RECORD_STATES] = { 0 }, order = 0;

	for (struct kin__list *node = producer->all.next; node != &producer->all; node = node->next) {
		struct kin__producer_record *record = kin__container(node, struct kin__producer_record, all);

		KIN__CHECK(&producer->bug, record->order > order);
		KIN__CHECK(&producer->bug, record->state < KIN__RECORD_DONE);
		/* A member of an outer record that ended unsent goes again without an attempt. */
		KIN__CHECK(&producer->bug,
		           (record->state == KIN__RECORD_FRESH) == (record->attempts == 0) ||
		                           (producer->placer && record->state == KIN__RECORD_AGAIN));
		KIN__CHECK(&producer->bug,
		           (record->state == KIN__RECORD_WAITING) == (record->resend.index != 0));
		order = record->order;
		states[record->state]++;
	}
	KIN__CHECK(&producer->bug, states[KIN__RECORD_FRESH] == producer->fresh_n);
	KIN__CHECK(&producer->bug, states[KIN__RECORD_AGAIN] == producer->again_n);
	KIN__CHECK(&producer->bug, states[KIN__RECORD_WAITING] == producer->waiting.n);
	KIN__CHECK(&producer->bug, states[KIN__RECORD_SENDING] == producer->sending_n);
}

static void check_queue(struct kin__producer *producer, struct kin__list *queue, uint8_t state,
                        uint64_t expected)
{
	uint64_t n = 0, order = 0;

	for (struct kin__list *node = queue->next; node != queue; node = node->next, n++) {
		struct kin__producer_record *record = kin__state_of_queue(node);

		KIN__CHECK(&producer->bug, record->state == state);
		KIN__CHECK(&producer->bug, record->order > order);
		order = record->order;
	}
	KIN__CHECK(&producer->bug, n == expected);
}

void kin__producer_check(struct kin__producer *producer)
{
	uint64_t sending = 0;

	kin__state_check(producer);
	check_all(producer);
	if (producer->placer) {
		kin__placer_check(producer->placer);
		return;
	}
	check_queue(producer, &producer->fresh, KIN__RECORD_FRESH, producer->fresh_n);
	check_queue(producer, &producer->again, KIN__RECORD_AGAIN, producer->again_n);
	for (uint32_t i = 0; i < producer->settings.requests_max; i++) {
		const struct kin__producer_request *request = &producer->requests[i];

		KIN__CHECK(&producer->bug, request->n <= producer->settings.request_records_max);
		KIN__CHECK(&producer->bug,
		           request->id == 0 || request->n == 1 ||
		                           request->bytes <= producer->settings.request_bytes_max);
		for (uint32_t k = 0; k < request->n; k++)
			KIN__CHECK(&producer->bug, request->records[k]->state == KIN__RECORD_SENDING);
		sending += request->n;
	}
	KIN__CHECK(&producer->bug, sending == producer->sending_n);
}

/* --- of what is placed ---------------------------------------------------------------------- */

struct sums {
	uint64_t waiting, parked, outers, open;
};

static void check_lane(struct kin__placer *placer, const struct kin__lane *lane, struct sums *sums)
{
	struct kin__bug *bug = &placer->producer->bug;
	uint64_t n = 0, bytes = 0, oldest = lane->eldest;

	if (lane->n > 0 && kin__state_of_queue(lane->records.next)->order < oldest)
		oldest = kin__state_of_queue(lane->records.next)->order;
	for (struct kin__list *node = lane->records.next; node != &lane->records; node = node->next, n++) {
		const struct kin__producer_record *record = kin__state_of_queue(node);

		KIN__CHECK(bug, record->order >= oldest);
		KIN__CHECK(bug, record->placed->lane == lane);
		KIN__CHECK(bug, lane == placer->unplaced || (placer->known && lane->open));
		KIN__CHECK(bug, lane == placer->unplaced || kin__lane_covers(lane, record->placed->hash));
		bytes += kin__lane_cost(record->placed);
	}
	KIN__CHECK(bug, n == lane->n && bytes == lane->bytes);
	KIN__CHECK(bug, lane->due.index != 0);
	KIN__CHECK(bug, (lane->due.due == UINT64_MAX) == (n == 0));
	KIN__CHECK(bug, lane->share >= KIN__LANE_SHARE_MIN && lane->share <= KIN__LANE_SHARE);
	KIN__CHECK(bug, lane == placer->unplaced || lane->open || lane->outers > 0);
	sums->waiting += n;
	sums->outers += lane->outers;
	sums->open += lane->open;
}

static void check_key(struct kin__placer *placer, const struct kin__key *key, struct sums *sums)
{
	struct kin__bug *bug = &placer->producer->bug;
	uint64_t order = 0;

	KIN__CHECK(bug, key->outer || key->released > 0);
	for (struct kin__list *node = key->parked.next; node != &key->parked; node = node->next) {
		const struct kin__producer_record *record = kin__state_of_queue(node);

		KIN__CHECK(bug, record->placed->key == key && !record->placed->lane);
		KIN__CHECK(bug, record->order > order);
		order = record->order;
		sums->parked++;
	}
}

void kin__placer_check(struct kin__placer *placer)
{
	struct kin__producer *producer = placer->producer;
	struct sums sums = { 0 };

	kin__producer_check(placer->requests);
	if (placer->requests->bug.what)
		producer->bug = placer->requests->bug;
	for (struct kin__list *node = placer->lanes.next; node != &placer->lanes; node = node->next)
		check_lane(placer, kin__container(node, struct kin__lane, node), &sums);
	for (size_t slot = 0; slot < placer->keys.slots_n; slot++)
		for (const struct kin__key *key = placer->keys.slots[slot]; key; key = key->next)
			check_key(placer, key, &sums);
	KIN__CHECK(&producer->bug, sums.waiting + sums.parked == producer->fresh_n + producer->again_n);
	KIN__CHECK(&producer->bug,
	           sums.outers == placer->outers.n && producer->sending_n >= placer->outers.n);
	KIN__CHECK(&producer->bug, placer->requests->held_n == placer->outers.n);
	KIN__CHECK(&producer->bug, sums.open == placer->map.n);
	KIN__CHECK(&producer->bug, placer->outers.n > 0 || placer->outers.blocks_n <= 1);
	KIN__CHECK(&producer->bug, placer->keys.n == placer->keys.slab.n);
}
