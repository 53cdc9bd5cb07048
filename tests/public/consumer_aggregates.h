/* The part of check_consumer.c about records in KPL aggregates. */
#ifndef KIN_TESTS_CONSUMER_AGGREGATES_H
#define KIN_TESTS_CONSUMER_AGGREGATES_H

/* Keys a, c and b, and the records 10 to 17: those of key b, 12 and 15, belong to the upper half of the hash keys. */
static const char aggregate[] =
		"\xf3\x89\x9a\xc2\x0a\x01\x61\x0a\x01\x63\x0a\x01\x62\x1a\x06\x08\x00\x1a\x02\x31"
		"\x30\x1a\x06\x08\x01\x1a\x02\x31\x31\x1a\x06\x08\x02\x1a\x02\x31\x32\x1a\x06\x08"
		"\x00\x1a\x02\x31\x33\x1a\x06\x08\x00\x1a\x02\x31\x34\x1a\x06\x08\x02\x1a\x02\x31"
		"\x35\x1a\x06\x08\x01\x1a\x02\x31\x36\x1a\x06\x08\x00\x1a\x02\x31\x37\xdc\x97\x26"
		"\x54\xa6\x26\x7b\x96\x9d\xcb\x07\x1a\xcd\x77\x5d\x3a";
static const char aggregate_keys[] = "acbaabca";

/* To the shard of the lower half. */
static void put_aggregate(void)
{
	struct kin_call *call;
	struct kin_error e;

	ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "s", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", "outer", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "ExplicitHashKey", "0", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_data(call, "Data", aggregate, sizeof aggregate - 1, &e), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &e) == KIN_OK, "%s", e.message);
	kin_call_free(call);
}

/* As handle(), and each record says what it was in its aggregate. */
static int handle_parts(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;

	for (size_t i = 0; (r = kin_batch_record(batch, i)); i++) {
		int v = value(r);

		if (v >= 10 && v < 18) {
			ck_assert_uint_eq(r->sub_sequence, (uint64_t)v - 10);
			ck_assert_uint_eq(r->partition_key_size, 1);
			ck_assert_int_eq(r->partition_key[0], aggregate_keys[v - 10]);
			ck_assert_int_eq(r->partition_key[1], 0);
		} else {
			ck_assert_uint_eq(r->sub_sequence, 0);
		}
	}
	return handle(user, batch);
}

static struct kin_consumer_health run_parts(const struct kin_consumer_options *o)
{
	struct kin_consumer_health health = { .size = sizeof health };
	struct kin_consumer *c;
	struct kin_error e;

