#include "base/mem.h"
#include "model/state.h"

enum { ENTRIES = KIN__MODEL_PUT_ENTRIES_MAX, COUNTER_STEP = 16 };

/* What one put is made of while it runs. */
struct put {
	struct kin__model *model;
	struct kin__model_stream *stream; /* NULL: not usable */
	int64_t now_ms;
	const struct kin__model_entry *entries;
	size_t n;
	struct kin__model_shard *shards[ENTRIES]; /* of each entry */
	struct kin__model_block *block;
	char *room;
};

static bool refuse_sizes(const struct put *put, struct kin__model_answer *answer)
{
	char number[24], limit[24];
	size_t sum = 0;

	for (size_t i = 0; i < put->n; i++) {
		size_t size = put->entries[i].key.n + put->entries[i].data.n;
		if (size > put->stream->record_bytes_max) {
			KIN__REFUSE(answer, "InvalidArgumentException",
			            "A record of % bytes with its partition key exceeds the % bytes of "
			            "stream %.",
			            kin__answer_number((int64_t)size, number),
			            kin__answer_number(put->stream->record_bytes_max, limit),
			            kin__span_text(put->stream->name));
			return true;
		}
		sum += size;
	}
	if (put->n > 1 && sum > put->model->set.request_bytes_max) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "Records of % bytes exceed the % bytes of a request.",
		            kin__answer_number((int64_t)sum, number),
		            kin__answer_number(put->model->set.request_bytes_max, limit));
		return true;
	}
	return false;
}

/* Only where the service spreads the records may the key be left out. */
static bool refuse_keyless(const struct put *put, enum kin__operation operation,
                           struct kin__model_answer *answer)
{
	bool alone = operation == KIN__PUT_RECORD;
	char number[24];

	for (size_t i = 0; i < put->n && !put->stream->distributed; i++) {
		if (put->entries[i].key.at)
			continue;
		KIN__REFUSE(answer, "ValidationException",
		            "1 validation error detected: Value null at '%%%partitionKey' failed to satisfy "
		            "constraint: Member must not be null",
		            kin__span_text(alone ? "" : "records."),
		            alone ? kin__span_text("") : kin__answer_number((int64_t)i + 1, number),
		            kin__span_text(alone ? "" : ".member."));
		return true;
	}
	return false;
}

static struct kin__model_shard *anywhere(const struct put *put)
{
	return put->stream->open[kin__rng_below(&put->model->rng, put->stream->open_n)];
}

static void place(struct put *put)
{
	for (size_t i = 0; i < put->n; i++) {
		const struct kin__model_entry *entry = &put->entries[i];

		if (put->stream->distributed && !entry->has_hash)
			put->shards[i] = anywhere(put);
		else
			put->shards[i] = kin__shard_of_hash(put->stream,
			                                    entry->has_hash ? entry->hash
			                                                    : kin__hashkey_of(entry->key));
		put->shards[i]->struck_throttle = false;
		put->shards[i]->struck_per_mille = 0;
	}
}

static bool passes_limits(struct put *put, struct kin__model_shard *shard, size_t size)
{
	uint64_t now_us = put->now_ms > 0 ? (uint64_t)put->now_ms * 1000 : 0;

	if (!put->model->set.rate_limits)
		return true;
	if (kin__pacer_ready_us(&shard->records_in, 1, now_us) > now_us ||
	    kin__pacer_ready_us(&shard->bytes_in, size, now_us) > now_us)
		return false;
	return kin__pacer_take(&shard->records_in, 1, now_us) &&
	       kin__pacer_take(&shard->bytes_in, size, now_us);
}

static const char *keep(struct put *put, struct kin__span bytes)
{
	const char *at = put->room;

	if (!put->block)
		return bytes.at;
	if (bytes.n)
		memcpy(put->room, bytes.at, bytes.n);
	put->room += bytes.n;
	return at;
}

static bool store(struct put *put, size_t i, struct kin__model_put *out)
{
	struct kin__model_shard *shard = put->shards[i];
	const struct kin__model_entry *entry = &put->entries[i];
	uint32_t jitter = put->model->set.arrival_jitter_ms;
	struct kin__model_stored record = {
		.counter = shard->counter + 1 + kin__rng_below(&put->model->rng, COUNTER_STEP),
		.arrival_ms = put->now_ms -
		              (jitter ? (int64_t)kin__rng_below(&put->model->rng, (uint64_t)jitter + 1) : 0),
		.block = put->block,
		.key = entry->key.at ? keep(put, entry->key) : NULL,
		.key_n = (uint32_t)entry->key.n,
		.data = keep(put, entry->data),
		.data_n = (uint32_t)entry->data.n,
	};

	if (kin__shard_add(shard, &record) < 0)
		return false;
	if (put->block)
		put->block->refs++;
	kin__shard_number(shard, record.counter, record.arrival_ms, out->sequence);
	return true;
}

