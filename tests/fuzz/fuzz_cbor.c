/* The reader, three ways over the same data: what reading takes skipping takes too, writable or not. */
#include "fuzz.h"
#include "wire/cbor.h"

static void read_item(struct kin__cbor *cbor, int depth)
{
	struct kin__span span = { "", 0 };
	int64_t number;
	double real;
	bool truth;

	switch (kin__cbor_type(cbor)) {
	case KIN__CBOR_MAP:
		kin__cbor_map(cbor);
		while (kin__cbor_name(cbor, &span))
			if (depth % 2 || span.n % 3)
				read_item(cbor, depth + 1); /* others are left, and skipped */
		break;
	case KIN__CBOR_ARRAY:
		kin__cbor_array(cbor);
		while (kin__cbor_item(cbor))
			read_item(cbor, depth + 1);
		break;
	case KIN__CBOR_TEXT:
		if (kin__cbor_text(cbor, &span) && depth % 3) {
			span = kin__cbor_end_text(cbor, span);
			FUZZ_CHECK(span.at[span.n] == 0);
		}
		break;
	case KIN__CBOR_BYTES:
		if (depth % 3)
			kin__cbor_bytes(cbor, &span);
		else
			kin__cbor_raw(cbor, &span);
		break;
	case KIN__CBOR_INTEGER:
	case KIN__CBOR_FLOAT:
		if (depth % 3 == 0)
			kin__cbor_skip(cbor);
		else if (depth % 3 == 1)
			kin__cbor_real(cbor, &real);
		else if (cbor->tag == 1)
			kin__cbor_time_ms(cbor, &number);
		else
			kin__cbor_i64(cbor, &number);
		break;
	case KIN__CBOR_BOOL:
		kin__cbor_bool(cbor, &truth);
		break;
	case KIN__CBOR_NULL:
		kin__cbor_null(cbor);
		break;
	case KIN__CBOR_SIMPLE:
	case KIN__CBOR_NONE:
		kin__cbor_skip(cbor);
		break;
	}
	FUZZ_CHECK(span.n == 0 || (span.at >= cbor->begin && span.n <= (size_t)(cbor->end - span.at)));
	for (size_t i = 0; i < span.n; i++) /* each byte is read, so that a wrong place is seen */
		depth += span.at[i] & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__cbor cbor;

	kin__cbor_init_readonly(&cbor, copy, size);
	bool skipped = kin__cbor_skip(&cbor) && kin__cbor_finish(&cbor);
	FUZZ_CHECK(skipped || (cbor.error && cbor.error_at <= size));
	FUZZ_CHECK(size == 0 || memcmp(copy, data, size) == 0);

	kin__cbor_init_readonly(&cbor, copy, size);
	read_item(&cbor, 1);
	bool seen = kin__cbor_finish(&cbor);
	FUZZ_CHECK(!seen || skipped);
	free(copy);

	copy = fuzz_copy(data, size);
	kin__cbor_init(&cbor, copy, size);
	read_item(&cbor, 1);
	bool read = kin__cbor_finish(&cbor);
	FUZZ_CHECK(read ? skipped : cbor.error && cbor.error_at <= size);
	FUZZ_CHECK(!seen || read);
	free(copy);
	return 0;
}
