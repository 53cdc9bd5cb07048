/* mock/shape - what the members of a request must look like, before anybody asks what they mean.
 *
 * As the service does: first the types (SerializationException), then lengths, ranges and patterns
 * (ValidationException), then the operation itself.  Of several offences the first one is told.
 */
#ifndef KIN_MOCK_SHAPE_H
#define KIN_MOCK_SHAPE_H
#include "mock/state.h"
#include "wire/json.h"

enum kin__shape {
	KIN__SHAPE_TEXT,     /* 1 to `most` characters: UTF-16 units, as the service counts */
	KIN__SHAPE_NAME,     /* stream and shard: [a-zA-Z0-9_.-]+, 1 to 128 */
	KIN__SHAPE_ARN,      /* of a stream */
	KIN__SHAPE_HASH,     /* decimal, up to 39 digits */
	KIN__SHAPE_SEQUENCE, /* decimal, up to 129 digits */
	KIN__SHAPE_WORD,     /* one of `words` */
	KIN__SHAPE_NUMBER,   /* `least` to `most` */
	KIN__SHAPE_TIME,
	KIN__SHAPE_BOOLEAN,
	KIN__SHAPE_BLOB, /* base64; the operation decodes it */
	KIN__SHAPE_OBJECT,
	KIN__SHAPE_LIST
};

enum { KIN__SHAPE_BLOB_MAX = 10485760, KIN__SHAPE_KEY_MAX = 256 };

/* All members of a request that was parsed; false: the exchange's answer says what is wrong. */
bool kin__shape_fits(struct kin__mock_exchange *exchange, const struct kin__json *request);
/* One text at `path` ("records.1.member.partitionKey"), at NULL: absent. */
bool kin__shape_text(struct kin__mock_exchange *exchange, const char *path, enum kin__shape shape,
                     int64_t most, struct kin__span value);
/* "1 validation error detected: Value 'value' at 'path' failed to satisfy constraint: Member must ..." */
void kin__shape_refuse(struct kin__mock_exchange *exchange, const char *path, struct kin__span value,
                       const char *must);
#endif
