/* api/options_producer - the options of kin_producer. */
#include <kinstream/producer.h>
#define OBJECT "producer"
#define STRUCT struct kin_producer_options
#include "api/options_rows.h"

static const char *const strategies[] = { "user_partition_key", "auto", NULL };
static const char *const orders[] = { "none", "key", NULL };
static const char *const reports[] = { "callback", "poll", NULL };

static const char *const fsyncs[] = { "interval", "each", "none", NULL };

static const struct kin_producer_options defaults = {
	.size = sizeof defaults,
	.buffer_bytes_max = 33554432,
	.buffer_records_max = 100000,
	.linger_ms = 100,
	.record_ttl_ms = 300000,
	.request_records_max = 500,
	.request_bytes_max = 5242880,
	.requests_max = 8,
	.aggregation_max_bytes = 51200,
	.aggregation_max_records = 4294967295,
	.compression_min_bytes = 256,
	.spool_bytes_max = 1073741824,
	.spool_fsync_interval_ms = 1000,
};

static const struct kin__options_row rows[] = {
	ROW_TEXT(stream, "producer_stream", NULL, "The stream to put to, its name or ARN; required."),
	ROW_NUMBER(U64, buffer_bytes_max, "producer_buffer_bytes_max", "bytes", 33554432, 65536,
	           1099511627776, NULL, 1,
	           "The most bytes of records that may be accepted and not yet reported."),
	ROW_NUMBER(U32, buffer_records_max, "buffer_records_max", "records", 100000, 1, 100000000, NULL, 1,
	           "The most records that may be accepted and not yet reported."),
	ROW_NUMBER(U32, linger_ms, "linger_ms", "ms", 100, 0, 60000, "RecordMaxBufferedTime", 1,
	           "The longest a record waits for others to share its request."),
	ROW_NUMBER(U32, record_ttl_ms, "record_ttl_ms", "ms", 300000, 100, 2147483647, "RecordTtl", 1,
	           "How long after it was accepted a record is given up."),
	ROW_NUMBER(U32, request_records_max, "request_records_max", "records", 500, 1, 500,
	           "CollectionMaxCount", 1, "The most records of one request."),
	ROW_NUMBER(U32, request_bytes_max, "request_bytes_max", "bytes", 5242880, 2048, 10485760,
	           "CollectionMaxSize", 1, "The most bytes of data and keys of one request."),
	ROW_NUMBER(U32, requests_max, "requests_max", "requests", 8, 1, 256, NULL, 1,
	           "The most requests in flight at once."),
	ROW_NUMBER(U32, record_bytes_max, "record_bytes_max", "bytes", 0, 0, 10485760, NULL, 1,
	           "The most bytes of data and key of one record, 1024 or more; 0: what the stream takes."),
	ROW_BOOL(aggregate, "aggregate", false, "AggregationEnabled",
	         "Whether records of one shard are put together in the KPL's format."),
	ROW_NUMBER(U32, aggregation_max_bytes, "aggregation_max_bytes", "bytes", 51200, 64, 10485760,
	           "AggregationMaxSize", 1, "The most bytes of one aggregate."),
	ROW_NUMBER(U32, aggregation_max_records, "aggregation_max_records", "records", 4294967295, 1,
	           4294967295, "AggregationMaxCount", 1, "The most records of one aggregate."),
	ROW_CHOICE(order, "order", "none", "none|key", orders, NULL,
	           "What is stored in the order of the puts: nothing, or the records of each key."),
	ROW_CHOICE(reports, "reports", "callback", "callback|poll", reports, NULL,
	           "Whether delivery reports are made by themselves, or when the program asks for them."),
	ROW_CHOICE(record_distribution_strategy, "record_distribution_strategy", "user_partition_key",
	           "user_partition_key|auto", strategies, "RecordDistributionStrategy",
	           "The stream's own: what chooses the shard of a record."),
	ROW_NUMBER(I32, compression_level, "compression_level", "", 0, 0, 22, NULL, 1,
	           "How hard the codec tries, if records are compressed: 1 and more; 0: its usual level."),
	ROW_NUMBER(U32, compression_min_bytes, "compression_min_bytes", "bytes", 256, 0, 10485760, NULL, 1,
	           "Data shorter than that is not compressed."),
	ROW_NUMBER(U32, rate_percent, "rate_percent", "percent", 0, 0, 10000, "RateLimit", 1,
	           "How much of what the service lets a shard take is sent to it; 0: no limit."),
	ROW_TEXT(spool, "spool", NULL, "A folder where records are kept from their put until their report."),
	ROW_NUMBER(U64, spool_bytes_max, "spool_bytes_max", "bytes", 1073741824, 1048576, 17592186044416,
	           NULL, 1, "The most bytes that the spool's files may take."),
	ROW_CHOICE(spool_fsync, "spool_fsync", "interval", "interval|each|none", fsyncs, NULL,
	           "When the spool is synced to the disk: at times, before each put returns, or never."),
	ROW_NUMBER(U32, spool_fsync_interval_ms, "spool_fsync_interval_ms", "ms", 1000, 1, 3600000, NULL, 1,
	           "How often the spool is synced, with spool_fsync = interval."),
};

const struct kin__options_table kin__options_producer = ROWS_TABLE("kin_producer_options_init", reserved);

void kin_producer_options_init_sized(struct kin_producer_options *options, size_t size)
{
	kin__options_init(&kin__options_producer, options, size);
}

int kin_producer_options_apply(struct kin_producer_options *options, const struct kin_config *config,
                               struct kin_error *error)
{
	return kin__options_apply(&kin__options_producer, options, config, error);
}
