/* The producer against the embedded endpoint: reports, limits, faults, callbacks, threads, closing. */
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

/* For requests that get no answer. */
static void be_impatient(void)
{
	kin_client_close(client);
	client = new_client("mock-secret", 400);
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
	ck_assert_msg(kin_producer_flush(producer, 20000, &error) == KIN_OK, "%s", error.message);
}

static void close_it(int expected)
{
	int code = kin_producer_close(producer, 20000, &error);

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

START_TEST(stores_and_reports)
{
	struct kin_producer_stats stats;

	open_it();
	put_many(0, 1200);
	flush_all();
	expect(0, 1200, KIN_OK, KIN_STORED);
	for (int i = 0; i < 1200; i++)
		ck_assert_uint_eq(seats[i].attempts, 1);
	stats = stats_now();
	ck_assert_uint_eq(stats.stored, 1200);
	ck_assert_uint_eq(stats.buffered_bytes, 0);
	ck_assert_uint_ge(stats.requests, 3);
	ck_assert_uint_eq(stats.retried, 0);
	ck_assert_uint_eq(stats.bytes_stored, 10 * 6 + 90 * 7 + 900 * 8 + 200 * 9);
	ck_assert_uint_eq(stored_in_mock(), 1200);
	close_it(KIN_OK);
}
END_TEST

/* What is read back is what was put: data, key, and the numbers of the report. */
START_TEST(reads_back_what_was_put)
{
	struct kin_start start;
	struct kin_reader *reader;
	const struct kin_record *record;
	int n = 0;

	open_it();
	put_many(0, 50);
	close_it(KIN_OK);
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	ck_assert_msg(kin_reader_open(&reader, client, "s", &start, &error) == KIN_OK, "%s", error.message);
	while (kin_reader_next(reader, &record, 10000, &error) == KIN_OK) {
		char data[32];
		int i = atoi(record->partition_key + 1);

		n++;
		ck_assert_int_lt(i, 50);
		snprintf(data, sizeof data, "data %d", i);
		ck_assert_uint_eq(record->data_size, strlen(data));
		ck_assert_mem_eq(record->data, data, record->data_size);
		ck_assert_str_eq(record->shard_id, seats[i].shard_id);
		ck_assert_str_eq(record->sequence_number, seats[i].sequence_number);
	}
	ck_assert_int_eq(n, 50);
	kin_reader_close(reader);
}
END_TEST

START_TEST(counts_without_reports)
{
	options.on_delivery = NULL;
	open_it();
	for (int i = 0; i < 700; i++)
		ck_assert_int_eq(kin_producer_put(producer, "k", 1, "", 0, -1, &error), KIN_OK);
	flush_all();
	ck_assert_uint_eq(stats_now().stored, 700);
	close_it(KIN_OK);
	ck_assert_int_eq(reported, 0);
}
END_TEST

START_TEST(no_key_spreads)
{
	static const char *const shards[] = { "shardId-000000000000", "shardId-000000000001",
		                              "shardId-000000000002", "shardId-000000000003" };
	int of_shard[4] = { 0 };
	struct kin_put_entry entry;

	open_it();
	kin_put_entry_init(&entry);
	entry.data = "x";
	entry.data_size = 1;
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[i], -1, &error), KIN_OK);
	close_it(KIN_OK);
	for (int i = 0; i < 400; i++)
		for (int k = 0; k < 4; k++)
			of_shard[k] += strcmp(seats[i].shard_id, shards[k]) == 0;
	for (int k = 0; k < 4; k++)
		ck_assert_int_ge(of_shard[k], 50);
}
END_TEST

START_TEST(hash_key_chooses_the_shard)
{
	static const char *const keys[] = { "0", "340282366920938463463374607431768211455" };
	struct kin_put_entry entry;

	open_it();
	kin_put_entry_init(&entry);
	entry.key = "same";
	entry.key_size = 4;
	for (int i = 0; i < 2; i++) {
		entry.hash_key = keys[i];
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[i], -1, &error), KIN_OK);
	}
	close_it(KIN_OK);
	ck_assert_str_eq(seats[0].shard_id, "shardId-000000000000");
	ck_assert_str_eq(seats[1].shard_id, "shardId-000000000003");
}
END_TEST

