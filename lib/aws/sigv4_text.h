/* aws/sigv4_text - what the signer, the fast signer and the verifier share: hashes as hex, the scope, the
 * string to sign and its signature.  Pure. */
#ifndef KIN_AWS_SIGV4_TEXT_H
#define KIN_AWS_SIGV4_TEXT_H
#include "aws/sigv4.h"

#define KIN__SIGV4_ALGORITHM "AWS4-HMAC-SHA256"

void kin__sigv4_text_hex(char out[static KIN__SIGV4_HEX], const struct kin__sha256 *hash);
bool kin__sigv4_text_hash(struct kin__hash *hash, struct kin__span data, char out[static KIN__SIGV4_HEX]);
/* Appends the string to sign to `to_sign` and signs what was appended; false: the hash failed. */
bool kin__sigv4_text_sign(struct kin__hash *hash, const struct kin__sigv4_key *key,
                          struct kin__bytes *to_sign, struct kin__span date, const char *canonical_sha256,
                          char signature[static KIN__SIGV4_HEX]);
/* ALGORITHM Credential=.../scope, SignedHeaders=names, Signature=hex */
void kin__sigv4_text_authorization(struct kin__bytes *out, struct kin__span access_key_id,
                                   const struct kin__sigv4_key *key, struct kin__span names,
                                   const char *signature);
void kin__sigv4_text_reset(struct kin__sigv4 *out);
/* Canonical request and its hash of these headers (sorted in place), with out->body_sha256 as its last line.
 * KIN__AWS_REFUSED: too many query parameters. */
int kin__sigv4_text_canonical(struct kin__sigv4 *out, struct kin__hash *hash,
                              const struct kin__request *request, struct kin__header *headers,
                              size_t headers_n, bool normalize, bool encode);
#endif
