/* spool/spooler - see spooler.h */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "base/mem.h"
#include "io/clock.h"
#include "io/thread.h"
#include "spool/own.h"

enum { BATCH_MAX = 1 << 20, KEPT_MAX = 2 << 20, LOG_LINE = 400 };

/* What one thread puts together; on its stack. */
struct kin__spooler_call {
	size_t left; /* items not yet decided on */
	int code;    /* of the first that was refused; those behind it are refused with it */
	struct kin_error error;
};

bool kin__spooler_path(const struct kin__spooler *spooler, uint64_t number, const char *ending,
                       struct kin__bytes *out)
{
	kin__bytes_format(out, "%s/%016llx%s", spooler->set.folder, (unsigned long long)number, ending);
	return !out->failed;
}

void kin__spooler_log(struct kin__spooler *spooler, int level, const char *format, ...)
{
	char line[LOG_LINE];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof line, format, values);
	va_end(values);
	spooler->set.log(spooler->set.user, level, line);
}

void kin__spooler_wake(struct kin__spooler *spooler)
{
	if (spooler->asleep)
		pthread_cond_signal(&spooler->work);
}

void kin__spooler_tell_unsynced(struct kin__spooler *spooler, uint64_t number, int errno_)
{
	struct kin_error error;

	kin__error_errno(&error, KIN_IO, errno_,
	                 "the spool cannot sync %s/%016llx.spool: what it took since the last time would not "
	                 "survive a loss of power",
	                 spooler->set.folder, (unsigned long long)number);
	kin__spooler_log(spooler, KIN_LOG_ERROR, "%s", error.message);
}

int kin__spooler_write(int fd, struct kin__span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.at, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		bytes = kin__span(bytes.at + n, bytes.n - (size_t)n);
	}
	return 0;
}

/* --- putting: the first that comes writes for all that wait; without the lock meanwhile ----------------- */

static int failed(struct kin__spooler *spooler, uint64_t number, const char *what, int errno_,
                  struct kin_error *error)
{
	return kin__error_errno(error, KIN_IO, errno_, "the spool cannot %s %s/%016llx.spool", what,
	                        spooler->set.folder, (unsigned long long)number);
}

static int make_file(struct kin__spooler *spooler, uint64_t number, const char *path, int *out,
                     struct kin_error *error)
{
	struct kin__spool_head head = { .life = spooler->set.life,
		                        .number = number,
		                        .made_ms = kin__clock_wall_ms(),
		                        .stream = kin__span_text(spooler->set.stream) };
	bool syncs = spooler->set.sync != KIN__SPOOLER_NONE;
	int code = KIN_OK, fd;

