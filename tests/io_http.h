/* Tests of io/http through a loop, against the server of io_server.h. */
#ifndef KIN_TEST_IO_HTTP_H
#define KIN_TEST_IO_HTTP_H
#include "io_server.h"

static struct kin__loop *http_loop;

/* One request from another thread: posted, and waited for. */
struct fetch {
	struct kin__http_request request;
	struct kin__loop_task start, cancel;
	char url[128];
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool ended;
	int dones;
};

static void fetch_done(struct kin__http_request *request)
{
	struct fetch *fetch = request->user;

	pthread_mutex_lock(&fetch->lock);
	fetch->ended = true;
	fetch->dones++;
	pthread_cond_broadcast(&fetch->cond);
	pthread_mutex_unlock(&fetch->lock);
}

static void fetch_start(struct kin__loop_task *task)
{
	struct fetch *fetch = kin__container(task, struct fetch, start);

	kin__http_start(kin__loop_http(http_loop), &fetch->request);
	ck_assert(!fetch->ended); /* never inside start */
}

static void fetch_cancel(struct kin__loop_task *task)
{
	struct fetch *fetch = kin__container(task, struct fetch, cancel);
	int before = fetch->dones;

	kin__http_cancel(kin__loop_http(http_loop), &fetch->request);
	ck_assert_int_eq(fetch->dones, before + 1); /* before it returns */
	kin__http_cancel(kin__loop_http(http_loop), &fetch->request);
	ck_assert_int_eq(fetch->dones, before + 1);
}

static void fetch_init(struct fetch *fetch, const char *path)
{
	memset(fetch, 0, sizeof *fetch);
	kin__http_request_init(&fetch->request);
	snprintf(fetch->url, sizeof fetch->url, "http://127.0.0.1:%d%s", server.port, path);
	fetch->request.url = fetch->url;
	fetch->request.method = "POST";
	fetch->request.timeout_ms = 20000;
	fetch->request.done = fetch_done;
	fetch->request.user = fetch;
	kin__loop_task_init(&fetch->start, fetch_start);
	kin__loop_task_init(&fetch->cancel, fetch_cancel);
	pthread_mutex_init(&fetch->lock, NULL);
	pthread_cond_init(&fetch->cond, NULL);
}

static void fetch_fini(struct fetch *fetch)
{
	kin__http_request_fini(&fetch->request);
	pthread_cond_destroy(&fetch->cond);
	pthread_mutex_destroy(&fetch->lock);
}

static void fetch_begin(struct fetch *fetch)
{
	fetch->ended = false;
	kin__loop_post(http_loop, &fetch->start);
}

static const struct kin__http_answer *fetch_end(struct fetch *fetch)
{
	pthread_mutex_lock(&fetch->lock);
	while (!fetch->ended)
		pthread_cond_wait(&fetch->cond, &fetch->lock);
	pthread_mutex_unlock(&fetch->lock);
	return &fetch->request.answer;
}

static const struct kin__http_answer *fetch_run(struct fetch *fetch)
{
	fetch_begin(fetch);
	return fetch_end(fetch);
}

static void http_setup_n(uint32_t connections_max)
{
	struct kin__http_options options = { connections_max, 2000, NULL, true };
	struct kin_error error;

	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	server_start();
	ck_assert_int_eq(kin__loop_open(&http_loop, &options, &error), KIN_OK);
}

static void http_setup(void)
{
	http_setup_n(8);
}

static void http_teardown(void)
{
	kin__loop_close(http_loop);
	server_stop();
}

