/* drive/produce_slot - where a program's threads leave what they put; see produce.h
 *
 * Were there one list under one lock, two threads that put would hand that lock and all it guards from processor to
 * processor with each record, and both together would put less than one alone.  So there are some slots, each with a
 * list, an open chunk and a lock of its own.  A thread keeps to its slot until it finds that taken for longer than it
 * takes to revoke a share, and goes on to the next one then: a thread by itself mostly stays in the first one.
 *
 * What all must agree on, the room for records and bytes and when the loop is to be woken, stays under the inbox's
 * lock.  A slot is granted a share beforehand: so many records and bytes may be put there under its own lock alone.  A
 * share is counted as taken from the room, and all shares together stay below what would wake the loop, so that
 * whoever spends one has nothing to decide.  A put that finds nothing granted takes the inbox's lock, does all that is
 * to be decided for one record, and has the next share granted: half of what is left, for others come, too.
 *
 * Bounds are exact all the same: before a put is told that there is no room, before a flush, a close or a look at the
 * counts, and when the loop takes what was put, all shares are revoked.  From then until the inbox's lock is let go of
 * nobody can put, and what is counted there is all there is.  So what the loop takes is complete: of two puts, one after
 * the other, it never gets the second one without the first.
 *
 * Order: each call takes a ticket for its records, and the loop merges the lists by it.  Of two puts, one after the
 * other, whichever threads made them, the first one has the lower ticket.  That counter is all that threads that put at
 * the same time share, and where processors are far apart it is what they wait for; it is taken before the record is
 * copied, for an atomic operation behind the copy would wait for all of that to be written.  A counter less often shared
 * would not do: only by something that each put writes and the next one reads their order is known.
 *
 * No thread leaves anything behind that would have to be cleaned up when it ends.
 *
 * A slot belongs to its own lock while something is granted to it, else to the inbox's.  The inbox's is taken first.
 */
#include "drive/produce.h"

enum { GRANT_MAX = 512 /* records */, TRIES = 4 };

static _Thread_local uint32_t preferred; /* the slot of this thread, of any producer */

bool kin__produce_slots_init(struct kin__produce *produce)
{
	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++) {
		kin__list_init(&produce->slots[i].records);
		if (pthread_mutex_init(&produce->slots[i].lock, NULL) == 0)
			continue;
		while (i-- > 0)
			pthread_mutex_destroy(&produce->slots[i].lock);
		return false;
	}
	return true;
}

void kin__produce_slots_seed(struct kin__produce *produce, uint64_t seed)
{
	struct kin__rng seeds = { .state = seed };

	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++)
		produce->slots[i].rng.state = kin__rng_next(&seeds);
}

void kin__produce_slots_fini(struct kin__produce *produce)
{
	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++)
		pthread_mutex_destroy(&produce->slots[i].lock);
}

struct kin__produce_slot *kin__produce_my_slot(struct kin__produce *produce)
{
	return &produce->slots[preferred];
}

/* 16 hexadecimal digits of a random number: its MD5 falls anywhere. */
void kin__produce_make_key(const struct kin__produce *produce, struct kin__rng *rng,
                           struct kin__produce_coming *coming, char made[static KIN__PRODUCE_MADE_KEY])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number;

	if (coming->key.at || produce->set.keyless)
		return;
	number = kin__rng_next(rng);
	for (int i = 0; i < KIN__PRODUCE_MADE_KEY; i++, number >>= 4)
		made[i] = digits[number & 15];
	coming->key = kin__span(made, KIN__PRODUCE_MADE_KEY);
}

uint64_t kin__produce_ticket(struct kin__produce *produce)
{
	return atomic_fetch_add_explicit(&produce->ticket, 1, memory_order_relaxed);
}

void kin__produce_append(struct kin__produce_slot *slot, struct kin__produce_record *record, uint64_t ticket)
{
	record->machine.order = ticket;
	kin__list_append(&slot->records, &record->machine.queue);
}

