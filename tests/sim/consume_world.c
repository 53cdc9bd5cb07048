/* The world of sim_consume: its clock, its processes, what happens when. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "consume_world.h"
#include "consumer_view_check.h"

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

/* --- effects out --------------------------------------------------------------- */

static void copy_store(struct consume_world *w, struct consume_call *call,
                       const struct kin__consumer_effect *effect)
{
	const struct kin_lease *lease = &effect->store.lease;
	struct consume_item *item = &call->item;

	*item = (struct consume_item){ .used = true };
	for (uint32_t i = 1; i <= w->stream; i++)
		if (w->created_ms[i] == lease->stream_created_ms)
			item->stream = i;
	if (!item->stream || strcmp(lease->owner, w->worker) != 0)
		consume_fail(w, "%s: an item of an unknown stream or owner", lease->shard_id);
	snprintf(item->shard_id, sizeof item->shard_id, "%s", lease->shard_id);
	snprintf(item->owner, sizeof item->owner, "%s", lease->owner);
	snprintf(item->checkpoint, sizeof item->checkpoint, "%s", lease->checkpoint);
	snprintf(item->parents, sizeof item->parents, "%s", lease->parents);
	item->counter = lease->counter;
	item->sub = lease->sub_sequence;
	item->created_ms = lease->stream_created_ms;
	item->timestamp_ms = lease->timestamp_ms;
	item->covered_ms = lease->covered_ms;
	call->expected = effect->store.expected;
}

static void copy_slices(struct consume_world *w, struct consume_call *call, const struct kin__slice *at,
                        size_t n)
{
	if (n > CONSUME_SLICES)
		consume_fail(w, "too many slices");
	if (n > 0)
		memcpy(call->slices, at, n * sizeof *at);
	call->slices_n = n;
}

static struct consume_call *call_new(struct consume_world *w, const struct kin__consumer_effect *effect)
{
	for (size_t i = 0; i < CONSUME_CALLS; i++) {
		struct consume_call *call = &w->calls[i];

		if (call->used)
			continue;
		*call = (struct consume_call){ .used = true,
			                       .id = effect->id,
			                       .began_us = w->now_us,
			                       .type = effect->type,
			                       .lane = effect->lane,
			                       .shard = effect->shard };
		return call;
	}
	consume_fail(w, "too many effects in flight");
}

static void count(struct consume_world *w, const struct consume_call *call, int32_t by)
{
	bool store = (call->type >= KIN__CONSUMER_STORE_LIST && call->type <= KIN__CONSUMER_STORE_REMOVE) ||
	             call->type == KIN__CONSUMER_STORE_STATE;

	w->writes += (uint32_t)(store ? by : 0);
	w->reads += (uint32_t)(call->type == KIN__CONSUMER_FETCH || call->type == KIN__CONSUMER_GET_ITERATOR
	                                       ? by
	                                       : 0);
	w->works += (uint32_t)(call->type == KIN__CONSUMER_INVOKE || call->type == KIN__CONSUMER_SINK ? by
	                                                                                              : 0);
	if (w->writes > w->set.stores_max || w->reads > w->set.fetches_max ||
	    w->works > w->set.handlers_max + (w->set.handler_timeout_us > 0 ? w->set.overdue_max : 0))
		consume_fail(w, "%u reads, %u calls, %u store requests in flight", w->reads, w->works,
		             w->writes);
}

static void note_begin(struct consume_world *w, const struct kin__shard *shard)
{
	if (kin__position_there(&shard->again))
		consume_met(w, w->set.parallelization_factor > 1 ? CONSUME_LANES_GIVEN_BACK
		                                                 : CONSUME_GIVEN_BACK);
	if (kin__position_there(&shard->again) && shard->again.sub > 0)
		consume_met(w, CONSUME_WITHIN_AGAIN);
	if (kin__position_there(&shard->again))
		return;
	if (shard->checkpoint.sub > 0)
		consume_met(w, CONSUME_WITHIN);
}

