/* The part of check_metrics.c about snapshots, their texts, and the tables of metrics with their manual page. */
#ifndef KIN_TESTS_METRICS_SNAPSHOT_H
#define KIN_TESTS_METRICS_SNAPSHOT_H
#include <stdio.h>
#include "metrics/families.h"
#include "metrics/snapshot.h"
#include "wire/json.h"

/* --- the tables --------------------------------------------------------------------------- */

static const struct kin__family_table *const tables[] = { &kin__families_consumer, &kin__families_shard,
	                                                  &kin__families_producer, &kin__families_failure,
	                                                  &kin__families_target };

static char page[65536];

static void read_page(void)
{
	char path[4096] = __FILE__;
	char *end = strstr(path, "tests/metrics_snapshot.h");
	FILE *file;

	ck_assert_ptr_nonnull(end);
	strcpy(end, "man/kin_metrics.3");
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "cannot open %s", path);
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Prometheus' rules of naming, and help that is a sentence. */
static void check_row(const struct kin__metric *row)
{
	bool counter = row->type == KIN__METRIC_COUNTER;

	ck_assert_msg(ends_in(row->name, "_total") == counter, "%s: _total stands behind counters alone",
	              row->name);
	ck_assert_msg(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(row->name), "%s", row->name);
	ck_assert_msg((strstr(row->name, "_seconds") != NULL) == (row->decimals > 0) ||
	                              ends_in(row->name, "_ratio"),
	              "%s: times are in seconds", row->name);
	ck_assert_msg((row->type == KIN__METRIC_HISTOGRAM) == (row->kind == KIN__METRIC_SPREAD) &&
	                              (row->type == KIN__METRIC_HISTOGRAM) == (row->bounds != NULL),
	              "%s", row->name);
	ck_assert_msg(!counter || row->kind == KIN__METRIC_U64, "%s", row->name);
	ck_assert_msg(ends_in(row->help, ".") && row->help[0] >= 'A' && row->help[0] <= 'Z' &&
	                              !strchr(row->help, '\n'),
	              "%s: '%s' is no sentence", row->name, row->help);
	for (size_t i = 0; row->bounds && row->bounds[i]; i++)
		ck_assert_msg(row->bounds[i + 1] == 0 || row->bounds[i + 1] > row->bounds[i], "%s",
		              row->name);
}

/* The manual page tells each metric, its type and its name in JSON, and no other. */
START_TEST(families_and_page)
{
	static const char *const types[] = { "Counter", "Gauge", "Histogram" };
	char item[200], members[2000];
	size_t told = 0, items = 0;

	read_page();
	for (size_t t = 0; t < KIN__ARRAY_LEN(tables); t++) {
		members[0] = 0;
		for (size_t i = 0; i < tables[t]->n; i++, told++) {
			const struct kin__metric *row = &tables[t]->rows[i];
			char *at, *end;

			check_row(row);
			if (row->member)
				snprintf(item, sizeof item, ".It Li %s Pq %s\n", row->name, row->member);
			else
				snprintf(item, sizeof item, ".It Li %s\n", row->name);
			at = strstr(page, item);
			ck_assert_msg(at != NULL, "kin_metrics(3) has no '%s'", item);
			ck_assert_msg(strstr(at + 1, item) == NULL, "%s is told twice", row->name);
			end = at + strlen(item);
			ck_assert_msg(strncmp(end, types[row->type], strlen(types[row->type])) == 0,
			              "kin_metrics(3) does not call %s a %s", row->name, types[row->type]);
			snprintf(item, sizeof item, " %s ", row->member ? row->member : "-");
			ck_assert_msg(!row->member || !strstr(members, item), "%s is there twice", item);
			strcat(members, item);
		}
	}
	for (char *at = page; (at = strstr(at, ".It Li kinstream_")); at++)
		items++;
	ck_assert_uint_eq(items, told);
}
END_TEST

/* --- a snapshot --------------------------------------------------------------------------- */

