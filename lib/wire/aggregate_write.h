/* wire/aggregate_write - many small records into one of the KPL's aggregated records, and its exact size before.
 *
 * Pure.  Keys and data are borrowed until _end; used for one aggregate after another it allocates nothing.
 * A key stands once in its table, at the index of its first use; tables come first, then the records.
 */
#ifndef KIN_WIRE_AGGREGATE_WRITE_H
#define KIN_WIRE_AGGREGATE_WRITE_H
#include "base/bytes.h"
#include "base/md5.h"
#include "base/ids.h"

enum { KIN__AGGREGATE_WRITE_AROUND = 20 }; /* the magic before the message, its MD5 behind it */

/* --- sizes: what each part takes --- */

static inline uint64_t kin__aggregate_varint(uint64_t value)
{
	uint64_t n = 1;

	while (value >>= 7)
		n++;
	return n;
}
/* Of a key, or of an explicit hash key, in its table; of a record's data in the record. */
static inline uint64_t kin__aggregate_field(uint64_t bytes)
{
	return 1 + kin__aggregate_varint(bytes) + bytes;
}
/* hash: the index of its explicit hash key, KIN__IDS_NONE if it has none. */
static inline uint64_t kin__aggregate_record(uint32_t key, uint32_t hash, uint64_t data)
{
	uint64_t n = 1 + kin__aggregate_varint(key) + kin__aggregate_field(data);

	return kin__aggregate_field(hash == KIN__IDS_NONE ? n : n + 1 + kin__aggregate_varint(hash));
}

/* --- writing --- */

struct kin__aggregate_entry { /* of a table, or a record */
	struct kin__span bytes;
	uint32_t key, hash; /* of a record: the indices of its keys; of a table, key: see there */
};

struct kin__aggregate_table {
	struct kin__ids ids;                /* number i is that of entry[entry[i].key] */
	struct kin__aggregate_entry *entry; /* by index */
	size_t n, room;
};

struct kin__aggregate_write {
	struct kin__aggregate_table keys, hash_keys;
	struct kin__aggregate_entry *records;
	size_t n, room;
	uint64_t size; /* of the message so far */
};

struct kin__aggregate_part {
	struct kin__span key, hash_key, data; /* hash_key: decimal; at NULL: none */
	uint64_t key_id, hash_id;             /* equal for equal ones; nearly always different for others */
};

void kin__aggregate_write_init(struct kin__aggregate_write *write);
void kin__aggregate_write_fini(struct kin__aggregate_write *write);
void kin__aggregate_write_clear(struct kin__aggregate_write *write); /* the next aggregate begins */
void kin__aggregate_write_trim(
		struct kin__aggregate_write
				*write); /* so it does; the memory of many records is given back */
/* 0; -1: out of memory, and it is not in. */
int kin__aggregate_write_add(struct kin__aggregate_write *write, const struct kin__aggregate_part *part);
/* Of the whole record, as it would be now. */
static inline uint64_t kin__aggregate_write_size(const struct kin__aggregate_write *write)
{
	return write->size + KIN__AGGREGATE_WRITE_AROUND;
}
/* Adds the record at the end of *out, but for its MD5; 0, or -1 out of memory. */
int kin__aggregate_write_end(const struct kin__aggregate_write *write, struct kin__bytes *out);
/* Adds the MD5s of n records that were written there one behind the other, of so many bytes each. */
void kin__aggregate_write_seal(const struct kin__md5_way *way, char *at, const size_t *bytes, size_t n);
#endif
