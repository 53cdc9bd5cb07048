/* Links io and the pure rooms it stands on.  Sockets are on loopback, files in a folder of their own. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/env.h"
#include "io/error.h"
#include "io/file.h"
#include "io/fork.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/quit.h"
#include "io/thread.h"

#define T(text) kin__span((text), sizeof(text) - 1)

#include "io_http.h"

/* --- error, clock, fork -------------------------------------------------------------- */

START_TEST(error_texts)
{
	struct kin_error error;
	char long_text[1000];

	ck_assert_int_eq(kin__error(NULL, KIN_FULL, "x"), KIN_FULL);
	memset(&error, 0xff, sizeof error);
	ck_assert_int_eq(kin__error(&error, KIN_INVALID, "a\nb%s %d", "\x01", 7), KIN_INVALID);
	ck_assert_str_eq(error.message, "a?b? 7");
	ck_assert_int_eq(error.http_status, 0);
	ck_assert_str_eq(error.aws_code, "");
	for (size_t i = 0; i < sizeof long_text - 1; i += 2)
		memcpy(long_text + i, "\xc3\xa9", 2);
	long_text[sizeof long_text - 1] = 0;
	for (int shift = 0; shift < 2; shift++) {
		kin__error(&error, KIN_IO, "%s%s", shift ? "x" : "", long_text);
		ck_assert_uint_ge(strlen(error.message), sizeof error.message - 3);
		ck_assert_int_eq((unsigned char)error.message[strlen(error.message) - 1],
		                 0xa9); /* no half character */
	}
	kin__error(&error, KIN_IO, "bad \xff end");
	ck_assert_str_eq(error.message, "bad ? end");
	kin__error_errno(&error, KIN_IO, ENOENT, "cannot open %s", "/x");
	ck_assert_str_eq(error.message, "cannot open /x: No such file or directory");
	ck_assert_int_eq(kin__error_nomem(&error), KIN_NOMEM);
	kin__error(&error, KIN_IO, "again: %s", error.message); /* its own old text */
	ck_assert_str_eq(error.message, "again: out of memory");
}
END_TEST

START_TEST(clocks)
{
	uint64_t before = kin__clock_us();

	nap_us(2000);
	ck_assert_uint_ge(kin__clock_us() - before, 2000);
	ck_assert_int_gt(kin__clock_wall_ms(), INT64_C(1600000000000));
	ck_assert_uint_ne(kin__clock_seed(), kin__clock_seed());
	before = kin__clock_us();
	ck_assert_uint_ge(kin__clock_until_us(1500), before + 1500000);
	ck_assert_uint_lt(kin__clock_until_us(1500), before + 1500000 + 60000000);
	ck_assert_uint_lt(kin__clock_until_us(0), before + 60000000);
	ck_assert_uint_eq(kin__clock_until_us(-1), UINT64_MAX);
	ck_assert_uint_eq(kin__clock_until_us(INT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(kin__clock_until_us(INT64_MIN), UINT64_MAX);
}
END_TEST

START_TEST(fork_generation)
{
	unsigned before = kin__fork_generation();
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(kin__fork_generation() == before);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(kin__fork_generation(), before);
}
END_TEST

/* --- loop ---------------------------------------------------------------------------- */

static struct kin__loop *loop;
static atomic_int ran;

static void loop_setup(void)
{
	struct kin__http_options options = { 4, 1000, NULL, true };

	ran = 0;
	ck_assert_int_eq(kin__loop_open(&loop, &options, NULL), KIN_OK);
}

static void loop_teardown(void)
{
	kin__loop_close(loop);
}

struct numbered {
	struct kin__loop_task task;
	int nth, seen;
};

static void count_it(struct kin__loop_task *task)
{
	struct numbered *numbered = kin__container(task, struct numbered, task);
	sigset_t mask;

	numbered->seen = ++ran;
	ck_assert(kin__loop_is_mine(loop));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGPIPE) && sigismember(&mask, SIGALRM));
}

