/* The hot operations, PutRecords and GetRecords: scanned in place, answered in one buffer. */
#include "base/mem.h"
#include "base/timetext.h"
#include "mock/gate.h"
#include "mock/operations.h"
#include "wire/jsonscan.h"
#include "wire/jsontext.h"

struct put_request {
	struct kin__span stream;
	struct kin__model_entry entries[KIN__MODEL_PUT_ENTRIES_MAX + 1];
	struct kin__model_put puts[KIN__MODEL_PUT_ENTRIES_MAX];
	size_t n, failed;
	bool keyless, dataless, bad_hash, too_many;
};

static void scan_entry(struct kin__jsonscan *scan, struct put_request *put)
{
	struct kin__model_entry *entry = &put->entries[put->n];
	struct kin__span name, hash;

	*entry = (struct kin__model_entry){ .has_hash = false };
	if (!kin__jsonscan_object(scan))
		return;
	while (kin__jsonscan_name(scan, &name)) {
		if (kin__jsonscan_null(scan))
			continue;
		if (kin__span_is(name, "Data")) {
			kin__jsonscan_base64(scan, &entry->data);
		} else if (kin__span_is(name, "PartitionKey")) {
			kin__jsonscan_string(scan, &entry->key);
		} else if (kin__span_is(name, "ExplicitHashKey") && kin__jsonscan_string(scan, &hash)) {
			entry->has_hash = true;
			put->bad_hash = put->bad_hash || !kin__hashkey_parse(hash, &entry->hash);
		}
	}
	put->keyless = put->keyless || !entry->key.at;
	put->dataless = put->dataless || !entry->data.at;
	if (put->n < KIN__MODEL_PUT_ENTRIES_MAX)
		put->n++;
	else
		put->too_many = true;
}

static bool scan_put(struct kin__mock_exchange *x, struct put_request *put)
{
	struct kin__jsonscan scan;
	struct kin__span name, arn = { NULL, 0 };

	kin__jsonscan_init(&scan, x->body.at ? x->body.at : (char[1]){ 0 }, x->body.n);
	if (kin__jsonscan_object(&scan))
		while (kin__jsonscan_name(&scan, &name)) {
			if (kin__jsonscan_null(&scan))
				continue;
			if (kin__span_is(name, "StreamName"))
				kin__jsonscan_string(&scan, &put->stream);
			else if (kin__span_is(name, "StreamARN"))
				kin__jsonscan_string(&scan, &arn);
			else if (kin__span_is(name, "Records") && kin__jsonscan_array(&scan))
				while (kin__jsonscan_item(&scan))
					scan_entry(&scan, put);
		}
	put->stream = arn.at ? arn : put->stream;
	if (!kin__jsonscan_finish(&scan))
		kin__gate_refuse(x, "SerializationException", "the body is not the JSON of a PutRecords: %s",
		                 scan.error ? scan.error : "");
	else if (!put->stream.at)
		kin__gate_refuse(x, "InvalidArgumentException",
		                 "Either StreamName or StreamARN must be provided.");
	else if (put->n == 0 || put->too_many)
		kin__gate_refuse(x, "ValidationException",
		                 "1 validation error detected: Value at 'records' failed to satisfy "
		                 "constraint: "
		                 "Member must have length from 1 to 500");
	else if (put->keyless || put->dataless)
		kin__gate_refuse(
				x, "ValidationException",
				"1 validation error detected: Value at 'records.member.%s' failed to satisfy "
				"constraint: Member must not be null",
				put->keyless ? "partitionKey" : "data");
	else if (put->bad_hash)
		kin__gate_refuse(x, "InvalidArgumentException",
		                 "An ExplicitHashKey is no decimal number from 0 to 2^128 - 1");
	else
		return true;
	return false;
}

static void write_put(struct kin__mock_exchange *x, const struct put_request *put)
{
	struct kin__bytes *out = &x->reply;

	kin__bytes_text(out, "{\"FailedRecordCount\":");
	kin__bytes_u64(out, put->failed);
	kin__bytes_text(out, ",\"EncryptionType\":\"NONE\",\"Records\":[");
	for (size_t i = 0; i < put->n; i++) {
		const struct kin__model_put *one = &put->puts[i];
		if (i)
			kin__bytes_char(out, ',');
		if (one->outcome == KIN__MODEL_STORED) {
			kin__bytes_text(out, "{\"SequenceNumber\":\"");
			kin__bytes_text(out, one->sequence);
			kin__bytes_text(out, "\",\"ShardId\":\"");
			kin__bytes_text(out, one->shard);
			kin__bytes_text(out, "\"}");
		} else if (one->outcome == KIN__MODEL_THROTTLED) {
			kin__bytes_text(out, "{\"ErrorCode\":\"ProvisionedThroughputExceededException\","
			                     "\"ErrorMessage\":\"Rate exceeded for a shard.\"}");
		} else {
			kin__bytes_text(out, "{\"ErrorCode\":\"InternalFailure\",\"ErrorMessage\":\"Internal "
			                     "service failure.\"}");
		}
	}
	kin__bytes_text(out, "]}");
}

