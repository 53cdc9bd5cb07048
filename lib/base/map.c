/* base/map - see map.h */
#include "base/map.h"
#include "base/mem.h"

#define REMOVED UINT32_MAX
enum { SLOTS_MIN = 16 };

void kin__map_init(struct kin__map *map)
{
	*map = (struct kin__map){ 0 };
}

void kin__map_fini(struct kin__map *map)
{
	for (size_t i = 0; i < map->entries_n; i++)
		kin__mem_free(map->entries[i].key);
	kin__mem_free(map->entries);
	kin__mem_free(map->slots);
	kin__map_init(map);
}

/* FNV-1a, and a last mix: its low bits alone differ too little between shard-000000000001 and -000000000002.
 */
static uint64_t hash_of(struct kin__span key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ (unsigned char)key.at[i]) * UINT64_C(0x100000001b3);
	hash = (hash ^ (hash >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

/* The slot that holds `key`, or slots_n.  An empty slot always exists, so the walk ends. */
static size_t find_slot(const struct kin__map *map, struct kin__span key)
{
	size_t mask = map->slots_n - 1, i;

	if (map->slots_n == 0)
		return 0;
	for (i = hash_of(key) & mask; map->slots[i] != 0; i = (i + 1) & mask) {
		const struct kin__map_entry *entry;

		if (map->slots[i] == REMOVED)
			continue;
		entry = &map->entries[map->slots[i] - 1];
		if (kin__span_same(kin__span(entry->key, entry->key_n), key))
			return i;
	}
	return map->slots_n;
}

static void enter(uint32_t *slots, size_t slots_n, struct kin__span key, size_t index)
{
	size_t i = hash_of(key) & (slots_n - 1);

	while (slots[i] != 0)
		i = (i + 1) & (slots_n - 1);
	slots[i] = (uint32_t)(index + 1);
}

/* New slots, at most half full, and entries without holes.  Nothing changes on failure. */
static int rebuild(struct kin__map *map)
{
	size_t slots_n = SLOTS_MIN, n = 0;
	uint32_t *slots;

	while (slots_n < (map->live + 1) * 2)
		slots_n *= 2;
	slots = kin__mem_array(slots_n, sizeof *slots);
	if (!slots)
		return -1;
	for (size_t i = 0; i < map->entries_n; i++) {
		struct kin__map_entry entry = map->entries[i];

		if (!entry.live)
			continue;
		enter(slots, slots_n, kin__span(entry.key, entry.key_n), n);
		map->entries[n++] = entry;
	}
	kin__mem_free(map->slots);
	map->slots = slots;
	map->slots_n = slots_n;
	map->entries_n = n;
	return 0;
}

void *kin__map_get(const struct kin__map *map, struct kin__span key)
{
	size_t slot = find_slot(map, key);

	return slot < map->slots_n ? map->entries[map->slots[slot] - 1].value : NULL;
}

/* Every entry, live or hole, takes one slot: entries_n says how full the slots are. */
int kin__map_set(struct kin__map *map, struct kin__span key, void *value)
{
	size_t slot = find_slot(map, key);
	char *copy;

	if (slot < map->slots_n) {
		map->entries[map->slots[slot] - 1].value = value;
		return 0;
	}
	if (map->live >= REMOVED / 4)
		return -1;
	if (map->entries_n + 1 > map->slots_n / 4 * 3 && rebuild(map) < 0)
		return -1;
	if (kin__mem_room(&map->entries, &map->entries_room, map->entries_n + 1, sizeof *map->entries) < 0)
		return -1;
	copy = kin__mem_text_n(key.at, key.n);
	if (!copy)
		return -1;
	map->entries[map->entries_n] = (struct kin__map_entry){ copy, key.n, value, true };
	enter(map->slots, map->slots_n, key, map->entries_n++);
	map->live++;
	return 0;
}

void *kin__map_remove(struct kin__map *map, struct kin__span key)
{
	size_t slot = find_slot(map, key);
	struct kin__map_entry *entry;
	void *value;

	if (slot >= map->slots_n)
		return NULL;
	entry = &map->entries[map->slots[slot] - 1];
	value = entry->value;
	map->slots[slot] = REMOVED;
	kin__mem_free(entry->key);
	*entry = (struct kin__map_entry){ 0 };
	map->live--;
	return value;
}

struct kin__map_entry *kin__map_next(const struct kin__map *map, size_t *at)
{
	while (*at < map->entries_n) {
		struct kin__map_entry *entry = &map->entries[(*at)++];

		if (entry->live)
			return entry;
	}
	return NULL;
}
