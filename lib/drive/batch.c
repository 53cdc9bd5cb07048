#include "drive/batch.h"
#include "base/mem.h"
#include "drive/consume.h"
#include "io/clock.h"
#include <stdio.h>

enum { WARN_INTERVAL_US = 60000000 };

struct kin_batch *kin__batch_new(size_t records)
{
	struct kin_batch *batch = kin__mem_zalloc(sizeof *batch + records * sizeof *batch->records);
	if (!batch)
		return NULL;
	batch->records = (const struct kin_record **)(void *)(batch + 1);
	batch->fail_at = UINT32_MAX;
	kin__bytes_init(&batch->json);
	kin__bytes_init(&batch->new_state);
	kin__list_init(&batch->node);
	kin__list_init(&batch->out);
	return batch;
}

void kin__batch_free(struct kin_batch *batch)
{
	if (!batch)
		return;
	kin__bytes_fini(&batch->json);
	kin__bytes_fini(&batch->new_state);
	kin__mem_free(batch);
}

void kin__batch_fail(struct kin_batch *batch, uint32_t index, const char *reason)
{
	if (index >= batch->fail_at)
		return;
	batch->fail_at = index;
	snprintf(batch->reason, sizeof batch->reason, "%.255s", reason);
}

void kin__batch_warn(struct kin_batch *batch, const char *why)
{
	struct kin__consume *consumer = batch->consumer;
	struct kin__log_about about = kin__consume_about(consumer, batch->shard_id);
	uint64_t now_us = kin__clock_us(), held_back;

	pthread_mutex_lock(&consumer->inbox.lock);
	bool say = consumer->inbox.warned_us == 0 || now_us - consumer->inbox.warned_us >= WARN_INTERVAL_US;
	held_back = consumer->inbox.held_back;
	consumer->inbox.held_back = say ? 0 : held_back + 1;
	if (say)
		consumer->inbox.warned_us = now_us;
	pthread_mutex_unlock(&consumer->inbox.lock);
	if (say && held_back > 0)
		KIN__LOG_ABOUT(consumer->set.core, KIN_LOG_WARN, "consumer", &about,
		               "%s; %llu more since the last such line", why, (unsigned long long)held_back);
	else if (say)
		KIN__LOG_ABOUT(consumer->set.core, KIN_LOG_WARN, "consumer", &about, "%s", why);
}

void kin__batch_finish(struct kin_batch *batch, int code)
{
	batch->code = code;
	batch->ended_us = kin__clock_us();
	kin__loop_post(kin__core_loop(batch->consumer->set.core), &batch->task);
}