static const struct http_case {
	const char *path;
	enum kin__transport transport;
	int status;
	const char *body, *text; /* text: part of what the failure says */
} http_cases[] = {
	{ "/ok", KIN__TRANSPORT_OK, 200, "hello", "" },
	{ "/odd", KIN__TRANSPORT_OK, 200, "hello", "" },
	{ "/chunked", KIN__TRANSPORT_OK, 200, "hello", "" },
	{ "/interim", KIN__TRANSPORT_OK, 200, "hello", "" },
	{ "/slow", KIN__TRANSPORT_OK, 200, "slow", "" },
	{ "/status/503", KIN__TRANSPORT_OK, 503, "{}", "" },
	{ "/redirect", KIN__TRANSPORT_OK, 301, "moved", "" },
	{ "/cut", KIN__TRANSPORT_RECEIVE, 0, "hello", "cut short" },
	{ "/cut-head", KIN__TRANSPORT_RECEIVE, 0, NULL, "127.0.0.1" },
	{ "/empty", KIN__TRANSPORT_RECEIVE, 0, "", "127.0.0.1" },
	{ "/bad-header", KIN__TRANSPORT_RECEIVE, 0, "", "127.0.0.1" },
	{ "/garbage", KIN__TRANSPORT_RECEIVE, 0, NULL, "127.0.0.1" },
	{ "/reset", KIN__TRANSPORT_RECEIVE, 0, "", "127.0.0.1" },
	{ "/huge", KIN__TRANSPORT_RECEIVE, 0, "", "larger than 20000 bytes" },
	{ "/huge-chunked", KIN__TRANSPORT_RECEIVE, 0, NULL, "larger than 20000 bytes" },
};

START_TEST(http_answers)
{
	const struct http_case *want = &http_cases[_i];
	const struct kin__http_answer *got;
	struct fetch fetch;

	fetch_init(&fetch, want->path);
	fetch.request.answer_bytes_max = 20000;
	fetch.request.body = T("{\"a\":1}");
	fetch.request.lines[fetch.request.lines_n++] = "X-One: 1";
	got = fetch_run(&fetch);
	ck_assert_msg(got->transport == want->transport, "%s: %d %s", want->path, got->transport, got->text);
	ck_assert_int_eq(got->status, want->status);
	ck_assert(got->sent);
	ck_assert_int_eq(fetch.dones, 1);
	ck_assert_uint_eq(last_body_n(), 7);
	ck_assert(last_head_has("\r\nX-One: 1\r\n"));
	ck_assert(!last_head_has("expect:"));
	ck_assert(!last_head_has("accept:"));
	if (want->body && want->transport == KIN__TRANSPORT_OK)
		ck_assert(kin__span_is(kin__bytes_view(&got->body), want->body));
	ck_assert_msg(strstr(got->text, want->text), "%s: %s", want->path, got->text);
	ck_assert_int_eq(got->text[0] == 0, want->transport == KIN__TRANSPORT_OK);
	ck_assert_int_eq(server.requests, 1);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_headers)
{
	const struct kin__http_answer *got;
	struct fetch fetch;

	fetch_init(&fetch, "/odd");
	got = fetch_run(&fetch);
	ck_assert_str_eq(got->request_id, "odd-2");
	ck_assert_str_eq(got->content_type, "text/x");
	ck_assert_str_eq(got->retry_name, "X-AMZ-RETRY-AFTER");
	ck_assert_str_eq(got->retry_value, "77");
	ck_assert(got->has_age && got->has_date);
	ck_assert_int_eq(got->date_ms, INT64_C(1768480496000));
	ck_assert_int_lt(got->elapsed_ms, 20000);
	strcpy(strrchr(fetch.url, '/'),
	       "/chunked"); /* the same request again: nothing of the old answer stays */
	got = fetch_run(&fetch);
	ck_assert_str_eq(got->request_id, ""); /* a trailer is no header */
	ck_assert(!got->has_age && !got->has_date);
	strcpy(strrchr(fetch.url, '/'), "/interim");
	got = fetch_run(&fetch);
	ck_assert_str_eq(got->request_id, "");
	fetch_fini(&fetch);
	fetch_init(&fetch, "/status/400");
	got = fetch_run(&fetch);
	ck_assert_str_eq(got->errortype, "Foo:http://x");
	ck_assert_str_eq(got->retry_name, "Retry-After"); /* the first one */
	ck_assert_str_eq(got->retry_value, "2");
	ck_assert_int_eq(server.connections, 1);
	ck_assert_int_eq(server.requests, 4);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_stale)
{
	const struct kin__http_answer *got;
	struct fetch fetch;
	char *big = calloc(1, 200000);

	fetch_init(&fetch, "/stale");
	fetch.request.body = kin__span(big, _i ? 200000 : 10);
	got = fetch_run(&fetch);
	ck_assert_int_eq(got->status, 200);
	got = fetch_run(&fetch); /* the kept connection is reset: told, not silently sent again */
	ck_assert_msg(got->transport == KIN__TRANSPORT_SEND || got->transport == KIN__TRANSPORT_RECEIVE,
	              "%d %s", got->transport, got->text);
	ck_assert(got->sent);
	ck_assert_int_eq(server.requests, 2);
	got = fetch_run(&fetch);
	ck_assert_int_eq(got->status, 200);
	ck_assert_int_eq(server.requests, 3);
	fetch_fini(&fetch);
	free(big);
}
END_TEST

