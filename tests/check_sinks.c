/* The file sink: whole lines, also after a crash and on a full disk. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

	fputs(_i ? "whole\n{\"req" : "{\"requestContext\":{\"to", file);
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
	int begun = fprintf(file, "{\"requestContext\":");
	for (int i = begun; i < lengths[_i]; i++)
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
	void (*was)(int);

	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_int_eq(send(&sink, "first"), KIN_OK);
	was = signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &small);
	int code = send(&sink, "a second, longer line"); /* no assertion here: it writes files too */
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, was);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_ptr_nonnull(strstr(e.message, path));
	ck_assert_str_eq(read_file(), "first\n");
	ck_assert_int_eq(send(&sink, "again"), KIN_OK);
	sink.close(sink.user);
	ck_assert_str_eq(read_file(), "first\nagain\n");
}
END_TEST

/* A file that is not a sink's is not cut: text, or bytes, also zeros where a torn line could have them. */
START_TEST(unfinished_line_of_others)
{
#define ROW(text)                                                                                            \
	{                                                                                                    \
		text, sizeof text - 1                                                                        \
	}
	static const struct {
		const char *text;
		size_t n;
	} rows[] = { ROW("a line\nand no end"),
		     ROW("no newline at all"),
		     ROW("{\"other\":1"),
		     ROW("a line\n\0\0\0\0"),
		     ROW("\x01\0\0\0\0"),
		     ROW("{\"requestContext\":\0\0\x01"),
		     ROW("\x7f"
		         "ELF\0\0\0\0") };
#undef ROW
	struct kin_sink sink;
	FILE *file = fopen(path, "w");

	ck_assert_uint_eq(fwrite(rows[_i].text, 1, rows[_i].n, file), rows[_i].n);
	fclose(file);
	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_IO);
	ck_assert_msg(strstr(e.message, path) && strstr(e.message, "no line of a failure"), "%s", e.message);
	read_file();
	ck_assert_int_eq(memcmp(content, rows[_i].text, rows[_i].n + 1), 0);
}
END_TEST

/* The beginning of a line, with zeros where a lost power left them: cut.  A whole line of others: left. */
START_TEST(unfinished_line_of_ours)
{
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ROW(text)                                                                                            \
	{                                                                                                    \
		text, sizeof text - 1                                                                        \
	}
	static const struct {
		const char *text;
		size_t n;
	} rows[] = { ROW("{"), ROW(ZEROS "text"), ROW("{\"requestContext\":{}}\n" ZEROS "text \0\n"),
		     ROW("a line\n{\"req\0\0\n"), ROW("a\tline\r\n") };
	static const char *const left[] = { "", "", "{\"requestContext\":{}}\n", "a line\n", "a\tline\r\n" };
#undef ROW
#undef ZEROS
	struct kin_sink sink;
	FILE *file = fopen(path, "w");

	ck_assert_uint_eq(fwrite(rows[_i].text, 1, rows[_i].n, file), rows[_i].n);
	fclose(file);
	ck_assert_msg(kin__sink_open(&sink, uri, &e) == KIN_OK, "%s", e.message);
	sink.close(sink.user);
	ck_assert_str_eq(read_file(), left[_i]);
}
END_TEST

/* Bytes 0 are what a lost power leaves of a line of ours; in a whole line of others they are none of our business. */
START_TEST(zeros_in_a_line_of_others)
{
	static const char before[] = "whole\nothers' \0\0 line\n";
	const char *now;
	struct kin_sink sink;
	FILE *file = fopen(path, "w");

	fwrite(before, 1, sizeof before - 1, file);
	if (_i)
		fputs("{\"req", file); /* cut at open; what is then the last line is not */
	fclose(file);
	ck_assert_int_eq(kin__sink_open(&sink, uri, &e), KIN_OK);
	ck_assert_int_eq(send(&sink, "{}"), KIN_OK);
	sink.close(sink.user);
	now = read_file();
	ck_assert_mem_eq(now, before, sizeof before - 1);
	ck_assert_str_eq(now + sizeof before - 1, "{}\n");
}
END_TEST

START_TEST(link_is_refused)
{
	char link[72];
	struct kin_sink sink;

	snprintf(link, sizeof link, "%s.link", path);
	ck_assert_int_eq(symlink(path, link), 0);
	snprintf(uri, sizeof uri, "file:%s", link);
	int code = kin__sink_open(&sink, uri, &e);
	ck_assert_int_eq(remove(link), 0);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_msg(strstr(e.message, "symbolic link") != NULL, "%s", e.message);
}
END_TEST

/* Two processes with one file: a line is longer than one write may take, and none is cut or mixed. */
START_TEST(two_processes)
{
	enum { SENDERS = 3, EACH = 60, LONG = 300000 };
	static char line[LONG + 2];
	pid_t children[SENDERS];
	struct kin_sink sink;
	int status, seen = 0;

	for (int i = 0; i < SENDERS; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		int n = snprintf(line, sizeof line, "{\"requestContext\":\"");
		memset(line + n, 'a' + i, LONG - (size_t)n);
		int code = kin__sink_open(&sink, uri, &e);
		for (int k = 0; code == KIN_OK && k < EACH; k++)
			code = send(&sink, line);
		_exit(code == KIN_OK ? 0 : 1);
	}
	for (int i = 0; i < SENDERS; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	FILE *file = fopen(path, "r");
	while (fgets(line, sizeof line, file)) {
		ck_assert_uint_eq(strlen(line), LONG + 1);
		ck_assert_uint_eq(strspn(line + 30, (char[]){ line[30], 0 }), LONG - 30);
		seen++;
	}
	fclose(file);
	ck_assert_int_eq(seen, SENDERS * EACH);
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
	tcase_add_loop_test(tcase, unfinished_line_of_others, 0, 7);
	tcase_add_loop_test(tcase, unfinished_line_of_ours, 0, 5);
	tcase_add_loop_test(tcase, zeros_in_a_line_of_others, 0, 2);
	tcase_add_test(tcase, link_is_refused);
	tcase_add_test(tcase, two_processes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
