/* The largest records that there are, for check_consumer: larger than a batch's 6 MiB, and in a buffer that holds two. */
#ifndef CONSUMER_LARGE_H
#define CONSUMER_LARGE_H

enum { HUGE_BYTES = 10485759, HUGE_RECORDS = 5 };

static int handle_huge(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int *seen = user;

	ck_assert_uint_eq(kin_batch_count(batch), 1); /* what is larger than a batch comes alone */
	while ((r = kin_batch_next(batch))) {
		const char *data = r->data;

		ck_assert_uint_eq(r->data_size, HUGE_BYTES);
		ck_assert_int_eq(data[0], '0' + (*seen)++);
		ck_assert(memcmp(data, data + 1, HUGE_BYTES - 1) == 0);
	}
	return KIN_OK;
}

START_TEST(the_largest_records_are_handled)
{
	static char data[HUGE_BYTES];
	struct kin_producer_options put;
	struct kin_producer *p;
	struct kin_consumer_options o;
	struct kin_call *call;
	struct kin_error e;
	int seen = 0;

	ck_assert_int_eq(kin_call_new(&call, client, "CreateStream", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "huge", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_integer(call, "ShardCount", 1, &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_integer(call, "MaxRecordSizeInKiB", 10240, &e), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &e) == KIN_OK, "%s", e.message);
	kin_call_free(call);
	kin_producer_options_init(&put);
	put.stream = "huge";
	put.requests_max = 1; /* in order */
	ck_assert_msg(kin_producer_open(&p, client, &put, &e) == KIN_OK, "%s", e.message);
	for (int i = 0; i < HUGE_RECORDS; i++) {
		memset(data, '0' + i, sizeof data);
		ck_assert_msg(kin_producer_put(p, "k", 1, data, sizeof data, -1, &e) == KIN_OK, "%s",
		              e.message);
	}
	ck_assert_msg(kin_producer_close(p, -1, &e) == KIN_OK, "%s", e.message);
	options(&o);
	o.stream = "huge";
	o.buffer_bytes_max = 2 * (HUGE_BYTES + 1);
	o.handler = handle_huge;
	o.user = &seen;
	ck_assert_msg(kin_consumer_run(client, &o, &e) == KIN_OK, "%s", e.message);
	ck_assert_int_eq(seen, HUGE_RECORDS);
}
END_TEST
#endif
