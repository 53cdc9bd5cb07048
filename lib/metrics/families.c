/* metrics/families - see families.h */
#include "metrics/families.h"
#include "base/check.h"
#include "metrics/snapshot.h"

#define COUNTER(name_, member_, at_, help_)                                                                  \
	{                                                                                                    \
		.name = PREFIX name_ "_total", .member = member_, .help = help_,                             \
		.type = KIN__METRIC_COUNTER, .kind = KIN__METRIC_U64, .at = offsetof(STRUCT, at_)            \
	}
#define GAUGE(kind_, decimals_, name_, member_, at_, help_)                                                  \
	{                                                                                                    \
		.name = PREFIX name_, .member = member_, .help = help_, .type = KIN__METRIC_GAUGE,           \
		.kind = KIN__METRIC_##kind_, .decimals = decimals_, .at = offsetof(STRUCT, at_)              \
	}
#define TIMES(name_, member_, at_, bounds_, help_)                                                           \
	{                                                                                                    \
		.name = PREFIX name_, .member = member_, .help = help_, .type = KIN__METRIC_HISTOGRAM,       \
		.kind = KIN__METRIC_SPREAD, .decimals = 6, .at = offsetof(STRUCT, at_), .bounds = bounds_    \
	}

/* ---- a consumer ---- */

/* 1 ms to 15 minutes, the longest that Lambda lets a function run; and 100 ms to 7 days. */
static const uint64_t call_bounds[] = { 1000,     2500,     5000,     10000,     25000,     50000,
	                                100000,   250000,   500000,   1000000,   2500000,   5000000,
	                                10000000, 30000000, 60000000, 300000000, 900000000, 0 };
static const uint64_t age_bounds[] = { 100000,      250000,      500000,       1000000,
	                               2500000,     5000000,     10000000,     30000000,
	                               60000000,    300000000,   900000000,    3600000000,
	                               21600000000, 86400000000, 604800000000, 0 };

#define PREFIX "kinstream_consumer_"
#define STRUCT struct kin__snapshot
static const struct kin__metric consumer_rows[] = {
	GAUGE(I32, 0, "state", NULL, health.state,
	      "What the consumer is doing: 0 starting, 1 running, 2 stopping, 3 ended, 4 it cannot go on."),
	COUNTER("invocations", "invocations", health.invocations,
	        "Handler calls begun, retries among them (Lambda: Invocations)."),
	COUNTER("errors", "errors", failures, "Handler calls that failed as a whole (Lambda: Errors)."),
	COUNTER("partial_failures", "partialFailures", tally.partial,
	        "Handler calls that did a part of their batch; Lambda counts them as no error."),
	COUNTER("throttles", "throttles", tally.busy,
	        "Handler calls that answered busy, and are made again without using an attempt (Lambda: "
	        "Throttles)."),
	COUNTER("retries", "retries", health.retried, "Handler calls that tried a batch again."),
	COUNTER("bisects", "bisects", health.bisected, "Batches cut in two after a failure."),
	TIMES("duration_seconds", "durationUs", tally.durations, call_bounds,
	      "How long handler calls took (Lambda: Duration)."),
	TIMES("invocation_iterator_age_seconds", "iteratorAgeUs", tally.ages, age_bounds,
	      "Age of the last record of a batch when its handler call began (Lambda: IteratorAge)."),
	GAUGE(U32, 0, "handler_calls", "handlerCalls", tally.handler_calls, "Handler calls under way."),
	GAUGE(U64, 0, "handler_calls_overdue", "handlerCallsOverdue", health.handlers_overdue,
	      "Handler calls under way for longer than handler_timeout_ms."),
	COUNTER("overdue_calls", "overdueCalls", health.handlers_overdue_total,
	        "Handler calls that took longer than handler_timeout_ms."),
	COUNTER("polled_events", "polledEvents", health.polled,
	        "Records read from the stream (Lambda: PolledEventCount)."),
	COUNTER("filtered_out_events", "filteredOutEvents", health.filtered,
	        "Records left out by the filter criteria (Lambda: FilteredOutEventCount)."),
	COUNTER("other_shard_events", "otherShardEvents", health.other_shard,
	        "Records of KPL aggregates left out because they belong to another shard."),
	COUNTER("decompressed_events", "decompressedEvents", health.decompressed,
	        "Records read whose data was decompressed."),
	COUNTER("not_decompressed_events", "notDecompressedEvents", health.not_decompressed,
	        "Records read that begin as compressed ones do and could not be decompressed."),
	COUNTER("invoked_events", "invokedEvents", tally.invoked,
	        "Records handed to the handler, those of retries again (Lambda: InvokedEventCount)."),
	COUNTER("failed_invoke_events", "failedInvokeEvents", tally.invoke_failed,
	        "Records that a handler call left undone (Lambda: FailedInvokeEventCount)."),
	COUNTER("handled_events", "handledEvents", health.handled, "Records that the handler has done."),
	COUNTER("dropped_events", "droppedEvents", health.dropped,
	        "Records given up and taken by nobody: on_failure = drop, or a destination that failed for "
	        "on_failure_timeout_ms (Lambda: DroppedEventCount)."),
	COUNTER("on_failure_destination_delivered_events", "onFailureDestinationDeliveredEvents",
	        health.on_failure,
	        "Records given up and taken by the on-failure destination (Lambda: "
	        "OnFailureDestinationDeliveredEventCount)."),
	COUNTER("destination_delivery_failures", "destinationDeliveryFailures", tally.sink_failures,
	        "Deliveries to the on-failure destination that failed; the shard waits and they are made "
	        "again (Lambda: DestinationDeliveryFailures)."),
	COUNTER("given_back_events", "givenBackEvents", health.given_back,
	        "Records put out of memory undone, to be read again."),
	GAUGE(U64, 0, "buffered_events", "bufferedEvents", health.buffered,
	      "Records in memory and not done."),
	GAUGE(U64, 0, "buffered_bytes", "bufferedBytes", health.buffered_bytes,
	      "Memory held by records that were read."),
	COUNTER("checkpoints", "checkpoints", health.checkpoints, "Checkpoints written to the store."),
	COUNTER("windows_opened", "windowsOpened", health.windows_opened, "Tumbling windows begun."),
	COUNTER("windows_closed", "windowsClosed", health.windows_closed,
	        "Tumbling windows that had their final call at their end."),
	COUNTER("windows_terminated_early", "windowsTerminatedEarly", health.windows_terminated_early,
	        "Tumbling windows that had their final call before, as their state grew too large."),
	COUNTER("windows_given_up", "windowsGivenUp", health.windows_given_up,
	        "Tumbling windows whose final call failed until retries or age ended it."),
	COUNTER("gaps", "gaps", health.gaps,
	        "Times that records were lost unread: the stream trimmed them, or was made anew."),
	COUNTER("requests_throttled", "requestsThrottled", health.throttled,
	        "Requests that the service refused as too many or too much."),
	COUNTER("requests_failed", "requestsFailed", health.requests_failed,
	        "Requests that brought no usable answer."),
	GAUGE(U64, 0, "shards", "shardsKnown", health.shards, "Shards known."),
	GAUGE(U64, 0, "shards_ended", "shardsEnded", health.shards_ended, "Shards worked off to their end."),
	GAUGE(U64, 0, "shards_blocked", "shardsBlocked", health.shards_blocked,
	      "Shards that try the same batch, or its delivery on failure, for at least the tenth time."),
	GAUGE(I64, 3, "behind_latest_seconds", "behindLatestMs", health.behind_ms,
	      "How far the furthest shard is behind the tip of the stream, by its last answer."),
};
#undef PREFIX
#undef STRUCT

