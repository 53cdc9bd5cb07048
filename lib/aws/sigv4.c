#include "aws/sigv4.h"
#include "base/check.h"
#include "base/timetext.h"
#include "aws/canonical.h"
#include "aws/sigv4_text.h"

void kin__sigv4_init(struct kin__sigv4 *sigv4)
{
	memset(sigv4, 0, sizeof(*sigv4));
	kin__bytes_init(&sigv4->canonical);
	kin__bytes_init(&sigv4->to_sign);
	kin__bytes_init(&sigv4->signed_headers);
	kin__bytes_init(&sigv4->authorization);
	kin__bytes_init(&sigv4->scratch);
}

void kin__sigv4_fini(struct kin__sigv4 *sigv4)
{
	kin__bytes_fini(&sigv4->canonical);
	kin__bytes_fini(&sigv4->to_sign);
	kin__bytes_fini(&sigv4->signed_headers);
	kin__bytes_fini(&sigv4->authorization);
	kin__bytes_fini(&sigv4->scratch);
}

/* Headers that a proxy or the HTTP library may add or change on the way. */
static bool never_signed(struct kin__span name)
{
	static const char *const names[] = {
		"authorization", "connection",        "expect",  "host",       "keep-alive",      "te",
		"trailer",       "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
	};

	for (size_t i = 0; i < KIN__ARRAY_LEN(names); i++)
		if (kin__span_same_nocase(name, kin__span_text(names[i])))
			return true;
	return name.n > 6 && kin__span_same_nocase(kin__span(name.at, 6), kin__span_text("proxy-"));
}

/* host is taken from the request's own member when it is set. */
static size_t choose_headers(const struct kin__request *request, struct kin__span host,
                             struct kin__header chosen[KIN__CANONICAL_HEADERS_MAX])
{
	size_t n = 0;

	chosen[n].name = kin__span_text("host");
	chosen[n++].value = host;
	for (size_t i = 0; i < request->headers_n; i++)
		if (!never_signed(request->headers[i].name))
			chosen[n++] = request->headers[i];
	return n;
}

static void strip(struct kin__request *request)
{
	kin__request_remove(request, "authorization");
	kin__request_remove(request, "x-amz-date");
	kin__request_remove(request, "x-amz-content-sha256");
	kin__request_remove(request, "x-amz-security-token");
	kin__request_remove(request, "x-amz-region-set");
}

static bool add_header(struct kin__request *request, const char *name, const char *value)
{
	return kin__request_add(request, kin__span_text(name), kin__span_text(value));
}

static bool add_token(struct kin__request *request, const struct kin__sigv4_options *options, bool now)
{
	const char *token = options->credentials->session_token;

	if (!token || options->token_unsigned == now)
		return true;
	return add_header(request, "x-amz-security-token", token);
}

/* The headers that are part of the signature: date, token, body hash. */
static int prepare(struct kin__hash *hash, struct kin__request *request,
                   const struct kin__sigv4_options *options, struct kin__sigv4 *out)
{
	char date[KIN__TIME_TEXT];

	kin__time_amz(options->time_ms, date);
	memcpy(out->date, date, KIN__SIGV4_DATE);
	if (options->payload == KIN__SIGV4_BODY_UNSIGNED)
		memcpy(out->body_sha256, "UNSIGNED-PAYLOAD", 17);
	else if (!kin__sigv4_text_hash(hash, request->body, out->body_sha256))
		return KIN__AWS_NOMEM;
	if (!add_header(request, "x-amz-date", out->date) || !add_token(request, options, true))
		return KIN__AWS_REFUSED;
	if (options->payload != KIN__SIGV4_BODY_HASHED &&
	    !add_header(request, "x-amz-content-sha256", out->body_sha256))
		return KIN__AWS_REFUSED;
	return KIN__AWS_OK;
}

int kin__sigv4_sign(struct kin__hash *hash, struct kin__sigv4_key *key, struct kin__request *request,
                    const struct kin__sigv4_options *options, struct kin__sigv4 *out)
{
	struct kin__header headers[KIN__CANONICAL_HEADERS_MAX];
	struct kin__span host = request->host.n ? request->host : kin__request_header(request, "host");
	int code;

	kin__sigv4_text_reset(out);
	if (!kin__credentials_present(options->credentials) || host.n == 0)
		return KIN__AWS_REFUSED;
	strip(request);
	code = prepare(hash, request, options, out);
	if (code == KIN__AWS_OK)
		code = kin__sigv4_key_get(key, hash, kin__span_text(options->credentials->secret_access_key),
		                          kin__span(out->date, 8), options->region, options->service);
	if (code == KIN__AWS_OK)
		code = kin__sigv4_text_canonical(out, hash, request, headers,
		                                 choose_headers(request, host, headers),
		                                 !options->path_verbatim && !options->path_unnormalized,
		                                 !options->path_verbatim);
	if (code != KIN__AWS_OK)
		return code;
	if (!kin__sigv4_text_sign(hash, key, &out->to_sign, kin__span_text(out->date), out->canonical_sha256,
	                          out->signature))
		return KIN__AWS_NOMEM;
	kin__sigv4_text_authorization(&out->authorization,
	                              kin__span_text(options->credentials->access_key_id), key,
	                              kin__bytes_view(&out->signed_headers), out->signature);
	if (out->authorization.failed)
		return KIN__AWS_NOMEM;
	if (!add_token(request, options, false) ||
	    !kin__request_add(request, kin__span_text("Authorization"), kin__bytes_view(&out->authorization)))
		return KIN__AWS_REFUSED;
	return KIN__AWS_OK;
}
