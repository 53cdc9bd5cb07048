/* The service's side of the world: the model, its faults, pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "consume_world.h"

static struct kin__span stream_name(void)
{
	return kin__span_text("s");
}

static enum kin__verdict verdict_of(const char *code)
{
	if (!code)
		return KIN__DONE;
	if (strcmp(code, "ResourceNotFoundException") == 0)
		return KIN__NOT_FOUND;
	if (strcmp(code, "ExpiredIteratorException") == 0)
		return KIN__ITERATOR_EXPIRED;
	if (strcmp(code, "InvalidArgumentException") == 0 || strcmp(code, "ValidationException") == 0)
		return KIN__INVALID_ARGUMENT;
	if (strcmp(code, "ResourceInUseException") == 0)
		return KIN__IN_USE;
	if (strcmp(code, "ProvisionedThroughputExceededException") == 0 ||
	    strcmp(code, "LimitExceededException") == 0)
		return KIN__THROTTLED;
	return KIN__TRANSIENT;
}

static void answer(struct consume_world *w, struct consume_call *call, const struct kin__model_answer *from)
{
	static const uint8_t met[] = { [KIN__NOT_FOUND] = CONSUME_NOT_FOUND,
		                       [KIN__ITERATOR_EXPIRED] = CONSUME_EXPIRED,
		                       [KIN__INVALID_ARGUMENT] = CONSUME_INVALID };

	call->answer.verdict = (uint8_t)verdict_of(from->code);
	if (call->answer.verdict == KIN__DONE)
		return;
	if (call->answer.verdict < KIN__ARRAY_LEN(met) && met[call->answer.verdict])
		consume_met(w, met[call->answer.verdict]);
	snprintf(call->error.message, sizeof call->error.message, "%.200s", from->message);
	call->answer.error = &call->error;
}

uint32_t consume_service_shard(struct consume_world *w, const char *id)
{
	for (uint32_t i = 0; i < w->shards_n; i++)
		if (w->shards[i].stream == w->stream && strcmp(w->shards[i].id, id) == 0)
			return i;
	if (w->shards_n == CONSUME_SHARDS)
		consume_fail(w, "the world holds too many shards");
	snprintf(w->shards[w->shards_n].id, CONSUME_TEXT, "%s", id);
	w->shards[w->shards_n].stream = w->stream;
	return w->shards_n++;
}

void consume_service_create(struct consume_world *w, int64_t now_ms, uint32_t shards)
{
	struct kin__stream_summary summary;
	struct kin__model_answer told;

	kin__model_create_stream(w->model, now_ms, stream_name(), shards, 0, &told);
	if (told.code)
		consume_fail(w, "create: %s", told.message);
	kin__model_describe(w->model, now_ms, stream_name(), &summary, &told);
	snprintf(w->arn, sizeof w->arn, "%s", summary.arn);
	w->expect_gap = w->expect_gap || w->items_n > 0;
	w->stream++;
	w->created_ms[w->stream] = summary.created_ms;
}

void consume_service_recreate(struct consume_world *w)
{
	struct kin__model_answer told;
	int64_t now_ms = consume_service_ms(w);

	/* Where a start at another place than the horizon begins on a new stream is a rule of its own. */
	if (w->stream >= 3 || (w->set.starting_position != KIN_TRIM_HORIZON &&
	                       (w->ever_running_us == UINT64_MAX || !w->set.leases)))
		return;
	kin__model_delete_stream(w->model, now_ms, stream_name(), &told);
	consume_service_create(w, now_ms, 1 + (uint32_t)kin__rng_below(&w->rng, 2));
	consume_met(w, w->consumer ? CONSUME_RECREATE : CONSUME_RECREATE_DOWN);
	CONSUME_SAY(w, "the stream is deleted and created anew");
}

/* The stamp of the newest record of a shard. */
static int64_t arrival_of(struct consume_world *w, const char *shard)
{
	struct kin__span id = kin__span_text(shard);
	size_t n = kin__model_count(w->model, consume_service_ms(w), stream_name(), id);
	struct kin__model_record record;

	if (n == 0 || !kin__model_peek(w->model, stream_name(), id, n - 1, &record))
		return consume_service_ms(w);
	return record.arrival_ms;
}

static size_t list(struct consume_world *w, struct kin__shard_info *out, size_t room,
                   struct kin__model_answer *told)
{
	struct kin__model_list how = { .stream = stream_name() };
	char next[KIN__MODEL_TOKEN];
	size_t n = 0;

	kin__model_list_shards(w->model, consume_service_ms(w), &how, out, room, &n, next, told);
	return n;
}

