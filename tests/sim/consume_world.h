/* The world of sim_consume: consumer machines, one process after the other, over the model of the service, a flaky
 * store, handlers that fail, in virtual time.  Everything is drawn from one seed. */
#ifndef KIN_SIM_CONSUME_WORLD_H
#define KIN_SIM_CONSUME_WORLD_H
#include "consumer/inside.h"
#include "consume_windows.h"
#include "consumer/verify.h"
#include "coverage.h"
#include "model/model.h"

#define BASE_MS INT64_C(1700000000000)
#define SECOND UINT64_C(1000000)
#define PAGE_BYTES(n) (200 + 100 * (uint64_t)(n)) /* of n records in memory */
#define PAGE_ARRAY(n) (30 * (uint64_t)(n))        /* of these: the array */

enum {
	CONSUME_RECORDS = 96,
	CONSUME_SHARDS = 48,
	CONSUME_CALLS = 32,
	CONSUME_PAGES = 256,
	CONSUME_ITEMS = 96,
	CONSUME_SLICES = 128,
	CONSUME_KEYS = 5,
	CONSUME_LANES = LANES_MAX,
	CONSUME_PARTS = 6, /* of an aggregate, at most */
	CONSUME_TEXT = 64,
	CONSUME_ROOM = 1 << 20,     /* a buffer for all that a world holds */
	CONSUME_PATIENCE_MS = 10000 /* in a calm world a record of a healthy shard is settled by then */
};

/* What a run may meet; the simulator says which of them no seed met. */
enum consume_event {
	CONSUME_PUT,
	CONSUME_SPLIT,
	CONSUME_MERGE,
	CONSUME_RECREATE,
	CONSUME_RECREATE_DOWN,
	CONSUME_TRIMMED,
	CONSUME_GAP_NOTED,
	CONSUME_GAP_FATAL,
	CONSUME_CRASH,
	CONSUME_CRASH_AFTER_EFFECT,
	CONSUME_THEFT,
	CONSUME_LOST,
	CONSUME_THROTTLED,
	CONSUME_TRANSIENT,
	CONSUME_ANSWER_LOST,
	CONSUME_EXPIRED,
	CONSUME_NOT_FOUND,
	CONSUME_INVALID,
	CONSUME_OK,
	CONSUME_FAILED,
	CONSUME_ANSWERED_BADLY,
	CONSUME_PARTIAL,
	CONSUME_PARTIAL_FIRST,
	CONSUME_BUSY,
	CONSUME_SUNK_OLD,
	CONSUME_SUNK_FAILED,
	CONSUME_SINK_FAILED,
	CONSUME_DROPPED,
	CONSUME_STORE_BEFORE,
	CONSUME_STORE_AFTER,
	CONSUME_REFUSED_OWN,
	CONSUME_UNTIL,
	CONSUME_HANDLER_STOP,
	CONSUME_STOPPED,
	CONSUME_REDELIVERED,
	CONSUME_SPANNED,
	CONSUME_BIG_RECORD,
	CONSUME_WINDOW_FULL,
	CONSUME_BUFFER_FULL,
	CONSUME_NO_CLOCK,
	CONSUME_LATEST,
	CONSUME_READER,
	CONSUME_BISECTED,
	CONSUME_BLOCKED,
	CONSUME_COPIED,
	CONSUME_GIVEN_BACK,
	CONSUME_TRIMMED_AWAY,
	CONSUME_SICK,
	CONSUME_STARVED_NOT,
	CONSUME_LEFT_OUT,
	CONSUME_LANES_OVERLAP,
	CONSUME_LANE_PASSED_BLOCKED,
	CONSUME_LANES_GIVEN_BACK,
	CONSUME_LANES_READ_AHEAD,
	CONSUME_LANE_STARVED_NOT,
	CONSUME_PAUSED,
	CONSUME_RESUMED,
	CONSUME_SET,
	CONSUME_AGGREGATE,
	CONSUME_OTHER_SHARD,
	CONSUME_WITHIN,
	CONSUME_WITHIN_AGAIN,
	CONSUME_OVERDUE,
	CONSUME_OVERDUE_LENT,
	CONSUME_UNDELIVERED,
	CONSUME_ITEM_REMOVED,
	CONSUME_WINDOWS,
	CONSUME_WINDOW_CLOSED,
	CONSUME_WINDOW_EARLY,
	CONSUME_WINDOW_GIVEN_UP,
	CONSUME_WINDOW_LATE,
	CONSUME_FINAL_FAILED,
	CONSUME_NO_STATE,
	CONSUME_STATE_READ,
	CONSUME_STATE_AHEAD,
	CONSUME_EVENTS
};
extern const char *const consume_event_names[CONSUME_EVENTS];
extern uint64_t consume_seen[CONSUME_EVENTS];

