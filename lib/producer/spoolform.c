/* producer/spoolform - see spoolform.h */
#include "producer/spoolform.h"

static const char magic[8] = { 'K', 'I', 'N', 'S', 'P', 'O', 'O', 'L' };
static const char entry_mark[4] = { 'K', 's', 'R', '1' };
static const char done_mark[4] = { 'K', 's', 'D', '1' };

/* Where they stand. */
enum { HEAD_VERSION = 8, HEAD_STREAM = 12, HEAD_LIFE = 16, HEAD_NUMBER = 24, HEAD_MADE = 32, HEAD_SUM = 40 };
enum {
	ENTRY_SUM = 4,
	ENTRY_SIZE = 8,
	ENTRY_DATA = 12,
	ENTRY_KEY = 16,
	ENTRY_HASH = 18,
	ENTRY_ZERO = 19,
	ENTRY_BODY_SUM = 20,
	ENTRY_TOKEN = 24,
	ENTRY_ACCEPTED = 32,
	ENTRY_TTL = 40
};
enum { MARK_FROM = 4, MARK_TO = 8, MARK_SUM = 12 };

/* --- numbers ------------------------------------------------------------------------ */

static void put_number(char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++, value >>= 8)
		at[i] = (char)(unsigned char)value;
}

static uint64_t number(const char *at, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | (unsigned char)at[bytes];
	return value;
}

static uint32_t begin_sum(const struct kin__crc32c *crc, uint64_t life)
{
	char bytes[8];

	put_number(bytes, life, 8);
	return kin__crc32c(crc, 0, bytes, sizeof bytes);
}

/* --- writing ------------------------------------------------------------------------ */

size_t kin__spool_entry_size(const struct kin__spool_entry *entry)
{
	return kin__spool_padded(KIN__SPOOL_ENTRY + entry->hash.n + entry->key.n + entry->data.n);
}

uint64_t kin__spool_left_us(const struct kin__spool_entry *entry, int64_t now_ms)
{
	uint64_t ttl_ms = entry->ttl_ms < INT32_MAX ? entry->ttl_ms : INT32_MAX, age_ms = 0;

	if (now_ms > entry->accepted_ms) /* which may be anything: it comes from a file */
		age_ms = (uint64_t)now_ms - (uint64_t)entry->accepted_ms;
	return age_ms < ttl_ms ? (ttl_ms - age_ms) * 1000 : 0;
}

void kin__spool_write_head(const struct kin__crc32c *crc, struct kin__bytes *out,
                           const struct kin__spool_head *head)
{
	size_t size = kin__spool_padded(KIN__SPOOL_HEAD + head->stream.n);
	char *at = kin__bytes_extend(out, size);
	uint32_t sum;

	if (!at)
		return;
	memset(at, 0, size);
	memcpy(at, magic, sizeof magic);
	put_number(at + HEAD_VERSION, KIN__SPOOL_VERSION, 4);
	put_number(at + HEAD_STREAM, head->stream.n, 4);
	put_number(at + HEAD_LIFE, head->life, 8);
	put_number(at + HEAD_NUMBER, head->number, 8);
	put_number(at + HEAD_MADE, (uint64_t)head->made_ms, 8);
	memcpy(at + KIN__SPOOL_HEAD, head->stream.at, head->stream.n);
	sum = kin__crc32c(crc, begin_sum(crc, head->life), at, HEAD_SUM);
	put_number(at + HEAD_SUM, kin__crc32c(crc, sum, at + KIN__SPOOL_HEAD, size - KIN__SPOOL_HEAD), 4);
}

