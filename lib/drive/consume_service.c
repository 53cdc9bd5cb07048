/* The consumer's requests to the service: describe, list shards, iterator, records. */
#include "drive/consume.h"
#include "consumer/route.h"
#include "drive/fault.h"
#include "base/mem.h"
#include "kinesis/get_early.h"
#include "kinesis/limits.h"
#include "kinesis/list_shards.h"
#include "kinesis/shard_iterator.h"
#include "kinesis/streams.h"
#include <stdio.h>

struct kin__consume_shard *kin__consume_shard(struct kin__consume *consumer, uint32_t shard)
{
	size_t room = consumer->own.shards_room;
	if (shard >= room) {
		if (kin__mem_room(&consumer->own.shards, &consumer->own.shards_room, (size_t)shard + 1,
		                  sizeof *consumer->own.shards) < 0) {
			kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for the table of shards");
			return NULL;
		}
		memset(consumer->own.shards + room, 0,
		       (consumer->own.shards_room - room) * sizeof *consumer->own.shards);
	}
	return &consumer->own.shards[shard];
}

static struct kin__consume_request *take_request(struct kin__consume *consumer)
{
	struct kin__consume_request *request;

	if (kin__list_empty(&consumer->own.idle)) {
		request = kin__mem_zalloc(sizeof *request);
		if (!request)
			return NULL;
		kin__attempt_init(&request->attempt);
		kin__bytes_init(&request->body);
		kin__get_page_init(&request->page);
		request->page.base64 = kin__core_base64(consumer->set.core);
		kin__list_init(&request->node);
		request->consumer = consumer;
		return request;
	}
	request = kin__container(consumer->own.idle.next, struct kin__consume_request, node);
	kin__list_remove(&request->node);
	kin__bytes_clear(&request->body);
	return request;
}

static void free_listing(struct kin__listing *listing)
{
	if (!listing)
		return;
	kin__listing_fini(listing);
	kin__mem_free(listing);
}

/* What a wait in vain will tell of. */
static void note_trouble(struct kin__consume *consumer, uint8_t operation, const struct kin__outcome *outcome)
{
	bool done = outcome->verdict == KIN__DONE;

	if (outcome->aborted || (done && operation != consumer->own.troubled))
		return;
	consumer->own.troubled = done ? KIN__OPERATIONS : operation;
	pthread_mutex_lock(&consumer->inbox.lock);
	if (done)
		consumer->inbox.trouble.code = KIN_OK;
	else
		consumer->inbox.trouble = outcome->error;
	pthread_mutex_unlock(&consumer->inbox.lock);
}

/* The answer is passed on; the request may be used again by what the step starts. */
static void done_with(struct kin__consume_request *request, struct kin__consumer_event *event,
                      const struct kin__outcome *outcome)
{
	struct kin__consume *consumer = request->consumer;
	struct kin__listing *listing = request->listing;

	event->id = request->id;
	event->verdict = (uint8_t)outcome->verdict;
	event->error = outcome->verdict == KIN__DONE ? NULL : &outcome->error;
	if (outcome->aborted)
		event->verdict = KIN__TRANSIENT; /* we are stopping: nobody is to blame */
	note_trouble(consumer, (uint8_t)request->attempt.operation, outcome);
	request->listing = NULL;
	kin__list_remove(&request->node);
	kin__list_append(&consumer->own.idle, &request->node);
	kin__consume_answer(consumer, event);
	free_listing(listing);
}

/* An answer that makes no sense is tried again like a cut one: the request was only a question. */
static void misread(struct kin__consume_request *request, struct kin__outcome *outcome, int code,
                    const struct kin__reason *reason)
{
	if (code == KIN_OK)
		return;
	outcome->verdict = KIN__TRANSIENT;
	kin__fault_misread(&outcome->error, request->attempt.operation, &request->attempt.http,
	                   code == KIN_NOMEM ? "out of memory" : reason->text);
	outcome->error.code = code;
}

