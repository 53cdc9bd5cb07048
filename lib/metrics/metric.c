/* metrics/metric - see metric.h */
#include "metrics/metric.h"

bool kin__metric_value(const struct kin__metric *metric, const void *values, uint64_t *value)
{
	const char *at = (const char *)values + metric->at;
	uint32_t word;
	int32_t part;
	int64_t whole;

	switch (metric->kind) {
	case KIN__METRIC_U64:
		memcpy(value, at, sizeof *value);
		return true;
	case KIN__METRIC_U32:
		memcpy(&word, at, sizeof word);
		*value = word;
		return true;
	case KIN__METRIC_I64:
		memcpy(&whole, at, sizeof whole);
		*value = (uint64_t)whole;
		return whole >= 0;
	default:
		memcpy(&part, at, sizeof part);
		*value = (uint64_t)part;
		return part >= 0;
	}
}

const struct kin__histogram *kin__metric_spread(const struct kin__metric *metric, const void *values)
{
	return (const struct kin__histogram *)(const void *)((const char *)values + metric->at);
}
