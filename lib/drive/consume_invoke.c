/* Batches out to handlers and back, and the pages they point into. */
#include "drive/consume_window.h"
#include "base/mem.h"
#include "io/clock.h"

enum {
	PAGE_BITS = 24,         /* slots of the page table; the rest of an id says which page used the slot */
	AGAIN_BYTES_MIN = 65536 /* less is not worth keeping */
};

/* ---- pages ---- */

static struct kin__page *make_page(struct kin__consume *consumer, size_t *slot)
{
	struct kin__page *page = kin__mem_zalloc(sizeof *page);
	size_t room = consumer->own.pages_room, first = consumer->own.slots_free;

	while (first < room && consumer->own.pages[first])
		first++;
	if (page && first == room &&
	    kin__mem_room(&consumer->own.pages, &consumer->own.pages_room, first + 1, sizeof(void *)) < 0) {
		kin__mem_free(page);
		page = NULL;
	}
	for (size_t i = room; i < consumer->own.pages_room; i++)
		consumer->own.pages[i] = NULL;
	if (page && first >> PAGE_BITS) {
		kin__mem_free(page);
		page = NULL;
	}
	consumer->own.slots_free = first;
	*slot = first;
	return page;
}

uint64_t kin__consume_page_add(struct kin__consume *consumer, struct kin__bytes *body,
                               struct kin__get_page *from, uint8_t *lanes, char *decompressed)
{
	size_t slot;
	struct kin__page *page = make_page(consumer, &slot);

	if (!page) {
		kin__bytes_fini(body);
		kin__mem_free(from->records);
		kin__mem_free(lanes);
		kin__mem_free(decompressed);
		from->records = NULL;
		from->n = from->room = 0;
		return 0;
	}
	page->id = ++consumer->own.pages_made << PAGE_BITS | slot;
	page->body_room = body->room;
	page->body = kin__bytes_take(body, NULL);
	page->records = from->records;
	page->records_room = from->room;
	page->lanes = lanes;
	page->decompressed = decompressed;
	page->count = (uint32_t)from->n;
	from->records = NULL;
	from->n = from->room = 0;
	consumer->own.pages[slot] = page;
	return page->id;
}

static struct kin__page *page_of(struct kin__consume *consumer, uint64_t id)
{
	size_t slot = id & ((UINT64_C(1) << PAGE_BITS) - 1);
	struct kin__page *page = slot < consumer->own.pages_room ? consumer->own.pages[slot] : NULL;
	return page && page->id == id ? page : NULL;
}

static void free_page(struct kin__page *page)
{
	if (!page)
		return;
	kin__mem_free(page->body);
	kin__mem_free(page->records);
	kin__mem_free(page->lanes);
	kin__mem_free(page->decompressed);
	kin__mem_free(page);
}

void kin__consume_page_tidy(struct kin__consume *consumer)
{
	free_page(consumer->own.spare);
	consumer->own.spare = NULL;
}

void kin__consume_page_free(struct kin__consume *consumer, uint64_t id)
{
	struct kin__page *page = page_of(consumer, id);
	size_t slot = id & ((UINT64_C(1) << PAGE_BITS) - 1);

	if (!page)
		return;
	consumer->own.pages[slot] = NULL;
	if (slot < consumer->own.slots_free)
		consumer->own.slots_free = slot;
	if (page->body_room < AGAIN_BYTES_MIN) {
		free_page(page);
		return;
	}
	kin__consume_page_tidy(consumer);
	kin__mem_free(page->lanes);
	kin__mem_free(page->decompressed);
	page->lanes = NULL;
	page->decompressed = NULL;
	consumer->own.spare = page;
}

/* Not much larger than the answer: what is held counts by its room. */
void kin__consume_page_again(struct kin__consume *consumer, size_t length, struct kin__bytes *body,
                             struct kin__get_page *page)
{
	struct kin__page *spare = consumer->own.spare;

	if (!spare || body->at || page->records || spare->body_room <= length ||
	    spare->body_room / 2 > length)
		return;
	*body = (struct kin__bytes){ .at = spare->body, .room = spare->body_room };
	body->at[0] = 0;
	page->records = spare->records;
	page->room = spare->records_room;
	kin__mem_free(spare);
	consumer->own.spare = NULL;
}

