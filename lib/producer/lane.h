/* producer/lane - the records that are predicted to land in one shard, and the pace that it takes them at.
 *
 * Pure.  Lives while the shard is in the map or an outer record for it is under way.  The pace is a share of what the
 * service lets a shard take; throttling halves the share, and it comes back in steps with the time.
 */
#ifndef KIN_PRODUCER_LANE_H
#define KIN_PRODUCER_LANE_H
#include "base/heap.h"
#include "base/list.h"
#include "base/pacer.h"
#include "kinesis/types.h"
#include "producer/producer.h"

enum {
	KIN__LANE_SHARE = 1000, /* the whole */
	KIN__LANE_SHARE_MIN = 50
};

struct kin__lane {
	struct kin__heap_node due;
	struct kin__list node;      /* of all lanes */
	struct kin__list records;   /* by their `queue`, in the order that they leave in */
	uint64_t n, bytes;          /* bytes: at most what they take in one aggregate */
	uint64_t eldest, eldest_us; /* when its first ones came back: the least order, and when accepted */
	uint64_t hold_us;           /* nothing leaves before: memory was short */
	uint32_t outers;            /* under way */
	bool open;                  /* it is in the map */
	struct kin__hashkey first, last;
	struct kin__pacer records_pace, bytes_pace;
	uint32_t percent; /* of the service's limits; 0: no pace is kept */
	uint32_t share;   /* of that, in thousandths */
	uint64_t share_us, cut_us;
	char id[]; /* of the shard */
};

struct kin__lane *kin__lane_new(const char *id, uint32_t percent, uint64_t bytes_max,
                                uint64_t now_us); /* NULL: no memory.  bytes_max: of the largest record */
/* At most what a record takes in an aggregate, its key included. */
uint64_t kin__lane_cost(const struct kin__placed *placed);
void kin__lane_append(struct kin__lane *lane, struct kin__producer_record *record);
void kin__lane_prepend(struct kin__lane *lane, struct kin__producer_record *record);
/* It is no more in its lane, nor counted; of a record that was reported meanwhile too. */
void kin__lane_remove(struct kin__producer_record *record);
/* Some of it have left: which is the eldest now? */
void kin__lane_reckon(struct kin__lane *lane);
bool kin__lane_covers(const struct kin__lane *lane, struct kin__hashkey hash);

/* When a record of `bytes` may leave by the pace. */
uint64_t kin__lane_ready_us(struct kin__lane *lane, uint64_t bytes, uint64_t now_us);
void kin__lane_charge(struct kin__lane *lane, uint64_t bytes, uint64_t now_us); /* it leaves */
void kin__lane_throttled(struct kin__lane *lane, uint64_t now_us); /* many at once count as one */
#endif
