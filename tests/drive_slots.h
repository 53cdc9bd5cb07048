/* Part of check_drive: records put by several threads, each in a slot of its own: their order, the bounds, and what a
 * flush, a close and the counts know of them. */
#include <sched.h>

enum { SLOTS_PUT = 1000, SLOTS_REQUEST = 100, SLOTS_DATA = 10 };

/* A service that refuses each request, so that all its records are reported, in order. */
static const char slots_refusal[] = "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}";

static struct {
	int tokens[SLOTS_PUT]; /* as they were reported */
	atomic_int n, released;
	atomic_bool held; /* no report is made */
} told_of;

static void slots_report(void *user, const struct kin_delivery *delivery)
{
	(void)user;
	while (told_of.held)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	if (told_of.n < SLOTS_PUT)
		told_of.tokens[told_of.n] = (int)(intptr_t)delivery->token;
	told_of.n++;
}

/* Nothing leaves before SLOTS_REQUEST records are there, but by a flush. */
static struct kin__produce_options slots_options(void)
{
	static struct line script[SCRIPT_MAX];
	struct kin__produce_options o = { .stream = "s", .on_delivery = slots_report };

	for (int i = 0; i < SCRIPT_MAX; i++)
		script[i] = (struct line){ 400, "", slots_refusal };
	service.script = script;
	told_of.n = told_of.released = 0;
	told_of.held = false;
	kin__producer_settings_init(&o.machine);
	o.machine.request_records_max = SLOTS_REQUEST;
	o.machine.requests_max = 1;
	o.machine.linger_us = 60000000;
	return o;
}

static struct kin__produce *slots_open(const struct kin__produce_options *o)
{
	struct kin__produce *made;

	ck_assert_int_eq(kin__produce_open(&made, core, o, NULL), KIN_OK);
	return made;
}

/* This thread goes on to that slot, as it does when it finds the others taken. */
static void slots_choose(uint32_t slot)
{
	static const struct kin_put_entry entry = { .size = sizeof entry, .key = "k", .key_size = 1 };
	struct kin__produce *empty = calloc(1, sizeof *empty);

	ck_assert_ptr_nonnull(empty);
	ck_assert(kin__produce_slots_init(empty));
	for (uint32_t i = 0; i < KIN__PRODUCE_SLOTS; i++)
		if (i != slot)
			pthread_mutex_lock(&empty->slots[i].lock);
	ck_assert_uint_eq(kin__produce_put_granted(empty, &entry, 1), 0);
	ck_assert_ptr_eq(kin__produce_my_slot(empty), &empty->slots[slot]);
	for (uint32_t i = 0; i < KIN__PRODUCE_SLOTS; i++)
		if (i != slot)
			pthread_mutex_unlock(&empty->slots[i].lock);
	kin__produce_slots_fini(empty);
	free(empty);
}

static void slots_release(void *user, void *data)
{
	(void)user;
	(void)data;
	told_of.released++;
}

/* Tokens from `first` on, in one call; gives the code, and adds to *accepted. */
static int slots_put(struct kin__produce *produce, int first, size_t n, int64_t timeout_ms, bool given,
                     size_t *accepted, struct kin_error *error)
{
	static char data[SLOTS_DATA];
	struct kin__produce_patience patience = { .timeout_ms = timeout_ms };
	struct kin_put_entry entries[16] = { { .size = 0 } };

	ck_assert_uint_le(n, KIN__ARRAY_LEN(entries));
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct kin_put_entry){ .size = sizeof entries[i],
			                             .key = "k",
			                             .key_size = 1,
			                             .data = data,
			                             .data_size = sizeof data,
			                             .release = given ? slots_release : NULL,
			                             .token = (void *)(intptr_t)(first + (int)i) };
	return kin__produce_put(produce, entries, n, accepted, &patience, error);
}

