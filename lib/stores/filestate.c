/* stores/filestate - see filestate.h */
#include "stores/filestate.h"
#include "io/error.h"
#include "io/file.h"
#include "io/quit.h"
#include "wire/jsontext.h"
#include <string.h>

enum { CHECKSUM = 32, NAME = 32, FILE_BYTES_MAX = 1 << 28 };

static const char opening[] = "{\"kinstream\":\"state\",\"version\":1,";

static bool sum_of(struct kin__hash *hash, struct kin__span text, struct kin__bytes *out, size_t digits)
{
	struct kin__sha256 sum;
	bool summed;

	kin__quit_enter();
	summed = kin__hash_sha256(hash, text.at, text.n, &sum);
	kin__quit_leave();
	kin__bytes_hex(out, sum.at, digits / 2);
	return summed && !out->failed;
}

int kin__filestate_path(struct kin__bytes *path, struct kin__hash *hash, const char *stem,
                        struct kin__span key, struct kin_error *error)
{
	kin__bytes_text(path, stem);
	kin__bytes_char(path, '.');
	if (!sum_of(hash, key, path, NAME))
		return kin__error_nomem(error);
	kin__bytes_text(path, ".state");
	return path->failed ? kin__error_nomem(error) : KIN_OK;
}

/* ---- writing ---- */

static void text(struct kin__jsontext *json, const char *name, const char *value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_text(json, value);
}

static void number(struct kin__jsontext *json, const char *name, int64_t value)
{
	kin__jsontext_name(json, name);
	kin__jsontext_i64(json, value);
}

static void write_title(struct kin__bytes *out, const struct kin_lease *lease, size_t n)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	text(&json, "kinstream", "state");
	number(&json, "version", 1);
	text(&json, "streamArn", lease->stream_arn);
	number(&json, "streamCreated", lease->stream_created_ms);
	text(&json, "shardId", lease->shard_id);
	number(&json, "bytes", (int64_t)n);
	kin__jsontext_object_end(&json);
}

int kin__filestate_write(const char *path, struct kin__hash *hash, const struct kin_lease *lease,
                         struct kin__span state, struct kin_error *error)
{
	struct kin__bytes content, sum;
	int code;

	kin__bytes_init(&content);
	kin__bytes_init(&sum);
	kin__bytes_extend(&content, CHECKSUM + 1);
	write_title(&content, lease, state.n);
	kin__bytes_char(&content, '\n');
	kin__bytes_span(&content, state);
	if (content.failed ||
	    !sum_of(hash, kin__span(content.at + CHECKSUM + 1, content.n - CHECKSUM - 1), &sum, CHECKSUM)) {
		code = kin__error_nomem(error);
	} else {
		memcpy(content.at, sum.at, CHECKSUM);
		content.at[CHECKSUM] = ' ';
		code = kin__file_replace(path, kin__bytes_view(&content), error);
	}
	kin__bytes_fini(&content);
	kin__bytes_fini(&sum);
	return code;
}

/* ---- reading ---- */

static int damaged(const char *path, const struct kin_lease *lease, const char *what, struct kin_error *error)
{
	return kin__error(error, KIN_CORRUPT,
	                  "%s: %s; restore the file from a copy, or remove it: the tumbling window of %s "
	                  "then begins anew, without what it had counted",
	                  path, what, lease->shard_id);
}

/* What the title would be now is what it must be: nothing in it varies. */
static int check_title(const char *path, struct kin__span title, const struct kin_lease *lease, size_t n,
                       struct kin_error *error)
{
	struct kin__bytes wanted;
	int code = KIN_OK;

	kin__bytes_init(&wanted);
	write_title(&wanted, lease, n);
	if (wanted.failed)
		code = kin__error_nomem(error);
	else if (title.n < sizeof opening - 1 || memcmp(title.at, opening, sizeof opening - 1) != 0)
		code = damaged(path, lease, "not a state of this version", error);
	else if (!kin__span_is(title, wanted.at))
		code = damaged(path, lease, "the state of another shard, or not as long as it says", error);
	kin__bytes_fini(&wanted);
	return code;
}

static int check(const char *path, struct kin__hash *hash, const struct kin_lease *lease,
                 struct kin__span content, struct kin__span *state, struct kin_error *error)
{
	struct kin__span rest, title;
	struct kin__bytes sum;
	const char *end;
	int code = KIN_OK;

	if (content.n <= CHECKSUM + 1 || content.at[CHECKSUM] != ' ')
		return damaged(path, lease, "not a state of a store", error);
	rest = kin__span(content.at + CHECKSUM + 1, content.n - CHECKSUM - 1);
	kin__bytes_init(&sum);
	if (!sum_of(hash, rest, &sum, CHECKSUM))
		code = kin__error_nomem(error);
	else if (memcmp(sum.at, content.at, CHECKSUM) != 0)
		code = damaged(path, lease, "its checksum is wrong", error);
	kin__bytes_fini(&sum);
	if (code != KIN_OK)
		return code;
	end = memchr(rest.at, '\n', rest.n);
	if (!end)
		return damaged(path, lease, "its first line has no end", error);
	title = kin__span(rest.at, (size_t)(end - rest.at));
	*state = kin__span(end + 1, rest.n - title.n - 1);
	return check_title(path, title, lease, state->n, error);
}

int kin__filestate_read(const char *path, struct kin__hash *hash, const struct kin_lease *lease,
                        struct kin__bytes *content, struct kin__span *state, struct kin_error *error)
{
	int code = kin__file_read(path, FILE_BYTES_MAX, content, error);

	return code == KIN_OK ? check(path, hash, lease, kin__bytes_view(content), state, error) : code;
}