static const char *put(char **to, const void *from, size_t n)
{
	char *at = *to;

	if (n > 0)
		memcpy(at, from, n);
	at[n] = 0;
	*to = at + n + 1;
	return at;
}

void kin__consume_page_copy(struct kin__consume *consumer, const struct kin__slice *slice)
{
	struct kin__page *page = page_of(consumer, slice->page);
	size_t n = 1;

	if (!page)
		return;
	for (uint32_t i = slice->first; i < slice->first + slice->count; i++) {
		const struct kin_record *record = &page->records[i];
		n += record->data_size + record->partition_key_size + record->sequence_number_size + 3;
	}
	char *body = kin__mem_alloc(n), *to = body;
	if (!body)
		return;
	for (uint32_t i = slice->first; i < slice->first + slice->count; i++) {
		struct kin_record *record = &page->records[i];
		record->data = put(&to, record->data, record->data_size);
		if (record->partition_key)
			record->partition_key = put(&to, record->partition_key, record->partition_key_size);
		record->sequence_number = put(&to, record->sequence_number, record->sequence_number_size);
	}
	kin__mem_free(page->body);
	kin__mem_free(page->decompressed);
	page->decompressed = NULL;
	page->body = body;
	page->body_room = n;
}

size_t kin__consume_gather(struct kin__consume *consumer, const struct kin__slice *slices, size_t slices_n,
                           const struct kin_record **records)
{
	size_t n = 0;
	for (size_t i = 0; i < slices_n; i++) {
		struct kin__page *page = page_of(consumer, slices[i].page);
		for (uint32_t k = 0; page && k < slices[i].count; k++)
			records[n++] = &page->records[slices[i].first + k];
	}
	return n;
}

/* ---- batches ---- */

/* Keeps the handler's words about a failure until it is made good. */
static void keep_reason(struct kin__consume *consumer, struct kin_batch *batch)
{
	struct kin__log_about about = kin__consume_about(consumer, batch->shard_id);

	if (batch->code == KIN_OK && batch->fail_at == UINT32_MAX) {
		kin__consume_forget_reason(consumer, batch->shard, batch->lane);
		return;
	}
	if (batch->code != KIN_BUSY || batch->reason[0]) /* to be busy makes nothing good */
		kin__consume_keep_reason(consumer, batch->shard, batch->lane, batch->reason);
	KIN__LOG_ABOUT(consumer->set.core, batch->code == KIN_BUSY ? KIN_LOG_DEBUG : KIN_LOG_INFO, "consumer",
	               &about, "attempt %u of %zu records: %s: %s", (unsigned)batch->attempt, batch->count,
	               batch->code == KIN_BUSY ? "busy"
	               : batch->code == KIN_OK ? "failed in part"
	                                       : "failed",
	               batch->reason[0] ? batch->reason : "no reason given");
}

static void count_begin(struct kin__consume *consumer, const struct kin_batch *batch)
{
	struct kin__tally *tally = &consumer->own.tally;
	int64_t service_ms = kin__core_service_ms(consumer->set.core);
	int64_t arrival_ms = batch->count > 0 ? batch->records[batch->count - 1]->arrival_ms : 0;

	tally->handler_calls++;
	tally->invoked += batch->count;
	if (service_ms > 0 && batch->count > 0) /* the final call of a window has none */
		kin__histogram_add(&tally->ages,
		                   service_ms > arrival_ms ? (uint64_t)(service_ms - arrival_ms) * 1000 : 0);
}

static void count_end(struct kin__consume *consumer, const struct kin_batch *batch)
{
	struct kin__tally *tally = &consumer->own.tally;

	tally->handler_calls--;
	if (batch->untaken)
		return;
	kin__histogram_add(&tally->durations, batch->ended_us - batch->began_us);
	if (batch->code == KIN_OK && batch->fail_at >= batch->count)
		return;
	tally->busy += batch->code == KIN_BUSY;
	tally->partial += batch->code == KIN_OK && batch->fail_at > 0;
	tally->invoke_failed += batch->count - (batch->code == KIN_OK ? batch->fail_at : 0);
}

