/* base/md5 - MD5 (RFC 1321), many messages side by side: where a record goes, and that an aggregate is whole.
 *
 * Pure.  Our own, so that it is there where OpenSSL refuses it (FIPS 140): it is no security here.
 * A way (struct kin__md5_way) is constant and chosen once, at open; it takes as many messages at a time as it has
 * lanes.  Invariant: every way gives the same digests.
 */
#ifndef KIN_BASE_MD5_H
#define KIN_BASE_MD5_H
#include <stddef.h>
#include <stdint.h>
#include "base/span.h"

struct kin__md5 {
	uint8_t at[16];
};
struct kin__md5_way;

/* The fastest way that this processor has; it asks the processor, which is slow: once a client. */
const struct kin__md5_way *kin__md5_fastest(void);
/* out[i] is that of messages[i]; way NULL: one after another, everywhere the same code. */
void kin__md5_many(const struct kin__md5_way *way, const struct kin__span *messages, size_t n,
                   struct kin__md5 *out);
#endif
