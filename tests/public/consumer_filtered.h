/* Part of check_consumer: filters. */

/* What does not match is never shown, and the next run begins behind it. */
START_TEST(filtered)
{
	static const char criteria[] = "{\"Filters\":[{\"Pattern\":{\"partitionKey\":[\"a\"]}}]}";
	struct kin_consumer_options o;
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;
	struct kin_error e;

	forget();
	put("a", 0, 10);
	put("b", 10, 10);
	put("a", 20, 10);
	put("b", 30, 10);
	options(&o);
	o.filter_criteria = criteria;
	o.handler = handle;
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_OK);
	ck_assert_msg(kin_consumer_wait(c, 50000, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &e), KIN_OK);
	ck_assert_uint_eq(health.filtered, 20);
	ck_assert_uint_eq(health.handled, 20);
	ck_assert_msg(kin_consumer_close(c, 50000, &e) == KIN_OK, "%s", e.message);
	expect_seen(0, 10, 1);
	expect_seen(10, 10, 0);
	expect_seen(20, 10, 1);
	expect_seen(30, 10, 0);
	o.filter_criteria = NULL; /* nothing of it comes again */
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	expect_seen(10, 10, 0);
	expect_seen(30, 10, 0);
}
END_TEST

START_TEST(bad_filter)
{
	struct kin_consumer_options o;
	struct kin_consumer *c = NULL;
	struct kin_error e;

	options(&o);
	o.handler = handle;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":{\"data\":{\"t\":[{\"numeric\":[\">\",\"30\"]}]}}}]}";
	ck_assert_int_eq(kin_consumer_open(&c, client, &o, &e), KIN_INVALID);
	ck_assert_ptr_null(c);
	ck_assert_msg(strstr(e.message, "filter_criteria: filter 1: data.t: \"numeric\" takes") != NULL, "%s",
	              e.message);
	o.filter_criteria = NULL; /* and the store was not left open */
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
}
END_TEST
