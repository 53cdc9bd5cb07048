/* metrics/produced - what a producer has counted, written down at one moment, and its JSON.
 *
 * Pure.  _new to _free; filled by one thread, then read-only but for the JSON, which is made when it is first
 * asked for.  The public structs are members of it, so that rows of the tables may name them.
 */
#ifndef KIN_METRICS_PRODUCED_H
#define KIN_METRICS_PRODUCED_H
#include "base/arena.h"
#include "base/bytes.h"
#include "base/histogram.h"
#include <kinstream/metrics.h>

enum {
	KIN__PRODUCED_CODES = 32, /* enum kin_code is above -32 */
	KIN__PRODUCED_SHARDS_MAX = 10000
};

/* What the shell counts beside the machine, of which the snapshot takes a copy. */
struct kin__produced_tally {
	struct kin__histogram waits, holds, requests, deliveries, reports; /* us */
	uint64_t failed[KIN__PRODUCED_CODES]; /* records, by the code without its sign */
};

struct kin__produced {
	struct kin_producer_snapshot shown; /* first: what a program holds */
	struct kin_producer_stats stats;
	struct kin__produced_tally tally;
	struct kin_code_count codes[KIN__PRODUCED_CODES];
	struct kin_producer_shard *shards;
	size_t shards_room;
	struct kin__arena texts;
	char *stream;
	struct kin__bytes json;
	char twin[12]; /* as in metrics/snapshot */
};

struct kin__produced *kin__produced_new(const char *stream, int64_t time_ms); /* NULL: out of memory */
void kin__produced_free(struct kin__produced *produced);
int kin__produced_room(struct kin__produced *produced,
                       size_t shards); /* 0, or -1: out of memory; so the next */
int kin__produced_shard(struct kin__produced *produced,
                        const struct kin_producer_shard *shard); /* its text is copied */
/* After stats and tally were set; name: what a code is called. */
void kin__produced_end(struct kin__produced *produced, const char *(*name)(int code));
const char *kin__produced_json(struct kin__produced *produced, size_t *size); /* NULL: out of memory */
#endif
