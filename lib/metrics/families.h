/* metrics/families - the tables of what a consumer, a shard and a producer count.  Constant.  kin_metrics(3) tells each. */
#ifndef KIN_METRICS_FAMILIES_H
#define KIN_METRICS_FAMILIES_H
#include "metrics/metric.h"

struct kin__family_table {
	const struct kin__metric *rows;
	size_t n;
};

/* Offsets: into struct kin__snapshot, struct kin_shard_snapshot, struct kin_producer_stats. */
extern const struct kin__family_table kin__families_consumer, kin__families_shard, kin__families_producer;
#endif
