/* consumer/control - see control.h */
#include <string.h>
#include "base/timetext.h"
#include "consumer/cleanup.h"
#include "consumer/control.h"
#include "consumer/emit.h"
#include "consumer/fetch.h"
#include "consumer/gap.h"
#include "consumer/lease.h"
#include "consumer/descent.h"
#include "kinesis/lineage.h"

static void want(struct kin__consumer *consumer, uint8_t job)
{
	consumer->wanted |= (uint8_t)KIN__TO(job);
}

void kin__control_start(struct kin__consumer *consumer)
{
	consumer->start_us = consumer->now_us;
	want(consumer, JOB_DESCRIBE);
}

void kin__control_sync_due(struct kin__consumer *consumer)
{
	if (!kin__consumer_lives(consumer) || !consumer->booted)
		return;
	want(consumer, JOB_DESCRIBE); /* is it still the same stream, with the same retention? */
	want(consumer, JOB_SHARDS);
}

static void again(struct kin__consumer *consumer, uint8_t job, uint64_t base_us)
{
	want(consumer, job);
	kin__emit_timer(consumer, &consumer->job_timer,
	                kin__emit_backoff(consumer, base_us, REQUEST_CAP_US, consumer->job_tries));
	if (consumer->job_tries < UINT32_MAX)
		consumer->job_tries++;
}

/* What the first start stores of itself.  LATEST becomes the time it began, a little earlier: never later. */
static void choose_origin(struct kin__consumer *consumer)
{
	consumer->origin.latest = !consumer->recreated && consumer->set.starting_position == KIN_LATEST;
	consumer->origin.type = KIN_TRIM_HORIZON;
	consumer->origin.timestamp_ms = 0;
	consumer->origin.covered_ms = consumer->start_ms;
	if (consumer->origin.latest) {
		consumer->origin.type = KIN_AT_TIMESTAMP;
		if (consumer->start_ms > 0)
			consumer->origin.timestamp_ms = consumer->start_ms - LATEST_SLACK_MS;
		consumer->origin.covered_ms = consumer->origin.timestamp_ms;
	} else if (!consumer->recreated && consumer->set.starting_position == KIN_AT_TIMESTAMP) {
		consumer->origin.type = KIN_AT_TIMESTAMP;
		consumer->origin.timestamp_ms = consumer->set.starting_timestamp_ms;
	}
}

static void send_origin(struct kin__consumer *consumer, struct kin__consumer_effect *effect)
{
	bool at = consumer->origin.type == KIN_AT_TIMESTAMP;

	effect->type = KIN__CONSUMER_STORE_CREATE;
	effect->store.lease = (struct kin_lease){ .size = sizeof effect->store.lease,
		                                  .stream_arn = consumer->arn,
		                                  .stream_created_ms = consumer->created_ms,
		                                  .shard_id = "-",
		                                  .owner = consumer->worker,
		                                  .counter = 1,
		                                  .checkpoint = at ? "AT_TIMESTAMP" : "TRIM_HORIZON",
		                                  .timestamp_ms = consumer->origin.timestamp_ms,
		                                  .covered_ms = consumer->origin.covered_ms,
		                                  .parents = "" };
}

/* The shards in doubt that this reading of the items will judge. */
static void take_doubts(struct kin__consumer *consumer)
{
	while (!kin__list_empty(&consumer->doubting)) {
		struct kin__list *node = consumer->doubting.next;

		kin__list_remove(node);
		kin__list_append(&consumer->doubted, node);
		kin__container(node, struct kin__shard, write_queue)->judged = true;
	}
}

