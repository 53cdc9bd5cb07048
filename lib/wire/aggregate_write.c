/* wire/aggregate_write - see aggregate_write.h.  The format is in proto2:
 *
 *     message Record { required uint64 key = 1; optional uint64 hash_key = 2; required bytes data = 3; }
 *     message AggregatedRecord { repeated string keys = 1; repeated string hash_keys = 2; repeated Record records = 3; }
 */
#include "base/mem.h"
#include "wire/aggregate.h"
#include "wire/aggregate_write.h"

enum {
	MAGIC = 4,
	AT_ONCE = 64 /* records that are sealed */,
	KEPT = 4096 /* records that there is room for */
};
enum { VARINT = 0, BYTES = 2 }; /* wire types */
#define TAG(field, type) ((char)((field) << 3 | (type)))

static void table_fini(struct kin__aggregate_table *table)
{
	kin__ids_fini(&table->ids);
	kin__mem_free(table->entry);
}

void kin__aggregate_write_init(struct kin__aggregate_write *write)
{
	*write = (struct kin__aggregate_write){ 0 };
}

void kin__aggregate_write_fini(struct kin__aggregate_write *write)
{
	table_fini(&write->keys);
	table_fini(&write->hash_keys);
	kin__mem_free(write->records);
	kin__aggregate_write_init(write);
}

void kin__aggregate_write_clear(struct kin__aggregate_write *write)
{
	kin__ids_clear(&write->keys.ids);
	kin__ids_clear(&write->hash_keys.ids);
	write->keys.n = write->hash_keys.n = write->n = 0;
	write->size = 0;
}

void kin__aggregate_write_trim(struct kin__aggregate_write *write)
{
	if (write->room > KEPT)
		kin__aggregate_write_fini(write);
	else
		kin__aggregate_write_clear(write);
}

/* The index of `text`; NONE: out of memory.  Of two texts with the same id the second stands in the table as often as
 * it is used: right, if not short. */
static uint32_t enter(struct kin__aggregate_table *table, struct kin__span text, uint64_t id, uint64_t *size)
{
	size_t ids_n = table->ids.n;
	uint32_t known;

	if (table->n >= KIN__IDS_NONE ||
	    (table->n == table->room &&
	     kin__mem_room(&table->entry, &table->room, table->n + 1, sizeof *table->entry) < 0))
		return KIN__IDS_NONE;
	known = kin__ids_add(&table->ids, id);
	if (known == KIN__IDS_NONE)
		return KIN__IDS_NONE;
	if (table->ids.n > ids_n)
		table->entry[known].key = (uint32_t)table->n;
	else if (kin__span_same(table->entry[table->entry[known].key].bytes, text))
		return table->entry[known].key;
	table->entry[table->n].bytes = text;
	*size += kin__aggregate_field(text.n);
	return (uint32_t)table->n++;
}

int kin__aggregate_write_add(struct kin__aggregate_write *write, const struct kin__aggregate_part *part)
{
	struct kin__aggregate_entry record = { .bytes = part->data, .hash = KIN__IDS_NONE };

	if (write->n == write->room &&
	    kin__mem_room(&write->records, &write->room, write->n + 1, sizeof *write->records) < 0)
		return -1;
	record.key = enter(&write->keys, part->key, part->key_id, &write->size);
	if (record.key == KIN__IDS_NONE)
		return -1;
	if (part->hash_key.at) {
		record.hash = enter(&write->hash_keys, part->hash_key, part->hash_id, &write->size);
		if (record.hash == KIN__IDS_NONE)
			return -1;
	}
	write->size += kin__aggregate_record(record.key, record.hash, record.bytes.n);
	write->records[write->n++] = record;
	return 0;
}

/* --- the bytes ----------------------------------------------------------------------------- */

static char *put_varint(char *at, uint64_t value)
{
	for (; value >= 128; value >>= 7)
		*at++ = (char)(value | 128);
	*at++ = (char)value;
	return at;
}

static char *put_field(char *at, char tag, struct kin__span bytes)
{
	*at++ = tag;
	at = put_varint(at, bytes.n);
	if (bytes.n > 0)
		memcpy(at, bytes.at, bytes.n);
	return at + bytes.n;
}

static char *put_table(char *at, char tag, const struct kin__aggregate_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		at = put_field(at, tag, table->entry[i].bytes);
	return at;
}

static char *put_record(char *at, const struct kin__aggregate_entry *record)
{
	uint64_t n = 1 + kin__aggregate_varint(record->key) + kin__aggregate_field(record->bytes.n);

	if (record->hash != KIN__IDS_NONE)
		n += 1 + kin__aggregate_varint(record->hash);
	*at++ = TAG(3, BYTES);
	at = put_varint(at, n);
	*at++ = TAG(1, VARINT);
	at = put_varint(at, record->key);
	if (record->hash != KIN__IDS_NONE) {
		*at++ = TAG(2, VARINT);
		at = put_varint(at, record->hash);
	}
	return put_field(at, TAG(3, BYTES), record->bytes);
}

int kin__aggregate_write_end(const struct kin__aggregate_write *write, struct kin__bytes *out)
{
	char *at = kin__bytes_extend(out, (size_t)kin__aggregate_write_size(write));

	if (!at)
		return -1;
	memcpy(at, KIN__AGGREGATE_MAGIC, MAGIC);
	at = put_table(at + MAGIC, TAG(1, BYTES), &write->keys);
	at = put_table(at, TAG(2, BYTES), &write->hash_keys);
	for (size_t i = 0; i < write->n; i++)
		at = put_record(at, &write->records[i]);
	memset(at, 0, sizeof(struct kin__md5));
	return 0;
}

static void seal_some(const struct kin__md5_way *way, char *at, const size_t *bytes, size_t n)
{
	struct kin__span messages[AT_ONCE];
	struct kin__md5 digests[AT_ONCE];

	for (size_t i = 0; i < n; at += bytes[i++])
		messages[i] = kin__span(at + MAGIC, bytes[i] - KIN__AGGREGATE_WRITE_AROUND);
	if (n > 0)
		kin__md5_many(way, messages, n, digests);
	for (size_t i = 0; i < n; i++)
		memcpy((char *)messages[i].at + messages[i].n, digests[i].at, sizeof digests[i].at);
}

void kin__aggregate_write_seal(const struct kin__md5_way *way, char *at, const size_t *bytes, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;

		seal_some(way, at, bytes + i, some);
		for (size_t end = i + some; i < end; i++)
			at += bytes[i];
	}
}
