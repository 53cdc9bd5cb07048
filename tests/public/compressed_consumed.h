/* Part of check_compressed: what a consumer filters, tries again and copies. */

static struct kin_consumer_health run(struct kin_consumer_options *o)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;

	ck_assert_msg(kin_consumer_open(&c, client, o, &error) == KIN_OK, "%s", error.message);
	ck_assert_msg(kin_consumer_wait(c, 20000, &error) == KIN_OK, "%s", error.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &error), KIN_OK);
	ck_assert_msg(kin_consumer_close(c, 10000, &error) == KIN_OK, "%s", error.message);
	return health;
}

static int handle_even(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int *seen = user;

	while ((r = kin_batch_next(batch))) {
		ck_assert_ptr_nonnull(strstr(r->data, "\"even\":true")); /* 0-ended, as a courtesy */
		(*seen)++;
	}
	return KIN_OK;
}

/* The filter looks at what a record says, not at how it came; its parts of an aggregate, too. */
START_TEST(the_filter_looks_at_what_it_was)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health;
	struct kin_producer *p;
	char data[TEXT];
	int seen = 0;

	put.compress = kin_codecs_all()[_i % 2];
	put.aggregate = _i >= 2;
	p = open_producer();
	for (int i = 0; i < RECORDS; i++) {
		int n = snprintf(data, sizeof data, "{\"n\":%d,\"even\":%s,\"text\":\"%.*s\"}", i,
		                 i % 2 ? "false" : "true", 1000,
		                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		                 "aaaaa"
		                 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		                 "bbbbb"
		                 "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		                 "ccccc"
		                 "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		                 "ddddd");

		ck_assert_int_eq(kin_producer_put(p, "k", 1, data, (size_t)n, -1, &error), KIN_OK);
	}
	ck_assert_uint_eq(close_producer(p).compressed, RECORDS);
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"even\\\":[true]}}\"}]}";
	o.handler = handle_even;
	o.user = &seen;
	o.decompress = kin_codecs_all();
	health = run(&o);
	ck_assert_int_eq(seen, RECORDS / 2);
	ck_assert_uint_eq(health.filtered, RECORDS / 2);
	ck_assert_uint_eq(health.decompressed, RECORDS);
	ck_assert_uint_eq(health.not_decompressed, 0);
}
END_TEST

static int handle_flagged(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int *flagged = user;

	while ((r = kin_batch_next(batch)))
		flagged[r->flags == KIN_RECORD_NOT_DECOMPRESSED]++;
	return KIN_OK;
}

/* Frames that lie about their size use up what is undone of one answer: the records behind them, and they themselves,
 * are handed out as they are, for what they hold could not be judged. */
START_TEST(the_filter_loses_nothing_that_it_cannot_read)
{
	static const char says[] = "{\"even\":true}", plain[] = "{\"even\":false}";
	struct kin_consumer_options o;
	struct kin_consumer_health health;
	char small[200];
	int flagged[2] = { 0, 0 };
	size_t n = squeezed(kin_codecs_gzip(), says, sizeof says - 1, small, sizeof small);

	for (int i = 0; i < 9; i++)
		put_raw("\x1f\x8b\x08 no frame \0\0\0\2", 17);
	put_raw(small, n);
	put_raw(plain, sizeof plain - 1);
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":\"{\\\"data\\\":{\\\"even\\\":[true]}}\"}]}";
	o.handler = handle_flagged;
	o.user = flagged;
	o.decompress = kin_codecs_all();
	health = run(&o);
	ck_assert_int_eq(flagged[0], 0);
	ck_assert_int_eq(flagged[1], 10);
	ck_assert_uint_eq(health.filtered, 1);
	ck_assert_uint_eq(health.not_decompressed, 10);
}
END_TEST

static int sick; /* calls that fail before all is well */

static int handle_late(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	char expected[TEXT];
	int *seen = user, i;

	if (sick-- > 0)
		return kin_batch_fail(batch, kin_batch_record(batch, 0), "sick"), KIN_FAILED;
	while ((r = kin_batch_next(batch))) {
		ck_assert_int_eq(sscanf(r->data, "record %d ", &i), 1);
		ck_assert_uint_eq(r->data_size, text(i, expected));
		ck_assert_int_eq(memcmp(r->data, expected, r->data_size), 0);
		(*seen)++;
	}
	return KIN_OK;
}

/* Retried, copied out of their page, in a buffer that is nearly full: they say the same. */
START_TEST(retried_and_copied)
{
	struct kin_consumer_options o;
	int seen = 0;

	put.compress = kin_codecs_zstd();
	put.compression_min_bytes = 0;
	put_texts();
	kin_consumer_options_init(&o);
	o.stream = "s";
	o.application = "a";
	o.store = "memory:";
	o.until = KIN_UNTIL_LATEST;
	o.batch_size = 390;
	o.retry_base_ms = o.retry_max_ms = 20;
	o.buffer_bytes_max = MIB;
	o.handler = handle_late;
	o.user = &seen;
	o.decompress = kin_codecs_all();
	sick = 5;
	run(&o);
	ck_assert_int_eq(seen, RECORDS);
}
END_TEST
