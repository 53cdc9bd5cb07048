/* The world of sim_consume: its clock, its processes, what happens when. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "consume_world.h"

const char *const consume_event_names[CONSUME_EVENTS] = { "put",
	                                                  "split",
	                                                  "merge",
	                                                  "recreated",
	                                                  "recreated while down",
	                                                  "trimmed",
	                                                  "gap noted",
	                                                  "gap fatal",
	                                                  "crash",
	                                                  "crash after an effect",
	                                                  "theft",
	                                                  "lease lost",
	                                                  "throttled",
	                                                  "transient",
	                                                  "answer lost",
	                                                  "iterator expired",
	                                                  "not found",
	                                                  "invalid argument",
	                                                  "handled",
	                                                  "handler failed",
	                                                  "handler answered badly",
	                                                  "partial failure",
	                                                  "partial failure at the first",
	                                                  "busy",
	                                                  "sunk as too old",
	                                                  "sunk as failed",
	                                                  "sink failed",
	                                                  "dropped",
	                                                  "store failed before",
	                                                  "store failed after",
	                                                  "own write refused",
	                                                  "until",
	                                                  "handler stops",
	                                                  "stopped from outside",
	                                                  "redelivered",
	                                                  "batch spans pages",
	                                                  "record bigger than a batch",
	                                                  "window filled",
	                                                  "buffer full",
	                                                  "no clock",
	                                                  "latest",
	                                                  "reader",
	                                                  "bisected",
	                                                  "blocked",
	                                                  "page copied out",
	                                                  "pages given back",
	                                                  "trimmed while given back",
	                                                  "sick shards",
	                                                  "read beside sick shards",
	                                                  "left out by the filter, and passed",
	                                                  "lanes overlap",
	                                                  "a lane passed a failing one",
	                                                  "pages of several lanes given back",
	                                                  "read ahead of a lane",
	                                                  "handled beside sick lanes",
	                                                  "paused",
	                                                  "resumed",
	                                                  "settings changed",
	                                                  "aggregate put",
	                                                  "left out as another shard's, and passed",
	                                                  "begun inside an aggregate",
	                                                  "given back inside an aggregate",
	                                                  "handler overdue",
	                                                  "a call in the place of an overdue one",
	                                                  "dropped by a destination that failed",
	                                                  "item removed",
	                                                  "tumbling windows",
	                                                  "window closed",
	                                                  "window ended early",
	                                                  "window given up",
	                                                  "late for its window",
	                                                  "final call failed",
	                                                  "no state given",
	                                                  "state read back",
	                                                  "state ahead of its checkpoint" };
uint64_t consume_seen[CONSUME_EVENTS];

void consume_say(const struct consume_world *w, const char *format, ...)
{
	va_list list;

	printf("[%10.3f ms] ", (double)w->now_us / 1e3);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

void consume_fail(const struct consume_world *w, const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 ", %.3f ms, process %u: ", w->seed, (double)w->now_us / 1e3,
	        w->process);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

void consume_met(struct consume_world *w, enum consume_event event)
{
	consume_seen[event]++;
	consume_mark(w, event);
}

void consume_mark(struct consume_world *w, uint64_t what)
{
	w->trace = (w->trace ^ what ^ w->now_us << 20) * UINT64_C(0x100000001b3);
	w->trace ^= w->trace >> 29;
}

bool consume_chance(struct consume_world *w, uint32_t per_mille)
{
	return !w->healed && kin__rng_chance(&w->rng, per_mille);
}

uint64_t consume_later(struct consume_world *w, uint64_t low_us, uint64_t high_us)
{
	return w->now_us + kin__rng_between(&w->rng, low_us, high_us > low_us ? high_us : low_us);
}

int64_t consume_service_ms(const struct consume_world *w)
{
	return BASE_MS + (int64_t)(w->now_us / 1000);
}

void consume_heap(struct consume_world *w, struct kin__heap_node *node, uint64_t due_us)
{
	if (kin__heap_set(&w->due, node, due_us) < 0)
		consume_fail(w, "out of memory");
}

/* --- answers in ---------------------------------------------------------------- */

