/* kinesis/get_records - the request and the answer of GetRecords; hot.
 *
 * Pure.  One pass over the answer, JSON or CBOR, in place: records point into it, one array a page, nothing a record.
 * The answer and the shard id must outlive the page.  A page may be used for one answer after another.
 */
#ifndef KIN_KINESIS_GET_RECORDS_H
#define KIN_KINESIS_GET_RECORDS_H
#include "aws/reason.h"
#include "base/bytes.h"
#include "wire/base64.h"
#include "kinstream.h"

/* How far an answer that is still coming in has been read: see kinesis/get_early. */
struct kin__get_early {
	size_t kept;       /* bytes at the start of the body that the records point into */
	size_t from;       /* where the part begins that was not read */
	size_t looked;     /* up to here there is no quote that would end the next record's Data */
	uint64_t read;     /* bytes of the answer that were read: they stood before `from` */
	const char *wrong; /* why Data cannot be read, static; NULL: nothing is wrong */
	uint64_t wrong_at; /* at which byte of the answer */
	bool over;         /* nothing more is read early */
};

struct kin__get_page {
	const struct kin__base64 *base64; /* the way to decode; set after _init, NULL: the portable one */
	struct kin_record *records;
	size_t n, room;
	const char *next_iterator; /* 0-ended; NULL: the shard is read to its end */
	int64_t behind_ms;         /* MillisBehindLatest; -1: not told */
	struct kin__span children; /* ChildShards as JSON text; at NULL: absent */
	size_t children_n;
	struct kin__bytes children_text; /* of an answer in CBOR: what `children` points into */
	uint64_t payload_bytes;          /* data and keys of the records */
	bool plain;                      /* no key needs an escape as JSON; false: nobody looked */
	struct kin__get_early early;
};

void kin__get_page_init(struct kin__get_page *page);
void kin__get_page_fini(struct kin__get_page *page);
void kin__get_page_clear(struct kin__get_page *page); /* for another answer; the memory stays */

/* stream_arn: at NULL when absent.  limit 0: the service's own. */
void kin__get_records_encode(struct kin__bytes *out, struct kin__span iterator, uint32_t limit,
                             struct kin__span stream_arn);
void kin__get_records_encode_cbor(struct kin__bytes *out, struct kin__span iterator, uint32_t limit,
                                  struct kin__span stream_arn);
/* KIN_OK, KIN_NOMEM, or KIN_PROTOCOL and the reason; then the page is empty.  Destroys the answer.  Records that
 * were read early stay; without any the page is cleared first. */
int kin__get_records_decode(struct kin__get_page *page, char *answer, size_t n, const char *shard_id,
                            struct kin__reason *reason);
/* The answer as JSON again, without Records. */
void kin__get_page_rest(const struct kin__get_page *page, struct kin__bytes *out);

/* Of the two forms, for each other. */
int kin__get_records_decode_cbor(struct kin__get_page *page, char *answer, size_t n, const char *shard_id,
                                 struct kin__reason *reason);
bool kin__get_page_grow(struct kin__get_page *page); /* room for one more record; false: out of memory */
const char *kin__get_page_iterator(struct kin__span iterator); /* NULL: it may be one; or why not */
bool kin__get_page_time(int64_t ms);                           /* may it be an arrival? */
#define KIN__GET_PAGE_BAD_TIME "an ApproximateArrivalTimestamp outside 1970 to 9999"
#define KIN__GET_PAGE_BAD_NUMBER "a SequenceNumber that is no decimal number"
#define KIN__GET_PAGE_BAD_RECORD "a record without Data or SequenceNumber"
#endif
