/* kinesis/hashkey - see hashkey.h.  Long arithmetic by 32-bit limbs, highest first: no 128-bit type is asked for. */
#include "kinesis/hashkey.h"

enum { LIMBS = 4 };

struct limbs {
	uint32_t at[LIMBS];
};

static struct limbs split(struct kin__hashkey key)
{
	return (struct limbs){ { (uint32_t)(key.high >> 32), (uint32_t)key.high, (uint32_t)(key.low >> 32),
		                 (uint32_t)key.low } };
}

static struct kin__hashkey join(struct limbs limbs)
{
	return (struct kin__hashkey){ (uint64_t)limbs.at[0] << 32 | limbs.at[1],
		                      (uint64_t)limbs.at[2] << 32 | limbs.at[3] };
}

/* limbs * factor + more; what does not fit any more is returned. */
static uint32_t multiply(struct limbs *limbs, uint32_t factor, uint32_t more)
{
	uint64_t carry = more;

	for (int i = LIMBS; i-- > 0;) {
		carry += (uint64_t)limbs->at[i] * factor;
		limbs->at[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return (uint32_t)carry;
}

/* `over` stands before the first limb; the remainder is returned. */
static uint32_t divide(struct limbs *limbs, uint32_t over, uint32_t divisor)
{
	uint64_t rest = over;

	for (int i = 0; i < LIMBS; i++) {
		rest = rest << 32 | limbs->at[i];
		limbs->at[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	return (uint32_t)rest;
}

int kin__hashkey_compare(struct kin__hashkey a, struct kin__hashkey b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low < b.low ? -1 : a.low > b.low;
}

struct kin__hashkey kin__hashkey_next(struct kin__hashkey key)
{
	key.low++;
	key.high += key.low == 0;
	return key;
}

struct kin__hashkey kin__hashkey_prior(struct kin__hashkey key)
{
	key.high -= key.low == 0;
	key.low--;
	return key;
}

/* low + (high - low + 1) / 2, without leaving 128 bits. */
struct kin__hashkey kin__hashkey_middle(struct kin__hashkey low, struct kin__hashkey high)
{
	struct kin__hashkey width = { high.high - low.high - (high.low < low.low), high.low - low.low };
	struct kin__hashkey half = { width.high >> 1, width.high << 63 | width.low >> 1 };
	struct kin__hashkey sum;

	if (width.low & 1)
		half = kin__hashkey_next(half);
	sum.low = low.low + half.low;
	sum.high = low.high + half.high + (sum.low < low.low);
	return sum;
}

struct kin__hashkey kin__hashkey_even(uint32_t shards, uint32_t index)
{
	struct limbs width = { { 0 } };

	if (shards <= 1 || index >= shards)
		return (struct kin__hashkey){ 0, 0 };
	divide(&width, 1, shards); /* 2^128 is a 1 before four zeros */
	multiply(&width, index, 0);
	return join(width);
}

uint32_t kin__hashkey_modulo(struct kin__hashkey key, uint32_t divisor)
{
	struct limbs value = split(key);

	return divide(&value, 0, divisor);
}

static uint64_t eight(const uint8_t *at)
{
	return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 | (uint64_t)at[3] << 32 |
	       (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | at[7];
}

struct kin__hashkey kin__hashkey_of_md5(const struct kin__md5 *digest)
{
	return (struct kin__hashkey){ eight(digest->at), eight(digest->at + 8) };
}

struct kin__hashkey kin__hashkey_of(struct kin__span partition_key)
{
	struct kin__md5 digest;

	kin__md5_many(NULL, &partition_key, 1, &digest);
	return kin__hashkey_of_md5(&digest);
}

bool kin__hashkey_parse(struct kin__span text, struct kin__hashkey *out)
{
	struct limbs value = { { 0 } };

	if (text.n == 0 || text.n >= KIN__HASHKEY_TEXT || (text.n > 1 && text.at[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		if (multiply(&value, 10, (uint32_t)(text.at[i] - '0')) != 0)
			return false;
	}
	*out = join(value);
	return true;
}

void kin__hashkey_text(struct kin__hashkey key, char out[static KIN__HASHKEY_TEXT])
{
	struct limbs value = split(key);
	char digits[KIN__HASHKEY_TEXT];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + divide(&value, 0, 10));
	while (value.at[0] | value.at[1] | value.at[2] | value.at[3]);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	out[n] = 0;
}
