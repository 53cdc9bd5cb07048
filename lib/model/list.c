#include "model/state.h"

enum { LIST_TTL_MS = 300000 };

void kin__stream_summarize(const struct kin__model_stream *stream, struct kin__stream_summary *out)
{
	*out = (struct kin__stream_summary){
		.name = stream->name,
		.arn = stream->arn,
		.created_ms = stream->created_ms,
		.retention_ms = stream->retention_ms,
		.open_shards = (uint32_t)stream->open_n,
		.record_bytes_max = stream->record_bytes_max,
		.status = stream->status,
		.on_demand = stream->on_demand,
		.distributed = stream->distributed,
		.key_id = stream->key_id,
	};
}

void kin__model_describe(struct kin__model *model, int64_t now_ms, struct kin__span name,
                         struct kin__stream_summary *out, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);

	memset(out, 0, sizeof *out);
	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__DESCRIBE_STREAM_SUMMARY, NULL, 0, answer))
		return;
	if (!stream)
		kin__answer_no_stream(model, answer, name);
	else
		kin__stream_summarize(stream, out);
}

static struct kin__model_stream *next_stream(const struct kin__model *model, const char *after)
{
	struct kin__model_stream *next = NULL;

	for (size_t i = 0; i < model->streams_n; i++) {
		struct kin__model_stream *stream = model->streams[i];
		if (strcmp(stream->name, after) > 0 && (!next || strcmp(stream->name, next->name) < 0))
			next = stream;
	}
	return next;
}

void kin__model_list_streams(struct kin__model *model, int64_t now_ms, struct kin__span after,
                             struct kin__stream_summary *out, size_t room, size_t *n, bool *more,
                             struct kin__model_answer *answer)
{
	struct kin__model_stream *stream;
	char name[129] = "";

	*n = 0;
	*more = false;
	kin__answer_init(answer);
	kin__stream_settle_all(model, now_ms);
	if (!kin__answer_begin(model, KIN__LIST_STREAMS, NULL, 0, answer))
		return;
	if (after.n >= sizeof name) {
		kin__answer_refuse(answer, "ValidationException",
		                   "ExclusiveStartStreamName has 128 characters at most.", NULL);
		return;
	}
	if (after.n)
		memcpy(name, after.at, after.n);
	for (stream = next_stream(model, name); stream && *n < room;
	     stream = next_stream(model, stream->name))
		kin__stream_summarize(stream, &out[(*n)++]);
	*more = stream != NULL;
}

/* Where a listing of shards stands. */
struct walk {
	struct kin__model_stream *stream;
	enum kin__model_filter filter;
	int64_t filter_ms;
	uint32_t from; /* index of the first shard to look at */
};

static bool is_open_at(const struct kin__model_shard *shard, int64_t at_ms)
{
	return shard->created_ms <= at_ms && (!shard->closed || shard->closed_ms > at_ms);
}

static bool passes(const struct walk *walk, const struct kin__model_shard *shard)
{
	if (shard->gone)
		return false;
	switch (walk->filter) {
	case KIN__FILTER_AT_LATEST:
		return !shard->closed;
	case KIN__FILTER_AT_TRIM_HORIZON:
	case KIN__FILTER_AT_TIMESTAMP:
		return is_open_at(shard, walk->filter_ms);
	case KIN__FILTER_FROM_TIMESTAMP:
		return !shard->closed || shard->closed_ms > walk->filter_ms;
	case KIN__FILTER_NONE:
	case KIN__FILTER_AFTER_SHARD_ID:
	case KIN__FILTER_FROM_TRIM_HORIZON:
		break;
	}
	return true;
}

static void refuse_mixed(struct kin__model_answer *answer)
{
	kin__answer_refuse(answer, "InvalidArgumentException",
	                   "NextToken goes without StreamName, ExclusiveStartShardId, "
	                   "StreamCreationTimestamp and "
	                   "ShardFilter.",
	                   NULL);
}

static bool resume(struct kin__model *model, int64_t now_ms, const struct kin__model_list *list,
                   struct walk *walk, struct kin__model_answer *answer)
{
	struct kin__token token;

