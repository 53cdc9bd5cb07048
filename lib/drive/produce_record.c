/* drive/produce_record - records in chunks of memory; see produce.h
 *
 * Records are put one behind the other and mostly end in that order, so a chunk is given back soon after
 * its last record.  What a few old records pin down is bounded by set.memory_max.  A large record is copied
 * without the lock, into memory that was counted before.
 */
#include "base/mem.h"
#include "drive/produce.h"

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

/* Its data stays where the program has it. */
static bool stays(const struct kin_put_entry *entry)
{
	return entry->release || (entry->borrowed && entry->data_size > 0);
}

size_t kin__produce_record_size(const struct kin__produce *produce, const struct kin_put_entry *entry,
                                struct kin__span key)
{
	size_t hash_n = entry->hash_key ? strlen(entry->hash_key) : 0;
	size_t data_n = stays(entry) ? sizeof(struct kin__produce_loan) : entry->data_size;
	size_t size = aligned(sizeof(struct kin__produce_record) + hash_n + key.n + data_n);

	if (produce->set.places)
		size += aligned(sizeof(struct kin__placed));
	if (produce->set.spool)
		size += aligned(sizeof(struct kin__produce_spooled));
	return size == KIN__PRODUCE_CHUNK ? size + 16 : size; /* a chunk of that size holds many */
}

/* It holds one record. */
static bool is_large(const struct kin__produce_chunk *chunk)
{
	return chunk->size != KIN__PRODUCE_CHUNK;
}

bool kin__produce_slot_has_space(const struct kin__produce_slot *slot, size_t size)
{
	return slot->chunk && KIN__PRODUCE_CHUNK - slot->used >= size;
}

bool kin__produce_record_fits(const struct kin__produce *produce, const struct kin__produce_slot *slot,
                              size_t size)
{
	uint64_t in_use = produce->inbox.memory - (uint64_t)produce->inbox.spares_n * KIN__PRODUCE_CHUNK;
	size_t chunk = size > KIN__PRODUCE_LARGE ? size : KIN__PRODUCE_CHUNK;

	return (size <= KIN__PRODUCE_LARGE && kin__produce_slot_has_space(slot, size)) || in_use == 0 ||
	       in_use + chunk <= produce->set.memory_max;
}

static void chunk_free(struct kin__produce *produce, struct kin__produce_chunk *chunk)
{
	kin__list_remove(&chunk->node);
	produce->inbox.memory -= chunk->size;
	if (is_large(chunk))
		kin__mem_free(chunk);
	else
		kin__mem_pages_free(chunk, sizeof *chunk + chunk->size);
}

static struct kin__produce_chunk *take_spare(struct kin__produce *produce)
{
	struct kin__list *node = produce->inbox.spares.prev; /* the last one is still in the caches */

	kin__list_remove(node);
	if (--produce->inbox.spares_n < produce->inbox.spares_low)
		produce->inbox.spares_low = produce->inbox.spares_n;
	return kin__container(node, struct kin__produce_chunk, node);
}

static struct kin__produce_chunk *chunk_new(struct kin__produce *produce)
{
	struct kin__produce_chunk *chunk;

	if (produce->inbox.spares_n > 0) {
		chunk = take_spare(produce);
	} else {
		chunk = kin__mem_pages(sizeof *chunk + KIN__PRODUCE_CHUNK);
		if (!chunk)
			return NULL;
		chunk->size = KIN__PRODUCE_CHUNK;
		produce->inbox.memory += chunk->size;
	}
	chunk->live = 0;
	kin__list_append(&produce->inbox.chunks, &chunk->node);
	return chunk;
}

static void keep_spare(struct kin__produce *produce, struct kin__produce_chunk *chunk)
{
	kin__list_remove(&chunk->node);
	kin__list_append(&produce->inbox.spares, &chunk->node);
	produce->inbox.spares_n++;
}

void kin__produce_close_chunk(struct kin__produce *produce, struct kin__produce_slot *slot)
{
	struct kin__produce_chunk *chunk = slot->chunk;

	slot->chunk = NULL;
	slot->used = 0;
	if (!chunk)
		return;
	chunk->open = false;
	if (chunk->live == 0)
		keep_spare(produce, chunk);
}

/* An open chunk without records is as good as new. */
static bool find_space(struct kin__produce *produce, struct kin__produce_slot *slot, size_t size)
{
	if (slot->chunk && slot->chunk->live == 0)
		slot->used = 0;
	if (kin__produce_slot_has_space(slot, size))
		return true;
	kin__produce_close_chunk(produce, slot);
	slot->chunk = chunk_new(produce);
	if (slot->chunk)
		slot->chunk->open = true;
	return slot->chunk;
}

/* Behind its hash key and key. */
static void keep_data(struct kin__produce_record *record, char *at, const struct kin_put_entry *entry)
{
	const struct kin__produce_loan loan = { .data = entry->data,
		                                .release = entry->release,
		                                .user = entry->release_user };

	record->on_loan = stays(entry);
	if (record->on_loan)
		memcpy(at, &loan, sizeof loan);
	else if (record->data_n)
		memcpy(at, entry->data, record->data_n);
}

