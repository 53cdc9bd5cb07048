/* What the records of sim_produce are made of: keys, hash keys and data; and their aggregates, as the service holds
 * them. */
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "produce_world.h"
#include "wire/aggregate_write.h"

enum { SHORT_KEYS = 58, KEYS = SHORT_KEYS + PRODUCE_ITEMS };

static struct {
	bool made;
	struct kin__aggregate_write write;
	char keys[KEYS][24];
	struct kin__hashkey hashes[KEYS];
	char data[PRODUCE_ITEMS][PRODUCE_BYTES]; /* of each item; its record has the first of them */
} all;

static void make_key(uint32_t key)
{
	if (key < SHORT_KEYS)
		all.keys[key][0] = (char)('A' + key);
	else
		snprintf(all.keys[key], sizeof all.keys[key], "k%03u%.*s", key, (int)(key % 11),
		         "..........");
	all.hashes[key] = kin__hashkey_of(kin__span_text(all.keys[key]));
}

/* Once for all seeds: nothing of it depends on one. */
static void make_all(void)
{
	if (all.made)
		return;
	all.made = true;
	kin__aggregate_write_init(&all.write);
	for (uint32_t key = 0; key < KEYS; key++)
		make_key(key);
	for (uint32_t item = 0; item < PRODUCE_ITEMS; item++)
		for (uint32_t i = 0; i < PRODUCE_BYTES; i++)
			all.data[item][i] = (char)(i == 0 ? item : (item * 31 + i * 7) & 255);
}

/* A short record has a short key. */
void produce_draw_key(struct produce_world *w, struct produce_item *item)
{
	struct kin__placed *placed = &item->placed;
	uint32_t number = (uint32_t)kin__rng_below(&w->rng, w->keys_n);

	make_all();
	item->key = item->record.bytes > 20 ? SHORT_KEYS + number : number % SHORT_KEYS;
	*placed = (struct kin__placed){ .hash = all.hashes[item->key],
		                        .key_id = item->key,
		                        .key_n = (uint32_t)strlen(all.keys[item->key]) };
	placed->data_n = item->record.bytes - placed->key_n;
	if (kin__rng_chance(&w->rng, w->own_hash_per_mille)) {
		placed->hash = (struct kin__hashkey){ kin__rng_below(&w->rng, 7) << 61, 0 };
		kin__hashkey_text(placed->hash, item->hash_text);
		placed->hash_n = (uint8_t)strlen(item->hash_text);
	}
	item->record.placed = w->placed ? placed : NULL;
}

struct kin__span produce_key(const struct produce_item *item)
{
	return kin__span_text(all.keys[item->key]);
}

struct kin__span produce_data(const struct produce_world *w, const struct produce_item *item)
{
	return kin__span(all.data[item - w->items], item->placed.data_n);
}

/* --- aggregates ------------------------------------------------------------------------------- */

/* What the service holds of an aggregate, while the model lives. */
struct produce_blob {
	struct produce_blob *next;
	struct kin__bytes bytes;
};

struct kin__span produce_aggregate(struct produce_world *w, const struct produce_request *r,
                                   const struct produce_entry *entry)
{
	struct produce_blob *blob = kin__mem_zalloc(sizeof *blob);
	int failed = blob ? 0 : -1;

	kin__aggregate_write_clear(&all.write);
	for (uint32_t i = 0; i < entry->n && !failed; i++) {
		const struct produce_item *item = &w->items[r->items[entry->first + i]];
		struct kin__aggregate_part part = { .key = produce_key(item),
			                            .data = produce_data(w, item),
			                            .key_id = item->key,
			                            .hash_id = kin__placed_hash_id(&item->placed) };

		if (item->placed.hash_n)
			part.hash_key = kin__span_text(item->hash_text);
		failed = kin__aggregate_write_add(&all.write, &part);
	}
	if (failed)
		produce_fail(w, "out of memory");
	blob->next = w->blobs;
	w->blobs = blob;
	kin__bytes_init(&blob->bytes);
	if (kin__aggregate_write_end(&all.write, &blob->bytes) < 0)
		produce_fail(w, "out of memory");
	kin__aggregate_write_seal(NULL, blob->bytes.at, &blob->bytes.n, 1);
	return kin__bytes_view(&blob->bytes);
}

void produce_blobs_free(struct produce_world *w)
{
	while (w->blobs) {
		struct produce_blob *next = w->blobs->next;

		kin__bytes_fini(&w->blobs->bytes);
		kin__mem_free(w->blobs);
		w->blobs = next;
	}
}
