/* What a store gives back of a shard's tumbling windows.  What is read is written, and reads the same. */
#include "consumer/kept.h"
#include "fuzz.h"

static void check_again(const struct kin__kept *kept)
{
	char place[KIN__SEQUENCE_TEXT];
	struct kin__bytes text;
	struct kin__kept again;
	const char *wrong;

	kin__bytes_init(&text);
	kin__kept_write(&text, kept);
	if (text.failed) {
		kin__bytes_fini(&text);
		return;
	}
	wrong = kin__kept_read(&again, text.at, text.n);
	FUZZ_CHECK(!wrong);
	if (!wrong) {
		FUZZ_CHECK(kin__position_is_text(&again.at, kin__position_text(&kept->at, place)) &&
		           again.at.sub == kept->at.sub);
		FUZZ_CHECK(again.open == kept->open && again.closed_ms == kept->closed_ms);
		FUZZ_CHECK(!kept->open || (again.start_ms == kept->start_ms && again.end_ms == kept->end_ms));
		FUZZ_CHECK(!kept->open || (again.state.n == kept->state.n &&
		                           memcmp(again.state.at, kept->state.at, kept->state.n) == 0));
	}
	kin__bytes_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct kin__kept kept;

	if (!kin__kept_read(&kept, text, size))
		check_again(&kept);
	free(text);
	return 0;
}