static const char *const key_names[CONSUME_KEYS] = { "a", "b", "c", "d", "e" };

static void draw_record(struct consume_world *w, struct consume_record *record, uint32_t sub)
{
	*record = (struct consume_record){
		.id = w->records_n + sub, .sub = sub, .stream = w->stream, .put_ms = consume_service_ms(w)
	};
	record->key = (uint32_t)kin__rng_below(&w->rng, CONSUME_KEYS);
	record->poison = kin__rng_chance(&w->rng, w->poison_per_mille);
	record->left_out = w->filter_per_mille > 0 && kin__rng_chance(&w->rng, w->filter_per_mille);
}

/* Does the key belong to that shard?  A producer with an old map does not know. */
static bool is_of_shard(struct consume_world *w, const char *shard, uint32_t key)
{
	struct kin__shard_info shards[CONSUME_SHARDS];
	struct kin__model_answer told;
	size_t n = list(w, shards, CONSUME_SHARDS, &told);

	for (size_t i = 0; i < n; i++)
		if (strcmp(shards[i].id, shard) == 0)
			return kin__hashkey_compare(w->keys[key], shards[i].first_hash) >= 0 &&
			       kin__hashkey_compare(w->keys[key], shards[i].last_hash) <= 0;
	return true;
}

static void stored(struct consume_world *w, struct consume_record *record, const struct kin__model_put *put,
                   bool part)
{
	record->shard = consume_service_shard(w, put->shard);
	record->sick_shard = w->sick >> (put->shard[strlen(put->shard) - 1] - '0') & 1;
	record->sick = record->sick_shard && w->sick_lanes >> w->lanes[record->key] & 1;
	record->poison = record->poison || (record->sick && !w->healed);
	record->other_shard = part && !is_of_shard(w, put->shard, record->key);
	memcpy(record->sequence, put->sequence, sizeof record->sequence);
	record->arrival_ms = arrival_of(w, put->shard);
	consume_mark(w, record->key * 1000 + record->shard);
	CONSUME_SAY(w, "put r%u key %s to %s%s%s", record->id, key_names[record->key], put->shard,
	            part ? ", part of an aggregate" : "",
	            record->other_shard ? " (another shard's)"
	            : record->left_out  ? " (left out)"
	            : record->poison    ? " (poison)"
	                                : "");
}

/* One record of the service: a record, or an aggregate of some; it lies where the first one's key belongs. */
void consume_service_put(struct consume_world *w)
{
	struct consume_record *first = &w->records[w->records_n];
	struct kin__model_entry entry = { .has_hash = true };
	struct kin__model_answer told;
	struct kin__model_put put;
	uint32_t parts = 1;

	if (w->records_n == w->records_max)
		return;
	if (w->aggregate_per_mille > 0 && kin__rng_chance(&w->rng, w->aggregate_per_mille))
		parts += (uint32_t)kin__rng_below(&w->rng, CONSUME_PARTS);
	if (parts > w->records_max - w->records_n)
		parts = w->records_max - w->records_n;
	for (uint32_t i = 0; i < parts; i++)
		draw_record(w, &first[i], i);
	first->parts = parts;
	entry.key = kin__span_text(key_names[first->key]);
	entry.hash = w->keys[first->key];
	/* The first one's number stands in the data; a few records are bigger than a whole batch may be. */
	entry.data = kin__span((const char *)&first->id,
	                       kin__rng_chance(&w->rng, 30) ? sizeof *first : sizeof first->id);
	kin__model_put_record(w->model, consume_service_ms(w), stream_name(), &entry, kin__span("", 0), &put,
	                      &told);
	if (told.code || put.outcome != KIN__MODEL_STORED)
		return;
	for (uint32_t i = 0; i < parts; i++)
		stored(w, &first[i], &put, parts > 1);
	w->records_n += parts;
	consume_met(w, parts > 1 ? CONSUME_AGGREGATE : CONSUME_PUT);
}

