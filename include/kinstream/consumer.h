/* kinstream/consumer.h - all shards of a stream to one handler, with the semantics of AWS Lambda's event
 * source mapping.  kin_consumer(3) */
#ifndef KINSTREAM_CONSUMER_H
#define KINSTREAM_CONSUMER_H

#include <kinstream/batch.h>
#include <kinstream/client.h>
#include <kinstream/codec.h>
#include <kinstream/sink.h>
#include <kinstream/store.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_consumer; /* any thread may stop, wait, ask; one closes */

enum kin_starting_position { KIN_TRIM_HORIZON = 0, KIN_LATEST = 1, KIN_AT_TIMESTAMP = 2 };
enum kin_until { KIN_UNTIL_NEVER = 0, KIN_UNTIL_LATEST = 1, KIN_UNTIL_TIMESTAMP = 2 };
enum kin_on_gap { KIN_GAP_STOP = 0, KIN_GAP_CONTINUE = 1 };

enum kin_consumer_state {
	KIN_CONSUMER_STARTING = 0, /* finding stream, shards and checkpoints */
	KIN_CONSUMER_RUNNING = 1,
	KIN_CONSUMER_STOPPING = 2, /* finishing batches, writing checkpoints */
	KIN_CONSUMER_ENDED = 3,    /* all done: stopped, or `until` reached */
	KIN_CONSUMER_FATAL = 4     /* cannot go on; the error says why */
};

/* KIN_OK, KIN_FAILED, KIN_BUSY (try again later, no attempt used), KIN_LATER (kin_batch_finish() will
 * come from any thread).  Anything else counts as KIN_FAILED. */
typedef int kin_handler_fn(void *user, struct kin_batch *batch);

