/* The file sink: whole lines, also after a crash and on a full disk. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sinks/sink.h"

static char path[64], uri[80], content[65536];
static struct kin_error e;

static void setup(void)
{
	snprintf(path, sizeof path, "/tmp/kin-sink-XXXXXX");
	close(mkstemp(path));
	snprintf(uri, sizeof uri, "file:%s", path);
}

static void teardown(void)
{
	remove(path);
}

static const char *read_file(void)
{
	FILE *file = fopen(path, "r");
	content[fread(content, 1, sizeof content - 1, file)] = 0;
	fclose(file);
	return content;
}

static int send(struct kin_sink *sink, const char *json)
{
	struct kin_failure failure = { .condition = "RetryAttemptsExhausted",
		                       .json_payload = json,
		                       .json_payload_size = strlen(json) };
	return sink->send(sink->user, &failure, &e);
}

START_TEST(appends_lines)
{
	struct kin_sink sink;

	for (int i = 0; i < 2; i++) {
		ck_assert_msg(kin__sink_open(&sink, uri, &e) == KIN_OK, "%s", e.message);
		ck_assert_int_eq(send(&sink, "{\"a\":1}"), KIN_OK);
		sink.close(sink.user);
	}
	ck_assert_str_eq(read_file(), "{\"a\":1}\n{\"a\":1}\n");
}
END_TEST

START_TEST(cuts_a_torn_line)
{
	struct kin_sink sink;
	FILE *file = fopen(path, "w");

	fputs(_i ? "whole\n{\"to" : "{\"to", file);
	fclose(file);
	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_int_eq(send(&sink, "{}"), KIN_OK);
	sink.close(sink.user);
	ck_assert_str_eq(read_file(), _i ? "whole\n{}\n" : "{}\n");
}
END_TEST

/* A file moved or removed while in use, as by a rotation of logs: the next line begins a new one. */
START_TEST(file_is_gone)
{
	struct kin_sink sink;

	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_int_eq(send(&sink, "1"), KIN_OK);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(send(&sink, "2"), KIN_OK);
	ck_assert_str_eq(read_file(), "2\n");
	sink.close(sink.user);
}
END_TEST

/* The torn line may be longer than any block it is looked for in. */
START_TEST(cuts_a_long_torn_line)
{
	static const int lengths[] = { 4094, 4095, 4096, 4097, 12288, 20000 };
	struct kin_sink sink;
	FILE *file = fopen(path, "w");

	fputs("whole\n", file);
	for (int i = 0; i < lengths[_i]; i++)
		fputc('x', file);
	fclose(file);
	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_str_eq(read_file(), "whole\n");
	sink.close(sink.user);
}
END_TEST

START_TEST(no_room)
{
	struct rlimit before, small;
	struct kin_sink sink;

	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_int_eq(send(&sink, "first"), KIN_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &small);
	int code = send(&sink, "a second, longer line"); /* no assertion here: it writes files too */
	setrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_ptr_nonnull(strstr(e.message, path));
	ck_assert_str_eq(read_file(), "first\n");
	ck_assert_int_eq(send(&sink, "again"), KIN_OK);
	sink.close(sink.user);
	ck_assert_str_eq(read_file(), "first\nagain\n");
}
END_TEST

START_TEST(refuses)
{
	static const char *const rows[][2] = { { "mail:x", "file:PATH" },
		                               { "file:", "path" },
		                               { "file:/no/such/folder/f", "/no/such" },
		                               { "file:/tmp", "/tmp" } };
	struct kin_sink sink;

	ck_assert_int_ne(kin__sink_open(&sink, rows[_i][0], &e), KIN_OK);
	ck_assert_msg(strstr(e.message, rows[_i][1]) != NULL, "%s", e.message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sinks");
	TCase *tcase = tcase_create("sinks");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, appends_lines);
	tcase_add_loop_test(tcase, cuts_a_torn_line, 0, 2);
	tcase_add_test(tcase, file_is_gone);
	tcase_add_loop_test(tcase, cuts_a_long_torn_line, 0, 6);
	tcase_add_test(tcase, no_room);
	tcase_add_loop_test(tcase, refuses, 0, 4);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
