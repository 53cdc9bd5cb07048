/* kinesis/shard_map - see shard_map.h */
#include "base/mem.h"
#include "kinesis/shard_map.h"

void kin__shard_map_init(struct kin__shard_map *map)
{
	*map = (struct kin__shard_map){ .state = KIN__SHARD_MAP_HOLE };
}

void kin__shard_map_fini(struct kin__shard_map *map)
{
	kin__mem_free(map->rows);
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

int kin__shard_map_build(struct kin__shard_map *map, const struct kin__shard_info *shards, size_t n)
{
	size_t open;
	struct kin__shard_map_row *rows = copy_open(shards, n, &open);

	if (!rows)
		return -1;
	sort(rows, open);
	kin__shard_map_fini(map);
	*map = (struct kin__shard_map){ .rows = rows, .n = open, .state = judge(rows, open) };
	return 0;
}

/* The last row that starts at or before the key is the only one that is looked at. */
const struct kin__shard_map_row *kin__shard_map_find(const struct kin__shard_map *map,
                                                     struct kin__hashkey key)
{
	size_t low = 0, high = map->n;

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
