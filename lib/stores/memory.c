/* stores/memory - "memory:": leases that live as long as the handle; nothing survives it, nobody shares it. */
#include "base/mem.h"
#include "io/error.h"
#include "stores/items.h"
#include "stores/store.h"

struct memory {
	struct kin__items items;
	struct kin__map states; /* by the items' keys, of struct state */
};
struct state {
	size_t n;
	char at[];
};

static int list(void *user, const char *application, int (*give)(void *into, const struct kin_lease *lease),
                void *into, struct kin_error *error)
{
	struct memory *memory = user;

	return kin__items_list(&memory->items, application, give, into, error);
}

static int create(void *user, const char *application, const struct kin_lease *lease, struct kin_error *error)
{
	struct memory *memory = user;
	struct kin__items_change change;
	int code = kin__items_create(&memory->items, application, lease, &change, error);

	if (code == KIN_OK)
		kin__items_commit(&memory->items, &change);
	return code;
}

static int update(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                  struct kin_error *error)
{
	struct memory *memory = user;
	struct kin__items_change change;
	int code = kin__items_update(&memory->items, application, lease, expected, &change, error);

	if (code == KIN_OK)
		kin__items_commit(&memory->items, &change);
	return code;
}

static int remove_item(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                       struct kin_error *error)
{
	struct memory *memory = user;
	struct kin__items_change change;
	int code = kin__items_remove(&memory->items, application, lease, expected, &change, error);

	if (code != KIN_OK)
		return code;
	kin__mem_free(kin__map_remove(&memory->states, kin__span(change.key, change.key_n)));
	kin__items_commit(&memory->items, &change);
	return KIN_OK;
}

/* ---- states ---- */

static int keep(struct memory *memory, struct kin__span key, const void *bytes, size_t n,
                struct kin_error *error)
{
	struct state *old = kin__map_get(&memory->states, key), *state = kin__mem_alloc(sizeof *state + n);

	if (!state || kin__map_set(&memory->states, key, state) < 0) {
		kin__mem_free(state);
		return kin__error_nomem(error);
	}
	state->n = n;
	if (n > 0)
		memcpy(state->at, bytes, n);
	kin__mem_free(old);
	return KIN_OK;
}

static int put_state(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                     const void *bytes, size_t n, struct kin_error *error)
{
	struct memory *memory = user;
	struct kin__bytes key;
	int code;

	kin__bytes_init(&key);
	code = kin__items_beside(&memory->items, application, lease, &expected, &key, error);
	if (code == KIN_OK)
		code = keep(memory, kin__bytes_view(&key), bytes, n, error);
	kin__bytes_fini(&key);
	return code;
}

static int get_state(void *user, const char *application, const struct kin_lease *lease,
                     int (*give)(void *into, const void *bytes, size_t n), void *into,
                     struct kin_error *error)
{
	struct memory *memory = user;
	const struct state *state = NULL;
	struct kin__bytes key;
	int code;

	kin__bytes_init(&key);
	code = kin__items_beside(&memory->items, application, lease, NULL, &key, error);
	if (code == KIN_OK)
		state = kin__map_get(&memory->states, kin__bytes_view(&key));
	kin__bytes_fini(&key);
	if (code == KIN_OK && !state)
		return kin__error(error, KIN_NOT_FOUND, "the store keeps no state of %s", lease->shard_id);
	return code == KIN_OK ? kin__items_give_state(give, into, state->at, state->n, error) : code;
}

static void close_memory(void *user)
{
	struct memory *memory = user;
	struct kin__map_entry *entry;

	for (size_t at = 0; (entry = kin__map_next(&memory->states, &at)) != NULL;)
		kin__mem_free(entry->value);
	kin__map_fini(&memory->states);
	kin__items_fini(&memory->items);
	kin__mem_free(memory);
}

int kin__memory_open(struct kin_store *out, const char *rest, const char *application,
                     struct kin_error *error)
{
	struct memory *memory;

	if (rest[0])
		return kin__error(error, KIN_INVALID, "store 'memory:%s': nothing may follow 'memory:'",
		                  rest);
	memory = kin__mem_zalloc(sizeof *memory);
	if (!memory)
		return kin__error_nomem(error);
	kin__map_init(&memory->states);
	if (kin__items_init(&memory->items, application) != KIN_OK) {
		close_memory(memory);
		return kin__error_nomem(error);
	}
	*out = (struct kin_store){ .size = sizeof *out,
		                   .user = memory,
		                   .list = list,
		                   .create = create,
		                   .update = update,
		                   .remove = remove_item,
		                   .close = close_memory,
		                   .put_state = put_state,
		                   .get_state = get_state };
	return KIN_OK;
}

bool kin__memory_is(const struct kin_store *store)
{
	return store->close == close_memory;
}
