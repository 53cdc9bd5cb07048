/* stores/items - see items.h */
#include "stores/items.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "io/error.h"
#include "wire/utf8.h"
#include <inttypes.h>

int kin__items_init(struct kin__items *items, const char *application)
{
	kin__map_init(&items->map);
	items->application = kin__mem_text(application);
	return items->application ? KIN_OK : KIN_NOMEM;
}

void kin__items_fini(struct kin__items *items)
{
	struct kin__map_entry *entry;

	for (size_t at = 0; (entry = kin__map_next(&items->map, &at)) != NULL;)
		kin__mem_free(entry->value);
	kin__map_fini(&items->map);
	kin__mem_free(items->application);
}

size_t kin__items_count(const struct kin__items *items)
{
	return items->map.live;
}

const struct kin_lease *kin__items_next(const struct kin__items *items, size_t *at)
{
	const struct kin__map_entry *entry = kin__map_next(&items->map, at);

	return entry ? entry->value : NULL;
}

/* One handle keeps one application. */
static int check_application(const struct kin__items *items, const char *application, struct kin_error *error)
{
	if (application && strcmp(application, items->application) == 0)
		return KIN_OK;
	return kin__error(error, KIN_INVALID, "the store was opened for application '%s', not for '%s'",
	                  items->application, application ? application : "(NULL)");
}

int kin__items_list(const struct kin__items *items, const char *application,
                    int (*give)(void *into, const struct kin_lease *lease), void *into,
                    struct kin_error *error)
{
	const struct kin_lease *lease;

	if (check_application(items, application, error) != KIN_OK)
		return KIN_INVALID;
	for (size_t at = 0; (lease = kin__items_next(items, &at)) != NULL;) {
		int code = give(into, lease);

		if (code != 0)
			return kin__error(error, code,
			                  "the list of shard items was broken off by its reader (code %d)",
			                  code);
	}
	return KIN_OK;
}

/* ---- one item -------------------------------------------------------------------------- */

enum { TEXTS = 5 };

static void texts_of(const struct kin_lease *lease, const char *out[TEXTS])
{
	out[0] = lease->stream_arn;
	out[1] = lease->shard_id;
	out[2] = lease->owner;
	out[3] = lease->checkpoint;
	out[4] = lease->parents;
	for (int i = 0; i < TEXTS; i++)
		out[i] = out[i] ? out[i] : "";
}

static int check(const struct kin_lease *lease, struct kin_error *error)
{
	static const char *const names[TEXTS] = { "stream_arn", "shard_id", "owner", "checkpoint",
		                                  "parents" };
	const char *texts[TEXTS];

	if (!lease || lease->size < sizeof *lease)
		return kin__error(error, KIN_INVALID,
		                  "the lease says it has %zu bytes; its size must be at least %zu",
		                  lease ? lease->size : 0, sizeof *lease);
	texts_of(lease, texts);
	for (int i = 0; i < TEXTS; i++) {
		if (i < 2 && !texts[i][0])
			return kin__error(error, KIN_INVALID, "the lease has no %s", names[i]);
		if (!kin__utf8_valid(kin__span_text(texts[i])))
			return kin__error(error, KIN_INVALID, "the lease's %s is not UTF-8: '%s'", names[i],
			                  texts[i]);
	}
	return KIN_OK;
}

/* One block: the struct, then its texts. */
static struct kin_lease *copy(const struct kin_lease *lease)
{
	const char *texts[TEXTS], **members[TEXTS];
	struct kin_lease *item;
	size_t n = sizeof *item;
	char *at;

	texts_of(lease, texts);
	for (int i = 0; i < TEXTS; i++)
		n += strlen(texts[i]) + 1;
	item = kin__mem_alloc(n);
	if (!item)
		return NULL;
	*item = *lease;
	item->size = sizeof *item;
	members[0] = &item->stream_arn;
	members[1] = &item->shard_id;
	members[2] = &item->owner;
	members[3] = &item->checkpoint;
	members[4] = &item->parents;
	at = (char *)(item + 1);
	for (int i = 0; i < TEXTS; i++) {
		n = strlen(texts[i]) + 1;
		memcpy(at, texts[i], n);
		*members[i] = at;
		at += n;
	}
	return item;
}

/* The texts cannot hold the byte 0 that divides them. */
static void add_key(struct kin__bytes *key, const struct kin_lease *lease)
{
	kin__bytes_text(key, lease->stream_arn);
	kin__bytes_char(key, 0);
	kin__bytes_i64(key, lease->stream_created_ms);
	kin__bytes_char(key, 0);
	kin__bytes_text(key, lease->shard_id);
}

static char *key_of(const struct kin_lease *lease, size_t *n)
{
	struct kin__bytes key;

	kin__bytes_init(&key);
	add_key(&key, lease);
	return kin__bytes_take(&key, n);
}

/* ---- changes --------------------------------------------------------------------------- */

/* Looks up the item and copies the new one. */
static int prepare(struct kin__items *items, const struct kin_lease *lease, bool gone,
                   struct kin__items_change *change, struct kin_error *error)
{
	int code = check(lease, error);

