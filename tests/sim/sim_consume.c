/* sim_consume [FIRST [COUNT]]: consumers over the model of the service, in virtual time.  One seed prints its
 * trace; many print what no seed met.  Every seed is run twice: equal seeds must give equal traces. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "consume_world.h"

static int usage(void)
{
	fprintf(stderr, "usage: sim_consume [FIRST [COUNT]]\n");
	return 2;
}

static bool number(const char *text, uint64_t *out)
{
	return kin__span_u64(kin__span_text(text), out);
}

int main(int argc, char **argv)
{
	uint64_t first = 0, count = 1;

	if (argc > 3 || (argc > 1 && !number(argv[1], &first)) || (argc > 2 && !number(argv[2], &count)))
		return usage();
	for (uint64_t seed = first; seed < first + count; seed++) {
		uint64_t trace = consume_run(seed, count == 1, true);

		if (trace != consume_run(seed, false, false)) {
			fprintf(stderr, "seed %" PRIu64 ": two runs differ\n", seed);
			return 1;
		}
	}
	if (count > 1) {
		for (size_t i = 0; i < CONSUME_EVENTS; i++)
			if (consume_seen[i] == 0)
				printf("never met: %s\n", consume_event_names[i]);
		consume_moves();
	}
	printf("%" PRIu64 " seeds, 0 failures\n", count);
	return 0;
}
