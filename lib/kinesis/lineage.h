/* kinesis/lineage - which shards must be read before which: parents before children.
 *
 * Pure.  Indexes are those of the shard list it was built from.  Any list gives an order: of a circle of
 * parents one link is cut and counted; of equal ids the first counts.
 */
#ifndef KIN_KINESIS_LINEAGE_H
#define KIN_KINESIS_LINEAGE_H
#include "kinesis/types.h"

#define KIN__LINEAGE_NONE UINT32_MAX

struct kin__lineage_node {
	uint32_t parents[2];
}; /* those still in the list; NONE last */

struct kin__lineage {
	struct kin__lineage_node *nodes;
	uint32_t *order; /* every index once: roots in the order of the list, then whose parents are all there */
	uint32_t n, cut; /* cut: links left out because they lead in a circle */
};

/* 0, or -1 out of memory (or more than 2^31 shards): then *lineage is empty. */
int kin__lineage_build(struct kin__lineage *lineage, const struct kin__shard_info *shards, size_t n);
void kin__lineage_fini(struct kin__lineage *lineage);
#endif
