/* Any bytes, written as a JSON string, are read back: themselves where they are UTF-8, else UTF-8 all the same. */
#include "fuzz.h"
#include "wire/json.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), why[KIN__JSON_ERROR];
	struct kin__span raw = { text, size }, back;
	struct kin__json *json = NULL;
	struct kin__bytes out;
	size_t bad, characters = 0;

	kin__bytes_init(&out);
	kin__jsontext_quote(&out, raw);
	if (!out.failed && kin__json_parse(out.at, out.n, &json, why) == 0) {
		FUZZ_CHECK(kin__json_text(json, &back) && kin__utf8_valid(back));
		FUZZ_CHECK(!kin__utf8_valid(raw) || kin__span_same(raw, back));
		FUZZ_CHECK(kin__utf8_units(raw) == kin__utf8_units(back));
	}
	FUZZ_CHECK(json);
	kin__json_free(json);
	kin__bytes_fini(&out);
	for (struct kin__span rest = raw; rest.n > 0;) {
		size_t n = kin__utf8_step(rest, &bad);

		n = n ? n : bad;
		FUZZ_CHECK(n > 0 && n <= rest.n);
		characters++;
		rest = kin__span(rest.at + n, rest.n - n);
	}
	FUZZ_CHECK(kin__utf8_units(raw) >= characters);
	free(text);
	return 0;
}
