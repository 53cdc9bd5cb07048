/* Part of check_drive: what is kept of a record's attempts. */
#include "drive/produce.h"

static struct kin__produce *producing;

static void history_setup(void)
{
	producing = kin__mem_zalloc(sizeof *producing);
	ck_assert_ptr_nonnull(producing);
	producing->set.reports = KIN__PRODUCE_CALL;
}

static void history_teardown(void)
{
	kin__mem_free(producing);
}

/* Attempt i took i us. */
static void note_many(struct kin__produce_record *record, uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++) {
		struct kin__produce_try what = { .took_us = i, .code = KIN_THROTTLED, .http_status = 400 };

		what.aws_code = kin__produce_code_number(producing, i % 2 ? "Odd" : "Even");
		record->machine.attempts++;
		kin__produce_note(producing, record, &what, i);
	}
}

static void expect_history(const struct kin__produce_record *record, const uint32_t *numbers, uint32_t n)
{
	struct kin_attempt told[KIN_ATTEMPTS_MAX];

	ck_assert_uint_eq(kin__produce_history(producing, record, told), n);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_eq(told[i].number, numbers[i]);
		ck_assert_uint_eq(told[i].duration_us, numbers[i]);
		ck_assert_str_eq(told[i].aws_code, told[i].code == KIN_OK ? ""
		                                   : numbers[i] % 2       ? "Odd"
		                                                          : "Even");
	}
}

START_TEST(the_first_and_the_last_attempts)
{
	struct kin__produce_record record = { 0 };
	struct kin__produce_request request = { 0 };

	expect_history(&record, NULL, 0);
	note_many(&record, 8);
	expect_history(&record, (uint32_t[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, 8);
	record.machine.attempts = 9;
	record.request = &request;
	request.stored.took_us = 9;
	expect_history(&record, (uint32_t[]){ 1, 3, 4, 5, 6, 7, 8, 9 }, 8);
	kin__mem_free(record.history);
	record = (struct kin__produce_record){ 0 };
	note_many(&record, 1000);
	expect_history(&record, (uint32_t[]){ 1, 994, 995, 996, 997, 998, 999, 1000 }, 8);
	kin__mem_free(record.history);
}
END_TEST

/* A record without memory for them is reported without. */
START_TEST(attempts_without_memory)
{
	struct kin__produce_record record = { 0 };

	kin__mem_fail_at(1);
	note_many(&record, 1);
	kin__mem_fail_at(0);
	expect_history(&record, NULL, 0);
	producing->set.reports = KIN__PRODUCE_COUNT; /* nobody would see them */
	note_many(&record, 1);
	ck_assert_ptr_null(record.history);
}
END_TEST

/* The table of codes is bounded, and what is in it stays. */
START_TEST(codes_of_a_strange_service)
{
	char code[sizeof((struct kin_error *)0)->aws_code];
	uint8_t number = 0;

	ck_assert_uint_eq(kin__produce_code_number(producing, ""), 0);
	for (int i = 1; i < 1000; i++) {
		snprintf(code, sizeof code, "Code%0*d", (int)sizeof code - 5, i);
		number = kin__produce_code_number(producing, code);
		ck_assert_uint_eq(number, i < KIN__PRODUCE_AWS_CODES ? i : 0);
		ck_assert_str_eq(producing->aws_codes[number], number ? code : "");
	}
}
END_TEST

static TCase *history_case(void)
{
	TCase *made = tcase_create("history");

	tcase_add_checked_fixture(made, history_setup, history_teardown);
	tcase_add_test(made, the_first_and_the_last_attempts);
	tcase_add_test(made, attempts_without_memory);
	tcase_add_test(made, codes_of_a_strange_service);
	return made;
}
