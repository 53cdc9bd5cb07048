/* producer/producer - the machine of one producer: accumulate, collect into requests, resend, deliver.
 *
 * Pure.  The owner feeds events that carry the time, then takes the effects one by one; each SEND is
 * answered by exactly one ANSWERED with its id, each LIST_SHARDS by one SHARDS.  Records are the owner's memory
 * from PUT until their DELIVER is taken; the machine sees sizes, never bytes.  Invariant: one DELIVER for each record put.
 */
#ifndef KIN_PRODUCER_PRODUCER_H
#define KIN_PRODUCER_PRODUCER_H
#include "base/heap.h"
#include "base/list.h"
#include "base/machine.h"
#include "kinesis/types.h"
#include <kinstream/producer.h>

struct kin__producer; /* the machine */

struct kin__producer_settings { /* copied */
	uint32_t request_records_max, requests_max;
	uint64_t request_bytes_max; /* sum of the records' bytes; a larger record goes alone */
	uint64_t linger_us, record_ttl_us;
	uint64_t buffer_bytes_max; /* kept by the owner with producer/room.h; here only checked */
	uint64_t buffer_records_max;
	uint64_t transient_base_us; /* a request brought no answer, or an entry an internal failure */
	uint64_t throttle_base_us;  /* a whole request was throttled */
	uint64_t entry_base_us;     /* entries of an answer were throttled */
	uint64_t backoff_max_us;
	uint64_t pressure_max_us; /* longest pause of all sending after an answer that is mostly throttled */
	/* What places records by the shard they will land in, see producer/placer.h.  All 0: they go as they come. */
	bool aggregate, order_by_key;
	uint32_t rate_percent; /* of what the service lets a shard take; 0: no pace is kept */
	uint32_t aggregate_bytes_max, aggregate_records_max;
	uint32_t record_bytes_max; /* of an aggregate, whatever aggregate_bytes_max says */
	bool apart;                /* failed entries wait each for itself, and make no pause of all */

	uint64_t seed;
	uint32_t *seen; /* NULL; tests: moves made, KIN__RECORD_STATES masks */
};
/* The back-offs and the limits of the public defaults; seed 0. */
void kin__producer_settings_init(struct kin__producer_settings *settings);

enum kin__record_state {
	KIN__RECORD_NEW,     /* not yet put */
	KIN__RECORD_FRESH,   /* waits for company, never sent */
	KIN__RECORD_SENDING, /* part of a request that is not answered */
	KIN__RECORD_WAITING, /* its entry failed: until its back-off is over */
	KIN__RECORD_AGAIN,   /* its request failed: as soon as requests may leave again */
	KIN__RECORD_DONE,    /* reported */
	KIN__RECORD_STATES
};
extern const struct kin__state_row kin__producer_table[KIN__RECORD_STATES];

/* What the machine must know to place a record. */
struct kin__placed {
	/* Set by the owner before PUT, after clearing the rest. */
	struct kin__hashkey hash; /* the record's explicit hash key, or its key's MD5 */
	uint64_t key_id;          /* of its key: the same for the same, nearly always another for another */
	uint32_t key_n, data_n;
	uint8_t hash_n; /* digits of its explicit hash key; 0: it has none */

	/* Of the machine. */
	bool alone;             /* not in an aggregate any more: one with it was refused */
	uint32_t cost;          /* kin__lane_cost() */
	uint64_t released;      /* with which batch of its key; 0: it was not */
	struct kin__lane *lane; /* that it waits in */
	struct kin__key *key;   /* it is under way, or parked */
};

/* As key_id, of its hash key.  With order_by_key that is what is kept in order: all records of one hash key go to one
 * shard. */
static inline uint64_t kin__placed_hash_id(const struct kin__placed *placed)
{
	return placed->hash.high * UINT64_C(0x9e3779b97f4a7c15) ^ placed->hash.low;
}

/* What all moves of a record look at comes first: there are so many of them that each is in no cache any more when it
 * moves on. */
struct kin__producer_record {
	/* Of the machine. */
	struct kin__list queue; /* of FRESH, AGAIN, DONE; and on its way to PUT */
	struct kin__list all;   /* not yet reported, in order of acceptance */
	uint32_t attempts;      /* requests it was part of */
	int32_t code;
	uint8_t state;
	bool maybe_stored; /* an attempt of it ended without a clean answer */

	/* Set by the owner before PUT, after clearing the rest. */
	uint32_t bytes;             /* data and key; at most KIN__RECORD_BYTES_MAX */
	struct kin__placed *placed; /* when records are placed; else NULL */
	bool earlier;               /* a process before this one may have stored it */
	uint64_t ttl_us;            /* 0: record_ttl_us */

