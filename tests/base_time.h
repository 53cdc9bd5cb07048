/* Part of check_base: times in text. */

static const struct {
	int64_t ms;
	const char *iso, *amz, *http, *epoch;
} points[] = {
	{ 0, "1970-01-01T00:00:00.000Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT", "0.000" },
	{ -1, "1969-12-31T23:59:59.999Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT", "-0.001" },
	{ 951782400000, "2000-02-29T00:00:00.000Z", "20000229T000000Z", "Tue, 29 Feb 2000 00:00:00 GMT",
	  "951782400.000" },
	{ 1768480496789, "2026-01-15T12:34:56.789Z", "20260115T123456Z", "Thu, 15 Jan 2026 12:34:56 GMT",
	  "1768480496.789" },
	{ 784111777000, "1994-11-06T08:49:37.000Z", "19941106T084937Z", "Sun, 06 Nov 1994 08:49:37 GMT",
	  "784111777.000" },
	{ 253402300799999, "9999-12-31T23:59:59.999Z", "99991231T235959Z", "Fri, 31 Dec 9999 23:59:59 GMT",
	  "253402300799.999" },
	{ -62167219200000, "0000-01-01T00:00:00.000Z", "00000101T000000Z", "Sat, 01 Jan 0000 00:00:00 GMT",
	  "-62167219200.000" },
};

START_TEST(time_texts)
{
	char text[KIN__TIME_TEXT];
	int64_t ms = points[_i].ms, second = ms - (ms % 1000 + 1000) % 1000, back = 7;

	kin__time_iso(ms, text);
	ck_assert_str_eq(text, points[_i].iso);
	ck_assert(kin__time_from_iso(kin__span_text(text), &back) && back == ms);
	kin__time_amz(ms, text);
	ck_assert_str_eq(text, points[_i].amz);
	ck_assert(kin__time_from_amz(kin__span_text(text), &back) && back == second);
	kin__time_http(ms, text);
	ck_assert_str_eq(text, points[_i].http);
	ck_assert(kin__time_from_http(kin__span_text(text), &back) && back == second);
	kin__time_epoch(ms, text);
	ck_assert_str_eq(text, points[_i].epoch);
	ck_assert(kin__time_from_epoch(kin__span_text(text), &back) && back == ms);
}
END_TEST

/* Every day of 1600-2400, counted by hand: the calendar's whole cycle twice. */
START_TEST(time_calendar)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	static const char names[] = "SatSunMonTueWedThuFri"; /* 1600-01-01 was a Saturday */
	int64_t day = -135140, n = 0, back = 0;
	char text[KIN__TIME_TEXT], expect[64];

	for (int year = 1600; year <= 2400; year++)
		for (int month = 1; month <= 12; month++) {
			bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);

			for (int d = 1; d <= lengths[month - 1] + (month == 2 && leap); d++, day++, n++) {
				snprintf(expect, sizeof expect, "%04d-%02d-%02dT00:00:00.000Z", year, month,
				         d);
				kin__time_iso(day * 86400000, text);
				if (strcmp(text, expect) != 0 ||
				    !kin__time_from_iso(kin__span(text, 10), &back) || back != day * 86400000)
					ck_abort_msg("%s, not %s", text, expect);
				kin__time_http(day * 86400000, text);
				if (memcmp(text, names + n % 7 * 3, 3) != 0)
					ck_abort_msg("%s is a %.3s", expect, names + n % 7 * 3);
			}
		}
}
END_TEST

START_TEST(time_random)
{
	struct kin__rng rng = { 4711 };
	char text[KIN__TIME_TEXT];

	for (int i = 0; i < 1000000; i++) {
		int64_t ms = (int64_t)kin__rng_below(&rng, UINT64_C(315569520000000)) -
		             INT64_C(62167219200000),
			back = 0;
		int64_t any = (int64_t)kin__rng_next(&rng) >> kin__rng_below(&rng, 64), any_back = 0;

		kin__time_iso(ms, text);
		if (!kin__time_from_iso(kin__span_text(text), &back) || back != ms)
			ck_abort_msg("%s", text);
		kin__time_epoch(any, text);
		if (!kin__time_from_epoch(kin__span_text(text), &any_back) || any_back != any)
			ck_abort_msg("%s", text);
	}
}
END_TEST

enum { ISO, AMZ, HTTP, EPOCH };
static bool (*const readers[])(struct kin__span, int64_t *) = { kin__time_from_iso, kin__time_from_amz,
	                                                        kin__time_from_http, kin__time_from_epoch };
static const struct {
	int reader;
	const char *text;
	bool fine;
	int64_t ms;
} readings[] = {
#include "data/times.inc"
};

START_TEST(time_readings)
{
	int64_t ms = 77;
	bool fine = readers[readings[_i].reader](kin__span_text(readings[_i].text), &ms);

	ck_assert_msg(fine == readings[_i].fine, "'%s' was %s", readings[_i].text,
	              fine ? "taken" : "refused");
	ck_assert_msg(ms == (fine ? readings[_i].ms : 77), "'%s' gave %lld", readings[_i].text,
	              (long long)ms);
}
END_TEST

/* No beginning of a good text of fixed form is one; none of the others is read a byte too far. */
START_TEST(time_truncated)
{
	static const char *const texts[] = { "2026-01-15T12:34:56.789+01:30", "20260115T123456Z",
		                             "Thu, 15 Jan 2026 12:34:56 GMT", "-1768480496.789E+3" };
	int64_t ms;
	bool fine;

	for (int reader = ISO; reader <= EPOCH; reader++)
		for (size_t n = 0, whole = strlen(texts[reader]); n <= whole; n++) {
			char *copy = malloc(n ? n
			                      : 1); /* exactly as large: the sanitizers see a byte too much */

			memcpy(copy, texts[reader], n);
			fine = readers[reader](kin__span(copy, n), &ms);
			if (n == whole || reader == AMZ || reader == HTTP)
				ck_assert_int_eq(fine, n == whole);
			free(copy);
		}
}
END_TEST
