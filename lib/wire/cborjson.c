/* wire/cborjson - see cborjson.h */
#include "base/timetext.h"
#include "wire/base64.h"
#include "wire/cborjson.h"
#include "wire/jsontext.h"

enum { PATH_MAX_BYTES = 96 };

struct bridge {
	const struct kin__cborjson_member *table;
	char path[PATH_MAX_BYTES];
	size_t path_n; /* above PATH_MAX_BYTES: too long to be in any table */
	int depth;
	bool strict;
	struct kin__bytes *out;
	char *error;
};

/* --- paths ----------------------------------------------------------------------------- */

/* Below `name`; gives what path_n is to be again behind it. */
static size_t go_below(struct bridge *bridge, struct kin__span name)
{
	size_t old = bridge->path_n, dot = old > 0;

	if (old > PATH_MAX_BYTES || name.n > PATH_MAX_BYTES - dot || old > PATH_MAX_BYTES - dot - name.n) {
		bridge->path_n = PATH_MAX_BYTES + 1;
		return old;
	}
	if (dot)
		bridge->path[bridge->path_n++] = '.';
	memcpy(bridge->path + bridge->path_n, name.at, name.n);
	bridge->path_n += name.n;
	return old;
}

static enum kin__cborjson_kind kind_here(const struct bridge *bridge)
{
	if (bridge->path_n > PATH_MAX_BYTES)
		return KIN__CBORJSON_PLAIN;
	for (const struct kin__cborjson_member *member = bridge->table; member->path; member++)
		if (kin__span_is(kin__span(bridge->path, bridge->path_n), member->path))
			return member->kind;
	return KIN__CBORJSON_PLAIN;
}

static size_t put(char *error, size_t n, struct kin__span text)
{
	for (size_t i = 0; i < text.n && n + 1 < KIN__JSON_ERROR; i++)
		error[n++] = text.at[i];
	error[n] = 0;
	return n;
}

/* The first complaint stays; the document itself is not quoted. */
static bool refuse(struct bridge *bridge, const char *what)
{
	size_t n = 0;

	if (bridge->error[0])
		return false;
	if (bridge->path_n > 0 && bridge->path_n <= PATH_MAX_BYTES) {
		n = put(bridge->error, n, kin__span(bridge->path, bridge->path_n));
		n = put(bridge->error, n, kin__span_text(": "));
	}
	put(bridge->error, n, kin__span_text(what));
	return false;
}

static void begin(struct bridge *bridge, struct kin__bytes *out, const char *path,
                  const struct kin__cborjson_member *table, char *error)
{
	*bridge = (struct bridge){ .table = table, .out = out, .error = error };
	error[0] = 0;
	go_below(bridge, kin__span_text(path));
}

/* --- to CBOR ------------------------------------------------------------------------------ */

static bool write_value(struct bridge *bridge, const struct kin__json *json);

/* The size is known before: three bytes for four letters, less the padding. */
static bool write_base64(struct bridge *bridge, struct kin__span text)
{
	size_t n = text.n / 4 * 3, found, pads = 0;
	char *to;

	while (pads < 2 && pads < text.n && text.at[text.n - 1 - pads] == '=')
		pads++;
	if (!kin__bytes_reserve(bridge->out, n + KIN__CBOR_HEAD))
		return false;
	to = bridge->out->at + bridge->out->n;
	to = kin__cbor_put_head(to, KIN__CBOR_MAJOR_BYTES, n - (n > 0 ? pads : 0));
	if (!kin__base64_decode(NULL, to, text.at, text.n, &found))
		return refuse(bridge, "base64 is due");
	bridge->out->n = (size_t)(to - bridge->out->at) + found;
	return true;
}

static bool write_text(struct bridge *bridge, const struct kin__json *json)
{
	struct kin__span text = { "", 0 };

	kin__json_text(json, &text);
	if (kind_here(bridge) == KIN__CBORJSON_BYTES)
		return write_base64(bridge, text);
	kin__cbor_put_text(bridge->out, text);
	return true;
}

static bool write_number(struct bridge *bridge, const struct kin__json *json)
{
	int64_t whole;
	double real = 0;

	if (kind_here(bridge) == KIN__CBORJSON_TIME) {
		if (!kin__json_time_ms(json, &whole))
			return refuse(bridge, "a time out of range");
		kin__cbor_put_time_ms(bridge->out, whole);
	} else if (kin__json_int(json, &whole)) {
		kin__cbor_put_i64(bridge->out, whole);
	} else {
		kin__json_real(json, &real);
		kin__cbor_put_real(bridge->out, real);
	}
	return true;
}

