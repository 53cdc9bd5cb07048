/* power/disk - see disk.h */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "power/disk.h"

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_pread(int fd, void *bytes, size_t n, off_t at);
ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_ftruncate(int fd, off_t size);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __real_flock(int fd, int how);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t at);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_flock(int fd, int how);

enum { FILES = 64, CHANGES = 4096, NAMES = 64, CONTENT = 1 << 20, PATH = 256, GRAIN = 64 };
enum { LOST, KEPT, HALF, ZEROS, FIRST_ZEROS, LAST_ZEROS, RANDOM, RANDOM_AGAIN, TEARS };

/* What was done to a file since its last fsync. */
struct change {
	off_t at;
	size_t n;   /* 0: cut to `at` */
	char *data; /* NULL: cut, or lost by a failed fsync */
};
struct file {
	ino_t inode;
	char *safe; /* what an fsync covered */
	size_t safe_n;
	struct change changes[CHANGES];
	unsigned changes_n;
};
/* A name in a folder: now, or as a change since the folder's last fsync.  file -1: a folder; -2: gone. */
struct name {
	char path[PATH];
	int file;
};
static struct {
	char folder[PATH];
	bool on, cut, lockless;
	unsigned step, fail_first, fail_last, cut_at;
	enum disk_fault fault;
	struct file *files;
	int files_n;
	struct name safe[NAMES], changes[NAMES];
	unsigned safe_n, changes_n;
	char step_name[PATH + 32];
} disk;

static struct {
	ino_t inode; /* 0: none */
	off_t from, to;
} unreadable;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "power/disk: %s: %s\n", what, strerror(errno));
	abort();
}

/* ---- names ---- */

static bool below(const char *path)
{
	size_t n = strlen(disk.folder);

	return disk.on && strncmp(path, disk.folder, n) == 0 && path[n] == '/';
}

static bool path_of(int fd, char path[PATH])
{
	char link[64];

	if (!disk.on)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH - 1);
	path[n > 0 ? n : 0] = 0;
	return below(path) || strcmp(path, disk.folder) == 0;
}

static void set_name(struct name *names, unsigned *n, const char *path, int file)
{
	for (unsigned i = 0; i < *n; i++)
		if (strcmp(names[i].path, path) == 0) {
			names[i].file = file;
			return;
		}
	must(*n < NAMES, "more names than there is room for");
	snprintf(names[*n].path, PATH, "%s", path);
	names[(*n)++].file = file;
}

static void note_name(const char *path, int file)
{
	must(disk.changes_n < NAMES, "more changes of names than there is room for");
	snprintf(disk.changes[disk.changes_n].path, PATH, "%s", path);
	disk.changes[disk.changes_n++].file = file;
}

/* The last word on a name; -2: there is none. */
static int file_of(const char *path)
{
	for (unsigned i = disk.changes_n; i-- > 0;)
		if (strcmp(disk.changes[i].path, path) == 0)
			return disk.changes[i].file;
	for (unsigned i = 0; i < disk.safe_n; i++)
		if (strcmp(disk.safe[i].path, path) == 0)
			return disk.safe[i].file;
	return -2;
}

static bool is_in(const char *path, const char *folder)
{
	const char *slash = strrchr(path, '/');

	return (size_t)(slash - path) == strlen(folder) && strncmp(path, folder, strlen(folder)) == 0;
}

/* ---- content ---- */

static struct file *file_at(int fd)
{
	struct stat status;

	must(fstat(fd, &status) == 0, "fstat");
	for (int i = disk.files_n; i-- > 0;)
		if (disk.files[i].inode == status.st_ino)
			return &disk.files[i];
	must(false, "a file nobody saw being made");
	return NULL;
}

static void note_change(struct file *file, off_t at, const void *data, size_t n)
{
	must(file->changes_n < CHANGES, "more changes of a file than there is room for");
	struct change *change = &file->changes[file->changes_n++];
	*change = (struct change){ .at = at, .n = n, .data = n ? malloc(n) : NULL };
	if (n)
		memcpy(change->data, data, n);
}

static void resize(char *content, size_t *size, size_t to)
{
	must(to <= CONTENT, "a file larger than there is room for");
	if (to > *size)
		memset(content + *size, 0, to - *size);
	*size = to;
}

/* Whether the grain at this place of the file reached the disk. */
static bool reached(unsigned tear, size_t at, const struct change *change)
{
	size_t grain = at / GRAIN, first = (size_t)change->at / GRAIN,
	       last = ((size_t)change->at + change->n - 1) / GRAIN;

	switch (tear) {
	case ZEROS:
		return false;
	case FIRST_ZEROS:
		return grain != first;
	case LAST_ZEROS:
		return grain != last;
	case RANDOM:
	case RANDOM_AGAIN:
		return ((grain + 3 * tear) * 2654435761U >> 7 & 1) != 0;
	default:
		return true;
	}
}

