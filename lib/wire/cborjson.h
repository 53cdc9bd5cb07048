/* wire/cborjson - a document as CBOR and the same as JSON, for what is not hot.
 *
 * Pure.  Bytes are base64 in JSON, times are seconds; which members are such, a table says by their paths.  Where
 * JSON has no form for an item, that is an error.  Nesting: at most 64.
 */
#ifndef KIN_WIRE_CBORJSON_H
#define KIN_WIRE_CBORJSON_H
#include "wire/cbor.h"
#include "wire/json.h"

enum kin__cborjson_kind { KIN__CBORJSON_PLAIN, KIN__CBORJSON_BYTES, KIN__CBORJSON_TIME };

struct kin__cborjson_member {
	const char *path; /* names with dots between them, lists left out: "Records.Data"; NULL ends the table */
	enum kin__cborjson_kind kind;
};

/* The JSON text of a value at `path` ("": a whole document) is added to *out as CBOR.  0, or -1 and `error` says
 * what is wrong; out->failed: no memory. */
int kin__cborjson_to_cbor(struct kin__bytes *out, struct kin__span json, const char *path,
                          const struct kin__cborjson_member *table, char error[KIN__JSON_ERROR]);
/* And back.  Destroys data.  strict: bytes stand where the table says, and nowhere else; without it base64 may stand
 * there as a text, and other bytes become base64. */
int kin__cborjson_to_json(struct kin__bytes *out, char *data, size_t n, const char *path,
                          const struct kin__cborjson_member *table, bool strict, char error[KIN__JSON_ERROR]);
#endif
