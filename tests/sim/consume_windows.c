/* See consume_windows.h. */
#include <inttypes.h>
#include <string.h>
#include "consume_world.h"
#include "event/window.h"

enum { FINAL_PATIENCE_MS = 6000, CLOCKS_MS = 1000 };

static bool on(const struct consume_world *w)
{
	return w->set.tumbling_window_ms > 0;
}

static bool has(const struct consume_state *state, uint32_t id)
{
	return state->ids[id / 64] >> id % 64 & 1;
}

static void add(struct consume_state *state, uint32_t id)
{
	state->ids[id / 64] |= UINT64_C(1) << id % 64;
}

static bool same(const struct consume_state *a, const struct consume_state *b)
{
	return memcmp(a->ids, b->ids, sizeof a->ids) == 0;
}

void consume_windows_draw(struct consume_world *w)
{
	if (!w->set.leases || !kin__rng_chance(&w->rng, 300))
		return;
	w->set.tumbling_window_ms = 1000 * (int64_t)kin__rng_between(&w->rng, 1, 12);
	w->set.state_bytes_max = kin__rng_chance(&w->rng, 300) ? kin__rng_between(&w->rng, 10, 90) : 2000;
	w->set.parallelization_factor = 1;
	w->no_state_per_mille = (uint32_t)consume_pick(w, 300, 1, 200);
	consume_met(w, CONSUME_WINDOWS);
}

/* The shard's own, as the machine sees it: not the one that the stream of that name has now. */
static bool current(const struct consume_world *w, uint32_t shard)
{
	return !w->mixed && !kin__shard_is_old(w->consumer, w->consumer->shards[shard]) &&
	       w->consumer->created_ms == w->created_ms[w->stream];
}

/* --- effects ------------------------------------------------------------------------------- */

void consume_windows_request(struct consume_world *w, struct consume_call *call,
                             const struct kin__consumer_effect *effect)
{
	if (effect->type == KIN__CONSUMER_INVOKE) {
		call->window = effect->invoke.window;
		if (call->window.there && !call->window.fresh)
			call->state = w->states[call->shard];
		return;
	}
	call->kept.there = effect->store.kept != NULL;
	if (!call->kept.there)
		return;
	if (!on(w))
		consume_fail(w, "%s: a state is written without tumbling windows", call->item.shard_id);
	call->kept.kept = *effect->store.kept;
	kin__position_text(&call->kept.kept.at, call->kept.at);
	if (call->kept.kept.open && !effect->store.fresh)
		call->kept.state = w->states[call->shard];
}

/* Another one, or what follows one that ended early. */
static bool is_left(const struct consume_chain *chain, const struct kin__call_window *window)
{
	return chain->start_ms != window->start_ms ||
	       (chain->over && window->fresh && chain->state.bytes > 0);
}

/* The window of a call against the one that is open. */
static void check_window(struct consume_world *w, struct consume_chain *chain,
                         const struct consume_call *call)
{
	const struct kin__call_window *window = &call->window;
	int64_t length = w->set.tumbling_window_ms;

	if (window->start_ms % length != 0 || window->end_ms != window->start_ms + length)
		consume_fail(w, "a window from %" PRId64 " to %" PRId64 ", of %" PRId64 " ms",
		             window->start_ms - BASE_MS, window->end_ms - BASE_MS, length);
	if (chain->open && is_left(chain, window)) {
		if (!chain->over)
			consume_fail(w, "the window from %" PRId64 " is left without its final call",
			             chain->start_ms - BASE_MS);
		*chain = (struct consume_chain){ .closed_ms = chain->state.bytes > w->set.state_bytes_max
			                                                      ? chain->closed_ms
			                                                      : chain->end_ms };
		w->told.windows_given_up++;
	}
	if (!chain->open && window->start_ms < chain->closed_ms)
		consume_fail(w, "the window from %" PRId64 " begins, and it was closed",
		             window->start_ms - BASE_MS);
	if (!chain->open && window->final)
		consume_fail(w, "a final call of a window that is not open");
	if (chain->open && window->terminated_early != (chain->state.bytes > w->set.state_bytes_max))
		consume_fail(w, "ended early %d, with a state of %" PRIu64 " bytes, at most %" PRIu64,
		             window->terminated_early, chain->state.bytes, w->set.state_bytes_max);
}

