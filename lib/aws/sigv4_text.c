#include "aws/sigv4_text.h"
#include "aws/canonical.h"

void kin__sigv4_text_hex(char out[static KIN__SIGV4_HEX], const struct kin__sha256 *hash)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(hash->at); i++) {
		out[2 * i] = digits[hash->at[i] >> 4];
		out[2 * i + 1] = digits[hash->at[i] & 15];
	}
	out[KIN__SIGV4_HEX - 1] = 0;
}

bool kin__sigv4_text_hash(struct kin__hash *hash, struct kin__span data, char out[static KIN__SIGV4_HEX])
{
	struct kin__sha256 sum;

	if (!kin__hash_sha256(hash, data.n ? data.at : "", data.n, &sum))
		return false;
	kin__sigv4_text_hex(out, &sum);
	return true;
}

/* date/region/service/aws4_request, of the first eight characters of `date` */
static void scope(struct kin__bytes *out, struct kin__span date, struct kin__span region,
                  struct kin__span service)
{
	kin__bytes_add(out, date.at, date.n < 8 ? date.n : 8);
	kin__bytes_char(out, '/');
	kin__bytes_span(out, region);
	kin__bytes_char(out, '/');
	kin__bytes_span(out, service);
	kin__bytes_text(out, "/aws4_request");
}

bool kin__sigv4_text_sign(struct kin__hash *hash, const struct kin__sigv4_key *key,
                          struct kin__bytes *to_sign, struct kin__span date, const char *canonical_sha256,
                          char signature[static KIN__SIGV4_HEX])
{
	size_t from = to_sign->n;
	struct kin__sha256 sum;

	kin__bytes_text(to_sign, KIN__SIGV4_ALGORITHM "\n");
	kin__bytes_span(to_sign, date);
	kin__bytes_char(to_sign, '\n');
	scope(to_sign, kin__span_text(key->date), kin__span_text(key->region), kin__span_text(key->service));
	kin__bytes_char(to_sign, '\n');
	kin__bytes_add(to_sign, canonical_sha256, KIN__SIGV4_HEX - 1);
	if (to_sign->failed || !kin__hash_hmac(hash, key->key.at, sizeof(key->key.at), to_sign->at + from,
	                                       to_sign->n - from, &sum))
		return false;
	kin__sigv4_text_hex(signature, &sum);
	return true;
}

void kin__sigv4_text_authorization(struct kin__bytes *out, struct kin__span access_key_id,
                                   const struct kin__sigv4_key *key, struct kin__span names,
                                   const char *signature)
{
	kin__bytes_text(out, KIN__SIGV4_ALGORITHM " Credential=");
	kin__bytes_span(out, access_key_id);
	kin__bytes_char(out, '/');
	scope(out, kin__span_text(key->date), kin__span_text(key->region), kin__span_text(key->service));
	kin__bytes_text(out, ", SignedHeaders=");
	kin__bytes_span(out, names);
	kin__bytes_text(out, ", Signature=");
	kin__bytes_add(out, signature, KIN__SIGV4_HEX - 1);
}

void kin__sigv4_text_reset(struct kin__sigv4 *out)
{
	kin__bytes_clear(&out->canonical);
	kin__bytes_clear(&out->to_sign);
	kin__bytes_clear(&out->signed_headers);
	kin__bytes_clear(&out->authorization);
	kin__bytes_clear(&out->scratch);
	out->date[0] = out->body_sha256[0] = out->canonical_sha256[0] = out->signature[0] = 0;
}

int kin__sigv4_text_canonical(struct kin__sigv4 *out, struct kin__hash *hash,
                              const struct kin__request *request, struct kin__header *headers,
                              size_t headers_n, bool normalize, bool encode)
{
	struct kin__bytes *text = &out->canonical;

	kin__bytes_span(text, request->method);
	kin__bytes_char(text, '\n');
	kin__canonical_path(text, request->path, normalize, encode);
	kin__bytes_char(text, '\n');
	if (!kin__canonical_query(text, request->query, &out->scratch))
		return KIN__AWS_REFUSED;
	kin__bytes_char(text, '\n');
	kin__canonical_headers(text, &out->signed_headers, headers, headers_n);
	kin__bytes_char(text, '\n');
	kin__bytes_span(text, kin__bytes_view(&out->signed_headers));
	kin__bytes_char(text, '\n');
	kin__bytes_text(text, out->body_sha256);
	if (text->failed || out->signed_headers.failed ||
	    !kin__sigv4_text_hash(hash, kin__bytes_view(text), out->canonical_sha256))
		return KIN__AWS_NOMEM;
	return KIN__AWS_OK;
}
