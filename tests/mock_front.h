/* Scenes of check_mock.c: who gets in.  Method, type, target, signature; HTTP as nobody should speak it. */
#ifndef KIN_TEST_MOCK_FRONT_H
#define KIN_TEST_MOCK_FRONT_H
#include <curl/curl.h>
#include "mock_asker.h"

#define DENIED                                                                                               \
	"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "              \
	"authorized</Message>\n</AccessDeniedException>\n"

/* ---- the front: no JSON yet ---- */

static const struct {
	struct how how;
	int status;
	const char *body;
} fronts[] = {
	{ { .method = "GET" }, 403, DENIED },
	{ { .method = "PUT" }, 403, DENIED },
	{ { .type = "" }, 404, "<UnknownOperationException/>\n" },
	{ { .type = "text/plain" }, 404, "<UnknownOperationException/>\n" },
	{ { .type = "application/x-amz-json-1.10" }, 404, "<UnknownOperationException/>\n" },
	{ { .type = "application/x-amz-cbor-1.10" }, 404, "<UnknownOperationException/>\n" },
	{ { .type = "application/cbor" }, 404, "<UnknownOperationException/>\n" },
	{ { .type = "text/plain", .target = "nonsense" }, 403, DENIED },
	{ { .type = "text/plain", .target = "" }, 403, DENIED },
};

START_TEST(front)
{
	struct answer answer;
	char type[128];

	ask_as(&fronts[_i].how, "ListStreams", "{}", &answer);
	ck_status(&answer, fronts[_i].status);
	ck_assert_str_eq(answer.body.at, fronts[_i].body);
	ck_assert_ptr_null(header(&answer, "Content-Type", type));
	answer_free(&answer);
	ck_assert_uint_eq(stats().requests, 1);
}
END_TEST

static const char *const good_types[] = { "application/x-amz-json-1.1", "Application/X-Amz-JSON-1.1",
	                                  "application/x-amz-json-1.1; charset=utf-8" };

