/* consumer/reread - pages that are given back while their batch waits for a retry, and read again for it.
 *
 * Pure.  When the buffer is full, a shard that can do nothing without a page gets the place of one that
 * waits; that one reads its batch again when its time has come.  A shard's log does not change, so its
 * records keep their ordinals.  Invariant: no set of blocked shards keeps another one from being read.
 */
#ifndef KIN_CONSUMER_REREAD_H
#define KIN_CONSUMER_REREAD_H
#include "consumer/inside.h"

/* The shard waits until due_us for what it holds: its pages may be taken. */
void kin__reread_offer(struct kin__consumer *consumer, struct kin__shard *shard, uint64_t due_us);
/* The buffer is full.  False: this hungry shard has to wait until what runs is over. */
bool kin__reread_make_room(struct kin__consumer *consumer, struct kin__shard *shard);
/* An answer to a shard that gave its batch back: does it go on with it?  What was trimmed meanwhile is a
 * gap: false, and this answer is of no use. */
bool kin__reread_check(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__consumer_event *event);
/* The batch that was given back cannot be read again: its records are gone, in a gap that was named. */
void kin__reread_forget(struct kin__consumer *consumer, struct kin__shard *shard);
#endif
