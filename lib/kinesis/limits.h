/* kinesis/limits - the limits of the Kinesis API by name, and checks that say what would be right.
 *
 * Pure.  A check answers true, or false and the reason names the thing, its value and the rule.
 * A reason may be NULL.
 */
#ifndef KIN_KINESIS_LIMITS_H
#define KIN_KINESIS_LIMITS_H
#include "aws/reason.h"

enum {
	KIN__NAME_MAX = 128, /* stream name, application, shard id: characters */
	KIN__STREAM_ARN_MAX = 2048,
	KIN__KEY_CHARACTERS_MAX = 256, /* partition key, in UTF-16 units: what is beyond U+FFFF counts two */
	KIN__SEQUENCE_DIGITS_MAX = 129,
	KIN__TOKEN_MAX = 1048576,      /* NextToken: characters */
	KIN__PUT_ENTRIES_MAX = 500,    /* of one PutRecords */
	KIN__PUT_BYTES_MAX = 10485760, /* data and keys of one PutRecords; 5 MiB in older regions */
	KIN__PUT_BYTES_SAFE = 5242880,
	KIN__RECORD_BYTES_DEFAULT =
			1048576,          /* data and key of one record, unless the stream says otherwise */
	KIN__RECORD_BYTES_MAX = 10485760, /* the most a stream can be set to */
	KIN__RECORD_KIB_MIN = 1024,       /* MaxRecordSizeInKiB */
	KIN__RECORD_KIB_MAX = 10240,
	KIN__GET_RECORDS_MAX = 10000, /* records of one GetRecords */
	KIN__GET_BYTES_MAX = 10485760,
	KIN__LIST_SHARDS_MAX = 1000, /* what one answer holds, whatever is asked for */
	KIN__LIST_STREAMS_MAX = 100,
	KIN__SHARD_WRITE_BYTES_PER_S = 1048576,
	KIN__SHARD_WRITE_RECORDS_PER_S = 1000,
	KIN__SHARD_READ_BYTES_PER_S = 2097152,
	KIN__SHARD_READS_PER_S = 5,
	KIN__ITERATOR_LIFE_MS = 300000,
	KIN__RETENTION_HOURS_MIN = 24,
	KIN__RETENTION_HOURS_MAX = 8760,
};

bool kin__limits_stream_name(struct kin__span name, struct kin__reason *reason);
bool kin__limits_stream_arn(struct kin__span arn, struct kin__reason *reason);
bool kin__limits_kinesis_arn(struct kin__span arn,
                             struct kin__reason *reason); /* of a stream, a consumer, a channel */
bool kin__limits_stream(struct kin__span stream,
                        struct kin__reason *reason); /* name, or ARN if it begins with "arn:" */
bool kin__limits_application(struct kin__span application, struct kin__reason *reason);
bool kin__limits_consumer_name(struct kin__span name, struct kin__reason *reason);
bool kin__limits_shard_id(struct kin__span shard, struct kin__reason *reason);
bool kin__limits_partition_key(struct kin__span key, struct kin__reason *reason);
bool kin__limits_hash_key(struct kin__span key, struct kin__reason *reason);      /* decimal text */
bool kin__limits_sequence(struct kin__span sequence, struct kin__reason *reason); /* decimal text */
bool kin__limits_record_bytes(size_t data_n, size_t key_n, size_t bytes_max, struct kin__reason *reason);
bool kin__limits_is_arn(struct kin__span stream);
#endif
