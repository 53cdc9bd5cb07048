/* drive/core - what stands behind a kin_client: settings, I/O thread, signing, clock offset, callback thread.
 *
 * Counted references; the last unref joins the threads and frees.  `set` is read-only after open, `own`
 * belongs to the loop thread.  Every attempt is signed afresh, is sent once, and is judged once.
 */
#ifndef KIN_DRIVE_CORE_H
#define KIN_DRIVE_CORE_H
#include "base/hash.h"
#include "base/rng.h"
#include "io/error.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "kinesis/types.h"
#include "wire/base64.h"
#include "base/md5.h"
#include <kinstream/client.h>

struct kin__core;

/* options: checked and complete, borrowed until return.  *out is yours, give back with kin__core_unref(). */
int kin__core_open(struct kin__core **out, const struct kin_client_options *options, struct kin_error *error);
struct kin__core *kin__core_ref(struct kin__core *core); /* any thread; gives core back */
/* Any thread.  The last one ends what is under way (aborted) and joins; on a thread of the core's own, which
 * cannot join itself, another thread does that. */
void kin__core_unref(struct kin__core *core);

/* --- where things run --- */
struct kin__loop *kin__core_loop(struct kin__core *core);
struct kin__pool *kin__core_callbacks(struct kin__core *core); /* one thread: user's callbacks, in order */
const struct kin__base64 *kin__core_base64(const struct kin__core *core); /* this processor's fastest way */
const struct kin__md5_way *kin__core_md5(const struct kin__core *core);   /* too */
const struct kin__sha256_lanes *kin__core_sha256(const struct kin__core *core); /* too; NULL: it has none */
bool kin__core_on_callback(const struct kin__core *core); /* here and now on the callback thread? */
bool kin__core_forked(const struct kin__core *core); /* opened by the parent process: answer KIN_FORKED */
uint64_t kin__core_seed(struct kin__core *core);     /* any thread: a fresh seed for a machine */

/* --- time --- */
int64_t kin__core_service_ms(struct kin__core *core); /* any thread: the service's clock; 0: not known yet */

/* --- settings --- */
bool kin__core_cbor(const struct kin__core *core); /* requests are written in CBOR; answers may be either */
uint32_t kin__core_request_timeout_ms(const struct kin__core *core);
uint32_t kin__core_call_timeout_ms(const struct kin__core *core);
uint32_t kin__core_attempts_max(const struct kin__core *core);

/* --- log --- */
bool kin__core_logs(const struct kin__core *core, int level);
struct kin__log_about { /* NULL: not about one; stream and shard stand before the text of a plain line */
	const char *stream, *application, *shard_id, *operation, *request_id;
};
/* Formats only when the level is on: use the macros.  room: "producer", "consumer", "http", ...; never a secret. */
void kin__core_log(struct kin__core *core, int level, const char *room, const struct kin__log_about *about,
                   const char *format, ...) KIN_PRINTF(5, 6);
#define KIN__LOG_ABOUT(core, level, room, about, ...)                                                        \
	(kin__core_logs((core), (level)) ? kin__core_log((core), (level), (room), (about), __VA_ARGS__)      \
	                                 : (void)0)
#define KIN__LOG(core, level, room, ...) KIN__LOG_ABOUT(core, level, room, NULL, __VA_ARGS__)

/* --- one signed attempt --- */
struct kin__outcome {
	enum kin__verdict verdict;
	enum kin__retry_class retry_class; /* the finer word, for drive/call */
	struct kin_error error; /* DONE: code KIN_OK; http_status and request_id are filled always */
	struct kin__bytes
			body; /* of the answer, writable; kin__bytes_take() it, else it is freed after `done` */
	bool maybe_done;      /* no clean answer: the service may have done it */
	bool aborted;         /* cancelled, or the core is closing; the verdict says REFUSED */
	bool has_hint;
	uint64_t hint_ms;    /* the service asked to wait that long */
	int64_t service_ms;  /* the service's clock at the answer; 0: not known */
	uint64_t elapsed_us; /* from start to answer */
};

/* The caller's memory from start until `done` ran; clear with _init, then fill in. */
struct kin__attempt {
	enum kin__operation operation;
	/* Borrowed until `done`; at NULL: it found no memory, and is refused.  JSON is sent as CBOR where the core says
	 * so; answers in CBOR come as JSON, but those of PutRecords and GetRecords, whose decoders read both. */
	struct kin__span body;
	const struct kin__sha256 *body_sum; /* borrowed until `done`; NULL: not known yet */
	const char *stream_arn;             /* borrowed until `done`; NULL: the plain host */
	uint32_t timeout_ms;                /* 0: the client's request_timeout_ms */
	uint32_t number,
			number_max; /* which attempt of how many, for the log and amz-sdk-request; 0: not told */
	char invocation[KIN__RNG_UUID]; /* amz-sdk-invocation-id, of a call that has a number; else own */
	void (*done)(struct kin__attempt *attempt,
	             struct kin__outcome *outcome); /* loop thread, never inside start; outcome borrowed */
	/* NULL, or: a body of `length` bytes begins, more of it is there: see io/http; loop thread */
	void (*place)(struct kin__attempt *attempt, size_t length);
	void (*more)(struct kin__attempt *attempt);
	void *user;

	/* Of drive/core. */
	struct kin__core *core;
	struct kin__http_request http;
	struct kin__loop_task failed; /* what could not even be sent is told from the loop */
	struct kin__list waits;       /* for new credentials, or to be hashed with others */
	struct kin__outcome outcome;
	struct kin__bytes cbor;  /* the body in that form, if it was not */
	struct kin__bytes lines; /* URL and header lines of this attempt; its memory is used again */
	uint64_t credentials_number;
	int64_t signing_offset_ms;
	uint64_t started_us;
	uint8_t state;
};

void kin__attempt_init(struct kin__attempt *attempt);
void kin__attempt_fini(struct kin__attempt *attempt); /* not under way */
void kin__core_attempt(struct kin__core *core,
                       struct kin__attempt *attempt); /* loop thread; cannot fail here */
void kin__core_cancel(
		struct kin__core *core, struct
		kin__attempt *attempt); /* loop thread; `done` runs before it returns, aborted; not under way: nothing */

/* For drive/call; loop thread. */
struct kin__retry_bucket *kin__core_bucket(struct kin__core *core);
struct kin__rng *kin__core_rng(struct kin__core *core);
bool kin__core_can_refresh(const struct kin__core *core); /* the credentials have a source that can change */
#endif
