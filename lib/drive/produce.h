/* drive/produce - carries out what the producer machine decides: the inside of a kin_producer.
 *
 * `set` is read-only after open, `own` belongs to the loop thread, `inbox` is under its lock; what is put lies in
 * `slots` until the loop thread takes it, see produce_slot.c.  Records are copied into chunks, many to an allocation.
 * Invariant: a record lives from put until its report was made; bytes of answers that reports point into live as long.
 */
#ifndef KIN_DRIVE_PRODUCE_H
#define KIN_DRIVE_PRODUCE_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/coarse.h"
#include "base/map.h"
#include "base/rng.h"
#include "drive/call.h"
#include "drive/core.h"
#include "drive/listing.h"
#include "io/pipe.h"
#include "kinesis/put_records.h"
#include "metrics/produced.h"
#include "producer/outage.h"
#include "producer/producer.h"
#include "producer/room.h"
#include "spool/spooler.h"
#include "wire/aggregate_write.h"
#include <kinstream/codec.h>

enum {
	KIN__PRODUCE_CHUNK = 256 * 1024 - 64, /* with its head no more than whole pages */
	KIN__PRODUCE_LARGE = 16384,           /* larger records have a chunk of their own */
	KIN__PRODUCE_KEEP_US = 1000000,       /* what was not needed for so long is given back */
	KIN__PRODUCE_SLOTS = 4,               /* threads that put at the same time without meeting */
	KIN__PRODUCE_APART = 128,             /* bytes; what two processors write lies so far apart */
	KIN__PRODUCE_AWS_CODES = 64,
	KIN__PRODUCE_RECENT = 64
};

/* Who makes the reports. */
enum kin__produce_reports {
	KIN__PRODUCE_COUNT, /* nobody: they are counted */
	KIN__PRODUCE_CALL,  /* a thread of the library's */
	KIN__PRODUCE_POLL,  /* threads of the program, by kin_producer_poll() and in all that waits */
	KIN__PRODUCE_NEXT   /* they are handed out by kin_producer_next() */
};

/* A report as the program sees it, and what it points at. */
struct kin__produce_shown {
	struct kin_delivery delivery;
	struct kin_error error;
	struct kin_attempt attempts[KIN_ATTEMPTS_MAX];
};

/* As struct kin_attempt. */
struct kin__produce_try {
	int64_t sent_ms;
	uint32_t took_us, number; /* took_us: at most an hour */
	int16_t code;
	uint16_t http_status;
	uint8_t aws_code; /* its place in aws_codes */
};

/* Of a record that was not stored by its first attempt: those that did not store it. */
struct kin__produce_history {
	uint32_t n;
	struct kin__produce_try at[KIN_ATTEMPTS_MAX];
};

struct kin__produce_chunk {
	struct kin__list node;
	size_t size;
	uint32_t live; /* records in it that are not yet reported; without those of a slot's grant */
	bool open;     /* a slot fills it */
	_Alignas(16) char bytes[];
};

/* Why an attempt failed; counted by the records that failed with it. */
struct kin__produce_fault {
	_Atomic uint32_t references;
	struct kin__produce_try what;
	struct kin_error error;
};

/* Data that stays where the program has it, until the record was reported. */
struct kin__produce_loan {
	const void *data;
	void (*release)(void *user, void *data); /* NULL: it is only borrowed */
	void *user;
};

/* Where records are put; see produce_slot.c. */
struct kin__produce_slot {
	pthread_mutex_t lock;
	/* Under it: so much may be put here without the inbox's lock. */
	uint64_t left, left_bytes;
	/* The same; without a grant under the inbox's lock. */
	struct kin__list records;         /* not yet with the machine */
	struct kin__produce_chunk *chunk; /* the open one, or NULL */
	size_t used;                      /* of its bytes */
	struct kin__rng rng;
	bool releases; /* data was given away since */
	/* Under the inbox's lock: what was granted; 0: nothing is. */
	uint64_t granted, granted_bytes;
	char apart[KIN__PRODUCE_APART];
};

/* In a chunk, followed by hash key, key and data (or its loan, not aligned), and by what the machine must know to place
 * it, if it does. */