struct consume_record {
	uint32_t id, key, stream, shard; /* stream: which life of it; shard: of world.shards */
	uint32_t sub, parts;             /* its place in an aggregate; of the first: how many there are */
	char sequence[KIN__MODEL_SEQUENCE];
	int64_t arrival_ms, put_ms;
	bool poison, sick, sick_shard, left_out, other_shard, settled, optional, lost, dropped, given_up,
			slack;          /* slack: trimmed within the tolerance of the gap rule */
	bool counted, final, uncounted; /* by a handler; in a final state; its window may be given up */
	uint32_t final_in, final_clean; /* the process, and world.unclean, at that time */
	uint32_t settled_in, fails;     /* process, 0 none; failed calls in this process */
};

struct consume_shard {
	char id[CONSUME_TEXT];
	uint32_t stream;
	bool removed;     /* its item left the store */
	bool gap;         /* one was named */
	bool stolen_told; /* the process was told that it lost the lease */
};

struct consume_item { /* of the store */
	bool used, thief;
	uint32_t stream;
	char shard_id[CONSUME_TEXT], owner[CONSUME_TEXT], checkpoint[CONSUME_TEXT], parents[2 * CONSUME_TEXT];
	uint64_t counter, sub;
	int64_t created_ms, timestamp_ms, covered_ms;
	uint64_t told_counter; /* of the last write it knows of */
	struct consume_kept kept;
	uint32_t told, thief_process; /* the process that knows it is its own; whose lease the thief took */
};

struct consume_page {
	uint64_t id;
	bool live, told;
	uint32_t refs, n;
	struct kin_record *records;
	uint32_t *ids;
	uint8_t *left_out, *lanes;
	char (*sequences)[KIN__MODEL_SEQUENCE];
	uint64_t bytes;
};

struct consume_call {
	struct kin__heap_node node;
	uint64_t began_us;
	bool used, performed;
	uint64_t id;
	uint8_t type, lane;
	uint32_t shard; /* of the machine */
	/* what is asked */
	struct consume_item item;
	uint64_t expected;
	uint8_t position;
	char sequence[CONSUME_TEXT];
	int64_t timestamp_ms;
	uint32_t limit;
	struct kin__slice slices[CONSUME_SLICES];
	size_t slices_n;
	uint32_t count, attempt, attempts;
	bool old, handler_failed;
	struct kin__call_window window;
	struct consume_state state; /* with which it is called, then: as the handler left it */
	struct consume_kept kept;   /* is to be kept, or was */
	/* what came of it */
	struct kin__consumer_event answer;
	struct kin_error error;
	char token[KIN__MODEL_TOKEN];
	bool expired;
};

struct consume_world {
	struct kin__rng rng;
	uint64_t seed, now_us, trace;
	bool verbose, verify, healed, over;
	struct kin__model *model;
	struct kin__consumer_settings set;
	struct kin__heap due;
	struct kin__heap_node put, change, crash, heal, thief, begin, pause, set_anew;

