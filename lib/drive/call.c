/* drive/call - see call.h */
#include <string.h>
#include "drive/call.h"
#include "io/clock.h"

enum state { IDLE, TRYING, PAUSING };

static void on_attempt(struct kin__attempt *attempt, struct kin__outcome *outcome);
static void on_timer(struct kin__loop_timer *timer);

int kin__call_init(struct kin__call *call, struct kin__core *core)
{
	*call = (struct kin__call){ .core = core, .state = IDLE };
	kin__attempt_init(&call->attempt);
	return kin__loop_timer_init(kin__core_loop(core), &call->timer, on_timer);
}

void kin__call_fini(struct kin__call *call)
{
	kin__loop_timer_fini(kin__core_loop(call->core), &call->timer);
	kin__attempt_fini(&call->attempt);
	kin__bytes_fini(&call->outcome.body);
}

static uint32_t time_left_ms(const struct kin__call *call)
{
	uint64_t now_us = kin__clock_us();

	return call->deadline_us > now_us ? (uint32_t)((call->deadline_us - now_us + 999) / 1000) : 0;
}

static void try_it(struct kin__call *call)
{
	struct kin__attempt *attempt = &call->attempt;
	uint32_t most = call->attempt_timeout_ms > 0 ? call->attempt_timeout_ms
	                                             : kin__core_request_timeout_ms(call->core);
	uint32_t left = time_left_ms(call);

	attempt->operation = call->operation;
	attempt->body = call->body;
	attempt->body_sum = call->body_sum;
	attempt->stream_arn = call->stream_arn;
	attempt->timeout_ms = left == 0 ? 1 : left < most ? left : most;
	attempt->number = ++call->attempts;
	attempt->number_max = call->retry.attempts_max;
	attempt->done = on_attempt;
	attempt->user = call;
	call->state = TRYING;
	kin__core_attempt(call->core, attempt);
}

void kin__call_start(struct kin__call *call)
{
	uint32_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : kin__core_call_timeout_ms(call->core);

	kin__retry_call_init(&call->retry, call->attempts_max > 0 ? call->attempts_max
	                                                          : kin__core_attempts_max(call->core));
	call->retry.can_refresh = kin__core_can_refresh(call->core);
	call->retry.long_poll = call->operation == KIN__GET_RECORDS;
	call->attempts = 0;
	call->maybe_done = false;
	kin__rng_uuid(kin__core_rng(call->core), call->attempt.invocation);
	call->deadline_us = kin__clock_us() + (uint64_t)timeout_ms * 1000;
	try_it(call);
}

/* The call may be gone when `done` returns: what it told lives on the stack. */
static void finish(struct kin__call *call, struct kin__outcome *told)
{
	struct kin__outcome outcome = *told;

	kin__bytes_init(&told->body);
	call->state = IDLE;
	outcome.maybe_done = outcome.verdict != KIN__DONE && call->maybe_done;
	call->done(call, &outcome);
	kin__bytes_fini(&outcome.body);
}

static void out_of_time(struct kin__call *call)
{
	struct kin_error *error = &call->outcome.error, last = *error;
	uint32_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : kin__core_call_timeout_ms(call->core);

	kin__error(error, KIN_TIMEOUT,
	           "no answer within call_timeout_ms = %u, in %u attempts; the last one: %s",
	           (unsigned)timeout_ms, (unsigned)call->attempts, last.message);
	error->http_status = last.http_status;
	error->retryable = 1;
	memcpy(error->aws_code, last.aws_code, sizeof error->aws_code);
	memcpy(error->request_id, last.request_id, sizeof error->request_id);
}

static void keep(struct kin__call *call, struct kin__outcome *outcome)
{
	kin__bytes_fini(&call->outcome.body);
	call->outcome = *outcome;
	kin__bytes_init(&outcome->body);
	call->maybe_done = call->maybe_done || outcome->maybe_done;
}

