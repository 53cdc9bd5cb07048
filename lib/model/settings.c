/* What is set of a stream once it is there. */
#include "base/mem.h"
#include "model/state.h"

/* The stream, if the operation may go on; else NULL and the answer says why. */
static struct kin__model_stream *begin(struct kin__model *model, int64_t now_ms,
                                       enum kin__operation operation, struct kin__span name,
                                       struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = kin__stream_asked(model, now_ms, operation, name, answer);

	return stream ? kin__stream_need_active(model, stream, name, answer) : NULL;
}

void kin__model_set_record_max(struct kin__model *model, int64_t now_ms, struct kin__span name,
                               uint32_t record_bytes_max, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = begin(model, now_ms, KIN__UPDATE_MAX_RECORD_SIZE, name, answer);

	if (!stream)
		return;
	stream->record_bytes_max = record_bytes_max;
	for (size_t i = 0; i < stream->shards_n; i++)
		kin__shard_allow(stream->shards[i], record_bytes_max);
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_update_mode(struct kin__model *model, int64_t now_ms, struct kin__span name, bool on_demand,
                            struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = begin(model, now_ms, KIN__UPDATE_STREAM_MODE, name, answer);

	if (!stream)
		return;
	if (!on_demand && stream->distributed) {
		KIN__REFUSE(answer, "ValidationException",
		            "Stream % spreads its records: RecordDistributionStrategy AUTO is for a "
		            "stream in ON_DEMAND mode.",
		            kin__span_text(stream->name));
		return;
	}
	stream->on_demand = on_demand;
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_update_distribution(struct kin__model *model, int64_t now_ms, struct kin__span name,
                                    bool distributed, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream =
			begin(model, now_ms, KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY, name, answer);

	if (!stream)
		return;
	if (distributed && !stream->on_demand) {
		KIN__REFUSE(answer, "ValidationException",
		            "Stream %: RecordDistributionStrategy AUTO is for a stream in ON_DEMAND mode.",
		            kin__span_text(stream->name));
		return;
	}
	stream->distributed = distributed;
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_change_retention(struct kin__model *model, int64_t now_ms, struct kin__span name, bool longer,
                                 int64_t retention_ms, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = begin(model, now_ms,
	                                         longer ? KIN__INCREASE_STREAM_RETENTION_PERIOD
	                                                : KIN__DECREASE_STREAM_RETENTION_PERIOD,
	                                         name, answer);

	if (!stream)
		return;
	if (longer ? retention_ms < stream->retention_ms : retention_ms > stream->retention_ms) {
		KIN__REFUSE(answer, "InvalidArgumentException",
		            "The retention period asked for stream % is % than the present one: use %.",
		            kin__span_text(stream->name), kin__span_text(longer ? "shorter" : "longer"),
		            kin__span_text(longer ? "DecreaseStreamRetentionPeriod"
		                                  : "IncreaseStreamRetentionPeriod"));
		return;
	}
	stream->retention_ms = retention_ms;
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_encrypt(struct kin__model *model, int64_t now_ms, struct kin__span name, bool start,
                        struct kin__span key_id, struct kin__model_answer *answer)
{
	struct kin__model_stream *stream = begin(
			model, now_ms, start ? KIN__START_STREAM_ENCRYPTION : KIN__STOP_STREAM_ENCRYPTION,
			name, answer);
	char *copy = NULL;

	if (!stream)
		return;
	if (start && !(copy = kin__mem_text_n(key_id.at, key_id.n))) {
		kin__answer_nomem(answer);
		return;
	}
	kin__mem_free(stream->key_id);
	stream->key_id = copy;
	kin__stream_update(model, stream, now_ms, answer);
}

void kin__model_describe_limits(struct kin__model *model, int64_t now_ms, struct kin__model_limits *out,
                                struct kin__model_answer *answer)
{
	*out = (struct kin__model_limits){ 0 };
	kin__answer_init(answer);
	kin__stream_settle_all(model, now_ms);
	if (!kin__answer_begin(model, KIN__DESCRIBE_LIMITS, NULL, 0, answer))
		return;
	for (size_t i = 0; i < model->streams_n; i++) {
		if (model->streams[i]->on_demand)
			out->on_demand_streams++;
		else
			out->open_shards += model->streams[i]->open_n;
	}
}
