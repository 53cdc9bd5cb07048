/* Tumbling windows against the embedded endpoint: a state goes from call to call, through a stop, and ends in a final
 * call; what a handler answers, what is refused, and a state that was damaged in its store. */

static struct {
	pthread_mutex_t lock;
	int counted, finals, wrong, calls, refuse,
			total; /* refuse: calls that leave no state; total: then stop */
	char event[4096], first_state[64];
} windows = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void forget_windows(void)
{
	windows.counted = windows.finals = windows.wrong = windows.calls = windows.refuse = windows.total = 0;
	windows.event[0] = windows.first_state[0] = 0;
}

static int count_of(const char *state)
{
	int n = 0;

	if (strcmp(state, "{}") != 0 && sscanf(state, "{\"n\":%d}", &n) != 1)
		windows.wrong++;
	return n;
}

static void check_arrivals(const struct kin_batch *batch, const struct kin_window *window)
{
	const struct kin_record *r;

	for (size_t i = 0; (r = kin_batch_record(batch, i)) != NULL; i++)
		windows.wrong += r->arrival_ms < window->start_ms || r->arrival_ms >= window->end_ms;
}

/* Counts the records of each window; a final call adds the window to the sum. */
static int count_in_windows(void *user, struct kin_batch *batch)
{
	struct kin_window window = { .size = sizeof window };
	char state[64];
	size_t size = 0;
	int code = KIN_OK, n;

	(void)user;
	pthread_mutex_lock(&windows.lock);
	windows.calls++;
	windows.wrong += kin_batch_window(batch, &window) != KIN_OK || window.size != sizeof window;
	n = count_of(kin_batch_state(batch, &size));
	windows.wrong += size != strlen(kin_batch_state(batch, NULL)) || window.is_terminated_early;
	if (windows.calls == 1) {
		snprintf(windows.first_state, sizeof windows.first_state, "%s", kin_batch_state(batch, NULL));
		snprintf(windows.event, sizeof windows.event, "%s", kin_batch_event_json(batch, NULL));
	}
	check_arrivals(batch, &window);
	if (window.is_final) {
		windows.wrong += kin_batch_count(batch) != 0 || kin_batch_next(batch) != NULL;
		windows.counted += n;
		windows.finals++;
		if (windows.counted == windows.total)
			kin_batch_stop(batch);
	} else if (windows.refuse > 0) {
		windows.refuse--;
	} else {
		snprintf(state, sizeof state, "{ \"n\": %d }\n", n + (int)kin_batch_count(batch));
		code = kin_batch_set_state(batch, state, strlen(state), NULL);
	}
	pthread_mutex_unlock(&windows.lock);
	return code;
}

static void window_options(struct kin_consumer_options *o, uint32_t window_ms)
{
	options(o);
	o->handler = count_in_windows;
	o->tumbling_window_ms = window_ms;
	o->batch_size = 7;
	forget_windows();
}

/* Over some seconds: each record is in the final state of exactly one window. */
START_TEST(windows_count_each_record_once)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;
	struct kin_error e;

	window_options(&o, 1000);
	o.until = KIN_UNTIL_NEVER;
	windows.total = 60;
	ck_assert_msg(kin_consumer_open(&c, client, &o, &e) == KIN_OK, "%s", e.message);
	for (int i = 0; i < 30; i++) {
		put("a", 2 * i, 1);
		put("b", 2 * i + 1, 1);
		poll(NULL, 0, 50);
	}
	ck_assert_msg(kin_consumer_wait(c, 50000, &e) == KIN_OK, "%d of 60 in %d windows: %s",
	              windows.counted, windows.finals, e.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &e), KIN_OK);
	ck_assert_int_eq(kin_consumer_close(c, -1, &e), KIN_OK);
	ck_assert_int_eq(windows.counted, 60);
	ck_assert_int_ge(windows.finals, 2);
	ck_assert_int_eq(windows.wrong, 0);
	ck_assert_uint_eq(health.windows_closed, (uint64_t)windows.finals);
	ck_assert_uint_eq(health.windows_opened, health.windows_closed);
	ck_assert_uint_eq(health.handled, 60);
	ck_assert_uint_eq(health.windows_terminated_early + health.windows_given_up, 0);
}
END_TEST

