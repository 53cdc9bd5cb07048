/* drive/call - one operation with retries on top: AWS's rules, one token bucket a client, a total deadline.
 *
 * The caller's memory from start until `done` ran.  A failure that may have been carried out is tried again
 * like any other; `maybe_done` then says that some attempt was ambiguous.
 */
#ifndef KIN_DRIVE_CALL_H
#define KIN_DRIVE_CALL_H
#include "drive/core.h"

struct kin__call {
	/* Set by the caller after _init. */
	enum kin__operation operation;
	struct kin__span body;              /* borrowed until `done` */
	const struct kin__sha256 *body_sum; /* too; NULL: not known yet */
	const char *stream_arn;             /* borrowed until `done`; NULL: none */
	uint32_t timeout_ms;                /* all attempts; 0: the client's call_timeout_ms */
	uint32_t attempt_timeout_ms;        /* 0: the client's request_timeout_ms */
	uint32_t attempts_max;              /* 0: the client's */
	/* Loop thread.  outcome is the last attempt's, borrowed; its body may be taken.  Out of time: error.code KIN_TIMEOUT. */
	void (*done)(struct kin__call *call, struct kin__outcome *outcome);
	/* Loop thread; NULL is fine.  Does the body of this success make sense?  false: outcome->error is filled, and it
	 * is tried again.  May take the body. */
	bool (*check)(struct kin__call *call, struct kin__outcome *outcome);
	void *user;
	uint32_t attempts; /* made so far */

	/* Of drive/call. */
	struct kin__core *core;
	struct kin__attempt attempt;
	struct kin__loop_timer timer;
	struct kin__outcome outcome;
	struct kin__retry_call retry;
	uint64_t deadline_us;
	bool timer_made, maybe_done;
	uint8_t state;
};

int kin__call_init(struct kin__call *call, struct kin__core *core); /* KIN_OK or KIN_NOMEM; any thread */
void kin__call_fini(struct kin__call *call);   /* not under way; loop thread, or never started */
void kin__call_start(struct kin__call *call);  /* loop thread; cannot fail here */
void kin__call_cancel(struct kin__call *call); /* loop thread; `done` runs before it returns, aborted */
#endif
