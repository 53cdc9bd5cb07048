/* The library against a server that misbehaves in one way after the other: calls, a producer, a consumer. */
#include "certs.h"
#include "main.h"
#include "misdeeds.h"
#include "stage.h"
#include "traffic.h"

static struct kin_client *client_for(const struct misdeed *misdeed, uint32_t attempts)
{
	struct kin_client_options options = client_options(hostile.url);

	options.max_attempts = attempts;
	options.request_timeout_ms = patience_with(misdeed);
	options.tls_verify = false;
	return client_with(&options);
}

/* The same server, over TLS. */
static struct cert cert;

static void tls_setup(void)
{
	setup();
	hostile_stop();
	cert = cert_make("server", NULL, "IP:127.0.0.1", -3600, 3600);
	hostile_start(tls_server(&cert));
}

static void tls_teardown(void)
{
	SSL_CTX *tls = hostile.tls;

	teardown();
	SSL_CTX_free(tls);
	cert_free(&cert);
	cert = (struct cert){ NULL, NULL };
}

/* --- calls ----------------------------------------------------------------------------------- */

static void expect_error(const struct misdeed *misdeed, int code, const char *says)
{
	ck_assert_msg(code == misdeed->code && error.code == code, "%s: %s, not %s: %s", watched,
	              kin_code_name(code), kin_code_name(misdeed->code), error.message);
	ck_assert_msg(error.http_status == misdeed->status, "%s: status %d: %s", watched, error.http_status,
	              error.message);
	ck_assert_msg(error.retryable == (misdeed->fate == BROKEN), "%s: retryable is %d: %s", watched,
	              error.retryable, error.message);
	expect_parts(error.message, "PutRecord: |127.0.0.1:", "the error");
	expect_parts(error.message, says, "the error");
}

/* An answer that was left over on a connection would have an old number. */
static void expect_own_answers(struct kin_client *of)
{
	char before[sizeof put_sequence];

	for (int i = 0; i < 3; i++) {
		memcpy(before, put_sequence, sizeof before);
		put_patiently(of);
		ck_assert_msg(put_sequence[0] && strcmp(before, put_sequence) != 0,
		              "%s: the answer to an earlier request was taken for this one's", watched);
	}
}

/* One attempt, told as it is; and what comes next on that client is not harmed. */
START_TEST(one_attempt)
{
	const struct misdeed *misdeed = &misdeeds[_i];
	struct kin_client *once = client_for(misdeed, 1);
	int code;

	watch(20, "one attempt: %s", misdeed->deed.name);
	put_patiently(once);
	plan(&misdeed->deed, NULL, 1);
	IN_TIME(code, (int)patience_with(misdeed), put_one(once));
	ck_assert_int_eq(hostile.struck, 1);
	if (misdeed->fate == FINE)
		ck_assert_msg(code == KIN_OK && put_sequence[0], "%s: %s", watched, error.message);
	else
		expect_error(misdeed, code, misdeed->says);
	expect_own_answers(once);
	kin_client_close(once);
}
END_TEST

START_TEST(second_answer_late)
{
	static const struct deed late = { "answered twice, late", answered_twice_late, NULL };
	struct kin_client *client = client_for(&misdeeds[0], 3);

	watch(20, "%s", late.name);
	plan(&late, NULL, 1);
	OK(put_one(client));
	until_late(1);
	expect_own_answers(client);
	kin_client_close(client);
}
END_TEST

/* No kept connection to blame. */
START_TEST(first_request)
{
	static const char *const says[] = { "reset by peer", "closed before any answer" };
	struct kin_client *once = client_for(&misdeeds[_i], 1);

	watch(20, "first request: %s", misdeeds[_i].deed.name);
	plan(&misdeeds[_i].deed, NULL, 1);
	expect_error(&misdeeds[_i], put_one(once), says[_i]);
	kin_client_close(once);
}
END_TEST

START_TEST(all_attempts)
{
	const struct misdeed *misdeed = &misdeeds[_i];
	int code, fds = fds_now(), threads = threads_now();
	struct kin_client *many = client_for(misdeed, 3);

	watch(30, "all attempts: %s", misdeed->deed.name);
	plan(&misdeed->deed, "PutRecord", 1);
	code = put_one(many);
	ck_assert_msg(code == (misdeed->fate == REFUSED ? misdeed->code : KIN_OK), "%s: %s: %s", watched,
	              kin_code_name(code), error.message);
	ck_assert_msg(hostile.requests == (misdeed->fate == BROKEN ? 2 : 1) ||
	                              patience_with(misdeed) == SHORT_TIMEOUT_MS,
	              "%s: %d requests", watched, hostile.requests);
	plan(&misdeed->deed, "PutRecord", -1);
	code = put_one(many);
	ck_assert_msg(code == misdeed->code, "%s: %s: %s", watched, kin_code_name(code), error.message);
	kin_client_close(many);
	for (int i = 0; i < 2000 && (fds_now() > fds || threads_now() > threads); i++)
		nap_ms(10); /* the server's side of it ends a little later */
	ck_assert_msg(fds_now() <= fds, "%s: %d open files, %d before", watched, fds_now(), fds);
	ck_assert_msg(threads_now() <= threads, "%s: %d threads, %d before", watched, threads_now(), threads);
}
END_TEST

/* --- a producer -------------------------------------------------------------------------------- */

