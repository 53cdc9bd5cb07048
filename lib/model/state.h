/* model/state - what the model is made of; for the files of this room alone.
 *
 * Streams own their shards; a shard lives as long as its stream, also when it has left the lists.  A request's
 * records share one block of memory, freed with the last of them.
 */
#ifndef KIN_MODEL_STATE_H
#define KIN_MODEL_STATE_H
#include "base/pacer.h"
#include "model/model.h"
#include "model/sequence.h"
#include "model/token.h"

struct kin__model_block {
	size_t refs;
};

struct kin__model_stored {
	uint64_t counter;
	int64_t arrival_ms;
	struct kin__model_block *block; /* NULL: borrowed */
	const char *key, *data;
	uint32_t key_n, data_n;
};

struct kin__model_shard {
	struct kin__model_stream *stream;
	uint32_t index;
	bool closed, gone; /* gone: closed, and all its data passed the retention */
	struct kin__hashkey first_hash, last_hash;
	struct kin__model_shard *parent, *adjacent;
	int64_t created_ms, created_s; /* created_s: as in its numbers */
	int64_t closed_ms;
	uint64_t counter; /* of the newest record */
	char id[21];
	char first_sequence[KIN__MODEL_SEQUENCE], last_sequence[KIN__MODEL_SEQUENCE];
	struct kin__model_stored *records; /* [head, head + n) */
	size_t head, n, room;
	struct kin__pacer bytes_in, records_in, reads, iterators;
	int64_t read_until_us; /* what was read is paid for then */
	bool struck_throttle;  /* by a fault that names this shard, for this request */
	uint32_t struck_per_mille;
};

struct kin__model_tag {
	char *key, *value;
};

struct kin__model_stream {
	char *name, *arn;
	uint32_t serial;
	uint8_t status; /* enum kin__stream_status */
	int64_t due_ms; /* when CREATING, DELETING or UPDATING ends */
	int64_t created_ms, created_s, retention_ms;
	uint32_t record_bytes_max;
	bool on_demand, distributed;
	struct kin__model_shard **shards; /* by index */
	size_t shards_n, shards_room;
	struct kin__model_shard **open; /* by hash range */
	size_t open_n, open_room;
	struct kin__model_shard *changing,
			*changing_too; /* UPDATING: split the one, or merge both; or none */
	struct kin__hashkey split_at;
	uint32_t create_shards, scale_to; /* scale_to: UPDATING to so many open shards; 0: it is not */
	char *key_id;                     /* NULL: not encrypted */
	struct kin__model_tag *tags;      /* by key */
	size_t tags_n, tags_room;
};

struct kin__model {
	struct kin__model_options set;
	char *region, *account;
	uint64_t secret;
	uint32_t serial;
	int64_t last_created_ms, last_created_s;
	struct kin__rng rng;
	struct kin__faults faults;
	struct kin__model_stream **streams; /* in the order of creation */
	size_t streams_n, streams_room;
};

/* answer.c */
void kin__answer_init(struct kin__model_answer *answer);
/* Each % of the pattern takes the next part; parts NULL: there is none. */
void kin__answer_refuse(struct kin__model_answer *answer, const char *code, const char *pattern,
                        const struct kin__span *parts);
#define KIN__REFUSE(answer, code, pattern, ...)                                                              \
	kin__answer_refuse((answer), (code), (pattern), (const struct kin__span[]){ __VA_ARGS__ })
struct kin__span kin__answer_number(int64_t value, char room[static 24]);
void kin__answer_nomem(struct kin__model_answer *answer);
void kin__answer_no_stream(const struct kin__model *model, struct kin__model_answer *answer,
                           struct kin__span stream);
void kin__answer_no_shard(const struct kin__model_stream *stream, struct kin__model_answer *answer,
                          struct kin__span shard);
/* Asks the faults; false: one of them made this the answer, and nothing shall be done. */
bool kin__answer_begin(struct kin__model *model, enum kin__operation operation,
                       struct kin__model_shard *const *touched, size_t touched_n,
                       struct kin__model_answer *answer);

/* stream.c */
void kin__stream_free(struct kin__model_stream *stream);
/* By name or ARN, after what was due has happened; NULL: none (any more). */
struct kin__model_stream *kin__stream_find(struct kin__model *model, int64_t now_ms, struct kin__span name);
struct kin__model_stream *kin__stream_by_serial(struct kin__model *model, int64_t now_ms, uint32_t serial);
/* Begins the answer: the stream; else NULL and the answer says why. */
struct kin__model_stream *kin__stream_asked(struct kin__model *model, int64_t now_ms,
                                            enum kin__operation operation, struct kin__span name,
                                            struct kin__model_answer *answer);
/* The stream, if it is ACTIVE; else NULL and the answer says why. */
struct kin__model_stream *kin__stream_need_active(struct kin__model *model, struct kin__model_stream *stream,
                                                  struct kin__span name, struct kin__model_answer *answer);
/* UPDATING, for as long as that takes, or all at once. */
void kin__stream_update(struct kin__model *model, struct kin__model_stream *stream, int64_t now_ms,
                        struct kin__model_answer *answer);
void kin__stream_settle_all(struct kin__model *model, int64_t now_ms);
static inline bool kin__stream_is_usable(const struct kin__model_stream *stream)
{
	return stream && (stream->status == KIN__STREAM_ACTIVE || stream->status == KIN__STREAM_UPDATING);
}

/* list.c */
void kin__stream_summarize(const struct kin__model_stream *stream, struct kin__stream_summary *out);

/* reshard.c: what UPDATING was for happens; -1: out of memory */
int kin__reshard_end(struct kin__model *model, struct kin__model_stream *stream, int64_t at_ms);

/* tags.c */
void kin__tags_free(struct kin__model_stream *stream);

/* shard.c */
struct kin__model_shard *kin__shard_new(struct kin__model *model, struct kin__model_stream *stream,
                                        int64_t now_ms, struct kin__hashkey first,
                                        struct kin__hashkey last); /* appended; NULL: out of memory */
void kin__shard_free(struct kin__model_shard *shard);
void kin__shard_allow(struct kin__model_shard *shard,
                      uint32_t record_bytes_max);         /* a record so large passes */
int kin__shard_reindex(struct kin__model_stream *stream); /* makes `open` anew; 0 or -1 */
/* In `open`, which has room for it, children for their parents: two and one, or one and two (the other NULL). */
void kin__shard_replace_open(struct kin__model_stream *stream, const struct kin__model_shard *one,
                             const struct kin__model_shard *two, struct kin__model_shard *left,
                             struct kin__model_shard *right);
struct kin__model_shard *kin__shard_find(struct kin__model_stream *stream,
                                         struct kin__span id); /* not the gone ones */
struct kin__model_shard *kin__shard_of_hash(struct kin__model_stream *stream, struct kin__hashkey hash);
void kin__shard_close(struct kin__model_shard *shard, int64_t now_ms);
void kin__shard_age(struct kin__model_shard *shard, int64_t now_ms); /* retention */
size_t kin__shard_drop(struct kin__model_shard *shard, size_t n);
int kin__shard_add(struct kin__model_shard *shard, const struct kin__model_stored *record); /* 0 or -1 */
size_t kin__shard_seek(const struct kin__model_shard *shard,
                       uint64_t counter); /* index of the first with >= counter */
void kin__shard_info(const struct kin__model_shard *shard, struct kin__shard_info *out);
void kin__shard_number(const struct kin__model_shard *shard, uint64_t counter, int64_t arrival_ms,
                       char out[static KIN__MODEL_SEQUENCE]);
#endif
