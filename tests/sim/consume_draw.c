/* What a seed of sim_consume draws: the settings of its consumers, and what goes wrong. */
#include "consume_world.h"

uint64_t consume_pick(struct consume_world *w, uint32_t per_mille, uint64_t low, uint64_t high)
{
	return kin__rng_chance(&w->rng, per_mille) ? kin__rng_between(&w->rng, low, high) : 0;
}

static void draw_settings(struct consume_world *w)
{
	struct kin__consumer_settings *set = &w->set;
	struct kin__rng *rng = &w->rng;

	set->application = "app";
	set->batch_size = 1 + (uint32_t)kin__rng_below(rng, 12);
	set->batch_bytes_max = kin__rng_chance(rng, 250) ? kin__rng_between(rng, 450, 3000) : 6291456;
	set->batching_window_us = consume_pick(w, 450, 100000, 3000000);
	set->maximum_retry_attempts = (int32_t)kin__rng_below(rng, 5) - 1;
	set->maximum_record_age_ms =
			kin__rng_chance(rng, 350) ? (int64_t)kin__rng_between(rng, 1000, 12000) : -1;
	set->bisect = kin__rng_chance(rng, 400);
	set->drop = (set->maximum_retry_attempts >= 0 || set->maximum_record_age_ms >= 0) &&
	            kin__rng_chance(rng, 500);
	set->sink_timeout_us = set->drop ? 0 : consume_pick(w, 300, 1, 4 * SECOND);
	set->leases = kin__rng_chance(rng, 900);
	set->parallelization_factor =
			kin__rng_chance(rng, 500) ? 1 : 1 + (uint32_t)kin__rng_below(rng, LANES_MAX);
	set->handlers_max = 1 + (uint32_t)kin__rng_below(rng, set->parallelization_factor > 1 ? 12 : 3);
	set->handler_timeout_us = consume_pick(w, 400, 100000, 3 * SECOND);
	set->overdue_max = (uint32_t)kin__rng_below(rng, 4);
	set->fetches_max = 1 + (uint32_t)kin__rng_below(rng, 4);
	set->stores_max = 1 + (uint32_t)kin__rng_below(rng, 2);
	set->buffer_bytes_max = kin__rng_chance(rng, 300) ? kin__rng_between(rng, 300, 3000) : CONSUME_ROOM;
	set->copy_bytes_min = kin__rng_between(rng, 200, 1500);
	set->poll_interval_us = kin__rng_between(rng, 500000, 2000000);
	set->shard_bytes_per_s = consume_pick(w, 300, 500, 5000);
	set->poll_interval_max_us = consume_pick(w, 300, 2000000, 5000000);
	set->behind_interval_us = consume_pick(w, 500, 1, 200000);
	set->shard_sync_interval_us = kin__rng_between(rng, 2000000, 10000000);
	set->retry_base_us = kin__rng_between(rng, 20000, 500000);
	set->retry_max_us = kin__rng_between(rng, 500000, 3000000);
	set->on_gap = kin__rng_chance(rng, 500) ? KIN_GAP_CONTINUE : KIN_GAP_STOP;
	set->until = kin__rng_chance(rng, 850)   ? KIN_UNTIL_NEVER
	             : kin__rng_chance(rng, 500) ? KIN_UNTIL_LATEST
	                                         : KIN_UNTIL_TIMESTAMP;
	set->until_timestamp_ms = BASE_MS + (int64_t)kin__rng_below(rng, 30000);
	set->starting_position = kin__rng_chance(rng, 600)   ? KIN_TRIM_HORIZON
	                         : kin__rng_chance(rng, 600) ? KIN_LATEST
	                                                     : KIN_AT_TIMESTAMP;
	set->starting_timestamp_ms = BASE_MS + (int64_t)kin__rng_below(rng, 10000);
	set->deaggregate = kin__rng_chance(rng, 600);
	consume_windows_draw(w);
	if (!set->leases)
		consume_met(w, CONSUME_READER);
	if (set->starting_position == KIN_LATEST)
		consume_met(w, CONSUME_LATEST);
}

void consume_draw_live(struct consume_world *w)
{
	struct kin__consumer_settings *set = &w->set;
	struct kin__rng *rng = &w->rng;

	set->batch_size = 1 + (uint32_t)kin__rng_below(rng, 12);
	set->batching_window_us = consume_pick(w, 450, 100000, 3000000);
	set->poll_interval_us = kin__rng_between(rng, 500000, 2000000);
	set->behind_interval_us = consume_pick(w, 500, 1, 200000);
	set->shard_sync_interval_us = kin__rng_between(rng, 2000000, 10000000);
	set->retry_base_us = kin__rng_between(rng, 20000, 500000);
	set->retry_max_us = kin__rng_between(rng, 500000, 3000000);
}