START_TEST(produced)
{
	enum { N = 100 };
	const struct misdeed *misdeed = &misdeeds[_i];
	struct kin_client *client = client_for(misdeed, 0);
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer;
	int code, refused = 0;

	watch(30, "produced: %s", misdeed->deed.name);
	producer = producer_with(client, &options);
	plan(&misdeed->deed, "PutRecords", 2);
	put_all(producer, 0, N);
	IN_TIME(code, 20000, kin_producer_flush(producer, 20000, &error));
	OK(code);
	ck_assert_int_eq(hostile.struck, 2);
	expect_true_reports(0, N);
	for (int i = 0; i < N; i++)
		refused += seats[i].code != KIN_OK;
	ck_assert_int_eq(refused > 0, misdeed->fate == REFUSED);
	if (refused > 0) {
		ck_assert_int_eq(last_failure.code, misdeed->code);
		expect_parts(last_failure.message, "PutRecords: |127.0.0.1:", "the report");
		expect_parts(last_failure.message, misdeed->says, "the report");
	}
	IN_TIME(code, 10000, kin_producer_close(producer, 20000, &error));
	OK(code);
	kin_client_close(client);
}
END_TEST

/* It never gets better: each record is given up in time, and what is said of it is true.  false: a busy machine did not
 * come to the first attempt. */
static bool gives_up(const struct misdeed *misdeed, uint32_t ttl_ms)
{
	enum { N = 10 };
	struct kin_client *client = client_for(misdeed, 0);
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer;
	uint32_t attempts = 0;
	int code, expected = misdeed->fate == REFUSED ? misdeed->code : KIN_EXPIRED;

	watch(30, "given up: %s", misdeed->deed.name);
	options.record_ttl_ms = ttl_ms;
	producer = producer_with(client, &options);
	plan(&misdeed->deed, "PutRecords", -1);
	put_all(producer, 0, N);
	IN_TIME(code, (int)ttl_ms + SHORT_TIMEOUT_MS, kin_producer_close(producer, 20000, &error));
	for (int i = 0; i < N; i++)
		attempts += seats[i].attempts;
	if (attempts == 0 && ttl_ms < 20000) {
		kin_client_close(client);
		return false;
	}
	ck_assert_msg(code == (misdeed->fate == FINE ? KIN_OK : expected), "%s: %s: %s", watched,
	              kin_code_name(code), error.message);
	kin_client_close(client);
	expect_true_reports(0, N);
	if (misdeed->fate == FINE)
		return true;
	expect_parts(error.message, "10 records were given up|PutRecords: ", "the close");
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(seats[i].code, expected);
		ck_assert_msg(seats[i].status == (misdeed->maybe && seats[i].attempts > 0
		                                                  ? KIN_POSSIBLY_STORED
		                                                  : KIN_NOT_SENT),
		              "%s: record %d is reported with status %d", watched, i, seats[i].status);
	}
	return true;
}

START_TEST(given_up)
{
	uint32_t ttl_ms = misdeeds[_i].fate == BROKEN ? 300 : 20000; /* those end before */

	for (; !gives_up(&misdeeds[_i], ttl_ms); ttl_ms *= 3)
		forget_seats();
}
END_TEST

/* --- a consumer -------------------------------------------------------------------------------- */

static const char *const asked[] = { "DescribeStreamSummary", "ListShards", "GetShardIterator",
	                             "GetRecords" };

enum { ASKED = sizeof asked / sizeof asked[0] };

START_TEST(consumed)
{
	enum { N = 100 };
	const struct misdeed *misdeed = &misdeeds[_i % MISDEEDS];
	struct kin_client *client = client_for(misdeed, 0);
	struct kin_consumer_options options = consumer_options("memory:");
	int code;

	watch(40, "consumed: %s of %s", misdeed->deed.name, asked[_i / MISDEEDS]);
	fill(0, N);
	plan(&misdeed->deed, asked[_i / MISDEEDS], 2);
	code = kin_consumer_run(client, &options, &error);
	if (misdeed->fate == REFUSED) {
		ck_assert_msg(code == misdeed->code, "%s: %s: %s", watched, kin_code_name(code),
		              error.message);
		expect_parts(error.message, misdeed->says, "the end");
		plan(NULL, NULL, 0);
		forget_seen();
		code = kin_consumer_run(client, &options, &error);
	}
	OK(code);
	expect_handled(0, N, misdeed->fate == REFUSED ? 2 : 1);
	kin_client_close(client);
}
END_TEST

/* --- groups ---------------------------------------------------------------------------------- */

static void add_once(TCase *cases)
{
	tcase_add_loop_test(cases, one_attempt, 0, MISDEEDS);
	tcase_add_test(cases, second_answer_late);
	tcase_add_loop_test(cases, first_request, 0, 2);
}

static void add_tls(TCase *cases)
{
	tcase_add_loop_test(cases, one_attempt, 0, MISDEEDS);
	tcase_add_test(cases, second_answer_late);
	tcase_add_loop_test(cases, produced, 0, MISDEEDS);
}

static void add_attempts(TCase *cases)
{
	tcase_add_loop_test(cases, all_attempts, 0, MISDEEDS);
}

static void add_produced(TCase *cases)
{
	tcase_add_loop_test(cases, produced, 0, MISDEEDS);
}

static void add_given_up(TCase *cases)
{
	tcase_add_loop_test(cases, given_up, 0, MISDEEDS);
}

static void add_consumed(TCase *cases)
{
	tcase_add_loop_test(cases, consumed, 0, MISDEEDS * (some_only() ? 1 : ASKED));
}

int main(int argc, char **argv)
{
	static const struct group groups[] = {
		{ "tls", add_tls, tls_setup, tls_teardown },   { "once", add_once, setup, teardown },
		{ "attempts", add_attempts, setup, teardown }, { "produced", add_produced, setup, teardown },
		{ "given_up", add_given_up, setup, teardown }, { "consumed", add_consumed, setup, teardown },
	};

	return run_groups(argc, argv, "faults: a hostile server", groups, sizeof groups / sizeof groups[0]);
}