START_TEST(http_goodbye)
{
	const struct kin__http_answer *got;
	struct fetch fetch;

	fetch_init(&fetch, "/goodbye");
	for (int i = 0; i < 5; i++) {
		got = fetch_run(&fetch);
		ck_assert_int_eq(got->status, 200);
		while (server.ended <= i)
			nap_us(1000);
		nap_us(10000); /* the end of the connection is there: a new one is taken */
	}
	ck_assert_int_eq(server.requests, 5);
	ck_assert_int_eq(server.connections, 5);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_timeout)
{
	const struct kin__http_answer *got;
	struct fetch fetch;

	fetch_init(&fetch, "/silent");
	fetch.request.timeout_ms = 1500; /* enough to be sent, on a busy machine too */
	got = fetch_run(&fetch);
	ck_assert_int_eq(got->transport, KIN__TRANSPORT_TIMEOUT);
	ck_assert(got->sent);
	ck_assert_ptr_nonnull(strstr(got->text, "1500 ms"));
	ck_assert_int_ge(got->elapsed_ms, 1490);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_not_sent)
{
	static const char *const bad[] = { "http://no-such-host.invalid/", "ftp://127.0.0.1/",
		                           "http://127.0.0.1:0/", "x" };
	const struct kin__http_answer *got;
	struct fetch fetch;
	int port, fd = bind_somewhere(&port);

	fetch_init(&fetch, "/ok");
	snprintf(fetch.url, sizeof fetch.url, "http://127.0.0.1:%d/", port);
	got = fetch_run(&fetch);
	ck_assert_int_eq(got->transport, KIN__TRANSPORT_CONNECT);
	ck_assert(!got->sent);
	ck_assert_ptr_nonnull(strstr(got->text, "127.0.0.1"));
	for (size_t i = 0; i < KIN__ARRAY_LEN(bad); i++) {
		strcpy(fetch.url, bad[i]);
		got = fetch_run(&fetch);
		ck_assert_int_ne(got->transport, KIN__TRANSPORT_OK);
		ck_assert_msg(!got->sent, "%s", bad[i]);
		ck_assert_int_ne(got->text[0], 0);
	}
	strcpy(fetch.url, bad[0]);
	got = fetch_run(&fetch);
	ck_assert(got->transport == KIN__TRANSPORT_DNS || got->transport == KIN__TRANSPORT_CONNECT_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(got->text, "no-such-host.invalid"));
	close(fd);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_tls)
{
	const struct kin__http_answer *got;
	struct fetch fetch;

	fetch_init(&fetch, "/");
	memcpy(fetch.url, "https", 5); /* "http://..." had one letter less */
	snprintf(fetch.url, sizeof fetch.url, "https://127.0.0.1:%d/ok", server.port);
	fetch.request.timeout_ms = 1000;
	got = fetch_run(&fetch); /* the server waits for a request line, and we for its handshake */
	ck_assert(got->transport == KIN__TRANSPORT_TLS || got->transport == KIN__TRANSPORT_CONNECT_TIMEOUT);
	ck_assert(!got->sent);
	fetch_fini(&fetch);
}
END_TEST

START_TEST(http_bounded)
{
	enum { N = 12 };
	struct fetch fetches[N];
	uint64_t before;

	http_setup_n(3);
	before = kin__clock_us();
	for (int i = 0; i < N; i++) {
		fetch_init(&fetches[i], "/slow");
		fetch_begin(&fetches[i]);
	}
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(fetch_end(&fetches[i])->status, 200);
		fetch_fini(&fetches[i]);
	}
	ck_assert_int_eq(server.connections, 3);
	ck_assert_uint_ge(kin__clock_us() - before, 400000); /* four rounds of 100 ms */
	http_teardown();
}
END_TEST

