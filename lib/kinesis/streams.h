/* kinesis/streams - requests and answers about whole streams: create, delete, describe, list.
 *
 * Pure.  Decoded texts live in the caller's arena; the answer may go.  CreateStream and DeleteStream
 * answer with an empty body.
 */
#ifndef KIN_KINESIS_STREAMS_H
#define KIN_KINESIS_STREAMS_H
#include "aws/reason.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "kinesis/types.h"

struct kin__stream_names {
	const char **names;
	size_t n;
	bool more;
	const char *next_token; /* NULL: none; then go on with the last name */
};

void kin__create_stream_encode(struct kin__bytes *out, struct kin__span name,
                               uint32_t shards); /* shards 0: on demand */
void kin__delete_stream_encode(struct kin__bytes *out, struct kin__span stream, bool with_consumers);
void kin__describe_stream_summary_encode(struct kin__bytes *out, struct kin__span stream);
int kin__describe_stream_summary_decode(struct kin__stream_summary *summary, struct kin__arena *arena,
                                        const char *answer, size_t n, struct kin__reason *reason);
/* next_token, after (ExclusiveStartStreamName): at NULL when absent.  limit 0: the service's own. */
void kin__list_streams_encode(struct kin__bytes *out, struct kin__span next_token, struct kin__span after,
                              uint32_t limit);
int kin__list_streams_decode(struct kin__stream_names *names, struct kin__arena *arena, const char *answer,
                             size_t n, struct kin__reason *reason);
const char *kin__stream_status_name(enum kin__stream_status status); /* "ACTIVE" */
bool kin__stream_status_parse(struct kin__span text, enum kin__stream_status *status);
#endif
