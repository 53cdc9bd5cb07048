/* base/machine - see machine.h */
#include <stddef.h>
#include "base/machine.h"

void kin__machine_move(struct kin__bug *bug, const struct kin__state_row *table, uint8_t *state, uint8_t next,
                       uint32_t *seen)
{
	if (next >= 32 || !(table[*state].to & KIN__TO(next))) {
		kin__bug_found(bug, "a move the state table forbids (line: from * 100 + to)",
		               *state * 100 + next);
		return;
	}
	if (seen)
		seen[*state] |= KIN__TO(next);
	*state = next;
}
