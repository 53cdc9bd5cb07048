/* kinesis/get_records_cbor - the CBOR form; see get_records.h */
#include "kinesis/form.h"
#include "kinesis/get_records.h"
#include "kinesis/members.h"
#include "kinesis/types.h"
#include "wire/cborusual.h"
#include "wire/jsonusual.h"

struct reading {
	struct kin__cbor cbor;
	struct kin__get_page *page;
	const char *shard_id;
	bool no_memory;
	bool seen; /* Records */
};

void kin__get_records_encode_cbor(struct kin__bytes *out, struct kin__span iterator, uint32_t limit,
                                  struct kin__span stream_arn)
{
	kin__cbor_put_map(out, 1 + (limit > 0) + (stream_arn.at != NULL));
	kin__cbor_put_name(out, "ShardIterator");
	kin__cbor_put_text(out, iterator);
	if (limit > 0) {
		kin__cbor_put_name(out, "Limit");
		kin__cbor_put_u64(out, limit);
	}
	if (stream_arn.at) {
		kin__cbor_put_name(out, "StreamARN");
		kin__cbor_put_text(out, stream_arn);
	}
}

/* --- records ------------------------------------------------------------------------- */

/* The service writes bytes.  Where another endpoint writes a text, that is what stands in its JSON: base64. */
static bool read_base64(struct reading *reading, struct kin__span *data)
{
	struct kin__cbor *cbor = &reading->cbor;

	if (!kin__cbor_text(cbor, data))
		return false;
	return kin__base64_decode(reading->page->base64, cbor->begin + (data->at - cbor->begin), data->at,
	                          data->n, &data->n) ||
	       kin__cbor_fail(cbor, "Data that is a text, and no base64");
}

static bool read_data(struct reading *reading, struct kin_record *record)
{
	bool text = kin__cbor_type(&reading->cbor) == KIN__CBOR_TEXT;
	struct kin__span data;

	if (text ? !read_base64(reading, &data) : !kin__cbor_bytes_null(&reading->cbor, &data))
		return false;
	if (!data.at)
		return true;
	record->data = data.at;
	record->data_size = data.n;
	return true;
}

static bool read_key(struct kin__cbor *cbor, struct kin_record *record)
{
	struct kin__span key;

	if (!kin__members_cbor_text(cbor, &key))
		return false;
	record->partition_key = key.at;
	record->partition_key_size = key.n;
	return true;
}

static bool is_number(struct kin__span text)
{
	struct kin__jsonusual digits = { text.at, text.at + text.n, true };

	kin__jsonusual_digits(&digits, KIN__SEQUENCE_TEXT - 1);
	return digits.fits && digits.at == digits.end;
}

static bool read_sequence(struct kin__cbor *cbor, struct kin_record *record)
{
	struct kin__span number;

	if (!kin__members_cbor_text(cbor, &number))
		return false;
	if (number.at && !is_number(number))
		return kin__cbor_fail(cbor, KIN__GET_PAGE_BAD_NUMBER);
	record->sequence_number = number.at;
	record->sequence_number_size = (uint32_t)number.n;
	return true;
}

static bool read_arrival(struct kin__cbor *cbor, struct kin_record *record)
{
	if (kin__cbor_null(cbor))
		return true;
	if (!kin__cbor_time_ms(cbor, &record->arrival_ms))
		return false;
	return kin__get_page_time(record->arrival_ms) || kin__cbor_fail(cbor, KIN__GET_PAGE_BAD_TIME);
}

static bool read_member(struct reading *reading, struct kin__span name, struct kin_record *record)
{
	if (kin__span_is(name, "Data"))
		return read_data(reading, record);
	if (kin__span_is(name, "PartitionKey"))
		return read_key(&reading->cbor, record);
	if (kin__span_is(name, "SequenceNumber"))
		return read_sequence(&reading->cbor, record);
	if (kin__span_is(name, "ApproximateArrivalTimestamp"))
		return read_arrival(&reading->cbor, record);
	return true;
}

