/* consumer/delivery - what a shard's records go through: batch, call, retry, bisect, age, sink.
 *
 * Pure.  One call of a shard in flight.  A batch is a stack of pieces, the lowest records on top; a piece
 * is tried until its records are settled: handled, sunk, or dropped by the user's rule.
 * Invariant: no batch starts while two finished ones lie behind the stored checkpoint (MARKS_MAX - 1 may
 * lie there while one runs), so that a crash repeats at most two batches of a shard.
 */
#ifndef KIN_CONSUMER_DELIVERY_H
#define KIN_CONSUMER_DELIVERY_H
#include "consumer/inside.h"

void kin__delivery_more(struct kin__consumer *consumer, struct kin__shard *shard); /* records have come */
void kin__delivery_consider(struct kin__consumer *consumer,
                            struct kin__shard *shard); /* what is next, unless a call runs */
uint64_t kin__delivery_due_us(const struct kin__consumer *consumer,
                              const struct kin__shard *shard); /* when its batch is tried again */
void kin__delivery_due(struct kin__consumer *consumer, struct kin__shard *shard); /* its timer */
void kin__delivery_pump(struct kin__consumer *consumer);                          /* fills the free places */
void kin__delivery_flush(struct kin__consumer *consumer);       /* ends all batching windows */
bool kin__delivery_waits(const struct kin__consumer *consumer); /* there is a place, and a shard for it */
void kin__delivery_on_handled(struct kin__consumer *consumer, struct kin__shard *shard,
                              const struct kin__consumer_event *event);
void kin__delivery_on_sunk(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event);
/* Its batch is gone: the next one begins behind it. */
void kin__delivery_forget(struct kin__consumer *consumer, struct kin__shard *shard);
void kin__delivery_drop(struct kin__consumer *consumer,
                        struct kin__shard *shard); /* no more calls for this shard */
#endif
