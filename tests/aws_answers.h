/* The answers' part of check_aws.c: retries, clock skew and error bodies. */
#ifndef KIN_TESTS_AWS_ANSWERS_H
#define KIN_TESTS_AWS_ANSWERS_H

enum { SKEWED = 1, UNPARSABLE = 2, MODEL_THROTTLING = 4, MODEL_RETRYABLE = 8 };

static const struct retry_row {
	enum kin__transport transport;
	int status;
	const char *code, *message;
	unsigned flags;
	enum kin__retry_class expect;
	bool ambiguous;
} retry_rows[] = {
	{ KIN__TRANSPORT_OK, 200, "", "", 0, KIN__RETRY_NONE, false },
	{ KIN__TRANSPORT_OK, 204, "", "", 0, KIN__RETRY_NONE, false },
	{ KIN__TRANSPORT_OK, 200, "", "", UNPARSABLE, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_OK, 200, "", "", SKEWED, KIN__RETRY_NONE, false },
	{ KIN__TRANSPORT_OK, 429, "Whatever", "", 0, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 400, "ProvisionedThroughputExceededException", "", 0, KIN__RETRY_THROTTLING,
	  false },
	{ KIN__TRANSPORT_OK, 400, "KMSThrottlingException", "", 0, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 400, "LimitExceededException", "", 0, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 400, "ThrottlingException", "", 0, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 400, "Throttling", "", 0, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 503, "SlowDown", "", 0, KIN__RETRY_THROTTLING, true },
	{ KIN__TRANSPORT_OK, 400, "Own", "", MODEL_THROTTLING, KIN__RETRY_THROTTLING, false },
	{ KIN__TRANSPORT_OK, 400, "Own", "", MODEL_RETRYABLE, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_OK, 500, "InternalFailure", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_OK, 502, "BadGateway", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_OK, 503, "ServiceUnavailable", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_OK, 504, "GatewayTimeout", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_OK, 501, "NotImplemented", "", 0, KIN__RETRY_FINAL, true },
	{ KIN__TRANSPORT_OK, 507, "Full", "", 0, KIN__RETRY_FINAL, true },
	{ KIN__TRANSPORT_OK, 400, "RequestTimeout", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_OK, 400, "RequestTimeoutException", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_OK, 400, "IDPCommunicationError", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_OK, 400, "ResourceNotFoundException", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 400, "ResourceNotFoundException", "", SKEWED, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 400, "AccessDeniedException", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 301, "", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 404, "NotFound", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 403, "RequestTimeTooSkewed", "", SKEWED, KIN__RETRY_SKEW, false },
	{ KIN__TRANSPORT_OK, 403, "RequestTimeTooSkewed", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 400, "InvalidSignatureException", "", SKEWED, KIN__RETRY_SKEW, false },
	{ KIN__TRANSPORT_OK, 400, "InvalidSignatureException", "Signature expired: 2026 is now earlier than",
	  0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_OK, 400, "InvalidSignatureException", "does not match", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_OK, 400, "ExpiredTokenException", "", 0, KIN__RETRY_EXPIRED, false },
	{ KIN__TRANSPORT_OK, 400, "ExpiredToken", "", 0, KIN__RETRY_EXPIRED, false },
	{ KIN__TRANSPORT_OK, 403, "UnrecognizedClientException", "", 0, KIN__RETRY_EXPIRED, false },
	{ KIN__TRANSPORT_OK, 403, "InvalidClientTokenId", "", 0, KIN__RETRY_EXPIRED, false },
	{ KIN__TRANSPORT_DNS, 0, "", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_CONNECT, 0, "", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_CONNECT_TIMEOUT, 0, "", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_TLS, 0, "", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_CERTIFICATE, 0, "", "", 0, KIN__RETRY_FINAL, false },
	{ KIN__TRANSPORT_SEND, 0, "", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_RECEIVE, 200, "", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_TIMEOUT, 0, "", "", 0, KIN__RETRY_TRANSIENT, true },
	{ KIN__TRANSPORT_REFUSED_STREAM, 0, "", "", 0, KIN__RETRY_TRANSIENT, false },
	{ KIN__TRANSPORT_ABORTED, 0, "", "", 0, KIN__RETRY_FINAL, true },
	{ KIN__TRANSPORT_LOCAL, 0, "", "", 0, KIN__RETRY_FINAL, false },
};