/* Loop thread: the batch comes back. */
static void returned(struct kin__loop_task *task)
{
	struct kin_batch *batch = kin__container(task, struct kin_batch, task);
	struct kin__consume *consumer = batch->consumer;
	struct kin__consumer_event event = { .type = KIN__CONSUMER_HANDLED, .id = batch->id };

	kin__consume_window_judge(batch);
	event.handled.code = batch->code;
	event.handled.fail_at = batch->code == KIN_OK ? batch->fail_at : UINT32_MAX;
	event.handled.stop = batch->stop;
	event.handled.answered = batch->answered;
	count_end(consumer, batch);
	event.handled.state_bytes = batch->new_state.n;
	/* Without memory all is frozen then: the answer is not looked at. */
	(void)kin__consume_window_adopt(batch);
	keep_reason(consumer, batch);
	pthread_mutex_lock(&consumer->inbox.lock);
	kin__list_remove(&batch->out);
	consumer->inbox.out_n--;
	pthread_mutex_unlock(&consumer->inbox.lock);
	kin__batch_free(batch);
	kin__consume_answer(consumer, &event);
}

/* A handler's thread. */
static void run_handler(struct kin__pool_job *job)
{
	struct kin_batch *batch = kin__container(job, struct kin_batch, job);
	int code = batch->consumer->set.handler(batch->consumer->set.user, batch);

	if (code != KIN_LATER) /* else it may be finished, and gone, already */
		kin__batch_finish(batch, code);
}

void kin__consume_out_locked(struct kin__consume *consumer, struct kin_batch *batch)
{
	batch->began_us = kin__clock_us();
	kin__list_append(&consumer->inbox.out, &batch->out);
	consumer->inbox.out_n++; /* returned() takes it off again */
}

void kin__consume_invoke(struct kin__consume *consumer, const struct kin__consumer_effect *effect)
{
	struct kin_batch *batch = kin__batch_new(effect->invoke.count);

	if (!batch) {
		consumer->own.in_flight--;
		kin__consume_freeze(consumer, KIN_NOMEM, "out of memory for a batch");
		return;
	}
	batch->consumer = consumer;
	batch->id = effect->id;
	batch->shard = effect->shard;
	batch->lane = effect->lane;
	batch->attempt = effect->invoke.attempt;
	batch->lease_counter = effect->invoke.lease_counter;
	batch->shard_id = kin__consumer_shard_id(consumer->own.machine, effect->shard);
	batch->count = kin__consume_gather(consumer, effect->invoke.slices, effect->invoke.slices_n,
	                                   batch->records);
	count_begin(consumer, batch);
	kin__consume_window_show(batch, &effect->invoke.window);
	kin__loop_task_init(&batch->task, returned);
	if (consumer->set.handler) {
		pthread_mutex_lock(&consumer->inbox.lock);
		kin__consume_out_locked(consumer, batch);
		pthread_mutex_unlock(&consumer->inbox.lock);
		kin__pool_job_init(&batch->job, run_handler);
		kin__pool_post(consumer->set.handlers, &batch->job);
		return;
	}
	pthread_mutex_lock(&consumer->inbox.lock);
	kin__list_append(&consumer->inbox.ready, &batch->node);
	pthread_cond_broadcast(&consumer->inbox.change);
	pthread_mutex_unlock(&consumer->inbox.lock); /* the pipe follows when the step is published */
}

void kin__consume_busy_ready(struct kin__consume *consumer)
{
	pthread_mutex_lock(&consumer->inbox.lock);
	while (!kin__list_empty(&consumer->inbox.ready)) {
		struct kin_batch *batch = kin__container(consumer->inbox.ready.next, struct kin_batch, node);
		kin__list_remove(&batch->node);
		kin__consume_out_locked(consumer, batch);
		batch->untaken = true;
		kin__batch_finish(batch, KIN_BUSY);
	}
	pthread_mutex_unlock(&consumer->inbox.lock);
}
