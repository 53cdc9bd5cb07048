/* base/arena - see arena.h */
#include <stdalign.h>
#include <string.h>
#include "base/arena.h"
#include "base/mem.h"

enum { CHUNK_MIN = 1024, CHUNK_MAX = 65536 };

struct kin__arena_chunk {
	struct kin__arena_chunk *next;
	size_t size;
	alignas(max_align_t) char at[];
};

void kin__arena_init(struct kin__arena *arena)
{
	*arena = (struct kin__arena){ 0 };
}

static void free_chunks(struct kin__arena_chunk *chunk)
{
	while (chunk) {
		struct kin__arena_chunk *next = chunk->next;

		kin__mem_free(chunk);
		chunk = next;
	}
}

void kin__arena_fini(struct kin__arena *arena)
{
	free_chunks(arena->chunks);
	kin__arena_init(arena);
}

/* Keeps the chunk in use, unless one huge block made it larger than chunks grow by themselves. */
void kin__arena_clear(struct kin__arena *arena)
{
	struct kin__arena_chunk *kept = arena->chunks;

	if (!kept || kept->size > CHUNK_MAX) {
		kin__arena_fini(arena);
		return;
	}
	free_chunks(kept->next);
	kept->next = NULL;
	arena->used = 0;
	arena->total = kept->size;
}

static struct kin__arena_chunk *add_chunk(struct kin__arena *arena, size_t n)
{
	struct kin__arena_chunk *head = arena->chunks, *chunk;
	size_t size = CHUNK_MIN;

	if (head)
		size = head->size < CHUNK_MAX / 2 ? head->size * 2 : CHUNK_MAX;
	if (size < n)
		size = n;
	if (size > SIZE_MAX - sizeof *chunk)
		return NULL;
	chunk = kin__mem_alloc(sizeof *chunk + size);
	if (!chunk)
		return NULL;
	chunk->size = size;
	arena->total += size;
	if (head && n > CHUNK_MAX / 4 && head->size - arena->used > size - n) {
		chunk->next = head->next; /* a large block stands alone; the head goes on being filled */
		head->next = chunk;
		return chunk;
	}
	chunk->next = head;
	arena->chunks = chunk;
	arena->used = n;
	return chunk;
}

void *kin__arena_alloc(struct kin__arena *arena, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct kin__arena_chunk *chunk = arena->chunks;
	char *at;

	if (n > SIZE_MAX - align)
		return NULL;
	n = n == 0 ? align : (n + align - 1) / align * align;
	if (!chunk || n > chunk->size - arena->used) {
		chunk = add_chunk(arena, n);
		return chunk ? chunk->at : NULL;
	}
	at = chunk->at + arena->used;
	arena->used += n;
	return at;
}

char *kin__arena_text(struct kin__arena *arena, const char *text, size_t n)
{
	char *copy = n < SIZE_MAX ? kin__arena_alloc(arena, n + 1) : NULL;

	if (!copy)
		return NULL;
	if (n != 0)
		memcpy(copy, text, n);
	copy[n] = 0;
	return copy;
}