	/* Of the machine. */
	uint64_t order; /* 1 for the first record put; until PUT it is the owner's */
	uint64_t accepted_us;
	struct kin__heap_node end; /* due: when its time to live is over; in the heap with a ttl of its own */
	struct kin__heap_node resend; /* of WAITING */
	uint64_t part;                /* 0; else only records of the same part go with it */
	uint32_t cuts; /* of its attempts: refused for what one of their records holds, and cut in two */
};

/* A record of the stream: it holds one record that was put, or an aggregate of many. */
struct kin__outer {
	struct kin__producer_record record; /* first: what a request is made of */
	struct kin__list members;           /* records, by their `queue`, in order */
	uint64_t oldest, oldest_us;         /* the oldest of them: its order, and when it was accepted */
	uint32_t n;
	bool astray;  /* it landed in a shard that not all of it belongs to */
	bool refused; /* by its last answer, for what it or a neighbour holds */
	struct kin__lane *lane;
};

enum kin__producer_event_type {
	KIN__PRODUCER_PUT,      /* records */
	KIN__PRODUCER_FLUSH,    /* what is here leaves without lingering */
	KIN__PRODUCER_TIMER,    /* at or after kin__producer_wake_us() */
	KIN__PRODUCER_ANSWERED, /* of SEND */
	KIN__PRODUCER_SHARDS,   /* of LIST_SHARDS */
	KIN__PRODUCER_CLOSE,    /* no PUT will come; nothing lingers */
	KIN__PRODUCER_ABANDON   /* gives up all that is not under way, with `code`; also what is put later */
};

struct kin__producer_answer {
	uint64_t id;
	uint8_t verdict;   /* enum kin__verdict */
	bool maybe_stored; /* not DONE: the service may have stored the records all the same */
	int32_t code;      /* final verdicts: what their records are reported with */
	uint64_t hint_us;  /* the service asked for a pause; 0: it did not */
	/* DONE: a verdict for each record: DONE stored; THROTTLED; TRANSIENT perhaps stored; else final. */
	const uint8_t *results;
	const char *const *shards; /* DONE, of placed records: where each is stored, that is; else unused */
};

struct kin__producer_shards {
	uint64_t id;
	bool done; /* false: there is no answer */
	const struct kin__shard_info *at;
	size_t n;
};

struct kin__producer_event {
	uint64_t now_us; /* monotonic */
	uint8_t type;
	union {
		struct kin__list *
				records; /* linked by their `queue`; all are taken over, the list is empty then */
		struct kin__producer_answer answer;
		struct kin__producer_shards shards;
		int32_t code;
	};
};

enum kin__producer_effect_type {
	KIN__PRODUCER_SEND,
	KIN__PRODUCER_LIST_SHARDS, /* the open ones */
	KIN__PRODUCER_DELIVER
};

struct kin__producer_effect {
	uint8_t type;
	union {
		struct {
			uint64_t id;                                 /* unique, never 0 */
			struct kin__producer_record *const *records; /* until answered */
			uint32_t n;
			uint64_t bytes;
			bool outer; /* the records are those of struct kin__outer */
		} send;
		struct {
			uint64_t id;
		} list;
		struct {
			struct kin__producer_record *record; /* the owner's again */
			int32_t code;
			uint8_t status; /* enum kin_delivery_status */
		} deliver;
	};
};

struct kin__producer_counts {
	uint64_t accepted, stored, failed;
	uint64_t requests, requests_failed, retried, throttled; /* as in struct kin_producer_stats */
	uint32_t in_flight;
};

struct kin__producer *
kin__producer_new(const struct kin__producer_settings *settings); /* NULL: out of memory */
void kin__producer_free(struct kin__producer *producer); /* NULL is fine; the records stay the owner's */
void kin__producer_step(struct kin__producer *producer, const struct kin__producer_event *event);
/* The next effect of the steps so far; false: none is left. */
bool kin__producer_take(struct kin__producer *producer, struct kin__producer_effect *out);
uint64_t kin__producer_wake_us(const struct kin__producer *producer); /* UINT64_MAX: never */
/* The records that were never sent: how far is the next full request? */
void kin__producer_fresh(const struct kin__producer *producer, uint64_t *records, uint64_t *bytes);
/* All records below this order are reported. */
uint64_t kin__producer_oldest(const struct kin__producer *producer);
const struct kin__producer_counts *kin__producer_counts(const struct kin__producer *producer);
const struct kin__bug *
kin__producer_bug(const struct kin__producer *producer);  /* what is NULL: all is well */
void kin__producer_check(struct kin__producer *producer); /* tests: every invariant; O(records) */
#endif
