/* bench/spool - a record into the spool: the time of one put, by policy, size and threads, beside a bare write() of its bytes.
 *
 * The folder is made under TMPDIR, else /var/tmp: what an fsync costs is that disk's word, and so these figures are given,
 * not judged. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "round.h"
#include "spool/spooler.h"
#include "util.h"

enum { THREADS_MAX = 16 };

static char folder[256], data[1024];
static struct kin__spooler *spooler;
static uint64_t times; /* puts of a thread in one turn */
static size_t size;

static bool take(void *user, const struct kin__spooler_found *found)
{
	(void)user, (void)found;
	return false;
}

static void turn(void *user)
{
	(void)user;
}

static void note(void *user, int level, const char *text)
{
	(void)user, (void)level;
	bench_die("%s", text);
}

static void *put_many(void *user)
{
	(void)user;
	for (uint64_t i = 0; i < times; i++) {
		struct kin__spooler_item item = { .entry = { .key = { "key", 3 }, .data = { data, size } },
			                          .direct = true };
		struct kin_error error;
		size_t accepted;

		if (kin__spooler_put(spooler, &item, 1, &accepted, &error) != KIN_OK)
			bench_die("%s", error.message);
		kin__spooler_final(spooler, &item.place);
	}
	return NULL;
}

static void open_spool(enum kin__spooler_sync sync)
{
	struct kin__spooler_options options = { .folder = folder,
		                                .stream = "bench",
		                                .bytes_max = (uint64_t)1 << 33,
		                                .sync = sync,
		                                .interval_ms = 1000,
		                                .take = take,
		                                .turn = turn,
		                                .log = note };
	struct kin_error error;

	if (kin__spooler_open(&spooler, &options, &error) != KIN_OK ||
	    kin__spooler_start(spooler, &error) != KIN_OK)
		bench_die("%s", error.message);
}

static double time_puts(unsigned threads, uint64_t n)
{
	pthread_t ids[THREADS_MAX];
	uint64_t began;

	times = n / threads;
	began = bench_wall_ns();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, put_many, NULL) != 0)
			bench_die("cannot make a thread");
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (double)(bench_wall_ns() - began) / (double)(times * threads);
}

/* The same bytes, each record by itself. */
static double time_writes(uint64_t n)
{
	char path[300], bytes[sizeof data + 56];
	uint64_t began;
	int fd;

	memset(bytes, 0, sizeof bytes);
	snprintf(path, sizeof path, "%s/bare", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	began = bench_wall_ns();
	for (uint64_t i = 0; i < n; i++)
		if (write(fd, bytes, size + 52) < 0)
			bench_die("cannot write %s", path);
	began = bench_wall_ns() - began;
	close(fd);
	unlink(path);
	return (double)began / (double)n;
}

static void show(const struct bench_options *options, enum kin__spooler_sync sync, const char *name,
                 unsigned threads, uint64_t n)
{
	double *spooled = bench_alloc(options->rounds * sizeof *spooled);
	double *bare = bench_alloc(options->rounds * sizeof *bare);
	uint32_t rounds = options->rounds < 9 ? options->rounds : 9;

	open_spool(sync);
	for (uint32_t i = 0; i < rounds; i++) {
		spooled[i] = time_puts(threads, n);
		bare[i] = time_writes(n);
	}
	kin__spooler_close(spooler);
	printf("spool, fsync %-8s %4zu B, %2u threads: %9.0f ns a record (a bare write %.0f)\n", name, size,
	       threads, bench_percentile(spooled, rounds, 50), bench_percentile(bare, rounds, 50));
	free(spooled);
	free(bare);
}

int main(int argc, char **argv)
{
	static const struct {
		enum kin__spooler_sync sync;
		const char *name;
		unsigned threads;
		uint32_t n;
	} rows[] = { { KIN__SPOOLER_NONE, "none", 1, 100000 },
		     { KIN__SPOOLER_NONE, "none", 4, 100000 },
		     { KIN__SPOOLER_INTERVAL, "interval", 1, 100000 },
		     { KIN__SPOOLER_EACH, "each", 1, 200 },
		     { KIN__SPOOLER_EACH, "each", 16, 1600 } };
	static const size_t sizes[] = { 100, 1024 };
	struct bench_options options;
	const char *where = getenv("TMPDIR");
	char command[300];

	bench_options_read(&options, argc, argv);
	bench_fill(data, sizeof data, 1);
	snprintf(folder, sizeof folder, "%.200s/kin-bench-XXXXXX", where && where[0] ? where : "/var/tmp");
	if (!mkdtemp(folder))
		bench_die("cannot make %s", folder);
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			size = sizes[s];
			show(&options, rows[i].sync, rows[i].name, rows[i].threads,
			     options.smoke ? 64 : rows[i].n);
		}
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) == 0 ? 0 : 1;
}