	if (list->stream.n || list->exclusive_start.n || list->has_created ||
	    list->filter != KIN__FILTER_NONE) {
		refuse_mixed(answer);
		return false;
	}
	if (!kin__token_parse(list->next_token, model->secret, &token) || token.kind != KIN__TOKEN_LIST) {
		kin__answer_refuse(answer, "InvalidArgumentException",
		                   "The NextToken is not one of this service.", NULL);
		return false;
	}
	if (now_ms - token.issued_ms > LIST_TTL_MS) {
		kin__answer_refuse(answer, "ExpiredNextTokenException",
		                   "The NextToken is older than 300 seconds.", NULL);
		return false;
	}
	walk->stream = kin__stream_by_serial(model, now_ms, token.stream);
	walk->filter = (enum kin__model_filter)token.filter;
	walk->filter_ms = token.filter_ms;
	walk->from = token.shard;
	if (!walk->stream)
		kin__answer_refuse(answer, "ResourceNotFoundException",
		                   "The stream of this NextToken does not exist.", NULL);
	return walk->stream != NULL;
}

/* The first shard behind `id`: ids grow with the index, also for ids that are not there (any more). */
static uint32_t index_after(const struct kin__model_stream *stream, struct kin__span id)
{
	uint32_t i = 0;

	for (; i < stream->shards_n; i++) {
		const char *own = stream->shards[i]->id;
		size_t n = strlen(own), less = id.n < n ? id.n : n;
		int order = less ? memcmp(own, id.at, less) : 0;
		if (order > 0 || (order == 0 && n > id.n))
			break;
	}
	return i;
}

static bool set_filter(const struct kin__model_list *list, int64_t now_ms, struct walk *walk,
                       struct kin__model_answer *answer)
{
	int64_t horizon_ms = now_ms - walk->stream->retention_ms;

	if (horizon_ms < walk->stream->shards[0]->created_ms)
		horizon_ms = walk->stream->shards[0]->created_ms;
	walk->filter = list->filter;
	walk->filter_ms = horizon_ms;
	if (list->filter != KIN__FILTER_AT_TIMESTAMP && list->filter != KIN__FILTER_FROM_TIMESTAMP)
		return true;
	if (list->filter_ms > now_ms) {
		char wanted[24], now[24];
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "The ShardFilter's Timestamp % ms lies behind the present, % ms.",
		            kin__answer_number(list->filter_ms, wanted), kin__answer_number(now_ms, now));
		return false;
	}
	if (list->filter_ms > horizon_ms)
		walk->filter_ms = list->filter_ms;
	return true;
}

static bool start(struct kin__model *model, int64_t now_ms, const struct kin__model_list *list,
                  struct walk *walk, struct kin__model_answer *answer)
{
	walk->stream = kin__stream_find(model, now_ms, list->stream);
	if (!walk->stream || (list->has_created && list->created_ms != walk->stream->created_ms)) {
		kin__answer_no_stream(model, answer, list->stream);
		return false;
	}
	if (list->describe) { /* of one that is being created, which has no shards yet, too */
		kin__stream_summarize(walk->stream, list->describe);
		if (walk->stream->shards_n == 0)
			return true;
	} else if (!kin__stream_is_usable(walk->stream)) {
		KIN__REFUSE(answer, "ResourceInUseException", "Stream % is being created or deleted.",
		            list->stream);
		return false;
	}
	if (list->filter == KIN__FILTER_AFTER_SHARD_ID)
		walk->from = index_after(walk->stream, list->filter_shard);
	else
		walk->from = list->exclusive_start.n ? index_after(walk->stream, list->exclusive_start) : 0;
	return set_filter(list, now_ms, walk, answer);
}

void kin__model_list_shards(struct kin__model *model, int64_t now_ms, const struct kin__model_list *list,
                            struct kin__shard_info *out, size_t room, size_t *n,
                            char next[static KIN__MODEL_TOKEN], struct kin__model_answer *answer)
{
	struct walk walk = { 0 };
	bool fine;

	*n = 0;
	kin__answer_init(answer);
	fine = kin__answer_begin(model, list->describe ? KIN__DESCRIBE_STREAM : KIN__LIST_SHARDS, NULL, 0,
	                         answer);
	if (fine && list->next_token.n)
		fine = resume(model, now_ms, list, &walk, answer);
	else if (fine)
		fine = start(model, now_ms, list, &walk, answer);
	next[0] = 0; /* not before: it may be the list's next_token */
	if (!fine)
		return;
	for (uint32_t i = walk.from; i < walk.stream->shards_n; i++) {
		struct kin__model_shard *shard = walk.stream->shards[i];
		kin__shard_age(shard, now_ms);
		if (!passes(&walk, shard))
			continue;
		if (*n == room) {
			struct kin__token token = { .kind = KIN__TOKEN_LIST,
				                    .filter = (uint8_t)walk.filter,
				                    .stream = walk.stream->serial,
				                    .shard = i,
				                    .issued_ms = now_ms,
				                    .filter_ms = walk.filter_ms };
			kin__token_text(&token, model->secret, next);
			break;
		}
		kin__shard_info(shard, &out[(*n)++]);
	}
}
