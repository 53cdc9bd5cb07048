/* stores/file - "file:PATH": a folder; in it, for each application, a journal of its items and a lock.
 *
 * A line is a checksum and an item as JSON; the last line of an item counts.  Each change is one line, written and
 * synced before it is answered.  A torn last line (without its newline) was never answered and is dropped; damage
 * anywhere else is refused.  The journal is written anew when most of its lines are old.
 */
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "stores/items.h"
#include "stores/store.h"
#include "wire/json.h"
#include "wire/jsontext.h"
#include <stdio.h>

enum { CHECKSUM = 16, FILE_BYTES_MAX = 1 << 30, SPARE_LINES = 1000 };

static const char header[] = "{\"kinstream\":\"leases\",\"version\":1}";

struct filestore {
	char *path, *lock_path;
	struct kin__items items;
	struct kin__file_lock lock;
	struct kin__file_append journal;
	struct kin__hash *hash;
	struct kin__bytes line; /* used again and again */
	size_t lines;
};

/* ---- lines ---- */

static bool checksum(struct filestore *store, struct kin__span json, char out[CHECKSUM + 1])
{
	struct kin__sha256 sum;

	if (!kin__hash_sha256(store->hash, json.at, json.n, &sum))
		return false;
	for (int i = 0; i < CHECKSUM / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", sum.at[i]);
	return true;
}

/* Appends "checksum json\n"; json: from `at` of out on.  false: out of memory. */
static bool seal(struct filestore *store, struct kin__bytes *out, size_t at)
{
	char sum[CHECKSUM + 1];

	if (out->failed ||
	    !checksum(store, kin__span(out->at + at + CHECKSUM + 1, out->n - at - CHECKSUM - 1), sum))
		return false;
	memcpy(out->at + at, sum, CHECKSUM);
	out->at[at + CHECKSUM] = ' ';
	kin__bytes_char(out, '\n');
	return !out->failed;
}

static void text(struct kin__jsontext *json, const char *name, const char *value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, value ? value : "");
}

static void number(struct kin__jsontext *json, const char *name, int64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_i64(json, value);
}

static bool write_item(struct filestore *store, struct kin__bytes *out, const struct kin_lease *lease,
                       bool gone)
{
	size_t at = out->n;
	struct kin__jsontext json;

	kin__bytes_extend(out, CHECKSUM + 1);
	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	text(&json, "streamArn", lease->stream_arn);
	number(&json, "streamCreated", lease->stream_created_ms);
	text(&json, "shardId", lease->shard_id);
	if (gone) {
		kin__jsontext_name(&json, "gone");
		kin__jsontext_bool(&json, true);
	} else {
		text(&json, "owner", lease->owner);
		number(&json, "counter", (int64_t)lease->counter);
		text(&json, "checkpoint", lease->checkpoint);
		number(&json, "subSequence", (int64_t)lease->sub_sequence);
		number(&json, "timestamp", lease->timestamp_ms);
		number(&json, "covered", lease->covered_ms);
		text(&json, "parents", lease->parents);
	}
	kin__jsontext_object_end(&json);
	return seal(store, out, at);
}

static bool write_header(struct filestore *store, struct kin__bytes *out)
{
	size_t at = out->n;
	kin__bytes_extend(out, CHECKSUM + 1);
	kin__bytes_text(out, header);
	return seal(store, out, at);
}

/* ---- reading ---- */

static const char *text_of(const struct kin__json *json, const char *name)
{
	struct kin__span span;
	return kin__json_text(kin__json_member(json, name), &span) ? span.at : NULL;
}

static int64_t number_of(const struct kin__json *json, const char *name)
{
	int64_t value = 0;
	kin__json_int(kin__json_member(json, name), &value);
	return value;
}

static int damaged(const struct filestore *store, size_t line, const char *what, struct kin_error *error)
{
	return kin__error(error, KIN_CORRUPT,
	                  "%s, line %zu: %s; restore the file from a copy, or remove it to start without "
	                  "checkpoints",
	                  store->path, line, what);
}

static int read_item(struct filestore *store, struct kin__span json_text, size_t line,
                     struct kin_error *error)
{
	struct kin__items_change change;
	struct kin__json *json = NULL;
	char why[KIN__JSON_ERROR];
	bool gone = false;