void consume_perform(struct consume_world *w, struct consume_call *call)
{
	static const uint8_t types[] = { [KIN__CONSUMER_DESCRIBE] = KIN__CONSUMER_DESCRIBED,
		                         [KIN__CONSUMER_LIST_SHARDS] = KIN__CONSUMER_SHARDS,
		                         [KIN__CONSUMER_STORE_LIST] = KIN__CONSUMER_LEASES,
		                         [KIN__CONSUMER_STORE_CREATE] = KIN__CONSUMER_WRITTEN,
		                         [KIN__CONSUMER_STORE_UPDATE] = KIN__CONSUMER_WRITTEN,
		                         [KIN__CONSUMER_STORE_REMOVE] = KIN__CONSUMER_WRITTEN,
		                         [KIN__CONSUMER_GET_ITERATOR] = KIN__CONSUMER_ITERATOR,
		                         [KIN__CONSUMER_FETCH] = KIN__CONSUMER_PAGE,
		                         [KIN__CONSUMER_INVOKE] = KIN__CONSUMER_HANDLED,
		                         [KIN__CONSUMER_SINK] = KIN__CONSUMER_SUNK,
		                         [KIN__CONSUMER_STORE_STATE] = KIN__CONSUMER_STATE_READ };

	call->performed = true;
	call->answer.id = call->id;
	call->answer.type = types[call->type];
	call->node.due = consume_later(w, 1, w->latency_us);
	if (call->type == KIN__CONSUMER_INVOKE || call->type == KIN__CONSUMER_SINK)
		consume_handler_perform(w, call);
	else if (call->type >= KIN__CONSUMER_STORE_LIST && call->type <= KIN__CONSUMER_STORE_REMOVE)
		consume_store_perform(w, call);
	else if (call->type == KIN__CONSUMER_STORE_STATE)
		consume_windows_read(w, call);
	else
		consume_service_perform(w, call);
}

static void unhold(struct consume_world *w, struct consume_call *call)
{
	consume_handler_told(w, call);
	for (size_t i = 0; i < call->slices_n; i++)
		consume_page_find(w, call->slices[i].page)->refs--;
}

static void tell(struct consume_world *w, struct consume_call *call)
{
	static struct kin_lease leases[CONSUME_ITEMS];
	struct kin__consumer_event event = call->answer;

	consume_count(w, call, -1);
	unhold(w, call);
	if (call->type == KIN__CONSUMER_INVOKE || call->type == KIN__CONSUMER_SINK)
		w->calling[call->shard][call->lane] = false;
	consume_mark(w, call->id);
	consume_check_told(w, call);
	if (call->type == KIN__CONSUMER_STORE_LIST) {
		event.leases.at = leases;
		if (event.store_code == KIN_OK)
			consume_store_list(w, leases, &event.leases.n);
	} else {
		consume_service_tell(w, call, &event);
	}
	consume_windows_tell(w, call, &event);
	call->used = false;
	if (event.type == KIN__CONSUMER_WRITTEN && event.store_code == KIN_OK &&
	    call->type != KIN__CONSUMER_STORE_REMOVE)
		consume_store_told(w, call);
	if (call->type == KIN__CONSUMER_STORE_UPDATE && event.store_code == KIN_LOST) {
		struct consume_item *item = consume_store_find(w, call->item.stream, call->item.shard_id);

		if (item && item->thief && item->thief_process == w->process && item->stream == w->stream)
			w->shards[consume_service_shard(w, item->shard_id)].stolen_told = true;
	}
	consume_step(w, &event);
}

static void on_call(struct consume_world *w, struct consume_call *call)
{
	if (call->performed) {
		tell(w, call);
		return;
	}
	consume_perform(w, call);
	consume_heap(w, &call->node, call->node.due);
}

/* --- what happens when ---------------------------------------------------------- */

