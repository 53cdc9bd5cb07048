/* consumer/window - the tumbling windows of a shard: which one its batches belong to, when it gets its final call.
 *
 * Pure.  Windows are [k*T, (k+1)*T) of arrival times; a shard has one lane then.  `current` is the window of the last
 * batch taken; it is open from its first call on.  Invariant: a window's final call comes after all its records, and
 * before the first call of a later window.
 */
#ifndef KIN_CONSUMER_WINDOW_H
#define KIN_CONSUMER_WINDOW_H
#include "consumer/inside.h"

static inline bool kin__window_on(const struct kin__consumer *consumer)
{
	return consumer->set.tumbling_window_ms > 0;
}

void kin__window_init(struct kin__shard *shard);
/* May the record join the batch as it stands?  The first one of a batch says which window it is. */
bool kin__window_admits(const struct kin__consumer *consumer, struct kin__lane *lane,
                        const struct kin_record *record);
size_t kin__window_room(const struct kin__consumer *consumer,
                        const struct kin__shard *shard); /* of the event: what records must leave to it */
void kin__window_take(struct kin__shard *shard);         /* the batch as it stood was taken */
void kin__window_enter(struct kin__consumer *consumer,
                       struct kin__shard *shard); /* before a call with records */
/* Nothing of the open window is left to come, as far as the shard was read. */
bool kin__window_is_over(const struct kin__consumer *consumer, const struct kin__shard *shard);
bool kin__window_closes(const struct kin__consumer *consumer,
                        const struct kin__lane *lane); /* final call next */

/* An answer to a call with records: one without a state is a failure. */
bool kin__window_lacks_state(const struct kin__consumer *consumer, const struct kin__consumer_event *event);
void kin__window_adopt(struct kin__consumer *consumer, struct kin__shard *shard,
                       const struct kin__consumer_event *event); /* at least one record is done */
void kin__window_on_final(struct kin__consumer *consumer, struct kin__shard *shard,
                          const struct kin__consumer_event *event);
void kin__window_show(const struct kin__shard *shard, struct kin__call_window *out);
void kin__window_forget(struct kin__shard *shard); /* the shard is not ours any more */

/* What the store keeps of it. */
bool kin__window_keep(struct kin__consumer *consumer, const struct kin__shard *shard,
                      const struct kin__kept **out); /* left alone: nothing new; false: out of memory */
void kin__window_load(struct kin__consumer *consumer, struct kin__shard *shard, const struct kin__kept *kept);
#endif
