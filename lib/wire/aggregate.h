/* wire/aggregate - the KPL's aggregated record: a magic, a protobuf message of many small records, its MD5.
 *
 * Pure.  Reading allocates two tables an aggregate, nothing a record; keys and data are shown where they stand.
 * What is not whole and right in every part is a plain record: nothing of it is shown.
 * Invariant: the indices of a record shown lie inside the tables.
 */
#ifndef KIN_WIRE_AGGREGATE_H
#define KIN_WIRE_AGGREGATE_H
#include "base/md5.h"
#include "base/span.h"

#define KIN__AGGREGATE_MAGIC "\xf3\x89\x9a\xc2"
enum { KIN__AGGREGATE_AROUND = 20 }; /* bytes of magic and MD5 */
#define KIN__AGGREGATE_NONE SIZE_MAX

struct kin__aggregate {
	struct kin__span *keys,
			*hash_keys;    /* UTF-8; hash keys as they were written: decimal, if all is well */
	size_t keys_n, hash_keys_n, n; /* n: records */
	size_t keys_room, hash_keys_room;
	struct kin__span rest; /* not walked yet */
};

struct kin__aggregate_record {
	struct kin__span data;
	size_t key, hash_key; /* hash_key: NONE if it has no explicit one */
};

void kin__aggregate_init(struct kin__aggregate *aggregate);
void kin__aggregate_fini(struct kin__aggregate *aggregate);

/* Long enough, with the magic: only then a look inside is worth its MD5. */
static inline bool kin__aggregate_marked(const void *data, size_t n)
{
	return n > KIN__AGGREGATE_AROUND && memcmp(data, KIN__AGGREGATE_MAGIC, 4) == 0;
}
/* Of each record: is it marked, and is the MD5 that of the message? */
void kin__aggregate_sealed(const struct kin__md5_way *way, const struct kin__span *records, size_t n,
                           bool *sealed);
/* The message of a sealed record, checked as a whole: 1, then n > 0; 0: a plain record; -1: out of memory.  Used for
 * one record after another; the record must outlive the walk. */
int kin__aggregate_open(struct kin__aggregate *aggregate, struct kin__span record);
/* The next record of the walk, in order; false: that was the last. */
bool kin__aggregate_next(struct kin__aggregate *aggregate, struct kin__aggregate_record *out);
/* Puts a 0 behind each key, over what comes after it in `record`, the same that was opened: the walk is over. */
void kin__aggregate_end_keys(struct kin__aggregate *aggregate, char *record);
#endif
