/* drive/produce_put - a record accepted from a program's thread; see produce.h */
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"
#include "kinesis/limits.h"

enum { MADE_KEY = KIN__PRODUCE_MADE_KEY };

/* Of the key that it is sent with. */
static size_t key_size(const struct kin__produce *produce, const struct kin_put_entry *entry)
{
	return entry->key || produce->set.keyless ? entry->key_size : MADE_KEY;
}

/* What could never be accepted, however long one waits. */
static int check_size(struct kin__produce *produce, const struct kin_put_entry *entry,
                      struct kin__produce_patience *patience, struct kin_error *error)
{
	size_t key_n = key_size(produce, entry);
	const struct {
		const char *option;
		uint64_t max;
	} limits[] = { { "record_bytes_max =", produce->set.record_bytes_max },
		       { "buffer_bytes_max =", produce->set.machine.buffer_bytes_max },
		       { "spool_bytes_max allows,", produce->set.spool_max },
		       { "what any stream takes,", KIN__RECORD_BYTES_MAX } };

	for (size_t i = 0; i < KIN__ARRAY_LEN(limits); i++)
		if (limits[i].max > 0 &&
		    (entry->data_size > limits[i].max || key_n > limits[i].max - entry->data_size))
			return kin__error(error, KIN_INVALID,
			                  "kin_producer_put(): a record of %zu bytes of data and %zu of key "
			                  "is larger than %s %llu",
			                  entry->data_size, key_n, limits[i].option,
			                  (unsigned long long)limits[i].max);
	if (produce->set.record_bytes_max == 0 && entry->data_size + key_n > KIN__RECORD_BYTES_DEFAULT)
		return kin__produce_limit_check(produce, entry, key_n, patience, error);
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

/* Of what nobody was granted. */
static bool fits(const struct kin__produce *produce, const struct kin__produce_slot *slot,
                 const struct kin__produce_coming *coming)
{
	return kin__room_has(&produce->inbox.room, coming->entry->data_size + coming->key.n) &&
	       kin__produce_record_fits(produce, slot, coming->size);
}

bool kin__produce_has_room(struct kin__produce *produce, struct kin__produce_slot *slot,
                           const struct kin__produce_coming *coming)
{
	kin__produce_revoke(produce, slot);
	if (fits(produce, slot, coming))
		return true;
	kin__produce_gather(produce);
	return fits(produce, slot, coming);
}

int kin__produce_may_put(const struct kin__produce *produce, struct kin_error *error)
{
	if (produce->inbox.frozen)
		return kin__error(error, KIN_BUG,
		                  "kin_producer_put(): the producer of %s met a broken invariant and is "
		                  "frozen",
		                  produce->set.stream);
	if (produce->inbox.closing)
		return kin__error(error, KIN_CLOSED, "kin_producer_put(): the producer of %s is being closed",
		                  produce->set.stream);
	return KIN_OK;
}

/* Under the lock: KIN_OK when there is room for it now. */
static int wait_for_room(struct kin__produce *produce, struct kin__produce_slot *slot,
                         const struct kin__produce_coming *coming, struct kin__produce_patience *patience,
                         struct kin_error *error)
{
	int64_t timeout_ms = patience->timeout_ms;
	bool in_time = true;

	for (;;) {
		int code = kin__produce_may_put(produce, error);

		if (code != KIN_OK)
			return code;
		if (kin__produce_has_room(produce, slot, coming))
			return KIN_OK;
		if (timeout_ms != 0 && kin__produce_is_telling(produce))
			return kin__error(error, KIN_WOULD_DEADLOCK,
			                  "kin_producer_put(): the buffer is full, and only this callback's "
			                  "return makes room; use timeout 0 here");
		if (timeout_ms == 0 || kin__produce_reads(produce))
			return full(produce, KIN_FULL, error);
		if (!in_time)
			return full(produce, KIN_TIMEOUT, error);
		if (patience->until_us == 0)
			patience->until_us = kin__clock_until_us(timeout_ms);
		in_time = kin__produce_serve(produce)
		                          ? kin__clock_us() < patience->until_us
		                          : kin__thread_cond_wait(&produce->inbox.change,
		                                                  &produce->inbox.lock, patience->until_us);
	}
}

bool kin__produce_unattended(const struct kin__produce *produce)
{
	if (produce->inbox.records_n == 0 || produce->inbox.woken)
		return false;
	if (!produce->inbox.attended)
		return true;
	return !produce->inbox.saturated &&
	       (produce->inbox.fresh_n + produce->inbox.records_n >= produce->set.wake_records ||
	        produce->inbox.fresh_bytes + produce->inbox.records_bytes >= produce->set.wake_bytes);
}

/* Under the lock: must the loop look at it now? */
static bool must_wake(const struct kin__produce *produce, const struct kin__produce_record *record)
{
	const struct kin__producer_settings *machine = &produce->set.machine;

	if (record->machine.ttl_us || machine->record_ttl_us <= machine->linger_us)
		return !produce->inbox.woken;
	return kin__produce_unattended(produce);
}

struct kin__produce_record *kin__produce_take_in(struct kin__produce *produce, struct kin__produce_slot *slot,
                                                 const struct kin__produce_coming *coming)
{
	uint64_t bytes = coming->entry->data_size + coming->key.n;
	struct kin__produce_record *record;

	kin__room_take(&produce->inbox.room, bytes);
	record = coming->size > KIN__PRODUCE_LARGE ? kin__produce_record_new_large(produce, coming)
	                                           : kin__produce_record_new(produce, slot, coming);
	if (!record) {
		kin__room_give(&produce->inbox.room, bytes, 1);
		pthread_cond_broadcast(&produce->inbox.change); /* somebody may have found it taken */
	}
	return record;
}

void kin__produce_enter(struct kin__produce *produce, struct kin__produce_slot *slot,
                        struct kin__produce_record *record, bool *wake)
{
	kin__produce_revoke(produce, slot); /* the lock was let go of, perhaps */
	kin__produce_append(slot, record, kin__produce_ticket(produce));
	produce->inbox.records_n++;
	produce->inbox.records_bytes += record->machine.bytes;
	produce->inbox.entered++;
	if (!produce->inbox.woken && !produce->inbox.saturated)
		kin__produce_gather_enough(produce);
	if (must_wake(produce, record))
		*wake = produce->inbox.woken = true;
}

/* Under the lock: there is room for it. */
static int accept(struct kin__produce *produce, struct kin__produce_slot *slot,
                  struct kin__produce_coming *coming, bool *wake, struct kin_error *error)
{
	struct kin__produce_record *record;
	char made[MADE_KEY];
	int code;

