/* event/failure - see failure.h */
#include "base/timetext.h"
#include "event/failure.h"
#include "wire/jsontext.h"

static void member_text(struct kin__jsontext *json, const char *name, struct kin__span text)
{
	kin__jsontext_name(json, name);
	kin__jsontext_string(json, text);
}

static void member_time(struct kin__jsontext *json, const char *name, int64_t ms)
{
	char text[KIN__TIME_TEXT];

	kin__time_iso(ms, text);
	member_text(json, name, kin__span_text(text));
}

static void write_function_arn(struct kin__jsontext *json, const struct kin__event_source *source)
{
	struct kin__bytes arn;

	kin__bytes_init(&arn);
	kin__bytes_text(&arn, "arn:");
	kin__bytes_span(&arn, source->partition);
	kin__bytes_text(&arn, ":lambda:");
	kin__bytes_span(&arn, source->region);
	kin__bytes_char(&arn, ':');
	kin__bytes_span(&arn, source->account);
	kin__bytes_text(&arn, ":function:");
	kin__bytes_span(&arn, source->application);
	member_text(json, "functionArn", kin__bytes_view(&arn));
	if (arn.failed)
		json->out->failed = true;
	kin__bytes_fini(&arn);
}

static void write_request(struct kin__jsontext *json, const struct kin__failure *failure)
{
	kin__jsontext_name(json, "requestContext");
	kin__jsontext_object(json);
	member_text(json, "requestId", kin__span_text(failure->request_id));
	write_function_arn(json, failure->source);
	member_text(json, "condition", kin__span_text(failure->condition));
	kin__jsontext_name(json, "approximateInvokeCount");
	kin__jsontext_u64(json, failure->attempts > 0 ? failure->attempts : 1);
	kin__jsontext_object_end(json);
}

static void write_response(struct kin__jsontext *json, const struct kin__failure *failure)
{
	kin__jsontext_name(json, "responseContext");
	kin__jsontext_object(json);
	kin__jsontext_name(json, "statusCode");
	kin__jsontext_u64(json, 200);
	member_text(json, "executedVersion", kin__span_text("$LATEST"));
	kin__jsontext_name(json, "functionError");
	kin__jsontext_text(json, failure->handler_failed ? "Unhandled" : NULL);
	kin__jsontext_object_end(json);
}

static void write_batch(struct kin__jsontext *json, const struct kin__failure *failure)
{
	const struct kin_record *first = failure->records[0],
				*last = failure->records[failure->records_n - 1];

	kin__jsontext_name(json, "KinesisBatchInfo");
	kin__jsontext_object(json);
	member_text(json, "shardId", kin__span_text(failure->shard_id));
	member_text(json, "startSequenceNumber",
	            kin__span(first->sequence_number, first->sequence_number_size));
	member_text(json, "endSequenceNumber", kin__span(last->sequence_number, last->sequence_number_size));
	member_time(json, "approximateArrivalOfFirstRecord", first->arrival_ms);
	member_time(json, "approximateArrivalOfLastRecord", last->arrival_ms);
	kin__jsontext_name(json, "batchSize");
	kin__jsontext_u64(json, failure->records_n);
	member_text(json, "streamArn", failure->source->stream_arn);
	kin__jsontext_object_end(json);
}

void kin__failure_write(struct kin__bytes *out, const struct kin__failure *failure, struct kin__span event)
{
	struct kin__jsontext json;

	kin__jsontext_init(&json, out);
	kin__jsontext_object(&json);
	write_request(&json, failure);
	if (!kin__span_is(kin__span_text(failure->condition), KIN__CONDITION_AGE))
		write_response(&json, failure);
	member_text(&json, "version", kin__span_text("1.0"));
	member_time(&json, "timestamp", failure->now_ms);
	write_batch(&json, failure);
	if (failure->reason)
		member_text(&json, "reason", kin__span_text(failure->reason));
	if (event.at)
		member_text(&json, "payload", event);
	kin__jsontext_object_end(&json);
}
