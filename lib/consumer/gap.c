/* consumer/gap - see gap.h */
#include "base/timetext.h"
#include "consumer/emit.h"
#include "consumer/gap.h"

/* What has been trimmed by now is not missed again. */
static void forgive(struct kin__consumer *consumer, struct kin__shard *shard)
{
	int64_t horizon = consumer->service_ms - consumer->retention_ms;

	shard->unjudged_ms = 0;
	if (consumer->service_ms <= 0)
		shard->named_us = consumer->now_us;
	else if (shard->fetched_ms < horizon)
		shard->fetched_ms = horizon;
}

bool kin__gap_raise(struct kin__consumer *consumer, struct kin__shard *shard)
{
	consumer->health.gaps++;
	if (consumer->set.on_gap == KIN_GAP_CONTINUE) {
		if (shard) /* else the stream is another one */
			forgive(consumer, shard);
		kin__bytes_text(&consumer->text, "; going on, as on_gap = continue says");
		kin__emit_line(consumer, shard, KIN_LOG_WARN);
		return true;
	}
	kin__bytes_text(&consumer->text, "; on_gap = continue would go on with what is there");
	kin__emit_fatal(consumer, KIN_GAP, NULL);
	return false;
}

bool kin__gap_found(struct kin__consumer *consumer, struct kin__shard *shard)
{
	char from[KIN__TIME_TEXT], to[KIN__TIME_TEXT];
	int64_t horizon = consumer->service_ms - consumer->retention_ms, since = shard->fetched_ms;

	if (since == 0) /* nothing was read: but what came since the start is ours */
		since = consumer->origin.covered_ms ? consumer->origin.covered_ms : consumer->start_ms;
	if (shard->unjudged_ms == 0 && since > 0) {
		shard->unjudged_ms = since;
		shard->unjudged_us = consumer->now_us;
	}
	if (shard->unjudged_ms == 0 || consumer->service_ms <= 0 || consumer->retention_ms <= 0)
		return false;
	since = shard->unjudged_ms;
	if (shard->named_us > 0 && since < horizon - kin__consumer_ms_since(consumer, shard->named_us))
		since = horizon - kin__consumer_ms_since(consumer, shard->named_us);
	horizon -= kin__consumer_ms_since(consumer, shard->unjudged_us); /* as it was at that answer */
	shard->unjudged_ms = 0;
	shard->named_us = 0;
	if (since >= horizon - GAP_SLACK_MS)
		return false;
	kin__time_iso(since, from);
	kin__time_iso(horizon, to);
	kin__bytes_format(
			kin__emit_text(consumer),
			"%s: records that arrived from %s to %s may have been trimmed before they were read",
			shard->id, from, to);
	return true;
}
