/* kinesis/put_records_cbor - the CBOR form; see put_records.h */
#include "kinesis/limits.h"
#include "kinesis/members.h"
#include "kinesis/put_records.h"
#include "kinstream.h"
#include "wire/cborusual.h"
#include "wire/jsontext.h"

/* The list's head has this size whatever it says, for how many there are is known last. */
enum { LIST_HEAD = 3 };

void kin__put_records_begin_cbor(struct kin__put_records *put, struct kin__bytes *out,
                                 struct kin__span stream)
{
	*put = (struct kin__put_records){ .out = out, .cbor = true };
	if (!stream.at) {
		kin__cbor_put_open_map(out);
		kin__cbor_put_name(out, "Records");
		kin__cbor_put_open_array(out);
		return;
	}
	kin__cbor_put_map(out, 2);
	kin__cbor_put_name(out, kin__limits_is_arn(stream) ? "StreamARN" : "StreamName");
	kin__cbor_put_text(out, stream);
	kin__cbor_put_name(out, "Records");
	put->list_at = out->n;
	kin__bytes_add(out, "\x99\0", LIST_HEAD);
}

#define LITERAL(at, text) copy((at), (text), sizeof(text) - 1)
static char *copy(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* An entry whose key is what it looks: one look at the room, then nothing but copying. */
void kin__put_records_add_plain_cbor(struct kin__bytes *out, struct kin__span key, struct kin__span data)
{
	static const char first[] = "\xa2\x64"
				    "Data",
			  between[] = "\x6cPartitionKey";
	char *at;

	if (!kin__bytes_reserve(out, sizeof first + sizeof between + 2 * KIN__CBOR_HEAD + data.n + key.n))
		return;
	at = LITERAL(out->at + out->n, first);
	at = copy(kin__cbor_put_head(at, KIN__CBOR_MAJOR_BYTES, data.n), data.at, data.n);
	at = LITERAL(at, between);
	at = copy(kin__cbor_put_head(at, KIN__CBOR_MAJOR_TEXT, key.n), key.at, key.n);
	*at = 0;
	out->n = (size_t)(at - out->at);
}

static void add_text(struct kin__bytes *out, const char *name, struct kin__span text)
{
	if (!text.at)
		return;
	kin__cbor_put_name(out, name);
	kin__cbor_put_text(out, text);
}

void kin__put_records_add_cbor(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                               struct kin__span data)
{
	struct kin__bytes *out = put->out;

	kin__cbor_put_map(out, 1 + (key.at != NULL) + (hash_key.at != NULL));
	kin__cbor_put_name(out, "Data");
	kin__cbor_put_bytes(out, data);
	add_text(out, "PartitionKey", key);
	add_text(out, "ExplicitHashKey", hash_key);
}

void kin__put_records_end_cbor(struct kin__put_records *put)
{
	struct kin__bytes *out = put->out;

	if (put->list_at == 0) {
		kin__cbor_put_break(out);
		kin__cbor_put_break(out);
	} else if (!out->failed) {
		out->at[put->list_at + 1] = (char)(put->entries >> 8);
		out->at[put->list_at + 2] = (char)put->entries;
	}
}

/* --- answers ------------------------------------------------------------------------ */

/* One that was stored, as it usually looks. */
static bool take_stored(struct kin__cborusual *usual, struct kin__span *number, struct kin__span *shard)
{
	bool open;

	number->n = shard->n = 0;
	if (!kin__cborusual_map(usual, 2, &open))
		return false;
	for (int i = 0; i < 2; i++)
		if (kin__cborusual_take(usual, "\x6eSequenceNumber")
		                    ? !kin__cborusual_string(usual, KIN__CBORUSUAL_TEXT, number)
		                    : !kin__cborusual_take(usual, "\x67ShardId") ||
		                                      !kin__cborusual_string(usual, KIN__CBORUSUAL_TEXT,
		                                                             shard))
			return false;
	return kin__cborusual_leave(usual, open) && number->n > 0 && shard->n > 0;
}

/* false: it does not look so, and nothing was read. */
static bool read_stored(struct kin__cbor *cbor, struct kin__put_result *result)
{
	struct kin__cborusual usual = { cbor->at, cbor->end };
	struct kin__span number, shard;

	if (!take_stored(&usual, &number, &shard) || *number.at == 0 || *shard.at == 0 ||
	    !kin__cbor_over(cbor, usual.at))
		return false;
	result->sequence_number = kin__cbor_end_within(cbor, number, usual.at).at;
	result->shard_id = kin__cbor_end_within(cbor, shard, usual.at).at;
	return true;
}

/* To the next one of so many, or up to a break. */
static bool next_of(struct kin__cborusual *usual, bool open, size_t *left)
{
	return open ? !kin__cborusual_take(usual, "\xff") : (*left)-- > 0;
}

/* The list of an answer, each of whose entries was stored. */
static bool take_list(struct kin__cborusual *usual)
{
	struct kin__span number, shard;
	bool open = kin__cborusual_take(usual, "\x9f");
	size_t left = 0;

	if (!open && !kin__cborusual_head(usual, KIN__CBORUSUAL_ARRAY, &left))
		return false;
	while (next_of(usual, open, &left))
		if (!take_stored(usual, &number, &shard))
			return false;
	return true;
}

static bool take_top(struct kin__cborusual *usual)
{
	struct kin__span type;

	if (kin__cborusual_take(usual, "\x67Records"))
		return take_list(usual);
	if (kin__cborusual_take(usual, "\x6e"
	                               "EncryptionType"))
		return kin__cborusual_string(usual, KIN__CBORUSUAL_TEXT, &type);
	return kin__cborusual_take(usual, "\x71"
	                                  "FailedRecordCount\0");
}

bool kin__put_records_all_stored_cbor(const char *answer, size_t n)
{
	struct kin__cborusual usual = { answer, answer + n };
	bool open = kin__cborusual_take(&usual, "\xbf");
	size_t left = 0;

	if (!open && !kin__cborusual_head(&usual, KIN__CBORUSUAL_MAP, &left))
		return false;
	while (next_of(&usual, open, &left))
		if (!take_top(&usual))
			return false;
	return usual.at == usual.end;
}

static void read_result(struct kin__cbor *cbor, struct kin__put_result *result)
{
	struct kin__span name, text;
	const char **member, *wrong;

	*result = (struct kin__put_result){ NULL };
	if (read_stored(cbor, result))
		return;
	if (!kin__cbor_map(cbor))
		return;
	while (kin__cbor_name(cbor, &name)) {
		member = kin__put_result_member(result, name);
		if (member && kin__members_cbor_text(cbor, &text))
			*member = text.at;
	}
	wrong = cbor->error ? NULL : kin__put_result_check(result);
	if (wrong)
		kin__cbor_fail(cbor, wrong);
}

static size_t read_results(struct kin__cbor *cbor, struct kin__put_result *results, size_t entries)
{
	size_t n = 0;

	if (kin__cbor_null(cbor) || !kin__cbor_array(cbor))
		return 0;
	for (; kin__cbor_item(cbor); n++) {
		if (n == entries) {
			kin__cbor_fail(cbor, "more entries than were sent");
			break;
		}
		read_result(cbor, &results[n]);
	}
	return n;
}

int kin__put_records_decode_cbor(char *answer, size_t n, struct kin__put_result *results, size_t entries,
                                 struct kin__reason *reason)
{
	struct kin__cbor cbor;
	struct kin__span name;
	size_t found = 0;
	bool seen = false;

	kin__cbor_init(&cbor, answer, n);
	if (kin__cbor_map(&cbor))
		while (kin__cbor_name(&cbor, &name)) {
			if (!kin__span_is(name, "Records"))
				continue;
			if (seen)
				kin__cbor_fail(&cbor, "two lists of Records");
			seen = true;
			found = read_results(&cbor, results, entries);
		}
	if (!cbor.error && found < entries)
		kin__cbor_fail(&cbor, "fewer entries than were sent");
	return kin__members_cbor_finish(&cbor, "PutRecords", reason);
}