static bool write_map(struct bridge *bridge, const struct kin__json *json)
{
	const struct kin__json *member;
	struct kin__span name;
	void *at = NULL;

	kin__cbor_put_map(bridge->out, kin__json_count(json));
	while ((member = kin__json_each_member(json, &at, &name))) {
		size_t path_n = go_below(bridge, name);

		kin__cbor_put_text(bridge->out, name);
		if (!write_value(bridge, member))
			return false;
		bridge->path_n = path_n;
	}
	return true;
}

static bool write_array(struct bridge *bridge, const struct kin__json *json)
{
	kin__cbor_put_array(bridge->out, kin__json_count(json));
	for (size_t i = 0; i < kin__json_count(json); i++)
		if (!write_value(bridge, kin__json_at(json, i)))
			return false;
	return true;
}

static bool write_level(struct bridge *bridge, const struct kin__json *json)
{
	bool fine;

	if (bridge->depth == KIN__CBOR_DEPTH)
		return refuse(bridge, "nested more than 64 deep");
	bridge->depth++;
	fine = kin__json_type(json) == KIN__JSON_OBJECT ? write_map(bridge, json) : write_array(bridge, json);
	bridge->depth--;
	return fine;
}

static bool write_value(struct bridge *bridge, const struct kin__json *json)
{
	enum kin__json_type type = kin__json_type(json);
	bool yes = false;

	if (kind_here(bridge) == KIN__CBORJSON_BYTES && type != KIN__JSON_TEXT && type != KIN__JSON_NULL &&
	    type != KIN__JSON_ARRAY)
		return refuse(bridge, "base64 is due");
	switch (type) {
	case KIN__JSON_OBJECT:
	case KIN__JSON_ARRAY:
		return write_level(bridge, json);
	case KIN__JSON_TEXT:
		return write_text(bridge, json);
	case KIN__JSON_INT:
	case KIN__JSON_REAL:
		return write_number(bridge, json);
	case KIN__JSON_BOOL:
		kin__json_bool(json, &yes);
		kin__cbor_put_bool(bridge->out, yes);
		return true;
	case KIN__JSON_NULL:
	case KIN__JSON_ABSENT:
		kin__cbor_put_null(bridge->out);
		break;
	}
	return true;
}

int kin__cborjson_to_cbor(struct kin__bytes *out, struct kin__span json, const char *path,
                          const struct kin__cborjson_member *table, char error[KIN__JSON_ERROR])
{
	struct bridge bridge;
	struct kin__json *root;
	bool fine;

	begin(&bridge, out, path, table, error);
	if (kin__json_parse(json.at, json.n, &root, error) < 0)
		return -1;
	fine = write_value(&bridge, root);
	kin__json_free(root);
	if (out->failed)
		refuse(&bridge, "out of memory");
	return fine && !out->failed ? 0 : -1;
}

/* --- to JSON -------------------------------------------------------------------------------- */

struct to_json {
	struct bridge bridge;
	struct kin__cbor cbor;
	struct kin__jsontext json;
};

static bool read_item(struct to_json *to);

static void write_time(struct to_json *to, int64_t ms)
{
	char text[KIN__TIME_TEXT];

	kin__time_epoch(ms, text);
	kin__jsontext_number(&to->json, text);
}

/* JSON's decimal point is a point, whatever the program's locale says. */
static void write_real(struct to_json *to, double real)
{
	struct kin__bytes *out = to->json.out;
	size_t from;

	kin__jsontext_number(&to->json, "");
	from = out->n;
	kin__bytes_format(out, "%.17g", real);
	for (size_t i = from; !out->failed && i < out->n; i++)
		if (out->at[i] == ',')
			out->at[i] = '.';
}

