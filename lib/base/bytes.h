/* base/bytes - a growing byte buffer with one sticky error at the end.
 *
 * Pure.  `_init` to `_fini`; `take` gives the block away.  After a failed allocation `failed` is set,
 * adds do nothing and the content must not be used.  at[n] is always 0 once anything was added.
 */
#ifndef KIN_BASE_BYTES_H
#define KIN_BASE_BYTES_H
#include "base/span.h"

struct kin__bytes {
	char *at;
	size_t n, room;
	bool failed;
};

void kin__bytes_init(struct kin__bytes *bytes);
void kin__bytes_fini(struct kin__bytes *bytes);
void kin__bytes_clear(struct kin__bytes *bytes);                /* n = 0, room stays, error forgotten */
bool kin__bytes_reserve(struct kin__bytes *bytes, size_t more); /* true: `more` bytes fit behind n */
char *kin__bytes_extend(struct kin__bytes *bytes, size_t n);    /* n raw bytes to fill, or NULL */
void kin__bytes_add(struct kin__bytes *bytes, const void *data, size_t n);
void kin__bytes_text(struct kin__bytes *bytes, const char *text);
void kin__bytes_span(struct kin__bytes *bytes, struct kin__span span);
void kin__bytes_char(struct kin__bytes *bytes, char c);
void kin__bytes_u64(struct kin__bytes *bytes, uint64_t value);
void kin__bytes_i64(struct kin__bytes *bytes, int64_t value);
void kin__bytes_hex(struct kin__bytes *bytes, const void *data, size_t n); /* lower case */
void kin__bytes_format(struct kin__bytes *bytes, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
char *kin__bytes_take(struct kin__bytes *bytes,
                      size_t *n); /* yours, free with kin__mem_free(); NULL if failed */
static inline struct kin__span kin__bytes_view(const struct kin__bytes *bytes)
{
	return kin__span(bytes->at ? bytes->at : "", bytes->n);
}
#endif
