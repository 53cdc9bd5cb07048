/* metrics/families - the tables of what consumers, shards, producers and their failures count.
 *
 * Constant.  kin_metrics(3) tells each row.
 */
#ifndef KIN_METRICS_FAMILIES_H
#define KIN_METRICS_FAMILIES_H
#include "metrics/metric.h"

struct kin__family_table {
	const struct kin__metric *rows;
	size_t n;
};

/* Offsets: into struct kin__snapshot, struct kin_shard_snapshot, struct kin__produced, struct kin_code_count, struct
 * kin_producer_shard. */
extern const struct kin__family_table kin__families_consumer, kin__families_shard, kin__families_producer,
		kin__families_failure, kin__families_target;
#endif
