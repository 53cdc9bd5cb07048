/* Numbers and names as text: hash keys, sequence numbers, whole numbers, and the limits that judge them. */
#include "fuzz.h"
#include "kinesis/hashkey.h"
#include "kinesis/limits.h"
#include "model/sequence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size), text[64];
	struct kin__span span = { copy, size };
	struct kin__reason reason = { "" };
	struct kin__sequence sequence;
	struct kin__hashkey key;
	uint64_t u;
	int64_t i;

	if (kin__hashkey_parse(span, &key)) {
		kin__hashkey_text(key, text);
		FUZZ_CHECK(kin__span_is(span, text) && kin__limits_hash_key(span, &reason));
		FUZZ_CHECK(kin__hashkey_compare(kin__hashkey_prior(kin__hashkey_next(key)), key) == 0);
	}
	if (kin__sequence_parse(span, &sequence)) {
		kin__sequence_text(&sequence, text);
		FUZZ_CHECK(kin__span_is(span, text));
	}
	if (kin__span_u64(span, &u) && kin__span_i64(span, &i))
		FUZZ_CHECK(i >= 0 && (uint64_t)i == u);
	kin__limits_stream_name(span, &reason);
	kin__limits_application(span, &reason);
	kin__limits_shard_id(span, &reason);
	kin__limits_partition_key(span, &reason);
	kin__limits_sequence(span, &reason);
	free(copy);
	return 0;
}