static void slots_put_fine(struct kin__produce *produce, int first, size_t n)
{
	size_t accepted = 0;

	ck_assert_int_eq(slots_put(produce, first, n, -1, false, &accepted, NULL), KIN_OK);
	ck_assert_uint_eq(accepted, n);
}

static void slots_close(struct kin__produce *produce)
{
	/* The service refused all of them: the close says so. */
	ck_assert_int_ne(kin__produce_close(produce, 20000, NULL), KIN_TIMEOUT);
}

static void slots_wait_told(int n)
{
	for (int i = 0; i < 3000 && told_of.n < n; i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	ck_assert_int_eq(told_of.n, n);
}

static uint64_t slots_granted(struct kin__produce *produce)
{
	uint64_t granted;

	pthread_mutex_lock(&produce->inbox.lock);
	granted = produce->inbox.granted;
	pthread_mutex_unlock(&produce->inbox.lock);
	return granted;
}

/* Of two puts, one after the other, the first one comes first, whichever slots they are in; and without a flush or a
 * pause each hundred leaves when it is full. */
START_TEST(slots_keep_the_order)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce = slots_open(&o);
	struct kin__rng rng = { .state = (uint64_t)_i };

	for (int at = 0; at < SLOTS_PUT;) {
		size_t left = SLOTS_PUT - (size_t)at, n = 1 + kin__rng_below(&rng, _i % 2 ? 16 : 2);

		n = n < left ? n : left;
		slots_choose((uint32_t)kin__rng_below(&rng, KIN__PRODUCE_SLOTS));
		slots_put_fine(produce, at, n);
		at += (int)n;
	}
	slots_choose(0);
	slots_wait_told(SLOTS_PUT);
	for (int i = 0; i < SLOTS_PUT; i++)
		ck_assert_msg(told_of.tokens[i] == i, "seed %d: the report at %d is of the put at %d", _i, i,
		              told_of.tokens[i]);
	slots_close(produce);
}
END_TEST

/* The loop is woken by the record that fills a request, whichever slots the others lie in: all of it leaves in one. */
START_TEST(slots_fill_a_request)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce;

	if (_i == 1) { /* by its bytes */
		o.machine.request_records_max = 500;
		o.machine.request_bytes_max = (uint64_t)SLOTS_REQUEST * (SLOTS_DATA + 1);
	}
	produce = slots_open(&o);
	for (int at = 0; at < SLOTS_REQUEST; at++) {
		ck_assert_int_eq(service.asked, 0);
		slots_choose((uint32_t)at * 7 % KIN__PRODUCE_SLOTS);
		slots_put_fine(produce, at, 1);
	}
	slots_choose(0);
	if (_i == 1) /* a record more shows that it is full */
		slots_put_fine(produce, SLOTS_REQUEST, 1);
	slots_wait_told(SLOTS_REQUEST);
	ck_assert_int_eq(service.asked, 1);
	slots_close(produce);
}
END_TEST

/* A thread that puts on is granted some at a time; the others would be worth little if it were not. */
START_TEST(slots_are_granted_some)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce = slots_open(&o);
	uint64_t granted = 0;

	for (int at = 0; at < SLOTS_PUT && granted == 0; at++) { /* the loop may revoke it at any time */
		slots_put_fine(produce, at, 1);
		granted = slots_granted(produce);
	}
	ck_assert_uint_gt(granted, 0);
	slots_close(produce);
}
END_TEST

