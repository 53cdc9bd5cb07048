/* sinks/file - "file:PATH": one line of JSON, payload included, for each piece of a batch that is given up.
 *
 * Blocking; one thread at a time.  A line is on the disk before the records count as done.  Others may append whole
 * lines to the same file, or move it away: each call opens it anew.  Invariant: a line begins where a line may begin.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "sinks/sink.h"

struct filesink {
	char *path;
};

enum { TAIL_BLOCK = 4096 };

/* Where the last whole line ends: behind the last newline, or 0; -1 with errno. */
static off_t last_line_end(int fd, off_t size)
{
	char block[TAIL_BLOCK];

	while (size > 0) {
		size_t n = size < TAIL_BLOCK ? (size_t)size : TAIL_BLOCK;
		ssize_t got = pread(fd, block, n, size - (off_t)n);

		if (got != (ssize_t)n) {
			errno = got < 0 ? errno : EIO;
			return -1;
		}
		while (n-- > 0)
			if (block[n] == '\n')
				return size - (off_t)((size_t)got - n) + 1;
		size -= got;
	}
	return 0;
}

/*
 * A crash can leave the beginning of a line.  Its records were never counted as done and will come again: it is
 * cut off, so that every line of the file is whole.
 */
static int cut_torn_line(const char *path, struct kin_error *error)
{
	struct stat status;
	off_t whole;
	int code = KIN_OK;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? KIN_OK
		                       : kin__error_errno(error, KIN_IO, errno, "cannot open %s", path);
	if (fstat(fd, &status) != 0)
		code = kin__error_errno(error, KIN_IO, errno, "cannot look at %s", path);
	else if (!S_ISREG(status.st_mode))
		code = kin__error(error, KIN_IO, "%s is not a regular file", path);
	else if ((whole = last_line_end(fd, status.st_size)) < 0)
		code = kin__error_errno(error, KIN_IO, errno, "cannot read %s", path);
	else if (whole < status.st_size && (ftruncate(fd, whole) != 0 || fsync(fd) != 0))
		code = kin__error_errno(error, KIN_IO, errno, "cannot cut the unfinished last line of %s",
		                        path);
	close(fd);
	return code;
}

/* Also finds out, at open, that nothing could be written later. */
static int open_whole(struct kin__file_append *file, const char *path, struct kin_error *error)
{
	int code = cut_torn_line(path, error);

	kin__file_append_init(file);
	return code == KIN_OK ? kin__file_append_open(file, path, error) : code;
}

static int send_failure(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	struct filesink *sink = user;
	struct kin__file_append file;
	struct kin__bytes line;
	int code = open_whole(&file, sink->path, error);

	kin__bytes_init(&line);
	if (code == KIN_OK) {
		kin__bytes_add(&line, failure->json_payload, failure->json_payload_size);
		kin__bytes_char(&line, '\n');
		code = line.failed ? kin__error_nomem(error)
		                   : kin__file_append(&file, kin__bytes_view(&line), error);
	}
	kin__bytes_fini(&line);
	kin__file_append_close(&file);
	return code;
}

static void close_file(void *user)
{
	struct filesink *sink = user;

	kin__mem_free(sink->path);
	kin__mem_free(sink);
}

int kin__sinkfile_open(struct kin_sink *out, const char *rest, struct kin_error *error)
{
	struct kin__file_append file;
	struct filesink *sink;
	int code;

	if (!rest[0])
		return kin__error(error, KIN_INVALID,
		                  "on_failure 'file:': the path of a file must follow 'file:'");
	code = open_whole(&file, rest, error);
	kin__file_append_close(&file);
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
