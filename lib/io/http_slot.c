/* io/http_slot - see http_slot.h */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/timetext.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/http_cause.h"
#include "io/http_slot.h"

/* Nothing is said of the buffer to send by: libcurl allocates it for each request and frees it, so one of more than its own
 * 64 KiB costs more in fresh pages than larger writes save. */
enum {
	RECEIVE_BYTES = 64 * 1024,
	SEND_BYTES = 64 * 1024, /* libcurl's own */
	IDLE_SECONDS_MAX = 50   /* the service drops idle connections after about a minute */
};

struct kin__http_slot {
	struct kin__list node;
	CURL *easy;
	struct kin__http_request *request;
	struct kin__http_sockets *sockets;
	struct curl_slist lines[KIN__HTTP_LINES_MAX +
	                        3]; /* ours: libcurl's own list would be one malloc a line */
	uint64_t loaded_us;
	uint32_t times_sent;                 /* how often libcurl went to send it */
	curl_off_t body_sent;                /* when kin__http_slot_sends() last looked */
	int no_socket;                       /* an errno; 0: there was one */
	size_t head_bytes;                   /* of the answer, interim ones included */
	bool headers_done, no_memory, spoke; /* spoke: see kin__http_slot_again() */
	bool placed;                         /* the body has its room: it will not move */
	char cause[CURL_ERROR_SIZE];
};

/* --- what libcurl tells us: its callbacks --------------------------------------- */

/* Called when a connection stands and the first byte is about to be sent. */
static int on_send(void *user, char *ip, char *local_ip, int port, int local_port)
{
	struct kin__http_slot *slot = user;

	(void)ip, (void)local_ip, (void)port;
	if (slot->times_sent == 0 && kin__http_sockets_spoke(slot->sockets, local_port)) {
		slot->spoke = true;
		return CURL_PREREQFUNC_ABORT;
	}
	return slot->times_sent++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Above 2: a program that closed its standard output may still print there. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct kin__http_slot *slot = user;
	int type = address->socktype, fd;

	(void)purpose;
#ifdef SOCK_CLOEXEC
	type |= SOCK_CLOEXEC; /* at once: another thread may be about to run a program */
#endif
	fd = kin__file_raise(socket(address->family, type, address->protocol));
	slot->no_socket = fd < 0 ? errno : 0; /* libcurl does not tell */
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* A program that runs another one must not hand it our connections. */
static int on_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	(void)purpose;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return CURL_SOCKOPT_ERROR;
	kin__http_sockets_add(user, fd);
	return CURL_SOCKOPT_OK;
}

static int on_socket_end(void *user, curl_socket_t fd)
{
	kin__http_sockets_drop(user, fd);
	return close(fd);
}

static void keep(char *to, size_t room, struct kin__span value)
{
	size_t n = value.n < room ? value.n : room - 1;

	memcpy(to, value.at, n);
	to[n] = 0;
}

static bool keep_retry(struct kin__http_answer *answer, struct kin__span name, struct kin__span value)
{
	if (answer->retry_name[0] == 0) { /* the first one counts */
		keep(answer->retry_name, sizeof answer->retry_name, name);
		keep(answer->retry_value, sizeof answer->retry_value, value);
	}
	return true;
}

/* Sizes first: nearly all names differ in theirs. */
#define named(name, text)                                                                                    \
	((name).n == sizeof(text) - 1 && kin__span_same_nocase((name), kin__span_text(text)))

/* Makes room for the whole body at once.  false: it is larger than allowed. */
static bool keep_length(struct kin__http_slot *slot, struct kin__span value)
{
	struct kin__http_request *request = slot->request;
	uint64_t length;

	if (!kin__span_u64(value, &length))
		return true; /* libcurl judges it */
	if (length > request->answer_bytes_max) {
		request->answer.too_large = true;
		return false;
	}
	if (request->place && length > 0)
		request->place(request, (size_t)length);
	slot->no_memory = length > 0 && !kin__bytes_reserve(&request->answer.body, (size_t)length);
	slot->placed = !slot->no_memory;
	return !slot->no_memory;
}

