/* producer/placer_outer - records put together to an outer record, and what becomes of them after it; see placer.h */
#include "base/mem.h"
#include "producer/placer.h"
#include "wire/aggregate_write.h"

enum {
	NO_MEMORY_US = 50000,
	RELEASE_MOST = 512, /* of a key at once, with aggregates; else one */
	OUTER_KEY = 1,      /* bytes of the key of an aggregate */
};

/* --- outer records ------------------------------------------------------------------------ */

static struct kin__outer *outer_new(struct kin__placer *placer, struct kin__lane *lane)
{
	struct kin__outer *outer = kin__slab_take(&placer->outers);

	if (!outer)
		return NULL;
	*outer = (struct kin__outer){ .lane = lane };
	kin__list_init(&outer->members);
	lane->outers++;
	return outer;
}

/* With the last one all that putting together needed for large aggregates is given back. */
static void outer_free(struct kin__placer *placer, struct kin__outer *outer)
{
	outer->lane->outers--;
	kin__placer_lane_drop(placer, outer->lane);
	kin__slab_give(&placer->outers, outer);
	if (placer->outers.n > 0)
		return;
	kin__ids_trim(&placer->key_ids);
	kin__ids_trim(&placer->hash_ids);
}

/* --- keys --------------------------------------------------------------------------------- */

/* May the record, next of those of its key in the lane, go with this outer record? */
static bool may_go(const struct kin__key *key, const struct kin__producer_record *record,
                   const struct kin__outer *outer)
{
	if (!key)
		return true;
	if (key->outer && key->outer != outer)
		return false;
	return kin__keys_released(key, record) || (key->released == 0 && kin__list_empty(&key->parked));
}

/* Nothing of the key is under way: the oldest of those parked may go. */
static void release(struct kin__placer *placer, struct kin__key *key)
{
	uint32_t most = placer->producer->settings.aggregate ? RELEASE_MOST : 1, n = 0;
	struct kin__list *node = &key->parked;

	if (key->outer || key->released > 0)
		return;
	while (n < most && node->next != &key->parked) {
		node = node->next;
		n++;
	}
	while (n-- > 0) { /* the youngest of them first: each goes before the others */
		struct kin__producer_record *record = kin__state_of_queue(node);

		node = node->prev;
		kin__list_remove(&record->queue);
		record->placed->key = NULL;
		kin__keys_release(&placer->keys, key, record);
		kin__placer_return(placer, record);
	}
	kin__keys_drop(&placer->keys, key);
}

void kin__placer_left(struct kin__placer *placer, struct kin__producer_record *record)
{
	struct kin__key *key = kin__keys_find(&placer->keys, kin__placed_hash_id(record->placed));

	if (record->placed->lane)
		kin__lane_remove(record);
	if (!key)
		return;
	kin__keys_gone(key, record);
	release(placer, key);
}

/* --- putting together ----------------------------------------------------------------------- */

/* With it the message is so large; 0: too large. */
static uint64_t grown(const struct kin__placer *placer, const struct kin__producer_record *record,
                      uint64_t size)
{
	const struct kin__placed *placed = record->placed;
	uint32_t key = kin__ids_find(&placer->key_ids, placed->key_id), hash = KIN__IDS_NONE;

	if (key == KIN__IDS_NONE) {
		key = (uint32_t)placer->key_ids.n;
		size += kin__aggregate_field(placed->key_n);
	}
	if (placed->hash_n) {
		hash = kin__ids_find(&placer->hash_ids, kin__placed_hash_id(placed));
		if (hash == KIN__IDS_NONE) {
			hash = (uint32_t)placer->hash_ids.n;
			size += kin__aggregate_field(placed->hash_n);
		}
	}
	size += kin__aggregate_record(key, hash, placed->data_n);
	return size <= placer->group_bytes_max ? size : 0;
}

static bool note_keys(struct kin__placer *placer, const struct kin__placed *placed)
{
	return kin__ids_add(&placer->key_ids, placed->key_id) != KIN__IDS_NONE &&
	       (!placed->hash_n ||
	        kin__ids_add(&placer->hash_ids, kin__placed_hash_id(placed)) != KIN__IDS_NONE);
}

static void join(struct kin__placer *placer, struct kin__outer *outer, struct kin__producer_record *record,
                 struct kin__key *key)
{
	if (key)
		kin__keys_gone(key, record);
	kin__lane_remove(record);
	kin__state_sending(placer->producer, record);
	kin__list_append(&outer->members, &record->queue);
	outer->n++;
	record->placed->key = key;
	if (key)
		key->outer = outer;
}

/* Takes the lane's first records that may go, as many as one outer record holds; gives the size of the message. */
static uint64_t gather(struct kin__placer *placer, struct kin__lane *lane, struct kin__outer *outer)
{
	const struct kin__producer_settings *settings = &placer->producer->settings;
	bool alone = !settings->aggregate || lane == placer->unplaced;
	uint64_t size = 0, larger;

	for (struct kin__list *node = lane->records.next, *next; node != &lane->records; node = next) {
		struct kin__producer_record *record = kin__state_of_queue(node);
		struct kin__key *key = NULL;

		next = node->next;
		if (settings->order_by_key) {
			key = kin__keys_find(&placer->keys, kin__placed_hash_id(record->placed));
			if (!may_go(key, record, outer)) {
				kin__lane_remove(record);
				kin__keys_park(key, record);
				continue;
			}
		}
		larger = grown(placer, record, size);
		if (outer->n > 0 && (alone || record->placed->alone || larger == 0))
			break;
		if (settings->order_by_key && !key &&
		    !(key = kin__keys_take(&placer->keys, kin__placed_hash_id(record->placed))))
			break;
		join(placer, outer, record, key);
		alone |= larger == 0 || record->placed->alone || !note_keys(placer, record->placed) ||
		         outer->n >= settings->aggregate_records_max;
		size = larger;
	}
	return size;
}

