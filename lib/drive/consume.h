/* drive/consume - carries out what the consumer machine decides: what stands behind a kin_consumer.
 *
 * `set` is read-only after open, `own` belongs to the loop thread, `inbox` is under its lock.  Each effect
 * becomes an attempt, a storage job, a sink job or a batch, and each of them comes back as one event.
 * Invariant: in_flight counts the effects that are not answered; nothing is freed before it is 0.
 */
#ifndef KIN_DRIVE_CONSUME_H
#define KIN_DRIVE_CONSUME_H
#include "base/arena.h"
#include "consumer/consumer.h"
#include "drive/batch.h"
#include "drive/core.h"
#include "drive/decompress.h"
#include "drive/listing.h"
#include "filter/filter.h"
#include "io/pipe.h"
#include "kinesis/deaggregate.h"
#include "kinesis/get_records.h"
#include "metrics/snapshot.h"
#include <pthread.h>

struct kin__page {
	uint64_t id;
	char *body; /* the answer, decoded in place */
	struct kin_record *records;
	uint8_t *lanes;     /* a byte a record; NULL: there is one lane */
	char *decompressed; /* what records point into that were made smaller; NULL: none was */
	size_t body_room, records_room;
	uint32_t count;
};

enum { KIN__LANES_MAX = 10 };

struct kin__consume_shard {
	char *iterator; /* the next one, or NULL */
	char **reasons; /* the handler's words about the failure of each lane, where there is one; NULL: none */
	struct kin__bytes state; /* of its tumbling window */
};

/* A request to the service on behalf of one effect. */
struct kin__consume_request {
	struct kin__attempt attempt;
	struct kin__bytes body;
	struct kin__get_page page; /* of FETCH: what was read of the answer */
	struct kin__consume *consumer;
	uint64_t id;
	uint32_t shard;
	struct kin__listing *listing; /* of LIST_SHARDS, over its pages */
	struct kin__list node;        /* in own.idle or own.busy */
};

struct kin__consume {
	struct {
		struct kin__core *core;
		char *stream; /* as the user named it */
		char *application;
		char *worker;
		uint32_t lanes;                                 /* of each shard */
		bool leases;                                    /* false: a reader; no store */
		bool has_sink, failure_payload, failure_reason; /* of the JSON: is it, are they in it */
		bool deaggregate;
		struct kin_store store;
		struct kin_sink sink;
		kin_handler_fn *handler; /* NULL: pull form */
		void (*on_state)(void *user, int state, const struct kin_error *error);
		void *user;
		struct kin__pool *handlers, *storage, *sinking; /* NULL: not needed */
		char **only_shards;
		size_t only_shards_n;
	} set;
	struct {
		struct kin__consumer *machine;
		struct kin__consumer_effects effects;
		struct kin__consume_shard *shards;
		size_t shards_room;
		struct kin__page **pages;      /* by the low bits of their id */
		size_t pages_room, slots_free; /* slots_free: none before it */
		uint64_t pages_made;
		struct kin__page *spare; /* a large one whose memory is used again; NULL: none */
		struct kin__list idle;   /* requests to use again */
		struct kin__list busy;   /* requests under way */
		struct kin__loop_timer timer;
		struct kin__filter *filter; /* NULL: every record is handed out */
		struct kin__outside
				outside; /* of the page at hand: other shards' records; what a rule leaves out */
		struct kin__decompress decompress;
		uint64_t decompress_warned,
				decompress_warned_us; /* of those left as they are: told of, and when */
		struct kin__arena listing;
		char arn[2049];          /* set once, before the first batch */
		struct kin__tally tally; /* what is counted here, not by the machine */
		uint64_t in_flight;
		uint8_t troubled;   /* enum kin__operation that inbox.trouble tells of */
		bool frozen;        /* the shell itself failed: no more steps */
		uint8_t state_told; /* the last state given to on_state */
	} own;
	struct {
		pthread_mutex_t lock;
		pthread_cond_t change;
		struct kin__list ready; /* batches for kin_consumer_next() */
		struct kin_consumer_health health;
		/* why the last request failed; code KIN_OK: none did, or its like went well since */
		struct kin_error trouble;
		uint64_t warned_us,
				held_back; /* of responses that may be a mistake: the last line, and those not told since */
		uint32_t callbacks;   /* on_state calls not made yet */
		struct kin__list out; /* batches with a handler or given out by next, the oldest first */
		uint32_t out_n;
		bool idle;    /* ended or fatal, and nothing in flight */
		bool pause;   /* asked for last, to be told by `flow` */
		bool changed; /* so are the settings */
		struct kin__consumer_settings settings;
		bool detached;
		struct kin__pipe pipe;
	} inbox;
	struct kin__loop_task start, stop, flow, detach, hurry;
};

