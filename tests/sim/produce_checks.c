/* What sim_produce holds the producer to. */
#include <string.h>
#include "kinesis/limits.h"
#include "produce_world.h"

enum { PAUSES = 6, PAUSES_LEAST_US = 20000 }; /* that many jittered, growing pauses are never shorter */
enum { IN_VAIN = 100 };                       /* refusals in a row, after which none is blamed alone */
enum { LIST_LEAST_US = 1000000 };             /* from one list of shards to the next */

static struct produce_item *item_of(struct kin__producer_record *record)
{
	return (struct produce_item *)(void *)record;
}

/* Why may a request leave now, if all in it is new? */
static void check_reason(struct produce_world *w, const struct kin__producer_effect *effect)
{
	const struct produce_item *first = item_of(effect->send.records[0]);
	const struct produce_item *last = item_of(effect->send.records[effect->send.n - 1]);
	const struct produce_item *next = NULL;
	bool lingered = w->now_us >= first->accepted_us + w->settings.linger_us;

	if (effect->send.n == w->settings.request_records_max) {
		produce_met[PRODUCE_FULL_RECORDS]++;
		return;
	}
	for (uint32_t i = (uint32_t)(last - w->items) + 1; i < w->next_item && !next; i++)
		if (w->items[i].held && w->items[i].sends == 0)
			next = &w->items[i];
	if (effect->send.bytes >= w->settings.request_bytes_max ||
	    (next && effect->send.bytes + next->record.bytes > w->settings.request_bytes_max)) {
		produce_met[PRODUCE_FULL_BYTES]++;
		return;
	}
	produce_met[PRODUCE_LINGERED] += lingered;
	PRODUCE_CHECK(w, lingered || w->closing || first->order <= w->flushed,
	              "request #%llu leaves without a reason", (unsigned long long)w->serial);
	if (lingered && w->calm && w->in_flight + 1 < w->settings.requests_max)
		PRODUCE_CHECK(w,
		              w->now_us == first->accepted_us + w->settings.linger_us ||
		                              w->flushed >= first->order,
		              "record %llu lingered for too long", (unsigned long long)first->order);
}

/* What expired before it was ever sent is not missed. */
static void skip_unsent(struct produce_world *w)
{
	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];

		if (item->life == w->life && item->order == w->first_unsent && item->reported)
			w->first_unsent++;
	}
}

static void check_entry(struct produce_world *w, struct produce_item *item, const struct produce_item *before)
{
	PRODUCE_CHECK(w, item->held && !item->sending, "record %llu is sent though it is not waiting",
	              (unsigned long long)item->order);
	PRODUCE_CHECK(w, w->now_us < item->deadline_us, "record %llu is sent after its end",
	              (unsigned long long)item->order);
	PRODUCE_CHECK(w, item->code == KIN_OK, "record %llu is sent again after a final answer",
	              (unsigned long long)item->order);
	item->sending = true;
	if (item->sends++ == 0) {
		if (item->order != w->first_unsent)
			skip_unsent(w);
		PRODUCE_CHECK(w, item->order == w->first_unsent, "first sends out of order: %llu before %llu",
		              (unsigned long long)item->order, (unsigned long long)w->first_unsent);
		w->first_unsent++;
		return;
	}
	PRODUCE_CHECK(w, !before || before->sends > 1, "a new record stands before record %llu",
	              (unsigned long long)item->order);
	if (before && before->failed_in == item->failed_in)
		PRODUCE_CHECK(w, before->failed_at < item->failed_at, "records %llu and %llu changed places",
		              (unsigned long long)before->order, (unsigned long long)item->order);
	if (item->entry_fails == PAUSES)
		PRODUCE_CHECK(w, w->now_us - item->first_fail_us >= PAUSES_LEAST_US,
		              "record %llu does not back off", (unsigned long long)item->order);
}

static void check_records(struct produce_world *w, const struct kin__producer_effect *effect)
{
	const struct produce_item *before = NULL;

	if (item_of(effect->send.records[0])->sends == 0)
		check_reason(w, effect);
	for (uint32_t i = 0; i < effect->send.n; i++) {
		check_entry(w, item_of(effect->send.records[i]), before);
		before = item_of(effect->send.records[i]);
	}
}

