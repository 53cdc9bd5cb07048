/* wire/utf8 - checks, steps through and counts UTF-8 text, as Unicode defines it (no surrogates, no overlong forms).  Pure. */
#ifndef KIN_WIRE_UTF8_H
#define KIN_WIRE_UTF8_H
#include "base/span.h"

bool kin__utf8_valid(struct kin__span text);
/* UTF-16 code units; a run of bytes that is no character counts as one. */
size_t kin__utf8_units(struct kin__span text);
/* The length of the character at text.at (1-4), text.n > 0; 0: none stands there, and *bad bytes (1-3) stand for one U+FFFD. */
size_t kin__utf8_step(struct kin__span text, size_t *bad);
/* Bytes written; what is no character becomes U+FFFD. */
size_t kin__utf8_put(char out[static 4], uint32_t code);
#endif
