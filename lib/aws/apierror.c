#include "aws/apierror.h"
#include "base/check.h"
#include "wire/cbor.h"
#include "wire/json.h"
#include "wire/utf8.h"

enum { BODY_MAX = 1 << 20 };

/* "com.amazonaws.kinesis#Foo:http://x" -> "Foo". */
static struct kin__span code_of(struct kin__span raw)
{
	struct kin__span code, head;

	kin__span_cut(kin__span_trim(raw), ':', &code);
	while (code.n > 0 && memchr(code.at, '#', code.n))
		code = kin__span_cut(code, '#', &head);
	return kin__span_trim(code);
}

static bool code_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '_' || c == '-';
}

/* false: not a word, so not a code. */
static bool put_code(struct kin__apierror *error, struct kin__span raw)
{
	struct kin__span code = code_of(raw);

	if (code.n == 0)
		return false;
	if (code.n >= sizeof(error->code))
		code.n = sizeof(error->code) - 1;
	for (size_t i = 0; i < code.n; i++)
		if (!code_letter(code.at[i]))
			return false;
	memcpy(error->code, code.at, code.n);
	error->code[code.n] = 0;
	return true;
}

static void put_message(struct kin__apierror *error, struct kin__span text)
{
	size_t n = 0;

	while (text.n > 0) {
		size_t bad = 0, step = kin__utf8_step(text, &bad), bytes = step ? step : 1;

		if (n + bytes >= sizeof(error->message))
			break;
		if (step == 0)
			error->message[n] = '?';
		else if (step == 1 && ((unsigned char)text.at[0] < 0x20 || text.at[0] == 0x7f))
			error->message[n] = ' ';
		else
			memcpy(error->message + n, text.at, step);
		n += bytes;
		text = kin__span(text.at + (step ? step : bad), text.n - (step ? step : bad));
	}
	error->message[n] = 0;
}

/* The first of them that is there counts. */
enum { NAMES = 3 };
static const char *const codes[NAMES] = { "__type", "code", "Code" };
static const char *const messages[NAMES] = { "message", "Message", "errorMessage" };

static bool text_of(const struct kin__json *body, const char *const *names, struct kin__span *text)
{
	for (size_t i = 0; i < NAMES; i++)
		if (kin__json_text(kin__json_member(body, names[i]), text) && text->n > 0)
			return true;
	return false;
}

static void read_json(struct kin__apierror *error, const struct kin__json *body)
{
	struct kin__span text;

	if (!error->code[0] && text_of(body, codes, &text))
		put_code(error, text);
	if (text_of(body, messages, &text))
		put_message(error, text);
	kin__json_time_ms(kin__json_member(body, "ServerTime"), &error->server_time_ms);
}

/* A member of one of the names, if it is a text: kept in its place. */
static void keep_text(struct kin__cbor *cbor, struct kin__span name, const char *const *names,
                      struct kin__span texts[static NAMES])
{
	for (size_t i = 0; i < NAMES; i++)
		if (kin__span_is(name, names[i]) && kin__cbor_type(cbor) == KIN__CBOR_TEXT)
			kin__cbor_text(cbor, &texts[i]);
}

static struct kin__span first_text(const struct kin__span texts[static NAMES])
{
	size_t i = 0;

	while (i < NAMES - 1 && texts[i].n == 0)
		i++;
	return texts[i];
}

static void read_cbor(struct kin__apierror *error, struct kin__span body)
{
	struct kin__span name, code[NAMES] = { { NULL, 0 } }, message[NAMES] = { { NULL, 0 } }, text;
	int64_t server_ms = 0;
	struct kin__cbor cbor;

	kin__cbor_init_readonly(&cbor, body.at, body.n);
	if (kin__cbor_map(&cbor))
		while (kin__cbor_name(&cbor, &name)) {
			keep_text(&cbor, name, codes, code);
			keep_text(&cbor, name, messages, message);
			if (kin__span_is(name, "ServerTime") && !kin__cbor_null(&cbor))
				kin__cbor_time_ms(&cbor, &server_ms);
		}
	if (!kin__cbor_finish(&cbor))
		return;
	text = first_text(code);
	if (!error->code[0] && text.n > 0)
		put_code(error, text);
	text = first_text(message);
	if (text.n > 0)
		put_message(error, text);
	error->server_time_ms = server_ms;
}

static void read_body(struct kin__apierror *error, struct kin__span body)
{
	char why[KIN__JSON_ERROR];
	struct kin__json *json = NULL;

	if (body.n == 0 || body.n > BODY_MAX)
		return;
	if (kin__cbor_is_map(body)) {
		read_cbor(error, body);
		return;
	}
	if (kin__json_parse(body.at, body.n, &json, why) < 0)
		return;
	read_json(error, json);
	kin__json_free(json);
}

/* Some refusals come as <UnknownOperationException/> and the like, whatever the content type says. */
static void read_markup(struct kin__apierror *error, struct kin__span body)
{
	static const char end[] = "Exception";
	size_t n = 0;

	body = kin__span_trim(body);
	if (body.n < 2 || body.at[0] != '<')
		return;
	while (n + 1 < body.n && code_letter(body.at[n + 1]))
		n++;
	if (n > sizeof(end) - 1 && memcmp(body.at + 1 + n - (sizeof(end) - 1), end, sizeof(end) - 1) == 0)
		put_code(error, kin__span(body.at + 1, n));
}

static void make_code(struct kin__apierror *error, int status)
{
	static const struct {
		int status;
		const char *code;
	} known[] = {
		{ 400, "BadRequest" },         { 401, "Unauthorized" },    { 403, "Forbidden" },
		{ 404, "NotFound" },           { 408, "RequestTimeout" },  { 413, "PayloadTooLarge" },
		{ 429, "TooManyRequests" },    { 500, "InternalFailure" }, { 502, "BadGateway" },
		{ 503, "ServiceUnavailable" }, { 504, "GatewayTimeout" },
	};

	error->synthetic = true;
	for (size_t i = 0; i < KIN__ARRAY_LEN(known); i++) {
		if (known[i].status == status) {
			memcpy(error->code, known[i].code, strlen(known[i].code) + 1);
			return;
		}
	}
	memcpy(error->code, "HTTP000", 8);
	for (int i = 6, rest = status > 0 ? status % 1000 : 0; i > 3; i--, rest /= 10)
		error->code[i] = (char)('0' + rest % 10);
}

void kin__apierror_read(struct kin__apierror *error, int status, struct kin__span errortype,
                        struct kin__span body)
{
	memset(error, 0, sizeof(*error));
	put_code(error, errortype);
	read_body(error, body);
	if (!error->code[0])
		read_markup(error, body);
	if (!error->code[0])
		make_code(error, status);
}
