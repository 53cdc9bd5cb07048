/* Part of check_producer: many records in one call, and data that is borrowed or given away. */

static struct kin_put_entry wanted[RECORDS];
static char wanted_keys[RECORDS][8];

/* Entries as put_at() puts them one by one. */
static void fill_in(int first, int n)
{
	static char data[RECORDS][12];

	for (int i = first; i < first + n; i++) {
		kin_put_entry_init(&wanted[i]);
		wanted[i].key = wanted_keys[i];
		wanted[i].key_size = (size_t)snprintf(wanted_keys[i], sizeof wanted_keys[i], "k%d", i);
		wanted[i].data = data[i];
		wanted[i].data_size = (size_t)snprintf(data[i], sizeof data[i], "data %d", i);
		wanted[i].token = &seats[i];
	}
}

START_TEST(many_in_one_call)
{
	size_t accepted = 77;

	open_it();
	fill_in(0, 1200);
	ck_assert_msg(kin_producer_put_many(producer, wanted, 1200, &accepted, -1, &error) == KIN_OK, "%s",
	              error.message);
	ck_assert_uint_eq(accepted, 1200);
	flush_all();
	expect(0, 1200, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stats_now().bytes_stored, 10 * 6 + 90 * 7 + 900 * 8 + 200 * 9);
	ck_assert_int_eq(kin_producer_put_many(producer, NULL, 0, &accepted, 0, &error), KIN_OK);
	ck_assert_uint_eq(accepted, 0);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 1200);
}
END_TEST

/* What does not fit stays the caller's, from the first that does not. */
START_TEST(many_as_far_as_they_fit)
{
	size_t accepted;

	options.buffer_records_max = 70;
	options.linger_ms = 60000;
	open_it();
	fill_in(0, 200);
	ck_assert_int_eq(kin_producer_put_many(producer, wanted, 200, &accepted, 0, &error), KIN_FULL);
	ck_assert_uint_eq(accepted, 70);
	ck_assert_ptr_nonnull(strstr(error.message, "70 of 70 records"));
	ck_assert_int_eq(kin_producer_put_many(producer, wanted + 70, 130, &accepted, 50, &error),
	                 KIN_TIMEOUT);
	ck_assert_uint_eq(accepted, 0);
	ck_assert_int_eq(kin_producer_put_many(producer, wanted + 70, 130, NULL, 0, &error), KIN_FULL);
	flush_all();
	expect(0, 70, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stored_in_mock(), 70);
	close_it(KIN_OK);
}
END_TEST

/* Many more than there is room for: the call waits, and what it put already leaves meanwhile. */
START_TEST(many_wait_for_room)
{
	size_t accepted;

	options.buffer_records_max = 7;
	options.linger_ms = 1;
	open_it();
	fill_in(0, 300);
	ck_assert_msg(kin_producer_put_many(producer, wanted, 300, &accepted, 20000, &error) == KIN_OK, "%s",
	              error.message);
	ck_assert_uint_eq(accepted, 300);
	close_it(KIN_OK);
	expect(0, 300, KIN_OK, KIN_STORED);
}
END_TEST

static const int bad[] = { 0, 1, 31, 32, 99 }; /* which one of a hundred */

START_TEST(many_up_to_a_bad_one)
{
	size_t accepted;
	int at = bad[_i];

	open_it();
	fill_in(0, 100);
	wanted[at].key = "";
	wanted[at].key_size = 0;
	ck_assert_int_eq(kin_producer_put_many(producer, wanted, 100, &accepted, -1, &error), KIN_INVALID);
	ck_assert_uint_eq(accepted, (size_t)at);
	ck_assert_msg(strstr(error.message, "1 to 256") != NULL, "%s", error.message);
	fill_in(at, 1);
	wanted[at].data = ""; /* too large by the options; it is not read */
	wanted[at].data_size = 2000000;
	ck_assert_int_eq(
			kin_producer_put_many(producer, wanted + at, 100 - (size_t)at, &accepted, -1, &error),
			KIN_INVALID);
	ck_assert_uint_eq(accepted, 0);
	ck_assert_msg(strstr(error.message, "is larger than") != NULL, "%s", error.message);
	close_it(KIN_OK);
	expect(0, at, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stored_in_mock(), (uint64_t)at);
}
END_TEST

