/* consumer/lane - the lanes of a shard: made with its first record, moved by their table, found by what they asked.
 *
 * Pure.  As many as parallelization_factor says, numbered from 0; they live as long as their shard.
 * Invariant: a record that is not settled belongs to exactly one lane, that of its byte in the page.
 */
#ifndef KIN_CONSUMER_LANE_H
#define KIN_CONSUMER_LANE_H
#include "consumer/inside.h"

bool kin__lane_make(struct kin__consumer *consumer,
                    struct kin__shard *shard); /* unless there are some; false: out of memory */
void kin__lane_free(struct kin__shard *shard);
void kin__lane_move(struct kin__consumer *consumer, struct kin__lane *lane, uint8_t next);
struct kin__lane *kin__lane_of(const struct kin__shard *shard,
                               uint64_t id); /* whose call it is; NULL: none's */
struct kin__lane *kin__lane_at(const struct kin__shard *shard,
                               uint64_t ordinal); /* of a record that is held */
/* The first run of its records in [from, end) that are not settled: false when there is none.  All that is not
 * settled there must be held; where there are several lanes, a run ends with its page. */
bool kin__lane_run(const struct kin__lane *lane, uint64_t from, uint64_t end, struct kin__range *out);
uint64_t kin__lane_due_us(const struct kin__consumer *consumer,
                          const struct kin__lane *lane); /* when its batch is tried again */
uint64_t kin__lane_first_due_us(const struct kin__consumer *consumer,
                                const struct kin__shard *shard); /* of all its lanes; UINT64_MAX: never */
bool kin__lane_any(const struct kin__shard *shard, uint32_t workings); /* is one in one of these? bits */

#define KIN__CALLING (KIN__TO(WORK_INVOKING) | KIN__TO(WORK_SINKING))

/* Nothing is at hand for it. */
static inline bool kin__lane_lacks_records(const struct kin__lane *lane)
{
	return lane->working == WORK_GATHERING || (lane->working == WORK_REST && lane->gather_n == 0);
}
#endif
