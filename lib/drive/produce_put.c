/* drive/produce_put - a record accepted from a program's thread; see produce.h */
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"

enum { MADE_KEY = 16 };

/* 16 hexadecimal digits of a random number: its MD5 falls anywhere. */
static struct kin__span make_key(struct kin__produce *produce, char out[static MADE_KEY])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = kin__rng_next(&produce->inbox.rng);

	for (int i = 0; i < MADE_KEY; i++, number >>= 4)
		out[i] = digits[number & 15];
	return kin__span(out, MADE_KEY);
}

/* What could never be accepted, however long one waits. */
static int check_size(const struct kin__produce *produce, const struct kin_put_entry *entry, size_t key_n,
                      struct kin_error *error)
{
	const struct {
		const char *option;
		uint64_t max;
	} limits[] = { { "record_bytes_max", produce->set.record_bytes_max },
		       { "request_bytes_max", produce->set.machine.request_bytes_max },
		       { "buffer_bytes_max", produce->set.machine.buffer_bytes_max } };

	for (size_t i = 0; i < KIN__ARRAY_LEN(limits); i++)
		if (entry->data_size > limits[i].max || key_n > limits[i].max - entry->data_size)
			return kin__error(error, KIN_INVALID,
			                  "kin_producer_put(): a record of %zu bytes of data and %zu of key "
			                  "is larger than %s = %llu",
			                  entry->data_size, key_n, limits[i].option,
			                  (unsigned long long)limits[i].max);
	return KIN_OK;
}

static int full(const struct kin__produce *produce, int code, struct kin_error *error)
{
	const struct kin__room *room = &produce->inbox.room;

	uint64_t unread = produce->inbox.reports_n - produce->inbox.taken_n;
	bool polled = produce->set.reports == KIN__PRODUCE_POLL || produce->set.reports == KIN__PRODUCE_NEXT;

	kin__error(error, code,
	           "kin_producer_put(): the buffer is full: %llu of %llu records, %llu of %llu bytes",
	           (unsigned long long)room->records, (unsigned long long)room->records_max,
	           (unsigned long long)room->bytes, (unsigned long long)room->bytes_max);
	if (error && polled && unread > 0)
		kin__error(error, code, "%s; %llu reports wait for %s", error->message,
		           (unsigned long long)unread,
		           produce->set.reports == KIN__PRODUCE_POLL ? "kin_producer_poll()"
		                                                     : "kin_producer_next()");
	return kin__produce_troubled(produce, error, code);
}

/* Under the lock: KIN_OK when there is room for it now. */
static int wait_for_room(struct kin__produce *produce, uint64_t bytes, size_t size, int64_t timeout_ms,
                         struct kin_error *error)
{
	const struct kin__room *room = &produce->inbox.room;
	uint64_t until_us = 0;
	bool in_time = true;

	for (;;) {
		if (produce->inbox.frozen)
			return kin__error(error, KIN_BUG,
			                  "kin_producer_put(): the producer of %s met a broken invariant and "
			                  "is frozen",
			                  produce->set.stream);
		if (produce->inbox.closing)
			return kin__error(error, KIN_CLOSED,
			                  "kin_producer_put(): the producer of %s is being closed",
			                  produce->set.stream);
		if (kin__room_has(room, bytes) && kin__produce_record_fits(produce, size))
			return KIN_OK;
		if (timeout_ms != 0 && kin__produce_is_telling(produce))
			return kin__error(error, KIN_WOULD_DEADLOCK,
			                  "kin_producer_put(): the buffer is full, and only this callback's "
			                  "return makes room; use timeout 0 here");
		if (timeout_ms == 0 || kin__produce_reads(produce))
			return full(produce, KIN_FULL, error);
		if (!in_time)
			return full(produce, KIN_TIMEOUT, error);
		if (until_us == 0)
			until_us = kin__clock_until_us(timeout_ms);
		in_time = kin__produce_serve(produce) ? kin__clock_us() < until_us
		                                      : kin__thread_cond_wait(&produce->inbox.change,
		                                                              &produce->inbox.lock, until_us);
	}
}

/* Under the lock: must the loop look at it now?  Not if it will in time by itself, or is at it already. */
static bool must_wake(const struct kin__produce *produce, const struct kin__produce_record *record)
{
	const struct kin__producer_settings *machine = &produce->set.machine;

	if (produce->inbox.woken)
		return false;
	if (!produce->inbox.attended || record->machine.ttl_us ||
	    machine->record_ttl_us <= machine->linger_us)
		return true;
	return !produce->inbox.saturated &&
	       (produce->inbox.fresh_n + produce->inbox.records_n >= produce->set.wake_records ||
	        produce->inbox.fresh_bytes + produce->inbox.records_bytes >= produce->set.wake_bytes);
}

/* Under the lock; NULL: out of memory. */
static struct kin__produce_record *accept(struct kin__produce *produce, const struct kin_put_entry *entry,
                                          struct kin__span key, size_t size)
{
	struct kin__produce_record *record = kin__produce_record_new(produce, entry, key, size);

	if (!record)
		return NULL;
	kin__room_take(&produce->inbox.room, record->machine.bytes);
	return record;
}

int kin__produce_put(struct kin__produce *produce, const struct kin_put_entry *entry, void *token,
                     int64_t timeout_ms, struct kin_error *error)
{
	char made[MADE_KEY];
	struct kin__span key = kin__span(entry->key, entry->key ? entry->key_size : MADE_KEY);
	struct kin__produce_record *record = NULL;
	size_t size = kin__produce_record_size(produce, entry, key);
	bool wake = false;
	int code = check_size(produce, entry, key.n, error);

	if (code != KIN_OK)
		return code;
	pthread_mutex_lock(&produce->inbox.lock);
	code = wait_for_room(produce, entry->data_size + key.n, size, timeout_ms, error);
	if (code == KIN_OK) {
		if (!key.at)
			key = make_key(produce, made);
		record = accept(produce, entry, key, size);
		if (!record)
			code = kin__error_nomem(error);
	}
	if (record) {
		record->token = token;
		kin__list_append(&produce->inbox.records, &record->machine.queue);
		produce->inbox.records_n++;
		produce->inbox.records_bytes += record->machine.bytes;
		produce->inbox.stats.accepted++;
		wake = must_wake(produce, record);
		produce->inbox.woken |= wake;
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	if (wake)
		kin__loop_post(kin__core_loop(produce->set.core), &produce->attend);
	return code;
}
