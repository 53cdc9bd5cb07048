/* Asks the mock over a bare socket: every byte of a request is the test's, also those a client would never send. */
#ifndef KIN_TEST_MOCK_ASKER_H
#define KIN_TEST_MOCK_ASKER_H
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <kinstream/mock.h>

#include "aws/sigv4.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "io/clock.h"
#include "kinesis/form.h"
#include "wire/json.h"

#define COUNT(table) ((int)KIN__ARRAY_LEN(table))
#define SHARD_0 "shardId-000000000000"

enum { PATIENCE_MS = 20000 };

static struct kin_mock *mock;
static struct kin_error error;
static bool over_cbor; /* documents are written here as JSON, and go and come as CBOR */

/* A request; NULL and 0 are what a good one has. */
struct how {
	const char *method, *path, *type, *target, *access, *secret, *region, *service, *extra;
	int64_t off_ms;      /* of the signature's time */
	bool bare, tampered; /* without a signature; one byte of the body is another than was signed */
};

struct answer {
	int status; /* 0: none came */
	char head[4096];
	struct kin__bytes body;
	struct kin__json *json; /* NULL: the body is none */
	bool cut;               /* it ended before all that was announced had come */
	bool was_cbor;          /* it came as CBOR; body and json are what that is in JSON */
};

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int64_t since_ms(uint64_t began_us)
{
	return (int64_t)((kin__clock_us() - began_us) / 1000);
}

/* ---- a connection ---- */

static int dial(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_port = htons((uint16_t)atoi(strrchr(kin_mock_url(mock), ':') + 1));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void send_n(int fd, const char *at, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		ck_assert_msg(sent > 0, "the mock closed while it was sent to: %s", strerror(errno));
		at += sent;
		n -= (size_t)sent;
	}
}

static void send_text(int fd, const char *text)
{
	send_n(fd, text, strlen(text));
}

/* Bytes that came, 0 at the end, also after a reset. */
static size_t receive(int fd, char *at, size_t n)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t came;

	ck_assert_msg(poll(&ready, 1, PATIENCE_MS) == 1, "no answer and no end within %d ms", PATIENCE_MS);
	came = recv(fd, at, n, 0);
	return came > 0 ? (size_t)came : 0;
}

static void answer_free(struct answer *answer)
{
	kin__json_free(answer->json);
	kin__bytes_fini(&answer->body);
	memset(answer, 0, sizeof *answer);
}

static const char *header(const struct answer *answer, const char *name, char out[static 128])
{
	size_t n = strlen(name);
	const char *at = answer->head;

	while ((at = strstr(at, "\r\n")) != NULL) {
		at += 2;
		if (strncasecmp(at, name, n) == 0 && at[n] == ':') {
			snprintf(out, 128, "%.*s", (int)strcspn(at + n + 2, "\r"), at + n + 2);
			return out;
		}
	}
	return NULL;
}

/* An answer of CBOR becomes what it is in JSON. */
static void read_form(struct answer *answer)
{
	struct kin__reason reason = { "" };
	struct kin__bytes json;

	if (!kin__cbor_is_map(kin__bytes_view(&answer->body)) || answer->cut)
		return;
	kin__bytes_init(&json);
	ck_assert_msg(kin__form_to_json(&json, answer->body.at, answer->body.n, "", &reason) == KIN_OK, "%s",
	              reason.text);
	kin__bytes_fini(&answer->body);
	answer->body = json;
	answer->was_cbor = true;
}

/* The head byte by byte, so that what follows belongs to the next answer. */
static void hear(int fd, struct answer *answer)
{
	char reason[KIN__JSON_ERROR], block[65536], text[128];
	size_t n = 0, length, came;

	memset(answer, 0, sizeof *answer);
	while (n < sizeof answer->head - 1 && (n < 4 || memcmp(answer->head + n - 4, "\r\n\r\n", 4) != 0)) {
		if (receive(fd, answer->head + n, 1) == 0)
			return;
		n++;
	}
	sscanf(answer->head, "HTTP/1.1 %d", &answer->status);
	length = header(answer, "Content-Length", text) ? (size_t)atol(text) : 0;
	while (answer->body.n < length) {
		size_t left = length - answer->body.n;

		came = receive(fd, block, left < sizeof block ? left : sizeof block);
		answer->cut = came == 0;
		if (came == 0)
			break;
		kin__bytes_add(&answer->body, block, came);
	}
	read_form(answer);
	if (answer->body.n > 0)
		kin__json_parse(answer->body.at, answer->body.n, &answer->json, reason);
}

/* ---- a request ---- */

