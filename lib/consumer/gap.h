/* consumer/gap - records that were trimmed before they were read: found by time, counted and named.
 *
 * Pure.  Without a clock the question waits for one.  Invariant: no time is named twice.
 */
#ifndef KIN_CONSUMER_GAP_H
#define KIN_CONSUMER_GAP_H
#include "consumer/inside.h"

/* Was anything trimmed that we never saw?  What arrived before fetched_ms, we saw.  true: the text holds what and when. */
bool kin__gap_found(struct kin__consumer *consumer, struct kin__shard *shard);
/* A gap is counted and named (the text holds what and when); shard NULL: of the stream.  false: the consumer is FATAL
 * now. */
bool kin__gap_raise(struct kin__consumer *consumer, struct kin__shard *shard);
#endif
