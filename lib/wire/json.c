/* wire/json - see json.h.  A struct kin__json is jansson's json_t under another name: nothing is copied. */
#include <jansson.h>
#include "wire/json.h"

static const json_t *tree(const struct kin__json *json)
{
	return (const json_t *)(const void *)json;
}

static const struct kin__json *wrap(const json_t *json)
{
	return (const struct kin__json *)(const void *)json;
}

/* --- parsing ---------------------------------------------------------------------- */

static size_t put(char *error, size_t n, const char *text)
{
	for (; *text && n + 1 < KIN__JSON_ERROR; text++)
		error[n++] = *text;
	error[n] = 0;
	return n;
}

static size_t put_number(char *error, size_t n, int value)
{
	char digits[12];
	size_t at = sizeof digits - 1;
	unsigned rest = value < 0 ? 0 : (unsigned)value;

	digits[at] = 0;
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	return put(error, n, digits + at);
}

static const char *reason_of(const json_error_t *found)
{
	switch (json_error_code(found)) {
	case json_error_out_of_memory:
		return "out of memory";
	case json_error_stack_overflow:
		return "nested too deep";
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "something stands behind the end of the value";
	case json_error_null_byte_in_key:
		return "a name with a NUL in it";
	case json_error_numeric_overflow:
		return "a number too large";
	default:
		return "invalid syntax";
	}
}

/* jansson's own message quotes the text, which may be a secret: only the place and the kind are told. */
static void describe(char error[KIN__JSON_ERROR], const json_error_t *found)
{
	size_t n = put(error, 0, reason_of(found));

	n = put_number(error, put(error, n, " at line "), found->line);
	n = put_number(error, put(error, n, ", column "), found->column);
	n = put_number(error, put(error, n, " (byte "), found->position);
	put(error, n, ")");
}

int kin__json_parse(const char *text, size_t n, struct kin__json **out, char error[KIN__JSON_ERROR])
{
	const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t found = { .line = 0 };
	const char *zero = n > 0 ? memchr(text, 0, n) : NULL;
	json_t *root;

	*out = NULL;
	if (zero) { /* jansson loses one that stands behind a number or a word, and takes the rest */
		put_number(error, put(error, 0, "there is a NUL at byte "), (int)(zero - text));
		return -1;
	}
	root = json_loadb(n > 0 ? text : "", n, flags, &found);

	/* An integer of more than 64 bits: better all numbers as reals than no answer. */
	if (!root && json_error_code(&found) == json_error_numeric_overflow)
		root = json_loadb(text, n, flags | JSON_DECODE_INT_AS_REAL, &found);
	*out = (struct kin__json *)(void *)root;
	if (root)
		return 0;
	describe(error, &found);
	return -1;
}

void kin__json_free(struct kin__json *root)
{
	json_decref((json_t *)(void *)root);
}

/* --- looking up --------------------------------------------------------------------- */

enum kin__json_type kin__json_type(const struct kin__json *json)
{
	if (!json)
		return KIN__JSON_ABSENT;
	switch (json_typeof(tree(json))) {
	case JSON_OBJECT:
		return KIN__JSON_OBJECT;
	case JSON_ARRAY:
		return KIN__JSON_ARRAY;
	case JSON_STRING:
		return KIN__JSON_TEXT;
	case JSON_INTEGER:
		return KIN__JSON_INT;
	case JSON_REAL:
		return KIN__JSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return KIN__JSON_BOOL;
	case JSON_NULL:
		return KIN__JSON_NULL;
	}
	return KIN__JSON_ABSENT;
}

bool kin__json_is_null(const struct kin__json *json)
{
	return !json || json_is_null(tree(json));
}

size_t kin__json_count(const struct kin__json *json)
{
	if (kin__json_type(json) == KIN__JSON_OBJECT)
		return json_object_size(tree(json));
	return kin__json_type(json) == KIN__JSON_ARRAY ? json_array_size(tree(json)) : 0;
}

const struct kin__json *kin__json_member(const struct kin__json *json, const char *name)
{
	return json ? wrap(json_object_get(tree(json), name)) : NULL;
}