static void send(struct kin__consumer *consumer, uint8_t job)
{
	struct kin__consumer_effect effect = { 0 };

	if (job == JOB_DESCRIBE) {
		effect.type = KIN__CONSUMER_DESCRIBE;
	} else if (job == JOB_ITEMS) {
		effect.type = KIN__CONSUMER_STORE_LIST;
		take_doubts(consumer);
	} else if (job == JOB_ORIGIN) {
		send_origin(consumer, &effect);
	} else {
		effect.type = KIN__CONSUMER_LIST_SHARDS;
		consumer->list_ms = consumer->service_ms;
		while (!kin__list_empty(&consumer->missing)) {
			struct kin__list *node = consumer->missing.next;

			kin__list_remove(node);
			kin__list_append(&consumer->missing_seen, node);
		}
	}
	consumer->wanted &= (uint8_t)~KIN__TO(job);
	consumer->job = job;
	consumer->job_id = kin__emit_request(consumer, NULL, &effect);
	consumer->writes_flying += consumer->job_id != 0 && (job == JOB_ITEMS || job == JOB_ORIGIN);
}

void kin__control_pump(struct kin__consumer *consumer)
{
	uint8_t job = JOB_DESCRIBE;

	if (consumer->job_id != 0 || consumer->job_timer.node.index != 0 || consumer->wanted == 0)
		return;
	if (!kin__consumer_lives(consumer)) /* what is in doubt must still be read back */
		consumer->wanted &= kin__list_empty(&consumer->doubting) ? 0 : (uint8_t)KIN__TO(JOB_ITEMS);
	while (job < JOBS && !(consumer->wanted & KIN__TO(job)))
		job++;
	if (job == JOBS)
		return;
	if ((job == JOB_ITEMS || job == JOB_ORIGIN) && consumer->writes_flying >= consumer->set.stores_max)
		return;
	send(consumer, job);
}

static bool answered(struct kin__consumer *consumer, const struct kin__consumer_event *event, uint8_t job)
{
	KIN__CHECK(&consumer->bug, consumer->job == job && consumer->job_id == event->id);
	if (consumer->bug.what)
		return false;
	consumer->job_id = 0;
	consumer->writes_flying -= job == JOB_ITEMS || job == JOB_ORIGIN;
	return true;
}

/* An answer of DESCRIBE or LIST_SHARDS that is not DONE. */
static void failed(struct kin__consumer *consumer, const struct kin__consumer_event *event, uint8_t job)
{
	const char *what = job == JOB_DESCRIBE ? "describing the stream" : "listing its shards";
	bool warns;

	if (event->verdict == KIN__THROTTLED)
		consumer->health.throttled++;
	else
		consumer->health.requests_failed++;
	if (!kin__consumer_lives(consumer))
		return;
	if (event->verdict == KIN__NOT_FOUND && job == JOB_SHARDS) {
		want(consumer, JOB_DESCRIBE);
		again(consumer, job, TRANSIENT_BASE_US);
		return;
	}
	if (event->verdict == KIN__NOT_FOUND || event->verdict == KIN__REFUSED ||
	    event->verdict == KIN__INVALID_ARGUMENT) {
		int code = event->verdict == KIN__NOT_FOUND ? KIN_NOT_FOUND : KIN_REFUSED;

		kin__bytes_format(kin__emit_text(consumer), "%s%s%s was refused: %s", what,
		                  consumer->arn[0] ? " " : "", consumer->arn, kin__emit_why(event->error));
		if (event->error && event->error->code && code == KIN_REFUSED)
			code = event->error->code;
		kin__emit_fatal(consumer, code,
		                event->error && event->error->message[0] ? event->error : NULL);
		return;
	}
	again(consumer, job, event->verdict == KIN__THROTTLED ? THROTTLED_BASE_US : TRANSIENT_BASE_US);
	kin__bytes_format(kin__emit_text(consumer), "%s failed (try %lu): %s; trying again", what,
	                  (unsigned long)consumer->job_tries, kin__emit_why(event->error));
	/* before anything worked it is rather a setting that is wrong, and somebody looks on */
	warns = consumer->job_tries >= BLOCKED_TRIES ||
	        (!consumer->arn[0] && consumer->job_tries == START_TRIES);
	kin__emit_line(consumer, NULL, warns ? KIN_LOG_WARN : KIN_LOG_INFO);
}

