#include "aws/canonical.h"
#include "aws/sigv4_text.h"

static bool cut_prefix(struct kin__span *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text->n < n || memcmp(text->at, prefix, n) != 0)
		return false;
	*text = kin__span(text->at + n, text->n - n);
	return true;
}

/* Cuts the last '/' and what follows it; the key id before the scope may itself hold a '/'. */
static bool cut_last(struct kin__span *text, struct kin__span *tail)
{
	size_t n = text->n;

	while (n > 0 && text->at[n - 1] != '/')
		n--;
	if (n == 0)
		return false;
	*tail = kin__span(text->at + n, text->n - n);
	text->n = n - 1;
	return tail->n > 0;
}

static bool is_scope(struct kin__span scope, struct kin__sigv4_authorization *out)
{
	struct kin__span end;
	uint64_t date;

	if (!cut_last(&scope, &end) || !kin__span_is(end, "aws4_request") ||
	    !cut_last(&scope, &out->service) || !cut_last(&scope, &out->region) ||
	    !cut_last(&scope, &out->date))
		return false;
	out->access_key_id = scope;
	return scope.n > 0 && out->date.n == 8 && kin__span_u64(out->date, &date);
}

static bool is_signature(struct kin__span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!(text.at[i] >= '0' && text.at[i] <= '9') && !(text.at[i] >= 'a' && text.at[i] <= 'f'))
			return false;
	return text.n == KIN__SIGV4_HEX - 1;
}

bool kin__sigv4_parse_authorization(struct kin__span value, struct kin__sigv4_authorization *out)
{
	struct kin__span part;
	unsigned seen = 0;

	memset(out, 0, sizeof(*out));
	value = kin__span_trim(value);
	if (!cut_prefix(&value, KIN__SIGV4_ALGORITHM " "))
		return false;
	while (value.n > 0) {
		value = kin__span_cut(value, ',', &part);
		part = kin__span_trim(part);
		if (cut_prefix(&part, "Credential=")) {
			if (!is_scope(part, out))
				return false;
			seen |= 1;
		} else if (cut_prefix(&part, "SignedHeaders=")) {
			out->signed_headers = part;
			seen |= part.n > 0 ? 2 : 0;
		} else if (cut_prefix(&part, "Signature=")) {
			if (!is_signature(part))
				return false;
			out->signature = part;
			seen |= 4;
		} else {
			return false;
		}
	}
	return seen == 7;
}

static bool listed(struct kin__span names, struct kin__span name)
{
	struct kin__span one;

	while (names.n > 0) {
		names = kin__span_cut(names, ';', &one);
		if (kin__span_same_nocase(one, name))
			return true;
	}
	return false;
}

static struct kin__span received_value(const struct kin__request *received, struct kin__span name)
{
	if (received->host.n && kin__span_same_nocase(name, kin__span_text("host")))
		return received->host;
	for (size_t i = 0; i < received->headers_n; i++)
		if (kin__span_same_nocase(received->headers[i].name, name))
			return received->headers[i].value;
	return kin__span(NULL, 0);
}

/* The received headers that are listed; false: one that is listed was not received. */
static bool choose(const struct kin__request *received, struct kin__span names,
                   struct kin__header chosen[KIN__CANONICAL_HEADERS_MAX], size_t *n)
{
	struct kin__span rest = names, name;

	*n = 0;
	while (rest.n > 0) {
		rest = kin__span_cut(rest, ';', &name);
		if (name.n == 0 || !received_value(received, name).at)
			return false;
	}
	if (received->host.n) {
		chosen[0].name = kin__span_text("host");
		chosen[(*n)++].value = received->host;
	}
	for (size_t i = 0; i < received->headers_n; i++) {
		bool host = kin__span_same_nocase(received->headers[i].name, kin__span_text("host"));

		if ((!host || !received->host.n) && listed(names, received->headers[i].name))
			chosen[(*n)++] = received->headers[i];
	}
	return true;
}

static bool dates_agree(const struct kin__request *received,
                        const struct kin__sigv4_authorization *authorization, struct kin__sigv4 *out)
{
	struct kin__span date = kin__span_trim(kin__request_header(received, "x-amz-date"));

	if (date.n != KIN__SIGV4_DATE - 1 || memcmp(date.at, authorization->date.at, 8) != 0)
		return false;
	memcpy(out->date, date.at, date.n);
	out->date[date.n] = 0;
	return listed(authorization->signed_headers, kin__span_text("x-amz-date")) &&
	       listed(authorization->signed_headers, kin__span_text("host"));
}

/* The body's hash, or the marker that the sender signed instead of it. */
static enum kin__sigv4_verdict body_line(struct kin__hash *hash, const struct kin__request *received,
                                         struct kin__sigv4 *out)
{
	struct kin__span said = kin__span_trim(kin__request_header(received, "x-amz-content-sha256"));

	if (kin__span_is(said, "UNSIGNED-PAYLOAD")) {
		memcpy(out->body_sha256, said.at, said.n);
		out->body_sha256[said.n] = 0;
		return KIN__SIGV4_VALID;
	}
	if (!kin__sigv4_text_hash(hash, received->body, out->body_sha256))
		return KIN__SIGV4_FAILED;
	return said.n == 0 || kin__span_is(said, out->body_sha256) ? KIN__SIGV4_VALID
	                                                           : KIN__SIGV4_BODY_MISMATCH;
}

/* In constant time. */
static bool same_signature(struct kin__span given, const char *computed)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < KIN__SIGV4_HEX - 1; i++)
		differs |= (unsigned char)(given.at[i] ^ computed[i]);
	return differs == 0;
}

enum kin__sigv4_verdict kin__sigv4_verify(struct kin__hash *hash, struct kin__sigv4_key *key,
                                          const struct kin__request *received,
                                          const struct kin__sigv4_authorization *authorization,
                                          struct kin__span secret, bool path_verbatim, struct kin__sigv4 *out)
{
	struct kin__header headers[KIN__CANONICAL_HEADERS_MAX];
	enum kin__sigv4_verdict body;
	size_t n;
	int code;

	kin__sigv4_text_reset(out);
	if (!dates_agree(received, authorization, out) ||
	    !choose(received, authorization->signed_headers, headers, &n))
		return KIN__SIGV4_INCOMPLETE;
	body = body_line(hash, received, out);
	if (body != KIN__SIGV4_VALID)
		return body;
	code = kin__sigv4_key_get(key, hash, secret, authorization->date, authorization->region,
	                          authorization->service);
	if (code == KIN__AWS_OK)
		code = kin__sigv4_text_canonical(out, hash, received, headers, n, !path_verbatim,
		                                 !path_verbatim);
	if (code != KIN__AWS_OK)
		return code == KIN__AWS_NOMEM ? KIN__SIGV4_FAILED : KIN__SIGV4_INCOMPLETE;
	if (!kin__sigv4_text_sign(hash, key, &out->to_sign, kin__span_text(out->date), out->canonical_sha256,
	                          out->signature))
		return KIN__SIGV4_FAILED;
	return same_signature(authorization->signature, out->signature) ? KIN__SIGV4_VALID
	                                                                : KIN__SIGV4_MISMATCH;
}