void produce_check_send(struct produce_world *w, const struct kin__producer_effect *effect)
{
	uint64_t bytes = 0;

	PRODUCE_CHECK(w, effect->send.n > 0 && effect->send.n <= w->settings.request_records_max,
	              "a request of %u records", effect->send.n);
	PRODUCE_CHECK(w, w->in_flight < w->settings.requests_max, "more than %u requests",
	              w->settings.requests_max);
	PRODUCE_CHECK(w, effect->send.outer == w->placed,
	              "records are placed that should not be, or the reverse");
	if (w->placed)
		produce_check_outers(w, effect);
	else
		check_records(w, effect);
	for (uint32_t i = 0; i < effect->send.n; i++)
		bytes += effect->send.records[i]->bytes;
	produce_met[PRODUCE_ALONE] += bytes > w->settings.request_bytes_max;
	PRODUCE_CHECK(w,
	              bytes == effect->send.bytes &&
	                              (effect->send.n == 1 || bytes <= w->settings.request_bytes_max),
	              "a request of %llu bytes", (unsigned long long)bytes);
	if (w->pauses >= PAUSES)
		PRODUCE_CHECK(w, w->now_us - w->pauses_since_us >= PAUSES_LEAST_US,
		              "no pause after %u failures in a row", w->pauses);
}

/* Counts the pauses that the producer owes the service. */
static void count_pauses(struct produce_world *w, const struct produce_request *r)
{
	uint32_t throttled = 0;
	bool bad = r->verdict == KIN__THROTTLED || r->verdict == KIN__TRANSIENT || r->verdict == KIN__IN_USE;

	for (uint32_t i = 0; i < r->n && r->verdict == KIN__DONE && !w->placed; i++)
		throttled += r->results[i] == KIN__THROTTLED;
	if (r->verdict == KIN__DONE && throttled <= r->n / 2) {
		w->pauses = 0;
	} else if ((bad || throttled) && r->serial > w->pause_serial) {
		if (w->pauses++ == 0)
			w->pauses_since_us = w->now_us;
		w->pause_serial = w->serial;
	}
}

/* A refusal for the content of a request of several is not the last word, unless none was ever taken. */
static bool is_final(const struct produce_world *w, const struct produce_request *r,
                     const struct produce_entry *entry, uint8_t result)
{
	if (result == KIN__INVALID_ARGUMENT)
		return entry->n == 1 && (r->n == 1 || w->in_vain > IN_VAIN);
	return result == KIN__REFUSED || result == KIN__NOT_FOUND;
}

/* Each refused request is at most half as large as the one before: few are needed to find who is to blame. */
static void check_cut(struct produce_world *w, struct produce_item *item, uint32_t n)
{
	PRODUCE_CHECK(w, !item->together || n <= (item->together + 1) / 2,
	              "record %llu is refused among %u, after it was refused among %u",
	              (unsigned long long)item->order, n, item->together);
	item->together = n;
	produce_met[PRODUCE_TOO_LARGE] += n == 1;
}

static void answer_item(struct produce_world *w, const struct produce_request *r, uint32_t i,
                        struct produce_item *item)
{
	uint8_t result = r->verdict == KIN__DONE ? r->results[i] : r->verdict;

	item->sending = false;
	item->last_answer_us = w->now_us;
	item->acked = result == KIN__DONE;
	item->failed_in = r->serial;
	item->failed_at = i;
	item->code = is_final(w, r, &r->entries[i], result) ? r->code : KIN_OK;
	if (result == KIN__INVALID_ARGUMENT && !w->placed)
		check_cut(w, item, r->n);
	else if (result == KIN__INVALID_ARGUMENT)
		produce_met[PRODUCE_TOO_LARGE] += r->n == 1;
	else if (r->verdict == KIN__DONE && result != KIN__DONE)
		item->together = 0; /* it is like any other again, and may meet another large one */
	if (result != KIN__DONE && (r->verdict == KIN__DONE ? result == KIN__TRANSIENT : r->maybe_stored))
		item->doubt = true;
	if (r->verdict != KIN__DONE) {
		item->entry_fails = 0;
		item->failed_in = 0; /* whole requests merge in the order of acceptance */
		item->failed_at = (uint32_t)item->order;
	} else if (item->entry_fails++ == 0) {
		item->first_fail_us = w->now_us;
	}
}

/* Did the last list foretell where it is stored? */
static bool foretold(const struct produce_world *w, const struct produce_request *r, uint32_t i)
{
	const struct produce_shards *shards = &w->listing.shards;
	struct kin__hashkey hash = w->items[r->items[r->entries[i].first]].placed.hash;

	for (size_t k = 0; k < shards->n; k++)
		if (strcmp(shards->ids[k], r->shards[i]) == 0)
			return kin__hashkey_compare(shards->at[k].first_hash, hash) <= 0 &&
			       kin__hashkey_compare(hash, shards->at[k].last_hash) <= 0;
	return false;
}

