/* Servers that say nothing, die, come back, or close what was kept: no call outlasts its time, no record is lost, and
 * what a server sends without end does not stay in memory. */
#include "deeds.h"
#include "main.h"
#include "stage.h"
#include "traffic.h"

static const struct deed never = { "silent", silent, NULL };

/* --- a silent server: each call that waits ------------------------------------------------------ */

static struct kin_client *impatient(void)
{
	struct kin_client_options options = client_options(hostile.url);

	options.request_timeout_ms = SHORT_TIMEOUT_MS;
	return client_with(&options);
}

START_TEST(silent_calls)
{
	struct kin_client_options options = client_options(hostile.url);
	struct kin_client *client;
	struct kin_call *call;
	int code;

	watch(30, "calls to a silent server");
	options.call_timeout_ms = 2500;
	client = client_with(&options);
	plan(&never, NULL, -1);
	call = call_of(client, "ListShards");
	IN_TIME(code, 0, kin_call_wait(call, 0, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	IN_TIME(code, 100, kin_call_wait(call, 100, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	IN_TIME(code, 2500, kin_call_wait(call, -1, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message, "call_timeout_ms = 2500|ListShards: 127.0.0.1:|no answer within",
	             "the call");
	kin_call_free(call);
	call = call_of(client, "ListShards");
	OK(kin_call_start(call, NULL, NULL, &error));
	IN_TIME(code, 0, (kin_call_free(call), KIN_OK)); /* under way */
	call = call_of(client, "ListShards");
	OK(kin_call_start(call, NULL, NULL, &error));
	nap_ms(50);
	IN_TIME(code, 0, (kin_client_close(client), KIN_OK));
	IN_TIME(code, 0, kin_call_wait(call, -1, &error));
	ck_assert_int_eq(code, KIN_CLOSED);
	kin_call_free(call);
}
END_TEST

START_TEST(silent_producer)
{
	struct kin_producer_options options = producer_options();
	struct kin_client *client = impatient();
	struct kin_producer *producer;
	int code;

	watch(30, "a producer to a silent server");
	options.buffer_records_max = 10;
	options.record_ttl_ms = 8000;
	plan(&never, NULL, -1);
	producer = producer_with(client, &options);
	put_all(producer, 0, 10);
	IN_TIME(code, 0, put_at(producer, 10, 0));
	ck_assert_int_eq(code, KIN_FULL);
	flush_in_vain(producer, 100, "10 records are left|no answer within 1500 ms");
	IN_TIME(code, 100, put_at(producer, 10, 100));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message,
	             "10 of 10 records|the last request failed: PutRecords: 127.0.0.1:|no answer within 1500 "
	             "ms",
	             "the put");
	IN_TIME(code, 50, kin_producer_flush(producer, 50, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message, "kin_producer_flush()|10 records are left|no answer within 1500 ms",
	             "the flush");
	IN_TIME(code, 50, kin_producer_close(producer, 50, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message, "kin_producer_close()|10 records are left|no answer within 1500 ms",
	             "the close");
	IN_TIME(code, 8000 + SHORT_TIMEOUT_MS, kin_producer_close(producer, -1, &error));
	ck_assert_int_eq(code, KIN_EXPIRED);
	expect_parts(error.message, "10 records were given up|8000 ms|no answer within 1500 ms", "the close");
	kin_client_close(client);
	expect_true_reports(0, 10);
}
END_TEST

START_TEST(silent_consumer)
{
	static const char *const operations[] = { NULL, "ListShards", "GetShardIterator", "GetRecords" };
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_client *client = impatient();
	struct kin_consumer *consumer;
	struct kin_batch *batch;
	int code;

	watch(30, "a consumer, %s unanswered", operations[_i] ? operations[_i] : "all");
	options.handler = NULL;
	plan(&never, operations[_i], -1);
	OK(kin_consumer_open(&consumer, client, &options, &error));
	IN_TIME(code, 0, kin_consumer_next(consumer, &batch, 0, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	code = wait_in_vain(consumer, 300, "300 ms|the last request failed: |no answer within 1500 ms");
	ck_assert_int_eq(code, KIN_TIMEOUT);
	IN_TIME(code, 50, kin_consumer_wait(consumer, 50, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message, "the last request failed: |no answer within 1500 ms", "the wait");
	IN_TIME(code, 200, kin_consumer_close(consumer, 5000, &error)); /* what it asks is not waited for */
	OK(code);
	kin_client_close(client);
}
END_TEST

START_TEST(silent_reader)
{
	struct kin_client *client = impatient();
	const struct kin_record *record;
	struct kin_reader *reader;
	int code;

	watch(30, "a reader of a silent server");
	plan(&never, NULL, -1);
	OK(kin_reader_open(&reader, client, "s", NULL, &error));
	for (int i = 0; i < 100 && (i == 0 || !strstr(error.message, "no answer within")); i++) {
		IN_TIME(code, 300, kin_reader_next(reader, &record, 300, &error));
		ck_assert_int_eq(code, KIN_TIMEOUT);
	}
	expect_parts(error.message, "no answer within 1500 ms", "the wait for a record");
	IN_TIME(code, 0, (kin_reader_close(reader), KIN_OK));
	IN_TIME(code, 0, (kin_client_close(client), KIN_OK));
}
END_TEST

/* The machine takes the connection, the server does not. */
START_TEST(never_accepted)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof address;
	int code, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct kin_client_options options;
	struct kin_client *client;
	char url[64];

	watch(30, "a server that never accepts");
	ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 && listen(fd, 8) == 0 &&
	          getsockname(fd, (struct sockaddr *)&address, &n) == 0);
	snprintf(url, sizeof url, "%s://127.0.0.1:%d", _i ? "https" : "http", ntohs(address.sin_port));
	options = client_options(url);
	options.max_attempts = 1;
	options.connect_timeout_ms = options.request_timeout_ms = SHORT_TIMEOUT_MS;
	client = client_with(&options);
	IN_TIME(code, SHORT_TIMEOUT_MS, put_one(client));
	ck_assert_int_eq(code, KIN_NETWORK);
	expect_parts(error.message, _i ? "127.0.0.1:|connect_timeout_ms" : "no answer within 1500 ms",
	             "the error");
	kin_client_close(client);
	close(fd);
}
END_TEST

/* --- it dies and comes back ------------------------------------------------------------------------- */

START_TEST(dies_under_a_producer)
{
	enum { N = 300 };
	struct kin_producer_options options = producer_options();
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer *producer = producer_with(client, &options);
	int code;

	watch(60, "a server that dies under a producer");
	for (int round = 0; round < 3; round++) {
		put_all(producer, round * 100, 50);
		nap_ms(10);
		hostile_die();
		put_all(producer, round * 100 + 50, 50);
		code = flush_in_vain(producer, 100, "the last request failed: PutRecords: 127.0.0.1:");
		ck_assert_int_eq(code, KIN_TIMEOUT);
		hostile_listen(hostile.port);
		IN_TIME(code, 20000, kin_producer_flush(producer, 20000, &error));
		OK(code);
	}
	ck_assert(journal_has("Failed to connect"));
	OK(kin_producer_close(producer, 20000, &error));
	kin_client_close(client);
	expect_all_stored(0, N);
}
END_TEST

START_TEST(dies_under_a_consumer)
{
	enum { N = 400 };
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_client *client = client_to(hostile.url);
	struct kin_consumer *consumer;

	watch(60, "a server that dies under a consumer");
	options.until = KIN_UNTIL_NEVER;
	options.batch_size = 5;
	OK(kin_consumer_open(&consumer, client, &options, &error));
	for (int round = 0; round < 4; round++) {
		int64_t until = now_ms() + 20000;

		fill(round * 100, 100);
		nap_ms(30);
		hostile_die();
		nap_ms(150);
		hostile_listen(hostile.port);
		while (handled_now() < (round + 1) * 100 && now_ms() < until)
			nap_ms(5);
		ck_assert_int_eq(handled_now(), (round + 1) * 100);
	}
	OK(kin_consumer_close(consumer, 20000, &error));
	kin_client_close(client);
	expect_handled(0, N, 1);
}
END_TEST

/* --- kept connections -------------------------------------------------------------------------------- */

/* One attempt each, to a server that does more behind its answer: nothing fails, and nothing is sent twice. */
static void put_one_by_one(const struct deed *deed, int n)
{
	struct kin_client_options options = client_options(hostile.url);
	struct kin_client *client;

	options.max_attempts = 1;
	client = client_with(&options);
	plan(deed, NULL, -1);
	for (int i = 0; i < n; i++) {
		OK(put_one(client));
		until_late(i + 1);
	}
	ck_assert_uint_eq(mock_stats().records_stored, n);
	kin_client_close(client);
}

static int leave(struct visit *visit)
{
	behave(visit);
	shutdown(visit->fd, SHUT_RDWR);
	hostile.late++;
	return 0;
}

/* Closed by the server while idle: seen before the request leaves. */
START_TEST(closed_while_idle)
{
	static const struct deed bye = { "closed after the answer", leave, NULL };

	watch(30, "a kept connection that was closed while idle");
	put_one_by_one(&bye, 20);
	ck_assert_int_eq(hostile.requests, 20);
	ck_assert_int_eq(hostile.connections, 20);
}
END_TEST

/* Closed at the very moment: nobody knows whether it was read.  One attempt says so; a producer's report is true. */
static int second_request_dies(struct visit *visit)
{
	return visit->nth % 2 == 1 ? behave(visit) : reset(visit);
}

START_TEST(closed_at_the_moment)
{
	enum { N = 200 };
	static const struct deed dies = { "every second request of a connection dies", second_request_dies,
		                          NULL };
	struct kin_producer_options options = producer_options();
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer *producer = producer_with(client, &options);

	watch(30, "%s", dies.name);
	plan(&dies, NULL, -1);
	put_all(producer, 0, N);
	OK(kin_producer_close(producer, 20000, &error));
	kin_client_close(client);
	expect_all_stored(0, N);
	ck_assert_uint_eq(mock_stats().records_stored, N); /* reset before it was read: no copy too many */
	ck_assert(journal_has("the kept connection had been closed when the request was sent"));
}
END_TEST

/* A load balancer's farewell to an idle connection is no answer to the next request. */
static int farewell(struct visit *visit)
{
	if (!behave(visit))
		return 0;
	nap_ms(3);
	say(visit, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	hostile.late++;
	return 0;
}

START_TEST(farewells)
{
	static const struct deed deed = { "408 to an idle connection", farewell, NULL };

	watch(30, "%s", deed.name);
	put_one_by_one(&deed, 10);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------------- */

/* Bodies without end come to 32 MiB each: they are not kept. */
START_TEST(endless_answers)
{
	static const struct deed endless = { "endless body", endless_body, NULL };
	struct kin_producer_options options = producer_options();
	struct kin_client *client = client_to(hostile.url);
	struct kin_producer *producer;
	long before;

	watch(60, "many answers without end");
	options.record_ttl_ms = 3000;
	put_one(client);
	before = rss_kib();
	producer = producer_with(client, &options);
	plan(&endless, NULL, -1);
	put_all(producer, 0, 60);
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_EXPIRED);
	expect_parts(error.message, "larger than 33554432 bytes", "the close");
	ck_assert_int_gt(hostile.struck, 5);
	ck_assert_msg(FREED_IS_KEPT || rss_kib() - before < 40960, "%s: %ld KiB more after %d of them",
	              watched, rss_kib() - before, hostile.struck);
	kin_client_close(client);
	expect_true_reports(0, 60);
}
END_TEST

/* --- groups ---------------------------------------------------------------------------------------------- */

static void add_silent(TCase *cases)
{
	tcase_add_test(cases, silent_calls);
	tcase_add_test(cases, silent_producer);
	tcase_add_loop_test(cases, silent_consumer, 0, 4);
	tcase_add_test(cases, silent_reader);
	tcase_add_loop_test(cases, never_accepted, 0, 2);
}

static void add_dying(TCase *cases)
{
	tcase_add_test(cases, dies_under_a_producer);
	tcase_add_test(cases, dies_under_a_consumer);
	tcase_add_test(cases, closed_while_idle);
	tcase_add_test(cases, closed_at_the_moment);
	tcase_add_test(cases, farewells);
	tcase_add_test(cases, endless_answers);
}

int main(int argc, char **argv)
{
	static const struct group groups[] = { { "silent", add_silent, setup, teardown },
		                               { "dying", add_dying, setup, teardown } };

	return run_groups(argc, argv, "faults: time", groups, sizeof groups / sizeof groups[0]);
}
