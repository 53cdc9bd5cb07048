/* Part of check_producer: faults that are overcome, attempts, records that expire, what is refused for good. */

static const struct {
	const char *fault;
	int stored_least, stored_most, attempts_least; /* copies in the stream; attempts of some record */
	bool failed;                                   /* whole requests */
} faults[] = {
	{ "PutRecords:throttle:count=1", 100, 100, 2, true },
	{ "PutRecords:error500:count=2", 100, 100, 3, true },
	{ "PutRecords:error503:count=1", 100, 100, 2, true },
	{ "PutRecords:drop:count=1", 100, 100, 2, true },
	{ "PutRecords:drop_after:count=1", 200, 200, 2, true },
	{ "PutRecords:truncate:count=1", 200, 200, 2, true },
	{ "PutRecords:partial:share=0.5:count=3", 100, 200, 2, false },
	{ "PutRecords:latency:ms=100:count=1", 100, 100, 1, false },
};

START_TEST(faults_are_overcome)
{
	uint32_t attempts = 0;

	fault(faults[_i].fault);
	open_it();
	put_many(0, 100);
	flush_all();
	expect(0, 100, KIN_OK, KIN_STORED);
	for (int i = 0; i < 100; i++)
		attempts = seats[i].attempts > attempts ? seats[i].attempts : attempts;
	ck_assert_int_ge((int)attempts, faults[_i].attempts_least);
	ck_assert_int_ge((int)stored_in_mock(), faults[_i].stored_least);
	ck_assert_int_le((int)stored_in_mock(), faults[_i].stored_most);
	ck_assert_int_eq(stats_now().requests_failed > 0, faults[_i].failed);
	ck_assert_int_eq(stats_now().retried > 0, faults[_i].attempts_least > 1);
	close_it(KIN_OK);
}
END_TEST

static const struct {
	const char *fault;
	int code, http_status;
	const char *aws_code;
} told[] = {
	{ "PutRecords:throttle:count=2", KIN_THROTTLED, 400, "ProvisionedThroughputExceededException" },
	{ "PutRecords:error500:count=2", KIN_REFUSED, 500, "InternalFailureException" },
	{ "PutRecords:drop:count=2", KIN_NETWORK, 0, "" },
	{ "PutRecords:throttle:shard=shardId-000000000000:count=2", KIN_THROTTLED, 200,
	  "ProvisionedThroughputExceededException" }, /* the entry, for its shard */
};

/* Each attempt with its code and its time, in turn. */
START_TEST(attempts_are_told)
{
	static char text[200];

	fault(told[_i].fault);
	fault("PutRecords:latency:ms=30");
	open_it();
	put_many(0, 1);
	flush_all();
	expect(0, 1, KIN_OK, KIN_STORED);
	ck_assert_uint_eq(seats[0].attempts, 3);
	for (int i = 0; i < 3; i++) {
		const struct kin_attempt *attempt = &seats[0].history[i];

		snprintf(text, sizeof text, "%d %d %s", attempt->code, attempt->http_status,
		         seats[0].aws_codes[i]);
		if (i < 2)
			ck_assert_msg(attempt->code == told[_i].code &&
			                              attempt->http_status == told[_i].http_status &&
			                              strcmp(seats[0].aws_codes[i], told[_i].aws_code) == 0,
			              "%s", text);
		else
			ck_assert_msg(attempt->code == KIN_OK && attempt->http_status == 200 &&
			                              !seats[0].aws_codes[i][0] &&
			                              attempt->duration_us >= 30000,
			              "%s", text);
		if (i > 0) /* it waited for the answer before */
			ck_assert_int_ge(attempt->sent_ms - seats[0].history[i - 1].sent_ms,
			                 (int64_t)seats[0].history[i - 1].duration_us / 1000 - 1);
	}
	close_it(KIN_OK);
}
END_TEST

static const struct {
	const char *fault;
	int status;
	const char *aws_code;
} ends[] = {
	{ "PutRecords:throttle", KIN_NOT_SENT, "ProvisionedThroughputExceededException" },
	{ "PutRecords:drop_after", KIN_POSSIBLY_STORED, "" },
};

START_TEST(ttl_ends_it)
{
	int64_t begin = now_ms();

	fault(ends[_i].fault);
	options.record_ttl_ms = 2000; /* time for an attempt, on a busy machine too */
	open_it();
	put_many(0, 10);
	flush_all();
	ck_assert_int_ge(now_ms() - begin, 1990);
	expect(0, 10, KIN_EXPIRED, ends[_i].status);
	ck_assert_int_eq(seats[0].error.code, KIN_EXPIRED);
	ck_assert_str_eq(seats[0].error.aws_code, ends[_i].aws_code);
	ck_assert_ptr_nonnull(strstr(seats[0].error.message, "2000 ms"));
	put_many(10, 1); /* and close says that this one was given up */
	ck_assert_int_eq(kin_producer_close(producer, 20000, &error), KIN_EXPIRED);
	ck_assert_ptr_nonnull(strstr(error.message, "1 record"));
	ck_assert_int_eq(seats[10].code, KIN_EXPIRED); /* perhaps never sent: failures make a pause */
}
END_TEST

START_TEST(ttl_of_its_own)
{
	struct kin_put_entry entry;
	int64_t begin;

	options.linger_ms = 60000;
	options.record_ttl_ms = 600000;
	open_it();
	put_many(0, 1);
	kin_put_entry_init(&entry);
	entry.key = "k";
	entry.key_size = 1;
	entry.ttl_ms = 150;
	begin = now_ms();
	ck_assert_int_eq(kin_producer_put_entry(producer, &entry, &seats[1], 0, &error), KIN_OK);
	await_reports(1);
	ck_assert_int_ge(now_ms() - begin, 145);
	expect(1, 1, KIN_EXPIRED, KIN_NOT_SENT);
	ck_assert_uint_eq(seats[1].attempts, 0);
	ck_assert_int_eq(seats[0].reports, 0);
	close_it(KIN_EXPIRED);
	expect(0, 1, KIN_OK, KIN_STORED);
}
END_TEST

START_TEST(no_such_stream)
{
	options.stream = "nowhere";
	open_it();
	put_many(0, 5);
	flush_all();
	expect(0, 5, KIN_NOT_FOUND, KIN_NOT_SENT);
	ck_assert_str_eq(seats[0].error.aws_code, "ResourceNotFoundException");
	put_many(5, 1);
	close_it(KIN_NOT_FOUND);
}
END_TEST

START_TEST(wrong_secret)
{
	kin_client_close(client);
	client = new_client("not-the-secret", 20000);
	open_it();
	put_many(0, 5);
	close_it(KIN_CREDENTIALS);
	expect(0, 5, KIN_CREDENTIALS, KIN_NOT_SENT);
	ck_assert_uint_eq(stored_in_mock(), 0);
}
END_TEST
