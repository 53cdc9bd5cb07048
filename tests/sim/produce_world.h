/* The world of sim_produce: one producer machine, a network that loses things, the model of the service, in
 * virtual time.  Everything is drawn from one seed. */
#ifndef KIN_SIM_PRODUCE_WORLD_H
#define KIN_SIM_PRODUCE_WORLD_H
#include "base/heap.h"
#include "base/rng.h"
#include "coverage.h"
#include "model/model.h"
#include "producer/producer.h"
#include "producer/room.h"
#include "producer/spool.h"

enum { PRODUCE_ITEMS = 160, PRODUCE_REQUESTS = 128, PRODUCE_BYTES = 20000 };
enum {
	PRODUCE_FAULTS = KIN__FAULT_TRUNCATE + 1
}; /* those of a put; the later kinds are of reads and of the clock */

/* What a run may meet; the simulator says which of them no seed met. */
enum produce_event {
	PRODUCE_STORED,
	PRODUCE_EXPIRED_NOT_SENT,
	PRODUCE_EXPIRED_DOUBT,
	PRODUCE_REFUSED,
	PRODUCE_NOT_FOUND,
	PRODUCE_IN_USE,
	PRODUCE_THROTTLED,
	PRODUCE_TRANSIENT,
	PRODUCE_ENTRY_THROTTLED,
	PRODUCE_ENTRY_INTERNAL,
	PRODUCE_ENTRY_INTERNAL_STORED,
	PRODUCE_DROP,
	PRODUCE_DROP_AFTER,
	PRODUCE_TRUNCATE,
	PRODUCE_LATE,
	PRODUCE_NO_CONNECTION,
	PRODUCE_DENIED,
	PRODUCE_DUPLICATE,
	PRODUCE_FULL,
	PRODUCE_FULL_RECORDS,
	PRODUCE_FULL_BYTES,
	PRODUCE_ALONE,
	PRODUCE_LINGERED,
	PRODUCE_FLUSH,
	PRODUCE_CRASH,
	PRODUCE_SPLIT,
	PRODUCE_MERGE,
	PRODUCE_RECREATE,
	PRODUCE_CLOSE,
	PRODUCE_ABANDON,
	PRODUCE_OWN_TTL,
	PRODUCE_TOO_LARGE,
	PRODUCE_SPARED,
	PRODUCE_AGGREGATE,
	PRODUCE_AGGREGATE_FULL,
	PRODUCE_ASTRAY,
	PRODUCE_ASTRAY_DROPPED,
	PRODUCE_READ_APART,
	PRODUCE_LISTED,
	PRODUCE_LIST_FAILED,
	PRODUCE_LIST_STALE,
	PRODUCE_LISTED_AGAIN,
	PRODUCE_ORDERED,
	PRODUCE_WAITED_FOR_KEY,
	PRODUCE_PACED,
	PRODUCE_CLOCK_JUMP,
	PRODUCE_SPOOL_FULL,
	PRODUCE_SPOOL_FAILED,
	PRODUCE_SPOOL_WAITED,
	PRODUCE_SPOOL_OVER,
	PRODUCE_SPOOL_TORN,
	PRODUCE_SPOOL_MARKED,
	PRODUCE_SPOOL_REMOVED,
	PRODUCE_RECOVERED,
	PRODUCE_COPY,
	PRODUCE_POWER,
	PRODUCE_EVENTS
};
extern const char *const produce_event_names[PRODUCE_EVENTS];

struct produce_item {
	struct kin__producer_record record; /* first: the machine's view of it */
	struct kin__placed placed;
	uint32_t key;                             /* of its partition key */
	char hash_text[KIN__HASHKEY_TEXT];        /* its hash key, when it has one of its own */
	uint32_t readable, readable_here;         /* copies that a reader who drops whole aggregates sees */
	uint32_t found, found_by_kcl;             /* in the end, by readers */
	char first_sequence[KIN__MODEL_SEQUENCE]; /* where the latter finds it first */
	uint32_t first_turn, first_sub;
	struct kin__heap_node report; /* when the callback has run and its room is free again */
	uint32_t life;                /* of which process; 0: not put yet */
	bool held, reported, sending, acked, doubt, reporting;
	bool given_up; /* in the life that ABANDON ended */
	uint64_t order, accepted_us, deadline_us, last_answer_us;
	uint32_t sends, copies, copies_here; /* stored in all; in the stream as it is now */
	uint32_t entry_fails;                /* in a row */
	uint64_t first_fail_us;
	uint32_t together;  /* how many were in the last request refused for its content; 0: none */
	uint64_t failed_in; /* the request whose answer failed it, and its place there */
	uint32_t failed_at;
	int32_t code;        /* of a final answer */
	uint64_t own_ttl_us; /* as it was put; 0: none */
	/* With a spool. */
	struct kin__spool_segment *segment; /* in its life */
	struct kin__spool_range range;
	uint64_t over_us;   /* when its time to live ends, whoever has it */
	bool accepted;      /* it is on disk */
	bool reported_once; /* in any life */
	bool failed_once;   /* in some life its report said that it was given up */
	bool final, noted;  /* reported; and the disk says so */
};

