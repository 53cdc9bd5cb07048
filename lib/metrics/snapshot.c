/* metrics/snapshot - see snapshot.h */
#include "metrics/snapshot.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "metrics/families.h"
#include "metrics/prometheus.h"
#include "metrics/statistics.h"

struct kin__snapshot *kin__snapshot_new(void)
{
	struct kin__snapshot *snapshot = kin__mem_zalloc(sizeof *snapshot);

	if (!snapshot)
		return NULL;
	kin__arena_init(&snapshot->texts);
	kin__bytes_init(&snapshot->json);
	return snapshot;
}

void kin__snapshot_free(struct kin__snapshot *snapshot)
{
	if (!snapshot)
		return;
	kin__arena_fini(&snapshot->texts);
	kin__bytes_fini(&snapshot->json);
	kin__mem_free(snapshot->shards);
	kin__mem_free(snapshot);
}

/* ---- filling ---- */

static const char *copy(struct kin__snapshot *snapshot, const char *text)
{
	const char *made = kin__arena_text(&snapshot->texts, text, strlen(text));

	snapshot->failed |= made == NULL;
	return made;
}

/* Of arn:aws:kinesis:REGION:ACCOUNT:stream/NAME the name; anything else is one. */
const char *kin__snapshot_stream_name(const char *stream)
{
	const char *slash = strncmp(stream, "arn:", 4) == 0 ? strchr(stream, '/') : NULL;

	return slash ? slash + 1 : stream;
}

void kin__snapshot_begin(struct kin__snapshot *snapshot, const char *stream, const char *stream_arn,
                         const char *application, const char *worker, int64_t time_ms, size_t room)
{
	struct kin_consumer_snapshot *shown = &snapshot->shown;

	shown->size = sizeof *shown;
	shown->health = &snapshot->health;
	shown->time_ms = time_ms;
	shown->stream = copy(snapshot, kin__snapshot_stream_name(stream));
	shown->stream_arn = copy(snapshot, stream_arn);
	shown->application = copy(snapshot, application);
	shown->worker = copy(snapshot, worker);
	if (kin__mem_room(&snapshot->shards, &snapshot->shards_room, room > 0 ? room : 1,
	                  sizeof *snapshot->shards) < 0)
		snapshot->failed = true;
}

void kin__snapshot_shard(struct kin__snapshot *snapshot, const struct kin_shard_snapshot *shard)
{
	struct kin_shard_snapshot *made;

	if (snapshot->failed)
		return;
	if (kin__mem_room(&snapshot->shards, &snapshot->shards_room, snapshot->shown.shards_n + 1,
	                  sizeof *snapshot->shards) < 0) {
		snapshot->failed = true;
		return;
	}
	made = &snapshot->shards[snapshot->shown.shards_n++];
	*made = *shard;
	made->size = sizeof *made;
	made->shard_id = copy(snapshot, shard->shard_id);
	made->sequence_number = copy(snapshot, shard->sequence_number);
	made->checkpoint = copy(snapshot, shard->checkpoint);
	made->reason = copy(snapshot, shard->reason);
}

struct kin_times kin__snapshot_times(const struct kin__histogram *spread)
{
	return (struct kin_times){ .count = spread->count,
		                   .sum_us = spread->sum,
		                   .p50_us = kin__histogram_quantile(spread, 5000),
		                   .p90_us = kin__histogram_quantile(spread, 9000),
		                   .p99_us = kin__histogram_quantile(spread, 9900),
		                   .max_us = spread->max };
}

void kin__snapshot_end(struct kin__snapshot *snapshot)
{
	const struct kin__tally *tally = &snapshot->tally;
	struct kin_consumer_snapshot *shown = &snapshot->shown;

	/* The shell counts a call before the machine hears of it; one that froze hears of none. */
	snapshot->failures = snapshot->health.errors > tally->partial
	                                     ? snapshot->health.errors - tally->partial
	                                     : 0;
	shown->invoked = tally->invoked;
	shown->invoke_failed = tally->invoke_failed;
	shown->busy = tally->busy;
	shown->partial = tally->partial;
	shown->sink_failures = tally->sink_failures;
	shown->handler_calls = tally->handler_calls;
	shown->sink_calls = tally->sink_calls;
	shown->durations = kin__snapshot_times(&tally->durations);
	shown->ages = kin__snapshot_times(&tally->ages);
}

/* ---- JSON ---- */

static void add_text(struct kin__jsontext *json, const char *name, const char *text)
{
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, text);
}

