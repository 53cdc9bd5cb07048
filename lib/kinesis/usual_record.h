/* kinesis/usual_record - a record of a GetRecords answer as the service writes it, taken letter by letter.
 *
 * Pure, and all inline: hot.  Writes nothing; what does not fit is left to the general reader.
 */
#ifndef KIN_KINESIS_USUAL_RECORD_H
#define KIN_KINESIS_USUAL_RECORD_H
#include "kinesis/types.h"
#include "wire/jsonusual.h"

struct kin__usual_record {
	struct kin__span number, seconds, fraction, key;
};

/* {"SequenceNumber":"1","ApproximateArrivalTimestamp":1.5,"Data": */
static inline bool kin__usual_record_head(struct kin__jsonusual *usual, struct kin__usual_record *out)
{
	kin__jsonusual_take(usual, "{\"SequenceNumber\":\"");
	out->number = kin__jsonusual_digits(usual, KIN__SEQUENCE_TEXT - 1);
	kin__jsonusual_take(usual, "\",\"ApproximateArrivalTimestamp\":");
	out->seconds = kin__jsonusual_digits(usual, 10);
	kin__jsonusual_take(usual, ".");
	out->fraction = kin__jsonusual_digits(usual, 3);
	kin__jsonusual_take(usual, ",\"Data\":");
	usual->fits = usual->fits && out->seconds.at[0] != '0';
	return usual->fits;
}

/* ,"PartitionKey":"k"} */
static inline bool kin__usual_record_tail(struct kin__jsonusual *usual, struct kin__usual_record *out)
{
	kin__jsonusual_take(usual, ",\"PartitionKey\":\"");
	out->key = kin__jsonusual_plain(usual);
	return kin__jsonusual_take(usual, "\"}");
}

/* Seconds and a fraction of up to three digits, as milliseconds. */
static inline int64_t kin__usual_record_ms(const struct kin__usual_record *record)
{
	static const unsigned unit[] = { 0, 100, 10, 1 };

	return (int64_t)(kin__jsonusual_value(record->seconds) * 1000 +
	                 kin__jsonusual_value(record->fraction) * unit[record->fraction.n]);
}
#endif
