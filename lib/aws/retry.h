/* aws/retry - what a failed attempt means, whether and when to try again: AWS's rules of 2026.
 *
 * Pure: randomness and time are handed in.  One bucket a client; one kin__retry_call a call.  The order of
 * tests is: may be retried? attempts left? tokens left?
 */
#ifndef KIN_AWS_RETRY_H
#define KIN_AWS_RETRY_H
#include "base/rng.h"
#include "base/span.h"

enum {
	KIN__RETRY_TOKENS_MAX = 500,
	KIN__RETRY_COST_THROTTLING = 5,
	KIN__RETRY_COST_TRANSIENT = 14,
	KIN__RETRY_BASE_THROTTLING_MS = 1000,
	KIN__RETRY_BASE_TRANSIENT_MS = 50,
	KIN__RETRY_CAP_MS = 20000,
	KIN__RETRY_HINT_EXTRA_MS = 5000,
};

enum kin__transport {
	KIN__TRANSPORT_OK, /* an answer came: the status counts */
	KIN__TRANSPORT_DNS,
	KIN__TRANSPORT_CONNECT,
	KIN__TRANSPORT_TLS,
	KIN__TRANSPORT_CERTIFICATE, /* the server's certificate was refused: final */
	KIN__TRANSPORT_SEND,
	KIN__TRANSPORT_RECEIVE, /* reset, broken pipe, answer cut short */
	KIN__TRANSPORT_CONNECT_TIMEOUT,
	KIN__TRANSPORT_TIMEOUT,        /* the request was on its way */
	KIN__TRANSPORT_REFUSED_STREAM, /* HTTP/2 REFUSED_STREAM, or GOAWAY beyond our stream: not processed */
	KIN__TRANSPORT_ABORTED,        /* by the caller: final */
	KIN__TRANSPORT_LOCAL,          /* bad URL, no memory, unreadable CA file: final */
};

enum kin__retry_class {
	KIN__RETRY_NONE, /* success */
	KIN__RETRY_THROTTLING,
	KIN__RETRY_TRANSIENT,
	KIN__RETRY_SKEW, /* the clock offset was just corrected: sign again; costs as transient, once a call
	                  */
	KIN__RETRY_EXPIRED, /* credentials: refresh once, then try again */
	KIN__RETRY_FINAL,
};

struct kin__retry_outcome {
	enum kin__transport transport;
	int status;               /* HTTP; 0 without an answer */
	struct kin__span code;    /* AWS error code, empty on success */
	struct kin__span message; /* of the service; only looked at for "Signature expired" */
	bool body_unparsable;     /* a 200 whose body makes no sense */
	bool modelled_throttling, modelled_retryable; /* the API model says so of this code */
	bool skew_corrected; /* kin__skew_sample() of this answer changed the signing offset */
};

enum kin__retry_class kin__retry_classify(const struct kin__retry_outcome *outcome);
const char *kin__retry_class_name(enum kin__retry_class class_);
bool kin__retry_code_throttling(struct kin__span code); /* also for the entries of a PutRecords answer */
/* May the service have done what was asked, although no clean answer says so? */
bool kin__retry_ambiguous(const struct kin__retry_outcome *outcome);

/* --- tokens --- */
struct kin__retry_bucket {
	uint32_t tokens;
};
void kin__retry_bucket_init(struct kin__retry_bucket *bucket); /* full */
bool kin__retry_bucket_take(struct kin__retry_bucket *bucket, uint32_t cost);
void kin__retry_bucket_give(struct kin__retry_bucket *bucket,
                            uint32_t cost); /* after success; 0 counts as 1 */
uint32_t kin__retry_cost(enum kin__retry_class class_);

/* --- delays --- */
uint64_t kin__retry_delay_ms(struct kin__rng *rng, enum kin__retry_class class_,
                             uint32_t retry);                       /* 0: the first retry */
uint64_t kin__retry_hinted_ms(uint64_t delay_ms, uint64_t hint_ms); /* max(t, min(hint, t + 5 s)) */
/* Is this response header a hint?  x-amz-retry-after: ms; Retry-After: seconds or a date, judged by
 * service_now_ms.  The first header that gives true counts. */
bool kin__retry_hint(struct kin__span name, struct kin__span value, int64_t service_now_ms,
                     uint64_t *hint_ms);

/* --- a call --- */
struct kin__retry_call {
	uint32_t attempts_max; /* all attempts, the first too; at least 1 */
	uint32_t attempts;     /* finished ones */
	uint32_t last_cost;    /* tokens the last retry took */
	bool can_refresh;      /* the credentials have a source that can give new ones */
	bool long_poll;        /* refused by the bucket: the delay is still to be waited before failing */
	bool skew_used, refresh_used;
};
enum kin__retry_give_up {
	KIN__RETRY_GO_ON,
	KIN__RETRY_IS_FINAL,
	KIN__RETRY_NO_ATTEMPTS,
	KIN__RETRY_NO_TOKENS
};
struct kin__retry_verdict {
	enum kin__retry_class class_;
	bool again; /* else the call is over: success or its error stands */
	enum kin__retry_give_up why_not;
	bool refresh_credentials; /* before the next attempt */
	uint64_t delay_ms;        /* before the next attempt; with long_poll also before failing */
};
void kin__retry_call_init(struct kin__retry_call *call, uint32_t attempts_max);
/* Judges the attempt that just ended.  hint_ms: NULL, or the server's. */
struct kin__retry_verdict kin__retry_judge(struct kin__retry_call *call, struct kin__retry_bucket *bucket,
                                           struct kin__rng *rng, const struct kin__retry_outcome *outcome,
                                           const uint64_t *hint_ms);
#endif
