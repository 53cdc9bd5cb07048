/* The files of a spool: what was put is there again, in order, until it is final; damage, tears, limits, failures. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "spool/spooler.h"
#include <kinstream/log.h>

enum { RECORDS = 20000 };

static char folder[64];
static struct kin_error e;
static struct kin__spooler *spooler;
static struct kin__spooler_options options;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* What was handed out, under the lock. */
static struct {
	unsigned number;
	bool earlier;
	struct kin__spooler_place place;
} taken[RECORDS];
static unsigned taken_n, room, turns;
static char said[4000];

static bool take(void *user, const struct kin__spooler_found *found)
{
	bool fits;

	ck_assert_ptr_eq(user, folder);
	pthread_mutex_lock(&lock);
	fits = taken_n < room;
	if (fits) {
		taken[taken_n].number = (unsigned)found->entry->token;
		taken[taken_n].earlier = found->earlier;
		taken[taken_n++].place = found->place;
		ck_assert_int_eq(found->entry->accepted_ms, 1000 + (int64_t)found->entry->token);
		ck_assert(kin__span_is(found->entry->key, "key"));
	}
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return fits;
}

static void turn(void *user)
{
	(void)user;
	pthread_mutex_lock(&lock);
	turns++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void note(void *user, int level, const char *text)
{
	(void)user;
	pthread_mutex_lock(&lock);
	snprintf(said + strlen(said), sizeof said - strlen(said), "%s: %s\n",
	         level == KIN_LOG_ERROR ? "error" : "warn", text);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void setup(void)
{
	snprintf(folder, sizeof folder, "%s/kin-spool-XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	options = (struct kin__spooler_options){ .folder = folder,
		                                 .stream = "orders",
		                                 .bytes_max = 1 << 20,
		                                 .sync = KIN__SPOOLER_NONE,
		                                 .interval_ms = 10,
		                                 .take = take,
		                                 .turn = turn,
		                                 .log = note,
		                                 .user = folder };
	taken_n = turns = 0;
	room = RECORDS;
	said[0] = 0;
	spooler = NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status, (void)type, (void)at;
	return remove(path);
}

static void teardown(void)
{
	kin__spooler_close(spooler);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int try_open(void)
{
	return kin__spooler_open(&spooler, &options, &e);
}

static void open_it(void)
{
	ck_assert_msg(try_open() == KIN_OK, "%s", e.message);
	ck_assert_msg(kin__spooler_start(spooler, &e) == KIN_OK, "%s", e.message);
}

static void close_it(void)
{
	kin__spooler_close(spooler);
	spooler = NULL;
}

/* Record `number`, of `size` bytes; places[number]. */
static struct kin__spooler_place places[RECORDS];
static char data[20000];

/* Without an assertion: libcheck writes files, too, and one caller has just taken away their room. */
static int try_put(unsigned number, size_t size, bool *direct, size_t *accepted)
{
	struct kin__spooler_item item = { .entry = { .key = { "key", 3 },
		                                     .data = { data, size },
		                                     .token = number,
		                                     .accepted_ms = 1000 + (int64_t)number,
		                                     .ttl_ms = 5 },
		                          .direct = *direct };
	int code = kin__spooler_put(spooler, &item, 1, accepted, &e);

	*direct = item.direct;
	places[number] = item.place;
	return code;
}

static int put(unsigned number, size_t size, bool *direct)
{
	size_t accepted;
	int code = try_put(number, size, direct, &accepted);

	ck_assert_uint_eq(accepted, code == KIN_OK);
	return code;
}

/* From first to last: each handed out at once, or none. */
static void put_all(unsigned first, unsigned last, size_t size, bool at_once)
{
	for (unsigned i = first; i <= last; i++) {
		bool direct = at_once;

		ck_assert_msg(put(i, size, &direct) == KIN_OK, "%u: %s", i, e.message);
		ck_assert_msg(direct == at_once, "record %u: handed out at once: %d", i, direct);
	}
}

static void final(unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		kin__spooler_final(spooler, &places[i]);
}

/* Until n in all were handed out. */
static void await(unsigned n)
{
	pthread_mutex_lock(&lock);
	while (taken_n < n)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void expect(unsigned at, unsigned first, unsigned last, bool earlier)
{
	for (unsigned i = first; i <= last; i++, at++)
		ck_assert_msg(taken[at].number == i && taken[at].earlier == earlier,
		              "record %u is handed out where %u should be", taken[at].number, i);
}

static unsigned files(const char *ending)
{
	char command[160], line[16] = "";
	FILE *pipe;

	snprintf(command, sizeof command, "ls %s | grep -c -- '%s$'", folder, ending);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
	pclose(pipe);
	return (unsigned)atoi(line);
}

static void change_byte(const char *name, long at)
{
	char path[160];
	FILE *file;
	int c;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "r+b");
	ck_assert_ptr_nonnull(file);
	fseek(file, at, SEEK_SET);
	c = fgetc(file);
	fseek(file, at, SEEK_SET);
	fputc(c ^ 1, file);
	fclose(file);
}

#define FIRST "0000000000000001.spool"

START_TEST(what_is_not_final_comes_again)
{
	options.sync = (enum kin__spooler_sync)_i;
	open_it();
	put_all(1, 10, 100, true);
	final(3, 5);
	final(8, 8);
	close_it();
	ck_assert_uint_eq(files(".spool"), 1);
	open_it();
	await(6);
	expect(0, 1, 2, true);
	expect(2, 6, 7, true);
	expect(4, 9, 10, true);
	close_it();
	ck_assert_uint_eq(taken_n, 6);
	taken_n = 0;
	open_it(); /* it was handed out, but nobody said that it was final */
	await(6);
	for (unsigned i = 0; i < 6; i++)
		kin__spooler_final(spooler, &taken[i].place);
	close_it();
	ck_assert_uint_eq(files(".spool") + files(".done"), 0);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(what_waits_on_disk_is_handed_out_in_order)
{
	room = 0;
	open_it();
	put_all(1, 2000, 100, false);
	pthread_mutex_lock(&lock);
	ck_assert_uint_eq(taken_n, 0);
	room = 700;
	pthread_mutex_unlock(&lock);
	kin__spooler_room(spooler);
	await(700);
	struct kin__spooler_mark mark = kin__spooler_mark(spooler);
	ck_assert(!kin__spooler_passed(spooler, mark));
	bool direct = true;
	ck_assert_int_eq(put(2001, 100, &direct), KIN_OK);
	ck_assert(!direct);
	pthread_mutex_lock(&lock);
	room = RECORDS;
	pthread_mutex_unlock(&lock);
	kin__spooler_room(spooler);
	await(2001);
	expect(0, 1, 2001, false);
	while (!kin__spooler_passed(spooler, mark))
		sched_yield();
	struct kin__spooler_stats stats;
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.unread > 0);
	put_all(2002, 2002, 100, true);
}
END_TEST

START_TEST(files_go_when_all_of_them_is_final)
{
	struct kin__spooler_stats stats;

	open_it(); /* segments of 128 KiB */
	put_all(1, 40, 10000, true);
	ck_assert_uint_eq(files(".spool"), 4);
	final(13, 13); /* of the first one */
	final(14, 40);
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 2);
	ck_assert_uint_eq(files(".spool"), 2); /* and the one that is written to */
	final(1, 12);
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 1);
	ck_assert_uint_lt(stats.bytes, 11000);
	put_all(41, 43, 10000, true);
	final(41, 43); /* it is large enough to go, too */
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 0);
	ck_assert_uint_eq(files(".spool") + files(".done"), 0);
	ck_assert_uint_eq(stats.bytes, 0);
}
END_TEST

