/* consumer/lease - the writes of one shard's item in the store: create, take, checkpoint, end.
 *
 * Pure.  One write of an item at a time, each on the condition that the counter is the one we wrote
 * last; a failed write is repeated unchanged, and a refused one is read back before it counts as lost:
 * it may be our own.  One worker an application: an item left by another worker is simply taken at the
 * start, because the store's own lock keeps two workers apart.
 */
#ifndef KIN_CONSUMER_LEASE_H
#define KIN_CONSUMER_LEASE_H
#include "consumer/inside.h"

void kin__lease_consider(struct kin__consumer *consumer,
                         struct kin__shard *shard); /* writes if there is something to write */
void kin__lease_due(struct kin__consumer *consumer, struct kin__shard *shard); /* its timer */
void kin__lease_pump(struct kin__consumer *consumer);                          /* fills the free places */
void kin__lease_on_written(struct kin__consumer *consumer, struct kin__shard *shard,
                           const struct kin__consumer_event *event);
void kin__lease_on_state(struct kin__consumer *consumer, struct kin__shard *shard,
                         const struct kin__consumer_event *event);
/* The items were read back (n items, none: NULL), or could not be. */
void kin__lease_on_items(struct kin__consumer *consumer, const struct kin_lease *at, size_t n);
void kin__lease_load(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin_lease *item);
void kin__lease_drop(struct kin__consumer *consumer,
                     struct kin__shard *shard); /* forgets a write that is not in flight */
/* Is it an item of this stream, of this life of it? */
bool kin__lease_is_ours(const struct kin__consumer *consumer, const struct kin_lease *item);
#endif