	*change = (struct kin__items_change){ .fresh = NULL };
	if (code != KIN_OK)
		return code;
	change->key = key_of(lease, &change->key_n);
	if (change->key)
		change->old = kin__map_get(&items->map, kin__span(change->key, change->key_n));
	if (change->key && !gone)
		change->fresh = copy(lease);
	if (change->key && (gone || change->fresh))
		return KIN_OK;
	kin__mem_free(change->key);
	return kin__error_nomem(error);
}

static void drop(struct kin__items_change *change)
{
	kin__mem_free(change->key);
	kin__mem_free(change->fresh);
	*change = (struct kin__items_change){ .fresh = NULL };
}

/* A new key takes its place in the map now, so that the commit cannot fail. */
static int take_place(struct kin__items *items, struct kin__items_change *change, struct kin_error *error)
{
	if (!change->fresh || change->old ||
	    kin__map_set(&items->map, kin__span(change->key, change->key_n), change->fresh) == 0)
		return KIN_OK;
	drop(change);
	return kin__error_nomem(error);
}

static int unexpected(const struct kin_lease *lease, const struct kin_lease *old, uint64_t expected,
                      struct kin_error *error)
{
	if (!old)
		return kin__error(error, KIN_LOST, "the lease of %s is not in the store any more",
		                  lease->shard_id);
	return kin__error(error, KIN_LOST,
	                  "the lease of %s is %s%s now: its counter is %" PRIu64 ", not %" PRIu64
	                  " as expected",
	                  lease->shard_id, old->owner[0] ? "held by " : "free", old->owner, old->counter,
	                  expected);
}

int kin__items_create(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      struct kin__items_change *change, struct kin_error *error)
{
	int code = check_application(items, application, error);

	if (code == KIN_OK)
		code = prepare(items, lease, false, change, error);
	if (code == KIN_OK && change->old) {
		code = kin__error(error, KIN_EXISTS, "the store has a lease of %s already%s%s",
		                  lease->shard_id, change->old->owner[0] ? ", held by " : "",
		                  change->old->owner);
		drop(change);
	}
	return code == KIN_OK ? take_place(items, change, error) : code;
}

static int change_expected(struct kin__items *items, const char *application, const struct kin_lease *lease,
                           uint64_t expected, bool gone, struct kin__items_change *change,
                           struct kin_error *error)
{
	int code = check_application(items, application, error);

	if (code == KIN_OK)
		code = prepare(items, lease, gone, change, error);
	if (code == KIN_OK && (!change->old || change->old->counter != expected)) {
		code = unexpected(lease, change->old, expected, error);
		drop(change);
	}
	return code;
}

int kin__items_update(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      uint64_t expected, struct kin__items_change *change, struct kin_error *error)
{
	return change_expected(items, application, lease, expected, false, change, error);
}

int kin__items_remove(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      uint64_t expected, struct kin__items_change *change, struct kin_error *error)
{
	return change_expected(items, application, lease, expected, true, change, error);
}

int kin__items_replay(struct kin__items *items, const struct kin_lease *lease, bool gone,
                      struct kin__items_change *change, struct kin_error *error)
{
	int code = prepare(items, lease, gone, change, error);

	return code == KIN_OK ? take_place(items, change, error) : code;
}

int kin__items_beside(const struct kin__items *items, const char *application, const struct kin_lease *lease,
                      const uint64_t *expected, struct kin__bytes *key, struct kin_error *error)
{
	const struct kin_lease *item;
	int code = check_application(items, application, error);

	if (code == KIN_OK)
		code = check(lease, error);
	if (code != KIN_OK)
		return code;
	add_key(key, lease);
	if (key->failed)
		return kin__error_nomem(error);
	item = kin__map_get(&items->map, kin__bytes_view(key));
	if (expected && (!item || item->counter != *expected))
		return unexpected(lease, item, *expected, error);
	return KIN_OK;
}

int kin__items_give_state(int (*give)(void *into, const void *state, size_t state_size), void *into,
                          const void *state, size_t state_size, struct kin_error *error)
{
	int code = give(into, state, state_size);

	if (code == 0)
		return KIN_OK;
	return kin__error(error, code, "the state of a shard was not taken by its reader (code %d)", code);
}

void kin__items_commit(struct kin__items *items, struct kin__items_change *change)
{
	struct kin__span key = kin__span(change->key, change->key_n);

	if (!change->fresh)
		kin__map_remove(&items->map, key);
	else if (change->old)
		(void)kin__map_set(&items->map, key,
		                   change->fresh); /* of a key that is there: no memory is needed */
	kin__mem_free(change->old);
	kin__mem_free(change->key);
	*change = (struct kin__items_change){ .fresh = NULL };
}

void kin__items_cancel(struct kin__items *items, struct kin__items_change *change)
{
	if (change->fresh && !change->old)
		kin__map_remove(&items->map, kin__span(change->key, change->key_n));
	drop(change);
}
