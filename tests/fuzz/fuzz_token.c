/* Iterators and next tokens that come back from a client: only the maker's own are read, and mean what they meant. */
#include "fuzz.h"
#include "model/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size), text[KIN__MODEL_TOKEN];
	struct kin__span span = { copy, size };
	struct kin__token token = { 0 }, back;

	if (kin__token_parse(span, 7, &token)) {
		kin__token_text(&token, 7, text);
		FUZZ_CHECK(kin__span_is(span, text));
	}
	token = (struct kin__token){ .kind = size % 2 ? KIN__TOKEN_ITERATOR : KIN__TOKEN_LIST };
	if (size >= 24) {
		memcpy(&token.position, copy, 8);
		memcpy(&token.issued_ms, copy + 8, 8);
		memcpy(&token.stream, copy + 16, 4);
		memcpy(&token.shard, copy + 20, 4);
	}
	kin__token_text(&token, 7, text);
	FUZZ_CHECK(kin__token_parse(kin__span_text(text), 7, &back) && back.stream == token.stream &&
	           back.shard == token.shard);
	FUZZ_CHECK(!kin__token_parse(kin__span_text(text), 8, &back));
	if (size > 0) { /* one character changed */
		text[(unsigned char)copy[0] % strlen(text)] ^= 1;
		FUZZ_CHECK(!kin__token_parse(kin__span_text(text), 7, &back));
	}
	free(copy);
	return 0;
}
