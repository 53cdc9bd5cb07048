/* event/failure - what an on-failure destination is told of records that were given up.
 *
 * Pure.  There is no Lambda function here: functionArn is made up,
 * "arn:<partition>:lambda:<region>:<account>:function:<application>".
 */
#ifndef KIN_EVENT_FAILURE_H
#define KIN_EVENT_FAILURE_H
#include "event/lambda_event.h"

#define KIN__CONDITION_ATTEMPTS "RetryAttemptsExhausted"
#define KIN__CONDITION_AGE "RecordAgeExceeded"

struct kin__failure {
	const struct kin__event_source *source;
	const char *request_id; /* named by the caller, unique */
	const char *condition;  /* one of the two above; with AGE there is no responseContext */
	const char *shard_id;
	uint32_t attempts;   /* handler calls with these records; 0 is told as 1 */
	bool handler_failed; /* functionError "Unhandled"; else null: it answered with failures */
	int64_t now_ms;      /* service time */
	const struct kin_record *const *records; /* at least one */
	size_t records_n;
	const char *reason; /* of ours, which Lambda has not: a member "reason"; NULL: none */
};

/* event: text that kin__event_write() made of these records, for "payload"; at NULL: without payload. */
void kin__failure_write(struct kin__bytes *out, const struct kin__failure *failure, struct kin__span event);
#endif
