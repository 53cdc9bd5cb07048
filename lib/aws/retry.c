#include "aws/retry.h"
#include "base/backoff.h"
#include "base/check.h"
#include "base/timetext.h"
#include "aws/skew.h"

static bool is_one_of(struct kin__span code, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kin__span_is(code, names[i]))
			return true;
	return false;
}

bool kin__retry_code_throttling(struct kin__span code)
{
	static const char *const names[] = {
		"BandwidthLimitExceeded",
		"EC2ThrottledException",
		"KMSThrottlingException",
		"LimitExceededException",
		"PriorRequestNotComplete",
		"ProvisionedThroughputExceededException",
		"RequestLimitExceeded",
		"RequestThrottled",
		"RequestThrottledException",
		"SlowDown",
		"ThrottledException",
		"Throttling",
		"ThrottlingException",
		"TooManyRequestsException",
		"TransactionInProgressException",
	};

	return is_one_of(code, names, KIN__ARRAY_LEN(names));
}

static bool code_transient(struct kin__span code)
{
	static const char *const names[] = { "RequestTimeout", "RequestTimeoutException",
		                             "IDPCommunicationError" };

	return is_one_of(code, names, KIN__ARRAY_LEN(names));
}

static bool code_expired(struct kin__span code)
{
	static const char *const names[] = { "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
		                             "UnrecognizedClientException" };

	return is_one_of(code, names, KIN__ARRAY_LEN(names));
}

static bool contains(struct kin__span text, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= text.n; i++)
		if (memcmp(text.at + i, part, n) == 0)
			return true;
	return false;
}

