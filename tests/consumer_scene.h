/* A stage for the consumer machine: shards, a store, a handler that follows a script, in virtual time.  What happens is
 * written down in few words, which the scenes of check_consumer compare. */
#ifndef CONSUMER_SCENE_H
#define CONSUMER_SCENE_H
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "consumer/lease.h"
#include "consumer/pages.h"
#include "consumer/verify.h"
#include "consumer_view_check.h"

#define NOW_MS INT64_C(1700000000000) /* service time when the scene begins */

/* As ck_assert_msg(), which writes down each condition, also those that hold: a scene has very many. */
#define MUST(condition, ...)                                                                                 \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			ck_abort_msg(__VA_ARGS__);                                                           \
	} while (0)

enum { SHARDS = 6, RECORDS = 64, WORDS = 4096, WAITING = 64, ITEMS = 16, PAGES = 64 };

struct shard {
	const char *id, *parent, *adjacent;
	bool closed, gone; /* gone: not listed, not found */
	bool sick;         /* each call of its records fails */
	uint64_t call_us;  /* how long a call takes; 0: as of all */
	struct kin_record records[RECORDS];
	char sequences[RECORDS][12];
	uint32_t n, horizon, tip;  /* tip: where a LATEST iterator stands */
	uint32_t page_max;         /* records of one answer */
	uint8_t left_out[RECORDS]; /* enum kin__left_out */
	uint8_t lanes[RECORDS];    /* which one each record goes through */
};

struct kept { /* what is kept of a shard's windows; counted: the records in its state */
	bool there;
	struct kin__kept at;
	uint32_t counted;
	uint64_t bytes;
};

struct item {
	struct kept kept;
	char shard[32], owner[32], checkpoint[32], parents[64];
	uint64_t counter, sub;
	int64_t created_ms, timestamp_ms, covered_ms;
};

struct waiting { /* an effect to be answered */
	uint64_t due_us, id;
	uint8_t type;
	uint32_t shard, first, count, attempt, limit;
	uint8_t position;
	char sequence[32];
	int64_t timestamp_ms;
	struct item item;
	uint64_t expected, lease_counter;
	struct kin__call_window window;
	struct kept kept;
	uint8_t which[RECORDS]; /* records of a call, by their place in the shard */
	bool used;
};

struct verdict { /* how one call of the handler ends */
	int32_t code;
	uint32_t fail_at;
	bool answered, stop;
	bool no_state;        /* with tumbling windows: none is given */
	uint64_t state_bytes; /* how large it is; 0: small */
};

struct scene {
	struct kin__consumer_settings set;
	struct kin__consumer *consumer;
	struct kin__consumer_effects effects;
	uint64_t now_us, page_serial, call_us;     /* call_us: how long a handler call takes */
	int64_t clock_error_ms;                    /* how far off the service's time is known */
	bool no_clock, log_store, log_reads, many; /* many: write the shard before its records */
	int64_t created_ms, retention_ms;
	uint8_t status;
	struct shard shards[SHARDS];
	uint32_t shards_n, at[SHARDS * 4]; /* at: the iterators' positions, by the machine's index */
	struct waiting waiting[WAITING];
	struct {
		uint64_t id;
		uint32_t shard, first, n;
		struct kin_record records[RECORDS];
	} pages[PAGES];
	uint32_t pages_held;
	struct item items[ITEMS];
	uint32_t items_n;
	/* the script: calls in turn, then always the last one; poison: records of shard 0 that always fail */
	const struct verdict *script;
	uint32_t script_n, calls;
	uint64_t poison;
	bool report;                             /* poison is reported as a partial failure */
	int32_t sink_codes[32], store_codes[32]; /* in turn, KIN_OK afterwards */
	uint32_t sinks, stores;
	bool store_after; /* a failing write takes effect all the same */
	bool store_half;  /* a failing write keeps the state, and not the checkpoint */
	struct {
		uint32_t counted;
		uint64_t bytes;
	} states[SHARDS * 4]; /* of windows, by the machine's index */
	uint8_t verdicts[32]; /* of API requests in turn, DONE afterwards */
	uint32_t requests;
	int64_t ask_late_us;
	uint32_t runs;    /* of scene_run: one that waits for what never comes ends here */
	uint64_t date_us; /* from then on an answer to a fetch ends no_clock; 0: none does */
	bool no_behind;   /* pages do not tell MillisBehindLatest */
	bool short_of_memory;
	bool no_lanes;                     /* pages do not tell which lane a record goes through */
	bool late_end;                     /* the end of a closed shard comes after its last records */
	uint32_t notes[KIN_LOG_TRACE + 1]; /* by level */
	char note[512];                    /* the last one */
	bool quotes, loss;           /* of its last line: the reason belongs to it; records were given up */
	const struct kin_error *why; /* the reason of verdicts and codes that are not fine */
	char words[WORDS];
	size_t words_n;
};

