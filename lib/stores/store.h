/* stores/store - opens a store by URI: the table of schemes, and the check every scheme begins with.
 *
 * Blocking; a storage thread, one call at a time.  `kin__store_open` to store.close(store.user).  A new kind of
 * store is one file and one row of the table in store.c.
 */
#ifndef KIN_STORES_STORE_H
#define KIN_STORES_STORE_H
#include <kinstream/store.h>
#include <stdbool.h>

enum { KIN__STORE_APPLICATION_MAX = 128 };

/* *out is filled, its functions included; end it with out->close(out->user).
 * KIN_INVALID: no such scheme, a path is missing, or an application that cannot be a name. */
int kin__store_open(struct kin_store *out, const char *uri, const char *application, struct kin_error *error);

/* One scheme each: `rest` is what follows the colon.  For store.c. */
int kin__memory_open(struct kin_store *out, const char *rest, const char *application,
                     struct kin_error *error);
bool kin__memory_is(const struct kin_store *store); /* a store of kin__memory_open(): it never blocks */
int kin__storefile_open(struct kin_store *out, const char *rest, const char *application,
                        struct kin_error *error);
#endif
