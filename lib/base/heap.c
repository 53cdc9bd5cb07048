/* base/heap - see heap.h */
#include "base/heap.h"
#include "base/mem.h"

enum { KEPT = 1024 }; /* nodes that there is always room for once there was */

void kin__heap_init(struct kin__heap *heap)
{
	*heap = (struct kin__heap){ 0 };
}

void kin__heap_fini(struct kin__heap *heap)
{
	for (size_t i = 0; i < heap->n; i++)
		heap->at[i]->index = 0;
	kin__mem_free(heap->at);
	kin__heap_init(heap);
}

static int before(const struct kin__heap_node *a, const struct kin__heap_node *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void place(struct kin__heap *heap, struct kin__heap_node *node, size_t i)
{
	heap->at[i] = node;
	node->index = i + 1;
}

static void rise(struct kin__heap *heap, struct kin__heap_node *node, size_t i)
{
	while (i > 0 && before(node, heap->at[(i - 1) / 2])) {
		place(heap, heap->at[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	place(heap, node, i);
}

static void sink(struct kin__heap *heap, struct kin__heap_node *node, size_t i)
{
	size_t child;

	while ((child = i * 2 + 1) < heap->n) {
		if (child + 1 < heap->n && before(heap->at[child + 1], heap->at[child]))
			child++;
		if (!before(heap->at[child], node))
			break;
		place(heap, heap->at[child], i);
		i = child;
	}
	place(heap, node, i);
}

static void settle(struct kin__heap *heap, struct kin__heap_node *node, size_t i)
{
	if (i > 0 && before(node, heap->at[(i - 1) / 2]))
		rise(heap, node, i);
	else
		sink(heap, node, i);
}

int kin__heap_set(struct kin__heap *heap, struct kin__heap_node *node, uint64_t due)
{
	if (node->index == 0) {
		if (kin__mem_room(&heap->at, &heap->room, heap->n + 1, sizeof *heap->at) < 0)
			return -1;
		node->due = due;
		node->order = heap->order++;
		rise(heap, node, heap->n++);
	} else if (node->due != due) {
		node->due = due;
		node->order = heap->order++;
		settle(heap, node, node->index - 1);
	}
	return 0;
}

/* After many the memory of half is given back, again and again. */
static void give_back(struct kin__heap *heap)
{
	struct kin__heap_node **at;

	if (heap->room <= KEPT || heap->n >= heap->room / 4)
		return;
	at = kin__mem_grow(heap->at, heap->room / 2 * sizeof *at);
	if (!at)
		return;
	heap->at = at;
	heap->room /= 2;
}

void kin__heap_remove(struct kin__heap *heap, struct kin__heap_node *node)
{
	struct kin__heap_node *last;
	size_t i = node->index;

	if (i == 0 || i > heap->n || heap->at[i - 1] != node)
		return;
	last = heap->at[--heap->n];
	node->index = 0;
	if (last != node)
		settle(heap, last, i - 1);
	give_back(heap);
}

struct kin__heap_node *kin__heap_first(const struct kin__heap *heap)
{
	return heap->n > 0 ? heap->at[0] : NULL;
}
