/* producer/keys - the keys of which a record is under way, and those of their records that wait for it.
 *
 * Pure.  A key is in here while a record of it is under way, parked, or released; a look-up is O(1), and memory is
 * given back when no key is left.  Records are released in batches; when one of a batch is parked again, the batch is
 * over.  Invariant: those of the batch are older than all others of the key that wait, and parked ones stand in order.
 */
#ifndef KIN_PRODUCER_KEYS_H
#define KIN_PRODUCER_KEYS_H
#include "base/list.h"
#include "base/slab.h"
#include "producer/producer.h"

struct kin__key {
	uint64_t id;
	struct kin__key *next;    /* of the same slot */
	struct kin__key *settled; /* while its outer record is settled: the next such key */
	struct kin__outer *outer; /* NULL: nothing of it is under way */
	struct kin__list parked;  /* records, by their `queue` */
	uint64_t batch;           /* of those that were parked or under way, and may go now */
	uint32_t released;        /* how many of them wait */
};

struct kin__keys {
	struct kin__key **slots;
	size_t slots_n, n;
	uint64_t batches; /* so far */
	struct kin__slab slab;
};

void kin__keys_init(struct kin__keys *keys);
void kin__keys_fini(struct kin__keys *keys);
struct kin__key *kin__keys_find(const struct kin__keys *keys, uint64_t id); /* NULL: not there */
struct kin__key *kin__keys_take(struct kin__keys *keys, uint64_t id); /* found or made; NULL: no memory */
/* Forgets a key that nothing holds any more; others stay. */
void kin__keys_drop(struct kin__keys *keys, struct kin__key *key);
/* The record is of the batch of its key that may go: may it still?  It goes no more, or it is sent. */
void kin__keys_release(struct kin__keys *keys, struct kin__key *key, struct kin__producer_record *record);
bool kin__keys_released(const struct kin__key *key, const struct kin__producer_record *record);
void kin__keys_gone(struct kin__key *key, struct kin__producer_record *record);
/* In the order of acceptance: most come last, those that were released and could not go come first. */
void kin__keys_park(struct kin__key *key, struct kin__producer_record *record);
#endif