/* --- with what was granted ---------------------------------------------------------------- */

/* One that nobody is at now, beginning with that of this thread. */
static struct kin__produce_slot *lock_slot(struct kin__produce *produce)
{
	struct kin__produce_slot *slot;

	for (uint32_t i = 0; i < KIN__PRODUCE_SLOTS; i++) {
		slot = &produce->slots[preferred];
		for (int tries = 0; tries < TRIES; tries++)
			if (pthread_mutex_trylock(&slot->lock) == 0)
				return slot;
		preferred = (preferred + 1) % KIN__PRODUCE_SLOTS;
	}
	slot = &produce->slots[preferred];
	pthread_mutex_lock(&slot->lock);
	return slot;
}

/* One with a time to live of its own wakes the loop. */
static bool is_granted(const struct kin__produce_slot *slot, const struct kin__produce_coming *coming)
{
	return slot->left > 0 && coming->entry->data_size + coming->key.n <= slot->left_bytes &&
	       coming->entry->ttl_ms == 0 && coming->size <= KIN__PRODUCE_LARGE &&
	       kin__produce_slot_has_space(slot, coming->size);
}

static void spend(const struct kin__produce *produce, struct kin__produce_slot *slot,
                  struct kin__produce_coming *coming, uint64_t ticket)
{
	struct kin__produce_record *record;
	char made[KIN__PRODUCE_MADE_KEY];

	kin__produce_make_key(produce, &slot->rng, coming, made);
	record = kin__produce_record_put(slot, coming);
	record->token = coming->entry->token;
	slot->releases |= coming->entry->release != NULL;
	slot->left--;
	slot->left_bytes -= record->machine.bytes;
	kin__produce_append(slot, record, ticket);
}

size_t kin__produce_put_granted(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n)
{
	struct kin__produce_coming coming = kin__produce_coming_of(produce, entries);
	struct kin__produce_slot *slot = lock_slot(produce);
	uint64_t ticket = 0;
	size_t i = 0;

	while (is_granted(slot, &coming)) {
		if (i == 0)
			ticket = kin__produce_ticket(produce);
		spend(produce, slot, &coming, ticket);
		if (++i == n)
			break;
		coming = kin__produce_coming_of(produce, &entries[i]);
	}
	pthread_mutex_unlock(&slot->lock);
	return i;
}

/* --- what is granted ---------------------------------------------------------------------- */

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t above(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Those that the machine waits with, those put since, and those that may come by what is granted. */
static uint64_t fresh_n(const struct kin__produce *produce)
{
	return produce->inbox.fresh_n + produce->inbox.records_n + produce->inbox.granted;
}

static uint64_t fresh_bytes(const struct kin__produce *produce)
{
	return produce->inbox.fresh_bytes + produce->inbox.records_bytes + produce->inbox.granted_bytes;
}

/* Somebody is to be asked at each put, or nobody may put. */
static bool grants_none(const struct kin__produce *produce)
{
	const struct kin__producer_settings *machine = &produce->set.machine;

	return produce->set.spool || produce->inbox.closing || produce->inbox.frozen ||
	       machine->record_ttl_us <= machine->linger_us;
}

void kin__produce_grant(struct kin__produce *produce, struct kin__produce_slot *slot)
{
	const struct kin__room *room = &produce->inbox.room;
	uint64_t n = room->records_max - room->records, bytes = room->bytes_max - room->bytes;

	if (grants_none(produce) || slot->granted > 0 || !slot->chunk)
		return;
	if (!produce->inbox.woken && !produce->inbox.saturated) {
		n = at_most(n, above(produce->set.wake_records, fresh_n(produce)));
		bytes = at_most(bytes, above(produce->set.wake_bytes, fresh_bytes(produce)));
	}
	n = at_most(n / 2, GRANT_MAX);
	bytes = at_most(bytes / 2, KIN__PRODUCE_CHUNK);
	if (n == 0)
		return;
	slot->granted = n;
	slot->granted_bytes = bytes;
	produce->inbox.granted += n;
	produce->inbox.granted_bytes += bytes;
	produce->inbox.room.records += n;
	produce->inbox.room.bytes += bytes;
	pthread_mutex_lock(&slot->lock);
	slot->left = n;
	slot->left_bytes = bytes;
	pthread_mutex_unlock(&slot->lock);
}

/* What was put meanwhile is counted, what was not is given back. */
void kin__produce_revoke(struct kin__produce *produce, struct kin__produce_slot *slot)
{
	uint64_t n, bytes;

	if (slot->granted == 0)
		return;
	pthread_mutex_lock(&slot->lock);
	n = slot->granted - slot->left;
	bytes = slot->granted_bytes - slot->left_bytes;
	slot->left = slot->left_bytes = 0;
	pthread_mutex_unlock(&slot->lock);
	kin__room_give(&produce->inbox.room, slot->granted_bytes - bytes, slot->granted - n);
	produce->inbox.granted -= slot->granted;
	produce->inbox.granted_bytes -= slot->granted_bytes;
	slot->granted = slot->granted_bytes = 0;
	slot->chunk->live += (uint32_t)n;
	produce->inbox.releases |= slot->releases;
	produce->inbox.stats.accepted += n;
	produce->inbox.entered += n;
	produce->inbox.records_n += n;
	produce->inbox.records_bytes += bytes;
}

void kin__produce_gather(struct kin__produce *produce)
{
	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++)
		kin__produce_revoke(produce, &produce->slots[i]);
}

