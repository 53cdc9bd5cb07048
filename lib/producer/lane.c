/* producer/lane - see lane.h */
#include <string.h>
#include "base/mem.h"
#include "kinesis/limits.h"
#include "producer/lane.h"
#include "wire/aggregate_write.h"

enum {
	INDEX_MOST = 1 << 20, /* of a key in an aggregate: 10 MiB do not hold more records */
	CUT_LEAST_US = 500000,
	RECOVER_PER_S = 100 /* thousandths of the whole: from half to all in five seconds */
};

static uint64_t rate_of(const struct kin__lane *lane, uint64_t limit)
{
	uint64_t rate = limit * lane->percent * lane->share / (100 * KIN__LANE_SHARE);

	return rate > 0 ? rate : 1;
}

struct kin__lane *kin__lane_new(const char *id, uint32_t percent, uint64_t bytes_max, uint64_t now_us)
{
	size_t id_n = strlen(id) + 1;
	struct kin__lane *lane = kin__mem_zalloc(sizeof *lane + id_n);
	uint64_t rate;

	if (!lane)
		return NULL;
	memcpy(lane->id, id, id_n);
	kin__list_init(&lane->records);
	lane->eldest = lane->eldest_us = UINT64_MAX;
	lane->percent = percent;
	lane->share = KIN__LANE_SHARE;
	rate = rate_of(lane, KIN__SHARD_WRITE_RECORDS_PER_S);
	kin__pacer_init(&lane->records_pace, rate, rate, now_us);
	rate = rate_of(lane, KIN__SHARD_WRITE_BYTES_PER_S);
	kin__pacer_init(&lane->bytes_pace, rate, rate > bytes_max ? rate : bytes_max, now_us);
	return lane;
}

/* --- its records ---------------------------------------------------------------------- */

uint64_t kin__lane_cost(const struct kin__placed *placed)
{
	uint64_t cost = kin__aggregate_field(placed->key_n) +
	                kin__aggregate_record(INDEX_MOST, placed->hash_n ? INDEX_MOST : KIN__IDS_NONE,
	                                      placed->data_n);

	return placed->hash_n ? cost + kin__aggregate_field(placed->hash_n) : cost;
}

static void enter(struct kin__lane *lane, struct kin__producer_record *record)
{
	record->placed->lane = lane;
	lane->n++;
	lane->bytes += record->placed->cost;
}

void kin__lane_append(struct kin__lane *lane, struct kin__producer_record *record)
{
	kin__list_append(&lane->records, &record->queue);
	enter(lane, record);
}

static void note_eldest(struct kin__lane *lane, const struct kin__producer_record *record)
{
	if (record->order > lane->eldest)
		return;
	lane->eldest = record->order;
	lane->eldest_us = record->accepted_us;
}

void kin__lane_prepend(struct kin__lane *lane, struct kin__producer_record *record)
{
	if (lane->n > 0)
		note_eldest(lane, kin__container(lane->records.next, struct kin__producer_record, queue));
	kin__list_prepend(&lane->records, &record->queue);
	enter(lane, record);
	note_eldest(lane, record);
}

/* The first that never left it is the eldest of all those behind it. */
void kin__lane_reckon(struct kin__lane *lane)
{
	struct kin__list *node = lane->records.next;
	bool returned = true;

	lane->eldest = lane->eldest_us = UINT64_MAX;
	for (; node != &lane->records && returned; node = node->next) {
		const struct kin__producer_record *record =
				kin__container(node, struct kin__producer_record, queue);

		returned = record->state != KIN__RECORD_FRESH || record->placed->released;
		note_eldest(lane, record);
	}
}

/* A record that is reported stands in another list by now. */
void kin__lane_remove(struct kin__producer_record *record)
{
	struct kin__lane *lane = record->placed->lane;

	if (record->state != KIN__RECORD_DONE)
		kin__list_remove(&record->queue);
	record->placed->lane = NULL;
	lane->n--;
	lane->bytes -= record->placed->cost;
}

bool kin__lane_covers(const struct kin__lane *lane, struct kin__hashkey hash)
{
	return kin__hashkey_compare(lane->first, hash) <= 0 && kin__hashkey_compare(hash, lane->last) <= 0;
}

/* --- its pace ------------------------------------------------------------------------- */

static void set_share(struct kin__lane *lane, uint64_t share, uint64_t now_us)
{
	lane->share = (uint32_t)(share < KIN__LANE_SHARE_MIN ? KIN__LANE_SHARE_MIN
	                         : share > KIN__LANE_SHARE   ? KIN__LANE_SHARE
	                                                     : share);
	lane->share_us = now_us;
	kin__pacer_set_rate(&lane->records_pace, rate_of(lane, KIN__SHARD_WRITE_RECORDS_PER_S), now_us);
	kin__pacer_set_rate(&lane->bytes_pace, rate_of(lane, KIN__SHARD_WRITE_BYTES_PER_S), now_us);
}

static void recover(struct kin__lane *lane, uint64_t now_us)
{
	uint64_t steps = (now_us - lane->share_us) / (1000000 / RECOVER_PER_S);

	if (lane->share < KIN__LANE_SHARE && steps > 0)
		set_share(lane, lane->share + (steps < KIN__LANE_SHARE ? steps : KIN__LANE_SHARE), now_us);
}

uint64_t kin__lane_ready_us(struct kin__lane *lane, uint64_t bytes, uint64_t now_us)
{
	uint64_t records_us, bytes_us;

	if (lane->percent == 0)
		return now_us;
	if (bytes > lane->bytes_pace.burst) /* else it would leave without being paid for */
		lane->bytes_pace.burst = bytes;
	recover(lane, now_us);
	records_us = kin__pacer_ready_us(&lane->records_pace, 1, now_us);
	bytes_us = kin__pacer_ready_us(&lane->bytes_pace, bytes, now_us);
	return records_us > bytes_us ? records_us : bytes_us;
}

void kin__lane_charge(struct kin__lane *lane, uint64_t bytes, uint64_t now_us)
{
	if (lane->percent == 0)
		return;
	kin__pacer_take(&lane->records_pace, 1, now_us);
	kin__pacer_take(&lane->bytes_pace, bytes, now_us);
}

/* What was refused in the same half second came of the same overload.  What was saved up is gone too. */
void kin__lane_throttled(struct kin__lane *lane, uint64_t now_us)
{
	if (lane->percent == 0 || (lane->cut_us && now_us - lane->cut_us < CUT_LEAST_US))
		return;
	lane->cut_us = now_us;
	recover(lane, now_us);
	set_share(lane, lane->share / 2, now_us);
	lane->records_pace.level_micro = lane->bytes_pace.level_micro = 0;
}
