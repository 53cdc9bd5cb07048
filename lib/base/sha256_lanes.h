/* base/sha256_lanes - SHA-256 of several messages side by side, where the processor can.  Pure.
 *
 * The instructions for one message wait for each other; those of another one fit in between.  For bytes
 * that are no secret (bodies of requests): how long it takes depends on their lengths alone, but nothing of
 * them is wiped.  Keys, and all that is hashed by itself, stay with OpenSSL: see hash.h.
 */
#ifndef KIN_BASE_SHA256_LANES_H
#define KIN_BASE_SHA256_LANES_H
#include "base/hash.h"
#include "base/span.h"

struct kin__sha256_lanes {
	const char *name;
	size_t most; /* messages that are worth being hashed side by side */
	void (*hash)(const struct kin__span *messages, struct kin__sha256 *out, size_t n); /* n: 1..most */
};

const struct kin__sha256_lanes *kin__sha256_lanes_fastest(void); /* NULL: this processor has none */
#endif