static bool keep_header(struct kin__http_slot *slot, struct kin__span name, struct kin__span value)
{
	struct kin__http_answer *answer = &slot->request->answer;

	if (named(name, "content-length"))
		return keep_length(slot, value);
	if (named(name, "x-amzn-requestid") ||
	    (named(name, "x-amz-request-id") && answer->request_id[0] == 0))
		keep(answer->request_id, sizeof answer->request_id, value);
	else if (named(name, "x-amzn-errortype"))
		keep(answer->errortype, sizeof answer->errortype, value);
	else if (named(name, "content-type"))
		keep(answer->content_type, sizeof answer->content_type, value);
	else if (named(name, "date"))
		answer->has_date = kin__time_from_http(value, &answer->date_ms);
	else if (named(name, "age"))
		answer->has_age = true;
	else if (named(name, "content-encoding"))
		keep(answer->encoding, sizeof answer->encoding, value);
	else if (named(name, "location"))
		keep(answer->location, sizeof answer->location, value);
	else if (named(name, "x-amz-retry-after") || named(name, "retry-after"))
		return keep_retry(answer, name, value);
	return true;
}

static void forget_answer(struct kin__http_answer *answer)
{
	struct kin__bytes body = answer->body;

	kin__bytes_clear(&body);
	*answer = (struct kin__http_answer){ .body = body };
}

static size_t on_header(char *text, size_t size, size_t n, void *user)
{
	struct kin__http_slot *slot = user;
	struct kin__span name, value, line = kin__span(text, size * n);

	slot->head_bytes += line.n;
	if (slot->head_bytes > KIN__HTTP_HEAD_BYTES_MAX) {
		slot->request->answer.too_large = true;
		return 0;
	}
	if (line.n >= 5 && memcmp(line.at, "HTTP/", 5) == 0) { /* after a 100 comes another one */
		forget_answer(&slot->request->answer);
		slot->headers_done = slot->placed = false;
		slot->request->answer.local_ms = kin__clock_wall_ms();
		slot->request->answer.elapsed_ms = (int64_t)((kin__clock_us() - slot->loaded_us) / 1000);
		return line.n;
	}
	if (kin__span_trim(line).n == 0)
		slot->headers_done = true;
	if (slot->headers_done)
		return line.n; /* trailers say nothing to us */
	value = kin__span_cut(line, ':', &name);
	return keep_header(slot, kin__span_trim(name), kin__span_trim(value)) ? line.n : 0;
}

static bool is_good(const struct kin__http_slot *slot)
{
	long status = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct kin__http_slot *slot = user;
	struct kin__http_request *request = slot->request;
	struct kin__http_answer *answer = &request->answer;

	n *= size;
	if (n > request->answer_bytes_max - answer->body_bytes) {
		answer->too_large = true;
		return 0;
	}
	kin__bytes_add(&answer->body, data, n);
	slot->no_memory = answer->body.failed;
	answer->body_bytes += n;
	if (request->more && slot->placed && !slot->no_memory && is_good(slot))
		request->more(request);
	return slot->no_memory ? 0 : n;
}

/* --- the handle ----------------------------------------------------------------- */

static bool set_once(CURL *easy, struct kin__http_slot *slot, const struct kin__http_options *options,
                     void *share)
{
	CURLcode failed = CURLE_OK;

	/* The first that fails is enough to know: this libcurl cannot what we need, or is out of memory. */
#define SET(option, value) (failed = failed != CURLE_OK ? failed : curl_easy_setopt(easy, (option), (value)))
	SET(CURLOPT_PRIVATE, slot);
	SET(CURLOPT_PREREQFUNCTION, on_send);
	SET(CURLOPT_PREREQDATA, slot);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, slot);
	SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
	SET(CURLOPT_SOCKOPTDATA, slot->sockets);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_socket_end);
	SET(CURLOPT_CLOSESOCKETDATA, slot->sockets);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, slot);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, slot);
	SET(CURLOPT_ERRORBUFFER, slot->cause);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, options->tls_verify ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, options->tls_verify ? 2L : 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
	SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS_MAX);
	if (options->ca_bundle)
		SET(CURLOPT_CAINFO, options->ca_bundle);
	if (share)
		SET(CURLOPT_SHARE, (CURLSH *)share);
#undef SET
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Or a cancelled request would wait for getaddrinfo(), and with it everything else. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	return failed == CURLE_OK;
}

struct kin__http_slot *kin__http_slot_new(const struct kin__http_options *options,
                                          struct kin__http_sockets *sockets, void *share)
{
	struct kin__http_slot *slot = kin__mem_zalloc(sizeof *slot);

