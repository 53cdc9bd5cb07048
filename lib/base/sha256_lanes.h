/* base/sha256_lanes - SHA-256 of several messages side by side, or of one while it is written, where the processor can.
 *
 * Pure.  The instructions for one message wait for each other; those of another one, or those that write more of it, fit
 * in between.  For bytes that are no secret (bodies of requests): how long it takes depends on their lengths alone, but
 * nothing of them is wiped.  Keys, and all that is hashed by itself, stay with OpenSSL: see hash.h.
 */
#ifndef KIN_BASE_SHA256_LANES_H
#define KIN_BASE_SHA256_LANES_H
#include "base/hash.h"
#include "base/span.h"

/* A message that grows at its end.  All zero: nothing of it was hashed. */
struct kin__sha256_part {
	unsigned char state[32];
	size_t taken; /* so many bytes of it were hashed */
};

struct kin__sha256_lanes {
	const char *name;
	size_t most; /* messages that are worth being hashed side by side */
	void (*hash)(const struct kin__span *messages, struct kin__sha256 *out, size_t n); /* n: 1..most */
	/* Hashes on, to the last whole block of the first n bytes, which stay as they are. */
	void (*take)(struct kin__sha256_part *part, const char *message, size_t n);
	/* Of the whole message; the part may grow on. */
	void (*end)(const struct kin__sha256_part *part, struct kin__span message, struct kin__sha256 *out);
};

const struct kin__sha256_lanes *kin__sha256_lanes_fastest(void); /* NULL: this processor has none */
#endif
