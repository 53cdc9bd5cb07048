/* producer/state - see state.h */
#include "producer/state.h"

#define TO(state) KIN__TO(KIN__RECORD_##state)
const struct kin__state_row kin__producer_table[KIN__RECORD_STATES] = {
	[KIN__RECORD_NEW] = { "new", TO(FRESH) | TO(DONE) },
	[KIN__RECORD_FRESH] = { "fresh", TO(SENDING) | TO(DONE) },
	[KIN__RECORD_SENDING] = { "sending", TO(WAITING) | TO(AGAIN) | TO(DONE) },
	[KIN__RECORD_WAITING] = { "waiting", TO(SENDING) | TO(DONE) },
	[KIN__RECORD_AGAIN] = { "again", TO(SENDING) | TO(DONE) },
	[KIN__RECORD_DONE] = { "done", 0 },
};
#undef TO

static void move(struct kin__producer *producer, struct kin__producer_record *record, uint8_t next)
{
	kin__machine_move(&producer->bug, kin__producer_table, &record->state, next, producer->settings.seen);
}

/* The record leaves the place its state says. */
static void leave(struct kin__producer *producer, struct kin__producer_record *record)
{
	switch (record->state) {
	case KIN__RECORD_FRESH:
		producer->fresh_n--;
		producer->fresh_bytes -= record->bytes;
		kin__list_remove(&record->queue);
		break;
	case KIN__RECORD_AGAIN:
		producer->again_n--;
		kin__list_remove(&record->queue);
		break;
	case KIN__RECORD_WAITING:
		kin__heap_remove(&producer->waiting, &record->resend);
		break;
	case KIN__RECORD_SENDING:
		producer->sending_n--;
		break;
	default:
		break;
	}
}

/* Begins to watch the record's time to live; false: out of memory. */
static bool watch(struct kin__producer *producer, struct kin__producer_record *record, uint64_t now_us)
{
	uint64_t ttl_us = record->ttl_us ? record->ttl_us : producer->settings.record_ttl_us;

	record->end = (struct kin__heap_node){ .due = kin__state_later(now_us, ttl_us) };
	if (record->ttl_us)
		return kin__heap_set(&producer->ends, &record->end, record->end.due) == 0;
	if (producer->watched == &producer->all)
		producer->watched = &record->all;
	return true;
}

void kin__state_fresh(struct kin__producer *producer, struct kin__producer_record *record, uint64_t now_us)
{
	record->state = KIN__RECORD_NEW;
	record->attempts = record->cuts = 0;
	record->part = 0;
	record->maybe_stored = record->earlier;
	record->code = KIN_OK;
	record->order = ++producer->counts.accepted;
	record->accepted_us = now_us;
	record->resend.index = 0;
	kin__list_init(&record->queue);
	kin__list_append(&producer->all, &record->all);
	producer->held_n++;
	producer->held_bytes += record->bytes;
	if (!watch(producer, record, now_us)) {
		kin__state_done(producer, record, KIN_NOMEM);
		return;
	}
	if (producer->abandoned) {
		kin__state_done(producer, record, producer->abandoned);
		return;
	}
	move(producer, record, KIN__RECORD_FRESH);
	kin__list_append(&producer->fresh, &record->queue);
	producer->fresh_n++;
	producer->fresh_bytes += record->bytes;
}

void kin__state_sending(struct kin__producer *producer, struct kin__producer_record *record)
{
	leave(producer, record);
	move(producer, record, KIN__RECORD_SENDING);
	producer->sending_n++;
	if (record->attempts++ > 0)
		producer->counts.retried++;
}

void kin__state_waiting(struct kin__producer *producer, struct kin__producer_record *record,
                        uint64_t until_us)
{
	if (kin__heap_set(&producer->waiting, &record->resend, until_us) == 0) {
		leave(producer, record);
		move(producer, record, KIN__RECORD_WAITING);
		return;
	}
	/* No memory to wait alone: then all sending waits with it. */
	if (until_us > producer->hold_us)
		producer->hold_us = until_us;
	kin__state_again(producer, record, &(struct kin__list *){ NULL });
}