static void described(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__consume_request *request = attempt->user;
	struct kin__consume *consumer = request->consumer;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_DESCRIBED };
	struct kin__reason reason;

	kin__arena_clear(&consumer->own.listing);
	if (outcome->verdict == KIN__DONE)
		misread(request, outcome,
		        kin__describe_stream_summary_decode(&event.summary, &consumer->own.listing,
		                                            outcome->body.at, outcome->body.n, &reason),
		        &reason);
	if (outcome->verdict == KIN__DONE && !consumer->own.arn[0])
		snprintf(consumer->own.arn, sizeof consumer->own.arn, "%s", event.summary.arn);
	done_with(request, &event, outcome);
}

static void send(struct kin__consume_request *request)
{
	request->attempt.body = kin__bytes_view(&request->body);
	if (request->body.failed)
		request->attempt.body.at = NULL;
	kin__core_attempt(request->consumer->set.core, &request->attempt);
}

/* The first page by name, the others by token. */
static void list_page(struct kin__consume_request *request, const char *token)
{
	struct kin__consume *consumer = request->consumer;
	kin__bytes_clear(&request->body);
	kin__list_shards_encode(&request->body, kin__span_text(consumer->set.stream), kin__span_text(token),
	                        0, false);
	send(request);
}

static void listed(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__consume_request *request = attempt->user;
	struct kin__listing *listing = request->listing;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_SHARDS };
	struct kin__reason reason = { "" };
	const char *next = NULL;

	if (outcome->verdict == KIN__DONE)
		misread(request, outcome, kin__listing_add(listing, &outcome->body, &next, &reason), &reason);
	if (outcome->verdict == KIN__DONE && next) {
		list_page(request, next);
		return;
	}
	event.shards.at = listing->shards;
	event.shards.n = listing->n;
	done_with(request, &event, outcome);
}

static void iterator_got(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__consume_request *request = attempt->user;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_ITERATOR };
	struct kin__consume_shard *shard = kin__consume_shard(request->consumer, request->shard);
	const char *iterator = NULL;
	struct kin__reason reason;

	if (outcome->verdict == KIN__DONE)
		misread(request, outcome,
		        kin__shard_iterator_decode(outcome->body.at, outcome->body.n, &iterator, &reason),
		        &reason);
	if (outcome->verdict == KIN__DONE && shard) {
		kin__mem_free(shard->iterator);
		shard->iterator = kin__mem_text(iterator);
		if (!shard->iterator)
			misread(request, outcome, KIN_NOMEM, NULL);
	}
	done_with(request, &event, outcome);
}

/* The KPL's aggregates of the page, unless they are wanted as they are. */
static int take_apart(struct kin__consume *consumer, uint32_t shard, struct kin__get_page *page)
{
	struct kin__hash_range range;
	bool known = kin__consumer_shard_range(consumer->own.machine, shard, &range);

	if (!consumer->set.deaggregate)
		return KIN_OK;
	return kin__deaggregate_page(page, kin__core_md5(consumer->set.core), known ? &range : NULL,
	                             &consumer->own.outside);
}

enum { WARN_INTERVAL_US = 60000000 };

/* Told at most once a minute: what is left as it is says nothing by itself. */
static void warn_left(struct kin__consume *consumer, const char *shard)
{
	const struct kin__decompress *decompress = &consumer->own.decompress;
	uint64_t now_us = kin__loop_now_us(kin__core_loop(consumer->set.core));
	struct kin__log_about about = kin__consume_about(consumer, shard);

	if (decompress->left == consumer->own.decompress_warned ||
	    (consumer->own.decompress_warned > 0 &&
	     now_us - consumer->own.decompress_warned_us < WARN_INTERVAL_US))
		return;
	KIN__LOG_ABOUT(consumer->set.core, KIN_LOG_WARN, "consumer", &about,
	               "%llu records begin as compressed ones do and cannot be decompressed, they are handed "
	               "out as "
	               "they are; of the last: %s",
	               (unsigned long long)(decompress->left - consumer->own.decompress_warned),
	               decompress->why);
	consumer->own.decompress_warned = decompress->left;
	consumer->own.decompress_warned_us = now_us;
}

