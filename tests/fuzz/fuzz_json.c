/* The tree and the scanner, both over the same text: what the tree takes the scanner takes too, but deeper nesting. */
#include "fuzz.h"
#include "wire/json.h"
#include "wire/jsonscan.h"

/* Returns how deep it goes. */
static int walk(const struct kin__json *json, int depth)
{
	struct kin__span name, text = { "", 0 };
	const struct kin__json *member;
	void *at = NULL;
	int deepest = depth;
	int64_t number;
	double real;
	bool truth;

	if (depth > 200)
		return depth;
	if (kin__json_text(json, &text))
		FUZZ_CHECK(text.at[text.n] == 0);
	kin__json_int(json, &number);
	kin__json_real(json, &real);
	kin__json_bool(json, &truth);
	kin__json_time_ms(json, &number);
	for (size_t i = 0; kin__json_type(json) == KIN__JSON_ARRAY && i < kin__json_count(json); i++) {
		int below = walk(kin__json_at(json, i), depth + 1);

		deepest = below > deepest ? below : deepest;
	}
	while ((member = kin__json_each_member(json, &at, &name))) {
		int below = walk(member, depth + 1);

		FUZZ_CHECK(kin__json_member_span(json, name) == member);
		deepest = below > deepest ? below : deepest;
	}
	return deepest;
}

static void read_value(struct kin__jsonscan *scan, int depth)
{
	struct kin__span span;
	int64_t number;
	bool truth;

	switch (kin__jsonscan_type(scan)) {
	case KIN__JSONSCAN_OBJECT:
		kin__jsonscan_object(scan);
		while (kin__jsonscan_name(scan, &span))
			if (depth % 2 || span.n % 3)
				read_value(scan, depth + 1); /* others are left, and skipped */
		break;
	case KIN__JSONSCAN_ARRAY:
		kin__jsonscan_array(scan);
		while (kin__jsonscan_item(scan))
			read_value(scan, depth + 1);
		break;
	case KIN__JSONSCAN_STRING:
		if (depth % 3)
			kin__jsonscan_string(scan, &span);
		else
			kin__jsonscan_raw(scan, &span);
		break;
	case KIN__JSONSCAN_NUMBER:
		kin__jsonscan_number(scan, &span);
		break;
	case KIN__JSONSCAN_BOOL:
		kin__jsonscan_bool(scan, &truth);
		break;
	case KIN__JSONSCAN_NULL:
		kin__jsonscan_null(scan);
		break;
	case KIN__JSONSCAN_NONE:
		kin__jsonscan_i64(scan, &number);
		break;
	}
}

/* Names of some initials, as the filter reads them. */
static void read_some(struct kin__jsonscan *scan)
{
	struct kin__span name;
	bool escaped;

	if (kin__jsonscan_type(scan) != KIN__JSONSCAN_OBJECT)
		return;
	kin__jsonscan_object(scan);
	while (kin__jsonscan_name_among(scan, UINT64_C(0x0f0f0f0f0f0f0f0f), &name, &escaped))
		read_some(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), why[KIN__JSON_ERROR];
	struct kin__json *json = NULL;
	struct kin__jsonscan scan;
	bool is_json = kin__json_parse(text, size, &json, why) == 0;
	int depth = is_json ? walk(json, 0) : 0;

	FUZZ_CHECK(is_json == (json != NULL) && (is_json || why[0]));
	kin__json_free(json);

	kin__jsonscan_init_readonly(&scan, text, size);
	bool skipped = kin__jsonscan_skip(&scan) && kin__jsonscan_finish(&scan);
	FUZZ_CHECK(skipped || (scan.error && scan.error_at <= size));
	FUZZ_CHECK(!is_json || depth >= KIN__JSONSCAN_DEPTH || skipped);

	kin__jsonscan_init_readonly(&scan, text, size);
	read_some(&scan);
	FUZZ_CHECK(kin__jsonscan_finish(&scan) == skipped);

	kin__jsonscan_init(&scan, text, size);
	read_value(&scan, 1);
	bool read = kin__jsonscan_finish(&scan);
	FUZZ_CHECK(read == skipped);
	free(text);
	return 0;
}