/* The array's elements are as long as its program knows them. */
START_TEST(many_of_a_longer_struct)
{
	struct {
		struct kin_put_entry known;
		void *later;
	} longer[3] = { 0 };
	size_t accepted;

	open_it();
	fill_in(0, 3);
	for (int i = 0; i < 3; i++) {
		longer[i].known = wanted[i];
		longer[i].known.size = sizeof longer[i];
	}
	ck_assert_int_eq(kin_producer_put_many(producer, &longer[0].known, 2, &accepted, -1, &error), KIN_OK);
	longer[2].later = &longer;
	ck_assert_int_eq(kin_producer_put_many(producer, &longer[0].known, 3, &accepted, -1, &error),
	                 KIN_TOO_NEW);
	ck_assert_uint_eq(accepted, 2);
	longer[1].known.size = sizeof longer[0].known;
	ck_assert_int_eq(kin_producer_put_many(producer, &longer[0].known, 3, &accepted, -1, &error),
	                 KIN_INVALID);
	ck_assert_uint_eq(accepted, 1);
	ck_assert_int_eq(kin_producer_put_many(producer, NULL, 1, &accepted, -1, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_put_many(producer, wanted, 1, &accepted, -2, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_put_many(NULL, wanted, 1, &accepted, -1, &error), KIN_INVALID);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 5);
}
END_TEST

/* --- data that is not copied --------------------------------------------------------------- */

static struct gift {
	char *data;
	atomic_int released, reports_before; /* of all, when it was released */
	pthread_t thread;
} gifts[400];

static void take_back(void *user, void *data)
{
	struct gift *gift = user;

	ck_assert_ptr_eq(data, gift->data);
	gift->thread = pthread_self();
	atomic_store(&gift->reports_before, atomic_load(&reported));
	atomic_fetch_add(&gift->released, 1);
	free(data);
}

/* 1 KiB each, from malloc: a use behind the release is one that memory checkers see. */
static void give(int i)
{
	fill_in(i, 1);
	gifts[i].data = malloc(1024);
	ck_assert_ptr_nonnull(gifts[i].data);
	memset(gifts[i].data, 'a' + i % 26, 1024);
	atomic_store(&gifts[i].released, 0);
	wanted[i].data = gifts[i].data;
	wanted[i].data_size = 1024;
	wanted[i].release = take_back;
	wanted[i].release_user = &gifts[i];
}

static void give_all(int n)
{
	size_t accepted;

	for (int i = 0; i < n; i++)
		give(i);
	ck_assert_msg(kin_producer_put_many(producer, wanted, (size_t)n, &accepted, -1, &error) == KIN_OK,
	              "%s", error.message);
	ck_assert_uint_eq(accepted, (size_t)n);
}

static void expect_released(int first, int n)
{
	for (int i = first; i < first + n; i++)
		ck_assert_msg(atomic_load(&gifts[i].released) == 1, "record %d of %d was released %d times",
		              i, n, atomic_load(&gifts[i].released));
}

/* All that a reader finds in the stream: 1024 times the letter; 0: the one of its key. */
static void expect_in_stream(int n, char letter)
{
	struct kin_start start;
	struct kin_reader *reader;
	const struct kin_record *record;
	int found = 0;

	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	ck_assert_msg(kin_reader_open(&reader, client, "s", &start, &error) == KIN_OK, "%s", error.message);
	while (kin_reader_next(reader, &record, 10000, &error) == KIN_OK) {
		char expected[1024];

		memset(expected, letter ? letter : 'a' + atoi(record->partition_key + 1) % 26,
		       sizeof expected);
		ck_assert_uint_eq(record->data_size, sizeof expected);
		ck_assert_mem_eq(record->data, expected, sizeof expected);
		found++;
	}
	ck_assert_int_eq(found, n);
	kin_reader_close(reader);
}

/* As they are; in aggregates; put again after a request was refused. */
START_TEST(given_data_is_released_once)
{
	options.aggregate = _i == 1;
	if (_i == 2)
		fault("PutRecords:throttle:count=1");
	open_it();
	give_all(300);
	ck_assert_uint_ge(stats_now().buffered_bytes + stats_now().bytes_stored, 300 * 1024);
	close_it(KIN_OK);
	expect(0, 300, KIN_OK, KIN_STORED);
	expect_released(0, 300);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_ge(gifts[i].reports_before, 1); /* its own, at least */
		ck_assert(!pthread_equal(gifts[i].thread, pthread_self()));
		ck_assert(pthread_equal(gifts[i].thread, gifts[0].thread)); /* of the reports */
	}
	expect_in_stream(300, 0);
}
END_TEST