static struct kin__retry_outcome outcome_of(const struct retry_row *row)
{
	return (struct kin__retry_outcome){ .transport = row->transport,
		                            .status = row->status,
		                            .code = T(row->code),
		                            .message = T(row->message),
		                            .skew_corrected = row->flags & SKEWED,
		                            .body_unparsable = row->flags & UNPARSABLE,
		                            .modelled_throttling = row->flags & MODEL_THROTTLING,
		                            .modelled_retryable = row->flags & MODEL_RETRYABLE };
}

START_TEST(classification)
{
	const struct retry_row *row = &retry_rows[_i];
	struct kin__retry_outcome outcome = outcome_of(row);

	ck_assert_msg(kin__retry_classify(&outcome) == row->expect, "%d %s: %s", row->status, row->code,
	              kin__retry_class_name(kin__retry_classify(&outcome)));
	ck_assert_int_eq(kin__retry_ambiguous(&outcome), row->ambiguous);
}
END_TEST

START_TEST(tokens)
{
	struct kin__retry_bucket bucket;
	int taken = 0;

	kin__retry_bucket_init(&bucket);
	while (kin__retry_bucket_take(&bucket, kin__retry_cost(KIN__RETRY_TRANSIENT)))
		taken++;
	ck_assert_int_eq(taken, 35);
	ck_assert_uint_eq(bucket.tokens, 10);
	ck_assert(kin__retry_bucket_take(&bucket, kin__retry_cost(KIN__RETRY_THROTTLING)));
	ck_assert(kin__retry_bucket_take(&bucket, kin__retry_cost(KIN__RETRY_THROTTLING)));
	ck_assert(!kin__retry_bucket_take(&bucket, kin__retry_cost(KIN__RETRY_THROTTLING)));
	kin__retry_bucket_give(&bucket, 0);
	kin__retry_bucket_give(&bucket, 14);
	ck_assert_uint_eq(bucket.tokens, 15);
	kin__retry_bucket_give(&bucket, 490);
	ck_assert_uint_eq(bucket.tokens, 500);
}
END_TEST

START_TEST(delays)
{
	static const uint64_t transient[] = { 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000 };
	static const uint64_t throttling[] = { 1000, 2000, 4000, 8000, 16000, 20000, 20000 };
	struct kin__rng rng = { 1 };

	for (uint32_t i = 0; i < KIN__ARRAY_LEN(transient); i++) {
		uint64_t most = 0;

		for (int n = 0; n < 400; n++) {
			uint64_t delay = kin__retry_delay_ms(&rng, KIN__RETRY_TRANSIENT, i);

			ck_assert_uint_lt(delay, transient[i] + 1);
			most = delay > most ? delay : most;
		}
		ck_assert_uint_gt(most, transient[i] * 9 / 10); /* the whole span is used */
	}
	for (uint32_t i = 0; i < KIN__ARRAY_LEN(throttling); i++) {
		uint64_t most = 0;

		for (int n = 0; n < 400; n++) {
			uint64_t delay = kin__retry_delay_ms(&rng, KIN__RETRY_THROTTLING, i);

			ck_assert_uint_lt(delay, throttling[i] + 1);
			most = delay > most ? delay : most;
		}
		ck_assert_uint_gt(most, throttling[i] * 9 / 10);
	}
	ck_assert_uint_eq(kin__retry_hinted_ms(30, 1500), 1500);
	ck_assert_uint_eq(kin__retry_hinted_ms(30, 60000), 5030);
	ck_assert_uint_eq(kin__retry_hinted_ms(30, 10), 30);
	ck_assert_uint_eq(kin__retry_hinted_ms(30, UINT64_MAX), 5030);
}
END_TEST

