#include "model/state.h"

enum { READ_RATE = 2097152 };

static struct kin__model_shard *find_readable(struct kin__model_stream *stream, int64_t now_ms,
                                              struct kin__span id)
{
	struct kin__model_shard *shard;

	if (!kin__stream_is_usable(stream) || !(shard = kin__shard_find(stream, id)))
		return NULL;
	kin__shard_age(shard, now_ms);
	return shard->gone ? NULL : shard;
}

static bool is_of_shard(const struct kin__model_shard *shard, const struct kin__sequence *number)
{
	return number->shard == shard->index && number->created_s == shard->created_s &&
	       (number->counter <= shard->counter ||
	        (shard->closed && number->counter == KIN__SEQUENCE_LAST));
}

/* false: the answer says why. */
static bool resolve_number(const struct kin__model_shard *shard, const struct kin__model_position *position,
                           uint64_t *counter, struct kin__model_answer *answer)
{
	struct kin__sequence number;

	if (!kin__sequence_parse(position->sequence, &number) || !is_of_shard(shard, &number)) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "StartingSequenceNumber % is invalid: it did not come from shard % of stream %.",
		            position->sequence, kin__span_text(shard->id),
		            kin__span_text(shard->stream->name));
		return false;
	}
	*counter = number.counter + (position->type == KIN__AFTER_SEQUENCE_NUMBER);
	return true;
}

static bool resolve_time(const struct kin__model_shard *shard, int64_t now_ms,
                         const struct kin__model_position *position, uint64_t *counter,
                         struct kin__model_answer *answer)
{
	char wanted[24], now[24];
	size_t i = 0;

	if (!position->has_timestamp) {
		kin__answer_refuse(answer, "InvalidArgumentException", "AT_TIMESTAMP needs a Timestamp.",
		                   NULL);
		return false;
	}
	if (position->timestamp_ms > now_ms) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "Timestamp % ms lies behind the present, % ms.",
		            kin__answer_number(position->timestamp_ms, wanted),
		            kin__answer_number(now_ms, now));
		return false;
	}
	while (i < shard->n && shard->records[shard->head + i].arrival_ms < position->timestamp_ms)
		i++;
	*counter = i < shard->n ? shard->records[shard->head + i].counter : shard->counter + 1;
	return true;
}

static bool resolve(const struct kin__model_shard *shard, int64_t now_ms,
                    const struct kin__model_position *position, uint64_t *counter,
                    struct kin__model_answer *answer)
{
	bool by_number = position->type == KIN__AT_SEQUENCE_NUMBER ||
	                 position->type == KIN__AFTER_SEQUENCE_NUMBER;

	if (!by_number && position->sequence.n) {
		kin__answer_refuse(answer, "InvalidArgumentException",
		                   "StartingSequenceNumber goes with AT_ and AFTER_SEQUENCE_NUMBER only.",
		                   NULL);
		return false;
	}
	if (position->type != KIN__ITERATOR_AT_TIMESTAMP && position->has_timestamp) {
		kin__answer_refuse(answer, "InvalidArgumentException",
		                   "Timestamp goes with AT_TIMESTAMP only.", NULL);
		return false;
	}
	*counter = 0;
	switch (position->type) {
	case KIN__AT_SEQUENCE_NUMBER:
	case KIN__AFTER_SEQUENCE_NUMBER:
		return resolve_number(shard, position, counter, answer);
	case KIN__ITERATOR_TRIM_HORIZON:
		return true;
	case KIN__ITERATOR_LATEST:
		*counter = shard->counter + 1;
		return true;
	case KIN__ITERATOR_AT_TIMESTAMP:
		return resolve_time(shard, now_ms, position, counter, answer);
	}
	kin__answer_refuse(answer, "InvalidArgumentException", "The ShardIteratorType is unknown.", NULL);
	return false;
}

static uint64_t to_us(int64_t now_ms)
{
	return now_ms > 0 ? (uint64_t)now_ms * 1000 : 0;
}