static void adopt(struct kin__consumer *consumer, const struct kin__stream_summary *summary)
{
	char *arn = kin__mem_text(summary->arn ? summary->arn : "");

	if (!arn) {
		kin__emit_nomem(consumer);
		return;
	}
	/* The old text may stand in effects of this step. */
	kin__mem_free(consumer->old_arn);
	consumer->old_arn = consumer->arn;
	consumer->arn = arn;
	consumer->created_ms = summary->created_ms;
	kin__event_source_init(&consumer->source, arn, consumer->application);
	want(consumer, consumer->set.leases ? JOB_ITEMS : JOB_SHARDS);
	if (!consumer->set.leases) {
		choose_origin(consumer);
		consumer->origin.there = consumer->origin.here = true;
	}
}

/* The same name, another stream. */
static void created_anew(struct kin__consumer *consumer, const struct kin__stream_summary *summary)
{
	char was[KIN__TIME_TEXT], is[KIN__TIME_TEXT];

	kin__time_iso(consumer->created_ms, was);
	kin__time_iso(summary->created_ms, is);
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s was deleted and created anew: it was created at %s, now at %s; what the old "
	                  "stream "
	                  "still held is lost",
	                  consumer->arn, was, is);
	if (!kin__gap_raise(consumer, NULL))
		return;
	consumer->wanted = 0;
	kin__descent_restart(consumer);
	consumer->start_us = consumer->now_us;
	consumer->start_ms = consumer->service_ms;
	adopt(consumer, summary);
}

void kin__control_on_described(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	const struct kin__stream_summary *summary = &event->summary;

	if (!answered(consumer, event, JOB_DESCRIBE))
		return;
	if (event->verdict != KIN__DONE) {
		failed(consumer, event, JOB_DESCRIBE);
		return;
	}
	if (!kin__consumer_lives(consumer))
		return;
	if (summary->status == KIN__STREAM_DELETING) {
		kin__bytes_format(kin__emit_text(consumer), "the stream %s is being deleted", summary->arn);
		kin__emit_fatal(consumer, KIN_NOT_FOUND, NULL);
		return;
	}
	if (summary->status == KIN__STREAM_CREATING ||
	    (!consumer->arn[0] && consumer->set.leases && consumer->start_ms <= 0 &&
	     consumer->set.starting_position == KIN_LATEST)) {
		/* Not ready; or LATEST, and nobody told the time yet: it must be stored. */
		want(consumer, JOB_DESCRIBE);
		kin__emit_timer(consumer, &consumer->job_timer, consumer->now_us + DESCRIBE_AGAIN_US);
		return;
	}
	consumer->job_tries = 0;
	consumer->retention_ms = summary->retention_ms;
	if (!consumer->arn[0])
		adopt(consumer, summary);
	else if (summary->created_ms != consumer->created_ms)
		created_anew(consumer, summary);
}

static void schedule_list(struct kin__consumer *consumer)
{
	kin__emit_timer(consumer, &consumer->sync_timer,
	                consumer->now_us + consumer->set.shard_sync_interval_us);
}

/* Is the shard to be read after this one of its parents?  Not if that leads in a circle. */
static bool comes_after(const struct kin__consumer_event *event, const struct kin__lineage *lineage, size_t i,
                        const char *parent)
{
	for (int which = 0; which < 2; which++) {
		uint32_t at = lineage->nodes[i].parents[which];

		if (at != KIN__LINEAGE_NONE && strcmp(event->shards.at[at].id, parent) == 0)
			return true;
	}
	return false;
}

