#include "mock/control.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "kinesis/limits.h"
#include "kinesis/streams.h"
#include "mock/asked.h"
#include "mock/gate.h"
#include "mock/tags.h"
#include "wire/jsontext.h"

enum { ON_DEMAND_SHARDS = 4, LIST_STREAMS_MAX = 100, DESCRIBE_SHARDS_MAX = 100 };

/* ---- pieces of an answer ---- */

static void hash_member(struct kin__jsontext *json, const char *name, struct kin__hashkey key)
{
	char text[KIN__HASHKEY_TEXT];
	kin__hashkey_text(key, text);
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, text);
}

static void text_member(struct kin__jsontext *json, const char *name, const char *text)
{
	if (!text)
		return;
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, text);
}

static void hash_range(struct kin__jsontext *json, const struct kin__shard_info *shard)
{
	kin__jsontext_name(json, "HashKeyRange");
	kin__jsontext_object(json);
	hash_member(json, "StartingHashKey", shard->first_hash);
	hash_member(json, "EndingHashKey", shard->last_hash);
	kin__jsontext_object_end(json);
}

static void shard(struct kin__jsontext *json, const struct kin__shard_info *info)
{
	kin__jsontext_object(json);
	text_member(json, "ShardId", info->id);
	text_member(json, "ParentShardId", info->parent);
	text_member(json, "AdjacentParentShardId", info->adjacent_parent);
	hash_range(json, info);
	kin__jsontext_name(json, "SequenceNumberRange");
	kin__jsontext_object(json);
	text_member(json, "StartingSequenceNumber", info->first_sequence);
	text_member(json, "EndingSequenceNumber", info->last_sequence);
	kin__jsontext_object_end(json);
	kin__jsontext_object_end(json);
}

void kin__control_child(struct kin__bytes *out, const struct kin__shard_info *child)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	text_member(&json, "ShardId", child->id);
	kin__jsontext_name(&json, "ParentShards");
	kin__jsontext_array(&json);
	if (child->parent)
		kin__jsontext_text(&json, child->parent);
	if (child->adjacent_parent)
		kin__jsontext_text(&json, child->adjacent_parent);
	kin__jsontext_array_end(&json);
	hash_range(&json, child);
	kin__jsontext_object_end(&json);
}

/* ---- operations ---- */

void kin__control_create(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span mode = { NULL, 0 }, name = kin__asked_text(request, "StreamName");
	int64_t shards = kin__asked_number(request, "ShardCount", 0);
	uint32_t kib = (uint32_t)kin__asked_number(request, "MaxRecordSizeInKiB", 0);
	struct kin__tags tags;

	kin__json_text(kin__json_path(request, "StreamModeDetails.StreamMode"), &mode);
	bool on_demand = kin__span_is(mode, "ON_DEMAND");
	bool spread = kin__span_is(kin__asked_text(request, "RecordDistributionStrategy"), "AUTO");
	if (!kin__tags_of(x, request, &tags))
		return;
	if (tags.n > KIN__MODEL_TAGS_MAX) {
		kin__gate_refuse(x, "InvalidArgumentException", "A stream has at most 50 tags.");
		return;
	}
	if (on_demand == (shards > 0)) {
		kin__gate_refuse(x, "ValidationException",
		                 on_demand ? "ShardCount must not be given for a stream in ON_DEMAND mode."
		                           : "ShardCount is required for a stream in PROVISIONED mode.");
		return;
	}
	if (spread && !on_demand) {
		kin__gate_refuse(x, "ValidationException",
		                 "RecordDistributionStrategy AUTO is for a stream in ON_DEMAND mode.");
		return;
	}
	kin__model_create_stream(x->mock->model, now_ms, name,
	                         on_demand ? ON_DEMAND_SHARDS : (uint32_t)shards, kib * 1024, &x->answer);
	if (!x->answer.code && on_demand)
		kin__model_set_on_demand(x->mock->model, now_ms, name);
	if (!x->answer.code && spread)
		kin__model_set_distributed(x->mock->model, now_ms, name);
	if (!x->answer.code && !kin__model_set_tags(x->mock->model, now_ms, name, tags.at, tags.n))
		kin__gate_nomem(x);
}

static void identity(struct kin__jsontext *json, const struct kin__stream_summary *summary)
{
	char created[KIN__TIME_TEXT];

	kin__time_epoch(summary->created_ms, created);
	text_member(json, "StreamName", summary->name);
	text_member(json, "StreamARN", summary->arn);
	text_member(json, "StreamStatus", kin__stream_status_name((enum kin__stream_status)summary->status));
	kin__jsontext_name(json, "StreamModeDetails");
	kin__jsontext_object(json);
	text_member(json, "StreamMode", summary->on_demand ? "ON_DEMAND" : "PROVISIONED");
	kin__jsontext_object_end(json);
	kin__jsontext_name(json, "StreamCreationTimestamp");
	kin__jsontext_number(json, created);
}

