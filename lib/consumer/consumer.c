/* consumer/consumer - see consumer.h */
#include <string.h>
#include "consumer/control.h"
#include "consumer/delivery.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/inside.h"
#include "consumer/lease.h"
#include "consumer/live.h"
#include "consumer/descent.h"
#include "consumer/pages.h"

static int copy_settings(struct kin__consumer *consumer)
{
	const struct kin__consumer_settings *set = &consumer->set;

	for (size_t i = 0; i < set->only_shards_n; i++)
		if (kin__map_set(&consumer->only, kin__span_text(set->only_shards[i]), consumer) < 0)
			return -1;
	consumer->worker = kin__mem_text(set->worker ? set->worker : "");
	consumer->arn = kin__mem_text("");
	consumer->application = kin__mem_text(set->application ? set->application : "");
	consumer->set.worker = consumer->worker;
	consumer->set.application = consumer->application;
	consumer->set.only_shards = NULL; /* they are in the map */
	return consumer->worker && consumer->application && consumer->arn ? 0 : -1;
}

struct kin__consumer *kin__consumer_new(const struct kin__consumer_settings *settings)
{
	struct kin__consumer *consumer = kin__mem_zalloc(sizeof *consumer);

	if (!consumer)
		return NULL;
	consumer->set = *settings;
	if (consumer->set.parallelization_factor == 0)
		consumer->set.parallelization_factor = 1;
	consumer->rng.state = settings->seed;
	consumer->job = JOBS;
	consumer->until_ms = settings->until == KIN_UNTIL_TIMESTAMP ? settings->until_timestamp_ms : 0;
	kin__arena_init(&consumer->arena);
	kin__bytes_init(&consumer->text);
	kin__map_init(&consumer->only);
	kin__map_init(&consumer->by_id);
	kin__heap_init(&consumer->timers);
	kin__heap_init(&consumer->sleepers);
	kin__heap_init(&consumer->furthest);
	kin__list_init(&consumer->read_queue);
	kin__list_init(&consumer->ahead_queue);
	kin__list_init(&consumer->work_queue);
	kin__list_init(&consumer->write_queue);
	kin__list_init(&consumer->gatherers);
	kin__list_init(&consumer->missing);
	kin__list_init(&consumer->missing_seen);
	kin__list_init(&consumer->doubting);
	kin__list_init(&consumer->doubted);
	consumer->job_timer.kind = TIMER_JOB;
	consumer->sync_timer.kind = TIMER_SYNC;
	if (copy_settings(consumer) < 0) {
		kin__consumer_free(consumer);
		return NULL;
	}
	return consumer;
}

void kin__consumer_free(struct kin__consumer *consumer)
{
	if (!consumer)
		return;
	kin__heap_fini(&consumer->timers); /* they write into the shards */
	kin__heap_fini(&consumer->sleepers);
	kin__heap_fini(&consumer->furthest);
	for (size_t i = 0; i < consumer->shards_n; i++)
		kin__descent_free(consumer, consumer->shards[i]);
	kin__mem_free(consumer->shards);
	kin__mem_free(consumer->worker);
	kin__mem_free(consumer->application);
	kin__mem_free(consumer->arn);
	kin__mem_free(consumer->old_arn);
	kin__map_fini(&consumer->only);
	kin__map_fini(&consumer->by_id);
	kin__arena_fini(&consumer->arena);
	kin__bytes_fini(&consumer->text);
	kin__mem_free(consumer->members);
	kin__mem_free(consumer);
}

static void stop(struct kin__consumer *consumer)
{
	if (kin__consumer_lives(consumer))
		kin__emit_state(consumer, KIN_CONSUMER_STOPPING);
}

static void on_written(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	struct kin__shard *shard = kin__emit_shard_of(consumer, event->id);

	if (shard)
		kin__lease_on_written(consumer, shard, event);
	else
		kin__control_on_origin(consumer, event);
}

