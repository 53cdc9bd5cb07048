/* drive/fault - see fault.h */
#include <stdio.h>
#include <string.h>
#include "base/check.h"
#include "drive/fault.h"
#include "io/error.h"
#include "io/http_cause.h"
#include "kinesis/operation.h"

/* Codes of the service that have a code of ours; all others are KIN_REFUSED. */
static const struct {
	const char *aws;
	int code;
} codes[] = {
	{ "AccessDeniedException", KIN_DENIED },
	{ "AccessDenied", KIN_DENIED },
	{ "KMSAccessDeniedException", KIN_DENIED },
	{ "ExpiredToken", KIN_CREDENTIALS },
	{ "ExpiredTokenException", KIN_CREDENTIALS },
	{ "IncompleteSignature", KIN_CREDENTIALS },
	{ "IncompleteSignatureException", KIN_CREDENTIALS },
	{ "InvalidClientTokenId", KIN_CREDENTIALS },
	{ "InvalidSignatureException", KIN_CREDENTIALS },
	{ "MissingAuthenticationTokenException", KIN_CREDENTIALS },
	{ "RequestExpired", KIN_CREDENTIALS },
	{ "SignatureDoesNotMatch", KIN_CREDENTIALS },
	{ "UnrecognizedClientException", KIN_CREDENTIALS },
	{ "ResourceNotFoundException", KIN_NOT_FOUND },
	{ "UnknownOperationException", KIN_UNSUPPORTED },
};

static int code_of(enum kin__operation operation, const char *aws, enum kin__retry_class retry_class)
{
	if (retry_class == KIN__RETRY_THROTTLING)
		return KIN_THROTTLED;
	if (operation == KIN__CREATE_STREAM && strcmp(aws, "ResourceInUseException") == 0)
		return KIN_EXISTS;
	for (size_t i = 0; i < KIN__ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].aws, aws) == 0)
			return codes[i].code;
	return KIN_REFUSED;
}

static void cut_at(char *text, const char *part, size_t n)
{
	for (char *at = text; n > 0 && *at; at++)
		if (strncmp(at, part, n) == 0) {
			memset(at, 0, strlen(at));
			return;
		}
}

/* A refused signature is answered with the text that was signed, and that has the session token in it. */
static void hide(char *text, const struct kin__credentials *credentials)
{
	enum { TELLING = 12 }; /* so much of a secret is not there by chance */
	const char *const secrets[] = { credentials->session_token, credentials->secret_access_key };
	size_t n;

	cut_at(text, "The Canonical String", 20);
	cut_at(text, "The String-to-Sign", 18);
	for (size_t i = 0; i < KIN__ARRAY_LEN(secrets); i++) {
		n = secrets[i] ? strlen(secrets[i]) : 0;
		cut_at(text, secrets[i] ? secrets[i] : "", n < TELLING ? n : TELLING);
	}
	for (n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
		text[n - 1] = 0;
}

static int shown(struct kin__span host)
{
	return host.n < 100 ? (int)host.n : 100;
}

/* An answer that is no word of Kinesis: whose is it? */
static void explain_foreign(struct kin_error *error, const char *name,
                            const struct kin__http_request *request, const struct kin__apierror *fault,
                            int code)
{
	const struct kin__http_answer *answer = &request->answer;
	struct kin__span host = kin__http_cause_host(request->url);
	const char *type = answer->content_type, *proxy = kin__http_cause_proxy(request->url);
	char whose[120];

	if (answer->status >= 500 || answer->status == 429)
		snprintf(whose, sizeof whose, "it may pass");
	else if (proxy && strncmp(request->url, "http:", 5) == 0)
		snprintf(whose, sizeof whose, "is it the answer of the proxy that %s names?", proxy);
	else
		snprintf(whose, sizeof whose, "is it the answer of another server?");
	if (answer->status >= 300 && answer->status <= 399 && answer->location[0] != 0)
		kin__error(error, code,
		           "%s: %.*s answers %d, go to %.*s; redirects are not followed: is endpoint_url "
		           "right, "
		           "or does a proxy ask for a login?",
		           name, shown(host), host.at, answer->status, (int)strcspn(answer->location, "?"),
		           answer->location);
	else
		kin__error(error, code, "%s: %s: %.*s answers %d without an error of Kinesis%s%.40s%s; %s",
		           name, fault->code, shown(host), host.at, answer->status, type[0] ? " (" : "", type,
		           type[0] ? ")" : "", whose);
}

/* What the service does not say: where it was asked, and with whose keys. */
static void add_context(struct kin_error *error, const struct kin__http_request *request,
                        const struct kin__credentials *credentials)
{
	enum { SHOWN = 4 }; /* so much of a key's name tells which of one's own it is */
	struct kin__span host = kin__http_cause_host(request->url);
	const char *key = credentials->access_key_id;
	size_t n = strlen(key), end = strlen(error->message), room = sizeof error->message - end;

	if (error->code == KIN_NOT_FOUND)
		snprintf(error->message + end, room, " (asked at %.*s)", shown(host), host.at);
	else if (error->code == KIN_CREDENTIALS)
		snprintf(error->message + end, room,
		         " (asked at %.*s with access key ...%s, %s session token, from %s)", shown(host),
		         host.at, n >= 2 * SHOWN ? key + n - SHOWN : "",
		         credentials->session_token ? "its" : "no", credentials->source);
}

void kin__fault_explain(struct kin_error *error, enum kin__operation operation,
                        const struct kin__http_request *request, const struct kin__apierror *fault,
                        enum kin__retry_class retry_class, const struct kin__credentials *credentials)
{
	const struct kin__http_answer *answer = &request->answer;
	const char *name = kin__operation_row(operation)->name;
	struct kin__apierror shown_fault = *fault;

	*error = (struct kin_error){ .code = KIN_OK };
	hide(shown_fault.message, credentials);
	if (answer->transport != KIN__TRANSPORT_OK)
		kin__error(error, answer->code, "%s: %s", name, answer->text);
	else if (fault->code[0] != 0 && fault->synthetic && !shown_fault.message[0])
		explain_foreign(error, name, request, fault, code_of(operation, fault->code, retry_class));
	else if (fault->code[0] != 0)
		kin__error(error, code_of(operation, fault->code, retry_class), "%s: %s%s%s", name,
		           shown_fault.code, shown_fault.message[0] ? ": " : "", shown_fault.message);
	add_context(error, request, credentials);
	error->http_status = answer->status;
	memcpy(error->aws_code, fault->code, sizeof error->aws_code);
	memcpy(error->request_id, answer->request_id, sizeof error->request_id);
}

void kin__fault_misread(struct kin_error *error, enum kin__operation operation,
                        const struct kin__http_request *request, const char *why)
{
	const struct kin__http_answer *answer = &request->answer;
	const char *name = kin__operation_row(operation)->name, *type = answer->content_type;
	struct kin__span host = kin__http_cause_host(request->url);
	bool ours = type[0] == 0 || strstr(type, "json") || strstr(type, "cbor");
	char kind[100] = "";

	if (answer->encoding[0] != 0) /* nobody asked for it */
		snprintf(kind, sizeof kind, " (Content-Encoding %s)", answer->encoding);
	else if (!ours)
		snprintf(kind, sizeof kind, " (%s: is it a proxy's page?)", type);
	kin__error(error, KIN_PROTOCOL, "%s: the answer of %.*s makes no sense%s: %s", name, shown(host),
	           host.at, kind, why);
	error->http_status = answer->status;
	error->retryable = 1;
	memcpy(error->request_id, answer->request_id, sizeof error->request_id);
}