/* Splits or merges an open shard. */
void consume_service_change(struct consume_world *w)
{
	struct kin__shard_info shards[CONSUME_SHARDS];
	struct kin__model_answer told;
	size_t n = list(w, shards, CONSUME_SHARDS, &told), open[CONSUME_SHARDS], open_n = 0;
	const struct kin__shard_info *one, *two = NULL;

	for (size_t i = 0; i < n; i++)
		if (!shards[i].last_sequence)
			open[open_n++] = i;
	if (open_n == 0 || n + 2 >= 20)
		return;
	one = &shards[open[kin__rng_below(&w->rng, open_n)]];
	for (size_t i = 0; i < open_n; i++) {
		struct kin__hashkey next = kin__hashkey_next(one->last_hash);

		if (kin__hashkey_compare(shards[open[i]].first_hash, next) == 0 &&
		    kin__hashkey_compare(next, one->first_hash) > 0)
			two = &shards[open[i]];
	}
	if (two && kin__rng_chance(&w->rng, 500)) {
		kin__model_merge(w->model, consume_service_ms(w), stream_name(), kin__span_text(one->id),
		                 kin__span_text(two->id), &told);
		consume_met(w, CONSUME_MERGE);
	} else {
		kin__model_split(w->model, consume_service_ms(w), stream_name(), kin__span_text(one->id),
		                 kin__hashkey_middle(one->first_hash, one->last_hash), &told);
		consume_met(w, CONSUME_SPLIT);
	}
	CONSUME_SAY(w, "reshard of %s%s%s: %s", one->id, two ? " by " : "", two ? two->id : "",
	            told.code ? told.message : "done");
}

struct consume_page *consume_page_find(struct consume_world *w, uint64_t id)
{
	struct consume_page *page = &w->pages[id % CONSUME_PAGES];

	if (!page->live || page->id != id)
		consume_fail(w, "page %llu is not held", (unsigned long long)id);
	return page;
}

static void page_free(struct consume_world *w, struct consume_page *page)
{
	w->held_bytes -= page->told ? page->bytes : 0;
	free(page->records);
	free(page->ids);
	free(page->left_out);
	free(page->lanes);
	free(page->sequences);
	*page = (struct consume_page){ 0 };
}

void consume_page_release(struct consume_world *w, uint64_t id)
{
	struct consume_page *page = consume_page_find(w, id);

	if (page->refs)
		consume_fail(w, "page %llu is released while a call holds it", (unsigned long long)id);
	page_free(w, page);
}

/* What is not needed any more is gone: whoever looks at it is found out. */
void consume_page_copy(struct consume_world *w, const struct kin__consumer_effect *effect)
{
	struct consume_page *page = consume_page_find(w, effect->copy.slice.page);
	const struct kin__slice *slice = &effect->copy.slice;
	uint64_t bytes = PAGE_ARRAY(page->n);

	if (page->refs)
		consume_fail(w, "page %llu is copied while a call holds it", (unsigned long long)page->id);
	if (slice->count == 0 || slice->first + slice->count > page->n)
		consume_fail(w, "page %llu is copied past its end", (unsigned long long)page->id);
	for (uint32_t i = 0; i < page->n; i++) {
		struct kin_record *record = &page->records[i];

		if (i < slice->first || i >= slice->first + slice->count) {
			*record = (struct kin_record){ 0 };
			page->ids[i] = CONSUME_RECORDS;
		} else {
			bytes += record->data_size + record->partition_key_size +
			         record->sequence_number_size + 3;
		}
	}
	if (bytes != effect->copy.bytes || bytes >= page->bytes)
		consume_fail(w, "page %llu holds %llu bytes after a copy, the machine says %llu",
		             (unsigned long long)page->id, (unsigned long long)bytes,
		             (unsigned long long)effect->copy.bytes);
	w->held_bytes -= page->bytes - bytes;
	page->bytes = bytes;
	consume_met(w, CONSUME_COPIED);
	CONSUME_SAY(w, "page %llu: %u records copied out", (unsigned long long)page->id, slice->count);
}

void consume_pages_clear(struct consume_world *w)
{
	for (size_t i = 0; i < CONSUME_PAGES; i++)
		if (w->pages[i].live)
			page_free(w, &w->pages[i]);
}

static uint32_t first_id(const struct kin__model_page *from, size_t i, struct kin__model_record *record)
{
	uint32_t id;

	kin__model_page_record(from, i, record);
	memcpy(&id, record->data.at, sizeof id);
	return id;
}

static struct consume_page *page_new(struct consume_world *w, const struct kin__model_page *from)
{
	struct consume_page *page;
	struct kin__model_record record;

	do
		w->page_serial++;
	while (w->pages[w->page_serial % CONSUME_PAGES].live);
	page = &w->pages[w->page_serial % CONSUME_PAGES];
	page->id = w->page_serial;
	page->live = true;
	for (size_t i = 0; i < from->n; i++)
		page->n += w->records[first_id(from, i, &record)].parts;
	page->records = calloc(page->n + 1, sizeof *page->records);
	page->ids = calloc(page->n + 1, sizeof *page->ids);
	page->left_out = calloc(page->n + 1, sizeof *page->left_out);
	page->lanes = calloc(page->n + 1, sizeof *page->lanes);
	page->sequences = calloc(page->n + 1, sizeof *page->sequences);
	page->bytes = PAGE_BYTES(page->n);
	if (page->bytes > w->page_bytes_max)
		w->page_bytes_max = page->bytes;
	return page;
}

