/* Scenes of check_producer.c: a producer with a spool. */
#ifndef KIN_TEST_PRODUCER_SPOOL_H
#define KIN_TEST_PRODUCER_SPOOL_H
#include <dirent.h>
#include <signal.h>

static char spool_folder[64];

static void spool_setup(void)
{
	setup();
	snprintf(spool_folder, sizeof spool_folder, "%s/kin-spool-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(spool_folder));
	options.spool = spool_folder;
	options.spool_fsync = KIN_SPOOL_FSYNC_NONE;
}

/* But of the lock, with `away` they are removed. */
static unsigned spool_files(bool away)
{
	DIR *folder = opendir(spool_folder);
	const struct dirent *entry;
	char path[400];
	unsigned n = 0;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder)) != NULL) {
		n += strcmp(entry->d_name, "lock") != 0 && entry->d_name[0] != '.';
		snprintf(path, sizeof path, "%s/%s", spool_folder, entry->d_name);
		if (away && entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(folder);
	return n;
}

static void spool_teardown(void)
{
	spool_files(true);
	rmdir(spool_folder);
	teardown();
}

START_TEST(a_spool_is_empty_when_all_is_reported)
{
	options.spool_fsync = _i;
	options.spool_fsync_interval_ms = 5;
	open_it();
	put_many(0, 1000);
	flush_all();
	struct kin_producer_stats stats = stats_now();
	ck_assert_uint_eq(stats.accepted, 1000);
	ck_assert_uint_eq(stats.stored, 1000);
	ck_assert_uint_eq(stats.buffered, 0);
	put_many(1000, 10);
	close_it(KIN_OK);
	expect(0, 1010, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(stored_in_mock(), 1010);
	ck_assert_uint_eq(spool_files(false), 0);
	for (int i = 0; i < 1010; i++)
		ck_assert_uint_eq(seats[i].from_spool, 0);
}
END_TEST

/* More than the buffer holds is accepted all the same: it waits on disk, and its token comes back. */
START_TEST(a_spool_takes_what_the_buffer_cannot)
{
	options.buffer_records_max = 100;
	options.aggregate = _i;
	fault("PutRecords:throttle");
	open_it();
	put_many(0, 5000);
	struct kin_producer_stats stats = stats_now();
	ck_assert_uint_eq(stats.accepted, 5000);
	ck_assert_uint_eq(stats.buffered, 5000);
	ck_assert_uint_gt(stats.buffered_bytes, 5000);
	ck_assert_uint_gt(stats.spool_bytes, 5000 * 50);
	ck_assert_uint_gt(stats.spool_waiting_bytes, 4900 * 50);
	ck_assert_uint_gt(stats.spool_segments, 0);
	ck_assert_int_eq(kin_producer_flush(producer, 50, &error), KIN_TIMEOUT);
	ck_assert_msg(strstr(error.message, "wait on disk") != NULL, "%s", error.message);
	ck_assert_int_eq(kin_producer_close(producer, 50, &error), KIN_TIMEOUT);
	ck_assert_int_eq(put_at(5000, -1), KIN_CLOSED);
	kin_mock_heal(mock);
	close_it(KIN_OK);
	expect(0, 5000, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

/* What waits on disk and cannot be read any more has no report, but it is told: in the counts, and by the close. */
START_TEST(records_that_a_spool_lost_are_counted)
{
	static char bytes[1000];
	struct kin_producer_stats stats;
	DIR *folder;
	const struct dirent *entry;
	char path[400];

	options.buffer_records_max = 100;
	options.on_delivery = NULL;
	options.spool_bytes_max = 8388608; /* in files of 1 MiB */
	fault("PutRecords:throttle");
	open_it();
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(kin_producer_put(producer, "k", 1, bytes, sizeof bytes, -1, &error), KIN_OK);
	folder = opendir(spool_folder);
	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", spool_folder, entry->d_name);
		if (strstr(entry->d_name, ".spool"))
			ck_assert_int_eq(truncate(path, 100), 0);
	}
	closedir(folder);
	kin_mock_heal(mock);
	flush_all();
	stats = stats_now();
	ck_assert_uint_ge(stats.stored, 100);
	ck_assert_uint_gt(stats.failed, 4000);
	ck_assert_uint_eq(stats.accepted, 5000);
	ck_assert_uint_eq(stats.stored + stats.failed, 5000);
	ck_assert_uint_eq(stats.buffered, 0);
	ck_assert_uint_eq(stats.buffered_bytes, 0);
	ck_assert_uint_eq(stats.stored, stored_in_mock());
	ck_assert_int_eq(kin_producer_close(producer, -1, &error), KIN_CORRUPT);
	ck_assert_msg(strstr(error.message, "records were given up") && strstr(error.message, "of the spool"),
	              "%s", error.message);
	producer = NULL;
}
END_TEST

/* A full spool: at once, in time, and room again when records left it. */
START_TEST(a_spool_is_bounded)
{
	static char bytes[100000];
	unsigned n = 0;

	options.spool_bytes_max = 1048576;
	options.on_delivery = NULL;
	fault("PutRecords:throttle");
	open_it();
	while (kin_producer_put(producer, "k", 1, bytes, sizeof bytes, 0, &error) == KIN_OK)
		n++;
	ck_assert_int_eq(error.code, KIN_FULL);
	ck_assert_msg(strstr(error.message, "the spool is full") && strstr(error.message, "spool_bytes_max"),
	              "%s", error.message);
	ck_assert_uint_eq(n, 10);
	while (stats_now().requests_failed == 0) /* then it is known why */
		nap_ms(1);
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, bytes, sizeof bytes, 300, &error), KIN_TIMEOUT);
	ck_assert_msg(strstr(error.message, "the spool is full") && strstr(error.message, "Throughput"), "%s",
	              error.message);
	kin_mock_heal(mock);
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, bytes, sizeof bytes, -1, &error), KIN_OK);
	close_it(KIN_OK);
	ck_assert_uint_eq(stored_in_mock(), 11);
}
END_TEST

