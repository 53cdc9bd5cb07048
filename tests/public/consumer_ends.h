/* Part of check_consumer: a store and a sink of the program's own. */

struct ends {
	int store_closed, sink_closed, items;
};

static int ends_list(void *user, const char *application,
                     int (*give)(void *into, const struct kin_lease *lease), void *into,
                     struct kin_error *error)
{
	(void)user, (void)application, (void)give, (void)into, (void)error;
	return KIN_OK;
}

static int ends_create(void *user, const char *application, const struct kin_lease *lease,
                       struct kin_error *error)
{
	(void)application, (void)lease, (void)error;
	((struct ends *)user)->items++;
	return KIN_OK;
}

static int ends_change(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                       struct kin_error *error)
{
	(void)user, (void)application, (void)lease, (void)expected, (void)error;
	return KIN_OK;
}

static int ends_send(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	(void)user, (void)failure, (void)error;
	return KIN_OK;
}

static void ends_store_close(void *user)
{
	((struct ends *)user)->store_closed++;
}

static void ends_sink_close(void *user)
{
	((struct ends *)user)->sink_closed++;
}

/* Whatever is wrong, a program that could not open a consumer closes its store and its sink itself. */
START_TEST(own_ends)
{
	struct ends ends = { 0 };
	struct kin_store store = { .size = sizeof store,
		                   .user = &ends,
		                   .list = ends_list,
		                   .create = ends_create,
		                   .update = ends_change,
		                   .remove = ends_change,
		                   .close = ends_store_close };
	struct kin_sink sink = {
		.size = sizeof sink, .user = &ends, .send = ends_send, .close = ends_sink_close
	};
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_error e;

	options(&o);
	o.handler = handle;
	o.store = NULL, o.store_interface = &store;
	o.batch_size = 0; /* found out before the store is looked at */
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	o.batch_size = 100;
	o.on_failure = "file:/nowhere/at/all"; /* and after it */
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_IO);
	o.on_failure = NULL;
	o.store = "none:", o.store_interface = NULL, o.sink_interface = &sink;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	o.store = NULL, o.store_interface = &store;
	struct rlimit files, none;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	none = files, none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE,
	          &none); /* no room for the descriptor to poll, nor for what an assertion opens */
	int code = kin_consumer_open(&c, client, &o, &e);
	setrlimit(RLIMIT_NOFILE, &files);
	ck_assert_int_eq(code, KIN_IO);
	ck_assert_int_eq(ends.store_closed, 0);
	ck_assert_int_eq(ends.sink_closed, 0);
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(ends.store_closed, 1);
	ck_assert_int_eq(ends.sink_closed, 1);
	ck_assert_int_gt(ends.items, 0);
}
END_TEST
