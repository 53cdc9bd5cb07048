/* base/hash - SHA-256, HMAC-SHA-256 and MD5: the only door to OpenSSL.
 *
 * Digests are fetched once into a context made at open and passed in; a context may be used by one
 * thread at a time (make one a thread).  MD5 is fetched with fips=no: it is a hash key, not a secret.
 */
#ifndef KIN_BASE_HASH_H
#define KIN_BASE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kin__hash; /* fetched digests */
struct kin__sha256 {
	uint8_t at[32];
};
struct kin__md5 {
	uint8_t at[16];
};

struct kin__hash *kin__hash_new(void); /* NULL: out of memory, or OpenSSL lacks a digest */
void kin__hash_free(struct kin__hash *hash);
bool kin__hash_sha256(struct kin__hash *hash, const void *data, size_t n, struct kin__sha256 *out);
bool kin__hash_hmac(struct kin__hash *hash, const void *key, size_t key_n, const void *data, size_t n,
                    struct kin__sha256 *out);
bool kin__hash_md5(struct kin__hash *hash, const void *data, size_t n, struct kin__md5 *out);
#endif
