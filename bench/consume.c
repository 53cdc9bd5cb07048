/* bench/consume - the consumer end to end, as multiples of receiving and copying the same answers by bare libcurl
 *
 * A handler that looks at each byte, a checkpoint behind each batch.  A turn reads one shard from its beginning to
 * its end, so that each answer that was paid for is also handled.
 */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "round.h"
#include "server.h"
#include "util.h"

/* Each turn opens a consumer and touches its memory for the first time: that is not to be measured. */
enum { BATCH = 10000, TURN_ANSWERS = 40, ROUNDS_MAX = 15 };

struct consuming {
	const struct bench_case *what;
	struct kin_client *client;
	uint64_t found, sum; /* one call of the handler at a time */
	uint32_t batch_size;
	char store[128]; /* "" or where the file store is */
};

static void *open_consumer(const struct bench_case *what, uint32_t batch_size, bool file)
{
	struct consuming *consuming = bench_alloc(sizeof *consuming);
	const char *folder = getenv("TMPDIR");

	consuming->what = what;
	consuming->client = bench_client(what);
	consuming->batch_size = batch_size;
	if (file)
		snprintf(consuming->store, sizeof consuming->store, "file:%s/kinstream-bench-%d.store",
		         folder ? folder : "/tmp", (int)getpid());
	return consuming;
}

static void *open_memory(const struct bench_case *what)
{
	return open_consumer(what, BATCH, false);
}

static void *open_file(const struct bench_case *what)
{
	return open_consumer(what, BATCH, true);
}

static void *open_usual(const struct bench_case *what)
{
	return open_consumer(what, 0, false);
}

/* A store is a folder with two files an application. */
static void remove_store(const struct consuming *consuming)
{
	static const char *const names[] = { "/bench.leases", "/bench.lock", "" };
	char path[sizeof consuming->store + 16];

	for (size_t i = 0; consuming->store[0] && i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s%s", consuming->store + strlen("file:"), names[i]);
		remove(path);
	}
}

static void close_consumer(void *state)
{
	struct consuming *consuming = state;

	kin_client_close(consuming->client);
	remove_store(consuming);
	free(consuming);
}

/* Each byte, eight at a time. */
static uint64_t add_up(const unsigned char *at, size_t n)
{
	uint64_t sum = 0, word;

	for (; n >= sizeof word; n -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		sum += word;
	}
	while (n-- > 0)
		sum += *at++;
	return sum;
}

static int handle(void *user, struct kin_batch *batch)
{
	struct consuming *consuming = user;
	const struct kin_record *record;

	while ((record = kin_batch_next(batch))) {
		consuming->sum += add_up(record->data, record->data_size);
		consuming->found++;
	}
	return KIN_OK;
}

static void run_consumer(void *state, uint32_t requests, double *wall_ns)
{
	struct consuming *consuming = state;
	struct kin_consumer_options options;
	struct kin_error error = { 0 };
	uint64_t wanted = (uint64_t)requests * consuming->what->records;

	(void)wall_ns;
	remove_store(consuming);
	consuming->found = 0;
	consuming->what->tally->pages_left = requests;
	kin_consumer_options_init(&options);
	options.stream = "bench";
	options.application = "bench";
	options.store = consuming->store[0] ? consuming->store : "memory:";
	options.handler = handle;
	options.user = consuming;
	if (consuming->batch_size > 0)
		options.batch_size = consuming->batch_size;
	options.behind_interval_ms = 0;
	options.shard_bytes_per_second_max = 0;
	options.until = KIN_UNTIL_LATEST;
	if (kin_consumer_run(consuming->client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
	if (consuming->found != wanted || consuming->sum == 0)
		bench_die("the consumer saw %llu records, not %llu", (unsigned long long)consuming->found,
		          (unsigned long long)wanted);
}

static void measure(const struct bench_options *options, const char *name, bool tls, uint32_t records,
                    uint32_t bytes, double goal)
{
	struct bench_server server;
	struct bench_case what = { .name = name,
		                   .records = records,
		                   .bytes = bytes,
		                   .unit = 10000 / records * (options->smoke ? 4 : TURN_ANSWERS) };
	const struct bench_contestant all[] = {
		bench_floor_get,
		{ "kin_consumer, memory:", open_memory, run_consumer, close_consumer, .cpu_goal = goal,
		  .no_latency = true },
		{ "kin_consumer, file:", open_file, run_consumer, close_consumer, .cpu_goal = goal,
		  .no_latency = true },
		{ "memory:, batches of 100", open_usual, run_consumer, close_consumer, .no_latency = true },
	};

	bench_server_start(&server, &(struct bench_server_options){ .tls = tls,
	                                                            .records = records,
	                                                            .record_bytes = bytes,
	                                                            .shards = 1 });
	what.url = server.url;
	what.ca_file = server.ca_file;
	what.tally = server.tally;
	bench_rounds(options, &what, all, 4, &server.tally->body_bytes);
	bench_server_stop(&server);
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_options_read(&options, argc, argv);
	if (options.rounds > ROUNDS_MAX)
		options.rounds = ROUNDS_MAX;
	measure(&options, "Consumer, TLS", true, 10000, 1024, 1.25);
	measure(&options, "Consumer, TLS", true, 10000, 100, 1.25);
	measure(&options, "Consumer, TLS", true, 1000, 100, 0);
	measure(&options, "Consumer, plain", false, 10000, 1024, 0);
	return 0;
}
