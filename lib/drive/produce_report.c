/* drive/produce_report - what became of each record, told on the client's callback thread; see produce.h */
#include "drive/produce.h"

enum { AT_ONCE = 256 }; /* reports between two looks at the lock; other callbacks then have their turn */

static struct kin__produce_record *record_of(struct kin__list *node)
{
	return (struct kin__produce_record *)(void *)kin__container(node, struct kin__producer_record, queue);
}

static void move_all(struct kin__list *to, struct kin__list *from)
{
	if (kin__list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	kin__list_init(from);
}

static void explain(const struct kin__produce *produce, const struct kin__produce_record *record,
                    struct kin_error *error)
{
	const struct kin__producer_record *machine = &record->machine;
	uint64_t ttl_us = machine->ttl_us ? machine->ttl_us : produce->set.machine.record_ttl_us;
	struct kin_error last = { 0 };

	if (record->fault)
		last = record->fault->error;
	*error = last;
	error->code = machine->code;
	if (machine->code == KIN_EXPIRED) {
		kin__error(error, KIN_EXPIRED, "not stored within its time to live of %llu ms: %s",
		           (unsigned long long)(ttl_us / 1000),
		           machine->attempts == 0 ? "never sent, no request could leave in time"
		           : last.message[0]      ? last.message
		                                  : "no request could leave again in time");
		error->http_status = last.http_status;
		error->retryable = 1;
		memcpy(error->aws_code, last.aws_code, sizeof error->aws_code);
		memcpy(error->request_id, last.request_id, sizeof error->request_id);
	} else if (!record->fault) {
		kin__error(error, machine->code, "record given up: %s", kin_code_name(machine->code));
	}
}

/* No lock is held. */
static void tell(struct kin__produce *produce, const struct kin__produce_record *record)
{
	struct kin_error error;
	struct kin_delivery delivery = { .token = record->token,
		                         .code = record->machine.code,
		                         .status = record->status,
		                         .attempts = record->machine.attempts };

	if (delivery.code == KIN_OK) {
		delivery.shard_id = record->shard_id;
		delivery.sequence_number = record->sequence_number;
		delivery.sub_sequence = record->sub_sequence;
	} else {
		explain(produce, record, &error);
		delivery.error = &error;
	}
	produce->set.on_delivery(produce->set.user, &delivery);
}

/* Under the lock: the record is reported. */
static void settle(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin_producer_stats *stats = &produce->inbox.stats;

	if (record->machine.code == KIN_OK) {
		stats->stored++;
		stats->bytes_stored += record->data_n;
	} else {
		uint32_t code = (uint32_t)-record->machine.code;

		stats->failed++;
		produce->inbox.tally.failed[code < KIN__PRODUCED_CODES ? code : 0]++;
		produce->inbox.given_up++;
		explain(produce, record, &produce->inbox.last_error);
	}
	kin__produce_fault_drop(record->fault);
	if (record->request && --record->request->reports == 0)
		kin__produce_request_give(produce, record->request);
	kin__produce_record_free(produce, record);
}

static void settle_all(struct kin__produce *produce, struct kin__list *records)
{
	while (!kin__list_empty(records)) {
		struct kin__produce_record *record = record_of(records->next);

		kin__list_remove(&record->machine.queue);
		settle(produce, record);
	}
}

/* Takes up to AT_ONCE reports to be made. */
static void take_some(struct kin__produce *produce, struct kin__list *out)
{
	kin__list_init(out);
	for (uint32_t n = 0; n < AT_ONCE && !kin__list_empty(&produce->inbox.reports); n++) {
		struct kin__list *node = produce->inbox.reports.next;

		kin__list_remove(node);
		kin__list_append(out, node);
	}
}

void kin__produce_report_job(struct kin__pool_job *job)
{
	struct kin__produce *produce = kin__container(job, struct kin__produce, report);
	struct kin__core *core = produce->set.core;
	struct kin__list some;
	uint64_t oldest;
	bool last, more;

	pthread_mutex_lock(&produce->inbox.lock);
	take_some(produce, &some);
	last = kin__list_empty(&produce->inbox.reports);
	oldest = produce->inbox.reports_oldest;
	pthread_mutex_unlock(&produce->inbox.lock);
	for (struct kin__list *node = some.next; node != &some; node = node->next)
		tell(produce, record_of(node));
	pthread_mutex_lock(&produce->inbox.lock);
	settle_all(produce, &some);
	if (last)
		produce->inbox.reported_below = oldest;
	more = !kin__list_empty(&produce->inbox.reports);
	produce->inbox.reporting = more;
	pthread_cond_broadcast(&produce->inbox.change);
	pthread_mutex_unlock(&produce->inbox.lock);
	if (more) /* else a closing thread may free it from here on */
		kin__pool_post(kin__core_callbacks(core), job);
}

void kin__produce_report(struct kin__produce *produce)
{
	uint64_t oldest = kin__producer_oldest(produce->own.machine);
	bool post = false;

	if (kin__list_empty(&produce->own.reports))
		return;
	pthread_mutex_lock(&produce->inbox.lock);
	if (!produce->set.on_delivery) {
		settle_all(produce, &produce->own.reports);
		produce->inbox.reported_below = oldest;
		pthread_cond_broadcast(&produce->inbox.change);
	} else {
		move_all(&produce->inbox.reports, &produce->own.reports);
		produce->inbox.reports_oldest = oldest;
		post = !produce->inbox.reporting;
		produce->inbox.reporting = true;
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	if (post)
		kin__pool_post(kin__core_callbacks(produce->set.core), &produce->report);
}
