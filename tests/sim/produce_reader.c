/* What readers of the stream see of it in the end: one that takes aggregates apart, and one that does as the KCL does
 * and drops the whole of an aggregate of which one record belongs to another shard.
 *
 * The format is read here as its description says, by nothing that the library reads or writes it with. */
#include <string.h>
#include "base/md5.h"
#include "produce_world.h"

struct part { /* of an aggregate */
	uint64_t key, hash;
	bool has_key, has_hash, has_data;
	struct kin__span data;
};

struct parts {
	struct kin__span keys[PRODUCE_ITEMS], hashes[PRODUCE_ITEMS];
	struct part at[PRODUCE_ITEMS];
	uint32_t keys_n, hashes_n, n;
};

struct field { /* of a protobuf message */
	uint64_t number, value;
	uint8_t type;
	struct kin__span bytes;
};

static bool varint(struct kin__span *rest, uint64_t *out)
{
	*out = 0;
	for (uint32_t shift = 0; rest->n > 0 && shift < 64; shift += 7) {
		uint8_t byte = (uint8_t)*rest->at;

		*rest = kin__span(rest->at + 1, rest->n - 1);
		*out |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return true;
	}
	return false;
}

/* Numbers and lengths are all that its writers write. */
static bool next_field(struct kin__span *rest, struct field *out)
{
	uint64_t tag, n;

	if (!varint(rest, &tag))
		return false;
	*out = (struct field){ .number = tag >> 3, .type = tag & 7 };
	if (out->type == 0)
		return varint(rest, &out->value);
	if (out->type != 2 || !varint(rest, &n) || n > rest->n)
		return false;
	out->bytes = kin__span(rest->at, n);
	*rest = kin__span(rest->at + n, rest->n - n);
	return true;
}

static bool read_part(struct kin__span message, struct part *out)
{
	struct field field;

	*out = (struct part){ .has_key = false };
	while (message.n > 0) {
		if (!next_field(&message, &field))
			return false;
		if (field.number == 1 && field.type == 0) {
			out->key = field.value;
			out->has_key = true;
		} else if (field.number == 2 && field.type == 0) {
			out->hash = field.value;
			out->has_hash = true;
		} else if (field.number == 3 && field.type == 2) {
			out->data = field.bytes;
			out->has_data = true;
		}
	}
	return out->has_key && out->has_data;
}

static bool read_parts(struct kin__span message, struct parts *out)
{
	struct field field;

	out->keys_n = out->hashes_n = out->n = 0;
	while (message.n > 0) {
		if (!next_field(&message, &field) || field.type != 2 || out->keys_n == PRODUCE_ITEMS ||
		    out->hashes_n == PRODUCE_ITEMS || out->n == PRODUCE_ITEMS)
			return false;
		if (field.number == 1)
			out->keys[out->keys_n++] = field.bytes;
		else if (field.number == 2)
			out->hashes[out->hashes_n++] = field.bytes;
		else if (field.number != 3 || !read_part(field.bytes, &out->at[out->n++]))
			return false;
	}
	for (uint32_t i = 0; i < out->n; i++)
		if (out->at[i].key >= out->keys_n ||
		    (out->at[i].has_hash && out->at[i].hash >= out->hashes_n))
			return false;
	return out->n > 0;
}

/* Marked, and sealed by the MD5 of its message?  Then it is what it looks like. */
static bool is_aggregate(struct kin__span record, struct kin__span *message)
{
	struct kin__md5 md5;

	if (record.n <= 4 + 16 || memcmp(record.at, "\xf3\x89\x9a\xc2", 4) != 0)
		return false;
	*message = kin__span(record.at + 4, record.n - 4 - 16);
	kin__md5_many(NULL, message, 1, &md5);
	return memcmp(md5.at, message->at + message->n, 16) == 0;
}

/* --- what is seen ------------------------------------------------------------------------------- */

struct place { /* of a record in the stream */
	const struct kin__shard_info *shard;
	uint32_t turn; /* of its shard: parents are read before their children */
	const char *sequence;
	uint32_t sub;
};

/* Which item is it?  What stands there must be the whole of it. */
static struct produce_item *item_at(struct produce_world *w, struct kin__span key, struct kin__span data)
{
	uint8_t index = data.n > 0 ? (uint8_t)*data.at : PRODUCE_ITEMS;
	struct produce_item *item = &w->items[index];

	PRODUCE_CHECK(w, index < w->next_item, "a reader finds a record that nobody put");
	PRODUCE_CHECK(w,
	              kin__span_same(key, produce_key(item)) && kin__span_same(data, produce_data(w, item)),
	              "a reader finds record %llu changed", (unsigned long long)item->order);
	return item;
}

/* Sequence numbers are of one shard, and those of fewer digits smaller. */
static bool is_before(const struct place *a, const struct produce_item *b)
{
	size_t a_n = strlen(a->sequence), b_n = strlen(b->first_sequence);
	int order = a_n != b_n ? (a_n < b_n ? -1 : 1) : strcmp(a->sequence, b->first_sequence);

	if (a->turn != b->first_turn)
		return a->turn < b->first_turn;
	return order != 0 ? order < 0 : a->sub < b->first_sub;
}