static void request(struct consume_world *w, const struct kin__consumer_effect *effect)
{
	struct consume_call *call = call_new(w, effect);
	uint64_t latency = w->latency_us;

	count(w, call, 1);
	if (w->paused && (effect->type == KIN__CONSUMER_GET_ITERATOR || effect->type == KIN__CONSUMER_FETCH ||
	                  effect->type == KIN__CONSUMER_INVOKE || effect->type == KIN__CONSUMER_SINK))
		consume_fail(w, "new work begins in a consumer that is paused");
	if (kin__consumer_state(w->consumer) >= KIN_CONSUMER_STOPPING && w->closing &&
	    (effect->type < KIN__CONSUMER_STORE_LIST || effect->type >= KIN__CONSUMER_GET_ITERATOR))
		consume_fail(w, "new work begins in a consumer that is to end");
	switch (effect->type) {
	case KIN__CONSUMER_STORE_CREATE:
	case KIN__CONSUMER_STORE_UPDATE:
	case KIN__CONSUMER_STORE_REMOVE:
	case KIN__CONSUMER_STORE_STATE:
		copy_store(w, call, effect);
		consume_windows_request(w, call, effect);
		CONSUME_SAY(w, "store %s: %s %" PRIu64 ", counter %" PRIu64 ", covered %" PRId64,
		            call->item.shard_id, call->item.checkpoint, call->item.sub, call->item.counter,
		            call->item.covered_ms ? call->item.covered_ms - BASE_MS : -1);
		break;
	case KIN__CONSUMER_GET_ITERATOR:
		call->position = effect->iterator.type;
		call->timestamp_ms = effect->iterator.timestamp_ms;
		snprintf(call->sequence, sizeof call->sequence, "%s",
		         effect->iterator.sequence ? effect->iterator.sequence : "");
		if (call->position == KIN__AT_SEQUENCE_NUMBER)
			note_begin(w, w->consumer->shards[effect->shard]);
		break;
	case KIN__CONSUMER_FETCH:
		call->limit = effect->fetch.limit;
		if (w->held_bytes >= w->set.buffer_bytes_max &&
		    (w->reads > 1 || w->works > w->consumer->lent_n))
			consume_fail(w, "a fetch goes out with %" PRIu64 " bytes held", w->held_bytes);
		break;
	case KIN__CONSUMER_INVOKE:
		copy_slices(w, call, effect->invoke.slices, effect->invoke.slices_n);
		call->count = effect->invoke.count;
		call->attempt = effect->invoke.attempt;
		consume_windows_request(w, call, effect);
		latency = consume_chance(w, w->stuck_per_mille) ? 30 * SECOND : w->handler_us;
		consume_check_lease(w, effect);
		consume_handler_begin(w, call);
		break;
	case KIN__CONSUMER_SINK:
		copy_slices(w, call, effect->sink.slices, effect->sink.slices_n);
		call->count = effect->sink.count;
		call->attempts = effect->sink.attempts;
		call->old = strcmp(effect->sink.condition, "RecordAgeExceeded") == 0;
		call->handler_failed = effect->sink.handler_failed;
		if (w->sink_us[call->shard][call->lane] == 0)
			w->sink_us[call->shard][call->lane] = w->now_us;
		consume_handler_begin(w, call);
		break;
	default:
		break;
	}
	consume_heap(w, &call->node, consume_later(w, 1, latency));
}

/* A shard begins anew behind what was trimmed while it was given back: what other lanes did of it may come again. */
static void begin_again(struct consume_world *w, uint32_t shard)
{
	const char *id = kin__consumer_shard_id(w->consumer, shard);

	if (w->set.parallelization_factor == 1)
		return;
	for (uint32_t i = 0; i < w->records_n; i++)
		if (w->records[i].stream == w->stream && strcmp(w->shards[w->records[i].shard].id, id) == 0) {
			w->records[i].settled_in = 0;
			w->handled_max[w->records[i].key] = 0;
		}
	memset(w->pieces[shard], 0, sizeof w->pieces[shard]);
}