void kin__spool_write_entry(const struct kin__crc32c *crc, uint64_t life,
                            const struct kin__spool_entry *entry, char out[static KIN__SPOOL_ENTRY])
{
	uint32_t before = begin_sum(crc, life), sum = before;

	sum = kin__crc32c(crc, sum, entry->hash.at, entry->hash.n);
	sum = kin__crc32c(crc, sum, entry->key.at, entry->key.n);
	sum = kin__crc32c(crc, sum, entry->data.at, entry->data.n);
	memcpy(out, entry_mark, sizeof entry_mark);
	put_number(out + ENTRY_SIZE, KIN__SPOOL_ENTRY + entry->hash.n + entry->key.n + entry->data.n, 4);
	put_number(out + ENTRY_DATA, entry->data.n, 4);
	put_number(out + ENTRY_KEY, entry->key.n, 2);
	put_number(out + ENTRY_HASH, entry->hash.n, 1);
	out[ENTRY_ZERO] = 0;
	put_number(out + ENTRY_BODY_SUM, sum, 4);
	put_number(out + ENTRY_TOKEN, entry->token, 8);
	put_number(out + ENTRY_ACCEPTED, (uint64_t)entry->accepted_ms, 8);
	put_number(out + ENTRY_TTL, entry->ttl_ms, 8);
	put_number(out + ENTRY_SUM, kin__crc32c(crc, before, out + ENTRY_SIZE, KIN__SPOOL_ENTRY - ENTRY_SIZE),
	           4);
}

void kin__spool_write_mark(const struct kin__crc32c *crc, uint64_t life, struct kin__spool_range range,
                           char out[static KIN__SPOOL_MARK])
{
	memcpy(out, done_mark, sizeof done_mark);
	put_number(out + MARK_FROM, range.from, 4);
	put_number(out + MARK_TO, range.to, 4);
	put_number(out + MARK_SUM, kin__crc32c(crc, begin_sum(crc, life), out, MARK_SUM), 4);
}

/* --- reading ------------------------------------------------------------------------ */

enum kin__spool_form kin__spool_read_head(const struct kin__crc32c *crc, struct kin__span bytes,
                                          struct kin__spool_head *head, size_t *size)
{
	const char *at = bytes.at;
	uint32_t sum;

	*size = KIN__SPOOL_HEAD;
	if (bytes.n < KIN__SPOOL_HEAD)
		return KIN__SPOOL_SHORT;
	if (memcmp(at, magic, sizeof magic) != 0)
		return KIN__SPOOL_BAD;
	if (number(at + HEAD_VERSION, 4) > KIN__SPOOL_VERSION)
		return KIN__SPOOL_NEWER;
	head->stream = kin__span(at + KIN__SPOOL_HEAD, (size_t)number(at + HEAD_STREAM, 4));
	if (number(at + HEAD_VERSION, 4) != KIN__SPOOL_VERSION || head->stream.n > KIN__SPOOL_STREAM_MAX)
		return KIN__SPOOL_BAD;
	*size = kin__spool_padded(KIN__SPOOL_HEAD + head->stream.n);
	if (bytes.n < *size)
		return KIN__SPOOL_SHORT;
	head->life = number(at + HEAD_LIFE, 8);
	head->number = number(at + HEAD_NUMBER, 8);
	head->made_ms = (int64_t)number(at + HEAD_MADE, 8);
	sum = kin__crc32c(crc, begin_sum(crc, head->life), at, HEAD_SUM);
	sum = kin__crc32c(crc, sum, at + KIN__SPOOL_HEAD, *size - KIN__SPOOL_HEAD);
	return number(at + HEAD_SUM, 4) == sum ? KIN__SPOOL_WHOLE : KIN__SPOOL_BAD;
}

