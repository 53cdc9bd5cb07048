/* The files of a spool: heads, entries and marks as foreign bytes.  The first byte says how they are read: in pieces of so
 * many bytes; an input that begins with '+' has its sums made right first, so that what is behind them is reached. */
#include "fuzz.h"
#include "producer/spool.h"

enum { LIFE = 42 };
static struct kin__crc32c crc;

static size_t number(const char *at, int bytes)
{
	size_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | (unsigned char)at[bytes];
	return value;
}

/* Each entry that stands where one may, and has room for what it says, is given its size and its sums. */
static void seal(char *bytes, size_t n)
{
	for (size_t at = 0; at + KIN__SPOOL_ENTRY <= n; at += 8) {
		struct kin__spool_entry entry = { .token = number(bytes + at + 24, 8),
			                          .accepted_ms = (int64_t)number(bytes + at + 32, 4),
			                          .ttl_ms = number(bytes + at + 40, 8) };
		char *body = bytes + at + KIN__SPOOL_ENTRY;
		char head[KIN__SPOOL_ENTRY];

		entry.hash = kin__span(body, number(bytes + at + 18, 1));
		entry.key = kin__span(body + entry.hash.n, number(bytes + at + 16, 2));
		entry.data = kin__span(body + entry.hash.n + entry.key.n, number(bytes + at + 12, 4));
		if (memcmp(bytes + at, "KsR1", 4) != 0 ||
		    entry.hash.n + entry.key.n + entry.data.n > n - at - KIN__SPOOL_ENTRY)
			continue;
		kin__spool_write_entry(&crc, LIFE, &entry, head);
		memcpy(bytes + at, head, sizeof head);
	}
}

static void scan(struct kin__span bytes, size_t piece)
{
	struct kin__spool_scan scan;
	struct kin__spool_seen seen;
	size_t begin = 0, have = 0, passed = 0;

	kin__spool_scan_init(&scan, &crc, LIFE, 0, bytes.n);
	for (;;) {
		char *copy = fuzz_copy(bytes.at + begin, have);
		enum kin__spool_step step = kin__spool_scan_next(&scan, begin, kin__span(copy, have), &seen);

		if (step == KIN__SPOOL_RECORD) {
			FUZZ_CHECK(seen.from == passed && seen.to > seen.from && seen.to <= bytes.n);
			FUZZ_CHECK(seen.to - seen.from == kin__spool_entry_size(&seen.entry));
			FUZZ_CHECK(seen.entry.data.at >= copy &&
			           seen.entry.data.at + seen.entry.data.n <= copy + have);
		} else if (step == KIN__SPOOL_MORE) {
			FUZZ_CHECK(seen.from + seen.want <= bytes.n && seen.from >= passed);
			FUZZ_CHECK(seen.from > begin || seen.want > have);
			begin = (size_t)seen.from;
			have = seen.want > piece ? seen.want : piece;
			have = have > bytes.n - begin ? bytes.n - begin : have;
		} else {
			FUZZ_CHECK(step == KIN__SPOOL_END || (seen.from == passed && seen.to > seen.from));
		}
		free(copy);
		if (step == KIN__SPOOL_END)
			break;
		if (step != KIN__SPOOL_MORE)
			passed = (size_t)seen.to;
	}
	FUZZ_CHECK(passed == bytes.n);
}

/* Every 16 bytes a mark, right or wrong. */
static void marks(struct kin__span bytes)
{
	struct kin__spool_segment *segment;
	struct kin__spool spool;
	char sealed[KIN__SPOOL_MARK];

	kin__spool_init(&spool, 1 << 20);
	segment = kin__spool_found(&spool, 1, LIFE, 0, UINT32_MAX);
	for (size_t at = 0; segment && at + 8 <= bytes.n && at < 8000; at += 8) {
		struct kin__spool_range range, read;

		memcpy(&range, bytes.at + at, 8);
		kin__spool_write_mark(&crc, LIFE, range, sealed);
		if (kin__spool_read_mark(&crc, LIFE, sealed, &read) && !kin__spool_found_done(segment, read))
			break;
	}
	if (segment)
		kin__spool_found_end(segment);
	for (size_t i = 0; segment && i < segment->done.n; i++) {
		const struct kin__spool_range *range = &segment->done.at[i];

		FUZZ_CHECK(range->from < range->to && (i == 0 || range[-1].to < range->from));
		FUZZ_CHECK(kin__spool_is_done(segment, range->from) &&
		           !kin__spool_is_done(segment, range->to));
	}
	FUZZ_CHECK(kin__spool_sound(&spool));
	kin__spool_fini(&spool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kin__spool_head head;
	size_t piece, head_size;
	char *bytes;

	if (size == 0)
		return 0;
	kin__crc32c_init(&crc);
	piece = data[0] % 64u + 1;
	bytes = fuzz_copy(data + 1, size - 1);
	if (data[0] == '+')
		seal(bytes, size - 1);
	scan(kin__span(bytes, size - 1), piece);
	marks(kin__span(bytes, size - 1));
	if (kin__spool_read_head(&crc, kin__span(bytes, size - 1), &head, &head_size) == KIN__SPOOL_WHOLE)
		FUZZ_CHECK(head.stream.at == bytes + KIN__SPOOL_HEAD && head_size <= size - 1);
	free(bytes);
	return 0;
}