void produce_check_answer(struct produce_world *w, const struct produce_request *r)
{
	count_pauses(w, r);
	w->in_vain = r->verdict == KIN__INVALID_ARGUMENT ? w->in_vain + 1
	             : r->verdict == KIN__DONE           ? 0
	                                                 : w->in_vain;
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->verdict != KIN__DONE || r->results[i] != KIN__DONE)
			w->calm = false;
		else if (w->placed && r->shards[i] && !foretold(w, r, i))
			w->strange_us = w->now_us + LIST_LEAST_US;
		for (uint32_t k = 0; k < r->entries[i].n; k++)
			answer_item(w, r, i, &w->items[r->items[r->entries[i].first + k]]);
	}
}

static void check_status(struct produce_world *w, const struct produce_item *item, int32_t code,
                         uint8_t status)
{
	unsigned long long order = item->order;

	PRODUCE_CHECK(w, (status == KIN_STORED) == (code == KIN_OK), "record %llu: status %u with code %d",
	              order, status, code);
	PRODUCE_CHECK(w, (status == KIN_STORED) == item->acked || (w->placed && status != KIN_STORED),
	              "record %llu: status %u, acknowledged %d", order, status, item->acked);
	if (status == KIN_STORED)
		PRODUCE_CHECK(w, item->copies > 0, "record %llu is said to be stored", order);
	else /* acknowledged and not stored: among others that may not be read */
		PRODUCE_CHECK(w, (status == KIN_POSSIBLY_STORED) == (item->doubt || item->acked),
		              "record %llu: status %u, doubt %d", order, status, item->doubt);
	if (status == KIN_STORED && !w->recreated)
		PRODUCE_CHECK(w, item->readable > 0,
		              "record %llu is said to be stored, but no reader will see it", order);
}

static bool is_large(const struct produce_world *w, const struct produce_item *item)
{
	return w->record_bytes_max && item->record.bytes > w->record_bytes_max;
}

void produce_check_deliver(struct produce_world *w, struct produce_item *item, int32_t code, uint8_t status)
{
	unsigned long long order = item->order;
	uint64_t latest = item->deadline_us > item->last_answer_us ? item->deadline_us : item->last_answer_us;

	PRODUCE_CHECK(w, item->held && !item->reported, "record %llu is reported again", order);
	PRODUCE_CHECK(w, !item->sending, "record %llu is reported while it is under way", order);
	PRODUCE_CHECK(w, item->record.attempts == item->sends, "record %llu: %u attempts, %u seen", order,
	              item->record.attempts, item->sends);
	check_status(w, item, code, status);
	PRODUCE_CHECK(w, w->now_us <= latest, "record %llu is reported late", order);
	if (code == KIN_EXPIRED)
		PRODUCE_CHECK(w, w->now_us >= item->deadline_us, "record %llu expires early", order);
	else if (code != KIN_OK)
		PRODUCE_CHECK(w, code == item->code || (w->abandoned && code == KIN_CLOSED),
		              "record %llu: code %d", order, code);
	if (code == KIN_REFUSED)
		PRODUCE_CHECK(w, is_large(w, item) || w->in_vain > IN_VAIN,
		              "record %llu is refused for what its neighbour holds", order);
	produce_met[PRODUCE_SPARED] += item->together && status == KIN_STORED;
	produce_met[PRODUCE_STORED] += status == KIN_STORED;
	produce_met[PRODUCE_REFUSED] += code == KIN_DENIED;
	produce_met[PRODUCE_EXPIRED_NOT_SENT] += code == KIN_EXPIRED && status == KIN_NOT_SENT;
	produce_met[PRODUCE_EXPIRED_DOUBT] += code == KIN_EXPIRED && status == KIN_POSSIBLY_STORED;
	item->held = false;
	item->reported = item->reported_once = true;
	item->failed_once |= w->spooled && status != KIN_STORED;
	item->given_up = w->abandoned;
}

/* One of its key goes first, or is under way. */
static bool waits_for_key(const struct produce_world *w, const struct produce_item *item)
{
	for (const struct produce_item *other = w->items; other < item && w->settings.order_by_key; other++)
		if (other->life == item->life && other->held &&
		    kin__hashkey_compare(other->placed.hash, item->placed.hash) == 0)
			return true;
	return false;
}