	ck_assert_msg(kin_consumer_open(&c, client, o, &e) == KIN_OK, "%s", e.message);
	ck_assert_msg(kin_consumer_wait(c, 50000, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(kin_consumer_health(c, &health, &e), KIN_OK);
	ck_assert_msg(kin_consumer_close(c, 50000, &e) == KIN_OK, "%s", e.message);
	return health;
}

static void expect_parts(int times)
{
	static const char of_the_shard[] = "11011011";

	for (int v = 10; v < 18; v++)
		expect_seen(v, 1, of_the_shard[v - 10] == '1' ? times : 0);
}

/* By one lane, and by ten: then each record goes through that of its own key. */
START_TEST(aggregates_are_taken_apart)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health;

	forget();
	put("a", 0, 10);
	put_aggregate();
	put("a", 20, 10);
	options(&o);
	o.handler = handle_parts;
	o.batch_size = 3;
	o.parallelization_factor = _i ? 10 : 1;
	health = run_parts(&o);
	expect_seen(0, 10, 1);
	expect_parts(1);
	expect_seen(20, 10, 1);
	ck_assert(_i || note.order_broken == 0);
	ck_assert_uint_eq(health.other_shard, 2);
	ck_assert_uint_eq(health.handled, 26);
	ck_assert_uint_eq(health.polled, 28);
	health = run_parts(&o); /* nothing of it comes again */
	ck_assert_uint_eq(health.handled, 0);
	ck_assert_uint_eq(health.other_shard, 0);
}
END_TEST

static int find_sub_sequence(void *into, const struct kin_lease *lease)
{
	if (lease->sub_sequence > 0)
		*(uint64_t *)into = lease->sub_sequence;
	return 0;
}

/* The store keeps which record of the aggregate was the last one done. */
START_TEST(a_restart_inside_an_aggregate)
{
	struct kin_consumer_options o;
	struct kin_store *store;
	struct kin_error e;
	uint64_t sub = 0;

	forget();
	put_aggregate();
	options(&o);
	o.handler = handle_parts;
	o.batch_size = 3; /* 10, 11, and 13: 12 is not there */
	note.stop_at = 11;
	run_parts(&o);
	expect_seen(10, 2, 1);
	expect_seen(13, 1, 1);
	expect_seen(14, 4, 0);
	ck_assert_msg(kin_store_open(&store, store_uri, "test", &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(store->list(store->user, "test", find_sub_sequence, &sub, &e), KIN_OK);
	kin_store_free(store);
	ck_assert_uint_eq(sub, 3);
	note.stop_at = -1;
	run_parts(&o);
	expect_parts(1);
	ck_assert_int_eq(note.order_broken, 0);
}
END_TEST

static int handle_whole(void *user, struct kin_batch *batch)
{
	const struct kin_record *r = kin_batch_next(batch);
	int *seen = user;

	ck_assert_uint_eq(kin_batch_count(batch), 1);
	ck_assert_uint_eq(r->data_size, sizeof aggregate - 1);
	ck_assert_mem_eq(r->data, aggregate, sizeof aggregate - 1);
	ck_assert_str_eq(r->partition_key, "outer");
	ck_assert_uint_eq(r->sub_sequence, 0);
	++*seen;
	return KIN_OK;
}

START_TEST(aggregates_are_left_as_they_are)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health;
	int seen = 0;

	put_aggregate();
	options(&o);
	o.handler = handle_whole;
	o.user = &seen;
	o.deaggregate = false;
	health = run_parts(&o);
	ck_assert_int_eq(seen, 1);
	ck_assert_uint_eq(health.polled, 1);
	ck_assert_uint_eq(health.other_shard, 0);
}
END_TEST

/* The rule of the shard comes first: who filters for b is not told of b's records in a's shard. */
START_TEST(aggregates_are_filtered_by_their_parts)
{
	struct kin_consumer_options o;
	struct kin_consumer_health health;

	forget();
	put_aggregate();
	options(&o);
	o.handler = handle_parts;
	o.filter_criteria = "{\"Filters\":[{\"Pattern\":{\"partitionKey\":[\"c\",\"b\"]}}]}";
	health = run_parts(&o);
	expect_seen(11, 1, 1);
	expect_seen(16, 1, 1);
	ck_assert_uint_eq(health.handled, 2);
	ck_assert_uint_eq(health.other_shard, 2);
	ck_assert_uint_eq(health.filtered, 4);
}
END_TEST

START_TEST(a_reader_takes_aggregates_apart)
{
	static const int expected[] = { 10, 11, 13, 14, 16, 17, 20 };
	struct kin_reader *reader;
	const struct kin_record *r;
	struct kin_start start;
	struct kin_error e;
	size_t n = 0;

	put_aggregate();
	put("a", 20, 1);
	kin_start_init(&start);
	start.position = KIN_TRIM_HORIZON;
	start.until = KIN_UNTIL_LATEST;
	ck_assert_msg(kin_reader_open(&reader, client, "s", &start, &e) == KIN_OK, "%s", e.message);
	while (kin_reader_next(reader, &r, 50000, &e) == KIN_OK) {
		ck_assert_uint_lt(n, 7);
		ck_assert_int_eq(value(r), expected[n]);
		ck_assert_uint_eq(r->sub_sequence, n < 6 ? (uint64_t)expected[n] - 10 : 0);
		n++;
	}
	ck_assert_uint_eq(n, 7);
	kin_reader_close(reader);
}
END_TEST

static void add_aggregates(TCase *tcase)
{
	tcase_add_loop_test(tcase, aggregates_are_taken_apart, 0, 2);
	tcase_add_test(tcase, a_restart_inside_an_aggregate);
	tcase_add_test(tcase, aggregates_are_left_as_they_are);
	tcase_add_test(tcase, aggregates_are_filtered_by_their_parts);
	tcase_add_test(tcase, a_reader_takes_aggregates_apart);
}
#endif
