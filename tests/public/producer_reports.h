/* Part of check_producer: who makes the delivery reports, and what waits for them. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>

static sem_t gate;
static atomic_int at_gate;

static void wait_at_gate(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	(void)delivery;
	atomic_fetch_add(&at_gate, 1);
	sem_wait(&gate);
}

static void open_gate(void)
{
	atomic_store(&at_gate, 0);
	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
}

static void await(const atomic_int *what, int n)
{
	for (int64_t begin = now_ms(); atomic_load(what) < n;) {
		ck_assert_msg(now_ms() - begin < 40000, "%d of %d after 40 s", atomic_load(what), n);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

static atomic_int calls_told;

static void on_call(void *user, struct kin_call *call, int code)
{
	(void)user;
	(void)call;
	ck_assert_int_eq(code, KIN_OK);
	atomic_fetch_add(&calls_told, 1);
}

START_TEST(a_slow_report_delays_nobody_else)
{
	struct kin_producer *slow;
	struct kin_call *call;

	open_gate();
	options.on_delivery = wait_at_gate;
	ck_assert_int_eq(kin_producer_open(&slow, client, &options, &error), KIN_OK);
	ck_assert_int_eq(kin_producer_put(slow, "k", 1, "x", 1, 0, &error), KIN_OK);
	await(&at_gate, 1);
	options.on_delivery = on_delivery;
	open_it();
	put_many(0, 100);
	flush_all();
	expect(0, 100, KIN_OK, KIN_STORED);
	close_it(KIN_OK);
	ck_assert_int_eq(kin_call_new(&call, client, "ListStreams", &error), KIN_OK);
	atomic_store(&calls_told, 0);
	ck_assert_int_eq(kin_call_start(call, on_call, NULL, &error), KIN_OK);
	await(&calls_told, 1);
	kin_call_free(call);
	ck_assert_int_eq(kin_producer_flush(slow, 50, &error), KIN_TIMEOUT);
	sem_post(&gate);
	ck_assert_int_eq(kin_producer_close(slow, 20000, &error), KIN_OK);
	sem_destroy(&gate);
}
END_TEST

/* On the client's callback thread, which makes no report of it, it may be waited for. */
static void flush_in_call(void *user, struct kin_call *call, int code)
{
	ck_assert_int_eq(code, KIN_OK);
	put_many(0, 10);
	*(int *)user = kin_producer_flush(producer, 20000, &error);
	expect(0, 10, KIN_OK, KIN_STORED);
	on_call(NULL, call, code);
}

START_TEST(a_callback_of_the_client_may_flush)
{
	struct kin_call *call;
	int flushed = KIN_BUG;

	open_it();
	ck_assert_int_eq(kin_call_new(&call, client, "ListStreams", &error), KIN_OK);
	atomic_store(&calls_told, 0);
	ck_assert_int_eq(kin_call_start(call, flush_in_call, &flushed, &error), KIN_OK);
	await(&calls_told, 1);
	ck_assert_int_eq(flushed, KIN_OK);
	kin_call_free(call);
	close_it(KIN_OK);
}
END_TEST

/* --- reports = poll ----------------------------------------------------------------------- */

static pthread_t asking;

static void on_own_thread(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	ck_assert(pthread_equal(pthread_self(), asking));
	keep(delivery);
}

static bool readable(int timeout_ms)
{
	struct pollfd at = { .fd = kin_producer_fd(producer), .events = POLLIN };

	ck_assert_int_gt(at.fd, 2);
	return poll(&at, 1, timeout_ms) == 1;
}

static void open_polled(void (*function)(void *user, const struct kin_delivery *delivery))
{
	options.reports = KIN_REPORTS_POLL;
	options.on_delivery = function;
	asking = pthread_self();
	open_it();
}

