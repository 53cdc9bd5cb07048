/* metrics/metric - a metric as a row of a table: its names, its unit, and where its value stands in a struct.
 *
 * Pure; plain data, tables are constant.  Machines count in plain structs; who shows them (Prometheus' text,
 * statistics JSON) walks the rows.  A new metric is a new row; a new exporter knows no metric by name.
 */
#ifndef KIN_METRICS_METRIC_H
#define KIN_METRICS_METRIC_H
#include <stddef.h>
#include "base/histogram.h"
#include "base/span.h"

enum kin__metric_type { KIN__METRIC_COUNTER, KIN__METRIC_GAUGE, KIN__METRIC_HISTOGRAM };
enum kin__metric_kind {
	KIN__METRIC_U64,
	KIN__METRIC_U32,
	KIN__METRIC_I64, /* these two: below 0 is not known, and not shown */
	KIN__METRIC_I32,
	KIN__METRIC_SPREAD /* struct kin__histogram, of a HISTOGRAM only */
};

struct kin__metric {
	const char *name;   /* of the family, as Prometheus wants it: base unit, _total behind a counter */
	const char *member; /* in statistics JSON, in the unit that it is counted in; NULL: it is not there */
	const char *help;   /* one sentence */
	uint8_t type, kind;
	uint8_t decimals; /* the value is in 10^-decimals of the family's unit: 3 for ms, 6 for us */
	size_t at;        /* of the value in the object's struct */
	const uint64_t *bounds; /* of a HISTOGRAM: its buckets' ends, ascending, counted as its values are; 0: no more */
};

enum { KIN__METRIC_LABELS = 4 };
struct kin__metric_label {
	const char *name; /* of [a-z_]; NULL: no label here, nor behind */
	struct kin__span value;
};

/* Something that has the values of a table: a consumer, one of its shards. */
struct kin__metric_object {
	const void *values;
	struct kin__metric_label labels[KIN__METRIC_LABELS];
};

/* The value of a row that is no histogram.  false: it is not known. */
bool kin__metric_value(const struct kin__metric *metric, const void *values, uint64_t *value);
const struct kin__histogram *kin__metric_spread(const struct kin__metric *metric, const void *values);
#endif
