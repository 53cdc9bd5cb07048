#include "tool.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes of the UTF-8 character at `at`, 0: none begins there. */
static size_t character(const unsigned char *at, size_t left)
{
	size_t n = at[0] < 0x80                    ? 1
	           : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
	           : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
	           : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
	                                           : 0;
	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void tool_json_text(FILE *out, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;

	if (!text) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	while (size > 0) {
		size_t n = character(at, size);
		if (n == 0)
			fputs("\\ufffd", out);
		else if (at[0] == '"' || at[0] == '\\')
			fprintf(out, "\\%c", at[0]);
		else if (at[0] < 0x20)
			fprintf(out, "\\u%04x", at[0]);
		else
			fwrite(at, 1, n, out);
		at += n ? n : 1;
		size -= n ? n : 1;
	}
	putc('"', out);
}

void tool_json_base64(FILE *out, const void *data, size_t size)
{
	const unsigned char *at = data;
	char quad[4];

	putc('"', out);
	for (; size > 0; at += 3) {
		unsigned bits = (unsigned)at[0] << 16 | (size > 1 ? (unsigned)at[1] << 8 : 0) |
		                (size > 2 ? at[2] : 0);
		for (int i = 0; i < 4; i++)
			quad[i] = digits[bits >> (18 - 6 * i) & 63];
		if (size < 3)
			quad[3] = '=';
		if (size < 2)
			quad[2] = '=';
		fwrite(quad, 1, 4, out);
		size = size > 3 ? size - 3 : 0;
	}
	putc('"', out);
}

void tool_json_record(FILE *out, const struct kin_record *r)
{
	fputs("{\"shardId\":", out);
	tool_json_text(out, r->shard_id, strlen(r->shard_id));
	fputs(",\"sequenceNumber\":", out);
	tool_json_text(out, r->sequence_number, r->sequence_number_size);
	fprintf(out, ",\"subSequenceNumber\":%llu", (unsigned long long)r->sub_sequence);
	if (r->partition_key) {
		fputs(",\"partitionKey\":", out);
		tool_json_text(out, r->partition_key, r->partition_key_size);
	}
	fprintf(out, ",\"approximateArrivalTimestamp\":%lld,\"data\":", (long long)r->arrival_ms);
	tool_json_base64(out, r->data, r->data_size);
	fputs("}\n", out);
}

bool tool_base64_decode(char *text, size_t size, size_t *out_size)
{
	unsigned char *out = (unsigned char *)text;
	size_t n = 0;

	if (size % 4)
		return false;
	for (size_t i = 0; i < size; i += 4) {
		unsigned bits = 0, pad = 0;
		for (int k = 0; k < 4; k++) {
			const char *digit = text[i + (size_t)k] ? strchr(digits, text[i + (size_t)k]) : NULL;
			if (text[i + (size_t)k] == '=' && i + 4 == size && k > 1)
				pad++;
			else if (!digit || pad)
				return false;
			bits = bits << 6 | (digit ? (unsigned)(digit - digits) : 0);
		}
		out[n++] = (unsigned char)(bits >> 16);
		if (pad < 2)
			out[n++] = (unsigned char)(bits >> 8);
		if (pad < 1)
			out[n++] = (unsigned char)bits;
	}
	*out_size = n;
	return true;
}

/* ---- one flat object of strings ---- */

struct scan {
	char *at, *end;
	const char *why;
};

static void blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
		s->at++;
}

static bool take(struct scan *s, char c, const char *why)
{
	blanks(s);
	if (s->at == s->end || *s->at != c) {
		s->why = why;
		return false;
	}
	s->at++;
	return true;
}

