/* consumer/gather - how much of what a shard holds makes the next batch of a lane: number, bytes, window.  Pure.
 *
 * Invariant: assigned <= gather_end, and gather_end <= held unless the shard gave its pages back; the lane's records in
 * [assigned, gather_end) are the batch as it stands.
 */
#ifndef KIN_CONSUMER_GATHER_H
#define KIN_CONSUMER_GATHER_H
#include "consumer/inside.h"

void kin__gather_more(struct kin__consumer *consumer, struct kin__lane *lane); /* looks at what has come */
void kin__gather_take(struct kin__consumer *consumer, struct kin__lane *lane,
                      struct kin__range *out); /* the batch; the next one begins */
void kin__gather_forget(struct kin__lane *lane,
                        uint64_t back); /* the batch as it stands, and all from `back` on, goes back */
uint64_t kin__gather_due_us(const struct kin__consumer *consumer,
                            const struct kin__lane *lane); /* when it goes; 0: now */
#endif
