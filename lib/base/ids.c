/* base/ids - see ids.h */
#include <stdbool.h>
#include <string.h>
#include "base/ids.h"
#include "base/mem.h"

enum { SLOTS_MIN = 32, KEPT = 1024 /* numbers */ };

void kin__ids_init(struct kin__ids *ids)
{
	*ids = (struct kin__ids){ 0 };
}

void kin__ids_fini(struct kin__ids *ids)
{
	kin__mem_free(ids->at);
	kin__mem_free(ids->slots);
	kin__ids_init(ids);
}

/* As many numbers as last time find their slots; a few after many do not have many slots to wipe. */
void kin__ids_clear(struct kin__ids *ids)
{
	while (ids->slots_n > SLOTS_MIN && ids->n * 8 < ids->slots_n)
		ids->slots_n /= 2;
	ids->n = 0;
	if (ids->slots_n > 0)
		memset(ids->slots, 0, ids->slots_n * sizeof *ids->slots);
}

void kin__ids_trim(struct kin__ids *ids)
{
	if (ids->room > KEPT)
		kin__ids_fini(ids);
	else
		kin__ids_clear(ids);
}

static size_t slot_of(const struct kin__ids *ids, uint64_t id)
{
	uint64_t mixed = (id ^ id >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	size_t mask = ids->slots_n - 1, i = (size_t)(mixed >> 32) & mask;

	while (ids->slots[i] != 0 && ids->at[ids->slots[i] - 1] != id)
		i = (i + 1) & mask;
	return i;
}

uint32_t kin__ids_find(const struct kin__ids *ids, uint64_t id)
{
	size_t i;

	if (ids->n == 0)
		return KIN__IDS_NONE;
	i = slot_of(ids, id);
	return ids->slots[i] ? ids->slots[i] - 1 : KIN__IDS_NONE;
}

static bool has_room(const struct kin__ids *ids)
{
	return ids->n < ids->room && (ids->n + 1) * 2 <= ids->slots_n;
}

/* Room for one more number, and at least half of the slots empty. */
static int make_room(struct kin__ids *ids)
{
	size_t slots_n = ids->slots_n < SLOTS_MIN ? SLOTS_MIN : ids->slots_n * 2;

	if (ids->n >= UINT32_MAX / 2 || kin__mem_room(&ids->at, &ids->room, ids->n + 1, sizeof *ids->at) < 0)
		return -1;
	if ((ids->n + 1) * 2 <= ids->slots_n)
		return 0;
	if (kin__mem_room(&ids->slots, &ids->slots_room, slots_n, sizeof *ids->slots) < 0)
		return -1;
	ids->slots_n = slots_n;
	memset(ids->slots, 0, slots_n * sizeof *ids->slots);
	for (size_t i = 0; i < ids->n; i++)
		ids->slots[slot_of(ids, ids->at[i])] = (uint32_t)(i + 1);
	return 0;
}

uint32_t kin__ids_add(struct kin__ids *ids, uint64_t id)
{
	size_t slot;

	if (!has_room(ids) && make_room(ids) < 0)
		return kin__ids_find(ids, id);
	slot = slot_of(ids, id);
	if (ids->slots[slot] == 0) {
		ids->at[ids->n++] = id;
		ids->slots[slot] = (uint32_t)ids->n;
	}
	return ids->slots[slot] - 1;
}
