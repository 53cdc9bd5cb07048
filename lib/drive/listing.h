/* drive/listing - the shards of a stream, put together from the pages of ListShards.
 *
 * Loop thread.  Shards and their texts live until _fini.  It ends, whatever the pages say: a token that leads in a
 * circle, pages without a shard, and lists without end are errors.
 */
#ifndef KIN_DRIVE_LISTING_H
#define KIN_DRIVE_LISTING_H
#include "kinesis/list_shards.h"

struct kin__listing {
	struct kin__arena arena;
	struct kin__shard_info *shards;
	size_t n, room;
	const char *mark; /* the token of an earlier page, in arena; NULL: none yet */
	uint64_t pages;
	uint32_t empty; /* pages without a shard, the last ones */
};

void kin__listing_init(struct kin__listing *listing);
void kin__listing_fini(struct kin__listing *listing);
/* Reads the answer of one page.  *next: the token of the next one, as long as the listing; NULL: that was the last.
 * KIN_OK, KIN_NOMEM, or KIN_PROTOCOL and the reason. */
int kin__listing_add(struct kin__listing *listing, const struct kin__bytes *answer, const char **next,
                     struct kin__reason *reason);
#endif