START_TEST(http_waits_too_long)
{
	const struct kin__http_answer *got;
	struct fetch first, second;

	http_setup_n(1);
	fetch_init(&first, "/silent");
	fetch_init(&second, "/ok");
	first.request.timeout_ms = 3000;
	second.request.timeout_ms = 100;
	fetch_begin(&first);
	fetch_begin(&second);
	got = fetch_end(&second);
	ck_assert_int_eq(got->transport, KIN__TRANSPORT_CONNECT_TIMEOUT);
	ck_assert(!got->sent && !first.ended);
	ck_assert_ptr_nonnull(strstr(got->text, "all 1 connections"));
	ck_assert_int_eq(fetch_end(&first)->transport, KIN__TRANSPORT_TIMEOUT);
	second.request.timeout_ms = 20000;
	ck_assert_int_eq(fetch_run(&second)->status, 200);
	fetch_fini(&first);
	fetch_fini(&second);
	http_teardown();
}
END_TEST

START_TEST(http_cancel)
{
	struct fetch active, waiting;

	http_setup_n(1);
	fetch_init(&active, "/silent");
	fetch_init(&waiting, "/ok");
	fetch_begin(&active);
	fetch_begin(&waiting);
	while (server.requests == 0)
		nap_us(1000);
	kin__loop_post(http_loop, &waiting.cancel);
	ck_assert_int_eq(fetch_end(&waiting)->transport, KIN__TRANSPORT_ABORTED);
	ck_assert(!waiting.request.answer.sent && !active.ended);
	kin__loop_post(http_loop, &active.cancel);
	ck_assert_int_eq(fetch_end(&active)->transport, KIN__TRANSPORT_ABORTED);
	ck_assert(active.request.answer.sent);
	ck_assert_int_eq(fetch_run(&waiting)->status, 200); /* all is well afterwards */
	fetch_fini(&active);
	fetch_fini(&waiting);
	http_teardown();
}
END_TEST

START_TEST(http_close_under_way)
{
	struct fetch active, waiting;

	http_setup_n(1);
	fetch_init(&active, "/silent");
	fetch_init(&waiting, "/ok");
	fetch_begin(&active);
	fetch_begin(&waiting);
	while (server.requests == 0)
		nap_us(1000);
	kin__loop_close(http_loop);
	ck_assert_int_eq(active.dones, 1);
	ck_assert_int_eq(waiting.dones, 1);
	ck_assert_int_eq(active.request.answer.transport, KIN__TRANSPORT_ABORTED);
	ck_assert_int_eq(waiting.request.answer.transport, KIN__TRANSPORT_ABORTED);
	fetch_fini(&active);
	fetch_fini(&waiting);
	server_stop();
}
END_TEST

START_TEST(http_big_body)
{
	enum { N = 3 << 20 };
	const struct kin__http_answer *got;
	struct fetch fetch;
	char *big = calloc(1, N);

	fetch_init(&fetch, "/ok");
	fetch.request.body = kin__span(big, N);
	for (int i = 0; i < 3; i++) {
		got = fetch_run(&fetch);
		ck_assert_int_eq(got->status, 200);
		ck_assert_uint_eq(last_body_n(), N);
	}
	fetch.request.body = kin__span(big, 0); /* and none at all */
	ck_assert_int_eq(fetch_run(&fetch)->status, 200);
	ck_assert_uint_eq(last_body_n(), 0);
	fetch.request.method = "GET";
	ck_assert_int_eq(fetch_run(&fetch)->status, 200);
	ck_assert(last_head_has("GET /ok"));
	fetch.request.method = "PUT";
	fetch.request.body = kin__span(big, 5);
	ck_assert_int_eq(fetch_run(&fetch)->status, 200);
	ck_assert(last_head_has("PUT /ok"));
	fetch.request.method = "POST";
	ck_assert_int_eq(fetch_run(&fetch)->status, 200);
	ck_assert(last_head_has("POST /ok"));
	ck_assert(!last_head_has("content-type:"));
	ck_assert_int_eq(server.connections, 1);
	fetch_fini(&fetch);
	free(big);
}
END_TEST

