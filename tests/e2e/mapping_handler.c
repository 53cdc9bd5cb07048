/* What mapping.py lets kinstream consume --handler load: it fails at times, wholly, in part or as busy, and always at
 * records that begin with "poison"; and writes down what it was given and what became of it.
 *
 * The log ($LOG) has a line, each by one write, when a call begins: "b RUN SHARD SIZE-OF-SINK TEXT... .", then
 * "d RUN SHARD TEXT... ." of what is done and "f RUN SHARD TEXT... ." of what failed.  One without its full stop was cut
 * off by the end of the process; the next one begins on a line of its own all the same. */
#include <kinstream.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_PER_MILLE = 20, FAILS_PER_MILLE = 40, PART_PER_MILLE = 60, LINE_MAX_BYTES = 1 << 20 };

static int log_fd = -1;
static const char *run, *sink;

int handle(void *user, struct kin_batch *batch);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("LOG");

	run = getenv("RUN");
	sink = getenv("SINK");
	if (path)
		log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const struct kin_batch *batch, char what, long long sink_size, size_t from, size_t to)
{
	char *line = malloc(LINE_MAX_BYTES);
	size_t n;

	if (!line || from >= to) {
		free(line);
		return;
	}
	n = (size_t)snprintf(line, LINE_MAX_BYTES, "\n%c %s %s", what, run, kin_batch_shard_id(batch));
	if (sink_size >= 0)
		n += (size_t)snprintf(line + n, LINE_MAX_BYTES - n, " %lld", sink_size);
	for (size_t i = from; i < to; i++) {
		const struct kin_record *r = kin_batch_record(batch, i);
		n += (size_t)snprintf(line + n, LINE_MAX_BYTES - n, " %.*s", (int)r->data_size,
		                      (const char *)r->data);
	}
	n += (size_t)snprintf(line + n, LINE_MAX_BYTES - n, " .\n");
	if (write(log_fd, line, n) != (ssize_t)n)
		_exit(4);
	free(line);
}

static size_t first_poison(const struct kin_batch *batch)
{
	size_t i = 0, n = kin_batch_count(batch);

	while (i < n && memcmp(kin_batch_record(batch, i)->data, "poison", 6) != 0)
		i++;
	return i;
}

/* Another number for each call: one that is busy comes again with the same attempt. */
static uint64_t draw(void)
{
	static atomic_uint calls;
	uint64_t x = ((uint64_t)run[0] << 32 | atomic_fetch_add(&calls, 1)) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

int handle(void *user, struct kin_batch *batch)
{
	struct stat file = { 0 };
	size_t n = kin_batch_count(batch), bad = first_poison(batch);
	uint64_t chance = draw(), mille = chance % 1000;

	(void)user;
	stat(sink, &file);
	note(batch, 'b', (long long)file.st_size, 0, n);
	if (mille < BUSY_PER_MILLE)
		return KIN_BUSY;
	mille -= BUSY_PER_MILLE;
	if (mille < FAILS_PER_MILLE)
		bad = 0;
	else if (mille < FAILS_PER_MILLE + PART_PER_MILLE && chance / 1000 % n < bad)
		bad = (size_t)(chance / 1000 % n);
	note(batch, 'd', -1, 0, bad);
	note(batch, 'f', -1, bad, n);
	if (bad == n)
		return KIN_OK;
	kin_batch_fail(batch, kin_batch_record(batch, bad), "as it was drawn");
	return bad > 0 ? KIN_OK : KIN_FAILED; /* the first record: the batch is cut until it stands alone */
}