struct kin_consumer_options {
	size_t size;             /* set by the _init; leave it */
	const char *stream;      /* name or ARN; required; copied */
	const char *application; /* 1..128 of [A-Za-z0-9_.-]; required; copied; names the checkpoints */
	const char *store;       /* URI, copied: "memory:", "file:PATH"; this or store_interface */
	const char *on_failure;  /* URI, copied: "drop", "file:PATH"; this or sink_interface; NULL: none */
	/* {"Filters":[{"Pattern":...}]}, see kinstream-filter(7); copied; NULL: all records are handed out */
	const char *filter_criteria;
	const struct kin_store *store_interface; /* copied; its functions until close */
	const struct kin_sink *sink_interface;   /* copied; its functions until close */
	kin_handler_fn *handler;                 /* NULL: pull form, kin_consumer_next() */
	/* client's callback thread; error NULL unless FATAL; NULL is fine */
	void (*on_state)(void *user, int state, const struct kin_error *error);
	void *user;
	const char *worker;                     /* copied; names the owner of leases; NULL: host:pid:random */
	int64_t starting_position_timestamp_ms; /* with KIN_AT_TIMESTAMP; Unix ms */
	int64_t until_timestamp_ms;             /* with KIN_UNTIL_TIMESTAMP */
	/* enum kin_starting_position, default KIN_TRIM_HORIZON; where no checkpoint exists */
	int32_t starting_position;
	int32_t until;       /* enum kin_until, default never; LATEST: the tip as it is at the start */
	int32_t on_gap;      /* enum kin_on_gap, default stop */
	uint32_t batch_size; /* 1..10000, default 100 */
	uint32_t maximum_batching_window_ms; /* 0..300000, default 0 */
	int32_t maximum_retry_attempts;      /* -1..10000, default -1: no limit */
	int64_t maximum_record_age_ms;       /* -1 or 60000..604800000, default -1: no limit */
	uint32_t handlers_max;               /* 1..1000, default 4: handler calls at once, over all shards */
	uint32_t fetches_max;                /* 1..1000, default 16: GetRecords calls at once */
	/* 1048576..2^40, default 67108864: stop fetching above; see kin_consumer(3) */
	uint64_t buffer_bytes_max;
	uint32_t poll_interval_ms; /* 200..60000, default 1000: pause after an answer that reached the tip */
	/* 0..60000, default 200: pause between answers while behind; 5 reads/s a shard */
	uint32_t behind_interval_ms;
	uint32_t shard_sync_interval_ms; /* 100..3600000, default 60000: looking for unknown shards */
	uint32_t retry_base_ms; /* 1..60000, default 1000: pause before a retry, doubling, full jitter */
	uint32_t retry_max_ms;  /* 1..600000, default 60000 */
	/* 0..86400000, default 0: none; longer calls are warned of and counted, see kin_consumer(3); the command
	 * kills what --exec runs, see kinstream(1) */
	uint32_t handler_timeout_ms;
	/* 0..604800000, default 0: for ever; a delivery to the sink that failed for so long is dropped */
	uint32_t on_failure_timeout_ms;
	/* 1..10, default 1: batches of one shard at once; order holds for each partition key then */
	uint32_t parallelization_factor;
	bool bisect_batch_on_function_error; /* default false */
	/* function_response_types = ReportBatchItemFailures: the command reads responses */
	bool report_batch_item_failures;
	bool on_failure_payload; /* default true: the event goes to a destination that has room for it: file: */
	bool on_failure_reason; /* default false: the handler's reason goes into the on-failure JSON, too */
	bool deaggregate;       /* default true: KPL aggregates are taken apart; see kin_consumer(3) */
	uint8_t reserved[5];
	uint32_t tumbling_window_ms; /* 0 or 1000..900000, whole seconds, default 0: none; see kin_consumer(3) */
	/* 0..240000, default 0: always poll_interval_ms; the pause of a shard that stays empty grows up to here */
	uint32_t poll_interval_max_ms;
	/* 0..1073741824, default 2097152: data and keys read of one shard, what the service allows; 0: no limit */
	uint32_t shard_bytes_per_second_max;
	/* NULL-ended, at most 8; the list is copied, the codecs stay: data that begins as one of them says is undone before
	 * the filter and the handler see it.  NULL, the default: none.  See kin_codec(3), kin_codecs_all() */
	const struct kin_codec *const *decompress;
	uint32_t decompressed_bytes_max; /* 1024..1073741824, default 33554432: of one record; see kin_consumer(3) */
};

/* A snapshot; counts since open.
 * polled = filtered + other_shard + handled + on_failure + dropped + buffered + given_back. */
struct kin_consumer_health {
	size_t size;                   /* set by the caller: sizeof the struct */
	int32_t state;                 /* enum kin_consumer_state */
	int32_t code;                  /* KIN_OK, or the fatal error's code */
	uint64_t shards, shards_ended; /* known; read to their end */
	uint64_t shards_blocked;       /* now retrying a batch for at least the tenth time */
	uint64_t polled;               /* records read */
	uint64_t handled;              /* records done */
	/* records sent to the sink; given up by on_failure = drop or on_failure_timeout_ms */
	uint64_t on_failure, dropped;
	uint64_t invocations, errors;      /* handler calls; those that failed, wholly or in part */
	uint64_t retried, bisected;        /* calls that were retries; batches cut in two */
	uint64_t checkpoints;              /* written */
	uint64_t gaps;                     /* trimmed or re-created: see on_gap */
	uint64_t buffered, buffered_bytes; /* records in memory and not done */
	int64_t behind_ms;                 /* the furthest shard's MillisBehindLatest; -1 unknown */
	uint64_t throttled;                /* requests refused as throughput exceeded */
	uint64_t requests_failed;          /* requests that brought no usable answer */
	uint64_t given_back;               /* records put out of memory undone, to be polled again */
	uint64_t filtered;                 /* records left out by filter_criteria */
	uint64_t other_shard; /* records of KPL aggregates that belong to another shard: left out */
	uint64_t handlers_overdue, handlers_overdue_total; /* calls over handler_timeout_ms: now; ever */
	struct kin_error error;                            /* code KIN_OK: none */
	/* tumbling windows: begun; of these, ended by their final call, by one that came early, or by no success of it */
	uint64_t windows_opened, windows_closed, windows_terminated_early, windows_given_up;
	uint64_t batches_out; /* now: with the handler, or on their way to the sink */
	bool paused;          /* by kin_consumer_pause() */
	/* With the option decompress, since open: records undone; those that could not be, and are as they were read. */
	uint64_t decompressed, not_decompressed;
};

