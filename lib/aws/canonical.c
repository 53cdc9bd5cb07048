#include "aws/canonical.h"

static bool unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void encode_byte(struct kin__bytes *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	const char text[3] = { '%', hex[c >> 4], hex[c & 15] };

	kin__bytes_add(out, text, 3);
}

/* Percent-encodes all but A-Z a-z 0-9 - . _ ~ (and '/' if kept), upper-case hex. */
static void percent(struct kin__bytes *out, struct kin__span raw, bool keep_slash)
{
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.at[i];

		if (unreserved(c) || (c == '/' && keep_slash))
			kin__bytes_char(out, (char)c);
		else
			encode_byte(out, c);
	}
}

/* Cuts the last segment of what was written since `from`. */
static void step_back(struct kin__bytes *out, size_t from)
{
	while (out->n > from && out->at[out->n - 1] != '/')
		out->n--;
	if (out->n > from)
		out->at[--out->n] = 0;
}

void kin__canonical_path(struct kin__bytes *out, struct kin__span path, bool normalize, bool encode)
{
	size_t from = out->n;
	bool slash = path.n > 0 && path.at[path.n - 1] == '/';

	if (!normalize) {
		if (path.n == 0 || path.at[0] != '/')
			kin__bytes_char(out, '/');
		if (encode)
			percent(out, path, true);
		else
			kin__bytes_span(out, path);
		return;
	}
	while (path.n > 0) {
		struct kin__span segment;

		path = kin__span_cut(path, '/', &segment);
		if (kin__span_is(segment, "..")) {
			step_back(out, from);
		} else if (segment.n > 0 && !kin__span_is(segment, ".")) {
			kin__bytes_char(out, '/');
			if (encode)
				percent(out, segment, true);
			else
				kin__bytes_span(out, segment);
		}
	}
	if (slash || out->n == from)
		kin__bytes_char(out, '/');
}

/* --- query --- */

struct param {
	size_t at, name_n, value_n; /* in the scratch buffer: name, then value */
};

/* Decoded and encoded again, so that all spellings of a byte become one. */
static size_t recode(struct kin__bytes *out, struct kin__span text)
{
	size_t from = out->n;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '%' && text.n - i >= 3 && hex_value(text.at[i + 1]) >= 0 &&
		    hex_value(text.at[i + 2]) >= 0) {
			c = (unsigned char)(hex_value(text.at[i + 1]) * 16 + hex_value(text.at[i + 2]));
			i += 2;
		}
		if (unreserved(c))
			kin__bytes_char(out, (char)c);
		else
			encode_byte(out, c);
	}
	return out->n - from;
}

static int compare(const char *a, size_t a_n, const char *b, size_t b_n)
{
	int order = memcmp(a, b, a_n < b_n ? a_n : b_n);

	if (order != 0)
		return order;
	return a_n < b_n ? -1 : a_n > b_n;
}

/* By name, then by value: never by the joined text, for '=' sorts after '-' and '.'. */
static bool before(const char *base, const struct param *a, const struct param *b)
{
	int order = compare(base + a->at, a->name_n, base + b->at, b->name_n);

	if (order == 0)
		order = compare(base + a->at + a->name_n, a->value_n, base + b->at + b->name_n, b->value_n);
	return order < 0;
}

static void sort_params(const char *base, struct param *params, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct param moved = params[i];
		size_t j = i;

		for (; j > 0 && before(base, &moved, &params[j - 1]); j--)
			params[j] = params[j - 1];
		params[j] = moved;
	}
}

bool kin__canonical_query(struct kin__bytes *out, struct kin__span query, struct kin__bytes *scratch)
{
	struct param params[KIN__CANONICAL_PARAMS_MAX];
	const char *texts;
	size_t n = 0;

	kin__bytes_clear(scratch);
	while (query.n > 0) {
		struct kin__span pair, name, value;

		query = kin__span_cut(query, '&', &pair);
		if (pair.n == 0)
			continue;
		if (n == KIN__CANONICAL_PARAMS_MAX)
			return false;
		value = kin__span_cut(pair, '=', &name);
		params[n].at = scratch->n;
		params[n].name_n = recode(scratch, name);
		params[n++].value_n = recode(scratch, value);
	}
	if (scratch->failed) {
		out->failed = true;
		return true;
	}
	texts = kin__bytes_view(scratch).at; /* "=" has none: no memory was needed */
	sort_params(texts, params, n);
	for (size_t i = 0; i < n; i++) {
		const char *text = texts + params[i].at;

		if (i > 0)
			kin__bytes_char(out, '&');
		kin__bytes_add(out, text, params[i].name_n);
		kin__bytes_char(out, '=');
		kin__bytes_add(out, text + params[i].name_n, params[i].value_n);
	}
	return true;
}

/* --- headers --- */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void kin__canonical_value(struct kin__bytes *out, struct kin__span value)
{
	value = kin__span_trim(value);
	for (size_t i = 0; i < value.n; i++) {
		if (!blank(value.at[i]))
			kin__bytes_char(out, value.at[i]);
		else if (!blank(value.at[i - 1])) /* i > 0: the value is trimmed */
			kin__bytes_char(out, ' ');
	}
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool name_before(struct kin__span a, struct kin__span b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return lower(a.at[i]) < lower(b.at[i]);
	return a.n < b.n;
}

/* Stable: headers of one name keep the order they came in. */
static void sort_headers(struct kin__header *headers, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct kin__header moved = headers[i];
		size_t j = i;

		for (; j > 0 && name_before(moved.name, headers[j - 1].name); j--)
			headers[j] = headers[j - 1];
		headers[j] = moved;
	}
}

static void add_lower(struct kin__bytes *out, struct kin__span name)
{
	for (size_t i = 0; i < name.n; i++)
		kin__bytes_char(out, (char)lower(name.at[i]));
}

void kin__canonical_headers(struct kin__bytes *out, struct kin__bytes *names, struct kin__header *headers,
                            size_t n)
{
	sort_headers(headers, n);
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 && kin__span_same_nocase(headers[i].name, headers[i - 1].name);

		if (!same) {
			if (i > 0) {
				kin__bytes_char(out, '\n');
				kin__bytes_char(names, ';');
			}
			add_lower(out, headers[i].name);
			add_lower(names, headers[i].name);
		}
		kin__bytes_char(out, same ? ',' : ':');
		kin__canonical_value(out, headers[i].value);
	}
	if (n > 0)
		kin__bytes_char(out, '\n');
}
