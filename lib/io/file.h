/* io/file - whole files: read, replaced as one, appended to, locked.  Blocking: storage threads only.
 *
 * Errors are KIN_IO, or as said; their texts name the path and the cause.  New files have mode 0600, new
 * folders 0700.
 */
#ifndef KIN_IO_FILE_H
#define KIN_IO_FILE_H
#include "base/bytes.h"
#include "io/fork.h"
#include <kinstream/error.h>

/* Appends the whole file.  KIN_NOT_FOUND: no such file; KIN_IO: above bytes_max, or no regular file. */
int kin__file_read(const char *path, size_t bytes_max, struct kin__bytes *out, struct kin_error *error);
/* PATH.tmp, fsync, rename, fsync of the folder: a reader sees the old content or the new, also after a crash. */
int kin__file_replace(const char *path, struct kin__span content, struct kin_error *error);
int kin__file_remove(const char *path, struct kin_error *error);       /* no such file: KIN_OK */
int kin__file_make_folders(const char *path, struct kin_error *error); /* as mkdir -p */
/* A path's folders last, whoever made them; not what is in the last one. */
int kin__file_sync_folder(const char *path, struct kin_error *error); /* the names in its last folder */
int kin__file_sync_folders(const char *path, struct kin_error *error);

/* The descriptor, or another one of the same file above 2: a program that closed its standard output still
 * prints there at times.  -1 is given back as it is; -1 and errno: no other one could be had, fd is closed. */
int kin__file_raise(int fd);

/* A file that grows.  While it is open nobody else has it open in this way: it is locked. */
struct kin__file_append {
	int fd; /* -1: closed, and so in a child of fork() */
	struct kin__fork_fd held;
	uint64_t size; /* after the last whole append */
	char *path;
};
void kin__file_append_init(struct kin__file_append *file);
/* how: MAKE: when it is missing, else that is KIN_NOT_FOUND; WAIT: while somebody has it, else that is KIN_IN_USE. */
enum { KIN__FILE_MAKE = 1, KIN__FILE_WAIT = 2 };
int kin__file_append_open(struct kin__file_append *file, const char *path, unsigned how,
                          struct kin_error *error);
int kin__file_append_read(struct kin__file_append *file, size_t bytes_max, struct kin__bytes *out,
                          struct kin_error *error); /* all of it */
int kin__file_append_cut(struct kin__file_append *file, uint64_t size,
                         struct kin_error *error); /* and fsync */
/* All of it and fsync; on failure the file is cut back to `size`, unless that fails, too. */
int kin__file_append(struct kin__file_append *file, struct kin__span content, struct kin_error *error);
void kin__file_append_close(struct kin__file_append *file);

/* An exclusive lock on a file of its own, held by this process and this object until released or the
 * process ends.  The file's text is the holder's pid; it stays when the lock goes. */
struct kin__file_lock {
	int fd; /* -1: not held, and so in a child of fork() */
	struct kin__fork_fd held;
};
void kin__file_lock_init(struct kin__file_lock *lock);
/* KIN_IN_USE: somebody holds it; the message names the pid. */
int kin__file_lock(struct kin__file_lock *lock, const char *path, struct kin_error *error);
void kin__file_unlock(struct kin__file_lock *lock);
#endif
