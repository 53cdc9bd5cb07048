/* The processes of the world: they begin, crash, come to their end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "consume_world.h"

static struct {
	struct coverage_moves states, lives, readings, workings, writings;
} moves = {
	{ .name = "consumer", .rows = kin__consumer_states, .n = KIN_CONSUMER_FATAL + 1 },
	{ .name = "life", .rows = kin__shard_lives, .n = LIVES },
	{ .name = "reading", .rows = kin__shard_readings, .n = READINGS },
	{ .name = "working", .rows = kin__lane_workings, .n = WORKINGS },
	{ .name = "writing", .rows = kin__shard_writings, .n = WRITINGS },
};

static void note_moves(struct consume_world *w)
{
	coverage_add(&moves.states, w->consumer->seen_states);
	coverage_add(&moves.lives, w->consumer->seen_lives);
	coverage_add(&moves.readings, w->consumer->seen_readings);
	coverage_add(&moves.workings, w->consumer->seen_workings);
	coverage_add(&moves.writings, w->consumer->seen_writings);
}

static void process_over(struct consume_world *w)
{
	struct kin_consumer_health health = { .size = sizeof health };

	kin__consumer_health(w->consumer, &health);
	consume_check_health(w, &health);
	consume_windows_check_health(w, &health);
	memset(&w->told, 0, sizeof w->told);
	w->dropped_before += health.dropped;
	w->gaps_before += health.gaps;
	if (health.bisected)
		consume_met(w, CONSUME_BISECTED);
	note_moves(w);
	kin__consumer_free(w->consumer);
	w->consumer = NULL;
	for (size_t i = 0; i < w->shards_n; i++)
		w->shards[i].stolen_told = false;
	memset(w->pieces, 0, sizeof w->pieces);
	for (size_t i = 0; i < w->records_n; i++) {
		consume_note_given_up(w, &w->records[i]);
		w->records[i].fails = 0;
	}
	memset(w->handled_max, 0, sizeof w->handled_max);
	memset(w->calling, 0, sizeof w->calling);
	memset(w->sink_us, 0, sizeof w->sink_us);
	w->reads = w->works = w->writes = 0;
	w->mixed = false;
}

void consume_process_crash(struct consume_world *w)
{
	if (!w->consumer)
		return;
	consume_met(w, CONSUME_CRASH);
	for (size_t i = 0; i < CONSUME_CALLS; i++) {
		struct consume_call *call = &w->calls[i];

		if (!call->used)
			continue;
		kin__heap_remove(&w->due, &call->node);
		if (!call->performed && call->type >= KIN__CONSUMER_STORE_CREATE &&
		    (call->type < KIN__CONSUMER_GET_ITERATOR || call->type > KIN__CONSUMER_FETCH) &&
		    kin__rng_chance(&w->rng, 500)) {
			consume_met(w, CONSUME_CRASH_AFTER_EFFECT);
			consume_perform(w, call);
		}
		call->used = false;
	}
	w->unclean++;
	CONSUME_SAY(w, "process %u crashes", w->process);
	consume_check_repeats(w, false);
	process_over(w);
	consume_pages_clear(w);
	consume_heap(w, &w->begin, consume_later(w, 1, w->healed ? SECOND : w->down_us));
}

void consume_process_stop(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_STOP };

	if (!w->consumer)
		return;
	consume_met(w, CONSUME_STOPPED);
	w->told_to_stop = true;
	CONSUME_SAY(w, "process %u is told to stop", w->process);
	consume_step(w, &event);
}

void consume_process_pause(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = w->paused ? KIN__CONSUMER_RESUME : KIN__CONSUMER_PAUSE };

	if (!w->consumer)
		return;
	w->paused = !w->paused;
	consume_met(w, w->paused ? CONSUME_PAUSED : CONSUME_RESUMED);
	CONSUME_SAY(w, "process %u is told to %s", w->process, w->paused ? "pause" : "go on");
	consume_step(w, &event);
}

static void set_anew(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_SET, .settings = &w->set };

	if (!w->consumer)
		return;
	consume_draw_live(w);
	if (w->set.batch_size > w->batch_most)
		w->batch_most = w->set.batch_size;
	consume_met(w, CONSUME_SET);
	CONSUME_SAY(w, "process %u is given other settings: batch %u window %" PRIu64 " ms", w->process,
	            w->set.batch_size, w->set.batching_window_us / 1000);
	consume_step(w, &event);
}

static void on_pause(struct consume_world *w)
{
	if (w->healed || (w->pauses == 0 && !w->paused))
		return;
	w->pauses -= !w->paused;
	consume_process_pause(w);
	consume_heap(w, &w->pause, consume_later(w, SECOND / 10, 15 * SECOND));
}

static void on_set(struct consume_world *w)
{
	if (w->healed || w->sets == 0)
		return;
	w->sets--;
	set_anew(w);
	consume_heap(w, &w->set_anew, consume_later(w, SECOND / 10, 15 * SECOND));
}

void consume_process_due(struct consume_world *w, const struct kin__heap_node *node)
{
	if (node == &w->pause)
		on_pause(w);
	else
		on_set(w);
}

void consume_process_begin(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_START };

	w->process++;
	snprintf(w->worker, sizeof w->worker, "worker-%u", w->process);
	w->set.worker = w->worker;
	w->set.seed = kin__rng_next(&w->rng);
	if (w->healed) {
		w->set.until = KIN_UNTIL_NEVER;
		w->set.on_gap = KIN_GAP_CONTINUE;
	}
	if (!w->set.leases) /* each one begins anew */
		w->ever_running_us = UINT64_MAX;
	w->stopping = w->told_to_stop = w->paused = false;
	w->batch_most = w->set.batch_size;
	w->began_ms = consume_service_ms(w);
	consume_windows_begin(w);
	w->clock_error_ms = (int64_t)kin__rng_below(&w->rng, 1001) - 500;
	w->clock_from_us = w->now_us +
	                   kin__rng_below(&w->rng, kin__rng_chance(&w->rng, 100) ? 3 * SECOND : 20000);
	if (w->process == 1 && w->set.starting_position == KIN_LATEST && w->set.leases)
		w->latest_ms = consume_service_ms(w) - 1500;
	if (w->thefts && kin__rng_chance(&w->rng, 300)) /* while it takes its leases */
		consume_heap(w, &w->thief, consume_later(w, 1, 4 * w->latency_us));
	CONSUME_SAY(w, "process %u begins", w->process);
	w->consumer = kin__consumer_new(&w->set);
	if (!w->consumer)
		consume_fail(w, "out of memory");
	consume_step(w, &event);
}

