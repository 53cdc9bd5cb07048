/* kinesis/shard_iterator - the request and the answer of GetShardIterator.  Pure; decoded in place. */
#ifndef KIN_KINESIS_SHARD_ITERATOR_H
#define KIN_KINESIS_SHARD_ITERATOR_H
#include "aws/reason.h"
#include "base/bytes.h"
#include "kinesis/types.h"

/* sequence: only with AT_ and AFTER_SEQUENCE_NUMBER; timestamp_ms: only with AT_TIMESTAMP. */
void kin__shard_iterator_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard_id,
                                enum kin__iterator_type type, struct kin__span sequence,
                                int64_t timestamp_ms);
/* KIN_OK and *iterator, 0-ended, borrowed from the answer; or KIN_PROTOCOL and the reason. */
int kin__shard_iterator_decode(char *answer, size_t n, const char **iterator, struct kin__reason *reason);
const char *kin__iterator_type_name(enum kin__iterator_type type); /* "TRIM_HORIZON" */
#endif
