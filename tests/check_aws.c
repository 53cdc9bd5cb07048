/* aws: signatures, credentials, endpoints, retries, clock skew, error answers - as tables. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "aws/apierror.h"
#include "aws/arn.h"
#include "aws/canonical.h"
#include "aws/chain.h"
#include "aws/profile.h"
#include "aws/retry.h"
#include "aws/sigv4.h"
#include "aws/skew.h"
#include "wire/cborjson.h"
#include "data/sigv4/suite.h"
#include "data/sigv4/vectors.h"

#define T(text) kin__span_text(text)
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct kin__span none = { NULL, 0 };
static struct kin__hash *hash;
static struct kin__sigv4_key key;
static struct kin__sigv4 signed_;
static struct kin__reason reason;

static void setup(void)
{
	hash = kin__hash_new();
	ck_assert_ptr_nonnull(hash);
	kin__sigv4_key_init(&key);
	kin__sigv4_init(&signed_);
	reason.text[0] = 0;
}

static void teardown(void)
{
	kin__sigv4_fini(&signed_);
	kin__sigv4_key_fini(&key);
	kin__hash_free(hash);
}

static struct kin__credentials keys_of(const char *token)
{
	struct kin__credentials keys;

	kin__credentials_init(&keys);
	ck_assert_int_eq(kin__credentials_set(&keys, T(SUITE_KEY_ID), T(SUITE_SECRET), T(token), none, "test",
	                                      &reason),
	                 0);
	return keys;
}

/* --- signatures --- */

static void add_headers(struct kin__request *request, const char *const *headers)
{
	for (size_t i = 0; i < 8 && headers[i]; i += 2)
		ck_assert(kin__request_add(request, T(headers[i]), T(headers[i + 1])));
}

/* What was signed must verify as received, and a changed body, header or secret must not. */
static void verify_again(struct kin__request *request, bool verbatim)
{
	struct kin__sigv4_authorization authorization;
	struct kin__sigv4 again;
	struct kin__sigv4_key other;
	struct kin__span value = kin__request_header(request, "authorization");
	struct kin__span body = request->body;

	kin__sigv4_init(&again);
	kin__sigv4_key_init(&other);
	ck_assert(kin__sigv4_parse_authorization(value, &authorization));
	ck_assert(kin__span_is(authorization.access_key_id, SUITE_KEY_ID));
	ck_assert_int_eq(kin__sigv4_verify(hash, &other, request, &authorization, T(SUITE_SECRET), verbatim,
	                                   &again),
	                 KIN__SIGV4_VALID);
	ck_assert_str_eq(again.date, signed_.date);
	ck_assert_int_eq(kin__sigv4_verify(hash, &other, request, &authorization, T("another"), verbatim,
	                                   &again),
	                 KIN__SIGV4_MISMATCH);
	request->body = T("changed");
	ck_assert_int_ne(kin__sigv4_verify(hash, &other, request, &authorization, T(SUITE_SECRET), verbatim,
	                                   &again),
	                 KIN__SIGV4_VALID);
	request->body = body;
	kin__request_remove(request, "x-amz-date");
	ck_assert_int_eq(kin__sigv4_verify(hash, &other, request, &authorization, T(SUITE_SECRET), verbatim,
	                                   &again),
	                 KIN__SIGV4_INCOMPLETE);
	kin__sigv4_key_fini(&other);
	kin__sigv4_fini(&again);
}

START_TEST(signing_suite)
{
	const struct suite_case *c = &suite[_i];
	struct kin__credentials keys = keys_of(c->token);
	struct kin__request request;
	struct kin__sigv4_options options = { .credentials = &keys,
		                              .region = T("us-east-1"),
		                              .service = T("service") };

	kin__request_init(&request, c->method, T(SUITE_HOST), c->path);
	request.query = T(c->query);
	request.body = T(c->body);
	add_headers(&request, c->headers);
	options.time_ms = SUITE_TIME_MS;
	options.path_unnormalized = c->flags & RAW;
	options.token_unsigned = c->flags & TOKEN_AFTER;
	options.payload = c->flags & BODY_HEADER ? KIN__SIGV4_BODY_HASHED_HEADER : KIN__SIGV4_BODY_HASHED;
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert_msg(strncmp(signed_.canonical_sha256, c->canonical_16, 16) == 0,
	              "%s: canonical request\n%s", c->name, signed_.canonical.at);
	ck_assert_msg(strcmp(signed_.signature, c->signature) == 0, "%s: signature", c->name);
	ck_assert(!!kin__request_header(&request, "x-amz-security-token").at == !!c->token[0]);
	if (!(c->flags & RAW))
		verify_again(&request, false);
	kin__credentials_fini(&keys);
}
END_TEST