static bool robbed(const struct consume_world *w)
{
	for (uint32_t i = 0; i < w->items_n; i++)
		if (w->items[i].thief && w->items[i].thief_process == w->process)
			return true;
	return false;
}

void consume_process_ended(struct consume_world *w)
{
	int state = kin__consumer_state(w->consumer);
	struct kin_consumer_health health = { .size = sizeof health };

	kin__consumer_health(w->consumer, &health);
	for (size_t i = 0; i < CONSUME_CALLS; i++)
		if (w->calls[i].used)
			consume_fail(w, "the consumer is idle with effects in flight");
	for (size_t i = 0; i < CONSUME_PAGES; i++)
		if (w->pages[i].live)
			consume_fail(w, "page %" PRIu64 " was never released", w->pages[i].id);
	if (state == KIN_CONSUMER_ENDED && w->set.until != KIN_UNTIL_NEVER && !w->stopping &&
	    !w->told_to_stop) {
		consume_met(w, CONSUME_UNTIL);
		consume_check_until(w);
	}
	consume_check_repeats(w, state == KIN_CONSUMER_ENDED);
	if (state == KIN_CONSUMER_FATAL) {
		w->unclean++;
		CONSUME_SAY(w, "process %u is over: %s", w->process, health.error.message);
		if (health.code != KIN_GAP && health.code != KIN_LOST && health.code != KIN_IO &&
		    health.code != KIN_NETWORK)
			consume_fail(w, "fatal %d: %s", health.code, health.error.message);
		if (health.code == KIN_LOST && !robbed(w))
			consume_fail(w, "it says that it lost a lease that nobody took: %s",
			             health.error.message);
		if (health.code == KIN_GAP)
			w->set.on_gap = KIN_GAP_CONTINUE;
	}
	process_over(w);
	if (w->stopping && state == KIN_CONSUMER_ENDED)
		w->over = true;
	else
		consume_heap(w, &w->begin, consume_later(w, 1, SECOND));
}

size_t consume_tell_moves(bool table)
{
	return coverage_tell_moves(&moves.states, table) + coverage_tell_moves(&moves.lives, table) +
	       coverage_tell_moves(&moves.readings, table) + coverage_tell_moves(&moves.workings, table) +
	       coverage_tell_moves(&moves.writings, table);
}