struct produce_entry {     /* of a request: one record of the stream */
	uint16_t first, n; /* of its items */
	uint32_t bytes;
	bool stray;         /* stored in a shard that not all of it belongs to */
	char shard[24];     /* where it is stored */
	const char *landed; /* the same, for the machine */
};

struct produce_request { /* from SEND until it arrived (or never will) and was answered */
	struct kin__heap_node arrive, answer;
	uint64_t id, serial, sent_us;
	uint32_t life, n;
	struct produce_entry entries[PRODUCE_ITEMS];
	uint16_t items[PRODUCE_ITEMS];
	uint8_t results[PRODUCE_ITEMS];
	const char *shards[PRODUCE_ITEMS];
	bool used, will_arrive, will_answer, maybe_stored;
	uint8_t verdict;
	int32_t code;
	uint64_t hint_us;
};

struct produce_shards { /* a list of them, kept */
	struct kin__shard_info at[64];
	char ids[64][24];
	size_t n;
};

struct produce_listing { /* LIST_SHARDS, from when it is asked until it is answered */
	struct kin__heap_node arrive, answer;
	uint64_t id;
	bool under_way, done;
	struct produce_shards shards;
};

struct produce_file { /* of a segment, and its journal; number 0: free */
	uint64_t number;
	struct kin__bytes spool, done;
};

/* What a shard was sent for the first time, in one life of the producer. */
struct produce_pace {
	char shard[24];
	uint64_t since_us, bytes, records;
};

struct produce_world {
	struct kin__rng rng;
	uint64_t seed, now_us, trace;
	bool verbose, healed, closing, abandoned;
	uint32_t life;
	struct kin__producer_settings settings;
	struct kin__producer *producer;
	uint32_t seen[KIN__RECORD_STATES]; /* its moves */
	struct kin__model *model;
	struct kin__room room;
	struct kin__heap due; /* of everything below */
	struct kin__heap_node put, flush, change, recreate, heal, crash, jump, keep;
	struct produce_item items[PRODUCE_ITEMS];
	struct produce_request requests[PRODUCE_REQUESTS];
	struct produce_listing listing;
	struct produce_shards before; /* those that were open before the last split or merge */
	struct produce_blob *blobs;
	struct produce_pace paces[64];
	uint32_t paces_n;
	struct {
		struct kin__spool books;
		struct produce_file files[64];
		struct kin__crc32c crc;
		uint64_t life, bytes_max;
		int64_t last; /* item that was handed over in this life; -1 */
		bool closing; /* as soon as nothing waits on disk */
	} spool;
	uint32_t next_item, in_flight;
	uint64_t serial;

	/* Drawn. */
	uint32_t record_bytes_max; /* of the stream, when it is less than the producer knows; 0 */
	uint32_t items_n, abandon_at, burst_max, item_bytes_max, own_ttl_per_mille;
	uint32_t stale_per_mille, lose_per_mille, deny_per_mille, late_per_mille, flush_per_mille,
			hint_per_mille;
	uint64_t gap_us, latency_us, timeout_us, report_us, heal_us;
	uint64_t ahead_us; /* of our clock is the service's */
	uint64_t well_us;  /* since when all is well; 0: not yet */
	bool deletes, reshards, crashes;
	bool spooled;            /* it has a spool */
	uint32_t crashes_n;      /* of it, at most */
	uint32_t disk_per_mille; /* writes that fail */
	bool placed;             /* the producer places records by their shard */
	uint32_t keys_n;         /* of records */
	uint32_t own_hash_per_mille;

