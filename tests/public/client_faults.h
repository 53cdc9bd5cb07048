/* Scenes of check_client.c: what goes wrong on the way, and who runs where. */
#ifndef KIN_TEST_CLIENT_FAULTS_H
#define KIN_TEST_CLIENT_FAULTS_H
#include "client_scene.h"

/* --- faults -------------------------------------------------------------------------- */

START_TEST(wrong_keys)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;

	options.secret_access_key = "wrong-SECRET/do+not+show";
	options.session_token = "token-SECRET/do+not+show";
	other = client_with(&options);
	ck_assert_int_eq(put_one(other), KIN_CREDENTIALS);
	ck_assert_ptr_null(strstr(error.message, "SECRET"));
	ck_assert_int_eq(error.retryable, 0);
	ck_assert_str_ne(error.aws_code, "");
	kin_client_close(other);
	options = mock_options();
	options.access_key_id = "AKIDNOBODY";
	other = client_with(&options);
	ck_assert_int_eq(put_one(other), KIN_CREDENTIALS);
	kin_client_close(other);
	ck_assert_uint_eq(stats().requests, 2); /* no use in trying again */
	ck_assert_uint_eq(stats().refused, 2);
}
END_TEST

static void write_keys(const char *path, const char *secret)
{
	FILE *file = fopen(path, "w");

	fprintf(file, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
	        secret ? "AKIDMOCK" : "AKIDOLD", secret ? secret : "old");
	fclose(file);
}

START_TEST(renewed_keys)
{
	struct kin_client_options options = mock_options();
	char path[] = "/tmp/kin-keys-XXXXXX";
	struct kin_client *other;

	close(mkstemp(path));
	write_keys(path, NULL);
	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	options.access_key_id = options.secret_access_key = NULL;
	other = client_with(&options);
	ck_assert_int_eq(put_one(other), KIN_CREDENTIALS); /* read again: the same */
	write_keys(path, SECRET);
	ck_assert_int_eq(put_one(other), KIN_OK);
	ck_assert_uint_eq(stats().requests, 3);
	unlink(path);
	kin_client_close(other);
}
END_TEST

/* count strikes, then the third attempt finds the service well. */
static const struct {
	const char *fault;
	int code, stored;
	uint64_t requests;
} retried[] = {
	{ "PutRecord:throttle:count=1", KIN_OK, 1, 2 },   { "PutRecord:error500:count=2", KIN_OK, 1, 3 },
	{ "PutRecord:error503:count=2", KIN_OK, 1, 3 },   { "PutRecord:drop:count=2", KIN_OK, 1, 3 },
	{ "PutRecord:drop_after:count=2", KIN_OK, 3, 3 }, /* duplicates are the price */
	{ "PutRecord:truncate:count=1", KIN_OK, 2, 2 },   { "PutRecord:error500", KIN_REFUSED, 0, 3 },
	{ "PutRecord:drop", KIN_NETWORK, 0, 3 },
};

START_TEST(retries)
{
	fault(retried[_i].fault);
	ck_assert_int_eq(put_one(client), retried[_i].code);
	ck_assert_uint_eq(stats().requests, retried[_i].requests);
	ck_assert_uint_eq(stats().records_stored, (uint64_t)retried[_i].stored);
	if (retried[_i].code != KIN_OK) {
		ck_assert_int_eq(error.retryable, 1);
		ck_assert_int_eq(strncmp(error.message, "PutRecord: ", 11), 0);
	}
	kin_mock_heal(mock);
	ck_assert_int_eq(put_one(client), KIN_OK);
}
END_TEST

START_TEST(attempts)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;

	options.max_attempts = 1;
	other = client_with(&options);
	fault("*:throttle:count=1");
	ck_assert_int_eq(put_one(other), KIN_THROTTLED);
	ck_assert_str_eq(error.aws_code, "ProvisionedThroughputExceededException");
	ck_assert_int_eq(error.retryable, 1);
	ck_assert_int_eq(error.http_status, 400);
	ck_assert_uint_eq(stats().requests, 1);
	ck_assert_int_eq(put_one(other), KIN_OK);
	kin_client_close(other);
}
END_TEST

START_TEST(request_timeout)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;

	options.request_timeout_ms = 2000; /* the next one is to be in time on a busy machine, too */
	other = client_with(&options);
	fault("PutRecord:latency:ms=60000:count=1");
	ck_assert_int_eq(put_one(other), KIN_OK);
	ck_assert_uint_ge(stats().requests, 2);
	kin_client_close(other);
}
END_TEST

