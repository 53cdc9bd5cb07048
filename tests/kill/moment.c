/* Preloaded: ends the process by SIGKILL at the n-th call that concerns a file, before it, in the middle of it or
 * after it.  KILL_MOMENT is PART:CALL:N:HOW: PART of the file's path; CALL write, fsync, rename or ftruncate; HOW
 * before, half (a write of half the bytes) or after.  Children are left alone. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

int fsync(int fd);
int rename(const char *from, const char *to);

static char part[64], call[16], how[16];
static unsigned moment;
static atomic_uint seen;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("KILL_MOMENT");

	if (text && sscanf(text, "%63[^:]:%15[^:]:%u:%15s", part, call, &moment, how) != 4)
		moment = 0;
	unsetenv("KILL_MOMENT");
	unsetenv("LD_PRELOAD");
}

static void end(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

static int is_moment(const char *name, const char *path)
{
	return moment && strcmp(name, call) == 0 && strstr(path, part) &&
	       atomic_fetch_add(&seen, 1) + 1 == moment;
}

static int is_moment_of(const char *name, int fd)
{
	char link[64], path[512];

	if (!moment || strcmp(name, call) != 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = 0;
	return is_moment(name, path);
}

/* The call is made, or not, around the end. */
#define AROUND(now, make)                                                                                    \
	do {                                                                                                 \
		if ((now) && *how == 'b')                                                                    \
			end();                                                                               \
		result = (make);                                                                             \
		if (now)                                                                                     \
			end();                                                                               \
		return result;                                                                               \
	} while (0)

ssize_t write(int fd, const void *bytes, size_t n)
{
	ssize_t (*real)(int, const void *, size_t), result;
	int now = is_moment_of("write", fd);

	*(void **)&real = dlsym(RTLD_NEXT, "write");
	AROUND(now, real(fd, bytes, now && *how == 'h' ? (n + 1) / 2 : n));
}

int fsync(int fd)
{
	int (*real)(int), result, now = is_moment_of("fsync", fd);

	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	AROUND(now, real(fd));
}

int ftruncate(int fd, off_t size)
{
	int (*real)(int, off_t), result, now = is_moment_of("ftruncate", fd);

	*(void **)&real = dlsym(RTLD_NEXT, "ftruncate");
	AROUND(now, real(fd, size));
}

int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *), result, now = is_moment("rename", to);

	*(void **)&real = dlsym(RTLD_NEXT, "rename");
	AROUND(now, real(from, to));
}
