/* spool/recover - what an earlier process left in the folder; see spooler.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "spool/own.h"

enum { DIGITS = 16, JOURNAL_MAX = 16 << 20 }; /* bytes; those of the largest segment are a third of it */

struct names {
	uint64_t *at; /* of segments */
	size_t n, room;
	uint64_t *done; /* of journals */
	size_t done_n, done_room;
};

int kin__spooler_set_aside(struct kin__spooler *spooler, uint64_t number, struct kin_error *error)
{
	struct kin__bytes from, to, done;
	int code = KIN_OK;

	kin__bytes_init(&from);
	kin__bytes_init(&to);
	kin__bytes_init(&done);
	if (!kin__spooler_path(spooler, number, ".spool", &from) ||
	    !kin__spooler_path(spooler, number, ".damaged", &to) ||
	    !kin__spooler_path(spooler, number, ".done", &done))
		code = kin__error_nomem(error);
	else if (rename(from.at, to.at) != 0 &&
	         errno != ENOENT) /* a try before this one may have come so far */
		code = kin__error_errno(error, KIN_IO, errno, "the spool cannot rename %s", from.at);
	else
		code = kin__file_sync_folder(to.at, error);
	if (code == KIN_OK)
		code = kin__file_remove(done.at, error);
	kin__bytes_fini(&from);
	kin__bytes_fini(&to);
	kin__bytes_fini(&done);
	return code;
}

/* --- the names in the folder -------------------------------------------------------------- */

