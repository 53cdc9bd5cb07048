/* api/call - the inside of a kin_call.
 *
 * Its state, function and place in the client's list are under the client's lock; the answer is written by
 * the loop thread before the state becomes ENDED and is the program's afterwards.
 */
#ifndef KIN_API_CALL_H
#define KIN_API_CALL_H
#include "api/client.h"
#include "base/sha256_lanes.h"
#include "drive/call.h"
#include "kinesis/get_records.h"
#include "kinesis/operation.h"
#include "kinesis/put_records.h"
#include "wire/cbor.h"
#include "wire/json.h"
#include "wire/jsontext.h"

enum kin__call_state { KIN__CALL_NEW, KIN__CALL_UNDER_WAY, KIN__CALL_ENDED };

struct kin_call {
	struct kin__handle handle;
	struct kin_client *client;
	enum kin__operation operation;
	const struct kin__operation_row *row;

	/* The input, until it starts. */
	bool cbor;                 /* its form; else JSON */
	struct kin__bytes *values; /* each member of the row in that form; empty: not given */
	char *host_arn;            /* of the members that decide about the host; NULL: none */
	struct kin__bytes body;
	struct kin__put_records
			records; /* those of kin_call_add_record(), straight into the body, at its begin */
	size_t records_end;      /* where they end there; the list's ']' and the rest come at the start */
	/* The body is hashed while records are put in; NULL: when it is sent. */
	const struct kin__sha256_lanes *hashing;
	struct kin__sha256_part hashed;
	struct kin__sha256 body_sum;
	bool started; /* the program's own view of the state: it is not NEW any more */

	/* Under the client's lock. */
	struct kin__list node;
	enum kin__call_state state;
	kin_call_fn *function;
	void *user;
	bool running;    /* the function is queued or runs */
	bool cancelling; /* the task `cancel` is queued or runs */
	bool *gone;      /* while it runs: set when it frees its call */
	pthread_cond_t changed;

	struct kin__call inner;
	struct kin__loop_task start, cancel;
	struct kin__pool_job callback;

	/* The answer. */
	struct kin_error error; /* code KIN_OK: success */
	/* As it came; and as JSON where it is not, of GetRecords without Records, made when asked for. */
	struct kin__bytes answer, rest;
	struct kin__get_page page;
	bool page_read;
	struct kin__json *json; /* made when asked for */
};

enum kin__call_state kin__call_state(const struct kin_call *call);
/* KIN_OK: a call that has not been started. */
int kin__call_check(const struct kin_call *call, const char *function, struct kin_error *error);
int kin__call_deadlock(struct kin_error *error);
#endif