START_TEST(hints)
{
	static const struct {
		const char *name, *value;
		bool counts;
		uint64_t ms;
	} rows[] = {
		{ "x-amz-retry-after", "1500", true, 1500 },
		{ "X-Amz-Retry-After", " 0 ", true, 0 },
		{ "x-amz-retry-after", "1.5", false, 0 },
		{ "x-amz-retry-after", "-1", false, 0 },
		{ "x-amz-retry-after", "", false, 0 },
		{ "Retry-After", "2", true, 2000 },
		{ "retry-after", "1.5", true, 1500 },
		{ "retry-after", "-3", false, 0 },
		{ "retry-after", "soon", false, 0 },
		{ "Content-Length", "5", false, 0 },
		{ "retry-after", "Thu, 15 Jan 2026 12:35:06 GMT", true, 10000 },
		{ "retry-after", "Thu, 15 Jan 2026 12:34:00 GMT", false, 0 },
		{ "x-amz-retry-after", "99999999999999999999999", false, 0 },
	};

	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		uint64_t ms = 0;

		ck_assert_msg(kin__retry_hint(T(rows[i].name), T(rows[i].value), VECTOR_TIME_MS, &ms) ==
		                              rows[i].counts,
		              "%s: %s", rows[i].name, rows[i].value);
		ck_assert_uint_eq(ms, rows[i].ms);
	}
}
END_TEST

static struct kin__retry_verdict judge(struct kin__retry_call *call, struct kin__retry_bucket *bucket,
                                       int status, const char *code, bool skewed)
{
	struct kin__retry_outcome outcome = { .status = status, .code = T(code), .skew_corrected = skewed };
	struct kin__rng rng = { 7 };

	return kin__retry_judge(call, bucket, &rng, &outcome, NULL);
}

START_TEST(a_call)
{
	struct kin__retry_bucket bucket;
	struct kin__retry_call call;
	struct kin__retry_verdict verdict;

	kin__retry_bucket_init(&bucket);
	kin__retry_call_init(&call, 3);
	verdict = judge(&call, &bucket, 500, "InternalFailure", false);
	ck_assert(verdict.again && verdict.delay_ms <= 50);
	verdict = judge(&call, &bucket, 400, "Throttling", false);
	ck_assert(verdict.again && verdict.delay_ms <= 2000);
	ck_assert_uint_eq(bucket.tokens, 500 - 14 - 5);
	verdict = judge(&call, &bucket, 500, "InternalFailure", false);
	ck_assert(!verdict.again);
	ck_assert_int_eq(verdict.why_not, KIN__RETRY_NO_ATTEMPTS);
	ck_assert_uint_eq(bucket.tokens, 481);
	verdict = judge(&call, &bucket, 200, "", false); /* success gives back the last retry's cost */
	ck_assert_uint_eq(bucket.tokens, 486);
	kin__retry_call_init(&call, 3);
	verdict = judge(&call, &bucket, 200, "", false);
	ck_assert_uint_eq(bucket.tokens, 487);
	kin__retry_call_init(&call, 3);
	verdict = judge(&call, &bucket, 400, "ValidationException", false);
	ck_assert_int_eq(verdict.why_not, KIN__RETRY_IS_FINAL);
	kin__retry_call_init(&call, 0); /* at least one attempt */
	verdict = judge(&call, &bucket, 503, "", false);
	ck_assert_int_eq(verdict.why_not, KIN__RETRY_NO_ATTEMPTS);
	bucket.tokens = 13;
	kin__retry_call_init(&call, 3);
	verdict = judge(&call, &bucket, 503, "", false);
	ck_assert_int_eq(verdict.why_not, KIN__RETRY_NO_TOKENS);
	ck_assert_uint_eq(verdict.delay_ms, 0);
}
END_TEST

