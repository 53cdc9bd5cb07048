/* base/slab - many things of one size, an allocation a block of them.
 *
 * Pure.  Things are taken from blocks that are in use already; a block that nothing is left of is given back, but for one.
 * Invariant: at most one block is empty.
 */
#ifndef KIN_BASE_SLAB_H
#define KIN_BASE_SLAB_H
#include <stddef.h>
#include <stdint.h>
#include "base/list.h"

enum { KIN__SLAB_BLOCK = 64 /* things */ };

struct kin__slab_block;

struct kin__slab {
	size_t size;                   /* of a thing, with what the slab keeps before it */
	struct kin__list open, full;   /* blocks, with things to take and without */
	struct kin__slab_block *empty; /* the last of `open`; NULL: there is none */
	uint64_t blocks_n, n;          /* n: things that are taken */
};

void kin__slab_init(struct kin__slab *slab, size_t thing_size);
void kin__slab_fini(struct kin__slab *slab);  /* things that are taken go too */
void *kin__slab_take(struct kin__slab *slab); /* NULL: out of memory; holds anything */
void kin__slab_give(struct kin__slab *slab, void *thing);
#endif
