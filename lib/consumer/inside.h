/* consumer/inside - the parts of the consumer machine, for its own files.
 *
 * Pure.  One consumer holds many shards; a shard has three small machines of its own: life (which phase),
 * reading (iterator and fetch) and writing (its item in the store), and one for each of its lanes: working
 * (batches, retries).  Invariant: a shard or lane waits in at most one place of each kind, so an event costs O(1)
 * a lane and a timer log n.
 */
#ifndef KIN_CONSUMER_INSIDE_H
#define KIN_CONSUMER_INSIDE_H
#include "base/arena.h"
#include "base/bytes.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/machine.h"
#include "base/map.h"
#include "base/mem.h"
#include "consumer/consumer.h"
#include "consumer/position.h"
#include "consumer/settled.h"
#include "event/lambda_event.h"

enum kin__life {
	LIFE_NEW,     /* known; its parents are not worked off, or it was not looked at yet */
	LIFE_LEASING, /* its item is being created or taken */
	LIFE_ACTIVE,  /* read and handled */
	LIFE_ENDING,  /* all is settled, SHARD_END is being written */
	LIFE_ENDED,   /* SHARD_END is in the store */
	LIFE_IGNORED, /* not ours to read: closed before a start at LATEST, or not among only_shards */
	LIFE_LOST,    /* another worker has it */
	LIFE_DROPPED, /* of a stream that was deleted and created anew */
	LIVES
};

enum kin__reading {
	READ_OFF,
	READ_WAITING, /* for its time */
	READ_FULL,    /* holds enough pages */
	READ_AWAY,    /* gave them back; its batch waits for a retry */
	READ_QUEUED,  /* for one of fetches_max places */
	READ_FLYING,  /* GET_ITERATOR or FETCH */
	READ_MISSING, /* the service does not know the shard: describe and list decide */
	READ_DONE,    /* read to the end, or as far as `until` says */
	READINGS
};

enum kin__working {
	WORK_REST,
	WORK_GATHERING, /* records are there, the batching window is open */
	WORK_HELD,      /* two batches ahead of the stored checkpoint, or the lease is in doubt */
	WORK_READY,     /* queued for one of handlers_max places */
	WORK_INVOKING,
	WORK_SINKING,
	WORK_WAITING, /* for the end of a back-off */
	WORKINGS
};

enum kin__writing {
	WRITE_REST,
	WRITE_QUEUED, /* for one of stores_max places */
	WRITE_FLYING,
	WRITE_WAITING, /* for the end of a back-off; the same write again */
	WRITE_DOUBT,   /* refused, perhaps because our own earlier try took effect: the item is read back */
	WRITINGS
};

enum kin__job {
	JOB_DESCRIBE,
	JOB_ITEMS,
	JOB_ORIGIN,
	JOB_SHARDS,
	JOBS
}; /* of the stream, one at a time, in this order */

enum {
	MARKS_MAX = 2, /* batches a lane may finish while a checkpoint is being written */
	BLOCKED_TRIES = 10,
	START_TRIES = 3, /* the stream was asked for in vain, and never described: told once more */
	WRITE_TRIES_MAX = 10,
	ITERATOR_TRIES_MAX = 10,
	LANES_MAX = 10,
	PAGES_MAX = 2,
	POLLS_EMPTY = 10, /* in vain at the poll interval, before it grows */
	PAGES_AHEAD = 8, /* with several lanes: pages of a shard, while one lane lags and another has nothing */
	COPY_PART = 4,   /* a page is copied out when at most 1 of 4 records is needed still */
	FETCH_LIMIT = 10000,
	GAP_SLACK_MS = 2000,
	LATEST_SLACK_MS = 1000,
	DESCRIBE_AGAIN_US = 1000000,
	TRANSIENT_BASE_US = 50000,
	THROTTLED_BASE_US = 1000000,
	REQUEST_CAP_US = 20000000,
	COVERED_REFRESH_MS = 3600000
};

struct kin__page {
	struct kin__page *next;
	const struct kin_record *records;
	const uint8_t *lanes;                   /* a byte a record; NULL: all go through lane 0 */
	uint64_t id, first, bytes, array_bytes; /* first: ordinal of records[0] */
	uint32_t count;                         /* cut by `until` */
	bool plain;                             /* as the owner said: texts need no look for their size */
	uint32_t skipped; /* those before records[0]: of an aggregate begun earlier, and done */
};

/* Records of one lane that are tried together: those of [first, end) that are not settled. */
struct kin__work {
	uint64_t first, end, due_us; /* due_us: not before */
	uint32_t attempts;           /* calls that count against maximum_retry_attempts */
	uint32_t tries;              /* calls in all: the exponent of the back-off */
	bool undecided; /* failed; what to do about it is decided when the old records are gone */
	bool halve;     /* failed as a whole: bisect may cut it */
	bool unhandled; /* the last call failed without an answer */
	bool given_up;  /* no attempts left: to the sink */
};

