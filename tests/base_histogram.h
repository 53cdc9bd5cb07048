/* The histogram's part of check_base.c. */
#ifndef KIN_TESTS_BASE_HISTOGRAM_H
#define KIN_TESTS_BASE_HISTOGRAM_H

#define TOP (UINT64_C(1) << KIN__HISTOGRAM_TOP)

/* What is told of one value: it alone is in the histogram beside a larger one, which keeps the maximum away. */
static const struct {
	uint64_t value, told;
} told[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 63, 63 },
	{ 64, 65 },
	{ 65, 65 },
	{ 66, 67 },
	{ 127, 127 },
	{ 128, 131 },
	{ 131, 131 },
	{ 132, 135 },
	{ 1000, 1007 },
	{ 1000000, 1015807 },
	{ UINT64_C(3600000000), UINT64_C(3623878655) },
	{ TOP / 2, TOP / 2 + TOP / 64 - 1 },
};

START_TEST(histogram_tells)
{
	struct kin__histogram histogram = { 0 };

	kin__histogram_add(&histogram, told[_i].value);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 5000), told[_i].value); /* cut to the maximum */
	kin__histogram_add(&histogram, TOP);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 5000), told[_i].told);
	ck_assert_uint_eq(kin__histogram_at_most(&histogram, told[_i].told), 1);
	ck_assert_uint_eq(kin__histogram_at_most(&histogram, told[_i].told + 1), 1);
	if (told[_i].told > 0)
		ck_assert_uint_eq(kin__histogram_at_most(&histogram, told[_i].told - 1), 0);
}
END_TEST

START_TEST(histogram_edges)
{
	struct kin__histogram histogram = { 0 };

	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 5000), 0);
	ck_assert_uint_eq(kin__histogram_at_most(&histogram, UINT64_MAX), 0);
	kin__histogram_add(&histogram, TOP - 1);
	kin__histogram_add(&histogram, TOP); /* not told apart, but the maximum is */
	ck_assert_uint_eq(histogram.at[KIN__HISTOGRAM_BUCKETS - 1], 2);
	ck_assert_uint_eq(histogram.sum, 2 * TOP - 1);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 1), TOP);
	kin__histogram_add(&histogram, UINT64_MAX);
	ck_assert_uint_eq(histogram.sum, UINT64_MAX);
	ck_assert_uint_eq(histogram.max, UINT64_MAX);
	kin__histogram_add(&histogram, 1);
	ck_assert_uint_eq(histogram.sum, UINT64_MAX);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 0), 1);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 2500), 1);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 2501), UINT64_MAX);
	ck_assert_uint_eq(kin__histogram_quantile(&histogram, 10000), UINT64_MAX);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values themselves: within the bound that the header states. */
START_TEST(histogram_random)
{
	static const uint32_t parts[] = { 0, 1, 100, 2500, 5000, 9000, 9900, 9990, 9999, 10000 };
	enum { MOST = 3000 };
	static uint64_t values[MOST];
	static struct kin__histogram whole;
	struct kin__rng rng = { (uint64_t)_i };
	size_t n = (size_t)kin__rng_between(&rng, 1, MOST);
	uint64_t sum = 0;

	memset(&whole, 0, sizeof whole);
	for (size_t i = 0; i < n; i++) {
		values[i] = kin__rng_next(&rng) >> kin__rng_between(&rng, 64 - KIN__HISTOGRAM_TOP, 63);
		sum += values[i];
		kin__histogram_add(&whole, values[i]);
	}
	ck_assert_uint_eq(whole.count, n);
	ck_assert_uint_eq(whole.sum, sum);
	qsort(values, n, sizeof *values, by_value);
	for (size_t i = 0; i < KIN__ARRAY_LEN(parts); i++) {
		size_t rank = (n * parts[i] + 9999) / 10000;
		uint64_t right = values[rank > 0 ? rank - 1 : 0],
			 is = kin__histogram_quantile(&whole, parts[i]);
		ck_assert_msg(is >= right && is - right <= right / 32 && is <= values[n - 1],
		              "%u parts: %llu, the value is %llu", parts[i], (unsigned long long)is,
		              (unsigned long long)right);
		ck_assert_uint_ge(kin__histogram_at_most(&whole, is), rank);
	}
}
END_TEST

/* --- the coarse one ------------------------------------------------------------------------- */

static const struct {
	uint64_t us, told;
} coarse_told[] = { { 0, 63 },
	            { 63, 63 },
	            { 64, 127 },
	            { 511, 511 },
	            { 512, 639 },
	            { 639, 639 },
	            { 640, 767 },
	            { 1000, 1023 },
	            { 1024, 1279 },
	            { 20000, 20479 },
	            { 1000000, 1048575 },
	            { 5000000, 5242879 },
	            { UINT64_C(3000000000), UINT64_C(3221225471) } };

START_TEST(coarse_tells)
{
	struct kin__coarse coarse = { 0 };

	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 5000), 0);
	kin__coarse_add(&coarse, coarse_told[_i].us);
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 10000),
	                  coarse_told[_i].us); /* the maximum is exact */
	kin__coarse_add(&coarse, UINT64_C(1) << 40);
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 5000), coarse_told[_i].told);
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 5001), UINT64_C(1) << 40);
	ck_assert_uint_eq(coarse.count, 2);
	ck_assert_uint_eq(coarse.sum_us, coarse_told[_i].us + (UINT64_C(1) << 40));
}
END_TEST

/* Never less than the value; at most a quarter and 64 us more; and a longer time is never told as less. */
START_TEST(coarse_bounds)
{
	uint64_t before = 0;

	for (uint64_t us = 0; us < UINT64_C(3600000000); us += 1 + us / 50) {
		struct kin__coarse coarse = { 0 };
		uint64_t shown;

		kin__coarse_add(&coarse, us);
		kin__coarse_add(&coarse, UINT64_MAX / 4);
		shown = kin__coarse_quantile(&coarse, 1);
		ck_assert_uint_ge(shown, us);
		ck_assert_uint_le(shown, us + us / 4 + 64);
		ck_assert_uint_ge(shown, before);
		before = shown;
	}
}
END_TEST

START_TEST(coarse_quantiles)
{
	struct kin__coarse coarse = { 0 };

	for (uint64_t i = 1; i <= 1000; i++)
		kin__coarse_add(&coarse, i * 1000);
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 5000), 524287); /* of 500000 */
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 9900), 1000000);
	ck_assert_uint_eq(kin__coarse_quantile(&coarse, 1), 1023);
	for (int i = 0; i < 3; i++)
		kin__coarse_add(&coarse, UINT64_MAX); /* the sum stays there */
	ck_assert_uint_eq(coarse.sum_us, UINT64_MAX);
	ck_assert_uint_eq(coarse.max_us, UINT64_MAX);
}
END_TEST

static void add_histogram(TCase *tcase)
{
	tcase_add_loop_test(tcase, histogram_tells, 0, COUNT(told));
	tcase_add_test(tcase, histogram_edges);
	tcase_add_loop_test(tcase, histogram_random, 0, 100);
	tcase_add_loop_test(tcase, coarse_tells, 0, COUNT(coarse_told));
	tcase_add_test(tcase, coarse_bounds);
	tcase_add_test(tcase, coarse_quantiles);
}
#endif
