/* The world of sim_produce: who does what, when. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "produce_world.h"

enum { STEPS_MAX = 100000 };

const char *const produce_event_names[PRODUCE_EVENTS] = {
	"stored",
	"expired, not sent",
	"expired, in doubt",
	"refused",
	"stream not found",
	"stream in use",
	"request throttled",
	"request failed",
	"entry throttled",
	"entry failed",
	"entry failed but stored",
	"dropped",
	"dropped after effect",
	"answer cut",
	"late arrival",
	"no connection",
	"denied",
	"duplicate",
	"buffer full",
	"request full of records",
	"request full of bytes",
	"alone, larger than a request",
	"lingered",
	"flush",
	"crash",
	"split",
	"merge",
	"stream re-created",
	"close",
	"abandon",
	"ttl of its own",
	"record too large",
	"neighbour spared",
	"aggregate",
	"aggregate full",
	"aggregate astray",
	"aggregate dropped by a reader",
	"aggregate read",
	"shards listed",
	"list of shards failed",
	"list of shards stale",
	"shards listed again",
	"one key at a time",
	"waited for its key",
	"waited for its shard's pace",
	"jump of the service's clock",
	"spool full",
	"disk failed",
	"waited on disk",
	"over before it was read",
	"torn end",
	"marks written",
	"file removed",
	"of an earlier process",
	"copy after a crash",
	"power lost",
};
uint64_t produce_met[PRODUCE_EVENTS];

const char *const produce_fault_names[PRODUCE_FAULTS] = {
	[KIN__FAULT_THROTTLE] = "throttle",     [KIN__FAULT_ERROR500] = "error 500",
	[KIN__FAULT_ERROR503] = "error 503",    [KIN__FAULT_PARTIAL] = "partial failure",
	[KIN__FAULT_LATENCY] = "latency",       [KIN__FAULT_DROP] = "drop",
	[KIN__FAULT_DROP_AFTER] = "drop after", [KIN__FAULT_TRUNCATE] = "truncate",
};
uint64_t produce_struck[PRODUCE_FAULTS];

struct coverage_moves produce_moves = { .name = "record",
	                                .rows = kin__producer_table,
	                                .n = KIN__RECORD_STATES };

static const struct kin__span stream = { "orders", 6 };

void produce_note(struct produce_world *w, const char *what, uint64_t number, uint64_t more, const char *word)
{
	uint64_t values[] = { w->now_us, (uint64_t)what[0] << 8 | (uint64_t)what[1], number, more };

	for (size_t i = 0; i < KIN__ARRAY_LEN(values); i++)
		w->trace = (w->trace ^ values[i]) * UINT64_C(0x100000001b3) ^ w->trace >> 29;
	if (w->verbose)
		printf("[%10.3f ms] %s %" PRIu64 " %" PRIu64 " %s\n",
		       (double)(w->now_us % UINT64_C(1000000000000)) / 1e3, what, number, more, word);
}

_Noreturn void produce_fail(struct produce_world *w, const char *format, ...)
{
	va_list values;

	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 " at %.3f ms: ", w->seed,
	        (double)(w->now_us % UINT64_C(1000000000000)) / 1e3);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fprintf(stderr, "\nreplay: sim_produce %" PRIu64 "\n", w->seed);
	exit(1);
}

static void due(struct produce_world *w, struct kin__heap_node *node, uint64_t by_us)
{
	if (kin__heap_set(&w->due, node, w->now_us + by_us) < 0)
		produce_fail(w, "out of memory");
}

void produce_enter(struct produce_world *w, struct produce_item *item, uint64_t ttl_us, bool earlier,
                   struct kin__list *list)
{
	const struct kin__placed *was = &item->placed;

	item->placed = (struct kin__placed){ .hash = was->hash,
		                             .key_id = was->key_id,
		                             .key_n = was->key_n,
		                             .data_n = was->data_n,
		                             .hash_n = was->hash_n };
	item->record = (struct kin__producer_record){ .bytes = item->record.bytes,
		                                      .placed = w->placed ? &item->placed : NULL,
		                                      .earlier = earlier,
		                                      .ttl_us = ttl_us };
	kin__room_take(&w->room, item->record.bytes);
	item->life = w->life;
	item->held = true;
	item->doubt = earlier;
	item->reported = item->sending = item->acked = item->reporting = item->given_up = false;
	item->sends = item->entry_fails = item->together = item->failed_at = 0;
	item->failed_in = item->last_answer_us = 0;
	item->code = KIN_OK;
	item->order = ++w->last_order;
	item->accepted_us = w->now_us;
	item->deadline_us = w->now_us + (ttl_us ? ttl_us : w->settings.record_ttl_us);
	kin__list_append(list, &item->record.queue);
}

/* --- the producer ------------------------------------------------------------------- */

