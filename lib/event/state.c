/* event/state - see state.h */
#include "event/state.h"
#include "wire/jsonscan.h"
#include "wire/utf8.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Behind the closing quote of the string at `at`. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* Of a text that was checked. */
static void add_compact(struct kin__bytes *out, struct kin__span json)
{
	const char *at = json.at, *end = json.at + json.n, *from;

	kin__bytes_reserve(out, json.n);
	while (at < end) {
		from = at;
		while (at < end && !is_blank(*at))
			at = *at == '"' ? string_end(at, end) : at + 1;
		kin__bytes_add(out, from, (size_t)(at - from));
		while (at < end && is_blank(*at))
			at++;
	}
}

static enum kin__state_found wrong(char why[KIN__STATE_WHY], const char *text)
{
	size_t n = strlen(text);

	n = n < KIN__STATE_WHY ? n : KIN__STATE_WHY - 1;
	memcpy(why, text, n);
	why[n] = 0;
	return KIN__STATE_WRONG;
}

enum kin__state_found kin__state_read(struct kin__bytes *out, const char *json, size_t n,
                                      char why[KIN__STATE_WHY])
{
	struct kin__jsonscan scan;
	struct kin__span value;

	if (n > KIN__STATE_BYTES_REFUSED)
		return wrong(why, "the state has more than 6291456 bytes");
	kin__jsonscan_init_readonly(&scan, json, n);
	if (!kin__jsonscan_raw(&scan, &value) || !kin__jsonscan_finish(&scan))
		return wrong(why, scan.error);
	if (value.at[0] != '{')
		return wrong(why, "the state must be a JSON object");
	if (!kin__utf8_valid(value))
		return wrong(why, "the state is not UTF-8");
	add_compact(out, value);
	return KIN__STATE_FOUND;
}

/* A name may be written with escapes: "\u0073tate". */
static bool is_state(struct kin__span raw, bool escaped)
{
	char name[32];

	if (!escaped)
		return kin__span_is(raw, "state");
	return raw.n <= sizeof name &&
	       kin__span_is(kin__span(name, kin__jsonscan_unescape(name, raw)), "state");
}

enum kin__state_found kin__state_of_response(struct kin__bytes *out, const char *json, size_t n,
                                             char why[KIN__STATE_WHY])
{
	struct kin__span name, state = { NULL, 0 };
	struct kin__jsonscan scan;
	bool escaped;

	kin__jsonscan_init_readonly(&scan, json, n);
	if (kin__jsonscan_type(&scan) != KIN__JSONSCAN_OBJECT)
		return KIN__STATE_NONE;
	kin__jsonscan_object(&scan);
	while (kin__jsonscan_name_quoted(&scan, &name, &escaped))
		if (is_state(name, escaped) && !kin__jsonscan_raw(&scan, &state))
			break;
	if (!kin__jsonscan_finish(&scan))
		return wrong(why, scan.error);
	return state.at ? kin__state_read(out, state.at, state.n, why) : KIN__STATE_NONE;
}
