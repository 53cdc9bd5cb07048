/* The part of check_producer.c about records placed by their shard: aggregates, order by key. */
#ifndef KIN_TESTS_PRODUCER_PLACED_H
#define KIN_TESTS_PRODUCER_PLACED_H

/* What a reader sees of the records that were put by put_at(). */
struct seen {
	int copies[RECORDS];
	int last_of_key[100]; /* the youngest so far, of which all are seen for the first time */
	int keys;             /* put_keyed()'s; 0: each record has its own */
	bool ordered;
};

static void see(struct seen *seen, const struct kin_record *r)
{
	char text[32] = "";
	int i;

	ck_assert_uint_lt(r->data_size, sizeof text);
	memcpy(text, r->data, r->data_size);
	ck_assert_int_eq(sscanf(text, "data %d", &i), 1);
	ck_assert_int_lt(i, RECORDS);
	if (seen->copies[i]++ == 0 && seen->keys) {
		seen->ordered &= seen->last_of_key[i % seen->keys] < i;
		seen->last_of_key[i % seen->keys] = i;
	}
	if (!seen->keys) {
		ck_assert_uint_eq(r->partition_key_size, strlen(text) - 4);
		ck_assert_int_eq(memcmp(r->partition_key + 1, text + 5, strlen(text) - 5), 0);
	}
	if (strcmp(seats[i].sequence_number, r->sequence_number) == 0) {
		ck_assert_str_eq(seats[i].shard_id, r->shard_id);
		ck_assert_uint_eq(seats[i].sub_sequence, r->sub_sequence);
		seats[i].found++;
	}
}

static void read_all(struct seen *seen)
{
	struct kin_start start;
	struct kin_reader *reader;
	const struct kin_record *record;
	int code;

	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	for (int i = 0; i < 100; i++)
		seen->last_of_key[i] = -1;
	seen->ordered = true;
	ck_assert_msg(kin_reader_open(&reader, client, options.stream, &start, &error) == KIN_OK, "%s",
	              error.message);
	while ((code = kin_reader_next(reader, &record, 20000, &error)) == KIN_OK)
		see(seen, record);
	ck_assert_msg(code == KIN_END, "%s", error.message);
	kin_reader_close(reader);
}

static void expect_found(const struct seen *seen, int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_msg(seen->copies[i] > 0, "record %d is reported as stored, and cannot be read", i);
		ck_assert_msg(seats[i].found == 1, "record %d is not where the report says", i);
	}
}

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void put_keyed(int first, int n, int keys)
{
	for (int i = first; i < first + n; i++) {
		struct kin_put_entry entry;
		char key[16], data[16];

		kin_put_entry_init(&entry);
		entry.key = key;
		entry.key_size = (size_t)snprintf(key, sizeof key, "k%d", i % keys);
		entry.data = data;
		entry.data_size = (size_t)snprintf(data, sizeof data, "data %d", i);
		ck_assert_msg(kin_producer_put_entry(producer, &entry, &seats[i], -1, &error) == KIN_OK, "%s",
		              error.message);
	}
}

START_TEST(aggregates_are_read_back)
{
	static struct seen seen;

	options.aggregate = true;
	options.linger_ms = 60000;
	open_it();
	put_many(0, 10000);
	close_it(KIN_OK);
	expect(0, 10000, KIN_OK, KIN_STORED);
	ck_assert_uint_lt(stored_in_mock(), 200);
	read_all(&seen);
	expect_found(&seen, 10000);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(seen.copies[i], 1);
}
END_TEST

START_TEST(an_aggregate_holds_no_more_than_it_may)
{
	static struct seen seen;

	options.aggregate = true;
	options.aggregation_max_records = 7;
	open_it();
	put_many(0, 700);
	close_it(KIN_OK);
	expect(0, 700, KIN_OK, KIN_STORED);
	ck_assert_uint_ge(stored_in_mock(), 100);
	read_all(&seen);
	expect_found(&seen, 700);
	for (int i = 0; i < 700; i++)
		ck_assert_uint_lt(seats[i].sub_sequence, 7);
}
END_TEST

