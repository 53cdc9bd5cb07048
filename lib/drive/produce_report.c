/* drive/produce_report - what became of each record: told on a thread of the library's, by the threads that poll, or
 * handed out one by one; see produce.h */
#include "base/mem.h"
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"

enum {
	AT_ONCE = 256
}; /* reports between two looks at the lock; what else that thread does then has its turn */

static struct kin__produce_record *record_of(struct kin__list *node)
{
	return (struct kin__produce_record *)(void *)kin__container(node, struct kin__producer_record, queue);
}

static void explain(const struct kin__produce *produce, struct kin__produce_record *record,
                    struct kin_error *error)
{
	const struct kin__producer_record *machine = &record->machine;
	uint64_t ttl_us = machine->ttl_us ? machine->ttl_us : produce->set.machine.record_ttl_us;
	struct kin_error last = { 0 };

	if (produce->set.spool)
		ttl_us = kin__produce_record_spooled(produce, record)->ttl_ms * 1000;
	if (record->fault)
		last = record->fault->error;
	*error = last;
	error->code = machine->code;
	if (machine->code == KIN_EXPIRED) {
		kin__error(error, KIN_EXPIRED, "not stored within its time to live of %llu ms: %s",
		           (unsigned long long)(ttl_us / 1000),
		           machine->order == 0      ? "it was over before the spool had it read"
		           : machine->attempts == 0 ? "never sent, no request could leave in time"
		           : last.message[0]        ? last.message
		                                    : "no request could leave again in time");
		error->http_status = last.http_status;
		error->retryable = 1;
		memcpy(error->aws_code, last.aws_code, sizeof error->aws_code);
		memcpy(error->request_id, last.request_id, sizeof error->request_id);
	} else if (machine->order == 0) { /* it never came to the machine */
		kin__error(error, machine->code,
		           "read back from the spool, and larger than this producer's options allow, or "
		           "without "
		           "a valid key");
	} else if (!record->fault) {
		kin__error(error, machine->code, "record given up: %s", kin_code_name(machine->code));
	}
}

/* No lock is held. */
static void describe(const struct kin__produce *produce, struct kin__produce_record *record,
                     struct kin__produce_shown *shown)
{
	shown->delivery = (struct kin_delivery){ .token = record->token,
		                                 .code = record->machine.code,
		                                 .status = record->status,
		                                 .attempts = record->machine.attempts,
		                                 .history = shown->attempts };
	shown->delivery.from_spool =
			produce->set.spool && kin__produce_record_spooled(produce, record)->earlier;
	shown->delivery.history_n = kin__produce_history(produce, record, shown->attempts);
	if (record->machine.code == KIN_OK) {
		shown->delivery.shard_id = record->shard_id;
		shown->delivery.sequence_number = record->sequence_number;
		shown->delivery.sub_sequence = record->sub_sequence;
	} else {
		explain(produce, record, &shown->error);
		shown->delivery.error = &shown->error;
	}
}

/* No lock is held: nothing reads its data any more. */
static void release(const struct kin__produce_record *record)
{
	struct kin__produce_loan loan;

	if (kin__produce_record_loan(record, &loan) && loan.release)
		loan.release(loan.user, (void *)(uintptr_t)loan.data); /* it was given away, const or not */
}

/* No lock is held. */
static void tell(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin__produce_shown shown;

	if (produce->set.on_delivery) {
		describe(produce, record, &shown);
		produce->set.on_delivery(produce->set.user, &shown.delivery);
	}
	release(record);
}

/* Only now it may leave the spool. */
static void free_record(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin__spooler_place place;

	if (produce->set.spool)
		place = kin__produce_record_spooled(produce, record)->place;
	kin__produce_record_free(produce, record);
	if (produce->set.spool)
		kin__spooler_final(produce->set.spool, &place);
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
	kin__mem_free(record->history);
	if (record->request && --record->request->reports == 0)
		kin__produce_request_give(produce, record->request);
	free_record(produce, record);
}

static void count_report(struct kin__produce *produce, const struct kin__produce_record *record)
{
	uint64_t now_us = kin__clock_us(), accepted_us = record->machine.accepted_us;

	kin__histogram_add(&produce->inbox.tally.reports, now_us > accepted_us ? now_us - accepted_us : 0);
}

static void settle_all(struct kin__produce *produce, struct kin__list *records)
{
	if (!kin__list_empty(records))
		count_report(produce, record_of(records->next));
	while (!kin__list_empty(records)) {
		struct kin__produce_record *record = record_of(records->next);

		kin__list_remove(&record->machine.queue);
		settle(produce, record);
	}
}

/* --- who makes them ------------------------------------------------------------------- */

/* Reports that one thread makes now, and in which of them this thread is. */
struct kin__produce_telling {
	struct kin__list node; /* in inbox.telling */
	struct kin__list records;
	uint64_t first; /* of inbox.taken_n */
	const struct kin__produce *produce;
	const struct kin__produce_telling *outer; /* of another producer: a report may poll that */
};

