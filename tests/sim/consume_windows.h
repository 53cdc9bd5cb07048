/* Tumbling windows in the world of sim_consume: the states that handlers leave, where they are kept, and what must hold.
 * A state is the set of the records that were counted in it. */
#ifndef KIN_SIM_CONSUME_WINDOWS_H
#define KIN_SIM_CONSUME_WINDOWS_H
#include "consumer/kept.h"

enum { CONSUME_STATE_WORDS = 2, CONSUME_STATE_BYTES = 10, CONSUME_STATE_RECORD_BYTES = 8 };

struct consume_state {
	uint64_t ids[CONSUME_STATE_WORDS]; /* a bit a record */
	uint64_t bytes;                    /* 0: none was given */
};
struct consume_kept { /* by the store, beside an item */
	bool there;
	struct kin__kept kept;
	char at[KIN__SEQUENCE_TEXT]; /* kept.at, without its place in an aggregate */
	struct consume_state state;
};
struct consume_chain { /* what a shard of the machine's should know: the window that is open, and its state */
	bool open, over; /* over: its final call failed as often as it may */
	int64_t start_ms, end_ms, closed_ms;
	uint32_t fails; /* of the final call */
	struct consume_state state;
};

struct consume_world;
struct consume_call;
struct consume_item;
struct kin__consumer_effect;

void consume_windows_draw(struct consume_world *w);
void consume_windows_request(struct consume_world *w, struct consume_call *call,
                             const struct kin__consumer_effect *effect); /* a write, a read, a call */
void consume_windows_handed(struct consume_world *w, const struct consume_call *call, const uint32_t *ids,
                            uint32_t n);
size_t consume_windows_bytes(const struct consume_world *w,
                             const struct consume_call *call); /* of its event, for window and state */
void consume_windows_answer(struct consume_world *w, struct consume_call *call, const uint32_t *ids,
                            uint32_t done); /* the handler counted them, and gives the state */
void consume_windows_final(struct consume_world *w, struct consume_call *call); /* performs a final call */
void consume_windows_put(struct consume_world *w,
                         struct consume_call *call); /* the state's write took effect */
void consume_windows_read(struct consume_world *w, struct consume_call *call); /* performs STORE_STATE */
void consume_windows_tell(struct consume_world *w, struct consume_call *call,
                          struct kin__consumer_event *event);
void consume_windows_begin(struct consume_world *w); /* a process */
void consume_windows_check_store(struct consume_world *w, const struct consume_item *item);
bool consume_windows_done(struct consume_world *w,
                          bool fail); /* every window that is over had its final call */
void consume_windows_check_health(struct consume_world *w, const struct kin_consumer_health *health);
#endif
