/* Part of check_consumer: a consumer that is paused, and goes on; options that change while it runs. */

static struct kin_consumer_health health_of(struct kin_consumer *consumer)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_error e;

	ck_assert_int_eq(kin_consumer_health(consumer, &health, &e), KIN_OK);
	return health;
}

static void wait_for(struct kin_consumer *consumer, bool paused, uint64_t handled)
{
	struct kin_consumer_health health = health_of(consumer);

	for (int i = 0;
	     i < 8000 && (health.paused != paused || health.handled != handled || health.batches_out); i++) {
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
		health = health_of(consumer);
	}
	ck_assert_msg(health.paused == paused && health.handled == handled && health.batches_out == 0,
	              "expected %s with %d records handled and none out; it is %s with %d, %d out",
	              paused ? "paused" : "not paused", (int)handled, health.paused ? "paused" : "not paused",
	              (int)health.handled, (int)health.batches_out);
}

START_TEST(paused_while_records_arrive)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_error e;

	forget();
	options(&o);
	o.handler = handle;
	o.until = KIN_UNTIL_NEVER;
	put("k", 0, 10);
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &e) == KIN_OK, "%s", e.message);
	wait_for(consumer, false, 10);
	kin_consumer_pause(consumer);
	wait_for(consumer, true, 10);
	put("k", 10, 10);
	/* Five polls' time: none is made, or the records would be handled. */
	nanosleep(&(struct timespec){ 1, 0 }, NULL);
	wait_for(consumer, true, 10);
	ck_assert_uint_eq(health_of(consumer).polled, 10);
	kin_consumer_resume(consumer);
	wait_for(consumer, false, 20);
	expect_seen(0, 20, 1);
	ck_assert_int_eq(note.order_broken, 0);
	kin_consumer_pause(consumer); /* a paused one can be closed */
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
}
END_TEST

START_TEST(paused_in_pull_form)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_batch *batch;
	struct kin_error e;

	options(&o);
	o.batch_size = 5;
	put("k", 0, 10);
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_next(consumer, &batch, 50000, &e), KIN_OK);
	ck_assert_uint_eq(kin_batch_count(batch), 5);
	kin_batch_finish(batch, KIN_OK);
	for (int i = 0; i < 8000 && health_of(consumer).batches_out == 0; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	kin_consumer_pause(consumer);
	wait_for(consumer, true, 5); /* the one that nobody took went back */
	ck_assert_int_eq(kin_consumer_next(consumer, &batch, 200, &e), KIN_TIMEOUT);
	kin_consumer_resume(consumer);
	ck_assert_int_eq(kin_consumer_next(consumer, &batch, 50000, &e), KIN_OK);
	ck_assert_uint_eq(kin_batch_attempt(batch), 1);
	kin_batch_finish(batch, KIN_OK);
	ck_assert_int_eq(kin_consumer_next(consumer, &batch, 50000, &e), KIN_END);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
}
END_TEST

/* Each must be refused, with these words. */
static void refused(struct kin_consumer *consumer, const char *name, const char *value, const char *words)
{
	struct kin_error e;

	ck_assert_msg(kin_consumer_set(consumer, name, value, &e) == KIN_INVALID, "%s = %s was not refused",
	              name, value);
	ck_assert_msg(strstr(e.message, words) != NULL, "%s = %s: expected '%s', it says: %s", name, value,
	              words, e.message);
}

START_TEST(options_change_while_it_runs)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_batch *batch[3];
	struct kin_error e;

	options(&o);
	o.stream = "one";
	o.until = KIN_UNTIL_NEVER;
	o.parallelization_factor = 4;
	o.handlers_max = 1;
	o.batch_size = 1;
	put_lanes();
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_next(consumer, &batch[0], 50000, &e), KIN_OK);
	ck_assert_uint_eq(kin_batch_count(batch[0]), 1);
	ck_assert_int_eq(kin_consumer_next(consumer, &batch[1], 300, &e), KIN_TIMEOUT); /* one at a time */
	ck_assert_msg(kin_consumer_set(consumer, "BatchSize", "5", &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(kin_consumer_set(consumer, "handlers_max", "3", &e) == KIN_OK, "%s", e.message);
	for (int i = 1; i < 3; i++) {
		ck_assert_int_eq(kin_consumer_next(consumer, &batch[i], 50000, &e), KIN_OK);
		ck_assert_uint_eq(kin_batch_count(batch[i]), 5);
	}
	refused(consumer, "region", "x", "is an option of the client");
	refused(consumer, "consumer_stream", "x", "cannot change while the consumer runs");
	refused(consumer, "parallelization_factor", "2", "cannot change while the consumer runs");
	refused(consumer, "batchsize", "2", "there is no option 'batchsize'");
	refused(consumer, "batch_size", "0", "it must be 1..10000");
	refused(consumer, "maximum_retry_attempts", "3", "on_failure");
	refused(consumer, "retry_base_ms", "60000", "less than retry_base_ms");
	for (int i = 0; i < 3; i++)
		kin_batch_finish(batch[i], KIN_OK);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
}
END_TEST

/* In push form more threads are there for more handlers: four of them meet inside. */
START_TEST(more_handlers_while_it_runs)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_error e;

	put_lanes();
	lane_options(&o);
	o.until = KIN_UNTIL_NEVER;
	o.handlers_max = 1;
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(kin_consumer_set(consumer, "handlers_max", "4", &e) == KIN_OK, "%s", e.message);
	wait_for(consumer, false, LANE_KEYS * LANE_EACH);
	ck_assert_msg(lanes.most == LANE_KEYS, "%d handlers were inside at once, not %d", lanes.most,
	              LANE_KEYS);
	ck_assert_int_eq(lanes.wrong + lanes.twice, 0);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
}
END_TEST