static void see(struct produce_item *item, const struct place *place, bool dropped)
{
	item->found++;
	if (dropped)
		return;
	if (item->found_by_kcl++ > 0 && !is_before(place, item))
		return;
	strcpy(item->first_sequence, place->sequence); /* as long as the model's */
	item->first_turn = place->turn;
	item->first_sub = place->sub;
}

static bool is_inside(struct produce_world *w, const struct parts *parts, const struct part *part,
                      const struct kin__shard_info *shard)
{
	struct kin__hashkey hash = kin__hashkey_of(parts->keys[part->key]);

	if (part->has_hash)
		PRODUCE_CHECK(w, kin__hashkey_parse(parts->hashes[part->hash], &hash),
		              "a reader finds a hash key that is none");
	return kin__hashkey_compare(shard->first_hash, hash) <= 0 &&
	       kin__hashkey_compare(hash, shard->last_hash) <= 0;
}

static void read_aggregate(struct produce_world *w, struct kin__span message, struct place place)
{
	static struct parts parts;
	bool dropped = false;

	PRODUCE_CHECK(w, read_parts(message, &parts), "a reader finds an aggregate that is none");
	for (uint32_t i = 0; i < parts.n; i++)
		dropped |= !is_inside(w, &parts, &parts.at[i], place.shard);
	produce_met[PRODUCE_ASTRAY_DROPPED] += dropped;
	produce_met[PRODUCE_READ_APART]++;
	for (place.sub = 0; place.sub < parts.n; place.sub++) {
		const struct part *part = &parts.at[place.sub];
		struct produce_item *item = item_at(w, parts.keys[part->key], part->data);

		PRODUCE_CHECK(w,
		              part->has_hash == (item->placed.hash_n > 0) &&
		                              (!part->has_hash ||
		                               kin__span_same(parts.hashes[part->hash],
		                                              kin__span_text(item->hash_text))),
		              "a reader finds another hash key at record %llu",
		              (unsigned long long)item->order);
		see(item, &place, dropped);
	}
}

static void read_shard(struct produce_world *w, const struct kin__shard_info *shard, uint32_t turn)
{
	struct kin__span stream = { "orders", 6 }, id = kin__span_text(shard->id), message;
	size_t n = kin__model_count(w->model, produce_service_ms(w), stream, id);
	struct kin__model_record record;

	for (size_t i = 0; i < n; i++) {
		struct place place = { .shard = shard, .turn = turn, .sequence = record.sequence };

		PRODUCE_CHECK(w, kin__model_peek(w->model, stream, id, i, &record),
		              "the model lost a record");
		if (is_aggregate(record.data, &message))
			read_aggregate(w, message, place);
		else
			see(item_at(w, record.key, record.data), &place, false);
	}
}

void produce_read(struct produce_world *w)
{
	struct kin__shard_info shards[256];
	struct kin__model_list list = { .stream = { "orders", 6 } };
	struct kin__model_answer answer;
	char next[KIN__MODEL_TOKEN];
	size_t n;

	kin__model_list_shards(w->model, produce_service_ms(w), &list, shards, 256, &n, next, &answer);
	PRODUCE_CHECK(w, !answer.code && !next[0], "the list of shards: %s", answer.message);
	for (size_t i = 0; i < n; i++)
		read_shard(w, &shards[i], (uint32_t)i); /* in the order in which they were made */
}

/* --- what is to be seen ------------------------------------------------------------------------- */

static bool is_of_one_key(const struct produce_item *a, const struct produce_item *b)
{
	return kin__hashkey_compare(a->placed.hash, b->placed.hash) == 0;
}

/* Of each key, what was reported as stored is first read in the order in which it was put. */
static void check_order(struct produce_world *w)
{
	for (uint32_t i = 0; i < w->next_item && w->settings.order_by_key && !w->recreated; i++)
		for (uint32_t k = i + 1; k < w->next_item; k++) {
			const struct produce_item *a = &w->items[i], *b = &w->items[k];
			struct place first = { .turn = a->first_turn,
				               .sequence = a->first_sequence,
				               .sub = a->first_sub };

			/* One that was given up after it had landed astray was not reported as stored; and one that was given
			 * up, and came again because a crash took the note of it, comes late. */
			if (a->record.code != KIN_OK || b->record.code != KIN_OK ||
			    (a->life != b->life && !w->spooled) || a->failed_once || !a->reported ||
			    !b->reported || !a->acked || !b->acked || !is_of_one_key(a, b))
				continue;
			PRODUCE_CHECK(w, is_before(&first, b),
			              "records %llu and %llu of one key are read in the other order",
			              (unsigned long long)a->order, (unsigned long long)b->order);
		}
}

void produce_check_read(struct produce_world *w)
{
	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *item = &w->items[i];
		unsigned long long order = item->order;

		PRODUCE_CHECK(w, item->found == item->copies_here,
		              "record %llu: %u copies, a reader finds %u", order, item->copies_here,
		              item->found);
		PRODUCE_CHECK(w, item->found_by_kcl == item->readable_here,
		              "record %llu: %u copies to be read, a reader that drops whole aggregates finds "
		              "%u",
		              order, item->readable_here, item->found_by_kcl);
		if (item->reported && item->record.code == KIN_OK && !w->recreated)
			PRODUCE_CHECK(w, item->found_by_kcl > 0,
			              "record %llu was reported as stored, and a reader that drops whole "
			              "aggregates never sees it",
			              order);
	}
	check_order(w);
}
