/* sim_produce [FIRST [COUNT]] - the producer machine against the model of the service, in virtual time.
 *
 * One seed: its trace.  Many: each twice, which must be the same; then what none of them met. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "produce_world.h"

static void tell_coverage(void)
{
	for (int i = 0; i < PRODUCE_EVENTS; i++)
		if (!produce_met[i])
			printf("never met: %s\n", produce_event_names[i]);
	for (int from = 0; from < KIN__RECORD_STATES; from++)
		for (int to = 0; to < KIN__RECORD_STATES; to++)
			if ((kin__producer_table[from].to & KIN__TO(to)) &&
			    !(produce_seen[from] & KIN__TO(to)))
				printf("never moved: %s to %s\n", kin__producer_table[from].name,
				       kin__producer_table[to].name);
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	for (uint64_t seed = first; seed < first + count; seed++) {
		uint64_t trace = produce_run(seed, count == 1);

		if (trace != produce_run(seed, false)) {
			fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", seed);
			return 1;
		}
	}
	if (count > 1)
		tell_coverage();
	printf("%" PRIu64 " seeds, 0 failures\n", count);
	return 0;
}