/* All that was put in this life is less than what one shard takes in a second. */
static bool has_pace(const struct produce_world *w)
{
	uint64_t bytes = 0, records = 0;

	for (uint32_t i = 0; i < w->next_item; i++)
		if (w->items[i].life == w->life) {
			bytes += w->items[i].record.bytes +
			         50; /* of its key once more, and of an aggregate */
			records++;
		}
	return !w->settings.rate_percent ||
	       (bytes <= (uint64_t)KIN__SHARD_WRITE_BYTES_PER_S * w->settings.rate_percent / 100 &&
	        records <= (uint64_t)KIN__SHARD_WRITE_RECORDS_PER_S * w->settings.rate_percent / 100);
}

/* Nothing stays behind that could leave, while the service is well. */
static void check_unsent(struct produce_world *w)
{
	uint64_t bytes = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];

		if (item->life != w->life || !item->held || item->sends > 0 || waits_for_key(w, item))
			continue;
		PRODUCE_CHECK(w, !w->closing && item->order > w->flushed,
		              "record %llu lingers in spite of a flush", (unsigned long long)item->order);
		PRODUCE_CHECK(w, !w->placed || w->now_us < item->accepted_us + w->settings.linger_us,
		              "record %llu lingers for too long", (unsigned long long)item->order);
		n++;
		bytes += item->record.bytes;
	}
	PRODUCE_CHECK(w,
	              w->placed || (n < w->settings.request_records_max &&
	                            bytes < w->settings.request_bytes_max),
	              "a full request lingers");
}

/* What was never sent is told as it is. */
static void check_fresh(struct produce_world *w)
{
	uint64_t bytes = 0, records = 0, bytes_told, records_told;

	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];

		if (item->life != w->life || !item->held || item->sends > 0)
			continue;
		records++;
		bytes += item->record.bytes;
	}
	kin__producer_fresh(w->producer, &records_told, &bytes_told);
	PRODUCE_CHECK(w, records_told == records && bytes_told == bytes,
	              "%llu records of %llu bytes were never sent, it says %llu of %llu",
	              (unsigned long long)records, (unsigned long long)bytes,
	              (unsigned long long)records_told, (unsigned long long)bytes_told);
}

void produce_check_time(struct produce_world *w)
{
	uint64_t bytes = 0, records = 0;
	const struct kin__bug *bug;

	kin__producer_check(w->producer);
	bug = kin__producer_bug(w->producer);
	PRODUCE_CHECK(w, !bug->what, "%s (%d)", bug->what, bug->line);
	PRODUCE_CHECK(w, kin__producer_wake_us(w->producer) > w->now_us,
	              "the producer wants to be woken in the past");
	if (w->calm && w->in_flight < w->settings.requests_max && !w->listing.under_way &&
	    w->now_us >= w->strange_us && has_pace(w))
		check_unsent(w);
	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];

		if (item->life != w->life || (!item->held && !item->reporting))
			continue;
		records++;
		bytes += item->record.bytes;
		PRODUCE_CHECK(w, !item->held || item->sending || !w->abandoned,
		              "record %llu was not given up", (unsigned long long)item->order);
		PRODUCE_CHECK(w, !item->held || item->sending || w->now_us < item->deadline_us,
		              "record %llu outlived its time", (unsigned long long)item->order);
	}
	PRODUCE_CHECK(w, bytes <= w->settings.buffer_bytes_max && records <= w->settings.buffer_records_max,
	              "the buffer overflows");
	PRODUCE_CHECK(w, bytes == w->room.bytes && records == w->room.records, "the room is miscounted");
	if (!w->placed)
		check_fresh(w);
}

/* Readers are asked what the service holds. */
void produce_check_end(struct produce_world *w)
{
	PRODUCE_CHECK(w, w->well_us, "the service does not heal");
	produce_read(w);
	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];
		unsigned long long order = item->order;

		PRODUCE_CHECK(w, item->reported || item->life != w->life, "record %llu was never reported",
		              order);
		if (item->reported && item->accepted_us > w->well_us &&
		    (!w->settings.rate_percent || w->settings.rate_percent >= 100) &&
		    item->deadline_us - item->accepted_us >= 60000000)
			PRODUCE_CHECK(w, item->acked || item->given_up || is_large(w, item),
			              "record %llu was not stored though all is well", order);
		if (item->reported && !item->acked && !item->doubt)
			PRODUCE_CHECK(w, item->copies == 0,
			              "record %llu was said not to be sent, but is stored", order);
	}
	produce_check_read(w);
	PRODUCE_CHECK(w, kin__producer_wake_us(w->producer) == UINT64_MAX,
	              "a drained producer wants to be woken");
	PRODUCE_CHECK(w, kin__producer_oldest(w->producer) == w->last_order + 1,
	              "a drained producer waits for a record");
}