static struct kin__produce_record *fill(struct kin__produce_chunk *chunk, size_t used,
                                        const struct kin__produce_coming *coming)
{
	const struct kin_put_entry *entry = coming->entry;
	struct kin__span key = coming->key;
	struct kin__produce_record *record = (struct kin__produce_record *)(void *)(chunk->bytes + used);
	char *at = (char *)(record + 1);

	memset(record, 0, sizeof *record);
	record->chunk = chunk;
	record->key_n = (uint32_t)key.n;
	record->data_n = (uint32_t)entry->data_size;
	record->hash_n = entry->hash_key ? (uint8_t)strlen(entry->hash_key) : 0;
	record->machine.bytes = record->key_n + record->data_n;
	record->machine.ttl_us = (uint64_t)entry->ttl_ms * 1000;
	if (record->hash_n)
		memcpy(at, entry->hash_key, record->hash_n);
	if (key.n)
		memcpy(at + record->hash_n, key.at, key.n);
	keep_data(record, at + record->hash_n + key.n, entry);
	return record;
}

struct kin__produce_record *kin__produce_record_put(struct kin__produce_slot *slot,
                                                    const struct kin__produce_coming *coming)
{
	struct kin__produce_record *record = fill(slot->chunk, slot->used, coming);

	slot->used += coming->size;
	return record;
}

struct kin__produce_record *kin__produce_record_new(struct kin__produce *produce,
                                                    struct kin__produce_slot *slot,
                                                    const struct kin__produce_coming *coming)
{
	if (!find_space(produce, slot, coming->size))
		return NULL;
	slot->chunk->live++;
	return kin__produce_record_put(slot, coming);
}

struct kin__produce_record *kin__produce_record_new_large(struct kin__produce *produce,
                                                          const struct kin__produce_coming *coming)
{
	struct kin__produce_record *record = NULL;
	struct kin__produce_chunk *chunk;
	size_t size = coming->size;

	while (produce->inbox.spares_n > 0 && produce->inbox.memory + size > produce->set.memory_max)
		chunk_free(produce, take_spare(produce)); /* what memory_max allows is for records */
	produce->inbox.memory += size;
	pthread_mutex_unlock(&produce->inbox.lock);
	chunk = kin__mem_alloc(sizeof *chunk + size);
	if (chunk) {
		*chunk = (struct kin__produce_chunk){ .size = size, .live = 1 };
		record = fill(chunk, 0, coming);
	}
	pthread_mutex_lock(&produce->inbox.lock);
	if (chunk)
		kin__list_append(&produce->inbox.chunks, &chunk->node);
	else
		produce->inbox.memory -= size;
	return record;
}

/* Behind the record's bytes. */
struct kin__placed *kin__produce_record_placed(struct kin__produce_record *record)
{
	size_t data_n = record->on_loan ? sizeof(struct kin__produce_loan) : record->data_n;
	size_t bytes_n = (size_t)record->hash_n + record->key_n + data_n;

	return (struct kin__placed *)(void *)((char *)record + aligned(sizeof *record + bytes_n));
}

/* Behind that. */
struct kin__produce_spooled *kin__produce_record_spooled(const struct kin__produce *produce,
                                                         struct kin__produce_record *record)
{
	char *at = (char *)kin__produce_record_placed(record);

	if (produce->set.places)
		at += aligned(sizeof(struct kin__placed));
	return (struct kin__produce_spooled *)(void *)at;
}

/* What the next records can use is kept; see produce_trim.c. */
void kin__produce_record_free(struct kin__produce *produce, struct kin__produce_record *record)
{
	struct kin__produce_chunk *chunk = record->chunk;

	kin__room_give(&produce->inbox.room, record->machine.bytes, 1);
	if (--chunk->live > 0 || chunk->open)
		return;
	if (is_large(chunk))
		chunk_free(produce, chunk);
	else
		keep_spare(produce, chunk);
}

void kin__produce_chunks_fini(struct kin__produce *produce)
{
	while (produce->inbox.spares_n > 0)
		chunk_free(produce, take_spare(produce));
	while (!kin__list_empty(&produce->inbox.chunks))
		chunk_free(produce,
		           kin__container(produce->inbox.chunks.prev, struct kin__produce_chunk, node));
}

struct kin__span kin__produce_record_hash(const struct kin__produce_record *record)
{
	return kin__span(record->hash_n ? (const char *)(record + 1) : NULL, record->hash_n);
}

struct kin__span kin__produce_record_key(const struct kin__produce_record *record)
{
	return kin__span(record->key_n ? (const char *)(record + 1) + record->hash_n : NULL, record->key_n);
}

const struct kin__produce_loan *kin__produce_record_loan(const struct kin__produce_record *record,
                                                         struct kin__produce_loan *out)
{
	if (!record->on_loan)
		return NULL;
	memcpy(out, (const char *)(record + 1) + record->hash_n + record->key_n, sizeof *out);
	return out;
}

struct kin__span kin__produce_record_data(const struct kin__produce_record *record)
{
	struct kin__produce_loan loan;

	if (kin__produce_record_loan(record, &loan))
		return kin__span(loan.data, record->data_n);
	return kin__span((const char *)(record + 1) + record->hash_n + record->key_n, record->data_n);
}
