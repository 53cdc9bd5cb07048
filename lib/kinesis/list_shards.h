/* kinesis/list_shards - the request and the answer of ListShards.
 *
 * Pure.  Texts and the array of a decoded page live in the caller's arena; the answer may go.
 */
#ifndef KIN_KINESIS_LIST_SHARDS_H
#define KIN_KINESIS_LIST_SHARDS_H
#include "aws/reason.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "kinesis/types.h"

struct kin__shard_page {
	struct kin__shard_info *shards;
	size_t n;
	const char *next_token; /* NULL: this was the last page */
};

/* The first page by stream (next_token at NULL); every other by the token alone.  max 0: the service's own.
 * open: only the shards that are open now, by the filter AT_LATEST; of the first page. */
void kin__list_shards_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span next_token,
                             uint32_t max, bool open);
/* KIN_OK, KIN_NOMEM, or KIN_PROTOCOL and the reason; then *page is empty. */
int kin__list_shards_decode(struct kin__shard_page *page, struct kin__arena *arena, const char *answer,
                            size_t n, struct kin__reason *reason);
#endif