/* What both descriptions tell besides. */
static void settings(struct kin__jsontext *json, const struct kin__stream_summary *summary)
{
	kin__jsontext_name(json, "RetentionPeriodHours");
	kin__jsontext_i64(json, summary->retention_ms < 3600000 ? 1 : summary->retention_ms / 3600000);
	kin__jsontext_name(json, "EnhancedMonitoring");
	kin__jsontext_raw(json, kin__span_text("[{\"ShardLevelMetrics\":[]}]"));
	text_member(json, "EncryptionType", summary->key_id ? "KMS" : "NONE");
	text_member(json, "KeyId", summary->key_id);
}

void kin__control_describe(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__stream_summary summary;
	struct kin__jsontext json;
	struct kin__span stream;

	if (!kin__asked_stream(x, request, &stream))
		return;
	kin__model_describe(x->mock->model, now_ms, stream, &summary, &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "StreamDescriptionSummary");
	kin__jsontext_object(&json);
	identity(&json, &summary);
	settings(&json, &summary);
	kin__jsontext_name(&json, "OpenShardCount");
	kin__jsontext_u64(&json, summary.open_shards);
	kin__jsontext_name(&json, "ConsumerCount");
	kin__jsontext_u64(&json, 0);
	kin__jsontext_name(&json, "MaxRecordSizeInKiB");
	kin__jsontext_u64(&json, summary.record_bytes_max / 1024);
	text_member(&json, "RecordDistributionStrategy", summary.distributed ? "AUTO" : "USER_PARTITION_KEY");
	kin__jsontext_object_end(&json);
	kin__jsontext_object_end(&json);
}

void kin__control_list_streams(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__stream_summary found[LIST_STREAMS_MAX];
	struct kin__span after = kin__asked_text(request, "ExclusiveStartStreamName"),
			 token = kin__asked_text(request, "NextToken");
	struct kin__jsontext json;
	int64_t limit = kin__asked_number(request, "Limit", LIST_STREAMS_MAX);
	size_t n = 0;
	bool more = false;

	if (token.at && !kin__limits_stream_name(token, NULL)) {
		kin__gate_refuse(x, "InvalidArgumentException", "The NextToken is not one of this service.");
		return;
	}
	kin__model_list_streams(x->mock->model, now_ms, token.at ? token : after, found,
	                        limit < LIST_STREAMS_MAX ? (size_t)limit : LIST_STREAMS_MAX, &n, &more,
	                        &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "StreamNames");
	kin__jsontext_array(&json);
	for (size_t i = 0; i < n; i++)
		kin__jsontext_text(&json, found[i].name);
	kin__jsontext_array_end(&json);
	kin__jsontext_name(&json, "StreamSummaries");
	kin__jsontext_array(&json);
	for (size_t i = 0; i < n; i++) {
		kin__jsontext_object(&json);
		identity(&json, &found[i]);
		kin__jsontext_object_end(&json);
	}
	kin__jsontext_array_end(&json);
	kin__jsontext_name(&json, "HasMoreStreams");
	kin__jsontext_bool(&json, more);
	if (more && n > 0)
		text_member(&json, "NextToken", found[n - 1].name); /* the last name serves as the token */
	kin__jsontext_object_end(&json);
}

/* AFTER_SHARD_ID lives on its ShardId, the timestamp types on their Timestamp. */
static bool filter_of(struct kin__mock_exchange *x, const struct kin__json *request,
                      struct kin__model_list *list)
{
	static const char *const names[] = {
		"",          "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
		"AT_LATEST", "AT_TIMESTAMP",   "FROM_TIMESTAMP"
	};
	const struct kin__json *filter = kin__json_member(request, "ShardFilter");
	struct kin__span type = kin__asked_text(filter, "Type");
	const char *lacks = NULL;

	if (kin__json_is_null(filter))
		return true;
	for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
		if (kin__span_is(type, names[i]))
			list->filter = (enum kin__model_filter)i;
	list->filter_shard = kin__asked_text(filter, "ShardId");
	if (list->filter == KIN__FILTER_AFTER_SHARD_ID && !list->filter_shard.at)
		lacks = "ShardId";
	if (!kin__json_time_ms(kin__json_member(filter, "Timestamp"), &list->filter_ms) &&
	    (list->filter == KIN__FILTER_AT_TIMESTAMP || list->filter == KIN__FILTER_FROM_TIMESTAMP))
		lacks = "Timestamp";
	if (lacks)
		kin__gate_refuse(x, "InvalidArgumentException",
		                 "%s must be provided with a ShardFilter of type %.*s.", lacks, (int)type.n,
		                 type.at);
	return !lacks;
}