	/* the process */
	struct kin__consumer *consumer;
	struct kin__consumer_effects effects;
	uint32_t process;
	char worker[CONSUME_TEXT];
	bool stopping, closing, told_to_stop, paused;
	uint64_t clock_from_us;
	int64_t clock_error_ms, began_ms;
	struct consume_call calls[CONSUME_CALLS];
	struct consume_page pages[CONSUME_PAGES];
	uint64_t page_serial, held_bytes, page_bytes_max;
	uint32_t batch_most;                           /* the largest batch_size the process had */
	char tokens[CONSUME_SHARDS][KIN__MODEL_TOKEN]; /* by the machine's index */
	struct {
		uint32_t first, count, fails;
	} pieces[CONSUME_SHARDS][CONSUME_LANES];     /* the last call of the machine's shard and lane */
	bool calling[CONSUME_SHARDS][CONSUME_LANES]; /* a call of it is in flight */
	uint64_t sink_us[CONSUME_SHARDS]
			[CONSUME_LANES]; /* when its delivery was tried first; 0: it has none */
	uint32_t undelivered[CONSUME_RECORDS],
			undelivered_n;            /* of the delivery that is just told to have failed */
	uint32_t reads, works, writes, lent_most; /* lent_most: overdue calls at once, so far */

	struct consume_state states[CONSUME_SHARDS]; /* by the machine's index, as its owner keeps them */
	struct consume_chain chains[CONSUME_SHARDS]; /* the same, as it should be */

	/* the service */
	uint32_t stream; /* life of the stream, from 1 */
	char arn[128];
	int64_t created_ms[8];
	struct consume_record records[CONSUME_RECORDS];
	uint32_t records_n, records_max;
	struct consume_shard shards[CONSUME_SHARDS];
	uint32_t shards_n;
	struct kin__hashkey keys[CONSUME_KEYS];
	uint8_t lanes[CONSUME_KEYS]; /* through which lane the records of a key go */

	/* the store */
	struct consume_item items[CONSUME_ITEMS];
	uint32_t items_n;

	/* drawn */
	uint32_t api_fail_per_mille, store_fail_per_mille, handler_fail_per_mille, busy_per_mille,
			poison_per_mille, filter_per_mille, aggregate_per_mille, sink_fail_per_mille,
			stop_per_mille, stuck_per_mille, report_per_mille, no_state_per_mille, crashes,
			changes, recreates, thefts, pauses, sets;
	uint64_t latency_us, handler_us, gap_us, down_us, heal_us;
	int64_t retention_ms, start_error_ms;
	uint32_t jitter_ms;
	bool short_retention;
	/* Bits of shards whose handler always fails, in a world that is calm otherwise; and of the lanes for which it
	 * does. */
	uint32_t sick, sick_lanes;

	/* for the checks */
	uint64_t ever_running_us; /* when a process first said that it runs; UINT64_MAX: never yet */
	uint64_t dropped_before, gaps_before;
	struct {
		uint64_t calls, errors, handled, sunk, writes;
		uint64_t windows_opened, windows_closed, windows_early, windows_given_up;
	} told;           /* the process */
	uint32_t unclean; /* grows whenever a process ends without having written all that it did */
	bool blind;       /* pages came while no clock was known: what was trimmed is named late */
	bool expect_gap,
			mixed; /* mixed: a new stream was read under the old one's name, and nobody noticed yet */
	uint32_t handled_max[CONSUME_KEYS]; /* in this process: highest record handled, + 1 */
	int64_t latest_ms;                  /* nothing that arrived before may be shown; 0: no such rule */
};

#define CONSUME_SAY(w, ...)                                                                                  \
	do {                                                                                                 \
		if ((w)->verbose)                                                                            \
			consume_say((w), __VA_ARGS__);                                                       \
	} while (0)

/* Runs a seed to its end; gives the hash of its trace.  Prints and exits on failure. */
uint64_t consume_run(uint64_t seed, bool verbose, bool verify);
size_t consume_tell_moves(bool table); /* see coverage.h; a machine: a process */

