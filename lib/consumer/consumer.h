/* consumer/consumer - the machine of one consumer: one stream, all its shards, one handler.
 *
 * Pure.  The owner feeds events that carry the time and carries out the effects; each request effect
 * is answered by exactly one event with its id.  Pointers in effects hold until the next step, slices
 * until their effect is answered.  Invariant: a checkpoint never passes a record that is not settled.
 */
#ifndef KIN_CONSUMER_CONSUMER_H
#define KIN_CONSUMER_CONSUMER_H
#include "base/check.h"
#include "base/rng.h"
#include "consumer/kept.h"
#include "kinesis/types.h"
#include "kinstream.h"

struct kin__consumer; /* the machine */

enum { KIN__OVERDUE_MAX = 64 }; /* calls beyond handlers_max, in place of overdue ones */

struct kin__consumer_settings {    /* copied */
	int32_t starting_position; /* enum kin_starting_position */
	int64_t starting_timestamp_ms;
	int32_t until; /* enum kin_until */
	int64_t until_timestamp_ms;
	int32_t on_gap; /* enum kin_on_gap */
	uint32_t batch_size;
	/* 6 MiB: size of the event JSON at which a batch stops growing; one larger record goes alone */
	uint64_t batch_bytes_max;
	uint64_t batching_window_us;
	int32_t maximum_retry_attempts;  /* -1: no limit */
	int64_t maximum_record_age_ms;   /* -1: no limit */
	uint32_t parallelization_factor; /* lanes of each shard: 1..10; 0: 1 */
	int64_t tumbling_window_ms;      /* 0: none; else whole seconds, with leases and one lane only */
	uint64_t state_bytes_max;        /* a window whose state is larger ends early */
	bool bisect;
	bool deaggregate;         /* pages come with aggregates taken apart */
	bool drop;                /* on_failure = drop: settled without a SINK effect */
	uint64_t sink_timeout_us; /* a delivery that failed for so long is dropped; 0: it is tried for ever */
	bool leases;              /* false: a reader; no store effects at all */
	uint32_t handlers_max, fetches_max, stores_max; /* effects of each kind in flight at once */
	/* A call that takes longer is overdue; 0: none is.  So many of them do not count among handlers_max. */
	uint64_t handler_timeout_us;
	uint32_t overdue_max;
	/* Fetched pages, whole.  From here on only shards that can do nothing without it fetch, and only when
	 * shards that wait for a retry gave pages back. */
	uint64_t buffer_bytes_max;
	uint64_t copy_bytes_min; /* a page of less is not worth a COPY */
	uint64_t poll_interval_us, behind_interval_us, shard_sync_interval_us;
	uint64_t shard_bytes_per_s;    /* data and keys read of one shard; 0: no limit */
	uint64_t poll_interval_max_us; /* of a shard that stays empty; 0: as poll_interval_us */
	uint64_t retry_base_us, retry_max_us;
	const char *worker;             /* copied */
	const char *application;        /* copied; part of each record's event JSON; NULL: "" */
	const char *const *only_shards; /* copied; NULL: all */
	size_t only_shards_n;
	uint64_t seed;
};

struct kin__slice {
	uint64_t page;
	uint32_t first, count;
}; /* records [first, first + count) of a page */

enum kin__consumer_event_type {
	/* from outside */
	KIN__CONSUMER_START, /* once, first */
	KIN__CONSUMER_TIMER, /* at or after kin__consumer_wake_us() */
	KIN__CONSUMER_STOP,  /* finish what runs, write checkpoints, end */
	KIN__CONSUMER_PAUSE, /* begin no call, delivery or fetch until RESUME; what runs goes on */
	KIN__CONSUMER_RESUME,
	KIN__CONSUMER_SET, /* settings: what may change while it runs is taken from them, see live.h */
	/* answers, each with the id of its effect and a verdict */
	KIN__CONSUMER_DESCRIBED, /* of DESCRIBE: summary */
	KIN__CONSUMER_SHARDS,    /* of LIST_SHARDS: shards, shards_n: the whole list */
	KIN__CONSUMER_LEASES,    /* of STORE_LIST: leases, leases_n: all items of the application */
	KIN__CONSUMER_WRITTEN,   /* of STORE_CREATE, STORE_UPDATE, STORE_REMOVE: store_code */
	KIN__CONSUMER_ITERATOR,  /* of GET_ITERATOR: the owner keeps the iterator beside the shard */
	KIN__CONSUMER_PAGE,      /* of FETCH: page, records...; the owner keeps it until RELEASE */
	KIN__CONSUMER_HANDLED,   /* of INVOKE: handler_code, fail_at, stop */
	KIN__CONSUMER_SUNK,      /* of SINK: store_code */
	KIN__CONSUMER_STATE_READ /* of STORE_STATE: store_code (KIN_NOT_FOUND: nothing is kept), kept */
};

