/* producer/spoolform - the files of a spool: how records and what became of them stand there, and how they are read.
 *
 * Pure.  A spool is a folder.  In it, for each segment NUMBER (16 hexadecimal digits):
 *
 *	NUMBER.spool	a head, then entries, one a record, each at a multiple of 8 bytes; it only grows
 *	NUMBER.done	marks of 16 bytes: the records that begin from..to of the segment are final
 *
 * All numbers are little-endian.  Checksums are CRC-32C, of the process's own number (`life`), then of the bytes:
 *
 *	head	"KINSPOOL" u32 version=1  u32 stream_n  u64 life  u64 segment  i64 made_ms  u32 sum  u32 0  stream, zeros
 *	entry	"KsR1"  u32 sum of the 40 bytes behind it  u32 size  u32 data_n  u16 key_n  u8 hash_n  u8 0
 *		u32 sum of hash key, key, data  u64 token  i64 accepted_ms  u64 ttl_ms  hash key, key, data, zeros
 *	mark	"KsD1"  u32 from  u32 to  u32 sum
 *
 * size is without the zeros behind it.  Invariant: what is read as whole was written whole, by the process of the head.
 */
#ifndef KIN_PRODUCER_SPOOLFORM_H
#define KIN_PRODUCER_SPOOLFORM_H
#include "base/bytes.h"
#include "wire/crc32c.h"

enum {
	KIN__SPOOL_VERSION = 1,
	KIN__SPOOL_HEAD = 48, /* without the stream */
	KIN__SPOOL_STREAM_MAX = 2048,
	KIN__SPOOL_ENTRY = 48, /* without hash key, key and data */
	KIN__SPOOL_MARK = 16,
	KIN__SPOOL_HASH_MAX = 39,
	KIN__SPOOL_KEY_MAX = 1024,
	KIN__SPOOL_DATA_MAX = 10485760,
};

struct kin__spool_head {
	uint64_t life, number;
	int64_t made_ms;
	struct kin__span stream;
};
struct kin__spool_entry {
	struct kin__span hash, key, data;
	uint64_t token; /* of use to the same process alone */
	int64_t accepted_ms;
	uint64_t ttl_ms;
};
struct kin__spool_range { /* of a segment: the entries that begin from..to */
	uint32_t from, to;
};

static inline size_t kin__spool_padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}
/* With its zeros. */
size_t kin__spool_entry_size(const struct kin__spool_entry *entry);

/* What is left of its time to live by a wall clock, which may have been set back, but not lengthen it; 0: nothing. */
uint64_t kin__spool_left_us(const struct kin__spool_entry *entry, int64_t now_ms);

void kin__spool_write_head(const struct kin__crc32c *crc, struct kin__bytes *out,
                           const struct kin__spool_head *head);
/* What stands before hash key, key and data. */
void kin__spool_write_entry(const struct kin__crc32c *crc, uint64_t life,
                            const struct kin__spool_entry *entry, char out[static KIN__SPOOL_ENTRY]);
void kin__spool_write_mark(const struct kin__crc32c *crc, uint64_t life, struct kin__spool_range range,
                           char out[static KIN__SPOOL_MARK]);

enum kin__spool_form {
	KIN__SPOOL_WHOLE,
	KIN__SPOOL_SHORT, /* so far all is well, but more bytes are needed to know: *size in all */
	KIN__SPOOL_BAD,
	KIN__SPOOL_NEWER /* a head of a version that is not known here */
};
/* At the beginning of `bytes`; *size: with its zeros. */
enum kin__spool_form kin__spool_read_head(const struct kin__crc32c *crc, struct kin__span bytes,
                                          struct kin__spool_head *head, size_t *size);
enum kin__spool_form kin__spool_read_entry(const struct kin__crc32c *crc, uint64_t life,
                                           struct kin__span bytes, struct kin__spool_entry *entry,
                                           size_t *size);
bool kin__spool_read_mark(const struct kin__crc32c *crc, uint64_t life, const char bytes[KIN__SPOOL_MARK],
                          struct kin__spool_range *range);

/* --- a segment, read in pieces ------------------------------------------------------- */

enum kin__spool_step {
	KIN__SPOOL_RECORD, /* an entry, from..to of the segment */
	KIN__SPOOL_DONE,   /* the same, and it was final before: from kin__spool_read() alone */
	KIN__SPOOL_DAMAGE, /* what stands from..to is damaged; behind it stands an entry */
	KIN__SPOOL_TORN,   /* from `from` on, up to the end, there is no entry: its writer was interrupted */
	KIN__SPOOL_MORE,   /* bytes from `from` on are wanted, at least `want` */
	KIN__SPOOL_END
};
struct kin__spool_scan {
	const struct kin__crc32c *crc;
	uint64_t life;
	uint64_t at, size; /* where it stands; how much of the segment there is */
	uint64_t bad_from; /* lost: where the damage begins that it looks behind */
	bool lost;
};
struct kin__spool_seen {
	uint64_t from, to;
	size_t want;
	struct kin__spool_entry entry; /* points into the bytes */
};
void kin__spool_scan_init(struct kin__spool_scan *scan, const struct kin__crc32c *crc, uint64_t life,
                          uint64_t at, uint64_t size);
/* bytes: of the segment, from `begin` on, as many as are at hand.  What it gives is passed, but MORE. */
enum kin__spool_step kin__spool_scan_next(struct kin__spool_scan *scan, uint64_t begin,
                                          struct kin__span bytes, struct kin__spool_seen *seen);
#endif
