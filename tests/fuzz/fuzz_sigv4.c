/* A request as it came: method, path, query, Authorization, headers as "name:value" parts, body; divided by bytes 0.
 * Verified as it is; then signed by us, which must verify. */
#include "aws/canonical.h"
#include "aws/sigv4.h"
#include "fuzz.h"

/* As HTTP has them: its libraries let no others through. */
static bool is_name(struct kin__span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!name.at[i] ||
		    !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", name.at[i]))
			return false;
	return name.n > 0;
}

static void canonical(const struct kin__request *request)
{
	struct kin__bytes out, scratch;

	kin__bytes_init(&out);
	kin__bytes_init(&scratch);
	kin__canonical_path(&out, request->path, true, true);
	kin__canonical_path(&out, request->path, false, false);
	kin__canonical_query(&out, request->query, &scratch);
	kin__bytes_fini(&out);
	kin__bytes_fini(&scratch);
}

static void sign_and_verify(struct kin__hash *hash, struct kin__request *request)
{
	static char id[] = "AKIDEXAMPLE", secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
	struct kin__credentials credentials = { .access_key_id = id, .secret_access_key = secret };
	struct kin__sigv4_options options = { .credentials = &credentials,
		                              .region = kin__span_text("us-east-1"),
		                              .service = kin__span_text("kinesis"),
		                              .time_ms = INT64_C(1768480496000) };
	struct kin__sigv4_authorization authorization;
	struct kin__sigv4 signed_, verified;
	struct kin__sigv4_key key;

	kin__sigv4_init(&signed_);
	kin__sigv4_init(&verified);
	kin__sigv4_key_init(&key);
	if (kin__sigv4_sign(hash, &key, request, &options, &signed_) == KIN__AWS_OK &&
	    kin__sigv4_parse_authorization(kin__request_header(request, "authorization"), &authorization))
		FUZZ_CHECK(kin__sigv4_verify(hash, &key, request, &authorization, kin__span_text(secret),
		                             false, &verified) == KIN__SIGV4_VALID);
	kin__sigv4_key_fini(&key);
	kin__sigv4_fini(&signed_);
	kin__sigv4_fini(&verified);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct kin__span rest = { copy, size }, value, name;
	struct kin__sigv4_authorization authorization;
	struct kin__request request = { .method = fuzz_part(&rest) };
	struct kin__hash *hash = kin__hash_new();
	struct kin__sigv4_key key;
	struct kin__sigv4 out;

	request.path = fuzz_part(&rest);
	request.query = fuzz_part(&rest);
	value = fuzz_part(&rest);
	for (int i = 0; i < 8 && rest.n > 0; i++) {
		struct kin__span text = kin__span_cut(fuzz_part(&rest), ':', &name);

		if (is_name(name) && text.at)
			kin__request_add(&request, name, text);
	}
	request.body = rest;
	canonical(&request);
	kin__sigv4_init(&out);
	kin__sigv4_key_init(&key);
	if (hash && kin__sigv4_parse_authorization(value, &authorization))
		FUZZ_CHECK(kin__sigv4_verify(hash, &key, &request, &authorization, kin__span_text("secret"),
		                             false, &out) != KIN__SIGV4_FAILED);
	kin__sigv4_key_fini(&key);
	kin__sigv4_fini(&out);
	request.host = kin__span_text("kinesis.us-east-1.amazonaws.com");
	if (hash)
		sign_and_verify(hash, &request);
	kin__hash_free(hash);
	free(copy);
	return 0;
}