START_TEST(a_spool_that_cannot_be_had)
{
	static char bytes[1048500];
	struct kin_producer *other;
	char pid[16], file[80];

	open_it();
	snprintf(pid, sizeof pid, "process %d", (int)getpid());
	ck_assert_int_eq(kin_producer_open(&other, client, &options, &error), KIN_IN_USE);
	ck_assert_msg(strstr(error.message, spool_folder) && strstr(error.message, pid), "%s", error.message);
	close_it(KIN_OK);
	options.spool_bytes_max = 1048576;
	open_it();
	ck_assert_int_eq(kin_producer_put(producer, "k", 1, bytes, sizeof bytes, 0, &error), KIN_INVALID);
	ck_assert_msg(strstr(error.message, "spool_bytes_max") != NULL, "%s", error.message);
	close_it(KIN_OK);
	snprintf(file, sizeof file, "%s/lock", spool_folder);
	options.spool = file;
	ck_assert_int_eq(kin_producer_open(&other, client, &options, &error), KIN_IO);
	ck_assert_msg(strstr(error.message, file) != NULL, "%s", error.message);
}
END_TEST

/* --- a process is killed --------------------------------------------------------------- */

/* The other process, in main(): puts records as numbers, each with one of 10 keys, or of so many bytes; then it is killed. */
static int put_and_die_main(char **words)
{
	static char bytes[300000];
	struct kin_client_options o;
	int n = atoi(words[2]);
	size_t size = (size_t)atoi(words[3]);

	kin_client_options_init(&o);
	o.endpoint_url = words[0];
	o.region = "us-east-1";
	o.access_key_id = "AKIDMOCK";
	o.secret_access_key = "mock-secret";
	kin_producer_options_init(&options);
	options.stream = "s";
	options.linger_ms = 10;
	options.spool = words[1];
	options.spool_fsync = atoi(words[4]);
	options.order = atoi(words[5]);
	options.aggregate = atoi(words[6]);
	options.buffer_records_max = (uint32_t)atoi(words[7]);
	options.record_ttl_ms = (uint32_t)atoi(words[8]);
	if (kin_client_open(&client, &o, &error) != KIN_OK ||
	    kin_producer_open(&producer, client, &options, &error) != KIN_OK)
		return 1;
	for (int i = 0; i < n; i++) {
		char key[16];
		size_t key_n = (size_t)snprintf(key, sizeof key, "k%d", i % 10);
		size_t data_n = (size_t)snprintf(bytes, sizeof bytes, "%d", i);

		if (kin_producer_put(producer, key, key_n, bytes, size ? size : data_n, -1, &error) != KIN_OK)
			return 2;
	}
	raise(SIGKILL);
	return 3;
}

