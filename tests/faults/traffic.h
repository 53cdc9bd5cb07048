/* Records through bad weather: put by a producer or handled by a consumer, and compared with what the mock holds. */
#ifndef KIN_TEST_TRAFFIC_H
#define KIN_TEST_TRAFFIC_H
#include "faults.h"

enum { SEATS = 20000, KEYS = 7 };

/* What is known of record i, whose data is "i" and whose key is "k" and i modulo KEYS. */
static struct seat {
	atomic_int reports;
	int code, status;
	uint32_t attempts;
	char sequence[140];
	int copies;   /* in the mock */
	bool matched; /* the reported sequence number is one of theirs */
	int handled;
} seats[SEATS];

/* Of the last record that was not stored. */
static struct kin_error last_failure;

static inline void forget_seats(void)
{
	memset(seats, 0, sizeof seats);
	memset(&last_failure, 0, sizeof last_failure);
}

/* -1: none of these records, but put_one()'s. */
static inline int number_of(const void *data, size_t size)
{
	char text[16] = "";

	memcpy(text, data, size < sizeof text - 1 ? size : sizeof text - 1);
	return text[0] >= '0' && text[0] <= '9' ? atoi(text) : -1;
}

/* --- produce ------------------------------------------------------------------------------- */

static inline void on_delivery(void *user, const struct kin_delivery *delivery)
{
	struct seat *seat = delivery->token;

	(void)user;
	seat->code = delivery->code;
	seat->status = delivery->status;
	seat->attempts = delivery->attempts;
	if (delivery->code == KIN_OK)
		snprintf(seat->sequence, sizeof seat->sequence, "%s", delivery->sequence_number);
	else
		last_failure = *delivery->error;
	atomic_fetch_add(&seat->reports, 1);
}

static inline struct kin_producer_options producer_options(void)
{
	struct kin_producer_options options;

	kin_producer_options_init(&options);
	options.stream = "s";
	options.linger_ms = 5;
	options.request_records_max = 20;
	options.requests_max = 3;
	options.on_delivery = on_delivery;
	return options;
}

static inline struct kin_producer *producer_with(struct kin_client *client,
                                                 const struct kin_producer_options *options)
{
	struct kin_producer *producer;

	OK(kin_producer_open(&producer, client, options, &error));
	return producer;
}

static inline int put_at(struct kin_producer *producer, int i, int64_t timeout_ms)
{
	struct kin_put_entry entry;
	char key[16], data[16];

	kin_put_entry_init(&entry);
	entry.key = key;
	entry.key_size = (size_t)snprintf(key, sizeof key, "k%d", i % KEYS);
	entry.data = data;
	entry.data_size = (size_t)snprintf(data, sizeof data, "%d", i);
	return kin_producer_put_entry(producer, &entry, &seats[i], timeout_ms, &error);
}

static inline void put_all(struct kin_producer *producer, int first, int n)
{
	for (int i = first; i < first + n; i++)
		OK(put_at(producer, i, -1));
}

static inline struct kin_producer_stats producer_stats(struct kin_producer *producer)
{
	struct kin_producer_stats stats = { .size = sizeof stats };

	OK(kin_producer_stats(producer, &stats, &error));
	ck_assert_uint_eq(stats.accepted, stats.stored + stats.failed + stats.buffered);
	return stats;
}

/* Flushes again and again, in vain, until the cause is told: a busy machine may not have failed yet. */
static inline int flush_in_vain(struct kin_producer *producer, int timeout_ms, const char *says)
{
	int64_t until = now_ms() + 20000;
	char copy[512];
	int code;

	do
		IN_TIME(code, timeout_ms, kin_producer_flush(producer, timeout_ms, &error));
	while (code == KIN_TIMEOUT && missing_part(error.message, says, copy) && now_ms() < until);
	if (code != KIN_OK)
		expect_parts(error.message, says, "the flush");
	return code;
}

/* --- what the mock holds ------------------------------------------------------------------------ */

