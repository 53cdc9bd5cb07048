/* drive/produce_limit - how large a record the stream takes, asked of the service once one is put that not every stream takes;
 * see produce.h
 *
 * Small records neither ask nor wait.  What is known is asked for again after a minute, when a record is larger: the
 * stream may have been changed meanwhile.
 */
#include "base/arena.h"
#include "drive/fault.h"
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"
#include "kinesis/limits.h"
#include "kinesis/streams.h"

enum {
	BELIEVED_US = 60000000, /* so long a record that is too large is refused without asking again */
	PAUSE_US = 1000000      /* after a failure that may pass */
};

/* --- the loop's side ------------------------------------------------------------------ */

static bool read_answer(struct kin__call *call, struct kin__outcome *outcome)
{
	struct kin__produce *produce = call->user;
	struct kin__stream_summary summary;
	struct kin__reason reason = { "" };
	struct kin__arena arena;
	int code;

	kin__arena_init(&arena);
	code = kin__describe_stream_summary_decode(&summary, &arena, outcome->body.at, outcome->body.n,
	                                           &reason);
	if (code == KIN_OK)
		produce->limit.told = summary.record_bytes_max;
	else
		kin__fault_misread(&outcome->error, KIN__DESCRIBE_STREAM_SUMMARY, &call->attempt.http,
		                   code == KIN_NOMEM ? "out of memory" : reason.text);
	kin__arena_fini(&arena);
	return code == KIN_OK;
}

/* Under the lock. */
static void keep(struct kin__produce *produce, const struct kin__outcome *outcome, bool denied)
{
	uint64_t now_us = kin__clock_us();

	produce->inbox.limit_asking = false;
	produce->inbox.limit_denied = denied;
	produce->inbox.limit_error = outcome->error;
	if (outcome->verdict == KIN__DONE || denied) {
		produce->inbox.limit_error.code = KIN_OK;
		produce->inbox.limit_bytes = KIN__RECORD_BYTES_DEFAULT;
		if (produce->limit.told > KIN__RECORD_BYTES_DEFAULT && !denied)
			produce->inbox.limit_bytes = produce->limit.told;
		produce->inbox.limit_until_us = now_us + BELIEVED_US;
	} else {
		produce->inbox.limit_until_us = now_us + PAUSE_US;
	}
}

static void on_answer(struct kin__call *call, struct kin__outcome *outcome)
{
	struct kin__produce *produce = call->user;
	bool denied = outcome->error.code == KIN_DENIED;

	if (denied && !produce->limit.warned)
		KIN__LOG(produce->set.core, KIN_LOG_WARN, "producer",
		         "how large a record of %s may be cannot be asked, 1048576 bytes hold as everywhere; "
		         "permit kinesis:DescribeStreamSummary or set record_bytes_max: %s",
		         produce->set.stream, outcome->error.message);
	produce->limit.warned |= denied;
	pthread_mutex_lock(&produce->inbox.lock);
	keep(produce, outcome, denied);
	produce->inbox.limit_asked++;
	pthread_cond_broadcast(&produce->inbox.change);
	pthread_mutex_unlock(&produce->inbox.lock);
}

static void on_ask(struct kin__loop_task *task)
{
	struct kin__produce *produce = kin__container(task, struct kin__produce, limit.ask);
	struct kin__call *call = &produce->limit.call;

	kin__bytes_clear(&produce->limit.body);
	kin__describe_stream_summary_encode(&produce->limit.body, kin__span_text(produce->set.stream));
	call->operation = KIN__DESCRIBE_STREAM_SUMMARY;
	call->body = kin__bytes_view(&produce->limit.body);
	if (produce->limit.body.failed)
		call->body.at = NULL;
	call->stream_arn = produce->set.arn;
	call->done = on_answer;
	call->check = read_answer;
	call->user = produce;
	produce->limit.told = 0;
	kin__call_start(call);
}

int kin__produce_limit_init(struct kin__produce *produce)
{
	kin__bytes_init(&produce->limit.body);
	kin__loop_task_init(&produce->limit.ask, on_ask);
	produce->inbox.limit_bytes = KIN__RECORD_BYTES_DEFAULT;
	return kin__call_init(&produce->limit.call, produce->set.core);
}

void kin__produce_limit_detach(struct kin__produce *produce)
{
	kin__call_cancel(&produce->limit.call);
}

