/* Scenes of check_mock.c: many at once, slow ones, HTTP in odd pieces, what is no HTTP, opening and closing. */
#ifndef KIN_TEST_MOCK_MANNERS_H
#define KIN_TEST_MOCK_MANNERS_H
#include <dirent.h>
#include "mock_asker.h"

enum { SOON_MS = 15000 }; /* what need not wait for anybody takes far less, also on a busy machine */

/* ---- many at once ---- */

enum { CROWD = 8, EACH = 40 };

static void *put_many(void *user)
{
	int fd = dial();

	(void)user;
	for (int i = 0; i < EACH; i++) {
		struct answer answer;

		ask_on(fd, &(struct how){ 0 }, "PutRecord",
		       "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}", &answer);
		ck_status(&answer, 200);
		answer_free(&answer);
	}
	close(fd);
	return NULL;
}

START_TEST(crowd)
{
	pthread_t threads[CROWD];

	for (int i = 0; i < CROWD; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, put_many, NULL), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(stats().connections, CROWD);
	ck_assert_uint_eq(stats().requests, CROWD * EACH);
	ck_assert_uint_eq(stats().records_stored, CROWD * EACH);
	ck_assert_uint_eq(stats().refused, 0);
	ck_assert_int_eq(stored_in_one(), CROWD * EACH);
}
END_TEST

static int64_t time_of_a_request_ms(void)
{
	uint64_t began_us = kin__clock_us();

	done("ListStreams", "{}");
	return since_ms(began_us);
}

/* false: three requests of others took as long on a busy machine as the answer was late, which may be there by now. */
static bool others_overtake(int late_ms)
{
	struct answer answer;
	int fd = dial();
	struct pollfd early = { .fd = fd, .events = POLLIN };
	uint64_t began_us = kin__clock_us();
	bool in_time;
	char text[64];
	int came;

	snprintf(text, sizeof text, "PutRecord:latency:ms=%d:count=1", late_ms);
	fault(text);
	send_request(fd, &(struct how){ 0 }, "PutRecord",
	             "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}");
	for (uint64_t struck = stats().faults; stats().faults == struck && stats().records_stored == 0;)
		nap_ms(5);
	for (int i = 0; i < 3; i++)
		done("ListStreams", "{}");
	came = poll(&early, 1, 0);
	in_time = since_ms(began_us) < late_ms;
	ck_assert(!in_time || came == 0);
	hear(fd, &answer);
	ck_status(&answer, 200);
	ck_assert_int_ge(since_ms(began_us), late_ms);
	answer_free(&answer);
	close(fd);
	return in_time;
}

/* A late answer holds up its own connection alone: others come and go before it. */
START_TEST(late_for_one)
{
	for (int late_ms = 1000; !others_overtake(late_ms); late_ms *= 2)
		ck_assert_msg(late_ms < 10000, "three requests took longer than %d ms", late_ms);
}
END_TEST

/* Where a request stops, and its client waits. */
static const char *const stops[] = {
	"",
	"PO",
	"POST / HT",
	"POST / HTTP/1.1\r\nHost: x\r\nX-Am",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"Strea",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
};

START_TEST(half_a_request)
{
	int fds[20];

	for (int i = 0; i < 20; i++) {
		fds[i] = dial();
		send_text(fds[i], stops[_i]);
	}
	while (stats().connections < 20)
		nap_ms(5);
	for (int i = 0; i < 3; i++)
		ck_assert_int_lt(time_of_a_request_ms(), SOON_MS);
	for (int i = 0; i < 10; i++) /* the others are left for the close */
		close(fds[i]);
	ck_assert_int_lt(time_of_a_request_ms(), SOON_MS);
	ck_assert_uint_eq(stats().requests, 4);
	uint64_t began_us = kin__clock_us();
	kin_mock_close(mock);
	mock = NULL;
	ck_assert_int_lt(since_ms(began_us), SOON_MS);
	for (int i = 10; i < 20; i++) {
		char byte;

		ck_assert_uint_eq(receive(fds[i], &byte, 1), 0);
		close(fds[i]);
	}
}
END_TEST

