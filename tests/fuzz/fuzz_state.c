/* The state of a tumbling window, as a handler of another program answers it: what is kept is JSON on one line, and
 * reads the same again. */
#include "base/mem.h"
#include "event/state.h"
#include "fuzz.h"

static void check_kept(const struct kin__bytes *kept)
{
	char why[KIN__STATE_WHY];
	struct kin__bytes again;

	FUZZ_CHECK(kept->n >= 2 && kept->at[0] == '{' && kept->at[kept->n - 1] == '}');
	FUZZ_CHECK(!memchr(kept->at, '\n', kept->n) && !memchr(kept->at, '\r', kept->n));
	kin__bytes_init(&again);
	FUZZ_CHECK(kin__state_read(&again, kept->at, kept->n, why) == KIN__STATE_FOUND);
	FUZZ_CHECK(again.failed || (again.n == kept->n && memcmp(again.at, kept->at, kept->n) == 0));
	kin__bytes_fini(&again);
}

static void check_one(enum kin__state_found found, struct kin__bytes *kept, const char *why)
{
	FUZZ_CHECK((found == KIN__STATE_WRONG) == (why[0] != 0));
	if (found == KIN__STATE_FOUND && !kept->failed)
		check_kept(kept);
	else
		FUZZ_CHECK(kept->n == 0 || kept->failed);
	kin__bytes_fini(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *json = fuzz_copy(data, size), why[KIN__STATE_WHY];
	struct kin__bytes kept;

	kin__bytes_init(&kept);
	why[0] = 0;
	check_one(kin__state_read(&kept, json, size, why), &kept, why);
	why[0] = 0;
	check_one(kin__state_of_response(&kept, json, size, why), &kept, why);
	free(json);
	return 0;
}
