/* Part of check_consumer: several batches of one shard at once, records of a key in order. */

enum { LANE_KEYS = 4, LANE_EACH = 50 };
/* Of four lanes: 1, 2, 0, 3. */
static const char *const lane_keys[LANE_KEYS] = { "k0", "k1", "k3", "k4" };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int inside, most, last[LANE_KEYS], wrong, twice;
	bool busy[LANE_KEYS];
} lanes = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };

static int lane_key(const struct kin_record *record)
{
	for (int i = 0; i < LANE_KEYS; i++)
		if (record->partition_key_size == 2 && memcmp(record->partition_key, lane_keys[i], 2) == 0)
			return i;
	return -1;
}

/* Waits inside until one call of each lane has been inside at the same time. */
static void meet(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 50;
	if (++lanes.inside > lanes.most)
		lanes.most = lanes.inside;
	pthread_cond_broadcast(&lanes.change);
	while (lanes.most < LANE_KEYS && pthread_cond_timedwait(&lanes.change, &lanes.lock, &until) == 0)
		;
	lanes.inside--;
}

static int handle_in_lanes(void *user, struct kin_batch *batch)
{
	const struct kin_record *record = kin_batch_next(batch);
	int key = lane_key(record), code = KIN_OK;

	pthread_mutex_lock(&lanes.lock);
	lanes.twice += lanes.busy[key];
	lanes.busy[key] = true;
	meet();
	for (; record; record = kin_batch_next(batch)) {
		int v = value(record);

		lanes.wrong += lane_key(record) != key || v != lanes.last[key] + 1;
		if (key == 0 && v == 10 && user) {
			code = kin_batch_fail(batch, record, "the first key stops here");
			break;
		}
		lanes.last[key] = v;
	}
	lanes.busy[key] = false;
	pthread_mutex_unlock(&lanes.lock);
	return code;
}

static void put_lanes(void)
{
	for (int i = 0; i < LANE_EACH; i++)
		for (int k = 0; k < LANE_KEYS; k++)
			put_to("one", lane_keys[k], i, 1);
	lanes.inside = lanes.most = lanes.wrong = lanes.twice = 0;
	for (int k = 0; k < LANE_KEYS; k++)
		lanes.last[k] = -1;
}

static void lane_options(struct kin_consumer_options *o)
{
	options(o);
	o->stream = "one";
	o->parallelization_factor = 4;
	o->batch_size = 7;
	o->handler = handle_in_lanes;
}

START_TEST(lanes_of_a_shard_run_at_once)
{
	struct kin_consumer_options o;
	struct kin_error e;

	put_lanes();
	lane_options(&o);
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(lanes.most == LANE_KEYS, "%d handlers were inside at once, not %d", lanes.most,
	              LANE_KEYS);
	ck_assert_msg(lanes.twice == 0, "two batches of a key were out at once");
	ck_assert_msg(lanes.wrong == 0, "%d records were not the next one of their key", lanes.wrong);
	for (int k = 0; k < LANE_KEYS; k++)
		ck_assert_int_eq(lanes.last[k], LANE_EACH - 1);
	/* All of it is in the checkpoint. */
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	for (int k = 0; k < LANE_KEYS; k++)
		ck_assert_int_eq(lanes.last[k], LANE_EACH - 1);
	o.parallelization_factor = 11;
	ck_assert_int_eq(kin_consumer_run(client, &o, &e), KIN_INVALID);
}
END_TEST

START_TEST(a_failing_lane_stops_no_other)
{
	struct kin_consumer_options o;
	struct kin_consumer *consumer;
	struct kin_error e;
	bool done = false;

	put_lanes();
	lane_options(&o);
	o.until = KIN_UNTIL_NEVER;
	o.user = &lanes;
	ck_assert_msg(kin_consumer_open(&consumer, client, &o, &e) == KIN_OK, "%s", e.message);
	for (int i = 0; i < 8000 && !done; i++) {
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
		pthread_mutex_lock(&lanes.lock);
		done = lanes.last[0] == 9;
		for (int k = 1; k < LANE_KEYS; k++)
			done = done && lanes.last[k] == LANE_EACH - 1;
		pthread_mutex_unlock(&lanes.lock);
	}
	ck_assert_msg(done,
	              "the keys came to %d, %d, %d, %d; expected 9 of the one that fails, %d of the others",
	              lanes.last[0], lanes.last[1], lanes.last[2], lanes.last[3], LANE_EACH - 1);
	ck_assert_msg(kin_consumer_close(consumer, 50000, &e) == KIN_OK, "%s", e.message);
	/* The checkpoint stands before the one that fails: with it, what the others did since comes again. */
	lanes.last[0] = 9;
	for (int k = 1; k < LANE_KEYS; k++)
		lanes.last[k] = 9;
	o.until = KIN_UNTIL_LATEST;
	o.user = NULL;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(lanes.wrong == 0, "%d records were not the next one of their key", lanes.wrong);
	for (int k = 0; k < LANE_KEYS; k++)
		ck_assert_int_eq(lanes.last[k], LANE_EACH - 1);
}
END_TEST