static char *self; /* this program: main's argv[0].  Under valgrind /proc/self/exe is valgrind */

static void put_and_die(int n, size_t size)
{
	char words[7][16], program[] = "check_producer", what[] = "put-and-die";
	char *arguments[] = { program,  what,     NULL,     spool_folder, words[0], words[1],
		              words[2], words[3], words[4], words[5],     words[6], NULL };
	char url[128];
	pid_t child;
	int status;

	snprintf(url, sizeof url, "%s", kin_mock_url(mock));
	arguments[2] = url;
	snprintf(words[0], 16, "%d", n);
	snprintf(words[1], 16, "%d", (int)size);
	snprintf(words[2], 16, "%d", (int)options.spool_fsync);
	snprintf(words[3], 16, "%d", (int)options.order);
	snprintf(words[4], 16, "%d", (int)options.aggregate);
	snprintf(words[5], 16, "%u", (unsigned)options.buffer_records_max);
	snprintf(words[6], 16, "%u", (unsigned)options.record_ttl_ms);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		execv(self, arguments);
		_exit(4);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status), "the other process failed: %d", WEXITSTATUS(status));
}

/* As put_and_die(), and waits until the time to live of all is over.  It is doubled when a busy machine had not ended the
 * other process in time: that one reports them itself. */
static void put_and_let_expire(int n)
{
	for (;; options.record_ttl_ms *= 2) {
		int64_t began = now_ms();

		put_and_die(n, 0);
		if (now_ms() - began < options.record_ttl_ms)
			break;
		ck_assert_msg(options.record_ttl_ms < 60000, "no process put %d records within %u ms", n,
		              options.record_ttl_ms);
		spool_files(true);
	}
	nap_ms((long)options.record_ttl_ms + 50);
}

/* What the stream holds: how often each number, and whether those of one key are in order. */
static int found_n[RECORDS];
static bool found_in_order;

static void read_numbers(void)
{
	int last[10] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
	const struct kin_record *record;
	struct kin_reader *reader;
	struct kin_start start;

	memset(found_n, 0, sizeof found_n);
	found_in_order = true;
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	ck_assert_msg(kin_reader_open(&reader, client, "s", &start, &error) == KIN_OK, "%s", error.message);
	while (kin_reader_next(reader, &record, 10000, &error) == KIN_OK) {
		char text[16] = "";
		int number;

		ck_assert_uint_lt(record->data_size, sizeof text);
		memcpy(text, record->data, record->data_size);
		number = atoi(text);
		ck_assert_int_eq(record->partition_key[1] - '0', number % 10);
		if (found_n[number]++ == 0)
			found_in_order = found_in_order && number > last[number % 10];
		last[number % 10] = number > last[number % 10] ? number : last[number % 10];
	}
	kin_reader_close(reader);
}

static void put_number(int i)
{
	char key[16], data[16];
	struct kin_put_entry entry;

	kin_put_entry_init(&entry);
	entry.key = key;
	entry.key_size = (size_t)snprintf(key, sizeof key, "k%d", i % 10);
	entry.data = data;
	entry.data_size = (size_t)snprintf(data, sizeof data, "%d", i);
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[i], -1, &error), KIN_OK);
}

/* The next process sends what it left, before its own; with order = key those of each key are in the order of all puts. */
START_TEST(what_a_killed_process_left_is_sent_first)
{
	options.spool_fsync = _i % 3;
	options.order = KIN_ORDER_KEY;
	options.aggregate = true;
	options.buffer_records_max = _i < 3 ? 100000 : 50;
	fault("PutRecords:throttle");
	put_and_die(1000, 0);
	put_and_die(100, 0); /* the numbers 0 to 99 once more, behind them */
	ck_assert_uint_eq(stored_in_mock(), 0);
	kin_mock_heal(mock);
	open_it();
	for (int i = 1000; i < 1500; i++)
		put_number(i);
	flush_all();
	struct kin_producer_stats stats = stats_now();
	ck_assert_uint_eq(stats.accepted, 1600);
	ck_assert_uint_eq(stats.stored, 1600);
	ck_assert_uint_eq(stats.spool_recovered, 1100);
	ck_assert_uint_eq(stats.spool_waiting_bytes, 0);
	ck_assert_uint_eq(stats.spool_damaged, 0);
	expect(1000, 500, KIN_OK, KIN_STORED);
	ck_assert_int_eq(seats[RECORDS - 1].reports, 1100); /* without tokens */
	ck_assert_uint_eq(seats[RECORDS - 1].from_spool, 1);
	ck_assert_uint_eq(seats[1000].from_spool, 0);
	close_it(KIN_OK);
	ck_assert_uint_eq(spool_files(false), 0);
	read_numbers();
	ck_assert(found_in_order);
	for (int i = 0; i < 1500; i++)
		ck_assert_int_eq(found_n[i], i < 100 ? 2 : 1);
}
END_TEST