START_TEST(byte_by_byte)
{
	struct kin__bytes text;
	struct answer answer;
	int fd = dial();

	kin__bytes_init(&text);
	compose(&text, &(struct how){ 0 }, "Kinesis_20131202.ListStreams", "{\"Limit\":2}", 11);
	for (size_t i = 0; i < text.n; i++) {
		send_n(fd, text.at + i, 1);
		if (i % 32 == 0)
			nap_ms(1);
	}
	hear(fd, &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
	kin__bytes_fini(&text);
	close(fd);
}
END_TEST

/* An answer of megabytes that nobody reads. */
START_TEST(reads_slowly)
{
	char iterator[600], body[700];
	struct kin__bytes put;
	struct answer answer;
	int fd = dial(), small = 65536;

	kin__bytes_init(&put);
	kin__bytes_text(&put, "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"");
	memset(kin__bytes_extend(&put, 1300000), 'A', 1300000);
	kin__bytes_text(&put, "\"}");
	for (int i = 0; i < 8; i++)
		done("PutRecord", put.at);
	kin__bytes_fini(&put);
	iterate("TRIM_HORIZON", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	send_request(fd, &(struct how){ 0 }, "GetRecords", body);
	while (stats().records_read == 0)
		nap_ms(5);
	for (int i = 0; i < 3; i++)
		ck_assert_int_lt(time_of_a_request_ms(), SOON_MS);
	hear(fd, &answer);
	ck_status(&answer, 200);
	ck_assert(!answer.cut);
	ck_assert_uint_eq(kin__json_count(kin__json_path(answer.json, "Records")), 8);
	answer_free(&answer);
	close(fd);
}
END_TEST

/* ---- HTTP in odd pieces ---- */

START_TEST(kept_alive)
{
	struct answer answer;
	int fd = dial();

	for (int i = 0; i < 3; i++) {
		ask_on(fd, &(struct how){ .secret = i == 1 ? "wrong" : NULL }, "ListStreams", "{}", &answer);
		ck_status(&answer, i == 1 ? 400 : 200);
		answer_free(&answer);
	}
	close(fd);
	ck_assert_uint_eq(stats().connections, 1);
}
END_TEST

START_TEST(pipelined)
{
	struct kin__bytes text;
	struct answer answer;
	char key[128];
	int fd = dial();

	kin__bytes_init(&text);
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof key, "{\"StreamName\":\"none%d\"}", i);
		compose(&text, &(struct how){ 0 }, "Kinesis_20131202.ListShards", key, strlen(key));
	}
	send_n(fd, text.at, text.n);
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof key, "Stream none%d ", i);
		hear(fd, &answer);
		expect_error(&answer, 400, "ResourceNotFoundException", key);
		answer_free(&answer);
	}
	kin__bytes_fini(&text);
	close(fd);
}
END_TEST

/* The signature is over the body, not over the way it came. */
START_TEST(chunked)
{
	static const char body[] = "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}";
	const size_t n = sizeof body - 1;
	struct kin__bytes text;
	struct answer answer;
	int fd = dial();

	kin__bytes_init(&text);
	compose(&text, &(struct how){ .extra = "Transfer-Encoding: chunked\r\n" },
	        "Kinesis_20131202.PutRecord", body, n);
	text.n -= n; /* the body again, in chunks */
	for (size_t at = 0; at < n; at += 7) {
		size_t piece = n - at < 7 ? n - at : 7;

		kin__bytes_format(&text, "%zx\r\n", piece);
		kin__bytes_add(&text, body + at, piece);
		kin__bytes_text(&text, "\r\n");
	}
	kin__bytes_text(&text, "0\r\n\r\n");
	send_n(fd, text.at, text.n);
	hear(fd, &answer);
	ck_status(&answer, 200);
	ck_assert_uint_eq(stats().records_stored, 1);
	answer_free(&answer);
	kin__bytes_fini(&text);
	close(fd);
}
END_TEST

