/* base/span - a borrowed run of bytes, with the few comparisons everybody needs.
 *
 * Pure.  Owns nothing; lives as long as what it points into.
 */
#ifndef KIN_BASE_SPAN_H
#define KIN_BASE_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kin__span {
	const char *at;
	size_t n;
};

static inline struct kin__span kin__span(const char *at, size_t n)
{
	return (struct kin__span){ at, n };
}
static inline struct kin__span kin__span_text(const char *text)
{
	return (struct kin__span){ text, text ? strlen(text) : 0 };
}
static inline bool kin__span_is(struct kin__span span, const char *text)
{
	size_t n = strlen(text);
	return span.n == n && (n == 0 || memcmp(span.at, text, n) == 0);
}
static inline bool kin__span_same(struct kin__span a, struct kin__span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}
bool kin__span_same_nocase(struct kin__span a, struct kin__span b); /* ASCII letters only */
struct kin__span kin__span_trim(struct kin__span span);             /* blanks, tabs, CR, LF at both ends */
/* Cuts at the first `c`: *head is what stands before, the result what follows; without `c`, all is head. */
struct kin__span kin__span_cut(struct kin__span span, char c, struct kin__span *head);
bool kin__span_u64(struct kin__span span, uint64_t *out); /* decimal digits only, no overflow */
bool kin__span_i64(struct kin__span span, int64_t *out);  /* an optional '-' before them */
#endif
