/* kinesis/verdict - see verdict.h */
#include "base/check.h"
#include "kinesis/verdict.h"

struct code_row {
	const char *code;
	uint8_t verdict;
};

/* What the service's own words mean here; all else is AWS's general rule. */
static const struct code_row codes[] = {
	{ "ExpiredIteratorException", KIN__ITERATOR_EXPIRED },
	{ "ExpiredNextTokenException", KIN__TRANSIENT }, /* the listing begins anew */
	{ "ResourceNotFoundException", KIN__NOT_FOUND },
	{ "ResourceInUseException", KIN__IN_USE },
	{ "InvalidArgumentException", KIN__INVALID_ARGUMENT },
	{ "ValidationException", KIN__INVALID_ARGUMENT },
	{ "KMSThrottlingException", KIN__THROTTLED },
	{ "LimitExceededException", KIN__THROTTLED },
	{ "ProvisionedThroughputExceededException", KIN__THROTTLED },
	{ "InternalFailure", KIN__TRANSIENT },
	{ "InternalFailureException", KIN__TRANSIENT },
	{ "ServiceUnavailable", KIN__TRANSIENT },
};

static const char *const final_entry_codes[] = {
	"AccessDeniedException",    "KMSAccessDeniedException", "KMSDisabledException",
	"KMSInvalidStateException", "KMSNotFoundException",     "KMSOptInRequired",
};

static const struct code_row *find(struct kin__span code)
{
	for (size_t i = 0; code.n > 0 && i < KIN__ARRAY_LEN(codes); i++)
		if (kin__span_is(code, codes[i].code))
			return &codes[i];
	return NULL;
}

enum kin__verdict kin__verdict_of(const struct kin__retry_outcome *outcome, bool can_refresh)
{
	const struct code_row *row = outcome->transport == KIN__TRANSPORT_OK ? find(outcome->code) : NULL;

	if (row)
		return (enum kin__verdict)row->verdict;
	switch (kin__retry_classify(outcome)) {
	case KIN__RETRY_NONE:
		return KIN__DONE;
	case KIN__RETRY_THROTTLING:
		return KIN__THROTTLED;
	case KIN__RETRY_TRANSIENT:
	case KIN__RETRY_SKEW:
		return KIN__TRANSIENT;
	case KIN__RETRY_EXPIRED:
		return can_refresh ? KIN__TRANSIENT : KIN__REFUSED;
	case KIN__RETRY_FINAL:
		break;
	}
	return KIN__REFUSED;
}

enum kin__verdict kin__verdict_of_entry(struct kin__span error_code)
{
	const struct code_row *row = find(error_code);

	if (error_code.n == 0)
		return KIN__DONE;
	if (row)
		return (enum kin__verdict)row->verdict;
	if (kin__retry_code_throttling(error_code))
		return KIN__THROTTLED;
	for (size_t i = 0; i < KIN__ARRAY_LEN(final_entry_codes); i++)
		if (kin__span_is(error_code, final_entry_codes[i]))
			return KIN__REFUSED;
	return KIN__TRANSIENT;
}
