/* consumer/cleanup - see cleanup.h */
#include "consumer/cleanup.h"
#include "consumer/descent.h"
#include "consumer/lease.h"

/* Its children ask where it ended. */
static void need_parents(struct kin__consumer *consumer, const struct kin__shard *shard)
{
	for (size_t i = 0; i < 2; i++) {
		struct kin__shard *parent = kin__descent_parent(consumer, shard, i);

		if (parent)
			parent->needed_list = consumer->lists;
	}
}

/* Should it be listed once more, by an answer that was old, there is nothing in it to be read again. */
static bool is_trimmed(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	int64_t horizon = consumer->service_ms - consumer->retention_ms - consumer->retention_ms / 8;

	return consumer->service_ms > 0 && consumer->retention_ms > 0 && shard->covered_ms > 0 &&
	       shard->covered_ms < horizon;
}

void kin__cleanup_listed(struct kin__consumer *consumer)
{
	if (!consumer->set.leases)
		return;
	for (size_t i = consumer->live_first; i < consumer->shards_n; i++)
		if (!consumer->shards[i]->item && consumer->shards[i]->life < LIFE_ENDED)
			need_parents(consumer, consumer->shards[i]);
	for (size_t i = consumer->live_first; i < consumer->shards_n; i++) {
		struct kin__shard *shard = consumer->shards[i];

		if (shard->life != LIFE_ENDED || !shard->item || shard->seen_list == consumer->lists ||
		    shard->needed_list == consumer->lists || !is_trimmed(consumer, shard))
			continue;
		shard->obsolete = true;
		kin__lease_consider(consumer, shard);
	}
}