static void check_state(struct consume_world *w, const struct consume_chain *chain,
                        const struct consume_call *call)
{
	if (call->window.fresh != (chain->state.bytes == 0))
		consume_fail(w, "fresh is %d, the state of the window has %" PRIu64 " bytes",
		             call->window.fresh, chain->state.bytes);
	if (!same(&call->state, &chain->state))
		consume_fail(w, "the state handed out is not the one that was left last");
}

void consume_windows_handed(struct consume_world *w, const struct consume_call *call, const uint32_t *ids,
                            uint32_t n)
{
	struct consume_chain *chain = &w->chains[call->shard];

	if (call->window.there != on(w))
		consume_fail(w, "a call with a window, or without: %d", call->window.there);
	if (!on(w))
		return;
	check_window(w, chain, call);
	if (!chain->open)
		w->told.windows_opened++;
	chain->open = true;
	chain->start_ms = call->window.start_ms;
	chain->end_ms = call->window.end_ms;
	check_state(w, chain, call);
	for (uint32_t i = 0; i < n; i++) {
		const struct consume_record *record = &w->records[ids[i]];

		if (has(&call->state, ids[i]))
			consume_fail(w, "r%u is handed out again to the state that counted it", ids[i]);
		if (record->arrival_ms >= call->window.end_ms ||
		    record->arrival_ms + 2 * (int64_t)w->jitter_ms < call->window.start_ms)
			consume_fail(w, "r%u, of %" PRId64 ", is in the window from %" PRId64, ids[i],
			             record->arrival_ms - BASE_MS, call->window.start_ms - BASE_MS);
		if (record->arrival_ms < call->window.start_ms)
			consume_met(w, CONSUME_WINDOW_LATE);
	}
}

/* --- the handler --------------------------------------------------------------------------- */

size_t consume_windows_bytes(const struct consume_world *w, const struct consume_call *call)
{
	static char state[4096];
	struct kin__event_source source;
	struct kin__event_window window = { .start_ms = call->window.start_ms,
		                            .end_ms = call->window.end_ms,
		                            .state = kin__span(state, (size_t)call->state.bytes),
		                            .shard_id = w->consumer->shards[call->shard]->id };

	kin__event_source_init(&source, w->arn, w->set.application);
	return kin__event_window_bytes(&source, &window);
}

void consume_windows_answer(struct consume_world *w, struct consume_call *call, const uint32_t *ids,
                            uint32_t done)
{
	struct consume_state *state = &call->state;
	uint32_t n = 0;

	if (!on(w) || done == 0)
		return;
	for (uint32_t i = 0; i < done; i++) {
		add(state, ids[i]);
		w->records[ids[i]].counted = true;
	}
	for (uint32_t i = 0; i < w->records_n; i++)
		n += has(state, i);
	state->bytes = CONSUME_STATE_BYTES + (uint64_t)n * CONSUME_STATE_RECORD_BYTES;
	call->answer.handled.state_bytes = state->bytes;
	w->chains[call->shard].state = *state;
}

static void count_final(struct consume_world *w, const struct consume_call *call)
{
	for (uint32_t i = 0; i < w->records_n; i++) {
		struct consume_record *record = &w->records[i];

		if (!has(&call->state, i) || !current(w, call->shard))
			continue;
		if (record->final_in == w->process)
			consume_fail(w, "r%u is in the final states of two windows", i);
		if (record->final && record->final_clean == w->unclean)
			consume_fail(w, "r%u is in a final state again, and no process died since", i);
		record->final = true;
		record->final_in = w->process;
		record->final_clean = w->unclean;
	}
}

