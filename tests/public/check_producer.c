/* The producer against the embedded endpoint: reports, limits, faults, callbacks, threads, closing. */
#include "producer_scene.h"

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
	await_reports(20);
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

#include "producer_failures.h"
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
