/* consumer/fetch - reading one shard: its iterator, its pages, its pace.
 *
 * Pure.  A shard holds at most PAGES_MAX pages while its handlers work, and up to PAGES_AHEAD while one of its lanes
 * lags and another has nothing to do; when all of them together hold buffer_bytes_max, only hungry shards fetch, for
 * the place of others.  Invariant: a page is released once.
 */
#ifndef KIN_CONSUMER_FETCH_H
#define KIN_CONSUMER_FETCH_H
#include "consumer/inside.h"

void kin__fetch_consider(struct kin__consumer *consumer,
                         struct kin__shard *shard); /* asks for more when there is room and it is time */
void kin__fetch_due(struct kin__consumer *consumer, struct kin__shard *shard); /* its timer */
void kin__fetch_pump(struct kin__consumer *consumer);                          /* fills the free places */
void kin__fetch_on_iterator(struct kin__consumer *consumer, struct kin__shard *shard,
                            const struct kin__consumer_event *event);
void kin__fetch_on_page(struct kin__consumer *consumer, struct kin__shard *shard,
                        const struct kin__consumer_event *event);
/* Settled up to settled.low: keeps the last record's number, releases the pages below. */
void kin__fetch_settled(struct kin__consumer *consumer, struct kin__shard *shard);
void kin__fetch_missing(struct kin__consumer *consumer, struct kin__shard *shard,
                        bool listed); /* the list says */
void kin__fetch_away(struct kin__consumer *consumer,
                     struct kin__shard *shard); /* it gave its pages back: it reads no more for now */
void kin__fetch_drop(struct kin__consumer *consumer, struct kin__shard *shard); /* reads no more */
#endif
