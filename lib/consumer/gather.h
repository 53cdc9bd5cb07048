/* consumer/gather - how much of what a shard holds makes the next batch: number, bytes, window.  Pure.
 *
 * Invariant: assigned <= gather_end <= held, or the batch is empty; [assigned, gather_end) is the batch as it stands.
 */
#ifndef KIN_CONSUMER_GATHER_H
#define KIN_CONSUMER_GATHER_H
#include "consumer/inside.h"

void kin__gather_more(struct kin__consumer *consumer, struct kin__shard *shard); /* looks at what has come */
void kin__gather_take(struct kin__consumer *consumer, struct kin__shard *shard,
                      struct kin__range *out); /* the batch; the next one begins */
uint64_t kin__gather_due_us(const struct kin__consumer *consumer,
                            const struct kin__shard *shard); /* when it goes; 0: now */
#endif