static void heal(struct consume_world *w)
{
	if (w->sick)
		consume_check_starving(w);
	w->healed = true;
	if (w->paused)
		consume_process_pause(w);
	CONSUME_SAY(w, "the world is healed");
	for (uint32_t i = 0; i < w->records_n && w->set.maximum_retry_attempts < 0; i++)
		w->records[i].poison = false;
	if (w->set.maximum_retry_attempts < 0)
		w->poison_per_mille = 0;
}

static void on_put(struct consume_world *w)
{
	uint64_t n = 1 + kin__rng_below(&w->rng, 6);

	while (n-- > 0)
		consume_service_put(w);
	if (w->records_n < w->records_max && !w->healed)
		consume_heap(w, &w->put, consume_later(w, 1, w->gap_us));
}

static void on_change(struct consume_world *w)
{
	if (w->healed)
		return;
	if (w->recreates > 0 && kin__rng_chance(&w->rng, 300)) {
		w->recreates--;
		consume_service_recreate(w);
	} else if (w->changes > 0) {
		w->changes--;
		consume_service_change(w);
	}
	if (w->changes + w->recreates > 0)
		consume_heap(w, &w->change, consume_later(w, SECOND, 12 * SECOND));
}

static void on_crash(struct consume_world *w)
{
	if (w->healed || w->crashes == 0)
		return;
	w->crashes--;
	if (kin__rng_chance(&w->rng, 300))
		consume_process_stop(w);
	else
		consume_process_crash(w);
	consume_heap(w, &w->crash, consume_later(w, SECOND / 10, 15 * SECOND));
}

static void on_due(struct consume_world *w, struct kin__heap_node *node)
{
	kin__heap_remove(&w->due, node);
	if (node == &w->put)
		on_put(w);
	else if (node == &w->change)
		on_change(w);
	else if (node == &w->crash)
		on_crash(w);
	else if (node == &w->pause || node == &w->set_anew)
		consume_process_due(w, node);
	else if (node == &w->heal)
		heal(w);
	else if (node == &w->begin)
		consume_process_begin(w);
	else if (node == &w->thief)
		consume_store_steal(w);
	else
		on_call(w, kin__container(node, struct consume_call, node));
}

/* --- a seed --------------------------------------------------------------------- */

static void build(struct consume_world *w)
{
	struct kin__model_options options;
	uint32_t shards = consume_draw(w);

	kin__model_options_init(&options);
	options.seed = kin__rng_next(&w->rng);
	options.retention_ms = w->retention_ms;
	options.iterator_ttl_ms = !kin__rng_chance(&w->rng, 300) ? 300000
	                          : w->latency_us > SECOND       ? 10000
	                                                         : 3000;
	options.transition_ms = w->recreates == 0 && kin__rng_chance(&w->rng, 500) ? 500 : 0;
	options.arrival_jitter_ms = w->jitter_ms;
	options.sparse_per_mille = (uint32_t)consume_pick(w, 400, 1, 400);
	options.borrow_records = true;
	w->model = kin__model_new(&options);
	if (!w->model)
		consume_fail(w, "out of memory");
	for (size_t i = 0; i < CONSUME_KEYS; i++)
		w->keys[i] = (struct kin__hashkey){ kin__rng_next(&w->rng), kin__rng_next(&w->rng) };
	for (size_t i = 0; i < CONSUME_KEYS; i++)
		w->lanes[i] = (uint8_t)kin__rng_below(&w->rng, w->set.parallelization_factor);
	w->ever_running_us = UINT64_MAX;
	consume_service_create(w, consume_service_ms(w), shards);
	w->now_us = SECOND;
	consume_heap(w, &w->put, consume_later(w, 0, 2 * SECOND));
	consume_heap(w, &w->begin, consume_later(w, 0, 12 * SECOND));
	consume_heap(w, &w->heal, consume_later(w, w->heal_us, w->heal_us));
	if (w->changes + w->recreates)
		consume_heap(w, &w->change, consume_later(w, 0, 15 * SECOND));
	if (w->crashes)
		consume_heap(w, &w->crash, consume_later(w, 0, 20 * SECOND));
	if (w->sets)
		consume_heap(w, &w->set_anew, consume_later(w, 0, 20 * SECOND));
	if (w->pauses)
		consume_heap(w, &w->pause, consume_later(w, 0, 20 * SECOND));
	if (w->thefts)
		consume_heap(w, &w->thief, consume_later(w, 10 * SECOND, 30 * SECOND));
}