static void take_effects(struct produce_world *w)
{
	static const char *const status[] = { "not sent", "possibly stored", "stored" };
	struct kin__producer_effect effect;

	while (kin__producer_take(w->producer, &effect)) {
		if (effect.type == KIN__PRODUCER_SEND) {
			produce_note(w, "send", w->serial + 1, effect.send.n,
			             effect.send.records[0]->attempts > 1 ? "again" : "new");
			produce_check_send(w, &effect);
			w->in_flight++;
			produce_send(w, &effect);
		} else if (effect.type == KIN__PRODUCER_LIST_SHARDS) {
			produce_list(w, effect.list.id);
		} else {
			struct produce_item *item = (struct produce_item *)(void *)effect.deliver.record;

			produce_note(w, "report", item->order, effect.deliver.record->attempts,
			             status[effect.deliver.status]);
			produce_check_deliver(w, item, effect.deliver.code, effect.deliver.status);
			item->reporting = true;
			due(w, &item->report, kin__rng_below(&w->rng, w->report_us + 1));
		}
	}
}

static void step(struct produce_world *w, struct kin__producer_event *event)
{
	event->now_us = w->now_us;
	kin__producer_step(w->producer, event);
	take_effects(w);
	produce_check_time(w);
}

static void close_or_abandon(struct produce_world *w, uint8_t type)
{
	w->closing |= type == KIN__PRODUCER_CLOSE;
	w->abandoned |= type == KIN__PRODUCER_ABANDON;
	produce_met[type == KIN__PRODUCER_CLOSE ? PRODUCE_CLOSE : PRODUCE_ABANDON]++;
	produce_note(w, type == KIN__PRODUCER_CLOSE ? "close" : "abandon", w->life, 0, "");
	step(w, &(struct kin__producer_event){ .type = type, .code = KIN_CLOSED });
}

/* What waits on disk, as far as there is room for it. */
static void read_spool(struct produce_world *w)
{
	struct kin__list list;

	if (!w->spooled)
		return;
	if (produce_spool_read(w, &list))
		step(w, &(struct kin__producer_event){ .type = KIN__PRODUCER_PUT, .records = &list });
	if (w->spool.closing && w->spool.books.unread == 0) {
		w->spool.closing = false;
		close_or_abandon(w, KIN__PRODUCER_CLOSE);
	}
}

static void start(struct produce_world *w)
{
	w->life++;
	w->settings.seed = kin__rng_next(&w->rng);
	w->producer = kin__producer_new(&w->settings);
	if (!w->producer)
		produce_fail(w, "out of memory");
	w->room = (struct kin__room){ .bytes_max = w->settings.buffer_bytes_max,
		                      .records_max = w->settings.buffer_records_max };
	w->in_flight = w->pauses = w->in_vain = 0;
	w->last_order = w->flushed = w->pause_serial = 0;
	w->first_unsent = 1;
	w->calm = true;
	w->closing = w->abandoned = w->map_given = false;
	w->lists = w->paces_n = 0;
	w->spool.closing = false;
	if (w->spooled)
		produce_spool_start(w, w->life > 1);
	read_spool(w);
}

static void life_over(struct produce_world *w)
{
	coverage_add(&produce_moves, w->seen);
	memset(w->seen, 0, sizeof w->seen);
	kin__producer_free(w->producer);
}

static void forget(struct produce_request *r)
{
	r->used = r->will_arrive || r->will_answer;
}

static void crash(struct produce_world *w)
{
	produce_note(w, "crash", w->life, w->in_flight, "");
	produce_met[PRODUCE_CRASH]++;
	life_over(w);
	for (uint32_t i = 0; i < w->next_item; i++)
		kin__heap_remove(&w->due, &w->items[i].report);
	kin__heap_remove(&w->due, &w->listing.arrive);
	kin__heap_remove(&w->due, &w->listing.answer);
	w->listing.under_way = false;
	for (uint32_t i = 0; i < PRODUCE_REQUESTS; i++) { /* what was sent still arrives */
		struct produce_request *r = &w->requests[i];

		kin__heap_remove(&w->due, &r->answer);
		r->verdict = KIN__TRANSIENT;
		r->will_answer = false;
		forget(r);
	}
	start(w);
	if (--w->crashes_n > 0)
		due(w, &w->crash, kin__rng_below(&w->rng, 2000000));
}

