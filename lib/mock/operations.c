#include "mock/operations.h"
#include <stdio.h>
#include "base/timetext.h"
#include "kinesis/limits.h"
#include "kinesis/operation.h"
#include "kinesis/streams.h"
#include "mock/gate.h"
#include "mock/shape.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jsontext.h"
#include "base/mem.h"

enum { ON_DEMAND_SHARDS = 4, LIST_STREAMS_MAX = 100 };

/* ---- members of a request ---- */

static struct kin__span text_of(const struct kin__json *request, const char *name)
{
	struct kin__span text = { NULL, 0 };
	kin__json_text(kin__json_member(request, name), &text);
	return text;
}

/* StreamARN wins over StreamName; neither: refused. */
static bool stream_of(struct kin__mock_exchange *exchange, const struct kin__json *request,
                      struct kin__span *stream)
{
	*stream = text_of(request, "StreamARN");
	if (!stream->at)
		*stream = text_of(request, "StreamName");
	if (!stream->at)
		kin__gate_refuse(exchange, "InvalidArgumentException",
		                 "Either StreamName or StreamARN must be provided.");
	return stream->at != NULL;
}

bool kin__operations_hash(struct kin__mock_exchange *exchange, const char *name, struct kin__span text,
                          struct kin__hashkey *out)
{
	if (kin__hashkey_parse(text, out))
		return true;
	kin__gate_refuse(exchange, "InvalidArgumentException",
	                 "Invalid %s. It must be in the range: [0, 2^128-1]. Specified value was %.*s", name,
	                 (int)(text.n < 60 ? text.n : 60), text.at);
	return false;
}

/* A number whose range was checked, `otherwise` when it is absent; the service cuts fractions off. */
static int64_t integer_of(const struct kin__json *request, const char *name, int64_t otherwise)
{
	double number = (double)otherwise;

	kin__json_real(kin__json_member(request, name), &number);
	return (int64_t)number;
}

static bool is_dry(const struct kin__json *request)
{
	bool dry = false;

	kin__json_bool(kin__json_member(request, "DryRun"), &dry);
	return dry;
}

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

void kin__operations_child(struct kin__bytes *out, const struct kin__shard_info *child)
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