static bool read_number(struct to_json *to)
{
	struct kin__cbor before = to->cbor;
	int64_t whole;
	double real;

	if (to->cbor.tag == 1 || kind_here(&to->bridge) == KIN__CBORJSON_TIME) {
		if (!kin__cbor_time_ms(&to->cbor, &whole))
			return false;
		write_time(to, whole);
		return true;
	}
	if (kin__cbor_i64(&to->cbor, &whole)) {
		kin__jsontext_i64(&to->json, whole);
		return true;
	}
	to->cbor = before;
	if (!kin__cbor_real(&to->cbor, &real))
		return false;
	if (!(real - real == 0)) { /* what is infinite or no number */
		to->cbor = before;
		return kin__cbor_fail(&to->cbor, "a number that JSON has no form for");
	}
	write_real(to, real);
	return true;
}

static bool read_string(struct to_json *to, enum kin__cbor_type type)
{
	bool bytes_due = kind_here(&to->bridge) == KIN__CBORJSON_BYTES;
	struct kin__span span;

	if (to->bridge.strict && bytes_due != (type == KIN__CBOR_BYTES))
		return kin__cbor_fail(&to->cbor, bytes_due ? "bytes are due" : "bytes where none are due");
	if (type == KIN__CBOR_TEXT) {
		if (!kin__cbor_text(&to->cbor, &span))
			return false;
		kin__jsontext_string(&to->json, span);
		return true;
	}
	if (!kin__cbor_bytes(&to->cbor, &span))
		return false;
	kin__jsontext_base64(&to->json, span.at, span.n);
	return true;
}

static bool read_map(struct to_json *to)
{
	struct kin__span name;

	if (!kin__cbor_map(&to->cbor))
		return false;
	kin__jsontext_object(&to->json);
	while (kin__cbor_name(&to->cbor, &name)) {
		size_t path_n = go_below(&to->bridge, name);

		kin__jsontext_name_span(&to->json, name);
		if (!read_item(to))
			return false;
		to->bridge.path_n = path_n;
	}
	kin__jsontext_object_end(&to->json);
	return !to->cbor.error;
}

static bool read_array(struct to_json *to)
{
	if (!kin__cbor_array(&to->cbor))
		return false;
	kin__jsontext_array(&to->json);
	while (kin__cbor_item(&to->cbor))
		if (!read_item(to))
			return false;
	kin__jsontext_array_end(&to->json);
	return !to->cbor.error;
}

static bool read_item(struct to_json *to)
{
	enum kin__cbor_type type = kin__cbor_type(&to->cbor);
	bool yes;

	switch (type) {
	case KIN__CBOR_MAP:
		return read_map(to);
	case KIN__CBOR_ARRAY:
		return read_array(to);
	case KIN__CBOR_TEXT:
	case KIN__CBOR_BYTES:
		return read_string(to, type);
	case KIN__CBOR_INTEGER:
	case KIN__CBOR_FLOAT:
		return read_number(to);
	case KIN__CBOR_BOOL:
		if (!kin__cbor_bool(&to->cbor, &yes))
			return false;
		kin__jsontext_bool(&to->json, yes);
		return true;
	case KIN__CBOR_NULL:
		kin__jsontext_null(&to->json);
		return kin__cbor_null(&to->cbor);
	case KIN__CBOR_SIMPLE:
		return kin__cbor_fail(&to->cbor, "a value that JSON has no form for");
	case KIN__CBOR_NONE:
		break;
	}
	return false;
}

static void say_place(struct bridge *bridge, const struct kin__cbor *cbor)
{
	char digits[20];
	size_t n = sizeof digits, place = cbor->error_at, length;

	refuse(bridge, cbor->error);
	do
		digits[--n] = (char)('0' + place % 10);
	while ((place /= 10) != 0);
	length = put(bridge->error, strlen(bridge->error), kin__span_text(" (byte "));
	length = put(bridge->error, length, kin__span(digits + n, sizeof digits - n));
	put(bridge->error, length, kin__span_text(" of the CBOR)"));
}

int kin__cborjson_to_json(struct kin__bytes *out, char *data, size_t n, const char *path,
                          const struct kin__cborjson_member *table, bool strict, char error[KIN__JSON_ERROR])
{
	struct to_json to;

	begin(&to.bridge, out, path, table, error);
	to.bridge.strict = strict;
	kin__cbor_init(&to.cbor, data, n);
	kin__jsontext_init(&to.json, out);
	if (read_item(&to))
		kin__cbor_finish(&to.cbor);
	if (to.cbor.error)
		say_place(&to.bridge, &to.cbor);
	else if (out->failed)
		refuse(&to.bridge, "out of memory");
	return error[0] ? -1 : 0;
}
