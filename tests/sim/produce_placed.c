/* What sim_produce adds when records are placed by their shard: the list of shards, aggregates, order and pace. */
#include <string.h>
#include "base/mem.h"
#include "kinesis/limits.h"
#include "produce_world.h"
#include "producer/lane.h"

static const struct kin__span stream = { "orders", 6 };

static struct produce_item *item_of(struct kin__list *node)
{
	return (struct produce_item *)(void *)kin__container(node, struct kin__producer_record, queue);
}

static void due(struct produce_world *w, struct kin__heap_node *node, uint64_t by_us)
{
	if (kin__heap_set(&w->due, node, w->now_us + by_us) < 0)
		produce_fail(w, "out of memory");
}

/* --- what is drawn ------------------------------------------------------------------------ */

void produce_draw_placed(struct produce_world *w)
{
	struct kin__producer_settings *s = &w->settings;
	struct kin__rng *rng = &w->rng;

	w->keys_n = kin__rng_chance(rng, 300) ? 1 + (uint32_t)kin__rng_below(rng, 5) : PRODUCE_ITEMS;
	w->own_hash_per_mille = kin__rng_chance(rng, 300) ? 300 : 0;
	s->aggregate = kin__rng_chance(rng, 450);
	s->order_by_key = kin__rng_chance(rng, 250);
	s->rate_percent = kin__rng_chance(rng, 200) ? (uint32_t)kin__rng_between(rng, 1, 150) : 0;
	s->aggregate_bytes_max =
			(uint32_t)kin__rng_between(rng, 64, kin__rng_chance(rng, 500) ? 2000 : 30000);
	s->aggregate_records_max =
			kin__rng_chance(rng, 300) ? (uint32_t)kin__rng_between(rng, 1, 20) : UINT32_MAX;
	s->record_bytes_max = w->item_bytes_max;
	w->placed = s->aggregate || s->order_by_key || s->rate_percent > 0;
}

/* --- the list of shards --------------------------------------------------------------------- */

void produce_list(struct produce_world *w, uint64_t id)
{
	struct produce_listing *l = &w->listing;

	PRODUCE_CHECK(w, (w->settings.aggregate || w->settings.rate_percent) && !l->under_way,
	              "a list of shards that nobody needs");
	*l = (struct produce_listing){ .id = id, .under_way = true };
	produce_note(w, "list", id, 0, "");
	due(w, &l->arrive, kin__rng_between(&w->rng, 500, w->latency_us));
}

void produce_keep_shards(struct produce_shards *to, const struct kin__shard_info *shards, size_t n)
{
	to->n = n;
	for (size_t i = 0; i < n; i++) {
		to->at[i] = shards[i];
		strncpy(to->ids[i], shards[i].id, sizeof to->ids[i] - 1);
		to->at[i].id = to->ids[i];
		to->at[i].parent = to->at[i].adjacent_parent = NULL;
		to->at[i].first_sequence = "1";
		to->at[i].last_sequence = shards[i].last_sequence ? "1" : NULL;
	}
}

static void arrive(struct produce_world *w)
{
	struct produce_listing *l = &w->listing;
	struct kin__model_list list = { .stream = stream, .filter = KIN__FILTER_AT_LATEST };
	struct kin__model_answer answer;
	char next[KIN__MODEL_TOKEN];
	struct kin__shard_info shards[64];
	uint32_t lose = w->healed ? 0 : w->lose_per_mille + w->deny_per_mille;
	size_t n;

	kin__model_list_shards(w->model, produce_service_ms(w), &list, shards, 64, &n, next, &answer);
	l->done = !answer.code && !kin__rng_chance(&w->rng, lose);
	if (l->done && w->before.n > 0 && !w->healed && kin__rng_chance(&w->rng, w->stale_per_mille)) {
		produce_keep_shards(&l->shards, w->before.at, w->before.n);
		produce_met[PRODUCE_LIST_STALE]++;
	} else {
		produce_keep_shards(&l->shards, shards, l->done ? n : 0);
	}
	due(w, &l->answer,
	    kin__rng_between(&w->rng, 500, w->latency_us * (kin__rng_chance(&w->rng, 100) ? 50 : 1)));
}