/* What was granted to one slot and not used is room for the others; and no record more than there is room for. */
START_TEST(slots_bounds_are_exact)
{
	struct kin__produce_options o = slots_options();
	struct kin_error error = { 0 };
	struct kin__produce *produce;
	struct kin_producer_stats stats = { 0 };
	size_t accepted = 0;
	uint32_t slot = 0;

	if (_i == 0)
		o.machine.buffer_records_max = 50;
	else
		o.machine.buffer_bytes_max = (uint64_t)50 * (SLOTS_DATA + 1) + SLOTS_DATA;
	produce = slots_open(&o);
	for (slot = 1; slot < KIN__PRODUCE_SLOTS; slot++) {
		slots_choose(slot);
		ck_assert_int_eq(slots_put(produce, 0, 1, 0, false, &accepted, NULL), KIN_OK);
	}
	slots_choose(0);
	while (slots_put(produce, 0, 1, 0, false, &accepted, &error) == KIN_OK)
		ck_assert_uint_le(accepted, 50);
	ck_assert_uint_eq(accepted, 50);
	ck_assert_int_eq(error.code, KIN_FULL);
	ck_assert_msg(strstr(error.message, _i == 0 ? "50 of 50 records" : "550 of 560 bytes"), "%s",
	              error.message);
	for (slot = 0; slot < KIN__PRODUCE_SLOTS; slot++) {
		slots_choose(slot);
		ck_assert_int_eq(slots_put(produce, 0, 1, 0, false, &accepted, NULL), KIN_FULL);
		ck_assert_int_eq(slots_put(produce, 0, 1, 1, false, &accepted, NULL), KIN_TIMEOUT);
	}
	slots_choose(0);
	kin__produce_stats(produce, &stats);
	ck_assert_uint_eq(stats.accepted, 50);
	ck_assert_uint_eq(stats.buffered, 50);
	ck_assert_uint_eq(stats.buffered_bytes, (uint64_t)50 * (SLOTS_DATA + 1));
	slots_close(produce);
	ck_assert_int_eq(told_of.n, 50);
}
END_TEST

static void *slots_put_and_end(void *user)
{
	slots_choose(2);
	slots_put_fine(user, 0, 1);
	slots_put_fine(user, 1, 2);
	return NULL;
}

/* A flush and the counts know of what lies in the slots, also when the thread that put it has ended; what was given
 * away there is released, and nobody puts there once the producer is closing. */
START_TEST(slots_of_threads_that_ended)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce = slots_open(&o);
	struct kin_producer_stats stats = { 0 };
	size_t accepted = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, slots_put_and_end, produce), 0);
	pthread_join(thread, NULL);
	kin__produce_stats(produce, &stats);
	ck_assert_uint_eq(stats.accepted, 3);
	ck_assert_uint_eq(stats.buffered, 3);
	ck_assert_uint_eq(stats.buffered_bytes, 3 * (SLOTS_DATA + 1));
	ck_assert_uint_eq(slots_granted(produce), 0);
	ck_assert_int_eq(kin__produce_flush(produce, 20000, NULL), KIN_OK);
	ck_assert_int_eq(told_of.n, 3);
	slots_put_fine(produce, 3, 1);
	slots_put_fine(produce, 4, 1);
	told_of.held = true;
	ck_assert_int_eq(kin__produce_close(produce, 0, NULL), KIN_TIMEOUT);
	ck_assert_int_eq(slots_put(produce, 5, 1, -1, false, &accepted, NULL), KIN_CLOSED);
	ck_assert_uint_eq(accepted, 0);
	told_of.held = false;
	slots_close(produce);
	ck_assert_int_eq(told_of.n, 5);
}
END_TEST

START_TEST(slots_release_what_was_given)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce;
	size_t accepted = 0;

	o.on_delivery = NULL; /* somebody is to release it all the same */
	produce = slots_open(&o);
	slots_put_fine(produce, 0, 1);
	ck_assert_int_eq(slots_put(produce, 1, 5, -1, true, &accepted, NULL), KIN_OK);
	slots_close(produce);
	ck_assert_int_eq(told_of.released, 5);
}
END_TEST

/* --- at the same time ---------------------------------------------------------------------- */

static struct {
	struct kin__produce *produce;
	size_t each; /* at most, or a few more */
	atomic_int accepted, running;
} crowd;

