/* wire/aggregate - see aggregate.h.  The messages: kinesis-aggregation-format of the Kinesis Producer Library. */
#include "wire/aggregate.h"
#include "base/mem.h"
#include "wire/utf8.h"

enum {
	MAGIC = 4,
	AT_ONCE = 64,     /* records whose MD5 is looked at */
	GROUPS_MAX = 100, /* one in the other: as deep as other readers go */
	VARINT_MAX = 10,
	/* AggregatedRecord */
	KEY_TABLE = 1,
	HASH_KEY_TABLE = 2,
	RECORDS = 3,
	/* Record; 4 are tags, which nobody reads */
	KEY_INDEX = 1,
	HASH_KEY_INDEX = 2,
	DATA = 3
};
enum wire { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

/* One field, and where the next one begins. */
struct field {
	uint32_t number;
	uint8_t wire;
	uint64_t value;         /* of WIRE_VARINT */
	struct kin__span bytes; /* of WIRE_BYTES */
};

static bool take(struct kin__span *rest, size_t n, struct kin__span *out)
{
	if (n > rest->n)
		return false;
	*out = kin__span(rest->at, n);
	*rest = kin__span(rest->at + n, rest->n - n);
	return true;
}

/* Longer than it needs to be is fine; bits above the 64th are dropped, as everywhere. */
static bool take_long_varint(struct kin__span *rest, uint64_t *out)
{
	size_t most = rest->n < VARINT_MAX ? rest->n : VARINT_MAX;

	*out = 0;
	for (size_t i = 0; i < most; i++) {
		uint8_t byte = (uint8_t)rest->at[i];

		*out |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			*rest = kin__span(rest->at + i + 1, rest->n - i - 1);
			return true;
		}
	}
	return false;
}

static inline bool take_varint(struct kin__span *rest, uint64_t *out)
{
	if (rest->n == 0 || (uint8_t)rest->at[0] >= 0x80)
		return take_long_varint(rest, out);
	*out = (uint8_t)rest->at[0]; /* nearly all are of one byte */
	*rest = kin__span(rest->at + 1, rest->n - 1);
	return true;
}

