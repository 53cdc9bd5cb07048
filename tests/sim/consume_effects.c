/* The world of sim_consume: what becomes of the machine's effects. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "consume_world.h"
#include "consumer_view_check.h"

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

void consume_count(struct consume_world *w, const struct consume_call *call, int32_t by)
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

	consume_count(w, call, 1);
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
