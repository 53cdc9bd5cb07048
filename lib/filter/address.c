/* filter/address - see address.h */
#include "filter/address.h"

enum { V4 = 4, V6 = 16, GROUPS = 8 };

/* Four numbers of 0 to 255 without leading zeros. */
static bool read_v4(uint8_t *at, struct kin__span text)
{
	for (int i = 0; i < V4; i++) {
		struct kin__span part;
		uint64_t value;
		bool dot = memchr(text.at, '.', text.n) != NULL;

		if (text.n == 0 || dot != (i < V4 - 1))
			return false;
		text = kin__span_cut(text, '.', &part);
		if (part.n == 0 || part.n > 3 || (part.n > 1 && part.at[0] == '0') ||
		    !kin__span_u64(part, &value) || value > 255)
			return false;
		at[i] = (uint8_t)value;
	}
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_group(uint8_t *at, struct kin__span text)
{
	unsigned value = 0;

	if (text.n == 0 || text.n > 4)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (hex(text.at[i]) < 0)
			return false;
		value = value << 4 | (unsigned)hex(text.at[i]);
	}
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return true;
}

/* Groups joined by ':' up to the end, the last perhaps an IPv4 address; how many bytes, or -1. */
static int read_groups(uint8_t *at, struct kin__span text)
{
	int n = 0;

	while (text.n > 0) {
		struct kin__span part;
		bool more = memchr(text.at, ':', text.n) != NULL;

		text = kin__span_cut(text, ':', &part);
		if (more && text.n == 0)
			return -1;
		if (!more && memchr(part.at, '.', part.n) && n <= V6 - V4) {
			if (!read_v4(at + n, part))
				return -1;
			n += V4;
		} else if (n > V6 - 2 || !read_group(at + n, part)) {
			return -1;
		} else {
			n += 2;
		}
	}
	return n;
}

static bool read_v6(uint8_t *at, struct kin__span text)
{
	uint8_t tail[V6];
	size_t cut = 0;
	int head, rest;

	memset(at, 0, V6);
	while (cut + 1 < text.n && (text.at[cut] != ':' || text.at[cut + 1] != ':'))
		cut++;
	if (cut + 1 >= text.n)
		return read_groups(at, text) == V6;
	head = read_groups(at, kin__span(text.at, cut));
	rest = read_groups(tail, kin__span(text.at + cut + 2, text.n - cut - 2));
	if (head < 0 || rest < 0 || head + rest > V6 - 2)
		return false;
	memcpy(at + V6 - rest, tail, (size_t)rest);
	return true;
}

/* The number of bytes, 4 or 16; 0: no address. */
static uint8_t read_address(uint8_t *at, struct kin__span text)
{
	if (text.n == 0 || text.n > 45)
		return 0;
	if (memchr(text.at, ':', text.n))
		return read_v6(at, text) ? V6 : 0;
	return read_v4(at, text) ? V4 : 0;
}

bool kin__block_read(struct kin__block *block, struct kin__span text)
{
	struct kin__span address, bits;
	uint64_t value;

	if (!memchr(text.at, '/', text.n))
		return false;
	bits = kin__span_cut(text, '/', &address);
	block->size = read_address(block->at, address);
	if (block->size == 0 || bits.n == 0 || bits.n > 3 || !kin__span_u64(bits, &value) ||
	    value >= block->size * 8u)
		return false;
	block->bits = (uint8_t)value;
	return true;
}

bool kin__block_holds(const struct kin__block *block, struct kin__span text)
{
	uint8_t at[V6], whole = block->bits / 8, rest = block->bits % 8;

	if (read_address(at, text) != block->size || memcmp(at, block->at, whole) != 0)
		return false;
	return rest == 0 || ((at[whole] ^ block->at[whole]) >> (8 - rest)) == 0;
}