static void *slots_fill(void *user)
{
	size_t accepted = 0, before;
	int code;

	(void)user;
	do {
		before = accepted;
		code = slots_put(crowd.produce, 0, 1 + before % 3, 0, false, &accepted, NULL);
	} while (code == KIN_OK && accepted < crowd.each);
	crowd.accepted += (int)accepted;
	crowd.running--;
	return code == KIN_FULL || code == KIN_OK ? NULL : user;
}

/* Threads that put until nothing fits any more; the counts add up whenever they are looked at. */
START_TEST(slots_in_a_crowd)
{
	enum { THREADS = 6, ROOM = 999 };
	struct kin__produce_options o = slots_options();
	struct kin_producer_stats stats;
	pthread_t threads[THREADS];
	void *bad = NULL;

	o.machine.buffer_records_max = ROOM;
	o.machine.request_records_max = 500;
	told_of.held = _i == 1; /* no room is made: as many as there is room for, not one more */
	crowd.produce = slots_open(&o);
	crowd.each = _i == 1 ? SIZE_MAX : 500; /* the script is long enough for these */
	crowd.accepted = 0;
	crowd.running = THREADS;
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, slots_fill, &crowd), 0);
	while (crowd.running > 0) {
		kin__produce_stats(crowd.produce, &stats);
		ck_assert_uint_eq(stats.accepted, stats.stored + stats.failed + stats.buffered);
		ck_assert_uint_le(stats.buffered, ROOM);
		ck_assert_uint_eq(stats.buffered_bytes, stats.buffered * (SLOTS_DATA + 1));
		sched_yield();
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &bad);
		ck_assert_ptr_null(bad);
	}
	if (_i == 1)
		ck_assert_int_eq(crowd.accepted, ROOM);
	told_of.held = false;
	ck_assert_int_eq(kin__produce_flush(crowd.produce, 30000, NULL), KIN_OK);
	ck_assert_int_eq(told_of.n, crowd.accepted);
	kin__produce_stats(crowd.produce, &stats);
	ck_assert_uint_eq(stats.failed, (uint64_t)crowd.accepted);
	slots_close(crowd.produce);
}
END_TEST

/* Open chunks of threads that are gone are given back, too. */
START_TEST(slots_give_back_their_memory)
{
	struct kin__produce_options o = slots_options();
	struct kin__produce *produce = slots_open(&o);
	struct burst_kept kept;

	for (uint32_t slot = 0; slot < KIN__PRODUCE_SLOTS; slot++) {
		slots_choose(slot);
		slots_put_fine(produce, 0, 1);
	}
	slots_choose(0);
	ck_assert_uint_eq(burst_look(produce).memory, KIN__PRODUCE_SLOTS * KIN__PRODUCE_CHUNK);
	ck_assert_int_eq(kin__produce_flush(produce, 20000, NULL), KIN_OK);
	kept = burst_look(produce);
	for (int i = 0; i < 2000 && kept.memory > KIN__PRODUCE_CHUNK; i++) {
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		kept = burst_look(produce);
	}
	ck_assert_uint_eq(kept.memory, KIN__PRODUCE_CHUNK);
	slots_put_fine(produce, 0, 1);
	slots_close(produce);
}
END_TEST

#include "drive_flush.h"

static TCase *slots_case(void)
{
	TCase *made = tcase_create("slots");

	tcase_set_timeout(made, 60);
	tcase_add_checked_fixture(made, setup, teardown);
	tcase_add_loop_test(made, slots_keep_the_order, 0, 6);
	tcase_add_loop_test(made, slots_fill_a_request, 0, 2);
	tcase_add_test(made, slots_are_granted_some);
	tcase_add_loop_test(made, slots_bounds_are_exact, 0, 2);
	tcase_add_test(made, slots_of_threads_that_ended);
	tcase_add_test(made, slots_release_what_was_given);
	tcase_add_loop_test(made, slots_in_a_crowd, 0, 2);
	tcase_add_test(made, slots_give_back_their_memory);
	tcase_add_test(made, flush_waits_for_what_was_granted);
	tcase_add_test(made, closed_while_a_large_record_is_copied);
	return made;
}