	kin__bytes_clear(&spooler->out);
	kin__spool_write_head(&spooler->set.crc, &spooler->out, &head);
	if (spooler->out.failed)
		return kin__error_nomem(error);
	fd = kin__file_raise(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (fd < 0)
		return kin__error_errno(error, KIN_IO, errno, "the spool cannot create %s", path);
	if (kin__spooler_write(fd, kin__bytes_view(&spooler->out)) != 0 || (syncs && fsync(fd) != 0))
		code = kin__error_errno(error, KIN_IO, errno, "the spool cannot write %s", path);
	if (code == KIN_OK && syncs)
		code = kin__file_sync_folder(path, error);
	if (code == KIN_OK) {
		*out = fd;
		return KIN_OK;
	}
	close(fd);
	unlink(path);
	return code;
}

/* Without the lock. */
static int begin_file(struct kin__spooler *spooler, uint64_t number, int *out, struct kin_error *error)
{
	struct kin__bytes path;
	int code;

	if (number > INT64_MAX) /* the next process would refuse it */
		return kin__error(error, KIN_IO, "the spool in %s has counted as far as it can; empty it",
		                  spooler->set.folder);
	kin__bytes_init(&path);
	code = kin__spooler_path(spooler, number, ".spool", &path)
	                       ? make_file(spooler, number, path.at, out, error)
	                       : kin__error_nomem(error);
	kin__bytes_fini(&path);
	return code;
}

/* Without the lock: nobody looks at that descriptor again.  0, or errno: those who put into it have long returned, and who
 * begins the next file is none of them. */
static int end_file(int fd, bool dirty)
{
	int number = dirty && fd >= 0 && fsync(fd) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return number;
}

/* Under the lock, and without it in between. */
static int begin_segment(struct kin__spooler *spooler, struct kin_error *error)
{
	uint64_t number = spooler->books.next_number;
	int before = spooler->fd, fd = -1, unsynced, code;
	bool dirty = spooler->dirty;

	kin__spool_complete(&spooler->books);
	spooler->fd = -1;
	spooler->dirty = false;
	pthread_mutex_unlock(&spooler->lock);
	unsynced = end_file(before, dirty);
	code = begin_file(spooler, number, &fd, error);
	pthread_mutex_lock(&spooler->lock);
	if (unsynced) { /* the spooler's thread says so: nobody's log is called by who holds up all that put */
		spooler->unsynced = spooler->number;
		spooler->unsynced_errno = unsynced;
		kin__spooler_wake(spooler);
	}
	spooler->fd = fd;
	spooler->number = number;
	if (code == KIN_OK && !kin__spool_began(&spooler->books, spooler->set.life, spooler->set.head_n))
		code = kin__error_nomem(error);
	if (code != KIN_OK) /* whatever became of that file */
		kin__spool_number_used(&spooler->books, number);
	return code;
}

static struct kin__spooler_item *first_of(struct kin__list *list)
{
	return kin__container(list->next, struct kin__spooler_item, node);
}

/* The first of the list is decided on. */
static void over(struct kin__list *list, int code, const struct kin_error *error)
{
	struct kin__spooler_item *item = first_of(list);
	struct kin__spooler_call *call = item->call;

	kin__list_remove(&item->node);
	if (code != KIN_OK && call->code == KIN_OK) {
		call->code = code;
		call->error = *error;
	}
	call->left--;
}

/* Under the lock: as many as fit into one segment and one write. */
static size_t gather(struct kin__spooler *spooler, struct kin__list *batch)
{
	struct kin__spool *books = &spooler->books;
	size_t bytes = 0, most = books->segment_bytes_max < BATCH_MAX ? books->segment_bytes_max : BATCH_MAX;
	struct kin_error error = { 0 };

	kin__list_init(batch);
	while (!kin__list_empty(&spooler->queue)) {
		struct kin__spooler_item *item = first_of(&spooler->queue);
		enum kin__spool_next next;

		if (item->call->code != KIN_OK) {
			over(&spooler->queue, item->call->code, &error);
			continue;
		}
		if (bytes > 0 && bytes + item->size > most)
			break;
		books->writing = bytes > 0;
		next = kin__spool_next(books, bytes + item->size, spooler->set.head_n);
		if (next == KIN__SPOOL_BEGIN && bytes > 0)
			break;
		if (next == KIN__SPOOL_FULL) {
			over(&spooler->queue, KIN_FULL, &error);
			kin__spooler_wake(spooler);
		} else if (next == KIN__SPOOL_BEGIN) {
			int code = begin_segment(spooler, &error);

			if (code != KIN_OK)
				over(&spooler->queue, code, &error);
		} else {
			kin__list_remove(&item->node);
			kin__list_append(batch, &item->node);
			bytes += item->size;
		}
	}
	books->writing = bytes > 0;
	return bytes;
}

static void lay_out(struct kin__bytes *out, struct kin__list *batch)
{
	static const char zeros[8];

	kin__bytes_clear(out);
	for (struct kin__list *node = batch->next; node != batch; node = node->next) {
		const struct kin__spooler_item *item = kin__container(node, struct kin__spooler_item, node);
		const struct kin__spool_entry *entry = &item->entry;
		size_t begin = out->n;

		kin__bytes_add(out, item->head, sizeof item->head);
		kin__bytes_span(out, entry->hash);
		kin__bytes_span(out, entry->key);
		kin__bytes_span(out, entry->data);
		kin__bytes_add(out, zeros, item->size - (out->n - begin));
	}
}

/* Without the lock.  What failed is cut off again; what cannot be, stands behind the end that the books know. */
static int write_out(struct kin__spooler *spooler, struct kin__list *batch, uint64_t number, uint64_t end,
                     struct kin_error *error)
{
	bool each = spooler->set.sync == KIN__SPOOLER_EACH;
	int number_;