static _Thread_local const struct kin__produce_telling *innermost;

bool kin__produce_is_telling(const struct kin__produce *produce)
{
	for (const struct kin__produce_telling *at = innermost; at; at = at->outer)
		if (at->produce == produce)
			return true;
	return false;
}

/* Under the lock. */
static void update_pipe(struct kin__produce *produce)
{
	kin__pipe_set(&produce->inbox.pipe,
	              !kin__list_empty(&produce->inbox.reports) || produce->inbox.frozen);
}

/* Under the lock: takes up to `max` reports to be made; gives how many. */
static uint32_t begin(struct kin__produce *produce, struct kin__produce_telling *telling, uint32_t max)
{
	uint32_t n;

	kin__list_init(&telling->records);
	telling->first = produce->inbox.taken_n;
	telling->produce = produce;
	for (n = 0; n < max && !kin__list_empty(&produce->inbox.reports); n++) {
		struct kin__list *node = produce->inbox.reports.next;

		kin__list_remove(node);
		kin__list_append(&telling->records, node);
	}
	produce->inbox.taken_n += n;
	kin__list_append(&produce->inbox.telling, &telling->node);
	update_pipe(produce);
	return n;
}

/* No lock is held. */
static void tell_all(struct kin__produce *produce, struct kin__produce_telling *telling)
{
	telling->outer = innermost;
	innermost = telling;
	for (struct kin__list *node = telling->records.next; node != &telling->records; node = node->next)
		tell(produce, record_of(node));
	innermost = telling->outer;
}

/* Under the lock. */
static void end(struct kin__produce *produce, struct kin__produce_telling *telling)
{
	settle_all(produce, &telling->records);
	kin__list_remove(&telling->node);
	pthread_cond_broadcast(&produce->inbox.change);
}

/* Under the lock.  Makes up to `max` reports, without the lock meanwhile; gives how many. */
static uint32_t make(struct kin__produce *produce, uint32_t max)
{
	struct kin__produce_telling telling;
	uint32_t n;

	if (kin__list_empty(&produce->inbox.reports))
		return 0; /* and nobody is woken: two that wait would wake each other without end */
	n = begin(produce, &telling, max < AT_ONCE ? max : AT_ONCE);
	pthread_mutex_unlock(&produce->inbox.lock);
	tell_all(produce, &telling);
	pthread_mutex_lock(&produce->inbox.lock);
	end(produce, &telling);
	return n;
}

bool kin__produce_serve(struct kin__produce *produce)
{
	return produce->set.reports == KIN__PRODUCE_POLL && make(produce, AT_ONCE) > 0;
}

void kin__produce_report_job(struct kin__pool_job *job)
{
	struct kin__produce *produce = kin__container(job, struct kin__produce, report);
	struct kin__pool *reporter = produce->set.reporter;
	struct kin__produce_telling telling;
	bool more;

	pthread_mutex_lock(&produce->inbox.lock);
	begin(produce, &telling, AT_ONCE);
	pthread_mutex_unlock(&produce->inbox.lock);
	tell_all(produce, &telling);
	pthread_mutex_lock(&produce->inbox.lock);
	end(produce, &telling);
	more = !kin__list_empty(&produce->inbox.reports);
	produce->inbox.reporting = more;
	pthread_mutex_unlock(&produce->inbox.lock);
	if (more) /* else a closing thread may free it from here on */
		kin__pool_post(reporter, job);
}

void kin__produce_report(struct kin__produce *produce)
{
	uint64_t oldest = kin__producer_oldest(produce->own.machine);
	bool post = false, count_only;

	if (produce->own.reports_n == 0)
		return;
	pthread_mutex_lock(&produce->inbox.lock);
	produce->inbox.ended_below = oldest;
	produce->inbox.spooling.unreported = produce->inbox.spooling.refused_n; /* those that came since */
	count_only = produce->set.reports == KIN__PRODUCE_COUNT && !produce->inbox.releases;
	if (count_only) {
		settle_all(produce, &produce->own.reports);
	} else {
		produce->inbox.reports_n += produce->own.reports_n;
		kin__list_move(&produce->inbox.reports, &produce->own.reports);
	}
	if (produce->set.reporter && !count_only) {
		post = !produce->inbox.reporting;
		produce->inbox.reporting = true;
	} else {
		pthread_cond_broadcast(&produce->inbox.change);
	}
	update_pipe(produce);
	pthread_mutex_unlock(&produce->inbox.lock);
	produce->own.reports_n = 0;
	if (post)
		kin__pool_post(produce->set.reporter, &produce->report);
}

/* --- waiting for them -------------------------------------------------------------------- */

