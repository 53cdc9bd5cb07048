/* base/timetext - see timetext.h */
#include "base/timetext.h"

#define DAY_SECONDS INT64_C(86400)

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second, weekday,
			ms; /* month, day from 1; weekday from Sunday = 0 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years here begin in March, so that the leap day is the last of its year; 146097 days make 400 years. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2), era = floor_div(y, 400), in_era = y - era * 400;
	int64_t in_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void set_date(struct civil *civil, int64_t days)
{
	int64_t era = floor_div(days + 719468, 146097), in_era = days + 719468 - era * 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100), month = (5 * in_year + 2) / 153;

	civil->day = (unsigned)(in_year - (153 * month + 2) / 5 + 1);
	civil->month = (unsigned)(month < 10 ? month + 3 : month - 9);
	civil->year = y + era * 400 + (civil->month <= 2);
	civil->weekday = (unsigned)(days + 4 - floor_div(days + 4, 7) * 7);
}

static struct civil civil_of(int64_t ms)
{
	int64_t seconds = floor_div(ms, 1000), days = floor_div(seconds, DAY_SECONDS);
	unsigned rest = (unsigned)(seconds - days * DAY_SECONDS);
	struct civil civil = { .hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60 };

	civil.ms = (unsigned)((ms % 1000 + 1000) % 1000);
	set_date(&civil, days);
	return civil;
}

static bool ms_of(const struct civil *civil, int64_t *ms)
{
	static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (civil->year % 4 == 0 && civil->year % 100 != 0) || civil->year % 400 == 0;

	if (civil->month < 1 || civil->month > 12 || civil->day < 1)
		return false;
	if (civil->day > lengths[civil->month - 1] + (unsigned)(leap && civil->month == 2))
		return false;
	if (civil->hour > 23 || civil->minute > 59 ||
	    civil->second > 60) /* 60: a leap second, read as the next one */
		return false;
	*ms = days_of(civil->year, civil->month, civil->day) * DAY_SECONDS * 1000 +
	      (int64_t)(civil->hour * 3600 + civil->minute * 60 + civil->second) * 1000 + civil->ms;
	return true;
}

/* --- writing: each returns where the text goes on ------------------------------ */

static char *put_digits(char *at, uint64_t value, unsigned width)
{
	char digits[20];
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	for (unsigned i = n; i < width; i++)
		*at++ = '0';
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

static char *put_text(char *at, const char *text, size_t n)
{
	memcpy(at, text, n);
	return at + n;
}

static char *put_year(char *at, int64_t year)
{
	if (year < 0)
		*at++ = '-';
	return put_digits(at, (uint64_t)(year < 0 ? -year : year), 4);
}

static char *put_clock(char *at, const struct civil *civil, const char *between)
{
	size_t n = strlen(between);

	at = put_text(put_digits(at, civil->hour, 2), between, n);
	at = put_text(put_digits(at, civil->minute, 2), between, n);
	return put_digits(at, civil->second, 2);
}

void kin__time_iso(int64_t ms, char out[static KIN__TIME_TEXT])
{
	struct civil civil = civil_of(ms);
	char *at = put_text(put_year(out, civil.year), "-", 1);

	at = put_text(put_digits(at, civil.month, 2), "-", 1);
	at = put_text(put_digits(at, civil.day, 2), "T", 1);
	at = put_text(put_clock(at, &civil, ":"), ".", 1);
	put_text(put_digits(at, civil.ms, 3), "Z", 2);
}

void kin__time_amz(int64_t ms, char out[static KIN__TIME_TEXT])
{
	struct civil civil = civil_of(ms);
	char *at = put_digits(put_year(out, civil.year), civil.month, 2);

	at = put_text(put_digits(at, civil.day, 2), "T", 1);
	put_text(put_clock(at, &civil, ""), "Z", 2);
}

void kin__time_http(int64_t ms, char out[static KIN__TIME_TEXT])
{
	struct civil civil = civil_of(ms);
	char *at = put_text(out, day_names + (size_t)civil.weekday * 3, 3);

	at = put_text(put_digits(put_text(at, ", ", 2), civil.day, 2), " ", 1);
	at = put_text(put_text(at, month_names + (size_t)(civil.month - 1) * 3, 3), " ", 1);
	at = put_text(put_year(at, civil.year), " ", 1);
	put_text(put_clock(at, &civil, ":"), " GMT", 5);
}

void kin__time_epoch(int64_t ms, char out[static KIN__TIME_TEXT])
{
	uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	char *at = out;

	if (ms < 0)
		*at++ = '-';
	at = put_text(put_digits(at, size / 1000, 1), ".", 1);
	*put_digits(at, size % 1000, 3) = 0;
}

/* --- reading: each takes from the front of *text, or says no ------------------- */

static bool is_digit(struct kin__span text, size_t i)
{
	return i < text.n && text.at[i] >= '0' && text.at[i] <= '9';
}

static void drop(struct kin__span *text, size_t n)
{
	text->at += n;
	text->n -= n;
}

static bool take_digits(struct kin__span *text, size_t n, unsigned *value)
{
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(*text, i))
			return false;
		*value = *value * 10 + (unsigned)(text->at[i] - '0');
	}
	drop(text, n);
	return true;
}

