/* What the seeds of a world met: things that happened, and moves made of the tables of states.
 *
 * Every seed runs twice and meets the same twice: counts are halved when they are told. */
#ifndef KIN_SIM_COVERAGE_H
#define KIN_SIM_COVERAGE_H
#include "base/machine.h"

enum {
	COVERAGE_STATES = 8,
	COVERAGE_SEEDS = 10000 /* so many seeds of a world must meet everything */
};

struct coverage_moves { /* of one table */
	const char *name;
	const struct kin__state_row *rows;
	size_t n;
	uint64_t made[COVERAGE_STATES][COVERAGE_STATES]; /* from, to: in how many machines */
};

/* seen: what kin__machine_move() noted in one machine. */
void coverage_add(struct coverage_moves *moves, const uint32_t *seen);
/* Print a table, or only what was never met; return how many were never met. */
size_t coverage_tell_moves(const struct coverage_moves *moves, bool table);
size_t coverage_tell_met(const char *title, const char *const *names, const uint64_t *met, size_t n,
                         bool table);
#endif
