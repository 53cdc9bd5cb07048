/* Points in time: each form that is read is written in the same form, and read to the same point again. */
#include "aws/retry.h"
#include "base/timetext.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size), text[KIN__TIME_TEXT];
	struct kin__span span = { copy, size };
	int64_t ms, back;
	uint64_t hint;

	if (kin__time_from_iso(span, &ms)) {
		kin__time_iso(ms, text);
		FUZZ_CHECK(kin__time_from_iso(kin__span_text(text), &back) && back == ms);
	}
	if (kin__time_from_amz(span, &ms)) {
		kin__time_amz(ms, text);
		/* A leap second is read as the one behind it. */
		FUZZ_CHECK(kin__span_is(span, text) || memcmp(copy + 13, "60", 2) == 0);
		FUZZ_CHECK(kin__time_from_amz(kin__span_text(text), &back) && back == ms);
	}
	if (kin__time_from_http(span, &ms)) {
		kin__time_http(ms, text);
		FUZZ_CHECK(kin__time_from_http(kin__span_text(text), &back) && back == ms);
	}
	if (kin__time_from_epoch(span, &ms)) {
		kin__time_epoch(ms, text);
		FUZZ_CHECK(kin__time_from_epoch(kin__span_text(text), &back) && back == ms);
	}
	kin__retry_hint(kin__span_text("Retry-After"), span, INT64_C(1768480496789), &hint);
	kin__retry_hint(kin__span_text("x-amz-retry-after"), span, INT64_C(1768480496789), &hint);
	free(copy);
	return 0;
}