START_TEST(call_timeout)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;
	int64_t begin = now_ms();

	options.call_timeout_ms = 250;
	other = client_with(&options);
	fault("PutRecord:latency:ms=60000");
	ck_assert_int_eq(put_one(other), KIN_TIMEOUT);
	ck_assert_msg(strstr(error.message, "250"), "%s", error.message);
	ck_assert_int_lt(now_ms() - begin, 60000); /* no answer was waited for */
	kin_client_close(other);
}
END_TEST

START_TEST(wait_timeout)
{
	struct kin_call *call = call_of(client, "ListStreams");

	fault("ListStreams:latency:ms=3000:count=1");
	ck_assert_int_eq(kin_call_wait(call, 20, &error), KIN_TIMEOUT);
	ck_assert_int_eq(kin_call_wait(call, 0, &error), KIN_TIMEOUT);
	OK(kin_call_wait(call, INT64_MAX, &error)); /* in microseconds it is more than 64 bits can say */
	ck_assert_uint_eq(stats().requests, 1);
	kin_call_free(call);
}
END_TEST

START_TEST(refused_connect)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other;

	options.endpoint_url = "http://127.0.0.1:1";
	options.max_attempts = 2;
	other = client_with(&options);
	ck_assert_int_eq(put_one(other), KIN_NETWORK);
	ck_assert_ptr_nonnull(strstr(error.message, "127.0.0.1:1"));
	ck_assert_int_eq(error.http_status, 0);
	ck_assert_int_eq(error.retryable, 1);
	kin_client_close(other);
}
END_TEST

START_TEST(clock_skew)
{
	fault(_i ? "*:skew:ms=-1800000" : "*:skew:ms=1800000");
	ck_assert_msg(put_one(client) == KIN_OK, "%s", error.message);
	ck_assert_uint_eq(stats().requests, 2); /* refused once, then signed by the service's clock */
	ck_assert_int_eq(put_one(client), KIN_OK);
	ck_assert_uint_eq(stats().requests, 3);
	ck_assert_ptr_nonnull(strstr(journal.text, "warn client this host's clock"));
}
END_TEST

/* --- threads ------------------------------------------------------------------------- */

static struct {
	atomic_int calls, code, deadlock;
	pthread_t thread;
	bool frees;
} seen;

static void on_end(void *user, struct kin_call *call, int code)
{
	struct kin_call *other;

	ck_assert_ptr_eq(user, &seen);
	seen.code = code;
	seen.thread = pthread_self();
	other = call_of(client, "ListStreams"); /* a new one is fine, to wait for it is not */
	seen.deadlock = kin_call_wait(other, 1000, NULL);
	kin_call_free(other);
	if (kin_call_wait(call, -1, NULL) != code) /* its own answer is there */
		seen.deadlock = 0;
	if (seen.frees)
		kin_call_free(call);
	seen.calls++;
}

static void until_called(int n)
{
	for (int i = 0; i < 30000 && seen.calls < n; i++)
		nap_ms(1);
	ck_assert_int_eq(seen.calls, n);
}

START_TEST(async)
{
	struct kin_call *call = call_of(client, "ListStreams");

	seen.calls = seen.code = seen.deadlock = 0;
	seen.frees = false;
	OK(kin_call_start(call, on_end, &seen, &error));
	OK(kin_call_wait(call, -1, &error));
	until_called(1);
	ck_assert_int_eq(seen.code, KIN_OK);
	ck_assert_int_eq(seen.deadlock, KIN_WOULD_DEADLOCK);
	ck_assert(!pthread_equal(seen.thread, pthread_self()));
	ck_assert_uint_ge(kin_call_count(call, "StreamNames"), 1);
	kin_call_free(call);
	fault("*:drop");
	seen.frees = true;
	call = call_of(client, "ListStreams");
	OK(kin_call_start(call, on_end, &seen, &error));
	until_called(2);
	ck_assert_int_eq(seen.code, KIN_NETWORK);
}
END_TEST

START_TEST(free_under_way)
{
	seen.calls = 0;
	seen.frees = false;
	fault("*:latency:ms=50");
	for (int i = 0; i < 30; i++) { /* before it is sent, on its way, in its function */
		struct kin_call *call = call_of(client, "ListStreams");
		int before = seen.calls;

		OK(kin_call_start(call, i % 5 == 4 ? NULL : on_end, &seen, &error));
		nap_ms(i % 3 * 26);
		before = seen.calls;
		kin_call_free(call);
		ck_assert_int_le(seen.calls, before + 1);
		before = seen.calls;
		nap_ms(5);
		ck_assert_int_eq(seen.calls, before);
	}
}
END_TEST

