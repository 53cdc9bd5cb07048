/* wire/jsonscan - see jsonscan.h */
#include "wire/jsonscan.h"
#include "wire/utf8.h"

enum {
	DUE,   /* a value comes next */
	FRESH, /* just behind { or [ */
	DONE   /* just behind a value */
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define BELOW(word, limit) (((word)-EACH(limit)) & ~(word))

void kin__jsonscan_init(struct kin__jsonscan *scan, char *text, size_t n)
{
	*scan = (struct kin__jsonscan){ .at = text, .end = text + n, .begin = text, .state = DUE };
}

void kin__jsonscan_init_readonly(struct kin__jsonscan *scan, const char *text, size_t n)
{
	union {
		const char *given;
		char *kept; /* one struct serves both kinds; `readonly` guards every write */
	} text_of = { text };

	kin__jsonscan_init(scan, text_of.kept, n);
	scan->readonly = true;
}

bool kin__jsonscan_fail(struct kin__jsonscan *scan, const char *reason)
{
	if (!scan->error) {
		scan->error = reason;
		scan->error_at = (size_t)(scan->at - scan->begin);
	}
	return false;
}

static bool fail_at(struct kin__jsonscan *scan, char *at, const char *reason)
{
	scan->at = at;
	return kin__jsonscan_fail(scan, reason);
}

/* The next character that is no blank, or -1 at the end. */
static int peek(struct kin__jsonscan *scan)
{
	char *at = scan->at;

	while (at < scan->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	scan->at = at;
	return at < scan->end ? (unsigned char)*at : -1;
}

/* The first character of the value that is due, or -1 and the error is set. */
static int begin_value(struct kin__jsonscan *scan)
{
	int c;

	if (scan->error)
		return -1;
	if (scan->state != DUE) {
		kin__jsonscan_fail(scan, "no value is due here");
		return -1;
	}
	c = peek(scan);
	if (c < 0)
		kin__jsonscan_fail(scan, "the text ends where a value is due");
	return c;
}

/* --- strings --------------------------------------------------------------------- */

static char *skip_plain(char *at, const char *end)
{
	uint64_t word;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, sizeof word);
		if ((BELOW(word ^ EACH('"'), 1) | BELOW(word ^ EACH('\\'), 1) | BELOW(word, 0x20)) &
		    EACH(0x80))
			break;
	}
	while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The length of the escape at `at` (a backslash), or 0 when it is none. */
static size_t escape_length(const char *at, const char *end)
{
	if (end - at < 2)
		return 0;
	if (at[1] != 'u')
		return at[1] != 0 && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
	if (end - at < 6)
		return 0;
	for (int i = 2; i < 6; i++)
		if (hex_value(at[i]) < 0)
			return 0;
	return 6;
}

/* Reads a quoted text at scan->at, leaves scan->at behind it. */
static bool read_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped)
{
	char *begin = scan->at + 1, *at = begin;
	size_t n;

	*escaped = false;
	for (;;) {
		at = skip_plain(at, scan->end);
		if (at == scan->end)
			return fail_at(scan, at, "the text ends within a string");
		if (*at == '"')
			break;
		if (*at != '\\')
			return fail_at(scan, at, "a bare control character in a string");
		n = escape_length(at, scan->end);
		if (n == 0)
			return fail_at(scan, at, "a backslash without a valid escape");
		*escaped = true;
		at += n;
	}
	*raw = kin__span(begin, (size_t)(at - begin));
	scan->at = at + 1;
	return true;
}

static uint32_t four_digits(const char *at)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (uint32_t)hex_value(at[i]);
	return value;
}

