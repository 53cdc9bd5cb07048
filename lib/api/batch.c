#include "base/mem.h"
#include "drive/consume.h"
#include "event/lambda_event.h"
#include "event/response.h"
#include "event/state.h"
#include "event/window.h"
#include <kinstream/batch.h>
#include <stdarg.h>
#include <stdio.h>

const struct kin_record *kin_batch_next(struct kin_batch *batch)
{
	return batch->at < batch->count ? batch->records[batch->at++] : NULL;
}

size_t kin_batch_count(const struct kin_batch *batch)
{
	return batch->count;
}

const struct kin_record *kin_batch_record(const struct kin_batch *batch, size_t index)
{
	return index < batch->count ? batch->records[index] : NULL;
}

const char *kin_batch_shard_id(const struct kin_batch *batch)
{
	return batch->shard_id;
}

const char *kin_batch_stream_arn(const struct kin_batch *batch)
{
	return batch->consumer->own.arn; /* written once, before the first batch */
}

uint32_t kin_batch_attempt(const struct kin_batch *batch)
{
	return batch->attempt;
}

uint64_t kin_batch_lease_counter(const struct kin_batch *batch)
{
	return batch->lease_counter;
}

int kin_batch_fail(struct kin_batch *batch, const struct kin_record *record, const char *format, ...)
{
	char reason[KIN__BATCH_REASON];
	size_t index = 0;
	va_list values;

	/* The one just walked to is the usual one; a record of another batch fails this one whole. */
	if (batch->at > 0 && batch->records[batch->at - 1] == record)
		index = batch->at - 1;
	else
		while (index < batch->count && batch->records[index] != record)
			index++;
	va_start(values, format);
	vsnprintf(reason, sizeof reason, format, values);
	va_end(values);
	kin__batch_fail(batch, index < batch->count ? (uint32_t)index : 0, reason);
	return KIN_OK;
}

/* The response means that nothing of the batch is done; or there is none, as a function error has none. */
static int all_failed(struct kin_batch *batch, const char *why, bool answered)
{
	batch->answered = answered;
	if (batch->reason[0] == 0)
		snprintf(batch->reason, sizeof batch->reason, "%.255s", why);
	return KIN_FAILED;
}

/* NULL, or why the response is of no use; *found: it has a state. */
static const char *take_state(struct kin_batch *batch, const char *json, size_t size,
                              char why[KIN__STATE_WHY], bool *found)
{
	enum kin__state_found state;

	kin__bytes_clear(&batch->new_state);
	state = kin__state_of_response(&batch->new_state, json, size, why);
	*found = state == KIN__STATE_FOUND;
	if (batch->new_state.failed) {
		kin__bytes_clear(&batch->new_state);
		return "out of memory for the state of the window";
	}
	if (*found || batch->window.is_final) /* what a final call answers is of no use any more */
		return NULL;
	return state == KIN__STATE_WRONG
	                       ? why
	                       : "response: no state; with tumbling windows it must have one, an object";
}

int kin_batch_respond(struct kin_batch *batch, const char *json, size_t size)
{
	struct kin__response response;
	char why[KIN__STATE_WHY];
	bool found = false;

	kin__response_read(&response, json, size, batch->records, batch->count);
	if (response.outcome == KIN__RESPONSE_FAILED || response.outcome == KIN__RESPONSE_TOO_LARGE)
		return all_failed(batch, response.why, response.outcome == KIN__RESPONSE_FAILED);
	if (batch->windowed) {
		const char *wrong = take_state(batch, json, size, why, &found);

		if (wrong)
			return all_failed(batch, wrong, true);
	}
	if (response.outcome == KIN__RESPONSE_WARNING && !found)
		kin__batch_warn(batch, response.why);
	if (response.outcome == KIN__RESPONSE_PARTIAL)
		kin__batch_fail(batch, (uint32_t)response.first_failed, "named in batchItemFailures");
	return KIN_OK;
}

void kin_batch_stop(struct kin_batch *batch)
{
	batch->stop = true;
}

static void write_event(struct kin_batch *batch, const struct kin__event_source *source)
{
	struct kin__event_window window = {
		batch->window.start_ms, batch->window.end_ms,   { batch->state, batch->state_size },
		batch->shard_id,        batch->window.is_final, batch->window.is_terminated_early
	};

	if (batch->windowed)
		kin__event_window_write(&batch->json, source, batch->records, batch->count, &window);
	else
		kin__event_write(&batch->json, source, batch->records, batch->count);
}

const char *kin_batch_event_json(struct kin_batch *batch, size_t *size)
{
	struct kin__event_source source;

	if (batch->json.n == 0) {
		kin__event_source_init(&source, batch->consumer->own.arn, batch->consumer->set.application);
		write_event(batch, &source);
	}
	if (batch->json.failed) {
		kin__bytes_clear(&batch->json);
		return NULL;
	}
	if (size)
		*size = batch->json.n;
	return batch->json.at;
}

void kin_batch_finish(struct kin_batch *batch, int code)
{
	if (!kin__core_forked(batch->consumer->set.core)) /* else its threads are the parent's */
		kin__batch_finish(batch, code);
}