KIN_API void kin_consumer_options_init_sized(struct kin_consumer_options *options, size_t size);
#define kin_consumer_options_init(options) kin_consumer_options_init_sized((options), sizeof *(options))
KIN_API KIN_MUST_CHECK int kin_consumer_options_apply(struct kin_consumer_options *options,
                                                      const struct kin_config *config,
                                                      struct kin_error *error);

/* Begins to work; returns at once.  client NULL: a private one.  On success *out is yours, close with kin_consumer_close(). */
KIN_API KIN_MUST_CHECK int kin_consumer_open(struct kin_consumer **out, struct kin_client *client,
                                             const struct kin_consumer_options *options,
                                             struct kin_error *error);
/* Asks it to end: running handlers finish, checkpoints are written.  Any thread, also a callback.
 * Async-signal-safe no; see kinstream-threads(7) for signal handlers. */
KIN_API void kin_consumer_stop(struct kin_consumer *consumer);
/* No batch is handed out, and nothing is read, until kin_consumer_resume(); batches that are out are finished, their
 * checkpoints written, the leases kept.  Any thread, also a callback; returns at once: see `paused` and `batches_out`
 * in the health. */
KIN_API void kin_consumer_pause(struct kin_consumer *consumer);
KIN_API void kin_consumer_resume(struct kin_consumer *consumer);
/* Another value for an option that may change while the consumer runs (`live` in kin_option_at(); `kinstream config`
 * shows them), as text, under its own name or Lambda's: for batches not yet made up.  Any thread, also a callback.
 * KIN_INVALID: no such option, not a live one, or out of its range; nothing is changed then. */
KIN_API KIN_MUST_CHECK int kin_consumer_set(struct kin_consumer *consumer, const char *name,
                                            const char *value, struct kin_error *error);
/* Waits for the end: KIN_OK ended, KIN_TIMEOUT, or the fatal error. */
KIN_API KIN_MUST_CHECK int kin_consumer_wait(struct kin_consumer *consumer, int64_t timeout_ms,
                                             struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_consumer_health(struct kin_consumer *consumer,
                                               struct kin_consumer_health *health, struct kin_error *error);
/* Stops, waits, frees.  KIN_TIMEOUT: not freed, call again.  Any other error: freed; it is the fatal error. */
KIN_API KIN_MUST_CHECK int kin_consumer_close(struct kin_consumer *consumer, int64_t timeout_ms,
                                              struct kin_error *error);
/* Open, wait, close; ends by `until`, kin_batch_stop() or a fatal error. */
KIN_API KIN_MUST_CHECK int kin_consumer_run(struct kin_client *client,
                                            const struct kin_consumer_options *options,
                                            struct kin_error *error);

/* Pull form (handler NULL).  KIN_OK: *batch is yours until kin_batch_finish(); KIN_TIMEOUT: none yet;
 * KIN_END: ended, no batch will come; else the fatal error.  Any thread. */
KIN_API KIN_MUST_CHECK int kin_consumer_next(struct kin_consumer *consumer, struct kin_batch **batch,
                                             int64_t timeout_ms, struct kin_error *error);
/* Readable while kin_consumer_next(..., 0, ...) has something to say; for poll(2).  Valid until close. */
KIN_API int kin_consumer_fd(struct kin_consumer *consumer);

#ifdef __cplusplus
}
#endif
#endif
