/* metrics/statistics - see statistics.h */
#include "metrics/statistics.h"

static void add_number(struct kin__jsontext *json, const char *name, uint64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_u64(json, value);
}

static void add_spread(struct kin__jsontext *json, const struct kin__histogram *spread)
{
	kin__jsontext_object(json);
	add_number(json, "count", spread->count);
	add_number(json, "sum", spread->sum);
	add_number(json, "p50", kin__histogram_quantile(spread, 5000));
	add_number(json, "p90", kin__histogram_quantile(spread, 9000));
	add_number(json, "p99", kin__histogram_quantile(spread, 9900));
	add_number(json, "max", spread->max);
	kin__jsontext_object_end(json);
}

void kin__statistics_members(struct kin__jsontext *json, const struct kin__metric *metrics, size_t metrics_n,
                             const void *values)
{
	for (size_t i = 0; i < metrics_n; i++) {
		uint64_t value;

		if (!metrics[i].member)
			continue;
		kin__jsontext_name(json, metrics[i].member);
		if (metrics[i].type == KIN__METRIC_HISTOGRAM)
			add_spread(json, kin__metric_spread(&metrics[i], values));
		else if (kin__metric_value(&metrics[i], values, &value))
			kin__jsontext_u64(json, value);
		else
			kin__jsontext_null(json);
	}
}