/* One entry: its shard's limits, then what the faults want of it, then the store. */
static void put_entry(struct put *put, size_t i, uint32_t partial_per_mille, struct kin__model_put *out)
{
	struct kin__model_shard *shard = put->shards[i];
	struct kin__rng *rng = &put->model->rng;
	bool is_stored;

	if (shard->struck_per_mille > partial_per_mille)
		partial_per_mille = shard->struck_per_mille;
	out->shard = shard->id;
	out->encrypted = shard->stream->key_id != NULL;
	out->sequence[0] = 0;
	out->outcome = KIN__MODEL_THROTTLED;
	if (shard->struck_throttle ||
	    !passes_limits(put, shard, put->entries[i].key.n + put->entries[i].data.n))
		return;
	if (partial_per_mille && kin__rng_chance(rng, partial_per_mille)) {
		if (kin__rng_chance(rng, 750))
			return;
		out->outcome = KIN__MODEL_INTERNAL;
		if (kin__rng_chance(rng, 500))
			return;
		(void)store(put, i, out);
		return;
	}
	is_stored = store(put, i, out);
	out->outcome = is_stored ? KIN__MODEL_STORED : KIN__MODEL_INTERNAL;
}

/* One block for the copies of all entries; false: out of memory. */
static bool make_block(struct put *put)
{
	size_t size = sizeof *put->block;

	if (put->model->set.borrow_records)
		return true;
	for (size_t i = 0; i < put->n; i++)
		size += put->entries[i].key.n + put->entries[i].data.n;
	put->block = kin__mem_alloc(size);
	if (!put->block)
		return false;
	put->block->refs = 1; /* ours, until the put is done */
	put->room = (char *)(put->block + 1);
	return true;
}

static void release_block(struct put *put)
{
	if (put->block && --put->block->refs == 0)
		kin__mem_free(put->block);
}

/* false: the answer is made. */
static bool begin(struct put *put, enum kin__operation operation, struct kin__span name,
                  struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(put->model, put->now_ms, name);
	size_t n = put->n;
	bool placed;

	kin__answer_init(answer);
	put->stream = kin__stream_is_usable(stream) ? stream : NULL;
	put->block = NULL;
	placed = put->stream && n >= 1 && n <= ENTRIES;
	if (placed)
		place(put);
	if (!kin__answer_begin(put->model, operation, put->shards, placed ? n : 0, answer))
		return false;
	if (n < 1 || n > ENTRIES) {
		char number[24];
		KIN__REFUSE(answer, "ValidationException", "Records must hold 1 to 500 entries, not %.",
		            kin__answer_number((int64_t)n, number));
		return false;
	}
	if (!put->stream) {
		kin__answer_no_stream(put->model, answer, name);
		return false;
	}
	if (refuse_keyless(put, operation, answer) || refuse_sizes(put, answer))
		return false;
	if (!make_block(put)) {
		kin__answer_nomem(answer);
		return false;
	}
	return true;
}

void kin__model_put_records(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                            const struct kin__model_entry *entries, size_t n, struct kin__model_put *out,
                            size_t *failed, struct kin__model_answer *answer)
{
	struct put put;

	*failed = 0;
	put.model = model;
	put.now_ms = now_ms;
	put.entries = entries;
	put.n = n;
	if (!begin(&put, KIN__PUT_RECORDS, stream, answer))
		return;
	for (size_t i = 0; i < n; i++) {
		put_entry(&put, i, answer->strike.partial_per_mille, &out[i]);
		*failed += out[i].outcome != KIN__MODEL_STORED;
	}
	release_block(&put);
}

/* SequenceNumberForOrdering must be a number that the stream has given. */
static bool is_foreign(const struct kin__model_stream *stream, struct kin__span ordering)
{
	struct kin__sequence number;

	return !kin__sequence_parse(ordering, &number) || number.shard >= stream->shards_n ||
	       number.created_s != stream->shards[number.shard]->created_s ||
	       number.counter > stream->shards[number.shard]->counter;
}

/* false: the answer is made, and the put released. */
static bool passes_ordering(struct put *put, struct kin__span ordering, struct kin__model_answer *answer)
{
	if (!ordering.n || !is_foreign(put->stream, ordering))
		return true;
	KIN__REFUSE(answer, "InvalidArgumentException",
	            "SequenceNumberForOrdering % did not come from stream %.", ordering,
	            kin__span_text(put->stream->name));
	release_block(put);
	return false;
}

void kin__model_check_put(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                          struct kin__span stream, const struct kin__model_entry *entries, size_t n,
                          struct kin__span ordering, struct kin__model_answer *answer)
{
	struct put put = { .model = model, .now_ms = now_ms, .entries = entries, .n = n };

	if (begin(&put, operation, stream, answer) && passes_ordering(&put, ordering, answer))
		release_block(&put);
}

void kin__model_put_record(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                           const struct kin__model_entry *entry, struct kin__span ordering,
                           struct kin__model_put *out, struct kin__model_answer *answer)
{
	struct put put;

	put.model = model;
	put.now_ms = now_ms;
	put.entries = entry;
	put.n = 1;
	if (!begin(&put, KIN__PUT_RECORD, stream, answer))
		return;
	if (!passes_ordering(&put, ordering, answer))
		return;
	put_entry(&put, 0, 0, out);
	if (out->outcome == KIN__MODEL_THROTTLED)
		KIN__REFUSE(answer, "ProvisionedThroughputExceededException",
		            "Rate exceeded for shard % in stream % under account %.",
		            kin__span_text(out->shard), kin__span_text(put.stream->name),
		            kin__span_text(model->account));
	else if (out->outcome == KIN__MODEL_INTERNAL)
		kin__answer_nomem(answer);
	release_block(&put);
}
