/* Splits, merges, and the change to a number of shards. */
#include "base/mem.h"
#include "model/state.h"

/* The parents stay open until the children are there: memory that runs out only delays the reshard. */
static int change(struct kin__model *model, struct kin__model_stream *stream, int64_t at_ms)
{
	struct kin__model_shard *one = stream->changing, *two = stream->changing_too, *left, *right = NULL;

	if (two) {
		bool swapped = kin__hashkey_compare(one->first_hash, two->first_hash) > 0;
		left = kin__shard_new(model, stream, at_ms, (swapped ? two : one)->first_hash,
		                      (swapped ? one : two)->last_hash);
	} else {
		left = kin__shard_new(model, stream, at_ms, one->first_hash,
		                      kin__hashkey_prior(stream->split_at));
		right = left ? kin__shard_new(model, stream, at_ms, stream->split_at, one->last_hash) : NULL;
	}
	if (!left || (!two && !right) ||
	    kin__mem_room(&stream->open, &stream->open_room, stream->shards_n, sizeof *stream->open) < 0) {
		if (right)
			kin__shard_free(stream->shards[--stream->shards_n]);
		if (left)
			kin__shard_free(stream->shards[--stream->shards_n]);
		return -1;
	}
	left->parent = one;
	left->adjacent = two;
	if (right)
		right->parent = one;
	kin__shard_close(one, at_ms);
	if (two)
		kin__shard_close(two, at_ms);
	kin__shard_replace_open(stream, one, two, left, right);
	return 0;
}

/* Every boundary of `scale_to` even ranges begins a shard, then nothing else does: by splits, then by merges.  Where
 * memory ran out, it goes on later. */
static int scale(struct kin__model *model, struct kin__model_stream *stream, int64_t at_ms)
{
	uint32_t n = stream->scale_to, k;

	for (k = 1; k < n; k++) {
		struct kin__hashkey start = kin__hashkey_even(n, k);

		stream->changing = kin__shard_of_hash(stream, start);
		stream->changing_too = NULL;
		stream->split_at = start;
		if (kin__hashkey_compare(stream->changing->first_hash, start) != 0 &&
		    change(model, stream, at_ms) < 0)
			return -1;
	}
	k = 1;
	for (size_t i = 0; i + 1 < stream->open_n;) {
		stream->changing = stream->open[i];
		stream->changing_too = stream->open[i + 1];
		if (k < n &&
		    kin__hashkey_compare(stream->changing_too->first_hash, kin__hashkey_even(n, k)) == 0) {
			k++;
			i++;
		} else if (change(model, stream, at_ms) < 0) {
			return -1;
		}
	}
	return 0;
}

int kin__reshard_end(struct kin__model *model, struct kin__model_stream *stream, int64_t at_ms)
{
	int done = 0;

	if (stream->scale_to)
		done = scale(model, stream, at_ms);
	else if (stream->changing)
		done = change(model, stream, at_ms);
	if (done == 0 || model->set.transition_ms <= 0) { /* else it is tried again */
		stream->changing = stream->changing_too = NULL;
		stream->scale_to = 0;
	}
	return done;
}

/* The stream's open shard, or NULL and the answer says why. */
static struct kin__model_shard *need_open(struct kin__model_stream *stream, struct kin__span id,
                                          struct kin__model_answer *answer)
{
	struct kin__model_shard *shard = kin__shard_find(stream, id);

	if (!shard) {
		kin__answer_no_shard(stream, answer, id);
		return NULL;
	}
	if (shard->closed) {
		KIN__REFUSE(answer, "ResourceInUseException",
		            "Shard % in stream % has already been split or merged.", id,
		            kin__span_text(stream->name));
		return NULL;
	}
	return shard;
}

void kin__model_split(struct kin__model *model, int64_t now_ms, struct kin__span name, struct kin__span id,
                      struct kin__hashkey new_start, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);
	struct kin__model_shard *shard = stream ? kin__shard_find(stream, id) : NULL;
	char start[KIN__HASHKEY_TEXT];

	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__SPLIT_SHARD, &shard, shard != NULL, answer) ||
	    !kin__stream_need_active(model, stream, name, answer) || !(shard = need_open(stream, id, answer)))
		return;
	if (kin__hashkey_compare(new_start, shard->last_hash) >= 0 ||
	    kin__hashkey_compare(new_start, shard->first_hash) <= 0 ||
	    kin__hashkey_compare(kin__hashkey_prior(new_start), shard->first_hash) <= 0) {
		kin__hashkey_text(new_start, start);
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "NewStartingHashKey % must be above the start of shard % plus one and below its "
		            "end.",
		            kin__span_text(start), id);
		return;
	}
	if (stream->open_n >= KIN__MODEL_SHARDS_MAX) {
		KIN__REFUSE(answer, "LimitExceededException", "Stream % has 10000 open shards already.",
		            name);
		return;
	}
	stream->changing = shard;
	stream->split_at = new_start;
	kin__stream_update(model, stream, now_ms, answer);
}

static bool follows(const struct kin__model_shard *left, const struct kin__model_shard *right)
{
	return kin__hashkey_compare(left->last_hash, right->first_hash) < 0 &&
	       kin__hashkey_compare(kin__hashkey_next(left->last_hash), right->first_hash) == 0;
}

void kin__model_merge(struct kin__model *model, int64_t now_ms, struct kin__span name, struct kin__span id,
                      struct kin__span adjacent, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);
	struct kin__model_shard *one = stream ? kin__shard_find(stream, id) : NULL, *two;

	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__MERGE_SHARDS, &one, one != NULL, answer) ||
	    !kin__stream_need_active(model, stream, name, answer) || !(one = need_open(stream, id, answer)) ||
	    !(two = need_open(stream, adjacent, answer)))
		return;
	if (!follows(one, two) && !follows(two, one)) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "Shards % and % in stream % are not adjacent.", id, adjacent, name);
		return;
	}
	stream->changing = one;
	stream->changing_too = two;
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_scale(struct kin__model *model, int64_t now_ms, struct kin__span name, uint32_t target,
                      struct kin__stream_summary *before, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);
	char wanted[24], open[24];

	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__UPDATE_SHARD_COUNT, NULL, 0, answer) ||
	    !kin__stream_need_active(model, stream, name, answer))
		return;
	kin__stream_summarize(stream, before);
	if (stream->on_demand) {
		KIN__REFUSE(answer, "ValidationException",
		            "Stream % is in ON_DEMAND mode: its number of shards is the service's.",
		            kin__span_text(stream->name));
	} else if (target > stream->open_n * 2 || target < (stream->open_n + 1) / 2) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "TargetShardCount % is not from half to twice the % open shards.",
		            kin__answer_number(target, wanted),
		            kin__answer_number((int64_t)stream->open_n, open));
	} else if (target > KIN__MODEL_SHARDS_MAX) {
		KIN__REFUSE(answer, "LimitExceededException",
		            "TargetShardCount %: a stream has 10000 open shards at most.",
		            kin__answer_number(target, wanted));
	} else {
		stream->scale_to = target;
		kin__stream_update(model, stream, now_ms, answer);
	}
}
