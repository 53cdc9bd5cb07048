/* kinesis/get_records - see get_records.h */
#include "base/mem.h"
#include "base/timetext.h"
#include "kinesis/get_early.h"
#include "kinesis/members.h"
#include "kinesis/types.h"
#include "kinesis/usual_record.h"
#include "wire/jsontext.h"

#define ARRIVAL_MAX_MS INT64_C(253402300799999) /* the end of the year 9999 */

struct reading {
	struct kin__jsonscan scan;
	struct kin__get_page *page;
	const char *shard_id;
	bool no_memory;
	bool seen; /* Records */
};

void kin__get_page_init(struct kin__get_page *page)
{
	*page = (struct kin__get_page){ .behind_ms = -1 };
}

void kin__get_page_fini(struct kin__get_page *page)
{
	kin__mem_free(page->records);
	kin__bytes_fini(&page->children_text);
	kin__get_page_init(page);
}

void kin__get_page_clear(struct kin__get_page *page)
{
	*page = (struct kin__get_page){ .base64 = page->base64,
		                        .records = page->records,
		                        .room = page->room,
		                        .behind_ms = -1,
		                        .children_text = page->children_text };
	kin__bytes_clear(&page->children_text);
}

bool kin__get_page_grow(struct kin__get_page *page)
{
	return kin__mem_room(&page->records, &page->room, page->n + 1, sizeof *page->records) == 0;
}

bool kin__get_page_time(int64_t ms)
{
	return ms >= 0 && ms <= ARRIVAL_MAX_MS;
}

const char *kin__get_page_iterator(struct kin__span iterator)
{
	if (iterator.at && (iterator.n == 0 || iterator.n >= KIN__ITERATOR_TEXT))
		return "a NextShardIterator that is not of 1 to 512 characters";
	return NULL;
}

void kin__get_records_encode(struct kin__bytes *out, struct kin__span iterator, uint32_t limit,
                             struct kin__span stream_arn)
{
	kin__bytes_text(out, "{\"ShardIterator\":");
	kin__jsontext_quote(out, iterator);
	if (limit > 0) {
		kin__bytes_text(out, ",\"Limit\":");
		kin__bytes_u64(out, limit);
	}
	kin__members_add(out, ",\"StreamARN\":", stream_arn);
	kin__bytes_char(out, '}');
}

/* --- records ------------------------------------------------------------------------- */

static bool read_data(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__span data;

	if (kin__jsonscan_null(scan))
		return true;
	if (!kin__jsonscan_base64(scan, &data))
		return false;
	record->data = data.at;
	record->data_size = data.n;
	return true;
}

static bool read_key(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__span key;

	if (!kin__members_text(scan, &key))
		return false;
	record->partition_key = key.at;
	record->partition_key_size = key.n;
	return true;
}

static bool is_number(struct kin__span text)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < text.n; i++)
		wrong |= (unsigned char)(text.at[i] - '0') > 9;
	return !wrong;
}

static bool read_sequence(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__span number;

	if (!kin__members_text(scan, &number))
		return false;
	if (number.at && (number.n == 0 || number.n >= KIN__SEQUENCE_TEXT || !is_number(number)))
		return kin__jsonscan_fail(scan, KIN__GET_PAGE_BAD_NUMBER);
	record->sequence_number = number.at;
	record->sequence_number_size = (uint32_t)number.n;
	return true;
}

static bool read_arrival(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__span seconds;

	if (kin__jsonscan_null(scan))
		return true;
	if (!kin__jsonscan_number(scan, &seconds))
		return false;
	if (!kin__time_from_epoch(seconds, &record->arrival_ms) || !kin__get_page_time(record->arrival_ms))
		return kin__jsonscan_fail(scan, KIN__GET_PAGE_BAD_TIME);
	return true;
}

static bool read_member(struct kin__jsonscan *scan, struct kin__span name, struct kin_record *record)
{
	if (kin__span_is(name, "Data"))
		return read_data(scan, record);
	if (kin__span_is(name, "PartitionKey"))
		return read_key(scan, record);
	if (kin__span_is(name, "SequenceNumber"))
		return read_sequence(scan, record);
	if (kin__span_is(name, "ApproximateArrivalTimestamp"))
		return read_arrival(scan, record);
	return true;
}

/* Up to where Data is due.  false: it is not as the service writes it, and nothing was read. */
static bool read_usual_head(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__jsonusual usual = kin__jsonscan_usual(scan);
	struct kin__usual_record found;

	if (!kin__usual_record_head(&usual, &found) || !kin__jsonscan_enter(scan, usual.at))
		return false;
	kin__jsonscan_end_text(scan, found.number);
	record->sequence_number = found.number.at;
	record->sequence_number_size = (uint32_t)found.number.n;
	record->arrival_ms = found.arrival_ms;
	return true;
}

/* What stands behind Data as well; the record is then read to its end. */
static bool read_usual_tail(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__jsonusual usual = kin__jsonscan_usual(scan);
	struct kin__usual_record found;

	if (!kin__usual_record_tail(&usual, &found))
		return false;
	kin__jsonscan_end_text(scan, found.key);
	record->partition_key = found.key.at;
	record->partition_key_size = found.key.n;
	kin__jsonscan_leave(scan, usual.at);
	return true;
}

