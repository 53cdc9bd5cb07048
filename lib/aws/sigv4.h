/* aws/sigv4 - AWS Signature Version 4 in headers: sign any request, sign JSON posts fast, verify.
 *
 * Pure.  A signing key cache belongs to one thread; it is wiped by `_fini`.  The date of the scope is that
 * of x-amz-date, which comes from the one time given.  Canonical texts hold no secrets, but a session token.
 */
#ifndef KIN_AWS_SIGV4_H
#define KIN_AWS_SIGV4_H
#include "base/bytes.h"
#include "base/hash.h"
#include "aws/credentials.h"
#include "aws/request.h"

enum {
	KIN__SIGV4_DATE = 17, /* 20260115T123456Z and its 0 */
	KIN__SIGV4_HEX = 65,  /* a SHA-256 in hex and its 0 */
	KIN__SIGV4_REGION_MAX = 63,
	KIN__SIGV4_SERVICE_MAX = 63,
};

/* The derived key of one (secret, date, region, service). */
struct kin__sigv4_key {
	bool filled;
	char date[9];
	char region[KIN__SIGV4_REGION_MAX + 1], service[KIN__SIGV4_SERVICE_MAX + 1];
	char *secret; /* a copy, to know when it changed */
	size_t secret_n;
	struct kin__sha256 key;
	uint64_t derived; /* how often it was derived: for tests and statistics */
};
void kin__sigv4_key_init(struct kin__sigv4_key *key);
void kin__sigv4_key_fini(struct kin__sigv4_key *key);
/* Makes key->key the one for these; derives only when one of them changed.  `date`: YYYYMMDD. */
int kin__sigv4_key_get(struct kin__sigv4_key *key, struct kin__hash *hash, struct kin__span secret,
                       struct kin__span date, struct kin__span region, struct kin__span service);

/* --- any request --- */

enum kin__sigv4_payload {
	KIN__SIGV4_BODY_HASHED,        /* the body's hash, no header: all services but S3 */
	KIN__SIGV4_BODY_HASHED_HEADER, /* also sent as x-amz-content-sha256: S3 */
	KIN__SIGV4_BODY_UNSIGNED,      /* UNSIGNED-PAYLOAD, also sent: S3 over TLS only */
};

struct kin__sigv4_options {
	const struct kin__credentials *credentials;
	struct kin__span region, service;
	int64_t time_ms;
	bool path_verbatim;     /* S3: the wire path is signed as it is */
	bool path_unnormalized; /* keep //, . and .. but encode */
	bool token_unsigned;    /* send the session token without signing it */
	enum kin__sigv4_payload payload;
};

/* All texts of one signing; `_init` to `_fini`, may be used again and again. */
struct kin__sigv4 {
	struct kin__bytes canonical, to_sign, signed_headers, authorization;
	struct kin__bytes scratch;
	char date[KIN__SIGV4_DATE];
	char body_sha256[KIN__SIGV4_HEX]; /* or UNSIGNED-PAYLOAD */
	char canonical_sha256[KIN__SIGV4_HEX];
	char signature[KIN__SIGV4_HEX];
};
void kin__sigv4_init(struct kin__sigv4 *sigv4);
void kin__sigv4_fini(struct kin__sigv4 *sigv4);

/* Strips authorization, x-amz-date, x-amz-content-sha256, x-amz-security-token and x-amz-region-set from the
 * request, then adds what signing makes: afterwards request->headers (and Host) are what must be sent.  The
 * added ones borrow from `out` and the credentials.  KIN__AWS_REFUSED: no keys, no host, region or service
 * too long, or too many headers. */
int kin__sigv4_sign(struct kin__hash *hash, struct kin__sigv4_key *key, struct kin__request *request,
                    const struct kin__sigv4_options *options, struct kin__sigv4 *out);

/* --- POST / with a JSON body: Kinesis, DynamoDB, ... --- */

struct kin__sigv4_json_input {
	const struct kin__credentials *credentials;
	struct kin__span region, service;
	int64_t time_ms;
	struct kin__span host; /* as the Host header */
	struct kin__span path; /* as on the wire; empty is "/" */
	struct kin__span content_type,
			target; /* the values of Content-Type and X-Amz-Target, without outer blanks */
	struct kin__span body;
	const struct kin__sha256 *body_sha256; /* NULL: it is hashed here */
};

/* Reused from request to request, so that signing allocates nothing once it is warm. */
struct kin__sigv4_json {
	struct kin__bytes text, scratch;
	const char *lines[3]; /* "Name: value" without CR LF: x-amz-date, x-amz-security-token?, Authorization
	                       */
	size_t lines_n;
};
void kin__sigv4_json_init(struct kin__sigv4_json *json);
void kin__sigv4_json_fini(struct kin__sigv4_json *json);
/* lines are borrowed until the next call.  The caller sends exactly these and the four headers of the input.
 */
int kin__sigv4_json_sign(struct kin__hash *hash, struct kin__sigv4_key *key,
                         const struct kin__sigv4_json_input *input, struct kin__sigv4_json *out);

/* --- the server's side --- */

struct kin__sigv4_authorization {
	struct kin__span access_key_id, date, region, service, signed_headers, signature;
};
/* From the value of an Authorization header; false: not a complete SigV4 header.  Spans borrow from it. */
bool kin__sigv4_parse_authorization(struct kin__span value, struct kin__sigv4_authorization *out);

enum kin__sigv4_verdict {
	KIN__SIGV4_VALID,
	KIN__SIGV4_MISMATCH,   /* the signature is not that of this request and secret */
	KIN__SIGV4_INCOMPLETE, /* a signed header is missing, host or x-amz-date is not signed, dates disagree
	                        */
	KIN__SIGV4_BODY_MISMATCH, /* x-amz-content-sha256 is not the body's */
	KIN__SIGV4_FAILED,        /* out of memory */
};
/* Signs the received request again over the headers that `authorization` lists.  out->date is x-amz-date: the
 * caller judges its age. */
enum kin__sigv4_verdict kin__sigv4_verify(struct kin__hash *hash, struct kin__sigv4_key *key,
                                          const struct kin__request *received,
                                          const struct kin__sigv4_authorization *authorization,
                                          struct kin__span secret, bool path_verbatim,
                                          struct kin__sigv4 *out);
#endif
