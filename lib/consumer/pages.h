/* consumer/pages - the pages a shard holds: records by ordinal, in the order they were fetched.
 *
 * Pure.  Invariant: the pages tile [first page's first, held); none lies wholly below settled.low.
 */
#ifndef KIN_CONSUMER_PAGES_H
#define KIN_CONSUMER_PAGES_H
#include "consumer/inside.h"

/* Keeps n (> 0) records of the page, behind the first `skipped`; false: out of memory. */
bool kin__pages_add(struct kin__consumer *consumer, struct kin__shard *shard,
                    const struct kin__consumer_event *event, uint32_t skipped, uint32_t n);
struct kin__page *kin__pages_find(const struct kin__shard *shard, uint64_t ordinal); /* must be held */
void kin__pages_settle(struct kin__consumer *consumer,
                       struct kin__shard *shard); /* notes the last settled record, releases */
/* The shard waits: what it needs of a page mostly done is copied out, so that the answer can be freed. */
void kin__pages_thin(struct kin__consumer *consumer, struct kin__shard *shard);
void kin__pages_release_all(struct kin__consumer *consumer, struct kin__shard *shard);
/* The slices of [first, end), cut at page ends, into the step's arena behind those already in *out. */
struct kin__slices {
	struct kin__slice *at;
	size_t n;
	uint32_t count;
};
bool kin__pages_slices(struct kin__consumer *consumer, const struct kin__shard *shard,
                       const struct kin__range *ranges, size_t ranges_n, struct kin__slices *out);
#endif
