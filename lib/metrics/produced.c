/* metrics/produced - see produced.h */
#include "metrics/produced.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "metrics/families.h"
#include "metrics/snapshot.h"
#include "metrics/statistics.h"

struct kin__produced *kin__produced_new(const char *stream, int64_t time_ms)
{
	struct kin__produced *produced = kin__mem_zalloc(sizeof *produced);

	if (!produced)
		return NULL;
	kin__bytes_init(&produced->json);
	kin__arena_init(&produced->texts);
	produced->stream = kin__mem_text(kin__snapshot_stream_name(stream));
	if (!produced->stream) {
		kin__mem_free(produced);
		return NULL;
	}
	produced->shown = (struct kin_producer_snapshot){ .size = sizeof produced->shown,
		                                          .stream = produced->stream,
		                                          .time_ms = time_ms,
		                                          .stats = &produced->stats,
		                                          .failed = produced->codes };
	return produced;
}

void kin__produced_free(struct kin__produced *produced)
{
	if (!produced)
		return;
	kin__bytes_fini(&produced->json);
	kin__arena_fini(&produced->texts);
	kin__mem_free(produced->shards);
	kin__mem_free(produced->stream);
	kin__mem_free(produced);
}

int kin__produced_room(struct kin__produced *produced, size_t shards)
{
	return kin__mem_room(&produced->shards, &produced->shards_room, shards > 0 ? shards : 1,
	                     sizeof *produced->shards);
}

int kin__produced_shard(struct kin__produced *produced, const struct kin_producer_shard *shard)
{
	struct kin_producer_shard *made;
	const char *id = kin__arena_text(&produced->texts, shard->shard_id, strlen(shard->shard_id));

	if (!id || kin__produced_room(produced, produced->shown.shards_n + 1) < 0)
		return -1;
	made = &produced->shards[produced->shown.shards_n++];
	*made = *shard;
	made->size = sizeof *made;
	made->shard_id = id;
	return 0;
}

/* For a million, or a thousand; -1: for none. */
static int64_t for_each(uint64_t value, uint64_t times, uint64_t each)
{
	return each > 0 ? (int64_t)((value * times + each / 2) / each) : -1;
}

void kin__produced_end(struct kin__produced *produced, const char *(*name)(int code))
{
	struct kin_producer_snapshot *shown = &produced->shown;

	shown->waits = kin__snapshot_times(&produced->tally.waits);
	shown->requests = kin__snapshot_times(&produced->tally.requests);
	shown->deliveries = kin__snapshot_times(&produced->tally.deliveries);
	shown->holds = kin__snapshot_times(&produced->tally.holds);
	shown->reports = kin__snapshot_times(&produced->tally.reports);
	shown->requests_per_million = for_each(produced->stats.requests, 1000000, produced->stats.stored);
	shown->aggregation_milli = produced->stats.stored > 0 ? for_each(produced->stats.stored, 1000,
	                                                                 produced->stats.stream_records)
	                                                      : -1;
	shown->failed_n = 0;
	for (int32_t i = 0; i < KIN__PRODUCED_CODES; i++)
		if (produced->tally.failed[i] > 0)
			produced->codes[shown->failed_n++] =
					(struct kin_code_count){ -i, produced->tally.failed[i], name(-i) };
}

static void add_u64(struct kin__jsontext *json, const char *name, uint64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_u64(json, value);
}

static void add_shard(struct kin__jsontext *json, const struct kin_producer_shard *shard)
{
	kin__jsontext_object(json);
	kin__jsontext_name(json, "shardId");
	kin__jsontext_text(json, shard->shard_id);
	kin__statistics_members(json, kin__families_target.rows, kin__families_target.n, shard);
	kin__jsontext_name(json, "requestUs");
	kin__jsontext_object(json);
	add_u64(json, "count", shard->requests.count);
	add_u64(json, "sum", shard->requests.sum_us);
	add_u64(json, "p50", shard->requests.p50_us);
	add_u64(json, "p90", shard->requests.p90_us);
	add_u64(json, "p99", shard->requests.p99_us);
	add_u64(json, "max", shard->requests.max_us);
	kin__jsontext_object_end(json);
	kin__jsontext_object_end(json);
}

static void write_json(struct kin__produced *produced)
{
	const struct kin_producer_snapshot *shown = &produced->shown;
	struct kin__jsontext json;
	char time[KIN__TIME_TEXT];

	kin__time_iso(shown->time_ms, time);
	kin__jsontext_init(&json, &produced->json);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "time");
	kin__jsontext_text(&json, time);
	kin__jsontext_name(&json, "stream");
	kin__jsontext_text(&json, shown->stream);
	kin__statistics_members(&json, kin__families_producer.rows, kin__families_producer.n, produced);
	kin__jsontext_name(&json, "failedByCode");
	kin__jsontext_object(&json);
	for (size_t i = 0; i < shown->failed_n; i++) {
		add_u64(&json, produced->codes[i].name, produced->codes[i].count);
	}
	kin__jsontext_object_end(&json);
	kin__jsontext_name(&json, "shards");
	kin__jsontext_array(&json);
	for (size_t i = 0; i < shown->shards_n; i++)
		add_shard(&json, &produced->shards[i]);
	kin__jsontext_array_end(&json);
	kin__jsontext_object_end(&json);
}

const char *kin__produced_json(struct kin__produced *produced, size_t *size)
{
	if (produced->json.n == 0 || produced->json.failed) {
		kin__bytes_clear(&produced->json);
		write_json(produced);
	}
	if (size)
		*size = produced->json.failed ? 0 : produced->json.n;
	return produced->json.failed ? NULL : produced->json.at;
}
