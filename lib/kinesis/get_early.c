/* kinesis/get_early - see get_early.h */
#include "base/mem.h"
#include "kinesis/get_early.h"
#include "kinesis/usual_record.h"
#include "wire/jsonscan.h"
#include "wire/jsontext.h"

static const char begin[] = "{\"Records\":[", lead[] = "{\"Records\":[\"\"";

enum { BEGIN = sizeof begin - 1, LEAD = sizeof lead - 1 }; /* each record leaves more room than LEAD */

/* A record that is there as a whole: where its Data stands, between the quotes, and what is behind it. */
struct found {
	struct kin__usual_record record;
	const char *data, *quote, *end;
	bool decoded; /* Data is where it is kept already */
	size_t size;  /* then: of how many bytes */
};

/* Where Data is kept: its number stands before it. */
static char *data_place(const struct kin__get_page *page, char *at, const struct found *found)
{
	return at + page->early.kept + found->record.number.n + 1;
}

/* Data is decoded without a look for its end, if it has room between what is kept and the record: nothing of it is
 * overwritten then, and what is wrong with it can be told later.  Before the first record the answer's beginning
 * stands there, which is still needed. */
static bool decode_ahead(const struct kin__get_page *page, char *at, const char *end, struct found *found)
{
	char *to = data_place(page, at, found), *record = at + page->early.from;
	size_t limit = (size_t)(end - found->data), room, used;

	if (page->n == 0 || to >= record)
		return false;
	room = (size_t)(record - to) / 3 * 4;
	limit = limit < room ? limit : room;
	found->decoded = kin__base64_decode_quoted(page->base64, to, found->data, limit, &found->size, &used);
	found->quote = found->data + used;
	return found->decoded;
}

/* false: it is not there yet. */
static bool find_quote(struct kin__get_early *early, const char *at, const char *end, struct found *found)
{
	found->quote = at + early->looked > found->data ? at + early->looked : found->data;
	found->quote = memchr(found->quote, '"', (size_t)(end - found->quote));
	early->looked = (size_t)((found->quote ? found->quote : end) - at);
	return found->quote != NULL;
}

/* false: it is not whole yet, or not as the service writes it. */
static bool find(struct kin__get_page *page, const struct kin__bytes *body, struct found *found)
{
	struct kin__jsonusual usual = { body->at + page->early.from, body->at + body->n, true };

	if (page->n == 0 || !kin__usual_record_likely_head(&usual, &found->record)) {
		if (page->n > 0)
			kin__jsonusual_take(&usual, ",");
		if (!kin__usual_record_head(&usual, &found->record) || !kin__jsonusual_take(&usual, "\""))
			return false;
	}
	found->data = usual.at;
	found->decoded = false;
	if (!decode_ahead(page, body->at, usual.end, found) &&
	    !find_quote(&page->early, body->at, usual.end, found))
		return false;
	usual.at = found->quote + 1;
	kin__usual_record_tail(&usual, &found->record);
	found->end = usual.at;
	return usual.fits;
}

/* Data is not base64 from `rest` on: told as the scanner would. */
static void blame(struct kin__get_early *early, const char *at, const struct found *found, const char *rest)
{
	early->over = true;
	early->wrong = KIN__JSONSCAN_NOT_BASE64;
	early->wrong_at = early->read + (size_t)(found->data - 1 - at) - early->from;
	while (rest < found->quote && (unsigned char)*rest >= 0x20)
		rest++;
	if (rest == found->quote)
		return;
	early->wrong = KIN__JSONSCAN_BARE_CONTROL;
	early->wrong_at = early->read + (size_t)(rest - at) - early->from;
}

/* Moves its texts to what is kept.  The record's own text is overwritten on the way, but for what is still needed: each
 * part ends up before where it stood. */
static bool keep(struct kin__get_page *page, char *at, const struct found *found, struct kin_record *record)
{
	const struct kin__usual_record *usual = &found->record;
	size_t limit = (size_t)(found->quote - found->data) + 1, used;
	char *to = data_place(page, at, found);

	record->arrival_ms = usual->arrival_ms;
	record->sequence_number = memmove(at + page->early.kept, usual->number.at, usual->number.n);
	record->sequence_number_size = (uint32_t)usual->number.n;
	to[-1] = 0;
	record->data = to;
	record->data_size = found->size;
	if (!found->decoded &&
	    !kin__base64_decode_quoted(page->base64, to, found->data, limit, &record->data_size, &used)) {
		blame(&page->early, at, found, found->data + used);
		return false;
	}
	to += record->data_size;
	record->partition_key = memmove(to, usual->key.at, usual->key.n);
	record->partition_key_size = usual->key.n;
	to += usual->key.n;
	*to++ = 0;
	page->early.kept = (size_t)(to - at);
	return true;
}

static bool read_next(struct kin__get_page *page, const struct kin__bytes *body, const char *shard_id)
{
	struct kin__get_early *early = &page->early;
	struct kin_record *record;
	struct found found;

	if (!find(page, body, &found))
		return false;
	early->over = (!found.decoded &&
	               memchr(found.data, '\\', (size_t)(found.quote - found.data)) != NULL) ||
	              kin__mem_room(&page->records, &page->room, page->n + 1, sizeof *page->records) < 0;
	if (early->over)
		return false;
	/* Looked at where it stands, and written where it stays: what was just moved is read slowly. */
	page->plain = page->plain && kin__jsontext_plain(found.record.key);
	record = &page->records[page->n];
	*record = (struct kin_record){ .shard_id = shard_id };
	if (!keep(page, body->at, &found, record))
		return false;
	page->n++;
	page->payload_bytes += record->data_size + record->partition_key_size;
	early->read += (size_t)(found.end - body->at) - early->from;
	early->from = (size_t)(found.end - body->at);
	return true;
}

/* What came behind the records follows them closely. */
static void close_gap(struct kin__get_early *early, struct kin__bytes *body)
{
	size_t gap = early->from - LEAD - early->kept, left = body->n - early->from;

	memmove(body->at + early->from - gap, body->at + early->from, left + 1);
	body->n -= gap;
	early->from -= gap;
	early->looked -= early->looked < gap ? early->looked : gap;
}

void kin__get_early_read(struct kin__get_page *page, struct kin__bytes *body, const char *shard_id)
{
	struct kin__get_early *early = &page->early;
	size_t n = page->n;

	if (early->over || body->n < BEGIN)
		return;
	if (early->from == 0) {
		early->over = memcmp(body->at, begin, BEGIN) != 0;
		early->from = early->read = BEGIN;
		page->plain = true;
	}
	while (!early->over && read_next(page, body, shard_id))
		;
	if (page->n > n && !early->wrong)
		close_gap(early, body);
}

uint64_t kin__get_early_rest(const struct kin__get_page *page, char **answer, size_t *n)
{
	if (page->n == 0 || page->early.from == 0)
		return 0;
	*answer += page->early.from - LEAD;
	*n -= page->early.from - LEAD;
	memcpy(*answer, lead, LEAD);
	return page->early.read - LEAD;
}
