/* base/list - an intrusive, circular, doubly linked list.  Pure; a node not in a list points at itself. */
#ifndef KIN_BASE_LIST_H
#define KIN_BASE_LIST_H
#include <stdbool.h>
#include <stddef.h>

struct kin__list {
	struct kin__list *next, *prev;
};

#define kin__container(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void kin__list_init(struct kin__list *list)
{
	list->next = list->prev = list;
}
static inline bool kin__list_empty(const struct kin__list *list)
{
	return list->next == list;
}
static inline void kin__list_append(struct kin__list *list, struct kin__list *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}
static inline void kin__list_prepend(struct kin__list *list, struct kin__list *node)
{
	kin__list_append(list->next, node);
}
static inline void kin__list_remove(struct kin__list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	kin__list_init(node);
}
/* All of `from` behind what is in `to`. */
static inline void kin__list_move(struct kin__list *to, struct kin__list *from)
{
	if (kin__list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	kin__list_init(from);
}
#endif