START_TEST(stream_by_arn)
{
	options.stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
	open_it();
	put_many(0, 3);
	close_it(KIN_OK);
	expect(0, 3, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(full_says_so)
{
	int64_t begin;

	options.buffer_records_max = 5;
	options.linger_ms = 60000;
	open_it();
	put_many(0, 5);
	ck_assert_int_eq(put_at(5, 0), KIN_FULL);
	ck_assert_ptr_nonnull(strstr(error.message, "5 of 5 records"));
	begin = now_ms();
	ck_assert_int_eq(put_at(5, 80), KIN_TIMEOUT);
	ck_assert_int_ge(now_ms() - begin, 79);
	ck_assert_int_eq(reported, 0); /* they still linger */
	flush_all();
	ck_assert_int_eq(put_at(5, 0), KIN_OK);
	close_it(KIN_OK);
	expect(0, 6, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(full_of_bytes)
{
	static char data[20000];

	options.buffer_bytes_max = 65536;
	options.linger_ms = 60000;
	open_it();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(kin_producer_put(producer, "k", 1, data, sizeof data, 0, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, data, sizeof data, 0, &error), KIN_FULL);
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, data, 5532, 0, &error),
	                 KIN_OK); /* 65536 exactly */
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, data, 0, 0, &error), KIN_FULL);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 4);
}
END_TEST

