/* consumer/delivery - what a shard's records go through: batch, call, retry, bisect, age, sink.
 *
 * Pure.  One call of a lane in flight.  A batch is a stack of pieces, the lowest records on top; a piece
 * is tried until its records are settled: handled, sunk, or dropped by the user's rule.
 * Invariant: while a checkpoint can be written, no batch of a shard starts when MARKS_MAX for each of its lanes were
 * finished since the stored one was made up, so that with one lane a crash repeats at most two batches.
 */
#ifndef KIN_CONSUMER_DELIVERY_H
#define KIN_CONSUMER_DELIVERY_H
#include "consumer/inside.h"

void kin__delivery_more(struct kin__consumer *consumer, struct kin__shard *shard); /* records have come */
void kin__delivery_consider(
		struct kin__consumer *consumer,
		struct kin__shard *shard); /* what is next in each lane, unless a call of it runs */
void kin__delivery_stored(struct kin__consumer *consumer,
                          struct kin__shard *shard); /* a checkpoint is: batches that waited for it go on */
void kin__delivery_due(struct kin__consumer *consumer, struct kin__lane *lane); /* its timer */
void kin__delivery_pump(struct kin__consumer *consumer);                        /* fills the free places */
void kin__delivery_flush(struct kin__consumer *consumer);       /* ends all batching windows */
bool kin__delivery_waits(const struct kin__consumer *consumer); /* there is a place, and a lane for it */
void kin__delivery_on_handled(struct kin__consumer *consumer, struct kin__shard *shard,
                              const struct kin__consumer_event *event);
void kin__delivery_on_sunk(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event);
/* Its batches are gone: the next ones begin behind them. */
void kin__delivery_forget(struct kin__consumer *consumer, struct kin__shard *shard);
void kin__delivery_drop(struct kin__consumer *consumer,
                        struct kin__shard *shard); /* no more calls for this shard */
#endif