static void answered(struct produce_world *w, struct produce_request *r)
{
	r->will_answer = false;
	w->in_flight--;
	produce_note(w, "answer", r->serial, r->verdict, r->maybe_stored ? "perhaps stored" : "");
	produce_check_answer(w, r);
	step(w, &(struct kin__producer_event){ .type = KIN__PRODUCER_ANSWERED,
	                                       .answer = { .id = r->id,
	                                                   .verdict = r->verdict,
	                                                   .maybe_stored = r->maybe_stored,
	                                                   .code = r->code,
	                                                   .hint_us = r->hint_us,
	                                                   .results = r->results,
	                                                   .shards = r->shards } });
	forget(r);
}

/* --- the program -------------------------------------------------------------------- */

static void count_full(struct produce_world *w)
{
	PRODUCE_CHECK(w, w->room.records > 0, "an empty buffer is full");
	produce_met[PRODUCE_FULL]++;
}

static bool put_one(struct produce_world *w, struct kin__list *list)
{
	struct produce_item *item = &w->items[w->next_item];

	item->record.bytes = item->record.bytes ? item->record.bytes
	                                        : (uint32_t)kin__rng_between(&w->rng, 2, w->item_bytes_max);
	produce_draw_key(w, item);
	if (!w->spooled && !kin__room_has(&w->room, item->record.bytes)) {
		count_full(w);
		return false;
	}
	item->own_ttl_us = 0;
	if (kin__rng_chance(&w->rng, w->own_ttl_per_mille)) {
		item->own_ttl_us = kin__rng_between(&w->rng, 100, 5000) * 1000;
		produce_met[PRODUCE_OWN_TTL]++;
	}
	if (w->spooled)
		return produce_spool_put(w, item, list);
	produce_enter(w, item, item->own_ttl_us, false, list);
	w->next_item++;
	return true;
}

static void put_some(struct produce_world *w)
{
	struct kin__list list;
	uint64_t n = kin__rng_between(&w->rng, 1, w->burst_max);
	bool full = false;

	kin__list_init(&list);
	while (n-- > 0 && w->next_item < w->items_n && !full)
		full = !put_one(w, &list);
	produce_note(w, "put", w->last_order, w->room.bytes, "");
	if (!kin__list_empty(&list))
		step(w, &(struct kin__producer_event){ .type = KIN__PRODUCER_PUT, .records = &list });
	if (kin__rng_chance(&w->rng, w->flush_per_mille)) {
		produce_note(w, "flush", w->last_order, 0, "");
		produce_met[PRODUCE_FLUSH]++;
		w->flushed = w->last_order;
		step(w, &(struct kin__producer_event){ .type = KIN__PRODUCER_FLUSH });
	}
	if (w->next_item >= w->abandon_at && !w->abandoned)
		close_or_abandon(w, KIN__PRODUCER_ABANDON);
	if (w->next_item < w->items_n)
		due(w, &w->put, (full ? 20000 : 0) + kin__rng_below(&w->rng, w->gap_us));
	else if (kin__rng_chance(&w->rng, 300) && !w->crash.index) {
		if (w->spooled)
			w->spool.closing = true; /* in time */
		else
			close_or_abandon(w, KIN__PRODUCER_CLOSE);
	}
}

/* --- the service's own life ----------------------------------------------------------- */

static void delete_or_create(struct produce_world *w)
{
	struct kin__model_answer answer;
	struct kin__stream_summary summary;
	int64_t now_ms = produce_service_ms(w);

	kin__model_describe(w->model, now_ms, stream, &summary, &answer);
	if (!answer.code && summary.status == KIN__STREAM_ACTIVE && !w->healed && w->deletes) {
		kin__model_delete_stream(w->model, now_ms, stream, &answer);
		PRODUCE_CHECK(w, !answer.code, "delete: %s", answer.message);
		produce_note(w, "delete", 0, 0, "");
		for (uint32_t i = 0; i < w->next_item; i++)
			w->items[i].copies_here = w->items[i].readable_here = 0;
		w->before.n = 0;
		w->deletes = false;
		due(w, &w->recreate, kin__rng_below(&w->rng, 500000));
	} else if (answer.code) {
		kin__model_create_stream(w->model, now_ms, stream, (uint32_t)kin__rng_between(&w->rng, 1, 5),
		                         w->record_bytes_max, &answer);
		PRODUCE_CHECK(w, !answer.code, "create: %s", answer.message);
		produce_note(w, "create", 0, 0, "");
		produce_met[PRODUCE_RECREATE]++;
		w->recreated = true;
		due(w, &w->recreate, 20000);
	} else if (summary.status != KIN__STREAM_ACTIVE) {
		due(w, &w->recreate, 20000);
	} else if (w->healed) {
		w->well_us = w->now_us;
	}
}