/* consume_world.c */
void consume_say(const struct consume_world *w, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
_Noreturn void consume_fail(const struct consume_world *w, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
void consume_met(struct consume_world *w, enum consume_event event);
bool consume_chance(struct consume_world *w, uint32_t per_mille); /* false once the world is healed */
void consume_mark(struct consume_world *w, uint64_t what);        /* into the trace */
uint64_t consume_later(struct consume_world *w, uint64_t low_us, uint64_t high_us);
int64_t consume_service_ms(const struct consume_world *w);
void consume_heap(struct consume_world *w, struct kin__heap_node *node, uint64_t due_us);
void consume_perform(struct consume_world *w, struct consume_call *call); /* the effect takes effect */
void consume_step(struct consume_world *w, struct kin__consumer_event *event);
/* Those under way: one more, or one fewer. */
void consume_count(struct consume_world *w, const struct consume_call *call, int32_t by);
/* consume_draw.c */
uint64_t consume_pick(struct consume_world *w, uint32_t per_mille, uint64_t low, uint64_t high); /* else 0 */
void consume_draw_live(struct consume_world *w); /* the settings that change while it runs */
uint32_t consume_draw(struct consume_world *w);  /* gives the number of shards */
/* consume_process.c */
void consume_process_begin(struct consume_world *w);
void consume_process_crash(struct consume_world *w);
void consume_process_stop(struct consume_world *w); /* somebody stops it, at any time; another one follows */
void consume_process_due(struct consume_world *w,
                         const struct kin__heap_node *node); /* a pause, other settings */
void consume_process_pause(struct consume_world *w);         /* or resume, when it is paused */
void consume_process_ended(struct consume_world *w); /* it ended by itself, and nothing is in flight */
/* consume_service.c: the API side of an effect */
void consume_service_perform(struct consume_world *w, struct consume_call *call);
void consume_service_tell(struct consume_world *w, struct consume_call *call,
                          struct kin__consumer_event *event);
void consume_service_put(struct consume_world *w);
void consume_service_change(struct consume_world *w);
void consume_service_create(struct consume_world *w, int64_t now_ms, uint32_t shards);
void consume_service_recreate(struct consume_world *w);
uint32_t consume_service_shard(struct consume_world *w, const char *id); /* of the stream as it is now */
void consume_page_release(struct consume_world *w, uint64_t id);
void consume_page_copy(struct consume_world *w, const struct kin__consumer_effect *effect);
struct consume_page *consume_page_find(struct consume_world *w, uint64_t id);
void consume_pages_clear(struct consume_world *w);
/* consume_store.c */
void consume_store_perform(struct consume_world *w, struct consume_call *call);
void consume_store_list(struct consume_world *w, struct kin_lease *out, size_t *n);
void consume_store_told(struct consume_world *w, const struct consume_call *call);
struct consume_item *consume_store_find(struct consume_world *w, uint32_t stream, const char *shard_id);
void consume_store_steal(struct consume_world *w);
bool consume_store_covers(const char *checkpoint, uint64_t checkpoint_sub, const char *sequence,
                          uint64_t sub);
/* consume_handler.c */
void consume_handler_told(struct consume_world *w,
                          const struct consume_call *call); /* while it holds its pages */
void consume_handler_begin(struct consume_world *w,
                           struct consume_call *call); /* checks what is handed out */
void consume_handler_perform(struct consume_world *w, struct consume_call *call);
/* consume_checks.c */
void consume_check_handed(struct consume_world *w, const struct consume_call *call, uint32_t *ids,
                          uint32_t n);
void consume_check_checkpoint(struct consume_world *w, const struct consume_item *old,
                              const struct consume_item *now);
void consume_check_repeats(struct consume_world *w, bool clean);
/* A call names the counter its lease stands at. */
void consume_check_lease(struct consume_world *w, const struct kin__consumer_effect *effect);
/* Counts what a process is told; its health must have counted the same. */
void consume_check_told(struct consume_world *w, const struct consume_call *call);
void consume_check_health(struct consume_world *w, const struct kin_consumer_health *health);
bool consume_check_done(struct consume_world *w);
void consume_check_until(struct consume_world *w);
void consume_check_drained(struct consume_world *w); /* it has had time enough: fails */
void consume_note_given_up(struct consume_world *w, struct consume_record *record); /* a process is over */
void consume_check_memory(struct consume_world *w); /* what is held is within its bound */
void consume_check_end(struct consume_world *w);
void consume_check_overdue(struct consume_world *w);
/* The machine says that it dropped what a destination did not take. */
void consume_check_undelivered(struct consume_world *w, const struct kin__consumer_effect *note);
void consume_check_starving(struct consume_world *w); /* of a healthy shard, in a calm world */
bool consume_excused(struct consume_world *w, struct consume_record *record);
#endif