enum kin__left_out { KIN__LEFT_IN, KIN__LEFT_OUT_FILTER, KIN__LEFT_OUT_OTHER_SHARD };

struct kin__consumer_event {
	uint64_t now_us;       /* monotonic */
	int64_t service_ms;    /* service time now; 0: no offset known yet */
	uint64_t id;           /* of the effect answered */
	uint8_t type, verdict; /* verdict: enum kin__verdict, of the API answers */
	/* KIN_OK, KIN_EXISTS, KIN_LOST, KIN_IO/KIN_NETWORK/KIN_NOMEM (tried again), else final */
	int32_t store_code;
	const struct kin_error *error; /* when not done; may be NULL; copied if kept */
	union {
		const struct kin__consumer_settings *settings;
		struct kin__stream_summary summary;
		struct {
			const struct kin__shard_info *at;
			size_t n;
		} shards;
		struct {
			const struct kin_lease *at;
			size_t n;
		} leases;
		struct {
			uint64_t id; /* named by the owner, never 0, unique in this consumer */
			const struct kin_record *records; /* stay until RELEASE */
			/* A byte a record, during the step: enum kin__left_out.  NULL: none is. */
			const uint8_t *left_out;
			/* A byte a record, below parallelization_factor, the same for all records of a key and each
			 * time a record is read: the lane it goes through.  Stay until RELEASE.  NULL: all 0. */
			const uint8_t *lanes;
			uint32_t count;
			uint64_t bytes;         /* what the page holds in memory */
			uint64_t array_bytes;   /* of these: the arrays of records and lanes */
			uint64_t payload_bytes; /* data and keys, as the service counts them */
			bool plain;             /* no key needs an escape as JSON; false: not known */
			int64_t behind_ms;      /* MillisBehindLatest; -1: not told */
			bool ended;             /* no next iterator: the shard is read to its end */
		} page;
		struct {
			int32_t code; /* KIN_OK, KIN_BUSY, anything else: KIN_FAILED */
			/* with KIN_OK: index in the batch of the first record not done; UINT32_MAX: all done */
			uint32_t fail_at;
			bool stop; /* the handler asked to stop after this */
			/* with KIN_FAILED: it did answer, and its answer says that all failed */
			bool answered;
			/* The state that it gave, with tumbling windows; 0: none.  The owner makes it the shard's
			 * before the step if at least one record is done, and the call was not a final one. */
			uint64_t state_bytes;
		} handled;
		struct {
			const struct kin__kept *at; /* its state is kept beside the shard, by the owner */
		} kept;
	};
};

enum kin__consumer_effect_type {
	/* requests, each answered once */
	KIN__CONSUMER_DESCRIBE,
	KIN__CONSUMER_LIST_SHARDS,
	KIN__CONSUMER_STORE_LIST,
	KIN__CONSUMER_STORE_CREATE,
	KIN__CONSUMER_STORE_UPDATE,
	KIN__CONSUMER_STORE_REMOVE,
	KIN__CONSUMER_GET_ITERATOR,
	KIN__CONSUMER_FETCH,
	KIN__CONSUMER_INVOKE,
	KIN__CONSUMER_SINK,
	KIN__CONSUMER_STORE_STATE, /* what is kept of a shard's tumbling windows; of store.lease the key */
	/* notices */
	KIN__CONSUMER_RELEASE, /* the page is not needed any more */
	KIN__CONSUMER_COPY,    /* few of its records are needed any more: free the rest; `records` stays */
	KIN__CONSUMER_STATE,   /* the consumer's state changed */
	KIN__CONSUMER_NOTE     /* a line for the log, and a count */
};

