/* Each fault of the mock, to a producer and to a consumer, alone and mixed by a seed: nothing lost, order kept, one
 * true report a record, bounds held, closed in time, the cause named. */
#include "main.h"
#include "traffic.h"

static struct kin_client *client;

static void setup(void)
{
	struct kin_client_options options;

	begin_afresh("s:4", seed_of_all());
	options = client_options(kin_mock_url(mock));
	options.request_timeout_ms = 2000;
	client = client_with(&options);
}

static void teardown(void)
{
	kin_client_close(client);
	end_mock();
}

/* --- one fault, one producer --------------------------------------------------------------------- */

static const struct {
	const char *fault;
	int twice;        /* records may be stored twice */
	const char *says; /* parts of some line of the log; NULL: nothing to say */
} produced[] = {
	{ "PutRecords:throttle:count=2", 0, "debug http PutRecords: ProvisionedThroughputExceededException" },
	{ "PutRecords:error500:count=3", 0, "debug http PutRecords: InternalFailureException" },
	{ "PutRecords:error503:count=3", 0, "debug http PutRecords: ServiceUnavailable" },
	{ "PutRecords:partial:share=0.5:count=5", 1, NULL },
	{ "PutRecords:latency:ms=60:every=2", 0, NULL },
	{ "PutRecords:drop:every=3", 0, "debug http PutRecords: 127.0.0.1:" },
	{ "PutRecords:drop_after:every=3", 1, "debug http PutRecords: 127.0.0.1:" },
	{ "PutRecords:truncate:every=3", 1, "the answer was cut short" },
	{ "*:skew:ms=7200000", 0, "this host's clock is 7" },
	{ "PutRecords:skew:ms=-7200000:every=3", 0, "this host's clock is 7" },
};

enum { PRODUCED = sizeof produced / sizeof produced[0] };

START_TEST(one_producer)
{
	enum { N = 300 };
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer;
	struct kin_producer_stats stats;
	int code, copies = 0;

	watch(60, "produced through %s", produced[_i].fault);
	fault(produced[_i].fault);
	options.buffer_records_max = 90;
	producer = producer_with(client, &options);
	for (int i = 0; i < N; i++) {
		OK(put_at(producer, i, 20000));
		ck_assert_uint_le(producer_stats(producer).buffered, 90);
	}
	IN_TIME(code, 20000, kin_producer_flush(producer, 20000, &error));
	OK(code);
	stats = producer_stats(producer);
	ck_assert_uint_eq(stats.stored, N);
	ck_assert_uint_eq(stats.buffered_bytes, 0);
	IN_TIME(code, 5000, kin_producer_close(producer, 20000, &error));
	OK(code);
	ck_assert_uint_gt(mock_stats().faults, 0);
	expect_all_stored(0, N);
	for (int i = 0; i < N; i++)
		copies += seats[i].copies;
	ck_assert_msg(produced[_i].twice || copies == N, "%s: %d copies of %d records", watched, copies, N);
	ck_assert_msg(!produced[_i].says || journal_has(produced[_i].says),
	              "%s: the log does not say '%s': %.2000s", watched, produced[_i].says, journal.text);
}
END_TEST

/* Without end: given up in time, by the truth, with the cause. */
static const struct {
	const char *fault;
	int status;
	const char *says;
} given_up[] = {
	{ "PutRecords:throttle", KIN_NOT_SENT, "ProvisionedThroughputExceededException" },
	{ "PutRecords:error500", KIN_POSSIBLY_STORED, "InternalFailureException" },
	{ "PutRecords:error503", KIN_POSSIBLY_STORED, "ServiceUnavailable" },
	{ "PutRecords:drop", KIN_POSSIBLY_STORED, "closed" },
	{ "PutRecords:drop_after", KIN_POSSIBLY_STORED, "closed" },
	{ "PutRecords:truncate", KIN_POSSIBLY_STORED, "cut short" },
	{ "PutRecords:latency:ms=5000", KIN_POSSIBLY_STORED, "no answer within 2000 ms" },
};

