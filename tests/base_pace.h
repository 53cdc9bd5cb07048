/* Part of check_base: random numbers, backoff and pacers. */

START_TEST(rng_uuids)
{
	struct kin__rng rng = { 7 };
	char id[KIN__RNG_UUID], other[KIN__RNG_UUID];
	unsigned seen[16] = { 0 };

	for (int i = 0; i < 200; i++) {
		kin__rng_uuid(&rng, id);
		ck_assert_uint_eq(strlen(id), 36);
		for (int at = 0; at < 36; at++) {
			bool dash = at == 8 || at == 13 || at == 18 || at == 23;

			ck_assert_msg(dash ? id[at] == '-' : strchr("0123456789abcdef", id[at]) != NULL, "%s",
			              id);
		}
		ck_assert_int_eq(id[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", id[19]));
		seen[id[35] <= '9' ? id[35] - '0' : id[35] - 'a' + 10]++;
		kin__rng_uuid(&rng, other);
		ck_assert_str_ne(id, other);
	}
	for (int i = 0; i < 16; i++)
		ck_assert_uint_gt(seen[i], 0);
}
END_TEST

START_TEST(rng_draws)
{
	struct kin__rng rng = { 0 };
	unsigned hits[6] = { 0 }, chances = 0;

	ck_assert_uint_eq(kin__rng_next(&rng),
	                  UINT64_C(0xe220a8397b1dcdaf)); /* splitmix64's published first two of seed 0 */
	ck_assert_uint_eq(kin__rng_next(&rng), UINT64_C(0x6e789e6aa1b965f4));
	for (int i = 0; i < 60000; i++)
		hits[kin__rng_below(&rng, 6)]++;
	for (int i = 0; i < 6; i++)
		ck_assert(hits[i] > 9500 && hits[i] < 10500);
	ck_assert_uint_eq(kin__rng_below(&rng, 0), 0);
	ck_assert_uint_eq(kin__rng_between(&rng, 5, 5), 5);
	memset(hits, 0, sizeof hits);
	for (int i = 0; i < 1000; i++)
		hits[kin__rng_between(&rng, 1, 3)]++;
	ck_assert(hits[0] == 0 && hits[1] > 0 && hits[2] > 0 && hits[3] > 0 && hits[4] == 0); /* both ends */
	for (int i = 0; i < 1000; i++) {
		uint64_t draw = kin__rng_between(&rng, UINT64_MAX - 1, UINT64_MAX);

		ck_assert_uint_ge(draw, UINT64_MAX - 1);
	}
	ck_assert(kin__rng_between(&rng, 0, UINT64_MAX) != kin__rng_between(&rng, 0, UINT64_MAX));
	for (int i = 0; i < 10000; i++)
		chances += kin__rng_chance(&rng, 250);
	ck_assert(chances > 2300 && chances < 2700);
	ck_assert(!kin__rng_chance(&rng, 0) && kin__rng_chance(&rng, 1000));
}
END_TEST

static const struct {
	uint64_t base, cap;
	uint32_t attempt;
	uint64_t expect;
} caps[] = {
	{ 100, 20000, 0, 100 },
	{ 100, 20000, 7, 12800 },
	{ 100, 20000, 8, 20000 },
	{ 100, 20000, UINT32_MAX, 20000 },
	{ 1, UINT64_MAX, 63, UINT64_C(1) << 63 },
	{ 1, UINT64_MAX, 64, UINT64_MAX },
	{ 3, UINT64_MAX, 63, UINT64_MAX },
	{ 500, 100, 0, 100 },
	{ 0, 100, 90, 0 },
	{ 100, 0, 3, 0 },
};

START_TEST(backoff_caps)
{
	struct kin__rng rng = { (uint64_t)_i };
	uint64_t cap = kin__backoff_cap(caps[_i].base, caps[_i].cap, caps[_i].attempt), most = 0;

	ck_assert_uint_eq(cap, caps[_i].expect);
	for (int i = 0; i < 1000; i++) {
		uint64_t wait = kin__backoff(&rng, caps[_i].base, caps[_i].cap, caps[_i].attempt);

		ck_assert(wait < cap || (wait == 0 && cap == 0));
		most = wait > most ? wait : most;
	}
	ck_assert_uint_ge(most, cap / 10 * 9); /* the whole range is used */
}
END_TEST

enum { GRANTS = 300 };

/* What passed between any two grants, both counted, is at most burst + rate * t. */
static void check_grants(const struct kin__pacer *pacer, const uint64_t at[], const uint64_t units[], int n)
{
	for (int first = 0; first < n; first++) {
		uint64_t sum = 0;

		for (int last = first; last < n; last++) {
			sum += units[last];
			if ((sum - (sum > pacer->burst ? pacer->burst : sum)) * 1000000 >
			    pacer->rate * (at[last] - at[first]))
				ck_abort_msg("%d units in %d us", (int)sum, (int)(at[last] - at[first]));
		}
	}
}

START_TEST(pacer_formula)
{
	struct kin__rng rng = { (uint64_t)_i + 1 };
	uint64_t now = kin__rng_below(&rng, 1000000), at[GRANTS], units[GRANTS];
	struct kin__pacer pacer;
	int n = 0;

	kin__pacer_init(&pacer, kin__rng_between(&rng, 1, 3000), kin__rng_between(&rng, 1, 2000), now);
	while (n < GRANTS) {
		uint64_t want = kin__rng_between(&rng, 1, pacer.burst),
			 ready = kin__pacer_ready_us(&pacer, want, now);

		if (ready > now) {
			ck_assert(!kin__pacer_take(&pacer, want, ready - 1)); /* not a microsecond too late */
			now = kin__rng_chance(&rng, 700) ? ready : ready + kin__rng_below(&rng, 2000000);
		}
		ck_assert(kin__pacer_take(&pacer, want, now));
		at[n] = now;
		units[n++] = want;
		now += kin__rng_below(&rng, 5000);
	}
	check_grants(&pacer, at, units, n);
}
END_TEST

START_TEST(pacer_changes_its_rate)
{
	struct kin__pacer pacer;

	kin__pacer_init(&pacer, 10, 10, 0);
	ck_assert(kin__pacer_take(&pacer, 10, 0));
	kin__pacer_set_rate(&pacer, 1, 500000); /* five came at the old rate */
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 5, 500000), 500000);
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 6, 500000), 1500000);
	kin__pacer_set_rate(&pacer, 0, 500000);
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 6, 500000), UINT64_MAX);
}
END_TEST