struct kin__produce_record {
	struct kin__producer_record machine; /* first */
	struct kin__produce_chunk *chunk;
	struct kin__produce_fault *fault;     /* of the last failed attempt, or NULL */
	struct kin__produce_history *history; /* NULL: there is nothing to tell but of `request` */
	struct kin__produce_request
			*request; /* whose answer shard_id and sequence_number are in; NULL: not stored */
	const char *shard_id, *sequence_number;
	void *token;
	uint32_t key_n, data_n;
	uint8_t hash_n, status; /* status: enum kin_delivery_status, once it is known */
	bool on_loan;
	uint32_t sub_sequence; /* its place in the aggregate that it is stored in */
};

struct kin__produce_request {
	struct kin__attempt attempt;
	struct kin__produce *produce;
	struct kin__bytes body;
	struct kin__bytes answer; /* what results point into, until all its records are reported */
	uint64_t id;
	struct kin__producer_record *const *records; /* if they are placed: of outer records */
	uint32_t n;
	uint32_t reports;               /* under the lock: stored records not yet reported */
	struct kin__produce_try stored; /* what it was for these */
	struct kin__list node;          /* in own.busy or own.unsent, or inbox.answered or inbox.idle */
};

/* What is counted of a shard. */
struct kin__produce_shard {
	struct kin__list node;
	uint64_t records, stream_records, bytes, throttled;
	uint64_t request; /* the last one */
	int32_t pace_percent;
	struct kin__coarse times;
	char id[];
};

struct kin__produce_shards { /* under a lock of its own: a copy of 10,000 takes its time */
	pthread_mutex_t lock;
	struct kin__map by_id;
	struct kin__list used; /* the one idle longest is first */
	struct kin__produce_shard *recent[KIN__PRODUCE_RECENT];
};

/* Of an answer. */
struct kin__produce_stored {
	uint64_t entries, units; /* records of the stream; payload units */
};