START_TEST(one_producer_given_up)
{
	struct kin_producer_options options = producer_options();
	struct kin_producer *producer;
	int code;

	watch(60, "given up through %s", given_up[_i].fault);
	fault(given_up[_i].fault);
	options.record_ttl_ms = 2500;
	producer = producer_with(client, &options);
	put_all(producer, 0, 30);
	IN_TIME(code, 100, kin_producer_close(producer, 100, &error));
	ck_assert_int_eq(code, KIN_TIMEOUT);
	expect_parts(error.message, "kin_producer_close()|30 records are left", "the close");
	IN_TIME(code, 4500, kin_producer_close(producer, 20000, &error));
	ck_assert_int_eq(code, KIN_EXPIRED);
	expect_parts(error.message, "30 records were given up|2500 ms", "the close");
	expect_true_reports(0, 30);
	for (int i = 0; i < 30; i++)
		ck_assert_msg(seats[i].code == KIN_EXPIRED && (seats[i].status == given_up[_i].status ||
		                                               seats[i].attempts == 0),
		              "%s: record %d: %s with status %d after %u attempts", watched, i,
		              kin_code_name(seats[i].code), seats[i].status, (unsigned)seats[i].attempts);
	ck_assert(journal_has(given_up[_i].says));
}
END_TEST

/* --- one fault, one consumer ------------------------------------------------------------------------ */

static const char *const consumed[] = {
	"*:throttle:every=2",
	"*:error500:every=2",
	"*:error503:every=2",
	"*:latency:ms=60",
	"*:drop:every=2",
	"*:drop_after:every=2",
	"*:truncate:every=2",
	"*:skew:ms=-7200000",
	"GetRecords:skew:ms=7200000:every=3",
	"GetRecords:expired_iterator:every=2",
	"GetRecords:throttle:count=8",
	"GetRecords:error500:share=0.5",
	"GetRecords:drop:share=0.5",
	"GetRecords:truncate:share=0.5",
	"GetShardIterator:error503:count=3",
	"ListShards:truncate:count=2",
	"DescribeStreamSummary:throttle:count=2",
	"*:partial:share=0.5",
};

enum { CONSUMED = sizeof consumed / sizeof consumed[0] };

START_TEST(one_consumer)
{
	enum { N = 300 };
	struct kin_consumer_options options = consumer_options("memory:");

	watch(60, "consumed through %s", consumed[_i]);
	fill(0, N);
	fault(consumed[_i]);
	/* A share of few requests may strike none of them: once more then, from the beginning. */
	for (int turn = 0;
	     turn == 0 || (turn < 40 && mock_stats().faults == 0 && strstr(consumed[_i], "GetRecords:"));
	     turn++) {
		forget_seats();
		forget_seen();
		OK(kin_consumer_run(client, &options, &error));
		expect_handled(0, N, 1);
	}
	if (!strstr(consumed[_i], "partial")) /* which has nothing to strike here */
		ck_assert_uint_gt(mock_stats().faults, 0);
}
END_TEST

/* It never gets better: a wait in vain says why, and the close is in time. */
static const struct {
	const char *fault, *says;
} blocked[] = {
	{ "*:throttle", "LimitExceededException" },
	{ "*:error500", "InternalFailureException" },
	{ "*:error503", "ServiceUnavailable" },
	{ "*:drop", "127.0.0.1:" },
	{ "*:truncate", "cut short" },
	{ "GetRecords:throttle", "GetRecords: ProvisionedThroughputExceededException" },
	{ "GetRecords:expired_iterator", "GetRecords: ExpiredIteratorException" },
	{ "ListShards:drop_after", "ListShards: 127.0.0.1:" },
};

