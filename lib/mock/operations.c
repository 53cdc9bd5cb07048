#include "kinesis/form.h"
#include "mock/operations.h"
#include "mock/asked.h"
#include "mock/control.h"
#include "mock/gate.h"
#include "mock/settings.h"
#include "mock/shape.h"
#include "mock/tags.h"
#include "wire/base64.h"
#include "wire/jsontext.h"

static void text_member(struct kin__jsontext *json, const char *name, const char *text)
{
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, text);
}

/* The data is decoded in place: the tree is this request's own. */
static bool entry_of(struct kin__mock_exchange *x, const struct kin__json *request,
                     struct kin__model_entry *entry)
{
	struct kin__span data = kin__asked_text(request, "Data"),
			 hash = kin__asked_text(request, "ExplicitHashKey");
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
	entry->key = kin__asked_text(request, "PartitionKey");
	entry->data = kin__span(data.at, n);
	entry->has_hash = hash.at != NULL;
	return !hash.at || kin__asked_hash(x, "ExplicitHashKey", hash, &entry->hash);
}

static void put_record(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	struct kin__model_entry entry = { .has_hash = false };
	struct kin__span stream, ordering = kin__asked_text(request, "SequenceNumberForOrdering");
	struct kin__jsontext json;
	struct kin__model_put put;

	if (!kin__asked_stream(x, request, &stream) || !entry_of(x, request, &entry))
		return;
	if (kin__asked_dry(request)) {
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
	text_member(&json, "EncryptionType", put.encrypted ? "KMS" : "NONE");
	kin__jsontext_object_end(&json);
}

static void get_iterator(struct kin__mock_exchange *x, int64_t now_ms, const struct kin__json *request)
{
	static const char *const names[] = { "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON",
		                             "LATEST", "AT_TIMESTAMP" };
	struct kin__model_position position = { .sequence = kin__asked_text(request,
		                                                            "StartingSequenceNumber") };
	struct kin__span stream, type = kin__asked_text(request, "ShardIteratorType");
	struct kin__jsontext json;
	char token[KIN__MODEL_TOKEN];

	if (!kin__asked_stream(x, request, &stream))
		return;
	for (int i = 0; i < 5; i++)
		if (kin__span_is(type, names[i]))
			position.type = (enum kin__iterator_type)i; /* the same order */
	position.has_timestamp =
			kin__json_time_ms(kin__json_member(request, "Timestamp"), &position.timestamp_ms);
	kin__model_get_iterator(x->mock->model, now_ms, stream, kin__asked_text(request, "ShardId"),
	                        &position, token, &x->answer);
	if (kin__asked_dry(request))
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

	kin__model_get_records(x->mock->model, now_ms, kin__asked_text(request, "ShardIterator"),
	                       (uint32_t)kin__asked_number(request, "Limit", 0), &page, &x->answer);
	if (kin__asked_dry(request))
		kin__gate_dry_run(x);
	if (!x->answer.code)
		kin__records_write(x, &page);
}

/* A body of CBOR as JSON; bytes must stand where data is due, and nowhere else. */
static bool read_cbor(struct kin__mock_exchange *x)
{
	char error[KIN__JSON_ERROR];
	struct kin__bytes json;
	int code;

	if (!kin__cbor_is_map(kin__bytes_view(&x->body))) {
		kin__gate_refuse(x, "SerializationException", "the body is no map of CBOR");
		return false;
	}
	kin__bytes_init(&json);
	code = kin__cborjson_to_json(&json, x->body.at, x->body.n, "", kin__form_members, true, error);
	kin__bytes_fini(&x->body);
	x->body = json;
	if (json.failed)
		kin__gate_nomem(x);
	else if (code < 0)
		kin__gate_refuse(x, "SerializationException", "%s", error);
	return code == 0;
}

static void (*const by_operation[KIN__OPERATIONS])(struct kin__mock_exchange *, int64_t,
                                                   const struct kin__json *) = {
	[KIN__CREATE_STREAM] = kin__control_create,
	[KIN__DELETE_STREAM] = kin__control_delete,
	[KIN__DESCRIBE_STREAM_SUMMARY] = kin__control_describe,
	[KIN__LIST_STREAMS] = kin__control_list_streams,
	[KIN__LIST_SHARDS] = kin__control_list_shards,
	[KIN__SPLIT_SHARD] = kin__control_split,
	[KIN__MERGE_SHARDS] = kin__control_merge,
	[KIN__UPDATE_MAX_RECORD_SIZE] = kin__settings_record_max,
	[KIN__PUT_RECORD] = put_record,
	[KIN__GET_SHARD_ITERATOR] = get_iterator,
	[KIN__GET_RECORDS] = get_records,
	[KIN__DESCRIBE_STREAM] = kin__control_describe_stream,
	[KIN__DESCRIBE_LIMITS] = kin__settings_limits,
	[KIN__UPDATE_STREAM_MODE] = kin__settings_mode,
	[KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY] = kin__settings_distribution,
	[KIN__UPDATE_SHARD_COUNT] = kin__settings_scale,
	[KIN__INCREASE_STREAM_RETENTION_PERIOD] = kin__settings_retention,
	[KIN__DECREASE_STREAM_RETENTION_PERIOD] = kin__settings_retention,
	[KIN__START_STREAM_ENCRYPTION] = kin__settings_encryption,
	[KIN__STOP_STREAM_ENCRYPTION] = kin__settings_encryption,
	[KIN__ADD_TAGS_TO_STREAM] = kin__tags_add,
	[KIN__REMOVE_TAGS_FROM_STREAM] = kin__tags_remove,
	[KIN__LIST_TAGS_FOR_STREAM] = kin__tags_list,
	[KIN__TAG_RESOURCE] = kin__tags_add,
	[KIN__UNTAG_RESOURCE] = kin__tags_remove,
	[KIN__LIST_TAGS_FOR_RESOURCE] = kin__tags_list,
};

bool kin__operations_knows(enum kin__operation operation)
{
	return by_operation[operation] || operation == KIN__PUT_RECORDS;
}

void kin__operations_run(struct kin__mock_exchange *x, int64_t now_ms)
{
	struct kin__json *request = NULL;
	char error[KIN__JSON_ERROR];

	if (x->cbor && !read_cbor(x))
		return;
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
