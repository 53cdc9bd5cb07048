/* Part of check_producer: lingering, clients, processes, arguments, large records. */
#include "producer_outage.h"

START_TEST(lingers_and_leaves_by_itself)
{
	int64_t begin = now_ms();

	options.linger_ms = 150;
	open_it();
	put_many(0, 1);
	await_reports(1);
	ck_assert_int_ge(now_ms() - begin, 145);
	expect(0, 1, KIN_OK, KIN_STORED);
	close_it(KIN_OK);
}
END_TEST

/* A full request does not wait, though nobody flushes; what is behind it does. */
START_TEST(a_full_request_does_not_linger)
{
	options.linger_ms = 60000;
	open_it();
	put_many(0, 503);
	await_reports(500);
	expect(0, 500, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stats_now().requests, 1);
	ck_assert_int_eq(seats[500].reports, 0);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 503);
}
END_TEST

START_TEST(a_client_of_its_own)
{
	setenv("AWS_ENDPOINT_URL_KINESIS", kin_mock_url(mock), 1);
	setenv("AWS_REGION", "us-east-1", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDMOCK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "mock-secret", 1);
	ck_assert_msg(kin_producer_open(&producer, NULL, &options, &error) == KIN_OK, "%s", error.message);
	put_many(0, 5);
	close_it(KIN_OK);
	expect(0, 5, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(a_child_process)
{
	int status;
	pid_t child;

	open_it();
	put_many(0, 1);
	child = fork();
	if (child == 0) {
		struct kin_producer_stats stats = { .size = sizeof stats };

		if (put_at(1, 0) != KIN_FORKED || kin_producer_flush(producer, 0, &error) != KIN_FORKED ||
		    kin_producer_stats(producer, &stats, &error) != KIN_FORKED ||
		    kin_producer_close(producer, 0, &error) != KIN_FORKED)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	close_it(KIN_OK);
	expect(0, 1, KIN_OK, KIN_STORED);
}
END_TEST

/* --- arguments ------------------------------------------------------------------------ */

static char long_key[1100], large[2000];

static const struct {
	struct kin_put_entry entry;
	const char *told; /* NULL: accepted */
} entries[] = {
	{ { .key = "", .key_size = 0 }, "1 to 256" },
	{ { .key = long_key, .key_size = 256 }, NULL },
	{ { .key = long_key, .key_size = 257 }, "1 to 256" },
	{ { .key = "\xc3\xa9\xf0\x9f\x98\x80", .key_size = 6 }, NULL },
	{ { .key = "\xc3", .key_size = 1 }, "UTF-8" },
	{ { .key = "a\0b", .key_size = 3 }, NULL },
	{ { .key = NULL, .key_size = 3 }, "key is NULL" },
	{ { .key = "k", .key_size = 1, .data_size = 4 }, "data is NULL" },
	{ { .key = "k", .key_size = 1, .data = large, .data_size = 1023 }, NULL },
	{ { .key = "k", .key_size = 1, .data = large, .data_size = 1024 }, "record_bytes_max = 1024" },
	{ { .key = "k", .key_size = 1, .hash_key = "12" }, NULL },
	{ { .key = "k", .key_size = 1, .hash_key = "-1" }, "hash key" },
	{ { .key = "k", .key_size = 1, .hash_key = "340282366920938463463374607431768211456" }, "hash key" },
	{ { .key = "k", .key_size = 1, .ttl_ms = 99 }, "ttl_ms is 99" },
	{ { .key = "k", .key_size = 1, .ttl_ms = -1 }, "ttl_ms is -1" },
	{ { .key = "k", .key_size = 1, .ttl_ms = 100000 }, NULL },
};

START_TEST(entries_are_checked)
{
	struct kin_put_entry entry = entries[_i].entry;

	memset(long_key, 'x', sizeof long_key);
	entry.size = sizeof entry;
	options.record_bytes_max = 1024;
	options.on_delivery = NULL;
	open_it();
	if (entries[_i].told) {
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, NULL, 0, &error), KIN_INVALID);
		ck_assert_msg(strstr(error.message, entries[_i].told) != NULL, "%s", error.message);
		ck_assert_uint_eq(stats_now().accepted, 0);
	} else {
		ck_assert_msg(kin_producer_put_entry(producer, &entry, NULL, 0, &error) == KIN_OK, "%s",
		              error.message);
	}
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), entries[_i].told == NULL);
}
END_TEST