/* May it be that the machine tries it no more?  The clocks may differ a little. */
static void count_failure(struct consume_world *w, struct consume_call *call, struct consume_chain *chain)
{
	int32_t retries = w->set.maximum_retry_attempts;
	int64_t age = w->set.maximum_record_age_ms;

	if (chain->over && retries >= 0 && chain->fails > (uint32_t)retries)
		consume_fail(w, "a final call was tried %u times, %d retries are allowed", chain->fails + 1,
		             retries);
	chain->fails++;
	if ((retries < 0 || chain->fails <= (uint32_t)retries) &&
	    (age < 0 || consume_service_ms(w) + CLOCKS_MS - call->window.end_ms <= age))
		return;
	chain->over = true;
	consume_met(w, CONSUME_WINDOW_GIVEN_UP);
	for (uint32_t i = 0; i < w->records_n; i++)
		w->records[i].uncounted = w->records[i].uncounted || has(&call->state, i);
}

void consume_windows_final(struct consume_world *w, struct consume_call *call)
{
	struct consume_chain *chain = &w->chains[call->shard];
	bool early = call->window.terminated_early;

	call->answer.handled.code = KIN_OK;
	call->answer.handled.fail_at = UINT32_MAX;
	if (call->attempt != chain->fails + 1)
		consume_fail(w, "a final call is told attempt %u, it is %u", call->attempt, chain->fails + 1);
	if (consume_chance(w, w->busy_per_mille)) {
		call->answer.handled.code = KIN_BUSY;
	} else if (consume_chance(w, w->handler_fail_per_mille)) {
		if (kin__rng_chance(&w->rng, 300))
			call->answer.handled.fail_at = 0;
		else
			call->answer.handled.code = KIN_FAILED;
		consume_met(w, CONSUME_FINAL_FAILED);
		count_failure(w, call, chain);
	} else {
		consume_met(w, early ? CONSUME_WINDOW_EARLY : CONSUME_WINDOW_CLOSED);
		count_final(w, call);
		*chain = (struct consume_chain){ .closed_ms = early ? chain->closed_ms : chain->end_ms };
	}
	CONSUME_SAY(w, "%s: final call of the window from %" PRId64 "%s: %s",
	            w->consumer->shards[call->shard]->id, call->window.start_ms - BASE_MS,
	            early ? ", early" : "",
	            call->answer.handled.code == KIN_BUSY                                      ? "busy"
	            : call->answer.handled.code != KIN_OK || call->answer.handled.fail_at == 0 ? "FAILED"
	                                                                                       : "taken");
}

/* --- the store ------------------------------------------------------------------------------ */

void consume_windows_put(struct consume_world *w, struct consume_call *call)
{
	struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id);

	if (!call->kept.there)
		return;
	item->kept = call->kept;
	consume_windows_check_store(w, item);
}

void consume_windows_read(struct consume_world *w, struct consume_call *call)
{
	const struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id);

	if (!item)
		consume_fail(w, "%s: its state is read, and it has no item", call->item.shard_id);
	call->answer.store_code = item->kept.there ? KIN_OK : KIN_NOT_FOUND;
	call->kept = item->kept;
	if (consume_chance(w, w->store_fail_per_mille)) {
		call->answer.store_code = kin__rng_chance(&w->rng, 500) ? KIN_IO : KIN_NETWORK;
		consume_met(w, CONSUME_STORE_BEFORE);
	} else if (item->kept.there) {
		consume_met(w, CONSUME_STATE_READ);
		if (!consume_store_covers(item->checkpoint, item->sub, item->kept.at, item->kept.kept.at.sub))
			consume_met(w, CONSUME_STATE_AHEAD);
	}
}

void consume_windows_tell(struct consume_world *w, struct consume_call *call,
                          struct kin__consumer_event *event)
{
	static char state[4096];
	static struct kin__kept kept;
	struct consume_chain *chain = &w->chains[call->shard];