/* The first of the lane is one that may go; so its pace can be asked about. */
void kin__placer_clear_way(struct kin__placer *placer, struct kin__lane *lane)
{
	bool parked = false;

	while (lane->n > 0 && placer->producer->settings.order_by_key) {
		struct kin__producer_record *record = kin__state_of_queue(lane->records.next);
		struct kin__key *key = kin__keys_find(&placer->keys, kin__placed_hash_id(record->placed));

		if (may_go(key, record, NULL))
			break;
		kin__lane_remove(record);
		kin__keys_park(key, record);
		parked = true;
	}
	if (parked)
		kin__lane_reckon(lane);
}

struct kin__outer *kin__placer_cut(struct kin__placer *placer, struct kin__lane *lane, uint64_t now_us)
{
	struct kin__outer *outer = outer_new(placer, lane);
	uint64_t size, end_us = UINT64_MAX;

	if (!outer) {
		lane->hold_us = now_us + NO_MEMORY_US;
		return NULL;
	}
	kin__ids_clear(&placer->key_ids);
	kin__ids_clear(&placer->hash_ids);
	size = gather(placer, lane, outer);
	kin__lane_reckon(lane);
	if (outer->n == 0) {
		if (lane->n > 0)
			lane->hold_us = now_us + NO_MEMORY_US;
		outer_free(placer, outer);
		return NULL;
	}
	outer->record.bytes = outer->n == 1 ? kin__state_of_queue(outer->members.next)->bytes
	                                    : (uint32_t)size + KIN__AGGREGATE_WRITE_AROUND + OUTER_KEY;
	outer->oldest = outer->oldest_us = UINT64_MAX; /* what came back stands before older ones */
	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		const struct kin__producer_record *member = kin__state_of_queue(node);

		if (member->end.due < end_us)
			end_us = member->end.due;
		if (member->order < outer->oldest) {
			outer->oldest = member->order;
			outer->oldest_us = member->accepted_us;
		}
	}
	outer->record.ttl_us = end_us - now_us;
	kin__lane_charge(lane, outer->record.bytes, now_us);
	return outer;
}

/* --- what became of it ------------------------------------------------------------------------ */

/* What its requests tell of each of its records. */
static void tell(struct kin__placer *placer, const struct kin__outer *outer,
                 struct kin__producer_record *record)
{
	if (outer->record.attempts > 1)
		placer->producer->counts.retried += outer->record.attempts - 1;
	record->attempts += outer->record.attempts - 1; /* it was counted once when it joined */
	if (outer->record.attempts == 0 && record->attempts > 0)
		placer->producer->counts.retried--;
	record->maybe_stored |= outer->record.maybe_stored || outer->astray;
}

/* Is it to be put again?  Else `code` is what it is reported with. */
static bool again(const struct kin__placer *placer, const struct kin__outer *outer,
                  struct kin__producer_record *record, int32_t *code, uint64_t now_us)
{
	bool over = record->end.due <= now_us;

	if (*code == KIN_OK && !outer->astray)
		return false;
	if (outer->refused && outer->n > 1 && *code != KIN_OK)
		record->placed->alone = true; /* one of them is to blame, or their sum */
	else if (*code != KIN_OK && *code != KIN_EXPIRED)
		return false;
	if (placer->producer->abandoned)
		*code = placer->producer->abandoned;
	else if (over)
		*code = KIN_EXPIRED;
	else
		return true;
	return false;
}

/* Its keys are free; linked for what follows. */
static struct kin__key *free_keys(struct kin__outer *outer)
{
	struct kin__key *first = NULL;

	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		struct kin__key *key = kin__state_of_queue(node)->placed->key;

		if (!key || key->outer != outer)
			continue;
		key->outer = NULL;
		key->settled = first;
		first = key;
	}
	return first;
}

void kin__placer_settle(struct kin__placer *placer, struct kin__outer *outer, int32_t code, uint64_t now_us)
{
	struct kin__key *settled = free_keys(outer);
	struct kin__list back;

	kin__list_init(&back);
	while (!kin__list_empty(&outer->members)) {
		struct kin__producer_record *record = kin__state_of_queue(outer->members.next);
		struct kin__key *key = record->placed->key;
		int32_t own = code;

		kin__list_remove(&record->queue);
		tell(placer, outer, record);
		record->placed->key = NULL;
		if (again(placer, outer, record, &own, now_us)) {
			kin__state_back(placer->producer, record);
			kin__list_prepend(&back, &record->queue); /* the youngest first */
			if (key)
				kin__keys_release(&placer->keys, key, record);
		} else {
			kin__state_done(placer->producer, record, own);
		}
	}
	while (settled) { /* before the others, which have waited longer, come first again */
		struct kin__key *key = settled;

		settled = key->settled;
		release(placer, key);
	}
	while (!kin__list_empty(&back)) {
		struct kin__producer_record *record = kin__state_of_queue(back.next);

		kin__list_remove(&record->queue);
		kin__placer_return(placer, record);
	}
	outer_free(placer, outer);
}
