/* kinesis/shard_map - see shard_map.h */
#include "base/mem.h"
#include "kinesis/shard_map.h"

enum { INDEX_BITS_MAX = 16 };

void kin__shard_map_init(struct kin__shard_map *map)
{
	*map = (struct kin__shard_map){ .state = KIN__SHARD_MAP_HOLE };
}

void kin__shard_map_fini(struct kin__shard_map *map)
{
	kin__mem_free(map->rows);
	kin__mem_free(map->index);
	kin__shard_map_init(map);
}

/* Ranges that start at the same key stand in the order of their ends. */
static bool is_before(const struct kin__shard_map_row *a, const struct kin__shard_map_row *b)
{
	int order = kin__hashkey_compare(a->first, b->first);

	return order < 0 || (order == 0 && kin__hashkey_compare(a->last, b->last) < 0);
}

static void sink(struct kin__shard_map_row *rows, size_t at, size_t n)
{
	struct kin__shard_map_row row = rows[at];

	for (size_t child; (child = at * 2 + 1) < n; at = child) {
		if (child + 1 < n && is_before(&rows[child], &rows[child + 1]))
			child++;
		if (!is_before(&row, &rows[child]))
			break;
		rows[at] = rows[child];
	}
	rows[at] = row;
}

/* A heap sort: no recursion, and no worst case for what an answer may bring. */
static void sort(struct kin__shard_map_row *rows, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(rows, i, n);
	for (size_t end = n; end-- > 1;) {
		struct kin__shard_map_row largest = rows[0];

		rows[0] = rows[end];
		rows[end] = largest;
		sink(rows, 0, end);
	}
}

static uint8_t judge(const struct kin__shard_map_row *rows, size_t n)
{
	struct kin__hashkey due = { 0, 0 };
	bool covered = false, hole = false; /* covered: up to the last key, `due` has wrapped */

	for (size_t i = 0; i < n; i++) {
		int order = kin__hashkey_compare(rows[i].first, due);

		if (covered || order < 0)
			return KIN__SHARD_MAP_OVERLAP;
		hole = hole || order > 0;
		covered = kin__hashkey_compare(rows[i].last, KIN__HASHKEY_MAX) == 0;
		due = kin__hashkey_next(rows[i].last);
	}
	return hole || !covered ? KIN__SHARD_MAP_HOLE : KIN__SHARD_MAP_WHOLE;
}

/* Rows and the texts of their ids are one block. */
static struct kin__shard_map_row *copy_open(const struct kin__shard_info *shards, size_t n, size_t *open)
{
	struct kin__shard_map_row *rows;
	size_t bytes = 0;
	char *text;

	*open = 0;
	for (size_t i = 0; i < n; i++)
		if (!shards[i].last_sequence) {
			bytes += sizeof *rows + strlen(shards[i].id) + 1;
			++*open;
		}
	rows = kin__mem_alloc(bytes);
	if (!rows)
		return NULL;
	text = (char *)(rows + *open);
	for (size_t i = 0, row = 0; i < n; i++)
		if (!shards[i].last_sequence) {
			size_t size = strlen(shards[i].id) + 1;

			rows[row++] = (struct kin__shard_map_row){ shards[i].first_hash, shards[i].last_hash,
				                                   text };
			memcpy(text, shards[i].id, size);
			text += size;
		}
	return rows;
}

/* Sixteen entries for each row of an even split, so that most have one row to look at. */
static uint8_t bits_for(size_t rows)
{
	uint8_t bits = 4;

	while (bits < INDEX_BITS_MAX && rows > (size_t)1 << (bits - 4))
		bits++;
	return bits;
}

static size_t slot_of(struct kin__hashkey key, uint8_t bits)
{
	return (size_t)(key.high >> (64 - bits));
}

static uint32_t *make_index(const struct kin__shard_map_row *rows, size_t n, uint8_t bits)
{
	size_t slots = ((size_t)1 << bits) + 1, row = 0;
	uint32_t *index = kin__mem_array(slots, sizeof *index);

	if (!index)
		return NULL;
	for (size_t slot = 0; slot < slots; slot++) {
		while (row < n && slot_of(rows[row].first, bits) < slot)
			row++;
		index[slot] = (uint32_t)row;
	}
	return index;
}

int kin__shard_map_build(struct kin__shard_map *map, const struct kin__shard_info *shards, size_t n)
{
	size_t open;
	struct kin__shard_map_row *rows = copy_open(shards, n, &open);
	uint8_t bits = bits_for(open);
	uint32_t *index;

	if (!rows)
		return -1;
	sort(rows, open);
	index = make_index(rows, open, bits);
	if (!index) {
		kin__mem_free(rows);
		return -1;
	}
	kin__shard_map_fini(map);
	*map = (struct kin__shard_map){
		.rows = rows, .n = open, .index = index, .index_bits = bits, .state = judge(rows, open)
	};
	return 0;
}

/* The last row that starts at or before the key is the only one that is looked at; the index says between which. */
const struct kin__shard_map_row *kin__shard_map_find(const struct kin__shard_map *map,
                                                     struct kin__hashkey key)
{
	size_t low, high;

	if (map->n == 0)
		return NULL;
	low = map->index[slot_of(key, map->index_bits)];
	high = map->index[slot_of(key, map->index_bits) + 1];
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kin__hashkey_compare(map->rows[middle].first, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || kin__hashkey_compare(map->rows[low - 1].last, key) < 0)
		return NULL;
	return &map->rows[low - 1];
}