static void say(struct scene *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct scene *s, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	s->words_n += (size_t)vsnprintf(s->words + s->words_n, WORDS - s->words_n, format, list);
	va_end(list);
	MUST(s->words_n < WORDS, "too many words for a scene");
}

static void scene_init(struct scene *s)
{
	memset(s, 0, sizeof *s);
	s->set = (struct kin__consumer_settings){ .batch_size = 100,
		                                  .batch_bytes_max = 6291456,
		                                  .maximum_retry_attempts = -1,
		                                  .maximum_record_age_ms = -1,
		                                  .leases = true,
		                                  .handlers_max = 4,
		                                  .fetches_max = 4,
		                                  .stores_max = 2,
		                                  .buffer_bytes_max = 1 << 20,
		                                  .copy_bytes_min = 1 << 20,
		                                  .poll_interval_us = 1000000,
		                                  .behind_interval_us = 0,
		                                  .shard_sync_interval_us = 60000000,
		                                  .retry_base_us = 1000000,
		                                  .retry_max_us = 60000000,
		                                  .worker = "me",
		                                  .application = "app",
		                                  .seed = 7 };
	s->created_ms = NOW_MS - 1000;
	s->retention_ms = 86400000;
	s->status = KIN__STREAM_ACTIVE;
	s->call_us = 1000;
}

static struct shard *scene_shard(struct scene *s, const char *id, const char *parent, const char *adjacent)
{
	struct shard *shard = &s->shards[s->shards_n++];

	ck_assert_uint_le(s->shards_n, SHARDS);
	*shard = (struct shard){ .id = id, .parent = parent, .adjacent = adjacent, .page_max = RECORDS };
	return shard;
}

/* Puts n records that arrive (or arrived) at `arrival_ms` after the scene's begin. */
static void scene_put(struct shard *shard, uint32_t n, int64_t arrival_ms)
{
	for (; n > 0; n--) {
		struct kin_record *record = &shard->records[shard->n];

		MUST(shard->n < RECORDS, "too many records for a shard of a scene");
		snprintf(shard->sequences[shard->n], sizeof shard->sequences[0], "%u", 1000 + shard->n);
		*record = (struct kin_record){ .partition_key = "k",
			                       .partition_key_size = 1,
			                       .sequence_number = shard->sequences[shard->n],
			                       .sequence_number_size = 4,
			                       .shard_id = shard->id,
			                       .data = "",
			                       .arrival_ms = NOW_MS + arrival_ms };
		shard->n++;
	}
}

/* Puts an aggregate of n records: they share the number of the first. */
static void scene_put_aggregate(struct shard *shard, uint32_t n, int64_t arrival_ms)
{
	const char *number = shard->sequences[shard->n];

	for (uint32_t i = 0; i < n; i++) {
		scene_put(shard, 1, arrival_ms);
		shard->records[shard->n - 1].sequence_number = number;
		shard->records[shard->n - 1].sub_sequence = i;
	}
}

static struct shard *scene_find(struct scene *s, const char *id)
{
	for (uint32_t i = 0; i < s->shards_n; i++)
		if (strcmp(s->shards[i].id, id) == 0)
			return &s->shards[i];
	ck_abort_msg("no shard %s", id);
	return NULL;
}

