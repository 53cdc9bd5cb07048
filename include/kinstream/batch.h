/* kinstream/batch.h - what a handler is given: records of one shard, in order.  kin_batch(3) */
#ifndef KINSTREAM_BATCH_H
#define KINSTREAM_BATCH_H

#include <kinstream/error.h>
#include <kinstream/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_batch; /* lives until it is finished; one thread at a time */

/* The tumbling window of a batch: records that arrived in [start_ms, end_ms), Unix ms. */
struct kin_window {
	size_t size; /* set by the caller: sizeof the struct */
	int64_t start_ms, end_ms;
	bool is_final;            /* the last call of the window, without records */
	bool is_terminated_early; /* and it comes before the window's end: the state grew too large */
};

/* Walks the records in order; NULL at the end.  Borrowed until the batch is finished. */
KIN_API const struct kin_record *kin_batch_next(struct kin_batch *batch);
KIN_API size_t kin_batch_count(const struct kin_batch *batch);
/* NULL past the end */
KIN_API const struct kin_record *kin_batch_record(const struct kin_batch *batch, size_t index);
KIN_API const char *kin_batch_shard_id(const struct kin_batch *batch);
KIN_API const char *kin_batch_stream_arn(const struct kin_batch *batch);
/* 1: the first time these records are tried together */
KIN_API uint32_t kin_batch_attempt(const struct kin_batch *batch);
/* a fencing token: grows with each change of owner */
KIN_API uint64_t kin_batch_lease_counter(const struct kin_batch *batch);

/* Says that `record` (of this batch) and all after it are not done, those before it are; the earliest
 * record marked wins.  A record of another batch fails all of this one.  Returns KIN_OK always, so a
 * handler can `return kin_batch_fail(...)`. */
KIN_API int kin_batch_fail(struct kin_batch *batch, const struct kin_record *record, const char *format, ...)
		KIN_PRINTF(3, 4);
/* Reads a Lambda response, {"batchItemFailures":[{"itemIdentifier":"..."}],"state":{...}}, by Lambda's rules: KIN_OK,
 * part of the batch may now be marked failed; KIN_FAILED: the response means that all of it failed. */
KIN_API KIN_MUST_CHECK int kin_batch_respond(struct kin_batch *batch, const char *json, size_t size);
/* Lets the consumer end after this batch, as kin_consumer_stop(). */
KIN_API void kin_batch_stop(struct kin_batch *batch);
/* The Lambda event, {"Records":[...]}, 0-ended; borrowed until the batch is finished.  NULL: out of memory. */
KIN_API const char *kin_batch_event_json(struct kin_batch *batch, size_t *size);
/* With the option tumbling_window_ms.  KIN_NOT_FOUND: the consumer has no tumbling windows; KIN_INVALID: size. */
KIN_API int kin_batch_window(const struct kin_batch *batch, struct kin_window *window);
/* What the window's calls before this one left, a JSON object, 0-ended: "{}" in the first.  Borrowed until the batch
 * is finished; NULL: no tumbling windows. */
KIN_API const char *kin_batch_state(const struct kin_batch *batch, size_t *size);
/* Leaves a JSON object, copied, to the window's next call; the last one given counts.  A batch that is not final
 * fails without.  KIN_INVALID: no object, too large, or no tumbling windows; KIN_NOMEM. */
KIN_API KIN_MUST_CHECK int kin_batch_set_state(struct kin_batch *batch, const char *json, size_t size,
                                               struct kin_error *error);
/* Ends a batch from kin_consumer_next(), or one whose handler said KIN_LATER: KIN_OK, KIN_FAILED or
 * KIN_BUSY.  The batch is gone afterwards.  Any thread. */
KIN_API void kin_batch_finish(struct kin_batch *batch, int code);

#ifdef __cplusplus
}
#endif
#endif
