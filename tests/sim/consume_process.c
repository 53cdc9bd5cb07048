/* The processes of the world: they begin, crash, come to their end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "consume_world.h"

static struct {
	uint32_t states[8], lives[LIVES], readings[READINGS], workings[WORKINGS], writings[WRITINGS];
} moves;

static void note_moves(struct consume_world *w)
{
	const struct kin__consumer *c = w->consumer;

	for (size_t i = 0; i < KIN__ARRAY_LEN(c->seen_states); i++)
		moves.states[i] |= c->seen_states[i];
	for (size_t i = 0; i < LIVES; i++)
		moves.lives[i] |= c->seen_lives[i];
	for (size_t i = 0; i < READINGS; i++)
		moves.readings[i] |= c->seen_readings[i];
	for (size_t i = 0; i < WORKINGS; i++)
		moves.workings[i] |= c->seen_workings[i];
	for (size_t i = 0; i < WRITINGS; i++)
		moves.writings[i] |= c->seen_writings[i];
}

static void process_over(struct consume_world *w)
{
	struct kin_consumer_health health = { .size = sizeof health };

	kin__consumer_health(w->consumer, &health);
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
	for (size_t i = 0; i < w->records_n; i++)
		w->records[i].fails = 0;
	memset(w->handled_max, 0, sizeof w->handled_max);
	memset(w->calling, 0, sizeof w->calling);
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
	CONSUME_SAY(w, "process %u crashes", w->process);
	consume_check_repeats(w, false);
	process_over(w);
	consume_pages_clear(w);
	consume_heap(w, &w->begin, consume_later(w, 1, w->healed ? SECOND : w->down_us));
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
	w->stopping = false;
	w->began_ms = consume_service_ms(w);
	w->clock_error_ms = (int64_t)kin__rng_below(&w->rng, 1001) - 500;
	w->clock_from_us = w->now_us +
	                   kin__rng_below(&w->rng, kin__rng_chance(&w->rng, 100) ? 3 * SECOND : 20000);
	if (w->process == 1 && w->set.starting_position == KIN_LATEST && w->set.leases)
		w->latest_ms = consume_service_ms(w) - 1500;
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
	if (state == KIN_CONSUMER_ENDED && w->set.until != KIN_UNTIL_NEVER && !w->stopping)
		consume_met(w, CONSUME_UNTIL);
	consume_check_repeats(w, state == KIN_CONSUMER_ENDED);
	if (state == KIN_CONSUMER_FATAL) {
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

static void unmade(const char *machine, const struct kin__state_row *rows, size_t n, const uint32_t *seen)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (rows[i].to & ~seen[i] & KIN__TO(k))
				printf("never moved: %s %s -> %s\n", machine, rows[i].name, rows[k].name);
}

void consume_moves(void)
{
	unmade("consumer", kin__consumer_states, KIN_CONSUMER_FATAL + 1, moves.states);
	unmade("life", kin__shard_lives, LIVES, moves.lives);
	unmade("reading", kin__shard_readings, READINGS, moves.readings);
	unmade("working", kin__shard_workings, WORKINGS, moves.workings);
	unmade("writing", kin__shard_writings, WRITINGS, moves.writings);
}
