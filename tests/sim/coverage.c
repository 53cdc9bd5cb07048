/* See coverage.h */
#include <inttypes.h>
#include <stdio.h>
#include "coverage.h"

void coverage_add(struct coverage_moves *moves, const uint32_t *seen)
{
	for (size_t from = 0; from < moves->n; from++)
		for (size_t to = 0; to < moves->n; to++)
			moves->made[from][to] += (seen[from] & KIN__TO(to)) != 0;
}

static bool tell(const char *what, uint64_t count, bool table)
{
	if (table)
		printf("%12" PRIu64 "  %s\n", count / 2, what);
	else if (count == 0)
		printf("never met: %s\n", what);
	return count == 0;
}

size_t coverage_tell_moves(const struct coverage_moves *moves, bool table)
{
	char what[128];
	size_t never = 0;

	if (table)
		printf("moves of %s, in so many machines\n", moves->name);
	for (size_t from = 0; from < moves->n; from++)
		for (size_t to = 0; to < moves->n; to++)
			if (moves->rows[from].to & KIN__TO(to)) {
				snprintf(what, sizeof what, "%s: %s -> %s", moves->name,
				         moves->rows[from].name, moves->rows[to].name);
				never += tell(what, moves->made[from][to], table);
			}
	return never;
}

size_t coverage_tell_met(const char *title, const char *const *names, const uint64_t *met, size_t n,
                         bool table)
{
	size_t never = 0;

	if (table)
		printf("%s, so many times\n", title);
	for (size_t i = 0; i < n; i++)
		never += tell(names[i], met[i], table);
	return never;
}