	if (kin__json_parse(json_text.at, json_text.n, &json, why) < 0)
		return damaged(store, line, why, error);
	struct kin_lease lease = { .size = sizeof lease,
		                   .stream_arn = text_of(json, "streamArn"),
		                   .stream_created_ms = number_of(json, "streamCreated"),
		                   .shard_id = text_of(json, "shardId"),
		                   .owner = text_of(json, "owner"),
		                   .counter = (uint64_t)number_of(json, "counter"),
		                   .checkpoint = text_of(json, "checkpoint"),
		                   .sub_sequence = (uint64_t)number_of(json, "subSequence"),
		                   .timestamp_ms = number_of(json, "timestamp"),
		                   .covered_ms = number_of(json, "covered"),
		                   .parents = text_of(json, "parents") };
	kin__json_bool(kin__json_member(json, "gone"), &gone);
	int code = KIN_OK;
	if (!lease.stream_arn || !lease.shard_id ||
	    (!gone && (!lease.owner || !lease.checkpoint || !lease.parents)))
		code = damaged(store, line, "an item without its members", error);
	if (code == KIN_OK)
		code = kin__items_replay(&store->items, &lease, gone, &change, error);
	if (code == KIN_OK)
		kin__items_commit(&store->items, &change);
	kin__json_free(json);
	return code;
}

static int read_line(struct filestore *store, struct kin__span line, size_t number_, struct kin_error *error)
{
	char sum[CHECKSUM + 1];

	if (line.n <= CHECKSUM + 1 || line.at[CHECKSUM] != ' ')
		return damaged(store, number_, "not a line of a store", error);
	struct kin__span json = { line.at + CHECKSUM + 1, line.n - CHECKSUM - 1 };
	if (!checksum(store, json, sum))
		return kin__error_nomem(error);
	if (memcmp(sum, line.at, CHECKSUM) != 0)
		return damaged(store, number_, "its checksum is wrong", error);
	if (number_ > 1)
		return read_item(store, json, number_, error);
	return kin__span_is(json, header) ? KIN_OK
	                                  : damaged(store, number_, "not a store of this version", error);
}

/* *torn: the last line has no newline; it was never answered. */
static int read_all(struct filestore *store, bool *torn, struct kin_error *error)
{
	struct kin__bytes content;
	struct kin__span rest;
	int code;

	*torn = false;
	kin__bytes_init(&content);
	code = kin__file_read(store->path, FILE_BYTES_MAX, &content, error);
	if (code == KIN_NOT_FOUND)
		*torn = true, code = KIN_OK; /* nothing there: begin it */
	for (rest = kin__bytes_view(&content); code == KIN_OK && rest.n > 0;) {
		const char *end = memchr(rest.at, '\n', rest.n);
		*torn = !end;
		if (!end)
			break;
		size_t n = (size_t)(end - rest.at);
		code = read_line(store, kin__span(rest.at, n), ++store->lines, error);
		rest = kin__span(rest.at + n + 1, rest.n - n - 1);
	}
	if (content.n == 0)
		*torn = true;
	kin__bytes_fini(&content);
	return code;
}

/* ---- writing ---- */

/* The whole journal anew, each item once; then appended to. */
static int rewrite(struct filestore *store, struct kin_error *error)
{
	const struct kin_lease *lease;
	struct kin__bytes content;
	size_t lines = 1;
	int code = KIN_OK;

	kin__bytes_init(&content);
	bool whole = write_header(store, &content);
	for (size_t at = 0; whole && (lease = kin__items_next(&store->items, &at)) != NULL; lines++)
		whole = write_item(store, &content, lease, false);
	if (!whole)
		code = kin__error_nomem(error);
	if (code == KIN_OK)
		code = kin__file_replace(store->path, kin__bytes_view(&content), error);
	kin__bytes_fini(&content);
	if (code != KIN_OK)
		return code;
	kin__file_append_close(&store->journal); /* of the file that was replaced */
	store->lines = lines;
	return kin__file_append_open(&store->journal, store->path, error);
}

