/* The metrics room: rows of tables as Prometheus' text and as members of JSON. */
#include <check.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "metrics/prometheus.h"
#include "metrics/statistics.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define T(text) kin__span((text), sizeof(text) - 1)

struct values {
	uint64_t count;
	uint32_t word;
	int64_t age_ms;
	int32_t state;
	struct kin__histogram took;
};

static const uint64_t bounds[] = { 1000, 1500000, 0 };
static const struct kin__metric rows[] = {
	{ "k_records_total", "records", "Records \\ \"read\"\nso far.", KIN__METRIC_COUNTER, KIN__METRIC_U64,
	  0, offsetof(struct values, count) },
	{ "k_busy", "busy", "Busy.", KIN__METRIC_GAUGE, KIN__METRIC_U32, 0, offsetof(struct values, word) },
	{ "k_age_seconds", "ageMs", "Age.", KIN__METRIC_GAUGE, KIN__METRIC_I64, 3,
	  offsetof(struct values, age_ms) },
	{ "k_state", NULL, "State.", KIN__METRIC_GAUGE, KIN__METRIC_I32, 0, offsetof(struct values, state) },
	{ "k_took_seconds", "tookUs", "Took.", KIN__METRIC_HISTOGRAM, KIN__METRIC_SPREAD, 6,
	  offsetof(struct values, took), bounds },
};

/* --- Prometheus --------------------------------------------------------------------------- */

/* Two objects: each family stands together, headed once; the second one has labels, and knows neither age nor state. */
START_TEST(prometheus_text)
{
	static struct values a, b;
	struct kin__metric_object objects[] = {
		{ .values = &a },
		{ .values = &b, .labels = { { "stream", T("s") }, { "shard", T("x\\\"\n\xc3\xa9\xff") } } },
	};
	struct kin__bytes out;

	a = (struct values){ UINT64_MAX, UINT32_MAX, 61050, 3, { 0 } };
	b = (struct values){ .age_ms = -1, .state = -1 };
	kin__histogram_add(&b.took, 1000);
	kin__histogram_add(&b.took, 2000000);
	kin__bytes_init(&out);
	kin__prometheus_write(&out, rows, KIN__ARRAY_LEN(rows), objects, 2);
	ck_assert_str_eq(out.at,
	                 "# HELP k_records_total Records \\\\ \"read\"\\nso far.\n"
	                 "# TYPE k_records_total counter\n"
	                 "k_records_total 18446744073709551615\n"
	                 "k_records_total{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\"} 0\n"
	                 "# HELP k_busy Busy.\n"
	                 "# TYPE k_busy gauge\n"
	                 "k_busy 4294967295\n"
	                 "k_busy{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\"} 0\n"
	                 "# HELP k_age_seconds Age.\n"
	                 "# TYPE k_age_seconds gauge\n"
	                 "k_age_seconds 61.05\n"
	                 "# HELP k_state State.\n"
	                 "# TYPE k_state gauge\n"
	                 "k_state 3\n"
	                 "# HELP k_took_seconds Took.\n"
	                 "# TYPE k_took_seconds histogram\n"
	                 "k_took_seconds_bucket{le=\"0.001\"} 0\n"
	                 "k_took_seconds_bucket{le=\"1.5\"} 0\n"
	                 "k_took_seconds_bucket{le=\"+Inf\"} 0\n"
	                 "k_took_seconds_sum 0\n"
	                 "k_took_seconds_count 0\n"
	                 "k_took_seconds_bucket{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\",le="
	                 "\"0.001\"} 0\n"
	                 "k_took_seconds_bucket{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\",le="
	                 "\"1.5\"} 1\n"
	                 "k_took_seconds_bucket{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\",le="
	                 "\"+Inf\"} 2\n"
	                 "k_took_seconds_sum{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\"} 2.001\n"
	                 "k_took_seconds_count{stream=\"s\",shard=\"x\\\\\\\"\\n\xc3\xa9\xef\xbf\xbd\"} 2\n");
	kin__bytes_fini(&out);
}
END_TEST