START_TEST(project_vectors)
{
	const struct vector *v = &vectors[_i];
	bool s3 = strcmp(v->service, "s3") == 0;
	struct kin__credentials keys = keys_of(v->token);
	struct kin__request request;
	struct kin__sigv4_options options = { .credentials = &keys,
		                              .region = T(v->region),
		                              .service = T(v->service),
		                              .time_ms = VECTOR_TIME_MS,
		                              .path_verbatim = s3 };

	options.payload = s3 ? KIN__SIGV4_BODY_HASHED_HEADER : KIN__SIGV4_BODY_HASHED;
	kin__request_init(&request, v->method, T(v->host), v->path);
	request.query = T(v->query);
	request.body = T(v->body);
	add_headers(&request, v->headers);
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert_str_eq(signed_.body_sha256, v->body_sha256);
	ck_assert_str_eq(signed_.signed_headers.at, v->signed_headers);
	ck_assert_msg(strcmp(signed_.canonical_sha256, v->canonical_sha256) == 0, "%s: canonical request\n%s",
	              v->name, signed_.canonical.at);
	ck_assert_str_eq(signed_.signature, v->signature);
	verify_again(&request, s3);
	kin__credentials_fini(&keys);
}
END_TEST

/* The fast signer and the general one make the same header, for vectors it can sign and for odd inputs. */
static void compare_signers(const struct kin__sigv4_json_input *in, struct kin__sigv4_json *json)
{
	struct kin__request request;
	struct kin__sigv4_options options = { .credentials = in->credentials,
		                              .region = in->region,
		                              .service = in->service,
		                              .time_ms = in->time_ms };
	const char *token = in->credentials->session_token;

	kin__request_init(&request, "POST", in->host, "");
	request.path = in->path;
	request.body = in->body;
	ck_assert(kin__request_add(&request, T("X-Amz-Target"), in->target));
	ck_assert(kin__request_add(&request, T("content-type"), in->content_type));
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, in, json), KIN__AWS_OK);
	ck_assert_uint_eq(json->lines_n, token ? 3 : 2);
	ck_assert_int_eq(strncmp(json->lines[0], "X-Amz-Date: ", 12), 0);
	ck_assert_str_eq(json->lines[0] + 12, signed_.date);
	if (token) {
		ck_assert_int_eq(strncmp(json->lines[1], "X-Amz-Security-Token: ", 22), 0);
		ck_assert_str_eq(json->lines[1] + 22, token);
	}
	ck_assert_int_eq(strncmp(json->lines[json->lines_n - 1], "Authorization: ", 15), 0);
	ck_assert_str_eq(json->lines[json->lines_n - 1] + 15, signed_.authorization.at);
}

/* Who has hashed the body already hands its digest in; the body is not looked at then. */
static void sign_hashed(const struct kin__sigv4_json_input *in, struct kin__sigv4_json *json)
{
	struct kin__sigv4_json_input hashed = *in;
	struct kin__sha256 sum;

	ck_assert(kin__hash_sha256(hash, in->body.n ? in->body.at : "", in->body.n, &sum));
	hashed.body = T("not this one");
	hashed.body_sha256 = &sum;
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, &hashed, json), KIN__AWS_OK);
	ck_assert_str_eq(json->lines[json->lines_n - 1] + 15, signed_.authorization.at);
}