/* One line, synced.  On failure the file is what it was. */
static int append(struct filestore *store, const struct kin_lease *lease, bool gone, struct kin_error *error)
{
	int code = KIN_OK;

	if (store->journal.fd <
	    0) /* what a failed write left behind is unknown: begin anew from what was answered */
		code = rewrite(store, error);
	if (code != KIN_OK)
		return code;
	kin__bytes_clear(&store->line);
	if (!write_item(store, &store->line, lease, gone))
		return kin__error_nomem(error);
	code = kin__file_append(&store->journal, kin__bytes_view(&store->line), error);
	if (code == KIN_OK)
		store->lines++;
	else
		kin__file_append_close(&store->journal);
	return code;
}

/* Prepared changes become lines, then content.  That the journal could not be shortened is no failure. */
static int finish(struct filestore *store, struct kin__items_change *change, const struct kin_lease *lease,
                  bool gone, int code, struct kin_error *error)
{
	if (code != KIN_OK)
		return code;
	code = append(store, lease, gone, error);
	if (code != KIN_OK) {
		kin__items_cancel(&store->items, change);
		return code;
	}
	kin__items_commit(&store->items, change);
	if (store->lines > 2 * kin__items_count(&store->items) + SPARE_LINES)
		(void)rewrite(store, NULL);
	return KIN_OK;
}

static int list(void *user, const char *application, int (*give)(void *into, const struct kin_lease *lease),
                void *into, struct kin_error *error)
{
	struct filestore *store = user;
	(void)application; /* one handle, one application */
	return kin__items_list(&store->items, give, into, error);
}

static int create(void *user, const char *application, const struct kin_lease *lease, struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	(void)application;
	return finish(store, &change, lease, false, kin__items_create(&store->items, lease, &change, error),
	              error);
}

static int update(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                  struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	(void)application;
	return finish(store, &change, lease, false,
	              kin__items_update(&store->items, lease, expected, &change, error), error);
}

static int remove_item(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                       struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	(void)application;
	return finish(store, &change, lease, true,
	              kin__items_remove(&store->items, lease, expected, &change, error), error);
}

/* ---- open and close ---- */

static void close_file(void *user)
{
	struct filestore *store = user;

	kin__file_append_close(&store->journal);
	kin__file_unlock(&store->lock);
	kin__items_fini(&store->items);
	kin__hash_free(store->hash);
	kin__bytes_fini(&store->line);
	kin__mem_free(store->path);
	kin__mem_free(store->lock_path);
	kin__mem_free(store);
}

static char *join(const char *folder, const char *application, const char *ending)
{
	struct kin__bytes path;
	size_t n;

	kin__bytes_init(&path);
	kin__bytes_text(&path, folder);
	kin__bytes_char(&path, '/');
	kin__bytes_text(&path, application);
	kin__bytes_text(&path, ending);
	return kin__bytes_take(&path, &n);
}

int kin__storefile_open(struct kin_store *out, const char *rest, const char *application,
                        struct kin_error *error)
{
	struct filestore *store;
	bool torn = false;
	int code;

	if (!rest[0])
		return kin__error(error, KIN_INVALID,
		                  "store 'file:': a path must follow, as in file:/var/lib/app");
	store = kin__mem_zalloc(sizeof *store);
	if (!store)
		return kin__error_nomem(error);
	kin__items_init(&store->items);
	kin__file_lock_init(&store->lock);
	kin__file_append_init(&store->journal);
	kin__bytes_init(&store->line);
	store->hash = kin__hash_new();
	store->path = join(rest, application, "");
	store->lock_path = join(rest, application, ".lock");
	code = store->hash && store->path && store->lock_path ? KIN_OK : kin__error_nomem(error);
	if (code == KIN_OK)
		code = kin__file_make_folders(rest, error);
	if (code == KIN_OK)
		code = kin__file_lock(&store->lock, store->lock_path, error);
	if (code == KIN_OK)
		code = read_all(store, &torn, error);
	if (code == KIN_OK)
		code = torn ? rewrite(store, error)
		            : kin__file_append_open(&store->journal, store->path, error);
	if (code != KIN_OK) {
		close_file(store);
		return code;
	}
	*out = (struct kin_store){ .size = sizeof *out,
		                   .user = store,
		                   .list = list,
		                   .create = create,
		                   .update = update,
		                   .remove = remove_item,
		                   .close = close_file };
	return KIN_OK;
}
