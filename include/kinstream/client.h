/* kinstream/client.h - connections, credentials, signing, one I/O thread; and single calls of the
 * Kinesis API.  kin_client(3), kin_call(3) */
#ifndef KINSTREAM_CLIENT_H
#define KINSTREAM_CLIENT_H

#include <kinstream/config.h>
#include <kinstream/error.h>
#include <kinstream/log.h>
#include <kinstream/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_client; /* any thread may use it */
struct kin_call;   /* one operation, from its members to its answer; one thread at a time */

/* How requests and answers are written.  CBOR carries data as it is: about a quarter less to sign, encrypt and move. */
enum kin_wire { KIN_WIRE_JSON, KIN_WIRE_CBOR };

struct kin_client_options {
	size_t size;        /* set by the _init; leave it */
	const char *region; /* copied; NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's */
	/* copied; NULL: AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, the profile's, the region's own */
	const char *endpoint_url;
	const char *profile;           /* copied; NULL: AWS_PROFILE, "default" */
	const char *access_key_id;     /* copied; NULL: environment, then shared files */
	const char *secret_access_key; /* copied, wiped at close */
	const char *session_token;     /* copied, wiped at close; NULL: none */
	const char *ca_bundle;         /* copied; PEM file; NULL: AWS_CA_BUNDLE, the system's */
	uint32_t connections_max;      /* 1..1000, default 32 */
	uint32_t connect_timeout_ms;   /* 1..600000, default 3100; DNS and TLS are part of it */
	uint32_t request_timeout_ms;   /* 1..600000, default 30000; one attempt, connect included */
	uint32_t call_timeout_ms;      /* 1..3600000, default 120000; a call with all its attempts */
	uint32_t max_attempts;         /* 0..100, default 0: AWS_MAX_ATTEMPTS, the profile's, 3 */
	int32_t log_level;             /* enum kin_log_level, default KIN_LOG_WARN */
	bool tls_verify;               /* default true; false accepts any certificate: tests only */
	bool use_fips_endpoint;        /* default: AWS_USE_FIPS_ENDPOINT, the profile's, false */
	bool use_dualstack_endpoint;
	uint8_t reserved[5];
	kin_log_fn *log; /* NULL: no log */
	void *log_user;
	kin_log_line_fn *log_line; /* instead of log; gets log_user too */
	int32_t wire;              /* enum kin_wire, default KIN_WIRE_JSON */
	uint32_t reserved_end;
};

KIN_API void kin_client_options_init_sized(struct kin_client_options *options, size_t size);
#define kin_client_options_init(options) kin_client_options_init_sized((options), sizeof *(options))
/* Text members then point into config: borrowed until its next set or free. */
KIN_API KIN_MUST_CHECK int kin_client_options_apply(struct kin_client_options *options,
                                                    const struct kin_config *config, struct kin_error *error);

/* On success *out is yours, close with kin_client_close().  options NULL is fine: all defaults. */
KIN_API KIN_MUST_CHECK int kin_client_open(struct kin_client **out, const struct kin_client_options *options,
                                           struct kin_error *error);
/* Ends calls under way with KIN_CLOSED, joins the threads, frees.  Close its producers, consumers,
 * readers and calls before. */
KIN_API void kin_client_close(struct kin_client *client);

/* ---- calls ---------------------------------------------------------------------------- */

typedef void kin_call_fn(void *user, struct kin_call *call, int code);

/* operation: an operation of the Kinesis API by its own name, "ListShards".  Yours, free with kin_call_free(). */
KIN_API KIN_MUST_CHECK int kin_call_new(struct kin_call **out, struct kin_client *client,
                                        const char *operation, struct kin_error *error);
/* one under way is cancelled; its function is not called any more */
KIN_API void kin_call_free(struct kin_call *call);

/* Input members by their Kinesis names; values are copied.  KIN_INVALID: no such member, or not of that type. */
KIN_API KIN_MUST_CHECK int kin_call_set_text(struct kin_call *call, const char *member, const char *value,
                                             struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_call_set_integer(struct kin_call *call, const char *member, int64_t value,
                                                struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_call_set_boolean(struct kin_call *call, const char *member, bool value,
                                                struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_call_set_time(struct kin_call *call, const char *member, int64_t unix_ms,
                                             struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_call_set_data(struct kin_call *call, const char *member, const void *data,
                                             size_t size, struct kin_error *error);
/* structures, lists, maps */
KIN_API KIN_MUST_CHECK int kin_call_set_json(struct kin_call *call, const char *member, const char *json,
                                             struct kin_error *error);
/* PutRecords: appends to Records. */
KIN_API KIN_MUST_CHECK int kin_call_add_record(struct kin_call *call, const struct kin_put_entry *entry,
                                               struct kin_error *error);

/* Sends it, signed and retried.  `done` (NULL is fine) runs once on the client's callback thread. */
KIN_API KIN_MUST_CHECK int kin_call_start(struct kin_call *call, kin_call_fn *done, void *user,
                                          struct kin_error *error);
/* Waits for the answer, having started the call if need be; its code.  timeout_ms < 0: no limit
 * but call_timeout_ms.  KIN_TIMEOUT: still under way, wait again. */
KIN_API KIN_MUST_CHECK int kin_call_wait(struct kin_call *call, int64_t timeout_ms, struct kin_error *error);

/* The answer, after KIN_OK; all borrowed until kin_call_free().  Paths: "Shards[2].HashKeyRange.StartingHashKey".
 * KIN_NOT_FOUND: the member is absent or null.  size NULL is fine. */
KIN_API KIN_MUST_CHECK int kin_call_text(struct kin_call *call, const char *path, const char **out,
                                         size_t *size);
KIN_API KIN_MUST_CHECK int kin_call_integer(struct kin_call *call, const char *path, int64_t *out);
KIN_API KIN_MUST_CHECK int kin_call_boolean(struct kin_call *call, const char *path, bool *out);
KIN_API KIN_MUST_CHECK int kin_call_time(struct kin_call *call, const char *path, int64_t *unix_ms);
KIN_API size_t kin_call_count(struct kin_call *call, const char *path); /* elements of a list; 0: absent */
/* The records of GetRecords, decoded. */
KIN_API const struct kin_record *kin_call_records(struct kin_call *call, size_t *count);
/* the answer as JSON; for GetRecords: without Records */
KIN_API const char *kin_call_body(struct kin_call *call, size_t *size);
KIN_API const char *kin_call_request_id(struct kin_call *call); /* "" if none */

#ifdef __cplusplus
}
#endif
#endif
