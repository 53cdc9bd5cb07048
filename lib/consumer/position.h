/* consumer/position - a place in a shard: a record's sequence number, and which record of an aggregate it is.
 *
 * Pure.  All records of an aggregate share one number; `sub` counts them from 0.  Instead of a number a position
 * may hold a word of the store (TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END), or "": there is none.
 */
#ifndef KIN_CONSUMER_POSITION_H
#define KIN_CONSUMER_POSITION_H
#include "kinesis/types.h"
#include "kinstream.h"

struct kin__position {
	char number[KIN__SEQUENCE_TEXT];
	uint64_t sub;
};

/* What a store says; a text too long is cut.  `number` may be that of *to. */
void kin__position_set(struct kin__position *to, const char *number, uint64_t sub);
void kin__position_of(struct kin__position *to, const struct kin_record *record);
bool kin__position_is(const struct kin__position *position, const struct kin_record *record);
/* How many of the records at the head of a page stand before the position, within its aggregate; `through`: with the
 * one at the position.  A page that begins with another number has none. */
uint32_t kin__position_skip(const struct kin__position *position, const struct kin_record *records,
                            uint32_t n, bool through);

static inline bool kin__position_is_number(const struct kin__position *position)
{
	return position->number[0] >= '0' && position->number[0] <= '9';
}
#endif