static const struct kin_shard_snapshot shard_rows[] = {
	{ .shard_id = "shardId-000000000000",
	  .sequence_number = "495",
	  .sub_sequence = 3,
	  .checkpoint = "490",
	  .state = KIN_SHARD_ACTIVE,
	  .attempts = 11,
	  .lanes_busy = 2,
	  .blocked = 1,
	  .iterator_age_ms = 61005,
	  .behind_ms = 250,
	  .blocked_ms = 1500,
	  .done = 7,
	  .buffered = 5,
	  .buffered_bytes = 4096,
	  .reason = "disk \"a\": full" },
	{ .shard_id = "b\"\n",
	  .sequence_number = "",
	  .checkpoint = "",
	  .iterator_age_ms = -1,
	  .behind_ms = -1,
	  .reason = "" },
};

static struct kin__snapshot *snapshot_for(const char *stream, const char *application)
{
	struct kin__snapshot *snapshot = kin__snapshot_new();

	if (!snapshot)
		return NULL;
	kin__snapshot_begin(snapshot, stream, strncmp(stream, "arn:", 4) ? "" : stream, application,
	                    "host:1:2", 1545084650987, 1);
	for (size_t i = 0; i < KIN__ARRAY_LEN(shard_rows); i++)
		kin__snapshot_shard(snapshot, &shard_rows[i]);
	snapshot->health = (struct kin_consumer_health){
		.state = KIN_CONSUMER_RUNNING, .invocations = 9, .errors = 4, .polled = 120, .behind_ms = -1
	};
	snapshot->tally.partial = 1;
	snapshot->tally.busy = 2;
	kin__histogram_add(&snapshot->tally.durations, 5000);
	kin__snapshot_end(snapshot);
	if (!snapshot->failed)
		return snapshot;
	kin__snapshot_free(snapshot);
	return NULL;
}

static struct kin__snapshot *make_snapshot(const char *stream)
{
	return snapshot_for(stream, "billing");
}

START_TEST(snapshot_members)
{
	struct kin__snapshot *snapshot =
			make_snapshot("arn:aws:kinesis:us-east-1:123456789012:stream/orders");
	const struct kin_consumer_snapshot *shown = &snapshot->shown;

	ck_assert_uint_eq(shown->size, sizeof *shown);
	ck_assert_str_eq(shown->stream, "orders");
	ck_assert_ptr_eq(shown->health, &snapshot->health);
	ck_assert_uint_eq(shown->shards_n, 2);
	ck_assert_uint_eq(snapshot->failures, 3);
	ck_assert_uint_eq(shown->partial, 1);
	ck_assert_uint_eq(shown->durations.count, 1);
	ck_assert_uint_eq(shown->durations.p50_us, 5000);
	ck_assert_uint_eq(shown->durations.p99_us, 5000);
	ck_assert_uint_eq(shown->ages.max_us, 0);
	ck_assert_uint_eq(snapshot->shards[1].size, sizeof snapshot->shards[1]);
	ck_assert_ptr_ne(snapshot->shards[0].shard_id, shard_rows[0].shard_id);
	ck_assert_str_eq(snapshot->shards[0].shard_id, shard_rows[0].shard_id);
	ck_assert_ptr_nonnull(strstr(kin__snapshot_json(snapshot, NULL),
	                             "\"stream\":\"orders\",\"streamArn\":\"arn:aws:kinesis:"));
	snapshot->health.errors = 0; /* a machine that froze counts no more, the shell does */
	kin__snapshot_end(snapshot);
	ck_assert_uint_eq(snapshot->failures, 0);
	kin__snapshot_free(snapshot);
	kin__snapshot_free(NULL);
}
END_TEST