static bool take_one_of(struct kin__span *text, const char *choices)
{
	if (text->n == 0 || text->at[0] == 0 || !strchr(choices, text->at[0]))
		return false;
	drop(text, 1);
	return true;
}

static bool take_year(struct kin__span *text, struct civil *civil)
{
	unsigned year;

	if (!take_digits(text, 4, &year))
		return false;
	civil->year = year;
	return true;
}

/* Digits beyond the third are dropped. */
static bool take_fraction(struct kin__span *text, unsigned *ms)
{
	unsigned weight = 100;

	if (!take_one_of(text, ".,"))
		return true;
	if (!is_digit(*text, 0))
		return false;
	for (; is_digit(*text, 0); drop(text, 1), weight /= 10)
		*ms += (unsigned)(text->at[0] - '0') * weight;
	return true;
}

/* Z, +hh:mm, +hhmm, +hh, or nothing at all: UTC. */
static bool take_zone(struct kin__span *text, int64_t *zone_ms)
{
	unsigned hours, minutes = 0;
	bool west;

	*zone_ms = 0;
	if (text->n == 0 || take_one_of(text, "Zz"))
		return true;
	west = text->at[0] == '-';
	if (!take_one_of(text, "+-") || !take_digits(text, 2, &hours))
		return false;
	if (take_one_of(text, ":") || text->n > 0)
		if (!take_digits(text, 2, &minutes))
			return false;
	if (hours > 23 || minutes > 59)
		return false;
	*zone_ms = (int64_t)(hours * 60 + minutes) * (west ? -60000 : 60000);
	return true;
}

bool kin__time_from_iso(struct kin__span text, int64_t *ms)
{
	struct civil civil = { 0 };
	int64_t point, zone_ms = 0;

	if (!take_year(&text, &civil) || !take_one_of(&text, "-") || !take_digits(&text, 2, &civil.month) ||
	    !take_one_of(&text, "-") || !take_digits(&text, 2, &civil.day))
		return false;
	if (text.n > 0) {
		if (!take_one_of(&text, "Tt ") || !take_digits(&text, 2, &civil.hour) ||
		    !take_one_of(&text, ":") || !take_digits(&text, 2, &civil.minute))
			return false;
		if (take_one_of(&text, ":"))
			if (!take_digits(&text, 2, &civil.second) || !take_fraction(&text, &civil.ms))
				return false;
		if (!take_zone(&text, &zone_ms))
			return false;
	}
	if (text.n > 0 || !ms_of(&civil, &point))
		return false;
	*ms = point - zone_ms;
	return true;
}

bool kin__time_from_amz(struct kin__span text, int64_t *ms)
{
	struct civil civil = { 0 };

	return take_year(&text, &civil) && take_digits(&text, 2, &civil.month) &&
	       take_digits(&text, 2, &civil.day) && take_one_of(&text, "T") &&
	       take_digits(&text, 2, &civil.hour) && take_digits(&text, 2, &civil.minute) &&
	       take_digits(&text, 2, &civil.second) && take_one_of(&text, "Z") && text.n == 0 &&
	       ms_of(&civil, ms);
}

