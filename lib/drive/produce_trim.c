/* drive/produce_trim - memory kept for the next records and requests is given back when it was not needed; see produce.h
 *
 * From time to time, while anything is there, is looked at how much of it lay unused all the time since: so much goes.
 */
#include "base/mem.h"
#include "drive/produce.h"

enum {
	AT_ONCE = 64, /* chunks: 16 MiB */
	SOON_US = 5000
};

void kin__produce_free_requests(struct kin__list *list)
{
	while (!kin__list_empty(list)) {
		struct kin__list *node = list->next;

		kin__list_remove(node);
		kin__produce_request_free(kin__container(node, struct kin__produce_request, node));
	}
}

/* Under the lock: the requests that were not needed, those used longest ago. */
static void take_requests(struct kin__produce *produce, struct kin__list *out)
{
	for (uint32_t n = produce->inbox.idle_low; n > 0; n--) {
		struct kin__list *node = produce->inbox.idle.prev;

		kin__list_remove(node);
		kin__list_append(out, node);
		produce->inbox.idle_n--;
	}
}

/* Under the lock: the chunks that were not needed, but no more at a time than are given back in a millisecond or so. */
static void take_chunks(struct kin__produce *produce, struct kin__list *out)
{
	uint32_t n = produce->inbox.spares_low < AT_ONCE ? produce->inbox.spares_low : AT_ONCE;

	produce->inbox.spares_low -= n;
	for (; n > 0; n--) {
		struct kin__list *node = produce->inbox.spares.next;

		kin__list_remove(node);
		kin__list_append(out, node);
		produce->inbox.spares_n--;
		produce->inbox.memory -= KIN__PRODUCE_CHUNK;
	}
}

static void free_chunks(struct kin__list *chunks)
{
	while (!kin__list_empty(chunks)) {
		struct kin__produce_chunk *chunk =
				kin__container(chunks->next, struct kin__produce_chunk, node);

		kin__list_remove(&chunk->node);
		kin__mem_pages_free(chunk, sizeof *chunk + chunk->size);
	}
}

/* Records that are not yet reported will leave memory behind them. */
void kin__produce_trim(struct kin__produce *produce)
{
	uint64_t now_us = kin__loop_now_us(kin__core_loop(produce->set.core));
	struct kin__list idle, chunks;
	bool kept, more;

	if (now_us < produce->own.trim_us)
		return;
	kin__list_init(&idle);
	kin__list_init(&chunks);
	pthread_mutex_lock(&produce->inbox.lock);
	kin__produce_slots_trim(produce);
	if (produce->own.trim_us > 0) {
		take_requests(produce, &idle);
		take_chunks(produce, &chunks);
	}
	more = produce->own.trim_us > 0 && produce->inbox.spares_low > 0;
	produce->inbox.idle_low = more ? 0 : produce->inbox.idle_n;
	if (!more)
		produce->inbox.spares_low = produce->inbox.spares_n;
	kept = produce->inbox.room.records + produce->inbox.idle_n + produce->inbox.spares_n > 0;
	pthread_mutex_unlock(&produce->inbox.lock);
	kin__produce_free_requests(&idle);
	free_chunks(&chunks);
	produce->own.trim_us = more ? now_us + SOON_US : kept ? now_us + KIN__PRODUCE_KEEP_US : 0;
}
