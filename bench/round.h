/* bench/round - contestants, each in a process of its own, measured in turn; medians of many rounds.
 *
 * A round gives each contestant its time, each time another one first; only one runs at a time.  A ratio is
 * taken within a round, contestant by floor, so that what else the machine does falls on both.
 */
#ifndef BENCH_ROUND_H
#define BENCH_ROUND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_ROUNDS_MAX = 1000 };

struct bench_options {
	uint32_t rounds, turn_ms; /* turn: the time of one contestant in a round */
	uint32_t only;            /* the number of the one case to run; 0: all */
	bool smoke;               /* the least that shows that all of it works; nothing is judged */
};
void bench_options_read(struct bench_options *options, int argc, char **argv);

struct bench_tally;
struct bench_case {
	const char *name;
	uint32_t records, bytes; /* of one request */
	const char *url, *ca_file;
	uint32_t unit;             /* requests of a turn are a multiple of it; 0: 1 */
	struct bench_tally *tally; /* of the server, for those who tell it when to end */
};

struct bench_contestant {
	const char *name;
	void *(*open)(const struct bench_case *what);
	/* Makes `requests` requests.  wall_ns: one number each, where the contestant waits for each. */
	void (*run)(void *state, uint32_t requests, double *wall_ns);
	void (*close)(void *state);
	double cpu_goal; /* most times the CPU of the first contestant; 0: none */
	double p50_goal, p99_goal;
	uint32_t rss_goal_kib;
	bool no_latency;
};

/* The first one is the floor.  Prints a table.  body_bytes, of the server's tally: all must send alike. */
void bench_rounds(const struct bench_options *options, const struct bench_case *what,
                  const struct bench_contestant *contestants, size_t n, const uint64_t *body_bytes);

/* The contestants that more than one program has. */
extern const struct bench_contestant bench_floor_put, bench_floor_hashed, bench_floor_get;
struct kin_client;
struct kin_client *bench_client(const struct bench_case *what);
struct kin_client *bench_client_cbor(const struct bench_case *what);
#endif