/* 1-based place of the three letters in the table of names, or false. */
static bool take_name(struct kin__span *text, const char *names, unsigned *place)
{
	for (unsigned i = 0; text->n >= 3 && names[(size_t)i * 3] != 0; i++)
		if (memcmp(text->at, names + (size_t)i * 3, 3) == 0) {
			drop(text, 3);
			*place = i + 1;
			return true;
		}
	return false;
}

/* The weekday has to be one, but is not compared with the date. */
bool kin__time_from_http(struct kin__span text, int64_t *ms)
{
	struct civil civil = { 0 };

	return take_name(&text, day_names, &civil.weekday) && take_one_of(&text, ",") &&
	       take_one_of(&text, " ") && take_digits(&text, 2, &civil.day) && take_one_of(&text, " ") &&
	       take_name(&text, month_names, &civil.month) && take_one_of(&text, " ") &&
	       take_year(&text, &civil) && take_one_of(&text, " ") && take_digits(&text, 2, &civil.hour) &&
	       take_one_of(&text, ":") && take_digits(&text, 2, &civil.minute) && take_one_of(&text, ":") &&
	       take_digits(&text, 2, &civil.second) && kin__span_is(text, " GMT") && ms_of(&civil, ms);
}

/* --- seconds since 1970 as a decimal number ------------------------------------- */

struct decimal {
	struct kin__span whole, fraction; /* digits only */
	int64_t exponent;
	bool negative;
};

static struct kin__span take_run(struct kin__span *text)
{
	struct kin__span run = *text;

	while (is_digit(*text, 0))
		drop(text, 1);
	return kin__span(run.at, run.n - text->n);
}

static bool take_exponent(struct kin__span *text, int64_t *exponent)
{
	struct kin__span run;
	bool negative;

	*exponent = 0;
	if (!take_one_of(text, "eE"))
		return true;
	negative = text->n > 0 && text->at[0] == '-';
	take_one_of(text, "+-");
	run = take_run(text);
	for (size_t i = 0; i < run.n;
	     i++) /* beyond a million nothing fits into 64 bits any more, or all of it is 0 */
		*exponent = *exponent < 1000000 ? *exponent * 10 + (run.at[i] - '0') : *exponent;
	*exponent = negative ? -*exponent : *exponent;
	return run.n > 0;
}

static bool read_decimal(struct kin__span text, struct decimal *out)
{
	out->negative = take_one_of(&text, "-");
	out->whole = take_run(&text);
	out->fraction = kin__span("", 0);
	if (take_one_of(&text, ".")) {
		out->fraction = take_run(&text);
		if (out->fraction.n == 0)
			return false;
	}
	return out->whole.n > 0 && take_exponent(&text, &out->exponent) && text.n == 0;
}

static unsigned digit_at(const struct decimal *decimal, uint64_t i)
{
	if (i < decimal->whole.n)
		return (unsigned)(decimal->whole.at[i] - '0');
	i -= decimal->whole.n;
	return i < decimal->fraction.n ? (unsigned)(decimal->fraction.at[i] - '0') : 0;
}

/* The decimal point moves three places for milliseconds; the first digit behind it rounds. */
bool kin__time_from_epoch(struct kin__span text, int64_t *ms)
{
	struct decimal decimal;
	uint64_t value = 0, limit;
	int64_t point;

	if (!read_decimal(text, &decimal) || text.n > (size_t)INT32_MAX)
		return false;
	limit = (uint64_t)INT64_MAX + (decimal.negative ? 1 : 0);
	point = (int64_t)decimal.whole.n + decimal.exponent + 3;
	for (int64_t i = 0; i < point; i++) {
		unsigned digit = digit_at(&decimal, (uint64_t)i);

		if (value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
		if (value == 0 && i >= (int64_t)text.n)
			break; /* 0E99: zeros for ever */
	}
	if (point >= 0 && digit_at(&decimal, (uint64_t)point) >= 5)
		value++;
	if (value > limit)
		return false;
	*ms = decimal.negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}