bool produce_listing(struct produce_world *w, struct kin__heap_node *node, struct kin__producer_event *event)
{
	struct produce_listing *l = &w->listing;

	if (node != &l->arrive && node != &l->answer)
		return false;
	if (node == &l->arrive) {
		arrive(w);
		return true;
	}
	l->under_way = false;
	produce_note(w, "listed", l->id, l->shards.n, l->done ? "" : "failed");
	produce_met[l->done ? PRODUCE_LISTED : PRODUCE_LIST_FAILED]++;
	produce_met[PRODUCE_LISTED_AGAIN] += l->done && w->map_given;
	w->map_given |= l->done;
	*event = (struct kin__producer_event){
		.type = KIN__PRODUCER_SHARDS,
		.shards = { .id = l->id, .done = l->done, .at = l->shards.at, .n = l->shards.n }
	};
	return true;
}

/* --- outer records --------------------------------------------------------------------------- */

void produce_entries(struct produce_world *w, struct produce_request *r,
                     const struct kin__producer_effect *effect)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < effect->send.n; i++) {
		const struct kin__outer *outer =
				(const struct kin__outer *)(const void *)effect->send.records[i];
		struct produce_entry *entry = &r->entries[i];

		*entry = (struct produce_entry){ .first = n,
			                         .n = 1,
			                         .bytes = effect->send.records[i]->bytes };
		if (!w->placed) {
			r->items[n++] = (uint16_t)((struct produce_item *)(void *)effect->send.records[i] -
			                           w->items);
			continue;
		}
		entry->n = (uint16_t)outer->n;
		for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next)
			r->items[n++] = (uint16_t)(item_of(node) - w->items);
	}
}

static uint64_t varint(uint64_t value)
{
	return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}

static uint64_t field(uint64_t n)
{
	return 1 + varint(n) + n;
}

/* As a reader of the format would count it: where stands the key, or the hash key, among those before? */
static uint64_t exact_bytes(const struct produce_item *const *items, uint32_t n)
{
	uint64_t bytes = 20 + 1; /* magic, MD5, the key of one byte */
	uint32_t keys[PRODUCE_ITEMS], keys_n = 0, key, hash, hashes_n = 0;
	uint64_t hashes[PRODUCE_ITEMS];

	for (uint32_t i = 0; i < n; i++) {
		const struct kin__placed *placed = &items[i]->placed;
		uint64_t record = field(placed->data_n);

		for (key = 0; key < keys_n && keys[key] != items[i]->key;)
			key++;
		if (key == keys_n) {
			keys[keys_n++] = items[i]->key;
			bytes += field(placed->key_n);
		}
		record += 1 + varint(key);
		for (hash = 0; hash < hashes_n && hashes[hash] != placed->hash.high;)
			hash++;
		if (placed->hash_n && hash == hashes_n) {
			hashes[hashes_n++] = placed->hash.high;
			bytes += field(placed->hash_n);
		}
		record += placed->hash_n ? 1 + varint(hash) : 0;
		bytes += field(record);
	}
	return bytes;
}

static bool same_hash(const struct produce_item *a, const struct produce_item *b)
{
	return kin__hashkey_compare(a->placed.hash, b->placed.hash) == 0;
}

/* Of a key the oldest goes, and nothing else while it is under way. */
static void check_order(struct produce_world *w, const struct produce_item *item)
{
	for (uint32_t i = 0; i < w->next_item; i++) {
		const struct produce_item *other = &w->items[i];

		if (other == item || other->life != w->life || !other->held || !same_hash(item, other))
			continue;
		produce_met[PRODUCE_ORDERED]++;
		produce_met[PRODUCE_WAITED_FOR_KEY] +=
				other->order > item->order && w->now_us > other->accepted_us + 1000000;
		PRODUCE_CHECK(w, other->order > item->order || other->sending,
		              "record %llu is sent before record %llu of the same key",
		              (unsigned long long)item->order, (unsigned long long)other->order);
	}
}

