/* drive/produce_tally - what is counted of each shard, by the answers to requests; see produce.h
 *
 * The loop thread counts, others take copies.  One answer costs one look at the lock, and each of its entries a
 * comparison with the shard that the like of it was stored in last.
 */
#include "base/mem.h"
#include "drive/produce.h"
#include "producer/lane.h"

enum { PAYLOAD_UNIT = 25 * 1024 }; /* the chunk of a record that AWS bills */

static struct kin__produce_shard **recent_of(struct kin__produce_shards *shards, struct kin__span id)
{
	uint32_t a = (unsigned char)id.at[id.n - 1], b = id.n > 1 ? (unsigned char)id.at[id.n - 2] : 0;

	return &shards->recent[(a + b * 10) % KIN__PRODUCE_RECENT];
}

/* What was idle longest makes room. */
static void drop_first(struct kin__produce_shards *shards)
{
	struct kin__produce_shard *shard = kin__container(shards->used.next, struct kin__produce_shard, node);
	struct kin__produce_shard **recent = recent_of(shards, kin__span_text(shard->id));

	if (*recent == shard)
		*recent = NULL;
	kin__list_remove(&shard->node);
	kin__map_remove(&shards->by_id, kin__span_text(shard->id));
	kin__mem_free(shard);
}

static struct kin__produce_shard *shard_new(struct kin__produce_shards *shards, struct kin__span id)
{
	struct kin__produce_shard *shard;

	if (shards->by_id.live >= KIN__PRODUCED_SHARDS_MAX)
		drop_first(shards);
	shard = kin__mem_zalloc(sizeof *shard + id.n + 1);
	if (!shard)
		return NULL;
	memcpy(shard->id, id.at, id.n);
	shard->pace_percent = -1;
	if (kin__map_set(&shards->by_id, id, shard) < 0) {
		kin__mem_free(shard);
		return NULL;
	}
	kin__list_append(&shards->used, &shard->node);
	return shard;
}

/* NULL: it is unknown, or there is no memory to count it. */
static struct kin__produce_shard *find(struct kin__produce_shards *shards, const char *shard_id)
{
	struct kin__produce_shard **recent, *shard;
	struct kin__span id;

	if (!shard_id || !shard_id[0])
		return NULL;
	id = kin__span_text(shard_id);
	recent = recent_of(shards, id);
	if (*recent && strcmp((*recent)->id, shard_id) == 0)
		return *recent;
	shard = kin__map_get(&shards->by_id, id);
	if (!shard)
		shard = shard_new(shards, id);
	if (shard)
		*recent = shard;
	return shard;
}

struct entry { /* a record of the stream */
	const char *shard_id;
	uint64_t records, bytes;
	int32_t pace_percent;
	bool stored;
};

/* Where an entry was stored stands in the answer; of one that was throttled it is known where it was to go, if
 * records are placed. */
static struct entry entry_at(const struct kin__produce_request *request, uint32_t i)
{
	const struct kin__produce *produce = request->produce;
	const struct kin__producer_record *record = request->records[i];
	struct entry entry = { .records = 1, .bytes = record->bytes, .pace_percent = -1 };

	entry.stored = produce->own.verdicts[i] == KIN__DONE;
	if (produce->set.places) {
		const struct kin__outer *outer = (const struct kin__outer *)(const void *)record;
		const struct kin__lane *lane = outer->lane;

		entry.records = outer->n;
		entry.shard_id = lane->id;
		if (lane->percent > 0)
			entry.pace_percent =
					(int32_t)((uint64_t)lane->percent * lane->share / KIN__LANE_SHARE);
	}
	if (entry.stored) {
		if (entry.shard_id && produce->own.results[i].shard_id &&
		    strcmp(entry.shard_id, produce->own.results[i].shard_id) != 0)
			entry.pace_percent = -1; /* of another one */
		entry.shard_id = produce->own.results[i].shard_id;
	}
	return entry;
}

static void count(struct kin__produce_shards *shards, struct kin__produce_shard *shard,
                  const struct entry *entry, const struct kin__produce_request *request)
{
	if (entry->stored) {
		shard->records += entry->records;
		shard->stream_records++;
		shard->bytes += entry->bytes;
	} else {
		shard->throttled += entry->records;
	}
	if (entry->pace_percent >= 0)
		shard->pace_percent = entry->pace_percent;
	if (shard->request == request->id)
		return;
	shard->request = request->id;
	kin__coarse_add(&shard->times, request->stored.took_us);
	kin__list_remove(&shard->node);
	kin__list_append(&shards->used, &shard->node);
}

void kin__produce_count(struct kin__produce_request *request, struct kin__produce_stored *stored)
{
	struct kin__produce_shards *shards = &request->produce->shards;

	*stored = (struct kin__produce_stored){ .entries = 0 };
	pthread_mutex_lock(&shards->lock);
	for (uint32_t i = 0; i < request->n; i++) {
		struct entry entry = entry_at(request, i);
		struct kin__produce_shard *shard;

		if (!entry.stored && request->produce->own.verdicts[i] != KIN__THROTTLED)
			continue;
		stored->entries += entry.stored;
		if (entry.stored)
			stored->units +=
					entry.bytes > 0 ? (entry.bytes + PAYLOAD_UNIT - 1) / PAYLOAD_UNIT : 1;
		shard = find(shards, entry.shard_id);
		if (shard)
			count(shards, shard, &entry, request);
	}
	pthread_mutex_unlock(&shards->lock);
}

/* --- its life, and copies ------------------------------------------------------------------ */

int kin__produce_shards_init(struct kin__produce_shards *shards)
{
	kin__map_init(&shards->by_id);
	kin__list_init(&shards->used);
	return pthread_mutex_init(&shards->lock, NULL) == 0 ? 0 : -1;
}

void kin__produce_shards_fini(struct kin__produce_shards *shards)
{
	while (!kin__list_empty(&shards->used))
		drop_first(shards);
	kin__map_fini(&shards->by_id);
	pthread_mutex_destroy(&shards->lock);
}

static struct kin_times times_of(const struct kin__coarse *times)
{
	return (struct kin_times){ .count = times->count,
		                   .sum_us = times->sum_us,
		                   .p50_us = kin__coarse_quantile(times, 5000),
		                   .p90_us = kin__coarse_quantile(times, 9000),
		                   .p99_us = kin__coarse_quantile(times, 9900),
		                   .max_us = times->max_us };
}

int kin__produce_shards_copy(struct kin__produce_shards *shards, struct kin__produced *to)
{
	const struct kin__map_entry *entry;
	size_t at = 0;
	int failed;

	pthread_mutex_lock(&shards->lock);
	failed = kin__produced_room(to, shards->by_id.live);
	while (failed == 0 && (entry = kin__map_next(&shards->by_id, &at))) {
		const struct kin__produce_shard *shard = entry->value;
		struct kin_producer_shard shown = { .shard_id = shard->id,
			                            .records = shard->records,
			                            .stream_records = shard->stream_records,
			                            .bytes = shard->bytes,
			                            .throttled = shard->throttled,
			                            .pace_percent = shard->pace_percent,
			                            .requests = times_of(&shard->times) };

		failed = kin__produced_shard(to, &shown);
	}
	pthread_mutex_unlock(&shards->lock);
	return failed;
}
