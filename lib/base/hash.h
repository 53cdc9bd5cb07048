/* base/hash - SHA-256 and HMAC-SHA-256: the only door to OpenSSL.
 *
 * The digest is fetched once into a context made at open and passed in; a context may be used by one
 * thread at a time (make one a thread).  MD5, which is a hash key and no secret, is in base/md5.
 */
#ifndef KIN_BASE_HASH_H
#define KIN_BASE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/span.h"

struct kin__hash; /* a fetched digest */
struct kin__sha256_lanes;
struct kin__sha256 {
	uint8_t at[32];
};

struct kin__hash *kin__hash_new(void); /* NULL: out of memory, or OpenSSL has no SHA-256 */
void kin__hash_free(struct kin__hash *hash);
bool kin__hash_sha256(struct kin__hash *hash, const void *data, size_t n, struct kin__sha256 *out);
/* Of n messages; faster than one after the other as long as there are no more than kin__hash_lanes().  Of no secrets. */
bool kin__hash_sha256_each(struct kin__hash *hash, const struct kin__span *messages, struct kin__sha256 *out,
                           size_t n);
size_t kin__hash_lanes(const struct kin__hash *hash); /* 1: nothing is gained by hashing them together */
/* NULL: OpenSSL, one after the other; for tests and benchmarks, else it is this processor's fastest. */
void kin__hash_set_lanes(struct kin__hash *hash, const struct kin__sha256_lanes *lanes);
bool kin__hash_hmac(struct kin__hash *hash, const void *key, size_t key_n, const void *data, size_t n,
                    struct kin__sha256 *out);
#endif