/* Time goes on while no process runs. */
START_TEST(the_time_to_live_ends_between_processes)
{
	char text[32];

	options.record_ttl_ms = 250;
	fault("PutRecords:throttle");
	put_and_let_expire(10);
	snprintf(text, sizeof text, " %u ms", options.record_ttl_ms);
	kin_mock_heal(mock);
	options.record_ttl_ms = 60000;
	open_it();
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_EXPIRED);
	ck_assert_int_eq(seats[RECORDS - 1].reports, 10);
	ck_assert_int_eq(seats[RECORDS - 1].code, KIN_EXPIRED);
	ck_assert_int_eq(seats[RECORDS - 1].status, KIN_POSSIBLY_STORED); /* who knows what the other did */
	ck_assert_msg(strstr(seats[RECORDS - 1].error.message, text) != NULL, "%s",
	              seats[RECORDS - 1].error.message);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

/* Those that are never sent are waited for, too, whoever makes the reports. */
START_TEST(a_flush_waits_for_reports_of_what_was_over)
{
	options.record_ttl_ms = 500;
	fault("PutRecords:throttle");
	put_and_let_expire(300);
	kin_mock_heal(mock);
	options.record_ttl_ms = 60000;
	options.reports = _i % 2 ? KIN_REPORTS_POLL : KIN_REPORTS_CALLBACK;
	open_it();
	if (_i < 2) {
		flush_all();
		ck_assert_int_eq(seats[RECORDS - 1].reports, 300);
	}
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), _i < 2 ? KIN_OK : KIN_EXPIRED);
	ck_assert_int_eq(seats[RECORDS - 1].reports, 300);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

/* What this producer could never hold is reported, not kept for ever. */
START_TEST(a_record_that_no_option_allows_any_more)
{
	fault("PutRecords:throttle");
	put_and_die(1, 200000);
	put_and_die(1, 10);
	kin_mock_heal(mock);
	options.buffer_bytes_max = 65536;
	open_it();
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_INVALID);
	ck_assert_msg(strstr(error.message, "larger than this producer's options allow") != NULL, "%s",
	              error.message);
	ck_assert_int_eq(seats[RECORDS - 1].reports, 2);
	ck_assert_uint_eq(stored_in_mock(), 1);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

/* --- other forms -------------------------------------------------------------------------- */

static void count_release(void *user, void *data)
{
	atomic_fetch_add((atomic_int *)user, data != NULL);
}

/* Data given away is released once, whether it waited in memory or on disk. */
START_TEST(a_spool_releases_what_it_was_given)
{
	static char bytes[] = "given away";
	atomic_int released = 0;
	struct kin_put_entry entry;

	options.buffer_records_max = 10;
	options.on_delivery = NULL;
	fault("PutRecords:throttle");
	open_it();
	kin_put_entry_init(&entry);
	entry.data = bytes;
	entry.data_size = sizeof bytes;
	entry.release = count_release;
	entry.release_user = &released;
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(kin_producer_put_entry(producer, &entry, NULL, 0, &error), KIN_OK);
	ck_assert_int_eq(atomic_load(&released), 90); /* of these the disk has all */
	kin_mock_heal(mock);
	close_it(KIN_OK);
	ck_assert_int_eq(atomic_load(&released), 100);
	ck_assert_uint_eq(stored_in_mock(), 100);
}
END_TEST

