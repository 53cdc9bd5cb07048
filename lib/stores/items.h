/* stores/items - the items of a store in memory, and the conditions under which they may change.
 *
 * Blocking not; one thread at a time; `_init` to `_fini`.  Items own copies of their text.  A change is made in
 * two steps, so that a store can write to its disk between them; the second step cannot fail.
 */
#ifndef KIN_STORES_ITEMS_H
#define KIN_STORES_ITEMS_H
#include "base/bytes.h"
#include "base/map.h"
#include <kinstream/store.h>

struct kin__items {
	struct kin__map map; /* of struct kin_lease */
	char *application;
};

/* A change that is prepared. */
struct kin__items_change {
	struct kin_lease *fresh; /* the item as it will be; NULL: it will be gone */
	struct kin_lease *old;   /* the item as it was; NULL: there was none */
	char *key;
	size_t key_n;
};

int kin__items_init(struct kin__items *items, const char *application); /* KIN_OK or KIN_NOMEM */
void kin__items_fini(struct kin__items *items);
size_t kin__items_count(const struct kin__items *items);

/* KIN_INVALID: another application than at _init, or a lease no store can keep: wrong size, no stream or shard,
 * or text that is not UTF-8.  The rest is as in kinstream/store.h.  On KIN_OK end the change with _commit or _cancel. */
int kin__items_create(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      struct kin__items_change *change, struct kin_error *error);
int kin__items_update(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      uint64_t expected, struct kin__items_change *change, struct kin_error *error);
int kin__items_remove(struct kin__items *items, const char *application, const struct kin_lease *lease,
                      uint64_t expected, struct kin__items_change *change, struct kin_error *error);
/* Replaces, creates or (gone) removes whatever is there: for reading back what was decided before. */
int kin__items_replay(struct kin__items *items, const struct kin_lease *lease, bool gone,
                      struct kin__items_change *change, struct kin_error *error);
void kin__items_commit(struct kin__items *items, struct kin__items_change *change);
void kin__items_cancel(struct kin__items *items, struct kin__items_change *change);

/* Of its state, which is kept beside it: KIN_OK, and `key` is that of the item; KIN_LOST: its counter is another, or
 * there is none (expected: NULL: it need not be there); KIN_INVALID: as above. */
int kin__items_beside(const struct kin__items *items, const char *application, const struct kin_lease *lease,
                      const uint64_t *expected, struct kin__bytes *key, struct kin_error *error);

/* Hands a state on; an answer but 0 is given back, with an error. */
int kin__items_give_state(int (*give)(void *into, const void *state, size_t state_size), void *into,
                          const void *state, size_t state_size, struct kin_error *error);

/* Gives each item; stops at the first answer but 0 and gives it back. */
int kin__items_list(const struct kin__items *items, const char *application,
                    int (*give)(void *into, const struct kin_lease *lease), void *into,
                    struct kin_error *error);
/* Walk: start with *at = 0; NULL at the end. */
const struct kin_lease *kin__items_next(const struct kin__items *items, size_t *at);
#endif
