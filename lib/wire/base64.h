/* wire/base64 - the standard alphabet with padding.  Pure.
 *
 * Decoding is strict: padding is required and no other character passes; the unused bits of the last
 * character are not looked at.  `out` may be the memory of `text`, or begin before it: writing never overtakes
 * reading.
 * A way (struct kin__base64) is constant and chosen once, at open; NULL is the portable one.
 */
#ifndef KIN_WIRE_BASE64_H
#define KIN_WIRE_BASE64_H
#include <stdbool.h>
#include <stddef.h>

struct kin__base64;

/* The fastest way that this processor has; it asks the processor, which is slow: once a client. */
const struct kin__base64 *kin__base64_fastest(void);

size_t kin__base64_room(size_t n); /* encoded size of n bytes, without a 0 */
/* Characters written, no 0; out and data are apart. */
size_t kin__base64_encode(const struct kin__base64 *way, char *out, const void *data, size_t n);
bool kin__base64_decode(const struct kin__base64 *way, void *out, const char *text, size_t n,
                        size_t *out_n); /* out: n / 4 * 3 bytes of room */
/* Decodes to the closing '"' within text[0..limit), which must be there.  *used: characters before the '"'.
 * On failure they count what was fine: *used characters, whole fours, gave *out_n bytes, and the text behind
 * them is as it was.  out: limit / 4 * 3 bytes of room, or text itself. */
bool kin__base64_decode_quoted(const struct kin__base64 *way, void *out, const char *text, size_t limit,
                               size_t *out_n, size_t *used);
#endif
