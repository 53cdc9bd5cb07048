/* drive/produce_record - records in chunks of memory; see produce.h
 *
 * Records are put one behind the other and mostly end in that order, so a chunk is given back soon after
 * its last record.  What a few old records pin down is bounded by set.memory_max.
 */
#include "base/mem.h"
#include "drive/produce.h"

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

size_t kin__produce_record_size(const struct kin__produce *produce, const struct kin_put_entry *entry,
                                struct kin__span key)
{
	size_t hash_n = entry->hash_key ? strlen(entry->hash_key) : 0;
	size_t size = aligned(sizeof(struct kin__produce_record) + hash_n + key.n + entry->data_size);

	return produce->set.places ? size + aligned(sizeof(struct kin__placed)) : size;
}

static struct kin__produce_chunk *open_chunk(const struct kin__produce *produce)
{
	if (kin__list_empty(&produce->inbox.chunks))
		return NULL;
	return kin__container(produce->inbox.chunks.prev, struct kin__produce_chunk, node);
}

static bool has_space(const struct kin__produce_chunk *chunk, size_t size)
{
	return chunk && chunk->size - chunk->used >= size;
}

bool kin__produce_record_fits(const struct kin__produce *produce, size_t size)
{
	uint64_t in_use = produce->inbox.memory - (uint64_t)produce->inbox.spares_n * KIN__PRODUCE_CHUNK;
	size_t chunk = size > KIN__PRODUCE_LARGE ? size : KIN__PRODUCE_CHUNK;

	return has_space(open_chunk(produce), size) || in_use == 0 ||
	       in_use + chunk <= produce->set.memory_max;
}

static void chunk_free(struct kin__produce *produce, struct kin__produce_chunk *chunk)
{
	kin__list_remove(&chunk->node);
	produce->inbox.memory -= chunk->size;
	kin__mem_free(chunk);
}

static void free_spares(struct kin__produce *produce)
{
	struct kin__list *spares = &produce->inbox.spares;

	while (!kin__list_empty(spares))
		chunk_free(produce, kin__container(spares->next, struct kin__produce_chunk, node));
	produce->inbox.spares_n = 0;
}

static struct kin__produce_chunk *take_spare(struct kin__produce *produce)
{
	struct kin__list *node = produce->inbox.spares.prev; /* the last one is still in the caches */

	kin__list_remove(node);
	produce->inbox.spares_n--;
	return kin__container(node, struct kin__produce_chunk, node);
}

static struct kin__produce_chunk *chunk_new(struct kin__produce *produce, size_t size)
{
	bool large = size > KIN__PRODUCE_LARGE;
	struct kin__produce_chunk *chunk;

	if (!large && produce->inbox.spares_n > 0) {
		chunk = take_spare(produce);
	} else {
		if (large)
			free_spares(produce); /* what memory_max allows is for records */
		chunk = kin__mem_alloc(sizeof *chunk + (large ? size : KIN__PRODUCE_CHUNK));
		if (!chunk)
			return NULL;
		chunk->size = large ? size : KIN__PRODUCE_CHUNK;
		produce->inbox.memory += chunk->size;
	}
	chunk->used = 0;
	chunk->live = 0;
	if (large)
		kin__list_prepend(&produce->inbox.chunks,
		                  &chunk->node); /* full from the start: the open one stays open */
	else
		kin__list_append(&produce->inbox.chunks, &chunk->node);
	return chunk;
}

/* An open chunk without records is as good as new. */
static struct kin__produce_chunk *find_chunk(struct kin__produce *produce, size_t size)
{
	struct kin__produce_chunk *chunk = open_chunk(produce);

	if (chunk && chunk->live == 0)
		chunk->used = 0;
	return has_space(chunk, size) ? chunk : chunk_new(produce, size);
}

struct kin__produce_record *kin__produce_record_new(struct kin__produce *produce,
                                                    const struct kin_put_entry *entry, struct kin__span key,
                                                    size_t size)
{
	struct kin__produce_chunk *chunk = find_chunk(produce, size);
	struct kin__produce_record *record;
	char *at;

	if (!chunk)
		return NULL;
	record = (struct kin__produce_record *)(void *)(chunk->bytes + chunk->used);
	chunk->used += size;
	chunk->live++;
	memset(record, 0, sizeof *record);
	record->chunk = chunk;
	record->key_n = (uint32_t)key.n;
	record->data_n = (uint32_t)entry->data_size;
	record->hash_n = entry->hash_key ? (uint8_t)strlen(entry->hash_key) : 0;
	record->machine.bytes = record->key_n + record->data_n;
	record->machine.ttl_us = (uint64_t)entry->ttl_ms * 1000;
	at = (char *)(record + 1);
	if (record->hash_n)
		memcpy(at, entry->hash_key, record->hash_n);
	memcpy(at + record->hash_n, key.at, key.n);
	if (record->data_n)
		memcpy(at + record->hash_n + key.n, entry->data, record->data_n);
	return record;
}

/* Behind the record's bytes. */
struct kin__placed *kin__produce_record_placed(struct kin__produce_record *record)
{
	size_t bytes_n = (size_t)record->hash_n + record->key_n + record->data_n;

	return (struct kin__placed *)(void *)((char *)record + aligned(sizeof *record + bytes_n));
}

/* While there is work, some chunks are kept for the next records; after it all but one are given back. */
void kin__produce_record_free(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin__produce_chunk *chunk = record->chunk;
	bool large = chunk->size != KIN__PRODUCE_CHUNK;

	kin__room_give(&produce->inbox.room, record->machine.bytes, 1);
	if (--chunk->live == 0 && (large || chunk != open_chunk(produce))) {
		if (large || produce->inbox.spares_n == KIN__PRODUCE_SPARES) {
			chunk_free(produce, chunk);
		} else {
			kin__list_remove(&chunk->node);
			kin__list_append(&produce->inbox.spares, &chunk->node);
			produce->inbox.spares_n++;
		}
	}
	if (produce->inbox.room.records == 0)
		free_spares(produce);
}

void kin__produce_chunks_fini(struct kin__produce *produce)
{
	free_spares(produce);
	while (!kin__list_empty(&produce->inbox.chunks))
		chunk_free(produce, open_chunk(produce));
}

struct kin__span kin__produce_record_hash(const struct kin__produce_record *record)
{
	return kin__span(record->hash_n ? (const char *)(record + 1) : NULL, record->hash_n);
}

struct kin__span kin__produce_record_key(const struct kin__produce_record *record)
{
	return kin__span((const char *)(record + 1) + record->hash_n, record->key_n);
}

struct kin__span kin__produce_record_data(const struct kin__produce_record *record)
{
	return kin__span((const char *)(record + 1) + record->hash_n + record->key_n, record->data_n);
}