/* --- as they usually look ------------------------------------------------------------
 * Members in any order, each once, lengths in few bytes, a time in milliseconds.  Nothing is written before all of a
 * record is there, so that the general reader can take it from its start. */

struct usual {
	struct kin__cborusual cursor;
	struct kin__span number, data, key;
	int64_t arrival_ms;
	uint8_t seen; /* a bit a member */
};

enum { NUMBER = 1, ARRIVAL = 2, DATA = 4, KEY = 8, ALL = 15 };

static inline bool take_time(struct usual *usual)
{
	struct kin__cborusual *cursor = &usual->cursor;
	uint64_t ms = 0;

	if (!kin__cborusual_take(cursor, "\xc1\x1b") || cursor->end - cursor->at < 8)
		return false;
	for (int i = 0; i < 8; i++)
		ms = ms << 8 | (unsigned char)*cursor->at++;
	usual->arrival_ms = (int64_t)ms;
	return ms >= KIN__CBOR_SECONDS_BELOW && ms <= INT64_MAX && kin__get_page_time(usual->arrival_ms);
}

/* false: a member that is not usual. */
static inline bool take_member(struct usual *usual)
{
	struct kin__cborusual *cursor = &usual->cursor;
	uint8_t bit;
	bool fits;

	if (kin__cborusual_take(cursor, "\x64"
	                                "Data")) {
		bit = DATA;
		fits = kin__cborusual_string(cursor, KIN__CBORUSUAL_BYTES, &usual->data);
	} else if (kin__cborusual_take(cursor, "\x6cPartitionKey")) {
		bit = KEY;
		fits = kin__cborusual_string(cursor, KIN__CBORUSUAL_TEXT, &usual->key);
	} else if (kin__cborusual_take(cursor, "\x6eSequenceNumber")) {
		bit = NUMBER;
		fits = kin__cborusual_string(cursor, KIN__CBORUSUAL_TEXT, &usual->number) &&
		       is_number(usual->number);
	} else if (kin__cborusual_take(cursor, "\x78\x1b"
	                                       "ApproximateArrivalTimestamp")) {
		bit = ARRIVAL;
		fits = take_time(usual);
	} else {
		return false;
	}
	fits = fits && !(usual->seen & bit);
	usual->seen |= bit;
	return fits;
}

static bool take_usual(struct usual *usual)
{
	bool open;

	if (!kin__cborusual_map(&usual->cursor, 4, &open))
		return false;
	for (int i = 0; i < 4; i++)
		if (!take_member(usual))
			return false;
	return kin__cborusual_leave(&usual->cursor, open) && usual->seen == ALL;
}

static bool read_usual(struct kin__cbor *cbor, struct kin_record *record)
{
	struct usual usual = { .cursor = { cbor->at, cbor->end } };
	const char *end;

	if (!take_usual(&usual) || !kin__cbor_over(cbor, usual.cursor.at))
		return false;
	end = usual.cursor.at;
	record->sequence_number = kin__cbor_end_within(cbor, usual.number, end).at;
	record->sequence_number_size = (uint32_t)usual.number.n;
	record->partition_key = kin__cbor_end_within(cbor, usual.key, end).at;
	record->partition_key_size = usual.key.n;
	record->data = usual.data.at;
	record->data_size = usual.data.n;
	record->arrival_ms = usual.arrival_ms;
	return true;
}

static bool read_record(struct reading *reading, struct kin_record *record)
{
	struct kin__cbor *cbor = &reading->cbor;
	struct kin__span name;

	if (read_usual(cbor, record))
		return true;
	if (!kin__cbor_map(cbor))
		return false;
	while (kin__cbor_name(cbor, &name))
		if (!read_member(reading, name, record))
			return false;
	if (cbor->error)
		return false;
	if (!record->data || !record->sequence_number)
		return kin__cbor_fail(cbor, KIN__GET_PAGE_BAD_RECORD);
	return true;
}