static void add_time(struct kin__jsontext *json, const char *name, int64_t ms)
{
	char text[KIN__TIME_TEXT];

	kin__time_iso(ms, text);
	add_text(json, name, ms < 0 ? NULL : text);
}

static void add_position(struct kin__jsontext *json, const char *name, const char *sub_name,
                         const char *position, uint64_t sub)
{
	add_text(json, name, position[0] ? position : NULL);
	if (sub == 0)
		return;
	kin__jsontext_name(json, sub_name);
	kin__jsontext_u64(json, sub);
}

static void add_shard(struct kin__jsontext *json, const struct kin_shard_snapshot *shard, int64_t time_ms)
{
	static const char *const states[] = { "waiting", "active", "ended", "lost" };

	kin__jsontext_object(json);
	add_text(json, "shardId", shard->shard_id);
	add_text(json, "state", states[shard->state]);
	add_position(json, "sequenceNumber", "subSequenceNumber", shard->sequence_number,
	             shard->sub_sequence);
	add_position(json, "checkpoint", "checkpointSubSequenceNumber", shard->checkpoint,
	             shard->checkpoint_sub_sequence);
	add_time(json, "blockedSince", shard->blocked ? time_ms - shard->blocked_ms : -1);
	add_text(json, "reason", shard->reason[0] ? shard->reason : NULL);
	kin__statistics_members(json, kin__families_shard.rows, kin__families_shard.n, shard);
	kin__jsontext_object_end(json);
}

static void write_json(struct kin__snapshot *snapshot)
{
	static const char *const states[] = { "starting", "running", "stopping", "ended", "fatal" };
	const struct kin_consumer_snapshot *shown = &snapshot->shown;
	const struct kin_consumer_health *health = &snapshot->health;
	struct kin__jsontext json;

	kin__jsontext_init(&json, &snapshot->json);
	kin__jsontext_object(&json);
	add_time(&json, "time", shown->time_ms);
	add_text(&json, "stream", shown->stream);
	add_text(&json, "streamArn", shown->stream_arn[0] ? shown->stream_arn : NULL);
	add_text(&json, "application", shown->application);
	add_text(&json, "worker", shown->worker);
	add_text(&json, "state",
	         (size_t)health->state < KIN__ARRAY_LEN(states) ? states[health->state] : "?");
	add_text(&json, "error", health->code == KIN_OK ? NULL : health->error.message);
	kin__statistics_members(&json, kin__families_consumer.rows, kin__families_consumer.n, snapshot);
	kin__jsontext_name(&json, "shards");
	kin__jsontext_array(&json);
	for (size_t i = 0; i < shown->shards_n; i++)
		add_shard(&json, &snapshot->shards[i], shown->time_ms);
	kin__jsontext_array_end(&json);
	kin__jsontext_object_end(&json);
}

const char *kin__snapshot_json(struct kin__snapshot *snapshot, size_t *size)
{
	if (snapshot->json.n == 0 || snapshot->json.failed) {
		kin__bytes_clear(&snapshot->json);
		write_json(snapshot);
	}
	if (size)
		*size = snapshot->json.failed ? 0 : snapshot->json.n;
	return snapshot->json.failed ? NULL : snapshot->json.at;
}

/* ---- Prometheus ---- */

/* labels: names and values in turn, to the first NULL. */
static void set_labels(struct kin__metric_object *object, const char *const labels[6], const char *twin)
{
	size_t n = 0;

	for (size_t i = 0; i < 6 && labels[i]; i += 2)
		object->labels[n++] = (struct kin__metric_label){ labels[i], kin__span_text(labels[i + 1]) };
	if (twin[0])
		object->labels[n] = (struct kin__metric_label){ "handle", kin__span_text(twin) };
}

static void set_twin(char twin[12], size_t before)
{
	size_t at = 11;

	twin[0] = 0;
	if (before == 0)
		return;
	twin[at] = 0;
	for (before++; before > 0 && at > 0; before /= 10)
		twin[--at] = (char)('0' + before % 10);
	memmove(twin, twin + at, 12 - at);
}

/* Two lines with the same labels would make the whole text invalid. */
static void number_twins(struct kin__snapshot *const *snapshots, size_t n,
                         struct kin__produced *const *produced, size_t produced_n)
{
	for (size_t i = 0; i < n; i++) {
		const struct kin_consumer_snapshot *shown = &snapshots[i]->shown;
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += strcmp(snapshots[k]->shown.stream, shown->stream) == 0 &&
			          strcmp(snapshots[k]->shown.application, shown->application) == 0;
		set_twin(snapshots[i]->twin, before);
	}
	for (size_t i = 0; i < produced_n; i++) {
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += strcmp(produced[k]->stream, produced[i]->stream) == 0;
		set_twin(produced[i]->twin, before);
	}
}