START_TEST(snapshot_json)
{
	struct kin__snapshot *snapshot = make_snapshot("orders");
	char error[KIN__JSON_ERROR];
	struct kin__json *root;
	const char *text;
	size_t n;
	int64_t value;

	text = kin__snapshot_json(snapshot, &n);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_ptr_eq(kin__snapshot_json(snapshot, NULL), text);
	ck_assert_ptr_nonnull(strstr(
			text,
			"{\"time\":\"2018-12-17T22:10:50.987Z\",\"stream\":\"orders\",\"streamArn\":null,"
			"\"application\":\"billing\",\"worker\":\"host:1:2\",\"state\":\"running\",\"error\":"
			"null,"
			"\"invocations\":9,\"errors\":3,\"partialFailures\":1,\"throttles\":2,"));
	ck_assert_ptr_nonnull(strstr(
			text,
			"\"behindLatestMs\":null,\"shards\":[{\"shardId\":\"shardId-000000000000\",\"state\":"
			"\"active\",\"sequenceNumber\":\"495\",\"subSequenceNumber\":3,\"checkpoint\":"
			"\"490\","
			"\"blockedSince\":\"2018-12-17T22:10:49.487Z\",\"reason\":\"disk "
			"\\\"a\\\": full\",\"iteratorAgeMs\":61005,"
			"\"behindLatestMs\":250,\"blockedMs\":1500,\"attempts\":11,\"lanesBusy\":2,"
			"\"doneEvents\":7,"
			"\"bufferedEvents\":5,\"bufferedBytes\":4096},{\"shardId\":\"b\\\"\\n\",\"state\":"
			"\"waiting\","
			"\"sequenceNumber\":null,\"checkpoint\":null,\"blockedSince\":null,\"reason\":null,"
			"\"iteratorAgeMs\":"
			"null,"));
	ck_assert_msg(kin__json_parse(text, n, &root, error) == 0, "%s", error);
	ck_assert(kin__json_int(kin__json_path(root, "durationUs.p90"), &value));
	ck_assert_int_eq(value, 5000);
	kin__json_free(root);
	kin__snapshot_free(snapshot);
	snapshot = make_snapshot("orders");
	snapshot->health.state = KIN_CONSUMER_FATAL;
	snapshot->health.code = KIN_DENIED;
	snprintf(snapshot->health.error.message, sizeof snapshot->health.error.message, "no \"way\"");
	ck_assert_ptr_nonnull(strstr(kin__snapshot_json(snapshot, NULL),
	                             "\"state\":\"fatal\",\"error\":\"no \\\"way\\\"\","));
	kin__snapshot_free(snapshot);
}
END_TEST

static const char *code_name(int code)
{
	return code == KIN_EXPIRED ? "KIN_EXPIRED" : "other";
}

static const struct kin_producer_shard target_rows[] = {
	{ .shard_id = "shardId-000000000001",
	  .records = 150,
	  .stream_records = 10,
	  .bytes = 4096,
	  .throttled = 7,
	  .pace_percent = 75,
	  .requests = { .count = 2,
	                .sum_us = 40000,
	                .p50_us = 1,
	                .p90_us = 2,
	                .p99_us = 3,
	                .max_us = 30000 } },
	{ .shard_id = "a\"b", .records = 50, .stream_records = 6, .pace_percent = -1 }
};

/* Two hundred records stored, three expired. */
static struct kin__produced *make_produced(const char *stream)
{
	struct kin__produced *produced = kin__produced_new(stream, 1545084650987);

	if (!produced)
		return NULL;
	produced->stats = (struct kin_producer_stats){ .accepted = 203,
		                                       .stored = 200,
		                                       .failed = 3,
		                                       .requests = 3,
		                                       .stream_records = 16,
		                                       .payload_units = 18,
		                                       .spool_bytes = 4096,
		                                       .spool_segments = 2,
		                                       .spool_waiting_bytes = 1024,
		                                       .spool_recovered = 7,
		                                       .spool_damaged = 1 };
	produced->tally.failed[-KIN_EXPIRED] = 2;
	produced->tally.failed[-KIN_REFUSED] = 1;
	kin__histogram_add(&produced->tally.waits, 100000);
	kin__histogram_add(&produced->tally.requests, 20000);
	kin__histogram_add(&produced->tally.deliveries, 120000);
	kin__histogram_add(&produced->tally.holds, 30000);
	kin__histogram_add(&produced->tally.reports, 150000);
	for (size_t i = 0; i < KIN__ARRAY_LEN(target_rows); i++)
		if (kin__produced_shard(produced, &target_rows[i]) < 0) {
			kin__produced_free(produced);
			return NULL;
		}
	kin__produced_end(produced, code_name);
	return produced;
}

