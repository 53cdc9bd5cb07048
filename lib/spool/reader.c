/* spool/reader - records that wait on disk, handed out in order; see spooler.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "io/clock.h"
#include "spool/own.h"

enum { PIECE = 256 << 10, AT_ONCE = 256, REST_US = 1000000, BLOCK = 4096 };

void kin__spooler_read_end(struct kin__spooler *spooler)
{
	if (spooler->own.fd >= 0)
		close(spooler->own.fd);
	spooler->own.fd = -1;
	kin__bytes_fini(&spooler->own.window);
	kin__bytes_init(&spooler->own.window);
}

/* KIN_CORRUPT: it is gone; KIN_NOMEM: something is wanting, which says nothing of the file. */
static int code_of(int number)
{
	if (number == ENOENT)
		return KIN_CORRUPT;
	return number == EMFILE || number == ENFILE || number == ENOMEM ? KIN_NOMEM : KIN_IO;
}

static int open_segment(struct kin__spooler *spooler, uint64_t number, struct kin_error *error)
{
	struct kin__bytes path;
	int code = KIN_OK;

	if (spooler->own.fd >= 0 && spooler->own.number == number)
		return KIN_OK;
	kin__spooler_read_end(spooler);
	if (spooler->own.number != number) {
		spooler->own.tries = 0;
		spooler->own.holes = false;
	}
	kin__bytes_init(&path);
	if (!kin__spooler_path(spooler, number, ".spool", &path)) {
		code = kin__error_nomem(error);
	} else {
		spooler->own.fd = kin__file_raise(
				open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
		spooler->own.number = number;
		spooler->own.begin = 0;
		if (spooler->own.fd < 0)
			code = kin__error_errno(error, code_of(errno), errno, "the spool cannot open %s",
			                        path.at);
	}
	kin__bytes_fini(&path);
	return code;
}

/* As pread(); once `holes` are allowed, a block that cannot be read reads as zeros, which no record holds. */
static ssize_t read_at(const struct kin__spooler *spooler, char *out, size_t n, uint64_t at)
{
	ssize_t got = pread(spooler->own.fd, out, n, (off_t)at);
	size_t block = (size_t)(BLOCK - at % BLOCK);

	if (!spooler->own.holes || got >= 0 || errno == EINTR || code_of(errno) != KIN_IO)
		return got;
	n = n < block ? n : block;
	got = pread(spooler->own.fd, out, n, (off_t)at);
	if (got >= 0 || errno == EINTR || code_of(errno) != KIN_IO)
		return got;
	memset(out, 0, n);
	return (ssize_t)n;
}

/* The window then begins at `at`, and holds `want` bytes at least.  KIN_CORRUPT: the file is shorter. */
static int fill(struct kin__spooler *spooler, uint64_t at, size_t want, uint64_t size,
                struct kin_error *error)
{
	struct kin__bytes *window = &spooler->own.window;
	size_t n = want > PIECE ? want : PIECE, have = 0;

	n = n > size - at ? (size_t)(size - at) : n;
	kin__bytes_clear(window);
	if (!kin__bytes_extend(window, n))
		return kin__error_nomem(error);
	while (have < n) {
		ssize_t got = read_at(spooler, window->at + have, n - have, at + have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 && have >= want) { /* that is enough for now, and perhaps for more */
			window->n = have;
			break;
		}
		if (got <= 0) {
			kin__bytes_clear(window);
			return kin__error_errno(error, got < 0 ? code_of(errno) : KIN_CORRUPT,
			                        got < 0 ? errno : EIO,
			                        "the spool cannot read %s/%016llx.spool at byte %llu",
			                        spooler->set.folder, (unsigned long long)spooler->own.number,
			                        (unsigned long long)(at + have));
		}
		have += (size_t)got;
	}
	spooler->own.begin = at;
	return KIN_OK;
}

/* Without the lock. */
static void tell_damage(struct kin__spooler *spooler, const struct kin__spool_seen *seen, bool torn)
{
	kin__spooler_log(spooler, torn ? KIN_LOG_WARN : KIN_LOG_ERROR,
	                 torn ? "%s/%016llx.spool ends at byte %llu: the %llu bytes behind it were not whole "
	                        "when their writer was interrupted"
	                      : "%s/%016llx.spool is damaged at byte %llu: %llu bytes are left out, the file "
	                        "is "
	                        "kept as .damaged",
	                 spooler->set.folder, (unsigned long long)spooler->own.number,
	                 (unsigned long long)seen->from, (unsigned long long)(seen->to - seen->from));
}

/* Under the lock: nobody goes on writing into a file that is not to be read. */
static void end_segment(struct kin__spooler *spooler, const struct kin__spool_segment *segment)
{
	if (segment == spooler->books.open && !spooler->books.writing)
		kin__spool_complete(&spooler->books);
}

/* What can be had of the segment, up to `size`, ends here. */
static void give_up(struct kin__spooler *spooler, struct kin__spool_segment *segment, uint64_t size,
                    const struct kin_error *error)
{
	uint64_t from = segment->read;
	char tries[32] = "";

	if (spooler->own.tries > 0)
		snprintf(tries, sizeof tries, ", after %u tries", (unsigned)spooler->own.tries);
	pthread_mutex_unlock(&spooler->lock);
	kin__spooler_log(spooler, KIN_LOG_ERROR,
	                 "%s%s: its %llu bytes from byte %llu on are left out, the file is kept as .damaged",
	                 error->message, tries, (unsigned long long)(size - from), (unsigned long long)from);
	kin__spooler_read_end(spooler);
	pthread_mutex_lock(&spooler->lock);
	segment->damaged = true;
	spooler->damaged++;
	spooler->told = true;
	spooler->own.tries = 0;
	end_segment(spooler, segment);
	kin__spool_passed(&spooler->books, segment, size, false);
}

/* Nobody waits for ever for what can never be read: what can be read of it is. */
static void leave_holes(struct kin__spooler *spooler, const struct kin__spool_segment *segment,
                        const struct kin_error *error)
{
	spooler->own.holes = true;
	pthread_mutex_unlock(&spooler->lock);
	kin__spooler_log(spooler, KIN_LOG_ERROR,
	                 "%s, after %u tries: what cannot be read of it is left out, the file is kept as "
	                 ".damaged",
	                 error->message, (unsigned)spooler->own.tries);
	pthread_mutex_lock(&spooler->lock);
	end_segment(spooler, segment);
}

/* Tried again: each record in it was accepted.  Said once, until it can be read. */
static void read_later(struct kin__spooler *spooler, const struct kin_error *error)
{
	bool said = spooler->own.read_until_us > 0;

	spooler->own.read_until_us = kin__clock_us() + REST_US;
	pthread_mutex_unlock(&spooler->lock);
	kin__spooler_read_end(spooler); /* a descriptor may be what is stale */
	if (!said)
		kin__spooler_log(spooler, KIN_LOG_ERROR, "%s; it is tried again", error->message);
	pthread_mutex_lock(&spooler->lock);
}

/* Without the lock; false: there is no room for it. */
static bool hand_out(struct kin__spooler *spooler, struct kin__spool_segment *segment,
                     const struct kin__spool_seen *seen)
{
	struct kin__spooler_found found = { .entry = &seen->entry,
		                            .place = { segment,
		                                       { (uint32_t)seen->from, (uint32_t)seen->to } },
		                            .earlier = segment->earlier };

	return spooler->set.take(spooler->set.user, &found);
}

/* One thing found, without the lock but to enter it; false: stop for now. */
static bool handle(struct kin__spooler *spooler, struct kin__spool_segment *segment,
                   enum kin__spool_step step, const struct kin__spool_seen *seen)
{
	bool record = step == KIN__SPOOL_RECORD;
	/* what this process wrote was whole: only the disk can have torn it */
	bool torn = step == KIN__SPOOL_TORN && segment->earlier && !spooler->own.holes;
	bool damaged = step == KIN__SPOOL_DAMAGE || (step == KIN__SPOOL_TORN && !torn);

	/* Said before it is asked, for room may come as soon as the answer was no. */
	if (record) {
		pthread_mutex_lock(&spooler->lock);
		spooler->blocked = true;
		pthread_mutex_unlock(&spooler->lock);
		if (!hand_out(spooler, segment, seen))
			return false;
	}
	if (step == KIN__SPOOL_DAMAGE || step == KIN__SPOOL_TORN)
		tell_damage(spooler, seen, !damaged);
	pthread_mutex_lock(&spooler->lock);
	spooler->blocked = false;
	kin__spool_passed(&spooler->books, segment, seen->to, record);
	spooler->recovered += record && segment->earlier;
	spooler->damaged += damaged;
	segment->damaged |= damaged;
	spooler->told = true;
	pthread_mutex_unlock(&spooler->lock);
	return true;
}

/* Without the lock: up to AT_ONCE of them. */
static int read_some(struct kin__spooler *spooler, struct kin__spool_segment *segment, uint64_t size,
                     struct kin_error *error)
{
	struct kin__spool_scan scan;
	struct kin__spool_seen seen;
	int code = open_segment(spooler, segment->number, error);

	kin__spool_scan_init(&scan, &spooler->set.crc, segment->life, segment->read, size);
	for (int n = 0; code == KIN_OK && n < AT_ONCE;) {
		enum kin__spool_step step = kin__spool_read(segment, &scan, spooler->own.begin,
		                                            kin__bytes_view(&spooler->own.window), &seen);

		if (step == KIN__SPOOL_END)
			return KIN_OK;
		if (step == KIN__SPOOL_MORE)
			code = fill(spooler, seen.from, seen.want, size, error);
		else if (!handle(spooler, segment, step, &seen))
			return KIN_OK;
		n += step != KIN__SPOOL_MORE;
	}
	return code;
}

bool kin__spooler_read(struct kin__spooler *spooler)
{
	struct kin__spool_segment *segment = kin__spool_reading(&spooler->books);
	struct kin_error error;
	uint64_t size;
	int code;

	if (!segment) {
		spooler->own.read_until_us = 0;
		return false;
	}
	size = segment->size;
	pthread_mutex_unlock(&spooler->lock);
	code = read_some(spooler, segment, size, &error);
	pthread_mutex_lock(&spooler->lock);
	spooler->own.tries = code == KIN_IO ? spooler->own.tries + 1 : 0;
	if (code == KIN_NOMEM || (code == KIN_IO && spooler->own.tries < spooler->set.tries_max)) {
		read_later(spooler, &error);
		return false;
	}
	spooler->own.read_until_us = 0;
	if (code == KIN_OK)
		return !spooler->blocked;
	if (code == KIN_IO && spooler->own.fd >= 0 && !spooler->own.holes)
		leave_holes(spooler, segment, &error);
	else
		give_up(spooler, segment, size, &error);
	return true; /* the file can go, and those behind it are next */
}