struct kin__timer {
	struct kin__heap_node node;
	uint8_t kind;
}; /* first member: the heap gives it back */
enum kin__timer_kind { TIMER_JOB, TIMER_SYNC, TIMER_READ, TIMER_WORK, TIMER_WRITE };

struct kin__shard;
struct kin__kin {
	struct kin__list list;
	struct kin__shard *child;
}; /* a place among a parent's children */

/* One call of a lane is in flight at a time.  A record's partition key says through which lane of its shard it
 * goes. */
struct kin__lane {
	struct kin__shard *shard;
	uint8_t number, working;
	bool blocked, gather_full;
	uint32_t stack_n, sink_tries;
	struct kin__list work_queue, gatherers;
	uint64_t work_id;
	/* assigned: no batch was made yet of its records from here on; taken: behind the last one of a batch */
	uint64_t assigned, taken;
	struct kin__work *stack; /* top: the lowest records */
	size_t stack_room, sunk_n, sunk_room;
	struct kin__range *sunk;             /* what the SINK in flight holds */
	uint64_t sink_due_us, sink_since_us; /* the next try of a delivery; its first one */
	/* The next batch: its records in [assigned, gather_end), up to gather_last. */
	uint64_t gather_end, gather_last, gather_n, gather_bytes, gather_since_us;
	uint64_t over_us; /* the last invocation's end */
	/* The call in flight, see overdue.h. */
	uint64_t called_us;
	uint32_t called_n; /* its records */
	bool overdue, lends;
	struct kin__timer work_timer;
};

/* See window.h.  All times are of arrivals. */
struct kin__window {
	bool open, early, calling; /* early: its state grew too large; calling: its final call is in flight */
	int64_t start_ms, end_ms;  /* of the open one */
	int64_t closed_ms;         /* the end of the last one that closed; INT64_MIN: none */
	int64_t current_ms, current_end_ms;                /* of the last batch taken */
	int64_t batch_ms, batch_end_ms;                    /* of the batch that is gathered */
	uint64_t state_bytes;                              /* 0: {}, none was given yet */
	uint64_t due_us;                                   /* the final call: not before */
	uint32_t attempts, tries;                          /* of the final call, as in struct kin__work */
	uint64_t changes, writing_changes, stored_changes; /* of what is to be kept; in the store */
};

struct kin__shard {
	char *id, *parents; /* yours; parents: ids joined by ',' */
	uint32_t index;
	uint8_t life, reading, writing;
	struct kin__list read_queue, write_queue;

	/* lineage */
	struct kin__list children;
	struct kin__kin as_child[2];
	uint32_t waits_for;           /* known parents that are not done */
	uint64_t listed, seen_list;   /* the lists it was first and last seen in; 0 never */
	uint64_t needed_list;         /* at that list a child of it had no item yet */
	struct kin__hash_range range; /* once it was listed */
	bool closed;                  /* when it was first listed */
	bool over;                    /* when it was last listed */
	bool descendant_leased;

	/* its item: what the store holds, and the write under way */
	bool item, fresh; /* fresh: to be read by a LATEST iterator, once */
	bool counted;     /* among those `until` waits for */
	uint64_t counter, write_id, stored_low, writing_low;
	struct kin__position checkpoint, writing_checkpoint;
	int64_t timestamp_ms, covered_ms, writing_timestamp_ms, writing_covered_ms;
	uint32_t write_tries;
	bool obsolete; /* the item is to be removed: see cleanup.h */
	bool judged;   /* in doubt since before the items were asked for */

	/* reading */
	uint64_t read_id, read_due_us;
	struct kin__position after; /* the last record fetched; "": none, the item says where to begin */
	struct kin__position again, again_last; /* of the batch that was given back */
	uint32_t again_n;                       /* the numbers in it: an aggregate has one */
	int64_t again_ms;                       /* arrival of the first of it */
	uint32_t read_tries;
	uint32_t empty_n; /* answers without a record, the last ones, at the tip */
	bool strange;     /* the service refused its position */
	bool iterator, asked_latest, horizon, ended,
			reached; /* horizon: its position is gone, begin at TRIM_HORIZON */
	/* fetched_ms: arrivals up to here have been fetched; open_ms: it was still open then, by a list */
	int64_t fetched_ms, behind_ms, open_ms;
	int64_t seen_ms; /* the same by the last answer alone, which may be of an earlier place; 0 not known */
	uint64_t sent_us;     /* when the request under way was made */
	int64_t unjudged_ms;  /* fetched_ms before the first answer that no clock could judge; 0 none */
	uint64_t unjudged_us; /* when that was */
	uint64_t named_us;    /* when a gap was named that no clock could place; 0 none */
	struct kin__page *first_page, *last_page;
	/* Ordinals behind the last record fetched, behind the last one in memory, and behind the last one that
	 * was given back: while held < back those between are to be read again. */
	uint64_t fetched, held, back;
	uint64_t pages_n, read_turn;
	bool ahead; /* queued for more than it needs to go on */