static struct item *scene_item_of(struct scene *s, const char *shard, int64_t created_ms)
{
	for (uint32_t i = 0; i < s->items_n; i++)
		if (strcmp(s->items[i].shard, shard) == 0 && s->items[i].created_ms == created_ms)
			return &s->items[i];
	return NULL;
}

static struct item *scene_item(struct scene *s, const char *shard)
{
	return scene_item_of(s, shard, s->created_ms);
}

static const char *scene_checkpoint(struct scene *s, const char *shard)
{
	const struct item *item = scene_item(s, shard);

	return item ? item->checkpoint : "none";
}

static int64_t scene_service_ms(const struct scene *s)
{
	return s->no_clock ? 0 : NOW_MS + s->clock_error_ms + (int64_t)(s->now_us / 1000);
}

/* --- effects --------------------------------------------------------------------- */

static void range_of(struct scene *s, const struct kin__slice *slices, size_t n, uint32_t count,
                     struct waiting *w)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t page = 0;

		while (s->pages[page].id != slices[i].page)
			MUST(++page < PAGES, "a slice of page %lu, which is not held",
			     (unsigned long)slices[i].page);
		MUST(slices[i].first + slices[i].count <= s->pages[page].n,
		     "a slice behind the end of page %lu", (unsigned long)slices[i].page);
		if (i == 0)
			w->first = s->pages[page].first + slices[0].first;
		for (uint32_t k = 0; k < slices[i].count; k++) {
			uint32_t record = s->pages[page].first + slices[i].first + k;

			MUST(seen + k < RECORDS && record < RECORDS, "record %u does not exist", record);
			w->which[seen + k] = (uint8_t)record;
			say(s, "%s%u", seen + k ? "," : "", record);
		}
		seen += slices[i].count;
	}
	MUST(seen == count, "slices of %u records are said to be of %u", seen, count);
	w->count = count;
}

#include "consumer_scene_windows.h"

static void take_store(struct waiting *w, const struct kin__consumer_effect *fx)
{
	snprintf(w->item.shard, sizeof w->item.shard, "%s", fx->store.lease.shard_id);
	snprintf(w->item.owner, sizeof w->item.owner, "%s", fx->store.lease.owner);
	snprintf(w->item.checkpoint, sizeof w->item.checkpoint, "%s", fx->store.lease.checkpoint);
	snprintf(w->item.parents, sizeof w->item.parents, "%s", fx->store.lease.parents);
	w->item.counter = fx->store.lease.counter;
	w->item.sub = fx->store.lease.sub_sequence;
	w->item.created_ms = fx->store.lease.stream_created_ms;
	w->item.timestamp_ms = fx->store.lease.timestamp_ms;
	w->item.covered_ms = fx->store.lease.covered_ms;
	w->expected = fx->store.expected;
}

static uint64_t scene_call_us(struct scene *s, uint32_t index)
{
	const struct shard *shard = scene_find(s, kin__consumer_shard_id(s->consumer, index));

	return shard->call_us ? shard->call_us : s->call_us;
}

