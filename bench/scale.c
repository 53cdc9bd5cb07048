/* bench/scale - many shards in one process: the memory each of them takes, connections, CPU a record
 *
 * The same consumer reads a stream of few shards and one of many; all answers hold the same records.
 */
#include <kinstream.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "round.h"
#include "server.h"
#include "util.h"

enum { RECORDS = 100, BYTES = 100, FEW = 10, MANY = 10000, MANY_SMOKE = 500 };

static struct bench_options options;
static struct bench_server few, many;

static uint32_t many_shards(void)
{
	return options.smoke ? MANY_SMOKE : MANY;
}

static void open_consumer(struct kin_consumer **consumer, struct kin_client **client,
                          const struct bench_server *server, kin_handler_fn *handler, void *user)
{
	struct bench_case what = { .name = "scale", .url = server->url, .ca_file = server->ca_file };
	struct kin_consumer_options wanted;
	struct kin_error error = { 0 };

	*client = bench_client(&what);
	kin_consumer_options_init(&wanted);
	wanted.stream = "bench";
	wanted.application = "bench";
	wanted.store = "memory:";
	wanted.handler = handler;
	wanted.user = user;
	wanted.behind_interval_ms = 0;
	wanted.shard_bytes_per_second_max = 0;
	if (kin_consumer_open(consumer, *client, &wanted, &error) != KIN_OK)
		bench_die("%s", error.message);
}

static void close_consumer(struct kin_consumer *consumer, struct kin_client *client)
{
	struct kin_error error = { 0 };

	if (kin_consumer_close(consumer, 60000, &error) != KIN_OK)
		bench_die("%s", error.message);
	kin_client_close(client);
}

/* Description, list, an iterator each, and `answers` of each shard. */
static void wait_for(const struct bench_server *server, uint32_t shards, uint32_t answers)
{
	uint64_t wanted = 2 + (uint64_t)shards * (1 + answers);

	for (int i = 0; server->tally->requests < wanted; i++) {
		if (i == 60000)
			bench_die("%llu requests of %llu within a minute",
			          (unsigned long long)server->tally->requests, (unsigned long long)wanted);
		bench_nap_ms(1);
	}
}

/* --- memory: shards that bring nothing ----------------------------------------------------- */

struct idling {
	uint32_t now_kib, peak_kib, threads, connections;
};

static int refuse(void *user, struct kin_batch *batch)
{
	(void)user, (void)batch;
	bench_die("a record came from an empty shard");
}

static void start(struct bench_server *server, uint32_t shards, uint32_t records)
{
	bench_server_start(server, &(struct bench_server_options){ .tls = true,
	                                                           .records = records,
	                                                           .record_bytes = BYTES,
	                                                           .shards = shards });
}

static void idle_here(const struct bench_server *server, uint32_t shards, int out)
{
	struct kin_consumer *consumer;
	struct kin_client *client;
	struct idling found;

	open_consumer(&consumer, &client, server, refuse, NULL);
	wait_for(server, shards, options.smoke ? 1 : 3);
	found = (struct idling){ bench_now_kib(), bench_peak_kib(), bench_threads(),
		                 server->tally->connections };
	if (write(out, &found, sizeof found) != sizeof found)
		bench_die("cannot tell what was found");
	close_consumer(consumer, client);
}

/* In a process of its own: another's memory does not count, nor what the allocator kept of it. */
static struct idling idle(uint32_t shards)
{
	struct bench_server server;
	struct idling found = { 0 };
	int ends[2], status;
	pid_t pid;

	start(&server, shards, 0);
	if (pipe(ends) < 0 || (pid = fork()) < 0)
		bench_die("cannot start a process");
	if (pid == 0) {
		idle_here(&server, shards, ends[1]);
		exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &found, sizeof found) != sizeof found || waitpid(pid, &status, 0) != pid ||
	    status != 0)
		bench_die("the consumer of %u idle shards did not end well", shards);
	close(ends[0]);
	bench_server_stop(&server);
	return found;
}

static const char *verdict(bool met)
{
	return options.smoke ? "not judged" : met ? "met" : "MISSED";
}