static void apply(char *content, size_t *size, const struct change *change, unsigned tear)
{
	size_t at = (size_t)change->at, n = tear == HALF ? change->n / 2 : change->n;

	if (change->n == 0) {
		resize(content, size, at);
		return;
	}
	if (at + n > *size)
		resize(content, size, at + n);
	for (size_t i = 0; i < n; i++)
		content[at + i] = (char)(change->data && reached(tear, at + i, change) ? change->data[i] : 0);
}

static void drop_changes(struct file *file)
{
	for (unsigned i = 0; i < file->changes_n; i++)
		free(file->changes[i].data);
	file->changes_n = 0;
}

/* A file as it may be found: the last change torn, or all changes lost. */
static void found_content(const struct file *file, unsigned tear, char *content, size_t *size)
{
	*size = file->safe_n;
	memcpy(content, file->safe, file->safe_n);
	for (unsigned i = 0; tear != LOST && i < file->changes_n; i++)
		apply(content, size, &file->changes[i], i + 1 < file->changes_n ? (unsigned)KEPT : tear);
}

/* ---- steps ---- */

enum verdict { GO, FAIL, HALVE, NOTE_ONLY, DEAD };

static enum verdict step(const char *call, const char *path)
{
	if (disk.cut)
		return DEAD;
	disk.step++;
	bool cut = disk.step == disk.cut_at,
	     fails = disk.step >= disk.fail_first && disk.step <= disk.fail_last;

	if (cut || fails)
		snprintf(disk.step_name, sizeof disk.step_name, "%s %s", call, strrchr(path, '/') + 1);
	if (cut) {
		disk.cut = true;
		return NOTE_ONLY;
	}
	if (!fails)
		return GO;
	if (disk.fault == DISK_SHORT && disk.step == disk.fail_first && strcmp(call, "write") == 0)
		return HALVE;
	return FAIL;
}

static int failed(enum verdict verdict)
{
	errno = verdict == FAIL && disk.fault == DISK_ENOSPC ? ENOSPC : EIO;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	struct stat status;
	mode_t mode = 0;
	va_list rest;

	if (flags & O_CREAT) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	if (!below(path))
		return __real_open(path, flags, mode);
	enum verdict verdict = step("open", path);
	if (verdict != GO)
		return failed(verdict);
	bool made = (flags & O_CREAT) && lstat(path, &status) != 0;
	int fd = __real_open(path, flags, mode);
	if (fd < 0)
		return fd;
	if (made) {
		must(disk.files_n < FILES && fstat(fd, &status) == 0, "more files than there is room for");
		struct file *file = &disk.files[disk.files_n];
		*file = (struct file){ .inode = status.st_ino, .safe = malloc(CONTENT) };
		note_name(path, disk.files_n++);
	} else if (flags & O_TRUNC) {
		note_change(file_at(fd), 0, NULL, 0);
	}
	return fd;
}

/* The descriptor is gone in any case, as on Linux. */
int __wrap_close(int fd)
{
	char path[PATH];

	if (!path_of(fd, path))
		return __real_close(fd);
	enum verdict verdict = step("close", path);
	__real_close(fd);
	return verdict == GO ? 0 : failed(verdict);
}

void disk_unreadable(const char *path, unsigned from, unsigned to)
{
	struct stat status = { .st_ino = 0 };

	if (path)
		must(stat(path, &status) == 0, "a file that is not there");
	unreadable.inode = status.st_ino;
	unreadable.from = (off_t)from;
	unreadable.to = (off_t)to;
}

/* Up to the first byte that cannot be read. */
ssize_t __wrap_pread(int fd, void *bytes, size_t n, off_t at)
{
	struct stat status;

	if (unreadable.inode == 0 || fstat(fd, &status) != 0 || status.st_ino != unreadable.inode ||
	    at >= unreadable.to || at + (off_t)n <= unreadable.from)
		return __real_pread(fd, bytes, n, at);
	if (at < unreadable.from)
		return __real_pread(fd, bytes, (size_t)(unreadable.from - at), at);
	errno = EIO;
	return -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
	char path[PATH];

	if (!path_of(fd, path))
		return __real_write(fd, bytes, n);
	enum verdict verdict = step("write", path);
	if (verdict == FAIL || verdict == DEAD)
		return failed(verdict);
	if (verdict == HALVE)
		n = (n + 1) / 2;
	off_t at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
	note_change(file_at(fd), at, bytes, n);
	return verdict == NOTE_ONLY ? failed(verdict) : __real_write(fd, bytes, n);
}

static void sync_file(struct file *file)
{
	for (unsigned i = 0; i < file->changes_n; i++)
		apply(file->safe, &file->safe_n, &file->changes[i], KEPT);
	drop_changes(file);
}

static void sync_names(const char *folder)
{
	unsigned left = 0;

	for (unsigned i = 0; i < disk.changes_n; i++)
		if (is_in(disk.changes[i].path, folder))
			set_name(disk.safe, &disk.safe_n, disk.changes[i].path, disk.changes[i].file);
		else
			disk.changes[left++] = disk.changes[i];
	disk.changes_n = left;
}

