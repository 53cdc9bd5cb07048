/* kinstream/reader.h - follow a stream record by record, without checkpoints.  kin_reader(3) */
#ifndef KINSTREAM_READER_H
#define KINSTREAM_READER_H

#include <kinstream/client.h>
#include <kinstream/consumer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kin_reader; /* one thread at a time */

struct kin_start {
	size_t size;                /* set by the _init; leave it */
	int64_t timestamp_ms;       /* with KIN_AT_TIMESTAMP; Unix ms */
	int64_t until_timestamp_ms; /* with KIN_UNTIL_TIMESTAMP */
	int32_t position;           /* enum kin_starting_position, default KIN_LATEST */
	int32_t until;              /* enum kin_until, default never */
	const char *const *shards;  /* only these shards; copied; NULL: all */
	size_t shards_count;
	const struct kin_codec *const *decompress; /* as in struct kin_consumer_options */
	uint32_t decompressed_bytes_max;           /* default 33554432 */
};

KIN_API void kin_start_init_sized(struct kin_start *start, size_t size);
#define kin_start_init(start) kin_start_init_sized((start), sizeof *(start))

/* client NULL: a private one.  start NULL: from LATEST on.  Parents are read before their children. */
KIN_API KIN_MUST_CHECK int kin_reader_open(struct kin_reader **out, struct kin_client *client,
                                           const char *stream, const struct kin_start *start,
                                           struct kin_error *error);
/* KIN_OK: *record is borrowed until the next call; KIN_TIMEOUT: none within timeout_ms (-1: no limit);
 * KIN_END: `until` reached; else a fatal error, which stays. */
KIN_API KIN_MUST_CHECK int kin_reader_next(struct kin_reader *reader, const struct kin_record **record,
                                           int64_t timeout_ms, struct kin_error *error);
KIN_API void kin_reader_close(struct kin_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
