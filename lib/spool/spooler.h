/* spool/spooler - the files of a producer's spool: records are written before they count as accepted, read when there is
 * room for them, and their segment is removed when all of it is final.
 *
 * Any thread puts, blocking, many in one write and one fsync; a thread of its own reads, writes marks, syncs and removes.
 * The folder is this process's alone, by the file "lock" in it.  Invariant: a record is final only when it was reported.
 */
#ifndef KIN_SPOOL_SPOOLER_H
#define KIN_SPOOL_SPOOLER_H
#include <kinstream/config.h>
#include <kinstream/error.h>
#include "producer/spool.h"

struct kin__spooler;

enum { KIN__SPOOLER_TRIES_MAX = 30 };
enum kin__spooler_sync { KIN__SPOOLER_INTERVAL, KIN__SPOOLER_EACH, KIN__SPOOLER_NONE };

struct kin__spooler_place { /* of a record; opaque */
	struct kin__spool_segment *segment;
	struct kin__spool_range range;
};
struct kin__spooler_found {
	const struct kin__spool_entry *entry; /* borrowed until return */
	struct kin__spooler_place place;
	bool earlier; /* by another process: its token means nothing, and copies of it may be in the stream */
};

struct kin__spooler_options { /* borrowed until open returns, but user */
	const char *folder, *stream;
	uint64_t bytes_max;
	enum kin__spooler_sync sync;
	uint32_t interval_ms;
	uint32_t tries_max; /* to read a file that cannot be read, one a second; 0: KIN__SPOOLER_TRIES_MAX */
	/* All on the spooler's thread, without a lock. */
	/* The next record in order; false: there is no room for it, and kin__spooler_room() will be called. */
	bool (*take)(void *user, const struct kin__spooler_found *found);
	void (*turn)(void *user); /* records were handed out, or files removed: who waited may look again */
	void (*log)(void *user, int level, const char *text); /* enum kin_log_level */
	void *user;
};

struct kin__spooler_stats {
	uint64_t bytes, segments; /* of its files */
	uint64_t unread;          /* bytes of records that wait on disk */
	uint64_t recovered;       /* records of earlier processes that were handed out */
	uint64_t damaged;         /* places that were */
};

/* Locks the folder, looks at what is there.  KIN_IN_USE, KIN_IO, KIN_NOMEM; KIN_INVALID: it is another stream's;
 * KIN_UNSUPPORTED: a newer library wrote it.  On success *out is yours, close with kin__spooler_close(). */
int kin__spooler_open(struct kin__spooler **out, const struct kin__spooler_options *options,
                      struct kin_error *error);
/* From now on its functions are called.  Once. */
int kin__spooler_start(struct kin__spooler *spooler, struct kin_error *error);
/* Nobody else is inside a call.  What is not final stays on disk. */
void kin__spooler_close(struct kin__spooler *spooler);

/* The largest record, as kin__spool_entry_size(). */
uint64_t kin__spooler_entry_max(const struct kin__spooler *spooler);
/* One that is put: in and out, then the spooler's own. */
struct kin__spooler_item {
	struct kin__spool_entry entry;
	bool direct; /* it may be handed out at once; then: it is, as `place`.  Else it will be, by take() */
	struct kin__spooler_place place;

	struct kin__list node;
	size_t size;
	struct kin__spooler_call *call;
	char head[KIN__SPOOL_ENTRY];
};
/* Any thread.  Accepts items from the front until one is not: *accepted of them; KIN_OK: all are.  KIN_FULL: no room on
 * disk now, the error is not filled in; KIN_IO, KIN_NOMEM. */
int kin__spooler_put(struct kin__spooler *spooler, struct kin__spooler_item *items, size_t n,
                     size_t *accepted, struct kin_error *error);
/* Any thread: does something wait to be handed out? */
bool kin__spooler_behind(struct kin__spooler *spooler);
/* Any thread, under any lock but its own: the record was reported, and its room in memory is free. */
void kin__spooler_final(struct kin__spooler *spooler, const struct kin__spooler_place *place);
void kin__spooler_room(struct kin__spooler *spooler); /* any thread, too: take() may find room again */
/* Any thread: where the records that are there now end, in the order in which they are handed out. */
struct kin__spooler_mark {
	uint64_t number, at;
};
struct kin__spooler_mark kin__spooler_mark(struct kin__spooler *spooler);
bool kin__spooler_passed(struct kin__spooler *spooler, struct kin__spooler_mark mark); /* all before it are */
void kin__spooler_stats(struct kin__spooler *spooler, struct kin__spooler_stats *stats);
#endif