static void wait_for(int n)
{
	for (int i = 0; i < 20000 && ran < n; i++)
		nap_us(1000);
	ck_assert_int_ge(ran, n);
}

START_TEST(loop_tasks)
{
	enum { N = 100 };
	struct numbered tasks[N];

	ck_assert(!kin__loop_is_mine(loop));
	for (int i = 0; i < N; i++) {
		kin__loop_task_init(&tasks[i].task, count_it);
		kin__loop_post(loop, &tasks[i].task);
	}
	wait_for(N);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(tasks[i].seen, i + 1);
}
END_TEST

static void *post_many(void *user)
{
	struct numbered *tasks = user;

	for (int i = 0; i < 200; i++) {
		kin__loop_task_init(&tasks[i].task, count_it);
		kin__loop_post(loop, &tasks[i].task);
	}
	return NULL;
}

START_TEST(loop_threads)
{
	enum { N = 4 };
	static struct numbered tasks[N][200];
	pthread_t threads[N];

	for (int i = 0; i < N; i++)
		pthread_create(&threads[i], NULL, post_many, tasks[i]);
	for (int i = 0; i < N; i++)
		pthread_join(threads[i], NULL);
	wait_for(N * 200);
	for (int i = 0; i < N; i++)
		for (int j = 1; j < 200; j++)
			ck_assert_int_gt(tasks[i][j].seen, tasks[i][j - 1].seen);
}
END_TEST

/* Holds the loop until told, so that what is posted meanwhile is queued. */
static atomic_int held, let_go;
static void hold(struct kin__loop_task *task)
{
	(void)task;
	held = 1;
	while (!let_go)
		nap_us(500);
}

static void hold_loop(struct kin__loop_task *task)
{
	held = let_go = 0;
	kin__loop_task_init(task, hold);
	kin__loop_post(loop, task);
	while (!held)
		nap_us(500);
}

START_TEST(loop_unpost)
{
	struct numbered one, two;
	struct kin__loop_task holder;

	kin__loop_task_init(&one.task, count_it);
	kin__loop_task_init(&two.task, count_it);
	hold_loop(&holder);
	kin__loop_post(loop, &one.task);
	kin__loop_post(loop, &two.task);
	kin__loop_post(loop, &one.task); /* queued already: once */
	ck_assert(kin__loop_unpost(loop, &two.task));
	ck_assert(!kin__loop_unpost(loop, &two.task));
	let_go = 1;
	wait_for(1);
	nap_us(20000);
	ck_assert_int_eq(ran, 1);
	ck_assert(!kin__loop_unpost(loop, &one.task));
}
END_TEST

static struct kin__loop_timer timers[5];
static int fired[5];

static void fire(struct kin__loop_timer *timer)
{
	fired[ran] = (int)(timer - timers);
	ran++; /* last: who sees it sees what stands before it */
}

static void set_timers(struct kin__loop_task *task)
{
	uint64_t now = kin__loop_now_us(loop);

	(void)task;
	kin__loop_timer_set(loop, &timers[0], now + 60000);
	kin__loop_timer_set(loop, &timers[1], now + 20000);
	kin__loop_timer_set(loop, &timers[2], now + 40000);
	kin__loop_timer_set(loop, &timers[3], now + 1000);
	kin__loop_timer_set(loop, &timers[4], now + 600000000);
	kin__loop_timer_clear(loop, &timers[3]);
	kin__loop_timer_clear(loop, &timers[3]);
	kin__loop_timer_set(loop, &timers[1], now + 80000); /* moved */
}

START_TEST(loop_timers)
{
	struct kin__loop_task task;
	uint64_t before = kin__clock_us();

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(kin__loop_timer_init(loop, &timers[i], fire), KIN_OK);
	kin__loop_task_init(&task, set_timers);
	kin__loop_post(loop, &task);
	wait_for(3);
	ck_assert_uint_ge(kin__clock_us() - before, 80000);
	ck_assert(fired[0] == 0 + 2 && fired[1] == 0 && fired[2] == 1);
	ck_assert_int_eq(ran, 3);
	kin__loop_close(loop); /* with one still set */
	loop_setup();
}
END_TEST

