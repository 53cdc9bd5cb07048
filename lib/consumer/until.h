/* consumer/until - where reading ends, as `until` says: in the middle of a page, with it, or not yet.  Pure.
 *
 * At the tip of a shard nothing is wanted but what comes later, unless it was closed: its children may have had
 * records by then.  A closed shard is read until its answer says that it ended.
 */
#ifndef KIN_CONSUMER_UNTIL_H
#define KIN_CONSUMER_UNTIL_H
#include "consumer/inside.h"

/* How many of the page's records are to be handed out. */
uint32_t kin__until_cut(const struct kin__consumer *consumer, const struct kin__consumer_event *event);
/* covered_ms: what arrived up to then was seen; cut: of kin__until_cut().  It may ask for a list of the shards. */
bool kin__until_reached(struct kin__consumer *consumer, const struct kin__shard *shard,
                        const struct kin__consumer_event *event, int64_t covered_ms, uint32_t cut);
#endif
