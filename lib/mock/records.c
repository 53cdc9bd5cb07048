/* The hot pieces: PutRecords, scanned in place; the records of GetRecords, written in one buffer. */
#include <stdio.h>
#include "base/mem.h"
#include "base/timetext.h"
#include "mock/asked.h"
#include "mock/control.h"
#include "mock/gate.h"
#include "mock/operations.h"
#include "mock/shape.h"
#include "wire/cbor.h"
#include "wire/jsonscan.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

struct put_request {
	struct kin__span stream_name, stream_arn;
	struct kin__model_entry entries[KIN__MODEL_PUT_ENTRIES_MAX];
	struct kin__span hashes[KIN__MODEL_PUT_ENTRIES_MAX]; /* ExplicitHashKey as text; at NULL: absent */
	struct kin__model_put puts[KIN__MODEL_PUT_ENTRIES_MAX];
	size_t n, failed; /* n may be above the most: those are counted, not kept */
	bool listed, dry;
};

static void scan_entry(struct kin__jsonscan *scan, struct kin__model_entry *entry, struct kin__span *hash)
{
	struct kin__span name;

	*entry = (struct kin__model_entry){ .has_hash = false };
	*hash = kin__span(NULL, 0);
	if (!kin__jsonscan_object(scan))
		return;
	while (kin__jsonscan_name(scan, &name)) {
		if (kin__jsonscan_null(scan))
			continue;
		if (kin__span_is(name, "Data"))
			kin__jsonscan_base64(scan, &entry->data);
		else if (kin__span_is(name, "PartitionKey"))
			kin__jsonscan_string(scan, &entry->key);
		else if (kin__span_is(name, "ExplicitHashKey"))
			kin__jsonscan_string(scan, hash);
	}
}

static void scan_entries(struct kin__jsonscan *scan, struct put_request *put)
{
	struct kin__model_entry spare;
	struct kin__span spare_hash;

	put->listed = true;
	put->n = 0;
	if (!kin__jsonscan_array(scan))
		return;
	for (; kin__jsonscan_item(scan); put->n++) {
		bool fits = put->n < KIN__MODEL_PUT_ENTRIES_MAX;
		scan_entry(scan, fits ? &put->entries[put->n] : &spare,
		           fits ? &put->hashes[put->n] : &spare_hash);
	}
}

static bool scan_put(struct kin__mock_exchange *x, struct put_request *put)
{
	struct kin__jsonscan scan;
	struct kin__span name;

	kin__jsonscan_init(&scan, x->body.at ? x->body.at : (char[1]){ 0 }, x->body.n);
	if (kin__jsonscan_object(&scan))
		while (kin__jsonscan_name(&scan, &name)) {
			if (kin__jsonscan_null(&scan))
				continue;
			if (kin__span_is(name, "StreamName"))
				kin__jsonscan_string(&scan, &put->stream_name);
			else if (kin__span_is(name, "StreamARN"))
				kin__jsonscan_string(&scan, &put->stream_arn);
			else if (kin__span_is(name, "DryRun"))
				kin__jsonscan_bool(&scan, &put->dry);
			else if (kin__span_is(name, "Records"))
				scan_entries(&scan, put);
		}
	if (kin__jsonscan_finish(&scan))
		return true;
	kin__gate_refuse(x, "SerializationException", "the body is no PutRecords: %s",
	                 scan.error ? scan.error : "");
	return false;
}

static bool fits_entry(struct kin__mock_exchange *x, const struct put_request *put, size_t i)
{
	const struct kin__model_entry *entry = &put->entries[i];
	size_t key_n = kin__utf8_units(entry->key);
	char path[48];

	if (!entry->data.at || entry->data.n > KIN__SHAPE_BLOB_MAX) {
		snprintf(path, sizeof path, "records.%zu.member.data", i + 1);
		kin__shape_refuse(x, path, entry->data.at ? kin__span_text("(bytes)") : kin__span(NULL, 0),
		                  entry->data.at ? "have length less than or equal to 10485760"
		                                 : "not be null");
		return false;
	}
	if (entry->key.at && (key_n < 1 || key_n > KIN__SHAPE_KEY_MAX)) {
		snprintf(path, sizeof path, "records.%zu.member.partitionKey", i + 1);
		return kin__shape_text(x, path, KIN__SHAPE_TEXT, KIN__SHAPE_KEY_MAX, entry->key);
	}
	if (!put->hashes[i].at)
		return true;
	snprintf(path, sizeof path, "records.%zu.member.explicitHashKey", i + 1);
	return kin__shape_text(x, path, KIN__SHAPE_HASH, 0, put->hashes[i]);
}

static bool fits(struct kin__mock_exchange *x, const struct put_request *put)
{
	bool many = put->n > KIN__MODEL_PUT_ENTRIES_MAX;

	if (put->stream_name.at && !kin__shape_text(x, "streamName", KIN__SHAPE_NAME, 128, put->stream_name))
		return false;
	if (put->stream_arn.at && !kin__shape_text(x, "streamARN", KIN__SHAPE_ARN, 2048, put->stream_arn))
		return false;
	if (!put->listed || put->n == 0 || many) {
		kin__shape_refuse(x, "records", put->listed ? kin__span_text("[...]") : kin__span(NULL, 0),
		                  !put->listed ? "not be null"
		                  : many       ? "have length less than or equal to 500"
		                               : "have length greater than or equal to 1");
		return false;
	}
	for (size_t i = 0; i < put->n; i++)
		if (!fits_entry(x, put, i))
			return false;
	return true;
}

