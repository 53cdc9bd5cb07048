/* wire/base64 - the standard alphabet with padding.  Pure.
 *
 * Decoding is strict: padding is required and no other character passes; the unused bits of the last
 * character are not looked at.  `out` may be the memory of `text`: writing never overtakes reading.
 */
#ifndef KIN_WIRE_BASE64_H
#define KIN_WIRE_BASE64_H
#include <stdbool.h>
#include <stddef.h>

size_t kin__base64_room(size_t n); /* encoded size of n bytes, without a 0 */
size_t kin__base64_encode(char *out, const void *data,
                          size_t n); /* characters written, no 0; out and data are apart */
bool kin__base64_decode(void *out, const char *text, size_t n,
                        size_t *out_n); /* out: n / 4 * 3 bytes of room */
/* Decodes to the closing '"' within text[0..limit), which must be there.  *used: characters before the '"'.
 * On failure they count what was fine: *used characters, whole fours, gave *out_n bytes. */
bool kin__base64_decode_quoted(void *out, const char *text, size_t limit, size_t *out_n, size_t *used);
#endif