START_TEST(expects_100)
{
	struct kin__bytes text;
	struct answer answer;
	int fd = dial();

	kin__bytes_init(&text);
	compose(&text, &(struct how){ .extra = "Expect: 100-continue\r\n" }, "Kinesis_20131202.ListStreams",
	        "{}", 2);
	send_n(fd, text.at, text.n - 2);
	hear(fd, &answer);
	ck_assert_int_eq(answer.status, 100);
	answer_free(&answer);
	send_text(fd, "{}");
	hear(fd, &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
	kin__bytes_fini(&text);
	close(fd);
}
END_TEST

/* Never a record, never the end of the mock: an HTTP error, or just the end of the connection. */
static const char *const garbage[] = {
	"\r\n\r\n\r\n\r\n",
	"SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
	"POST\r\n\r\n",
	"POST /\r\n\r\n",
	"POST / HTTP/9.9\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\n\r\n",
	"POST / HTTP/1.1\r\nno colon here\r\nHost: x\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	"GET / HTTP/1.0\r\n\r\n",
};

START_TEST(no_http)
{
	struct answer answer;
	int fd = dial();

	send_text(fd, garbage[_i]);
	shutdown(fd, SHUT_WR);
	hear(fd, &answer);
	ck_assert_msg(answer.status == 0 || answer.status >= 400, "status %d", answer.status);
	answer_free(&answer);
	close(fd);
	done("ListStreams", "{}");
	ck_assert_uint_eq(stats().records_stored, 0);
}
END_TEST

START_TEST(endless_head)
{
	char line[1024];
	struct answer answer;
	int fd = dial();
	size_t sent = 0;

	snprintf(line, sizeof line, "X-Long: %0*d\r\n", 1000, 7);
	send_text(fd, "POST / HTTP/1.1\r\nHost: x\r\n");
	while (sent < 4 << 20) {
		ssize_t n = send(fd, line, strlen(line), MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	hear(fd, &answer);
	ck_assert_msg(answer.status == 0 || answer.status >= 400, "status %d", answer.status);
	answer_free(&answer);
	close(fd);
	done("ListStreams", "{}");
}
END_TEST

enum { OVER = 16777217 };

/* 413 without a body, after all of it was read: the connection may go on. */
START_TEST(oversize)
{
	char *body = calloc(OVER + 1, 1), type[128];
	struct answer answer;
	int fd = dial();

	memset(body, 'A', OVER);
	ask_on(fd, &(struct how){ .bare = true }, "PutRecord", body, &answer);
	ck_assert_int_eq(answer.status, 413);
	ck_assert_uint_eq(answer.body.n, 0);
	ck_assert_ptr_null(header(&answer, "Content-Type", type));
	answer_free(&answer);
	body[OVER - 1] = 0; /* the most that is read: refused for what it is */
	ask_on(fd, &(struct how){ 0 }, "PutRecord", body, &answer);
	expect_error(&answer, 400, "SerializationException", "");
	answer_free(&answer);
	close(fd);
	free(body);
	ck_assert_uint_eq(stats().connections, 1);
	ck_assert_uint_eq(stats().requests, 2);
}
END_TEST

START_TEST(oversize_in_chunks)
{
	char *chunk = malloc(1 << 20);
	struct answer answer;
	int fd = dial();

	memset(chunk, 'A', 1 << 20);
	send_text(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		send_text(fd, "100000\r\n");
		send_n(fd, chunk, 1 << 20);
		send_text(fd, "\r\n");
	}
	send_text(fd, "0\r\n\r\n");
	hear(fd, &answer);
	ck_assert_int_eq(answer.status, 413);
	answer_free(&answer);
	close(fd);
	free(chunk);
}
END_TEST

/* ---- opening and closing ---- */

START_TEST(closes_on_waiting_clients)
{
	uint64_t began_us;
	int idle = dial(), late = dial();
	char byte;

	fault("ListStreams:latency:ms=3600000");
	send_request(late, &(struct how){ 0 }, "ListStreams", "{}");
	while (stats().faults == 0 || stats().connections < 2)
		nap_ms(5);
	began_us = kin__clock_us();
	kin_mock_close(mock);
	mock = NULL;
	ck_assert_int_lt(since_ms(began_us), SOON_MS);
	ck_assert_uint_eq(receive(idle, &byte, 1), 0);
	close(idle);
	close(late);
	while (threads_now() > threads_before && since_ms(began_us) < SOON_MS)
		nap_ms(1); /* a thread that was joined is listed a moment longer */
	ck_assert_int_eq(threads_now(), threads_before);
}
END_TEST

static const struct {
	const char *member, *value, *piece;
} mistakes[] = {
	{ "access_key_id", NULL, "access_key_id" },
	{ "access_key_id", "", "access_key_id" },
	{ "access_key_id", "a/b", "'/'" },
	{ "secret_access_key", NULL, "secret_access_key" },
	{ "secret_access_key", "", "secret_access_key" },
	{ "region", NULL, "region" },
	{ "region", "", "region" },
	{ "region", "us east", "region" },
	{ "streams", "s", "NAME:SHARDS" },
	{ "streams", "s:0", "1..10000" },
	{ "streams", "s:10001", "1..10000" },
	{ "streams", "s:1,s:1", "already exists" },
	{ "streams", "a b:1", "letters" },
	{ "streams", "s:1,,t:1", "''" },
	{ "tls_certificate", "/nonexistent/certificate.pem", "tls_key is NULL" },
	{ "tls_key", "/nonexistent/key.pem", "tls_certificate is NULL" },
};

START_TEST(cannot_open)
{
	struct kin_mock_options options = usual();
	struct kin_mock *other = mock;
	struct {
		const char *name;
		const char **at;
	} members[] = { { "access_key_id", &options.access_key_id },
		        { "secret_access_key", &options.secret_access_key },
		        { "region", &options.region },
		        { "streams", &options.streams },
		        { "tls_certificate", &options.tls_certificate },
		        { "tls_key", &options.tls_key } };

	for (size_t i = 0; i < KIN__ARRAY_LEN(members); i++)
		if (strcmp(members[i].name, mistakes[_i].member) == 0)
			*members[i].at = mistakes[_i].value;
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_INVALID);
	ck_assert_ptr_null(other);
	ck_assert_msg(strstr(error.message, mistakes[_i].piece), "'%s' is not in: %s", mistakes[_i].piece,
	              error.message);
}
END_TEST

START_TEST(other_mistakes)
{
	struct kin_mock_options options = usual();
	struct kin_mock *other = NULL;
	struct kin_mock_stats none = { .size = 0 };

	ck_assert_int_eq(kin_mock_open(NULL, &options, &error), KIN_INVALID);
	options.port = (uint16_t)atoi(strrchr(kin_mock_url(mock), ':') + 1);
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_IN_USE);
	ck_assert_ptr_nonnull(strstr(error.message, strrchr(kin_mock_url(mock), ':') + 1));
	options = usual();
	options.iterator_ttl_ms = 0;
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_INVALID);
	options = usual();
	options.retention_ms = 0;
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_INVALID);
	options.size = 8;
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "kin_mock_options_init"));
	ck_assert_int_eq(kin_mock_stats(mock, &none, &error), KIN_INVALID);
	ck_assert_int_eq(kin_mock_stats(NULL, &none, &error), KIN_INVALID);
	kin_mock_close(NULL);
	ck_assert_int_eq(kin_mock_open(&other, NULL, &error), KIN_OK); /* defaults, no stream */
	kin_mock_close(other);
}
END_TEST

