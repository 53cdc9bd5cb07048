/* kinesis/lineage - see lineage.h */
#include "base/map.h"
#include "base/mem.h"
#include "kinesis/lineage.h"

#define NONE KIN__LINEAGE_NONE

/* Children of each shard as chains through the links; link i is parent i % 2 of shard i / 2. */
struct work {
	struct kin__lineage *lineage;
	uint32_t *first_child; /* a link, or NONE */
	uint32_t *next_child;  /* by link */
	uint8_t *waits;        /* parents that are not in the order yet */
	uint32_t *walked;      /* the walk that came by last */
	bool *placed;
	uint32_t walks;
};

static int index_ids(struct kin__map *ids, const struct kin__shard_info *shards, size_t n)
{
	union {
		const struct kin__shard_info *given;
		void *kept;
	} value;

	for (size_t i = 0; i < n; i++) {
		struct kin__span id = kin__span_text(shards[i].id);

		value.given = &shards[i];
		if (!kin__map_get(ids, id) && kin__map_set(ids, id, value.kept) < 0)
			return -1;
	}
	return 0;
}

static uint32_t find(const struct kin__map *ids, const struct kin__shard_info *shards, const char *id)
{
	const struct kin__shard_info *found = id ? kin__map_get(ids, kin__span_text(id)) : NULL;

	return found ? (uint32_t)(found - shards) : NONE;
}

static void drop_link(struct kin__lineage *lineage, uint32_t shard, unsigned which)
{
	uint32_t *parents = lineage->nodes[shard].parents;

	if (which == 0)
		parents[0] = parents[1];
	parents[1] = NONE;
	lineage->cut++;
}

static void find_parents(struct kin__lineage *lineage, const struct kin__map *ids,
                         const struct kin__shard_info *shards)
{
	for (uint32_t i = 0; i < lineage->n; i++) {
		uint32_t *parents = lineage->nodes[i].parents;

		parents[0] = find(ids, shards, shards[i].parent);
		parents[1] = find(ids, shards, shards[i].adjacent_parent);
		if (parents[0] == NONE || parents[0] == parents[1]) {
			parents[0] = parents[1];
			parents[1] = NONE;
		}
		for (unsigned which = 2; which-- > 0;) /* a shard that is its own parent */
			if (parents[which] == i)
				drop_link(lineage, i, which);
	}
}

static void chain_children(struct work *work)
{
	uint32_t n = work->lineage->n;

	for (uint32_t i = 0; i < n; i++)
		work->first_child[i] = NONE;
	for (uint32_t link = 2 * n;
	     link-- > 0;) { /* backwards, so that chains run in the order of the list */
		uint32_t parent = work->lineage->nodes[link / 2].parents[link % 2];

		if (parent == NONE)
			continue;
		work->next_child[link] = work->first_child[parent];
		work->first_child[parent] = link;
		work->waits[link / 2]++;
	}
}

static void place(struct work *work, uint32_t shard, uint32_t *placed)
{
	work->lineage->order[(*placed)++] = shard;
	work->placed[shard] = true;
}

/* The link to the first parent that is not placed yet. */
static unsigned waiting_link(const struct work *work, uint32_t shard)
{
	return work->placed[work->lineage->nodes[shard].parents[0]] ? 1 : 0;
}

/* Nothing is ready, so each shard left waits for another one of them: going from parent to parent comes to a
 * circle.  Cuts one link of it. */
static void cut_circle(struct work *work, uint32_t shard, uint32_t *placed)
{
	uint32_t walk = ++work->walks;

	while (work->walked[shard] != walk) {
		work->walked[shard] = walk;
		shard = work->lineage->nodes[shard].parents[waiting_link(work, shard)];
	}
	drop_link(work->lineage, shard, waiting_link(work, shard));
	if (--work->waits[shard] == 0)
		place(work, shard, placed);
}

static bool has_parent(const struct kin__lineage *lineage, uint32_t shard, uint32_t parent)
{
	return lineage->nodes[shard].parents[0] == parent || lineage->nodes[shard].parents[1] == parent;
}

/* Links that were cut are in the chains still. */
static void free_children(struct work *work, uint32_t parent, uint32_t *placed)
{
	for (uint32_t link = work->first_child[parent]; link != NONE; link = work->next_child[link])
		if (has_parent(work->lineage, link / 2, parent) && --work->waits[link / 2] == 0)
			place(work, link / 2, placed);
}

static void order(struct work *work)
{
	uint32_t n = work->lineage->n, placed = 0, done = 0, first_left = 0;

	for (uint32_t i = 0; i < n; i++)
		if (work->waits[i] == 0)
			place(work, i, &placed);
	while (done < n) {
		if (done < placed) {
			free_children(work, work->lineage->order[done++], &placed);
			continue;
		}
		while (work->placed[first_left])
			first_left++;
		cut_circle(work, first_left, &placed);
	}
}

static int sort(struct kin__lineage *lineage)
{
	struct work work = {
		.lineage = lineage,
		.first_child = kin__mem_array(lineage->n, sizeof(uint32_t)),
		.next_child = kin__mem_array(lineage->n, 2 * sizeof(uint32_t)),
		.waits = kin__mem_array(lineage->n, 1),
		.walked = kin__mem_array(lineage->n, sizeof(uint32_t)),
		.placed = kin__mem_array(lineage->n, sizeof(bool)),
	};
	int code = -1;

	if (work.first_child && work.next_child && work.waits && work.walked && work.placed) {
		chain_children(&work);
		order(&work);
		code = 0;
	}
	kin__mem_free(work.first_child);
	kin__mem_free(work.next_child);
	kin__mem_free(work.waits);
	kin__mem_free(work.walked);
	kin__mem_free(work.placed);
	return code;
}

int kin__lineage_build(struct kin__lineage *lineage, const struct kin__shard_info *shards, size_t n)
{
	struct kin__map ids;
	int code = -1;

	*lineage = (struct kin__lineage){ .n = (uint32_t)n };
	if (n > (UINT32_MAX - 1) / 2) {
		lineage->n = 0;
		return -1;
	}
	kin__map_init(&ids);
	lineage->nodes = kin__mem_array(n, sizeof *lineage->nodes);
	lineage->order = kin__mem_array(n, sizeof *lineage->order);
	if (lineage->nodes && lineage->order && index_ids(&ids, shards, n) == 0) {
		find_parents(lineage, &ids, shards);
		code = sort(lineage);
	}
	kin__map_fini(&ids);
	if (code < 0)
		kin__lineage_fini(lineage);
	return code;
}

void kin__lineage_fini(struct kin__lineage *lineage)
{
	kin__mem_free(lineage->nodes);
	kin__mem_free(lineage->order);
	*lineage = (struct kin__lineage){ NULL };
}
