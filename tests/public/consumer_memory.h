/* The consumer's memory, for check_consumer: four shards with big records, three of them blocked. */
#ifndef CONSUMER_MEMORY_H
#define CONSUMER_MEMORY_H

enum { BIG_BYTES = 200000, BIG_RECORDS = 8, BIG_SHARDS = 4, BIG_SICK_FROM = 6 };

static struct {
	pthread_mutex_t lock;
	bool healed;
	int seen[BIG_SHARDS][BIG_RECORDS];
} big = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void put_big(int shard, int n)
{
	static char data[BIG_BYTES];
	static const char *const hashes[BIG_SHARDS] = { "0", "100000000000000000000000000000000000000",
		                                        "200000000000000000000000000000000000000",
		                                        "300000000000000000000000000000000000000" };
	struct kin_call *call;
	struct kin_error e;

	memset(data, '0' + shard * BIG_RECORDS + n, sizeof data);
	ck_assert_int_eq(kin_call_new(&call, client, "PutRecord", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "StreamName", "big", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "PartitionKey", "k", &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_text(call, "ExplicitHashKey", hashes[shard], &e), KIN_OK);
	ck_assert_int_eq(kin_call_set_data(call, "Data", data, sizeof data, &e), KIN_OK);
	ck_assert_msg(kin_call_wait(call, -1, &e) == KIN_OK, "%s", e.message);
	kin_call_free(call);
}

/* The last records of each shard but shard 0 fail until all is healed; every byte is looked at each time. */
static int handle_big(void *user, struct kin_batch *batch)
{
	const struct kin_record *r;
	int code = KIN_OK;

	(void)user;
	pthread_mutex_lock(&big.lock);
	while (code == KIN_OK && (r = kin_batch_next(batch))) {
		const char *data = r->data;
		int at = data[0] - '0', shard = at / BIG_RECORDS, n = at % BIG_RECORDS;

		ck_assert_uint_eq(r->data_size, BIG_BYTES);
		ck_assert(memcmp(data, data + 1, BIG_BYTES - 1) == 0);
		ck_assert_str_eq(r->partition_key, "k");
		ck_assert_uint_eq(strlen(r->sequence_number), r->sequence_number_size);
		if (shard > 0 && n >= BIG_SICK_FROM && !big.healed)
			code = kin_batch_fail(batch, r, "sick");
		else
			big.seen[shard][n]++;
	}
	pthread_mutex_unlock(&big.lock);
	return code;
}

static bool seen_big(int shard, int n)
{
	for (int i = 0; i < 4000; i++) {
		pthread_mutex_lock(&big.lock);
		bool seen = big.seen[shard][n] > 0;
		pthread_mutex_unlock(&big.lock);
		if (seen)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

/* Three blocked shards would hold more than the buffer may: the fourth one is read all the same, and what
 * was copied out or read again is what was put. */
START_TEST(blocked_shards_leave_room)
{
	struct kin_consumer_options o;
	struct kin_consumer_health h = { .size = sizeof h };
	struct kin_consumer *c;
	struct kin_error e;

	for (int shard = 1; shard < BIG_SHARDS; shard++)
		for (int n = 0; n < BIG_RECORDS; n++)
			put_big(shard, n);
	options(&o);
	o.stream = "big";
	o.until = KIN_UNTIL_NEVER;
	o.handler = handle_big;
	o.buffer_bytes_max = 1048576;
	o.retry_base_ms = o.retry_max_ms = 500;
	ck_assert_msg(kin_consumer_open(&c, client, &o, &e) == KIN_OK, "%s", e.message);
	for (int shard = 1; shard < BIG_SHARDS; shard++)
		ck_assert_msg(seen_big(shard, BIG_SICK_FROM - 1), "shard %d was not read", shard);
	for (int n = 0; n < BIG_RECORDS; n++) {
		put_big(0, n);
		ck_assert_msg(seen_big(0, n), "record %d of the healthy shard is not handled", n);
	}
	ck_assert_int_eq(kin_consumer_health(c, &h, &e), KIN_OK);
	ck_assert_uint_gt(h.given_back, 0);
	ck_assert_uint_eq(h.polled, h.handled + h.on_failure + h.dropped + h.buffered + h.given_back);
	pthread_mutex_lock(&big.lock);
	big.healed = true;
	pthread_mutex_unlock(&big.lock);
	for (int shard = 0; shard < BIG_SHARDS; shard++)
		ck_assert_msg(seen_big(shard, BIG_RECORDS - 1), "shard %d is blocked still", shard);
	ck_assert_msg(kin_consumer_close(c, 50000, &e) == KIN_OK, "%s", e.message);
	for (int shard = 0; shard < BIG_SHARDS; shard++)
		for (int n = 0; n < BIG_RECORDS; n++)
			ck_assert_int_eq(big.seen[shard][n], 1);
}
END_TEST
#endif
