/* bench/produce - the producer's near side: put alone on one thread and on several, and the memory it takes, after a burst,
 * in a long run and when the service stops */
#include <kinstream.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "server.h"
#include "util.h"

enum { BYTES = 100, KEYS = 1024, WAYS = 4, THREADS_MAX = 4, MANY = 100 };

static const struct {
	const char *name;
	uint32_t threads;
	bool many; /* in one call */
} ways[WAYS] = { { "1 thread", 1, false },
	         { "2 threads", 2, false },
	         { "4 threads", 4, false },
	         { "1 thread, 100 a call", 1, true } };

struct near {
	struct bench_server server;
	struct kin_client *client;
	struct kin_producer *producer;
	char keys[KEYS][16];
	char data[BYTES];
};

static void open_near(struct near *near, uint32_t buffer_records, uint32_t requests_max)
{
	struct kin_producer_options options;
	struct kin_error error = { 0 };

	kin_producer_options_init(&options);
	options.stream = "bench";
	options.buffer_records_max = buffer_records;
	options.buffer_bytes_max = (uint64_t)buffer_records * 256;
	options.requests_max = requests_max;
	if (kin_producer_open(&near->producer, near->client, &options, &error) != KIN_OK)
		bench_die("%s", error.message);
}

static void close_near(struct near *near)
{
	struct kin_error error = { 0 };

	if (kin_producer_close(near->producer, 30000, &error) != KIN_OK)
		bench_die("%s", error.message);
}

static int put(struct near *near, uint64_t i, int64_t timeout_ms, struct kin_error *error)
{
	return kin_producer_put(near->producer, near->keys[i % KEYS], 8, near->data, BYTES, timeout_ms,
	                        error);
}

static void put_n(struct near *near, uint64_t n)
{
	struct kin_error error = { 0 };

	for (uint64_t i = 0; i < n; i++)
		if (put(near, i, -1, &error) != KIN_OK)
			bench_die("%s", error.message);
}

/* As many of them in one call. */
static void put_n_many(struct near *near, uint64_t n)
{
	struct kin_put_entry entries[MANY];
	struct kin_error error = { 0 };
	uint64_t left = n;

	for (int i = 0; i < MANY; i++) {
		kin_put_entry_init(&entries[i]);
		entries[i].key = near->keys[i];
		entries[i].key_size = 8;
		entries[i].data = near->data;
		entries[i].data_size = BYTES;
	}
	for (size_t some; left > 0; left -= some) {
		some = left < MANY ? left : MANY;
		if (kin_producer_put_many(near->producer, entries, some, NULL, -1, &error) != KIN_OK)
			bench_die("%s", error.message);
	}
}

static void flush(struct near *near)
{
	struct kin_error error = { 0 };

	if (kin_producer_flush(near->producer, 60000, &error) != KIN_OK)
		bench_die("%s", error.message);
}

/* As a service that neither answers nor hangs up: requests wait, and so all that stands behind them. */
static void stop_service(struct near *near, bool stop)
{
	if (kill(near->server.pid, stop ? SIGSTOP : SIGCONT) != 0)
		bench_die("the server is gone");
}

/* --- put alone ---------------------------------------------------------------------------- */

struct putter {
	struct near *near;
	pthread_barrier_t *start;
	uint32_t n;
	bool many;
	pthread_t thread;
};

static void *run_putter(void *argument)
{
	struct putter *putter = argument;

	pthread_barrier_wait(putter->start);
	(putter->many ? put_n_many : put_n)(putter->near, putter->n);
	return NULL;
}

struct times {
	double wall_ns, cpu_ns; /* a record */
};

/* Puts `n` records while the one request that may be under way is not answered: nothing but put runs. */
static struct times put_alone(struct near *near, uint32_t way, uint32_t n)
{
	uint32_t threads = ways[way].threads;
	struct putter putters[THREADS_MAX];
	pthread_barrier_t start;
	uint64_t wall_ns, cpu_ns;

	stop_service(near, true);
	put_n(near, 1);
	bench_nap_ms(5); /* it is under way now */
	pthread_barrier_init(&start, NULL, threads + 1);
	for (uint32_t i = 0; i < threads; i++) {
		putters[i] = (struct putter){
			.near = near, .start = &start, .n = n / threads, .many = ways[way].many
		};
		if (pthread_create(&putters[i].thread, NULL, run_putter, &putters[i]) != 0)
			bench_die("cannot start a thread");
	}
	cpu_ns = bench_cpu_ns();
	wall_ns = bench_wall_ns();
	pthread_barrier_wait(&start);
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(putters[i].thread, NULL);
	wall_ns = bench_wall_ns() - wall_ns;
	cpu_ns = bench_cpu_ns() - cpu_ns;
	pthread_barrier_destroy(&start);
	stop_service(near, false);
	flush(near);
	return (struct times){ (double)wall_ns / n, (double)cpu_ns / n };
}

