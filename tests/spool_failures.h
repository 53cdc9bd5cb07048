/* What fails for a while, or for good, while the spooler's thread works; for check_spool. */
/* Until it was logged. */
static void await_word(const char *word)
{
	pthread_mutex_lock(&lock);
	while (!strstr(said, word))
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* Descriptors that are missing for a while say nothing about the records.  (Nor can libcheck then: nothing is asserted
 * meanwhile.) */
START_TEST(what_cannot_be_opened_now_is_read_later)
{
	struct kin__spooler_stats stats;
	struct rlimit limit, none;
	int code;

	open_it();
	put_all(1, 5, 100, true);
	close_it();
	ck_assert_int_eq(try_open(), KIN_OK);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	code = kin__spooler_start(spooler, &e);
	if (code == KIN_OK)
		await_word("cannot open");
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(code, KIN_OK);
	ck_assert_msg(strstr(said, FIRST) && strstr(said, "it is tried again"), "%s", said);
	await(5);
	expect(0, 1, 5, true);
	kin__spooler_stats(spooler, &stats);
	ck_assert_uint_eq(stats.damaged, 0);
	ck_assert_uint_eq(files(".damaged"), 0);
}
END_TEST

/* What is gone, or shorter than it was, does not come back. */
START_TEST(what_is_gone_is_given_up)
{
	struct kin__spooler_stats stats;
	char path[160];

	open_it();
	put_all(1, 5, 100, true);
	close_it();
	ck_assert_int_eq(try_open(), KIN_OK);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	ck_assert_int_eq(_i ? truncate(path, 56) : unlink(path), 0);
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 0);
	ck_assert_uint_eq(stats.damaged, 1);
	ck_assert_msg(strstr(said, "bytes from byte 56 on are left out"), "%s", said);
	put_all(6, 6, 100, true);
}
END_TEST

/* Two files, the first of which is not what it was; on a disk that fails so are the records behind a bad block. */
static void two_files(void)
{
	room = 0;
	open_it();
	put_all(1, 5, 100, false);
	close_it();
	open_it();
	put_all(6, 7, 100, false);
	close_it();
	room = RECORDS;
	ck_assert_int_eq(try_open(), KIN_OK);
}

/* Nobody waits for ever for what never can be read; those behind it are read, and the file is kept. */
START_TEST(what_can_never_be_read_is_set_aside)
{
	struct kin__spooler_stats stats;
	char path[160], away[160];

	options.tries_max = 2;
	two_files();
	struct kin__spooler_mark mark = kin__spooler_mark(spooler);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	snprintf(away, sizeof away, "%s/away", folder);
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_eq(_i ? mkdir(path, 0700) : symlink("away", path), 0);
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	await_word("it is tried again");
	await(2);
	expect(0, 6, 7, true);
	while (!kin__spooler_passed(spooler, mark))
		sched_yield();
	ck_assert_msg(strstr(said, FIRST) && strstr(said, "after 2 tries") &&
	                              strstr(said, "kept as .damaged"),
	              "%s", said);
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 1);
	ck_assert_uint_eq(stats.damaged, 1);
	ck_assert_uint_eq(files(".damaged"), 1);
	ck_assert_uint_eq(taken_n, 2);
}
END_TEST

/* For want of descriptors it is tried for as long as it takes. */
START_TEST(want_of_descriptors_is_no_damage)
{
	struct kin__spooler_stats stats;
	struct rlimit limit, none;
	int code;

	options.tries_max = 1;
	two_files();
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	code = kin__spooler_start(spooler, &e);
	if (code == KIN_OK)
		await_word("cannot open");
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(code, KIN_OK);
	ck_assert_msg(strstr(said, "it is tried again") != NULL, "%s", said);
	await(7);
	expect(0, 1, 7, true);
	kin__spooler_stats(spooler, &stats);
	ck_assert_uint_eq(stats.damaged, 0);
}
END_TEST

