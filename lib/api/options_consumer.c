/* api/options_consumer - the options of kin_consumer. */
#include <kinstream/consumer.h>
#define OBJECT "consumer"
#define STRUCT struct kin_consumer_options
#include "api/options_rows.h"

static const char *const positions[] = { "trim_horizon", "latest", "at_timestamp", NULL };
static const char *const untils[] = { "never", "latest", "timestamp", NULL };
static const char *const gaps[] = { "stop", "continue", NULL };
static const char *const response_types[] = { "ReportBatchItemFailures", NULL };

static const struct kin_consumer_options defaults = {
	.size = sizeof defaults,
	.starting_position = KIN_TRIM_HORIZON,
	.until = KIN_UNTIL_NEVER,
	.on_gap = KIN_GAP_STOP,
	.batch_size = 100,
	.maximum_retry_attempts = -1,
	.maximum_record_age_ms = -1,
	.handlers_max = 4,
	.fetches_max = 16,
	.buffer_bytes_max = 67108864,
	.poll_interval_ms = 1000,
	.shard_bytes_per_second_max = 2097152,
	.behind_interval_ms = 200,
	.shard_sync_interval_ms = 60000,
	.retry_base_ms = 1000,
	.retry_max_ms = 60000,
	.parallelization_factor = 1,
	.on_failure_payload = true,
	.deaggregate = true,
	.decompressed_bytes_max = 33554432,
};