static bool read_number(const char *name, uint64_t *out)
{
	uint64_t value = 0;

	for (int i = 0; i < DIGITS; i++) {
		char c = name[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	return value > 0;
}

static bool add(uint64_t **at, size_t *n, size_t *room, uint64_t number)
{
	if (kin__mem_room(at, room, *n + 1, sizeof **at) < 0)
		return false;
	(*at)[(*n)++] = number;
	return true;
}

/* What is not named as ours is not ours. */
static int take_name(struct kin__spooler *spooler, struct names *names, const char *name,
                     struct kin_error *error)
{
	bool segment, journal, fine = true;
	uint64_t number;

	if (!read_number(name, &number))
		return KIN_OK;
	segment = strcmp(name + DIGITS, ".spool") == 0;
	journal = strcmp(name + DIGITS, ".done") == 0;
	if (!segment && !journal && strcmp(name + DIGITS, ".damaged") != 0)
		return KIN_OK;
	if (number > INT64_MAX) /* those behind it would come to an end */
		return kin__error(error, KIN_IO,
		                  "the spool cannot use %s/%s: no spool counts that far; move it away",
		                  spooler->set.folder, name);
	if (segment)
		fine = add(&names->at, &names->n, &names->room, number);
	else if (journal)
		fine = add(&names->done, &names->done_n, &names->done_room, number);
	else
		kin__spool_number_used(&spooler->books, number);
	return fine ? KIN_OK : kin__error_nomem(error);
}

static int read_names(struct kin__spooler *spooler, struct names *names, struct kin_error *error)
{
	DIR *folder = opendir(spooler->set.folder);
	const struct dirent *entry;
	int code = KIN_OK;

	if (!folder)
		return kin__error_errno(error, KIN_IO, errno, "the spool cannot look into %s",
		                        spooler->set.folder);
	while (code == KIN_OK && (errno = 0, entry = readdir(folder)) != NULL)
		code = take_name(spooler, names, entry->d_name, error);
	if (code == KIN_OK && errno != 0)
		code = kin__error_errno(error, KIN_IO, errno, "the spool cannot look into %s",
		                        spooler->set.folder);
	closedir(folder);
	return code;
}

static int by_number(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

/* --- a segment ------------------------------------------------------------------------------ */

static const char *name_of(const char *stream)
{
	const char *slash = strrchr(stream, '/');

	return slash ? slash + 1 : stream;
}

/* A name and an ARN may be the same stream's; two ARNs are compared as they are. */
static bool same_stream(const struct kin__spooler *spooler, const char *found)
{
	const char *own = spooler->set.stream;

	if (strcmp(own, found) == 0)
		return true;
	return !(strncmp(own, "arn:", 4) == 0 && strncmp(found, "arn:", 4) == 0) &&
	       strcmp(name_of(own), name_of(found)) == 0;
}

static int check_stream(struct kin__spooler *spooler, struct kin__span found, struct kin_error *error)
{
	char *stream = kin__mem_text_n(found.at, found.n);
	int code = KIN_OK;

	if (!stream)
		return kin__error_nomem(error);
	if (!same_stream(spooler, stream))
		code = kin__error(error, KIN_INVALID,
		                  "the spool in %s holds records of stream %s, not of %s; give each stream a "
		                  "folder of its own",
		                  spooler->set.folder, stream, spooler->set.stream);
	kin__mem_free(stream);
	return code;
}

/* Its segment may have lost its end with the power. */
static int read_journal(struct kin__spooler *spooler, struct kin__spool_segment *segment,
                        struct kin_error *error)
{
	struct kin__bytes path, content;
	int code;

	kin__bytes_init(&path);
	kin__bytes_init(&content);
	code = kin__spooler_path(spooler, segment->number, ".done", &path)
	                       ? kin__file_read(path.at, JOURNAL_MAX, &content, error)
	                       : kin__error_nomem(error);
	if (code == KIN_OK &&
	    !kin__spool_found_journal(&spooler->books, segment, &spooler->set.crc, kin__bytes_view(&content)))
		code = kin__error_nomem(error);
	kin__bytes_fini(&path);
	kin__bytes_fini(&content);
	return code == KIN_NOT_FOUND ? KIN_OK : code;
}

/* A journal whose segment is gone. */
static int remove_journal(struct kin__spooler *spooler, uint64_t number, struct kin_error *error)
{
	struct kin__bytes path;
	int code;

	kin__spool_number_used(&spooler->books, number);
	kin__bytes_init(&path);
	code = kin__spooler_path(spooler, number, ".done", &path) ? kin__file_remove(path.at, error)
	                                                          : kin__error_nomem(error);
	kin__bytes_fini(&path);
	return code;
}

/* Its head is not whole. */
static int without_head(struct kin__spooler *spooler, uint64_t number, const char *path, uint64_t size,
                        enum kin__spool_state state, struct kin_error *error)
{
	kin__spool_number_used(&spooler->books, number);
	if (state == KIN__SPOOL_BEGUN) {
		int code = kin__file_remove(path, error);

		return code == KIN_OK ? remove_journal(spooler, number, error) : code;
	}
	kin__spooler_log(spooler, KIN_LOG_ERROR,
	                 "%s is damaged at byte 0, its head: its %llu bytes are left out, the file is kept "
	                 "as .damaged",
	                 path, (unsigned long long)size);
	spooler->damaged++;
	return kin__spooler_set_aside(spooler, number, error);
}

static int read_head(struct kin__spooler *spooler, uint64_t number, const char *path, int fd, uint64_t size,
                     struct kin_error *error)
{
	char bytes[KIN__SPOOL_HEAD + KIN__SPOOL_STREAM_MAX + 8];
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	struct kin__spool_segment *segment;
	struct kin__spool_head head;
	enum kin__spool_state state;
	size_t head_n;
	int code;

	if (n < 0)
		return kin__error_errno(error, KIN_IO, errno, "the spool cannot read %s", path);
	state = kin__spool_look(&spooler->set.crc, number, kin__span(bytes, (size_t)n), size,
	                        spooler->set.head_n, &head, &head_n);
	if (state == KIN__SPOOL_LATER)
		return kin__error(error, KIN_UNSUPPORTED,
		                  "%s was written by a newer libkinstream; use that, or another folder",
		                  path);
	if (state != KIN__SPOOL_SOUND)
		return without_head(spooler, number, path, size, state, error);
	code = check_stream(spooler, head.stream, error);
	if (code != KIN_OK)
		return code;
	segment = kin__spool_found(&spooler->books, number, head.life, head_n, size);
	return segment ? read_journal(spooler, segment, error) : kin__error_nomem(error);
}

static int read_segment(struct kin__spooler *spooler, uint64_t number, struct kin_error *error)
{
	struct kin__bytes path;
	struct stat status;
	int code, fd = -1;

	kin__bytes_init(&path);
	if (!kin__spooler_path(spooler, number, ".spool", &path)) {
		kin__bytes_fini(&path);
		return kin__error_nomem(error);
	}
	fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &status) != 0)
		code = kin__error_errno(error, KIN_IO, errno, "the spool cannot open %s", path.at);
	else if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > UINT32_MAX)
		code = kin__error(error, KIN_IO,
		                  "the spool cannot use %s: it is not a file of a spool; move it away",
		                  path.at);
	else
		code = read_head(spooler, number, path.at, fd, (uint64_t)status.st_size, error);
	if (fd >= 0)
		close(fd);
	kin__bytes_fini(&path);
	return code;
}

int kin__spooler_recover(struct kin__spooler *spooler, struct kin_error *error)
{
	struct names names = { NULL, 0, 0, NULL, 0, 0 };
	int code = read_names(spooler, &names, error);

	if (names.n > 0)
		qsort(names.at, names.n, sizeof *names.at, by_number);
	for (size_t i = 0; code == KIN_OK && i < names.n; i++)
		code = read_segment(spooler, names.at[i], error);
	for (size_t i = 0; code == KIN_OK && i < names.done_n; i++)
		if (names.n == 0 || !bsearch(&names.done[i], names.at, names.n, sizeof *names.at, by_number))
			code = remove_journal(spooler, names.done[i], error);
	kin__mem_free(names.at);
	kin__mem_free(names.done);
	return code;
}