/* The character of the \u at `at`; *n: how much was read, 12 for a pair of surrogates. */
static uint32_t unicode_escape(const char *at, const char *end, size_t *n)
{
	uint32_t code = four_digits(at + 2), low;

	*n = 6;
	if (code < 0xd800 || code > 0xdbff || end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return code;
	low = four_digits(at + 8);
	if (low < 0xdc00 || low > 0xdfff)
		return code;
	*n = 12;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

static char short_escape(char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = strchr(from, c);

	return found ? to[found - from] : c;
}

/* No escape is shorter than what it stands for, so writing stays behind reading. */
size_t kin__jsonscan_unescape(char *out, struct kin__span raw)
{
	const char *at = raw.at, *end = raw.at + raw.n;
	char *to = out, code[4];

	while (at < end) {
		const char *next = memchr(at, '\\', (size_t)(end - at));
		size_t n = (size_t)((next ? next : end) - at);

		memmove(to, at, n);
		to += n;
		at += n;
		if (!next)
			break;
		if (at[1] == 'u') {
			size_t width = kin__utf8_put(code, unicode_escape(at, end, &n));

			memcpy(to, code, width);
			to += width;
			at += n;
		} else {
			*to++ = short_escape(at[1]);
			at += 2;
		}
	}
	return (size_t)(to - out);
}

/* Where `inside`, a part of the buffer, may be written. */
static char *writable(struct kin__jsonscan *scan, const char *inside)
{
	return scan->begin + (inside - scan->begin);
}

static bool read_text(struct kin__jsonscan *scan, struct kin__span *text)
{
	bool escaped;

	if (!read_quoted(scan, text, &escaped))
		return false;
	if (!escaped)
		return true;
	if (scan->readonly)
		return kin__jsonscan_fail(scan, "an escaped string in a read-only buffer");
	text->n = kin__jsonscan_unescape(writable(scan, text->at), *text);
	return true;
}

/* --- numbers and words ------------------------------------------------------------ */

static char *skip_digits(char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

static bool read_number(struct kin__jsonscan *scan, struct kin__span *number)
{
	char *begin = scan->at, *at = begin, *from;

	if (*at == '-')
		at++;
	from = at;
	at = at < scan->end && *at == '0' ? at + 1 : skip_digits(at, scan->end);
	if (at == from)
		return fail_at(scan, at, "a digit is due");
	if (at < scan->end && *at == '.') {
		from = ++at;
		at = skip_digits(at, scan->end);
		if (at == from)
			return fail_at(scan, at, "a digit is due behind the point");
	}
	if (at < scan->end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < scan->end && (*at == '+' || *at == '-'))
			at++;
		from = at;
		at = skip_digits(at, scan->end);
		if (at == from)
			return fail_at(scan, at, "a digit is due in the exponent");
	}
	*number = kin__span(begin, (size_t)(at - begin));
	scan->at = at;
	return true;
}

static bool read_word(struct kin__jsonscan *scan, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(scan->end - scan->at) < n || memcmp(scan->at, word, n) != 0)
		return kin__jsonscan_fail(scan, "true, false or null misspelt");
	scan->at += n;
	return true;
}

static bool is_number(int c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

static bool done(struct kin__jsonscan *scan)
{
	scan->state = DONE;
	return true;
}

/* --- levels ------------------------------------------------------------------------ */

static bool open_level(struct kin__jsonscan *scan, char c, const char *reason)
{
	int found = begin_value(scan);
	uint64_t bit;

	if (found != c)
		return kin__jsonscan_fail(scan, reason);
	if (scan->depth == KIN__JSONSCAN_DEPTH)
		return kin__jsonscan_fail(scan, "nested more than 64 deep");
	bit = UINT64_C(1) << scan->depth++;
	scan->objects = c == '{' ? scan->objects | bit : scan->objects & ~bit;
	scan->state = FRESH;
	scan->at++;
	return true;
}

static bool in_object(const struct kin__jsonscan *scan)
{
	return scan->depth > 0 && (scan->objects >> (scan->depth - 1) & 1);
}

/* To the next member or item of this level; false at its end (read) or on an error. */
static bool next_of_level(struct kin__jsonscan *scan, char end)
{
	int c = peek(scan);

	if (c == end) {
		scan->at++;
		scan->depth--;
		scan->state = DONE;
		return false;
	}
	if (scan->state == FRESH)
		return true;
	if (c != ',')
		return kin__jsonscan_fail(scan, end == '}' ? "',' or '}' is due" : "',' or ']' is due");
	scan->at++;
	return true;
}

/* escaped NULL: the name is unescaped. */
static bool next_name(struct kin__jsonscan *scan, struct kin__span *name, bool *escaped)
{
	if (!next_of_level(scan, '}'))
		return false;
	if (peek(scan) != '"')
		return kin__jsonscan_fail(scan, "a name is due");
	if (escaped ? !read_quoted(scan, name, escaped) : !read_text(scan, name))
		return false;
	if (peek(scan) != ':')
		return kin__jsonscan_fail(scan, "':' is due");
	scan->at++;
	scan->state = DUE;
	return true;
}

static bool next_item(struct kin__jsonscan *scan)
{
	if (!next_of_level(scan, ']'))
		return false;
	scan->state = DUE;
	return true;
}

bool kin__jsonscan_object(struct kin__jsonscan *scan)
{
	return open_level(scan, '{', "an object is due");
}

bool kin__jsonscan_array(struct kin__jsonscan *scan)
{
	return open_level(scan, '[', "an array is due");
}

static bool read_name(struct kin__jsonscan *scan, struct kin__span *name, bool *escaped)
{
	if (scan->error || (scan->state == DUE && !kin__jsonscan_skip(scan)))
		return false;
	if (!in_object(scan))
		return kin__jsonscan_fail(scan, "a name is asked for outside an object");
	return next_name(scan, name, escaped);
}

bool kin__jsonscan_name(struct kin__jsonscan *scan, struct kin__span *name)
{
	return read_name(scan, name, NULL);
}

bool kin__jsonscan_name_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped)
{
	return read_name(scan, raw, escaped);
}

bool kin__jsonscan_item(struct kin__jsonscan *scan)
{
	if (scan->error || (scan->state == DUE && !kin__jsonscan_skip(scan)))
		return false;
	if (scan->depth == 0 || in_object(scan))
		return kin__jsonscan_fail(scan, "an item is asked for outside an array");
	return next_item(scan);
}

bool kin__jsonscan_finish(struct kin__jsonscan *scan)
{
	if (scan->error || (scan->depth == 0 && scan->state == DUE && !kin__jsonscan_skip(scan)))
		return false;
	if (scan->depth > 0)
		return kin__jsonscan_fail(scan, "an object or array is still open");
	if (peek(scan) >= 0)
		return kin__jsonscan_fail(scan, "something stands behind the end of the value");
	return true;
}

/* --- values -------------------------------------------------------------------------- */

enum kin__jsonscan_type kin__jsonscan_type(struct kin__jsonscan *scan)
{
	int c = scan->error || scan->state != DUE ? -1 : peek(scan);

	switch (c) {
	case 'n':
		return KIN__JSONSCAN_NULL;
	case 't':
	case 'f':
		return KIN__JSONSCAN_BOOL;
	case '"':
		return KIN__JSONSCAN_STRING;
	case '[':
		return KIN__JSONSCAN_ARRAY;
	case '{':
		return KIN__JSONSCAN_OBJECT;
	default:
		return is_number(c) ? KIN__JSONSCAN_NUMBER : KIN__JSONSCAN_NONE;
	}
}

bool kin__jsonscan_string(struct kin__jsonscan *scan, struct kin__span *text)
{
	if (begin_value(scan) != '"')
		return kin__jsonscan_fail(scan, "a string is due");
	return read_text(scan, text) && done(scan);
}

bool kin__jsonscan_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped)
{
	if (begin_value(scan) != '"')
		return kin__jsonscan_fail(scan, "a string is due");
	return read_quoted(scan, raw, escaped) && done(scan);
}

