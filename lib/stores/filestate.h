/* stores/filestate - the state of a shard's tumbling window as a file beside the journal of a "file:" store.
 *
 * Blocking; the storage thread.  APPLICATION.HASH.state: a line with a checksum and, as JSON, whose state it is; then
 * the state.  It is put in place as one, synced: there is the old one or the new one, whole.
 */
#ifndef KIN_STORES_FILESTATE_H
#define KIN_STORES_FILESTATE_H
#include "base/bytes.h"
#include "base/hash.h"
#include <kinstream/store.h>

/* stem: the path up to and with the application; key: the item's own.  Appends to *path. */
int kin__filestate_path(struct kin__bytes *path, struct kin__hash *hash, const char *stem,
                        struct kin__span key, struct kin_error *error);
int kin__filestate_write(const char *path, struct kin__hash *hash, const struct kin_lease *lease,
                         struct kin__span state, struct kin_error *error);
/* KIN_NOT_FOUND: there is none; KIN_CORRUPT: damaged, or another shard's.  *state is within content. */
int kin__filestate_read(const char *path, struct kin__hash *hash, const struct kin_lease *lease,
                        struct kin__bytes *content, struct kin__span *state, struct kin_error *error);
#endif
