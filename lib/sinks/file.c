/* sinks/file - "file:PATH": one line of JSON, the payload if there is one, for each piece of a batch that is given up.
 *
 * Blocking; one thread at a time.  A line is on the disk before the records count as done.  Others may append whole
 * lines to the same file, while they hold its flock, or move it away: each call opens it anew.  Invariant: a line
 * begins where a line may begin.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "sinks/sink.h"

/* How each of our lines begins: what does not is not ours to cut. */
static const char beginning[] = "{\"requestContext\":";

struct filesink {
	char *path;
	/* A failed write that could not be cut back: of this file, from here to there; to = 0: none. */
	struct {
		dev_t device;
		ino_t inode;
		uint64_t from, to;
	} left;
};

enum { TAIL_BLOCK = 4096 };

/* Where the line before the byte `end` begins: behind a newline, or 0; -1 with errno. */
static off_t line_begin(int fd, off_t end)
{
	char block[TAIL_BLOCK];

	while (end > 0) {
		size_t n = end < TAIL_BLOCK ? (size_t)end : TAIL_BLOCK;
		ssize_t got = pread(fd, block, n, end - (off_t)n);

		if (got != (ssize_t)n) {
			errno = got < 0 ? errno : EIO;
			return -1;
		}
		while (n-- > 0)
			if (block[n] == '\n')
				return end - (off_t)((size_t)got - n) + 1;
		end -= got;
	}
	return 0;
}

enum content { HAS_ZEROS = 1, HAS_CONTROLS = 2 };

/* What no line of text has, in the file from `at` on; -1 with errno. */
static int look_through(int fd, off_t at)
{
	char block[TAIL_BLOCK];
	int found = 0;

	for (ssize_t n; (n = pread(fd, block, sizeof block, at)) != 0; at += n) {
		if (n < 0)
			return -1;
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == 0)
				found |= HAS_ZEROS;
			else if ((unsigned char)block[i] < ' ' && block[i] != '\n')
				found |= HAS_CONTROLS;
		}
	}
	return found;
}

/* Whether the line at `at` begins as ours do, as far as it goes; zeros: of it, what is not lost.  -1 with errno. */
static int begins_as_ours(int fd, off_t at, bool zeros)
{
	char start[sizeof beginning - 1];
	ssize_t n = pread(fd, start, sizeof start, at);
	bool seen = false;

	if (n < 0)
		return -1;
	for (ssize_t i = 0; i < n; i++) {
		if (start[i] == '\n' && zeros)
			break;
		if (start[i] != beginning[i] && !(start[i] == 0 && zeros))
			return 0;
		seen = seen || start[i] != 0;
	}
	if (seen || at == 0)
		return 1;
	/* Nothing is left of it: as the line before it. */
	off_t before = line_begin(fd, at - 1);
	return before < 0 ? -1 : begins_as_ours(fd, before, false);
}

static int cannot_read(const struct kin__file_append *file, struct kin_error *error)
{
	return kin__error_errno(error, KIN_IO, errno, "cannot read %s", file->path);
}

static int not_ours(const struct kin__file_append *file, struct kin_error *error)
{
	return kin__error(
			error, KIN_IO,
			"%s ends in what is no line of a failure, or not the whole of a line; end it with a "
			"newline, or name another file",
			file->path);
}

/*
 * A crash can leave the beginning of a line; a lost power also its length, with zeros where bytes did not reach the
 * disk.  Its records were never counted as done and will come again: it is cut off, so that every line is whole.
 */
static int cut_torn_line(struct kin__file_append *file, struct kin_error *error)
{
	off_t size = (off_t)file->size, whole;
	int content, ours;
	char last;

	if (size == 0)
		return KIN_OK;
	if (pread(file->fd, &last, 1, size - 1) != 1 ||
	    (whole = line_begin(file->fd, last == '\n' ? size - 1 : size)) < 0 ||
	    (content = look_through(file->fd, whole)) < 0 ||
	    (ours = begins_as_ours(file->fd, whole, content & HAS_ZEROS)) < 0)
		return cannot_read(file, error);
	/* In a whole line of others zeros are none of our business. */
	bool torn = ours && !(content & HAS_CONTROLS);
	if (last == '\n' && (!(content & HAS_ZEROS) || !torn))
		return KIN_OK;
	return torn ? kin__file_append_cut(file, (uint64_t)whole, error) : not_ours(file, error);
}