/* The classes were found by the attempt; the rules for one call are told what they need to come to the same. */
static struct kin__retry_verdict judge(struct kin__call *call, const struct kin__outcome *outcome)
{
	static const struct kin__retry_outcome told[] = {
		[KIN__RETRY_NONE] = { .status = 200 },
		[KIN__RETRY_THROTTLING] = { .status = 429 },
		[KIN__RETRY_TRANSIENT] = { .status = 503 },
		[KIN__RETRY_SKEW] = { .status = 400,
		                      .skew_corrected = true,
		                      .code = { "RequestExpired", 14 } },
		[KIN__RETRY_EXPIRED] = { .status = 400, .code = { "ExpiredTokenException", 21 } },
		[KIN__RETRY_FINAL] = { .status = 400, .code = { "-", 1 } },
	};
	enum kin__retry_class found = outcome->retry_class;

	if (found == KIN__RETRY_EXPIRED && outcome->verdict == KIN__REFUSED)
		found = KIN__RETRY_FINAL; /* read again, and still the same keys */
	return kin__retry_judge(&call->retry, kin__core_bucket(call->core), kin__core_rng(call->core),
	                        &told[found], outcome->has_hint ? &outcome->hint_ms : NULL);
}

static void wait_for(struct kin__call *call, uint64_t delay_ms)
{
	call->state = PAUSING;
	kin__loop_timer_set(kin__core_loop(call->core), &call->timer, kin__clock_us() + delay_ms * 1000);
}

/* A success whose body makes no sense: tried again, and perhaps done. */
static void misread(struct kin__call *call, struct kin__outcome *outcome)
{
	call->outcome.verdict = outcome->verdict = KIN__TRANSIENT;
	call->outcome.retry_class = outcome->retry_class = KIN__RETRY_TRANSIENT;
	call->outcome.error.retryable = 1;
	outcome->error = call->outcome.error;
	call->maybe_done = true;
}

static void on_attempt(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	struct kin__call *call = attempt->user;
	struct kin__retry_verdict verdict;
	bool in_time;

	keep(call, outcome);
	if (outcome->aborted) {
		finish(call, &call->outcome);
		return;
	}
	if (outcome->verdict == KIN__DONE && call->check && !call->check(call, &call->outcome))
		misread(call, outcome);
	verdict = judge(call, outcome);
	in_time = kin__clock_us() + verdict.delay_ms * 1000 < call->deadline_us;
	if (verdict.again && in_time) {
		KIN__LOG(call->core, KIN_LOG_DEBUG, "client", "%s; again in %llu ms", outcome->error.message,
		         (unsigned long long)verdict.delay_ms);
		wait_for(call, verdict.delay_ms);
		return;
	}
	if (verdict.again || (outcome->error.retryable && time_left_ms(call) == 0))
		out_of_time(call);
	else if (verdict.delay_ms > 0 &&
	         in_time) { /* no tokens: wait before failing, so that no loop spins */
		call->retry.attempts_max = 0;
		wait_for(call, verdict.delay_ms);
		return;
	}
	finish(call, &call->outcome);
}

static void on_timer(struct kin__loop_timer *timer)
{
	struct kin__call *call = kin__container(timer, struct kin__call, timer);

	if (call->retry.attempts_max == 0)
		finish(call, &call->outcome);
	else
		try_it(call);
}

void kin__call_cancel(struct kin__call *call)
{
	switch ((enum state)call->state) {
	case IDLE:
		return;
	case TRYING:
		kin__core_cancel(call->core, &call->attempt);
		return;
	case PAUSING:
		kin__loop_timer_clear(kin__core_loop(call->core), &call->timer);
		call->outcome.aborted = true;
		call->outcome.verdict = KIN__REFUSED;
		kin__error(&call->outcome.error, KIN_CLOSED, "cancelled while waiting for a retry");
		finish(call, &call->outcome);
	}
}