/* ---- a shard ---- */

#define PREFIX "kinstream_consumer_"
#define STRUCT struct kin_shard_snapshot
static const struct kin__metric shard_rows[] = {
	GAUGE(I64, 3, "iterator_age_seconds", "iteratorAgeMs", iterator_age_ms,
	      "Age of the oldest record of a shard that is not done; with none in memory, how long ago it "
	      "was "
	      "read to its tip."),
	GAUGE(I64, 3, "shard_behind_latest_seconds", "behindLatestMs", behind_ms,
	      "How far a shard is behind its tip, by its last answer (MillisBehindLatest)."),
	GAUGE(I64, 3, "shard_blocked_seconds", "blockedMs", blocked_ms,
	      "How long a shard has been blocked: since the tenth try of a batch or of its delivery on "
	      "failure; 0 when it is not."),
	GAUGE(U32, 0, "shard_attempts", "attempts", attempts,
	      "How often the batch that a shard tries has been tried so far."),
	GAUGE(U32, 0, "shard_lanes_busy", "lanesBusy", lanes_busy,
	      "Handler calls and deliveries under way for a shard."),
	COUNTER("shard_done_events", "doneEvents", done,
	        "Records of a shard worked off, up to its position."),
	GAUGE(U64, 0, "shard_buffered_events", "bufferedEvents", buffered,
	      "Records of a shard in memory and not done."),
	GAUGE(U64, 0, "shard_buffered_bytes", "bufferedBytes", buffered_bytes,
	      "Memory held by records that were read from a shard."),
};
#undef PREFIX
#undef STRUCT

/* ---- a producer ---- */