static void scene_request(struct scene *s, const struct kin__consumer_effect *fx)
{
	struct waiting *w = s->waiting;

	while (w->used)
		MUST(++w < s->waiting + WAITING, "too many requests at once for a scene");
	*w = (struct waiting){
		.used = true, .due_us = s->now_us, .id = fx->id, .type = fx->type, .shard = fx->shard
	};
	if (s->many && (fx->type == KIN__CONSUMER_INVOKE || fx->type == KIN__CONSUMER_SINK))
		say(s, " %s:", kin__consumer_shard_id(s->consumer, fx->shard));
	if (fx->type == KIN__CONSUMER_INVOKE) {
		say(s, " [");
		range_of(s, fx->invoke.slices, fx->invoke.slices_n, fx->invoke.count, w);
		say_window(s, w, &fx->invoke.window);
		say(s, "]");
		w->attempt = fx->invoke.attempt;
		w->lease_counter = fx->invoke.lease_counter;
		w->due_us += scene_call_us(s, fx->shard);
	} else if (fx->type == KIN__CONSUMER_SINK) {
		say(s, " {");
		range_of(s, fx->sink.slices, fx->sink.slices_n, fx->sink.count, w);
		say(s, " %s %u%s}", strcmp(fx->sink.condition, "RecordAgeExceeded") == 0 ? "old" : "failed",
		    fx->sink.attempts, fx->sink.handler_failed ? " unhandled" : "");
	} else if (fx->type == KIN__CONSUMER_STORE_REMOVE) {
		take_store(w, fx);
		say(s, " remove %s", w->item.shard);
	} else if (fx->type == KIN__CONSUMER_STORE_CREATE || fx->type == KIN__CONSUMER_STORE_UPDATE) {
		take_store(w, fx);
		take_kept(s, w, fx);
		if (s->log_store)
			say(s, " %s=%s", w->item.shard, w->item.checkpoint);
		if (s->log_store && w->item.sub > 0)
			say(s, ".%u", (uint32_t)w->item.sub);
	} else if (fx->type == KIN__CONSUMER_STORE_STATE) {
		take_store(w, fx);
		if (s->log_store)
			say(s, " %s?", w->item.shard);
	} else if (fx->type == KIN__CONSUMER_GET_ITERATOR) {
		static const char *const names[] = { "at", "after", "horizon", "latest", "time" };

		w->position = fx->iterator.type;
		w->timestamp_ms = fx->iterator.timestamp_ms;
		snprintf(w->sequence, sizeof w->sequence, "%s",
		         fx->iterator.sequence ? fx->iterator.sequence : "");
		if (s->log_reads)
			say(s, " %s@%s", kin__consumer_shard_id(s->consumer, fx->shard), names[w->position]);
	} else if (fx->type == KIN__CONSUMER_FETCH) {
		w->limit = fx->fetch.limit;
		if (s->log_reads)
			say(s, " %s?", kin__consumer_shard_id(s->consumer, fx->shard));
	}
}

static void scene_release(struct scene *s, uint64_t id)
{
	for (uint32_t i = 0; i < PAGES; i++)
		if (s->pages[i].id == id) {
			s->pages[i].id = 0;
			s->pages_held--;
			return;
		}
	ck_abort_msg("page %lu is released, and not held", (unsigned long)id);
}

static void scene_note(struct scene *s, const struct kin__consumer_effect *fx)
{
	MUST(fx->note.level <= KIN_LOG_TRACE, "a line of level %u", fx->note.level);
	s->notes[fx->note.level]++;
	snprintf(s->note, sizeof s->note, "%s", fx->note.text);
	s->quotes = fx->note.quotes;
	s->loss = fx->note.loss;
}

/* What the machine does not ask to keep is gone. */
static void scene_copy(struct scene *s, const struct kin__slice *slice, uint64_t bytes)
{
	uint32_t page = 0;

	while (s->pages[page].id != slice->page)
		ck_assert_uint_lt(++page, PAGES);
	for (uint32_t i = 0; i < s->pages[page].n; i++)
		if (i < slice->first || i >= slice->first + slice->count)
			s->pages[page].records[i] = (struct kin_record){ 0 };
	say(s, " copy %u of %u bytes", slice->count, (uint32_t)bytes);
}

static void scene_holds(const struct scene *s)
{
	const char *broken;

	if (s->consumer->nomem)
		return;
	broken = kin__consumer_verify(s->consumer);
	MUST(!broken, "this should hold, and does not: %s", broken);
	broken = view_check(s->consumer, s->now_us, scene_service_ms(s));
	MUST(!broken, "what is shown of the shards is not so: %s", broken);
}

static void scene_step(struct scene *s, struct kin__consumer_event *event)
{
	static const char *const states[] = { "starting", "running", "stopping", "ended", "FATAL" };

	event->now_us = s->now_us;
	event->service_ms = scene_service_ms(s);
	s->effects.n = 0;
	if (s->short_of_memory) { /* the first effect of each step asks for some */
		kin__mem_free(s->effects.at);
		s->effects = (struct kin__consumer_effects){ 0 };
	}
	kin__consumer_step(s->consumer, event, &s->effects);
	for (size_t i = 0; i < s->effects.n; i++) {
		const struct kin__consumer_effect *fx = &s->effects.at[i];

		if (fx->type < KIN__CONSUMER_RELEASE)
			scene_request(s, fx);
		else if (fx->type == KIN__CONSUMER_RELEASE)
			scene_release(s, fx->release.page);
		else if (fx->type == KIN__CONSUMER_COPY)
			scene_copy(s, &fx->copy.slice, fx->copy.bytes);
		else if (fx->type == KIN__CONSUMER_STATE && fx->state.state >= KIN_CONSUMER_STOPPING)
			say(s, " %s", states[fx->state.state]);
		else if (fx->type == KIN__CONSUMER_NOTE)
			scene_note(s, fx);
	}
	scene_holds(s);
}