START_TEST(put_waits_for_room)
{
	options.buffer_records_max = 3;
	open_it();
	put_many(0, 200);
	close_it(KIN_OK);
	expect(0, 200, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(lingers_and_leaves_by_itself)
{
	int64_t begin = now_ms();

	options.linger_ms = 150;
	open_it();
	put_many(0, 3);
	while (atomic_load(&reported) < 3 && now_ms() - begin < 5000)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	ck_assert_int_ge(now_ms() - begin, 145);
	expect(0, 3, KIN_OK, KIN_STORED);
	put_many(3, 500); /* a full request does not wait, though nobody flushes */
	begin = now_ms();
	while (atomic_load(&reported) < 503 && now_ms() - begin < 5000)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	expect(3, 500, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stats_now().requests, 2);
	close_it(KIN_OK);
}
END_TEST

static const struct {
	const char *fault;
	int stored_least, stored_most, attempts_least; /* copies in the stream; attempts of some record */
	bool failed;                                   /* whole requests */
} faults[] = {
	{ "PutRecords:throttle:count=1", 100, 100, 2, true },
	{ "PutRecords:error500:count=2", 100, 100, 3, true },
	{ "PutRecords:error503:count=1", 100, 100, 2, true },
	{ "PutRecords:drop:count=1", 100, 100, 2, true },
	{ "PutRecords:drop_after:count=1", 200, 200, 2, true },
	{ "PutRecords:truncate:count=1", 200, 200, 2, true },
	{ "PutRecords:partial:share=0.5:count=3", 100, 200, 2, false },
	{ "PutRecords:latency:ms=100:count=1", 100, 100, 1, false },
};

START_TEST(faults_are_overcome)
{
	uint32_t attempts = 0;

	be_impatient();
	fault(faults[_i].fault);
	open_it();
	put_many(0, 100);
	flush_all();
	expect(0, 100, KIN_OK, KIN_STORED);
	for (int i = 0; i < 100; i++)
		attempts = seats[i].attempts > attempts ? seats[i].attempts : attempts;
	ck_assert_int_ge((int)attempts, faults[_i].attempts_least);
	ck_assert_int_ge((int)stored_in_mock(), faults[_i].stored_least);
	ck_assert_int_le((int)stored_in_mock(), faults[_i].stored_most);
	ck_assert_int_eq(stats_now().requests_failed > 0, faults[_i].failed);
	ck_assert_int_eq(stats_now().retried > 0, faults[_i].attempts_least > 1);
	close_it(KIN_OK);
}
END_TEST

static const struct {
	const char *fault;
	int code, http_status;
	const char *aws_code;
} told[] = {
	{ "PutRecords:throttle:count=2", KIN_THROTTLED, 400, "ProvisionedThroughputExceededException" },
	{ "PutRecords:error500:count=2", KIN_REFUSED, 500, "InternalFailureException" },
	{ "PutRecords:drop:count=2", KIN_NETWORK, 0, "" },
	{ "PutRecords:throttle:shard=shardId-000000000000:count=2", KIN_THROTTLED, 200,
	  "ProvisionedThroughputExceededException" }, /* the entry, for its shard */
};

/* Each attempt with its code and its time, in turn. */
START_TEST(attempts_are_told)
{
	static char text[200];

	fault(told[_i].fault);
	fault("PutRecords:latency:ms=30");
	open_it();
	put_many(0, 1);
	flush_all();
	expect(0, 1, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(seats[0].attempts, 3);
	for (int i = 0; i < 3; i++) {
		const struct kin_attempt *attempt = &seats[0].history[i];

		snprintf(text, sizeof text, "%d %d %s", attempt->code, attempt->http_status,
		         seats[0].aws_codes[i]);
		if (i < 2)
			ck_assert_msg(attempt->code == told[_i].code &&
			                              attempt->http_status == told[_i].http_status &&
			                              strcmp(seats[0].aws_codes[i], told[_i].aws_code) == 0,
			              "%s", text);
		else
			ck_assert_msg(attempt->code == KIN_OK && attempt->http_status == 200 &&
			                              !seats[0].aws_codes[i][0] &&
			                              attempt->duration_us >= 30000,
			              "%s", text);
		if (i > 0) /* it waited for the answer before */
			ck_assert_int_ge(attempt->sent_ms - seats[0].history[i - 1].sent_ms,
			                 (int64_t)seats[0].history[i - 1].duration_us / 1000 - 1);
	}
	close_it(KIN_OK);
}
END_TEST

static const struct {
	const char *fault;
	int status;
	const char *aws_code;
} ends[] = {
	{ "PutRecords:throttle", KIN_NOT_SENT, "ProvisionedThroughputExceededException" },
	{ "PutRecords:drop_after", KIN_POSSIBLY_STORED, "" },
};

START_TEST(ttl_ends_it)
{
	int64_t begin = now_ms();

	be_impatient();
	fault(ends[_i].fault);
	options.record_ttl_ms = 700;
	open_it();
	put_many(0, 10);
	flush_all();
	ck_assert_int_ge(now_ms() - begin, 690);
	expect(0, 10, KIN_EXPIRED, ends[_i].status);
	ck_assert_int_eq(seats[0].error.code, KIN_EXPIRED);
	ck_assert_str_eq(seats[0].error.aws_code, ends[_i].aws_code);
	ck_assert_ptr_nonnull(strstr(seats[0].error.message, "700 ms"));
	put_many(10, 1); /* and close says that this one was given up */
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_EXPIRED);
	ck_assert_ptr_nonnull(strstr(error.message, "1 record"));
	ck_assert_int_eq(seats[10].code, KIN_EXPIRED); /* perhaps never sent: failures make a pause */
}
END_TEST

START_TEST(ttl_of_its_own)
{
	struct kin_put_entry entry;
	int64_t begin;

	options.linger_ms = 60000;
	open_it();
	put_many(0, 1);
	kin_put_entry_init(&entry);
	entry.key = "k";
	entry.key_size = 1;
	entry.ttl_ms = 150;
	begin = now_ms();
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[1], 0, &error), KIN_OK);
	while (atomic_load(&reported) < 1 && now_ms() - begin < 5000)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	ck_assert_int_lt(now_ms() - begin, 2000);
	expect(1, 1, KIN_EXPIRED, KIN_NOT_SENT);
	ck_assert_uint_eq(seats[1].attempts, 0);
	ck_assert_int_eq(seats[0].reports, 0);
	close_it(KIN_EXPIRED);
	expect(0, 1, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(no_such_stream)
{
	options.stream = "nowhere";
	open_it();
	put_many(0, 5);
	flush_all();
	expect(0, 5, KIN_NOT_FOUND, KIN_NOT_SENT);
	ck_assert_str_eq(seats[0].error.aws_code, "ResourceNotFoundException");
	put_many(5, 1);
	close_it(KIN_NOT_FOUND);
}
END_TEST

START_TEST(wrong_secret)
{
	kin_client_close(client);
	client = new_client("not-the-secret", 20000);
	open_it();
	put_many(0, 5);
	close_it(KIN_CREDENTIALS);
	expect(0, 5, KIN_CREDENTIALS, KIN_NOT_SENT);
	ck_assert_uint_eq(stored_in_mock(), 0);
}
END_TEST

/* --- from the callback ---------------------------------------------------------------- */

static int from_callback[4];

static void put_next(void *user, const struct kin_delivery *delivery)
{
	int i = (int)((struct seat *)delivery->token - seats);

	(void)user;
	keep(delivery);
	if (i > 0 && i < 20)
		ck_assert_msg(put_at(i + 1, 0) == KIN_OK, "%s", error.message);
	if (i == 0) {
		from_callback[0] = put_at(RECORDS - 2, 0);
		from_callback[1] = put_at(RECORDS - 2, -1);
		from_callback[2] = kin_producer_flush(producer, -1, &error);
		from_callback[3] = kin_producer_close(producer, -1, &error);
	}
}

START_TEST(put_from_the_callback)
{
	options.on_delivery = put_next;
	options.linger_ms = 0;
	open_it();
	put_many(1, 1);
	for (int64_t begin = now_ms(); atomic_load(&reported) < 20 && now_ms() - begin < 5000;)
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	close_it(KIN_OK);
	expect(1, 20, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(waiting_in_the_callback)
{
	options.on_delivery = put_next;
	options.buffer_records_max = 1;
	options.linger_ms = 0;
	open_it();
	put_many(0, 1);
	flush_all();
	close_it(KIN_OK);
	ck_assert_int_eq(from_callback[0], KIN_FULL);
	ck_assert_int_eq(from_callback[1], KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(from_callback[2], KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(from_callback[3], KIN_WOULD_DEADLOCK);
	expect(0, 1, KIN_OK, KIN_STORED);
}
END_TEST

/* --- threads -------------------------------------------------------------------------- */

static void *put_range(void *first)
{
	put_many((int)(intptr_t)first, 4000);
	return NULL;
}

START_TEST(several_threads)
{
	pthread_t threads[4];

	options.buffer_records_max = 3000;
	open_it();
	for (intptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, put_range, (void *)(i * 4000)), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close_it(KIN_OK);
	expect(0, 16000, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stored_in_mock(), 16000);
}
END_TEST

START_TEST(two_producers_share_a_client)
{
	struct kin_producer *other;

	open_it();
	ck_assert_int_eq(kin_producer_open(&other, client, &options, &error), KIN_OK);
	put_many(0, 100);
	ck_assert_int_eq(kin_producer_put(other, "k", 1, "x", 1, 0, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_close(other, -1, &error), KIN_OK);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 101);
}
END_TEST

/* --- closing -------------------------------------------------------------------------- */

START_TEST(close_out_of_time)
{
	fault("PutRecords:throttle");
	open_it();
	put_many(0, 7);
	ck_assert_int_eq(kin_producer_flush(producer, 50, &error), KIN_TIMEOUT);
	ck_assert_int_eq(kin_producer_close(producer, 100, &error), KIN_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(error.message, "7 records"));
	ck_assert_int_eq(put_at(7, -1), KIN_CLOSED);
	ck_assert_int_eq(kin_producer_close(producer, 0, &error), KIN_TIMEOUT);
	ck_assert_uint_eq(stats_now().buffered, 7);
	kin_mock_heal(mock);
	close_it(KIN_OK);
	expect(0, 7, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(close_of_nothing)
{
	open_it();
	flush_all();
	close_it(KIN_OK);
	ck_assert_int_eq(kin_producer_close(NULL, -1, &error), KIN_OK);
}
END_TEST

#include "producer_placed.h"
#include "producer_reports.h"
#include "producer_many.h"
#include "producer_large.h"
#include "producer_spool.h"
#include "producer_manners.h"

int main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	if (argc == 11 && strcmp(argv[1], "put-and-die") == 0)
		return put_and_die_main(argv + 2);
	self = argv[0];
	runner = srunner_create(suite());

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