static void notice(struct consume_world *w, const struct kin__consumer_effect *effect)
{
	if (effect->type == KIN__CONSUMER_RELEASE) {
		consume_page_release(w, effect->release.page);
	} else if (effect->type == KIN__CONSUMER_COPY) {
		consume_page_copy(w, effect);
	} else if (effect->type == KIN__CONSUMER_STATE) {
		const struct kin_error *error = effect->state.error;

		CONSUME_SAY(w, "state %s%s%s", kin__consumer_states[effect->state.state].name,
		            error ? ": " : "", error ? error->message : "");
		if (effect->state.state == KIN_CONSUMER_RUNNING && w->ever_running_us == UINT64_MAX) {
			for (uint32_t i = 0; i < w->records_n; i++)
				w->records[i].optional = w->set.starting_position == KIN_LATEST &&
				                         w->records[i].stream == 1;
			w->ever_running_us = w->now_us;
		}
	} else {
		CONSUME_SAY(w, "note: %s", effect->note.text);
		if (effect->note.loss && effect->note.level == KIN_LOG_ERROR)
			consume_check_undelivered(w, effect);
		if (strstr(effect->note.text, "blocked"))
			consume_met(w, CONSUME_BLOCKED);
		if (strstr(effect->note.text, "while their batch waited")) {
			consume_met(w, CONSUME_TRIMMED_AWAY);
			begin_again(w, effect->shard);
		}
	}
}

/* A gap is named by a warning, or by the fatal error: "SHARD: ...". */
static void note_gap(struct consume_world *w, const char *text)
{
	for (uint32_t i = 0; i < w->shards_n; i++) {
		size_t n = strlen(w->shards[i].id);

		if (w->shards[i].stream == w->stream && strncmp(text, w->shards[i].id, n) == 0 &&
		    text[n] == ':')
			w->shards[i].gap = true;
	}
}

/* Until it notices, a consumer may read the new stream under the old one's name; then it begins again. */
static void forget(struct consume_world *w)
{
	w->unclean++;
	for (uint32_t i = 0; i < w->records_n; i++)
		w->records[i].settled_in = 0;
	memset(w->handled_max, 0, sizeof w->handled_max);
	w->mixed = false;
}

static void take_effects(struct consume_world *w)
{
	for (size_t i = 0; i < w->effects.n; i++) {
		const struct kin__consumer_effect *effect = &w->effects.at[i];

		consume_mark(w, effect->id << 8 | effect->type);
		if (effect->type == KIN__CONSUMER_NOTE && strstr(effect->note.text, "on_gap")) {
			note_gap(w, effect->note.text);
			if (strstr(effect->note.text, "created anew"))
				forget(w);
			consume_met(w, CONSUME_GAP_NOTED);
		}
		if (effect->type == KIN__CONSUMER_STATE && effect->state.error &&
		    effect->state.error->code == KIN_GAP) {
			note_gap(w, effect->state.error->message);
			consume_met(w, CONSUME_GAP_FATAL);
		}
		if (effect->type >= KIN__CONSUMER_RELEASE)
			notice(w, effect);
		else
			request(w, effect);
	}
}

void consume_step(struct consume_world *w, struct kin__consumer_event *event)
{
	const char *broken;

	event->now_us = w->now_us;
	event->service_ms = w->now_us < w->clock_from_us ? 0 : consume_service_ms(w) + w->clock_error_ms;
	if (!event->service_ms)
		consume_met(w, CONSUME_NO_CLOCK);
	w->blind = w->blind || (!event->service_ms && event->type == KIN__CONSUMER_PAGE);
	w->effects.n = 0;
	w->closing = kin__consumer_state(w->consumer) >= KIN_CONSUMER_STOPPING; /* before this step */
	kin__consumer_step(w->consumer, event, &w->effects);
	take_effects(w);
	broken = w->verify ? kin__consumer_verify(w->consumer) : w->consumer->bug.what;
	if (!broken && w->verify && !w->consumer->nomem)
		broken = view_check(w->consumer, event->now_us, event->service_ms);
	if (broken)
		consume_fail(w, "broken: %s", broken);
	consume_check_overdue(w);
	w->undelivered_n = 0;
	consume_check_memory(w);
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

	count(w, call, -1);
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