#define PREFIX "kinstream_producer_"
#define STRUCT struct kin__produced
static const struct kin__metric producer_rows[] = {
	COUNTER("accepted_records", "accepted", stats.accepted, "Records accepted to be put."),
	COUNTER("stored_records", "stored", stats.stored, "Records reported as stored."),
	COUNTER("failed_records", "failed", stats.failed,
	        "Records reported as not stored, or perhaps stored."),
	COUNTER("stored_bytes", "bytesStored", stats.bytes_stored,
	        "Bytes of data in records reported as stored."),
	COUNTER("compressed_records", "compressed", stats.compressed,
	        "Records accepted whose data was made smaller."),
	COUNTER("compressed_away_bytes", "compressedAwayBytes", stats.compressed_away,
	        "Bytes by which it was."),
	COUNTER("retried_records", "retried", stats.retried,
	        "Records put again after a request without success."),
	COUNTER("throttled_records", "throttled", stats.throttled,
	        "Times that the service refused a record as too many or too much for its shard."),
	COUNTER("requests", "requests", stats.requests, "Requests sent."),
	COUNTER("requests_failed", "requestsFailed", stats.requests_failed,
	        "Requests that brought no usable answer."),
	GAUGE(U64, 0, "buffered_records", "buffered", stats.buffered,
	      "Records accepted and not yet reported."),
	GAUGE(U64, 0, "buffered_bytes", "bufferedBytes", stats.buffered_bytes,
	      "Memory of records accepted and not yet reported."),
	GAUGE(U64, 0, "requests_in_flight", "inFlight", stats.in_flight,
	      "Requests sent and not yet answered."),
	TIMES("wait_seconds", "waitUs", tally.waits, call_bounds,
	      "How long the first record of a request waited from its put to its first sending."),
	TIMES("hold_seconds", "holdUs", tally.holds, call_bounds,
	      "How much of that was not for company, but for the pace of its shard, its key, or a free "
	      "request."),
	TIMES("request_duration_seconds", "requestUs", tally.requests, call_bounds,
	      "How long requests took from sending to their answer."),
	TIMES("delivery_seconds", "deliveryUs", tally.deliveries, call_bounds,
	      "How long the first record of a request took from its put to the answer that it is stored."),
	TIMES("report_seconds", "reportUs", tally.reports, call_bounds,
	      "How long the first record of a turn of reports took from its put to its report."),
	COUNTER("stream_records", "streamRecords", stats.stream_records,
	        "Records of the stream acknowledged: those put alone, and aggregates."),
	COUNTER("payload_units", "payloadUnits", stats.payload_units,
	        "PUT payload units in them, of 25 KiB of data and key each: what AWS bills."),
	GAUGE(I64, 0, "requests_per_million_records", "requestsPerMillion", shown.requests_per_million,
	      "Requests sent for a million records reported as stored."),
	GAUGE(I64, 3, "aggregation_ratio", "aggregationMilli", shown.aggregation_milli,
	      "Records reported as stored for each record of the stream."),
	GAUGE(U64, 0, "spool_bytes", "spoolBytes", stats.spool_bytes, "Bytes of the spool's files."),
	GAUGE(U64, 0, "spool_segments", "spoolSegments", stats.spool_segments, "Segments of the spool."),
	GAUGE(U64, 0, "spool_waiting_bytes", "spoolWaitingBytes", stats.spool_waiting_bytes,
	      "Bytes of records that wait on disk, not in memory."),
	COUNTER("spool_recovered_records", "spoolRecovered", stats.spool_recovered,
	        "Records of earlier processes that were read from the spool."),
	COUNTER("spool_damaged_places", "spoolDamaged", stats.spool_damaged,
	        "Places of the spool's files that could not be read."),
};
#undef STRUCT
#define STRUCT struct kin_code_count
static const struct kin__metric failure_rows[] = {
	COUNTER("failed_records_by_code", NULL, count,
	        "Records reported as not stored, or perhaps stored, by the code of their report."),
};

/* ---- a shard that a producer puts to ---- */

#undef STRUCT
#define STRUCT struct kin_producer_shard
static const struct kin__metric target_rows[] = {
	COUNTER("shard_stored_records", "records", records, "Records acknowledged by a shard."),
	COUNTER("shard_stream_records", "streamRecords", stream_records,
	        "Records of the stream acknowledged by a shard: those put alone, and aggregates."),
	COUNTER("shard_stored_bytes", "bytes", bytes, "Bytes of data and keys acknowledged by a shard."),
	COUNTER("shard_throttled_records", "throttled", throttled,
	        "Times that the service refused a record as too many or too much for its shard, if records "
	        "are placed."),
	GAUGE(I32, 0, "shard_pace_percent", "pacePercent", pace_percent,
	      "The pace of a shard, in percent of what the service lets one take."),
	COUNTER("shard_requests", NULL, requests.count, "Requests with a record for a shard."),
	{ .name = PREFIX "shard_request_seconds_total",
	  .help = "How long the requests with a record for a shard took, all together.",
	  .type = KIN__METRIC_COUNTER,
	  .kind = KIN__METRIC_U64,
	  .decimals = 6,
	  .at = offsetof(STRUCT, requests.sum_us) },
};

const struct kin__family_table kin__families_consumer = { consumer_rows, KIN__ARRAY_LEN(consumer_rows) };
const struct kin__family_table kin__families_shard = { shard_rows, KIN__ARRAY_LEN(shard_rows) };
const struct kin__family_table kin__families_producer = { producer_rows, KIN__ARRAY_LEN(producer_rows) };
const struct kin__family_table kin__families_failure = { failure_rows, KIN__ARRAY_LEN(failure_rows) };
const struct kin__family_table kin__families_target = { target_rows, KIN__ARRAY_LEN(target_rows) };