	kin__produce_make_key(produce, &slot->rng, coming, made);
	record = kin__produce_take_in(produce, slot, coming);
	if (!record)
		return kin__error_nomem(error);
	code = kin__produce_may_put(produce, error);
	if (code != KIN_OK) { /* the lock was let go of to copy a large one */
		kin__produce_record_free(produce, record);
		return code;
	}
	record->token = coming->entry->token;
	produce->inbox.releases |= coming->entry->release != NULL;
	produce->inbox.stats.accepted++;
	kin__produce_enter(produce, slot, record, wake);
	return KIN_OK;
}

struct kin__produce_coming kin__produce_coming_of(const struct kin__produce *produce,
                                                  const struct kin_put_entry *entry)
{
	struct kin__produce_coming coming = { .entry = entry,
		                              .key = kin__span(entry->key, key_size(produce, entry)) };

	coming.size = kin__produce_record_size(produce, entry, coming.key);
	return coming;
}

/* It may be put with what was granted; those with a time to live of their own wake the loop. */
static bool is_grantable(const struct kin__produce_coming *coming)
{
	return coming->entry->ttl_ms == 0 && coming->size <= KIN__PRODUCE_LARGE;
}

/* Waits for room for the first one; those behind it go at once, as far as nothing can be granted for them. */
static int put_locked(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                      size_t *accepted, bool *wake, struct kin__produce_patience *patience,
                      struct kin_error *error)
{
	struct kin__produce_slot *slot = kin__produce_my_slot(produce);
	struct kin__produce_coming coming = kin__produce_coming_of(produce, entries);
	int code;

	*accepted = 0;
	pthread_mutex_lock(&produce->inbox.lock);
	code = wait_for_room(produce, slot, &coming, patience, error);
	while (code == KIN_OK && (code = accept(produce, slot, &coming, wake, error)) == KIN_OK &&
	       ++*accepted < n) {
		coming = kin__produce_coming_of(produce, &entries[*accepted]);
		if (is_grantable(&coming))
			kin__produce_grant(produce, slot);
		if (slot->granted > 0 || !kin__produce_has_room(produce, slot, &coming))
			break;
	}
	if (code == KIN_OK)
		kin__produce_grant(produce, slot);
	pthread_mutex_unlock(&produce->inbox.lock);
	return code;
}

/* By what was granted, else one under the lock, and again by what is granted then.  The loop is woken behind that: a
 * request is to have all of a call that there is room for. */
static int put_some(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                    size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error)
{
	size_t done = kin__produce_put_granted(produce, entries, n), some;
	bool wake = false;
	int code = KIN_OK;

	if (done < n) {
		code = put_locked(produce, &entries[done], n - done, &some, &wake, patience, error);
		done += some;
	}
	if (code == KIN_OK && done < n)
		done += kin__produce_put_granted(produce, &entries[done], n - done);
	*accepted += done;
	if (wake)
		kin__loop_post(kin__core_loop(produce->set.core), &produce->attend);
	return code;
}

int kin__produce_put_plain(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                           size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error)
{
	size_t fine = 0, done = 0;
	int code = KIN_OK;

	while (fine < n && (code = check_size(produce, &entries[fine], patience, error)) == KIN_OK)
		fine++;
	while (done < fine) {
		size_t some = 0;
		int failed = (produce->set.spool ? kin__produce_spool_put : put_some)(
				produce, entries + done, fine - done, &some, patience, error);

		done += some;
		*accepted += some;
		if (failed != KIN_OK)
			return failed;
	}
	return code;
}

int kin__produce_put(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                     size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error)
{
	if (produce->set.codec)
		return kin__produce_put_smaller(produce, entries, n, accepted, patience, error);
	return kin__produce_put_plain(produce, entries, n, accepted, patience, error);
}
