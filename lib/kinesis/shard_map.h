/* kinesis/shard_map - the open shards of a stream by hash range: which of them gets a key.
 *
 * Pure.  Owns its rows and texts.  Rows are sorted by `first`; when `state` is WHOLE they tile
 * [0, 2^128-1] and every key finds one.  An index of the keys' first bits makes a look-up as fast for 10,000 shards.
 */
#ifndef KIN_KINESIS_SHARD_MAP_H
#define KIN_KINESIS_SHARD_MAP_H
#include "kinesis/types.h"

enum kin__shard_map_state {
	KIN__SHARD_MAP_WHOLE,
	KIN__SHARD_MAP_HOLE,    /* some keys have no shard: a reshard was under way, or the list is cut */
	KIN__SHARD_MAP_OVERLAP, /* some keys have two: those are not safe to place by */
};

struct kin__shard_map_row {
	struct kin__hashkey first, last; /* both inclusive */
	const char *id;
};

struct kin__shard_map {
	struct kin__shard_map_row *rows;
	size_t n;
	uint32_t *index;    /* by the first bits of a key: how many rows begin before all keys with these */
	uint8_t index_bits; /* 1..16 */
	uint8_t state;      /* enum kin__shard_map_state */
};

void kin__shard_map_init(struct kin__shard_map *map); /* no rows: all a hole */
void kin__shard_map_fini(struct kin__shard_map *map);
/* Takes the open ones of the list; replaces what was there.  0, or -1 out of memory and nothing changed. */
int kin__shard_map_build(struct kin__shard_map *map, const struct kin__shard_info *shards, size_t n);
const struct kin__shard_map_row *kin__shard_map_find(const struct kin__shard_map *map,
                                                     struct kin__hashkey key); /* NULL: a hole */
#endif