struct kin__consume_options { /* all borrowed until return, but for the interfaces' functions */
	struct kin__consumer_settings machine;
	const char *stream, *application, *worker;
	/* given: closed at the end; when open fails, only what is not the program's own; store NULL: a reader */
	const struct kin_store *store;
	const struct kin_sink *sink; /* the same; NULL: none */
	bool own_store, own_sink;    /* the program's own */
	bool failure_payload, failure_reason;
	struct kin__filter *filter;                /* given; NULL: none */
	const struct kin_codec *const *decompress; /* NULL: none; the codecs stay */
	uint32_t decompressed_bytes_max;
	kin_handler_fn *handler;
	void (*on_state)(void *user, int state, const struct kin_error *error);
	void *user;
};

int kin__consume_open(struct kin__consume **out, struct kin__core *core,
                      const struct kin__consume_options *options,
                      struct kin_error *error); /* takes a reference to core */
void kin__consume_stop(struct kin__consume *consumer);
void kin__consume_pause(struct kin__consume *consumer, bool pause);
int kin__consume_set(struct kin__consume *consumer, const struct kin__consumer_settings *settings,
                     struct kin_error *error); /* what may change while it runs, see consumer/live.h */
int kin__consume_wait(struct kin__consume *consumer, int64_t timeout_ms, struct kin_error *error);
int kin__consume_close(struct kin__consume *consumer, int64_t timeout_ms, struct kin_error *error);
int kin__consume_next(struct kin__consume *consumer, struct kin_batch **batch, int64_t timeout_ms,
                      struct kin_error *error);
void kin__consume_health(struct kin__consume *consumer, struct kin_consumer_health *health);
/* Any thread but the loop's; waits for it.  *out is yours, free with kin__snapshot_free(). */
int kin__consume_snapshot(struct kin__consume *consumer, struct kin__snapshot **out, struct kin_error *error);

/* --- between the files of drive/consume* (loop thread) --- */
void kin__consume_answer(struct kin__consume *consumer,
                         struct kin__consumer_event
                                         *event); /* one step and its effects, for an answer: in_flight - 1 */
void kin__consume_freeze(struct kin__consume *consumer, int code, const char *what);
struct kin__consume_shard *kin__consume_shard(struct kin__consume *consumer,
                                              uint32_t shard); /* NULL: out of memory, frozen */
struct kin__log_about kin__consume_about(const struct kin__consume *consumer,
                                         const char *shard_id); /* any thread; NULL: of no shard */
/* Carry out one effect.  Each is answered later, never inside. */
void kin__consume_service(struct kin__consume *consumer, const struct kin__consumer_effect *effect);
void kin__consume_store(struct kin__consume *consumer, const struct kin__consumer_effect *effect);
void kin__consume_sink(struct kin__consume *consumer, const struct kin__consumer_effect *effect);
/* What the handler said of the failure that a lane of a shard, or any of them, has now; "": nothing, or no failure. */
const char *kin__consume_reason(const struct kin__consume *consumer, uint32_t shard, uint8_t lane);
const char *kin__consume_shard_reason(const struct kin__consume *consumer, uint32_t shard);
void kin__consume_keep_reason(struct kin__consume *consumer, uint32_t shard, uint8_t lane, const char *text);
void kin__consume_forget_reason(struct kin__consume *consumer, uint32_t shard, uint8_t lane);
void kin__consume_free_reasons(struct kin__consume_shard *shard);
void kin__consume_cancel(struct kin__consume *consumer); /* ends the requests under way; not inside a step */
void kin__consume_invoke(struct kin__consume *consumer, const struct kin__consumer_effect *effect);
void kin__consume_out_locked(struct kin__consume *consumer, struct kin_batch *batch); /* it goes out now */
void kin__consume_busy_ready(struct kin__consume *consumer); /* gives the batches nobody took back, as busy */

/* Takes what page and body hold, lanes and decompressed; 0: out of memory, and they are empty as well. */
uint64_t kin__consume_page_add(struct kin__consume *consumer, struct kin__bytes *body,
                               struct kin__get_page *page, uint8_t *lanes, char *decompressed);
/* Memory that an earlier page left, if it suits an answer of so many bytes. */
void kin__consume_page_again(struct kin__consume *consumer, size_t length, struct kin__bytes *body,
                             struct kin__get_page *page);
void kin__consume_page_tidy(struct kin__consume *consumer); /* gives it back */
/* Copies the slice's texts out of the answer and frees it; without memory it stays as it is. */
void kin__consume_page_copy(struct kin__consume *consumer, const struct kin__slice *slice);
void kin__consume_page_free(struct kin__consume *consumer, uint64_t id);
/* Points records[0..] at the records of the slices; gives their number. */
size_t kin__consume_gather(struct kin__consume *consumer, const struct kin__slice *slices, size_t slices_n,
                           const struct kin_record **records);
#endif