START_TEST(a_full_spool_says_so_until_there_is_room)
{
	unsigned n = 0, before;
	bool direct = true;

	open_it();
	while (put(n, 10000, &direct) == KIN_OK)
		n++;
	ck_assert_uint_eq(n, 104); /* of 1 MiB */
	ck_assert_int_eq(put(n, 10000, &direct), KIN_FULL);
	pthread_mutex_lock(&lock);
	before = turns;
	pthread_mutex_unlock(&lock);
	final(0, 12); /* the first segment */
	pthread_mutex_lock(&lock);
	while (turns == before)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	put_all(n, n, 10000, true);
	close_it();
	open_it();
	await(n - 12);
	expect(0, 13, n, true);
}
END_TEST

/* Many in one call: those before the first that is refused, in their order. */
START_TEST(many_at_once)
{
	static struct kin__spooler_item items[300];
	size_t accepted;

	open_it();
	for (unsigned i = 0; i < 300; i++)
		items[i] = (struct kin__spooler_item){ .entry = { .key = { "key", 3 },
			                                          .data = { data, 4000 },
			                                          .token = i,
			                                          .accepted_ms = 1000 + (int64_t)i } };
	items[290].entry.data.n = 1; /* it would fit, but those before it did not */
	ck_assert_int_eq(kin__spooler_put(spooler, items, 300, &accepted, &e), KIN_FULL);
	ck_assert_uint_gt(accepted, 250);
	ck_assert_uint_lt(accepted, 290);
	await((unsigned)accepted);
	expect(0, 0, (unsigned)accepted - 1, false);
	close_it();
	taken_n = 0;
	open_it();
	await((unsigned)accepted);
	expect(0, 0, (unsigned)accepted - 1, true);
}
END_TEST