START_TEST(arguments_are_checked)
{
	struct kin_put_entry entry = { 0 };
	struct kin_producer_stats stats = { 0 };

	ck_assert_int_eq(kin_producer_open(NULL, client, &options, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_open(&producer, client, NULL, &error), KIN_INVALID);
	options.stream = NULL;
	ck_assert_int_eq(kin_producer_open(&producer, client, &options, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "stream"));
	options.stream = "no such/name";
	ck_assert_int_eq(kin_producer_open(&producer, client, &options, NULL), KIN_INVALID);
	options.stream = "s";
	options.request_records_max = 501;
	ck_assert_int_eq(kin_producer_open(&producer, client, &options, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "request_records_max"));
	ck_assert_ptr_null(producer);
	options.request_records_max = 500;
	open_it();
	ck_assert_int_eq(kin_producer_put(NULL, "k", 1, "x", 1, 0, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, "x", 1, -2, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_put_entry(producer, NULL, NULL, 0, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, NULL, 0, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "kin_put_entry_init"));
	kin_put_entry_init(&entry);
	entry.reserved[0] = 1;
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, NULL, 0, &error), KIN_TOO_NEW);
	ck_assert_int_eq(kin_producer_stats(producer, &stats, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_stats(producer, NULL, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_flush(NULL, 0, &error), KIN_INVALID);
	close_it(KIN_OK);
}
END_TEST

/* Large records have memory of their own, and requests are cut by their bytes. */
START_TEST(large_records)
{
	static char data[300000];

	options.on_delivery = NULL;
	options.request_bytes_max = 1000000;
	open_it();
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(kin_producer_put(producer, "k", 1, data, sizeof data, -1, &error), KIN_OK);
	flush_all();
	ck_assert_uint_ge(stats_now().requests, 14);
	ck_assert_uint_eq(stats_now().bytes_stored, 40 * sizeof data);
	close_it(KIN_OK);
}
END_TEST

/* One record larger than the stream takes makes the service refuse its whole request: its neighbours are
 * stored all the same. */
START_TEST(one_too_large_record)
{
	static char data[1500000];
	struct kin_put_entry entry;

	options.record_bytes_max = 2000000;
	options.linger_ms = 60000;
	open_it();
	put_many(0, 13);
	kin_put_entry_init(&entry);
	entry.key = "k";
	entry.key_size = 1;
	entry.data = data;
	entry.data_size = sizeof data;
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[13], -1, &error), KIN_OK);
	put_many(14, 16);
	flush_all();
	expect(0, 13, KIN_OK, KIN_STORED);
	expect(14, 16, KIN_OK, KIN_STORED);
	expect(13, 1, KIN_REFUSED, KIN_NOT_SENT);
	ck_assert_uint_ge(seats[13].attempts, 4);
	ck_assert_uint_le(seats[13].attempts, 6); /* 30, 15, 8, 4, 2, 1 */
	ck_assert_str_eq(seats[13].error.aws_code, "InvalidArgumentException");
	ck_assert_msg(strstr(seats[13].error.message, "exceeds") != NULL, "%s", seats[13].error.message);
	ck_assert_uint_le(stats_now().requests, 11);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 29);
}
END_TEST

static void setup_cbor(void)
{
	wire = KIN_WIRE_CBOR;
	setup();
}

static void teardown_cbor(void)
{
	teardown();
	wire = KIN_WIRE_JSON;
}

static Suite *suite(void)
{
	Suite *all = suite_create("producer, public");
	TCase *scenes = tcase_create("scenes"), *cbor = tcase_create("CBOR"),
	      *outage = tcase_create("outage");

	tcase_set_timeout(scenes, 60);
	tcase_set_timeout(cbor, 60);
	tcase_add_checked_fixture(cbor, setup_cbor, teardown_cbor);
	tcase_add_test(cbor, stores_and_reports);
	tcase_add_test(cbor, reads_back_what_was_put);
	tcase_add_test(cbor, hash_key_chooses_the_shard);
	tcase_add_test(cbor, stream_by_arn);
	tcase_add_loop_test(cbor, faults_are_overcome, 0, (int)(sizeof faults / sizeof faults[0]));
	tcase_add_test(cbor, no_such_stream);
	suite_add_tcase(all, cbor);
	tcase_add_checked_fixture(scenes, setup, teardown);
	tcase_add_test(scenes, stores_and_reports);
	tcase_add_test(scenes, reads_back_what_was_put);
	tcase_add_test(scenes, counts_without_reports);
	tcase_add_test(scenes, no_key_spreads);
	tcase_add_test(scenes, hash_key_chooses_the_shard);
	tcase_add_test(scenes, stream_by_arn);
	tcase_add_test(scenes, full_says_so);
	tcase_add_test(scenes, full_of_bytes);
	tcase_add_test(scenes, put_waits_for_room);
	tcase_add_test(scenes, lingers_and_leaves_by_itself);
	tcase_add_test(scenes, a_full_request_does_not_linger);
	tcase_add_loop_test(scenes, faults_are_overcome, 0, (int)(sizeof faults / sizeof faults[0]));
	tcase_add_loop_test(scenes, attempts_are_told, 0, (int)(sizeof told / sizeof told[0]));
	tcase_add_loop_test(scenes, ttl_ends_it, 0, (int)(sizeof ends / sizeof ends[0]));
	tcase_add_test(scenes, ttl_of_its_own);
	tcase_add_test(scenes, no_such_stream);
	tcase_add_test(scenes, wrong_secret);
	tcase_add_test(scenes, put_from_the_callback);
	tcase_add_test(scenes, waiting_in_the_callback);
	tcase_add_test(scenes, several_threads);
	tcase_add_test(scenes, two_producers_share_a_client);
	tcase_add_test(scenes, close_out_of_time);
	tcase_add_test(scenes, close_of_nothing);
	tcase_add_test(scenes, a_client_of_its_own);
	tcase_add_test(scenes, a_child_process);
	tcase_add_loop_test(scenes, entries_are_checked, 0, (int)(sizeof entries / sizeof entries[0]));
	tcase_add_test(scenes, arguments_are_checked);
	tcase_add_test(scenes, large_records);
	tcase_add_test(scenes, one_too_large_record);
	suite_add_tcase(all, scenes);
	tcase_set_timeout(outage, 120);
	tcase_add_checked_fixture(outage, setup, teardown);
	tcase_add_test(outage, an_outage_is_logged);
	suite_add_tcase(all, outage);
	suite_add_tcase(all, placed_case());
	suite_add_tcase(all, reports_case());
	suite_add_tcase(all, many_case());
	suite_add_tcase(all, large_case());
	suite_add_tcase(all, spool_case());
	return all;
}