START_TEST(special_retries)
{
	struct kin__retry_outcome slow = { .status = 429 };
	struct kin__retry_bucket bucket;
	struct kin__retry_call call;
	struct kin__retry_verdict verdict;
	struct kin__rng rng = { 3 };
	uint64_t hint = 4000;

	kin__retry_bucket_init(&bucket);
	kin__retry_call_init(&call, 9);
	ck_assert(judge(&call, &bucket, 403, "RequestTimeTooSkewed", true).again);
	ck_assert_int_eq(judge(&call, &bucket, 403, "RequestTimeTooSkewed", true).why_not,
	                 KIN__RETRY_IS_FINAL);
	ck_assert_int_eq(judge(&call, &bucket, 400, "ExpiredTokenException", false).why_not,
	                 KIN__RETRY_IS_FINAL);
	call.can_refresh = true;
	verdict = judge(&call, &bucket, 400, "ExpiredTokenException", false);
	ck_assert(verdict.again && verdict.refresh_credentials);
	ck_assert(!judge(&call, &bucket, 400, "ExpiredTokenException", false).again);
	kin__retry_call_init(&call, 3);
	verdict = kin__retry_judge(&call, &bucket, &rng, &slow, &hint);
	ck_assert(verdict.again && verdict.delay_ms == 4000);
	bucket.tokens = 0;
	call.long_poll = true;
	verdict = kin__retry_judge(&call, &bucket, &rng, &slow, &hint);
	ck_assert(!verdict.again);
	ck_assert_int_eq(verdict.why_not, KIN__RETRY_NO_TOKENS);
	ck_assert_uint_ge(verdict.delay_ms, 4000);
}
END_TEST

/* --- clock skew --- */

static bool sample(struct kin__skew *skew, int64_t local_ms, int64_t date_ms, int64_t elapsed_ms)
{
	struct kin__skew_sample s = { .local_ms = local_ms, .date_ms = date_ms, .elapsed_ms = elapsed_ms };

	return kin__skew_take(skew, &s);
}

START_TEST(signing_offset)
{
	static const struct {
		int64_t offset_ms; /* of the sample */
		bool changes;
		int64_t then_ms;
	} rows[] = {
		{ 0, false, 0 },
		{ 239999, false, 0 },
		{ 240000, true, 240000 },
		{ 0, true, 0 },
		{ -239999, false, 0 },
		{ -240000, true, -240000 },
		{ -479999, false, -240000 },
		{ -480000, true, -480000 },
		{ 7200000, true, 7200000 },
	};
	struct kin__skew skew;

	kin__skew_init(&skew, true);
	for (size_t i = 0; i < KIN__ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(sample(&skew, VECTOR_TIME_MS, VECTOR_TIME_MS + rows[i].offset_ms, 10),
		                 rows[i].changes);
		ck_assert_int_eq(kin__skew_signing_ms(&skew, 1000), 1000 + rows[i].then_ms);
	}
	kin__skew_init(&skew, false);
	ck_assert(!sample(&skew, 0, 7200000, 10));
	ck_assert_int_eq(kin__skew_signing_ms(&skew, 5), 5);
	ck_assert(skew.known);
}
END_TEST

START_TEST(service_time)
{
	struct kin__skew skew;
	int64_t now = 0, true_offset = 12345, worst = 0;
	struct kin__rng rng = { 11 };

	kin__skew_init(&skew, true);
	ck_assert(!kin__skew_service_ms(&skew, 1, &now));
	for (int i = 0; i < 200;
	     i++) { /* a service 12.345 s ahead, answers after up to 80 ms, Dates cut to seconds */
		int64_t sent = VECTOR_TIME_MS + i * 733, elapsed = (int64_t)kin__rng_below(&rng, 80);
		int64_t at = sent + elapsed / 2 + true_offset;

		sample(&skew, sent + elapsed, at - at % 1000, elapsed);
		ck_assert(kin__skew_service_ms(&skew, 0, &now));
		ck_assert(skew.low_ms <= true_offset && true_offset <= skew.high_ms);
		ck_assert_int_le(llabs(now - true_offset), 540);
		worst = llabs(now - true_offset);
	}
	ck_assert_int_le(worst, 60); /* many answers know better than one second */
	sample(&skew, VECTOR_TIME_MS, VECTOR_TIME_MS - 5000, 0); /* the local clock was set: begin anew */
	ck_assert(kin__skew_service_ms(&skew, 0, &now));
	ck_assert_int_eq(skew.low_ms, -5000);
	ck_assert_int_eq(skew.high_ms, -4001);
	ck_assert_int_eq(now, -5000 + 499);
}
END_TEST

