/* consumer/cleanup - items of shards that the service has forgotten leave the store.
 *
 * Pure.  A shard that was read to its end, is no longer listed, and ended so long ago that nothing of it can be in
 * the stream any more; and each child of it that is known has an item of its own, so that nobody asks where it begins.
 */
#ifndef KIN_CONSUMER_CLEANUP_H
#define KIN_CONSUMER_CLEANUP_H
#include "consumer/inside.h"

void kin__cleanup_listed(struct kin__consumer *consumer); /* the list of shards was taken over */
#endif
