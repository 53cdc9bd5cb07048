/* Part of check_aws: the letters at both ends of each range, and texts that end too early. */

static const struct {
	const char *body, *code, *message; /* code NULL: made from the status */
} bodies[] = {
	{ "{\"__type\":\"azAZ09._-\",\"message\":\"m\"}", "azAZ09._-", "m" },
	{ "{\"__type\":\"a@\"}", NULL, "" },
	{ "{\"__type\":\"a[\"}", NULL, "" },
	{ "{\"__type\":\"a`\"}", NULL, "" },
	{ "{\"__type\":\"a{\"}", NULL, "" },
	{ "{\"__type\":\"a/\"}", NULL, "" },
	{ "{\"__type\":\"a;\"}", NULL, "" },
	{ "{\"__type\":\"a,\"}", NULL, "" },
	{ "{\"__type\":\"\",\"code\":\"Second\"}", "Second", "" },
	{ "{\"__type\":1,\"Code\":\"Third\",\"errorMessage\":\"e\"}", "Third", "e" },
	{ "{\"message\":\"a\\u0001b\\u007fc\\u00e4\"}", NULL, "a b c\xc3\xa4" },
	{ "<UnknownOperationException/>", "UnknownOperationException", "" },
	{ "<SomeException", "SomeException", "" },
	{ "<Exception/>", NULL, "" },
	{ "<AException/>", "AException", "" },
	{ "<SomeExceptiom/>", NULL, "" },
	{ "<html>", NULL, "" },
	{ "<", NULL, "" },
	{ "nothing", NULL, "" },
	{ "", NULL, "" },
};

START_TEST(error_bodies)
{
	struct kin__apierror error;

	kin__apierror_read(&error, 418, none, T(bodies[_i].body));
	ck_assert_int_eq(error.synthetic, !bodies[_i].code);
	if (bodies[_i].code)
		ck_assert_str_eq(error.code, bodies[_i].code);
	ck_assert_str_eq(error.message, bodies[_i].message);
}
END_TEST

static const struct {
	const char *url;
	const char *host; /* NULL: refused */
	int port;
} url_rows[] = {
	{ "http://azAZ09-._", "azAZ09-._", 80 },
	{ "http://a@", NULL, 0 },
	{ "http://a[b", NULL, 0 },
	{ "http://a`b", NULL, 0 },
	{ "http://a{b", NULL, 0 },
	{ "http://a..b", NULL, 0 },
	{ "http://.a", NULL, 0 },
	{ "http://-a", NULL, 0 },
	{ "http://[0afAF9::1]", "[0afAF9::1]", 80 },
	{ "http://[::g]", NULL, 0 },
	{ "http://[::G]", NULL, 0 },
	{ "http://[::@]", NULL, 0 },
	{ "http://[::`]", NULL, 0 },
	{ "http://[::/]", NULL, 0 },
	{ "http://[:]", NULL, 0 },
	{ "http://[1:2]", NULL, 0 },
	{ "http://[::1", NULL, 0 },
	{ "http://[]", NULL, 0 },
	{ "http://[::1]:99999", NULL, 0 },
	{ "https://[::1]:65535", "[::1]", 65535 },
	{ "http://[0123:4567:89ab:cdef:0123:4567:89ab:cdef:0123:45]", NULL, 0 },
	{ "http://h:1", "h", 1 },
	{ "http://h:0", NULL, 0 },
	{ "http://h:", NULL, 0 },
	{ "http://h:65536", NULL, 0 },
	{ "http://h:000080", NULL, 0 },
	{ "http://h/%4f", "h", 80 },
	{ "http://h/%4", NULL, 0 },
	{ "http://h/%g0", NULL, 0 },
	{ "http://h/%0g", NULL, 0 },
	{ "http://h/%4f%4F/a", "h", 80 },
	{ "http://h/a/../b", NULL, 0 },
	{ "http://h/a/.", NULL, 0 },
	{ "http://h/a\x7f", NULL, 0 },
	{ "http://h/a\x80", NULL, 0 },
	{ "http://h/a b", NULL, 0 },
	{ "HTTPS://h", "h", 443 },
	{ "ftp://h", NULL, 0 },
	{ "http:/", NULL, 0 },
};