START_TEST(skew_ignored)
{
	struct kin__skew_sample s = { .local_ms = 0, .date_ms = 9000000, .elapsed_ms = 900001 };
	struct kin__skew skew;

	kin__skew_init(&skew, true);
	ck_assert(!kin__skew_take(&skew, &s) && !skew.known);
	s.elapsed_ms = 0;
	s.has_age = true;
	ck_assert(!kin__skew_take(&skew, &s) && !skew.known);
	s.has_age = false;
	s.streaming = true;
	ck_assert(!kin__skew_take(&skew, &s) && !skew.known);
	s.streaming = false;
	s.elapsed_ms = 900000;
	ck_assert(kin__skew_take(&skew, &s) && skew.known);
	ck_assert(kin__skew_is_code(T("RequestTimeTooSkewed")) &&
	          kin__skew_is_code(T("SignatureDoesNotMatch")));
	ck_assert(!kin__skew_is_code(T("ValidationException")) && !kin__skew_is_code(none));
}
END_TEST

/* --- error answers --- */

static const struct error_row {
	int status;
	const char *header, *body, *code, *message;
	bool synthetic;
} error_rows[] = {
	{ 400, "", "{\"__type\":\"ResourceNotFoundException\",\"message\":\"Stream x not found\"}",
	  "ResourceNotFoundException", "Stream x not found", false },
	{ 400, "", "{\"__type\":\"com.amazonaws.kinesis.v20131202#Foo\",\"Message\":\"m\"}", "Foo", "m",
	  false },
	{ 400, "", "{\"__type\":\"Foo:http://internal.amazon.com/x#y\"}", "Foo", "", false },
	{ 400, "", "{\"__type\":\"com.amazon.coral.service#Foo:http://x\",\"errorMessage\":\"e\"}", "Foo",
	  "e", false },
	{ 400, "Bar:http://x", "{\"__type\":\"Foo\",\"message\":\"m\"}", "Bar", "m", false },
	{ 400, "", "{\"code\":\"A\",\"Code\":\"B\"}", "A", "", false },
	{ 400, "", "{\"Code\":\"B\"}", "B", "", false },
	{ 400, "Bar", "", "Bar", "", false },
	{ 400, "", "{\"message\":\"a\",\"Message\":\"b\",\"__type\":\"F\"}", "F", "a", false },
	{ 400, "", "{\"__type\":7,\"message\":null,\"Message\":\"b\"}", "BadRequest", "b", true },
	{ 500, "", "", "InternalFailure", "", true },
	{ 503, "", "<html>Service Unavailable</html>", "ServiceUnavailable", "", true },
	{ 502, "", "{\"__type\":", "BadGateway", "", true },
	{ 504, "", "[]", "GatewayTimeout", "", true },
	{ 413, "", "\"x\"", "PayloadTooLarge", "", true },
	{ 408, "", "", "RequestTimeout", "", true },
	{ 429, "", "", "TooManyRequests", "", true },
	{ 404, "", "<UnknownOperationException/>\n", "UnknownOperationException", "", false },
	{ 403, "", "<MissingAuthenticationTokenException>\n  <Message>..",
	  "MissingAuthenticationTokenException", "", false },
	{ 403, "", "<Exception>", "Forbidden", "", true },
	{ 418, "", "", "HTTP418", "", true },
	{ 507, "", "", "HTTP507", "", true },
	{ 0, "", "", "HTTP000", "", true },
	{ -5, "", "", "HTTP000", "", true },
	{ 400, "bad code\n", "{\"__type\":\"Foo\"}", "Foo", "", false },
	{ 400, "", "{\"__type\":\"a b\"}", "BadRequest", "", true },
	{ 400, "", "{\"__type\":\"F\",\"message\":\"two\\nlines\\u0000\\u007f\"}", "F", "two lines  ",
	  false },
};

START_TEST(error_answers)
{
	const struct error_row *row = &error_rows[_i];
	struct kin__apierror error;

	kin__apierror_read(&error, row->status, T(row->header), T(row->body));
	ck_assert_str_eq(error.code, row->code);
	ck_assert_str_eq(error.message, row->message);
	ck_assert_int_eq(error.synthetic, row->synthetic);
}
END_TEST

