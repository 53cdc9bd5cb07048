/* drive/produce_spool - a producer whose records are on disk before they count as accepted; see produce.h
 *
 * A record that is put goes to the disk, and then to the machine, if there is room in memory and none waits on disk;
 * else it waits there, behind those before it, and the spooler's thread hands it over when there is room.  So the order
 * of the puts is kept, and what an earlier process left comes first.
 */
#include "drive/produce.h"
#include "io/clock.h"
#include "io/thread.h"
#include "kinesis/limits.h"

enum {
	AT_ONCE = 32,                                       /* records put together */
	BESIDE = KIN__SPOOL_ENTRY + KIN__SPOOL_HASH_MAX + 8 /* bytes of an entry beside key and data */
};

/* Under the lock: so that nothing is posted behind the last thing that the loop does with it. */
static void wake_loop(struct kin__produce *produce)
{
	if (!produce->inbox.spooling.over)
		kin__loop_post(kin__core_loop(produce->set.core), &produce->attend);
}

/* --- from disk ------------------------------------------------------------------------- */

static uint64_t left_us(const struct kin__spool_entry *entry)
{
	return kin__spool_left_us(entry, kin__clock_wall_ms());
}

/* Of another process, whose limits were others, or which was none of ours. */
static bool is_fine(const struct kin__produce *produce, const struct kin__spool_entry *entry)
{
	size_t bytes = entry->data.n + entry->key.n;

	if (entry->key.n > 0 && !kin__limits_partition_key(entry->key, NULL))
		return false;
	if (entry->hash.n > 0 && !kin__limits_hash_key(entry->hash, NULL))
		return false;
	return bytes <= KIN__RECORD_BYTES_MAX && bytes <= produce->set.machine.buffer_bytes_max &&
	       (produce->set.record_bytes_max == 0 || bytes <= produce->set.record_bytes_max);
}

static void note(struct kin__produce *produce, struct kin__produce_record *record,
                 const struct kin__spooler_found *found)
{
	struct kin__produce_spooled *spooled = kin__produce_record_spooled(produce, record);

	spooled->place = found->place;
	spooled->ttl_ms = found->entry->ttl_ms;
	spooled->earlier = found->earlier;
	record->machine.earlier = found->earlier;
	record->machine.ttl_us = left_us(found->entry);
	record->token = found->earlier ? NULL : (void *)(uintptr_t)found->entry->token;
}

/* Under the lock: it is not on disk alone any more. */
static void count_found(struct kin__produce *produce, const struct kin__spooler_found *found)
{
	if (found->earlier) {
		produce->inbox.stats.accepted++;
		return;
	}
	produce->inbox.spooling.records_n--;
	produce->inbox.spooling.bytes -= found->entry->key.n + found->entry->data.n;
}

/* Under the lock: nothing of it but that it is to be reported. */
static bool refuse(struct kin__produce *produce, const struct kin__spooler_found *found, int code)
{
	const struct kin_put_entry nothing = { .size = sizeof nothing };
	struct kin__produce_coming coming = { .entry = &nothing, .key = kin__span(NULL, 0) };
	struct kin__produce_record *record;

	coming.size = kin__produce_record_size(produce, &nothing, coming.key);
	if (!kin__produce_has_room(produce, produce->slots, &coming))
		return false;
	record = kin__produce_take_in(produce, produce->slots, &coming);
	if (!record)
		return false;
	note(produce, record, found);
	record->machine.code = code;
	record->machine.accepted_us =
			kin__clock_us(); /* by this process: its report's time counts from here */
	record->status = found->earlier ? KIN_POSSIBLY_STORED : KIN_NOT_SENT;
	kin__list_append(&produce->inbox.spooling.refused, &record->machine.queue);
	produce->inbox.spooling.refused_n++;
	produce->inbox.spooling.unreported++;
	count_found(produce, found);
	return true;
}

