/* sim_consume [--coverage] [FIRST [COUNT]]: consumers over the model of the service, in virtual time.
 *
 * One seed prints its trace.  Many print what none of them met, or with --coverage how often all was met; so many
 * as make check runs must have met everything.  Every seed is run twice: equal seeds must give equal traces. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "consume_world.h"

static int usage(void)
{
	fprintf(stderr, "usage: sim_consume [--coverage] [FIRST [COUNT]]\n");
	return 2;
}

static bool number(const char *text, uint64_t *out)
{
	return kin__span_u64(kin__span_text(text), out);
}

static size_t tell_coverage(bool table)
{
	return coverage_tell_met("events", consume_event_names, consume_seen, CONSUME_EVENTS, table) +
	       consume_tell_moves(table);
}

int main(int argc, char **argv)
{
	uint64_t first = 0, count = 1;
	bool table = argc > 1 && strcmp(argv[1], "--coverage") == 0;
	size_t never;

	argc -= table;
	argv += table;
	if (argc > 3 || (argc > 1 && !number(argv[1], &first)) || (argc > 2 && !number(argv[2], &count)))
		return usage();
	for (uint64_t seed = first; seed < first + count; seed++) {
		uint64_t trace = consume_run(seed, count == 1, true);

		if (trace != consume_run(seed, false, false)) {
			fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", seed);
			return 1;
		}
	}
	never = count > 1 || table ? tell_coverage(table) : 0;
	if (never > 0 && count >= COVERAGE_SEEDS) {
		fprintf(stderr, "%zu things were never met, and so many seeds must meet everything\n", never);
		return 1;
	}
	printf("%" PRIu64 " seeds, 0 failures\n", count);
	return 0;
}