/* The parent's id, or NULL when it does not count. */
static const char *parent_of(struct kin__consumer *consumer, const struct kin__consumer_event *event,
                             const struct kin__lineage *lineage, size_t i, const char *parent)
{
	const struct kin__shard *known =
			parent ? kin__map_get(&consumer->by_id, kin__span_text(parent)) : NULL;

	if (!known || known->seen_list != consumer->lists || lineage->cut == 0 ||
	    comes_after(event, lineage, i, parent))
		return parent;
	kin__bytes_format(kin__emit_text(consumer),
	                  "%s: its parents lead in a circle: it does not wait for %s", event->shards.at[i].id,
	                  parent);
	kin__emit_line(consumer, NULL, KIN_LOG_WARN);
	return NULL;
}

static void take_parents(struct kin__consumer *consumer, const struct kin__consumer_event *event,
                         const struct kin__lineage *lineage)
{
	for (size_t i = 0; i < event->shards.n; i++) {
		const struct kin__shard_info *info = &event->shards.at[i];
		struct kin__shard *shard = kin__map_get(&consumer->by_id, kin__span_text(info->id));

		if (shard->index >= consumer->linked) {
			const char *first = parent_of(consumer, event, lineage, i, info->parent);
			const char *second = parent_of(consumer, event, lineage, i, info->adjacent_parent);

			shard->closed = info->last_sequence != NULL;
			kin__descent_parents(consumer, shard, first, second);
		}
	}
}

static bool take_list(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	struct kin__lineage lineage;

	consumer->lists++;
	for (size_t i = 0; i < event->shards.n; i++) {
		const struct kin__shard_info *info = &event->shards.at[i];
		struct kin__shard *shard = kin__descent_add(consumer, info->id);

		if (!shard) {
			kin__emit_nomem(consumer);
			return false;
		}
		if (shard->listed == 0)
			shard->listed = consumer->lists;
		shard->range = (struct kin__hash_range){ info->first_hash, info->last_hash };
		shard->seen_list = consumer->lists;
		shard->over = info->last_sequence != NULL;
		if (!shard->over)
			shard->open_ms = consumer->list_ms;
	}
	if (kin__lineage_build(&lineage, event->shards.at, event->shards.n) < 0) {
		kin__emit_nomem(consumer);
		return false;
	}
	take_parents(consumer, event, &lineage);
	kin__lineage_fini(&lineage);
	return !consumer->nomem;
}

void kin__control_on_shards(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	if (!answered(consumer, event, JOB_SHARDS))
		return;
	if (!kin__consumer_lives(consumer))
		return;
	if (event->verdict != KIN__DONE) {
		while (!kin__list_empty(&consumer->missing_seen)) {
			struct kin__list *node = consumer->missing_seen.next;

			kin__list_remove(node);
			kin__list_append(&consumer->missing, node);
		}
		failed(consumer, event, JOB_SHARDS);
		return;
	}
	consumer->job_tries = 0;
	if (!take_list(consumer, event))
		return;
	kin__descent_resolve(consumer);
	kin__cleanup_listed(consumer);
	while (!kin__list_empty(&consumer->missing_seen) && kin__consumer_lives(consumer)) {
		struct kin__shard *shard =
				kin__container(consumer->missing_seen.next, struct kin__shard, read_queue);

		kin__fetch_missing(consumer, shard, shard->seen_list == consumer->lists);
	}
	consumer->booted = true;
	schedule_list(consumer);
}

static void load_origin(struct kin__consumer *consumer, const struct kin_lease *item)
{
	consumer->origin.there = true;
	consumer->origin.type = KIN_TRIM_HORIZON;
	consumer->origin.timestamp_ms = 0;
	consumer->origin.covered_ms = item->covered_ms;
	if (strcmp(item->checkpoint, "AT_TIMESTAMP") == 0) {
		consumer->origin.type = KIN_AT_TIMESTAMP;
		consumer->origin.timestamp_ms = item->timestamp_ms;
	}
}