/* Until the tip: the window stays open, and the next start goes on with it. */
static void count_to_the_tip(int first, int n)
{
	struct kin_consumer_options o;
	struct kin_error e;

	window_options(&o, 900000);
	put("a", first, n);
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(windows.wrong, 0);
}

START_TEST(windows_survive_a_stop)
{
	char wanted[32];

	count_to_the_tip(0, 10);
	ck_assert_str_eq(windows.first_state, "{}");
	int finals = windows.finals, counted = windows.counted;
	count_to_the_tip(10, 5);
	if (finals + windows.finals > 0) { /* a quarter of an hour ended just now */
		ck_assert_int_le(counted + windows.counted, 15);
		return;
	}
	snprintf(wanted, sizeof wanted, "{\"n\":%d}", 10);
	ck_assert_str_eq(windows.first_state, wanted);
	ck_assert_msg(strstr(windows.event, "],\"window\":{\"start\":\"20") != NULL, "%s", windows.event);
	ck_assert_msg(strstr(windows.event, ",\"state\":{\"n\":10},\"shardId\":\"shardId-") != NULL, "%s",
	              windows.event);
	ck_assert_msg(strstr(windows.event,
	                     ",\"eventSourceARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s\","
	                     "\"isFinalInvokeForWindow\":false,"
	                     "\"isWindowTerminatedEarly\":false}") != NULL,
	              "%s", windows.event);
}
END_TEST

/* A state file is changed by a byte: the shard is not begun anew, and the error says which file it is. */
START_TEST(damaged_windows_are_refused)
{
	struct kin_consumer_options o;
	struct kin_error e;
	char command[300];

	count_to_the_tip(0, 10);
	snprintf(command, sizeof command, "for f in %s/test.*.state; do printf x >>$f; done", folder);
	ck_assert_int_eq(system(command), 0);
	window_options(&o, 900000);
	ck_assert_int_eq(kin_consumer_run(client, &o, &e), KIN_CORRUPT);
	ck_assert_msg(strstr(e.message, ".state") && strstr(e.message, "checksum"), "%s", e.message);
	ck_assert_int_eq(windows.calls, 0);
}
END_TEST