void kin__produce_gather_enough(struct kin__produce *produce)
{
	if (produce->inbox.granted > 0 && (fresh_n(produce) >= produce->set.wake_records ||
	                                   fresh_bytes(produce) >= produce->set.wake_bytes))
		kin__produce_gather(produce);
}

/* --- what was put ------------------------------------------------------------------------- */

static uint64_t ticket_of(const struct kin__list *node)
{
	return kin__container(node, const struct kin__producer_record, queue)->order;
}

/* The first ones of `from`, below the ticket. */
static void move_run(struct kin__list *to, struct kin__list *from, uint64_t ticket)
{
	struct kin__list *first = from->next, *last = first;

	while (last->next != from && ticket_of(last->next) < ticket)
		last = last->next;
	from->next = last->next;
	from->next->prev = from;
	first->prev = to->prev;
	first->prev->next = first;
	last->next = to;
	to->prev = last;
}

void kin__produce_take_lists(struct kin__produce *produce, struct kin__list lists[KIN__PRODUCE_SLOTS])
{
	for (int i = 0; i < KIN__PRODUCE_SLOTS; i++) {
		kin__list_init(&lists[i]);
		kin__list_move(&lists[i], &produce->slots[i].records);
	}
}

void kin__produce_merge(struct kin__list lists[KIN__PRODUCE_SLOTS], struct kin__list *out)
{
	struct kin__list *first;
	uint64_t lowest, next;

	do {
		first = NULL;
		lowest = next = UINT64_MAX;
		for (int i = 0; i < KIN__PRODUCE_SLOTS; i++) {
			struct kin__list *records = &lists[i];
			uint64_t ticket = kin__list_empty(records) ? UINT64_MAX : ticket_of(records->next);

			if (ticket < lowest) {
				next = lowest;
				lowest = ticket;
				first = records;
			} else {
				next = at_most(next, ticket);
			}
		}
		if (next < UINT64_MAX)
			move_run(out, first, next);
		else if (first)
			kin__list_move(out, first);
	} while (next < UINT64_MAX);
}

void kin__produce_slots_trim(struct kin__produce *produce)
{
	for (int i = 1; i < KIN__PRODUCE_SLOTS; i++) {
		struct kin__produce_slot *slot = &produce->slots[i];

		kin__produce_revoke(produce, slot);
		if (slot->chunk && slot->chunk->live == 0)
			kin__produce_close_chunk(produce, slot);
	}
}
