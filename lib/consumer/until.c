/* consumer/until - see until.h */
#include "consumer/until.h"

uint32_t kin__until_cut(const struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	uint32_t i = 0;

	if (consumer->set.until != KIN_UNTIL_TIMESTAMP)
		return event->page.count;
	while (i < event->page.count && event->page.records[i].arrival_ms <= consumer->until_ms)
		i++;
	return i;
}

static bool page_passes(const struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	for (uint32_t i = 0; consumer->until_ms > 0 && i < event->page.count; i++)
		if (event->page.records[i].arrival_ms > consumer->until_ms)
			return true;
	return false;
}

bool kin__until_reached(struct kin__consumer *consumer, const struct kin__shard *shard,
                        const struct kin__consumer_event *event, int64_t covered_ms, uint32_t cut)
{
	if (consumer->set.until == KIN_UNTIL_NEVER)
		return false;
	if (cut < event->page.count)
		return true;
	if (event->page.ended)
		return false;
	if (page_passes(consumer, event))
		return true;
	if (shard->over)
		return false;
	if (consumer->set.until == KIN_UNTIL_LATEST && event->page.behind_ms == 0)
		return true;
	if (consumer->until_ms <= 0 || covered_ms < consumer->until_ms)
		return false;
	if (consumer->set.until == KIN_UNTIL_LATEST || shard->open_ms >= consumer->until_ms)
		return true;
	/* Closed since we last looked? */
	consumer->wanted |= KIN__TO(JOB_SHARDS);
	return false;
}