void kin__produce_limit_fini(struct kin__produce *produce)
{
	if (produce->limit.call.core) /* else it was never made */
		kin__call_fini(&produce->limit.call);
	kin__bytes_fini(&produce->limit.body);
}

/* --- a program's thread ----------------------------------------------------------------- */

static int too_large(const struct kin__produce *produce, const struct kin_put_entry *entry, size_t key_n,
                     struct kin_error *error)
{
	if (produce->inbox.limit_denied)
		return kin__error(
				error, KIN_INVALID,
				"kin_producer_put(): a record of %zu bytes of data and %zu of key is larger "
				"than the 1048576 that every stream takes, and %s may not be asked for more: "
				"permit kinesis:DescribeStreamSummary or set record_bytes_max",
				entry->data_size, key_n, produce->set.stream);
	return kin__error(
			error, KIN_INVALID,
			"kin_producer_put(): a record of %zu bytes of data and %zu of key is larger than the "
			"%u that stream %s takes (its MaxRecordSizeInKiB is %u)",
			entry->data_size, key_n, (unsigned)produce->inbox.limit_bytes, produce->set.stream,
			(unsigned)(produce->inbox.limit_bytes / 1024));
}

static int unknown(const struct kin__produce *produce, int code, struct kin_error *error)
{
	const struct kin_error *last = &produce->inbox.limit_error;

	kin__error(error, code,
	           "kin_producer_put(): how large a record %s takes is being asked, for one larger than "
	           "1048576 bytes%s%s",
	           produce->set.stream, last->code != KIN_OK ? "; the last answer: " : "",
	           last->code != KIN_OK ? last->message : "");
	return code;
}

/* Why it cannot be told, for good. */
static int failed(const struct kin__produce *produce, struct kin_error *error)
{
	const struct kin_error *last = &produce->inbox.limit_error;

	if (error)
		*error = *last;
	return last->code;
}

static void ask(struct kin__produce *produce)
{
	produce->inbox.limit_asking = true;
	kin__loop_post(kin__core_loop(produce->set.core), &produce->limit.ask);
}

/* Under the lock: what is known now of a record of `size`. */
enum answer { FITS, TOO_LARGE, FAILED, WAIT };

static enum answer look(struct kin__produce *produce, uint64_t size, uint64_t asked, uint64_t now_us)
{
	const struct kin_error *last = &produce->inbox.limit_error;
	bool fresh = now_us<produce->inbox.limit_until_us, ours = produce->inbox.limit_asked> asked;

	if (size <= produce->inbox.limit_bytes)
		return FITS;
	if (produce->inbox.limit_asking)
		return WAIT;
	if (last->code == KIN_OK && produce->inbox.limit_asked > 0 && (fresh || ours))
		return TOO_LARGE;
	if (last->code != KIN_OK && !last->retryable && (fresh || ours))
		return FAILED;
	if (!fresh)
		ask(produce);
	return WAIT;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int kin__produce_limit_check(struct kin__produce *produce, const struct kin_put_entry *entry, size_t key_n,
                             struct kin__produce_patience *patience, struct kin_error *error)
{
	uint64_t size = entry->data_size + key_n, asked, now_us;
	enum answer answer;
	int code = KIN_OK;

	if (patience->until_us == 0)
		patience->until_us = kin__clock_until_us(patience->timeout_ms);
	pthread_mutex_lock(&produce->inbox.lock);
	asked = produce->inbox.limit_asked;
	while (!produce->inbox.closing && !produce->inbox.frozen) { /* else it is refused for that, next */
		now_us = kin__clock_us();
		answer = look(produce, size, asked, now_us);
		if (answer == FITS)
			break;
		if (answer == TOO_LARGE)
			code = too_large(produce, entry, key_n, error);
		else if (answer == FAILED)
			code = failed(produce, error);
		else if (patience->timeout_ms == 0 || now_us >= patience->until_us)
			code = unknown(produce, patience->timeout_ms == 0 ? KIN_FULL : KIN_TIMEOUT, error);
		if (code != KIN_OK)
			break;
		kin__thread_cond_wait(&produce->inbox.change, &produce->inbox.lock,
		                      produce->inbox.limit_asking ? patience->until_us
		                                                  : earlier(patience->until_us,
		                                                            produce->inbox.limit_until_us));
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	return code;
}
