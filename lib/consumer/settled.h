/* consumer/settled - which records of a shard are done: all below `low`, and a bit each above it.
 *
 * Pure.  Records are counted in the order they were fetched (ordinals, from 0 in this process).  The bits
 * are a ring of words that follows `low`; without a record done above low there need be none.
 * Invariant: low is not done, and no bit is set but those of records in (low, end).
 */
#ifndef KIN_CONSUMER_SETTLED_H
#define KIN_CONSUMER_SETTLED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin__range {
	uint64_t first, end;
};
struct kin__settled {
	uint64_t low;    /* the first record not done */
	uint64_t end;    /* no record from here on is done; below low: none above it is */
	uint64_t *words; /* bit i % 64 of words[i / 64 % room]: record i is done */
	size_t room;     /* a power of two, or 0 */
};

void kin__settled_init(struct kin__settled *settled);
void kin__settled_fini(struct kin__settled *settled);
int kin__settled_add(struct kin__settled *settled, uint64_t first,
                     uint64_t end); /* 0; -1 out of memory: unchanged */
void kin__settled_cut(struct kin__settled *settled,
                      uint64_t end); /* forgets what is done from `end` on; low <= end */
/* The first run of records not done in [from, end): false when there is none. */
bool kin__settled_open(const struct kin__settled *settled, uint64_t from, uint64_t end,
                       struct kin__range *out);
uint64_t kin__settled_missing(const struct kin__settled *settled, uint64_t from,
                              uint64_t end);                 /* how many in [from, end) are not done */
bool kin__settled_sound(const struct kin__settled *settled); /* the invariant */
#endif
