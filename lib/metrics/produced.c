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
	kin__mem_free(produced->stream);
	kin__mem_free(produced);
}

void kin__produced_end(struct kin__produced *produced, const char *(*name)(int code))
{
	struct kin_producer_snapshot *shown = &produced->shown;

	shown->waits = kin__snapshot_times(&produced->tally.waits);
	shown->requests = kin__snapshot_times(&produced->tally.requests);
	shown->deliveries = kin__snapshot_times(&produced->tally.deliveries);
	shown->failed_n = 0;
	for (int32_t i = 0; i < KIN__PRODUCED_CODES; i++)
		if (produced->tally.failed[i] > 0)
			produced->codes[shown->failed_n++] =
					(struct kin_code_count){ -i, produced->tally.failed[i], name(-i) };
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
		kin__jsontext_name(&json, produced->codes[i].name);
		kin__jsontext_u64(&json, produced->codes[i].count);
	}
	kin__jsontext_object_end(&json);
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
