/* producer/producer - see producer.h */
#include "base/mem.h"
#include "kinesis/limits.h"
#include "producer/placer.h"

void kin__producer_settings_init(struct kin__producer_settings *settings)
{
	*settings = (struct kin__producer_settings){
		.request_records_max = 500,
		.requests_max = 8,
		.request_bytes_max = 5242880,
		.linger_us = 100000,
		.record_ttl_us = 300000000,
		.buffer_bytes_max = 33554432,
		.buffer_records_max = 100000,
		.transient_base_us = 50000,
		.throttle_base_us = 1000000,
		.entry_base_us = 100000,
		.backoff_max_us = 20000000,
		.pressure_max_us = 1000000,
		.aggregate_bytes_max = 51200,
		.aggregate_records_max = UINT32_MAX,
		.record_bytes_max = 1048576,
	};
}

static bool places(const struct kin__producer_settings *settings)
{
	return settings->aggregate || settings->order_by_key || settings->rate_percent > 0;
}

static void init_lists(struct kin__producer *producer)
{
	kin__list_init(&producer->all);
	kin__list_init(&producer->fresh);
	kin__list_init(&producer->again);
	kin__list_init(&producer->done);
	kin__list_init(&producer->idle);
	kin__list_init(&producer->leaving);
	kin__heap_init(&producer->waiting);
	kin__heap_init(&producer->ends);
	producer->watched = &producer->all;
}

struct kin__producer *kin__producer_new(const struct kin__producer_settings *settings)
{
	struct kin__producer *producer = kin__mem_zalloc(sizeof *producer);
	size_t requests_n = settings->requests_max, records_n = settings->request_records_max;

	if (!producer)
		return NULL;
	producer->settings = *settings;
	producer->rng.state = settings->seed;
	init_lists(producer);
	if (places(settings)) {
		producer->placer = kin__placer_new(producer);
		if (producer->placer)
			return producer;
		kin__producer_free(producer);
		return NULL;
	}
	producer->requests = kin__mem_array(requests_n, sizeof *producer->requests);
	producer->slots = kin__mem_array(requests_n * records_n, sizeof *producer->slots);
	if (!producer->requests || !producer->slots) {
		kin__producer_free(producer);
		return NULL;
	}
	for (size_t i = 0; i < requests_n; i++) {
		producer->requests[i].records = &producer->slots[i * records_n];
		kin__list_append(&producer->idle, &producer->requests[i].node);
	}
	return producer;
}

void kin__producer_free(struct kin__producer *producer)
{
	if (!producer)
		return;
	kin__heap_fini(&producer->waiting);
	kin__heap_fini(&producer->ends);
	kin__placer_free(producer->placer);
	kin__mem_free(producer->requests);
	kin__mem_free(producer->slots);
	kin__mem_free(producer);
}

/* --- what leaves, and when --------------------------------------------------------- */

/* When the oldest fresh record must leave; 0: now. */
static uint64_t fresh_due_us(const struct kin__producer *producer)
{
	const struct kin__producer_settings *settings = &producer->settings;
	const struct kin__producer_record *oldest;

	if (producer->fresh_n == 0)
		return UINT64_MAX;
	oldest = kin__state_of_queue(producer->fresh.next);
	if (producer->closing || oldest->order <= producer->flushed ||
	    producer->fresh_n >= settings->request_records_max ||
	    producer->fresh_bytes >= settings->request_bytes_max)
		return 0;
	return kin__state_later(oldest->accepted_us, settings->linger_us);
}

/* When the next request may and should leave. */
static uint64_t send_due_us(const struct kin__producer *producer)
{
	struct kin__heap_node *waiting = kin__heap_first(&producer->waiting);
	uint64_t due;

	if (kin__list_empty(&producer->idle))
		return UINT64_MAX; /* an answer will tell */
	due = producer->again_n > 0 ? 0 : fresh_due_us(producer);
	if (waiting && waiting->due < due)
		due = waiting->due;
	return due < producer->hold_us ? producer->hold_us : due;
}

/* Those that were sent before go ahead of newer ones. */
static struct kin__producer_record *next_record(const struct kin__producer *producer, uint64_t now_us)
{
	struct kin__heap_node *waiting = kin__heap_first(&producer->waiting);

	if (producer->again_n > 0)
		return kin__state_of_queue(producer->again.next);
	if (waiting && waiting->due <= now_us)
		return kin__container(waiting, struct kin__producer_record, resend);
	if (producer->fresh_n > 0)
		return kin__state_of_queue(producer->fresh.next);
	return NULL;
}

/* The parts of a request that was refused are not mixed again, nor with others. */
static bool may_join(const struct kin__producer_request *request, const struct kin__producer_record *record)
{
	return request->n == 0 || record->part == request->records[0]->part;
}

/* One larger than a request should be goes alone. */
static bool has_room(const struct kin__producer *producer, const struct kin__producer_request *request,
                     const struct kin__producer_record *record)
{
	return request->n == 0 || request->bytes + record->bytes <= producer->settings.request_bytes_max;
}