/* What was made smaller, before anybody looks at it. */
static int decompress_page(struct kin__consume *consumer, const char *shard, struct kin__get_page *page,
                           char **out, size_t *out_room)
{
	const struct kin__outside *outside = &consumer->own.outside;
	int code = KIN_OK;

	*out = NULL;
	*out_room = 0;
	if (consumer->own.decompress.codecs_n > 0)
		code = kin__decompress_page(&consumer->own.decompress, page,
		                            outside->n > 0 ? outside->at : NULL, out, out_room);
	warn_left(consumer, shard);
	return code;
}

/* What no handler shall see: other shards' records, and what the filter does not let pass. */
static int sift(struct kin__consume *consumer, struct kin__consumer_event *event)
{
	struct kin__outside *outside = &consumer->own.outside;

	if (!consumer->own.filter && outside->n == 0)
		return KIN_OK;
	if (kin__mem_room(&outside->at, &outside->room, event->page.count, 1) < 0)
		return KIN_NOMEM;
	for (uint32_t i = 0; i < event->page.count; i++) {
		int passes = 1;

		if (outside->n > 0 && outside->at[i]) {
			outside->at[i] = KIN__LEFT_OUT_OTHER_SHARD;
			continue;
		}
		/* What could not be undone cannot be judged: it is handed out, not lost. */
		if (consumer->own.filter && !(event->page.records[i].flags & KIN_RECORD_NOT_DECOMPRESSED))
			passes = kin__filter_passes(consumer->own.filter, &event->page.records[i]);
		if (passes < 0)
			return passes;
		outside->at[i] = passes ? KIN__LEFT_IN : KIN__LEFT_OUT_FILTER;
	}
	event->page.left_out = outside->at;
	return KIN_OK;
}

/* Which lane each record goes through; *lanes: NULL, there is one.  What is left out goes through none. */
static int route(struct kin__consume *consumer, struct kin__consumer_event *event, uint8_t **lanes)
{
	*lanes = NULL;
	if (consumer->set.lanes == 1 || event->page.count == 0)
		return KIN_OK;
	*lanes = kin__mem_zalloc(event->page.count);
	if (*lanes)
		kin__route_lanes(kin__core_md5(consumer->set.core), event->page.records, event->page.count,
		                 event->page.left_out, consumer->set.lanes, *lanes);
	event->page.lanes = *lanes;
	return *lanes ? KIN_OK : KIN_NOMEM;
}

static const char *shard_id(const struct kin__consume_request *request)
{
	return kin__consumer_shard_id(request->consumer->own.machine, request->shard);
}

/* Hands the decoded page to the table: the machine gets a name and the records. */
static int keep_page(struct kin__consume_request *request, struct kin__consumer_event *event,
                     struct kin__get_page *page, struct kin__outcome *outcome)
{
	struct kin__consume *consumer = request->consumer;
	struct kin__consume_shard *shard = kin__consume_shard(consumer, request->shard);
	char *next = page->next_iterator ? kin__mem_text(page->next_iterator) : NULL, *decompressed = NULL;
	size_t decompressed_room = 0;
	uint8_t *lanes = NULL;

	if (!shard || (page->next_iterator && !next) ||
	    take_apart(consumer, request->shard, page) != KIN_OK ||
	    decompress_page(consumer, shard_id(request), page, &decompressed, &decompressed_room) != KIN_OK) {
		kin__mem_free(next);
		return KIN_NOMEM;
	}
	event->page.count = (uint32_t)page->n;
	event->page.records = page->records;
	if (sift(consumer, event) != KIN_OK || route(consumer, event, &lanes) != KIN_OK) {
		kin__mem_free(decompressed);
		kin__mem_free(next);
		return KIN_NOMEM;
	}
	event->page.behind_ms = page->behind_ms;
	event->page.ended = !page->next_iterator;
	event->page.payload_bytes = page->payload_bytes;
	event->page.array_bytes = page->room * sizeof *page->records + (lanes ? page->n : 0);
	event->page.bytes = outcome->body.room + event->page.array_bytes + decompressed_room;
	event->page.plain = page->plain;
	if (page->n == 0) /* it rests: so does its memory */
		kin__consume_page_tidy(consumer);
	event->page.id = kin__consume_page_add(consumer, &outcome->body, page, lanes, decompressed);
	if (event->page.id == 0) {
		kin__mem_free(next);
		return KIN_NOMEM;
	}
	kin__mem_free(shard->iterator);
	shard->iterator = next;
	return KIN_OK;
}

