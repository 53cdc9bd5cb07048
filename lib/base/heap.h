/* base/heap - an intrusive binary min-heap of deadlines; ties leave in the order they came.  Pure. */
#ifndef KIN_BASE_HEAP_H
#define KIN_BASE_HEAP_H
#include <stddef.h>
#include <stdint.h>

struct kin__heap_node {
	uint64_t due, order;
	size_t index;
}; /* index: 1-based, 0 = not in a heap */
struct kin__heap {
	struct kin__heap_node **at;
	size_t n, room;
	uint64_t order;
};

void kin__heap_init(struct kin__heap *heap);
void kin__heap_fini(struct kin__heap *heap);
/* Inserts or moves; 0, or -1 out of memory (a move never fails).  A move to another due counts as newly come. */
int kin__heap_set(struct kin__heap *heap, struct kin__heap_node *node, uint64_t due);
void kin__heap_remove(struct kin__heap *heap, struct kin__heap_node *node); /* not in it: nothing */
struct kin__heap_node *kin__heap_first(const struct kin__heap *heap);       /* NULL: empty */
#endif