/* Under the lock.  None while one put before it may be on its way to the list: they are of the same key, perhaps. */
static bool take_up(struct kin__produce *produce, const struct kin__spooler_found *found, bool *wake)
{
	const struct kin__spool_entry *entry = found->entry;
	char hash_key[KIN__SPOOL_HASH_MAX + 1] = "", made[KIN__PRODUCE_MADE_KEY];
	struct kin_put_entry again = { .size = sizeof again,
		                       .key = entry->key.n ? entry->key.at : NULL,
		                       .key_size = entry->key.n,
		                       .hash_key = entry->hash.n ? hash_key : NULL,
		                       .data = entry->data.at,
		                       .data_size = entry->data.n };
	struct kin__produce_coming coming;
	struct kin__produce_record *record;

	if (produce->inbox.spooling.reserved > 0)
		return false;
	if (!is_fine(produce, entry) || left_us(entry) == 0) {
		*wake = true;
		return refuse(produce, found, is_fine(produce, entry) ? KIN_EXPIRED : KIN_INVALID);
	}
	memcpy(hash_key, entry->hash.at, entry->hash.n);
	coming = kin__produce_coming_of(produce, &again);
	produce->inbox.spooling.starved = !kin__produce_has_room(produce, produce->slots, &coming);
	if (produce->inbox.spooling.starved) {
		pthread_cond_broadcast(&produce->inbox.change); /* who drains may be the one to make some */
		return false;
	}
	kin__produce_make_key(produce, &produce->slots->rng, &coming, made);
	record = kin__produce_take_in(produce, produce->slots, &coming);
	if (!record)
		return false;
	note(produce, record, found);
	count_found(produce, found);
	kin__produce_enter(produce, produce->slots, record, wake);
	return true;
}

static bool take(void *user, const struct kin__spooler_found *found)
{
	struct kin__produce *produce = user;
	bool taken, wake = false;

	pthread_mutex_lock(&produce->inbox.lock);
	taken = take_up(produce, found, &wake);
	if (wake)
		wake_loop(produce);
	pthread_mutex_unlock(&produce->inbox.lock);
	return taken;
}

static void turn(void *user)
{
	struct kin__produce *produce = user;

	pthread_mutex_lock(&produce->inbox.lock);
	produce->inbox.spooling.turn++;
	if (produce->inbox.closing) /* perhaps nothing waits any more */
		wake_loop(produce);
	pthread_cond_broadcast(&produce->inbox.change);
	pthread_mutex_unlock(&produce->inbox.lock);
}

static void log_line(void *user, int level, const char *text)
{
	struct kin__produce *produce = user;
	struct kin__log_about about = { .stream = produce->set.stream };

	KIN__LOG_ABOUT(produce->set.core, level, "producer", &about, "%s", text);
}

int kin__produce_spool_open(struct kin__produce *produce, const struct kin__produce_options *options,
                            struct kin_error *error)
{
	const struct kin__spooler_options own = { .folder = options->spool,
		                                  .stream = options->stream,
		                                  .bytes_max = options->spool_bytes_max,
		                                  .sync = options->spool_sync,
		                                  .interval_ms = options->spool_interval_ms,
		                                  .take = take,
		                                  .turn = turn,
		                                  .log = log_line,
		                                  .user = produce };
	int code;

	if (!options->spool || !options->spool[0])
		return KIN_OK;
	code = kin__spooler_open(&produce->set.spool, &own, error);
	if (code != KIN_OK)
		return code;
	produce->set.spool_max = kin__spooler_entry_max(produce->set.spool) - BESIDE;
	return kin__spooler_start(produce->set.spool, error);
}

/* --- to disk --------------------------------------------------------------------------- */

struct batch {
	size_t n;
	const struct kin_put_entry *entries;
	struct kin__produce_record *records[AT_ONCE]; /* NULL: it can only wait on disk */
	struct kin__spooler_item items[AT_ONCE];
	char keys[AT_ONCE][KIN__PRODUCE_MADE_KEY];
};

static uint64_t ttl_ms_of(const struct kin__produce *produce, const struct kin_put_entry *entry)
{
	return entry->ttl_ms ? (uint64_t)entry->ttl_ms : produce->set.machine.record_ttl_us / 1000;
}

/* Under the lock, and without it while a large record is copied. */
static void prepare(struct kin__produce *produce, struct batch *batch, bool behind)
{
	int64_t now_ms = kin__clock_wall_ms();

	for (size_t i = 0; i < batch->n; i++) {
		const struct kin_put_entry *entry = &batch->entries[i];
		struct kin__produce_coming coming = kin__produce_coming_of(produce, entry);

		kin__produce_make_key(produce, &produce->slots->rng, &coming, batch->keys[i]);
		batch->records[i] = NULL;
		behind = behind || !kin__produce_has_room(produce, produce->slots, &coming);
		if (!behind)
			batch->records[i] = kin__produce_take_in(produce, produce->slots, &coming);
		behind = !batch->records[i];
		produce->inbox.spooling.reserved += !behind;
		batch->items[i].direct = !behind;
		batch->items[i].entry =
				(struct kin__spool_entry){ .hash = kin__span_text(entry->hash_key),
			                                   .key = coming.key.at ? coming.key
			                                                        : kin__span(NULL, 0),
			                                   .data = kin__span(entry->data, entry->data_size),
			                                   .token = (uint64_t)(uintptr_t)entry->token,
			                                   .accepted_ms = now_ms,
			                                   .ttl_ms = ttl_ms_of(produce, entry) };
	}
}

