/* The states of tumbling windows: beside their shard here, into a batch, out of it, and as the store keeps them. */
#include "drive/consume_window.h"
#include "base/mem.h"
#include "io/error.h"

static const char fresh[] = "{}";

struct kin__span kin__consume_window_state(struct kin__consume *consumer, uint32_t shard,
                                           const struct kin__call_window *window)
{
	if (window->fresh || shard >= consumer->own.shards_room || consumer->own.shards[shard].state.n == 0)
		return kin__span_text(fresh);
	return kin__bytes_view(&consumer->own.shards[shard].state);
}

void kin__consume_window_show(struct kin_batch *batch, const struct kin__call_window *window)
{
	struct kin__span state;

	if (!window->there)
		return;
	state = kin__consume_window_state(batch->consumer, batch->shard, window);
	batch->windowed = true;
	batch->window = (struct kin_window){ sizeof batch->window, window->start_ms, window->end_ms,
		                             window->final, window->terminated_early };
	batch->state = state.at;
	batch->state_size = state.n;
}

void kin__consume_window_judge(struct kin_batch *batch)
{
	bool lacking = !batch->window.is_final && batch->new_state.n == 0;

	if (!batch->windowed || batch->code != KIN_OK || !(lacking || batch->window.is_final))
		return;
	if (lacking)
		kin__batch_fail(batch, 0, "the handler left no state to its tumbling window");
	else if (batch->fail_at == UINT32_MAX)
		return;
	batch->code = KIN_FAILED;
	batch->answered = true;
}

bool kin__consume_window_adopt(struct kin_batch *batch)
{
	struct kin__consume_shard *shard;

	if (batch->new_state.n == 0 || batch->window.is_final || batch->code != KIN_OK || batch->fail_at == 0)
		return true;
	shard = kin__consume_shard(batch->consumer, batch->shard);
	if (!shard)
		return false;
	kin__bytes_fini(&shard->state);
	shard->state = batch->new_state; /* moved */
	kin__bytes_init(&batch->new_state);
	return true;
}

bool kin__consume_window_kept(struct kin__consume *consumer, const struct kin__consumer_effect *effect,
                              struct kin__bytes *out)
{
	const struct kin__call_window window = { .fresh = effect->store.fresh };
	struct kin__kept kept;

	if (!effect->store.kept)
		return true;
	kept = *effect->store.kept;
	kept.state = kin__consume_window_state(consumer, effect->shard, &window);
	kin__kept_write(out, &kept);
	return !out->failed;
}

int kin__consume_window_read(struct kin__consume *consumer, uint32_t shard, const struct kin__bytes *text,
                             struct kin__kept *kept, struct kin_error *error)
{
	struct kin__consume_shard *at = kin__consume_shard(consumer, shard);
	const char *wrong;

	if (!at)
		return kin__error_nomem(error);
	wrong = kin__kept_read(kept, text->at ? text->at : "", text->n);
	if (wrong)
		return kin__error(
				error, KIN_CORRUPT,
				"the state of the tumbling window that the store keeps of %s cannot be read: "
				"%s; remove it from the store, and the window begins anew, without what it "
				"had counted",
				kin__consumer_shard_id(consumer->own.machine, shard), wrong);
	kin__bytes_clear(&at->state);
	kin__bytes_span(&at->state, kept->open ? kept->state : kin__span("", 0));
	return at->state.failed ? kin__error_nomem(error) : KIN_OK;
}
