/* kinesis/shard_iterator - see shard_iterator.h */
#include "base/check.h"
#include "base/timetext.h"
#include "kinesis/members.h"
#include "kinesis/shard_iterator.h"
#include "kinstream.h"
#include "wire/jsontext.h"

const char *kin__iterator_type_name(enum kin__iterator_type type)
{
	static const char *const names[] = {
		[KIN__AT_SEQUENCE_NUMBER] = "AT_SEQUENCE_NUMBER",
		[KIN__AFTER_SEQUENCE_NUMBER] = "AFTER_SEQUENCE_NUMBER",
		[KIN__ITERATOR_TRIM_HORIZON] = "TRIM_HORIZON",
		[KIN__ITERATOR_LATEST] = "LATEST",
		[KIN__ITERATOR_AT_TIMESTAMP] = "AT_TIMESTAMP",
	};

	return (unsigned)type < KIN__ARRAY_LEN(names) ? names[type] : "UNKNOWN";
}

void kin__shard_iterator_encode(struct kin__bytes *out, struct kin__span stream, struct kin__span shard_id,
                                enum kin__iterator_type type, struct kin__span sequence, int64_t timestamp_ms)
{
	char time[KIN__TIME_TEXT];

	kin__bytes_char(out, '{');
	kin__members_stream(out, stream);
	kin__members_add(out, ",\"ShardId\":", shard_id);
	kin__members_add(out, ",\"ShardIteratorType\":", kin__span_text(kin__iterator_type_name(type)));
	if (type == KIN__AT_SEQUENCE_NUMBER || type == KIN__AFTER_SEQUENCE_NUMBER) {
		kin__members_add(out, ",\"StartingSequenceNumber\":", sequence);
	} else if (type == KIN__ITERATOR_AT_TIMESTAMP) {
		kin__time_epoch(timestamp_ms, time);
		kin__bytes_text(out, ",\"Timestamp\":");
		kin__bytes_text(out, time);
	}
	kin__bytes_char(out, '}');
}

int kin__shard_iterator_decode(char *answer, size_t n, const char **iterator, struct kin__reason *reason)
{
	struct kin__span name, text = { NULL, 0 };
	struct kin__jsonscan scan;
	int code;

	*iterator = NULL;
	kin__members_scan(&scan, answer, n);
	if (kin__jsonscan_object(&scan))
		while (kin__jsonscan_name(&scan, &name))
			if (kin__span_is(name, "ShardIterator"))
				kin__members_text(&scan, &text);
	if (!scan.error && (text.n == 0 || text.n >= KIN__ITERATOR_TEXT))
		kin__jsonscan_fail(&scan, "no ShardIterator of 1 to 512 characters");
	code = kin__members_finish(&scan, "GetShardIterator", reason);
	if (code == KIN_OK)
		*iterator = text.at;
	return code;
}