START_TEST(loop_timer_room)
{
	enum { N = 300 };
	static struct kin__loop_timer many[N];

	kin__mem_fail_at(1);
	ck_assert_int_eq(kin__loop_timer_init(loop, &many[0], fire), KIN_NOMEM);
	kin__mem_fail_at(0);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(kin__loop_timer_init(loop, &many[i], fire), KIN_OK);
	kin__mem_fail_at(1); /* from here on nothing asks for memory */
	for (int i = 0; i < N; i++)
		kin__loop_timer_set(loop, &many[i], UINT64_MAX - (uint64_t)i);
	ck_assert_uint_eq(kin__mem_count(), 0);
	kin__mem_fail_at(0);
	for (int i = 0; i < N; i++)
		kin__loop_timer_fini(loop, &many[i]);
}
END_TEST

static struct numbered last_words;
static void post_another(struct kin__loop_task *task)
{
	(void)task;
	ran++;
	kin__loop_post(loop, &last_words.task);
}

START_TEST(loop_close_drains)
{
	struct kin__loop_task holder, task;
	pthread_t closer;

	kin__loop_task_init(&last_words.task, count_it);
	kin__loop_task_init(&task, post_another);
	hold_loop(&holder);
	kin__loop_post(loop, &task);
	pthread_create(&closer, NULL, (void *(*)(void *))(void (*)(void))kin__loop_close, loop);
	nap_us(10000);
	let_go = 1;
	pthread_join(closer, NULL);
	ck_assert_int_eq(ran, 2);
	loop_setup();
}
END_TEST

#include "io_loan.h"
#include "io_quit.h"
#include "io_pool.h"

/* --- files --------------------------------------------------------------------------- */

static char folder[64], path[128];

