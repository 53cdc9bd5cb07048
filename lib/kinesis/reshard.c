/* kinesis/reshard - see reshard.h */
#include "kinesis/members.h"
#include "kinesis/reshard.h"

void kin__split_shard_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard,
                             struct kin__hashkey new_start)
{
	char text[KIN__HASHKEY_TEXT];

	kin__hashkey_text(new_start, text);
	kin__bytes_char(out, '{');
	kin__members_stream(out, stream);
	kin__members_add(out, ",\"ShardToSplit\":", shard);
	kin__members_add(out, ",\"NewStartingHashKey\":", kin__span_text(text));
	kin__bytes_char(out, '}');
}

void kin__merge_shards_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard,
                              struct kin__span adjacent)
{
	kin__bytes_char(out, '{');
	kin__members_stream(out, stream);
	kin__members_add(out, ",\"ShardToMerge\":", shard);
	kin__members_add(out, ",\"AdjacentShardToMerge\":", adjacent);
	kin__bytes_char(out, '}');
}
