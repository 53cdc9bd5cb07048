/* bench/options - what all benchmark programs are told on the command line; see round.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "round.h"
#include "util.h"

void bench_options_read(struct bench_options *options, int argc, char **argv)
{
	*options = (struct bench_options){ .rounds = 41, .turn_ms = 100 };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--smoke") == 0)
			*options = (struct bench_options){ .rounds = 2, .turn_ms = 1, .smoke = true };
		else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			options->rounds = (uint32_t)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--turn-ms") == 0 && i + 1 < argc)
			options->turn_ms = (uint32_t)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc)
			options->only = (uint32_t)strtoul(argv[++i], NULL, 10);
		else
			bench_die("usage: %s [--smoke] [--rounds N] [--turn-ms N] [--case N]", argv[0]);
	}
	if (options->rounds == 0 || options->rounds > BENCH_ROUNDS_MAX || options->turn_ms == 0)
		bench_die("--rounds is 1 to %d, --turn-ms at least 1", BENCH_ROUNDS_MAX);
	setvbuf(stdout, NULL, _IOLBF, 0);
}
