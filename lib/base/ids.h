/* base/ids - 64-bit numbers in the order of their first use: each has the index that it came as.
 *
 * Pure.  Open addressing; the numbers may be anything, also chosen by an enemy of the first bits: they are mixed.
 * Cleared and used again it allocates nothing.  Invariant: at[find(id)] == id.
 */
#ifndef KIN_BASE_IDS_H
#define KIN_BASE_IDS_H
#include <stddef.h>
#include <stdint.h>

#define KIN__IDS_NONE UINT32_MAX

struct kin__ids {
	uint64_t *at;
	size_t n, room;
	uint32_t *slots; /* 1 + index, or 0 */
	size_t slots_n, slots_room;
};

void kin__ids_init(struct kin__ids *ids);
void kin__ids_fini(struct kin__ids *ids);
void kin__ids_clear(struct kin__ids *ids); /* keeps the memory */
void kin__ids_trim(struct kin__ids *ids);  /* clears, and gives back the memory of many */
uint32_t kin__ids_find(const struct kin__ids *ids, uint64_t id); /* its index; NONE: not there */
/* Its index, a new one if it was not there; NONE: out of memory, or 2^31 are there. */
uint32_t kin__ids_add(struct kin__ids *ids, uint64_t id);
#endif