	if (call->type == KIN__CONSUMER_INVOKE && event->handled.state_bytes > 0)
		w->states[call->shard] = call->state;
	if (call->window.final && event->handled.code == KIN_OK && event->handled.fail_at == UINT32_MAX &&
	    w->consumer->shards[call->shard]->window.open) {
		w->told.windows_closed += !call->window.terminated_early;
		w->told.windows_early += call->window.terminated_early;
	}
	if (call->type != KIN__CONSUMER_STORE_STATE || event->store_code != KIN_OK)
		return;
	kept = call->kept.kept;
	kept.state = kin__span(state, (size_t)call->kept.state.bytes);
	event->kept.at = &kept;
	w->states[call->shard] = call->kept.state;
	*chain = (struct consume_chain){ .open = kept.open,
		                         .start_ms = kept.start_ms,
		                         .end_ms = kept.end_ms,
		                         .closed_ms = kept.closed_ms,
		                         .state = call->kept.state };
}

void consume_windows_begin(struct consume_world *w)
{
	memset(w->states, 0, sizeof w->states);
	memset(w->chains, 0, sizeof w->chains);
	for (size_t i = 0; i < CONSUME_SHARDS; i++)
		w->chains[i].closed_ms = INT64_MIN;
}

/* --- what must hold ------------------------------------------------------------------------- */

static bool covered(const struct consume_item *item, const struct consume_record *record)
{
	return consume_store_covers(item->checkpoint, item->sub, record->sequence, record->sub) ||
	       (item->kept.there &&
	        consume_store_covers(item->kept.at, item->kept.kept.at.sub, record->sequence, record->sub));
}

/* It was counted by a process that died before that was stored, and came to nothing when it was read again. */
static bool may_be_nowhere(struct consume_world *w, struct consume_record *record)
{
	bool limits = w->set.maximum_retry_attempts >= 0 || w->set.maximum_record_age_ms >= 0;

	return record->uncounted || record->optional || record->lost || record->slack || record->dropped ||
	       (w->set.drop && limits) || record->arrival_ms + w->retention_ms < consume_service_ms(w);
}

/* Where a start would go on from, each record before it that was counted is in the state, or in a final one. */
void consume_windows_check_store(struct consume_world *w, const struct consume_item *item)
{
	if (!on(w) || item->stream != w->stream || item->shard_id[0] == '-' || w->mixed)
		return;
	for (uint32_t i = 0; i < w->records_n; i++) {
		struct consume_record *record = &w->records[i];
		bool kept = item->kept.there && item->kept.kept.open && has(&item->kept.state, i);

		if (record->stream != item->stream ||
		    strcmp(w->shards[record->shard].id, item->shard_id) != 0)
			continue;
		if (kept && !covered(item, record))
			consume_fail(w, "%s: r%u is in the state that is kept, and will be read again",
			             item->shard_id, i);
		if (record->counted && covered(item, record) && !kept && !record->final &&
		    !may_be_nowhere(w, record))
			consume_fail(w, "%s: r%u was counted, and is in no state any more", item->shard_id,
			             i);
	}
}

bool consume_windows_done(struct consume_world *w, bool fail)
{
	for (uint32_t i = 0; on(w) && i < w->records_n; i++) {
		struct consume_record *record = &w->records[i];
		int64_t length = w->set.tumbling_window_ms;

		if (!record->counted || record->final || record->stream != w->stream ||
		    may_be_nowhere(w, record) ||
		    record->arrival_ms + 2 * length + FINAL_PATIENCE_MS > consume_service_ms(w))
			continue;
		if (!fail)
			return false;
		consume_fail(w, "r%u was counted, and its window never has its final call", i);
	}
	return true;
}

void consume_windows_check_health(struct consume_world *w, const struct kin_consumer_health *health)
{
	if (health->windows_opened != w->told.windows_opened ||
	    health->windows_closed != w->told.windows_closed ||
	    health->windows_terminated_early != w->told.windows_early ||
	    health->windows_given_up < w->told.windows_given_up)
		consume_fail(w,
		             "health says %" PRIu64 " windows opened, %" PRIu64 " closed, %" PRIu64
		             " early, %" PRIu64 " given up",
		             health->windows_opened, health->windows_closed, health->windows_terminated_early,
		             health->windows_given_up);
}