/* The file has its new name already when the next step fails. */
START_TEST(setting_aside_is_tried_again)
{
	struct kin__spooler_stats stats;
	char path[160];

	open_it();
	put_all(1, 5, 100, true);
	close_it();
	change_byte(FIRST, 56 + 2 * 152 + 60);
	ck_assert_int_eq(try_open(), KIN_OK);
	snprintf(path, sizeof path, "%s/0000000000000001.done", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0); /* no journal can be there, and it is not removed as one */
	ck_assert_int_eq(kin__spooler_start(spooler, &e), KIN_OK);
	await(4);
	for (unsigned i = 0; i < 4; i++)
		kin__spooler_final(spooler, &taken[i].place);
	await_word("cannot remove");
	ck_assert_int_eq(rmdir(path), 0);
	do
		kin__spooler_stats(spooler, &stats);
	while (stats.segments > 0);
	ck_assert_uint_eq(files(".damaged"), 1);
}
END_TEST

/* Else nothing would leave a disk that is full. */
START_TEST(without_marks_it_is_read)
{
	char path[160];

	open_it();
	put_all(1, 5, 100, true);
	snprintf(path, sizeof path, "%s/0000000000000001.done", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	final(1, 1);
	await_word("cannot write");
	put_all(6, 10, 100, false);
	await(5);
	expect(0, 6, 10, false);
	ck_assert_int_eq(rmdir(path), 0);
	close_it(); /* the last chance of a mark */
	ck_assert_uint_eq(files(".done"), 1);
	taken_n = 0;
	open_it();
	await(9);
	expect(0, 2, 10, true);
}
END_TEST

/* Files with names of ours that cannot be: nothing is done until somebody looks. */
START_TEST(a_name_that_cannot_be)
{
	static const char *const names[] = { "8000000000000000.spool", "ffffffffffffffff.spool",
		                             "ffffffffffffffff.done", "fffffffffffffffe.damaged" };
	char path[160];
	bool direct = true;

	snprintf(path, sizeof path, "%s/%s", folder, names[_i]);
	ck_assert_int_eq(close(creat(path, 0600)), 0);
	ck_assert_int_eq(try_open(), KIN_IO);
	ck_assert_msg(strstr(e.message, names[_i]) && strstr(e.message, "move it away"), "%s", e.message);
	ck_assert_int_eq(access(path, F_OK), 0);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(try_open(), KIN_IO);
	unlink(path);
	snprintf(path, sizeof path, "%s/7fffffffffffffff.damaged", folder);
	ck_assert_int_eq(close(creat(path, 0600)), 0);
	open_it();
	ck_assert_int_eq(put(1, 100, &direct), KIN_IO); /* as the next process could not use it */
	ck_assert_uint_eq(files(".spool"), 0);
}
END_TEST

/* A journal of that size is none: it is not taken into memory. */
START_TEST(a_journal_larger_than_any)
{
	char path[160];
	int fd;

	open_it();
	put_all(1, 5, 100, true);
	close_it();
	snprintf(path, sizeof path, "%s/0000000000000001.done", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (16 << 20) + 1), 0);
	close(fd);
	ck_assert_int_eq(try_open(), KIN_IO);
	ck_assert_msg(strstr(e.message, path) && strstr(e.message, "is larger than"), "%s", e.message);
	unlink(path);
	open_it();
	await(5);
	expect(0, 1, 5, true);
}
END_TEST

/* Nobody waits for the other end of a pipe, and no link is followed. */
START_TEST(what_took_the_place_of_a_file)
{
	char path[160];

	open_it();
	put_all(1, 5, 100, true);
	snprintf(path, sizeof path, "%s/0000000000000001.done", folder);
	ck_assert_int_eq(_i ? mkfifo(path, 0600) : symlink("elsewhere", path), 0);
	final(1, 1);
	await_word("cannot write");
	close_it();
	ck_assert_uint_eq(files("elsewhere"), 0);
	unlink(path);
}
END_TEST

static void add_failures(TCase *tcase)
{
	tcase_add_test(tcase, what_cannot_be_opened_now_is_read_later);
	tcase_add_loop_test(tcase, what_is_gone_is_given_up, 0, 2);
	tcase_add_loop_test(tcase, what_can_never_be_read_is_set_aside, 0, 2);
	tcase_add_test(tcase, want_of_descriptors_is_no_damage);
	tcase_add_test(tcase, setting_aside_is_tried_again);
	tcase_add_test(tcase, without_marks_it_is_read);
	tcase_add_loop_test(tcase, a_name_that_cannot_be, 0, 4);
	tcase_add_loop_test(tcase, what_took_the_place_of_a_file, 0, 2);
	tcase_add_test(tcase, a_journal_larger_than_any);
}
