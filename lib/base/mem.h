/* base/mem - the library's only allocator: malloc, pages, and a hook that lets tests fail the n-th call.
 *
 * Pure but for that hook.  Any thread.  NULL means out of memory; callers say KIN_NOMEM.
 */
#ifndef KIN_BASE_MEM_H
#define KIN_BASE_MEM_H
#include <stddef.h>
#include <stdint.h>

void *kin__mem_alloc(size_t n); /* n = 0 is 1 */
void *kin__mem_zalloc(size_t n);
void *kin__mem_array(size_t count, size_t size); /* zeroed; NULL when count * size overflows */
void *kin__mem_grow(void *old, size_t n);        /* as realloc; the old block stays on failure */
void kin__mem_free(void *block);                 /* NULL is fine */
/* Zeroed pages of the system's, for blocks that come and go in numbers: what is freed leaves the process at once, whatever
 * else was allocated meanwhile.  Freed by kin__mem_pages_free() with the same n alone; NULL is fine. */
void *kin__mem_pages(size_t n);
void kin__mem_pages_free(void *block, size_t n);
void kin__mem_wipe_free(void *block, size_t n); /* zeroes first: secrets */
char *kin__mem_text(const char *text);          /* copy; NULL gives NULL */
char *kin__mem_text_n(const char *text, size_t n);
/* Grows *array (elements of `size` bytes, *room of them) to hold at least `need`; 0 or -1. */
int kin__mem_room(void *array, size_t *room, size_t need, size_t size);

/* Tests only: fail the n-th allocation from now (1 = the next); 0 = never.  Then: how many were made. */
void kin__mem_fail_at(uint64_t n);
void kin__mem_fail_run(uint64_t n, uint64_t count); /* the n-th and those behind it, `count` in all */
uint64_t kin__mem_count(void);
#endif