int __wrap_fsync(int fd)
{
	struct stat status;
	char path[PATH];

	if (!path_of(fd, path))
		return 0; /* nobody will look after a real loss of power */
	enum verdict verdict = step("fsync", path);
	must(fstat(fd, &status) == 0, "fstat");
	if (verdict == GO && S_ISDIR(status.st_mode))
		sync_names(path);
	else if (verdict == GO)
		sync_file(file_at(fd));
	else if ((verdict == FAIL || verdict == HALVE) && !S_ISDIR(status.st_mode)) {
		struct file *file = file_at(fd);
		for (unsigned i = 0; i < file->changes_n; i++) {
			free(file->changes[i].data);
			file->changes[i].data = NULL;
		}
	}
	return verdict == GO ? 0 : failed(verdict);
}

int __wrap_ftruncate(int fd, off_t size)
{
	char path[PATH];

	if (!path_of(fd, path))
		return __real_ftruncate(fd, size);
	enum verdict verdict = step("ftruncate", path);
	if (verdict == GO || verdict == NOTE_ONLY)
		note_change(file_at(fd), size, NULL, 0);
	return verdict == GO ? __real_ftruncate(fd, size) : failed(verdict);
}

int __wrap_rename(const char *from, const char *to)
{
	if (!below(from))
		return __real_rename(from, to);
	enum verdict verdict = step("rename", from);
	if (verdict == GO || verdict == NOTE_ONLY) {
		int file = file_of(from);
		must(file >= 0, "rename of what is no file");
		note_name(to, file);
		note_name(from, -2);
	}
	return verdict == GO ? __real_rename(from, to) : failed(verdict);
}

int __wrap_unlink(const char *path)
{
	if (!below(path))
		return __real_unlink(path);
	enum verdict verdict = step("unlink", path);
	if ((verdict == GO || verdict == NOTE_ONLY) && file_of(path) >= 0)
		note_name(path, -2);
	return verdict == GO ? __real_unlink(path) : failed(verdict);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	if (!below(path))
		return __real_mkdir(path, mode);
	enum verdict verdict = step("mkdir", path);
	if ((verdict == GO || verdict == NOTE_ONLY) && file_of(path) == -2)
		note_name(path, -1);
	return verdict == GO ? __real_mkdir(path, mode) : failed(verdict);
}

int __wrap_flock(int fd, int how)
{
	if (!disk.lockless)
		return __real_flock(fd, how);
	errno = ENOLCK;
	return -1;
}

/* ---- for the test ---- */

void disk_without_locks(void)
{
	disk.lockless = true;
}

void disk_watch(const char *folder)
{
	for (int i = 0; i < disk.files_n; i++) {
		drop_changes(&disk.files[i]);
		free(disk.files[i].safe);
	}
	struct file *files = disk.files ? disk.files : calloc(FILES, sizeof *files);
	memset(&disk, 0, sizeof disk);
	disk.files = files;
	snprintf(disk.folder, sizeof disk.folder, "%s", folder);
	disk.on = true;
}

void disk_stop(void)
{
	disk.on = false;
}

void disk_count(void)
{
	disk.step = 0;
}

unsigned disk_steps(void)
{
	return disk.step;
}

void disk_fail(unsigned first, unsigned last, enum disk_fault fault)
{
	disk.fail_first = first;
	disk.fail_last = last;
	disk.fault = fault;
}

void disk_cut(unsigned at)
{
	disk.cut_at = at;
}

bool disk_is_cut(void)
{
	return disk.cut;
}

const char *disk_step_name(void)
{
	return disk.step_name;
}

unsigned disk_outcomes(void)
{
	return TEARS * (disk.changes_n + 1);
}

static void lay_out(const struct name *name, unsigned tear, const char *folder)
{
	static char content[CONTENT];
	char path[2 * PATH];
	size_t size;

	snprintf(path, sizeof path, "%s%s", folder, name->path + strlen(disk.folder));
	if (name->file == -1) {
		must(__real_mkdir(path, 0700) == 0 || errno == EEXIST || errno == ENOENT, path);
	} else if (name->file >= 0) {
		int fd = __real_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0 && errno == ENOENT)
			return; /* its folder is lost, and so is what was in it */
		must(fd >= 0, path);
		found_content(&disk.files[name->file], tear, content, &size);
		must(__real_write(fd, content, size) == (ssize_t)size, path);
		__real_close(fd);
	}
}

void disk_restore(unsigned outcome, const char *folder)
{
	struct name names[NAMES];
	unsigned n = disk.safe_n, applied = outcome / TEARS;

	memcpy(names, disk.safe, sizeof names);
	for (unsigned i = 0; i < applied && i < disk.changes_n; i++)
		set_name(names, &n, disk.changes[i].path, disk.changes[i].file);
	for (unsigned depth = 0; depth < 4;
	     depth++) /* a folder comes before what is in it; what is in none is lost */
		for (unsigned i = 0; i < n; i++)
			if (names[i].file == -1)
				lay_out(&names[i], 0, folder);
	for (unsigned i = 0; i < n; i++)
		if (names[i].file != -1)
			lay_out(&names[i], outcome % TEARS, folder);
}
