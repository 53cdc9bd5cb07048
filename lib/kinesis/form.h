/* kinesis/form - the two forms that documents of the Kinesis API have: JSON and CBOR.
 *
 * Pure; constant data.  A body says by its first byte which it is.
 */
#ifndef KIN_KINESIS_FORM_H
#define KIN_KINESIS_FORM_H
#include "aws/reason.h"
#include "base/bytes.h"
#include "wire/cborjson.h"

#define KIN__FORM_JSON "application/x-amz-json-1.1"
#define KIN__FORM_CBOR "application/x-amz-cbor-1.1"

/* Which members of all the documents are bytes or times. */
extern const struct kin__cborjson_member kin__form_members[];

const char *kin__form_type(struct kin__span body); /* its content type */
/* The JSON of a document, or of its member at `path` ("Records"), added to *out as CBOR.  KIN_OK, KIN_NOMEM, or
 * KIN_INVALID and the reason. */
int kin__form_to_cbor(struct kin__bytes *out, struct kin__span json, const char *path,
                      struct kin__reason *reason);
/* A document of CBOR, added to *out as JSON; destroys data.  KIN_OK, KIN_NOMEM, or KIN_PROTOCOL and the reason. */
int kin__form_to_json(struct kin__bytes *out, char *data, size_t n, const char *path,
                      struct kin__reason *reason);
#endif
