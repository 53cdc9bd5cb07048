/* drive/produce_request - the producer's requests: encoded, attempted once, their answers read; see produce.h */
#include "base/mem.h"
#include "drive/fault.h"
#include "drive/produce.h"
#include "io/clock.h"
#include "kinesis/verdict.h"

static struct kin__produce_record *record_at(const struct kin__produce_request *request, uint32_t i)
{
	return (struct kin__produce_record *)(void *)request->records[i];
}

/* When records are placed. */
static struct kin__outer *outer_at(const struct kin__produce_request *request, uint32_t i)
{
	return (struct kin__outer *)(void *)request->records[i];
}

/* When the first record that it holds was put. */
static uint64_t accepted_us(const struct kin__produce_request *request)
{
	const struct kin__producer_record *first = request->records[0];

	if (request->produce->set.places)
		first = kin__container(outer_at(request, 0)->members.next, struct kin__producer_record,
		                       queue);
	return first->accepted_us;
}

/* --- faults --------------------------------------------------------------------------- */

void kin__produce_fault_drop(struct kin__produce_fault *fault)
{
	if (fault && atomic_fetch_sub(&fault->references, 1) == 1)
		kin__mem_free(fault);
}

/* Without memory for it the record's last error stays unknown. */
static struct kin__produce_fault *fault_new(const struct kin__produce_request *request,
                                            const struct kin_error *error)
{
	struct kin__produce_fault *fault = kin__mem_alloc(sizeof *fault);

	if (fault) {
		atomic_init(&fault->references, 1);
		fault->error = *error;
		fault->what = request->stored;
		fault->what.code = (int16_t)error->code;
		fault->what.http_status = (uint16_t)error->http_status;
		fault->what.aws_code = kin__produce_code_number(request->produce, error->aws_code);
	}
	return fault;
}

void kin__produce_blame(struct kin__produce *produce, struct kin__produce_record *record,
                        struct kin__produce_fault *fault, uint32_t number)
{
	kin__produce_fault_drop(record->fault);
	record->fault = fault;
	if (!fault)
		return;
	atomic_fetch_add(&fault->references, 1);
	kin__produce_note(produce, record, &fault->what, number);
}

static void blame_at(const struct kin__produce_request *request, uint32_t i, struct kin__produce_fault *fault)
{
	if (request->produce->set.places)
		kin__produce_blame_outer(request->produce, outer_at(request, i), fault);
	else
		kin__produce_blame(request->produce, record_at(request, i), fault,
		                   request->records[i]->attempts);
}

/* --- the pool of requests -------------------------------------------------------------- */

/* trouble: why nothing is stored, for as long as that is so. */
static void tell_outage(struct kin__produce *produce, bool any_stored, const struct kin_error *trouble)
{
	struct kin__outage *outage = &produce->own.outage;
	struct kin__log_about about = { .stream = produce->set.stream };
	enum kin__outage_word word = kin__outage_note(
			outage, kin__loop_now_us(kin__core_loop(produce->set.core)), any_stored);

	if (word == KIN__OUTAGE_LASTS)
		KIN__LOG_ABOUT(produce->set.core, KIN_LOG_WARN, "producer", &about,
		               "nothing was stored for %llu s, %llu requests failed; the last: %s",
		               (unsigned long long)kin__outage_s(outage),
		               (unsigned long long)outage->failures, trouble->message);
	else if (word == KIN__OUTAGE_OVER)
		KIN__LOG_ABOUT(produce->set.core, KIN_LOG_WARN, "producer", &about,
		               "records are stored again, after %llu s",
		               (unsigned long long)kin__outage_s(outage));
}

static void on_done(struct kin__attempt *attempt, struct kin__outcome *outcome);

static struct kin__produce_request *request_new(struct kin__produce *produce)
{
	struct kin__produce_request *request = kin__mem_zalloc(sizeof *request);

	if (!request)
		return NULL;
	request->produce = produce;
	kin__bytes_init(&request->body);
	kin__bytes_init(&request->answer);
	kin__attempt_init(&request->attempt);
	kin__list_init(&request->node);
	return request;
}

