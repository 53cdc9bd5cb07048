#include "base/timetext.h"
#include "aws/canonical.h"
#include "aws/sigv4_text.h"

void kin__sigv4_json_init(struct kin__sigv4_json *json)
{
	memset(json, 0, sizeof(*json));
	kin__bytes_init(&json->text);
	kin__bytes_init(&json->scratch);
}

void kin__sigv4_json_fini(struct kin__sigv4_json *json)
{
	kin__bytes_fini(&json->text);
	kin__bytes_fini(&json->scratch);
	json->lines_n = 0;
}

static void add_line(struct kin__bytes *out, const char *name, struct kin__span value)
{
	kin__bytes_text(out, name);
	kin__bytes_span(out, value);
	kin__bytes_char(out, '\n');
}

/* The signed names are known, and so is their order: nothing to sort. */
static void add_canonical(struct kin__bytes *out, const struct kin__sigv4_json_input *input, const char *date,
                          struct kin__span token, struct kin__span names, const char *body_sha256)
{
	kin__bytes_text(out, "POST\n");
	kin__canonical_path(out, input->path, true, true);
	kin__bytes_text(out, "\n\n");
	add_line(out, "content-type:", input->content_type);
	add_line(out, "host:", input->host);
	add_line(out, "x-amz-date:", kin__span_text(date));
	if (token.n)
		add_line(out, "x-amz-security-token:", token);
	add_line(out, "x-amz-target:", input->target);
	kin__bytes_char(out, '\n');
	kin__bytes_span(out, names);
	kin__bytes_char(out, '\n');
	kin__bytes_add(out, body_sha256, KIN__SIGV4_HEX - 1);
}

static bool sign(struct kin__hash *hash, const struct kin__sigv4_key *key,
                 const struct kin__sigv4_json_input *input, const char *date, struct kin__span names,
                 struct kin__sigv4_json *out, char signature[static KIN__SIGV4_HEX])
{
	char sum[KIN__SIGV4_HEX];

	if (input->body_sha256)
		kin__sigv4_text_hex(sum, input->body_sha256);
	else if (!kin__sigv4_text_hash(hash, input->body, sum))
		return false;
	kin__bytes_clear(&out->scratch);
	add_canonical(&out->scratch, input, date, kin__span_text(input->credentials->session_token), names,
	              sum);
	if (out->scratch.failed || !kin__sigv4_text_hash(hash, kin__bytes_view(&out->scratch), sum))
		return false;
	kin__bytes_clear(&out->scratch);
	return kin__sigv4_text_sign(hash, key, &out->scratch, kin__span_text(date), sum, signature);
}

/* The lines one after the other, each with its 0; the pointers come last, when the text moves no more. */
static bool add_lines(struct kin__sigv4_json *out, const struct kin__sigv4_key *key,
                      const struct kin__credentials *credentials, const char *date, struct kin__span names,
                      const char *signature)
{
	size_t starts[3], n = 0;

	kin__bytes_clear(&out->text);
	starts[n++] = out->text.n;
	kin__bytes_text(&out->text, "X-Amz-Date: ");
	kin__bytes_text(&out->text, date);
	kin__bytes_char(&out->text, 0);
	if (credentials->session_token) {
		starts[n++] = out->text.n;
		kin__bytes_text(&out->text, "X-Amz-Security-Token: ");
		kin__bytes_text(&out->text, credentials->session_token);
		kin__bytes_char(&out->text, 0);
	}
	starts[n++] = out->text.n;
	kin__bytes_text(&out->text, "Authorization: ");
	kin__sigv4_text_authorization(&out->text, kin__span_text(credentials->access_key_id), key, names,
	                              signature);
	kin__bytes_char(&out->text, 0);
	if (out->text.failed)
		return false;
	for (size_t i = 0; i < n; i++)
		out->lines[i] = out->text.at + starts[i];
	out->lines_n = n;
	return true;
}

int kin__sigv4_json_sign(struct kin__hash *hash, struct kin__sigv4_key *key,
                         const struct kin__sigv4_json_input *input, struct kin__sigv4_json *out)
{
	const struct kin__credentials *credentials = input->credentials;
	char date[KIN__TIME_TEXT], signature[KIN__SIGV4_HEX];
	struct kin__span names;
	int code;

	out->lines_n = 0;
	if (!kin__credentials_present(credentials) || input->host.n == 0)
		return KIN__AWS_REFUSED;
	kin__time_amz(input->time_ms, date);
	code = kin__sigv4_key_get(key, hash, kin__span_text(credentials->secret_access_key),
	                          kin__span(date, 8), input->region, input->service);
	if (code != KIN__AWS_OK)
		return code;
	names = kin__span_text(
			credentials->session_token
					? "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
					: "content-type;host;x-amz-date;x-amz-target");
	if (!sign(hash, key, input, date, names, out, signature) ||
	    !add_lines(out, key, credentials, date, names, signature))
		return KIN__AWS_NOMEM;
	return KIN__AWS_OK;
}
