/* model/model - a model of the Kinesis service: streams, shards, reshards, records, iterators, limits, faults.
 *
 * Pure: time is an argument (service time, ms, should not go back), randomness comes from the seed.  One
 * thread at a time.  Every call first lets due changes happen (CREATING -> ACTIVE, retention, reshards).
 * Invariant: the open shards of an ACTIVE or UPDATING stream tile the hash space; numbers of a shard grow.
 */
#ifndef KIN_MODEL_MODEL_H
#define KIN_MODEL_MODEL_H
#include "kinesis/types.h"
#include "model/fault.h"

enum {
	KIN__MODEL_SEQUENCE = 57, /* 56 digits and the end */
	KIN__MODEL_TOKEN = 97,    /* an iterator or a next token, and the end */
	KIN__MODEL_MESSAGE = 401,
	KIN__MODEL_PUT_ENTRIES_MAX = 500,
	KIN__MODEL_GET_RECORDS_MAX = 10000,
	KIN__MODEL_GET_BYTES_MAX = 10485760,
	KIN__MODEL_LIST_SHARDS_MAX = 1000,
	KIN__MODEL_SHARDS_MAX = 10000, /* open shards of a stream */
	KIN__MODEL_TAGS_MAX = 50
};

struct kin__model;
struct kin__model_shard;

struct kin__model_options {
	uint64_t seed;
	const char *region, *account; /* copied; NULL: us-east-1, 000000000000 */
	int64_t iterator_ttl_ms, retention_ms, transition_ms;
	uint32_t record_bytes_max;  /* data + key; default of new streams */
	uint32_t request_bytes_max; /* data + keys of a PutRecords */
	uint32_t arrival_jitter_ms; /* arrival stamps lie up to this far back: not monotonic */
	uint32_t sparse_per_mille;  /* so many pages behind the tip are empty */
	bool rate_limits;           /* 1 MiB/s, 1000 records/s in; 2 MiB/s, 5 reads/s out, a shard */
	bool borrow_records;        /* keys and data are not copied: they outlive the model */
};

/* What every call answers.  code NULL: done.  Look at `strike` first: drop, drop_after and truncate mean that
 * the caller's caller never sees this answer whole. */
struct kin__model_answer {
	const char *code; /* static; "ResourceNotFoundException" */
	int status;       /* 200, 400, 500, 503 */
	char message[KIN__MODEL_MESSAGE];
	struct kin__fault_strike strike;
};

struct kin__model_entry {
	struct kin__span key, data; /* key at NULL: none, on a stream whose records the service spreads */
	bool has_hash;
	struct kin__hashkey hash; /* instead of the key's MD5 */
};

enum kin__model_outcome { KIN__MODEL_STORED, KIN__MODEL_THROTTLED, KIN__MODEL_INTERNAL };

struct kin__model_put {
	uint8_t outcome;   /* enum kin__model_outcome; INTERNAL may have been stored all the same */
	bool encrypted;    /* so its stream is described */
	const char *shard; /* borrowed until the stream is deleted */
	char sequence[KIN__MODEL_SEQUENCE];
};

struct kin__model_record {
	struct kin__span key, data; /* borrowed until the next call; key at NULL: none */
	int64_t arrival_ms;
	char sequence[KIN__MODEL_SEQUENCE];
};

struct kin__model_page {
	size_t n;                       /* records: kin__model_page_record() until the next call */
	int64_t behind_ms;              /* MillisBehindLatest */
	char next[KIN__MODEL_TOKEN];    /* "": the shard ended here */
	size_t children_n;              /* only when it ended: kin__model_page_child() */
	struct kin__model_shard *shard; /* own */
	size_t first;                   /* own */
};

enum kin__model_filter {
	KIN__FILTER_NONE,
	KIN__FILTER_AFTER_SHARD_ID,
	KIN__FILTER_AT_TRIM_HORIZON,
	KIN__FILTER_FROM_TRIM_HORIZON,
	KIN__FILTER_AT_LATEST,
	KIN__FILTER_AT_TIMESTAMP,
	KIN__FILTER_FROM_TIMESTAMP
};

struct kin__model_list {
	struct kin__span stream; /* name or ARN; empty with next_token */
	struct kin__span next_token;
	struct kin__span exclusive_start;
	enum kin__model_filter filter;
	struct kin__span filter_shard;
	int64_t filter_ms;
	bool has_created;
	int64_t created_ms; /* StreamCreationTimestamp: another one is ResourceNotFoundException */
	struct kin__stream_summary *
			describe; /* DescribeStream, filled as kin__model_describe() does; NULL: ListShards */
};

struct kin__model_limits {
	size_t open_shards, on_demand_streams; /* open_shards: of the others */
};

struct kin__model_tagging {
	struct kin__span key, value; /* no NUL in them */
};

void kin__model_options_init(
		struct kin__model_options *options); /* the service's own: 300 s, 24 h, 0, 1 MiB, 5 MiB */
struct kin__model *kin__model_new(const struct kin__model_options *options); /* NULL: out of memory */
void kin__model_free(struct kin__model *model);
struct kin__faults *kin__model_faults(struct kin__model *model); /* borrowed; add, clear */
struct kin__rng *kin__model_rng(struct kin__model *model);

/* `stream` is a name or an ARN.  All texts are read only during the call.  `answer` is filled always. */
void kin__model_create_stream(struct kin__model *model, int64_t now_ms, struct kin__span name,
                              uint32_t shards, uint32_t record_bytes_max,
                              struct kin__model_answer *answer); /* record_bytes_max 0: the default */
