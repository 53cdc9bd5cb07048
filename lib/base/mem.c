/* base/mem - see mem.h */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/mem.h"

/* The hook: how many allocations were asked for, which of them is to fail (0: none), and how many from there on. */
static atomic_size_t asked, failing, failing_n;

static bool refused(void)
{
	size_t turn = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;

	return turn - atomic_load_explicit(&failing, memory_order_relaxed) <
	       atomic_load_explicit(&failing_n, memory_order_relaxed);
}

void kin__mem_fail_run(uint64_t n, uint64_t count)
{
	if (n > SIZE_MAX || count > SIZE_MAX)
		n = 0;
	atomic_store_explicit(&failing_n, 0, memory_order_relaxed);
	atomic_store_explicit(&asked, 0, memory_order_relaxed);
	atomic_store_explicit(&failing, (size_t)n, memory_order_relaxed);
	atomic_store_explicit(&failing_n, n > 0 ? (size_t)count : 0, memory_order_relaxed);
}

void kin__mem_fail_at(uint64_t n)
{
	kin__mem_fail_run(n, 1);
}

uint64_t kin__mem_count(void)
{
	return atomic_load_explicit(&asked, memory_order_relaxed);
}

void *kin__mem_alloc(size_t n)
{
	return refused() ? NULL : malloc(n ? n : 1);
}

void *kin__mem_zalloc(size_t n)
{
	return refused() ? NULL : calloc(1, n ? n : 1);
}

void *kin__mem_array(size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return kin__mem_zalloc(count * size);
}

void *kin__mem_grow(void *old, size_t n)
{
	return refused() ? NULL : realloc(old, n ? n : 1);
}

void *kin__mem_pages(size_t n)
{
	void *at = refused() ? MAP_FAILED
	                     : mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void kin__mem_pages_free(void *block, size_t n)
{
	if (block)
		munmap(block, n);
}

void kin__mem_free(void *block)
{
	free(block);
}

void kin__mem_wipe_free(void *block, size_t n)
{
	volatile unsigned char *at = block; /* volatile: the compiler may not drop the writes */

	if (!block)
		return;
	while (n-- > 0)
		*at++ = 0;
	free(block);
}

char *kin__mem_text(const char *text)
{
	return text ? kin__mem_text_n(text, strlen(text)) : NULL;
}

char *kin__mem_text_n(const char *text, size_t n)
{
	char *copy = n < SIZE_MAX ? kin__mem_alloc(n + 1) : NULL;

	if (!copy)
		return NULL;
	if (n != 0)
		memcpy(copy, text, n);
	copy[n] = 0;
	return copy;
}

int kin__mem_room(void *array, size_t *room, size_t need, size_t size)
{
	size_t wanted = *room < 8 ? 8 : *room;
	void *block;

	if (need <= *room)
		return 0;
	while (wanted < need)
		wanted = wanted > SIZE_MAX / 2 ? need : wanted * 2;
	if (wanted > SIZE_MAX / size)
		return -1;
	memcpy(&block, array, sizeof block);
	block = kin__mem_grow(block, wanted * size);
	if (!block)
		return -1;
	memcpy(array, &block, sizeof block);
	*room = wanted;
	return 0;
}