START_TEST(close_under_way)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other = client_with(&options);
	struct kin_call *calls[3];

	fault("ListStreams:latency:ms=60000");
	for (int i = 0; i < 3; i++) {
		calls[i] = call_of(other, "ListStreams");
		OK(kin_call_start(calls[i], NULL, NULL, &error));
	}
	nap_ms(50);
	kin_client_close(other);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kin_call_wait(calls[i], 0, &error), KIN_CLOSED);
		kin_call_free(calls[i]);
	}
}
END_TEST

static void *wait_for_end(void *user)
{
	struct kin_error why;
	int code = kin_call_wait(user, -1, &why);

	ck_assert_msg(code == KIN_OK || code == KIN_CLOSED, "%s: %s", kin_code_name(code), why.message);
	kin_call_free(user);
	return NULL;
}

/* One of the waiting threads drives the loop, another may have been about to; the client goes at any moment of it. */
START_TEST(close_while_threads_wait)
{
	enum { THREADS = 4, ROUNDS = 100 };
	struct kin_client_options options = mock_options();

	for (int round = 0; round < ROUNDS; round++) {
		struct kin_client *other = client_with(&options);
		struct kin_call *calls[THREADS];
		pthread_t threads[THREADS];

		for (int i = 0; i < THREADS; i++)
			calls[i] = call_of(other, "ListStreams");
		for (int i = 0; i < THREADS; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_for_end, calls[i]), 0);
		nap_ms(round % 4);
		kin_client_close(other);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
}
END_TEST

static void *put_many(void *user)
{
	for (int i = 0; i < 25; i++)
		ck_assert_int_eq(put_one(user), KIN_OK);
	return NULL;
}

START_TEST(many_threads)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other = client_with(&options);
	pthread_t threads[6];

	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, put_many, i % 2 ? other : client);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	kin_client_close(other);
	ck_assert_uint_eq(stats().records_stored, 150);
	ck_assert_uint_le(stats().connections, 6);
}
END_TEST

static int in_child(struct kin_call *call)
{
	struct kin_call *made;
	struct kin_error why;

	if (kin_call_new(&made, client, "ListStreams", &why) != KIN_FORKED ||
	    !strstr(why.message, "parent process"))
		return 1;
	if (kin_call_wait(call, -1, &why) != KIN_FORKED ||
	    kin_call_start(call, NULL, NULL, &why) != KIN_FORKED)
		return 2;
	kin_call_free(call);
	kin_client_close(client);
	return 0;
}

START_TEST(forked)
{
	struct kin_call *call = call_of(client, "ListStreams");
	int status;
	pid_t child;

	ck_assert_int_eq(put_one(client), KIN_OK);
	child = fork();
	if (child == 0)
		_exit(in_child(call));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	OK(kin_call_wait(call, -1, &error)); /* the parent goes on, on the same connection */
	kin_call_free(call);
	ck_assert_uint_eq(stats().connections, 1);
}
END_TEST

static void close_it(void *user, struct kin_call *call, int code)
{
	(void)code;
	kin_call_free(call);
	kin_client_close(user);
	seen.calls++;
}

START_TEST(close_in_callback)
{
	struct kin_client_options options = mock_options();
	struct kin_client *other = client_with(&options);
	struct kin_call *call = call_of(other, "ListStreams");

	seen.calls = 0;
	OK(kin_call_start(call, close_it, other, &error));
	until_called(1);
	nap_ms(50); /* the threads end by themselves; the leak checker looks */
}
END_TEST

static TCase *faults_case(void)
{
	TCase *faults = tcase_create("faults");

	tcase_add_checked_fixture(faults, setup, teardown);
	tcase_set_timeout(faults, 60);
	tcase_add_test(faults, wrong_keys);
	tcase_add_test(faults, renewed_keys);
	tcase_add_loop_test(faults, retries, 0, sizeof retried / sizeof retried[0]);
	tcase_add_test(faults, attempts);
	tcase_add_test(faults, request_timeout);
	tcase_add_test(faults, call_timeout);
	tcase_add_test(faults, wait_timeout);
	tcase_add_test(faults, refused_connect);
	tcase_add_loop_test(faults, clock_skew, 0, 2);
	return faults;
}

static TCase *threads_case(void)
{
	TCase *threads = tcase_create("threads");

	tcase_add_checked_fixture(threads, setup, teardown);
	tcase_set_timeout(threads, 60);
	tcase_add_test(threads, async);
	tcase_add_test(threads, free_under_way);
	tcase_add_test(threads, close_under_way);
	tcase_add_test(threads, close_while_threads_wait);
	tcase_add_test(threads, many_threads);
	tcase_add_test(threads, forked);
	tcase_add_test(threads, close_in_callback);
	return threads;
}
#endif
