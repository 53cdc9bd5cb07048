/* drive/consume_window - the states of tumbling windows: beside their shard, in a batch, and as the store keeps them.
 *
 * Loop thread.  A state is the shard's from the step on that told the machine of it; what the machine calls fresh is
 * {}, whatever lies there.
 */
#ifndef KIN_DRIVE_CONSUME_WINDOW_H
#define KIN_DRIVE_CONSUME_WINDOW_H
#include "drive/consume.h"

/* Borrowed until the next answer of that shard's handler. */
struct kin__span kin__consume_window_state(struct kin__consume *consumer, uint32_t shard,
                                           const struct kin__call_window *window);
void kin__consume_window_show(struct kin_batch *batch, const struct kin__call_window *window);
/* A call without what a window needs has failed, whatever its handler says: before anybody counts it. */
void kin__consume_window_judge(struct kin_batch *batch);
/* What the handler gave becomes the shard's, if its batch is done at least in part; false: out of memory, frozen. */
bool kin__consume_window_adopt(struct kin_batch *batch);
/* The text to be kept, if the effect wants that; false: out of memory. */
bool kin__consume_window_kept(struct kin__consume *consumer, const struct kin__consumer_effect *effect,
                              struct kin__bytes *out);
/* What the store kept; KIN_CORRUPT, KIN_NOMEM. */
int kin__consume_window_read(struct kin__consume *consumer, uint32_t shard, const struct kin__bytes *text,
                             struct kin__kept *kept, struct kin_error *error);
#endif
