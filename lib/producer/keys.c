/* producer/keys - see keys.h */
#include "base/mem.h"
#include "producer/keys.h"
#include "producer/state.h"

enum { SLOTS_MIN = 64 };

void kin__keys_init(struct kin__keys *keys)
{
	*keys = (struct kin__keys){ 0 };
	kin__slab_init(&keys->slab, sizeof(struct kin__key));
}

void kin__keys_fini(struct kin__keys *keys)
{
	kin__slab_fini(&keys->slab);
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

/* false: out of memory, and all is as it was. */
static bool resize(struct kin__keys *keys, size_t slots_n)
{
	struct kin__keys other = { .slots_n = slots_n };

	other.slots = kin__mem_array(slots_n, sizeof(struct kin__key *));
	if (!other.slots)
		return false;
	for (size_t i = 0; i < keys->slots_n; i++)
		for (struct kin__key *key = keys->slots[i], *next; key; key = next) {
			size_t slot = slot_of(&other, key->id);

			next = key->next;
			key->next = other.slots[slot];
			other.slots[slot] = key;
		}
	kin__mem_free(keys->slots);
	keys->slots = other.slots;
	keys->slots_n = slots_n;
	return true;
}

/* As many slots as keys.  Without memory the chains grow longer. */
static bool grow(struct kin__keys *keys)
{
	if (keys->n < keys->slots_n)
		return true;
	return resize(keys, keys->slots_n ? keys->slots_n * 2 : SLOTS_MIN) || keys->slots_n > 0;
}

struct kin__key *kin__keys_take(struct kin__keys *keys, uint64_t id)
{
	struct kin__key *key = kin__keys_find(keys, id);
	size_t slot;

	if (key)
		return key;
	if (!grow(keys) || !(key = kin__slab_take(&keys->slab)))
		return NULL;
	slot = slot_of(keys, id);
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
	kin__slab_give(&keys->slab, key);
	keys->n--;
	if (keys->slots_n > SLOTS_MIN && keys->n * 8 < keys->slots_n)
		(void)resize(keys, keys->slots_n / 2);
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
	record->placed->key = key;
	if (!kin__list_empty(&key->parked) && kin__state_of_queue(key->parked.prev)->order > record->order)
		for (before = key->parked.next; kin__state_of_queue(before)->order < record->order;)
			before = before->next;
	kin__list_append(before, &record->queue);
}
