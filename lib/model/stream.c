#include "base/bytes.h"
#include "base/mem.h"
#include "model/state.h"

void kin__stream_free(struct kin__model_stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < stream->shards_n; i++)
		kin__shard_free(stream->shards[i]);
	kin__mem_free(stream->shards);
	kin__mem_free(stream->open);
	kin__tags_free(stream);
	kin__mem_free(stream->key_id);
	kin__mem_free(stream->name);
	kin__mem_free(stream->arn);
	kin__mem_free(stream);
}

static int make_shards(struct kin__model *model, struct kin__model_stream *stream, int64_t now_ms)
{
	uint32_t n = stream->create_shards;

	for (uint32_t i = (uint32_t)stream->shards_n; i < n; i++) {
		struct kin__hashkey last = i + 1 < n ? kin__hashkey_prior(kin__hashkey_even(n, i + 1))
		                                     : KIN__HASHKEY_MAX;
		if (!kin__shard_new(model, stream, now_ms, kin__hashkey_even(n, i), last))
			return -1;
	}
	return kin__shard_reindex(stream);
}

static void drop_stream(struct kin__model *model, size_t at)
{
	kin__stream_free(model->streams[at]);
	model->streams_n--;
	memmove(&model->streams[at], &model->streams[at + 1],
	        (model->streams_n - at) * sizeof *model->streams);
}

/* What was due happens; NULL: the stream is gone. */
static struct kin__model_stream *settle(struct kin__model *model, size_t at, int64_t now_ms)
{
	struct kin__model_stream *stream = model->streams[at];

	if (stream->status == KIN__STREAM_ACTIVE || now_ms < stream->due_ms)
		return stream;
	if (stream->status == KIN__STREAM_DELETING) {
		drop_stream(model, at);
		return NULL;
	}
	if (stream->status == KIN__STREAM_CREATING && make_shards(model, stream, stream->due_ms) < 0)
		return stream;
	if (stream->status == KIN__STREAM_UPDATING && kin__reshard_end(model, stream, stream->due_ms) < 0)
		return stream;
	stream->status = KIN__STREAM_ACTIVE;
	return stream;
}

static struct kin__span name_of(struct kin__span stream)
{
	if (stream.n > 4 && memcmp(stream.at, "arn:", 4) == 0)
		for (size_t i = 0; i < stream.n; i++)
			if (stream.at[i] == '/')
				return kin__span(stream.at + i + 1, stream.n - i - 1);
	return stream;
}

struct kin__model_stream *kin__stream_find(struct kin__model *model, int64_t now_ms, struct kin__span name)
{
	struct kin__span wanted = name_of(name);

	for (size_t i = 0; i < model->streams_n; i++) {
		if (!kin__span_is(wanted, model->streams[i]->name))
			continue;
		if (wanted.n != name.n && !kin__span_is(name, model->streams[i]->arn))
			return NULL;
		return settle(model, i, now_ms);
	}
	return NULL;
}

struct kin__model_stream *kin__stream_by_serial(struct kin__model *model, int64_t now_ms, uint32_t serial)
{
	for (size_t i = 0; i < model->streams_n; i++)
		if (model->streams[i]->serial == serial)
			return settle(model, i, now_ms);
	return NULL;
}

void kin__stream_settle_all(struct kin__model *model, int64_t now_ms)
{
	for (size_t i = 0; i < model->streams_n;)
		if (settle(model, i, now_ms))
			i++;
}