/* One record of the world, as the shell would show it: of an aggregate, its key and its data, the number of all. */
static void show(struct consume_world *w, struct consume_page *page, uint32_t at, uint32_t id,
                 const struct kin__model_record *from)
{
	const struct consume_record *record = &w->records[id];
	bool whole = record->sub == 0 && record->parts == 1;

	page->ids[at] = id;
	page->left_out[at] = record->other_shard ? KIN__LEFT_OUT_OTHER_SHARD
	                     : record->left_out  ? KIN__LEFT_OUT_FILTER
	                                         : KIN__LEFT_IN;
	page->lanes[at] = w->lanes[record->key];
	memcpy(page->sequences[at], from->sequence, sizeof page->sequences[at]);
	page->records[at] = (struct kin_record){ .partition_key = key_names[record->key],
		                                 .partition_key_size = 1,
		                                 .sequence_number = page->sequences[at],
		                                 .sub_sequence = record->sub,
		                                 .data = &record->id,
		                                 .data_size = whole ? from->data.n : sizeof record->id,
		                                 .arrival_ms = from->arrival_ms };
	page->records[at].sequence_number_size = (uint32_t)strlen(page->sequences[at]);
}

/* One with an item in the store may be gone from the list before its turn comes. */
static bool is_listed(struct consume_world *w, const char *id)
{
	static struct kin__shard_info shards[CONSUME_SHARDS];
	struct kin__model_answer told;
	size_t n = list(w, shards, CONSUME_SHARDS, &told);

	while (n > 0 && strcmp(shards[n - 1].id, id) != 0)
		n--;
	return n > 0;
}

static void check_range(struct consume_world *w, const struct consume_call *call)
{
	const char *id = kin__consumer_shard_id(w->consumer, call->shard);
	struct kin__hash_range range;

	if (w->aggregate_per_mille > 0 && !kin__consumer_shard_range(w->consumer, call->shard, &range) &&
	    w->consumer->created_ms == w->created_ms[w->stream] && is_listed(w, id))
		consume_fail(w, "%s is read, and its range is not known", id);
}

static void take_page(struct consume_world *w, struct consume_call *call, const struct kin__model_page *from)
{
	struct consume_page *page = page_new(w, from);
	uint32_t at = 0;

	check_range(w, call);
	for (size_t i = 0; i < from->n; i++) {
		struct kin__model_record record;
		uint32_t id = first_id(from, i, &record), parts = w->records[id].parts;

		for (uint32_t k = 0; k < parts; k++)
			show(w, page, at++, id + k, &record);
	}
	call->answer.page.id = page->id;
	call->answer.page.records = page->records;
	call->answer.page.plain = call->answer.page.id % 2; /* they all are */
	call->answer.page.lanes = w->set.parallelization_factor > 1 ? page->lanes : NULL;
	call->answer.page.left_out = w->filter_per_mille + w->aggregate_per_mille > 0 ? page->left_out : NULL;
	call->answer.page.count = page->n;
	call->answer.page.bytes = page->bytes;
	call->answer.page.payload_bytes = 100 * (uint64_t)page->n;
	call->answer.page.array_bytes = PAGE_ARRAY(page->n);
	call->answer.page.behind_ms = from->behind_ms;
	call->answer.page.ended = from->next[0] == 0;
	memcpy(call->token, from->next, sizeof call->token);
}

/* A fault instead of an answer: true.  A lost answer had its effect. */
static bool fault(struct consume_world *w, struct consume_call *call)
{
	if (!consume_chance(w, w->api_fail_per_mille))
		return false;
	switch (kin__rng_below(&w->rng, 3)) {
	case 0:
		consume_met(w, CONSUME_THROTTLED);
		call->answer.verdict = KIN__THROTTLED;
		return true;
	case 1:
		consume_met(w, CONSUME_TRANSIENT);
		call->answer.verdict = KIN__TRANSIENT;
		return true;
	default:
		consume_met(w, CONSUME_ANSWER_LOST);
		call->answer.verdict = KIN__TRANSIENT;
		call->node.due += 5000000; /* noticed late */
		return true;
	}
}

