/* What the scenes of check_producer.c share: a mock, a producer, and what was told of each record. */
#ifndef KIN_TEST_PRODUCER_SCENE_H
#define KIN_TEST_PRODUCER_SCENE_H
#include <check.h>
#include <kinstream.h>
#include <kinstream/mock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 20000 };

static struct kin_mock *mock;
static struct kin_client *client;
static struct kin_producer *producer;
static struct kin_producer_options options;
static struct kin_error error;

/* What was told, by token; a token is the address of a seat. */
static struct seat {
	atomic_int reports;
	int code, status;
	uint32_t attempts;
	uint64_t sub_sequence;
	uint32_t from_spool;
	int found; /* a reader found it where the report says */
	char shard_id[64], sequence_number[130];
	struct kin_error error;
	struct kin_attempt history[KIN_ATTEMPTS_MAX];
	char aws_codes[KIN_ATTEMPTS_MAX][64];
} seats[RECORDS];
static atomic_int reported, inside;

/* All attempts, or the first and the last ones; stored by the last, if it is. */
static void keep_history(struct seat *seat, const struct kin_delivery *delivery)
{
	uint32_t n = delivery->history_n;

	ck_assert_uint_eq(n, delivery->attempts < KIN_ATTEMPTS_MAX ? delivery->attempts : KIN_ATTEMPTS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const struct kin_attempt *attempt = &delivery->history[i];

		ck_assert_uint_eq(attempt->number, i == 0 ? 1 : delivery->attempts - (n - 1 - i));
		ck_assert_int_ge(attempt->sent_ms,
		                 i ? delivery->history[i - 1].sent_ms : INT64_C(1600000000000));
		seat->history[i] = *attempt;
		snprintf(seat->aws_codes[i], sizeof seat->aws_codes[i], "%s", attempt->aws_code);
	}
	if (delivery->status == KIN_STORED)
		ck_assert_int_eq(delivery->history[n - 1].code, KIN_OK);
}

static void keep(const struct kin_delivery *delivery)
{
	struct seat *seat = delivery->token ? delivery->token : &seats[RECORDS - 1];

	seat->code = delivery->code;
	seat->status = delivery->status;
	seat->attempts = delivery->attempts;
	seat->sub_sequence = delivery->sub_sequence;
	seat->from_spool = delivery->from_spool;
	snprintf(seat->shard_id, sizeof seat->shard_id, "%s", delivery->shard_id ? delivery->shard_id : "");
	snprintf(seat->sequence_number, sizeof seat->sequence_number, "%s",
	         delivery->sequence_number ? delivery->sequence_number : "");
	keep_history(seat, delivery);
	if (delivery->error)
		seat->error = *delivery->error;
	ck_assert_int_eq((delivery->code == KIN_OK), (delivery->error == NULL));
	atomic_fetch_add(&seat->reports, 1);
	atomic_fetch_add(&reported, 1);
}

static void on_delivery(void *user, const struct kin_delivery *delivery)
{
	ck_assert_ptr_eq(user, &options);
	ck_assert_int_eq(atomic_fetch_add(&inside, 1), 0); /* one at a time */
	keep(delivery);
	atomic_fetch_sub(&inside, 1);
}

static int32_t wire;

static struct kin_client *new_client(const char *secret, uint32_t request_timeout_ms)
{
	struct kin_client_options o;
	struct kin_client *made;

	kin_client_options_init(&o);
	o.endpoint_url = kin_mock_url(mock);
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = secret;
	o.wire = wire;
	o.request_timeout_ms = request_timeout_ms;
	ck_assert_msg(kin_client_open(&made, &o, &error) == KIN_OK, "%s", error.message);
	return made;
}

static void setup(void)
{
	struct kin_mock_options m;

	kin_mock_options_init(&m);
	m.streams = "s:4";
	ck_assert_msg(kin_mock_open(&mock, &m, &error) == KIN_OK, "%s", error.message);
	client = new_client("mock-secret", 20000);
	memset(seats, 0, sizeof seats);
	atomic_store(&reported, 0);
	kin_producer_options_init(&options);
	options.stream = "s";
	options.linger_ms = 10;
	options.on_delivery = on_delivery;
	options.user = &options;
	producer = NULL;
}

static void teardown(void)
{
	kin_client_close(client);
	kin_mock_close(mock);
}

static void fault(const char *text)
{
	ck_assert_msg(kin_mock_fault(mock, text, &error) == KIN_OK, "%s", error.message);
}

static void open_it(void)
{
	ck_assert_msg(kin_producer_open(&producer, client, &options, &error) == KIN_OK, "%s", error.message);
}

static int put_at(int i, int64_t timeout_ms)
{
	struct kin_put_entry entry;
	char key[16], data[16];

	kin_put_entry_init(&entry);
	entry.key = key;
	entry.key_size = (size_t)snprintf(key, sizeof key, "k%d", i);
	entry.data = data;
	entry.data_size = (size_t)snprintf(data, sizeof data, "data %d", i);
	return kin_producer_put_entry(producer, &entry, &seats[i], timeout_ms, &error);
}

static void put_many(int first, int n)
{
	for (int i = first; i < first + n; i++)
		ck_assert_msg(put_at(i, -1) == KIN_OK, "%s", error.message);
}

static void flush_all(void)
{
	ck_assert_msg(kin_producer_flush(producer, 50000, &error) == KIN_OK, "%s", error.message);
}

static void close_it(int expected)
{
	int code = kin_producer_close(producer, 50000, &error);

	ck_assert_msg(code == expected, "%s: %s", kin_code_name(code), code ? error.message : "");
}

static void expect(int first, int n, int code, int status)
{
	for (int i = first; i < first + n; i++) {
		ck_assert_int_eq(seats[i].reports, 1);
		ck_assert_msg(seats[i].code == code, "%d: %s: %s", i, kin_code_name(seats[i].code),
		              seats[i].error.message);
		ck_assert_int_eq(seats[i].status, status);
		ck_assert_int_eq(seats[i].shard_id[0] != 0, code == KIN_OK);
		ck_assert_int_eq(seats[i].sequence_number[0] != 0, code == KIN_OK);
	}
}

static uint64_t stored_in_mock(void)
{
	struct kin_mock_stats stats = { .size = sizeof stats };

	ck_assert_int_eq(kin_mock_stats(mock, &stats, &error), KIN_OK);
	return stats.records_stored;
}

static struct kin_producer_stats stats_now(void)
{
	struct kin_producer_stats stats = { .size = sizeof stats };

	ck_assert_int_eq(kin_producer_stats(producer, &stats, &error), KIN_OK);
	ck_assert_uint_eq(stats.accepted, stats.stored + stats.failed + stats.buffered);
	return stats;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For those that nobody flushes. */
static void await_reports(int n)
{
	for (int64_t begin = now_ms(); atomic_load(&reported) < n;) {
		ck_assert_msg(now_ms() - begin < 40000, "%d of %d reports after 40 s", atomic_load(&reported),
		              n);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

#endif