static void on_answer(struct kin__consumer *consumer, struct kin__shard *shard,
                      const struct kin__consumer_event *event)
{
	switch (event->type) {
	case KIN__CONSUMER_ITERATOR:
		kin__fetch_on_iterator(consumer, shard, event);
		return;
	case KIN__CONSUMER_PAGE:
		kin__fetch_on_page(consumer, shard, event);
		return;
	case KIN__CONSUMER_STATE_READ:
		kin__lease_on_state(consumer, shard, event);
		return;
	case KIN__CONSUMER_HANDLED:
		kin__delivery_on_handled(consumer, shard, event);
		if (event->handled.stop)
			stop(consumer);
		return;
	default:
		kin__delivery_on_sunk(consumer, shard, event);
	}
}

static bool is_answer(uint8_t type)
{
	return type >= KIN__CONSUMER_DESCRIBED;
}

static void dispatch(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	struct kin__shard *shard;

	switch (event->type) {
	case KIN__CONSUMER_START:
		kin__control_start(consumer);
		return;
	case KIN__CONSUMER_TIMER:
		return;
	case KIN__CONSUMER_STOP:
		stop(consumer);
		return;
	case KIN__CONSUMER_PAUSE:
	case KIN__CONSUMER_RESUME: /* what waits for a place is looked at behind each step */
		consumer->paused = event->type == KIN__CONSUMER_PAUSE;
		return;
	case KIN__CONSUMER_SET:
		kin__live_set(consumer, event->settings);
		return;
	case KIN__CONSUMER_DESCRIBED:
		kin__control_on_described(consumer, event);
		return;
	case KIN__CONSUMER_SHARDS:
		kin__control_on_shards(consumer, event);
		return;
	case KIN__CONSUMER_LEASES:
		kin__control_on_items(consumer, event);
		return;
	case KIN__CONSUMER_WRITTEN:
		on_written(consumer, event);
		return;
	default:
		shard = kin__emit_shard_of(consumer, event->id);
		KIN__CHECK(&consumer->bug, shard);
		if (shard)
			on_answer(consumer, shard, event);
	}
}

static void timer(struct kin__consumer *consumer, struct kin__timer *at)
{
	switch (at->kind) {
	case TIMER_SYNC:
		kin__control_sync_due(consumer);
		return;
	case TIMER_READ:
		kin__fetch_due(consumer, kin__container(at, struct kin__shard, read_timer));
		return;
	case TIMER_WORK:
		kin__delivery_due(consumer, kin__container(at, struct kin__lane, work_timer));
		return;
	case TIMER_WRITE:
		kin__lease_due(consumer, kin__container(at, struct kin__shard, write_timer));
		return;
	default:
		return; /* TIMER_JOB: the pump sees that it is over */
	}
}

static bool frozen(const struct kin__consumer *consumer)
{
	return consumer->nomem || consumer->bug.what;
}

static void timers(struct kin__consumer *consumer)
{
	struct kin__heap_node *node;

	while (!frozen(consumer) && (node = kin__heap_first(&consumer->timers)) &&
	       node->due <= consumer->now_us) {
		kin__heap_remove(&consumer->timers, node);
		timer(consumer, kin__container(node, struct kin__timer, node));
	}
}

/* `until`: every shard that may be read was read so far, and no list may bring another one. */
static bool all_read(const struct kin__consumer *consumer)
{
	return consumer->set.until != KIN_UNTIL_NEVER && kin__consumer_lives(consumer) && consumer->booted &&
	       consumer->unfinished == 0 && consumer->wanted == 0 && consumer->job_id == 0;
}

/* Nothing runs any more: the pages go back, and the end is told. */
static void finish(struct kin__consumer *consumer)
{
	if (kin__consumer_lives(consumer) || consumer->cleared || consumer->flying > 0 ||
	    (!consumer->given_up && consumer->writes_pending > 0))
		return;
	consumer->cleared = true;
	for (size_t i = 0; i < consumer->shards_n; i++)
		kin__pages_release_all(consumer, consumer->shards[i]);
	if (consumer->state == KIN_CONSUMER_STOPPING)
		kin__emit_state(consumer, KIN_CONSUMER_ENDED);
}

static void pump(struct kin__consumer *consumer)
{
	if (consumer->state == KIN_CONSUMER_STARTING && consumer->booted && consumer->fresh_n == 0)
		kin__emit_state(consumer, KIN_CONSUMER_RUNNING);
	if (!consumer->given_up)
		kin__lease_pump(consumer);
	if (!consumer->given_up)
		kin__control_pump(consumer);
	do { /* a full buffer ends batching windows, a dropped batch makes room */
		kin__delivery_pump(consumer);
		kin__fetch_pump(consumer);
	} while (!frozen(consumer) && kin__delivery_waits(consumer));
	if (all_read(consumer))
		stop(consumer);
	if (!frozen(consumer))
		finish(consumer);
}

