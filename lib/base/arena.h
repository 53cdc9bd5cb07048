/* base/arena - many small blocks, freed all at once.  Pure.  A clear keeps the first chunk for reuse. */
#ifndef KIN_BASE_ARENA_H
#define KIN_BASE_ARENA_H
#include <stddef.h>

struct kin__arena_chunk;
struct kin__arena {
	struct kin__arena_chunk *chunks;
	size_t used, total;
};

void kin__arena_init(struct kin__arena *arena);
void kin__arena_fini(struct kin__arena *arena);
void kin__arena_clear(struct kin__arena *arena);
void *kin__arena_alloc(struct kin__arena *arena,
                       size_t n); /* aligned for any type, not zeroed; NULL: out of memory */
char *kin__arena_text(struct kin__arena *arena, const char *text, size_t n); /* copy, 0-ended */
#endif