START_TEST(one_consumer_blocked)
{
	struct kin_consumer_options options = consumer_options("memory:");
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *consumer;
	int code;

	watch(60, "blocked by %s", blocked[_i].fault);
	fill(0, 20);
	fault(blocked[_i].fault);
	OK(kin_consumer_open(&consumer, client, &options, &error));
	for (int64_t until = now_ms() + 20000; now_ms() < until;) {
		IN_TIME(code, 100, kin_consumer_wait(consumer, 100, &error));
		ck_assert_int_eq(code, KIN_TIMEOUT);
		if (strstr(error.message, "the last request failed: "))
			break;
	}
	expect_parts(error.message, "the last request failed: ", "the wait");
	expect_parts(error.message, blocked[_i].says, "the wait");
	OK(kin_consumer_health(consumer, &health, &error));
	ck_assert(health.requests_failed + health.throttled > 0 ||
	          strstr(blocked[_i].fault, "expired_iterator"));
	IN_TIME(code, 2000, kin_consumer_close(consumer, 20000, &error));
	OK(code);
	ck_assert_int_eq(seen.handled, 0);
}
END_TEST

/* --- a mix by seed, both at once, while the stream is resharded -------------------------------------- */

static const char *const mixable[] = {
	"PutRecords:throttle:share=0.1",       "PutRecords:error500:share=0.1",
	"PutRecords:partial:share=0.2",        "PutRecords:drop:share=0.1",
	"PutRecords:drop_after:share=0.1",     "PutRecords:truncate:share=0.1",
	"PutRecords:latency:ms=40:share=0.2",  "GetRecords:throttle:share=0.1",
	"GetRecords:error503:share=0.1",       "GetRecords:drop:share=0.1",
	"GetRecords:truncate:share=0.1",       "GetRecords:expired_iterator:share=0.1",
	"GetRecords:latency:ms=40:share=0.2",  "ListShards:drop_after:share=0.3",
	"GetShardIterator:error500:share=0.3", "DescribeStreamSummary:truncate:share=0.3",
	"*:skew:ms=9000000:count=40",          "*:skew:ms=-9000000:every=4:count=20",
};

enum { MIXABLE = sizeof mixable / sizeof mixable[0] };

static uint64_t dice;

static unsigned throw_dice(unsigned sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice >> 33) % sides;
}

static void brew(void)
{
	char names[600] = "";

	for (unsigned n = 3 + throw_dice(5); n > 0; n--) {
		const char *one = mixable[throw_dice(MIXABLE)];

		fault(one);
		snprintf(names + strlen(names), sizeof names - strlen(names), " %s", one);
	}
	printf("%s:%s\n", watched, names); /* tests/faults/run shows it if the check fails */
	fflush(stdout);
}

/* A call believes a new clock once; one that jumps meanwhile refuses it, and it is made again. */
static void split(const char *shard, const char *middle)
{
	struct kin_client *other = client_to(kin_mock_url(mock));
	int code = KIN_CREDENTIALS;

	for (int i = 0; i < 20 && code == KIN_CREDENTIALS; i++) {
		struct kin_call *call = call_of(other, "SplitShard");

		OK(kin_call_set_text(call, "ShardToSplit", shard, &error));
		OK(kin_call_set_text(call, "NewStartingHashKey", middle, &error));
		code = kin_call_wait(call, 20000, &error);
		kin_call_free(call);
	}
	OK(code);
	kin_client_close(other);
}

static void expect_bounds(struct kin_producer *producer, struct kin_consumer *consumer, uint64_t records_max)
{
	struct kin_consumer_health health = { .size = sizeof health };

	ck_assert_uint_le(producer_stats(producer).buffered, records_max);
	OK(kin_consumer_health(consumer, &health, &error));
	ck_assert_uint_le(health.buffered_bytes, 1048576 + 16 * 1048576); /* the limit, and a page a fetch */
	ck_assert_msg(health.state == KIN_CONSUMER_STARTING || health.state == KIN_CONSUMER_RUNNING, "%s: %s",
	              watched, health.error.message);
}

/* The last ones arrive when all is healed. */
static void drain(int n)
{
	int64_t until = now_ms() + 30000;

	while (now_ms() < until) {
		int copies = 0;

		count_copies();
		for (int i = 0; i < n; i++)
			copies += seats[i].copies;
		if (handled_now() >= copies)
			return;
		nap_ms(20);
	}
}