	if (!slot)
		return NULL;
	kin__list_init(&slot->node);
	slot->sockets = sockets;
	slot->easy = curl_easy_init();
	if (!slot->easy || !set_once(slot->easy, slot, options, share)) {
		kin__http_slot_free(slot);
		return NULL;
	}
	return slot;
}

void kin__http_slot_free(struct kin__http_slot *slot)
{
	if (!slot)
		return;
	curl_easy_cleanup(slot->easy);
	kin__mem_free(slot);
}

/* The list must not change until the request has ended; libcurl only reads it. */
static struct curl_slist *link_lines(struct kin__http_slot *slot, const struct kin__http_request *request)
{
	static char no_expect[] = "Expect:", no_accept[] = "Accept:", no_type[] = "Content-Type:";
	size_t n = 0;
	bool typed = request->body.n == 0;

	for (size_t i = 0; i < request->lines_n && i < KIN__HTTP_LINES_MAX; i++) {
		struct kin__span name;

		kin__span_cut(kin__span_text(request->lines[i]), ':', &name);
		typed = typed || named(name, "content-type");
		slot->lines[n++].data = (char *)(uintptr_t)request->lines[i];
	}
	slot->lines[n++].data = no_expect;
	slot->lines[n++].data = no_accept;
	if (!typed)
		slot->lines[n++].data = no_type;
	for (size_t i = 0; i < n; i++)
		slot->lines[i].next = i + 1 < n ? &slot->lines[i + 1] : NULL;
	return slot->lines;
}

bool kin__http_slot_load(struct kin__http_slot *slot, struct kin__http_request *request, uint32_t timeout_ms)
{
	bool get = strcmp(request->method, "GET") == 0;
	bool post = !get && strcmp(request->method, "POST") == 0;
	CURL *easy = slot->easy;
	CURLcode failed;

	slot->request = request;
	slot->loaded_us = kin__clock_us();
	slot->times_sent = 0;
	slot->body_sent = -1;
	slot->no_socket = 0;
	slot->head_bytes = 0;
	slot->headers_done = slot->no_memory = slot->spoke = slot->placed = false;
	slot->cause[0] = 0;
	forget_answer(&request->answer);
	failed = curl_easy_setopt(easy, CURLOPT_URL, request->url);
	if (failed == CURLE_OK && get) {
		failed = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else if (failed == CURLE_OK) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
		failed = curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		                          request->body.n > 0 ? request->body.at : "");
	}
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, get || post ? NULL : request->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, link_lines(slot, request));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	return failed == CURLE_OK;
}

/* --- how it ended ---------------------------------------------------------------- */

static enum kin__transport transport_of(const struct kin__http_slot *slot, CURLcode result)
{
	bool sent = slot->times_sent > 0;

	switch (result) {
	case CURLE_OK:
		return KIN__TRANSPORT_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return KIN__TRANSPORT_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
		return KIN__TRANSPORT_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return sent ? KIN__TRANSPORT_TIMEOUT : KIN__TRANSPORT_CONNECT_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
		return KIN__TRANSPORT_TLS;
	case CURLE_PEER_FAILED_VERIFICATION:
		return KIN__TRANSPORT_CERTIFICATE;
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_ABORTED_BY_CALLBACK: /* on_send refused a second time */
		return KIN__TRANSPORT_SEND;
	case CURLE_WRITE_ERROR: /* on_header or on_body refused: too large, or no memory */
		return slot->no_memory ? KIN__TRANSPORT_LOCAL : KIN__TRANSPORT_RECEIVE;
	case CURLE_OUT_OF_MEMORY: /* also a header line that libcurl finds too long */
		return sent && !slot->headers_done ? KIN__TRANSPORT_RECEIVE : KIN__TRANSPORT_LOCAL;
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_FAILED_INIT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return KIN__TRANSPORT_LOCAL;
	default:
		return sent ? KIN__TRANSPORT_RECEIVE : KIN__TRANSPORT_CONNECT;
	}
}

