#include "model/sequence.h"

/* 188 bits as six limbs of 32, the lowest first: nothing here needs 128-bit integers. */
enum {
	LIMBS = 6,
	CREATED_AT = 148,
	NIBBLE_AT = 144,
	COUNTER_AT = 80,
	TIME_AT = 36,
	SHARD_AT = 4,
	TOP_AT = 184
};
#define BILLION UINT32_C(1000000000)
#define BITS_36 UINT64_C(0xfffffffff)

static void put_bits(uint32_t limbs[static LIMBS], unsigned at, uint64_t value)
{
	unsigned i = at / 32, shift = at % 32;

	limbs[i] |= (uint32_t)(value << shift);
	value = shift ? value >> (32 - shift) : value >> 32;
	if (i + 1 < LIMBS)
		limbs[i + 1] |= (uint32_t)value;
	if (i + 2 < LIMBS)
		limbs[i + 2] |= (uint32_t)(value >> 32);
}

static uint64_t get_bits(const uint32_t limbs[static LIMBS], unsigned at, unsigned bits)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bits; i++)
		value |= (uint64_t)(limbs[(at + i) / 32] >> ((at + i) % 32) & 1) << i;
	return value;
}

void kin__sequence_text(const struct kin__sequence *sequence, char out[static 57])
{
	uint32_t limbs[LIMBS] = { 0 };
	char digits[63];
	unsigned at = sizeof digits;

	put_bits(limbs, 0, 2);
	put_bits(limbs, SHARD_AT, sequence->shard);
	put_bits(limbs, TIME_AT, (uint64_t)sequence->time_s & BITS_36);
	put_bits(limbs, COUNTER_AT, sequence->counter);
	put_bits(limbs, NIBBLE_AT, sequence->shard & 15);
	put_bits(limbs, CREATED_AT, (uint64_t)sequence->created_s & BITS_36);
	put_bits(limbs, TOP_AT, 2);
	while (at > 0) {
		uint64_t rest = 0;
		for (int i = LIMBS - 1; i >= 0; i--) {
			rest = rest << 32 | limbs[i];
			limbs[i] = (uint32_t)(rest / BILLION);
			rest %= BILLION;
		}
		for (int i = 0; i < 9; i++, rest /= 10)
			digits[--at] = (char)('0' + rest % 10);
	}
	memcpy(out, digits + sizeof digits - 56, 56); /* 2^185 <= number < 3 * 2^184: always 56 digits */
	out[56] = 0;
}

bool kin__sequence_parse(struct kin__span text, struct kin__sequence *out)
{
	uint32_t limbs[LIMBS] = { 0 };

	if (text.n != 56 || text.at[0] == '0')
		return false;
	for (size_t n = 0; n < text.n; n++) {
		uint64_t carry = (uint64_t)(unsigned char)text.at[n] - '0';
		if (carry > 9)
			return false;
		for (int i = 0; i < LIMBS; i++) {
			carry += (uint64_t)limbs[i] * 10;
			limbs[i] = (uint32_t)carry;
			carry >>= 32;
		}
	}
	out->created_s = (int64_t)get_bits(limbs, CREATED_AT, 36);
	out->counter = get_bits(limbs, COUNTER_AT, 64);
	out->time_s = (int64_t)get_bits(limbs, TIME_AT, 36);
	out->shard = (uint32_t)get_bits(limbs, SHARD_AT, 32);
	return limbs[LIMBS - 1] >> 24 == 2 && get_bits(limbs, 0, 4) == 2 && get_bits(limbs, 72, 8) == 0 &&
	       get_bits(limbs, NIBBLE_AT, 4) == (out->shard & 15);
}
