/* stores/file - "file:PATH": a folder; in it, for each application, a journal of its items and a lock.
 *
 * A line is a checksum and an item as JSON; the last line of an item counts.  Each change is one line, written and
 * synced before it is answered.  A torn last line was never answered and is dropped; damage anywhere else is refused,
 * the title included: it is never torn.  Written anew at each open, and when most of its lines are old: whatever an
 * interrupted or failing process left unsynced, or torn, is then on the disk before anybody acts on it.
 * The state of a shard's tumbling window is a file of its own: see filestate.h.
 */
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "io/quit.h"
#include "stores/filestate.h"
#include "stores/items.h"
#include "stores/store.h"
#include "wire/json.h"
#include "wire/jsontext.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum { CHECKSUM = 16, FILE_BYTES_MAX = 1 << 30, SPARE_LINES = 1000 };

static const char header[] = "{\"kinstream\":\"leases\",\"version\":1}";

struct filestore {
	char *path, *lock_path, *stem; /* stem: of the files of states */
	struct kin__items items;
	struct kin__file_lock lock;
	struct kin__file_append journal; /* closed: to be written anew before any change */
	struct stat seen;                /* which file it is */
	struct kin__hash *hash;
	struct kin__bytes line; /* used again and again */
	size_t lines;
	size_t shorten_at; /* not before it has so many lines: the last attempt failed */
};

/* ---- lines ---- */