static const struct {
	uint64_t value;
	uint8_t decimals;
	const char *text;
} numbers[] = {
	{ 0, 0, "0" },          { 0, 6, "0" },       { 1, 6, "0.000001" },
	{ 10, 6, "0.00001" },   { 1000000, 6, "1" }, { 1000001, 6, "1.000001" },
	{ 100500, 3, "100.5" }, { 1230, 3, "1.23" }, { UINT64_MAX, 6, "18446744073709.551615" },
};

START_TEST(prometheus_numbers)
{
	struct kin__metric row = {
		"n", "n", "N.", KIN__METRIC_GAUGE, KIN__METRIC_U64, numbers[_i].decimals, 0
	};
	struct kin__metric_object object = { .values = &numbers[_i].value };
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__prometheus_write(&out, &row, 1, &object, 1);
	out.at[out.n - 1] = 0;
	ck_assert_str_eq(strrchr(out.at, ' ') + 1, numbers[_i].text);
	kin__bytes_fini(&out);
}
END_TEST

START_TEST(prometheus_nothing)
{
	struct values values = { .age_ms = -1, .state = -1 };
	struct kin__metric_object object = { .values = &values };
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__prometheus_write(&out, rows, KIN__ARRAY_LEN(rows), &object, 0);
	kin__prometheus_write(&out, &rows[2], 2, &object, 1); /* neither is known */
	ck_assert_uint_eq(out.n, 0);
	kin__bytes_fini(&out);
}
END_TEST

/* --- JSON --------------------------------------------------------------------------------- */

static void write_json(struct kin__bytes *out, const struct values *values)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	kin__statistics_members(&json, rows, KIN__ARRAY_LEN(rows), values);
	kin__jsontext_object_end(&json);
}

START_TEST(statistics_text)
{
	static struct values values;
	struct kin__bytes out;

	values = (struct values){ 7, 2, -1, 1, { 0 } };
	for (uint64_t i = 1; i <= 100; i++)
		kin__histogram_add(&values.took, i);
	kin__bytes_init(&out);
	write_json(&out, &values);
	ck_assert_str_eq(out.at,
	                 "{\"records\":7,\"busy\":2,\"ageMs\":null,\"tookUs\":{\"count\":100,\"sum\":5050,"
	                 "\"p50\":50,\"p90\":91,\"p99\":99,\"max\":100}}");
	values.age_ms = 1500;
	kin__bytes_clear(&out);
	write_json(&out, &values);
	ck_assert_ptr_nonnull(strstr(out.at, "\"ageMs\":1500,"));
	kin__bytes_fini(&out);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------- */

static void write_both(struct kin__bytes *out)
{
	static const struct values values;
	struct kin__metric_object object = { .values = &values };

	write_json(out, &values);
	kin__prometheus_write(out, rows, KIN__ARRAY_LEN(rows), &object, 1);
}

START_TEST(no_memory)
{
	struct kin__bytes out;
	uint64_t total;

	kin__bytes_init(&out);
	kin__mem_fail_at(0);
	write_both(&out);
	ck_assert(!out.failed);
	total = kin__mem_count();
	kin__bytes_fini(&out);
	ck_assert_uint_gt(total, 1);
	for (uint64_t i = 1; i <= total; i++) {
		kin__mem_fail_at(i);
		write_both(&out);
		ck_assert(out.failed);
		kin__bytes_fini(&out);
	}
	kin__mem_fail_at(0);
}
END_TEST

#include "metrics_snapshot.h"

static Suite *suite(void)
{
	Suite *all = suite_create("metrics");
	TCase *tcase = tcase_create("metrics");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, prometheus_text);
	tcase_add_loop_test(tcase, prometheus_numbers, 0, COUNT(numbers));
	tcase_add_test(tcase, prometheus_nothing);
	tcase_add_test(tcase, statistics_text);
	tcase_add_test(tcase, no_memory);
	add_snapshot(tcase);
	suite_add_tcase(all, tcase);
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