static bool status_transient(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

static enum kin__retry_class of_transport(enum kin__transport transport)
{
	switch (transport) {
	case KIN__TRANSPORT_CERTIFICATE:
	case KIN__TRANSPORT_ABORTED:
	case KIN__TRANSPORT_LOCAL:
		return KIN__RETRY_FINAL;
	default:
		return KIN__RETRY_TRANSIENT;
	}
}

enum kin__retry_class kin__retry_classify(const struct kin__retry_outcome *outcome)
{
	struct kin__span code = outcome->code;

	if (outcome->transport != KIN__TRANSPORT_OK)
		return of_transport(outcome->transport);
	/* Nearly always: no look at the lists. */
	if (outcome->status >= 200 && outcome->status <= 299 && code.n == 0 &&
	    !outcome->modelled_throttling && !outcome->modelled_retryable)
		return outcome->body_unparsable ? KIN__RETRY_TRANSIENT : KIN__RETRY_NONE;
	if (outcome->status == 429 || outcome->modelled_throttling || kin__retry_code_throttling(code))
		return KIN__RETRY_THROTTLING;
	if (outcome->skew_corrected && kin__skew_is_code(code))
		return KIN__RETRY_SKEW;
	if (status_transient(outcome->status) || code_transient(code) || outcome->modelled_retryable)
		return KIN__RETRY_TRANSIENT;
	if (kin__span_is(code, "InvalidSignatureException") &&
	    contains(outcome->message, "Signature expired"))
		return KIN__RETRY_TRANSIENT;
	if (code_expired(code))
		return KIN__RETRY_EXPIRED;
	return KIN__RETRY_FINAL;
}

const char *kin__retry_class_name(enum kin__retry_class class_)
{
	static const char *const names[] = { "success",    "throttling",          "transient",
		                             "clock skew", "expired credentials", "final" };

	return (size_t)class_ < KIN__ARRAY_LEN(names) ? names[class_] : "?";
}

bool kin__retry_ambiguous(const struct kin__retry_outcome *outcome)
{
	switch (outcome->transport) {
	case KIN__TRANSPORT_OK:
		return outcome->status >= 500 || outcome->body_unparsable;
	case KIN__TRANSPORT_SEND:
	case KIN__TRANSPORT_RECEIVE:
	case KIN__TRANSPORT_TIMEOUT:
	case KIN__TRANSPORT_ABORTED:
		return true;
	default:
		return false;
	}
}

/* --- tokens --- */

void kin__retry_bucket_init(struct kin__retry_bucket *bucket)
{
	bucket->tokens = KIN__RETRY_TOKENS_MAX;
}

bool kin__retry_bucket_take(struct kin__retry_bucket *bucket, uint32_t cost)
{
	if (bucket->tokens < cost)
		return false;
	bucket->tokens -= cost;
	return true;
}

void kin__retry_bucket_give(struct kin__retry_bucket *bucket, uint32_t cost)
{
	uint32_t room = KIN__RETRY_TOKENS_MAX - bucket->tokens;

	if (cost == 0)
		cost = 1;
	bucket->tokens += cost < room ? cost : room;
}

uint32_t kin__retry_cost(enum kin__retry_class class_)
{
	return class_ == KIN__RETRY_THROTTLING ? KIN__RETRY_COST_THROTTLING : KIN__RETRY_COST_TRANSIENT;
}

/* --- delays --- */

uint64_t kin__retry_delay_ms(struct kin__rng *rng, enum kin__retry_class class_, uint32_t retry)
{
	uint64_t base = class_ == KIN__RETRY_THROTTLING ? KIN__RETRY_BASE_THROTTLING_MS
	                                                : KIN__RETRY_BASE_TRANSIENT_MS;

	return kin__backoff(rng, base, KIN__RETRY_CAP_MS, retry);
}

uint64_t kin__retry_hinted_ms(uint64_t delay_ms, uint64_t hint_ms)
{
	uint64_t most = delay_ms + KIN__RETRY_HINT_EXTRA_MS;

	if (hint_ms > most)
		hint_ms = most;
	return hint_ms > delay_ms ? hint_ms : delay_ms;
}

bool kin__retry_hint(struct kin__span name, struct kin__span value, int64_t service_now_ms, uint64_t *hint_ms)
{
	int64_t ms;

	value = kin__span_trim(value);
	if (kin__span_same_nocase(name, kin__span_text("x-amz-retry-after")))
		return kin__span_u64(value, hint_ms);
	if (!kin__span_same_nocase(name, kin__span_text("retry-after")))
		return false;
	if (kin__time_from_http(value, &ms))
		ms -= service_now_ms;
	else if (!kin__time_from_epoch(value, &ms)) /* seconds with a fraction, as a point in time has them */
		return false;
	if (ms < 0)
		return false;
	*hint_ms = (uint64_t)ms;
	return true;
}

/* --- a call --- */

void kin__retry_call_init(struct kin__retry_call *call, uint32_t attempts_max)
{
	*call = (struct kin__retry_call){ .attempts_max = attempts_max ? attempts_max : 1 };
}

/* A new signature and new credentials are each worth one try. */
static bool retryable(struct kin__retry_call *call, enum kin__retry_class class_)
{
	switch (class_) {
	case KIN__RETRY_THROTTLING:
	case KIN__RETRY_TRANSIENT:
		return true;
	case KIN__RETRY_SKEW:
		return !call->skew_used;
	case KIN__RETRY_EXPIRED:
		return call->can_refresh && !call->refresh_used;
	default:
		return false;
	}
}

static enum kin__retry_give_up take_retry(struct kin__retry_call *call, struct kin__retry_bucket *bucket,
                                          enum kin__retry_class class_)
{
	uint32_t cost = kin__retry_cost(class_);

	if (!retryable(call, class_))
		return KIN__RETRY_IS_FINAL;
	if (call->attempts >= call->attempts_max)
		return KIN__RETRY_NO_ATTEMPTS;
	if (!kin__retry_bucket_take(bucket, cost))
		return KIN__RETRY_NO_TOKENS;
	call->last_cost = cost;
	call->skew_used = call->skew_used || class_ == KIN__RETRY_SKEW;
	call->refresh_used = call->refresh_used || class_ == KIN__RETRY_EXPIRED;
	return KIN__RETRY_GO_ON;
}

struct kin__retry_verdict kin__retry_judge(struct kin__retry_call *call, struct kin__retry_bucket *bucket,
                                           struct kin__rng *rng, const struct kin__retry_outcome *outcome,
                                           const uint64_t *hint_ms)
{
	struct kin__retry_verdict verdict = { .class_ = kin__retry_classify(outcome) };
	uint32_t retry = call->attempts++;

	if (verdict.class_ == KIN__RETRY_NONE) {
		kin__retry_bucket_give(bucket, call->last_cost);
		return verdict;
	}
	verdict.why_not = take_retry(call, bucket, verdict.class_);
	verdict.again = verdict.why_not == KIN__RETRY_GO_ON;
	verdict.refresh_credentials = verdict.again && verdict.class_ == KIN__RETRY_EXPIRED;
	if (verdict.again || (verdict.why_not == KIN__RETRY_NO_TOKENS && call->long_poll)) {
		verdict.delay_ms = kin__retry_delay_ms(rng, verdict.class_, retry);
		if (hint_ms)
			verdict.delay_ms = kin__retry_hinted_ms(verdict.delay_ms, *hint_ms);
	}
	return verdict;
}