START_TEST(url_corners)
{
	struct kin__url url;
	int code = kin__url_parse(T(url_rows[_i].url), &url, &reason);

	ck_assert_int_eq(code == KIN__AWS_OK, url_rows[_i].host != NULL);
	if (!url_rows[_i].host) {
		ck_assert_str_ne(reason.text, "");
		return;
	}
	ck_assert(kin__span_is(url.host, url_rows[_i].host));
	ck_assert_int_eq(url.port, url_rows[_i].port);
}
END_TEST

START_TEST(url_lengths)
{
	static char text[KIN__URL_BYTES_MAX + 2];
	struct kin__url url;

	memset(text, 'a', sizeof text);
	memcpy(text, "http://h/", 9);
	ck_assert_int_eq(kin__url_parse(kin__span(text, KIN__URL_BYTES_MAX), &url, &reason), KIN__AWS_OK);
	ck_assert_int_eq(kin__url_parse(kin__span(text, KIN__URL_BYTES_MAX + 1), &url, &reason),
	                 KIN__AWS_REFUSED);
	ck_assert_ptr_nonnull(strstr(reason.text, "longer than 2048 bytes"));
	memset(text + 7, 'a', 254);
	ck_assert_int_eq(kin__url_parse(kin__span(text, 7 + 253), &url, &reason), KIN__AWS_OK);
	ck_assert_int_eq(kin__url_parse(kin__span(text, 7 + 254), &url, &reason), KIN__AWS_REFUSED);
}
END_TEST

static const struct {
	const char *region;
	bool valid;
} region_texts[] = {
	{ "azAZ09-a", true }, { "", false },    { "-a", false },  { "a-", false },
	{ "a@", false },      { "a[", false },  { "a`", false },  { "a{", false },
	{ "a/b", false },     { "a:b", false }, { "a,b", false }, { "a.b", false },
};

START_TEST(region_letters)
{
	ck_assert_int_eq(kin__endpoint_region_valid(T(region_texts[_i].region)), region_texts[_i].valid);
}
END_TEST