void kin__state_again(struct kin__producer *producer, struct kin__producer_record *record,
                      struct kin__list **near)
{
	struct kin__list *at = *near ? *near : producer->again.prev;

	leave(producer, record);
	move(producer, record, KIN__RECORD_AGAIN);
	while (at->next != &producer->again && kin__state_of_queue(at->next)->order < record->order)
		at = at->next;
	while (at != &producer->again && kin__state_of_queue(at)->order > record->order)
		at = at->prev;
	kin__list_prepend(at, &record->queue);
	producer->again_n++;
	*near = &record->queue;
}

void kin__state_back(struct kin__producer *producer, struct kin__producer_record *record)
{
	leave(producer, record);
	move(producer, record, KIN__RECORD_AGAIN);
	producer->again_n++;
}

void kin__state_done(struct kin__producer *producer, struct kin__producer_record *record, int32_t code)
{
	leave(producer, record);
	move(producer, record, KIN__RECORD_DONE);
	record->code = code;
	if (producer->watched == &record->all)
		producer->watched = record->all.next;
	kin__list_remove(&record->all);
	kin__heap_remove(&producer->ends, &record->end);
	kin__list_append(&producer->done, &record->queue);
	if (code == KIN_OK)
		producer->counts.stored++;
	else
		producer->counts.failed++;
}

static void expire_one(struct kin__producer *producer, struct kin__producer_record *record)
{
	if (record->state != KIN__RECORD_SENDING) /* else its answer decides */
		kin__state_done(producer, record, KIN_EXPIRED);
}

void kin__state_expire(struct kin__producer *producer, uint64_t now_us)
{
	struct kin__heap_node *first;

	while (producer->watched != &producer->all) {
		struct kin__producer_record *record =
				kin__container(producer->watched, struct kin__producer_record, all);

		if (!record->ttl_us && record->end.due > now_us)
			break;
		producer->watched = producer->watched->next;
		if (!record->ttl_us)
			expire_one(producer, record);
	}
	while ((first = kin__heap_first(&producer->ends)) && first->due <= now_us) {
		kin__heap_remove(&producer->ends, first);
		expire_one(producer, kin__container(first, struct kin__producer_record, end));
	}
}

void kin__state_abandon(struct kin__producer *producer, int32_t code)
{
	struct kin__list *node = producer->all.next;

	producer->abandoned = code;
	while (node != &producer->all) {
		struct kin__producer_record *record = kin__container(node, struct kin__producer_record, all);

		node = node->next;
		if (record->state != KIN__RECORD_SENDING)
			kin__state_done(producer, record, code);
	}
}

uint64_t kin__state_expiry_us(const struct kin__producer *producer)
{
	struct kin__heap_node *end = kin__heap_first(&producer->ends);
	uint64_t due = end ? end->due : UINT64_MAX, watched;

	if (producer->watched == &producer->all)
		return due;
	watched = kin__container(producer->watched, struct kin__producer_record, all)->end.due;
	return watched < due ? watched : due;
}

void kin__state_check(struct kin__producer *producer)
{
	struct kin__bug *bug = &producer->bug;
	uint64_t placed = producer->fresh_n + producer->again_n + producer->waiting.n + producer->sending_n;
	struct kin__producer_counts *counts = &producer->counts;

	KIN__CHECK(bug, counts->accepted == counts->stored + counts->failed + placed);
	KIN__CHECK(bug, producer->held_n >= placed);
	KIN__CHECK(bug, producer->held_n <= producer->settings.buffer_records_max);
	KIN__CHECK(bug, producer->held_bytes <= producer->settings.buffer_bytes_max);
	KIN__CHECK(bug, counts->in_flight <= producer->settings.requests_max);
	KIN__CHECK(bug, (placed == 0) == kin__list_empty(&producer->all));
	if (producer->placer) {
		KIN__CHECK(bug, kin__list_empty(&producer->fresh) && kin__list_empty(&producer->again));
		return;
	}
	KIN__CHECK(bug, (producer->sending_n == 0) == (counts->in_flight == 0));
	KIN__CHECK(bug, (producer->fresh_n == 0) == kin__list_empty(&producer->fresh));
}