static void heal(struct produce_world *w)
{
	struct kin__faults *faults = kin__model_faults(w->model);

	produce_note(w, "heal", 0, 0, "");
	w->healed = true;
	for (size_t i = 0; i < faults->n; i++)
		produce_struck[faults->at[i].kind] += faults->at[i].struck;
	kin__faults_clear(faults);
	if (!w->recreate.index)
		due(w, &w->recreate, 0); /* creates what is not there */
}

static void jump(struct produce_world *w)
{
	w->ahead_us += kin__rng_between(&w->rng, 1000, kin__rng_chance(&w->rng, 500) ? 5000000 : 3600000000);
	produce_note(w, "service's clock", w->ahead_us, 0, "");
	produce_met[PRODUCE_CLOCK_JUMP]++;
	if (!w->healed)
		due(w, &w->jump, kin__rng_between(&w->rng, 500000, 3000000));
}

static void change(struct produce_world *w)
{
	produce_change_shards(w);
	if (!w->healed)
		due(w, &w->change, kin__rng_between(&w->rng, 10000, 2000000));
}

/* --- one run -------------------------------------------------------------------------- */

static void happen(struct produce_world *w, struct kin__heap_node *node)
{
	struct kin__producer_event event = { .type = KIN__PRODUCER_TIMER };

	kin__heap_remove(&w->due, node);
	if (produce_listing(w, node, &event)) {
		if (event.type != KIN__PRODUCER_TIMER)
			step(w, &event);
	} else if (node == &w->put)
		put_some(w);
	else if (node == &w->change)
		change(w);
	else if (node == &w->recreate)
		delete_or_create(w);
	else if (node == &w->heal)
		heal(w);
	else if (node == &w->crash)
		crash(w);
	else if (node == &w->jump)
		jump(w);
	else if (node == &w->keep)
		produce_spool_keep(w, false);
	else if ((char *)node < (char *)w->requests) { /* items stand before requests */
		struct produce_item *item = kin__container(node, struct produce_item, report);

		item->reporting = false;
		kin__room_give(&w->room, item->record.bytes, 1);
		if (w->spooled)
			produce_spool_reported(w, item);
	} else {
		size_t at = (size_t)((char *)node - (char *)w->requests);
		struct produce_request *r = &w->requests[at / sizeof *r];

		if (node == &r->arrive)
			produce_arrive(w, r);
		else
			answered(w, r);
		forget(r);
	}
}

static void draw_settings(struct produce_world *w)
{
	struct kin__producer_settings *s = &w->settings;
	struct kin__rng *rng = &w->rng;

	kin__producer_settings_init(s);
	s->seen = w->seen;
	s->request_records_max = (uint32_t)kin__rng_between(rng, 1, kin__rng_chance(rng, 500) ? 12 : 200);
	s->request_bytes_max = kin__rng_between(rng, 2048, kin__rng_chance(rng, 500) ? 8000 : 5242880);
	s->requests_max = (uint32_t)kin__rng_between(rng, 1, 8);
	s->linger_us = kin__rng_chance(rng, 200) ? 0 : kin__rng_below(rng, 300000);
	s->record_ttl_us = kin__rng_chance(rng, 500) ? kin__rng_between(rng, 100000, 3000000)
	                                             : 60000000 + kin__rng_below(rng, 60000000);
	s->buffer_records_max = kin__rng_between(rng, 1, kin__rng_chance(rng, 500) ? 20 : 300);
	w->item_bytes_max = kin__rng_chance(rng, 500) ? 60 : (uint32_t)kin__rng_between(rng, 200, 20000);
	if (w->item_bytes_max > s->request_bytes_max && kin__rng_chance(rng, 500)) /* else some go alone */
		w->item_bytes_max = (uint32_t)s->request_bytes_max;
	s->buffer_bytes_max =
			kin__rng_between(rng, w->item_bytes_max, kin__rng_chance(rng, 300) ? 65536 : 4000000);
	if (kin__rng_chance(rng, 150)) { /* a few of them are larger than the stream takes */
		uint32_t over = (uint32_t)kin__rng_below(rng, w->item_bytes_max / 5);

		w->record_bytes_max = w->item_bytes_max - over;
	}
	w->items_n = (uint32_t)kin__rng_between(rng, 5, PRODUCE_ITEMS);
	w->abandon_at = kin__rng_chance(rng, 40) ? (uint32_t)kin__rng_below(rng, w->items_n) : UINT32_MAX;
	w->burst_max = (uint32_t)kin__rng_between(rng, 1, kin__rng_chance(rng, 500) ? 3 : 60);
	w->gap_us = kin__rng_between(rng, 100, kin__rng_chance(rng, 500) ? 20000 : 300000);
	w->own_ttl_per_mille = kin__rng_chance(rng, 300) ? 200 : 0;
	w->flush_per_mille = kin__rng_chance(rng, 300) ? 150 : 0;
	produce_draw_placed(w);
	produce_draw_spool(w);
}

