/* sim_produce [--coverage] [FIRST [COUNT]] - the producer machine against the model of the service, in virtual time.
 *
 * One seed: its trace.  Many: each twice, which must be the same; then what none of them met, or with --coverage how
 * often all was met.  So many as make check runs must have met everything. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "produce_world.h"

static size_t tell_coverage(bool table)
{
	return coverage_tell_met("events", produce_event_names, produce_met, PRODUCE_EVENTS, table) +
	       coverage_tell_met("faults of the service", produce_fault_names, produce_struck, PRODUCE_FAULTS,
	                         table) +
	       coverage_tell_moves(&produce_moves, table);
}

static int usage(void)
{
	fprintf(stderr, "usage: sim_produce [--coverage] [FIRST [COUNT]]\n");
	return 2;
}

static bool number(const char *text, uint64_t *out)
{
	return kin__span_u64(kin__span_text(text), out);
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
		uint64_t trace = produce_run(seed, count == 1);

		if (trace != produce_run(seed, false)) {
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