/* The first page is asked for by stream, the next ones by token: StreamARN may stand beside it, to name the host. */
static bool list_of(struct kin__mock_exchange *x, const struct kin__json *request,
                    struct kin__model_list *list)
{
	if (!list->next_token.at)
		return kin__asked_stream(x, request, &list->stream);
	list->stream = kin__asked_text(request, "StreamName");
	return true;
}

void kin__control_list_shards(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_list list = { .next_token = kin__asked_text(request, "NextToken"),
		                        .exclusive_start =
		                                        kin__asked_text(request, "ExclusiveStartShardId") };
	struct kin__shard_info *found;
	struct kin__jsontext json;
	char next[KIN__MODEL_TOKEN];
	int64_t most = kin__asked_number(request, "MaxResults", KIN__MODEL_LIST_SHARDS_MAX);
	size_t n = 0;

	if (!list_of(x, request, &list) || !filter_of(x, request, &list))
		return;
	list.has_created = kin__json_time_ms(kin__json_member(request, "StreamCreationTimestamp"),
	                                     &list.created_ms);
	most = most < KIN__MODEL_LIST_SHARDS_MAX ? most : KIN__MODEL_LIST_SHARDS_MAX;
	found = kin__mem_array((size_t)most, sizeof *found);
	if (!found) {
		kin__gate_nomem(x);
		return;
	}
	kin__model_list_shards(x->mock->model, now_ms, &list, found, (size_t)most, &n, next, &x->answer);
	if (!x->answer.code) {
		kin__jsontext_init(&json, &x->reply);
		kin__jsontext_object(&json);
		kin__jsontext_name(&json, "Shards");
		kin__jsontext_array(&json);
		for (size_t i = 0; i < n; i++)
			shard(&json, &found[i]);
		kin__jsontext_array_end(&json);
		text_member(&json, "NextToken", next[0] ? next : NULL);
		kin__jsontext_object_end(&json);
	}
	kin__mem_free(found);
}

static void write_description(struct kin__jsontext *json, const struct kin__stream_summary *summary,
                              const struct kin__shard_info *shards, size_t n, bool more)
{
	kin__jsontext_object(json);
	kin__jsontext_name(json, "StreamDescription");
	kin__jsontext_object(json);
	identity(json, summary);
	settings(json, summary);
	kin__jsontext_name(json, "Shards");
	kin__jsontext_array(json);
	for (size_t i = 0; i < n; i++)
		shard(json, &shards[i]);
	kin__jsontext_array_end(json);
	kin__jsontext_name(json, "HasMoreShards");
	kin__jsontext_bool(json, more);
	kin__jsontext_object_end(json);
	kin__jsontext_object_end(json);
}

void kin__control_describe_stream(struct kin__mock_exchange *x, int64_t now_ms,
                                  const struct kin__json *request)
{
	struct kin__stream_summary summary = { .open_shards = 0 };
	struct kin__model_list list = { .exclusive_start = kin__asked_text(request, "ExclusiveStartShardId"),
		                        .describe = &summary };
	struct kin__shard_info found[DESCRIBE_SHARDS_MAX];
	struct kin__jsontext json;
	char next[KIN__MODEL_TOKEN];
	int64_t most = kin__asked_number(request, "Limit", DESCRIBE_SHARDS_MAX);
	size_t n;

	if (!kin__asked_stream(x, request, &list.stream))
		return;
	most = most < DESCRIBE_SHARDS_MAX ? most : DESCRIBE_SHARDS_MAX;
	kin__model_list_shards(x->mock->model, now_ms, &list, found, (size_t)most, &n, next, &x->answer);
	kin__jsontext_init(&json, &x->reply);
	if (!x->answer.code)
		write_description(&json, &summary, found, n, next[0] != 0);
}

void kin__control_split(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;
	struct kin__hashkey key;

	if (kin__asked_stream(x, request, &stream) &&
	    kin__asked_hash(x, "NewStartingHashKey", kin__asked_text(request, "NewStartingHashKey"), &key))
		kin__model_split(x->mock->model, now_ms, stream, kin__asked_text(request, "ShardToSplit"),
		                 key, &x->answer);
}

void kin__control_merge(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;

	if (kin__asked_stream(x, request, &stream))
		kin__model_merge(x->mock->model, now_ms, stream, kin__asked_text(request, "ShardToMerge"),
		                 kin__asked_text(request, "AdjacentShardToMerge"), &x->answer);
}

void kin__control_delete(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;
	if (kin__asked_stream(x, request, &stream))
		kin__model_delete_stream(x->mock->model, now_ms, stream, &x->answer);
}
