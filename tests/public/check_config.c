/* Options as text, and that kinstream.conf(5) tells each row of the tables and no other. */
#include <check.h>
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char page[262144];

static void read_page(void)
{
	char path[4096] = __FILE__;
	char *end = strstr(path, "tests/public/check_config.c");

	ck_assert_ptr_nonnull(end);
	strcpy(end, "man/kinstream.conf.5");
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "cannot open %s", path);
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
}

START_TEST(page_and_tables)
{
	const struct kin_option *option;
	size_t rows = 0, items = 0;
	char item[128], range[128];

	read_page();
	for (; (option = kin_option_at(rows)); rows++) {
		snprintf(item, sizeof item, ".It Va %s\n", option->name);
		char *at = strstr(page, item);
		ck_assert_msg(at != NULL, "kinstream.conf(5) does not tell %s", option->name);
		char *end = strstr(at + 1, ".It Va");
		snprintf(range, sizeof range, "default %s%s", strcmp(option->fallback, "-1") ? "" : "\\",
		         option->fallback[0] ? option->fallback : "none");
		char *told = strstr(at, range);
		ck_assert_msg(told && (!end || told < end), "kinstream.conf(5) tells %s without '%s'",
		              option->name, range);
		bool live = (told = strstr(at, "; live.\n")) && (!end || told < end);
		ck_assert_msg(live == option->live, "kinstream.conf(5) tells that %s is%s live", option->name,
		              live ? "" : " not");
		ck_assert_int_gt((int)strlen(option->meaning), 10);
	}
	for (char *at = page; (at = strstr(at, ".It Va ")); at++)
		items++;
	ck_assert_uint_eq(items, rows);
}
END_TEST

START_TEST(files_and_values)
{
	struct kin_consumer_options o;
	struct kin_config *config;
	struct kin_error e;
	char path[] = "/tmp/kin-check-conf-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	fputs("# a comment\n\n batch_size = 7 \nMaximumBatchingWindowInSeconds = 2\nbatch_size = 9\n", file);
	fclose(file);
	ck_assert_int_eq(kin_config_new(&config, &e), KIN_OK);
	ck_assert_msg(kin_config_read(config, path, &e) == KIN_OK, "%s", e.message);
	kin_consumer_options_init(&o);
	ck_assert_msg(kin_consumer_options_apply(&o, config, &e) == KIN_OK, "%s", e.message);
	ck_assert_uint_eq(o.batch_size, 9);
	ck_assert_uint_eq(o.maximum_batching_window_ms, 2000);
	ck_assert_str_eq(kin_config_get(config, "batch_size"), "9");
	ck_assert_ptr_null(kin_config_get(config, "linger_ms"));
	file = fopen(path, "w");
	fputs("batch_size = 5\nbatch_sise = 5\n", file);
	fclose(file);
	ck_assert_int_eq(kin_config_read(config, path, &e), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(e.message, path));
	ck_assert_ptr_nonnull(strstr(e.message, "2"));
	ck_assert_ptr_nonnull(strstr(e.message, "batch_size"));
	kin_config_free(config);
	remove(path);
}
END_TEST

START_TEST(wrong_values)
{
	static const char *const rows[][3] = { { "batch_size", "0", "10000" },
		                               { "batch_size", "x", "batch_size" },
		                               { "maximum_record_age_ms", "5", "60000" },
		                               { "on_gap", "maybe", "stop" },
		                               { "tls_verify", "perhaps", "tls_verify" },
		                               { "linger", "1", "linger_ms" } };
	struct kin_config *config;
	struct kin_error e;

	ck_assert_int_eq(kin_config_new(&config, &e), KIN_OK);
	ck_assert_int_eq(kin_config_set(config, rows[_i][0], rows[_i][1], &e), KIN_INVALID);
	ck_assert_msg(strstr(e.message, rows[_i][2]) != NULL, "%s", e.message);
	kin_config_free(config);
}
END_TEST

START_TEST(growth)
{
	struct kin_producer_options o;
	struct {
		struct kin_producer_options o;
		uint64_t later;
	} newer;
	struct kin_producer *p;
	struct kin_error e;

	memset(&o, 0, sizeof o);
	o.stream = "s";
	ck_assert_int_eq(kin_producer_open(&p, NULL, &o, &e), KIN_INVALID);
	ck_assert_ptr_nonnull(strstr(e.message, "kin_producer_options_init"));
	kin_producer_options_init_sized(&newer.o, sizeof newer);
	ck_assert_uint_eq(newer.o.linger_ms, 100);
	ck_assert_uint_eq(newer.later, 0);
	newer.o.stream = "s";
	newer.later = 1;
	ck_assert_int_eq(kin_producer_open(&p, NULL, &newer.o, &e), KIN_TOO_NEW);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");
	tcase_add_test(tcase, page_and_tables);
	tcase_add_test(tcase, files_and_values);
	tcase_add_loop_test(tcase, wrong_values, 0, 6);
	tcase_add_test(tcase, growth);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