static void draw_faults(struct produce_world *w)
{
	struct kin__rng *rng = &w->rng;

	w->lose_per_mille = kin__rng_chance(rng, 250) ? (uint32_t)kin__rng_below(rng, 400) : 0;
	w->deny_per_mille = kin__rng_chance(rng, 150) ? (uint32_t)kin__rng_below(rng, 200) : 0;
	w->late_per_mille = kin__rng_chance(rng, 250) ? (uint32_t)kin__rng_below(rng, 300) : 0;
	w->hint_per_mille = kin__rng_chance(rng, 200) ? 300 : 0;
	w->stale_per_mille = kin__rng_chance(rng, 250) ? (uint32_t)kin__rng_between(rng, 100, 1000) : 0;
	w->latency_us = kin__rng_between(rng, 1000, 60000);
	w->timeout_us = kin__rng_between(rng, 200000, 3000000);
	w->report_us = kin__rng_chance(rng, 300) ? kin__rng_below(rng, 200000) : 0;
	w->heal_us = w->now_us + kin__rng_between(rng, 200000, 4000000);
	w->deletes = kin__rng_chance(rng, 150);
	w->reshards = kin__rng_chance(rng, 300);
	w->crashes = kin__rng_chance(rng, w->spooled ? 700 : 150);
	w->crashes_n = (uint32_t)kin__rng_between(rng, 1, w->spooled ? 4 : 1);
	produce_faults(w);
	due(w, &w->put, 0);
	due(w, &w->heal, w->heal_us - w->now_us);
	if (w->deletes)
		due(w, &w->recreate, kin__rng_below(rng, 2000000));
	if (w->reshards)
		due(w, &w->change, kin__rng_below(rng, 1000000));
	if (w->crashes)
		due(w, &w->crash, kin__rng_below(rng, 3000000));
	if (kin__rng_chance(rng, 150))
		due(w, &w->jump, kin__rng_below(rng, 2000000));
}

static void open_model(struct produce_world *w)
{
	struct kin__model_options options;
	struct kin__model_answer answer;

	kin__model_options_init(&options);
	options.seed = kin__rng_next(&w->rng);
	options.borrow_records = true;
	options.rate_limits = kin__rng_chance(&w->rng, 300);
	options.transition_ms = kin__rng_chance(&w->rng, 300) ? (int64_t)kin__rng_below(&w->rng, 300) : 0;
	w->model = kin__model_new(&options);
	if (!w->model)
		produce_fail(w, "out of memory");
	kin__model_create_stream(w->model, produce_service_ms(w), stream,
	                         (uint32_t)kin__rng_between(&w->rng, 1, 6), w->record_bytes_max, &answer);
}

uint64_t produce_run(uint64_t seed, bool verbose)
{
	static struct produce_world world;
	struct produce_world *w = &world;
	uint64_t steps = 0;

	memset(w, 0, sizeof *w);
	w->rng.state = w->seed = seed;
	w->verbose = verbose;
	w->now_us = UINT64_C(1000000000000);
	kin__heap_init(&w->due);
	draw_settings(w);
	open_model(w);
	draw_faults(w);
	start(w);
	for (;;) {
		struct kin__heap_node *next = kin__heap_first(&w->due);
		uint64_t wake = kin__producer_wake_us(w->producer);

		if (!next && wake == UINT64_MAX)
			break;
		PRODUCE_CHECK(w, steps++ < STEPS_MAX, "it does not come to rest");
		if (!next || wake <= next->due) {
			w->now_us = wake;
			step(w, &(struct kin__producer_event){ .type = KIN__PRODUCER_TIMER });
		} else {
			w->now_us = next->due;
			happen(w, next);
			read_spool(w);
		}
	}
	produce_check_end(w);
	if (w->spooled)
		produce_spool_check_end(w);
	life_over(w);
	kin__model_free(w->model);
	produce_spool_free(w);
	produce_blobs_free(w);
	kin__heap_fini(&w->due);
	return w->trace;
}