/* Under the lock: the first `accepted` of them are. */
static void settle(struct kin__produce *produce, struct batch *batch, size_t accepted, bool *wake)
{
	struct kin__produce_spooling *spooling = &produce->inbox.spooling;
	bool room = false;

	for (size_t i = 0; i < batch->n; i++) {
		struct kin__produce_record *record = batch->records[i];
		const struct kin__spooler_item *item = &batch->items[i];

		if (i < accepted)
			produce->inbox.stats.accepted++;
		if (record) {
			spooling->reserved--;
			room |= spooling->reserved == 0;
		}
		if (i < accepted && item->direct) {
			*kin__produce_record_spooled(produce, record) =
					(struct kin__produce_spooled){ .place = item->place,
				                                       .ttl_ms = item->entry.ttl_ms };
			record->token = batch->entries[i].token;
			produce->inbox.releases |= batch->entries[i].release != NULL;
			kin__produce_enter(produce, produce->slots, record, wake);
			continue;
		}
		if (record) {
			kin__produce_record_free(produce, record);
			room = true;
		}
		if (i < accepted) {
			spooling->records_n++;
			spooling->bytes += item->entry.key.n + item->entry.data.n;
		}
	}
	if (room) /* it may have looked in vain meanwhile */
		kin__spooler_room(produce->set.spool);
}

/* Data given away that waits on disk alone is not needed any more. */
static void release(const struct batch *batch, size_t accepted)
{
	for (size_t i = 0; i < accepted; i++) {
		const struct kin_put_entry *entry = &batch->entries[i];

		if (entry->release && !batch->items[i].direct)
			entry->release(entry->release_user, (void *)(uintptr_t)entry->data);
	}
}

/* Under the lock. */
static void end_putting(struct kin__produce *produce, bool *wake)
{
	produce->inbox.spooling.putting--;
	if (produce->inbox.closing && produce->inbox.spooling.putting == 0) {
		pthread_cond_broadcast(&produce->inbox.change);
		*wake = true;
	}
}

static int put_batch(struct kin__produce *produce, struct batch *batch, size_t *accepted, uint64_t *turn_seen,
                     struct kin_error *error)
{
	bool wake = false, behind = kin__spooler_behind(produce->set.spool);
	int code;

	*accepted = 0;
	pthread_mutex_lock(&produce->inbox.lock);
	code = kin__produce_may_put(produce, error);
	if (code != KIN_OK) {
		pthread_mutex_unlock(&produce->inbox.lock);
		return code;
	}
	*turn_seen = produce->inbox.spooling.turn;
	produce->inbox.spooling.putting++;
	prepare(produce, batch, behind);
	pthread_mutex_unlock(&produce->inbox.lock);
	code = kin__spooler_put(produce->set.spool, batch->items, batch->n, accepted, error);
	pthread_mutex_lock(&produce->inbox.lock);
	settle(produce, batch, *accepted, &wake);
	end_putting(produce, &wake);
	if (wake)
		wake_loop(produce);
	pthread_mutex_unlock(&produce->inbox.lock);
	release(batch, *accepted);
	return code;
}

static int full(const struct kin__produce *produce, int code, struct kin_error *error)
{
	struct kin__spooler_stats stats;

	kin__spooler_stats(produce->set.spool, &stats);
	kin__error(error, code,
	           "kin_producer_put(): the spool is full: %llu bytes in %llu files wait to be stored; wait "
	           "longer, or raise spool_bytes_max",
	           (unsigned long long)stats.bytes, (unsigned long long)stats.segments);
	return kin__produce_troubled(produce, error, code);
}

/* Until something left the spool since `turn_seen`. */
static int wait_for_disk(struct kin__produce *produce, uint64_t turn_seen,
                         struct kin__produce_patience *patience, struct kin_error *error)
{
	int code = KIN_OK;
	bool in_time = true;