static void mixed(uint64_t seed, int n)
{
	struct kin_producer_options produce = producer_options();
	struct kin_consumer_options consume = consumer_options("memory:");
	struct kin_producer *producer;
	struct kin_consumer *consumer;
	int code;

	dice = seed;
	brew();
	produce.buffer_records_max = 200;
	consume.until = KIN_UNTIL_NEVER;
	consume.buffer_bytes_max = 1048576;
	consume.shard_sync_interval_ms = 200;
	OK(kin_consumer_open(&consumer, client, &consume, &error));
	producer = producer_with(client, &produce);
	for (int i = 0; i < n; i++) {
		OK(put_at(producer, i, 30000));
		if (i % 50 == 0)
			expect_bounds(producer, consumer, 200);
		if (i == n / 3)
			split("shardId-000000000000", "42535295865117307932921825928971026431");
		if (i == n / 2)
			split("shardId-000000000004", "21267647932558653966460912964485513215");
	}
	kin_mock_heal(mock);
	IN_TIME(code, 30000, kin_producer_flush(producer, 30000, &error));
	OK(code);
	IN_TIME(code, 5000, kin_producer_close(producer, 20000, &error));
	OK(code);
	expect_all_stored(0, n);
	drain(n);
	IN_TIME(code, 5000, kin_consumer_close(consumer, 5000, &error));
	OK(code);
	for (int i = 0; i < n; i++)
		ck_assert_msg(seats[i].handled == seats[i].copies, "%s: record %d: %d copies, %d handled",
		              watched, i, seats[i].copies, seats[i].handled);
	ck_assert_msg(seen.disorder == 0, "%s: %d records came out of order", watched, seen.disorder);
}

START_TEST(mix)
{
	uint64_t seed = seed_of_all() + (uint64_t)_i;

	watch(110, "mix with FAULTS_SEED=%llu", (unsigned long long)seed);
	mixed(seed, 600);
}
END_TEST

/* Many records through many faults: what is resident does not grow with them.  Each round has a mock of its own, for
 * it keeps the records in this process. */
START_TEST(long_run)
{
	enum { ROUNDS = 4, N = 8000 };
	long first = 0, last = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t seed = seed_of_all() + (uint64_t)round;

		watch(110, "long run with FAULTS_SEED=%llu", (unsigned long long)seed);
		forget_seats();
		forget_seen();
		kin_mock_close(mock);
		mock_start("s:4", seed);
		kin_client_close(client);
		client = client_to(kin_mock_url(mock));
		mixed(seed, N);
		last = rss_kib();
		first = round == 0 ? last : first;
	}
	printf("%s: %ld KiB resident after %d records, %ld after %d\n", watched, first, N, last, ROUNDS * N);
	ck_assert_msg(FREED_IS_KEPT || last - first < 24576,
	              "%s: %ld KiB resident after %d records, %ld after %d", watched, first, N, last,
	              ROUNDS * N);
}
END_TEST

/* --- groups --------------------------------------------------------------------------------------------- */

static void add_produced(TCase *cases)
{
	tcase_add_loop_test(cases, one_producer, 0, PRODUCED);
	tcase_add_loop_test(cases, one_producer_given_up, 0, sizeof given_up / sizeof given_up[0]);
}

static void add_consumed(TCase *cases)
{
	tcase_add_loop_test(cases, one_consumer, 0, CONSUMED);
	tcase_add_loop_test(cases, one_consumer_blocked, 0, sizeof blocked / sizeof blocked[0]);
}

static void add_mixed(TCase *cases)
{
	tcase_add_loop_test(cases, mix, 0, some_only() ? 3 : 12);
}

static void add_long(TCase *cases)
{
	if (!some_only())
		tcase_add_test(cases, long_run);
}

int main(int argc, char **argv)
{
	static const struct group groups[] = { { "mock_produced", add_produced, setup, teardown },
		                               { "mock_consumed", add_consumed, setup, teardown },
		                               { "mock_mixed", add_mixed, setup, teardown },
		                               { "mock_long", add_long, setup, teardown } };

	return run_groups(argc, argv, "faults: the mock's", groups,
	                  sizeof groups / sizeof groups[0] - (some_only() ? 1 : 0));
}