	lay_out(&spooler->out, batch);
	if (spooler->out.failed)
		return kin__error_nomem(error);
	if (kin__spooler_write(spooler->fd, kin__bytes_view(&spooler->out)) == 0 &&
	    (!each || fsync(spooler->fd) == 0))
		return KIN_OK;
	number_ = errno;
	if (ftruncate(spooler->fd, (off_t)end) == 0 && lseek(spooler->fd, (off_t)end, SEEK_SET) < 0)
		number_ = errno;
	return failed(spooler, number, "write to", number_, error);
}

/* Under the lock: they are in the file. */
static void enter(struct kin__spooler *spooler, struct kin__list *batch)
{
	struct kin__spool *books = &spooler->books;

	while (!kin__list_empty(batch)) {
		struct kin__spooler_item *item = first_of(batch);
		uint32_t from = (uint32_t)books->open->size;

		item->place.segment = books->open;
		item->place.range = (struct kin__spool_range){ from, from + (uint32_t)item->size };
		item->direct = kin__spool_wrote(books, item->size, item->direct);
		over(batch, KIN_OK, NULL);
	}
	if (!spooler->dirty && spooler->set.sync == KIN__SPOOLER_INTERVAL) {
		spooler->dirty = true;
		spooler->dirty_us = kin__clock_us();
		kin__spooler_wake(spooler);
	}
	if (books->unread > 0 && !spooler->blocked)
		kin__spooler_wake(spooler);
}

/* Under the lock, and without it in between: writes what waits, at least one. */
static void write_some(struct kin__spooler *spooler)
{
	struct kin_error error;
	struct kin__list batch;
	uint64_t number, end;
	int code;

	spooler->writing = true;
	if (gather(spooler, &batch) > 0) {
		number = spooler->books.open->number;
		end = spooler->books.open->size;
		pthread_mutex_unlock(&spooler->lock);
		code = write_out(spooler, &batch, number, end, &error);
		if (spooler->out.room > KEPT_MAX) {
			kin__bytes_fini(&spooler->out);
			kin__bytes_init(&spooler->out);
		}
		pthread_mutex_lock(&spooler->lock);
		spooler->books.writing = false;
		if (code == KIN_OK)
			enter(spooler, &batch);
		else if (code == KIN_IO) /* nobody knows what that file holds behind `end` */
			kin__spool_complete(&spooler->books);
		while (!kin__list_empty(&batch))
			over(&batch, code, &error);
	}
	spooler->writing = false;
	pthread_cond_broadcast(&spooler->written);
}

int kin__spooler_put(struct kin__spooler *spooler, struct kin__spooler_item *items, size_t n,
                     size_t *accepted, struct kin_error *error)
{
	struct kin__spooler_call call = { .left = n, .code = KIN_OK };
	int cancel;

	for (size_t i = 0; i < n; i++) {
		items[i].size = kin__spool_entry_size(&items[i].entry);
		items[i].call = &call;
		items[i].place.segment = NULL;
		kin__spool_write_entry(&spooler->set.crc, spooler->set.life, &items[i].entry, items[i].head);
	}
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* others may wait for what it writes */
	pthread_mutex_lock(&spooler->lock);
	for (size_t i = 0; i < n; i++)
		kin__list_append(&spooler->queue, &items[i].node);
	while (call.left > 0)
		if (spooler->writing)
			kin__thread_cond_wait(&spooler->written, &spooler->lock, UINT64_MAX);
		else
			write_some(spooler);
	pthread_mutex_unlock(&spooler->lock);
	pthread_setcancelstate(cancel, NULL);
	for (*accepted = 0; *accepted < n && items[*accepted].place.segment;)
		++*accepted;
	if (call.code != KIN_OK && call.code != KIN_FULL)
		kin__error_copy(error, &call.error);
	return call.code;
}

bool kin__spooler_behind(struct kin__spooler *spooler)
{
	bool behind;

	pthread_mutex_lock(&spooler->lock);
	behind = spooler->books.unread > 0;
	pthread_mutex_unlock(&spooler->lock);
	return behind;
}

uint64_t kin__spooler_entry_max(const struct kin__spooler *spooler)
{
	return spooler->books.bytes_max - spooler->set.head_n;
}

/* --- what became of them ------------------------------------------------------------------------------ */

void kin__spooler_final(struct kin__spooler *spooler, const struct kin__spooler_place *place)
{
	pthread_mutex_lock(&spooler->lock);
	kin__spool_final(&spooler->books, place->segment, place->range);
	spooler->blocked = false;
	kin__spooler_wake(spooler);
	pthread_mutex_unlock(&spooler->lock);
}

void kin__spooler_room(struct kin__spooler *spooler)
{
	pthread_mutex_lock(&spooler->lock);
	if (spooler->blocked) {
		spooler->blocked = false;
		kin__spooler_wake(spooler);
	}
	pthread_mutex_unlock(&spooler->lock);
}

struct kin__spooler_mark kin__spooler_mark(struct kin__spooler *spooler)
{
	struct kin__spooler_mark mark = { 0, 0 };
	const struct kin__spool *books = &spooler->books;