/* A thread that reads the reports makes the room; it cannot wait for it, nor for what the report that it holds keeps. */
START_TEST(the_reader_of_reports_does_not_wait_for_itself)
{
	const struct kin_delivery *delivery;

	options.buffer_records_max = _i ? 1 : 10;
	options.on_delivery = NULL;
	options.reports = KIN_REPORTS_POLL;
	open_it();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(put_at(i, 0), KIN_OK);
	ck_assert_int_eq(kin_producer_next(producer, &delivery, 20000, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_flush(producer, -1, &error), KIN_WOULD_DEADLOCK);
	ck_assert_msg(strstr(error.message, "kin_producer_next()") != NULL, "%s", error.message);
	for (int i = 1; i < 100; i++)
		ck_assert_int_eq(kin_producer_next(producer, &delivery, 20000, &error), KIN_OK);
	flush_all();
	close_it(KIN_OK);
}
END_TEST

static void *spool_range(void *first)
{
	put_many(*(int *)first, 500);
	return NULL;
}

START_TEST(several_threads_with_a_spool)
{
	pthread_t threads[4];
	int firsts[4];

	options.spool_fsync = KIN_SPOOL_FSYNC_EACH;
	options.buffer_records_max = 300;
	open_it();
	for (int i = 0; i < 4; i++) {
		firsts[i] = i * 500;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, spool_range, &firsts[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close_it(KIN_OK);
	expect(0, 2000, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

/* Numbers that end in that of the thread, some at once, with its key. */
static void *spool_numbers(void *thread)
{
	enum { AT_ONCE = 8 };
	struct kin_put_entry entries[AT_ONCE];
	char key[16], texts[AT_ONCE][16];
	struct kin_error mine;
	size_t accepted;

	snprintf(key, sizeof key, "k%d", *(int *)thread);
	for (int next = *(int *)thread; next < 4000;) {
		for (int i = 0; i < AT_ONCE; i++, next += 10) {
			kin_put_entry_init(&entries[i]);
			entries[i].key = key;
			entries[i].key_size = 2;
			entries[i].data = texts[i];
			entries[i].data_size = (size_t)snprintf(texts[i], sizeof texts[i], "%d", next);
		}
		if (kin_producer_put_many(producer, entries, AT_ONCE, &accepted, -1, &mine) != KIN_OK)
			abort();
	}
	return NULL;
}

/* Also when only the first of those put at once had room in memory, and more of it comes meanwhile. */
START_TEST(a_spool_keeps_the_order_of_those_put_at_once)
{
	pthread_t threads[4];
	int keys[4];

	options.order = KIN_ORDER_KEY;
	options.aggregate = true;
	options.linger_ms = 0;
	options.buffer_records_max = 20;
	options.on_delivery = NULL;
	open_it();
	for (int i = 0; i < 4; i++) {
		keys[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, spool_numbers, &keys[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close_it(KIN_OK);
	read_numbers();
	ck_assert(found_in_order);
	for (int i = 0; i < 4000; i++)
		ck_assert_int_eq(found_n[i], i % 10 < 4);
	ck_assert_uint_eq(spool_files(false), 0);
}
END_TEST

static TCase *spool_case(void)
{
	TCase *tcase = tcase_create("spool");

	tcase_add_checked_fixture(tcase, spool_setup, spool_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_spool_is_empty_when_all_is_reported, 0, 3);
	tcase_add_loop_test(tcase, a_spool_takes_what_the_buffer_cannot, 0, 2);
	tcase_add_test(tcase, records_that_a_spool_lost_are_counted);
	tcase_add_test(tcase, a_spool_is_bounded);
	tcase_add_test(tcase, a_spool_that_cannot_be_had);
	tcase_add_loop_test(tcase, what_a_killed_process_left_is_sent_first, 0, 6);
	tcase_add_test(tcase, the_time_to_live_ends_between_processes);
	tcase_add_loop_test(tcase, a_flush_waits_for_reports_of_what_was_over, 0, 4);
	tcase_add_test(tcase, a_record_that_no_option_allows_any_more);
	tcase_add_test(tcase, a_spool_releases_what_it_was_given);
	tcase_add_test(tcase, a_spool_keeps_the_order_of_those_put_at_once);
	tcase_add_loop_test(tcase, the_reader_of_reports_does_not_wait_for_itself, 0, 2);
	tcase_add_test(tcase, several_threads_with_a_spool);
	return tcase;
}
#endif
