/* Part of check_consumer: options, streams and stores that it cannot work with. */

START_TEST(bad_options)
{
	static const struct {
		const char *stream, *application, *store, *on_failure;
		int retries;
		const char *says;
	} rows[] = {
		{ NULL, "a", "memory:", NULL, -1, "stream" },
		{ "s", NULL, "memory:", NULL, -1, "application" },
		{ "s", "a", NULL, NULL, -1, "store" },
		{ "s", "a", "memory:", NULL, 3, "drop" },
		{ "s", "a/b", "memory:", NULL, -1, "a/b" },
		{ "s p", "a", "memory:", NULL, -1, "s p" },
		{ "s", "a", "redis:x", NULL, -1, "redis" },
		{ "s", "a", "memory:", "mail:x", 3, "mail" },
		{ "s", "a", "file:/nowhere/at/all/\001", NULL, -1, "/nowhere" },
	};
	struct kin_consumer_options o;
	struct kin_consumer *c;
	struct kin_error e = { 0 };

	options(&o);
	o.stream = rows[_i].stream, o.application = rows[_i].application, o.store = rows[_i].store;
	o.on_failure = rows[_i].on_failure, o.maximum_retry_attempts = rows[_i].retries;
	o.handler = handle;
	if (_i == 8 && geteuid() == 0)
		return; /* root may make any folder */
	ck_assert_int_ne(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	ck_assert_ptr_null(c);
	ck_assert_msg(strstr(e.message, rows[_i].says) != NULL, "'%s' does not name %s", e.message,
	              rows[_i].says);
}
END_TEST

START_TEST(no_such_stream)
{
	struct kin_consumer_options o;
	struct kin_error e;

	options(&o);
	o.stream = "nowhere";
	o.handler = handle;
	ck_assert_int_eq(kin_consumer_run(client, &o, &e), KIN_NOT_FOUND);
	ck_assert_msg(strstr(e.message, "nowhere") != NULL, "%s", e.message);
}
END_TEST

START_TEST(store_in_use)
{
	struct kin_consumer_options o;
	struct kin_consumer *c, *d;
	struct kin_error e;
	char pid[32];

	options(&o);
	o.handler = handle;
	o.until = KIN_UNTIL_NEVER;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	ck_assert_int_eq(kin_consumer_open(&d, client, &o, &e), KIN_IN_USE);
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	ck_assert_msg(strstr(e.message, pid) != NULL, "%s", e.message);
	ck_assert_msg(kin_consumer_close(c, 50000, &e) == KIN_OK, "%s", e.message);
}
END_TEST