bool kin__produce_reported(const struct kin__produce *produce, uint64_t mark, uint64_t *goal)
{
	uint64_t made = produce->inbox.taken_n;

	/* What the spool had to refuse has no order. */
	if (produce->inbox.ended_below <= mark || produce->inbox.spooling.unreported > 0)
		return false;
	if (produce->set.reports == KIN__PRODUCE_NEXT)
		return true;
	if (*goal == UINT64_MAX)
		*goal = produce->inbox.reports_n;
	for (const struct kin__list *at = produce->inbox.telling.next; at != &produce->inbox.telling;
	     at = at->next) {
		const struct kin__produce_telling *telling =
				kin__container(at, const struct kin__produce_telling, node);

		made = telling->first < made ? telling->first : made;
	}
	return made >= *goal;
}

/* --- the pull forms ------------------------------------------------------------------------ */

static int frozen(const struct kin__produce *produce, const char *call, struct kin_error *error)
{
	return kin__error(error, KIN_BUG, "%s: the producer of %s met a broken invariant and is frozen", call,
	                  produce->set.stream);
}

/* Under the lock: until there is a report. */
static int wait_for_one(struct kin__produce *produce, int64_t timeout_ms, const char *call,
                        struct kin_error *error)
{
	uint64_t until_us = timeout_ms != 0 ? kin__clock_until_us(timeout_ms) : 0;
	bool in_time = timeout_ms != 0;

	while (kin__list_empty(&produce->inbox.reports)) {
		if (produce->inbox.frozen)
			return frozen(produce, call, error);
		if (!in_time) {
			kin__error(error, KIN_TIMEOUT, "%s: no report came within %lld ms", call,
			           (long long)timeout_ms);
			return kin__produce_troubled(produce, error, KIN_TIMEOUT);
		}
		in_time = kin__thread_cond_wait(&produce->inbox.change, &produce->inbox.lock, until_us);
	}
	return KIN_OK;
}

int kin__produce_poll(struct kin__produce *produce, int64_t timeout_ms, uint32_t max, struct kin_error *error)
{
	uint64_t waiting;
	uint32_t n = 0, made = 1;
	int code;

	if (kin__produce_is_telling(produce))
		return kin__error(error, KIN_WOULD_DEADLOCK,
		                  "kin_producer_poll(): called by a report of this very producer");
	pthread_mutex_lock(&produce->inbox.lock);
	code = wait_for_one(produce, timeout_ms, "kin_producer_poll()", error);
	waiting = produce->inbox.reports_n - produce->inbox.taken_n;
	if (max == 0 || max > waiting)
		max = waiting < INT32_MAX ? (uint32_t)waiting : INT32_MAX;
	for (; code == KIN_OK && n < max && made > 0; n += made)
		made = make(produce, max - n);
	pthread_mutex_unlock(&produce->inbox.lock);
	return code == KIN_OK || code == KIN_TIMEOUT ? (int)n : code;
}

/* Under the lock: the report given out last has been read. */
static void read_one(struct kin__produce *produce)
{
	if (!produce->inbox.current)
		return;
	count_report(produce, produce->inbox.current);
	settle(produce, produce->inbox.current);
	produce->inbox.current = NULL;
	pthread_cond_broadcast(&produce->inbox.change);
}

static _Thread_local char here; /* its address tells threads apart */

int kin__produce_next(struct kin__produce *produce, const struct kin_delivery **out, int64_t timeout_ms,
                      struct kin_error *error)
{
	struct kin__list *node;
	int code;

	*out = NULL;
	pthread_mutex_lock(&produce->inbox.lock);
	produce->inbox.reader = &here;
	read_one(produce);
	code = wait_for_one(produce, timeout_ms, "kin_producer_next()", error);
	if (code == KIN_OK) {
		node = produce->inbox.reports.next;
		kin__list_remove(node);
		produce->inbox.taken_n++;
		produce->inbox.current = record_of(node);
		update_pipe(produce);
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	if (code != KIN_OK)
		return code;
	release(produce->inbox.current);
	describe(produce, produce->inbox.current, &produce->shown);
	*out = &produce->shown.delivery;
	return KIN_OK;
}

bool kin__produce_reads(const struct kin__produce *produce)
{
	return produce->set.reports == KIN__PRODUCE_NEXT &&
	       (!produce->inbox.reader || produce->inbox.reader == &here);
}

void kin__produce_forget_unread(struct kin__produce *produce)
{
	struct kin__list *reports = &produce->inbox.reports;

	if (produce->set.reports != KIN__PRODUCE_NEXT)
		return;
	read_one(produce);
	produce->inbox.taken_n = produce->inbox.reports_n;
	pthread_mutex_unlock(&produce->inbox.lock); /* nobody else is here any more */
	for (struct kin__list *node = reports->next; node != reports; node = node->next)
		release(record_of(node));
	pthread_mutex_lock(&produce->inbox.lock);
	settle_all(produce, reports);
}