static const char *either(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

/* Signed by the signer that its own vectors prove; tests/check_mock.c asks curl's, too. */
static void sign(struct kin__request *request, const struct how *how, struct kin__sigv4 *out)
{
	struct kin__credentials credentials;
	struct kin__reason reason;
	struct kin__sigv4_options options = { .credentials = &credentials,
		                              .region = kin__span_text(either(how->region, "us-east-1")),
		                              .service = kin__span_text(either(how->service, "kinesis")),
		                              .time_ms = kin__clock_wall_ms() + how->off_ms };
	struct kin__hash *hash = kin__hash_new();
	struct kin__sigv4_key key;

	kin__credentials_init(&credentials);
	kin__sigv4_key_init(&key);
	kin__credentials_set(&credentials, kin__span_text(either(how->access, "AKIDMOCK")),
	                     kin__span_text(either(how->secret, "mock-secret")), kin__span("", 0),
	                     kin__span("", 0), "test", &reason);
	ck_assert_int_eq(kin__sigv4_sign(hash, &key, request, &options, out), KIN__AWS_OK);
	kin__sigv4_key_fini(&key);
	kin__hash_free(hash);
	kin__credentials_fini(&credentials);
}

static void add_header(struct kin__request *request, const char *name, const char *value)
{
	if (value && value[0])
		kin__request_add(request, kin__span_text(name), kin__span_text(value));
}

static const char *usual_type(void)
{
	return over_cbor ? KIN__FORM_CBOR : KIN__FORM_JSON;
}

/* All of it in *out, head and body.  A type or target of "" is left out. */
static void compose(struct kin__bytes *out, const struct how *how, const char *target, const char *body,
                    size_t n)
{
	const char *path = either(how->path, "/"), *query = strchr(path, '?');
	struct kin__request request;
	struct kin__sigv4 signature;
	char where[2048];

	snprintf(where, sizeof where, "%.*s", query ? (int)(query - path) : (int)strlen(path), path);
	kin__sigv4_init(&signature);
	kin__request_init(&request, either(how->method, "POST"), kin__span_text("127.0.0.1"), where);
	request.query = kin__span_text(query ? query + 1 : "");
	request.body = kin__span(body, n);
	add_header(&request, "Content-Type", either(how->type, usual_type()));
	add_header(&request, "X-Amz-Target", target);
	if (!how->bare)
		sign(&request, how, &signature);
	kin__bytes_format(out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", either(how->method, "POST"), path,
	                  either(how->extra, ""));
	if (!how->extra || !strstr(how->extra, "Transfer-Encoding"))
		kin__bytes_format(out, "Content-Length: %zu\r\n", n);
	for (size_t i = 0; i < request.headers_n; i++)
		kin__bytes_format(out, "%.*s: %.*s\r\n", (int)request.headers[i].name.n,
		                  request.headers[i].name.at, (int)request.headers[i].value.n,
		                  request.headers[i].value.at);
	kin__bytes_text(out, "\r\n");
	kin__bytes_add(out, body, n);
	if (how->tampered)
		out->at[out->n - 1] ^= 1;
	kin__sigv4_fini(&signature);
}

/* false: it has no form in CBOR. */
static bool to_cbor(const char *json, struct kin__bytes *out)
{
	kin__bytes_init(out);
	return kin__form_to_cbor(out, kin__span_text(json), "", NULL) == KIN_OK &&
	       kin__cbor_is_map(kin__bytes_view(out));
}

/* What has no form in CBOR is sent as it is. */
static void send_request(int fd, const struct how *how, const char *operation, const char *body)
{
	struct kin__bytes text, cbor;
	bool converted = to_cbor(body, &cbor) && over_cbor && !how->type;
	char target[128];

	kin__bytes_init(&text);
	snprintf(target, sizeof target, "Kinesis_20131202.%s", operation);
	compose(&text, how, either(how->target, target), converted ? cbor.at : body,
	        converted ? cbor.n : strlen(body));
	send_n(fd, text.at, text.n);
	kin__bytes_fini(&text);
	kin__bytes_fini(&cbor);
}

static void ask_on(int fd, const struct how *how, const char *operation, const char *body,
                   struct answer *answer)
{
	send_request(fd, how, operation, body);
	hear(fd, answer);
}

static void ask_as(const struct how *how, const char *operation, const char *body, struct answer *answer)
{
	int fd = dial();

	ask_on(fd, how, operation, body, answer);
	close(fd);
}

static void ask(const char *operation, const char *body, struct answer *answer)
{
	ask_as(&(struct how){ 0 }, operation, body, answer);
}

/* ---- what came ---- */

static const char *text_at(const struct answer *answer, const char *path)
{
	struct kin__span text = { "", 0 };

	kin__json_text(kin__json_path(answer->json, path), &text);
	return text.at;
}

static int64_t number_at(const struct answer *answer, const char *path)
{
	int64_t number = -1;

	kin__json_int(kin__json_path(answer->json, path), &number);
	return number;
}

static const char *message_of(const struct answer *answer)
{
	bool capital = strcmp(text_at(answer, "__type"), "SerializationException") == 0;

	return text_at(answer, capital ? "Message" : "message");
}

#define ck_status(answer, wanted)                                                                            \
	ck_assert_msg((answer)->status == (wanted), "status %d, not %d: %s", (answer)->status, (wanted),     \
	              (answer)->body.at ? (answer)->body.at : "(no body)")

/* Status, code, the shape of the error, and a piece of its message. */
static void expect_error(const struct answer *answer, int status, const char *code, const char *piece)
{
	char type[128];

	ck_status(answer, status);
	ck_assert_str_eq(header(answer, "Content-Type", type), usual_type());
	ck_assert(answer->was_cbor == over_cbor);
	ck_assert_msg(strcmp(text_at(answer, "__type"), code) == 0, "%s, not %s", answer->body.at, code);
	ck_assert_msg(message_of(answer)[0] && strstr(message_of(answer), piece), "'%s' is not in: %s", piece,
	              message_of(answer));
	ck_assert_uint_eq(kin__json_count(answer->json), 2);
}

static void refused(const char *operation, const char *body, int status, const char *code, const char *piece)
{
	struct answer answer;
	struct kin__bytes cbor;
	bool can_be_cbor = to_cbor(body, &cbor);

	ask(operation, body, &answer);
	expect_error(&answer, status, code, over_cbor && !can_be_cbor ? "no map of CBOR" : piece);
	kin__bytes_fini(&cbor);
	answer_free(&answer);
}

static void done(const char *operation, const char *body)
{
	struct answer answer;

	ask(operation, body, &answer);
	ck_status(&answer, 200);
	answer_free(&answer);
}

/* A text of the answer to a request that must succeed. */
static void fetch(const char *operation, const char *body, const char *path, char out[static 600])
{
	struct answer answer;

	ask(operation, body, &answer);
	ck_status(&answer, 200);
	snprintf(out, 600, "%s", text_at(&answer, path));
	answer_free(&answer);
}

static int64_t count(const char *operation, const char *body, const char *path)
{
	struct answer answer;
	int64_t number;

	ask(operation, body, &answer);
	ck_status(&answer, 200);
	number = number_at(&answer, path);
	if (number < 0)
		number = (int64_t)kin__json_count(kin__json_path(answer.json, path));
	answer_free(&answer);
	return number;
}

static struct kin_mock_stats stats(void)
{
	struct kin_mock_stats now = { .size = sizeof now };

	ck_assert_int_eq(kin_mock_stats(mock, &now, &error), KIN_OK);
	return now;
}

static void fault(const char *text)
{
	ck_assert_msg(kin_mock_fault(mock, text, &error) == KIN_OK, "%s", error.message);
}

static int threads_now(void)
{
	DIR *folder = opendir("/proc/self/task");
	int n = 0;

	ck_assert_ptr_nonnull(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

static int threads_before; /* the mock: one, or two where a sanitizer has its own */

static void open_with(const struct kin_mock_options *options)
{
	kin_mock_close(mock);
	threads_before = threads_now();
	ck_assert_msg(kin_mock_open(&mock, options, &error) == KIN_OK, "%s", error.message);
}

static struct kin_mock_options usual(void)
{
	struct kin_mock_options options;

	kin_mock_options_init(&options);
	options.streams = "s:2,one:1";
	return options;
}

/* An iterator of the one shard of stream "one". */
static void iterate(const char *type, char out[static 600])
{
	char body[256];

	snprintf(body, sizeof body,
	         "{\"StreamName\":\"one\",\"ShardId\":\"" SHARD_0 "\",\"ShardIteratorType\":\"%s\"}", type);
	fetch("GetShardIterator", body, "ShardIterator", out);
}

static void put_one(void)
{
	done("PutRecord", "{\"StreamName\":\"one\",\"PartitionKey\":\"k\",\"Data\":\"YWJj\"}");
}

static int64_t stored_in_one(void)
{
	char iterator[600], body[700];

	iterate("TRIM_HORIZON", iterator);
	snprintf(body, sizeof body, "{\"ShardIterator\":\"%s\"}", iterator);
	return count("GetRecords", body, "Records");
}
#endif