static const struct kin__options_row rows[] = {
	ROW_TEXT(stream, "consumer_stream", NULL, "The stream to consume, its name or ARN; required."),
	{ .show = ROW_SHOW("application", "text", "", "", "1..128 of A-Z a-z 0-9 _ . -",
	                   "The name under which checkpoints are kept; required."),
	  .type = KIN__OPTIONS_TEXT,
	  .at = offsetof(STRUCT, application),
	  .word = true },
	ROW_TEXT(store, "store", NULL, "Where leases and checkpoints are kept: memory: or file:PATH."),
	ROW_TEXT(on_failure, "on_failure", NULL,
	         "Where records go that are given up: file:PATH, or drop to accept their loss."),
	ROW_TEXT(filter_criteria, "filter_criteria", "FilterCriteria",
	         "Which records are handed out, as Lambda's JSON: {\"Filters\":[{\"Pattern\":...}]}; unset: "
	         "all."),
	ROW_TEXT(worker, "worker", NULL,
	         "The name of this worker as the owner of leases; unset: host, process and a random number."),
	ROW_TIME(starting_position_timestamp_ms, "starting_position_timestamp", "StartingPositionTimestamp",
	         "Where to begin with starting_position at_timestamp."),
	ROW_TIME(until_timestamp_ms, "until_timestamp", NULL, "Where to end with until timestamp."),
	ROW_CHOICE(starting_position, "starting_position", "trim_horizon", "trim_horizon|latest|at_timestamp",
	           positions, "StartingPosition", "Where to begin a shard that has no checkpoint."),
	ROW_CHOICE(until, "until", "never", "never|latest|timestamp", untils, NULL,
	           "Where to end: never, at the tip of the stream as it is at the start, or at "
	           "until_timestamp."),
	ROW_CHOICE(on_gap, "on_gap", "stop", "stop|continue", gaps, NULL,
	           "What to do when records were lost unread: the stream trimmed them or was made anew."),
	ROW_LIVE(U32, batch_size, "batch_size", "records", 100, 1, 10000, "BatchSize", 1,
	         "The most records of one batch."),
	ROW_LIVE(U32, maximum_batching_window_ms, "maximum_batching_window_ms", "ms", 0, 0, 300000,
	         "MaximumBatchingWindowInSeconds", 1000, "The longest a batch waits for more records."),
	{ .show = ROW_SHOW("tumbling_window_ms", "integer", "ms", "0", "0, 1000..900000",
	                   "How long the windows are through which a handler carries a state, in whole "
	                   "seconds; 0: none."),
	  .type = KIN__OPTIONS_U32,
	  .at = offsetof(STRUCT, tumbling_window_ms),
	  .most = 900000,
	  .alias = "TumblingWindowInSeconds",
	  .alias_scale = 1000 },
	ROW_LIVE(I32, maximum_retry_attempts, "maximum_retry_attempts", "attempts", -1, -1, 10000,
	         "MaximumRetryAttempts", 1, "How often a failed batch is tried again; -1: without limit."),
	{ .show = ROW_SHOW_LIVE("maximum_record_age_ms", "integer", "ms", "-1", "-1, 60000..604800000",
	                        "The age from which on a record is not tried any more; -1: without limit."),
	  .type = KIN__OPTIONS_I64,
	  .at = offsetof(STRUCT, maximum_record_age_ms),
	  .least = 60000,
	  .most = 604800000,
	  .minus_one = true,
	  .alias = "MaximumRecordAgeInSeconds",
	  .alias_scale = 1000 },
	ROW_LIVE(U32, handlers_max, "handlers_max", "calls", 4, 1, 1000, NULL, 1,
	         "Handler calls at once, over all shards."),
	ROW_LIVE(U32, fetches_max, "fetches_max", "requests", 16, 1, 1000, NULL, 1,
	         "GetRecords requests at once, over all shards."),
	ROW_LIVE(U64, buffer_bytes_max, "consumer_buffer_bytes_max", "bytes", 67108864, 1048576,
	         1099511627776, NULL, 1, "Fetching stops while more bytes than this wait for the handler."),
	ROW_LIVE(U32, poll_interval_ms, "poll_interval_ms", "ms", 1000, 200, 60000, NULL, 1,
	         "The pause of a shard after an answer that reached the tip."),
	ROW_LIVE(U32, poll_interval_max_ms, "poll_interval_max_ms", "ms", 0, 0, 240000, NULL, 1,
	         "The longest pause of a shard that stays empty, which doubles from the eleventh answer "
	         "without a "
	         "record on; 0: it does not grow."),
	ROW_LIVE(U32, behind_interval_ms, "behind_interval_ms", "ms", 200, 0, 60000, NULL, 1,
	         "The pause of a shard between answers while it is behind; the service allows five reads a "
	         "second."),
	ROW_LIVE(U32, shard_bytes_per_second_max, "shard_bytes_per_second_max", "bytes", 2097152, 0,
	         1073741824, NULL, 1,
	         "Data and keys that are read of one shard in a second; the service allows 2097152 to all "
	         "consumers together; 0: without limit."),
	ROW_LIVE(U32, shard_sync_interval_ms, "shard_sync_interval_ms", "ms", 60000, 100, 3600000, NULL, 1,
	         "How often the stream is asked for shards not yet known."),
	ROW_LIVE(U32, retry_base_ms, "retry_base_ms", "ms", 1000, 1, 60000, NULL, 1,
	         "The pause before the first retry of a batch; it doubles with each, with full jitter."),
	ROW_LIVE(U32, retry_max_ms, "retry_max_ms", "ms", 60000, 1, 600000, NULL, 1,
	         "The longest pause before a retry."),
	ROW_LIVE(U32, handler_timeout_ms, "handler_timeout_ms", "ms", 0, 0, 86400000, NULL, 1,
	         "How long the handler may have a batch before it is warned of, and a command of --exec is "
	         "killed; 0: without limit."),
	ROW_LIVE(U32, on_failure_timeout_ms, "on_failure_timeout_ms", "ms", 0, 0, 604800000, NULL, 1,
	         "How long a delivery on failure is tried before its records are dropped; 0: for ever."),
	ROW_NUMBER(U32, parallelization_factor, "parallelization_factor", "batches", 1, 1, 10,
	           "ParallelizationFactor", 1,
	           "Batches of one shard at once; records of a partition key keep their order."),
	ROW_BOOL_LIVE(bisect_batch_on_function_error, "bisect_batch_on_function_error", false,
	              "BisectBatchOnFunctionError",
	              "Whether a failed batch is cut in two before it is tried again."),
	{ .show = ROW_SHOW("function_response_types", "choice", "", "", "ReportBatchItemFailures",
	                   "Whether a handler that is a program answers in JSON which records failed."),
	  .type = KIN__OPTIONS_FLAG,
	  .at = offsetof(STRUCT, report_batch_item_failures),
	  .choices = response_types,
	  .alias = "FunctionResponseTypes" },
	ROW_BOOL(on_failure_payload, "on_failure_payload", true, NULL,
	         "Whether the on-failure JSON has the event as its payload, where there is room for it: "
	         "file:."),
	ROW_BOOL(on_failure_reason, "on_failure_reason", false, NULL,
	         "Whether the on-failure JSON has the handler's reason, a member that Lambda's has not."),
	ROW_BOOL(deaggregate, "deaggregate", true, NULL,
	         "Whether the KPL's aggregated records are handed out record by record, or each as it is."),
	ROW_NUMBER(U32, decompressed_bytes_max, "decompressed_bytes_max", "bytes", 33554432, 1024, 1073741824,
	           NULL, 1, "The most bytes that a record may become when it is decompressed."),
};

const struct kin__options_table kin__options_consumer = ROWS_TABLE("kin_consumer_options_init", reserved);

void kin_consumer_options_init_sized(struct kin_consumer_options *options, size_t size)
{
	kin__options_init(&kin__options_consumer, options, size);
}

int kin_consumer_options_apply(struct kin_consumer_options *options, const struct kin_config *config,
                               struct kin_error *error)
{
	return kin__options_apply(&kin__options_consumer, options, config, error);
}
