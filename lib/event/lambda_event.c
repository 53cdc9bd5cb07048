/* event/lambda_event - see lambda_event.h */
#include "aws/arn.h"
#include "base/timetext.h"
#include "event/lambda_event.h"
#include "wire/base64.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

/* The fixed parts of a record, in their order; between them stand its own parts. */
static const char before_key[] = "{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\"";
static const char key_name[] = ",\"partitionKey\":";
static const char before_sequence[] = ",\"sequenceNumber\":";
static const char before_data[] = ",\"data\":";
static const char before_arrival[] = ",\"approximateArrivalTimestamp\":";
static const char before_id[] = "},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"";
static const char before_role[] = "\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":\"arn:";
static const char in_role_1[] = ":iam::";
static const char in_role_2[] = ":role/";
static const char before_region[] = "\",\"awsRegion\":\"";
static const char before_arn[] = "\",\"eventSourceARN\":\"";
static const char after_arn[] = "\"}";

#define SIZE(literal) (sizeof(literal) - 1)
#define LITERAL(out, literal) kin__bytes_add(out, literal, SIZE(literal))

/* --- texts within quotes: jsontext's rules, without its quotes -------------------------- */

static size_t escape_size(unsigned char c)
{
	if (c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t')
		return 2;
	return c < 0x20 ? 6 : 1;
}

size_t kin__event_text_bytes(struct kin__span text)
{
	size_t size = 0, bad;

	if (kin__jsontext_plain(text))
		return text.n;
	while (text.n > 0) {
		unsigned char c = (unsigned char)text.at[0];
		size_t step = 1;

		if (c < 0x80) {
			size += escape_size(c);
		} else {
			step = kin__utf8_step(text, &bad);
			size += step > 0 ? step : 3; /* U+FFFD */
			step = step > 0 ? step : bad;
		}
		text = kin__span(text.at + step, text.n - step);
	}
	return size;
}

/* The quotes are written over by what follows, or taken back. */
static void add_inner(struct kin__bytes *out, struct kin__span text)
{
	size_t begin = out->n;

	kin__jsontext_quote(out, text);
	if (out->failed)
		return;
	memmove(out->at + begin, out->at + begin + 1, out->n - begin - 2);
	out->n -= 2;
	out->at[out->n] = 0;
}

/* --- sizes -------------------------------------------------------------------------------- */

void kin__event_source_init(struct kin__event_source *source, const char *stream_arn, const char *application)
{
	struct kin__arn arn;

	*source = (struct kin__event_source){ .stream_arn = kin__span_text(stream_arn),
		                              .application = kin__span_text(application),
		                              .partition = kin__span_text("aws") };
	if (kin__arn_parse(source->stream_arn, &arn)) {
		source->partition = arn.partition;
		source->region = arn.region;
		source->account = arn.account;
	}
	source->record_bytes =
			SIZE(before_key) + SIZE(before_sequence) + SIZE(before_data) + SIZE(before_arrival) +
			SIZE(before_id) + SIZE(":") + SIZE(before_role) + SIZE(in_role_1) + SIZE(in_role_2) +
			SIZE(before_region) + SIZE(before_arn) + SIZE(after_arn) +
			kin__event_text_bytes(source->partition) + kin__event_text_bytes(source->account) +
			kin__event_text_bytes(source->application) + kin__event_text_bytes(source->region) +
			kin__event_text_bytes(source->stream_arn) + 4; /* quotes around number and data */
}

static size_t arrival_size(int64_t ms)
{
	uint64_t seconds = (ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms) / 1000;
	size_t size = SIZE("0.000") + (ms < 0);

	if (seconds >= 1000000000 && seconds < 10000000000 && ms > 0) /* from 2001 to 2286 */
		return SIZE("1000000000.000");

	for (; seconds >= 10; seconds /= 10)
		size++;
	return size;
}

static struct kin__span sequence_of(const struct kin_record *record)
{
	return kin__span(record->sequence_number, record->sequence_number_size);
}

static struct kin__span key_of(const struct kin_record *record)
{
	return kin__span(record->partition_key, record->partition_key_size);
}

size_t kin__event_record_bytes(const struct kin__event_source *source, const struct kin_record *record)
{
	return kin__event_own_bytes(source, record, false) +
	       kin__event_text_bytes(kin__span_text(record->shard_id));
}

size_t kin__event_own_bytes(const struct kin__event_source *source, const struct kin_record *record,
                            bool plain)
{
	size_t size = source->record_bytes + kin__base64_room(record->data_size) +
	              arrival_size(record->arrival_ms);

	size += 2 * (plain ? record->sequence_number_size : kin__event_text_bytes(sequence_of(record)));
	if (record->partition_key)
		size += SIZE(key_name) + 2 +
		        (plain ? record->partition_key_size : kin__event_text_bytes(key_of(record)));
	return size;
}

size_t kin__event_bytes(const struct kin__event_source *source, const struct kin_record *const *records,
                        size_t n)
{
	size_t size = KIN__EVENT_ENVELOPE_BYTES + (n > 0 ? n - 1 : 0);

	for (size_t i = 0; i < n; i++)
		size += kin__event_record_bytes(source, records[i]);
	return size;
}

/* --- text ---------------------------------------------------------------------------------- */

static void write_kinesis(struct kin__bytes *out, const struct kin_record *record)
{
	char arrival[KIN__TIME_TEXT];

	kin__time_epoch(record->arrival_ms, arrival);
	LITERAL(out, before_key);
	if (record->partition_key) {
		LITERAL(out, key_name);
		kin__jsontext_quote(out, key_of(record));
	}
	LITERAL(out, before_sequence);
	kin__jsontext_quote(out, sequence_of(record));
	LITERAL(out, before_data);
	kin__jsontext_quote_base64(out, NULL, record->data, record->data_size);
	LITERAL(out, before_arrival);
	kin__bytes_text(out, arrival);
}

static void write_record(struct kin__bytes *out, const struct kin__event_source *source,
                         const struct kin_record *record)
{
	write_kinesis(out, record);
	LITERAL(out, before_id);
	add_inner(out, kin__span_text(record->shard_id));
	LITERAL(out, ":");
	add_inner(out, sequence_of(record));
	LITERAL(out, before_role);
	add_inner(out, source->partition);
	LITERAL(out, in_role_1);
	add_inner(out, source->account);
	LITERAL(out, in_role_2);
	add_inner(out, source->application);
	LITERAL(out, before_region);
	add_inner(out, source->region);
	LITERAL(out, before_arn);
	add_inner(out, source->stream_arn);
	LITERAL(out, after_arn);
}

void kin__event_write(struct kin__bytes *out, const struct kin__event_source *source,
                      const struct kin_record *const *records, size_t n)
{
	kin__bytes_reserve(out, kin__event_bytes(source, records, n));
	LITERAL(out, "{\"Records\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			LITERAL(out, ",");
		write_record(out, source, records[i]);
	}
	LITERAL(out, "]}");
}