static bool read_record(struct kin__jsonscan *scan, struct kin_record *record)
{
	struct kin__span name;

	if (read_usual_head(scan, record)) {
		if (!read_data(scan, record))
			return false;
		if (record->data && read_usual_tail(scan, record))
			return true;
	} else if (!kin__jsonscan_object(scan)) {
		return false;
	}
	while (kin__jsonscan_name(scan, &name))
		if (!read_member(scan, name, record))
			return false;
	if (scan->error)
		return false;
	if (!record->data || !record->sequence_number)
		return kin__jsonscan_fail(scan, KIN__GET_PAGE_BAD_RECORD);
	return true;
}

static void read_records(struct reading *reading)
{
	struct kin__get_page *page = reading->page;

	if (reading->seen) { /* the later would hide the earlier */
		kin__jsonscan_fail(&reading->scan, "two lists of Records");
		return;
	}
	reading->seen = true;
	if (!kin__jsonscan_array(&reading->scan))
		return;
	if (page->early.from > 0 &&
	    kin__jsonscan_item(&reading->scan)) /* what kin__get_early_rest() put there */
		kin__jsonscan_skip(&reading->scan);
	while (kin__jsonscan_item(&reading->scan)) {
		struct kin_record *record;

		if (kin__mem_room(&page->records, &page->room, page->n + 1, sizeof *page->records) < 0) {
			reading->no_memory = true;
			kin__jsonscan_fail(&reading->scan, "out of memory");
			return;
		}
		page->plain = false;
		record = &page->records[page->n++];
		*record = (struct kin_record){ .shard_id = reading->shard_id };
		if (!read_record(&reading->scan, record))
			return;
		page->payload_bytes += record->data_size + record->partition_key_size;
	}
}

/* --- the page -------------------------------------------------------------------------- */

static void read_iterator(struct reading *reading)
{
	struct kin__span iterator;
	const char *wrong;

	if (!kin__members_text(&reading->scan, &iterator))
		return;
	wrong = kin__get_page_iterator(iterator);
	if (wrong)
		kin__jsonscan_fail(&reading->scan, wrong);
	reading->page->next_iterator = iterator.at;
}

static void read_children(struct reading *reading)
{
	struct kin__get_page *page = reading->page;
	struct kin__jsonscan items;

	page->children = kin__span(NULL, 0);
	page->children_n = 0;
	if (kin__jsonscan_null(&reading->scan) || !kin__jsonscan_raw(&reading->scan, &page->children))
		return;
	kin__jsonscan_init_readonly(&items, page->children.at, page->children.n);
	if (!kin__jsonscan_array(&items))
		kin__jsonscan_fail(&reading->scan, "ChildShards that are no array");
	while (kin__jsonscan_item(&items))
		page->children_n++;
}

static void read_page_member(struct reading *reading, struct kin__span name)
{
	if (kin__span_is(name, "Records"))
		read_records(reading);
	else if (kin__span_is(name, "NextShardIterator"))
		read_iterator(reading);
	else if (kin__span_is(name, "MillisBehindLatest"))
		kin__members_integer(&reading->scan, &reading->page->behind_ms);
	else if (kin__span_is(name, "ChildShards"))
		read_children(reading);
}

int kin__get_records_decode(struct kin__get_page *page, char *answer, size_t n, const char *shard_id,
                            struct kin__reason *reason)
{
	struct reading reading = { .page = page, .shard_id = shard_id };
	struct kin__span name;
	uint64_t early;
	int code;

	if (kin__cbor_is_map(kin__span(answer, n)))
		return kin__get_records_decode_cbor(page, answer, n, shard_id, reason);
	if (!page->early.wrong && (page->n == 0 || page->early.from == 0))
		kin__get_page_clear(page);
	early = kin__get_early_rest(page, &answer, &n);
	kin__members_scan(&reading.scan, answer, n);
	reading.scan.base64 = page->base64;
	if (page->early.wrong)
		kin__jsonscan_fail(&reading.scan, page->early.wrong);
	if (kin__jsonscan_object(&reading.scan))
		while (kin__jsonscan_name(&reading.scan, &name))
			read_page_member(&reading, name);
	/* Without NextShardIterator the shard has ended: not to be believed of anything that is no answer. */
	if (!reading.scan.error && !reading.seen)
		kin__jsonscan_fail(&reading.scan, "no Records");
	if (!kin__jsonscan_finish(&reading.scan))
		reading.scan.error_at =
				page->early.wrong ? page->early.wrong_at : reading.scan.error_at + early;
	code = kin__members_finish(&reading.scan, "GetRecords", reason);
	page->early = (struct kin__get_early){ 0 };
	if (code != KIN_OK)
		kin__get_page_clear(page);
	else if (page->behind_ms < 0)
		page->behind_ms = -1;
	return reading.no_memory ? KIN_NOMEM : code;
}

void kin__get_page_rest(const struct kin__get_page *page, struct kin__bytes *out)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	if (page->next_iterator) {
		kin__jsontext_name(&json, "NextShardIterator");
		kin__jsontext_text(&json, page->next_iterator);
	}
	if (page->behind_ms >= 0) {
		kin__jsontext_name(&json, "MillisBehindLatest");
		kin__jsontext_i64(&json, page->behind_ms);
	}
	if (page->children.at) {
		kin__jsontext_name(&json, "ChildShards");
		kin__jsontext_raw(&json, page->children);
	}
	kin__jsontext_object_end(&json);
}