	/* For the checks. */
	uint32_t lists; /* answered, in this life */
	bool map_given, recreated, resharded;
	uint64_t last_order, first_unsent, flushed; /* orders of this life */
	bool calm;                                  /* no answer was bad in this life */
	uint32_t pauses;                            /* in a row */
	uint32_t in_vain;                           /* refusals since a good answer */
	uint64_t pause_serial, pauses_since_us;
	uint64_t strange_us; /* an answer spoke of a shard that was not foretold: another list may be asked for later only */
};

/* Runs a seed to its end; gives the hash of its trace.  Prints and exits on failure. */
uint64_t produce_run(uint64_t seed, bool verbose);
extern uint64_t produce_met[PRODUCE_EVENTS];
extern uint64_t produce_struck[PRODUCE_FAULTS]; /* of the model's faults */
extern const char *const produce_fault_names[PRODUCE_FAULTS];
extern struct coverage_moves produce_moves; /* see coverage.h; a machine: a producer's life */

/* One line of the trace: "[    12.345 ms] send #3 7 records ..."; its hash goes into w->trace. */
void produce_note(struct produce_world *w, const char *what, uint64_t number, uint64_t more,
                  const char *word);
_Noreturn void produce_fail(struct produce_world *w, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
#define PRODUCE_CHECK(w, condition, ...) ((condition) ? (void)0 : produce_fail((w), __VA_ARGS__))

/* Of the producer's host. */
static inline int64_t produce_host_ms(const struct produce_world *w)
{
	return (int64_t)(w->now_us / 1000);
}
/* There is room for it: it is appended to what the machine is given. */
void produce_enter(struct produce_world *w, struct produce_item *item, uint64_t ttl_us, bool earlier,
                   struct kin__list *list);

/* produce_spool.c: what is on disk before it counts as accepted. */
void produce_draw_spool(struct produce_world *w);
void produce_spool_start(struct produce_world *w, bool again);
/* Of the next item; false: it is not accepted. */
bool produce_spool_put(struct produce_world *w, struct produce_item *item, struct kin__list *list);
bool produce_spool_read(struct produce_world *w, struct kin__list *list); /* true: records are in the list */
void produce_spool_reported(struct produce_world *w, struct produce_item *item);
void produce_spool_keep(struct produce_world *w, bool last);
void produce_spool_check_end(struct produce_world *w);
void produce_spool_free(struct produce_world *w);

/* produce_service.c: the network and the service. */
void produce_send(struct produce_world *w, const struct kin__producer_effect *effect);
void produce_arrive(struct produce_world *w, struct produce_request *request);
void produce_change_shards(struct produce_world *w);
void produce_faults(struct produce_world *w);
/* Its clock only goes forward: by leaps at times. */
int64_t produce_service_ms(const struct produce_world *w);

/* produce_placed.c: what is placed by its shard. */
void produce_keep_shards(struct produce_shards *to, const struct kin__shard_info *shards, size_t n);
void produce_list(struct produce_world *w, uint64_t id);
/* Is it one of the two of a listing?  Then it happened, and *event is what the machine is told, if anything. */
bool produce_listing(struct produce_world *w, struct kin__heap_node *node, struct kin__producer_event *event);
void produce_draw_placed(struct produce_world *w);
/* The records of a request as its entries. */
void produce_entries(struct produce_world *w, struct produce_request *r,
                     const struct kin__producer_effect *effect);
/* Before it is sent. */
void produce_check_outers(struct produce_world *w, const struct kin__producer_effect *effect);
void produce_stored(struct produce_world *w, struct produce_request *r, struct produce_entry *entry,
                    const char *shard);

/* produce_bytes.c: what records are made of. */
void produce_draw_key(struct produce_world *w, struct produce_item *item);
struct kin__span produce_key(const struct produce_item *item);
struct kin__span produce_data(const struct produce_world *w, const struct produce_item *item);
/* While the model lives. */
struct kin__span produce_aggregate(struct produce_world *w, const struct produce_request *r,
                                   const struct produce_entry *entry);
void produce_blobs_free(struct produce_world *w);

/* produce_reader.c: what is read in the end. */
void produce_read(struct produce_world *w);
void produce_check_read(struct produce_world *w);

/* produce_checks.c */
void produce_check_send(struct produce_world *w, const struct kin__producer_effect *effect);
void produce_check_answer(struct produce_world *w, const struct produce_request *request);
void produce_check_deliver(struct produce_world *w, struct produce_item *item, int32_t code, uint8_t status);
void produce_check_time(struct produce_world *w); /* after each step */
void produce_check_end(struct produce_world *w);
#endif
