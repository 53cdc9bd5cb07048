/* api/call_answer - what came back: members by path, decoded records, the text itself */
#include <string.h>
#include "api/call.h"
#include "kinesis/form.h"
#include "wire/jsonscan.h"

static bool ended_well(const struct kin_call *call)
{
	return call && kin__handle_check(&call->handle, KIN__HANDLE_CALL, "", NULL) == KIN_OK &&
	       kin__call_state(call) == KIN__CALL_ENDED && call->error.code == KIN_OK;
}

static bool came_as_cbor(const struct kin_call *call)
{
	return kin__cbor_is_map(kin__bytes_view(&call->answer));
}

/* The answer's text; that of GetRecords is made again, for decoding its records has destroyed it, and that of
 * PutRecords may have come as CBOR.  NULL: it has no form in JSON. */
static const struct kin__bytes *text_of(struct kin_call *call)
{
	struct kin__bytes *rest = &call->rest;

	if (!call->page_read && !came_as_cbor(call))
		return &call->answer;
	if (rest->n > 0 || rest->failed)
		return rest;
	if (call->page_read)
		kin__get_page_rest(&call->page, rest);
	else if (kin__form_to_json(rest, call->answer.at, call->answer.n, "", NULL) == KIN_PROTOCOL)
		return NULL;
	return rest;
}

/* KIN_OK and a value that is there; the tree is made at the first look. */
static int look(struct kin_call *call, const char *path, const struct kin__json **out)
{
	char why[KIN__JSON_ERROR];

	int code = path ? kin__handle_check(call ? &call->handle : NULL, KIN__HANDLE_CALL, "", NULL)
	                : KIN_INVALID;

	if (code != KIN_OK)
		return code;
	if (!ended_well(call))
		return KIN_NOT_FOUND;
	if (!call->json) {
		const struct kin__bytes *text = text_of(call);

		if (!text || text->failed)
			return text ? KIN_NOMEM : KIN_PROTOCOL;
		if (text->n == 0)
			return KIN_NOT_FOUND; /* an operation without output */
		if (kin__json_parse(text->at, text->n, &call->json, why) != 0)
			return KIN_PROTOCOL;
	}
	*out = kin__json_path(call->json, path);
	return kin__json_is_null(*out) ? KIN_NOT_FOUND : KIN_OK;
}

int kin_call_text(struct kin_call *call, const char *path, const char **out, size_t *size)
{
	const struct kin__json *found;
	struct kin__span text;
	int code = out ? look(call, path, &found) : KIN_INVALID;

	if (code != KIN_OK)
		return code;
	if (!kin__json_text(found, &text))
		return KIN_INVALID;
	*out = text.at;
	if (size)
		*size = text.n;
	return KIN_OK;
}

static bool scan_cbor_integer(const struct kin_call *call, const char *path, int64_t *out)
{
	struct kin__span name;
	struct kin__cbor cbor;

	kin__cbor_init_readonly(&cbor, call->answer.at, call->answer.n);
	if (!kin__cbor_map(&cbor))
		return false;
	while (kin__cbor_name(&cbor, &name))
		if (kin__span_is(name, path))
			return kin__cbor_type(&cbor) == KIN__CBOR_INTEGER && kin__cbor_i64(&cbor, out);
	return false;
}

/* A whole number at the top, such as FailedRecordCount, needs no tree; what is any other is left to the tree. */
static bool scan_integer(struct kin_call *call, const char *path, int64_t *out)
{
	struct kin__jsonscan scan;
	struct kin__span name, number;

	if (!ended_well(call) || call->json || call->page_read || call->answer.n == 0 || strpbrk(path, ".["))
		return false;
	if (came_as_cbor(call))
		return scan_cbor_integer(call, path, out);
	kin__jsonscan_init_readonly(&scan, call->answer.at, call->answer.n);
	if (!kin__jsonscan_object(&scan))
		return false;
	while (kin__jsonscan_name(&scan, &name))
		if (kin__span_is(name, path))
			return kin__jsonscan_type(&scan) == KIN__JSONSCAN_NUMBER &&
			       kin__jsonscan_number(&scan, &number) && kin__span_i64(number, out);
	return false;
}

int kin_call_integer(struct kin_call *call, const char *path, int64_t *out)
{
	const struct kin__json *found;
	int code;

	if (out && path && scan_integer(call, path, out))
		return KIN_OK;
	code = out ? look(call, path, &found) : KIN_INVALID;

	return code != KIN_OK ? code : kin__json_int(found, out) ? KIN_OK : KIN_INVALID;
}

int kin_call_boolean(struct kin_call *call, const char *path, bool *out)
{
	const struct kin__json *found;
	int code = out ? look(call, path, &found) : KIN_INVALID;

	return code != KIN_OK ? code : kin__json_bool(found, out) ? KIN_OK : KIN_INVALID;
}

int kin_call_time(struct kin_call *call, const char *path, int64_t *unix_ms)
{
	const struct kin__json *found;
	int code = unix_ms ? look(call, path, &found) : KIN_INVALID;

	return code != KIN_OK ? code : kin__json_time_ms(found, unix_ms) ? KIN_OK : KIN_INVALID;
}

size_t kin_call_count(struct kin_call *call, const char *path)
{
	const struct kin__json *found;

	if (look(call, path, &found) != KIN_OK || kin__json_type(found) != KIN__JSON_ARRAY)
		return 0;
	return kin__json_count(found);
}

const struct kin_record *kin_call_records(struct kin_call *call, size_t *count)
{
	bool there = ended_well(call) && call->page_read && call->page.n > 0;

	if (count)
		*count = there ? call->page.n : 0;
	return there ? call->page.records : NULL;
}

const char *kin_call_body(struct kin_call *call, size_t *size)
{
	const struct kin__bytes *text = ended_well(call) ? text_of(call) : NULL;
	bool there = text && !text->failed && text->n > 0;

	if (size)
		*size = there ? text->n : 0;
	return there ? text->at : "";
}

const char *kin_call_request_id(struct kin_call *call)
{
	if (!call || kin__handle_check(&call->handle, KIN__HANDLE_CALL, "", NULL) != KIN_OK ||
	    kin__call_state(call) != KIN__CALL_ENDED)
		return "";
	return call->error.request_id;
}
