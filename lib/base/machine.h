/* base/machine - states that move by a table of allowed moves.  Pure.
 *
 * The table is indexed by state; `to` has a bit for each state that may follow.  Moves made are
 * counted when `seen` is given, so that a simulator can report each row it never hit.
 */
#ifndef KIN_BASE_MACHINE_H
#define KIN_BASE_MACHINE_H
#include <stdint.h>
#include "base/check.h"

struct kin__state_row {
	const char *name;
	uint32_t to;
};
#define KIN__TO(state) (UINT32_C(1) << (state))

/* Moves *state to `next`, or reports a bug and leaves it.  seen: NULL, or one mask of `to` bits a state. */
void kin__machine_move(struct kin__bug *bug, const struct kin__state_row *table, uint8_t *state, uint8_t next,
                       uint32_t *seen);
#endif