/* ---- short of memory ---- */

START_TEST(opens_short_of_memory)
{
	struct kin_mock_options options = usual();
	struct kin_mock *other;
	int code = KIN_NOMEM;
	uint64_t i = 0;

	while (code != KIN_OK) {
		kin__mem_fail_at(++i);
		code = kin_mock_open(&other, &options, &error);
		kin__mem_fail_at(0);
		ck_assert_msg(code == KIN_OK || code == KIN_NOMEM, "%d: %s", code, error.message);
		ck_assert(code == KIN_OK || !other);
		ck_assert_uint_lt(i, 1000);
	}
	kin_mock_close(other);
	ck_assert_uint_gt(i, 10);
}
END_TEST

static const struct {
	const char *operation, *body;
} thirsty[] = {
	{ "ListStreams", "{}" },
	{ "ListShards", "{\"StreamName\":\"s\"}" },
	{ "CreateStream", "{\"StreamName\":\"new\",\"ShardCount\":3}" },
	{ "PutRecord", "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}" },
	{ "PutRecords", "{\"StreamName\":\"one\",\"Records\":[{\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}]}" },
	{ "GetRecords", NULL },
};

/* The status, without memory of the library's own; 0: the connection ended. */
static int bare_status(const struct kin__bytes *request, uint64_t fail_at)
{
	char text[4096];
	int fd = dial(), status = 0;
	size_t n = 0, came = 1;

	kin__mem_fail_at(fail_at);
	send_n(fd, request->at, request->n);
	while (came > 0 && n < 16) {
		came = receive(fd, text + n, sizeof text - 1 - n);
		n += came;
	}
	kin__mem_fail_at(0);
	text[n] = 0;
	sscanf(text, "HTTP/1.1 %d", &status);
	close(fd);
	return status;
}