static bool take_tag(struct kin__span *rest, struct field *out)
{
	uint64_t tag;

	if (!take_varint(rest, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
		return false;
	out->number = (uint32_t)(tag >> 3);
	out->wire = tag & 7;
	return true;
}

/* What stands behind a tag. */
static bool take_value(struct kin__span *rest, struct field *out)
{
	uint64_t n;

	switch (out->wire) {
	case WIRE_VARINT:
		return take_varint(rest, &out->value);
	case WIRE_64:
		return take(rest, 8, &out->bytes);
	case WIRE_BYTES:
		return take_varint(rest, &n) && n <= rest->n && take(rest, (size_t)n, &out->bytes);
	case WIRE_32:
		return take(rest, 4, &out->bytes);
	default:
		return false;
	}
}

/* A group ends with the number it began with; all in it is unknown to us. */
static bool skip_group(struct kin__span *rest, uint32_t number)
{
	uint32_t open[GROUPS_MAX] = { number };
	size_t depth = 1;
	struct field field;

	while (depth > 0) {
		if (!take_tag(rest, &field))
			return false;
		if (field.wire == WIRE_GROUP) {
			if (depth == GROUPS_MAX)
				return false;
			open[depth++] = field.number;
		} else if (field.wire == WIRE_GROUP_END) {
			if (open[--depth] != field.number)
				return false;
		} else if (!take_value(rest, &field)) {
			return false;
		}
	}
	return true;
}

static bool take_field(struct kin__span *rest, struct field *out)
{
	if (!take_tag(rest, out))
		return false;
	return out->wire == WIRE_GROUP ? skip_group(rest, out->number) : take_value(rest, out);
}

static bool is(const struct field *field, uint32_t number, enum wire wire)
{
	return field->number == number && field->wire == wire;
}

/* The last of a field that comes twice counts.  An index too large for a size_t is too large for the table. */
static bool read_record(struct kin__span message, struct kin__aggregate_record *out)
{
	uint64_t key = SIZE_MAX, hash_key = SIZE_MAX;
	bool hash_keyed = false;
	struct field field;

	*out = (struct kin__aggregate_record){ .hash_key = KIN__AGGREGATE_NONE };
	while (message.n > 0) {
		if (!take_field(&message, &field))
			return false;
		if (is(&field, KEY_INDEX, WIRE_VARINT)) {
			key = field.value;
		} else if (is(&field, HASH_KEY_INDEX, WIRE_VARINT)) {
			hash_key = field.value;
			hash_keyed = true;
		} else if (is(&field, DATA, WIRE_BYTES)) {
			out->data = field.bytes;
		}
	}
	out->key = (size_t)key;
	if (hash_keyed)
		out->hash_key = (size_t)hash_key;
	return out->data.at && key < SIZE_MAX && (!hash_keyed || hash_key < SIZE_MAX);
}

void kin__aggregate_init(struct kin__aggregate *aggregate)
{
	*aggregate = (struct kin__aggregate){ 0 };
}

void kin__aggregate_fini(struct kin__aggregate *aggregate)
{
	kin__mem_free(aggregate->keys);
	kin__mem_free(aggregate->hash_keys);
	kin__aggregate_init(aggregate);
}

static struct kin__span message_of(struct kin__span record)
{
	return kin__span(record.at + MAGIC, record.n - KIN__AGGREGATE_AROUND);
}

static void sealed_some(const struct kin__md5_way *way, const struct kin__span *records, size_t n,
                        bool *sealed)
{
	struct kin__span messages[AT_ONCE];
	struct kin__md5 digests[AT_ONCE];
	size_t marked = 0;

	for (size_t i = 0; i < n; i++)
		if (kin__aggregate_marked(records[i].at, records[i].n))
			messages[marked++] = message_of(records[i]);
	if (marked > 0)
		kin__md5_many(way, messages, marked, digests);
	marked = 0;
	for (size_t i = 0; i < n; i++) {
		sealed[i] = kin__aggregate_marked(records[i].at, records[i].n) &&
		            memcmp(records[i].at + records[i].n - sizeof *digests, &digests[marked++],
		                   sizeof *digests) == 0;
	}
}

void kin__aggregate_sealed(const struct kin__md5_way *way, const struct kin__span *records, size_t n,
                           bool *sealed)
{
	for (size_t i = 0; i < n; i += AT_ONCE)
		sealed_some(way, records + i, n - i < AT_ONCE ? n - i : AT_ONCE, sealed + i);
}

static int add(struct kin__span **table, size_t *n, size_t *room, struct kin__span text)
{
	if (!kin__utf8_valid(text))
		return 0;
	if (kin__mem_room(table, room, *n + 1, sizeof **table) < 0)
		return -1;
	(*table)[(*n)++] = text;
	return 1;
}

/* The highest index of a table that records name, and 1; 0: none is named. */
struct named {
	size_t keys, hash_keys;
};

static bool note_record(struct kin__aggregate *aggregate, struct named *named, struct kin__span message)
{
	struct kin__aggregate_record record;

	if (!read_record(message, &record))
		return false;
	aggregate->n++;
	if (record.key >= named->keys)
		named->keys = record.key + 1;
	if (record.hash_key != KIN__AGGREGATE_NONE && record.hash_key >= named->hash_keys)
		named->hash_keys = record.hash_key + 1;
	return true;
}

static int read_message(struct kin__aggregate *aggregate, struct kin__span rest)
{
	struct named named = { 0, 0 };
	struct field field;

	while (rest.n > 0) {
		int fine = 1;

		if (!take_field(&rest, &field))
			return 0;
		if (is(&field, RECORDS, WIRE_BYTES))
			fine = note_record(aggregate, &named, field.bytes);
		else if (is(&field, KEY_TABLE, WIRE_BYTES))
			fine = add(&aggregate->keys, &aggregate->keys_n, &aggregate->keys_room, field.bytes);
		else if (is(&field, HASH_KEY_TABLE, WIRE_BYTES))
			fine = add(&aggregate->hash_keys, &aggregate->hash_keys_n, &aggregate->hash_keys_room,
			           field.bytes);
		if (fine <= 0)
			return fine;
	}
	/* Only now all of both tables is known. */
	return aggregate->n > 0 && named.keys <= aggregate->keys_n &&
	       named.hash_keys <= aggregate->hash_keys_n;
}

int kin__aggregate_open(struct kin__aggregate *aggregate, struct kin__span record)
{
	int code = 0;

	aggregate->keys_n = aggregate->hash_keys_n = aggregate->n = 0;
	aggregate->rest = kin__span(NULL, 0);
	if (kin__aggregate_marked(record.at, record.n))
		code = read_message(aggregate, message_of(record));
	if (code == 1)
		aggregate->rest = message_of(record);
	else
		aggregate->n = 0;
	return code;
}

bool kin__aggregate_next(struct kin__aggregate *aggregate, struct kin__aggregate_record *out)
{
	struct field field;

	while (aggregate->rest.n > 0 && take_field(&aggregate->rest, &field))
		if (is(&field, RECORDS, WIRE_BYTES))
			return read_record(field.bytes, out);
	return false;
}

/* Behind a field stands the tag of the next one, or the MD5: neither is needed any more. */
void kin__aggregate_end_keys(struct kin__aggregate *aggregate, char *record)
{
	for (size_t i = 0; i < aggregate->keys_n; i++) {
		struct kin__span key = aggregate->keys[i];

		record[key.at - record + (ptrdiff_t)key.n] = 0;
	}
	aggregate->rest = kin__span(NULL, 0);
}