static void refuse_rate(const struct kin__model_shard *shard, const struct kin__model *model,
                        struct kin__model_answer *answer)
{
	KIN__REFUSE(answer, "ProvisionedThroughputExceededException",
	            "Rate exceeded for shard % in stream % under account %.", kin__span_text(shard->id),
	            kin__span_text(shard->stream->name), kin__span_text(model->account));
}

static void make_iterator(const struct kin__model *model, const struct kin__model_shard *shard,
                          int64_t now_ms, uint64_t counter, char out[static KIN__MODEL_TOKEN])
{
	struct kin__token token = { .kind = KIN__TOKEN_ITERATOR,
		                    .stream = shard->stream->serial,
		                    .shard = shard->index,
		                    .position = counter,
		                    .issued_ms = now_ms };

	kin__token_text(&token, model->secret, out);
}

void kin__model_get_iterator(struct kin__model *model, int64_t now_ms, struct kin__span name,
                             struct kin__span id, const struct kin__model_position *position,
                             char out[static KIN__MODEL_TOKEN], struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);
	struct kin__model_shard *shard = find_readable(stream, now_ms, id);
	uint64_t counter;

	out[0] = 0;
	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__GET_SHARD_ITERATOR, &shard, shard != NULL, answer))
		return;
	if (!kin__stream_is_usable(stream)) {
		kin__answer_no_stream(model, answer, name);
		return;
	}
	if (!shard) {
		kin__answer_no_shard(stream, answer, id);
		return;
	}
	if (model->set.rate_limits && !kin__pacer_take(&shard->iterators, 1, to_us(now_ms))) {
		refuse_rate(shard, model, answer);
		return;
	}
	if (resolve(shard, now_ms, position, &counter, answer))
		make_iterator(model, shard, now_ms, counter, out);
}

/* 5 calls a second; bytes are paid for afterwards: one second's worth may be used at once. */
static bool passes_read_limits(struct kin__model *model, struct kin__model_shard *shard, int64_t now_ms)
{
	if (!model->set.rate_limits)
		return true;
	if (shard->read_until_us > (int64_t)to_us(now_ms))
		return false;
	return kin__pacer_take(&shard->reads, 1, to_us(now_ms));
}

static void pay_read(struct kin__model_shard *shard, int64_t now_ms, size_t bytes)
{
	int64_t credit_us = (int64_t)to_us(now_ms) - 1000000;

	if (shard->read_until_us < credit_us)
		shard->read_until_us = credit_us;
	shard->read_until_us += (int64_t)((uint64_t)bytes * 1000000 / READ_RATE);
}

static size_t count_page(const struct kin__model_shard *shard, size_t first, uint32_t limit, size_t *bytes)
{
	size_t n = 0;

	*bytes = 0;
	while (first + n < shard->n && n < limit) {
		const struct kin__model_stored *record = &shard->records[shard->head + first + n];
		size_t size = (size_t)record->key_n + record->data_n;
		if (n > 0 && *bytes + size > KIN__MODEL_GET_BYTES_MAX)
			break;
		*bytes += size;
		n++;
	}
	return n;
}

static bool is_child(const struct kin__model_shard *child, const struct kin__model_shard *shard)
{
	return child->parent == shard || child->adjacent == shard;
}

static size_t count_children(const struct kin__model_shard *shard)
{
	size_t n = 0;

	for (size_t i = shard->index + 1; i < shard->stream->shards_n; i++)
		n += is_child(shard->stream->shards[i], shard);
	return n;
}

