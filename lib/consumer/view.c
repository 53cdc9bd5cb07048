/* consumer/view - see view.h */
#include "consumer/view.h"
#include "consumer/inside.h"
#include "consumer/pages.h"

size_t kin__view_shards(const struct kin__consumer *consumer)
{
	return consumer->shards_n;
}

static int32_t state_of(const struct kin__shard *shard)
{
	switch (shard->life) {
	case LIFE_ACTIVE:
	case LIFE_ENDING:
		return KIN_SHARD_ACTIVE;
	case LIFE_ENDED:
		return KIN_SHARD_ENDED;
	case LIFE_LOST:
		return KIN_SHARD_LOST;
	default:
		return KIN_SHARD_WAITING;
	}
}

/* The arrival of the oldest record that is not done, in memory or given back; with none, until when all that had
 * arrived was read.  0: not known. */
static int64_t oldest_ms(const struct kin__shard *shard)
{
	uint64_t low = shard->settled.low;
	const struct kin__page *page = low < shard->held ? kin__pages_find(shard, low) : NULL;

	if (page)
		return page->records[low - page->first].arrival_ms;
	return kin__shard_lacks(shard) ? shard->again_ms : shard->fetched_ms;
}

static int64_t age_ms(const struct kin__shard *shard, int64_t service_ms)
{
	int64_t oldest = shard->life == LIFE_ACTIVE && service_ms > 0 ? oldest_ms(shard) : 0;

	if (oldest <= 0)
		return -1;
	return service_ms > oldest ? service_ms - oldest : 0;
}

static void tell_lanes(const struct kin__shard *shard, struct kin_shard_snapshot *out)
{
	out->attempts = shard->window.tries; /* of the final call of its window */
	for (uint32_t i = 0; i < shard->lanes_n; i++) {
		const struct kin__lane *lane = &shard->lanes[i];
		uint32_t tries = lane->stack_n > 0 ? lane->stack[lane->stack_n - 1].tries : 0;

		if (lane->sink_tries > tries)
			tries = lane->sink_tries;
		if (tries > out->attempts)
			out->attempts = tries;
		out->lanes_busy += lane->work_id != 0;
	}
}

bool kin__view_shard(const struct kin__consumer *consumer, uint32_t index, uint64_t now_us,
                     int64_t service_ms, struct kin__view_texts *texts, struct kin_shard_snapshot *out)
{
	const struct kin__shard *shard = consumer->shards[index];

	if (shard->life == LIFE_IGNORED || shard->life == LIFE_DROPPED)
		return false;
	*out = (struct kin_shard_snapshot){
		.size = sizeof *out,
		.shard_id = shard->id,
		.sequence_number = kin__position_text(&shard->settled_at, texts->number),
		.sub_sequence = shard->settled_at.sub,
		.checkpoint = kin__position_text(&shard->checkpoint, texts->checkpoint),
		.checkpoint_sub_sequence = shard->checkpoint.sub,
		.reason = "", /* the owner knows */
		.state = state_of(shard),
		.iterator_age_ms = age_ms(shard, service_ms),
		.behind_ms = shard->life == LIFE_ACTIVE ? shard->behind_ms : -1,
		.blocked = shard->blocked_n > 0,
		.done = shard->settled.low
	};
	out->buffered = kin__settled_missing(&shard->settled, shard->settled.low, shard->held);
	for (const struct kin__page *page = shard->first_page; page; page = page->next)
		out->buffered_bytes += page->bytes;
	if (out->blocked)
		out->blocked_ms = (int64_t)((now_us - shard->blocked_us) / 1000);
	tell_lanes(shard, out);
	return true;
}