/* Nobody needs to escape base64, but \/ and \u002b are legal: what is left is unescaped first, then decoded. */
static bool base64_escaped(struct kin__jsonscan *scan, struct kin__span *data, size_t used)
{
	char *quote = scan->at, *rest = quote + 1 + used;
	struct kin__span raw;
	size_t more;
	bool escaped;

	scan->at = rest - 1; /* read_quoted looks at what stands behind this character only */
	if (!read_quoted(scan, &raw, &escaped))
		return false;
	raw.n = escaped ? kin__jsonscan_unescape(rest, raw) : raw.n;
	if (!escaped || !kin__base64_decode(scan->base64, quote + 1 + data->n, rest, raw.n, &more))
		return fail_at(scan, quote, "the string is not base64");
	data->n += more;
	return done(scan);
}

bool kin__jsonscan_base64(struct kin__jsonscan *scan, struct kin__span *data)
{
	size_t used;

	if (begin_value(scan) != '"')
		return kin__jsonscan_fail(scan, "a base64 string is due");
	if (scan->readonly)
		return kin__jsonscan_fail(scan, "a base64 string in a read-only buffer");
	data->at = scan->at + 1;
	if (!kin__base64_decode_quoted(scan->base64, scan->at + 1, data->at, (size_t)(scan->end - data->at),
	                               &data->n, &used))
		return base64_escaped(scan, data, used);
	scan->at += used + 2;
	return done(scan);
}