void kin__records_put(struct kin__mock_exchange *x, int64_t now_ms)
{
	struct put_request *put = kin__mem_zalloc(sizeof *put);

	if (!put) {
		kin__gate_refuse(x, "InternalFailureException", "the mock is out of memory");
		return;
	}
	if (scan_put(x, put)) {
		kin__model_put_records(x->mock->model, now_ms, put->stream, put->entries, put->n, put->puts,
		                       &put->failed, &x->answer);
		if (!x->answer.code) {
			x->mock->stats.records_stored += put->n - put->failed;
			write_put(x, put);
		}
	}
	kin__mem_free(put);
}

static bool scan_get(struct kin__mock_exchange *x, struct kin__span *iterator, int64_t *limit)
{
	struct kin__jsonscan scan;
	struct kin__span name;

	kin__jsonscan_init(&scan, x->body.at ? x->body.at : (char[1]){ 0 }, x->body.n);
	if (kin__jsonscan_object(&scan))
		while (kin__jsonscan_name(&scan, &name)) {
			if (kin__jsonscan_null(&scan))
				continue;
			if (kin__span_is(name, "ShardIterator"))
				kin__jsonscan_string(&scan, iterator);
			else if (kin__span_is(name, "Limit"))
				kin__jsonscan_i64(&scan, limit);
		}
	if (!kin__jsonscan_finish(&scan))
		kin__gate_refuse(x, "SerializationException", "the body is not the JSON of a GetRecords: %s",
		                 scan.error ? scan.error : "");
	else if (!iterator->at)
		kin__gate_refuse(x, "ValidationException",
		                 "1 validation error detected: Value at 'shardIterator' failed to satisfy "
		                 "constraint: Member must not be null");
	else if (*limit < 0 || *limit > KIN__MODEL_GET_RECORDS_MAX)
		kin__gate_refuse(x, "InvalidArgumentException", "Limit must be from 1 to 10000");
	else
		return true;
	return false;
}

static void write_record(struct kin__bytes *out, const struct kin__model_record *record)
{
	char arrival[KIN__TIME_TEXT];

	kin__time_epoch(record->arrival_ms, arrival);
	kin__bytes_text(out, "{\"SequenceNumber\":\"");
	kin__bytes_text(out, record->sequence);
	kin__bytes_text(out, "\",\"ApproximateArrivalTimestamp\":");
	kin__bytes_text(out, arrival);
	kin__bytes_text(out, ",\"Data\":");
	kin__jsontext_quote_base64(out, NULL, record->data.at, record->data.n);
	kin__bytes_text(out, ",\"PartitionKey\":");
	kin__jsontext_quote(out, record->key);
	kin__bytes_char(out, '}');
}

void kin__records_get(struct kin__mock_exchange *x, int64_t now_ms)
{
	struct kin__span iterator = { NULL, 0 };
	struct kin__bytes *out = &x->reply;
	struct kin__model_record record;
	struct kin__shard_info child;
	struct kin__model_page page;
	int64_t limit = 0;

	if (!scan_get(x, &iterator, &limit))
		return;
	kin__model_get_records(x->mock->model, now_ms, iterator, (uint32_t)limit, &page, &x->answer);
	if (x->answer.code)
		return;
	kin__bytes_text(out, "{\"Records\":[");
	for (size_t i = 0; i < page.n; i++) {
		kin__model_page_record(&page, i, &record);
		if (i)
			kin__bytes_char(out, ',');
		write_record(out, &record);
	}
	kin__bytes_text(out, "],\"MillisBehindLatest\":");
	kin__bytes_i64(out, page.behind_ms);
	if (page.next[0]) {
		kin__bytes_text(out, ",\"NextShardIterator\":\"");
		kin__bytes_text(out, page.next);
		kin__bytes_char(out, '"');
	}
	if (page.children_n > 0) {
		kin__bytes_text(out, ",\"ChildShards\":[");
		for (size_t i = 0; i < page.children_n; i++) {
			kin__model_page_child(&page, i, &child);
			if (i)
				kin__bytes_char(out, ',');
			kin__operations_child(out, &child);
		}
		kin__bytes_char(out, ']');
	}
	kin__bytes_char(out, '}');
	x->mock->stats.records_read += page.n;
}
