/* consumer/view - what may be told of one shard while the machine is between two steps.  Pure; changes nothing. */
#ifndef KIN_CONSUMER_VIEW_H
#define KIN_CONSUMER_VIEW_H
#include "consumer/consumer.h"
#include <kinstream/metrics.h>

size_t kin__view_shards(const struct kin__consumer *consumer); /* their indices are below this */
struct kin__view_texts {
	char number[KIN__SEQUENCE_TEXT], checkpoint[KIN__SEQUENCE_TEXT];
};
/* Texts are in *texts, or the machine's until its next step.  false: nothing is told of it, since it is not ours to
 * read. */
bool kin__view_shard(const struct kin__consumer *consumer, uint32_t shard, uint64_t now_us,
                     int64_t service_ms, struct kin__view_texts *texts, struct kin_shard_snapshot *out);
#endif
