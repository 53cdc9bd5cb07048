/* io/file - see file.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/error.h"
#include "io/file.h"

int kin__file_raise(int fd)
{
	int raised, number;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	raised = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	number = errno;
	close(fd);
	errno = number;
	return raised;
}

/* 0, or -1 with errno. */
static int write_all(int fd, struct kin__span content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.at, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		content.at += n;
		content.n -= (size_t)n;
	}
	return 0;
}

static int read_all(int fd, size_t bytes_max, struct kin__bytes *out)
{
	char block[16384];
	size_t taken = 0;

	for (;;) {
		ssize_t n = read(fd, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : -1;
		taken += (size_t)n;
		if (taken > bytes_max) {
			errno = EFBIG;
			return -1;
		}
		kin__bytes_add(out, block, (size_t)n);
	}
}

static int read_regular(int fd, const char *path, size_t bytes_max, struct kin__bytes *out,
                        struct kin_error *error)
{
	if (read_all(fd, bytes_max, out) == 0)
		return out->failed ? kin__error_nomem(error) : KIN_OK;
	if (errno == EFBIG)
		return kin__error(error, KIN_IO, "%s is larger than %zu bytes", path, bytes_max);
	return kin__error_errno(error, KIN_IO, errno, "cannot read %s", path);
}

int kin__file_read(const char *path, size_t bytes_max, struct kin__bytes *out, struct kin_error *error)
{
	struct stat status;
	int code = KIN_OK;
	/* O_NONBLOCK: opening a pipe must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return kin__error_errno(error, errno == ENOENT || errno == ENOTDIR ? KIN_NOT_FOUND : KIN_IO,
		                        errno, "cannot open %s", path);
	if (fstat(fd, &status) != 0)
		code = kin__error_errno(error, KIN_IO, errno, "cannot look at %s", path);
	else if (!S_ISREG(status.st_mode))
		code = kin__error(error, KIN_IO, "%s is not a regular file", path);
	else
		code = read_regular(fd, path, bytes_max, out, error);
	close(fd);
	return code;
}

/* The folder of a path, 0-ended; NULL: out of memory. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return kin__mem_text(".");
	return kin__mem_text_n(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Makes the names in the folder of `path` last.  strange: perhaps somebody else's, who does not let us. */
static int sync_folder(const char *path, bool strange, struct kin_error *error)
{
	char *folder = folder_of(path);
	int code = KIN_OK, fd;

	if (!folder)
		return kin__error_nomem(error);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems cannot sync a folder, and say so with EINVAL. */
	if ((fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) &&
	    !(strange && (errno == EACCES || errno == EROFS)))
		code = kin__error_errno(error, KIN_IO, errno, "cannot sync the folder %s", folder);
	if (fd >= 0)
		close(fd);
	kin__mem_free(folder);
	return code;
}

static int write_new(const char *path, struct kin__span content, struct kin_error *error)
{
	/* A file of its own: what a crash left here goes, and so does what others put here, link or not. */
	static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = kin__file_raise(open(path, flags, 0600)), number = 0;

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = kin__file_raise(open(path, flags, 0600));
	if (fd < 0)
		return kin__error_errno(error, KIN_IO, errno, "cannot create %s", path);
	if (write_all(fd, content) != 0 || fsync(fd) != 0)
		number = errno;
	if (close(fd) != 0 && number == 0)
		number = errno;
	if (number == 0)
		return KIN_OK;
	unlink(path);
	return kin__error_errno(error, KIN_IO, number, "cannot write %s", path);
}

int kin__file_replace(const char *path, struct kin__span content, struct kin_error *error)
{
	struct kin__bytes beside;
	int code;

	kin__bytes_init(&beside);
	kin__bytes_text(&beside, path);
	kin__bytes_text(&beside, ".tmp");
	if (beside.failed) {
		kin__bytes_fini(&beside);
		return kin__error_nomem(error);
	}
	code = write_new(beside.at, content, error);
	if (code == KIN_OK && rename(beside.at, path) != 0) {
		code = kin__error_errno(error, KIN_IO, errno, "cannot rename %s to %s", beside.at, path);
		unlink(beside.at);
	}
	if (code == KIN_OK)
		code = sync_folder(path, false, error);
	kin__bytes_fini(&beside);
	return code;
}

int kin__file_remove(const char *path, struct kin_error *error)
{
	if (unlink(path) == 0)
		return sync_folder(path, false, error);
	if (errno == ENOENT)
		return KIN_OK;
	return kin__error_errno(error, KIN_IO, errno, "cannot remove %s", path);
}

static int make_folder(const char *path, struct kin_error *error)
{
	struct stat status;
	int number = mkdir(path, 0700) == 0 ? 0 : errno;

	if (stat(path, &status) != 0)
		return kin__error_errno(error, KIN_IO, number ? number : errno, "cannot make the folder %s",
		                        path);
	return S_ISDIR(status.st_mode) ? KIN_OK : kin__error(error, KIN_IO, "%s is not a folder", path);
}

/* May not be ours to sync: then it was not us who made what is in it. */
static int sync_folder_above(const char *path, struct kin_error *error)
{
	return sync_folder(path, true, error);
}

/* Each folder of the path, the highest first. */
static int each_folder(const char *path, int (*visit)(const char *path, struct kin_error *error),
                       struct kin_error *error)
{
	char *copy = kin__mem_text(path);
	int code = KIN_OK;

	if (!copy)
		return kin__error_nomem(error);
	for (char *at = copy + 1; code == KIN_OK && at[-1]; at++) {
		char was = *at;

		if ((was != '/' && was != 0) || at[-1] == '/')
			continue;
		*at = 0;
		code = visit(copy, error);
		*at = was;
	}
	kin__mem_free(copy);
	return code;
}

int kin__file_make_folders(const char *path, struct kin_error *error)
{
	return each_folder(path, make_folder, error);
}

int kin__file_sync_folder(const char *path, struct kin_error *error)
{
	return sync_folder(path, false, error);
}

int kin__file_sync_folders(const char *path, struct kin_error *error)
{
	return each_folder(path, sync_folder_above, error);
}

/* --- locks ----------------------------------------------------------------------- */

/* flock, not fcntl: a lock of fcntl is the process's, and two handles of one process must not share it. */
static int lock_file(int fd, const char *path, bool wait, struct kin_error *error)
{
	int done;

	do
		done = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
	while (done != 0 && errno == EINTR);
	if (done == 0)
		return KIN_OK;
	if (errno == EWOULDBLOCK)
		return kin__error(error, KIN_IN_USE, "%s is in use by another process or handle", path);
	return kin__error_errno(error, KIN_IO, errno,
	                        "cannot lock %s (its file system must have locks; keep it on a local disk)",
	                        path);
}

/* A child made by vfork() or _Fork() has the descriptor, too, and with it the lock: give it back. */
static void unlock_file(int fd)
{
	if (fd < 0)
		return;
	(void)flock(fd, LOCK_UN);
	close(fd);
}

/*
 * Not through a link: it would be its folder that is synced, and a stranger's link in an open folder could lead
 * anywhere.  O_NONBLOCK: opening a pipe must not wait for its other end.
 */
static int open_own(const char *path, int flags, int *fd, struct kin_error *error)
{
	struct stat status;

	*fd = kin__file_raise(open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
	if (*fd < 0 && errno == ENOENT && !(flags & O_CREAT))
		return kin__error(error, KIN_NOT_FOUND, "%s does not exist", path);
	if (*fd < 0 && errno == ELOOP)
		return kin__error(error, KIN_IO, "%s is a symbolic link; name the file it leads to", path);
	if (*fd < 0)
		return kin__error_errno(error, KIN_IO, errno, "cannot open %s", path);
	if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode))
		return KIN_OK;
	close(*fd);
	return kin__error(error, KIN_IO, "%s is not a regular file", path);
}

/* --- append ---------------------------------------------------------------------- */

void kin__file_append_init(struct kin__file_append *file)
{
	*file = (struct kin__file_append){ .fd = -1 };
	kin__fork_fd_init(&file->held);
}

int kin__file_append_open(struct kin__file_append *file, const char *path, unsigned how,
                          struct kin_error *error)
{
	struct stat status;
	int fd, code = open_own(path, O_RDWR | O_APPEND | (how & KIN__FILE_MAKE ? O_CREAT : 0), &fd, error);

	if (code != KIN_OK)
		return code;
	code = lock_file(fd, path, how & KIN__FILE_WAIT, error);
	/* Also of a file that was there: whoever made it may have died before that. */
	if (code == KIN_OK)
		code = sync_folder(path, false, error);
	if (code == KIN_OK && fstat(fd, &status) != 0)
		code = kin__error_errno(error, KIN_IO, errno, "cannot look at %s", path);
	if (code == KIN_OK && (file->path = kin__mem_text(path)) == NULL)
		code = kin__error_nomem(error);
	if (code != KIN_OK) {
		unlock_file(fd);
		return code;
	}
	kin__fork_hold(&file->held, &file->fd, fd);
	file->size = (uint64_t)status.st_size;
	return KIN_OK;
}

int kin__file_append_read(struct kin__file_append *file, size_t bytes_max, struct kin__bytes *out,
                          struct kin_error *error)
{
	if (lseek(file->fd, 0, SEEK_SET) != 0)
		return kin__error_errno(error, KIN_IO, errno, "cannot read %s", file->path);
	return read_regular(file->fd, file->path, bytes_max, out, error);
}

int kin__file_append_cut(struct kin__file_append *file, uint64_t size, struct kin_error *error)
{
	if (ftruncate(file->fd, (off_t)size) != 0 || fsync(file->fd) != 0)
		return kin__error_errno(error, KIN_IO, errno, "cannot cut %s to %llu bytes", file->path,
		                        (unsigned long long)size);
	file->size = size;
	return KIN_OK;
}

int kin__file_append(struct kin__file_append *file, struct kin__span content, struct kin_error *error)
{
	struct stat status;
	int number;

	if (file->fd < 0)
		return kin__error(error, KIN_IO, "the file is closed");
	if (fstat(file->fd, &status) != 0)
		return kin__error_errno(error, KIN_IO, errno, "cannot look at %s", file->path);
	file->size = (uint64_t)status.st_size;
	if (write_all(file->fd, content) == 0 && fsync(file->fd) == 0) {
		file->size += content.n;
		return KIN_OK;
	}
	number = errno;
	if (ftruncate(file->fd, (off_t)file->size) != 0)
		return kin__error_errno(error, KIN_IO, number,
		                        "cannot write to %s, nor cut it back to %llu bytes", file->path,
		                        (unsigned long long)file->size);
	return kin__error_errno(error, KIN_IO, number, "cannot write to %s", file->path);
}

void kin__file_append_close(struct kin__file_append *file)
{
	unlock_file(kin__fork_release(&file->held));
	kin__mem_free(file->path);
	kin__file_append_init(file);
}

/* --- a lock by itself -------------------------------------------------------------- */

void kin__file_lock_init(struct kin__file_lock *lock)
{
	lock->fd = -1;
	kin__fork_fd_init(&lock->held);
}

static int in_use(int fd, const char *path, struct kin_error *error)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
	size_t digits = n > 0 ? strspn(pid, "0123456789") : 0;

	pid[digits] = 0;
	return kin__error(error, KIN_IN_USE, "%s is in use by process %s", path,
	                  digits > 0 ? pid : "(unknown)");
}

int kin__file_lock(struct kin__file_lock *lock, const char *path, struct kin_error *error)
{
	char pid[24];
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	int fd, code = open_own(path, O_RDWR | O_CREAT, &fd, error);

	if (code != KIN_OK)
		return code;
	code = lock_file(fd, path, false, error);
	if (code == KIN_IN_USE)
		code = in_use(fd, path, error);
	else if (code == KIN_OK && (ftruncate(fd, 0) != 0 || write_all(fd, kin__span(pid, (size_t)n)) != 0))
		code = kin__error_errno(error, KIN_IO, errno, "cannot write %s", path);
	if (code != KIN_OK) {
		close(fd);
		return code;
	}
	kin__fork_hold(&lock->held, &lock->fd, fd);
	return KIN_OK;
}

void kin__file_unlock(struct kin__file_lock *lock)
{
	unlock_file(kin__fork_release(&lock->held));
}
