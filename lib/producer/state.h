/* producer/state - inside the producer machine: its queues, and the moves of a record between them.
 *
 * Pure.  A record that is not reported is in exactly one place: fresh, again, the waiting heap, or one
 * request.  `again` is sorted by order, `fresh` is in order by construction.
 */
#ifndef KIN_PRODUCER_STATE_H
#define KIN_PRODUCER_STATE_H
#include "base/rng.h"
#include "producer/producer.h"

struct kin__producer_request {
	uint64_t id;    /* 0: not in use */
	uint64_t round; /* of the back-off when it left */
	uint64_t at_us; /* when that was */
	uint64_t bytes;
	uint32_t n;
	bool taken;            /* its SEND was taken */
	struct kin__list node; /* in `idle` or `leaving` */
	struct kin__producer_record **records;
};

struct kin__producer {
	struct kin__producer_settings settings;
	struct kin__placer *
			placer; /* NULL: records are not placed; else it has the requests and all that waits */
	struct kin__bug bug;
	struct kin__rng rng;
	struct kin__producer_counts counts;

	struct kin__list all;      /* every record not reported, oldest first */
	struct kin__list *watched; /* in `all`: the first whose default ttl is still to be watched */
	struct kin__list fresh, again, done;
	struct kin__heap waiting; /* by the end of their back-off */
	struct kin__heap ends;    /* by the end of a ttl of their own */
	uint64_t fresh_n, fresh_bytes, again_n, sending_n, held_n, held_bytes;

	struct kin__list idle, leaving; /* requests not in use; requests whose SEND was not taken */
	struct kin__producer_request *requests;
	struct kin__producer_record **slots; /* of all requests */

	uint64_t hold_us;  /* no request leaves before */
	uint64_t round;    /* counts the pauses */
	uint32_t failures; /* pauses since the last good answer */
	uint64_t parts;    /* the last part that was made */
	uint32_t refusals; /* requests refused for their content since the last good answer */
	uint64_t flushed;  /* fresh records up to this order do not linger */
	int32_t abandoned; /* 0, or the code of ABANDON */
	bool closing;
};

void kin__state_fresh(struct kin__producer *producer, struct kin__producer_record *record, uint64_t now_us);
void kin__state_sending(struct kin__producer *producer, struct kin__producer_record *record);
void kin__state_waiting(struct kin__producer *producer, struct kin__producer_record *record,
                        uint64_t until_us);
/* *near: a record put there just before, or NULL; makes the merge of a sorted run cheap. */
void kin__state_again(struct kin__producer *producer, struct kin__producer_record *record,
                      struct kin__list **near);
/* A member of an outer record waits again, in no queue yet. */
void kin__state_back(struct kin__producer *producer, struct kin__producer_record *record);
void kin__state_done(struct kin__producer *producer, struct kin__producer_record *record, int32_t code);
/* Reports all that is over its time and not under way. */
void kin__state_expire(struct kin__producer *producer, uint64_t now_us);
void kin__state_abandon(struct kin__producer *producer, int32_t code); /* all that is not under way is done */
uint64_t kin__state_expiry_us(const struct kin__producer *producer);   /* the next time to live that ends */
void kin__state_check(struct kin__producer *producer);                 /* O(1) */

/* producer/answer.c */
void kin__answer_judge(struct kin__producer *producer, uint64_t now_us,
                       const struct kin__producer_answer *answer);

static inline struct kin__producer_record *kin__state_of_queue(struct kin__list *node)
{
	return kin__container(node, struct kin__producer_record, queue);
}
static inline uint64_t kin__state_later(uint64_t now_us, uint64_t by_us)
{
	return by_us < UINT64_MAX - now_us ? now_us + by_us : UINT64_MAX;
}
#endif
