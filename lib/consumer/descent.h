/* consumer/descent - which shard is read when, and from where: parents before children, starting positions.
 *
 * Pure.  A shard begins only when each of its parents that is listed or has an item is at SHARD_END in
 * the store.  One with an item of its own goes on there; one whose parent has an item begins at
 * TRIM_HORIZON; all others begin where the stream's own item ("-") says the first start began.
 */
#ifndef KIN_CONSUMER_DESCENT_H
#define KIN_CONSUMER_DESCENT_H
#include "consumer/inside.h"

struct kin__shard *kin__descent_add(struct kin__consumer *consumer,
                                    const char *id); /* or finds it; NULL: out of memory */
void kin__descent_parents(struct kin__consumer *consumer, struct kin__shard *shard, const char *first,
                          const char *second);
struct kin__shard *kin__descent_parent(const struct kin__consumer *consumer, const struct kin__shard *shard,
                                       size_t i); /* the i-th, 0 or 1; NULL: there is none that is known */
void kin__descent_resolve(
		struct kin__consumer *consumer); /* shards were added: link them, and begin those that may */
void kin__descent_begin(struct kin__consumer *consumer, struct kin__shard *shard); /* the lease is ours */
void kin__descent_settled(struct kin__consumer *consumer,
                          struct kin__shard *shard); /* something was settled, stored or read */
void kin__descent_ended(struct kin__consumer *consumer, struct kin__shard *shard); /* SHARD_END is stored */
void kin__descent_lost(struct kin__consumer *consumer, struct kin__shard *shard);
void kin__descent_restart(struct kin__consumer *consumer); /* the stream was created anew */
void kin__descent_free(struct kin__consumer *consumer, struct kin__shard *shard);
#endif
