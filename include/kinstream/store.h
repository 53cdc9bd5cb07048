/* kinstream/store.h - where leases and checkpoints live.  kin_store(3) */
#ifndef KINSTREAM_STORE_H
#define KINSTREAM_STORE_H

#include <kinstream/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One item: how far one shard of one stream has been worked off, and by whom.  Key: application,
 * stream ARN with creation time, shard.  shard_id "-" is the item of the stream itself: where its first start began. */
struct kin_lease {
	size_t size; /* sizeof the struct */
	const char *stream_arn;
	int64_t stream_created_ms;
	const char *shard_id;
	const char *owner;      /* worker that holds it; "" nobody */
	uint64_t counter;       /* grows by one with each write */
	const char *checkpoint; /* TRIM_HORIZON | LATEST | AT_TIMESTAMP | a sequence number | SHARD_END */
	uint64_t sub_sequence;  /* within a KPL aggregate; 0 */
	int64_t timestamp_ms;   /* with AT_TIMESTAMP */
	int64_t covered_ms;     /* service time up to which nothing is outstanding; 0 unknown */
	const char *parents;    /* parent shard ids, one or two, joined by ','; "" none known */
};

/* A store.  Calls come from a storage thread of the consumer, one at a time, and may block.  0 or a
 * negative code with *error filled in; KIN_IO, KIN_NETWORK and KIN_NOMEM are tried again, others are final.
 * Strings are borrowed until return. */
struct kin_store {
	size_t size; /* sizeof the struct */
	void *user;
	/* Gives every item of the application, in any order. */
	int (*list)(void *user, const char *application,
	            int (*give)(void *into, const struct kin_lease *lease), void *into,
	            struct kin_error *error);
	/* Writes a new item; KIN_EXISTS: there is one with that key. */
	int (*create)(void *user, const char *application, const struct kin_lease *lease,
	              struct kin_error *error);
	/* Replaces the item if its counter is still `expected`; KIN_LOST: it is not (error->message names the owner). */
	int (*update)(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
	              struct kin_error *error);
	/* Removes the item if its counter is still `expected`; KIN_LOST: it is not. */
	int (*remove)(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
	              struct kin_error *error);
	void (*close)(void *user); /* NULL is fine; once, after the last call; not if open fails */
	/* The state of a shard's tumbling window, any bytes, beside its item; both NULL: no tumbling windows.
	 * Of `lease` only the key counts.  Keeps `state` in place of what was kept before, if the item's counter is still
	 * `expected`; KIN_LOST: it is not.  The counter stays.  Gone when the item is removed. */
	int (*put_state)(void *user, const char *application, const struct kin_lease *lease,
	                 uint64_t expected, const void *state, size_t state_size, struct kin_error *error);
	/* Gives what was kept last, once; KIN_NOT_FOUND: nothing was. */
	int (*get_state)(void *user, const char *application, const struct kin_lease *lease,
	                 int (*give)(void *into, const void *state, size_t state_size), void *into,
	                 struct kin_error *error);
};

/* Opens a store by URI: "memory:" (this process only), "file:PATH" (a folder, see kin_store(3)).
 * Yours, free with kin_store_free(); the consumer opens its own when given a URI.  For tools that look into a store. */
KIN_API KIN_MUST_CHECK int kin_store_open(struct kin_store **out, const char *uri, const char *application,
                                          struct kin_error *error);
KIN_API void kin_store_free(struct kin_store *store);

#ifdef __cplusplus
}
#endif
#endif
