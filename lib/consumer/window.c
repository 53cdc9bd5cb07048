/* consumer/window - see window.h */
#include "consumer/window.h"
#include "base/timetext.h"
#include "consumer/emit.h"
#include "event/window.h"

enum {
	WINDOW_SLACK_MS = 2000
}; /* arrival times do not always grow: how long a window waits for the last ones */

void kin__window_init(struct kin__shard *shard)
{
	shard->window = (struct kin__window){ .closed_ms = INT64_MIN,
		                              .current_ms = INT64_MIN,
		                              .current_end_ms = INT64_MIN };
}

/* The beginning of the window that holds this time. */
static int64_t begin_of(int64_t ms, int64_t length_ms)
{
	int64_t most = INT64_MAX / 2, rest;

	ms = ms > most ? most : ms < -most ? -most : ms;
	rest = ms % length_ms;
	return ms - rest - (rest < 0 ? length_ms : 0);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A late record goes to the window that is current, or to the one behind the last that closed. */
static void choose(const struct kin__consumer *consumer, struct kin__window *window, int64_t arrival_ms)
{
	int64_t length = consumer->set.tumbling_window_ms;

	if (window->current_end_ms > window->closed_ms && arrival_ms < window->current_end_ms) {
		window->batch_ms = window->current_ms;
		window->batch_end_ms = window->current_end_ms;
		return;
	}
	window->batch_ms =
			later(begin_of(arrival_ms, length), later(window->closed_ms, window->current_end_ms));
	window->batch_end_ms = begin_of(window->batch_ms, length) + length;
}

bool kin__window_admits(const struct kin__consumer *consumer, struct kin__lane *lane,
                        const struct kin_record *record)
{
	if (!kin__window_on(consumer))
		return true;
	if (lane->gather_n == 0) {
		choose(consumer, &lane->shard->window, record->arrival_ms);
		return true;
	}
	return record->arrival_ms < lane->shard->window.batch_end_ms;
}

size_t kin__window_room(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	struct kin__event_window window = { .start_ms = shard->window.batch_ms,
		                            .end_ms = shard->window.batch_end_ms,
		                            .state = { "", 0 },
		                            .shard_id = shard->id };

	if (!kin__window_on(consumer))
		return 0;
	return (size_t)consumer->set.state_bytes_max + kin__event_window_bytes(&consumer->source, &window);
}

void kin__window_take(struct kin__shard *shard)
{
	shard->window.current_ms = shard->window.batch_ms;
	shard->window.current_end_ms = shard->window.batch_end_ms;
}

void kin__window_enter(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__window *window = &shard->window;

	if (!kin__window_on(consumer) || window->open)
		return;
	window->open = true;
	window->start_ms = window->current_ms;
	window->end_ms = window->current_end_ms;
	window->state_bytes = 0;
	consumer->health.windows_opened++;
}

/* Records that arrived after `until` were read and not handed out. */
static bool is_cut(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	return consumer->set.until == KIN_UNTIL_TIMESTAMP && shard->reached &&
	       consumer->until_ms < shard->window.end_ms;
}

bool kin__window_is_over(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	const struct kin__window *window = &shard->window;

	if (!window->open || shard->settled.low != shard->fetched || kin__shard_lacks(shard))
		return false;
	if (shard->ended && !shard->reached)
		return true;
	return shard->seen_ms >= window->end_ms + WINDOW_SLACK_MS && !is_cut(consumer, shard);
}

bool kin__window_closes(const struct kin__consumer *consumer, const struct kin__lane *lane)
{
	const struct kin__window *window = &lane->shard->window;

	if (!kin__window_on(consumer) || !window->open || window->calling)
		return false;
	if (window->early)
		return true;
	if (lane->stack_n > 0)
		return window->current_ms >= window->end_ms;
	return lane->gather_n == 0 && kin__window_is_over(consumer, lane->shard);
}

/* --- answers -------------------------------------------------------------------------------- */

bool kin__window_lacks_state(const struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	return kin__window_on(consumer) && event->handled.code == KIN_OK && event->handled.state_bytes == 0;
}

/* "SHARD: the window from START to END"; what follows is the caller's. */
static struct kin__bytes *name(struct kin__consumer *consumer, const struct kin__shard *shard)
{
	char from[KIN__TIME_TEXT], to[KIN__TIME_TEXT];
	struct kin__bytes *text = kin__emit_text(consumer);

	kin__time_iso(shard->window.start_ms, from);
	kin__time_iso(shard->window.end_ms, to);
	kin__bytes_format(text, "%s: the window from %s to %s", shard->id, from, to);
	return text;
}

void kin__window_adopt(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__consumer_event *event)
{
	struct kin__window *window = &shard->window;

	if (!kin__window_on(consumer))
		return;
	window->state_bytes = event->handled.state_bytes;
	window->changes++;
	window->early = window->state_bytes > consumer->set.state_bytes_max;
	if (!window->early)
		return;
	kin__bytes_format(name(consumer, shard),
	                  " ends early: its state has %llu bytes, at most %llu may be kept",
	                  (unsigned long long)window->state_bytes,
	                  (unsigned long long)consumer->set.state_bytes_max);
	kin__emit_line(consumer, shard, KIN_LOG_WARN);
}

/* What is left of a window that ended early is a window of the same times. */
static void end(struct kin__window *window)
{
	if (!window->early)
		window->closed_ms = later(window->closed_ms, window->end_ms);
	window->open = window->early = false;
	window->attempts = window->tries = 0;
	window->due_us = 0;
	window->changes++;
}

static bool is_given_up(const struct kin__consumer *consumer, const struct kin__window *window)
{
	int32_t retries = consumer->set.maximum_retry_attempts;
	int64_t age = consumer->set.maximum_record_age_ms;

	return (retries >= 0 && window->attempts > (uint32_t)retries) ||
	       (age >= 0 && consumer->service_ms > 0 && consumer->service_ms - window->end_ms > age);
}

static void count_up(uint32_t *n)
{
	if (*n < UINT32_MAX)
		++*n;
}

static void failed(struct kin__consumer *consumer, struct kin__shard *shard)
{
	struct kin__window *window = &shard->window;

	if (!is_given_up(consumer, window)) {
		window->due_us = kin__emit_backoff(consumer, consumer->set.retry_base_us,
		                                   consumer->set.retry_max_us, window->tries - 1);
		if (window->tries < BLOCKED_TRIES)
			return;
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s: blocked: the final call of its window was tried %lu times", shard->id,
		                  (unsigned long)window->tries);
		kin__emit_line(consumer, shard, KIN_LOG_WARN);
		return;
	}
	kin__bytes_format(name(consumer, shard),
	                  " is given up: its final call failed %lu times; its records are done",
	                  (unsigned long)window->attempts);
	kin__emit_line(consumer, shard, KIN_LOG_WARN);
	consumer->health.windows_given_up++;
	end(window);
}