START_TEST(fast_signer)
{
	static const char *const paths[] = { "/", "", "/base", "/a%20b/../c" };
	struct kin__sigv4_json json;

	kin__sigv4_json_init(&json);
	for (size_t i = 0; i < 16; i++) {
		struct kin__credentials keys = keys_of(i & 1 ? VECTOR_TOKEN : "");
		struct kin__sigv4_json_input in = { .credentials = &keys, .region = T("us-east-1") };

		in.service = T(i & 2 ? "dynamodb" : "kinesis");
		in.time_ms = VECTOR_TIME_MS + (int64_t)i * 40000000;
		in.host = T(i & 4 ? "localhost:4567" : "kinesis.us-east-1.amazonaws.com");
		in.path = T(paths[i / 4]);
		in.content_type = T("application/x-amz-json-1.1");
		in.target = T("Kinesis_20131202.PutRecords");
		in.body = i & 8 ? none : T("{\"Records\":[]}");
		compare_signers(&in, &json);
		sign_hashed(&in, &json);
		kin__credentials_fini(&keys);
	}
	kin__sigv4_json_fini(&json);
}
END_TEST

START_TEST(fast_signer_vector)
{
	struct kin__credentials keys = keys_of("");
	struct kin__sigv4_json_input in = { .credentials = &keys,
		                            .region = T("us-east-1"),
		                            .service = T("kinesis"),
		                            .time_ms = VECTOR_TIME_MS,
		                            .host = T(vectors[0].host),
		                            .path = T("/"),
		                            .content_type = T(vectors[0].headers[1]),
		                            .target = T(vectors[0].headers[3]),
		                            .body = T(vectors[0].body) };
	struct kin__sigv4_json json;
	uint64_t before;

	kin__sigv4_json_init(&json);
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, &in, &json), KIN__AWS_OK);
	ck_assert_str_eq(json.lines[1],
	                 "Authorization: AWS4-HMAC-SHA256 "
	                 "Credential=AKIDEXAMPLE/20260115/us-east-1/kinesis/aws4_request, "
	                 "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
	                 "Signature=a5ec6bec107e10c892285a1793868d343ec222bd4d4e466fc684d837e9e2fe3c");
	before = kin__mem_count();
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, &in, &json), KIN__AWS_OK);
	ck_assert_uint_eq(kin__mem_count(), before); /* warm: no allocation of ours */
	ck_assert_uint_eq(key.derived, 1);
	in.time_ms = -1; /* 1969-12-31 */
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, &in, &json), KIN__AWS_OK);
	ck_assert_str_eq(json.lines[0], "X-Amz-Date: 19691231T235959Z");
	in.host = none;
	ck_assert_int_eq(kin__sigv4_json_sign(hash, &key, &in, &json), KIN__AWS_REFUSED);
	ck_assert_uint_eq(json.lines_n, 0);
	kin__sigv4_json_fini(&json);
	kin__credentials_fini(&keys);
}
END_TEST

/* Each allocation fails once: the answer is NOMEM, and with memory the same object signs again. */
START_TEST(signing_without_memory)
{
	struct kin__credentials keys = keys_of("token");
	struct kin__sigv4_json_input in = { .credentials = &keys,
		                            .region = T("r"),
		                            .service = T("s"),
		                            .host = T("h"),
		                            .content_type = T("c"),
		                            .target = T("t") };
	struct kin__sigv4_options options = { .credentials = &keys, .region = T("r"), .service = T("s") };
	int code = KIN__AWS_NOMEM, failures = 0;

	for (uint64_t n = 1; code != KIN__AWS_OK; n++, failures++) {
		struct kin__sigv4_key fresh;
		struct kin__sigv4_json json;

		kin__sigv4_key_init(&fresh);
		kin__sigv4_json_init(&json);
		kin__mem_fail_at(n);
		code = kin__sigv4_json_sign(hash, &fresh, &in, &json);
		kin__mem_fail_at(0);
		ck_assert(code == KIN__AWS_OK || (code == KIN__AWS_NOMEM && json.lines_n == 0));
		ck_assert_int_eq(kin__sigv4_json_sign(hash, &fresh, &in, &json), KIN__AWS_OK);
		compare_signers(&in, &json);
		kin__sigv4_json_fini(&json);
		kin__sigv4_key_fini(&fresh);
	}
	ck_assert_int_gt(failures, 3);
	code = KIN__AWS_NOMEM;
	for (uint64_t n = 1; code != KIN__AWS_OK; n++) {
		struct kin__request request;
		struct kin__sigv4 out;

		ck_assert_uint_lt(n, 100);
		kin__request_init(&request, "GET", T("h"), "/");
		request.query = T("b&a");
		kin__sigv4_init(&out);
		kin__mem_fail_at(n);
		code = kin__sigv4_sign(hash, &key, &request, &options, &out);
		kin__mem_fail_at(0);
		ck_assert(code == KIN__AWS_OK || code == KIN__AWS_NOMEM);
		kin__sigv4_fini(&out);
	}
	kin__credentials_fini(&keys);
}
END_TEST

