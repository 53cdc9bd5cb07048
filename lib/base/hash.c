/* base/hash - see hash.h */
#include <string.h>
#include <openssl/evp.h>
#include "base/hash.h"
#include "base/mem.h"
#include "base/sha256_lanes.h"

enum { BLOCK = 64 }; /* SHA-256 works on blocks of 64 bytes; HMAC pads its key to one */

struct kin__hash {
	EVP_MD *sha256;
	EVP_MD_CTX *work;                      /* reused: a context costs more than a short digest */
	const struct kin__sha256_lanes *lanes; /* NULL: none */
};

struct kin__hash *kin__hash_new(void)
{
	struct kin__hash *hash = kin__mem_zalloc(sizeof *hash);

	if (!hash)
		return NULL;
	hash->lanes = kin__sha256_lanes_fastest();
	hash->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hash->work = EVP_MD_CTX_new();
	if (!hash->sha256 || !hash->work) {
		kin__hash_free(hash);
		return NULL;
	}
	return hash;
}

void kin__hash_free(struct kin__hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->work);
	EVP_MD_free(hash->sha256);
	kin__mem_free(hash);
}

/* The digest of two runs of bytes, one after the other; the first may be empty. */
static bool digest(struct kin__hash *hash, const void *first, size_t first_n, const void *data, size_t n,
                   uint8_t *out)
{
	EVP_MD_CTX *work = hash->work;

	return EVP_DigestInit_ex(work, hash->sha256, NULL) == 1 &&
	       (first_n == 0 || EVP_DigestUpdate(work, first, first_n) == 1) &&
	       (n == 0 || EVP_DigestUpdate(work, data, n) == 1) && EVP_DigestFinal_ex(work, out, NULL) == 1;
}

bool kin__hash_sha256(struct kin__hash *hash, const void *data, size_t n, struct kin__sha256 *out)
{
	return digest(hash, NULL, 0, data, n, out->at);
}

size_t kin__hash_lanes(const struct kin__hash *hash)
{
	return hash->lanes ? hash->lanes->most : 1;
}

void kin__hash_set_lanes(struct kin__hash *hash, const struct kin__sha256_lanes *lanes)
{
	hash->lanes = lanes;
}

bool kin__hash_sha256_each(struct kin__hash *hash, const struct kin__span *messages, struct kin__sha256 *out,
                           size_t n)
{
	size_t most = kin__hash_lanes(hash);

	for (size_t i = 0, now; i < n; i += now) {
		now = n - i < most ? n - i : most;
		if (now > 1)
			hash->lanes->hash(messages + i, out + i, now);
		else if (!kin__hash_sha256(hash, messages[i].at, messages[i].n, &out[i]))
			return false;
	}
	return true;
}

static void wipe(volatile uint8_t *at, size_t n)
{
	while (n-- > 0)
		*at++ = 0;
}

/* RFC 2104 on the digest fetched once; OpenSSL's own HMAC() fetches anew with each call. */
bool kin__hash_hmac(struct kin__hash *hash, const void *key, size_t key_n, const void *data, size_t n,
                    struct kin__sha256 *out)
{
	uint8_t inner[BLOCK] = { 0 }, outer[BLOCK];
	struct kin__sha256 middle;
	bool ok = true;

	if (key_n > BLOCK) {
		ok = kin__hash_sha256(hash, key, key_n, &middle);
		memcpy(inner, middle.at, sizeof middle.at);
	} else if (key_n > 0) {
		memcpy(inner, key, key_n);
	}
	for (size_t i = 0; i < BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	ok = ok && digest(hash, inner, BLOCK, data, n, middle.at) &&
	     digest(hash, outer, BLOCK, middle.at, sizeof middle.at, out->at);
	wipe(inner, BLOCK);
	wipe(outer, BLOCK);
	return ok;
}
