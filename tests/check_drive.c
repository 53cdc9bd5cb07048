/* Links drive and what it stands on: attempts and calls against a scripted server. */
#define _DEFAULT_SOURCE /* syscall() */
#include <check.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "drive/call.h"
#include "drive/core.h"
#include "drive/core_own.h"
#include "io/clock.h"
#include "io/thread.h"
#include "drive_server.h"

#define T(text) kin__span((text), sizeof(text) - 1)
#define TOKEN "TOKENTOKENTOKENTOKEN"
#define SECRET "sEcReTsEcReTsEcReT"

static _Atomic time_t host_ahead_s; /* the host's clock is set, as far as all in this program can see */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long failed = syscall(SYS_clock_gettime, clock, now);

	if (failed == 0 && clock == CLOCK_REALTIME)
		now->tv_sec += host_ahead_s;
	return (int)failed;
}

static struct kin__core *core;
static struct kin_client_options options;
static char url[64];

static void core_start(void)
{
	struct kin_error error;
	int code = kin__core_open(&core, &options, &error);

	ck_assert_msg(code == KIN_OK, "%s", error.message);
}

static void setup(void)
{
	static const char *const unset[] = { "http_proxy",  "all_proxy",        "ALL_PROXY",
		                             "AWS_PROFILE", "AWS_MAX_ATTEMPTS", "AWS_CA_BUNDLE" };

	service_start();
	snprintf(url, sizeof url, "http://127.0.0.1:%d/base", service.port);
	for (size_t i = 0; i < KIN__ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
	options = (struct kin_client_options){ .size = sizeof options,
		                               .region = "us-east-1",
		                               .endpoint_url = url,
		                               .access_key_id = "AKIDEXAMPLE",
		                               .secret_access_key = SECRET,
		                               .session_token = TOKEN,
		                               .connections_max = 4,
		                               .connect_timeout_ms = 20000,
		                               .request_timeout_ms = 20000,
		                               .call_timeout_ms = 30000,
		                               .tls_verify = true };
	core_start();
}

static void teardown(void)
{
	kin__core_unref(core);
	service_stop();
}

/* --- one attempt or one call, from this thread ----------------------------------------- */

static struct {
	struct kin__attempt attempt;
	struct kin__call call;
	struct kin__loop_task start, cancel;
	struct kin__outcome outcome; /* its body is a copy of `body` */
	char body[256];
	int checks_refused;    /* so many successes make no sense */
	uint32_t attempts_max; /* of calls; 0: the client's */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int dones;
} one = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

static void told(struct kin__outcome *outcome)
{
	ck_assert(kin__loop_is_mine(kin__core_loop(core)));
	pthread_mutex_lock(&one.lock);
	one.outcome = *outcome;
	memcpy(one.body, outcome->body.at ? outcome->body.at : "", outcome->body.n + 1);
	one.dones++;
	pthread_cond_signal(&one.cond);
	pthread_mutex_unlock(&one.lock);
}

static void attempt_done(struct kin__attempt *attempt, struct kin__outcome *outcome)
{
	ck_assert_ptr_eq(attempt, &one.attempt);
	told(outcome);
}

static void call_done(struct kin__call *call, struct kin__outcome *outcome)
{
	ck_assert_ptr_eq(call, &one.call);
	told(outcome);
}

static void start_attempt(struct kin__loop_task *task)
{
	(void)task;
	kin__core_attempt(core, &one.attempt);
	ck_assert_int_eq(one.dones, 0);
}

static void start_call(struct kin__loop_task *task)
{
	(void)task;
	kin__call_start(&one.call);
}

static void cancel_both(struct kin__loop_task *task)
{
	(void)task;
	kin__core_cancel(core, &one.attempt);
	kin__core_cancel(core, &one.attempt);
	if (one.call.core)
		kin__call_cancel(&one.call);
}

static const struct kin__outcome *wait_done(void)
{
	pthread_mutex_lock(&one.lock);
	while (one.dones == 0)
		pthread_cond_wait(&one.cond, &one.lock);
	ck_assert_int_eq(one.dones, 1);
	pthread_mutex_unlock(&one.lock);
	return &one.outcome;
}

static void begin_attempt(const struct line *script, const char *arn)
{
	service.script = script;
	one.dones = 0;
	kin__attempt_init(&one.attempt);
	one.attempt.operation = KIN__PUT_RECORD;
	one.attempt.body = T("{\"StreamName\":\"s\"}");
	one.attempt.stream_arn = arn;
	one.attempt.done = attempt_done;
	kin__loop_task_init(&one.start, start_attempt);
	kin__loop_post(kin__core_loop(core), &one.start);
}

static const struct kin__outcome *run_attempt(const struct line *script)
{
	begin_attempt(script, NULL);
	wait_done();
	kin__attempt_fini(&one.attempt);
	return &one.outcome;
}

static bool check_call(struct kin__call *call, struct kin__outcome *outcome)
{
	(void)call;
	if (one.checks_refused-- <= 0)
		return true;
	outcome->error.code = KIN_PROTOCOL;
	return false;
}

static void begin_call(const struct line *script, enum kin__operation operation)
{
	service.script = script;
	one.dones = 0;
	ck_assert_int_eq(kin__call_init(&one.call, core), KIN_OK);
	one.call.operation = operation;
	one.call.body = T("{}");
	one.call.done = call_done;
	one.call.check = check_call;
	one.call.attempts_max = one.attempts_max;
	kin__loop_task_init(&one.start, start_call);
	kin__loop_post(kin__core_loop(core), &one.start);
}

static const struct kin__outcome *run_call(const struct line *script, enum kin__operation operation)
{
	begin_call(script, operation);
	wait_done();
	kin__call_fini(&one.call);
	return &one.outcome;
}

/* --- attempts -------------------------------------------------------------------------- */

static const struct {
	struct line line;
	enum kin__verdict verdict;
	int code, maybe_done, retryable;
	const char *aws_code;
} attempts[] = {
	{ { 200, "", "{\"a\":1}" }, KIN__DONE, KIN_OK, 0, 0, "" },
	{ { 400, "", "{\"__type\":\"ProvisionedThroughputExceededException\"}" },
	  KIN__THROTTLED,
	  KIN_THROTTLED,
	  0,
	  1,
	  "ProvisionedThroughputExceededException" },
	{ { 400, "", "{\"__type\":\"x#LimitExceededException\"}" },
	  KIN__THROTTLED,
	  KIN_THROTTLED,
	  0,
	  1,
	  "LimitExceededException" },
	{ { 400, "x-amzn-ErrorType: AccessDeniedException:http://x\r\n", "{}" },
	  KIN__REFUSED,
	  KIN_DENIED,
	  0,
	  0,
	  "AccessDeniedException" },
	{ { 400, "", "{\"__type\":\"ExpiredTokenException\"}" },
	  KIN__REFUSED,
	  KIN_CREDENTIALS,
	  0,
	  0,
	  "ExpiredTokenException" },
	{ { 400, "", "{\"__type\":\"ResourceNotFoundException\"}" },
	  KIN__NOT_FOUND,
	  KIN_NOT_FOUND,
	  0,
	  0,
	  "ResourceNotFoundException" },
	{ { 400, "", "{\"__type\":\"ResourceInUseException\"}" },
	  KIN__IN_USE,
	  KIN_REFUSED,
	  0,
	  0,
	  "ResourceInUseException" },
	{ { 400, "", "{\"__type\":\"ExpiredIteratorException\"}" },
	  KIN__ITERATOR_EXPIRED,
	  KIN_REFUSED,
	  0,
	  0,
	  "ExpiredIteratorException" },
	{ { 400, "", "{\"__type\":\"ValidationException\"}" },
	  KIN__INVALID_ARGUMENT,
	  KIN_REFUSED,
	  0,
	  0,
	  "ValidationException" },
	{ { 500, "", "{\"__type\":\"InternalFailureException\"}" },
	  KIN__TRANSIENT,
	  KIN_REFUSED,
	  1,
	  1,
	  "InternalFailureException" },
	{ { 503, "", "<html>busy</html>" }, KIN__TRANSIENT, KIN_REFUSED, 1, 1, "ServiceUnavailable" },
	{ { 0, "", "" }, KIN__TRANSIENT, KIN_NETWORK, 1, 1, "" },
};

START_TEST(verdicts)
{
	const struct kin__outcome *got = run_attempt(&attempts[_i].line);

	ck_assert_int_eq(got->verdict, attempts[_i].verdict);
	ck_assert_msg(got->error.code == attempts[_i].code, "%s", got->error.message);
	ck_assert_int_eq(got->maybe_done, attempts[_i].maybe_done);
	ck_assert_int_eq(got->error.retryable, attempts[_i].retryable);
	ck_assert_str_eq(got->error.aws_code, attempts[_i].aws_code);
	ck_assert_int_eq(got->error.http_status, attempts[_i].line.status);
	ck_assert_str_eq(got->error.request_id, attempts[_i].line.status ? "id-1" : "");
	ck_assert(!got->aborted);
	if (got->verdict == KIN__DONE)
		ck_assert_str_eq(one.body, "{\"a\":1}");
	else
		ck_assert_int_eq(strncmp(got->error.message, "PutRecord: ", 11), 0);
}
END_TEST

START_TEST(what_is_sent)
{
	static const struct line script[] = { { 200, "", "{}" } };
	const char *text = service.requests[0];

	run_attempt(script);
	ck_assert_int_eq(strncmp(text, "POST /base/ HTTP/1.1\r\n", 22), 0);
	ck_assert_ptr_nonnull(strstr(text, "\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nX-Amz-Security-Token: " TOKEN "\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	ck_assert_ptr_nonnull(strstr(text, "/us-east-1/kinesis/aws4_request"));
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n{\"StreamName\":\"s\"}"));
	ck_assert_ptr_null(strstr(text, SECRET));
}
END_TEST

START_TEST(hints)
{
	static const struct line script[] = {
		{ 400, "x-amz-retry-after: 1234\r\n", "{\"__type\":\"ThrottlingException\"}" },
		{ 503, "Retry-After: 2\r\n", "" },
		{ 503, "Retry-After: soon\r\n", "" },
		{ 200, "", "" },
	};

	ck_assert(run_attempt(script)->has_hint && one.outcome.hint_ms == 1234);
	ck_assert(run_attempt(script)->has_hint && one.outcome.hint_ms == 2000);
	ck_assert(!run_attempt(script)->has_hint);
	ck_assert(!run_attempt(script)->has_hint);
}
END_TEST

START_TEST(time_and_skew)
{
	static char dates[2][80];
	char text[KIN__TIME_TEXT];
	int64_t there = kin__clock_wall_ms() - 3600000;
	const struct line script[] = {
		{ 400, dates[0],
		  "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature not yet current\"}" },
		{ 200, dates[1], "{}" },
	};
	const char *date;
	int64_t signed_ms;

	for (int i = 0; i < 2; i++) {
		kin__time_http(there, text);
		snprintf(dates[i], sizeof dates[i], "Date: %s\r\n", text);
	}
	ck_assert_int_eq(kin__core_service_ms(core), 0); /* nobody knows yet */
	run_attempt(script);
	ck_assert_int_eq(one.outcome.verdict, KIN__TRANSIENT);
	ck_assert_int_eq(one.outcome.retry_class, KIN__RETRY_SKEW);
	ck_assert(one.outcome.service_ms > there - 3000 && one.outcome.service_ms < there + 60000);
	ck_assert(kin__core_service_ms(core) > there - 3000 && kin__core_service_ms(core) < there + 60000);
	run_attempt(script);
	ck_assert_int_eq(one.outcome.verdict, KIN__DONE);
	date = strstr(service.requests[1], "X-Amz-Date: ");
	ck_assert(date && kin__time_from_amz(kin__span(date + 12, 16), &signed_ms));
	ck_assert(signed_ms > there - 5000 && signed_ms < there + 60000);
}
END_TEST

/* Records must not age because the host's clock is set: what the last answer told goes on from there. */
START_TEST(time_while_the_host_is_set)
{
	static const long aheads[] = { 90000, -90000, 0 };
	static char date[80];
	char text[KIN__TIME_TEXT];
	int64_t there = kin__clock_wall_ms() + 50000;
	const struct line script[] = { { 200, date, "{}" } };

	kin__time_http(there, text);
	snprintf(date, sizeof date, "Date: %s\r\n", text);
	run_attempt(script);
	for (size_t i = 0; i < KIN__ARRAY_LEN(aheads); i++) {
		int64_t now_ms;

		host_ahead_s = aheads[i];
		now_ms = kin__core_service_ms(core);
		ck_assert_msg(now_ms > there - 3000 && now_ms < there + 60000,
		              "the host's clock was set by %ld s, the service's went from %lld to %lld",
		              aheads[i], (long long)there, (long long)now_ms);
	}
}
END_TEST

static void check_hidden(const struct line *script, const char *told)
{
	const char *message = run_attempt(script)->error.message;

	ck_assert_msg(strncmp(message, told, strlen(told)) == 0, "%s", message);
	ck_assert_msg(strstr(message, " with access key ...MPLE, its session token, from code)"), "%s",
	              message);
	ck_assert_msg(!strstr(message, SECRET) && !strstr(message, TOKEN), "%s", message);
}

START_TEST(quoted_secrets)
{
	static const struct line script[] = {
		{ 403, "",
		  "{\"__type\":\"InvalidSignatureException\",\"message\":\"It does not match. The Canonical "
		  "String for this "
		  "request should have been 'POST x-amz-security-token:" TOKEN "'\"}" },
		{ 403, "",
		  "{\"__type\":\"InvalidSignatureException\",\"message\":\"You sent " TOKEN " here\"}" },
		{ 403, "",
		  "{\"__type\":\"InvalidSignatureException\",\"message\":\"You sent " SECRET " here\"}" },
	};

	check_hidden(script, "PutRecord: InvalidSignatureException: It does not match. (asked at 127.0.0.1:");
	ck_assert_int_eq(one.outcome.error.code, KIN_CREDENTIALS);
	check_hidden(script, "PutRecord: InvalidSignatureException: You sent (asked at 127.0.0.1:");
	check_hidden(script, "PutRecord: InvalidSignatureException: You sent (asked at 127.0.0.1:");
}
END_TEST

START_TEST(foreign_arn)
{
	static const struct line script[] = { { 200, "", "{}" } };

	kin__core_unref(core);
	options.endpoint_url = NULL; /* only then the ARN chooses the host */
	core_start();
	begin_attempt(script, "arn:aws:sqs:us-east-1:123456789012:queue");
	ck_assert_int_eq(wait_done()->error.code, KIN_INVALID);
	ck_assert_int_eq(one.outcome.verdict, KIN__REFUSED);
	ck_assert(!one.outcome.maybe_done);
	ck_assert_int_eq(strncmp(one.outcome.error.message, "PutRecord: ", 11), 0);
	kin__attempt_fini(&one.attempt);
}
END_TEST

START_TEST(cancelled)
{
	static const struct line script[] = { { -1, "", "" } };

	one.call.core = NULL;
	begin_attempt(script, NULL);
	while (service.asked == 0)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	kin__loop_task_init(&one.cancel, cancel_both);
	kin__loop_post(kin__core_loop(core), &one.cancel);
	ck_assert(wait_done()->aborted);
	ck_assert_int_eq(one.outcome.error.code, KIN_CLOSED);
	ck_assert(one.outcome.maybe_done);
	kin__attempt_fini(&one.attempt);
}
END_TEST

/* --- calls ----------------------------------------------------------------------------- */

/* The text of the n-th request's amz-sdk-invocation-id. */
static void invocation(int n, char out[static 37])
{
	static const char name[] = "\r\namz-sdk-invocation-id: ";
	const char *at = strstr(service.requests[n], name);

	ck_assert_msg(at && at[sizeof name - 1 + 36] == '\r',
	              "no invocation id of 36 characters in request %d: %s", n, service.requests[n]);
	memcpy(out, at + sizeof name - 1, 36);
	out[36] = 0;
}

/* One name for a call, whatever its attempts; another one for each call, and for what is one attempt only. */
START_TEST(invocations)
{
	static const struct line script[] = { { 500, "", "{}" }, { 500, "", "{}" }, { 200, "", "{}" },
		                              { 200, "", "{}" }, { 200, "", "{}" }, { 200, "", "{}" } };
	char ids[6][37];

	one.checks_refused = 0;
	run_call(script, KIN__LIST_STREAMS); /* 0, 1, 2 */
	run_call(script, KIN__LIST_STREAMS);
	run_attempt(script);
	run_attempt(script);
	ck_assert_int_eq(service.asked, 6);
	for (int i = 0; i < 6; i++) {
		invocation(i, ids[i]);
		for (int j = 0; j < i; j++)
			ck_assert_int_eq(strcmp(ids[i], ids[j]) == 0, i < 3);
	}
}
END_TEST

#include "drive_attempts.h"
#include "drive_calls.h"

/* --- the core -------------------------------------------------------------------------- */

static void *unref_it(void *user)
{
	kin__core_unref(user);
	return NULL;
}

static struct dropped {
	struct kin__pool_job job;
	struct kin__core *core;
} dropped;

static void unref_here(struct kin__pool_job *job)
{
	kin__core_unref(kin__container(job, struct dropped, job)->core);
}

START_TEST(references)
{
	pthread_t thread;

	kin__core_ref(core);
	kin__core_ref(core);
	pthread_create(&thread, NULL, unref_it, core);
	pthread_join(thread, NULL);
	ck_assert(!kin__core_forked(core));
	ck_assert(!kin__core_on_callback(core));
	ck_assert_uint_ne(kin__core_seed(core), kin__core_seed(core));
	ck_assert_uint_eq(kin__core_attempts_max(core), 3);
	kin__core_unref(core);
	kin__pool_job_init(&dropped.job, unref_here); /* the last one, on a thread that cannot join itself */
	dropped.core = core;
	kin__pool_post(kin__core_callbacks(core), &dropped.job);
	nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	core_start();
}
END_TEST

START_TEST(open_no_memory)
{
	struct kin__core *made;
	int code = KIN_NOMEM;

	for (uint64_t i = 1; code != KIN_OK; i++) {
		kin__mem_fail_at(i);
		code = kin__core_open(&made, &options, NULL);
		kin__mem_fail_at(0);
		ck_assert_msg(code == KIN_OK || code == KIN_NOMEM, "%d at %d", code, (int)i);
		ck_assert_int_eq(code == KIN_OK, made != NULL);
		ck_assert_uint_lt(i, 300);
	}
	kin__core_unref(made);
}
END_TEST

#include "drive_ready.h"
#include "drive_wire.h"
#include "drive_history.h"
#include "drive_tally.h"
#include "drive_memory.h"
#include "drive_spool.h"
#include "drive_late.h"
#include "drive_slots.h"

START_TEST(attempt_no_memory)
{
	static const struct line scripts[][SCRIPT_MAX] = { { { 200, "", "{}" } },
		                                           { { 200, "",
		                                               "\xa1\x61"
		                                               "a\x61x" } } };
	const struct line *script = scripts[_i];
	const struct kin__outcome *got;

	if (_i == 1)
		use_cbor();
	got = run_attempt(script); /* makes the signer warm */
	for (uint64_t i = 1; i < 40; i++) {
		service.asked = 0;
		kin__mem_fail_at(i);
		got = run_attempt(script);
		kin__mem_fail_at(0);
		ck_assert_msg(got->error.code == KIN_OK || got->error.code == KIN_NOMEM, "%d: %s", (int)i,
		              got->error.message);
	}
	ck_assert_int_eq(got->error.code, KIN_OK);
}
END_TEST

static Suite *drive_suite(void)
{
	Suite *suite = suite_create("drive");
	TCase *one_try = tcase_create("attempt"), *calls = tcase_create("call"),
	      *cores = tcase_create("core");

	tcase_add_checked_fixture(one_try, setup, teardown);
	tcase_add_loop_test(one_try, verdicts, 0, KIN__ARRAY_LEN(attempts));
	tcase_add_test(one_try, what_is_sent);
	tcase_add_test(one_try, hints);
	tcase_add_test(one_try, time_and_skew);
	tcase_add_test(one_try, time_while_the_host_is_set);
	tcase_add_test(one_try, quoted_secrets);
	tcase_add_test(one_try, foreign_arn);
	tcase_add_test(one_try, cancelled);
	tcase_add_loop_test(one_try, attempt_no_memory, 0, 2);
	add_wire(one_try);
	add_ready(one_try);
	tcase_add_checked_fixture(calls, setup, teardown);
	tcase_set_timeout(calls, 30);
	tcase_add_test(calls, invocations);
	tcase_add_test(calls, call_retries);
	tcase_add_test(calls, call_attempts);
	tcase_add_test(calls, call_ambiguous);
	tcase_add_test(calls, call_hint);
	tcase_add_test(calls, call_misread);
	tcase_add_test(calls, call_deadline);
	tcase_add_test(calls, call_cancelled_in_pause);
	tcase_add_checked_fixture(cores, setup, teardown);
	tcase_add_test(cores, references);
	tcase_add_test(cores, open_no_memory);
	tcase_add_test(cores, what_was_read_from_disk_does_not_overtake);
	suite_add_tcase(suite, one_try);
	suite_add_tcase(suite, history_case());
	suite_add_tcase(suite, tally_case());
	suite_add_tcase(suite, memory_case());
	suite_add_tcase(suite, slots_case());
	suite_add_tcase(suite, calls);
	suite_add_tcase(suite, cores);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(drive_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