START_TEST(produced_members)
{
	struct kin__produced *produced =
			make_produced("arn:aws:kinesis:us-east-1:123456789012:stream/orders");
	const struct kin_producer_snapshot *shown = &produced->shown;
	size_t n;

	ck_assert_uint_eq(shown->size, sizeof *shown);
	ck_assert_str_eq(shown->stream, "orders");
	ck_assert_uint_eq(shown->stats->stored, 200);
	ck_assert_uint_eq(shown->waits.max_us, 100000);
	ck_assert_uint_eq(shown->requests.p99_us, 20000);
	ck_assert_uint_eq(shown->deliveries.sum_us, 120000);
	ck_assert_uint_eq(shown->failed_n, 2);
	ck_assert_int_eq(shown->failed[1].code, KIN_EXPIRED);
	ck_assert_uint_eq(shown->failed[1].count, 2);
	ck_assert_str_eq(shown->failed[1].name, "KIN_EXPIRED");
	ck_assert_str_eq(kin__produced_json(produced, &n),
	                 "{\"time\":\"2018-12-17T22:10:50.987Z\",\"stream\":\"orders\",\"accepted\":203,"
	                 "\"stored\":200,"
	                 "\"failed\":3,\"bytesStored\":0,\"compressed\":0,\"compressedAwayBytes\":0,"
	                 "\"retried\":0,\"throttled\":0,\"requests\":3,"
	                 "\"requestsFailed\":0,"
	                 "\"buffered\":0,\"bufferedBytes\":0,\"inFlight\":0,"
	                 "\"waitUs\":{\"count\":1,\"sum\":100000,\"p50\":100000,\"p90\":100000,\"p99\":"
	                 "100000,\"max\":100000},"
	                 "\"holdUs\":{\"count\":1,\"sum\":30000,\"p50\":30000,\"p90\":30000,\"p99\":30000,"
	                 "\"max\":30000},"
	                 "\"requestUs\":{\"count\":1,\"sum\":20000,\"p50\":20000,\"p90\":20000,\"p99\":20000,"
	                 "\"max\":20000},"
	                 "\"deliveryUs\":{\"count\":1,\"sum\":120000,\"p50\":120000,\"p90\":120000,\"p99\":"
	                 "120000,\"max\":120000},"
	                 "\"reportUs\":{\"count\":1,\"sum\":150000,\"p50\":150000,\"p90\":150000,\"p99\":"
	                 "150000,\"max\":150000},"
	                 "\"streamRecords\":16,\"payloadUnits\":18,\"requestsPerMillion\":15000,"
	                 "\"aggregationMilli\":12500,"
	                 "\"spoolBytes\":4096,\"spoolSegments\":2,\"spoolWaitingBytes\":1024,"
	                 "\"spoolRecovered\":7,\"spoolDamaged\":1,"
	                 "\"failedByCode\":{\"other\":1,\"KIN_EXPIRED\":2},"
	                 "\"shards\":[{\"shardId\":\"shardId-000000000001\",\"records\":150,"
	                 "\"streamRecords\":10,\"bytes\":4096,\"throttled\":7,\"pacePercent\":75,"
	                 "\"requestUs\":{\"count\":2,\"sum\":40000,\"p50\":1,\"p90\":2,\"p99\":3,"
	                 "\"max\":30000}},"
	                 "{\"shardId\":\"a\\\"b\",\"records\":50,\"streamRecords\":6,\"bytes\":0,"
	                 "\"throttled\":0,\"pacePercent\":null,"
	                 "\"requestUs\":{\"count\":0,\"sum\":0,\"p50\":0,\"p90\":0,\"p99\":0,\"max\":0}}]}");
	ck_assert_uint_eq(n, strlen(kin__produced_json(produced, NULL)));
	ck_assert_int_eq(shown->requests_per_million, 15000);
	ck_assert_int_eq(shown->aggregation_milli, 12500);
	kin__produced_free(produced);
	kin__produced_free(NULL);
	produced = kin__produced_new("orders", 0); /* of nothing there is no share */
	produced->stats.requests = produced->stats.stream_records = 5;
	kin__produced_end(produced, code_name);
	ck_assert_int_eq(produced->shown.requests_per_million, -1);
	ck_assert_int_eq(produced->shown.aggregation_milli, -1);
	kin__produced_free(produced);
}
END_TEST

