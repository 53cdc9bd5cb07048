#include "drive/batch.h"
#include "base/mem.h"
#include "drive/consume.h"
#include <stdio.h>

struct kin_batch *kin__batch_new(size_t records)
{
	struct kin_batch *batch = kin__mem_zalloc(sizeof *batch + records * sizeof *batch->records);
	if (!batch)
		return NULL;
	batch->records = (const struct kin_record **)(void *)(batch + 1);
	batch->fail_at = UINT32_MAX;
	kin__bytes_init(&batch->json);
	kin__list_init(&batch->node);
	return batch;
}

void kin__batch_free(struct kin_batch *batch)
{
	if (!batch)
		return;
	kin__bytes_fini(&batch->json);
	kin__mem_free(batch);
}

void kin__batch_fail(struct kin_batch *batch, uint32_t index, const char *reason)
{
	if (index >= batch->fail_at)
		return;
	batch->fail_at = index;
	snprintf(batch->reason, sizeof batch->reason, "%.255s", reason);
}

void kin__batch_finish(struct kin_batch *batch, int code)
{
	batch->code = code;
	kin__loop_post(kin__core_loop(batch->consumer->set.core), &batch->task);
}