START_TEST(content_types)
{
	struct answer answer;

	ask_as(&(struct how){ .type = good_types[_i] }, "ListStreams", "{}", &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
}
END_TEST

static const char *const strange_targets[] = { "",
	                                       "Kinesis_20131202",
	                                       "Kinesis_20131202.",
	                                       "Kinesis_20131202.Nothing",
	                                       "Kinesis_20131202.liststreams",
	                                       "DynamoDB_20120810.ListTables",
	                                       "kinesis_20131202.ListStreams",
	                                       "Kinesis_20131202.ListChannels" };

START_TEST(targets)
{
	struct answer answer;

	ask_as(&(struct how){ .target = strange_targets[_i] }, "", "{}", &answer);
	expect_error(&answer, 400, "UnknownOperationException", "X-Amz-Target");
	answer_free(&answer);
}
END_TEST

START_TEST(names_of_an_answer)
{
	char id[128], other[128], date[128], type[128];
	struct answer answer;
	int64_t at_ms;

	ask("ListStreams", "{}", &answer);
	ck_assert_ptr_nonnull(header(&answer, "x-amzn-RequestId", id));
	ck_assert_uint_eq(strlen(id), 36);
	ck_assert_ptr_nonnull(header(&answer, "x-amz-id-2", other));
	ck_assert_str_eq(header(&answer, "Content-Type", type), "application/x-amz-json-1.1");
	ck_assert_ptr_nonnull(header(&answer, "Date", date));
	ck_assert(kin__time_from_http(kin__span_text(date), &at_ms));
	ck_assert_int_lt(llabs(at_ms - kin__clock_wall_ms()), 60000);
	answer_free(&answer);
	ask("Nothing", "{}", &answer);
	ck_assert_ptr_nonnull(header(&answer, "x-amzn-RequestId", other));
	ck_assert_str_ne(id, other);
	answer_free(&answer);
}
END_TEST

/* ---- the signature ---- */

#define MISMATCH "does not match the signature you provided"

static const struct {
	struct how how;
	const char *code, *piece; /* code NULL: let in */
} signatures[] = {
	{ { .bare = true }, "MissingAuthenticationTokenException", "Missing Authentication Token" },
	{ { .bare = true, .extra = "Authorization: Bearer x\r\n" },
	  "IncompleteSignatureException",
	  "Credential" },
	{ { .bare = true, .extra = "Authorization: AWS4-HMAC-SHA256 Credential=a/b\r\n" },
	  "IncompleteSignatureException",
	  "SignedHeaders" },
	{ { .bare = true,
	    .extra = "Authorization: AWS4-HMAC-SHA256 "
	             "Credential=AKIDMOCK/20260115/us-east-1/kinesis/aws4_request, "
	             "SignedHeaders=host;x-amz-date, "
	             "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n" },
	  "IncompleteSignatureException",
	  "x-amz-date" },
	{ { .access = "AKIDOTHER" }, "UnrecognizedClientException", "security token" },
	{ { .secret = "wrong" }, "InvalidSignatureException", MISMATCH },
	{ { .tampered = true }, "InvalidSignatureException", MISMATCH },
	{ { .region = "eu-west-1" }, "InvalidSignatureException", "'eu-west-1'" },
	{ { .service = "dynamodb" }, "InvalidSignatureException", "scoped" },
	{ { .off_ms = -302000 }, "InvalidSignatureException", "Signature expired: " },
	{ { .off_ms = -86400000 }, "InvalidSignatureException", " - 5 min.)" },
	{ { .off_ms = 302000 }, "InvalidSignatureException", "Signature not yet current: " },
	{ { .off_ms = 86400000 }, "InvalidSignatureException", " + 5 min.)" },
	{ { .off_ms = -295000 }, NULL, "" },
	{ { .off_ms = 295000 }, NULL, "" },
	{ { .path = "/some/prefix/" }, NULL, "" },
	{ { .path = "/a%20b/?z=1&a=%2F&a=" }, NULL, "" },
	{ { .extra = "X-Unsigned: what a proxy adds\r\nUser-Agent: x\r\n" }, NULL, "" },
};

START_TEST(signature)
{
	struct answer answer;

	ask_as(&signatures[_i].how, "ListStreams", "{}", &answer);
	if (signatures[_i].code)
		expect_error(&answer, 400, signatures[_i].code, signatures[_i].piece);
	else
		ck_status(&answer, 200);
	answer_free(&answer);
	ck_assert_uint_eq(stats().refused, signatures[_i].code ? 1 : 0);
	ck_assert_uint_eq(stats().requests, 1);
}
END_TEST

/* What is signed may not be changed on the way: the target stands for all signed headers. */
START_TEST(tampered_target)
{
	struct kin__bytes text;
	struct answer answer;
	int fd = dial();

	kin__bytes_init(&text);
	compose(&text, &(struct how){ 0 }, "Kinesis_20131202.ListStreams", "{\"StreamName\":\"s\"}", 18);
	memcpy(strstr(text.at, "202.ListStreams") + 4, "MergeShards", 11);
	send_n(fd, text.at, text.n);
	hear(fd, &answer);
	expect_error(&answer, 400, "InvalidSignatureException", MISMATCH);
	answer_free(&answer);
	kin__bytes_fini(&text);
	close(fd);
}
END_TEST

START_TEST(unsigned_when_told)
{
	struct kin_mock_options options = usual();
	struct answer answer;

	options.verify_signatures = false;
	open_with(&options);
	ask_as(&(struct how){ .bare = true }, "ListStreams", "{}", &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
	ck_assert_uint_eq(stats().refused, 0);
}
END_TEST

/* ---- libcurl's own signer, by people who never saw ours ---- */

static size_t keep(char *at, size_t size, size_t n, void *into)
{
	kin__bytes_add(into, at, size * n);
	return size * n;
}

static long by_curl(const char *operation, const char *body, size_t n, const char *secret,
                    struct kin__bytes *reply)
{
	struct curl_slist *headers;
	char target[128], user[128];
	CURL *curl = curl_easy_init();
	long status = 0;

	snprintf(target, sizeof target, "X-Amz-Target: Kinesis_20131202.%s", operation);
	snprintf(user, sizeof user, "AKIDMOCK:%s", secret);
	headers = curl_slist_append(curl_slist_append(NULL, target),
	                            "Content-Type: application/x-amz-json-1.1");
	curl_easy_setopt(curl, CURLOPT_URL, kin_mock_url(mock));
	curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:kinesis");
	curl_easy_setopt(curl, CURLOPT_USERPWD, user);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)n);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
	ck_assert_int_eq(curl_easy_perform(curl), CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return status;
}

static const size_t curl_sizes[] = { 0, 1000, 300000 };

START_TEST(curl_signs)
{
	struct kin__bytes body, reply;

	kin__bytes_init(&body);
	kin__bytes_init(&reply);
	kin__bytes_text(&body, "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"");
	memset(kin__bytes_extend(&body, curl_sizes[_i] / 4 * 4), 'A', curl_sizes[_i] / 4 * 4);
	kin__bytes_text(&body, "\"}");
	ck_assert_int_eq(by_curl("PutRecord", body.at, body.n, "mock-secret", &reply), 200);
	ck_assert_ptr_nonnull(strstr(reply.at, "\"ShardId\":\"" SHARD_0 "\""));
	kin__bytes_clear(&reply);
	ck_assert_int_eq(by_curl("PutRecord", body.at, body.n, "other", &reply), 400);
	ck_assert_ptr_nonnull(strstr(reply.at, "\"__type\":\"InvalidSignatureException\""));
	ck_assert_uint_eq(stats().records_stored, 1);
	kin__bytes_fini(&reply);
	kin__bytes_fini(&body);
}
END_TEST

static void front_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("front, signature");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_loop_test(scenes, front, 0, COUNT(fronts));
	tcase_add_loop_test(scenes, content_types, 0, COUNT(good_types));
	tcase_add_loop_test(scenes, targets, 0, COUNT(strange_targets));
	tcase_add_test(scenes, names_of_an_answer);
	tcase_add_loop_test(scenes, signature, 0, COUNT(signatures));
	tcase_add_test(scenes, tampered_target);
	tcase_add_test(scenes, unsigned_when_told);
	tcase_add_loop_test(scenes, curl_signs, 0, COUNT(curl_sizes));
	suite_add_tcase(suite, scenes);
}
#endif
