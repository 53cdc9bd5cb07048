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

/* The requests that were made by the time the handler was called, of one run. */
static int requests_until_first(const char *stream)
{
	struct kin_consumer_options o;
	struct kin_error e;
	uint64_t before = mock_requests(), first = 0;

	options(&o);
	o.stream = stream;
	o.fetches_max = 1;
	o.handler = handle_first;
	o.user = &first;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	return (int)(first - before);
}

/* Behind the list of shards two requests: an iterator, and records; one more may be under way by then.  That one is
 * answered late: else the consumer has read on by the time a busy machine calls the handler. */
START_TEST(the_first_record_comes_soon)
{
	static const char *const streams[] = { "one", "wide" };
	char key[16];
	int made;

	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		put_to(streams[_i], key, i, 1);
	}
	fault("*:latency:ms=30000:nth=5");
	made = requests_until_first(streams[_i]);
	ck_assert_msg(made == 4 || made == 5, "%d requests were made until the first record", made);
}
END_TEST
#endif