static inline void count_shard(struct kin_client *client, const char *shard)
{
	struct kin_call *call = call_of(client, "GetShardIterator");
	const struct kin_record *records;
	char iterator[1024];
	const char *text;
	size_t n;

	OK(kin_call_set_text(call, "ShardId", shard, &error));
	OK(kin_call_set_text(call, "ShardIteratorType", "TRIM_HORIZON", &error));
	OK(kin_call_wait(call, 10000, &error));
	OK(kin_call_text(call, "ShardIterator", &text, NULL));
	snprintf(iterator, sizeof iterator, "%s", text);
	kin_call_free(call);
	do {
		OK(kin_call_new(&call, client, "GetRecords", &error));
		OK(kin_call_set_text(call, "ShardIterator", iterator, &error));
		OK(kin_call_wait(call, 10000, &error));
		records = kin_call_records(call, &n);
		for (size_t i = 0; i < n; i++) {
			int number = number_of(records[i].data, records[i].data_size);

			ck_assert_int_lt(number, SEATS);
			if (number < 0)
				continue;
			seats[number].copies++;
			seats[number].matched =
					seats[number].matched ||
					strcmp(seats[number].sequence, records[i].sequence_number) == 0;
		}
		if (kin_call_text(call, "NextShardIterator", &text, NULL) == KIN_OK)
			snprintf(iterator, sizeof iterator, "%s", text);
		else
			n = 0; /* the end of a closed shard */
		kin_call_free(call);
	} while (n > 0);
}

/* Asks the mock itself, past all that is between. */
static inline void count_copies(void)
{
	struct kin_client *client = client_to(kin_mock_url(mock));
	struct kin_call *call = call_of(client, "ListShards");
	size_t shards;

	kin_mock_heal(mock);
	for (int i = 0; i < SEATS; i++)
		seats[i].copies = 0;
	OK(kin_call_wait(call, 10000, &error));
	shards = kin_call_count(call, "Shards");
	for (size_t i = 0; i < shards; i++) {
		char path[40];
		const char *shard;

		snprintf(path, sizeof path, "Shards[%zu].ShardId", i);
		OK(kin_call_text(call, path, &shard, NULL));
		count_shard(client, shard);
	}
	kin_call_free(call);
	kin_client_close(client);
}

/* Exactly one report each, and each of them true. */
static inline void expect_true_reports(int first, int n)
{
	count_copies();
	for (int i = first; i < first + n; i++) {
		const struct seat *seat = &seats[i];

		ck_assert_msg(seat->reports == 1, "%s: record %d has %d delivery reports", watched, i,
		              seat->reports);
		ck_assert_msg((seat->code == KIN_OK) == (seat->status == KIN_STORED),
		              "%s: record %d: %s with status %d", watched, i, kin_code_name(seat->code),
		              seat->status);
		ck_assert_msg(seat->status != KIN_STORED || (seat->copies > 0 && seat->matched),
		              "%s: record %d is reported stored as %s; the mock holds %d copies, none with "
		              "that "
		              "number",
		              watched, i, seat->sequence, seat->copies);
		ck_assert_msg(seat->status != KIN_NOT_SENT || seat->copies == 0,
		              "%s: record %d is reported as not sent; the mock holds %d copies", watched, i,
		              seat->copies);
		ck_assert_msg(seat->copies <= (int)seat->attempts,
		              "%s: record %d was sent %u times by its report; the mock holds %d copies",
		              watched, i, (unsigned)seat->attempts, seat->copies);
	}
}

static inline void expect_all_stored(int first, int n)
{
	expect_true_reports(first, n);
	for (int i = first; i < first + n; i++)
		ck_assert_msg(seats[i].code == KIN_OK, "%s: record %d was given up: %s: %s", watched, i,
		              kin_code_name(seats[i].code), last_failure.message);
}

/* --- consume -------------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	char last[KEYS][140]; /* sequence number of each key's last record */
	int disorder;
	int handled;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Sequence numbers are decimal and without leading zeros. */
static inline bool later(const char *a, const char *b)
{
	size_t a_n = strlen(a), b_n = strlen(b);

	return a_n != b_n ? a_n > b_n : strcmp(a, b) > 0;
}

