/* spool/keeper - the spooler's thread: reads what waits, writes marks, syncs, removes; see spooler.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/clock.h"
#include "io/thread.h"
#include "spool/own.h"

enum { REST_US = 1000000 }; /* after a failure of the disk */

/* Under the lock; says what failed without it. */
static void rest(struct kin__spooler *spooler, const struct kin_error *error)
{
	spooler->own.rest_until_us = kin__clock_us() + REST_US;
	pthread_mutex_unlock(&spooler->lock);
	kin__spooler_log(spooler, KIN_LOG_ERROR, "%s; it is tried again", error->message);
	pthread_mutex_lock(&spooler->lock);
}

static bool is_resting(uint64_t until_us)
{
	return until_us > 0 && kin__clock_us() < until_us;
}

/* --- removing ------------------------------------------------------------------------- */

/* First what holds records, then what says that they are final. */
static int remove_files(struct kin__spooler *spooler, uint64_t number, bool damaged, struct kin_error *error)
{
	struct kin__bytes path;
	int code = KIN_OK;

	if (damaged)
		return kin__spooler_set_aside(spooler, number, error);
	kin__bytes_init(&path);
	for (int i = 0; i < 2 && code == KIN_OK; i++) {
		kin__bytes_clear(&path);
		code = kin__spooler_path(spooler, number, i == 0 ? ".spool" : ".done", &path)
		                       ? kin__file_remove(path.at, error)
		                       : kin__error_nomem(error);
	}
	kin__bytes_fini(&path);
	return code;
}

/* Under the lock; true: something was done. */
static bool remove_one(struct kin__spooler *spooler)
{
	struct kin__spool_segment *segment = kin__spool_removable(&spooler->books, spooler->stopping);
	struct kin_error error;
	int code;

	if (!segment)
		return false;
	pthread_mutex_unlock(&spooler->lock);
	code = remove_files(spooler, segment->number, segment->damaged, &error);
	pthread_mutex_lock(&spooler->lock);
	if (code != KIN_OK) {
		rest(spooler, &error);
		return false;
	}
	kin__spool_removed(&spooler->books, segment);
	spooler->told = true;
	return true;
}

/* --- marks ---------------------------------------------------------------------------- */

/* A journal may end in a mark that was torn: each mark has its place. */
static int write_marks(struct kin__spooler *spooler, const struct kin__spool_segment *segment,
                       uint64_t journal, const struct kin__spool_ranges *ranges, struct kin_error *error)
{
	struct kin__bytes path, marks;
	int code = KIN_OK, fd;

	kin__bytes_init(&path);
	kin__bytes_init(&marks);
	for (size_t i = 0; i < ranges->n; i++) {
		char *at = kin__bytes_extend(&marks, KIN__SPOOL_MARK);

		if (at)
			kin__spool_write_mark(&spooler->set.crc, segment->life, ranges->at[i], at);
	}
	if (!kin__spooler_path(spooler, segment->number, ".done", &path) || marks.failed) {
		code = kin__error_nomem(error);
	} else {
		fd = kin__file_raise(open(path.at, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW,
		                          0600));
		if (fd < 0 || lseek(fd, (off_t)journal, SEEK_SET) < 0 ||
		    kin__spooler_write(fd, kin__bytes_view(&marks)) != 0)
			code = kin__error_errno(error, KIN_IO, errno, "the spool cannot write %s", path.at);
		if (fd >= 0)
			close(fd);
	}
	kin__bytes_fini(&marks);
	kin__bytes_fini(&path);
	return code;
}

/* Under the lock: back among those to be written. */
static void give_back(struct kin__spool_segment *segment, struct kin__spool_ranges *ranges)
{
	struct kin__spool_ranges *fresh = &segment->fresh;

	if (kin__mem_room(&ranges->at, &ranges->room, ranges->n + fresh->n, sizeof *ranges->at) == 0) {
		if (fresh->n > 0)
			memcpy(ranges->at + ranges->n, fresh->at, fresh->n * sizeof *fresh->at);
		ranges->n += fresh->n;
		kin__mem_free(fresh->at);
		*fresh = *ranges;
	} else { /* without memory those before are forgotten: they may be sent again by another process */
		kin__mem_free(ranges->at);
	}
}