void kin__produce_request_free(struct kin__produce_request *request)
{
	kin__attempt_fini(&request->attempt);
	kin__bytes_fini(&request->body);
	kin__bytes_fini(&request->answer);
	kin__mem_free(request);
}

static struct kin__produce_request *request_take(struct kin__produce *produce)
{
	struct kin__produce_request *request = NULL;

	pthread_mutex_lock(&produce->inbox.lock);
	if (!kin__list_empty(&produce->inbox.idle)) {
		request = kin__container(produce->inbox.idle.next, struct kin__produce_request, node);
		kin__list_remove(&request->node);
		if (--produce->inbox.idle_n < produce->inbox.idle_low)
			produce->inbox.idle_low = produce->inbox.idle_n;
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	return request ? request : request_new(produce);
}

void kin__produce_request_give(struct kin__produce *produce, struct kin__produce_request *request)
{
	struct kin__bytes *next = &request->attempt.http.answer.body;

	kin__bytes_fini(next);
	*next = request->answer; /* the next answer comes into the same memory */
	kin__bytes_init(&request->answer);
	kin__list_remove(&request->node);
	kin__list_prepend(&produce->inbox.idle, &request->node);
	produce->inbox.idle_n++;
}

/* --- sending --------------------------------------------------------------------------- */

static void encode_records(const struct kin__produce_request *request, struct kin__put_records *put)
{
	for (uint32_t i = 0; i < request->n; i++) {
		const struct kin__produce_record *record = record_at(request, i);

		kin__put_records_add(put, kin__produce_record_key(record), kin__produce_record_hash(record),
		                     kin__produce_record_data(record));
	}
}

static bool encode(struct kin__produce *produce, struct kin__produce_request *request)
{
	struct kin__put_records put = { 0 };

	kin__bytes_clear(&request->body);
	(kin__core_cbor(produce->set.core) ? kin__put_records_begin_cbor : kin__put_records_begin)(
			&put, &request->body, kin__span_text(produce->set.stream));
	put.base64 = kin__core_base64(produce->set.core);
	if (!produce->set.places)
		encode_records(request, &put);
	else if (!kin__produce_encode_outers(produce, &put, request))
		return false;
	kin__put_records_end(&put);
	return !request->body.failed;
}

static void count_wait(struct kin__produce *produce, const struct kin__produce_request *request)
{
	uint64_t now_us = kin__loop_now_us(kin__core_loop(produce->set.core));
	uint64_t waited_us = now_us - accepted_us(request), linger_us = produce->set.machine.linger_us;

	if (request->records[0]->attempts > 1)
		return;
	pthread_mutex_lock(&produce->inbox.lock);
	kin__histogram_add(&produce->inbox.tally.waits, waited_us);
	kin__histogram_add(&produce->inbox.tally.holds, waited_us > linger_us ? waited_us - linger_us : 0);
	pthread_mutex_unlock(&produce->inbox.lock);
}

/* Under the lock; before the step that may report its records. */
static void count_answer(struct kin__produce *produce, const struct kin__produce_request *request,
                         const struct kin__outcome *outcome, const struct kin__producer_answer *answer)
{
	uint64_t now_us = kin__loop_now_us(kin__core_loop(produce->set.core));

	kin__histogram_add(&produce->inbox.tally.requests, outcome->elapsed_us);
	if (answer->verdict == KIN__DONE && answer->results[0] == KIN__DONE)
		kin__histogram_add(&produce->inbox.tally.deliveries, now_us - accepted_us(request));
}

void kin__produce_send(struct kin__produce *produce, const struct kin__producer_effect *effect)
{
	struct kin__produce_request *request = request_take(produce);
	struct kin__attempt *attempt;

	if (!request) { /* nothing to remember it by: give the machine its answer at once, it backs off */
		struct kin__producer_event event = {
			.type = KIN__PRODUCER_ANSWERED,
			.answer = { .id = effect->send.id, .verdict = KIN__TRANSIENT, .code = KIN_NOMEM }
		};

		event.now_us = kin__loop_now_us(kin__core_loop(produce->set.core));
		kin__producer_step(produce->own.machine, &event);
		return;
	}
	request->id = effect->send.id;
	request->records = effect->send.records;
	request->n = effect->send.n;
	request->reports = 0;
	request->stored = (struct kin__produce_try){ .sent_ms = kin__clock_wall_ms() };
	count_wait(produce, request);
	if (!encode(produce, request)) {
		kin__list_append(&produce->own.unsent, &request->node);
		return;
	}
	kin__list_append(&produce->own.busy, &request->node);
	attempt = &request->attempt;
	attempt->operation = KIN__PUT_RECORDS;
	attempt->body = kin__bytes_view(&request->body);
	attempt->stream_arn = produce->set.arn;
	attempt->done = on_done;
	attempt->user = request;
	attempt->http.answer.sent = false; /* of the last time */
	struct kin__log_about about = { .stream = produce->set.stream };
	KIN__LOG_ABOUT(produce->set.core, KIN_LOG_TRACE, "producer", &about,
	               "send request %llu: %u records, %llu bytes", (unsigned long long)request->id,
	               (unsigned)request->n, (unsigned long long)effect->send.bytes);
	kin__core_attempt(produce->set.core, attempt);
}

void kin__produce_send_failed(struct kin__produce *produce)
{
	struct kin__list *unsent = &produce->own.unsent;

	while (!kin__list_empty(unsent)) {
		struct kin__produce_request *request =
				kin__container(unsent->next, struct kin__produce_request, node);
		struct kin__producer_event event = {
			.type = KIN__PRODUCER_ANSWERED,
			.answer = { .id = request->id, .verdict = KIN__TRANSIENT, .code = KIN_NOMEM }
		};

		kin__list_remove(&request->node);
		kin__produce_request_free(request);
		event.now_us = kin__loop_now_us(kin__core_loop(produce->set.core));
		kin__producer_step(produce->own.machine, &event);
	}
}

/* --- answers --------------------------------------------------------------------------- */

static void blame_all(struct kin__produce_request *request, const struct kin_error *error)
{
	struct kin__produce_fault *fault = fault_new(request, error);

	for (uint32_t i = 0; i < request->n; i++)
		blame_at(request, i, fault);
	kin__produce_fault_drop(fault);
}

static void entry_error(struct kin_error *error, const struct kin__put_result *result, uint8_t verdict,
                        const struct kin_error *answer)
{
	kin__error(error, verdict == KIN__THROTTLED ? KIN_THROTTLED : KIN_REFUSED, "PutRecords: %s: %s",
	           result->error_code, result->error_message ? result->error_message : "no message");
	error->http_status = answer->http_status;
	error->retryable = verdict == KIN__THROTTLED || verdict == KIN__TRANSIENT;
	memcpy(error->request_id, answer->request_id, sizeof error->request_id);
	for (size_t i = 0; result->error_code[i] && i + 1 < sizeof error->aws_code; i++)
		error->aws_code[i] = result->error_code[i];
}

/* Neighbours that failed alike share one fault.  trouble: the last one's; untouched if none failed. */
static void blame_entries(struct kin__produce_request *request, const struct kin_error *answer,
                          struct kin_error *trouble)
{
	const struct kin__put_result *results = request->produce->own.results;
	struct kin__produce_fault *fault = NULL;
	const char *last = NULL;