static int hex4(const struct scan *s)
{
	int value = 0;
	if (s->end - s->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = s->at[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
		            : c >= 'a' && c <= 'f' ? c - 'a' + 10
		            : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                                   : -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static char *put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* After "\u": the character of one escape, or of two that make a pair. */
static bool unicode(struct scan *s, unsigned *out)
{
	int high = hex4(s);
	if (high < 0)
		return false;
	s->at += 4;
	*out = (unsigned)high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u')
		return false;
	s->at += 2;
	int low = hex4(s);
	if (low < 0xdc00 || low > 0xdfff)
		return false;
	s->at += 4;
	*out = 0x10000 + (((unsigned)high - 0xd800) << 10) + ((unsigned)low - 0xdc00);
	return true;
}

/* A string, unescaped in place and 0-ended. */
static bool string(struct scan *s, char **value, size_t *size)
{
	static const char from[] = "\"\\/bfnrt", to_what[] = "\"\\/\b\f\n\r\t";

	if (!take(s, '"', "a string in quotes was expected"))
		return false;
	char *to = *value = s->at;
	for (s->why = "a string does not end or holds a wrong escape"; s->at < s->end && *s->at != '"';) {
		if ((unsigned char)*s->at < 0x20)
			return false;
		if (*s->at != '\\') {
			*to++ = *s->at++;
			continue;
		}
		if (++s->at == s->end)
			return false;
		char c = *s->at++;
		const char *known = c ? strchr(from, c) : NULL;
		unsigned code;
		if (known)
			*to++ = to_what[known - from];
		else if (c == 'u' && unicode(s, &code))
			to = put_utf8(to, code);
		else
			return false;
	}
	if (s->at == s->end)
		return false;
	s->at++;
	*size = (size_t)(to - *value);
	*to = 0;
	s->why = NULL;
	return true;
}

static bool null_value(struct scan *s)
{
	blanks(s);
	if (s->end - s->at < 4 || memcmp(s->at, "null", 4))
		return false;
	s->at += 4;
	return true;
}

bool tool_json_members(char *line, size_t size, const char *const *names, char **values, size_t *sizes,
                       const char **why)
{
	struct scan s = { line, line + size, NULL };
	char *name, *value;
	size_t name_n, value_n, i;

	for (i = 0; names[i]; i++)
		values[i] = NULL;
	bool ok = take(&s, '{', "a JSON object was expected");
	for (bool first = true; ok; first = false) {
		blanks(&s);
		if (first && s.at < s.end && *s.at == '}')
			break;
		ok = string(&s, &name, &name_n) && take(&s, ':', "':' was expected after a name");
		bool is_null = ok && null_value(&s);
		ok = ok && (is_null || string(&s, &value, &value_n));
		if (!ok)
			break;
		for (i = 0; names[i] && strcmp(names[i], name); i++)
			;
		if (!names[i]) {
			s.why = "an unknown member; known are partitionKey, data, explicitHashKey";
			ok = false;
		} else if (!is_null) {
			values[i] = value;
			sizes[i] = value_n;
		}
		blanks(&s);
		if (ok && s.at < s.end && *s.at == '}')
			break;
		ok = ok && take(&s, ',', "',' or '}' was expected");
	}
	if (ok) {
		s.at++;
		blanks(&s);
		ok = s.at == s.end;
		if (!ok)
			s.why = "something follows the object";
	}
	*why = s.why;
	return ok;
}

/* ---- any value: what a program answers ---- */

enum { DEPTH_MAX = 64 };

static bool word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (int i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0) {
			s->at += n;
			return true;
		}
	}
	/* A number; its grammar is not looked at further. */
	char *begin = s->at;
	while (s->at < s->end && strchr("+-.0123456789eE", *s->at) && *s->at)
		s->at++;
	return s->at > begin;
}

/* Steps over one value.  message: of the outermost object, the text of its errorMessage; NULL: not looked for. */
static bool value(struct scan *s, int depth, const char **message)
{
	char *text, *name, end;
	size_t n;

	blanks(s);
	if (s->at == s->end || depth > DEPTH_MAX)
		return false;
	if (*s->at == '"')
		return string(s, &text, &n);
	if (*s->at != '{' && *s->at != '[')
		return word(s);
	end = *s->at++ == '{' ? '}' : ']';
	blanks(s);
	if (s->at < s->end && *s->at == end)
		return s->at++, true;
	do {
		bool wanted = false;

		if (end == '}') {
			blanks(s);
			if (!string(s, &name, &n) || !take(s, ':', ""))
				return false;
			wanted = message && strcmp(name, "errorMessage") == 0;
			blanks(s);
		}
		if (wanted && s->at < s->end && *s->at == '"') {
			if (!string(s, &text, &n))
				return false;
			*message = text;
		} else if (!value(s, depth + 1, NULL)) {
			return false;
		}
	} while (take(s, ',', ""));
	return take(s, end, "");
}

int tool_json_error(char *text, size_t size, const char **message)
{
	struct scan s = { text, text + size, NULL };

	*message = NULL;
	if (!value(&s, 0, message))
		return -1;
	blanks(&s);
	return s.at < s.end ? -1 : *message != NULL;
}
