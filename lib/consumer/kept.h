/* consumer/kept - what the store keeps of a shard's tumbling windows, beside its item: text and back.
 *
 * Pure.  The state and how far it has counted stand in one text, so they agree whatever happens between the writing
 * of it and of the checkpoint: the position is never behind the checkpoint that it was kept for.
 */
#ifndef KIN_CONSUMER_KEPT_H
#define KIN_CONSUMER_KEPT_H
#include "base/bytes.h"
#include "consumer/position.h"

struct kin__kept {
	struct kin__position at; /* of the last record done; "": none yet */
	/* A window is open, and its state; else the one that closed last ended at closed_ms, INT64_MIN: none. */
	bool open;
	int64_t start_ms, end_ms, closed_ms;
	struct kin__span state; /* a JSON object */
};

void kin__kept_write(struct kin__bytes *out, const struct kin__kept *kept);
/* NULL, and the state is within the text; or what is wrong with it.  No text at all: nothing is kept. */
const char *kin__kept_read(struct kin__kept *kept, const char *text, size_t n);
#endif