static void measure_memory(void)
{
	uint32_t shards = many_shards();
	struct idling one = idle(1), all = idle(shards);
	double more = (all.now_kib - one.now_kib) / 1024.0;

	printf("  idle: 1 shard %.1f MiB, peak %.1f; %u shards %.1f MiB, peak %.1f (with the list of "
	       "shards)\n",
	       one.now_kib / 1024.0, one.peak_kib / 1024.0, shards, all.now_kib / 1024.0,
	       all.peak_kib / 1024.0);
	printf("  above 1 shard %.1f MiB (goal 25: %s), %.0f bytes a shard; %u connections (goal 32: %s), %u "
	       "threads\n",
	       more, verdict(more <= 25), more * 1048576 / shards, all.connections,
	       verdict(all.connections <= 32), all.threads);
}

/* --- CPU: shards that always bring the same -------------------------------------------------- */

/* The handler takes what a turn asked for and then stands still: the consumer fills its buffer and rests. */
struct reading {
	const struct bench_server *server;
	struct kin_consumer *consumer;
	struct kin_client *client;
	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t wanted, found;
	bool closing;
};

static int take(void *user, struct kin_batch *batch)
{
	struct reading *reading = user;
	uint64_t n = 0;

	pthread_mutex_lock(&reading->lock);
	while (reading->found >= reading->wanted && !reading->closing)
		pthread_cond_wait(&reading->change, &reading->lock);
	while (kin_batch_next(batch))
		n++;
	reading->found += n;
	if (reading->found >= reading->wanted)
		pthread_cond_broadcast(&reading->change);
	pthread_mutex_unlock(&reading->lock);
	return KIN_OK;
}

/* Until nothing is asked for any more. */
static void wait_for_rest(const struct bench_server *server)
{
	uint64_t before;

	do {
		before = server->tally->requests;
		bench_nap_ms(30);
	} while (server->tally->requests != before);
}

static void *open_reading(const struct bench_server *server, uint32_t shards)
{
	struct reading *reading = bench_alloc(sizeof *reading);

	reading->server = server;
	pthread_mutex_init(&reading->lock, NULL);
	pthread_cond_init(&reading->change, NULL);
	reading->wanted = UINT64_MAX;
	open_consumer(&reading->consumer, &reading->client, server, take, reading);
	wait_for(server, shards, 1);
	pthread_mutex_lock(&reading->lock);
	reading->wanted = 0;
	pthread_mutex_unlock(&reading->lock);
	wait_for_rest(server);
	return reading;
}

static void *open_few(const struct bench_case *what)
{
	(void)what;
	return open_reading(&few, FEW);
}

static void *open_many(const struct bench_case *what)
{
	(void)what;
	return open_reading(&many, many_shards());
}

static void run_reading(void *state, uint32_t requests, double *wall_ns)
{
	struct reading *reading = state;

	(void)wall_ns;
	pthread_mutex_lock(&reading->lock);
	reading->found = 0;
	reading->wanted = (uint64_t)requests * RECORDS;
	pthread_cond_broadcast(&reading->change);
	while (reading->found < reading->wanted)
		pthread_cond_wait(&reading->change, &reading->lock);
	pthread_mutex_unlock(&reading->lock);
	wait_for_rest(reading->server); /* what was read ahead at the start is there again */
}

static void close_reading(void *state)
{
	struct reading *reading = state;

	pthread_mutex_lock(&reading->lock);
	reading->closing = true;
	pthread_cond_broadcast(&reading->change);
	pthread_mutex_unlock(&reading->lock);
	close_consumer(reading->consumer, reading->client);
	free(reading);
}

static void measure_cpu(void)
{
	const struct bench_case what = { .name = "The same records in each answer",
		                         .records = RECORDS,
		                         .bytes = BYTES,
		                         .unit = options.smoke ? 100 : 2000 };
	const struct bench_contestant all[] = {
		{ "10 shards", open_few, run_reading, close_reading, .no_latency = true },
		{ "10,000 shards (smoke: 500)", open_many, run_reading, close_reading, .cpu_goal = 1.10,
		  .no_latency = true },
	};
	uint64_t nobody = 0;

	bench_rounds(&options, &what, all, 2, &nobody);
}

/* ---------------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	bench_options_read(&options, argc, argv);
	printf("Many shards in one process, TLS\n");
	measure_memory();
	start(&few, FEW, RECORDS);
	start(&many, many_shards(), RECORDS);
	measure_cpu();
	bench_server_stop(&few);
	bench_server_stop(&many);
	return 0;
}