/* It is only described so: the shards stay as they were made.  false: no such stream. */
bool kin__model_set_on_demand(struct kin__model *model, int64_t now_ms, struct kin__span stream);
/* Only of an on-demand one: the service spreads its records, and keys may be left out.  false: no such stream. */
bool kin__model_set_distributed(struct kin__model *model, int64_t now_ms, struct kin__span stream);
/* With those that it has at most KIN__MODEL_TAGS_MAX: the caller sees to that.  false: no such stream, or no memory. */
bool kin__model_set_tags(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                         const struct kin__model_tagging *tags, size_t n);
void kin__model_delete_stream(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                              struct kin__model_answer *answer);
void kin__model_describe(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                         struct kin__stream_summary *out,
                         struct kin__model_answer *answer); /* texts: until the stream is deleted */
/* In the order of names, those behind `after`; at most `room` (1..), *more: there are others. */
void kin__model_list_streams(struct kin__model *model, int64_t now_ms, struct kin__span after,
                             struct kin__stream_summary *out, size_t room, size_t *n, bool *more,
                             struct kin__model_answer *answer);
/* At most `room` (1..KIN__MODEL_LIST_SHARDS_MAX); next "": that was all. */
void kin__model_list_shards(struct kin__model *model, int64_t now_ms, const struct kin__model_list *list,
                            struct kin__shard_info *out, size_t room, size_t *n,
                            char next[static KIN__MODEL_TOKEN], struct kin__model_answer *answer);
void kin__model_split(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                      struct kin__span shard, struct kin__hashkey new_start,
                      struct kin__model_answer *answer);
void kin__model_merge(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                      struct kin__span shard, struct kin__span adjacent, struct kin__model_answer *answer);

/* UpdateShardCount, from half to twice the open ones: splits and merges, until the ranges are even. */
void kin__model_scale(struct kin__model *model, int64_t now_ms, struct kin__span stream, uint32_t target,
                      struct kin__stream_summary *before, struct kin__model_answer *answer);
void kin__model_update_mode(struct kin__model *model, int64_t now_ms, struct kin__span stream, bool on_demand,
                            struct kin__model_answer *answer);
void kin__model_update_distribution(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                                    bool distributed, struct kin__model_answer *answer);
void kin__model_change_retention(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                                 bool longer, int64_t retention_ms, struct kin__model_answer *answer);
/* It is only described so. */
void kin__model_encrypt(struct kin__model *model, int64_t now_ms, struct kin__span stream, bool start,
                        struct kin__span key_id, struct kin__model_answer *answer);
void kin__model_describe_limits(struct kin__model *model, int64_t now_ms, struct kin__model_limits *out,
                                struct kin__model_answer *answer);
/* `operation`: by which of the two ways it was asked. */
void kin__model_tag(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                    struct kin__span stream, const struct kin__model_tagging *tags, size_t n,
                    struct kin__model_answer *answer);
void kin__model_untag(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                      struct kin__span stream, const struct kin__model_tagging *tags, size_t n,
                      struct kin__model_answer *answer); /* by their keys; one that is not there is none */
/* In the order of keys, those behind `after`; the texts until the next call. */
void kin__model_list_tags(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                          struct kin__span stream, struct kin__span after, struct kin__model_tagging *out,
                          size_t room, size_t *n, bool *more, struct kin__model_answer *answer);

/* UpdateMaxRecordSize: it holds from now on. */
void kin__model_set_record_max(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                               uint32_t record_bytes_max, struct kin__model_answer *answer);

/* PutRecord.  `ordering`: SequenceNumberForOrdering, or empty. */
void kin__model_put_record(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                           const struct kin__model_entry *entry, struct kin__span ordering,
                           struct kin__model_put *out, struct kin__model_answer *answer);
/* PutRecords; out[i] belongs to entries[i].  A refused entry does not make the answer an error. */
void kin__model_put_records(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                            const struct kin__model_entry *entries, size_t n, struct kin__model_put *out,
                            size_t *failed, struct kin__model_answer *answer);

/* What PutRecord or PutRecords (`operation`) would answer for it, with nothing stored and no rate spent. */
void kin__model_check_put(struct kin__model *model, int64_t now_ms, enum kin__operation operation,
                          struct kin__span stream, const struct kin__model_entry *entries, size_t n,
                          struct kin__span ordering, struct kin__model_answer *answer);

struct kin__model_position {
	enum kin__iterator_type type;
	struct kin__span sequence; /* AT_, AFTER_SEQUENCE_NUMBER; else empty */
	bool has_timestamp;
	int64_t timestamp_ms; /* AT_TIMESTAMP */
};
void kin__model_get_iterator(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                             struct kin__span shard, const struct kin__model_position *position,
                             char out[static KIN__MODEL_TOKEN], struct kin__model_answer *answer);
void kin__model_get_records(struct kin__model *model, int64_t now_ms, struct kin__span iterator,
                            uint32_t limit, struct kin__model_page *out,
                            struct kin__model_answer *answer); /* limit 0: the most */
void kin__model_page_record(const struct kin__model_page *page, size_t i, struct kin__model_record *out);
/* Also while the texts are borrowed: parents of a child are in info->parent and info->adjacent_parent. */
void kin__model_page_child(const struct kin__model_page *page, size_t i, struct kin__shard_info *out);

/* --- for worlds and tests: no faults, no limits --- */

/* Drops the first n records of a shard, as if they were too old; how many there were. */
size_t kin__model_trim(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                       struct kin__span shard, size_t n);
bool kin__model_set_retention(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                              int64_t retention_ms);
/* The records a shard holds now, by index from the oldest; false: none there. */
size_t kin__model_count(struct kin__model *model, int64_t now_ms, struct kin__span stream,
                        struct kin__span shard);
bool kin__model_peek(struct kin__model *model, struct kin__span stream, struct kin__span shard, size_t i,
                     struct kin__model_record *out);
#endif
