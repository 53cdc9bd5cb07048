/* wire/jsontext - see jsontext.h */
#include "wire/jsontext.h"
#include "wire/utf8.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ZERO_IN(word) (((word)-EACH(1)) & ~(word))

/* Printable ASCII but '"' and '\'; eight at a time, exact when the answer is yes. */
static bool eight_plain(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return ((word | ZERO_IN(word ^ EACH('"')) | ZERO_IN(word ^ EACH('\\')) | (word - EACH(0x20))) &
	        EACH(0x80)) == 0;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_escape(struct kin__bytes *out, unsigned char c)
{
	static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i < sizeof short_form - 1; i += 2)
		if ((unsigned char)short_form[i] == c) {
			kin__bytes_add(out, (char[]){ '\\', short_form[i + 1] }, 2);
			return;
		}
	kin__bytes_add(out, "\\u00", 4);
	kin__bytes_hex(out, &c, 1);
}

/* The run that may be copied as it is; *bad: bytes behind it that are no character. */
static size_t run_length(struct kin__span text, size_t *bad)
{
	size_t i = 0, n;

	*bad = 0;
	while (i < text.n) {
		if (text.n - i >= 8 && eight_plain(text.at + i)) {
			i += 8;
		} else if (is_plain((unsigned char)text.at[i])) {
			i++;
		} else if ((unsigned char)text.at[i] < 0x80) {
			return i;
		} else {
			n = kin__utf8_step(kin__span(text.at + i, text.n - i), bad);
			if (n == 0)
				return i;
			i += n;
		}
	}
	return i;
}

bool kin__jsontext_plain(struct kin__span text)
{
	size_t i = 0;

	while (text.n - i >= 8 && eight_plain(text.at + i))
		i += 8;
	if (text.n - i < 8 && text.n >= 8) /* the last eight, some of them for the second time */
		return eight_plain(text.at + text.n - 8);
	while (i < text.n && is_plain((unsigned char)text.at[i]))
		i++;
	return i == text.n;
}

void kin__jsontext_quote(struct kin__bytes *out, struct kin__span text)
{
	kin__bytes_char(out, '"');
	while (text.n > 0) {
		size_t bad, n = run_length(text, &bad);

		kin__bytes_add(out, text.at, n);
		text = kin__span(text.at + n, text.n - n);
		if (bad > 0) {
			kin__bytes_add(out, "\xef\xbf\xbd", 3);
			text = kin__span(text.at + bad, text.n - bad);
		} else if (text.n > 0) {
			add_escape(out, (unsigned char)text.at[0]);
			text = kin__span(text.at + 1, text.n - 1);
		}
	}
	kin__bytes_char(out, '"');
}

void kin__jsontext_quote_base64(struct kin__bytes *out, const struct kin__base64 *way, const void *data,
                                size_t n)
{
	char *at;

	if (n > SIZE_MAX / 4 * 2) {
		out->failed = true;
		return;
	}
	at = kin__bytes_extend(out, kin__base64_room(n) + 2);
	if (!at)
		return;
	*at++ = '"';
	at += kin__base64_encode(way, at, data, n);
	*at = '"';
}

void kin__jsontext_init(struct kin__jsontext *json, struct kin__bytes *out)
{
	*json = (struct kin__jsontext){ .out = out };
}

/* Before each value or name: the comma, if something stands before it at this level. */
static struct kin__bytes *next(struct kin__jsontext *json)
{
	if (json->comma)
		kin__bytes_char(json->out, ',');
	json->comma = true;
	return json->out;
}

static void open_level(struct kin__jsontext *json, char c)
{
	kin__bytes_char(next(json), c);
	json->depth++;
	json->comma = false;
}

static void close_level(struct kin__jsontext *json, char c)
{
	kin__bytes_char(json->out, c);
	json->depth--;
	json->comma = true;
}

void kin__jsontext_object(struct kin__jsontext *json)
{
	open_level(json, '{');
}

void kin__jsontext_object_end(struct kin__jsontext *json)
{
	close_level(json, '}');
}

void kin__jsontext_array(struct kin__jsontext *json)
{
	open_level(json, '[');
}

void kin__jsontext_array_end(struct kin__jsontext *json)
{
	close_level(json, ']');
}

void kin__jsontext_name_span(struct kin__jsontext *json, struct kin__span name)
{
	kin__jsontext_quote(next(json), name);
	kin__bytes_char(json->out, ':');
	json->comma = false;
}

void kin__jsontext_name(struct kin__jsontext *json, const char *name)
{
	kin__jsontext_name_span(json, kin__span_text(name));
}

void kin__jsontext_string(struct kin__jsontext *json, struct kin__span text)
{
	kin__jsontext_quote(next(json), text);
}

void kin__jsontext_text(struct kin__jsontext *json, const char *text)
{
	if (text)
		kin__jsontext_quote(next(json), kin__span_text(text));
	else
		kin__jsontext_null(json);
}

void kin__jsontext_base64(struct kin__jsontext *json, const void *data, size_t n)
{
	kin__jsontext_quote_base64(next(json), json->base64, data, n);
}

void kin__jsontext_i64(struct kin__jsontext *json, int64_t value)
{
	kin__bytes_i64(next(json), value);
}

void kin__jsontext_u64(struct kin__jsontext *json, uint64_t value)
{
	kin__bytes_u64(next(json), value);
}

void kin__jsontext_number(struct kin__jsontext *json, const char *number)
{
	kin__bytes_text(next(json), number);
}

void kin__jsontext_bool(struct kin__jsontext *json, bool value)
{
	kin__bytes_text(next(json), value ? "true" : "false");
}

void kin__jsontext_null(struct kin__jsontext *json)
{
	kin__bytes_text(next(json), "null");
}

void kin__jsontext_raw(struct kin__jsontext *json, struct kin__span value)
{
	kin__bytes_span(next(json), value);
}