static const struct {
	const char *arn, *account, *words; /* words NULL: fine */
} arn_rows[] = {
	{ "arn:aws:kinesis:us-east-1:123456789012:stream/s", "", NULL },
	{ "arn:aws:kinesis:us-east-1:123456789012:stream/", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:123456789012:streamer/s", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:123456789012:stream//s", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:12345678901:stream/s", "", "not twelve digits" },
	{ "arn:aws:kinesis:us-east-1:12345678901x:stream/s", "", "not twelve digits" },
	{ "arn:aws:kinesis:us-east-1:/23456789012:stream/s", "", "not twelve digits" },
	{ "arn:aws-cn:kinesis:us-east-1:123456789012:stream/s", "", "partition" },
	{ "arn:aws:kinesis:us-west-2:123456789012:stream/s", "", "region" },
	{ "arn:aws:sqs:us-east-1:123456789012:stream/s", "", "not kinesis" },
	{ "arn:aws", "", "not an ARN" },
	{ "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1700000000", "", NULL },
	{ "arn:aws:kinesis:us-east-1:123456789012:channel/", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:123456789012:channel/a@evil.example:1", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:123456789012:channel/a/", "", "not a stream" },
	{ "arn:aws:kinesis:us-east-1:12345678901:channel/a", "", "not twelve digits" },
	{ "", "123456789012", NULL },
	{ "", "12345678901", "not twelve digits" },
	{ "", "12345678901a", "not twelve digits" },
	{ "", "12345678901.", "not twelve digits" },
};

START_TEST(arn_corners)
{
	struct kin__endpoint_input input = { .region = T("us-east-1"),
		                             .arn = T(arn_rows[_i].arn),
		                             .account_id = T(arn_rows[_i].account) };
	struct kin__endpoint endpoint;
	int code = kin__endpoint_resolve(&input, &endpoint, &reason);

	ck_assert_int_eq(code == KIN__AWS_OK, !arn_rows[_i].words);
	if (arn_rows[_i].words)
		ck_assert_msg(strstr(reason.text, arn_rows[_i].words) != NULL, "%s", reason.text);
	else
		ck_assert_ptr_nonnull(strstr(endpoint.host, "123456789012"));
}
END_TEST

START_TEST(classes_have_names)
{
	ck_assert_str_eq(kin__retry_class_name(KIN__RETRY_NONE), "success");
	ck_assert_str_eq(kin__retry_class_name(KIN__RETRY_FINAL), "final");
	ck_assert_str_eq(kin__retry_class_name((enum kin__retry_class)(KIN__RETRY_FINAL + 1)), "?");
}
END_TEST

static const struct {
	int status;
	const char *code, *message;
	enum kin__retry_class is;
} answer_rows[] = {
	{ 200, "", "", KIN__RETRY_NONE },
	{ 299, "", "", KIN__RETRY_NONE },
	{ 199, "", "", KIN__RETRY_FINAL },
	{ 300, "", "", KIN__RETRY_FINAL },
	{ 200, "SomeException", "", KIN__RETRY_FINAL },
	{ 501, "", "", KIN__RETRY_FINAL },
	{ 400, "InvalidSignatureException", "Signature expired", KIN__RETRY_TRANSIENT },
	{ 400, "InvalidSignatureException", "bah, Signature expired: x", KIN__RETRY_TRANSIENT },
	{ 400, "InvalidSignatureException", "Signature expire", KIN__RETRY_FINAL },
	{ 400, "InvalidSignatureException", "", KIN__RETRY_FINAL },
	{ 400, "ExpiredTokenException", "", KIN__RETRY_EXPIRED },
	{ 429, "", "", KIN__RETRY_THROTTLING },
};

START_TEST(classes_of_answers)
{
	struct kin__retry_outcome outcome = { .transport = KIN__TRANSPORT_OK,
		                              .status = answer_rows[_i].status,
		                              .code = T(answer_rows[_i].code),
		                              .message = T(answer_rows[_i].message) };

	ck_assert_int_eq(kin__retry_classify(&outcome), answer_rows[_i].is);
}
END_TEST

/* The signature's letters are exchanged one by one; the header must have each part, whole. */
static const struct {
	const char *value;
	bool fine;
} headers_of[] = {
#define ALGORITHM_PART "AWS4-HMAC-SHA256 "
#define SCOPE_PART "Credential=AK/20260115/us-east-1/kinesis/aws4_request"
#define SIGNED_PART "SignedHeaders=host;x-amz-date"
#define HEX63 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "f", true },
	{ ALGORITHM_PART SCOPE_PART "," SIGNED_PART ",Signature=" HEX63 "f", true },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "g", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "F", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "/", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 ":", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "`", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63, false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART, false },
	{ ALGORITHM_PART SCOPE_PART ", SignedHeaders=, Signature=" HEX63 "f", false },
	{ ALGORITHM_PART SCOPE_PART ", Signature=" HEX63 "f", false },
	{ ALGORITHM_PART SIGNED_PART ", Signature=" HEX63 "f", false },
	{ ALGORITHM_PART SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "f, Other=x", false },
	{ ALGORITHM_PART "Credential=AK/20260115/us-east-1/kinesis/aws4, " SIGNED_PART ", Signature=" HEX63
	                 "f",
	  false },
	{ ALGORITHM_PART "Credential=AK/2026011/us-east-1/kinesis/aws4_request, " SIGNED_PART
	                 ", Signature=" HEX63 "f",
	  false },
	{ ALGORITHM_PART "Credential=AK/2026011x/us-east-1/kinesis/aws4_request, " SIGNED_PART
	                 ", Signature=" HEX63 "f",
	  false },
	{ ALGORITHM_PART "Credential=AK/20260115/us-east-1//aws4_request, " SIGNED_PART ", Signature=" HEX63
	                 "f",
	  false },
	{ ALGORITHM_PART "Credential=AK/20260115//kinesis/aws4_request, " SIGNED_PART ", Signature=" HEX63
	                 "f",
	  false },
	{ ALGORITHM_PART "Credential=AK//us-east-1/kinesis/aws4_request, " SIGNED_PART ", Signature=" HEX63
	                 "f",
	  false },
	{ ALGORITHM_PART "Credential=/20260115/us-east-1/kinesis/aws4_request, " SIGNED_PART
	                 ", Signature=" HEX63 "f",
	  false },
	{ ALGORITHM_PART "Credential=aws4_request, " SIGNED_PART ", Signature=" HEX63 "f", false },
	{ "AWS4-HMAC-SHA257 " SCOPE_PART ", " SIGNED_PART ", Signature=" HEX63 "f", false },
	{ "", false },
};

