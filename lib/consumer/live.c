/* consumer/live - see live.h */
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gather.h"
#include "consumer/live.h"

static void take(struct kin__consumer_settings *to, const struct kin__consumer_settings *from)
{
	to->batch_size = from->batch_size;
	to->batching_window_us = from->batching_window_us;
	to->maximum_retry_attempts = from->maximum_retry_attempts;
	to->maximum_record_age_ms = from->maximum_record_age_ms;
	to->bisect = from->bisect;
	to->sink_timeout_us = from->sink_timeout_us;
	to->handler_timeout_us = from->handler_timeout_us;
	to->handlers_max = from->handlers_max;
	to->fetches_max = from->fetches_max;
	to->buffer_bytes_max = from->buffer_bytes_max;
	to->poll_interval_us = from->poll_interval_us;
	to->poll_interval_max_us = from->poll_interval_max_us;
	to->shard_bytes_per_s = from->shard_bytes_per_s;
	to->behind_interval_us = from->behind_interval_us;
	to->shard_sync_interval_us = from->shard_sync_interval_us;
	to->retry_base_us = from->retry_base_us;
	to->retry_max_us = from->retry_max_us;
}

/* The next batch, by the new size; its window goes on. */
static void gather_anew(struct kin__consumer *consumer, struct kin__lane *lane)
{
	uint64_t since_us = lane->gather_since_us;

	if (lane->gather_n == 0)
		return;
	kin__gather_forget(lane, lane->assigned);
	kin__gather_more(consumer, lane);
	lane->gather_since_us = since_us;
}

/* A pause that would be too long now; one after a failed request goes on. */
static void read_sooner(struct kin__consumer *consumer, struct kin__shard *shard)
{
	uint64_t tip_us = consumer->set.poll_interval_us, behind_us = consumer->set.behind_interval_us;
	uint64_t due_us = consumer->now_us + (tip_us > behind_us ? tip_us : behind_us);

	if (shard->reading != READ_WAITING || shard->read_tries > 0 || shard->read_due_us <= due_us)
		return;
	shard->read_due_us = due_us;
	kin__fetch_consider(consumer, shard);
}

void kin__live_set(struct kin__consumer *consumer, const struct kin__consumer_settings *settings)
{
	uint64_t sync_us = consumer->now_us + settings->shard_sync_interval_us;

	take(&consumer->set, settings);
	if (consumer->sync_timer.node.index > 0 && consumer->sync_timer.node.due > sync_us)
		kin__emit_timer(consumer, &consumer->sync_timer, sync_us);
	for (size_t i = consumer->live_first; i < consumer->shards_n && kin__consumer_lives(consumer); i++) {
		struct kin__shard *shard = consumer->shards[i];

		if (shard->life != LIFE_ACTIVE)
			continue;
		for (uint32_t k = 0; k < shard->lanes_n; k++)
			gather_anew(consumer, &shard->lanes[k]);
		read_sooner(consumer, shard);
		kin__delivery_consider(consumer, shard);
	}
}