static void fill_page(struct kin__model *model, struct kin__model_shard *shard, int64_t now_ms,
                      const struct kin__token *token, uint32_t limit, struct kin__model_page *out)
{
	uint64_t counter = token->position;
	size_t bytes = 0, left, first;

	kin__shard_age(shard, now_ms);
	first = kin__shard_seek(shard, counter);
	out->shard = shard;
	out->first = first;
	if (shard->n > first && kin__rng_chance(&model->rng, model->set.sparse_per_mille))
		out->n = 0;
	else
		out->n = count_page(shard, first, limit, &bytes);
	if (out->n)
		counter = shard->records[shard->head + first + out->n - 1].counter + 1;
	left = shard->n - first - out->n;
	if (left) {
		int64_t behind_ms = now_ms - shard->records[shard->head + first + out->n].arrival_ms;
		out->behind_ms = behind_ms > 0 ? behind_ms : 1;
	}
	if (model->set.rate_limits)
		pay_read(shard, now_ms, bytes);
	/* Now and then a closed shard's last records come with one more iterator. */
	if (!left && shard->closed && !(out->n && kin__rng_chance(&model->rng, model->set.sparse_per_mille)))
		out->children_n = count_children(shard);
	else
		make_iterator(model, shard, now_ms, counter, out->next);
}

static bool is_expired(const struct kin__model *model, int64_t now_ms, const struct kin__token *token,
                       struct kin__model_answer *answer)
{
	char issued[24], now[24], ttl[24];

	if (now_ms - token->issued_ms <= model->set.iterator_ttl_ms)
		return false;
	KIN__REFUSE(answer, "ExpiredIteratorException",
	            "Iterator expired: it was made at % ms, now it is % ms, and it lives % ms.",
	            kin__answer_number(token->issued_ms, issued), kin__answer_number(now_ms, now),
	            kin__answer_number(model->set.iterator_ttl_ms, ttl));
	return true;
}

void kin__model_get_records(struct kin__model *model, int64_t now_ms, struct kin__span iterator,
                            uint32_t limit, struct kin__model_page *out, struct kin__model_answer *answer)
{
	struct kin__token token;
	bool known = kin__token_parse(iterator, model->secret, &token) && token.kind == KIN__TOKEN_ITERATOR;
	struct kin__model_stream *stream = known ? kin__stream_by_serial(model, now_ms, token.stream) : NULL;
	struct kin__model_shard *shard = kin__stream_is_usable(stream) && token.shard < stream->shards_n
	                                                 ? stream->shards[token.shard]
	                                                 : NULL;

	memset(out, 0, sizeof *out);
	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__GET_RECORDS, &shard, shard != NULL, answer))
		return;
	if (limit > KIN__MODEL_GET_RECORDS_MAX) {
		kin__answer_refuse(answer, "InvalidArgumentException", "Limit must be from 1 to 10000.",
		                   NULL);
		return;
	}
	if (!known) {
		kin__answer_refuse(answer, "InvalidArgumentException", "Invalid ShardIterator.", NULL);
		return;
	}
	if (is_expired(model, now_ms, &token, answer))
		return;
	if (!shard) {
		kin__answer_refuse(answer, "ResourceNotFoundException",
		                   "The stream of this iterator does not exist.", NULL);
		return;
	}
	if (!passes_read_limits(model, shard, now_ms)) {
		refuse_rate(shard, model, answer);
		return;
	}
	fill_page(model, shard, now_ms, &token, limit ? limit : KIN__MODEL_GET_RECORDS_MAX, out);
}

void kin__model_page_record(const struct kin__model_page *page, size_t i, struct kin__model_record *out)
{
	const struct kin__model_shard *shard = page->shard;
	const struct kin__model_stored *record = &shard->records[shard->head + page->first + i];

	out->key = kin__span(record->key, record->key_n);
	out->data = kin__span(record->data, record->data_n);
	out->arrival_ms = record->arrival_ms;
	kin__shard_number(shard, record->counter, record->arrival_ms, out->sequence);
}

void kin__model_page_child(const struct kin__model_page *page, size_t i, struct kin__shard_info *out)
{
	const struct kin__model_stream *stream = page->shard->stream;

	for (size_t at = page->shard->index + 1; at < stream->shards_n; at++)
		if (is_child(stream->shards[at], page->shard) && i-- == 0) {
			kin__shard_info(stream->shards[at], out);
			return;
		}
	*out = (struct kin__shard_info){ 0 };
}