	/* working */
	struct kin__settled settled;
	uint64_t noted; /* settled.low when the next two were taken */
	struct kin__position settled_at;
	int64_t settled_ms, caught_up_ms; /* caught_up_ms: covered, once all that was fetched is settled */
	struct kin__lane *lanes;          /* lanes_n of them, from the first record on */
	uint32_t lanes_n, blocked_n;      /* blocked_n: lanes that are blocked */
	uint64_t blocked_us;              /* since when there was one */
	/* Batches that were finished; of these, when the checkpoint in the store was made up, and the one under
	 * way. */
	uint64_t finished, stored_finished, writing_finished;

	struct kin__window window;
	bool unread; /* its item is taken, what the store keeps of its windows is not read yet */

	struct kin__timer read_timer, write_timer;
	struct kin__heap_node sleeper;  /* it holds pages and waits: see reread.h */
	struct kin__heap_node furthest; /* by behind_ms, while it is read and that is known */
};

struct kin__consumer {
	struct kin__consumer_settings set;
	struct kin__map only;
	char *worker, *application;
	struct kin__event_source source; /* for the size of a record's event JSON */
	struct kin__bug bug;
	struct kin__rng rng;
	uint8_t state;
	bool paused;
	bool nomem, given_up, cleared,
			booted; /* given_up: nothing more is written; cleared: all pages are released */
	struct kin_error error;

	/* the step under way */
	uint64_t now_us, start_us;
	int64_t service_ms;
	struct kin__consumer_effects *out;
	struct kin__arena arena;    /* texts and slices of effects: until the next step */
	struct kin__bytes text;     /* the line being written */
	struct kin__range *members; /* of the piece at hand */
	size_t members_room;

	/* the stream */
	char *arn, *old_arn;
	int64_t created_ms, retention_ms, start_ms, until_ms;
	struct {
		bool there, here, latest, other;
		uint8_t type;
		int64_t timestamp_ms, covered_ms;
	} origin;               /* here: this process made it; latest: at LATEST */
	uint8_t wanted, job;    /* wanted: bits of jobs; job: JOBS: none in flight */
	int64_t list_ms;        /* service time when the list was asked for */
	uint64_t job_id, lists; /* lists: answers of LIST_SHARDS */
	uint32_t job_tries;
	bool recreated;

	/* shards */
	struct kin__map by_id;
	struct kin__shard **shards;
	size_t shards_n, shards_room, lanes_n, linked,
			live_first; /* live_first: those before it belong to an earlier stream of this name */
	struct kin__list read_queue, ahead_queue, work_queue, write_queue, gatherers, missing, missing_seen,
			doubting, doubted;
	/* sleepers: the one that waits longest first; furthest: the one furthest behind its tip */
	struct kin__heap timers, sleepers, furthest;
	struct kin__timer job_timer, sync_timer;
	uint64_t held_bytes, read_turns;
	uint64_t unfinished, fresh_n; /* shards `until` waits for; LATEST iterators not yet there */
	uint64_t writes_pending;      /* shards whose write is under way in any way */
	uint32_t ids, flying, reads_flying, works_flying, writes_flying;
	uint32_t lent_n; /* of works_flying: overdue calls whose place another one may have */
	struct kin_consumer_health health; /* the counts only */

	uint32_t seen_states[8], seen_lives[LIVES], seen_readings[READINGS], seen_workings[WORKINGS],
			seen_writings[WRITINGS];
};

extern const struct kin__state_row kin__consumer_states[], kin__shard_lives[], kin__shard_readings[],
		kin__lane_workings[], kin__shard_writings[];

static inline bool kin__consumer_lives(const struct kin__consumer *consumer) /* new work may begin */
{
	return consumer->state <= KIN_CONSUMER_RUNNING;
}
static inline bool kin__consumer_works(const struct kin__consumer *consumer) /* and may begin now */
{
	return kin__consumer_lives(consumer) && !consumer->paused;
}
static inline int64_t kin__consumer_ms_since(const struct kin__consumer *consumer, uint64_t us)
{
	return (int64_t)((consumer->now_us - us) / 1000);
}
/* Its batches, or a part of them, were given back: nothing goes on before all of that is read again. */
static inline bool kin__shard_lacks(const struct kin__shard *shard)
{
	return shard->held < shard->back;
}
static inline bool kin__shard_is_old(const struct kin__consumer *consumer, const struct kin__shard *shard)
{
	return shard->index < consumer->live_first;
}
#endif
