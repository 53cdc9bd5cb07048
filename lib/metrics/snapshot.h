/* metrics/snapshot - what a consumer has counted, written down at one moment, and its texts.
 *
 * Pure.  _new to _free; filled by one thread, then read-only but for the JSON, which is made when it is first
 * asked for.  The public structs are members of it, so that rows of the tables may name them.
 */
#ifndef KIN_METRICS_SNAPSHOT_H
#define KIN_METRICS_SNAPSHOT_H
#include "base/arena.h"
#include "base/bytes.h"
#include "base/histogram.h"
#include "metrics/produced.h"
#include <kinstream/metrics.h>

/* What the shell counts beside the machine, of which the snapshot takes a copy. */
struct kin__tally {
	uint64_t invoked, invoke_failed, busy, partial, sink_failures;
	uint32_t handler_calls, sink_calls;
	struct kin__histogram durations, ages; /* us */
};

struct kin__snapshot {
	struct kin_consumer_snapshot shown; /* first: what a program holds */
	struct kin_consumer_health health;
	struct kin__tally tally;
	uint64_t failures; /* calls that failed as a whole */
	struct kin_shard_snapshot *shards;
	size_t shards_room;
	struct kin__arena texts;
	struct kin__bytes json;
	char twin[12]; /* its number among those of the same stream and application, from 2; "": the first */
	bool failed;   /* memory ran out while it was filled: it is not to be used */
};

struct kin__snapshot *kin__snapshot_new(void); /* NULL: out of memory */
void kin__snapshot_free(struct kin__snapshot *snapshot);

/* stream: a name or an ARN, of which the name is shown; texts are copied.  room: shards that there is room for. */
void kin__snapshot_begin(struct kin__snapshot *snapshot, const char *stream, const char *stream_arn,
                         const char *application, const char *worker, int64_t time_ms, size_t room);
void kin__snapshot_shard(struct kin__snapshot *snapshot,
                         const struct kin_shard_snapshot *shard); /* texts are copied */
void kin__snapshot_end(struct kin__snapshot *snapshot);           /* after health and tally were set */

const char *kin__snapshot_json(struct kin__snapshot *snapshot, size_t *size); /* NULL: out of memory */
const char *kin__snapshot_stream_name(const char *stream);                    /* of a name or an ARN */
struct kin_times kin__snapshot_times(const struct kin__histogram *spread);
/* All of them in Prometheus' text.  Errors are those of the kin__bytes, and out->failed when memory runs out. */
void kin__snapshot_prometheus(struct kin__bytes *out, struct kin__snapshot *const *snapshots, size_t n,
                              struct kin__produced *const *produced, size_t produced_n, bool without_shards);
#endif
