/* consumer/pieces - the pieces of a lane's batch and what is decided about them: age, bisect, attempts.
 *
 * Pure.  The stack's top holds the lowest records.  A piece's members are those of the lane's records in
 * [first, end) that are not settled.
 */
#ifndef KIN_CONSUMER_PIECES_H
#define KIN_CONSUMER_PIECES_H
#include "consumer/inside.h"
#include "consumer/pages.h"

enum kin__next { NEXT_NONE, NEXT_WAIT, NEXT_INVOKE, NEXT_SINK_OLD, NEXT_SINK_FAILED };

bool kin__pieces_push(struct kin__consumer *consumer, struct kin__lane *lane, struct kin__range range);
/* What is to be done with the top piece; settles what `drop` gives up and forgets pieces that are done.
 * NEXT_SINK_*: lane->sunk holds the records.  NEXT_NONE: the batch is over. */
enum kin__next kin__pieces_next(struct kin__consumer *consumer, struct kin__lane *lane);
void kin__pieces_handled(struct kin__consumer *consumer, struct kin__lane *lane,
                         const struct kin__consumer_event *event);
/* Members of [first, end) as ranges, until the next call; their number is returned, their records in *count. */
size_t kin__pieces_members(struct kin__consumer *consumer, const struct kin__lane *lane, uint64_t first,
                           uint64_t end, struct kin__range **out, uint64_t *count);
bool kin__pieces_settle(struct kin__consumer *consumer, struct kin__shard *shard, uint64_t first,
                        uint64_t end, uint64_t *counter);
#endif
