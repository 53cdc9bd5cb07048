/* kinesis/hashkey - 128-bit hash keys: where a partition key falls, and which shard owns it.  Pure. */
#ifndef KIN_KINESIS_HASHKEY_H
#define KIN_KINESIS_HASHKEY_H
#include "base/md5.h"
#include "base/span.h"

enum { KIN__HASHKEY_TEXT = 40 }; /* 39 digits and the end */

struct kin__hashkey {
	uint64_t high, low;
};
struct kin__hash_range { /* both inclusive */
	struct kin__hashkey first, last;
};

int kin__hashkey_compare(struct kin__hashkey a, struct kin__hashkey b); /* <0, 0, >0 */
struct kin__hashkey kin__hashkey_next(struct kin__hashkey key);         /* + 1, wraps */
struct kin__hashkey kin__hashkey_prior(struct kin__hashkey key);        /* - 1, wraps */
/* rounded up: a split point */
struct kin__hashkey kin__hashkey_middle(struct kin__hashkey low, struct kin__hashkey high);
/* start of shard `index` of an even split: index * floor(2^128 / shards) */
struct kin__hashkey kin__hashkey_even(uint32_t shards, uint32_t index);
/* MD5, big-endian */
struct kin__hashkey kin__hashkey_of(struct kin__span partition_key);
struct kin__hashkey kin__hashkey_of_md5(const struct kin__md5 *digest);
uint32_t kin__hashkey_modulo(struct kin__hashkey key, uint32_t divisor); /* divisor > 0 */
/* decimal without leading zeros, <= 2^128-1 */
bool kin__hashkey_parse(struct kin__span text, struct kin__hashkey *out);
void kin__hashkey_text(struct kin__hashkey key, char out[static KIN__HASHKEY_TEXT]);
#define KIN__HASHKEY_MAX ((struct kin__hashkey){ UINT64_MAX, UINT64_MAX })
#endif
