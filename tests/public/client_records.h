/* Records of a PutRecords are hashed while they are put in: what is signed must be what is sent, however the body came to
 * be; the mock hashes it as a whole.  Part of check_client.c. */

/* Sizes about the blocks of a hash, keys and hash keys of all kinds, so that the body grows by odd steps. */
static void add_odd_records(struct kin_call *call, int n)
{
	static const char *const keys[] = { "k", "thirteen-char", "quote\"d", "ke\xc3\xbd", "\\" };
	static const size_t sizes[] = { 0, 1, 55, 64, 100, 127, 1000, 5000, 3 };
	static char data[5000];

	for (int i = 0; i < n; i++) {
		struct kin_put_entry entry;

		kin_put_entry_init(&entry);
		entry.key = keys[i % 5];
		entry.key_size = strlen(entry.key);
		entry.hash_key = i % 7 == 3 ? "12345678901234567890" : NULL;
		entry.data = data;
		entry.data_size = sizes[i % 9];
		memset(data, i, sizeof data);
		OK(kin_call_add_record(call, &entry, &error));
	}
}

static void put_odd_records(struct kin_client *of, int n)
{
	struct kin_call *call = on_stream(of, "PutRecords");
	uint64_t before = stats().records_stored;

	add_odd_records(call, n);
	OK(kin_call_wait(call, 10000, &error));
	ck_assert_uint_eq(stats().records_stored, before + (uint64_t)n);
	kin_call_free(call);
}

START_TEST(odd_records)
{
	for (int n = 1; n < 48; n++)
		put_odd_records(client, n);
	put_odd_records(client, 500);
}
END_TEST

START_TEST(odd_records_again)
{
	fault("PutRecords:error500:count=2");
	put_odd_records(client, 20);
}
END_TEST

/* The list is ended for each start; one that was refused may be made whole. */
START_TEST(odd_records_completed)
{
	struct kin_call *call = call_of(client, "PutRecords");

	add_odd_records(call, 9);
	ck_assert_int_eq(kin_call_wait(call, 10000, &error), KIN_INVALID);
	add_odd_records(call, 9);
	set(call, "StreamName", "s");
	OK(kin_call_wait(call, 10000, &error));
	ck_assert_uint_eq(stats().records_stored, 18);
	kin_call_free(call);
}
END_TEST

START_TEST(odd_records_replaced)
{
	struct kin_call *call = on_stream(client, "PutRecords");

	add_odd_records(call, 20);
	OK(kin_call_set_json(call, "Records", "[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}]", &error));
	OK(kin_call_wait(call, 10000, &error));
	ck_assert_uint_eq(stats().records_stored, 1);
	kin_call_free(call);
}
END_TEST

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open, passed;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void wait_at_gate(void *user, struct kin_call *call, int code)
{
	(void)user, (void)call, (void)code;
	pthread_mutex_lock(&gate.lock);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.passed = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.passed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

/* Another call is under way until its function returns: then bodies are hashed when they are sent. */
START_TEST(odd_records_in_company)
{
	struct kin_call *other = call_of(client, "ListStreams");

	gate.open = gate.passed = false;
	OK(kin_call_start(other, wait_at_gate, NULL, &error));
	put_odd_records(client, 20);
	open_gate();
	kin_call_free(other);
	put_odd_records(client, 20);
}
END_TEST

static void add_records(TCase *tcase)
{
	tcase_add_test(tcase, odd_records);
	tcase_add_test(tcase, odd_records_again);
	tcase_add_test(tcase, odd_records_completed);
	tcase_add_test(tcase, odd_records_replaced);
	tcase_add_test(tcase, odd_records_in_company);
}