START_TEST(authorization_headers)
{
	struct kin__sigv4_authorization out;

	ck_assert_int_eq(kin__sigv4_parse_authorization(T(headers_of[_i].value), &out), headers_of[_i].fine);
}
END_TEST

/* A host among the headers instead of apart; a listed header that did not come. */
START_TEST(hosts_of_received_requests)
{
	struct kin__credentials keys = keys_of("");
	struct kin__request request;
	struct kin__sigv4_options options = { .credentials = &keys,
		                              .region = T("us-east-1"),
		                              .service = T("kinesis"),
		                              .time_ms = SUITE_TIME_MS };
	struct kin__sigv4_authorization authorization;
	struct kin__sigv4 again;
	char line[512];

	kin__sigv4_init(&again);
	kin__request_init(&request, "POST", T("h"), "/");
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, &request, &options, &signed_), KIN__AWS_OK);
	request.host = none;
	ck_assert(kin__request_add(&request, T("Host"), T("h")));
	snprintf(line, sizeof line, "%s", signed_.authorization.at);
	for (int i = 0; i < 3; i++) {
		ck_assert(kin__sigv4_parse_authorization(T(line), &authorization));
		if (i == 0)
			ck_assert_int_eq(kin__sigv4_verify(hash, &key, &request, &authorization,
			                                   T(SUITE_SECRET), false, &again),
			                 KIN__SIGV4_VALID);
		if (i == 1) { /* one apart counts, the other is nothing that was signed */
			request.host = T("h");
			ck_assert_int_eq(kin__sigv4_verify(hash, &key, &request, &authorization,
			                                   T(SUITE_SECRET), false, &again),
			                 KIN__SIGV4_VALID);
		}
		if (i == 2) {
			authorization.signed_headers = T("host;x-amz-date;x-was-lost");
			ck_assert_int_eq(kin__sigv4_verify(hash, &key, &request, &authorization,
			                                   T(SUITE_SECRET), false, &again),
			                 KIN__SIGV4_INCOMPLETE);
		}
	}
	kin__sigv4_fini(&again);
	kin__credentials_fini(&keys);
}
END_TEST

static const struct {
	const char *secret, *date;
	size_t region_n, service_n;
	bool fine;
} key_inputs[] = {
	{ "s", "20260115", 63, 63, true }, { "", "20260115", 1, 1, false },
	{ "s", "2026011", 1, 1, false },   { "s", "202601155", 1, 1, false },
	{ "s", "20260115", 64, 1, false }, { "s", "20260115", 1, 64, false },
};

START_TEST(signing_key_inputs)
{
	char word[64];

	memset(word, 'x', sizeof word);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T(key_inputs[_i].secret), T(key_inputs[_i].date),
	                                    kin__span(word, key_inputs[_i].region_n),
	                                    kin__span(word, key_inputs[_i].service_n)),
	                 key_inputs[_i].fine ? KIN__AWS_OK : KIN__AWS_REFUSED);
}
END_TEST

/* A secret of the same length is another secret. */
START_TEST(another_secret_is_another_key)
{
	struct kin__sha256 first;

	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T("secretA"), T("20260115"), T("r"), T("s")),
	                 KIN__AWS_OK);
	first = key.key;
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T("secretA"), T("20260115"), T("r"), T("s")),
	                 KIN__AWS_OK);
	ck_assert_uint_eq(key.derived, 1);
	ck_assert_int_eq(kin__sigv4_key_get(&key, hash, T("secretB"), T("20260115"), T("r"), T("s")),
	                 KIN__AWS_OK);
	ck_assert_uint_eq(key.derived, 2);
	ck_assert_int_ne(memcmp(&first, &key.key, sizeof first), 0);
}
END_TEST

static const struct {
	const char *path, *plain, *verbatim, *encoded;
} path_rows[] = {
	{ "", "/", "/", "/" },        { "/", "/", "/", "/" },
	{ "a", "/a", "/a", "/a" },    { "/a//b/./../c/", "/a/c/", "/a//b/./../c/", "/a//b/./../c/" },
	{ "/..", "/", "/..", "/.." }, { "/a%2fb c", "/a%252fb%20c", "/a%2fb c", "/a%252fb%20c" },
};