START_TEST(one_process_at_a_time)
{
	char pid[16];

	open_it();
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	struct kin__spooler *first = spooler;
	ck_assert_int_eq(try_open(), KIN_IN_USE);
	ck_assert_msg(strstr(e.message, folder) && strstr(e.message, pid), "%s", e.message);
	spooler = first;
	close_it();
	open_it();
}
END_TEST

START_TEST(a_folder_is_one_streams)
{
	static const struct {
		const char *stream;
		int code;
	} rows[] = { { "orders", KIN_OK },
		     { "other", KIN_INVALID },
		     { "arn:aws:kinesis:us-east-1:000000000000:stream/orders", KIN_OK },
		     { "arn:aws:kinesis:us-east-1:000000000000:stream/other", KIN_INVALID } };

	open_it();
	put_all(1, 1, 100, true);
	close_it();
	options.stream = rows[_i].stream;
	ck_assert_msg(try_open() == rows[_i].code, "%s: %s", rows[_i].stream, e.message);
	if (rows[_i].code != KIN_OK)
		ck_assert_msg(strstr(e.message, "stream orders, not of ") && strstr(e.message, folder), "%s",
		              e.message);
}
END_TEST

START_TEST(a_newer_spool_is_left_alone)
{
	open_it();
	put_all(1, 1, 100, true);
	close_it();
	change_byte(FIRST, 10); /* of the version */
	ck_assert_int_eq(try_open(), KIN_UNSUPPORTED);
	ck_assert_msg(strstr(e.message, FIRST) && strstr(e.message, "newer"), "%s", e.message);
	ck_assert_uint_eq(files(".spool"), 1);
}
END_TEST

/* Entries are 48 + 3 + 100 bytes, padded to 152, behind a head of 56. */
START_TEST(damage_is_named_and_costs_one_record)
{
	open_it();
	put_all(1, 5, 100, true);
	close_it();
	change_byte(FIRST, 56 + 2 * 152 + 60);
	open_it();
	await(4);
	expect(0, 1, 2, true);
	expect(2, 4, 5, true);
	ck_assert_msg(strstr(said, "error: ") && strstr(said, FIRST " is damaged at byte 360: 152 bytes"),
	              "%s", said);
	struct kin__spooler_stats stats;
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.unread > 0);
	ck_assert_uint_eq(stats.damaged, 1);
	ck_assert_uint_eq(stats.recovered, 4);
	for (unsigned i = 0; i < 4; i++)
		kin__spooler_final(spooler, &taken[i].place);
	close_it();
	ck_assert_uint_eq(files(".spool") + files(".done"), 0);
	ck_assert_uint_eq(files(".damaged"), 1); /* for whoever wants to look */
	open_it();
	put_all(1, 1, 100, true);
	ck_assert_uint_eq(files("2.spool"), 1); /* it has a number of its own */
}
END_TEST

START_TEST(a_torn_end_is_named)
{
	char path[160];

	open_it();
	put_all(1, 5, 100, true);
	close_it();
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	ck_assert_int_eq(truncate(path, 56 + 5 * 152 - 1 - _i), 0);
	open_it();
	await(4);
	expect(0, 1, 4, true);
	struct kin__spooler_stats stats;
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.unread > 0);
	ck_assert_msg(strstr(said, "warn: ") && strstr(said, FIRST " ends at byte 664"), "%s", said);
	for (unsigned i = 0; i < 4; i++)
		kin__spooler_final(spooler, &taken[i].place);
	close_it();
	ck_assert_uint_eq(files(".spool") + files(".done") + files(".damaged"), 0);
}
END_TEST

/* Without it nothing of the file can be read: it is kept. */
START_TEST(a_damaged_head)
{
	open_it();
	put_all(1, 5, 100, true);
	close_it();
	change_byte(FIRST, 20);
	open_it();
	put_all(6, 6, 100, true);
	ck_assert_msg(strstr(said, FIRST " is damaged at byte 0"), "%s", said);
	ck_assert_uint_eq(files(".damaged"), 1);
}
END_TEST

/* The beginning of a head, as a crash may leave it, and a journal without its segment: no trace is left of them. */
START_TEST(what_a_crash_began)
{
	char path[160];

	open_it();
	put_all(1, 1, 100, true);
	final(1, 1);
	put_all(2, 2, 100, true);
	close_it();
	ck_assert_uint_eq(files(".done"), 1);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	ck_assert_int_eq(truncate(path, _i ? 30 : 0), 0);
	ck_assert_int_eq(try_open(), KIN_OK);
	close_it();
	ck_assert_uint_eq(files(".spool") + files(".done") + files(".damaged"), 0);
	ck_assert_str_eq(said, "");
}
END_TEST

