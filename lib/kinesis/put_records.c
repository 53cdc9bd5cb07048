/* kinesis/put_records - see put_records.h */
#include "kinesis/members.h"
#include "kinesis/put_records.h"
#include "kinstream.h"
#include "wire/jsontext.h"

#define LITERAL(out, text) kin__bytes_add(out, text, sizeof(text) - 1)

static void add_data(struct kin__bytes *out, const struct kin__base64 *way, struct kin__span data)
{
	LITERAL(out, "\"Data\":");
	kin__jsontext_quote_base64(out, way, data.at, data.n);
}

void kin__put_records_begin(struct kin__put_records *put, struct kin__bytes *out, struct kin__span stream)
{
	*put = (struct kin__put_records){ .out = out };
	LITERAL(out, "{");
	kin__members_stream(out, stream);
	LITERAL(out, ",\"Records\":[");
}

void kin__put_records_add(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                          struct kin__span data)
{
	if (put->entries > 0)
		LITERAL(put->out, ",");
	LITERAL(put->out, "{");
	add_data(put->out, put->base64, data);
	kin__members_add(put->out, ",\"PartitionKey\":", key);
	kin__members_add(put->out, ",\"ExplicitHashKey\":", hash_key);
	LITERAL(put->out, "}");
	put->entries++;
	put->payload_bytes += key.n + data.n;
}

void kin__put_records_end(struct kin__put_records *put)
{
	LITERAL(put->out, "]}");
}

void kin__put_record_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span key,
                            struct kin__span hash_key, struct kin__span ordering, struct kin__span data)
{
	LITERAL(out, "{");
	kin__members_stream(out, stream);
	LITERAL(out, ",");
	add_data(out, NULL, data);
	kin__members_add(out, ",\"PartitionKey\":", key);
	kin__members_add(out, ",\"ExplicitHashKey\":", hash_key);
	kin__members_add(out, ",\"SequenceNumberForOrdering\":", ordering);
	LITERAL(out, "}");
}

/* --- answers ------------------------------------------------------------------------ */

static void read_member(struct kin__jsonscan *scan, struct kin__span name, struct kin__put_result *result)
{
	static const struct {
		const char *name;
		size_t place;
	} members[] = {
		{ "SequenceNumber", offsetof(struct kin__put_result, sequence_number) },
		{ "ShardId", offsetof(struct kin__put_result, shard_id) },
		{ "ErrorCode", offsetof(struct kin__put_result, error_code) },
		{ "ErrorMessage", offsetof(struct kin__put_result, error_message) },
	};
	struct kin__span text;

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (kin__span_is(name, members[i].name)) {
			if (kin__members_text(scan, &text))
				memcpy((char *)result + members[i].place, &text.at, sizeof text.at);
			return;
		}
}

/* An error code outweighs all else; without one, both words of success are due. */
static void check_result(struct kin__jsonscan *scan, struct kin__put_result *result)
{
	if (result->error_code && *result->error_code == 0)
		result->error_code = NULL;
	if (result->sequence_number && *result->sequence_number == 0)
		result->sequence_number = NULL;
	if (result->shard_id && *result->shard_id == 0)
		result->shard_id = NULL;
	if (result->error_code)
		result->shard_id = result->sequence_number = NULL;
	else if (!result->shard_id || !result->sequence_number)
		kin__jsonscan_fail(scan, "an entry with neither ErrorCode nor ShardId and SequenceNumber");
	else
		result->error_message = NULL;
}

static void read_result(struct kin__jsonscan *scan, struct kin__put_result *result)
{
	struct kin__span name;

	*result = (struct kin__put_result){ NULL };
	if (!kin__jsonscan_object(scan))
		return;
	while (kin__jsonscan_name(scan, &name))
		read_member(scan, name, result);
	if (!scan->error)
		check_result(scan, result);
}

static size_t read_results(struct kin__jsonscan *scan, struct kin__put_result *results, size_t entries)
{
	size_t n = 0;

	if (kin__jsonscan_null(scan) || !kin__jsonscan_array(scan))
		return 0;
	for (; kin__jsonscan_item(scan); n++) {
		if (n == entries) {
			kin__jsonscan_fail(scan, "more entries than were sent");
			break;
		}
		read_result(scan, &results[n]);
	}
	return n;
}

int kin__put_records_decode(char *answer, size_t n, struct kin__put_result *results, size_t entries,
                            struct kin__reason *reason)
{
	struct kin__jsonscan scan;
	struct kin__span name;
	size_t found = 0;
	bool seen = false;

	kin__members_scan(&scan, answer, n);
	if (kin__jsonscan_object(&scan))
		while (kin__jsonscan_name(&scan, &name)) {
			if (!kin__span_is(name, "Records"))
				continue;
			if (seen)
				kin__jsonscan_fail(&scan, "two lists of Records");
			seen = true;
			found = read_results(&scan, results, entries);
		}
	if (!scan.error && found < entries)
		kin__jsonscan_fail(&scan, "fewer entries than were sent");
	return kin__members_finish(&scan, "PutRecords", reason);
}

int kin__put_record_decode(char *answer, size_t n, struct kin__put_result *result, struct kin__reason *reason)
{
	struct kin__jsonscan scan;

	kin__members_scan(&scan, answer, n);
	read_result(&scan, result);
	return kin__members_finish(&scan, "PutRecord", reason);
}
