/* consumer/emit - how the consumer machine says things: requests, notices, lines, its state.  Pure.
 *
 * A line is written with kin__emit_text() and kin__bytes_format(), then sent off by kin__emit_line()
 * or made the fatal error's message by kin__emit_fatal().
 */
#ifndef KIN_CONSUMER_EMIT_H
#define KIN_CONSUMER_EMIT_H
#include "consumer/inside.h"

/* Returns the effect's id, which names its shard; 0: out of memory, nothing was sent. */
uint64_t kin__emit_request(struct kin__consumer *consumer, const struct kin__shard *shard,
                           const struct kin__consumer_effect *effect);
struct kin__shard *kin__emit_shard_of(const struct kin__consumer *consumer,
                                      uint64_t id); /* NULL: of the stream, or unknown */
void kin__emit_release(struct kin__consumer *consumer, const struct kin__shard *shard, uint64_t page);
/* Its text, until the next step; NULL: out of memory, the consumer is fatal. */
const char *kin__emit_position(struct kin__consumer *consumer, const struct kin__position *position);
void kin__emit_notice(struct kin__consumer *consumer, const struct kin__consumer_effect *effect);
struct kin__bytes *kin__emit_text(struct kin__consumer *consumer);
void kin__emit_line(struct kin__consumer *consumer, const struct kin__shard *shard, int level);
/* The same, with what the handler said of a batch of the lane; loss: it is over, its records were given up. */
void kin__emit_quote(struct kin__consumer *consumer, const struct kin__lane *lane, bool loss, int level);
void kin__emit_state(struct kin__consumer *consumer, uint8_t state);
/* FATAL with `code`; the message is the text, or `from` when given.  The first one stays. */
void kin__emit_fatal(struct kin__consumer *consumer, int code, const struct kin_error *from);
void kin__emit_nomem(struct kin__consumer *consumer);
void kin__emit_timer(struct kin__consumer *consumer, struct kin__timer *timer, uint64_t due_us);
uint64_t kin__emit_backoff(struct kin__consumer *consumer, uint64_t base_us, uint64_t cap_us,
                           uint32_t tries);               /* when to try again */
const char *kin__emit_why(const struct kin_error *error); /* its message, or words for none */
#endif