static bool write_with(struct kin__bytes *out, struct kin__snapshot *const *snapshots, size_t n,
                       bool without_shards)
{
	struct kin__produced *produced[] = { make_produced("orders"), make_produced("others"),
		                             make_produced("orders") };
	bool there = produced[0] && produced[1] && produced[2];

	if (there)
		kin__snapshot_prometheus(out, snapshots, n, produced, 3, without_shards);
	for (size_t i = 0; i < 3; i++)
		kin__produced_free(produced[i]);
	return there && !out->failed;
}

static bool write_all(struct kin__bytes *out, struct kin__snapshot *const *snapshots, size_t n)
{
	return write_with(out, snapshots, n, false);
}

static void has_line(const char *text, const char *line)
{
	char whole[300], *at;

	snprintf(whole, sizeof whole, "\n%s\n", line);
	at = strstr(text, whole);
	ck_assert_msg(at && !strstr(at + 1, whole), "'%s' does not stand there once", line);
}

/* Each family once; of the two that are not known, none. */
static void has_families(const char *text)
{
	char line[200];

	for (size_t t = 0; t < KIN__ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->n; i++) {
			const struct kin__metric *row = &tables[t]->rows[i];
			const char *at;

			snprintf(line, sizeof line, "# TYPE %s ", row->name);
			at = strstr(text, line);
			if (row->kind == KIN__METRIC_I64 && tables[t] == &kin__families_consumer)
				ck_assert_ptr_null(at);
			else
				ck_assert_msg(at && !strstr(at + 1, line), "'%s' does not stand there once",
				              line);
		}
}

/* Four consumers and three producers: those with the same labels are told apart, and a shard that waits has no line. */
START_TEST(snapshot_text)
{
	struct kin__snapshot *snapshots[] = { make_snapshot("orders"), make_snapshot("orders"),
		                              snapshot_for("orders", "shipping"), make_snapshot("others") };
	struct kin__bytes out;

	kin__bytes_init(&out);
	ck_assert(write_all(&out, snapshots, KIN__ARRAY_LEN(snapshots)));
	has_families(out.at);
	has_line(out.at, "kinstream_consumer_errors_total{stream=\"orders\",application=\"billing\"} 3");
	has_line(out.at,
	         "kinstream_consumer_errors_total{stream=\"orders\",application=\"billing\",handle=\"2\"} 3");
	has_line(out.at, "kinstream_consumer_errors_total{stream=\"orders\",application=\"shipping\"} 3");
	has_line(out.at, "kinstream_consumer_errors_total{stream=\"others\",application=\"billing\"} 3");
	has_line(out.at, "kinstream_consumer_iterator_age_seconds{stream=\"orders\",application=\"billing\","
	                 "shard=\"shardId-000000000000\"} 61.005");
	has_line(out.at, "kinstream_consumer_iterator_age_seconds{stream=\"orders\",application=\"billing\","
	                 "shard=\"shardId-000000000000\",handle=\"2\"} 61.005");
	has_line(out.at, "kinstream_consumer_shard_blocked_seconds{stream=\"others\",application=\"billing\","
	                 "shard=\"shardId-000000000000\"} 1.5");
	ck_assert_ptr_null(strstr(out.at, "shard=\"b"));
	has_line(out.at, "kinstream_producer_stored_records_total{stream=\"orders\"} 200");
	has_line(out.at, "kinstream_producer_stored_records_total{stream=\"others\"} 200");
	has_line(out.at, "kinstream_producer_stored_records_total{stream=\"orders\",handle=\"2\"} 200");
	has_line(out.at,
	         "kinstream_producer_failed_records_by_code_total{stream=\"others\",code=\"KIN_EXPIRED\"} 2");
	has_line(out.at, "kinstream_producer_failed_records_by_code_total{stream=\"orders\",code=\"other\","
	                 "handle=\"2\"} 1");
	has_line(out.at, "kinstream_producer_delivery_seconds_sum{stream=\"orders\"} 0.12");
	has_line(out.at, "kinstream_producer_aggregation_ratio{stream=\"others\"} 12.5");
	has_line(out.at, "kinstream_producer_shard_stored_records_total{stream=\"others\",shard="
	                 "\"shardId-000000000001\"} 150");
	has_line(out.at, "kinstream_producer_shard_request_seconds_total{stream=\"orders\",shard="
	                 "\"shardId-000000000001\",handle=\"2\"} 0.04");
	has_line(out.at, "kinstream_producer_shard_pace_percent{stream=\"others\",shard="
	                 "\"shardId-000000000001\"} 75");
	ck_assert_ptr_null(strstr(out.at, "shard_pace_percent{stream=\"others\",shard=\"a"));
	kin__bytes_clear(&out);
	ck_assert(write_with(&out, snapshots, KIN__ARRAY_LEN(snapshots), true));
	ck_assert_ptr_null(strstr(out.at, "shard=\""));
	ck_assert_ptr_null(strstr(out.at, "kinstream_producer_shard_"));
	has_line(out.at, "kinstream_producer_stored_records_total{stream=\"others\"} 200");
	kin__bytes_fini(&out);
	for (size_t i = 0; i < KIN__ARRAY_LEN(snapshots); i++)
		kin__snapshot_free(snapshots[i]);
}
END_TEST

