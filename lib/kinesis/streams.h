/* kinesis/streams - the request and the answer of DescribeStreamSummary.
 *
 * Pure.  Decoded texts live in the caller's arena; the answer may go.
 */
#ifndef KIN_KINESIS_STREAMS_H
#define KIN_KINESIS_STREAMS_H
#include "aws/reason.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "kinesis/types.h"

void kin__describe_stream_summary_encode(struct kin__bytes *out, struct kin__span stream);
int kin__describe_stream_summary_decode(struct kin__stream_summary *summary, struct kin__arena *arena,
                                        const char *answer, size_t n, struct kin__reason *reason);
const char *kin__stream_status_name(enum kin__stream_status status); /* "ACTIVE" */
#endif