static void begun(struct kin__attempt *attempt, size_t length)
{
	struct kin__consume_request *request = attempt->user;

	kin__consume_page_again(request->consumer, length, &attempt->http.answer.body, &request->page);
}

static void fetching(struct kin__attempt *attempt)
{
	struct kin__consume_request *request = attempt->user;

	kin__get_early_read(&request->page, &attempt->http.answer.body, shard_id(request));
}

static void fetched(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__consume_request *request = attempt->user;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_PAGE };
	struct kin__reason reason;

	if (outcome->verdict == KIN__DONE)
		misread(request, outcome,
		        kin__get_records_decode(&request->page, outcome->body.at, outcome->body.n,
		                                shard_id(request), &reason),
		        &reason);
	if (outcome->verdict == KIN__DONE)
		misread(request, outcome, keep_page(request, &event, &request->page, outcome), NULL);
	done_with(request, &event, outcome);
}

static void begin(struct kin__consume_request *request, const struct kin__consumer_effect *effect)
{
	struct kin__consume *consumer = request->consumer;
	struct kin__span stream = kin__span_text(consumer->set.stream), none = { NULL, 0 };
	struct kin__consume_shard *shard;

	switch (effect->type) {
	case KIN__CONSUMER_DESCRIBE:
		request->attempt.operation = KIN__DESCRIBE_STREAM_SUMMARY;
		request->attempt.done = described;
		kin__describe_stream_summary_encode(&request->body, stream);
		break;
	case KIN__CONSUMER_GET_ITERATOR:
		request->attempt.operation = KIN__GET_SHARD_ITERATOR;
		request->attempt.done = iterator_got;
		kin__shard_iterator_encode(&request->body, stream, kin__span_text(shard_id(request)),
		                           (enum kin__iterator_type)effect->iterator.type,
		                           kin__span_text(effect->iterator.sequence),
		                           effect->iterator.timestamp_ms);
		break;
	default: /* FETCH */
		request->attempt.operation = KIN__GET_RECORDS;
		request->attempt.done = fetched;
		request->attempt.place = begun;
		request->attempt.more = fetching;
		kin__get_page_clear(&request->page);
		shard = kin__consume_shard(consumer, effect->shard);
		(kin__core_cbor(consumer->set.core) ? kin__get_records_encode_cbor : kin__get_records_encode)(
				&request->body, kin__span_text(shard ? shard->iterator : ""),
				effect->fetch.limit, kin__limits_is_arn(stream) ? stream : none);
		break;
	}
	send(request);
}

void kin__consume_service(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	struct kin__consume_request *request = take_request(consumer);

	if (request && effect->type == KIN__CONSUMER_LIST_SHARDS) {
		request->listing = kin__mem_zalloc(sizeof *request->listing);
		if (!request->listing) {
			kin__list_append(&consumer->own.idle, &request->node);
			request = NULL;
		}
	}
	if (!request) {
		consumer->own.in_flight--;
		kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for a request");
		return;
	}
	kin__list_append(&consumer->own.busy, &request->node);
	request->id = effect->id;
	request->shard = effect->shard;
	request->attempt.user = request;
	request->attempt.timeout_ms = 0;
	request->attempt.place = NULL;
	request->attempt.more = NULL;
	request->attempt.stream_arn = kin__limits_is_arn(kin__span_text(consumer->set.stream))
	                                              ? consumer->set.stream
	                                              : NULL;
	if (effect->type == KIN__CONSUMER_LIST_SHARDS) {
		kin__listing_init(request->listing);
		request->attempt.operation = KIN__LIST_SHARDS;
		request->attempt.done = listed;
		list_page(request, NULL);
		return;
	}
	begin(request, effect);
}

void kin__consume_cancel(struct kin__consume *consumer)
{
	while (!kin__list_empty(&consumer->own.busy)) {
		struct kin__consume_request *request =
				kin__container(consumer->own.busy.next, struct kin__consume_request, node);
		kin__list_remove(&request->node); /* once each, also if a step starts another */
		kin__core_cancel(consumer->set.core, &request->attempt);
	}
}