struct kin__produce {
	struct {
		struct kin__core *core;
		char *stream, *arn; /* arn: NULL, or stream when it is one */
		void (*on_delivery)(void *user, const struct kin_delivery *delivery);
		void *user;
		enum kin__produce_reports reports;
		struct kin__pool *reporter;     /* CALL: where they are made; COUNT: where data is released */
		struct kin__pool *own_reporter; /* NULL: that is the client's */
		uint32_t record_bytes_max;      /* 0: what the stream takes */
		uint64_t memory_max;            /* of chunks */
		bool places;                    /* records by their shard */
		bool keyless;                   /* key NULL: the record is sent without one */
		const struct kin_codec *codec;  /* NULL: records go as they are */
		int32_t compression_level;
		uint32_t compression_min_bytes;
		/* So many new ones are looked at without delay. */
		uint64_t wake_records, wake_bytes;
		struct kin__producer_settings machine;
		struct kin__spooler *spool; /* NULL: none */
		uint64_t spool_max;         /* bytes of a record that it can ever take; 0: no spool */
	} set;
	struct {
		struct kin__producer *machine;
		struct kin__list reports; /* of the step that runs: records done */
		uint64_t reports_n;
		struct kin__list busy, unsent; /* requests */
		struct kin__loop_timer timer;
		struct kin__put_result *results; /* of the answer that is judged */
		uint8_t *verdicts;
		const char **shards; /* where its entries are stored; when records are placed */
		struct kin__aggregate_write write;
		struct kin__bytes aggregates; /* those that are encoded */
		struct kin__outage outage;
		uint64_t trim_us; /* when what is kept is looked at; 0: nothing is */
		bool closing, frozen, leaving;
	} own;
	struct kin__produce_list { /* LIST_SHARDS; the loop's own, too */
		struct kin__attempt attempt;
		struct kin__bytes body;
		struct kin__listing listing;
		uint64_t id;
		bool failed; /* the last one */
	} list;
	struct { /* contexts that nobody uses, under a lock of their own; and what was made smaller */
		pthread_mutex_t lock;
		struct kin__list idle;
		uint32_t idle_n;
		_Atomic uint64_t records, saved;
	} squeeze;
	struct { /* how large a record the stream takes; the loop's own, too */
		struct kin__call call;
		struct kin__bytes body;
		struct kin__loop_task ask;
		uint32_t told;
		bool warned;
	} limit;
	struct {
		pthread_mutex_t lock;
		pthread_cond_t change;
		/* put */
		uint64_t records_n, records_bytes; /* in the slots; without those of grants, as is `room` */
		uint64_t granted, granted_bytes;   /* to all slots; taken from `room` */
		struct kin__room room;
		struct kin__list chunks;
		struct kin__list spares;
		uint32_t spares_n, spares_low; /* low: the fewest since the last look */
		uint64_t memory;               /* of all chunks, spares too */
		bool closing, woken, flush;
		bool releases;    /* data was given away: somebody must be told */
		uint64_t entered; /* records that were ever in the list */
		struct kin__produce_spooling {
			uint64_t turn;             /* another one: there may be room on disk */
			uint32_t putting;          /* threads that are about to add to the list */
			uint64_t reserved;         /* records that they have room for, being written */
			uint64_t records_n, bytes; /* accepted by this process, and waiting on disk */
			bool starved;              /* what was read last found no room */
			bool over;                 /* the loop lets go of the producer */
			struct kin__list refused;  /* read from disk, and never to be sent */
			uint64_t refused_n;
			uint64_t unreported; /* of those, also when they left that list */
		} spooling;
		/* how large a record the stream takes, for all that is known; so often was it answered, last with this error */
		uint32_t limit_bytes;
		uint64_t limit_until_us, limit_asked;
		struct kin_error limit_error;
		bool limit_asking, limit_denied;
		/* what the machine said last */
		bool attended, saturated; /* it will look here soon by itself; it cannot send more anyway */
		uint64_t fresh_n, fresh_bytes;
		struct kin_producer_stats stats;
		struct kin__produced_tally tally; /* what is counted here, not by the machine */
		/* reports */
		struct kin__list reports;
		uint64_t reports_n, taken_n; /* that were ever in the list; that left it */
		struct kin__list telling;    /* those being made, by the threads that make them */
		uint64_t ended_below;        /* what became of all below this order is in reports_n of them */
		struct kin__produce_record *current; /* NEXT: handed out last, and not yet read */
		const void *reader;                  /* NEXT: the thread that asked last; NULL: none did */
		struct kin__pipe pipe;               /* POLL, NEXT: readable while `reports` is not empty */
		uint64_t given_up;                   /* since the last flush */
		/* why the last request failed, wholly or in part; code KIN_OK: it did not */
		struct kin_error trouble;
		struct kin_error last_error;
		bool reporting;            /* the job is posted or runs */
		struct kin__list answered; /* requests whose answer is still pointed into */
		struct kin__list idle;     /* requests to use again, the last used first */
		uint32_t idle_n, idle_low;
		int32_t frozen; /* 0, or KIN_BUG */
		bool detached;
	} inbox;
	char apart[KIN__PRODUCE_APART];
	struct kin__produce_slot slots[KIN__PRODUCE_SLOTS];
	_Atomic uint64_t ticket; /* of the next call that puts */
	char apart_too[KIN__PRODUCE_APART];
	struct kin__produce_shards shards;
	struct kin__loop_task attend, detach;
	struct kin__pool_job report;
	char aws_codes[KIN__PRODUCE_AWS_CODES]
		      [sizeof((struct kin_error *)0)->aws_code]; /* seen so far; [0]: "" */
	struct kin__produce_shown shown; /* of the one thread in kin_producer_next(): `current` */
};

struct kin__produce_options { /* borrowed until return */
	struct kin__producer_settings machine;
	const char *stream;
	void (*on_delivery)(void *user, const struct kin_delivery *delivery);
	void *user;
	bool polled;     /* no report is made unasked */
	bool own_client; /* the core's callback thread has nothing else to do */
	uint32_t record_bytes_max;
	bool keyless;                  /* key NULL: the record is sent without one */
	const struct kin_codec *codec; /* NULL: none; stays until the producer is closed */
	int32_t compression_level;
	uint32_t compression_min_bytes;
	const char *spool; /* NULL or "": none */
	uint64_t spool_bytes_max;
	enum kin__spooler_sync spool_sync;
	uint32_t spool_interval_ms;
};

int kin__produce_open(struct kin__produce **out, struct kin__core *core,
                      const struct kin__produce_options *options,
                      struct kin_error *error); /* takes a reference to core */
