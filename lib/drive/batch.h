/* drive/batch - a kin_batch: the records of one INVOKE effect, on their way to a handler and back.
 *
 * Made and freed on the loop thread; in between it belongs to whoever handles it.  kin__batch_finish()
 * gives it back, from any thread, exactly once.  Records point into pages that stay until then.
 */
#ifndef KIN_DRIVE_BATCH_H
#define KIN_DRIVE_BATCH_H
#include "base/bytes.h"
#include "io/loop.h"
#include "io/pool.h"
#include "kinesis/types.h"
#include <kinstream/batch.h>

enum { KIN__BATCH_REASON = 256 };

struct kin__consume;

struct kin_batch {
	struct kin__consume *consumer;
	uint64_t id; /* of the effect it answers */
	uint32_t shard;
	uint8_t lane;
	uint32_t attempt;
	uint64_t lease_counter;
	const char *shard_id; /* stays as long as the consumer */
	const struct kin_record **records;
	size_t count, at; /* at: the next one of kin_batch_next() */

	uint32_t fail_at; /* UINT32_MAX: none marked */
	bool stop;
	bool untaken;  /* it went back without having been handed out */
	bool answered; /* it failed by its answer: Lambda's functionError is null then */
	int code;      /* the handler's word, from finish on */
	char reason[KIN__BATCH_REASON];
	struct kin__bytes json;

	struct kin__list out; /* in inbox.out, while it is out; under the consumer's lock, as is began_us */
	uint64_t began_us;    /* when it went out */
	uint64_t ended_us;    /* when it was finished */
	bool windowed;
	struct kin_window window;
	const char *state; /* borrowed: it stays while a call of its shard is out */
	size_t state_size;
	struct kin__bytes new_state; /* as the handler gave it; n 0: it did not */

	struct kin__list node; /* ready for kin_consumer_next(); under the consumer's lock */
	struct kin__pool_job job;
	struct kin__loop_task task;
};

struct kin_batch *kin__batch_new(size_t records); /* NULL: out of memory */
void kin__batch_free(struct kin_batch *batch);
void kin__batch_fail(struct kin_batch *batch, uint32_t index, const char *reason); /* the lowest index wins */
/* A response that may be a mistake: at most one line a minute of a consumer, with the number of those held back. */
void kin__batch_warn(struct kin_batch *batch, const char *why);
void kin__batch_finish(struct kin_batch *batch, int code);
#endif
