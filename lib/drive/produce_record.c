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

size_t kin__produce_record_size(const struct kin_put_entry *entry, struct kin__span key)
{
	size_t hash_n = entry->hash_key ? strlen(entry->hash_key) : 0;

	return aligned(sizeof(struct kin__produce_record) + hash_n + key.n + entry->data_size);
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
	size_t chunk = size > KIN__PRODUCE_LARGE ? size : KIN__PRODUCE_CHUNK;

	return has_space(open_chunk(produce), size) || produce->inbox.memory == 0 ||
	       produce->inbox.memory + chunk <= produce->set.memory_max;
}

static void chunk_free(struct kin__produce *produce, struct kin__produce_chunk *chunk)
{
	kin__list_remove(&chunk->node);
	produce->inbox.memory -= chunk->size;
	kin__mem_free(chunk);
}

static struct kin__produce_chunk *chunk_new(struct kin__produce *produce, size_t size)
{
	size_t room = size > KIN__PRODUCE_LARGE ? size : KIN__PRODUCE_CHUNK;
	struct kin__produce_chunk *chunk = kin__mem_alloc(sizeof *chunk + room);

	if (!chunk)
		return NULL;
	chunk->size = room;
	chunk->used = 0;
	chunk->live = 0;
	produce->inbox.memory += room;
	if (room == KIN__PRODUCE_CHUNK)
		kin__list_append(&produce->inbox.chunks, &chunk->node);
	else
		kin__list_prepend(&produce->inbox.chunks,
		                  &chunk->node); /* full from the start: the open one stays open */
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
                                                    const struct kin_put_entry *entry, struct kin__span key)
{
	size_t size = kin__produce_record_size(entry, key);
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

void kin__produce_record_free(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin__produce_chunk *chunk = record->chunk;

	kin__room_give(&produce->inbox.room, record->machine.bytes, 1);
	if (--chunk->live > 0)
		return;
	/* One chunk stays for the records of a steady trickle; after a burst the others go. */
	if (chunk != open_chunk(produce) || chunk->size != KIN__PRODUCE_CHUNK)
		chunk_free(produce, chunk);
}

void kin__produce_chunks_fini(struct kin__produce *produce)
{
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