static const char *in_folder(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void file_setup(void)
{
	strcpy(folder, "check_io.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void file_teardown(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void check_content(const char *name, const char *want)
{
	struct kin__bytes bytes;

	kin__bytes_init(&bytes);
	ck_assert_int_eq(kin__file_read(in_folder(name), 1000000, &bytes, NULL), KIN_OK);
	ck_assert(kin__span_is(kin__bytes_view(&bytes), want));
	kin__bytes_fini(&bytes);
}

START_TEST(file_read_replace)
{
	struct kin__bytes bytes;
	struct kin_error error;
	struct stat status;

	kin__bytes_init(&bytes);
	ck_assert_int_eq(kin__file_read(in_folder("none"), 10, &bytes, &error), KIN_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(error.message, "/none: No such file"));
	ck_assert_int_eq(kin__file_replace(in_folder("a"), T("one"), &error), KIN_OK);
	check_content("a", "one");
	ck_assert_int_eq(kin__file_replace(in_folder("a"), T(""), &error), KIN_OK);
	check_content("a", "");
	ck_assert_int_eq(kin__file_replace(in_folder("a"), T("twelve bytes"), &error), KIN_OK);
	ck_assert_int_eq(stat(in_folder("a"), &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0600);
	ck_assert_int_ne(stat(in_folder("a.tmp"), &status), 0);
	ck_assert_int_eq(kin__file_read(in_folder("a"), 12, &bytes, &error), KIN_OK);
	ck_assert_int_eq(kin__file_read(in_folder("a"), 11, &bytes, &error), KIN_IO);
	ck_assert_ptr_nonnull(strstr(error.message, "larger than 11 bytes"));
	ck_assert_int_eq(kin__file_read(folder, 10, &bytes, &error), KIN_IO);
	ck_assert_ptr_nonnull(strstr(error.message, "not a regular file"));
	ck_assert_int_eq(kin__file_replace(in_folder("no/a"), T("x"), &error), KIN_IO);
	ck_assert_ptr_nonnull(strstr(error.message, "/no/a.tmp: No such file"));
	ck_assert_int_eq(kin__file_remove(in_folder("a"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_remove(in_folder("a"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_read(in_folder("a"), 10, &bytes, &error), KIN_NOT_FOUND);
	kin__bytes_fini(&bytes);
}
END_TEST

START_TEST(file_append)
{
	struct kin__file_append file;
	struct kin_error error;

	kin__file_append_init(&file);
	ck_assert_int_eq(kin__file_append(&file, T("x"), &error), KIN_IO);
	ck_assert_int_eq(kin__file_append_open(&file, in_folder("log"), KIN__FILE_MAKE, &error), KIN_OK);
	ck_assert_int_eq(kin__file_append(&file, T("one\n"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_append(&file, T("two\n"), &error), KIN_OK);
	ck_assert_uint_eq(file.size, 8);
	kin__file_append_close(&file);
	ck_assert_int_eq(kin__file_append_open(&file, in_folder("log"), KIN__FILE_MAKE, &error), KIN_OK);
	ck_assert_uint_eq(file.size, 8);
	ck_assert_int_eq(kin__file_append(&file, T("three\n"), &error), KIN_OK);
	kin__file_append_close(&file);
	kin__file_append_close(&file);
	check_content("log", "one\ntwo\nthree\n");
	ck_assert_int_eq(kin__file_append_open(&file, "/dev/null", KIN__FILE_MAKE, &error), KIN_IO);
	ck_assert_int_eq(kin__file_append_open(&file, in_folder("no/log"), KIN__FILE_MAKE, &error), KIN_IO);
}
END_TEST

START_TEST(file_append_full)
{
	struct kin__file_append file;
	struct kin_error error;
	struct rlimit all;
	void (*was)(int);
	int code;

	was = signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	kin__file_append_init(&file);
	ck_assert_int_eq(kin__file_append_open(&file, in_folder("full"), KIN__FILE_MAKE, &error), KIN_OK);
	ck_assert_int_eq(kin__file_append(&file, T("whole\n"), &error), KIN_OK);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 8, all.rlim_max });
	code = kin__file_append(&file, T("half and more\n"), &error);
	setrlimit(RLIMIT_FSIZE, &all); /* libcheck writes, too */
	signal(SIGXFSZ, was);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_ptr_nonnull(strstr(error.message, "/full: File too large"));
	kin__file_append_close(&file);
	check_content("full", "whole\n"); /* no half line stays */
}
END_TEST

START_TEST(file_folders)
{
	struct kin_error error;

	ck_assert_int_eq(kin__file_make_folders(in_folder("a/b//c"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_make_folders(in_folder("a/b/c/"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_replace(in_folder("a/b/c/file"), T("x"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_make_folders(in_folder("a/b/c/file/d"), &error), KIN_IO);
	ck_assert_ptr_nonnull(strstr(error.message, "a/b/c/file"));
	ck_assert_int_eq(kin__file_make_folders("/", &error), KIN_OK);
}
END_TEST

START_TEST(file_locks)
{
	struct kin__file_lock one, two;
	struct kin_error error;
	char pid[40];
	int pipes[2], status;
	char byte;
	pid_t child;

	kin__file_lock_init(&one);
	kin__file_lock_init(&two);
	ck_assert_int_eq(kin__file_lock(&one, in_folder("lock"), &error), KIN_OK);
	ck_assert_int_eq(kin__file_lock(&two, in_folder("lock"), &error), KIN_IN_USE);
	snprintf(pid, sizeof pid, "in use by process %ld", (long)getpid());
	ck_assert_msg(strstr(error.message, pid), "%s", error.message);
	kin__file_unlock(&one);
	kin__file_unlock(&one);
	ck_assert_int_eq(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		if (kin__file_lock(&two, in_folder("lock"), NULL) != KIN_OK || write(pipes[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
	ck_assert_int_eq(kin__file_lock(&one, in_folder("lock"), &error), KIN_IN_USE);
	snprintf(pid, sizeof pid, "in use by process %ld", (long)child);
	ck_assert_msg(strstr(error.message, pid), "%s", error.message);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	ck_assert_int_eq(kin__file_lock(&one, in_folder("lock"), &error), KIN_OK);
	kin__file_unlock(&one);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

/* --- environment --------------------------------------------------------------------- */

START_TEST(env_values)
{
	struct kin__bytes bytes;
	struct kin__env env;

	for (size_t i = 0; i < kin__chain_variables_n; i++)
		unsetenv(kin__chain_variables[i].name);
	unsetenv("AWS_CONFIG_FILE");
	setenv("HOME", "/home/someone", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/keys", 1);
	setenv("AWS_REGION", "eu-west-1", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "", 1);
	kin__env_init(&env);
	ck_assert_int_eq(kin__env_read(&env, NULL), KIN_OK);
	setenv("AWS_REGION", "xx", 1); /* ours is a copy */
	ck_assert(kin__span_is(env.values.region, "eu-west-1"));
	ck_assert(kin__span_is(env.values.access_key_id, "AKID"));
	ck_assert_uint_eq(env.values.secret_access_key.n, 0);
	ck_assert_uint_eq(env.values.profile.n, 0);
	ck_assert_str_eq(env.config_path, "/home/someone/.aws/config");
	ck_assert_str_eq(env.credentials_path, "/home/someone/keys");
	ck_assert(!env.config_named && env.credentials_named);
	kin__env_fini(&env);
	kin__bytes_init(&bytes);
	unsetenv("HOME");
	if (getpwuid(getuid())) {
		ck_assert(kin__env_home(&bytes)); /* from the password file */
		ck_assert_int_eq(bytes.at[0], '/');
	} else {
		ck_assert(!kin__env_home(&bytes)); /* a number that stands in none, as in some containers */
	}
	ck_assert(!kin__env_get("AWS_SECRET_ACCESS_KEY", &bytes));
	kin__bytes_fini(&bytes);
}
END_TEST

START_TEST(env_no_memory)
{
	struct kin__env env;
	int code = KIN_NOMEM;

	for (uint64_t i = 1; code != KIN_OK; i++) {
		kin__env_init(&env);
		kin__mem_fail_at(i);
		code = kin__env_read(&env, NULL);
		kin__mem_fail_at(0);
		ck_assert(code == KIN_OK || code == KIN_NOMEM);
		kin__env_fini(&env);
		ck_assert_uint_lt(i, 100);
	}
}
END_TEST

static Suite *io_suite(void)
{
	Suite *suite = suite_create("io");
	TCase *small = tcase_create("error, clock, fork, environment"), *loops = tcase_create("loop");
	TCase *pools = tcase_create("pool"), *files = tcase_create("file");

	tcase_add_test(small, error_texts);
	tcase_add_test(small, clocks);
	tcase_add_test(small, fork_generation);
#ifndef WATCHED_BY_TSAN
	tcase_add_test(small, fork_in_a_child);
#endif
	tcase_add_test(small, env_values);
	tcase_add_test(small, env_no_memory);
	tcase_add_checked_fixture(loops, loop_setup, loop_teardown);
	tcase_set_timeout(small, 30); /* fork_in_a_child says what it waited for */
	tcase_set_timeout(loops, 30);
	tcase_add_test(loops, loop_tasks);
	tcase_add_test(loops, loop_threads);
	tcase_add_test(loops, loop_unpost);
	tcase_add_test(loops, loop_timers);
	tcase_add_test(loops, loop_timer_room);
	tcase_add_test(loops, loop_close_drains);
	add_loans(loops);
	add_pool(pools);
	tcase_add_checked_fixture(files, file_setup, file_teardown);
	tcase_add_test(files, file_read_replace);
	tcase_add_test(files, file_append);
	tcase_add_test(files, file_folders);
	tcase_add_test(files, file_locks);
	tcase_add_test(files, file_append_full);
	suite_add_tcase(suite, small);
	suite_add_tcase(suite, loops);
	suite_add_tcase(suite, pools);
	suite_add_tcase(suite, files);
	http_cases_add(suite);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(io_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