static void create_stream(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span mode = { NULL, 0 }, name = text_of(request, "StreamName");
	int64_t shards = integer_of(request, "ShardCount", 0);
	uint32_t kib = (uint32_t)integer_of(request, "MaxRecordSizeInKiB", 0);

	kin__json_text(kin__json_path(request, "StreamModeDetails.StreamMode"), &mode);
	bool on_demand = kin__span_is(mode, "ON_DEMAND");
	if (on_demand == (shards > 0)) {
		kin__gate_refuse(x, "ValidationException",
		                 on_demand ? "ShardCount must not be given for a stream in ON_DEMAND mode."
		                           : "ShardCount is required for a stream in PROVISIONED mode.");
		return;
	}
	kin__model_create_stream(x->mock->model, now_ms, name,
	                         on_demand ? ON_DEMAND_SHARDS : (uint32_t)shards, kib * 1024, &x->answer);
	if (!x->answer.code && on_demand)
		kin__model_set_on_demand(x->mock->model, now_ms, name);
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

static void describe(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__stream_summary summary;
	struct kin__jsontext json;
	struct kin__span stream;

	if (!stream_of(x, request, &stream))
		return;
	kin__model_describe(x->mock->model, now_ms, stream, &summary, &x->answer);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	kin__jsontext_name(&json, "StreamDescriptionSummary");
	kin__jsontext_object(&json);
	identity(&json, &summary);
	kin__jsontext_name(&json, "RetentionPeriodHours");
	kin__jsontext_i64(&json, summary.retention_ms < 3600000 ? 1 : summary.retention_ms / 3600000);
	kin__jsontext_name(&json, "EnhancedMonitoring");
	kin__jsontext_raw(&json, kin__span_text("[{\"ShardLevelMetrics\":[]}]"));
	text_member(&json, "EncryptionType", "NONE");
	kin__jsontext_name(&json, "OpenShardCount");
	kin__jsontext_u64(&json, summary.open_shards);
	kin__jsontext_name(&json, "ConsumerCount");
	kin__jsontext_u64(&json, 0);
	kin__jsontext_name(&json, "MaxRecordSizeInKiB");
	kin__jsontext_u64(&json, summary.record_bytes_max / 1024);
	kin__jsontext_object_end(&json);
	kin__jsontext_object_end(&json);
}

static void list_streams(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__stream_summary found[LIST_STREAMS_MAX];
	struct kin__span after = text_of(request, "ExclusiveStartStreamName"),
			 token = text_of(request, "NextToken");
	struct kin__jsontext json;
	int64_t limit = integer_of(request, "Limit", LIST_STREAMS_MAX);
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
	struct kin__span type = text_of(filter, "Type");
	const char *lacks = NULL;

	if (kin__json_is_null(filter))
		return true;
	for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
		if (kin__span_is(type, names[i]))
			list->filter = (enum kin__model_filter)i;
	list->filter_shard = text_of(filter, "ShardId");
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
		return stream_of(x, request, &list->stream);
	list->stream = text_of(request, "StreamName");
	return true;
}

static void list_shards(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_list list = { .next_token = text_of(request, "NextToken"),
		                        .exclusive_start = text_of(request, "ExclusiveStartShardId") };
	struct kin__shard_info *found;
	struct kin__jsontext json;
	char next[KIN__MODEL_TOKEN];
	int64_t most = integer_of(request, "MaxResults", KIN__MODEL_LIST_SHARDS_MAX);
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

static void split(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;
	struct kin__hashkey key;

	if (stream_of(x, request, &stream) &&
	    kin__operations_hash(x, "NewStartingHashKey", text_of(request, "NewStartingHashKey"), &key))
		kin__model_split(x->mock->model, now_ms, stream, text_of(request, "ShardToSplit"), key,
		                 &x->answer);
}

static void merge(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;

	if (stream_of(x, request, &stream))
		kin__model_merge(x->mock->model, now_ms, stream, text_of(request, "ShardToMerge"),
		                 text_of(request, "AdjacentShardToMerge"), &x->answer);
}

/* The data is decoded in place: the tree is this request's own. */
static bool entry_of(struct kin__mock_exchange *x, const struct kin__json *request,
                     struct kin__model_entry *entry)
{
	struct kin__span data = text_of(request, "Data"), hash = text_of(request, "ExplicitHashKey");
	size_t n;

	if (!kin__base64_decode(NULL, (void *)(uintptr_t)data.at, data.at, data.n, &n)) {
		kin__gate_refuse(x, "SerializationException", "Data is not base64");
		return false;
	}
	if (n > KIN__SHAPE_BLOB_MAX) {
		kin__shape_refuse(x, "data", kin__span_text("(bytes)"),
		                  "have length less than or equal to 10485760");
		return false;
	}
	entry->key = text_of(request, "PartitionKey");
	entry->data = kin__span(data.at, n);
	entry->has_hash = hash.at != NULL;
	return !hash.at || kin__operations_hash(x, "ExplicitHashKey", hash, &entry->hash);
}

static void put_record(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_entry entry = { .has_hash = false };
	struct kin__span stream, ordering = text_of(request, "SequenceNumberForOrdering");
	struct kin__jsontext json;
	struct kin__model_put put;

	if (!stream_of(x, request, &stream) || !entry_of(x, request, &entry))
		return;
	if (is_dry(request)) {
		kin__model_check_put(x->mock->model, now_ms, KIN__PUT_RECORD, stream, &entry, 1, ordering,
		                     &x->answer);
		kin__gate_dry_run(x);
		return;
	}
	kin__model_put_record(x->mock->model, now_ms, stream, &entry, ordering, &put, &x->answer);
	if (x->answer.code)
		return;
	x->mock->stats.records_stored++;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	text_member(&json, "ShardId", put.shard);
	text_member(&json, "SequenceNumber", put.sequence);
	text_member(&json, "EncryptionType", "NONE");
	kin__jsontext_object_end(&json);
}

static void get_iterator(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	static const char *const names[] = { "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON",
		                             "LATEST", "AT_TIMESTAMP" };
	struct kin__model_position position = { .sequence = text_of(request, "StartingSequenceNumber") };
	struct kin__span stream, type = text_of(request, "ShardIteratorType");
	struct kin__jsontext json;
	char token[KIN__MODEL_TOKEN];

	if (!stream_of(x, request, &stream))
		return;
	for (int i = 0; i < 5; i++)
		if (kin__span_is(type, names[i]))
			position.type = (enum kin__iterator_type)i; /* the same order */
	position.has_timestamp =
			kin__json_time_ms(kin__json_member(request, "Timestamp"), &position.timestamp_ms);
	kin__model_get_iterator(x->mock->model, now_ms, stream, text_of(request, "ShardId"), &position, token,
	                        &x->answer);
	if (is_dry(request))
		kin__gate_dry_run(x);
	if (x->answer.code)
		return;
	kin__jsontext_init(&json, &x->reply);
	kin__jsontext_object(&json);
	text_member(&json, "ShardIterator", token);
	kin__jsontext_object_end(&json);
}

static void get_records(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_page page;

	kin__model_get_records(x->mock->model, now_ms, text_of(request, "ShardIterator"),
	                       (uint32_t)integer_of(request, "Limit", 0), &page, &x->answer);
	if (is_dry(request))
		kin__gate_dry_run(x);
	if (!x->answer.code)
		kin__records_write(x, &page);
}

static void delete_stream(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__span stream;
	if (stream_of(x, request, &stream))
		kin__model_delete_stream(x->mock->model, now_ms, stream, &x->answer);
}

void kin__operations_run(struct kin__mock_exchange *x, int64_t now_ms)
{
	static void (*const by_operation[KIN__OPERATIONS])(
			struct kin__mock_exchange *, int64_t,
			const struct kin__json *) = { [KIN__CREATE_STREAM] = create_stream,
		                                      [KIN__DELETE_STREAM] = delete_stream,
		                                      [KIN__DESCRIBE_STREAM_SUMMARY] = describe,
		                                      [KIN__LIST_STREAMS] = list_streams,
		                                      [KIN__LIST_SHARDS] = list_shards,
		                                      [KIN__SPLIT_SHARD] = split,
		                                      [KIN__MERGE_SHARDS] = merge,
		                                      [KIN__PUT_RECORD] = put_record,
		                                      [KIN__GET_SHARD_ITERATOR] = get_iterator,
		                                      [KIN__GET_RECORDS] = get_records };
	struct kin__json *request = NULL;
	char error[KIN__JSON_ERROR];

	if (x->operation == KIN__PUT_RECORDS) {
		kin__records_put(x, now_ms);
		return;
	}
	if (kin__json_parse(x->body.at ? x->body.at : "", x->body.n, &request, error) < 0 ||
	    kin__json_type(request) != KIN__JSON_OBJECT)
		kin__gate_refuse(x, "SerializationException", "the body is no JSON object");
	else if (kin__shape_fits(x, request))
		by_operation[x->operation](x, now_ms, request);
	kin__json_free(request);
}
