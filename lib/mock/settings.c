#include "mock/settings.h"
#include "kinesis/limits.h"
#include "mock/asked.h"
#include "mock/gate.h"
#include "wire/jsontext.h"

enum {
	SHARD_LIMIT = 10000,
	ON_DEMAND_LIMIT = 50
}; /* what DescribeLimits tells; nothing is refused for them */

static void number_member(struct kin__jsontext *json, const char *name, uint64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_u64(json, value);
}

void kin__settings_record_max(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	uint32_t kib = (uint32_t)kin__asked_number(request, "MaxRecordSizeInKiB", 0);

	kin__model_set_record_max(x->mock->model, now_ms, kin__asked_text(request, "StreamARN"), kib * 1024,
	                          &x->answer);
}

void kin__settings_mode(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span mode = { NULL, 0 };

	kin__json_text(kin__json_path(request, "StreamModeDetails.StreamMode"), &mode);
	kin__model_update_mode(x->mock->model, now_ms, kin__asked_text(request, "StreamARN"),
	                       kin__span_is(mode, "ON_DEMAND"), &x->answer);
}

void kin__settings_distribution(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	kin__model_update_distribution(
			x->mock->model, now_ms, kin__asked_text(request, "StreamARN"),
			kin__span_is(kin__asked_text(request, "RecordDistributionStrategy"), "AUTO"),
			&x->answer);
}

void kin__settings_retention(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	int64_t hours = kin__asked_number(request, "RetentionPeriodHours", 0);
	struct kin__span stream;

	if (!kin__asked_stream(x, request, &stream))
		return;
	if (hours < KIN__RETENTION_HOURS_MIN || hours > KIN__RETENTION_HOURS_MAX) {
		kin__gate_refuse(x, "InvalidArgumentException",
		                 "A retention period of %lld hours is not from 24 to 8760.",
		                 (long long)hours);
		return;
	}
	kin__model_change_retention(x->mock->model, now_ms, stream,
	                            x->operation == KIN__INCREASE_STREAM_RETENTION_PERIOD, hours * 3600000,
	                            &x->answer);
}

void kin__settings_encryption(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream, key = kin__asked_text(request, "KeyId");

	if (!kin__asked_stream(x, request, &stream))
		return;
	if (!kin__span_is(kin__asked_text(request, "EncryptionType"), "KMS")) {
		kin__gate_refuse(x, "ValidationException", "EncryptionType must be KMS.");
		return;
	}
	kin__model_encrypt(x->mock->model, now_ms, stream, x->operation == KIN__START_STREAM_ENCRYPTION, key,
	                   &x->answer);
}

void kin__settings_scale(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	uint32_t target = (uint32_t)kin__asked_number(request, "TargetShardCount", 0);
	struct kin__stream_summary before;
	struct kin__jsontext json;
	struct kin__span stream;

	if (!kin__asked_stream(x, request, &stream))
		return;
	kin__model_scale(x->mock->model, now_ms, stream, target, &before, &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "StreamName");
	kin__jsontext_text(&json, before.name);
	kin__jsontext_name(&json, "StreamARN");
	kin__jsontext_text(&json, before.arn);
	number_member(&json, "CurrentShardCount", before.open_shards);
	number_member(&json, "TargetShardCount", target);
	kin__jsontext_object_end(&json);
}

void kin__settings_limits(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_limits limits;
	struct kin__jsontext json;

	(void)request;
	kin__model_describe_limits(x->mock->model, now_ms, &limits, &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	number_member(&json, "ShardLimit", SHARD_LIMIT);
	number_member(&json, "OpenShardCount", limits.open_shards);
	number_member(&json, "OnDemandStreamCount", limits.on_demand_streams);
	number_member(&json, "OnDemandStreamCountLimit", ON_DEMAND_LIMIT);
	kin__jsontext_object_end(&json);
}