static void introduce(const struct consume_world *w)
{
	const struct kin__consumer_settings *set = &w->set;

	consume_say(w,
	            "lanes %u batch %u/%" PRIu64 " window %" PRIu64 " ms, retries %d age %" PRId64
	            " bisect %d drop %d leases %d "
	            "start %d@%" PRId64 " until %d@%" PRId64 " on_gap %d buffer %" PRIu64
	            " retention %" PRId64,
	            set->parallelization_factor, set->batch_size, set->batch_bytes_max,
	            set->batching_window_us / 1000, set->maximum_retry_attempts, set->maximum_record_age_ms,
	            set->bisect, set->drop, set->leases, set->starting_position,
	            set->starting_timestamp_ms - BASE_MS, set->until, set->until_timestamp_ms - BASE_MS,
	            set->on_gap, set->buffer_bytes_max, w->retention_ms);
}

/* All is healed and done: stop the consumer. */
static void maybe_stop(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_STOP };
	struct kin_consumer_health health = { .size = sizeof health };

	if (!w->healed || w->stopping || !w->consumer ||
	    kin__consumer_state(w->consumer) != KIN_CONSUMER_RUNNING || w->set.until != KIN_UNTIL_NEVER ||
	    !consume_check_done(w) || !consume_windows_done(w, false))
		return;
	kin__consumer_health(w->consumer, &health);
	if (w->expect_gap && w->gaps_before + health.gaps == 0)
		return; /* it did not notice yet */
	w->stopping = true;
	CONSUME_SAY(w, "all is done: stop");
	consume_step(w, &event);
}

static void turn(struct consume_world *w)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_TIMER };
	struct kin__heap_node *node;
	uint64_t wake;

	maybe_stop(w);
	if (w->consumer && kin__consumer_state(w->consumer) >= KIN_CONSUMER_ENDED &&
	    kin__consumer_idle(w->consumer)) {
		consume_process_ended(w);
		return;
	}
	node = kin__heap_first(&w->due);
	wake = w->consumer ? kin__consumer_wake_us(w->consumer) : UINT64_MAX;
	if (!node && wake == UINT64_MAX)
		consume_fail(w, "nothing will ever happen again");
	if (node && node->due <= wake) {
		w->now_us = node->due > w->now_us ? node->due : w->now_us;
		on_due(w, node);
	} else {
		w->now_us = wake > w->now_us ? wake : w->now_us;
		consume_step(w, &event);
	}
}

static void tear_down(struct consume_world *w)
{
	kin__heap_fini(&w->due);
	kin__mem_free(w->effects.at);
	kin__model_free(w->model);
}

uint64_t consume_run(uint64_t seed, bool verbose, bool verify)
{
	static struct consume_world world;
	struct consume_world *w = &world;

	memset(w, 0, sizeof *w);
	w->seed = seed;
	w->rng.state = seed * 2 + 1;
	w->verbose = verbose;
	w->verify = verify;
	kin__heap_init(&w->due);
	build(w);
	if (verbose)
		introduce(w);
	for (uint64_t turns = 0; !w->over; turns++) {
		if (turns == 200000 || w->now_us > w->heal_us + 400 * SECOND)
			consume_check_drained(w);
		turn(w);
	}
	consume_check_end(w);
	CONSUME_SAY(w, "over: %u records, %u processes", w->records_n, w->process);
	tear_down(w);
	return w->trace;
}
