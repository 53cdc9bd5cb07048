/* bench/round - see round.h */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "round.h"
#include "util.h"

enum { CONTESTANTS_MAX = 6, REQUESTS_MAX = 100000 };

struct turn {
	double cpu_ns, wall_ns, p50_ns, p99_ns, faults;
	uint32_t peak_kib, threads;
};

struct player {
	const struct bench_contestant *contestant;
	pid_t pid;
	int to, from;
	uint32_t requests; /* in a turn */
	double cpu[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX], p50[BENCH_ROUNDS_MAX], p99[BENCH_ROUNDS_MAX],
			wall[BENCH_ROUNDS_MAX];
	struct turn last;
};

/* --- a contestant's process ------------------------------------------------------------ */

static void transfer(bool out, int fd, void *data, size_t n)
{
	ssize_t done = out ? write(fd, data, n) : read(fd, data, n);

	if (done == 0 && !out)
		exit(0); /* the other side is gone: no more turns */
	if (done != (ssize_t)n)
		bench_die("a contestant's process ended");
}

static void take_turns(const struct bench_contestant *contestant, const struct bench_case *what, int in,
                       int out)
{
	char name[16];
	double *wall = bench_alloc(REQUESTS_MAX * sizeof *wall);
	void *state = contestant->open(what);
	uint32_t requests;

	snprintf(name, sizeof name, "%.15s", contestant->name);
	prctl(PR_SET_NAME, name); /* for profilers */
	while (read(in, &requests, sizeof requests) == sizeof requests) {
		uint64_t wall_ns = bench_wall_ns(), faults = bench_faults(), cpu_ns = bench_cpu_ns();
		struct turn turn;

		contestant->run(state, requests, wall);
		turn.cpu_ns = (double)(bench_cpu_ns() - cpu_ns);
		turn.wall_ns = (double)(bench_wall_ns() - wall_ns);
		turn.faults = (double)(bench_faults() - faults) / requests;
		turn.peak_kib = bench_peak_kib();
		turn.threads = bench_threads();
		turn.p50_ns = turn.p99_ns = 0;
		if (!contestant->no_latency) {
			turn.p50_ns = bench_percentile(wall, requests, 50);
			turn.p99_ns = bench_percentile(wall, requests, 99);
		}
		transfer(true, out, &turn, sizeof turn);
	}
	contestant->close(state);
	free(wall);
	exit(0);
}