#include "consumer_scene_answers.h"

/* --- time ------------------------------------------------------------------------ */

static struct waiting *scene_next(struct scene *s)
{
	struct waiting *best = NULL;

	for (uint32_t i = 0; i < WAITING; i++)
		if (s->waiting[i].used &&
		    (!best || s->waiting[i].due_us < best->due_us ||
		     (s->waiting[i].due_us == best->due_us && s->waiting[i].id < best->id)))
			best = &s->waiting[i];
	return best;
}

/* The next thing that happens, if it does up to `until_us`. */
static bool scene_turn(struct scene *s, uint64_t until_us)
{
	struct kin__consumer_event timer = { .type = KIN__CONSUMER_TIMER };
	uint64_t wake = kin__consumer_wake_us(s->consumer);
	struct waiting *w = scene_next(s);

	if ((w ? w->due_us : UINT64_MAX) > until_us && wake > until_us)
		return false;
	if (w && w->due_us <= wake) {
		s->now_us = w->due_us > s->now_us ? w->due_us : s->now_us;
		scene_answer(s, w);
	} else {
		s->now_us = wake > s->now_us ? wake : s->now_us;
		scene_step(s, &timer);
	}
	return true;
}

/* Lets time pass up to `until_ms` after the scene's begin. */
static void scene_run(struct scene *s, uint64_t until_ms)
{
	uint32_t turns = 0;

	MUST(s->runs++ < 20000, "what the scene waits for never comes:%s", s->words);
	while (scene_turn(s, until_ms * 1000))
		MUST(turns++ < 20000, "no end of events before %lu ms:%s", (unsigned long)until_ms, s->words);
	s->now_us = until_ms * 1000;
}

/* Lets time pass until an effect of this type waits, which is returned, unanswered. */
static struct waiting *scene_wait(struct scene *s, uint8_t type)
{
	for (uint32_t turns = 0; turns < 20000; turns++) {
		for (struct waiting *w = s->waiting; w < s->waiting + WAITING; w++)
			if (w->used && w->type == type)
				return w;
		MUST(scene_turn(s, UINT64_MAX - 1), "nothing happens any more:%s", s->words);
	}
	ck_abort_msg("no effect of type %u:%s", type, s->words);
	return NULL;
}

static void scene_start(struct scene *s)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_START };

	s->consumer = kin__consumer_new(&s->set);
	ck_assert_ptr_nonnull(s->consumer);
	scene_step(s, &event);
}

static void scene_stop(struct scene *s)
{
	struct kin__consumer_event event = { .type = KIN__CONSUMER_STOP };

	scene_step(s, &event);
}

/* The process is gone, with all that was in flight. */
static void scene_crash(struct scene *s)
{
	kin__consumer_free(s->consumer);
	s->consumer = NULL;
	memset(s->waiting, 0, sizeof s->waiting);
	memset(s->pages, 0, sizeof s->pages);
	s->pages_held = 0;
}

static void scene_end(struct scene *s)
{
	scene_crash(s);
	kin__mem_free(s->effects.at);
	s->effects = (struct kin__consumer_effects){ 0 };
}

/* What happened since the last call. */
static void scene_told(struct scene *s, const char *expected)
{
	s->words[s->words_n] = 0;
	ck_assert_str_eq(s->words + (s->words[0] == ' '), expected);
	s->words_n = 0;
	s->words[0] = 0;
}

static struct kin_consumer_health scene_health(const struct scene *s)
{
	struct kin_consumer_health health = { .size = sizeof health };

	kin__consumer_health(s->consumer, &health);
	return health;
}
#endif