/* Whichever allocation fails: done, or an internal failure, or no answer; and the next request is fine. */
START_TEST(serves_short_of_memory)
{
	struct kin__bytes request;
	char iterator[600], body[700], target[64];
	int status = 0;
	uint64_t i = 0;

	put_one();
	iterate("TRIM_HORIZON", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	if (thirsty[_i].body)
		snprintf(body, sizeof body, "%s", thirsty[_i].body);
	snprintf(target, sizeof target, "Kinesis_20131202.%s", thirsty[_i].operation);
	kin__bytes_init(&request);
	compose(&request, &(struct how){ 0 }, target, body, strlen(body));
	while (status != 200) {
		status = bare_status(&request, ++i);
		ck_assert_msg(status == 0 || status == 200 || status == 500, "allocation %d: status %d",
		              (int)i, status);
		done("ListStreams", "{}");
		ck_assert_uint_lt(i, 1000);
	}
	ck_assert_uint_gt(i, 3); /* there was something to fail */
	kin__bytes_fini(&request);
}
END_TEST

/* Two mocks in a process share nothing; a port is free again after its close. */
START_TEST(two_and_again)
{
	struct kin_mock_options options = usual();
	struct kin_mock *other;

	options.streams = "other:1";
	ck_assert_int_eq(kin_mock_open(&other, &options, &error), KIN_OK);
	ck_assert_str_ne(kin_mock_url(other), kin_mock_url(mock));
	put_one();
	struct kin_mock_stats theirs = { .size = sizeof theirs };
	ck_assert_int_eq(kin_mock_stats(other, &theirs, &error), KIN_OK);
	ck_assert_uint_eq(theirs.requests, 0);
	options.port = (uint16_t)atoi(strrchr(kin_mock_url(other), ':') + 1);
	kin_mock_close(other);
	ck_assert_msg(kin_mock_open(&other, &options, &error) == KIN_OK, "%s", error.message);
	kin_mock_close(other);
}
END_TEST

static void manner_cases_add(Suite *suite, void (*open)(void), void (*close_all)(void))
{
	TCase *scenes = tcase_create("manners");

	tcase_add_checked_fixture(scenes, open, close_all);
	tcase_set_timeout(scenes, 60);
	tcase_add_test(scenes, crowd);
	tcase_add_test(scenes, late_for_one);
	tcase_add_loop_test(scenes, half_a_request, 0, COUNT(stops));
	tcase_add_test(scenes, byte_by_byte);
	tcase_add_test(scenes, reads_slowly);
	tcase_add_test(scenes, kept_alive);
	tcase_add_test(scenes, pipelined);
	tcase_add_test(scenes, chunked);
	tcase_add_test(scenes, expects_100);
	tcase_add_loop_test(scenes, no_http, 0, COUNT(garbage));
	tcase_add_test(scenes, endless_head);
	tcase_add_test(scenes, oversize);
	tcase_add_test(scenes, oversize_in_chunks);
	tcase_add_test(scenes, closes_on_waiting_clients);
	tcase_add_loop_test(scenes, cannot_open, 0, COUNT(mistakes));
	tcase_add_test(scenes, other_mistakes);
	tcase_add_test(scenes, two_and_again);
	tcase_add_test(scenes, opens_short_of_memory);
	tcase_add_loop_test(scenes, serves_short_of_memory, 0, COUNT(thirsty));
	suite_add_tcase(suite, scenes);
}
#endif