static void draw_faults(struct consume_world *w)
{
	struct kin__rng *rng = &w->rng;
	bool outage = kin__rng_chance(rng, 60),
	     broken = kin__rng_chance(rng, 80); /* the store, the handler */

	w->api_fail_per_mille = (uint32_t)consume_pick(w, 600, 1, 300);
	w->store_fail_per_mille = outage ? 800 : (uint32_t)consume_pick(w, 500, 1, 400);
	w->handler_fail_per_mille = broken ? 950 : (uint32_t)consume_pick(w, 500, 1, 250);
	w->busy_per_mille = (uint32_t)consume_pick(w, 300, 1, 400);
	w->poison_per_mille = (uint32_t)consume_pick(w, 400, 1, 150);
	w->filter_per_mille = (uint32_t)consume_pick(w, 300, 100, 900);
	w->sink_fail_per_mille = (uint32_t)consume_pick(w, 500, 1, 500);
	w->stop_per_mille = (uint32_t)consume_pick(w, 100, 1, 100);
	w->stuck_per_mille = (uint32_t)consume_pick(w, 250, 1, 150);
	w->report_per_mille = (uint32_t)consume_pick(w, 500, 1, 1000);
	w->crashes = w->set.leases ? (uint32_t)consume_pick(w, 500, 1, 3) : 0;
	w->changes = (uint32_t)consume_pick(w, 600, 1, 4);
	w->recreates = (uint32_t)consume_pick(w, outage ? 600 : 120, 1, 2);
	w->thefts = w->set.leases && kin__rng_chance(rng, 80);
	w->pauses = (uint32_t)consume_pick(w, 250, 1, 3);
	w->sets = (uint32_t)consume_pick(w, 250, 1, 4);
	w->latency_us = kin__rng_chance(rng, 800) ? 50000 : 1500000;
	w->handler_us = kin__rng_chance(rng, 600) ? 100000 : 4000000;
	w->gap_us = kin__rng_between(rng, 100000, 3000000);
	w->short_retention = kin__rng_chance(rng, 200);
	w->retention_ms = w->short_retention ? (int64_t)kin__rng_between(rng, 15000, 40000) : 86400000;
	w->down_us = w->short_retention ? 60 * SECOND : 3 * SECOND;
	w->heal_us = kin__rng_between(rng, 20 * SECOND, 45 * SECOND);
	w->jitter_ms = (uint32_t)consume_pick(w, 300, 1, 300);
	w->records_max = (uint32_t)kin__rng_between(rng, 8, 60);
	w->aggregate_per_mille = w->set.deaggregate ? (uint32_t)consume_pick(w, 700, 100, 900) : 0;
	if (w->set.until == KIN_UNTIL_TIMESTAMP)
		w->jitter_ms = 0;
	if (w->recreates + w->thefts > 0 && kin__rng_chance(rng, 500)) { /* while pages are given back */
		w->set.buffer_bytes_max = kin__rng_between(rng, 300, 800);
		w->set.retry_base_us = w->set.retry_max_us = kin__rng_between(rng, 3 * SECOND, 15 * SECOND);
		w->handler_fail_per_mille += 200;
	}
}

/* Some shards are blocked for as long as the world is not healed, in little room; nothing else goes wrong. */
static void draw_sick(struct consume_world *w, uint32_t shards)
{
	struct kin__consumer_settings *set = &w->set;
	struct kin__rng *rng = &w->rng;

	w->sick = 1 + (uint32_t)kin__rng_below(rng, (UINT64_C(1) << shards) - 2);
	w->sick_lanes = kin__rng_chance(rng, 300)
	                                ? UINT32_MAX
	                                : 1 + (uint32_t)kin__rng_below(rng, (UINT64_C(1)
	                                                                     << set->parallelization_factor) -
	                                                                                    1);
	consume_met(w, CONSUME_SICK);
	w->api_fail_per_mille = w->store_fail_per_mille = w->handler_fail_per_mille = w->busy_per_mille = 0;
	w->stuck_per_mille = w->no_state_per_mille = 0;
	w->poison_per_mille = w->stop_per_mille = w->crashes = w->changes = w->recreates = w->thefts = 0;
	w->pauses = w->sets = 0;
	w->latency_us = 50000;
	w->handler_us = 100000;
	w->gap_us = kin__rng_between(rng, 100000, SECOND);
	w->short_retention = false;
	w->retention_ms = 86400000;
	w->heal_us = 60 * SECOND;
	w->records_max = CONSUME_RECORDS - 6;
	set->starting_position = KIN_TRIM_HORIZON;
	set->until = KIN_UNTIL_NEVER;
	set->maximum_retry_attempts = -1;
	set->maximum_record_age_ms = -1;
	set->drop = false;
	set->buffer_bytes_max = w->sick_lanes == UINT32_MAX || kin__rng_chance(rng, 500)
	                                        ? kin__rng_between(rng, 300, 3000)
	                                        : CONSUME_ROOM;
}

uint32_t consume_draw(struct consume_world *w)
{
	uint32_t shards = 1 + (uint32_t)kin__rng_below(&w->rng, 3);

	draw_settings(w);
	draw_faults(w);
	if (kin__rng_chance(&w->rng, 150))
		draw_sick(w, shards = 2 + (uint32_t)kin__rng_below(&w->rng, 3));
	return shards;
}
