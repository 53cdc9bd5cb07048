/* kinesis/limits - see limits.h */
#include "aws/arn.h"
#include "kinesis/hashkey.h"
#include "kinesis/limits.h"
#include "wire/jsontext.h"
#include "wire/utf8.h"

enum { NUMBER_TEXT = 21 };

/* Always false, so that a check can return it. */
static bool refuse(struct kin__reason *reason, const char *pattern, struct kin__span one,
                   struct kin__span two, struct kin__span three)
{
	if (reason)
		kin__reason_say(reason, pattern, one, two, three);
	return false;
}

static struct kin__span number(uint64_t value, char text[static NUMBER_TEXT])
{
	size_t at = NUMBER_TEXT;

	do
		text[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	return kin__span(text + at, NUMBER_TEXT - at);
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-';
}

static bool is_name(struct kin__span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_character(name.at[i]))
			return false;
	return name.n >= 1 && name.n <= KIN__NAME_MAX;
}

static bool check_name(struct kin__span name, const char *what, struct kin__reason *reason)
{
	if (is_name(name))
		return true;
	return refuse(reason, "%1 '%2': must be 1 to 128 letters, digits, '_', '.' or '-'",
	              kin__span_text(what), name, kin__span(NULL, 0));
}

bool kin__limits_stream_name(struct kin__span name, struct kin__reason *reason)
{
	return check_name(name, "stream name", reason);
}

bool kin__limits_application(struct kin__span application, struct kin__reason *reason)
{
	return check_name(application, "application", reason);
}

bool kin__limits_consumer_name(struct kin__span name, struct kin__reason *reason)
{
	return check_name(name, "consumer name", reason);
}

bool kin__limits_shard_id(struct kin__span shard, struct kin__reason *reason)
{
	return check_name(shard, "shard id", reason);
}

bool kin__limits_is_arn(struct kin__span stream)
{
	return stream.n >= 4 && memcmp(stream.at, "arn:", 4) == 0;
}

static bool is_account(struct kin__span account)
{
	for (size_t i = 0; i < account.n; i++)
		if (account.at[i] < '0' || account.at[i] > '9')
			return false;
	return account.n == 12;
}

static bool is_kinesis_arn(struct kin__span text, struct kin__arn *arn)
{
	if (text.n > KIN__STREAM_ARN_MAX || !kin__arn_parse(text, arn))
		return false;
	if (arn->partition.n < 3 || memcmp(arn->partition.at, "aws", 3) != 0)
		return false;
	return kin__span_is(arn->service, "kinesis") && arn->region.n > 0 && is_account(arn->account);
}

static bool is_stream_arn(struct kin__span text)
{
	static const char prefix[] = "stream/";
	const size_t n = sizeof prefix - 1;
	struct kin__arn arn;

	return is_kinesis_arn(text, &arn) && arn.resource.n > n && memcmp(arn.resource.at, prefix, n) == 0 &&
	       is_name(kin__span(arn.resource.at + n, arn.resource.n - n));
}

bool kin__limits_stream_arn(struct kin__span arn, struct kin__reason *reason)
{
	struct kin__span none = { NULL, 0 };

	if (is_stream_arn(arn))
		return true;
	return refuse(reason,
	              "stream ARN '%1': must read arn:aws:kinesis:REGION:ACCOUNT:stream/NAME, ACCOUNT of 12 "
	              "digits",
	              arn, none, none);
}

bool kin__limits_kinesis_arn(struct kin__span text, struct kin__reason *reason)
{
	struct kin__span none = { NULL, 0 };
	struct kin__arn arn;

	if (is_kinesis_arn(text, &arn) && kin__utf8_valid(text))
		return true;
	return refuse(reason,
	              "ARN '%1': must read arn:aws:kinesis:REGION:ACCOUNT:RESOURCE, ACCOUNT of 12 digits",
	              text, none, none);
}

bool kin__limits_stream(struct kin__span stream, struct kin__reason *reason)
{
	if (kin__limits_is_arn(stream))
		return kin__limits_stream_arn(stream, reason);
	return kin__limits_stream_name(stream, reason);
}

bool kin__limits_partition_key(struct kin__span key, struct kin__reason *reason)
{
	struct kin__span none = { NULL, 0 };
	char text[NUMBER_TEXT];
	size_t n;

	if (key.n >= 1 && key.n <= KIN__KEY_CHARACTERS_MAX && kin__jsontext_plain(key))
		return true;
	if (!kin__utf8_valid(key))
		return refuse(reason, "partition key '%1': must be valid UTF-8", key, none, none);
	n = kin__utf8_units(key);
	if (n >= 1 && n <= KIN__KEY_CHARACTERS_MAX)
		return true;
	return refuse(reason, "partition key '%1': %2 characters, must be 1 to 256", key, number(n, text),
	              none);
}

bool kin__limits_hash_key(struct kin__span key, struct kin__reason *reason)
{
	struct kin__span none = { NULL, 0 };
	struct kin__hashkey value;

	if (kin__hashkey_parse(key, &value))
		return true;
	return refuse(reason,
	              "hash key '%1': must be a decimal number from 0 to 2^128-1 without leading zeros", key,
	              none, none);
}

bool kin__limits_sequence(struct kin__span sequence, struct kin__reason *reason)
{
	struct kin__span none = { NULL, 0 };
	bool good = sequence.n >= 1 && sequence.n <= KIN__SEQUENCE_DIGITS_MAX;

	for (size_t i = 0; good && i < sequence.n; i++)
		good = sequence.at[i] >= '0' && sequence.at[i] <= '9';
	if (good && (sequence.n == 1 || sequence.at[0] != '0'))
		return true;
	return refuse(reason, "sequence number '%1': must be 1 to 129 digits without leading zeros", sequence,
	              none, none);
}

bool kin__limits_record_bytes(size_t data_n, size_t key_n, size_t bytes_max, struct kin__reason *reason)
{
	char data[NUMBER_TEXT], key[NUMBER_TEXT], max[NUMBER_TEXT];

	if (data_n <= bytes_max && key_n <= bytes_max - data_n)
		return true;
	return refuse(reason,
	              "record of %1 bytes of data and %2 of partition key: the stream takes %3 together",
	              number(data_n, data), number(key_n, key), number(bytes_max, max));
}