/* How long one call waits for room, in all. */
struct kin__produce_patience {
	int64_t timeout_ms;
	uint64_t until_us; /* 0: it did not wait yet */
};
/* Accepts entries from the front until one is not, adding 1 to *accepted each time; KIN_OK: all are.  They are checked but
 * for what the options say of sizes. */
int kin__produce_put(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                     size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error);
int kin__produce_flush(struct kin__produce *produce, int64_t timeout_ms, struct kin_error *error);
/* POLL; see kin_producer_poll(). */
int kin__produce_poll(struct kin__produce *produce, int64_t timeout_ms, uint32_t max,
                      struct kin_error *error);
/* NEXT; one thread at a time. */
int kin__produce_next(struct kin__produce *produce, const struct kin_delivery **out, int64_t timeout_ms,
                      struct kin_error *error);
int kin__produce_close(struct kin__produce *produce, int64_t timeout_ms,
                       struct kin_error *error); /* see kin_producer_close() */
/* Under the lock: adds what troubles it to an error that tells of a wait in vain; gives the error's code. */
int kin__produce_troubled(const struct kin__produce *produce, struct kin_error *error, int code);
void kin__produce_stats(struct kin__produce *produce, struct kin_producer_stats *stats);
/* Any thread; *out is yours, free with kin__produced_free(). */
int kin__produce_snapshot(struct kin__produce *produce, struct kin__produced **out, struct kin_error *error);

/* --- between the files of drive/produce* --- */
void kin__produce_step(struct kin__produce *produce,
                       struct kin__producer_event *event); /* loop thread: one step and its effects */

/* drive/produce_put; under the lock: must the loop be told of what was put?  Not if it will look in time by itself. */
bool kin__produce_unattended(const struct kin__produce *produce);
/* What is about to be accepted. */
struct kin__produce_coming {
	const struct kin_put_entry *entry;
	struct kin__span key; /* at NULL: one is made, or it goes without */
	size_t size;          /* in a chunk */
};
enum { KIN__PRODUCE_MADE_KEY = 16 };
struct kin__produce_coming kin__produce_coming_of(const struct kin__produce *produce,
                                                  const struct kin_put_entry *entry);
/* The rest under the lock; of a producer with a spool `slot` is the first one. */
bool kin__produce_has_room(struct kin__produce *produce, struct kin__produce_slot *slot,
                           const struct kin__produce_coming *coming);
/* A record of it, in its room; the lock is not held while a large one is copied.  NULL: out of memory. */
struct kin__produce_record *kin__produce_take_in(struct kin__produce *produce, struct kin__produce_slot *slot,
                                                 const struct kin__produce_coming *coming);
void kin__produce_enter(struct kin__produce *produce, struct kin__produce_slot *slot,
                        struct kin__produce_record *record, bool *wake); /* on its way to the machine */
int kin__produce_may_put(const struct kin__produce *produce, struct kin_error *error);

/* drive/produce_spool: what a producer with a spool does otherwise. */
struct kin__produce_spooled { /* of a record, behind all else of it */
	struct kin__spooler_place place;
	uint64_t ttl_ms; /* as it was when it was put */
	bool earlier;    /* by another process */
};
struct kin__produce_spooled *kin__produce_record_spooled(const struct kin__produce *produce,
                                                         struct kin__produce_record *record);
int kin__produce_spool_open(struct kin__produce *produce, const struct kin__produce_options *options,
                            struct kin_error *error);
int kin__produce_spool_put(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                           size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error);
/* Under the lock: until all that is there was read from disk. */
int kin__produce_spool_drain(struct kin__produce *produce, uint64_t until_us, const char *call,
                             struct kin_error *error);
void kin__produce_spool_stats(struct kin__produce *produce, struct kin_producer_stats *stats);
bool kin__produce_spool_busy(const struct kin__produce *produce); /* under the lock: more will come from it */
void kin__produce_spool_count_lost(
		struct kin__produce *produce); /* the same: what will never come is given up */

