/* Handlers and the on-failure destination of the world: slow, failing, busy; poison never succeeds. */
#include <string.h>
#include "consume_world.h"

static uint32_t collect(struct consume_world *w, const struct consume_call *call, uint32_t *ids)
{
	uint32_t n = 0;

	for (size_t i = 0; i < call->slices_n; i++) {
		struct consume_page *page = consume_page_find(w, call->slices[i].page);

		if (call->slices[i].count == 0 || call->slices[i].first + call->slices[i].count > page->n)
			consume_fail(w, "a slice reaches past its page");
		for (uint32_t k = 0; k < call->slices[i].count; k++) {
			if (n == CONSUME_RECORDS)
				consume_fail(w, "a batch holds too many records");
			if (page->ids[call->slices[i].first + k] >= w->records_n)
				consume_fail(w, "a record is handed out that was not copied");
			ids[n++] = page->ids[call->slices[i].first + k];
		}
	}
	if (n != call->count || n == 0)
		consume_fail(w, "slices hold %u records, the effect says %u", n, call->count);
	return n;
}

static void begin_final(struct consume_world *w, const struct consume_call *call)
{
	if (call->slices_n > 0 || call->count > 0)
		consume_fail(w, "a final call with %u records", call->count);
	if (w->calling[call->shard][0])
		consume_fail(w, "two calls at once, one of them final");
	w->calling[call->shard][0] = true;
	w->told.calls++;
	consume_windows_handed(w, call, NULL, 0);
}

void consume_handler_begin(struct consume_world *w, struct consume_call *call)
{
	if (call->window.final) {
		begin_final(w, call);
		return;
	}
	uint32_t ids[CONSUME_RECORDS], n = collect(w, call, ids);
	struct consume_shard *shard = &w->shards[w->records[ids[0]].shard];

	for (size_t i = 0; i < call->slices_n; i++)
		consume_page_find(w, call->slices[i].page)->refs++;
	if (call->slices_n > 1)
		consume_met(w, CONSUME_SPANNED);
	if (call->shard >= CONSUME_SHARDS || call->lane >= w->set.parallelization_factor ||
	    w->calling[call->shard][call->lane])
		consume_fail(w, "%s: two calls at once", shard->id);
	for (uint32_t i = 0; i < n; i++)
		if (w->lanes[w->records[ids[i]].key] != call->lane)
			consume_fail(w, "r%u goes through lane %u, its key's is %u", ids[i], call->lane,
			             w->lanes[w->records[ids[i]].key]);
	for (uint32_t i = 0; i < w->set.parallelization_factor; i++)
		if (w->calling[call->shard][i])
			consume_met(w, CONSUME_LANES_OVERLAP);
	if (shard->stolen_told)
		consume_fail(w, "%s: a call after its lease was taken", shard->id);
	w->calling[call->shard][call->lane] = true;
	consume_check_handed(w, call, ids, n);
}

static void settle(struct consume_world *w, const struct consume_call *call, struct consume_record *record)
{
	record->settled = true;
	if (kin__shard_is_old(w->consumer, w->consumer->shards[call->shard]))
		return; /* in flight when the stream was seen to be another one */
	if (record->settled_in == w->process)
		consume_fail(w, "r%u is settled twice in one process", record->id);
	record->settled_in = w->process;
	for (uint32_t i = 0; i < record->id; i++)
		if (w->records[i].shard == record->shard && !w->records[i].settled &&
		    w->records[i].fails > 0 && w->records[i].key != record->key)
			consume_met(w, CONSUME_LANE_PASSED_BLOCKED);
	if (call->type == KIN__CONSUMER_INVOKE && record->id + 1 > w->handled_max[record->key])
		w->handled_max[record->key] = record->id + 1;
}

/* How the handler fares: the number of records done; n: all. */
static uint32_t handle(struct consume_world *w, struct consume_call *call, const uint32_t *ids, uint32_t n)
{
	uint32_t first = n;

	call->answer.handled.code = KIN_OK;
	call->answer.handled.fail_at = UINT32_MAX;
	if (consume_chance(w, w->busy_per_mille)) {
		call->answer.handled.code = KIN_BUSY;
		consume_met(w, CONSUME_BUSY);
		return 0;
	}
	if (consume_chance(w, w->no_state_per_mille)) {
		consume_met(w, CONSUME_NO_STATE);
		return 0;
	}
	for (uint32_t i = n; i-- > 0;)
		if (w->records[ids[i]].poison || consume_chance(w, w->handler_fail_per_mille))
			first = i;
	if (first == n) {
		consume_met(w, CONSUME_OK);
		return n;
	}
	if (kin__rng_chance(&w->rng, w->report_per_mille)) {
		call->answer.handled.fail_at = first;
		consume_met(w, first ? CONSUME_PARTIAL : CONSUME_PARTIAL_FIRST);
		return first;
	}
	call->answer.handled.code = kin__rng_chance(&w->rng, 500) ? KIN_FAILED : -1000;
	call->answer.handled.answered = kin__rng_chance(&w->rng, 200);
	consume_met(w, call->answer.handled.answered ? CONSUME_ANSWERED_BADLY : CONSUME_FAILED);
	return 0;
}