/* The same documents as CBOR. */
START_TEST(error_answers_cbor)
{
	static const struct kin__cborjson_member no_table[] = { { NULL, KIN__CBORJSON_PLAIN } };
	const struct error_row *row = &error_rows[_i];
	char why[KIN__JSON_ERROR];
	struct kin__apierror error;
	struct kin__bytes body;

	kin__bytes_init(&body);
	if (row->body[0] == '{' && !row->synthetic) {
		ck_assert_int_eq(kin__cborjson_to_cbor(&body, T(row->body), "", no_table, why), 0);
		kin__apierror_read(&error, row->status, T(row->header), kin__bytes_view(&body));
		ck_assert_str_eq(error.code, row->code);
		ck_assert_str_eq(error.message, row->message);
		ck_assert(!error.synthetic);
	}
	kin__bytes_fini(&body);
}
END_TEST

START_TEST(error_cbor)
{
	static const char body[] = "\xbf\x66__type\x63"
				   "Foo\x67message\x61m\x6aServerTime\xc1\x1b\x00\x00\x01\x9b\xc1\xa6\xdc\x95"
				   "\x61x\x9f\xff\xff";
	struct kin__apierror error;

	kin__apierror_read(&error, 400, none, kin__span(body, sizeof body - 1));
	ck_assert_str_eq(error.code, "Foo");
	ck_assert_str_eq(error.message, "m");
	ck_assert_int_eq(error.server_time_ms, 1768480496789);
	for (size_t n = 0; n < sizeof body - 1; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, body, n);
		kin__apierror_read(&error, 400, none, kin__span(copy, n));
		ck_assert_str_eq(error.code, "BadRequest");
		ck_assert_str_eq(error.message, "");
		free(copy);
	}
}
END_TEST

START_TEST(error_limits)
{
	struct kin__bytes body;
	struct kin__apierror error;

	kin__bytes_init(&body);
	kin__bytes_text(&body, "{\"__type\":\"");
	for (int i = 0; i < 100; i++)
		kin__bytes_text(&body, "C");
	kin__bytes_text(&body, "\",\"ServerTime\":1768480496.5,\"message\":\"x");
	for (int i = 0; i < 200; i++)
		kin__bytes_text(&body, "\xc3\xa9");
	kin__bytes_text(&body, "\"}");
	kin__apierror_read(&error, 400, none, kin__bytes_view(&body));
	ck_assert_uint_eq(strlen(error.code), 63);
	ck_assert_uint_eq(strlen(error.message), 255); /* 1 + 127 * 2 */
	ck_assert_int_eq(memcmp(error.message + 253, "\xc3\xa9", 3), 0);
	ck_assert_int_eq(error.server_time_ms, 1768480496500);
	for (size_t n = 0; n < body.n; n++) { /* no truncation of the body is a document */
		char *copy = malloc(n ? n : 1);

		memcpy(copy, body.at, n);
		kin__apierror_read(&error, 400, none, kin__span(copy, n));
		ck_assert_str_eq(error.code, "BadRequest");
		free(copy);
	}
	kin__bytes_clear(&body);
	kin__bytes_text(&body, "{\"message\":\"");
	for (int i = 0; i < 300; i++)
		kin__bytes_text(&body, "m");
	kin__bytes_text(&body, "\"}");
	kin__apierror_read(&error, 400, none, kin__bytes_view(&body));
	ck_assert_uint_eq(strlen(error.message), 255);
	kin__bytes_fini(&body);
}
END_TEST

static void add_answers_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, classification, 0, (int)KIN__ARRAY_LEN(retry_rows));
	tcase_add_test(tcase, tokens);
	tcase_add_test(tcase, delays);
	tcase_add_test(tcase, hints);
	tcase_add_test(tcase, a_call);
	tcase_add_test(tcase, special_retries);
	tcase_add_test(tcase, signing_offset);
	tcase_add_test(tcase, service_time);
	tcase_add_test(tcase, skew_ignored);
	tcase_add_loop_test(tcase, error_answers, 0, (int)KIN__ARRAY_LEN(error_rows));
	tcase_add_loop_test(tcase, error_answers_cbor, 0, (int)KIN__ARRAY_LEN(error_rows));
	tcase_add_test(tcase, error_cbor);
	tcase_add_test(tcase, error_limits);
}
#endif
