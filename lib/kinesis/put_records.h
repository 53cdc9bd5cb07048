/* kinesis/put_records - requests and answers of PutRecords; hot.
 *
 * Pure.  Requests are written straight into the buffer that is sent, as JSON or as CBOR.  Answers of either form
 * are decoded in place: results point into the answer, which must outlive them.  Result i belongs to entry i.
 */
#ifndef KIN_KINESIS_PUT_RECORDS_H
#define KIN_KINESIS_PUT_RECORDS_H
#include "aws/reason.h"
#include "base/bytes.h"
#include "wire/base64.h"

struct kin__put_records {
	struct kin__bytes *out;           /* borrowed; its sticky error is the only one */
	const struct kin__base64 *base64; /* set after _begin; NULL: the portable way */
	uint32_t entries;
	bool cbor;
	size_t list_at; /* of CBOR: where the head of the list stands in *out; 0: both stay open until _end */
	uint64_t payload_bytes; /* data and keys so far: what KIN__PUT_BYTES_MAX limits */
};

/* Begins at the end of *out.  stream: name or ARN; at NULL: the caller adds it behind the list, and what has been
 * written of entries does not change any more. */
void kin__put_records_begin(struct kin__put_records *put, struct kin__bytes *out, struct kin__span stream);
void kin__put_records_begin_cbor(struct kin__put_records *put, struct kin__bytes *out,
                                 struct kin__span stream);
/* key, hash_key: at NULL when absent.  All is copied. */
void kin__put_records_add(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                          struct kin__span data);
/* The usual one: the key is kin__jsontext_plain(), there is no hash key, and the data is not larger than a record may be. */
void kin__put_records_add_plain(struct kin__put_records *put, struct kin__span key, struct kin__span data);
void kin__put_records_end(struct kin__put_records *put);
/* Instead of _end, without a stream: the caller adds members behind the list, and ends the document. */
void kin__put_records_end_list(struct kin__put_records *put);

struct kin__put_result {                        /* texts 0-ended, borrowed from the answer */
	const char *shard_id, *sequence_number; /* stored: both set */
	const char *error_code;                 /* NULL: stored */
	const char *error_message;              /* NULL: none */
};

/* KIN_OK: results[0..entries) are filled; KIN_PROTOCOL: the answer makes no sense or has another count of
 * entries (what became of them is not known); the reason says why.  Destroys the answer. */
int kin__put_records_decode(char *answer, size_t n, struct kin__put_result *results, size_t entries,
                            struct kin__reason *reason);

/* A whole answer as the service usually writes it, all entries stored: then nothing needs to be decoded.
 * false: it is another one. */
bool kin__put_records_all_stored(const char *answer, size_t n);
bool kin__put_records_all_stored_cbor(const char *answer, size_t n);

/* Of the two forms, for each other. */
void kin__put_records_end_cbor(struct kin__put_records *put);
void kin__put_records_add_cbor(struct kin__put_records *put, struct kin__span key, struct kin__span hash_key,
                               struct kin__span data);
void kin__put_records_add_plain_cbor(struct kin__bytes *out, struct kin__span key, struct kin__span data);
int kin__put_records_decode_cbor(char *answer, size_t n, struct kin__put_result *results, size_t entries,
                                 struct kin__reason *reason);
const char **kin__put_result_member(struct kin__put_result *result, struct kin__span name); /* NULL: none */
const char *kin__put_result_check(struct kin__put_result *result); /* NULL: it makes sense; or why not */
#endif