static void measure_put(struct near *near, const struct bench_options *options)
{
	uint32_t n = options->smoke ? 4000 : 200000, rounds = options->rounds;
	double wall[WAYS][BENCH_ROUNDS_MAX], cpu[WAYS][BENCH_ROUNDS_MAX], total[WAYS][BENCH_ROUNDS_MAX];

	printf("put alone: %u records of %d bytes into an empty buffer, nothing leaves; %u rounds\n", n,
	       BYTES, rounds);
	open_near(near, n + 1, 1);
	put_alone(near, 0, n);
	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t i = 0; i < WAYS; i++) {
			uint32_t way = (round + i) % WAYS;
			struct times times = put_alone(near, way, n);

			wall[way][round] = times.wall_ns;
			cpu[way][round] = times.cpu_ns;
		}
		for (uint32_t way = 0; way < WAYS; way++)
			total[way][round] = wall[0][round] / wall[way][round];
	}
	for (uint32_t way = 0; way < WAYS; way++) {
		double wall_ns = bench_percentile(wall[way], rounds, 50);
		double ratio = bench_percentile(total[way], rounds, 50);

		printf("  %-20s %5.2f million records a second", ways[way].name, 1e3 / wall_ns);
		if (way == 0)
			printf(" (goal 1.00: %s)", wall_ns <= 1000 ? "met" : "MISSED");
		else
			printf(", %.2f x one thread's, quartiles %.2f-%.2f (goal 0.90: %s)", ratio,
			       bench_percentile(total[way], rounds, 25),
			       bench_percentile(total[way], rounds, 75), ratio >= 0.9 ? "met" : "MISSED");
		printf("; CPU %.0f ns a record\n", bench_percentile(cpu[way], rounds, 50));
	}
	close_near(near);
}

/* --- memory ------------------------------------------------------------------------------- */

/* At rest: what is kept for the next records is given back. */
static uint32_t resident_after(struct near *near, uint64_t records, bool smoke)
{
	put_n(near, records);
	flush(near);
	bench_nap_ms(smoke ? 1 : 3000);
	return bench_now_kib();
}

static void measure_long_run(struct near *near, bool smoke)
{
	uint64_t few = smoke ? 2000 : 100000, many = few * 100;
	uint32_t before, after;
	double growth;

	open_near(near, 100000, 8);
	before = resident_after(near, few, smoke);
	after = resident_after(near, many - few, smoke);
	growth = 100.0 * ((double)after - before) / before;
	printf("memory: resident at rest after %llu records %.1f MiB, after %llu %.1f MiB, %+.1f %% (goal 5: "
	       "%s); "
	       "peak %.1f "
	       "MiB\n",
	       (unsigned long long)few, before / 1024.0, (unsigned long long)many, after / 1024.0, growth,
	       growth <= 5 ? "met" : "MISSED", bench_peak_kib() / 1024.0);
	close_near(near);
}

static void measure_stopped(struct near *near, bool smoke)
{
	uint32_t room = smoke ? 5000 : 100000, refused = 10 * room, full, after;
	struct kin_error error = { 0 };
	uint64_t held = 0;
	double growth;
	int code;

	open_near(near, room, 8);
	stop_service(near, true);
	while ((code = put(near, held, 0, &error)) == KIN_OK)
		held++;
	full = bench_now_kib();
	for (uint32_t i = 0; code == KIN_FULL && i < refused; i++)
		code = put(near, i, 0, &error);
	after = bench_now_kib();
	if (code != KIN_FULL || held != room)
		bench_die("a stopped service: %llu of %u records were taken, then %s",
		          (unsigned long long)held, room, kin_code_name(code));
	growth = 100.0 * ((double)after - full) / full;
	printf("service stopped: KIN_FULL after %llu records; resident %.1f MiB, after %u refused puts %.1f "
	       "MiB, "
	       "%+.1f %% (goal 1: %s)\n",
	       (unsigned long long)held, full / 1024.0, refused, after / 1024.0, growth,
	       growth <= 1 ? "met" : "MISSED");
	stop_service(near, false);
	flush(near);
	printf("  when it goes on, and all is reported: %.1f MiB\n", bench_now_kib() / 1024.0);
	close_near(near);
}

/* All of it at once, as much as the buffer takes; then nothing. */
static void measure_burst(struct near *near, bool smoke)
{
	uint32_t room = smoke ? 5000 : 100000, before, peak, after;

	open_near(near, room, 8);
	before = resident_after(near, room / 100, smoke);
	stop_service(near, true);
	put_n(near, room);
	peak = bench_now_kib();
	stop_service(near, false);
	flush(near);
	bench_nap_ms(smoke ? 1 : 3000);
	after = bench_now_kib();
	printf("burst: resident before %.1f MiB, with %u records held %.1f MiB, three seconds later %.1f "
	       "MiB\n",
	       before / 1024.0, room, peak / 1024.0, after / 1024.0);
	close_near(near);
}

int main(int argc, char **argv)
{
	static struct near near;
	struct bench_options options;
	struct bench_case what = { 0 };

	bench_options_read(&options, argc, argv);
	for (int i = 0; i < KEYS; i++)
		snprintf(near.keys[i], sizeof near.keys[i], "key-%04d", i);
	bench_fill(near.data, BYTES, 1);
	bench_server_start(&near.server, &(struct bench_server_options){ .tls = true });
	what.url = near.server.url;
	what.ca_file = near.server.ca_file;
	near.client = bench_client(&what);
	measure_burst(&near, options.smoke);
	measure_long_run(&near, options.smoke);
	measure_stopped(&near, options.smoke);
	measure_put(&near, &options);
	kin_client_close(near.client);
	bench_server_stop(&near.server);
	return 0;
}
