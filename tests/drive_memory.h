/* Part of check_drive: what a producer keeps for its next records, and that it gives it back. */

/* Of the room above; nothing here fails by name. */
const char *kin_code_name(int code)
{
	(void)code;
	return "KIN_?";
}

enum { BURST_REQUESTS = 15, BURST_EACH = 2, BURST_BYTES = 10000 };

static const char burst_answer[] = "{\"FailedRecordCount\":0,\"Records\":["
				   "{\"SequenceNumber\":\"1\",\"ShardId\":\"s\"},"
				   "{\"SequenceNumber\":\"2\",\"ShardId\":\"s\"}]}";

static atomic_bool burst_held; /* no report is made: all records stay */

static void burst_report(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	(void)delivery;
	while (burst_held)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static struct kin__produce *burst_open(void)
{
	static struct line script[SCRIPT_MAX];
	struct kin__produce_options o = { .stream = "s",
		                          .record_bytes_max = 1048576,
		                          .on_delivery = burst_report };
	struct kin__produce *made;

	for (int i = 0; i < SCRIPT_MAX; i++)
		script[i] = (struct line){ 200, "", burst_answer };
	service.script = script;
	kin__producer_settings_init(&o.machine);
	o.machine.request_records_max = BURST_EACH;
	o.machine.requests_max = 1; /* the service takes one connection after the other */
	o.machine.linger_us = 10000;
	ck_assert_int_eq(kin__produce_open(&made, core, &o, NULL), KIN_OK);
	return made;
}

static void burst_put(struct kin__produce *produce, int n)
{
	static const char bytes[BURST_BYTES];
	const struct kin_put_entry entry = {
		.key = "k", .key_size = 1, .data = bytes, .data_size = sizeof bytes
	};

	for (int i = 0; i < n; i++) {
		struct kin__produce_patience patience = { .timeout_ms = -1 };
		size_t accepted = 0;

		ck_assert_int_eq(kin__produce_put(produce, &entry, 1, &accepted, &patience, NULL), KIN_OK);
	}
}

struct burst_kept {
	uint64_t memory;
	uint32_t spares, open, idle; /* open: a slot fills it */
};

static struct burst_kept burst_look(struct kin__produce *produce)
{
	struct burst_kept kept;

	pthread_mutex_lock(&produce->inbox.lock);
	kin__produce_gather(produce);
	kept = (struct burst_kept){ .memory = produce->inbox.memory,
		                    .spares = produce->inbox.spares_n,
		                    .idle = produce->inbox.idle_n };
	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++)
		kept.open += produce->slots[i].chunk != NULL;
	pthread_mutex_unlock(&produce->inbox.lock);
	return kept;
}

/* A burst, then one request more: the memory of the burst, what is kept behind it and behind that request.  false: it
 * took so long that some of it may have been given back meanwhile. */
static bool burst_pass(struct kin__produce *produce, struct burst_kept kept[3])
{
	uint64_t began;

	service.asked = 0;
	burst_held = true;
	burst_put(produce, BURST_REQUESTS * BURST_EACH);
	kept[0] = burst_look(produce);
	began = kin__clock_us();
	burst_held = false;
	ck_assert_int_eq(kin__produce_flush(produce, 50000, NULL), KIN_OK);
	kept[1] = burst_look(produce);
	burst_put(produce, BURST_EACH);
	ck_assert_int_eq(kin__produce_flush(produce, 50000, NULL), KIN_OK);
	kept[2] = burst_look(produce);
	return kin__clock_us() - began < KIN__PRODUCE_KEEP_US;
}

/* After a burst its memory serves the next records; a second or two later all but one chunk is given back. */
START_TEST(memory_after_a_burst)
{
	struct kin__produce *produce = burst_open();
	struct burst_kept passed[3], full, kept;

	for (int tries = 1; !burst_pass(produce, passed); tries++) /* a busy machine needs another try */
		ck_assert_msg(tries < 50, "16 small requests took longer than %d us, 50 times",
		              KIN__PRODUCE_KEEP_US);
	full = passed[0];
	kept = passed[1];
	ck_assert_uint_ge(full.memory, 2 * KIN__PRODUCE_CHUNK);
	ck_assert_uint_eq(kept.memory, full.memory);
	ck_assert_uint_eq(kept.spares + kept.open, full.memory / KIN__PRODUCE_CHUNK);
	ck_assert_uint_ge(kept.idle, 1);
	ck_assert_uint_eq(passed[2].memory, full.memory);
	for (int i = 0; i < 2000 && (kept.memory > KIN__PRODUCE_CHUNK || kept.idle > 0); i++) {
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		kept = burst_look(produce);
	}
	ck_assert_uint_eq(kept.spares, 0);
	ck_assert_uint_eq(kept.idle, 0);
	ck_assert_uint_le(kept.memory,
	                  KIN__PRODUCE_CHUNK); /* that of the first slot, which goes on being filled */
	ck_assert_int_eq(kin__produce_close(produce, 20000, NULL), KIN_OK);
}
END_TEST

/* The size of a chunk tells whether it is a large record's own: no record may need just that of the others. */
START_TEST(no_large_record_looks_like_a_chunk)
{
	struct kin__produce *produce = burst_open();
	struct kin_put_entry entry = { .size = sizeof entry, .key = "k", .key_size = 1 };
	size_t near = 0;

	for (entry.data_size = KIN__PRODUCE_CHUNK - 1024; entry.data_size < KIN__PRODUCE_CHUNK + 64;
	     entry.data_size++) {
		size_t size = kin__produce_record_size(produce, &entry, kin__span("k", 1));

		ck_assert_uint_ne(size, KIN__PRODUCE_CHUNK);
		near += size == KIN__PRODUCE_CHUNK + 16;
	}
	ck_assert_uint_gt(near, 0);
	ck_assert_int_eq(kin__produce_close(produce, 20000, NULL), KIN_OK);
}
END_TEST

static TCase *memory_case(void)
{
	TCase *made = tcase_create("memory");

	tcase_set_timeout(made, 60);
	tcase_add_checked_fixture(made, setup, teardown);
	tcase_add_test(made, memory_after_a_burst);
	tcase_add_test(made, no_large_record_looks_like_a_chunk);
	return made;
}