START_TEST(canonical_path_corners)
{
	struct kin__bytes out;

	kin__bytes_init(&out);
	kin__canonical_path(&out, T(path_rows[_i].path), true, true);
	ck_assert_str_eq(out.at, path_rows[_i].plain);
	kin__bytes_clear(&out);
	kin__canonical_path(&out, T(path_rows[_i].path), false, false);
	ck_assert_str_eq(out.at, path_rows[_i].verbatim);
	kin__bytes_clear(&out);
	kin__canonical_path(&out, T(path_rows[_i].path), false, true);
	ck_assert_str_eq(out.at, path_rows[_i].encoded);
	kin__bytes_fini(&out);
}
END_TEST

static const struct {
	const char *query, *canonical;
} query_rows[] = {
	{ "=", "=" },
	{ "=&=", "=&=" },
	{ "a=%2F", "a=%2F" },
	{ "a=%2f", "a=%2F" },
	{ "a=%", "a=%25" },
	{ "a=%2", "a=%252" },
	{ "a=%g0", "a=%25g0" },
	{ "a=%0g", "a=%250g" },
	{ "a=%41", "a=A" },
	{ "a=%:0", "a=%25%3A0" },
	{ "a=%@0", "a=%25%400" },
	{ "a=%`0", "a=%25%600" },
	{ "a=%/0", "a=%25%2F0" },
	{ "a=%Af", "a=%AF" },
	{ "a/b=c", "a%2Fb=c" },
};

START_TEST(canonical_query_corners)
{
	struct kin__bytes out, scratch;

	kin__bytes_init(&out);
	kin__bytes_init(&scratch);
	ck_assert(kin__canonical_query(&out, T(query_rows[_i].query), &scratch));
	ck_assert_str_eq(out.at, query_rows[_i].canonical);
	kin__bytes_fini(&out);
	kin__bytes_fini(&scratch);
}
END_TEST

/* The service's clock stood in [date, date + 999] at some moment of the request: the middle of all that is taken. */
static const struct {
	int64_t elapsed_ms, service_ms;
} clocks[] = { { 0, 499 }, { 1, 500 }, { 400, 699 }, { 2000, 1499 } };

START_TEST(clock_by_one_answer)
{
	struct kin__skew_sample sample = { .date_ms = 50000,
		                           .local_ms = 20000,
		                           .elapsed_ms = clocks[_i].elapsed_ms };
	struct kin__skew skew;
	int64_t service_ms;

	kin__skew_init(&skew, true);
	ck_assert(!kin__skew_service_ms(&skew, 20000, &service_ms));
	kin__skew_take(&skew, &sample);
	ck_assert(kin__skew_service_ms(&skew, 20000, &service_ms));
	ck_assert_int_eq(service_ms, 50000 + clocks[_i].service_ms);
}
END_TEST

static TCase *corners_case(void)
{
	TCase *edge = tcase_create("corners");

	tcase_add_checked_fixture(edge, setup, teardown);
	tcase_add_loop_test(edge, error_bodies, 0, (int)KIN__ARRAY_LEN(bodies));
	tcase_add_loop_test(edge, url_corners, 0, (int)KIN__ARRAY_LEN(url_rows));
	tcase_add_test(edge, url_lengths);
	tcase_add_loop_test(edge, region_letters, 0, (int)KIN__ARRAY_LEN(region_texts));
	tcase_add_loop_test(edge, arn_corners, 0, (int)KIN__ARRAY_LEN(arn_rows));
	tcase_add_test(edge, classes_have_names);
	tcase_add_loop_test(edge, clock_by_one_answer, 0, (int)KIN__ARRAY_LEN(clocks));
	tcase_add_loop_test(edge, classes_of_answers, 0, (int)KIN__ARRAY_LEN(answer_rows));
	tcase_add_loop_test(edge, authorization_headers, 0, (int)KIN__ARRAY_LEN(headers_of));
	tcase_add_test(edge, hosts_of_received_requests);
	tcase_add_loop_test(edge, signing_key_inputs, 0, (int)KIN__ARRAY_LEN(key_inputs));
	tcase_add_test(edge, another_secret_is_another_key);
	tcase_add_loop_test(edge, canonical_path_corners, 0, (int)KIN__ARRAY_LEN(path_rows));
	tcase_add_loop_test(edge, canonical_query_corners, 0, (int)KIN__ARRAY_LEN(query_rows));
	return edge;
}
