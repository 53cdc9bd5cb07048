/* wire/cbor_put - the writer; see cbor.h */
#include "wire/cbor.h"
#include "wire/utf8.h"

static char *put_bytes_of(char *to, uint64_t value, int n)
{
	for (int i = n - 1; i >= 0; i--)
		*to++ = (char)(value >> (8 * i));
	return to;
}

char *kin__cbor_put_head(char *to, enum kin__cbor_major major, uint64_t value)
{
	unsigned first = (unsigned)major << 5;

	if (value < 24) {
		*to++ = (char)(first | (unsigned)value);
		return to;
	}
	if (value <= UINT8_MAX) {
		*to++ = (char)(first | 24);
		return put_bytes_of(to, value, 1);
	}
	if (value <= UINT16_MAX) {
		*to++ = (char)(first | 25);
		return put_bytes_of(to, value, 2);
	}
	*to++ = (char)(first | (value <= UINT32_MAX ? 26 : 27));
	return put_bytes_of(to, value, value <= UINT32_MAX ? 4 : 8);
}

static void put(struct kin__bytes *out, enum kin__cbor_major major, uint64_t value)
{
	char head[KIN__CBOR_HEAD];

	kin__bytes_add(out, head, (size_t)(kin__cbor_put_head(head, major, value) - head));
}

void kin__cbor_put_map(struct kin__bytes *out, uint64_t members)
{
	put(out, KIN__CBOR_MAJOR_MAP, members);
}

void kin__cbor_put_array(struct kin__bytes *out, uint64_t items)
{
	put(out, KIN__CBOR_MAJOR_ARRAY, items);
}

void kin__cbor_put_open_map(struct kin__bytes *out)
{
	kin__bytes_char(out, (char)0xbf);
}

void kin__cbor_put_open_array(struct kin__bytes *out)
{
	kin__bytes_char(out, (char)0x9f);
}

void kin__cbor_put_break(struct kin__bytes *out)
{
	kin__bytes_char(out, (char)0xff);
}

/* The text with U+FFFD where no character stands; its size.  out NULL: only that. */
static size_t mend(struct kin__span text, struct kin__bytes *out)
{
	size_t n = 0;

	while (text.n > 0) {
		size_t bad = 0, step = kin__utf8_step(text, &bad);

		if (out)
			kin__bytes_add(out, step ? text.at : "\xef\xbf\xbd", step ? step : 3);
		n += step ? step : 3;
		step = step ? step : bad;
		text = kin__span(text.at + step, text.n - step);
	}
	return n;
}

void kin__cbor_put_text(struct kin__bytes *out, struct kin__span text)
{
	if (kin__utf8_valid(text)) {
		put(out, KIN__CBOR_MAJOR_TEXT, text.n);
		kin__bytes_span(out, text);
		return;
	}
	put(out, KIN__CBOR_MAJOR_TEXT, mend(text, NULL));
	mend(text, out);
}

void kin__cbor_put_name(struct kin__bytes *out, const char *name)
{
	kin__cbor_put_text(out, kin__span_text(name));
}

void kin__cbor_put_bytes(struct kin__bytes *out, struct kin__span data)
{
	put(out, KIN__CBOR_MAJOR_BYTES, data.n);
	kin__bytes_span(out, data);
}

void kin__cbor_put_u64(struct kin__bytes *out, uint64_t value)
{
	put(out, KIN__CBOR_MAJOR_UNSIGNED, value);
}

void kin__cbor_put_i64(struct kin__bytes *out, int64_t value)
{
	if (value < 0)
		put(out, KIN__CBOR_MAJOR_NEGATIVE, ~(uint64_t)value);
	else
		put(out, KIN__CBOR_MAJOR_UNSIGNED, (uint64_t)value);
}

void kin__cbor_put_real(struct kin__bytes *out, double value)
{
	char head[KIN__CBOR_HEAD];
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	head[0] = (char)0xfb;
	put_bytes_of(head + 1, bits, 8);
	kin__bytes_add(out, head, sizeof head);
}

void kin__cbor_put_bool(struct kin__bytes *out, bool value)
{
	put(out, KIN__CBOR_MAJOR_SIMPLE, value ? 21 : 20);
}

void kin__cbor_put_null(struct kin__bytes *out)
{
	put(out, KIN__CBOR_MAJOR_SIMPLE, 22);
}

void kin__cbor_put_time_ms(struct kin__bytes *out, int64_t ms)
{
	put(out, KIN__CBOR_MAJOR_TAG, 1);
	if (ms > -KIN__CBOR_SECONDS_BELOW && ms < KIN__CBOR_SECONDS_BELOW)
		kin__cbor_put_real(out, (double)ms / 1000); /* it would be taken for seconds */
	else
		kin__cbor_put_i64(out, ms);
}
