/* model/sequence - the layout of a sequence number: 47 hex digits, written as 56 decimal ones.  Pure.
 *
 * 2 | 9 creation of the shard (s) | 1 low nibble of its index | 16 counter | 2 zero | 9 time (s) | 8 index | 2
 */
#ifndef KIN_MODEL_SEQUENCE_H
#define KIN_MODEL_SEQUENCE_H
#include "base/span.h"

#define KIN__SEQUENCE_LAST UINT64_C(0x7fffffffffffffff) /* the counter in the last number of a closed shard */

struct kin__sequence {
	int64_t created_s, time_s; /* 36 bits each */
	uint64_t counter;
	uint32_t shard;
};

void kin__sequence_text(const struct kin__sequence *sequence, char out[static 57]);
bool kin__sequence_parse(struct kin__span text, struct kin__sequence *out); /* false: not of this layout */
#endif
