/* consumer/control - what concerns the stream as a whole: describing it, its items, its list of shards.
 *
 * Pure.  One such request at a time.  At the start: describe, read the items, on the very first start
 * store where it began ("-"), list the shards.  Later: list now and then, and when a shard ended or is missing.
 */
#ifndef KIN_CONSUMER_CONTROL_H
#define KIN_CONSUMER_CONTROL_H
#include "consumer/inside.h"

void kin__control_start(struct kin__consumer *consumer);
void kin__control_sync_due(struct kin__consumer *consumer); /* the timer of the list */
void kin__control_pump(struct kin__consumer *consumer);
void kin__control_on_described(struct kin__consumer *consumer, const struct kin__consumer_event *event);
void kin__control_on_shards(struct kin__consumer *consumer, const struct kin__consumer_event *event);
void kin__control_on_items(struct kin__consumer *consumer, const struct kin__consumer_event *event);
void kin__control_on_origin(struct kin__consumer *consumer, const struct kin__consumer_event *event);
#endif
