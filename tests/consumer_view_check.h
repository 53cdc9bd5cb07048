/* What must hold of a view of all shards, at any moment between two steps; for the scenes and the worlds. */
#ifndef KIN_TESTS_CONSUMER_VIEW_CHECK_H
#define KIN_TESTS_CONSUMER_VIEW_CHECK_H
#include "consumer/inside.h"
#include "consumer/view.h"

#define VIEW_HOLDS(condition)                                                                                \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			return "view: " #condition;                                                          \
	} while (0)

static inline const char *view_check_shard(const struct kin_shard_snapshot *shard, uint64_t now_us,
                                           int64_t service_ms)
{
	bool active = shard->state == KIN_SHARD_ACTIVE;

	VIEW_HOLDS(shard->size == sizeof *shard);
	VIEW_HOLDS(shard->shard_id[0] && shard->sequence_number && shard->checkpoint);
	VIEW_HOLDS(shard->blocked <= 1 && (shard->blocked == 1) == (shard->attempts >= BLOCKED_TRIES));
	VIEW_HOLDS(shard->blocked || shard->blocked_ms == 0);
	VIEW_HOLDS(shard->blocked_ms >= 0 && (uint64_t)shard->blocked_ms <= now_us / 1000);
	VIEW_HOLDS(shard->iterator_age_ms >= -1 && (service_ms > 0 || shard->iterator_age_ms == -1));
	VIEW_HOLDS(active || (shard->iterator_age_ms == -1 && shard->behind_ms == -1));
	/* A call of a shard that was lost may still run. */
	VIEW_HOLDS(active || !shard->blocked || shard->state == KIN_SHARD_LOST);
	/* Something waits, so it has an age. */
	VIEW_HOLDS(!active || shard->buffered == 0 || service_ms <= 0 || shard->iterator_age_ms >= 0);
	return NULL;
}

/* NULL: all is well.  Sums are those of the health, unless shards that are not shown have a part in them. */
static inline const char *view_check(const struct kin__consumer *consumer, uint64_t now_us,
                                     int64_t service_ms)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_shard_snapshot shard;
	struct kin__view_texts texts;
	uint64_t buffered = 0, blocked = 0, bytes = 0, ended = 0, calls = 0;
	bool all = true;

	kin__consumer_health(consumer, &health);
	for (uint32_t i = 0; i < kin__view_shards(consumer); i++) {
		const char *wrong;

		if (!kin__view_shard(consumer, i, now_us, service_ms, &texts, &shard)) {
			all = false;
			continue;
		}
		wrong = view_check_shard(&shard, now_us, service_ms);
		if (wrong)
			return wrong;
		/* At its end it releases all, and counts what was not done as it is. */
		VIEW_HOLDS(consumer->cleared || shard.state == KIN_SHARD_LOST || shard.buffered == 0 ||
		           shard.buffered_bytes > 0);
		buffered += shard.buffered;
		bytes += shard.buffered_bytes;
		blocked += shard.blocked;
		ended += shard.state == KIN_SHARD_ENDED;
		calls += shard.lanes_busy;
	}
	VIEW_HOLDS(all ? buffered == health.buffered : buffered <= health.buffered);
	VIEW_HOLDS(all ? bytes == health.buffered_bytes : bytes <= health.buffered_bytes);
	VIEW_HOLDS(all ? blocked == health.shards_blocked : blocked <= health.shards_blocked);
	VIEW_HOLDS(ended <= health.shards_ended);
	VIEW_HOLDS(all ? calls == consumer->works_flying : calls <= consumer->works_flying);
	/* No record is lost between two counts. */
	VIEW_HOLDS(health.polled == health.filtered + health.other_shard + health.handled +
	                                            health.on_failure + health.dropped + health.buffered +
	                                            health.given_back);
	return NULL;
}
#endif