const struct kin__json *kin__json_member_span(const struct kin__json *json, struct kin__span name)
{
	struct kin__span other;
	const struct kin__json *value;
	void *at = NULL;

	while ((value = kin__json_each_member(json, &at, &other)))
		if (kin__span_same(name, other))
			return value;
	return NULL;
}

const struct kin__json *kin__json_at(const struct kin__json *json, size_t i)
{
	return json ? wrap(json_array_get(tree(json), i)) : NULL;
}

/* One step of a path: [3] or a name up to the next '.' or '['. */
static const struct kin__json *step(const struct kin__json *json, struct kin__span *path)
{
	struct kin__span word;
	uint64_t i;
	size_t n = 0;

	if (path->at[0] == '[') {
		*path = kin__span_cut(kin__span(path->at + 1, path->n - 1), ']', &word);
		return kin__span_u64(word, &i) && i <= SIZE_MAX ? kin__json_at(json, (size_t)i) : NULL;
	}
	while (n < path->n && path->at[n] != '.' && path->at[n] != '[')
		n++;
	word = kin__span(path->at, n);
	*path = kin__span(path->at + n, path->n - n);
	return kin__json_member_span(json, word);
}

const struct kin__json *kin__json_path(const struct kin__json *json, const char *path)
{
	struct kin__span rest = kin__span_text(path);

	while (json && rest.n > 0) {
		json = step(json, &rest);
		if (rest.n > 0 && rest.at[0] == '.')
			rest = kin__span(rest.at + 1, rest.n - 1);
	}
	return json;
}

const struct kin__json *kin__json_each_member(const struct kin__json *json, void **at, struct kin__span *name)
{
	json_t *object = (json_t *)(uintptr_t)json; /* jansson's walk takes no const, and writes nothing */

	if (kin__json_type(json) != KIN__JSON_OBJECT)
		return NULL;
	*at = *at ? json_object_iter_next(object, *at) : json_object_iter(object);
	if (!*at)
		return NULL;
	*name = kin__span_text(json_object_iter_key(*at));
	return wrap(json_object_iter_value(*at));
}

/* --- values -------------------------------------------------------------------------- */

bool kin__json_text(const struct kin__json *json, struct kin__span *text)
{
	if (kin__json_type(json) != KIN__JSON_TEXT)
		return false;
	*text = kin__span(json_string_value(tree(json)), json_string_length(tree(json)));
	return true;
}

static bool within_i64(double value)
{
	return value >= -9223372036854775808.0 && value < 9223372036854775808.0;
}

bool kin__json_int(const struct kin__json *json, int64_t *value)
{
	double real;

	if (kin__json_type(json) == KIN__JSON_INT) {
		*value = json_integer_value(tree(json));
		return true;
	}
	if (kin__json_type(json) != KIN__JSON_REAL)
		return false;
	real = json_real_value(tree(json));
	if (!within_i64(real) || (double)(int64_t)real != real)
		return false;
	*value = (int64_t)real;
	return true;
}

bool kin__json_real(const struct kin__json *json, double *value)
{
	if (!json || !json_is_number(tree(json)))
		return false;
	*value = json_number_value(tree(json));
	return true;
}

bool kin__json_bool(const struct kin__json *json, bool *value)
{
	if (kin__json_type(json) != KIN__JSON_BOOL)
		return false;
	*value = json_is_true(tree(json));
	return true;
}

bool kin__json_time_ms(const struct kin__json *json, int64_t *ms)
{
	double real, half;
	int64_t whole;

	if (kin__json_type(json) == KIN__JSON_INT) {
		whole = json_integer_value(tree(json));
		if (whole > INT64_MAX / 1000 || whole < INT64_MIN / 1000)
			return false;
		*ms = whole * 1000;
		return true;
	}
	if (!kin__json_real(json, &real))
		return false;
	half = real < 0 ? -0.5 : 0.5;
	real = real * 1000 + half;
	if (!within_i64(real))
		return false;
	*ms = (int64_t)real;
	return true;
}
