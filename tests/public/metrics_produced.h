/* Part of check_metrics: what a producer tells of its costs and of its shards. */

static const struct kin_producer_shard *shard_of(const struct kin_producer_snapshot *snapshot, const char *id)
{
	const struct kin_producer_shard *shard;

	for (size_t i = 0; (shard = kin_producer_snapshot_shard(snapshot, i)); i++)
		if (strcmp(shard->shard_id, id) == 0)
			return shard;
	return NULL;
}

static void put_to(struct kin_producer *producer, const char *hash_key, size_t bytes, int n)
{
	static char data[60000];
	struct kin_put_entry entry;

	kin_put_entry_init(&entry);
	entry.key = "key";
	entry.key_size = 3;
	entry.hash_key = hash_key;
	entry.data = data;
	entry.data_size = bytes - 3;
	for (int i = 0; i < n; i++)
		OK(kin_producer_put_entry(producer, &entry, NULL, -1, &error));
}

#define LAST "340282366920938463463374607431768211455"

/* What it costs: each begun 25 KiB of data and key, and requests; and which shards it went to. */
START_TEST(a_producer_tells_of_costs_and_shards)
{
	static struct text text;
	struct kin_producer_options p;
	struct kin_producer *producer;
	struct kin_producer_snapshot *snapshot;
	const struct kin_producer_shard *first, *last;
	struct kin_metrics_handles handles = { .size = sizeof handles,
		                               .producers = &producer,
		                               .producers_n = 1 };

	memset(&text, 0, sizeof text);
	kin_producer_options_init(&p);
	p.stream = "s";
	p.linger_ms = 60000;
	OK(kin_producer_open(&producer, client, &p, &error));
	put_to(producer, "0", 25600, 1);
	put_to(producer, "0", 25601, 1);
	put_to(producer, LAST, 3, 2);
	put_to(producer, LAST, 51200, 1);
	OK(kin_producer_flush(producer, -1, &error));
	OK(kin_producer_snapshot(producer, &snapshot, &error));
	ck_assert_uint_eq(snapshot->stats->stream_records, 5);
	ck_assert_uint_eq(snapshot->stats->payload_units, 1 + 2 + 2 * 1 + 2);
	ck_assert_int_eq(snapshot->requests_per_million, 200000);
	ck_assert_int_eq(snapshot->aggregation_milli, 1000);
	ck_assert_uint_eq(snapshot->holds.count, 1);
	ck_assert_uint_eq(snapshot->reports.count, 1);
	ck_assert_uint_ge(snapshot->reports.max_us, snapshot->requests.max_us);
	ck_assert_uint_eq(snapshot->shards_n, 2);
	ck_assert_ptr_null(kin_producer_snapshot_shard(snapshot, 2));
	first = shard_of(snapshot, "shardId-000000000000");
	last = shard_of(snapshot, "shardId-000000000001");
	ck_assert_uint_eq(first->size, sizeof *first);
	ck_assert_uint_eq(first->records, 2);
	ck_assert_uint_eq(first->bytes, 51201);
	ck_assert_int_eq(first->pace_percent, -1);
	ck_assert_uint_eq(last->records, 3);
	ck_assert_uint_eq(last->stream_records, 3);
	ck_assert_uint_eq(last->bytes, 51206);
	ck_assert_uint_eq(last->requests.count, 1);
	ck_assert_uint_eq(last->requests.max_us, snapshot->requests.max_us);
	OK(kin_metrics_write(&handles, keep, &text, &error));
	ck_assert_ptr_nonnull(strstr(text.at, "\nkinstream_producer_shard_stored_bytes_total{stream=\"s\","
	                                      "shard=\"shardId-000000000001\"} 51206\n"));
	text.n = 0;
	handles.without_shards = true;
	OK(kin_metrics_write(&handles, keep, &text, &error));
	text.at[text.n] = 0;
	ck_assert_ptr_null(strstr(text.at, "shard="));
	OK(kin_producer_close(producer, -1, &error));
	kin_producer_snapshot_free(snapshot);
}
END_TEST

/* A shard that throttles is named, and so is what its pace is then. */
START_TEST(a_producer_tells_of_a_throttled_shard)
{
	struct kin_producer_options p;
	struct kin_producer *producer;
	struct kin_producer_snapshot *snapshot;
	const struct kin_producer_shard *first, *last;

	kin_producer_options_init(&p);
	p.stream = "s";
	p.aggregate = true;
	p.linger_ms = 60000;
	p.rate_percent = 80;
	OK(kin_producer_open(&producer, client, &p, &error));
	fault("PutRecords:throttle:shard=shardId-000000000001:count=1");
	put_to(producer, "0", 10, 40);
	put_to(producer, LAST, 10, 60);
	OK(kin_producer_flush(producer, -1, &error));
	OK(kin_producer_snapshot(producer, &snapshot, &error));
	first = shard_of(snapshot, "shardId-000000000000");
	last = shard_of(snapshot, "shardId-000000000001");
	ck_assert_uint_eq(first->records, 40);
	ck_assert_uint_eq(first->throttled, 0);
	ck_assert_int_eq(first->pace_percent, 80);
	ck_assert_uint_eq(last->records, 60);
	ck_assert_uint_eq(last->throttled, 60);
	ck_assert_uint_eq(last->requests.count, 2);
	ck_assert_int_ge(last->pace_percent, 40); /* it comes back from there */
	ck_assert_int_lt(last->pace_percent, 80);
	ck_assert_uint_eq(snapshot->stats->stored, 100);
	ck_assert_uint_eq(snapshot->stats->stream_records, 2);
	ck_assert_uint_eq(snapshot->stats->payload_units, 2);
	ck_assert_int_eq(snapshot->aggregation_milli, 50000);
	kin_producer_snapshot_free(snapshot);
	OK(kin_producer_close(producer, -1, &error));
	kin_mock_heal(mock);
}
END_TEST
