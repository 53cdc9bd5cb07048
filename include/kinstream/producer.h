/* kinstream/producer.h - put a record and forget it; one delivery report each.  kin_producer(3) */
#ifndef KINSTREAM_PRODUCER_H
#define KINSTREAM_PRODUCER_H

#include <kinstream/client.h>
#include <kinstream/codec.h>
#include <kinstream/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_producer; /* any thread may put, flush, ask; one closes */

/* What became of a record.  Never "maybe stored" when it was certainly not. */
enum kin_delivery_status {
	KIN_NOT_SENT = 0,        /* no copy is in the stream */
	KIN_POSSIBLY_STORED = 1, /* an attempt ended without an answer: there may be a copy */
	KIN_STORED = 2           /* acknowledged; shard_id and sequence_number are set */
};

enum { KIN_ATTEMPTS_MAX = 8 }; /* that a report tells of one by one */

/* A request that the record was part of. */
struct kin_attempt {
	int64_t sent_ms;      /* when it was sent: Unix ms by this host's clock */
	uint64_t duration_us; /* from then until its answer, or until none was waited for any more */
	int32_t code;         /* KIN_OK: the record was stored; else as in struct kin_error */
	int32_t http_status;  /* 0: no answer */
	uint32_t number;      /* 1 for the first */
	uint32_t reserved;
	const char *aws_code; /* "ProvisionedThroughputExceededException", or "" */
};

/* Borrowed until the callback returns; grows at the end. */
struct kin_delivery {
	void *token;                 /* as given to kin_producer_put_entry(); NULL from kin_producer_put() */
	int32_t code;                /* KIN_OK: stored; else why it was given up */
	int32_t status;              /* enum kin_delivery_status */
	uint32_t attempts;           /* requests it was part of */
	uint32_t history_n;          /* of these, told one by one: all, or the first and the last ones */
	const char *shard_id;        /* NULL unless stored */
	const char *sequence_number; /* NULL unless stored */
	const struct kin_error *error;     /* NULL if stored: the last attempt's error */
	uint64_t sub_sequence;             /* place in the aggregate that it is stored in; else 0 */
	const struct kin_attempt *history; /* history_n of them, by their number */
	uint32_t from_spool; /* 1: an earlier process put it, and the spool had it; token is NULL then */
	uint32_t reserved;
};

/* What is stored in the order of the puts. */
enum kin_order {
	KIN_ORDER_NONE = 0,
	KIN_ORDER_KEY = 1 /* the records of each hash key: one of them under way at a time */
};

/* Who has the delivery reports made. */
enum kin_reports {
	KIN_REPORTS_CALLBACK = 0, /* on_delivery is called by itself, on a thread of the library's */
	KIN_REPORTS_POLL =
			1 /* the program asks: kin_producer_poll(), or without on_delivery kin_producer_next() */
};

/* The stream's RecordDistributionStrategy: what chooses the shard of a record without a hash key of its own. */
enum kin_distribution {
	KIN_DISTRIBUTION_KEY = 0, /* USER_PARTITION_KEY: its partition key */
	KIN_DISTRIBUTION_AUTO = 1 /* AUTO: the service; a record may have no key */
};

/* When what is written to the spool is synced to the disk.  A killed process loses nothing with any of them. */
enum kin_spool_fsync {
	KIN_SPOOL_FSYNC_INTERVAL =
			0,        /* each spool_fsync_interval_ms: a loss of power may cost what came since */
	KIN_SPOOL_FSYNC_EACH = 1, /* before a put returns; many that put share one fsync */
	KIN_SPOOL_FSYNC_NONE = 2  /* when the system does it */
};

struct kin_producer_options {
	size_t size;        /* set by the _init; leave it */
	const char *stream; /* name or ARN; required; copied */
	/* One call per accepted record, in no fixed order, on a thread for this producer's reports alone, or as `reports`
	 * says.  May put with timeout 0.  A slow one fills the buffer.  NULL: counted only, or handed out. */
	void (*on_delivery)(void *user, const struct kin_delivery *delivery);
	void *user;
	uint64_t buffer_bytes_max; /* 65536..2^40, default 33554432: records accepted and not yet reported */
	uint32_t buffer_records_max;  /* 1..100000000, default 100000 */
	uint32_t linger_ms;           /* 0..60000, default 100: longest wait for company */
	uint32_t record_ttl_ms;       /* 100..2147483647, default 300000: then given up, KIN_EXPIRED */
	uint32_t request_records_max; /* 1..500, default 500 */
	uint32_t request_bytes_max;   /* 2048..10485760, default 5242880: data and keys of one request */
	uint32_t requests_max;        /* 1..256, default 8: in flight at once */
	/* 1024..10485760: data and key of one record; 0, the default: what the stream takes, asked when needed */
	uint32_t record_bytes_max;
	uint32_t aggregation_max_bytes;   /* 64..10485760, default 51200 */
	uint32_t aggregation_max_records; /* 1..4294967295, default 4294967295 */
	uint32_t rate_percent; /* 0..10000, default 0: no limit; of what a shard takes: 1 MiB and 1000 records/s */
	int32_t order;         /* enum kin_order, default KIN_ORDER_NONE */
	int32_t reports;       /* enum kin_reports, default KIN_REPORTS_CALLBACK */
	/* enum kin_distribution, default KIN_DISTRIBUTION_KEY; _AUTO: key NULL sends none, see kin_producer(3) */
	int32_t record_distribution_strategy;
	/* The data of each record is made smaller by it; it stays until close.  NULL, the default: data goes as it is.  See
	 * kin_codec(3), kin_codecs_zstd() */
	const struct kin_codec *compress;
	int32_t compression_level; /* default 0: the codec's usual; else within its level_min and level_max */
	uint32_t compression_min_bytes; /* 0..10485760, default 256: shorter data goes as it is */
	const char *spool; /* a folder, copied: records are written there before a put returns; NULL, the default: none */
	uint64_t spool_bytes_max;         /* 1048576..2^44, default 1073741824: of its files */
	uint32_t spool_fsync_interval_ms; /* 1..3600000, default 1000 */
	int32_t spool_fsync;              /* enum kin_spool_fsync, default KIN_SPOOL_FSYNC_INTERVAL */
	bool aggregate; /* default false; true: KPL aggregates, one shard's records in each; see kin_producer(3) */
	uint8_t reserved[7];
};

