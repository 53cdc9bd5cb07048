#include "model/token.h"
#include "base/rng.h"
#include "wire/base64.h"

enum { WORDS = 5, RAW = (WORDS + 1) * 8, TEXT = RAW / 3 * 4 };

static uint64_t seal(const uint64_t words[static WORDS], uint64_t secret)
{
	struct kin__rng mix = { secret };
	uint64_t sum = kin__rng_next(&mix);

	for (int i = 0; i < WORDS; i++) {
		mix.state = sum ^ words[i];
		sum = kin__rng_next(&mix);
	}
	return sum;
}

/* Veils the words, or lifts the veil: nobody shall learn to read an iterator. */
static void veil(uint64_t words[static WORDS], uint64_t sum, uint64_t secret)
{
	struct kin__rng stream = { sum ^ secret };

	for (int i = 0; i < WORDS; i++)
		words[i] ^= kin__rng_next(&stream);
}

static void put_word(unsigned char *at, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		at[i] = (unsigned char)(word >> (56 - 8 * i));
}

static uint64_t get_word(const unsigned char *at)
{
	uint64_t word = 0;

	for (int i = 0; i < 8; i++)
		word = word << 8 | at[i];
	return word;
}

void kin__token_text(const struct kin__token *token, uint64_t secret, char out[static KIN__MODEL_TOKEN])
{
	uint64_t words[WORDS] = { (uint64_t)token->kind << 8 | token->filter,
		                  (uint64_t)token->stream << 32 | token->shard, token->position,
		                  (uint64_t)token->issued_ms, (uint64_t)token->filter_ms };
	uint64_t sum = seal(words, secret);
	unsigned char raw[RAW];

	veil(words, sum, secret);
	put_word(raw, sum);
	for (int i = 0; i < WORDS; i++)
		put_word(raw + 8 * (i + 1), words[i]);
	out[kin__base64_encode(NULL, out, raw, RAW)] = 0;
}

bool kin__token_parse(struct kin__span text, uint64_t secret, struct kin__token *out)
{
	unsigned char raw[RAW];
	uint64_t words[WORDS], sum;
	size_t n;

	if (text.n != TEXT || !kin__base64_decode(NULL, raw, text.at, text.n, &n) || n != RAW)
		return false;
	sum = get_word(raw);
	for (int i = 0; i < WORDS; i++)
		words[i] = get_word(raw + 8 * (i + 1));
	veil(words, sum, secret);
	if (seal(words, secret) != sum)
		return false;
	out->kind = (uint8_t)(words[0] >> 8);
	out->filter = (uint8_t)words[0];
	out->stream = (uint32_t)(words[1] >> 32);
	out->shard = (uint32_t)words[1];
	out->position = words[2];
	out->issued_ms = (int64_t)words[3];
	out->filter_ms = (int64_t)words[4];
	return true;
}