static void start(struct player *player, const struct bench_case *what, struct player *others, size_t n)
{
	int down[2], up[2];

	if (pipe(down) < 0 || pipe(up) < 0 || (player->pid = fork()) < 0)
		bench_die("cannot start a contestant: %s", strerror(errno));
	if (player->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = 0; i < n; i++) /* or they would not see that we are gone */
			close(others[i].to);
		close(down[1]);
		take_turns(player->contestant, what, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	player->to = down[1];
	player->from = up[0];
}

static void stop(struct player *player)
{
	int status;

	close(player->to);
	if (waitpid(player->pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("%s did not end well", player->contestant->name);
	close(player->from);
}

/* --- rounds ---------------------------------------------------------------------------- */

static struct turn play(struct player *player, uint32_t requests)
{
	struct turn turn;

	transfer(true, player->to, &requests, sizeof requests);
	if (read(player->from, &turn, sizeof turn) != sizeof turn)
		bench_die("%s failed", player->contestant->name);
	player->last = turn;
	return turn;
}

/* How many requests make a turn; the warm-up as well. */
static void warm_up(struct player *player, const struct bench_options *options, const struct bench_case *what,
                    const uint64_t *body_bytes, double *bytes)
{
	uint32_t unit = what->unit ? what->unit : 1;
	uint64_t before;
	struct turn turn;
	double wanted;

	play(player, unit);
	before = *body_bytes;
	turn = play(player, unit);
	*bytes = (double)(*body_bytes - before) / unit;
	if (!options->smoke) /* libcurl's and OpenSSL's first dearer steps are behind, buffers have grown */
		turn = play(player, 4 * unit);
	wanted = options->turn_ms * 1e6 / (turn.wall_ns / (options->smoke ? unit : 4 * unit)) / unit;
	player->requests = unit * (wanted < 1                     ? 1
	                           : wanted > REQUESTS_MAX / unit ? REQUESTS_MAX / unit
	                                                          : (uint32_t)wanted);
}

static void play_rounds(struct player *players, size_t n, const struct bench_options *options,
                        const struct bench_case *what)
{
	for (uint32_t round = 0; round < options->rounds; round++) {
		double floor_ns;

		for (size_t i = 0; i < n; i++) {
			struct player *player = &players[(round + i) % n];
			struct turn turn = play(player, player->requests);
			double records = (double)player->requests * what->records;

			player->cpu[round] = turn.cpu_ns / records;
			player->wall[round] = turn.wall_ns / records;
			player->p50[round] = turn.p50_ns;
			player->p99[round] = turn.p99_ns;
		}
		floor_ns = players[0].cpu[round];
		for (size_t i = 0; i < n; i++)
			players[i].ratio[round] = players[i].cpu[round] / floor_ns;
	}
}

static void print_goal(double found, double goal)
{
	if (goal > 0)
		printf(" (goal %.2f: %s)", goal, found <= goal ? "met" : "MISSED");
}

static void print_latency(struct player *player, struct player *floor, uint32_t rounds)
{
	double ratio50[BENCH_ROUNDS_MAX], ratio99[BENCH_ROUNDS_MAX], r50, r99;

	for (uint32_t i = 0; i < rounds; i++) {
		ratio50[i] = player->p50[i] / floor->p50[i];
		ratio99[i] = player->p99[i] / floor->p99[i];
	}
	r50 = bench_percentile(ratio50, rounds, 50);
	r99 = bench_percentile(ratio99, rounds, 50);
	printf("    latency p50 %.1f us, %.3f x", bench_percentile(player->p50, rounds, 50) / 1e3, r50);
	print_goal(r50, player->contestant->p50_goal);
	printf("; p99 %.1f us, %.3f x", bench_percentile(player->p99, rounds, 50) / 1e3, r99);
	print_goal(r99, player->contestant->p99_goal);
	printf("\n");
}

static void print(struct player *players, size_t n, const struct bench_options *options)
{
	uint32_t rounds = options->rounds;

	for (size_t i = 0; i < n; i++) {
		struct player *player = &players[i];
		double ratio = bench_percentile(player->ratio, rounds, 50);

		printf("  %-28s %8.0f ns CPU a record (wall %8.0f)  %5.2f x, quartiles %.2f-%.2f",
		       player->contestant->name, bench_percentile(player->cpu, rounds, 50),
		       bench_percentile(player->wall, rounds, 50), ratio,
		       bench_percentile(player->ratio, rounds, 25),
		       bench_percentile(player->ratio, rounds, 75));
		print_goal(ratio, player->contestant->cpu_goal);
		printf("; peak %.1f MiB", player->last.peak_kib / 1024.0);
		print_goal(player->last.peak_kib / 1024.0, player->contestant->rss_goal_kib / 1024.0);
		printf(", %.0f page faults a request, %u threads\n", player->last.faults,
		       player->last.threads);
		if (player->contestant->p50_goal > 0)
			print_latency(player, &players[0], rounds);
	}
}

void bench_rounds(const struct bench_options *options, const struct bench_case *what,
                  const struct bench_contestant *contestants, size_t n, const uint64_t *body_bytes)
{
	struct player *players = bench_alloc(CONTESTANTS_MAX * sizeof *players);
	double bytes[CONTESTANTS_MAX];
	static uint32_t number; /* of this case */

	if (options->only > 0 && ++number != options->only)
		return;
	printf("%s: %u records of %u bytes a request, %u rounds of %u ms each\n", what->name, what->records,
	       what->bytes, options->rounds, options->turn_ms);
	for (size_t i = 0; i < n; i++) {
		players[i].contestant = &contestants[i];
		start(&players[i], what, players, i);
	}
	for (size_t i = 0; i < n; i++)
		warm_up(&players[i], options, what, body_bytes, &bytes[i]);
	for (size_t i = 1; i < n; i++)
		if (bytes[i] < 0.99 * bytes[0] || bytes[i] > 1.01 * bytes[0])
			printf("  note: %s sends %.0f bytes a request, %s %.0f\n", contestants[i].name,
			       bytes[i], contestants[0].name, bytes[0]);
	play_rounds(players, n, options, what);
	print(players, n, options);
	for (size_t i = 0; i < n; i++)
		stop(&players[i]);
	free(players);
}
