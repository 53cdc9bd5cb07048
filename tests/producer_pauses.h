/* Part of check_producer: how long it waits after what fails. */

/* Longest of many pauses after `retries` failed requests in a row. */
static uint64_t longest_pause_ms(enum kin__verdict verdict, uint32_t retries, bool *spread)
{
	uint64_t longest = 0;

	*spread = false;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct story *s = begin(1, 1000, 2);
		uint64_t wake = 0;

		s->settings.seed = seed;
		s->settings.record_ttl_us = UINT64_C(1000000000000);
		begin_again(s);
		put(s, 2, 10);
		for (uint32_t i = 0; i < retries; i++) {
			uint32_t first = s->sent_n - 1;

			refuse(s, first, verdict, KIN_THROTTLED, false);
			refuse(s, first + 1, verdict, KIN_THROTTLED,
			       false); /* of the same outage: no second pause */
			wake = wake_ms(s) - s->now_ms;
			at(s, s->now_ms + wake);
		}
		*spread = *spread || wake < longest / 2;
		longest = wake > longest ? wake : longest;
		end(s);
	}
	return longest;
}

static const struct {
	enum kin__verdict verdict;
	uint32_t retries;
	uint64_t most_ms;
} pauses[] = {
	{ KIN__TRANSIENT, 1, 50 },     { KIN__TRANSIENT, 2, 100 },  { KIN__TRANSIENT, 5, 800 },
	{ KIN__TRANSIENT, 12, 20000 }, { KIN__THROTTLED, 1, 1000 }, { KIN__THROTTLED, 3, 4000 },
	{ KIN__THROTTLED, 9, 20000 },  { KIN__IN_USE, 1, 1000 },
};

START_TEST(failed_requests_make_a_pause)
{
	bool spread;
	uint64_t longest = longest_pause_ms(pauses[_i].verdict, pauses[_i].retries, &spread);

	ck_assert_uint_le(longest, pauses[_i].most_ms);
	ck_assert_uint_ge(longest, pauses[_i].most_ms * 8 / 10);
	ck_assert(spread);
}
END_TEST

START_TEST(a_good_answer_ends_the_growth)
{
	struct story *s = begin(1, 1000, 1);

	put(s, 1, 10);
	for (uint32_t i = 1; i < 8; i++) {
		refuse(s, i, KIN__TRANSIENT, KIN_NETWORK, false);
		at(s, s->now_ms + 7000);
	}
	answer(s, 8, "S");
	put(s, 1, 10);
	refuse(s, 9, KIN__TRANSIENT, KIN_NETWORK, false);
	ck_assert_uint_le(wake_ms(s), s->now_ms + 50);
	end(s);
}
END_TEST

START_TEST(a_hint_lengthens_the_pause)
{
	static const uint64_t hints_ms[][3] = { { 1500, 1500, 1500 }, { 60000, 5000, 5050 }, { 0, 0, 50 } };
	struct story *s = begin(1, 1000, 1);
	uint64_t wake;

	put(s, 1, 10);
	step(s, &(struct kin__producer_event){ .type = KIN__PRODUCER_ANSWERED,
	                                       .answer = { .id = s->sent[1].id,
	                                                   .verdict = KIN__TRANSIENT,
	                                                   .code = KIN_NETWORK,
	                                                   .hint_us = hints_ms[_i][0] * 1000 } });
	wake = wake_ms(s);
	ck_assert_uint_ge(wake, hints_ms[_i][1]);
	ck_assert_uint_le(wake, hints_ms[_i][2]);
	end(s);
}
END_TEST

START_TEST(throttled_entries_wait_longer_each_time)
{
	uint64_t longest[12] = { 0 };

	for (uint64_t seed = 0; seed < 60; seed++) {
		struct story *s = begin(4, 1000, 1);

		s->settings.seed = seed;
		begin_again(s);
		put(s, 4, 10);
		for (uint32_t i = 0; i < 10; i++) {
			uint64_t wake;

			answer(s, i + 1, i ? "t" : "SSSt");
			wake = wake_ms(s) - s->now_ms;
			longest[i] = wake > longest[i] ? wake : longest[i];
			at(s, s->now_ms + wake);
		}
		end(s);
	}
	for (uint32_t i = 0; i < 10; i++) {
		uint64_t most = i < 8 ? UINT64_C(100) << i : 20000;

		ck_assert_uint_le(longest[i], most);
		ck_assert_uint_ge(longest[i], most * 8 / 10);
	}
}
END_TEST

START_TEST(a_mostly_throttled_answer_slows_all)
{
	uint64_t longest = 0, other = 0;

	for (uint64_t seed = 0; seed < 60; seed++) {
		struct story *s = begin(4, 1000, 1);

		s->settings.seed = seed;
		begin_again(s);
		put(s, 8, 10);
		answer(s, 1, "tttS"); /* 5-8 are ready to leave, and wait */
		longest = wake_ms(s) > longest ? wake_ms(s) : longest;
		begin_again(s);
		s->put_n = s->sent_n = 0;
		memset(s->reported, 0, sizeof s->reported);
		put(s, 8, 10);
		answer(s, 1, "ttSS"); /* half: one shard is hot, not the stream */
		other += s->sent_n == 2;
		end(s);
	}
	ck_assert_uint_ge(longest, 80);
	ck_assert_uint_le(longest, 100);
	ck_assert_uint_eq(other, 60);
}
END_TEST