static inline int handle(void *user, struct kin_batch *batch)
{
	const struct kin_record *record;

	(void)user;
	pthread_mutex_lock(&seen.lock);
	while ((record = kin_batch_next(batch))) {
		int number = number_of(record->data, record->data_size);

		if (number < 0)
			continue;
		seen.disorder += !later(record->sequence_number, seen.last[number % KEYS]);
		snprintf(seen.last[number % KEYS], sizeof seen.last[0], "%s", record->sequence_number);
		seats[number].handled++;
		seen.handled++;
	}
	pthread_mutex_unlock(&seen.lock);
	return KIN_OK;
}

/* While the handler may run. */
static inline int handled_now(void)
{
	int n;

	pthread_mutex_lock(&seen.lock);
	n = seen.handled;
	pthread_mutex_unlock(&seen.lock);
	return n;
}

static inline void forget_seen(void)
{
	memset(seen.last, 0, sizeof seen.last);
	seen.disorder = seen.handled = 0;
}

static inline struct kin_consumer_options consumer_options(const char *store)
{
	struct kin_consumer_options options;

	kin_consumer_options_init(&options);
	options.stream = "s";
	options.application = "faults";
	options.store = store;
	options.handler = handle;
	options.until = KIN_UNTIL_LATEST;
	options.batch_size = 20;
	options.poll_interval_ms = 200;
	options.behind_interval_ms = 0;
	options.retry_base_ms = 1;
	options.retry_max_ms = 10;
	return options;
}

/* Waits for a batch again and again, in vain, until the cause is told; gives the code of the last wait. */
static inline int wait_in_vain(struct kin_consumer *consumer, int timeout_ms, const char *says)
{
	int64_t until = now_ms() + 20000;
	char copy[512];
	struct kin_batch *batch;
	int code;

	do
		IN_TIME(code, timeout_ms, kin_consumer_next(consumer, &batch, timeout_ms, &error));
	while (code == KIN_TIMEOUT && missing_part(error.message, says, copy) && now_ms() < until);
	ck_assert_int_ne(code, KIN_OK);
	expect_parts(error.message, says, "the wait for a batch");
	return code;
}

/* Puts records first.. in order, straight into the mock. */
static inline void fill(int first, int n)
{
	struct kin_client *client = client_to(kin_mock_url(mock));

	for (int at = first; at < first + n;) {
		struct kin_call *call = call_of(client, "PutRecords");
		char keys[100][16], data[100][16];
		struct kin_put_entry entry;

		for (int i = 0; i < 100 && at < first + n; i++, at++) {
			kin_put_entry_init(&entry);
			entry.key = keys[i];
			entry.key_size = (size_t)snprintf(keys[i], sizeof keys[i], "k%d", at % KEYS);
			entry.data = data[i];
			entry.data_size = (size_t)snprintf(data[i], sizeof data[i], "%d", at);
			OK(kin_call_add_record(call, &entry, &error));
		}
		OK(kin_call_wait(call, 10000, &error));
		kin_call_free(call);
	}
	kin_client_close(client);
}

/* Nothing lost, and each key in its order; times: how often each record may have been handled at most. */
static inline void expect_handled(int first, int n, int times)
{
	for (int i = first; i < first + n; i++)
		ck_assert_msg(seats[i].handled >= 1 && seats[i].handled <= times,
		              "%s: record %d was handled %d times", watched, i, seats[i].handled);
	ck_assert_msg(times > 1 || seen.disorder == 0, "%s: %d records came out of order", watched,
	              seen.disorder);
}

/* --- a mock that knows of nothing yet, and its end ---------------------------------------- */

static inline void begin_afresh(const char *streams, uint64_t seed)
{
	clean_environment();
	forget_journal();
	forget_seats();
	forget_seen();
	mock_start(streams, seed);
}

static inline void end_mock(void)
{
	kin_mock_close(mock);
	mock = NULL;
	alarm(0);
}
#endif