START_TEST(key_chain)
{
	static const char k4[] = "cbc75394e27367eff92343a21ebd364ddd08f1106bd39a0f275d634108b6dacc";
	struct kin__bytes hex;
	char region[70];

	kin__bytes_init(&hex);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260115"), T("us-east-1"),
	                                    T("kinesis")),
	                 0);
	kin__bytes_hex(&hex, key.key.at, 32);
	ck_assert_str_eq(hex.at, k4);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260115"), T("us-east-1"),
	                                    T("kinesis")),
	                 0);
	ck_assert_uint_eq(key.derived, 1);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260116"), T("us-east-1"),
	                                    T("kinesis")),
	                 0);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260116"), T("us-east-2"),
	                                    T("kinesis")),
	                 0);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260116"), T("us-east-2"), T("sqs")),
	                 0);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T("x"), T("20260116"), T("us-east-2"), T("sqs")), 0);
	ck_assert_uint_eq(key.derived, 5);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(SECRET), T("20260115"), T("us-east-1"),
	                                    T("kinesis")),
	                 0);
	kin__bytes_clear(&hex);
	kin__bytes_hex(&hex, key.key.at, 32);
	ck_assert_str_eq(hex.at, k4);
	memset(region, 'r', sizeof(region));
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T("x"), T("20260115"), kin__span(region, 64),
	                                    T("kinesis")),
	                 KIN__AWS_REFUSED);
	kin__bytes_fini(&hex);
}
END_TEST

START_TEST(signing_refuses)
{
	struct kin__credentials keys = keys_of(""), empty;
	struct kin__request request;
	struct kin__sigv4_options options = { .credentials = &keys, .region = T("r"), .service = T("s") };
	struct kin__bytes query;

	kin__credentials_init(&empty);
	kin__request_init(&request, "GET", none, "/");
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_REFUSED);
	ck_assert(kin__request_add(&request, T("HOST"), T("h")));
	ck_assert(kin__request_add(&request, T("authorization"), T("old")));
	ck_assert(kin__request_add(&request, T("X-Amz-Date"), T("old")));
	ck_assert(kin__request_add(&request, T("User-Agent"), T("u")));
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert_str_eq(signed_.signed_headers.at, "host;x-amz-date");
	ck_assert_uint_eq(request.headers_n, 4);
	options.credentials = &empty;
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_REFUSED);
	options.credentials = &keys;
	kin__bytes_init(&query);
	for (int i = 0; i <= KIN__CANONICAL_PARAMS_MAX; i++)
		kin__bytes_text(&query, "a&");
	request.query = kin__bytes_view(&query);
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_REFUSED);
	request.query.n -= 2;
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	while (kin__request_add(&request, T("x"), T("y")))
		;
	kin__request_remove(&request, "x-amz-date");
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert(kin__request_add(&request, T("x"), T("y")) == false);
	kin__request_remove(&request, "authorization");
	kin__request_remove(&request, "x-amz-date");
	while (kin__request_add(&request, T("x"), T("y")))
		;
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_REFUSED);
	kin__bytes_fini(&query);
	kin__credentials_fini(&keys);
}
END_TEST