static bool read_hashes(struct kin__mock_exchange *x, struct put_request *put)
{
	for (size_t i = 0; i < put->n; i++) {
		struct kin__model_entry *entry = &put->entries[i];
		entry->has_hash = put->hashes[i].at != NULL;
		if (entry->has_hash && !kin__asked_hash(x, "ExplicitHashKey", put->hashes[i], &entry->hash))
			return false;
	}
	return true;
}

static void write_put(struct kin__mock_exchange *x, const struct put_request *put)
{
	struct kin__bytes *out = &x->reply;

	kin__bytes_text(out, "{\"FailedRecordCount\":");
	kin__bytes_u64(out, put->failed);
	kin__bytes_text(out, ",\"EncryptionType\":\"");
	kin__bytes_text(out, put->n > 0 && put->puts[0].encrypted ? "KMS" : "NONE");
	kin__bytes_text(out, "\",\"Records\":[");
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

static void put_all(struct kin__mock_exchange *x, int64_t now_ms, struct put_request *put)
{
	struct kin__span stream = put->stream_arn.at ? put->stream_arn : put->stream_name;

	if (!stream.at) {
		kin__gate_refuse(x, "InvalidArgumentException",
		                 "Either StreamName or StreamARN must be provided.");
		return;
	}
	if (put->dry) {
		kin__model_check_put(x->mock->model, now_ms, KIN__PUT_RECORDS, stream, put->entries, put->n,
		                     kin__span(NULL, 0), &x->answer);
		kin__gate_dry_run(x);
		return;
	}
	kin__model_put_records(x->mock->model, now_ms, stream, put->entries, put->n, put->puts, &put->failed,
	                       &x->answer);
	if (x->answer.code)
		return;
	for (size_t i = 0; i < put->n; i++) /* what failed may have been stored all the same */
		x->mock->stats.records_stored += put->puts[i].sequence[0] != 0;
	write_put(x, put);
}

void kin__records_put(struct kin__mock_exchange *x, int64_t now_ms)
{
	struct put_request *put = kin__mem_zalloc(sizeof *put);

	if (!put)
		kin__gate_nomem(x);
	else if (scan_put(x, put) && fits(x, put) && read_hashes(x, put))
		put_all(x, now_ms, put);
	kin__mem_free(put);
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
	if (record->key.at) {
		kin__bytes_text(out, ",\"PartitionKey\":");
		kin__jsontext_quote(out, record->key);
	}
	kin__bytes_char(out, '}');
}

static void write_cbor_record(struct kin__bytes *out, const struct kin__model_record *record)
{
	kin__cbor_put_map(out, 3 + (record->key.at != NULL));
	kin__cbor_put_name(out, "SequenceNumber");
	kin__cbor_put_name(out, record->sequence);
	kin__cbor_put_name(out, "ApproximateArrivalTimestamp");
	kin__cbor_put_time_ms(out, record->arrival_ms);
	kin__cbor_put_name(out, "Data");
	kin__cbor_put_bytes(out, record->data);
	if (record->key.at) {
		kin__cbor_put_name(out, "PartitionKey");
		kin__cbor_put_text(out, record->key);
	}
}

/* A page that is not the last of its shard, which alone has more to say. */
static void write_cbor(struct kin__bytes *out, const struct kin__model_page *page)
{
	struct kin__model_record record;

	kin__cbor_put_map(out, 3);
	kin__cbor_put_name(out, "Records");
	kin__cbor_put_array(out, page->n);
	for (size_t i = 0; i < page->n; i++) {
		kin__model_page_record(page, i, &record);
		write_cbor_record(out, &record);
	}
	kin__cbor_put_name(out, "MillisBehindLatest");
	kin__cbor_put_i64(out, page->behind_ms);
	kin__cbor_put_name(out, "NextShardIterator");
	kin__cbor_put_name(out, page->next);
}

void kin__records_write(struct kin__mock_exchange *x, const struct kin__model_page *page)
{
	struct kin__bytes *out = &x->reply;
	struct kin__model_record record;
	struct kin__shard_info child;

	x->mock->stats.records_read += page->n;
	if (x->cbor && page->next[0] && page->children_n == 0) {
		write_cbor(out, page);
		return;
	}
	kin__bytes_text(out, "{\"Records\":[");
	for (size_t i = 0; i < page->n; i++) {
		kin__model_page_record(page, i, &record);
		if (i)
			kin__bytes_char(out, ',');
		write_record(out, &record);
	}
	kin__bytes_text(out, "],\"MillisBehindLatest\":");
	kin__bytes_i64(out, page->behind_ms);
	if (page->next[0]) {
		kin__bytes_text(out, ",\"NextShardIterator\":\"");
		kin__bytes_text(out, page->next);
		kin__bytes_char(out, '"');
	}
	if (page->children_n > 0) {
		kin__bytes_text(out, ",\"ChildShards\":[");
		for (size_t i = 0; i < page->children_n; i++) {
			kin__model_page_child(page, i, &child);
			if (i)
				kin__bytes_char(out, ',');
			kin__control_child(out, &child);
		}
		kin__bytes_char(out, ']');
	}
	kin__bytes_char(out, '}');
}
