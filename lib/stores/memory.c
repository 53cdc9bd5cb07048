/* stores/memory - "memory:": leases that live as long as the handle; nothing survives it, nobody shares it. */
#include "base/mem.h"
#include "io/error.h"
#include "stores/items.h"
#include "stores/store.h"

static int list(void *user, const char *application, int (*give)(void *into, const struct kin_lease *lease),
                void *into, struct kin_error *error)
{
	return kin__items_list(user, application, give, into, error);
}

static int create(void *user, const char *application, const struct kin_lease *lease, struct kin_error *error)
{
	struct kin__items_change change;
	int code = kin__items_create(user, application, lease, &change, error);

	if (code == KIN_OK)
		kin__items_commit(user, &change);
	return code;
}

static int update(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                  struct kin_error *error)
{
	struct kin__items_change change;
	int code = kin__items_update(user, application, lease, expected, &change, error);

	if (code == KIN_OK)
		kin__items_commit(user, &change);
	return code;
}

static int remove_item(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                       struct kin_error *error)
{
	struct kin__items_change change;
	int code = kin__items_remove(user, application, lease, expected, &change, error);

	if (code == KIN_OK)
		kin__items_commit(user, &change);
	return code;
}

static void close_memory(void *user)
{
	kin__items_fini(user);
	kin__mem_free(user);
}

int kin__memory_open(struct kin_store *out, const char *rest, const char *application,
                     struct kin_error *error)
{
	struct kin__items *items;

	if (rest[0])
		return kin__error(error, KIN_INVALID, "store 'memory:%s': nothing may follow 'memory:'",
		                  rest);
	items = kin__mem_alloc(sizeof *items);
	if (!items || kin__items_init(items, application) != KIN_OK) {
		kin__mem_free(items);
		return kin__error_nomem(error);
	}
	*out = (struct kin_store){ .size = sizeof *out,
		                   .user = items,
		                   .list = list,
		                   .create = create,
		                   .update = update,
		                   .remove = remove_item,
		                   .close = close_memory };
	return KIN_OK;
}