/* What a failure means to the program. */
static int code_of(const struct kin__http_slot *slot, enum kin__transport transport, CURLcode result)
{
	if (slot->request->answer.too_large ||
	    (result == CURLE_OUT_OF_MEMORY && transport == KIN__TRANSPORT_RECEIVE))
		return KIN_PROTOCOL;
	if (transport != KIN__TRANSPORT_LOCAL)
		return KIN_NETWORK;
	return result == CURLE_OUT_OF_MEMORY || result == CURLE_FAILED_INIT || slot->no_memory ? KIN_NOMEM
	                                                                                       : KIN_INVALID;
}

static void explain(struct kin__http_slot *slot, CURLcode result, long status)
{
	struct kin__http_request *request = slot->request;
	struct kin__http_answer *answer = &request->answer;
	struct kin__http_cause cause = { .url = request->url,
		                         .result = (int)result,
		                         .text = slot->cause[0] ? slot->cause : curl_easy_strerror(result),
		                         .sent = slot->times_sent > 0,
		                         .closed_kept = slot->times_sent > 1,
		                         .status = status,
		                         .head_bytes = slot->head_bytes,
		                         .body_bytes = answer->body_bytes,
		                         .timeout_ms = request->timeout_ms };
	char what[128], why[96];

	if (slot->no_socket && !cause.sent && strerror_r(slot->no_socket, why, sizeof why) == 0)
		snprintf(what, sizeof what, "cannot make a socket: %s", why);
	else if (answer->too_large && slot->head_bytes > KIN__HTTP_HEAD_BYTES_MAX)
		snprintf(what, sizeof what, "the head of the answer is larger than %d bytes",
		         (int)KIN__HTTP_HEAD_BYTES_MAX);
	else if (answer->too_large)
		snprintf(what, sizeof what, "the answer is larger than %zu bytes", request->answer_bytes_max);
	else if (slot->no_memory)
		snprintf(what, sizeof what, "out of memory for the answer");
	else if (result == CURLE_OUT_OF_MEMORY && cause.sent)
		snprintf(what, sizeof what,
		         "a header line of the answer is too long for libcurl, or memory ran out");
	else
		what[0] = 0;
	if (what[0])
		kin__http_cause_plain(answer->text, sizeof answer->text, request->url, what);
	else
		kin__http_cause_say(answer->text, sizeof answer->text, &cause);
}

void kin__http_slot_unload(struct kin__http_slot *slot, int result)
{
	struct kin__http_answer *answer = &slot->request->answer;
	long status = 0;

	if (result == CURLE_OK && !slot->headers_done)
		result = CURLE_GOT_NOTHING; /* libcurl takes a head that ends half-way for whole */
	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	answer->transport = transport_of(slot, (CURLcode)result);
	answer->code = result == CURLE_OK ? KIN_OK : code_of(slot, answer->transport, (CURLcode)result);
	answer->sent = slot->times_sent > 0;
	if (result == CURLE_OK) {
		answer->status = (int)status;
	} else {
		answer->local_ms = kin__clock_wall_ms();
		answer->elapsed_ms = (int64_t)((kin__clock_us() - slot->loaded_us) / 1000);
		explain(slot, (CURLcode)result, status);
	}
	/* Nothing of the request may be looked at any more: its memory goes back to the caller. */
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, NULL);
	slot->request = NULL;
}

bool kin__http_slot_again(const struct kin__http_slot *slot)
{
	return slot->spoke && slot->times_sent == 0;
}

bool kin__http_slot_sends(struct kin__http_slot *slot)
{
	curl_off_t before = slot->body_sent, body = (curl_off_t)slot->request->body.n;

	if (body <= SEND_BYTES || slot->times_sent == 0 || before == body ||
	    curl_easy_getinfo(slot->easy, CURLINFO_SIZE_UPLOAD_T, &slot->body_sent) != CURLE_OK)
		return false;
	return slot->body_sent > before && slot->body_sent < body;
}

void *kin__http_slot_easy(struct kin__http_slot *slot)
{
	return slot->easy;
}

struct kin__http_slot *kin__http_slot_of(void *easy)
{
	struct kin__http_slot *slot = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
	return slot;
}

struct kin__http_request *kin__http_slot_request(struct kin__http_slot *slot)
{
	return slot->request;
}

struct kin__list *kin__http_slot_node(struct kin__http_slot *slot)
{
	return &slot->node;
}

struct kin__http_slot *kin__http_slot_at(struct kin__list *node)
{
	return kin__container(node, struct kin__http_slot, node);
}