static void check_member(struct produce_world *w, struct produce_item *item, const struct kin__outer *outer)
{
	unsigned long long order = item->order;

	PRODUCE_CHECK(w, item->held && !item->sending, "record %llu is sent though it is not waiting", order);
	PRODUCE_CHECK(w, w->now_us < item->deadline_us, "record %llu is sent after its end", order);
	PRODUCE_CHECK(w, item->code == KIN_OK, "record %llu is sent again after a final answer", order);
	PRODUCE_CHECK(w, !item->acked || w->resharded || w->recreated,
	              "record %llu is put again though it is stored where it belongs", order);
	produce_met[PRODUCE_ASTRAY] += item->acked;
	item->doubt |= item->acked;
	item->acked = false;
	if (outer->n > 1)
		PRODUCE_CHECK(w,
		              w->map_given &&
		                              kin__hashkey_compare(outer->lane->first, item->placed.hash) <=
		                                              0 &&
		                              kin__hashkey_compare(item->placed.hash, outer->lane->last) <= 0,
		              "record %llu is put together with records of another shard", order);
	item->sends++;
}

static void check_outer(struct produce_world *w, struct kin__outer *outer)
{
	const struct kin__producer_settings *s = &w->settings;
	const struct produce_item *items[PRODUCE_ITEMS];
	uint64_t order = 0;
	uint32_t n = 0;

	for (struct kin__list *node = outer->members.next; node != &outer->members; node = node->next) {
		struct produce_item *item = item_of(node);

		check_member(w, item, outer);
		if (s->order_by_key && n > 0 && same_hash(item, items[n - 1]))
			PRODUCE_CHECK(w, item->order > order,
			              "a key's records stand in an aggregate out of order");
		order = item->order;
		items[n++] = item;
	}
	PRODUCE_CHECK(w, n == outer->n && n > 0, "an outer record of %u says it is of %u", n, outer->n);
	for (uint32_t i = 0; i < n; i++)
		item_of((struct kin__list *)&items[i]->record.queue)->sending = true;
	for (uint32_t i = 0; i < n && s->order_by_key; i++)
		check_order(w, items[i]);
	if (n == 1) {
		PRODUCE_CHECK(w, outer->record.bytes == items[0]->record.bytes,
		              "a single record changes its size");
		return;
	}
	produce_met[PRODUCE_AGGREGATE]++;
	produce_met[PRODUCE_AGGREGATE_FULL] += outer->record.bytes + 100 > s->aggregate_bytes_max;
	PRODUCE_CHECK(w, s->aggregate && n <= s->aggregate_records_max, "an aggregate of %u records", n);
	PRODUCE_CHECK(w, outer->record.bytes == exact_bytes(items, n), "an aggregate of %llu bytes, not %u",
	              (unsigned long long)exact_bytes(items, n), outer->record.bytes);
	PRODUCE_CHECK(w,
	              outer->record.bytes <= s->aggregate_bytes_max &&
	                              outer->record.bytes <= s->record_bytes_max,
	              "an aggregate of %u bytes", outer->record.bytes);
}

/* --- the pace ---------------------------------------------------------------------------------- */

static struct produce_pace *pace_of(struct produce_world *w, const char *shard, uint64_t since_us)
{
	struct produce_pace *pace = w->paces;

	while (pace < w->paces + w->paces_n && strcmp(pace->shard, shard) != 0)
		pace++;
	if (pace == w->paces + w->paces_n && w->paces_n < KIN__ARRAY_LEN(w->paces)) {
		w->paces_n++;
		*pace = (struct produce_pace){ .since_us = since_us };
		strncpy(pace->shard, shard, sizeof pace->shard - 1);
	}
	return pace < w->paces + w->paces_n ? pace : NULL;
}