/* A snapshot; counts since open. */
struct kin_producer_stats {
	size_t size;                       /* set by the caller: sizeof the struct */
	uint64_t accepted, stored, failed; /* records; accepted = stored + failed + buffered */
	uint64_t buffered, buffered_bytes; /* accepted and not yet reported */
	uint64_t in_flight;                /* requests now */
	uint64_t requests, retried;        /* requests sent; records put again */
	uint64_t throttled;                /* record attempts refused as throughput exceeded */
	uint64_t bytes_stored;             /* data bytes */
	uint64_t requests_failed; /* requests that brought no usable answer: error status, network, time-out */
	uint64_t stream_records;  /* acknowledged: records that were put alone, and aggregates */
	uint64_t payload_units;   /* in them: each begun 25 KiB of data and key, which is what AWS bills */
	uint64_t compressed;      /* accepted records whose data was made smaller */
	uint64_t compressed_away;             /* bytes that their data had before and has not now */
	uint64_t spool_bytes, spool_segments; /* of the spool's files now */
	uint64_t spool_waiting_bytes;         /* of these, records that are not in memory */
	uint64_t spool_recovered;             /* records of earlier processes that were read */
	uint64_t spool_damaged;               /* places of its files that could not be read */
};

KIN_API void kin_producer_options_init_sized(struct kin_producer_options *options, size_t size);
#define kin_producer_options_init(options) kin_producer_options_init_sized((options), sizeof *(options))
KIN_API KIN_MUST_CHECK int kin_producer_options_apply(struct kin_producer_options *options,
                                                      const struct kin_config *config,
                                                      struct kin_error *error);

/* client NULL: a private one from environment and profile.  On success *out is yours, close with kin_producer_close(). */
KIN_API KIN_MUST_CHECK int kin_producer_open(struct kin_producer **out, struct kin_client *client,
                                             const struct kin_producer_options *options,
                                             struct kin_error *error);
/* Key and data are copied; an entry may lend or give data away instead.  key NULL: spread over the shards.
 * timeout_ms: how long to wait for room; 0: KIN_FULL at once; -1: as long as it takes.  KIN_OK: exactly one delivery
 * report will follow. */
KIN_API KIN_MUST_CHECK int kin_producer_put(struct kin_producer *producer, const void *key, size_t key_size,
                                            const void *data, size_t size, int64_t timeout_ms,
                                            struct kin_error *error);
KIN_API KIN_MUST_CHECK int kin_producer_put_entry(struct kin_producer *producer,
                                                  const struct kin_put_entry *entry, void *token,
                                                  int64_t timeout_ms, struct kin_error *error);
/* Puts entries[0], entries[1] and so on until one is not accepted.  *accepted (NULL is fine): how many were; those from
 * there on stay the caller's.  KIN_OK: all of them.  timeout_ms: for the whole call. */
KIN_API KIN_MUST_CHECK int kin_producer_put_many(struct kin_producer *producer,
                                                 const struct kin_put_entry *entries, size_t n,
                                                 size_t *accepted, int64_t timeout_ms,
                                                 struct kin_error *error);
/* Sends without lingering and waits until all that was accepted before is reported.  KIN_TIMEOUT: some is left. */
KIN_API KIN_MUST_CHECK int kin_producer_flush(struct kin_producer *producer, int64_t timeout_ms,
                                              struct kin_error *error);
/* With reports = poll and on_delivery: waits for a report, then calls on_delivery on this thread for up to `max` of
 * those that wait; 0: for all of them.  Gives how many, 0 when none came in time, or a negative code. */
KIN_API int kin_producer_poll(struct kin_producer *producer, int64_t timeout_ms, uint32_t max,
                              struct kin_error *error);
/* With reports = poll and without on_delivery: the next report, borrowed until the next call of this function, or
 * close; one thread at a time.  KIN_TIMEOUT: none came in time. */
KIN_API KIN_MUST_CHECK int kin_producer_next(struct kin_producer *producer,
                                             const struct kin_delivery **delivery, int64_t timeout_ms,
                                             struct kin_error *error);
/* Readable while a report waits for one of the two; for poll(2).  Valid until close; -1 without reports = poll. */
KIN_API int kin_producer_fd(struct kin_producer *producer);
KIN_API KIN_MUST_CHECK int kin_producer_stats(struct kin_producer *producer, struct kin_producer_stats *stats,
                                              struct kin_error *error);
/* Accepts no more, drains, reports, frees.  KIN_TIMEOUT: not freed, call again (the message says what is
 * left).  Any other error: freed, and at least one record was given up since the last flush. */
KIN_API KIN_MUST_CHECK int kin_producer_close(struct kin_producer *producer, int64_t timeout_ms,
                                              struct kin_error *error);

#ifdef __cplusplus
}
#endif
#endif
