/* kinesis/deaggregate - an answer of GetRecords with its KPL aggregates taken apart.
 *
 * Pure.  A page without aggregates costs a comparison a record.  Else its records get a new array, one a page,
 * counted before it is filled; keys and data stay where they are, inside the answer.  Invariant: what was one record
 * keeps its sequence number and its time, and its parts are numbered by sub_sequence from 0 without a gap.
 */
#ifndef KIN_KINESIS_DEAGGREGATE_H
#define KIN_KINESIS_DEAGGREGATE_H
#include "kinesis/get_records.h"
#include "kinesis/hashkey.h"

/* Which records of a page belong to other shards: after a reshard a producer with an old map may have put records of
 * several shards into one aggregate.  Those that fell outside it puts again. */
struct kin__outside {
	uint8_t *at; /* a byte a record: 1, its hash key lies outside the range; only if n > 0 */
	size_t room, n;
};

/* range NULL: not known, nothing is outside; then `outside` may be NULL too.  The page's answer is written into: a 0
 * comes behind each key.  KIN_OK; KIN_NOMEM: the page is good for kin__get_page_fini() alone. */
int kin__deaggregate_page(struct kin__get_page *page, const struct kin__md5_way *md5,
                          const struct kin__hash_range *range, struct kin__outside *outside);
#endif