/* The tumbling window of a call. */
struct kin__call_window {
	bool there, final, terminated_early;
	bool fresh; /* its state is {}: what the owner keeps beside the shard is of an earlier window */
	int64_t start_ms, end_ms;
};

struct kin__consumer_effect {
	uint64_t id; /* requests: unique, never 0 */
	uint8_t type;
	uint8_t lane;   /* INVOKE and SINK: of the shard; one of them at a time is in flight for each lane */
	uint32_t shard; /* index of the shard: stable until the machine is freed */
	union {
		struct {
			struct kin_lease lease;
			uint64_t expected;
			/* Of UPDATE: to be kept first, under `expected`, with the state as it is beside the shard now if
			 * a window is open (fresh: {}).  NULL: nothing new. */
			const struct kin__kept *kept;
			bool fresh;
		} store;
		/* enum kin__iterator_type */
		struct {
			uint8_t type;
			const char *sequence;
			int64_t timestamp_ms;
		} iterator;
		struct {
			uint32_t limit;
		} fetch;
		struct {
			const struct kin__slice *slices;
			size_t slices_n;
			uint32_t count;   /* records in all */
			uint32_t attempt; /* 1: first */
			uint64_t lease_counter;
			struct kin__call_window window;
		} invoke;
		struct {
			const struct kin__slice *slices;
			size_t slices_n;
			uint32_t count;
			const char *condition; /* static */
			uint32_t attempts; /* times the handler was called with these records; at least 1 */
			/* the last call failed as a whole (functionError "Unhandled"); else it answered with failures */
			bool handler_failed;
			struct kin__call_window window; /* as it is now */
		} sink;
		struct {
			uint64_t page;
		} release;
		struct {
			struct kin__slice slice; /* what is needed still */
			uint64_t bytes; /* what the page holds then: the array, and each text 0-ended */
		} copy;
		struct {
			uint8_t state;
			const struct kin_error *error;
		} state; /* enum kin_consumer_state */
		struct {
			uint8_t level;
			bool quotes; /* what the handler said last of a batch of `lane` belongs to it */
			bool loss;   /* the same, and those records were given up */
			const char *text;
		} note; /* enum kin_log_level */
	};
};

struct kin__consumer_effects {
	struct kin__consumer_effect *at;
	size_t n, room;
	bool failed;
};

struct kin__consumer *
kin__consumer_new(const struct kin__consumer_settings *settings); /* NULL: out of memory */
void kin__consumer_free(struct kin__consumer *consumer);
/* Appends to *out, which the caller clears (n = 0) between steps and frees with kin__mem_free(out->at).
 * Out of memory inside a step turns the consumer FATAL with KIN_NOMEM; a broken invariant with KIN_BUG. */
void kin__consumer_step(struct kin__consumer *consumer, const struct kin__consumer_event *event,
                        struct kin__consumer_effects *out);
uint64_t kin__consumer_wake_us(const struct kin__consumer *consumer); /* UINT64_MAX: never */
/* ENDED or FATAL, and nothing in flight: may be freed */
int kin__consumer_state(const struct kin__consumer *consumer);
bool kin__consumer_idle(const struct kin__consumer *consumer); /* no effect unanswered */
/* counts, state, error */
void kin__consumer_health(const struct kin__consumer *consumer, struct kin_consumer_health *out);
const char *kin__consumer_shard_id(const struct kin__consumer *consumer, uint32_t shard);
/* The hash keys of its records; false: no list told them yet. */
bool kin__consumer_shard_range(const struct kin__consumer *consumer, uint32_t shard,
                               struct kin__hash_range *out);
const char *kin__consumer_stream_arn(const struct kin__consumer *consumer); /* "" before it is described */
#endif
