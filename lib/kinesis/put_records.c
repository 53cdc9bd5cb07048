/* kinesis/put_records - see put_records.h */
#include "kinesis/limits.h"
#include "kinesis/members.h"
#include "kinesis/put_records.h"
#include "kinesis/types.h"
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
	if (stream.at) {
		kin__members_stream(out, stream);
		LITERAL(out, ",");
	}
	LITERAL(out, "\"Records\":[");
}

static char *copy(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* An entry whose text is as long as it looks: one look at the room, then nothing but copying. */
static void add_plain(struct kin__put_records *put, struct kin__span key, struct kin__span data)
{
	static const char first[] = ",{\"Data\":\"", between[] = "\",\"PartitionKey\":\"", last[] = "\"}";
	size_t skip = put->entries == 0, fixed = sizeof first + sizeof between + sizeof last - 3 - skip;
	char *at = kin__bytes_extend(put->out, fixed + kin__base64_room(data.n) + key.n);

	if (!at)
		return;
	at = copy(at, first + skip, sizeof first - 1 - skip);
	at += kin__base64_encode(put->base64, at, data.at, data.n);
	at = copy(at, between, sizeof between - 1);
	at = copy(at, key.at, key.n);
	copy(at, last, sizeof last - 1);
}

static void add_any(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                    struct kin__span data)
{
	if (put->entries > 0)
		LITERAL(put->out, ",");
	LITERAL(put->out, "{");
	add_data(put->out, put->base64, data);
	kin__members_add(put->out, ",\"PartitionKey\":", key);
	kin__members_add(put->out, ",\"ExplicitHashKey\":", hash_key);
	LITERAL(put->out, "}");
}

static void count(struct kin__put_records *put, size_t payload_bytes)
{
	put->entries++;
	put->payload_bytes += payload_bytes;
}

void kin__put_records_add_plain(struct kin__put_records *put, struct kin__span key, struct kin__span data)
{
	if (put->cbor)
		kin__put_records_add_plain_cbor(put->out, key, data);
	else
		add_plain(put, key, data);
	count(put, key.n + data.n);
}

void kin__put_records_add(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                          struct kin__span data)
{
	if (key.at && !hash_key.at && data.n <= KIN__RECORD_BYTES_MAX && kin__jsontext_plain(key)) {
		kin__put_records_add_plain(put, key, data);
		return;
	}
	(put->cbor ? kin__put_records_add_cbor : add_any)(put, key, hash_key, data);
	count(put, key.n + data.n);
}

void kin__put_records_end(struct kin__put_records *put)
{
	if (put->cbor)
		kin__put_records_end_cbor(put);
	else
		LITERAL(put->out, "]}");
}

void kin__put_records_end_list(struct kin__put_records *put)
{
	if (put->cbor)
		kin__cbor_put_break(put->out);
	else
		LITERAL(put->out, "]");
}

/* --- answers ------------------------------------------------------------------------ */

const char **kin__put_result_member(struct kin__put_result *result, struct kin__span name)
{
	if (kin__span_is(name, "SequenceNumber"))
		return &result->sequence_number;
	if (kin__span_is(name, "ShardId"))
		return &result->shard_id;
	if (kin__span_is(name, "ErrorCode"))
		return &result->error_code;
	return kin__span_is(name, "ErrorMessage") ? &result->error_message : NULL;
}

static void read_member(struct kin__jsonscan *scan, struct kin__span name, struct kin__put_result *result)
{
	const char **member = kin__put_result_member(result, name);
	struct kin__span text;

	if (member && kin__members_text(scan, &text))
		*member = text.at;
}

/* An error code outweighs all else; without one, both words of success are due. */
const char *kin__put_result_check(struct kin__put_result *result)
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
		return "an entry with neither ErrorCode nor ShardId and SequenceNumber";
	else
		result->error_message = NULL;
	return NULL;
}

/* {"SequenceNumber":"1","ShardId":"s"} as the service writes it. */
static bool take_usual(struct kin__jsonusual *usual, struct kin__span *number, struct kin__span *shard)
{
	kin__jsonusual_take(usual, "{\"SequenceNumber\":\"");
	*number = kin__jsonusual_digits(usual, KIN__SEQUENCE_TEXT - 1);
	kin__jsonusual_take(usual, "\",\"ShardId\":\"");
	*shard = kin__jsonusual_plain(usual);
	return kin__jsonusual_take(usual, "\"}");
}

/* false: it does not, and nothing was read. */
static bool read_usual(struct kin__jsonscan *scan, struct kin__put_result *result)
{
	struct kin__jsonusual usual = kin__jsonscan_usual(scan);
	struct kin__span number, shard;

	if (!take_usual(&usual, &number, &shard) || !kin__jsonscan_over(scan, usual.at))
		return false;
	kin__jsonscan_end_text(scan, number);
	kin__jsonscan_end_text(scan, shard);
	result->sequence_number = number.at;
	result->shard_id = shard.at;
	return true;
}

static void read_result(struct kin__jsonscan *scan, struct kin__put_result *result)
{
	struct kin__span name;
	const char *wrong;

	*result = (struct kin__put_result){ NULL };
	if (read_usual(scan, result))
		return;
	if (!kin__jsonscan_object(scan))
		return;
	while (kin__jsonscan_name(scan, &name))
		read_member(scan, name, result);
	wrong = scan->error ? NULL : kin__put_result_check(result);
	if (wrong)
		kin__jsonscan_fail(scan, wrong);
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

	if (kin__cbor_is_map(kin__span(answer, n)))
		return kin__put_records_decode_cbor(answer, n, results, entries, reason);
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

bool kin__put_records_all_stored(const char *answer, size_t n)
{
	struct kin__jsonusual usual = { answer, answer + n, true };
	struct kin__span number, shard;

	kin__jsonusual_take(&usual, "{\"FailedRecordCount\":0,\"Records\":[");
	while (take_usual(&usual, &number, &shard) && usual.at < usual.end && *usual.at == ',')
		usual.at++;
	kin__jsonusual_take(&usual, "]}");
	return usual.fits && usual.at == usual.end;
}