static int put_wanted(int i, int64_t timeout_ms)
{
	return kin_producer_put_entry(producer, &wanted[i], &seats[i], timeout_ms, &error);
}

START_TEST(refused_data_stays_the_callers)
{
	options.buffer_records_max = 2;
	options.linger_ms = 60000;
	open_it();
	give_all(2);
	give(2);
	ck_assert_int_eq(put_wanted(2, 0), KIN_FULL);
	ck_assert_int_eq(put_wanted(2, 30), KIN_TIMEOUT);
	wanted[2].key_size = 0;
	ck_assert_int_eq(put_wanted(2, 0), KIN_INVALID);
	wanted[2].key_size = 2;
	wanted[2].data = NULL;
	wanted[2].data_size = 0;
	ck_assert_int_eq(put_wanted(2, 0), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "released"));
	close_it(KIN_OK);
	expect_released(0, 2);
	ck_assert_int_eq(atomic_load(&gifts[2].released), 0);
	free(gifts[2].data);
}
END_TEST

/* Given up for good: it is told, and then released. */
START_TEST(given_up_data_is_released)
{
	fault("PutRecords:throttle");
	options.record_ttl_ms = 150;
	open_it();
	give_all(20);
	close_it(KIN_EXPIRED);
	expect(0, 20, KIN_EXPIRED, KIN_NOT_SENT);
	expect_released(0, 20);
}
END_TEST

/* The buffer counts it, wherever it lies. */
START_TEST(given_data_counts_in_the_buffer)
{
	options.buffer_bytes_max = 65536;
	options.linger_ms = 60000;
	open_it();
	give_all(63);
	give(63);
	ck_assert_int_eq(put_wanted(63, 0), KIN_FULL);
	ck_assert_ptr_nonnull(strstr(error.message, "of 65536 bytes"));
	free(gifts[63].data);
	close_it(KIN_OK);
	expect_released(0, 63);
}
END_TEST

/* Without a report there is a release all the same. */
START_TEST(given_data_without_reports)
{
	options.on_delivery = NULL;
	open_it();
	put_many(300, 5);
	give_all(200);
	flush_all();
	expect_released(0, 200);
	ck_assert_uint_eq(stats_now().stored, 205);
	for (int i = 0; i < 200; i++)
		ck_assert(!pthread_equal(gifts[i].thread, pthread_self()));
	close_it(KIN_OK);
	ck_assert_int_eq(reported, 0);
}
END_TEST

/* Pulled reports: on the thread that pulls; what nobody pulled, in close. */
START_TEST(given_data_of_pulled_reports)
{
	const struct kin_delivery *delivery;

	options.reports = KIN_REPORTS_POLL;
	options.on_delivery = _i == 0 ? on_delivery : NULL;
	open_it();
	give_all(10);
	if (_i == 0) {
		for (int polled = 0; polled < 10;) {
			int n = kin_producer_poll(producer, 20000, 0, &error);

			ck_assert_int_gt(n, 0);
			polled += n;
		}
	} else {
		for (int i = 0; i < 4; i++) {
			struct seat *seat;

			ck_assert_int_eq(kin_producer_next(producer, &delivery, 20000, &error), KIN_OK);
			seat = delivery->token;
			ck_assert_int_eq(atomic_load(&gifts[seat - seats].released), 1);
		}
	}
	close_it(KIN_OK);
	expect_released(0, 10);
	for (int i = 0; i < 10; i++)
		ck_assert(pthread_equal(gifts[i].thread, pthread_self()));
}
END_TEST

static void put_again(void *user, void *data)
{
	(void)user;
	(void)data;
	ck_assert_int_eq(kin_producer_put(producer, "again", 5, "x", 1, 0, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_flush(producer, -1, &error), KIN_WOULD_DEADLOCK);
}

START_TEST(put_from_a_release)
{
	struct kin_put_entry entry;

	options.on_delivery = _i == 0 ? on_delivery : NULL;
	open_it();
	kin_put_entry_init(&entry);
	entry.data = "first";
	entry.data_size = 5;
	entry.release = put_again;
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[0], 0, &error), KIN_OK);
	flush_all();
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 2);
}
END_TEST