/* A broken invariant: the handle is frozen as it is. */
static void freeze(struct kin__consumer *consumer)
{
	struct kin__bug bug = consumer->bug;

	consumer->cleared = true;
	if (consumer->state >= KIN_CONSUMER_ENDED)
		return;
	kin__bytes_format(kin__emit_text(consumer), "a broken invariant, line %d of %s; please report it",
	                  bug.line, bug.what);
	consumer->bug.what = NULL; /* so that this still goes out */
	kin__emit_fatal(consumer, KIN_BUG, NULL);
	consumer->bug = bug;
}

/* The time it began may become known only later, and within a second only, or within half of the request that told
 * it: what is there when it begins has not arrived later than a second after it is known. */
static void tell_time(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	consumer->now_us = event->now_us;
	consumer->service_ms = event->service_ms;
	if (event->type == KIN__CONSUMER_START)
		consumer->start_us = event->now_us;
	if (consumer->start_ms <= 0 && event->service_ms > 0)
		consumer->start_ms =
				event->service_ms - (int64_t)((event->now_us - consumer->start_us) / 1000);
	if (consumer->set.until == KIN_UNTIL_LATEST && consumer->until_ms == 0 && event->service_ms > 0)
		consumer->until_ms = event->service_ms + LATEST_SLACK_MS;
}

void kin__consumer_step(struct kin__consumer *consumer, const struct kin__consumer_event *event,
                        struct kin__consumer_effects *out)
{
	consumer->out = out;
	if (is_answer(event->type)) {
		KIN__CHECK(&consumer->bug, consumer->flying > 0);
		consumer->flying -= consumer->flying > 0;
	}
	if (frozen(consumer))
		return; /* what was in flight is being answered */
	kin__arena_clear(&consumer->arena);
	tell_time(consumer, event);
	dispatch(consumer, event);
	timers(consumer);
	if (!frozen(consumer))
		pump(consumer);
	if (consumer->bug.what)
		freeze(consumer);
}

uint64_t kin__consumer_wake_us(const struct kin__consumer *consumer)
{
	const struct kin__heap_node *node = kin__heap_first(&consumer->timers);

	return node && !consumer->cleared ? node->due : UINT64_MAX;
}

int kin__consumer_state(const struct kin__consumer *consumer)
{
	return consumer->state;
}

bool kin__consumer_idle(const struct kin__consumer *consumer)
{
	/* After a fatal error what was handled is still written: not idle before that is done, or given up. */
	return consumer->flying == 0 && (consumer->state != KIN_CONSUMER_FATAL || consumer->cleared);
}

void kin__consumer_health(const struct kin__consumer *consumer, struct kin_consumer_health *out)
{
	const struct kin__heap_node *furthest = kin__heap_first(&consumer->furthest);
	struct kin_consumer_health health = consumer->health;
	size_t size = out->size;

	health.size = size;
	health.state = consumer->state;
	health.code = consumer->state == KIN_CONSUMER_FATAL ? consumer->error.code : KIN_OK;
	health.buffered_bytes = consumer->held_bytes;
	health.paused = consumer->paused;
	health.batches_out = consumer->works_flying;
	health.behind_ms = furthest ? kin__container(furthest, struct kin__shard, furthest)->behind_ms : -1;
	if (consumer->state == KIN_CONSUMER_FATAL)
		health.error = consumer->error;
	memcpy(out, &health, size < sizeof health ? size : sizeof health);
}

const char *kin__consumer_shard_id(const struct kin__consumer *consumer, uint32_t shard)
{
	return shard < consumer->shards_n ? consumer->shards[shard]->id : "";
}

bool kin__consumer_shard_range(const struct kin__consumer *consumer, uint32_t shard,
                               struct kin__hash_range *out)
{
	if (shard >= consumer->shards_n || consumer->shards[shard]->listed == 0)
		return false;
	*out = consumer->shards[shard]->range;
	return true;
}

const char *kin__consumer_stream_arn(const struct kin__consumer *consumer)
{
	return consumer->arn;
}