static void collect(struct kin__producer *producer, uint64_t now_us)
{
	struct kin__producer_request *request =
			kin__container(producer->idle.next, struct kin__producer_request, node);
	uint64_t index = (uint64_t)(request - producer->requests);
	struct kin__producer_record *record;

	kin__list_remove(&request->node);
	request->n = 0;
	request->bytes = 0;
	while (request->n < producer->settings.request_records_max &&
	       (record = next_record(producer, now_us)) && may_join(request, record) &&
	       has_room(producer, request, record)) {
		kin__state_sending(producer, record);
		request->records[request->n++] = record;
		request->bytes += record->bytes;
	}
	KIN__CHECK(&producer->bug, request->n > 0);
	request->id = producer->counts.requests++ * producer->settings.requests_max + index + 1;
	request->round = producer->round;
	request->at_us = now_us;
	request->taken = false;
	producer->counts.in_flight++;
	kin__list_append(&producer->leaving, &request->node);
}

/* --- steps ------------------------------------------------------------------------- */

static void put(struct kin__producer *producer, uint64_t now_us, struct kin__list *records)
{
	KIN__CHECK(&producer->bug, !producer->closing);
	while (!kin__list_empty(records)) {
		struct kin__producer_record *record = kin__state_of_queue(records->next);

		kin__list_remove(&record->queue);
		KIN__CHECK(&producer->bug, record->bytes <= KIN__RECORD_BYTES_MAX);
		kin__state_fresh(producer, record, now_us);
	}
}

void kin__producer_step(struct kin__producer *producer, const struct kin__producer_event *event)
{
	if (producer->bug.what)
		return;
	if (producer->placer) {
		kin__placer_step(producer->placer, event);
		kin__state_check(producer);
		return;
	}
	switch (event->type) {
	case KIN__PRODUCER_PUT:
		put(producer, event->now_us, event->records);
		break;
	case KIN__PRODUCER_FLUSH:
		producer->flushed = producer->counts.accepted;
		break;
	case KIN__PRODUCER_ANSWERED:
		kin__answer_judge(producer, event->now_us, &event->answer);
		break;
	case KIN__PRODUCER_CLOSE:
		producer->closing = true;
		break;
	case KIN__PRODUCER_ABANDON:
		kin__state_abandon(producer, event->code);
		break;
	default:
		break;
	}
	kin__state_expire(producer, event->now_us);
	while (!producer->bug.what && send_due_us(producer) <= event->now_us)
		collect(producer, event->now_us);
	kin__state_check(producer);
}

static uint8_t status_of(const struct kin__producer_record *record)
{
	if (record->code == KIN_OK)
		return KIN_STORED;
	return record->maybe_stored ? KIN_POSSIBLY_STORED : KIN_NOT_SENT;
}

bool kin__producer_take(struct kin__producer *producer, struct kin__producer_effect *out)
{
	if (producer->bug.what)
		return false;
	if (!kin__list_empty(&producer->done)) {
		struct kin__producer_record *record = kin__state_of_queue(producer->done.next);

		kin__list_remove(&record->queue);
		producer->held_n--;
		producer->held_bytes -= record->bytes;
		out->type = KIN__PRODUCER_DELIVER;
		out->deliver.record = record;
		out->deliver.code = record->code;
		out->deliver.status = status_of(record);
		return true;
	}
	if (producer->placer)
		return kin__placer_take(producer->placer, out);
	if (!kin__list_empty(&producer->leaving)) {
		struct kin__producer_request *request =
				kin__container(producer->leaving.next, struct kin__producer_request, node);

		kin__list_remove(&request->node);
		request->taken = true;
		out->type = KIN__PRODUCER_SEND;
		out->send.id = request->id;
		out->send.records = request->records;
		out->send.n = request->n;
		out->send.bytes = request->bytes;
		out->send.outer = false;
		return true;
	}
	return false;
}

uint64_t kin__producer_wake_us(const struct kin__producer *producer)
{
	uint64_t expiry = kin__state_expiry_us(producer), wake;

	if (producer->bug.what)
		return UINT64_MAX;
	wake = producer->placer ? kin__placer_wake_us(producer->placer) : send_due_us(producer);
	return expiry < wake ? expiry : wake;
}

void kin__producer_fresh(const struct kin__producer *producer, uint64_t *records, uint64_t *bytes)
{
	*records = producer->fresh_n + (producer->placer ? producer->again_n : 0);
	*bytes = producer->fresh_bytes;
}

uint64_t kin__producer_oldest(const struct kin__producer *producer)
{
	if (kin__list_empty(&producer->all))
		return producer->counts.accepted + 1;
	return kin__container(producer->all.next, struct kin__producer_record, all)->order;
}

const struct kin__producer_counts *kin__producer_counts(const struct kin__producer *producer)
{
	return &producer->counts;
}

const struct kin__bug *kin__producer_bug(const struct kin__producer *producer)
{
	return &producer->bug;
}