void kin__window_on_final(struct kin__consumer *consumer, struct kin__shard *shard,
                          const struct kin__consumer_event *event)
{
	struct kin__window *window = &shard->window;

	window->calling = false;
	if (event->handled.code == KIN_OK && event->handled.fail_at == UINT32_MAX) {
		consumer->health.windows_terminated_early += window->early;
		consumer->health.windows_closed += !window->early;
		end(window);
		return;
	}
	count_up(&window->tries);
	if (event->handled.code == KIN_BUSY) {
		window->due_us = kin__emit_backoff(consumer, consumer->set.retry_base_us,
		                                   consumer->set.retry_max_us, window->tries - 1);
		return;
	}
	consumer->health.errors++;
	count_up(&window->attempts);
	failed(consumer, shard);
}

void kin__window_show(const struct kin__shard *shard, struct kin__call_window *out)
{
	const struct kin__window *window = &shard->window;

	*out = (struct kin__call_window){ .there = true,
		                          .fresh = !window->open || window->state_bytes == 0,
		                          .start_ms = window->open ? window->start_ms : window->current_ms,
		                          .end_ms = window->open ? window->end_ms : window->current_end_ms };
}

void kin__window_forget(struct kin__shard *shard)
{
	shard->window.open = shard->window.early = false;
}

/* --- the store ------------------------------------------------------------------------------ */

bool kin__window_keep(struct kin__consumer *consumer, const struct kin__shard *shard,
                      const struct kin__kept **out)
{
	const struct kin__window *window = &shard->window;
	struct kin__kept *kept;

	if (window->changes == window->stored_changes)
		return true;
	kept = kin__arena_alloc(&consumer->arena, sizeof *kept);
	if (!kept) {
		kin__emit_nomem(consumer);
		return false;
	}
	*kept = (struct kin__kept){ .at = kin__position_there(&shard->settled_at) ? shard->settled_at
		                                                                  : shard->checkpoint,
		                    .open = window->open && window->state_bytes > 0,
		                    .start_ms = window->start_ms,
		                    .end_ms = window->end_ms,
		                    .closed_ms = window->closed_ms };
	*out = kept;
	return true;
}

/* A state ahead of the checkpoint was written, and the checkpoint that followed it was not. */
static bool is_ahead(const struct kin__shard *shard, const struct kin__kept *kept)
{
	if (!kin__position_is_number(&kept->at))
		return false;
	return !kin__position_is_number(&shard->checkpoint) ||
	       kin__position_compare(&kept->at, &shard->checkpoint) > 0;
}

void kin__window_load(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin__kept *kept)
{
	struct kin__window *window = &shard->window;

	window->closed_ms = kept->closed_ms;
	window->open = kept->open;
	if (kept->open) {
		window->start_ms = window->current_ms = kept->start_ms;
		window->end_ms = window->current_end_ms = kept->end_ms;
		window->state_bytes = kept->state.n;
		window->early = kept->state.n > consumer->set.state_bytes_max;
	}
	if (!is_ahead(shard, kept))
		return;
	shard->checkpoint = kept->at;
	shard->timestamp_ms = 0;
	window->changes++; /* both are written again: neither may be on the disk for good */
}
