/* wire/utf8 - see utf8.h */
#include "wire/utf8.h"

static bool is_tail(unsigned char c, unsigned low, unsigned high)
{
	return c >= low && c <= high;
}

/* What may follow a lead byte: the second byte's range depends on it, all later ones are 80-BF. */
size_t kin__utf8_step(struct kin__span text, size_t *bad)
{
	const unsigned char *at = (const unsigned char *)text.at;
	unsigned lead = at[0], low = 0x80, high = 0xbf;
	size_t n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4, i;

	*bad = 0;
	if (lead < 0x80)
		return 1;
	*bad = 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	for (i = 1; i < n && i < text.n && is_tail(at[i], low, high); i++) {
		low = 0x80;
		high = 0xbf;
	}
	if (i < n) {
		*bad = i;
		return 0;
	}
	*bad = 0;
	return n;
}

bool kin__utf8_valid(struct kin__span text)
{
	size_t n, bad;

	for (; text.n > 0; text = kin__span(text.at + n, text.n - n))
		if ((n = kin__utf8_step(text, &bad)) == 0)
			return false;
	return true;
}

size_t kin__utf8_units(struct kin__span text)
{
	size_t sum = 0;

	while (text.n > 0) {
		size_t bad, n = kin__utf8_step(text, &bad);

		sum += n == 4 ? 2 : 1; /* outside plane 0: a pair */
		text = kin__span(text.at + n + bad, text.n - n - bad);
	}
	return sum;
}

size_t kin__utf8_put(char out[static 4], uint32_t code)
{
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}