	pthread_mutex_lock(&spooler->lock);
	if (books->unread > 0) {
		const struct kin__spool_segment *last =
				kin__container(books->segments.prev, struct kin__spool_segment, node);

		mark = (struct kin__spooler_mark){ last->number, last->size };
	}
	pthread_mutex_unlock(&spooler->lock);
	return mark;
}

bool kin__spooler_passed(struct kin__spooler *spooler, struct kin__spooler_mark mark)
{
	const struct kin__spool_segment *reading;
	bool passed;

	pthread_mutex_lock(&spooler->lock);
	reading = kin__spool_reading(&spooler->books);
	passed = !reading || reading->number > mark.number ||
	         (reading->number == mark.number && reading->read >= mark.at);
	pthread_mutex_unlock(&spooler->lock);
	return passed;
}

void kin__spooler_stats(struct kin__spooler *spooler, struct kin__spooler_stats *stats)
{
	pthread_mutex_lock(&spooler->lock);
	*stats = (struct kin__spooler_stats){ .bytes = spooler->books.bytes,
		                              .segments = spooler->books.segments_n,
		                              .unread = spooler->books.unread,
		                              .recovered = spooler->recovered,
		                              .damaged = spooler->damaged };
	pthread_mutex_unlock(&spooler->lock);
}

/* --- open and close ----------------------------------------------------------------------------------- */

static void spooler_free(struct kin__spooler *spooler)
{
	kin__spooler_read_end(spooler);
	kin__bytes_fini(&spooler->own.window);
	kin__bytes_fini(&spooler->out);
	kin__spool_fini(&spooler->books);
	if (spooler->fd >= 0)
		close(spooler->fd);
	kin__file_unlock(&spooler->folder_lock);
	pthread_cond_destroy(&spooler->work);
	pthread_cond_destroy(&spooler->written);
	pthread_mutex_destroy(&spooler->lock);
	kin__mem_free(spooler->set.folder);
	kin__mem_free(spooler->set.stream);
	kin__mem_free(spooler);
}

static bool init_locks(struct kin__spooler *spooler)
{
	if (pthread_mutex_init(&spooler->lock, NULL) != 0)
		return false;
	if (kin__thread_cond_init(&spooler->written) != 0) {
		pthread_mutex_destroy(&spooler->lock);
		return false;
	}
	if (kin__thread_cond_init(&spooler->work) != 0) {
		pthread_cond_destroy(&spooler->written);
		pthread_mutex_destroy(&spooler->lock);
		return false;
	}
	return true;
}

static struct kin__spooler *spooler_new(const struct kin__spooler_options *options)
{
	struct kin__spooler *spooler = kin__mem_zalloc(sizeof *spooler);

