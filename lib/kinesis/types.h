/* kinesis/types - the nouns of the Kinesis API that machines, model and codecs share.  Pure; plain data.
 *
 * Text is borrowed from whoever made the value (a decoded answer, the model), as its maker says.
 */
#ifndef KIN_KINESIS_TYPES_H
#define KIN_KINESIS_TYPES_H
#include "kinesis/hashkey.h"

enum {
	KIN__SEQUENCE_TEXT = 136, /* a sequence number: up to 129 digits and the end */
	KIN__SHARD_ID_TEXT = 129,
	KIN__ITERATOR_TEXT = 513
};

enum kin__operation { /* rows of kinesis/operation.h's table */
	              KIN__CREATE_STREAM,
	              KIN__DELETE_STREAM,
	              KIN__DESCRIBE_STREAM_SUMMARY,
	              KIN__LIST_STREAMS,
	              KIN__LIST_SHARDS,
	              KIN__SPLIT_SHARD,
	              KIN__MERGE_SHARDS,
	              KIN__UPDATE_MAX_RECORD_SIZE,
	              KIN__PUT_RECORD,
	              KIN__PUT_RECORDS,
	              KIN__GET_SHARD_ITERATOR,
	              KIN__GET_RECORDS,
	              KIN__DESCRIBE_STREAM,
	              KIN__DESCRIBE_LIMITS,
	              KIN__UPDATE_STREAM_MODE,
	              KIN__UPDATE_STREAM_RECORD_DISTRIBUTION_STRATEGY,
	              KIN__UPDATE_SHARD_COUNT,
	              KIN__INCREASE_STREAM_RETENTION_PERIOD,
	              KIN__DECREASE_STREAM_RETENTION_PERIOD,
	              KIN__START_STREAM_ENCRYPTION,
	              KIN__STOP_STREAM_ENCRYPTION,
	              KIN__ADD_TAGS_TO_STREAM,
	              KIN__REMOVE_TAGS_FROM_STREAM,
	              KIN__LIST_TAGS_FOR_STREAM,
	              KIN__ENABLE_ENHANCED_MONITORING,
	              KIN__DISABLE_ENHANCED_MONITORING,
	              KIN__UPDATE_STREAM_WARM_THROUGHPUT,
	              KIN__TAG_RESOURCE,
	              KIN__UNTAG_RESOURCE,
	              KIN__LIST_TAGS_FOR_RESOURCE,
	              KIN__GET_RESOURCE_POLICY,
	              KIN__PUT_RESOURCE_POLICY,
	              KIN__DELETE_RESOURCE_POLICY,
	              KIN__REGISTER_STREAM_CONSUMER,
	              KIN__DEREGISTER_STREAM_CONSUMER,
	              KIN__DESCRIBE_STREAM_CONSUMER,
	              KIN__LIST_STREAM_CONSUMERS,
	              KIN__DESCRIBE_ACCOUNT_SETTINGS,
	              KIN__UPDATE_ACCOUNT_SETTINGS,
	              KIN__CREATE_CHANNEL,
	              KIN__DELETE_CHANNEL,
	              KIN__DESCRIBE_CHANNEL,
	              KIN__LIST_CHANNELS,
	              KIN__UPDATE_CHANNEL,
	              KIN__OPERATIONS
};

enum kin__iterator_type {
	KIN__AT_SEQUENCE_NUMBER,
	KIN__AFTER_SEQUENCE_NUMBER,
	KIN__ITERATOR_TRIM_HORIZON,
	KIN__ITERATOR_LATEST,
	KIN__ITERATOR_AT_TIMESTAMP
};

enum kin__stream_status {
	KIN__STREAM_CREATING,
	KIN__STREAM_DELETING,
	KIN__STREAM_ACTIVE,
	KIN__STREAM_UPDATING
};

struct kin__stream_summary {
	const char *name, *arn;
	int64_t created_ms, retention_ms;
	uint32_t open_shards;
	uint32_t record_bytes_max; /* MaxRecordSizeInKiB * 1024; 0: not told */
	uint8_t status;            /* enum kin__stream_status */
	bool on_demand;
	bool distributed;   /* RecordDistributionStrategy AUTO */
	const char *key_id; /* of its encryption, as the model tells it; NULL: none, or not told */
};

struct kin__shard_info {
	const char *id;
	const char *parent, *adjacent_parent;       /* NULL: none */
	const char *first_sequence, *last_sequence; /* last NULL: the shard is open */
	struct kin__hashkey first_hash, last_hash;  /* both inclusive */
};

/* What an attempt came to, for those who decide what to do next (machines). */
enum kin__verdict {
	KIN__DONE,             /* the service answered and did it */
	KIN__THROTTLED,        /* try again, with the throttling base */
	KIN__TRANSIENT,        /* try again: 5xx, network, cut answer, corrected clock */
	KIN__ITERATOR_EXPIRED, /* get a new iterator */
	KIN__NOT_FOUND,        /* ResourceNotFoundException */
	KIN__INVALID_ARGUMENT, /* InvalidArgumentException, ValidationException */
	KIN__IN_USE,           /* ResourceInUseException */
	KIN__REFUSED           /* permanent: permission, credentials, anything else */
};
#endif
