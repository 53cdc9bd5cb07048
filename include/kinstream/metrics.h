/* kinstream/metrics.h - what consumers and producers do, in numbers: snapshots, statistics as JSON, Prometheus'
 * text.  kin_metrics(3) */
#ifndef KINSTREAM_METRICS_H
#define KINSTREAM_METRICS_H

#include <kinstream/consumer.h>
#include <kinstream/producer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a consumer and its shards at one moment -------------------------------------------- */

enum kin_shard_state {
	KIN_SHARD_WAITING = 0, /* not begun: its parents are not worked off, or its item is being taken */
	KIN_SHARD_ACTIVE = 1,  /* read and handed out */
	KIN_SHARD_ENDED = 2,   /* worked off to its end */
	KIN_SHARD_LOST = 3     /* another worker has it */
};

/* How long something took.  Percentiles are never below the true ones, and at most 1/32 above. */
struct kin_times {
	uint64_t count, sum_us;
	uint64_t p50_us, p90_us, p99_us, max_us;
};

struct kin_shard_snapshot {
	size_t size;                 /* what this library knows of it */
	const char *shard_id;        /* texts: as long as the snapshot */
	const char *sequence_number; /* the last record done by this process; "": none yet */
	uint64_t sub_sequence;
	const char *checkpoint; /* what the store holds: a sequence number or one of KCL's words; "": nothing */
	uint64_t checkpoint_sub_sequence;
	int32_t state; /* enum kin_shard_state */
	/* Calls that were made with the batch being tried, failed and busy ones; of the lane with most of them.  Or
	 * tries of the on-failure destination. */
	uint32_t attempts;
	uint32_t lanes_busy; /* handler calls and deliveries under way for it */
	uint32_t blocked;    /* 1: a batch of it is retried for at least the tenth time */
	/* Age of the oldest record that is not done; with none in memory, how long ago all that there was had been
	 * read.  -1: not known yet. */
	int64_t iterator_age_ms;
	int64_t behind_ms;       /* MillisBehindLatest of its last answer; -1: none yet */
	int64_t blocked_ms;      /* for how long it has been blocked; 0: it is not, or since now */
	uint64_t done;           /* records of it worked off by this process, up to its position */
	uint64_t buffered;       /* records of it in memory and not done */
	uint64_t buffered_bytes; /* memory that its pages hold */
	const char *reason;      /* the handler's words about the failure that it has now; "": none */
};

struct kin_consumer_snapshot {
	size_t size;            /* what this library knows of it */
	const char *stream;     /* its name; texts: as long as the snapshot */
	const char *stream_arn; /* "": not known yet */
	const char *application, *worker;
	int64_t time_ms; /* when it was taken: Unix ms by the service's clock, or this host's if that is not known */
	const struct kin_consumer_health *health; /* at the same moment; its size tells what it has */
	uint64_t invoked;                         /* records handed to the handler, those of retries again */
	uint64_t invoke_failed; /* of these, records that a call left undone: failed, busy, or behind a failure */
	uint64_t busy;          /* calls answered with KIN_BUSY */
	uint64_t partial;       /* calls that did a part of their batch; in health->errors too */
	uint64_t sink_failures; /* calls of the on-failure destination that failed */
	uint32_t handler_calls; /* under way now; pull form: batches given out, or waiting for kin_consumer_next() */
	uint32_t sink_calls;        /* under way now */
	struct kin_times durations; /* of handler calls, from begin to answer */
	struct kin_times
			ages; /* of the last record of each batch, when the call began; unknown clock: left out */
	size_t shards_n;
};

/* Any thread but the I/O thread (a log function).  Waits until the I/O thread has written it down: a few milliseconds
 * with 10,000 shards; KIN_TIMEOUT after 5 s.  *out is yours, free with kin_consumer_snapshot_free(). */
KIN_API KIN_MUST_CHECK int kin_consumer_snapshot(struct kin_consumer *consumer,
                                                 struct kin_consumer_snapshot **out, struct kin_error *error);
/* The i-th of shards_n, in the order in which they became known; NULL past the end.  As long as the snapshot. */
KIN_API const struct kin_shard_snapshot *kin_consumer_snapshot_shard(const struct kin_consumer_snapshot *of,
                                                                     size_t i);
