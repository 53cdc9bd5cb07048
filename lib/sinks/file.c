/* sinks/file - "file:PATH": one JSON line for each failure, with the records' event as payload; synced.
 *
 * Lines are whole: a failed write is cut back, and a line that a crash left without its newline is cut at open;
 * it was never answered, so it comes again.
 */
#include "base/bytes.h"
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"
#include "sinks/sink.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct filesink {
	struct kin__file_append file;
	struct kin__bytes line;
	char *path;
	bool doubt; /* a write failed: what is behind the last newline is nobody's */
};

/* Cuts what follows the last newline. */
static int cut_torn(const char *path, struct kin_error *error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), code = KIN_OK;
	off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END), at = end;
	char last = 0;

	while (at > 0 && last != '\n')
		if (pread(fd, &last, 1, --at) != 1)
			break;
	off_t keep = last == '\n' ? at + 1 : 0;
	if (fd < 0 || (end > keep && (ftruncate(fd, keep) != 0 || fsync(fd) != 0)))
		code = kin__error_errno(error, KIN_IO, errno, "cannot cut the torn last line of %s", path);
	if (fd >= 0)
		close(fd);
	return code;
}

static int open_clean(struct filesink *sink, struct kin_error *error)
{
	kin__file_append_close(&sink->file);
	int code = kin__file_append_open(&sink->file, sink->path, error);
	if (code == KIN_OK)
		code = cut_torn(sink->path, error);
	sink->doubt = code != KIN_OK;
	return code;
}

static int send(void *user, const struct kin_failure *failure, struct kin_error *error)
{
	struct filesink *sink = user;
	int code = sink->doubt ? open_clean(sink, error) : KIN_OK;

	if (code != KIN_OK)
		return code;
	kin__bytes_clear(&sink->line);
	kin__bytes_add(&sink->line, failure->json_payload, failure->json_payload_size);
	kin__bytes_char(&sink->line, '\n');
	if (sink->line.failed)
		return kin__error_nomem(error);
	code = kin__file_append(&sink->file, kin__bytes_view(&sink->line), error);
	sink->doubt = code != KIN_OK;
	return code;
}

static void close_file(void *user)
{
	struct filesink *sink = user;

	kin__file_append_close(&sink->file);
	kin__bytes_fini(&sink->line);
	kin__mem_free(sink->path);
	kin__mem_free(sink);
}

int kin__sinkfile_open(struct kin_sink *out, const char *rest, struct kin_error *error)
{
	struct filesink *sink;
	int code;

	if (!rest[0])
		return kin__error(error, KIN_INVALID,
		                  "on_failure 'file:': a path must follow, as in file:/var/lib/app/failed");
	sink = kin__mem_zalloc(sizeof *sink);
	if (!sink)
		return kin__error_nomem(error);
	kin__file_append_init(&sink->file);
	kin__bytes_init(&sink->line);
	sink->path = kin__mem_text(rest);
	code = sink->path ? open_clean(sink, error) : kin__error_nomem(error);
	if (code != KIN_OK) {
		close_file(sink);
		return code;
	}
	*out = (struct kin_sink){ .size = sizeof *out, .user = sink, .send = send, .close = close_file };
	return KIN_OK;
}