static void write_table(struct kin__bytes *out, const struct kin__family_table *table,
                        const struct kin__metric_object *objects, size_t n)
{
	kin__prometheus_write(out, table->rows, table->n, objects, n);
}

static size_t consumer_objects(struct kin__metric_object *to, struct kin__snapshot *const *snapshots,
                               size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct kin_consumer_snapshot *shown = &snapshots[i]->shown;
		const char *labels[6] = { "stream", shown->stream, "application", shown->application };

		to[i] = (struct kin__metric_object){ .values = snapshots[i] };
		set_labels(&to[i], labels, snapshots[i]->twin);
	}
	return n;
}

/* Those of which something is to be known: the active ones. */
static size_t shard_objects(struct kin__metric_object *to, struct kin__snapshot *const *snapshots, size_t n)
{
	size_t made = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < snapshots[i]->shown.shards_n; k++) {
			const struct kin_consumer_snapshot *shown = &snapshots[i]->shown;
			const struct kin_shard_snapshot *shard = &snapshots[i]->shards[k];
			const char *labels[6] = { "stream",           shown->stream, "application",
				                  shown->application, "shard",       shard->shard_id };

			if (shard->state != KIN_SHARD_ACTIVE)
				continue;
			to[made] = (struct kin__metric_object){ .values = shard };
			set_labels(&to[made++], labels, snapshots[i]->twin);
		}
	return made;
}

static size_t producer_objects(struct kin__metric_object *to, struct kin__produced *const *produced, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *labels[6] = { "stream", produced[i]->stream };

		to[i] = (struct kin__metric_object){ .values = produced[i] };
		set_labels(&to[i], labels, produced[i]->twin);
	}
	return n;
}

/* One for each code that records of a producer failed with. */
static size_t failure_objects(struct kin__metric_object *to, struct kin__produced *const *produced, size_t n)
{
	size_t made = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < produced[i]->shown.failed_n; k++) {
			const struct kin_code_count *code = &produced[i]->codes[k];
			const char *labels[6] = { "stream", produced[i]->stream, "code", code->name };

			to[made] = (struct kin__metric_object){ .values = code };
			set_labels(&to[made++], labels, produced[i]->twin);
		}
	return made;
}

static size_t target_objects(struct kin__metric_object *to, struct kin__produced *const *produced, size_t n)
{
	size_t made = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < produced[i]->shown.shards_n; k++) {
			const struct kin_producer_shard *shard = &produced[i]->shards[k];
			const char *labels[6] = { "stream", produced[i]->stream, "shard", shard->shard_id };

			to[made] = (struct kin__metric_object){ .values = shard };
			set_labels(&to[made++], labels, produced[i]->twin);
		}
	return made;
}

/* The objects of the largest family. */
static size_t most_objects(struct kin__snapshot *const *snapshots, size_t n,
                           struct kin__produced *const *produced, size_t produced_n)
{
	size_t codes = produced_n * KIN__PRODUCED_CODES, shards = 0, targets = 0,
	       most = n > codes ? n : codes;

	for (size_t i = 0; i < n; i++)
		shards += snapshots[i]->shown.shards_n;
	for (size_t i = 0; i < produced_n; i++)
		targets += produced[i]->shown.shards_n;
	most = shards > most ? shards : most;
	return targets > most ? targets : most;
}

void kin__snapshot_prometheus(struct kin__bytes *out, struct kin__snapshot *const *snapshots, size_t n,
                              struct kin__produced *const *produced, size_t produced_n, bool without_shards)
{
	struct kin__metric_object *objects =
			kin__mem_array(1 + most_objects(snapshots, n, produced, produced_n), sizeof *objects);

	if (!objects) {
		out->failed = true;
		return;
	}
	number_twins(snapshots, n, produced, produced_n);
	write_table(out, &kin__families_consumer, objects, consumer_objects(objects, snapshots, n));
	if (!without_shards)
		write_table(out, &kin__families_shard, objects, shard_objects(objects, snapshots, n));
	write_table(out, &kin__families_producer, objects, producer_objects(objects, produced, produced_n));
	write_table(out, &kin__families_failure, objects, failure_objects(objects, produced, produced_n));
	if (!without_shards)
		write_table(out, &kin__families_target, objects,
		            target_objects(objects, produced, produced_n));
	kin__mem_free(objects);
}