static void perform_iterator(struct consume_world *w, struct consume_call *call, const char *shard)
{
	struct kin__model_position position = { .type = (enum kin__iterator_type)call->position };
	struct kin__model_answer told;

	position.sequence = kin__span_text(call->sequence);
	position.has_timestamp = call->position == KIN__ITERATOR_AT_TIMESTAMP;
	position.timestamp_ms = call->timestamp_ms;
	kin__model_get_iterator(w->model, consume_service_ms(w), stream_name(), kin__span_text(shard),
	                        &position, call->token, &told);
	answer(w, call, &told);
	CONSUME_SAY(w, "iterator of %s: %u %s %lld: %s", shard, call->position, call->sequence,
	            (long long)call->timestamp_ms, told.code ? told.message : "ok");
}

/* The gap rule has a tolerance: what was trimmed only just now may go unnoticed.  With a record all before it are
 * trimmed, also one that arrived later by the clock of its own. */
static void note_slack(struct consume_world *w, uint32_t shard)
{
	int64_t horizon_ms = consume_service_ms(w) - w->retention_ms;

	bool trimmed = false;

	for (uint32_t i = w->records_n; i-- > 0;) {
		struct consume_record *record = &w->records[i];

		if (record->shard != shard)
			continue;
		trimmed = trimmed || record->arrival_ms <= horizon_ms;
		if (trimmed && !record->settled && record->arrival_ms >= horizon_ms - 3000)
			record->slack = true;
	}
}

static void perform_fetch(struct consume_world *w, struct consume_call *call)
{
	uint32_t limit = 1 + (uint32_t)kin__rng_below(&w->rng, 12);
	struct kin__model_answer told;
	struct kin__model_page page;

	if (w->short_retention)
		note_slack(w, consume_service_shard(w, kin__consumer_shard_id(w->consumer, call->shard)));
	kin__model_get_records(w->model, consume_service_ms(w), kin__span_text(w->tokens[call->shard]),
	                       limit < call->limit ? limit : call->limit, &page, &told);
	answer(w, call, &told);
	if (call->answer.verdict == KIN__DONE)
		take_page(w, call, &page);
	if (w->consumer->created_ms != w->created_ms[w->stream])
		w->mixed = true;
	if (call->answer.verdict != KIN__DONE || page.n > 0 || page.next[0] == 0)
		CONSUME_SAY(w, "fetch of %s: %s, %u records, behind %lld%s",
		            kin__consumer_shard_id(w->consumer, call->shard), told.code ? told.message : "ok",
		            call->answer.verdict == KIN__DONE ? call->answer.page.count : 0,
		            call->answer.verdict == KIN__DONE ? (long long)page.behind_ms : -1,
		            call->answer.verdict == KIN__DONE && !page.next[0] ? ", ended" : "");
}

void consume_service_perform(struct consume_world *w, struct consume_call *call)
{
	if (fault(w, call))
		return;
	call->answer.verdict = KIN__DONE;
	if (call->type == KIN__CONSUMER_GET_ITERATOR)
		perform_iterator(w, call, kin__consumer_shard_id(w->consumer, call->shard));
	else if (call->type == KIN__CONSUMER_FETCH)
		perform_fetch(w, call);
}

/* The moment the answer is delivered: what borrows from the model is asked now. */
void consume_service_tell(struct consume_world *w, struct consume_call *call,
                          struct kin__consumer_event *event)
{
	static struct kin__shard_info shards[CONSUME_SHARDS];
	struct kin__model_answer told;

	if (call->type == KIN__CONSUMER_DESCRIBE && event->verdict == KIN__DONE) {
		kin__model_describe(w->model, consume_service_ms(w), stream_name(), &event->summary, &told);
	} else if (call->type == KIN__CONSUMER_LIST_SHARDS && event->verdict == KIN__DONE) {
		event->shards.n = list(w, shards, CONSUME_SHARDS, &told);
		event->shards.at = shards;
	} else if (event->verdict == KIN__DONE &&
	           (call->type == KIN__CONSUMER_GET_ITERATOR || call->type == KIN__CONSUMER_FETCH)) {
		if (call->shard >= CONSUME_SHARDS)
			consume_fail(w, "the machine holds too many shards");
		memcpy(w->tokens[call->shard], call->token, sizeof call->token);
		if (call->type == KIN__CONSUMER_FETCH) {
			consume_page_find(w, event->page.id)->told = true;
			if (w->set.parallelization_factor > 1 &&
			    w->consumer->shards[call->shard]->pages_n >= PAGES_MAX)
				consume_met(w, CONSUME_LANES_READ_AHEAD);
			w->held_bytes += event->page.bytes;
		}
	}
}
