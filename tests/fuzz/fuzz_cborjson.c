/* CBOR to JSON and back: what came out once is the same document ever after. */
#include "fuzz.h"
#include "wire/cborjson.h"
#include "wire/jsonscan.h"

static const struct kin__cborjson_member table[] = {
	{ "Data", KIN__CBORJSON_BYTES },
	{ "Records.Data", KIN__CBORJSON_BYTES },
	{ "Timestamp", KIN__CBORJSON_TIME },
	{ NULL, KIN__CBORJSON_PLAIN },
};

static bool to_json(struct kin__bytes *out, const void *data, size_t n, bool strict)
{
	char error[KIN__JSON_ERROR], *copy = fuzz_copy(data, n);
	bool fine;

	kin__bytes_clear(out);
	fine = kin__cborjson_to_json(out, copy, n, "", table, strict, error) == 0;
	free(copy);
	FUZZ_CHECK(fine == (error[0] == 0) && !out->failed);
	return fine;
}

static bool to_cbor(struct kin__bytes *out, const struct kin__bytes *json)
{
	char error[KIN__JSON_ERROR];
	bool fine;

	kin__bytes_clear(out);
	fine = kin__cborjson_to_cbor(out, kin__bytes_view(json), "", table, error) == 0;
	FUZZ_CHECK(fine == (error[0] == 0) && !out->failed);
	return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kin__bytes json, again, cbor;
	struct kin__jsonscan scan;

	kin__bytes_init(&json);
	kin__bytes_init(&again);
	kin__bytes_init(&cbor);
	if (to_json(&json, data, size, true))
		FUZZ_CHECK(to_json(&again, data, size, false));
	if (to_json(&json, data, size, false)) {
		kin__jsonscan_init_readonly(&scan, json.at, json.n);
		FUZZ_CHECK(kin__jsonscan_skip(&scan) && kin__jsonscan_finish(&scan));
		/* Names twice, names with a NUL, text that is no base64 where bytes are due: not back, or not all. */
		if (to_cbor(&cbor, &json) && to_json(&json, cbor.at, cbor.n, false)) {
			FUZZ_CHECK(to_cbor(&cbor, &json) && to_json(&again, cbor.at, cbor.n, true));
			FUZZ_CHECK(again.n == json.n && memcmp(again.at, json.at, json.n) == 0);
		}
	}
	kin__bytes_fini(&json);
	kin__bytes_fini(&again);
	kin__bytes_fini(&cbor);
	return 0;
}