/* A disk that is full: the put fails, what was there stays, and it goes on when there is room. */
START_TEST(a_disk_that_fails)
{
	struct rlimit limit, small;
	void (*was)(int);
	bool direct = true;
	size_t accepted;
	int code;

	was = signal(SIGXFSZ, SIG_IGN);
	options.sync = (enum kin__spooler_sync)_i;
	open_it();
	put_all(1, 5, 100, true);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 56 + 5 * 152 + 70;
	setrlimit(RLIMIT_FSIZE, &small);
	code = try_put(6, 100, &direct, &accepted);
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, was);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_uint_eq(accepted, 0);
	ck_assert_msg(strstr(e.message, FIRST), "%s", e.message);
	put_all(7, 9, 100, true);
	close_it();
	open_it();
	await(8);
	expect(0, 1, 5, true);
	expect(5, 7, 9, true);
	close_it();
	ck_assert_uint_eq(taken_n, 8);
}
END_TEST

#include "spool_failures.h"

/* ---- many threads ---- */

enum { THREADS = 8, EACH = 250 };

static void *put_many(void *user)
{
	unsigned first = *(unsigned *)user;

	for (unsigned i = first; i < first + EACH; i++) {
		struct kin__spooler_item item = { .entry = { .key = { "key", 3 },
			                                     .data = { data, i % 900 },
			                                     .token = i,
			                                     .accepted_ms = 1000 + (int64_t)i },
			                          .direct = i % 3 > 0 };
		struct kin_error error;
		size_t accepted;

		if (kin__spooler_put(spooler, &item, 1, &accepted, &error) != KIN_OK)
			abort();
		if (item.direct && i % 5 == 0)
			kin__spooler_final(spooler, &item.place);
	}
	return NULL;
}

START_TEST(threads_put_side_by_side)
{
	pthread_t threads[THREADS];
	unsigned firsts[THREADS], next[THREADS] = { 0 };
	static unsigned seen[RECORDS];

	options.sync = (enum kin__spooler_sync)_i;
	options.bytes_max = 4 << 20;
	room = 0;
	open_it();
	for (unsigned t = 0; t < THREADS; t++) {
		firsts[t] = t * EACH;
		ck_assert_int_eq(pthread_create(&threads[t], NULL, put_many, &firsts[t]), 0);
	}
	for (unsigned t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	close_it();
	room = RECORDS;
	memset(seen, 0, sizeof seen);
	open_it();
	struct kin__spooler_stats stats;
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.unread > 0);
	for (unsigned i = 0; i < taken_n; i++) {
		unsigned number = taken[i].number, thread = number / EACH;

		ck_assert_uint_eq(seen[number]++, 0);
		ck_assert_uint_ge(number, next[thread]); /* those of one thread in their order */
		next[thread] = number;
	}
	for (unsigned i = 0; i < THREADS * EACH; i++)
		ck_assert_msg(seen[i] == 1 || i % 15 > 0, "record %u is lost", i);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(without_memory)
{
	int code = KIN_NOMEM;

	open_it();
	put_all(1, 300, 100, true);
	final(1, 100);
	close_it();
	for (unsigned at = 1; code != KIN_OK; at++) {
		kin__mem_fail_at(at);
		code = try_open();
		kin__mem_fail_at(0);
		ck_assert_msg(code == KIN_OK || code == KIN_NOMEM, "%u: %d", at, code);
	}
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	await(200);
	expect(0, 101, 300, true);
	ck_assert_uint_eq(taken_n, 200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tcase = tcase_create("spool");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_is_not_final_comes_again, 0, 3);
	tcase_add_test(tcase, what_waits_on_disk_is_handed_out_in_order);
	tcase_add_test(tcase, files_go_when_all_of_them_is_final);
	tcase_add_test(tcase, a_full_spool_says_so_until_there_is_room);
	tcase_add_test(tcase, many_at_once);
	tcase_add_test(tcase, one_process_at_a_time);
	tcase_add_loop_test(tcase, a_folder_is_one_streams, 0, 4);
	tcase_add_test(tcase, a_newer_spool_is_left_alone);
	tcase_add_test(tcase, damage_is_named_and_costs_one_record);
	tcase_add_loop_test(tcase, a_torn_end_is_named, 0, 3);
	tcase_add_test(tcase, a_damaged_head);
	tcase_add_loop_test(tcase, what_a_crash_began, 0, 2);
	tcase_add_loop_test(tcase, a_disk_that_fails, 0, 3);
	add_failures(tcase);
	tcase_add_loop_test(tcase, threads_put_side_by_side, 0, 3);
	tcase_add_test(tcase, without_memory);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
