/* drive/fault - see fault.h */
#include <string.h>
#include "base/check.h"
#include "drive/fault.h"
#include "io/error.h"
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

static int code_of_transport(const struct kin__http_answer *answer)
{
	switch (answer->transport) {
	case KIN__TRANSPORT_ABORTED:
		return KIN_CLOSED;
	case KIN__TRANSPORT_LOCAL:
		return answer->too_large ? KIN_PROTOCOL : KIN_NOMEM;
	default:
		return KIN_NETWORK;
	}
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

void kin__fault_explain(struct kin_error *error, enum kin__operation operation,
                        const struct kin__http_answer *answer, const struct kin__apierror *fault,
                        enum kin__retry_class retry_class, const struct kin__credentials *credentials)
{
	const char *name = kin__operation_row(operation)->name;
	struct kin__apierror shown = *fault;

	*error = (struct kin_error){ .code = KIN_OK };
	hide(shown.message, credentials);
	if (answer->transport != KIN__TRANSPORT_OK)
		kin__error(error, code_of_transport(answer), "%s: %s", name, answer->text);
	else if (fault->code[0] != 0)
		kin__error(error, code_of(operation, fault->code, retry_class), "%s: %s%s%s", name,
		           shown.code, shown.message[0] ? ": " : "", shown.message);
	error->http_status = answer->status;
	memcpy(error->aws_code, fault->code, sizeof error->aws_code);
	memcpy(error->request_id, answer->request_id, sizeof error->request_id);
}
