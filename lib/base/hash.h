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

struct kin__hash; /* a fetched digest */
struct kin__sha256 {
	uint8_t at[32];
};

struct kin__hash *kin__hash_new(void); /* NULL: out of memory, or OpenSSL has no SHA-256 */
void kin__hash_free(struct kin__hash *hash);
bool kin__hash_sha256(struct kin__hash *hash, const void *data, size_t n, struct kin__sha256 *out);
bool kin__hash_hmac(struct kin__hash *hash, const void *key, size_t key_n, const void *data, size_t n,
                    struct kin__sha256 *out);
#endif