/* Hash keys of their own, and a key that is none. */
START_TEST(aggregates_of_records_that_say_where)
{
	static struct seen seen = { .keys = 1 };
	struct kin_put_entry entry;
	char data[16], hash[2][40] = { "0", "340282366920938463463374607431768211455" };

	options.aggregate = true;
	options.linger_ms = 60000;
	open_it();
	for (int i = 0; i < 300; i++) {
		kin_put_entry_init(&entry);
		entry.data = data;
		entry.data_size = (size_t)snprintf(data, sizeof data, "data %d", i);
		if (i % 3 < 2) {
			entry.key = "k";
			entry.key_size = 1;
			entry.hash_key = hash[i % 3];
		}
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[i], -1, &error), KIN_OK);
	}
	close_it(KIN_OK);
	expect(0, 300, KIN_OK, KIN_STORED);
	ck_assert_uint_lt(stored_in_mock(), 20);
	read_all(&seen);
	expect_found(&seen, 300);
	for (int i = 0; i < 300; i += 3) {
		ck_assert_str_eq(seats[i].shard_id, "shardId-000000000000");
		ck_assert_str_eq(seats[i + 1].shard_id, "shardId-000000000003");
	}
}
END_TEST

static void split(const char *shard, const char *at)
{
	struct kin_call *call;

	ck_assert_int_eq(kin_call_new(&call, client, "SplitShard", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", options.stream, &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "ShardToSplit", shard, &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "NewStartingHashKey", at, &error), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
}

/* Shards are split under it; requests are throttled in part, and their answers lost. */
START_TEST(reshards_and_faults_lose_nothing)
{
	static struct seen seen = { .keys = 50 };

	options.aggregate = true;
	options.order = KIN_ORDER_KEY;
	options.aggregation_max_bytes = 2000;
	open_it();
	put_keyed(0, 1500, 50);
	flush_all();
	fault("PutRecords:partial:share=0.3:count=20");
	fault("PutRecords:drop_after:count=1");
	put_keyed(1500, 1500, 50);
	split("shardId-000000000001", "127605887595351923798765477786913079296");
	put_keyed(3000, 1500, 50);
	flush_all();
	split("shardId-000000000002", "212676479325586539664609129644855132160");
	split("shardId-000000000003", "297747071055821155530452781502797185024");
	put_keyed(4500, 1500, 50);
	close_it(KIN_OK);
	expect(0, 6000, KIN_OK, KIN_STORED);
	read_all(&seen);
	expect_found(&seen, 6000);
	ck_assert(seen.ordered);
}
END_TEST

/* It reshards by itself, without a word: what landed elsewhere is put again once, and a fresh list tells of the rest. */
START_TEST(an_on_demand_stream_grows)
{
	static struct seen seen = { .keys = 50 };
	struct kin_call *call;
	uint64_t retried;

	ck_assert_int_eq(kin_call_new(&call, client, "CreateStream", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "grows", &error), KIN_OK);
	ck_assert_int_eq(kin_call_set_json(call, "StreamModeDetails", "{\"StreamMode\":\"ON_DEMAND\"}",
	                                   &error),
	                 KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &error) == KIN_OK, "%s", error.message);
	kin_call_free(call);
	options.stream = "grows";
	options.aggregate = true;
	open_it();
	put_keyed(0, 1500, 50);
	flush_all();
	ck_assert_uint_eq(stats_now().retried, 0);
	for (int shard = 0; shard < 4; shard++) {
		static const char *const halves[] = { "42535295865117307932921825928971026432",
			                              "127605887595351923798765477786913079296",
			                              "212676479325586539664609129644855132160",
			                              "297747071055821155530452781502797185024" };
		char id[24];

		snprintf(id, sizeof id, "shardId-%012d", shard);
		split(id, halves[shard]);
	}
	put_keyed(1500, 1500, 50);
	flush_all();
	retried = stats_now().retried;
	ck_assert_uint_gt(retried, 0);
	put_keyed(3000, 1500, 50);
	flush_all();
	ck_assert_uint_eq(stats_now().retried, retried);
	close_it(KIN_OK);
	expect(0, 4500, KIN_OK, KIN_STORED);
	read_all(&seen);
	expect_found(&seen, 4500);
}
END_TEST

START_TEST(without_the_list_of_shards_records_go_alone)
{
	static struct seen seen;

	options.aggregate = true;
	fault("ListShards:error500");
	open_it();
	put_many(0, 500);
	close_it(KIN_OK);
	expect(0, 500, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stored_in_mock(), 500);
	kin_mock_heal(mock);
	read_all(&seen);
	expect_found(&seen, 500);
}
END_TEST

START_TEST(order_of_each_key_is_kept)
{
	static struct seen seen = { .keys = 20 };

	options.order = KIN_ORDER_KEY;
	options.linger_ms = 2;
	fault("PutRecords:partial:share=0.3:count=30");
	fault("PutRecords:drop_after:count=2");
	open_it();
	put_keyed(0, 600, 20);
	close_it(KIN_OK);
	expect(0, 600, KIN_OK, KIN_STORED);
	ck_assert_uint_ge(stored_in_mock(), 600);
	read_all(&seen);
	expect_found(&seen, 600);
	ck_assert(seen.ordered);
}
END_TEST

/* Three records, the second of the key of the first, whose answer is late by so much: was the third told of before
 * them?  At once if so, else no sooner than that answer. */
static bool third_is_first(int first, int late_ms)
{
	char text[64];

	snprintf(text, sizeof text, "PutRecords:latency:ms=%d:count=1", late_ms);
	fault(text);
	put_keyed(first, 1, 1);
	while (stats_now().in_flight == 0)
		nap_ms(1);
	put_keyed(first + 1, 1, 1);
	nap_ms(100);
	put_many(first + 2, 1);
	while (!atomic_load(&seats[first + 2].reports))
		nap_ms(1);
	return !atomic_load(&seats[first].reports) && !atomic_load(&seats[first + 1].reports);
}

/* What waits for its key is no reason to let others wait; a machine that is slower than the answer has another try. */
START_TEST(a_slow_answer_holds_up_its_key_alone)
{
	int n = 2, late_ms = 1000;

	options.order = KIN_ORDER_KEY;
	options.linger_ms = 20;
	open_it();
	put_keyed(0, 2, 2);
	flush_all();
	for (; !third_is_first(n, late_ms); n += 3, late_ms *= 3)
		ck_assert_msg(late_ms < 20000, "an answer late by %d ms held up a record of another key",
		              late_ms);
	close_it(KIN_OK);
	expect(0, n + 3, KIN_OK, KIN_STORED);
}
END_TEST

/* Ten percent of a shard's limits: a hundred records at once, then a hundred a second. */
START_TEST(a_shard_has_its_pace)
{
	int64_t began = now_ms();

	options.rate_percent = 10;
	options.linger_ms = 0;
	open_it();
	put_keyed(0, 200, 1);
	put_many(200, 20); /* others are not held up */
	close_it(KIN_OK);
	expect(0, 220, KIN_OK, KIN_STORED);
	ck_assert_int_ge(now_ms() - began, 900);
}
END_TEST

/* Closed while the list of shards is still on its way. */
START_TEST(close_does_not_wait_for_a_list)
{
	options.rate_percent = 1000;
	fault("ListShards:latency:ms=600000");
	open_it();
	put_many(0, 3);
	close_it(KIN_OK); /* within 50 s, or it says so */
	expect(0, 3, KIN_OK, KIN_STORED);
}
END_TEST

static TCase *placed_case(void)
{
	TCase *tcase = tcase_create("placed");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, aggregates_are_read_back);
	tcase_add_test(tcase, an_aggregate_holds_no_more_than_it_may);
	tcase_add_test(tcase, aggregates_of_records_that_say_where);
	tcase_add_test(tcase, reshards_and_faults_lose_nothing);
	tcase_add_test(tcase, an_on_demand_stream_grows);
	tcase_add_test(tcase, without_the_list_of_shards_records_go_alone);
	tcase_add_test(tcase, order_of_each_key_is_kept);
	tcase_add_test(tcase, a_slow_answer_holds_up_its_key_alone);
	tcase_add_test(tcase, a_shard_has_its_pace);
	tcase_add_test(tcase, close_does_not_wait_for_a_list);
	return tcase;
}
#endif
