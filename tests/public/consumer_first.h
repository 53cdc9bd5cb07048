/* How many requests it takes until the handler has a record; part of check_consumer. */
#ifndef KIN_TESTS_CONSUMER_FIRST_H
#define KIN_TESTS_CONSUMER_FIRST_H

static uint64_t mock_requests(void)
{
	struct kin_mock_stats stats = { .size = sizeof stats };
	struct kin_error e;

	ck_assert_msg(kin_mock_stats(mock, &stats, &e) == KIN_OK, "%s", e.message);
	return stats.requests;
}

static int handle_first(void *user, struct kin_batch *batch)
{
	uint64_t *first = user;

	if (*first == 0)
		*first = mock_requests();
	kin_batch_stop(batch);
	return KIN_OK;
}

/* Behind the list of shards two requests: an iterator, and records; one more may be under way by then. */
START_TEST(the_first_record_comes_soon)
{
	static const char *const streams[] = { "one", "wide" };
	struct kin_consumer_options o;
	struct kin_error e;
	uint64_t before, first = 0;
	char key[16];

	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		put_to(streams[_i], key, i, 1);
	}
	options(&o);
	o.stream = streams[_i];
	o.fetches_max = 1;
	o.handler = handle_first;
	o.user = &first;
	before = mock_requests();
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(first >= before + 4 && first <= before + 5,
	              "%d requests were made until the first record", (int)(first - before));
}
END_TEST
#endif
