/* base/slab - see slab.h */
#include "base/mem.h"
#include "base/slab.h"

/* Before each thing; what follows is aligned for any. */
struct head {
	_Alignas(max_align_t) struct kin__slab_block *block;
	struct head *next; /* of the spares */
};

struct kin__slab_block {
	struct kin__list node; /* of `open` or `full` */
	uint32_t taken;
	struct head *spares;
	_Alignas(max_align_t) char things[];
};

static struct kin__slab_block *block_of(struct kin__list *node)
{
	return kin__container(node, struct kin__slab_block, node);
}

void kin__slab_init(struct kin__slab *slab, size_t thing_size)
{
	size_t align = _Alignof(max_align_t);

	*slab = (struct kin__slab){ .size = sizeof(struct head) + (thing_size + align - 1) / align * align };
	kin__list_init(&slab->open);
	kin__list_init(&slab->full);
}

static void block_free(struct kin__slab *slab, struct kin__slab_block *block)
{
	kin__list_remove(&block->node);
	slab->blocks_n--;
	kin__mem_free(block);
}

void kin__slab_fini(struct kin__slab *slab)
{
	while (!kin__list_empty(&slab->open))
		block_free(slab, block_of(slab->open.next));
	while (!kin__list_empty(&slab->full))
		block_free(slab, block_of(slab->full.next));
	slab->empty = NULL;
	slab->n = 0;
}

static struct kin__slab_block *block_new(struct kin__slab *slab)
{
	struct kin__slab_block *block = kin__mem_alloc(sizeof *block + KIN__SLAB_BLOCK * slab->size);

	if (!block)
		return NULL;
	block->taken = 0;
	block->spares = NULL;
	for (size_t i = KIN__SLAB_BLOCK; i-- > 0;) { /* the first of them is taken first */
		struct head *head = (struct head *)(void *)(block->things + i * slab->size);

		head->block = block;
		head->next = block->spares;
		block->spares = head;
	}
	kin__list_append(&slab->open, &block->node);
	slab->blocks_n++;
	slab->empty = block;
	return block;
}

void *kin__slab_take(struct kin__slab *slab)
{
	struct kin__slab_block *block =
			kin__list_empty(&slab->open) ? block_new(slab) : block_of(slab->open.next);
	struct head *head;

	if (!block)
		return NULL;
	if (slab->empty == block)
		slab->empty = NULL;
	head = block->spares;
	block->spares = head->next;
	block->taken++;
	slab->n++;
	if (!block->spares) {
		kin__list_remove(&block->node);
		kin__list_append(&slab->full, &block->node);
	}
	return head + 1;
}

void kin__slab_give(struct kin__slab *slab, void *thing)
{
	struct head *head = (struct head *)thing - 1;
	struct kin__slab_block *block = head->block;
	bool was_full = !block->spares;

	head->next = block->spares;
	block->spares = head;
	slab->n--;
	if (--block->taken == 0 && slab->empty) {
		block_free(slab, block);
		return;
	}
	if (was_full || block->taken == 0)
		kin__list_remove(&block->node);
	if (block->taken == 0) { /* last: others are taken from first, so that this one stays empty */
		kin__list_append(&slab->open, &block->node);
		slab->empty = block;
	} else if (was_full) {
		kin__list_prepend(&slab->open, &block->node);
	}
}