bool kin__jsonscan_number(struct kin__jsonscan *scan, struct kin__span *number)
{
	if (!is_number(begin_value(scan)))
		return kin__jsonscan_fail(scan, "a number is due");
	return read_number(scan, number) && done(scan);
}

bool kin__jsonscan_i64(struct kin__jsonscan *scan, int64_t *value)
{
	char *begin;
	struct kin__span number;

	if (!is_number(begin_value(scan)))
		return kin__jsonscan_fail(scan, "a whole number is due");
	begin = scan->at;
	if (!read_number(scan, &number))
		return false;
	if (!kin__span_i64(number, value))
		return fail_at(scan, begin, "a whole number of 64 bits is due");
	return done(scan);
}

bool kin__jsonscan_bool(struct kin__jsonscan *scan, bool *value)
{
	int c = begin_value(scan);

	if (c != 't' && c != 'f')
		return kin__jsonscan_fail(scan, "true or false is due");
	if (!read_word(scan, c == 't' ? "true" : "false"))
		return false;
	*value = c == 't';
	return done(scan);
}

bool kin__jsonscan_null(struct kin__jsonscan *scan)
{
	return begin_value(scan) == 'n' && read_word(scan, "null") && done(scan);
}

static bool skip_scalar(struct kin__jsonscan *scan, int c)
{
	struct kin__span text;
	bool escaped;

	if (c == '"')
		return read_quoted(scan, &text, &escaped) && done(scan);
	if (is_number(c))
		return read_number(scan, &text) && done(scan);
	if (c == 't' || c == 'f')
		return read_word(scan, c == 't' ? "true" : "false") && done(scan);
	if (c == 'n')
		return read_word(scan, "null") && done(scan);
	return kin__jsonscan_fail(scan, "a value is due");
}

bool kin__jsonscan_skip(struct kin__jsonscan *scan)
{
	uint8_t depth = scan->depth;
	struct kin__span name;
	bool escaped;

	if (begin_value(scan) < 0)
		return false;
	do {
		if (scan->state == DUE) {
			int c = begin_value(scan);

			if (c == '{')
				kin__jsonscan_object(scan);
			else if (c == '[')
				kin__jsonscan_array(scan);
			else
				skip_scalar(scan, c);
		} else if (in_object(scan)) {
			next_name(scan, &name, &escaped);
		} else {
			next_item(scan);
		}
	} while (!scan->error && scan->depth > depth);
	return !scan->error;
}

bool kin__jsonscan_raw(struct kin__jsonscan *scan, struct kin__span *value)
{
	char *begin;

	if (begin_value(scan) < 0)
		return false;
	begin = scan->at;
	if (!kin__jsonscan_skip(scan))
		return false;
	*value = kin__span(begin, (size_t)(scan->at - begin));
	return true;
}