static bool mark_one(struct kin__spooler *spooler)
{
	struct kin__spool_segment *segment = kin__spool_to_mark(&spooler->books);
	struct kin__spool_ranges ranges;
	struct kin_error error;
	int code;

	if (!segment)
		return false;
	ranges = segment->fresh;
	segment->fresh = (struct kin__spool_ranges){ NULL, 0, 0 };
	pthread_mutex_unlock(&spooler->lock);
	code = write_marks(spooler, segment, segment->journal, &ranges, &error);
	pthread_mutex_lock(&spooler->lock);
	if (code != KIN_OK) {
		give_back(segment, &ranges);
		rest(spooler, &error);
		return false;
	}
	kin__spool_marked(&spooler->books, segment, ranges.n * KIN__SPOOL_MARK);
	kin__mem_free(ranges.at);
	return true;
}

/* --- syncing -------------------------------------------------------------------------- */

static uint64_t sync_due_us(const struct kin__spooler *spooler)
{
	if (!spooler->dirty)
		return UINT64_MAX;
	return spooler->stopping ? 0 : spooler->dirty_us + spooler->set.interval_us;
}

/* Through a descriptor of its own: that of the writer may be closed meanwhile, but not before it is synced, too. */
static bool sync_open(struct kin__spooler *spooler)
{
	uint64_t now_us = kin__clock_us(), number = spooler->number;
	int fd, failed = 0;
	bool told;

	if (sync_due_us(spooler) > now_us || spooler->fd < 0)
		return false;
	fd = fcntl(spooler->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	spooler->dirty = fd < 0 && !spooler->stopping; /* then it is not even asked for now */
	told = spooler->own.sync_told;
	spooler->own.sync_told = fd < 0;
	spooler->dirty_us = now_us;
	pthread_mutex_unlock(&spooler->lock);
	if (fd < 0 || fsync(fd) != 0)
		failed = errno;
	if (fd >= 0)
		close(fd);
	if (failed && !(fd < 0 && told)) /* a want of descriptors is said once */
		kin__spooler_tell_unsynced(spooler, number, failed);
	pthread_mutex_lock(&spooler->lock);
	if (failed && fd >= 0 &&
	    !spooler->books.writing) /* its pages count as clean, whatever the disk has */
		kin__spool_complete(&spooler->books);
	return true;
}

static bool tell_unsynced(struct kin__spooler *spooler)
{
	uint64_t number = spooler->unsynced;
	int errno_ = spooler->unsynced_errno;

	if (number == 0)
		return false;
	spooler->unsynced = 0;
	pthread_mutex_unlock(&spooler->lock);
	kin__spooler_tell_unsynced(spooler, number, errno_);
	pthread_mutex_lock(&spooler->lock);
	return true;
}

/* --- the thread ------------------------------------------------------------------------ */

static void tell_turn(struct kin__spooler *spooler)
{
	if (!spooler->told)
		return;
	spooler->told = false;
	pthread_mutex_unlock(&spooler->lock);
	spooler->set.turn(spooler->set.user);
	pthread_mutex_lock(&spooler->lock);
}

static bool work(struct kin__spooler *spooler)
{
	bool done = false;

	/* A disk that takes no marks may be full: what is read can leave it.  And the last try is worth it. */
	if (spooler->stopping || !is_resting(spooler->own.rest_until_us)) {
		spooler->own.rest_until_us = 0;
		while (remove_one(spooler))
			done = true;
		while (mark_one(spooler))
			done = true;
	}
	done |= sync_open(spooler);
	done |= tell_unsynced(spooler);
	if (!spooler->stopping && !spooler->blocked && !is_resting(spooler->own.read_until_us))
		done |= kin__spooler_read(spooler);
	tell_turn(spooler);
	return done;
}

void *kin__spooler_keep(void *user)
{
	struct kin__spooler *spooler = user;
	uint64_t until_us;

	pthread_mutex_lock(&spooler->lock);
	for (;;) {
		bool stopping = spooler->stopping;

		if (work(spooler))
			continue;
		if (stopping)
			break;
		if (spooler->stopping)
			continue;
		until_us = sync_due_us(spooler);
		if (spooler->own.rest_until_us > 0 && spooler->own.rest_until_us < until_us)
			until_us = spooler->own.rest_until_us;
		if (!spooler->blocked && spooler->own.read_until_us > 0 &&
		    spooler->own.read_until_us < until_us)
			until_us = spooler->own.read_until_us;
		if (spooler->blocked && kin__clock_us() + REST_US < until_us)
			until_us = kin__clock_us() + REST_US; /* it may have been memory that was missing */
		spooler->asleep = true;
		if (!kin__thread_cond_wait(&spooler->work, &spooler->lock, until_us))
			spooler->blocked = false;
		spooler->asleep = false;
	}
	pthread_mutex_unlock(&spooler->lock);
	return NULL;
}