	pthread_mutex_lock(&produce->inbox.lock);
	while (code == KIN_OK && produce->inbox.spooling.turn == turn_seen &&
	       (code = kin__produce_may_put(produce, error)) == KIN_OK) {
		if (patience->timeout_ms != 0 && kin__produce_is_telling(produce)) {
			code = kin__error(error, KIN_WOULD_DEADLOCK,
			                  "kin_producer_put(): the spool is full, and only this callback's "
			                  "return makes room; use timeout 0 here");
		} else if (patience->timeout_ms == 0 || kin__produce_reads(produce)) {
			code = full(produce, KIN_FULL, error);
		} else if (!in_time) {
			code = full(produce, KIN_TIMEOUT, error);
		} else {
			if (patience->until_us == 0)
				patience->until_us = kin__clock_until_us(patience->timeout_ms);
			in_time = kin__produce_serve(produce) ? kin__clock_us() < patience->until_us
			                                      : kin__thread_cond_wait(&produce->inbox.change,
			                                                              &produce->inbox.lock,
			                                                              patience->until_us);
		}
	}
	pthread_mutex_unlock(&produce->inbox.lock);
	return code;
}

int kin__produce_spool_put(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                           size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error)
{
	struct batch batch;
	uint64_t turn_seen = 0;
	size_t some;
	int code;

	batch.entries = entries;
	batch.n = n < AT_ONCE ? n : AT_ONCE;
	for (;;) {
		code = put_batch(produce, &batch, &some, &turn_seen, error);
		*accepted += some;
		if (code != KIN_FULL || some > 0)
			return code == KIN_FULL ? KIN_OK : code; /* those behind it are tried again */
		code = wait_for_disk(produce, turn_seen, patience, error);
		if (code != KIN_OK)
			return code;
	}
}

void kin__produce_spool_stats(struct kin__produce *produce, struct kin_producer_stats *stats)
{
	struct kin__spooler_stats own;

	if (!produce->set.spool)
		return;
	kin__spooler_stats(produce->set.spool, &own);
	stats->spool_bytes = own.bytes;
	stats->spool_segments = own.segments;
	stats->spool_waiting_bytes = own.unread;
	stats->spool_recovered = own.recovered;
	stats->spool_damaged = own.damaged;
}

/* Under the lock.  What this process put on disk and what was not found there, once nothing waits there any more. */
void kin__produce_spool_count_lost(struct kin__produce *produce)
{
	struct kin__produce_spooling *spooling = &produce->inbox.spooling;
	uint64_t n = spooling->records_n;

	if (n == 0 || kin__produce_spool_busy(produce))
		return;
	produce->inbox.stats.failed += n;
	produce->inbox.tally.failed[-KIN_CORRUPT] += n;
	produce->inbox.given_up += n;
	kin__error(&produce->inbox.last_error, KIN_CORRUPT,
	           "%llu records stood in parts of the spool that could not be read; the log names the files",
	           (unsigned long long)n);
	spooling->records_n = spooling->bytes = 0;
}

/* --- waiting ----------------------------------------------------------------------------- */

bool kin__produce_spool_busy(const struct kin__produce *produce)
{
	return produce->set.spool &&
	       (produce->inbox.spooling.putting > 0 || kin__spooler_behind(produce->set.spool));
}

/* Does what waits on disk wait for this thread, which reads the reports: those that are there, or the one it holds? */
static bool waits_for_reader(const struct kin__produce *produce)
{
	return kin__produce_reads(produce) && (!kin__list_empty(&produce->inbox.reports) ||
	                                       (produce->inbox.current && produce->inbox.spooling.starved &&
	                                        produce->inbox.room.records == 1));
}

int kin__produce_spool_drain(struct kin__produce *produce, uint64_t until_us, const char *call,
                             struct kin_error *error)
{
	struct kin__spooler_mark mark;
	struct kin__spooler_stats stats;
	bool in_time = true;

	if (!produce->set.spool)
		return KIN_OK;
	mark = kin__spooler_mark(produce->set.spool);
	while (!produce->inbox.frozen && (!kin__spooler_passed(produce->set.spool, mark) ||
	                                  (produce->inbox.closing && kin__produce_spool_busy(produce)))) {
		if (waits_for_reader(produce))
			return kin__error(error, KIN_WOULD_DEADLOCK,
			                  "%s: records wait on disk for room that this thread makes, by "
			                  "kin_producer_next()",
			                  call);
		if (!in_time) {
			kin__spooler_stats(produce->set.spool, &stats);
			kin__error(error, KIN_TIMEOUT, "%s: out of time, %llu bytes of records wait on disk",
			           call, (unsigned long long)stats.unread);
			return kin__produce_troubled(produce, error, KIN_TIMEOUT);
		}
		in_time = kin__produce_serve(produce) ? kin__clock_us() < until_us
		                                      : kin__thread_cond_wait(&produce->inbox.change,
		                                                              &produce->inbox.lock, until_us);
	}
	return KIN_OK;
}
