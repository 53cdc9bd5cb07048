/* consumer/reread - pages that are given back while their batches wait for a retry, and read again for them.
 *
 * Pure.  When the buffer is full, a shard that can do nothing without a page, or has a lane that cannot, gets the
 * place of one that waits; that one reads its batches again when the time of the first has come.  A shard's log
 * does not change, so its records keep their ordinals.  Invariant: no set of blocked shards keeps another one from
 * being read.
 */
#ifndef KIN_CONSUMER_REREAD_H
#define KIN_CONSUMER_REREAD_H
#include "consumer/inside.h"

/* A lane of the shard moved, or waits for another time: may its pages be taken? */
void kin__reread_offer(struct kin__consumer *consumer, struct kin__shard *shard);
/* The buffer is full.  What runs, or is about to, gives its pages back by itself. */
bool kin__reread_must_wait(const struct kin__consumer *consumer);
/* Else: is there room for this hungry shard, or does it get some?  False: it has to wait until what runs is over. */
bool kin__reread_make_room(struct kin__consumer *consumer, struct kin__shard *shard);
/* An answer to a shard that gave its batches back: does it go on with them?  What was trimmed meanwhile is a
 * gap: false, and this answer is of no use.  The page's first `skipped` records stand before them. */
bool kin__reread_check(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__consumer_event *event, uint32_t skipped);
/* What was given back cannot be read again: its records are gone, in a gap that was named. */
void kin__reread_forget(struct kin__consumer *consumer, struct kin__shard *shard);
#endif