/* What a request is told of its answer on the way: how long it will be, and that more of it is there. */
struct told {
	struct fetch fetch;
	size_t length, seen;
	char *given;
	int placed, more;
};

static void told_place(struct kin__http_request *request, size_t length)
{
	struct told *told = kin__container(request, struct told, fetch.request);

	ck_assert(!request->answer.body.at);
	told->length = length;
	told->placed++;
	told->given = request->answer.body.at = kin__mem_zalloc(length + 1);
	request->answer.body.room = length + 1;
}

/* Takes the bytes away as they come. */
static void told_more(struct kin__http_request *request)
{
	struct told *told = kin__container(request, struct told, fetch.request);

	ck_assert_ptr_eq(request->answer.body.at, told->given);
	ck_assert_uint_eq(told->seen + request->answer.body.n, request->answer.body_bytes);
	told->seen = request->answer.body_bytes;
	told->more++;
	kin__bytes_clear(&request->answer.body);
}

START_TEST(http_told)
{
	static const struct {
		const char *path;
		size_t length;
		bool placed, more;
	} rows[] = { { "/ok", 5, true, true },
		     { "/chunked", 0, false, false },     /* it may move: nobody is told */
		     { "/status/400", 2, true, false } }; /* no good answer */
	struct told told = { .length = 0 };

	fetch_init(&told.fetch, rows[_i].path);
	told.fetch.request.place = told_place;
	told.fetch.request.more = told_more;
	fetch_run(&told.fetch);
	ck_assert_int_eq(told.placed, rows[_i].placed);
	ck_assert_int_eq(told.more > 0, rows[_i].more);
	ck_assert_uint_eq(told.length, rows[_i].length);
	ck_assert_uint_eq(told.seen, rows[_i].more ? told.length : 0);
	ck_assert_uint_eq(told.fetch.request.answer.body.n == 0, rows[_i].more);
	ck_assert_uint_gt(told.fetch.request.answer.body_bytes, 0);
	fetch_fini(&told.fetch);
}
END_TEST

START_TEST(http_bad_options)
{
	struct kin__http_options options = { 4, 1000, "/no/such/bundle.pem", true };
	struct kin_error error;
	struct kin__loop *loop;

	ck_assert_int_eq(kin__loop_open(&loop, &options, &error), KIN_INVALID);
	ck_assert_ptr_null(loop);
	ck_assert_ptr_nonnull(strstr(error.message, "/no/such/bundle.pem"));
}
END_TEST

START_TEST(http_no_memory)
{
	struct kin__http_options options = { 4, 1000, NULL, true };
	struct kin__loop *loop;
	int code = KIN_NOMEM;

	for (uint64_t i = 1; code != KIN_OK; i++) {
		kin__mem_fail_at(i);
		code = kin__loop_open(&loop, &options, NULL);
		kin__mem_fail_at(0);
		ck_assert(code == KIN_OK || (code == KIN_NOMEM && !loop));
		ck_assert_uint_lt(i, 100);
	}
	kin__loop_close(loop);
}
END_TEST

static TCase *http_cases_add(Suite *suite)
{
	TCase *http = tcase_create("http"), *alone = tcase_create("http with its own loop");

	tcase_set_timeout(http, 30);
	tcase_set_timeout(alone, 30);
	tcase_add_checked_fixture(http, http_setup, http_teardown);
	tcase_add_loop_test(http, http_answers, 0, KIN__ARRAY_LEN(http_cases));
	tcase_add_test(http, http_headers);
	tcase_add_loop_test(http, http_stale, 0, 2);
	tcase_add_test(http, http_goodbye);
	tcase_add_test(http, http_timeout);
	tcase_add_test(http, http_not_sent);
	tcase_add_test(http, http_tls);
	tcase_add_test(http, http_big_body);
	tcase_add_loop_test(http, http_told, 0, 3);
	tcase_add_test(alone, http_bounded);
	tcase_add_test(alone, http_waits_too_long);
	tcase_add_test(alone, http_cancel);
	tcase_add_test(alone, http_close_under_way);
	tcase_add_test(alone, http_bad_options);
	tcase_add_test(alone, http_no_memory);
	suite_add_tcase(suite, http);
	suite_add_tcase(suite, alone);
	return http;
}
#endif