	if (!spooler)
		return NULL;
	if (!init_locks(spooler)) {
		kin__mem_free(spooler);
		return NULL;
	}
	spooler->fd = spooler->own.fd = -1;
	kin__file_lock_init(&spooler->folder_lock);
	kin__spool_init(&spooler->books, options->bytes_max);
	kin__list_init(&spooler->queue);
	kin__bytes_init(&spooler->out);
	kin__bytes_init(&spooler->own.window);
	kin__crc32c_init(&spooler->set.crc);
	spooler->set.folder = kin__mem_text(options->folder);
	spooler->set.stream = kin__mem_text(options->stream);
	spooler->set.sync = options->sync;
	spooler->set.interval_us = (uint64_t)options->interval_ms * 1000;
	spooler->set.tries_max = options->tries_max ? options->tries_max : KIN__SPOOLER_TRIES_MAX;
	spooler->set.life = kin__clock_seed();
	spooler->set.take = options->take;
	spooler->set.turn = options->turn;
	spooler->set.log = options->log;
	spooler->set.user = options->user;
	if (spooler->set.folder && spooler->set.stream) {
		spooler->set.head_n = kin__spool_padded(KIN__SPOOL_HEAD + strlen(options->stream));
		return spooler;
	}
	spooler_free(spooler);
	return NULL;
}

static int take_folder(struct kin__spooler *spooler, struct kin_error *error)
{
	struct kin__bytes path;
	int code = kin__file_make_folders(spooler->set.folder, error);

	kin__bytes_init(&path);
	kin__bytes_format(&path, "%s/lock", spooler->set.folder);
	if (code == KIN_OK && path.failed)
		code = kin__error_nomem(error);
	if (code == KIN_OK)
		code = kin__file_lock(&spooler->folder_lock, path.at, error);
	if (code == KIN_OK && spooler->set.sync != KIN__SPOOLER_NONE)
		code = kin__file_sync_folders(spooler->set.folder, error);
	kin__bytes_fini(&path);
	return code;
}

int kin__spooler_open(struct kin__spooler **out, const struct kin__spooler_options *options,
                      struct kin_error *error)
{
	struct kin__spooler *spooler = spooler_new(options);
	int code;

	*out = NULL;
	if (!spooler)
		return kin__error_nomem(error);
	code = take_folder(spooler, error);
	if (code == KIN_OK)
		code = kin__spooler_recover(spooler, error);
	if (code != KIN_OK) {
		spooler_free(spooler);
		return code;
	}
	*out = spooler;
	return KIN_OK;
}

int kin__spooler_start(struct kin__spooler *spooler, struct kin_error *error)
{
	int code = kin__thread_start(&spooler->own.thread, "kin-spool", kin__spooler_keep, spooler, error);

	spooler->own.started = code == KIN_OK;
	return code;
}

void kin__spooler_close(struct kin__spooler *spooler)
{
	if (!spooler)
		return;
	pthread_mutex_lock(&spooler->lock);
	spooler->stopping = true;
	kin__spooler_wake(spooler);
	pthread_mutex_unlock(&spooler->lock);
	if (spooler->own.started)
		pthread_join(spooler->own.thread, NULL);
	spooler_free(spooler);
}
