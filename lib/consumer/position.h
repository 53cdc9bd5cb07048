/* consumer/position - a place in a shard: a record's sequence number, and which record of an aggregate it is.
 *
 * Pure.  All records of an aggregate share one number; `sub` counts them from 0.  Instead of a number a position
 * may hold a word of the store (TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END), or nothing.  A shard has several:
 * two digits are kept in a byte.
 */
#ifndef KIN_CONSUMER_POSITION_H
#define KIN_CONSUMER_POSITION_H
#include "kinesis/types.h"
#include "kinstream.h"

enum { KIN__POSITION_WORD = 255 };

struct kin__position {
	uint64_t sub;
	uint8_t n; /* of digits; 0: nothing; KIN__POSITION_WORD: not digits alone */
	uint8_t packed[KIN__SEQUENCE_TEXT / 2];
};

/* What a store says; too many digits are cut, and so is any other text behind half as many characters. */
void kin__position_set(struct kin__position *to, const char *text, uint64_t sub);
void kin__position_of(struct kin__position *to, const struct kin_record *record);
bool kin__position_is(const struct kin__position *position, const struct kin_record *record);
bool kin__position_is_text(const struct kin__position *position, const char *text); /* whatever its sub */
/* Gives text, filled. */
const char *kin__position_text(const struct kin__position *position, char text[static KIN__SEQUENCE_TEXT]);
/* How many of the records at the head of a page stand before the position, within its aggregate; `through`: with the
 * one at the position.  A page that begins with another number has none. */
uint32_t kin__position_skip(const struct kin__position *position, const struct kin_record *records,
                            uint32_t n, bool through);

int kin__position_compare(const struct kin__position *a,
                          const struct kin__position *b); /* both of digits; <0, 0, >0 */

static inline bool kin__position_there(const struct kin__position *position)
{
	return position->n > 0;
}
static inline void kin__position_clear(struct kin__position *position)
{
	position->n = 0;
}
/* Begins like one: what is no number of the service is refused by it. */
static inline bool kin__position_is_number(const struct kin__position *position)
{
	return position->n > 0 && (position->n != KIN__POSITION_WORD ||
	                           (position->packed[0] >= '0' && position->packed[0] <= '9'));
}
#endif