/* All of it as one JSON object, 0-ended, *size bytes (NULL is fine) without the 0; NULL: out of memory.  Made at the
 * first call, as long as the snapshot; one thread at a time. */
KIN_API const char *kin_consumer_snapshot_json(struct kin_consumer_snapshot *snapshot, size_t *size);
KIN_API void kin_consumer_snapshot_free(struct kin_consumer_snapshot *snapshot);

/* ---- a producer at one moment ------------------------------------------------------------ */

struct kin_code_count {
	int32_t code; /* enum kin_code */
	uint64_t count;
	const char *name; /* kin_code_name(code) */
};

/* Of a shard, by the answers so far. */
struct kin_producer_shard {
	size_t size;             /* what this library knows of it */
	const char *shard_id;    /* as long as the snapshot */
	uint64_t records;        /* of the program, acknowledged */
	uint64_t stream_records; /* in so many records of the stream, */
	uint64_t bytes;          /* of so many bytes of data and keys */
	uint64_t throttled;      /* attempts of records refused there; known only if records are placed */
	int32_t pace_percent;    /* of what a shard takes, when last it answered; -1: no pace is kept */
	uint32_t reserved;
	struct kin_times
			requests; /* with a record for it; percentiles are at most 1/4 and 64 us above the true ones */
};

struct kin_producer_snapshot {
	size_t size;                            /* what this library knows of it */
	const char *stream;                     /* its name; as long as the snapshot */
	int64_t time_ms;                        /* when it was taken, as in a consumer's */
	const struct kin_producer_stats *stats; /* at the same moment; its size tells what it has */
	/* Of the first record of each request: from put to its first sending; from put to the answer that it is
	 * stored.  And of each request: from sending to its answer. */
	struct kin_times waits, deliveries, requests;
	const struct kin_code_count *failed; /* records reported as failed, by code; failed_n of them */
	size_t failed_n;
	/* Of the first record of each request: how much of its wait was not for company, but for the pace of its shard,
	 * for its key, for a free request.  And of the first record of each turn of reports: from put to report. */
	struct kin_times holds, reports;
	int64_t requests_per_million; /* records stored; -1: none is */
	int64_t aggregation_milli;    /* records stored in a thousand records of the stream; -1: none is */
	size_t shards_n;
};

/* Any thread; does not wait.  *out is yours, free with kin_producer_snapshot_free(). */
KIN_API KIN_MUST_CHECK int kin_producer_snapshot(struct kin_producer *producer,
                                                 struct kin_producer_snapshot **out, struct kin_error *error);
/* The i-th of shards_n, in the order in which they were first met: those used last, at most 10,000.  NULL past the end.
 * As long as the snapshot. */
KIN_API const struct kin_producer_shard *kin_producer_snapshot_shard(const struct kin_producer_snapshot *of,
                                                                     size_t i);
/* As kin_consumer_snapshot_json(). */
KIN_API const char *kin_producer_snapshot_json(struct kin_producer_snapshot *snapshot, size_t *size);
KIN_API void kin_producer_snapshot_free(struct kin_producer_snapshot *snapshot);

/* ---- Prometheus ------------------------------------------------------------------------- */

struct kin_metrics_handles { /* borrowed until return; they stay open meanwhile */
	size_t size;         /* set by the caller: sizeof the struct */
	struct kin_consumer *const *consumers;
	size_t consumers_n;
	struct kin_producer *const *producers;
	size_t producers_n;
	bool without_shards; /* no lines for single shards: 10,000 of a consumer take 8 MB */
	uint8_t reserved[7];
};

/* Gets the text piece by piece, borrowed until return; KIN_OK: go on, anything else ends it. */
typedef int kin_metrics_fn(void *user, const char *text, size_t size);

/* Writes what the handles have counted in Prometheus' text format (version 0.0.4), each metric once with a line for
 * each handle or shard.  Threads and time: as kin_consumer_snapshot().  `write` is called on this thread after all
 * was gathered: on an error there was no call.  What it answers, if not KIN_OK, is the result. */
KIN_API KIN_MUST_CHECK int kin_metrics_write(const struct kin_metrics_handles *handles, kin_metrics_fn *write,
                                             void *user, struct kin_error *error);

#ifdef __cplusplus
}
#endif
#endif