/* The number of a twin has as many digits as it needs. */
START_TEST(snapshot_many_twins)
{
	struct kin__produced *other = make_produced("o"), *all[1200];
	struct kin__bytes out;

	for (size_t i = 0; i < KIN__ARRAY_LEN(all); i++)
		all[i] = i < 1199 ? kin__produced_new("s", 0) : other;
	kin__bytes_init(&out);
	kin__snapshot_prometheus(&out, NULL, 0, all, KIN__ARRAY_LEN(all), false);
	has_line(out.at, "kinstream_producer_requests_total{stream=\"s\"} 0");
	has_line(out.at, "kinstream_producer_requests_total{stream=\"s\",handle=\"10\"} 0");
	has_line(out.at, "kinstream_producer_requests_total{stream=\"s\",handle=\"1199\"} 0");
	has_line(out.at, "kinstream_producer_requests_total{stream=\"o\"} 3");
	kin__bytes_fini(&out);
	for (size_t i = 0; i < KIN__ARRAY_LEN(all); i++)
		kin__produced_free(all[i]);
}
END_TEST

/* All of it in a few allocations, each of which may fail. */
static bool whole_snapshot(void)
{
	struct kin__snapshot *snapshot = make_snapshot("orders");
	struct kin__produced *produced = make_produced("orders");
	struct kin__bytes out;
	bool done = snapshot && produced;

	kin__bytes_init(&out);
	done = done && write_all(&out, &snapshot, 1);
	done = done && kin__snapshot_json(snapshot, NULL) && kin__produced_json(produced, NULL);
	kin__bytes_fini(&out);
	kin__snapshot_free(snapshot);
	kin__produced_free(produced);
	return done;
}

START_TEST(snapshot_no_memory)
{
	uint64_t total;

	kin__mem_fail_at(0);
	ck_assert(whole_snapshot());
	total = kin__mem_count();
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		ck_assert_msg(!whole_snapshot(), "allocation %d of %d failed unnoticed", (int)i, (int)total);
	}
	kin__mem_fail_at(0);
}
END_TEST

static void add_snapshot(TCase *tcase)
{
	tcase_add_test(tcase, families_and_page);
	tcase_add_test(tcase, snapshot_members);
	tcase_add_test(tcase, snapshot_json);
	tcase_add_test(tcase, produced_members);
	tcase_add_test(tcase, snapshot_text);
	tcase_add_test(tcase, snapshot_many_twins);
	tcase_add_test(tcase, snapshot_no_memory);
}
#endif