static void perform_invoke(struct consume_world *w, struct consume_call *call, const uint32_t *ids,
                           uint32_t n)
{
	uint32_t done = handle(w, call, ids, n);
	struct consume_shard *shard = &w->shards[w->records[ids[0]].shard];
	bool busy = call->answer.handled.code == KIN_BUSY;

	for (uint32_t i = 0; i < done; i++)
		settle(w, call, &w->records[ids[i]]);
	consume_windows_answer(w, call, ids, done);
	if (w->pieces[call->shard][call->lane].first != ids[0] ||
	    w->pieces[call->shard][call->lane].count != n)
		w->pieces[call->shard][call->lane].fails = 0;
	w->pieces[call->shard][call->lane].first = ids[0];
	w->pieces[call->shard][call->lane].count = n;
	if (!busy && call->attempt < w->pieces[call->shard][call->lane].fails + 1)
		consume_fail(w, "r%u..: told attempt %u, it is %u", ids[0], call->attempt,
		             w->pieces[call->shard][call->lane].fails + 1);
	if (done < n && !busy)
		w->pieces[call->shard][call->lane].fails++;
	if (w->set.maximum_retry_attempts >= 0 && done == 0 &&
	    w->pieces[call->shard][call->lane].fails > (uint32_t)w->set.maximum_retry_attempts + 1)
		consume_fail(w, "r%u..: %u failed calls, %d retries are allowed", ids[0],
		             w->pieces[call->shard][call->lane].fails, w->set.maximum_retry_attempts);
	for (uint32_t i = done; i < n && !busy; i++)
		w->records[ids[i]].fails++;
	if (done > 0)
		w->pieces[call->shard][call->lane].fails = 0;
	if (consume_chance(w, w->stop_per_mille)) {
		call->answer.handled.stop = true;
		w->told_to_stop = true;
		consume_met(w, CONSUME_HANDLER_STOP);
	}
	CONSUME_SAY(w, "%s: handler, r%u and %u more: %s, %u done", shard->id, ids[0], n - 1,
	            call->answer.handled.code == KIN_OK ? "answered"
	            : busy                              ? "busy"
	                                                : "FAILED",
	            done);
}

static void check_sink(struct consume_world *w, const struct consume_call *call, const uint32_t *ids,
                       uint32_t n)
{
	for (uint32_t i = 0; i < n && call->old; i++)
		if (w->set.maximum_record_age_ms < 0 ||
		    consume_service_ms(w) + 1000 - w->records[ids[i]].arrival_ms <=
		                    w->set.maximum_record_age_ms)
			consume_fail(w, "r%u is sunk as too old, and is not", ids[i]);
	if (call->old)
		return;
	if (w->set.maximum_retry_attempts < 0 ||
	    call->attempts != (uint32_t)w->set.maximum_retry_attempts + 1)
		consume_fail(w, "r%u..: given up after %u calls, %d retries are allowed", ids[0],
		             call->attempts, w->set.maximum_retry_attempts);
	if (w->set.bisect && call->handler_failed && n > 1)
		consume_fail(w, "r%u..: %u records are given up together in spite of bisect", ids[0], n);
}

static void perform_sink(struct consume_world *w, struct consume_call *call, const uint32_t *ids, uint32_t n)
{
	if (w->set.drop)
		consume_fail(w, "a sink effect with on_failure = drop");
	check_sink(w, call, ids, n);
	call->answer.store_code = KIN_OK;
	if (consume_chance(w, w->sink_fail_per_mille)) {
		call->answer.store_code = kin__rng_chance(&w->rng, 500) ? KIN_IO : KIN_REFUSED;
		consume_met(w, CONSUME_SINK_FAILED);
	} else {
		for (uint32_t i = 0; i < n; i++) {
			settle(w, call, &w->records[ids[i]]);
			w->records[ids[i]].counted = false;
		}
		consume_met(w, call->old ? CONSUME_SUNK_OLD : CONSUME_SUNK_FAILED);
	}
	CONSUME_SAY(w, "sink, r%u and %u more, %s after %u: %s", ids[0], n - 1,
	            call->old ? "too old" : "failed", call->attempts,
	            call->answer.store_code == KIN_OK ? "taken" : "FAILED");
}

void consume_handler_perform(struct consume_world *w, struct consume_call *call)
{
	if (call->window.final) {
		consume_windows_final(w, call);
		return;
	}
	uint32_t ids[CONSUME_RECORDS], n = collect(w, call, ids);

	if (call->type == KIN__CONSUMER_INVOKE)
		perform_invoke(w, call, ids, n);
	else
		perform_sink(w, call, ids, n);
}

/* What a delivery that failed holds, should the machine drop it now. */
void consume_handler_told(struct consume_world *w, const struct consume_call *call)
{
	w->undelivered_n = 0;
	if (call->type != KIN__CONSUMER_SINK)
		return;
	if (call->answer.store_code == KIN_OK)
		w->sink_us[call->shard][call->lane] = 0;
	else
		w->undelivered_n = collect(w, call, w->undelivered);
}
