#include "base/mem.h"
#include "model/state.h"

enum { READ_RATE = 2097152, WRITE_RATE = 1048576, WRITE_RECORDS = 1000, READ_CALLS = 5 };

static void make_id(char id[static 21], uint32_t index)
{
	memcpy(id, "shardId-", 8);
	for (int i = 19; i >= 8; i--, index /= 10)
		id[i] = (char)('0' + index % 10);
	id[20] = 0;
}

static void make_limits(struct kin__model_shard *shard, int64_t now_ms)
{
	uint64_t now_us = now_ms > 0 ? (uint64_t)now_ms * 1000 : 0;
	uint64_t burst = WRITE_RATE;

	if (shard->stream->record_bytes_max > burst) /* else a large record would never pass */
		burst = shard->stream->record_bytes_max;
	kin__pacer_init(&shard->bytes_in, WRITE_RATE, burst, now_us);
	kin__pacer_init(&shard->records_in, WRITE_RECORDS, WRITE_RECORDS, now_us);
	kin__pacer_init(&shard->reads, READ_CALLS, READ_CALLS, now_us);
	kin__pacer_init(&shard->iterators, READ_CALLS, READ_CALLS, now_us);
	shard->read_until_us = INT64_MIN;
}

void kin__shard_allow(struct kin__model_shard *shard, uint32_t record_bytes_max)
{
	if (record_bytes_max > shard->bytes_in.burst)
		shard->bytes_in.burst = record_bytes_max;
}

struct kin__model_shard *kin__shard_new(struct kin__model *model, struct kin__model_stream *stream,
                                        int64_t now_ms, struct kin__hashkey first, struct kin__hashkey last)
{
	struct kin__model_shard *shard;

	if (kin__mem_room(&stream->shards, &stream->shards_room, stream->shards_n + 1,
	                  sizeof *stream->shards) < 0)
		return NULL;
	shard = kin__mem_zalloc(sizeof *shard);
	if (!shard)
		return NULL;
	shard->stream = stream;
	shard->index = (uint32_t)stream->shards_n;
	shard->first_hash = first;
	shard->last_hash = last;
	shard->created_ms = now_ms;
	shard->created_s = now_ms / 1000 > stream->created_s ? now_ms / 1000 : stream->created_s;
	if (shard->created_s > model->last_created_s)
		model->last_created_s = shard->created_s;
	make_id(shard->id, shard->index);
	kin__shard_number(shard, 0, now_ms, shard->first_sequence);
	make_limits(shard, now_ms);
	stream->shards[stream->shards_n++] = shard;
	return shard;
}

void kin__shard_free(struct kin__model_shard *shard)
{
	kin__shard_drop(shard, shard->n);
	kin__mem_free(shard->records);
	kin__mem_free(shard);
}

int kin__shard_reindex(struct kin__model_stream *stream)
{
	if (kin__mem_room(&stream->open, &stream->open_room, stream->shards_n, sizeof *stream->open) < 0)
		return -1;
	stream->open_n = 0;
	for (size_t i = 0; i < stream->shards_n; i++) {
		struct kin__model_shard *shard = stream->shards[i];
		size_t at = stream->open_n;

		if (shard->closed)
			continue;
		for (;
		     at > 0 && kin__hashkey_compare(stream->open[at - 1]->first_hash, shard->first_hash) > 0;
		     at--)
			stream->open[at] = stream->open[at - 1];
		stream->open[at] = shard;
		stream->open_n++;
	}
	return 0;
}

void kin__shard_replace_open(struct kin__model_stream *stream, const struct kin__model_shard *one,
                             const struct kin__model_shard *two, struct kin__model_shard *left,
                             struct kin__model_shard *right)
{
	struct kin__model_shard **at = stream->open, **end = stream->open + stream->open_n;

	while (*at != one && *at != two)
		at++;
	if (two) /* they are neighbours */
		memmove(at + 1, at + 2, (size_t)(end - at - 2) * sizeof *at);
	else
		memmove(at + 2, at + 1, (size_t)(end - at - 1) * sizeof *at);
	at[0] = left;
	if (right)
		at[1] = right;
	stream->open_n = two ? stream->open_n - 1 : stream->open_n + 1;
}

struct kin__model_shard *kin__shard_find(struct kin__model_stream *stream, struct kin__span id)
{
	for (size_t i = stream->shards_n; i-- > 0;)
		if (!stream->shards[i]->gone && kin__span_is(id, stream->shards[i]->id))
			return stream->shards[i];
	return NULL;
}

struct kin__model_shard *kin__shard_of_hash(struct kin__model_stream *stream, struct kin__hashkey hash)
{
	size_t low = 0, high = stream->open_n; /* the last one that starts at or before the hash */

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (kin__hashkey_compare(stream->open[middle]->first_hash, hash) <= 0)
			low = middle;
		else
			high = middle;
	}
	return stream->open[low];
}

void kin__shard_close(struct kin__model_shard *shard, int64_t now_ms)
{
	shard->closed = true;
	shard->closed_ms = now_ms;
	kin__shard_number(shard, KIN__SEQUENCE_LAST, now_ms, shard->last_sequence);
}

void kin__shard_age(struct kin__model_shard *shard, int64_t now_ms)
{
	int64_t horizon_ms = now_ms - shard->stream->retention_ms;
	size_t old = 0;

	while (old < shard->n && shard->records[shard->head + old].arrival_ms <= horizon_ms)
		old++;
	kin__shard_drop(shard, old);
	if (shard->closed && shard->closed_ms <= horizon_ms)
		shard->gone = true;
}

size_t kin__shard_drop(struct kin__model_shard *shard, size_t n)
{
	if (n > shard->n)
		n = shard->n;
	for (size_t i = 0; i < n; i++) {
		struct kin__model_block *block = shard->records[shard->head + i].block;
		if (block && --block->refs == 0)
			kin__mem_free(block);
	}
	shard->head += n;
	shard->n -= n;
	if (shard->n == 0)
		shard->head = 0;
	return n;
}

int kin__shard_add(struct kin__model_shard *shard, const struct kin__model_stored *record)
{
	if (shard->head + shard->n == shard->room && shard->head > shard->room / 2) {
		memmove(shard->records, shard->records + shard->head, shard->n * sizeof *shard->records);
		shard->head = 0;
	}
	if (kin__mem_room(&shard->records, &shard->room, shard->head + shard->n + 1, sizeof *shard->records) <
	    0)
		return -1;
	shard->records[shard->head + shard->n++] = *record;
	shard->counter = record->counter;
	return 0;
}

size_t kin__shard_seek(const struct kin__model_shard *shard, uint64_t counter)
{
	size_t low = 0, high = shard->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (shard->records[shard->head + middle].counter < counter)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void kin__shard_info(const struct kin__model_shard *shard, struct kin__shard_info *out)
{
	*out = (struct kin__shard_info){
		.id = shard->id,
		.parent = shard->parent ? shard->parent->id : NULL,
		.adjacent_parent = shard->adjacent ? shard->adjacent->id : NULL,
		.first_sequence = shard->first_sequence,
		.last_sequence = shard->closed ? shard->last_sequence : NULL,
		.first_hash = shard->first_hash,
		.last_hash = shard->last_hash,
	};
}

void kin__shard_number(const struct kin__model_shard *shard, uint64_t counter, int64_t arrival_ms,
                       char out[static KIN__MODEL_SEQUENCE])
{
	struct kin__sequence sequence = { shard->created_s, arrival_ms > 0 ? arrival_ms / 1000 : 0, counter,
		                          shard->index };

	kin__sequence_text(&sequence, out);
}