/* In any time no more than one second's worth, or one record, and what comes in that time. */
static void check_pace(struct produce_world *w, const struct kin__outer *outer)
{
	const struct kin__producer_settings *s = &w->settings;
	uint64_t bytes_rate = (uint64_t)KIN__SHARD_WRITE_BYTES_PER_S * s->rate_percent / 100;
	uint64_t records_rate = (uint64_t)KIN__SHARD_WRITE_RECORDS_PER_S * s->rate_percent / 100;
	uint64_t burst = bytes_rate > s->record_bytes_max ? bytes_rate : s->record_bytes_max, passed_us;
	const struct produce_item *first = item_of(outer->members.next);
	struct produce_pace *pace;

	if (!s->rate_percent || !outer->lane->id[0] || outer->record.attempts > 1 || w->recreated)
		return;
	pace = pace_of(w, outer->lane->id, first->accepted_us);
	if (!pace)
		return;
	passed_us = w->now_us - pace->since_us;
	pace->bytes += outer->record.bytes;
	pace->records++;
	produce_met[PRODUCE_PACED] += pace->bytes > burst || pace->records > records_rate;
	PRODUCE_CHECK(w, pace->bytes <= burst + bytes_rate * passed_us / 1000000 + 1,
	              "shard %s was sent %llu bytes in %llu us", pace->shard, (unsigned long long)pace->bytes,
	              (unsigned long long)passed_us);
	PRODUCE_CHECK(w, pace->records <= records_rate + records_rate * passed_us / 1000000 + 1,
	              "shard %s was sent %llu records in %llu us", pace->shard,
	              (unsigned long long)pace->records, (unsigned long long)passed_us);
}

void produce_check_outers(struct produce_world *w, const struct kin__producer_effect *effect)
{
	for (uint32_t i = 0; i < effect->send.n; i++) {
		struct kin__outer *outer = (struct kin__outer *)(void *)effect->send.records[i];

		check_outer(w, outer);
		check_pace(w, outer);
	}
}

/* --- what the service holds, and a reader sees -------------------------------------------------- */

/* Is all of the entry at home in the shard?  Else a reader that drops whole aggregates will not show it. */
static bool is_seen(struct produce_world *w, const struct produce_request *r,
                    const struct produce_entry *entry, const char *shard)
{
	struct kin__model_list list = { .stream = stream };
	struct kin__shard_info shards[256];
	struct kin__model_answer answer;
	char next[KIN__MODEL_TOKEN];
	size_t n, i;

	kin__model_list_shards(w->model, produce_service_ms(w), &list, shards, 256, &n, next, &answer);
	for (i = 0; i < n && strcmp(shards[i].id, shard) != 0;)
		i++;
	PRODUCE_CHECK(w, i < n, "a record is stored in no shard");
	for (uint32_t k = 0; k < entry->n; k++) {
		struct kin__hashkey hash = w->items[r->items[entry->first + k]].placed.hash;

		if (kin__hashkey_compare(hash, shards[i].first_hash) < 0 ||
		    kin__hashkey_compare(shards[i].last_hash, hash) < 0)
			return false;
	}
	return true;
}

void produce_stored(struct produce_world *w, struct produce_request *r, struct produce_entry *entry,
                    const char *shard)
{
	bool seen = is_seen(w, r, entry, shard);

	strncpy(entry->shard, shard, sizeof entry->shard - 1);
	for (uint32_t k = 0; k < entry->n; k++) {
		struct produce_item *item = &w->items[r->items[entry->first + k]];

		produce_met[PRODUCE_DUPLICATE] += item->copies > 0;
		item->copies++;
		item->copies_here++;
		item->readable += seen;
		item->readable_here += seen;
	}
}
