/* bench/idle - what a consumer of many shards costs that bring nothing: memory, threads, CPU a poll */
#include <kinstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "server.h"
#include "util.h"

static int handle(void *user, struct kin_batch *batch)
{
	(void)user, (void)batch;
	bench_die("a record came from an empty shard");
}

static uint64_t wait_for(const struct bench_server *server, uint64_t requests)
{
	for (int i = 0; server->tally->requests < requests; i++) {
		if (i == 60000)
			bench_die("%llu requests of %llu within a minute",
			          (unsigned long long)server->tally->requests, (unsigned long long)requests);
		bench_nap_ms(1);
	}
	return server->tally->requests;
}

static void print(const struct bench_server *server, uint32_t shards, double goal_mib, double seconds)
{
	uint64_t requests, wall_ns, cpu_ns;
	double peak;

	/* Each shard has its iterator, its lease, and some answers by then. */
	requests = wait_for(server, 2 + 3 * (uint64_t)shards);
	wall_ns = bench_wall_ns();
	cpu_ns = bench_cpu_ns();
	while ((double)(bench_wall_ns() - wall_ns) < seconds * 1e9)
		bench_nap_ms(10);
	cpu_ns = bench_cpu_ns() - cpu_ns;
	requests = server->tally->requests - requests;
	peak = bench_peak_kib() / 1024.0;
	printf("  %u idle shards: peak %.1f MiB (goal %.0f: %s), %u threads, %.0f polls a second, %.1f us "
	       "CPU "
	       "a poll\n",
	       shards, peak, goal_mib, peak <= goal_mib ? "met" : "MISSED", bench_threads(),
	       (double)requests / seconds, requests > 0 ? (double)cpu_ns / 1e3 / (double)requests : 0);
}

static void measure(const struct bench_server *server, uint32_t shards, double goal_mib, double seconds)
{
	struct bench_case what = { .name = "idle", .url = server->url, .ca_file = server->ca_file };
	struct kin_consumer_options options;
	struct kin_consumer *consumer;
	struct kin_client *client;
	struct kin_error error = { 0 };

	printf("  before the library is opened: peak %.1f MiB, %u threads\n", bench_peak_kib() / 1024.0,
	       bench_threads());
	client = bench_client(&what);
	kin_consumer_options_init(&options);
	options.stream = "bench";
	options.application = "bench";
	options.store = "memory:";
	options.handler = handle;
	if (kin_consumer_open(&consumer, client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
	print(server, shards, goal_mib, seconds);
	if (kin_consumer_close(consumer, 30000, &error) != KIN_OK)
		bench_die("%s", error.message);
	kin_client_close(client);
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct bench_server server;
	uint32_t shards;

	bench_options_read(&options, argc, argv);
	shards = options.smoke ? 50 : 1000;
	printf("Idle shards, TLS: each asked once a second\n");
	bench_server_start(&server, &(struct bench_server_options){ .tls = true, .shards = shards });
	measure(&server, shards, 32, options.smoke ? 0.2 : 5);
	bench_server_stop(&server);
	return 0;
}