static void await_stored_in_mock(int n)
{
	for (int64_t begin = now_ms(); stored_in_mock() < (uint64_t)n;) {
		ck_assert_int_lt(now_ms() - begin, 20000);
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

/* Those of one request: they come together. */
static void together(uint32_t n)
{
	options.linger_ms = 60000;
	options.request_records_max = n;
}

START_TEST(reports_wait_until_polled)
{
	together(10);
	open_polled(on_own_thread);
	ck_assert(!readable(0));
	ck_assert_int_eq(kin_producer_poll(producer, 0, 0, &error), 0);
	put_many(0, 10);
	ck_assert(readable(20000));
	ck_assert_int_eq(atomic_load(&reported), 0);
	ck_assert_uint_eq(stats_now().buffered, 10);
	ck_assert_int_eq(kin_producer_poll(producer, -1, 3, &error), 3);
	ck_assert_int_eq(atomic_load(&reported), 3);
	ck_assert_uint_eq(stats_now().buffered, 7);
	ck_assert(readable(0));
	ck_assert_int_eq(kin_producer_poll(producer, -1, 0, &error), 7);
	ck_assert(!readable(0));
	ck_assert_int_eq(kin_producer_poll(producer, 20, 0, &error), 0);
	expect(0, 10, KIN_OK, KIN_STORED);
	close_it(KIN_OK);
}
END_TEST

/* One thread alone: nothing that waits can wait for ever. */
START_TEST(what_waits_makes_reports)
{
	options.buffer_records_max = 3;
	open_polled(on_own_thread);
	put_many(0, 200);
	ck_assert_int_ge(atomic_load(&reported), 197);
	flush_all();
	expect(0, 200, KIN_OK, KIN_STORED);
	put_many(200, 3);
	close_it(KIN_OK);
	expect(200, 3, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(unread_reports_keep_their_room)
{
	together(5);
	options.buffer_records_max = 5;
	open_polled(on_own_thread);
	put_many(0, 5);
	ck_assert(readable(20000));
	ck_assert_int_eq(put_at(5, 0), KIN_FULL);
	ck_assert_msg(strstr(error.message, "5 reports wait for kin_producer_poll()") != NULL, "%s",
	              error.message);
	ck_assert_int_eq(kin_producer_poll(producer, 0, 1, &error), 1);
	ck_assert_int_eq(put_at(5, 0), KIN_OK);
	ck_assert_int_eq(put_at(6, 0), KIN_FULL);
	close_it(KIN_OK);
	expect(0, 6, KIN_OK, KIN_STORED);
}
END_TEST

static void ask_for_trouble(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	if (delivery->token == &seats[0]) {
		from_callback[0] = kin_producer_poll(producer, -1, 0, &error);
		from_callback[1] = kin_producer_flush(producer, -1, &error);
		from_callback[2] = kin_producer_close(producer, -1, &error);
		from_callback[3] = put_at(1, 0);                     /* there is room for this one, */
		ck_assert_int_eq(put_at(2, -1), KIN_WOULD_DEADLOCK); /* and none for that */
	}
	keep(delivery);
}

START_TEST(a_polled_report_waits_for_nothing)
{
	options.buffer_records_max = 2;
	open_polled(ask_for_trouble);
	put_many(0, 1);
	flush_all();
	ck_assert_int_eq(from_callback[0], KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(from_callback[1], KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(from_callback[2], KIN_WOULD_DEADLOCK);
	ck_assert_int_eq(from_callback[3], KIN_OK);
	close_it(KIN_OK);
	expect(0, 2, KIN_OK, KIN_STORED);
}
END_TEST

static atomic_bool over;

static void *poll_on(void *user)
{
	struct kin_error why;

	(void)user;
	while (!atomic_load(&over))
		ck_assert_int_ge(kin_producer_poll(producer, 5, 7, &why), 0);
	return NULL;
}

static void keep_only(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	keep(delivery);
}

/* A flush knows of reports that other threads are about to make. */
START_TEST(several_threads_poll)
{
	pthread_t pollers[3], putters[3];

	options.buffer_records_max = 2000;
	atomic_store(&over, false);
	open_polled(keep_only);
	for (intptr_t i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_create(&pollers[i], NULL, poll_on, NULL), 0);
		ck_assert_int_eq(pthread_create(&putters[i], NULL, put_range, (void *)(i * 4000)), 0);
	}
	for (int i = 0; i < 20; i++) {
		put_many(12000 + i * 10, 10);
		flush_all();
		expect(12000 + i * 10, 10, KIN_OK, KIN_STORED);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(putters[i], NULL);
	flush_all();
	expect(0, 12200, KIN_OK, KIN_STORED);
	atomic_store(&over, true);
	for (int i = 0; i < 3; i++)
		pthread_join(pollers[i], NULL);
	close_it(KIN_OK);
}
END_TEST

static void slow_one(void *user, const struct kin_delivery *delivery)
{
	if (delivery->token == &seats[0])
		wait_at_gate(user, delivery);
	keep(delivery);
}

static void *poll_once(void *user)
{
	(void)user;
	ck_assert_int_eq(kin_producer_poll(producer, -1, 1, &error), 1);
	return NULL;
}

/* A report that another thread is in is not made yet: later ones do not stand for it. */
START_TEST(a_flush_waits_for_the_reports_of_others)
{
	struct kin_error why;
	pthread_t poller;

	open_gate();
	open_polled(slow_one);
	put_many(0, 1);
	ck_assert_int_eq(pthread_create(&poller, NULL, poll_once, NULL), 0);
	await(&at_gate, 1);
	put_many(1, 5);
	for (int tries = 0; tries < 200 && atomic_load(&reported) < 5; tries++)
		ck_assert_int_eq(kin_producer_flush(producer, 200, &why), KIN_TIMEOUT);
	ck_assert_int_eq(kin_producer_flush(producer, 100, &why), KIN_TIMEOUT);
	expect(1, 5, KIN_OK, KIN_STORED);
	ck_assert_int_eq(seats[0].reports, 0);
	sem_post(&gate);
	ck_assert_int_eq(kin_producer_flush(producer, 20000, &why), KIN_OK);
	expect(0, 6, KIN_OK, KIN_STORED);
	pthread_join(poller, NULL);
	close_it(KIN_OK);
	sem_destroy(&gate);
}
END_TEST

/* --- and without on_delivery ---------------------------------------------------------------- */

static int read_reports(int64_t timeout_ms)
{
	const struct kin_delivery *delivery;
	int n = 0, code;

	while ((code = kin_producer_next(producer, &delivery, timeout_ms, &error)) == KIN_OK) {
		keep(delivery);
		n++;
	}
	ck_assert_msg(code == KIN_TIMEOUT, "%s", error.message);
	ck_assert_ptr_null(delivery);
	return n;
}

START_TEST(reports_are_handed_out)
{
	const struct kin_delivery *delivery;

	open_polled(NULL);
	ck_assert_int_eq(read_reports(0), 0);
	put_many(0, 500);
	ck_assert_int_eq(kin_producer_next(producer, &delivery, -1, &error), KIN_OK);
	keep(delivery);
	flush_all(); /* what became of them is known; that does not read the reports */
	ck_assert_int_eq(atomic_load(&reported), 1);
	ck_assert(readable(0));
	ck_assert_uint_eq(stats_now().buffered, 500); /* the one in hand, too */
	ck_assert_int_eq(read_reports(0), 499);
	ck_assert(!readable(0));
	ck_assert_uint_eq(stats_now().buffered, 0);
	expect(0, 500, KIN_OK, KIN_STORED);
	close_it(KIN_OK);
}
END_TEST

START_TEST(failures_are_handed_out)
{
	options.stream = "nowhere";
	open_polled(NULL);
	put_many(0, 5);
	flush_all();
	ck_assert_int_eq(read_reports(0), 5);
	expect(0, 5, KIN_NOT_FOUND, KIN_NOT_SENT);
	ck_assert_str_eq(seats[4].error.aws_code, "ResourceNotFoundException");
	put_many(5, 2);
	close_it(KIN_NOT_FOUND); /* the two that nobody read are counted */
	ck_assert_int_eq(seats[5].reports, 0);
}
END_TEST

/* The thread that reads can make room only by reading. */
START_TEST(a_reader_does_not_wait_for_itself)
{
	options.buffer_records_max = 3;
	open_polled(NULL);
	put_many(0, 3);
	ck_assert_int_eq(put_at(3, -1), KIN_FULL);
	ck_assert_int_eq(kin_producer_flush(producer, 20000, &error), KIN_OK);
	ck_assert_int_eq(put_at(3, -1), KIN_FULL);
	ck_assert_msg(strstr(error.message, "3 reports wait for kin_producer_next()") != NULL, "%s",
	              error.message);
	ck_assert_int_eq(read_reports(0), 3);
	ck_assert_int_eq(put_at(3, -1), KIN_OK);
	close_it(KIN_OK);
}
END_TEST

static void *read_4000(void *user)
{
	const struct kin_delivery *delivery;
	struct kin_error why;

	(void)user;
	for (int i = 0; i < 4000; i++) {
		ck_assert_msg(kin_producer_next(producer, &delivery, 20000, &why) == KIN_OK, "%s",
		              why.message);
		keep(delivery);
	}
	return NULL;
}

/* Others do wait for it. */
START_TEST(one_thread_reads_what_another_puts)
{
	const struct kin_delivery *delivery;
	pthread_t reader;

	options.buffer_records_max = 50;
	open_polled(NULL);
	put_many(0, 1);
	ck_assert_int_eq(kin_producer_next(producer, &delivery, -1, &error), KIN_OK);
	keep(delivery);
	put_many(1, 49);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_4000, NULL), 0);
	await(&reported, 2); /* it has begun */
	put_many(50, 3951);
	pthread_join(reader, NULL);
	expect(0, 4001, KIN_OK, KIN_STORED);
	close_it(KIN_OK);
}
END_TEST

START_TEST(pulling_is_checked)
{
	const struct kin_delivery *delivery;

	open_it();
	ck_assert_int_eq(kin_producer_poll(producer, 0, 0, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "reports = poll"));
	ck_assert_int_eq(kin_producer_next(producer, &delivery, 0, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_fd(producer), -1);
	ck_assert_int_eq(kin_producer_fd(NULL), -1);
	close_it(KIN_OK);
	open_polled(on_own_thread);
	ck_assert_int_eq(kin_producer_next(producer, &delivery, 0, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "kin_producer_poll()"));
	ck_assert_int_eq(kin_producer_poll(producer, -2, 0, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_poll(NULL, 0, 0, &error), KIN_INVALID);
	close_it(KIN_OK);
	open_polled(NULL);
	ck_assert_int_eq(kin_producer_poll(producer, 0, 0, &error), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "kin_producer_next()"));
	ck_assert_int_eq(kin_producer_next(producer, NULL, 0, &error), KIN_INVALID);
	ck_assert_int_eq(kin_producer_next(producer, &delivery, -2, &error), KIN_INVALID);
	close_it(KIN_OK);
}
END_TEST

static int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

/* Two descriptors as long as it is open, and only then. */
START_TEST(the_descriptor_is_closed)
{
	int before;

	open_it(); /* one of the client's connections is there from here on */
	put_many(0, 1);
	close_it(KIN_OK);
	before = descriptors();
	open_polled(NULL);
	ck_assert_int_eq(descriptors(), before + 2);
	ck_assert_int_ne(fcntl(kin_producer_fd(producer), F_GETFD) & FD_CLOEXEC, 0);
	close_it(KIN_OK);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

START_TEST(a_child_pulls_nothing)
{
	const struct kin_delivery *delivery;
	int status;
	pid_t child;

	open_polled(_i == 0 ? on_own_thread : NULL);
	put_many(0, 1);
	await_stored_in_mock(1);
	child = fork();
	if (child == 0)
		_exit(kin_producer_poll(producer, 0, 0, &error) != KIN_FORKED ||
		      kin_producer_next(producer, &delivery, 0, &error) != KIN_FORKED ||
		      kin_producer_fd(producer) != -1 ||
		      kin_producer_close(producer, 0, &error) != KIN_FORKED);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(readable(20000)); /* its copy of the descriptor is no report read */
	close_it(KIN_OK);
	ck_assert_int_eq(seats[0].reports, (_i == 0));
}
END_TEST

static TCase *reports_case(void)
{
	TCase *made = tcase_create("reports");

	tcase_set_timeout(made, 60);
	tcase_add_checked_fixture(made, setup, teardown);
	tcase_add_test(made, a_slow_report_delays_nobody_else);
	tcase_add_test(made, a_callback_of_the_client_may_flush);
	tcase_add_test(made, reports_wait_until_polled);
	tcase_add_test(made, what_waits_makes_reports);
	tcase_add_test(made, unread_reports_keep_their_room);
	tcase_add_test(made, a_polled_report_waits_for_nothing);
	tcase_add_test(made, several_threads_poll);
	tcase_add_test(made, a_flush_waits_for_the_reports_of_others);
	tcase_add_test(made, reports_are_handed_out);
	tcase_add_test(made, failures_are_handed_out);
	tcase_add_test(made, a_reader_does_not_wait_for_itself);
	tcase_add_test(made, one_thread_reads_what_another_puts);
	tcase_add_test(made, pulling_is_checked);
	tcase_add_test(made, the_descriptor_is_closed);
	tcase_add_loop_test(made, a_child_pulls_nothing, 0, 2);
	return made;
}
