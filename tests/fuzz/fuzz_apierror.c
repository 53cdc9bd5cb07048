/* An error answer: the error type of the header, a byte 0, the body.  There is always a code, always printable. */
#include "aws/apierror.h"
#include "aws/retry.h"
#include "fuzz.h"
#include "wire/utf8.h"

static void printable(const char *text)
{
	FUZZ_CHECK(kin__utf8_valid(kin__span_text(text)));
	for (; *text; text++)
		FUZZ_CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 400, 403, 429, 500, 503, 200, 0 };
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size }, type = fuzz_part(&rest);
	struct kin__apierror error;

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		kin__apierror_read(&error, statuses[i], type, rest);
		FUZZ_CHECK(error.code[0]);
		printable(error.code);
		printable(error.message);
		kin__retry_classify(&(struct kin__retry_outcome){ .status = statuses[i],
		                                                  .code = kin__span_text(error.code),
		                                                  .message = kin__span_text(error.message) });
	}
	free(copy);
	return 0;
}
