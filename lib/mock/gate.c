#include "mock/gate.h"
#include <stdarg.h>
#include <stdio.h>
#include "base/mem.h"
#include "base/timetext.h"

void kin__gate_refuse(struct kin__mock_exchange *exchange, const char *code, const char *format, ...)
{
	va_list values;

	exchange->answer.code = code;
	exchange->answer.status = 400;
	va_start(values, format);
	vsnprintf(exchange->answer.message, sizeof exchange->answer.message, format, values);
	va_end(values);
}

void kin__gate_nomem(struct kin__mock_exchange *exchange)
{
	kin__gate_refuse(exchange, "InternalFailureException", "the mock is out of memory");
	exchange->answer.status = 500;
}

void kin__gate_dry_run(struct kin__mock_exchange *exchange)
{
	if (!exchange->answer.code)
		kin__gate_refuse(exchange, "DryRunOperationException",
		                 "The request would have succeeded, but DryRun was set.");
}

static struct kin__mock_verifier *take(struct kin_mock *mock)
{
	struct kin__mock_verifier *verifier;

	pthread_mutex_lock(&mock->lock);
	verifier = mock->idle;
	if (verifier)
		mock->idle = verifier->next;
	pthread_mutex_unlock(&mock->lock);
	if (verifier)
		return verifier;
	verifier = kin__mem_zalloc(sizeof *verifier);
	if (!verifier)
		return NULL;
	verifier->hash = kin__hash_new();
	kin__sigv4_key_init(&verifier->key);
	kin__sigv4_init(&verifier->sigv4);
	return verifier;
}

static void give_back(struct kin_mock *mock, struct kin__mock_verifier *verifier)
{
	pthread_mutex_lock(&mock->lock);
	verifier->next = mock->idle;
	mock->idle = verifier;
	pthread_mutex_unlock(&mock->lock);
}

void kin__gate_free(struct kin__mock_verifier *verifiers)
{
	while (verifiers) {
		struct kin__mock_verifier *next = verifiers->next;
		kin__hash_free(verifiers->hash);
		kin__sigv4_key_fini(&verifiers->key);
		kin__sigv4_fini(&verifiers->sigv4);
		kin__mem_free(verifiers);
		verifiers = next;
	}
}

static enum MHD_Result add_header(void *into, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	/* Too many headers: one that is signed may be missing then, and the verdict says so. */
	return kin__request_add(into, kin__span_text(name), kin__span_text(value)) ? MHD_YES : MHD_NO;
}

/* The age of the signature, by the clock that this client is shown. */
static bool in_time(struct kin__mock_exchange *exchange, const char *date)
{
	char now[KIN__TIME_TEXT], bound[KIN__TIME_TEXT];
	int64_t signed_ms;

	if (!kin__time_from_amz(kin__span_text(date), &signed_ms)) {
		kin__gate_refuse(exchange, "IncompleteSignatureException",
		                 "Date must be in ISO-8601 'basic format'. Got '%.32s'", date);
		return false;
	}
	kin__time_amz(exchange->now_ms, now);
	if (signed_ms < exchange->now_ms - KIN__MOCK_SKEW_MS) {
		kin__time_amz(exchange->now_ms - KIN__MOCK_SKEW_MS, bound);
		kin__gate_refuse(exchange, "InvalidSignatureException",
		                 "Signature expired: %.16s is now earlier than %.16s (%.16s - 5 min.)", date,
		                 bound, now);
		return false;
	}
	if (signed_ms > exchange->now_ms + KIN__MOCK_SKEW_MS) {
		kin__time_amz(exchange->now_ms + KIN__MOCK_SKEW_MS, bound);
		kin__gate_refuse(
				exchange, "InvalidSignatureException",
				"Signature not yet current: %.16s is still later than %.16s (%.16s + 5 min.)",
				date, bound, now);
		return false;
	}
	return true;
}

static bool judge(struct kin__mock_exchange *exchange, struct kin__mock_verifier *verifier,
                  const struct kin__request *request, const struct kin__sigv4_authorization *authorization)
{
	const struct kin_mock *mock = exchange->mock;
	enum kin__sigv4_verdict verdict =
			verifier->hash ? kin__sigv4_verify(verifier->hash, &verifier->key, request,
	                                                   authorization,
	                                                   kin__span_text(mock->set.secret_access_key), false,
	                                                   &verifier->sigv4)
				       : KIN__SIGV4_FAILED;
	switch (verdict) {
	case KIN__SIGV4_VALID:
		return in_time(exchange, verifier->sigv4.date);
	case KIN__SIGV4_INCOMPLETE:
		kin__gate_refuse(exchange, "IncompleteSignatureException",
		                 "Authorization header requires the signed headers host and x-amz-date, and "
		                 "every header it lists");
		return false;
	case KIN__SIGV4_FAILED:
		kin__gate_nomem(exchange);
		return false;
	default:
		kin__gate_refuse(exchange, "InvalidSignatureException",
		                 "The request signature we calculated does not match the signature you "
		                 "provided. "
		                 "Check your AWS Secret Access Key and signing method.");
		return false;
	}
}

bool kin__gate_passes(struct kin__mock_exchange *exchange)
{
	struct kin_mock *mock = exchange->mock;
	struct kin__sigv4_authorization authorization;
	struct kin__request request;
	struct kin__span path;

	if (!mock->set.verify_signatures)
		return true;
	kin__request_init(&request, "POST", kin__span(NULL, 0), "/");
	request.query = kin__span_cut(kin__span_text(exchange->uri ? exchange->uri : "/"), '?', &path);
	request.path = path;
	MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_header, &request);
	request.body = kin__bytes_view(&exchange->body);
	struct kin__span value = kin__request_header(&request, "authorization");
	if (!value.at) {
		kin__gate_refuse(exchange, "MissingAuthenticationTokenException",
		                 "Missing Authentication Token");
		return false;
	}
	if (!kin__sigv4_parse_authorization(value, &authorization)) {
		kin__gate_refuse(exchange, "IncompleteSignatureException",
		                 "Authorization header requires 'AWS4-HMAC-SHA256' and the 'Credential', "
		                 "'SignedHeaders' and 'Signature' parameters.");
		return false;
	}
	if (!kin__span_is(authorization.access_key_id, mock->set.access_key_id)) {
		kin__gate_refuse(exchange, "UnrecognizedClientException",
		                 "The security token included in the request is invalid.");
		return false;
	}
	if (!kin__span_is(authorization.region, mock->set.region) ||
	    !kin__span_is(authorization.service, "kinesis")) {
		kin__gate_refuse(exchange, "InvalidSignatureException",
		                 "Credential should be scoped to a valid region, not '%.*s', and to service "
		                 "'kinesis'.",
		                 (int)(authorization.region.n < 63 ? authorization.region.n : 63),
		                 authorization.region.at);
		return false;
	}
	struct kin__mock_verifier *verifier = take(mock);
	if (!verifier) {
		kin__gate_nomem(exchange);
		return false;
	}
	bool passes = judge(exchange, verifier, &request, &authorization);
	give_back(mock, verifier);
	return passes;
}
