/* producer/placer - inside the producer machine, when records are placed: by predicted shard into lanes, from there in
 * outer records (aggregates, or one alone) to the requests; by the pace of each shard; one key at a time.
 *
 * Pure.  The requests are a producer machine of their own, whose records are the outer ones.  Without a map of the
 * shards nothing is predicted: each record goes alone.  Invariant: a record that is not reported is in one lane, parked
 * at its key, or a member of one outer record.
 */
#ifndef KIN_PRODUCER_PLACER_H
#define KIN_PRODUCER_PLACER_H
#include "base/ids.h"
#include "base/map.h"
#include "base/slab.h"
#include "kinesis/shard_map.h"
#include "producer/keys.h"
#include "producer/lane.h"
#include "producer/state.h"

struct kin__placer {
	struct kin__producer *producer; /* what it is inside of */
	struct kin__producer *requests; /* of outer records */

	struct kin__list lanes; /* all of them */
	struct kin__lane *unplaced;
	struct kin__heap due; /* lanes */
	struct kin__keys keys;
	uint64_t group_bytes_max;          /* of the message in an aggregate */
	struct kin__ids key_ids, hash_ids; /* of the aggregate that is being put together */

	struct kin__slab outers; /* those under way are taken */
	uint64_t leave_us;       /* when the requests' fresh ones have waited long enough for company */

	/* the map */
	bool wants_map;
	struct kin__shard_map map;
	struct kin__lane **rows; /* by the map's rows */
	struct kin__map by_id;   /* lanes that are in the map */
	bool known;              /* the map is not in doubt */
	bool asking, ask;        /* LIST_SHARDS is under way; and not taken yet */
	uint64_t ask_id, asked_us, ask_due_us;
	uint64_t sure_us; /* when the map was right: it was asked for, or a record left that landed as foretold */
	uint32_t failures; /* to get one, in a row */
};

struct kin__placer *kin__placer_new(struct kin__producer *producer); /* NULL: out of memory */
void kin__placer_free(struct kin__placer *placer);                   /* NULL is fine */
void kin__placer_step(struct kin__placer *placer, const struct kin__producer_event *event);
bool kin__placer_take(struct kin__placer *placer, struct kin__producer_effect *out);
uint64_t kin__placer_wake_us(const struct kin__placer *placer);
void kin__placer_check(struct kin__placer *placer); /* tests: every invariant */

/* --- between the files of the placer --- */

void kin__placer_place(struct kin__placer *placer,
                       struct kin__producer_record *record); /* into its lane, last */
/* Under way or parked no more: into its lane, first, before all that was put later. */
void kin__placer_return(struct kin__placer *placer, struct kin__producer_record *record);
/* When the lane's next outer record should and may leave. */
void kin__placer_due(struct kin__placer *placer, struct kin__lane *lane, uint64_t now_us);

/* producer/placer_map */
void kin__placer_ask(struct kin__placer *placer,
                     uint64_t now_us); /* for a map, if one is missing and it is time */
void kin__placer_age(struct kin__placer *placer,
                     uint64_t now_us); /* nor is one that nobody has tried for long */
void kin__placer_shards(struct kin__placer *placer, uint64_t now_us,
                        const struct kin__producer_shards *shards);
/* What an answer says of shards and their pace, before the requests judge it. */
void kin__placer_landed(struct kin__placer *placer, uint64_t now_us,
                        const struct kin__producer_answer *answer);
void kin__placer_lane_drop(struct kin__placer *placer, struct kin__lane *lane); /* if nothing needs it */

/* producer/placer_outer */
void kin__placer_clear_way(struct kin__placer *placer,
                           struct kin__lane *lane); /* its first record may go, by its key */
struct kin__outer *kin__placer_cut(struct kin__placer *placer, struct kin__lane *lane,
                                   uint64_t now_us); /* NULL: none */
void kin__placer_settle(struct kin__placer *placer, struct kin__outer *outer, int32_t code, uint64_t now_us);
void kin__placer_left(struct kin__placer *placer,
                      struct kin__producer_record *record); /* it was reported, waiting */
#endif