/* drive/produce_slot */
bool kin__produce_slots_init(struct kin__produce *produce); /* false: no memory for their locks */
void kin__produce_slots_seed(struct kin__produce *produce, uint64_t seed);
void kin__produce_slots_fini(struct kin__produce *produce);
/* A program's thread, without the lock: the first ones of the entries, as far as that goes; gives how many. */
size_t kin__produce_put_granted(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n);
struct kin__produce_slot *kin__produce_my_slot(struct kin__produce *produce); /* of this thread */
void kin__produce_make_key(const struct kin__produce *produce, struct kin__rng *rng,
                           struct kin__produce_coming *coming,
                           char made[static KIN__PRODUCE_MADE_KEY]); /* if it needs one */
/* The rest under the lock.  After it nothing is granted, and what is counted in `inbox` is all there is. */
void kin__produce_gather(struct kin__produce *produce);
void kin__produce_gather_enough(
		struct kin__produce *produce); /* if there may be so much that the loop is to be woken */
void kin__produce_revoke(struct kin__produce *produce, struct kin__produce_slot *slot); /* of one slot */
void kin__produce_grant(struct kin__produce *produce, struct kin__produce_slot *slot);  /* what may be */
/* The next one; whoever holds a slot, to append with it. */
uint64_t kin__produce_ticket(struct kin__produce *produce);
/* Behind what is in the slot, to which nothing is granted. */
void kin__produce_append(struct kin__produce_slot *slot, struct kin__produce_record *record, uint64_t ticket);
/* All that was put, after gathering; and, without the lock, in order. */
void kin__produce_take_lists(struct kin__produce *produce, struct kin__list lists[KIN__PRODUCE_SLOTS]);
void kin__produce_merge(struct kin__list lists[KIN__PRODUCE_SLOTS], struct kin__list *out);
/* An open chunk that is empty, of a slot other than the first one, becomes a spare. */
void kin__produce_slots_trim(struct kin__produce *produce);

/* drive/produce_record; but for the next one all under the lock. */
/* Into the open chunk of the slot, which has space for it and whose owner this thread is. */
struct kin__produce_record *kin__produce_record_put(struct kin__produce_slot *slot,
                                                    const struct kin__produce_coming *coming);
bool kin__produce_slot_has_space(const struct kin__produce_slot *slot, size_t size);
/* size: kin__produce_record_size(). */
struct kin__produce_record *
kin__produce_record_new(struct kin__produce *produce, struct kin__produce_slot *slot,
                        const struct kin__produce_coming *coming); /* NULL: out of memory */
/* One that is larger than KIN__PRODUCE_LARGE: the lock is not held meanwhile. */
struct kin__produce_record *kin__produce_record_new_large(struct kin__produce *produce,
                                                          const struct kin__produce_coming *coming);
void kin__produce_close_chunk(struct kin__produce *produce, struct kin__produce_slot *slot);
/* What the machine must know to place it, if it does: room for it. */
struct kin__placed *kin__produce_record_placed(struct kin__produce_record *record);
bool kin__produce_record_fits(const struct kin__produce *produce, const struct kin__produce_slot *slot,
                              size_t size); /* is there memory left for it? */
size_t kin__produce_record_size(const struct kin__produce *produce, const struct kin_put_entry *entry,
                                struct kin__span key);
void kin__produce_record_free(struct kin__produce *produce, struct kin__produce_record *record);
void kin__produce_chunks_fini(struct kin__produce *produce);
struct kin__span kin__produce_record_hash(const struct kin__produce_record *record);
struct kin__span kin__produce_record_key(const struct kin__produce_record *record);
struct kin__span kin__produce_record_data(const struct kin__produce_record *record);
/* NULL: its data was copied. */
const struct kin__produce_loan *kin__produce_record_loan(const struct kin__produce_record *record,
                                                         struct kin__produce_loan *out);

/* drive/produce_request; loop thread. */
void kin__produce_send(struct kin__produce *produce, const struct kin__producer_effect *effect);
void kin__produce_send_failed(struct kin__produce *produce); /* answers what could not be sent */
void kin__produce_request_give(
		struct kin__produce *produce,
		struct kin__produce_request *request); /* under the lock: not in use any more */
void kin__produce_request_free(struct kin__produce_request *request);
void kin__produce_fault_drop(struct kin__produce_fault *fault); /* any thread; NULL is fine */