static void read_records(struct reading *reading)
{
	struct kin__get_page *page = reading->page;

	if (reading->seen) { /* the later would hide the earlier */
		kin__cbor_fail(&reading->cbor, "two lists of Records");
		return;
	}
	reading->seen = true;
	if (!kin__cbor_array(&reading->cbor))
		return;
	while (kin__cbor_item(&reading->cbor)) {
		struct kin_record *record;

		if (!kin__get_page_grow(page)) {
			reading->no_memory = true;
			kin__cbor_fail(&reading->cbor, "out of memory");
			return;
		}
		record = &page->records[page->n++];
		*record = (struct kin_record){ .shard_id = reading->shard_id };
		if (!read_record(reading, record))
			return;
		page->payload_bytes += record->data_size + record->partition_key_size;
	}
}

/* --- the page -------------------------------------------------------------------------- */

static void read_iterator(struct reading *reading)
{
	struct kin__span iterator;
	const char *wrong;

	if (!kin__members_cbor_text(&reading->cbor, &iterator))
		return;
	wrong = kin__get_page_iterator(iterator);
	if (wrong)
		kin__cbor_fail(&reading->cbor, wrong);
	reading->page->next_iterator = iterator.at;
}

/* There when a shard ends: as JSON, then, for those who ask. */
static void read_children(struct reading *reading)
{
	struct kin__get_page *page = reading->page;
	struct kin__cbor *cbor = &reading->cbor, items;
	struct kin__span raw;
	int code;

	page->children = kin__span(NULL, 0);
	page->children_n = 0;
	if (kin__cbor_null(cbor) || !kin__cbor_raw(cbor, &raw))
		return;
	kin__cbor_init_readonly(&items, raw.at, raw.n);
	if (!kin__cbor_array(&items)) {
		kin__cbor_fail(cbor, "ChildShards that are no array");
		return;
	}
	while (kin__cbor_item(&items))
		page->children_n++;
	kin__bytes_clear(&page->children_text);
	code = kin__form_to_json(&page->children_text, cbor->begin + (raw.at - cbor->begin), raw.n,
	                         "ChildShards", NULL);
	reading->no_memory = reading->no_memory || code == KIN_NOMEM;
	if (code != KIN_OK)
		kin__cbor_fail(cbor, "ChildShards that make no sense");
	page->children = kin__bytes_view(&page->children_text);
}

static void read_page_member(struct reading *reading, struct kin__span name)
{
	if (kin__span_is(name, "Records"))
		read_records(reading);
	else if (kin__span_is(name, "NextShardIterator"))
		read_iterator(reading);
	else if (kin__span_is(name, "MillisBehindLatest") && !kin__cbor_null(&reading->cbor))
		kin__cbor_i64(&reading->cbor, &reading->page->behind_ms);
	else if (kin__span_is(name, "ChildShards"))
		read_children(reading);
}

int kin__get_records_decode_cbor(struct kin__get_page *page, char *answer, size_t n, const char *shard_id,
                                 struct kin__reason *reason)
{
	struct reading reading;
	struct kin__span name;
	int code;

	reading.page = page;
	reading.shard_id = shard_id;
	reading.no_memory = reading.seen = false;
	kin__get_page_clear(page);
	kin__cbor_init(&reading.cbor, answer, n);
	if (kin__cbor_map(&reading.cbor))
		while (kin__cbor_name(&reading.cbor, &name))
			read_page_member(&reading, name);
	/* Without NextShardIterator the shard has ended: not to be believed of anything that is no answer. */
	if (!reading.cbor.error && !reading.seen)
		kin__cbor_fail(&reading.cbor, "no Records");
	code = kin__members_cbor_finish(&reading.cbor, "GetRecords", reason);
	if (code != KIN_OK)
		kin__get_page_clear(page);
	else if (page->behind_ms < 0)
		page->behind_ms = -1;
	return reading.no_memory ? KIN_NOMEM : code;
}
