#include "progress.h"
#include "tool.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 200, SHARDS_EVERY = 5, WIDTH = 80, WIDTH_MAX = 512 };

struct tool_progress {
	struct kin_producer *producer;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool over; /* under the lock */
	/* of the thread */
	struct kin_producer_stats before; /* a second ago */
	double before_s, began_s;
	double records_per_s, bytes_per_s;
	unsigned step;
	uint64_t *throttled;        /* of each shard, a second ago */
	size_t throttled_n, shards; /* shards: that throttled since */
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Shards that refused records since the last look.  One that is new, or stands elsewhere than before, may be missed
 * once. */
static void look_at_shards(struct tool_progress *progress)
{
	struct kin_producer_snapshot *snapshot;
	uint64_t *all;

	if (kin_producer_snapshot(progress->producer, &snapshot, NULL) != KIN_OK)
		return;
	all = calloc(snapshot->shards_n + 1, sizeof *all);
	progress->shards = 0;
	for (size_t i = 0; all && i < snapshot->shards_n; i++) {
		all[i] = kin_producer_snapshot_shard(snapshot, i)->throttled;
		progress->shards += all[i] > (i < progress->throttled_n ? progress->throttled[i] : 0);
	}
	free(progress->throttled);
	progress->throttled = all;
	progress->throttled_n = all ? snapshot->shards_n : 0;
	kin_producer_snapshot_free(snapshot);
}

/* Rates are those of the last second. */
static void look(struct tool_progress *progress, const struct kin_producer_stats *stats, bool last)
{
	double now = now_s(), passed = now - progress->before_s;

	if (last) { /* those of all of it */
		passed = now - progress->began_s;
		progress->before = (struct kin_producer_stats){ .size = 0 };
	} else if (++progress->step % SHARDS_EVERY != 0) {
		return;
	}
	if (passed > 0) {
		progress->records_per_s = (double)(stats->stored - progress->before.stored) / passed;
		progress->bytes_per_s =
				(double)(stats->bytes_stored - progress->before.bytes_stored) / passed;
	}
	progress->before = *stats;
	progress->before_s = now;
	if (!last)
		look_at_shards(progress);
}

static size_t width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH;
	return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

/* Never wider than the terminal: a line that wraps cannot be written over. */
static void show(struct tool_progress *progress, bool last)
{
	struct kin_producer_stats stats = { .size = sizeof stats };
	char line[WIDTH_MAX], counts[160], throttled[64] = "";
	size_t room = width();

	if (kin_producer_stats(progress->producer, &stats, NULL) != KIN_OK)
		return;
	look(progress, &stats, last);
	snprintf(counts, sizeof counts, "put %llu  stored %llu  failed %llu  retried %llu",
	         (unsigned long long)stats.accepted, (unsigned long long)stats.stored,
	         (unsigned long long)stats.failed, (unsigned long long)stats.retried);
	if (progress->shards > 0 && !last)
		snprintf(throttled, sizeof throttled, "  throttled by %zu shard%s", progress->shards,
		         progress->shards == 1 ? "" : "s");
	else if (stats.throttled > 0)
		snprintf(throttled, sizeof throttled, "  throttled %llu",
		         (unsigned long long)stats.throttled);
	if (tool_stopping() && !last)
		snprintf(line, room, "%s  storing what was read; interrupt again to give it up", counts);
	else
		snprintf(line, room, "%s  %.1f MB/s  %.0f/s%s", counts, progress->bytes_per_s / 1e6,
		         progress->records_per_s, throttled);
	tool_say_line(line, last);
}

static void *run(void *user)
{
	struct tool_progress *progress = user;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	pthread_mutex_lock(&progress->lock);
	while (!progress->over) {
		until.tv_nsec += STEP_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		while (!progress->over &&
		       pthread_cond_timedwait(&progress->wake, &progress->lock, &until) == 0)
			;
		if (!progress->over)
			show(progress, false);
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

/* Signals are for the main thread, whose read they interrupt. */
static bool start(struct tool_progress *progress)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&progress->thread, NULL, run, progress);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed == 0;
}

struct tool_progress *tool_progress_begin(struct kin_producer *producer)
{
	struct tool_progress *progress = isatty(STDERR_FILENO) ? calloc(1, sizeof *progress) : NULL;

	if (!progress)
		return NULL;
	progress->producer = producer;
	progress->before_s = progress->began_s = now_s();
	pthread_mutex_init(&progress->lock, NULL);
	pthread_cond_init(&progress->wake, NULL);
	if (start(progress))
		return progress;
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
	return NULL;
}

void tool_progress_end(struct tool_progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->over = true;
	pthread_cond_signal(&progress->wake);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	show(progress, true);
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	free(progress->throttled);
	free(progress);
}
