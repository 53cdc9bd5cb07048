/* kinesis/reshard - the requests of SplitShard and MergeShards.  Pure; their answers have no body. */
#ifndef KIN_KINESIS_RESHARD_H
#define KIN_KINESIS_RESHARD_H
#include "base/bytes.h"
#include "kinesis/types.h"

void kin__split_shard_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard,
                             struct kin__hashkey new_start);
void kin__merge_shards_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard,
                              struct kin__span adjacent);
#endif