static bool is_name(struct kin__span name)
{
	if (name.n < 1 || name.n > 128)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static char *make_arn(const struct kin__model *model, struct kin__span name)
{
	struct kin__bytes arn;

	kin__bytes_init(&arn);
	kin__bytes_text(&arn, "arn:aws:kinesis:");
	kin__bytes_text(&arn, model->region);
	kin__bytes_char(&arn, ':');
	kin__bytes_text(&arn, model->account);
	kin__bytes_text(&arn, ":stream/");
	kin__bytes_span(&arn, name);
	return kin__bytes_take(&arn, NULL);
}

static struct kin__model_stream *make_stream(struct kin__model *model, int64_t now_ms, struct kin__span name,
                                             uint32_t shards, uint32_t record_bytes_max)
{
	struct kin__model_stream *stream;

	if (kin__mem_room(&model->streams, &model->streams_room, model->streams_n + 1,
	                  sizeof *model->streams) < 0)
		return NULL;
	stream = kin__mem_zalloc(sizeof *stream);
	if (!stream)
		return NULL;
	stream->name = kin__mem_text_n(name.at, name.n);
	stream->arn = make_arn(model, name);
	stream->serial = model->serial + 1;
	stream->status = KIN__STREAM_CREATING;
	stream->due_ms = now_ms + model->set.transition_ms;
	/* No two creations share a time: neither the stamp, nor the seconds that its numbers hold. */
	stream->created_ms = now_ms > model->last_created_ms ? now_ms : model->last_created_ms + 1;
	stream->created_s = now_ms / 1000 > model->last_created_s ? now_ms / 1000 : model->last_created_s + 1;
	stream->retention_ms = model->set.retention_ms;
	stream->record_bytes_max = record_bytes_max ? record_bytes_max : model->set.record_bytes_max;
	stream->create_shards = shards;
	if (!stream->name || !stream->arn ||
	    (model->set.transition_ms <= 0 && make_shards(model, stream, now_ms) < 0)) {
		kin__stream_free(stream);
		return NULL;
	}
	model->serial++;
	model->last_created_ms = stream->created_ms;
	if (stream->created_s > model->last_created_s)
		model->last_created_s = stream->created_s;
	model->streams[model->streams_n++] = stream;
	return stream;
}

void kin__model_create_stream(struct kin__model *model, int64_t now_ms, struct kin__span name,
                              uint32_t shards, uint32_t record_bytes_max, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);
	char number[24];

	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__CREATE_STREAM, NULL, 0, answer))
		return;
	if (!is_name(name)) {
		KIN__REFUSE(answer, "ValidationException",
		            "StreamName '%' must be 1 to 128 letters, digits, '_', '.' or '-'.", name);
		return;
	}
	if (stream) {
		KIN__REFUSE(answer, "ResourceInUseException", "Stream % under account % already exists.",
		            name, kin__span_text(model->account));
		return;
	}
	if (shards == 0 || shards > KIN__MODEL_SHARDS_MAX) {
		KIN__REFUSE(answer, shards ? "LimitExceededException" : "ValidationException",
		            "ShardCount % must be from 1 to 10000.", kin__answer_number(shards, number));
		return;
	}
	stream = make_stream(model, now_ms, name, shards, record_bytes_max);
	if (!stream) {
		kin__answer_nomem(answer);
		return;
	}
	settle(model, model->streams_n - 1, now_ms);
}

static const char *status_name(uint8_t status)
{
	static const char *const names[] = { [KIN__STREAM_CREATING] = "CREATING",
		                             [KIN__STREAM_DELETING] = "DELETING",
		                             [KIN__STREAM_ACTIVE] = "ACTIVE",
		                             [KIN__STREAM_UPDATING] = "UPDATING" };

	return names[status];
}

struct kin__model_stream *kin__stream_asked(struct kin__model *model, int64_t now_ms,
                                            enum kin__operation operation, struct kin__span name,
                                            struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);

	kin__answer_init(answer);
	if (!kin__answer_begin(model, operation, NULL, 0, answer))
		return NULL;
	if (!stream)
		kin__answer_no_stream(model, answer, name);
	return stream;
}

struct kin__model_stream *kin__stream_need_active(struct kin__model *model, struct kin__model_stream *stream,
                                                  struct kin__span name, struct kin__model_answer *answer)
{
	if (!stream) {
		kin__answer_no_stream(model, answer, name);
		return NULL;
	}
	if (stream->status != KIN__STREAM_ACTIVE) {
		KIN__REFUSE(answer, "ResourceInUseException",
		            "Stream % under account % is not ACTIVE, but %.", kin__span_text(stream->name),
		            kin__span_text(model->account), kin__span_text(status_name(stream->status)));
		return NULL;
	}
	return stream;
}

void kin__model_delete_stream(struct kin__model *model, int64_t now_ms, struct kin__span name,
                              struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_find(model, now_ms, name);

	kin__answer_init(answer);
	if (!kin__answer_begin(model, KIN__DELETE_STREAM, NULL, 0, answer) ||
	    !kin__stream_need_active(model, stream, name, answer))
		return;
	stream->status = KIN__STREAM_DELETING;
	stream->due_ms = now_ms + model->set.transition_ms;
	kin__stream_find(model, now_ms, name); /* without a transition it goes at once */
}

void kin__stream_update(struct kin__model *model, struct kin__model_stream *stream, int64_t now_ms,
                        struct kin__model_answer *answer)
{
	stream->status = KIN__STREAM_UPDATING;
	stream->due_ms = now_ms + model->set.transition_ms;
	if (model->set.transition_ms > 0)
		return;
	if (kin__reshard_end(model, stream, now_ms) < 0)
		kin__answer_nomem(answer);
	stream->status = KIN__STREAM_ACTIVE;
}
