/* bench/peers/peer - what the contestants written in C share.  A contestant is told "run N" on its standard input,
 * makes N requests (or puts N times as many records as one holds), and says "done"; who asks looks at its CPU time. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "../text.h"
#include "../util.h"

struct peer_record {
	char key[BENCH_KEY + 1];
	unsigned char *data;
};

static inline struct peer_record *peer_records(uint32_t n, uint32_t bytes)
{
	struct peer_record *records = bench_alloc(n * sizeof *records);

	for (uint32_t i = 0; i < n; i++) {
		records[i].data = bench_alloc(bytes);
		bench_record(i, records[i].key, records[i].data, bytes);
	}
	return records;
}

static inline void peer_records_free(struct peer_record *records, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(records[i].data);
	free(records);
}

/* The next order; 0: the end. */
static inline uint32_t peer_order(void)
{
	char line[64];

	return fgets(line, sizeof line, stdin) ? (uint32_t)strtoul(line + 4, NULL, 10) : 0;
}

static inline void peer_done(void)
{
	puts("done");
	fflush(stdout);
}
#endif