enum kin__spool_form kin__spool_read_entry(const struct kin__crc32c *crc, uint64_t life,
                                           struct kin__span bytes, struct kin__spool_entry *entry,
                                           size_t *size)
{
	const char *at = bytes.at;
	uint32_t before;
	size_t whole;

	*size = KIN__SPOOL_ENTRY;
	if (bytes.n < KIN__SPOOL_ENTRY)
		return KIN__SPOOL_SHORT;
	before = begin_sum(crc, life);
	if (memcmp(at, entry_mark, sizeof entry_mark) != 0 ||
	    number(at + ENTRY_SUM, 4) !=
	                    kin__crc32c(crc, before, at + ENTRY_SIZE, KIN__SPOOL_ENTRY - ENTRY_SIZE))
		return KIN__SPOOL_BAD;
	whole = (size_t)number(at + ENTRY_SIZE, 4);
	at += KIN__SPOOL_ENTRY;
	entry->hash = kin__span(at, (size_t)number(bytes.at + ENTRY_HASH, 1));
	entry->key = kin__span(at + entry->hash.n, (size_t)number(bytes.at + ENTRY_KEY, 2));
	entry->data = kin__span(at + entry->hash.n + entry->key.n, (size_t)number(bytes.at + ENTRY_DATA, 4));
	if (entry->hash.n > KIN__SPOOL_HASH_MAX || entry->key.n > KIN__SPOOL_KEY_MAX ||
	    entry->data.n > KIN__SPOOL_DATA_MAX ||
	    whole != KIN__SPOOL_ENTRY + entry->hash.n + entry->key.n + entry->data.n)
		return KIN__SPOOL_BAD;
	*size = kin__spool_padded(whole);
	if (bytes.n < *size)
		return KIN__SPOOL_SHORT;
	entry->token = number(bytes.at + ENTRY_TOKEN, 8);
	entry->accepted_ms = (int64_t)number(bytes.at + ENTRY_ACCEPTED, 8);
	entry->ttl_ms = number(bytes.at + ENTRY_TTL, 8);
	return number(bytes.at + ENTRY_BODY_SUM, 4) == kin__crc32c(crc, before, at, whole - KIN__SPOOL_ENTRY)
	                       ? KIN__SPOOL_WHOLE
	                       : KIN__SPOOL_BAD;
}

bool kin__spool_read_mark(const struct kin__crc32c *crc, uint64_t life, const char bytes[KIN__SPOOL_MARK],
                          struct kin__spool_range *range)
{
	range->from = (uint32_t)number(bytes + MARK_FROM, 4);
	range->to = (uint32_t)number(bytes + MARK_TO, 4);
	return memcmp(bytes, done_mark, sizeof done_mark) == 0 && range->from < range->to &&
	       number(bytes + MARK_SUM, 4) == kin__crc32c(crc, begin_sum(crc, life), bytes, MARK_SUM);
}

/* --- a segment, read in pieces ------------------------------------------------------- */

void kin__spool_scan_init(struct kin__spool_scan *scan, const struct kin__crc32c *crc, uint64_t life,
                          uint64_t at, uint64_t size)
{
	*scan = (struct kin__spool_scan){ .crc = crc, .life = life, .at = at, .size = size };
}

static enum kin__spool_step more(struct kin__spool_scan *scan, size_t want, struct kin__spool_seen *seen)
{
	seen->from = scan->at;
	seen->want = want;
	return KIN__SPOOL_MORE;
}

/* The end: what was damaged up to here was never whole, for all that anybody can tell. */
static enum kin__spool_step finish(struct kin__spool_scan *scan, struct kin__spool_seen *seen)
{
	seen->from = scan->lost ? scan->bad_from : scan->size;
	seen->to = scan->at = scan->size;
	if (!scan->lost)
		return KIN__SPOOL_END;
	scan->lost = false;
	return KIN__SPOOL_TORN;
}

static void lose(struct kin__spool_scan *scan)
{
	if (!scan->lost)
		scan->bad_from = scan->at;
	scan->lost = true;
	scan->at += 8;
}

enum kin__spool_step kin__spool_scan_next(struct kin__spool_scan *scan, uint64_t begin,
                                          struct kin__span bytes, struct kin__spool_seen *seen)
{
	while (scan->at < scan->size) {
		uint64_t left = scan->size - scan->at, skip = scan->at - begin;
		struct kin__span here = { NULL, 0 };
		enum kin__spool_form form;
		size_t size;

		if (scan->at >= begin && skip < bytes.n)
			here = kin__span(bytes.at + skip, bytes.n - (size_t)skip);
		form = kin__spool_read_entry(scan->crc, scan->life, here, &seen->entry, &size);
		if (form == KIN__SPOOL_SHORT && size <= left)
			return more(scan, size, seen);
		if (form != KIN__SPOOL_WHOLE || size > left) {
			lose(scan);
			continue;
		}
		if (scan->lost) { /* the entry itself is given next */
			scan->lost = false;
			seen->from = scan->bad_from;
			seen->to = scan->at;
			return KIN__SPOOL_DAMAGE;
		}
		seen->from = scan->at;
		seen->to = scan->at += size;
		return KIN__SPOOL_RECORD;
	}
	return finish(scan, seen);
}
