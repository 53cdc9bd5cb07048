/* When it is told that nothing is stored; part of check_producer. */
#ifndef KIN_TESTS_PRODUCER_OUTAGE_H
#define KIN_TESTS_PRODUCER_OUTAGE_H
#include "producer/outage.h"

enum { QUIET = KIN__OUTAGE_QUIET, LASTS = KIN__OUTAGE_LASTS, OVER = KIN__OUTAGE_OVER };

static void check_note(struct kin__outage *outage, uint64_t at_s, bool stored, int word, uint64_t lasts_s)
{
	int got = (int)kin__outage_note(outage, at_s * 1000000, stored);

	ck_assert_msg(got == word, "at second %" PRIu64 ": word %d instead of %d", at_s, got, word);
	if (word != QUIET)
		ck_assert_uint_eq(kin__outage_s(outage), lasts_s);
}

START_TEST(an_outage_is_told_when_it_lasts)
{
	struct kin__outage outage = { 0 };

	check_note(&outage, 0, true, QUIET, 0);
	check_note(&outage, 1000, false, QUIET, 0);
	check_note(&outage, 1009, false, QUIET, 0);
	check_note(&outage, 1010, false, LASTS, 10);
	ck_assert_uint_eq(outage.failures, 3);
	check_note(&outage, 1019, false, QUIET, 0);
	check_note(&outage, 1021, false, LASTS, 21);
	check_note(&outage, 1041, false, QUIET, 0);
	check_note(&outage, 1042, false, LASTS, 42);
	check_note(&outage, 1050, true, OVER, 50);
	check_note(&outage, 1051, true, QUIET, 0);
	check_note(&outage, 1052, false, QUIET, 0); /* another one */
	check_note(&outage, 1061, false, QUIET, 0);
	check_note(&outage, 1062, false, LASTS, 10);
}
END_TEST

/* Long ones are told every five minutes. */
START_TEST(a_long_outage_is_told_now_and_then)
{
	struct kin__outage outage = { 0 };
	unsigned told = 0;
	uint64_t last_s = 0;

	for (uint64_t s = 0; s <= 3600; s++)
		if (kin__outage_note(&outage, s * 1000000, false) == KIN__OUTAGE_LASTS) {
			ck_assert_uint_le(s - last_s, 300);
			last_s = s;
			told++;
		}
	ck_assert_uint_eq(told, 16); /* 10, 20, 40, 80, 160, 320, then 620 to 3320 */
	ck_assert_uint_eq(last_s, 3320);
}
END_TEST

/* A failure now and then, with nothing sent between them, is no outage; that all requests end by a long time-out is. */
START_TEST(a_long_silence_ends_an_outage)
{
	struct kin__outage outage = { 0 };

	check_note(&outage, 100, false, QUIET, 0);
	check_note(&outage, 720, false, LASTS, 620);
	check_note(&outage, 1420, false, QUIET, 0);
	check_note(&outage, 1430, false, LASTS, 10);
	check_note(&outage, 2130, true, QUIET, 0); /* nobody knows when it ended */
	check_note(&outage, 2131, false, QUIET, 0);
	check_note(&outage, 2132, true, QUIET, 0); /* it was never told */
}
END_TEST

static void outage_case(Suite *all)
{
	TCase *outages = tcase_create("outages");

	tcase_add_test(outages, an_outage_is_told_when_it_lasts);
	tcase_add_test(outages, a_long_outage_is_told_now_and_then);
	tcase_add_test(outages, a_long_silence_ends_an_outage);
	suite_add_tcase(all, outages);
}
#endif
