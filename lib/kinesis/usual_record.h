/* kinesis/usual_record - a record of a GetRecords answer as the service writes it, taken letter by letter.
 *
 * Pure, and all inline: hot.  Writes nothing; what does not fit is left to the general reader.
 */
#ifndef KIN_KINESIS_USUAL_RECORD_H
#define KIN_KINESIS_USUAL_RECORD_H
#include "kinesis/types.h"
#include "wire/jsonusual.h"

struct kin__usual_record {
	struct kin__span number, key;
	int64_t arrival_ms;
};

/* Seconds and a fraction of up to three digits, as milliseconds. */
static inline int64_t kin__usual_record_ms(struct kin__span seconds, struct kin__span fraction)
{
	static const unsigned unit[] = { 0, 100, 10, 1 };

	return (int64_t)(kin__jsonusual_value(seconds) * 1000 +
	                 kin__jsonusual_value(fraction) * unit[fraction.n]);
}

/* {"SequenceNumber":"1","ApproximateArrivalTimestamp":1.5,"Data": */
static inline bool kin__usual_record_head(struct kin__jsonusual *usual, struct kin__usual_record *out)
{
	struct kin__span seconds, fraction;

	kin__jsonusual_take(usual, "{\"SequenceNumber\":\"");
	out->number = kin__jsonusual_digits(usual, KIN__SEQUENCE_TEXT - 1);
	kin__jsonusual_take(usual, "\",\"ApproximateArrivalTimestamp\":");
	seconds = kin__jsonusual_digits(usual, 10);
	kin__jsonusual_take(usual, ".");
	fraction = kin__jsonusual_digits(usual, 3);
	kin__jsonusual_take(usual, ",\"Data\":");
	usual->fits = usual->fits && seconds.at[0] != '0';
	if (usual->fits)
		out->arrival_ms = kin__usual_record_ms(seconds, fraction);
	return usual->fits;
}

#define KIN__LIKELY_56(digit) digit digit digit digit digit digit digit
#define KIN__LIKELY_10(same) same same same same same same same same same same

/* Eight characters against what is likely.  They differ by at most 0 or, where a digit stands, 9: with the spare added
 * that stays below 0x80. */
static inline uint64_t kin__usual_record_unlike(const char *at, const char *likely_at, const char *spare_at)
{
	uint64_t text, likely, spare;

	memcpy(&text, at, sizeof text);
	memcpy(&likely, likely_at, sizeof likely);
	memcpy(&spare, spare_at, sizeof spare);
	return ((text ^ likely) | ((text ^ likely) + spare)) & KIN__JSONUSUAL_EACH(0x80);
}

/* A comma, the head and the quote of Data, each number as long as it nearly always is: all is compared in one go, and
 * what follows need not wait until the end of a number is found.  false: it is not, and nothing was taken. */
static inline bool kin__usual_record_likely_head(struct kin__jsonusual *usual, struct kin__usual_record *out)
{
	static const char likely[] = ",{\"SequenceNumber\":\"" KIN__LIKELY_56(
			"00000000") "\",\"ApproximateArrivalTimestamp\":0000000000.000,\"Data\":\"";
	static const char spare[] = KIN__LIKELY_10("\x7f") KIN__LIKELY_10("\x7f") KIN__LIKELY_56("vvvvvvvv")
			KIN__LIKELY_10("\x7f") KIN__LIKELY_10("\x7f") KIN__LIKELY_10(
					"\x7f") "\x7f\x7f" KIN__LIKELY_10("v") "\x7fvvv\x7f\x7f\x7f\x7f"
									       "\x7f\x7f\x7f\x7f\x7f";
	enum { N = sizeof likely - 1, NUMBER = 20, NUMBER_N = 56, SECONDS = 108, FRACTION = 119 };
	const char *at = usual->at;
	uint64_t unlike;

	_Static_assert(sizeof spare == sizeof likely, "a spare for each character");
	if ((size_t)(usual->end - at) < N || at[SECONDS] == '0')
		return false;
	unlike = kin__usual_record_unlike(at + N - 8, likely + N - 8, spare + N - 8); /* some of them again */
	for (size_t i = 0; i + 8 <= N; i += 8)
		unlike |= kin__usual_record_unlike(at + i, likely + i, spare + i);
	if (unlike)
		return false;
	out->number = kin__span(at + NUMBER, NUMBER_N);
	out->arrival_ms = kin__usual_record_ms(kin__span(at + SECONDS, 10), kin__span(at + FRACTION, 3));
	usual->at += N;
	return true;
}

/* ,"PartitionKey":"k"} */
static inline bool kin__usual_record_tail(struct kin__jsonusual *usual, struct kin__usual_record *out)
{
	kin__jsonusual_take(usual, ",\"PartitionKey\":\"");
	out->key = kin__jsonusual_plain(usual);
	return kin__jsonusual_take(usual, "\"}");
}
#endif
