#include "aws/skew.h"
#include "base/check.h"

enum { DATE_STEP_MS = 1000 }; /* Date has whole seconds, cut off */

void kin__skew_init(struct kin__skew *skew, bool correct_signing)
{
	*skew = (struct kin__skew){ .signing_off = !correct_signing };
}

/* The service's clock stood in [date, date + 999] at some local time in [local - elapsed, local]. */
static void narrow(struct kin__skew *skew, const struct kin__skew_sample *sample, int64_t elapsed_ms)
{
	int64_t low = sample->date_ms - sample->local_ms;
	int64_t high = low + DATE_STEP_MS - 1 + elapsed_ms;
	bool apart = low > skew->high_ms || high < skew->low_ms;

	if (!skew->known || apart) {
		skew->low_ms = low;
		skew->high_ms = high;
		skew->known = true;
		return;
	}
	if (low > skew->low_ms)
		skew->low_ms = low;
	if (high < skew->high_ms)
		skew->high_ms = high;
}

bool kin__skew_take(struct kin__skew *skew, const struct kin__skew_sample *sample)
{
	int64_t offset = sample->date_ms - sample->local_ms;
	int64_t change = offset - skew->signing_ms;
	int64_t elapsed_ms = sample->elapsed_ms > 0 ? sample->elapsed_ms : 0;

	if (sample->has_age || sample->streaming || elapsed_ms > KIN__SKEW_ELAPSED_MAX_MS)
		return false;
	narrow(skew, sample, elapsed_ms);
	if (skew->signing_off || (change < KIN__SKEW_ADOPT_MS && change > -KIN__SKEW_ADOPT_MS))
		return false;
	skew->signing_ms = offset;
	return true;
}

int64_t kin__skew_signing_ms(const struct kin__skew *skew, int64_t local_ms)
{
	return local_ms + skew->signing_ms;
}

bool kin__skew_service_ms(const struct kin__skew *skew, int64_t local_ms, int64_t *service_ms)
{
	if (!skew->known)
		return false;
	*service_ms = local_ms + skew->low_ms + (skew->high_ms - skew->low_ms) / 2;
	return true;
}

bool kin__skew_is_code(struct kin__span code)
{
	static const char *const names[] = {
		"AccessDeniedException", "AuthFailure",        "InvalidSignatureException",
		"RequestExpired",        "RequestInTheFuture", "RequestTimeTooSkewed",
		"SignatureDoesNotMatch",
	};

	for (size_t i = 0; i < KIN__ARRAY_LEN(names); i++)
		if (kin__span_is(code, names[i]))
			return true;
	return false;
}