/* Borrowed: read where it is, when it leaves.  No program should change it meanwhile; here that shows that there is no copy. */
START_TEST(borrowed_data_is_read_in_place)
{
	static char data[1024];

	options.linger_ms = 60000;
	options.aggregate = _i == 1;
	open_it();
	memset(data, 'x', sizeof data);
	for (int i = 0; i < 26; i++) {
		fill_in(i, 1);
		wanted[i].data = data;
		wanted[i].data_size = sizeof data;
		wanted[i].borrowed = true;
		ck_assert_int_eq(put_wanted(i, -1), KIN_OK);
	}
	memset(data, 'y', sizeof data);
	close_it(KIN_OK);
	expect(0, 26, KIN_OK, KIN_STORED);
	expect_in_stream(26, 'y');
}
END_TEST

/* --- several threads ------------------------------------------------------------------------ */

enum { PUTTERS = 4, EACH = 60 };

/* Small and large ones in turn, one key; half of them in one call. */
static void *put_mixed(void *first)
{
	static const char bytes[50000] = "";
	int begin = (int)(intptr_t)first;
	struct kin_error own;
	size_t accepted;

	fill_in(begin, EACH);
	for (int i = begin; i < begin + EACH; i++) {
		wanted[i].key = wanted_keys[begin];
		wanted[i].key_size = wanted[begin].key_size;
		if (i % 2 == 0) {
			wanted[i].data = bytes;
			wanted[i].data_size = sizeof bytes;
		}
	}
	for (int i = begin; i < begin + EACH / 2; i++)
		ck_assert_int_eq(kin_producer_put_entry(producer, &wanted[i], &seats[i], -1, &own), KIN_OK);
	ck_assert_int_eq(kin_producer_put_many(producer, wanted + begin + EACH / 2, EACH / 2, &accepted, -1,
	                                       &own),
	                 KIN_OK);
	return NULL;
}

/* With one request at a time and no failures, what a thread puts is stored in that order. */
START_TEST(each_thread_in_its_order)
{
	pthread_t threads[PUTTERS];

	options.requests_max = 1;
	options.buffer_bytes_max = 1000000;
	open_it();
	for (intptr_t i = 0; i < PUTTERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, put_mixed, (void *)(i * EACH)), 0);
	for (int i = 0; i < PUTTERS; i++)
		pthread_join(threads[i], NULL);
	close_it(KIN_OK);
	expect(0, PUTTERS * EACH, KIN_OK, KIN_STORED);
	for (int i = 0; i < PUTTERS * EACH; i++) {
		const char *mine = seats[i].sequence_number,
			   *last = i > 0 ? seats[i - 1].sequence_number : "";

		if (i % EACH == 0)
			continue;
		ck_assert_str_eq(seats[i].shard_id, seats[i - 1].shard_id);
		ck_assert_msg(strlen(mine) > strlen(last) ||
		                              (strlen(mine) == strlen(last) && strcmp(mine, last) > 0),
		              "record %d of a thread: %s is not behind %s", i % EACH, mine, last);
	}
}
END_TEST

static TCase *many_case(void)
{
	TCase *made = tcase_create("many");

	tcase_set_timeout(made, 60);
	tcase_add_checked_fixture(made, setup, teardown);
	tcase_add_test(made, many_in_one_call);
	tcase_add_test(made, many_as_far_as_they_fit);
	tcase_add_test(made, many_wait_for_room);
	tcase_add_loop_test(made, many_up_to_a_bad_one, 0, (int)(sizeof bad / sizeof bad[0]));
	tcase_add_test(made, many_of_a_longer_struct);
	tcase_add_loop_test(made, given_data_is_released_once, 0, 3);
	tcase_add_test(made, refused_data_stays_the_callers);
	tcase_add_test(made, given_up_data_is_released);
	tcase_add_test(made, given_data_counts_in_the_buffer);
	tcase_add_test(made, given_data_without_reports);
	tcase_add_loop_test(made, given_data_of_pulled_reports, 0, 2);
	tcase_add_loop_test(made, put_from_a_release, 0, 2);
	tcase_add_loop_test(made, borrowed_data_is_read_in_place, 0, 2);
	tcase_add_test(made, each_thread_in_its_order);
	return made;
}
