/* producer/keys - see keys.h */
#include "base/mem.h"
#include "producer/keys.h"
#include "producer/state.h"

enum { SLOTS_MIN = 64, BLOCK = 64 };

struct block {
	struct block *next;
	struct kin__key keys[BLOCK];
};

void kin__keys_init(struct kin__keys *keys)
{
	*keys = (struct kin__keys){ 0 };
}

static void free_blocks(struct kin__keys *keys)
{
	struct block *block = keys->blocks;

	while (block) {
		struct block *next = block->next;

		kin__mem_free(block);
		block = next;
	}
	keys->blocks = NULL;
	keys->spare = NULL;
}

void kin__keys_fini(struct kin__keys *keys)
{
	free_blocks(keys);
	kin__mem_free(keys->slots);
	kin__keys_init(keys);
}

static size_t slot_of(const struct kin__keys *keys, uint64_t id)
{
	return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (keys->slots_n - 1);
}

struct kin__key *kin__keys_find(const struct kin__keys *keys, uint64_t id)
{
	struct kin__key *key;

	if (keys->n == 0)
		return NULL;
	for (key = keys->slots[slot_of(keys, id)]; key && key->id != id; key = key->next)
		;
	return key;
}

/* As many slots as keys.  Without memory the chains grow longer. */
static bool grow(struct kin__keys *keys)
{
	struct kin__keys wider = { .slots_n = keys->slots_n ? keys->slots_n * 2 : SLOTS_MIN };

	if (keys->n < keys->slots_n)
		return true;
	wider.slots = kin__mem_array(wider.slots_n, sizeof(struct kin__key *));
	if (!wider.slots)
		return keys->slots_n > 0;
	for (size_t i = 0; i < keys->slots_n; i++)
		for (struct kin__key *key = keys->slots[i], *next; key; key = next) {
			size_t slot = slot_of(&wider, key->id);

			next = key->next;
			key->next = wider.slots[slot];
			wider.slots[slot] = key;
		}
	kin__mem_free(keys->slots);
	keys->slots = wider.slots;
	keys->slots_n = wider.slots_n;
	return true;
}

static bool make_spares(struct kin__keys *keys)
{
	struct block *block = kin__mem_alloc(sizeof *block);

	if (!block)
		return false;
	block->next = keys->blocks;
	keys->blocks = block;
	for (int i = 0; i < BLOCK; i++) {
		block->keys[i].next = keys->spare;
		keys->spare = &block->keys[i];
	}
	return true;
}

struct kin__key *kin__keys_take(struct kin__keys *keys, uint64_t id)
{
	struct kin__key *key = kin__keys_find(keys, id);
	size_t slot;

	if (key)
		return key;
	if (!grow(keys) || (!keys->spare && !make_spares(keys)))
		return NULL;
	slot = slot_of(keys, id);
	key = keys->spare;
	keys->spare = key->next;
	*key = (struct kin__key){ .id = id, .next = keys->slots[slot] };
	kin__list_init(&key->parked);
	keys->slots[slot] = key;
	keys->n++;
	return key;
}

void kin__keys_drop(struct kin__keys *keys, struct kin__key *key)
{
	struct kin__key **at = &keys->slots[slot_of(keys, key->id)];

	if (key->outer || key->released > 0 || !kin__list_empty(&key->parked))
		return;
	while (*at != key)
		at = &(*at)->next;
	*at = key->next;
	key->next = keys->spare;
	keys->spare = key;
	if (--keys->n == 0)
		free_blocks(keys);
}

void kin__keys_release(struct kin__keys *keys, struct kin__key *key, struct kin__producer_record *record)
{
	if (key->released++ == 0)
		key->batch = ++keys->batches;
	record->placed->released = key->batch;
}

bool kin__keys_released(const struct kin__key *key, const struct kin__producer_record *record)
{
	return key && key->released > 0 && record->placed->released == key->batch;
}

void kin__keys_gone(struct kin__key *key, struct kin__producer_record *record)
{
	if (kin__keys_released(key, record))
		key->released--;
	record->placed->released = 0;
}

void kin__keys_park(struct kin__key *key, struct kin__producer_record *record)
{
	struct kin__list *before = &key->parked;

	if (kin__keys_released(key, record))
		key->released = 0; /* younger ones of the batch must not go before it */
	record->placed->released = 0;
	record->placed->parked = true;
	record->placed->key = key;
	if (!kin__list_empty(&key->parked) && kin__state_of_queue(key->parked.prev)->order > record->order)
		for (before = key->parked.next; kin__state_of_queue(before)->order < record->order;)
			before = before->next;
	kin__list_append(before, &record->queue);
}