START_TEST(unsigned_body)
{
	struct kin__credentials keys = keys_of("");
	struct kin__request request;
	struct kin__sigv4_authorization authorization;
	struct kin__sigv4_options options = { .credentials = &keys,
		                              .region = T("r"),
		                              .service = T("s3"),
		                              .path_verbatim = true,
		                              .payload = KIN__SIGV4_BODY_UNSIGNED };

	kin__request_init(&request, "PUT", T("h"), "/a");
	request.body = T("x");
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	ck_assert(kin__span_is(kin__request_header(&request, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD"));
	request.body = T("y");
	ck_assert(kin__sigv4_parse_authorization(kin__request_header(&request, "authorization"),
	                                         &authorization));
	{
		struct kin__sigv4 again;

		kin__sigv4_init(&again);
		ck_assert_int_eq(kin__sigv4_verify(hash, &key, &request, &authorization, T(SUITE_SECRET),
		                                   true, &again),
		                 KIN__SIGV4_VALID);
		kin__sigv4_fini(&again);
	}
	kin__credentials_fini(&keys);
}
END_TEST

#define SIGNATURE64 "a5ec6bec107e10c892285a1793868d343ec222bd4d4e466fc684d837e9e2fe3c"
#define SCOPE "20260115/us-east-1/kinesis/aws4_request"

START_TEST(authorization_header)
{
	static const char good[] = "AWS4-HMAC-SHA256 Credential=AKID/" SCOPE
				   ", SignedHeaders=host;x-amz-date, Signature=" SIGNATURE64;
	static const char *const bad[] = {
		"",
		"Basic abc",
		"AWS4-HMAC-SHA512 Credential=AKID/" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=/" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=A/2026011x/r/s/aws4_request, SignedHeaders=host, "
		"Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=A/20260115/r/s/aws5_request, SignedHeaders=host, "
		"Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=A/20260115//s/aws4_request, SignedHeaders=host, "
		"Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=A/" SCOPE ", SignedHeaders=, Signature=" SIGNATURE64,
		"AWS4-HMAC-SHA256 Credential=A/" SCOPE ", SignedHeaders=host, Signature=A5EC",
		"AWS4-HMAC-SHA256 Credential=A/" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE64 "0",
		"AWS4-HMAC-SHA256 Credential=A/" SCOPE
		", SignedHeaders=host, Other=1, Signature=" SIGNATURE64,
	};
	struct kin__sigv4_authorization out;

	ck_assert(kin__sigv4_parse_authorization(T(good), &out));
	ck_assert(kin__span_is(out.date, "20260115") && kin__span_is(out.region, "us-east-1"));
	ck_assert(kin__span_is(out.service, "kinesis") &&
	          kin__span_is(out.signed_headers, "host;x-amz-date"));
	ck_assert(kin__span_is(out.signature, SIGNATURE64));
	for (size_t n = 0; n < sizeof(good) - 1;
	     n++) { /* every truncation, each in a block of its own size */
		char *copy = malloc(n ? n : 1);

		memcpy(copy, good, n);
		ck_assert_msg(!kin__sigv4_parse_authorization(kin__span(copy, n), &out), "truncated to %zu",
		              n);
		free(copy);
	}
	for (size_t i = 0; i < KIN__ARRAY_LEN(bad); i++)
		ck_assert_msg(!kin__sigv4_parse_authorization(T(bad[i]), &out), "%s", bad[i]);
	ck_assert(kin__sigv4_parse_authorization(T("AWS4-HMAC-SHA256 Signature=" SIGNATURE64
	                                           ",SignedHeaders=host,Credential=a/b/" SCOPE),
	                                         &out));
	ck_assert(kin__span_is(out.access_key_id, "a/b"));
}
END_TEST

START_TEST(verification_refuses)
{
	static const struct {
		const char *header, *value; /* received besides */
		const char *names, *date;
		enum kin__sigv4_verdict expect;
	} rows[] = {
		{ "x", "y", "host;x-amz-date", "20260115", KIN__SIGV4_MISMATCH },
		{ "x", "y", "host;x-amz-date", "20260116", KIN__SIGV4_INCOMPLETE },
		{ "x", "y", "x-amz-date", "20260115", KIN__SIGV4_INCOMPLETE },
		{ "x", "y", "host", "20260115", KIN__SIGV4_INCOMPLETE },
		{ "x", "y", "host;x-amz-date;z", "20260115", KIN__SIGV4_INCOMPLETE },
		{ "x", "y", "host;;x-amz-date", "20260115", KIN__SIGV4_INCOMPLETE },
		{ "x", "y", "host;x;x-amz-date", "20260115", KIN__SIGV4_MISMATCH },
		{ "x-amz-content-sha256", SIGNATURE64, "host;x-amz-date", "20260115",
		  KIN__SIGV4_BODY_MISMATCH },
	};
	struct kin__sigv4_authorization authorization = {
		.access_key_id = T("AKID"), .region = T("r"), .service = T("s"), .signature = T(SIGNATURE64)
	};

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		struct kin__request request;

		kin__request_init(&request, "POST", T("h"), "/");
		ck_assert(kin__request_add(&request, T("X-Amz-Date"), T("20260115T123456Z")));
		ck_assert(kin__request_add(&request, T(rows[i].header), T(rows[i].value)));
		authorization.date = T(rows[i].date);
		authorization.signed_headers = T(rows[i].names);
		ck_assert_msg(kin__sigv4_verify(hash, &key, &request, &authorization, T(SECRET), false,
		                                &signed_) == rows[i].expect,
		              "%s, %s", rows[i].names, rows[i].date);
	}
}
END_TEST

START_TEST(canonical_parts)
{
	static const struct {
		const char *path, *normal, *kept;
	} paths[] = {
		{ "", "/", "/" },
		{ "/", "/", "/" },
		{ "/..", "/", "/.." },
		{ "/../../a", "/a", "/../../a" },
		{ "/a/b/../c/", "/a/c/", "/a/b/../c/" },
		{ "/a/b/..", "/a", "/a/b/.." },
		{ "/.../a..b", "/.../a..b", "/.../a..b" },
		{ "/a%2Fb c", "/a%252Fb%20c", "/a%252Fb%20c" },
	};
	static const struct {
		const char *query, *canonical;
	} queries[] = {
		{ "", "" },
		{ "b&a=1&b=0&a", "a=&a=1&b=&b=0" },
		{ "a=b=c", "a=b%3Dc" },
		{ "a+b=%20+", "a%2Bb=%20%2B" },
		{ "&&x=%zz%4", "x=%25zz%254" },
		{ "%61=%7e%2f", "a=~%2F" },
		{ "a-=1&a=2", "a=2&a-=1" },
		{ "=v", "=v" },
	};
	struct kin__bytes out, scratch;

	kin__bytes_init(&out);
	kin__bytes_init(&scratch);
	for (size_t i = 0; i < KIN__ARRAY_LEN(paths); i++) {
		kin__bytes_clear(&out);
		kin__canonical_path(&out, T(paths[i].path), true, true);
		ck_assert_str_eq(out.at, paths[i].normal);
		kin__bytes_clear(&out);
		kin__canonical_path(&out, T(paths[i].path), false, true);
		ck_assert_str_eq(out.at, paths[i].kept);
	}
	for (size_t i = 0; i < KIN__ARRAY_LEN(queries); i++) {
		kin__bytes_clear(&out);
		kin__bytes_text(&out, "?");
		ck_assert(kin__canonical_query(&out, T(queries[i].query), &scratch));
		ck_assert_str_eq(out.at + 1, queries[i].canonical);
	}
	kin__bytes_clear(&out);
	kin__canonical_value(&out, T(" \t a \r\n\t b\tc  "));
	ck_assert_str_eq(out.at, "a b c");
	kin__bytes_fini(&scratch);
	kin__bytes_fini(&out);
}
END_TEST

#include "aws_settings.h"
#include "aws_answers.h"
#include "aws_corners.h"

int main(void)
{
	Suite *suite_ = suite_create("aws");
	TCase *sign = tcase_create("sign"), *settings = tcase_create("settings"),
	      *answers = tcase_create("answers");
	SRunner *runner = srunner_create(suite_);
	int failed;

	tcase_add_checked_fixture(sign, setup, teardown);
	tcase_add_checked_fixture(settings, setup, teardown);
	tcase_add_checked_fixture(answers, setup, teardown);
	tcase_add_loop_test(sign, signing_suite, 0, (int)KIN__ARRAY_LEN(suite));
	tcase_add_loop_test(sign, project_vectors, 0, (int)KIN__ARRAY_LEN(vectors));
	tcase_add_test(sign, fast_signer);
	tcase_add_test(sign, fast_signer_vector);
	tcase_add_test(sign, signing_without_memory);
	tcase_add_test(sign, key_chain);
	tcase_add_test(sign, signing_refuses);
	tcase_add_test(sign, unsigned_body);
	tcase_add_test(sign, authorization_header);
	tcase_add_test(sign, verification_refuses);
	tcase_add_test(sign, canonical_parts);
	add_settings_tests(settings);
	add_answers_tests(answers);
	suite_add_tcase(suite_, sign);
	suite_add_tcase(suite_, settings);
	suite_add_tcase(suite_, answers);
	suite_add_tcase(suite_, corners_case());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
