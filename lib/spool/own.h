/* spool/own - the inside of a spooler, for the files of this room alone. */
#ifndef KIN_SPOOL_OWN_H
#define KIN_SPOOL_OWN_H
#include <pthread.h>
#include <kinstream/log.h>
#include "io/error.h"
#include "io/file.h"
#include "spool/spooler.h"

struct kin__spooler {
	struct {
		char *folder, *stream;
		size_t head_n; /* bytes of a segment's head */
		enum kin__spooler_sync sync;
		uint64_t interval_us;
		uint32_t tries_max;
		uint64_t life;
		struct kin__crc32c crc;
		bool (*take)(void *user, const struct kin__spooler_found *found);
		void (*turn)(void *user);
		void (*log)(void *user, int level, const char *text);
		void *user;
	} set;
	pthread_mutex_t lock;
	pthread_cond_t written; /* for those that put */
	pthread_cond_t work;    /* for the thread */
	struct kin__spool books;
	struct kin__list queue; /* to be written: struct kin__spooler_item */
	bool writing;           /* one of those that put writes for all; the next two are its */
	struct kin__bytes out;
	int fd;                               /* of the segment last begun, or -1 */
	uint64_t number;                      /* of that segment */
	bool dirty;                           /* not all of it is synced */
	uint64_t dirty_us;                    /* since when */
	bool blocked, asleep, stopping, told; /* told: turn() is owed */
	uint64_t recovered, damaged;
	uint64_t unsynced; /* the number of a full segment that could not be, which is still to be said; 0 */
	int unsynced_errno;
	struct kin__file_lock folder_lock;
	/* The thread's own. */
	struct {
		pthread_t thread;
		bool started;
		int fd; /* of the segment that is read, or -1 */
		uint64_t number;
		struct kin__bytes window; /* of it, from `begin` on */
		uint64_t begin;
		uint64_t rest_until_us; /* something failed: marks and removals wait */
		uint64_t read_until_us; /* it could not be read: that waits, too; 0: it can */
		uint32_t tries;         /* in vain, to read the segment `number`, in a row */
		bool sync_told;         /* that there was no descriptor to sync by */
		bool holes;             /* blocks of it that cannot be read are left out */
	} own;
};

/* NUMBER and the ending, in the folder; appended to *out with a 0 behind it.  false: out of memory. */
bool kin__spooler_path(const struct kin__spooler *spooler, uint64_t number, const char *ending,
                       struct kin__bytes *out);
__attribute__((format(printf, 3, 4))) void kin__spooler_log(struct kin__spooler *spooler, int level,
                                                            const char *format, ...);
/* Under the lock. */
void kin__spooler_wake(struct kin__spooler *spooler);
/* Without the lock: what was accepted since the last sync of that segment is not safe, for that errno. */
void kin__spooler_tell_unsynced(struct kin__spooler *spooler, uint64_t number, int errno_);
/* 0, or -1 with errno. */
int kin__spooler_write(int fd, struct kin__span bytes);

/* spool/recover: what is in the folder goes into the books. */
int kin__spooler_recover(struct kin__spooler *spooler, struct kin_error *error);
/* A damaged segment is kept, under a name that nobody reads. */
int kin__spooler_set_aside(struct kin__spooler *spooler, uint64_t number, struct kin_error *error);

/* spool/reader: under the lock, which it lets go meanwhile; true: something was read. */
bool kin__spooler_read(struct kin__spooler *spooler);
void kin__spooler_read_end(struct kin__spooler *spooler);

/* spool/keeper: the thread. */
void *kin__spooler_keep(void *spooler);
#endif