/* drive/produce_trim; loop thread: gives back what was kept and is not needed. */
void kin__produce_trim(struct kin__produce *produce);
void kin__produce_free_requests(struct kin__list *list);

/* drive/produce_outer; loop thread: when records are placed. */
/* After a burst: gives back what large aggregates needed. */
void kin__produce_trim_outers(struct kin__produce *produce);
/* Where each record that was put goes by its key. */
void kin__produce_place(const struct kin__produce *produce, struct kin__list *records);
/* What a request holds; false: out of memory. */
bool kin__produce_encode_outers(struct kin__produce *produce, struct kin__put_records *put,
                                const struct kin__produce_request *request);
void kin__produce_stored_outer(struct kin__produce_request *request, const struct kin__outer *outer,
                               const struct kin__put_result *result);
void kin__produce_blame_outer(struct kin__produce *produce, struct kin__outer *outer,
                              struct kin__produce_fault *fault);
/* number: of the attempt. */
void kin__produce_blame(struct kin__produce *produce, struct kin__produce_record *record,
                        struct kin__produce_fault *fault, uint32_t number);

/* drive/produce_history */
uint8_t kin__produce_code_number(struct kin__produce *produce, const char *aws_code); /* loop thread */
void kin__produce_note(struct kin__produce *produce, struct kin__produce_record *record,
                       const struct kin__produce_try *what, uint32_t number); /* loop thread */
/* Of a record that is reported; gives how many. */
uint32_t kin__produce_history(const struct kin__produce *produce, const struct kin__produce_record *record,
                              struct kin_attempt out[static KIN_ATTEMPTS_MAX]);

/* drive/produce_tally; loop thread, but for the copy: any. */
int kin__produce_shards_init(struct kin__produce_shards *shards); /* 0, or -1: no memory for its lock */
void kin__produce_shards_fini(struct kin__produce_shards *shards);
int kin__produce_shards_copy(struct kin__produce_shards *shards,
                             struct kin__produced *to); /* 0, or -1: out of memory */
/* After a whole answer was read, and before the machine is told. */
void kin__produce_count(struct kin__produce_request *request, struct kin__produce_stored *stored);

/* drive/produce_shards; loop thread. */
void kin__produce_list(struct kin__produce *produce, uint64_t id);

/* drive/produce_compress; a program's thread. */
void kin__produce_compress_init(struct kin__produce *produce);
void kin__produce_compress_fini(struct kin__produce *produce);
int kin__produce_put_smaller(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                             size_t *accepted, struct kin__produce_patience *patience,
                             struct kin_error *error);
/* drive/produce_put; the same, of records as they are. */
int kin__produce_put_plain(struct kin__produce *produce, const struct kin_put_entry *entries, size_t n,
                           size_t *accepted, struct kin__produce_patience *patience, struct kin_error *error);

/* drive/produce_limit */
int kin__produce_limit_init(struct kin__produce *produce);    /* KIN_OK or KIN_NOMEM */
void kin__produce_limit_detach(struct kin__produce *produce); /* loop thread */
void kin__produce_limit_fini(struct kin__produce *produce);
/* A program's thread: does the stream take a record that not every stream takes? */
int kin__produce_limit_check(struct kin__produce *produce, const struct kin_put_entry *entry, size_t key_n,
                             struct kin__produce_patience *patience, struct kin_error *error);

/* drive/produce_report */
void kin__produce_report(struct kin__produce *produce); /* loop thread: own.reports to who makes them */
bool kin__produce_is_telling(const struct kin__produce *produce); /* is this thread inside a report of it? */
/* The rest under the lock.  POLL: makes some of the reports that wait, without the lock meanwhile; false: there is none,
 * or they are not this thread's to make. */
bool kin__produce_serve(struct kin__produce *produce);
/* NEXT: does this thread read the reports, so that no room is made while it waits? */
bool kin__produce_reads(const struct kin__produce *produce);
/* Are all up to `mark` reported, and nobody is about to tell more of it?  goal: UINT64_MAX at first. */
bool kin__produce_reported(const struct kin__produce *produce, uint64_t mark, uint64_t *goal);
void kin__produce_forget_unread(struct kin__produce *produce); /* NEXT: counts them */
void kin__produce_report_job(struct kin__pool_job *job);
#endif