/* What a write left that failed and could not be cut back, if nobody wrote behind it. */
static int cut_left(struct filesink *sink, struct kin__file_append *file, struct kin_error *error)
{
	struct stat status;
	int code = KIN_OK;

	if (sink->left.to == 0)
		return KIN_OK;
	if (fstat(file->fd, &status) != 0)
		return cannot_read(file, error);
	if (status.st_dev == sink->left.device && status.st_ino == sink->left.inode &&
	    file->size == sink->left.to)
		code = kin__file_append_cut(file, sink->left.from, error);
	if (code == KIN_OK)
		sink->left.to = 0;
	return code;
}

static void note_left(struct filesink *sink, const struct kin__file_append *file)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0 || (uint64_t)status.st_size <= file->size)
		return;
	sink->left.device = status.st_dev;
	sink->left.inode = status.st_ino;
	sink->left.from = file->size;
	sink->left.to = (uint64_t)status.st_size;
}

static int append_line(struct filesink *sink, struct kin__file_append *file,
                       const struct kin_failure *failure, struct kin_error *error)
{
	struct kin__bytes line;
	int code;

	kin__bytes_init(&line);
	if (failure->json_payload)
		kin__bytes_add(&line, failure->json_payload, failure->json_payload_size);
	else
		kin__bytes_add(&line, failure->json, failure->json_size);
	kin__bytes_char(&line, '\n');
	code = line.failed ? kin__error_nomem(error) : kin__file_append(file, kin__bytes_view(&line), error);
	if (code == KIN_IO)
		note_left(sink, file);
	kin__bytes_fini(&line);
	return code;
}

static int send_failure(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	struct filesink *sink = user;
	struct kin__file_append file;
	int code;

	kin__file_append_init(&file);
	code = kin__file_append_open(&file, sink->path, KIN__FILE_MAKE | KIN__FILE_WAIT, error);
	if (code == KIN_OK)
		code = cut_left(sink, &file, error);
	if (code == KIN_OK)
		code = cut_torn_line(&file, error);
	if (code == KIN_OK)
		code = append_line(sink, &file, failure, error);
	kin__file_append_close(&file);
	return code;
}

/* Finds out, at open, that nothing could be written later.  While somebody writes there, that is not known. */
static int look_at(const char *path, struct kin_error *error)
{
	struct kin__file_append file;
	int code;

	kin__file_append_init(&file);
	code = kin__file_append_open(&file, path, KIN__FILE_MAKE, error);
	if (code == KIN_OK)
		code = cut_torn_line(&file, error);
	kin__file_append_close(&file);
	return code == KIN_IN_USE ? KIN_OK : code;
}

static void close_file(void *user)
{
	struct filesink *sink = user;

	kin__mem_free(sink->path);
	kin__mem_free(sink);
}

int kin__sinkfile_open(struct kin_sink *out, const char *rest, struct kin_error *error)
{
	struct filesink *sink;
	int code;

	if (!rest[0])
		return kin__error(error, KIN_INVALID,
		                  "on_failure 'file:': the path of a file must follow 'file:'");
	code = look_at(rest, error);
	if (code != KIN_OK)
		return code;
	sink = kin__mem_zalloc(sizeof *sink);
	if (sink)
		sink->path = kin__mem_text(rest);
	if (!sink || !sink->path) {
		kin__mem_free(sink);
		return kin__error_nomem(error);
	}
	*out = (struct kin_sink){
		.size = sizeof *out, .user = sink, .send = send_failure, .close = close_file
	};
	return KIN_OK;
}