/* The items at the start. */
static void take_items(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	consumer->origin.other = false;
	for (size_t i = 0; i < event->leases.n; i++) {
		const struct kin_lease *item = &event->leases.at[i];
		struct kin__shard *shard;

		if (!kin__lease_is_ours(consumer, item)) {
			if (strcmp(item->stream_arn, consumer->arn) == 0)
				consumer->origin.other = true;
			continue;
		}
		if (strcmp(item->shard_id, "-") == 0) {
			load_origin(consumer, item);
			continue;
		}
		shard = kin__descent_add(consumer, item->shard_id);
		if (!shard) {
			kin__emit_nomem(consumer);
			return;
		}
		kin__descent_parents(consumer, shard, item->parents[0] ? item->parents : NULL, NULL);
		kin__lease_load(consumer, shard, item);
	}
}

static void boot_items(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	take_items(consumer, event);
	if (consumer->nomem)
		return;
	if (!consumer->origin.there && consumer->origin.other && !consumer->recreated) {
		char is[KIN__TIME_TEXT];

		kin__time_iso(consumer->created_ms, is);
		kin__bytes_format(kin__emit_text(consumer),
		                  "%s was deleted and created anew at %s since this application last read "
		                  "it; what "
		                  "the old stream still held is lost",
		                  consumer->arn, is);
		if (!kin__gap_raise(consumer, NULL))
			return;
		consumer->recreated = true;
	}
	want(consumer, JOB_SHARDS);
	if (!consumer->origin.there) {
		choose_origin(consumer);
		want(consumer, JOB_ORIGIN);
	}
}

static void store_failed(struct kin__consumer *consumer, const struct kin__consumer_event *event, uint8_t job)
{
	bool temporary = event->store_code == KIN_IO || event->store_code == KIN_NETWORK ||
	                 event->store_code == KIN_NOMEM;

	if (temporary && (kin__consumer_lives(consumer) || consumer->job_tries < WRITE_TRIES_MAX)) {
		again(consumer, job, TRANSIENT_BASE_US);
		kin__bytes_format(kin__emit_text(consumer), "the store failed (try %lu): %s; trying again",
		                  (unsigned long)consumer->job_tries, kin__emit_why(event->error));
		kin__emit_line(consumer, NULL,
		               consumer->job_tries < BLOCKED_TRIES ? KIN_LOG_INFO : KIN_LOG_WARN);
		return;
	}
	consumer->given_up = true;
	kin__bytes_format(kin__emit_text(consumer), "the store cannot be used: %s",
	                  kin__emit_why(event->error));
	kin__emit_fatal(consumer, event->store_code,
	                event->error && event->error->message[0] ? event->error : NULL);
}

void kin__control_on_items(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	if (!answered(consumer, event, JOB_ITEMS))
		return;
	if (event->store_code != KIN_OK) {
		while (!kin__list_empty(&consumer->doubted)) {
			struct kin__list *node = consumer->doubted.next;

			kin__list_remove(node);
			kin__list_append(&consumer->doubting, node);
		}
		if (kin__consumer_lives(consumer) || !kin__list_empty(&consumer->doubting))
			store_failed(consumer, event, JOB_ITEMS);
		return;
	}
	consumer->job_tries = 0;
	kin__lease_on_items(consumer, event->leases.at, event->leases.n);
	if (!consumer->booted && !consumer->origin.here && kin__consumer_lives(consumer))
		boot_items(consumer, event);
	if (!kin__list_empty(&consumer->doubting))
		want(consumer, JOB_ITEMS);
}

void kin__control_on_origin(struct kin__consumer *consumer, const struct kin__consumer_event *event)
{
	if (!answered(consumer, event, JOB_ORIGIN))
		return;
	if (!kin__consumer_lives(consumer))
		return;
	if (event->store_code == KIN_EXISTS) {
		/* Ours, of an earlier try, or another's: what is stored counts. */
		want(consumer, JOB_ITEMS);
	} else if (event->store_code != KIN_OK) {
		store_failed(consumer, event, JOB_ORIGIN);
	} else {
		consumer->job_tries = 0;
		consumer->origin.there = consumer->origin.here = true;
	}
}
