/* wire/jsonscan - see jsonscan.h */
#include "wire/jsonscan.h"
#include "wire/jsonskip.h"
#include "wire/utf8.h"

enum {
	DUE,   /* a value comes next */
	FRESH, /* just behind { or [ */
	DONE   /* just behind a value */
};

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

static inline char *skip_blanks(char *at, const char *end)
{
	while (at < end && (unsigned char)*at <= ' ' &&
	       (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* The next character that is no blank, or -1 at the end. */
static inline int peek(struct kin__jsonscan *scan)
{
	scan->at = skip_blanks(scan->at, scan->end);
	return scan->at < scan->end ? (unsigned char)*scan->at : -1;
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

static inline char *plain_end(char *at, const char *end)
{
	return at + (kin__jsonusual_plain_end(at, end) - at);
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

/* Steps over the quoted text at *at; NULL, or why it is none, then *at is where. */
static const char *quoted_end(char **at, const char *end, bool *escaped)
{
	char *to = *at + 1;
	size_t n;

	*escaped = false;
	for (;;) {
		*at = to = plain_end(to, end);
		if (to == end)
			return "the text ends within a string";
		if (*to == '"')
			break;
		if (*to != '\\')
			return KIN__JSONSCAN_BARE_CONTROL;
		n = escape_length(to, end);
		if (n == 0)
			return "a backslash without a valid escape";
		*escaped = true;
		to += n;
	}
	*at = to + 1;
	return NULL;
}

/* Reads a quoted text at scan->at, leaves scan->at behind it. */
static bool read_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped)
{
	char *begin = scan->at + 1;
	const char *reason = quoted_end(&scan->at, scan->end, escaped);

	if (reason)
		return kin__jsonscan_fail(scan, reason);
	*raw = kin__span(begin, (size_t)(scan->at - 1 - begin));
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

/* Steps over the number at *at; NULL, or why it is none, then *at is where. */
static const char *number_end(char **at, const char *end)
{
	char *to = *at, *from;
	const char *reason = NULL;

	if (*to == '-')
		to++;
	from = to;
	to = to < end && *to == '0' ? to + 1 : skip_digits(to, end);
	if (to == from)
		reason = "a digit is due";
	if (!reason && to < end && *to == '.') {
		from = ++to;
		to = skip_digits(to, end);
		if (to == from)
			reason = "a digit is due behind the point";
	}
	if (!reason && to < end && (*to == 'e' || *to == 'E')) {
		to++;
		if (to < end && (*to == '+' || *to == '-'))
			to++;
		from = to;
		to = skip_digits(to, end);
		if (to == from)
			reason = "a digit is due in the exponent";
	}
	*at = to;
	return reason;
}

static bool read_number(struct kin__jsonscan *scan, struct kin__span *number)
{
	char *begin = scan->at;
	const char *reason = number_end(&scan->at, scan->end);

	if (reason)
		return kin__jsonscan_fail(scan, reason);
	*number = kin__span(begin, (size_t)(scan->at - begin));
	return true;
}

/* Steps over true, false or null, by its first letter; false: misspelt. */
static bool word_end(char **at, const char *end)
{
	size_t n = **at == 'f' ? 5 : 4;

	if ((size_t)(end - *at) < n || memcmp(*at, n == 5 ? "false" : **at == 't' ? "true" : "null", n) != 0)
		return false;
	*at += n;
	return true;
}

static bool read_word(struct kin__jsonscan *scan)
{
	return word_end(&scan->at, scan->end) || kin__jsonscan_fail(scan, "true, false or null misspelt");
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

/* ,"name": without blanks and escapes, behind a value or a { */
static bool read_usual_name(struct kin__jsonscan *scan, struct kin__span *raw)
{
	const char *at = scan->at, *end = scan->end, *close;

	if (scan->error || !in_object(scan))
		return false;
	if (scan->state == DONE && (at == end || *at++ != ','))
		return false;
	if (at == end || *at++ != '"')
		return false;
	close = kin__jsonusual_plain_end(at, end);
	if (end - close < 2 || close[0] != '"' || close[1] != ':')
		return false;
	*raw = kin__span(at, (size_t)(close - at));
	scan->at = writable(scan, close + 2);
	scan->state = DUE;
	return true;
}

bool kin__jsonscan_name_quoted(struct kin__jsonscan *scan, struct kin__span *raw, bool *escaped)
{
	*escaped = false;
	if (scan->state == DUE && !scan->error && !kin__jsonscan_skip(scan))
		return false;
	return read_usual_name(scan, raw) || read_name(scan, raw, escaped);
}

bool kin__jsonscan_name_among(struct kin__jsonscan *scan, uint64_t initials, struct kin__span *raw,
                              bool *escaped)
{
	const char *at;

	if (scan->state == DUE && !scan->error && !kin__jsonscan_skip(scan))
		return false;
	if (!scan->error && in_object(scan)) {
		at = kin__jsonskip_members(scan->at, scan->end, scan->state == FRESH,
		                           (unsigned)(KIN__JSONSCAN_DEPTH - scan->depth), initials);
		scan->state = at == scan->at ? scan->state : DONE;
		scan->at = writable(scan, at);
	}
	return kin__jsonscan_name_quoted(scan, raw, escaped);
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

/* --- what was read by wire/jsonusual -------------------------------------------------------- */

bool kin__jsonscan_enter(struct kin__jsonscan *scan, const char *at)
{
	if (scan->error || scan->state != DUE || scan->depth == KIN__JSONSCAN_DEPTH)
		return false;
	scan->objects |= UINT64_C(1) << scan->depth++;
	scan->at = writable(scan, at);
	return true;
}

void kin__jsonscan_leave(struct kin__jsonscan *scan, const char *at)
{
	scan->at = writable(scan, at);
	scan->depth--;
	scan->state = DONE;
}

bool kin__jsonscan_over(struct kin__jsonscan *scan, const char *at)
{
	if (scan->error || scan->state != DUE)
		return false;
	scan->at = writable(scan, at);
	return done(scan);
}

void kin__jsonscan_end_text(struct kin__jsonscan *scan, struct kin__span text)
{
	writable(scan, text.at)[text.n] = 0;
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
		return fail_at(scan, quote, KIN__JSONSCAN_NOT_BASE64);
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
	if (!read_word(scan))
		return false;
	*value = c == 't';
	return done(scan);
}

bool kin__jsonscan_null(struct kin__jsonscan *scan)
{
	return begin_value(scan) == 'n' && read_word(scan) && done(scan);
}

static bool skip_scalar(struct kin__jsonscan *scan, int c)
{
	struct kin__span text;
	bool escaped;

	if (c == '"')
		return read_quoted(scan, &text, &escaped) && done(scan);
	if (is_number(c))
		return read_number(scan, &text) && done(scan);
	if (c == 't' || c == 'f' || c == 'n')
		return read_word(scan) && done(scan);
	return kin__jsonscan_fail(scan, "a value is due");
}

/* To the next value within the levels above `depth`, closing those that end; false: all of them did, or an error. */
static bool skip_on(struct kin__jsonscan *scan, uint8_t depth)
{
	struct kin__span name;
	bool escaped;

	while (!scan->error && scan->depth > depth)
		if (in_object(scan) ? next_name(scan, &name, &escaped) : next_item(scan))
			return true;
	return false;
}

bool kin__jsonscan_skip(struct kin__jsonscan *scan)
{
	uint8_t depth = scan->depth;
	const char *usual = NULL;
	int c;

	if (!scan->error && scan->state == DUE)
		usual = kin__jsonskip_plain(scan->at, scan->end, (unsigned)(KIN__JSONSCAN_DEPTH - depth));
	if (usual) {
		scan->at = writable(scan, usual);
		return done(scan);
	}
	do {
		c = begin_value(scan);
		if (c < 0 || !(c == '{' || c == '[' ? open_level(scan, (char)c, NULL) : skip_scalar(scan, c)))
			return false;
	} while (skip_on(scan, depth));
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
