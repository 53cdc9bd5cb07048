/* The tumbling window of a batch: kin_batch(3). */
#include "drive/batch.h"
#include "event/state.h"
#include "io/error.h"
#include <kinstream/batch.h>
#include <stddef.h>
#include <string.h>

int kin_batch_window(const struct kin_batch *batch, struct kin_window *window)
{
	size_t size;

	if (!window || window->size < offsetof(struct kin_window, is_terminated_early) + 1)
		return KIN_INVALID;
	if (!batch->windowed)
		return KIN_NOT_FOUND;
	size = window->size;
	memcpy(window, &batch->window, size < sizeof *window ? size : sizeof *window);
	window->size = size;
	return KIN_OK;
}

const char *kin_batch_state(const struct kin_batch *batch, size_t *size)
{
	if (!batch->windowed)
		return NULL;
	if (size)
		*size = batch->state_size;
	return batch->state;
}

int kin_batch_set_state(struct kin_batch *batch, const char *json, size_t size, struct kin_error *error)
{
	char why[KIN__STATE_WHY];

	if (!batch->windowed)
		return kin__error(error, KIN_INVALID,
		                  "kin_batch_set_state(): the consumer has no tumbling windows; its option "
		                  "tumbling_window_ms is 0");
	if (!json)
		return kin__error(error, KIN_INVALID, "kin_batch_set_state(): json must not be NULL");
	kin__bytes_clear(&batch->new_state);
	if (kin__state_read(&batch->new_state, json, size, why) != KIN__STATE_FOUND)
		return kin__error(error, KIN_INVALID, "kin_batch_set_state(): no JSON object: %s", why);
	if (!batch->new_state.failed)
		return KIN_OK;
	kin__bytes_clear(&batch->new_state);
	return kin__error_nomem(error);
}