static bool checksum(struct filestore *store, struct kin__span json, char out[CHECKSUM + 1])
{
	struct kin__sha256 sum;
	bool summed;

	kin__quit_enter();
	summed = kin__hash_sha256(store->hash, json.at, json.n, &sum);
	kin__quit_leave();
	if (!summed)
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

/* What a lost power leaves of a line may have its length, and zeros where bytes did not reach the disk. */
static bool is_torn(struct kin__span line)
{
	return memchr(line.at, 0, line.n) != NULL;
}

/*
 * What stands behind the last newline: the beginning of a line, if a writer was interrupted.  A whole line and one
 * byte more is a damaged newline, and the title is never torn: it came with a file that was put in place as one.
 */
static int read_tail(struct filestore *store, struct kin__span tail, struct kin_error *error)
{
	char sum[CHECKSUM + 1];

	if (store->lines == 0)
		return damaged(store, 1, tail.n ? "the title is not whole" : "the file is empty", error);
	if (tail.n <= CHECKSUM + 2 || is_torn(tail))
		return KIN_OK;
	if (!checksum(store, kin__span(tail.at + CHECKSUM + 1, tail.n - CHECKSUM - 2), sum))
		return kin__error_nomem(error);
	return memcmp(sum, tail.at, CHECKSUM) != 0
	                       ? KIN_OK
	                       : damaged(store, store->lines + 1, "its newline is damaged", error);
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

static int read_lines(struct filestore *store, struct kin__span rest, struct kin_error *error)
{
	const char *end;
	int code = KIN_OK;

	while (code == KIN_OK && rest.n > 0 && (end = memchr(rest.at, '\n', rest.n)) != NULL) {
		struct kin__span line = { rest.at, (size_t)(end - rest.at) };

		rest = kin__span(end + 1, rest.n - line.n - 1);
		if (rest.n == 0 && store->lines > 0 && is_torn(line))
			return KIN_OK;
		code = read_line(store, line, ++store->lines, error);
	}
	if (code == KIN_OK && (rest.n > 0 || store->lines == 0))
		code = read_tail(store, rest, error);
	return code;
}

/* From the open journal: it is locked, so nobody is in the middle of a line. */
static int read_all(struct filestore *store, struct kin_error *error)
{
	struct kin__bytes content;
	int code;

	kin__bytes_init(&content);
	code = kin__file_append_read(&store->journal, FILE_BYTES_MAX, &content, error);
	if (code == KIN_OK)
		code = read_lines(store, kin__bytes_view(&content), error);
	kin__bytes_fini(&content);
	return code;
}

/* ---- writing ---- */

static int open_journal(struct filestore *store, struct kin_error *error)
{
	int code;

	kin__file_append_close(&store->journal);
	code = kin__file_append_open(&store->journal, store->path, 0, error);
	if (code == KIN_OK && fstat(store->journal.fd, &store->seen) != 0)
		code = kin__error_errno(error, KIN_IO, errno, "cannot look at %s", store->path);
	if (code != KIN_OK)
		kin__file_append_close(&store->journal);
	return code;
}

/* Whether the path still leads to the file that is open. */
static bool same_file(const struct filestore *store)
{
	struct stat now;

	return stat(store->path, &now) == 0 && now.st_dev == store->seen.st_dev &&
	       now.st_ino == store->seen.st_ino;
}

static int meddled_with(const struct filestore *store, struct kin_error *error)
{
	return kin__error(error, KIN_CORRUPT,
	                  "%s was removed, replaced or changed by another program while in use; find that "
	                  "program, then start again",
	                  store->path);
}

/*
 * The whole journal anew, each item once; then appended to.  If it fails before the new file is in place, the old
 * one goes on.  If it fails after that, a crash may leave either: the journal is closed, and no change is answered
 * before a rewrite succeeds.
 */
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
	if (code != KIN_OK) {
		if (!same_file(store))
			kin__file_append_close(&store->journal);
		return code;
	}
	store->lines = lines;
	code = open_journal(store, error);
	return code == KIN_NOT_FOUND ? meddled_with(store, error) : code;
}

/* Nobody else may write here: what is appended to another file than the next reader's would be lost. */
static int check_untouched(const struct filestore *store, struct kin_error *error)
{
	struct stat now;

	if (same_file(store) && fstat(store->journal.fd, &now) == 0 &&
	    (uint64_t)now.st_size == store->journal.size)
		return KIN_OK;
	return meddled_with(store, error);
}

static int check_forked(const struct filestore *store, struct kin_error *error)
{
	if (store->lock.fd >= 0)
		return KIN_OK;
	return kin__error(error, KIN_FORKED, "%s: opened by the parent process, which holds its lock",
	                  store->path);
}

/* One line, synced.  On failure the file is what it was. */
static int append(struct filestore *store, const struct kin_lease *lease, bool gone, struct kin_error *error)
{
	int code = check_forked(store, error);

	if (code != KIN_OK)
		return code;
	if (store->journal.fd <
	    0) /* what a failed write left behind is unknown: begin anew from what was answered */
		code = rewrite(store, error);
	else
		code = check_untouched(store, error);
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

/* Of use, not of need: if it fails, what was written is kept all the same. */
static void shorten(struct filestore *store)
{
	if (store->lines <= 2 * kin__items_count(&store->items) + SPARE_LINES ||
	    store->lines < store->shorten_at)
		return;
	store->shorten_at = rewrite(store, NULL) == KIN_OK ? 0 : 2 * store->lines;
}

/* Prepared changes become lines, then content. */
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
	shorten(store);
	return KIN_OK;
}

/* ---- the interface ---- */

static int state_path(struct filestore *store, const char *application, const struct kin_lease *lease,
                      const uint64_t *expected, struct kin__bytes *path, struct kin_error *error)
{
	struct kin__bytes key;
	int code;

	kin__bytes_init(&key);
	code = kin__items_beside(&store->items, application, lease, expected, &key, error);
	if (code == KIN_OK)
		code = kin__filestate_path(path, store->hash, store->stem, kin__bytes_view(&key), error);
	kin__bytes_fini(&key);
	return code;
}

static int drop_state(struct filestore *store, const struct kin_lease *lease, struct kin_error *error)
{
	struct kin__bytes path;
	int code;

	kin__bytes_init(&path);
	code = state_path(store, store->items.application, lease, NULL, &path, error);
	if (code == KIN_OK)
		code = kin__file_remove(path.at, error);
	kin__bytes_fini(&path);
	return code;
}

static int list(void *user, const char *application, int (*give)(void *into, const struct kin_lease *lease),
                void *into, struct kin_error *error)
{
	struct filestore *store = user;
	return kin__items_list(&store->items, application, give, into, error);
}

/* A state without an item, left by one that was removed, must not become that of a new one. */
static int create(void *user, const char *application, const struct kin_lease *lease, struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	int code = kin__items_create(&store->items, application, lease, &change, error);

	if (code != KIN_OK)
		return code;
	code = check_forked(store, error);
	if (code == KIN_OK)
		code = drop_state(store, lease, error);
	if (code != KIN_OK)
		kin__items_cancel(&store->items, &change);
	return finish(store, &change, lease, false, code, error);
}

static int update(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                  struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	return finish(store, &change, lease, false,
	              kin__items_update(&store->items, application, lease, expected, &change, error), error);
}

/* The item first: it must not be there without its state.  A state that stays is removed by the next create. */
static int remove_item(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                       struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__items_change change;
	int code = finish(store, &change, lease, true,
	                  kin__items_remove(&store->items, application, lease, expected, &change, error),
	                  error);

	if (code == KIN_OK)
		(void)drop_state(store, lease, NULL);
	return code;
}

static int put_state(void *user, const char *application, const struct kin_lease *lease, uint64_t expected,
                     const void *state, size_t size, struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__bytes path;
	int code;

	kin__bytes_init(&path);
	code = state_path(store, application, lease, &expected, &path, error);
	if (code == KIN_OK)
		code = check_forked(store, error);
	if (code == KIN_OK)
		code = kin__filestate_write(path.at, store->hash, lease, kin__span(state, size), error);
	kin__bytes_fini(&path);
	return code;
}

static int get_state(void *user, const char *application, const struct kin_lease *lease,
                     int (*give)(void *into, const void *state, size_t size), void *into,
                     struct kin_error *error)
{
	struct filestore *store = user;
	struct kin__bytes path, content;
	struct kin__span state = { "", 0 };
	int code;

	kin__bytes_init(&path);
	kin__bytes_init(&content);
	code = state_path(store, application, lease, NULL, &path, error);
	if (code == KIN_OK)
		code = kin__filestate_read(path.at, store->hash, lease, &content, &state, error);
	if (code == KIN_NOT_FOUND)
		kin__error(error, code, "the store keeps no state of %s: there is no file %s",
		           lease->shard_id, path.at);
	if (code == KIN_OK)
		code = kin__items_give_state(give, into, state.at, state.n, error);
	kin__bytes_fini(&path);
	kin__bytes_fini(&content);
	return code;
}

/* ---- open and close ---- */

static void close_file(void *user)
{
	struct filestore *store = user;

	kin__file_append_close(&store->journal);
	kin__file_unlock(&store->lock);
	kin__items_fini(&store->items);
	kin__quit_enter();
	kin__hash_free(store->hash);
	kin__quit_leave();
	kin__bytes_fini(&store->line);
	kin__mem_free(store->path);
	kin__mem_free(store->lock_path);
	kin__mem_free(store->stem);
	kin__mem_free(store);
}

/* Without a journal it is new, and so may be its folders. */
static int open_and_read(struct filestore *store, const char *folder, struct kin_error *error)
{
	int code = open_journal(store, error);

	if (code == KIN_NOT_FOUND)
		code = kin__file_sync_folders(folder, error);
	else if (code == KIN_OK)
		code = read_all(store, error);
	return code == KIN_OK ? rewrite(store, error) : code;
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
	int code;

	if (!rest[0])
		return kin__error(error, KIN_INVALID,
		                  "store 'file:': a path must follow, as in file:/var/lib/app");
	store = kin__mem_zalloc(sizeof *store);
	if (!store)
		return kin__error_nomem(error);
	code = kin__items_init(&store->items, application);
	kin__file_lock_init(&store->lock);
	kin__file_append_init(&store->journal);
	kin__bytes_init(&store->line);
	kin__quit_enter();
	store->hash = kin__hash_new();
	kin__quit_leave();
	/* Endings of their own: application "a.lock" or "a.tmp" must not meet the files of "a". */
	store->path = join(rest, application, ".leases");
	store->lock_path = join(rest, application, ".lock");
	store->stem = join(rest, application, "");
	if (code != KIN_OK || !store->hash || !store->path || !store->lock_path || !store->stem)
		code = kin__error_nomem(error);
	if (code == KIN_OK)
		code = kin__file_make_folders(rest, error);
	if (code == KIN_OK)
		code = kin__file_lock(&store->lock, store->lock_path, error);
	if (code == KIN_OK)
		code = open_and_read(store, rest, error);
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
		                   .close = close_file,
		                   .put_state = put_state,
		                   .get_state = get_state };
	return KIN_OK;
}
