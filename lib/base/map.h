/* base/map - text keys to pointers, open addressing; walks in the order of insertion.  Pure.
 *
 * Keys are copied.  Values are the caller's.  Iteration order never depends on addresses.
 */
#ifndef KIN_BASE_MAP_H
#define KIN_BASE_MAP_H
#include "base/span.h"

struct kin__map_entry {
	char *key;
	size_t key_n;
	void *value;
	bool live;
};
struct kin__map {
	struct kin__map_entry *entries; /* insertion order, holes where removed */
	size_t entries_n, entries_room, live;
	uint32_t *slots; /* 1 + index into entries; 0 empty, UINT32_MAX removed */
	size_t slots_n;
};

void kin__map_init(struct kin__map *map);
void kin__map_fini(struct kin__map *map);
void *kin__map_get(const struct kin__map *map, struct kin__span key); /* NULL: not there */
int kin__map_set(struct kin__map *map, struct kin__span key,
                 void *value); /* 0, or -1 out of memory; value not NULL */
void *kin__map_remove(struct kin__map *map, struct kin__span key); /* the value that was there, or NULL */
/* Walk: start with *at = 0; NULL at the end.  Removing the entry just returned is allowed. */
struct kin__map_entry *kin__map_next(const struct kin__map *map, size_t *at);
#endif