	for (uint32_t i = 0; i < request->n; i++) {
		if (!results[i].error_code)
			continue;
		if (!last || strcmp(last, results[i].error_code) != 0) {
			kin__produce_fault_drop(fault);
			entry_error(trouble, &results[i], request->produce->own.verdicts[i], answer);
			fault = fault_new(request, trouble);
			last = results[i].error_code;
		}
		blame_at(request, i, fault);
	}
	kin__produce_fault_drop(fault);
}

static void stored(struct kin__produce_request *request, struct kin__produce_record *record,
                   const struct kin__put_result *result)
{
	record->shard_id = result->shard_id;
	record->sequence_number = result->sequence_number;
	record->request = request;
	request->reports++; /* nobody else knows it before the step */
}

/* What the answer says of each record; false: it makes no sense. */
static bool read_answer(struct kin__produce_request *request, struct kin__outcome *outcome)
{
	struct kin__produce *produce = request->produce;
	struct kin__put_result *results = produce->own.results;
	uint8_t *verdicts = produce->own.verdicts;
	bool places = produce->set.places;
	struct kin__reason reason = { "" };

	request->answer = outcome->body;
	kin__bytes_init(&outcome->body);
	if (!request->answer.at || kin__put_records_decode(request->answer.at, request->answer.n, results,
	                                                   request->n, &reason) != KIN_OK) {
		kin__fault_misread(&outcome->error, KIN__PUT_RECORDS, &request->attempt.http,
		                   reason.text[0] ? reason.text : "it is empty");
		return false;
	}
	for (uint32_t i = 0; i < request->n; i++) {
		verdicts[i] = (uint8_t)kin__verdict_of_entry(
				kin__span_text(results[i].error_code ? results[i].error_code : ""));
		if (places)
			produce->own.shards[i] = results[i].shard_id;
		if (verdicts[i] == KIN__DONE && places)
			kin__produce_stored_outer(request, outer_at(request, i), &results[i]);
		else if (verdicts[i] == KIN__DONE)
			stored(request, record_at(request, i), &results[i]);
	}
	return true;
}

/* A moment without memory here is no reason to give records up: they have their time to live.  When it came
 * while the request was on its way, nobody knows what became of it. */
static void judge(const struct kin__attempt *attempt, const struct kin__outcome *outcome,
                  struct kin__producer_answer *answer)
{
	answer->verdict = (uint8_t)outcome->verdict;
	answer->maybe_stored = outcome->maybe_done;
	if (outcome->verdict == KIN__DONE || outcome->error.code != KIN_NOMEM)
		return;
	answer->verdict = KIN__TRANSIENT;
	answer->maybe_stored |= attempt->http.answer.sent;
}

static void on_done(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__produce_stored counted = { .entries = 0 };
	struct kin__produce_request *request = attempt->user;
	struct kin__produce *produce = request->produce;
	struct kin__producer_event event = { .type = KIN__PRODUCER_ANSWERED };
	struct kin__producer_answer *answer = &event.answer;
	struct kin_error trouble;

	trouble.code = KIN_OK;
	request->stored.took_us =
			outcome->elapsed_us < UINT32_MAX ? (uint32_t)outcome->elapsed_us : UINT32_MAX;
	request->stored.http_status = (uint16_t)outcome->error.http_status;
	answer->id = request->id;
	judge(attempt, outcome, answer);
	answer->hint_us = outcome->has_hint ? outcome->hint_ms * 1000 : 0;
	answer->results = produce->own.verdicts;
	answer->shards = produce->own.shards;
	if (outcome->verdict == KIN__DONE && !read_answer(request, outcome)) {
		answer->verdict = KIN__TRANSIENT;
		answer->maybe_stored = true;
	}
	answer->code = outcome->error.code;
	if (answer->verdict == KIN__DONE) {
		blame_entries(request, &outcome->error, &trouble);
		kin__produce_count(request, &counted);
	} else {
		blame_all(request, &outcome->error);
		trouble = outcome->error;
	}
	tell_outage(produce, counted.entries > 0, &trouble);
	kin__list_remove(&request->node);
	pthread_mutex_lock(&produce->inbox.lock);
	if (trouble.code != KIN_OK)
		produce->inbox.trouble = trouble;
	else
		produce->inbox.trouble.code = KIN_OK;
	count_answer(produce, request, outcome, answer);
	produce->inbox.stats.stream_records += counted.entries;
	produce->inbox.stats.payload_units += counted.units;
	if (request->reports == 0)
		kin__produce_request_give(produce, request);
	else
		kin__list_append(&produce->inbox.answered, &request->node);
	pthread_mutex_unlock(&produce->inbox.lock);
	kin__produce_step(produce, &event);
}