/* A call that leaves no state failed; nothing of it is counted twice. */
START_TEST(windows_need_a_state)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;
	struct kin_error e;

	window_options(&o, 1000);
	o.until = KIN_UNTIL_NEVER;
	windows.refuse = 3;
	windows.total = 5;
	put("a", 0, 5);
	ck_assert_msg(kin_consumer_open(&c, client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(kin_consumer_wait(c, 50000, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &e), KIN_OK);
	ck_assert_int_eq(kin_consumer_close(c, -1, &e), KIN_OK);
	ck_assert_int_eq(windows.counted, 5);
	ck_assert_uint_eq(health.errors, 3);
	ck_assert_int_eq(windows.wrong, 0);
}
END_TEST

/* What kin_batch_respond() and kin_batch_set_state() make of their texts; the last row of a call leaves the state. */
static const struct {
	const char *json;
	int code;
	const char *says;
} texts[] = {
	{ "", KIN_FAILED, NULL },
	{ "{}", KIN_FAILED, NULL },
	{ "{\"batchItemFailures\":[]}", KIN_FAILED, NULL },
	{ "{\"state\":[]}", KIN_FAILED, NULL },
	{ "{\"state\":{}", KIN_FAILED, NULL },
	{ "{\"state\":{\"a\": 1}}", KIN_OK, NULL },
	{ "{\"batchItemFailures\":[],\"state\":{\"n\":2}}", KIN_OK, NULL },
};

static int answer_in_windows(void *user, struct kin_batch *batch)
{
	struct kin_window small = { .size = 1 };
	struct kin_error e;

	(void)user;
	windows.calls++;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		windows.wrong += kin_batch_respond(batch, texts[i].json, strlen(texts[i].json)) !=
		                 texts[i].code;
	windows.wrong += kin_batch_window(batch, &small) != KIN_INVALID;
	windows.wrong += kin_batch_window(batch, NULL) != KIN_INVALID;
	windows.wrong += kin_batch_set_state(batch, "[]", 2, &e) != KIN_INVALID ||
	                 !strstr(e.message, "object");
	windows.wrong += kin_batch_set_state(batch, NULL, 0, &e) != KIN_INVALID || !strstr(e.message, "json");
	windows.wrong += kin_batch_set_state(batch, "{\"n\":7}", 7, &e) != KIN_OK;
	return KIN_OK;
}

static int answer_without_windows(void *user, struct kin_batch *batch)
{
	struct kin_window window = { .size = sizeof window };
	struct kin_error e;

	(void)user;
	windows.calls++;
	windows.wrong += kin_batch_window(batch, &window) != KIN_NOT_FOUND;
	windows.wrong += kin_batch_state(batch, NULL) != NULL;
	windows.wrong += kin_batch_set_state(batch, "{}", 2, &e) != KIN_INVALID ||
	                 !strstr(e.message, "tumbling_window_ms");
	windows.wrong += kin_batch_respond(batch, "{\"state\":{},\"batchItemFailures\":[]}", 35) != KIN_OK;
	windows.wrong += strstr(kin_batch_event_json(batch, NULL), "\"window\"") != NULL;
	return KIN_OK;
}

START_TEST(answers_in_windows)
{
	struct kin_consumer_options o;
	struct kin_error e;

	window_options(&o, 900000);
	o.handler = _i ? answer_without_windows : answer_in_windows;
	o.tumbling_window_ms = _i ? 0 : 900000;
	put("a", 0, 3);
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_ge(windows.calls, 1);
	ck_assert_int_eq(windows.wrong, 0);
}
END_TEST

START_TEST(bad_windows)
{
	static const struct {
		uint32_t window_ms, lanes;
		const char *says[3];
	} rows[] = {
		{ 1500, 1, { "tumbling_window_ms", "1500", "whole seconds" } },
		{ 999, 1, { "tumbling_window_ms", "999", "whole seconds" } },
		{ 60000, 2, { "tumbling_window_ms", "60000", "parallelization_factor = 2" } },
		{ 901000, 1, { "tumbling_window_ms", "901000", "900000" } },
	};
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_error e;

	window_options(&o, rows[_i].window_ms);
	o.parallelization_factor = rows[_i].lanes;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(strstr(e.message, rows[_i].says[i]) != NULL, "'%s' does not say %s", e.message,
		              rows[_i].says[i]);
}
END_TEST

/* A store of a program that knows no states: fine without windows, refused by name with them. */
START_TEST(stores_without_states)
{
	struct ends ends = { 0 };
	struct kin_store store = { .size = offsetof(struct kin_store, put_state),
		                   .user = &ends,
		                   .list = ends_list,
		                   .create = ends_create,
		                   .update = ends_change,
		                   .remove = ends_change,
		                   .close = ends_store_close };
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_error e;

	window_options(&o, 1000);
	o.store = NULL, o.store_interface = &store;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	ck_assert_msg(strstr(e.message, "store_interface") && strstr(e.message, "put_state"), "%s",
	              e.message);
	store.size = sizeof store;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	ck_assert_int_eq(ends.store_closed, 0);
	store.size = offsetof(struct kin_store, put_state);
	o.tumbling_window_ms = 0;
	o.handler = handle;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(ends.store_closed, 1);
}
END_TEST