START_TEST(pacer_edges)
{
	struct kin__pacer pacer;

	kin__pacer_init(&pacer, 10, 5, 1000);
	ck_assert(kin__pacer_take(&pacer, 5, 1000) && !kin__pacer_take(&pacer, 1, 1000));
	ck_assert(!kin__pacer_take(&pacer, 1, 0)); /* backwards: nothing comes */
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 1, 1000), 101000);
	ck_assert(!kin__pacer_take(&pacer, 6, 9000000)); /* more than a burst never passes at once */
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 6, 9000000), 9000000); /* ... and counts as one here */
	ck_assert(kin__pacer_take(&pacer, 5, UINT64_MAX) && kin__pacer_take(&pacer, 0, UINT64_MAX));
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 1, UINT64_MAX), UINT64_MAX);
	kin__pacer_init(&pacer, 0, 1, 0);
	ck_assert(kin__pacer_take(&pacer, 1, 5) && !kin__pacer_take(&pacer, 1, UINT64_MAX));
	ck_assert_uint_eq(kin__pacer_ready_us(&pacer, 1, 6), UINT64_MAX);
	kin__pacer_init(&pacer, UINT64_MAX, UINT64_MAX, 0);
	ck_assert(kin__pacer_take(&pacer, UINT64_MAX / 1000000, 0));
	ck_assert(!kin__pacer_take(&pacer, 1, 0) && kin__pacer_take(&pacer, 1000000, 1));
}
END_TEST
